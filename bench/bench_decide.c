// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench-decide FILE...: the index of decisions of a whole capture: time, memory, the longest slice of 256
 * events, and how long the words of a decision take: of random ones, of each after the last, of each before.
 * Wall time: on a busy machine it is more.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "machine/layout.h"
#include "index/decide.h"
#include "tr.h"

#define LOOKS 1000
#define SLICE 256
#define BATCH 512

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static uint64_t rnd(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* The words of LOOKS decisions: @dir 0: anywhere; else from the middle on in that direction. */
static void looks(struct mm_decide *d, int dir, const char *what)
{
	uint64_t all = mm_decide_count(d, NULL), seed = 1, missing = 0;
	double took[LOOKS];

	for (int i = 0; i < LOOKS; i++) {
		uint64_t at = dir == 0 ? rnd(&seed) % all : dir > 0 ? all / 2 + (uint64_t)i : all / 2 - (uint64_t)i;
		const struct mm_decision *got;
		double start = now();

		while (!mm_decide_fetch(d, at < all ? at : all - 1, UINT64_MAX, &got))
			;
		took[i] = now() - start;
		missing += !got;
	}
	qsort(took, LOOKS, sizeof(took[0]), by_size);
	printf("  words of %-24s half within %7.3f ms, 99 %% within %7.3f ms, all within %7.3f ms%s\n", what, took[LOOKS / 2] * 1e3,
	       took[LOOKS * 99 / 100] * 1e3, took[LOOKS - 1] * 1e3, missing ? "; some are missing" : "");
}

static void measure(const struct mm_config *cfg, const struct sg_log *log)
{
	struct mm_decide_filter differ = { .verdicts = 1u << MM_DIFFERS };
	struct mm_decide_progress p;
	struct sg_err err = { 0 };
	double start = now(), slice, most = 0;
	struct mm_decide *d = mm_decide_new(cfg, log, 0, &err);
	bool more = d != NULL;

	if (!d) {
		printf("  %s\n", err.text);
		return;
	}
	while (more) {
		slice = now();
		more = mm_decide_work(d, SLICE, true);
		slice = now() - slice;
		most = slice > most ? slice : most;
	}
	mm_decide_progress(d, &p);
	start = now() - start;
	printf("  %" PRIu64 " events, %" PRIu64 " decisions, %" PRIu64 " differ\n", p.events, mm_decide_count(d, NULL),
	       mm_decide_count(d, &differ));
	printf("  index in %.2f s (%.1f million events/s), longest slice of %d events %.2f ms, %.1f MiB (log %.1f MiB)\n", start,
	       (double)p.events / start / 1e6, SLICE, most * 1e3, (double)p.bytes / 1048576, (double)sg_log_bytes(log) / 1048576);
	if (mm_decide_count(d, NULL) > 2 * LOOKS) {
		looks(d, 0, "random decisions");
		looks(d, 1, "each after the last");
		looks(d, -1, "each before the last");
	}
	mm_decide_free(d);
}

static int one(const char *file)
{
	const struct sg_snapshot *before, *start;
	struct sg_log *log = sg_log_new();
	struct mm_config cfg = { 0 };
	struct tr_capture *tc = NULL;
	struct sg_event ev[BATCH];
	struct sg_err err = { 0 };
	int r = log ? tr_open(file, 0, &tc, &err) : SG_E_NOMEM;
	size_t n;

	printf("%s\n", file);
	while (r == 0 && (n = tr_read(tc, ev, BATCH)) > 0)
		for (size_t i = 0; i < n && r == 0; i++)
			r = sg_log_append(log, &ev[i]);
	if (r == 0) {
		cfg.cap = tr_info(tc);
		before = tr_snapshot(tc, "before");
		start = tr_snapshot(tc, "in-start");
		if (before)
			cfg.seed[cfg.nr_seeds++] = (struct mm_seed){ .snap = before };
		if (start)
			cfg.seed[cfg.nr_seeds++] = (struct mm_seed){ .snap = start, .marker = "snapshot-begin",
								     .marker_end = "snapshot-begin-done" };
		cfg.layout = mm_layout_new(sg_log_layout(log), cfg.cap);
		measure(&cfg, log);
	} else {
		printf("  %s\n", err.text[0] ? err.text : "out of memory");
	}
	tr_close(tc);
	sg_log_free(log);
	return r;
}

int main(int argc, char **argv)
{
	int r = argc < 2;

	for (int i = 1; i < argc; i++)
		r |= one(argv[i]) < 0;
	return r;
}
