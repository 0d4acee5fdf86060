/* SPDX-License-Identifier: GPL-2.0-only */
/* A run made in the background: a process that takes the demand, and under it the process of the run itself (cmd_child.h). */
#ifndef CMD_RUNS_MAKE_H
#define CMD_RUNS_MAKE_H

#include <sys/types.h>

#include "cmd_feed.h"
#include "cmd_runs_keep.h"

/** What both processes see of it. */
struct cmd_runs_seen {
	_Atomic unsigned int state; /* enum ui_made_state: from UI_MADE_PREPARING on */
	_Atomic unsigned int milli;
	_Atomic uint64_t events;
	char why[320]; /* once @state is no longer one that comes */
};

/** What is to be made, from what; all borrowed. */
struct cmd_runs_job {
	const char *file; /* the capture */
	struct cmd_feed *feed; /* read whole */
	const struct ui_recipe *how;
	const char *dir, *stem;
	bool cache; /* @dir is the cache, and bounded */
	uint64_t program[2];
};

/**
 * cmd_runs_fork() - make a run in another process
 * @seen: freed with cmd_runs_seen_free() when the process has ended
 * SIGTERM ends it with what it has, SIGKILL without a trace of it but for files that cmd_runs_forget() removes.
 * Return: its process, or < 0: enum sg_code and the sentence
 */
pid_t cmd_runs_fork(const struct cmd_runs_job *job, struct cmd_runs_seen **ret_seen, struct sg_err *err);
void cmd_runs_seen_free(struct cmd_runs_seen *seen);

#endif
