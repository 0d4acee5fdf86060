/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs that are kept: each is two files of one directory, STEM.run, a session, and STEM.about, a few lines of what it was made
 * by and what became of it.  STEM is the capture's identity and the run's.  doc/cache.md has the format.
 */
#ifndef CMD_RUNS_KEEP_H
#define CMD_RUNS_KEEP_H

#include "cmd_cache_key.h"
#include "ui_maker.h"

/** What stands beside a run. */
struct cmd_runs_about {
	struct ui_recipe how;
	enum ui_made_state state; /* UI_MADE_WHOLE, _CUT or _DIED */
	uint64_t events;
	uint64_t program[2];      /* as in struct cmd_cache_key */
	uint64_t when;            /* seconds since 1970 */
	char why[320];
};

/** Bytes of a stem, with the NUL. */
#define CMD_RUNS_STEM (2 * CMD_CACHE_ID + 1 + 16 + 1)
/** More bytes than the lines of a run take. */
#define CMD_RUNS_LINES 2048

/**
 * cmd_runs_stem() - the name of a run among those of all captures
 * @key:    of the capture, and of the program
 * @policy: all of it, as mm_policy_print() writes it
 * Two runs have the same stem only when they are the same run.
 */
void cmd_runs_stem(const struct cmd_cache_key *key, const char *policy, const struct ui_recipe *how, char ret[static CMD_RUNS_STEM]);

/** "@dir/@stem@end", to be freed; NULL without memory. */
char *cmd_runs_path(const char *dir, const char *stem, const char *end);

/** The lines, for a file or a session.  Returns bytes without the NUL. */
size_t cmd_runs_print(const struct cmd_runs_about *a, char buf[static CMD_RUNS_LINES]);
/** Reads them, up to an empty line, and moves *@text behind it; what isn't known is left out.  False when it is no run. */
bool cmd_runs_read(const char **text, struct cmd_runs_about *ret);

/** Writes or replaces the file beside a run; 0, or SG_E_IO and the sentence. */
int cmd_runs_put(const char *dir, const char *stem, const struct cmd_runs_about *a, struct sg_err *err);
/** Removes a run with all that there is of it, also what was left behind by one that was being made. */
void cmd_runs_forget(const char *dir, const char *stem);
/** The runs of the capture in @dir, the oldest first: @found for each.  Without the session the other file goes. */
void cmd_runs_list(const char *dir, const struct cmd_cache_key *key,
		   void (*found)(void *arg, const char *stem, const struct cmd_runs_about *a), void *arg);

#endif
