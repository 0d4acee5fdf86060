// SPDX-License-Identifier: GPL-2.0-only
/* About the capture: what it is, what is missing from it, what contradicts the model. */
#include <inttypes.h>
#include <stdio.h>

#include "ui_lines.h"
#include "ui_view.h"

#define INDENT 14 /* behind the names of the first block */

struct v_info {
	struct ui_lines l;
};

/* Of which capture the demand is, what the run was under, and what had to be assumed. */
static void add_simulated(struct ui_lines *l, const struct sg_simulated *s)
{
	char num[UI_FMT_MAX];

	ui_lines_add(l, UI_ROLE_STRONG, INDENT, "Simulated run");
	if (s->from)
		ui_lines_add(l, UI_ROLE_TEXT, INDENT, "  demand of   %s, from event %s on", s->capture, ui_fmt_num(num, s->from));
	else
		ui_lines_add(l, UI_ROLE_TEXT, INDENT, "  demand of   %s", s->capture);
	ui_lines_add(l, UI_ROLE_TEXT, INDENT, "  under       %s", *s->asked ? s->asked : "the rules and settings of the captured kernel");
	ui_lines_add(l, UI_ROLE_TEXT, INDENT, "  policy      %s", s->policy);
	if (s->runs > 1)
		ui_lines_add(l, UI_ROLE_TEXT, INDENT, "  seed        %" PRIu64 ", run %" PRIu32 " of %" PRIu32, s->seed, s->run, s->runs);
	else
		ui_lines_add(l, UI_ROLE_TEXT, INDENT, "  seed        %" PRIu64, s->seed);
	if (*s->ended)
		ui_lines_add(l, UI_ROLE_WARN, INDENT, "  ended       %s", s->ended);
	for (unsigned int i = 0; i < s->nr_told; i++)
		ui_lines_add(l, UI_ROLE_TEXT, INDENT, "  %s  %s", i ? "          " : "assumed   ", s->told[i]);
}

static void add_capture(struct ui_lines *l, const struct ui_model *md)
{
	const struct sg_capture *c = md->run->cap;
	char num[UI_FMT_MAX], span[UI_FMT_MAX], size[UI_FMT_MAX], size2[UI_FMT_MAX], size3[UI_FMT_MAX];

	ui_lines_add(l, UI_ROLE_STRONG, INDENT, "Capture");
	ui_lines_add(l, UI_ROLE_TEXT, INDENT, "  file        %s", c->path);
	if (c->scenario[0])
		ui_lines_add(l, UI_ROLE_TEXT, INDENT, "  shows       %s", c->scenario);
	if (c->still) {
		ui_lines_add(l, UI_ROLE_TEXT, INDENT, "  kernel      %s, pages of %u bytes", c->kernel, c->page_size);
		ui_lines_add(l, UI_ROLE_TEXT, INDENT, "  format      text or snapshots without a trace: %u dump%s, no events",
			     c->nr_stills, c->nr_stills == 1 ? "" : "s");
		return;
	}
	ui_lines_add(l, UI_ROLE_TEXT, INDENT, "  kernel      %s, %u CPUs, pages of %u bytes, %u-bit, %s endian",
		     c->kernel, c->nr_cpus, c->page_size, c->long_size * 8, c->big_endian ? "big" : "little");
	if (c->simulated)
		ui_lines_add(l, UI_ROLE_TEXT, INDENT, "  format      events that a kernel under this policy would have traced");
	else if (c->file_version)
		ui_lines_add(l, UI_ROLE_TEXT, INDENT, "  format      trace.dat version %d, compression %s, clock %s",
			     c->file_version, c->compression, c->clock[0] ? c->clock : "unknown");
	else
		ui_lines_add(l, UI_ROLE_TEXT, INDENT, "  format      a trace as text");
	ui_lines_add(l, UI_ROLE_TEXT, INDENT, "  events      %s%s, over %s", ui_fmt_num(num, md->run->total),
		     md->run->loaded ? "" : " so far", ui_fmt_span(span, md->run->last_ts - md->run->first_ts, c->clock_is_ns));
	if (c->lost_events || c->lost_unknown)
		ui_lines_add(l, UI_ROLE_ERROR, INDENT, "  lost        %s%s%s", c->lost_events ? ui_fmt_num(num, c->lost_events) : "",
			     !c->lost_events ? "" : c->lost_unknown ? " events, and " : " events",
			     c->lost_unknown ? "gaps of unknown size" : "");
	else
		ui_lines_add(l, UI_ROLE_TEXT, INDENT, "  lost        %s",
			     sg_limits_find(&c->limits, SG_LIMIT_NOT_READABLE) ? "unknown: not all can be read" : "none");
	ui_lines_add(l, UI_ROLE_TEXT, INDENT, "  memory      log %s, timeline %s, decisions %s",
		     ui_fmt_size(size, sg_log_bytes(md->run->src->log)), ui_fmt_size(size2, mm_timeline_bytes(md->run->tl)),
		     ui_fmt_size(size3, md->run->dec.progress.bytes));
	if (md->run->dec.progress.stopped)
		ui_lines_add(l, UI_ROLE_WARN, INDENT, "  decisions   known up to event %s: %s",
			     ui_fmt_num(num, md->run->dec.progress.events), md->run->dec.progress.stopped);
	if (md->run->dec.d) {
		bool guess;
		const char *rules = mm_decide_rules(md->run->dec.d, &guess);

		ui_lines_add(l, guess ? UI_ROLE_WARN : UI_ROLE_TEXT, INDENT, "  rules       %s%s", rules,
			     guess ? ": a guess, this kernel is none of those whose rules are all known" : "");
	}
}

/* Each limit with its key, the events that it touches, and the remedy. */
static void add_limits(struct ui_lines *l, const struct sg_limits *set, bool heading)
{
	for (unsigned int i = 0; i < sg_limits_count(set); i++) {
		const struct sg_limit *x = sg_limits_at(set, i);
		char from[UI_FMT_MAX], to[UI_FMT_MAX], extent[2 * UI_FMT_MAX + 32] = "";

		if (heading && i == 0)
			ui_lines_add(l, UI_ROLE_STRONG, INDENT, "Limits: what the figures rest on");
		if (x->to != SG_LIMIT_END)
			snprintf(extent, sizeof(extent), " (events %s to %s)", ui_fmt_num(from, x->from), ui_fmt_num(to, x->to));
		else if (x->from > 1)
			snprintf(extent, sizeof(extent), " (from event %s on)", ui_fmt_num(from, x->from));
		ui_lines_add(l, UI_ROLE_WARN, 4, "  %s%s: %s", sg_limit_key(x->id), extent, x->text);
		if (*x->remedy)
			ui_lines_add(l, UI_ROLE_TEXT, 7, "    -> %s", x->remedy);
	}
}

static void info_sync(void *view, const struct ui_model *md, const struct ui_rect *r)
{
	struct ui_lines *l = &((struct v_info *)view)->l;
	const struct sg_capture *c = md->run->cap;
	char num[UI_FMT_MAX];
	bool unused = false;

	l->nr = 0;
	if (c->simulated)
		add_simulated(l, c->simulated);
	add_capture(l, md);
	add_limits(l, &c->limits, true);
	if (md->run->cfg.limits)
		add_limits(l, md->run->cfg.limits, sg_limits_count(&c->limits) == 0);
	ui_lines_add(l, UI_ROLE_STRONG, INDENT, "Zones");
	for (unsigned int i = 0; i < md->run->nr_zones; i++) {
		struct mm_zone_info zi;
		char node[12];

		mm_zone_get(md->run->m, i, &zi);
		if (zi.unplaced) {
			ui_lines_add(l, UI_ROLE_TEXT, INDENT, "  node %d %-8s counted: where it lies isn't known", zi.node, zi.name);
			continue;
		}
		ui_lines_add(l, UI_ROLE_TEXT, INDENT, "  node %s %-8s pfn %" PRIu64 " to %" PRIu64 ", %s", mm_node_text(zi.node, node),
			     zi.name, zi.start_pfn, zi.end_pfn,
			     zi.deduced ? "deduced from the events: no snapshot names the zones"
					: "from the snapshot");
	}
	ui_lines_add(l, UI_ROLE_STRONG, INDENT, "Contradictions between model and trace up to here");
	for (int k = 0; k < MM_CONTRA_COUNT; k++) {
		uint64_t n = mm_contra_count(md->run->m, (enum mm_contra)k);

		if (n)
			ui_lines_add(l, k == MM_CONTRA_SNAPSHOT_RACE ? UI_ROLE_TEXT : UI_ROLE_WARN, INDENT,
				     "  %10s  %s", ui_fmt_num(num, n), mm_contra_text((enum mm_contra)k));
	}
	if (ui_model_contradictions(md) == 0)
		ui_lines_add(l, UI_ROLE_TEXT, INDENT, "  none%s",
			     mm_contra_count(md->run->m, MM_CONTRA_SNAPSHOT_RACE) ? " other than those" : "");
	if (c->nr_notes)
		ui_lines_add(l, UI_ROLE_STRONG, INDENT, "Notes");
	for (unsigned int i = 0; i < c->nr_notes; i++)
		ui_lines_add(l, UI_ROLE_TEXT, INDENT, "  %s", c->note[i].text);
	for (unsigned int i = 0; i < c->nr_other; i++) {
		if (c->other[i].count == 0)
			continue;
		if (!unused)
			ui_lines_add(l, UI_ROLE_STRONG, INDENT, "Events that stormglass doesn't use");
		unused = true;
		ui_lines_add(l, UI_ROLE_TEXT, INDENT, "  %10s  %s", ui_fmt_num(num, c->other[i].count),
			     c->other[i].name);
	}
	ui_lines_fit(l, r->rows - 2, r->cols - 2);
}

static void info_draw(const void *view, const struct ui_model *md, struct ui_grid *g, const struct ui_rect *r)
{
	const struct v_info *v = view;
	struct ui_rect in = ui_box(g, r, "about this capture (Esc or q closes, Down and Up scroll)", true);

	ui_lines_draw(&v->l, g, &in, md->overlay_scroll);
}

static bool info_act(void *view, struct ui_model *md, enum ui_action a, uint64_t n)
{
	const struct v_info *v = view;

	return ui_lines_act(&v->l, &md->overlay_scroll, a, n);
}

const struct ui_view_ops ui_v_info = {
	.name = "info",
	.min_rows = 3,
	.min_cols = 20,
	.state_size = sizeof(struct v_info),
	.sync = info_sync,
	.draw = info_draw,
	.act = info_act,
};
