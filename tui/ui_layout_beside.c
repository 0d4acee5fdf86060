// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who sits where while two runs stand side by side.  From 120 columns and 30 rows on all of it at once: both maps, what differs
 * and the figures below them, timelines, the parting, both decisions.  On smaller screens maps, difference, figures and
 * decisions take turns.
 */
#include "ui_view.h"

#define WIDE_COLS 120
#define WIDE_ROWS 30
#define HUGE_ROWS 50 /* from here on both events have a place, too */

static void add(struct ui_layout *lay, enum ui_view_id view, char side, int row, int col, int rows, int cols)
{
	if (lay->nr < UI_MAX_PLACES && rows > 0 && cols > 0)
		lay->place[lay->nr++] = (struct ui_place){ .view = view, .r = { row, col, rows, cols }, .side = side };
}

/* One view for each run, left and right. */
static void add_both(struct ui_layout *lay, enum ui_view_id a, enum ui_view_id b, int row, int rows, int cols)
{
	add(lay, a, 'A', row, 0, rows, cols / 2);
	add(lay, b, 'B', row, cols / 2, rows, cols - cols / 2);
}

static void wide(struct ui_layout *lay, int row, int rows, int cols)
{
	int decision = rows >= 36 ? 8 : 6, event = rows >= HUGE_ROWS ? 6 : 0, maps = rows - 3 - 3 - decision - event, top = (maps + 1) / 2;

	add_both(lay, UI_VIEW_MAP, UI_VIEW_MAP_B, row, top, cols);
	add(lay, UI_VIEW_BESIDE_DIFF, 0, row + top, 0, maps - top, cols / 2);
	add(lay, UI_VIEW_BESIDE_FIGURES, 0, row + top, cols / 2, maps - top, cols - cols / 2);
	row += maps;
	add(lay, UI_VIEW_BESIDE_STRIPS, 0, row, 0, 3, cols);
	add(lay, UI_VIEW_BESIDE_PART, 0, row + 3, 0, 3, cols);
	add_both(lay, UI_VIEW_EVENT, UI_VIEW_EVENT_B, row + 6, event, cols);
	add_both(lay, UI_VIEW_DECISION, UI_VIEW_DECISION_B, row + 6 + event, decision, cols);
}

static void in_turns(struct ui_layout *lay, const struct ui_model *md, int row, int rows, int cols)
{
	int strips = rows >= 14 ? 3 : 0, part = rows >= 10 ? 3 : rows >= 7 ? 2 : 0, body = rows - strips - part;

	switch (md->beside.page) {
	case UI_BESIDE_MAP_B:
		add(lay, UI_VIEW_MAP_B, 'B', row, 0, body, cols);
		break;
	case UI_BESIDE_DIFF:
		add(lay, UI_VIEW_BESIDE_DIFF, 0, row, 0, body, cols);
		break;
	case UI_BESIDE_FIGURES:
		add(lay, UI_VIEW_BESIDE_FIGURES, 0, row, 0, body, cols);
		break;
	case UI_BESIDE_DECISIONS:
		add(lay, UI_VIEW_DECISION, 'A', row, 0, body / 2, cols);
		add(lay, UI_VIEW_DECISION_B, 'B', row + body / 2, 0, body - body / 2, cols);
		break;
	case UI_BESIDE_MAP:
	default:
		add(lay, UI_VIEW_MAP, 'A', row, 0, body, cols);
		break;
	}
	row += body;
	add(lay, UI_VIEW_BESIDE_STRIPS, 0, row, 0, strips, cols);
	add(lay, UI_VIEW_BESIDE_PART, 0, row + strips, 0, part, cols);
}

void ui_layout_beside(struct ui_layout *lay, const struct ui_model *md, int rows, int cols)
{
	int head = rows >= 8 ? 2 : 1;

	add(lay, UI_VIEW_BESIDE_HEAD, 0, 0, 0, head, cols);
	if (cols >= WIDE_COLS && rows >= WIDE_ROWS)
		wide(lay, head, rows - head - 1, cols);
	else
		in_turns(lay, md, head, rows - head - 1, cols);
}
