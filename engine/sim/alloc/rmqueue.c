// SPDX-License-Identifier: GPL-2.0-only
/*
 * Taking a page from the buddy lists: own lists, CMA, claim, steal; what a bulk remembers; boosts.
 * Which block it is, the rules of rules/rmqueue.c say; here it is done.
 */
#include "sim/alloc/alloc.h"
#include "sim/emit.h"
#include "sim/hooks.h"

/*
 * One more claim was tried.
 * Source: mm/page_alloc.c: boost_watermark() in try_to_claim_block() (6.12 to 7.3) and steal_suitable_fallback() (6.1)
 */
static void boost_watermark(struct mm_sim *s, struct zone_state *z, unsigned int alloc_flags)
{
	struct sim_zone *sz = &s->alloc->zone[z - s->m->core.zone];
	struct mm_wmark_zone w = { .managed = (int64_t)z->managed, .high = (int64_t)z->wmark_high };
	int64_t factor = mm_sim_tune(s, MM_TUNE_WATERMARK_BOOST_FACTOR);
	int64_t block = INT64_C(1) << s->m->pb_order, boost = mm_wmark_boost(&w, sz->boost, factor, block);

	if (mm_sim_asks(s, MM_HOOK_BOOST))
		boost = mm_sim_ask_boost(s, (unsigned int)(z - s->m->core.zone), w.high, sz->boost, boost);
	if (mm_wmark_may_boost(&w, factor, block) && (alloc_flags & MM_ALLOC_KSWAPD))
		sz->boosted = true;
	if (mm_sim_listens(s) && boost != sz->boost)
		mm_sim_decide_boost(s, z, sz->boost, boost);
	sz->boost = boost;
}

/* All pageblocks of a block change their type. Source: mm/page_alloc.c: change_pageblock_range(), 6.1 to 7.3 */
void mm_sim_block_types(struct mm_sim *s, struct zone_state *z, uint64_t pfn, unsigned int order, unsigned int mt)
{
	uint64_t end = pfn + (1ull << order);

	for (; pfn < end; pfn += 1ull << s->m->pb_order)
		mm_block_type(s->m, z, pfn, mt, SG_MAX_MIGRATETYPES, false);
}

/** __rmqueue_smallest(): UINT64_MAX when the lists of @mt have nothing. */
uint64_t mm_sim_rmqueue_smallest(struct mm_sim *s, struct zone_state *z, unsigned int order, unsigned int mt)
{
	struct mm_pick p;

	if (mt >= SG_MAX_MIGRATETYPES)
		return UINT64_MAX; /* this kernel has no such type */
	p = mm_rule_smallest(s->m, z, order, mt);
	if (p.known == MM_KNOWN_NO)
		return UINT64_MAX;
	if (mm_sim_asks(s, MM_HOOK_PICK))
		mm_sim_ask_pick(s, z, order, &p);
	mm_buddy_take(s->m, z, p.pfn, order, mt, mt);
	mm_sim_emit_locked(s, p.pfn, order, mt);
	if (mm_sim_listens(s))
		mm_sim_decide_pick(s, z, &p, order);
	return p.pfn;
}

/* 6.10 and later: a claim gives the request its page, a steal takes one and leaves the rest as it was. */
static uint64_t fallback_new(struct mm_sim *s, struct zone_state *z, const struct mm_pick *p, unsigned int order,
			     unsigned int mt)
{
	if (!p->claim) {
		mm_buddy_take(s->m, z, p->pfn, order, p->mt, p->mt);
		return p->pfn;
	}
	if (p->order >= s->m->pb_order) {
		mm_sim_block_types(s, z, p->pfn, p->order, mt);
		mm_buddy_take(s->m, z, p->pfn, order, p->mt, mt);
		return p->pfn;
	}
	mm_block_move(s->m, z, p->pfn, p->mt, mt);
	mm_block_type(s->m, z, p->pfn, mt, p->mt, false);
	return mm_sim_rmqueue_smallest(s, z, order, mt);
}

/* The free block at @pfn goes to the tail of another list. Source: mm/page_alloc.c: move_to_free_list() */
void mm_sim_move_to_list(struct mm_sim *s, struct zone_state *z, uint64_t pfn, unsigned int mt)
{
	mm_list_move(s->m, z, pfn, SG_MAX_MIGRATETYPES, mt);
}

static void move_range(struct mm_sim *s, struct zone_state *z, uint64_t pfn, uint64_t end, unsigned int mt)
{
	while (pfn < end) {
		struct page_ent e = mm_ent(s->m, pfn);

		if (ent_state(&e) != PS_FREE) {
			pfn++;
			continue;
		}
		mm_sim_move_to_list(s, z, pfn, mt);
		pfn += 1ull << ent_order(&e);
	}
}

/*
 * 6.1: free pages change lists first, then the own lists are tried again.  The rest of a stolen block stays
 * on the lists of the type that asked.  Source: mm/page_alloc.c: steal_suitable_fallback(), v6.1
 */
static uint64_t fallback_6_1(struct mm_sim *s, struct zone_state *z, const struct mm_pick *p, unsigned int order,
			     unsigned int mt)
{
	uint64_t first = p->pfn >> s->m->pb_order << s->m->pb_order, end = first + (1ull << s->m->pb_order);
	bool reserved = (int)mm_blk(s->m, p->pfn >> s->m->pb_order).mt == s->cap.mt_highatomic;

	if (p->order >= s->m->pb_order && !reserved) {
		mm_sim_block_types(s, z, p->pfn, p->order, mt);
	} else if (p->whole && !reserved && end <= z->end) {
		if (first >= z->start)
			mm_block_move(s->m, z, p->pfn, p->mt, mt);
		else /* the first pageblock of a zone that begins inside it: from the block found on */
			move_range(s, z, p->pfn, end, mt);
		if (p->claim)
			mm_block_type(s->m, z, p->pfn, mt, p->mt, false);
		mm_sim_emit_extfrag(s, p->pfn, order, p->order, mt, p->mt);
		return mm_sim_rmqueue_smallest(s, z, order, mt);
	}
	mm_sim_move_to_list(s, z, p->pfn, mt);
	mm_sim_emit_extfrag(s, p->pfn, order, p->order, mt, p->mt);
	return mm_sim_rmqueue_smallest(s, z, order, mt);
}

/* Claim, or when that yields nothing steal. */
static uint64_t fallback(struct mm_sim *s, struct zone_state *z, unsigned int order, unsigned int mt,
			 unsigned int alloc_flags, enum sim_rmqueue_mode *mode)
{
	unsigned int flags = MM_FALLBACK_DECIDE | (alloc_flags & MM_ALLOC_NOFRAGMENT ? MM_FALLBACK_NOFRAGMENT : 0) |
			     (*mode == SIM_RMQUEUE_STEAL ? MM_FALLBACK_STEAL_ONLY : 0);
	struct sim_claimer claimer = { s, (unsigned int)(z - s->m->core.zone), order, mt };
	struct mm_claim_tries tries = { .claim = mm_sim_asks(s, MM_HOOK_CLAIM) ? mm_sim_ask_claim : NULL, .arg = &claimer };
	struct mm_pick p = mm_rule_fallback_find(s->m, z, s->policy.facts, order, mt, flags, &tries);
	uint64_t pfn = UINT64_MAX;

	if (mm_sim_asks(s, MM_HOOK_FALLBACK))
		mm_sim_ask_fallback(s, z, order, mt, flags, &p, &tries);
	for (unsigned int i = 0; i < tries.nr; i++)
		boost_watermark(s, z, alloc_flags);
	if (p.known == MM_KNOWN_YES)
		pfn = !mm_has(s->policy.facts, HYGIENE) ? fallback_6_1(s, z, &p, order, mt) :
							    fallback_new(s, z, &p, order, mt);
	if (mm_has(s->policy.facts, HYGIENE) && pfn != UINT64_MAX)
		mm_sim_emit_extfrag(s, pfn, order, p.order, mt, p.mt);
	if (mm_sim_listens(s))
		mm_sim_decide_fallback(s, z, order, mt, alloc_flags, &p, &tries, pfn);
	if (pfn == UINT64_MAX)
		return pfn;
	s->stat[MM_SIM_EXTFRAG]++;
	s->stat[MM_SIM_EXTFRAG_CLAIM] += p.claim;
	if (mm_has(s->policy.facts, CLAIM_STEAL))
		*mode = p.claim ? SIM_RMQUEUE_NORMAL : SIM_RMQUEUE_STEAL;
	return pfn;
}

static int64_t free_cma(const struct mm_sim *s, const struct zone_state *z)
{
	int64_t n = 0;

	for (unsigned int o = 0; o < z->nr_orders; o++)
		n += (int64_t)z->list[o][s->cap.mt_cma].nr_linked << o;
	return n;
}

/**
 * mm_sim_rmqueue_list() - take a block of @order for a request of type @mt
 * @mode: what this bulk has learned so far; starts as SIM_RMQUEUE_NORMAL
 * Return: pfn, its pages in a free state but on no list; UINT64_MAX
 * Source: mm/page_alloc.c: __rmqueue(), enum rmqueue_mode, 6.12 (stable) to 7.3; 6.1 remembers nothing
 */
uint64_t mm_sim_rmqueue_list(struct mm_sim *s, struct zone_state *z, unsigned int order, unsigned int mt,
			     unsigned int alloc_flags, enum sim_rmqueue_mode *mode)
{
	bool cma = (alloc_flags & MM_ALLOC_CMA) && s->cap.mt_cma >= 0 && z->type_blocks[s->cap.mt_cma];
	uint64_t pfn;

	/* CMA pageblocks first when more than half of what is free lies there */
	if (cma && free_cma(s, z) > mm_sim_zone_free(z) / 2) {
		pfn = mm_sim_rmqueue_smallest(s, z, order, (unsigned int)s->cap.mt_cma);
		if (pfn != UINT64_MAX)
			return pfn;
	}
	if (*mode == SIM_RMQUEUE_NORMAL) {
		pfn = mm_sim_rmqueue_smallest(s, z, order, mt);
		if (pfn != UINT64_MAX)
			return pfn;
	}
	if (cma && *mode <= SIM_RMQUEUE_CMA) {
		pfn = mm_sim_rmqueue_smallest(s, z, order, (unsigned int)s->cap.mt_cma);
		if (pfn != UINT64_MAX) {
			if (mm_has(s->policy.facts, CLAIM_STEAL))
				*mode = SIM_RMQUEUE_CMA;
			return pfn;
		}
	}
	return fallback(s, z, order, mt, alloc_flags, mode);
}

/**
 * mm_sim_rmqueue_buddy() - past the per-cpu lists
 * Source: mm/page_alloc.c: rmqueue_buddy(), 6.1 to 7.3
 */
uint64_t mm_sim_rmqueue_buddy(struct mm_sim *s, struct zone_state *z, unsigned int order, unsigned int mt,
			      unsigned int alloc_flags)
{
	unsigned int high = s->cap.mt_highatomic >= 0 ? (unsigned int)s->cap.mt_highatomic : SG_MAX_MIGRATETYPES;
	enum sim_rmqueue_mode mode = SIM_RMQUEUE_NORMAL;
	uint64_t pfn = UINT64_MAX;

	if (alloc_flags & MM_ALLOC_HIGHATOMIC)
		pfn = mm_sim_rmqueue_smallest(s, z, order, high);
	if (pfn == UINT64_MAX)
		pfn = mm_sim_rmqueue_list(s, z, order, mt, alloc_flags, &mode);
	/* failing now is worse than failing an atomic request of high order later */
	if (pfn == UINT64_MAX && (alloc_flags & (MM_ALLOC_OOM | MM_ALLOC_NON_BLOCK)))
		pfn = mm_sim_rmqueue_smallest(s, z, order, high);
	return pfn;
}
