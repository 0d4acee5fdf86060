// SPDX-License-Identifier: GPL-2.0-only
/* Positions as text: each form, each mistake, and the same answer from a log and a stream. */
#include "test.h"

#include <stdio.h>
#include <string.h>

#include "sg_pos.h"

#define NS UINT64_C(1000000000)

/*
 * Ten events: 1..10 s, markers at 3 ("begin"), 5 ("begin-done"), 8 ("end of it"); 6 and 7 share
 * a time.
 */
static struct sg_log *ten(void)
{
	static const char *const mark[11] = {
		[3] = "begin", [5] = "begin-done", [8] = "end of it"
	};
	struct sg_log *log = sg_log_new();

	for (unsigned int i = 1; i <= 10; i++) {
		struct sg_event ev = { .kind = mark[i] ? SG_EV_print : SG_EV_mm_page_free,
				       .ts = i * NS };

		if (i == 7)
			ev.ts = 6 * NS;
		if (mark[i]) {
			ev.str = mark[i];
			ev.str_len = (uint32_t)strlen(mark[i]);
		}
		assert_int_equal(sg_log_append(log, &ev), 0);
	}
	return log;
}

/* The answer of a stream, which must be the one of the log. */
static int stream(const char *text, const struct sg_log *log, bool ns, uint64_t *ret,
		  struct sg_err *err)
{
	struct sg_pos_scan s = { 0 };
	struct sg_cursor c;
	struct sg_event ev;
	int r = sg_pos_read(text, ns, &s.pos, err);

	if (r < 0)
		return r;
	sg_log_seek(log, &c, 1);
	while (sg_log_next(&c, &ev))
		sg_pos_feed(&s, &ev);
	return sg_pos_found(&s, ret, err);
}

static void is_at(const struct sg_log *log, const char *text, uint64_t want)
{
	struct sg_err err = { 0 };
	uint64_t a = 999, b = 999;

	assert_int_equal(sg_pos_parse(text, log, true, &a, &err), 0);
	assert_int_equal(a, want);
	assert_int_equal(stream(text, log, true, &b, &err), 0);
	assert_int_equal(b, want);
}

static void is_wrong(const struct sg_log *log, const char *text, bool ns, int code,
		     const char *part)
{
	struct sg_err err = { 0 };
	uint64_t a = 999;

	assert_int_equal(sg_pos_parse(text, log, ns, &a, &err), code);
	assert_int_equal(a, 999);
	assert_non_null(strstr(err.text, part));
	assert_int_equal(stream(text, log, ns, &a, &err), code);
	assert_int_equal(a, 999);
	assert_non_null(strstr(err.text, part));
}

static void test_forms(void **state)
{
	struct sg_log *log = ten();

	(void)state;
	is_at(log, "end", 10);
	is_at(log, "event:0", 0);
	is_at(log, "event:1", 1);
	is_at(log, "event:10", 10);
	is_at(log, "event:007", 7);
	is_at(log, "time:0", 0);
	is_at(log, "time:0.999999999", 0);
	is_at(log, "time:1", 1);
	is_at(log, "time:1.0", 1);
	is_at(log, "time:1.", 1);
	is_at(log, "time:2.5", 2);
	is_at(log, "time:6", 7);
	is_at(log, "time:6.0000000009", 7); /* below a nanosecond */
	is_at(log, "time:.5", 0);
	is_at(log, "time:18446744073", 10);
	is_at(log, "mark:begin", 3);
	is_at(log, "mark:b", 3);
	is_at(log, "mark:begin-", 5);
	is_at(log, "mark:end of", 8);
	is_at(log, "start", 0);
	is_at(log, "5", 5);
	is_at(log, "+5", 5);
	is_at(log, "0", 0);
	is_at(log, "event:1,0", 10); /* commas as the screens print them, wherever they stand */
	is_at(log, "0%", 0);
	is_at(log, "50%", 5);
	is_at(log, "59.999%", 5);
	is_at(log, "60.0009%", 6);
	is_at(log, "100%", 10);
	sg_log_free(log);
}

static void test_mistakes(void **state)
{
	struct sg_log *log = ten();
	static const char *const wrong[] = {
		"",
		" ",
		"END",
		"end ",
		"event",
		"event:",
		"event:-1",
		"event:+1",
		"event:1x",
		"event: 1",
		"event:1.5",
		"event:1,",
		"1,",
		"%",
		"100.5%",
		"-1%",
		"-1",
		"+",
		"12%%",
		"time:",
		"time:.",
		"time:-1",
		"time:1e3",
		"time:1,5",
		"time:1.2.3",
		"time:18446744074",
		"time:99999999999999999999",
		"time:inf",
		"time:nan",
		"mark:",
		"marker:x",
		"bookmark:",
		"bookmark:two words",
		"bookmark:bell\a",
		/* 64 bytes, one too many */
		"bookmark:0123456789012345678901234567890123456789012345678901234567890123",
		"begin",
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		is_wrong(log, wrong[i], true, SG_E_USAGE, "position");
	is_wrong(log, "event:11", true, SG_E_NOTFOUND, "only 10 events");
	is_wrong(log, "event:18446744073709551614", true, SG_E_NOTFOUND, "18446744073709551614");
	is_wrong(log, "event:99999999999999999999", true, SG_E_NOTFOUND, "there are only 10 events");
	is_wrong(log, "99999999999999999999", true, SG_E_NOTFOUND, "there are only 10 events");
	is_wrong(log, "mark:begin-done-not", true, SG_E_NOTFOUND, "begin-done-not");
	is_wrong(log, "mark:Begin", true, SG_E_NOTFOUND, "no trace marker");
	sg_log_free(log);
}

/* Markers that there are, each once, as many as the line has room for; what they do to a terminal is gone. */
static void test_marks(void **state)
{
	struct sg_log *log = ten();
	struct sg_event ev = { .kind = SG_EV_print, .ts = 11 * NS };
	char text[32];

	(void)state;
	is_wrong(log, "mark:nothing", true, SG_E_NOTFOUND, "there are 'begin', 'begin-done', 'end of it'");
	ev.str = "begin\n";
	ev.str_len = 6;
	assert_int_equal(sg_log_append(log, &ev), 0);
	is_wrong(log, "mark:x", true, SG_E_NOTFOUND, "'end of it'");
	for (int i = 0; i < 40; i++) {
		snprintf(text, sizeof(text), "\033[31mphase %d", i);
		ev.str = text;
		ev.str_len = (uint32_t)strlen(text);
		assert_int_equal(sg_log_append(log, &ev), 0);
	}
	is_wrong(log, "mark:x", true, SG_E_NOTFOUND, "'?[31mphase 1'");
	is_wrong(log, "mark:x", true, SG_E_NOTFOUND, " and others");
	sg_log_free(log);
	log = sg_log_new();
	is_wrong(log, "mark:x", true, SG_E_NOTFOUND, "no trace markers");
	ev.str = "one";
	ev.str_len = 3;
	assert_int_equal(sg_log_append(log, &ev), 0);
	is_wrong(log, "mark:x", true, SG_E_NOTFOUND, "is only 'one'");
	sg_log_free(log);
}

static void test_other_clock(void **state)
{
	struct sg_log *log = ten();
	struct sg_err err;
	uint64_t r = 0;

	(void)state;
	assert_int_equal(sg_pos_parse("time:3000000000", log, false, &r, &err), 0);
	assert_int_equal(r, 3);
	assert_int_equal(sg_pos_parse("time:18446744073709551615", log, false, &r, &err), 0);
	assert_int_equal(r, 10);
	is_wrong(log, "time:3.5", false, SG_E_USAGE, "doesn't count seconds");
	sg_log_free(log);
}

/* A bookmark is an event number once it is bound; without a session none can be. */
static void test_bookmarks(void **state)
{
	static const struct sg_bookmark list[] = { { 4, "first", "" }, { 9, "\xc3\xa4-2", "a note" } };
	struct sg_bookmark many[40];
	struct sg_log *log = ten();
	struct sg_pos pos;
	struct sg_err err;

	(void)state;
	is_wrong(log, "bookmark:first", true, SG_E_NOTFOUND, "no bookmarks here");
	assert_int_equal(sg_pos_read("bookmark:\xc3\xa4-2", true, &pos, &err), 0);
	assert_int_equal(sg_pos_bind(&pos, list, 2, &err), 0);
	assert_int_equal(pos.kind, SG_POS_EVENT);
	assert_int_equal(pos.n, 9);
	assert_int_equal(sg_pos_read("bookmark:firs", true, &pos, &err), 0);
	assert_int_equal(sg_pos_bind(&pos, list, 2, &err), SG_E_NOTFOUND);
	assert_non_null(strstr(err.text, "there are first, \xc3\xa4-2"));
	assert_null(strstr(err.text, "others"));
	for (unsigned int i = 0; i < 40; i++)
		many[i] = (struct sg_bookmark){ i, "a-long-name-of-thirty-bytes-...", "" };
	assert_int_equal(sg_pos_bind(&pos, many, 40, &err), SG_E_NOTFOUND);
	assert_non_null(strstr(err.text, "and others"));
	/* the others are left alone */
	assert_int_equal(sg_pos_read("end", true, &pos, &err), 0);
	assert_int_equal(sg_pos_bind(&pos, NULL, 0, &err), 0);
	assert_int_equal(pos.kind, SG_POS_END);
	sg_log_free(log);
}

static void test_empty(void **state)
{
	struct sg_log *log = sg_log_new();

	(void)state;
	is_at(log, "end", 0);
	is_at(log, "event:0", 0);
	is_at(log, "time:5", 0);
	is_wrong(log, "event:1", true, SG_E_NOTFOUND, "only 0 events");
	is_wrong(log, "mark:x", true, SG_E_NOTFOUND, "no trace marker");
	sg_log_free(log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_marks),
		cmocka_unit_test(test_other_clock),
		cmocka_unit_test(test_bookmarks),
		cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests_name("pos", tests, NULL, NULL);
}
