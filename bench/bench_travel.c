// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench-travel FILE [BUDGET]...: how long it takes to come to a position of a capture.
 *
 * For each budget of the keyframes (bytes, with K, M or G; 0 for the timeline's own limit) a timeline is run
 * to its end, and then measured: 10,000 jumps to random positions; a step back after each; 10,000 steps back and
 * 10,000 forwards in rows, from random positions; and what memory the machine and its keyframes take.
 * The same random numbers each time.  Of each move: the thread's own processor time, so that other programs don't
 * count; the time on the clock; and the events that it replayed, which nothing disturbs.  PASSES times all over: what
 * an interrupt or another program adds to one move is not there the next time, so the least of the passes' maxima
 * is given as well.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "machine/layout.h"
#include "mm.h"
#include "tr.h"

#define JUMPS 10000u
#define ROWS  10u
#define ROW   (JUMPS / ROWS)
#define PASSES 3u

/* What is measured of a move. */
enum cost { CPU, CLOCK, EVENTS, NR_COSTS };
/* The kinds of moves. */
enum move { JUMP, BACK_AFTER, BACK, FORTH, NR_MOVES };

/* All moves of one kind of a pass, and what the passes so far have in common. */
struct costs {
	uint64_t v[NR_COSTS][JUMPS];
	uint64_t least[NR_COSTS]; /* of the passes' maxima */
};

static uint64_t now_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t rnd(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static void timed_seek(struct mm_timeline *tl, uint64_t pos, struct costs *c, unsigned int i)
{
	uint64_t events = mm_timeline_applied(tl), wall = now_ns(CLOCK_MONOTONIC), cpu = now_ns(CLOCK_THREAD_CPUTIME_ID);

	mm_timeline_seek(tl, pos);
	c->v[CPU][i] = now_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
	c->v[CLOCK][i] = now_ns(CLOCK_MONOTONIC) - wall;
	c->v[EVENTS][i] = mm_timeline_applied(tl) - events;
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void print(const char *what, struct costs *c)
{
	static const char *const unit[NR_COSTS] = { "ms", "ms on the clock", "thousand events" };

	for (unsigned int k = 0; k < NR_COSTS; k++) {
		double per = k == EVENTS ? 1e3 : 1e6;
		uint64_t *v = c->v[k];

		qsort(v, JUMPS, sizeof(*v), by_value);
		if (v[JUMPS - 1] < c->least[k])
			c->least[k] = v[JUMPS - 1];
		printf("  %-24s p50 %8.3f  p90 %8.3f  p99 %8.3f  p99.9 %8.3f  max %8.3f  least max %8.3f %s\n",
		       k ? "" : what, (double)v[JUMPS / 2] / per, (double)v[JUMPS * 9 / 10] / per,
		       (double)v[JUMPS * 99 / 100] / per, (double)v[JUMPS * 999 / 1000] / per, (double)v[JUMPS - 1] / per,
		       (double)c->least[k] / per, unit[k]);
	}
}

static void rows(struct mm_timeline *tl, uint64_t count, uint64_t *seed, int dir, struct costs *c)
{
	for (unsigned int i = 0; i < JUMPS; i++) {
		uint64_t pos;

		if (i % ROW == 0)
			mm_timeline_seek(tl, dir < 0 ? ROW + rnd(seed) % (count - ROW) : rnd(seed) % (count - ROW));
		pos = mm_position(mm_timeline_machine(tl));
		timed_seek(tl, dir < 0 ? pos - 1 : pos + 1, c, i);
	}
}

static void pass(struct mm_timeline *tl, uint64_t count, struct costs *c)
{
	uint64_t seed = 0x9e3779b97f4a7c15ull, most = 0, sum = 0;

	for (unsigned int i = 0; i < JUMPS; i++) {
		uint64_t pos = 1 + rnd(&seed) % count;

		timed_seek(tl, pos, &c[JUMP], i);
		timed_seek(tl, pos - 1, &c[BACK_AFTER], i);
		sum += mm_position(mm_timeline_machine(tl));
		if (mm_timeline_bytes(tl) > most)
			most = mm_timeline_bytes(tl);
	}
	print("jump", &c[JUMP]);
	print("step back after a jump", &c[BACK_AFTER]);
	rows(tl, count, &seed, -1, &c[BACK]);
	print("steps back in rows", &c[BACK]);
	rows(tl, count, &seed, 1, &c[FORTH]);
	print("steps forwards in rows", &c[FORTH]);
	printf("  %zu keyframes, %.1f MiB, at most %.1f MiB (checksum %" PRIx64 ")\n", mm_timeline_keyframes(tl),
	       (double)mm_timeline_bytes(tl) / 1048576, (double)most / 1048576, sum);
}

static int measure(const struct mm_config *cfg, const struct sg_log *log, uint64_t budget)
{
	uint64_t count = sg_log_count(log);
	struct costs *c = malloc(NR_MOVES * sizeof(*c));
	struct sg_err err = { 0 };
	struct mm_timeline *tl = mm_timeline_new(cfg, log, budget, &err);
	double took;

	if (!tl || !c) {
		fprintf(stderr, "bench-travel: %s\n", err.text[0] ? err.text : "out of memory");
		free(c);
		mm_timeline_free(tl);
		return 1;
	}
	for (unsigned int i = 0; i < NR_MOVES; i++)
		memset(c[i].least, 0xff, sizeof(c[i].least));
	timed_seek(tl, count, c, 0);
	took = (double)c->v[CPU][0];
	printf("budget %" PRIu64 " MiB: run to the end in %.3f s (%.2f million events/s), %zu keyframes, %.1f MiB "
	       "(%.1f bytes an event), the log %.1f MiB\n",
	       budget >> 20, took / 1e9, (double)count * 1e3 / took, mm_timeline_keyframes(tl),
	       (double)mm_timeline_bytes(tl) / 1048576, (double)mm_timeline_bytes(tl) / (double)count,
	       (double)sg_log_bytes(log) / 1048576);
	for (unsigned int i = 1; i <= PASSES; i++) {
		printf(" pass %u of %u\n", i, PASSES);
		pass(tl, count, c);
	}
	free(c);
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
	cfg.layout = mm_layout_new(sg_log_layout(log), cfg.cap);
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
