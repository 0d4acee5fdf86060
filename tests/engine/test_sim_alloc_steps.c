// SPDX-License-Identifier: GPL-2.0-only
/*
 * Single steps of the simulated slow path, each on a zone of 16 pageblocks made so that nothing but that step decides:
 * what comes first, who is retried, who is killed for, what reserves are opened, what kswapd is asked for.
 */
#include "sim/compact/compact.h"
#include "sim_made.h"

#include <string.h>

#define EACH(r) (enum test_kernel r = K_6_1; r < K_COUNT; r++)

/*
 * All of the zone in use by what can't be freed, block 0 in single pages; of these every second one is free: @left
 * of them.
 */
static struct mm_sim *tight_of(const struct mm_sim_cfg *c, unsigned int left)
{
	struct mm_sim *s = sim_make(c);

	for (unsigned int i = 1; i < 16; i++)
		sim_occupy_block(s, i, U);
	for (unsigned int k = 0; k < BLOCK; k++)
		sim_occupy(s, B(0) + k, 0, U);
	for (unsigned int k = 0; k < left; k++)
		sim_vacate(s, B(0) + 2 * k, 0);
	return s;
}

static struct mm_sim *tight(enum test_kernel rules, unsigned int left)
{
	struct mm_sim_cfg c = sim_cfg(rules, 16);

	return tight_of(&c, left);
}

static enum mm_outcome ask(struct mm_sim *s, unsigned int order, unsigned int mt, uint32_t gfp, struct mm_grant *g)
{
	struct mm_request rq = sim_request(order, mt, gfp);

	return mm_sim_alloc(s, &rq, g);
}

static void done(struct mm_sim *s)
{
	sim_sound(s);
	mm_sim_free(s);
}

/* A page of clean page cache, which reclaim frees. */
static void cache_page(struct mm_sim *s, uint64_t pfn)
{
	sim_occupy(s, pfn, 0, M);
	mm_sim_lru_add(s, pfn, MM_SIM_FILE, false);
}

/*
 * DMA32 and Normal of node 0 have one page in each Movable pageblock, node 1 is whole.  An Unmovable request, which
 * may not mix blocks at first, gives that up before it goes to the other node: get_page_from_freelist(), 6.1 to
 * 7.3.  With defrag_mode it goes there, and claims a block.
 */
static void locality_before_blocks(void **state)
{
	(void)state;
	for EACH(r) {
		for (unsigned int defrag = 0; defrag < 2; defrag++) {
			struct mm_sim_cfg c = sim_cfg(r, 16);
			bool strict = defrag && r >= K_6_18;
			struct mm_grant g;
			struct mm_sim *s;

			c.policy.tune[MM_TUNE_DEFRAG_MODE] = defrag;
			c.nr_zones = 3;
			for (unsigned int i = 0; i < 3; i++) {
				c.zone[i] = c.zone[0];
				c.zone[i].name = i ? "Normal" : "DMA32";
				c.zone[i].node = i == 2;
				c.zone[i].start_pfn = B(16 * i);
				c.zone[i].end_pfn = B(16 * i + 16);
			}
			s = sim_make(&c);
			for (unsigned int i = 0; i < 32; i++)
				sim_occupy(s, B(i), 0, M);
			assert_int_equal(ask(s, 0, U, MM_GFP_KERNEL, &g), MM_GOT_PAGE);
			assert_true(g.fast);
			assert_int_equal(g.zone, strict ? 2 : 1);
			done(s);
		}
	}
}

/*
 * The zone was boosted, and nobody has been told.  6.1 wakes kswapd at the next page, whoever takes it; later ones
 * leave it to a request that may wake kswapd: rmqueue().
 */
static void boost_is_told(void **state)
{
	(void)state;
	for EACH(r) {
		struct mm_sim *s = sim_small(r, 16);
		struct mm_grant g;

		s->alloc->zone[0].boosted = true;
		s->alloc->zone[0].boost = 100;
		assert_int_equal(ask(s, 4, M, MM_GFP_DIRECT_RECLAIM | MM_GFP_IO, &g), MM_GOT_PAGE);
		assert_int_equal(s->alloc->zone[0].boosted, r > K_6_1);
		assert_int_equal(s->m->core.node[0].kswapd_awake, r == K_6_1);
		assert_int_equal(ask(s, 4, M, MM_GFP_KERNEL, &g), MM_GOT_PAGE);
		assert_false(s->alloc->zone[0].boosted);
		assert_true(s->m->core.node[0].kswapd_awake);
		done(s);
	}
}

/* DMA32 and Normal are full.  Nobody is killed for a request that only DMA32 may serve: __alloc_pages_may_oom(). */
static void low_zones_kill_nobody(void **state)
{
	(void)state;
	for EACH(r) {
		for (unsigned int type = 1; type < 3; type++) {
			struct mm_sim_cfg c = sim_cfg(r, 16);
			struct mm_request rq = sim_request(0, U, MM_GFP_KERNEL);
			struct mm_grant g;
			struct mm_sim *s;

			c.nr_zones = 2;
			c.zone[1] = c.zone[0];
			c.zone[0].name = "DMA32";
			c.zone[1].start_pfn = B(16);
			c.zone[1].end_pfn = B(32);
			s = sim_make(&c);
			for (unsigned int i = 0; i < 32; i++)
				sim_occupy_block(s, i, U);
			rq.zone_type = (uint8_t)type;
			assert_int_equal(mm_sim_alloc(s, &rq, &g), type == NORMAL ? MM_OOM : MM_FAILED);
			assert_int_equal(mm_sim_stat(s, MM_SIM_OOM_KILL), type == NORMAL);
			done(s);
		}
	}
}

struct other {
	struct mm_sim *s;
	unsigned int pages;
};

/* When the request gives up reclaim, another CPU frees something. */
static void free_meanwhile(void *arg, const struct mm_decision *d)
{
	struct other *o = arg;

	if (d->kind != MM_CHECK_SLOW_PATH || strcmp(d->ours, "gives up reclaim") != 0)
		return;
	for (unsigned int k = 0; k < o->pages; k++)
		sim_vacate(o->s, B(k / BLOCK) + k % BLOCK, 0);
}

/*
 * Before somebody is killed the lists are looked at once more, with the high mark of 300: with 301 pages that came
 * free by then there is a page, with 300 there is none.
 */
static void last_look_before_a_kill(void **state)
{
	(void)state;
	for EACH(r) {
		for (unsigned int pages = 300; pages <= 301; pages++) {
			struct mm_sim_cfg c = sim_cfg(r, 16);
			struct other o = { .pages = pages };
			struct mm_grant g;

			c.fn = free_meanwhile;
			c.arg = &o;
			o.s = tight_of(&c, 0);
			assert_int_equal(ask(o.s, 0, U, MM_GFP_KERNEL, &g), pages > 300 ? MM_GOT_PAGE : MM_OOM);
			assert_int_equal(g.reclaims, 1);
			assert_int_equal(mm_sim_stat(o.s, MM_SIM_OOM_KILL), pages <= 300);
			done(o.s);
		}
	}
}

/*
 * A block of order 4 and 90 single pages are free, 106, and every second page of block 1 is page cache.  One
 * reclaim brings some 32: not enough for a min mark of 200 and 15.  (More than half of 200 is free, so nobody has
 * to wait.)  A costly request that may be tried again is so only where it may compact, that is with __GFP_IO:
 * __alloc_pages_slowpath(), "costly_order && (!can_compact || !(gfp_mask & __GFP_RETRY_MAYFAIL))".
 */
static void costly_without_compaction(void **state)
{
	(void)state;
	for EACH(r) {
		struct mm_sim *s = tight(r, 90);
		struct mm_grant g;

		s->m->core.zone[0].wmark_min = 200;
		for (unsigned int k = 0; k < 16; k++)
			sim_vacate(s, B(0) + 496 + k, 0);
		sim_vacate(s, B(1), 9);
		for (unsigned int k = 0; k < BLOCK; k += 2) {
			cache_page(s, B(1) + k);
			sim_occupy(s, B(1) + k + 1, 0, U);
		}
		assert_int_equal(ask(s, 4, M, MM_GFP_DIRECT_RECLAIM | MM_GFP_FS | MM_GFP_RETRY_MAYFAIL, &g), MM_FAILED);
		assert_int_equal(g.reclaims, 1);
		assert_true(g.reclaimed >= 32 && g.reclaimed <= 109);
		assert_int_equal(g.compactions, 0);
		done(s);
	}
}

/*
 * Tries of order 2 are put off, up to 64 of them.  Until 6.18 the request looks at the lists all the same, and that
 * counts as a stall and a failure; 7.2 and later go on at once: __alloc_pages_direct_compact().  60 free pages
 * count twice until 6.12, and no block of order 2 is there, so one round is all.
 */
static void put_off_compaction(void **state)
{
	(void)state;
	for EACH(r) {
		struct mm_sim *s = tight(r, 60);
		struct mm_grant g;

		s->compact->zone[0].defer = (struct mm_defer){ .considered_known = true, .shift_known = true,
							       .failed_known = true, .shift = 6 };
		assert_int_equal(ask(s, 2, M, MM_GFP_KERNEL, &g), MM_OOM);
		assert_int_equal(g.reclaims, 1);
		assert_int_equal(s->compact->zone[0].defer.considered, 1);
		assert_int_equal(g.compactions, r < K_7_2);
		assert_int_equal(mm_sim_stat(s, MM_SIM_COMPACT_STALL), r < K_7_2);
		assert_int_equal(mm_sim_stat(s, MM_SIM_COMPACT_FAIL), r < K_7_2);
		done(s);
	}
}

/*
 * Page cache, every fourth page free: 2048 pages, no two together.  For order 3 an Unmovable request compacts before it
 * reclaims, a Movable one doesn't; for order 4, which is costly, both do: __alloc_pages_slowpath().
 */
static void compaction_first(void **state)
{
	(void)state;
	for EACH(r) {
		for (unsigned int i = 0; i < 4; i++) {
			unsigned int order = 3 + i / 2, mt = i % 2 ? M : U;
			struct mm_sim *s = sim_small(r, 16);
			bool first = order > 3 || mt == U;
			struct mm_grant g;

			for (uint64_t p = B(0); p < B(16); p++) {
				sim_occupy(s, p, 0, M);
				if (p % 4)
					mm_sim_lru_add(s, p, MM_SIM_FILE, false);
			}
			for (uint64_t p = B(0); p < B(16); p += 4)
				sim_vacate(s, p, 0);
			assert_int_equal(ask(s, order, mt, MM_GFP_KERNEL | MM_GFP_COMP, &g), MM_GOT_PAGE);
			assert_int_equal(g.reclaims == 0, first);
			if (first)
				assert_int_equal(g.compactions, 1);
			done(s);
		}
	}
}

/*
 * A request that must not fail and wants this node: nobody is killed for it, but at the end it gets half of the
 * min mark, __alloc_pages_cpuset_fallback() with ALLOC_MIN_RESERVE.  With 51 pages there is one for it, with 50 it
 * spins.
 */
static void must_not_fail(void **state)
{
	(void)state;
	for EACH(r) {
		for (unsigned int left = 50; left <= 51; left++) {
			struct mm_sim *s = tight(r, left);
			struct mm_grant g;

			assert_int_equal(ask(s, 0, U, MM_GFP_KERNEL | MM_GFP_NOFAIL | MM_GFP_THISNODE, &g),
					 left > 50 ? MM_GOT_PAGE : MM_FAILED);
			assert_int_equal(g.retries > 1000, left <= 50);
			assert_int_equal(mm_sim_stat(s, MM_SIM_OOM_KILL), 0);
			done(s);
		}
	}
}

/*
 * All that is free is the last reserved pageblock, 512 pages.  When reclaim is given up it is opened, and becomes
 * of the type that asks: should_reclaim_retry().  In 6.1 and 6.12 its pages count twice, as free and as
 * reclaimable: 512 beyond what is reserved, which is above 100, so 17 rounds pass before.
 */
static void reserve_is_opened_at_last(void **state)
{
	(void)state;
	for EACH(r) {
		struct mm_sim *s = tight(r, 0);
		struct mm_grant g;

		sim_type(s, 5, H);
		sim_vacate(s, B(5), 9);
		s->alloc->zone[0].reserved_highatomic = BLOCK;
		assert_int_equal(ask(s, 0, U, MM_GFP_KERNEL, &g), MM_GOT_PAGE);
		assert_int_equal(g.pfn / BLOCK, B(5) / BLOCK);
		assert_int_equal(mm_blk(s->m, B(5) / BLOCK).mt, U);
		assert_int_equal(s->alloc->zone[0].reserved_highatomic, 0);
		assert_int_equal(mm_sim_stat(s, MM_SIM_HIGHATOMIC_UNRESERVE), 1);
		assert_int_equal(g.reclaims, r < K_6_18 ? 17 : 1);
		done(s);
	}
}

/*
 * Reclaim frees single pages between used ones, and a block of order 2 is wanted.  So what lies on the per-cpu
 * lists goes back, and one of two reserved pageblocks is opened, not the last one:
 * __alloc_pages_direct_reclaim().  Where reclaim frees nothing neither happens.
 */
static void drained_and_unreserved(void **state)
{
	const uint32_t gfp = MM_GFP_DIRECT_RECLAIM | MM_GFP_FS | MM_GFP_NORETRY; /* no compaction, which drains, too */

	(void)state;
	for EACH(r) {
		for (unsigned int cached = 0; cached < 2; cached++) {
			struct mm_sim *s = tight(r, 60);
			const struct pcp_state *lists;
			struct mm_grant g;

			s->alloc->pcp[1].tune = (struct mm_pcp_tune){ .batch = 8, .high = 400, .high_min = 400, .high_max = 400 };
			for (unsigned int k = 0; k < 3; k++)
				mm_sim_release(s, 1, B(0) + 200 + 4 * k, 0);
			lists = mm_cow_peek(&s->m->pcp, 1);
			assert_int_equal(lists->count, 3);
			for (unsigned int i = 5; i < 7; i++) {
				sim_vacate(s, B(i), 9);
				sim_type(s, i, H);
				for (unsigned int k = 1; k < BLOCK; k++)
					sim_occupy(s, B(i) + k, 0, U);
			}
			s->alloc->zone[0].reserved_highatomic = 2 * BLOCK;
			sim_vacate(s, B(1), 9);
			for (unsigned int k = 0; k < BLOCK; k++)
				sim_occupy(s, B(1) + k, 0, U);
			for (unsigned int k = 0; cached && k < BLOCK; k += 2)
				mm_sim_lru_add(s, B(1) + k, MM_SIM_FILE, false);
			assert_int_equal(ask(s, 2, M, gfp, &g), MM_FAILED);
			assert_int_equal(g.reclaimed > 0, cached);
			lists = mm_cow_peek(&s->m->pcp, 1);
			assert_int_equal(lists->count, cached ? 0 : 3);
			assert_int_equal(s->alloc->zone[0].reserved_highatomic, cached ? BLOCK : 2 * BLOCK);
			assert_int_equal(mm_sim_stat(s, MM_SIM_HIGHATOMIC_UNRESERVE), cached);
			done(s);
		}
	}
}

/*
 * In defrag_mode, 6.18 and later, kswapd is asked for a whole pageblock, or for the order itself where that is
 * more.
 */
static void kswapd_is_asked_for_blocks(void **state)
{
	(void)state;
	for EACH(r) {
		for (unsigned int order = 0; order < 11; order += 5) {
			struct mm_sim_cfg c = sim_cfg(r, 16);
			struct mm_grant g;
			struct mm_sim *s;

			c.policy.tune[MM_TUNE_DEFRAG_MODE] = 1;
			s = tight_of(&c, 0);
			assert_int_equal(ask(s, order, U, MM_GFP_ATOMIC, &g), MM_FAILED);
			assert_int_equal(s->reclaim->ks[0].want_order, r < K_6_18 || order > 9 ? order : 9);
			mm_sim_free(s);
		}
	}
}

/*
 * Only Movable pageblocks have free pages.  In defrag_mode a request that can't wait has to do without them in 6.18; in
 * 7.2 and later it falls back when it can at least wake kswapd.
 */
static void defrag_mode_and_atomic(void **state)
{
	(void)state;
	for EACH(r) {
		for (unsigned int wakes = 0; wakes < 2; wakes++) {
			struct mm_sim_cfg c = sim_cfg(r, 16);
			bool gets = r < K_6_18 || (r >= K_7_2 && wakes);
			struct mm_grant g;
			struct mm_sim *s;

			c.policy.tune[MM_TUNE_DEFRAG_MODE] = 1;
			s = sim_make(&c);
			for (unsigned int i = 0; i < 16; i++)
				sim_occupy(s, B(i), 0, M);
			assert_int_equal(ask(s, 0, U, MM_GFP_HIGH | (wakes ? MM_GFP_KSWAPD_RECLAIM : 0), &g),
					 gets ? MM_GOT_PAGE : MM_FAILED);
			assert_int_equal(g.fast, r < K_6_18);
			done(s);
		}
	}
}

/*
 * The machine's own steps do what they say: a block leaves from wherever it stands, and the others stay as they are.
 * Movable single pages lie 64, 48, 32, 16, 0 on their list; the second goes, and then the third.
 */
static void takes_from_the_middle(void **state)
{
	struct mm_sim *s = sim_small(K_7_3, 4);
	struct zone_state *z = mm_sim_zone(s, 0);
	uint64_t pfn[8], unplaced;

	(void)state;
	sim_occupy_block(s, 1, M);
	for (unsigned int i = 0; i <= 64; i += 16)
		sim_vacate(s, B(1) + i, 0);
	assert_int_equal(mm_free_list(s->m, 0, 0, M, pfn, 8, &unplaced), 5);
	assert_int_equal(pfn[0], B(1) + 64);
	assert_int_equal(mm_buddy_take(s->m, z, B(1) + 48, 0, M, M), 1);
	assert_int_equal(mm_buddy_take(s->m, z, B(1) + 32, 0, M, M), 1);
	assert_int_equal(mm_free_list(s->m, 0, 0, M, pfn, 8, &unplaced), 3);
	assert_int_equal(pfn[0], B(1) + 64);
	assert_int_equal(pfn[1], B(1) + 16);
	assert_int_equal(pfn[2], B(1));
	mm_sim_free(s);
}

/* Out of a block of order 4 a page in its middle: what lies around it stays free, in blocks as large as can be. */
static void takes_out_of_a_block(void **state)
{
	struct mm_sim *s = sim_small(K_7_3, 4);
	struct zone_state *z = mm_sim_zone(s, 0);

	(void)state;
	sim_occupy_block(s, 1, M);
	sim_vacate(s, B(1), 4);
	assert_int_equal(mm_buddy_take(s->m, z, B(1) + 5, 0, M, M), 1);
	/* 16 = 4 + 1 + (5) + 2 + 8 */
	assert_int_equal(sim_first(s, 2, M), B(1));
	assert_int_equal(sim_first(s, 0, M), B(1) + 4);
	assert_int_equal(sim_first(s, 1, M), B(1) + 6);
	assert_int_equal(sim_first(s, 3, M), B(1) + 8);
	mm_sim_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_from_the_middle),
		cmocka_unit_test(takes_out_of_a_block),
		cmocka_unit_test(locality_before_blocks), cmocka_unit_test(boost_is_told),
		cmocka_unit_test(low_zones_kill_nobody), cmocka_unit_test(last_look_before_a_kill),
		cmocka_unit_test(costly_without_compaction), cmocka_unit_test(put_off_compaction),
		cmocka_unit_test(compaction_first), cmocka_unit_test(must_not_fail),
		cmocka_unit_test(reserve_is_opened_at_last), cmocka_unit_test(drained_and_unreserved),
		cmocka_unit_test(kswapd_is_asked_for_blocks), cmocka_unit_test(defrag_mode_and_atomic),
	};

	return cmocka_run_group_tests_name("steps of the simulated slow path", tests, NULL, NULL);
}
