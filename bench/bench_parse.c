// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench-parse [--report] FILE...: how fast a capture is read, beside libtracecmd on the same file
 * in the same run.  Prints, for each: events a second of libtracecmd's tracecmd_iterate_events()
 * with one field read of each event, of ours in the caller's thread alone and with the second
 * thread, and the ratios.  Each figure is the best of RUNS.  --report adds the time of trace-cmd
 * report.
 *
 * The loops are timed without the opening; "with opening" is both together. With a compressed file
 * the second thread needs a second processor: on a busy machine the figure is that of one.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <trace-cmd/trace-cmd.h>
#include <traceevent/event-parse.h>
#include <unistd.h>

#include "tr_priv.h"
#include "tr_quiet.h"

#define RUNS  3
#define BATCH 512

struct timing {
	double open, read; /* seconds */
	uint64_t events;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

struct loop {
	struct tep_handle *tep;
	struct tep_format_field *field[65536]; /* the first own field of each event */
	bool known[65536];
	uint64_t events, sum;
};

static int one_record(struct tracecmd_input *handle, struct tep_record *rec, int cpu, void *arg)
{
	struct loop *l = arg;
	unsigned int id = (unsigned int)tep_data_type(l->tep, rec) & 0xffff;
	unsigned long long v;

	if (!l->known[id]) {
		struct tep_event *ev = tep_find_event(l->tep, (int)id);

		l->field[id] = ev ? ev->format.fields : NULL;
		l->known[id] = true;
	}
	if (l->field[id] && tep_read_number_field(l->field[id], rec->data, &v) == 0)
		l->sum += v;
	l->events++;
	return 0;
}

static bool run_library(const char *path, struct timing *t)
{
	struct loop *l = calloc(1, sizeof(*l));
	struct tracecmd_input *h;
	struct tr_quiet q;
	double t0 = now(), t1;

	if (!l)
		return false;
	tr_quiet_begin(&q);
	h = tracecmd_open(path, TRACECMD_FL_LOAD_NO_PLUGINS);
	tr_quiet_end(&q);
	if (!h) {
		free(l);
		return false;
	}
	l->tep = tracecmd_get_tep(h);
	t1 = now();
	tracecmd_iterate_events(h, NULL, 0, one_record, l);
	*t = (struct timing){ t1 - t0, now() - t1, l->events };
	tracecmd_close(h);
	free(l);
	return true;
}

static bool run_ours(const char *path, unsigned int flags, struct timing *t)
{
	static struct sg_event ev[BATCH];
	struct tr_capture *tc;
	struct sg_err err;
	double t0 = now(), t1;
	uint64_t events = 0;
	size_t n;

	if (tr_open(path, flags | TR_NO_SNAPSHOTS, &tc, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return false;
	}
	t1 = now();
	while ((n = tr_read(tc, ev, BATCH)))
		events += n;
	*t = (struct timing){ t1 - t0, now() - t1, events };
	tr_close(tc);
	return true;
}

static double rate(const struct timing *t)
{
	return (double)t->events / t->read / 1e6;
}

static void keep_best(struct timing *best, const struct timing *t)
{
	if (best->read == 0 || t->read < best->read)
		best->read = t->read;
	if (best->open == 0 || t->open < best->open)
		best->open = t->open;
	best->events = t->events;
}

static void report_time(const char *path)
{
	char cmd[4200];
	double t0 = now();

	snprintf(cmd, sizeof(cmd), "exec trace-cmd report -i '%s' > /dev/null 2>&1", path);
	if (strchr(path, '\'') || system(cmd) != 0)
		printf("  trace-cmd report: failed\n");
	else
		printf("  trace-cmd report: %.2f s\n", now() - t0);
}

static int one_capture(const char *given, bool report)
{
	struct timing lib = { 0 }, alone = { 0 }, both = { 0 }, t;
	struct tr_src src = { .fd = -1 };
	char file[4096], path[64];
	struct sg_err err;
	struct stat st;

	/* a directory, or a file packed as a whole: both sides get the same unpacked file */
	snprintf(file, sizeof(file), "%s", given);
	if (stat(file, &st) == 0 && S_ISDIR(st.st_mode)) {
		snprintf(file, sizeof(file), "%s/trace.dat", given);
		if (access(file, F_OK) != 0)
			snprintf(file, sizeof(file), "%s/trace.dat.zst", given);
	}
	if (tr_src_open(file, &src, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		tr_src_close(&src);
		return 1;
	}
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)getpid(), src.fd);
	for (int i = 0; i < RUNS; i++) {
		if (!run_library(path, &t)) {
			fprintf(stderr, "%s: libtracecmd cannot read it\n", given);
			tr_src_close(&src);
			return 1;
		}
		keep_best(&lib, &t);
		if (!run_ours(path, TR_NO_THREAD, &t))
			return 1;
		keep_best(&alone, &t);
		if (!run_ours(path, 0, &t))
			return 1;
		keep_best(&both, &t);
	}
	printf("%s: %" PRIu64 " events\n", given, both.events);
	printf("  libtracecmd %6.2f M/s   ours, one thread %6.2f M/s (%.1fx)   with two %6.2f M/s "
	       "(%.1fx)   with opening (%.1fx)%s\n",
	       rate(&lib), rate(&alone), rate(&alone) / rate(&lib), rate(&both),
	       rate(&both) / rate(&lib), (lib.open + lib.read) / (both.open + both.read),
	       lib.events == both.events ? "" : "   EVENT COUNTS DIFFER");
	if (report)
		report_time(path);
	tr_src_close(&src);
	return lib.events != both.events;
}

int main(int argc, char **argv)
{
	bool report = false;
	int r = 0;

	if (argc < 2) {
		fprintf(stderr, "usage: bench-parse [--report] FILE...\n");
		return 2;
	}
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--report") == 0)
			report = true;
		else
			r |= one_capture(argv[i], report);
	}
	return r;
}
