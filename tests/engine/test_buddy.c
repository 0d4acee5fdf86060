// SPDX-License-Identifier: GPL-2.0-only
/*
 * The buddy rules on a small zone, each with the result worked out by hand.  B(i) is the
 * first page of pageblock i; U, M and R are Unmovable, Movable and Reclaimable.
 */
#include "made.h"

#include <stdlib.h>

static int setup(void **state)
{
	*state = malloc(sizeof(struct made));
	made_init(*state, 7, 3, MADE_USED);
	return 0;
}

static int setup_6_1(void **state)
{
	*state = malloc(sizeof(struct made));
	made_init(*state, 6, 1, MADE_USED);
	return 0;
}

static int teardown(void **state)
{
	made_fini(*state);
	free(*state);
	return 0;
}

static void merge_and_split(void **state)
{
	struct made *mk = *state;
	uint64_t p = B(0);

	send_drain(mk, p, 0, M);
	check_list(mk, 0, M, 1, p);
	send_drain(mk, p + 1, 0, M); /* buddy of p: order 1 at p */
	check_list(mk, 0, M, 0);
	check_list(mk, 1, M, 1, p);
	send_drain(mk, p + 3, 0, M); /* its buddy p + 2 is in use */
	check_list(mk, 0, M, 1, p + 3);
	send_drain(mk, p + 2, 0, M); /* with p + 3 to order 1, with p to order 2 */
	check_list(mk, 0, M, 0);
	check_list(mk, 1, M, 0);
	check_list(mk, 2, M, 1, p);
	check_state(mk, p + 3, MM_PAGE_FREE, 2);

	/* the low part is handed out, the upper halves go to the heads: p + 2 (order 1), p + 1 (order 0) */
	send_locked(mk, p, 0, M, true);
	check_list(mk, 2, M, 0);
	check_list(mk, 1, M, 1, p + 2);
	check_list(mk, 0, M, 1, p + 1);
	check_state(mk, p, MM_PAGE_PCP, 0);
	check_sound(mk, 0);
}

/* All of a pageblock page by page, and on across the pageblock's border up to order 10. */
static void merge_to_the_top(void **state)
{
	struct made *mk = *state;
	uint64_t seed = 7;
	unsigned int at[1024];

	for (unsigned int i = 0; i < 1024; i++)
		at[i] = i;
	for (unsigned int i = 1023; i > 0; i--) {
		unsigned int k = (unsigned int)(rnd(&seed) % (i + 1)), t = at[i];

		at[i] = at[k];
		at[k] = t;
	}
	for (unsigned int i = 0; i < 1024; i++)
		send_drain(mk, B(2) + at[i], 0, M);
	check_list(mk, 10, M, 1, B(2));
	for (unsigned int o = 0; o < 10; o++)
		check_list(mk, o, M, 0);
	/* there is no order 11 */
	send_drain(mk, B(0), 9, M);
	send_drain(mk, B(1), 9, M);
	check_list(mk, 10, M, 2, B(0), B(2));
	check_sound(mk, 0);
}

/* A zone that begins amid a would-be pair of buddies: what lies outside is nobody's buddy. */
static void merge_stops_at_the_zone(void **state)
{
	struct made *mk = *state;

	send_drain(mk, END - 1, 0, M);
	send_drain(mk, END - 2, 0, M);
	check_list(mk, 1, M, 1, END - 2);
	for (unsigned int o = 1; o < 9; o++)
		send_drain(mk, END - (2ull << o), o, M);
	send_drain(mk, B(14), 9, M);
	check_list(mk, 10, M, 1, B(14)); /* 0x5c00 + 1024 = END */
	check_sound(mk, 0);
}

/*
 * buddy_merge_likely(): a page whose pair's buddy is free as a whole goes to the tail, as it will
 * soon be merged away if its own buddy is freed.
 */
static void head_and_tail(void **state)
{
	struct made *mk = *state;
	uint64_t p = B(0);

	send_drain(mk, p + 2, 1, M);  /* order 1 */
	send_drain(mk, p + 8, 0, M);  /* 10, 11 aren't free: head */
	send_drain(mk, p, 0, M);      /* 2, 3 are free with order 1: tail */
	check_list(mk, 0, M, 2, p + 8, p);
	send_drain(mk, p + 16, 0, M); /* head */
	check_list(mk, 0, M, 3, p + 16, p + 8, p);
	send_drain(mk, p + 32, 0, M);
	send_drain(mk, p + 34, 0, M); /* 32 is free but of order 0, and 33 isn't: head */
	check_list(mk, 0, M, 5, p + 34, p + 32, p + 16, p + 8, p);
	/* as the second of its pair too: 5 looks at 6, 7 */
	send_drain(mk, p + 6, 1, M);
	send_drain(mk, p + 5, 0, M);
	check_list(mk, 0, M, 6, p + 34, p + 32, p + 16, p + 8, p, p + 5);

	/* order 8 still looks at order 9, order 9 looks no further */
	send_drain(mk, B(5), 9, M);
	send_drain(mk, B(8), 8, M);
	send_drain(mk, B(4), 8, M); /* the pair B(4) .. + 512 has the buddy B(5), free with order 9: tail */
	check_list(mk, 8, M, 2, B(8), B(4));
	send_drain(mk, B(12), 10, M);
	send_drain(mk, B(14), 9, M);
	check_list(mk, 9, M, 2, B(14), B(5));
	check_sound(mk, 0);
}

/* What was taken last is given back first: lists are LIFO. */
static void lists_are_lifo(void **state)
{
	struct made *mk = *state;

	send_drain(mk, B(0), 0, M);
	send_drain(mk, B(0) + 8, 0, M);
	send_drain(mk, B(0) + 16, 0, M);
	check_list(mk, 0, M, 3, B(0) + 16, B(0) + 8, B(0));
	send_locked(mk, B(0) + 16, 0, M, true);
	check_list(mk, 0, M, 2, B(0) + 8, B(0));
	send_locked(mk, B(0), 0, M, true); /* from the middle or the end as well */
	check_list(mk, 0, M, 1, B(0) + 8);
	check_sound(mk, 0);
}

/*
 * A claim below pageblock order: all free pages of the pageblock go to the tails of the wanted
 * type's lists in ascending order, the smallest is taken (zone_locked), then the fallback is told.
 */
static void claim_below_pageblock(void **state)
{
	struct made *mk = *state;
	struct mm_block_info bi;
	struct mm_zone_info zi;

	send_drain(mk, B(0), 3, M);
	send_drain(mk, B(0) + 16, 0, M);
	send_drain(mk, B(0) + 64, 3, M);
	send_drain(mk, B(1), 3, M); /* of another pageblock: stays */
	mm_zone_get(mk->m, 0, &zi);
	assert_int_equal(zi.type_blocks[M], 2);
	assert_int_equal(zi.unknown_blocks, NR_BLOCKS - 2);

	send_locked(mk, B(0) + 16, 0, U, true);
	send_extfrag(mk, B(0) + 16, 0, 3, U, M, OWNED);
	check_list(mk, 3, U, 2, B(0), B(0) + 64);
	check_list(mk, 3, M, 1, B(1));
	check_list(mk, 0, M, 0);
	check_list(mk, 0, U, 0);
	check_pcp(mk, 0, 0, U, 1, B(0) + 16);
	mm_block_get(mk->m, B(0) / BLOCK, &bi);
	assert_int_equal(bi.migratetype, U);
	assert_int_equal(bi.nr_free, 16);
	assert_int_equal(bi.nr_pcp, 1);
	assert_int_equal(bi.nr_alloc, 512 - 17);
	mm_zone_get(mk->m, 0, &zi);
	assert_int_equal(zi.type_blocks[U], 1);
	assert_int_equal(zi.type_blocks[M], 1);
	assert_int_equal(zi.type_free[U][3], 2);
	check_sound(mk, 0);
}

/* The same where nobody knew the pageblock's type: the extfrag event tells what it was. */
static void claim_of_unknown_type(void **state)
{
	struct made *mk = *state;
	struct mm_zone_info zi;

	send_free(mk, B(0), 4); /* snapshot pages of no known type go straight to the buddy lists */
	check_list(mk, 4, MM_MT_ROW_UNKNOWN, 1, B(0));
	send_locked(mk, B(0), 0, U, true);
	send_extfrag(mk, B(0), 0, 4, U, M, OWNED);
	check_list(mk, 0, U, 1, B(0) + 1);
	check_list(mk, 3, U, 1, B(0) + 8);
	mm_zone_get(mk->m, 0, &zi);
	assert_int_equal(zi.type_blocks[U], 1);
	assert_int_equal(zi.type_blocks[M], 0);
	check_sound(mk, 0);
}

/* A claim of a whole pageblock is one event: the block is split, all of it becomes the wanted type. */
static void claim_at_pageblock(void **state)
{
	struct made *mk = *state;
	struct mm_block_info bi;

	send_drain(mk, B(1), 9, M);
	send_extfrag(mk, B(1), 0, 9, U, M, OWNED);
	for (unsigned int o = 0; o < 9; o++) {
		check_list(mk, o, U, 1, B(1) + (1ull << o));
		check_list(mk, o, M, 0);
	}
	check_list(mk, 9, M, 0);
	check_pcp(mk, 0, 0, U, 1, B(1));
	mm_block_get(mk->m, B(1) / BLOCK, &bi);
	assert_int_equal(bi.migratetype, U);
	assert_int_equal(bi.nr_free, 511);
	check_sound(mk, 0);

	/* of two pageblocks: both turn, the upper one stays whole */
	send_drain(mk, B(2), 10, M);
	send_drain(mk, B(3), 9, M); /* a drain of what is free already changes nothing but is a contradiction */
	assert_int_equal(mm_contra_count(mk->m, MM_CONTRA_DRAIN_NOT_PCP), 1);
	send_extfrag(mk, B(2), 2, 10, R, M, OWNED);
	check_list(mk, 9, R, 1, B(3));
	check_list(mk, 2, R, 1, B(2) + 4);
	for (unsigned int i = 2; i < 4; i++) {
		mm_block_get(mk->m, B(i) / BLOCK, &bi);
		assert_int_equal(bi.migratetype, R);
	}
	check_pcp(mk, 0, 2, R, 1, B(2));
	check_sound(mk, 1);
}

/* A steal takes a page and leaves the rest, and the pageblock, to the other type. */
static void steal(void **state)
{
	struct made *mk = *state;
	struct mm_block_info bi;

	send_drain(mk, B(4), 2, M);
	send_extfrag(mk, B(4), 0, 2, U, M, NOT_OWNED);
	check_list(mk, 1, M, 1, B(4) + 2);
	check_list(mk, 0, M, 1, B(4) + 1);
	check_pcp(mk, 0, 0, U, 1, B(4)); /* on the list of the type that asked */
	check_pcp(mk, 0, 0, M, 0);
	mm_block_get(mk->m, B(4) / BLOCK, &bi);
	assert_int_equal(bi.migratetype, M);
	send_alloc(mk, B(4), 0, U);
	mm_block_get(mk->m, B(4) / BLOCK, &bi);
	assert_int_equal(bi.nr_foreign, 1);
	send_free(mk, B(4), 0); /* freed by its pageblock's type */
	check_pcp(mk, 0, 0, M, 1, B(4));
	mm_block_get(mk->m, B(4) / BLOCK, &bi);
	assert_int_equal(bi.nr_foreign, 0);
	check_sound(mk, 0);

	/* an order without per-cpu lists goes to the one who asked */
	send_drain(mk, B(5), 8, M);
	send_extfrag(mk, B(5), 5, 8, U, M, NOT_OWNED);
	send_alloc(mk, B(5), 5, U);
	check_list(mk, 5, M, 1, B(5) + 32);
	check_state(mk, B(5) + 31, MM_PAGE_ALLOC, 5);
	check_sound(mk, 0);
}

/*
 * 6.1: an Unmovable request takes all free pages of the pageblock over (steal_suitable_fallback()),
 * and the pageblock's type too when it owns enough of it; zone_locked comes after.
 */
static void fallback_6_1(void **state)
{
	struct made *mk = *state;
	struct mm_block_info bi;

	/* before 6.10 a drain tells the type only of pages that were freed in the trace */
	for (unsigned int i = 0; i < 2; i++) {
		send_drain(mk, B(i), 3, M);
		send_drain(mk, B(i) + 16, 0, M);
	}
	send_extfrag(mk, B(0), 0, 3, U, M, NOT_OWNED);
	send_locked(mk, B(0) + 16, 0, U, true);
	check_list(mk, 3, U, 1, B(0));
	check_list(mk, 0, U, 0);
	check_list(mk, 3, M, 1, B(1));
	check_list(mk, 0, M, 1, B(1) + 16);
	mm_block_get(mk->m, B(0) / BLOCK, &bi);
	assert_int_equal(bi.migratetype, M);

	send_extfrag(mk, B(1), 0, 3, U, M, OWNED);
	send_locked(mk, B(1) + 16, 0, U, true);
	check_list(mk, 3, U, 2, B(0), B(1)); /* moved blocks go to the tail */
	check_list(mk, 0, M, 0);
	mm_block_get(mk->m, B(1) / BLOCK, &bi);
	assert_int_equal(bi.migratetype, U);
	check_sound(mk, 0);

	/* a Movable request for less than half a pageblock's order takes one block only */
	send_drain(mk, B(2), 3, U);
	send_drain(mk, B(2) + 16, 0, U);
	send_extfrag(mk, B(2), 0, 3, M, U, NOT_OWNED);
	check_list(mk, 3, M, 1, B(2));
	check_list(mk, 0, U, 1, B(2) + 16);
	send_locked(mk, B(2), 0, M, true);
	check_list(mk, 3, M, 0);
	check_list(mk, 2, M, 1, B(2) + 4);
	check_list(mk, 0, M, 1, B(2) + 1);
	check_sound(mk, 0);
}

/* Orders without per-cpu lists are freed straight to the buddy lists, by the pageblock's type. */
static void direct_frees(void **state)
{
	struct made *mk = *state;
	struct mm_block_info bi;

	send_drain(mk, B(0), 0, R); /* the pageblock is Reclaimable */
	for (unsigned int o = 4; o <= 8; o++) {
		send_free(mk, B(0) + (1ull << o), o);
		check_list(mk, o, R, 1, B(0) + (1ull << o));
		check_state(mk, B(0) + (1ull << o), MM_PAGE_FREE, o);
	}
	/* order 9 has a per-cpu list */
	send_free(mk, B(1), 9);
	check_state(mk, B(1), MM_PAGE_PCP, 9);
	send_drain(mk, B(1), 9, M);
	check_list(mk, 9, M, 1, B(1));
	/* order 10: pageblock by pageblock, each by its own type; merging turns the first into the second's */
	send_drain(mk, B(4), 0, U);
	send_alloc(mk, B(4), 10, U);
	send_drain(mk, B(5) + 511, 0, M);
	check_sound(mk, 2); /* the page handed out was free, and the page drained was handed out */
	send_alloc(mk, B(4), 10, U);
	check_sound(mk, 3);
	send_free(mk, B(4), 10);
	check_list(mk, 10, M, 1, B(4));
	mm_block_get(mk->m, B(4) / BLOCK, &bi);
	assert_int_equal(bi.migratetype, M);
	check_sound(mk, 3);
}

/* A free block at the right place of the wrong order is split, and that is told. */
static void contradictions_are_counted(void **state)
{
	struct made *mk = *state;

	send_drain(mk, B(0), 2, M);
	send_locked(mk, B(0) + 2, 0, M, true); /* the kernel takes the low part */
	assert_int_equal(mm_contra_count(mk->m, MM_CONTRA_PICK_ORDER), 1);
	assert_int_equal(mm_last_contra(mk->m), 1u << MM_CONTRA_PICK_ORDER);
	check_list(mk, 1, M, 1, B(0));
	check_list(mk, 0, M, 1, B(0) + 3);
	send_locked(mk, B(3), 1, M, true); /* in use as far as known */
	assert_int_equal(mm_contra_count(mk->m, MM_CONTRA_ALLOC_NOT_FREE), 1);
	check_state(mk, B(3) + 1, MM_PAGE_PCP, 1);
	send_free(mk, B(0), 0); /* free already, as half of a block of order 1 */
	assert_int_equal(mm_contra_count(mk->m, MM_CONTRA_FREE_TWICE), 1);
	check_state(mk, B(0), MM_PAGE_PCP, 0);
	check_state(mk, B(0) + 1, MM_PAGE_FREE, 0);
	send_alloc(mk, B(0) + 1, 0, M);
	assert_int_equal(mm_contra_count(mk->m, MM_CONTRA_ALLOC_FROM_BUDDY), 1);
	send_alloc(mk, B(0) + 1, 0, M);
	assert_int_equal(mm_contra_count(mk->m, MM_CONTRA_ALLOC_TWICE), 1);
	send_free(mk, B(0), 1);
	send_free(mk, END, 0);
	send_free(mk, B(0) + 1, 1); /* not aligned */
	send_free(mk, B(0), 23); /* no gigantic page is so large */
	send_locked(mk, B(0), 0, SG_MAX_MIGRATETYPES, true);
	assert_int_equal(mm_contra_count(mk->m, MM_CONTRA_OUT_OF_RANGE), 4);
	check_whole(mk->m);
	for (unsigned int i = 0; i < MM_CONTRA_COUNT; i++) {
		assert_true(mm_contra_key((enum mm_contra)i)[0]);
		assert_true(mm_contra_text((enum mm_contra)i)[0]);
	}
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(merge_and_split), T(merge_to_the_top), T(merge_stops_at_the_zone), T(head_and_tail), T(lists_are_lifo),
		T(claim_below_pageblock), T(claim_of_unknown_type), T(claim_at_pageblock), T(steal),
		cmocka_unit_test_setup_teardown(fallback_6_1, setup_6_1, teardown), T(direct_frees),
		T(contradictions_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
