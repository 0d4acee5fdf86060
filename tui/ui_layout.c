// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who sits where: header on top, map on the left, figures on the right, the event
 * below, one status row.  From 80x24 up everything has its place; smaller screens
 * lose the figures first, then the event, then all.
 */
#include "ui_view.h"

#define EVENT_ROWS_SMALL 7
#define DECISION_COLS    110 /* from here on the decision has a place beside the event */
#define EVENT_ROWS_LEAST 4

static const struct ui_view_ops *const views[UI_VIEW_COUNT] = {
#define X(id, ops) [UI_VIEW_##id] = &ops,
	UI_VIEW_LIST(X)
#undef X
};

const struct ui_view_ops *ui_view_ops(enum ui_view_id id)
{
	return views[id];
}

/* Rows of a figure with one for each order: a frame, a heading and the orders. */
static int fig_rows(const struct ui_model *md)
{
	return 3 + (int)(md->run->m ? mm_nr_orders(md->run->m) : 11);
}

static void add(struct ui_layout *lay, enum ui_view_id view, int row, int col, int rows, int cols)
{
	if (lay->nr < UI_MAX_PLACES && rows > 0 && cols > 0)
		lay->place[lay->nr++] = (struct ui_place){ .view = view, .r = { row, col, rows, cols } };
}

/* Right column: the chosen figures first, then as many of the others as have room. */
static void add_figures(struct ui_layout *lay, const struct ui_model *md, int row, int col,
			int rows, int cols)
{
	static const enum ui_view_id view[UI_FIG_COUNT] = { UI_VIEW_FREE, UI_VIEW_ZONE,
							    UI_VIEW_FOLIOS };
	const int want[UI_FIG_COUNT] = { fig_rows(md), 13, fig_rows(md) };

	for (int i = 0; i < UI_FIG_COUNT && rows > 0; i++) {
		int fig = ((int)md->figures + i) % UI_FIG_COUNT;
		int next = ((int)md->figures + i + 1) % UI_FIG_COUNT;
		int take = want[fig];

		/* the last one gets what is left over */
		if (i == UI_FIG_COUNT - 1 || rows - take < want[next] - 3)
			take = rows;
		add(lay, view[fig], row, col, take, cols);
		row += take;
		rows -= take;
	}
}

/* Dumps have no events: the request and the reasons take the map's place, or stand below it when there is one. */
static void add_still(struct ui_layout *lay, const struct ui_model *md, int header, int rows, int cols)
{
	bool map = md->run->cfg.nr_seeds && md->run->cfg.seed[0].snap->have_pageflags;
	int figs = cols >= 180 ? 84 : cols >= 110 ? 52 : cols >= 72 ? 34 : 0, body = rows - header - 1, below = 0;

	if (map)
		below = rows >= 50 ? 20 : rows >= 34 ? 14 : rows >= 20 ? 8 : rows >= 14 ? 5 : 0;
	if (md->block_open && cols - figs < 68)
		figs = 0;
	add(lay, !map ? UI_VIEW_STILL : md->block_open ? UI_VIEW_BLOCK : UI_VIEW_MAP, header, 0, body - below, cols - figs);
	if (figs)
		add_figures(lay, md, header, cols - figs, body - below, figs);
	if (below)
		add(lay, UI_VIEW_STILL, header + body - below, 0, below, cols);
}

void ui_layout_make(struct ui_layout *lay, const struct ui_model *md, int rows, int cols)
{
	int header = rows >= 10 ? 2 : 1, event, body, figs, strip = rows >= 30 ? 1 : 0,
	    legend = rows >= 26 ? 1 : 0;
	bool stacked;
	int row;

	*lay = (struct ui_layout){ .status = { rows - 1, 0, 1, cols } };
	if (rows < UI_LAYOUT_MIN_ROWS || cols < UI_LAYOUT_MIN_COLS) {
		lay->too_small = true;
		return;
	}
	if (md->beside.on && md->other && md->overlay == UI_OVERLAY_NONE) {
		ui_layout_beside(lay, md, rows, cols);
		return;
	}
	add(lay, UI_VIEW_HEADER, 0, 0, header, cols);
	if (md->overlay != UI_OVERLAY_NONE) {
		add(lay,
		    md->overlay == UI_OVERLAY_HELP    ? UI_VIEW_HELP
		    : md->overlay == UI_OVERLAY_MARKS ? UI_VIEW_MARKS
		    : md->overlay == UI_OVERLAY_DECISION ? UI_VIEW_NUMBERS
		    : md->overlay == UI_OVERLAY_POLICY ? UI_VIEW_POLICY
		    : md->overlay == UI_OVERLAY_RUNS ? UI_VIEW_RUNS
						      : UI_VIEW_INFO,
		    header, 0, rows - header - 1, cols);
		return;
	}
	if (md->run->cap->still) {
		add_still(lay, md, header, rows, cols);
		return;
	}
	/* event and decision stand beside each other, or below each other, or take turns */
	stacked = rows >= 34 && cols < DECISION_COLS;
	event = stacked      ? 2 * EVENT_ROWS_SMALL
		: rows >= 50 ? 14
		: rows >= 34 ? 10
		: rows >= 20 ? EVENT_ROWS_SMALL
		: rows >= 14 ? 4
			     : 0;
	figs = cols >= 180 ? 84 : cols >= 110 ? 52 : cols >= 72 ? 34 : 0;
	/* the pages of a block need 64 columns: on a narrow screen the figures make room */
	if (md->block_open && cols - figs < 68)
		figs = 0;
	body = rows - header - event - strip - legend - 1;
	/* machines with more orders than usual: on a low screen the event makes room */
	while (figs && event > EVENT_ROWS_LEAST && event <= EVENT_ROWS_SMALL && body < fig_rows(md)) {
		event--;
		body++;
	}
	row = header;
	add(lay, md->block_open ? UI_VIEW_BLOCK : UI_VIEW_MAP, row, 0, body, cols - figs);
	if (figs)
		add_figures(lay, md, row, cols - figs, body, figs);
	row += body;
	if (legend)
		add(lay, UI_VIEW_LEGEND, row++, 0, 1, cols);
	if (strip)
		add(lay, UI_VIEW_STRIP, row++, 0, 1, cols);
	if (event && cols >= 140) {
		int list = cols * 28 / 100, dec = cols * 38 / 100, first = cols - list - dec;

		add(lay, UI_VIEW_EVENT, row, 0, event, first);
		add(lay, UI_VIEW_DECISION, row, first, event, dec);
		add(lay, UI_VIEW_LIST, row, first + dec, event, list);
	} else if (event && cols >= DECISION_COLS) {
		add(lay, UI_VIEW_EVENT, row, 0, event, cols / 2);
		add(lay, UI_VIEW_DECISION, row, cols / 2, event, cols - cols / 2);
	} else if (stacked) {
		add(lay, UI_VIEW_EVENT, row, 0, EVENT_ROWS_SMALL, cols);
		add(lay, UI_VIEW_DECISION, row + EVENT_ROWS_SMALL, 0, EVENT_ROWS_SMALL, cols);
	} else if (event) {
		add(lay, md->focus == UI_FOCUS_DECISION ? UI_VIEW_DECISION : UI_VIEW_EVENT, row, 0, event, cols);
	}
}
