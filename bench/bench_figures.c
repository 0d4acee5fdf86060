// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench-figures CAPTURE...: how well events tell what the kernel's own counters say.
 *
 * Of each figure that /proc/vmstat counts as well: the counter's growth between the snapshots in-start and in-end, and the same
 * counted from the events between their markers.  The counters are read at some time while a snapshot is taken, so that the
 * events are counted twice: behind the first snapshot and before the second, and with both of them.  Counters in
 * between are met.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "figures/figures.h"
#include "tr.h"

#define BATCH 512

struct counted {
	struct mm_figures *f;
	bool on, over;
	struct mm_figure_values v;
};

static bool marker(const struct sg_event *ev, const char *text)
{
	size_t len = strlen(text);

	return ev->kind == SG_EV_print && ev->str && ev->str_len >= len && memcmp(ev->str, text, len) == 0;
}

/* The text that makes mm_figures_add() end is hidden from the one that counts on. */
static void add(struct counted *c, struct sg_event ev, const struct mm_machine *m, bool hide)
{
	if (!c->on || c->over)
		return;
	if (hide && ev.kind == SG_EV_print)
		ev.str_len = 0;
	mm_figures_add(c->f, &ev, m);
}

struct met {
	unsigned int captures, inside;
	double worst; /* share of the counter */
	char where[64];
};

static int look(const char *path, struct met *met)
{
	static struct sg_event ev[BATCH];
	struct sg_err err = { 0 };
	struct counted in = { 0 }, out = { 0 };
	struct tr_capture *tc = NULL;
	struct mm_config cfg = { 0 };
	struct mm_machine *m;
	const struct sg_snapshot *from, *to;
	struct mm_figure_values own;
	struct mm_policy p;
	const char *name;
	size_t n;

	if (tr_open(path, 0, &tc, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	from = tr_snapshot(tc, "in-start");
	to = tr_snapshot_end(tc);
	cfg.cap = tr_info(tc);
	name = cfg.cap->name;
	if (!from || !to) {
		tr_close(tc);
		return 0;
	}
	cfg.seed[cfg.nr_seeds++] = (struct mm_seed){ .snap = tr_snapshot(tc, "before") };
	cfg.seed[cfg.nr_seeds++] = (struct mm_seed){ .snap = from, .marker = "snapshot-begin", .marker_end = "snapshot-begin-done" };
	m = mm_machine_new(&cfg, &err);
	mm_policy_of_capture(&p, cfg.cap, (const struct sg_snapshot *const[]){ cfg.seed[0].snap, from }, 2);
	in.f = mm_figures_new(cfg.cap, &p);
	out.f = mm_figures_new(cfg.cap, &p);
	while (m && in.f && out.f && (n = tr_read(tc, ev, BATCH)) > 0)
		for (size_t i = 0; i < n; i++) {
			mm_observe(m, &ev[i]);
			out.over |= marker(&ev[i], "snapshot-end-done");
			add(&in, ev[i], m, false);
			add(&out, ev[i], m, true);
			out.on |= marker(&ev[i], "snapshot-begin");
			in.on |= marker(&ev[i], "snapshot-begin-done");
		}
	if (!m || !in.f || !out.f || !mm_figures_end(in.f, m, &in.v) || !mm_figures_end(out.f, m, &out.v)) {
		fprintf(stderr, "%s: out of memory\n", path);
		return 1;
	}
	for (unsigned int i = 0; i < MM_FIG_COUNT; i++)
		own.v[i] = MM_FIGURE_UNKNOWN;
	mm_figures_counters(&own, from, to);
	for (unsigned int i = 0; i < MM_FIG_COUNT; i++) {
		struct mm_figure_info info;
		int64_t c = own.v[i], a = in.v.v[i], b = out.v.v[i], miss;
		double share;

		if (c == MM_FIGURE_UNKNOWN || a == MM_FIGURE_UNKNOWN || (c == 0 && b == 0))
			continue;
		mm_figure_info(i, cfg.cap, &info);
		miss = c < a ? a - c : c > b ? c - b : 0;
		share = c ? (double)miss / (double)c : miss;
		met[i].captures++;
		met[i].inside += miss == 0;
		if (miss && share >= met[i].worst) {
			met[i].worst = share;
			snprintf(met[i].where, sizeof(met[i].where), "%s", name);
		}
		printf("%-36s %-24s %10" PRId64 " %10" PRId64 " %10" PRId64 "%s\n", name, info.key, c, a, b, miss ? "  *" : "");
	}
	mm_figures_free(in.f);
	mm_figures_free(out.f);
	mm_machine_free(m);
	tr_close(tc);
	return 0;
}

int main(int argc, char **argv)
{
	static struct met met[MM_FIG_COUNT];
	static const struct sg_capture none;
	int bad = 0;

	printf("%-36s %-24s %10s %10s %10s\n", "capture", "figure", "counter", "events", "with snap.");
	for (int i = 1; i < argc; i++)
		bad |= look(argv[i], met);
	printf("\n%-24s %8s %8s %10s\n", "figure", "captures", "met", "worst");
	for (unsigned int i = 0; i < MM_FIG_COUNT; i++) {
		struct mm_figure_info info;

		if (!met[i].captures)
			continue;
		mm_figure_info(i, &none, &info);
		printf("%-24s %8u %8u %9.2f%%  %s\n", info.key, met[i].captures, met[i].inside, 100 * met[i].worst, met[i].where);
	}
	return bad;
}
