// SPDX-License-Identifier: GPL-2.0-only
/*
 * The buddy lists: linking, merging, splitting, moving a pageblock's free pages to
 * another migratetype.  Order within the lists is the kernel's: LIFO, with the tail
 * rules of __free_one_page() and move_to_free_list() (mm/page_alloc.c, 6.1 to 7.3).
 */
#include "machine/state.h"

/** Page @pfn (free, or about to be) becomes the head of a block that is on no list yet. */
struct page_ent *mm_buddy_head(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int order, unsigned int mt)
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

/** Page @pfn, on no list any more, is inside a free block from now on, or about to leave one. */
void mm_buddy_inside(struct mm_machine *m, struct zone_state *z, uint64_t pfn)
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
	struct page_ent *e = mm_buddy_head(m, z, pfn, order, mt);

	if (tail && mt < SG_MAX_MIGRATETYPES && !mm_complete_list(z, order, mt))
		e->x |= PE_X_BEHIND;
	mm_list_link(m, z, pfn, e, order, mt, tail);
}

/* The same right before the block at @before, which is linked on the same list. */
static void add_before(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int order, unsigned int mt,
		       uint64_t before)
{
	mm_list_link_before(m, z, pfn, mm_buddy_head(m, z, pfn, order, mt), order, mt, before);
}

/* mm_list_put(); @reported: the block bears the mark of those that the host knows to be free */
static void put(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int order, unsigned int mt, bool tail,
		enum mm_place_why why, bool reported)
{
	struct mm_place_at at = { .tail = tail, .before = MM_NO_PFN };

	if (__builtin_expect(m->placer != NULL, 0) && m->placer->place)
		m->placer->place(m->placer->arg, z, pfn, order, mt, why, &at);
	if (at.before != MM_NO_PFN)
		add_before(m, z, pfn, order, mt, at.before);
	else
		mm_list_add(m, z, pfn, order, mt, at.tail);
	if (reported)
		mm_ent_own(m, pfn)->x |= PE_X_REPORTED;
	if (__builtin_expect(m->placer != NULL, 0) && m->placer->came)
		m->placer->came(m->placer->arg, z, pfn, order, mt, why);
}

/** mm_list_add(), but where there is a policy it may have another place for the block. */
void mm_list_put(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int order, unsigned int mt, bool tail,
		 enum mm_place_why why)
{
	put(m, z, pfn, order, mt, tail, why, false);
}

/**
 * mm_list_move() - the free block at @pfn goes to the tail of another list
 * @old_mt: list it was on, where only a snapshot knows it; SG_MAX_MIGRATETYPES for unknown
 * Whether it is reported to the host stays as it was.
 * Source: mm/page_alloc.c: move_to_free_list(), 6.1 to 7.3
 */
void mm_list_move(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int old_mt, unsigned int mt)
{
	struct page_ent e = mm_ent(m, pfn);
	bool reported = (e.st & PE_LINK) && (e.x & PE_X_REPORTED);

	mm_list_goes(m, z, pfn, &e, MM_GONE_MOVED);
	mm_list_del(m, z, pfn, &e, old_mt);
	put(m, z, pfn, ent_order(&e), mt, true, MM_PLACE_MOVED, reported);
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
 * Return: the block that it became, or that @opts->capture took on its way: that one is on no list, its pages keep a free state
 * Source: mm/page_alloc.c: __free_one_page(), buddy_merge_likely(), 6.1 to 7.3
 */
struct mm_freed mm_buddy_free_with(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int order,
				   unsigned int mt, const struct mm_free_opts *opts)
{
	struct page_ent as = { .om = 0xf0, .a = MM_NIL, .b = MM_NIL, .since = (uint32_t)m->core.position }, e;
	unsigned int not = 0, was = order;
	bool to_tail = opts->to_tail;

	mm_set_state(m, z, pfn, 1u << order, PS_FREE, &as);
	while (order < m->nr_orders - 1) {
		uint64_t buddy = pfn ^ (1ull << order);

		if (opts->capture && opts->capture(opts->arg, pfn, order, mt))
			return (struct mm_freed){ .pfn = pfn, .order = order, .captured = true };
		if (!is_buddy(m, z, buddy, order, &e))
			break;
		if (order >= m->pb_order) {
			unsigned int bmt = mm_blk(m, buddy >> m->pb_order).mt;

			if (bmt != MM_MT_UNKNOWN && bmt != mt && mt < SG_MAX_MIGRATETYPES &&
			    (bmt >= MM_NR_PCPTYPES || mt >= MM_NR_PCPTYPES))
				break;
			mm_list_goes(m, z, buddy, &e, MM_GONE_MERGED);
			mm_list_del(m, z, buddy, &e, mt);
			if (m->hygiene && mt < SG_MAX_MIGRATETYPES)
				match_type(m, z, buddy, order, mt);
		} else {
			not |= mm_unnamed_is_not(&e);
			mm_list_goes(m, z, buddy, &e, MM_GONE_MERGED);
			mm_list_del(m, z, buddy, &e, mt);
		}
		mm_buddy_inside(m, z, buddy > pfn ? buddy : pfn);
		pfn &= ~(1ull << order);
		order++;
	}
	if (!to_tail && opts->shuffle && order >= m->nr_orders - 1) {
		to_tail = opts->shuffle(opts->arg);
	} else if (!to_tail && order < m->nr_orders - 2) {
		to_tail = is_buddy(m, z, neighbour_of(pfn, order), order + 1, &e);
	}
	/* a block that merges is reported again, as a larger one */
	put(m, z, pfn, order, mt, to_tail, opts->returned ? MM_PLACE_RETURNED : MM_PLACE_FREED, opts->returned && order == was);
	mm_unnamed_exclude(m, z, pfn, not);
	return (struct mm_freed){ .pfn = pfn, .order = order };
}

/** mm_buddy_free() - mm_buddy_free_with() where nobody has a say; @to_tail: force the tail (FPI_TO_TAIL) */
struct mm_freed mm_buddy_free(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int order,
			      unsigned int mt, bool to_tail)
{
	const struct mm_free_opts opts = { .to_tail = to_tail };

	return mm_buddy_free_with(m, z, pfn, order, mt, &opts);
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
		mm_list_goes(m, z, pfn, &e, MM_GONE_TAKEN);
		mm_list_del(m, z, pfn, &e, SG_MAX_MIGRATETYPES);
		mm_buddy_inside(m, z, pfn);
		freed += 1ull << ent_order(&e);
		pfn += 1ull << ent_order(&e);
	}
	return freed;
}

/**
 * mm_buddy_split() - take [@pfn, +2^@order) out of the free block at @head, with head entry @e, as expand() does
 * @mt:           list that the block is on where only a snapshot knows it; SG_MAX_MIGRATETYPES when unknown
 * @remainder_mt: list that the split-off halves go to, each to the head
 * Where @pfn isn't the block's first page, the halves below it are put on the lists as those above are.  The kernel always
 * takes the first.  The pages taken keep a free state until the caller sets another.
 * Source: mm/page_alloc.c: page_del_and_expand(), expand(), 6.1 to 7.3
 */
void mm_buddy_split(struct mm_machine *m, struct zone_state *z, uint64_t head, const struct page_ent *e, uint64_t pfn,
		    unsigned int order, unsigned int mt, unsigned int remainder_mt)
{
	unsigned int o = ent_order(e);

	mm_list_goes(m, z, head, e, o > order ? MM_GONE_SPLIT : MM_GONE_TAKEN);
	mm_list_unlink(m, z, head, e, mt, mt < SG_MAX_MIGRATETYPES ? GAP_FIRST : GAP_LARGEST);
	mm_buddy_inside(m, z, head);
	while (o > order) {
		uint64_t upper = head + (1ull << --o);

		mm_list_put(m, z, pfn >= upper ? head : upper, o, remainder_mt, false, MM_PLACE_SPLIT);
		if (pfn >= upper)
			head = upper;
	}
}

/**
 * mm_buddy_take() - mm_buddy_split() of the free block that [@pfn, +2^@order) lies in
 * Where it lies in none, what is free of it leaves the lists.
 * Return: pages of it that were free: 2^@order, or fewer where it wasn't one free block
 */
uint64_t mm_buddy_take(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int order,
		       unsigned int mt, unsigned int remainder_mt)
{
	struct page_ent e;
	uint64_t head;

	if (!mm_head_of(m, pfn, &head, &e) || ent_order(&e) < order)
		return mm_buddy_remove_range(m, z, pfn, order);
	mm_buddy_split(m, z, head, &e, pfn, order, mt, remainder_mt);
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
		mm_list_move(m, z, pfn, old_mt, new_mt);
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
