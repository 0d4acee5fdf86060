// SPDX-License-Identifier: GPL-2.0-only
/* Costs: what they come to, where mistakes are, which names are near. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cmd_cost.h"

/* With a = 2, b = 3, c = 0, others unknown. */
static double value(const char *text)
{
	double v[COST_MOST_NAMES], ret;
	struct sg_err err = { 0 };
	struct cost *c = NULL;
	const char *name;

	if (cost_new(text, &c, &err) < 0)
		fail_msg("%s: %s", text, err.text);
	for (unsigned int i = 0; (name = cost_name(c, i)) != NULL; i++)
		v[i] = strcmp(name, "a") == 0 ? 2 : strcmp(name, "b") == 0 ? 3 : strcmp(name, "c") == 0 ? 0 : NAN;
	ret = cost_of(c, v);
	cost_free(c);
	return ret;
}

static void test_values(void **state)
{
	static const struct {
		const char *text;
		double v;
	} t[] = {
		{ "a", 2 }, { "a+b*10", 32 }, { "(a+b)*10", 50 }, { "a-b-1", -2 }, { "12/b/a", 2 }, { "-a*-b", 6 }, { "--a", 2 },
		{ "min(a,b)", 2 }, { "max(a, b, 2.5e1)", 25 }, { "min(b)", 3 }, { "1.5 + .5", 2 }, { "2e-1*10", 2 }, { "a*(b-(1+1))", 2 },
		{ "max(-a,-b)", -2 }, { "\ta \t+ b ", 5 },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (fabs(value(t[i].text) - t[i].v) > 1e-12)
			fail_msg("%s is %g, not %g", t[i].text, value(t[i].text), t[i].v);
}

/* What isn't known makes the cost unknown, whatever else is in it. */
static void test_unknown(void **state)
{
	static const char *const t[] = { "x", "a+x", "min(a,x)", "max(x,a)", "0*x", "a/c", "1e308*10", "0/c" };

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (!isnan(value(t[i])))
			fail_msg("%s is %g", t[i], value(t[i]));
}

static void test_mistakes(void **state)
{
	static const struct {
		const char *text, *says;
	} t[] = {
		{ "", "column 1" }, { "a+", "column 3" }, { "a b", "column 3: an operator" }, { "(a", "column 3: ')'" }, { "a)", "column 2" },
		{ "sqrt(a)", "no function sqrt()" }, { "min(a,)", "column 7" }, { "a+*b", "column 3" }, { "min()", "column 5" }, { "a;b", "column 2" },
		{ ".", "column 1" }, { "a=1", "column 2" },
	};
	struct sg_err err;
	struct cost *c = NULL;

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (cost_new(t[i].text, &c, &err) == 0 || !strstr(err.text, t[i].says))
			fail_msg("'%s' should say '%s', not '%s'", t[i].text, t[i].says, err.text);
	assert_null(c);
}

/* Deep, long and full of names: refused with a sentence. */
static void test_bounds(void **state)
{
	char *text = malloc(20000);
	struct cost *c = NULL;
	struct sg_err err;
	size_t n = 0;

	memset(text, '(', 19999);
	text[19999] = 0;
	assert_true(cost_new(text, &c, &err) < 0 && strstr(err.text, "letters"));
	text[1000] = 0;
	assert_true(cost_new(text, &c, &err) < 0 && strstr(err.text, "levels"));
	memset(text, '-', 1000);
	assert_true(cost_new(text, &c, &err) < 0 && strstr(err.text, "levels"));
	for (unsigned int i = 0; i < 2000; i++)
		n += (size_t)sprintf(text + n, "%s1", i ? "+" : "");
	assert_true(cost_new(text, &c, &err) < 0 && strstr(err.text, "parts"));
	n = 0;
	for (unsigned int i = 0; i < 65; i++)
		n += (size_t)sprintf(text + n, "%sf%u", i ? "+" : "", i);
	assert_true(cost_new(text, &c, &err) < 0 && strstr(err.text, "figures"));
	free(text);
}

static void test_near(void **state)
{
	static const char *const list[] = { "allocstall", "alloc_failed", "polluted_blocks_end", "extfrag", "stalls" };
	char buf[200];

	cost_near("alocstall", list, 5, buf, sizeof(buf));
	assert_string_equal(buf, "allocstall");
	cost_near("polluted", list, 5, buf, sizeof(buf));
	assert_string_equal(buf, "polluted_blocks_end");
	cost_near("stall", list, 5, buf, sizeof(buf));
	assert_string_equal(buf, "stalls, allocstall");
	cost_near("zzzzzzzz", list, 5, buf, sizeof(buf));
	assert_string_equal(buf, "");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values), cmocka_unit_test(test_unknown), cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_bounds), cmocka_unit_test(test_near),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
