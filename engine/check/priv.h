/* SPDX-License-Identifier: GPL-2.0-only */
/* What a check consists of, for check.c, which hands out events, and report.c, which takes decisions. */
#ifndef MM_CHECK_PRIV_H
#define MM_CHECK_PRIV_H

#include "check/room.h"

#include "check/check.h"
#include "check/pick/loose.h"
#include "policy/overlay.h"
#include "rules/eye.h"
#include "machine/state.h"

#define MM_NR_CHECKERS 4u

struct mm_check {
	struct mm_config cfg;
	const struct mm_machine *m;
	mm_decision_fn fn;
	void *arg;
	bool texts;
	bool mixed;                 /* a zone of the machine may be several in one */
	const struct sg_event *ev; /* the one at hand, NULL at the end of the run */
	struct mm_policy policy;
	/* policies over the kernel's rules, NULL: there are none (check/hooks.h) */
	struct mm_overlays *hooks;
	struct mm_sight sight;
	struct mm_loose loose;
	void *state[MM_NR_CHECKERS];
	/* of each kind, a bit for each checker that wants to see its events */
	uint8_t before[SG_KIND_COUNT], after[SG_KIND_COUNT];
	bool begun; /* the first event has been seen */
	struct mm_check_sum sum[MM_CHECK_COUNT];
	uint64_t failures;     /* of requests for memory, when the check began */
	uint64_t no_memory_at; /* the event by which there were more: nothing is decided from there on; 0: none */
};

/** Has the engine run out of memory since the check began? */
bool mm_check_lacks_memory(const struct mm_check *c);
/** @nr decisions more are undecided because of @why, static text. */
void mm_check_undecided(struct mm_check_sum *s, const char *why, uint64_t nr);

#endif
