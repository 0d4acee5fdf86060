// SPDX-License-Identifier: GPL-2.0-only
/* One walk over the zonelist: which zone may give a page, and does it? */
#include "sim/alloc/alloc.h"
#include "sim/hooks.h"

/* Is a block of at least @order on an ordinary list? */
static bool has_block(const struct zone_state *z, unsigned int order)
{
	for (unsigned int o = order; o < z->nr_orders; o++)
		for (unsigned int t = 0; t < MM_NR_PCPTYPES; t++)
			if (z->list[o][t].nr_linked | z->list[o][t].nr_unplaced)
				return true;
	return false;
}

/* The quick answer for zones with plenty of memory; false says nothing. */
static bool plenty(const struct mm_sim *s, unsigned int zi, const struct mm_request *rq, int64_t mark)
{
	const struct zone_state *z = &s->m->core.zone[zi];
	int64_t unusable = (INT64_C(1) << rq->order) - 1;

	return mm_sim_zone_free(z) - unusable > mark + s->alloc->zone[zi].reserve[rq->zone_type] && mm_sim_plain(s, z) &&
	       (rq->order == 0 || has_block(z, rq->order));
}

/**
 * mm_sim_wmark_fast() - may the request take from the zone and leave @mark?
 * Source: mm/page_alloc.c: zone_watermark_fast(), 6.1 to 7.3
 * @mark: with the boost
 */
bool mm_sim_wmark_fast(const struct mm_sim *s, unsigned int zi, const struct mm_request *rq, int64_t mark,
		       unsigned int alloc_flags)
{
	struct mm_wmark_zone w;
	bool atomic = alloc_flags & MM_ALLOC_MIN_RESERVE;

	if (!mm_unlikely(s->hooks) && plenty(s, zi, rq, mark))
		return true;
	mm_sim_wmark(s, zi, &w);
	if (mm_wmark_ok(&w, rq->order, mark, rq->zone_type, alloc_flags, w.free))
		return true;
	/* a boost doesn't count for order 0 below min; 6.1 wants __GFP_ATOMIC, which is what can't wait either */
	if (!mm_has(s->policy.facts, BOOST_HIGH))
		atomic = atomic && (alloc_flags & MM_ALLOC_NON_BLOCK);
	return rq->order == 0 && atomic && w.boost && (alloc_flags & MM_ALLOC_WMARK_MASK) == MM_ALLOC_WMARK_MIN &&
	       mm_wmark_ok(&w, 0, w.min, rq->zone_type, alloc_flags, w.free);
}

static int64_t mark_of(const struct mm_sim *s, unsigned int zi, unsigned int which)
{
	const struct zone_state *z = &s->m->core.zone[zi];
	uint64_t m = which == MM_ALLOC_WMARK_HIGH ? z->wmark_high :
		     which == MM_ALLOC_WMARK_LOW  ? z->wmark_low : z->wmark_min;

	if (mm_sim_asks(s, MM_HOOK_WATERMARK)) {
		struct mm_wmark_zone w;

		mm_sim_wmark(s, zi, &w);
		m = (uint64_t)(which == MM_ALLOC_WMARK_HIGH ? w.high : which == MM_ALLOC_WMARK_LOW ? w.low : w.min);
	}
	return (int64_t)m + s->alloc->zone[zi].boost;
}

/* May the request take from this zone? Source: mm/page_alloc.c: get_page_from_freelist(), its checks */
static bool may_take(struct mm_sim *s, const struct sim_ask *ask, unsigned int zi, unsigned int alloc_flags)
{
	struct sim_zone *sz = &s->alloc->zone[zi];
	unsigned int which = alloc_flags & MM_ALLOC_WMARK_MASK;

	/* below high, per-cpu lists shrink: noticed here, since 6.7 */
	if (mm_has(s->policy.facts, BELOW_HIGH) && !sz->below_high) {
		if (mm_sim_wmark_fast(s, zi, ask->rq, mark_of(s, zi, MM_ALLOC_WMARK_HIGH), alloc_flags))
			return true;
		sz->below_high = true;
	}
	if (mm_sim_wmark_fast(s, zi, ask->rq, mark_of(s, zi, which), alloc_flags) ||
	    (alloc_flags & MM_ALLOC_NO_WATERMARKS))
		return true;
	if (mm_sim_listens(s))
		mm_sim_decide_refused(s, ask, zi, mark_of(s, zi, which), alloc_flags);
	return false;
}

/*
 * A page from this zone: per-cpu lists, then buddy lists.
 * Source: mm/page_alloc.c: rmqueue(), 6.1 to 7.3
 */
static uint64_t rmqueue(struct mm_sim *s, const struct sim_ask *ask, unsigned int zi, unsigned int alloc_flags)
{
	const struct mm_request *rq = ask->rq;
	struct sim_zone *sz = &s->alloc->zone[zi];
	struct zone_state *z = mm_sim_zs(s, zi);
	struct mm_facts facts = s->policy.facts;
	uint64_t pfn = UINT64_MAX;
	bool buddy = false;
	/*
	 * The Movable lists may hold CMA pages, which this request may not have: 6.1 asks so here; later kernels
	 * have no Movable request without ALLOC_CMA.
	 */
	bool cma_risk = s->cap.mt_cma >= 0 && z->type_blocks[s->cap.mt_cma] && rq->mt == MM_MT_MOVABLE &&
			!(alloc_flags & MM_ALLOC_CMA);

	if (mm_sim_pcp_order(s, rq->order) && !cma_risk)
		pfn = mm_sim_pcp_alloc(s, zi, rq, alloc_flags);
	if (pfn == UINT64_MAX) {
		pfn = mm_sim_rmqueue_buddy(s, z, rq->order, rq->mt, alloc_flags);
		buddy = true;
		if (pfn != UINT64_MAX)
			mm_sim_hand_out(s, z, rq, pfn);
	}
	/* 7.3: reserves grow with requests that found memory short, and only with what came from the buddy lists */
	if (pfn != UINT64_MAX && (alloc_flags & MM_ALLOC_HIGHATOMIC) &&
	    (!mm_has(facts, HIGHATOMIC_BUDDY) || (buddy && (!mm_has(facts, HIGHATOMIC_MIN) ||
						(alloc_flags & MM_ALLOC_WMARK_MASK) == MM_ALLOC_WMARK_MIN))))
		mm_sim_reserve_highatomic(s, z, pfn, rq->order);
	if (sz->boosted && (!mm_has(facts, BOOST_WAKE) || (alloc_flags & MM_ALLOC_KSWAPD))) {
		sz->boosted = false;
		mm_sim_wake_kswapd_zone(s, zi, 0, 0, (unsigned int)z->zone_type);
	}
	return pfn;
}

/**
 * mm_sim_get_page() - walk the zonelist once (and again where the kernel starts over)
 * Return: true when the grant holds a page
 * Source: mm/page_alloc.c: get_page_from_freelist(): 6.7 and later notice zones below high; 6.18 and later
 * pass over nodes whose kswapd is awake as long as there are others
 */
bool mm_sim_get_page(struct mm_sim *s, struct sim_ask *ask, unsigned int alloc_flags)
{
	bool defrag = mm_has(s->policy.facts, DEFRAG) && mm_sim_tune(s, MM_TUNE_DEFRAG_MODE);
	bool many = s->alloc->nr_nodes > 1, skip_awake = mm_has(s->policy.facts, SKIP_AWAKE) && many;
	bool skipped = false, no_fallback;
	unsigned int i;

again:
	no_fallback = alloc_flags & MM_ALLOC_NOFRAGMENT;
	for (i = 0; i < ask->nr; i++) {
		unsigned int zi = ask->zone[i];
		const struct zone_state *z = mm_sim_zs(s, zi);
		uint64_t pfn;

		/* locality is worth more than blocks of one type */
		if (no_fallback && !defrag && many && z->node != mm_sim_zs(s, ask->zone[0])->node) {
			alloc_flags &= ~MM_ALLOC_NOFRAGMENT;
			goto again;
		}
		if (skip_awake && s->m->core.node[z->node].kswapd_awake) {
			skipped = true;
			continue;
		}
		if (!may_take(s, ask, zi, alloc_flags))
			continue;
		pfn = rmqueue(s, ask, zi, alloc_flags);
		if (pfn == UINT64_MAX)
			continue;
		ask->grant->outcome = MM_GOT_PAGE;
		ask->grant->pfn = pfn;
		ask->grant->zone = (uint8_t)zi;
		s->stat[MM_SIM_PGALLOC] += 1u << ask->rq->order;
		return true;
	}
	if (skip_awake && skipped) {
		skip_awake = false;
		goto again;
	}
	if (no_fallback && !defrag) {
		alloc_flags &= ~MM_ALLOC_NOFRAGMENT;
		goto again;
	}
	return false;
}
