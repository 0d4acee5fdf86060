// SPDX-License-Identifier: GPL-2.0-only
/* The decision at the position in plain words: what the kernel did, what its rules say, and why. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "mm_words.h"
#include "ui_decision_text.h"
#include "ui_view.h"

#define LINES 8

struct v_decision {
	char title[128], event[160]; /* the event's task and name, where it has no panel */
	int nr;
	struct {
		enum ui_role role;
		char text[UI_DECIDE_TEXT + 64];
	} line[LINES];
};

__attribute__((format(printf, 3, 4))) static void add(struct v_decision *v, enum ui_role role, const char *fmt, ...)
{
	va_list ap;

	if (v->nr == LINES)
		return;
	va_start(ap, fmt);
	vsnprintf(v->line[v->nr].text, sizeof(v->line[0].text), fmt, ap);
	va_end(ap);
	v->line[v->nr++].role = role;
}

/* "12 events earlier: pick, the rules and the kernel agree (N)" */
static void add_neighbour(struct v_decision *v, const struct ui_model *md, int dir)
{
	struct mm_decide_filter f = ui_decide_filter(md, false);
	const struct ui_decide *dec = &md->dec;
	struct mm_decide_ref ref;
	char away[UI_FMT_MAX];
	uint64_t i, by;

	if ((dir < 0 && dec->first == 0) || !mm_decide_find(dec->d, &f, dir < 0 ? dec->first - 1 : dec->first, dir, &i) ||
	    !mm_decide_get(dec->d, i, &ref)) {
		add(v, UI_ROLE_DIM, "%s this event there is none.", dir < 0 ? "Before" : "After");
		return;
	}
	by = dir < 0 ? md->pos - ref.event : ref.event - md->pos;
	add(v, UI_ROLE_TEXT, "%s event%s %s: %s, %s (%s)", ui_fmt_num(away, by), by == 1 ? "" : "s",
	    dir < 0 ? "earlier" : "later", mm_check_key(ref.kind), ui_verdict_text(ref.verdict), dir < 0 ? "N" : "n");
}

static void sync_none(struct v_decision *v, const struct ui_model *md)
{
	const struct ui_decide *dec = &md->dec;
	char a[UI_FMT_MAX], b[UI_FMT_MAX];

	if (dec->failed) {
		add(v, UI_ROLE_WARN, "There is no memory for the decisions.");
	} else if (!ui_decide_reached(md)) {
		if (dec->progress.stopped)
			add(v, UI_ROLE_WARN, "Decisions are known up to event %s: %s.", ui_fmt_num(a, dec->progress.events),
			    dec->progress.stopped);
		else if (!dec->d)
			add(v, UI_ROLE_DIM, "The decisions are looked at once the capture is read: without a snapshot the zones"
			    " end at the highest page in it.");
		else
			add(v, UI_ROLE_PROGRESS, "The kernel's rules run over the capture and are at event %s of %s; what they say"
			    " here is shown when they have come this far.", ui_fmt_num(a, dec->progress.events),
			    ui_fmt_num(b, md->total));
	} else {
		add(v, UI_ROLE_TEXT, md->pos ? "No decision at this event." : "This is the start.");
		add_neighbour(v, md, 1);
		if (md->pos)
			add_neighbour(v, md, -1);
	}
}

static void sync_words(struct v_decision *v, const struct ui_model *md)
{
	const struct mm_decision *d = ui_decide_words(md);
	const char *rules;
	bool guess;

	if (!d) {
		if (md->dec.words_failed)
			add(v, UI_ROLE_WARN, "There is no memory for its words.");
		else
			add(v, UI_ROLE_DIM, md->playing ? "(its words when the film stands still)" : "...");
		return;
	}
	if (d->verdict == MM_EQUAL && strcmp(d->ours, d->kernel) == 0) {
		add(v, UI_ROLE_STRONG, "both:   %s", d->kernel);
	} else {
		add(v, UI_ROLE_STRONG, "kernel: %s", d->kernel[0] ? d->kernel : "(no outcome in the trace)");
		if (d->ours[0])
			add(v, UI_ROLE_STRONG, "rules:  %s%s", d->ours, d->verdict == MM_UNDECIDED ? " (as far as is known)" : "");
	}
	if (d->verdict == MM_UNDECIDED)
		add(v, UI_ROLE_KEY, "Not in the trace: %s.", mm_missing_text(d->why));
	if (d->reason[0])
		add(v, UI_ROLE_TEXT, "%s", d->reason);
	rules = mm_decide_rules(md->dec.d, &guess);
	add(v, guess ? UI_ROLE_WARN : UI_ROLE_DIM, "%s, as in %s%s", d->rule, rules,
	    guess ? " (a guess: this capture's kernel is none of those that are known)" : "");
}

static void decision_sync(void *view, const struct ui_model *md, const struct ui_rect *r)
{
	struct v_decision *v = view;
	const struct ui_decide *dec = &md->dec;
	char more[64] = "";

	(void)r;
	v->nr = 0;
	v->event[0] = '\0';
	if (md->have_event)
		snprintf(v->event, sizeof(v->event), "%s-%" PRId32 " %s", sg_capture_comm(md->cap, md->ev.pid), md->ev.pid,
			 sg_kind_info(md->ev.kind)->name);
	ui_decision_count(md, v->title, sizeof(v->title));
	if (!dec->have) {
		sync_none(v, md);
		return;
	}
	if (dec->nr_here > 1)
		snprintf(more, sizeof(more), " (%" PRIu64 " of %" PRIu64 " at this event)", dec->index - dec->first + 1,
			 dec->nr_here);
	add(v, ui_verdict_role(dec->ref.verdict), "%s: %s%s", mm_check_key(dec->ref.kind), ui_verdict_text(dec->ref.verdict),
	    more);
	sync_words(v, md);
}

static void decision_draw(const void *view, const struct ui_model *md, struct ui_grid *g, const struct ui_rect *r)
{
	const struct v_decision *v = view;
	bool focused = md->focus == UI_FOCUS_DECISION;
	struct ui_rect in = { r->row + 1, r->col + 1, r->rows - 1, r->cols - 2 };
	int row = 0, skip = md->decision_scroll;

	if (r->rows >= 10) {
		in = ui_box(g, r, v->title, focused);
	} else { /* a rule on top is all the frame there is room for */
		ui_fill(g, r, 0, 0, r->cols, ui_style(focused ? UI_ROLE_FOCUS : UI_ROLE_BORDER), ui_glyph(g, UI_GL_H));
		int col = ui_textf(g, r, 0, 2, ui_style(focused ? UI_ROLE_FOCUS : UI_ROLE_STRONG), " %s ", v->title);
		int left = r->cols - 4 - ui_width(v->event);

		if (v->event[0] && left > col)
			ui_textf(g, r, 0, left, ui_style(UI_ROLE_DIM), " %s ", v->event);
	}
	for (int i = 0; i < v->nr && row < in.rows; i++) {
		int rows = ui_wrap(g, &in, row, i ? 2 : 0, in.rows - row, skip, ui_style(v->line[i].role), v->line[i].text);

		if (rows <= skip) {
			skip -= rows;
			continue;
		}
		row += rows - skip;
		skip = 0;
	}
}

static bool decision_act(void *view, struct ui_model *md, enum ui_action a, uint64_t n)
{
	int by = n > 100 ? 100 : (int)n;

	(void)view;
	if (a == UI_ACT_UP)
		md->decision_scroll = md->decision_scroll > by ? md->decision_scroll - by : 0;
	else if (a == UI_ACT_DOWN)
		md->decision_scroll = md->decision_scroll + by < 20 ? md->decision_scroll + by : 20;
	else
		return false;
	return true;
}

const struct ui_view_ops ui_v_decision = {
	.name = "decision",
	.min_rows = 2,
	.min_cols = 20,
	.state_size = sizeof(struct v_decision),
	.sync = decision_sync,
	.draw = decision_draw,
	.act = decision_act,
};
