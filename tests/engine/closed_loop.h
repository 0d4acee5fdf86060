/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The closed loop: a simulated machine emits the trace of a kernel, and an observed machine with its check reads it back.
 * Then both must be in the same state, and the check must find every decision equal.
 */
#ifndef CLOSED_LOOP_H
#define CLOSED_LOOP_H

#include <stdio.h>

#include "check/check.h"
#include "sim/alloc/alloc.h"

/** A decision that the check found, as words. */
struct loop_words {
	char rule[128], ours[160], kernel[160], reason[640], numbers[320];
};

struct loop {
	struct mm_sim *s;
	struct mm_machine *m; /* the observed one */
	struct mm_check *check;
	uint64_t events, step;
	bool verbose;         /* print every event */
	/*
	 * By pfn: since when its page holds what compaction moved there, 0 never.  No event tells of what type and how large
	 * that is, so the observed machine may have it as isolated, or in use as something.
	 */
	uint32_t *moved;
	/*
	 * The check has said that it doesn't know something of compaction on which lists and decisions rest from then on: which
	 * pageblocks are marked to be skipped, which block a search took.  Until the next compaction has ended nothing is
	 * compared, then the observed machine begins anew.
	 */
	bool unsure;
	uint64_t restarts;
	/* what went wrong first; "" nothing */
	char what[200];
	struct loop_words words;
	uint64_t undecided[MM_CHECK_COUNT], equal[MM_CHECK_COUNT];
};

/** The observed machine begins as a copy of @s, which emits from now on. */
void loop_begin(struct loop *l, struct mm_sim *s);
void loop_end(struct loop *l);
/** When it is unsure and no compaction is under way, the observed machine begins anew. */
void loop_restart(struct loop *l);
/** Same pages, lists in the same order, counts; false and what differs in @l->what. */
bool loop_same(struct loop *l);

static inline uint64_t loop_rnd(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

#endif
