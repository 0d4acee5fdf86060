// SPDX-License-Identifier: GPL-2.0-only
/* Folios as compaction sees them. */
#include "sim/compact/compact.h"
#include "sim/reclaim/lru.h"

/** Order of the compound page that begins at @pfn, 0 when none does; @e: its entry. */
unsigned int mm_sim_folio_order_at(const struct mm_sim *s, uint64_t pfn, const struct page_ent *e)
{
	unsigned int order = ent_order(e);

	if (ent_state(e) != PS_ALLOC || order == 0 || order >= s->m->nr_orders || (pfn & ((UINT64_C(1) << order) - 1)))
		return 0;
	if (e->x < s->m->core.nr_gfp && !(s->m->gfp[e->x] & MM_GFP_COMP) && !(e->st & PE_LRU))
		return 0; /* pages that only happened to be allocated together */
	return order;
}

/** First page of the compound page that @pfn lies in, itself when in none; @e: its entry. */
uint64_t mm_sim_folio_head(const struct mm_sim *s, uint64_t pfn, const struct page_ent *e)
{
	uint64_t head = ent_order(e) < s->m->nr_orders ? pfn >> ent_order(e) << ent_order(e) : pfn;
	struct page_ent h = mm_ent(s->m, head);

	return mm_sim_folio_order_at(s, head, &h) ? head : pfn;
}

/**
 * mm_sim_page_single() - the page at @pfn, on no LRU, is on its own from now on: of its block others were given back
 * Source: mm/page_alloc.c: split_page(), 6.1 to 7.3
 */
void mm_sim_page_single(struct mm_sim *s, uint64_t pfn)
{
	struct page_ent as = mm_ent(s->m, pfn);

	if (ent_state(&as) != PS_ALLOC)
		return;
	as.om &= 0xf0;
	mm_set_state(s->m, mm_zone_at(s->m, pfn), pfn, 1, PS_ALLOC, &as);
}

/**
 * mm_sim_folio_split() - the folio at @pfn, which is on the LRU, becomes single pages, each on the LRU in its place
 * They are the newest of their list.  Source: mm/huge_memory.c: split_folio_to_list(), 6.1 to 7.3
 */
void mm_sim_folio_split(struct mm_sim *s, uint64_t pfn)
{
	struct zone_state *z = mm_zone_at(s->m, pfn);
	struct lru_ent whole;
	unsigned int order;
	uint64_t nr;

	mm_lru_del(s, pfn);
	whole = mm_sim_lru_ent(s, pfn);
	order = whole.order;
	nr = UINT64_C(1) << order;
	whole.order = 0;
	whole.next = whole.prev = MM_NIL;
	whole.list = 0;
	for (uint64_t i = 0; i < nr; i++) {
		struct page_ent as = mm_ent(s->m, pfn + i);

		as.om &= 0xf0;
		mm_set_state(s->m, z, pfn + i, 1, PS_ALLOC, &as);
	}
	for (uint64_t i = nr; i-- > 0;) {
		*mm_lru_at(s, pfn + i) = whole;
		mm_lru_add(s, pfn + i, false);
	}
	mm_sim_split_told(s, pfn, order);
}

void mm_sim_split_hook(struct mm_sim *s, mm_sim_split_fn fn, void *arg)
{
	s->compact->split = fn;
	s->compact->split_arg = arg;
}

/** The folio at @pfn is single pages by now. */
void mm_sim_split_told(struct mm_sim *s, uint64_t pfn, unsigned int order)
{
	if (s->compact->split)
		s->compact->split(s->compact->split_arg, pfn, order);
}
