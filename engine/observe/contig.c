// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages that were handed out as one block, split, and are freed one after the other: vfree().
 *
 * From 7.2 on the kernel prepares each page of such a row for itself, which writes its mm_page_free of order 0, and then gives
 * the row back in blocks as large as their place in memory allows, without another event.  So each page that comes joins
 * the block before it as soon as both make up a block of the next order.
 *
 * Source: mm/page_alloc.c: free_pages_bulk(), __free_contig_range_common(), free_prepared_contig_range(), 7.2 and 7.3;
 *         6.18 and earlier free each page for itself
 * Differs: two rows that lie beside each other and are freed right after one another count as one also where the kernel's
 * array of pages has others between them.
 */
#include "observe/observe.h"

bool mm_contig_was_split(const struct mm_machine *m, const struct sg_event *ev, const struct page_ent *e)
{
	if (!mm_has(m->facts, FREE_ROWS) || ev->v[SGF_mm_page_free_order] != 0 || (ev->common_flags & MM_IN_INTERRUPT) ||
	    ent_state(e) != PS_ALLOC || (e->st & PE_SNAP) || ent_order(e) == 0 || e->x >= m->core.nr_gfp)
		return false;
	/* a compound page is split as a folio, whose pages go to the LRU and are freed in batches */
	return m->cap->gfp.comp && !(m->gfp[e->x] & m->cap->gfp.comp);
}

/* Was the block of @order at @pfn put on the list of @cpu by the row of frees that goes on now? */
static bool of_row(const struct mm_machine *m, uint64_t pfn, unsigned int order, const struct zone_state *z, unsigned int cpu,
		   unsigned int mt)
{
	struct page_ent e;

	if (pfn < z->start)
		return false;
	e = mm_ent(m, pfn);
	return ent_state(&e) == PS_PCP && (e.st & PE_LINK) && ent_order(&e) == order && e.x >> 2 == cpu &&
	       (e.x & 3) == PCP_FROM_FREE && ent_mt(&e) == mt && e.since >= m->obs->base[cpu].run_start;
}

void mm_contig_join(struct mm_machine *m, struct zone_state *z, const struct sg_event *ev, uint64_t pfn)
{
	const struct base_event *b = &m->obs->base[ev->cpu < m->nr_base ? ev->cpu : 0];
	unsigned int order = 0, mt;
	struct page_ent e;

	if (ev->cpu >= m->nr_base)
		return;
	if (b->kind != SG_EV_mm_page_free || b->pid != ev->pid || !b->run_start || pfn == 0 ||
	    mm_ent(m, pfn - 1).since != b->event) {
		mm_run_afresh(m, ev);
		return;
	}
	e = mm_ent(m, pfn);
	mt = ent_mt(&e);
	while (mm_pcp_order(m, order) && (pfn >> order & 1) && of_row(m, pfn - (1ull << order), order, z, ev->cpu, mt)) {
		uint64_t first = pfn - (1ull << order);

		e = mm_ent(m, first);
		mm_pcp_del(m, z, first, &e);
		e = mm_ent(m, pfn);
		mm_pcp_del(m, z, pfn, &e);
		pfn = first;
		order++;
		mm_pcp_add(m, z, ev->cpu, pfn, order, mt, false, PCP_FROM_FREE);
	}
	if (!mm_pcp_order(m, order))
		mm_went_to_buddy(m, pfn);
}
