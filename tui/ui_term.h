/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The terminal as the screens see it: a size, a grid to show, keys, a clock.
 * ui_term_curses.c is the real one, ui_term_null.c one without a terminal.
 */
#ifndef UI_TERM_H
#define UI_TERM_H

#include <stdbool.h>
#include <stdint.h>

#include "ui_grid.h"
#include "ui_keys.h"

struct ui_term;

struct ui_term_ops {
	/** Rows and columns now. */
	void (*size)(struct ui_term *t, int *ret_rows, int *ret_cols);
	/** Shows @g; only cells that differ from what was shown before are sent. */
	void (*show)(struct ui_term *t, const struct ui_grid *g);
	/** Forget what was shown: the next show() sends everything. */
	void (*invalidate)(struct ui_term *t);
	/** Next key within @timeout_ms (0: only look, -1: for ever), else UI_KEY_NONE. */
	int (*key)(struct ui_term *t, int timeout_ms);
	/** Gives the terminal back, stops the process, takes it again when it goes on. */
	void (*suspend)(struct ui_term *t);
	/** A clock that never goes back, in microseconds. */
	uint64_t (*now_us)(struct ui_term *t);
	/** Restores the terminal and frees @t. */
	void (*close)(struct ui_term *t);
};

/** Base of both kinds. */
struct ui_term {
	const struct ui_term_ops *ops;
	bool ascii;                 /* no glyphs beyond ASCII */
	enum ui_colour_mode colour; /* never UI_COLOUR_AUTO */
};

/** Takes the controlling terminal, see ui_run() for errors. */
int ui_term_curses_open(const struct ui_options *opt, struct ui_term **ret, struct sg_err *err);

/**
 * A terminal of a fixed size without a device, for tests.  Its clock moves by a
 * millisecond with each key(), and through pauses by its timeouts.
 * @script: keys to deliver, as characters and <names>: "10l<Enter>/foo<Enter>";
 *          "<80x24>" changes the size, "<300ms>" waits, "<click:3,20>" clicks at row 3,
 *          column 20, "<wheel-up>", "<wheel-down>".  Borrowed.  Keys are
 *          delivered when the screens are idle.  At its end: UI_KEY_HANGUP.
 * @shown:  called with each grid that is shown, may be NULL
 */
int ui_term_null_open(int rows, int cols, const char *script,
		      void (*shown)(void *arg, const struct ui_grid *g), void *arg,
		      struct ui_term **ret);

/** ui_run() on a given terminal, which is not closed. */
int ui_run_on(const struct ui_source *src, const struct ui_options *opt, struct ui_term *term,
	      struct sg_err *err);

#endif
