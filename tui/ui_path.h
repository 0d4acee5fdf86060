/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The path that the user took: each change of position or view with the time at
 * which it came, packed (some four bytes for a movement).  It is kept from the
 * start on, saved with a session, and played back as a film.
 *
 * It is bounded.  When it is full, every second movement of its older half goes;
 * changes of the view stay.  When that frees too little it takes nothing more.
 */
#ifndef UI_PATH_H
#define UI_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Bytes that a path may take: a day of playing at forty steps a second. */
#define UI_PATH_BYTES (16u << 20)
/** Longest text of a step, bytes. */
#define UI_PATH_VIEW 4095

/** One step, as read back. */
struct ui_step {
	uint64_t ms;  /* since the path began; never descending */
	uint64_t pos; /* position */
	const char *view; /* what changed on the screen (ui_scene.h), @view_len bytes; borrowed */
	size_t view_len;
};

/** Reads a path from its start.  All zero is the start; invalid after the path was thinned. */
struct ui_path_cursor {
	size_t at;
	uint64_t ms, pos;
};

struct ui_path {
	uint8_t *buf;
	size_t len, cap;
	size_t max;       /* 0: UI_PATH_BYTES */
	uint64_t nr;      /* steps */
	uint64_t ms, pos; /* of the last one */
	unsigned int thinned; /* times that the older half was thinned */
	bool full;
	struct ui_path_cursor rec; /* for whoever follows the path as it grows; thinning leaves it valid */
};

enum ui_path_result {
	UI_PATH_ADDED,
	UI_PATH_THINNED, /* added, after older movements went */
	UI_PATH_FULL,    /* not added: said once, then UI_PATH_ADDED without adding */
	UI_PATH_NOMEM,   /* not added */
};

/** Adds a step; a time before the last one's counts as that. */
enum ui_path_result ui_path_add(struct ui_path *p, uint64_t ms, uint64_t pos, const char *view, size_t view_len);
/** The next step; false at the end. */
bool ui_path_next(const struct ui_path *p, struct ui_path_cursor *c, struct ui_step *ret);
void ui_path_fini(struct ui_path *p);

#endif
