// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a free list is made of: a chain of blocks in the kernel's order, with gaps where blocks stand that only a
 * snapshot knows.  A search by compaction turns a list: what is behind a place comes to the front.  Then gaps and
 * chains alternate: the head part, the middle (struct list_mid), the last gap, the tail part.
 */
#include "machine/freelist.h"

struct free_list *mm_list_of(struct zone_state *z, unsigned int order, unsigned int mt)
{
	return &z->list[order][mt < SG_MAX_MIGRATETYPES ? mt : MM_MT_ROW_UNKNOWN];
}

/* The middle of a list, NULL when it can't have one: only MOVABLE lists are searched and turned. */
struct list_mid *mm_list_mid(struct zone_state *z, unsigned int order, unsigned int mt)
{
	return mt == MM_MT_MOVABLE ? &z->mid[order] : NULL;
}

uint32_t mm_list_gap(const struct zone_state *z, unsigned int order, unsigned int mt)
{
	const struct free_list *l = &z->list[order][mt];
	uint32_t n = l->nr_unplaced > l->nr_taken ? l->nr_unplaced - l->nr_taken : 0;

	for (unsigned int i = 0; mt == MM_MT_MOVABLE && i < z->mid[order].nr; i++)
		n = n > z->mid[order].part[i].unplaced ? n - z->mid[order].part[i].unplaced : 0;
	return n;
}

/* The stretches of a list from head to tail; gaps of nothing are left out.  Returns how many. */
unsigned int mm_list_gather(const struct zone_state *z, unsigned int order, unsigned int mt, struct list_stretch *s)
{
	const struct free_list *l = &z->list[order][mt];
	uint32_t gap = mm_list_gap(z, order, mt);
	unsigned int n = 0;

	if (l->head_first != MM_NIL)
		s[n++] = (struct list_stretch){ l->head_first, l->head_last, 0 };
	for (unsigned int i = 0; mt == MM_MT_MOVABLE && i < z->mid[order].nr; i++) {
		if (z->mid[order].part[i].unplaced)
			s[n++] = (struct list_stretch){ MM_NIL, MM_NIL, z->mid[order].part[i].unplaced };
		if (z->mid[order].part[i].first != MM_NIL)
			s[n++] = (struct list_stretch){ z->mid[order].part[i].first, z->mid[order].part[i].last, 0 };
	}
	if (gap)
		s[n++] = (struct list_stretch){ MM_NIL, MM_NIL, gap };
	if (l->tail_first != MM_NIL)
		s[n++] = (struct list_stretch){ l->tail_first, l->tail_last, 0 };
	return n;
}

/* Neighbours of the same kind become one. */
static unsigned int melt(struct mm_machine *m, struct list_stretch *s, unsigned int n)
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
static unsigned int middle_chains(const struct list_stretch *s, unsigned int n)
{
	unsigned int k = 0;

	for (unsigned int i = 1; i + 1 < n; i++)
		k += s[i].first != MM_NIL;
	return k;
}

/* The blocks of the chain from @pfn on become unplaced. */
struct list_stretch mm_list_loosen(struct mm_machine *m, struct free_list *l, uint32_t pfn)
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
	return (struct list_stretch){ MM_NIL, MM_NIL, nr };
}

/* More chains than can be told apart: the blocks of one become unplaced. */
static unsigned int dissolve(struct mm_machine *m, struct free_list *l, struct list_stretch *s, unsigned int n)
{
	unsigned int at = n / 2;

	if (s[at].first == MM_NIL)
		at++;
	s[at] = mm_list_loosen(m, l, s[at].first);
	if (l->cycle_first != MM_NIL)
		l->cycle_first = MM_LIST_LOST;
	return melt(m, s, n);
}

/* The list is these stretches from now on. */
void mm_list_put_back(struct mm_machine *m, struct zone_state *z, unsigned int order, unsigned int mt,
		      struct list_stretch *s, unsigned int n)
{
	struct free_list *l = mm_list_of(z, order, mt);
	struct list_mid *mid = mm_list_mid(z, order, mt);
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

void mm_list_tidy(struct mm_machine *m, struct zone_state *z, unsigned int order, unsigned int mt)
{
	struct list_stretch s[MM_MAX_STRETCHES];

	mm_list_put_back(m, z, order, mt, s, mm_list_gather(z, order, mt, s));
}

/** mm_list_join() - without gaps, all parts of a list become its head part */
void mm_list_join(struct mm_machine *m, struct zone_state *z, unsigned int order, unsigned int mt)
{
	struct free_list *l = mm_list_of(z, order, mt);
	struct list_mid *mid = mm_list_mid(z, order, mt);

	if (l->nr_unplaced > l->nr_taken || (l->tail_first == MM_NIL && !(mid && mid->nr)))
		return;
	mm_list_tidy(m, z, order, mt < SG_MAX_MIGRATETYPES ? mt : MM_MT_ROW_UNKNOWN);
}
