// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench-session CAPTURE...: session files.  For each capture: how fast events are packed and
 * written, and read back, in millions a second of this one thread's own processor time (the
 * parser's time is left out); how long it takes to get at any event, the file opened and the frame
 * unpacked; bytes an event, and the size beside that of the capture's trace file.  Snapshots count on
 * neither side; "with snapshots" says what they add to the session and take as they lie there.
 * Every event read back is held against the capture's.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>

#include "ss.h"
#include "tr.h"

#define BATCH 512
#define JUMPS 1000

static double seconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double busy(void)
{
	return seconds(CLOCK_THREAD_CPUTIME_ID);
}

static uint64_t size_of(const char *dir, const char *name)
{
	char path[4200];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return stat(path, &st) == 0 && S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
}

/* Size of a file as zstd -3 packs it, 0 when it can't be read. */
static uint64_t packed_size(const char *path)
{
	static char in[1 << 17], out[1 << 18];
	ZSTD_CCtx *c = ZSTD_createCCtx();
	FILE *f = fopen(path, "re");
	uint64_t sum = 0;
	size_t n, left;

	while (c && f) {
		n = fread(in, 1, sizeof(in), f);
		ZSTD_inBuffer ib = { in, n, 0 };

		do {
			ZSTD_outBuffer ob = { out, sizeof(out), 0 };

			left = ZSTD_compressStream2(c, &ob, &ib, n ? ZSTD_e_continue : ZSTD_e_end);
			sum += ob.pos;
		} while (!ZSTD_isError(left) && (n ? ib.pos < ib.size : left > 0));
		if (n == 0)
			break;
	}
	if (f)
		fclose(f);
	ZSTD_freeCCtx(c);
	return sum;
}

/* The trace file of a capture, packed: as it lies there when it is packed already. */
static uint64_t trace_size(const char *capture)
{
	uint64_t size = size_of(capture, "trace.dat.zst"), packed;
	char path[4200];
	struct stat st;

	if (size)
		return size;
	snprintf(path, sizeof(path), "%s/trace.dat", capture);
	if (stat(capture, &st) == 0 && !S_ISDIR(st.st_mode))
		snprintf(path, sizeof(path), "%s", capture);
	packed = packed_size(path);
	return stat(path, &st) == 0 && packed > (uint64_t)st.st_size ? (uint64_t)st.st_size : packed;
}

static int write_session(const char *capture, const char *path, uint64_t *events, double *time, struct sg_err *err)
{
	static struct sg_event ev[BATCH];
	const struct sg_snapshot *snap[2];
	unsigned int nr_snaps = 0;
	struct tr_capture *tc;
	struct ss_writer *w;
	double t0;
	size_t n;
	int r = tr_open(capture, 0, &tc, err);

	if (r < 0)
		return r;
	if (tr_snapshot(tc, "before"))
		snap[nr_snaps++] = tr_snapshot(tc, "before");
	if (tr_snapshot(tc, "in-start"))
		snap[nr_snaps++] = tr_snapshot(tc, "in-start");
	r = ss_create(path, tr_info(tc), snap, nr_snaps, &w, err);
	*time = 0;
	*events = 0;
	if (r < 0) {
		tr_close(tc);
		return r;
	}
	while (r == 0 && (n = tr_read(tc, ev, BATCH)) > 0) {
		t0 = busy();
		for (size_t i = 0; i < n && r == 0; i++)
			r = ss_append(w, &ev[i], err);
		*time += busy() - t0;
		*events += n;
	}
	t0 = busy();
	if (r == 0)
		r = ss_finish(w, false, err);
	else
		ss_abort(w, false);
	*time += busy() - t0;
	tr_close(tc);
	return r;
}

static bool same(const struct sg_event *a, const struct sg_event *b)
{
	return a->kind == b->kind && a->ts == b->ts && a->cpu == b->cpu && a->pid == b->pid && a->instance == b->instance &&
	       a->common_flags == b->common_flags && a->preempt == b->preempt && a->missed == b->missed &&
	       a->str_len == b->str_len && (!a->str_len || memcmp(a->str, b->str, a->str_len) == 0) &&
	       memcmp(a->v, b->v, sg_kind_info(a->kind)->nr_fields * sizeof(a->v[0])) == 0;
}

static bool compare(const char *capture, struct ss_reader *r)
{
	static struct sg_event a[BATCH], b[BATCH];
	size_t n, got;
	struct tr_capture *tc;
	struct sg_err err;

	if (tr_open(capture, TR_NO_SNAPSHOTS, &tc, &err) < 0 || ss_seek(r, 1, &err) < 0)
		return false;
	while ((n = tr_read(tc, a, BATCH)) > 0)
		for (size_t i = 0; i < n; i += got) {
			got = ss_read(r, b, n - i);
			for (size_t j = 0; j < got; j++)
				if (!same(&a[i + j], &b[j]))
					got = 0;
			if (got == 0) {
				tr_close(tc);
				return false;
			}
		}
	tr_close(tc);
	return ss_read(r, b, 1) == 0;
}

static int by_value(const void *a, const void *b)
{
	return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

static void jumps(struct ss_reader *r, uint64_t events)
{
	static double t[JUMPS], busy_t[JUMPS];
	struct sg_event ev;
	uint64_t s = 88172645463325252ull;

	for (unsigned int i = 0; i < JUMPS; i++) {
		double t0 = seconds(CLOCK_MONOTONIC), b0 = busy();

		s ^= s << 13;
		s ^= s >> 7;
		s ^= s << 17;
		if (ss_seek(r, 1 + s % events, NULL) < 0 || ss_read(r, &ev, 1) != 1)
			printf("  EVENT NOT FOUND\n");
		t[i] = seconds(CLOCK_MONOTONIC) - t0;
		busy_t[i] = busy() - b0;
	}
	qsort(t, JUMPS, sizeof(t[0]), by_value);
	qsort(busy_t, JUMPS, sizeof(busy_t[0]), by_value);
	printf("  any event: median %.1f ms, 90 %% %.1f ms, 99 %% %.1f ms, most %.1f ms; without waiting for a processor "
	       "%.1f, %.1f, %.1f, %.1f ms\n",
	       t[JUMPS / 2] * 1e3, t[JUMPS * 9 / 10] * 1e3, t[JUMPS * 99 / 100] * 1e3, t[JUMPS - 1] * 1e3,
	       busy_t[JUMPS / 2] * 1e3, busy_t[JUMPS * 9 / 10] * 1e3, busy_t[JUMPS * 99 / 100] * 1e3, busy_t[JUMPS - 1] * 1e3);
}

static int one_capture(const char *capture, const char *path)
{
	static struct sg_event ev[BATCH];
	uint64_t events, flags = 0, flags_there, trace = trace_size(capture);
	double written, t0, t_open, t_read;
	struct ss_summary sum;
	struct ss_reader *r;
	struct ss_frame f;
	struct sg_err err;
	int bad;

	if (write_session(capture, path, &events, &written, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	t0 = busy();
	if (ss_open(path, 0, &r, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	t_open = busy() - t0;
	t0 = busy();
	while (ss_read(r, ev, BATCH) > 0)
		;
	t_read = busy() - t0;
	ss_summarize(r, &sum);
	for (uint64_t i = 0; ss_frame_at(r, i, &f); i++)
		if (strcmp(f.tag, "PFLG") == 0 || strcmp(f.tag, "SNAP") == 0)
			flags += f.bytes;
	flags_there = size_of(capture, "before/kpageflags.zst") + size_of(capture, "in-start/kpageflags.zst");
	printf("%s: %" PRIu64 " events\n", capture, events);
	printf("  write %.2f M/s   read %.2f M/s   open %.1f ms\n", (double)events / written / 1e6,
	       (double)events / t_read / 1e6, t_open * 1e3);
	if (events)
		jumps(r, events);
	printf("  %" PRIu64 " bytes, %.2f an event; trace file %" PRIu64 ", ratio %.3f", sum.file_bytes - flags,
	       (double)(sum.file_bytes - flags) / (double)(events ? events : 1), trace,
	       (double)(sum.file_bytes - flags) / (double)(trace ? trace : 1));
	printf("; snapshots %" PRIu64 " (page flags there %" PRIu64 ")\n", flags, flags_there);
	bad = !compare(capture, r) || sum.nr_events != events;
	printf("  %s\n", bad ? "EVENTS DIFFER" : "all events the same");
	ss_close(r);
	return bad;
}

int main(int argc, char **argv)
{
	char path[4096];
	const char *tmp = getenv("TMPDIR");
	int r = 0, fd;

	if (argc < 2) {
		fprintf(stderr, "usage: bench-session CAPTURE...\n");
		return 2;
	}
	snprintf(path, sizeof(path), "%s/bench-session-XXXXXX", tmp ? tmp : P_tmpdir);
	fd = mkstemp(path);
	if (fd < 0) {
		perror(path);
		return 1;
	}
	close(fd);
	for (int i = 1; i < argc; i++)
		r |= one_capture(argv[i], path);
	unlink(path);
	return r;
}
