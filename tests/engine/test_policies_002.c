// SPDX-License-Identifier: GPL-2.0-only
/* Policies of document 002: requests that may not fall back, the storm that they make, and what ends it. */
#include "chosen.h"

static struct box b;

/* An unmovable request that may wait; nobody else runs. */
static enum mm_outcome asks(unsigned int order, unsigned int mt, struct mm_grant *g)
{
	struct mm_request rq = box_kernel(&b, order);

	rq.mt = (uint8_t)mt;
	rq.gfp = MM_GFP_DIRECT_RECLAIM | MM_GFP_IO | MM_GFP_FS | (mt == MM_MT_MOVABLE ? MM_GFP_MOVABLE : 0) |
		 (order ? MM_GFP_COMP : 0);
	return mm_sim_alloc(b.s, &rq, g);
}

/* The pageblock at @pfn is Unmovable, and but for what was asked for all of it is free. */
static void assert_whole_block(uint64_t pfn, unsigned int order)
{
	struct mm_block_info i;

	mm_sim_drain_cpu(b.s, 0);
	mm_block_get(b.s->m, pfn >> 9, &i);
	assert_int_equal(i.migratetype, MM_MT_UNMOVABLE);
	assert_int_equal(i.nr_alloc, 1u << order);
	assert_int_equal(i.nr_free, 512 - (1u << order));
}

/* Half of the pageblock at @pfn is free, enough to claim it; in the other half are pages of others. */
static void assert_polluted(uint64_t pfn)
{
	struct mm_block_info i;

	mm_block_get(b.s->m, pfn >> 9, &i);
	assert_int_equal(i.migratetype, MM_MT_UNMOVABLE);
	assert_int_equal(i.nr_foreign, 256);
}

static int order_failed(void)
{
	return (int)b.s->compact->zone[0].defer.failed;
}

/* ---- the storm --------------------------------------------------------------------------- */

/*
 * Movable pageblocks alone, their pages by turns anonymous ones that can be moved and file pages that can be reclaimed; 100 are free.
 * Before the series an unmovable request reclaims, 32 pages a round, what it can't use: all 3996 file pages are gone before it falls
 * back.  With patch 4 it reclaims once, what a compaction of a block needs, moves the 256 anonymous pages of a block, and claims it whole.  That
 * takes the gap of 1024: with 32 pages there is nowhere to move a block's pages to.
 */
static void storm(void **state)
{
	static const struct {
		const char *policy;
		bool spins;
	} t[] = {
		{ "linux-6.18,defrag_mode=1", true }, { "linux-6.18,defrag_mode=1,storm=none", true },
		{ "linux-6.18,defrag_mode=1,storm=p1+p2+p3", true }, { "linux-6.18,defrag_mode=1,storm=p4", false },
		{ "linux-6.18,defrag_mode=1,storm=p2+p4", false }, { "linux-6.18,defrag_mode=1,storm=p3+p4", false },
		{ "linux-6.18,defrag_mode=1,storm=all", false }, { "linux-6.18,defrag_mode=1,storm=7.3-rc", false },
		{ "linux-6.18,defrag_mode=1,storm=7.3", false }, { "linux-6.18,defrag_mode=1,storm=all-requests", false },
		{ "linux-7.3,defrag_mode=1,compact-gap=uncapped", false }, { "linux-7.3,defrag_mode=1,storm=none", true },
		{ "linux-7.3,defrag_mode=1,storm=p2", true },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct mm_grant g;

		chosen_box(&b, t[i].policy, 1);
		comb(&b, TOOTH_ANON, 100);
		assert_int_equal(asks(0, MM_MT_UNMOVABLE, &g), MM_GOT_PAGE);
		if (t[i].spins != (g.reclaims > 100))
			fail_msg("%s: %u times reclaim", t[i].policy, g.reclaims);
		if (t[i].spins) {
			assert_int_equal(b.nr_gone, 3996);
			assert_int_equal(g.migrated, 0);
			assert_polluted(g.pfn);
		} else {
			assert_int_equal(g.reclaims, 1);
			assert_in_range(b.nr_gone, 1000, 1200); /* from 100 free to 1184: min, low less min, a gap */
			assert_int_equal(g.migrated, 256);
			assert_whole_block(g.pfn, 0);
		}
		chosen_done(&b);
	}
}

/* ---- patch by patch ------------------------------------------------------------------------ */

/* A whole pageblock is wanted of Unmovable, asynchronously: the pageblocks are all Movable, and only with patch 2 are sources. */
static void patch_2(void **state)
{
	static const struct {
		const char *policy;
		unsigned int order;
		bool moves;
	} t[] = {
		{ "linux-6.18", 9, false }, { "linux-6.18,storm=p2", 9, true }, { "linux-6.18,storm=p1+p3+p4", 9, false },
		{ "linux-7.3", 9, true }, { "linux-7.3,storm=none", 9, false }, { "linux-7.3,storm=p3", 9, false },
		{ "linux-7.3", 8, false },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct mm_request rq;
		uint64_t pfn;

		chosen_box(&b, t[i].policy, 1);
		comb(&b, TOOTH_ANON, 2000);
		rq = box_kernel(&b, t[i].order);
		rq.mt = MM_MT_UNMOVABLE;
		mm_sim_direct_compact(b.s, &rq, t[i].order, MM_PRIO_ASYNC, 0, &pfn);
		if (t[i].moves != (mm_sim_stat(b.s, MM_SIM_PGMIGRATE_SUCCESS) > 0))
			fail_msg("%s, order %u: moves %u pages", t[i].policy, t[i].order,
				 (unsigned int)mm_sim_stat(b.s, MM_SIM_PGMIGRATE_SUCCESS));
		chosen_done(&b);
	}
}

/*
 * Of 16 pageblocks the first eight are CMA's, each with a page that can move; in the others nothing can.  A request that can't use CMA
 * leaves them alone with patch 2, also in synchronous compaction.
 */
static void patch_2_cma(void **state)
{
	static const struct {
		const char *policy;
		unsigned int flags;
		bool moves;
	} t[] = { { "linux-6.18", 0, true }, { "linux-6.18,storm=p2", 0, false }, { "linux-6.18,storm=p2", MM_ALLOC_CMA, true },
		  { "linux-7.3,storm=none", 0, true }, { "linux-7.3", 0, false } };

	(void)state;
	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		const struct mm_sim_zone_cfg z = { .end_pfn = AT(16, 0), .wmark_min = 16, .wmark_low = 20, .wmark_high = 24,
						   .wmark_promo = 28, .cma_start = AT(0, 0), .cma_end = AT(8, 0) };
		const struct mm_request rq = { .order = SMALL_ORDER, .mt = MM_MT_MOVABLE, .zone_type = NORMAL, .pid = 1,
					       .gfp = MM_GFP_KERNEL | MM_GFP_MOVABLE | MM_GFP_COMP };
		struct mm_sim *s = small_blocks(t[i].policy, z, 8);
		uint64_t pfn;

		mm_sim_direct_compact(s, &rq, SMALL_ORDER, MM_PRIO_LIGHT, t[i].flags, &pfn);
		if (t[i].moves != (mm_sim_stat(s, MM_SIM_PGMIGRATE_SUCCESS) > 0))
			fail_msg("%s, flags %x: moves %u pages", t[i].policy, t[i].flags, (unsigned int)mm_sim_stat(s, MM_SIM_PGMIGRATE_SUCCESS));
		mm_sim_free(s);
	}
}

/*
 * Promotion alone would capture the whole block that is compacted for, which stays Movable; patch 4 captures the request's order, for
 * which it may not take from a Movable pageblock, and the allocator claims the block.
 */
static void patch_4_capture(void **state)
{
	static const char *const policy[] = { "linux-6.18,defrag_mode=1,promote=1", "linux-6.18,defrag_mode=1,storm=p4" };

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct mm_grant g;

		chosen_box(&b, policy[i], 1);
		comb(&b, TOOTH_ANON, 100);
		assert_int_equal(asks(0, MM_MT_UNMOVABLE, &g), MM_GOT_PAGE);
		assert_int_equal(mm_sim_stat(b.s, MM_SIM_CAPTURED), i == 0);
		if (i)
			assert_whole_block(g.pfn, 0);
		chosen_done(&b);
	}
}

/*
 * Compaction can't make a block, since every second page stays where it is, and reclaim always finds something.  As long as rounds
 * with progress don't count (7.2, 7.3-rc) there is no end to them: 7.3.4 allows fallbacks after 16.
 */
static void fruitless(void **state)
{
	static const struct {
		const char *policy;
		bool ends;
	} t[] = { { "linux-7.3,defrag_mode=1", true }, { "linux-7.3,defrag_mode=1,storm=7.3-rc", false },
		  { "linux-7.3,defrag_mode=1,storm=all", false }, { "linux-7.2,defrag_mode=1,storm=7.3", true },
		  { "linux-7.2,defrag_mode=1", false }, { "linux-6.18,defrag_mode=1,storm=all-requests", true } };

	(void)state;
	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct mm_grant g;

		chosen_box(&b, t[i].policy, 1);
		comb(&b, TOOTH_FIXED, 300);
		asks(0, MM_MT_UNMOVABLE, &g);
		if (t[i].ends != !g.endless)
			fail_msg("%s: %u rounds", t[i].policy, g.retries);
		if (t[i].ends) {
			assert_int_equal(g.outcome, MM_GOT_PAGE);
			assert_in_range(g.reclaims, 16, 18);
		}
		chosen_done(&b);
	}
}

/* Who can't reclaim falls back at once in the form of 7.2 and later; before that the request fails. */
static void atomic(void **state)
{
	static const struct {
		const char *policy;
		enum mm_outcome outcome;
	} t[] = { { "linux-6.18,defrag_mode=1", MM_FAILED }, { "linux-6.18,defrag_mode=1,storm=all", MM_FAILED },
		  { "linux-6.18,defrag_mode=1,storm=7.3-rc", MM_GOT_PAGE }, { "linux-6.18,defrag_mode=1,storm=7.3", MM_GOT_PAGE } };

	(void)state;
	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct mm_request rq;
		struct mm_grant g;

		chosen_box(&b, t[i].policy, 1);
		comb(&b, TOOTH_FIXED, 1000);
		rq = box_kernel(&b, 0);
		rq.mt = MM_MT_UNMOVABLE;
		rq.gfp = MM_GFP_KSWAPD_RECLAIM;
		assert_int_equal(mm_sim_alloc(b.s, &rq, &g), t[i].outcome);
		chosen_done(&b);
	}
}

/* ---- the longer-term plan ---------------------------------------------------------------------- */

/*
 * A movable request of order 2: the kernel compacts for order 2, and the last order that failed goes up to 3; where all requests help,
 * it compacts for a whole block.
 */
static void all_requests(void **state)
{
	static const struct {
		const char *policy;
		int failed;
	} t[] = { { "linux-7.3,defrag_mode=1", 3 }, { "linux-7.3,defrag_mode=1,storm=all", 3 },
		  { "linux-7.3,defrag_mode=1,storm=all-requests", 10 }, { "linux-7.3,storm=all-requests", 3 },
		  { "linux-6.18,defrag_mode=1,storm=all-requests", 10 } };

	(void)state;
	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct mm_grant g;

		chosen_box(&b, t[i].policy, 1);
		comb(&b, TOOTH_ANON, 2000);
		assert_int_equal(asks(2, MM_MT_MOVABLE, &g), MM_GOT_PAGE);
		if (order_failed() != t[i].failed)
			fail_msg("%s: %d", t[i].policy, order_failed());
		chosen_done(&b);
	}
}

/* ---- memalloc-fallback ---------------------------------------------------------------------- */

#define TABLE (MM_GFP_HIGH | MM_GFP_NOMEMALLOC | MM_GFP_COMP) /* mm/swapfile.c: swap_cluster_populate(), its two requests */
#define TABLE_AGAIN (TABLE | MM_GFP_KERNEL)

/*
 * Movable pageblocks alone, and every second page is free: far above the marks, but none is on an Unmovable list or in a whole free
 * pageblock.  Who is inside reclaim, or can't wait, and may not use the reserves, gets nothing, though half of each pageblock is free, which is
 * enough to claim it.
 */
static void memalloc(void **state)
{
	static const struct {
		const char *policy;
		uint32_t gfp;
		bool in_reclaim, got;
	} t[] = {
		{ "linux-7.3,defrag_mode=1", TABLE, true, false },
		{ "linux-7.3,defrag_mode=1", TABLE_AGAIN, true, false },
		{ "linux-7.3,defrag_mode=1,memalloc-fallback=off", TABLE, true, false },
		{ "linux-7.3,defrag_mode=1,memalloc-fallback=off", TABLE_AGAIN, true, false },
		{ "linux-7.3,defrag_mode=1,memalloc-fallback=on", TABLE, true, true },
		{ "linux-7.3,defrag_mode=1,memalloc-fallback=on", TABLE_AGAIN, true, true },
		{ "linux-7.3,defrag_mode=1,memalloc-fallback=alone", TABLE, true, true },
		{ "linux-7.3,defrag_mode=1,memalloc-fallback=alone", TABLE_AGAIN, true, true },
		{ "linux-7.3,defrag_mode=0", TABLE, true, true },
		{ "linux-7.3,defrag_mode=0", TABLE_AGAIN, true, true },
		/* reserves are without ALLOC_NOFRAGMENT */
		{ "linux-7.3,defrag_mode=1", MM_GFP_KERNEL, true, true },
		/* who may wake kswapd and can't wait falls back since 7.2 */
		{ "linux-7.3,defrag_mode=1", MM_GFP_ATOMIC, false, true },
		{ "linux-6.18,defrag_mode=1", MM_GFP_ATOMIC, false, false },
		{ "linux-6.18,defrag_mode=1,memalloc-fallback=on", MM_GFP_ATOMIC, false, true },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct mm_request rq;
		struct mm_grant g;

		chosen_box(&b, t[i].policy, 1);
		comb(&b, TOOTH_ANON, PAGES / 2);
		rq = box_kernel(&b, 0);
		rq.mt = MM_MT_UNMOVABLE;
		rq.gfp = t[i].gfp;
		rq.in_reclaim = t[i].in_reclaim;
		mm_sim_alloc(b.s, &rq, &g);
		if (t[i].got != (g.outcome == MM_GOT_PAGE))
			fail_msg("%s, gfp 0x%x: %s a page", t[i].policy, t[i].gfp, t[i].got ? "no" : "gets");
		assert_int_equal(g.reclaims, 0);
		if (t[i].got)
			assert_polluted(g.pfn);
		chosen_done(&b);
	}
}

/*
 * 250 pages are free, less than half a pageblock, so that none is claimed: pages are stolen.  With on a whole batch of them goes to the per-cpu list, where the
 * next request of a task that could wait finds one; with alone it has to make room as before.
 */
static void memalloc_alone(void **state)
{
	static const char *const policy[] = { "linux-7.3,defrag_mode=1,memalloc-fallback=on",
					      "linux-7.3,defrag_mode=1,memalloc-fallback=alone" };

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct mm_request rq;
		struct mm_grant g;

		chosen_box(&b, policy[i], 1);
		comb(&b, TOOTH_ANON, 250);
		rq = box_kernel(&b, 0);
		rq.mt = MM_MT_UNMOVABLE;
		rq.gfp = TABLE;
		rq.in_reclaim = true;
		assert_int_equal(mm_sim_alloc(b.s, &rq, &g), MM_GOT_PAGE);
		assert_int_equal(mm_sim_stat(b.s, MM_SIM_EXTFRAG_CLAIM), 0);
		if (i)
			assert_int_equal(mm_sim_stat(b.s, MM_SIM_EXTFRAG), 1);
		else
			assert_true(mm_sim_stat(b.s, MM_SIM_EXTFRAG) > 1);
		assert_int_equal(asks(0, MM_MT_UNMOVABLE, &g), MM_GOT_PAGE);
		assert_int_equal(g.reclaims + g.compactions > 0, i == 1);
		chosen_done(&b);
	}
}

/* A request that can wait waits under the policy as without it. */
static void memalloc_waits(void **state)
{
	static const char *const policy[] = { "linux-7.3,defrag_mode=1,compact-gap=uncapped",
					      "linux-7.3,defrag_mode=1,compact-gap=uncapped,memalloc-fallback=on" };

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct mm_grant g;

		chosen_box(&b, policy[i], 1);
		comb(&b, TOOTH_ANON, 100);
		assert_int_equal(asks(0, MM_MT_UNMOVABLE, &g), MM_GOT_PAGE);
		assert_int_equal(g.reclaims, 1);
		assert_int_equal(g.migrated, 256);
		assert_whole_block(g.pfn, 0);
		chosen_done(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(storm), cmocka_unit_test(patch_2), cmocka_unit_test(patch_2_cma), cmocka_unit_test(patch_4_capture),
		cmocka_unit_test(fruitless), cmocka_unit_test(atomic), cmocka_unit_test(all_requests),
		cmocka_unit_test(memalloc), cmocka_unit_test(memalloc_alone), cmocka_unit_test(memalloc_waits),
	};

	return cmocka_run_group_tests_name("policies of document 002", tests, NULL, NULL);
}
