// SPDX-License-Identifier: GPL-2.0-only
/* Text from a capture reaches no terminal uncleaned; errors are one whole line. */
#include "test.h"

#include <stdbool.h>
#include <string.h>

#include "sg_err.h"

static void clean_is(const char *in, size_t len, const char *want)
{
	char out[128];

	assert_int_equal(sg_clean(out, sizeof(out), in, len), strlen(want));
	assert_string_equal(out, want);
}

#define CLEAN(in, want) clean_is(in, sizeof(in) - 1, want)

static void test_clean(void **state)
{
	(void)state;
	CLEAN("kswapd0", "kswapd0");
	CLEAN("", "");
	CLEAN("a\x1b[31mb", "a?[31mb");
	CLEAN("tab\there\nand\x7f", "tab?here?and?");
	CLEAN("stops\0here", "stops");
	CLEAN("\xc3\xa9t\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xa7",
	      "\xc3\xa9t\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xa7");
	CLEAN("\xc2\x9b"
	      "31m",
	      "?31m"); /* C1 control sequence introducer */
	CLEAN("\xe2\x80\xae"
	      "abc",
	      "?abc"); /* right-to-left override */
	CLEAN("\xe2\x81\xa6x\xef\xbb\xbfy", "?x?y"); /* isolate, byte order mark */
	CLEAN("\xc0\xaf", "??"); /* overlong */
	CLEAN("\xed\xa0\x80", "???"); /* surrogate */
	CLEAN("\xf4\x90\x80\x80", "????"); /* above U+10FFFF */
	CLEAN("\xe2\x82", "??"); /* cut off */
	CLEAN("\xff\xfe", "??");
}

/* A character is never cut in two, and the end is always there. */
static void test_clean_room(void **state)
{
	char out[8];

	(void)state;
	for (unsigned long size = 1; size <= sizeof(out); size++) {
		memset(out, 'X', sizeof(out));
		assert_int_equal(sg_clean(out, size, "\xe2\x82\xac\xe2\x82\xac", 6),
				 (size - 1) / 3 * 3);
		assert_int_equal(strlen(out), (size - 1) / 3 * 3);
	}
}

static bool valid_and_harmless(const unsigned char *s)
{
	for (; *s; s++)
		if (*s < 0x20 || *s == 0x7f || *s == 0xc0 || *s == 0xc1 || *s >= 0xf5)
			return false;
	return true;
}

static void test_clean_random(void **state)
{
	uint64_t seed = 11;

	(void)state;
	for (unsigned int i = 0; i < 100000; i++) {
		char in[16], out[40], again[40];
		unsigned long len = rnd(&seed) % (sizeof(in) + 1), n;

		for (unsigned long j = 0; j < len; j++)
			in[j] = (char)(rnd(&seed) % 3 ? 0xc0 | rnd(&seed) : rnd(&seed));
		n = sg_clean(out, 1 + rnd(&seed) % sizeof(out), in, len);
		assert_int_equal(strlen(out), n);
		assert_true(valid_and_harmless((unsigned char *)out));
		assert_int_equal(sg_clean(again, sizeof(again), out, n),
				 n); /* clean text stays as it is */
		assert_string_equal(again, out);
	}
}

static void test_fail(void **state)
{
	struct sg_err err = { 0 };
	char big[2000];

	(void)state;
	assert_int_equal(sg_fail(&err, SG_E_IO, "%s: %s", "a\nb\x1b", "gone"), SG_E_IO);
	assert_int_equal(err.code, SG_E_IO);
	assert_string_equal(err.text, "a?b?: gone");
	assert_int_equal(sg_fail(NULL, SG_E_RANGE, "nobody asks"), SG_E_RANGE);
	memset(big, 'x', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	assert_int_equal(sg_fail(&err, SG_E_FORMAT, "%s", big), SG_E_FORMAT);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	assert_true(SG_E_NOMEM < 0 && SG_E_USAGE < 0 && SG_E_NOMEM != SG_E_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_clean_room),
		cmocka_unit_test(test_clean_random),
		cmocka_unit_test(test_fail),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
