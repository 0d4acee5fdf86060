/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Further runs that nobody looks at, counted for the verdicts on two that stand side by side: others of the same policies, and
 * those of the captured kernel's own, which show how far the model is off.  One is open at a time.
 */
#ifndef UI_ENSEMBLE_H
#define UI_ENSEMBLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "figures/count.h"

struct ui_model;
struct ui_clock;
struct ui_source;
struct mm_layout;

#define UI_ENSEMBLE_MOST 24 /* runs; a comparison with more is for the command */

struct ui_ensemble {
	size_t next;        /* which one of those that came with the start is looked at next */
	uint32_t made[UI_ENSEMBLE_MOST]; /* those of the list of runs that have been looked at, by their numbers */
	unsigned int nr_made;
	/* the one that is open */
	const struct ui_source *src;
	bool from_list;     /* of runs; release() closes it */
	bool read;
	struct mm_layout *layout;
	struct mm_count *count;
	/* what they came to */
	unsigned int nr;
	struct ui_counted {
		bool own;       /* of the captured kernel's own policy */
		bool of[2];     /* of A's, of B's policy */
		struct mm_figure_values v;
	} *counted;
};

void ui_ensemble_drop(struct ui_ensemble *e, const struct ui_model *md);
/** Is there one that is still to be counted?  Runs are made all the time. */
bool ui_ensemble_pending(const struct ui_ensemble *e, const struct ui_model *md);
/** One slice. */
void ui_ensemble_work(struct ui_ensemble *e, struct ui_model *md, const struct ui_clock *clock);

#endif
