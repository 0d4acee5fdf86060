// SPDX-License-Identifier: GPL-2.0-only
/* Session files: what is written comes back; writing never harms what was there. */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "session.h"

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

static struct ss_reader *opened(const char *file)
{
	struct ss_reader *r = NULL;
	struct sg_err err;

	if (ss_open(file, 0, &r, &err) < 0)
		fail_msg("%s", err.text);
	return r;
}

/* Events of any kind with any values, in any order of time, on many CPUs: field by field the same. */
static void wild_events(void **state)
{
	for (uint64_t seed = 1; seed <= 4; seed++) {
		struct tp_events e = ts_events(seed == 4 ? 9000 : 700 * seed, seed != 2, seed), b;
		struct ss_reader *r;

		ts_write(path, &e, seed == 3 ? 300 : 0);
		assert_true(ss_is_session(path));
		r = opened(path);
		b = ts_read_all(r, 61);
		assert_int_equal(b.nr, e.nr);
		for (size_t i = 0; i < e.nr; i++)
			ts_assert_same(&e.ev[i], e.text[i], &b.ev[i], b.text[i], i);
		assert_int_equal(ss_progress(r), 1000);
		ss_close(r);
		tp_events_free(&e);
		tp_events_free(&b);
	}
}

/* The events of the samples, through the parser and through a session. */
static void samples(void **state)
{
	static const char *const name[] = { TP_SAMPLES "/steady-6.1", TP_SAMPLES "/w2-unmovable-7.3" };
	static struct sg_event ev[512], back[512];

	for (size_t s = 0; s < 2; s++) {
		struct tr_capture *tc;
		struct ss_writer *w;
		struct ss_reader *r;
		struct sg_err err;
		struct stat st;
		uint64_t nr = 0;
		size_t n;

		assert_int_equal(tr_open(name[s], TR_NO_SNAPSHOTS, &tc, &err), 0);
		assert_int_equal(ss_create(path, tr_info(tc), NULL, 0, &w, &err), 0);
		while ((n = tr_read(tc, ev, 512)) > 0)
			for (size_t i = 0; i < n; i++, nr++)
				assert_int_equal(ss_append(w, &ev[i], &err), 0);
		assert_int_equal(ss_finish(w, false, &err), 0);
		tr_close(tc);
		/* the event log takes 8 to 20 bytes for an event; most of that is guessed */
		assert_int_equal(stat(path, &st), 0);
		assert_true((uint64_t)st.st_size < nr * 4);

		assert_int_equal(tr_open(name[s], TR_NO_SNAPSHOTS, &tc, &err), 0);
		r = opened(path);
		while ((n = tr_read(tc, ev, 512)) > 0)
			for (size_t i = 0, got = 0; i < n; i += got) {
				got = ss_read(r, back, n - i);
				assert_true(got > 0);
				for (size_t j = 0; j < got; j++)
					ts_assert_same(&ev[i + j], ev[i + j].str, &back[j], back[j].str, i + j);
			}
		assert_int_equal(ss_read(r, back, 1), 0);
		ss_close(r);
		tr_close(tc);
	}
}

/* Any event by its number or time, in any order. */
static void random_access(void **state)
{
	struct tp_events e = ts_events(5000, false, 9);
	struct sg_log *log = sg_log_new();
	struct ss_reader *r;
	struct sg_cursor cur = { 0 };
	struct sg_event ev;
	struct sg_err err;
	uint64_t s = 5;

	ts_write(path, &e, 640);
	r = opened(path);
	for (unsigned int i = 0; i < 300; i++) {
		uint64_t n = 1 + tp_rnd(&s) % 5000;

		assert_int_equal(ss_seek(r, n, &err), 0);
		assert_int_equal(ss_number(r), n);
		assert_int_equal(ss_read(r, &ev, 1), 1);
		ts_assert_same(&e.ev[n - 1], NULL, &ev, NULL, n - 1);
	}
	for (unsigned int i = 0; i < 100; i++) {
		uint64_t ts = e.ev[0].ts - 100 + tp_rnd(&s) % (e.ev[4999].ts - e.ev[0].ts + 200), want = 0;

		while (want < 5000 && e.ev[want].ts <= ts)
			want++;
		assert_int_equal(ss_find_ts(r, ts), want);
	}
	assert_int_equal(ss_seek(r, 5001, &err), 0); /* behind the last: the end */
	assert_int_equal(ss_read(r, &ev, 1), 0);
	assert_int_equal(ss_seek(r, 6000, &err), SG_E_RANGE);
	assert_int_equal(ss_load(r, 1001, 3000, log, &err), 0);
	assert_int_equal(sg_log_count(log), 2000);
	assert_true(sg_log_get(log, &cur, 2000, &ev));
	ts_assert_same(&e.ev[2999], NULL, &ev, NULL, 2999);
	sg_log_free(log);
	ss_close(r);
	tp_events_free(&e);
}

struct seen {
	uint64_t next, sum;
};

static int see(void *arg, uint64_t pfn, const uint64_t *flags, size_t nr)
{
	struct seen *s = arg;

	assert_int_equal(pfn, s->next);
	for (size_t i = 0; i < nr; i++)
		s->sum = s->sum * 31 + flags[i];
	s->next += nr;
	return 0;
}

/* Description, snapshot with page flags, and the small things. */
static void all_the_rest(void **state)
{
	struct tp_events e = ts_events(300, false, 3);
	const struct sg_capture *cap, *was = ts_capture();
	const struct sg_snapshot *snap;
	struct seen a = { 0 }, b = { 0 };
	struct ss_keyframe *key;
	struct ss_bookmark *mark;
	struct ss_filter *filter;
	struct ss_place *place;
	struct ss_step *step;
	struct ss_reader *r;
	struct sg_err err;
	void *image;
	size_t nr, len;

	ts_write(path, &e, 100);
	r = opened(path);
	cap = ss_info(r);
	assert_string_equal(cap->name, "made");
	assert_string_equal(cap->kernel, "7.3");
	assert_string_equal(cap->machine, "riscv64");
	assert_int_equal(cap->arch, SG_ARCH_RISCV64);
	assert_string_equal(cap->path, path);
	assert_string_equal(cap->instance[1], "second");
	assert_true(cap->present[SG_EV_mm_page_alloc] && !cap->present[SG_EV_mm_page_free]);
	assert_string_equal(cap->sym[SG_EV_mm_page_alloc][SGF_mm_page_alloc_gfp_flags]->sym[1].name, "high");
	assert_int_equal(cap->gfp_names->sym[1].value, 1ull << 63);
	assert_memory_equal(&cap->gfp, &was->gfp, sizeof(cap->gfp));
	assert_memory_equal(cap->migratetype, was->migratetype, sizeof(cap->migratetype));
	assert_int_equal(cap->mt_cma, -1);
	assert_string_equal(sg_capture_comm(cap, 220), "storm");
	assert_string_equal(cap->other[0].name, "sched_switch");
	assert_int_equal(cap->nr_notes, 1);
	snap = ss_snapshot(r, "before");
	assert_non_null(snap);
	assert_null(ss_snapshot(r, "after"));
	assert_int_equal(snap->pageblock_order, 9);
	assert_int_equal(snap->zone[0].pcp[1].high_max, 10);
	snap->zone[0].pcp = ts_snapshot()->zone[0].pcp; /* the rest of the zone is plain data */
	assert_memory_equal(&snap->zone[0], &ts_snapshot()->zone[0], sizeof(snap->zone[0]));
	assert_string_equal(sg_snapshot_get(snap, "vmstat.nr_free_pages"), "1234");
	assert_int_equal(snap->pageflags(snap, see, &a), 0);
	assert_int_equal(ts_snapshot()->pageflags(ts_snapshot(), see, &b), 0);
	assert_memory_equal(&a, &b, sizeof(a));

	assert_int_equal(ss_get_bookmarks(r, &mark, &nr, &err), 0);
	assert_int_equal(nr, 2); /* the newer list of the two */
	assert_string_equal(mark[0].note, "a note\nof two lines");
	assert_int_equal(mark[1].pos, 250);
	assert_int_equal(ss_get_path(r, &step, &nr, &err), 0);
	assert_int_equal(nr, 3);
	assert_string_equal(step[0].view, "map");
	assert_string_equal(step[2].key, "h");
	assert_int_equal(ss_get_filters(r, &filter, &nr, &err), 0);
	assert_int_equal(nr, 0);
	assert_null(filter);
	assert_int_equal(ss_get_place(r, &place, &err), SG_E_NOTFOUND);
	assert_int_equal(ss_list_keyframes(r, &key, &nr, &err), 0);
	assert_int_equal(nr, 1);
	assert_int_equal(key->pos, 6);
	assert_int_equal(ss_get_keyframe(r, 7, &image, &len, &err), 0);
	assert_int_equal(len, 5);
	assert_memory_equal(image, "image", 5);
	free(mark);
	free(step);
	free(key);
	free(image);
	ss_close(r);
	tp_events_free(&e);
}

/* A simulated run says what it is, the newest of what it said counts, and a capture says nothing of the kind. */
static void simulated(void **state)
{
	static const char *const told[] = { "23 pages of unknown state are in use", "costs of reclaim are the default" };
	struct sg_simulated run = { .capture = "w2", .asked = "linux-6.18", .policy = "linux-6.18,defrag_mode=1", .seed = UINT64_MAX - 1, .run = 2, .runs = 8,
				    .from = 12345, .ended = "", .nr_told = 1, .told = told };
	struct sg_capture cap = *ts_capture();
	const struct sg_simulated *got;
	struct ss_writer *w;
	struct ss_reader *r;
	struct sg_err err;
	void *image;
	size_t len;

	cap.simulated = &run;
	assert_int_equal(ss_create(path, &cap, NULL, 0, &w, &err), 0);
	assert_int_equal(ss_put_start(w, "old", 3, &err), 0);
	assert_int_equal(ss_put_start(w, "state", 5, &err), 0);
	run.nr_told = 2; /* what became of it is known at the end */
	run.ended = "the time was over";
	assert_int_equal(ss_finish(w, false, &err), 0);
	r = opened(path);
	got = ss_info(r)->simulated;
	assert_non_null(got);
	assert_string_equal(got->capture, "w2");
	assert_string_equal(got->asked, "linux-6.18");
	assert_string_equal(got->policy, "linux-6.18,defrag_mode=1");
	assert_true(got->seed == UINT64_MAX - 1 && got->run == 2 && got->runs == 8 && got->from == 12345);
	assert_string_equal(got->ended, "the time was over");
	assert_int_equal(got->nr_told, 2);
	assert_string_equal(got->told[1], "costs of reclaim are the default");
	assert_int_equal(ss_get_start(r, &image, &len, &err), 0);
	assert_int_equal(len, 5);
	assert_memory_equal(image, "state", 5);
	free(image);
	ss_close(r);

	assert_int_equal(ss_create(path, ts_capture(), NULL, 0, &w, &err), 0);
	assert_int_equal(ss_finish(w, false, &err), 0);
	r = opened(path);
	assert_null(ss_info(r)->simulated);
	assert_int_equal(ss_get_start(r, &image, &len, &err), SG_E_NOTFOUND);
	ss_close(r);
}

/* A section of many parts, and one of nothing. */
static void large_sections(void **state)
{
	size_t len = 9u << 20, got;
	uint8_t *data = malloc(len), *back;
	struct ss_writer *w;
	struct ss_reader *r;
	struct sg_err err;
	void *p;
	uint64_t s = 2;

	for (size_t i = 0; i < len; i++)
		data[i] = (uint8_t)(i % 1000 == 0 ? tp_rnd(&s) : i >> 12);
	assert_int_equal(ss_create(path, ts_capture(), NULL, 0, &w, &err), 0);
	assert_int_equal(ss_put_opaque(w, "XBIG", 3, 17, data, len, &err), 0);
	assert_int_equal(ss_put_opaque(w, "XNIL", 0, 0, data, 0, &err), 0);
	assert_int_equal(ss_put_opaque(w, "EVTS", 0, 0, data, 9, &err), SG_E_USAGE);
	assert_int_equal(ss_finish(w, false, &err), 0);
	r = opened(path);
	assert_int_equal(ss_get_opaque(r, "XBIG", 3, &p, &got, &err), 0);
	back = p;
	assert_int_equal(got, len);
	assert_memory_equal(back, data, len);
	free(back);
	assert_int_equal(ss_get_opaque(r, "XNIL", 0, &p, &got, &err), 0);
	assert_int_equal(got, 0);
	free(p);
	assert_int_equal(ss_get_opaque(r, "XBIG", 4, &p, &got, &err), SG_E_NOTFOUND);
	ss_close(r);
	free(data);
}

/* Events taken over as they are packed. */
static void copies(void **state)
{
	struct tp_events e = ts_events(2000, false, 6), b;
	struct ss_writer *w;
	struct ss_reader *r;
	struct sg_err err;
	char other[4200];

	ts_write(path, &e, 500);
	r = opened(path);
	snprintf(other, sizeof(other), "%s/b.sgs", dir);
	assert_int_equal(ss_create(other, ss_info(r), NULL, 0, &w, &err), 0);
	assert_int_equal(ss_copy_events(w, r, &err), 0);
	assert_int_equal(ss_written(w), 2000);
	assert_int_equal(ss_append(w, &e.ev[0], &err), 0);
	assert_int_equal(ss_finish(w, false, &err), 0);
	ss_close(r);
	r = opened(other);
	b = ts_read_all(r, 100);
	assert_int_equal(b.nr, 2001);
	for (size_t i = 0; i < 2001; i++)
		ts_assert_same(&e.ev[i % 2000], NULL, &b.ev[i], NULL, i);
	ss_close(r);
	tp_events_free(&e);
	tp_events_free(&b);
}

/*
 * A full frame has 65,536 events.  It is packed while those behind it are taken, two for each, so that nobody waits for
 * all of it: nothing of it is written when the next event comes, and all when half as many have come again.  What is
 * read is what was written, wherever one flushes.
 */
static void packed_meanwhile(void **state)
{
	struct tp_events e = ts_events(140000, false, 8), b;
	struct ss_writer *w;
	struct ss_reader *r;
	struct sg_err err;
	uint64_t first = 0;

	for (unsigned int flush = 0; flush < 2; flush++) {
		assert_int_equal(ss_create(path, ts_capture(), NULL, 0, &w, &err), 0);
		for (size_t i = 0; i < e.nr; i++) {
			assert_int_equal(ss_append(w, &e.ev[i], &err), 0);
			if (i + 1 == 65536 || i + 1 == 65537 || i + 1 == 65536 + 16384)
				assert_int_equal(ss_event_bytes(w), 0);
			if (i + 1 == 65536 + 40000)
				first = ss_event_bytes(w);
			if (flush && i + 1 == 65536 + 50000)
				assert_int_equal(ss_flush(w, &err), 0);
		}
		assert_true(first > 0);
		assert_int_equal(ss_finish(w, false, &err), 0);
		r = opened(path);
		b = ts_read_all(r, 512);
		assert_int_equal(b.nr, e.nr);
		for (size_t i = 0; i < e.nr; i++)
			ts_assert_same(&e.ev[i], NULL, &b.ev[i], NULL, i);
		ss_close(r);
		tp_events_free(&b);
	}
	tp_events_free(&e);
}

/* Files of the directory whose names begin with that of the session and go on. */
static unsigned int temporaries(char *ret, size_t size)
{
	DIR *d = opendir(dir);
	unsigned int n = 0;

	for (struct dirent *e; d && (e = readdir(d)) != NULL;)
		if (strncmp(e->d_name, "a.sgs.", 6) == 0) {
			n++;
			if (ret)
				snprintf(ret, size, "%s/%s", dir, e->d_name);
		}
	closedir(d);
	return n;
}

/* A disk that is full at @limit bytes: said at once, the old file as it was, nothing left behind. */
static void full_disk(void **state)
{
	struct tp_events e = ts_events(3000, true, 8);
	const struct sg_snapshot *snap = ts_snapshot();
	struct rlimit was, now;
	uint8_t *before, *after;
	size_t len, len2, total;
	struct sg_err err;

	ts_write(path, &e, 400);
	free(ts_file(path, &total));
	ts_put_file(path, "what was there", 14);
	before = ts_file(path, &len);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	for (size_t limit = 0; limit < total; limit += total / 37 + 1) {
		struct ss_writer *w = NULL;
		int r;

		now = was;
		now.rlim_cur = limit;
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &now), 0);
		r = ss_create(path, ts_capture(), &snap, 1, &w, &err);
		for (size_t i = 0; i < e.nr && r == 0; i++) {
			r = ss_append(w, &e.ev[i], &err);
			if (r == 0 && i % 400 == 399)
				r = ss_flush(w, &err);
		}
		if (r < 0 && w) {
			assert_true(ss_flush(w, NULL) < 0); /* and nothing more is taken */
			ss_abort(w, false);
		} else if (w) {
			r = ss_finish(w, false, &err);
		}
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
		assert_int_equal(r, SG_E_IO);
		assert_non_null(strstr(err.text, "File too large"));
		assert_int_equal(temporaries(NULL, 0), 0);
		after = ts_file(path, &len2);
		assert_int_equal(len, len2);
		assert_memory_equal(before, after, len);
		free(after);
	}
	signal(SIGXFSZ, SIG_DFL);
	/* a device isn't replaced by a file */
	{
		struct ss_writer *w;
		struct stat st;

		assert_int_equal(ss_create("/dev/full", ts_capture(), NULL, 0, &w, &err), SG_E_IO);
		assert_non_null(strstr(err.text, "No space left"));
		assert_int_equal(stat("/dev/full", &st), 0);
		assert_true(S_ISCHR(st.st_mode));
	}
	free(before);
	tp_events_free(&e);
}

/* Killed in the middle of writing: the old file is as it was, the new one opens as far as it got. */
static void killed(void **state)
{
	struct tp_events e = ts_events(4000, false, 4), b;
	char temp[4200];
	uint8_t *after;
	size_t len;
	int status;
	pid_t pid;

	ts_put_file(path, "what was there", 14);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct ss_writer *w;

		if (ss_create(path, ts_capture(), NULL, 0, &w, NULL) < 0)
			_exit(1);
		for (size_t i = 0; i < 3000; i++) {
			if (ss_append(w, &e.ev[i], NULL) < 0)
				_exit(1);
			if (i % 1000 == 999 && ss_flush(w, NULL) < 0)
				_exit(1);
		}
		for (size_t i = 3000; i < 3500; i++) /* these wait for a frame */
			ss_append(w, &e.ev[i], NULL);
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	after = ts_file(path, &len);
	assert_int_equal(len, 14);
	free(after);
	assert_int_equal(temporaries(temp, sizeof(temp)), 1);
	{
		struct ss_reader *r = opened(temp);
		struct ss_summary sum;

		ss_summarize(r, &sum);
		assert_false(sum.whole);
		assert_non_null(tp_note(ss_info(r), "not finished"));
		b = ts_read_all(r, 100);
		assert_int_equal(b.nr, 3000);
		for (size_t i = 0; i < b.nr; i++)
			ts_assert_same(&e.ev[i], NULL, &b.ev[i], NULL, i);
		ss_close(r);
	}
	unlink(temp);
	tp_events_free(&e);
	tp_events_free(&b);
}

/* Given up: nothing is left, or what there is when it's to be kept. */
static void given_up(void **state)
{
	struct ss_writer *w;
	struct sg_err err;
	char temp[4200];

	unlink(path);
	assert_int_equal(ss_create(path, ts_capture(), NULL, 0, &w, &err), 0);
	ss_abort(w, false);
	assert_int_equal(temporaries(NULL, 0), 0);
	assert_int_equal(ss_create(path, ts_capture(), NULL, 0, &w, &err), 0);
	snprintf(temp, sizeof(temp), "%s", ss_temp_name(w));
	ss_abort(w, true);
	ss_close(opened(temp));
	unlink(temp);
	ss_abort(NULL, false);
	assert_int_equal(ss_create("/no/such/directory/x.sgs", ts_capture(), NULL, 0, &w, &err), SG_E_IO);
	assert_int_equal(ss_create(dir, ts_capture(), NULL, 0, &w, &err), SG_E_IO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packed_meanwhile),
		cmocka_unit_test(wild_events),   cmocka_unit_test(samples),  cmocka_unit_test(random_access),
		cmocka_unit_test(all_the_rest),  cmocka_unit_test(simulated),  cmocka_unit_test(copies),   cmocka_unit_test(large_sections),
		cmocka_unit_test(full_disk),     cmocka_unit_test(killed),   cmocka_unit_test(given_up),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
