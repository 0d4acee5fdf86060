// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keyframes of a session: written, read, and passed over when they are no good.
 *
 * usage: test-keyf CAPTURE
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "cmd_keyf.h"

static char dir[] = "/tmp/stormglass-keyf-XXXXXX", file[64];
static struct cmd_source src;
static struct sg_log *all;
static struct mm_timeline *straight;
static size_t written;

static int set_up(void **state)
{
	const struct sg_event *ev;
	struct sg_err err;

	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(file, sizeof(file), "%s/s.sgs", dir);
	all = sg_log_new();
	while ((ev = cmd_next(&src)) != NULL)
		if (sg_log_append(all, ev) < 0)
			return -1;
	straight = mm_timeline_new(&src.cfg, all, 0, &err);
	if (!straight)
		return -1;
	while (mm_timeline_prepare(straight, UINT64_MAX))
		;
	return 0;
}

static int clean_up(void **state)
{
	(void)state;
	mm_timeline_free(straight);
	sg_log_free(all);
	unlink(file);
	return rmdir(dir);
}

/* A session of the capture; @junk: with an image more that is none. */
static void save(bool junk)
{
	const struct sg_snapshot *snap[sizeof(src.cfg.seed) / sizeof(src.cfg.seed[0])];
	struct cmd_keyf k = { 0 };
	struct ss_writer *w;
	struct sg_cursor cur;
	struct sg_event ev;
	struct sg_err err;
	int r;

	for (unsigned int i = 0; i < src.cfg.nr_seeds; i++)
		snap[i] = src.cfg.seed[i].snap;
	assert_int_equal(ss_create(file, src.cap, snap, src.cfg.nr_seeds, &w, &err), 0);
	sg_log_seek(all, &cur, 1);
	while (sg_log_next(&cur, &ev))
		assert_int_equal(ss_append(w, &ev, &err), 0);
	while ((r = cmd_keyf_save(&k, w, straight, sg_log_count(all), &err)) > 0)
		;
	assert_int_equal(r, 0);
	written = k.nr;
	cmd_keyf_fini(&k);
	if (junk)
		assert_int_equal(ss_put_keyframe(w, 999, 0, 4096, "no image at all", 15, &err), 0);
	assert_int_equal(cmd_put_runs(w, &src.cfg, &err), 0);
	assert_int_equal(ss_finish(w, false, &err), 0);
}

/* Loads keyframes one by one; how many the timeline took. */
static size_t loaded(struct ss_reader *r, struct mm_timeline *tl, uint64_t nr_events)
{
	struct cmd_keyf_in in = { 0 };

	for (;;) {
		size_t before = mm_timeline_keyframes(tl);
		bool more = cmd_keyf_load(&in, r, tl, nr_events);

		/* never more than one at once */
		assert_in_range(mm_timeline_keyframes(tl), before, before + more);
		if (!more)
			break;
	}
	assert_null(in.list);
	assert_false(cmd_keyf_load(&in, r, tl, nr_events));
	return in.used;
}

/* Opens the session: so many keyframes are listed, of no use, and taken; the state at 90 % is that of the capture. */
static void opens(size_t count, size_t unusable)
{
	uint64_t nr = sg_log_count(all), at = nr / 10 * 9;
	struct sg_log *log = sg_log_new();
	struct mm_timeline *tl;
	struct cmd_source in;
	struct sg_err err;
	size_t bad;

	assert_int_equal(cmd_open(file, &in, &err), 0);
	assert_int_equal(cmd_keyf_count(in.ss, &in.cfg, &bad), count);
	assert_int_equal(bad, unusable);
	assert_int_equal(ss_load(in.ss, 1, UINT64_MAX, log, &err), 0);
	assert_int_equal(sg_log_count(log), nr);
	tl = mm_timeline_new(&in.cfg, log, 0, &err);
	assert_non_null(tl);
	assert_int_equal(loaded(in.ss, tl, nr), count - unusable);
	assert_int_equal(mm_timeline_keyframes(tl), 1 + count - unusable); /* the start is one */
	mm_timeline_seek(tl, at);
	mm_timeline_seek(straight, at);
	assert_true(mm_hash(mm_timeline_machine(tl)) == mm_hash(mm_timeline_machine(straight)));
	/* with fewer events than it was made of, none is taken that lies behind them */
	mm_timeline_free(tl);
	tl = mm_timeline_new(&in.cfg, log, 0, &err);
	assert_non_null(tl);
	assert_int_equal(loaded(in.ss, tl, 1), 0);
	mm_timeline_free(tl);
	sg_log_free(log);
	cmd_close(&in);
}

/* They come back, and take no more than a tenth of what the events take. */
static void comes_back(void **state)
{
	uint64_t bytes = 0;
	struct ss_summary sum;
	struct ss_reader *r;
	struct ss_frame f;
	struct ss_run *run;
	struct sg_err err;
	size_t nr;

	(void)state;
	save(false);
	assert_in_range(written, 1, CMD_KEYF_MOST);
	opens(written, 0);
	assert_int_equal(ss_open(file, 0, &r, &err), 0);
	ss_summarize(r, &sum);
	for (uint64_t i = 0; ss_frame_at(r, i, &f); i++)
		bytes += strcmp(f.tag, "KEYF") == 0 ? f.bytes : 0;
	assert_in_range(bytes, 1, sum.event_bytes / CMD_KEYF_SHARE);
	assert_int_equal(ss_get_runs(r, &run, &nr, &err), 0);
	assert_int_equal(nr, 1);
	assert_string_equal(run[0].name, "observed");
	assert_memory_equal(run[0].policy, "linux-", 6);
	free(run);
	ss_close(r);
}

/* A byte of a keyframe is wrong, or it was never one: that one is missing, and counted. */
static void passed_over(void **state)
{
	uint64_t at = 0;
	struct ss_reader *r;
	struct ss_frame f;
	struct sg_err err;
	FILE *fp;
	int c;

	(void)state;
	save(true);
	opens(written + 1, 1);
	assert_int_equal(ss_open(file, 0, &r, &err), 0);
	for (uint64_t i = 0; at == 0 && ss_frame_at(r, i, &f); i++)
		if (strcmp(f.tag, "KEYF") == 0)
			at = f.offset + f.bytes / 2;
	ss_close(r);
	assert_true(at > 0);
	fp = fopen(file, "r+b");
	assert_non_null(fp);
	fseek(fp, (long)at, SEEK_SET);
	c = fgetc(fp);
	fseek(fp, (long)at, SEEK_SET);
	fputc(c ^ 0x20, fp);
	assert_int_equal(fclose(fp), 0);
	opens(written + 1, 2);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(comes_back), cmocka_unit_test(passed_over) };
	struct sg_err err;
	int r;

	if (argc != 2 || cmd_open(argv[1], &src, &err) < 0) {
		fprintf(stderr, "usage: %s CAPTURE\n", argv[0]);
		return 2;
	}
	r = cmocka_run_group_tests(tests, set_up, clean_up);
	cmd_close(&src);
	return r;
}
