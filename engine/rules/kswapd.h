/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kswapd's decisions as pure rules, for the check of traces and for the simulated run: wake or leave asleep, sleep
 * or go on, which order a round ends with, when a node is hopeless, when direct reclaim must wait.
 */
#ifndef MM_RULES_KSWAPD_H
#define MM_RULES_KSWAPD_H

#include "rules/room.h"

#include "rules/watermark.h"

/** HZ / 10: the first, short sleep.  Source: mm/vmscan.c: kswapd_try_to_sleep(), 6.1 to 7.3 */
#define MM_KSWAPD_NAP_NS 100000000ull

/** Source: mm/vmscan.c: kswapd_test_hopeless() (7.x), the same comparison in place in 6.1 to 6.18 */
static inline bool mm_kswapd_hopeless(int failures)
{
	return failures >= MM_KSWAPD_HOPELESS;
}

/**
 * mm_kswapd_wake() - does a request wake a sleeping kswapd?
 * Source: mm/vmscan.c: wakeup_kswapd(), 6.1 to 7.3
 */
static inline bool mm_kswapd_wake(bool hopeless, bool balanced, bool boosted)
{
	return !hopeless && (!balanced || boosted);
}

/** Source: mm/vmscan.c: prepare_kswapd_sleep(), 6.1 to 7.3 */
static inline bool mm_kswapd_sleep(bool hopeless, bool balanced)
{
	return hopeless || balanced;
}

/**
 * mm_kswapd_order() - the order that a round goes on with, once it reclaimed @nr pages
 * Source: mm/vmscan.c: kswapd_shrink_node(), 6.1 to 7.3; compact_gap() is capped in 7.2 and later
 */
static inline unsigned int mm_kswapd_order(struct mm_facts facts, unsigned int order, int64_t nr)
{
	return order && nr >= mm_compact_gap(facts, order) ? 0 : order;
}

/**
 * mm_kswapd_goal() - what one pass over a zone's node adds to its goal for that zone
 * Source: mm/vmscan.c: kswapd_shrink_node(), 6.1 to 7.3
 */
static inline uint64_t mm_kswapd_goal(const struct mm_wmark_zone *z)
{
	int64_t high = z->high + z->boost;

	return high > 32 ? (uint64_t)high : 32; /* SWAP_CLUSTER_MAX */
}

/**
 * mm_kswapd_failed() - does a round that ended at @nr reclaimed pages count as a failure?
 * Source: mm/vmscan.c: balance_pgdat(): rounds for a boost don't count in 7.x; in 6.x they do
 */
static inline bool mm_kswapd_failed(struct mm_facts facts, uint64_t nr, bool boosted)
{
	return !nr && !(boosted && mm_has(facts, BOOST_NO_FAILURE));
}

/**
 * mm_kswapd_revived() - does progress make the failures forgotten?
 * Source: mm/vmscan.c: shrink_node(), lru_gen_shrink_node() (6.x: any progress); kswapd_try_clear_hopeless() (7.x:
 * only when it left the node balanced)
 */
static inline bool mm_kswapd_revived(struct mm_facts facts, uint64_t nr, bool balanced)
{
	return nr && (!mm_has(facts, HOPELESS_BALANCED) || balanced);
}

/**
 * mm_kswapd_relieved() - a free lifted a zone above its high watermark: are its node's failures forgotten?
 * @last: no node with memory has a higher number.  Requests then turn to nobody else, and reclaim directly instead
 * Source: mm/page_alloc.c: free_frozen_page_commit(): 6.18 and later
 */
static inline bool mm_kswapd_relieved(struct mm_facts facts, bool hopeless, bool last)
{
	return hopeless && !last && mm_has(facts, HOPELESS_FREE);
}

/**
 * mm_kswapd_asked() - the order that requests ask kswapd for
 * @defrag_mode: in force, which it is in 6.18 and later only
 * @block:       pageblock order
 * Source: mm/page_alloc.c: wake_all_kswapds(), 6.1 to 7.3
 */
static inline unsigned int mm_kswapd_asked(bool defrag_mode, unsigned int order, unsigned int block)
{
	return defrag_mode && order < block ? block : order;
}

/**
 * mm_kcompactd_mark() - the watermark and the free pages from which kcompactd's work is judged for a zone
 * @ret_free: free pages that count
 * Source: mm/compaction.c: kcompactd_node_suitable(): min in 6.x, high and whole blocks in defrag_mode (6.18 and later)
 */
static inline int64_t mm_kcompactd_mark(const struct mm_wmark_zone *z, bool defrag_mode, int64_t *ret_free)
{
	*ret_free = defrag_mode ? z->free_blocks : z->free;
	return (defrag_mode ? z->high : z->min) + z->boost;
}

/** What direct reclaim's throttle looks at, of the zones of one node up to Normal. */
struct mm_pfmemalloc {
	int64_t reserve, free; /* sum of their min watermarks, of their free pages */
};
/**
 * mm_pfmemalloc_add() - one zone's part
 * @reclaimable: pages that reclaim could free of it, as zone_reclaimable_pages() counts
 * Source: mm/vmscan.c: allow_direct_reclaim(): zones without anything to reclaim are left out, in 6.18 and later
 * only when they have free pages
 */
static inline void mm_pfmemalloc_add(struct mm_pfmemalloc *p, struct mm_facts facts, const struct mm_wmark_zone *z,
				     int64_t reclaimable)
{
	if (!reclaimable && (!mm_has(facts, THROTTLE_FULL) || z->free))
		return;
	p->reserve += z->min + z->boost;
	p->free += z->free;
}
/** Source: mm/vmscan.c: allow_direct_reclaim(), 6.1 to 7.3 */
static inline bool mm_pfmemalloc_ok(const struct mm_pfmemalloc *p, bool hopeless)
{
	return hopeless || !p->reserve || p->free > p->reserve / 2;
}

#endif
