/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A view: computes what it shows in sync(), paints in draw().  Views see actions,
 * roles and the grid; never keys, colours or the terminal.
 */
#ifndef UI_VIEW_H
#define UI_VIEW_H

#include "ui_grid.h"
#include "ui_keys.h"
#include "ui_model.h"

struct ui_view_ops {
	const char *name;
	int min_rows, min_cols; /* below them the shell shows the name only */
	size_t state_size;      /* zeroed by the shell; may hold pointers freed by fini */

	/** Takes from the model and the engine what draw() needs, for a rectangle of this size. */
	void (*sync)(void *view, const struct ui_model *md, const struct ui_rect *r);
	/** Paints into @r; computes and allocates nothing; the same state gives the same cells. */
	void (*draw)(const void *view, const struct ui_model *md, struct ui_grid *g,
		     const struct ui_rect *r);
	/** Optional: handles an action @n times; false when it isn't for this view. */
	bool (*act)(void *view, struct ui_model *md, enum ui_action a, uint64_t n);
	/** Optional: a click at @row, @col of its rectangle @r, as of the last sync(). */
	void (*click)(void *view, struct ui_model *md, const struct ui_rect *r, int row, int col);
	void (*fini)(void *view); /* optional */
};

extern const struct ui_view_ops ui_v_header, ui_v_map, ui_v_block, ui_v_free, ui_v_zone,
	ui_v_folios, ui_v_event, ui_v_list, ui_v_strip, ui_v_legend, ui_v_help, ui_v_info,
	ui_v_marks, ui_v_decision, ui_v_numbers, ui_v_still, ui_v_beside_head, ui_v_beside_strips, ui_v_beside_part,
	ui_v_beside_figures, ui_v_beside_diff, ui_v_policy, ui_v_runs;

/* id, operations */
#define UI_VIEW_LIST(X)                                                            \
	X(HEADER, ui_v_header) X(MAP, ui_v_map) X(BLOCK, ui_v_block)               \
	X(FREE, ui_v_free) X(ZONE, ui_v_zone) X(FOLIOS, ui_v_folios)               \
	X(EVENT, ui_v_event) X(LIST, ui_v_list) X(STRIP, ui_v_strip)               \
	X(LEGEND, ui_v_legend) X(HELP, ui_v_help) X(INFO, ui_v_info)                  \
	X(MARKS, ui_v_marks) X(DECISION, ui_v_decision) X(NUMBERS, ui_v_numbers) \
	X(STILL, ui_v_still) X(MAP_B, ui_v_map) X(EVENT_B, ui_v_event) X(DECISION_B, ui_v_decision) \
	X(BESIDE_HEAD, ui_v_beside_head) X(BESIDE_STRIPS, ui_v_beside_strips) X(BESIDE_PART, ui_v_beside_part) \
	X(BESIDE_FIGURES, ui_v_beside_figures) X(BESIDE_DIFF, ui_v_beside_diff) \
	X(POLICY, ui_v_policy) X(RUNS, ui_v_runs)

enum ui_view_id {
#define X(id, ops) UI_VIEW_##id,
	UI_VIEW_LIST(X)
#undef X
	UI_VIEW_COUNT
};

/** A part of the screen. */
struct ui_place {
	enum ui_view_id view;
	struct ui_rect r;
	char side; /* 'A', 'B': of which of two runs side by side; 0: of the screen */
};

#define UI_MAX_PLACES 12

/* on a smaller terminal there is nothing to be seen */
#define UI_LAYOUT_MIN_ROWS 6
#define UI_LAYOUT_MIN_COLS 24

/** Where everything is for one size of the terminal. */
struct ui_layout {
	struct ui_place place[UI_MAX_PLACES];
	unsigned int nr;
	struct ui_rect status; /* the last row */
	bool too_small;
};

/** Arranges the views for a grid of @rows x @cols. */
void ui_layout_make(struct ui_layout *lay, const struct ui_model *md, int rows, int cols);

/** The same while two runs stand side by side. */
void ui_layout_beside(struct ui_layout *lay, const struct ui_model *md, int rows, int cols);

/** Descriptions of all views, index is enum ui_view_id. */
const struct ui_view_ops *ui_view_ops(enum ui_view_id id);

#endif
