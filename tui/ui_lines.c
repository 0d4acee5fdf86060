// SPDX-License-Identifier: GPL-2.0-only
/* Text that is longer than its panel. */
#include "ui_lines.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sg_err.h"

void ui_lines_add(struct ui_lines *l, enum ui_role role, int indent, const char *fmt, ...)
{
	char raw[UI_LINES_TEXT];
	va_list ap;

	if (l->nr == UI_LINES_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	l->line[l->nr].role = role;
	l->line[l->nr].indent = indent;
	sg_clean(l->line[l->nr].text, sizeof(l->line[0].text), raw, strlen(raw));
	l->nr++;
}

/* A column of its own for what is wrapped only where that leaves room for it. */
static int indent_in(const struct ui_lines *l, int i, int cols)
{
	return l->line[i].indent < cols / 2 ? l->line[i].indent : 4;
}

void ui_lines_fit(struct ui_lines *l, int rows, int cols)
{
	struct ui_rect in = { 0, 0, rows, cols };
	int need = 0;

	for (int i = 0; i < l->nr; i++) /* no row is drawn: it counts them */
		need += ui_wrap(NULL, &in, 0, indent_in(l, i, cols), 0, 0, ui_style(UI_ROLE_TEXT), l->line[i].text);
	l->most = need > rows ? need - rows : 0;
}

void ui_lines_draw(const struct ui_lines *l, struct ui_grid *g, const struct ui_rect *in, int scroll)
{
	int row = 0, skip = scroll < l->most ? scroll : l->most;

	for (int i = 0; i < l->nr && row < in->rows; i++) {
		int rows = ui_wrap(g, in, row, indent_in(l, i, in->cols), in->rows - row, skip,
				   ui_style(l->line[i].role), l->line[i].text);

		row += rows > skip ? rows - skip : 0;
		skip = rows > skip ? 0 : skip - rows;
	}
}

bool ui_lines_act(const struct ui_lines *l, int *scroll, enum ui_action a, uint64_t n)
{
	int by = n > 200 ? 200 : (int)n, at = *scroll < l->most ? *scroll : l->most;

	if (a == UI_ACT_FRAME_FWD || a == UI_ACT_FRAME_BACK)
		by *= 10;
	if (a == UI_ACT_UP || a == UI_ACT_FRAME_BACK)
		*scroll = at > by ? at - by : 0;
	else if (a == UI_ACT_DOWN || a == UI_ACT_FRAME_FWD)
		*scroll = at + by < l->most ? at + by : l->most;
	else
		return false;
	return true;
}
