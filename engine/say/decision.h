/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The record of one decision: what kind it is, what was decided by which rule and why.  The checks fill in both
 * answers, the model's and the kernel's; the simulator, which has only its own, leaves @kernel empty.
 */
#ifndef MM_SAY_DECISION_H
#define MM_SAY_DECISION_H

#include "say/room.h"

#include <stdint.h>

/** Kinds of decisions: id, key in JSON, what it is. */
#define MM_CHECK_LIST(X)                                                                     \
	X(PICK, "pick", "which free page leaves the buddy lists")                            \
	X(FALLBACK, "fallback", "which other migratetype's block is used, claimed or stolen")\
	X(REFILL, "refill", "how many pages refill a per-cpu list, and which")               \
	X(DRAIN, "drain", "how many pages leave a per-cpu list, and which")                  \
	X(MERGE, "merge", "how far a freed block merges")                                    \
	X(COMPACT_CHECK, "compact_check", "suitable, finished, deferred")                    \
	X(SCANNER, "scanner", "where a compaction run starts, scans and ends, and what it takes") \
	X(KSWAPD, "kswapd", "kswapd wakes, finds the node balanced, sleeps, hands over")      \
	X(SLOW_PATH, "slow_path", "reclaim, compaction, retry or giving up of a stalled request") \
	X(FAILURE, "failure", "why a request got no page: watermark, lists, what it may not use")

enum mm_check_kind {
#define X(id, key, text) MM_CHECK_##id,
	MM_CHECK_LIST(X)
#undef X
	MM_CHECK_COUNT
};

enum mm_verdict {
	MM_UNDECIDED, /* the trace and the known state don't allow a prediction; @why says which fact is missing */
	MM_EQUAL,
	MM_DIFFERS,
};

#define MM_DECISION_NUMBERS 16

/** One decision, as it is handed out.  Borrowed for the time of the call. */
struct mm_decision {
	enum mm_check_kind kind;
	enum mm_verdict verdict;
	uint64_t event;        /* number of the event that shows the kernel's outcome */
	uint64_t ts;
	int32_t pid;
	const char *rule;      /* kernel function and file, with the version followed: static text */
	const char *why;       /* MM_UNDECIDED: key of the missing fact, e.g. "list_order_unknown"; static text */
	const char *ours;      /* what the rules say, "" when undecided */
	const char *kernel;    /* what the kernel did */
	const char *reason;    /* one or two sentences in plain words: compared what, refused what; "" when nobody asked */
	unsigned int nr_numbers;
	struct {
		const char *name; /* static text */
		int64_t value;
	} number[MM_DECISION_NUMBERS]; /* the numbers that were compared */
};

typedef void (*mm_decision_fn)(void *arg, const struct mm_decision *d);

#endif
