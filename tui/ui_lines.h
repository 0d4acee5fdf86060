/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lines of text in a panel: each wrapped over as many rows as it needs, scrolled by rows, never past the end.
 */
#ifndef UI_LINES_H
#define UI_LINES_H

#include <stdint.h>

#include "ui_decide.h"
#include "ui_grid.h"
#include "ui_keys.h"

#define UI_LINES_MAX  160
#define UI_LINES_TEXT (UI_DECIDE_TEXT + 128)

struct ui_lines {
	int nr;   /* lines */
	int most; /* how far it scrolls */
	struct {
		enum ui_role role;
		int indent; /* of a line's second and later rows */
		char text[UI_LINES_TEXT];
	} line[UI_LINES_MAX];
};

/** One more line; its text is cleaned.  Those that have no room are left out. */
void ui_lines_add(struct ui_lines *l, enum ui_role role, int indent, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/** All lines are there: how far do they scroll in @rows x @cols? */
void ui_lines_fit(struct ui_lines *l, int rows, int cols);
/** Draws them into @in, from row @scroll on, or as far as they scroll. */
void ui_lines_draw(const struct ui_lines *l, struct ui_grid *g, const struct ui_rect *in, int scroll);
/** Up, down and frames (ten rows) move *@scroll; false for other actions. */
bool ui_lines_act(const struct ui_lines *l, int *scroll, enum ui_action a, uint64_t n);

#endif
