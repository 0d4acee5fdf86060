// SPDX-License-Identifier: GPL-2.0-only
/* Rules of compaction as pure functions, each result worked out by hand. */
#include "test_sim_compact.h"

#include <string.h>

static const enum mm_rules all_rules[] = { MM_RULES_6_1, MM_RULES_6_12, MM_RULES_6_18, MM_RULES_7_2, MM_RULES_7_3 };

/* ---- deferral ------------------------------------------------------------------ */

static void deferral(void **state)
{
	struct mm_defer d = { .considered_known = true, .shift_known = true, .failed_known = true };

	(void)state;
	/* never failed: 1 of 1 tries is let through each time */
	assert_int_equal(mm_deferred(&d, 4), MM_NO);
	assert_int_equal(mm_deferred(&d, 4), MM_NO);
	mm_defer(&d, 4); /* shift 1: every second try */
	assert_int_equal(mm_deferred(&d, 4), MM_YES);
	assert_int_equal(mm_deferred(&d, 4), MM_NO);
	assert_int_equal(d.considered, 2);
	for (int i = 0; i < 9; i++)
		mm_defer(&d, 4);
	assert_int_equal(d.shift, 6);
	for (int i = 0; i < 63; i++)
		assert_int_equal(mm_deferred(&d, 4), MM_YES);
	assert_int_equal(mm_compact_restarting(&d, 4), MM_NO); /* 63 of 64 */
	assert_int_equal(mm_deferred(&d, 4), MM_NO);
	assert_int_equal(mm_compact_restarting(&d, 4), MM_YES);
	/* expected to succeed: only the order counts, below it nothing is put off */
	mm_defer_reset(&d, 4, false);
	assert_int_equal(d.failed, 5);
	assert_int_equal(d.shift, 6);
	assert_int_equal(mm_deferred(&d, 4), MM_NO);
	assert_int_equal(mm_compact_restarting(&d, 4), MM_NO);
	mm_defer(&d, 3); /* a lower order fails */
	assert_int_equal(d.failed, 3);
	mm_defer_reset(&d, 9, true);
	assert_int_equal(d.failed, 10);
	assert_int_equal(d.shift, 0);
	assert_int_equal(d.considered, 0);
}

/* ---- scores -------------------------------------------------------------------- */

/* proactiveness 20: 80 and 90.  97: 5 and 15 up to 6.18; 3 and 3 + min(10, 3 / 2) = 4 later. 5: 95, 100 at most. */
static void score_marks(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 5; i++) {
		bool later = all_rules[i] >= MM_RULES_7_2;

		assert_int_equal(mm_frag_mark(all_rules[i], 20, true), 80);
		assert_int_equal(mm_frag_mark(all_rules[i], 20, false), 90);
		assert_int_equal(mm_frag_mark(all_rules[i], 97, true), later ? 3 : 5);
		assert_int_equal(mm_frag_mark(all_rules[i], 97, false), later ? 4 : 15);
		assert_int_equal(mm_frag_mark(all_rules[i], 5, false), 100);
	}
}

/* ---- pageblocks ---------------------------------------------------------------- */

static void source_and_target(void **state)
{
	struct mm_compact_who w = { .pb_order = 9, .order = 4, .mt = MM_MT_UNMOVABLE, .mt_cma = 4, .direct = true,
				    .async = true };

	(void)state;
	for (unsigned int i = 0; i < 5; i++) {
		bool later = all_rules[i] >= MM_RULES_7_2;

		w.rules = all_rules[i];
		w.order = 4;
		w.mt = MM_MT_UNMOVABLE;
		w.async = w.direct = true;
		assert_int_equal(mm_source_type(&w, MM_MT_UNMOVABLE), MM_YES);
		assert_int_equal(mm_source_type(&w, MM_MT_MOVABLE), MM_NO);
		assert_int_equal(mm_source_type(&w, MM_MT_UNKNOWN), MM_MAYBE);
		w.order = 9; /* a whole pageblock: 7.2 and later clear movable ones for it */
		assert_int_equal(mm_source_type(&w, MM_MT_MOVABLE), later ? MM_YES : MM_NO);
		assert_int_equal(mm_source_type(&w, MM_MT_UNMOVABLE), later ? MM_NO : MM_YES);
		w.async = false; /* synchronous: any block, but 7.2 and later spare CMA that can't be used */
		assert_int_equal(mm_source_type(&w, MM_MT_RECLAIMABLE), MM_YES);
		assert_int_equal(mm_source_type(&w, 4), later ? MM_NO : MM_YES);
		w.cma_ok = true;
		assert_int_equal(mm_source_type(&w, 4), MM_YES);
		w.cma_ok = w.direct = false; /* kcompactd takes from everywhere */
		assert_int_equal(mm_source_type(&w, 4), MM_YES);
		/* targets are movable or CMA, and not largely free: 6.1 knows whole blocks only */
		assert_int_equal(mm_target_type(&w, 4), MM_YES);
		assert_int_equal(mm_target_type(&w, MM_MT_UNMOVABLE), MM_NO);
		w.order = 4;
		assert_int_equal(mm_target_limit(&w), all_rules[i] == MM_RULES_6_1 ? 9 : 4);
		w.ignore_suitable = true;
		assert_int_equal(mm_target_type(&w, MM_MT_UNMOVABLE), MM_YES);
		w.ignore_suitable = false;
	}
}

/* ---- scans --------------------------------------------------------------------- */

/*
 * A pageblock as text: '.' used, 'L' on the LRU, 'F' free, '?' unknown; a digit begins a folio of that order on the
 * LRU.
 */
struct text_block {
	const char *page;
	char taken[80];
	unsigned int drops;
	int no_after; /* free blocks that the watermark leaves, -1 all */
};

static struct mm_look look(void *arg, uint64_t pfn)
{
	const struct text_block *b = arg;
	char c = b->page[pfn];
	struct mm_look l = { .kind = c == '?' ? MM_LOOK_UNKNOWN : c == 'F' ? MM_LOOK_FREE : MM_LOOK_USED };

	if (c >= '1' && c <= '9') {
		l.order = (uint8_t)(c - '0');
		l.lru = true;
	}
	if (c == 'G') { /* a free block of order 2 */
		l.kind = MM_LOOK_FREE;
		l.order = 2;
	}
	l.lru |= c == 'L';
	return l;
}

static void take(void *arg, uint64_t pfn, unsigned int order)
{
	struct text_block *b = arg;

	(void)order;
	b->taken[strlen(b->taken)] = (char)('a' + pfn);
}

static void drop(void *arg)
{
	struct text_block *b = arg;

	memset(b->taken, 0, sizeof(b->taken));
	b->drops++;
}

static enum mm_answer take_free(void *arg, uint64_t pfn, unsigned int order)
{
	struct text_block *b = arg;

	(void)order;
	if (b->no_after == 0)
		return MM_NO;
	b->no_after--;
	b->taken[strlen(b->taken)] = (char)('a' + pfn);
	return MM_YES;
}

static void migrate_scans(void **state)
{
	struct mm_compact_who w = { .rules = MM_RULES_7_3, .pb_order = 9, .order = 2, .direct = true };
	struct text_block b = { .page = "L.LFGxxxLL1xL.LL" };
	struct mm_migrate_scan sc = { .start = 0, .end = 16, .look = look, .take = take, .drop = drop, .arg = &b };

	(void)state;
	/* synchronous: all on the LRU; the folio of order 1 is smaller than the wanted 2 */
	assert_true(mm_migrate_scan(&w, &sc));
	assert_string_equal(b.taken, "acijkmop");
	assert_int_equal(sc.low, 16);
	assert_int_equal(sc.taken, 9);
	assert_int_equal(sc.scanned, 16);
	/* 6.1 takes no folio, and counts neither its pages nor those of a free block */
	w.rules = MM_RULES_6_1;
	drop(&b);
	assert_true(mm_migrate_scan(&w, &sc));
	assert_string_equal(b.taken, "acijmop");
	assert_int_equal(sc.scanned, 16 - 3 - 1);
	/* a folio as large as what is wanted stays */
	w.rules = MM_RULES_7_3;
	w.order = 1;
	drop(&b);
	assert_true(mm_migrate_scan(&w, &sc));
	assert_string_equal(b.taken, "acijmop");
	/*
	 * Asynchronous direct, order 2: page 1 stays, so pages 0 to 3 are given up and 0 goes back; 4 to 7 are
	 * free; 8 to 11 can be cleared, and the scan ends behind them.
	 */
	w.order = 2;
	w.async = true;
	drop(&b);
	b.drops = 0;
	assert_true(mm_migrate_scan(&w, &sc));
	assert_string_equal(b.taken, "ijk");
	assert_int_equal(b.drops, 1);
	assert_int_equal(sc.low, 12);
	assert_int_equal(sc.taken, 4);
	b.page = "L?";
	sc.end = 2;
	assert_false(mm_migrate_scan(&w, &sc));
	assert_int_equal(sc.low, 1);
}

/* 32 pages are a batch, unless the pageblock is to be finished. */
static void migrate_batch(void **state)
{
	struct mm_compact_who w = { .rules = MM_RULES_7_3, .pb_order = 9, .order = 9 };
	char page[65];
	struct text_block b = { .page = page };
	struct mm_migrate_scan sc = { .start = 1, .end = 64, .look = look, .arg = &b };

	(void)state;
	memset(page, 'L', 64);
	assert_true(mm_migrate_scan(&w, &sc));
	assert_int_equal(sc.low, 33);
	assert_int_equal(sc.taken, 32);
	sc.finish_pageblock = true;
	assert_true(mm_migrate_scan(&w, &sc));
	assert_int_equal(sc.low, 64);
	assert_int_equal(sc.taken, 63);
}

static void free_scans(void **state)
{
	struct mm_compact_who w = { .rules = MM_RULES_7_3, .pb_order = 9, .order = 4 };
	struct text_block b = { .page = "F.2xxxGxxxFFL.1x", .no_after = -1 };
	struct mm_free_scan sc = { .start = 0, .end = 16, .stride = 1, .migrate = 6, .look = look,
				   .take = take_free, .arg = &b };

	(void)state;
	/* 1 + 4 + 1 = 6 pages are enough; it ends behind the page at 10 */
	assert_true(mm_free_scan(&w, &sc));
	assert_string_equal(b.taken, "agk");
	assert_int_equal(sc.low, 11);
	assert_int_equal(sc.taken, 6);
	assert_int_equal(sc.scanned, 11);
	/* two were there before */
	drop(&b);
	sc.have = 2;
	assert_true(mm_free_scan(&w, &sc));
	assert_string_equal(b.taken, "ag");
	assert_int_equal(sc.low, 10);
	/* the watermark allows one block: it ends at the next */
	drop(&b);
	b.no_after = 1;
	assert_true(mm_free_scan(&w, &sc));
	assert_string_equal(b.taken, "a");
	assert_int_equal(sc.low, 6);
	assert_int_equal(sc.taken, 1);
	/* every 5th page: 0, 5, 10, 15; the block at 6 is stepped over */
	drop(&b);
	b.no_after = -1;
	sc.have = 0;
	sc.migrate = 100;
	sc.stride = 5;
	assert_true(mm_free_scan(&w, &sc));
	assert_string_equal(b.taken, "ak");
	assert_int_equal(sc.low, 16);
	/* strict: every page must be free, however many are wanted */
	drop(&b);
	sc.strict = true;
	assert_true(mm_free_scan(&w, &sc));
	assert_int_equal(sc.taken, 0);
	assert_int_equal(sc.low, 1);
	b.page = "FFGxxxFF";
	sc.end = 8;
	sc.migrate = 1;
	assert_true(mm_free_scan(&w, &sc));
	assert_int_equal(sc.taken, 8);
	assert_int_equal(sc.low, 8);
	/* 6.1 steps over a compound page that ends behind the range, later ones look at its next page */
	sc.strict = false;
	sc.stride = 1;
	sc.migrate = 100;
	sc.end = 3;
	b.page = "F2F";
	drop(&b);
	assert_true(mm_free_scan(&w, &sc));
	assert_string_equal(b.taken, "ac");
	w.rules = MM_RULES_6_1;
	drop(&b);
	assert_true(mm_free_scan(&w, &sc));
	assert_string_equal(b.taken, "a");
	assert_int_equal(sc.low, 3);
}

/* ---- the free lists searched ---------------------------------------------------- */

struct turned {
	struct mm_sim *s;
	unsigned int nr, nr_skipped;
	uint64_t pfn[8], skip;
};

static void turn(void *arg, unsigned int order, uint64_t pfn)
{
	struct turned *t = arg;

	(void)order;
	t->pfn[t->nr++] = pfn;
}

static enum mm_answer allow(void *arg, uint64_t pfn, unsigned int order)
{
	(void)arg, (void)pfn, (void)order;
	return MM_YES;
}

static enum mm_answer refuse(void *arg, uint64_t pfn, unsigned int order)
{
	(void)arg, (void)pfn, (void)order;
	return MM_NO;
}

static enum mm_answer marked(void *arg, uint64_t pfn)
{
	struct turned *t = arg;

	return pfn >> PB_ORDER == t->skip >> PB_ORDER ? MM_YES : MM_NO;
}

static void give_block(struct mm_sim *s, uint64_t pfn, unsigned int order)
{
	mm_buddy_free(s->m, sim_zone(s, 0), pfn, order, MM_MT_MOVABLE, false);
}

static struct mm_sim *used_zone(void)
{
	struct mm_sim_cfg cfg = zone_cfg(MM_RULES_7_3);
	struct mm_sim *s = zone_new(&cfg);

	use_range(s, FIRST, LAST, MM_MT_UNMOVABLE);
	return s;
}

static void limits(void **state)
{
	static const unsigned int want[] = { 33, 17, 9, 5, 3, 2, 1, 1 };

	(void)state;
	for (unsigned int i = 0; i < 8; i++)
		assert_int_equal(mm_fast_limit(i), want[i]);
	assert_int_equal(mm_fast_limit(1000), 1);
}

/*
 * Scanners at blocks 0 and 15: 960 pages between, so the upper quarter begins in block 11 (15 * 64 - 240 = 11 * 64
 * + 16) and the upper half in block 7.  The order-0 list from its tail: block 2, 8, 12.
 */
static void free_search(void **state)
{
	struct mm_sim *s = used_zone();
	struct mm_compact_who w = { .rules = MM_RULES_7_3, .pb_order = PB_ORDER, .order = 3, .mt_cma = -1 };
	struct turned t = { .s = s };
	struct mm_fast_free f = { .z = sim_zone(s, 0), .migrate_pfn = P(0, 0), .free_pfn = P(15, 0), .need = 1,
				  .search_order = 0,
				  .rotate = turn, .isolate = allow, .arg = &t };

	(void)state;
	give_block(s, P(2, 0), 0);
	give_block(s, P(8, 0), 0);
	give_block(s, P(12, 0), 0);
	f.fail = 1; /* 8 blocks may be looked at, 4 once one in the upper half was seen */
	mm_fast_free(s->m, &w, &f);
	assert_null(f.why);
	assert_int_equal(f.low_pfn, P(11, 0));
	assert_int_equal(f.min_pfn, P(7, 0));
	assert_int_equal(f.pfn, P(12, 0)); /* in the upper quarter */
	assert_int_equal(f.scanned, 3);
	assert_int_equal(f.fail, 0);
	assert_int_equal(f.highest, P(12, 0));
	/* three failures: ((32 >> 3) + 1) >> 1 = 2 blocks are looked at: 2, and 8, which must do */
	f.fail = 3;
	mm_fast_free(s->m, &w, &f);
	assert_int_equal(f.pfn, P(8, 0));
	assert_int_equal(f.scanned, 2);
	assert_int_equal(f.fail, 3); /* only the upper quarter resets it */
	/*
	 * five: one block, which is too low; the list then begins with it.  Orders 2 and 1 are empty: the search
	 * came round
	 */
	f.fail = 5;
	t.nr = 0;
	mm_fast_free(s->m, &w, &f);
	assert_int_equal(f.pfn, UINT64_MAX);
	assert_int_equal(f.scanned, 1);
	assert_int_equal(f.fail, 6);
	assert_int_equal(t.nr, 1);
	assert_int_equal(t.pfn[0], P(2, 0));
	assert_int_equal(f.search_order, 2); /* below 0 it goes on at the top */
	/* the start of the scan: half a pageblock of entries, whatever failed before */
	f.search_order = 0;
	f.fail = 9;
	f.scan_start = true;
	mm_fast_free(s->m, &w, &f);
	assert_int_equal(f.pfn, P(12, 0));
	/* the watermark refuses: the search ends as if it had come round */
	f.search_order = 0;
	f.fail = 0;
	f.isolate = refuse;
	mm_fast_free(s->m, &w, &f);
	assert_int_equal(f.pfn, UINT64_MAX);
	assert_int_equal(f.search_order, 2);
	assert_int_equal(f.fail, 1);
	mm_sim_free(s);
}

/* From search_order 1: orders 1, 0, 2.  The block of order 2 in block 13 is the only one in the upper half. */
static void free_search_goes_round(void **state)
{
	struct mm_sim *s = used_zone();
	struct mm_compact_who w = { .rules = MM_RULES_7_3, .pb_order = PB_ORDER, .order = 3, .mt_cma = -1 };
	struct turned t = { .s = s };
	struct mm_fast_free f = { .z = sim_zone(s, 0), .migrate_pfn = P(0, 0), .free_pfn = P(15, 0), .need = 8,
				  .search_order = 1,
				  .rotate = turn, .isolate = allow, .arg = &t };

	(void)state;
	give_block(s, P(1, 0), 0);
	give_block(s, P(2, 0), 1);
	give_block(s, P(13, 0), 2);
	mm_fast_free(s->m, &w, &f);
	assert_int_equal(f.pfn, P(13, 0));
	assert_int_equal(f.order, 2);
	assert_int_equal(f.scanned, 3 + 3); /* three looked at, and the rest of the block */
	/* taken, but not enough: the loop's step comes, which meets search_order = 2 only after going round: 2 -> 1 */
	assert_int_equal(f.search_order, 2);
	assert_int_equal(t.nr, 1); /* the others' ends were reached */
	mm_sim_free(s);
}

/* A list whose order a snapshot left open can't be searched. */
static void free_search_in_the_dark(void **state)
{
	struct mm_sim *s = used_zone();
	struct mm_compact_who w = { .rules = MM_RULES_7_3, .pb_order = PB_ORDER, .order = 3, .mt_cma = -1 };
	struct mm_fast_free f = { .z = sim_zone(s, 0), .migrate_pfn = P(0, 0), .free_pfn = P(15, 0), .search_order = 0,
				  .isolate = allow };

	(void)state;
	give_block(s, P(12, 0), 0);
	give_block(s, P(12, 2), 0);
	mm_list_rotated(sim_zone(s, 0), 0, MM_MT_MOVABLE);
	mm_fast_free(s->m, &w, &f);
	assert_string_equal(f.why, "list_rotated");
	mm_sim_free(s);
}

/*
 * Order 5: orders 4 and 3 are searched from the head.  From the start of the zone the first half counts: blocks 0
 * to 6 ((15 * 64) / 2 = 480: block 7 begins at 448, and is no longer below); later the first eighth.
 */
static void migrate_search(void **state)
{
	struct mm_sim *s = used_zone();
	struct mm_compact_who w = { .rules = MM_RULES_7_3, .pb_order = PB_ORDER, .order = 5, .mt = MM_MT_MOVABLE,
				    .mt_cma = -1 };
	struct turned t = { .s = s, .skip = P(15, 0) };
	struct mm_fast_migrate f = { .z = sim_zone(s, 0), .migrate_pfn = P(0, 0), .free_pfn = P(15, 0), .skip = marked,
				     .rotate = turn, .arg = &t };

	(void)state;
	give_block(s, P(5, 0), 3);
	give_block(s, P(3, 0), 3);
	give_block(s, P(9, 0), 4);
	mm_fast_migrate(s->m, &w, &f);
	assert_true(f.found); /* 9 is too high up; of order 3 block 3 came last and is the head */
	assert_int_equal(f.pfn, P(3, 0));
	assert_int_equal(f.scanned, 2);
	assert_int_equal(t.pfn[0], P(3, 0));
	t.skip = P(3, 0);
	mm_fast_migrate(s->m, &w, &f);
	assert_int_equal(f.pfn, P(5, 0));
	assert_int_equal(f.scanned, 3);
	/* not at the zone's start: 896 / 8 = 112 pages from block 1 on: up to block 2, nothing is there */
	f.migrate_pfn = P(1, 0);
	mm_fast_migrate(s->m, &w, &f);
	assert_false(f.found);
	/* after six failures one entry is looked at */
	f.migrate_pfn = P(0, 0);
	f.fail = 6;
	t.nr = 0;
	mm_fast_migrate(s->m, &w, &f);
	assert_false(f.found);
	assert_int_equal(f.scanned, 1);
	mm_sim_free(s);
}

static void migrate_search_wanted(void **state)
{
	struct mm_compact_who w = { .pb_order = 9, .order = 9, .mt = MM_MT_UNMOVABLE, .direct = true };

	(void)state;
	for (unsigned int i = 0; i < 5; i++) {
		w.rules = all_rules[i];
		w.order = 9;
		w.mt = MM_MT_UNMOVABLE;
		assert_int_equal(mm_fast_migrate_wanted(&w, false, false, true), all_rules[i] >= MM_RULES_7_2);
		w.mt = MM_MT_MOVABLE;
		assert_true(mm_fast_migrate_wanted(&w, false, false, true));
		assert_false(mm_fast_migrate_wanted(&w, true, false, true));
		assert_false(mm_fast_migrate_wanted(&w, false, false, false));
		assert_int_equal(mm_fast_migrate_wanted(&w, false, true, true), all_rules[i] == MM_RULES_6_1);
		w.order = 3;
		assert_false(mm_fast_migrate_wanted(&w, false, false, true));
	}
}

/* ---- is there a block? --------------------------------------------------------- */

static enum mm_answer has(const struct mm_sim *s, unsigned int order, unsigned int mt)
{
	unsigned int o, t;

	return mm_list_satisfies(s->m, sim_zone(s, 0), order, mt, NULL, &o, &t);
}

/*
 * Pageblocks of order 6; nothing is free.  A Movable request of order 2 looks at the Movable and CMA lists from order 2
 * on, and at those of the other types from order 3, half a pageblock's, on: only gaps in these make the answer open.
 */
static void no_block(void **state)
{
	struct mm_sim *s = full_zone(MM_RULES_7_3);
	struct zone_state *z = sim_zone(s, 0);

	(void)state;
	assert_int_equal(has(s, 2, MM_MT_MOVABLE), MM_NO);
	z->list_known = false; /* lists that events have shown to be empty are, without a snapshot too */
	assert_int_equal(has(s, 2, MM_MT_MOVABLE), MM_NO);
	z->list_known = true;
	z->complete[MM_MT_MOVABLE] &= (uint16_t)~(1u << 1);
	z->complete[MM_MT_UNMOVABLE] &= (uint16_t)~(1u << 2);
	assert_int_equal(has(s, 2, MM_MT_MOVABLE), MM_NO);
	z->complete[MM_MT_UNMOVABLE] &= (uint16_t)~(1u << 3);
	assert_int_equal(has(s, 2, MM_MT_MOVABLE), MM_MAYBE);
	assert_int_equal(has(s, 4, MM_MT_MOVABLE), MM_NO);
	z->complete[MM_MT_MOVABLE] &= (uint16_t)~(1u << 9);
	assert_int_equal(has(s, 4, MM_MT_MOVABLE), MM_MAYBE);
	/* a block that is there is enough, whatever else is unknown */
	for (unsigned int i = 0; i < 4; i++)
		give(s, P(3, i));
	assert_int_equal(has(s, 2, MM_MT_MOVABLE), MM_YES);
	mm_sim_free(s);
}

/*
 * The rule on intervals, which the checks ask, and the one on numbers, which the run asks, are one: where all facts are
 * known they turn at the same page.  Marks 16, 20 and 24; the run is asked from min.
 */
static void one_rule(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 5; i++)
		for (unsigned int order = 1; order < 10; order++)
			for (unsigned int boost = 0; boost < 20; boost += 7) {
				struct mm_sim *s = full_zone(all_rules[i]);
				struct mm_compact_zone cz = { .z = sim_zone(s, 0), .have_marks = true, .wmark_min = MIN_PAGES,
							      .wmark_low = LOW_PAGES, .wmark_high = HIGH_PAGES,
							      .boost = { boost, boost } };
				struct mm_suit_ask ask = { .order = order, .from_min = true, .idx_lo = 2, .idx_hi = 2,
							   .extfrag_threshold = 500 };
				unsigned int turned = 0;

				for (unsigned int n = 0; n < 512; n++) { /* single pages: no block for the order */
					struct mm_wmark_zone w;
					struct mm_suit suit;
					bool enough;

					give(s, P(0, 2 * n));
					mm_wmark_zone_of(s->m, cz.z, all_rules[i], &w);
					w.boost = boost;
					enough = mm_wmark_suitable(&w, all_rules[i], order, MIN_PAGES + boost, 2, w.free);
					mm_suitable(s->m, all_rules[i], &cz, &ask, &suit);
					assert_int_equal(suit.ret == MM_COMPACT_SKIPPED, !enough);
					turned += enough;
				}
				assert_true(order > 6 || (turned > 0 && turned < 512));
				mm_sim_free(s);
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deferral),
		cmocka_unit_test(score_marks),
		cmocka_unit_test(source_and_target),
		cmocka_unit_test(migrate_scans),
		cmocka_unit_test(migrate_batch),
		cmocka_unit_test(free_scans),
		cmocka_unit_test(limits),
		cmocka_unit_test(free_search),
		cmocka_unit_test(free_search_goes_round),
		cmocka_unit_test(free_search_in_the_dark),
		cmocka_unit_test(migrate_search),
		cmocka_unit_test(migrate_search_wanted),
		cmocka_unit_test(no_block),
		cmocka_unit_test(one_rule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
