/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The timeline's own parts: keyframes along the run (time/timeline.c) and those near the position (time/near.c).
 * Private to engine/.
 */
#ifndef MM_TIME_TIMELINE_PRIV_H
#define MM_TIME_TIMELINE_PRIV_H

#include "time/room.h"

#include "time/keyframe.h"

#define MM_THIN_AT_ONCE 4u /* keyframes; while one is made */
#define MM_NEAREST 64u    /* events between the nearest keyframes */
#define MM_NEAR_LEVELS 6u /* each 8 times as far apart as those of the level below */
#define MM_NEAR_EACH 16u  /* how many of each level: one and a half times what the next level lies apart, and some */
#define MM_NEAR_MOST (MM_NEAR_LEVELS * (MM_NEAR_EACH + 3))

/** Keyframes near to the position, so that steps back are quick. */
struct mm_near {
	struct mm_keyframe *frame[MM_NEAR_MOST]; /* ascending position */
	unsigned int nr;
	struct mm_machine *aide; /* makes those that steps back will need, NULL: none yet */
	struct sg_cursor cursor; /* its */
	unsigned int level;      /* what it is making: keyframes of this level, */
	uint64_t to;             /* up to here; 0: nothing */
	struct mm_keyframe *left[MM_NEAR_LEVELS]; /* where it left off with a level, for a lower one came first */
};

struct mm_timeline {
	struct mm_machine *m;
	const struct sg_log *log;
	struct sg_cursor cursor;
	struct mm_foresight *foresight; /* NULL: this kernel's events don't tell */
	struct mm_machine *scout; /* runs ahead of all keyframes while nobody asks, NULL: not now */
	struct sg_cursor scout_cursor;
	uint64_t scout_to;
	struct mm_keyframe **frame; /* ascending position; [0] is position 0 */
	size_t nr, cap;
	uint64_t budget, gap; /* budget: UINT64_MAX none */
	bool thinning;        /* the gap has grown: from thin_at on keyframes still lie closer */
	uint64_t thin_at;
	uint64_t prepared;    /* up to here keyframes lie as closely as they can */
	uint64_t frame_bytes; /* of all keyframes, besides the pool's */
	uint64_t check_gap, last_check, check_bytes; /* keyframes with a check: how far apart, the last one's position, their checks */
	uint64_t applied;     /* events, by seeks: of the machine and the aide */
	struct mm_near near;
	unsigned int nr_gfp;  /* the longest dictionary met: keyframes hold numbers of it */
	uint64_t gfp[MM_MAX_GFP];
};

/* time/timeline.c */
/** A keyframe of @m, NULL when memory runs out; given back with mm_tl_drop(). */
uint64_t mm_tl_budget(const struct mm_timeline *tl);
struct mm_keyframe *mm_tl_take(struct mm_timeline *tl, struct mm_machine *m);
void mm_tl_drop(struct mm_timeline *tl, struct mm_keyframe *k);
/** Index of the last of @nr keyframes at or before @pos, @nr when there is none. */
size_t mm_tl_last_before(struct mm_keyframe *const *frame, size_t nr, uint64_t pos);
/** The dictionary of gfp flags only grows: the machine's may be longer than what is known, or shorter. */
void mm_tl_learn_gfp(struct mm_timeline *tl, const struct mm_machine *m);
/** @m, one of the family, becomes what it was at @k. */
void mm_tl_restore(struct mm_timeline *tl, struct mm_machine *m, const struct mm_keyframe *k);
/** A second machine in the state of @k, NULL when memory runs out. */
struct mm_machine *mm_tl_machine_at(const struct mm_timeline *tl, const struct mm_keyframe *k);
/** Keeps a keyframe of the position of @m when those around it are far enough away.  Return: was one kept? */
bool mm_tl_keep_along(struct mm_timeline *tl, struct mm_machine *m);
/** The keyframe along the run at the position of @m, made when there is none; NULL when memory runs out. */
struct mm_keyframe *mm_tl_keep_here(struct mm_timeline *tl, struct mm_machine *m);
/** Drops keyframes along the run until they are within their budget, @most of them at once. */
void mm_tl_fit(struct mm_timeline *tl, unsigned int most);

/* time/near.c */
/** The keyframe from which @pos, some way from the present position, is best replayed. */
const struct mm_keyframe *mm_near_start(const struct mm_timeline *tl, uint64_t pos);
/** Keeps a keyframe of @m's position, a multiple of 64, when it is worth having for steps back from @goal. */
void mm_near_keep(struct mm_timeline *tl, struct mm_machine *m, uint64_t goal);
/** The machine has come to its position from @from: what is far now goes, and what steps back need is made ahead. */
void mm_near_arrive(struct mm_timeline *tl, uint64_t from);
void mm_near_fini(struct mm_timeline *tl);

#endif
