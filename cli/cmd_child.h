/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A simulated run in a process of its own: a policy that crashes, loops or takes too much ends that process, and what the
 * run had traced by then is here.  The events come through a pipe; whoever writes them is this process.
 *
 * A policy that crashes or doesn't answer is named, and the run is made again in a new process, without it from that question
 * on.  The same run comes again up to there, so that the events go on where they were, with a line among them that says so.
 */
#ifndef CMD_CHILD_H
#define CMD_CHILD_H

#include "cmd_plugin.h"
#include "cmd_whatif.h"
#include "run/run.h"

struct cmd_child;

/** How a run ended. */
enum cmd_child_end {
	CMD_CHILD_WHOLE, /* at the end of the demand */
	CMD_CHILD_CUT,   /* it was told to end: by the user, or by its bounds */
	CMD_CHILD_DIED,  /* it crashed, or gave up */
};

struct cmd_child_result {
	enum cmd_child_end end;
	struct mm_run_told told;        /* zero when the process didn't get as far as to tell */
	struct mm_run_progress at;      /* where it ended */
	char why[300];                  /* "" at the end of the demand; else a sentence without the full stop */
	struct cmd_blame blame;         /* policies that failed on the way, and were left out from there on */
	struct cmd_asked asked;         /* zero when the process didn't get as far as to tell */
};

/**
 * cmd_child_new() - room for one run
 * Its emit, go_on and their arguments go into the run's configuration with cmd_child_ask(), before mm_run_new().
 */
struct cmd_child *cmd_child_new(struct sg_err *err);
void cmd_child_ask(struct cmd_child *c, struct mm_run_cfg *cfg);
/**
 * cmd_child_go() - the run, in another process
 * @r:    made with that configuration, and not begun.  Here it stays as it is.
 * @emit: receives the events here, in their order; < 0 with the sentence in @err ends the run
 * @ts_first: when it begins, ns of the capture
 * @label: for the line of progress on standard error, where that is a terminal
 * Of @bounds, memory is what it may take beyond what this process has, of address space or of pages of its own; time is that of
 * all tries together.  SIGINT and SIGTERM (cmd_child_catch()) end the run with what it has; the second one ends it at once.
 * Return: 0 and *@ret, or < 0: @emit's failure, or no process can be made
 */
int cmd_child_go(struct cmd_child *c, struct mm_run *r, uint64_t ts_first, const struct cmd_bounds *bounds, const char *label,
		 int (*emit)(void *arg, const struct sg_event *ev, struct sg_err *err), void *arg, struct cmd_child_result *ret,
		 struct sg_err *err);
/** Where the run is, for whoever receives its events; what it tells may be some thousand steps old. */
void cmd_child_progress(const struct cmd_child *c, struct mm_run_progress *ret);
void cmd_child_free(struct cmd_child *c);
/**
 * cmd_child_catch() - from now on SIGINT and SIGTERM don't end this process, but the run that goes on
 * To be called before the first run, so that none is half written.
 */
void cmd_child_catch(void);
/** Has the user asked for an end since then? */
bool cmd_child_interrupted(void);

#endif
