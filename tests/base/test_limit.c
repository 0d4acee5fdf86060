// SPDX-License-Identifier: GPL-2.0-only
/* Sets of limits: what merges, what stays apart, and that nothing gets lost silently. */
#include "test.h"

#include <string.h>

#include "sg_limit.h"

static void test_keys(void **state)
{
	(void)state;
	for (int i = 0; i < SG_LIMIT_COUNT; i++) {
		assert_true(strlen(sg_limit_key((enum sg_limit_id)i)) > 0);
		assert_true(strlen(sg_limit_word((enum sg_limit_id)i)) > 0);
		assert_int_equal(sg_limit_by_key(sg_limit_key((enum sg_limit_id)i)), i);
	}
	assert_int_equal(sg_limit_by_key("one_task"), SG_LIMIT_ONE_TASK);
	assert_int_equal(sg_limit_by_key("nobody's"), -1);
	assert_string_equal(sg_limit_key(SG_LIMIT_COUNT), "unknown");
}

static void test_merge(void **state)
{
	struct sg_limits s = { 0 }, t = { 0 };

	(void)state;
	sg_limits_add(&s, SG_LIMIT_LOST_SPAN, 100, 199, NULL, "CPU %d is silent", 3);
	sg_limits_add(&s, SG_LIMIT_LOST_SPAN, 200, 250, "a larger buffer", "CPU %d is silent", 3);
	assert_int_equal(sg_limits_count(&s), 1);
	assert_int_equal(s.l[0].from, 100);
	assert_int_equal(s.l[0].to, 250);
	assert_string_equal(s.l[0].remedy, "a larger buffer");
	/* another CPU, a gap between the two, another key: beside it */
	sg_limits_add(&s, SG_LIMIT_LOST_SPAN, 200, 250, NULL, "CPU %d is silent", 4);
	sg_limits_add(&s, SG_LIMIT_LOST_SPAN, 252, 0, NULL, "CPU %d is silent", 3);
	sg_limits_add(&s, SG_LIMIT_FILTERED, 0, 0, NULL, "CPU %d is silent", 3);
	assert_int_equal(sg_limits_count(&s), 4);
	/* in the order of the list: what was filtered comes first */
	assert_int_equal(sg_limits_at(&s, 3)->to, SG_LIMIT_END);
	assert_int_equal(sg_limits_at(&s, 0)->from, 1);
	assert_ptr_equal(sg_limits_find(&s, SG_LIMIT_FILTERED), sg_limits_at(&s, 0));
	assert_null(sg_limits_find(&s, SG_LIMIT_MEMORY));
	/* the event that lies in the gap closes it only for who says the same */
	assert_false(sg_limits_touch(&s, SG_LIMIT_LOST_SPAN, 99));
	assert_true(sg_limits_touch(&s, SG_LIMIT_LOST_SPAN, 100));
	assert_true(sg_limits_touch(&s, SG_LIMIT_LOST_SPAN, 250));
	assert_false(sg_limits_touch(&s, SG_LIMIT_LOST_SPAN, 251));
	assert_true(sg_limits_touch(&s, SG_LIMIT_LOST_SPAN, UINT64_MAX));
	assert_false(sg_limits_touch(&s, SG_LIMIT_LOST_SPAN, 0));
	assert_true(sg_limits_touch(&s, SG_LIMIT_FILTERED, 0));
	assert_int_equal(sg_limits_hiding(&s, 0), SG_LIMIT_FILTERED);
	sg_limits_merge(&t, &s);
	sg_limits_merge(&t, &s);
	assert_int_equal(sg_limits_count(&t), 4);
	sg_limits_drop(&t, SG_LIMIT_FILTERED);
	assert_int_equal(sg_limits_hiding(&t, 99), -1);
	assert_int_equal(sg_limits_hiding(&t, 100), SG_LIMIT_LOST_SPAN);
	assert_int_equal(sg_limits_hiding(&t, 251), -1);
	sg_limits_merge(&t, &s);
	sg_limits_drop(&t, SG_LIMIT_LOST_SPAN);
	assert_int_equal(sg_limits_count(&t), 1);
	assert_int_equal(t.l[0].id, SG_LIMIT_FILTERED);
	sg_limits_free(&s);
	sg_limits_free(&t);
	assert_int_equal(sg_limits_count(&t), 0);
}

static void test_clean(void **state)
{
	struct sg_limits s = { 0 };
	char longer[600];

	(void)state;
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	sg_limits_add(&s, SG_LIMIT_FILTERED, 1, 0, "\033[2J", "a\033[31mb");
	sg_limits_add(&s, SG_LIMIT_FILTERED, 1, 0, longer, "%s", longer);
	assert_string_equal(s.l[0].text, "a?[31mb");
	assert_string_equal(s.l[0].remedy, "?[2J");
	assert_int_equal(strlen(s.l[1].text), sizeof(s.l[1].text) - 1);
	assert_int_equal(strlen(s.l[1].remedy), sizeof(s.l[1].remedy) - 1);
	sg_limits_free(&s);
}

/* Thousands of gaps: the last place of the key reaches over those that have none of their own, and says so. */
static void test_many(void **state)
{
	struct sg_limits s = { 0 };
	const struct sg_limit *last;

	(void)state;
	for (unsigned int i = 0; i < 5000; i++)
		sg_limits_add(&s, SG_LIMIT_LOST_EVENTS, 10 * i + 1, 10 * i + 1, NULL, "gap %u", i);
	sg_limits_add(&s, SG_LIMIT_MEMORY, 7, 0, NULL, "another key has its own places");
	assert_int_equal(sg_limits_count(&s), SG_LIMITS_PER_KEY + 1);
	last = sg_limits_at(&s, SG_LIMITS_PER_KEY - 1);
	assert_int_equal(last->from, 10 * (SG_LIMITS_PER_KEY - 1) + 1);
	assert_int_equal(last->to, 49991);
	assert_non_null(strstr(last->text, "gap 63 (and further ones"));
	assert_null(strstr(strstr(last->text, "(and") + 1, "(and"));
	for (unsigned int i = 0; i < 5000; i++)
		assert_true(sg_limits_touch(&s, SG_LIMIT_LOST_EVENTS, 10 * i + 1));
	sg_limits_free(&s);
}

static void test_incomplete(void **state)
{
	struct sg_limits s = { .incomplete = true }, t = { 0 };

	(void)state;
	assert_int_equal(sg_limits_count(&s), 1);
	assert_int_equal(sg_limits_at(&s, 0)->id, SG_LIMIT_MEMORY);
	assert_non_null(sg_limits_find(&s, SG_LIMIT_MEMORY));
	sg_limits_merge(&t, &s);
	assert_int_equal(sg_limits_count(&t), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_incomplete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
