// SPDX-License-Identifier: GPL-2.0-only
/*
 * The buddy lists: linking, merging, splitting, moving a pageblock's free pages to
 * another migratetype.  Order within the lists is the kernel's: LIFO, with the tail
 * rules of __free_one_page() and move_to_free_list() (mm/page_alloc.c, 6.1 to 7.3).
 */
#include "machine/state.h"

/* Page @pfn (free, or about to be) becomes the head of a block. */
static struct page_ent *make_head(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int order,
				  unsigned int mt)
{
	struct page_ent *e = mm_ent_own(m, pfn);

	if (ent_state(e) == PS_FREET) {
		z->nr_pages[PS_FREET]--;
		z->nr_pages[PS_FREE]++;
		e->st = (uint8_t)((e->st & ~PE_STATE) | PS_FREE);
	}
	e->om = (uint8_t)(order | (mt < SG_MAX_MIGRATETYPES ? mt : 15u) << 4);
	e->since = (uint32_t)m->core.position;
	return e;
}

static void make_tail(struct mm_machine *m, struct zone_state *z, uint64_t pfn)
{
	struct page_ent *e = mm_ent_own(m, pfn);

	if (ent_state(e) == PS_FREE) {
		z->nr_pages[PS_FREE]--;
		z->nr_pages[PS_FREET]++;
		e->st = (uint8_t)((e->st & ~(PE_STATE | PE_LINK)) | PS_FREET);
	}
}

/** Puts the block at @pfn on its list; it must not be on one. */
void mm_list_add(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int order,
		 unsigned int mt, bool tail)
{
	struct page_ent *e = make_head(m, z, pfn, order, mt);

	if (tail && mt < SG_MAX_MIGRATETYPES && !mm_complete_list(z, order, mt))
		e->x |= PE_X_BEHIND;
	mm_list_link(m, z, pfn, e, order, mt, tail);
}

#define OVERTAKEN_LIMIT 8
#define MISSED_LIMIT 3

/*
 * Is the free block with head entry @e what another CPU's last event freed?  That event is written before the zone's
 * lock is taken, so what this CPU does under the lock may have come first.
 * Source: mm/page_alloc.c: __free_pages_ok(), free_one_page(), 6.1 to 7.3
 */
bool mm_in_flight(const struct mm_machine *m, const struct page_ent *e)
{
	for (unsigned int c = 0; c < m->nr_base; c++)
		if (m->core.base[c].event == e->since && c != m->cpu && m->core.base[c].kind == SG_EV_mm_page_free)
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
	if ((++e->x & PE_X_PASSED) < OVERTAKEN_LIMIT)
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
	make_tail(m, z, pfn);
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
		    (++mm_ent_own(m, l->head_first)->x & PE_X_PASSED) >= (smallest ? MISSED_LIMIT : OVERTAKEN_LIMIT))
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
	make_head(m, z, pfn, order, SG_MAX_MIGRATETYPES)->since = 0;
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

#define EMPTIED_LIMIT 256

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

	if (z->mixed || l->nr_linked == 0 || l->nr_linked + l->nr_unplaced > EMPTIED_LIMIT)
		return; /* in a mixed zone, another zone's list may have them */
	mm_list_join(m, z, order, mt);
	while (l->head_first != MM_NIL && !m->out_of_memory)
		if (!joined_unseen(m, z, l->head_first, order))
			take_unseen(m, z, l->head_first, order, mt);
}

/* Is there a free block of just @order at @pfn, in this zone?  Source: mm/internal.h: page_is_buddy() */
static bool is_buddy(const struct mm_machine *m, const struct zone_state *z, uint64_t pfn, unsigned int order,
		     struct page_ent *ret)
{
	if (pfn < z->start || pfn >= z->end)
		return false;
	*ret = mm_ent(m, pfn);
	return ent_state(ret) == PS_FREE && ent_order(ret) == order;
}

/* The neighbour whose merge with the block of @order at @pfn would make them one of two orders more. */
static uint64_t neighbour_of(uint64_t pfn, unsigned int order)
{
	return (pfn & ~(1ull << order)) ^ (2ull << order);
}

/**
 * mm_buddy_beside() - did the block of @order at @pfn, about to be picked, come to the tail as its neighbour was free?
 * A block goes to the tail when the merge of its buddy would go on with a free block of one order more.
 * Return: number of the event that put it there; 0 when it is first in the model, or such a neighbour isn't free there
 * Source: mm/page_alloc.c: buddy_merge_likely(), 6.1 to 7.3
 */
uint32_t mm_buddy_beside(const struct mm_machine *m, const struct zone_state *z, uint64_t pfn, unsigned int order,
			 unsigned int mt)
{
	const struct free_list *l = &z->list[order][mt];
	struct page_ent e = mm_ent(m, pfn), n;

	if (order >= m->nr_orders - 2 || ent_state(&e) != PS_FREE || ent_order(&e) != order || !(e.st & PE_LINK) ||
	    ent_mt(&e) != mt || l->head_first == MM_NIL || l->head_first == pfn || l->cycle_first != MM_NIL ||
	    !is_buddy(m, z, neighbour_of(pfn, order), order + 1, &n) || n.since >= e.since)
		return 0;
	return e.since;
}

/**
 * mm_buddy_alone() - the block of @order at @pfn was first on its list, not last: its neighbour was taken unseen
 * Source: mm/page_alloc.c: buddy_merge_likely(), 6.1 to 7.3
 */
void mm_buddy_alone(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int order, unsigned int mt)
{
	uint64_t neighbour = neighbour_of(pfn, order);
	struct page_ent n;

	if (!z->mixed && order < m->nr_orders - 2 && is_buddy(m, z, neighbour, order + 1, &n))
		take_unseen(m, z, neighbour, order + 1, mt);
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

/* A buddy of pageblock order or more takes the type of what it merges with. */
static void match_type(struct mm_machine *m, struct zone_state *z, uint64_t buddy, unsigned int order, unsigned int mt)
{
	for (uint64_t p = buddy; p < buddy + (1ull << order); p += 1ull << m->pb_order) {
		unsigned int bmt = mm_blk(m, p >> m->pb_order).mt;

		if (bmt != mt && bmt != MM_MT_UNKNOWN)
			mm_block_type(m, z, p, mt, bmt, false);
	}
}

/**
 * mm_buddy_free_with() - give a block back to the buddy lists, merging as far as possible
 * @pfn, @order: pages that are on no list now
 * @mt:   list to put it on; SG_MAX_MIGRATETYPES when unknown
 * @opts: what the caller wants a say in
 * Return: true when @opts->capture took it on its way: then it is on no list, its pages keep a free state
 * Source: mm/page_alloc.c: __free_one_page(), buddy_merge_likely(), 6.1 to 7.3
 */
bool mm_buddy_free_with(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int order,
			unsigned int mt, const struct mm_free_opts *opts)
{
	struct page_ent as = { .om = 0xf0, .a = MM_NIL, .b = MM_NIL, .since = (uint32_t)m->core.position }, e;
	bool to_tail = opts->to_tail;
	unsigned int not = 0;

	mm_set_state(m, z, pfn, 1u << order, PS_FREE, &as);
	while (order < m->nr_orders - 1) {
		uint64_t buddy = pfn ^ (1ull << order);

		if (opts->capture && opts->capture(opts->arg, pfn, order, mt))
			return true;
		if (!is_buddy(m, z, buddy, order, &e))
			break;
		if (order >= m->pb_order) {
			unsigned int bmt = mm_blk(m, buddy >> m->pb_order).mt;

			if (bmt != MM_MT_UNKNOWN && bmt != mt && mt < SG_MAX_MIGRATETYPES &&
			    (bmt >= MM_NR_PCPTYPES || mt >= MM_NR_PCPTYPES))
				break;
			mm_list_del(m, z, buddy, &e, mt);
			if (m->hygiene && mt < SG_MAX_MIGRATETYPES)
				match_type(m, z, buddy, order, mt);
		} else {
			not |= mm_unnamed_is_not(&e);
			mm_list_del(m, z, buddy, &e, mt);
		}
		make_tail(m, z, buddy > pfn ? buddy : pfn);
		pfn &= ~(1ull << order);
		order++;
	}
	if (mt < SG_MAX_MIGRATETYPES && z->complete[mt] != mm_all_orders(z))
		mm_complete_over(m, z, order + 1, mm_merge_most(m, z, pfn, order, mt) + 1, mt, pfn);
	if (!to_tail && opts->shuffle && order >= m->nr_orders - 1) {
		to_tail = opts->shuffle(opts->arg);
	} else if (!to_tail && order < m->nr_orders - 2) {
		to_tail = is_buddy(m, z, neighbour_of(pfn, order), order + 1, &e);
	}
	mm_list_add(m, z, pfn, order, mt, to_tail);
	mm_unnamed_exclude(m, z, pfn, not);
	mm_reporting_notify(m, order);
	return false;
}

/** mm_buddy_free() - mm_buddy_free_with() where nobody has a say; @to_tail: force the tail (FPI_TO_TAIL) */
void mm_buddy_free(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int order,
		   unsigned int mt, bool to_tail)
{
	const struct mm_free_opts opts = { .to_tail = to_tail };

	mm_buddy_free_with(m, z, pfn, order, mt, &opts);
}

/**
 * mm_buddy_remove_range() - take all free blocks inside [@pfn, +2^@order) off the lists
 * The pages keep a free state until the caller sets another.
 * Return: pages that were free
 */
uint64_t mm_buddy_remove_range(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int order)
{
	uint64_t end = pfn + (1ull << order), freed = 0;

	while (pfn < end) {
		struct page_ent e = mm_ent(m, pfn);

		if (ent_state(&e) != PS_FREE) {
			pfn++;
			continue;
		}
		mm_list_del(m, z, pfn, &e, SG_MAX_MIGRATETYPES);
		make_tail(m, z, pfn);
		freed += 1ull << ent_order(&e);
		pfn += 1ull << ent_order(&e);
	}
	return freed;
}

/**
 * mm_buddy_take() - take [@pfn, +2^@order) from the buddy lists, splitting as expand() does
 * @mt:           list the block came from; SG_MAX_MIGRATETYPES when unknown
 * @remainder_mt: list that the split-off halves go to
 * @smallest:     no smaller block that would do was on the lists of @mt
 * The pages keep a free state until the caller sets another.
 * Return: pages of it that were free as far as known (2^@order when all is well)
 * Source: mm/page_alloc.c: page_del_and_expand(), 6.1 to 7.3
 */
uint64_t mm_buddy_take(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int order,
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
	mm_list_unlink(m, z, h, &e, mt, mt < SG_MAX_MIGRATETYPES ? GAP_FIRST : GAP_LARGEST);
	make_tail(m, z, h);
	if (h != pfn)
		mm_contra_add(m, MM_CONTRA_PICK_ORDER);
	while (o > order) {
		uint64_t upper = h + (1ull << --o);

		if (pfn >= upper) { /* not what the kernel does: our block was larger than its own */
			if (e.st & PE_LINK)
				mm_list_add(m, z, h, o, remainder_mt, false);
			else
				gone_before(m, z, h, o, remainder_mt);
			h = upper;
		} else if (!(e.st & PE_LINK) && h != pfn) {
			left_unplaced(m, z, upper, o, remainder_mt);
		} else {
			mm_list_add(m, z, upper, o, remainder_mt, false);
		}
	}
	for (o = order; o < m->nr_orders && mt == remainder_mt && o <= ent_order(&e); o++)
		if (late[o] != MM_NIL)
			put_first(m, z, late[o], o, mt);
	return 1ull << order;
}

/**
 * mm_block_type() - a pageblock turns out to be, or becomes, of type @mt
 * @old_mt: what it was until now if the model doesn't know; SG_MAX_MIGRATETYPES when nothing tells
 * @contradiction: count it when the model thought otherwise
 */
void mm_block_type(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int mt,
		   unsigned int old_mt, bool contradiction)
{
	struct block_ent peek = mm_blk(m, pfn >> m->pb_order), *b;
	uint64_t first = pfn >> m->pb_order << m->pb_order;
	unsigned int foreign = 0;

	if (peek.mt == mt || mt >= SG_MAX_MIGRATETYPES)
		return;
	b = mm_blk_own(m, pfn >> m->pb_order);
	if (b->mt != MM_MT_UNKNOWN) {
		old_mt = b->mt;
		if (contradiction)
			mm_contra_add(m, MM_CONTRA_BLOCK_TYPE);
	} else if (!z->have_type_blocks) {
		old_mt = SG_MAX_MIGRATETYPES; /* it wasn't counted before */
		z->type_blocks[mt]++;
	}
	if (old_mt < SG_MAX_MIGRATETYPES && old_mt != mt) {
		if (z->type_blocks[old_mt])
			z->type_blocks[old_mt]--;
		z->type_blocks[mt]++;
	}
	if (m->nr_block_changes < MM_MAX_BLOCK_CHANGES)
		m->block_change[m->nr_block_changes++] = (struct mm_block_change){
			first, old_mt < SG_MAX_MIGRATETYPES ? (uint8_t)old_mt : MM_MT_UNKNOWN, (uint8_t)mt };
	m->total_block_changes++;
	b->mt = (uint8_t)mt;
	b->changed = (uint32_t)m->core.position;
	for (uint64_t p = first; b->nr[BN_ALLOC] && p < first + (1ull << m->pb_order); p++) {
		const struct page_ent *e = mm_cow_peek(&m->pages, p);

		if (e && ent_state(e) == PS_FREE && ent_order(e) < m->pb_order)
			p += (1ull << ent_order(e)) - 1;
		else
			foreign += e && ent_state(e) == PS_ALLOC && ent_mt(e) != 15 && ent_mt(e) != mt;
	}
	b->nr[BN_FOREIGN] = (uint16_t)foreign;
}

/**
 * mm_block_move() - move the free pages of the pageblock of @pfn to @new_mt's lists
 * Each block goes to the tail, in ascending order.  Source: mm/page_alloc.c: __move_freepages_block(), 6.1 to 7.3
 */
void mm_block_move(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int old_mt,
		   unsigned int new_mt)
{
	uint64_t first = pfn >> m->pb_order << m->pb_order, end = first + (1ull << m->pb_order);
	bool unknown = false;

	if (first < z->start || end > z->end)
		return; /* prep_move_freepages_block() leaves blocks across a zone's border alone */
	for (pfn = first; pfn < end;) {
		struct page_ent e = mm_ent(m, pfn);

		if (ent_state(&e) != PS_FREE) {
			unknown |= ent_state(&e) == PS_UNKNOWN;
			pfn++;
			continue;
		}
		mm_list_del(m, z, pfn, &e, old_mt);
		mm_list_add(m, z, pfn, ent_order(&e), new_mt, true);
		pfn += 1ull << ent_order(&e);
	}
	if (unknown)
		mm_complete_lose(z, 0, m->pb_order, new_mt);
}

size_t mm_free_list(const struct mm_machine *m, unsigned int zone, unsigned int order, unsigned int mt,
		    uint64_t *pfn, size_t max, uint64_t *ret_unplaced)
{
	const struct free_list *l;
	size_t n = 0;

	if (ret_unplaced)
		*ret_unplaced = 0;
	if (zone >= m->core.nr_zones || order >= m->nr_orders || mt >= MM_NR_MT)
		return 0;
	l = &m->core.zone[zone].list[order][mt];
	for (uint32_t p = l->head_first; p != MM_NIL && n < max; p = mm_ent(m, p).a)
		pfn[n++] = mm_out(m, p);
	if (l->nr_unplaced == 0)
		for (uint32_t p = l->tail_first; p != MM_NIL && n < max; p = mm_ent(m, p).a)
			pfn[n++] = mm_out(m, p);
	if (ret_unplaced)
		*ret_unplaced = l->nr_unplaced;
	return n;
}
