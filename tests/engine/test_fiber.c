// SPDX-License-Identifier: GPL-2.0-only
/* Fibers: who runs when, what stays on their stacks, and what becomes of those that are given up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "run/fiber.h"

/* What ran, in order: a letter each time. */
static char ran[256];

struct runner {
	struct mm_fiber *f;
	char name;
	unsigned int turns;
	struct runner *inner; /* is resumed in each turn */
};

static void note(char c)
{
	size_t n = strlen(ran);

	assert_true(n + 1 < sizeof(ran));
	ran[n] = c;
	ran[n + 1] = 0;
}

static void take_turns(void *arg)
{
	struct runner *r = arg;
	volatile char local[1000];

	memset((char *)local, r->name, sizeof(local));
	for (unsigned int i = 0; i < r->turns; i++) {
		note(r->name);
		if (r->inner)
			mm_fiber_resume(r->inner->f);
		mm_fiber_yield(r->f);
		for (size_t k = 0; k < sizeof(local); k++)
			assert_int_equal(local[k], r->name);
	}
	note('.');
}

static void start(struct runner *r)
{
	r->f = mm_fiber_new(take_turns, r);
	assert_non_null(r->f);
}

static void turns(void **state)
{
	struct runner a = { .name = 'a', .turns = 2 }, b = { .name = 'b', .turns = 3 };

	(void)state;
	ran[0] = 0;
	start(&a);
	start(&b);
	assert_string_equal(ran, ""); /* none begins by itself */
	assert_true(mm_fiber_resume(a.f));
	assert_true(mm_fiber_resume(b.f));
	assert_true(mm_fiber_resume(b.f));
	assert_true(mm_fiber_resume(a.f));
	assert_false(mm_fiber_resume(a.f));
	assert_false(mm_fiber_resume(a.f)); /* it has ended */
	assert_true(mm_fiber_resume(b.f));
	assert_false(mm_fiber_resume(b.f));
	assert_string_equal(ran, "abba.b.");
	mm_fiber_free(a.f);
	mm_fiber_free(b.f);
	mm_fiber_free(NULL);
	mm_fiber_trim();
}

/* A fiber resumes another, which comes back to it. */
static void nested(void **state)
{
	struct runner b = { .name = 'b', .turns = 1 }, a = { .name = 'a', .turns = 2, .inner = &b };

	(void)state;
	ran[0] = 0;
	start(&a);
	start(&b);
	mm_fiber_resume(a.f);
	assert_string_equal(ran, "ab");
	mm_fiber_resume(a.f);
	assert_string_equal(ran, "aba.");
	assert_false(mm_fiber_resume(a.f));
	assert_string_equal(ran, "aba..");
	mm_fiber_free(a.f);
	mm_fiber_free(b.f);
	mm_fiber_trim();
}

/* Uses much of its stack, and stops with all of it in use. */
static void deep(void *arg)
{
	struct runner *r = arg;
	volatile char local[150000];

	for (size_t i = 0; i < sizeof(local); i++)
		local[i] = (char)i;
	mm_fiber_yield(r->f);
	for (size_t i = 0; i < sizeof(local); i++)
		assert_int_equal(local[i], (char)i);
}

/* Those given up in their middle leave their stacks to others, which find nothing wrong with them. */
static void given_up(void **state)
{
	struct runner r[100];

	(void)state;
	for (unsigned int round = 0; round < 3; round++) {
		for (unsigned int i = 0; i < 100; i++) {
			r[i].f = mm_fiber_new(deep, &r[i]);
			assert_non_null(r[i].f);
			assert_true(mm_fiber_resume(r[i].f));
		}
		for (unsigned int i = 0; i < 100; i++) {
			if (i % 2)
				assert_false(mm_fiber_resume(r[i].f));
			mm_fiber_free(r[i].f);
		}
	}
	r[0].f = mm_fiber_new(deep, &r[0]);
	mm_fiber_free(r[0].f); /* it never began */
	mm_fiber_trim();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(turns),
		cmocka_unit_test(nested),
		cmocka_unit_test(given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
