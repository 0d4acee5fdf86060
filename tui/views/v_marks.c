// SPDX-License-Identifier: GPL-2.0-only
/* The bookmarks, one a line: name, event, time, note. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ui_view.h"

#define LINES_MAX 256

struct v_marks {
	size_t top, nr;
	int name_cols;
	struct {
		char name[SG_BOOKMARK_NAME + 1], event[UI_FMT_MAX], time[UI_FMT_MAX], note[256];
		bool here;
	} line[LINES_MAX];
};

static void one_line(struct v_marks *v, const struct ui_model *md, const struct sg_bookmark *m)
{
	struct sg_cursor cur = { 0 };
	struct sg_event ev;
	size_t i = v->nr++;
	int w;

	sg_clean(v->line[i].name, sizeof(v->line[i].name), m->name, strlen(m->name));
	sg_clean(v->line[i].note, sizeof(v->line[i].note), m->note, strlen(m->note));
	ui_fmt_num(v->line[i].event, m->pos);
	if (m->pos > 0 && sg_log_get(md->run->src->log, &cur, m->pos, &ev))
		ui_fmt_ts(v->line[i].time, ev.ts, md->run->cap->clock_is_ns);
	else
		snprintf(v->line[i].time, sizeof(v->line[i].time), "%s", m->pos ? "not read" : "start");
	v->line[i].here = m->pos == md->run->pos;
	w = ui_width(v->line[i].name);
	if (w > v->name_cols)
		v->name_cols = w;
}

static void marks_sync(void *view, const struct ui_model *md, const struct ui_rect *r)
{
	struct v_marks *v = view;
	size_t rows = r->rows > 3 ? (size_t)r->rows - 3 : 1, sel = (size_t)md->mark_sel;

	if (rows > LINES_MAX)
		rows = LINES_MAX;
	if (v->top > sel)
		v->top = sel;
	if (v->top + rows <= sel)
		v->top = sel - rows + 1;
	if (v->top + rows > md->run->marks.nr)
		v->top = md->run->marks.nr > rows ? md->run->marks.nr - rows : 0;
	v->nr = 0;
	v->name_cols = 4;
	for (size_t i = v->top; i < md->run->marks.nr && v->nr < rows; i++)
		one_line(v, md, &md->run->marks.m[i]);
}

static void marks_draw(const void *view, const struct ui_model *md, struct ui_grid *g, const struct ui_rect *r)
{
	const struct v_marks *v = view;
	struct ui_rect in = ui_box(g, r, "bookmarks (Enter goes there, a adds, e edits, d deletes, Esc closes)", true);
	int name = 2, event = name + (v->name_cols < 24 ? v->name_cols : 24) + 2, time = event + 14, note = time + 18;

	if (md->run->marks.nr == 0) {
		ui_wrap(g, &in, 0, 0, in.rows, 0, ui_style(UI_ROLE_DIM),
			"There are none yet: a bookmarks this position, with a name and a note. Outside of this list m "
			"and a letter does it as well.");
		return;
	}
	ui_text(g, &in, 0, name, ui_style(UI_ROLE_DIM), "name");
	ui_text(g, &in, 0, event + 7, ui_style(UI_ROLE_DIM), "event");
	ui_text(g, &in, 0, time, ui_style(UI_ROLE_DIM), "time");
	ui_text(g, &in, 0, note, ui_style(UI_ROLE_DIM), "note");
	for (size_t i = 0; i < v->nr; i++) {
		bool sel = v->top + i == (size_t)md->mark_sel;
		struct ui_style st = ui_style(sel ? UI_ROLE_CURSOR : UI_ROLE_TEXT);
		struct ui_rect names = { in.row, in.col, in.rows, event - 1 };
		int row = (int)i + 1;

		if (sel)
			st = ui_style_on(UI_ROLE_CURSOR, UI_BOLD);
		ui_fill(g, &in, row, 0, in.cols, sel ? st : ui_style(UI_ROLE_TEXT), ' ');
		if (v->line[i].here)
			ui_char(g, &in, row, 0, ui_style(UI_ROLE_KEY), ui_glyph(g, UI_GL_PLAY));
		ui_text(g, &names, row, name, sel ? st : ui_style(UI_ROLE_KEY), v->line[i].name);
		ui_textf(g, &in, row, event, st, "%12s", v->line[i].event);
		ui_text(g, &in, row, time, st, v->line[i].time);
		ui_text(g, &in, row, note, st, v->line[i].note);
	}
}

static void marks_click(void *view, struct ui_model *md, const struct ui_rect *r, int row, int col)
{
	const struct v_marks *v = view;

	(void)r;
	(void)col;
	if (row >= 2 && (size_t)row - 2 < v->nr)
		md->mark_sel = (int)v->top + row - 2;
}

const struct ui_view_ops ui_v_marks = {
	.name = "bookmarks",
	.min_rows = 4,
	.min_cols = 20,
	.state_size = sizeof(struct v_marks),
	.sync = marks_sync,
	.draw = marks_draw,
	.click = marks_click,
};
