// SPDX-License-Identifier: GPL-2.0-only
/* Rules of compaction's searches of the free lists as pure functions, each result worked out by hand. */
#include "test_sim_compact.h"

static const enum test_kernel all_rules[] = { K_6_1, K_6_12, K_6_18, K_7_2, K_7_3 };

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
	mm_buddy_free(s->m, mm_sim_zone(s, 0), pfn, order, MM_MT_MOVABLE, false);
}

static struct mm_sim *used_zone(void)
{
	struct mm_sim_cfg cfg = zone_cfg(K_7_3);
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
	struct mm_compact_who w = { .facts = k_facts(K_7_3), .pb_order = PB_ORDER, .order = 3, .mt_cma = -1 };
	struct turned t = { .s = s };
	struct mm_fast_free f = { .z = mm_sim_zone(s, 0), .migrate_pfn = P(0, 0), .free_pfn = P(15, 0), .need = 1,
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
	struct mm_compact_who w = { .facts = k_facts(K_7_3), .pb_order = PB_ORDER, .order = 3, .mt_cma = -1 };
	struct turned t = { .s = s };
	struct mm_fast_free f = { .z = mm_sim_zone(s, 0), .migrate_pfn = P(0, 0), .free_pfn = P(15, 0), .need = 8,
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
	struct mm_compact_who w = { .facts = k_facts(K_7_3), .pb_order = PB_ORDER, .order = 3, .mt_cma = -1 };
	struct mm_fast_free f = { .z = mm_sim_zone(s, 0), .migrate_pfn = P(0, 0), .free_pfn = P(15, 0), .search_order = 0,
				  .isolate = allow };

	(void)state;
	give_block(s, P(12, 0), 0);
	give_block(s, P(12, 2), 0);
	mm_list_rotated(mm_sim_zone(s, 0), 0, MM_MT_MOVABLE);
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
	struct mm_compact_who w = { .facts = k_facts(K_7_3), .pb_order = PB_ORDER, .order = 5, .mt = MM_MT_MOVABLE,
				    .mt_cma = -1 };
	struct turned t = { .s = s, .skip = P(15, 0) };
	struct mm_fast_migrate f = { .z = mm_sim_zone(s, 0), .migrate_pfn = P(0, 0), .free_pfn = P(15, 0), .skip = marked,
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
		w.facts = k_facts(all_rules[i]);
		w.order = 9;
		w.mt = MM_MT_UNMOVABLE;
		assert_int_equal(mm_fast_migrate_wanted(&w, false, false, true), all_rules[i] >= K_7_2);
		w.mt = MM_MT_MOVABLE;
		assert_true(mm_fast_migrate_wanted(&w, false, false, true));
		assert_false(mm_fast_migrate_wanted(&w, true, false, true));
		assert_false(mm_fast_migrate_wanted(&w, false, false, false));
		assert_int_equal(mm_fast_migrate_wanted(&w, false, true, true), all_rules[i] == K_6_1);
		w.order = 3;
		assert_false(mm_fast_migrate_wanted(&w, false, false, true));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits),
		cmocka_unit_test(free_search),
		cmocka_unit_test(free_search_goes_round),
		cmocka_unit_test(free_search_in_the_dark),
		cmocka_unit_test(migrate_search),
		cmocka_unit_test(migrate_search_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
