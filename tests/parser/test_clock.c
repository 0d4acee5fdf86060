// SPDX-License-Identifier: GPL-2.0-only
/* Options that move time stamps: worked out by hand, and as libtracecmd does it. */
#include <string.h>
#include <unistd.h>

#include "util.h"

#define NR 4
static const uint64_t raw[NR] = { 1000, 1500, 2500, 1ull << 33 };

static struct mk_file four_events(int version, bool be)
{
	struct mk_file f = { .version = version,
			     .be = be,
			     .longs = 8,
			     .page_size = 512,
			     .comp = "none",
			     .nr_inst = 1 };

	f.inst[0].name = "";
	f.inst[0].nr_cpus = 1;
	for (int i = 0; i < NR; i++) {
		struct mk_page p = mk_page_start(&f, &f.inst[0].cpu[0], raw[i]);

		mk_freed(&p, 0, 1, (uint64_t)i, 0);
		mk_page_end(&p, 0, -1);
	}
	return f;
}

static void expect(struct mk_file *f, const uint64_t *want)
{
	struct mk_buf b = mk_build(f);
	struct tp_events fast, plain;
	int fd;
	const char *path = tp_file(b.d, b.n, &fd);

	fast = tp_events_of(path, 0);
	plain = tp_events_of(path, TR_PLAIN);
	tp_assert_same(&fast, &plain);
	assert_int_equal(fast.nr, NR);
	for (int i = 0; i < NR; i++)
		assert_true(fast.ev[i].ts == want[i]);
	tp_events_free(&fast);
	tp_events_free(&plain);
	close(fd);
	mk_free(&b);
	mk_file_free(f);
}

static void offsets(void **state)
{
	for (int version = 6; version <= 7; version++) {
		struct mk_file f = four_events(version, false);
		uint64_t want[NR];

		mk_option(&f, 7, "500", 4); /* OFFSET, nanoseconds */
		mk_option(&f, 1, "0x10", 5); /* DATE, microseconds */
		mk_option(&f, 7, "-20", 4);
		for (int i = 0; i < NR; i++)
			want[i] = raw[i] + 500 + 16000 - 20;
		expect(&f, want);
	}
}

static void tsc(void **state)
{
	for (int be = 0; be < 2; be++) {
		struct mk_file f = four_events(7, be);
		struct mk_buf o = { .be = be };
		uint64_t want[NR];

		mk_u32(&o, 3000000);
		mk_u32(&o, 10);
		mk_u64(&o, 77);
		mk_option(&f, 14, o.d, o.n);
		mk_free(&o);
		f.clock = "x86-tsc";
		for (int i = 0; i < NR; i++)
			want[i] = (uint64_t)((unsigned __int128)raw[i] * 3000000 >> 10);
		expect(&f, want);
	}
}

/* Corrections of CPU 0 at 0, 1000 and 2000, out of order, one of them double. */
static void time_shift(void **state)
{
	static const uint64_t at[] = { 2000, 0, 1000, 1000 };
	static const int64_t by[] = { 300, -100, 200, 200 };

	for (int interpolate = 0; interpolate < 2; interpolate++) {
		struct mk_file f = four_events(7, false);
		struct mk_buf o = { 0 };
		uint64_t want[NR];

		mk_u64(&o, 1);
		mk_u32(&o, (uint32_t)interpolate);
		mk_u32(&o, 1);
		mk_u32(&o, 4);
		for (int i = 0; i < 4; i++)
			mk_u64(&o, at[i]);
		for (int i = 0; i < 4; i++)
			mk_u64(&o, (uint64_t)by[i]);
		for (int i = 0; i < 4; i++)
			mk_u64(&o, 8);
		for (int i = 0; i < 4; i++)
			mk_u64(&o, 3);
		mk_option(&f, 12, o.d, o.n);
		mk_free(&o);
		for (int i = 0; i < NR;
		     i++) /* all lie on the line from 1000 to 2000, or beyond it */
			want[i] = raw[i] +
				  (interpolate ? 200 + ((raw[i] - 1000) * 100 + 500) / 1000 : 200);
		expect(&f, want);
	}
}

/* The clock "uptime" counts ticks of 10 ms. */
static void ticks(void **state)
{
	for (int version = 6; version <= 7; version++) {
		struct mk_file f = four_events(version, false);
		uint64_t want[NR];

		mk_option(&f, 4, "local global counter [uptime] perf", 35);
		mk_option(&f, 7, "500", 4); /* OFFSET, nanoseconds */
		for (int i = 0; i < NR; i++)
			want[i] = raw[i] * 10000000 + 500;
		expect(&f, want);
	}
}

/* Options that are cut or make no sense change nothing. */
static void broken_options(void **state)
{
	struct mk_file f = four_events(7, false);
	struct mk_buf b;
	struct tp_events e;
	int fd;

	mk_option(&f, 14, "\1\0\0\0", 4);
	mk_option(&f, 12, "\1\0\0\0\0\0\0\0\0\0\0\0\xff\xff\xff\xff", 16);
	mk_option(&f, 7, "", 0);
	mk_option(&f, 3, "abc", 3);
	mk_option(&f, 999, "whatever", 8);
	b = mk_build(&f);
	e = tp_events_of(tp_file(b.d, b.n, &fd), 0);
	assert_int_equal(e.nr, NR);
	for (int i = 0; i < NR; i++)
		assert_true(e.ev[i].ts == raw[i]);
	tp_events_free(&e);
	close(fd);
	mk_free(&b);
	mk_file_free(&f);
}

static void names(void **state)
{
	static const struct {
		const char *clock;
		bool ns;
	} clocks[] = {
		{ "mono", true }, { "boot", true }, { "counter", false }, { "x86-tsc", false }
	};

	for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++)
		for (int version = 6; version <= 7; version++) {
			struct mk_file f = four_events(version, version == 6);
			struct tr_capture *tc;
			struct sg_err err;
			struct mk_buf b;
			int fd;

			f.clock = clocks[i].clock;
			b = mk_build(&f);
			assert_int_equal(tr_open(tp_file(b.d, b.n, &fd), 0, &tc, &err), 0);
			assert_string_equal(tr_info(tc)->clock, clocks[i].clock);
			assert_int_equal(tr_info(tc)->clock_is_ns, clocks[i].ns);
			tr_close(tc);
			close(fd);
			mk_free(&b);
			mk_file_free(&f);
		}
}

/* What the kernel counted as lost without a place in the trace is told at the end. */
static void counted_losses(void **state)
{
	static const char stat[] =
		"CPU: 0\nentries: 3\noverrun: 10\ncommit overrun: 2\nbytes: 1\ndropped events: 5\n";
	struct mk_file f = four_events(7, false);
	struct tr_capture *tc;
	struct tp_events e;
	struct sg_err err;
	struct mk_buf b;
	int fd;

	mk_option(&f, 2, stat, sizeof(stat));
	b = mk_build(&f);
	assert_int_equal(tr_open(tp_file(b.d, b.n, &fd), 0, &tc, &err), 0);
	assert_int_equal(tr_info(tc)->lost_events, 0);
	e = tp_read_all(tc, 10);
	tp_events_free(&e);
	assert_int_equal(tr_info(tc)->lost_events, 17);
	assert_non_null(tp_note(tr_info(tc), "the kernel counted 17 lost events"));
	assert_non_null(tp_note(tr_info(tc), "17 of them without a place in the trace"));
	tr_close(tc);
	close(fd);
	mk_free(&b);
	mk_file_free(&f);
}

/* The sample has a gap of 41 events and one of unknown size: of 60, the other 19 may be in that one. */
static void counted_in_gaps(void **state)
{
	static const char stat[] = "CPU: 0\noverrun: 60\n";
	struct tr_capture *tc;
	struct tp_events e;
	struct mk_file f;
	struct sg_err err;
	struct mk_buf b;
	int fd;

	b = mk_sample_file(&f, 7, false, 8, "none");
	mk_free(&b);
	mk_option(&f, 2, stat, sizeof(stat));
	b = mk_build(&f);
	assert_int_equal(tr_open(tp_file(b.d, b.n, &fd), 0, &tc, &err), 0);
	e = tp_read_all(tc, 10);
	tp_events_free(&e);
	assert_int_equal(tr_info(tc)->lost_events, 60);
	assert_non_null(tp_note(tr_info(tc), "60 lost events, 19 of them in gaps of unknown size or after the last record"));
	tr_close(tc);
	close(fd);
	mk_free(&b);
	mk_file_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(offsets),    cmocka_unit_test(tsc),
		cmocka_unit_test(time_shift), cmocka_unit_test(broken_options),
		cmocka_unit_test(names),      cmocka_unit_test(counted_losses),
		cmocka_unit_test(counted_in_gaps), cmocka_unit_test(ticks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
