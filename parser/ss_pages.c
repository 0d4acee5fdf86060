// SPDX-License-Identifier: GPL-2.0-only
/* Pages as the model of an event frame guesses them; see ss_pages.h. */
#include "ss_pages.h"

#include <stdlib.h>
#include <string.h>

#include "sg_mem.h"

bool ss_pages_init(struct ss_pages *ps, uint32_t nr_lanes)
{
	struct ss_list *list;

	if (!ps->page) {
		ps->page = sg_malloc(SS_PAGE_NR * sizeof(*ps->page));
		ps->slot = sg_malloc(2 * SS_PAGE_NR * sizeof(*ps->slot));
	}
	if (!ps->page || !ps->slot)
		return false;
	if (SS_BUDDY_LISTS + nr_lanes * SS_PCP_LISTS > ps->nr_lists) {
		list = sg_realloc(ps->list, (SS_BUDDY_LISTS + nr_lanes * SS_PCP_LISTS) * sizeof(*list));
		if (!list)
			return false;
		ps->list = list;
		ps->nr_lists = SS_BUDDY_LISTS + nr_lanes * SS_PCP_LISTS;
	}
	return true;
}

void ss_pages_fini(struct ss_pages *ps)
{
	free(ps->page);
	free(ps->slot);
	free(ps->list);
}

static void page_clear(struct ss_page *p, uint64_t pfn)
{
	memset(p, 0, sizeof(*p));
	p->pfn = pfn;
	p->mt = 1;
	p->shape = p->file = SS_NO_SHAPE;
}

void ss_pages_reset(struct ss_pages *ps, uint32_t nr_lanes)
{
	memset(ps->slot, 0, 2 * SS_PAGE_NR * sizeof(*ps->slot));
	memset(ps->list, 0, (SS_BUDDY_LISTS + nr_lanes * SS_PCP_LISTS) * sizeof(*ps->list));
	page_clear(&ps->page[0], UINT64_MAX);
	ps->nr = 1;
}

uint32_t ss_page_find(const struct ss_pages *ps, uint64_t pfn)
{
	uint32_t s = ss_pfn_slot(pfn);

	while (ps->slot[s] && ps->page[ps->slot[s]].pfn != pfn)
		s = (s + 1) & (2 * SS_PAGE_NR - 1);
	return ps->slot[s];
}

uint32_t ss_page_get(struct ss_pages *ps, uint64_t pfn)
{
	uint32_t s = ss_pfn_slot(pfn);

	while (ps->slot[s] && ps->page[ps->slot[s]].pfn != pfn)
		s = (s + 1) & (2 * SS_PAGE_NR - 1);
	if (!ps->slot[s]) {
		if (ps->nr == SS_PAGE_NR)
			return SS_NO_PAGE;
		page_clear(&ps->page[ps->nr], pfn);
		ps->slot[s] = ps->nr++;
	}
	return ps->slot[s];
}

void ss_page_unlist(struct ss_pages *ps, uint32_t p)
{
	struct ss_page *pg = &ps->page[p];
	struct ss_list *l;

	if (!pg->list)
		return;
	l = &ps->list[pg->list - 1];
	if (pg->prev)
		ps->page[pg->prev].next = pg->next;
	else
		l->head = pg->next;
	if (pg->next)
		ps->page[pg->next].prev = pg->prev;
	else
		l->tail = pg->prev;
	pg->next = pg->prev = pg->list = 0;
	pg->buddy = false;
}

void ss_pages_cut(struct ss_pages *ps, uint32_t p)
{
	if (!ps->page[p].buddy)
		while (ps->page[p].next)
			ss_page_unlist(ps, ps->page[p].next);
	ss_page_unlist(ps, p);
}

void ss_page_push(struct ss_pages *ps, uint32_t p, uint32_t list, bool tail)
{
	struct ss_page *pg = &ps->page[p];
	struct ss_list *l = &ps->list[list];

	if (p == SS_NO_PAGE)
		return;
	ss_page_unlist(ps, p);
	pg->list = list + 1;
	if (tail) {
		pg->prev = l->tail;
		if (l->tail)
			ps->page[l->tail].next = p;
		else
			l->head = p;
		l->tail = p;
	} else {
		pg->next = l->head;
		if (l->head)
			ps->page[l->head].prev = p;
		else
			l->tail = p;
		l->head = p;
	}
}

static inline uint32_t buddy_list(unsigned int order, unsigned int mt)
{
	return order * SS_NR_TYPES + mt % SS_NR_TYPES;
}

/* A free block of exactly this place and size, as far as is known. */
static uint32_t free_block(const struct ss_pages *ps, uint64_t pfn, unsigned int order)
{
	uint32_t p = ss_page_find(ps, pfn);

	return p && ps->page[p].buddy && ps->page[p].order == order ? p : SS_NO_PAGE;
}

static void put_free(struct ss_pages *ps, uint64_t pfn, unsigned int order, unsigned int mt, bool tail)
{
	uint32_t p = ss_page_get(ps, pfn);

	if (p == SS_NO_PAGE)
		return;
	ss_page_push(ps, p, buddy_list(order, mt), tail);
	ps->page[p].buddy = true;
	ps->page[p].order = (uint8_t)order;
	ps->page[p].mt = (uint8_t)(mt % SS_NR_TYPES);
}

void ss_buddy_free(struct ss_pages *ps, uint64_t pfn, unsigned int order, unsigned int mt)
{
	bool tail = false;
	uint32_t b;

	if (order >= SS_NR_ORDERS)
		return;
	b = ss_page_find(ps, pfn);
	if (b)
		ss_page_unlist(ps, b);
	while (order < 10 && (b = free_block(ps, pfn ^ 1ull << order, order)) != SS_NO_PAGE) {
		ss_page_unlist(ps, b);
		pfn &= ~(1ull << order);
		order++;
	}
	/* a block that may soon merge further is put where it's taken last (buddy_merge_likely()) */
	if (order < 9)
		tail = free_block(ps, (pfn & ~(1ull << order)) ^ 2ull << order, order + 1) != SS_NO_PAGE;
	put_free(ps, pfn, order, mt, tail);
}

void ss_buddy_take(struct ss_pages *ps, uint64_t pfn, unsigned int order)
{
	if (order >= SS_NR_ORDERS)
		return;
	for (unsigned int o = order; o < 11; o++) {
		uint64_t start = pfn & ~((1ull << o) - 1);
		uint32_t p = free_block(ps, start, o);
		unsigned int mt;

		if (p == SS_NO_PAGE)
			continue;
		mt = ps->page[p].mt;
		ss_page_unlist(ps, p);
		while (o > order) {
			o--;
			if (pfn >> o & 1) {
				put_free(ps, start, o, mt, false);
				start += 1ull << o;
			} else {
				put_free(ps, start + (1ull << o), o, mt, false);
			}
		}
		return;
	}
}

uint64_t ss_buddy_guess(const struct ss_pages *ps, unsigned int order, unsigned int mt)
{
	for (unsigned int o = order; o < 11; o++) {
		uint32_t p = ps->list[buddy_list(o, mt)].head;

		if (p)
			return ps->page[p].pfn;
	}
	return UINT64_MAX;
}
