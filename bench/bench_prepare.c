// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench-prepare [--report] FILE...: how quick the check is, and what it takes until a capture is wholly prepared for the screens.
 *
 * check: the capture is read and checked, event by event, as stormglass check does.  on 1 TiB: the same events, with a highest
 * zone so large that nearly all of it isn't touched: that must cost nothing.  prepared: it is read into the log, and
 * one run over that makes keyframes, decisions and what pageblocks were.  Both by processor time and by the clock, the best of
 * RUNS; then the memory that is held in the end.  --report: the time of trace-cmd report on the same file, in the same run.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "index/decide.h"
#include "machine/layout.h"
#include "tr.h"

#define RUNS  3
#define BATCH 512
#define SLICE 4096

struct took {
	double cpu, clock; /* seconds */
};

static double of_clock(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct took now(void)
{
	return (struct took){ of_clock(CLOCK_PROCESS_CPUTIME_ID), of_clock(CLOCK_MONOTONIC) };
}

static void keep_best(struct took *best, struct took from)
{
	struct took t = now();

	t.cpu -= from.cpu;
	t.clock -= from.clock;
	if (best->cpu == 0 || t.cpu < best->cpu)
		best->cpu = t.cpu;
	if (best->clock == 0 || t.clock < best->clock)
		best->clock = t.clock;
}

struct result {
	struct took check, large, prepared; /* large: check on a machine of 1 TiB */
	uint64_t events, decisions, log_bytes, tl_bytes, index_bytes;
};

static void seeds(struct mm_config *cfg, struct tr_capture *tc)
{
	const struct sg_snapshot *before = tr_snapshot(tc, "before"), *start = tr_snapshot(tc, "in-start");

	*cfg = (struct mm_config){ .cap = tr_info(tc) };
	if (before)
		cfg->seed[cfg->nr_seeds++] = (struct mm_seed){ .snap = before };
	if (start)
		cfg->seed[cfg->nr_seeds++] = (struct mm_seed){ .snap = start, .marker = "snapshot-begin",
							       .marker_end = "snapshot-begin-done" };
}

#define TIB_PAGES (1ull << 28) /* of 4 KiB */

/* @snap with its highest zone so large that all are 1 TiB; NULL when it names none.  The caller frees @ret_zone. */
static bool enlarge(const struct sg_snapshot *snap, struct sg_snapshot *ret, struct sg_zone_snap **ret_zone)
{
	unsigned int top = 0;

	if (!snap || !snap->nr_zones || !(*ret_zone = malloc(snap->nr_zones * sizeof(**ret_zone))))
		return false;
	memcpy(*ret_zone, snap->zone, snap->nr_zones * sizeof(**ret_zone));
	for (unsigned int i = 0; i < snap->nr_zones; i++)
		if (snap->zone[i].start_pfn > snap->zone[top].start_pfn)
			top = i;
	(*ret_zone)[top].spanned = TIB_PAGES - (*ret_zone)[top].start_pfn;
	*ret = *snap;
	ret->zone = *ret_zone;
	return true;
}

/* The time begins when the file is open; @layout: where no snapshot names the zones, of an earlier run. */
static int run_check(const char *file, const struct mm_layout *layout, unsigned int max_order, bool large, struct took *best,
		     struct sg_err *err)
{
	struct sg_zone_snap *zone[2] = { NULL, NULL };
	struct sg_snapshot snap[2];
	struct tr_capture *tc = NULL;
	struct sg_event ev[BATCH];
	struct mm_machine *m = NULL;
	struct mm_check *c = NULL;
	struct mm_config cfg;
	struct took from;
	size_t n;

	if (tr_open(file, 0, &tc, err) < 0)
		return -1;
	from = now();
	seeds(&cfg, tc);
	cfg.layout = (struct mm_layout *)layout;
	cfg.max_order_hint = max_order;
	for (unsigned int i = 0; large && i < cfg.nr_seeds; i++)
		if (enlarge(cfg.seed[i].snap, &snap[i], &zone[i]))
			cfg.seed[i].snap = &snap[i];
	m = mm_machine_new(&cfg, err);
	c = m ? mm_check_new(m, &cfg, NULL, NULL, err) : NULL;
	while (c && (n = tr_read(tc, ev, BATCH)) > 0)
		for (size_t i = 0; i < n; i++)
			mm_check_observe(c, m, &ev[i]);
	if (c)
		mm_check_finish(c);
	keep_best(best, from);
	mm_check_free(c);
	mm_machine_free(m);
	tr_close(tc);
	free(zone[0]);
	free(zone[1]);
	return c ? 0 : -1;
}

static int run_prepare(const char *file, struct mm_layout **ret_layout, unsigned int *ret_order, struct result *r,
		       struct sg_err *err)
{
	struct sg_log *log = sg_log_new();
	struct mm_decide_progress p = { 0 };
	struct mm_timeline *tl = NULL;
	struct tr_capture *tc = NULL;
	struct mm_decide *d = NULL;
	struct sg_event ev[BATCH];
	struct mm_config cfg;
	struct took from;
	size_t n;

	if (!log || tr_open(file, 0, &tc, err) < 0) {
		sg_log_free(log);
		return -1;
	}
	from = now();
	while ((n = tr_read(tc, ev, BATCH)) > 0)
		for (size_t i = 0; i < n; i++)
			if (sg_log_append(log, &ev[i]) < 0)
				return sg_fail(err, SG_E_NOMEM, "out of memory");
	seeds(&cfg, tc);
	cfg.max_order_hint = *ret_order = sg_log_max_order(log);
	if (!*ret_layout)
		*ret_layout = mm_layout_new(sg_log_layout(log), cfg.cap);
	cfg.layout = *ret_layout;
	tl = mm_timeline_new(&cfg, log, 0, err);
	d = tl ? mm_decide_along(&cfg, log, tl, err) : NULL;
	while (d && mm_decide_work(d, SLICE, true))
		;
	while (d && mm_timeline_prepare(tl, SLICE))
		;
	keep_best(&r->prepared, from);
	if (d) {
		mm_decide_progress(d, &p);
		r->events = sg_log_count(log);
		r->decisions = mm_decide_count(d, NULL);
		r->log_bytes = sg_log_bytes(log);
		r->tl_bytes = mm_timeline_bytes(tl);
		r->index_bytes = p.bytes;
	}
	mm_decide_free(d);
	mm_timeline_free(tl);
	tr_close(tc);
	sg_log_free(log);
	return p.done ? 0 : -1;
}

/* trace-cmd report of the same file, by processor time and clock. */
static bool report(const char *file, struct took *ret)
{
	double start = of_clock(CLOCK_MONOTONIC);
	struct rusage u;
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		if (freopen("/dev/null", "w", stdout) && freopen("/dev/null", "w", stderr))
			execlp("trace-cmd", "trace-cmd", "report", "-i", file, (char *)NULL);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &u) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return false;
	ret->clock = of_clock(CLOCK_MONOTONIC) - start;
	ret->cpu = (double)u.ru_utime.tv_sec + (double)u.ru_stime.tv_sec + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
	return true;
}

static int one(const char *file, bool with_report)
{
	struct mm_layout *layout = NULL;
	struct sg_err err = { 0 };
	struct result r = { 0 };
	unsigned int order = 0;
	char dat[4096];
	struct took t;
	int ok = 0;

	printf("%s\n", file);
	for (int i = 0; i < RUNS && ok == 0; i++) {
		ok = run_prepare(file, &layout, &order, &r, &err);
		if (ok == 0)
			ok = run_check(file, layout, order, false, &r.check, &err);
		if (ok == 0)
			ok = run_check(file, layout, order, true, &r.large, &err);
	}
	mm_layout_free(layout);
	if (ok < 0 || r.events == 0) {
		printf("  %s\n", err.text[0] ? err.text : "can't be measured");
		return -1;
	}
	printf("  check     %6.2f s of processor time (%.2f million events/s), %6.2f s by the clock\n", r.check.cpu,
	       (double)r.events / r.check.cpu / 1e6, r.check.clock);
	printf("  on 1 TiB  %6.2f s of processor time (%.2f times that), where snapshots name the zones\n", r.large.cpu,
	       r.large.cpu / r.check.cpu);
	printf("  prepared  %6.2f s of processor time (%.2f times check),          %6.2f s by the clock (%.2f times)\n", r.prepared.cpu,
	       r.prepared.cpu / r.check.cpu, r.prepared.clock, r.prepared.clock / r.check.clock);
	printf("  memory    %.1f bytes an event: log %.1f, keyframes and machine %.1f, index %.1f; %" PRIu64 " events, %" PRIu64
	       " decisions\n",
	       (double)(r.log_bytes + r.tl_bytes + r.index_bytes) / (double)r.events, (double)r.log_bytes / (double)r.events,
	       (double)r.tl_bytes / (double)r.events, (double)r.index_bytes / (double)r.events, r.events, r.decisions);
	if (!with_report)
		return 0;
	snprintf(dat, sizeof(dat), "%s%s", file, access(file, F_OK) == 0 && strstr(file, ".dat") ? "" : "/trace.dat");
	if (report(dat, &t))
		printf("  trace-cmd report %.2f s of processor time (%.1f times check), %.2f s by the clock\n", t.cpu, t.cpu / r.check.cpu,
		       t.clock);
	else
		printf("  trace-cmd report: failed\n");
	return 0;
}

int main(int argc, char **argv)
{
	bool with_report = false;
	int r = argc < 2;

	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--report") == 0)
			with_report = true;
		else
			r |= one(argv[i], with_report) < 0;
	return r;
}
