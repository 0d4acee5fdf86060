/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Roles of text and cells, and the colours they get: 24-bit, 256, 8 or none.
 * The colours of migratetypes are the palette of Okabe and Ito, which people
 * with any colour vision can tell apart; without colours attributes are left.
 * Text keeps the terminal's own colour; the other roles have one for a dark and one for a light background, which
 * is read on it (contrast 4.5 and more on white).
 */
#ifndef UI_THEME_H
#define UI_THEME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ui.h"

enum ui_attr {
	UI_BOLD = 1 << 0,
	UI_UNDERLINE = 1 << 1,
	UI_REVERSE = 1 << 2,
	UI_DIM = 1 << 3,
};

/*
 * id; rgb (-1: the terminal's own), of 256, of 8 on a dark background; the same on a light one; attributes always,
 * attributes without colours
 */
#define UI_ROLE_LIST(X)                                                                  \
	X(TEXT, -1, -1, -1, -1, -1, -1, 0, 0) \
	X(INK, 0x101010, 233, 0, 0xffffff, 231, 7, 0, 0)      /* text on a coloured background */ \
	X(DIM, 0x8a8a8a, 245, -1, 0x666666, 241, -1, 0, UI_DIM) \
	X(STRONG, -1, -1, -1, -1, -1, -1, UI_BOLD, UI_BOLD) \
	X(BORDER, 0x6c6c6c, 242, -1, 0x707070, 242, -1, 0, UI_DIM) \
	X(FOCUS, -1, -1, -1, -1, -1, -1, UI_BOLD, UI_BOLD) \
	X(HEADER, 0x56b4e9, 74, 6, 0x0067a3, 25, 4, 0, UI_REVERSE) \
	X(KEY, 0xe69f00, 214, 3, 0x8a5200, 94, 4, UI_BOLD, UI_BOLD) \
	X(GOOD, 0x2fbf93, 36, 2, 0x00704f, 23, 2, 0, 0) \
	X(WARN, 0xe69f00, 214, 3, 0x8a5200, 94, 1, UI_BOLD, UI_BOLD) \
	X(ERROR, 0xff6a3d, 203, 1, 0xb8330a, 124, 1, UI_BOLD, UI_BOLD | UI_UNDERLINE) \
	X(CURSOR, -1, -1, -1, -1, -1, -1, UI_BOLD, UI_REVERSE | UI_BOLD | UI_UNDERLINE) /* reversed */ \
	X(SCANNER, -1, -1, -1, -1, -1, -1, UI_BOLD, UI_BOLD)            /* reversed */ \
	X(PROGRESS, 0x56b4e9, 74, 6, 0x0067a3, 25, 4, 0, 0) \
	X(FREE, 0x2fbf93, 36, 2, 0x00704f, 23, 2, 0, 0) \
	X(PCP, 0xcc79a7, 175, 5, 0x9a3f72, 126, 5, 0, 0) \
	X(ISOLATED, 0xf0e442, 227, 3, 0x6e5f00, 58, 0, UI_BOLD, UI_BOLD) \
	X(UNKNOWN, 0x707070, 243, -1, 0x6c6c6c, 242, -1, 0, UI_DIM) \
	X(UNMOVABLE, 0xe0632a, 166, 1, 0xb03c0c, 130, 1, 0, 0) \
	X(MOVABLE, 0x56b4e9, 74, 6, 0x0067a3, 25, 4, 0, 0) \
	X(RECLAIMABLE, 0xf0e442, 227, 3, 0x6e5f00, 58, 0, 0, 0) \
	X(HIGHATOMIC, 0xcc79a7, 175, 5, 0x9a3f72, 126, 5, 0, 0) \
	X(CMA, 0x009e73, 29, 2, 0x006245, 22, 2, 0, 0) \
	X(ISOLATE, 0xe69f00, 214, 4, 0x8a5200, 94, 6, 0, 0) \
	X(OTHER_TYPE, 0xd0d0d0, 252, 7, 0x444444, 238, 0, 0, 0)

enum ui_role {
#define X(id, rgb, c256, c8, lrgb, l256, l8, attr, mono) UI_ROLE_##id,
	UI_ROLE_LIST(X)
#undef X
	UI_ROLE_COUNT
};

/** What a style comes to: colours as the mode numbers them (rgb, index) or -1, and attributes. */
struct ui_look {
	int32_t fg, bg;
	unsigned int attr;
};

struct ui_style;
/** Resolves @st for @mode (not UI_COLOUR_AUTO) on a light or dark background. */
struct ui_look ui_theme_look(enum ui_colour_mode mode, bool light, struct ui_style st);

/** The mode for a terminal with @nr_colours (terminfo) by the environment: NO_COLOR, COLORTERM. */
enum ui_colour_mode ui_theme_auto(int nr_colours, const char *no_color, const char *colorterm);

/** Is the background light?  @colorfgbg: the environment's COLORFGBG ("15;0"); -1 when it doesn't tell. */
int ui_theme_light_env(const char *colorfgbg);
/**
 * Is the background light?  @answer: what a terminal answered to "\033]11;?" ("\033]11;rgb:ffff/ffff/ffff"), @len bytes;
 * -1 when it isn't such an answer.
 */
int ui_theme_light_answer(const char *answer, size_t len);

/** Role of a migratetype by its name in the capture. */
enum ui_role ui_theme_migratetype(const char *name);

/** Name of a role, for tests and dumps. */
const char *ui_role_name(enum ui_role role);

#endif
