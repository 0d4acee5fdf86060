// SPDX-License-Identifier: GPL-2.0-only
/*
 * One free list: a chain of blocks in the kernel's order, with gaps where blocks stand that only a snapshot
 * knows.  A search by compaction turns a list: what is behind a place comes to the front.  Then gaps and
 * chains alternate: the head part, the middle (struct list_mid), the last gap, the tail part.
 */
#include "mm_state.h"

struct free_list *mm_list_of(struct zone_state *z, unsigned int order, unsigned int mt)
{
	return &z->list[order][mt < SG_MAX_MIGRATETYPES ? mt : MM_MT_ROW_UNKNOWN];
}

/* The middle of a list, NULL when it can't have one: only MOVABLE lists are searched and turned. */
static struct list_mid *mid_of(struct zone_state *z, unsigned int order, unsigned int mt)
{
	return mt == MM_MT_MOVABLE ? &z->mid[order] : NULL;
}

/* A stretch of a list: a chain of linked blocks, or (first == MM_NIL) so many unplaced ones. */
struct stretch {
	uint32_t first, last, unplaced;
};
#define MAX_STRETCHES (2 * MM_LIST_PARTS + 6)

uint32_t mm_list_gap(const struct zone_state *z, unsigned int order, unsigned int mt)
{
	const struct free_list *l = &z->list[order][mt];
	uint32_t n = l->nr_unplaced > l->nr_taken ? l->nr_unplaced - l->nr_taken : 0;

	for (unsigned int i = 0; mt == MM_MT_MOVABLE && i < z->mid[order].nr; i++)
		n = n > z->mid[order].part[i].unplaced ? n - z->mid[order].part[i].unplaced : 0;
	return n;
}

/* The stretches of a list from head to tail; gaps of nothing are left out.  Returns how many. */
static unsigned int gather(const struct zone_state *z, unsigned int order, unsigned int mt, struct stretch *s)
{
	const struct free_list *l = &z->list[order][mt];
	uint32_t gap = mm_list_gap(z, order, mt);
	unsigned int n = 0;

	if (l->head_first != MM_NIL)
		s[n++] = (struct stretch){ l->head_first, l->head_last, 0 };
	for (unsigned int i = 0; mt == MM_MT_MOVABLE && i < z->mid[order].nr; i++) {
		if (z->mid[order].part[i].unplaced)
			s[n++] = (struct stretch){ MM_NIL, MM_NIL, z->mid[order].part[i].unplaced };
		if (z->mid[order].part[i].first != MM_NIL)
			s[n++] = (struct stretch){ z->mid[order].part[i].first, z->mid[order].part[i].last, 0 };
	}
	if (gap)
		s[n++] = (struct stretch){ MM_NIL, MM_NIL, gap };
	if (l->tail_first != MM_NIL)
		s[n++] = (struct stretch){ l->tail_first, l->tail_last, 0 };
	return n;
}

/* Neighbours of the same kind become one. */
static unsigned int melt(struct mm_machine *m, struct stretch *s, unsigned int n)
{
	unsigned int k = 0;

	for (unsigned int i = 0; i < n; i++) {
		if (k && s[k - 1].first == MM_NIL && s[i].first == MM_NIL) {
			s[k - 1].unplaced += s[i].unplaced;
		} else if (k && s[k - 1].first != MM_NIL && s[i].first != MM_NIL) {
			mm_ent_own(m, s[k - 1].last)->a = s[i].first;
			mm_ent_own(m, s[i].first)->b = s[k - 1].last;
			s[k - 1].last = s[i].last;
		} else {
			s[k++] = s[i];
		}
	}
	return k;
}

/* Chains that are neither the first nor the last of the list. */
static unsigned int middle_chains(const struct stretch *s, unsigned int n)
{
	unsigned int k = 0;

	for (unsigned int i = 1; i + 1 < n; i++)
		k += s[i].first != MM_NIL;
	return k;
}

/* The blocks of the chain from @pfn on become unplaced. */
static struct stretch loosen(struct mm_machine *m, struct free_list *l, uint32_t pfn)
{
	uint32_t nr = 0;

	for (uint32_t p = pfn; p != MM_NIL; nr++) {
		struct page_ent *e = mm_ent_own(m, p);

		p = e->a;
		e->st &= (uint8_t)~PE_LINK;
		e->a = e->b = MM_NIL;
	}
	l->nr_linked -= nr;
	l->nr_unplaced += nr;
	return (struct stretch){ MM_NIL, MM_NIL, nr };
}

/* More chains than can be told apart: the blocks of one become unplaced. */
static unsigned int dissolve(struct mm_machine *m, struct free_list *l, struct stretch *s, unsigned int n)
{
	unsigned int at = n / 2;

	if (s[at].first == MM_NIL)
		at++;
	s[at] = loosen(m, l, s[at].first);
	if (l->cycle_first != MM_NIL)
		l->cycle_first = MM_LIST_LOST;
	return melt(m, s, n);
}

/* The list is these stretches from now on. */
static void put_back(struct mm_machine *m, struct zone_state *z, unsigned int order, unsigned int mt, struct stretch *s,
		     unsigned int n)
{
	struct free_list *l = mm_list_of(z, order, mt);
	struct list_mid *mid = mid_of(z, order, mt);
	unsigned int from = 0, to;

	n = melt(m, s, n);
	while (mid && middle_chains(s, n) > MM_LIST_PARTS)
		n = dissolve(m, l, s, n);
	l->head_first = l->head_last = l->tail_first = l->tail_last = MM_NIL;
	if (mid)
		mid->nr = 0;
	to = n;
	if (from < to && s[from].first != MM_NIL) {
		l->head_first = s[from].first;
		l->head_last = s[from++].last;
	}
	if (from < to && s[to - 1].first != MM_NIL) {
		l->tail_first = s[--to].first;
		l->tail_last = s[to].last;
	}
	/* gaps and chains alternate now, a gap at both ends; the last one is what the others leave */
	for (; mid && from + 1 < to; from += 2) {
		mid->part[mid->nr].unplaced = s[from].unplaced;
		mid->part[mid->nr].first = s[from + 1].first;
		mid->part[mid->nr++].last = s[from + 1].last;
	}
}

static void tidy(struct mm_machine *m, struct zone_state *z, unsigned int order, unsigned int mt)
{
	struct stretch s[MAX_STRETCHES];

	put_back(m, z, order, mt, s, gather(z, order, mt, s));
}

/** mm_list_join() - without gaps, all parts of a list become its head part */
void mm_list_join(struct mm_machine *m, struct zone_state *z, unsigned int order, unsigned int mt)
{
	struct free_list *l = mm_list_of(z, order, mt);
	struct list_mid *mid = mid_of(z, order, mt);

	if (l->nr_unplaced > l->nr_taken || (l->tail_first == MM_NIL && !(mid && mid->nr)))
		return;
	tidy(m, z, order, mt < SG_MAX_MIGRATETYPES ? mt : MM_MT_ROW_UNKNOWN);
}

/** Puts the block at @pfn, the head of its pages, on its list; it must not be on one. */
void mm_list_link(struct mm_machine *m, struct zone_state *z, uint64_t pfn, struct page_ent *e, unsigned int order,
		  unsigned int mt, bool tail)
{
	struct free_list *l = mm_list_of(z, order, mt);

	e->st = (uint8_t)((e->st & ~PE_SNAP) | PE_LINK);
	l->nr_linked++;
	e->x = 0;
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

/* One unplaced block less; of the first gap only when that is the first of the list. */
static void shrink_gap(struct mm_machine *m, struct zone_state *z, unsigned int order, unsigned int mt, enum list_gap of)
{
	struct free_list *l = mm_list_of(z, order, mt);
	struct list_mid *mid = mid_of(z, order, mt);
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
		tidy(m, z, order, mt);
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
	struct list_mid *mid = mid_of(z, order, mt);
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
		tidy(m, z, order, mt);
}

/** mm_list_unlink() - mm_list_del(), with @of: from which gap, when it is an unplaced block */
void mm_list_unlink(struct mm_machine *m, struct zone_state *z, uint64_t pfn, const struct page_ent *e, unsigned int mt_hint,
		    enum list_gap of)
{
	unsigned int order = ent_order(e), mt = ent_mt(e) == 15 ? MM_MT_ROW_UNKNOWN : ent_mt(e);
	struct free_list *l;
	uint32_t next = e->a, prev = e->b;

	if (!(e->st & PE_LINK)) {
		unplaced_del(m, z, pfn, order, mt_hint, of);
		return;
	}
	l = mm_list_of(z, order, mt);
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
void mm_list_del(struct mm_machine *m, struct zone_state *z, uint64_t pfn, const struct page_ent *e, unsigned int mt_hint)
{
	mm_list_unlink(m, z, pfn, e, mt_hint, GAP_LARGEST);
}

/* ---- turning ---------------------------------------------------------------- */

/** The list was rotated, nobody knows how far: what is on it now stands in an unknown, cyclic order. */
void mm_list_rotated(struct zone_state *z, unsigned int order, unsigned int mt)
{
	struct free_list *l = mm_list_of(z, order, mt);

	if (l->nr_linked + l->nr_unplaced > 1 && l->nr_linked)
		l->cycle_first = l->head_first != MM_NIL ? l->head_first : MM_LIST_LOST;
}

/** The order of the list isn't known any more: all that is on it is of unknown place. */
void mm_list_forget(struct mm_machine *m, struct zone_state *z, unsigned int order, unsigned int mt)
{
	struct free_list *l = mm_list_of(z, order, mt);
	struct stretch s[MAX_STRETCHES];
	unsigned int n = gather(z, order, mt, s);

	for (unsigned int i = 0; i < n; i++) {
		if (s[i].first != MM_NIL)
			s[i] = loosen(m, l, s[i].first);
	}
	put_back(m, z, order, mt, s, n);
	l->cycle_first = l->follow = MM_NIL;
}

/* What begins with stretch @cut comes to the front. */
static void turn(struct mm_machine *m, struct zone_state *z, unsigned int order, unsigned int mt, struct stretch *s,
		 unsigned int n, unsigned int cut)
{
	struct stretch t[MAX_STRETCHES];

	for (unsigned int i = 0; i < n; i++)
		t[i] = s[(i + cut) % n];
	put_back(m, z, order, mt, t, n);
	if (mm_list_of(z, order, mt)->cycle_first != MM_NIL)
		mm_list_rotated(z, order, mt);
}

/* Makes room for one more stretch after number @i. */
static unsigned int widen(struct stretch *s, unsigned int n, unsigned int i)
{
	for (unsigned int k = n; k > i + 1; k--)
		s[k] = s[k - 1];
	return n + 1;
}

/* Cuts the chain @i before @pfn, which isn't its first.  Returns the number of stretches. */
static unsigned int cut_chain(struct mm_machine *m, struct stretch *s, unsigned int n, unsigned int i, uint32_t pfn)
{
	uint32_t before = mm_ent(m, pfn).b;

	n = widen(s, n, i);
	s[i + 1] = (struct stretch){ pfn, s[i].last, 0 };
	s[i].last = before;
	mm_ent_own(m, before)->a = MM_NIL;
	mm_ent_own(m, pfn)->b = MM_NIL;
	return n;
}

/* The stretch that holds the linked block at @pfn; n when none does. */
static unsigned int stretch_of(const struct mm_machine *m, const struct stretch *s, unsigned int n, uint32_t pfn)
{
	uint32_t back = pfn, ahead = pfn, p;

	if (n == 1)
		return 0;
	/* whichever end is nearer */
	for (;;) {
		p = mm_ent(m, back).b;
		if (p == MM_NIL)
			break;
		back = p;
		p = mm_ent(m, ahead).a;
		if (p == MM_NIL)
			break;
		ahead = p;
	}
	for (unsigned int i = 0; i < n; i++)
		if (s[i].first != MM_NIL && (s[i].first == back || s[i].last == ahead))
			return i;
	return n;
}

/**
 * mm_list_rotate() - the block at @pfn becomes the first of its list, what was before it goes to the tail
 * Source: mm/compaction.c: move_freelist_head(), 6.1 to 7.3
 */
void mm_list_rotate(struct mm_machine *m, struct zone_state *z, unsigned int order, unsigned int mt, uint64_t pfn)
{
	struct stretch s[MAX_STRETCHES];
	struct page_ent e = mm_ent(m, pfn);
	unsigned int n, i;

	if (!(e.st & PE_LINK) || ent_state(&e) != PS_FREE || mt >= SG_MAX_MIGRATETYPES)
		return;
	mm_list_join(m, z, order, mt);
	n = gather(z, order, mt, s);
	i = stretch_of(m, s, n, (uint32_t)pfn);
	if (i == n)
		return;
	if (s[i].first == pfn) {
		if (i)
			turn(m, z, order, mt, s, n, i);
		return;
	}
	n = cut_chain(m, s, n, i, (uint32_t)pfn);
	turn(m, z, order, mt, s, n, i + 1);
}

/**
 * mm_list_rotate_after() - the block at @pfn becomes the last of its list, what was behind it comes first
 * Source: mm/compaction.c: move_freelist_tail(), 6.1 to 7.3
 */
void mm_list_rotate_after(struct mm_machine *m, struct zone_state *z, unsigned int order, unsigned int mt, uint64_t pfn)
{
	struct stretch s[MAX_STRETCHES];
	struct page_ent e = mm_ent(m, pfn);
	unsigned int n, i;

	if (!(e.st & PE_LINK) || ent_state(&e) != PS_FREE || mt >= SG_MAX_MIGRATETYPES)
		return;
	mm_list_join(m, z, order, mt);
	n = gather(z, order, mt, s);
	i = stretch_of(m, s, n, (uint32_t)pfn);
	if (i == n)
		return;
	e = mm_ent(m, pfn);
	if (s[i].last != pfn)
		n = cut_chain(m, s, n, i, e.a);
	if (i + 1 < n)
		turn(m, z, order, mt, s, n, i + 1);
}

/* The largest gap comes first. */
static void rotate_to_gap(struct mm_machine *m, struct zone_state *z, unsigned int order, unsigned int mt)
{
	struct stretch s[MAX_STRETCHES];
	unsigned int n = gather(z, order, mt, s), best = n;

	for (unsigned int i = 0; i < n; i++)
		if (s[i].first == MM_NIL && (best == n || s[i].unplaced > s[best].unplaced))
			best = i;
	if (best < n && best > 0)
		turn(m, z, order, mt, s, n, best);
}

/**
 * mm_list_realign() - the kernel picks the block at @pfn, with head entry @e, from this list
 * One pick that isn't of our first block may be of a block that stands in the wrong place.  A second one, of
 * just what follows the first, shows that the list begins there.
 */
void mm_list_realign(struct mm_machine *m, struct zone_state *z, unsigned int order, unsigned int mt, uint64_t pfn,
		     const struct page_ent *e)
{
	struct free_list *l = mm_list_of(z, order, mt);
	bool linked = e->st & PE_LINK;
	uint32_t follow = l->follow;

	l->follow = MM_NIL;
	if (l->head_first == MM_NIL || l->head_first == pfn)
		return;
	if (follow != (linked ? (uint32_t)pfn : MM_LIST_LOST)) {
		l->follow = linked ? e->a : MM_LIST_LOST;
		return;
	}
	if (linked)
		mm_list_rotate(m, z, order, mt, pfn);
	else
		rotate_to_gap(m, z, order, mt);
}

/**
 * mm_list_turn() - the @nr-th block of a MOVABLE list, counted from its end, becomes the first
 * Whether it is linked or unplaced; a list of @nr blocks or fewer stays as it is.
 */
void mm_list_turn(struct mm_machine *m, struct zone_state *z, unsigned int order, unsigned int nr)
{
	struct stretch s[MAX_STRETCHES];
	unsigned int n = gather(z, order, MM_MT_MOVABLE, s), cut = 0;

	for (unsigned int i = n; i-- > 0 && nr;) {
		cut = i;
		if (s[i].first == MM_NIL) {
			if (nr < s[i].unplaced) {
				n = widen(s, n, i);
				s[++cut] = (struct stretch){ MM_NIL, MM_NIL, nr };
				s[i].unplaced -= nr;
				nr = 0;
			} else {
				nr -= s[i].unplaced;
			}
			continue;
		}
		for (uint32_t p = s[i].last; p != MM_NIL && nr; p = mm_ent(m, p).b)
			if (--nr == 0 && p != s[i].first) {
				n = cut_chain(m, s, n, i, p);
				cut++;
				break;
			}
	}
	if (nr == 0 && cut > 0)
		turn(m, z, order, MM_MT_MOVABLE, s, n, cut);
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
	tidy(m, z, order, MM_MT_MOVABLE);
	return true;
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
	struct list_mid *mid = mid_of(z, order, mt);

	if (!mid || !mid->nr || l->head_first != MM_NIL || mid->part[0].first != pfn)
		return;
	mid->part[0].unplaced = 0;
	tidy(m, z, order, mt);
}

/**
 * mm_list_gap_shift() - the gap of a MOVABLE list that holds its @at-th block from the end is larger by @by
 * What it gains, the largest other gap loses, and the other way round; as far as there is something to lose.
 */
void mm_list_gap_shift(struct mm_machine *m, struct zone_state *z, unsigned int order, unsigned int at, int by)
{
	struct stretch s[MAX_STRETCHES];
	unsigned int n = gather(z, order, MM_MT_MOVABLE, s), it = n, other = n;
	uint32_t move;

	for (unsigned int i = n; i-- > 0;) {
		uint32_t len = s[i].unplaced;

		if (s[i].first != MM_NIL)
			for (uint32_t p = s[i].last; p != MM_NIL && len < at; p = mm_ent(m, p).b)
				len++;
		if (it == n && at <= len) {
			it = s[i].first == MM_NIL ? i : n;
			break;
		}
		at -= len;
	}
	for (unsigned int i = 0; i < n; i++)
		if (i != it && s[i].first == MM_NIL && (other == n || s[i].unplaced > s[other].unplaced))
			other = i;
	if (it == n || other == n)
		return;
	move = (uint32_t)(by < 0 ? -by : by);
	if (by < 0) {
		unsigned int swap = it;

		it = other;
		other = swap;
	}
	if (move > s[other].unplaced)
		move = s[other].unplaced;
	s[other].unplaced -= move;
	s[it].unplaced += move;
	/* a gap of nothing is left out */
	it = 0;
	for (unsigned int i = 0; i < n; i++)
		if (s[i].first != MM_NIL || s[i].unplaced)
			s[it++] = s[i];
	put_back(m, z, order, MM_MT_MOVABLE, s, it);
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
