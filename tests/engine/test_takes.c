// SPDX-License-Identifier: GPL-2.0-only
/* What a page that the kernel takes from the buddy lists says of those that it didn't take. */
#include <stdlib.h>

#include "made.h"
#include "check/pick/flight.h"

static int setup(void **state)
{
	struct made *mk = malloc(sizeof(*mk));

	if (!mk)
		return -1;
	made_init(mk, 7, 3, MADE_USED);
	*state = mk;
	return 0;
}

static int teardown(void **state)
{
	made_fini(*state);
	free(*state);
	return 0;
}

/*
 * Page 9 lies alone on the list of order 0, pages 16 and 17 are a block of order 1.  A refill takes 16 and then
 * 17: it split the block, so the list of order 0 was empty, and page 9 isn't there.
 */
static void halves_in_a_row(void **state)
{
	struct made *mk = *state;

	send_drain(mk, B(0) + 9, 0, M);
	send_drain(mk, B(0) + 16, 0, M);
	send_drain(mk, B(0) + 17, 0, M);
	send_locked(mk, B(0) + 16, 0, M, true);
	check_list(mk, 0, M, 2, B(0) + 17, B(0) + 9);
	send_locked(mk, B(0) + 17, 0, M, true);
	check_list(mk, 0, M, 0);
	check_state(mk, B(0) + 9, MM_PAGE_PCP, 0);
	check_sound(mk, 1);
}

/* The same, but the two takes aren't of one refill: page 9 may have come in between.  It stays. */
static void halves_of_two_refills(void **state)
{
	struct made *mk = *state;

	send_drain(mk, B(0) + 9, 0, M);
	send_drain(mk, B(0) + 16, 0, M);
	send_drain(mk, B(0) + 17, 0, M);
	send_locked(mk, B(0) + 16, 0, M, true);
	send_alloc(mk, B(0) + 16, 0, M);
	send_locked(mk, B(0) + 17, 0, M, true);
	check_list(mk, 0, M, 1, B(0) + 9);
	check_sound(mk, 0);
}

/* Pages 17 and 18 are no halves of one block: nothing follows from them. */
static void neighbours_that_are_no_halves(void **state)
{
	struct made *mk = *state;

	send_drain(mk, B(0) + 9, 0, M);
	send_drain(mk, B(0) + 18, 0, M);
	send_drain(mk, B(0) + 17, 0, M);
	send_locked(mk, B(0) + 17, 0, M, true);
	send_locked(mk, B(0) + 18, 0, M, true);
	check_list(mk, 0, M, 1, B(0) + 9);
	check_sound(mk, 0);
}

/*
 * Page 21 isn't on the list of order 0, either; but its buddy was freed to the per-cpu list, which no event
 * confirmed: so that found the list locked, and both are a block of order 1.
 */
static void joined_with_a_page_in_doubt(void **state)
{
	struct made *mk = *state;

	send_free(mk, B(0) + 20, 0);
	send_drain(mk, B(0) + 21, 0, M);
	send_drain(mk, B(0) + 16, 0, M);
	send_drain(mk, B(0) + 17, 0, M);
	mk->cpu = 1;
	send_locked(mk, B(0) + 16, 0, M, true);
	send_locked(mk, B(0) + 17, 0, M, true);
	check_list(mk, 0, M, 0);
	check_list(mk, 1, M, 1, B(0) + 20);
	check_sound(mk, 0);
}

/*
 * Page 9 is the only one of order 0 as a block of order 1 is split, three times.  That may be a free that comes late,
 * but not again and again: the third time it isn't there.
 */
static void missed_three_times(void **state)
{
	struct made *mk = *state;

	send_drain(mk, B(0) + 9, 0, M);
	for (unsigned int i = 3; i > 0; i--) {
		send_drain(mk, B(0) + 16 * i, 0, M);
		send_drain(mk, B(0) + 16 * i + 1, 0, M);
		send_locked(mk, B(0) + 16 * i, 0, M, true);
		if (i == 1)
			break;
		check_list(mk, 0, M, 2, B(0) + 16 * i + 1, B(0) + 9);
		send_alloc(mk, B(0) + 16 * i, 0, M);
		send_locked(mk, B(0) + 16 * i + 1, 0, M, true);
	}
	check_list(mk, 0, M, 1, B(0) + 17);
	check_state(mk, B(0) + 9, MM_PAGE_PCP, 0);
	check_sound(mk, 1);
}

/*
 * Page 256 of the block was freed to the per-cpu list, which no event confirmed, and the rest of it is free.  A fallback
 * claims all of the block: so 256 was on the buddy lists.  The first page is taken, the others are split by halves.
 */
static void a_claimed_block_was_free(void **state)
{
	struct made *mk = *state;

	send_drain(mk, B(1), 8, M);
	send_free(mk, B(1) + 256, 0);
	for (unsigned int o = 0; o < 8; o++)
		send_drain(mk, B(1) + 256 + (1ull << o), o, M);
	mk->cpu = 1;
	send_extfrag(mk, B(1), 0, 9, U, M, OWNED);
	for (unsigned int o = 0; o <= 8; o++) {
		check_list(mk, o, M, 0);
		check_list(mk, o, U, 1, B(1) + (1ull << o));
	}
	check_sound(mk, 0);
}

/*
 * CPU 0 frees 30, CPU 1 does something, CPU 0 frees 40, 50 and 60.  CPU 1 takes 50 from the buddy lists: it found the
 * per-cpu list locked, and so did 40, right before it.  30 is too long ago; 60, freed later, would have been
 * taken first.
 */
static void taken_from_the_buddy_lists(void **state)
{
	struct made *mk = *state;

	send_drain(mk, B(0) + 9, 0, M);
	send_free(mk, B(0) + 30, 0);
	mk->cpu = 1;
	send_alloc(mk, B(3), 0, M);
	mk->cpu = 0;
	send_free(mk, B(0) + 40, 0);
	send_free(mk, B(0) + 50, 0);
	send_free(mk, B(0) + 60, 0);
	mk->cpu = 1;
	send_locked(mk, B(0) + 50, 0, M, true);
	check_list(mk, 0, M, 2, B(0) + 40, B(0) + 9);
	check_pcp(mk, 0, 0, M, 2, B(0) + 60, B(0) + 30);
	check_pcp(mk, 1, 0, M, 1, B(0) + 50);
	check_sound(mk, 0);
}

/* The same when a fallback takes 50: all of those frees in a row found the list locked, not 50 alone. */
static void stolen_from_the_buddy_lists(void **state)
{
	struct made *mk = *state;

	send_drain(mk, B(0) + 9, 0, M);
	send_free(mk, B(0) + 30, 0);
	mk->cpu = 1;
	send_alloc(mk, B(3), 0, M);
	mk->cpu = 0;
	send_free(mk, B(0) + 40, 0);
	send_free(mk, B(0) + 50, 0);
	send_free(mk, B(0) + 60, 0);
	mk->cpu = 1;
	send_extfrag(mk, B(0) + 50, 0, 0, U, M, NOT_OWNED);
	check_list(mk, 0, M, 2, B(0) + 40, B(0) + 9);
	check_pcp(mk, 0, 0, M, 2, B(0) + 60, B(0) + 30);
	check_sound(mk, 0);
}

/* Page 9 came to the list after 40 and 50 were freed, and yet 50 is taken first: that says nothing of 40. */
static void a_later_block_is_first(void **state)
{
	struct made *mk = *state;

	send_free(mk, B(0) + 40, 0);
	send_free(mk, B(0) + 50, 0);
	send_drain(mk, B(0) + 9, 0, M);
	mk->cpu = 1;
	send_extfrag(mk, B(0) + 50, 0, 0, U, M, NOT_OWNED);
	check_list(mk, 0, M, 1, B(0) + 9);
	check_sound(mk, 0);
}

/* A block of the PMD order is taken page by page: all of it was on the buddy lists. */
static void a_large_block_was_there(void **state)
{
	struct made *mk = *state;

	send_drain(mk, B(2), 0, M);
	send_free(mk, B(0), 9);
	check_state(mk, B(0), MM_PAGE_PCP, 9);
	mk->cpu = 1;
	send_locked(mk, B(0), 0, M, true);
	/* B(0) + 1 is all of order 0 besides B(2), and of each order up to 8 one block is left */
	check_list(mk, 0, M, 2, B(0) + 1, B(2));
	for (unsigned int o = 1; o <= 8; o++)
		check_list(mk, o, M, 1, B(0) + (1ull << o));
	check_sound(mk, 0);
}

/* ---- frees that are under way -------------------------------------------------------- */

/*
 * A block of order 5 at 64 is free, and CPU 1's last event frees one of order 4 at 128.  CPU 0 asks for order 4 and gets
 * 64: the free came later, so 128 lies before 80, which is what was split off.
 */
static void free_comes_later(void **state)
{
	struct made *mk = *state;

	send_drain(mk, B(0) + 400, 0, M);
	send_free(mk, B(0) + 64, 5);
	mk->cpu = 1;
	send_free(mk, B(0) + 128, 4);
	mk->cpu = 0;
	send_locked(mk, B(0) + 64, 4, M, false);
	check_list(mk, 4, M, 2, B(0) + 128, B(0) + 80);
	check_sound(mk, 0);
}

/* The same, but CPU 1 has gone on, so 128 was on the list when 64 was taken. */
static void free_was_done(void **state)
{
	struct made *mk = *state;

	send_drain(mk, B(0) + 400, 0, M);
	send_free(mk, B(0) + 64, 5);
	mk->cpu = 1;
	send_free(mk, B(0) + 128, 4);
	send_alloc(mk, B(3), 0, M);
	mk->cpu = 0;
	send_locked(mk, B(0) + 64, 4, M, false);
	check_list(mk, 4, M, 2, B(0) + 80, B(0) + 128);
	check_sound(mk, 0);
}

/* A free by the CPU that @mk has, as the checker sees it. */
static void noted_free(struct made *mk, struct mm_flights *f, uint64_t pfn, unsigned int order)
{
	struct sg_event ev = made_event(mk, SG_EV_mm_page_free);

	ev.v[SGF_mm_page_free_pfn] = pfn;
	ev.v[SGF_mm_page_free_order] = order;
	mm_flight_note(f, mk->m, &ev);
	made_send(mk, &ev);
}

/* What a pick of @order takes, where the kernel took @pfn. */
static struct mm_pick picked(struct made *mk, struct mm_flights *f, uint64_t pfn, unsigned int order, bool refill)
{
	const struct zone_state *z = &mk->m->core.zone[0];
	struct mm_pick p = mm_rule_smallest(mk->m, z, order, M);
	struct sg_event ev = made_event(mk, SG_EV_mm_page_alloc_zone_locked);

	ev.v[SGF_mm_page_alloc_zone_locked_pfn] = pfn;
	ev.v[SGF_mm_page_alloc_zone_locked_order] = order;
	ev.v[SGF_mm_page_alloc_zone_locked_migratetype] = M;
	ev.v[SGF_mm_page_alloc_zone_locked_percpu_refill] = refill;
	return mm_flight_pick(f, mk->m, z, &ev, order, M, &p, pfn);
}

/* With the free 128 is taken, without it 64: whatever the kernel took, this isn't decided.  Once CPU 1 goes on, it is. */
static void order_is_open(void **state)
{
	struct made *mk = *state;
	struct mm_flights f = { 0 };
	struct mm_pick p;

	send_drain(mk, B(0) + 400, 0, M);
	send_free(mk, B(0) + 64, 5);
	mk->cpu = 1;
	noted_free(mk, &f, B(0) + 128, 4);
	mk->cpu = 0;
	p = picked(mk, &f, B(0) + 64, 4, false);
	assert_int_equal(p.known, MM_KNOWN_MAYBE);
	assert_string_equal(p.why, "free_in_flight");
	p = picked(mk, &f, B(0) + 128, 4, false);
	assert_int_equal(p.known, MM_KNOWN_MAYBE);
	mk->cpu = 1;
	noted_free(mk, &f, B(0) + 128 + 32, 4);
	send_alloc(mk, B(3), 0, M);
	mk->cpu = 0;
	p = picked(mk, &f, B(0) + 64, 4, false);
	assert_int_equal(p.known, MM_KNOWN_YES);
	assert_int_equal(p.pfn, B(0) + 128 + 32);
}

/* 160 is free; 176, its buddy, is being freed.  Alone or as the beginning of a block of order 5, 160 is taken. */
static void order_does_not_matter(void **state)
{
	struct made *mk = *state;
	struct mm_flights f = { 0 };
	struct mm_pick p;

	send_drain(mk, B(0) + 400, 0, M);
	send_free(mk, B(0) + 160, 4);
	mk->cpu = 1;
	noted_free(mk, &f, B(0) + 176, 4);
	mk->cpu = 0;
	p = picked(mk, &f, B(0) + 160, 4, false);
	assert_int_equal(p.known, MM_KNOWN_YES);
	assert_int_equal(p.pfn, B(0) + 160);
}

/*
 * CPU 0's refill has taken 400 when CPU 1 frees 128: the refill holds the lock, so its next page comes out of the
 * block of order 5 at 64, not out of 128.
 */
static void lock_is_held(void **state)
{
	struct made *mk = *state;
	struct mm_flights f = { 0 };
	struct mm_pick p;

	send_drain(mk, B(0) + 400, 0, M);
	send_free(mk, B(0) + 64, 5);
	send_locked(mk, B(0) + 400, 0, M, true);
	mk->cpu = 1;
	noted_free(mk, &f, B(0) + 128, 4);
	mk->cpu = 0;
	p = picked(mk, &f, B(0) + 64, 0, true);
	assert_int_equal(p.known, MM_KNOWN_YES);
	assert_int_equal(p.pfn, B(0) + 64);
}

/* Task 77 compacts for a block of order 9, @movable or not. */
static void compact(struct made *mk, bool movable)
{
	mk->cap.gfp.movable = 0x8;
	send_compaction(mk, movable ? 0x8 : 0xcc0, START, END);
}

/* A task that compacts completes a block: it is the task's own and on no list.  A second one goes to the lists. */
static void captured_by_its_compaction(void **state)
{
	struct made *mk = *state;

	send_drain(mk, B(1), 8, M);
	compact(mk, true);
	send_drain(mk, B(1) + 256, 8, M);
	check_list(mk, 8, M, 0);
	check_list(mk, 9, M, 0);
	check_state(mk, B(1), MM_PAGE_PCP, 9);
	send_drain(mk, B(4), 9, M);
	check_list(mk, 9, M, 1, B(4));
	send_alloc(mk, B(1), 9, M);
	check_state(mk, B(1), MM_PAGE_ALLOC, 9);
	check_sound(mk, 0);
}

/* Another task's free goes to the lists, and so does one for an unmovable request: that may wait for less. */
static void not_captured(void **state)
{
	struct made *mk = *state;

	compact(mk, true);
	mk->pid = 78;
	send_drain(mk, B(1), 9, M);
	check_list(mk, 9, M, 1, B(1));
	compact(mk, false);
	send_drain(mk, B(4), 9, M);
	check_list(mk, 9, M, 2, B(4), B(1));
	check_sound(mk, 0);
}

/*
 * An unmovable request is compacted for at pageblock order, but page 8 of an Unmovable pageblock, which is as large as all
 * requests with its flags so far, is what it waited for.  Page 9 goes to the list, and doesn't join with its buddy.
 */
static void captured_for_less(void **state)
{
	struct made *mk = *state;

	send_alloc(mk, B(5), 0, U);
	send_drain(mk, B(1) + 300, 0, U);
	compact(mk, false);
	send_drain(mk, B(1) + 8, 0, U);
	check_state(mk, B(1) + 8, MM_PAGE_PCP, 0);
	check_list(mk, 0, U, 1, B(1) + 300);
	send_drain(mk, B(1) + 9, 0, U);
	check_list(mk, 0, U, 2, B(1) + 9, B(1) + 300);
	send_alloc(mk, B(1) + 8, 0, U);
	check_state(mk, B(1) + 8, MM_PAGE_ALLOC, 0);
	check_sound(mk, 0);
}

/* Requests with these flags were of orders 0 and 2, so what this one waits for isn't known: 8 and 9 join on the lists. */
static void request_of_either_order(void **state)
{
	struct made *mk = *state;

	send_alloc(mk, B(5), 0, U);
	send_alloc(mk, B(5) + 4, 2, U);
	send_drain(mk, B(1) + 300, 0, U);
	compact(mk, false);
	send_drain(mk, B(1) + 8, 0, U);
	send_drain(mk, B(1) + 9, 0, U);
	check_list(mk, 0, U, 1, B(1) + 300);
	check_list(mk, 1, U, 1, B(1) + 8);
	check_sound(mk, 0);
}

/*
 * A task that compacts frees pages one by one: 3, 65, 7.  CPU 1 gives 3 and then 7 back from the lists of CPU 0, and
 * not 65, which was freed between them: it had found the lists locked and went to the zone.
 * Where the task doesn't compact the three may be a batch that hasn't reached the list, and page 65 with them.
 */
static void left_out_of_a_row(struct made *mk, bool compacts, enum mm_page_state kind)
{
	send_drain(mk, B(1) + 300, 0, M); /* the pageblock is Movable */
	if (compacts)
		compact(mk, true);
	mk->pid = 77;
	send_free(mk, B(1) + 3, 0);
	send_free(mk, B(1) + 65, 0);
	send_free(mk, B(1) + 7, 0);
	mk->cpu = 1;
	mk->pid = 78;
	send_drain(mk, B(1) + 3, 0, M);
	send_drain(mk, B(1) + 7, 0, M);
	check_state(mk, B(1) + 65, kind, 0);
	check_sound(mk, 0);
}

static void row_of_compaction(void **state)
{
	left_out_of_a_row(*state, true, MM_PAGE_FREE);
}

static void row_of_a_batch(void **state)
{
	left_out_of_a_row(*state, false, MM_PAGE_PCP);
}

/*
 * Page 9 was given back right before page 18, at whose side 16 and 17 are a free block of order 1: so 18 goes to the
 * tail, behind 9 and 5.  A refill takes @first and then @second.
 */
static void two_takes(struct made *mk, uint64_t first, uint64_t second)
{
	send_drain(mk, B(0) + 16, 0, M);
	send_drain(mk, B(0) + 17, 0, M);
	send_drain(mk, B(0) + 5, 0, M);
	send_drain(mk, B(0) + 9, 0, M);
	send_drain(mk, B(0) + 18, 0, M);
	check_list(mk, 0, M, 3, B(0) + 9, B(0) + 5, B(0) + 18);
	send_locked(mk, B(0) + first, 0, M, true);
	send_locked(mk, B(0) + second, 0, M, true);
}

/* 18 and then 5: the list may have been turned.  Nothing is told of 16 and 17. */
static void lay_before_another(void **state)
{
	struct made *mk = *state;

	two_takes(mk, 18, 5);
	check_list(mk, 1, M, 1, B(0) + 16);
}

/* 9 first, as the model has it. */
static void lay_behind(void **state)
{
	struct made *mk = *state;

	two_takes(mk, 9, 18);
	check_list(mk, 1, M, 1, B(0) + 16);
}

/* 18 and 9, but not in a row: what stood between them is unknown. */
static void lay_before_not_in_a_row(void **state)
{
	struct made *mk = *state;

	two_takes(mk, 18, 30);
	send_locked(mk, B(0) + 9, 0, M, true);
	check_list(mk, 1, M, 1, B(0) + 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(halves_in_a_row, setup, teardown),
		cmocka_unit_test_setup_teardown(halves_of_two_refills, setup, teardown),
		cmocka_unit_test_setup_teardown(neighbours_that_are_no_halves, setup, teardown),
		cmocka_unit_test_setup_teardown(joined_with_a_page_in_doubt, setup, teardown),
		cmocka_unit_test_setup_teardown(missed_three_times, setup, teardown),
		cmocka_unit_test_setup_teardown(lay_before_another, setup, teardown),
		cmocka_unit_test_setup_teardown(lay_behind, setup, teardown),
		cmocka_unit_test_setup_teardown(lay_before_not_in_a_row, setup, teardown),
		cmocka_unit_test_setup_teardown(a_claimed_block_was_free, setup, teardown),
		cmocka_unit_test_setup_teardown(taken_from_the_buddy_lists, setup, teardown),
		cmocka_unit_test_setup_teardown(stolen_from_the_buddy_lists, setup, teardown),
		cmocka_unit_test_setup_teardown(a_later_block_is_first, setup, teardown),
		cmocka_unit_test_setup_teardown(a_large_block_was_there, setup, teardown),
		cmocka_unit_test_setup_teardown(free_comes_later, setup, teardown),
		cmocka_unit_test_setup_teardown(free_was_done, setup, teardown),
		cmocka_unit_test_setup_teardown(order_is_open, setup, teardown),
		cmocka_unit_test_setup_teardown(order_does_not_matter, setup, teardown),
		cmocka_unit_test_setup_teardown(lock_is_held, setup, teardown),
		cmocka_unit_test_setup_teardown(captured_by_its_compaction, setup, teardown),
		cmocka_unit_test_setup_teardown(not_captured, setup, teardown),
		cmocka_unit_test_setup_teardown(captured_for_less, setup, teardown),
		cmocka_unit_test_setup_teardown(request_of_either_order, setup, teardown),
		cmocka_unit_test_setup_teardown(row_of_compaction, setup, teardown),
		cmocka_unit_test_setup_teardown(row_of_a_batch, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
