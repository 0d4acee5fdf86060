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
#include "sg_pos.h"
#include "ui_maker.h"
#include "ui_path.h"

/** What a session holds besides the capture and its events.  Everything is borrowed. */
struct ui_session {
	uint64_t pos;     /* where one was at the end */
	const char *view; /* and what was on the screen, in the words of ui_scene.h */
	const struct sg_bookmark *bookmark;
	size_t nr_bookmarks;
	const char *const *search; /* what was searched for, the latest last */
	size_t nr_searches;
	bool searching;            /* the last of them is in use */
	const struct ui_path *path;
	const char *note;          /* something to be said when it is opened, NULL without */
};

/** Parts of a session that are written again only when they have changed. */
enum ui_session_part {
	UI_PART_PLACE = 1 << 0, /* pos and view */
	UI_PART_BOOKMARKS = 1 << 1,
	UI_PART_SEARCHES = 1 << 2,
	UI_PART_RUNS = 1 << 3,
	UI_PART_PATH = 1 << 4,
	UI_PART_ALL = (1 << 5) - 1,
};

/** What stands where a session is to be written. */
enum ui_save_target {
	UI_TARGET_NEW,     /* nothing, or something like a pipe that is written to */
	UI_TARGET_SESSION, /* a session, to be replaced after asking */
	UI_TARGET_OTHER,   /* a file of another kind, which is not replaced */
	UI_TARGET_INPUT,   /* what is looked at, by this or another name: never written over */
};

struct ui_save; /* a session being written; the saver's own */

/**
 * How sessions are written.  Each function that can fail returns a negative
 * enum sg_code and a sentence; the session on the screen is untouched by that.
 * @suggest: name to offer, beside the capture
 * @target:  what stands at @path
 * @open:    begins a file; what stands at @path stays until finish()
 * @events:  takes up to @budget further events of the log: 1 when there are more, 0 when
 *           all that is in the log so far has been taken
 * @put:     writes @parts (enum ui_session_part) anew; of the path the steps from
 *           *@from, which moves behind the last one
 * @written: number of events taken so far
 * @flush:   brings what was taken so far to the file, for a recording; or NULL
 * @images:  writes the next of a few machines along the run, after all events: 1 there may be more, 0 done; or NULL
 * @finish:  completes the file and puts it in its place; frees @s in any case
 * @abort:   frees @s; with @keep what has been written so far stays under the name
 *           that @unfinished gave
 * @unfinished: name of the file while it is written, borrowed
 */
struct ui_saver {
	void *arg;
	const char *suggest;
	enum ui_save_target (*target)(void *arg, const char *path);
	int (*open)(void *arg, const char *path, struct ui_save **ret, struct sg_err *err);
	int (*events)(struct ui_save *s, uint64_t budget, struct sg_err *err);
	uint64_t (*written)(const struct ui_save *s);
	int (*put)(struct ui_save *s, const struct ui_session *what, unsigned int parts,
		   struct ui_path_cursor *from, struct sg_err *err);
	int (*flush)(struct ui_save *s, struct sg_err *err);
	int (*images)(struct ui_save *s, const struct mm_timeline *tl, struct sg_err *err);
	int (*finish)(struct ui_save *s, struct sg_err *err);
	void (*abort)(struct ui_save *s, bool keep);
	const char *(*unfinished)(const struct ui_save *s);
};

struct ui_source;

/**
 * Further runs, of the same demand, that nobody looks at: their figures tell how much runs vary and how far the model is off.
 * @count: how many there are by now
 * @open:  run @i, one at a time; *@ret stays NULL when it is of no use
 * @close: the one that is open
 */
struct ui_also {
	void *arg;
	size_t (*count)(void *arg);
	int (*open)(void *arg, size_t i, const struct ui_source **ret, struct sg_err *err);
	void (*close)(void *arg);
};

/**
 * Where the screens get their data.  Borrowed; everything in it must outlive
 * ui_run().
 * @log:      grows only inside of @more
 * @cfg:      how to make a machine; copied; its layout follows from the log as that grows
 * @more:     reads up to @budget_events further events into @log, called in between
 *            two key presses until it returns 0 (all is read) or < 0 (enum sg_code)
 * @progress: how much of the capture has been read, 0 .. 1000
 * @keyframes: called when all has been read, until it returns false: may add a keyframe that is kept from another
 *            time; or NULL
 * @idle:     called when nobody waits and all is read: a slice of some 5 ms of what the source wants to keep; @ready:
 *            the timeline has been run to its end. 1 there is more, 0 done, < 0 given up, with a sentence; or NULL
 * @session:  what a session file brought along, NULL for a capture
 * @saver:    how to save a session, NULL when that can't be done
 * @beside:   a second run, to stand beside this one from the start; or NULL
 * @also:     further runs that count for verdicts; or NULL
 * @maker:    who makes runs of it; NULL: nobody
 * @release:  of a source that the maker gave: nobody needs it any more; or NULL
 * @other_still: the user wants dump @no, from 0 (struct sg_capture: nr_stills); the screen is left then; or NULL
 */
struct ui_source {
	const struct sg_capture *cap;
	struct sg_log *log;
	const struct mm_config *cfg;
	int (*more)(void *arg, uint64_t budget_events);
	unsigned int (*progress)(void *arg);
	bool (*keyframes)(void *arg, struct mm_timeline *tl);
	int (*idle)(void *arg, struct mm_timeline *tl, bool ready, struct sg_err *err);
	void *arg;
	uint64_t memory; /* bytes for keyframes, 0 no limit of the caller's: mm_timeline_new() */
	const struct ui_session *session;
	const struct ui_saver *saver;
	const struct ui_source *beside;
	const struct ui_also *also;
	void (*other_still)(void *arg, unsigned int no);
	const struct ui_maker *maker;
	void (*release)(const struct ui_source *src);
};

enum ui_colour_mode {
	UI_COLOUR_AUTO, /* from TERM, COLORTERM and NO_COLOR */
	UI_COLOUR_NONE,
	UI_COLOUR_8,
	UI_COLOUR_256,
	UI_COLOUR_TRUE,
};

enum ui_background {
	UI_BACKGROUND_AUTO, /* from COLORFGBG, or what the terminal answers */
	UI_BACKGROUND_DARK,
	UI_BACKGROUND_LIGHT,
};

/** Speeds of a film; others are brought to the nearer of these. */
#define UI_FILM_SLOWEST 0.01
#define UI_FILM_FASTEST 10000.0

/** How to start.  All zero is the default. */
struct ui_options {
	const char *start; /* event:N, time:SECONDS, mark:TEXT, bookmark:NAME, end, N, N%; NULL: the start, or
			    * where the session was left */
	const char *frame; /* "1000" events or "10ms"; NULL: 1000 events */
	enum ui_colour_mode colour;
	enum ui_background background;
	bool ascii; /* no glyphs beyond ASCII, also on a UTF-8 terminal */
	bool no_mouse; /* leave the mouse to the terminal */
	const char *record; /* write a session to this file from the start on; NULL: don't */
	bool film;          /* play the session's path */
	double film_speed;  /* 0: as it was */
};

/**
 * ui_run() - show the capture until the user leaves
 * Descriptors 1 and 2 are caught while the screen is up; what was written to
 * them goes to standard error afterwards.  A signal that ends the process
 * restores the terminal first.
 * Errors: SG_E_UNSUPPORTED not a terminal, or one that can't move its cursor;
 *         SG_E_USAGE a start position or frame that can't be read; SG_E_NOMEM;
 *         what the saver said when the recording could not be completed
 * Return: 0 after a normal quit
 */
int ui_run(const struct ui_source *src, const struct ui_options *opt, struct sg_err *err);

/** Colour mode by name ("auto", "none", "8", "256", "truecolor"), -1 for another. */
int ui_colour_by_name(const char *name);

/** Background by name ("auto", "dark", "light"), -1 for another. */
int ui_background_by_name(const char *name);

/** Prints all keys with their meaning as text, for --keys and the manual. */
void ui_keys_print(FILE *out);

#endif
