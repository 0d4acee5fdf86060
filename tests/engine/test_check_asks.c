// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the check of reclaim counts as equal: what kswapd runs for and ends with, its failures, whom it wakes,
 * whether it sleeps; and the steps of stalled requests.  One respect at a time differs, and what isn't known is
 * never equal.
 *
 * The zone has 16 pageblocks and marks of 100, 125 and 150 pages; all pages are in use but for what a test frees.
 */
#include "verdicts.h"
#include "check/reclaim.h"

#define KSWAPD 40
#define KERNEL 0xcc0
#define DIRECT 0x400
#define WAKES 0x800
#define IO 0x40
#define NORETRY 0x10000
#define TASK 300

static struct run *node_of(unsigned int major, unsigned int minor, uint64_t nr_free, const char *rule)
{
	static struct sg_kv off = { "sysctl.vm.defrag_mode", "0" };
	struct run *r = capture(major, minor);

	r->mk.snap.kv = &off;
	r->mk.snap.nr_kv = 1;
	r->rule = rule;
	r->mk.cap.gfp.kswapd_reclaim = WAKES;
	r->mk.cap.gfp.direct_reclaim = DIRECT;
	r->mk.cap.gfp.io = IO;
	r->mk.cap.gfp.noretry = NORETRY;
	r->mk.cap.gfp.movable = 0x8;
	r->mk.cap.present[SG_EV_mm_vmscan_balance_pgdat_begin] = true;
	r->mk.cap.present[SG_EV_mm_vmscan_balance_pgdat_end] = true;
	for (uint64_t i = 0; i < nr_free; i++)
		r->mk.flags[START + 2 * i] = KPF_BUDDY;
	return begin_check(r);
}

static struct run *node(uint64_t nr_free, const char *rule)
{
	return node_of(7, 3, nr_free, rule);
}

/* kswapd was seen: it ran for nobody knows whom, and sleeps. */
static void slept(struct run *r)
{
	send_by(r, KSWAPD, SG_EV_mm_vmscan_kswapd_wake, 0, 2, 0);
	send_by(r, KSWAPD, SG_EV_mm_vmscan_balance_pgdat_end, 0, 0, 2, 0);
	send_by(r, KSWAPD, SG_EV_mm_vmscan_kswapd_sleep, 0);
}

/* ---- kswapd ----------------------------------------------------------------------------------- */

/*
 * It was asked for order 1 of zone type 1 and for order 3 of zone type 2, and runs for the most of both.  Before it was
 * seen once, nobody knows who else asked.
 */
static void runs_for(void **state)
{
	static const struct {
		bool seen;
		unsigned int order, zid;
		enum mm_verdict verdict;
	} t[] = {
		{ true, 3, 2, MM_EQUAL }, { true, 2, 2, MM_DIFFERS }, { true, 3, 1, MM_DIFFERS }, { false, 3, 2, MM_UNDECIDED },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct run *r = node(0, "mm/vmscan.c: kswapd(): the order and zone asked for");

		if (t[i].seen)
			slept(r);
		send_by(r, TASK, SG_EV_mm_vmscan_wakeup_kswapd, 0, 1, 1, KERNEL);
		send_by(r, TASK, SG_EV_mm_vmscan_wakeup_kswapd, 0, 2, 3, KERNEL);
		send_by(r, KSWAPD, SG_EV_mm_vmscan_kswapd_wake, 0, t[i].zid, t[i].order);
		assert_said(r, MM_CHECK_KSWAPD, t[i].verdict);
		end_check(r);
	}
}

/*
 * While it runs, 125 pages are free, as the low mark asks: a request for order 4, of all zones, may have passed at
 * once or after having asked kswapd.  So its next round may be for more than the order 0 of zone type 1 that was
 * asked for sure.
 */
static void perhaps_asked(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		struct run *r = node(125, "mm/vmscan.c: kswapd(): the order and zone asked for");

		slept(r);
		send_by(r, TASK, SG_EV_mm_vmscan_wakeup_kswapd, 0, i == 2 ? 1 : 2, i == 1 ? 0 : 4, KERNEL);
		if (i)
			send_by(r, TASK, SG_EV_mm_page_alloc, B(9), 4, KERNEL, U);
		send_by(r, KSWAPD, SG_EV_mm_vmscan_kswapd_wake, 0, i == 2 ? 1 : 2, i == 1 ? 0 : 4);
		assert_said(r, MM_CHECK_KSWAPD, i ? MM_UNDECIDED : MM_EQUAL);
		end_check(r);
	}
}

/* Order 3: with 16 pages reclaimed, compact_gap() of 7.3, the round ends at order 0, with 15 it keeps its order. */
static void ends_with(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		struct run *r = node(0, "mm/vmscan.c: kswapd_shrink_node(): the order drops after compact_gap()");
		bool drops = i / 2, said = i % 2;

		slept(r);
		send_by(r, TASK, SG_EV_mm_vmscan_wakeup_kswapd, 0, 2, 3, KERNEL);
		send_by(r, KSWAPD, SG_EV_mm_vmscan_kswapd_wake, 0, 2, 3);
		send_by(r, KSWAPD, SG_EV_mm_vmscan_balance_pgdat_begin, 0, 3, 2);
		send_by(r, KSWAPD, SG_EV_mm_vmscan_balance_pgdat_end, 0, said ? 0 : 3, 2, drops ? 16 : 15);
		assert_said(r, MM_CHECK_KSWAPD, drops == said ? MM_EQUAL : MM_DIFFERS);
		end_check(r);
	}
}

/* Failures are counted one by one; the first that is seen tells how many there were. */
static void failures(void **state)
{
	struct run *r = node(0, "mm/vmscan.c: balance_pgdat(): a round that reclaimed nothing");

	(void)state;
	send_by(r, KSWAPD, SG_EV_mm_vmscan_kswapd_reclaim_fail, 0, 3);
	assert_said(r, MM_CHECK_KSWAPD, MM_UNDECIDED);
	send_by(r, KSWAPD, SG_EV_mm_vmscan_kswapd_reclaim_fail, 0, 4);
	assert_said(r, MM_CHECK_KSWAPD, MM_EQUAL);
	send_by(r, KSWAPD, SG_EV_mm_vmscan_kswapd_reclaim_fail, 0, 6);
	assert_said(r, MM_CHECK_KSWAPD, MM_DIFFERS);
	send_by(r, KSWAPD, SG_EV_mm_vmscan_kswapd_reclaim_fail, 0, 6);
	assert_said(r, MM_CHECK_KSWAPD, MM_DIFFERS);
	end_check(r);
}

/*
 * Failures are forgotten when there are any and reclaim left the node balanced: with 300 pages free that is right, with 60
 * they are kept, and with 152 the kernel's counters may be off by more.  A free to the per-cpu lists does so too, but
 * not where requests have no further node to turn to.
 */
static void forgotten(void **state)
{
	static const struct {
		unsigned int free, failures, reason;
		enum mm_verdict verdict;
	} t[] = { { 300, 1, 1, MM_EQUAL }, { 60, 1, 1, MM_DIFFERS }, { 152, 1, 1, MM_UNDECIDED }, { 300, 16, 2, MM_EQUAL },
		  { 300, 16, 3, MM_DIFFERS } };

	(void)state;
	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct run *r = node(t[i].free, "mm/vmscan.c: kswapd_clear_hopeless()");

		send_by(r, KSWAPD, SG_EV_mm_vmscan_kswapd_clear_hopeless, 0, t[i].reason);
		assert_said(r, MM_CHECK_KSWAPD, MM_UNDECIDED);
		send_by(r, KSWAPD, SG_EV_mm_vmscan_kswapd_reclaim_fail, 0, t[i].failures);
		send_by(r, KSWAPD, SG_EV_mm_vmscan_kswapd_clear_hopeless, 0, t[i].reason);
		assert_said(r, MM_CHECK_KSWAPD, t[i].verdict);
		send_by(r, KSWAPD, SG_EV_mm_vmscan_kswapd_clear_hopeless, 0, t[i].reason);
		assert_said(r, MM_CHECK_KSWAPD, MM_DIFFERS);
		end_check(r);
	}
}

/*
 * A request that finds the node above its high mark of 150 leaves kswapd asleep, below it wakes it: with 60 pages
 * that is right, with 300 it differs, and with 152 the kernel's counters may be off by more.  A node that was given
 * up is let alone whatever is free: that is known.
 */
static void wakes(void **state)
{
	static const struct {
		unsigned int free;
		bool hopeless;
		enum mm_verdict verdict;
	} t[] = { { 60, false, MM_EQUAL }, { 300, false, MM_DIFFERS }, { 152, false, MM_UNDECIDED }, { 60, true, MM_DIFFERS },
		  { 152, true, MM_DIFFERS } };

	(void)state;
	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct run *r = node(t[i].free, "mm/vmscan.c: wakeup_kswapd()");

		if (t[i].hopeless)
			send_by(r, KSWAPD, SG_EV_mm_vmscan_kswapd_reclaim_fail, 0, 16);
		send_by(r, TASK, SG_EV_mm_vmscan_wakeup_kswapd, 0, 2, 0, KERNEL);
		assert_said(r, MM_CHECK_KSWAPD, t[i].verdict);
		end_check(r);
	}
}

/* Without a snapshot of the pages nobody knows whether the node is balanced. */
static void balance_unknown(void **state)
{
	struct run *r = capture(7, 3);
	struct sg_err err = { 0 };

	(void)state;
	r->rule = "mm/vmscan.c: wakeup_kswapd()";
	r->mk.cap.gfp.kswapd_reclaim = WAKES;
	r->mk.m = mm_machine_new(&r->mk.cfg, &err);
	assert_non_null(r->mk.m);
	r->check = mm_check_new(r->mk.m, &r->mk.cfg, hear_verdict, r, &err);
	assert_non_null(r->check);
	send_by(r, TASK, SG_EV_mm_vmscan_wakeup_kswapd, 0, 2, 0, KERNEL);
	assert_said(r, MM_CHECK_KSWAPD, MM_UNDECIDED);
	assert_string_equal(r->said[MM_CHECK_KSWAPD].why, "free_pages_unknown");
	end_check(r);
}

/* kswapd sleeps when the node is balanced, here with 300 pages; with 60 it should have gone on. */
static void sleeps(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct run *r = node(i ? 60 : 300, "mm/vmscan.c: prepare_kswapd_sleep() after a short sleep");

		send_by(r, KSWAPD, SG_EV_mm_vmscan_kswapd_wake, 0, 2, 0);
		send_by(r, KSWAPD, SG_EV_mm_vmscan_balance_pgdat_end, 0, 0, 2, 0);
		send_by(r, KSWAPD, SG_EV_mm_vmscan_kswapd_sleep, 0);
		assert_said(r, MM_CHECK_KSWAPD, i ? MM_DIFFERS : MM_EQUAL);
		end_check(r);
	}
}

/*
 * 100 ms after a round it wakes by itself and looks again: with 60 pages it goes on, as the kernel's does here,
 * with 300 it should have slept.
 */
static void wakes_by_itself(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct run *r = node(i ? 300 : 60, "mm/vmscan.c: prepare_kswapd_sleep() after a short sleep");

		send_by(r, KSWAPD, SG_EV_mm_vmscan_kswapd_wake, 0, 2, 0);
		send_by(r, KSWAPD, SG_EV_mm_vmscan_balance_pgdat_end, 0, 0, 2, 0);
		r->mk.ts += 100000000;
		send_by(r, KSWAPD, SG_EV_mm_vmscan_kswapd_wake, 0, 2, 0);
		assert_said(r, MM_CHECK_KSWAPD, i ? MM_DIFFERS : MM_EQUAL);
		end_check(r);
	}
}

/*
 * It ran for order 3, 300 single pages are free and none is large enough: kcompactd is woken before it sleeps.  One
 * that isn't differs, and so does one that is woken although it is up already.
 */
static void hands_over(void **state)
{
	static const struct {
		unsigned int free, up; /* 1: it is, 2: and has gone back to sleep */
		bool told;
		enum mm_verdict verdict;
	} t[] = {
		{ 300, 0, true, MM_EQUAL },     { 300, 0, false, MM_DIFFERS }, { 300, 1, true, MM_DIFFERS }, { 300, 1, false, MM_EQUAL },
		{ 300, 2, true, MM_EQUAL },     { 300, 2, false, MM_DIFFERS }, { 60, 0, false, MM_EQUAL },   { 60, 0, true, MM_DIFFERS },
		{ 116, 0, true, MM_UNDECIDED },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct run *r = node(t[i].free, "mm/compaction.c: wakeup_kcompactd() from kswapd_try_to_sleep()");

		slept(r);
		send_by(r, TASK, SG_EV_mm_vmscan_wakeup_kswapd, 0, 2, 3, KERNEL);
		if (t[i].up)
			send_by(r, TASK, SG_EV_mm_compaction_wakeup_kcompactd, 0, 3, 2);
		if (t[i].up == 2)
			send_by(r, 41, SG_EV_mm_compaction_kcompactd_sleep, 0);
		send_by(r, KSWAPD, SG_EV_mm_vmscan_kswapd_wake, 0, 2, 3);
		send_by(r, KSWAPD, SG_EV_mm_vmscan_balance_pgdat_begin, 0, 3, 2);
		send_by(r, KSWAPD, SG_EV_mm_vmscan_balance_pgdat_end, 0, 0, 2, 32);
		if (t[i].told)
			send_by(r, KSWAPD, SG_EV_mm_compaction_wakeup_kcompactd, 0, 3, 2);
		send_by(r, KSWAPD, SG_EV_mm_vmscan_kswapd_sleep, 0);
		assert_said(r, MM_CHECK_KSWAPD, t[i].verdict);
		end_check(r);
	}
}

/*
 * The same, with a kcompactd that nobody was seen to wake.  It compacts, so it is up and isn't woken, until it says
 * that it sleeps.  What another node's does, or a task of some such name, says nothing of it.
 */
static void hands_over_to_one_at_work(void **state)
{
	static const struct sg_task_name task[] = {
		{ 41, "kcompactd0" }, { 42, "kcompactd1" }, { 43, "kcompactd0x" }, { 44, "kcompactd" },
	};

	(void)state;
	for (int i = 0; i < 5; i++) {
		struct run *r = node(300, "mm/compaction.c: wakeup_kcompactd() from kswapd_try_to_sleep()");

		r->mk.cap.task = task;
		r->mk.cap.nr_tasks = 4;
		slept(r);
		send_by(r, i < 4 ? 41 + i : 41, SG_EV_mm_compaction_isolate_migratepages, START, START + 512, 512, 0);
		if (i == 4)
			send_by(r, 41, SG_EV_mm_compaction_kcompactd_sleep, 0);
		send_by(r, TASK, SG_EV_mm_vmscan_wakeup_kswapd, 0, 2, 3, KERNEL);
		send_by(r, KSWAPD, SG_EV_mm_vmscan_kswapd_wake, 0, 2, 3);
		send_by(r, KSWAPD, SG_EV_mm_vmscan_balance_pgdat_begin, 0, 3, 2);
		send_by(r, KSWAPD, SG_EV_mm_vmscan_balance_pgdat_end, 0, 0, 2, 32);
		send_by(r, KSWAPD, SG_EV_mm_vmscan_kswapd_sleep, 0);
		assert_said(r, MM_CHECK_KSWAPD, i ? MM_DIFFERS : MM_EQUAL);
		end_check(r);
	}
}

/* Within a round kcompactd is woken after a boost only: a fallback that claims has made one, or none has. */
static void kcompactd_after_a_boost(void **state)
{
	(void)state;
	for (unsigned int boosted = 0; boosted < 2; boosted++) {
		struct run *r = node(200, "mm/vmscan.c: balance_pgdat(): kcompactd after a boost");

		slept(r);
		if (boosted)
			send_by(r, TASK, SG_EV_mm_page_alloc_extfrag, START + 2, 0, 0, U, M, 1);
		send_by(r, TASK, SG_EV_mm_vmscan_wakeup_kswapd, 0, 2, 0, KERNEL);
		send_by(r, KSWAPD, SG_EV_mm_vmscan_kswapd_wake, 0, 2, 0);
		send_by(r, KSWAPD, SG_EV_mm_vmscan_balance_pgdat_begin, 0, 0, 2);
		send_by(r, KSWAPD, SG_EV_mm_compaction_wakeup_kcompactd, 0, 9, 2);
		assert_said(r, MM_CHECK_KSWAPD, boosted ? MM_EQUAL : MM_DIFFERS);
		end_check(r);
	}
}

/*
 * A wake-up for nobody's request tells of a boost.  Where the fallback's event comes after it, it is that event
 * which shows it: undecided, since it was looked for later.  Where none comes until kswapd is through, there was no
 * boost.
 */
static void boost_told_early(void **state)
{
	(void)state;
	for (unsigned int shown = 0; shown < 2; shown++) {
		struct run *r = node(300, NULL);

		slept(r);
		send_by(r, TASK, SG_EV_mm_vmscan_wakeup_kswapd, 0, 2, 0, 0);
		assert_unsaid(r, MM_CHECK_KSWAPD);
		r->rule = "mm/page_alloc.c: rmqueue() wakes kswapd for a boosted zone";
		if (shown)
			send_by(r, TASK, SG_EV_mm_page_alloc_extfrag, START + 2, 0, 0, U, M, 1);
		else
			send_by(r, KSWAPD, SG_EV_mm_vmscan_kswapd_sleep, 0);
		assert_said(r, MM_CHECK_KSWAPD, shown ? MM_UNDECIDED : MM_DIFFERS);
		end_check(r);
	}
}

/* ---- stalled requests --------------------------------------------------------------------------- */

static void reclaims(struct run *r, unsigned int order, uint64_t gfp, uint64_t got)
{
	send_by(r, TASK, SG_EV_mm_vmscan_direct_reclaim_begin, gfp, 0, order);
	send_by(r, TASK, SG_EV_mm_vmscan_direct_reclaim_end, got, 0);
}

static struct run *stalled(void)
{
	return node(0, NULL);
}

/*
 * Reclaim, and the page.  A Movable request of order 3 reclaims first, too; an Unmovable one compacts first,
 * without waiting.
 */
static void steps(void **state)
{
	static const struct {
		unsigned int order;
		uint64_t gfp;
		int prio; /* -1: reclaims at once */
		enum mm_verdict verdict;
	} t[] = {
		{ 0, KERNEL, -1, MM_EQUAL }, { 3, KERNEL | 8, -1, MM_EQUAL }, { 3, KERNEL, -1, MM_DIFFERS },
		{ 3, KERNEL, 2, MM_EQUAL },  { 3, KERNEL, 1, MM_DIFFERS },    { 3, KERNEL | 8, 2, MM_DIFFERS },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct run *r = stalled();

		if (t[i].prio >= 0)
			send_by(r, TASK, SG_EV_mm_compaction_try_to_compact_pages, t[i].order, t[i].gfp, (uint64_t)t[i].prio);
		else
			reclaims(r, t[i].order, t[i].gfp, 32);
		send_by(r, TASK, SG_EV_mm_page_alloc, B(2), t[i].order, t[i].gfp, U);
		assert_said(r, MM_CHECK_SLOW_PATH, t[i].verdict);
		end_check(r);
	}
}

/*
 * A request that doesn't want to be tried again fails after one round; another one of order 0 looks at the zones
 * first.
 */
static void failure(void **state)
{
	static const uint64_t none[] = { 0, UINT64_MAX };

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		struct run *r = stalled();
		uint64_t gfp = i / 2 ? KERNEL : KERNEL | NORETRY;

		reclaims(r, 0, gfp, 0);
		send_by(r, TASK, SG_EV_mm_page_alloc, none[i % 2], 0, gfp, U);
		assert_said(r, MM_CHECK_SLOW_PATH, i / 2 ? MM_DIFFERS : MM_EQUAL);
		end_check(r);
	}
}

/* What leaves a request open, though each of its steps is right. */
static void open_requests(void **state)
{
	static const char *const why[] = { "events_lost", "began_before_trace", "gfp_names_missing", "end_not_seen", "end_not_seen" };

	(void)state;
	for (unsigned int i = 0; i < 5; i++) {
		struct run *r = stalled();

		if (i == 2)
			r->mk.cap.gfp.direct_reclaim = 0;
		reclaims(r, 0, KERNEL, 32);
		if (i == 0)
			r->mk.missed = 1;
		if (i == 1) /* the end of a reclaim that didn't begin */
			send_by(r, TASK, SG_EV_mm_vmscan_direct_reclaim_end, 32, 0);
		if (i == 3) /* another request of the same task */
			send_by(r, TASK, SG_EV_mm_vmscan_direct_reclaim_begin, KERNEL | NORETRY, 0, 0);
		else if (i == 4)
			mm_check_finish(r->check);
		else
			send_by(r, TASK, SG_EV_mm_page_alloc, B(2), 0, KERNEL, U);
		assert_int_equal(r->said[MM_CHECK_SLOW_PATH].nr, 1);
		assert_int_equal(r->said[MM_CHECK_SLOW_PATH].verdict[MM_UNDECIDED], 1);
		assert_string_equal(r->said[MM_CHECK_SLOW_PATH].why, why[i]);
		end_check(r);
	}
}

/* What reclaim allocates for itself, and what an interrupt does, is not the request's end. */
static void not_its_end(void **state)
{
	struct run *r = stalled();

	(void)state;
	send_by(r, TASK, SG_EV_mm_vmscan_direct_reclaim_begin, KERNEL, 0, 0);
	send_by(r, TASK, SG_EV_mm_page_alloc, B(2), 0, KERNEL, U);
	assert_unsaid(r, MM_CHECK_SLOW_PATH);
	send_by(r, TASK, SG_EV_mm_vmscan_direct_reclaim_end, 32, 0);
	r->mk.common_flags = 0x10;
	send_by(r, TASK, SG_EV_mm_page_alloc, B(3), 0, KERNEL, U);
	assert_unsaid(r, MM_CHECK_SLOW_PATH);
	r->mk.common_flags = 0;
	send_by(r, TASK, SG_EV_mm_page_alloc, B(3) + 1, 0, KERNEL, U);
	assert_said(r, MM_CHECK_SLOW_PATH, MM_EQUAL);
	end_check(r);
}

/*
 * reclaim_retry_zone: 200 pages with what reclaim could free, and min is 100: the zone would do.  An event that
 * denies it differs, as does one that says so with 50; the count of fruitless rounds is compared as well, here 1.
 */
static void retry_zone(void **state)
{
	static const struct {
		unsigned int available, loops;
		bool would;
		enum mm_verdict verdict;
	} t[] = {
		{ 200, 1, true, MM_EQUAL }, { 200, 1, false, MM_DIFFERS }, { 50, 1, true, MM_DIFFERS }, { 200, 2, true, MM_DIFFERS },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct run *r = stalled();

		reclaims(r, 0, KERNEL, 0);
		send_by(r, TASK, SG_EV_reclaim_retry_zone, 0, 2, 0, 150, t[i].available, 100, t[i].loops, t[i].would);
		reclaims(r, 0, KERNEL, 32);
		send_by(r, TASK, SG_EV_mm_page_alloc, B(2), 0, KERNEL, U);
		assert_said(r, MM_CHECK_SLOW_PATH, t[i].verdict);
		end_check(r);
	}
}

/*
 * 6.18: a huge page, not to be tried again.  Where its compaction looked at a zone, reclaim follows; without any event
 * there was nothing to compact, and the request fails.  A zone with enough free pages only resets its deferral.
 */
static void nothing_compacted(void **state)
{
	static const struct {
		enum sg_kind kind; /* of the compaction's event, SG_EV_mm_page_alloc: none */
		bool reclaims;
		enum mm_verdict verdict;
	} t[] = {
		{ SG_EV_mm_compaction_begin, true, MM_EQUAL },        { SG_EV_mm_compaction_begin, false, MM_DIFFERS },
		{ SG_EV_mm_page_alloc, false, MM_EQUAL },             { SG_EV_mm_page_alloc, true, MM_DIFFERS },
		{ SG_EV_mm_compaction_defer_reset, true, MM_EQUAL },  { SG_EV_mm_compaction_defer_reset, false, MM_DIFFERS },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct run *r = node_of(6, 18, 0, NULL);

		send_by(r, TASK, SG_EV_mm_compaction_try_to_compact_pages, 9, KERNEL | NORETRY, 2);
		if (t[i].kind != SG_EV_mm_page_alloc)
			send_by(r, TASK, t[i].kind, 0, 0, 9, 0);
		if (t[i].reclaims)
			reclaims(r, 9, KERNEL | NORETRY, 512);
		send_by(r, TASK, SG_EV_mm_page_alloc, t[i].reclaims ? B(2) : UINT64_MAX, 9, KERNEL | NORETRY, U);
		assert_said(r, MM_CHECK_SLOW_PATH, t[i].verdict);
		end_check(r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_for), cmocka_unit_test(perhaps_asked), cmocka_unit_test(ends_with), cmocka_unit_test(failures),
		cmocka_unit_test(forgotten), cmocka_unit_test(wakes), cmocka_unit_test(balance_unknown), cmocka_unit_test(sleeps),
		cmocka_unit_test(wakes_by_itself),
		cmocka_unit_test(hands_over), cmocka_unit_test(hands_over_to_one_at_work),
		cmocka_unit_test(kcompactd_after_a_boost), cmocka_unit_test(boost_told_early),
		cmocka_unit_test(steps), cmocka_unit_test(failure), cmocka_unit_test(open_requests), cmocka_unit_test(not_its_end),
		cmocka_unit_test(retry_zone), cmocka_unit_test(nothing_compacted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
