// SPDX-License-Identifier: GPL-2.0-only
/*
 * A naive allocator's random but consistent history, told as events: the machine comes to the same
 * lists in the same order, states, types and counts, without one contradiction.  Seeds are fixed and printed.
 */
#include "allocator.h"

#include <stdlib.h>

#define NR_OPS 350000u
#define COMPARE_EVERY 1777u

static void follows(uint64_t seed, unsigned int major, unsigned int minor)
{
	struct allocator *a = malloc(sizeof(*a));
	struct made *mk = malloc(sizeof(*mk));

	made_init(mk, major, minor, MADE_USED);
	allocator_init(a, mk, seed);
	allocator_compare(a);
	while (a->ops < NR_OPS) {
		allocator_step(a);
		if (a->ops % COMPARE_EVERY == 0 || a->ops < 64)
			allocator_compare(a);
	}
	allocator_compare(a);
	print_message("seed %llu: %llu operations, %llu events, %llu claims, %llu steals, %llu failed requests\n",
		      (unsigned long long)seed, (unsigned long long)a->ops, (unsigned long long)mm_position(mk->m),
		      (unsigned long long)a->claims, (unsigned long long)a->steals, (unsigned long long)a->fails);
	assert_true(a->claims > 1000 && a->steals > 1000 && a->fails > 100);
	made_fini(mk);
	free(mk);
	free(a);
}

static void a_long_history(void **state)
{
	follows(1, 7, 3);
	follows(2, 7, 3);
	follows(3, 6, 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(a_long_history) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
