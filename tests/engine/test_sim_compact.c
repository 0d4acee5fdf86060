// SPDX-License-Identifier: GPL-2.0-only
/* Simulated compaction on a zone of 16 pageblocks, each with the result worked out by hand. */
#include "test_sim_compact.h"

/*
 * Order 2, 7.x: mark + gap pages must be exceeded.  Gap 2 << 2 = 8, mark = min 16: 24 pages are too few, 25 enough.
 * 6.1 and 6.12 start from min as well for orders up to 3.
 */
static void suitable_at_the_mark(void **state)
{
	static const enum test_kernel all[] = { K_6_1, K_6_12, K_6_18, K_7_2, K_7_3 };

	(void)state;
	for (unsigned int i = 0; i < 5; i++) {
		struct mm_sim *s = full_zone(all[i]);

		scatter(s, 0, 24);
		assert_int_equal(free_pages(s), 24);
		assert_false(mm_sim_compaction_suitable(s, 0, 2, MIN_PAGES, 2));
		scatter(s, 8, 1);
		assert_true(mm_sim_compaction_suitable(s, 0, 2, MIN_PAGES, 2));
		mm_sim_free(s);
	}
}

/*
 * Order 5 is costly.  Mark: 6.x low 20; 6.18 and later the caller's (min 16) + low - min = 20.  Gap: 2 << 5 = 64, 7.2
 * and later at most 32.  So 84 pages are too few up to 6.18 and 85 enough; 52 and 53 from 7.2 on.  All free pages
 * are single ones: index = 1000 - (1000 + 85 * 1000 / 32) / 85 = 1000 - (1000 + 2656) / 85 = 957, above the
 * threshold.
 */
static void suitable_costly(void **state)
{
	static const struct {
		enum test_kernel rules;
		unsigned int too_few;
	} t[] = { { K_6_1, 84 }, { K_6_12, 84 }, { K_6_18, 84 }, { K_7_2, 52 },
		  { K_7_3, 52 } };

	(void)state;
	for (unsigned int i = 0; i < 5; i++) {
		struct mm_sim *s = full_zone(t[i].rules);

		scatter(s, 0, t[i].too_few);
		assert_false(mm_sim_compaction_suitable(s, 0, 5, MIN_PAGES, 2));
		scatter(s, 8, 1);
		assert_true(mm_sim_compaction_suitable(s, 0, 5, MIN_PAGES, 2));
		s->policy.tune[MM_TUNE_EXTFRAG_THRESHOLD] = 1000;
		assert_false(mm_sim_compaction_suitable(s, 0, 5, MIN_PAGES, 2)); /* 957 is not above 1000 */
		mm_sim_free(s);
	}
}

/* There is a block already: 6.1 and later say so.  With order 3 wanted: usable 33 - 7 = 26 > 16. */
static void success_without_a_run(void **state)
{
	struct mm_sim *s = full_zone(K_7_3);
	struct mm_request rq = movable(3);
	uint64_t pfn;

	(void)state;
	scatter(s, 0, 25);
	for (unsigned int i = 0; i < 8; i++)
		give(s, P(4, i)); /* merges to order 3 */
	assert_int_equal(mm_sim_direct_compact(s, &rq, 3, MM_PRIO_ASYNC, 0, &pfn), MM_COMPACT_SUCCESS);
	assert_int_equal(pfn, UINT64_MAX);
	assert_int_equal(mm_sim_stat(s, MM_SIM_COMPACT_MIGRATE_SCANNED), 0);
	mm_sim_free(s);
}

/*
 * Pageblock 0 has 64 LRU pages but for page 0; the rest of the zone is unmovable but for every other page of
 * pageblock 15. 1 + 32 = 33 free pages: order 2 needs more than 24.  Asynchronous: pages 1 to 3 first, up to the
 * end of the block of order 2.  They go to block 15.  Then the scanner has left that block: what was freed is
 * drained and merges with page 0 to order 2, which the request takes; it is seen after the next batch, 3 + 4.  6.1
 * captures nothing of a Movable pageblock: it goes on until the scanners meet.
 */
static void capture_ends_a_run(void **state)
{
	static const enum test_kernel all[] = { K_6_1, K_6_12, K_6_18, K_7_2, K_7_3 };

	(void)state;
	for (unsigned int k = 0; k < 5; k++) {
		struct mm_sim_cfg cfg = zone_cfg(all[k]);
		struct mm_sim *s = zone_new(&cfg);
		struct mm_request rq = movable(2);
		uint64_t pfn, used;

		use_range(s, P(1, 0), LAST, MM_MT_UNMOVABLE);
		for (unsigned int i = 1; i < PB; i++)
			use_lru(s, P(0, i), 0);
		scatter(s, 15, 32);
		assert_int_equal(free_pages(s), 33);
		used = mm_sim_zone(s, 0)->nr_pages[PS_ALLOC];
		if (all[k] == K_6_1) {
			assert_int_equal(mm_sim_direct_compact(s, &rq, 2, MM_PRIO_ASYNC, 0, &pfn), MM_COMPACT_PARTIAL_SKIPPED);
			assert_int_equal(pfn, UINT64_MAX);
			audit(s);
			mm_sim_free(s);
			continue;
		}
		assert_int_equal(mm_sim_direct_compact(s, &rq, 2, MM_PRIO_ASYNC, 0, &pfn), MM_COMPACT_SUCCESS);
		assert_int_equal(pfn, P(0, 0));
		assert_int_equal(mm_sim_stat(s, MM_SIM_PGMIGRATE_SUCCESS), 7);
		assert_int_equal(mm_sim_zone(s, 0)->nr_pages[PS_ALLOC], used);
		for (unsigned int i = 0; i < 4; i++)
			assert_int_equal(state_of(s, P(0, i)), PS_ISO); /* on no list: it is the request's */
		audit(s);
		mm_sim_free(s);
	}
}

/*
 * Order 2 wanted for order 0 (7.2 and later with defrag_mode ask for more than they need): a page of order 0 is what
 * the request captures.  Before that a capture is of the order that is compacted for.
 */
static void capture_is_of_the_requests_order(void **state)
{
	struct mm_sim_cfg cfg = zone_cfg(K_7_3);
	struct mm_sim *s = zone_new(&cfg);
	struct mm_request rq = movable(0);
	uint64_t pfn;

	(void)state;
	use_range(s, P(1, 0), LAST, MM_MT_UNMOVABLE);
	for (unsigned int i = 0; i < PB; i++)
		use_lru(s, P(0, i), 0);
	scatter(s, 15, 32);
	assert_int_equal(mm_sim_direct_compact(s, &rq, 2, MM_PRIO_ASYNC, 0, &pfn), MM_COMPACT_SUCCESS);
	assert_true(pfn >= P(0, 0) && pfn < P(1, 0));
	assert_int_equal(state_of(s, pfn), PS_ISO);
	mm_sim_free(s);
}

/* ---- what can't be moved --------------------------------------------------------- */

/*
 * Block 0 of LRU pages, one page is pinned; half of blocks 14 and 15 is free.  A synchronous run over it is ready
 * to go.
 */
static struct mm_sim *pinned_zone(enum test_kernel rules, enum mm_sim_lru_kind kind, uint64_t pinned, struct sim_cc *cc)
{
	struct mm_sim_cfg cfg = zone_cfg(rules);
	struct mm_sim *s = zone_new(&cfg);

	use_range(s, P(1, 0), LAST, MM_MT_UNMOVABLE);
	scatter(s, 14, 64);
	for (unsigned int i = 0; i < PB; i++) {
		use(s, P(0, i), 0, MM_MT_MOVABLE);
		mm_sim_lru_add(s, P(0, i), kind, false);
	}
	mm_sim_pin(s, pinned, true);
	*cc = run_for(PB_ORDER, SIM_SYNC_LIGHT, false);
	cc->whole_zone = true;
	cc->who.facts = k_facts(rules);
	cc->who.pb_order = PB_ORDER;
	cc->who.mt_cma = -1;
	for (unsigned int o = 0; o < 11; o++)
		cc->free_first[o] = cc->free_last[o] = MM_NIL;
	cc->migrate_pfn = P(0, 0);
	cc->free_pfn = P(15, 0);
	return s;
}

/* Anonymous: it isn't even taken off the LRU.  31 pages below it and one above make the first batch. */
static void pinned_anon_stays(void **state)
{
	struct sim_cc cc;
	struct mm_sim *s = pinned_zone(K_7_3, MM_SIM_ANON, P(0, 31), &cc);

	(void)state;
	assert_true(mm_sim_scan_migrate(s, &cc));
	assert_int_equal(cc.nr_migrate, 32);
	assert_int_equal(cc.migrate_pfn, P(0, 33));
	assert_int_equal(mm_sim_move(s, &cc), SIM_MOVED);
	assert_int_equal(cc.migrated, 32);
	assert_int_equal(state_of(s, P(0, 31)), PS_ALLOC);
	assert_true(mm_sim_on_lru(s, P(0, 31)));
	mm_sim_targets_release(s, &cc);
	audit(s);
	mm_sim_free(s);
}

/* Of a file: the move fails, and its target is used again or goes back.  Freed, its page is no longer pinned. */
static void pinned_file_fails(void **state)
{
	struct sim_cc cc;
	struct mm_sim *s = pinned_zone(K_7_3, MM_SIM_FILE, P(0, 31), &cc);
	uint64_t used = mm_sim_zone(s, 0)->nr_pages[PS_ALLOC];

	(void)state;
	assert_true(mm_sim_scan_migrate(s, &cc));
	assert_int_equal(cc.migrate_pfn, P(0, 32));
	assert_int_equal(mm_sim_move(s, &cc), SIM_SOME_FAILED);
	assert_int_equal(cc.migrated, 31);
	assert_int_equal(cc.failed, 1);
	assert_int_equal(cc.nr_free, 1); /* 32 were taken, its own is left */
	mm_sim_targets_release(s, &cc);
	assert_int_equal(mm_sim_zone(s, 0)->nr_pages[PS_ALLOC], used);
	assert_true(mm_sim_pinned(s, P(0, 31)));
	mm_sim_release(s, 0, P(0, 31), 0);
	assert_false(mm_sim_pinned(s, P(0, 31)));
	mm_sim_pin(s, P(1, 0), true);
	assert_true(mm_sim_pinned(s, P(1, 0)));
	mm_sim_pin(s, P(1, 0), false);
	assert_false(mm_sim_pinned(s, P(1, 0)));
	audit(s);
	mm_sim_free(s);
}

/* Without __GFP_FS pages of files stay, anonymous ones don't. */
static void no_fs_no_files(void **state)
{
	struct sim_cc cc;
	struct mm_sim *s = pinned_zone(K_7_3, MM_SIM_FILE, P(1, 0), &cc);

	(void)state;
	cc.gfp &= ~(uint32_t)MM_GFP_FS;
	assert_false(mm_sim_scan_migrate(s, &cc));
	mm_sim_free(s);
}

/* ---- large folios ----------------------------------------------------------------- */

/*
 * A folio of order 2 at the start of block 0, order 4 wanted: 6.1 leaves it, the others move it.  Its target comes
 * out of a block of order 3, the only one in the upper quarter: the low half is used, the upper one is left in the
 * run's list of order 2.
 */
static void large_folio_moves(void **state)
{
	static const enum test_kernel all[] = { K_6_1, K_6_12, K_6_18, K_7_2, K_7_3 };

	(void)state;
	for (unsigned int k = 0; k < 5; k++) {
		struct sim_cc cc;
		struct mm_sim *s = pinned_zone(all[k], MM_SIM_ANON, P(1, 0), &cc);

		for (unsigned int i = 0; i < PB; i++)
			mm_sim_release(s, 0, P(0, i), 0);
		mm_sim_drain_zone(s, 0);
		use_range(s, P(0, 0), P(1, 0), MM_MT_UNMOVABLE);
		for (unsigned int i = 0; i < 64; i++)
			use(s, P(14, 2 * i), 0, MM_MT_UNMOVABLE);
		for (unsigned int i = 0; i < 4; i++)
			give(s, P(0, i));
		use_lru(s, P(0, 0), 2);
		scatter(s, 2, 24); /* so that the watermark allows a block of order 3 */
		for (unsigned int i = 0; i < 8; i++)
			give(s, P(15, 8 + i));
		cc.who.order = cc.search_order = 4;
		if (all[k] == K_6_1) {
			assert_false(mm_sim_scan_migrate(s, &cc));
			mm_sim_free(s);
			continue;
		}
		assert_true(mm_sim_scan_migrate(s, &cc));
		assert_int_equal(cc.nr_migrate, 4);
		assert_int_equal(s->compact->nr_batch, 1);
		assert_int_equal(mm_sim_move(s, &cc), SIM_MOVED);
		for (unsigned int i = 0; i < 4; i++) {
			assert_int_equal(state_of(s, P(15, 8 + i)), PS_ALLOC);
			assert_int_equal(state_of(s, P(15, 12 + i)), PS_ISO);
		}
		assert_true(mm_sim_on_lru(s, P(15, 8)));
		assert_false(mm_sim_on_lru(s, P(0, 0)));
		assert_int_equal(cc.free_first[2], P(15, 12));
		assert_int_equal(cc.nr_free, 4);
		assert_int_equal(mm_sim_targets_release(s, &cc), P(15, 12));
		audit(s);
		mm_sim_free(s);
	}
}

/*
 * A zone in which block 0 is used but for a folio of @order at its start, after @wanted was asked for; the free pages are
 * 24 single ones in block 2, which the watermark needs, and [P(15, 8), + @nr).
 */
static struct mm_sim *folio_zone(enum test_kernel rules, unsigned int order, int wanted, unsigned int nr, struct sim_cc *cc)
{
	struct mm_sim *s = full_zone(rules);

	*cc = run_for((unsigned int)wanted, SIM_SYNC_LIGHT, false);
	cc->whole_zone = true;
	cc->who.facts = k_facts(rules);
	cc->who.pb_order = PB_ORDER;
	cc->who.mt_cma = -1;
	for (unsigned int o = 0; o < 11; o++)
		cc->free_first[o] = cc->free_last[o] = MM_NIL;
	cc->migrate_pfn = P(0, 0);
	cc->free_pfn = P(15, 0);
	for (unsigned int i = 0; i < 1u << order; i++)
		give(s, P(0, i));
	use_lru(s, P(0, 0), order);
	scatter(s, 2, 24);
	for (unsigned int i = 0; i < nr; i++)
		give(s, P(15, 8 + i));
	return s;
}

/*
 * As a source: a folio smaller than what is wanted is taken from 6.12 on, one as large stays, since moving it makes no
 * larger block than it is; 6.1 takes neither.
 */
static void folio_as_source(void **state)
{
	(void)state;
	for (enum test_kernel r = K_6_1; r < K_COUNT; r++)
		for (int wanted = 2; wanted <= 3; wanted++) {
			struct sim_cc cc;
			struct mm_sim *s = folio_zone(r, 2, wanted, 8, &cc);
			bool takes = r > K_6_1 && wanted == 3;

			assert_int_equal(mm_sim_scan_migrate(s, &cc), takes);
			assert_int_equal(cc.nr_migrate, takes ? 4 : 0);
			assert_int_equal(s->compact->nr_batch, takes ? 1 : 0);
			mm_sim_free(s);
		}
}

/*
 * As a target: a block of order 3 is split for a folio of order 1: it gets pages 8 and 9, and 10 and 11 stay as a target of
 * order 1, 12 to 15 as one of order 2.  What is left goes back whole: the four pages, and the two, which have no buddy.
 */
static void folio_gets_a_split_target(void **state)
{
	(void)state;
	for (enum test_kernel r = K_6_12; r < K_COUNT; r++) {
		struct sim_cc cc;
		struct mm_sim *s = folio_zone(r, 1, 4, 8, &cc);
		struct page_ent e;

		assert_true(mm_sim_scan_migrate(s, &cc));
		assert_int_equal(cc.nr_migrate, 2);
		assert_int_equal(mm_sim_move(s, &cc), SIM_MOVED);
		assert_true(mm_sim_on_lru(s, P(15, 8)));
		e = mm_ent(s->m, P(15, 8));
		assert_int_equal(ent_order(&e), 1);
		assert_int_equal(state_of(s, P(15, 9)), PS_ALLOC);
		assert_int_equal(cc.free_first[0], MM_NIL);
		assert_int_equal(cc.free_first[1], P(15, 10));
		assert_int_equal(cc.free_first[2], P(15, 12));
		assert_int_equal(cc.free_first[3], MM_NIL);
		assert_int_equal(cc.nr_free, 6);
		assert_int_equal(mm_sim_targets_release(s, &cc), P(15, 12));
		mm_sim_drain_zone(s, 0);
		assert_int_equal(mm_sim_zone(s, 0)->list[1][MM_MT_MOVABLE].nr_linked, 2); /* 10, and 0 of block 0 */
		assert_int_equal(mm_sim_zone(s, 0)->list[2][MM_MT_MOVABLE].nr_linked, 1);
		audit(s);
		mm_sim_free(s);
	}
}

static void told_of_split(void *arg, uint64_t pfn, unsigned int order)
{
	assert_int_equal(pfn, P(0, 0));
	assert_int_equal(order, 2);
	*(unsigned int *)arg += 1;
}

/*
 * Only single pages are free: a folio of order 2 finds no target.  It stays, whole and on the LRU, and all targets go back; where its
 * owner hears of it, it is split, and its four pages are moved.
 */
static void folio_without_target(void **state)
{
	(void)state;
	for (enum test_kernel r = K_6_12; r < K_COUNT; r++) {
		struct sim_cc cc;
		struct mm_sim *s = folio_zone(r, 2, 4, 0, &cc);
		unsigned int splits = 0;

		assert_true(mm_sim_scan_migrate(s, &cc));
		assert_int_equal(mm_sim_move(s, &cc), SIM_SOME_FAILED);
		assert_int_equal(cc.migrated, 0);
		assert_int_equal(cc.failed, 4);
		assert_int_equal(mm_sim_stat(s, MM_SIM_PGMIGRATE_FAIL), 4);
		assert_true(mm_sim_on_lru(s, P(0, 0)));
		assert_int_equal(state_of(s, P(0, 3)), PS_ALLOC);
		mm_sim_targets_release(s, &cc);
		mm_sim_drain_zone(s, 0);
		assert_int_equal(free_pages(s), 24);
		audit(s);
		mm_sim_free(s);

		s = folio_zone(r, 2, 4, 0, &cc);
		mm_sim_split_hook(s, told_of_split, &splits);
		assert_true(mm_sim_scan_migrate(s, &cc));
		assert_int_equal(mm_sim_move(s, &cc), SIM_MOVED);
		assert_int_equal(splits, 1);
		assert_int_equal(cc.migrated, 4);
		assert_int_equal(cc.failed, 0);
		assert_int_equal(mm_sim_stat(s, MM_SIM_PGMIGRATE_FAIL), 0);
		assert_false(mm_sim_on_lru(s, P(0, 0)));
		assert_int_equal(mm_sim_zone(s, 0)->folios[2], 0);
		mm_sim_targets_release(s, &cc);
		mm_sim_drain_zone(s, 0);
		assert_int_equal(free_pages(s), 24);
		audit(s);
		mm_sim_free(s);
	}
}

/* 6.1 splits what it takes into single pages; the last page of the last block is used first. */
static void targets_of_6_1(void **state)
{
	struct sim_cc cc;
	struct mm_sim *s = pinned_zone(K_6_1, MM_SIM_ANON, P(1, 0), &cc);

	(void)state;
	cc.nr_migrate = 12;
	for (unsigned int i = 0; i < PB; i++)
		give(s, P(13, i));
	assert_true(mm_sim_isolate_block(s, 0, P(13, 0), PB_ORDER));
	/* hand-made: 4 pages at 0, 2 at 8 */
	mm_sim_targets_push(s, &cc, P(13, 0), 2, false);
	mm_sim_targets_push(s, &cc, P(13, 8), 1, false);
	mm_sim_targets_split(s, &cc);
	assert_int_equal(cc.free_first[0], P(13, 9));
	assert_int_equal(mm_ent(s->m, P(13, 9)).a, P(13, 8));
	assert_int_equal(mm_ent(s->m, P(13, 8)).a, P(13, 3));
	assert_int_equal(cc.free_last[0], P(13, 0));
	mm_sim_free(s);
}

/*
 * The scanners meet at once where the zone has nothing to move: a whole run is complete, and the hints may be
 * flushed.
 */
static void scanners_meet(void **state)
{
	struct mm_sim *s = full_zone(K_7_3);
	struct sim_cc cc = run_for(2, SIM_SYNC_LIGHT, true);
	enum mm_compact_result r = MM_COMPACT_CONTINUE;

	(void)state;
	scatter(s, 15, 32);
	cc.whole_zone = true;
	assert_int_equal(mm_sim_run_begin(s, &cc), MM_COMPACT_CONTINUE);
	assert_int_equal(cc.migrate_pfn, FIRST);
	assert_int_equal(cc.free_pfn, P(15, 0));
	assert_false(s->compact->zone[0].flush);
	while (r == MM_COMPACT_CONTINUE)
		r = mm_sim_run_step(s, &cc);
	mm_sim_run_end(s, &cc, r);
	assert_int_equal(r, MM_COMPACT_COMPLETE);
	assert_int_equal(cc.migrated, 0);
	assert_true(s->compact->zone[0].flush);
	/* positions begin anew, and every block that was looked through is marked */
	assert_int_equal(s->compact->zone[0].cached_migrate[1], FIRST);
	assert_int_equal(s->compact->zone[0].cached_free, P(15, 0));
	for (unsigned int b = 0; b < 15; b++)
		assert_true(mm_sim_skip_get(s, P(b, 0)));
	assert_false(mm_sim_skip_get(s, P(15, 0)));
	mm_sim_free(s);
}

/*
 * Hints set everywhere and a flush due.  Only blocks in whose sample (every 8th page) there is an LRU page or a
 * free one are cleared: block 3 has an LRU page at 8, block 5 one at 9 only, block 12 a free page at 16.
 */
static void hints_are_reset_by_sample(void **state)
{
	struct mm_sim *s = full_zone(K_7_3);
	struct sim_czone *cz = &s->compact->zone[0];

	(void)state;
	give(s, P(3, 8));
	use_lru(s, P(3, 8), 0);
	give(s, P(5, 9));
	use_lru(s, P(5, 9), 0);
	give(s, P(12, 16));
	for (unsigned int b = 0; b < NR_BLOCKS; b++)
		mm_sim_skip_set(s, P(b, 0), true);
	mm_sim_compaction_reset(s, 0); /* nothing is due */
	assert_true(mm_sim_skip_get(s, P(3, 0)));
	cz->flush = true;
	mm_sim_compaction_reset(s, 0);
	assert_false(cz->flush);
	for (unsigned int b = 0; b < NR_BLOCKS; b++)
		assert_int_equal(mm_sim_skip_get(s, P(b, 0)), b != 3 && b != 12);
	/* the walk goes up to block 3, and down from the zone's last page to the last one of block 12 */
	assert_int_equal(cz->init_migrate, P(3, 0));
	assert_int_equal(cz->cached_migrate[0], P(3, 0));
	assert_int_equal(cz->init_free, P(12, PB - 1));
	assert_int_equal(cz->cached_free, P(12, PB - 1));
	mm_sim_free(s);
}

/*
 * Nothing to begin with: 16 blocks, the walk ends where both sides have passed: up at block 8, down at block 7's
 * last page.
 */
static void reset_leaves_no_distance(void **state)
{
	struct mm_sim *s = full_zone(K_6_12);
	struct sim_czone *cz = &s->compact->zone[0];

	(void)state;
	for (unsigned int b = 0; b < NR_BLOCKS; b++)
		mm_sim_skip_set(s, P(b, 0), true);
	cz->flush = true;
	mm_sim_compaction_reset(s, 0);
	assert_int_equal(cz->cached_migrate[0], P(8, 0));
	assert_int_equal(cz->cached_free, P(7, PB - 1));
	mm_sim_free(s);
}

/*
 * Deferral in a full zone with 25 pages: order 2 is suitable, a sync try meets without success and is put off:
 * shift 1 lets every second try through, shift 2 every fourth.
 */
static void tries_are_put_off(void **state)
{
	struct mm_sim *s = full_zone(K_7_3);
	struct mm_request rq = movable(2);
	static const enum mm_compact_result want[] = {
		MM_COMPACT_PARTIAL_SKIPPED,                       /* shift 1 */
		MM_COMPACT_DEFERRED, MM_COMPACT_PARTIAL_SKIPPED, /* 2 of 2; shift 2 */
		MM_COMPACT_DEFERRED, MM_COMPACT_DEFERRED, MM_COMPACT_DEFERRED, MM_COMPACT_PARTIAL_SKIPPED, /* 4 of 4 */
	};
	uint64_t pfn;

	(void)state;
	scatter(s, 15, 25);
	for (unsigned int i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		assert_int_equal(mm_sim_direct_compact(s, &rq, 2, MM_PRIO_LIGHT, 0, &pfn), want[i]);
		assert_int_equal(pfn, UINT64_MAX);
	}
	assert_int_equal(s->compact->zone[0].defer.shift, 3);
	/* a full try isn't put off, and begins with the whole zone */
	assert_int_equal(mm_sim_direct_compact(s, &rq, 2, MM_PRIO_FULL, 0, &pfn), MM_COMPACT_COMPLETE);
	assert_int_equal(s->compact->zone[0].defer.shift, 4);
	/* it came true after all */
	mm_sim_compaction_worked(s, 0, 2);
	assert_int_equal(s->compact->zone[0].defer.shift, 0);
	assert_int_equal(s->compact->zone[0].defer.failed, 3);
	assert_false(s->compact->zone[0].flush);
	mm_sim_free(s);
}

/* Without __GFP_IO nothing is compacted. */
static void no_io_no_compaction(void **state)
{
	struct mm_sim *s = full_zone(K_7_3);
	struct mm_request rq = movable(2);
	uint64_t pfn;

	(void)state;
	scatter(s, 15, 25);
	rq.gfp &= ~(uint32_t)MM_GFP_IO;
	assert_int_equal(mm_sim_direct_compact(s, &rq, 2, MM_PRIO_FULL, 0, &pfn), MM_COMPACT_SKIPPED);
	assert_int_equal(mm_sim_stat(s, MM_SIM_COMPACT_MIGRATE_SCANNED), 0);
	mm_sim_free(s);
}

struct table {
	uint64_t at[80]; /* by handle: where its page is */
	unsigned int nr, moved;
};

static void follow(void *arg, const struct mm_sim_moved *mv)
{
	struct table *t = arg;
	unsigned int i = 0;

	while (i < t->nr && t->at[i] != mv->from)
		i++;
	assert_true(i < t->nr); /* it was somebody's, and is told once */
	assert_int_equal(mv->order, 0);
	t->at[i] = mv->to;
	t->moved++;
}

/*
 * A holder of 80 pages by handle follows them: 40 of pageblocks 1 and 2 each, and free pages at the end.  After the
 * zone was compacted each handle is at a page in use on the LRU, no two at the same one, and some have moved.
 */
static void handles_follow(void **state)
{
	(void)state;
	for (unsigned int rules = 0; rules < K_COUNT; rules++) {
		struct mm_sim *s = full_zone((enum test_kernel)rules);
		struct table t = { .nr = 0 };

		for (unsigned int b = 1; b <= 2; b++) {
			for (unsigned int i = 0; i < PB; i++)
				give(s, P(b, i));
			for (unsigned int i = 0; i < 40; i++) {
				t.at[t.nr++] = P(b, i + i / 2);
				use_lru(s, P(b, i + i / 2), 0);
			}
		}
		for (unsigned int b = 12; b < 16; b++)
			for (unsigned int i = 0; i < PB; i++)
				give(s, P(b, i));
		mm_sim_moved_hook(s, follow, &t);
		mm_sim_compact_node(s, 0);
		assert_int_equal(t.moved, mm_sim_stat(s, MM_SIM_PGMIGRATE_SUCCESS));
		assert_true(t.moved > 0);
		for (unsigned int i = 0; i < t.nr; i++) {
			assert_int_equal(state_of(s, t.at[i]), PS_ALLOC);
			assert_true(mm_sim_on_lru(s, t.at[i]));
			for (unsigned int k = 0; k < i; k++)
				assert_true(t.at[k] != t.at[i]);
			mm_sim_release(s, 0, t.at[i], 0);
		}
		audit(s);
		mm_sim_free(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(suitable_at_the_mark), cmocka_unit_test(suitable_costly),
		cmocka_unit_test(success_without_a_run),
		cmocka_unit_test(capture_ends_a_run),
		cmocka_unit_test(capture_is_of_the_requests_order),
		cmocka_unit_test(pinned_anon_stays), cmocka_unit_test(pinned_file_fails), cmocka_unit_test(no_fs_no_files),
		cmocka_unit_test(large_folio_moves),
		cmocka_unit_test(folio_as_source), cmocka_unit_test(folio_gets_a_split_target),
		cmocka_unit_test(folio_without_target),
		cmocka_unit_test(targets_of_6_1),
		cmocka_unit_test(scanners_meet),
		cmocka_unit_test(hints_are_reset_by_sample), cmocka_unit_test(reset_leaves_no_distance),
		cmocka_unit_test(tries_are_put_off),
		cmocka_unit_test(no_io_no_compaction),
		cmocka_unit_test(handles_follow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
