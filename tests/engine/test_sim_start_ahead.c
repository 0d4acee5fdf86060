// SPDX-License-Identifier: GPL-2.0-only
/* A simulated run's start, where later events, page flags and zoneinfo tell what no event before told. */
#include "kernels.h"
#include "made.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "demand/ahead.h"
#include "sim/alloc/alloc.h"
#include "sim/compact/compact.h"

#define KPF_REFERENCED (1ull << 2)
#define KPF_DIRTY (1ull << 4)
#define KPF_COMPOUND_HEAD (1ull << 15)
#define KPF_COMPOUND_TAIL (1ull << 16)
#define KPF_UNEVICTABLE (1ull << 18)
#define KPF_OFFLINE (1ull << 23)
#define KSWAPD 40

/* A machine at its start, what comes later, and the run. */
struct test {
	struct made mk;
	struct mm_machine *at;
	uint64_t from;
	struct sg_pcp_snap pcp[2];
	struct sg_kv kv[8];
	struct mm_sim_facts facts;
	struct mm_sim_cfg cfg;
	struct mm_ahead *ahead;
	struct mm_sim *s;
};

static void fill(struct test *t, uint64_t pfn, uint64_t nr, uint64_t flags)
{
	for (uint64_t p = pfn; p < pfn + nr; p++)
		t->mk.flags[p] = flags;
}

/* A capture whose snapshot is between two markers; blocks 0 and 1 are free, the rest is in use without marks. */
static void prepare(struct test *t)
{
	memset(t, 0, sizeof(*t));
	made_capture(&t->mk, 7, 3);
	t->mk.cfg.seed[0].marker = "begin";
	t->mk.cfg.seed[0].marker_end = "done";
	t->mk.zone[0].pcp = t->pcp;
	t->mk.zone[0].nr_pcp = 2;
	t->mk.snap.kv = t->kv;
	for (unsigned int i = 0; i < 2; i++)
		t->pcp[i] = (struct sg_pcp_snap){ .batch = 1, .high = 37, .high_min = 20, .high_max = 90 };
	fill(t, B(0), 2 * BLOCK, KPF_BUDDY);
	fill(t, B(2), 14 * BLOCK, 1); /* locked: not the pages of a per-cpu list */
	mm_policy_init(&t->cfg.policy, k_release(K_7_3));
	t->cfg.policy.tune[MM_TUNE_LRU_GEN] = 0;
	t->cfg.seed = 1;
}

static void kv(struct test *t, const char *key, const char *value)
{
	struct sg_kv *k = &t->kv[t->mk.snap.nr_kv++];

	snprintf(k->key, sizeof(k->key), "%s", key);
	snprintf(k->value, sizeof(k->value), "%s", value);
}

/* The snapshot is taken; from now on events are what comes later. */
static void begin(struct test *t)
{
	made_init(&t->mk, 7, 3, MADE_FLAGS);
	t->mk.log = sg_log_new();
	assert_non_null(t->mk.log);
	send_mark(&t->mk, "begin");
	send_mark(&t->mk, "done");
	t->from = sg_log_count(t->mk.log);
	t->at = t->mk.m;
	t->mk.m = NULL;
}

static void go(struct test *t)
{
	struct sg_err err = { 0 };

	if (!t->ahead)
		assert_int_equal(mm_ahead_scan(t->mk.log, &t->mk.cap, t->from, &t->ahead, &err), 0);
	t->cfg.ahead = t->ahead;
	t->s = mm_sim_from(t->at, &t->cfg, &t->facts, &err);
	if (!t->s || mm_audit(t->s->m, &err) != 0 || mm_sim_lru_audit(t->s, &err) != 0)
		fail_msg("%s", err.text);
}

static void end(struct test *t)
{
	mm_sim_free(t->s);
	mm_ahead_free(t->ahead);
	t->mk.m = t->at;
	made_fini(&t->mk);
}

/* The pages of a per-cpu list, head first; @want 0: any. */
static void list_is(const struct test *t, unsigned int cpu, unsigned int order, unsigned int mt, size_t n, const uint64_t *want)
{
	const struct pcp_state *p = mm_cow_peek(&t->s->m->pcp, cpu);
	unsigned int l = mm_pindex(t->s->m, order, mt);
	uint32_t at = p ? p->list[l].first : MM_NIL;

	for (size_t i = 0; i < n; i++) {
		assert_int_not_equal(at, MM_NIL);
		if (want[i])
			assert_int_equal(at, want[i]);
		at = mm_ent(t->s->m, at).a;
	}
	assert_int_equal(at, MM_NIL);
}

/*
 * Requests take from the head, drains from the tail.  So what CPU 0 hands out first stood first, and what is drained first
 * stood last: B2+1, B2+2, ..., B2+4, B2+3.  zoneinfo counts 6 pages there: two that bear no mark stand between.  B3 is
 * freed first, so it was in use; B3+8 is picked from the free lists.
 */
static void per_cpu_lists(void **state)
{
	static struct test t;

	(void)state;
	prepare(&t);
	t.pcp[0].count = 6;
	fill(&t, B(4) + 10, 2, 0);
	fill(&t, B(4) + 20, 1, 0);
	begin(&t);
	send_alloc(&t.mk, B(2) + 1, 0, M);
	send_drain(&t.mk, B(2) + 3, 0, M);
	send_alloc(&t.mk, B(2) + 2, 0, M);
	send_drain(&t.mk, B(2) + 4, 0, M);
	send_free(&t.mk, B(3), 0);
	send_drain(&t.mk, B(3), 0, M);
	send_locked(&t.mk, B(3) + 8, 0, M, true);
	send_alloc(&t.mk, B(3) + 8, 0, M);
	/* it bears no mark, but an event says that it is in use */
	send_free(&t.mk, B(4) + 20, 0);
	go(&t);
	list_is(&t, 0, 0, M, 6, (uint64_t[]){ B(2) + 1, B(2) + 2, 0, 0, B(2) + 4, B(2) + 3 });
	assert_int_equal(t.facts.pcp_told, 4);
	assert_int_equal(t.facts.pcp_counted, 2);
	assert_int_equal(t.facts.pcp_lacking, 0);
	assert_int_equal(t.facts.used_told, 2);
	assert_int_equal(t.s->m->core.zone[0].nr_pages[PS_PCP], 6);
	for (uint64_t p = B(4) + 10; p < B(4) + 12; p++) {
		struct page_ent e = mm_ent(t.s->m, p);

		assert_int_equal(ent_state(&e), PS_PCP);
	}
	/* the run hands them out in that order */
	for (unsigned int i = 0; i < 2; i++) {
		struct mm_request rq = { .order = 0, .mt = M, .zone_type = 2, .gfp = MM_GFP_KERNEL };
		struct mm_grant g;

		assert_int_equal(mm_sim_alloc(t.s, &rq, &g), MM_GOT_PAGE);
		assert_int_equal(g.pfn, B(2) + 1 + i);
	}
	end(&t);
}

/* What is counted and no page can be: said. */
static void counts_that_lack(void **state)
{
	static struct test t;

	(void)state;
	prepare(&t);
	t.pcp[1].count = 3;
	begin(&t);
	send_drain(&t.mk, B(2), 0, U);
	go(&t);
	/* nothing tells whose the drain's was but the counts: CPU 1 lacks three, CPU 0 none */
	list_is(&t, 1, 0, U, 1, (uint64_t[]){ B(2) });
	assert_int_equal(t.facts.pcp_told, 1);
	assert_int_equal(t.facts.pcp_lacking, 2);
	end(&t);
}

/*
 * CPU 0 drains all lists of CPU 1: B2 and B2+1 lay there at the start, since B2+9, which CPU 1 freed later, comes behind them.
 * Then its own, which begin with a lower order again: zoneinfo says that they are CPU 0's.
 */
static void remote_drains(void **state)
{
	static struct test t;

	(void)state;
	prepare(&t);
	t.pcp[0].count = 1;
	t.pcp[1].count = 4;
	begin(&t);
	t.mk.cpu = 1;
	send_free(&t.mk, B(2) + 9, 0);
	t.mk.cpu = 0;
	send_drain(&t.mk, B(2), 0, M);
	send_drain(&t.mk, B(2) + 1, 0, M);
	send_drain(&t.mk, B(2) + 9, 0, M);
	send_drain(&t.mk, B(3), 1, M);
	send_drain(&t.mk, B(5), 0, M);
	send_mark(&t.mk, "and so on");
	go(&t);
	list_is(&t, 1, 0, M, 2, (uint64_t[]){ B(2) + 1, B(2) });
	list_is(&t, 1, 1, M, 1, (uint64_t[]){ B(3) });
	list_is(&t, 0, 0, M, 1, (uint64_t[]){ B(5) });
	end(&t);
}

/*
 * The same where no order tells where the other CPU's lists begin: of the pages before B2+9, which CPU 1 freed, it has one too
 * many by zoneinfo, and CPU 0 lacks one.  The first drained is CPU 0's.
 */
static void remote_drains_counted(void **state)
{
	static struct test t;

	(void)state;
	prepare(&t);
	t.pcp[0].count = 1;
	t.pcp[1].count = 2;
	begin(&t);
	t.mk.cpu = 1;
	send_free(&t.mk, B(2) + 9, 0);
	t.mk.cpu = 0;
	send_drain(&t.mk, B(3), 0, M);
	send_drain(&t.mk, B(2), 0, M);
	send_drain(&t.mk, B(2) + 1, 0, M);
	send_drain(&t.mk, B(2) + 9, 0, M);
	send_mark(&t.mk, "and so on");
	go(&t);
	list_is(&t, 0, 0, M, 1, (uint64_t[]){ B(3) });
	list_is(&t, 1, 0, M, 2, (uint64_t[]){ B(2) + 1, B(2) });
	assert_int_equal(t.facts.pcp_lacking, 0);
	end(&t);
}

/* What comes behind a gap in the records isn't believed. */
static void gap(void **state)
{
	static struct test t;

	(void)state;
	prepare(&t);
	begin(&t);
	send_drain(&t.mk, B(2), 0, M);
	t.mk.missed = 3;
	send_drain(&t.mk, B(2) + 1, 0, M);
	send_drain(&t.mk, B(2) + 2, 0, M);
	go(&t);
	assert_int_equal(t.facts.pcp_told, 1);
	end(&t);
}

/* The inactive file pages of node 0, the coldest first. */
static size_t cold_first(const struct test *t, uint64_t *pfn, size_t max)
{
	size_t n = 0;

	for (uint32_t p = t->s->reclaim->list[LRU_CLASSIC(0, MM_INACTIVE_FILE)].last; p != MM_NIL && n < max;
	     p = mm_sim_lru_ent(t->s, p).prev)
		pfn[n++] = p;
	return n;
}

/* 64 pages of files: kswapd takes number 30, then 10, a task's reclaim takes 50; its owner frees 40 between the first two. */
static void reclaim_tells(struct test *t)
{
	prepare(t);
	fill(t, B(2), 64, KPF_LRU);
	begin(t);
	t->mk.pid = KSWAPD;
	send_free(&t->mk, B(2) + 30, 0);
	t->mk.pid = 214;
	send_free(&t->mk, B(2) + 40, 0);
	t->mk.pid = KSWAPD;
	send_free(&t->mk, B(2) + 10, 0);
	t->mk.pid = 214;
	send_any(&t->mk, SG_EV_mm_vmscan_direct_reclaim_begin, 0, 0, 0, 0);
	send_free(&t->mk, B(2) + 50, 0);
	send_any(&t->mk, SG_EV_mm_vmscan_direct_reclaim_end, 1, 0, 0, 0);
	/* taken, and so no longer what it was at the start */
	send_alloc(&t->mk, B(2) + 50, 0, M);
	t->mk.pid = KSWAPD;
	send_free(&t->mk, B(2) + 50, 0);
}

static void lru_order(void **state)
{
	static struct test t;
	uint64_t pfn[3][64], told[4], seen = 0;
	static const uint64_t seeds[3] = { 1, 1, 2 };

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		unsigned int n = 0;

		reclaim_tells(&t);
		t.cfg.seed = seeds[i];
		go(&t);
		assert_int_equal(cold_first(&t, pfn[i], 64), 64);
		assert_int_equal(t.facts.lru_ordered, 3);
		/* the one that its owner freed may stand anywhere behind the first */
		assert_int_equal(pfn[i][0], B(2) + 30);
		for (unsigned int k = 0; k < 64 && n < 3; k++)
			if (pfn[i][k] != B(2) + 40)
				told[n++] = pfn[i][k];
		assert_int_equal(told[0], B(2) + 30);
		assert_int_equal(told[1], B(2) + 10);
		assert_int_equal(told[2], B(2) + 50);
		for (unsigned int k = 0; k < 64; k++)
			seen |= UINT64_C(1) << (pfn[i][k] - B(2));
		assert_int_equal(seen, UINT64_MAX);
		end(&t);
	}
	assert_memory_equal(pfn[0], pfn[1], sizeof(pfn[0]));
	assert_memory_not_equal(pfn[0], pfn[2], sizeof(pfn[0]));
}

/* It stands between those reclaimed before and after it was freed in some of 200 seeds (2 places of 63), never before the first. */
static void anywhere_behind(void **state)
{
	static struct test t;
	unsigned int between = 0;

	(void)state;
	reclaim_tells(&t);
	for (uint64_t seed = 0; seed < 200; seed++) {
		uint64_t pfn[64];

		t.cfg.seed = seed;
		go(&t);
		cold_first(&t, pfn, 64);
		assert_int_equal(pfn[0], B(2) + 30);
		between += pfn[1] == B(2) + 40 || pfn[2] == B(2) + 40;
		mm_sim_free(t.s);
		t.s = NULL;
	}
	assert_in_range(between, 1, 30);
	end(&t);
}

/*
 * Generations: the counters say that of 64 pages 16 are in the two youngest ones, so the 48 coldest are in the oldest, and those
 * that reclaim takes first stand at its end.
 */
static void generations(void **state)
{
	static struct test t;
	const struct lru_list *oldest;

	(void)state;
	prepare(&t);
	fill(&t, B(2), 64, KPF_LRU);
	kv(&t, "lru_gen.enabled", "0x0007");
	kv(&t, "vmstat.nr_active_file", "16");
	kv(&t, "vmstat.nr_inactive_file", "48");
	t.cfg.policy.tune[MM_TUNE_LRU_GEN] = 1;
	begin(&t);
	t.mk.pid = KSWAPD;
	send_free(&t.mk, B(2) + 30, 0);
	send_free(&t.mk, B(2) + 10, 0);
	go(&t);
	oldest = &t.s->reclaim->list[LRU_GEN(0, t.s->reclaim->node[0].gens.min_seq[MM_FILE] % MM_MAX_GENS, MM_FILE)];
	assert_int_equal(oldest->pages, 48);
	assert_int_equal(oldest->last, B(2) + 30);
	assert_int_equal(mm_sim_lru_ent(t.s, oldest->last).prev, B(2) + 10);
	assert_int_equal(mm_lru_zone_size(t.s, 0, MM_ACTIVE_FILE), 16);
	end(&t);
}

/*
 * 16 pageblocks: a drain shows 5 to be Unmovable; a pick in 6 for Unmovable is that of its claim, so it was Movable; a pick of 7
 * with a claim elsewhere behind it shows 7.  Sums: 4 Unmovable ones, 1 Reclaimable one.  Three Unmovable ones are then left
 * less two: 5 and 7; so two of those with most pages that can't be moved: 2 has 512, 3 has 400; then the Reclaimable one: 4 with 300.
 */
static void block_types(void **state)
{
	static struct test t;
	static const unsigned int want[NR_BLOCKS] = { M, M, U, U, R, U, M, U, M, M, M, M, M, M, M, M };

	(void)state;
	prepare(&t);
	fill(&t, B(3), 112, KPF_LRU);
	fill(&t, B(4), 212, KPF_LRU);
	fill(&t, B(5), 11 * BLOCK, KPF_LRU);
	t.mk.zone[0].have_types = true;
	t.mk.zone[0].type_blocks[U] = 4;
	t.mk.zone[0].type_blocks[R] = 1;
	t.mk.zone[0].type_blocks[M] = 11;
	t.mk.zone[0].type_free[M][10] = 1;
	begin(&t);
	send_drain(&t.mk, B(5) + 3, 0, U);
	send_locked(&t.mk, B(6) + 8, 0, U, false);
	send_extfrag(&t.mk, B(6), 0, 3, U, M, OWNED);
	send_locked(&t.mk, B(7) + 8, 0, U, false);
	send_extfrag(&t.mk, B(8), 0, 3, U, M, NOT_OWNED);
	go(&t);
	for (unsigned int i = 0; i < NR_BLOCKS; i++)
		assert_int_equal(mm_blk(t.s->m, B(i) / BLOCK).mt, want[i]);
	assert_int_equal(t.facts.blocks_foreseen, 4);
	assert_int_equal(t.facts.blocks_summed, 12);
	assert_int_equal(t.facts.blocks_guessed, 0);
	assert_int_equal(t.s->m->core.zone[0].type_blocks[U], 4);
	assert_int_equal(t.s->m->core.zone[0].type_blocks[R], 1);
	end(&t);
}

/* Of two whole free blocks of order 9, pagetypeinfo counts one on the Unmovable list: the one that no event shows. */
static void whole_free_blocks(void **state)
{
	static struct test t;

	(void)state;
	prepare(&t);
	fill(&t, B(1), BLOCK, KPF_LRU);
	fill(&t, B(2), BLOCK, KPF_BUDDY);
	t.mk.zone[0].have_types = true;
	t.mk.zone[0].type_blocks[U] = 1;
	t.mk.zone[0].type_blocks[M] = 15;
	t.mk.zone[0].type_free[M][9] = 1;
	t.mk.zone[0].type_free[U][9] = 1;
	begin(&t);
	send_locked(&t.mk, B(0), 0, M, true);
	send_mark(&t.mk, "and so on");
	go(&t);
	assert_int_equal(mm_blk(t.s->m, B(0) / BLOCK).mt, M);
	assert_int_equal(mm_blk(t.s->m, B(2) / BLOCK).mt, U);
	assert_int_equal(t.s->m->core.zone[0].list[9][U].nr_linked, 1);
	assert_int_equal(t.s->m->core.zone[0].list[9][M].nr_linked, 1);
	end(&t);
}

/* zoneinfo's marks are with the boost of the moment, and its lists have their high. */
static void boost_and_high(void **state)
{
	static struct test t;

	(void)state;
	prepare(&t);
	t.mk.zone[0].wmark_boost = 30;
	t.mk.zone[0].wmark_min += 30;
	t.mk.zone[0].wmark_low += 30;
	t.mk.zone[0].wmark_high += 30;
	t.pcp[1].high = 55;
	begin(&t);
	send_mark(&t.mk, "and so on");
	go(&t);
	assert_int_equal(mm_sim_boost(t.s, 0), 30);
	assert_int_equal(t.s->m->core.zone[0].wmark_min, 100);
	assert_int_equal(t.s->m->core.zone[0].wmark_high, 150);
	assert_int_equal(t.s->alloc->pcp[0].tune.high, 37);
	assert_int_equal(t.s->alloc->pcp[1].tune.high, 55);
	end(&t);
}

/*
 * watermark_scale_factor=500: 8,092 managed pages * 500 / 10,000 = 404 between the marks, the least being what it was.
 * min_free_kbytes=800: min is 200 pages, a quarter of that between the marks.
 */
static void settings(void **state)
{
	static const struct {
		const char *spec;
		uint64_t min, low, high;
	} of[] = {
		{ "linux-7.3", 100, 125, 150 },
		{ "linux-7.3,defrag_mode=1", 100, 125, 150 },
		{ "linux-7.3,watermark_scale_factor=500", 100, 504, 908 },
		{ "linux-7.3,min_free_kbytes=800", 200, 250, 300 },
	};
	static struct test t;

	(void)state;
	for (unsigned int i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		const struct zone_state *z;

		prepare(&t);
		assert_int_equal(mm_policy_parse(of[i].spec, &t.cfg.policy, NULL), 0);
		begin(&t);
		go(&t);
		z = &t.s->m->core.zone[0];
		assert_int_equal(z->wmark_min, of[i].min);
		assert_int_equal(z->wmark_low, of[i].low);
		assert_int_equal(z->wmark_high, of[i].high);
		end(&t);
	}
}

/*
 * Pages of a file locked in memory: reclaim doesn't know them, compaction moves them unless it is told not to.  A balloon's are alike.
 * The lowest pageblock has both, the free ones lie above.
 */
static void unevictable(void **state)
{
	static struct test t;

	(void)state;
	for (int allowed = 0; allowed < 2; allowed++) {
		struct page_ent e;

		prepare(&t);
		fill(&t, B(0), 2 * BLOCK, KPF_BUDDY);
		fill(&t, B(0) + 3, 1, KPF_LRU | KPF_UNEVICTABLE);
		fill(&t, B(0) + 9, 1, KPF_OFFLINE);
		fill(&t, B(14), 2 * BLOCK, KPF_BUDDY);
		fill(&t, B(14) + 1, 1, 1);
		fill(&t, B(15) + 1, 1, 1);
		t.cfg.policy.tune[MM_TUNE_COMPACT_UNEVICTABLE] = allowed;
		begin(&t);
		go(&t);
		assert_int_equal(t.facts.movable_ops, 1);
		assert_int_equal(mm_lru_total(t.s, 0), 0);
		assert_false(mm_sim_on_lru(t.s, B(0) + 3));
		mm_sim_compact_node(t.s, 0);
		assert_int_equal(t.s->stat[MM_SIM_PGMIGRATE_SUCCESS], allowed ? 2 : 0);
		e = mm_ent(t.s->m, B(0) + 3);
		assert_int_equal(mm_sim_unevictable(&e), !allowed);
		if (allowed) {
			unsigned int n = 0;

			/* they are what they were where they are now, and go when they are freed */
			for (uint64_t p = B(14); p < END; p++) {
				e = mm_ent(t.s->m, p);
				n += mm_sim_unevictable(&e);
				if (mm_sim_unevictable(&e))
					mm_sim_release(t.s, 0, p, 0);
			}
			assert_int_equal(n, 2);
		}
		end(&t);
	}
}

/* Of the page flags: a folio of 16 pages is one, a dirty page is dirty, one that was referenced is so. */
static void page_flags(void **state)
{
	static struct test t;

	(void)state;
	prepare(&t);
	fill(&t, B(2) + 16, 1, KPF_LRU | KPF_COMPOUND_HEAD);
	fill(&t, B(2) + 17, 15, KPF_COMPOUND_TAIL);
	fill(&t, B(2) + 32, 1, KPF_LRU | KPF_DIRTY);
	fill(&t, B(2) + 33, 1, KPF_LRU | KPF_REFERENCED);
	/* a slab's */
	fill(&t, B(3), 1, KPF_COMPOUND_HEAD);
	fill(&t, B(3) + 1, 3, KPF_COMPOUND_TAIL);
	begin(&t);
	go(&t);
	assert_int_equal(t.facts.lru_pages, 3);
	assert_int_equal(t.facts.lru_large, 1);
	assert_int_equal(mm_lru_total(t.s, 0), 18);
	assert_int_equal(mm_sim_lru_ent(t.s, B(2) + 16).order, 4);
	assert_true(mm_sim_lru_ent(t.s, B(2) + 32).flags & LF_DIRTY);
	assert_true(mm_sim_lru_ent(t.s, B(2) + 33).flags & LF_REFERENCED);
	assert_false(mm_sim_lru_ent(t.s, B(2) + 16).flags & (LF_DIRTY | LF_REFERENCED));
	/* it was split, and one of its pages goes */
	mm_sim_release(t.s, 0, B(2) + 20, 0);
	assert_int_equal(mm_lru_total(t.s, 0), 17);
	assert_true(mm_sim_on_lru(t.s, B(2) + 31));
	assert_int_equal(mm_sim_lru_audit(t.s, NULL), 0);
	end(&t);
}

static void compaction(struct test *t, uint64_t migrate, uint64_t free)
{
	send_any(&t->mk, SG_EV_mm_compaction_begin, START, migrate, free, END);
}

/*
 * kcompactd, woken for a block of order 9, begins at pageblock 2 and scans 5 and 6, then passes the rest up to 14; the
 * run ends there.  The next run passes all from 0 to 14.  So 0 to 4 and 7 to 13 were marked, 5
 * and 6 weren't, and what the third scans after the marks were cleared changes nothing; of 14 and 15 nothing tells.
 */
static void hints(struct test *t)
{
	prepare(t);
	kv(t, "vmstat.compact_migrate_scanned", "100");
	fill(t, B(0), 2 * BLOCK, 1);
	begin(t);
	t->mk.pid = 39;
	send_any(&t->mk, SG_EV_mm_compaction_kcompactd_wake, 0, 9, 2, 0);
	compaction(t, B(2), B(14));
	send_any(&t->mk, SG_EV_mm_compaction_isolate_migratepages, B(5), B(6), 512, 0);
	send_any(&t->mk, SG_EV_mm_compaction_isolate_migratepages, B(6), B(7), 512, 0);
	send_any(&t->mk, SG_EV_mm_compaction_end, START, B(14), B(14), END);
	send_any(&t->mk, SG_EV_mm_compaction_kcompactd_wake, 0, 9, 2, 0);
	compaction(t, B(0), B(14));
	send_any(&t->mk, SG_EV_mm_compaction_end, START, B(14), B(14), END);
	send_any(&t->mk, SG_EV_mm_compaction_kcompactd_wake, 0, 9, 2, 0);
	compaction(t, B(0), B(14));
	send_any(&t->mk, SG_EV_mm_compaction_isolate_migratepages, B(3), B(4), 512, 0);
	send_any(&t->mk, SG_EV_mm_compaction_end, START, B(4), B(14), END);
}

static void skip_hints(void **state)
{
	static struct test t;

	(void)state;
	for (int marked = 0; marked < 2; marked++) {
		hints(&t);
		t.cfg.hints_marked = marked;
		go(&t);
		for (unsigned int i = 0; i < NR_BLOCKS; i++)
			assert_int_equal(mm_sim_skip_get(t.s, B(i)), i >= 14 ? marked : i != 5 && i != 6);
		assert_int_equal(t.facts.hints_told, 14);
		assert_int_equal(t.facts.hints_assumed, 2);
		assert_int_equal(t.facts.scanners_told, 1);
		assert_int_equal(t.s->compact->zone[0].cached_migrate[1], B(2));
		assert_int_equal(t.s->compact->zone[0].cached_free, B(14));
		end(&t);
	}
}

/* A machine that has never compacted has neither, whatever the caller assumes. */
static void never_compacted(void **state)
{
	static struct test t;

	(void)state;
	prepare(&t);
	kv(&t, "vmstat.compact_migrate_scanned", "0");
	t.cfg.hints_marked = true;
	begin(&t);
	go(&t);
	assert_true(t.facts.never_compacted);
	for (unsigned int i = 0; i < NR_BLOCKS; i++)
		assert_false(mm_sim_skip_get(t.s, B(i)));
	end(&t);
}

/* A run over the whole zone (kcompactd that nobody woke) looks at no marks: it tells nothing, and neither do positions behind it. */
static void runs_that_heed_nothing(void **state)
{
	static struct test t;

	(void)state;
	prepare(&t);
	kv(&t, "vmstat.compact_migrate_scanned", "100");
	begin(&t);
	t.mk.pid = 39;
	compaction(&t, START, B(15));
	send_any(&t.mk, SG_EV_mm_compaction_isolate_migratepages, B(5), B(6), 512, 0);
	send_any(&t.mk, SG_EV_mm_compaction_end, START, B(15), B(15), END);
	go(&t);
	assert_int_equal(t.facts.scanners_told, 0);
	assert_int_equal(t.facts.hints_told, 0);
	assert_int_equal(t.facts.hints_assumed, 16);
	end(&t);
}

/* A try that was put off as the third of 8: two had been before it. */
static void deferral(void **state)
{
	static struct test t;
	struct sg_event ev;

	(void)state;
	prepare(&t);
	kv(&t, "vmstat.compact_migrate_scanned", "100");
	begin(&t);
	ev = made_event(&t.mk, SG_EV_mm_compaction_deferred);
	ev.v[SGF_mm_compaction_deferred_nid] = 0;
	ev.v[SGF_mm_compaction_deferred_idx] = 2;
	ev.v[SGF_mm_compaction_deferred_order] = 9;
	ev.v[SGF_mm_compaction_deferred_considered] = 3;
	ev.v[SGF_mm_compaction_deferred_defer_shift] = 3;
	ev.v[SGF_mm_compaction_deferred_order_failed] = 7;
	made_send(&t.mk, &ev);
	go(&t);
	assert_int_equal(t.facts.deferral_told, 1);
	assert_int_equal(t.s->compact->zone[0].defer.considered, 2);
	assert_int_equal(t.s->compact->zone[0].defer.shift, 3);
	assert_int_equal(t.s->compact->zone[0].defer.failed, 7);
	end(&t);
}

/* Without all of it the run starts as before: nothing told, all pages that bear no mark in use. */
static void nothing_known(void **state)
{
	static struct test t;
	struct sg_err err = { 0 };

	(void)state;
	prepare(&t);
	t.pcp[0].count = 6;
	begin(&t);
	send_drain(&t.mk, B(2), 0, M);
	t.s = mm_sim_from(t.at, &t.cfg, &t.facts, &err);
	assert_non_null(t.s);
	assert_int_equal(t.facts.pcp_told + t.facts.pcp_counted + t.facts.used_told, 0);
	assert_int_equal(t.s->m->core.zone[0].nr_pages[PS_PCP], 0);
	assert_int_equal(t.s->m->core.zone[0].nr_pages[PS_ALLOC], 14 * BLOCK);
	end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(per_cpu_lists), cmocka_unit_test(counts_that_lack), cmocka_unit_test(remote_drains),
		cmocka_unit_test(remote_drains_counted),
		cmocka_unit_test(gap), cmocka_unit_test(lru_order), cmocka_unit_test(anywhere_behind), cmocka_unit_test(generations),
		cmocka_unit_test(block_types), cmocka_unit_test(whole_free_blocks), cmocka_unit_test(boost_and_high),
		cmocka_unit_test(settings), cmocka_unit_test(unevictable), cmocka_unit_test(page_flags),
		cmocka_unit_test(skip_hints), cmocka_unit_test(never_compacted), cmocka_unit_test(runs_that_heed_nothing),
		cmocka_unit_test(deferral), cmocka_unit_test(nothing_known),
	};

	return cmocka_run_group_tests_name("what a run's start takes from later events and snapshots", tests, NULL, NULL);
}
