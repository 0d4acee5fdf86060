/* SPDX-License-Identifier: GPL-2.0-only */
/* What check says besides its table: contradictions, lost events and what they cost, notes. */
#ifndef CMD_TRUST_H
#define CMD_TRUST_H

#include "cmd.h"
#include "check/check.h"

/** Where records were lost, and how many decisions had been checked by then. */
struct cmd_trust {
	uint64_t gaps;      /* events before which records are missing */
	uint64_t first_gap; /* number of the first such event; 0: none */
	uint64_t total_before[MM_CHECK_COUNT]; /* decisions settled before it */
	uint64_t decidable_before[MM_CHECK_COUNT];
};

/** To be called with each event, before it is checked. */
void cmd_trust_event(struct cmd_trust *t, const struct mm_check *c, const struct sg_event *ev, uint64_t number);

/** The lines behind the table; @kind: the only one that counts, -1 all. */
void cmd_trust_text(const struct cmd_trust *t, struct cmd_out *o, const struct mm_check *c, const struct mm_machine *m,
		    int kind);

/** The same as members of the object that is open, over all kinds. */
void cmd_trust_json(const struct cmd_trust *t, struct cmd_json *j, const struct mm_check *c,
		    const struct mm_machine *m);

#endif
