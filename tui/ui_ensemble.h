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
	size_t next;        /* which one is looked at next */
	bool done;
	/* the one that is open */
	const struct ui_source *src;
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
/** One slice; true while there is more to do. */
bool ui_ensemble_work(struct ui_ensemble *e, struct ui_model *md, const struct ui_clock *clock);

#endif
