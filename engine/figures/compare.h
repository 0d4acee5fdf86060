/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs compared: what was observed, what the model makes of the same kernel and settings, and what it makes of others.
 * Pure functions.
 */
#ifndef MM_FIGURES_COMPARE_H
#define MM_FIGURES_COMPARE_H

#include "figures/room.h"

#include "figures/figures.h"

/** A figure over the runs of an ensemble.  All MM_FIGURE_UNKNOWN: no run tells it. */
struct mm_range {
	int64_t low, mid, high; /* least, median (of an even number the lower part of the middle's mean), most */
};
/** Of @nr values; unknown ones are left out. */
struct mm_range mm_range_of(const int64_t *v, unsigned int nr);

/** Key for JSON and people. */
#define MM_EFFECT_LIST(X)                                                                                           \
	X(BETTER, "better")                                                                                          \
	X(WORSE, "worse")                                                                                            \
	X(MORE, "more") /* of figures of which neither is better */                                                  \
	X(LESS, "less")                                                                                              \
	X(SAME, "no difference")                                                                                     \
	X(CANT_TELL, "can't be told")

enum mm_effect {
#define X(id, key) MM_EFFECT_##id,
	MM_EFFECT_LIST(X)
#undef X
};
const char *mm_effect_key(enum mm_effect v);

/**
 * mm_error() - by how much the model's run of the captured kernel misses what was observed
 * Return: the middle less the observation; MM_FIGURE_UNKNOWN when either is
 */
int64_t mm_error(int64_t observed, const struct mm_range *own);

/**
 * mm_effect() - what a policy does to a figure
 * Can't be told: nothing was observed, or a run lacks the figure, or the observation lies farther outside of the captured
 * kernel's own runs than the policy's middle lies from theirs.  No difference: both ensembles have the same range, or, where it
 * can be told, ranges that overlap.
 */
enum mm_effect mm_effect(enum mm_more more, int64_t observed, const struct mm_range *own, const struct mm_range *policy);

#endif
