// SPDX-License-Identifier: GPL-2.0-only
/* Cut and corrupted files: one clear line, or what is whole is read and the rest is said. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tr_priv.h"
#include "util.h"

static void check_line(const struct sg_err *err)
{
	assert_true(strlen(err->text) > 20);
	assert_null(strchr(err->text, '\n'));
	assert_non_null(strstr(err->text, "/proc/self/fd/")); /* names the file */
	assert_true(err->code == SG_E_TRUNCATED || err->code == SG_E_FORMAT ||
		    err->code == SG_E_UNSUPPORTED);
}

/*
 * Every length of every made file. What is read of a cut one is the beginning of what the whole
 * one has.
 */
static void every_length(void **state)
{
	static const struct {
		int version;
		bool be;
		unsigned int longs;
		const char *comp;
	} shapes[] = { { 6, false, 8, "none" },
		       { 6, true, 4, "none" },
		       { 7, false, 8, "none" },
		       { 7, false, 8, "zstd" },
		       { 7, true, 4, "zstd" } };

	for (size_t s = 0; s < sizeof(shapes) / sizeof(shapes[0]); s++) {
		struct mk_file f;
		struct mk_buf b = mk_sample_file(&f, shapes[s].version, shapes[s].be,
						 shapes[s].longs, shapes[s].comp);
		size_t last_end = f.data_at[0][0];
		struct sg_err err;
		long n, before = 0;

		for (size_t len = 1; len <= b.n; len++) {
			n = tp_survive(b.d, len, TR_NO_THREAD, &err);
			if (n < 0)
				check_line(&err);
			if (shapes[s].version == 6) {
				/* the table of CPUs comes before the data */
				assert_true(len < f.meta_end - 40 ? n < 0
								  : n >= 0 || len < f.meta_end);
				assert_true(n >= before || len < last_end);
				before = n > 0 ? n : 0;
			} else {
				/*
				 * last comes the table of the buffers; the data is found
				 * without it
				 */
				n = n < 0 ? 0 : n;
				assert_true(len < f.data_at[0][0] ? n == 0 : n >= before);
				before = n;
			}
		}
		assert_int_equal(tp_survive(b.d, b.n, 0, &err), 10);
		assert_int_equal(tp_survive(b.d, 0, 0, &err), -1);
		assert_int_equal(err.code, SG_E_TRUNCATED);
		mk_free(&b);
		mk_file_free(&f);
	}
}

/* A real capture, cut at many places: never more events than it has, and never silence. */
static void cut_sample(void **state)
{
	struct tr_src src = { .fd = -1 };
	uint64_t seed = 7;
	struct sg_err err;
	uint8_t *d;
	size_t size;
	long whole;

	assert_int_equal(tr_src_open(TP_SAMPLES "/steady-6.1/trace.dat", &src, &err), 0);
	size = (size_t)src.size;
	d = malloc(size);
	assert_non_null(d);
	assert_int_equal(tr_src_read(&src, 0, d, size), size);
	tr_src_close(&src);
	whole = tp_survive(d, size, 0, &err);
	assert_true(whole > 0);
	for (int i = 0; i < 300; i++) {
		size_t len = tp_rnd(&seed) % size;
		long n = tp_survive(d, len, i & 1 ? TR_NO_THREAD : 0, &err);

		if (n < 0)
			check_line(&err);
		assert_true(n <= whole);
	}
	for (size_t len = size - 200; len < size; len++) {
		if (tp_survive(d, len, TR_NO_THREAD, &err) < 0)
			check_line(&err);
	}
	free(d);
}

/* A cut sample is read as far as it goes: the same events, fewer of them, and the notes say so. */
static void found_again(void **state)
{
	static const unsigned int percent[] = { 99, 80, 40 };

	for (int packed = 0; packed < 2; packed++) {
		struct mk_file f = { .version = 7,
				     .longs = 8,
				     .page_size = 4096,
				     .comp = packed ? "zstd" : "none",
				     .nr_inst = 1,
				     .pages_in_chunk = 10 };
		uint64_t seed = 5;
		struct tp_events whole;
		struct mk_buf b;
		int fd;

		f.inst[0].name = "";
		f.inst[0].nr_cpus = 3;
		for (unsigned int c = 0; c < 3; c++)
			for (unsigned int pages = 0; pages < 100; pages++) {
				struct mk_page p = mk_page_start(&f, &f.inst[0].cpu[c],
								 1000 + pages * 1000 + c);

				for (int r = 0; r < 90; r++)
					mk_freed(&p, 1, (int)c, tp_rnd(&seed), 0);
				mk_page_end(&p, 0, -1);
			}
		b = mk_build(&f);
		whole = tp_events_of(tp_file(b.d, b.n, &fd), 0);
		close(fd);
		assert_int_equal(whole.nr, 27000);
		for (size_t i = 0; i < sizeof(percent) / sizeof(percent[0]); i++) {
			struct tr_capture *tc;
			struct tp_events e;
			struct sg_err err;
			size_t k = 0;

			if (tr_open(tp_file(b.d, b.n * percent[i] / 100, &fd), 0, &tc, &err) < 0)
				fail_msg("%s", err.text);
			assert_non_null(
				tp_note(tr_info(tc), "its table of trace buffers is missing"));
			assert_true(tr_info(tc)->lost_unknown);
			e = tp_read_all(tc, 500);
			assert_true(e.nr > 27000 * (percent[i] - 12) / 100 && e.nr < 27000);
			/* each is one of the whole file's, in the same order */
			for (size_t j = 0; j < e.nr; j++) {
				e.ev[j].missed = 0;
				while (k < whole.nr && !tp_same(&whole.ev[k], &e.ev[j]))
					k++;
				assert_true(k < whole.nr);
			}
			tp_events_free(&e);
			tr_close(tc);
			close(fd);
		}
		tp_events_free(&whole);
		mk_free(&b);
		mk_file_free(&f);
	}
}

/* One byte of compressed data changed: that chunk is lost, the others are read, and it is said. */
static void damaged_chunks(void **state)
{
	struct mk_file f = { .version = 7,
			     .longs = 8,
			     .page_size = 4096,
			     .comp = "zstd",
			     .nr_inst = 1,
			     .pages_in_chunk = 10 };
	uint64_t seed = 3, at;
	struct mk_buf b;

	f.inst[0].name = "";
	f.inst[0].nr_cpus = 1;
	for (unsigned int pages = 0; pages < 200; pages++) { /* 20 chunks of 900 records */
		struct mk_page p = mk_page_start(&f, &f.inst[0].cpu[0], pages * 1000);

		for (int r = 0; r < 90; r++)
			mk_freed(&p, 1, 1, tp_rnd(&seed), 0);
		mk_page_end(&p, 0, -1);
	}
	b = mk_build(&f);
	at = f.data_at[0][0] + 4;
	for (int chunk = 0; chunk < 20; chunk++) {
		uint32_t csize = tr_rd32(b.d + at, false);
		struct tr_capture *tc;
		struct tp_events e;
		struct sg_err err;
		unsigned int gaps = 0;
		int fd;

		b.d[at + 8] ^= 0xff; /* zstd's magic: surely found */
		assert_int_equal(
			tr_open(tp_file(b.d, b.n, &fd), chunk & 1 ? TR_NO_THREAD : 0, &tc, &err),
			0);
		e = tp_read_all(tc, 100);
		assert_int_equal(e.nr, 19 * 900);
		for (size_t i = 0; i < e.nr; i++)
			if (e.ev[i].missed) {
				assert_int_equal(e.ev[i].missed, -1);
				assert_int_equal(i, (size_t)chunk * 900);
				gaps++;
			}
		assert_int_equal(gaps, chunk == 19 ? 0 : 1); /* nothing comes after the last one */
		assert_true(tr_info(tc)->lost_unknown);
		assert_non_null(tp_note(tr_info(tc), "cannot be unpacked: 1"));
		tp_events_free(&e);
		tr_close(tc);
		close(fd);
		b.d[at + 8] ^= 0xff;
		at += 8 + csize;
	}
	/* sizes that cannot be: the rest of the CPU is lost, what came before is not */
	at = f.data_at[0][0] + 4;
	for (int chunk = 0; chunk < 5; chunk++)
		at += 8 + tr_rd32(b.d + at, false);
	for (int kind = 0; kind < 4; kind++) {
		static const uint32_t sizes[] = { UINT32_MAX, 0, 0x7fffffff, 64u << 20 };
		uint8_t old[8];
		struct sg_err err;

		memcpy(old, b.d + at, 8);
		memcpy(b.d + at + (kind & 1 ? 4 : 0), &sizes[kind], 4);
		assert_int_equal(tp_survive(b.d, b.n, 0, &err), 5 * 900);
		memcpy(b.d + at, old, 8);
	}
	mk_free(&b);
	mk_file_free(&f);
}

/* Random bytes changed, in the metadata and in the data: anything but a crash. */
static void random_bytes(void **state)
{
	static const char *const comps[] = { "none", "zstd" };
	uint64_t seed = 11;
	struct sg_err err;

	for (int version = 6; version <= 7; version++)
		for (int c = 0; c < version - 5; c++) {
			struct mk_buf b = mk_sample(version, false, 8, comps[c]);
			uint8_t *d = malloc(b.n);

			assert_non_null(d);
			for (int i = 0; i < 3000; i++) {
				memcpy(d, b.d, b.n);
				for (unsigned int k = 1 + i % 5; k > 0; k--)
					d[tp_rnd(&seed) % b.n] = (uint8_t)tp_rnd(&seed);
				if (tp_survive(d, b.n, TR_NO_THREAD, &err) < 0)
					check_line(&err);
			}
			free(d);
			mk_free(&b);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_length), cmocka_unit_test(cut_sample),
		cmocka_unit_test(found_again),  cmocka_unit_test(damaged_chunks),
		cmocka_unit_test(random_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
