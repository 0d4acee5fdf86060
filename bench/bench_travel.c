// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench-travel FILE [BUDGET]...: how long it takes to come to a position of a capture.
 *
 * For each budget of the keyframes (bytes, with K, M or G; 0 for the timeline's own limit) a timeline is run
 * to its end, and then measured: 10,000 jumps to random positions; a step back after each; 10,000 steps back and
 * 10,000 forwards in rows, from random positions; and what memory the machine and its keyframes take.
 * The same random numbers each time.  Times are of the processor, so that other programs don't count.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mm.h"
#include "tr.h"

#define JUMPS 10000u
#define ROWS  10u
#define ROW   (JUMPS / ROWS)

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t rnd(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static uint64_t timed_seek(struct mm_timeline *tl, uint64_t pos)
{
	uint64_t start = now_ns();

	mm_timeline_seek(tl, pos);
	return now_ns() - start;
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void print(const char *what, uint64_t *ns, unsigned int nr)
{
	qsort(ns, nr, sizeof(*ns), by_value);
	printf("  %-28s p50 %8.3f  p90 %8.3f  p99 %8.3f  p99.9 %8.3f  max %8.3f ms\n", what, (double)ns[nr / 2] / 1e6,
	       (double)ns[nr * 9 / 10] / 1e6, (double)ns[nr * 99 / 100] / 1e6, (double)ns[nr * 999 / 1000] / 1e6,
	       (double)ns[nr - 1] / 1e6);
}

static void rows(struct mm_timeline *tl, uint64_t count, uint64_t *seed, int dir, uint64_t *ns)
{
	for (unsigned int i = 0; i < JUMPS; i++) {
		uint64_t pos;

		if (i % ROW == 0)
			mm_timeline_seek(tl, dir < 0 ? ROW + rnd(seed) % (count - ROW) : rnd(seed) % (count - ROW));
		pos = mm_position(mm_timeline_machine(tl));
		ns[i] = timed_seek(tl, dir < 0 ? pos - 1 : pos + 1);
	}
}

static int measure(const struct mm_config *cfg, const struct sg_log *log, uint64_t budget)
{
	uint64_t count = sg_log_count(log), seed = 0x9e3779b97f4a7c15ull, took, most = 0, sum = 0;
	uint64_t *jump = malloc(JUMPS * sizeof(*jump)), *back = malloc(JUMPS * sizeof(*back));
	struct sg_err err = { 0 };
	struct mm_timeline *tl = mm_timeline_new(cfg, log, budget, &err);

	if (!tl || !jump || !back) {
		fprintf(stderr, "bench-travel: %s\n", err.text[0] ? err.text : "out of memory");
		free(jump);
		free(back);
		mm_timeline_free(tl);
		return 1;
	}
	took = timed_seek(tl, count);
	printf("budget %" PRIu64 " MiB: run to the end in %.3f s (%.2f million events/s), %zu keyframes, %.1f MiB "
	       "(%.1f bytes an event), the log %.1f MiB\n",
	       budget >> 20, (double)took / 1e9, (double)count * 1e3 / (double)took, mm_timeline_keyframes(tl),
	       (double)mm_timeline_bytes(tl) / 1048576, (double)mm_timeline_bytes(tl) / (double)count,
	       (double)sg_log_bytes(log) / 1048576);
	for (unsigned int i = 0; i < JUMPS; i++) {
		uint64_t pos = 1 + rnd(&seed) % count;

		jump[i] = timed_seek(tl, pos);
		back[i] = timed_seek(tl, pos - 1);
		sum += mm_position(mm_timeline_machine(tl));
		if (mm_timeline_bytes(tl) > most)
			most = mm_timeline_bytes(tl);
	}
	print("jump", jump, JUMPS);
	print("step back after a jump", back, JUMPS);
	rows(tl, count, &seed, -1, back);
	print("steps back in rows", back, JUMPS);
	rows(tl, count, &seed, 1, jump);
	print("steps forwards in rows", jump, JUMPS);
	printf("  %zu keyframes, %.1f MiB, at most %.1f MiB (checksum %" PRIx64 ")\n", mm_timeline_keyframes(tl),
	       (double)mm_timeline_bytes(tl) / 1048576, (double)most / 1048576, sum);
	free(jump);
	free(back);
	mm_timeline_free(tl);
	return 0;
}

static uint64_t bytes_of(const char *text)
{
	char *end;
	uint64_t v = strtoull(text, &end, 10);

	return *end == 'K' ? v << 10 : *end == 'M' ? v << 20 : *end == 'G' ? v << 30 : v;
}

int main(int argc, char **argv)
{
	struct sg_log *log = sg_log_new();
	struct sg_event *ev = malloc(512 * sizeof(*ev));
	struct mm_config cfg = { 0 };
	struct tr_capture *tc = NULL;
	struct sg_err err = { 0 };
	const struct sg_snapshot *snap;
	int r = 0;
	size_t n;

	if (argc < 2 || !log || !ev) {
		fprintf(stderr, "usage: bench-travel FILE [BUDGET]...\n");
		return 2;
	}
	if (tr_open(argv[1], 0, &tc, &err) < 0) {
		fprintf(stderr, "bench-travel: %s\n", err.text);
		return 1;
	}
	while ((n = tr_read(tc, ev, 512)) > 0)
		for (size_t i = 0; i < n; i++)
			if (sg_log_append(log, &ev[i]) < 0)
				return 1;
	cfg.cap = tr_info(tc);
	cfg.max_pfn_hint = sg_log_max_pfn(log);
	snap = tr_snapshot(tc, "before");
	if (snap)
		cfg.seed[cfg.nr_seeds++] = (struct mm_seed){ .snap = snap };
	snap = tr_snapshot(tc, "in-start");
	if (snap)
		cfg.seed[cfg.nr_seeds++] = (struct mm_seed){ .snap = snap, .marker = "snapshot-begin",
							     .marker_end = "snapshot-begin-done" };
	printf("%s: %" PRIu64 " events\n", argv[1], sg_log_count(log));
	if (sg_log_count(log) <= 2 * ROW) {
		fprintf(stderr, "bench-travel: %s: too few events to measure\n", argv[1]);
		r = 1;
	}
	for (int i = 2; i < argc && r == 0; i++)
		r = measure(&cfg, log, bytes_of(argv[i]));
	if (argc == 2 && r == 0)
		r = measure(&cfg, log, 0);
	sg_log_free(log);
	free(ev);
	tr_close(tc);
	return r;
}
