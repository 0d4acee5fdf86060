// SPDX-License-Identifier: GPL-2.0-only
/* What the map's colours, letters and glyphs mean, in one row. */
#include <stdio.h>

#include "ui_view.h"

static void legend_sync(void *view, const struct ui_model *md, const struct ui_rect *r)
{
	(void)view;
	(void)md;
	(void)r;
}

static void legend_draw(const void *view, const struct ui_model *md, struct ui_grid *g,
			const struct ui_rect *r)
{
	static const enum ui_glyph ramp[] = { UI_GL_EMPTY, UI_GL_SHADE1, UI_GL_SHADE2, UI_GL_SHADE3,
					      UI_GL_FULL };
	static const struct {
		enum ui_glyph gl, gl2;
		const char *text;
	} others[] = { { UI_GL_MIXED, UI_GL_COUNT, "mixed" },
		       { UI_GL_UNKNOWN, UI_GL_COUNT, "unknown" },
		       { UI_GL_SCAN_MIGRATE, UI_GL_SCAN_FREE, "scanners" } };
	enum ui_role movable = ui_theme_migratetype("Movable");
	int col = 1;

	(void)view;
	for (unsigned int t = 0; t < md->run->cap->nr_migratetypes && t < SG_MAX_MIGRATETYPES; t++) {
		enum ui_role role = (enum ui_role)ui_mt_role(md, t);

		if (t >= 3 && md->run->zi.type_blocks[t] == 0)
			continue;
		if (col + 4 > r->cols)
			break;
		ui_char(g, r, 0, col, ui_style_on(role, UI_BOLD), (uint32_t)ui_mt_letter(md, t));
		/* short names on a narrow screen: what matters is the letter and its colour */
		col = ui_textf(g, r, 0, col + 2, ui_style(role), "%.*s", r->cols >= 100 ? 12 : 5,
			       ui_mt_name(md, t)) +
		      1;
	}
	if (col + 16 < r->cols) {
		for (int i = 0; i < 5; i++)
			ui_char(g, r, 0, col++, ui_style(UI_ROLE_TEXT), ui_glyph(g, ramp[i]));
		col = ui_text(g, r, 0, col + 1, ui_style(UI_ROLE_DIM), "used") + 1;
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (col + ui_width(others[i].text) + 3 > r->cols)
			break;
		ui_char(g, r, 0, col++, ui_style(UI_ROLE_TEXT), ui_glyph(g, others[i].gl));
		if (others[i].gl2 != UI_GL_COUNT)
			ui_char(g, r, 0, col++, ui_style(UI_ROLE_TEXT), ui_glyph(g, others[i].gl2));
		col = ui_text(g, r, 0, col + 1, ui_style(UI_ROLE_DIM), others[i].text) + 1;
	}
	if (mm_reports(md->run->m) && col + 3 + ui_width("reported") <= r->cols) {
		ui_char(g, r, 0, col, ui_style(UI_ROLE_TEXT), ':');
		col = ui_text(g, r, 0, col + 2, ui_style(UI_ROLE_DIM), "reported") + 1;
	}
	/* types that no event has told yet, but a later one does */
	if (col + 3 + ui_width("told later") <= r->cols) {
		ui_char(g, r, 0, col, ui_style_attr(movable, UI_DIM), '?');
		ui_char(g, r, 0, col + 1, ui_style_attr(movable, UI_DIM), ui_glyph(g, UI_GL_SHADE2));
		ui_text(g, r, 0, col + 3, ui_style(UI_ROLE_DIM), "told later");
	}
}

const struct ui_view_ops ui_v_legend = {
	.name = "legend",
	.min_rows = 1,
	.min_cols = 1,
	.state_size = 1,
	.sync = legend_sync,
	.draw = legend_draw,
};
