// SPDX-License-Identifier: GPL-2.0-only
/* Policies: written and read, and taken from what a capture says of its kernel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "policy/policy.h"

static void parse(void **state)
{
	struct mm_policy p;
	struct sg_err err = { 0 };
	char buf[200];

	(void)state;
	for (unsigned int r = 0; r < MM_RULES_COUNT; r++) {
		assert_int_equal(mm_policy_parse(mm_policy_rules_name((enum mm_rules)r), &p, &err), 0);
		assert_int_equal(p.rules, r);
		assert_int_equal(p.promoted_counts, r == MM_RULES_7_3);
	}
	assert_null(mm_policy_rules_name(MM_RULES_COUNT));
	assert_int_equal(mm_policy_parse("linux-7.2,defrag_mode=1,swap=1", &p, &err), 0);
	assert_int_equal(p.rules, MM_RULES_7_2);
	assert_int_equal(p.tune[MM_TUNE_DEFRAG_MODE], 1);
	assert_int_equal(p.tune[MM_TUNE_SWAP], 1);
	assert_int_equal(p.tune[MM_TUNE_SWAPPINESS], 60);
	assert_int_equal(mm_policy_print(&p, buf, sizeof(buf)), strlen("linux-7.2,defrag_mode=1,swap=1"));
	assert_string_equal(buf, "linux-7.2,defrag_mode=1,swap=1");
	/* a buffer that is too small holds what fits */
	assert_int_equal(mm_policy_print(&p, buf, 12), 11);
	assert_string_equal(buf, "linux-7.2,d");
	assert_int_equal(mm_policy_print(&p, buf, 1), 0);
}

/* Each is refused with a sentence that names the part, and leaves the policy alone. */
static void refused(void **state)
{
	static const struct {
		const char *spec, *names;
	} t[] = {
		{ "linux-5.4", "linux-5.4" }, { "", "linux-6.1" }, { "linux-7.3,", "''" }, { "linux-7.3,swapiness=3", "swapiness" },
		{ "linux-7.3,swap", "swap=0" }, { "linux-7.3,swap=2", "swap=2" }, { "linux-7.3,swap=", "0 to 1" },
		{ "linux-7.3,swap=1x", "1x" }, { "linux-7.3,swappiness=-1", "0 to 200" },
		{ "linux-6.1,defrag_mode=1", "linux-6.18" }, { "linux-7.3,swap=1,,", "''" },
		{ "linux-7.3,swappiness=99999999999999999999999999999999999999999", "0 to 200" },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct mm_policy p, before;
		struct sg_err err = { 0 };

		memset(&p, 0x5a, sizeof(p));
		before = p;
		assert_int_equal(mm_policy_parse(t[i].spec, &p, &err), SG_E_USAGE);
		if (!strstr(err.text, t[i].names))
			fail_msg("'%s': %s", t[i].spec, err.text);
		assert_memory_equal(&p, &before, sizeof(p));
	}
}

static void limits(void **state)
{
	(void)state;
	for (unsigned int t = 0; t < MM_TUNE_COUNT; t++) {
		int64_t def = mm_tunable_limit((enum mm_tunable)t, MM_LIMIT_DEFAULT);

		assert_non_null(mm_tunable_key((enum mm_tunable)t));
		assert_non_null(mm_tunable_text((enum mm_tunable)t));
		assert_true(def >= mm_tunable_limit((enum mm_tunable)t, MM_LIMIT_LEAST));
		assert_true(def <= mm_tunable_limit((enum mm_tunable)t, MM_LIMIT_MOST));
	}
	assert_null(mm_tunable_key(MM_TUNE_COUNT));
}

static enum mm_rules rules_of(unsigned int major, unsigned int minor, const char *release, bool *guess, bool *counts)
{
	struct sg_capture cap = { .kver = { major, minor }, .kernel = release };
	struct mm_policy p;

	mm_policy_of_capture(&p, &cap, NULL, 0);
	*guess = p.guess;
	*counts = p.promoted_counts;
	return p.rules;
}

/* The next older one that is known; older than all: the oldest; unknown: the newest. */
static void kernels(void **state)
{
	bool guess, counts;

	(void)state;
	assert_int_equal(rules_of(6, 1, "6.1.0-50", &guess, &counts), MM_RULES_6_1);
	assert_false(guess);
	assert_int_equal(rules_of(6, 6, "6.6.1", &guess, &counts), MM_RULES_6_1);
	assert_true(guess);
	assert_int_equal(rules_of(6, 17, "6.17", &guess, &counts), MM_RULES_6_12);
	assert_int_equal(rules_of(7, 0, "7.0.3", &guess, &counts), MM_RULES_6_18);
	assert_int_equal(rules_of(7, 3, "7.3", &guess, &counts), MM_RULES_7_3);
	assert_false(guess || counts);
	assert_int_equal(rules_of(7, 3, "7.3.4-1-amd64", &guess, &counts), MM_RULES_7_3);
	assert_true(counts);
	assert_int_equal(rules_of(8, 0, "8.0", &guess, &counts), MM_RULES_7_3);
	assert_true(guess && counts);
	assert_int_equal(rules_of(5, 4, "5.4", &guess, &counts), MM_RULES_6_1);
	assert_true(guess);
	assert_int_equal(rules_of(0, 0, "unknown", &guess, &counts), MM_RULES_7_3);
	assert_true(guess);
}

/* Settings come from the newest snapshot that has them; what is out of bounds is cut to them. */
static void settings(void **state)
{
	struct sg_kv old[] = { { "lru_gen.enabled", "0x0007" }, { "meminfo.SwapTotal", "0 kB" },
			       { "sysctl.vm.swappiness", "10" }, { "sysctl.vm.watermark_scale_factor", "50" } };
	struct sg_kv new[] = { { "lru_gen.enabled", "0x0000" }, { "numa.demotion_enabled", "true" },
			       { "sysctl.vm.compaction_proactiveness", "900" }, { "sysctl.vm.defrag_mode", "1" },
			       { "sysctl.vm.swappiness", "17" }, { "sysctl.kernel.numa_balancing", "2" } };
	struct sg_snapshot a = { .nr_kv = 4, .kv = old }, b = { .nr_kv = 6, .kv = new };
	const struct sg_snapshot *snap[2] = { &a, &b };
	struct sg_capture cap = { .kver = { 7, 2 }, .kernel = "7.2.13" };
	struct mm_policy p;

	(void)state;
	mm_policy_of_capture(&p, &cap, snap, 2);
	assert_int_equal(p.tune[MM_TUNE_LRU_GEN], 0);
	assert_int_equal(p.tune[MM_TUNE_SWAP], 0);
	assert_int_equal(p.tune[MM_TUNE_DEMOTION], 1);
	assert_int_equal(p.tune[MM_TUNE_SWAPPINESS], 17);
	assert_int_equal(p.tune[MM_TUNE_WATERMARK_SCALE_FACTOR], 50);
	assert_int_equal(p.tune[MM_TUNE_COMPACTION_PROACTIVENESS], 100);
	assert_int_equal(p.tune[MM_TUNE_DEFRAG_MODE], 1);
	assert_true(mm_policy_tiering(&p));
	cap.kver[0] = 6;
	cap.kver[1] = 12; /* whatever the snapshot says: 6.12 has no defrag_mode */
	mm_policy_of_capture(&p, &cap, snap, 2);
	assert_int_equal(p.tune[MM_TUNE_DEFRAG_MODE], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse), cmocka_unit_test(refused), cmocka_unit_test(limits), cmocka_unit_test(kernels),
		cmocka_unit_test(settings),
	};

	return cmocka_run_group_tests_name("policies", tests, NULL, NULL);
}
