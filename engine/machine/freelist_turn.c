// SPDX-License-Identifier: GPL-2.0-only
/* A free list is turned: what is behind a place comes to the front, as a search or a pick shows. */
#include "machine/freelist.h"

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
	struct list_stretch s[MM_MAX_STRETCHES];
	unsigned int n = mm_list_gather(z, order, mt, s);

	for (unsigned int i = 0; i < n; i++) {
		if (s[i].first != MM_NIL)
			s[i] = mm_list_loosen(m, l, s[i].first);
	}
	mm_list_put_back(m, z, order, mt, s, n);
	l->cycle_first = l->follow = MM_NIL;
}

/* What begins with stretch @cut comes to the front. */
static void turn(struct mm_machine *m, struct zone_state *z, unsigned int order, unsigned int mt,
		 struct list_stretch *s, unsigned int n, unsigned int cut)
{
	struct list_stretch t[MM_MAX_STRETCHES];

	for (unsigned int i = 0; i < n; i++)
		t[i] = s[(i + cut) % n];
	mm_list_put_back(m, z, order, mt, t, n);
	if (mm_list_of(z, order, mt)->cycle_first != MM_NIL)
		mm_list_rotated(z, order, mt);
}

/* Makes room for one more stretch after number @i. */
static unsigned int widen(struct list_stretch *s, unsigned int n, unsigned int i)
{
	for (unsigned int k = n; k > i + 1; k--)
		s[k] = s[k - 1];
	return n + 1;
}

/* Cuts the chain @i before @pfn, which isn't its first.  Returns the number of stretches. */
static unsigned int cut_chain(struct mm_machine *m, struct list_stretch *s, unsigned int n, unsigned int i,
			      uint32_t pfn)
{
	uint32_t before = mm_ent(m, pfn).b;

	n = widen(s, n, i);
	s[i + 1] = (struct list_stretch){ pfn, s[i].last, 0 };
	s[i].last = before;
	mm_ent_own(m, before)->a = MM_NIL;
	mm_ent_own(m, pfn)->b = MM_NIL;
	return n;
}

/* The stretch that holds the linked block at @pfn; n when none does. */
static unsigned int stretch_of(const struct mm_machine *m, const struct list_stretch *s, unsigned int n, uint32_t pfn)
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
	struct list_stretch s[MM_MAX_STRETCHES];
	struct page_ent e = mm_ent(m, pfn);
	unsigned int n, i;

	if (!(e.st & PE_LINK) || ent_state(&e) != PS_FREE || mt >= SG_MAX_MIGRATETYPES)
		return;
	mm_list_join(m, z, order, mt);
	n = mm_list_gather(z, order, mt, s);
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
	struct list_stretch s[MM_MAX_STRETCHES];
	struct page_ent e = mm_ent(m, pfn);
	unsigned int n, i;

	if (!(e.st & PE_LINK) || ent_state(&e) != PS_FREE || mt >= SG_MAX_MIGRATETYPES)
		return;
	mm_list_join(m, z, order, mt);
	n = mm_list_gather(z, order, mt, s);
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
	struct list_stretch s[MM_MAX_STRETCHES];
	unsigned int n = mm_list_gather(z, order, mt, s), best = n;

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
	struct list_stretch s[MM_MAX_STRETCHES];
	unsigned int n = mm_list_gather(z, order, MM_MT_MOVABLE, s), cut = 0;

	for (unsigned int i = n; i-- > 0 && nr;) {
		cut = i;
		if (s[i].first == MM_NIL) {
			if (nr < s[i].unplaced) {
				n = widen(s, n, i);
				s[++cut] = (struct list_stretch){ MM_NIL, MM_NIL, nr };
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
 * mm_list_gap_shift() - the gap of a MOVABLE list that holds its @at-th block from the end is larger by @by
 * What it gains, the largest other gap loses, and the other way round; as far as there is something to lose.
 */
void mm_list_gap_shift(struct mm_machine *m, struct zone_state *z, unsigned int order, unsigned int at, int by)
{
	struct list_stretch s[MM_MAX_STRETCHES];
	unsigned int n = mm_list_gather(z, order, MM_MT_MOVABLE, s), it = n, other = n;
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
	mm_list_put_back(m, z, order, MM_MT_MOVABLE, s, it);
}
