// SPDX-License-Identifier: GPL-2.0-only
/* The simulated allocator's walk over zones and its slow path: who gets what when memory is short, and why not. */
#include "sim_made.h"

#include <string.h>

/* Everything of the zone is occupied by what can't be freed, but for @left pages of order 0 in block 0. */
static struct mm_sim *tight_of(const struct mm_sim_cfg *c, unsigned int left)
{
	struct mm_sim *s = sim_make(c);

	for (unsigned int i = 1; i < 16; i++)
		sim_occupy_block(s, i, U);
	for (unsigned int k = 0; k < BLOCK; k++)
		sim_occupy(s, B(0) + k, 0, U);
	/* every second page, so that they can't merge */
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

/* Nothing to reclaim: one look is enough, since even all of nothing would not lift a zone above min. */
static void out_of_memory(void **state)
{
	(void)state;
	for (enum test_kernel r = K_6_1; r < K_COUNT; r++) {
		struct mm_sim *s = tight(r, 0);
		struct mm_grant g;

		assert_int_equal(ask(s, 0, U, MM_GFP_KERNEL, &g), MM_OOM);
		assert_int_equal(g.reclaims, 1);
		assert_int_equal(g.pfn, UINT64_MAX);
		assert_int_equal(mm_sim_stat(s, MM_SIM_OOM_KILL), 1);
		assert_true(mm_sim_stat(s, MM_SIM_KSWAPD_WAKE) > 0);
		/* the caller gives back what the victim had, and it goes on */
		mm_sim_release(s, 0, B(9), 9);
		assert_int_equal(ask(s, 0, U, MM_GFP_KERNEL, &g), MM_GOT_PAGE);
		sim_sound(s);
		mm_sim_free(s);
	}
}

/*
 * min is 100.  60 pages are left: too few for most, enough for those who may go to 50 or 38 or to the bottom.  Where
 * nothing is reclaimable 6.1 and 6.12 count the free pages as if they were (zone_reclaimable_pages()): 60 + 60 > 100, so
 * a request that may wait tries 17 times; later kernels see at once that it is no use.
 */
static void reserves(void **state)
{
	static const struct {
		uint32_t gfp;
		bool victim, inside;
		enum mm_outcome outcome;
		uint32_t reclaims;
	} t[] = {
		{ MM_GFP_KERNEL, false, false, MM_OOM, 17 },
		{ MM_GFP_KERNEL, true, false, MM_GOT_PAGE, 0 },            /* ALLOC_OOM: 50 */
		{ MM_GFP_KERNEL, false, true, MM_GOT_PAGE, 0 },            /* inside reclaim: no marks */
		{ MM_GFP_KERNEL | MM_GFP_NOMEMALLOC, false, true, MM_FAILED, 0 }, /* and it doesn't reclaim again */
		{ MM_GFP_KERNEL | MM_GFP_MEMALLOC, false, false, MM_GOT_PAGE, 0 },
		{ MM_GFP_KERNEL | MM_GFP_HIGH, false, false, MM_GOT_PAGE, 0 }, /* 50 */
		{ MM_GFP_ATOMIC, false, false, MM_GOT_PAGE, 0 },           /* 38 */
		{ MM_GFP_KSWAPD_RECLAIM, false, false, MM_FAILED, 0 },     /* can't wait, but isn't important */
		{ MM_GFP_KERNEL | MM_GFP_NORETRY, false, false, MM_FAILED, 1 },
		{ MM_GFP_KERNEL | MM_GFP_RETRY_MAYFAIL, false, false, MM_FAILED, 17 },
		{ MM_GFP_KERNEL | MM_GFP_THISNODE, false, false, MM_FAILED, 17 },
		{ MM_GFP_KERNEL | MM_GFP_NOFAIL, false, false, MM_GOT_PAGE, 17 },
	};

	(void)state;
	for (enum test_kernel r = K_6_1; r < K_COUNT; r++)
		for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
			struct mm_sim *s = tight(r, 60);
			struct mm_request rq = sim_request(0, U, t[i].gfp);
			struct mm_grant g;

			rq.oom_victim = t[i].victim;
			rq.in_reclaim = t[i].inside;
			if (mm_sim_alloc(s, &rq, &g) != t[i].outcome ||
			    g.reclaims != (t[i].reclaims > 1 && r >= K_6_18 ? 1 : t[i].reclaims))
				fail_msg("%s, case %u: outcome %u after %u reclaims", k_name(r), i, g.outcome,
					 g.reclaims);
			assert_false(g.fast);
			sim_sound(s);
			mm_sim_free(s);
		}
}

/*
 * 30 pages are left, which is less than the 38 that GFP_ATOMIC may go down to: it fails, in 7.x after a second look that may
 * pass over cpusets.
 */
static void atomic_looks_twice(void **state)
{
	(void)state;
	for (enum test_kernel r = K_6_1; r < K_COUNT; r++) {
		struct mm_sim *s = tight(r, 30);
		struct mm_grant g;

		assert_int_equal(ask(s, 0, U, MM_GFP_ATOMIC, &g), MM_FAILED);
		assert_int_equal(g.retries, r >= K_7_2);
		assert_int_equal(ask(s, 0, U, MM_GFP_KSWAPD_RECLAIM, &g), MM_FAILED);
		assert_int_equal(g.retries, 0);
		mm_sim_free(s);
	}
}

/* A costly order isn't worth killing for. A request that must not fail and has nothing ends with a kill. */
static void hopeless(void **state)
{
	struct mm_sim *s = tight(K_7_3, 250);
	struct mm_grant g;

	(void)state;
	assert_int_equal(ask(s, 4, U, MM_GFP_KERNEL, &g), MM_FAILED);
	assert_int_equal(ask(s, 4, U, MM_GFP_KERNEL | MM_GFP_RETRY_MAYFAIL, &g), MM_FAILED);
	assert_int_equal(ask(s, 9, M, MM_GFP_KERNEL | MM_GFP_NORETRY | MM_GFP_THISNODE, &g), MM_FAILED);
	assert_int_equal(g.reclaims, 0);
	assert_int_equal(mm_sim_stat(s, MM_SIM_OOM_KILL), 0);
	mm_sim_free(s);
	s = tight(K_7_3, 0);
	assert_int_equal(ask(s, 0, U, MM_GFP_KERNEL | MM_GFP_NOFAIL, &g), MM_OOM);
	mm_sim_free(s);
}

/* Orders, types and nodes that can't be are refused; the wrong frees are not taken. */
static void nonsense(void **state)
{
	struct mm_sim *s = sim_small(K_7_3, 16);
	struct mm_request rq = sim_request(11, U, MM_GFP_KERNEL);
	struct mm_grant g;

	(void)state;
	assert_int_equal(mm_sim_alloc(s, &rq, &g), MM_FAILED);
	rq = sim_request(0, H, MM_GFP_KERNEL);
	assert_int_equal(mm_sim_alloc(s, &rq, &g), MM_FAILED);
	rq = sim_request(0, U, MM_GFP_KERNEL);
	rq.node = 99;
	rq.cpu = 999;
	rq.zone_type = 200;
	assert_int_equal(mm_sim_alloc(s, &rq, &g), MM_GOT_PAGE);
	mm_sim_release(s, 0, g.pfn + 1, 0);
	mm_sim_release(s, 0, 5, 0);
	mm_sim_release(s, 0, UINT64_MAX, 0);
	mm_sim_release(s, 0, g.pfn, 3);
	mm_sim_release(s, 0, g.pfn, 99);
	sim_sound(s);
	mm_sim_release(s, 77, g.pfn, 0);
	mm_sim_release(s, 77, g.pfn, 0);
	sim_sound(s);
	mm_sim_free(s);
}

/* All of a zone in single pages of clean page cache: a stalled request finds some to free. */
static struct mm_sim *cache(const struct mm_sim_cfg *c, unsigned int blocks)
{
	struct mm_sim *s = sim_make(c);

	for (unsigned int i = 0; i < blocks; i++)
		for (unsigned int k = 0; k < BLOCK; k++) {
			sim_occupy(s, B(i) + k, 0, M);
			mm_sim_lru_add(s, B(i) + k, MM_SIM_FILE, false);
		}
	return s;
}

static void reclaim_helps(void **state)
{
	(void)state;
	for (enum test_kernel r = K_6_1; r < K_COUNT; r++) {
		struct mm_sim_cfg c = sim_cfg(r, 16);
		struct mm_sim *s = cache(&c, 16);
		struct mm_grant g;

		assert_int_equal(ask(s, 0, M, MM_GFP_KERNEL, &g), MM_GOT_PAGE);
		assert_true(g.reclaims > 0 && g.reclaimed >= 32 && g.stall_ns > 0);
		assert_false(g.fast);
		sim_sound(s);
		mm_sim_free(s);
	}
}

/*
 * defrag_mode: an Unmovable page needs a pageblock.  7.3 asks reclaim and compaction for a whole one, and claims
 * it; nothing is stolen.  Without defrag_mode it steals at once.
 */
static void defrag_mode(void **state)
{
	(void)state;
	for (enum test_kernel r = K_7_2; r <= K_7_3; r++) {
		struct mm_sim_cfg c = sim_cfg(r, 32);
		struct mm_sim *s;
		struct mm_grant g;

		c.policy.tune[MM_TUNE_DEFRAG_MODE] = 1;
		s = cache(&c, 32);
		/* every fourth page is free: 4096 pages, no two together */
		for (unsigned int k = 0; k < 32 * BLOCK; k += 4) {
			mm_sim_lru_del(s, B(0) + k);
			sim_vacate(s, B(0) + k, 0);
		}
		assert_int_equal(ask(s, 0, U, MM_GFP_KERNEL, &g), MM_GOT_PAGE);
		assert_true(g.compactions > 0);
		assert_int_equal(mm_sim_stat(s, MM_SIM_EXTFRAG), 1);
		assert_int_equal(mm_sim_stat(s, MM_SIM_EXTFRAG_CLAIM), 1);
		assert_int_equal(mm_blk(s->m, g.pfn / BLOCK).mt, U);
		sim_sound(s);
		mm_sim_free(s);
		c.policy.tune[MM_TUNE_DEFRAG_MODE] = 0;
		s = cache(&c, 32);
		for (unsigned int k = 0; k < 32 * BLOCK; k += 4) {
			mm_sim_lru_del(s, B(0) + k);
			sim_vacate(s, B(0) + k, 0);
		}
		assert_int_equal(ask(s, 0, U, MM_GFP_KERNEL, &g), MM_GOT_PAGE);
		assert_true(g.fast);
		assert_int_equal(mm_sim_stat(s, MM_SIM_EXTFRAG_CLAIM), 0);
		assert_int_equal(mm_blk(s->m, g.pfn / BLOCK).mt, M);
		mm_sim_free(s);
	}
}

/* DMA32 (zone 0) with 16 blocks below Normal (zone 1) with 16, one node or two. */
static struct mm_sim_cfg two_zones(enum test_kernel rules, int node_of_second, const char *name)
{
	struct mm_sim_cfg c = sim_cfg(rules, 16);

	c.nr_zones = 2;
	c.zone[1] = c.zone[0];
	c.zone[0].name = "DMA32";
	c.zone[1].name = name;
	c.zone[1].node = node_of_second;
	c.zone[1].start_pfn = B(16);
	c.zone[1].end_pfn = B(32);
	return c;
}

/*
 * Normal comes first; below its low mark of 200 DMA32 serves, as long as it keeps its low mark and the reserve against
 * requests that Normal could serve: 8192 / 256 = 32.
 */
static void zone_fallback(void **state)
{
	struct mm_sim_cfg c = two_zones(K_7_3, 0, "Normal");
	struct mm_sim *s = sim_make(&c);
	struct mm_grant g;

	(void)state;
	assert_int_equal(s->alloc->zone[0].reserve[NORMAL], 32);
	assert_int_equal(s->alloc->zone[1].reserve[NORMAL], 0);
	assert_int_equal(ask(s, 0, M, MM_GFP_KERNEL, &g), MM_GOT_PAGE);
	assert_int_equal(g.zone, 1);
	for (unsigned int i = 17; i < 32; i++)
		sim_occupy_block(s, i, M);
	s->m->core.zone[1].wmark_low = s->m->core.zone[1].wmark_high = 600;
	assert_int_equal(ask(s, 0, M, MM_GFP_KERNEL, &g), MM_GOT_PAGE);
	assert_int_equal(g.zone, 0);
	assert_true(g.fast);
	/* a request for DMA32 only pays no reserve: at 512 free, low 480 is kept by 32 pages, not by 33 */
	for (unsigned int i = 1; i < 16; i++)
		sim_occupy_block(s, i, M);
	mm_sim_drain_zone(s, 0);
	s->m->core.zone[0].wmark_low = s->m->core.zone[0].wmark_high = (uint64_t)mm_sim_zone_free(&s->m->core.zone[0]) - 20;
	{
		struct mm_request rq = sim_request(0, M, MM_GFP_KERNEL);

		assert_false(mm_sim_wmark_fast(s, 0, &rq, (int64_t)s->m->core.zone[0].wmark_low, MM_ALLOC_WMARK_LOW));
		rq.zone_type = 1;
		assert_true(mm_sim_wmark_fast(s, 0, &rq, (int64_t)s->m->core.zone[0].wmark_low, MM_ALLOC_WMARK_LOW));
	}
	sim_sound(s);
	mm_sim_free(s);
}

/*
 * Normal has free pages in Movable blocks only, none of them whole; DMA32 is whole.  An Unmovable request claims a block
 * of DMA32 rather than mix one of Normal.  When DMA32 has none either, it fragments Normal.
 */
static void nofragment_over_zones(void **state)
{
	struct mm_sim_cfg c = two_zones(K_6_12, 0, "Normal");
	struct mm_sim *s = sim_make(&c);
	struct mm_grant g;

	(void)state;
	for (unsigned int i = 16; i < 32; i++)
		sim_occupy(s, B(i), 0, M);
	assert_int_equal(ask(s, 0, U, MM_GFP_KERNEL, &g), MM_GOT_PAGE);
	assert_int_equal(g.zone, 0);
	assert_int_equal(mm_blk(s->m, g.pfn / BLOCK).mt, U);
	mm_sim_free(s);
	s = sim_make(&c);
	for (unsigned int i = 0; i < 32; i++)
		sim_occupy(s, B(i), 0, M);
	assert_int_equal(ask(s, 0, U, MM_GFP_KERNEL, &g), MM_GOT_PAGE);
	assert_int_equal(g.zone, 1);
	mm_sim_free(s);
}

/* The other node serves when the own one is short, except for those that want just this one. */
static void node_fallback(void **state)
{
	struct mm_sim_cfg c = two_zones(K_7_3, 1, "DMA32");
	struct mm_sim *s = sim_make(&c);
	struct mm_grant g;

	(void)state;
	for (unsigned int i = 0; i < 16; i++)
		sim_occupy_block(s, i, M);
	assert_int_equal(ask(s, 0, M, MM_GFP_KERNEL, &g), MM_GOT_PAGE);
	assert_int_equal(g.zone, 1);
	assert_int_equal(ask(s, 0, M, MM_GFP_KERNEL | MM_GFP_THISNODE | MM_GFP_NORETRY, &g), MM_FAILED);
	sim_sound(s);
	mm_sim_free(s);
}

/*
 * While the own node's kswapd is awake 6.18 and later turn to another node, though the own one has plenty; where all are
 * awake they take from the own one after all.
 */
static void awake_nodes_are_passed_over(void **state)
{
	(void)state;
	for (enum test_kernel r = K_6_1; r < K_COUNT; r++) {
		struct mm_sim_cfg c = two_zones(r, 1, "DMA32");
		struct mm_sim *s = sim_make(&c);
		struct mm_grant g;

		s->m->core.node[0].kswapd_awake = true;
		assert_int_equal(ask(s, 0, M, MM_GFP_KERNEL, &g), MM_GOT_PAGE);
		assert_int_equal(g.zone, r >= K_6_18);
		s->m->core.node[1].kswapd_awake = true;
		assert_int_equal(ask(s, 0, M, MM_GFP_KERNEL, &g), MM_GOT_PAGE);
		assert_int_equal(g.zone, 0);
		mm_sim_free(s);
	}
}

/* An atomic request of order 4 reserves its block when it found memory short; 7.3 not in the first walk. */
static void atomic_reserves(void **state)
{
	(void)state;
	for (enum test_kernel r = K_6_1; r < K_COUNT; r++) {
		struct mm_sim_cfg c = sim_cfg(r, 128);
		struct mm_sim *s = sim_make(&c);
		struct mm_grant g;

		assert_int_equal(ask(s, 4, U, MM_GFP_ATOMIC, &g), MM_GOT_PAGE);
		assert_true(g.fast);
		assert_int_equal(mm_sim_stat(s, MM_SIM_HIGHATOMIC_RESERVE), 0);
		s->m->core.zone[0].wmark_low = s->m->core.zone[0].wmark_high = 100000;
		assert_int_equal(ask(s, 4, U, MM_GFP_ATOMIC, &g), MM_GOT_PAGE);
		assert_false(g.fast);
		assert_int_equal(mm_sim_stat(s, MM_SIM_HIGHATOMIC_RESERVE), 1);
		assert_int_equal(mm_blk(s->m, g.pfn / BLOCK).mt, H);
		sim_sound(s);
		mm_sim_free(s);
	}
}

/* A page off a per-cpu list shows that the buddy lists weren't needed: 7.2 and later reserve nothing for it. */
static void no_reserve_off_percpu_lists(void **state)
{
	(void)state;
	for (enum test_kernel r = K_6_1; r < K_COUNT; r++) {
		struct mm_sim_cfg c = sim_cfg(r, 128);
		struct mm_sim *s = sim_make(&c);
		struct mm_grant g;

		/* leaves more of order 1 on the CPU's list */
		assert_int_equal(ask(s, 1, U, MM_GFP_KERNEL, &g), MM_GOT_PAGE);
		assert_true(s->m->core.zone[0].nr_pages[PS_PCP] >= 2);
		s->m->core.zone[0].wmark_low = s->m->core.zone[0].wmark_high = 100000;
		assert_int_equal(ask(s, 1, U, MM_GFP_ATOMIC, &g), MM_GOT_PAGE);
		assert_int_equal(mm_sim_stat(s, MM_SIM_HIGHATOMIC_RESERVE), r < K_7_2);
		sim_sound(s);
		mm_sim_free(s);
	}
}

/* 1 % of 51,200 pages is a pageblock: that may be reserved.  Of 51,199 it is less: nothing, but in 6.1 1 % and a block. */
static void least_zone_with_a_reserve(void **state)
{
	(void)state;
	for (enum test_kernel r = K_6_1; r < K_COUNT; r++)
		for (unsigned int less = 0; less < 2; less++) {
			struct mm_sim_cfg c = sim_cfg(r, 128);
			struct mm_sim *s;

			c.zone[0].managed = 51200 - less;
			s = sim_make(&c);
			sim_occupy(s, B(100), 4, U); /* what isn't managed lies at the start */
			mm_sim_reserve_highatomic(s, &s->m->core.zone[0], B(100), 4);
			assert_int_equal(s->alloc->zone[0].reserved_highatomic, less && r > K_6_1 ? 0 : BLOCK);
			mm_sim_free(s);
		}
}

/*
 * 8192 pages are free.  Boosted marks hold for ordinary requests: 8000 + 400.  An important one of order 0 at the min mark
 * may leave the boost out: half of 16,000 + 1000 is 8500, half of 16,000 is 8000.  6.1 allows it only to those who can't
 * wait: three eighths of 22,500 are 8438, of 21,500 they are 8063.
 */
static void boost_and_atomic(void **state)
{
	const unsigned int high = MM_ALLOC_MIN_RESERVE, atomic = MM_ALLOC_MIN_RESERVE | MM_ALLOC_NON_BLOCK;

	(void)state;
	for (enum test_kernel r = K_6_1; r < K_COUNT; r++) {
		struct mm_sim *s = sim_small(r, 16);
		struct mm_request rq = sim_request(0, U, MM_GFP_ATOMIC);
		struct zone_state *z = &s->m->core.zone[0];

		assert_int_equal(mm_sim_zone_free(z), 8192);
		z->wmark_min = 8000;
		s->alloc->zone[0].boost = 400;
		assert_false(mm_sim_wmark_fast(s, 0, &rq, 8400, 0));
		z->wmark_min = 16000;
		s->alloc->zone[0].boost = 1000;
		assert_int_equal(mm_sim_wmark_fast(s, 0, &rq, 17000, high), r > K_6_1);
		z->wmark_min = 21500;
		assert_true(mm_sim_wmark_fast(s, 0, &rq, 22500, atomic));
		assert_false(mm_sim_wmark_fast(s, 0, &rq, 22500, atomic | MM_ALLOC_WMARK_LOW));
		rq.order = 1;
		assert_false(mm_sim_wmark_fast(s, 0, &rq, 22500, atomic));
		mm_sim_free(s);
	}
}

/* ---- the rules by themselves ------------------------------------------------------------- */

static void flags(void **state)
{
	const uint32_t nowait = MM_GFP_KSWAPD_RECLAIM;

	(void)state;
	assert_int_equal(mm_alloc_flags_fast(k_facts(K_6_1), MM_GFP_KERNEL, 0, false, true, false),
			 MM_ALLOC_WMARK_LOW | MM_ALLOC_KSWAPD); /* 6.1 has no defrag_mode */
	assert_int_equal(mm_alloc_flags_fast(k_facts(K_6_18), MM_GFP_KERNEL, 0, false, true, false),
			 MM_ALLOC_WMARK_LOW | MM_ALLOC_KSWAPD | MM_ALLOC_NOFRAGMENT);
	assert_int_equal(mm_alloc_flags_fast(k_facts(K_7_2), MM_GFP_ATOMIC, 3, false, false, true),
			 MM_ALLOC_WMARK_LOW | MM_ALLOC_KSWAPD | MM_ALLOC_NOFRAGMENT);
	assert_int_equal(mm_alloc_flags_fast(k_facts(K_7_3), MM_GFP_ATOMIC, 3, false, false, false),
			 MM_ALLOC_WMARK_LOW | MM_ALLOC_KSWAPD | MM_ALLOC_HIGHATOMIC);
	assert_int_equal(mm_alloc_flags_fast(k_facts(K_7_3), MM_GFP_CMA_OK, 0, true, false, false),
			 MM_ALLOC_WMARK_LOW | MM_ALLOC_CMA);
	assert_int_equal(mm_alloc_flags_slow(k_facts(K_7_3), MM_GFP_ATOMIC, 0, false, false),
			 MM_ALLOC_MIN_RESERVE | MM_ALLOC_NON_BLOCK | MM_ALLOC_KSWAPD);
	assert_int_equal(mm_alloc_flags_slow(k_facts(K_6_12), MM_GFP_ATOMIC, 1, false, false),
			 MM_ALLOC_MIN_RESERVE | MM_ALLOC_NON_BLOCK | MM_ALLOC_HIGHATOMIC | MM_ALLOC_KSWAPD);
	assert_int_equal(mm_alloc_flags_slow(k_facts(K_6_12), nowait, 1, false, false), MM_ALLOC_NON_BLOCK | MM_ALLOC_KSWAPD);
	assert_int_equal(mm_alloc_flags_slow(k_facts(K_6_12), nowait | MM_GFP_NOMEMALLOC, 1, false, false), MM_ALLOC_KSWAPD);
	assert_int_equal(mm_alloc_flags_slow(k_facts(K_6_18), MM_GFP_KERNEL, 0, false, true),
			 MM_ALLOC_KSWAPD | MM_ALLOC_NOFRAGMENT);
	assert_int_equal(mm_alloc_flags_reserve(MM_GFP_MEMALLOC | MM_GFP_NOMEMALLOC, true, false), 0);
	assert_int_equal(mm_alloc_flags_reserve(0, true, true), 0);
	assert_int_equal(mm_alloc_flags_reserve(0, true, false), MM_ALLOC_OOM);
}

/* Progress sets the count back, but not for costly or promoted orders; the 17th round without it is the end. */
static void loops(void **state)
{
	int n = 15;

	(void)state;
	assert_true(mm_slow_loops(&n, false, false, false));
	assert_int_equal(n, 16);
	assert_false(mm_slow_loops(&n, false, false, false));
	assert_true(mm_slow_loops(&n, true, false, false));
	assert_int_equal(n, 0);
	assert_true(mm_slow_loops(&n, true, true, false));
	assert_true(mm_slow_loops(&n, true, false, true));
	assert_int_equal(n, 2);
}

/* Successes that others took: 16 times, 4 for costly orders; then more thorough, from light (1) to full (0). */
static void compact_more(void **state)
{
	int prio = 1, retries = 0, n = 0;

	(void)state;
	while (mm_slow_compact_more(true, false, &prio, &retries))
		n++;
	/* 16 at light, the step to full, 16 at full */
	assert_int_equal(n, 33);
	assert_int_equal(prio, 0);
	prio = 2;
	retries = n = 0;
	while (mm_slow_compact_more(true, true, &prio, &retries))
		n++;
	assert_int_equal(n, 9); /* 4, a step to light, 4, and no further */
	assert_int_equal(prio, 1);
	prio = 1;
	retries = 3;
	assert_true(mm_slow_compact_more(false, false, &prio, &retries));
	assert_int_equal(retries, 0);
	assert_false(mm_slow_compact_more(false, false, &prio, &retries));
}

static void promoted(void **state)
{
	(void)state;
	assert_int_equal(mm_slow_order(k_facts(K_6_18), 0, 9, false, true), 0);
	assert_int_equal(mm_slow_order(k_facts(K_7_2), 0, 9, false, true), 9);
	assert_int_equal(mm_slow_order(k_facts(K_7_2), 0, 9, true, true), 0);
	assert_int_equal(mm_slow_order(k_facts(K_7_3), 3, 9, false, false), 3);
	assert_int_equal(mm_slow_order(k_facts(K_7_3), 10, 9, false, true), 10);
}

/* ---- decisions ---------------------------------------------------------------------------- */

struct heard {
	unsigned int nr, kind[MM_CHECK_COUNT];
	bool claim;
};

static void hear(void *arg, const struct mm_decision *d)
{
	struct heard *h = arg;

	h->nr++;
	h->kind[d->kind]++;
	assert_non_null(d->rule);
	assert_true(strncmp(d->rule, "mm/", 3) == 0);
	assert_true(d->ours[0] != 0 && d->reason[0] != 0);
	assert_true(d->nr_numbers > 0 && d->nr_numbers <= MM_DECISION_NUMBERS);
	if (d->kind == MM_CHECK_FALLBACK)
		for (unsigned int i = 0; i < d->nr_numbers; i++)
			h->claim |= strcmp(d->number[i].name, "claim") == 0 && d->number[i].value == 1;
}

/* The same requests with and without a listener: it hears all kinds, and the machines are equal. */
static void listeners_change_nothing(void **state)
{
	struct heard h = { 0 };
	struct mm_sim_cfg c = sim_cfg(K_7_3, 16);
	struct mm_sim *deaf = tight_of(&c, 100), *s;
	uint64_t seed = 5;

	(void)state;
	c.fn = hear;
	c.arg = &h;
	s = tight_of(&c, 100);
	for (unsigned int i = 0; i < 3000; i++) {
		uint64_t x = sim_rnd(&seed);
		struct mm_request rq = sim_request((unsigned int)(x & 3), x & 16 ? M : U, x & 32 ? MM_GFP_KERNEL : MM_GFP_ATOMIC);
		struct mm_grant a, b;

		if (x & 1024) {
			mm_sim_release(deaf, 0, B(0) + (x >> 20 & 511), 0);
			mm_sim_release(s, 0, B(0) + (x >> 20 & 511), 0);
			continue;
		}
		assert_int_equal(mm_sim_alloc(deaf, &rq, &a), mm_sim_alloc(s, &rq, &b));
		assert_int_equal(a.pfn, b.pfn);
	}
	assert_int_equal(mm_hash(deaf->m), mm_hash(s->m));
	assert_true(h.claim || h.kind[MM_CHECK_FALLBACK] > 0);
	assert_true(h.kind[MM_CHECK_PICK] && h.kind[MM_CHECK_REFILL] && h.kind[MM_CHECK_MERGE] && h.kind[MM_CHECK_SLOW_PATH]);
	mm_sim_free(deaf);
	mm_sim_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(out_of_memory), cmocka_unit_test(reserves), cmocka_unit_test(atomic_looks_twice), cmocka_unit_test(hopeless),
		cmocka_unit_test(nonsense), cmocka_unit_test(reclaim_helps), cmocka_unit_test(defrag_mode),
		cmocka_unit_test(zone_fallback), cmocka_unit_test(nofragment_over_zones), cmocka_unit_test(node_fallback),
		cmocka_unit_test(awake_nodes_are_passed_over),
		cmocka_unit_test(atomic_reserves), cmocka_unit_test(no_reserve_off_percpu_lists),
		cmocka_unit_test(least_zone_with_a_reserve), cmocka_unit_test(boost_and_atomic),
		cmocka_unit_test(flags), cmocka_unit_test(loops),
		cmocka_unit_test(compact_more), cmocka_unit_test(promoted), cmocka_unit_test(listeners_change_nothing),
	};

	return cmocka_run_group_tests_name("slow path of the simulated allocator", tests, NULL, NULL);
}
