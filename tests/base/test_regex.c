// SPDX-License-Identifier: GPL-2.0-only
/* Patterns: the C library's answers on what both understand, and bounded cost on the rest. */
#include "test.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "sg_regex.h"

static bool matches(const char *pattern, const char *text)
{
	struct sg_regex re;
	const char *why = sg_regex_compile(&re, pattern);

	if (why)
		fail_msg("'%s': %s", pattern, why);
	return sg_regex_match(&re, text, strlen(text));
}

static void test_forms(void **state)
{
	static const struct {
		const char *pattern, *text;
		bool want;
	} t[] = {
		{ "", "", true },
		{ "", "x", true },
		{ "a", "cat", true },
		{ "a", "dog", false },
		{ "^a", "cat", false },
		{ "^c", "cat", true },
		{ "t$", "cat", true },
		{ "a$", "cat", false },
		{ "^$", "", true },
		{ "^$", "a", false },
		{ "^cat$", "cat", true },
		{ "c.t", "cut", true },
		{ "c.t", "ct", false },
		{ "ca*t", "ct", true },
		{ "ca*t", "caaat", true },
		{ "ca+t", "ct", false },
		{ "ca?t", "cat", true },
		{ "ca?t", "caat", false },
		{ "a|b", "b", true },
		{ "^(a|b|c)$", "c", true },
		{ "^(a|b|c)$", "d", false },
		{ "^a|b$", "xb", true },
		{ "^(ab)+$", "ababab", true },
		{ "^(ab)+$", "aba", false },
		{ "(a|)b", "b", true },
		{ "[a-c]x", "bx", true },
		{ "[^a-c]x", "bx", false },
		{ "[]]", "]", true },
		{ "[^]]", "]", false },
		{ "[a-]", "-", true },
		{ "[[:digit:]]+$", "cpu12", true },
		{ "\\d\\d", "a1b2", false },
		{ "\\d\\d", "12", true },
		{ "a\\.b", "axb", false },
		{ "a\\.b", "a.b", true },
		{ "\\w+\\s\\w+", "two words", true },
		{ "[{]", "{", true },
		{ "x**", "", true },
		{ "(a*)*b", "aaab", true },
		{ "(a*)*$", "aaac", true },
		{ "^(a*)*$", "aaac", false },
		{ "((((x))))", "x", true },
		{ "a||b", "c", true },
		{ "\xe2\x82\xac", "5 \xe2\x82\xac", true },
		{ "^kswapd[0-9]+$", "kswapd0", true },
		{ "a.c", "a\nc", true },
		{ "[\\d]", "d", true },
		{ "^^a$$", "a", true },
		{ "a^b", "a^b", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (matches(t[i].pattern, t[i].text) != t[i].want)
			fail_msg("'%s' on '%s' should %smatch", t[i].pattern, t[i].text,
				 t[i].want ? "" : "not ");
}

static void test_mistakes(void **state)
{
	static const char *const wrong[] = { "(",    ")",     "a)",  "(a",  "[",   "[a",
					     "[^",   "[b-a]", "*",   "+a",  "a|*", "(*)",
					     "a{2}", "\\",    "\\1", "a\\", "?" };
	struct sg_regex re;
	char big[300];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (!sg_regex_compile(&re, wrong[i]))
			fail_msg("not refused: %s", wrong[i]);
	memset(big, 'a', sizeof(big));
	big[SG_REGEX_MAX_TEXT + 1] = '\0';
	assert_non_null(sg_regex_compile(&re, big));
	big[SG_REGEX_MAX_TEXT] = '\0';
	assert_null(sg_regex_compile(&re, big));
	memset(big, '(', 60);
	assert_non_null(sg_regex_compile(&re, big));
}

/* Patterns that make other matchers explode are as quick as any. */
static void test_cost(void **state)
{
	static const char *const evil[] = { "a+++++++++++++++++++++++++++++++++++b",
					    "(((((((a+)+)+)+)+)+)+)+b",
					    "(a|a)*(a|a)*(a|a)*b",
					    "(a*)*(a*)*(a*)*b",
					    "a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?aaaaaaaaaaaaaaaab",
					    "(((((((((a?)*)?)*)?)*)?)*)?)*b" };
	char *text = malloc(100001);

	(void)state;
	memset(text, 'a', 100000);
	text[100000] = '\0';
	for (size_t i = 0; i < sizeof(evil) / sizeof(evil[0]); i++) {
		assert_false(
			matches(evil[i], text)); /* also: more positions than a round number has */
		text[99999] = 'b';
		assert_true(matches(evil[i], text));
		text[99999] = 'a';
	}
	free(text);
}

/* Random patterns of the common language against the C library. */
static void test_like_posix(void **state)
{
	static const char *const bit[] = { "a", "b", "c", ".", "[ab]", "[^a]", "(",     ")",
					   "|", "*", "+", "?", "^",    "$",    "(a|b)", "ab" };
	uint64_t seed = 5, compared = 0, found = 0;

	(void)state;
	for (unsigned int i = 0; i < 60000; i++) {
		char pattern[64] = "", text[12] = "";
		unsigned int n = (unsigned int)(rnd(&seed) % 7), repeats = 0;
		struct sg_regex re;
		regex_t posix;
		bool want;

		for (unsigned int k = 0; k < n; k++) {
			const char *s = bit[rnd(&seed) % (sizeof(bit) / sizeof(bit[0]))];

			repeats += strchr("*+?", s[0]) != NULL;
			strcat(pattern, s);
		}
		/* where POSIX leaves things open: empty groups and halves, repeated anchors */
		if (repeats > 3 || strstr(pattern, "()") || strstr(pattern, "(|") ||
		    strstr(pattern, "|)") || strstr(pattern, "||") || strstr(pattern, "^*") ||
		    strstr(pattern, "^+") || strstr(pattern, "^?") || strstr(pattern, "$*") ||
		    strstr(pattern, "$+") || strstr(pattern, "$?") || pattern[0] == '|' ||
		    (n && pattern[strlen(pattern) - 1] == '|') || sg_regex_compile(&re, pattern))
			continue;
		if (regcomp(&posix, pattern, REG_EXTENDED | REG_NOSUB) != 0)
			continue;
		for (unsigned int k = 0; k < 5; k++) {
			n = (unsigned int)(rnd(&seed) % 8);
			for (unsigned int c = 0; c < n; c++)
				text[c] = "abcd"[rnd(&seed) % 4];
			text[n] = '\0';
			want = regexec(&posix, text, 0, NULL, 0) == 0;
			if (sg_regex_match(&re, text, n) != want)
				fail_msg("'%s' on '%s' should %smatch", pattern, text,
					 want ? "" : "not ");
			compared++;
			found += want;
		}
		regfree(&posix);
	}
	assert_true(compared > 20000 && found > compared / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_cost),
		cmocka_unit_test(test_like_posix),
	};

	return cmocka_run_group_tests_name("regex", tests, NULL, NULL);
}
