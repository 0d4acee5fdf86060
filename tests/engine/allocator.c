// SPDX-License-Identifier: GPL-2.0-only
/*
 * The naive allocator's rules, as of 6.12 to 7.3 (mm/page_alloc.c: __free_one_page(), __rmqueue_smallest(),
 * try_to_claim_block(), __rmqueue_steal(), rmqueue_bulk(), free_pcppages_bulk()), with simple choices where
 * the trace tells the outcome anyway.
 */
#include "allocator.h"

#include <string.h>

#define PB 9u
#define PFN(page) (START + (page))

static void row_insert(struct row *r, unsigned int i, unsigned int page)
{
	memmove(&r->at[i + 1], &r->at[i], (r->nr - i) * sizeof(r->at[0]));
	r->at[i] = (uint16_t)page;
	r->nr++;
}

static void row_remove(struct row *r, unsigned int page)
{
	unsigned int i = 0;

	while (i < r->nr && r->at[i] != page)
		i++;
	assert_true(i < r->nr);
	memmove(&r->at[i], &r->at[i + 1], (r->nr - i - 1) * sizeof(r->at[0]));
	r->nr--;
}

static void mark(struct allocator *a, unsigned int page, unsigned int order, enum where first, enum where rest,
		 unsigned int mt)
{
	for (unsigned int i = 0; i < 1u << order; i++)
		a->where[page + i] = (uint8_t)rest;
	a->where[page] = (uint8_t)first;
	a->order[page] = (uint8_t)order;
	a->mt[page] = (uint8_t)mt;
}

static bool is_free_block(const struct allocator *a, unsigned int page, unsigned int order)
{
	return page < NR_PAGES && a->where[page] == FREE && a->order[page] == order;
}

static void put_free(struct allocator *a, unsigned int page, unsigned int order, unsigned int mt, bool tail)
{
	struct row *r = &a->free[order][mt];

	mark(a, page, order, FREE, INSIDE_FREE, mt);
	row_insert(r, tail ? r->nr : 0, page);
}

static void free_block(struct allocator *a, unsigned int page, unsigned int order, unsigned int mt)
{
	bool tail = false;

	for (; order < 11 - 1 && is_free_block(a, page ^ 1u << order, order); order++) {
		unsigned int buddy = page ^ 1u << order;

		row_remove(&a->free[order][a->mt[buddy]], buddy);
		if (order >= PB)
			a->type[buddy >> PB] = (uint8_t)mt;
		page = buddy < page ? buddy : page;
	}
	if (order < 11 - 2)
		tail = is_free_block(a, (page & ~(1u << order)) ^ 2u << order, order + 1);
	put_free(a, page, order, mt, tail);
}

/* The block at @page, of @high, is cut down to @order; what is cut off goes to @mt's lists. */
static void cut(struct allocator *a, unsigned int page, unsigned int high, unsigned int order, unsigned int from_mt,
		unsigned int mt)
{
	row_remove(&a->free[high][from_mt], page);
	while (high-- > order)
		put_free(a, page + (1u << high), high, mt, false);
}

/* Page number of a block of @order from @mt's own lists, or -1. */
static int smallest(struct allocator *a, unsigned int order, unsigned int mt)
{
	for (unsigned int o = order; o < 11; o++)
		if (a->free[o][mt].nr) {
			unsigned int page = a->free[o][mt].at[0];

			cut(a, page, o, order, mt, mt);
			return (int)page;
		}
	return -1;
}

/* The free blocks of a pageblock go to the tails of @mt's lists. */
static void move_block(struct allocator *a, unsigned int block, unsigned int mt)
{
	for (unsigned int p = block << PB; p < (block + 1) << PB; p++)
		if (a->where[p] == FREE) {
			row_remove(&a->free[a->order[p]][a->mt[p]], p);
			put_free(a, p, a->order[p], mt, true);
		}
	a->type[block] = (uint8_t)mt;
}

/* From another type's lists: the largest block by claiming its pageblock, or the smallest by stealing. */
static int fall_back(struct allocator *a, unsigned int order, unsigned int mt)
{
	bool claim = rnd(&a->seed) % 3 != 0;

	for (unsigned int i = 0; i < 11 - order; i++) {
		unsigned int o = claim ? 11 - 1 - i : order + i;

		for (unsigned int k = 1; k < NR_MT; k++) {
			unsigned int f = (mt + k) % NR_MT, page;
			int got;

			if (a->free[o][f].nr == 0)
				continue;
			page = a->free[o][f].at[0];
			if (!claim || o + 4 < PB) { /* too small a part of the pageblock to claim it */
				cut(a, page, o, order, f, f);
				send_extfrag(a->mk, PFN(page), order, o, mt, f, NOT_OWNED);
				a->steals++;
				return (int)page;
			}
			a->claims++;
			if (o >= PB) {
				for (unsigned int b = page >> PB; b < (page + (1u << o)) >> PB; b++)
					a->type[b] = (uint8_t)mt;
				cut(a, page, o, order, f, mt);
				send_extfrag(a->mk, PFN(page), order, o, mt, f, OWNED);
				return (int)page;
			}
			move_block(a, page >> PB, mt);
			got = smallest(a, order, mt);
			assert_true(got >= 0);
			send_locked(a->mk, PFN(got), order, mt, order <= 3);
			send_extfrag(a->mk, PFN(got), order, o, mt, f, OWNED);
			return got;
		}
	}
	return -1;
}

static int take(struct allocator *a, unsigned int order, unsigned int mt)
{
	int page = smallest(a, order, mt);

	if (page >= 0)
		send_locked(a->mk, PFN(page), order, mt, order <= 3 || order == PB);
	else
		page = fall_back(a, order, mt);
	return page;
}

static unsigned int list_number(unsigned int order, unsigned int mt)
{
	return order == PB ? 12 + (mt == M) : order * NR_MT + mt;
}

static void refill(struct allocator *a, unsigned int cpu, unsigned int order, unsigned int mt)
{
	struct row *r = &a->pcp[cpu][list_number(order, mt)];
	unsigned int n = order == PB ? 1 : (1 + (unsigned int)(rnd(&a->seed) % 12)) >> order;

	for (unsigned int i = 0; i < (n ? n : 1); i++) {
		int page = take(a, order, mt);

		if (page < 0)
			return;
		mark(a, (unsigned int)page, order, ON_PCP, INSIDE_PCP, mt);
		row_insert(r, r->nr, (unsigned int)page);
	}
}

static void hold(struct allocator *a, unsigned int page, unsigned int order, unsigned int mt)
{
	mark(a, page, order, HELD, INSIDE_HELD, mt);
	row_insert(&a->held, a->held.nr, page);
	send_alloc(a->mk, PFN(page), order, mt);
}

static void allocate(struct allocator *a, unsigned int cpu)
{
	uint64_t r = rnd(&a->seed);
	unsigned int order = r % 4 ? 0 : (unsigned int)(r >> 8) % (r >> 16 & 7 ? 6 : 11);
	unsigned int mt = r >> 32 & 1 ? M : (unsigned int)(r >> 33) % NR_MT;
	int page;

	if (order <= 3 || order == PB) {
		struct row *l = &a->pcp[cpu][list_number(order, mt)];

		if (l->nr == 0)
			refill(a, cpu, order, mt);
		page = l->nr ? l->at[0] : -1;
		if (page >= 0)
			row_remove(l, (unsigned int)page);
	} else {
		page = take(a, order, mt);
	}
	if (page < 0) {
		send_alloc(a->mk, 0, order, mt); /* the request fails */
		a->fails++;
		return;
	}
	hold(a, (unsigned int)page, order, mt);
}

static void release(struct allocator *a, unsigned int cpu)
{
	unsigned int i, page, order, n = 1 + (unsigned int)(rnd(&a->seed) % 3);

	while (n-- && a->held.nr) {
		i = (unsigned int)(rnd(&a->seed) % a->held.nr);
		page = a->held.at[i];
		order = a->order[page];
		a->held.at[i] = a->held.at[--a->held.nr];
		send_free(a->mk, PFN(page), order);
		if (order <= 3 || order == PB) {
			unsigned int mt = a->type[page >> PB];

			mark(a, page, order, ON_PCP, INSIDE_PCP, mt);
			row_insert(&a->pcp[cpu][list_number(order, mt)], 0, page);
		} else if (order > PB) {
			unsigned int second = page + (1u << PB);

			/* neither half is free before: the first goes as a whole, then they merge */
			mark(a, page, order, HELD, HELD, M);
			free_block(a, page, PB, a->type[page >> PB]);
			free_block(a, second, PB, a->type[second >> PB]);
		} else {
			free_block(a, page, order, a->type[page >> PB]);
		}
	}
}

static void drain(struct allocator *a, unsigned int cpu)
{
	unsigned int n = 1 + (unsigned int)(rnd(&a->seed) % 16), l = (unsigned int)(rnd(&a->seed) % NR_LISTS);

	for (unsigned int tries = 0; n && tries < NR_LISTS; tries++, l = (l + 1) % NR_LISTS) {
		struct row *r = &a->pcp[cpu][l];

		for (; n && r->nr; n--) {
			unsigned int page = r->at[r->nr - 1], order = a->order[page], mt = a->type[page >> PB];

			r->nr--;
			free_block(a, page, order, mt);
			send_drain(a->mk, PFN(page), order, mt);
		}
	}
}

void allocator_init(struct allocator *a, struct made *mk, uint64_t seed)
{
	memset(a, 0, sizeof(*a));
	a->mk = mk;
	a->seed = seed;
	for (unsigned int b = 0; b < NR_BLOCKS; b++) {
		a->type[b] = (uint8_t)(b % 4 == 3 ? U : b % 8 == 6 ? R : M);
		mark(a, b << PB, PB, HELD, INSIDE_HELD, 0);
	}
	for (unsigned int b = 0; b < NR_BLOCKS; b++) {
		unsigned int mt = a->type[b];

		free_block(a, b << PB, PB, mt);
		send_drain(mk, B(b), PB, mt);
	}
}

void allocator_step(struct allocator *a)
{
	/* tides: filling up until requests fail, balanced, emptying, balanced */
	unsigned int tide = (unsigned int)(a->ops++ / 4096) % 4, r = (unsigned int)(rnd(&a->seed) % 64);
	unsigned int cpu = (unsigned int)(rnd(&a->seed) % NR_CPUS);

	a->mk->cpu = (uint16_t)cpu;
	a->mk->pid = (int32_t)(100 + rnd(&a->seed) % 5);
	if (r < 3)
		drain(a, cpu);
	else if (r < (tide == 0 ? 58u : tide == 2 ? 24u : 43u))
		allocate(a, cpu);
	else
		release(a, cpu);
}

static void compare_lists(const struct allocator *a)
{
	static uint64_t got[NR_PAGES];

	for (unsigned int o = 0; o < 11; o++)
		for (unsigned int t = 0; t < SG_MAX_MIGRATETYPES + 1; t++) {
			const struct row *r = t < NR_MT ? &a->free[o][t] : NULL;
			uint64_t unplaced;
			size_t n = mm_free_list(a->mk->m, 0, o, t, got, NR_PAGES, &unplaced);

			assert_int_equal(unplaced, 0);
			assert_int_equal(n, r ? r->nr : 0);
			for (size_t i = 0; i < n; i++)
				assert_int_equal(got[i], PFN(r->at[i]));
		}
	for (unsigned int c = 0; c < NR_CPUS; c++) {
		const struct pcp_state *p = mm_cow_peek(&a->mk->m->pcp, c);

		for (unsigned int l = 0; p && l < NR_LISTS; l++) {
			uint32_t i = p->list[l].first;

			assert_int_equal(p->list[l].nr, a->pcp[c][l].nr);
			for (unsigned int k = 0; k < a->pcp[c][l].nr; k++, i = mm_ent(a->mk->m, i).a)
				assert_int_equal(i, PFN(a->pcp[c][l].at[k]));
		}
	}
}

static void compare_pages(const struct allocator *a)
{
	static const unsigned char state[] = { MM_PAGE_ALLOC, MM_PAGE_FREE, MM_PAGE_FREE, MM_PAGE_PCP, MM_PAGE_PCP,
					       MM_PAGE_ALLOC };
	unsigned int head = 0;

	for (unsigned int p = 0; p < NR_PAGES; p++) {
		struct mm_page_info pi;

		if (a->where[p] == HELD || a->where[p] == FREE || a->where[p] == ON_PCP)
			head = p;
		mm_page_get(a->mk->m, PFN(p), &pi);
		assert_int_equal(pi.state, state[a->where[p]]);
		assert_int_equal(pi.order, a->order[head]);
		assert_int_equal(pi.head, PFN(head));
		assert_int_equal(pi.migratetype, a->mt[head]);
	}
}

void allocator_compare(const struct allocator *a)
{
	uint64_t types[SG_MAX_MIGRATETYPES] = { 0 }, folios[11] = { 0 };
	struct mm_zone_info zi;

	compare_lists(a);
	compare_pages(a);
	for (unsigned int b = 0; b < NR_BLOCKS; b++) {
		struct mm_block_info bi;

		mm_block_get(a->mk->m, B(b) / BLOCK, &bi);
		assert_int_equal(bi.migratetype, a->type[b]);
		types[a->type[b]]++;
	}
	for (unsigned int i = 0; i < a->held.nr; i++)
		folios[a->order[a->held.at[i]]]++;
	mm_zone_get(a->mk->m, 0, &zi);
	for (unsigned int t = 0; t < SG_MAX_MIGRATETYPES; t++)
		assert_int_equal(zi.type_blocks[t], types[t]);
	for (unsigned int o = 0; o < 11; o++) {
		uint64_t n = 0;

		for (unsigned int t = 0; t < NR_MT; t++)
			n += a->free[o][t].nr;
		assert_int_equal(zi.free[o], n);
		assert_int_equal(zi.folios[o], folios[o]);
	}
	check_sound(a->mk, 0);
}
