// SPDX-License-Identifier: GPL-2.0-only
/* All keys, from the list of actions; in two columns where there is room. */
#include <stdio.h>
#include <string.h>

#include "ui_view.h"

static void help_sync(void *view, const struct ui_model *md, const struct ui_rect *r)
{
	(void)view;
	(void)md;
	(void)r;
}

/* Rows that the list has, with a heading and a blank row per group. */
static int list_rows(void)
{
	const char *group = "";
	int rows = 0;

	for (int a = 1; a < UI_ACT_COUNT; a++) {
		const struct ui_action_info *i = ui_action_info((enum ui_action)a);

		if (strcmp(group, i->group) != 0) {
			rows += *group ? 2 : 1;
			group = i->group;
		}
		rows++;
	}
	return rows;
}

static void help_row(struct ui_grid *g, const struct ui_rect *in, int split, int at, int scroll,
		     const char *key, const char *text, bool heading)
{
	struct ui_rect col = *in;
	int row = at - scroll;

	if (split && at >= split) {
		col.col += in->cols / 2;
		col.cols -= in->cols / 2;
		row = at - split;
	} else if (split) {
		col.cols = in->cols / 2 - 1;
	}
	if (heading) {
		ui_text(g, &col, row, 0, ui_style(UI_ROLE_STRONG), text);
		return;
	}
	ui_text(g, &col, row, 2, ui_style(UI_ROLE_KEY), key);
	ui_text(g, &col, row, 14, ui_style(UI_ROLE_TEXT), text);
}

static void help_draw(const void *view, const struct ui_model *md, struct ui_grid *g,
		      const struct ui_rect *r)
{
	struct ui_rect in = ui_box(g, r, "keys (Esc or q closes, Down and Up scroll)", true);
	int rows = list_rows(), at = 0, split = 0, scroll = md->overlay_scroll;
	const char *group = "";

	(void)view;
	if (in.cols >= 140 && rows > in.rows)
		split = (rows + 1) / 2;
	if (split || scroll > rows - in.rows)
		scroll = split || rows < in.rows ? 0 : rows - in.rows;
	for (int a = 1; a < UI_ACT_COUNT; a++) {
		const struct ui_action_info *i = ui_action_info((enum ui_action)a);

		if (strcmp(group, i->group) != 0) {
			at += *group ? 1 : 0;
			group = i->group;
			help_row(g, &in, split, at++, scroll, "", group, true);
		}
		help_row(g, &in, split, at++, scroll, i->keys, i->text, false);
	}
}

/* Scrolls an overlay; its draw() keeps the end in sight. */
static bool help_act(void *view, struct ui_model *md, enum ui_action a, uint64_t n)
{
	int by = n > 200 ? 200 : (int)n, max = list_rows();

	(void)view;
	if (a == UI_ACT_FRAME_FWD || a == UI_ACT_FRAME_BACK)
		by *= 10;
	if (a == UI_ACT_UP || a == UI_ACT_FRAME_BACK)
		md->overlay_scroll = md->overlay_scroll > by ? md->overlay_scroll - by : 0;
	else if (a == UI_ACT_DOWN || a == UI_ACT_FRAME_FWD)
		md->overlay_scroll = md->overlay_scroll + by < max ? md->overlay_scroll + by : max;
	else
		return false;
	return true;
}

const struct ui_view_ops ui_v_help = {
	.name = "help",
	.min_rows = 3,
	.min_cols = 20,
	.state_size = 1,
	.sync = help_sync,
	.draw = help_draw,
	.act = help_act,
};
