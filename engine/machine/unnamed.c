// SPDX-License-Identifier: GPL-2.0-only
/*
 * Free blocks of unknown type: freed into pageblocks that no event has named yet.  In the model they are on the lists'
 * last row; in the kernel each may be on any type's list of its order.  An event that shows such a list to be empty, or
 * another block to be its first, shows that they aren't on it: field x of a block's entry has a bit for each type that it
 * isn't of, and of each list it is counted how many may be on it.  When an event names the type, they go where they
 * have been all the time.  A type that comes and goes without an event (HIGHATOMIC, ISOLATE) may make this wrong.
 */
#include "machine/state.h"

#define IS_NOT ((1u << SG_MAX_MIGRATETYPES) - 1)

/** mm_unnamed_count() - the block of unknown type with head entry @e counts (@by 1), or no more (-1) */
void mm_unnamed_count(struct zone_state *z, const struct page_ent *e, int by)
{
	for (unsigned int t = 0; t < SG_MAX_MIGRATETYPES; t++)
		if (!(e->x >> t & 1))
			z->unnamed[ent_order(e)][t] += (uint32_t)by;
}

/** mm_unnamed_add() - a block of unknown type, @e is its head entry, comes onto the last row */
void mm_unnamed_add(struct zone_state *z, struct page_ent *e, bool tail)
{
	e->x = tail ? MM_UNNAMED_AT_TAIL : 0;
	mm_unnamed_count(z, e, 1);
}

/** mm_unnamed_is_not() - a bit for each type that the block with head entry @e isn't of; 0 where it has a type */
unsigned int mm_unnamed_is_not(const struct page_ent *e)
{
	return mm_is_unnamed(e) ? e->x & IS_NOT : 0;
}

/** mm_unnamed_exclude() - the block at @pfn, if its type is unknown, is none of @not */
void mm_unnamed_exclude(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int not)
{
	struct page_ent e = mm_ent(m, pfn);

	if (!mm_is_unnamed(&e) || (e.x & not) == not)
		return;
	mm_unnamed_count(z, &e, -1);
	e.x |= (uint16_t)not;
	mm_unnamed_count(z, &e, 1);
	mm_ent_own(m, pfn)->x = e.x;
}

/** mm_unnamed_on() - may a free block of unknown type be on the list of @order of @mt? */
bool mm_unnamed_on(const struct zone_state *z, unsigned int order, unsigned int mt)
{
	return mt < SG_MAX_MIGRATETYPES && z->unnamed[order][mt];
}

/**
 * mm_unnamed_before() - may a block of unknown type lie before the one at @pfn, the first known one of its list?
 * One that was put at the head later may.
 */
bool mm_unnamed_before(const struct mm_machine *m, const struct zone_state *z, unsigned int order, unsigned int mt,
		       uint64_t pfn)
{
	struct page_ent first = mm_ent(m, pfn);

	if (!mm_unnamed_on(z, order, mt))
		return false;
	for (uint32_t p = z->list[order][MM_MT_ROW_UNKNOWN].head_first; p != MM_NIL;) {
		struct page_ent e = mm_ent(m, p);

		if (e.since < first.since && z->list[order][mt].head_first == pfn)
			break;
		if (!(e.x >> mt & 1))
			return true;
		p = e.a;
	}
	return false;
}
