// SPDX-License-Identifier: GPL-2.0-only
/* The decision at the position in plain words: what the kernel did, what its rules say, and why. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "say/words.h"
#include "ui_decision_text.h"
#include "ui_lines.h"
#include "ui_view.h"

#define BOX_ROWS 10 /* from here on it has a frame */

struct v_decision {
	char title[128], event[160]; /* the event's task and name, where it has no panel */
	struct ui_lines l;
};

/* "12 events earlier: pick, the rules and the kernel agree (N)" */
static void add_neighbour(struct ui_lines *l, const struct ui_model *md, int dir)
{
	struct mm_decide_filter f = ui_decide_filter(md, false);
	const struct ui_decide *dec = &md->run->dec;
	struct mm_decide_ref ref;
	char away[UI_FMT_MAX];
	uint64_t i, by;

	if ((dir < 0 && dec->first == 0) ||
	    !mm_decide_find(dec->d, &f, dir < 0 ? dec->first - 1 : dec->first, dir, &i) ||
	    !mm_decide_get(dec->d, i, &ref)) {
		if (dir > 0 && dec->progress.stopped)
			ui_lines_add(l, UI_ROLE_WARN, 2, "Decisions are known up to event %s: %s.",
				     ui_fmt_num(away, dec->progress.events), dec->progress.stopped);
		else
			ui_lines_add(l, UI_ROLE_DIM, 2, "%s this event there is none.", dir < 0 ? "Before" : "After");
		return;
	}
	by = dir < 0 ? md->run->pos - ref.event : ref.event - md->run->pos;
	ui_lines_add(l, UI_ROLE_TEXT, 2, "%s event%s %s: %s, %s (%s)", ui_fmt_num(away, by), by == 1 ? "" : "s",
		     dir < 0 ? "earlier" : "later", mm_check_key(ref.kind), ui_verdict_text(ref.verdict),
		     dir < 0 ? "E" : "e");
}

static void sync_none(struct ui_lines *l, const struct ui_model *md)
{
	const struct ui_decide *dec = &md->run->dec;
	char a[UI_FMT_MAX], b[UI_FMT_MAX];

	if (dec->failed) {
		ui_lines_add(l, UI_ROLE_WARN, 2, "There is no memory for the decisions.");
	} else if (!ui_decide_reached(md)) {
		if (dec->progress.stopped)
			ui_lines_add(l, UI_ROLE_WARN, 2, "Decisions are known up to event %s: %s.",
				     ui_fmt_num(a, dec->progress.events), dec->progress.stopped);
		else if (!dec->d && !ui_decide_waits(md))
			ui_lines_add(l, UI_ROLE_PROGRESS, 2, "The kernel's rules begin to run over the capture as soon as this jump is done.");
		else if (!dec->d)
			ui_lines_add(
				l, UI_ROLE_DIM, 2,
				"The decisions are looked at once the capture is read: without a snapshot the zones"
				" end at the highest page in it.");
		else
			ui_lines_add(
				l, UI_ROLE_PROGRESS, 2,
				"The kernel's rules run over the capture and are at event %s of %s; what they say"
				" here is shown when they have come this far.",
				ui_fmt_num(a, dec->progress.events), ui_fmt_num(b, md->run->total));
	} else {
		ui_lines_add(l, UI_ROLE_TEXT, 2, md->run->pos ? "No decision at this event." : "This is the start.");
		add_neighbour(l, md, 1);
		if (md->run->pos)
			add_neighbour(l, md, -1);
	}
}

static void sync_words(struct ui_lines *l, const struct ui_model *md)
{
	const struct mm_decision *d = ui_decide_words(md);
	const char *rules;
	bool guess;

	if (!d) {
		if (md->run->dec.words_failed)
			ui_lines_add(l, UI_ROLE_WARN, 2, "There is no memory for its words.");
		else
			ui_lines_add(l, UI_ROLE_DIM, 2,
				     md->playing ? "(its words when the film stands still)" : "...");
		return;
	}
	if (d->verdict == MM_EQUAL && strcmp(d->ours, d->kernel) == 0) {
		ui_lines_add(l, UI_ROLE_STRONG, 2, "both:   %s", d->kernel);
	} else {
		ui_lines_add(l, UI_ROLE_STRONG, 2, "kernel: %s",
			     d->kernel[0] ? d->kernel : "(no outcome in the trace)");
		if (d->ours[0])
			ui_lines_add(l, UI_ROLE_STRONG, 2, "rules:  %s%s", d->ours,
				     d->verdict == MM_UNDECIDED ? " (as far as is known)" : "");
	}
	if (d->verdict == MM_UNDECIDED)
		ui_lines_add(l, UI_ROLE_KEY, 2, "Not in the trace: %s.", mm_missing_text(d->why));
	if (d->reason[0])
		ui_lines_add(l, UI_ROLE_TEXT, 2, "%s", d->reason);
	rules = mm_decide_rules(md->run->dec.d, &guess);
	ui_lines_add(l, guess ? UI_ROLE_WARN : UI_ROLE_DIM, 2, "%s, as in %s%s", d->rule, rules,
		     guess ? " (a guess: this capture's kernel is none of those whose rules are all known)" : "");
}

static void decision_sync(void *view, const struct ui_model *md, const struct ui_rect *r)
{
	struct v_decision *v = view;
	const struct ui_decide *dec = &md->run->dec;
	char more[64] = "", count[120];

	v->l.nr = 0;
	v->event[0] = '\0';
	if (md->run->have_event)
		snprintf(v->event, sizeof(v->event), "%s-%" PRId32 " %s", sg_capture_comm(md->run->cap, md->run->ev.pid),
			 md->run->ev.pid, sg_kind_info(md->run->ev.kind)->name);
	ui_decision_count(md, count, sizeof(count));
	snprintf(v->title, sizeof(v->title), "%.1s%s%s", (const char[]){ md->side, '\0' }, md->side ? "  " : "", count);
	if (dec->nr_here > 1)
		snprintf(more, sizeof(more), " (%" PRIu64 " of %" PRIu64 " at this event)",
			 dec->index - dec->first + 1, dec->nr_here);
	if (dec->have) {
		ui_lines_add(&v->l, ui_verdict_role(dec->ref.verdict), 0, "%s: %s%s", mm_check_key(dec->ref.kind),
			     ui_verdict_text(dec->ref.verdict), more);
		sync_words(&v->l, md);
	} else {
		sync_none(&v->l, md);
	}
	/* on top a rule, or a frame all around */
	ui_lines_fit(&v->l, r->rows - (r->rows >= BOX_ROWS ? 2 : 1), r->cols - 2);
}

static void decision_draw(const void *view, const struct ui_model *md, struct ui_grid *g, const struct ui_rect *r)
{
	const struct v_decision *v = view;
	bool focused = md->focus == UI_FOCUS_DECISION;
	struct ui_rect in = { r->row + 1, r->col + 1, r->rows - 1, r->cols - 2 };

	if (r->rows >= BOX_ROWS) {
		in = ui_box(g, r, v->title, focused);
	} else { /* a rule on top is all the frame there is room for */
		ui_fill(g, r, 0, 0, r->cols, ui_style(focused ? UI_ROLE_FOCUS : UI_ROLE_BORDER),
			ui_glyph(g, UI_GL_H));
		int col = ui_textf(g, r, 0, 2, ui_style(focused ? UI_ROLE_FOCUS : UI_ROLE_STRONG), " %s ", v->title);
		int left = r->cols - 4 - ui_width(v->event);

		if (v->event[0] && left > col)
			ui_textf(g, r, 0, left, ui_style(UI_ROLE_DIM), " %s ", v->event);
	}
	ui_lines_draw(&v->l, g, &in, md->decision_scroll);
}

static bool decision_act(void *view, struct ui_model *md, enum ui_action a, uint64_t n)
{
	const struct v_decision *v = view;

	return ui_lines_act(&v->l, &md->decision_scroll, a, n);
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
