// SPDX-License-Identifier: GPL-2.0-only
/* Figures counted from events, and verdicts about them. */
#include "made.h"

#include "figures/compare.h"
#include "figures/count.h"
#include "figures/figures.h"

#define DIRECT 0x400ull /* __GFP_DIRECT_RECLAIM */
#define THISNODE 0x800ull
#define THP 0x7000ull /* comp, nomemalloc, nowarn; and movable */
#define MOVABLE 0x8ull
#define KSWAPD 50
#define MS UINT64_C(1000000)

static const struct sg_task_name names[] = { { KSWAPD, "kswapd0" }, { 301, "worker" } };

struct run {
	struct made mk;
	struct mm_figures *f;
	uint64_t now; /* ns */
	struct mm_policy p;
};

/* Time goes on by a millisecond with each event. */
static void begin(struct run *r, const char *policy)
{
	struct sg_err err;

	made_init(&r->mk, 7, 3, MADE_USED);
	r->now = 0;
	for (unsigned int k = 0; k < SG_KIND_COUNT; k++)
		r->mk.cap.present[k] = true;
	r->mk.cap.task = names;
	r->mk.cap.nr_tasks = 2;
	r->mk.cap.gfp.direct_reclaim = DIRECT;
	r->mk.cap.gfp.thisnode = THISNODE;
	r->mk.cap.gfp.movable = MOVABLE;
	r->mk.cap.gfp.comp = 0x1000;
	r->mk.cap.gfp.nomemalloc = 0x2000;
	r->mk.cap.gfp.nowarn = 0x4000;
	assert_int_equal(mm_policy_parse(policy, &r->p, &err), 0);
	r->f = mm_figures_new(&r->mk.cap, &r->p);
	assert_non_null(r->f);
}

static bool send(struct run *r, struct sg_event ev)
{
	ev.ts = r->now += MS;
	mm_observe(r->mk.m, &ev);
	return mm_figures_add(r->f, &ev, r->mk.m);
}

static struct sg_event with(struct run *r, enum sg_kind kind, unsigned int slot, uint64_t v)
{
	struct sg_event ev = made_event(&r->mk, kind);

	ev.v[slot] = v;
	return ev;
}

static void alloc(struct run *r, uint64_t pfn, unsigned int order, uint64_t gfp)
{
	struct sg_event ev = with(r, SG_EV_mm_page_alloc, SGF_mm_page_alloc_pfn, pfn);

	ev.v[SGF_mm_page_alloc_order] = order;
	ev.v[SGF_mm_page_alloc_gfp_flags] = gfp;
	ev.v[SGF_mm_page_alloc_migratetype] = U;
	send(r, ev);
}

static void reclaim(struct run *r, uint64_t pages)
{
	send(r, with(r, SG_EV_mm_vmscan_direct_reclaim_begin, SGF_mm_vmscan_direct_reclaim_begin_order, 0));
	send(r, with(r, SG_EV_mm_vmscan_lru_shrink_inactive, SGF_mm_vmscan_lru_shrink_inactive_nr_reclaimed, pages));
	send(r, with(r, SG_EV_mm_vmscan_direct_reclaim_end, SGF_mm_vmscan_direct_reclaim_end_nr_reclaimed, pages));
}

static void end(struct run *r, struct mm_figure_values *v)
{
	assert_true(mm_figures_end(r->f, r->mk.m, v));
	mm_figures_free(r->f);
	made_fini(&r->mk);
}

/* Three requests stall 3, 7 and 3 ms, the middle one for two rounds; one fails.  48 pages are reclaimed for two pages. */
static void test_stalls(void **state)
{
	struct mm_figure_values v;
	struct run r;

	(void)state;
	begin(&r, "linux-7.3");
	r.mk.pid = 301;
	alloc(&r, B(1), 0, DIRECT); /* doesn't wait */
	reclaim(&r, 16);
	alloc(&r, B(1) + 1, 0, DIRECT); /* 3 ms behind the beginning */
	reclaim(&r, 8);
	alloc(&r, B(1) + 2, 0, 0); /* can't reclaim, so it isn't what waits */
	reclaim(&r, 24);
	alloc(&r, B(1) + 3, 0, DIRECT);
	reclaim(&r, 0);
	alloc(&r, 0, 0, DIRECT);
	end(&r, &v);
	assert_int_equal(v.v[MM_FIG_STALLS], 3);
	assert_int_equal(v.v[MM_FIG_DIRECT_RECLAIMS], 4);
	assert_int_equal(v.v[MM_FIG_STALL_NS], (3 + 7 + 3) * MS);
	assert_int_equal(v.v[MM_FIG_STALL_P50_NS], 3 * MS);
	assert_int_equal(v.v[MM_FIG_STALL_P99_NS], 7 * MS);
	assert_int_equal(v.v[MM_FIG_STALL_MAX_NS], 7 * MS);
	assert_int_equal(v.v[MM_FIG_STALL_RETRIES], 333); /* one beyond the first in three */
	assert_int_equal(v.v[MM_FIG_ALLOC_FAILED], 1);
	assert_int_equal(v.v[MM_FIG_PGSTEAL_DIRECT], 48);
	assert_int_equal(v.v[MM_FIG_PGSTEAL_KSWAPD], 0);
	assert_int_equal(v.v[MM_FIG_RECLAIMED_PER_PAGE], 24000);
	assert_int_equal(v.v[MM_FIG_PAGES_OBTAINED], 4);
	assert_int_equal(v.v[MM_FIG_OBTAINED], 4);
	assert_int_equal(v.v[MM_FIG_WINDOW_NS], 16 * MS);
}

/* A pass that begins again with a higher priority is one more, as is each begin; kswapd's aren't. */
static void test_passes(void **state)
{
	static const unsigned int priority[] = { 12, 11, 0, 12, 11 };
	struct mm_figure_values v;
	struct run r;

	(void)state;
	begin(&r, "linux-7.3");
	r.mk.pid = 301;
	send(&r, with(&r, SG_EV_mm_vmscan_direct_reclaim_begin, SGF_mm_vmscan_direct_reclaim_begin_order, 0));
	for (unsigned int i = 0; i < 5; i++)
		send(&r, with(&r, SG_EV_mm_vmscan_lru_shrink_inactive, SGF_mm_vmscan_lru_shrink_inactive_priority, priority[i]));
	send(&r, with(&r, SG_EV_mm_vmscan_direct_reclaim_end, SGF_mm_vmscan_direct_reclaim_end_nr_reclaimed, 0));
	r.mk.pid = KSWAPD;
	send(&r, with(&r, SG_EV_mm_vmscan_lru_shrink_inactive, SGF_mm_vmscan_lru_shrink_inactive_nr_reclaimed, 32));
	end(&r, &v);
	assert_int_equal(v.v[MM_FIG_ALLOCSTALL], 2);
	assert_int_equal(v.v[MM_FIG_DIRECT_RECLAIMS], 1);
	assert_int_equal(v.v[MM_FIG_PGSTEAL_KSWAPD], 32);
	assert_int_equal(v.v[MM_FIG_PGSTEAL], 32);
	assert_int_equal(v.v[MM_FIG_PGSTEAL_DIRECT], 0);
}

static void try(struct run *r, enum sg_kind next)
{
	send(r, with(r, SG_EV_mm_compaction_try_to_compact_pages, SGF_mm_compaction_try_to_compact_pages_order, 9));
	if (next)
		send(r, made_event(&r->mk, next));
}

/* A try that ran and has its page, one that ran and must reclaim, one that was put off, one that every zone skipped. */
static void compactions(const char *policy, struct mm_figure_values *v)
{
	struct run r;

	begin(&r, policy);
	r.mk.pid = 301;
	try(&r, SG_EV_mm_compaction_begin);
	alloc(&r, B(1), 0, DIRECT); /* defrag_mode compacts for a whole block, the request is of order 0 */
	try(&r, SG_EV_mm_compaction_begin);
	reclaim(&r, 1);
	try(&r, SG_EV_mm_compaction_deferred);
	reclaim(&r, 1);
	try(&r, SG_EV_mm_compaction_suitable);
	alloc(&r, B(1) + 1, 0, DIRECT);
	end(&r, v);
	assert_int_equal(v->v[MM_FIG_COMPACT_RUNS], 2);
	assert_int_equal(v->v[MM_FIG_COMPACT_SUCCESS], 1);
	assert_int_equal(v->v[MM_FIG_STALLS], 2);
}

static void test_compactions(void **state)
{
	struct mm_figure_values v;

	(void)state;
	compactions("linux-7.2", &v);
	assert_int_equal(v.v[MM_FIG_COMPACT_STALL], 2);
	assert_int_equal(v.v[MM_FIG_COMPACT_FAIL], 1);
	/* before, what was put off is counted */
	compactions("linux-6.18", &v);
	assert_int_equal(v.v[MM_FIG_COMPACT_STALL], 3);
	assert_int_equal(v.v[MM_FIG_COMPACT_FAIL], 2);
}

/* The local node alone first, then any: one fallback.  hugetlb's requests aren't faults. */
static void test_huge(void **state)
{
	struct mm_figure_values v;
	struct run r;

	(void)state;
	begin(&r, "linux-7.3");
	r.mk.pid = 301;
	alloc(&r, B(2), 9, THP | MOVABLE | DIRECT);
	alloc(&r, 0, 9, THP | MOVABLE | DIRECT | THISNODE);
	alloc(&r, UINT64_MAX, 9, THP | MOVABLE | DIRECT);
	alloc(&r, B(3), 9, MOVABLE | DIRECT | 0x1000);
	end(&r, &v);
	assert_int_equal(v.v[MM_FIG_THP_FAULT_ALLOC], 1);
	assert_int_equal(v.v[MM_FIG_THP_FAULT_FALLBACK], 1);
	assert_int_equal(v.v[MM_FIG_OBTAINED + 9], 2);
	assert_int_equal(v.v[MM_FIG_ALLOC_FAILED], 2);
}

static struct sg_event content(struct run *r, enum sg_kind kind, uint64_t index)
{
	struct sg_event ev = made_event(&r->mk, kind);
	bool add = kind == SG_EV_mm_filemap_add_to_page_cache;

	ev.v[add ? SGF_mm_filemap_add_to_page_cache_s_dev : SGF_mm_filemap_delete_from_page_cache_s_dev] = 8;
	ev.v[add ? SGF_mm_filemap_add_to_page_cache_i_ino : SGF_mm_filemap_delete_from_page_cache_i_ino] = 7;
	ev.v[add ? SGF_mm_filemap_add_to_page_cache_index : SGF_mm_filemap_delete_from_page_cache_index] = index;
	return ev;
}

/* Of 2,000 pages kswapd takes all; one is cut from its file then, one never comes back, the others are read twice. */
static void test_refaults(void **state)
{
	struct mm_figure_values v;
	struct run r;

	(void)state;
	begin(&r, "linux-7.3");
	r.mk.pid = KSWAPD;
	for (uint64_t i = 0; i < 2000; i++)
		send(&r, content(&r, SG_EV_mm_filemap_delete_from_page_cache, i));
	r.mk.pid = 301;
	send(&r, content(&r, SG_EV_mm_filemap_delete_from_page_cache, 0));
	for (uint64_t i = 0; i < 2 * 1999; i++)
		send(&r, content(&r, SG_EV_mm_filemap_add_to_page_cache, i % 1999));
	end(&r, &v);
	assert_int_equal(v.v[MM_FIG_REFAULTS], 1998);
}

/*
 * Pageblock 0 is free for 5 ms of 10; what comes behind the end's marker isn't counted.  A page of an Unmovable request lies
 * in a Movable block.
 */
static void test_state_and_end(void **state)
{
	struct mm_figure_values v;
	struct sg_event ev;
	struct run r;

	(void)state;
	begin(&r, "linux-7.3");
	r.mk.pid = 301;
	send(&r, made_event(&r.mk, SG_EV_oom_score_adj_update)); /* at 1 ms */
	ev = with(&r, SG_EV_mm_page_free, SGF_mm_page_free_pfn, B(0));
	ev.v[SGF_mm_page_free_order] = 10;
	send(&r, ev);
	ev = with(&r, SG_EV_mm_page_alloc_zone_locked, SGF_mm_page_alloc_zone_locked_pfn, B(0));
	ev.v[SGF_mm_page_alloc_zone_locked_order] = 0;
	ev.v[SGF_mm_page_alloc_zone_locked_migratetype] = M;
	ev.v[SGF_mm_page_alloc_zone_locked_percpu_refill] = 0;
	r.now += 4 * MS;
	send(&r, ev); /* at 7 ms: blocks 0 and 1 were free from 2 ms on, 1 alone is from here */
	alloc(&r, B(0), 0, 0);
	r.now += 2 * MS;
	ev = made_event(&r.mk, SG_EV_print);
	ev.str = "snapshot-end";
	ev.str_len = 12;
	assert_false(send(&r, ev)); /* at 11 ms */
	alloc(&r, B(1), 0, 0);
	end(&r, &v);
	assert_int_equal(v.v[MM_FIG_PAGES_OBTAINED], 1);
	assert_int_equal(v.v[MM_FIG_WINDOW_NS], 10 * MS);
	assert_int_equal(v.v[MM_FIG_WHOLE_FREE_MEAN], (5 * 2 + 4 * 1) * 1000 / 10);
	assert_int_equal(v.v[MM_FIG_WHOLE_FREE_MIN], 0);
	assert_int_equal(v.v[MM_FIG_WHOLE_FREE_END], 1);
	assert_int_equal(v.v[MM_FIG_FREE_END + 9], 1);
	assert_int_equal(v.v[MM_FIG_FREE_END + 0], 1);
	assert_int_equal(v.v[MM_FIG_FREE_PAGES_END], 1023);
	assert_int_equal(v.v[MM_FIG_FREE_END + 11], MM_FIGURE_UNKNOWN);
	assert_int_equal(v.v[MM_FIG_MOVABLE_END], 1);
	assert_int_equal(v.v[MM_FIG_POLLUTED_END], 1);
	assert_int_equal(v.v[MM_FIG_HOPELESS], 0);
	assert_int_equal(v.v[MM_FIG_HOPELESS + 1], MM_FIGURE_UNKNOWN);
}

/* What wasn't recorded isn't 0. */
static void test_unrecorded(void **state)
{
	struct mm_figure_values v;
	struct run r;

	(void)state;
	begin(&r, "linux-7.3");
	r.mk.cap.present[SG_EV_mm_page_alloc_extfrag] = false;
	end(&r, &v);
	assert_int_equal(v.v[MM_FIG_EXTFRAG], MM_FIGURE_UNKNOWN);
	assert_int_equal(v.v[MM_FIG_PAIR + 1], MM_FIGURE_UNKNOWN);
	assert_int_equal(v.v[MM_FIG_ALLOC_FAILED], 0);
}

/* Before 6.7 the generations left no event of what they took, which isn't nothing. */
static void test_silent(void **state)
{
	struct mm_figure_values v;
	struct run r;

	(void)state;
	begin(&r, "linux-6.6");
	end(&r, &v);
	assert_int_equal(v.v[MM_FIG_PGSTEAL], MM_FIGURE_UNKNOWN);
	assert_int_equal(v.v[MM_FIG_PGSCAN_DIRECT], MM_FIGURE_UNKNOWN);
	begin(&r, "linux-6.6,lru_gen=0");
	end(&r, &v);
	assert_int_equal(v.v[MM_FIG_PGSTEAL], 0);
}

/* The kernel's own counters, over all zones; a counter that went back tells nothing. */
static void test_own_counters(void **state)
{
	static struct sg_kv a[] = { { "vmstat.allocstall_dma", "1" }, { "vmstat.allocstall_normal", "10" }, { "vmstat.compact_success", "9" },
				    { "vmstat.pswpout", "7" } },
			    b[] = { { "vmstat.allocstall_dma", "1" }, { "vmstat.allocstall_normal", "35" }, { "vmstat.compact_success", "12" },
				    { "vmstat.pswpout", "3" } };
	struct sg_zone_snap zone = { .have_types = true, .type_blocks = { 3, 12, 1 } };
	struct sg_snapshot from = { .nr_kv = 4, .kv = a }, to = { .nr_kv = 4, .kv = b, .nr_zones = 1, .zone = &zone };
	struct mm_figure_values v;
	struct made mk;

	(void)state;
	made_capture(&mk, 7, 3);
	for (unsigned int i = 0; i < MM_FIG_COUNT; i++)
		v.v[i] = 5;
	mm_figures_own(&v, &mk.cap, &from, &to);
	assert_int_equal(v.v[MM_FIG_ALLOCSTALL], 25);
	assert_int_equal(v.v[MM_FIG_COMPACT_SUCCESS], 3);
	assert_int_equal(v.v[MM_FIG_PSWPOUT], 5);
	assert_int_equal(v.v[MM_FIG_UNMOVABLE_END], 3);
	assert_int_equal(v.v[MM_FIG_MOVABLE_END], 12);
	assert_int_equal(v.v[MM_FIG_RECLAIMABLE_END], 1);
	assert_int_equal(v.v[MM_FIG_EXTFRAG], 5);
}

static void is_key(const struct sg_capture *cap, unsigned int fig, const char *key)
{
	struct mm_figure_info info;

	mm_figure_info(fig, cap, &info);
	assert_string_equal(info.key, key);
}

/* No two figures have one key; values as people write them. */
static void test_words(void **state)
{
	struct mm_figure_info a, b;
	struct made mk;
	char buf[40];

	(void)state;
	made_capture(&mk, 7, 3);
	is_key(&mk.cap, MM_FIG_EXTFRAG, "extfrag");
	is_key(&mk.cap, MM_FIG_FREE_END + 3, "free_blocks_end_order_3");
	is_key(&mk.cap, MM_FIG_PAIR + U * SG_MAX_MIGRATETYPES + M, "extfrag_unmovable_from_movable");
	is_key(&mk.cap, MM_FIG_HOPELESS + 1, "hopeless_ns_node_1");
	for (unsigned int i = 0; i < MM_FIG_COUNT; i++)
		for (unsigned int k = i + 1; k < MM_FIG_COUNT; k++) {
			mm_figure_info(i, &mk.cap, &a);
			mm_figure_info(k, &mk.cap, &b);
			assert_string_not_equal(a.key, b.key);
		}
	assert_string_equal(mm_figure_text(MM_UNIT_PAGES, 1234567, buf, sizeof(buf)), "1,234,567");
	assert_string_equal(mm_figure_text(MM_UNIT_TIMES, -999, buf, sizeof(buf)), "-999");
	assert_string_equal(mm_figure_text(MM_UNIT_MILLI, 1500, buf, sizeof(buf)), "1.50");
	assert_string_equal(mm_figure_text(MM_UNIT_NS, 2540000, buf, sizeof(buf)), "2.5 ms");
	assert_string_equal(mm_figure_text(MM_UNIT_NS, 3250000000, buf, sizeof(buf)), "3.25 s");
	assert_string_equal(mm_figure_text(MM_UNIT_PAGES, MM_FIGURE_UNKNOWN, buf, sizeof(buf)), "?");
}

static void test_ranges(void **state)
{
	static const int64_t odd[] = { 9, 1, 4 }, even[] = { 8, 2, MM_FIGURE_UNKNOWN, 5, 4 }, none[] = { MM_FIGURE_UNKNOWN };
	struct mm_range r = mm_range_of(odd, 3);

	(void)state;
	assert_true(r.low == 1 && r.mid == 4 && r.high == 9);
	r = mm_range_of(even, 5); /* 2 4 5 8 */
	assert_true(r.low == 2 && r.mid == 4 && r.high == 8);
	r = mm_range_of(none, 1);
	assert_int_equal(r.mid, MM_FIGURE_UNKNOWN);
	assert_int_equal(mm_error(10, &(struct mm_range){ 1, 4, 9 }), -6);
	assert_int_equal(mm_error(MM_FIGURE_UNKNOWN, &(struct mm_range){ 1, 4, 9 }), MM_FIGURE_UNKNOWN);
}

static void test_verdicts(void **state)
{
	static const struct {
		enum mm_more more;
		int64_t observed;
		struct mm_range own, policy;
		enum mm_effect verdict;
	} t[] = {
		/* own runs have the observation among them; the policy's lie below, so less of what is bad */
		{ MM_MORE_IS_WORSE, 100, { 90, 100, 120 }, { 10, 20, 30 }, MM_EFFECT_BETTER },
		{ MM_MORE_IS_BETTER, 100, { 90, 100, 120 }, { 10, 20, 30 }, MM_EFFECT_WORSE },
		{ MM_MORE_IS_NEITHER, 100, { 90, 100, 120 }, { 10, 20, 30 }, MM_EFFECT_LESS },
		{ MM_MORE_IS_NEITHER, 100, { 90, 100, 120 }, { 200, 220, 230 }, MM_EFFECT_MORE },
		/* ranges overlap */
		{ MM_MORE_IS_WORSE, 100, { 90, 100, 120 }, { 60, 80, 90 }, MM_EFFECT_SAME },
		/* own runs miss 200 by 80, the effect is 80: just as much; with 201 it is less */
		{ MM_MORE_IS_WORSE, 200, { 90, 100, 120 }, { 10, 20, 30 }, MM_EFFECT_BETTER },
		{ MM_MORE_IS_WORSE, 201, { 90, 100, 120 }, { 10, 20, 30 }, MM_EFFECT_CANT_TELL },
		/* the same runs differ in nothing, however wrong they are */
		{ MM_MORE_IS_WORSE, 900, { 90, 100, 120 }, { 90, 100, 120 }, MM_EFFECT_SAME },
		{ MM_MORE_IS_WORSE, MM_FIGURE_UNKNOWN, { 90, 100, 120 }, { 10, 20, 30 }, MM_EFFECT_CANT_TELL },
		{ MM_MORE_IS_WORSE, 100, { 90, 100, 120 }, { MM_FIGURE_UNKNOWN, MM_FIGURE_UNKNOWN, MM_FIGURE_UNKNOWN }, MM_EFFECT_CANT_TELL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (mm_effect(t[i].more, t[i].observed, &t[i].own, &t[i].policy) != t[i].verdict)
			fail_msg("case %zu: %s", i, mm_effect_key(mm_effect(t[i].more, t[i].observed, &t[i].own, &t[i].policy)));
}

#define ONE(v) { v, v, v }

/* Two runs side by side: nothing is better or worse unless it is known how far the model is off. */
static void two_runs(void **state)
{
	const int64_t no = MM_FIGURE_UNKNOWN;
	const struct mm_range none = { no, no, no }, own = { 90, 100, 110 };
	const struct {
		struct mm_two t;
		enum mm_effect effect;
		enum mm_doubt why;
	} c[] = {
		{ { ONE(100), ONE(100), true, false, no, none }, MM_EFFECT_SAME, MM_DOUBT_NONE },
		{ { ONE(no), ONE(100), true, false, 100, own }, MM_EFFECT_CANT_TELL, MM_DOUBT_NOT_TOLD },
		{ { ONE(100), ONE(90), false, true, no, none }, MM_EFFECT_CANT_TELL, MM_DOUBT_TWO_CAPTURES },
		{ { ONE(100), ONE(90), true, false, 100, none }, MM_EFFECT_CANT_TELL, MM_DOUBT_NO_OWN },
		{ { ONE(100), ONE(90), true, false, no, own }, MM_EFFECT_CANT_TELL, MM_DOUBT_NO_OBSERVATION },
		/* the capture has 130, 20 outside of the own runs: 20 less than their middle is just enough to be told, 19 isn't */
		{ { ONE(130), ONE(80), true, false, 130, own }, MM_EFFECT_BETTER, MM_DOUBT_NONE },
		{ { ONE(130), ONE(81), true, false, 130, own }, MM_EFFECT_CANT_TELL, MM_DOUBT_MODEL_MISSES },
		{ { ONE(100), ONE(109), true, false, 100, own }, MM_EFFECT_SAME, MM_DOUBT_NONE },
		{ { ONE(100), ONE(200), true, false, 100, own }, MM_EFFECT_WORSE, MM_DOUBT_NONE },
		/* two policies: what lies between them counts, not how far both are from the own runs */
		{ { ONE(500), ONE(520), false, false, 100, own }, MM_EFFECT_SAME, MM_DOUBT_NONE },
		{ { ONE(500), ONE(521), false, false, 100, own }, MM_EFFECT_WORSE, MM_DOUBT_NONE },
		{ { ONE(521), ONE(500), false, false, 132, own }, MM_EFFECT_CANT_TELL, MM_DOUBT_MODEL_MISSES },
		{ { ONE(521), ONE(499), false, false, 132, own }, MM_EFFECT_BETTER, MM_DOUBT_NONE },
		/* more runs of both: ranges that overlap are no difference */
		{ { { 480, 500, 540 }, { 535, 560, 600 }, false, false, 100, own }, MM_EFFECT_SAME, MM_DOUBT_NONE },
		{ { { 480, 500, 530 }, { 535, 560, 600 }, false, false, 100, own }, MM_EFFECT_WORSE, MM_DOUBT_NONE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
		enum mm_doubt why;
		enum mm_effect e = mm_effect_of_two(MM_MORE_IS_WORSE, &c[i].t, &why);

		if (e != c[i].effect || why != c[i].why)
			fail_msg("case %zu: %s, %s", i, mm_effect_key(e), mm_doubt_text(why));
	}
}

/* A log counted in slices comes to what its events come to one by one; what lies before the marker doesn't count. */
static void log_counted(void **state)
{
	const struct mm_figure_values *v;
	struct mm_count *c;
	struct made mk;

	(void)state;
	for (uint64_t slice = 1; slice < 1000; slice *= 30) {
		made_init(&mk, 7, 3, MADE_USED);
		mk.log = sg_log_new();
		assert_non_null(mk.log);
		for (unsigned int k = 0; k < SG_KIND_COUNT; k++)
			mk.cap.present[k] = true;
		send_alloc(&mk, START + 1, 0, M);
		send_mark(&mk, "snapshot-begin-done 1");
		send_alloc(&mk, START + 2, 3, M);
		send_alloc(&mk, UINT64_MAX, 2, M);
		send_extfrag(&mk, START + 8, 0, 9, U, M, 1);
		send_mark(&mk, "snapshot-end");
		send_alloc(&mk, START + 3, 0, M);
		c = mm_count_new(&mk.cfg, mk.log);
		assert_non_null(c);
		assert_null(mm_count_values(c));
		while (mm_count_work(c, slice))
			assert_in_range(mm_count_progress(c), 0, 999);
		assert_int_equal(mm_count_progress(c), 1000);
		v = mm_count_values(c);
		assert_non_null(v);
		assert_int_equal(v->v[MM_FIG_PAGES_OBTAINED], 8);
		assert_int_equal(v->v[MM_FIG_ALLOC_FAILED], 1);
		assert_int_equal(v->v[MM_FIG_EXTFRAG], 1);
		mm_count_free(c);
		made_fini(&mk);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_runs), cmocka_unit_test(log_counted), cmocka_unit_test(test_stalls),	     cmocka_unit_test(test_passes),
		cmocka_unit_test(test_compactions),  cmocka_unit_test(test_huge),
		cmocka_unit_test(test_refaults),     cmocka_unit_test(test_state_and_end),
		cmocka_unit_test(test_unrecorded),   cmocka_unit_test(test_own_counters),
		cmocka_unit_test(test_silent),	     cmocka_unit_test(test_words),	     cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_verdicts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
