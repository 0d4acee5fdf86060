/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The event log: all decoded events of a capture in memory, packed (some 8 to
 * 20 bytes each), appended in time order and read forwards from any position.
 *
 * Event numbers start at 1; position N is "after event N", position 0 the start.
 */
#ifndef SG_LOG_H
#define SG_LOG_H

#include "sg_event.h"

struct sg_log;

/** New empty log, NULL when memory runs out. */
struct sg_log *sg_log_new(void);
void sg_log_free(struct sg_log *log);

/** Appends a copy of @ev.  0 or SG_E_NOMEM. */
int sg_log_append(struct sg_log *log, const struct sg_event *ev);

/** Number of events. */
uint64_t sg_log_count(const struct sg_log *log);
/** Bytes of memory in use. */
uint64_t sg_log_bytes(const struct sg_log *log);
/** Highest pfn seen in a SG_T_PFN slot that is not all ones, 0 without. */
uint64_t sg_log_max_pfn(const struct sg_log *log);

/** Reads forwards.  Plain data; may be copied; stays valid while the log only grows. */
struct sg_cursor {
	const struct sg_log *log;
	uint64_t next;  /* number of the event that sg_log_next() returns, from 1 */
	uint64_t block;
	uint32_t off;
	uint64_t ts, pfn;
	uint16_t cpu;
	int32_t pid[8];
};

/** Places @c so that the next event is @number (1 .. count + 1). */
void sg_log_seek(const struct sg_log *log, struct sg_cursor *c, uint64_t number);
/** Reads the next event into @ev; ev->str points into the log.  False at the end. */
bool sg_log_next(struct sg_cursor *c, struct sg_event *ev);
/** Event @number (1 .. count) into @ev; @c is left behind it.  False outside. */
bool sg_log_get(const struct sg_log *log, struct sg_cursor *c, uint64_t number, struct sg_event *ev);
/** Number of the last event with ev->ts <= @ts, 0 when none. */
uint64_t sg_log_find_ts(const struct sg_log *log, uint64_t ts);

#endif
