// SPDX-License-Identifier: GPL-2.0-only
/* Simulated kswapd on a small machine: who wakes it, what it does, when it sleeps and when it gives up. */
#include "sim/alloc/alloc.h"
#include "test_sim_reclaim.h"

static void open_box(struct box *b, enum test_kernel rules, bool gens)
{
	struct mm_sim_cfg cfg = box_cfg(rules, gens, 1);

	box_open(b, &cfg);
}

/* Takes pages until @left are free; file pages on the LRU when @file, else pages nobody can reclaim. */
static void use_up(struct box *b, int64_t left, bool file)
{
	while (box_free(b, 0) > left) {
		uint64_t p = box_take(b, 0, 0);

		assert_true(p != UINT64_MAX);
		if (file)
			mm_sim_lru_add(b->s, p, MM_SIM_FILE, false);
	}
}

static void wake(struct box *b, unsigned int order)
{
	struct mm_request rq = box_kernel(b, order);

	mm_sim_wake_kswapd(b->s, &rq, order);
}

static const struct ksim *ks(const struct box *b)
{
	return &b->s->reclaim->ks[0];
}

static uint64_t run(struct box *b, uint64_t pages)
{
	return mm_sim_kswapd(b->s, 0, b->now, pages);
}

/* Above the high mark of 192 nobody wakes it; below, it works until it's above, and sleeps after a nap of 100 ms. */
static void wakes_and_sleeps(enum test_kernel rules, bool gens)
{
	static struct box b;
	struct mm_node_info n;

	open_box(&b, rules, gens);
	b.rule = "wakeup_kswapd()";
	use_up(&b, HIGH_MARK + 1, true);
	wake(&b, 0);
	assert_string_equal(b.ours, "leaves kswapd asleep");
	assert_int_equal(box_number(&b, "free"), HIGH_MARK + 1);
	assert_int_equal(box_number(&b, "needed"), HIGH_MARK);
	assert_int_equal(ks(&b)->phase, KSIM_ASLEEP);
	assert_int_equal(run(&b, 1000), 0);
	use_up(&b, HIGH_MARK, true); /* at the mark isn't above it */
	wake(&b, 0);
	assert_string_equal(b.ours, "wakes kswapd");
	mm_node_get(b.s->m, 0, &n);
	assert_true(n.kswapd_awake);
	assert_true(run(&b, 1000000) > 0);
	assert_int_equal(mm_sim_stat(b.s, MM_SIM_KSWAPD_WAKE), 1);
	assert_true(mm_sim_stat(b.s, MM_SIM_PGSTEAL_KSWAPD) > 0);
	assert_true(box_free(&b, 0) > HIGH_MARK);
	assert_int_equal(ks(&b)->phase, KSIM_NAP);
	mm_node_get(b.s->m, 0, &n);
	assert_false(n.kswapd_awake);
	b.now += MM_KSWAPD_NAP_NS - 1;
	assert_int_equal(run(&b, 1000), 0);
	assert_int_equal(ks(&b)->phase, KSIM_NAP);
	b.now += 1;
	run(&b, 1000);
	assert_int_equal(ks(&b)->phase, KSIM_ASLEEP);
	assert_int_equal(mm_sim_stat(b.s, MM_SIM_KSWAPD_FAILURES), 0);
	box_sound(&b);
	box_close(&b);
}

static void sleep_and_wake(void **state)
{
	(void)state;
	for (unsigned int rules = 0; rules < K_COUNT; rules++) {
		wakes_and_sleeps((enum test_kernel)rules, false);
		wakes_and_sleeps((enum test_kernel)rules, true);
	}
}

/* Unbalanced again during the nap: it goes on; woken during the nap: at once, and it remembers the round's zone. */
static void nap(void **state)
{
	static struct box b;

	(void)state;
	open_box(&b, K_7_3, false);
	use_up(&b, 150, true);
	wake(&b, 0);
	run(&b, 1000000);
	assert_int_equal(ks(&b)->phase, KSIM_NAP);
	use_up(&b, 150, true);
	b.now += MM_KSWAPD_NAP_NS;
	assert_true(run(&b, 1000000) > 0);
	assert_int_equal(mm_sim_stat(b.s, MM_SIM_KSWAPD_WAKE), 2);
	assert_int_equal(ks(&b)->phase, KSIM_NAP);
	use_up(&b, 150, true);
	wake(&b, 0);
	assert_int_equal(ks(&b)->phase, KSIM_READ);
	assert_true(run(&b, 1000000) > 0);
	assert_int_equal(mm_sim_stat(b.s, MM_SIM_KSWAPD_WAKE), 3);
	box_close(&b);
}

/*
 * A boost of 300 on a balanced node: kswapd frees that many without writing or swapping, then takes the boost off and
 * leaves the rest to kcompactd. 6000 file pages: 1, 2 and then 5 at a time, for the priority stops at 10.
 */
static void boost(void **state)
{
	static struct box b;
	struct mm_sim_cfg cfg = box_cfg(K_7_3, false, 1);
	uint64_t got;

	(void)state;
	cfg.policy.tune[MM_TUNE_SWAP] = 1;
	box_open(&b, &cfg);
	box_fill(&b, 0, MM_SIM_FILE, 6000, NULL);
	box_fill(&b, 0, MM_SIM_ANON, 600, NULL);
	b.s->reclaim->node[0].activated[MM_FILE] = 1; /* file pages are missed: otherwise it would swap, too */
	b.s->alloc->zone[0].boost = 300;
	assert_int_equal(mm_sim_boost(b.s, 0), 300);
	b.rule = "wakeup_kswapd()";
	mm_sim_wake_kswapd_zone(b.s, 0, 0, 0, NORMAL);
	assert_string_equal(b.ours, "wakes kswapd");
	run(&b, 1000000);
	got = mm_sim_stat(b.s, MM_SIM_PGSTEAL_KSWAPD);
	assert_in_range(got, 300, 304);
	assert_int_equal(mm_sim_stat(b.s, MM_SIM_PSWPOUT), 0);
	assert_int_equal(mm_sim_stat(b.s, MM_SIM_PGSTEAL_ANON), 0);
	assert_int_equal(mm_sim_boost(b.s, 0), 0);
	assert_int_equal(ks(&b)->sc.priority, MM_DEF_PRIORITY - 2);
	box_close(&b);

	/* with generations 6.12 and later do nothing at all for a boost, for nothing may be written */
	cfg = box_cfg(K_6_12, true, 1);
	box_open(&b, &cfg);
	box_fill(&b, 0, MM_SIM_FILE, 6000, NULL);
	b.s->alloc->zone[0].boost = 300;
	mm_sim_wake_kswapd_zone(b.s, 0, 0, 0, NORMAL);
	run(&b, 1000000);
	assert_int_equal(mm_sim_stat(b.s, MM_SIM_PGSTEAL_KSWAPD), 0);
	assert_int_equal(mm_sim_boost(b.s, 0), 0);
	/* in 6.x that is a failure */
	assert_int_equal(ks(&b)->failures, 1);
	box_close(&b);
	cfg = box_cfg(K_7_2, true, 1);
	box_open(&b, &cfg);
	box_fill(&b, 0, MM_SIM_FILE, 6000, NULL);
	b.s->alloc->zone[0].boost = 300;
	mm_sim_wake_kswapd_zone(b.s, 0, 0, 0, NORMAL);
	run(&b, 1000000);
	assert_int_equal(mm_sim_boost(b.s, 0), 0);
	assert_int_equal(ks(&b)->failures, 0);
	box_close(&b);

	/* an unbalanced node comes first: the boost is only taken off */
	cfg = box_cfg(K_7_3, false, 1);
	box_open(&b, &cfg);
	use_up(&b, 150, true);
	b.s->alloc->zone[0].boost = 300;
	mm_sim_wake_kswapd_zone(b.s, 0, 0, 0, NORMAL);
	run(&b, 1000000);
	assert_int_equal(mm_sim_boost(b.s, 0), 0);
	assert_true(box_free(&b, 0) > HIGH_MARK + 300); /* while it worked, the mark was higher */
	box_close(&b);
}

/* Nothing to reclaim: after 16 fruitless rounds the node is hopeless, kswapd sleeps, and nobody wakes it. */
static void hopeless(void **state)
{
	static struct box b;

	(void)state;
	for (unsigned int rules = 0; rules < K_COUNT; rules++) {
		struct mm_request rq;

		open_box(&b, (enum test_kernel)rules, false);
		box_fill(&b, 0, MM_SIM_ANON, 1000, NULL);
		use_up(&b, 150, false);
		wake(&b, 0);
		b.rule = "a round that reclaimed nothing";
		run(&b, 1000000);
		assert_int_equal(b.nr_decisions, 16);
		assert_int_equal(ks(&b)->failures, 16);
		assert_true(mm_sim_kswapd_hopeless(b.s, 0));
		assert_int_equal(mm_sim_stat(b.s, MM_SIM_KSWAPD_FAILURES), 16);
		assert_int_equal(ks(&b)->phase, KSIM_NAP);
		b.now += MM_KSWAPD_NAP_NS;
		run(&b, 1000000);
		assert_int_equal(ks(&b)->phase, KSIM_ASLEEP);
		b.rule = "wakeup_kswapd()";
		wake(&b, 0);
		assert_string_equal(b.ours, "leaves kswapd asleep");
		assert_int_equal(ks(&b)->phase, KSIM_ASLEEP);
		/*
		 * Direct reclaim finds 20 pages. 6.x takes that for a sign of hope; 7.x wants the node
		 * balanced, which it isn't with 170 pages.
		 */
		box_fill(&b, 0, MM_SIM_FILE, 20, NULL);
		rq = box_kernel(&b, 0);
		assert_int_equal(mm_sim_direct_reclaim(b.s, &rq, 0), 20);
		assert_int_equal(ks(&b)->failures, rules < K_7_2 ? 0 : 16);
		box_close(&b);
	}
	/* 7.x: balanced again, progress revives */
	open_box(&b, K_7_3, true);
	box_fill(&b, 0, MM_SIM_FILE, 1000, NULL);
	b.s->reclaim->ks[0].failures = 16;
	b.rule = "kswapd_clear_hopeless()";
	{
		struct mm_request rq = box_kernel(&b, 0);

		assert_true(mm_sim_direct_reclaim(b.s, &rq, 0) > 0);
	}
	assert_int_equal(b.nr_decisions, 1);
	assert_false(mm_sim_kswapd_hopeless(b.s, 0));
	box_close(&b);
}

/* Every second page of the zone is in use for good, the others are file pages: no block above order 0 is to be had. */
static void fragmented(struct box *b, enum test_kernel rules, bool gens)
{
	bool file = false;

	open_box(b, rules, gens);
	for (;;) {
		uint64_t p = box_take(b, 0, 0);

		if (p == UINT64_MAX)
			break;
		if ((file = !file))
			mm_sim_lru_add(b->s, p, MM_SIM_FILE, false);
	}
	/* single free pages, above the high mark of order 0 */
	while (box_free(b, 0) <= HIGH_MARK + 20) {
		uint64_t p = FIRST + 2 * (uint64_t)b->nr_gone++;

		if (!mm_sim_on_lru(b->s, p))
			p++;
		mm_sim_lru_del(b->s, p);
		mm_sim_release(b->s, 0, p, 0);
	}
	b->nr_gone = 0;
}

/*
 * A wake-up for order 9: reclaim can't make such a block, and after compact_gap() pages kswapd goes on for
 * order 0, which is balanced, and leaves the order to kcompactd. The gap is 1024 pages in 6.x and 32 in 7.2 and later.
 */
static void order_drop(void **state)
{
	static struct box b;

	(void)state;
	for (unsigned int rules = 0; rules < K_COUNT; rules++) {
		uint64_t got;

		fragmented(&b, (enum test_kernel)rules, false);
		b.rule = "kswapd_shrink_node()";
		wake(&b, 9);
		assert_int_equal(ks(&b)->want_order, 9);
		run(&b, 1000000);
		assert_int_equal(b.nr_decisions, 1);
		assert_int_equal(box_number(&b, "order"), 9);
		got = mm_sim_stat(b.s, MM_SIM_PGSTEAL_KSWAPD);
		if (rules < K_7_2)
			assert_in_range(got, 1024, 1024 + HIGH_MARK + 64);
		else
			assert_in_range(got, 32, 32 + HIGH_MARK + 64);
		assert_int_equal(ks(&b)->phase, KSIM_NAP);
		assert_int_equal(ks(&b)->reclaim_order, 0);
		assert_int_equal(ks(&b)->alloc_order, 9);
		box_sound(&b);
		box_close(&b);
	}
}

/*
 * One page in eight is clean, and some 350 are needed. The goal of a pass is the high mark, 500 pages: about
 * 470 are scanned at priority 4, and 900 at 3, which is deep enough: it stays there for as many passes as it takes.
 */
static void deep_enough(void **state)
{
	static struct box b;
	uint64_t pfn[7600];

	(void)state;
	for (unsigned int rules = 0; rules < K_COUNT; rules++) {
		struct mm_sim_cfg cfg = box_cfg((enum test_kernel)rules, false, 1);

		cfg.zone[0].wmark_high = 500;
		box_open(&b, &cfg);
		box_fill(&b, 0, MM_SIM_FILE, 7600, pfn);
		for (unsigned int i = 0; i < 7600; i++)
			if (i % 8)
				mm_sim_lru_dirty(b.s, pfn[i], true);
		use_up(&b, 150, false);
		wake(&b, 0);
		run(&b, 1000000);
		assert_int_equal(ks(&b)->phase, KSIM_NAP);
		assert_true(box_free(&b, 0) > 500);
		assert_int_equal(ks(&b)->sc.priority, 3);
		box_close(&b);
	}
}

/* In defrag_mode every request asks for a whole block, and a balance of whole blocks: 6.18 and later. */
static void defrag_mode(void **state)
{
	static struct box b;

	(void)state;
	for (unsigned int rules = 0; rules < K_COUNT; rules++) {
		fragmented(&b, (enum test_kernel)rules, true);
		b.s->policy.tune[MM_TUNE_DEFRAG_MODE] = 1;
		b.rule = "wakeup_kswapd()";
		wake(&b, 0);
		if (rules < K_6_18) {
			assert_string_equal(b.ours, "leaves kswapd asleep");
		} else {
			assert_string_equal(b.ours, "wakes kswapd");
			assert_int_equal(box_number(&b, "order"), 9);
			assert_int_equal(box_number(&b, "free_in_blocks"), 0);
		}
		box_close(&b);
	}
}

/* However often it is stopped, it does the same. */
static void budget(void **state)
{
	uint64_t hash[4], gone[4];

	(void)state;
	for (unsigned int rules = 0; rules < K_COUNT; rules++)
		for (unsigned int gens = 0; gens < 2; gens++) {
			for (unsigned int k = 0; k < 2; k++) {
				static struct box b;
				uint64_t budget_of = k ? 1 : 1000000;

				fragmented(&b, (enum test_kernel)rules, gens);
				use_up(&b, 100, true);
				wake(&b, 3);
				for (unsigned int i = 0; i < 100000 && ks(&b)->phase != KSIM_NAP; i++)
					run(&b, budget_of);
				assert_int_equal(ks(&b)->phase, KSIM_NAP);
				hash[k] = mm_hash(b.s->m);
				gone[k] = b.nr_gone;
				box_sound(&b);
				box_close(&b);
			}
			assert_true(gone[0] > 0);
			assert_int_equal(gone[0], gone[1]);
			assert_int_equal(hash[0], hash[1]);
		}
}

/*
 * A stream of file pages five times the memory, with kswapd beside it: every request gets its page, what comes
 * in goes out, and free memory stays between the marks. The same with anonymous pages and swap.
 */
static void stream(enum test_kernel rules, bool gens, enum mm_sim_lru_kind kind)
{
	static struct box b;
	struct mm_sim_cfg cfg = box_cfg(rules, gens, 1);
	const uint64_t total = 5 * PAGES;
	uint64_t out;

	cfg.policy.tune[MM_TUNE_SWAP] = kind == MM_SIM_ANON;
	box_open(&b, &cfg);
	b.s->cfg.fn = NULL; /* nobody listens: no decision is put into words */
	for (uint64_t i = 0; i < total; i++) {
		struct mm_request rq = box_kernel(&b, 0);
		struct mm_grant g;

		b.now += 10000;
		assert_int_equal(mm_sim_alloc(b.s, &rq, &g), MM_GOT_PAGE);
		mm_sim_lru_add(b.s, g.pfn, kind, false);
		if (i % 16 == 0)
			run(&b, 200);
		if (i > PAGES)
			assert_in_range(box_free(&b, 0), 1, PAGES / 4);
	}
	out = mm_sim_stat(b.s, MM_SIM_PGSTEAL_KSWAPD) + mm_sim_stat(b.s, MM_SIM_PGSTEAL_DIRECT);
	assert_int_equal(out, b.nr_gone);
	assert_int_equal(total - out, mm_lru_total(b.s, 0));
	assert_int_equal(mm_sim_stat(b.s, MM_SIM_PSWPOUT), kind == MM_SIM_ANON ? out : 0);
	/* kswapd keeps up: next to nobody had to reclaim for himself */
	assert_true(mm_sim_stat(b.s, MM_SIM_PGSTEAL_DIRECT) < out / 10);
	assert_int_equal(mm_sim_stat(b.s, MM_SIM_OOM_KILL), 0);
	assert_int_equal(ks(&b)->failures, 0);
	box_sound(&b);
	box_close(&b);
}

static void streams(void **state)
{
	(void)state;
	for (unsigned int rules = 0; rules < K_COUNT; rules++)
		for (unsigned int gens = 0; gens < 2; gens++) {
			stream((enum test_kernel)rules, gens, MM_SIM_FILE);
			stream((enum test_kernel)rules, gens, MM_SIM_ANON);
		}
}

/* Each node has its own, and a request wakes those of all nodes that may serve it, unless it wants only one. */
static void two_nodes(void **state)
{
	static struct box b;
	struct mm_sim_cfg cfg = box_cfg(K_7_2, true, 2);
	struct mm_request rq;

	(void)state;
	box_open(&b, &cfg);
	use_up(&b, 150, true);
	while (box_free(&b, 1) > 150)
		mm_sim_lru_add(b.s, box_take(&b, 1, 0), MM_SIM_FILE, false);
	rq = box_kernel(&b, 0);
	rq.gfp |= MM_GFP_THISNODE;
	mm_sim_wake_kswapd(b.s, &rq, 0);
	assert_int_equal(b.s->reclaim->ks[0].phase, KSIM_READ);
	assert_int_equal(b.s->reclaim->ks[1].phase, KSIM_ASLEEP);
	rq.gfp &= ~(uint32_t)MM_GFP_THISNODE;
	mm_sim_wake_kswapd(b.s, &rq, 0);
	assert_int_equal(b.s->reclaim->ks[1].phase, KSIM_READ);
	assert_false(mm_sim_reclaim_active(b.s, 0));
	run(&b, 2); /* a first batch */
	assert_true(mm_sim_reclaim_active(b.s, 0));
	assert_false(mm_sim_reclaim_active(b.s, 1));
	box_sound(&b);
	box_close(&b);
}

/*
 * Two nodes, the first hopeless and below high.  Frees through the per-cpu lists lift it above: since 6.18 its failures
 * are forgotten, for requests turned to the second node and nobody reclaimed directly.  Before that, and on the last
 * node, they stay.
 */
static void relieved(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2 * K_COUNT; i++) {
		enum test_kernel rules = (enum test_kernel)(i % K_COUNT);
		int node = i >= K_COUNT;
		struct mm_sim_cfg cfg = box_cfg(rules, false, 2);
		static uint64_t pfn[PAGES];
		struct mm_request rq;
		struct mm_grant g;
		static struct box b;
		unsigned int n = 0;

		box_open(&b, &cfg);
		while (box_free(&b, (unsigned int)node) > 120)
			pfn[n++] = box_take(&b, node, 0);
		b.s->reclaim->ks[node].failures = MM_KSWAPD_HOPELESS;
		/* a request that can't wait notices that the zone is below high */
		rq = (struct mm_request){ .now = b.now, .pid = 1, .mt = MM_MT_MOVABLE, .node = (int8_t)node,
					  .gfp = MM_GFP_MOVABLE | MM_GFP_THISNODE, .zone_type = 3 };
		mm_sim_alloc(b.s, &rq, &g);
		assert_int_equal(b.s->alloc->zone[node].below_high, rules >= K_6_12);
		b.rule = "free_frozen_page_commit()";
		while (n > 1000)
			mm_sim_release(b.s, 0, pfn[--n], 0);
		assert_true(box_free(&b, (unsigned int)node) > HIGH_MARK);
		assert_false(b.s->alloc->zone[node].below_high);
		assert_int_equal(b.s->reclaim->ks[node].failures, rules >= K_6_18 && node == 0 ? 0 : MM_KSWAPD_HOPELESS);
		assert_int_equal(b.nr_decisions, rules >= K_6_18 && node == 0);
		box_close(&b);
	}
}

/* With memory tiering the promo watermark, 224, is what kswapd goes for: at 200 it's woken, and left asleep without. */
static void tiering(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2 * K_COUNT; i++) {
		struct mm_sim_cfg cfg = box_cfg((enum test_kernel)(i / 2), false, 1);
		static struct box b;

		cfg.policy.tune[MM_TUNE_NUMA_BALANCING] = i % 2 ? 2 : 1;
		box_open(&b, &cfg);
		b.rule = "wakeup_kswapd()";
		use_up(&b, 200, true);
		wake(&b, 0);
		assert_string_equal(b.ours, i % 2 ? "wakes kswapd" : "leaves kswapd asleep");
		assert_int_equal(box_number(&b, "needed"), i % 2 ? 224 : HIGH_MARK);
		box_close(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sleep_and_wake), cmocka_unit_test(nap),
		cmocka_unit_test(boost),          cmocka_unit_test(hopeless),
		cmocka_unit_test(order_drop),     cmocka_unit_test(deep_enough), cmocka_unit_test(defrag_mode),
		cmocka_unit_test(budget),         cmocka_unit_test(two_nodes),
		cmocka_unit_test(streams),        cmocka_unit_test(relieved),   cmocka_unit_test(tiering),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
