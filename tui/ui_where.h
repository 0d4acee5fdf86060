/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a position is, in words: how far from the bookmark or trace marker that is
 * nearest before it.  The markers are collected while the log grows.
 */
#ifndef UI_WHERE_H
#define UI_WHERE_H

#include <stdbool.h>
#include <stdint.h>

#include "sg_log.h"
#include "ui_marks.h"

/** Most markers that are kept; behind the last of them a position isn't named by one. */
#define UI_MARKERS_MAX (1u << 20)
#define UI_WHERE_TEXT  120

struct ui_markers {
	uint64_t *pos; /* numbers of the events */
	size_t nr, cap;
	uint64_t next; /* first event that has not been looked at, 0 as 1 */
	uint64_t end;  /* nothing is known of positions behind it: UINT64_MAX unless something ran out */
};

/** Looks at up to @budget further events; false when all of the log has been looked at. */
bool ui_markers_collect(struct ui_markers *mk, const struct sg_log *log, uint64_t budget);
/** Whether ui_markers_collect() has something to do. */
bool ui_markers_pending(const struct ui_markers *mk, const struct sg_log *log);
void ui_markers_fini(struct ui_markers *mk);

/**
 * ui_where() - "at bookmark a", "3,501 after marker phase hold", "17 before marker begin"
 * "" when there is neither a bookmark nor a marker, as far as the log has been looked at.
 */
void ui_where(const struct ui_markers *mk, const struct ui_marks *marks, const struct sg_log *log, uint64_t pos,
	      char buf[static UI_WHERE_TEXT]);

#endif
