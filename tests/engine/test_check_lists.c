// SPDX-License-Identifier: GPL-2.0-only
/*
 * How the free lists and the per-cpu lists are followed where the trace leaves something open: frees by
 * interrupts, searches of the free lists, CPUs at the zone's lock at the same time.
 */
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

/* ---- interrupts ---------------------------------------------------------------- */

#define SOFTIRQ 0x10

/*
 * A softirq that came while no lock was held frees a and b; another task hands out c, which lies below them,
 * and the first task's hand-out of b is written after it: b stays where it was, on the per-cpu list, and is
 * not thought to have been lost to the buddy lists.
 */
static void softirq_without_lock(void **state)
{
	struct made *mk = *state;

	mk->preempt = 1;
	send_free(mk, B(0) + 50, 0); /* this kernel counts preemption */
	mk->preempt = 0;
	send_free(mk, B(0) + 9, 0);
	mk->common_flags = SOFTIRQ;
	send_free(mk, B(0) + 20, 0);
	send_free(mk, B(0) + 30, 0);
	mk->common_flags = 0;
	send_alloc(mk, B(0) + 30, 0, M);
	send_alloc(mk, B(0) + 9, 0, M); /* taken after B(0) + 20, and written before it */
	check_pcp(mk, 0, 0, M, 2, B(0) + 20, B(0) + 50);
	send_alloc(mk, B(0) + 20, 0, M);
	check_pcp(mk, 0, 0, M, 1, B(0) + 50);
	check_sound(mk, 0);
}

/*
 * The same where the task below was two levels deep, as it is with the lock held, and where nothing came from
 * above the page that was passed over: then it isn't on the list.
 */
static void softirq_with_lock(void **state)
{
	struct made *mk = *state;

	send_drain(mk, B(0) + 400, 0, M);
	send_free(mk, B(0) + 9, 0);
	mk->common_flags = SOFTIRQ;
	mk->preempt = 2;
	send_free(mk, B(0) + 20, 0);
	mk->common_flags = mk->preempt = 0;
	send_alloc(mk, B(1), 0, M); /* of before the interrupt */
	send_alloc(mk, B(0) + 9, 0, M);
	check_pcp(mk, 0, 0, M, 0);
	check_list(mk, 0, M, 2, B(0) + 20, B(0) + 400);
	check_sound(mk, 0);
}

/* The upper half of the field is the depth of disabled migration, which no lock needs. */
static void migration_is_no_preemption(void **state)
{
	struct made *mk = *state;

	mk->preempt = 1;
	send_free(mk, B(0) + 9, 0);
	mk->common_flags = SOFTIRQ;
	mk->preempt = 0x30;
	send_free(mk, B(0) + 20, 0);
	mk->common_flags = mk->preempt = 0;
	send_alloc(mk, B(1), 0, M);
	send_alloc(mk, B(0) + 9, 0, M);
	check_pcp(mk, 0, 0, M, 1, B(0) + 20);
	check_sound(mk, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(softirq_without_lock, setup, teardown),
		cmocka_unit_test_setup_teardown(softirq_with_lock, setup, teardown),
		cmocka_unit_test_setup_teardown(migration_is_no_preemption, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
