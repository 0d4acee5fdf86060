// SPDX-License-Identifier: GPL-2.0-only
/*
 * Free page reporting: the kernel tells its host which whole pageblocks are free.  It isolates them, reports and puts
 * them back, all without an event; a block of UNMOVABLE or RECLAIMABLE that it isolates becomes MOVABLE.
 *
 * Nothing in a trace says that a machine does so.  Two things prove it: a snapshot in which free blocks bear the flag of
 * reported ones, and a block of an UNMOVABLE or RECLAIMABLE list that is given out as a MOVABLE one without a claim,
 * in a run without compaction (the other one who isolates blocks).  Only from then on passes are followed: a pass
 * comes two seconds after the first free that makes a block of pageblock order or more, and those that are freed until
 * then are part of it.
 *
 * Source: mm/page_reporting.c: __page_reporting_request(), page_reporting_process_zone(), page_reporting_cycle(),
 *         mm/page_alloc.c: __isolate_free_page(), 6.1 to 7.3
 * Differs: a pass takes no time, and all blocks of a list at once; the order of a MOVABLE list isn't turned.  What a
 *         pass would have changed before there was proof is left to the events that show it.
 */
#include "mm_state.h"

#define REPORT_DELAY_NS 2000000000ull /* PAGE_REPORTING_DELAY */
#define REPORT_CAPACITY 32            /* PAGE_REPORTING_CAPACITY */

/** mm_reporting_notify() - a free made a block of @order.  Source: page_reporting_notify_free() */
void mm_reporting_notify(struct mm_machine *m, unsigned int order)
{
	if (m->core.reporting && !m->core.report_due && order >= m->pb_order && m->cap->clock_is_ns)
		m->core.report_due = m->now + REPORT_DELAY_NS;
}

/* All pageblocks of the block at @pfn are MOVABLE now; they were @old if nobody knew. */
static void become_movable(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int order,
			   unsigned int old)
{
	for (uint64_t p = pfn; p < pfn + (1ull << order); p += 1ull << m->pb_order)
		if (mm_blk(m, p >> m->pb_order).mt == MM_MT_UNKNOWN || mm_blk(m, p >> m->pb_order).mt < MM_NR_PCPTYPES)
			mm_block_type(m, z, p, MM_MT_MOVABLE, old, false);
}

/* The list of UNMOVABLE or RECLAIMABLE that blocks of unknown place may be on when MOVABLE's has none; SG_MAX_MIGRATETYPES: none */
static unsigned int other_list(const struct zone_state *z, unsigned int order)
{
	if (z->list[order][MM_MT_MOVABLE].nr_unplaced || z->list[order][MM_MT_ROW_UNKNOWN].nr_unplaced)
		return SG_MAX_MIGRATETYPES;
	for (unsigned int t = 0; t < MM_NR_PCPTYPES; t++)
		if (z->list[order][t].nr_unplaced)
			return t;
	return SG_MAX_MIGRATETYPES;
}

/**
 * mm_reporting_taken() - pages at @pfn are about to leave a list of MOVABLE, not by a claim
 * If the model has them in a whole block of another list, the block changed its type without an event.
 * Only from 6.10 on do the lists hold blocks of their own type, so that this follows.
 */
void mm_reporting_taken(struct mm_machine *m, struct zone_state *z, uint64_t pfn)
{
	struct page_ent e;
	unsigned int bt = mm_blk(m, pfn >> m->pb_order).mt, old;
	uint64_t h;

	if (!m->hygiene || !m->cap->present[SG_EV_mm_compaction_begin] || m->core.compacted || m->core.in_snapshot ||
	    !mm_head_of(m, pfn, &h, &e) || ent_order(&e) < m->pb_order)
		return;
	if (bt == MM_MT_UNKNOWN && !(e.st & PE_LINK)) {
		old = other_list(z, ent_order(&e));
		if (old == SG_MAX_MIGRATETYPES)
			return;
		m->core.reporting = true;
		become_movable(m, z, h, ent_order(&e), old);
	} else if (bt < MM_NR_PCPTYPES && bt != MM_MT_MOVABLE) {
		m->core.reporting = true;
	}
}

/* Has the zone so much free memory that a pass is made?  Source: page_reporting_process_zone() */
static bool enough_free(const struct mm_machine *m, const struct zone_state *z)
{
	uint64_t free = z->nr_pages[PS_FREE] + z->nr_pages[PS_FREET];

	return free > z->wmark_low + ((uint64_t)REPORT_CAPACITY << m->pb_order);
}

/* The blocks of one list go to the tail of MOVABLE's. */
static void report_list(struct mm_machine *m, struct zone_state *z, unsigned int order, unsigned int mt)
{
	struct free_list *l = mm_list_of(z, order, mt), *to = mm_list_of(z, order, MM_MT_MOVABLE);
	uint32_t nr = l->nr_unplaced, pfn;

	if (!mm_complete_list(z, order, mt))
		mm_complete_lose(z, order, order + 1, MM_MT_MOVABLE);
	while ((pfn = l->head_first != MM_NIL ? l->head_first : l->tail_first) != MM_NIL) {
		struct page_ent e = mm_ent(m, pfn);

		mm_list_del(m, z, pfn, &e, mt);
		become_movable(m, z, pfn, order, mt);
		mm_list_add(m, z, pfn, order, MM_MT_MOVABLE, true);
	}
	/* which pages these are isn't known, only how many */
	l->nr_unplaced = 0;
	l->nr_taken = 0;
	to->nr_unplaced += nr;
	if (z->have_type_blocks) {
		uint64_t blocks = (uint64_t)nr << (order - m->pb_order);

		blocks = blocks < z->type_blocks[mt] ? blocks : z->type_blocks[mt];
		z->type_blocks[mt] -= blocks;
		z->type_blocks[MM_MT_MOVABLE] += blocks;
	}
}

/** mm_reporting_pass() - the time of the next event has come: is a pass over by then? */
void mm_reporting_pass(struct mm_machine *m)
{
	if (m->now < m->core.report_due)
		return;
	m->core.report_due = 0;
	for (unsigned int i = 0; i < m->core.nr_zones; i++) {
		struct zone_state *z = &m->core.zone[i];

		if (!enough_free(m, z))
			continue;
		for (unsigned int order = m->pb_order; order < MM_NR_ORDERS; order++) {
			report_list(m, z, order, MM_MT_UNMOVABLE);
			report_list(m, z, order, MM_MT_RECLAIMABLE);
		}
	}
}
