/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fibers: functions with a stack of their own, which can be left in their middle and gone on with later.
 *
 * A task of a simulated run that stalls is one: its request is in the middle of the slow path while others run.  All
 * fibers of a thread run on that thread, one at a time, so nothing needs a lock.
 */
#ifndef MM_RUN_FIBER_H
#define MM_RUN_FIBER_H

#include "run/room.h"

#include <stdbool.h>

struct mm_fiber;

/**
 * mm_fiber_new() - @fn(@arg) on a stack of its own; it begins with the first mm_fiber_resume()
 * Return: NULL when memory runs out
 */
struct mm_fiber *mm_fiber_new(void (*fn)(void *arg), void *arg);
/**
 * mm_fiber_resume() - lets the fiber run until it yields or ends
 * Not for a fiber that runs, or has resumed another that runs now.  From inside a fiber another one may be resumed.
 * Return: does it still live?  One that has ended isn't resumed again: this does nothing then.
 */
bool mm_fiber_resume(struct mm_fiber *f);
/** mm_fiber_yield() - called by the fiber itself: back to who resumed it, until it is resumed again */
void mm_fiber_yield(struct mm_fiber *f);
/**
 * mm_fiber_free() - also of a fiber that is in its middle: then what its function holds is not given back
 * Not of one that runs.  NULL does nothing.
 */
void mm_fiber_free(struct mm_fiber *f);
/** The stacks that this thread keeps for fibers to come are given back. */
void mm_fiber_trim(void);

#endif
