// SPDX-License-Identifier: GPL-2.0-only
/*
 * Policies of document 003: which free blocks a host is told of, and where on its list a freed block goes.
 *
 * The machines have one zone of pageblocks of 512 pages, free in blocks of order 10 when it boots, in ascending order.  A report takes
 * 50,000 ns and 50 ns for each page; the numbers behind "B()" are pageblocks.
 */
#include <stdio.h>

#include "sim_made.h"

#include "hooked.h"
#include "sim/report.h"

#define MS UINT64_C(1000000)
#define FLIGHT(pages) (50000 + 50 * (uint64_t)(pages)) /* ns */
#define BIG UINT64_C(1024) /* pages of a block of order 10 */

static struct mm_sim *made(const char *choices, unsigned int blocks)
{
	struct mm_sim_cfg cfg = sim_cfg(K_7_3, blocks);
	struct sg_err err = { 0 };
	char text[120];

	snprintf(text, sizeof(text), "linux-7.3,%s", choices);
	if (mm_policy_parse(text, &cfg.policy, &err) != 0)
		fail_msg("%s", err.text);
	cfg.seed = 7;
	return sim_make(&cfg);
}

static void done(struct mm_sim *s)
{
	if (mm_sim_overlays(s))
		assert_faultless(s);
	sim_sound(s);
	mm_sim_free(s);
}

static uint64_t stat(const struct mm_sim *s, enum mm_sim_stat i)
{
	return mm_sim_stat(s, i);
}

static bool marked(const struct mm_sim *s, uint64_t pfn)
{
	struct page_ent e = mm_ent(s->m, pfn);

	return ent_state(&e) == PS_FREE && (e.st & PE_LINK) && (e.x & PE_X_REPORTED);
}

static unsigned int free_order(const struct mm_sim *s, uint64_t pfn)
{
	struct page_ent e = mm_ent(s->m, pfn);

	return ent_state(&e) == PS_FREE ? ent_order(&e) : 99;
}

/* The Movable list of order 10 is these pageblocks, from the head on. */
static void assert_list(const struct mm_sim *s, const unsigned int *block, unsigned int nr)
{
	uint64_t pfn[128];

	assert_int_equal(mm_free_list(s->m, 0, 10, M, pfn, 128, NULL), nr);
	for (unsigned int i = 0; i < nr; i++)
		if (pfn[i] != B(block[i]))
			fail_msg("place %u: pageblock %u instead of %u", i, (unsigned int)((pfn[i] - START) / BLOCK), block[i]);
}

/* ---- mainline ----------------------------------------------------------------------------- */

/*
 * 40 blocks.  After two seconds 32 leave the list, which costs one call of the list's two; for these the budget of one sixteenth
 * of the list and one more is enough.  They come back behind the other eight, the last that was taken first, and then these eight
 * go.  The walk looks at 32 that it takes, at the 33rd twice, since it must wait, at seven more, and at the 32 marked ones.
 */
static void mainline(void **state)
{
	struct mm_sim *s = made("reporting=mainline", 80);
	unsigned int list[40], n = 0;

	(void)state;
	assert_int_equal(mm_sim_reporter_due(s), 2000 * MS);
	mm_sim_reporter(s, 2000 * MS - 1);
	assert_int_equal(sim_blocks(s, 10, M), 40);
	mm_sim_reporter(s, 2000 * MS);
	assert_int_equal(sim_blocks(s, 10, M), 8);
	assert_int_equal(sim_first(s, 10, M), B(64));
	assert_int_equal(stat(s, MM_SIM_REPORTED), 0);
	assert_int_equal(mm_sim_reporter_due(s), 2000 * MS + FLIGHT(32 * BIG));

	mm_sim_reporter(s, 2000 * MS + FLIGHT(32 * BIG));
	assert_int_equal(stat(s, MM_SIM_REPORTED), 32 * BIG);
	assert_int_equal(sim_blocks(s, 10, M), 32);
	assert_int_equal(mm_sim_reporter_due(s), 2000 * MS + FLIGHT(32 * BIG) + FLIGHT(8 * BIG));

	mm_sim_reporter(s, 3000 * MS);
	assert_int_equal(stat(s, MM_SIM_REPORTS), 2);
	assert_int_equal(stat(s, MM_SIM_REPORTED), 40 * BIG);
	assert_int_equal(stat(s, MM_SIM_REPORT_WALKED), 32 + 2 + 7 + 32);
	assert_int_equal(stat(s, MM_SIM_REPORT_HELD_MAX), 32 * BIG);
	assert_int_equal(mm_sim_reported_now(s), 40 * BIG);
	assert_int_equal(mm_sim_reported_blocks(s), 40);
	for (unsigned int i = 32; i-- > 0;)
		list[n++] = 2 * i;
	for (unsigned int i = 40; i-- > 32;)
		list[n++] = 2 * i;
	assert_list(s, list, 40);
	/* the map and a page's description say so, of both halves of a block */
	for (unsigned int i = 0; i < 2; i++) {
		struct mm_block_info b;
		struct mm_page_info p;

		mm_block_get(s->m, B(i) / BLOCK, &b);
		mm_page_get(s->m, B(i) + 3, &p);
		assert_true(b.reported && p.reported);
	}
	sim_occupy(s, B(0), 0, M);
	for (unsigned int i = 0; i < 2; i++) {
		struct mm_block_info b;

		mm_block_get(s->m, B(i) / BLOCK, &b);
		assert_false(b.reported);
	}
	/* nothing was freed since: the next pass comes when something is */
	assert_int_equal(mm_sim_reporter_due(s), UINT64_MAX);
	assert_int_equal(stat(s, MM_SIM_REPORTED_TWICE), 0);
	done(s);
}

/* Nobody reports: a control for what follows. */
static void off(void **state)
{
	struct mm_sim *s = made("reporting=off", 80);

	(void)state;
	assert_null(mm_sim_overlays(s));
	assert_int_equal(mm_sim_reporter_due(s), UINT64_MAX);
	mm_sim_reporter(s, 60000 * MS);
	sim_ask_for(s, 9, M, 0, NULL);
	for (unsigned int i = MM_SIM_REPORTED; i < MM_SIM_STATS; i++)
		assert_int_equal(stat(s, (enum mm_sim_stat)i), 0);
	assert_int_equal(mm_sim_reported_mean(s), 0);
	done(s);
}

/* With 32 pageblocks free above the low mark and no page more, the zone is left alone; so many and 512 are enough. */
static void mainline_mark(void **state)
{
	(void)state;
	for (unsigned int more = 0; more < 2; more++) {
		struct mm_sim *s = made("reporting=mainline", 80);
		unsigned int left = 200 + 32 * 512 + more;

		for (unsigned int i = 33; i < 80; i++)
			sim_occupy_block(s, i, M);
		sim_occupy(s, B(32), 8, M);
		/* of pageblock 32 the upper 256 pages are free: 56 of them are too many */
		for (unsigned int i = 0; i < 56 - more; i++)
			sim_occupy(s, B(32) + 256 + i, 0, M);
		assert_int_equal(mm_sim_zone_free(mm_sim_zs(s, 0)), left);
		mm_sim_reporter(s, 5000 * MS);
		assert_int_equal(stat(s, MM_SIM_REPORTED), more ? 32 * 512 : 0);
		done(s);
	}
}

/* More than the budget allows: the rest waits two seconds.  33 * 32 blocks: ceil(1056 / 512) = 3, so four calls, of 128 blocks. */
static void mainline_budget(void **state)
{
	struct mm_sim *s = made("reporting=mainline", 2112);
	uint64_t first;

	(void)state;
	mm_sim_reporter(s, 3000 * MS);
	assert_int_equal(stat(s, MM_SIM_REPORTS), 4);
	assert_int_equal(stat(s, MM_SIM_REPORTED), 128 * BIG);
	assert_int_equal(sim_first(s, 10, M), B(2 * 128));
	first = 2000 * MS + 4 * FLIGHT(32 * BIG);
	assert_int_equal(mm_sim_reporter_due(s), first + 2000 * MS);
	mm_sim_reporter(s, first + 2000 * MS + 100 * MS);
	assert_int_equal(stat(s, MM_SIM_REPORTED), 256 * BIG);
	done(s);
}

/*
 * While 32 blocks are away, eight are left.  A ninth atomic request for one finds none, though 32 would do; after the report it
 * does.  Without reporting all are there.
 */
static void atomic_fails(void **state)
{
	static const char *const how[] = { "reporting=off", "reporting=mainline", "reporting=boundary", "reporting=best-effort=64" };

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		struct mm_sim *s = made(how[i], 80);
		unsigned int got = 0;

		mm_sim_reporter(s, i == 2 ? 100 * MS : 2000 * MS);
		while (got < 20 && sim_ask_for(s, 10, M, MM_GFP_ATOMIC, NULL) == MM_GOT_PAGE)
			got++;
		/* the last of the eight would leave less than the mark that an atomic request keeps */
		assert_int_equal(got, i ? 7 : 20);
		assert_int_equal(stat(s, MM_SIM_FAILED_WHILE_REPORTING), i ? 1 : 0);
		assert_int_equal(stat(s, MM_SIM_HELD_AT_FAILURE), i ? 32 * BIG : 0);
		mm_sim_reporter(s, 3000 * MS);
		assert_int_equal(sim_ask_for(s, 10, M, MM_GFP_ATOMIC, NULL), MM_GOT_PAGE);
		assert_int_equal(stat(s, MM_SIM_FAILED_WHILE_REPORTING), i ? 1 : 0);
		done(s);
	}
}

/* ---- what a report comes to ------------------------------------------------------------------ */

/*
 * The first of 40 blocks is half in use, so that its other half is reported as a block of order 9.  When the used half is freed
 * they merge and the mark is lost: two seconds later 1024 pages are reported, 512 of them for the second time.
 */
static void mark_lost(void **state)
{
	static const char *const how[] = { "reporting=mainline", "reporting=best-effort=64" };

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct mm_sim *s = made(how[i], 80);

		sim_occupy_block(s, 1, M);
		/* a block that is cut by hand is nothing that anybody is told of: so is the half, for who remembers blocks */
		if (i)
			s->placer.came(s, mm_sim_zs(s, 0), B(0), 9, M, MM_PLACE_SPLIT);
		mm_sim_reporter(s, 3000 * MS);
		assert_true(marked(s, B(0)));
		assert_int_equal(stat(s, MM_SIM_REPORTED), 39 * BIG + 512);
		sim_vacate(s, B(1), 9);
		assert_int_equal(free_order(s, B(0)), 10);
		assert_false(marked(s, B(0)));
		assert_int_equal(stat(s, MM_SIM_REPORT_MARKS_LOST), 1);
		mm_sim_reporter(s, 6000 * MS);
		assert_true(marked(s, B(0)));
		assert_int_equal(stat(s, MM_SIM_REPORTED), 40 * BIG + 512);
		assert_int_equal(stat(s, MM_SIM_REPORTED_TWICE), 512);
		assert_int_equal(mm_sim_reported_now(s), 40 * BIG);
		done(s);
	}
}

/*
 * All 40 are reported.  256 pages used half a second later are faults of the host, in vain; 256 that are used after 1.5 s are faults
 * alone.  Both are from one block, which lost its mark when it was split.  What its user gives back the host has no longer got.
 */
static void refaults(void **state)
{
	struct mm_sim *s = made("reporting=mainline", 80);
	uint64_t pfn;

	(void)state;
	mm_sim_reporter(s, 2500 * MS);
	assert_int_equal(stat(s, MM_SIM_REPORTED), 40 * BIG);
	assert_int_equal(sim_ask_for(s, 8, M, 0, &pfn), MM_GOT_PAGE);
	assert_int_equal(stat(s, MM_SIM_REPORT_REFAULTS), 256);
	assert_int_equal(stat(s, MM_SIM_REPORTED_IN_VAIN), 256);
	assert_int_equal(stat(s, MM_SIM_REPORT_MARKS_LOST), 1);
	mm_sim_set_now(s, 3500 * MS);
	assert_int_equal(sim_ask_for(s, 8, M, 0, &pfn), MM_GOT_PAGE);
	assert_int_equal(stat(s, MM_SIM_REPORT_REFAULTS), 512);
	assert_int_equal(stat(s, MM_SIM_REPORTED_IN_VAIN), 256);
	assert_int_equal(stat(s, MM_SIM_REPORT_MARKS_LOST), 1);
	mm_sim_release(s, 0, pfn, 8);
	assert_int_equal(sim_ask_for(s, 8, M, 0, &pfn), MM_GOT_PAGE);
	assert_int_equal(stat(s, MM_SIM_REPORT_REFAULTS), 512);
	assert_int_equal(mm_sim_reported_now(s), 40 * BIG - 512);
	done(s);
}

/* From the end of the first report on the host has 32 blocks, then 40: on average over 4 s. */
static void mean(void **state)
{
	struct mm_sim *s = made("reporting=mainline", 80);
	uint64_t a = 2000 * MS + FLIGHT(32 * BIG), b = a + FLIGHT(8 * BIG), end = 4000 * MS;

	(void)state;
	mm_sim_reporter(s, end);
	assert_int_equal(mm_sim_reported_mean(s), (32 * BIG * (b - a) + 40 * BIG * (end - b)) / end);
	done(s);
}

/*
 * Half of the first block is away when its other half is freed: they can't merge until it is back.  Then they do, and the block isn't
 * marked: it goes with what is left, and half of it is reported for the second time.
 */
static void merge_held(void **state)
{
	(void)state;
	for (unsigned int on = 0; on < 2; on++) {
		struct mm_sim *s = made(on ? "reporting=mainline" : "reporting=off", 80);

		sim_occupy_block(s, 1, M);
		mm_sim_reporter(s, 2000 * MS);
		sim_vacate(s, B(1), 9);
		assert_int_equal(stat(s, MM_SIM_MERGES_HELD_BACK), on);
		assert_int_equal(free_order(s, B(on)), on ? 9 : 10);
		mm_sim_reporter(s, 2000 * MS + FLIGHT(31 * BIG + 512));
		if (on)
			assert_int_equal(mm_sim_reporter_due(s), s->now + FLIGHT(9 * BIG));
		mm_sim_reporter(s, 3000 * MS);
		assert_int_equal(free_order(s, B(0)), 10);
		assert_int_equal(marked(s, B(0)), on);
		assert_int_equal(stat(s, MM_SIM_REPORTED_TWICE), on ? 512 : 0);
		done(s);
	}
}

/* An Unmovable pageblock that is reported is Movable afterwards, as with every whole block that is isolated. */
static void becomes_movable(void **state)
{
	struct mm_sim *s = made("reporting=mainline", 80);
	struct mm_block_info b;

	(void)state;
	sim_occupy_block(s, 1, M);
	sim_type(s, 0, U);
	assert_int_equal(sim_blocks(s, 9, U), 1);
	mm_sim_reporter(s, 3000 * MS);
	mm_block_get(s->m, B(0) / BLOCK, &b);
	assert_int_equal(b.migratetype, M);
	assert_int_equal(sim_first(s, 9, M), B(0));
	assert_true(marked(s, B(0)));
	done(s);
}

/* ---- boundary --------------------------------------------------------------------------------- */

/*
 * 40 blocks.  After 100 ms the last 32 are taken, from the end on, and come back behind the boundary, the last that was taken
 * first; then the first eight are taken, too few for a batch, so that the boundary is gone when they come back.  31 blocks are too
 * few to begin with.
 */
static void boundary(void **state)
{
	struct mm_sim *s = made("reporting=boundary", 80);
	unsigned int list[40], n = 0;

	(void)state;
	assert_int_equal(mm_sim_reporter_due(s), 100 * MS);
	mm_sim_reporter(s, 100 * MS);
	assert_int_equal(sim_blocks(s, 10, M), 8);
	assert_int_equal(sim_first(s, 10, M), B(0));
	mm_sim_reporter(s, 100 * MS + FLIGHT(32 * BIG));
	/* the eight are away now */
	for (unsigned int i = 40; i-- > 8;)
		list[n++] = 2 * i;
	assert_list(s, list, 32);
	mm_sim_reporter(s, 1000 * MS);
	for (unsigned int i = 0; i < 8; i++)
		list[n++] = 2 * i;
	assert_list(s, list, 40);
	assert_int_equal(stat(s, MM_SIM_REPORTS), 2);
	assert_int_equal(stat(s, MM_SIM_REPORTED), 40 * BIG);
	/* each is looked at once as it is taken; the walk behind these finds nothing at the lists' heads */
	assert_int_equal(stat(s, MM_SIM_REPORT_WALKED), 40);
	assert_int_equal(mm_sim_reporter_due(s), UINT64_MAX);
	done(s);

	s = made("reporting=boundary", 62);
	mm_sim_reporter(s, 10000 * MS);
	assert_int_equal(stat(s, MM_SIM_REPORTED), 0);
	done(s);
}

/*
 * 72 blocks, of which one is in use.  While the second batch is away the first 32 stand behind the boundary.  A block that goes to
 * the list's tail then stands before them, so that unreported ones are still taken first; in mainline it stands behind them.
 */
static void before_boundary(void **state)
{
	static const char *const how[] = { "freelist=tail,reporting=mainline", "freelist=tail,reporting=boundary" };

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct mm_sim *s = made(how[i], 144);
		uint64_t pfn[80], t = (i ? 100 : 2000) * MS + FLIGHT(32 * BIG);
		size_t n, at = 0;

		sim_occupy(s, B(70), 10, M);
		mm_sim_reporter(s, t);
		assert_int_equal(mm_sim_reported_blocks(s), 32);
		sim_vacate(s, B(70), 10);
		n = mm_free_list(s->m, 0, 10, M, pfn, 80, NULL);
		assert_int_equal(n, 32 + 7 + 1);
		while (at < n && pfn[at] != B(70))
			at++;
		assert_int_equal(at, i ? 7 : 39);
		for (size_t k = 0; k < n; k++)
			assert_int_equal(marked(s, pfn[k]), i ? k > 7 : k > 6 && k < 39);
		done(s);
	}
}

/* Of the marked blocks the first is taken: the boundary moves to the next, before which what comes to the tail stands. */
static void boundary_moves(void **state)
{
	struct mm_sim *s = made("freelist=tail,reporting=boundary", 144);
	uint64_t pfn[80], got;
	size_t n;

	(void)state;
	sim_occupy(s, B(70), 10, M);
	mm_sim_reporter(s, 100 * MS + FLIGHT(32 * BIG));
	/* seven unmarked ones are left, and an eighth that is taken is marked */
	for (unsigned int i = 0; i < 8; i++)
		assert_int_equal(sim_ask_for(s, 10, M, MM_GFP_MEMALLOC, &got), MM_GOT_PAGE);
	assert_int_equal(stat(s, MM_SIM_REPORT_REFAULTS), BIG);
	sim_vacate(s, B(70), 10);
	n = mm_free_list(s->m, 0, 10, M, pfn, 80, NULL);
	assert_int_equal(n, 32);
	assert_int_equal(pfn[0], B(70));
	done(s);
}

/* ---- best effort ----------------------------------------------------------------------------- */

/*
 * 40 blocks, room for eight: 32 are forgotten.  Two seconds later the eight go, and the first 24 that a search finds; after the
 * report it begins at the head again, where eight are left.  Looked at: eight remembered, 24 and the next, which has to wait, then
 * eight, and the 32 marked ones behind them.  With room for all there is no search.
 */
static void best_effort(void **state)
{
	struct mm_sim *s = made("reporting=best-effort=8", 80);

	(void)state;
	assert_int_equal(stat(s, MM_SIM_REPORT_OVERFLOWS), 32);
	assert_int_equal(mm_sim_reporter_due(s), 2000 * MS);
	mm_sim_reporter(s, 3000 * MS);
	assert_int_equal(stat(s, MM_SIM_REPORTS), 2);
	assert_int_equal(stat(s, MM_SIM_REPORTED), 40 * BIG);
	assert_int_equal(stat(s, MM_SIM_REPORT_SEARCHES), 1);
	assert_int_equal(stat(s, MM_SIM_REPORT_OVERFLOWS), 32);
	assert_int_equal(stat(s, MM_SIM_REPORT_OVERFLOWS_SEARCH), 0);
	assert_int_equal(stat(s, MM_SIM_REPORT_WALKED), 8 + 25 + 8 + 32);
	assert_int_equal(mm_sim_reporter_due(s), UINT64_MAX);
	done(s);

	s = made("reporting=best-effort=40", 80);
	mm_sim_reporter(s, 3000 * MS);
	assert_int_equal(stat(s, MM_SIM_REPORTED), 40 * BIG);
	assert_int_equal(stat(s, MM_SIM_REPORT_OVERFLOWS), 0);
	assert_int_equal(stat(s, MM_SIM_REPORT_SEARCHES), 0);
	assert_int_equal(stat(s, MM_SIM_REPORT_WALKED), 40);
	done(s);
}

/*
 * The thread's objection: while the search's first report is away, nine blocks are freed, and there is room for eight.  The search
 * finds all of them, but nobody can know: two seconds later there is another, that finds nothing.
 */
static void overflows_again(void **state)
{
	struct mm_sim *s = made("reporting=best-effort=8", 100);

	(void)state;
	for (unsigned int i = 41; i < 50; i++)
		sim_occupy(s, B(2 * i), 10, M);
	mm_sim_reporter(s, 2000 * MS);
	assert_int_equal(stat(s, MM_SIM_REPORT_SEARCHES), 1);
	for (unsigned int i = 41; i < 50; i++)
		sim_vacate(s, B(2 * i), 10);
	assert_int_equal(stat(s, MM_SIM_REPORT_OVERFLOWS), 42 + 1);
	assert_int_equal(stat(s, MM_SIM_REPORT_OVERFLOWS_SEARCH), 1);
	mm_sim_reporter(s, 2500 * MS);
	assert_int_equal(stat(s, MM_SIM_REPORTED), 50 * BIG);
	assert_int_equal(mm_sim_reported_blocks(s), 50);
	assert_int_equal(mm_sim_reporter_due(s), 2000 * MS + FLIGHT(32 * BIG) + FLIGHT(18 * BIG) + 2000 * MS);
	mm_sim_reporter(s, 5000 * MS);
	assert_int_equal(stat(s, MM_SIM_REPORT_SEARCHES), 2);
	assert_int_equal(stat(s, MM_SIM_REPORTS), 2);
	assert_int_equal(mm_sim_reporter_due(s), UINT64_MAX);
	done(s);
}

/* A remembered block that is used when the reporter comes isn't reported, nor is one that is part of a larger one by then. */
static void stale(void **state)
{
	struct mm_sim *s = made("reporting=best-effort=100", 80);

	(void)state;
	sim_occupy(s, B(10), 10, M);
	mm_sim_reporter(s, 3000 * MS);
	assert_int_equal(stat(s, MM_SIM_REPORTED), 39 * BIG);
	sim_vacate(s, B(10), 9);
	sim_vacate(s, B(11), 9);
	mm_sim_reporter(s, 6000 * MS);
	assert_int_equal(stat(s, MM_SIM_REPORTED), 40 * BIG);
	assert_int_equal(stat(s, MM_SIM_REPORTS), 2 + 1);
	done(s);
}

/* ---- free lists ------------------------------------------------------------------------------- */

/* Every second pageblock is freed, lowest first. */
static struct mm_sim *row(const char *choice, uint64_t seed)
{
	struct mm_sim_cfg cfg = sim_cfg(K_7_3, 64);
	struct sg_err err = { 0 };
	struct mm_sim *s;
	char text[80];

	snprintf(text, sizeof(text), "linux-7.3,%s", choice);
	if (mm_policy_parse(text, &cfg.policy, &err) != 0)
		fail_msg("%s", err.text);
	cfg.seed = seed;
	s = sim_make(&cfg);
	for (unsigned int i = 0; i < 64; i++)
		sim_occupy_block(s, i, M);
	for (unsigned int i = 0; i < 64; i += 2)
		sim_vacate(s, B(i), 9);
	return s;
}

static void ends(void **state)
{
	static const struct {
		const char *how;
		unsigned int first, last;
	} t[] = { { "freelist=mainline", 62, 0 }, { "freelist=head", 62, 0 }, { "freelist=tail", 0, 62 }, { "freelist=hotcold", 62, 0 } };

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		struct mm_sim *s = row(t[i].how, 1);
		uint64_t pfn[40];

		assert_int_equal(mm_free_list(s->m, 0, 9, M, pfn, 40, NULL), 32);
		assert_int_equal(pfn[0], B(t[i].first));
		assert_int_equal(pfn[31], B(t[i].last));
		done(s);
	}
}

/*
 * Pages 0 and 4 of a pageblock in use, and 6 and 7 as a block of order 1 are free when page 5 is: it merges with 4 to one of order 1,
 * and with that to one of order 2.  Page 0 freed alone goes to the head; page 1 beside the free 2 and 3 will likely merge: mainline has it at the tail.
 */
static void merge_likely(void **state)
{
	static const struct {
		const char *how;
		bool tail;
	} t[] = { { "freelist=mainline", true }, { "freelist=head", false }, { "freelist=tail", true } };

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		struct mm_sim *s = made(t[i].how, 16);

		for (unsigned int k = 0; k < 16; k++)
			sim_occupy_block(s, k, M);
		sim_vacate(s, B(3) + 8, 0);
		sim_vacate(s, B(1) + 2, 1);
		sim_vacate(s, B(1) + 1, 0);
		assert_int_equal(sim_blocks(s, 0, M), 2);
		assert_int_equal(sim_first(s, 0, M), t[i].tail ? B(3) + 8 : B(1) + 1);
		done(s);
	}
}

/* By the coin each of 32 goes to one of the ends: the same ones with the same seed, others with another. */
static void shuffle(void **state)
{
	uint64_t pfn[3][40];

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		struct mm_sim *s = row("freelist=shuffle", i == 2 ? 9 : 4);
		unsigned int down = 0;

		assert_int_equal(mm_free_list(s->m, 0, 9, M, pfn[i], 40, NULL), 32);
		/* what went to the head stands in falling order, what went to the tail in rising order behind it */
		while (down < 31 && pfn[i][down] > pfn[i][down + 1])
			down++;
		for (unsigned int k = down; k < 31; k++)
			assert_true(pfn[i][k] < pfn[i][k + 1]);
		/* 16 of 32 at the head on average; fewer than 6 or more than 26 come once in ten thousand times */
		assert_in_range(down, 6, 26);
		done(s);
	}
	assert_memory_equal(pfn[0], pfn[1], 32 * sizeof(pfn[0][0]));
	assert_memory_not_equal(pfn[0], pfn[2], 32 * sizeof(pfn[0][0]));
}

/* What reclaim frees goes behind what a task frees, whoever comes first. */
static void hotcold(void **state)
{
	static const char *const how[] = { "freelist=mainline", "freelist=hotcold" };

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct mm_sim *s = made(how[i], 16);
		uint64_t pfn[4];

		for (unsigned int k = 0; k < 16; k++)
			sim_occupy_block(s, k, M);
		mm_sim_release(s, 0, B(0), 4);
		s->reclaims = true;
		mm_sim_free_page(s, 0, B(2), 4);
		s->reclaims = false;
		mm_sim_release(s, 0, B(4), 4);
		assert_int_equal(mm_free_list(s->m, 0, 4, M, pfn, 4, NULL), 3);
		assert_int_equal(pfn[0], B(4));
		assert_int_equal(pfn[1], i ? B(0) : B(2));
		assert_int_equal(pfn[2], i ? B(2) : B(0));
		done(s);
	}
}

/* ---- a reporter of one's own --------------------------------------------------------------------- */

static struct mm_reply_reporter say;

static void wakes(void *state, const struct mm_eye *eye, const struct mm_ask_report_block *in, struct mm_reply_report_come *r)
{
	r->ns = 1000;
}

static void answers(void *state, const struct mm_eye *eye, const struct mm_ask_reporter *in, struct mm_reply_reporter *r)
{
	*r = say;
}

/* Wrong answers end the pass, and are named; the run goes on. */
static void wrong(void **state)
{
	static const struct mm_hooks h = { MM_HOOKS_HEAD("mine"), .report_come = wakes, .reporter = answers };
	static const struct {
		struct mm_reply_reporter say;
		const char *what;
	} t[] = {
		{ { .act = 17 }, "there is no such step" },
		{ { .act = MM_REPORT_SEND }, "nothing has been taken that could be reported" },
		{ { .act = MM_REPORT_TAKE, .pfn = B(3) }, "the page is not the first of a free block" },
		{ { .act = MM_REPORT_TAKE, .pfn = 5 }, "the page is in no zone" },
		{ { .act = MM_REPORT_FRONT, .pfn = B(0) }, "so many steps without a report" },
		{ { .act = MM_REPORT_IDLE, .search = 2 }, "the answer must be 0 or 1" },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct mm_sim *s = hooked(K_7_3, &h);

		sim_occupy_block(s, 3, M);
		say = t[i].say;
		mm_sim_reporter(s, 2000);
		assert_wrong(s, "reporter", t[i].what);
		assert_int_equal(mm_sim_reporter_due(s), UINT64_MAX);
		assert_int_equal(stat(s, MM_SIM_REPORTED), 0);
		hooked_done(s);
	}
}

/* One block, taken once and reported when the pass ends. */
static void one(void *state, const struct mm_eye *eye, const struct mm_ask_reporter *in, struct mm_reply_reporter *r)
{
	if (in->at == MM_REPORTER_BEGINS) {
		r->act = MM_REPORT_TAKE;
		r->pfn = B(4);
	}
}

static void mine(void **state)
{
	static const struct mm_hooks h = { MM_HOOKS_HEAD("mine"), .report_come = wakes, .reporter = one };
	struct mm_sim *s = hooked(K_7_3, &h);

	(void)state;
	mm_sim_reporter(s, 1000);
	assert_int_equal(mm_sim_reporter_due(s), 1000 + FLIGHT(BIG));
	mm_sim_reporter(s, MS);
	assert_int_equal(stat(s, MM_SIM_REPORTED), BIG);
	assert_true(marked(s, B(4)));
	assert_faultless(s);
	hooked_done(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mainline), cmocka_unit_test(off), cmocka_unit_test(mainline_mark), cmocka_unit_test(mainline_budget),
		cmocka_unit_test(atomic_fails), cmocka_unit_test(mark_lost), cmocka_unit_test(refaults), cmocka_unit_test(mean),
		cmocka_unit_test(merge_held), cmocka_unit_test(becomes_movable), cmocka_unit_test(boundary),
		cmocka_unit_test(before_boundary), cmocka_unit_test(boundary_moves), cmocka_unit_test(best_effort),
		cmocka_unit_test(overflows_again), cmocka_unit_test(stale), cmocka_unit_test(ends), cmocka_unit_test(merge_likely),
		cmocka_unit_test(shuffle), cmocka_unit_test(hotcold), cmocka_unit_test(wrong), cmocka_unit_test(mine),
	};

	return cmocka_run_group_tests_name("policies of document 003", tests, NULL, NULL);
}
