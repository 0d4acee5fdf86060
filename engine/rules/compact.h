/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rules of compaction, as pure functions of the machine and of what is asked: is a zone worth it, is a run
 * done, is it put off.  What the trace leaves open goes in as an interval, and the answer may be "maybe".
 */
#ifndef MM_RULES_COMPACT_H
#define MM_RULES_COMPACT_H

#include "rules/room.h"

#include "policy/hooks.h"
#include "policy/policy.h"
#include "rules/watermark.h"
#include "machine/state.h"

/** Name of a result in words that the trace uses; "?" for others. */
const char *mm_compact_result_name(uint64_t ret);

#define MM_COMPACT_CLUSTER_MAX 32u   /* COMPACT_CLUSTER_MAX, 6.1 to 7.3 */
#define MM_COMPACT_MAX_DEFER_SHIFT 6 /* mm/compaction.c, 6.1 to 7.3 */

/** A number between two limits, both included. */
struct mm_range {
	int64_t lo, hi;
};

enum mm_answer { MM_NO, MM_YES, MM_MAYBE };

/** What the rules have to know of a zone apart from its lists.  Pages. */
struct mm_compact_zone {
	const struct zone_state *z;
	bool have_marks;
	int64_t wmark_min, wmark_low, wmark_high; /* without boost */
	struct mm_range boost;
	unsigned int nr_reserve;
	int64_t reserve[SG_MAX_ZONE_TYPES];
	int64_t taken;   /* pages on the machine's lists that have left the kernel's */
	int64_t pending; /* at most so many more have */
	int64_t drift; /* how far the counter of free pages, which lives per CPU, may lag behind */
};

/** Who may have asked whether a zone is suitable: watermarks it starts from, and highest zones. */
struct mm_suit_ask {
	unsigned int order;
	bool from_min, from_high;  /* which watermark is handed in (6.15 and later) */
	unsigned int idx_lo, idx_hi; /* highest zone index of the request: one of these */
	int extfrag_threshold;
};

/** Outcome of mm_suitable(): a result, or MM_COMPACT_RESULTS and @why. */
struct mm_suit {
	unsigned int ret;
	const char *why;
	struct mm_range mark, free;
	int64_t gap, fragindex;
};

/**
 * mm_suitable() - may compaction find free pages to move into, and is fragmentation the trouble?
 * Source: mm/compaction.c: compaction_suitable(), __compaction_suitable(): 6.1 and 6.12 start from the low
 * watermark for costly orders, 6.18 and later from the caller's plus (low - min)
 */
void mm_suitable(const struct mm_machine *m, struct mm_facts facts, const struct mm_compact_zone *cz,
		 const struct mm_suit_ask *ask, struct mm_suit *ret);

/** Blocks of @order on the list of @mt in @z. */
uint64_t mm_list_blocks(const struct zone_state *z, unsigned int order, unsigned int mt);

/**
 * Blocks that the machine has on its lists and the kernel has not, by order and type (negative: the other way
 * round).
 */
struct mm_gone {
	int nr[MM_MAX_ORDERS][MM_NR_MT];
};

/**
 * mm_list_satisfies() - would a request of @order and @mt find a block, its own or one to claim?
 * @gone: what has left the lists without an event; may be NULL
 * Source: mm/compaction.c: __compact_finished(), mm/page_alloc.c: find_suitable_fallback(), 6.1 to 7.3
 */
enum mm_answer mm_list_satisfies(const struct mm_machine *m, const struct zone_state *z, unsigned int order,
				 unsigned int mt, const struct mm_gone *gone, unsigned int *ret_order,
				 unsigned int *ret_mt);

/** Free pages of @z on its lists, those in blocks of pageblock order and more in *@ret_blocks. */
int64_t mm_free_pages_of(const struct mm_machine *m, const struct zone_state *z, int64_t *ret_blocks);

/** How often compaction of a zone failed of late; each fact may be unknown. */
struct mm_defer {
	bool considered_known, shift_known, failed_known;
	uint32_t considered, shift;
	int64_t failed; /* order_failed */
};

/**
 * mm_deferred() - does compaction_deferred() put a try of @order off?  Changes @d as the kernel does.
 * Source: mm/compaction.c: compaction_deferred(), 6.1 to 7.3
 */
enum mm_answer mm_deferred(struct mm_defer *d, int64_t order);
/** Source: mm/compaction.c: compaction_restarting(): was it put off for the longest time? 6.1 to 7.3 */
enum mm_answer mm_compact_restarting(const struct mm_defer *d, int64_t order);
/** Source: mm/compaction.c: defer_compaction(), 6.1 to 7.3 */
void mm_defer(struct mm_defer *d, int64_t order);
/** Source: mm/compaction.c: compaction_defer_reset(), 6.1 to 7.3 */
void mm_defer_reset(struct mm_defer *d, int64_t order, bool alloc_success);

/* ---- is a run done? ---------------------------------------------------------- */

/**
 * mm_frag_score() - share of free memory outside of whole pageblocks, in percent
 * Source: mm/compaction.c: fragmentation_score_zone(), mm/vmstat.c: extfrag_for_order(), 6.1 to 7.3
 */
int64_t mm_frag_score(const struct mm_machine *m, const struct zone_state *z);
/**
 * mm_frag_mark() - score above which proactive compaction begins, or with @low the one at which it ends
 * @proactiveness: vm.compaction_proactiveness
 * Source: mm/compaction.c: fragmentation_score_wmark(): up to 6.18 the low mark is at least 5 and the high one
 * 10 above; 7.2 and 7.3 have no least, and the distance shrinks to half of a low mark below 20
 */
int64_t mm_frag_mark(struct mm_facts facts, int64_t proactiveness, bool low);

/** What decides whether a run is done. */
struct mm_done_in {
	struct mm_facts facts;
	int order;                  /* -1: the whole zone is to be compacted */
	unsigned int mt;            /* of the request */
	enum mm_answer met;         /* have the scanners met? */
	enum mm_answer whole_zone;  /* did the run begin at the zone's start? */
	enum mm_answer kswapd_runs;
	bool direct, proactive;
	bool defrag_mode;           /* 6.15 and later */
	int64_t proactiveness;
	uint64_t migrate_pfn;
	/* kcompactd with defrag_mode; else NULL.  The boost is outside of it */
	const struct mm_wmark_zone *w;
	struct mm_range boost;
	unsigned int zone_type, alloc_flags;
	const struct mm_gone *gone; /* may be NULL */
	bool gone_sure;
};

/** Outcome: a result, or MM_COMPACT_RESULTS and @why. */
struct mm_done {
	unsigned int ret;
	const char *why, *step;     /* static text; @step: what decided, in words */
	bool have_mark, have_found;
	int64_t free, mark;         /* pages in whole blocks, or the score, and what they are held against */
	int found_order;            /* of the block, -1 none */
};

/**
 * mm_compact_done() - does a run of compaction end here?
 * Source: mm/compaction.c: __compact_finished(); with defrag_mode (6.15 and later) kcompactd goes for the high
 * watermark in whole pageblocks
 */
void mm_compact_done(const struct mm_machine *m, const struct zone_state *z, const struct mm_done_in *in,
		     struct mm_done *out);

#endif
