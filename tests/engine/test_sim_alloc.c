// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rules of the simulated allocator, one at a time, on a zone of 16 pageblocks: what falls back where, boosts,
 * reserves, marks, placement, capture.
 */
#include "sim_made.h"

/* Pages [@from, @to) of block @i, of order 0 and not on the LRU, become free. */
static void vacate(struct mm_sim *s, unsigned int i, unsigned int from, unsigned int to)
{
	for (unsigned int k = from; k < to; k++)
		sim_vacate(s, B(i) + k, 0);
}

/* All blocks are Movable and occupied whole. */
static struct mm_sim *full(enum test_kernel rules)
{
	struct mm_sim *s = sim_small(rules, 16);

	for (unsigned int i = 0; i < 16; i++)
		sim_occupy_block(s, i, M);
	return s;
}

/* Block @i gets single pages, @lru of them at the end of it on the LRU. */
static void singles(struct mm_sim *s, unsigned int i, unsigned int mt, unsigned int lru)
{
	sim_vacate(s, B(i), 9);
	for (unsigned int k = 0; k < BLOCK; k++)
		sim_occupy(s, B(i) + k, 0, mt);
	for (unsigned int k = BLOCK - lru; k < BLOCK; k++)
		mm_sim_lru_add(s, B(i) + k, MM_SIM_FILE, false);
}

/* A full zone; in block 5, of type @type, are single pages of type @mt: the first @nr free, the last @lru on the LRU. */
static struct mm_sim *holes(enum test_kernel rules, unsigned int type, unsigned int mt, unsigned int lru, unsigned int nr)
{
	struct mm_sim *s = full(rules);

	if (type != M)
		sim_type(s, 5, type);
	singles(s, 5, mt, lru);
	vacate(s, 5, 0, nr);
	return s;
}

/* A block from the buddy lists, handed out; UINT64_MAX without. */
static uint64_t buddy(struct mm_sim *s, unsigned int order, unsigned int mt, unsigned int flags)
{
	struct mm_request rq = sim_request(order, mt, 0);
	uint64_t pfn = mm_sim_rmqueue_buddy(s, &s->m->core.zone[0], order, mt, flags | MM_ALLOC_KSWAPD);

	if (pfn != UINT64_MAX)
		mm_sim_hand_out(s, &s->m->core.zone[0], &rq, pfn);
	return pfn;
}

static unsigned int type_of(const struct mm_sim *s, unsigned int i)
{
	return mm_blk(s->m, B(i) / BLOCK).mt;
}

static void done(struct mm_sim *s)
{
	sim_sound(s);
	mm_sim_free(s);
}

/*
 * Block 5 is Movable: 255 pages free (blocks of order 7 down to 0: 128 + 64 + ... + 1), 257 on the LRU.  For an
 * Unmovable page none of the LRU's is alike: 255 < 256, so no claim, at any of the 8 orders; each try boosts, but the
 * most is max(512, 300 * 1.5) = 512.  Then the smallest is stolen: order 0, at 254.
 */
static void claim_needs_half(void **state)
{
	struct mm_sim *s = holes(K_7_3, M, M, 257, 255);
	uint64_t pfn;

	(void)state;
	pfn = buddy(s, 0, U, 0);
	assert_int_equal(pfn, B(5) + 254);
	assert_int_equal(type_of(s, 5), M);
	assert_int_equal(mm_sim_boost(s, 0), 512);
	assert_int_equal(mm_sim_stat(s, MM_SIM_EXTFRAG_CLAIM), 0);
	assert_int_equal(sim_blocks(s, 7, M), 1);
	done(s);
}

/*
 * One page more is free: 256 of 512 is half.  The block (one of order 8 now) changes lists and type, the request takes
 * its first page and leaves orders 0 to 7 on the Unmovable lists.
 */
static void claim_at_half(void **state)
{
	struct mm_sim *s = holes(K_7_3, M, M, 256, 256);
	uint64_t pfn;

	(void)state;
	pfn = buddy(s, 0, U, 0);
	assert_int_equal(pfn, B(5));
	assert_int_equal(type_of(s, 5), U);
	for (unsigned int o = 0; o < 8; o++)
		assert_int_equal(sim_first(s, o, U), B(5) + (1ull << o));
	assert_int_equal(mm_sim_boost(s, 0), 512);
	done(s);
}

/* 200 free and 56 that are neither free nor on the LRU: alike for an Unmovable request, 256 in all. */
static void claim_counts_alike(void **state)
{
	struct mm_sim *s = holes(K_6_12, M, U, 256, 200);
	uint64_t pfn;

	(void)state;
	pfn = buddy(s, 0, U, 0);
	assert_int_equal(type_of(s, 5), U);
	/* 200 = 128 + 64 + 8: the smallest is of order 3, at 192 */
	assert_int_equal(pfn, B(5) + 192);
	done(s);
}

/* The same in a Reclaimable block: nothing there is alike, since nobody knows which of the two it is. */
static void nothing_alike_between_kernel_types(void **state)
{
	struct mm_sim *s = holes(K_6_12, R, U, 256, 200);
	uint64_t pfn;

	(void)state;
	pfn = buddy(s, 0, U, 0);
	assert_int_equal(type_of(s, 5), R);
	assert_int_equal(pfn, B(5) + 192);
	assert_int_equal(sim_blocks(s, 2, R), 1); /* what is left of order 3 stays Reclaimable: 2, 1, 0 */
	done(s);
}

/*
 * A Movable request in an Unmovable block: LRU pages are alike.  16 free (order 4, which is half of 9 rounded down: a
 * claim is tried) and 240 on the LRU: 256.
 */
static void movable_claims_among_its_like(void **state)
{
	struct mm_sim *s = holes(K_7_2, U, U, 240, 16);
	uint64_t pfn;

	(void)state;
	pfn = buddy(s, 0, M, 0);
	assert_int_equal(type_of(s, 5), M);
	assert_int_equal(pfn, B(5));
	done(s);
}

/* With 8 free (order 3) a Movable request doesn't even try: no boost, and a steal. */
static void small_movable_steals(void **state)
{
	struct mm_sim *s = holes(K_7_2, U, U, 400, 8);
	uint64_t pfn;

	(void)state;
	pfn = buddy(s, 0, M, 0);
	assert_int_equal(type_of(s, 5), U);
	assert_int_equal(pfn, B(5));
	assert_int_equal(mm_sim_boost(s, 0), 0);
	done(s);
}

/* Unmovable looks into Reclaimable before Movable, at each order: order 1 of both, and 0 of Movable only. */
static void steal_order(void **state)
{
	struct mm_sim *s = full(K_6_18);
	uint64_t pfn;

	(void)state;
	sim_type(s, 3, R);
	singles(s, 3, R, 512);
	singles(s, 4, M, 512);
	for (unsigned int k = 0; k < 4; k++) /* off the LRU before they are freed */
		mm_sim_lru_del(s, B(k / 2 + 3) + k % 2);
	vacate(s, 3, 0, 2);
	vacate(s, 4, 0, 2);
	mm_sim_lru_del(s, B(4) + 100);
	vacate(s, 4, 100, 101);
	/* the smallest order comes first, whatever its type */
	pfn = buddy(s, 0, U, 0);
	assert_int_equal(pfn, B(4) + 100);
	/* then order 1: Reclaimable */
	assert_int_equal(buddy(s, 0, U, 0), B(3));
	mm_sim_free(s);
}

/*
 * Where each type looks first and second, on every kernel.  The second choice has the lower address and the same order, one
 * page of order 0 in a pageblock full of LRU pages, so that nothing but the order of the types decides.
 */
static void fallback_types(void **state)
{
	static const unsigned int turn[3][2] = { [U] = { R, M }, [M] = { R, U }, [R] = { U, M } };

	(void)state;
	for (enum test_kernel r = K_6_1; r < K_COUNT; r++)
		for (unsigned int mt = 0; mt < 3; mt++) {
			struct mm_sim *s = full(r);

			for (unsigned int k = 0; k < 2; k++) {
				unsigned int i = 4 - k;

				if (turn[mt][k] != M)
					sim_type(s, i, turn[mt][k]);
				singles(s, i, turn[mt][k], 512);
				mm_sim_lru_del(s, B(i) + 100);
				vacate(s, i, 100, 101);
			}
			assert_int_equal(buddy(s, 0, mt, 0), B(4) + 100);
			assert_int_equal(buddy(s, 0, mt, 0), B(3) + 100);
			assert_int_equal(buddy(s, 0, mt, 0), UINT64_MAX);
			done(s);
		}
}

/* Only the highatomic reserve is left: it is the last resort of OOM victims and of those who can't wait, and nobody else's. */
static void reserve_as_last_resort(void **state)
{
	(void)state;
	for (enum test_kernel r = K_6_1; r < K_COUNT; r++) {
		struct mm_sim *s = full(r);

		sim_type(s, 5, H);
		sim_vacate(s, B(5), 9);
		for (unsigned int mt = 0; mt < 3; mt++)
			assert_int_equal(buddy(s, 0, mt, MM_ALLOC_MIN_RESERVE), UINT64_MAX);
		assert_int_equal(buddy(s, 0, U, MM_ALLOC_NON_BLOCK), B(5));
		assert_int_equal(buddy(s, 0, U, MM_ALLOC_OOM), B(5) + 1);
		assert_int_equal(buddy(s, 0, U, MM_ALLOC_HIGHATOMIC), B(5) + 2);
		done(s);
	}
}

/* Largest first: a whole pageblock is taken although a block of order 8 would be claimed as well; no boost for it. */
static void whole_block_first(void **state)
{
	struct mm_sim *s = holes(K_6_12, M, M, 256, 256);
	uint64_t pfn;

	(void)state;
	sim_vacate(s, B(9), 9);
	pfn = buddy(s, 3, R, 0);
	assert_int_equal(pfn, B(9));
	assert_int_equal(type_of(s, 9), R);
	assert_int_equal(type_of(s, 5), M);
	assert_int_equal(mm_sim_boost(s, 0), 0);
	assert_int_equal(sim_first(s, 3, R), B(9) + 8);
	done(s);
}

/*
 * Order 10 holds two pageblocks: both change.  Blocks 10 and 11 are buddies (0x4000 + 10 * 512 is a multiple of 1024).
 */
static void claim_two_blocks(void **state)
{
	struct mm_sim *s = full(K_7_3);
	uint64_t pfn;

	(void)state;
	sim_vacate(s, B(10), 9);
	sim_vacate(s, B(11), 9);
	assert_int_equal(sim_blocks(s, 10, M), 1);
	pfn = buddy(s, 0, U, 0);
	assert_int_equal(pfn, B(10));
	assert_int_equal(type_of(s, 10), U);
	assert_int_equal(type_of(s, 11), U);
	assert_int_equal(sim_first(s, 9, U), B(11));
	done(s);
}

/* A fallback that may not fragment takes whole pageblocks only. */
static void nofragment(void **state)
{
	struct mm_sim *s = holes(K_7_3, M, M, 0, 500);
	uint64_t pfn;

	(void)state;
	assert_int_equal(buddy(s, 0, U, MM_ALLOC_NOFRAGMENT), UINT64_MAX);
	assert_int_equal(mm_sim_boost(s, 0), 0);
	sim_vacate(s, B(7), 9);
	pfn = buddy(s, 0, U, MM_ALLOC_NOFRAGMENT);
	assert_int_equal(pfn, B(7));
	done(s);
}

/* Pages 0, 2, 4 and 6 of a Movable block are free, the others of it but the first eight on the LRU. */
static struct mm_sim *four_apart(enum test_kernel rules)
{
	struct mm_sim *s = holes(rules, M, M, 504, 0);

	for (unsigned int k = 0; k < 8; k += 2)
		vacate(s, 5, k, k + 1);
	return s;
}

/* Takes four pages in one bulk; returns how often a claim was tried, told by a boost that has no end. */
static int64_t bulk_of_four(struct mm_sim *s, enum sim_rmqueue_mode *mode)
{
	*mode = SIM_RMQUEUE_NORMAL;
	s->m->core.zone[0].wmark_high = 1000000;
	for (unsigned int i = 0; i < 4; i++)
		assert_int_not_equal(mm_sim_rmqueue_list(s, &s->m->core.zone[0], 0, U, MM_ALLOC_KSWAPD, mode), UINT64_MAX);
	return mm_sim_boost(s, 0) / 512;
}

/*
 * Four pages at 0, 2, 4, 6 of a Movable block full of LRU pages: the first fallback tries to claim at order 0 (one try),
 * fails and steals.  A bulk of 6.12 and later remembers that: one try for all four.
 */
static void bulk_remembers_steal(void **state)
{
	struct mm_sim *s = four_apart(K_7_3);
	enum sim_rmqueue_mode mode;

	(void)state;
	assert_int_equal(bulk_of_four(s, &mode), 1);
	assert_int_equal(mode, SIM_RMQUEUE_STEAL);
	mm_sim_free(s);
}

/*
 * 6.1 remembers nothing and needn't here: the one try moves all free pages of the block to the Unmovable lists, where
 * the other three are found.  The pageblock keeps its type: 8 pages of 512 and nothing alike.
 */
static void old_bulk_moves(void **state)
{
	struct mm_sim *s = four_apart(K_6_1);
	enum sim_rmqueue_mode mode;

	(void)state;
	assert_int_equal(bulk_of_four(s, &mode), 1);
	assert_int_equal(mode, SIM_RMQUEUE_NORMAL);
	assert_int_equal(type_of(s, 5), M);
	mm_sim_free(s);
}

/* After a claim the own lists are full again: normal mode. */
static void bulk_after_claim(void **state)
{
	struct mm_sim *s = full(K_7_2);
	enum sim_rmqueue_mode mode;

	(void)state;
	sim_vacate(s, B(9), 9);
	assert_int_equal(bulk_of_four(s, &mode), 0);
	assert_int_equal(mode, SIM_RMQUEUE_NORMAL);
	assert_int_equal(mm_sim_stat(s, MM_SIM_EXTFRAG), 1);
	mm_sim_free(s);
}

/* 6.1: the rest of a stolen block goes to the lists of the type that asked, although the pageblock keeps its type. */
static void old_steal_takes_the_rest(void **state)
{
	struct mm_sim *s = holes(K_6_1, U, U, 400, 8);
	uint64_t pfn;

	(void)state;
	pfn = buddy(s, 0, M, 0); /* Movable, order 3: the smallest, no claim */
	assert_int_equal(pfn, B(5));
	assert_int_equal(type_of(s, 5), U);
	assert_int_equal(sim_first(s, 2, M), B(5) + 4);
	assert_int_equal(mm_sim_boost(s, 0), 512); /* 6.1 boosts for steals, too */
	done(s);
}

/* CMA blocks serve Movable requests that may have them: first when they hold more than half of what is free. */
static void cma_balance(void **state)
{
	struct mm_sim_cfg c = sim_cfg(K_7_3, 16);
	struct mm_sim *s;

	(void)state;
	c.zone[0].cma_start = B(12);
	c.zone[0].cma_end = B(16); /* 4 of 16: 2048 of 8192 */
	s = sim_make(&c);
	assert_int_equal(buddy(s, 9, M, MM_ALLOC_CMA), B(0));
	/* occupied down to 4 normal blocks: 2048 of 4096 is not more than half */
	for (unsigned int i = 1; i < 8; i++)
		sim_occupy_block(s, i, M);
	assert_int_equal(buddy(s, 9, M, MM_ALLOC_CMA), B(8));
	/* 3 against 4: now CMA */
	assert_int_equal(buddy(s, 9, M, MM_ALLOC_CMA), B(12));
	/* and never for those who may not */
	assert_int_equal(buddy(s, 9, M, 0), B(9));
	assert_int_equal(buddy(s, 10, U, 0), B(10));
	assert_int_equal(buddy(s, 0, U, 0), UINT64_MAX);
	/* with its own lists empty a Movable request gets CMA anyway */
	assert_int_equal(buddy(s, 0, M, MM_ALLOC_CMA), B(13));
	mm_sim_free(s);
}

/*
 * 128 blocks are 65,536 pages; 1 % is 655, in whole pageblocks 1024: two blocks are reserved and no third.  Their free
 * pages change lists.  The last one goes only when it must.
 */
static void highatomic(void **state)
{
	struct mm_sim *s = sim_small(K_7_3, 128);
	struct zone_state *z = &s->m->core.zone[0];
	uint8_t list[1] = { 0 };

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		sim_occupy(s, B(2 * i), 4, U);
		mm_sim_reserve_highatomic(s, z, B(2 * i), 4);
	}
	assert_int_equal(type_of(s, 0), H);
	assert_int_equal(type_of(s, 2), H);
	assert_int_equal(type_of(s, 4), M);
	assert_int_equal(s->alloc->zone[0].reserved_highatomic, 1024);
	assert_int_equal(sim_blocks(s, 8, H), 2);
	assert_int_equal(mm_sim_stat(s, MM_SIM_HIGHATOMIC_RESERVE), 2);
	/* the first found is of order 4, the first block's: it becomes of the type that asks */
	assert_true(mm_sim_unreserve_highatomic(s, list, 1, R, false));
	assert_int_equal(s->alloc->zone[0].reserved_highatomic, 512);
	assert_int_equal(type_of(s, 0) == R ? type_of(s, 2) : type_of(s, 0), H);
	assert_false(mm_sim_unreserve_highatomic(s, list, 1, R, false));
	assert_true(mm_sim_unreserve_highatomic(s, list, 1, R, true));
	assert_int_equal(s->alloc->zone[0].reserved_highatomic, 0);
	assert_int_equal(type_of(s, 2), R);
	assert_false(mm_sim_unreserve_highatomic(s, list, 1, R, true));
	sim_sound(s);
	mm_sim_free(s);
}

/* 16 blocks: 1 % is 81 pages, less than a block: nothing is reserved.  6.1: 81 + 512 = 593, so two blocks. */
static void highatomic_small_zone(void **state)
{
	for (enum test_kernel r = K_6_1; r <= K_6_12; r++) {
		struct mm_sim *s = sim_small(r, 16);

		for (unsigned int i = 0; i < 3; i++) {
			sim_occupy(s, B(2 * i), 4, U);
			mm_sim_reserve_highatomic(s, &s->m->core.zone[0], B(2 * i), 4);
		}
		assert_int_equal(s->alloc->zone[0].reserved_highatomic, r == K_6_1 ? 1024 : 0);
		sim_sound(s);
		mm_sim_free(s);
	}
	(void)state;
}

/* __isolate_free_page(): half a pageblock and more becomes Movable, and the mark must hold. */
static void isolate(void **state)
{
	struct mm_sim *s = sim_small(K_7_3, 16);

	(void)state;
	sim_type(s, 4, U);
	sim_type(s, 5, U);
	sim_occupy(s, B(4), 8, U);
	assert_true(mm_sim_isolate_block(s, 0, B(4) + 256, 8));
	assert_int_equal(type_of(s, 4), M);
	sim_occupy(s, B(5), 7, U);
	assert_true(mm_sim_isolate_block(s, 0, B(5) + 128, 7));
	assert_int_equal(type_of(s, 5), U);
	/* taken with min 100 and the block of 128 itself: from 228 + 1 free pages on */
	s->m->core.zone[0].wmark_min = (uint64_t)mm_sim_zone_free(&s->m->core.zone[0]) - 256;
	assert_false(mm_sim_isolate_block(s, 0, B(5) + 256, 8));
	s->m->core.zone[0].wmark_min--;
	assert_true(mm_sim_isolate_block(s, 0, B(5) + 256, 8));
	sim_sound(s);
	mm_sim_free(s);
}

/* The captured block is the one whose order is just right, when it merges; CMA never; Movable only for its like. */
static void capture(void **state)
{
	struct mm_sim *s = sim_small(K_7_3, 16);
	uint64_t pfn = 0;

	(void)state;
	sim_occupy_block(s, 3, M);
	sim_vacate(s, B(3), 0);
	mm_sim_capture_arm(s, 0, 2, U);
	for (unsigned int k = 1; k < 4; k++)
		sim_vacate(s, B(3) + k, 0);
	/* order 2 was complete, but an Unmovable request doesn't pollute a Movable pageblock */
	assert_false(mm_sim_capture_disarm(s, &pfn));
	mm_sim_capture_arm(s, 0, 2, M);
	for (unsigned int k = 4; k < 8; k++)
		sim_vacate(s, B(3) + k, 0);
	assert_true(mm_sim_capture_disarm(s, &pfn));
	assert_int_equal(pfn, B(3) + 4);
	/* so it didn't merge with the four below it */
	assert_int_equal(sim_first(s, 2, M), B(3));
	assert_int_equal(mm_blk(s->m, B(3) / BLOCK).nr[BN_ISO], 4);
	sim_sound(s);
	mm_sim_free(s);
}

/*
 * A page whose buddy's neighbour pair is free goes to the tail: it will likely merge soon.  Page 0 is freed while 1 is
 * used and [2, 4) is free: tail.  Page 16 with no such neighbour: head.
 */
static void placement(void **state)
{
	struct mm_sim *s = sim_small(K_7_3, 16);
	uint64_t list[4];

	(void)state;
	sim_occupy_block(s, 3, M);
	sim_vacate(s, B(3) + 32, 0);
	sim_vacate(s, B(3) + 2, 1);
	sim_vacate(s, B(3), 0);
	sim_vacate(s, B(3) + 16, 0);
	assert_int_equal(mm_free_list(s->m, 0, 0, M, list, 4, NULL), 3);
	assert_int_equal(list[0], B(3) + 16);
	assert_int_equal(list[1], B(3) + 32);
	assert_int_equal(list[2], B(3));
	mm_sim_free(s);
}

/* Shuffling: blocks of the highest order go to either end, by the seed alone. */
static void shuffle(void **state)
{
	unsigned int tails = 0, same = 0;
	uint64_t first[2][32];

	(void)state;
	for (unsigned int run = 0; run < 3; run++) {
		struct mm_sim_cfg c = sim_cfg(K_6_12, 16);
		struct mm_sim *s;

		c.policy.tune[MM_TUNE_SHUFFLE] = 1;
		c.seed = run == 2 ? 4 : 3;
		s = sim_make(&c);
		for (unsigned int i = 0; i < 32; i++) {
			uint64_t pfn = buddy(s, 10, M, 0), head;

			sim_vacate(s, pfn, 10);
			head = sim_first(s, 10, M);
			if (run == 0)
				tails += head != pfn;
			if (run == 2)
				same += first[1][i] == head;
			else
				first[run][i] = head;
		}
		mm_sim_free(s);
	}
	assert_memory_equal(first[0], first[1], sizeof(first[0]));
	assert_in_range(tails, 4, 28);
	assert_in_range(same, 0, 31);
}

/* A free above pageblock order is taken apart: each pageblock goes to its own type's list (6.10 and later). */
static void split_large(void **state)
{
	struct mm_sim *s = full(K_7_3);

	(void)state;
	/* of types that don't merge */
	sim_type(s, 10, H);
	mm_sim_free_page(s, 0, B(10), 10);
	assert_int_equal(sim_first(s, 9, H), B(10));
	assert_int_equal(sim_first(s, 9, M), B(11));
	sim_sound(s);
	mm_sim_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(claim_needs_half), cmocka_unit_test(claim_at_half), cmocka_unit_test(claim_counts_alike),
		cmocka_unit_test(nothing_alike_between_kernel_types), cmocka_unit_test(movable_claims_among_its_like),
		cmocka_unit_test(small_movable_steals), cmocka_unit_test(steal_order), cmocka_unit_test(fallback_types),
		cmocka_unit_test(reserve_as_last_resort), cmocka_unit_test(whole_block_first),
		cmocka_unit_test(claim_two_blocks), cmocka_unit_test(nofragment), cmocka_unit_test(bulk_remembers_steal),
		cmocka_unit_test(old_bulk_moves), cmocka_unit_test(bulk_after_claim), cmocka_unit_test(old_steal_takes_the_rest),
		cmocka_unit_test(cma_balance), cmocka_unit_test(highatomic), cmocka_unit_test(highatomic_small_zone),
		cmocka_unit_test(isolate), cmocka_unit_test(capture), cmocka_unit_test(placement), cmocka_unit_test(shuffle),
		cmocka_unit_test(split_large),
	};

	return cmocka_run_group_tests_name("rules of the simulated allocator", tests, NULL, NULL);
}
