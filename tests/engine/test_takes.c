// SPDX-License-Identifier: GPL-2.0-only
/* What a page that the kernel takes from the buddy lists says of those that it didn't take. */
#include <stdlib.h>

#include "made.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(halves_in_a_row, setup, teardown),
		cmocka_unit_test_setup_teardown(halves_of_two_refills, setup, teardown),
		cmocka_unit_test_setup_teardown(neighbours_that_are_no_halves, setup, teardown),
		cmocka_unit_test_setup_teardown(joined_with_a_page_in_doubt, setup, teardown),
		cmocka_unit_test_setup_teardown(taken_from_the_buddy_lists, setup, teardown),
		cmocka_unit_test_setup_teardown(a_large_block_was_there, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
