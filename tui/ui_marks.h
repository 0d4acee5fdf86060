/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bookmarks: places with a name and a note.  Their names are positions too
 * (bookmark:NAME), so a name stands for one place only.
 */
#ifndef UI_MARKS_H
#define UI_MARKS_H

#include "sg_err.h"
#include "sg_pos.h"

/** Most bookmarks of a session. */
#define UI_MARKS_MAX 10000u
/** Longest note, bytes. */
#define UI_NOTE_MAX 4095u

/** In the order of their positions; all texts are owned. */
struct ui_marks {
	struct sg_bookmark *m;
	size_t nr, cap;
	uint64_t changes; /* counts every change, to know what isn't saved yet */
};

/**
 * ui_marks_set() - set or move a bookmark
 * @note:  NULL keeps the note that it had; cut off at UI_NOTE_MAX bytes
 * @err:   SG_E_USAGE for what is no name, SG_E_RANGE when there are too many, SG_E_NOMEM
 * Return: its index, or the error
 */
int ui_marks_set(struct ui_marks *ms, const char *name, uint64_t pos, const char *note, struct sg_err *err);
/** Index of @name, -1 for none. */
int ui_marks_find(const struct ui_marks *ms, const char *name);
/** Removes bookmark @i. */
void ui_marks_remove(struct ui_marks *ms, size_t i);
/**
 * ui_marks_edit() - another name and note for bookmark @i
 * Errors: as ui_marks_set(), and SG_E_USAGE when another bookmark has the name
 */
int ui_marks_edit(struct ui_marks *ms, size_t i, const char *name, const char *note, struct sg_err *err);
void ui_marks_fini(struct ui_marks *ms);

#endif
