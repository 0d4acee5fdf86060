/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The decisions of the run as the screens see them: an index that is built while nobody types, the one that
 * is looked at, and its words.  The engine decides what agrees; this only asks.
 */
#ifndef UI_DECIDE_H
#define UI_DECIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "index/decide.h"

struct ui_model;
struct ui_run;
struct ui_clock;

#define UI_DECIDE_TEXT 640

/** Which of all decisions is looked at: one of @event's, the @nth of them. */
struct ui_decide_key {
	uint64_t event, nth;
	bool set;
};

struct ui_decide {
	struct mm_decide *d;  /* NULL until the work has begun, or when it can't be done */
	bool failed;          /* no memory for it */
	uint32_t kinds;       /* bits of the kinds that e, E, d and D stop at; 0: all */

	struct ui_decide_key chosen; /* by e and its like; set: at this position */

	/* derived from the position by ui_decide_sync() */
	struct mm_decide_progress progress;
	uint64_t first, nr_here; /* decisions of the event at the position: index of the first, number */
	bool have;               /* one is looked at: */
	uint64_t index;
	struct mm_decide_ref ref;

	/* its words, once they are made */
	struct ui_decide_key words_of;
	bool words_failed;
	struct mm_decision words; /* its texts point into the arrays below */
	char ours[UI_DECIDE_TEXT], kernel[UI_DECIDE_TEXT], reason[UI_DECIDE_TEXT];
};

/** Forgets the index: the machine is another one now, or is to be freed. */
void ui_decide_drop(struct ui_run *run);
/** True while ui_decide_work() has something to do. */
bool ui_decide_busy(const struct ui_model *md);
/** True while the index's run will leave keyframes at where nobody has been: nobody else needs to run there. */
bool ui_decide_prepares(const struct ui_model *md);
/** One slice of the words that are looked at, or else of the index. */
void ui_decide_work(struct ui_model *md, const struct ui_clock *clock);
/** Brings what depends on the position up to date. */
void ui_decide_sync(struct ui_model *md);

/** The words of the decision that is looked at, NULL while they are being made. */
const struct mm_decision *ui_decide_words(const struct ui_model *md);
/** True while the index can't begin: the zones follow from the highest page, and not all is read yet. */
bool ui_decide_waits(const struct ui_model *md);
/** True when the index is so far that all decisions at the position are in it. */
bool ui_decide_reached(const struct ui_model *md);
/** Kinds, and with @differ only those in which the rules and the kernel differ. */
struct mm_decide_filter ui_decide_filter(const struct ui_model *md, bool differ);

/** One slice of the way to the next decision of md->run->job; ends the job or turns it into a seek. */
void ui_decide_find_slice(struct ui_model *md, const struct ui_clock *clock);

/** Only decisions of the next kind, after the last of all kinds. */
void ui_decide_next_kind(struct ui_model *md);
/** Only those of the kind @name, or "all"; false when there is none of that name. */
bool ui_decide_kind(struct ui_model *md, const char *name);
/** "all decisions" or "only pick". */
const char *ui_decide_kind_text(const struct ui_model *md);

#endif
