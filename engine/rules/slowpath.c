// SPDX-License-Identifier: GPL-2.0-only
/* Questions of the slow path; see the header. */
#include "rules/slowpath.h"

#include "rules/watermark.h"

unsigned int mm_slow_order(struct mm_facts facts, unsigned int order, unsigned int pageblock_order, bool movable,
			   bool nofragment)
{
	if (!mm_has(facts, PROMOTE) || !nofragment || movable)
		return order;
	return order > pageblock_order ? order : pageblock_order;
}

bool mm_slow_thisnode_fails(struct mm_facts facts)
{
	return mm_has(facts, THISNODE_FAILS);
}

bool mm_slow_loops(int *loops, bool progress, bool costly, bool promoted)
{
	if (progress && !costly && !promoted)
		*loops = 0;
	else
		++*loops;
	return *loops <= MM_MAX_RECLAIM_RETRIES;
}

bool mm_slow_compact_more(bool success, bool costly, int *prio, int *retries)
{
	/* costly orders don't go beyond light synchronous compaction, and a quarter of the tries */
	int max = costly ? MM_MAX_COMPACT_RETRIES / 4 : MM_MAX_COMPACT_RETRIES, min_prio = costly ? 1 : 0;

	if (success && ++*retries <= max)
		return true;
	if (*prio <= min_prio)
		return false;
	--*prio;
	*retries = 0;
	return true;
}

/* Requests that can't wait for reclaim. */
static unsigned int nonblocking(uint32_t gfp, unsigned int order)
{
	if (gfp & (MM_GFP_DIRECT_RECLAIM | MM_GFP_NOMEMALLOC))
		return 0;
	return MM_ALLOC_NON_BLOCK | (order > 0 && (gfp & MM_GFP_HIGH) ? MM_ALLOC_HIGHATOMIC : 0);
}

unsigned int mm_alloc_flags_fast(struct mm_facts facts, uint32_t gfp, unsigned int order, bool movable,
				 bool defrag_mode, bool normal_over_dma32)
{
	unsigned int flags = MM_ALLOC_WMARK_LOW;

	if (movable && (gfp & MM_GFP_CMA_OK))
		flags |= MM_ALLOC_CMA;
	if (gfp & MM_GFP_KSWAPD_RECLAIM)
		flags |= MM_ALLOC_KSWAPD;
	if ((defrag_mode && mm_has(facts, DEFRAG)) || normal_over_dma32)
		flags |= MM_ALLOC_NOFRAGMENT;
	if (mm_has(facts, HIGHATOMIC_FAST))
		flags |= nonblocking(gfp, order) & MM_ALLOC_HIGHATOMIC;
	return flags;
}

unsigned int mm_alloc_flags_slow(struct mm_facts facts, uint32_t gfp, unsigned int order, bool movable, bool defrag_mode)
{
	unsigned int flags = MM_ALLOC_WMARK_MIN | nonblocking(gfp, order);

	if (gfp & MM_GFP_HIGH)
		flags |= MM_ALLOC_MIN_RESERVE;
	if (gfp & MM_GFP_KSWAPD_RECLAIM)
		flags |= MM_ALLOC_KSWAPD;
	if (movable && (gfp & MM_GFP_CMA_OK))
		flags |= MM_ALLOC_CMA;
	if (defrag_mode && mm_has(facts, DEFRAG))
		flags |= MM_ALLOC_NOFRAGMENT;
	return flags;
}

unsigned int mm_alloc_flags_reserve(uint32_t gfp, bool oom_victim, bool in_interrupt)
{
	if (gfp & MM_GFP_NOMEMALLOC)
		return 0;
	if (gfp & MM_GFP_MEMALLOC)
		return MM_ALLOC_NO_WATERMARKS;
	return oom_victim && !in_interrupt ? MM_ALLOC_OOM : 0;
}
