// SPDX-License-Identifier: GPL-2.0-only
/* Cells, clipping, wide characters and the few shapes that views draw. */
#include "ui_grid.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "sg_mem.h"

static const struct {
	uint32_t cp;
	char ascii;
} glyphs[UI_GL_COUNT] = {
#define X(id, code, plain) [UI_GL_##id] = { code, plain },
	UI_GLYPH_LIST(X)
#undef X
};

int ui_grid_resize(struct ui_grid *g, int rows, int cols)
{
	size_t need;

	rows = rows < 1 ? 1 : rows > 4096 ? 4096 : rows;
	cols = cols < 1 ? 1 : cols > 4096 ? 4096 : cols;
	need = (size_t)rows * (size_t)cols;
	if (need > g->cap) {
		struct ui_cell *cell = sg_realloc(g->cell, need * sizeof(*cell));

		if (!cell)
			return SG_E_NOMEM;
		g->cell = cell;
		g->cap = need;
	}
	g->rows = rows;
	g->cols = cols;
	ui_grid_clear(g);
	return 0;
}

void ui_grid_fini(struct ui_grid *g)
{
	free(g->cell);
	*g = (struct ui_grid){ 0 };
}

void ui_grid_clear(struct ui_grid *g)
{
	for (size_t i = 0; i < (size_t)g->rows * (size_t)g->cols; i++)
		g->cell[i] = (struct ui_cell){ .ch = ' ', .width = 1 };
	g->cursor_row = g->cursor_col = -1;
}

struct ui_cell *ui_grid_at(struct ui_grid *g, int row, int col)
{
	if (row < 0 || col < 0 || row >= g->rows || col >= g->cols)
		return NULL;
	return &g->cell[(size_t)row * (size_t)g->cols + (size_t)col];
}

uint32_t ui_glyph(const struct ui_grid *g, enum ui_glyph gl)
{
	return g->ascii ? (uint32_t)glyphs[gl].ascii : glyphs[gl].cp;
}

const char *ui_utf8_get(const char *s, uint32_t *ret_cp)
{
	const unsigned char *u = (const unsigned char *)s;
	int n = u[0] < 0x80                   ? 1
		: u[0] >= 0xf0 && u[0] < 0xf5 ? 4
		: u[0] >= 0xe0                ? 3
		: u[0] >= 0xc2                ? 2
					      : 0;
	uint32_t cp;

	if (n == 0 || u[0] >= 0xf5) {
		*ret_cp = 0xfffd;
		return s + 1;
	}
	cp = n == 1 ? u[0] : u[0] & (0xffu >> (n + 1));
	for (int i = 1; i < n; i++) {
		if ((u[i] & 0xc0) != 0x80) {
			*ret_cp = 0xfffd;
			return s + 1;
		}
		cp = cp << 6 | (u[i] & 0x3f);
	}
	*ret_cp = cp;
	return s + n;
}

int ui_utf8_put(char *buf, uint32_t cp)
{
	if (cp < 0x80) {
		buf[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		buf[0] = (char)(0xc0 | cp >> 6);
		buf[1] = (char)(0x80 | (cp & 0x3f));
		return 2;
	}
	if (cp < 0x10000) {
		buf[0] = (char)(0xe0 | cp >> 12);
		buf[1] = (char)(0x80 | (cp >> 6 & 0x3f));
		buf[2] = (char)(0x80 | (cp & 0x3f));
		return 3;
	}
	buf[0] = (char)(0xf0 | cp >> 18);
	buf[1] = (char)(0x80 | (cp >> 12 & 0x3f));
	buf[2] = (char)(0x80 | (cp >> 6 & 0x3f));
	buf[3] = (char)(0x80 | (cp & 0x3f));
	return 4;
}

/* Columns of a character: 1 or 2; 0 for one that combines, -1 for one that can't be shown. */
static int char_width(uint32_t ch)
{
	if (ch < 0x20 || (ch >= 0x7f && ch < 0xa0) || ch > 0x10ffff)
		return -1;
	if (ch < 0x300)
		return 1;
	return wcwidth((wchar_t)ch);
}

/* Cell of a place in @r, NULL when that or the grid clips it. */
static struct ui_cell *clipped(struct ui_grid *g, const struct ui_rect *r, int row, int col)
{
	if (row < 0 || col < 0 || row >= r->rows || col >= r->cols)
		return NULL;
	return ui_grid_at(g, r->row + row, r->col + col);
}

/* Overwriting one half of a wide character leaves a blank in the other. */
static void unpair(struct ui_grid *g, struct ui_cell *c)
{
	size_t i = (size_t)(c - g->cell);

	if (c->width == 0 && i > 0)
		g->cell[i - 1].ch = ' ', g->cell[i - 1].width = 1;
	else if (c->width == 2 && i + 1 < (size_t)g->rows * (size_t)g->cols)
		g->cell[i + 1].ch = ' ', g->cell[i + 1].width = 1;
}

/* What stands for @ch where only ASCII can be shown. */
static uint32_t plain_of(uint32_t ch)
{
	for (int i = 0; i < UI_GL_COUNT; i++)
		if (glyphs[i].cp == ch)
			return (uint32_t)glyphs[i].ascii;
	return '?';
}

static int put_char(struct ui_grid *g, const struct ui_rect *r, int row, int col,
		    struct ui_style st, uint32_t ch)
{
	struct ui_cell *c = clipped(g, r, row, col);
	int w = char_width(ch);

	if (w == 0)
		return 0;
	if (w < 0 || (g->ascii && ch > 0x7e)) {
		w = 1;
		ch = plain_of(ch);
	}
	if (!c)
		return w;
	if (w == 2) {
		struct ui_cell *half = clipped(g, r, row, col + 1);

		if (half) {
			unpair(g, c);
			unpair(g, half);
			*c = (struct ui_cell){ ch, st, 2 };
			*half = (struct ui_cell){ 0, st, 0 };
			return 2;
		}
		ch = '?';
	}
	unpair(g, c);
	*c = (struct ui_cell){ ch, st, 1 };
	return w;
}

void ui_char(struct ui_grid *g, const struct ui_rect *r, int row, int col, struct ui_style st,
	     uint32_t ch)
{
	/* our own glyphs arrive in their plain form already, see ui_glyph() */
	put_char(g, r, row, col, st, ch);
}

int ui_text(struct ui_grid *g, const struct ui_rect *r, int row, int col, struct ui_style st,
	    const char *text)
{
	uint32_t cp;

	while (*text) {
		text = ui_utf8_get(text, &cp);
		col += put_char(g, r, row, col, st, cp);
	}
	return col;
}

int ui_textf(struct ui_grid *g, const struct ui_rect *r, int row, int col, struct ui_style st,
	     const char *fmt, ...)
{
	char buf[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	return ui_text(g, r, row, col, st, buf);
}

int ui_width(const char *text)
{
	int cols = 0;
	uint32_t cp;

	while (*text) {
		int w;

		text = ui_utf8_get(text, &cp);
		w = char_width(cp);
		cols += w < 0 ? 1 : w;
	}
	return cols;
}

/* The end of the part of @s that fits in @cols columns, preferably at a blank. */
static const char *line_end(const char *s, int cols)
{
	const char *blank = NULL;
	int used = 0;

	while (*s) {
		const char *next;
		uint32_t cp;
		int w;

		if (*s == ' ')
			blank = s;
		next = ui_utf8_get(s, &cp);
		w = char_width(cp);
		used += w < 0 ? 1 : w;
		if (used > cols)
			return blank ? blank : s;
		s = next;
	}
	return s;
}

int ui_wrap(struct ui_grid *g, const struct ui_rect *r, int row, int indent, int max_rows, int skip,
	    struct ui_style st, const char *text)
{
	int line = 0;

	while (*text) {
		int col = line ? indent : 0;
		const char *end = line_end(text, r->cols - col > 0 ? r->cols - col : 1);
		uint32_t cp;

		if (end == text) /* a wide character in one column: never stand still */
			end = ui_utf8_get(text, &cp);
		while (text < end) {
			text = ui_utf8_get(text, &cp);
			if (line >= skip && line - skip < max_rows)
				col += put_char(g, r, row + line - skip, col, st, cp);
		}
		while (*text == ' ')
			text++;
		line++;
	}
	return line;
}

void ui_fill(struct ui_grid *g, const struct ui_rect *r, int row, int col, int n,
	     struct ui_style st, uint32_t ch)
{
	for (int i = 0; i < n && col + i < r->cols; i++)
		put_char(g, r, row, col + i, st, ch);
}

void ui_bar(struct ui_grid *g, const struct ui_rect *r, int row, int col, int cols,
	    struct ui_style st, uint64_t value, uint64_t max)
{
	uint64_t eighths;

	if (cols <= 0 || max == 0 || value == 0)
		return;
	if (value > max)
		value = max;
	/* no overflow: page counts stay below 2^40, a screen below 2^12 columns */
	eighths = (uint64_t)((double)value / (double)max * 8.0 * cols + 0.5);
	if (eighths == 0)
		eighths = 1;
	for (int i = 0; i < cols && eighths > 0; i++) {
		unsigned int part = eighths >= 8 ? 8 : (unsigned int)eighths;

		put_char(g, r, row, col + i, st,
			 part == 8 ? ui_glyph(g, UI_GL_FULL) : ui_glyph(g, UI_GL_BAR1 + part - 1));
		eighths -= part;
	}
}

struct ui_rect ui_box(struct ui_grid *g, const struct ui_rect *r, const char *title, bool focused)
{
	struct ui_style st = ui_style(focused ? UI_ROLE_FOCUS : UI_ROLE_BORDER);
	struct ui_rect in = { r->row + 1, r->col + 1, r->rows - 2, r->cols - 2 };

	for (int c = 1; c < r->cols - 1; c++) {
		ui_char(g, r, 0, c, st, ui_glyph(g, UI_GL_H));
		ui_char(g, r, r->rows - 1, c, st, ui_glyph(g, UI_GL_H));
	}
	for (int y = 1; y < r->rows - 1; y++) {
		ui_char(g, r, y, 0, st, ui_glyph(g, UI_GL_V));
		ui_char(g, r, y, r->cols - 1, st, ui_glyph(g, UI_GL_V));
	}
	ui_char(g, r, 0, 0, st, ui_glyph(g, UI_GL_TL));
	ui_char(g, r, 0, r->cols - 1, st, ui_glyph(g, UI_GL_TR));
	ui_char(g, r, r->rows - 1, 0, st, ui_glyph(g, UI_GL_BL));
	ui_char(g, r, r->rows - 1, r->cols - 1, st, ui_glyph(g, UI_GL_BR));
	if (title && r->cols > 6) {
		struct ui_rect t = { r->row, r->col + 2, 1, r->cols - 4 };
		int end = ui_text(g, &t, 0, 1, ui_style(focused ? UI_ROLE_FOCUS : UI_ROLE_STRONG),
				  title);

		ui_char(g, &t, 0, 0, st, ' ');
		ui_char(g, &t, 0, end, st, ' ');
	}
	if (in.rows < 0)
		in.rows = 0;
	if (in.cols < 0)
		in.cols = 0;
	return in;
}
