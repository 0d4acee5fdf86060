// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the check of the per-cpu lists counts as equal: the number has to be right, each page has to be, and
 * whatever leaves one of them open leaves the decision open.
 */
#include "kernels.h"
#include "verdicts.h"
#include "check/pick/pcp.h"

#define OTHER 215

/* ---- the verdict by itself -------------------------------------------------------------- */

/* A refill is enough when it is just that; a drain of all goes on to the end of its last block, here of 4 pages. */
static void enough_of_all(void **state)
{
	static const struct {
		unsigned int nr;
		bool refill, drain;
	} t[] = { { 99, false, false }, { 100, true, true }, { 101, false, true }, { 103, false, true }, { 104, false, false } };

	(void)state;
	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct bulk b = { .kind = MM_CHECK_REFILL, .nr = t[i].nr, .last = 4 };

		assert_int_equal(mm_pcp_enough(&b, 100), t[i].refill);
		b.kind = MM_CHECK_DRAIN;
		assert_int_equal(mm_pcp_enough(&b, 100), t[i].drain);
	}
}

/*
 * What a free gives back goes on until nothing of it is left to give, and no further, or until the lists are empty; a
 * drain of nothing is never enough.  Whoever came to another CPU between two pieces, of 8 pages, leaves the rest of the
 * pieces, but not of one that it had begun.
 */
static void enough_by_free(void **state)
{
	static const struct {
		int64_t left, piece_left;
		bool too_many, moved;
		unsigned int nr, count, want;
		bool enough;
	} t[] = {
		{ 0, 0, false, false, 24, 100, 24, true },  { 0, 0, true, false, 25, 100, 24, false },
		{ 1, 1, false, false, 23, 100, 24, false }, { 1, 1, false, false, 23, 23, 24, true },
		{ 1, 1, false, false, 23, 24, 24, false },  { 1, 1, false, false, 0, 0, 0, false },
		{ 16, 8, false, true, 8, 100, 24, true },   { 16, 7, false, true, 9, 100, 24, false },
		{ 16, 8, false, false, 8, 100, 24, false }, { 3, 3, false, true, 21, 100, 24, true },
		{ 0, 0, true, true, 25, 100, 24, false },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct bulk b = { .kind = MM_CHECK_DRAIN, .by_free = true, .nr = t[i].nr, .count = t[i].count, .last = 1,
				  .left = t[i].left, .piece_left = t[i].piece_left, .too_many = t[i].too_many,
				  .moved = t[i].moved, .tuned = { .want = t[i].want, .piece = 8 } };

		if (mm_pcp_enough(&b, t[i].want) != t[i].enough)
			fail_msg("case %u", i);
	}
}

/*
 * A wrong page is a difference whatever is open about the number; an unknown page or number leaves open what isn't
 * one; equal is only what is right in both.
 */
static void verdicts(void **state)
{
	static const struct {
		bool sure, pages;
		const char *why;
		unsigned int nr;
		enum mm_verdict verdict;
	} t[] = {
		{ true, true, NULL, 10, MM_EQUAL },         { true, true, NULL, 9, MM_DIFFERS },
		{ true, false, NULL, 10, MM_DIFFERS },      { true, false, "number", 10, MM_DIFFERS },
		{ true, true, "number", 10, MM_UNDECIDED }, { false, true, NULL, 10, MM_UNDECIDED },
		{ false, true, NULL, 9, MM_UNDECIDED },     { false, false, NULL, 10, MM_UNDECIDED },
		{ false, true, "number", 10, MM_UNDECIDED },
	};

	(void)state;
	for (enum mm_check_kind kind = MM_CHECK_REFILL; kind <= MM_CHECK_DRAIN; kind++)
		for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
			struct run *r = used();
			struct bulk b = { .kind = kind, .sure = t[i].sure, .pages_equal = t[i].pages, .nr = t[i].nr, .last = 1,
					  .why = "page", .event = 1, .wrong_ours = B(1), .wrong_kernel = B(2) };

			mm_pcp_report(r->check, r->mk.m, &b, 0, &(struct bulk_facts){ .batch = 10 }, 10, t[i].why);
			assert_said(r, kind, t[i].verdict);
			if (t[i].verdict == MM_UNDECIDED)
				assert_string_equal(r->said[kind].why, t[i].sure ? "number" : "page");
			end_check(r);
		}
}

/* ---- over made events ------------------------------------------------------------------- */

/*
 * All pages are in use; both CPUs' lists hold @count pages, of a batch of @batch (0: nobody knows) and a high of
 * 100.
 */
static struct run *lists_with(unsigned int batch, unsigned int count)
{
	static struct sg_pcp_snap pcp[2];
	struct run *r = capture(7, 3);

	for (unsigned int i = 0; i < 2; i++)
		pcp[i] = (struct sg_pcp_snap){ count, 100, batch, 100, 100 };
	r->mk.zone[0].nr_pcp = batch ? 2 : 0;
	r->mk.zone[0].pcp = pcp;
	return begin_check(r);
}

static struct run *lists(unsigned int batch)
{
	return lists_with(batch, 0);
}

/*
 * Single pages 0, 2 ... of block 1 come to the Movable list, so the last of the @n is its first.  Three frees bring any
 * factor that CPU 0's refills are multiplied with down to 1.
 */
static void drained(struct run *r, unsigned int n)
{
	for (unsigned int i = 0; i < 3; i++) {
		send_by(r, OTHER, SG_EV_mm_page_free, B(6), 0);
		send_by(r, OTHER, SG_EV_mm_page_alloc, B(6), 0, 0xcc0, U);
	}
	for (unsigned int i = 0; i < n; i++)
		send_by(r, OTHER, SG_EV_mm_page_pcpu_drain, B(1) + 2 * i, 0, M);
	send_by(r, OTHER, SG_EV_mm_page_alloc, B(7), 0, 0xcc0, U);
}

static void refilled(struct run *r, unsigned int page, unsigned int mt)
{
	send_by(r, OTHER, SG_EV_mm_page_alloc_zone_locked, B(1) + page, 0, mt, 1);
}

/* An event that ends what was under way. */
static void ends(struct run *r)
{
	send_by(r, OTHER, SG_EV_mm_page_alloc, B(8), 0, 0xcc0, U);
}

/*
 * Of six pages the first four are a refill of a batch of 4.  Three or five are another number; with any one of the four
 * exchanged there is another page; and without a batch nothing is said, wrong pages or not.
 */
static void refill(void **state)
{
	static const struct {
		unsigned int batch, n, page[5];
		enum mm_verdict verdict;
	} t[] = {
		{ 4, 4, { 10, 8, 6, 4 }, MM_EQUAL },      { 4, 3, { 10, 8, 6 }, MM_DIFFERS },
		{ 4, 5, { 10, 8, 6, 4, 2 }, MM_DIFFERS }, { 4, 4, { 2, 10, 8, 6 }, MM_DIFFERS },
		{ 4, 4, { 10, 8, 6, 2 }, MM_DIFFERS },    { 4, 4, { 10, 8, 6, 13 }, MM_DIFFERS },
		{ 0, 4, { 10, 8, 6, 4 }, MM_UNDECIDED },  { 0, 4, { 10, 8, 6, 2 }, MM_UNDECIDED },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct run *r = lists(t[i].batch);

		drained(r, 6);
		for (unsigned int k = 0; k < t[i].n; k++)
			refilled(r, t[i].page[k], M);
		assert_unsaid(r, MM_CHECK_REFILL);
		ends(r);
		assert_said(r, MM_CHECK_REFILL, t[i].verdict);
		end_check(r);
	}
}

/*
 * Four pages are two refills where two are for another list, by type or by order; each of them is too short.  (7.3
 * takes two blocks of order 1 for a batch of 4.)
 */
static void refills_of_two_lists(void **state)
{
	struct run *r = lists(4);

	(void)state;
	drained(r, 6);
	refilled(r, 10, M);
	refilled(r, 8, M);
	refilled(r, 6, R);
	assert_said(r, MM_CHECK_REFILL, MM_DIFFERS);
	send_by(r, OTHER, SG_EV_mm_page_alloc_zone_locked, B(1) + 40, 1, R, 1);
	assert_said(r, MM_CHECK_REFILL, MM_DIFFERS);
	ends(r);
	assert_said(r, MM_CHECK_REFILL, MM_DIFFERS);
	end_check(r);
}

/*
 * Two pages are all there is, and the kernel takes no third: whether it might have fallen back isn't in the
 * trace.  A third one that the model hasn't is a wrong page.
 */
static void refill_runs_out(void **state)
{
	(void)state;
	for (unsigned int n = 2; n <= 3; n++) {
		struct run *r = lists(4);

		drained(r, 2);
		refilled(r, 2, M);
		refilled(r, 0, M);
		if (n > 2)
			refilled(r, 30, M);
		ends(r);
		assert_said(r, MM_CHECK_REFILL, n > 2 ? MM_DIFFERS : MM_UNDECIDED);
		if (n == 2)
			assert_string_equal(r->said[MM_CHECK_REFILL].why, "fallback_allowed_unknown");
		end_check(r);
	}
}

/* Pages of the snapshot, in an order that nobody knows. */
static void refill_of_an_unknown_order(void **state)
{
	static struct sg_pcp_snap pcp[2] = { { 0, 100, 4, 100, 100 }, { 0, 100, 4, 100, 100 } };
	struct run *r = capture(7, 3);

	(void)state;
	r->mk.zone[0].nr_pcp = 2;
	r->mk.zone[0].pcp = pcp;
	for (unsigned int i = 0; i < 6; i++)
		r->mk.flags[B(1) + 2 * i] = KPF_BUDDY;
	r->mk.zone[0].have_types = true;
	r->mk.zone[0].type_free[M][0] = 6;
	r->mk.zone[0].type_blocks[M] = NR_BLOCKS;
	begin_check(r);
	for (unsigned int k = 0; k < 4; k++)
		refilled(r, 2 * k, M);
	ends(r);
	assert_said(r, MM_CHECK_REFILL, MM_UNDECIDED);
	assert_string_equal(r->said[MM_CHECK_REFILL].why, "list_order_unknown");
	end_check(r);
}

/* Three pages are freed on CPU 0, in this order, to the Movable list; CPU 1 empties it. */
static struct run *freed(void)
{
	struct run *r = lists(4);

	/* what block 1 is shows when a page of it is drained */
	send_by(r, OTHER, SG_EV_mm_page_free, B(1) + 100, 0);
	send_by(r, OTHER, SG_EV_mm_page_alloc, B(7), 0, 0xcc0, U);
	r->mk.cpu = 1;
	send_by(r, OTHER + 1, SG_EV_mm_page_pcpu_drain, B(1) + 100, 0, M);
	send_by(r, OTHER + 1, SG_EV_mm_page_alloc, B(7) + 1, 0, 0xcc0, U);
	r->mk.cpu = 0;
	for (unsigned int i = 0; i < 3; i++)
		send_by(r, OTHER, SG_EV_mm_page_free, B(1) + 2 * i, 0);
	send_by(r, OTHER, SG_EV_mm_page_alloc, B(7) + 2, 0, 0xcc0, U);
	r->mk.cpu = 1;
	return r;
}

/*
 * The page freed first is the list's tail and leaves first.  In another order one is wrong; one too few, or a page
 * that the machine doesn't have on the lists, is no agreement either; and at the end of the trace a drain isn't
 * over, but what was wrong so far remains so.
 */
static void drain(void **state)
{
	static const struct {
		unsigned int n, page[3];
		bool end;
		enum mm_verdict verdict;
	} t[] = {
		{ 3, { 0, 2, 4 }, true, MM_EQUAL },       { 3, { 2, 0, 4 }, true, MM_DIFFERS },
		{ 3, { 0, 4, 2 }, true, MM_DIFFERS },     { 3, { 0, 2, 200 }, true, MM_UNDECIDED },
		{ 3, { 0, 2, 4 }, false, MM_UNDECIDED },  { 3, { 2, 0, 4 }, false, MM_DIFFERS },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct run *r = freed();

		for (unsigned int k = 0; k < t[i].n; k++)
			send_by(r, OTHER + 1, SG_EV_mm_page_pcpu_drain, B(1) + t[i].page[k], 0, M);
		assert_unsaid(r, MM_CHECK_DRAIN);
		if (t[i].end) {
			send_by(r, OTHER + 1, SG_EV_mm_page_alloc, B(8), 0, 0xcc0, U);
			assert_said(r, MM_CHECK_DRAIN, t[i].verdict);
		} else {
			mm_check_finish(r->check);
			assert_said(r, MM_CHECK_DRAIN, t[i].verdict);
			if (t[i].verdict == MM_UNDECIDED)
				assert_string_equal(r->said[MM_CHECK_DRAIN].why, "trace_ends");
			mm_check_free(r->check);
			made_fini(&r->mk);
			free(r);
			continue;
		}
		end_check(r);
	}
}

/*
 * Five pages lay there before the trace, as the snapshot says: a drain of all that gives back the one which was
 * freed since may have found them gone, or not.  Where there were none it is as expected.
 */
static void drain_with_pages_unseen(void **state)
{
	(void)state;
	for (unsigned int count = 0; count < 6; count += 5) {
		struct run *r = lists_with(4, count);

		send_by(r, OTHER, SG_EV_mm_page_free, B(1), 0);
		send_by(r, OTHER, SG_EV_mm_page_alloc, B(7), 0, 0xcc0, U);
		r->mk.cpu = 1;
		send_by(r, OTHER + 1, SG_EV_mm_page_pcpu_drain, B(1), 0, M);
		send_by(r, OTHER + 1, SG_EV_mm_page_alloc, B(8), 0, 0xcc0, U);
		assert_said(r, MM_CHECK_DRAIN, count ? MM_UNDECIDED : MM_EQUAL);
		if (count)
			assert_string_equal(r->said[MM_CHECK_DRAIN].why, "pcp_list_unknown");
		end_check(r);
	}
}

/*
 * kswapd sleeps, and 100 single pages are freed on CPU 0, none asked for: with the last one the list is full.  What
 * was freed in a row goes back, but a batch of 4 is left: 96 pages.  95 and 97 are other numbers.  Where CPU 1
 * empties the lists in between, nobody knows who came first.
 */
static void drain_by_free(void **state)
{
	static const struct {
		unsigned int n;
		bool disturbed;
		enum mm_verdict verdict;
	} t[] = { { 96, false, MM_EQUAL }, { 95, false, MM_DIFFERS }, { 97, false, MM_DIFFERS }, { 40, true, MM_UNDECIDED } };

	(void)state;
	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct run *r = freed();

		for (unsigned int k = 0; k < 3; k++)
			send_by(r, OTHER + 1, SG_EV_mm_page_pcpu_drain, B(1) + 2 * k, 0, M);
		send_by(r, 40, SG_EV_mm_vmscan_kswapd_sleep, 0);
		r->mk.cpu = 0;
		for (unsigned int k = 0; k < 10; k++) /* halve what was freed in a row, down to nothing */
			send_by(r, OTHER, SG_EV_mm_page_alloc, B(9) + k, 0, 0xcc0, U);
		for (unsigned int k = 0; k < 100; k++)
			send_by(r, OTHER, SG_EV_mm_page_free, B(1) + 200 + 2 * k, 0);
		for (unsigned int k = 0; k < t[i].n; k++)
			send_by(r, OTHER, SG_EV_mm_page_pcpu_drain, B(1) + 200 + 2 * k, 0, M);
		if (t[i].disturbed) {
			r->mk.cpu = 1;
			send_by(r, OTHER + 1, SG_EV_mm_page_pcpu_drain, B(1) + 200 + 2 * t[i].n, 0, M);
			r->mk.cpu = 0;
		}
		send_by(r, OTHER, SG_EV_mm_page_alloc, B(8), 0, 0xcc0, U);
		if (!t[i].disturbed)
			mm_check_finish(r->check); /* one that left pages is held until it is known where those were */
		assert_said(r, MM_CHECK_DRAIN, t[i].verdict);
		if (t[i].disturbed)
			assert_string_equal(r->said[MM_CHECK_DRAIN].why, "lock_order_unknown");
		end_check(r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(enough_of_all), cmocka_unit_test(enough_by_free), cmocka_unit_test(verdicts),
		cmocka_unit_test(refill), cmocka_unit_test(refills_of_two_lists), cmocka_unit_test(refill_runs_out),
		cmocka_unit_test(refill_of_an_unknown_order), cmocka_unit_test(drain),
		cmocka_unit_test(drain_with_pages_unseen), cmocka_unit_test(drain_by_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
