// SPDX-License-Identifier: GPL-2.0-only
/* One row for the whole run: how far it is read, where we are, where the bookmarks are. */
#include <stdio.h>

#include "ui_view.h"

static void strip_sync(void *view, const struct ui_model *md, const struct ui_rect *r)
{
	(void)view;
	(void)md;
	(void)r;
}

static void strip_draw(const void *view, const struct ui_model *md, struct ui_grid *g,
		       const struct ui_rect *r)
{
	int cols = r->cols - 2, read;

	(void)view;
	if (cols < 2)
		return;
	/* while the file is read the events so far take the part that has been read */
	read = md->run->loaded ? cols : (int)((uint64_t)cols * md->run->progress / 1000);
	ui_fill(g, r, 0, 1 + read, cols - read, ui_style(UI_ROLE_DIM), ui_glyph(g, UI_GL_UNKNOWN));
	ui_fill(g, r, 0, 1, read, ui_style(UI_ROLE_BORDER), ui_glyph(g, UI_GL_TRACK));
	if (md->run->total == 0 || read == 0)
		return;
	for (size_t i = 0; i < md->run->marks.nr; i++) {
		uint64_t pos = md->run->marks.m[i].pos < md->run->total ? md->run->marks.m[i].pos : md->run->total;
		uint32_t first;

		ui_utf8_get(md->run->marks.m[i].name, &first);
		ui_char(g, r, 0, 1 + (int)((double)pos / (double)md->run->total * (read - 1)), ui_style(UI_ROLE_KEY),
			first);
	}
	ui_char(g, r, 0, 1 + (int)((double)md->run->pos / (double)md->run->total * (read - 1)),
		ui_style(UI_ROLE_FOCUS), ui_glyph(g, UI_GL_MARK));
}

/* To the position that belongs to the column. */
static void strip_click(void *view, struct ui_model *md, const struct ui_rect *r, int row, int col)
{
	int cols = r->cols - 2, read = md->run->loaded ? cols : (int)((uint64_t)cols * md->run->progress / 1000);

	(void)view;
	(void)row;
	if (col < 1 || col > read || read < 2)
		return;
	md->run->before_jump = md->run->pos;
	md->playing = false;
	ui_model_seek(md, (uint64_t)((double)md->run->total * (col - 1) / (read - 1)));
}

const struct ui_view_ops ui_v_strip = {
	.name = "timeline",
	.min_rows = 1,
	.min_cols = 4,
	.state_size = 1,
	.sync = strip_sync,
	.draw = strip_draw,
	.click = strip_click,
};
