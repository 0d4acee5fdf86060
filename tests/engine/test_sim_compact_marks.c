// SPDX-License-Identifier: GPL-2.0-only
/*
 * What simulated compaction remembers from run to run, and what it is asked: kcompactd's order and zones,
 * deferral, skip hints, cached positions, which watermark, failures within a pageblock.
 */
#include "rules/slowpath.h"
#include "sim/alloc/alloc.h"
#include "test_sim_compact.h"

#define MS UINT64_C(1000000)
#define EACH(r) (enum test_kernel r = K_6_1; r < K_COUNT; r++)

static const struct mm_defer known = { .considered_known = true, .shift_known = true, .failed_known = true };

/*
 * Pages of blocks 1 to 15 can't be moved, block 0 is of single LRU pages of @kind, every other page of 10 to 15 is
 * free.
 */
static struct mm_sim *one_source(enum test_kernel rules, enum mm_sim_lru_kind kind)
{
	struct mm_sim_cfg cfg = zone_cfg(rules);
	struct mm_sim *s = zone_new(&cfg);

	use_range(s, P(1, 0), LAST, MM_MT_UNMOVABLE);
	scatter(s, 10, 192);
	for (unsigned int i = 0; i < PB; i++) {
		use(s, P(0, i), 0, MM_MT_MOVABLE);
		mm_sim_lru_add(s, P(0, i), kind, false);
	}
	s->alloc->pcp[0].tune = (struct mm_pcp_tune){ .batch = 8, .high = 400, .high_min = 400, .high_max = 400 };
	return s;
}

static uint32_t on_cpu(const struct mm_sim *s)
{
	const struct pcp_state *p = mm_cow_peek(&s->m->pcp, 0);

	return p ? p->count : 0;
}

/* ---- kcompactd -------------------------------------------------------------------------------- */

/* wakeup_kcompactd(): the largest order, the lowest of the highest zones. */
static void asked_for(void **state)
{
	struct mm_sim *s = full_zone(K_7_3);
	struct sim_kcompactd *k = &s->compact->kcompactd[0];

	(void)state;
	mm_sim_wake_kcompactd(s, 0, 3, 1);
	assert_int_equal(k->highest, 1);
	mm_sim_wake_kcompactd(s, 0, 2, 2);
	assert_int_equal(k->max_order, 3);
	assert_int_equal(k->highest, 1);
	mm_sim_wake_kcompactd(s, 0, 4, 0);
	assert_int_equal(k->max_order, 4);
	assert_int_equal(k->highest, 0);
	mm_sim_free(s);
}

/*
 * kcompactd_do_work(): a success expects only that the block will be allocated, so the counts stay and just
 * order_failed moves.  Tries that are put off it puts off, too.
 */
static void success_and_deferral(void **state)
{
	(void)state;
	for (unsigned int off = 0; off < 2; off++) {
		struct mm_sim *s = one_source(K_7_3, MM_SIM_ANON);
		struct mm_defer *d = &s->compact->zone[0].defer;

		*d = known;
		d->shift = 3;
		d->considered = off ? 0 : 7; /* the eighth is let through */
		mm_sim_wake_kcompactd(s, 0, 2, 2);
		mm_sim_kcompactd(s, 0, MS, 1000000);
		assert_int_equal(mm_sim_stat(s, MM_SIM_COMPACT_MIGRATE_SCANNED) == 0, off);
		assert_int_equal(d->shift, 3);
		assert_int_equal(d->considered, off ? 1 : 8);
		assert_int_equal(d->failed, off ? 0 : 3);
		mm_sim_free(s);
	}
}

/*
 * A zone that is through without success: the per-cpu lists are drained, what lies there may make the block after
 * all.
 */
static void drained_at_the_end(void **state)
{
	struct mm_sim *s = full_zone(K_7_3);

	(void)state;
	s->alloc->pcp[0].tune = (struct mm_pcp_tune){ .batch = 8, .high = 400, .high_min = 400, .high_max = 400 };
	scatter(s, 15, 25);
	mm_sim_release(s, 0, P(3, 0), 0);
	assert_int_equal(on_cpu(s), 1);
	mm_sim_wake_kcompactd(s, 0, 2, 2);
	mm_sim_kcompactd(s, 0, MS, 1000000);
	assert_int_equal(s->compact->zone[0].defer.shift, 1);
	assert_int_equal(on_cpu(s), 0);
	mm_sim_free(s);
}

/* ---- is it worth it? ---------------------------------------------------------------------------- */

/*
 * kcompactd with defrag_mode, 6.18 and later: from the high mark of 24 and 8 more, so 30 pages are too few and 33
 * enough. Without it, and before, min 16 is the start: 30 are enough.
 */
static void suits_kcompactd(void **state)
{
	(void)state;
	for EACH(r)
		for (unsigned int defrag = 0; defrag < 2; defrag++) {
			struct mm_sim *s = full_zone(r);

			s->policy.tune[MM_TUNE_DEFRAG_MODE] = defrag;
			scatter(s, 0, 30);
			assert_int_equal(mm_sim_suit_order(s, 0, 2, 2, 0, false, true),
					 defrag && r >= K_6_18 ? MM_COMPACT_SKIPPED : MM_COMPACT_CONTINUE);
			assert_int_equal(mm_sim_suit_order(s, 0, 2, 2, 0, false, false), MM_COMPACT_CONTINUE);
			scatter(s, 8, 3);
			assert_int_equal(mm_sim_suit_order(s, 0, 2, 2, 0, false, true), MM_COMPACT_CONTINUE);
			mm_sim_free(s);
		}
}

/*
 * All of 100 free pages are in CMA blocks, order 5 is wanted.  They are enough to move pages to, but since 6.14 an
 * asynchronous try for a costly order that can't use CMA isn't made: compaction_suit_allocation_order().
 */
static void suits_without_cma(void **state)
{
	(void)state;
	for EACH(r) {
		struct mm_sim_cfg cfg = zone_cfg(r);
		bool newer = r >= K_6_18;
		struct mm_sim *s;

		cfg.zone[0].cma_start = P(12, 0);
		cfg.zone[0].cma_end = LAST;
		s = zone_new(&cfg);
		use_range(s, FIRST, LAST, MM_MT_UNMOVABLE);
		scatter(s, 12, 100);
		assert_int_equal(mm_sim_suit_order(s, 0, 5, 2, 0, true, false), newer ? MM_COMPACT_SKIPPED : MM_COMPACT_CONTINUE);
		assert_int_equal(mm_sim_suit_order(s, 0, 5, 2, 0, false, false), MM_COMPACT_CONTINUE);
		assert_int_equal(mm_sim_suit_order(s, 0, 5, 2, MM_ALLOC_CMA, true, false), MM_COMPACT_CONTINUE);
		assert_int_equal(mm_sim_suit_order(s, 0, 3, 2, 0, true, false), MM_COMPACT_CONTINUE);
		mm_sim_free(s);
	}
}

/* A direct try that finds nothing to move puts later ones off, unless it was asynchronous: try_to_compact_pages(). */
static void async_puts_nothing_off(void **state)
{
	(void)state;
	for EACH(r)
		for (unsigned int prio = MM_PRIO_LIGHT; prio <= MM_PRIO_ASYNC; prio++) {
			struct mm_sim *s = full_zone(r);
			struct mm_request rq = movable(2);
			uint64_t pfn;

			scatter(s, 15, 32);
			assert_int_equal(mm_sim_direct_compact(s, &rq, 2, prio, 0, &pfn), MM_COMPACT_PARTIAL_SKIPPED);
			assert_int_equal(s->compact->zone[0].defer.shift, prio == MM_PRIO_ASYNC ? 0 : 1);
			mm_sim_free(s);
		}
}

/* ---- where a run begins, and what it leaves --------------------------------------------------------- */

/*
 * Each mode has its position; a run counts as one of the whole zone when it begins no later than where hints were
 * reset.
 */
static void begins_at(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		struct mm_sim *s = one_source(K_7_3, MM_SIM_ANON);
		struct sim_cc cc = run_for(2, i / 2 ? SIM_SYNC_LIGHT : SIM_ASYNC, true);
		struct sim_czone *cz = &s->compact->zone[0];

		cz->cached_migrate[0] = P(3, 0);
		cz->cached_migrate[1] = P(5, 0);
		cz->cached_free = P(14, 0);
		cz->init_migrate = i / 2 ? P(5, 0) - i % 2 : P(3, 0) - i % 2;
		assert_int_equal(mm_sim_run_begin(s, &cc), MM_COMPACT_CONTINUE);
		assert_int_equal(cc.migrate_pfn, i / 2 ? P(5, 0) : P(3, 0));
		assert_int_equal(cc.free_pfn, P(14, 0));
		assert_int_equal(cc.whole_zone, i % 2 == 0);
		mm_sim_free(s);
	}
}

/* After the longest deferral, 64 tries, the hints are made anew, where a direct run has asked for that. */
static void restarts(void **state)
{
	(void)state;
	for (uint32_t considered = 63; considered <= 64; considered++) {
		struct mm_sim *s = one_source(K_7_3, MM_SIM_ANON);
		struct sim_cc cc = run_for(2, SIM_SYNC_LIGHT, true);

		s->compact->zone[0].defer = known;
		s->compact->zone[0].defer.shift = 6;
		s->compact->zone[0].defer.considered = considered;
		s->compact->zone[0].flush = true;
		mm_sim_skip_set(s, P(0, 0), true);
		assert_int_equal(mm_sim_run_begin(s, &cc), MM_COMPACT_CONTINUE);
		assert_int_equal(s->compact->zone[0].flush, considered < 64);
		assert_int_equal(mm_sim_skip_get(s, P(0, 0)), considered < 64);
		mm_sim_free(s);
	}
}

/*
 * An asynchronous run that begins where both modes' positions are takes the other one along as long as it finds
 * nothing to move; a synchronous one moves both anyhow.
 */
static void positions_go_together(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct mm_sim *s = full_zone(K_7_3);
		struct sim_cc cc = run_for(2, SIM_ASYNC, true);
		struct sim_czone *cz = &s->compact->zone[0];

		scatter(s, 15, 32);
		mm_sim_positions_reset(s, 0);
		if (i)
			cz->cached_migrate[1] = P(1, 0);
		assert_int_equal(mm_sim_run_begin(s, &cc), MM_COMPACT_CONTINUE);
		assert_int_equal(cc.update_cached, i == 0);
		mm_sim_run_step(s, &cc);
		/* nothing in block 0, and the position names the end of the next one */
		assert_int_equal(cz->cached_migrate[0], P(2, 0));
		assert_int_equal(cz->cached_migrate[1], i ? P(1, 0) : P(2, 0));
		mm_sim_free(s);
	}
}

/* Once something was taken, they part. */
static void positions_part(void **state)
{
	struct mm_sim *s = one_source(K_7_3, MM_SIM_ANON);
	struct sim_cc cc = run_for(2, SIM_ASYNC, false);

	(void)state;
	mm_sim_positions_reset(s, 0);
	assert_int_equal(mm_sim_run_begin(s, &cc), MM_COMPACT_CONTINUE);
	assert_true(cc.update_cached);
	assert_int_equal(mm_sim_run_step(s, &cc), MM_COMPACT_CONTINUE);
	assert_true(cc.migrated > 0);
	assert_false(cc.update_cached);
	mm_sim_targets_release(s, &cc);
	mm_sim_free(s);
}

/*
 * A block of order 6 is wanted, all of block 0.  After its first half was moved the pages freed stay on the CPU's
 * list; when the scanner has left the block they are drained, so that they merge.
 */
static void drained_behind_the_block(void **state)
{
	struct mm_sim *s = one_source(K_7_3, MM_SIM_ANON);
	struct sim_cc cc = run_for(PB_ORDER, SIM_SYNC_LIGHT, false);

	(void)state;
	mm_sim_positions_reset(s, 0);
	assert_int_equal(mm_sim_run_begin(s, &cc), MM_COMPACT_CONTINUE);
	assert_int_equal(mm_sim_run_step(s, &cc), MM_COMPACT_CONTINUE);
	assert_int_equal(cc.migrate_pfn, P(0, 32));
	assert_int_equal(on_cpu(s), 32);
	assert_int_equal(mm_sim_run_step(s, &cc), MM_COMPACT_CONTINUE);
	assert_int_equal(cc.migrate_pfn, P(1, 0));
	assert_int_equal(on_cpu(s), 0);
	mm_sim_targets_release(s, &cc);
	audit(s);
	mm_sim_free(s);
}

/*
 * A page among the first 32 can't be moved.  6.1: a direct asynchronous run leaves the rest of the block of order 6
 * that it wants, any other goes on behind the 32.  Later kernels finish the pageblock in the same step, but for the
 * run that somebody asked for by hand.
 */
static void after_a_failure(void **state)
{
	static const struct {
		enum sim_mode mode;
		bool direct;
		bool jumps_6_1, finishes;
	} t[] = {
		{ SIM_ASYNC, true, true, true }, { SIM_SYNC_LIGHT, true, false, true }, { SIM_SYNC_LIGHT, false, false, true },
		{ SIM_SYNC, false, false, false },
	};

	(void)state;
	for EACH(r)
		for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
			struct mm_sim *s = one_source(r, MM_SIM_FILE);
			struct sim_cc cc = run_for(PB_ORDER, t[i].mode, t[i].direct);

			mm_sim_positions_reset(s, 0);
			mm_sim_pin(s, P(0, 5), true);
			assert_int_equal(mm_sim_run_begin(s, &cc), MM_COMPACT_CONTINUE);
			assert_int_equal(mm_sim_run_step(s, &cc), MM_COMPACT_CONTINUE);
			assert_int_equal(cc.failed, 1);
			assert_int_equal(cc.migrate_pfn, (r == K_6_1 ? t[i].jumps_6_1 : t[i].finishes) ? P(1, 0) : P(0, 32));
			assert_int_equal(cc.migrated, r > K_6_1 && t[i].finishes ? 63 : 31);
			mm_sim_targets_release(s, &cc);
			mm_sim_free(s);
		}
}

/* 6.3 and 6.4 finish the pageblock in direct compaction only, later kernels in kcompactd's too. */
static void kcompactd_after_a_failure(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		struct mm_sim *s = one_source(K_7_3, MM_SIM_FILE);
		struct sim_cc cc = run_for(PB_ORDER, SIM_SYNC_LIGHT, i & 1);

		s->policy.facts = mm_facts_of(i & 2 ? MM_NEWEST(6, 5) : MM_NEWEST(6, 4));
		mm_sim_positions_reset(s, 0);
		mm_sim_pin(s, P(0, 5), true);
		assert_int_equal(mm_sim_run_begin(s, &cc), MM_COMPACT_CONTINUE);
		assert_int_equal(mm_sim_run_step(s, &cc), MM_COMPACT_CONTINUE);
		assert_int_equal(cc.failed, 1);
		assert_int_equal(cc.migrate_pfn, i ? P(1, 0) : P(0, 32));
		mm_sim_targets_release(s, &cc);
		mm_sim_free(s);
	}
}

/* Targets left over go back, and the zone's position up to the highest of them, never down: compact_zone(). */
static void targets_left_over(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct mm_sim *s = one_source(K_7_3, MM_SIM_ANON);
		struct sim_cc cc = run_for(PB_ORDER, SIM_SYNC_LIGHT, false);
		struct sim_czone *cz = &s->compact->zone[0];

		scatter(s, 9, 1);
		mm_sim_positions_reset(s, 0);
		assert_int_equal(mm_sim_run_begin(s, &cc), MM_COMPACT_CONTINUE);
		assert_true(mm_sim_isolate_block(s, 0, P(9, 0), 0));
		mm_sim_targets_push(s, &cc, P(9, 0), 0, false);
		cc.nr_free = 1;
		cz->cached_free = i ? P(12, 0) : P(8, 0);
		mm_sim_run_end(s, &cc, MM_COMPACT_CONTINUE);
		assert_int_equal(cz->cached_free, i ? P(12, 0) : P(9, 0));
		mm_sim_free(s);
	}
}

/*
 * __reset_isolation_suitable(): sources begin at the first block from below with a page on the LRU, but a folio as
 * large as block 0 is none; targets at the first Movable block from above with a free page: block 15 has some and
 * isn't Movable.
 */
static void reset_hints(void **state)
{
	struct mm_sim *s = full_zone(K_7_3);
	struct sim_czone *cz = &s->compact->zone[0];

	(void)state;
	for (unsigned int i = 0; i < PB; i++)
		give(s, P(0, i));
	use_lru(s, P(0, 0), PB_ORDER);
	give(s, P(2, 0));
	use_lru(s, P(2, 0), 0);
	scatter(s, 15, 4);
	mm_block_move(s->m, mm_sim_zone(s, 0), P(15, 0), MM_MT_MOVABLE, MM_MT_UNMOVABLE);
	mm_block_type(s->m, mm_sim_zone(s, 0), P(15, 0), MM_MT_UNMOVABLE, MM_MT_MOVABLE, false);
	scatter(s, 13, 4);
	for (unsigned int b = 0; b < NR_BLOCKS; b++)
		mm_sim_skip_set(s, P(b, 0), true);
	cz->flush = true;
	mm_sim_skip_reset(s, 0);
	assert_int_equal(cz->cached_migrate[0], P(2, 0));
	assert_int_equal(cz->cached_migrate[1], P(2, 0));
	assert_int_equal(cz->init_migrate, P(2, 0));
	assert_int_equal(mm_sim_block_start(s, cz->cached_free), P(13, 0));
	assert_int_equal(cz->init_free, cz->cached_free);
	assert_true(mm_sim_skip_get(s, P(0, 0)));
	assert_false(mm_sim_skip_get(s, P(2, 0)));
	mm_sim_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asked_for), cmocka_unit_test(success_and_deferral), cmocka_unit_test(drained_at_the_end),
		cmocka_unit_test(suits_kcompactd), cmocka_unit_test(suits_without_cma), cmocka_unit_test(async_puts_nothing_off),
		cmocka_unit_test(begins_at), cmocka_unit_test(restarts), cmocka_unit_test(positions_go_together),
		cmocka_unit_test(positions_part), cmocka_unit_test(drained_behind_the_block), cmocka_unit_test(after_a_failure),
		cmocka_unit_test(kcompactd_after_a_failure),
		cmocka_unit_test(targets_left_over), cmocka_unit_test(reset_hints),
	};

	return cmocka_run_group_tests_name("what simulated compaction remembers", tests, NULL, NULL);
}
