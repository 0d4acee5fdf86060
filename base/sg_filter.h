/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Filters on events: a small language of comparisons, for `events --filter` and
 * for searching.  doc/filter.md is its manual.
 *
 *	event == mm_page_alloc && order >= 4 && !(task =~ ^kswapd)
 *	migratetype == Unmovable and gfp has __GFP_MOVABLE|__GFP_IO
 *
 * A comparison on a field that an event doesn't have is false for this event.
 */
#ifndef SG_FILTER_H
#define SG_FILTER_H

#include "sg_capture.h"
#include "sg_err.h"
#include "sg_event.h"

struct sg_filter;

/**
 * sg_filter_new() - read a filter
 * @text: the expression; not kept
 * @cap:  names of tasks, flags, migratetypes; borrowed until sg_filter_free()
 * @ret:  the filter, for the caller to free; untouched on failure
 * Errors: SG_E_USAGE and a sentence with the column of the mistake, SG_E_NOMEM
 */
int sg_filter_new(const char *text, const struct sg_capture *cap, struct sg_filter **ret,
		  struct sg_err *err);
void sg_filter_free(struct sg_filter *f);

/** True when @ev, which is event @number (from 1), passes. */
bool sg_filter_match(const struct sg_filter *f, const struct sg_event *ev, uint64_t number);

#endif
