/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The allocator's slow path as a rule: given what a request asked for and what its reclaim, compaction
 * and retry checks yielded so far, which step comes next.  Pure: the steps come in, the verdict goes out.
 */
#ifndef MM_RULES_SLOWPATH_STEPS_H
#define MM_RULES_SLOWPATH_STEPS_H

#include "rules/room.h"

#include "policy/hooks.h"
#include "policy/policy.h"
#include "rules/slowpath.h"

/** Steps of a stalled request that a trace shows. */
enum mm_step_kind {
	MM_STEP_COMPACT,    /* a direct compaction: order, prio, result */
	MM_STEP_RECLAIM,    /* a direct reclaim: order, pages reclaimed */
	MM_STEP_RETRY_ZONE, /* should_reclaim_retry() looks at one zone */
	MM_STEP_COMPACT_RETRY, /* should_compact_retry() */
	MM_STEP_OOM,        /* a victim was marked */
	MM_STEP_PAGE,       /* the request got its page */
	MM_STEP_FAIL,       /* the request failed */
	MM_STEP_OPEN,       /* the trace ended first */
};
const char *mm_step_name(enum mm_step_kind k);

struct mm_step {
	uint8_t kind;
	int8_t order, prio;   /* prio: 0 full sync, 1 light sync, 2 async */
	bool ret;             /* the check's own answer */
	bool ret_known, ret_ours; /* what the rules answer; @ret_known: they can tell */
	uint8_t feedback;     /* COMPACT: enum mm_compact_feedback; COMPACT_RETRY: 1 failed, 2 withdrawn, 3 progress */
	int16_t loops;        /* RETRY_ZONE: no_progress_loops; COMPACT_RETRY: retries */
	int16_t max;          /* COMPACT_RETRY: max_retries */
	uint32_t nr;          /* RECLAIM: pages reclaimed */
};

#define MM_PRIO_FULL 0
#define MM_PRIO_LIGHT 1
#define MM_PRIO_ASYNC 2

/** What a request asked for, by meaning. */
struct mm_slow_in {
	struct mm_facts facts;
	unsigned int order, pageblock_order, migratetype;
	bool direct_reclaim, io, noretry, retry_mayfail, nofail, thisnode;
	bool defrag_mode;
	/* policies' say in what reclaim and compaction work for, and in the next step; NULL: they have none */
	void (*goal)(const void *policy, const struct mm_slow_in *in, bool nofragment, struct mm_reply_goal *goal);
	unsigned int (*next)(const void *policy, const struct mm_slow_in *in, struct mm_ask_next *ask, unsigned int was);
	const void *policy;
};

struct mm_slow_out {
	bool equal;
	bool undecided;
	const char *why;      /* undecided: the missing fact */
	unsigned int at;      /* first step that disagrees */
	const char *expected; /* what the rules said there; static text */
	int expected_order;   /* of the reclaim or compaction that they said, -1: they said something else */
	const char *rule;     /* counterpart in the kernel; static text */
};

/**
 * mm_slow_check() - follow the steps of one request
 * @step: @nr steps, the last one PAGE, FAIL or OPEN
 * Source: mm/page_alloc.c: __alloc_pages_slowpath(), 6.1 to 7.3.  7.x makes the first compaction of costly
 * and unmovable orders part of the retry loop and promotes the order of requests that may not fall
 * back (defrag_mode); 6.18 has defrag_mode without the promotion.
 */
void mm_slow_check(const struct mm_slow_in *in, const struct mm_step *step, unsigned int nr, struct mm_slow_out *out);

#endif
