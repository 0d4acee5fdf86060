/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every kernel is a list of facts: what its memory management does that others do not, each with the release that brought
 * it.  A rule asks for the fact that it depends on, never for a release, so releases between those that were recorded from
 * are right, and a single fact can be switched off and on by its name (policy.h).
 *
 * Dates are mainline's: a fact holds from the first release candidate on.  What a stable series took over later stands in
 * MM_FACT_STABLE_LIST.  Dates were found by comparing the sources of 5.10, 5.15, 5.19, 6.0 to 6.14, 6.17 to 7.3, and stable
 * change logs; what came with 6.15 or 6.16 lies between two sources that were compared, and is dated by the change's history.
 */
#ifndef MM_POLICY_FACTS_H
#define MM_POLICY_FACTS_H

#include "policy/room.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sg_capture.h"

/**
 * A release as one number that sorts: 7.2.13 < 7.3-rc1 < 7.3-rc7 < 7.3 < 7.3.1.
 * MM_SINCE() is before the first candidate of a release, MM_NEWEST() after the last stable release of a series.
 */
#define MM_RELEASE_RC(major, minor, rc) ((uint32_t)(major) << 24 | (uint32_t)(minor) << 16 | (uint32_t)(rc))
#define MM_RELEASE(major, minor, sub)	((uint32_t)(major) << 24 | (uint32_t)(minor) << 16 | (uint32_t)(sub) << 8 | 0xffu)
#define MM_SINCE(major, minor)		MM_RELEASE_RC(major, minor, 0)
#define MM_NEWEST(major, minor)		MM_RELEASE(major, minor, 0xff)
#define MM_ALWAYS			UINT32_MAX /* a fact that still holds */

/* Oldest and newest series that there are facts of, and the oldest of which all that rules ask for is known. */
#define MM_OLDEST_RELEASE MM_SINCE(5, 10)
#define MM_OLDEST_WHOLE	  MM_SINCE(6, 1)
#define MM_NEWEST_RELEASE MM_NEWEST(7, 3)

/** Id, key as a policy writes it, holds since, holds until (the first release without it), where, what it says. */
#define MM_FACT_LIST(X)                                                                                                       \
	/* per-cpu lists */                                                                                                    \
	X(PCP_ORDERS, "pcp-orders", MM_SINCE(5, 14), MM_ALWAYS, \
	  "mm/page_alloc.c: pcp_allowed_order()",                         \
	  "per-cpu lists hold blocks above order 0 too, and drains grow by free_factor")                                       \
	X(PCP_HUGE_PMD, "pcp-huge-pmd", MM_SINCE(6, 10), MM_ALWAYS, \
	  "mm/page_alloc.c: pcp_allowed_order()",                     \
	  "the per-cpu list of huge pages is of the PMD's order, not of the pageblock's")                                      \
	X(PCP_AUTO, "pcp-auto", MM_SINCE(6, 7), MM_ALWAYS, \
	  "mm/page_alloc.c: nr_pcp_alloc(), nr_pcp_free(), decay_pcp_high()",  \
	  "sizes of per-cpu lists, refills and drains follow demand between high_min and high_max")                            \
	X(PCP_FREE_HIGH, "pcp-free-high", MM_SINCE(6, 16), MM_ALWAYS, \
	  "mm/page_alloc.c: free_frozen_page_commit()",             \
	  "freeing orders 1 to 3 in a row empties the lists only beyond a batch and half of high_min")                         \
	X(PCP_PIECES, "pcp-pieces", MM_SINCE(6, 19), MM_ALWAYS, \
	  "mm/page_alloc.c: free_frozen_page_commit()",                   \
	  "a drain gives back one batch after the other")                                                                      \
	X(PCP_NO_ATOMIC, "pcp-no-atomic-refill", MM_SINCE(7, 1), MM_ALWAYS, \
	  "mm/page_alloc.c: __rmqueue_pcplist()",             \
	  "requests that may use the highatomic reserve do not refill a per-cpu list")                                         \
	X(BELOW_HIGH, "below-high", MM_SINCE(6, 7), MM_ALWAYS, \
	  "mm/page_alloc.c: get_page_from_freelist()",                     \
	  "a request notices that its zone is below high, and per-cpu lists shrink (ZONE_BELOW_HIGH)")                         \
	/* free lists */                                                                                                       \
	X(HYGIENE, "freelist-hygiene", MM_SINCE(6, 10), MM_ALWAYS, \
	  "mm/page_alloc.c: account_freepages(), __free_one_page()",   \
	  "free pages lie on the list of their pageblock's type, and are counted one by one")                                  \
	X(CLAIM_STEAL, "claim-steal", MM_SINCE(6, 15), MM_ALWAYS, \
	  "mm/page_alloc.c: __rmqueue_claim(), __rmqueue_steal()",      \
	  "claiming a pageblock and stealing from it are two searches, and a refill remembers which one helped")               \
	X(CAPTURE_MOVABLE, "capture-movable", MM_SINCE(6, 10), MM_ALWAYS, \
	  "mm/page_alloc.c: compaction_capture()",              \
	  "a movable request may capture a block in a Movable pageblock")                                                      \
	X(CAPTURE_ORDER, "capture-order", MM_SINCE(7, 2), MM_ALWAYS, \
	  "mm/page_alloc.c: compaction_capture()",                   \
	  "a block of the request's own order is captured, whatever order compaction works for")                               \
	X(CAPTURE_TRACED, "capture-traced", MM_SINCE(6, 15), MM_ALWAYS, \
	  "mm/page_alloc.c: compaction_capture()",                 \
	  "a block captured in a pageblock of another type is traced as a fallback")                                           \
	X(ISOLATE_BIT, "isolate-bit", MM_SINCE(6, 17), MM_ALWAYS, \
	  "mm/page_isolation.c: set_migratetype_isolate()",             \
	  "an isolated pageblock keeps its type")                                                                              \
	X(BLOCK_MAX_ORDER, "block-max-order", MM_SINCE(6, 16), MM_ALWAYS, \
	  "include/linux/pageblock-flags.h: PAGE_BLOCK_MAX_ORDER", \
	  "trace formats tell the largest pageblock order, not the largest block order")                                       \
	X(FREE_ROWS, "free-rows", MM_SINCE(7, 2), MM_ALWAYS, \
	  "mm/page_alloc.c: free_contig_range(), vfree()",                   \
	  "rows of single pages are given back as blocks")                                                                     \
	/* watermarks and reserves */                                                                                          \
	X(LOWMEM_MOVABLE, "lowmem-without-movable", MM_SINCE(6, 6), MM_ALWAYS, \
	  "mm/page_alloc.c: __setup_per_zone_wmarks()",    \
	  "ZONE_MOVABLE has no share of min_free_kbytes")                                                                      \
	X(BOOST_HIGH, "boost-high-passes", MM_SINCE(6, 3), MM_ALWAYS, \
	  "mm/page_alloc.c: zone_watermark_fast()",                 \
	  "a boost does not hold back order-0 requests with __GFP_HIGH; before, only those with __GFP_ATOMIC")                 \
	X(BOOST_WAKE, "boost-wake-allowed", MM_SINCE(6, 5), MM_ALWAYS, \
	  "mm/page_alloc.c: rmqueue()",                            \
	  "after a boost only requests with __GFP_KSWAPD_RECLAIM wake kswapd")                                                 \
	X(HIGHATOMIC_FREE, "highatomic-free", MM_SINCE(6, 12), MM_ALWAYS, \
	  "mm/page_alloc.c: __zone_watermark_unusable_free()",  \
	  "watermarks leave out what is free of the highatomic reserve, not the whole reserve")                                \
	X(HIGHATOMIC_PERCENT, "highatomic-percent", MM_SINCE(6, 8), MM_ALWAYS, \
	  "mm/page_alloc.c: reserve_highatomic_pageblock()", \
	  "nothing is reserved where 1 % of the zone is less than a pageblock")                                                \
	X(HIGHATOMIC_LARGE, "highatomic-large", MM_SINCE(6, 10), MM_ALWAYS, \
	  "mm/page_alloc.c: unreserve_highatomic_pageblock()", \
	  "a block of several pageblocks is reserved and given up as a whole")                                                 \
	X(HIGHATOMIC_BUDDY, "highatomic-buddy", MM_SINCE(7, 1), MM_ALWAYS, \
	  "mm/page_alloc.c: rmqueue_buddy()",                  \
	  "the highatomic reserve grows only with what came from the buddy lists")                                             \
	X(HIGHATOMIC_MIN, "highatomic-min", MM_SINCE(7, 3), MM_ALWAYS, \
	  "mm/page_alloc.c: rmqueue_buddy()",                      \
	  "the highatomic reserve grows only for requests that found memory short")                                            \
	X(HIGHATOMIC_FAST, "highatomic-fast", MM_SINCE(7, 3), MM_ALWAYS, \
	  "mm/page_alloc.c: prepare_alloc_pages()",              \
	  "the first try of an atomic request may use the highatomic reserve")                                                 \
	/* requests that find no page */                                                                                       \
	X(SKIP_AWAKE, "skip-awake-nodes", MM_SINCE(6, 18), MM_ALWAYS, \
	  "mm/page_alloc.c: get_page_from_freelist()",              \
	  "nodes whose kswapd is awake are passed over as long as there are others")                                           \
	X(DEFRAG, "defrag", MM_SINCE(6, 15), MM_ALWAYS, \
	  "mm/page_alloc.c: alloc_flags_nofragment(), pgdat_balanced()",          \
	  "there is vm.defrag_mode")                                                                                           \
	X(DEFRAG_ATOMIC, "defrag-atomic", MM_SINCE(7, 2), MM_ALWAYS, \
	  "mm/page_alloc.c: __alloc_pages_slowpath()",               \
	  "in defrag_mode a request that cannot reclaim falls back")                                                           \
	X(COMPACT_IN_LOOP, "compact-in-loop", MM_SINCE(7, 0), MM_ALWAYS, \
	  "mm/page_alloc.c: __alloc_pages_slowpath()",           \
	  "the slow path's first compaction is a round of its loop")                                                           \
	X(DEFERRED_LEAVES, "deferred-leaves", MM_SINCE(7, 2), MM_ALWAYS, \
	  "mm/page_alloc.c: __alloc_pages_direct_compact()",     \
	  "after a deferred compaction the free lists are not tried")                                                          \
	X(THISNODE_FAILS, "thisnode-fails", MM_SINCE(7, 0), MM_ALWAYS, \
	  "mm/page_alloc.c: __alloc_pages_slowpath()",             \
	  "a huge page for this node only is not reclaimed for")                                                               \
	X(PROMOTE, "promote", MM_SINCE(7, 2), MM_ALWAYS, \
	  "mm/page_alloc.c: __alloc_pages_direct_compact(), __alloc_pages_direct_reclaim()", \
	  "where fallbacks are held off, unmovable requests reclaim and compact for a whole pageblock")                        \
	X(PROMOTE_COUNTS, "promote-counts", MM_RELEASE(7, 3, 4), MM_ALWAYS, \
	  "mm/page_alloc.c: order_defrag_promoted()",         \
	  "rounds of a promoted request count as fruitless, and start afresh with fallbacks")                                  \
	/* compaction */                                                                                                       \
	X(GAP_CAPPED, "gap-capped", MM_SINCE(7, 2), MM_ALWAYS, \
	  "include/linux/compaction.h: compact_gap()",                     \
	  "compaction wants no more free pages than it isolates at a time")                                                    \
	X(SUITABLE_ALONE, "suitable-alone", MM_SINCE(6, 5), MM_ALWAYS, \
	  "mm/compaction.c: compaction_suitable()",                \
	  "compaction_suitable() does not ask whether there is a block already")                                               \
	X(SUITABLE_ASKED, "suitable-asked", MM_SINCE(6, 15), MM_ALWAYS, \
	  "mm/compaction.c: __compaction_suitable()",             \
	  "enough to compact with is measured from the caller's watermark, not from min")                                      \
	X(SUITABLE_ASYNC, "suitable-async", MM_SINCE(6, 14), MM_ALWAYS, \
	  "mm/compaction.c: compaction_suit_allocation_order()",  \
	  "asynchronous tries for costly orders without CMA look at free memory without CMA")                                  \
	X(PROACTIVE_LEEWAY, "proactive-leeway", MM_SINCE(6, 15), MM_ALWAYS, \
	  "mm/compaction.c: fragmentation_score_wmark()",     \
	  "proactive compaction may be asked for the last 5 %, with less leeway there")                                        \
	X(SOURCE_CMA, "source-without-cma", MM_SINCE(7, 2), MM_ALWAYS, \
	  "mm/compaction.c: suitable_migration_source()",          \
	  "compaction for a request that cannot use CMA leaves CMA pageblocks alone")                                          \
	X(SOURCE_WHOLE, "source-whole-blocks", MM_SINCE(7, 2), MM_ALWAYS, \
	  "mm/compaction.c: suitable_migration_source(), fast_find_migrateblock()", \
	  "compaction for a whole pageblock clears Movable ones whatever the request's type is")                               \
	X(FOLIO_TARGETS, "folio-targets", MM_SINCE(6, 9), MM_ALWAYS, \
	  "mm/compaction.c: compaction_alloc(), skip_isolation_on_order()", \
	  "large folios are moved whole, into free blocks that are kept by order")                                             \
	X(SKIPPED_COUNTS, "skipped-counts", MM_SINCE(6, 4), MM_ALWAYS, \
	  "mm/compaction.c: isolate_migratepages_block(), isolate_freepages_block()", \
	  "pages of blocks that scanners pass over are counted as scanned")                                                    \
	X(SKIP_INSIDE, "skip-inside", MM_SINCE(6, 7), MM_ALWAYS, \
	  "mm/compaction.c: isolate_freepages_block()",                  \
	  "the free scanner passes over a compound page only when that ends inside the range")                                 \
	X(HINT_BLOCK, "hint-block", MM_SINCE(6, 5), MM_ALWAYS, \
	  "mm/compaction.c: test_and_set_skip(), isolate_migratepages()",  \
	  "the skip hint is taken at a pageblock's first page, or the zone's")                                                 \
	X(FAST_UNMARKED, "fast-unmarked", MM_SINCE(6, 5), MM_ALWAYS, \
	  "mm/compaction.c: fast_find_migrateblock()",               \
	  "the search for a pageblock to clear does not mark what it finds")                                                   \
	X(FAST_ENOUGH, "fast-enough", MM_SINCE(6, 5), MM_ALWAYS, \
	  "mm/compaction.c: fast_isolate_freepages()",                   \
	  "the search of the free lists ends when it has enough")                                                              \
	X(FAST_FULL, "fast-full", MM_SINCE(6, 5), MM_ALWAYS, \
	  "mm/compaction.c: fast_isolate_around()",                          \
	  "a pageblock is marked when its scan came to its end, not when it gave too little")                                  \
	X(FAST_TARGET, "fast-target", MM_SINCE(6, 8), MM_ALWAYS, \
	  "mm/compaction.c: fast_isolate_freepages()",                   \
	  "the lowest block seen serves only where it is a suitable target")                                                   \
	X(FREE_CACHE_NEXT, "free-cache-next", MM_SINCE(6, 6), MM_ALWAYS, \
	  "mm/compaction.c: isolate_freepages()",                \
	  "a full pageblock sends the free scanner's cached position to the one below")                                        \
	X(FINISH_BLOCK, "finish-block", MM_SINCE(6, 3), MM_ALWAYS, \
	  "mm/compaction.c: compact_zone()",                           \
	  "after a failure the rest of the pageblock is scanned; a captured block ends the run before the drain")              \
	X(FINISH_ANY, "finish-any", MM_SINCE(6, 5), MM_ALWAYS, \
	  "mm/compaction.c: compact_zone()",                               \
	  "that is so for kcompactd too, and not where hints are ignored or the pageblock was done")                           \
	X(LAST_MIGRATED_BLOCK, "last-migrated-block", MM_SINCE(6, 6), MM_ALWAYS, \
	  "mm/compaction.c: compact_zone()",             \
	  "what was last moved is remembered by its pageblock")                                                                \
	X(MTHP, "mthp", MM_SINCE(6, 8), MM_ALWAYS, \
	  "mm/memory.c: alloc_anon_folio()",                                  \
	  "faults on anonymous memory ask for the sizes between a page and a huge page that the settings allow")               \
	X(SWAP_WHOLE, "swap-whole", MM_SINCE(6, 10), MM_ALWAYS, \
	  "mm/vmscan.c: shrink_folio_list()",                     \
	  "folios smaller than a huge page are written to swap whole; before, they are split")                                 \
	X(MIGRATE_BATCH, "migrate-batch", MM_SINCE(6, 3), MM_ALWAYS, \
	  "mm/migrate.c: migrate_pages_batch()",                     \
	  "pages are moved in batches: all get their targets first")                                                           \
	/* kswapd and direct reclaim */                                                                                        \
	X(BOOST_NO_FAILURE, "boost-no-failure", MM_SINCE(6, 19), MM_ALWAYS, \
	  "mm/vmscan.c: balance_pgdat()",                     \
	  "a fruitless round for a boost is no failure of kswapd")                                                             \
	X(HOPELESS_BALANCED, "hopeless-balanced", MM_SINCE(7, 0), MM_ALWAYS, \
	  "mm/vmscan.c: kswapd_try_clear_hopeless()",        \
	  "progress clears kswapd's failures only where it left the node balanced")                                            \
	X(HOPELESS_FREE, "hopeless-free", MM_SINCE(6, 18), MM_ALWAYS, \
	  "mm/page_alloc.c: free_frozen_page_commit()",             \
	  "a free that lifts a zone above high clears kswapd's failures where there is a further node")                        \
	X(THROTTLE_FULL, "throttle-full-zones", MM_SINCE(6, 18), MM_ALWAYS, \
	  "mm/vmscan.c: allow_direct_reclaim()",              \
	  "a zone without anything to reclaim counts when it has no free page either")                                         \
	X(RECLAIMABLE_FREE, "reclaimable-free", MM_SINCE(6, 13), MM_SINCE(6, 18), \
	  "mm/vmscan.c: zone_reclaimable_pages()",      \
	  "a zone without anything to reclaim is judged by its free pages")                                                    \
	X(ROUND_RECLAIMED, "round-reclaimed", MM_SINCE(6, 11), MM_ALWAYS, \
	  "mm/vmscan.c: kswapd_shrink_node()",                  \
	  "pages reclaimed beside the scan count for kswapd's round")                                                          \
	X(READY_HIGH, "ready-high", MM_SINCE(6, 15), MM_ALWAYS, \
	  "mm/vmscan.c: compaction_ready()",                              \
	  "direct reclaim hands over to compaction by one check at the high watermark")                                        \
	X(CACHE_TRIM_RETRY, "cache-trim-retry", MM_SINCE(6, 9), MM_ALWAYS, \
	  "mm/vmscan.c: balance_pgdat(), shrink_node()",       \
	  "a round that only trimmed the cache in vain is repeated without that")                                              \
	X(PARTIAL_WALK, "partial-walk", MM_SINCE(6, 11), MM_ALWAYS, \
	  "mm/vmscan.c: do_try_to_free_pages(), memcg_full_walk",     \
	  "direct reclaim walks part of the cgroups first, and all in a second pass")                                          \
	X(SKIPPED_LIMIT, "skipped-limit", MM_SINCE(6, 14), MM_ALWAYS, \
	  "mm/vmscan.c: isolate_lru_folios()",                      \
	  "a scan of the classic lists passes over a bounded number of pages of other zones")                                  \
	X(FREE_IN_ORDER, "free-in-order", MM_SINCE(6, 9), MM_ALWAYS, \
	  "mm/vmscan.c: shrink_folio_list(), free_unref_folios()",   \
	  "reclaimed pages are freed first one first")                                                                         \
	X(COST_ROTATED, "cost-rotated", MM_SINCE(6, 2), MM_ALWAYS, \
	  "mm/swap.c: lru_note_cost()",                                \
	  "rotated pages cost little against pages written")                                                                   \
	X(COST_COUNTED, "cost-counted", MM_SINCE(7, 3), MM_ALWAYS, \
	  "mm/vmscan.c: prepare_scan_control()",                       \
	  "costs of the LRU lists are read off the counters of rotations and refaults")                                        \
	/* multi-generational LRU */                                                                                           \
	X(GEN_NODE, "gen-node", MM_SINCE(6, 3), MM_ALWAYS, \
	  "mm/vmscan.c: lru_gen_shrink_node(), set_initial_priority()",        \
	  "generations of a node are shrunk in one go, from a priority by its size")                                           \
	X(GEN_PRIORITY_ALL, "gen-priority-all", MM_SINCE(6, 6), MM_ALWAYS, \
	  "mm/vmscan.c: set_initial_priority()",               \
	  "that size is of all generations, not of one")                                                                       \
	X(GEN_PRIORITY_FLOOR, "gen-priority-floor", MM_SINCE(6, 11), MM_ALWAYS, \
	  "mm/vmscan.c: set_initial_priority()",          \
	  "that priority is at least half of the default")                                                                     \
	X(GEN_MAY_WRITE, "gen-may-write", MM_SINCE(6, 3), MM_ALWAYS, \
	  "mm/vmscan.c: isolate_folio()",                            \
	  "dirty pages are isolated whether or not the round may write")                                                       \
	X(GEN_NO_SWAP, "gen-no-swap", MM_SINCE(6, 3), MM_ALWAYS, \
	  "mm/vmscan.c: get_swappiness()",                               \
	  "rounds that may not swap leave anonymous pages alone")                                                              \
	X(GEN_NO_IO, "gen-no-io", MM_SINCE(6, 9), MM_ALWAYS, \
	  "mm/vmscan.c: isolate_folios()",                                   \
	  "requests without I/O take file pages")                                                                              \
	X(GEN_ABORT_HIGH, "gen-abort-high", MM_SINCE(6, 8), MM_ALWAYS, \
	  "mm/vmscan.c: should_abort_scan()",                      \
	  "a scan ends when all zones are above high by a batch")                                                              \
	X(GEN_REFS, "gen-refs", MM_SINCE(6, 14), MM_ALWAYS, \
	  "mm/vmscan.c: folio_update_gen(), mm/workingset.c: lru_gen_refault()", \
	  "uses are counted anew: the working set is a tier, aging starts earlier, refaults are remembered longer")            \
	X(GEN_SCAN_ASKED, "gen-scan-asked", MM_SINCE(6, 17), MM_ALWAYS, \
	  "mm/vmscan.c: scan_folios()",                           \
	  "a scan looks at as many pages as were asked for, not at a whole batch")                                             \
	X(GEN_ISOLATE_DIRTY, "gen-isolate-dirty", MM_SINCE(7, 2), MM_ALWAYS, \
	  "mm/vmscan.c: sort_folio(), isolate_folio()",      \
	  "dirty pages are isolated like others instead of sorted into the next generation")                                   \
	X(GEN_SCAN_LOOP, "gen-scan-loop", MM_SINCE(7, 2), MM_ALWAYS, \
	  "mm/vmscan.c: try_to_shrink_lruvec(), evict_folios()",     \
	  "how much to scan is fixed once, in batches, and aging is decided between them")

/** What stable series took over: fact, series, and its release from which on the fact holds there. */
#define MM_FACT_STABLE_LIST(X)                                                                                                 \
	X(CLAIM_STEAL, 6, 12, 29)                                                                                              \
	X(CLAIM_STEAL, 6, 14, 7)                                                                                               \
	X(THISNODE_FAILS, 5, 10, 252)                                                                                          \
	X(THISNODE_FAILS, 5, 15, 202)                                                                                          \
	X(THISNODE_FAILS, 6, 1, 165)                                                                                           \
	X(THISNODE_FAILS, 6, 6, 128)                                                                                           \
	X(THISNODE_FAILS, 6, 12, 75)                                                                                           \
	X(THISNODE_FAILS, 6, 18, 16)                                                                                           \
	X(THISNODE_FAILS, 6, 19, 6)                                                                                            \
	X(RECLAIMABLE_FREE, 5, 15, 176)                                                                                        \
	X(RECLAIMABLE_FREE, 6, 1, 124)                                                                                         \
	X(RECLAIMABLE_FREE, 6, 6, 70)                                                                                          \
	X(RECLAIMABLE_FREE, 6, 12, 9)                                                                                          \
	X(GEN_ABORT_HIGH, 6, 6, 9)                                                                                             \
	X(GEN_ABORT_HIGH, 6, 7, 1)

enum mm_fact {
#define X(id, key, since, until, where, text) MM_FACT_##id,
	MM_FACT_LIST(X)
#undef X
	MM_FACT_COUNT
};

/** A set of facts; small enough to go by value. */
struct mm_facts {
	uint64_t word[2];
};

_Static_assert(MM_FACT_COUNT <= 128, "struct mm_facts has a bit for each fact");

static inline bool mm_facts_has(struct mm_facts f, enum mm_fact x)
{
	return f.word[x >> 6] >> (x & 63) & 1;
}

/** mm_has() - does fact @KEY hold?  mm_has(policy->facts, PROMOTE) */
#define mm_has(facts, KEY) mm_facts_has((facts), MM_FACT_##KEY)

/** The facts of a release; of one beyond MM_NEWEST_RELEASE those of that. */
struct mm_facts mm_facts_of(uint32_t release);
/** Adds fact @x to the set, or takes it out. */
void mm_facts_set(struct mm_facts *f, enum mm_fact x, bool on);
bool mm_facts_equal(struct mm_facts a, struct mm_facts b);

/** Key, function and one line of text of a fact; static text. */
const char *mm_fact_key(enum mm_fact x);
const char *mm_fact_where(enum mm_fact x);
const char *mm_fact_text(enum mm_fact x);
/** Does @x hold since mainline's @ret_since, and until the first release without, MM_ALWAYS when it still holds. */
void mm_fact_dates(enum mm_fact x, uint32_t *ret_since, uint32_t *ret_until);
/** The fact with key [@s, +@n), MM_FACT_COUNT when there is none. */
enum mm_fact mm_fact_find(const char *s, size_t n);

/** The stable series that took over @x: the release from which on it holds there.  Return: how many, at most @room filled in */
unsigned int mm_fact_stable(enum mm_fact x, uint32_t *ret, unsigned int room);

/**
 * mm_release_read() - a kernel's release as uname prints it: "6.12.107+deb13-amd64", "7.3.0-rc7"
 *
 * A distribution's build number behind a third number of 0 ("6.1.0-50-amd64") hides which stable release it is: the
 * newest is meant.  A release of two numbers ("7.3-amd64") is a build of a candidate, the last one.
 * Return: 0 when it is none
 */
uint32_t mm_release_read(const char *s);

/**
 * mm_release_parse() - [@s, +@n) as a policy writes it: "6.12" (its newest stable release), "6.12.29", "7.3-rc" (the last
 * candidate), "7.3-rc2"
 * Return: 0 when it is none
 */
uint32_t mm_release_parse(const char *s, size_t n);

/** "6.12.29", "7.3-rc2", "7.3" for the newest of a series; what mm_release_parse() reads.  Returns bytes without the NUL. */
size_t mm_release_print(uint32_t release, char *buf, size_t size);

/** The shortest name that stands for the same facts: "6.12" for 6.12.107. */
size_t mm_release_name(uint32_t release, char *buf, size_t size);

/**
 * mm_release_series() - the releases that policies name, oldest first: the newest of each series, and before it its last
 * candidate where that has other facts and is the newest series
 * Return: how many, at most @room filled in
 */
unsigned int mm_release_series(uint32_t *ret, unsigned int room);
/** Is @release of a series that there was, within those that facts are known of? */
bool mm_release_known(uint32_t release);

/** Release of the captured kernel; MM_NEWEST_RELEASE when nothing tells. */
uint32_t mm_release_of(const struct sg_capture *cap);

#endif
