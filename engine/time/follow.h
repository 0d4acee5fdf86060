/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One run for all: whoever checks the log from its first event to its last leaves the timeline its keyframes, and what
 * later events tell of pageblocks.  So the timeline needn't run for itself.  Some of the keyframes have the check's state
 * as well: from there decisions are made again.  Private to engine/.
 */
#ifndef MM_TIME_FOLLOW_H
#define MM_TIME_FOLLOW_H

#include "time/room.h"

#include "check/check.h"

/**
 * mm_follow_begin() - a machine for a run that begins at position 0
 * It is the caller's, and can be used with this timeline only.  NULL when memory runs out.
 */
struct mm_machine *mm_follow_begin(struct mm_timeline *tl);
/** The check of that run, before its first event, is kept at the start.  Return: false when memory runs out. */
bool mm_follow_check(struct mm_timeline *tl, const struct mm_check *c);
/** The run has applied @ev, its next event: @m and @c are as it has left them. */
void mm_follow_event(struct mm_timeline *tl, struct mm_machine *m, const struct mm_check *c, const struct sg_event *ev);
/** Position of the last keyframe at or before @pos that has a check. */
uint64_t mm_follow_before(const struct mm_timeline *tl, uint64_t pos);
/**
 * mm_follow_again() - machine and check as they were at that keyframe; the caller's
 * Return: false when memory runs out
 */
bool mm_follow_again(struct mm_timeline *tl, uint64_t pos, struct mm_machine **ret_m, struct mm_check **ret_c);

#endif
