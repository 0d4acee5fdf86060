// SPDX-License-Identifier: GPL-2.0-only
/* The runs: what the screens were opened with, and those that were made of it, one a line. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ui_runs.h"
#include "ui_view.h"

#define LINES_MAX 256

struct v_runs {
	int top, rows, more_rows, name_cols;
	unsigned int nr;
	struct {
		char state[24], name[UI_MADE_NAME], policy[UI_MADE_SPEC + 12], seed[24], events[UI_FMT_MAX];
		enum ui_role role;
		bool shown, older;
	} line[LINES_MAX];
	char more[1400];
	bool keeps;
};

static enum ui_role role_of(enum ui_made_state s)
{
	return ui_made_comes(s)                           ? UI_ROLE_PROGRESS
	       : s == UI_MADE_WHOLE                       ? UI_ROLE_GOOD
	       : s == UI_MADE_DIED || s == UI_MADE_FAILED ? UI_ROLE_ERROR
	       : s == UI_MADE_CUT                         ? UI_ROLE_WARN
							  : UI_ROLE_DIM;
}

static void first_line(struct v_runs *v, const struct ui_model *md)
{
	snprintf(v->line[0].state, sizeof(v->line[0].state), "observed");
	snprintf(v->line[0].name, sizeof(v->line[0].name), "%.60s", md->home->cap->name);
	snprintf(v->line[0].policy, sizeof(v->line[0].policy), "the capture, Linux %.60s", md->home->cap->kernel);
	v->line[0].seed[0] = '\0';
	ui_fmt_num(v->line[0].events, md->home->total);
	v->line[0].role = UI_ROLE_GOOD;
	v->line[0].shown = ui_runs_at_home(md);
	v->line[0].older = false;
	v->name_cols = ui_width(v->line[0].name);
}

static void one_line(struct v_runs *v, const struct ui_model *md, const struct ui_made *m, unsigned int i)
{
	int width = ui_width(m->how.name);

	ui_made_text(m, v->line[i].state, sizeof(v->line[i].state));
	snprintf(v->line[i].name, sizeof(v->line[i].name), "%s", m->how.name);
	snprintf(v->line[i].policy, sizeof(v->line[i].policy), "%s%s", m->how.spec, m->how.assume ? " --assume" : "");
	snprintf(v->line[i].seed, sizeof(v->line[i].seed), "%" PRIu64, m->how.seed);
	if (m->events)
		ui_fmt_num(v->line[i].events, m->events);
	else
		v->line[i].events[0] = '\0';
	v->line[i].role = role_of(m->state);
	v->line[i].shown = m->id == md->make.shown && !ui_runs_at_home(md);
	v->line[i].older = m->older;
	if (width > v->name_cols)
		v->name_cols = width;
}

/* What there is to be said of the selected run. */
static void say_more(struct v_runs *v, const struct ui_model *md, const struct ui_made *m)
{
	if (!m)
		snprintf(v->more, sizeof(v->more), "What was opened. ` goes from a run to it and back, at the same time.");
	else if (m->why[0])
		snprintf(v->more, sizeof(v->more), "%.400s.%s", m->why, m->older ? " Another version of stormglass made it." : "");
	else if (m->older)
		snprintf(v->more, sizeof(v->more), "Another version of stormglass made it; this one may decide otherwise.");
	else if (m->state == UI_MADE_NOT)
		snprintf(v->more, sizeof(v->more), "The session tells how it was made; Enter makes it again, and the same comes out.");
	else if (m->state == UI_MADE_WHOLE)
		snprintf(v->more, sizeof(v->more), "stormglass simulate %.200s --policy %s --seed %" PRIu64 " -o FILE.sgs gives it to others.",
			 md->home->cap->path, m->how.spec, m->how.seed);
	else
		v->more[0] = '\0';
}

static void runs_sync(void *view, const struct ui_model *md, const struct ui_rect *r)
{
	struct v_runs *v = view;
	const struct ui_maker *maker = ui_make_maker(md);
	int sel = md->make.run_sel, all = (int)maker->count(maker->arg) + 1;

	v->more_rows = r->rows >= 12 ? 2 : 0;
	v->rows = r->rows - 3 - v->more_rows - (v->more_rows > 0);
	if (v->rows < 1)
		v->rows = 1;
	if (v->rows > LINES_MAX)
		v->rows = LINES_MAX;
	if (v->top > sel)
		v->top = sel;
	if (v->top + v->rows <= sel)
		v->top = sel - v->rows + 1;
	if (v->top + v->rows > all)
		v->top = all > v->rows ? all - v->rows : 0;
	v->nr = 0;
	v->name_cols = 4;
	v->keeps = maker->keeps;
	for (int i = v->top; i < all && (int)v->nr < v->rows; i++, v->nr++) {
		if (i == 0)
			first_line(v, md);
		else
			one_line(v, md, maker->get(maker->arg, (size_t)i - 1), v->nr);
	}
	if (v->name_cols > r->cols / 4)
		v->name_cols = r->cols / 4;
	say_more(v, md, sel > 0 ? maker->get(maker->arg, (size_t)sel - 1) : NULL);
}

/* Within columns @col up to @end; what has no room ends in an ellipsis. */
static void cell(struct ui_grid *g, const struct ui_rect *r, int row, int col, int end, struct ui_style st, const char *text)
{
	struct ui_rect part = { r->row, r->col, r->rows, end < r->cols ? end : r->cols };

	if (col < part.cols && ui_text(g, &part, row, col, st, text) > part.cols)
		ui_char(g, &part, row, part.cols - 1, st, ui_glyph(g, UI_GL_ELLIPSIS));
}

static void runs_draw(const void *view, const struct ui_model *md, struct ui_grid *g, const struct ui_rect *r)
{
	const struct v_runs *v = view;
	struct ui_rect in = ui_box(g, r, r->cols >= 76 ? "runs (Enter opens, c beside, s stops, n names, d deletes, e: one like it)" : "runs", true);
	int state = 2, name = 17, policy = name + v->name_cols + 2, events = in.cols - 12, seed = events - 8;

	if (in.cols < 60) { /* what it is, and under what */
		events = seed = in.cols + 1;
		policy = name;
	}
	ui_text(g, &in, 0, state, ui_style(UI_ROLE_DIM), "run");
	if (policy > name)
		ui_text(g, &in, 0, name, ui_style(UI_ROLE_DIM), "name");
	ui_text(g, &in, 0, policy, ui_style(UI_ROLE_DIM), "policy");
	cell(g, &in, 0, seed, in.cols, ui_style(UI_ROLE_DIM), "seed");
	cell(g, &in, 0, events + 6, in.cols, ui_style(UI_ROLE_DIM), "events");
	for (unsigned int i = 0; i < v->nr; i++) {
		bool sel = v->top + (int)i == md->make.run_sel;
		struct ui_style st = sel ? ui_style_on(UI_ROLE_CURSOR, UI_BOLD) : ui_style(UI_ROLE_TEXT);
		char num[UI_FMT_MAX + 16];
		int row = (int)i + 1;

		ui_fill(g, &in, row, 0, in.cols, st, ' ');
		if (v->line[i].shown)
			ui_char(g, &in, row, 0, sel ? st : ui_style(UI_ROLE_KEY), ui_glyph(g, UI_GL_PLAY));
		cell(g, &in, row, state, name - 1, sel ? st : ui_style(v->line[i].role), v->line[i].state);
		if (policy > name)
			cell(g, &in, row, name, policy - 1, sel ? st : ui_style(UI_ROLE_KEY), v->line[i].name);
		cell(g, &in, row, policy, (seed < in.cols ? seed : in.cols) - 1,
		     sel ? st : ui_style(v->line[i].older ? UI_ROLE_DIM : UI_ROLE_TEXT), v->line[i].policy);
		cell(g, &in, row, seed, events - 1, st, v->line[i].seed);
		snprintf(num, sizeof(num), "%12s", v->line[i].events);
		cell(g, &in, row, events, in.cols, st, num);
	}
	if (!v->more_rows)
		return;
	ui_fill(g, &in, in.rows - 1 - v->more_rows, 0, in.cols, ui_style(UI_ROLE_BORDER), ui_glyph(g, UI_GL_TRACK));
	ui_wrap(g, &in, in.rows - v->more_rows, 0, v->more_rows, 0, ui_style(UI_ROLE_DIM),
		v->nr == 1 && v->top == 0 ? v->keeps ? "No run was made yet: p chooses a policy, and Enter makes one. Runs are kept in the cache."
						     : "No run was made yet: p chooses a policy, and Enter makes one. Runs go when stormglass "
						       "ends, since nothing is kept of what is looked at."
					  : v->more);
}

static void runs_click(void *view, struct ui_model *md, const struct ui_rect *r, int row, int col)
{
	const struct v_runs *v = view;

	(void)r;
	(void)col;
	if (row >= 2 && (unsigned int)row - 2 < v->nr)
		md->make.run_sel = v->top + row - 2;
}

const struct ui_view_ops ui_v_runs = {
	.name = "runs",
	.min_rows = 4,
	.min_cols = 24,
	.state_size = sizeof(struct v_runs),
	.sync = runs_sync,
	.draw = runs_draw,
	.click = runs_click,
};
