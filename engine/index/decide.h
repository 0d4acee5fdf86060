/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All decisions of a run: an index that a check over the whole log builds in slices, and the words of any one
 * of them.
 *
 * The index keeps eight bytes a decision: its event, kind and verdict.  Its words are made again when somebody
 * asks: some keyframes of the timeline have the check's state as well, and from the last one before the decision it runs
 * on to it.  So a decision that nobody looks at costs no words.
 *
 * Decisions are in the order of their events; those of one event as they were settled.
 */
#ifndef MM_INDEX_DECIDE_H
#define MM_INDEX_DECIDE_H

#include "index/room.h"

#include "check/check.h"

struct mm_decide;

/** One decision of the index. */
struct mm_decide_ref {
	uint64_t event; /* number of the event that shows the kernel's outcome */
	enum mm_check_kind kind;
	enum mm_verdict verdict;
};

/** Which decisions count: bits 1 << kind, 1 << verdict; 0: all. */
struct mm_decide_filter {
	uint32_t kinds, verdicts;
};

/** How far the index is. */
struct mm_decide_progress {
	uint64_t events;    /* checked so far */
	uint64_t bytes;     /* memory for the index, the words kept, and a timeline of its own */
	bool done;          /* all of the log is checked */
	const char *stopped; /* why it ends before the log's end (memory), static text; NULL: it doesn't */
};

/**
 * mm_decide_new() - an empty index with a timeline of its own
 * @cfg:    copied; what it points to is borrowed
 * @log:    borrowed; may grow later
 * @budget: bytes for the keyframes, as of mm_timeline_new()
 * The index itself takes eight bytes a decision and at most 512 MiB.
 */
struct mm_decide *mm_decide_new(const struct mm_config *cfg, const struct sg_log *log, uint64_t budget,
				struct sg_err *err);
/**
 * mm_decide_along() - an empty index, whose run leaves its keyframes to @tl
 * @tl: of the same configuration and log; borrowed.  What mm_timeline_prepare() would do is done by mm_decide_work() then.
 */
struct mm_decide *mm_decide_along(const struct mm_config *cfg, const struct sg_log *log, struct mm_timeline *tl,
				  struct sg_err *err);
void mm_decide_free(struct mm_decide *d);

/**
 * mm_decide_work() - checks at most @max_events further events
 * @complete: the log grows no more
 * Return: false when there is nothing to do (for now, when the log may still grow)
 */
bool mm_decide_work(struct mm_decide *d, uint64_t max_events, bool complete);
void mm_decide_progress(const struct mm_decide *d, struct mm_decide_progress *ret);
/** As mm_check_rules(). */
const char *mm_decide_rules(const struct mm_decide *d, bool *ret_guess);

/** Decisions in the index that @f lets through.  NULL: all. */
uint64_t mm_decide_count(const struct mm_decide *d, const struct mm_decide_filter *f);
/** How many of the first @i decisions does @f let through? */
uint64_t mm_decide_rank(const struct mm_decide *d, const struct mm_decide_filter *f, uint64_t i);
/** Decision @i, from 0; false when there are not so many. */
bool mm_decide_get(const struct mm_decide *d, uint64_t i, struct mm_decide_ref *ret);
/** First decision of event @event or a later one: 0 .. mm_decide_count(). */
uint64_t mm_decide_lower(const struct mm_decide *d, uint64_t event);
/**
 * mm_decide_find() - the next decision that @f lets through
 * @i:   first to look at
 * @dir: 1 forwards, -1 backwards
 * Return: false when there is none
 */
bool mm_decide_find(const struct mm_decide *d, const struct mm_decide_filter *f, uint64_t i, int dir, uint64_t *ret);

/** Events so far at which the trace contradicted the model, but for those during a snapshot, which are expected. */
uint64_t mm_decide_contradictions(const struct mm_decide *d);
/**
 * mm_decide_contradiction() - the next of these events
 * @event: where to look from: the one behind it (@dir 1) or before it (-1)
 * Return: false when there is none, as far as the index goes
 */
bool mm_decide_contradiction(const struct mm_decide *d, uint64_t event, int dir, uint64_t *ret);

/**
 * mm_decide_fetch() - the words of decision @i
 * Runs at most @max_events events.
 * @ret: set when it returns true: the decision, borrowed until the next fetch; NULL when memory ran out
 * Return: false: call again to go on
 */
bool mm_decide_fetch(struct mm_decide *d, uint64_t i, uint64_t max_events, const struct mm_decision **ret);

#endif
