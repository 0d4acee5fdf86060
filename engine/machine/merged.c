// SPDX-License-Identifier: GPL-2.0-only
/* May a free block be part of a larger one in the kernel, or stand behind blocks that the model doesn't know? */
#include "machine/state.h"

/*
 * May all of a block be free in the kernel?  Not when a page of it is known to be in use.  After a gap in the records what was
 * in use before is still believed to be, but may have been freed unseen.
 */
static bool all_maybe_free(const struct mm_machine *m, uint64_t pfn, unsigned int order, bool *ret_unknown)
{
	bool unknown = false;

	for (uint64_t p = pfn; p < pfn + (1ull << order);) {
		struct page_ent e = mm_ent(m, p);
		unsigned int s = ent_state(&e);
		bool free = s == PS_FREE || s == PS_FREET;

		if (!free && s != PS_UNKNOWN && !(m->core.seed_lost && s == PS_ALLOC && (e.st & PE_SNAP)))
			return false;
		unknown |= !free;
		p += s == PS_FREE ? 1ull << ent_order(&e) : 1;
	}
	*ret_unknown = unknown;
	return true;
}

void mm_complete_over(struct mm_machine *m, struct zone_state *z, unsigned int from, unsigned int to, unsigned int mt,
		      uint64_t pfn)
{
	mm_complete_lose(z, from, to, mt);
	for (unsigned int o = from; mt < MM_NR_PCPTYPES && o < to; o++) {
		z->over[o][mt].before = z->over[o][mt].at;
		z->over[o][mt].at = (uint32_t)m->core.position;
		z->over[o][mt].pfn = pfn < MM_NIL ? (uint32_t)(pfn >> o << o) : MM_NIL;
	}
}

bool mm_complete_behind(const struct mm_machine *m, const struct zone_state *z, uint64_t pfn, unsigned int order,
			unsigned int mt)
{
	struct page_ent e;
	bool unknown;

	if (mm_complete_list(z, order, mt))
		return false;
	e = mm_ent(m, pfn);
	if (e.x & PE_X_BEHIND)
		return true;
	if (mt >= MM_NR_PCPTYPES || e.since > z->over[order][mt].at)
		return false;
	/* a page of it was in use after all? */
	return e.since <= z->over[order][mt].before || z->over[order][mt].pfn == MM_NIL ||
	       all_maybe_free(m, z->over[order][mt].pfn, order, &unknown);
}

bool mm_maybe_merged(const struct mm_machine *m, const struct zone_state *z, uint64_t pfn, unsigned int order,
		     unsigned int mt)
{
	uint64_t buddy = pfn ^ (1ull << order);
	bool unknown;

	if (order >= m->nr_orders - 1 || mm_complete_list(z, order, mt) || buddy < z->start || buddy >= z->end)
		return false;
	return all_maybe_free(m, buddy, order, &unknown) && unknown;
}

unsigned int mm_merge_most(const struct mm_machine *m, const struct zone_state *z, uint64_t pfn, unsigned int order,
			   unsigned int mt)
{
	if (!mm_maybe_merged(m, z, pfn, order, mt))
		return order;
	for (order++; order < m->nr_orders - 1; order++) {
		uint64_t buddy;
		bool unknown;

		pfn &= ~((1ull << order) - 1);
		buddy = pfn ^ (1ull << order);
		if (buddy < z->start || buddy >= z->end || !all_maybe_free(m, buddy, order, &unknown))
			break;
	}
	return order;
}
