/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the files that make up struct cmd_runs. */
#ifndef CMD_RUNS_PRIV_H
#define CMD_RUNS_PRIV_H

#include <sys/types.h>

#include "cmd_cache_key.h"
#include "cmd_runs.h"
#include "cmd_runs_make.h"
#include "cmd_whatif.h"

#define MOST_RUNS 4096u /* listed at a time */

/* A run of the list. */
struct item {
	struct ui_made made;
	char stem[CMD_RUNS_STEM];
	pid_t pid; /* 0: none */
	bool stopped; /* told to end */
	struct cmd_runs_seen *seen;
};

struct cmd_runs {
	struct ui_maker maker;
	struct cmd_runs_options opt;
	const char *file;
	struct cmd_feed *feed;
	struct cmd_whatif w; /* its policy and where it comes from, no more */
	char cannot[300];
	/* where they are kept: known once they are asked for */
	bool looked;
	char *dir;
	bool passing; /* the directory goes with the program */
	struct cmd_cache_key key, saved_from; /* of what is looked at; and of what the session was saved from */
	struct item **item;
	size_t nr;
	uint32_t last_id;
};

/** Where runs are kept, and which are: once. */
void cmd_runs_look(struct cmd_runs *rs);
/** A run that was found in the directory of runs. */
void cmd_runs_found(void *arg, const char *stem, const struct cmd_runs_about *a);
struct item *cmd_runs_by_id(const struct cmd_runs *rs, uint32_t id);
struct item *cmd_runs_by_stem(const struct cmd_runs *rs, const char *stem);
/** One more in the list; NULL without memory, or when there are too many. */
struct item *cmd_runs_item(struct cmd_runs *rs, const char *stem, const struct ui_recipe *how, enum ui_made_state state);
/** The name of a run in the directory; < 0 and the sentence when its policy can't be read. */
int cmd_runs_stem_of(struct cmd_runs *rs, const struct ui_recipe *how, char ret[static CMD_RUNS_STEM], struct sg_err *err);
/** For struct ui_maker: opens a run. */
int cmd_runs_open(void *arg, uint32_t id, const struct ui_source **ret, struct sg_err *err);

#endif
