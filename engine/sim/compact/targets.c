// SPDX-License-Identifier: GPL-2.0-only
/* The blocks that a run has taken as targets, by order. */
#include "sim/compact/compact.h"

/** Puts the block at @pfn on the run's list of its order; 6.1 has one list for all. */
void mm_sim_targets_push(struct mm_sim *s, struct sim_cc *cc, uint64_t pfn, unsigned int order, bool front)
{
	unsigned int list = !mm_has(cc->who.facts, FOLIO_TARGETS) ? 0 : order;
	struct page_ent *e = mm_ent_own(s->m, pfn);

	e->om = (uint8_t)((e->om & 0xf0) | order);
	e->a = MM_NIL;
	if (cc->free_first[list] == MM_NIL) {
		cc->free_first[list] = cc->free_last[list] = (uint32_t)pfn;
	} else if (front) {
		e->a = cc->free_first[list];
		cc->free_first[list] = (uint32_t)pfn;
	} else {
		mm_ent_own(s->m, cc->free_last[list])->a = (uint32_t)pfn;
		cc->free_last[list] = (uint32_t)pfn;
	}
}

/* ---- targets ------------------------------------------------------------------- */

/** Takes the first block of one of the run's lists, MM_NIL when it is empty. */
uint32_t mm_sim_targets_pop(struct mm_sim *s, struct sim_cc *cc, unsigned int list)
{
	uint32_t pfn = cc->free_first[list];

	if (pfn != MM_NIL) {
		struct page_ent e = mm_ent(s->m, pfn);

		cc->free_first[list] = e.a;
		if (e.a == MM_NIL)
			cc->free_last[list] = MM_NIL;
	}
	return pfn;
}

/** All pages of the block are of @order. */
void mm_sim_targets_order(struct mm_sim *s, uint64_t pfn, unsigned int order)
{
	for (uint64_t p = pfn; p < pfn + (UINT64_C(1) << order); p++) {
		struct page_ent *e = mm_ent_own(s->m, p);

		e->om = (uint8_t)((e->om & 0xf0) | order);
	}
}

/**
 * mm_sim_targets_split() - 6.1: the blocks just taken become single pages, the last one comes first
 * Source: mm/compaction.c: split_map_pages(), v6.1
 */
void mm_sim_targets_split(struct mm_sim *s, struct sim_cc *cc)
{
	uint32_t p = cc->free_first[0];

	cc->free_first[0] = cc->free_last[0] = MM_NIL;
	while (p != MM_NIL) {
		struct page_ent e = mm_ent(s->m, p);
		uint64_t end = p + (UINT64_C(1) << ent_order(&e));

		mm_sim_targets_order(s, p, 0);
		for (uint64_t q = p; q < end; q++) {
			mm_sim_targets_order(s, q, 0);
			mm_sim_targets_push(s, cc, q, 0, true);
		}
		p = e.a;
	}
}
