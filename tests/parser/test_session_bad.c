// SPDX-License-Identifier: GPL-2.0-only
/* Session files that are cut off, damaged, too new, or made to do harm. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <zstd.h>

#include "session.h"

#define FOOT 9u

static char *dir, path[4096];

static int setup(void **state)
{
	dir = tp_tmpdir();
	snprintf(path, sizeof(path), "%s/a.sgs", dir);
	return dir ? 0 : -1;
}

static int teardown(void **state)
{
	tp_rmdir(dir);
	return 0;
}

/* The frames of a whole file as the reader lists them. */
static size_t frames_of(const char *file, struct ss_frame *f, size_t max)
{
	struct ss_reader *r;
	struct sg_err err;
	size_t n = 0;

	if (ss_open(file, 0, &r, &err) < 0)
		fail_msg("%s", err.text);
	while (n < max && ss_frame_at(r, n, &f[n]))
		n++;
	ss_close(r);
	return n;
}

static bool has_tag(const struct ss_frame *f, const char *tag)
{
	return strcmp(f->tag, tag) == 0;
}

/* A cut at @at: the events of the frames that are whole before it, or one line when there is no description. */
static void check_cut(const uint8_t *d, size_t at, const struct ss_frame *f, size_t nr, size_t total,
		      const struct tp_events *e, bool read)
{
	uint64_t want = 0, whole = 0, got = 0;
	bool described = false;
	struct ss_reader *r = NULL;
	struct sg_event ev[64];
	struct ss_summary sum;
	struct sg_err err = { 0 };
	size_t n;
	int fd, code;

	for (size_t i = 0; i < nr && f[i].offset + f[i].bytes <= at; i++) {
		want += f[i].nr_events;
		described |= has_tag(&f[i], "DESC");
		whole = f[i].offset + f[i].bytes;
	}
	code = ss_open(tp_file(d, at, &fd), 0, &r, &err);
	if (!described) {
		assert_true(code < 0);
		assert_true(strlen(err.text) > 0 && !strchr(err.text, '\n'));
		close(fd);
		return;
	}
	if (code < 0)
		fail_msg("cut at %zu: %s", at, err.text);
	while (read && (n = ss_read(r, ev, 64)) > 0)
		for (size_t i = 0; i < n; i++, got++)
			ts_assert_same(&e->ev[got], e->text[got], &ev[i], ev[i].str, got);
	if (read && got != want)
		fail_msg("cut at %zu: %llu events, not %llu", at, (unsigned long long)got, (unsigned long long)want);
	ss_summarize(r, &sum);
	assert_int_equal(sum.nr_events, want);
	assert_int_equal(sum.whole, at == total);
	assert_int_equal(sum.whole_bytes, at == total ? total : whole);
	assert_int_equal(sum.nr_damaged, 0);
	assert_true(sum.whole || tp_note(ss_info(r), "cut off"));
	ss_close(r);
	close(fd);
}

static void cut_everywhere(void **state)
{
	struct tp_events e = ts_events(200, true, 11);
	struct ss_frame f[64];
	uint8_t *d;
	size_t len, nr;

	ts_write(path, &e, 40);
	nr = frames_of(path, f, 64);
	d = ts_file(path, &len);
	for (size_t at = 0; at <= len; at++)
		check_cut(d, at, f, nr, len, &e, at % 40 == 0 || at == len);
	free(d);
	tp_events_free(&e);
}

static void cut_a_large_one(void **state)
{
	struct tp_events e = ts_events(60000, false, 12);
	static struct ss_frame f[256];
	uint8_t *d;
	size_t len, nr;
	uint64_t s = 1;

	ts_write(path, &e, 1000);
	nr = frames_of(path, f, 256);
	d = ts_file(path, &len);
	/* reading is for the other test: here the frames are found */
	for (unsigned int i = 0; i < 1000; i++) {
		size_t at = tp_rnd(&s) % len;
		uint64_t want = 0;
		struct ss_summary sum;
		struct ss_reader *r;
		struct sg_err err;
		int fd, code = ss_open(tp_file(d, at, &fd), 0, &r, &err);

		for (size_t k = 0; k < nr && f[k].offset + f[k].bytes <= at; k++)
			want += f[k].nr_events;
		if (code == 0) {
			ss_summarize(r, &sum);
			assert_int_equal(sum.nr_events, want);
			ss_close(r);
		} else {
			assert_int_equal(want, 0);
		}
		close(fd);
	}
	check_cut(d, len * 2 / 3, f, nr, len, &e, true);
	free(d);
	tp_events_free(&e);
}

/* One bit of each frame turned: that frame is lost and named, all others are read. */
static void flipped(void **state)
{
	struct tp_events e = ts_events(200, true, 13);
	struct ss_frame f[64];
	uint64_t s = 7;
	uint8_t *d;
	size_t len, nr;

	ts_write(path, &e, 50);
	nr = frames_of(path, f, 64);
	d = ts_file(path, &len);
	for (size_t i = 0; i < 2 * nr; i++) {
		const struct ss_frame *hit = &f[i % nr];
		size_t at = hit->offset + tp_rnd(&s) % hit->bytes;
		uint8_t bit = (uint8_t)(1u << tp_rnd(&s) % 8);
		struct ss_reader *r;
		struct sg_err err = { 0 };
		struct tp_events b;
		unsigned int bad = 0;
		uint64_t number = 0;
		int fd;

		d[at] ^= bit;
		if (ss_open(tp_file(d, len, &fd), 0, &r, &err) < 0)
			fail_msg("frame %zu, byte %zu: %s", i % nr, at, err.text);
		b = ts_read_all(r, 33);
		assert_int_equal(b.nr, e.nr - hit->nr_events);
		for (size_t k = 0; k < b.nr; k++, number++) {
			struct sg_event want;

			if (hit->nr_events && number + 1 == hit->pos)
				number += hit->nr_events;
			want = e.ev[number];
			/* what is missing is told with the event behind it */
			if (hit->nr_events && number + 1 == hit->pos + hit->nr_events && want.missed >= 0)
				want.missed += (int64_t)hit->nr_events;
			ts_assert_same(&want, e.text[number], &b.ev[k], b.text[k], number);
		}
		for (uint64_t k = 0; k < nr; k++)
			if (ss_check_frame(r, k, &err) < 0) {
				bad++;
				assert_non_null(strstr(err.text, "frame"));
			}
		assert_true(bad >= 1);
		if (hit->nr_events)
			assert_non_null(tp_note(ss_info(r), "damaged"));
		/* positions behind the gap move up by what is lost */
		if (hit->nr_events)
			assert_int_equal(ss_pos_here(r, e.nr), e.nr - hit->nr_events);
		tp_events_free(&b);
		ss_close(r);
		close(fd);
		d[at] ^= bit;
	}
	free(d);
	tp_events_free(&e);
}

/* The seek table turned into nonsense: the frames are found without it. */
static void broken_table(void **state)
{
	struct tp_events e = ts_events(300, true, 14);
	struct ss_frame f[64];
	uint64_t s = 3;
	uint8_t *d, was;
	size_t len, nr, end;

	ts_write(path, &e, 100);
	nr = frames_of(path, f, 64);
	end = f[nr - 1].offset + f[nr - 1].bytes;
	d = ts_file(path, &len);
	assert_int_equal(len, end + 8 + 12 * nr + FOOT);
	for (unsigned int i = 0; i < 100; i++) {
		size_t at = end + tp_rnd(&s) % (len - end);
		struct ss_reader *r;
		struct tp_events b;
		struct sg_err err;
		int fd;

		was = d[at];
		d[at] = (uint8_t)tp_rnd(&s);
		if (ss_open(tp_file(d, len, &fd), 0, &r, &err) < 0)
			fail_msg("%s", err.text);
		b = ts_read_all(r, 100);
		assert_int_equal(b.nr, e.nr);
		tp_events_free(&b);
		ss_close(r);
		close(fd);
		d[at] = was;
	}
	free(d);
	tp_events_free(&e);
}

/* ---- files that are made ---------------------------------------------------------- */

struct made {
	uint8_t d[1 << 20];
	size_t len;
};

static void le(uint8_t *p, uint64_t v, unsigned int bytes)
{
	for (unsigned int i = 0; i < bytes; i++, v >>= 8)
		p[i] = (uint8_t)v;
}

static void add_frame(struct made *m, const char *tag, uint32_t number, uint32_t part, uint32_t nr_parts, uint64_t pos,
		      uint64_t total, const void *payload, size_t len)
{
	uint8_t *raw = calloc(1, 40 + len);
	ZSTD_CCtx *c = ZSTD_createCCtx();
	size_t n;

	memcpy(raw, "SGS1", 4);
	memcpy(raw + 4, tag, 4);
	le(raw + 8, number, 4);
	le(raw + 12, part, 4);
	le(raw + 16, nr_parts, 4);
	le(raw + 20, len, 4);
	le(raw + 24, pos, 8);
	le(raw + 32, total, 8);
	if (len)
		memcpy(raw + 40, payload, len);
	ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1);
	n = ZSTD_compress2(c, m->d + m->len, sizeof(m->d) - m->len, raw, 40 + len);
	assert_false(ZSTD_isError(n));
	m->len += n;
	ZSTD_freeCCtx(c);
	free(raw);
}

static void add_head(struct made *m, uint32_t needs)
{
	uint8_t head[19 + 8 + 5] = "stormglass session\n";

	le(head + 19, needs, 4);
	le(head + 23, needs, 4);
	le(head + 27, 1, 4);
	add_frame(m, "HEAD", 0, 0, 1, 0, sizeof(head), head, sizeof(head));
}

/* The description's frame, as it is in a real file. */
static void add_desc(struct made *m)
{
	struct tp_events e = { 0 };
	struct ss_frame f[16];
	uint8_t *d;
	size_t len, nr;

	ts_write(path, &e, 0);
	nr = frames_of(path, f, 16);
	d = ts_file(path, &len);
	assert_true(nr > 1 && has_tag(&f[1], "DESC"));
	memcpy(m->d + m->len, d + f[1].offset, f[1].bytes);
	m->len += f[1].bytes;
	free(d);
}

static int open_made(const struct made *m, struct ss_reader **r, struct sg_err *err)
{
	int fd, code = ss_open(tp_file(m->d, m->len, &fd), 0, r, err);

	close(fd); /* the reader has its own */
	return code;
}

static void newer_version(void **state)
{
	static struct made m;
	struct ss_reader *r;
	struct sg_err err;
	int fd;

	m.len = 0;
	add_head(&m, SS_VERSION + 1);
	add_frame(&m, "NEW1", 0, 0, 1, 0, 3, "abc", 3);
	assert_int_equal(open_made(&m, &r, &err), SG_E_UNSUPPORTED);
	assert_non_null(strstr(err.text, "version 2"));
	assert_true(ss_is_session(tp_file(m.d, m.len, &fd)));
	close(fd);
}

static void not_sessions(void **state)
{
	struct ss_reader *r;
	struct sg_err err;
	char text[64];
	int fd;

	for (size_t n = 0; n < 40; n++) {
		memset(text, "\x28\xb5\x2f\xfd"[n % 4], sizeof(text));
		memcpy(text, "\x28\xb5\x2f\xfd", n % 5);
		assert_false(ss_is_session(tp_file(text, n, &fd)));
		close(fd);
		assert_true(ss_open(tp_file(text, n, &fd), 0, &r, &err) < 0);
		close(fd);
	}
	assert_int_equal(ss_open("/no/such/file", 0, &r, &err), SG_E_NOTFOUND);
	assert_int_equal(ss_open("/dev/zero", 0, &r, &err), SG_E_FORMAT);
	assert_false(ss_is_session("/dev/zero"));
	assert_int_equal(ss_open(dir, 0, &r, &err), SG_E_FORMAT);
}

static uint64_t peak_kib(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (uint64_t)u.ru_maxrss;
}

/* Frames that say, or are, terabytes; sections of a million parts; counts of everything. */
static void bombs(void **state)
{
	static struct made m;
	static const uint8_t huge[] = { 0x28, 0xb5, 0x2f, 0xfd, 0xe4, 0, 0, 0, 0, 0, 1, 0, 0, /* 1 TiB in one segment */
					0x03, 0xff, 0xff, 0x00 /* a block of one byte, 2 MiB times */ };
	static uint8_t zeros[4 << 20];
	struct ss_reader *r;
	struct sg_err err;
	struct sg_event ev;
	uint64_t before;
	void *p;
	size_t len;

	/* the frame's size alone */
	m.len = 0;
	add_head(&m, SS_VERSION);
	add_desc(&m);
	memcpy(m.d + m.len, huge, sizeof(huge));
	m.len += sizeof(huge);
	before = peak_kib();
	assert_int_equal(open_made(&m, &r, &err), 0);
	assert_int_equal(ss_read(r, &ev, 1), 0);
	ss_close(r);
	/* and as the first frame */
	assert_true(ss_open(tp_file(huge, sizeof(huge), &(int){ 0 }), 0, &r, &err) < 0);

	/* 200 frames of 4 MiB of zeros, which say that they are one section: only who asks for it gets it */
	m.len = 0;
	add_head(&m, SS_VERSION);
	add_desc(&m);
	for (uint32_t i = 0; i < 200; i++)
		add_frame(&m, "XBIG", 0, i, 200, 0, 200ull * sizeof(zeros), zeros, sizeof(zeros));
	/* sections that don't hold together */
	add_frame(&m, "XPRT", 0, 0, 1000000, 0, 1000, "x", 1);
	add_frame(&m, "XSUM", 0, 0, 2, 0, 5, "abc", 3);
	add_frame(&m, "XSUM", 0, 1, 2, 0, 5, "abc", 3);
	/* lists that count more than they have */
	add_frame(&m, "BOOK", 0, 0, 1, 0, 4, "\xff\xff\xff\xff", 4);
	add_frame(&m, "PATH", 0, 0, 1, 0, 4, "\xff\xff\x0f\x00", 4);
	/* events without any, and events that are none */
	add_frame(&m, "EVTS", 0, 0, 1, 1, 40, zeros, 40);
	zeros[0] = 200;
	add_frame(&m, "EVTS", 0, 0, 1, 1, 4096, zeros, 4096);
	zeros[0] = 0;
	assert_int_equal(open_made(&m, &r, &err), 0);
	assert_int_equal(ss_read(r, &ev, 1), 0);
	assert_non_null(tp_note(ss_info(r), "damaged"));
	assert_int_equal(ss_get_opaque(r, "XPRT", 0, &p, &len, &err), SG_E_NOTFOUND);
	assert_int_equal(ss_get_opaque(r, "XSUM", 0, &p, &len, &err), SG_E_NOTFOUND);
	{
		struct ss_bookmark *mark;
		struct ss_step *step;

		assert_int_equal(ss_get_bookmarks(r, &mark, &len, &err), SG_E_FORMAT);
		assert_int_equal(ss_get_path(r, &step, &len, &err), SG_E_FORMAT);
	}
	ss_close(r);
	/* some 100 MB at most, sanitizers included: a frame, a model, lists of what is there */
	assert_true(peak_kib() - before < 400000);
}

/* Frames with events in the wrong order, twice, or far apart. */
static void odd_numbers(void **state)
{
	struct tp_events e = ts_events(100, false, 15), b;
	static struct made m;
	struct ss_frame f[16];
	struct ss_reader *r;
	struct sg_err err;
	uint8_t *d;
	size_t len, nr, at[2], n = 0;

	ts_write(path, &e, 50);
	nr = frames_of(path, f, 16);
	d = ts_file(path, &len);
	for (size_t i = 0; i < nr; i++)
		if (f[i].nr_events && n < 2)
			at[n++] = i;
	assert_int_equal(n, 2);
	m.len = 0;
	add_head(&m, SS_VERSION);
	{
		struct ss_frame keep[2] = { f[at[0]], f[at[1]] };

		memcpy(m.d + m.len, d + f[1].offset, f[1].bytes);
		m.len += f[1].bytes;
		for (unsigned int i = 0; i < 3; i++) { /* second, first, second */
			const struct ss_frame *k = &keep[i != 1];

			memcpy(m.d + m.len, d + k->offset, k->bytes);
			m.len += k->bytes;
		}
	}
	assert_int_equal(open_made(&m, &r, &err), 0);
	b = ts_read_all(r, 10);
	assert_int_equal(b.nr, 50); /* those of the frame that comes first in the file, events 51 to 100 */
	assert_int_equal(b.ev[0].missed, 50);
	assert_int_equal(b.ev[0].ts, e.ev[50].ts);
	assert_int_equal(ss_pos_here(r, 60), 10);
	tp_events_free(&b);
	ss_close(r);
	free(d);
	tp_events_free(&e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cut_everywhere), cmocka_unit_test(cut_a_large_one), cmocka_unit_test(flipped),
		cmocka_unit_test(broken_table),   cmocka_unit_test(newer_version),   cmocka_unit_test(not_sessions),
		cmocka_unit_test(bombs),          cmocka_unit_test(odd_numbers),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
