// SPDX-License-Identifier: GPL-2.0-only
/* Rows of frees that go to the lists as blocks: what vfree() gives back. */
#include "made.h"

#define COMP 0x40000ull /* __GFP_COMP, which send_alloc() sets for Movable requests only */

static void start(struct made *mk, unsigned int major, unsigned int minor)
{
	made_init(mk, major, minor, MADE_USED);
	mk->cap.gfp.comp = COMP;
}

static void free_row(struct made *mk, uint64_t from, uint64_t to)
{
	for (uint64_t p = from; p < to; p++)
		send_free(mk, p, 0);
}

/* Four pages of one block, freed in a row, are one block of order 2 in 7.2 and 7.3; in 6.18 they are four. */
static void row_is_a_block(void **state)
{
	static const unsigned int minor[] = { 2, 3 };
	struct made mk;

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		start(&mk, 7, minor[i]);
		send_alloc(&mk, B(1), 2, U);
		free_row(&mk, B(1), B(1) + 4);
		check_pcp(&mk, 0, 0, U, 0);
		check_pcp(&mk, 0, 2, U, 1, B(1));
		check_state(&mk, B(1), MM_PAGE_PCP, 2);
		check_sound(&mk, 0);
		made_fini(&mk);
	}
	start(&mk, 6, 18);
	send_alloc(&mk, B(1), 2, U);
	free_row(&mk, B(1), B(1) + 4);
	check_pcp(&mk, 0, 0, U, 4, B(1) + 3, B(1) + 2, B(1) + 1, B(1));
	made_fini(&mk);
}

/* Pages 2 to 6 of a block of order 3: 2 and 3 are one of order 1, 4 and 5 another, 6 is on its own. */
static void row_by_place(void **state)
{
	struct made mk;

	(void)state;
	start(&mk, 7, 3);
	send_alloc(&mk, B(1), 3, U);
	free_row(&mk, B(1) + 2, B(1) + 7);
	check_pcp(&mk, 0, 1, U, 2, B(1) + 4, B(1) + 2);
	check_pcp(&mk, 0, 0, U, 1, B(1) + 6);
	check_sound(&mk, 0);
	made_fini(&mk);
}

/* Two blocks of order 2 beside each other are one of order 3; sixteen pages have no per-cpu list, and go to the zone. */
static void rows_beside_each_other(void **state)
{
	struct made mk;

	(void)state;
	start(&mk, 7, 3);
	send_alloc(&mk, B(1), 2, U);
	send_alloc(&mk, B(1) + 4, 2, U);
	send_alloc(&mk, B(2), 4, U);
	free_row(&mk, B(1), B(1) + 8);
	check_pcp(&mk, 0, 3, U, 1, B(1));
	send_alloc(&mk, B(3), 0, U);
	free_row(&mk, B(2), B(2) + 16);
	check_pcp(&mk, 0, 3, U, 1, B(1));
	check_state(&mk, B(2), MM_PAGE_FREE, 4);
	check_sound(&mk, 0);
	made_fini(&mk);
}

/*
 * The task frees a block, another one runs, and it frees the block beside: that is another call of vfree(), so both stay
 * blocks of order 2.
 */
static void rows_apart(void **state)
{
	struct made mk;

	(void)state;
	start(&mk, 7, 3);
	mk.pid = 5;
	send_alloc(&mk, B(1), 2, U);
	send_alloc(&mk, B(1) + 4, 2, U);
	free_row(&mk, B(1), B(1) + 4);
	mk.pid = 6;
	send_alloc(&mk, B(3), 0, U);
	mk.pid = 5;
	free_row(&mk, B(1) + 4, B(1) + 8);
	check_pcp(&mk, 0, 3, U, 0);
	check_pcp(&mk, 0, 2, U, 2, B(1) + 4, B(1));
	check_sound(&mk, 0);
	made_fini(&mk);
}

/*
 * No row: an event of the task in between, another CPU, pages that were handed out one by one, and those of a compound page,
 * which is split as a folio.
 */
static void no_row(void **state)
{
	struct made mk;

	(void)state;
	start(&mk, 7, 3);
	send_alloc(&mk, B(1), 1, U);
	send_alloc(&mk, B(1) + 2, 1, U);
	send_alloc(&mk, B(1) + 4, 0, U);
	send_alloc(&mk, B(1) + 5, 0, U);
	send_alloc(&mk, B(2), 1, M);
	send_free(&mk, B(1), 0);
	send_alloc(&mk, B(3), 0, U);
	send_free(&mk, B(1) + 1, 0);
	send_free(&mk, B(1) + 2, 0);
	mk.cpu = 1;
	send_free(&mk, B(1) + 3, 0);
	mk.cpu = 0;
	free_row(&mk, B(1) + 4, B(1) + 6);
	check_pcp(&mk, 0, 1, U, 0);
	check_pcp(&mk, 0, 0, U, 5, B(1) + 5, B(1) + 4, B(1) + 2, B(1) + 1, B(1));
	check_pcp(&mk, 1, 0, U, 1, B(1) + 3);
	free_row(&mk, B(2), B(2) + 2);
	check_pcp(&mk, 0, 1, M, 0);
	check_pcp(&mk, 0, 0, M, 2, B(2) + 1, B(2));
	check_sound(&mk, 0);
	made_fini(&mk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(row_is_a_block),
		cmocka_unit_test(row_by_place),
		cmocka_unit_test(rows_beside_each_other),
		cmocka_unit_test(rows_apart),
		cmocka_unit_test(no_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
