// SPDX-License-Identifier: GPL-2.0-only
/* Free blocks whose type becomes known (unnamed.c) go to the places where they have been all the time. */
#include "machine/state.h"

/* A block that is on no list goes onto one, behind @after; MM_NIL: it becomes the first of the part. */
static void insert(struct mm_machine *m, struct free_list *l, uint32_t pfn, uint32_t after, bool tail)
{
	uint32_t *first = tail ? &l->tail_first : &l->head_first, *last = tail ? &l->tail_last : &l->head_last;
	uint32_t before = after == MM_NIL ? *first : mm_ent(m, after).a;
	struct page_ent *e = mm_ent_own(m, pfn);

	e->st |= PE_LINK;
	e->x = 0;
	e->a = before;
	e->b = after;
	l->nr_linked++;
	if (after == MM_NIL)
		*first = pfn;
	else
		mm_ent_own(m, after)->a = pfn;
	if (before == MM_NIL)
		*last = pfn;
	else
		mm_ent_own(m, before)->b = pfn;
}

/*
 * The block at @pfn, with head entry @e, goes to the list of @mt, farther from the end where it was put than all that
 * came there later.  @from: a later one that was put right before, MM_NIL none.  Where the list was turned, no order is known.
 */
static void place(struct mm_machine *m, struct zone_state *z, uint32_t pfn, const struct page_ent *e, unsigned int mt,
		  uint32_t from)
{
	struct free_list *l = mm_list_of(z, ent_order(e), mt);
	bool tail = e->x & MM_UNNAMED_AT_TAIL;
	uint32_t later = from, p;

	mm_list_del(m, z, pfn, e, SG_MAX_MIGRATETYPES);
	mm_ent_own(m, pfn)->om = (uint8_t)(ent_order(e) | mt << 4);
	if (from != MM_NIL)
		p = tail ? mm_ent(m, from).b : mm_ent(m, from).a;
	else
		p = tail ? l->tail_last : l->head_first;
	while (p != MM_NIL && (later == MM_NIL || later != l->cycle_first)) {
		struct page_ent q = mm_ent(m, p);

		if (q.since <= e->since && p != l->cycle_first)
			break;
		later = p;
		p = tail ? q.b : q.a;
	}
	insert(m, l, pfn, tail ? p : later, tail);
}

struct found {
	uint32_t pfn, since;
};

/* The blocks of unknown type in [@pfn, @end), the latest first.  Returns how many. */
static unsigned int gather(const struct mm_machine *m, uint64_t pfn, uint64_t end, struct found *f)
{
	unsigned int n = 0;

	while (pfn < end) {
		struct page_ent e = mm_ent(m, pfn);
		unsigned int k = n;

		if (mm_is_unnamed(&e)) {
			for (; k > 0 && f[k - 1].since < e.since; k--)
				f[k] = f[k - 1];
			f[k] = (struct found){ (uint32_t)pfn, e.since };
			n++;
		}
		pfn += ent_state(&e) == PS_FREE ? 1ull << ent_order(&e) : 1;
	}
	return n;
}

/** mm_unnamed_named() - an event has named the type of the pageblock of @pfn: its free blocks go to that type's lists */
void mm_unnamed_named(struct mm_machine *m, struct zone_state *z, uint64_t pfn)
{
	uint64_t first = pfn >> m->pb_order << m->pb_order, end = first + (1ull << m->pb_order), head;
	unsigned int mt = mm_blk(m, pfn >> m->pb_order).mt, n;
	struct found f[1 << (MM_MAX_ORDERS - 1)];
	uint32_t last[MM_MAX_ORDERS][2];
	struct page_ent e;

	if (mt >= SG_MAX_MIGRATETYPES)
		return;
	if (mm_head_of(m, first, &head, &e))
		first = head; /* a block of more than one pageblock */
	/* a pageblock may be of two zones */
	n = gather(m, first > z->start ? first : z->start, end < z->end ? end : z->end, f);
	for (unsigned int o = 0; o < m->nr_orders; o++)
		last[o][0] = last[o][1] = MM_NIL;
	for (unsigned int i = 0; i < n; i++) {
		uint32_t *from;

		e = mm_ent(m, f[i].pfn);
		from = &last[ent_order(&e)][(e.x & MM_UNNAMED_AT_TAIL) != 0];
		place(m, z, f[i].pfn, &e, mt, *from);
		*from = f[i].pfn;
	}
}
