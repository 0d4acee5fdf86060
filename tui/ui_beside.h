/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two runs side by side in step: the one that is shown leads, the other follows it to the same request or to the same time.
 * Where they part is the engine's to say (index/part.h), and what their figures come to (figures/compare.h); all that is
 * worked out in slices while nobody types.
 */
#ifndef UI_BESIDE_H
#define UI_BESIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "figures/compare.h"
#include "figures/count.h"
#include "index/part.h"
#include "ui_ensemble.h"

struct ui_model;
struct ui_run;
struct ui_clock;
struct sg_capture;

/** What is looked at: where both have room the panel that the keys go to, else the one that is shown. */
enum ui_beside_page {
	UI_BESIDE_MAP,        /* the first run's */
	UI_BESIDE_MAP_B,
	UI_BESIDE_DIFF,
	UI_BESIDE_FIGURES,
	UI_BESIDE_DECISIONS,
	UI_BESIDE_PAGES,
};

/** A figure of both, as it is shown. */
struct ui_beside_figure {
	int64_t a, b;
	unsigned int own, of[2]; /* runs behind the verdict: of the kernel's own policy, of A's, of B's */
	enum mm_effect effect;
	enum mm_doubt why;
};

struct ui_beside {
	bool on;
	bool by_time;               /* in step by time, else by demand */
	enum ui_beside_page page;
	const struct ui_run *of[2]; /* who is A and who B; NULL: nobody was looked at yet */
	struct mm_part *part;       /* NULL: not begun, or no memory */
	bool part_failed;
	unsigned int kinds;         /* partings that the keys go to: bits 1 << enum mm_part_kind; 0: all */
	uint32_t at;                /* the parting one has gone to, MM_PART_NONE */
	uint64_t at_pos[2];         /* it is where both stand here */
	uint64_t followed;          /* where the leading run was, + 1, when the other was last sent after it */
	const struct ui_run *leader;
	struct mm_count *count[3];  /* figures: of A, of B, of what the screens were opened with where that is neither */
	bool count_failed;
	struct ui_ensemble more;    /* figures of further runs */
	int figures_scroll;
};

/** Both side by side, or one again; says what to do when there is no other run.  True when it did something. */
bool ui_beside_toggle(struct ui_model *md);
/** Forgets all that was worked out: a run is about to be freed, or is another one now. */
void ui_beside_drop(struct ui_model *md);
void ui_beside_fini(struct ui_model *md);

/** 0 when the run that is shown is A, else 1. */
unsigned int ui_beside_side(const struct ui_model *md);
/** Run A or B. */
struct ui_run *ui_beside_run(const struct ui_model *md, unsigned int side);
/**
 * ui_beside_model() - the model with run @side as the one that is shown, for what draws it
 * The zone is the one of the same name; false when that run has none of it: then nothing can be drawn.
 */
bool ui_beside_model(const struct ui_model *md, unsigned int side, struct ui_model *ret);

/** True while ui_beside_work() has something to do. */
bool ui_beside_busy(const struct ui_model *md);
/** One slice; and sends the other run after the one that is shown. */
void ui_beside_work(struct ui_model *md, const struct ui_clock *clock);
/** Sends the other run after the one that is shown, if that has moved. */
void ui_beside_follow(struct ui_model *md);

enum ui_beside_go { UI_PART_NEXT, UI_PART_PREV, UI_PART_FIRST, UI_PART_MOST };
/** Goes to a parting, with both runs: the @n-th next or previous one. */
void ui_beside_go(struct ui_model *md, enum ui_beside_go where, uint64_t n);
/** The keys go to partings of the kind @name only, or to "all"; false when there is none of that name. */
bool ui_beside_kind(struct ui_model *md, const char *name);
/** In step by time, or by demand again. */
void ui_beside_step_by(struct ui_model *md);
/** The other run leads. */
void ui_beside_lead(struct ui_model *md);

/** Is there something of the figures still to be counted?  And a slice of it. */
bool ui_beside_count_pending(const struct ui_model *md);
void ui_beside_count_slice(struct ui_model *md, const struct ui_clock *clock);
/** Is it a run of the captured kernel's own policy? */
bool ui_beside_is_own(const struct sg_capture *cap);
/** Are the figures of both known?  Else *@ret_progress is how far, in thousandths. */
bool ui_beside_counted(const struct ui_model *md, unsigned int *ret_progress);
/** Figure @fig of both, once they are counted; false when there is nothing to say of it: both are 0, or unknown. */
bool ui_beside_figure(const struct ui_model *md, unsigned int fig, struct ui_beside_figure *ret);

#endif
