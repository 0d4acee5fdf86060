// SPDX-License-Identifier: GPL-2.0-only
/* What kswapd finds between two rounds, whose kswapd a request wakes, what kswapd asks of compaction. */
#include <stdlib.h>
#include <string.h>

#include "made.h"
#include "check/check.h"
#include "rules/compact.h"

#define KSWAPD 40
#define THISNODE 0x200000ull
#define GFP 0x14acca /* may wake kswapd: 0x800 */

struct run {
	struct made mk;
	struct mm_check *check;
	const char *rule; /* of the decision looked for, the start of what follows the file */
	unsigned int nr[3]; /* how many came out so, by verdict */
};

static void hear(void *arg, const struct mm_decision *d)
{
	struct run *r = arg;

	if (strcmp(d->rule, r->rule) == 0)
		r->nr[d->verdict]++;
}

/* All pages in use but for @nr_free single ones from the first block on. */
static struct run *capture(const char *rule, uint64_t nr_free)
{
	struct run *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	r->rule = rule;
	made_capture(&r->mk, 7, 3);
	r->mk.cap.gfp.kswapd_reclaim = 0x800;
	r->mk.cap.gfp.thisnode = THISNODE;
	r->mk.cap.present[SG_EV_mm_vmscan_balance_pgdat_begin] = true;
	r->mk.cap.present[SG_EV_mm_vmscan_balance_pgdat_end] = true;
	for (uint64_t i = 0; i < nr_free; i++)
		r->mk.flags[START + 2 * i] = KPF_BUDDY;
	return r;
}

static void begin_check_as(struct run *r, unsigned int major, unsigned int minor)
{
	struct sg_err err = { 0 };

	made_init(&r->mk, major, minor, MADE_FLAGS);
	r->check = mm_check_new(r->mk.m, &r->mk.cfg, hear, r, &err);
	assert_non_null(r->check);
}

static void begin_check(struct run *r)
{
	begin_check_as(r, 7, 3);
}

static void end_check(struct run *r)
{
	mm_check_free(r->check);
	made_fini(&r->mk);
	free(r);
}

static void send(struct run *r, int32_t pid, enum sg_kind kind, uint64_t v0, uint64_t v1, uint64_t v2, uint64_t v3)
{
	struct sg_event ev;

	r->mk.pid = pid;
	ev = made_event(&r->mk, kind);
	ev.v[0] = v0;
	ev.v[1] = v1;
	ev.v[2] = v2;
	ev.v[3] = v3;
	mm_check_observe(r->check, r->mk.m, &ev);
}

/*
 * 500 pages are free, and 150 are the high watermark.  A fallback that claims boosts it by a pageblock, to 662: too much
 * while the boost counts, and little enough once the round is through and has taken it off.
 */
static void boost_is_taken_off(void **state)
{
	struct run *r = capture("mm/vmscan.c: prepare_kswapd_sleep() after a round", 500);
	struct sg_event ev;

	(void)state;
	begin_check(r);
	r->mk.pid = 214;
	ev = made_event(&r->mk, SG_EV_mm_page_alloc_extfrag);
	ev.v[SGF_mm_page_alloc_extfrag_pfn] = START + 2;
	ev.v[SGF_mm_page_alloc_extfrag_alloc_order] = 0;
	ev.v[SGF_mm_page_alloc_extfrag_fallback_order] = 0;
	ev.v[SGF_mm_page_alloc_extfrag_alloc_migratetype] = U;
	ev.v[SGF_mm_page_alloc_extfrag_fallback_migratetype] = M;
	ev.v[SGF_mm_page_alloc_extfrag_change_ownership] = 1;
	mm_check_observe(r->check, r->mk.m, &ev);
	send(r, 214, SG_EV_mm_vmscan_wakeup_kswapd, 0, 2, 0, 0);
	send(r, KSWAPD, SG_EV_mm_vmscan_kswapd_wake, 0, 2, 0, 0);
	send(r, KSWAPD, SG_EV_mm_vmscan_balance_pgdat_begin, 0, 0, 2, 0);
	send(r, KSWAPD, SG_EV_mm_vmscan_balance_pgdat_end, 0, 0, 2, 32);
	send(r, KSWAPD, SG_EV_mm_vmscan_kswapd_sleep, 0, 0, 0, 0);
	assert_int_equal(r->nr[MM_EQUAL], 1);
	assert_int_equal(r->nr[MM_DIFFERS], 0);
	end_check(r);
}

/*
 * Two nodes without a free page and both kswapds asleep; node 0's is woken.  A request stalls: bound to a node, it was
 * due to wake one of them, and one is awake.  With both asleep again that is a disagreement.
 */
static void bound_request(void **state)
{
	struct run *r = capture("mm/vmscan.c: wakeup_kswapd() for a stalled request", 0);

	(void)state;
	r->mk.zone[1] = r->mk.zone[0];
	r->mk.zone[1].node = 1;
	r->mk.zone[1].start_pfn = B(8);
	r->mk.zone[0].spanned = r->mk.zone[0].present = r->mk.zone[1].spanned = r->mk.zone[1].present = 8 * BLOCK;
	r->mk.zone[0].managed = r->mk.zone[1].managed = 8 * BLOCK - 100;
	r->mk.snap.nr_zones = 2;
	r->mk.cap.present[SG_EV_mm_vmscan_kswapd_reclaim_fail] = true; /* else the first may have given node 0 up by its end */
	begin_check(r);
	send(r, KSWAPD, SG_EV_mm_vmscan_kswapd_sleep, 0, 0, 0, 0);
	send(r, KSWAPD + 1, SG_EV_mm_vmscan_kswapd_sleep, 1, 0, 0, 0);
	send(r, KSWAPD, SG_EV_mm_vmscan_kswapd_wake, 0, 2, 0, 0);
	send(r, 214, SG_EV_mm_compaction_try_to_compact_pages, 9, GFP | THISNODE, 2, 0);
	assert_int_equal(r->nr[MM_EQUAL], 1);
	assert_int_equal(r->nr[MM_DIFFERS], 0);
	send(r, KSWAPD, SG_EV_mm_vmscan_kswapd_sleep, 0, 0, 0, 0);
	send(r, 215, SG_EV_mm_compaction_try_to_compact_pages, 9, GFP | THISNODE, 2, 0);
	assert_int_equal(r->nr[MM_EQUAL], 1);
	assert_int_equal(r->nr[MM_DIFFERS], 1);
	end_check(r);
}

/*
 * 190 single pages are free.  Reclaim's question whether compaction may do the rest keeps the low watermark, for so
 * large an order, and 32 pages: 125 + 32 = 157, so it may.  kcompactd's, in defrag_mode, begins at the high one: at least
 * 150 + 32 = 182 and 25 more.  Within a round it is reclaim that asks; after it either might, as far as is known.
 */
static void asked_in_round(void **state)
{
	struct run *r = capture("mm/compaction.c: compaction_suitable()", 190);
	struct sg_kv kv[] = { { "sysctl.vm.defrag_mode", "1" }, { "lru_gen.enabled", "0x0000" } };

	(void)state;
	r->mk.snap.kv = kv;
	r->mk.snap.nr_kv = 2;
	begin_check(r);
	send(r, KSWAPD, SG_EV_mm_vmscan_kswapd_wake, 0, 2, 9, 0);
	send(r, KSWAPD, SG_EV_mm_vmscan_balance_pgdat_begin, 0, 9, 2, 0);
	send(r, KSWAPD, SG_EV_mm_compaction_suitable, 0, 2, 9, MM_COMPACT_CONTINUE);
	assert_int_equal(r->nr[MM_EQUAL], 1);
	send(r, KSWAPD, SG_EV_mm_vmscan_balance_pgdat_end, 0, 0, 2, 64);
	send(r, KSWAPD, SG_EV_mm_compaction_suitable, 0, 2, 9, MM_COMPACT_SKIPPED);
	assert_int_equal(r->nr[MM_UNDECIDED], 1);
	assert_int_equal(r->nr[MM_DIFFERS], 0);
	end_check(r);
}

/* A kswapd that was woken runs, though it hasn't been seen yet: proactive compaction gives way to it. */
static void woken_runs(void **state)
{
	struct run *r = capture("mm/compaction.c: __compact_finished()", 190);

	(void)state;
	begin_check(r);
	send(r, KSWAPD, SG_EV_mm_vmscan_kswapd_sleep, 0, 0, 0, 0);
	send(r, 41, SG_EV_mm_compaction_kcompactd_sleep, 0, 0, 0, 0);
	send(r, 41, SG_EV_mm_compaction_begin, START, START, B(15), END);
	send(r, 214, SG_EV_mm_vmscan_wakeup_kswapd, 0, 2, 0, 0x800);
	send(r, 41, SG_EV_mm_compaction_finished, 0, 2, UINT64_MAX, MM_COMPACT_PARTIAL_SKIPPED);
	assert_int_equal(r->nr[MM_EQUAL], 1);
	end_check(r);
}

/*
 * 6.17 has no event for a failure.  A task reclaims, then @rounds rounds of kswapd reclaim nothing, in one of which a
 * page is freed when @freed: a shrinker's work perhaps.  A request stalls, and kswapd is left asleep.
 */
static void rounds_of_6_17(unsigned int rounds, bool freed, unsigned int want)
{
	struct run *r = capture("mm/vmscan.c: wakeup_kswapd() for a stalled request", 0);
	struct sg_event ev;

	r->mk.cap.kver[0] = 6;
	r->mk.cap.kver[1] = 17;
	r->mk.cap.present[SG_EV_mm_vmscan_balance_pgdat_begin] = r->mk.cap.present[SG_EV_mm_vmscan_balance_pgdat_end] = false;
	r->mk.cap.present[SG_EV_mm_vmscan_kswapd_reclaim_fail] = r->mk.cap.present[SG_EV_mm_vmscan_kswapd_clear_hopeless] = false;
	begin_check_as(r, 6, 17);
	r->mk.pid = 214;
	ev = made_event(&r->mk, SG_EV_mm_vmscan_lru_shrink_inactive);
	ev.v[SGF_mm_vmscan_lru_shrink_inactive_nid] = 0;
	ev.v[SGF_mm_vmscan_lru_shrink_inactive_nr_reclaimed] = 7;
	mm_check_observe(r->check, r->mk.m, &ev);
	for (unsigned int i = 0; i < rounds; i++) {
		send(r, KSWAPD, SG_EV_mm_vmscan_kswapd_wake, 0, 2, 0, 0);
		if (freed && i == 3)
			send(r, KSWAPD, SG_EV_mm_page_free, START + 100, 0, 0, 0);
	}
	send(r, KSWAPD, SG_EV_mm_vmscan_kswapd_sleep, 0, 0, 0, 0);
	send(r, 214, SG_EV_mm_compaction_try_to_compact_pages, 9, GFP, 2, 0);
	assert_int_equal(r->nr[want], 1);
	assert_int_equal(r->nr[MM_EQUAL] + r->nr[MM_DIFFERS] + r->nr[MM_UNDECIDED], 1);
	end_check(r);
}

static void given_up(void **state)
{
	(void)state;
	rounds_of_6_17(16, false, MM_EQUAL);
	rounds_of_6_17(15, false, MM_DIFFERS);
	rounds_of_6_17(16, true, MM_UNDECIDED);
	rounds_of_6_17(17, true, MM_EQUAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(boost_is_taken_off), cmocka_unit_test(bound_request),
					    cmocka_unit_test(asked_in_round), cmocka_unit_test(woken_runs),
					    cmocka_unit_test(given_up) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
