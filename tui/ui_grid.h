/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A grid of character cells with roles instead of colours: what views draw
 * into.  Knows no terminal.  All drawing is clipped to a rectangle and to the
 * grid, and any text may be drawn: what has no place in a cell becomes '?'.
 */
#ifndef UI_GRID_H
#define UI_GRID_H

#include <stdbool.h>
#include <stdint.h>

#include "ui_theme.h"

/** Glyphs beyond ASCII, each with the character that replaces it on a plain terminal. */
#define UI_GLYPH_LIST(X)                                                            \
	X(EMPTY, 0x2581, '_')   /* pageblock without a used page */                 \
	X(SHADE1, 0x2591, ':')                                                      \
	X(SHADE2, 0x2592, '+')                                                      \
	X(SHADE3, 0x2593, '%')                                                      \
	X(FULL, 0x2588, '#')                                                        \
	X(UNKNOWN, 0x00b7, '.')                                                     \
	X(MIXED, 0x259a, '&')                                                       \
	X(SCAN_MIGRATE, 0x25b6, '>')                                                \
	X(SCAN_FREE, 0x25c0, '<')                                                   \
	X(SCAN_BOTH, 0x25c6, '@')                                                   \
	X(TAIL, 0x2500, '=')    /* a further page of an allocation */               \
	X(FREE_TAIL, 0x00b7, '.') /* a further page of a free block */              \
	X(H, 0x2500, '-')                                                           \
	X(V, 0x2502, '|')                                                           \
	X(TL, 0x250c, '+')                                                          \
	X(TR, 0x2510, '+')                                                          \
	X(BL, 0x2514, '+')                                                          \
	X(BR, 0x2518, '+')                                                          \
	X(BAR1, 0x258f, '.')                                                        \
	X(BAR2, 0x258e, '.')                                                        \
	X(BAR3, 0x258d, '-')                                                        \
	X(BAR4, 0x258c, '-')                                                        \
	X(BAR5, 0x258b, '=')                                                        \
	X(BAR6, 0x258a, '=')                                                        \
	X(BAR7, 0x2589, '#')                                                        \
	X(TRACK, 0x2500, '-')                                                       \
	X(MARK, 0x2503, '|')                                                        \
	X(PLAY, 0x25b6, '>')                                                        \
	X(REVERSE, 0x25c0, '<')                                                     \
	X(PAUSE, 0x2016, '=')                                                       \
	X(ARROW, 0x2192, '>')                                                       \
	X(TIMES, 0x00d7, 'x')                                                       \
	X(DECISION, 0x25c6, '*')                                                    \
	X(ELLIPSIS, 0x2026, '~')                                                    \
	X(DOT, 0x00b7, '-')                                                         \
	X(MICRO, 0x00b5, 'u')

enum ui_glyph {
#define X(id, cp, ascii) UI_GL_##id,
	UI_GLYPH_LIST(X)
#undef X
	UI_GL_COUNT
};

/** Colours and attributes of a cell. */
struct ui_style {
	uint8_t fg;   /* enum ui_role */
	uint8_t bg;   /* enum ui_role, its colour is the background; UI_ROLE_TEXT: none */
	uint8_t attr; /* enum ui_attr */
};

struct ui_cell {
	uint32_t ch;   /* code point; 0 is the right half of a wide character */
	struct ui_style style;
	uint8_t width; /* 1, 2, or 0 for a right half */
};

struct ui_rect {
	int row, col, rows, cols;
};

struct ui_grid {
	int rows, cols;
	bool ascii;         /* show our glyphs in their plain form, other characters as '?' */
	int cursor_row, cursor_col; /* where the terminal's cursor is shown, -1: hidden */
	struct ui_cell *cell; /* rows * cols, row by row */
	size_t cap;
};

/** Sets the size and clears.  Sizes below 1 count as 1, above 4096 as 4096.  0 or SG_E_NOMEM. */
int ui_grid_resize(struct ui_grid *g, int rows, int cols);
/** Frees the cells; the struct may be used again. */
void ui_grid_fini(struct ui_grid *g);
/** All cells blank, cursor hidden. */
void ui_grid_clear(struct ui_grid *g);
/** The cell at @row, @col of the grid; NULL outside.  Borrowed. */
struct ui_cell *ui_grid_at(struct ui_grid *g, int row, int col);

static inline struct ui_style ui_style(enum ui_role fg)
{
	return (struct ui_style){ .fg = (uint8_t)fg };
}
static inline struct ui_style ui_style_attr(enum ui_role fg, unsigned int attr)
{
	return (struct ui_style){ .fg = (uint8_t)fg, .attr = (uint8_t)attr };
}
/** Dark text on the colour of @bg. */
static inline struct ui_style ui_style_on(enum ui_role bg, unsigned int attr)
{
	return (struct ui_style){ .fg = UI_ROLE_INK, .bg = (uint8_t)bg, .attr = (uint8_t)attr };
}

/** The code point of @gl, by the grid's repertoire. */
uint32_t ui_glyph(const struct ui_grid *g, enum ui_glyph gl);

/** One character at @row, @col of @r; wide ones need room for both halves, else they become '?'. */
void ui_char(struct ui_grid *g, const struct ui_rect *r, int row, int col, struct ui_style st,
	     uint32_t ch);
/**
 * ui_text() - UTF-8 text at @row, @col of @r, clipped there
 * Return: the column behind the text, also when it was clipped
 */
int ui_text(struct ui_grid *g, const struct ui_rect *r, int row, int col, struct ui_style st,
	    const char *text);
/** As ui_text(), formatted; at most 511 bytes. */
int ui_textf(struct ui_grid *g, const struct ui_rect *r, int row, int col, struct ui_style st,
	     const char *fmt, ...) __attribute__((format(printf, 6, 7)));
/**
 * ui_wrap() - text over several rows from @row, broken at blanks, at most @max_rows
 * @indent: column of the second and later rows
 * @skip:   rows of the text to leave out first (for scrolling)
 * Return:  rows that the whole text needs
 */
int ui_wrap(struct ui_grid *g, const struct ui_rect *r, int row, int indent, int max_rows, int skip,
	    struct ui_style st, const char *text);
/** @n times the character @ch. */
void ui_fill(struct ui_grid *g, const struct ui_rect *r, int row, int col, int n,
	     struct ui_style st, uint32_t ch);
/** A horizontal bar of @value / @max over at most @cols cells, in eighths of a cell. */
void ui_bar(struct ui_grid *g, const struct ui_rect *r, int row, int col, int cols,
	    struct ui_style st, uint64_t value, uint64_t max);
/** A frame along the edges of @r with a title on top; the inner rectangle is returned. */
struct ui_rect ui_box(struct ui_grid *g, const struct ui_rect *r, const char *title, bool focused);
/** Columns that UTF-8 @text takes. */
int ui_width(const char *text);
/** Reads one code point of UTF-8; 0xfffd and one byte for what is none. */
const char *ui_utf8_get(const char *s, uint32_t *ret_cp);
/** Writes @cp as UTF-8 into @buf (4 bytes), the number of bytes is returned. */
int ui_utf8_put(char *buf, uint32_t cp);

#endif
