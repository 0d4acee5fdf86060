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

/** Why an effect can't be told: key, words. */
#define MM_DOUBT_LIST(X)                                                                                            \
	X(NONE, "")                                                                                                  \
	X(NOT_TOLD, "one of both doesn't tell it")                                                                   \
	X(TWO_CAPTURES, "it isn't known by how much two recordings vary")                                  \
	X(NO_OWN, "no own run shows the model's error")                       \
	X(NO_OBSERVATION, "the capture isn't there to show the model's error")                                \
	X(MODEL_MISSES, "the model misses the capture by more than that")

enum mm_doubt {
#define X(id, text) MM_DOUBT_##id,
	MM_DOUBT_LIST(X)
#undef X
};
/** A clause without the full stop; static. */
const char *mm_doubt_text(enum mm_doubt d);

/** Of a figure, all that is known of two runs side by side. */
struct mm_two {
	struct mm_range a, b; /* what they come to, with others of the same policy that differ in their seeds */
	bool a_own;           /* a is the capture, or one of the runs of its kernel's own policy */
	bool captures;        /* both are recordings */
	int64_t observed;     /* in the capture whose demand it is; MM_FIGURE_UNKNOWN: it isn't there */
	struct mm_range own;  /* of runs of its kernel's own policy; unknown: there are none */
};
/**
 * mm_effect_of_two() - what run b does to the figure beside run a
 * Two that come to the same: no difference.  With @t->a_own, mm_effect() says it, with b for the policy.  Else both are
 * policies: it can't be told when the observation lies farther outside of the own runs than b's middle lies from a's, and
 * there is no difference where their ranges overlap, or lie no farther apart than the own runs vary.
 * @ret_why: MM_DOUBT_NONE unless it can't be told
 */
enum mm_effect mm_effect_of_two(enum mm_more more, const struct mm_two *t, enum mm_doubt *ret_why);

#endif
