// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rules where a number just reaches a limit: on which side of it the answer changes.  Each limit is the kernel's
 * comparison.
 */
#include "kernels.h"
#include "made.h"
#include "rules/compact.h"
#include "rules/kswapd.h"
#include "rules/lru.h"

/* ---- deferral: compaction_deferred(), defer_compaction(), compaction_defer_reset(), 6.1 to 7.3 ---- */

/* order < compact_order_failed isn't put off, the order itself is; a success of it moves that on by one. */
static void order_failed(void **state)
{
	struct mm_defer d = { .considered_known = true, .shift_known = true, .failed_known = true, .shift = 3, .failed = 5 };

	(void)state;
	assert_int_equal(mm_deferred(&d, 4), MM_NO);
	assert_int_equal(d.considered, 0);
	assert_int_equal(mm_deferred(&d, 5), MM_YES);
	mm_defer_reset(&d, 4, false);
	assert_int_equal(d.failed, 5);
	mm_defer_reset(&d, 5, false);
	assert_int_equal(d.failed, 6);
	mm_defer(&d, 6);
	assert_int_equal(d.failed, 6);
	mm_defer(&d, 5);
	assert_int_equal(d.failed, 5);
}

/* What is considered stops at 1 << shift, "avoid possible overflow". */
static void considered_stops(void **state)
{
	struct mm_defer d = { .considered_known = true, .shift_known = true, .failed_known = true, .shift = 2 };

	(void)state;
	for (unsigned int i = 1; i <= 6; i++) {
		assert_int_equal(mm_deferred(&d, 9), i < 4 ? MM_YES : MM_NO);
		assert_int_equal(d.considered, i < 4 ? i : 4);
	}
}

/* ---- the multi-gen LRU ---------------------------------------------------------------------- */

/* positive_ctrl_err(): fewer than 64 refaults are few.  Else 64 * (0 + 64) * 1 <= (63 + 1) * 64 * 1, just. */
static void few_refaults(void **state)
{
	struct mm_ctrl_pos sp = { .refaulted = 0, .total = 0, .gain = 1 }, pv = { .refaulted = 63, .total = 0, .gain = 1 };

	(void)state;
	assert_true(mm_ctrl_prefers(&sp, &pv));
	pv.refaulted = 64;
	assert_false(mm_ctrl_prefers(&sp, &pv));
	pv.total = 64;
	sp.refaulted = 63;
	assert_true(mm_ctrl_prefers(&sp, &pv));
	sp.refaulted = 62;
	assert_false(mm_ctrl_prefers(&sp, &pv));
}

/*
 * get_type_to_scan(), 6.18 and later: a swappiness of 1 is file pages only, of 2 compares; 200 and more is anon
 * only.
 */
static void swappiness(void **state)
{
	/* file pages refault much: anon would be taken where the two are compared */
	struct mm_gen_ctrl ctrl[2] = { { { 0 } }, { .refaulted = { 1000000 }, .evicted = { 1 } } };
	struct mm_gen_in in = { .may_io = true, .ctrl = ctrl };
	bool compared;

	(void)state;
	ctrl[MM_ANON].evicted[0] = 1000;
	for (unsigned int s = 0; s < 4; s++) {
		in.swappiness = s;
		assert_int_equal(mm_gen_type(k_facts(K_6_18), &in, &compared), s < 2 ? MM_FILE : MM_ANON);
	}
}

/*
 * should_run_aging(), 6.1 and 6.12, with just two generations left: one is due when more than half of the pages
 * are young (2 generations), or less than a quarter old (2 + 2).
 */
static void spread(void **state)
{
	static const struct {
		uint64_t young, old;
		bool due;
	} t[] = { { 500, 250, false }, { 501, 250, true }, { 500, 249, true } };

	(void)state;
	for (enum test_kernel r = K_6_1; r <= K_6_12; r++)
		for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
			struct mm_gen_age in = { .min_seq = { 5, 5 }, .max_seq = 5 + MM_MIN_GENS, .anon = true, .priority = 5,
						 .young = t[i].young, .old = t[i].old, .total = 1000 };

			assert_int_equal(mm_gen_should_age(k_facts(r), &in), t[i].due);
		}
}

/*
 * set_initial_priority(): fls(inactive) - 1 - fls(goal - 1), from 64 pages wanted on, between 6 and 12.  Of 1 << 15
 * pages, 64 are 15 - 6 = 9; 65 are 15 - 7 = 8; 63 leave it at 12.
 */
static void first_priority(void **state)
{
	(void)state;
	assert_int_equal(mm_initial_priority(k_facts(K_7_3), MM_DEF_PRIORITY, 63, 1 << 15), 12);
	assert_int_equal(mm_initial_priority(k_facts(K_7_3), MM_DEF_PRIORITY, 64, 1 << 15), 9);
	assert_int_equal(mm_initial_priority(k_facts(K_7_3), MM_DEF_PRIORITY, 65, 1 << 15), 8);
	assert_int_equal(mm_initial_priority(k_facts(K_7_3), MM_DEF_PRIORITY, 64, 1 << 12), 6);
	assert_int_equal(mm_initial_priority(k_facts(K_7_3), MM_DEF_PRIORITY, 64, 1 << 11), 6);
	assert_int_equal(mm_initial_priority(k_facts(K_7_3), MM_DEF_PRIORITY, 64, 1ull << 40), 12);
	assert_int_equal(mm_initial_priority(k_facts(K_6_1), MM_DEF_PRIORITY, 64, 1 << 15), 12);
}

/* do_shrink_slab(): in batches of 128; what is less than a batch only where the pool has no more objects than that. */
static void slab_rest(void **state)
{
	struct mm_slab_scan in = { .freeable = 100 };

	(void)state;
	assert_int_equal(mm_slab_batches(&in, 100), 100);
	assert_int_equal(mm_slab_batches(&in, 99), 0);
	in.freeable = 1000;
	assert_int_equal(mm_slab_batches(&in, 128), 128);
	assert_int_equal(mm_slab_batches(&in, 127), 0);
	assert_int_equal(mm_slab_batches(&in, 300), 256);
}

/* ---- kswapd --------------------------------------------------------------------------------- */

/* balance_pgdat(): a round that reclaimed nothing is a failure; one for a boost isn't from 7.2 on. */
static void failed_rounds(void **state)
{
	(void)state;
	for (enum test_kernel r = K_6_1; r < K_COUNT; r++) {
		assert_true(mm_kswapd_failed(k_facts(r), 0, false));
		assert_int_equal(mm_kswapd_failed(k_facts(r), 0, true), r < K_7_2);
		assert_false(mm_kswapd_failed(k_facts(r), 1, false));
	}
}

/*
 * allow_direct_reclaim(): a zone without anything to reclaim is left out, from 6.18 on only where it has free
 * pages.  Then half of 100 is the limit.
 */
static void throttled_zones(void **state)
{
	(void)state;
	for (enum test_kernel r = K_6_1; r < K_COUNT; r++)
		for (unsigned int i = 0; i < 4; i++) {
			struct mm_wmark_zone z = { .known = true, .min = 100, .free = i & 1 ? 51 : 0 };
			struct mm_pfmemalloc p = { 0 };
			bool counts = i & 2 || (r >= K_6_18 && !z.free);

			mm_pfmemalloc_add(&p, k_facts(r), &z, i & 2 ? 10 : 0);
			assert_int_equal(p.reserve, counts ? 100 : 0);
			assert_int_equal(mm_pfmemalloc_ok(&p, false), !counts || z.free);
			assert_true(mm_pfmemalloc_ok(&p, true));
		}
}

/* ---- __compact_finished() -------------------------------------------------------------------- */

/* fragmentation_score_wmark(): 100 - proactiveness, at least 5 up to 6.14. */
static void least_mark(void **state)
{
	(void)state;
	for (enum test_kernel r = K_6_1; r < K_COUNT; r++) {
		assert_int_equal(mm_frag_mark(k_facts(r), 94, true), 6);
		assert_int_equal(mm_frag_mark(k_facts(r), 95, true), 5);
		assert_int_equal(mm_frag_mark(k_facts(r), 96, true), r < K_6_18 ? 5 : 4);
	}
}

/*
 * A whole pageblock and @blocks times 256 single pages are free: of 2560 pages 2048 lie outside, 80 %, of 2816
 * pages 2304, 81 %.  A proactive run goes on above its low mark of 80.
 */
static void proactive_end(void **state)
{
	(void)state;
	for (unsigned int blocks = 8; blocks < 10; blocks++) {
		struct mm_done_in in = { .facts = k_facts(K_7_3), .order = -1, .proactive = true, .proactiveness = 20, .met = MM_NO,
					 .kswapd_runs = MM_NO, .migrate_pfn = START };
		struct mm_done out;
		struct made mk;

		made_capture(&mk, 7, 3);
		for (uint64_t p = B(0); p < B(blocks); p += 2)
			mk.flags[p] = KPF_BUDDY;
		for (uint64_t p = B(15); p < END; p++)
			mk.flags[p] = KPF_BUDDY;
		made_init(&mk, 7, 3, MADE_FLAGS);
		mm_compact_done(mk.m, &mk.m->core.zone[0], &in, &out);
		assert_int_equal(out.free, blocks == 8 ? 80 : 81);
		assert_int_equal(out.mark, 80);
		assert_int_equal(out.ret, blocks == 8 ? MM_COMPACT_SUCCESS : MM_COMPACT_CONTINUE);
		in.kswapd_runs = MM_YES;
		mm_compact_done(mk.m, &mk.m->core.zone[0], &in, &out);
		assert_int_equal(out.ret, MM_COMPACT_PARTIAL_SKIPPED);
		made_fini(&mk);
	}
}

/*
 * kcompactd with defrag_mode, for order 9: more than the high mark of 512 is to be free in whole blocks, the 511
 * other pages of the block wanted not counted.  1023 are too few, 1024 enough, where one of them is large enough.
 */
static void end_by_blocks(void **state)
{
	struct made mk;

	(void)state;
	made_init(&mk, 7, 3, MADE_USED);
	for (unsigned int i = 0; i < 4; i++) {
		struct mm_wmark_zone w = { .known = true, .high = 512, .free_blocks = 1023 + i % 2, .top_pcp = i < 2 ? 9 : 8,
					   .top_highatomic = -1, .top_cma = -1 };
		struct mm_done_in in = { .facts = k_facts(K_7_3), .order = 9, .mt = U, .met = MM_NO, .defrag_mode = true, .w = &w,
					 .migrate_pfn = START };
		struct mm_done out;

		mm_compact_done(mk.m, &mk.m->core.zone[0], &in, &out);
		assert_int_equal(out.ret, i == 1 ? MM_COMPACT_SUCCESS : MM_COMPACT_CONTINUE);
		/* a boost that nobody is sure of leaves it open */
		in.boost.hi = 10;
		mm_compact_done(mk.m, &mk.m->core.zone[0], &in, &out);
		assert_int_equal(out.ret, i % 2 ? MM_COMPACT_RESULTS : MM_COMPACT_CONTINUE);
	}
	made_fini(&mk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_failed), cmocka_unit_test(considered_stops), cmocka_unit_test(few_refaults),
		cmocka_unit_test(swappiness), cmocka_unit_test(spread), cmocka_unit_test(first_priority),
		cmocka_unit_test(slab_rest), cmocka_unit_test(failed_rounds), cmocka_unit_test(throttled_zones),
		cmocka_unit_test(least_mark), cmocka_unit_test(proactive_end),
		cmocka_unit_test(end_by_blocks),
	};

	return cmocka_run_group_tests_name("rules at their limits", tests, NULL, NULL);
}
