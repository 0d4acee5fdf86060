// SPDX-License-Identifier: GPL-2.0-only
/* About the capture: what it is, what is missing from it, what contradicts the model. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ui_view.h"

#define LINES_MAX 160

struct v_info {
	int nr, top;
	struct {
		enum ui_role role;
		char text[320];
	} line[LINES_MAX];
};

__attribute__((format(printf, 3, 4))) static void add(struct v_info *v, enum ui_role role,
						      const char *fmt, ...)
{
	char raw[sizeof(v->line[0].text)];
	va_list ap;

	if (v->nr == LINES_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	v->line[v->nr].role = role;
	sg_clean(v->line[v->nr].text, sizeof(v->line[0].text), raw, strlen(raw));
	v->nr++;
}

static void add_capture(struct v_info *v, const struct ui_model *md)
{
	const struct sg_capture *c = md->cap;
	char num[UI_FMT_MAX], span[UI_FMT_MAX], size[UI_FMT_MAX], size2[UI_FMT_MAX], size3[UI_FMT_MAX];

	add(v, UI_ROLE_STRONG, "Capture");
	add(v, UI_ROLE_TEXT, "  file        %s", c->path);
	if (c->scenario[0])
		add(v, UI_ROLE_TEXT, "  shows       %s", c->scenario);
	add(v, UI_ROLE_TEXT, "  kernel      %s, %u CPUs, pages of %u bytes, %u-bit, %s endian",
	    c->kernel, c->nr_cpus, c->page_size, c->long_size * 8,
	    c->big_endian ? "big" : "little");
	add(v, UI_ROLE_TEXT, "  format      trace.dat version %d, compression %s, clock %s",
	    c->file_version, c->compression, c->clock[0] ? c->clock : "unknown");
	add(v, UI_ROLE_TEXT, "  events      %s%s, over %s", ui_fmt_num(num, md->total),
	    md->loaded ? "" : " so far",
	    ui_fmt_span(span, md->last_ts - md->first_ts, c->clock_is_ns));
	if (c->lost_events || c->lost_unknown)
		add(v, UI_ROLE_ERROR, "  lost        %s events%s", ui_fmt_num(num, c->lost_events),
		    c->lost_unknown ? ", and gaps of unknown size" : "");
	else
		add(v, UI_ROLE_TEXT, "  lost        none");
	add(v, UI_ROLE_TEXT, "  memory      log %s, timeline %s, decisions %s",
	    ui_fmt_size(size, sg_log_bytes(md->src->log)),
	    ui_fmt_size(size2, mm_timeline_bytes(md->tl)), ui_fmt_size(size3, md->dec.progress.bytes));
	if (md->dec.progress.stopped)
		add(v, UI_ROLE_WARN, "  decisions   known up to event %s: %s", ui_fmt_num(num, md->dec.progress.events),
		    md->dec.progress.stopped);
	if (md->dec.d) {
		bool guess;
		const char *rules = mm_decide_rules(md->dec.d, &guess);

		add(v, guess ? UI_ROLE_WARN : UI_ROLE_TEXT, "  rules       %s%s", rules,
		    guess ? ": a guess, this kernel is none of those that are known" : "");
	}
}

static void info_sync(void *view, const struct ui_model *md, const struct ui_rect *r)
{
	struct v_info *v = view;
	const struct sg_capture *c = md->cap;
	char num[UI_FMT_MAX];
	int most;

	v->nr = 0;
	add_capture(v, md);
	add(v, UI_ROLE_STRONG, "Zones");
	for (unsigned int i = 0; i < md->nr_zones; i++) {
		struct mm_zone_info zi;

		mm_zone_get(md->m, i, &zi);
		add(v, UI_ROLE_TEXT, "  node %d %-8s pfn %" PRIu64 " to %" PRIu64 ", %s", zi.node,
		    zi.name, zi.start_pfn, zi.end_pfn,
		    zi.deduced ? "deduced from the events: no snapshot names the zones"
			       : "from the snapshot");
	}
	add(v, UI_ROLE_STRONG, "Contradictions between model and trace up to here");
	for (int k = 0; k < MM_CONTRA_COUNT; k++) {
		uint64_t n = mm_contra_count(md->m, (enum mm_contra)k);

		if (n)
			add(v, k == MM_CONTRA_SNAPSHOT_RACE ? UI_ROLE_TEXT : UI_ROLE_WARN,
			    "  %10s  %s", ui_fmt_num(num, n), mm_contra_text((enum mm_contra)k));
	}
	if (ui_model_contradictions(md) == 0)
		add(v, UI_ROLE_TEXT, "  none%s",
		    mm_contra_count(md->m, MM_CONTRA_SNAPSHOT_RACE) ? " other than those" : "");
	if (c->nr_notes)
		add(v, UI_ROLE_STRONG, "Notes");
	for (unsigned int i = 0; i < c->nr_notes; i++)
		add(v, UI_ROLE_TEXT, "  %s", c->note[i].text);
	if (c->nr_other)
		add(v, UI_ROLE_STRONG, "Events that stormglass doesn't use");
	for (unsigned int i = 0; i < c->nr_other; i++)
		add(v, UI_ROLE_TEXT, "  %10s  %s", ui_fmt_num(num, c->other[i].count),
		    c->other[i].name);
	most = v->nr - (r->rows - 2);
	v->top = md->overlay_scroll < most ? md->overlay_scroll : most;
	if (v->top < 0)
		v->top = 0;
}

static void info_draw(const void *view, const struct ui_model *md, struct ui_grid *g,
		      const struct ui_rect *r)
{
	const struct v_info *v = view;
	struct ui_rect in = ui_box(g, r, "about this capture (Esc or q closes, Down and Up scroll)",
				   true);
	int row = 0;

	(void)md;
	for (int i = v->top; i < v->nr && row < in.rows; i++)
		row += ui_wrap(g, &in, row, 14, in.rows - row, 0, ui_style(v->line[i].role),
			       v->line[i].text);
}

static bool info_act(void *view, struct ui_model *md, enum ui_action a, uint64_t n)
{
	struct v_info *v = view;
	int by = n > 200 ? 200 : (int)n;

	if (a == UI_ACT_FRAME_FWD || a == UI_ACT_FRAME_BACK)
		by *= 10;
	if (a == UI_ACT_UP || a == UI_ACT_FRAME_BACK)
		md->overlay_scroll = v->top > by ? v->top - by : 0;
	else if (a == UI_ACT_DOWN || a == UI_ACT_FRAME_FWD)
		md->overlay_scroll = v->top + by < v->nr ? v->top + by : v->nr;
	else
		return false;
	return true;
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
