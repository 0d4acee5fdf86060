/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Watermarks as pure rules: what a zone has, what a request may leave it with, and whether a node is
 * balanced.  No state, no memory: the numbers come in, the answer goes out.  Units: pages.
 */
#ifndef MM_RULES_WATERMARK_H
#define MM_RULES_WATERMARK_H

#include "rules/room.h"

#include "policy/hooks.h"
#include "policy/policy.h"
#include "machine/state.h"

/** A number of pages from outside, cut down to what sums cannot overflow with. */
static inline int64_t mm_wmark_pages(uint64_t v)
{
	return v < UINT64_C(1) << 50 ? (int64_t)v : INT64_C(1) << 50;
}

/** The numbers of one zone that watermark checks read. */
struct mm_wmark_zone {
	bool known;                    /* marks and free pages are known */
	int node, type;                /* type: index in enum zone_type */
	int64_t free, free_blocks;     /* pages on the buddy lists; those in whole free pageblocks */
	int64_t free_highatomic, free_cma;
	int64_t managed, min, low, high, promo, boost;
	int64_t reserve[SG_MAX_ZONE_TYPES]; /* lowmem reserve against requests of each zone type */
	int top_pcp, top_highatomic, top_cma; /* largest order with a free block of such a type, -1 none */
	int64_t drift;                 /* how far per-cpu counters may be from the truth together */
};

/**
 * mm_wmark_need() - free pages above which an order-0 request passes, without what it can't use
 * Source: mm/page_alloc.c: __zone_watermark_ok(), the part on reserves, 6.1 to 7.3
 * @flags: enum mm_alloc_flags
 */
int64_t mm_wmark_need(const struct mm_wmark_zone *z, int64_t mark, unsigned int zid, unsigned int flags);

/**
 * mm_wmark_margin() - pages between what is usable and what is needed; the check passes when > 0
 * Source: mm/page_alloc.c: __zone_watermark_unusable_free() and __zone_watermark_ok(), 6.1 to 7.3.
 * 6.1 subtracts the whole highatomic reserve, later ones its free pages: @z->free_highatomic holds
 * what applies.
 */
int64_t mm_wmark_margin(const struct mm_wmark_zone *z, unsigned int order, int64_t mark, unsigned int zid,
			unsigned int flags, int64_t free_pages);

/** Is there a free block of at least @order that a request with @flags may take? */
bool mm_wmark_has_block(const struct mm_wmark_zone *z, unsigned int order, unsigned int flags);

/** Source: mm/page_alloc.c: __zone_watermark_ok(), 6.1 to 7.3 */
bool mm_wmark_ok(const struct mm_wmark_zone *z, unsigned int order, int64_t mark, unsigned int zid,
		 unsigned int flags, int64_t free_pages);

/**
 * mm_compact_gap() - free pages beyond the mark that compaction for @order wants to work with
 * Source: include/linux/compaction.h: compact_gap(): twice the request; 7.2 and later at most as many as
 * compaction isolates at a time (32)
 */
static inline int64_t mm_compact_gap(struct mm_facts facts, unsigned int order)
{
	int64_t gap = INT64_C(2) << order;

	return mm_has(facts, GAP_CAPPED) && gap > 32 ? 32 : gap;
}

/**
 * mm_suitable_mark() - free pages above which compaction for @order has enough to work with, without reserves
 * @min, @low: the zone's marks; @asked: what 6.18 and later start from, the caller's watermark
 * What the three are counted with (a boost), the result is, too.
 * Source: mm/compaction.c: __compaction_suitable(): 6.1 and 6.12 start from min, for costly orders from low; later ones
 * from the caller's watermark, for costly orders with low - min on top
 */
static inline int64_t mm_suitable_mark(struct mm_facts facts, unsigned int order, int64_t min, int64_t low, int64_t asked)
{
	bool costly = order > MM_COSTLY_ORDER;
	int64_t mark = costly ? low : min;

	if (mm_has(facts, SUITABLE_ASKED))
		mark = asked + (costly ? low - min : 0);
	return mark + mm_compact_gap(facts, order);
}

/**
 * mm_suitable_index() - is it fragmentation that a request of @order fails of?
 * @index: the zone's fragmentation index; negative: a block is there
 * Source: mm/compaction.c: compaction_suitable(), 6.1 to 7.3
 */
static inline bool mm_suitable_index(unsigned int order, int64_t index, int64_t threshold)
{
	return order <= MM_COSTLY_ORDER || index < 0 || index > threshold;
}

/**
 * mm_wmark_suitable() - enough free base pages for compaction to work with?
 * @mark:      pages to stay free: 7.x takes the request's mark, 6.x min (low for costly orders)
 * @available: free pages, or with those that reclaim could add
 * Source: mm/compaction.c: __compaction_suitable(), 6.1 to 7.3
 */
bool mm_wmark_suitable(const struct mm_wmark_zone *z, struct mm_facts facts, unsigned int order, int64_t mark,
		       unsigned int zid, int64_t available);

/** What is known of a node's balance. */
struct mm_balance {
	bool known, balanced, by_block;
	bool zones_open;       /* up to which zone isn't known, and so not this either; @known is false then */
	bool failures_open;    /* whether kswapd has given the node up isn't known, and that decides; @known is false then */
	bool close;            /* within what the kernel's per-cpu counters may be off */
	int64_t free, need;    /* of the zone that decided: the best one */
	int zone;              /* its index in the array, -1 none */
};

/**
 * mm_wmark_balanced() - is any zone of @node up to @zid above its high watermark for @order?
 * @defrag_mode: 7.x and 6.18: orders above 0 are counted in whole free pageblocks
 * @promo:       memory tiering: the promo watermark counts instead of high
 * Source: mm/vmscan.c: pgdat_balanced(), 6.1 to 7.3
 */
struct mm_balance mm_wmark_balanced(const struct mm_wmark_zone *z, unsigned int nr, int node, unsigned int order,
				    unsigned int zid, bool defrag_mode, bool promo);

/** Source: mm/vmscan.c: pgdat_watermark_boosted(), 6.1 to 7.3 */
bool mm_wmark_boosted(const struct mm_wmark_zone *z, unsigned int nr, int node, unsigned int zid);

/**
 * mm_wmark_boost() - the boost after one more fallback into a pageblock
 * @factor: vm.watermark_boost_factor; @block: pages of a pageblock
 * Source: mm/page_alloc.c: boost_watermark(), 6.1 to 7.3
 */
int64_t mm_wmark_boost(const struct mm_wmark_zone *z, int64_t boost, int64_t factor, int64_t block);

/** Does a fallback boost this zone at all?  If so, kswapd is woken for it, even when the boost is at its most. */
bool mm_wmark_may_boost(const struct mm_wmark_zone *z, int64_t factor, int64_t block);

/** Error of the vmstat counters of a zone over all CPUs.  mm/vmstat.c: calculate_normal_threshold() */
int64_t mm_wmark_drift(int64_t managed, unsigned int page_shift, unsigned int cpus);

/**
 * mm_wmark_zone_of() - what the machine itself knows of zone @z: marks, free pages, largest blocks
 * Boost, lowmem reserves and drift are left at 0, and @known at false.
 */
void mm_wmark_zone_of(const struct mm_machine *m, const struct zone_state *z, struct mm_facts facts,
		      struct mm_wmark_zone *ret);

/** The boost that @z's marks hold: the kernel prints them with the boost of that moment.  @cfg: of @z's machine */
int64_t mm_wmark_boost_in(const struct mm_config *cfg, const struct zone_state *z);

/** What the newest snapshot says of zone @z, NULL when none does.  @cfg: of @z's machine */
const struct sg_zone_snap *mm_wmark_snap(const struct mm_config *cfg, const struct zone_state *z);

#endif
