// SPDX-License-Identifier: GPL-2.0-only
/* Rules of compaction as pure functions, each result worked out by hand. */
#include "test_sim_compact.h"

#include <string.h>

static const enum test_kernel all_rules[] = { K_6_1, K_6_12, K_6_18, K_7_2, K_7_3 };

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
		bool later = all_rules[i] >= K_6_18;

		assert_int_equal(mm_frag_mark(k_facts(all_rules[i]), 20, true), 80);
		assert_int_equal(mm_frag_mark(k_facts(all_rules[i]), 20, false), 90);
		assert_int_equal(mm_frag_mark(k_facts(all_rules[i]), 97, true), later ? 3 : 5);
		assert_int_equal(mm_frag_mark(k_facts(all_rules[i]), 97, false), later ? 4 : 15);
		assert_int_equal(mm_frag_mark(k_facts(all_rules[i]), 5, false), 100);
	}
}

/* ---- pageblocks ---------------------------------------------------------------- */

static void source_and_target(void **state)
{
	struct mm_compact_who w = { .pb_order = 9, .order = 4, .mt = MM_MT_UNMOVABLE, .mt_cma = 4, .direct = true,
				    .async = true };

	(void)state;
	for (unsigned int i = 0; i < 5; i++) {
		bool later = all_rules[i] >= K_7_2;

		w.facts = k_facts(all_rules[i]);
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
		assert_int_equal(mm_target_limit(&w), all_rules[i] == K_6_1 ? 9 : 4);
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
	struct mm_compact_who w = { .facts = k_facts(K_7_3), .pb_order = 9, .order = 2, .direct = true };
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
	w.facts = k_facts(K_6_1);
	drop(&b);
	assert_true(mm_migrate_scan(&w, &sc));
	assert_string_equal(b.taken, "acijmop");
	assert_int_equal(sc.scanned, 16 - 3 - 1);
	/* a folio as large as what is wanted stays */
	w.facts = k_facts(K_7_3);
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
	struct mm_compact_who w = { .facts = k_facts(K_7_3), .pb_order = 9, .order = 9 };
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
	struct mm_compact_who w = { .facts = k_facts(K_7_3), .pb_order = 9, .order = 4 };
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
	w.facts = k_facts(K_6_1);
	drop(&b);
	assert_true(mm_free_scan(&w, &sc));
	assert_string_equal(b.taken, "a");
	assert_int_equal(sc.low, 3);
}

/* ---- is there a block? --------------------------------------------------------- */

static enum mm_answer has(const struct mm_sim *s, unsigned int order, unsigned int mt)
{
	unsigned int o, t;

	return mm_list_satisfies(s->m, mm_sim_zone(s, 0), order, mt, NULL, &o, &t);
}

/*
 * Pageblocks of order 6; nothing is free.  A Movable request of order 2 looks at the Movable and CMA lists from order 2
 * on, and at those of the other types from order 3, half a pageblock's, on: only gaps in these make the answer open.
 */
static void no_block(void **state)
{
	struct mm_sim *s = full_zone(K_7_3);
	struct zone_state *z = mm_sim_zone(s, 0);

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
				struct mm_compact_zone cz = { .z = mm_sim_zone(s, 0), .have_marks = true, .wmark_min = MIN_PAGES,
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
					mm_wmark_zone_of(s->m, cz.z, k_facts(all_rules[i]), &w);
					w.boost = boost;
					enough = mm_wmark_suitable(&w, k_facts(all_rules[i]), order, MIN_PAGES + boost, 2,
								   w.free);
					mm_suitable(s->m, k_facts(all_rules[i]), &cz, &ask, &suit);
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
		cmocka_unit_test(no_block),
		cmocka_unit_test(one_rule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
