// SPDX-License-Identifier: GPL-2.0-only
/* Simulated kcompactd, and when a run is done, on a zone of 16 pageblocks. */
#include "test_sim_compact.h"

#define MS UINT64_C(1000000)

/* kcompactd is woken only where a zone suits, but remembers what it was asked for and looks when it wakes by itself. */
static void kcompactd_wakes(void **state)
{
	struct mm_sim *s = full_zone(K_7_3);
	struct sim_kcompactd *k = &s->compact->kcompactd[0];

	(void)state;
	scatter(s, 15, 24); /* not suitable for order 2: 24 is not above 16 + 8 */
	mm_sim_wake_kcompactd(s, 0, 2, 2);
	assert_false(k->woken);
	assert_int_equal(k->max_order, 2);
	k->next_check = 500 * MS;
	assert_int_equal(mm_sim_kcompactd(s, 0, 1 * MS, 1000), 0);
	assert_int_equal(mm_sim_stat(s, MM_SIM_COMPACT_DAEMON_WAKE), 0);
	mm_sim_kcompactd(s, 0, 500 * MS, 1000);
	assert_int_equal(mm_sim_stat(s, MM_SIM_COMPACT_DAEMON_WAKE), 1);
	assert_int_equal(k->max_order, 0);
	assert_int_equal(k->next_check, 1000 * MS);
	/* with one page more it is woken at once, finds nothing to move, and puts the next tries off */
	scatter(s, 14, 1);
	mm_sim_wake_kcompactd(s, 0, 2, 2);
	assert_true(k->woken);
	mm_sim_kcompactd(s, 0, 501 * MS, 1000000);
	assert_int_equal(mm_sim_stat(s, MM_SIM_COMPACT_DAEMON_WAKE), 2);
	assert_false(k->working);
	assert_int_equal(s->compact->zone[0].defer.shift, 1);
	assert_false(s->compact->zone[0].flush); /* only direct compaction asks for that */
	mm_sim_wake_kcompactd(s, 0, 0, 2);
	assert_int_equal(k->max_order, 0);
	mm_sim_free(s);
}

/* Its work stops after the pages that it may scan, and goes on where it was. */
static void kcompactd_in_slices(void **state)
{
	struct mm_sim *s = full_zone(K_7_3);
	struct sim_kcompactd *k = &s->compact->kcompactd[0];
	unsigned int slices = 0;

	(void)state;
	scatter(s, 15, 25);
	mm_sim_wake_kcompactd(s, 0, 2, 2);
	while (k->woken || k->working) {
		uint64_t n = mm_sim_kcompactd(s, 0, MS, 100);

		assert_true(n <= 100 + PB); /* at most one pageblock over */
		assert_true(++slices < 100);
	}
	/* 15 pageblocks of 64 pages, 2 of them in each slice */
	assert_in_range(slices, 8, 9);
	assert_true(mm_sim_stat(s, MM_SIM_COMPACT_MIGRATE_SCANNED) >= 15 * PB);
	mm_sim_free(s);
}

/*
 * 120 single free pages of 1024: score 100 * 1024 / 1025 = 99, above 90: it compacts, finds nothing to move, and
 * looks again only after 64 times the interval.  With proactiveness 0 it never looks.
 */
static void kcompactd_is_proactive(void **state)
{
	struct mm_sim *s = full_zone(K_7_3);
	struct sim_kcompactd *k = &s->compact->kcompactd[0];

	(void)state;
	for (unsigned int b = 0; b < 15; b++)
		scatter(s, b, 8);
	s->policy.tune[MM_TUNE_COMPACTION_PROACTIVENESS] = 0;
	assert_int_equal(mm_sim_kcompactd(s, 0, 1000 * MS, UINT64_MAX), 0);
	s->policy.tune[MM_TUNE_COMPACTION_PROACTIVENESS] = 20;
	assert_int_not_equal(mm_sim_kcompactd(s, 0, 2000 * MS, UINT64_MAX), 0);
	assert_int_equal(k->score, 99);
	assert_int_equal(k->next_check, 2000 * MS + 64 * 500 * MS);
	assert_int_equal(mm_sim_stat(s, MM_SIM_COMPACT_DAEMON_WAKE), 0); /* that counts wake-ups for an order */
	assert_int_equal(mm_sim_kcompactd(s, 0, 3000 * MS, UINT64_MAX), 0);
	mm_sim_free(s);
}

/*
 * A whole free block of 64 pages and 56 single ones: score (120 - 64) * 100 / 120 = 46, weighted 46 * 1024 / 1025 =
 * 45.  Not above 90; with proactiveness 60: marks 40 and 50; with 65: 35 and 45, still not above; with 70 (30, 40)
 * it begins, and ends at once only when the zone's score is at 30.
 */
static void proactive_marks(void **state)
{
	static const struct {
		int proactiveness;
		bool begins;
	} t[] = { { 20, false }, { 60, false }, { 65, false }, { 70, true } };

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		struct mm_sim *s = full_zone(K_7_3);

		for (unsigned int p = 0; p < PB; p++)
			give(s, P(15, p));
		for (unsigned int b = 0; b < 14; b++)
			scatter(s, b, 4);
		assert_int_equal(mm_frag_score(s->m, mm_sim_zone(s, 0)), 46);
		/* isolated, they count all the same, here and in the sum */
		mm_block_move(s->m, mm_sim_zone(s, 0), P(15, 0), MM_MT_MOVABLE, (unsigned int)s->cap.mt_isolate);
		assert_int_equal(mm_frag_score(s->m, mm_sim_zone(s, 0)), 46);
		mm_block_move(s->m, mm_sim_zone(s, 0), P(15, 0), (unsigned int)s->cap.mt_isolate, MM_MT_MOVABLE);
		s->policy.tune[MM_TUNE_COMPACTION_PROACTIVENESS] = t[i].proactiveness;
		assert_int_equal(mm_sim_kcompactd(s, 0, 1000 * MS, UINT64_MAX) != 0, t[i].begins);
		mm_sim_free(s);
	}
}

/* ---- finished ---------------------------------------------------------------------- */

static unsigned int done(struct mm_sim *s, struct mm_done_in *in)
{
	struct mm_done d;

	mm_compact_done(s->m, mm_sim_zone(s, 0), in, &d);
	return d.ret;
}

/* A block of order 3 is free in a reclaimable pageblock; order 2 is wanted. */
static void finish_rules(void **state)
{
	static const enum test_kernel all[] = { K_6_1, K_6_12, K_6_18, K_7_2, K_7_3 };

	(void)state;
	for (unsigned int i = 0; i < 5; i++) {
		struct mm_sim *s = full_zone(all[i]);
		struct mm_done_in in = { .facts = k_facts(all[i]), .order = 2, .mt = MM_MT_MOVABLE, .direct = true,
					 .migrate_pfn = P(1, 0) };
		struct mm_wmark_zone w;

		assert_int_equal(done(s, &in), MM_COMPACT_NO_SUITABLE_PAGE);
		mm_block_type(s->m, mm_sim_zone(s, 0), P(4, 0), MM_MT_RECLAIMABLE, MM_MT_MOVABLE, false);
		for (unsigned int p = 0; p < 8; p++)
			give(s, P(4, p));
		/* order 3 is half of a pageblock's order 6: movable requests claim it */
		assert_int_equal(done(s, &in), MM_COMPACT_SUCCESS);
		in.migrate_pfn = P(1, 1); /* the pageblock is finished first */
		assert_int_equal(done(s, &in), MM_COMPACT_CONTINUE);
		in.met = MM_YES;
		assert_int_equal(done(s, &in), MM_COMPACT_PARTIAL_SKIPPED);
		in.whole_zone = MM_YES;
		assert_int_equal(done(s, &in), MM_COMPACT_COMPLETE);
		in.met = MM_NO;
		in.order = -1;
		assert_int_equal(done(s, &in), MM_COMPACT_CONTINUE);
		in.proactive = true;
		in.proactiveness = 20;
		assert_int_equal(done(s, &in), MM_COMPACT_CONTINUE); /* score 100 */
		in.kswapd_runs = MM_YES;
		assert_int_equal(done(s, &in), MM_COMPACT_PARTIAL_SKIPPED);
		/*
		 * kcompactd with defrag_mode: 64 pages in whole blocks against high 24 + 3: enough; 8 in part of
		 * one: not
		 */
		in = (struct mm_done_in){ .facts = k_facts(all[i]), .order = 2, .mt = MM_MT_UNMOVABLE, .migrate_pfn = P(1, 0),
					  .defrag_mode = true, .zone_type = 2, .w = &w };
		mm_sim_wmark(s, 0, &w);
		assert_int_equal(done(s, &in), MM_COMPACT_CONTINUE);
		for (unsigned int p = 0; p < PB; p++)
			give(s, P(7, p));
		mm_sim_wmark(s, 0, &w);
		assert_int_equal(w.free_blocks, PB);
		assert_int_equal(done(s, &in), MM_COMPACT_SUCCESS);
		in.boost.lo = in.boost.hi = 40; /* 64 - 3 is not above 24 + 40 */
		assert_int_equal(done(s, &in), MM_COMPACT_CONTINUE);
		in.boost.lo = 0;
		assert_int_equal(done(s, &in), MM_COMPACT_RESULTS); /* which of both isn't known */
		mm_sim_free(s);
	}
}

/* /proc/sys/vm/compact_memory: pages of blocks 0 and 1 move up into block 15, whatever hints say. */
static void by_hand(void **state)
{
	struct mm_sim *s = full_zone(K_7_3);

	(void)state;
	for (unsigned int i = 0; i < 20; i++) {
		give(s, P(i & 1, i));
		use_lru(s, P(i & 1, i), 0);
	}
	for (unsigned int p = 0; p < PB; p++)
		give(s, P(15, p));
	for (unsigned int b = 0; b < NR_BLOCKS; b++)
		mm_sim_skip_set(s, P(b, 0), true);
	mm_sim_compact_node(s, 0);
	/* a whole free block is no target: nothing to gain */
	assert_int_equal(mm_sim_stat(s, MM_SIM_PGMIGRATE_SUCCESS), 0);
	use(s, P(15, 0), 0, MM_MT_UNMOVABLE);
	mm_sim_compact_node(s, 0);
	assert_int_equal(mm_sim_stat(s, MM_SIM_PGMIGRATE_SUCCESS), 20);
	for (unsigned int i = 0; i < 20; i++)
		assert_int_not_equal(state_of(s, P(i & 1, i)), PS_ALLOC);
	audit(s);
	mm_sim_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kcompactd_wakes),
		cmocka_unit_test(kcompactd_in_slices),
		cmocka_unit_test(kcompactd_is_proactive),
		cmocka_unit_test(proactive_marks),
		cmocka_unit_test(finish_rules),
		cmocka_unit_test(by_hand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
