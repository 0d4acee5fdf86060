// SPDX-License-Identifier: GPL-2.0-only
/* How many pages go to and from a per-cpu list, as far as a trace lets it be told. */
#include <stdlib.h>

#include "made.h"
#include "mm_check_pcp_tune.h"

/* A page set of which all is known: batch 63, pcp->high between 1000 and 2000, nothing freed or refilled lately. */
static struct mm_tuning known(void)
{
	return (struct mm_tuning){ .batch = 63, .high_min = 1000, .high_max = 2000, .prev_known = true, .was_prev_known = true };
}

/*
 * Each refill doubles the next one: 63, 126, 252, 504.  After two frees the factor is 4 / 2 / 2 = 1: 126.  In blocks
 * of order 1 it is always 63 / 2 = 31.
 */
static void refills(void **state)
{
	static const uint32_t want[] = { 63, 126, 252, 504 };
	struct mm_tuning t = known();
	struct mm_tuned r;

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		r = mm_tuning_refill(&t, MM_RULES_7_3, 0, 0, want[i]);
		assert_null(r.why);
		assert_int_equal(r.want, want[i]);
	}
	mm_tuning_free(&t, MM_RULES_7_3, 0);
	mm_tuning_free(&t, MM_RULES_7_3, 0);
	assert_int_equal(mm_tuning_refill(&t, MM_RULES_7_3, 0, 0, 126).want, 126);
	assert_int_equal(mm_tuning_refill(&t, MM_RULES_7_3, 1, 0, 31).want, 31);
}

/* A factor of 0 to 5 leaves it open; 252 is 63 << 2, and three frees bring any factor down to 0. */
static void refill_factor(void **state)
{
	struct mm_tuning t = known();
	struct mm_tuned r;

	(void)state;
	t.factor_hi = 5;
	r = mm_tuning_refill(&t, MM_RULES_7_3, 0, 0, 252);
	assert_non_null(r.why);
	assert_int_equal(t.factor_lo, 3);
	assert_int_equal(t.factor_hi, 3);
	t.factor_lo = 0;
	t.factor_hi = 5;
	for (unsigned int i = 0; i < 3; i++)
		mm_tuning_free(&t, MM_RULES_7_3, 0);
	r = mm_tuning_refill(&t, MM_RULES_7_3, 0, 0, 63);
	assert_null(r.why);
	assert_int_equal(r.want, 63);
}

/*
 * kswapd at work: 4 * 63 = 252 pages may lie there.  With 252 the 100 that were freed in a row go, under holds of the
 * zone's lock of 63 at most.  More than 252 - 63 = 189 never do.  With kswapd asleep 252 are no reason, 1000 are.
 */
static void drains(void **state)
{
	struct mm_tuning t = known();
	struct mm_tuned r;

	(void)state;
	for (unsigned int i = 0; i < 100; i++)
		mm_tuning_free(&t, MM_RULES_7_3, 0);
	r = mm_tuning_drain(&t, MM_RULES_7_3, 0, 252, true);
	assert_null(r.why);
	assert_int_equal(r.want, 100);
	assert_int_equal(r.piece, 63);
	assert_int_equal(mm_tuning_drain(&t, MM_RULES_7_3, 0, 252, false).want, 0);
	assert_int_equal(mm_tuning_drain(&t, MM_RULES_7_3, 0, 1000, false).want, 100);
	for (unsigned int i = 0; i < 200; i++)
		mm_tuning_free(&t, MM_RULES_7_3, 0);
	assert_int_equal(mm_tuning_drain(&t, MM_RULES_7_3, 0, 252, true).want, 189);
}

/* Requests that found nothing have halved the count nobody knows how often: from 0 to 100 pages. */
static void drain_open(void **state)
{
	struct mm_tuning t = known();
	struct mm_tuned r;

	(void)state;
	for (unsigned int i = 0; i < 100; i++)
		mm_tuning_free(&t, MM_RULES_7_3, 0);
	mm_tuning_stall(&t, MM_RULES_7_3, 0);
	mm_tuning_free(&t, MM_RULES_7_3, 0);
	r = mm_tuning_drain(&t, MM_RULES_7_3, 0, 252, true);
	assert_string_equal(r.why, "free_count_unknown");
	for (unsigned int i = 0; i < 8; i++)
		mm_tuning_alloc(&t);
	mm_tuning_free(&t, MM_RULES_7_3, 0); /* halved to nothing by allocations: known again, and the least is the batch */
	r = mm_tuning_drain(&t, MM_RULES_7_3, 0, 252, true);
	assert_null(r.why);
	assert_int_equal(r.want, 63);
}

/*
 * Blocks of order 1 freed in a row, more than batch and half of high_min (563): all goes, up to 63 << 5 = 2016.
 */
static void drain_high_order(void **state)
{
	struct mm_tuning t = known();
	struct mm_tuned r;

	(void)state;
	for (unsigned int i = 0; i < 300; i++)
		mm_tuning_free(&t, MM_RULES_7_3, 1);
	r = mm_tuning_drain(&t, MM_RULES_7_3, 1, 800, false);
	assert_null(r.why);
	assert_int_equal(r.want, 800);
}

/*
 * As above, with 200 pages that the machine knows and up to 100 that it doesn't: if these are there, 300 go.  So a drain
 * of 200 shows that they aren't.
 */
static void drain_all_there_is(void **state)
{
	struct mm_tuning t = known();
	struct mm_tuned r;

	(void)state;
	t.unseen = 100;
	for (unsigned int i = 0; i < 300; i++)
		mm_tuning_free(&t, MM_RULES_7_3, 1);
	r = mm_tuning_drain(&t, MM_RULES_7_3, 1, 200, false);
	assert_string_equal(r.why, "pcp_list_unknown");
	assert_int_equal(r.least, 300);
}

/* What the next free gives back in 6.1, and what it gave. */
static void drain_6_1(struct mm_tuning *t, uint32_t want)
{
	struct mm_tuned r;

	mm_tuning_free(t, MM_RULES_6_1, 0);
	r = mm_tuning_drain(t, MM_RULES_6_1, 0, 1000, false);
	assert_null(r.why);
	assert_int_equal(r.want, want);
	mm_tuning_drained(t, MM_RULES_6_1, 0, 1000, false, want, 1);
}

/*
 * 6.1 doubles what it gives back with each drain in a row, up to high - batch: 63, 126, 252, 504, then 1000 - 63 = 937
 * for 1008, which leaves the factor at 4.  A page that is asked for halves the factor to 2: 63 << 2 = 252.
 */
static void drain_factor(void **state)
{
	static const uint32_t want[] = { 63, 126, 252, 504, 937, 937 };
	struct mm_tuning t = { .batch = 63, .high_min = 1000, .high_max = 1000 };

	(void)state;
	for (unsigned int i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		drain_6_1(&t, want[i]);
	mm_tuning_alloc(&t);
	drain_6_1(&t, 252);
}

/* At first the factor is open, so is the number; 126 pages show that it was 1 and is 2 now. */
static void drain_factor_open(void **state)
{
	struct mm_tuning t = { .batch = 63, .high_min = 1000, .high_max = 1000, .freed_hi = 5 };

	(void)state;
	mm_tuning_free(&t, MM_RULES_6_1, 0);
	assert_string_equal(mm_tuning_drain(&t, MM_RULES_6_1, 0, 1000, false).why, "free_count_unknown");
	mm_tuning_drained(&t, MM_RULES_6_1, 0, 1000, false, 126, 1);
	assert_int_equal(t.freed_lo, 2);
	assert_int_equal(t.freed_hi, 2);
	drain_6_1(&t, 252);
}

/*
 * In 6.1 a free doesn't touch the factor: a drain takes it as it is by then, also where the free that made it wasn't
 * followed.  The first gives back 63 and leaves it at 1, so the next one gives 126 and leaves it at 2; a page that is
 * asked for halves that to 1, which is 126 again.
 */
static void drain_factor_now(void **state)
{
	struct mm_tuning t = { .batch = 63, .high_min = 1000, .high_max = 1000 };
	struct mm_tuned r;

	(void)state;
	drain_6_1(&t, 63);
	r = mm_tuning_drain(&t, MM_RULES_6_1, 0, 1000, false);
	assert_null(r.why);
	assert_int_equal(r.want, 126);
	mm_tuning_drained(&t, MM_RULES_6_1, 0, 1000, false, 126, 1);
	mm_tuning_alloc(&t);
	assert_int_equal(mm_tuning_drain(&t, MM_RULES_6_1, 0, 1000, false).want, 126);
}

/*
 * A request for a page asked how many refill its list each time it found nothing: each time the factor may have grown.
 * One for a block of order 1 doesn't touch it.
 */
static void refill_in_vain(void **state)
{
	struct mm_tuning t = known();
	struct mm_tuned r;

	(void)state;
	t.high_min = t.high_max = 4000; /* leaves room for 63 << 5 */
	mm_tuning_stall(&t, MM_RULES_7_3, 1);
	assert_null(mm_tuning_refill(&t, MM_RULES_7_3, 0, 0, 63).why);
	mm_tuning_stall(&t, MM_RULES_7_3, 0);
	r = mm_tuning_refill(&t, MM_RULES_7_3, 0, 0, 504);
	assert_string_equal(r.why, "alloc_factor_unknown");
	assert_int_equal(t.factor_lo, 4); /* 63 << 3 were taken */
	assert_int_equal(t.factor_hi, 4);
}

/* ---- the check over made events ------------------------------------------------- */

#define KSWAPD 40
#define OTHER 214

/* All pages are in use, block 0 on the LRU; both CPUs' lists are empty, of a batch of 4 and a high of 100. */
static int setup(void **state)
{
	static struct sg_pcp_snap pcp[2] = { { 0, 100, 4, 100, 100 }, { 0, 100, 4, 100, 100 } };
	struct made *mk = malloc(sizeof(*mk));

	if (!mk)
		return -1;
	made_capture(mk, 7, 3);
	for (uint64_t p = B(0); p < B(1); p++)
		mk->flags[p] = KPF_LRU;
	mk->zone[0].nr_pcp = 2;
	mk->zone[0].pcp = pcp;
	mk->snap.have_pageflags = true;
	mk->log = sg_log_new();
	*state = mk;
	return mk->log ? 0 : -1;
}

static int teardown(void **state)
{
	made_fini(*state);
	free(*state);
	return 0;
}

/* The sums of @kind over what was sent. */
static struct mm_check_sum checked(struct made *mk, enum mm_check_kind kind)
{
	struct mm_machine *m = mm_machine_new(&mk->cfg, NULL);
	struct mm_check *c = m ? mm_check_new(m, &mk->cfg, NULL, NULL, NULL) : NULL;
	struct mm_check_sum sum;
	struct sg_cursor cur;
	struct sg_event ev;

	assert_non_null(c);
	sg_log_seek(mk->log, &cur, 1);
	while (sg_log_next(&cur, &ev))
		mm_check_observe(c, m, &ev);
	mm_check_finish(c);
	sum = *mm_check_get(c, kind);
	mm_check_free(c);
	mm_machine_free(m);
	return sum;
}

static void sender(struct made *mk, uint16_t cpu, int32_t pid)
{
	mk->cpu = cpu;
	mk->pid = pid;
}

/*
 * kswapd has freed three pages of the LRU, the first half of a batch, when another task gets its CPU, frees one page
 * and hands it out again.  CPU 1, which empties the lists then, finds the page that kswapd freed alone before; the
 * three reach the lists when kswapd runs again, so the next one to empty them finds these.
 */
static void batch_is_interrupted(void **state)
{
	struct made *mk = *state;
	struct mm_check_sum sum;

	sender(mk, 0, KSWAPD);
	send_free(mk, B(1), 0);
	send_alloc(mk, B(2), 0, U);
	for (uint64_t i = 0; i < 3; i++)
		send_free(mk, B(0) + i, 0);
	sender(mk, 0, OTHER);
	send_alloc(mk, B(2) + 1, 0, U);
	sender(mk, 1, OTHER + 1);
	send_drain(mk, B(1), 0, M);
	send_alloc(mk, B(3), 0, U);
	sender(mk, 0, KSWAPD);
	for (uint64_t i = 0; i < 3; i++)
		send_batched(mk, B(0) + i);
	send_alloc(mk, B(2) + 2, 0, U);
	sender(mk, 1, OTHER + 1);
	for (uint64_t i = 0; i < 3; i++)
		send_drain(mk, B(0) + i, 0, M);
	send_alloc(mk, B(3) + 1, 0, U);
	sum = checked(mk, MM_CHECK_DRAIN);
	assert_int_equal(sum.total, 2);
	assert_int_equal(sum.equal, 2);
}

/* The same three pages, but not off the LRU: freed one by one, they are on the lists at once. */
static void frees_one_by_one(void **state)
{
	struct made *mk = *state;
	struct mm_check_sum sum;

	sender(mk, 0, KSWAPD);
	for (uint64_t i = 0; i < 3; i++)
		send_free(mk, B(1) + i, 0);
	sender(mk, 0, OTHER);
	send_alloc(mk, B(2) + 1, 0, U);
	sender(mk, 1, OTHER + 1);
	for (uint64_t i = 0; i < 3; i++)
		send_drain(mk, B(1) + i, 0, M);
	send_alloc(mk, B(3), 0, U);
	sum = checked(mk, MM_CHECK_DRAIN);
	assert_int_equal(sum.total, 1);
	assert_int_equal(sum.equal, 1);
}

/*
 * CPU 1 is emptying CPU 0's lists while CPU 0 takes a page: it found the lists locked, so this is no refill, which would
 * have been of four.  What it takes once nobody has them locked is one.
 */
static void past_the_lists(void **state)
{
	struct made *mk = *state;
	struct mm_check_sum sum;

	sender(mk, 0, OTHER);
	for (uint64_t i = 0; i < 16; i += 2) /* apart from each other, so that they don't merge */
		send_free(mk, B(1) + i, 0);
	send_alloc(mk, B(2), 0, U);
	sender(mk, 1, OTHER + 1);
	for (uint64_t i = 0; i < 8; i += 2)
		send_drain(mk, B(1) + i, 0, M);
	sender(mk, 0, OTHER);
	send_locked(mk, B(1) + 6, 0, M, true);
	send_alloc(mk, B(1) + 6, 0, M);
	sender(mk, 1, OTHER + 1);
	for (uint64_t i = 8; i < 16; i += 2)
		send_drain(mk, B(1) + i, 0, M);
	send_alloc(mk, B(3), 0, U);
	sender(mk, 0, OTHER);
	for (uint64_t i = 14; i > 6; i -= 2) /* the last that came is the first */
		send_locked(mk, B(1) + i, 0, M, true);
	send_alloc(mk, B(1) + 14, 0, M);
	sum = checked(mk, MM_CHECK_REFILL);
	assert_int_equal(sum.total, 1);
	assert_int_equal(sum.equal, 1);
}

/* CPU 1 has emptied CPU 0's lists and does something else already when CPU 0 takes a page, and then four. */
static struct mm_check_sum taken_after(struct made *mk, bool event_between)
{
	sender(mk, 0, OTHER);
	for (uint64_t i = 0; i < 16; i += 2)
		send_free(mk, B(1) + i, 0);
	send_alloc(mk, B(2), 0, U);
	sender(mk, 1, OTHER + 1);
	for (uint64_t i = 0; i < 16; i += 2)
		send_drain(mk, B(1) + i, 0, M);
	send_alloc(mk, B(3), 0, U);
	sender(mk, 0, OTHER);
	if (event_between)
		send_alloc(mk, B(4), 0, U);
	send_locked(mk, B(1) + 14, 0, M, true);
	send_alloc(mk, B(1) + 14, 0, M);
	for (uint64_t i = 12; i > 4; i -= 2)
		send_locked(mk, B(1) + i, 0, M, true);
	send_alloc(mk, B(1) + 12, 0, M);
	return checked(mk, MM_CHECK_REFILL);
}

/*
 * Nothing happened on CPU 0 since the drain: it found the lists locked and had to wait for the zone's lock.  So the single
 * page is no refill, and the four that follow are the one that there is.
 */
static void past_the_lists_before(void **state)
{
	struct mm_check_sum sum = taken_after(*state, false);

	assert_int_equal(sum.total, 1);
	assert_int_equal(sum.equal, 1);
}

/* CPU 0 had an event after the drain, so it found the lists unlocked: a refill of one page, which should have been of four. */
static void refill_too_short(void **state)
{
	struct mm_check_sum sum = taken_after(*state, true);

	assert_int_equal(sum.total, 2);
	assert_true(sum.equal < 2);
}

/*
 * Two pages are on CPU 0's lists, the second first; the task that takes it is held up before its event.  CPU 1 empties the
 * lists and finds one page.
 */
static void one_is_taken(struct made *mk)
{
	sender(mk, 0, OTHER);
	send_free(mk, B(1), 0);
	send_free(mk, B(1) + 1, 0);
	send_alloc(mk, B(2), 0, U);
	sender(mk, 1, OTHER + 1);
	send_drain(mk, B(1), 0, M);
	send_alloc(mk, B(3), 0, U);
	sender(mk, 0, OTHER + 3);
	send_alloc(mk, B(2) + 1, 0, U);
}

/* Its event comes at last, the first of that task since: the page was its own before the drain. */
static void page_in_flight(void **state)
{
	struct made *mk = *state;
	struct mm_check_sum sum;

	one_is_taken(mk);
	sender(mk, 0, OTHER + 2);
	send_alloc(mk, B(1) + 1, 0, M);
	sum = checked(mk, MM_CHECK_DRAIN);
	assert_int_equal(sum.total, 1);
	assert_int_equal(sum.equal, 1);
}

/* The task did something else in between, so it took the page after the drain, which should have found it. */
static void page_left_behind(void **state)
{
	struct made *mk = *state;
	struct mm_check_sum sum;

	one_is_taken(mk);
	sender(mk, 0, OTHER + 2);
	send_alloc(mk, B(2) + 2, 0, U);
	send_alloc(mk, B(1) + 1, 0, M);
	sum = checked(mk, MM_CHECK_DRAIN);
	assert_int_equal(sum.decidable, 1);
	assert_int_equal(sum.equal, 0);
}

/*
 * Another task frees a page and is switched out right after its event, before the page is on the list.  CPU 1 empties the
 * lists, finds the one that was there before, and finds the other when the task has run again.
 */
static void page_on_its_way(void **state)
{
	struct made *mk = *state;
	struct mm_check_sum sum;

	sender(mk, 0, OTHER);
	send_free(mk, B(1), 0);
	send_alloc(mk, B(2), 0, U);
	sender(mk, 0, OTHER + 2);
	send_free(mk, B(1) + 2, 0);
	sender(mk, 0, OTHER);
	send_alloc(mk, B(2) + 1, 0, U);
	sender(mk, 1, OTHER + 1);
	send_drain(mk, B(1), 0, M);
	send_alloc(mk, B(3), 0, U);
	sender(mk, 0, OTHER + 2);
	send_alloc(mk, B(2) + 2, 0, U);
	sender(mk, 1, OTHER + 1);
	send_drain(mk, B(1) + 2, 0, M);
	send_alloc(mk, B(3) + 1, 0, U);
	sum = checked(mk, MM_CHECK_DRAIN);
	assert_int_equal(sum.total, 2);
	assert_int_equal(sum.equal, 2);
}

/* The same, but the task had another event before the drain: the page was on the list, so the first drain differs. */
static void page_has_arrived(void **state)
{
	struct made *mk = *state;
	struct mm_check_sum sum;

	sender(mk, 0, OTHER);
	send_free(mk, B(1), 0);
	send_alloc(mk, B(2), 0, U);
	sender(mk, 0, OTHER + 2);
	send_free(mk, B(1) + 2, 0);
	send_alloc(mk, B(2) + 1, 0, U);
	sender(mk, 1, OTHER + 1);
	send_drain(mk, B(1), 0, M);
	send_alloc(mk, B(3), 0, U);
	send_drain(mk, B(1) + 2, 0, M);
	send_alloc(mk, B(3) + 1, 0, U);
	sum = checked(mk, MM_CHECK_DRAIN);
	assert_int_equal(sum.decidable, 2);
	assert_int_equal(sum.equal, 0);
}

/*
 * The hundredth page makes the lists full, and the task gives pages back in pieces of four.  After the first it is switched
 * out, and the first event of the one that gets its CPU is of a refill; then it goes on: that is one drain, not two.
 */
static void drain_goes_on(void **state)
{
	struct made *mk = *state;

	sender(mk, 0, OTHER);
	for (uint64_t i = 0; i < 100; i++)
		send_free(mk, B(1) + 2 * i, 0);
	for (uint64_t i = 0; i < 4; i++)
		send_drain(mk, B(1) + 2 * i, 0, M);
	sender(mk, 0, OTHER + 2);
	send_locked(mk, B(1), 0, U, true);
	send_alloc(mk, B(1), 0, U);
	sender(mk, 0, OTHER);
	for (uint64_t i = 4; i < 12; i++)
		send_drain(mk, B(1) + 2 * i, 0, M);
	send_alloc(mk, B(3), 0, U);
	assert_int_equal(checked(mk, MM_CHECK_DRAIN).total, 1);
}

/* kswapd is on CPU 1 when the second half of its batch comes: there the pages are. */
static void batch_moves(void **state)
{
	struct made *mk = *state;
	struct mm_check_sum sum;

	sender(mk, 0, KSWAPD);
	for (uint64_t i = 0; i < 3; i++)
		send_free(mk, B(0) + i, 0);
	sender(mk, 0, OTHER);
	send_alloc(mk, B(2), 0, U);
	sender(mk, 1, KSWAPD);
	for (uint64_t i = 0; i < 3; i++)
		send_batched(mk, B(0) + i);
	send_alloc(mk, B(2) + 1, 0, U);
	sender(mk, 0, OTHER);
	for (uint64_t i = 0; i < 3; i++)
		send_drain(mk, B(0) + i, 0, M);
	send_alloc(mk, B(2) + 2, 0, U);
	sum = checked(mk, MM_CHECK_DRAIN);
	assert_int_equal(sum.total, 1);
	assert_int_equal(sum.equal, 1);
}

/*
 * Two pages of pageblocks that no event has named; the one that was freed last leaves first.  Whether the other lies on the
 * same list depends on what its pageblock is.
 */
static void block_of_unknown_type(void **state)
{
	struct made *mk = *state;
	struct mm_check_sum sum;

	sender(mk, 0, OTHER);
	send_free(mk, B(1), 0);
	send_free(mk, B(2), 0);
	send_alloc(mk, B(4), 0, U);
	sender(mk, 1, OTHER + 1);
	send_drain(mk, B(2), 0, M);
	send_drain(mk, B(1), 0, U);
	send_alloc(mk, B(3), 0, U);
	sum = checked(mk, MM_CHECK_DRAIN);
	assert_int_equal(sum.total, 1);
	assert_int_equal(sum.decidable, 0);
	assert_string_equal(sum.undecided[0].why, "block_unknown");
}

/*
 * zoneinfo of 6.12 has pcp->high, 9000 here, and not its limits: the low watermark of 4000 pages less a boost of 200 for 2
 * CPUs, 1900, and an eighth of 40000 pages for 2 CPUs, 2500.  A zone of another node leaves open how many of the CPUs are
 * this one's: 5000 with one.  With vm.percpu_pagelist_high_fraction 10 both limits are 40000 / 10 / 2 = 2000.  Limits that
 * are given hold.
 */
static void limits_of_high(void **state)
{
	static struct sg_kv kv = { "sysctl.vm.percpu_pagelist_high_fraction", "10" };
	static const struct {
		bool other_node, fraction, given;
		uint32_t min, max;
	} t[] = { { 0, 0, 0, 1900, 2500 }, { 1, 0, 0, 1900, 5000 }, { 0, 1, 0, 2000, 2000 }, { 0, 0, 1, 3000, 4000 } };
	static struct sg_pcp_snap pcp[2] = { { 0, 9000, 7, 0, 0 }, { 0, 9000, 7, 0, 0 } };
	struct made mk;

	(void)state;
	made_capture(&mk, 6, 12);
	mk.zone[0].nr_pcp = 2;
	mk.zone[0].pcp = pcp;
	for (unsigned int i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct mm_machine *m = mm_machine_new(&mk.cfg, NULL);
		struct mm_check *c = m ? mm_check_new(m, &mk.cfg, NULL, NULL, NULL) : NULL;
		struct mm_tuning got;

		assert_non_null(c);
		mk.zone[0].managed = 40000;
		mk.zone[0].wmark_low = 4000;
		mk.zone[0].wmark_boost = 200;
		mk.snap.nr_zones = 1 + t[i].other_node;
		mk.zone[1].node = mk.zone[0].node + 1;
		mk.snap.kv = &kv;
		mk.snap.nr_kv = t[i].fraction;
		pcp[1].high_min = t[i].given ? 3000 : 0;
		pcp[1].high_max = t[i].given ? 4000 : 0;
		mm_tuning_init(&got, c, &m->core.zone[0], 1);
		assert_int_equal(got.batch, 7);
		assert_int_equal(got.high_min, t[i].min);
		assert_int_equal(got.high_max, t[i].max);
		mm_check_free(c);
		mm_machine_free(m);
	}
	made_fini(&mk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refills),
		cmocka_unit_test(refill_factor),
		cmocka_unit_test(drains),
		cmocka_unit_test(drain_open),
		cmocka_unit_test(drain_high_order),
		cmocka_unit_test(drain_factor),
		cmocka_unit_test(drain_factor_open),
		cmocka_unit_test(drain_factor_now),
		cmocka_unit_test(drain_all_there_is),
		cmocka_unit_test(refill_in_vain),
		cmocka_unit_test_setup_teardown(batch_is_interrupted, setup, teardown),
		cmocka_unit_test_setup_teardown(frees_one_by_one, setup, teardown),
		cmocka_unit_test_setup_teardown(past_the_lists, setup, teardown),
		cmocka_unit_test_setup_teardown(past_the_lists_before, setup, teardown),
		cmocka_unit_test_setup_teardown(refill_too_short, setup, teardown),
		cmocka_unit_test_setup_teardown(page_in_flight, setup, teardown),
		cmocka_unit_test_setup_teardown(page_left_behind, setup, teardown),
		cmocka_unit_test_setup_teardown(page_on_its_way, setup, teardown),
		cmocka_unit_test_setup_teardown(page_has_arrived, setup, teardown),
		cmocka_unit_test_setup_teardown(drain_goes_on, setup, teardown),
		cmocka_unit_test_setup_teardown(batch_moves, setup, teardown),
		cmocka_unit_test_setup_teardown(block_of_unknown_type, setup, teardown),
		cmocka_unit_test(limits_of_high),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
