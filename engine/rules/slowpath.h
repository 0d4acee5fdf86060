/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Questions of the allocator's slow path whose answers follow from a few numbers.  The check of a trace and
 * the simulated run ask the same ones.
 */
#ifndef MM_RULES_SLOWPATH_H
#define MM_RULES_SLOWPATH_H

#include "rules/room.h"

#include "policy/gfp.h"
#include "policy/policy.h"

#define MM_MAX_RECLAIM_RETRIES 16 /* mm/page_alloc.c, 6.1 to 7.3 */
#define MM_MAX_COMPACT_RETRIES 16

/**
 * mm_slow_order() - the order that reclaim and compaction work for
 * @nofragment: the request may not fall back (defrag_mode)
 * 7.x: requests that aren't movable ask for a whole pageblock, which they can then claim.
 * Source: mm/page_alloc.c: __alloc_pages_direct_compact(), __alloc_pages_direct_reclaim(), 7.2;
 * alloc_context.reclaim_compact_order, 7.3
 */
unsigned int mm_slow_order(struct mm_facts facts, unsigned int order, unsigned int pageblock_order, bool movable,
			   bool nofragment);

/**
 * mm_slow_loops() - one more round of reclaim
 * @loops: rounds without progress, brought up to date
 * @promoted: 7.3.4: the order was raised, and what reclaim reports isn't progress for the request
 * Return: may it go on?
 * Source: mm/page_alloc.c: should_reclaim_retry(), its first part, 6.1 to 7.3
 */
bool mm_slow_loops(int *loops, bool progress, bool costly, bool promoted);

/**
 * mm_slow_thisnode_fails() - does a costly request that isn't to be retried (__GFP_NORETRY) fail after its first compaction
 * when it is bound to a node (__GFP_THISNODE), whatever that yielded?
 * Source: mm/page_alloc.c: __alloc_pages_slowpath(), 6.1 and 6.12; that 6.18 reclaims then, captures of it show
 */
bool mm_slow_thisnode_fails(struct mm_facts facts);

/** Result of a direct compaction as far as the allocator distinguishes. */
enum mm_compact_feedback { MM_FEEDBACK_SKIPPED, MM_FEEDBACK_DEFERRED, MM_FEEDBACK_WORKED, MM_FEEDBACK_SUCCESS };

/**
 * mm_slow_compact_more() - try compaction again after one that wasn't skipped?
 * @success: it made a block, which somebody else took
 * @prio:    0 full sync, 1 light sync, 2 async; lowered here
 * @retries: brought up to date
 * Source: mm/page_alloc.c: should_compact_retry(), 6.1 to 7.3
 */
bool mm_slow_compact_more(bool success, bool costly, int *prio, int *retries);

/**
 * mm_alloc_flags_fast() - what the first try may do
 * @gfp:   enum mm_gfp
 * @normal_over_dma32: the preferred zone is Normal and its node has a DMA32 zone (or is the only node)
 * Source: mm/page_alloc.c: prepare_alloc_pages(), alloc_flags_nofragment(), 6.1 to 7.3, and
 * alloc_flags_nonblocking() in the fast path, 7.3
 * Return: enum mm_alloc_flags
 */
unsigned int mm_alloc_flags_fast(struct mm_facts facts, uint32_t gfp, unsigned int order, bool movable,
				 bool defrag_mode, bool normal_over_dma32);

/** Source: mm/page_alloc.c: gfp_to_alloc_flags(), 6.1 to 7.2; alloc_flags_slowpath(), 7.3 */
unsigned int mm_alloc_flags_slow(struct mm_facts facts, uint32_t gfp, unsigned int order, bool movable, bool defrag_mode);

/**
 * mm_alloc_flags_reserve() - access to the reserves, 0 none
 * Source: mm/page_alloc.c: __gfp_pfmemalloc_flags(), 6.1 to 7.3
 */
unsigned int mm_alloc_flags_reserve(uint32_t gfp, bool oom_victim, bool in_interrupt);

#endif
