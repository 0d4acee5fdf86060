// SPDX-License-Identifier: GPL-2.0-only
/*
 * Free page reporting: the kernel tells its host which whole pageblocks are free.  It isolates them, reports and puts
 * them back, all without an event; a block of UNMOVABLE or RECLAIMABLE that it isolates becomes MOVABLE.
 *
 * Nothing in a trace says that a machine does so.  Two things prove it: a snapshot in which free blocks bear the flag of
 * reported ones, and a block of an UNMOVABLE or RECLAIMABLE list that is given out as a MOVABLE one without a claim,
 * in a run without compaction (the other one who isolates blocks) and without lost records.  Only from then on passes
 * are followed: a pass comes two seconds after the first free that makes a block of pageblock order or more, and those
 * that are freed until then are part of it.
 *
 * Source: mm/page_reporting.c: __page_reporting_request(), page_reporting_process_zone(), page_reporting_cycle(),
 *         mm/page_alloc.c: __isolate_free_page(), 6.1 to 7.3
 * Differs: a pass takes no time and comes after exactly two seconds (7.3 can be told to wait otherwise), and the host
 *         takes PAGE_REPORTING_CAPACITY blocks at a time; blocks of unknown place count as reported already.  What a
 *         pass would have changed before there was proof is left to the events that show it, and the order of the
 *         blocks that were free by then isn't known any more.
 */
#include "machine/state.h"
#include "observe/observe.h"

#define REPORT_DELAY_NS 2000000000ull /* PAGE_REPORTING_DELAY */
#define REPORT_CAPACITY 32            /* PAGE_REPORTING_CAPACITY */

/**
 * mm_reporting_notify() - a free made a block of @order
 * The time of the next pass is kept before there is proof, too: the first pass that is followed must come in time.
 * Source: mm/page_reporting.h: page_reporting_notify_free(), 6.1 to 7.3
 */
void mm_reporting_notify(struct mm_machine *m, unsigned int order)
{
	if (order >= m->pb_order && !m->obs->report_due && m->cap->clock_is_ns)
		m->obs->report_due = m->now + REPORT_DELAY_NS;
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

/*
 * An event shows that the kernel reports: passes that nobody followed have turned the lists, so the order of what is on
 * them isn't known.
 */
static void proved(struct mm_machine *m)
{
	if (m->core.reporting)
		return;
	m->core.reporting = true;
	for (unsigned int i = 0; i < m->core.nr_zones; i++)
		for (unsigned int order = m->pb_order; order < m->nr_orders; order++)
			mm_list_forget(m, &m->core.zone[i], order, MM_MT_MOVABLE);
}

/* One block of unknown place was on MOVABLE's list by now. */
static void move_unplaced(struct zone_state *z, unsigned int order, unsigned int from)
{
	struct free_list *l = mm_list_of(z, order, from);

	if (l->nr_unplaced == l->nr_taken)
		return;
	l->nr_unplaced--;
	mm_list_of(z, order, MM_MT_MOVABLE)->nr_unplaced++;
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

	if (!m->hygiene || !m->cap->present[SG_EV_mm_compaction_begin] || m->obs->compacted || m->obs->lost_at ||
	    m->core.in_snapshot || !mm_head_of(m, pfn, &h, &e) || ent_order(&e) < m->pb_order)
		return;
	if (bt == MM_MT_UNKNOWN && !(e.st & PE_LINK)) {
		old = other_list(z, ent_order(&e));
		if (old == SG_MAX_MIGRATETYPES)
			return;
		proved(m);
		become_movable(m, z, h, ent_order(&e), old);
		move_unplaced(z, ent_order(&e), old);
	} else if (bt < MM_NR_PCPTYPES && bt != MM_MT_MOVABLE) {
		proved(m);
		if (!(e.st & PE_LINK))
			move_unplaced(z, ent_order(&e), bt);
	}
}

/* Has the zone so much free memory that a pass is made?  Source: page_reporting_process_zone() */
static bool enough_free(const struct mm_machine *m, const struct zone_state *z)
{
	uint64_t free = z->nr_pages[PS_FREE] + z->nr_pages[PS_FREET];

	return free > z->wmark_low + ((uint64_t)REPORT_CAPACITY << m->pb_order);
}

/* Blocks that a pass has taken off their lists and not yet put back. */
struct batch {
	uint32_t pfn[REPORT_CAPACITY];
	uint8_t order[REPORT_CAPACITY], to[REPORT_CAPACITY]; /* to: the list that it goes to */
	unsigned int nr;
	uint64_t pages;
};

/* May one more block leave the lists?  Source: mm/page_alloc.c: __isolate_free_page() */
static bool may_isolate(const struct zone_state *z, const struct batch *b, unsigned int order)
{
	uint64_t free = z->nr_pages[PS_FREE] + z->nr_pages[PS_FREET];

	return free > b->pages + z->wmark_min + (1ull << order);
}

/* The last that was taken is the first that comes back, all to the tail.  Source: page_reporting_drain() */
static void put_back_batch(struct mm_machine *m, struct zone_state *z, struct batch *b)
{
	while (b->nr) {
		uint32_t pfn = b->pfn[--b->nr];

		mm_list_add(m, z, pfn, b->order[b->nr], b->to[b->nr], true);
		mm_ent_own(m, pfn)->x |= PE_X_REPORTED;
	}
	b->pages = 0;
}

/* Of a chain the first block that isn't reported yet. */
static uint32_t unreported_of(const struct mm_machine *m, uint32_t pfn)
{
	while (pfn != MM_NIL && (mm_ent(m, pfn).x & PE_X_REPORTED))
		pfn = mm_ent(m, pfn).a;
	return pfn;
}

static uint32_t unreported(const struct mm_machine *m, const struct zone_state *z, unsigned int order, unsigned int mt)
{
	const struct free_list *l = &z->list[order][mt];
	uint32_t pfn = unreported_of(m, l->head_first);

	for (unsigned int i = 0; pfn == MM_NIL && mt == MM_MT_MOVABLE && i < z->mid[order].nr; i++)
		pfn = unreported_of(m, z->mid[order].part[i].first);
	return pfn != MM_NIL ? pfn : unreported_of(m, l->tail_first);
}

/* So many calls to the host may one list cost, and one more.  Source: page_reporting_cycle() */
static int64_t budget_of(const struct zone_state *z, unsigned int order)
{
	uint64_t nr = 0;

	for (unsigned int t = 0; t < MM_NR_MT; t++)
		nr += (uint64_t)z->list[order][t].nr_linked + z->list[order][t].nr_unplaced;
	return (int64_t)((nr + REPORT_CAPACITY * 16 - 1) / (REPORT_CAPACITY * 16));
}

/*
 * The blocks of one list that aren't reported leave it from its head on, a batch at a time; the first that must wait
 * or would leave the zone too little becomes the head.  False: there are more than one pass takes.  Source: page_reporting_cycle()
 */
static bool report_linked(struct mm_machine *m, struct zone_state *z, unsigned int order, unsigned int mt,
			  struct batch *b)
{
	bool cyclic = mm_list_of(z, order, mt)->cycle_first != MM_NIL, normal = mt < MM_NR_PCPTYPES;
	bool over = false, done = true;
	int64_t budget = budget_of(z, order);
	uint32_t pfn;

	while (!over && (pfn = unreported(m, z, order, mt)) != MM_NIL) {
		bool full = b->nr == REPORT_CAPACITY, spent = budget < 0;
		struct page_ent e;

		over = spent || (!full && !may_isolate(z, b, order));
		if (over || full)
			mm_list_rotate(m, z, order, mt, pfn);
		if (over) {
			done = !spent;
			continue;
		}
		if (full) {
			put_back_batch(m, z, b);
			budget--;
			continue;
		}
		e = mm_ent(m, pfn);
		mm_list_del(m, z, pfn, &e, mt);
		if (normal && mt != MM_MT_MOVABLE)
			become_movable(m, z, pfn, order, mt);
		b->to[b->nr] = (uint8_t)(normal ? MM_MT_MOVABLE : mt);
		b->order[b->nr] = (uint8_t)order;
		b->pfn[b->nr++] = pfn;
		b->pages += 1ull << order;
	}
	if (cyclic)
		mm_list_rotated(z, order, mt);
	return done;
}

/* Blocks of unknown place on the list of another type are MOVABLE's from now on: only how many they are is known. */
static void report_unplaced(struct zone_state *z, const struct mm_machine *m, unsigned int order, unsigned int mt)
{
	struct free_list *l = mm_list_of(z, order, mt);
	uint32_t nr = l->nr_unplaced;

	l->nr_unplaced = 0;
	l->nr_taken = 0;
	mm_list_of(z, order, MM_MT_MOVABLE)->nr_unplaced += nr;
	if (z->have_type_blocks) {
		uint64_t blocks = (uint64_t)nr << (order - m->pb_order);

		blocks = blocks < z->type_blocks[mt] ? blocks : z->type_blocks[mt];
		z->type_blocks[mt] -= blocks;
		z->type_blocks[MM_MT_MOVABLE] += blocks;
	}
}

/* One zone's turn.  False: it wants another pass.  Source: page_reporting_process_zone() */
static bool report_zone(struct mm_machine *m, struct zone_state *z)
{
	struct batch b = { .nr = 0 };
	bool done = true;

	for (unsigned int order = m->pb_order; order < m->nr_orders; order++) {
		for (unsigned int mt = 0; mt < SG_MAX_MIGRATETYPES; mt++) {
			bool turns = mt < MM_NR_PCPTYPES && mt != MM_MT_MOVABLE;

			if ((int)mt == m->cap->mt_isolate)
				continue;
			if (turns && !mm_complete_list(z, order, mt))
				mm_complete_lose(z, order, order + 1, MM_MT_MOVABLE);
			done &= report_linked(m, z, order, mt, &b);
			if (turns)
				report_unplaced(z, m, order, mt);
		}
	}
	put_back_batch(m, z, &b);
	return done;
}

/**
 * mm_reporting_pass() - the time of a pass has come
 * Nothing happens when nothing proves that the kernel makes any.
 */
void mm_reporting_pass(struct mm_machine *m)
{
	bool done = true;

	m->obs->report_due = 0;
	if (!m->core.reporting)
		return;
	for (unsigned int i = 0; i < m->core.nr_zones; i++)
		if (enough_free(m, &m->core.zone[i]))
			done &= report_zone(m, &m->core.zone[i]);
	if (!done)
		m->obs->report_due = m->now + REPORT_DELAY_NS;
}
