// SPDX-License-Identifier: GPL-2.0-only
/* How many pages go to and from a per-cpu list: the check over made events. */
#include <stdlib.h>

#include "made.h"
#include "check/pick/pcp_size.h"

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

/* All of @kind that was sent: so many decisions, all equal. */
static void all_equal(struct made *mk, enum mm_check_kind kind, unsigned int total)
{
	struct mm_check_sum sum = checked(mk, kind);

	assert_int_equal(sum.total, total);
	assert_int_equal(sum.equal, total);
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
	all_equal(mk, MM_CHECK_DRAIN, 2);
}

/* The same three pages, but not off the LRU: freed one by one, they are on the lists at once. */
static void frees_one_by_one(void **state)
{
	struct made *mk = *state;

	sender(mk, 0, KSWAPD);
	for (uint64_t i = 0; i < 3; i++)
		send_free(mk, B(1) + i, 0);
	sender(mk, 0, OTHER);
	send_alloc(mk, B(2) + 1, 0, U);
	sender(mk, 1, OTHER + 1);
	for (uint64_t i = 0; i < 3; i++)
		send_drain(mk, B(1) + i, 0, M);
	send_alloc(mk, B(3), 0, U);
	all_equal(mk, MM_CHECK_DRAIN, 1);
}

/*
 * CPU 1 is emptying CPU 0's lists while CPU 0 takes a page: it found the lists locked, so it takes a single one, where a
 * refill would have been of four.  What it takes once nobody has them locked is one.
 */
static void past_the_lists(void **state)
{
	struct made *mk = *state;

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
	all_equal(mk, MM_CHECK_REFILL, 2);
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
 * page is as expected, and so are the four that follow.
 */
static void past_the_lists_before(void **state)
{
	struct mm_check_sum sum = taken_after(*state, false);

	assert_int_equal(sum.total, 2);
	assert_int_equal(sum.equal, 2);
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

	one_is_taken(mk);
	sender(mk, 0, OTHER + 2);
	send_alloc(mk, B(1) + 1, 0, M);
	all_equal(mk, MM_CHECK_DRAIN, 1);
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
 * A page is taken off CPU 0's lists, and the task is held up before its event.  Two more are put there, behind it in the
 * model; CPU 1 empties the lists and finds these, the older one first.
 */
static void the_last_is_taken(struct made *mk)
{
	sender(mk, 0, OTHER);
	send_free(mk, B(1) + 64, 4); /* a pick says what the pageblock is */
	send_locked(mk, B(1) + 64, 0, M, true);
	send_alloc(mk, B(1) + 64, 4, M);
	for (uint64_t i = 0; i < 6; i += 2)
		send_free(mk, B(1) + i, 0);
	send_alloc(mk, B(2), 0, U);
	sender(mk, 1, OTHER + 1);
	send_drain(mk, B(1) + 2, 0, M);
	send_drain(mk, B(1) + 4, 0, M);
	send_alloc(mk, B(3), 0, U);
}

/* Its event is the first of its task since: the drain couldn't find it, so what it took was last, and all. */
static void page_passed_by(void **state)
{
	struct made *mk = *state;
	struct mm_check_sum sum;

	the_last_is_taken(mk);
	sender(mk, 0, OTHER + 2);
	send_alloc(mk, B(1), 0, M);
	sum = checked(mk, MM_CHECK_DRAIN);
	assert_int_equal(sum.total, 1);
	assert_int_equal(sum.equal, 1);
}

/* Its task did something else in between, so it took the page after the drain, which should have begun with it. */
static void page_passed_by_was_there(void **state)
{
	struct made *mk = *state;
	struct mm_check_sum sum;

	the_last_is_taken(mk);
	sender(mk, 0, OTHER + 2);
	send_alloc(mk, B(2) + 2, 0, U);
	send_alloc(mk, B(1), 0, M);
	sum = checked(mk, MM_CHECK_DRAIN);
	assert_int_equal(sum.decidable, 1);
	assert_int_equal(sum.equal, 0);
}

/* Nobody hands it out, the next drain gives it back: it was there, so the first one should have begun with it. */
static void page_passed_by_is_given_back(void **state)
{
	struct made *mk = *state;
	struct mm_check_sum sum;

	the_last_is_taken(mk);
	send_drain(mk, B(1), 0, M);
	send_alloc(mk, B(3) + 1, 0, U);
	sum = checked(mk, MM_CHECK_DRAIN);
	assert_int_equal(sum.decidable, 1); /* the other one is of a page that the model has lost */
	assert_int_equal(sum.equal, 0);
}

/*
 * When its task gets the CPU it first frees the page table of the task before it, which has exited.  That is nothing
 * of its own; a page that it had on the LRU would be.
 */
static void page_passed_by_arrival(void **state)
{
	struct made *mk = *state;
	struct mm_check_sum sum;

	sender(mk, 0, OTHER + 2);
	send_alloc(mk, B(5), 0, U);
	the_last_is_taken(mk);
	sender(mk, 0, OTHER + 2);
	send_free(mk, B(5), 0);
	send_alloc(mk, B(1), 0, M);
	sum = checked(mk, MM_CHECK_DRAIN);
	assert_int_equal(sum.total, 1);
	assert_int_equal(sum.equal, 1);
}

static void page_passed_by_own_free(void **state)
{
	struct made *mk = *state;
	struct mm_check_sum sum;

	the_last_is_taken(mk);
	sender(mk, 0, OTHER + 2);
	send_free(mk, B(0), 0);
	send_alloc(mk, B(1), 0, M);
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
	all_equal(mk, MM_CHECK_DRAIN, 2);
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
	all_equal(mk, MM_CHECK_DRAIN, 1);
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
 * CPU 1 empties the lists of CPU 0, then its own.  The first page was on them since before the trace, so it might be of
 * either; but had CPU 1's been emptied with it, that CPU's own page would have come next.  So its lists are emptied only by
 * the last page, and by it alone: one drain of two can't be told from its page, the other two are equal.
 */
static void unknown_page_first(void **state)
{
	struct made *mk = *state;
	struct mm_check_sum sum;

	sender(mk, 0, OTHER);
	send_free(mk, B(1), 0);
	send_alloc(mk, B(2), 0, U);
	sender(mk, 1, OTHER + 1);
	send_free(mk, B(1) + 2, 0);
	send_alloc(mk, B(2) + 1, 0, U);
	send_drain(mk, B(6), 0, M);
	send_drain(mk, B(1), 0, M);
	send_drain(mk, B(1) + 2, 0, M);
	send_alloc(mk, B(3), 0, U);
	sum = checked(mk, MM_CHECK_DRAIN);
	assert_int_equal(sum.total, 3);
	assert_int_equal(sum.decidable, 2);
	assert_int_equal(sum.equal, 2);
	assert_string_equal(sum.undecided[0].why, "pcp_list_unknown");
}

/*
 * CPU 0's list holds three pages.  The worker that lowers pcp->high gives back one, how many isn't known beforehand; but
 * the lists aren't empty by that: the next one who empties them finds the other two.  Until 6.12 nothing is lowered, and a
 * worker's drain is one of all: it differs by two, and so does the next one, which finds pages where none should be.
 */
static void worker_trims(void **state)
{
	static const struct sg_task_name names[] = { { 48, "kworker/0:1" } };
	struct made *mk = *state;
	struct mm_check_sum sum;

	mk->cap.task = names;
	mk->cap.nr_tasks = 1;
	sender(mk, 0, OTHER);
	for (unsigned int i = 0; i < 3; i++)
		send_free(mk, B(1) + 2 * i, 0);
	send_alloc(mk, B(2), 0, U);
	sender(mk, 0, 48);
	send_drain(mk, B(1), 0, M);
	send_alloc(mk, B(2) + 2, 0, U);
	sender(mk, 1, OTHER + 1);
	send_alloc(mk, B(2) + 1, 0, U);
	send_drain(mk, B(1) + 2, 0, M);
	send_drain(mk, B(1) + 4, 0, M);
	send_alloc(mk, B(3), 0, U);
	sum = checked(mk, MM_CHECK_DRAIN);
	assert_int_equal(sum.total, 2);
	assert_int_equal(sum.decidable, 1);
	assert_int_equal(sum.equal, 1);
	assert_string_equal(sum.undecided[0].why, "pcp_high_unknown");
	mk->cap.kver[0] = 6;
	mk->cap.kver[1] = 1;
	sum = checked(mk, MM_CHECK_DRAIN);
	assert_int_equal(sum.total, 2);
	assert_int_equal(sum.equal, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(worker_trims, setup, teardown),
		cmocka_unit_test_setup_teardown(batch_is_interrupted, setup, teardown),
		cmocka_unit_test_setup_teardown(frees_one_by_one, setup, teardown),
		cmocka_unit_test_setup_teardown(past_the_lists, setup, teardown),
		cmocka_unit_test_setup_teardown(past_the_lists_before, setup, teardown),
		cmocka_unit_test_setup_teardown(refill_too_short, setup, teardown),
		cmocka_unit_test_setup_teardown(page_in_flight, setup, teardown),
		cmocka_unit_test_setup_teardown(page_left_behind, setup, teardown),
		cmocka_unit_test_setup_teardown(page_passed_by, setup, teardown),
		cmocka_unit_test_setup_teardown(page_passed_by_was_there, setup, teardown),
		cmocka_unit_test_setup_teardown(page_passed_by_is_given_back, setup, teardown),
		cmocka_unit_test_setup_teardown(page_passed_by_arrival, setup, teardown),
		cmocka_unit_test_setup_teardown(page_passed_by_own_free, setup, teardown),
		cmocka_unit_test_setup_teardown(page_on_its_way, setup, teardown),
		cmocka_unit_test_setup_teardown(page_has_arrived, setup, teardown),
		cmocka_unit_test_setup_teardown(drain_goes_on, setup, teardown),
		cmocka_unit_test_setup_teardown(batch_moves, setup, teardown),
		cmocka_unit_test_setup_teardown(block_of_unknown_type, setup, teardown),
		cmocka_unit_test_setup_teardown(unknown_page_first, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
