/* SPDX-License-Identifier: GPL-2.0-only */
/* A made machine with screens, keys from a script and a saver in memory. */
#ifndef WORLD_H
#define WORLD_H

#include "keep.h"
#include "machine.h"
#include "ui_grid.h"

struct shot {
	char text[64 * 256]; /* the last screen */
	char all[64 * 256];  /* of all screens: whatever was said at some time, line by line */
	size_t all_len;
	uint64_t event[4096]; /* positions in the order in which they were shown */
	unsigned int nr_events, nr;
};

struct world {
	struct machine m;
	struct keep k;
	struct shot s;
	struct sg_err err;
	struct ui_options opt;
};

struct world *world_new(void);
/** The same capture again, with what was saved of it; @old stays. */
struct world *world_reopen(struct world *old);
void world_free(struct world *w);

/** The keys of @script from the start of the capture to the end of the script; what ui_run_on() returns. */
int world_run(struct world *w, const char *script);
/** Takes down a screen; for ui_term_null_open(), @arg is a struct shot. */
void world_shot(void *arg, const struct ui_grid *g);
/** The last screen has @text. */
void world_shows(const struct world *w, const char *text);
/** The last row of some screen had it. */
void world_said(const struct world *w, const char *text);

#endif
