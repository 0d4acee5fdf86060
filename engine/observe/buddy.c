// SPDX-License-Identifier: GPL-2.0-only
/*
 * Blocks that leave the buddy lists and come back, as the trace tells: the machine's own steps (machine/buddy.c), and
 * around them what the observer puts right because a pick or a free shows that the model had it wrong.
 */
#include "observe/observe.h"
#include "machine/guesses.h"

/*
 * Is the free block with head entry @e what another CPU's last event freed?  That event is written before the zone's
 * lock is taken, so what this CPU does under the lock may have come first.
 * Source: mm/page_alloc.c: __free_pages_ok(), free_one_page(), 6.1 to 7.3
 */
bool mm_in_flight(const struct mm_machine *m, const struct page_ent *e)
{
	for (unsigned int c = 0; c < m->nr_base; c++)
		if (m->obs->base[c].event == e->since && c != m->cpu && m->obs->base[c].kind == SG_EV_mm_page_free)
			return true;
	return false;
}

/* The first block of a list when that is in flight and not @taken, else MM_NIL. */
static uint32_t head_in_flight(const struct mm_machine *m, const struct zone_state *z, unsigned int order,
			       unsigned int mt, uint64_t taken)
{
	uint32_t first = mt < SG_MAX_MIGRATETYPES ? z->list[order][mt].head_first : MM_NIL;
	struct page_ent e;

	if (first == MM_NIL || first == taken)
		return MM_NIL;
	e = mm_ent(m, first);
	return mm_in_flight(m, &e) ? first : MM_NIL;
}

/* The block in flight that the kernel passed over comes onto its list later than what was put there meanwhile. */
static void put_first(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int order, unsigned int mt)
{
	struct page_ent e = mm_ent(m, pfn);
	uint32_t since = e.since;

	if (ent_state(&e) != PS_FREE || ent_order(&e) != order || !(e.st & PE_LINK) || z->list[order][mt].head_first == pfn)
		return;
	mm_list_del(m, z, pfn, &e, mt);
	mm_list_add(m, z, pfn, order, mt, false);
	mm_ent_own(m, pfn)->since = since;
}

/*
 * The kernel picked a block of this list that is not the first in the model.  The first may stand there
 * rightly (two CPUs drained at the same moment, and their blocks lie on the list in another order than their
 * events tell), but not when it is passed over again and again: then it goes to the tail.
 */
static void overtaken(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int order, unsigned int mt)
{
	struct free_list *l = mm_list_of(z, order, mt);
	struct page_ent *e, was;
	uint32_t first;

	if (z->mixed)
		return; /* the first may be another zone's */
	mm_list_join(m, z, order, mt);
	first = l->head_first;
	if (first == MM_NIL || first == pfn)
		return;
	e = mm_ent_own(m, first);
	if ((++e->x & PE_X_PASSED) < MM_GUESS(OVERTAKEN))
		return;
	was = *e;
	mm_list_del(m, z, first, &was, mt);
	mm_list_add(m, z, first, order, mt, true);
}

/* The first block of a list, at @pfn, isn't there any more: it is on somebody's per-cpu list. */
static void take_unseen(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int order, unsigned int mt)
{
	struct page_ent e = mm_ent(m, pfn);

	mm_contra_add(m, MM_CONTRA_PICK_ORDER);
	mm_list_del(m, z, pfn, &e, mt);
	mm_buddy_inside(m, z, pfn);
	mm_pcp_add(m, z, UINT16_MAX >> 2, pfn, order, mt, true, PCP_FROM_REFILL);
}

/*
 * The kernel split a block of order @order although the model has smaller ones, down to @least, on the same
 * lists: those that are passed over again and again aren't there.  They were taken without an event, which
 * happens now and then also where no event is reported lost; so they are on somebody's per-cpu list.  Where @smallest,
 * the kernel took the smallest block there was, so no order of a list explains it: only a free that is late by more than
 * its CPU's last event.  Else a page may have been stolen, which some kernels do from the largest block.
 * Source: mm/page_alloc.c: __rmqueue_smallest(), 6.1 to 7.3; __rmqueue_fallback(), v6.12
 */
static void passed_over(struct mm_machine *m, struct zone_state *z, unsigned int least, unsigned int order,
			unsigned int mt, bool smallest)
{
	for (unsigned int o = least; o < order && !z->mixed; o++) {
		struct free_list *l = mm_list_of(z, o, mt);

		mm_list_join(m, z, o, mt);
		if (l->head_first != MM_NIL && head_in_flight(m, z, o, mt, MM_NIL) == MM_NIL &&
		    (++mm_ent_own(m, l->head_first)->x & PE_X_PASSED) >= (smallest ? MM_GUESS(MISSED) : MM_GUESS(OVERTAKEN)))
			take_unseen(m, z, l->head_first, o, mt);
	}
}

/*
 * Are all pages of the buddy of the block at @pfn free, or freed to a per-cpu list without an event that says they
 * reached it?  Then these found that list locked, and the two are one block by now.
 */
static bool joined_unseen(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int order)
{
	uint64_t buddy = pfn ^ (1ull << order), end = buddy + (1ull << order), p;
	bool any = false;

	if (order >= m->pb_order || buddy < z->start || end > z->end)
		return false;
	for (p = buddy; p < end;) {
		struct page_ent e = mm_ent(m, p);

		if (ent_order(&e) > order ||
		    !(ent_state(&e) == PS_FREE || (ent_state(&e) == PS_PCP && (e.st & PE_LINK) && mm_pcp_unsure(&e))))
			return false;
		any |= ent_state(&e) == PS_PCP;
		p += 1ull << ent_order(&e);
	}
	for (p = buddy; any && p < end;) {
		struct page_ent e = mm_ent(m, p);

		p += 1ull << ent_order(&e);
		if (ent_state(&e) == PS_PCP)
			mm_went_to_buddy(m, p - (1ull << ent_order(&e)));
	}
	return any;
}

/* The block at @pfn was split off unseen, before the first event: it is known as the snapshot's are, without its place. */
static void left_unplaced(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int order, unsigned int mt)
{
	mm_buddy_head(m, z, pfn, order, SG_MAX_MIGRATETYPES)->since = 0;
	mm_list_of(z, order, mt)->nr_unplaced++;
	for (unsigned int t = 0; mt >= SG_MAX_MIGRATETYPES && t < MM_NR_MT; t++)
		mm_complete_lose(z, order, order + 1, t);
}

/*
 * A block that only the snapshot knows is taken from in the middle: it was split unseen, before the first event.
 * expand() goes on with the lower half and keeps the upper ones, so what lies below, [@pfn, +2^@order), was taken first.
 * All of it free would be one block with what follows.  What is larger than per-cpu lists hold may have been given back.
 */
static void gone_before(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int order, unsigned int mt)
{
	if (order > MM_COSTLY_ORDER) {
		left_unplaced(m, z, pfn, order, mt);
		return;
	}
	for (uint64_t p = pfn; p < pfn + (1ull << order); p++)
		mm_pcp_add(m, z, UINT16_MAX >> 2, p, 0, mt, true, PCP_FROM_REFILL);
}

/**
 * mm_buddy_emptied() - the kernel took both halves of a block, of order @order each, one after the other
 * Two free halves are always one block, so the first was split off, and then the list of @order was empty; the
 * second was all that came onto it.  What the model still has there is part of a larger block, or was taken without
 * an event.
 * Source: mm/page_alloc.c: __rmqueue_smallest(), rmqueue_bulk(), 6.1 to 7.3
 */
void mm_buddy_emptied(struct mm_machine *m, struct zone_state *z, unsigned int order, unsigned int mt)
{
	struct free_list *l = mm_list_of(z, order, mt);

	if (z->mixed || l->nr_linked == 0 || l->nr_linked + l->nr_unplaced > MM_GUESS(EMPTIED))
		return; /* in a mixed zone, another zone's list may have them */
	mm_list_join(m, z, order, mt);
	while (l->head_first != MM_NIL && !m->out_of_memory)
		if (!joined_unseen(m, z, l->head_first, order))
			take_unseen(m, z, l->head_first, order, mt);
}

/* A pick out of the part in unknown order: it is that part's first, so the order is known again. */
static void settle_cycle(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int order, unsigned int mt)
{
	struct free_list *l = mm_list_of(z, order, mt);

	mm_list_join(m, z, order, mt);
	if (l->cycle_first == MM_NIL || (l->head_first != l->cycle_first &&
					 !(l->cycle_first == MM_LIST_LOST && l->head_first == MM_NIL)))
		return;
	l->cycle_first = MM_NIL;
	mm_list_rotate(m, z, order, mt, pfn);
}

/*
 * mm_buddy_split() of a block that only the snapshot knows, out of its middle, which the kernel doesn't do: the block
 * was split unseen, before the first event.
 */
static void split_before(struct mm_machine *m, struct zone_state *z, uint64_t head, const struct page_ent *e, uint64_t pfn,
			 unsigned int order, unsigned int mt, unsigned int remainder_mt)
{
	unsigned int o = ent_order(e);

	mm_list_unlink(m, z, head, e, mt, mt < SG_MAX_MIGRATETYPES ? GAP_FIRST : GAP_LARGEST);
	mm_buddy_inside(m, z, head);
	while (o > order) {
		uint64_t upper = head + (1ull << --o);

		if (pfn >= upper) {
			gone_before(m, z, head, o, remainder_mt);
			head = upper;
		} else if (head != pfn) {
			left_unplaced(m, z, upper, o, remainder_mt);
		} else {
			mm_list_add(m, z, upper, o, remainder_mt, false);
		}
	}
}

/**
 * mm_observed_take() - an event shows that [@pfn, +2^@order) left the buddy lists; the rest of its block was split off
 * Puts right first what the pick tells of the lists: the block was the first of its own, and shorter lists were empty.
 * @mt:           list the block came from; SG_MAX_MIGRATETYPES when unknown
 * @remainder_mt: list that the split-off halves go to
 * @smallest:     no smaller block that would do was on the lists of @mt
 * The pages keep a free state until the caller sets another.
 * Return: pages of it that were free as far as known (2^@order when all is well)
 * Source: mm/page_alloc.c: page_del_and_expand(), 6.1 to 7.3
 */
uint64_t mm_observed_take(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int order,
			  unsigned int mt, unsigned int remainder_mt, bool smallest)
{
	struct page_ent e;
	uint64_t h;
	unsigned int o;
	uint32_t late[MM_MAX_ORDERS];

	if (!mm_head_of(m, pfn, &h, &e) || ent_order(&e) < order)
		return mm_buddy_remove_range(m, z, pfn, order);
	o = ent_order(&e);
	for (unsigned int i = order; i <= o; i++)
		late[i] = head_in_flight(m, z, i, mt, h);
	if (mt < SG_MAX_MIGRATETYPES && (e.st & PE_LINK) && ent_mt(&e) != 15 && ent_mt(&e) != mt)
		mm_contra_add(m, MM_CONTRA_LIST_TYPE);
	if (mt < SG_MAX_MIGRATETYPES && (e.st & PE_LINK) && ent_mt(&e) == mt &&
	    late[o] == MM_NIL &&
	    (mm_list_of(z, o, mt)->head_first != h || mm_list_of(z, o, mt)->cycle_first != MM_NIL)) {
		settle_cycle(m, z, h, o, mt);
		mm_list_was_first(m, z, o, mt, h);
		mm_list_realign(m, z, o, mt, h, &e);
		overtaken(m, z, h, o, mt);
		e = mm_ent(m, h);
	} else if (mt < SG_MAX_MIGRATETYPES && !(e.st & PE_LINK) && late[o] == MM_NIL &&
		   (mm_blk(m, h >> m->pb_order).mt == mt || mm_blk(m, h >> m->pb_order).mt == MM_MT_UNKNOWN)) {
		mm_list_realign(m, z, o, mt, h, &e);
	} else if (mt < SG_MAX_MIGRATETYPES) {
		mm_list_of(z, o, mt)->follow = MM_NIL;
	}
	if (mt < SG_MAX_MIGRATETYPES && mt == remainder_mt && o > order)
		passed_over(m, z, order, o, mt, smallest);
	if (h != pfn)
		mm_contra_add(m, MM_CONTRA_PICK_ORDER);
	if (h != pfn && !(e.st & PE_LINK))
		split_before(m, z, h, &e, pfn, order, mt, remainder_mt);
	else
		mm_buddy_split(m, z, h, &e, pfn, order, mt, remainder_mt);
	for (o = order; o < m->nr_orders && mt == remainder_mt && o <= ent_order(&e); o++)
		if (late[o] != MM_NIL)
			put_first(m, z, late[o], o, mt);
	return 1ull << order;
}

/**
 * mm_observed_free() - mm_buddy_free_with(), and what it means for lists of which not all is known
 * A merge that the model can't see, as the buddy's state isn't known, may have taken the block to a list of higher order.
 * Return: true when @opts->capture took it
 */
bool mm_observed_free_with(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int order, unsigned int mt,
			   const struct mm_free_opts *opts)
{
	struct mm_freed f = mm_buddy_free_with(m, z, pfn, order, mt, opts);

	if (f.captured)
		return true;
	if (mt < SG_MAX_MIGRATETYPES && z->complete[mt] != mm_all_orders(z))
		mm_complete_over(m, z, f.order + 1, mm_merge_most(m, z, f.pfn, f.order, mt) + 1, mt, f.pfn);
	mm_reporting_notify(m, f.order);
	return false;
}

/** mm_observed_free() - mm_observed_free_with() where nobody has a say; @to_tail: force the tail (FPI_TO_TAIL) */
void mm_observed_free(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int order, unsigned int mt,
		      bool to_tail)
{
	const struct mm_free_opts opts = { .to_tail = to_tail };

	mm_observed_free_with(m, z, pfn, order, mt, &opts);
}

/** mm_went_to_buddy() - the block at @pfn was not on the per-cpu list it was thought on, but on the buddy lists */
void mm_went_to_buddy(struct mm_machine *m, uint64_t pfn)
{
	struct page_ent e = mm_ent(m, pfn);
	struct zone_state *z = mm_zone_at(m, pfn);
	unsigned int mt = mm_blk(m, pfn >> m->pb_order).mt;

	if (!z || ent_state(&e) != PS_PCP)
		return;
	if (mt == MM_MT_UNKNOWN) /* what it was freed as, which may be unknown as well */
		mt = ent_mt(&e);
	mm_pcp_del(m, z, pfn, &e);
	mm_observed_free(m, z, pfn, ent_order(&e), mt, false);
	mm_change_add(m, pfn, 1ull << ent_order(&e), PS_PCP, PS_FREE);
}
