// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which free lists are complete: the model has every block that the kernel has on them.  An empty list is empty in
 * the kernel only if it is complete.  All lists are after a snapshot that covers the whole zone.  Without one, a list
 * becomes complete when an event shows that it was empty, and stays so until blocks that nobody knows may come onto it.
 */
#include "machine/state.h"

/* Bits of the orders [@from, @to). */
static uint16_t orders(unsigned int from, unsigned int to)
{
	return (uint16_t)(from < to ? (1u << to) - (1u << from) : 0);
}

/** All free pages of the zone are known now if none is unknown, and on which list, if the snapshot has @types. */
void mm_complete_seed(struct zone_state *z, bool types)
{
	for (unsigned int t = 0; t < MM_NR_MT; t++) {
		z->complete[t] = z->nr_pages[PS_UNKNOWN] ? 0 : mm_all_orders(z);
		for (unsigned int o = 0; !types && o < z->nr_orders; o++)
			if (z->list[o][MM_MT_ROW_UNKNOWN].nr_unplaced)
				mm_complete_lose(z, o, o + 1, t);
	}
}

/** Are all lists of orders [@from, @to) of @mt complete? */
bool mm_complete_all(const struct zone_state *z, unsigned int from, unsigned int to, unsigned int mt)
{
	return (z->complete[mt] | orders(from, to)) == z->complete[mt];
}

/** Blocks that the model doesn't know may be on the lists of orders [@from, @to) of @mt. */
void mm_complete_lose(struct zone_state *z, unsigned int from, unsigned int to, unsigned int mt)
{
	if (mt < MM_NR_MT)
		z->complete[mt] &= (uint16_t)~orders(from, to);
}

bool mm_complete_list(const struct zone_state *z, unsigned int order, unsigned int mt)
{
	return mt < MM_NR_MT && z->complete[mt] >> order & 1;
}

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
