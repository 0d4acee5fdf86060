// SPDX-License-Identifier: GPL-2.0-only
/*
 * Images: the free lists and per-cpu lists, each as its pages from the head (differences), so that no link can
 * lead astray.  Read twice: to link the pages, and to see that each is where it was linked.
 */
#include <string.h>

#include "time/image_io.h"

static void put_chain(struct mm_io *io, const struct mm_machine *m, uint32_t first, uint64_t nr)
{
	uint64_t last = 0;

	mm_io_put(io, nr);
	for (uint32_t p = first; p != MM_NIL && nr > 0; p = mm_ent(m, p).a, nr--) {
		mm_io_put(io, mm_zigzag(p - last));
		last = p;
	}
}

static uint64_t length(const struct mm_machine *m, uint32_t first)
{
	uint64_t n = 0;

	for (uint32_t p = first; p != MM_NIL; p = mm_ent(m, p).a)
		n++;
	return n;
}

static bool is_empty(const struct free_list *l)
{
	return l->nr_linked == 0 && l->nr_unplaced == 0 && l->nr_taken == 0 && l->cycle_first == MM_NIL && l->follow == MM_NIL;
}

static bool pcp_empty(const struct pcp_state *p)
{
	for (unsigned int l = 0; l < MM_NR_PINDEX; l++)
		if (p->list[l].nr || p->list[l].first != MM_NIL)
			return false;
	return true;
}

/* What lies between the two ends of a list that was turned. */
static void put_mid(struct mm_io *io, const struct mm_machine *m, const struct list_mid *mid)
{
	if (!mid)
		return;
	mm_io_put(io, mid->nr);
	for (unsigned int i = 0; i < mid->nr; i++) {
		mm_io_put(io, mid->part[i].unplaced);
		put_chain(io, m, mid->part[i].first, length(m, mid->part[i].first));
	}
}

void mm_image_put_lists(struct mm_io *io, const struct mm_machine *m)
{
	const struct pcp_state *p;
	uint64_t next = 0;

	for (unsigned int z = 0; z < m->core.nr_zones; z++)
		for (unsigned int o = 0; o < m->nr_orders; o++)
			for (unsigned int t = 0; t < MM_NR_MT; t++) {
				const struct free_list *l = &m->core.zone[z].list[o][t];

				mm_io_put_byte(io, !is_empty(l));
				if (is_empty(l))
					continue;
				mm_io_put(io, l->nr_unplaced);
				mm_io_put(io, l->nr_taken);
				mm_io_put(io, l->cycle_first);
				mm_io_put(io, l->follow);
				put_mid(io, m, t == MM_MT_MOVABLE ? &m->core.zone[z].mid[o] : NULL);
				put_chain(io, m, l->head_first, length(m, l->head_first));
				put_chain(io, m, l->tail_first, length(m, l->tail_first));
			}
	for (uint64_t i = 0; (p = mm_cow_next(&m->pcp, &i)) != NULL; i++) {
		if (pcp_empty(p))
			continue;
		mm_io_put(io, i - next + 1);
		next = i + 1;
		for (unsigned int l = 0; l < MM_NR_PINDEX; l++)
			put_chain(io, m, p->list[l].first, p->list[l].nr);
	}
	mm_io_put(io, 0);
}

/* ---- reading --------------------------------------------------------------------- */

struct chain {
	uint32_t first, last;
	uint64_t nr, pages;
};

/* What the pages of a chain must be. */
struct want {
	enum page_state state;
	unsigned int zone, order, row; /* free: the list; row MM_MT_ROW_UNKNOWN: type not known */
	unsigned int cpu, pindex;      /* per-cpu */
};

static bool fits(const struct mm_machine *m, uint64_t pfn, const struct page_ent *e, const struct want *w)
{
	if (ent_state(e) != w->state || !(e->st & PE_LINK) || mm_zone_index(m, pfn) != (int)w->zone)
		return false;
	if (w->state == PS_FREE)
		return ent_order(e) == w->order && (ent_mt(e) == 15 ? MM_MT_ROW_UNKNOWN : ent_mt(e)) == w->row;
	return e->x >> 2 == w->cpu && mm_pcp_order(m, ent_order(e)) &&
	       mm_pindex(m, ent_order(e), ent_mt(e) == 15 ? SG_MAX_MIGRATETYPES : ent_mt(e)) == w->pindex;
}

/*
 * Reads one chain.  @link: the pages are linked so; else it is checked that they are, which they aren't when a page
 * is in two places.
 */
static void get_chain(struct mm_io *io, struct mm_machine *m, const struct want *w, bool link, struct chain *ret)
{
	uint64_t nr = mm_io_get(io), at = 0, next;
	uint32_t prev = MM_NIL;

	*ret = (struct chain){ MM_NIL, MM_NIL, 0, 0 };
	if (nr > (uint64_t)(io->end - io->at)) {
		mm_io_bad(io, "a list is longer than the image");
		return;
	}
	next = nr ? mm_unzigzag(mm_io_get(io)) : 0;
	for (uint64_t i = 0; i < nr && !io->failed; i++) {
		struct page_ent e;

		at = next;
		if (i + 1 < nr)
			next = at + mm_unzigzag(mm_io_get(io));
		e = mm_ent(m, at & UINT32_MAX);
		if (at > MM_MAX_PFN || next > MM_MAX_PFN || !fits(m, at, &e, w)) {
			mm_io_bad(io, "page %llu isn't of the list that it is on", (unsigned long long)at);
			return;
		}
		if (e.a != (i + 1 < nr ? (uint32_t)next : MM_NIL) || e.b != prev) {
			struct page_ent *own;

			if (!link) {
				mm_io_bad(io, "page %llu is on two lists", (unsigned long long)at);
				return;
			}
			own = mm_ent_own(m, at);
			own->a = i + 1 < nr ? (uint32_t)next : MM_NIL;
			own->b = prev;
		}
		if (i == 0)
			ret->first = (uint32_t)at;
		prev = ret->last = (uint32_t)at;
		ret->pages += 1ull << ent_order(&e);
		ret->nr++;
		if (link && w->state == PS_FREE && w->row == MM_MT_ROW_UNKNOWN)
			mm_unnamed_count(&m->core.zone[w->zone], &e, 1);
	}
}

/* @unplaced: how many blocks of unknown place there are.  Return: linked ones */
static uint32_t get_mid(struct mm_io *io, struct mm_machine *m, const struct want *w, bool link, struct list_mid *ret,
			uint32_t unplaced)
{
	uint32_t nr = 0;

	IO_NUM(io, ret->nr, MM_LIST_PARTS);
	for (unsigned int i = 0; i < ret->nr && !io->failed; i++) {
		struct chain c;

		IO_NUM(io, ret->part[i].unplaced, unplaced);
		unplaced -= ret->part[i].unplaced;
		get_chain(io, m, w, link, &c);
		if (ret->part[i].unplaced == 0 || c.nr == 0)
			mm_io_bad(io, "a list has a part of nothing");
		ret->part[i].first = c.first;
		ret->part[i].last = c.last;
		nr += (uint32_t)c.nr;
	}
	return nr;
}

/* Return: blocks on free lists */
static uint64_t get_free(struct mm_io *io, struct mm_machine *m, bool link)
{
	uint64_t sum = 0;

	for (unsigned int z = 0; z < m->core.nr_zones; z++) {
		if (link)
			memset(m->core.zone[z].unnamed, 0, sizeof(m->core.zone[z].unnamed));
		for (unsigned int o = 0; o < m->nr_orders; o++)
			for (unsigned int t = 0; t < MM_NR_MT && !io->failed; t++) {
				struct want w = { .state = PS_FREE, .zone = z, .order = o, .row = t };
				struct free_list l = { .head_first = MM_NIL, .head_last = MM_NIL, .tail_first = MM_NIL,
						       .tail_last = MM_NIL, .follow = MM_NIL, .cycle_first = MM_NIL };
				struct list_mid mid = { 0 };
				struct chain head, tail;

				uint64_t there = mm_io_get_byte(io);

				if (there > 1)
					mm_io_bad(io, "a list is neither there nor not");
				if (there) {
					IO_NUM(io, l.nr_unplaced, UINT32_MAX);
					IO_NUM(io, l.nr_taken, l.nr_unplaced);
					IO_NUM(io, l.cycle_first, UINT32_MAX);
					IO_NUM(io, l.follow, UINT32_MAX);
					if (t == MM_MT_MOVABLE)
						l.nr_linked = get_mid(io, m, &w, link, &mid, l.nr_unplaced - l.nr_taken);
					get_chain(io, m, &w, link, &head);
					get_chain(io, m, &w, link, &tail);
					l.head_first = head.first;
					l.head_last = head.last;
					l.tail_first = tail.first;
					l.tail_last = tail.last;
					l.nr_linked += (uint32_t)(head.nr + tail.nr);
					sum += l.nr_linked;
					if (is_empty(&l))
						mm_io_bad(io, "an empty list is there");
				}
				m->core.zone[z].list[o][t] = l;
				if (t == MM_MT_MOVABLE)
					m->core.zone[z].mid[o] = mid;
			}
	}
	return sum;
}

static void pcp_store(struct mm_machine *m, uint64_t i, const struct pcp_state *p)
{
	const struct pcp_state *was = mm_cow_peek(&m->pcp, i);
	struct pcp_state *own;

	if (was && memcmp(was, p, sizeof(*p)) == 0)
		return;
	own = mm_cow_own(&m->pcp, i, mm_pcp_fill, NULL);
	if (own)
		*own = *p;
	else
		m->out_of_memory = true;
}

static void reset_pcp(struct mm_machine *m, uint64_t from, uint64_t to)
{
	struct pcp_state none;

	mm_pcp_fill(NULL, 0, &none);
	for (uint64_t i = from; mm_cow_next(&m->pcp, &i) != NULL && i < to; i++)
		pcp_store(m, i, &none);
}

static uint64_t get_pcp(struct mm_io *io, struct mm_machine *m, bool link)
{
	uint64_t sum = 0, next = 0, end = (uint64_t)m->core.nr_zones * m->nr_cpus, skip;

	while ((skip = mm_io_get(io)) != 0 && !io->failed) {
		uint64_t at = next + skip - 1;
		struct pcp_state p;

		if (skip > end || at >= end) {
			mm_io_bad(io, "there is no CPU or zone %llu", (unsigned long long)at);
			return sum;
		}
		reset_pcp(m, next, at);
		next = at + 1;
		mm_pcp_fill(NULL, 0, &p);
		for (unsigned int l = 0; l < MM_NR_PINDEX; l++) {
			struct want w = { .state = PS_PCP, .zone = (unsigned int)(at / m->nr_cpus),
					  .cpu = (unsigned int)(at % m->nr_cpus), .pindex = l };
			struct chain c;

			get_chain(io, m, &w, link, &c);
			p.list[l].first = c.first;
			p.list[l].last = c.last;
			p.list[l].nr = (uint32_t)c.nr;
			p.count += (uint32_t)c.pages;
			sum += c.nr;
		}
		if (pcp_empty(&p))
			mm_io_bad(io, "empty per-cpu lists are there");
		if (!io->failed)
			pcp_store(m, at, &p);
	}
	reset_pcp(m, next, UINT64_MAX);
	return sum;
}

void mm_image_get_lists(struct mm_io *io, struct mm_machine *m, uint64_t nr_linked)
{
	const unsigned char *at = io->at;
	uint64_t sum = get_free(io, m, true);

	sum += get_pcp(io, m, true);
	if (!io->failed && sum != nr_linked)
		mm_io_bad(io, "%llu blocks are on lists, and %llu say that they are", (unsigned long long)sum,
			  (unsigned long long)nr_linked);
	if (io->failed)
		return;
	io->at = at;
	get_free(io, m, false);
	get_pcp(io, m, false);
}
