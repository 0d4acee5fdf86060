// SPDX-License-Identifier: GPL-2.0-only
/*
 * The per-cpu lists at a run's start.
 *
 * A snapshot shows a page on a per-cpu list as one in use, without marks.  Later events tell (demand/ahead.c); those pages
 * stand between what the observed machine saw being freed to the list, at its head, and what it saw a refill bring, at its tail.
 */
#include "sim/start.h"

#include <stdlib.h>

/* A block that an event shows to have been on a list. */
struct told {
	uint32_t set;  /* zone * nr_cpus + cpu */
	uint32_t at, pfn;
	uint8_t list, order, mt;
	bool tail;     /* it leaves at the tail */
};

struct tolds {
	struct told *v;
	size_t nr, cap;
};

/* From head to tail: those that leave at the head, the first one first; then those that leave at the tail, the first one last. */
static int by_place(const void *a, const void *b)
{
	const struct told *x = a, *y = b;

	if (x->set != y->set)
		return x->set < y->set ? -1 : 1;
	if (x->list != y->list)
		return x->list < y->list ? -1 : 1;
	if (x->tail != y->tail)
		return x->tail ? 1 : -1;
	if (x->at != y->at)
		return (x->at < y->at) != x->tail ? -1 : 1;
	return x->pfn < y->pfn ? -1 : x->pfn > y->pfn;
}

/* Does the machine know no better of any page of the block than that it is in use, from a snapshot? */
static bool open_block(const struct mm_machine *m, uint64_t pfn, unsigned int order)
{
	for (uint64_t p = pfn; p < pfn + (UINT64_C(1) << order); p++) {
		struct page_ent e = mm_ent(m, p);

		if (ent_state(&e) != PS_UNKNOWN && (ent_state(&e) != PS_ALLOC || !(e.st & PE_SNAP)))
			return false;
	}
	return true;
}

static void add(struct start *st, struct tolds *t, uint64_t pfn, const struct mm_ahead_page *a)
{
	const struct mm_machine *m = st->s->m;
	int zi = mm_zone_index(m, pfn);
	unsigned int mt = a->mt;

	if (zi < 0 || a->cpu >= m->nr_cpus || !mm_pcp_order(m, a->order) || (pfn & ((UINT64_C(1) << a->order) - 1)) ||
	    m->core.zone[zi].end - pfn < UINT64_C(1) << a->order || !open_block(m, pfn, a->order))
		return;
	if (mt >= SG_MAX_MIGRATETYPES)
		mt = mm_blk(m, pfn >> m->pb_order).mt;
	if (t->nr == t->cap)
		t->v = mm_start_grow(st, t->v, &t->cap, sizeof(*t->v));
	if (t->nr < t->cap)
		t->v[t->nr++] = (struct told){ .set = (uint32_t)zi * m->nr_cpus + a->cpu, .at = a->at, .pfn = (uint32_t)pfn,
					       .list = (uint8_t)mm_pindex(m, a->order, mt), .order = a->order,
					       .mt = (uint8_t)mt, .tail = a->where == MM_AHEAD_TAIL };
}

static void collect(struct start *st, struct tolds *t)
{
	struct mm_ahead_page a;

	for (uint64_t pfn = 0; mm_ahead_next(st->ahead, &pfn, &a); pfn++)
		if (a.where == MM_AHEAD_HEAD || a.where == MM_AHEAD_TAIL)
			add(st, t, pfn, &a);
		else
			st->facts->used_told += a.where == MM_AHEAD_USED;
	if (t->nr)
		qsort(t->v, t->nr, sizeof(*t->v), by_place);
}

/* The blocks of a refill at the tail of list @l of a set are taken off for a while; head first into st->block. */
static void take_refilled(struct start *st, struct zone_state *z, const struct pcp_state *p, unsigned int l)
{
	struct mm_machine *m = st->s->m;

	st->nr = 0;
	for (uint32_t pfn = p->list[l].last; pfn != MM_NIL;) {
		struct page_ent e = mm_ent(m, pfn);

		if ((e.x & 3) != PCP_FROM_REFILL)
			break;
		if (st->nr == st->cap)
			st->block = mm_start_grow(st, st->block, &st->cap, sizeof(*st->block));
		if (st->nr == st->cap)
			return;
		st->block[st->nr++] = pfn;
		pfn = e.b;
	}
	for (size_t i = 0; i < st->nr; i++) {
		struct page_ent e = mm_ent(m, st->block[i]);

		mm_pcp_del(m, z, st->block[i], &e);
	}
}

/* One list of one set: blocks [@from, @to) of @t come to it. */
static void fill_list(struct start *st, const struct tolds *t, size_t from, size_t to)
{
	struct mm_machine *m = st->s->m;
	unsigned int zi = t->v[from].set / m->nr_cpus, cpu = t->v[from].set % m->nr_cpus;
	struct zone_state *z = &m->core.zone[zi];
	const struct pcp_state *p = mm_cow_peek(&m->pcp, t->v[from].set);

	st->nr = 0;
	if (p)
		take_refilled(st, z, p, t->v[from].list);
	for (size_t i = from; i < to; i++) {
		mm_pcp_add(m, z, cpu, t->v[i].pfn, t->v[i].order, t->v[i].mt, true, PCP_FROM_BATCH);
		st->facts->pcp_told += UINT64_C(1) << t->v[i].order;
	}
	for (size_t i = st->nr; i-- > 0;) {
		struct page_ent e = mm_ent(m, st->block[i]);

		mm_pcp_add(m, z, cpu, st->block[i], ent_order(&e), ent_mt(&e), true, PCP_FROM_REFILL);
	}
}

/* Pages that the observed machine has on per-cpu lists of it doesn't know which CPU. */
static void settle_unplaced(struct start *st, uint64_t pfn, const struct page_ent *e)
{
	struct mm_machine *m = st->s->m;
	unsigned int mt = ent_mt(e);

	if (ent_state(e) != PS_PCP || (e->st & PE_LINK) || (pfn & ((UINT64_C(1) << ent_order(e)) - 1)))
		return;
	if (mt >= SG_MAX_MIGRATETYPES)
		mt = mm_blk(m, pfn >> m->pb_order).mt;
	st->facts->pcp_unplaced += UINT64_C(1) << ent_order(e);
	mm_pcp_add(m, st->z, 0, pfn, ent_order(e), mt, true, PCP_FROM_BATCH);
}

/** The per-cpu lists get what was on them. */
void mm_start_pcp(struct start *st)
{
	struct mm_machine *m = st->s->m;
	struct tolds t = { 0 };

	for (unsigned int i = 0; i < m->core.nr_zones; i++) {
		st->z = &m->core.zone[i];
		if (st->z->start < st->z->end)
			mm_start_each_page(st, settle_unplaced);
	}
	if (st->ahead)
		collect(st, &t);
	for (size_t i = 0, k; i < t.nr && !st->oom; i = k) {
		for (k = i + 1; k < t.nr && t.v[k].set == t.v[i].set && t.v[k].list == t.v[i].list; k++)
			;
		fill_list(st, &t, i, k);
	}
	free(t.v);
	mm_sim_lists_gone(st->s);
}
