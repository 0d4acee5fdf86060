// SPDX-License-Identifier: GPL-2.0-only
/* Simulated reclaim on small machines: which pages go, in which order, and how many. */
#include "test_sim_reclaim.h"

/*
 * 1000 clean file pages. The goal is 32: 1000 >> 12, 11 and 10 are nothing; then 1, 999 >> 8 = 3, 996 >> 7 = 7,
 * 989 >> 6 = 15 and 974 >> 5 = 30 pages: 56 altogether, the oldest first.
 */
static void oldest_first(enum test_kernel rules, bool gens)
{
	static struct box b;
	uint64_t pfn[1000];

	box_start(&b, rules, gens, false);
	box_fill(&b, 0, MM_SIM_FILE, 1000, pfn);
	assert_int_equal(box_direct(&b, 0), 56);
	assert_int_equal(b.nr_gone, 56);
	for (unsigned int i = 0; i < 56; i++) {
		assert_int_equal(b.gone[i].pfn, pfn[i]);
		assert_false(b.gone[i].swapped);
		assert_true(b.gone[i].shadow && b.gone[i].to == UINT64_MAX);
		assert_false(mm_sim_on_lru(b.s, pfn[i]));
	}
	assert_true(mm_sim_on_lru(b.s, pfn[56]));
	assert_int_equal(mm_sim_stat(b.s, MM_SIM_PGSCAN_DIRECT), 56);
	assert_int_equal(mm_sim_stat(b.s, MM_SIM_PGSTEAL_FILE), 56);
	assert_int_equal(mm_sim_stat(b.s, MM_SIM_ALLOCSTALL), 1);
	assert_int_equal(mm_sim_reclaim_ns(b.s), 56 * 500);
	assert_int_equal(mm_sim_reclaim_cost(b.s, 56), 56 * 500);
	assert_int_equal(mm_sim_reclaimable(b.s, 0), 944);
	box_sound(&b);
	box_close(&b);
}

static void oldest_pages_go_first(void **state)
{
	(void)state;
	oldest_first(K_6_1, false);
	oldest_first(K_6_12, false);
	oldest_first(K_7_3, false);
	oldest_first(K_7_2, true);
	oldest_first(K_7_3, true);
}

/* Up to 6.18 the multi-gen LRU takes what it finds up to 64: one page is to be scanned, and a batch goes. */
static void older_gens_take_batches(void **state)
{
	static struct box b;

	(void)state;
	box_start(&b, K_6_12, true, false);
	box_fill(&b, 0, MM_SIM_FILE, 1000, NULL);
	/* added to the second oldest generation: the oldest is given up first, empty, then there is a batch to take */
	assert_int_equal(box_direct(&b, 0), 64);
	box_close(&b);
	box_start(&b, K_6_18, true, false);
	box_fill(&b, 0, MM_SIM_FILE, 1000, NULL);
	assert_int_equal(box_direct(&b, 0), 56); /* at most as many as are to be scanned */
	box_close(&b);
}

/* Used once: nothing. Used twice: active, and safe while there are others. */
static void second_use(void **state)
{
	static struct box b;
	uint64_t pfn[1000];

	(void)state;
	box_start(&b, K_7_3, false, false);
	box_fill(&b, 0, MM_SIM_FILE, 1000, pfn);
	for (unsigned int i = 0; i < 20; i++)
		mm_sim_lru_touch(b.s, pfn[i]);
	for (unsigned int i = 10; i < 20; i++)
		mm_sim_lru_touch(b.s, pfn[i]);
	assert_int_equal(box_list(&b, 0, MM_ACTIVE_FILE), 10);
	assert_int_equal(mm_sim_stat(b.s, MM_SIM_PGACTIVATE), 10);
	box_direct(&b, 0);
	for (unsigned int i = 0; i < 30; i++)
		assert_int_equal(mm_sim_on_lru(b.s, pfn[i]), i >= 10 && i < 20);
	box_sound(&b);
	box_close(&b);
}

/* Anonymous pages without swap aren't even looked at. */
static void no_swap(void **state)
{
	static struct box b;

	(void)state;
	for (unsigned int gens = 0; gens < 2; gens++) {
		box_start(&b, K_7_3, gens, false);
		box_fill(&b, 0, MM_SIM_ANON, 3000, NULL);
		assert_int_equal(box_direct(&b, 0), 0);
		assert_int_equal(mm_sim_stat(b.s, MM_SIM_PGSCAN_DIRECT), 0);
		assert_int_equal(mm_sim_reclaimable(b.s, 0), 0);
		/* once, and again because of cgroups (6.12 and later) */
		assert_int_equal(mm_sim_stat(b.s, MM_SIM_ALLOCSTALL), 2);
		box_close(&b);
	}
	/* 6.1 and 6.12 judge a zone without such pages by its free ones */
	box_start(&b, K_6_12, false, false);
	assert_int_equal(mm_sim_reclaimable(b.s, 0), PAGES);
	box_close(&b);
	box_start(&b, K_6_18, false, false);
	assert_int_equal(mm_sim_reclaimable(b.s, 0), 0);
	box_close(&b);
}

/*
 * New anonymous pages carry the reference of their fault: the first look gives them a second round; unused since, they
 * are written and freed at the next. One that was used becomes active.
 */
static void swap_out(void **state)
{
	static struct box b;
	uint64_t pfn[64];
	struct mm_sim_cfg cfg = box_cfg(K_7_3, false, 1);

	(void)state;
	cfg.policy.tune[MM_TUNE_SWAP] = 1;
	cfg.policy.tune[MM_TUNE_SWAPPINESS] = 200; /* file pages, which there are none of, get no share */
	box_open(&b, &cfg);
	box_fill(&b, 0, MM_SIM_ANON, 64, pfn);
	/* priorities 12 to 7 scan nothing; 1, 2, 4, 8, 16 and 32 pages at 6 to 1, 63 so far; all 64 at priority 0 */
	assert_int_equal(box_direct(&b, 0), 63); /* seen twice; the 64th was seen once */
	assert_int_equal(mm_sim_stat(b.s, MM_SIM_PSWPOUT), 63);
	for (unsigned int i = 0; i < b.nr_gone; i++)
		assert_true(b.gone[i].swapped && b.gone[i].kind == MM_SIM_ANON);
	/* scanned 63 + 64 times, written 63 times 10 us */
	assert_int_equal(mm_sim_reclaim_ns(b.s), 127 * 500 + 63 * 10000);
	box_close(&b);
	/* used between the two looks */
	box_start(&b, K_7_3, false, true);
	box_fill(&b, 0, MM_SIM_ANON, 64, pfn);
	{
		struct scan_ctl sc = { .gfp = MM_GFP_KERNEL,
				       .nr_to_reclaim = 32,
				       .idx = 3,
				       .may_swap = true,
				       .may_writepage = true };
		struct shrink_it it;

		for (unsigned int pass = 0; pass < 2; pass++) {
			mm_shrink_begin(&it);
			while (!mm_shrink_node_step(b.s, &sc, &it))
				;
			if (!pass) {
				assert_int_equal(sc.nr_reclaimed, 0);
				mm_sim_lru_touch(b.s, pfn[5]);
			}
		}
	}
	assert_true(mm_sim_on_lru(b.s, pfn[5]));
	assert_int_equal(mm_sim_stat(b.s, MM_SIM_PGACTIVATE), 1);
	/* alone on the active list it goes back at the end of the pass, marked as one of the working set */
	assert_true(mm_sim_lru_ent(b.s, pfn[5]).flags & LF_WORKINGSET);
	assert_false(mm_sim_on_lru(b.s, pfn[4]));
	box_sound(&b);
	box_close(&b);
}

/* Dirty file pages are passed over, and go first once they are written. */
static void dirty_pages(void **state)
{
	static struct box b;
	uint64_t pfn[1000];

	(void)state;
	for (unsigned int rules = 0; rules < K_COUNT; rules++)
		for (unsigned int gens = 0; gens < 2; gens++) {
			box_start(&b, (enum test_kernel)rules, gens, false);
			box_fill(&b, 0, MM_SIM_FILE, 1000, pfn);
			for (unsigned int i = 0; i < 10; i++)
				mm_sim_lru_dirty(b.s, pfn[i], true);
			assert_int_equal(b.s->reclaim->node[0].dirty, 10);
			box_direct(&b, 0);
			assert_true(b.nr_gone >= 32);
			/* pages that went and pages that became active make the others older */
			if (!gens) {
				const struct lru_node *n = &b.s->reclaim->node[0];

				assert_int_equal(n->age, b.nr_gone + 10);
				/* ten were scanned for nothing: a cost from 6.12 on */
				assert_int_equal(n->rotated[MM_FILE], 10);
				assert_int_equal(n->cost.cost[MM_FILE], rules > K_6_1 ? 10 : 0);
			}
			for (unsigned int i = 0; i < 11; i++)
				assert_int_equal(mm_sim_on_lru(b.s, pfn[i]), i < 10);
			for (unsigned int i = 0; i < 10; i++)
				mm_sim_lru_dirty(b.s, pfn[i], false);
			assert_int_equal(b.s->reclaim->node[0].dirty, 0);
			b.nr_gone = 0;
			box_direct(&b, 0);
			for (unsigned int i = 0; i < 10; i++)
				assert_false(mm_sim_on_lru(b.s, pfn[i]));
			box_sound(&b);
			box_close(&b);
		}
}

/*
 * The numbers of the decision: 2000 inactive file pages that were missed before (refaults) and 1000 inactive anonymous
 * ones, no costs yet: 60 to 140 of what the priority allows.
 */
static void balance_numbers(void **state)
{
	static struct box b;
	struct scan_ctl sc = { .gfp = MM_GFP_KERNEL,
			       .nr_to_reclaim = 32,
			       .idx = 3,
			       .priority = 2,
			       .may_swap = true,
			       .may_writepage = true };
	struct shrink_it it;

	(void)state;
	box_start(&b, K_6_12, false, true);
	box_fill(&b, 0, MM_SIM_FILE, 2000, NULL);
	box_fill(&b, 0, MM_SIM_ANON, 1000, NULL);
	b.s->reclaim->node[0].activated[MM_FILE] = 1;
	b.rule = "get_scan_count";
	mm_shrink_begin(&it);
	mm_shrink_node_step(b.s, &sc, &it);
	assert_int_equal(b.nr_decisions, 1);
	assert_string_equal(b.ours, "by what they cost");
	assert_int_equal(box_number(&b, "scan_inactive_anon"), 250 * 60 / 200);
	assert_int_equal(box_number(&b, "scan_inactive_file"), 500 * 140 / 200);
	assert_int_equal(box_number(&b, "scan_active_file"), 0);
	assert_int_equal(it.nr[MM_INACTIVE_ANON], 75);
	/* once they are no longer missed, the cache is trimmed first */
	mm_classic_snapshot_refaults(b.s, 0);
	mm_shrink_begin(&it);
	mm_shrink_node_step(b.s, &sc, &it);
	assert_string_equal(b.ours, "file only");
	assert_int_equal(it.nr[MM_INACTIVE_ANON], 0);
	assert_int_equal(it.nr[MM_INACTIVE_FILE], 500);
	box_close(&b);
}

/* Demotion: node 0's pages go to node 1, whose own are freed. */
static void demotion(void **state)
{
	static struct box b;
	uint64_t pfn[1000];
	struct mm_sim_reclaim_cfg rc;

	(void)state;
	for (unsigned int gens = 0; gens < 2; gens++) {
		struct mm_sim_cfg cfg = box_cfg(K_7_3, gens, 2);
		struct mm_page_info info;
		struct mm_request rq;
		uint64_t got;

		cfg.policy.tune[MM_TUNE_DEMOTION] = 1;
		box_open(&b, &cfg);
		rq = box_kernel(&b, 0);
		rq.gfp |= MM_GFP_THISNODE;
		box_fill(&b, 0, MM_SIM_FILE, 1000, pfn);
		assert_int_equal(mm_lru_demotion_target(b.s, 0), 1);
		assert_int_equal(mm_lru_demotion_target(b.s, 1), -1);
		got = mm_sim_direct_reclaim(b.s, &rq, 0);
		assert_true(got >= 32);
		assert_int_equal(mm_sim_stat(b.s, MM_SIM_PGDEMOTE), got);
		assert_int_equal(b.nr_gone, got);
		for (unsigned int i = 0; i < got; i++) {
			assert_int_equal(b.gone[i].pfn, pfn[i]);
			assert_true(b.gone[i].to >= NODE_1 && b.gone[i].shadow == 0);
			assert_true(mm_sim_on_lru(b.s, b.gone[i].to));
			mm_page_get(b.s->m, b.gone[i].to, &info);
			assert_true(info.state == MM_PAGE_ALLOC && info.pid == 1 && info.lru == MM_LRU_FILE);
		}
		assert_int_equal(mm_lru_total(b.s, 0), 1000 - got);
		assert_int_equal(mm_lru_total(b.s, 1), got);
		/* anonymous pages can go that way, too, though there is no swap */
		assert_true(mm_lru_can_reclaim_anon(b.s, 0));
		assert_false(mm_lru_can_reclaim_anon(b.s, 1));
		rq.node = 1;
		b.nr_gone = 0;
		box_fill(&b, 1, MM_SIM_FILE, 1000, NULL);
		assert_true(mm_sim_direct_reclaim(b.s, &rq, 0) >= 32);
		assert_true(b.gone[0].to == UINT64_MAX && b.gone[0].shadow);
		box_sound(&b);
		/* the tiers are the configuration's to tell */
		mm_sim_reclaim_cfg_get(b.s, &rc);
		assert_int_equal(rc.cpuless_nodes, 2);
		rc.cpuless_nodes = 0;
		mm_sim_reclaim_cfg_set(b.s, &rc);
		assert_int_equal(mm_lru_demotion_target(b.s, 0), -1);
		box_close(&b);
	}
}

/* A lower tier without room: the pages are reclaimed where they are, and anonymous ones stay for want of swap. */
static void demotion_fails(void **state)
{
	static struct box b;
	struct mm_sim_cfg cfg = box_cfg(K_7_3, false, 2);
	struct mm_request rq;

	(void)state;
	cfg.policy.tune[MM_TUNE_DEMOTION] = 1;
	box_open(&b, &cfg);
	while (box_take(&b, 1, 0) != UINT64_MAX)
		;
	box_fill(&b, 0, MM_SIM_FILE, 1000, NULL);
	rq = box_kernel(&b, 0);
	rq.gfp |= MM_GFP_THISNODE;
	assert_true(mm_sim_direct_reclaim(b.s, &rq, 0) >= 32);
	assert_int_equal(mm_sim_stat(b.s, MM_SIM_PGDEMOTE), 0);
	assert_true(b.gone[0].to == UINT64_MAX && b.gone[0].shadow);
	box_sound(&b);
	box_close(&b);
}

/* Zones above the one that is asked for keep their pages. */
static void lower_zones_only(void **state)
{
	static struct box b;

	(void)state;
	for (unsigned int gens = 0; gens < 2; gens++) {
		struct mm_sim_cfg cfg = box_cfg(K_7_3, gens, 1);
		struct mm_request rq;
		uint64_t p;

		cfg.nr_zones = 2;
		cfg.zone[1] = cfg.zone[0];
		cfg.zone[0].name = "DMA32";
		cfg.zone[0].end_pfn = cfg.zone[1].start_pfn = FIRST + 4096;
		box_open(&b, &cfg);
		/* nearly all of Normal, some 3000 pages of DMA32 */
		for (unsigned int i = 0; i < 4096 + 3000; i++) {
			p = box_take(&b, 0, 0);
			mm_sim_lru_add(b.s, p, MM_SIM_FILE, false);
		}
		assert_true(mm_lru_zone_size(b.s, 1, MM_INACTIVE_FILE) + mm_lru_zone_size(b.s, 1, MM_ACTIVE_FILE) > 3900);
		rq = box_kernel(&b, 0);
		rq.zone_type = 1;
		assert_true(mm_sim_direct_reclaim(b.s, &rq, 0) >= 32);
		for (unsigned int i = 0; i < b.nr_gone; i++)
			assert_true(b.gone[i].pfn < FIRST + 4096);
		box_sound(&b);
		box_close(&b);
	}
}

/* However few there are in them: 10 pages of DMA32 go, and of 3900 of Normal none. */
static void few_in_lower_zone(void **state)
{
	static struct box b;

	(void)state;
	for (unsigned int rules = 0; rules < K_COUNT; rules++)
		for (unsigned int gens = 0; gens < 2; gens++) {
			struct mm_sim_cfg cfg = box_cfg((enum test_kernel)rules, gens, 1);
			struct mm_request rq;
			unsigned int low = 0;

			cfg.nr_zones = 2;
			cfg.zone[1] = cfg.zone[0];
			cfg.zone[0].name = "DMA32";
			cfg.zone[0].end_pfn = cfg.zone[1].start_pfn = FIRST + 4096;
			box_open(&b, &cfg);
			while (low < 10) {
				uint64_t p = box_take(&b, 0, 0);

				mm_sim_lru_add(b.s, p, MM_SIM_FILE, false);
				low += p < FIRST + 4096;
			}
			rq = box_kernel(&b, 0);
			rq.zone_type = 1;
			/* 6.1's generations count a batch more when they stop */
			assert_in_range(mm_sim_direct_reclaim(b.s, &rq, 0), 10,
					rules == K_6_1 && gens ? 10 + 64 : 10);
			assert_int_equal(b.nr_gone, 10);
			for (unsigned int i = 0; i < b.nr_gone; i++)
				assert_true(b.gone[i].pfn < FIRST + 4096);
			box_sound(&b);
			box_close(&b);
		}
}

/* A costly request that compaction could serve reclaims nothing: that counts as progress. */
static void compaction_first(void **state)
{
	static struct box b;

	(void)state;
	for (unsigned int rules = 0; rules < K_COUNT; rules++) {
		box_start(&b, (enum test_kernel)rules, false, false);
		box_fill(&b, 0, MM_SIM_FILE, 1000, NULL);
		b.rule = "compaction_ready()";
		assert_int_equal(box_direct(&b, 9), 1);
		assert_true(b.nr_decisions > 0);
		assert_int_equal(b.nr_gone, 0);
		assert_true(box_direct(&b, 3) >= 32); /* not costly: it reclaims */
		box_close(&b);
	}
}

/* Who holds a page keeps it: not freed, not swapped, not demoted. */
static void pinned(void **state)
{
	static struct box b;
	struct mm_sim_cfg cfg = box_cfg(K_7_3, false, 2);
	uint64_t pfn[200];

	(void)state;
	for (unsigned int k = 0; k < 4; k++) {
		struct mm_request rq;

		cfg.policy.tune[MM_TUNE_SWAP] = 1;
		cfg.policy.tune[MM_TUNE_SWAPPINESS] = 200;
		cfg.policy.tune[MM_TUNE_DEMOTION] = k & 1;
		box_open(&b, &cfg);
		box_fill(&b, 0, k & 2 ? MM_SIM_FILE : MM_SIM_ANON, 200, pfn);
		mm_sim_pin(b.s, pfn[3], true);
		rq = box_kernel(&b, 0);
		rq.gfp |= MM_GFP_THISNODE;
		for (unsigned int i = 0; i < 8; i++)
			mm_sim_direct_reclaim(b.s, &rq, 0);
		assert_true(b.nr_gone > 32);
		assert_true(mm_sim_on_lru(b.s, pfn[3]));
		assert_false(mm_sim_on_lru(b.s, pfn[2]));
		box_sound(&b);
		box_close(&b);
	}
}

/* Half of the reserve is gone: requests wait for kswapd, which frees meanwhile. */
static void throttled(void **state)
{
	static struct box b;

	(void)state;
	box_start(&b, K_7_3, false, false);
	box_fill(&b, 0, MM_SIM_FILE, 4000, NULL);
	while (box_free(&b, 0) > 64)
		assert_true(box_take(&b, 0, 0) != UINT64_MAX);
	assert_false(mm_sim_allow_direct_reclaim(b.s, 0)); /* 64 is not more than 128 / 2 */
	b.rule = "throttle_direct_reclaim";
	assert_true(box_direct(&b, 0) >= 32);
	assert_int_equal(b.nr_decisions, 1);
	assert_true(mm_sim_stat(b.s, MM_SIM_PGSTEAL_KSWAPD) > 0);
	assert_int_equal(box_number(&b, "waited_ns"), 500 * mm_sim_stat(b.s, MM_SIM_PGSCAN_KSWAPD));
	assert_true(mm_sim_allow_direct_reclaim(b.s, 0));
	box_close(&b);
	/* kswapd has given up: nobody waits */
	box_start(&b, K_7_3, false, false);
	while (box_free(&b, 0) > 64)
		assert_true(box_take(&b, 0, 0) != UINT64_MAX);
	b.rule = "throttle_direct_reclaim";
	b.s->reclaim->ks[0].failures = 16;
	assert_int_equal(box_direct(&b, 0), 0);
	assert_int_equal(b.nr_decisions, 0);
	box_close(&b);
}

/* A migrated page keeps its marks and is the newest of its list. */
static void migrated(void **state)
{
	static struct box b;
	uint64_t pfn[40], to;

	(void)state;
	for (unsigned int gens = 0; gens < 2; gens++) {
		struct lru_ent e;

		box_start(&b, K_7_3, gens, false);
		box_fill(&b, 0, MM_SIM_FILE, 40, pfn);
		mm_sim_lru_touch(b.s, pfn[0]);
		mm_sim_lru_dirty(b.s, pfn[0], true);
		to = box_take(&b, 0, 0);
		mm_sim_lru_moved(b.s, pfn[0], to);
		assert_false(mm_sim_on_lru(b.s, pfn[0]));
		e = mm_sim_lru_ent(b.s, to);
		assert_true(e.list && (e.flags & LF_REFERENCED) && (e.flags & LF_DIRTY) && (e.flags & LF_FILE));
		assert_int_equal(e.prev, MM_NIL);
		assert_int_equal(b.s->reclaim->node[0].dirty, 1);
		mm_sim_lru_moved(b.s, pfn[0], to); /* nothing to move any more */
		box_sound(&b);
		box_close(&b);
	}
}

/* Calls that make no sense change nothing. */
static void nonsense(void **state)
{
	static struct box b;
	uint64_t p, q;

	(void)state;
	box_start(&b, K_7_3, true, false);
	p = box_take(&b, 0, 2);
	q = box_take(&b, 0, 0);
	mm_sim_lru_add(b.s, p + 1, MM_SIM_FILE, false);           /* not the first page of its folio */
	mm_sim_lru_add(b.s, END_PFN + 5, MM_SIM_FILE, false);     /* no zone */
	mm_sim_lru_add(b.s, UINT64_MAX, MM_SIM_FILE, false);
	mm_sim_lru_add(b.s, FIRST + PAGES - 1, MM_SIM_FILE, false); /* free, in all likelihood */
	mm_sim_lru_touch(b.s, UINT64_MAX);
	mm_sim_lru_del(b.s, q);
	mm_sim_lru_dirty(b.s, q, true);
	mm_sim_slab_add(b.s, 0, q); /* no such pool */
	mm_sim_slab_del(b.s, q);
	mm_sim_lru_moved(b.s, q, p);
	assert_int_equal(mm_sim_kswapd(b.s, -1, 0, 10), 0);
	assert_int_equal(mm_sim_kswapd(b.s, 99, 0, 10), 0);
	mm_sim_wake_kswapd_zone(b.s, 99, 0, 0, 0);
	assert_int_equal(mm_sim_reclaimable(b.s, 99), 0);
	assert_false(mm_sim_kswapd_hopeless(b.s, 99));
	assert_int_equal(mm_lru_total(b.s, 0), 0);
	mm_sim_lru_add(b.s, p, MM_SIM_FILE, false);
	mm_sim_lru_add(b.s, p, MM_SIM_ANON, true); /* twice */
	assert_int_equal(mm_lru_total(b.s, 0), 4);
	box_sound(&b);
	box_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(oldest_pages_go_first),
		cmocka_unit_test(older_gens_take_batches),
		cmocka_unit_test(second_use),
		cmocka_unit_test(no_swap),
		cmocka_unit_test(swap_out),
		cmocka_unit_test(dirty_pages),
		cmocka_unit_test(balance_numbers),
		cmocka_unit_test(demotion),
		cmocka_unit_test(demotion_fails),
		cmocka_unit_test(lower_zones_only),
		cmocka_unit_test(few_in_lower_zone),
		cmocka_unit_test(compaction_first),
		cmocka_unit_test(throttled),
		cmocka_unit_test(migrated),
		cmocka_unit_test(nonsense),
		cmocka_unit_test(pinned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
