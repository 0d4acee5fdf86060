/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The screens' public header: shows a capture's machine on a terminal and lets
 * a person move through it.  The data comes through struct ui_source, so that
 * nothing in here knows file formats.
 */
#ifndef UI_H
#define UI_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "mm.h"
#include "sg_capture.h"
#include "sg_err.h"
#include "sg_log.h"

/**
 * Where the screens get their data.  Borrowed; everything in it must outlive
 * ui_run().
 * @log:      grows only inside of @more
 * @cfg:      how to make a machine; copied, max_pfn_hint is raised as the log grows
 * @more:     reads up to @budget_events further events into @log, called in between
 *            two key presses until it returns 0 (all is read) or < 0 (enum sg_code)
 * @progress: how much of the capture has been read, 0 .. 1000
 */
struct ui_source {
	const struct sg_capture *cap;
	struct sg_log *log;
	const struct mm_config *cfg;
	int (*more)(void *arg, uint64_t budget_events);
	unsigned int (*progress)(void *arg);
	void *arg;
};

enum ui_colour_mode {
	UI_COLOUR_AUTO, /* from TERM, COLORTERM and NO_COLOR */
	UI_COLOUR_NONE,
	UI_COLOUR_8,
	UI_COLOUR_256,
	UI_COLOUR_TRUE,
};

/** How to start.  All zero is the default. */
struct ui_options {
	const char *start; /* event:N, time:SECONDS, mark:TEXT, end, N, N%; NULL: the start */
	const char *frame; /* "1000" events or "10ms"; NULL: 1000 events */
	enum ui_colour_mode colour;
	bool ascii; /* no glyphs beyond ASCII, also on a UTF-8 terminal */
};

/**
 * ui_run() - show the capture until the user leaves
 * Descriptors 1 and 2 are caught while the screen is up; what was written to
 * them goes to standard error afterwards.  A signal that ends the process
 * restores the terminal first.
 * Errors: SG_E_UNSUPPORTED not a terminal, or one that can't move its cursor;
 *         SG_E_USAGE a start position or frame that can't be read; SG_E_NOMEM
 * Return: 0 after a normal quit
 */
int ui_run(const struct ui_source *src, const struct ui_options *opt, struct sg_err *err);

/** Colour mode by name ("auto", "none", "8", "256", "truecolor"), -1 for another. */
int ui_colour_by_name(const char *name);

/** Prints all keys with their meaning as text, for --keys and the manual. */
void ui_keys_print(FILE *out);

#endif
