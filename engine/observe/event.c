// SPDX-License-Identifier: GPL-2.0-only
/* What all events have in common: the zone they are of, pages that come off their lists, changes that are noted. */
#include "observe/observe.h"

struct zone_state *mm_event_zone(struct mm_machine *m, uint64_t pfn, uint64_t order)
{
	struct zone_state *z;

	if (order < m->nr_orders && pfn < MM_MAX_PFN && (pfn & ((1ull << order) - 1)) == 0) {
		z = mm_zone_at(m, pfn);
		if (!z && !m->map && m->core.nr_zones && m->core.zone[m->core.nr_zones - 1].deduced) {
			struct zone_state *last = &m->core.zone[m->core.nr_zones - 1];
			uint64_t end = ((pfn + (1ull << order) - 1) >> m->pb_order << m->pb_order) +
				       (1ull << m->pb_order);

			/* by one event to no more than twice its size: a wild pfn makes no large machine */
			if (pfn >= last->end && end / 2 <= last->end && end <= MM_MAX_PFN) {
				if (mm_cow_grow(&m->pages, end) < 0 ||
				    mm_cow_grow(&m->blocks, (end >> m->pb_order) + 1) < 0)
					mm_no_memory(m);
				last->nr_pages[PS_UNKNOWN] += end - last->end;
				last->end = end;
				mm_seed_stretch(m->seed, end);
				z = last;
			}
		}
		if (z && pfn + (1ull << order) <= z->end)
			return z;
	}
	mm_contra_add(m, MM_CONTRA_OUT_OF_RANGE);
	return NULL;
}

bool mm_event_mt_ok(struct mm_machine *m, uint64_t mt)
{
	if (mt < SG_MAX_MIGRATETYPES)
		return true;
	mm_contra_add(m, MM_CONTRA_OUT_OF_RANGE);
	return false;
}

uint64_t mm_event_detach(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int order)
{
	uint64_t freed = 0, end = pfn + (1ull << order);
	struct page_ent e = mm_ent(m, pfn);
	bool taken = ent_state(&e) == PS_FREE || ent_state(&e) == PS_FREET;

	if (taken)
		freed = mm_observed_take(m, z, pfn, order, SG_MAX_MIGRATETYPES,
				      ent_mt(&e) < SG_MAX_MIGRATETYPES ? ent_mt(&e) :
									 mm_blk(m, pfn >> m->pb_order).mt, false);
	else if (order > 0)
		freed = mm_buddy_remove_range(m, z, pfn, order);
	for (uint64_t p = pfn; p < end; p++) {
		if (p != pfn || taken)
			e = mm_ent(m, p);
		if (ent_state(&e) == PS_PCP) {
			uint64_t h = p & ~((1ull << ent_order(&e)) - 1);

			if (h != p)
				e = mm_ent(m, h);
			if (ent_state(&e) == PS_PCP && (e.st & PE_LINK))
				mm_pcp_del(m, z, h, &e);
		}
	}
	return freed;
}

void mm_event_changed(struct mm_machine *m, uint64_t pfn, unsigned int order, const struct page_ent *was,
		    unsigned int to)
{
	mm_change_add(m, pfn, 1ull << order, ent_state(was), to);
}

/* ---- the LRU ------------------------------------------------------------ */
