/* SPDX-License-Identifier: GPL-2.0-only */
/* The runs of what the screens look at: made in the background, kept in the cache, opened. */
#ifndef CMD_RUNS_H
#define CMD_RUNS_H

#include "cmd_feed.h"
#include "ui.h"

struct cmd_runs;

struct cmd_runs_options {
	bool no_cache;   /* keep them only for as long as this lives */
	uint64_t memory; /* bytes for keyframes of a run that is opened, as in struct ui_source */
	unsigned int at_once; /* runs that are made at the same time; 0: half of the processors, four at most */
};

/**
 * cmd_runs_new() - the runs of an open capture, those that are kept among them
 * @file, @feed: the capture; borrowed
 * Return: NULL without memory
 */
struct cmd_runs *cmd_runs_new(const char *file, struct cmd_feed *feed, const struct cmd_runs_options *opt);
/** Ends those that are being made, without a trace of them; NULL is fine.  No run may be open any more. */
void cmd_runs_free(struct cmd_runs *runs);

/** For struct ui_source; lives as long as @runs. */
const struct ui_maker *cmd_runs_maker(const struct cmd_runs *runs);

/**
 * cmd_runs_text() - all runs, for a session
 * Return: a text to be freed, of *@ret_len bytes; NULL without runs or memory
 */
char *cmd_runs_text(const struct cmd_runs *runs, size_t *ret_len);
/**
 * cmd_runs_add() - the runs that a session lists
 * Those that are kept are found by the capture that the session was saved from, if all of it is in the session.
 */
void cmd_runs_add(struct cmd_runs *runs, const char *text, size_t len);

#endif
