// SPDX-License-Identifier: GPL-2.0-only
/* Events written as a trace.dat, and read back: the same ones, in the capture's formats and in made ones. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "session.h"
#include "tr.h"
#include "tw.h"

static char *dir, path[4096];

static int setup(void **state)
{
	dir = tp_tmpdir();
	snprintf(path, sizeof(path), "%s/trace.dat", dir);
	return dir ? 0 : -1;
}

static int teardown(void **state)
{
	tp_rmdir(dir);
	return 0;
}

static struct tw_told written(const struct sg_capture *cap, const struct sg_log *log, const struct tr_capture *formats)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	struct tw_told told;
	struct sg_err err;

	assert_true(fd >= 0);
	if (tw_write(fd, path, cap, log, formats, &told, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(close(fd), 0);
	return told;
}

/* All of @log but events that nobody knows comes back, read by our own reader and by libtracecmd's. */
static void comes_back(const struct sg_log *log, unsigned int flags, const struct sg_capture *was)
{
	static struct sg_event ev[512];
	struct tr_capture *tc = NULL;
	struct sg_cursor cur;
	struct sg_event a;
	struct sg_err err;
	uint64_t i = 0;
	size_t n;

	if (tr_open(path, flags, &tc, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(tr_info(tc)->kernel, was->kernel);
	assert_string_equal(tr_info(tc)->clock, was->clock);
	assert_int_equal(tr_info(tc)->nr_cpus, was->nr_cpus);
	assert_string_equal(sg_capture_comm(tr_info(tc), 1), sg_capture_comm(was, 1));
	sg_log_seek(log, &cur, 1);
	while ((n = tr_read(tc, ev, 512)) > 0)
		for (size_t k = 0; k < n; k++, i++) {
			do
				assert_true(sg_log_next(&cur, &a));
			while (a.kind == SG_EV_other);
			a.missed = 0; /* gaps aren't written */
			ts_assert_same(&a, a.str, &ev[k], ev[k].str, i);
		}
	while (sg_log_next(&cur, &a))
		assert_int_equal(a.kind, SG_EV_other);
	assert_int_equal(tr_info(tc)->lost_events, 0);
	tr_close(tc);
}

static void samples(void **state)
{
	static const char *const name[] = { TP_SAMPLES "/steady-6.1", TP_SAMPLES "/w2-unmovable-7.3" };
	static struct sg_event ev[512];

	for (size_t s = 0; s < 2; s++) {
		struct sg_log *log = sg_log_new();
		struct tw_told told, made;
		struct tr_capture *tc;
		struct sg_err err;
		uint64_t known = 0;
		size_t n;

		assert_int_equal(tr_open(name[s], TR_NO_SNAPSHOTS, &tc, &err), 0);
		while ((n = tr_read(tc, ev, 512)) > 0)
			for (size_t i = 0; i < n; i++) {
				assert_int_equal(sg_log_append(log, &ev[i]), 0);
				known += ev[i].kind != SG_EV_other;
			}
		told = written(tr_info(tc), log, tc);
		assert_int_equal(told.events, known);
		assert_int_equal(told.left_out, sg_log_count(log) - known);
		/* its own events fit into its formats; those of 7.x that libtraceevent doesn't understand aren't used */
		assert_true(s == 0 ? told.made == 0 : told.made > 0 && told.made < told.taken);
		assert_true(told.taken > 5 && told.moved == 0 && told.cut_texts == 0);
		comes_back(log, TR_NO_SNAPSHOTS, tr_info(tc));
		comes_back(log, TR_NO_SNAPSHOTS | TR_PLAIN, tr_info(tc));

		made = written(tr_info(tc), log, NULL);
		assert_int_equal(made.taken, 0);
		assert_int_equal(made.made, told.taken + told.made);
		assert_int_equal(made.events, known);
		comes_back(log, TR_NO_SNAPSHOTS, tr_info(tc));
		comes_back(log, TR_NO_SNAPSHOTS | TR_PLAIN, tr_info(tc));
		tr_close(tc);
		sg_log_free(log);
	}
}

/* What the made formats tell of names and of the kernel's sizes is what the description says. */
static void description(void **state)
{
	struct sg_log *log = sg_log_new();
	const struct sg_symtab *t;
	struct sg_capture cap;
	struct tr_capture *tc;
	struct sg_err err;
	struct sg_event ev = { .kind = SG_EV_mm_page_alloc_extfrag, .ts = 5, .v = { 100, 0, 3, 0, 1, 1 } };

	assert_int_equal(tr_open(TP_SAMPLES "/w2-unmovable-7.3", TR_NO_SNAPSHOTS, &tc, &err), 0);
	cap = *tr_info(tc);
	cap.nr_orders = 12;
	cap.huge_order = 9;
	cap.pageblock_order = 9;
	assert_int_equal(sg_log_append(log, &ev), 0);
	ev = (struct sg_event){ .kind = SG_EV_mm_page_alloc, .ts = 5 + (UINT64_C(1) << 40), .pid = 1, .v = { UINT64_MAX, 9, 0x140cca, 1 } };
	assert_int_equal(sg_log_append(log, &ev), 0);
	/* earlier than the one before on its CPU: put at its time */
	ev.ts -= 7;
	assert_int_equal(sg_log_append(log, &ev), 0);
	assert_int_equal(written(&cap, log, NULL).moved, 1);
	tr_close(tc);

	assert_int_equal(tr_open(path, 0, &tc, &err), 0);
	assert_int_equal(tr_info(tc)->nr_orders, 12);
	assert_int_equal(tr_info(tc)->pageblock_order, 9);
	t = tr_info(tc)->sym[SG_EV_mm_page_alloc][SGF_mm_page_alloc_gfp_flags];
	assert_non_null(t);
	assert_true(t->flags && t->nr > 20);
	assert_true(tr_info(tc)->gfp.direct_reclaim == 0x400 && tr_info(tc)->gfp.movable == 0x8);
	assert_int_equal(tr_read(tc, &ev, 1), 1);
	assert_int_equal(ev.ts, 5);
	assert_int_equal(tr_read(tc, &ev, 1), 1);
	assert_true(ev.ts == 5 + (UINT64_C(1) << 40) && ev.v[SGF_mm_page_alloc_pfn] == UINT64_MAX);
	assert_int_equal(tr_read(tc, &ev, 1), 1);
	assert_true(ev.ts == 5 + (UINT64_C(1) << 40));
	tr_close(tc);
	sg_log_free(log);
}

/* A full disk is an error with the file's name. */
static void no_room(void **state)
{
	int fd = open("/dev/full", O_WRONLY);
	struct sg_log *log = sg_log_new();
	struct sg_event ev = { .kind = SG_EV_mm_page_free, .v = { 1, 0 } };
	struct tw_told told;
	struct sg_err err;

	if (fd < 0)
		skip();
	assert_int_equal(sg_log_append(log, &ev), 0);
	assert_int_equal(tw_write(fd, "/dev/full", ts_capture(), log, NULL, &told, &err), SG_E_IO);
	assert_non_null(strstr(err.text, "/dev/full"));
	close(fd);
	sg_log_free(log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples),
		cmocka_unit_test(description),
		cmocka_unit_test(no_room),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
