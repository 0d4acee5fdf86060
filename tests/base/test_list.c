// SPDX-License-Identifier: GPL-2.0-only
/* The list of events keeps the limits that the rest builds on. */
#include "test.h"

#include <string.h>

#include "sg_capture.h"
#include "sg_event.h"

static void test_limits(void **state)
{
	(void)state;
	assert_true(SG_KIND_COUNT <= 256); /* the log stores a kind in a byte */
	for (unsigned int k = 0; k < SG_KIND_COUNT; k++) {
		const struct sg_kind_info *ki = sg_kind_info(k);
		unsigned int strings = 0;

		assert_non_null(ki->name);
		assert_non_null(ki->system);
		assert_true(ki->name[0] != '\0');
		assert_in_range(ki->nr_fields, 1, SG_SLOTS);
		for (unsigned int i = 0; i < ki->nr_fields; i++) {
			assert_non_null(ki->field[i].name);
			assert_true(ki->field[i].aliases && ki->field[i].aliases[0]);
			assert_in_range(ki->field[i].type, SG_T_NONE + 1, SG_T_STR);
			strings += ki->field[i].type == SG_T_STR;
			for (unsigned int j = 0; j < i; j++)
				assert_string_not_equal(ki->field[i].name, ki->field[j].name);
		}
		assert_true(strings <= 1);
	}
}

static void test_names(void **state)
{
	(void)state;
	for (unsigned int k = 1; k < SG_KIND_COUNT; k++)
		assert_int_equal(sg_kind_by_name(sg_kind_info(k)->name), k);
	assert_int_equal(sg_kind_by_name("other"), SG_EV_other);
	assert_int_equal(sg_kind_by_name(""), SG_EV_other);
	assert_int_equal(sg_kind_by_name("mm_page_allo"), SG_EV_other);
	assert_string_equal(sg_kind_info(SG_EV_mm_page_alloc)->system, "kmem");
	assert_string_equal(sg_kind_info(SG_KIND_COUNT)->name, "other");
	assert_string_equal(sg_kind_info(UINT32_MAX)->name, "other");
	assert_string_equal(sg_kind_info(SG_EV_print)->field[SGF_print_buf].name, "buf");
}

static void test_comm(void **state)
{
	static const struct sg_task_name task[] = {
		{ -5, "odd" }, { 1, "init" }, { 7, "seven" }, { 90, "cat" }
	};
	struct sg_capture cap = { .nr_tasks = 4, .task = task };

	(void)state;
	assert_string_equal(sg_capture_comm(&cap, 0), "<idle>");
	assert_string_equal(sg_capture_comm(&cap, 1), "init");
	assert_string_equal(sg_capture_comm(&cap, 7), "seven");
	assert_string_equal(sg_capture_comm(&cap, 90), "cat");
	assert_string_equal(sg_capture_comm(&cap, -5), "odd");
	assert_string_equal(sg_capture_comm(&cap, 8), "<...>");
	assert_string_equal(sg_capture_comm(&cap, INT32_MIN), "<...>");
	cap.nr_tasks = 0;
	assert_string_equal(sg_capture_comm(&cap, 1), "<...>");
}

static void test_snapshot_get(void **state)
{
	struct sg_kv kv[] = { { "vmstat.nr_free_pages", "12" }, { "lru_gen.enabled", "0x0007" } };
	struct sg_snapshot snap = { .nr_kv = 2, .kv = kv };

	(void)state;
	assert_string_equal(sg_snapshot_get(&snap, "lru_gen.enabled"), "0x0007");
	assert_null(sg_snapshot_get(&snap, "lru_gen"));
	assert_null(sg_snapshot_get(NULL, "lru_gen"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_comm),
		cmocka_unit_test(test_snapshot_get),
	};

	return cmocka_run_group_tests_name("list", tests, NULL, NULL);
}
