// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an event tells of lists that it doesn't name: __rmqueue_smallest() takes the smallest block there is, so a block
 * that is split shows that the lists of lower orders were empty.
 */
#include "observe/observe.h"

/**
 * mm_unnamed_were_empty() - the lists of orders [@from, @to) of @mt were empty when event @at came
 * What another CPU is just freeing may come onto one later.
 */
void mm_unnamed_were_empty(struct mm_machine *m, struct zone_state *z, unsigned int from, unsigned int to,
			   unsigned int mt, uint64_t at)
{
	if (z->mixed)
		return;
	for (unsigned int o = from; o < to; o++) {
		const struct free_list *l = &z->list[o][MM_MT_ROW_UNKNOWN];

		/* the latest first */
		for (unsigned int tail = 0; tail < 2; tail++)
			for (uint32_t p = tail ? l->tail_last : l->head_first; p != MM_NIL && mm_unnamed_on(z, o, mt);) {
				struct page_ent e = mm_ent(m, p);

				if (e.since < at && !mm_in_flight(m, &e))
					mm_unnamed_exclude(m, z, p, 1u << mt);
				p = tail ? e.b : e.a;
			}
	}
}

/** mm_unnamed_was_first() - the block at @pfn, the first known one of its list, was the first in the kernel as well */
void mm_unnamed_was_first(struct mm_machine *m, struct zone_state *z, unsigned int order, unsigned int mt, uint64_t pfn)
{
	struct page_ent first = mm_ent(m, pfn);

	if (z->mixed || !mm_unnamed_on(z, order, mt) || z->list[order][mt].head_first != pfn)
		return;
	for (uint32_t p = z->list[order][MM_MT_ROW_UNKNOWN].head_first; p != MM_NIL;) {
		struct page_ent e = mm_ent(m, p);

		if (e.since < first.since)
			break;
		if (!mm_in_flight(m, &e))
			mm_unnamed_exclude(m, z, p, 1u << mt);
		p = e.a;
	}
}

/**
 * mm_complete_were_empty() - the event at hand shows that the lists of orders [@from, @to) of @mt are empty
 * Blocks of unknown place, which a snapshot counted there, are others'.  Where the model has known blocks on one, it has
 * them in the wrong place, so what is on that list remains unknown.
 */
void mm_complete_were_empty(struct mm_machine *m, struct zone_state *z, unsigned int from, unsigned int to,
			    unsigned int mt)
{
	if (z->mixed)
		return; /* which of the zones that may lie in it the event is of isn't known */
	for (unsigned int o = from; o < to; o++)
		mm_list_none_unplaced(m, z, o, mt);
	mm_unnamed_were_empty(m, z, from, to, mt, m->core.position);
	if (mt >= SG_MAX_MIGRATETYPES || mm_complete_all(z, from, to, mt))
		return;
	for (unsigned int o = from; o < to; o++)
		if (z->list[o][mt].nr_linked == 0 && z->list[o][mt].nr_unplaced == 0)
			z->complete[mt] |= (uint16_t)(1u << o);
}

/* May a free block of unknown type be on a list that the kernel has searched? */
static bool any_unnamed(const struct zone_state *z, const struct mm_taking *t)
{
	for (unsigned int o = t->order; t->smallest && o < z->nr_orders; o++)
		if (mm_unnamed_on(z, o, t->mt))
			return true;
	return false;
}

/* Are blocks of unknown place on one? */
static bool any_unplaced(const struct zone_state *z, const struct mm_taking *t)
{
	for (unsigned int o = t->order; t->smallest && t->mt < SG_MAX_MIGRATETYPES && o < z->nr_orders; o++)
		if (z->list[o][t->mt].nr_unplaced)
			return true;
	return false;
}

/* The type of a free block that had none when it was freed, MM_MT_UNKNOWN where no event has told. */
static unsigned int named(const struct mm_machine *m, uint64_t head, const struct page_ent *e)
{
	return ent_mt(e) == 15 ? mm_blk(m, head >> m->pb_order).mt : ent_mt(e);
}

/**
 * mm_complete_taking() - a block is about to be taken; the model has it on its lists still, if it knows it
 * If it is the beginning of a block that the model has on the list, the lists of lower orders, from the one asked for
 * on, were empty.  If the model doesn't have it, or its block may be larger in the kernel, the halves that are split off
 * are unknown.
 */
void mm_complete_taking(struct mm_machine *m, struct zone_state *z, const struct mm_taking *t)
{
	struct page_ent e;
	uint64_t h;
	bool all = z->nr_pages[PS_UNKNOWN] == 0 &&
		   (t->mt >= SG_MAX_MIGRATETYPES || z->complete[t->mt] == mm_all_orders(z)) && !any_unnamed(z, t);

	if (all && !any_unplaced(z, t))
		return;
	if (!mm_head_of(m, t->pfn, &h, &e)) {
		e = mm_ent(m, t->pfn);
		if (ent_state(&e) == PS_UNKNOWN)
			mm_complete_over(m, z, t->order, t->from_order, t->remainder_mt, MM_NIL);
		return;
	}
	if (t->smallest && h == t->pfn && (e.st & PE_LINK) && named(m, h, &e) == t->mt) {
		mm_complete_were_empty(m, z, t->order, ent_order(&e), t->mt);
		mm_unnamed_was_first(m, z, ent_order(&e), t->mt, h);
	}
	if (all)
		return;
	if (t->from_order < m->nr_orders ? ent_order(&e) < t->from_order :
					   mm_maybe_merged(m, z, h, ent_order(&e), t->mt))
		mm_complete_over(m, z, ent_order(&e), t->from_order, t->remainder_mt, MM_NIL);
}
