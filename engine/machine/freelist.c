// SPDX-License-Identifier: GPL-2.0-only
/* One free list: blocks come onto it and leave it, those of unknown place are counted, and it is walked along. */
#include "machine/freelist.h"

/** Puts the block at @pfn, the head of its pages, on its list; it must not be on one. */
void mm_list_link(struct mm_machine *m, struct zone_state *z, uint64_t pfn, struct page_ent *e, unsigned int order,
		  unsigned int mt, bool tail)
{
	struct free_list *l = mm_list_of(z, order, mt);

	e->st = (uint8_t)((e->st & ~PE_SNAP) | PE_LINK);
	l->nr_linked++;
	e->x = 0;
	if (mt >= SG_MAX_MIGRATETYPES)
		mm_unnamed_add(z, e, tail);
	if (tail) {
		e->a = MM_NIL;
		e->b = l->tail_last;
		if (l->tail_last != MM_NIL)
			mm_ent_own(m, l->tail_last)->a = (uint32_t)pfn;
		else
			l->tail_first = (uint32_t)pfn;
		l->tail_last = (uint32_t)pfn;
		return;
	}
	e->b = MM_NIL;
	e->a = l->head_first;
	if (l->head_first != MM_NIL)
		mm_ent_own(m, l->head_first)->b = (uint32_t)pfn;
	else
		l->head_last = (uint32_t)pfn;
	l->head_first = (uint32_t)pfn;
}

/** The same right before the block at @before, which is linked on that list. */
void mm_list_link_before(struct mm_machine *m, struct zone_state *z, uint64_t pfn, struct page_ent *e, unsigned int order,
			 unsigned int mt, uint64_t before)
{
	struct free_list *l = mm_list_of(z, order, mt);
	struct list_mid *mid = mm_list_mid(z, order, mt);
	uint32_t prev = mm_ent(m, before).b;

	e->st = (uint8_t)((e->st & ~PE_SNAP) | PE_LINK);
	e->x = 0;
	e->a = (uint32_t)before;
	e->b = prev;
	l->nr_linked++;
	mm_ent_own(m, before)->b = (uint32_t)pfn;
	if (prev != MM_NIL) {
		mm_ent_own(m, prev)->a = (uint32_t)pfn;
		return;
	}
	/* @before was the first of a chain */
	if (l->head_first == before)
		l->head_first = (uint32_t)pfn;
	else if (l->tail_first == before)
		l->tail_first = (uint32_t)pfn;
	for (unsigned int i = 0; mid && i < mid->nr; i++)
		if (mid->part[i].first == before)
			mid->part[i].first = (uint32_t)pfn;
}

/* One unplaced block less; of the first gap only when that is the first of the list. */
static void shrink_gap(struct mm_machine *m, struct zone_state *z, unsigned int order, unsigned int mt,
		       enum list_gap of)
{
	struct free_list *l = mm_list_of(z, order, mt);
	struct list_mid *mid = mm_list_mid(z, order, mt);
	uint32_t last = mm_list_gap(z, order, mt);
	unsigned int best;

	if (l->nr_unplaced == l->nr_taken) /* all of them are on no place: it is one of those */
		l->nr_taken--;
	l->nr_unplaced--;
	if (!mid || !mid->nr)
		return;
	best = mid->nr;
	for (unsigned int i = 0; i < mid->nr; i++)
		if (mid->part[i].unplaced > (best < mid->nr ? mid->part[best].unplaced : last))
			best = i;
	if (of == GAP_FIRST && l->head_first == MM_NIL)
		best = 0;
	else if (of == GAP_LAST && last)
		best = mid->nr;
	if (best < mid->nr && mid->part[best].unplaced)
		mid->part[best].unplaced--;
	if (best == mid->nr ? last == 1 : mid->part[best].unplaced == 0)
		mm_list_tidy(m, z, order, mt);
}

/* Takes one unplaced block off the counts: of the list it most likely was on. */
static void unplaced_del(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int order,
			 unsigned int mt_hint, enum list_gap of)
{
	unsigned int mt = mm_blk(m, pfn >> m->pb_order).mt, best = MM_MT_ROW_UNKNOWN;

	if (mt == MM_MT_UNKNOWN)
		mt = mt_hint;
	if (mt >= SG_MAX_MIGRATETYPES)
		mt = MM_MT_ROW_UNKNOWN;
	if (z->list[order][mt].nr_unplaced) {
		shrink_gap(m, z, order, mt, of);
		return;
	}
	/* the counts of the snapshot were read later than the pages: take what there is most of */
	for (unsigned int i = 0; i < MM_NR_MT; i++)
		if (z->list[order][i].nr_unplaced > z->list[order][best].nr_unplaced)
			best = i;
	if (z->list[order][best].nr_unplaced) {
		shrink_gap(m, z, order, best, of);
		return;
	}
	mm_contra_add(m, MM_CONTRA_COUNT_CLAMPED);
}

/* The block is the first or last of a chain: that chain begins or ends elsewhere now. */
static void trim(struct mm_machine *m, struct zone_state *z, unsigned int order, unsigned int mt, uint64_t pfn,
		 uint32_t next, uint32_t prev)
{
	struct free_list *l = mm_list_of(z, order, mt);
	struct list_mid *mid = mm_list_mid(z, order, mt);
	uint32_t *first = NULL, *last = NULL;

	if (l->head_first == pfn)
		first = &l->head_first;
	else if (l->tail_first == pfn)
		first = &l->tail_first;
	if (l->head_last == pfn)
		last = &l->head_last;
	else if (l->tail_last == pfn)
		last = &l->tail_last;
	for (unsigned int i = 0; mid && i < mid->nr; i++) {
		if (mid->part[i].first == pfn)
			first = &mid->part[i].first;
		if (mid->part[i].last == pfn)
			last = &mid->part[i].last;
	}
	if (prev == MM_NIL && first)
		*first = next;
	if (next == MM_NIL && last)
		*last = prev;
	if (prev == MM_NIL && next == MM_NIL && mid && mid->nr)
		mm_list_tidy(m, z, order, mt);
}

/** mm_list_unlink() - mm_list_del(), with @of: from which gap, when it is an unplaced block */
void mm_list_unlink(struct mm_machine *m, struct zone_state *z, uint64_t pfn, const struct page_ent *e,
		    unsigned int mt_hint, enum list_gap of)
{
	unsigned int order = ent_order(e), mt = ent_mt(e) == 15 ? MM_MT_ROW_UNKNOWN : ent_mt(e);
	struct free_list *l;
	uint32_t next = e->a, prev = e->b;

	if (!(e->st & PE_LINK)) {
		unplaced_del(m, z, pfn, order, mt_hint, of);
		return;
	}
	l = mm_list_of(z, order, mt);
	if (mt == MM_MT_ROW_UNKNOWN)
		mm_unnamed_count(z, &(struct page_ent){ .om = e->om, .x = mm_ent(m, pfn).x }, -1);
	if (next != MM_NIL)
		mm_ent_own(m, next)->b = prev;
	if (prev != MM_NIL)
		mm_ent_own(m, prev)->a = next;
	if (l->cycle_first == pfn)
		l->cycle_first = next;
	l->nr_linked--;
	mm_ent_own(m, pfn)->st &= (uint8_t)~PE_LINK;
	if (prev == MM_NIL || next == MM_NIL)
		trim(m, z, order, mt, pfn, next, prev);
}

/**
 * mm_list_del() - take a free block off its list
 * @e:       its head entry
 * @mt_hint: list it was on, where only the snapshot knows the block; SG_MAX_MIGRATETYPES for unknown
 */
void mm_list_del(struct mm_machine *m, struct zone_state *z, uint64_t pfn, const struct page_ent *e,
		 unsigned int mt_hint)
{
	mm_list_unlink(m, z, pfn, e, mt_hint, GAP_LARGEST);
}

/**
 * mm_list_take_unknown() - the first block of a MOVABLE list was taken, it is one of the unplaced
 * It stays counted until an event shows which it is: mm_list_taken_del(), and mm_list_unlink() with GAP_LAST.
 * Return: false when a known block is the first
 */
bool mm_list_take_unknown(struct mm_machine *m, struct zone_state *z, unsigned int order)
{
	struct free_list *l = &z->list[order][MM_MT_MOVABLE];
	struct list_mid *mid = &z->mid[order];

	if (l->head_first != MM_NIL || l->nr_unplaced <= l->nr_taken)
		return false;
	if (mid->nr)
		mid->part[0].unplaced--;
	l->nr_taken++;
	mm_list_tidy(m, z, order, MM_MT_MOVABLE);
	return true;
}

/**
 * mm_list_none_unplaced() - an event shows that the list is empty
 * What it has of blocks of unknown place is on another list: the types' counts were read at another moment than the page
 * flags.  That is the list that has most of them, else nobody knows which.
 */
void mm_list_none_unplaced(struct mm_machine *m, struct zone_state *z, unsigned int order, unsigned int mt)
{
	struct free_list *l = mm_list_of(z, order, mt);
	struct list_mid *mid = mm_list_mid(z, order, mt);
	unsigned int to = MM_MT_ROW_UNKNOWN;

	if (mt >= SG_MAX_MIGRATETYPES || l->nr_unplaced <= l->nr_taken)
		return;
	for (unsigned int t = 0; t < MM_NR_MT; t++)
		if (t != mt && z->list[order][t].nr_unplaced > z->list[order][to].nr_unplaced)
			to = t;
	z->list[order][to].nr_unplaced += l->nr_unplaced - l->nr_taken;
	l->nr_unplaced = l->nr_taken;
	for (unsigned int i = 0; mid && i < mid->nr; i++)
		mid->part[i].unplaced = 0;
	mm_list_tidy(m, z, order, mt);
	for (unsigned int t = 0; to == MM_MT_ROW_UNKNOWN && t < SG_MAX_MIGRATETYPES; t++)
		if (t != mt)
			mm_complete_lose(z, order, order + 1, t);
}

/** One of those blocks is known now, or given up: it is counted in the last gap again. */
void mm_list_taken_del(struct zone_state *z, unsigned int order)
{
	struct free_list *l = &z->list[order][MM_MT_MOVABLE];

	if (l->nr_taken)
		l->nr_taken--;
}

/**
 * mm_list_was_first() - the kernel took the linked block at @pfn from the list: is there a gap before it?
 * Then nothing is left in that gap, and its blocks stand elsewhere.
 */
void mm_list_was_first(struct mm_machine *m, struct zone_state *z, unsigned int order, unsigned int mt, uint64_t pfn)
{
	struct free_list *l = mm_list_of(z, order, mt);
	struct list_mid *mid = mm_list_mid(z, order, mt);

	if (!mid || !mid->nr || l->head_first != MM_NIL || mid->part[0].first != pfn)
		return;
	mid->part[0].unplaced = 0;
	mm_list_tidy(m, z, order, mt);
}

/* ---- from the end to the front ---------------------------------------------------- */

void mm_list_back_begin(const struct zone_state *z, unsigned int order, struct list_walk *b)
{
	const struct free_list *l = &z->list[order][MM_MT_MOVABLE];

	*b = (struct list_walk){ .z = z, .order = order, .at = z->mid[order].nr + 1, .next = l->tail_last };
	b->unplaced = 0;
}

bool mm_list_back_next(const struct mm_machine *m, struct list_walk *b, uint32_t *ret)
{
	const struct free_list *l = &b->z->list[b->order][MM_MT_MOVABLE];
	const struct list_mid *mid = &b->z->mid[b->order];

	/* at: nr + 1 tail part, then down to 0, the head part; before each of those, a gap */
	for (;;) {
		if (b->unplaced) {
			b->unplaced--;
			*ret = MM_NIL;
			return true;
		}
		if (b->next != MM_NIL) {
			*ret = b->next;
			b->next = mm_ent(m, b->next).b;
			return true;
		}
		if (b->at == 0)
			return false;
		b->at--;
		b->unplaced = b->at == mid->nr ? mm_list_gap(b->z, b->order, MM_MT_MOVABLE) : mid->part[b->at].unplaced;
		b->next = b->at ? mid->part[b->at - 1].last : l->head_last;
	}
}

/* ---- from the front to the end ------------------------------------------------------ */

void mm_list_ahead_begin(const struct zone_state *z, unsigned int order, struct list_walk *b)
{
	*b = (struct list_walk){ .z = z, .order = order, .next = z->list[order][MM_MT_MOVABLE].head_first };
}

bool mm_list_ahead_next(const struct mm_machine *m, struct list_walk *b, uint32_t *ret)
{
	const struct list_mid *mid = &b->z->mid[b->order];

	/* at: 0 the head part, then the middle, nr + 1 the tail part; before each but the first, a gap */
	for (;;) {
		if (b->unplaced) {
			b->unplaced--;
			*ret = MM_NIL;
			return true;
		}
		if (b->next != MM_NIL) {
			*ret = b->next;
			b->next = mm_ent(m, b->next).a;
			return true;
		}
		if (b->at > mid->nr)
			return false;
		b->unplaced = b->at == mid->nr ? mm_list_gap(b->z, b->order, MM_MT_MOVABLE) : mid->part[b->at].unplaced;
		b->next = b->at == mid->nr ? b->z->list[b->order][MM_MT_MOVABLE].tail_first : mid->part[b->at].first;
		b->at++;
	}
}
