/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The allocator's rules for taking a page from the buddy lists, as pure functions
 * over a machine: nothing here changes it.
 */
#ifndef MM_RULES_RMQUEUE_H
#define MM_RULES_RMQUEUE_H

#include "rules/room.h"

#include "policy/policy.h"
#include "machine/state.h"

/** Where each migratetype looks when its own lists are empty. */
extern const unsigned char mm_fallbacks[MM_NR_PCPTYPES][2];

/**
 * mm_claim_tried() - does a request of @mt that falls back on a block of @order try for its whole pageblock?
 * Source: mm/page_alloc.c: should_try_claim_block(), 6.14 to 7.3; can_steal_fallback(), 6.1 and 6.12
 */
static inline bool mm_claim_tried(unsigned int pageblock_order, unsigned int order, unsigned int mt)
{
	return order >= pageblock_order / 2 || mt == MM_MT_RECLAIMABLE || mt == MM_MT_UNMOVABLE;
}

enum mm_known {
	MM_KNOWN_NO,    /* nothing there */
	MM_KNOWN_YES,
	MM_KNOWN_MAYBE, /* the place in the list, or the list, isn't known */
};

/** What a rule takes. */
struct mm_pick {
	enum mm_known known;
	uint64_t pfn;
	unsigned int order; /* of the block it is split from */
	unsigned int mt;    /* of the list it is on */
	bool claim;         /* its pageblocks change to the type that asked */
	bool whole;         /* 6.1: all free pages of its pageblock move to the lists of the type that asked */
	const char *why;    /* key of the missing fact for MM_KNOWN_MAYBE */
};

/** First block of one free list. */
struct mm_pick mm_rule_list_head(const struct mm_machine *m, const struct zone_state *z, unsigned int order,
				 unsigned int mt);
/** Source: mm/page_alloc.c: __rmqueue_smallest(), 6.1 to 7.3 */
struct mm_pick mm_rule_smallest(const struct mm_machine *m, const struct zone_state *z, unsigned int order,
				unsigned int mt);
/**
 * mm_rule_smallest_known() - mm_rule_smallest() of a machine that follows a trace
 * An empty list that isn't complete may have blocks in the kernel: then MM_KNOWN_MAYBE, because of "list_unknown".
 */
struct mm_pick mm_rule_smallest_known(const struct mm_machine *m, const struct zone_state *z, unsigned int order,
				      unsigned int mt);
/**
 * mm_rule_fallback() - where a request goes whose own lists are empty
 * @nofragment: ALLOC_NOFRAGMENT: no block below pageblock order
 * @steal_only: a bulk that stole its last page doesn't try to claim again (enum rmqueue_mode)
 * A claim below pageblock order yields the page that __rmqueue_smallest() takes after the move.
 * Source: mm/page_alloc.c: __rmqueue_claim(), try_to_claim_block(), __rmqueue_steal(), 6.12 stable to 7.3;
 *	   __rmqueue_fallback(), steal_suitable_fallback(), v6.1
 */
struct mm_pick mm_rule_fallback(const struct mm_machine *m, const struct zone_state *z, struct mm_facts facts,
				unsigned int order, unsigned int mt, bool nofragment, bool steal_only);

/** A block below pageblock order that was looked at for a claim; each one boosts the watermarks. */
struct mm_claim_try {
	uint64_t pfn;
	uint8_t order, mt;
	bool inside;          /* its pageblock lies wholly inside the zone */
	uint16_t free, alike; /* pages of the pageblock */
};
struct mm_claim_tries {
	unsigned int nr;
	struct mm_claim_try at[MM_MAX_ORDERS]; /* at most one of each order */
	/* a policy's say: @half is what the kernel's rule answers.  NULL: it has none */
	enum mm_known (*claim)(void *arg, const struct mm_claim_try *t, enum mm_known half);
	void *arg;
};

enum mm_fallback_flags {
	MM_FALLBACK_NOFRAGMENT = 1u << 0, /* ALLOC_NOFRAGMENT: no block below pageblock order */
	MM_FALLBACK_STEAL_ONLY = 1u << 1, /* the bulk's memory: enum rmqueue_mode is RMQUEUE_STEAL */
	/* the machine decides itself, so what it knows of the LRU is all there is; the pick is the block found, not
	   the page that is left for the request after the claim */
	MM_FALLBACK_DECIDE = 1u << 2,
};

/**
 * mm_rule_fallback_find() - mm_rule_fallback() with all that it looked at
 * @flags: enum mm_fallback_flags
 * @tries: receives the claims tried, says who else has a say in them; may be NULL
 */
struct mm_pick mm_rule_fallback_find(const struct mm_machine *m, const struct zone_state *z, struct mm_facts facts,
				     unsigned int order, unsigned int mt, unsigned int flags,
				     struct mm_claim_tries *tries);

/** The page that a request of @order and @mt gets once the pageblock of @pfn was claimed for it: from the smallest block. */
struct mm_pick mm_rule_after_claim(const struct mm_machine *m, const struct zone_state *z, uint64_t pfn,
				   unsigned int order, unsigned int mt);

/** Free pages, and bounds of the LRU pages, of a pageblock. */
struct mm_block_census {
	unsigned int free, lru_least, lru_most;
};
struct mm_block_census mm_rule_census(const struct mm_machine *m, uint64_t pfn);

#endif
