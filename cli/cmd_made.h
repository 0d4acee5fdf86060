/* SPDX-License-Identifier: GPL-2.0-only */
/* The file that a simulated run becomes: a session, or a trace.dat. */
#ifndef CMD_MADE_H
#define CMD_MADE_H

#include "cmd_child.h"
#include "cmd_whatif.h"

struct cmd_made;

struct cmd_made_options {
	const struct cmd_whatif *whatif; /* what the run started from; borrowed */
	const struct mm_policy *policy;  /* all of it */
	const char *asked;               /* as it was typed, "" the captured kernel's own */
	uint64_t seed;
	uint32_t run, runs;
	const char *path; /* what stands there may be replaced: cmd_target_allow() was asked */
	bool dat;         /* a trace.dat, else a session */
};

/**
 * cmd_made_begin() - a file for the events of the run @sim, which hasn't begun
 * @how, @sim: borrowed until the end
 * What stood at the path is replaced at the end, and not before.
 */
int cmd_made_begin(const struct cmd_made_options *how, struct mm_sim *sim, struct cmd_made **ret, struct sg_err *err);
/** The next event.  @made: a struct cmd_made. */
int cmd_made_event(void *made, const struct sg_event *ev, struct sg_err *err);
/** Completes the file: what became of the run is in it.  Frees @m in any case. */
int cmd_made_end(struct cmd_made *m, const struct cmd_child_result *res, struct sg_err *err);
/** Gives up, without a file; NULL is fine. */
void cmd_made_abort(struct cmd_made *m);

#endif
