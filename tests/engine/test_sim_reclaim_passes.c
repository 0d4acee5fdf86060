// SPDX-License-Identifier: GPL-2.0-only
/* Passes of simulated reclaim: slabs, refaults, where a pass stops, and what makes it go on or try harder. */
#include "test_sim_reclaim.h"

/*
 * 100 pages with 10 objects each. Priorities 12 to 5 give less than a batch (2, 6, 14, 30 and 63 objects), 114
 * are put off; at 4 it is 124 and 114 >> 4: a batch of 128 objects frees 12 pages; at 3 872 >> 3 times 2 and
 * 110 >> 3 are 231: one batch more; at 2 744 >> 2 times 2 and 200 >> 2 are 422: three batches: 640 objects, 64 pages.
 */
static void slab_pages(void **state)
{
	static struct box b;
	uint64_t pfn[100];
	int pool;

	(void)state;
	box_start(&b, K_7_3, false, false);
	assert_int_equal(mm_sim_slab_pool(b.s, 0, 2), SG_E_RANGE);
	assert_int_equal(mm_sim_slab_pool(b.s, 513, 2), SG_E_RANGE);
	pool = mm_sim_slab_pool(b.s, 10, 2);
	for (unsigned int i = 0; i < 100; i++) {
		pfn[i] = box_take(&b, 0, 0);
		mm_sim_slab_add(b.s, pool, pfn[i]);
	}
	assert_false(mm_sim_on_lru(b.s, pfn[0]));
	b.rule = "do_shrink_slab()";
	assert_int_equal(box_direct(&b, 0), 64);
	/* one record for each of the priorities 12 to 2; before the last one 256 objects and 25 pages were gone */
	assert_int_equal(b.nr_decisions, 11);
	assert_string_equal(b.ours, "looks at 384 objects, frees 39 pages");
	assert_int_equal(box_number(&b, "priority"), 2);
	assert_int_equal(box_number(&b, "freeable"), 744);
	assert_int_equal(box_number(&b, "scanned"), 384);
	assert_int_equal(box_number(&b, "freed"), 39);
	assert_int_equal(b.last.kind, MM_CHECK_SLOW_PATH);
	assert_int_equal(mm_sim_stat(b.s, MM_SIM_SLABS_SCANNED), 640);
	assert_int_equal(b.nr_gone, 64);
	assert_true(b.gone[0].slab && b.gone[0].pfn == pfn[0] && b.gone[63].pfn == pfn[63]);
	assert_int_equal(b.s->reclaim->pool[pool].objects[0], 360);
	assert_int_equal(b.s->reclaim->pool[pool].deferred[0], 188);
	assert_int_equal(mm_sim_stat(b.s, MM_SIM_PGSTEAL_DIRECT), 0);
	mm_sim_lru_del(b.s, pfn[99]);
	assert_int_equal(b.s->reclaim->pool[pool].objects[0], 350);
	box_sound(&b);
	box_close(&b);
}

/* A page that comes back sooner than the active list is long would have stayed with more memory. */
static void refault_distance(void **state)
{
	static struct box b;
	uint64_t pfn[1000];
	uint64_t p;

	(void)state;
	box_start(&b, K_6_12, false, false);
	box_fill(&b, 0, MM_SIM_FILE, 1000, pfn);
	for (unsigned int i = 0; i < 40; i++) {
		mm_sim_lru_touch(b.s, pfn[960 + i]);
		mm_sim_lru_touch(b.s, pfn[960 + i]);
	}
	assert_int_equal(box_list(&b, 0, MM_ACTIVE_FILE), 40);
	mm_lru_at(b.s, pfn[14])->flags |= LF_WORKINGSET; /* it was active once */
	box_direct(&b, 0); /* 960: 1, 3, 7, 14, 29: 54 pages */
	assert_int_equal(b.nr_gone, 54);
	/* page 14 went 40 pages ago, page 13 41 */
	p = box_take(&b, 0, 0);
	mm_sim_lru_refault(b.s, p, MM_SIM_FILE, b.gone[13].shadow);
	assert_int_equal(box_list(&b, 0, MM_ACTIVE_FILE), 40);
	p = box_take(&b, 0, 0);
	mm_sim_lru_refault(b.s, p, MM_SIM_FILE, b.gone[14].shadow);
	assert_int_equal(box_list(&b, 0, MM_ACTIVE_FILE), 41);
	assert_int_equal(b.s->reclaim->node[0].activated[MM_FILE], 1);
	assert_int_equal(b.s->reclaim->node[0].restored[MM_FILE], 1);
	assert_true(mm_sim_lru_ent(b.s, p).flags & LF_WORKINGSET);
	assert_int_equal(b.s->reclaim->node[0].cost.cost[MM_FILE], 32); /* one page read again */
	/* garbage instead of a shadow is a page nobody remembers */
	p = box_take(&b, 0, 0);
	mm_sim_lru_refault(b.s, p, MM_SIM_FILE, 0);
	p = box_take(&b, 0, 0);
	mm_sim_lru_refault(b.s, p, MM_SIM_FILE, UINT64_MAX);
	assert_int_equal(box_list(&b, 0, MM_ACTIVE_FILE), 41);
	box_sound(&b);
	box_close(&b);
}

/*
 * Half of 200 each, at priority 4 and swappiness 100. After 32 of each the goal of 32 is far exceeded: of file,
 * which comes last, 68 of 100 are left, 67 % (of 101); so of anonymous pages 33 are due, and 32 done: one more.
 */
static void in_proportion(void **state)
{
	static struct box b;
	struct mm_sim_cfg cfg = box_cfg(K_6_12, false, 1);
	struct scan_ctl sc = { .gfp = MM_GFP_KERNEL, .nr_to_reclaim = 32, .idx = 3, .priority = 4, .may_swap = true,
			       .may_writepage = true };
	uint64_t pfn[3200];
	struct shrink_it it;

	(void)state;
	cfg.policy.tune[MM_TUNE_SWAP] = 1;
	cfg.policy.tune[MM_TUNE_SWAPPINESS] = 100;
	box_open(&b, &cfg);
	box_fill(&b, 0, MM_SIM_FILE, 3200, NULL);
	box_fill(&b, 0, MM_SIM_ANON, 3200, pfn);
	for (unsigned int i = 0; i < 3200; i++)
		mm_lru_at(b.s, pfn[i])->flags &= (uint8_t)~LF_YOUNG;
	b.s->reclaim->node[0].activated[MM_FILE] = 1;
	mm_shrink_begin(&it);
	while (!mm_shrink_node_step(b.s, &sc, &it))
		;
	assert_int_equal(mm_sim_stat(b.s, MM_SIM_PGSTEAL_ANON), 33);
	assert_int_equal(mm_sim_stat(b.s, MM_SIM_PGSTEAL_FILE), 32);
	assert_int_equal(sc.nr_reclaimed, 65);
	box_close(&b);
}

/*
 * 6.1 frees a batch from its end, so that the oldest page is the next to be handed out; later kernels from its start.
 */
static void order_of_frees(void **state)
{
	static struct box b;
	uint64_t pfn[1000];

	(void)state;
	for (unsigned int rules = 0; rules < K_COUNT; rules++) {
		box_start(&b, (enum test_kernel)rules, false, false);
		box_fill(&b, 0, MM_SIM_FILE, 1000, pfn);
		assert_int_equal(box_direct(&b, 0), 56); /* the last batch: pages 26 to 55 */
		assert_int_equal(box_take(&b, 0, 0), pfn[rules == K_6_1 ? 26 : 55]);
		box_close(&b);
	}
}

/* DMA32 and Normal of 4096 pages each on one node: Normal full of file pages first, then @nr pages of DMA32. */
static void two_zones(struct box *b, enum test_kernel rules, bool swap, enum mm_sim_lru_kind kind, unsigned int nr)
{
	struct mm_sim_cfg cfg = box_cfg(rules, false, 1);
	unsigned int low = 0;

	cfg.policy.tune[MM_TUNE_SWAP] = swap;
	cfg.nr_zones = 2;
	cfg.zone[1] = cfg.zone[0];
	cfg.zone[0].name = "DMA32";
	cfg.zone[0].end_pfn = cfg.zone[1].start_pfn = FIRST + 4096;
	box_open(b, &cfg);
	while (low < nr) {
		uint64_t p = box_take(b, 0, 0);

		low += p < FIRST + 4096;
		mm_sim_lru_add(b->s, p, p < FIRST + 4096 ? kind : MM_SIM_FILE, false);
	}
}

/*
 * The node has plenty of inactive file pages, so active ones are left alone; but all that the request may have
 * are active. When it got nothing it tries again, and then nobody is spared.
 */
static void forced_deactivation(void **state)
{
	static struct box b;

	(void)state;
	for (unsigned int rules = 0; rules < K_COUNT; rules++) {
		struct mm_request rq;

		two_zones(&b, (enum test_kernel)rules, false, MM_SIM_FILE, 500);
		for (uint64_t p = FIRST; p < FIRST + 4096; p++) {
			mm_sim_lru_touch(b.s, p);
			mm_sim_lru_touch(b.s, p);
		}
		assert_int_equal(box_list(&b, 0, MM_ACTIVE_FILE), 500);
		rq = box_kernel(&b, 0);
		rq.zone_type = 1;
		assert_true(mm_sim_direct_reclaim(b.s, &rq, 0) >= 32);
		for (unsigned int i = 0; i < b.nr_gone; i++)
			assert_true(b.gone[i].pfn < FIRST + 4096);
		assert_int_equal(mm_sim_stat(b.s, MM_SIM_ALLOCSTALL), rules == K_6_1 ? 2 : 3);
		assert_true(mm_sim_stat(b.s, MM_SIM_PGDEACTIVATE) > 0);
		box_sound(&b);
		box_close(&b);
	}
}

/*
 * The node's file pages, which none of are in the zone that kswapd balances, keep it from anonymous pages. From
 * 6.12 on it finds out and starts again without that mode; 6.1 fails until it gives up.
 */
static void cache_trap(void **state)
{
	static struct box b;

	(void)state;
	for (unsigned int rules = 0; rules < K_COUNT; rules++) {
		const struct ksim *k;

		two_zones(&b, (enum test_kernel)rules, true, MM_SIM_ANON, 3000);
		while (box_free(&b, 0) > 150)
			assert_true(box_take(&b, 0, 0) != UINT64_MAX);
		k = &b.s->reclaim->ks[0];
		mm_sim_wake_kswapd_zone(b.s, 0, MM_GFP_KERNEL, 0, 1);
		mm_sim_kswapd(b.s, 0, 0, 10000000);
		if (rules == K_6_1) {
			assert_int_equal(k->failures, 16);
			assert_int_equal(mm_sim_stat(b.s, MM_SIM_PSWPOUT), 0);
		} else {
			assert_int_equal(k->failures, 0);
			assert_true(mm_sim_stat(b.s, MM_SIM_PSWPOUT) > 0);
			assert_true(box_free(&b, 0) > HIGH_MARK);
		}
		assert_int_equal(mm_sim_stat(b.s, MM_SIM_PGSTEAL_FILE), 0);
		box_close(&b);
	}
}

/* Huge requests: a node is reclaimed until there is enough for a compaction: 1024 pages more, since 7.2 32. */
static void continues_for_compaction(void **state)
{
	static struct box b;

	(void)state;
	for (unsigned int rules = 0; rules < K_COUNT; rules++) {
		box_start(&b, (enum test_kernel)rules, false, false);
		/* every second page stays: no block comes together by itself */
		while (box_free(&b, 0) > 170) {
			uint64_t p = box_take(&b, 0, 0);

			if (p & 1)
				mm_sim_lru_add(b.s, p, MM_SIM_FILE, false);
		}
		b.rule = "should_continue_reclaim()";
		box_direct(&b, 9);
		if (rules < K_7_2) {
			assert_true(b.nr_decisions > 10);
			assert_in_range(b.nr_gone, 1000, 1700); /* some of them stay on per-cpu lists */
		} else {
			assert_in_range(b.nr_gone, 32, 700);
		}
		box_close(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slab_pages),
		cmocka_unit_test(refault_distance),
		cmocka_unit_test(in_proportion),
		cmocka_unit_test(order_of_frees),
		cmocka_unit_test(forced_deactivation),
		cmocka_unit_test(cache_trap),
		cmocka_unit_test(continues_for_compaction),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
