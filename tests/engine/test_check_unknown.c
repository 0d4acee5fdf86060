// SPDX-License-Identifier: GPL-2.0-only
/* What isn't known is undecided: without snapshots, with one that doesn't fit the trace, and while one is read. */
#include <stdlib.h>
#include <string.h>

#include "sg_limit.h"
#include "verdicts.h"

#define TASK 300
#define OTHER 301

/* 7.3, nothing but the zone's borders is known. */
static struct run *blind(void)
{
	struct run *r = capture(7, 3);
	struct sg_err err = { 0 };

	made_init(&r->mk, 7, 3, MADE_BLIND);
	r->check = mm_check_new(r->mk.m, &r->mk.cfg, hear_verdict, r, &err);
	assert_non_null(r->check);
	return r;
}

static void pick(struct run *r, uint64_t pfn)
{
	send_by(r, TASK, SG_EV_mm_page_alloc_zone_locked, pfn, 0, M, 0);
}

/*
 * Page 16 came back, and nobody knows page 17: both may be one block by now, so that a pick of page 16 tells nothing of how far it
 * merged.  Where page 17 is in use it didn't.
 */
static void neighbour(void **state)
{
	(void)state;
	for (unsigned int known = 0; known < 2; known++) {
		struct run *r = blind();

		send_by(r, OTHER, SG_EV_mm_page_pcpu_drain, B(0) + 16, 0, M);
		if (known)
			send_by(r, OTHER, SG_EV_mm_page_alloc, B(0) + 17, 0, 0xcc0, M);
		pick(r, B(0) + 16);
		assert_said(r, MM_CHECK_MERGE, known ? MM_EQUAL : MM_UNDECIDED);
		if (!known)
			assert_string_equal(r->said[MM_CHECK_MERGE].why, "neighbour_unknown");
		end_check(r);
	}
}

/* The same pick between the markers of a snapshot, while that is read. */
static void within_snapshot(void **state)
{
	struct run *r = used();

	(void)state;
	send_by(r, OTHER, SG_EV_mm_page_pcpu_drain, B(0) + 16, 0, M);
	r->mk.m->core.in_snapshot = true;
	pick(r, B(0) + 16);
	assert_said(r, MM_CHECK_PICK, MM_UNDECIDED);
	assert_string_equal(r->said[MM_CHECK_PICK].why, "snapshot_window");
	assert_said(r, MM_CHECK_MERGE, MM_UNDECIDED);
	end_check(r);
}

/*
 * Nobody knows the batch.  A free gives pages back; its task loses the CPU, and gives back more when it runs again.  That is one
 * drain, and the lists aren't emptied by it: page 40, freed later, is no page that it left.
 */
static void free_goes_on(void **state)
{
	struct run *r = blind();

	(void)state;
	for (unsigned int i = 0; i < 8; i++)
		send_by(r, TASK, SG_EV_mm_page_free, B(0) + 2 * i, 0);
	send_by(r, TASK, SG_EV_mm_page_pcpu_drain, B(0), 0, M);
	send_by(r, OTHER, SG_EV_mm_page_alloc, B(3), 0, 0xcc0, M);
	assert_unsaid(r, MM_CHECK_DRAIN);
	send_by(r, TASK, SG_EV_mm_page_pcpu_drain, B(0) + 2, 0, M);
	send_by(r, TASK, SG_EV_mm_page_free, B(0) + 40, 0);
	assert_said(r, MM_CHECK_DRAIN, MM_UNDECIDED);
	assert_string_equal(r->said[MM_CHECK_DRAIN].why, "pcp_batch_unknown");
	end_check(r);
}

/*
 * Every other page is free, as the snapshot says.  More than half of the first 4096 events free such a page: the snapshot doesn't
 * fit, and no page is known any more.  With half of them it stays.
 */
static void stale(void **state)
{
	(void)state;
	for (unsigned int more = 0; more < 2; more++) {
		struct sg_limits limits = { 0 };
		struct made *mk = malloc(sizeof(*mk));

		assert_non_null(mk);
		made_capture(mk, 7, 3);
		for (uint64_t i = START; i < END; i += 2)
			mk->flags[i] = KPF_BUDDY;
		mk->cfg.limits = &limits;
		made_init(mk, 7, 3, MADE_FLAGS);
		for (uint64_t i = 0; i < 4096; i++)
			send_free(mk, START + (i < 2048 + more ? 2 * i : 2 * (i - 2048) + 1), 0);
		check_state(mk, END - 1, more ? MM_PAGE_UNKNOWN : MM_PAGE_ALLOC, 0);
		check_state(mk, START + 1, more ? MM_PAGE_UNKNOWN : MM_PAGE_PCP, 0);
		assert_int_equal(sg_limits_touch(&limits, SG_LIMIT_SNAPSHOT_STALE, 1), more);
		assert_int_equal(mk->m->core.zone[0].nr_pages[PS_UNKNOWN], more ? END - START : 0);
		sg_limits_free(&limits);
		made_fini(mk);
		free(mk);
	}
}

/* What was decided by a snapshot that turns out not to fit doesn't count. */
static void taken_back(void **state)
{
	struct run *r = used();
	const struct mm_check_sum *s = mm_check_get(r->check, MM_CHECK_MERGE);

	(void)state;
	send_by(r, OTHER, SG_EV_mm_page_pcpu_drain, B(0) + 16, 0, M);
	pick(r, B(0) + 16);
	assert_int_equal(s->decidable, 1);
	r->mk.m->core.contra[MM_CONTRA_FREE_TWICE] = 4000;
	while (mm_position(r->mk.m) < 4096)
		send_by(r, OTHER, SG_EV_mm_vmscan_kswapd_sleep, 0);
	assert_int_equal(s->decidable, 0);
	assert_int_equal(s->total, 1);
	assert_string_equal(s->undecided[0].why, "snapshot_stale");
	assert_int_equal(s->undecided[0].count, 1);
	mm_check_free(r->check);
	made_fini(&r->mk);
	free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(neighbour), cmocka_unit_test(within_snapshot), cmocka_unit_test(free_goes_on), cmocka_unit_test(stale),
		cmocka_unit_test(taken_back),
	};

	return cmocka_run_group_tests_name("check_unknown", tests, NULL, NULL);
}
