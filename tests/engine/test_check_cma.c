// SPDX-License-Identifier: GPL-2.0-only
/*
 * Refills of the Movable list in a zone with CMA pageblocks, and per-cpu lists that memory offline has switched off: what
 * the check counts as equal.
 */
#include "verdicts.h"
#include "rules/cma.h"

#define C 4u
#define OTHER 215

/* Pages 0, 2 ... of block 1 (Movable, @own of them) and of block 2 (CMA) are free, the last first; the batch is 4. */
static struct run *lists(unsigned int own, unsigned int cma)
{
	static struct sg_pcp_snap pcp[2] = { { 0, 100, 4, 100, 100 }, { 0, 100, 4, 100, 100 } };
	struct run *r = capture(7, 3);

	r->mk.zone[0].nr_pcp = 2;
	r->mk.zone[0].pcp = pcp;
	r->mk.zone[0].managed = 1000;
	begin_check(r);
	for (unsigned int i = 0; i < 3; i++) {
		send_by(r, OTHER, SG_EV_mm_page_free, B(6), 0);
		send_by(r, OTHER, SG_EV_mm_page_alloc, B(6), 0, 0xcc0, U);
	}
	for (unsigned int i = 0; i < own; i++)
		send_by(r, OTHER, SG_EV_mm_page_pcpu_drain, B(1) + 2 * i, 0, M);
	for (unsigned int i = 0; i < cma; i++)
		send_by(r, OTHER, SG_EV_mm_page_pcpu_drain, B(2) + 2 * i, 0, C);
	send_by(r, OTHER, SG_EV_mm_page_alloc, B(7), 0, 0xcc0, U);
	return r;
}

/* The event of a CMA page says no to percpu_refill. */
static void takes(struct run *r, uint64_t pfn)
{
	bool cma = pfn >= B(2) && pfn < B(3);

	send_by(r, OTHER, SG_EV_mm_page_alloc_zone_locked, pfn, 0, cma ? C : M, !cma);
}

static void ends(struct run *r)
{
	send_by(r, OTHER, SG_EV_mm_page_alloc, B(8), 0, 0xcc0, U);
}

/* The counters of two CPUs with 1000 pages may be off by 2 * 2 * 2 * 1 = 8 pages each. */
static void share(void **state)
{
	static const struct {
		unsigned int own, cma;
		enum mm_known first;
	} t[] = {
		/* 2 (cma - 8) > free + 8 */
		{ 0, 25, MM_KNOWN_YES },
		{ 0, 24, MM_KNOWN_MAYBE },
		{ 100, 125, MM_KNOWN_YES },
		{ 100, 124, MM_KNOWN_MAYBE },
		/* 2 (cma + 8) <= free - 8 */
		{ 100, 77, MM_KNOWN_MAYBE },
		{ 100, 76, MM_KNOWN_NO },
		{ 100, 0, MM_KNOWN_NO },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct run *r = lists(t[i].own, t[i].cma);

		if (mm_rule_cma_first(r->mk.m, &r->mk.m->core.zone[0], 0) != t[i].first)
			fail_msg("case %u: %d", i, mm_rule_cma_first(r->mk.m, &r->mk.m->core.zone[0], 0));
		end_check(r);
	}
}

/* More than half is CMA's: the refill takes of it, and it is one refill with the event that says no. */
static void cma_comes_first(void **state)
{
	struct run *r = lists(4, 100);

	(void)state;
	for (unsigned int i = 0; i < 4; i++)
		takes(r, B(2) + 2 * (99 - i));
	assert_unsaid(r, MM_CHECK_REFILL);
	check_pcp(&r->mk, 0, 0, M, 4, B(2) + 198, B(2) + 196, B(2) + 194, B(2) + 192);
	ends(r);
	assert_said(r, MM_CHECK_REFILL, MM_EQUAL);
	end_check(r);
	/* the own list first: wrong */
	r = lists(4, 100);
	for (unsigned int i = 0; i < 4; i++)
		takes(r, B(1) + 2 * (3 - i));
	ends(r);
	assert_said(r, MM_CHECK_REFILL, MM_DIFFERS);
	end_check(r);
}

/* Less than half: the own list, and CMA's when that runs out. */
static void own_comes_first(void **state)
{
	struct run *r = lists(100, 20);

	(void)state;
	for (unsigned int i = 0; i < 4; i++)
		takes(r, B(1) + 2 * (99 - i));
	ends(r);
	assert_said(r, MM_CHECK_REFILL, MM_EQUAL);
	end_check(r);
	r = lists(100, 20);
	for (unsigned int i = 0; i < 4; i++)
		takes(r, B(2) + 2 * (19 - i));
	ends(r);
	assert_said(r, MM_CHECK_REFILL, MM_DIFFERS);
	end_check(r);
	/* two own ones, then two of CMA's: the share is so near to half that it decides nothing, but there is no other way */
	r = lists(2, 10);
	takes(r, B(1) + 2);
	takes(r, B(1));
	takes(r, B(2) + 18);
	takes(r, B(2) + 16);
	ends(r);
	assert_said(r, MM_CHECK_REFILL, MM_UNDECIDED);
	assert_string_equal(r->said[MM_CHECK_REFILL].why, "cma_share_unknown");
	end_check(r);
	r = lists(0, 10);
	for (unsigned int i = 0; i < 4; i++)
		takes(r, B(2) + 2 * (9 - i));
	ends(r);
	assert_said(r, MM_CHECK_REFILL, MM_EQUAL);
	end_check(r);
}

/* So near to half that the counters decide: either first block is possible, another one is wrong. */
static void near_half(void **state)
{
	struct run *r = lists(20, 20);

	(void)state;
	takes(r, B(1) + 38);
	takes(r, B(2) + 38);
	takes(r, B(2) + 36);
	takes(r, B(1) + 36);
	ends(r);
	assert_said(r, MM_CHECK_REFILL, MM_UNDECIDED);
	assert_string_equal(r->said[MM_CHECK_REFILL].why, "cma_share_unknown");
	end_check(r);
	r = lists(20, 20);
	takes(r, B(2) + 30);
	takes(r, B(1) + 38);
	takes(r, B(2) + 38);
	takes(r, B(2) + 36);
	ends(r);
	assert_said(r, MM_CHECK_REFILL, MM_DIFFERS);
	end_check(r);
}

/* A single page where four are due, and there are more: it went past the list, whose lock somebody held. */
static void past_the_list(void **state)
{
	struct run *r = lists(8, 0);

	(void)state;
	takes(r, B(1) + 14);
	ends(r);
	assert_said(r, MM_CHECK_REFILL, MM_UNDECIDED);
	assert_string_equal(r->said[MM_CHECK_REFILL].why, "pcp_lock_unknown");
	end_check(r);
	/* two are too few */
	r = lists(8, 0);
	takes(r, B(1) + 14);
	takes(r, B(1) + 12);
	ends(r);
	assert_said(r, MM_CHECK_REFILL, MM_DIFFERS);
	end_check(r);
}

/* While memory of the zone goes offline each refill is of one page; before it is known of which zone, nobody knows. */
static void lists_switched_off(void **state)
{
	struct run *r = lists(8, 0);

	(void)state;
	r->mk.cap.present[SG_EV_mm_compaction_isolate_migratepages] = true;
	send_by(r, 300, SG_EV_mm_migrate_pages_start, 1, 2);
	takes(r, B(1) + 14);
	takes(r, B(1) + 12);
	ends(r);
	assert_said(r, MM_CHECK_REFILL, MM_UNDECIDED);
	assert_string_equal(r->said[MM_CHECK_REFILL].why, "pcp_off_unknown");
	send_by(r, 300, SG_EV_test_pages_isolated, B(8), B(16), B(8));
	takes(r, B(1) + 10);
	ends(r);
	assert_said(r, MM_CHECK_REFILL, MM_EQUAL);
	takes(r, B(1) + 8);
	takes(r, B(1) + 6);
	ends(r);
	assert_said(r, MM_CHECK_REFILL, MM_DIFFERS);
	end_check(r);
}

/* With page_alloc.shuffle a block of the highest order is put at either end of its list; a single one is the first all the same. */
static void shuffled(void **state)
{
	(void)state;
	for (unsigned int shuffle = 0; shuffle < 2; shuffle++)
		for (unsigned int n = 1; n <= 2; n++) {
			struct run *r = capture(7, 3);

			if (shuffle)
				sg_limits_add(&r->mk.cap.limits, SG_LIMIT_SHUFFLED, 1, SG_LIMIT_END, NULL, "shuffled");
			begin_check(r);
			for (unsigned int i = 0; i < 4; i++)
				send_by(r, OTHER, SG_EV_mm_page_pcpu_drain, B(2 * i) + 511, 0, M);
			for (unsigned int i = 0; i < n; i++)
				send_by(r, OTHER, SG_EV_mm_page_free, B(4 + 2 * i), 10);
			send_by(r, OTHER, SG_EV_mm_page_alloc_zone_locked, B(2 + 2 * n), 10, M, 0);
			assert_said(r, MM_CHECK_PICK, shuffle && n > 1 ? MM_UNDECIDED : MM_EQUAL);
			if (shuffle && n > 1)
				assert_string_equal(r->said[MM_CHECK_PICK].why, "list_shuffled");
			sg_limits_free(&r->mk.cap.limits);
			end_check(r);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(share),
		cmocka_unit_test(cma_comes_first),
		cmocka_unit_test(own_comes_first),
		cmocka_unit_test(near_half),
		cmocka_unit_test(past_the_list),
		cmocka_unit_test(lists_switched_off),
		cmocka_unit_test(shuffled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
