// SPDX-License-Identifier: GPL-2.0-only
/* Page table entries by task group and page. */
#include "demand/ptes.h"

#include <stdlib.h>
#include <string.h>

struct mm_pte_part {
	struct mm_whose e[MM_PTE_PART];
	uint32_t nr;   /* entries that are there */
	bool table;    /* of the stretch that a range begins with: it has a page table */
};

static size_t slot_of(const struct mm_pte_slot *slot, size_t cap, uint32_t mm, uint64_t region)
{
	uint64_t x = region ^ (uint64_t)mm * UINT64_C(0x9e3779b97f4a7c15);
	size_t i;

	x ^= x >> 33;
	x *= UINT64_C(0xff51afd7ed558ccd);
	x ^= x >> 33;
	i = x & (cap - 1);
	while (slot[i].used && (slot[i].region != region || slot[i].mm != mm))
		i = (i + 1) & (cap - 1);
	return i;
}

static struct mm_pte_part *find(const struct mm_ptes *p, uint32_t mm, uint64_t region)
{
	return p->cap ? p->slot[slot_of(p->slot, p->cap, mm, region)].part : NULL;
}

/* Twice the room, or as much for those alone that aren't empty. */
static bool rehash(struct mm_ptes *p)
{
	size_t n = 0, cap = 64;
	struct mm_pte_slot *slot;

	for (size_t i = 0; i < p->cap; i++)
		n += p->slot[i].part != NULL;
	while (cap < 4 * (n + 1))
		cap *= 2;
	slot = calloc(cap, sizeof(*slot));
	if (!slot) {
		p->oom = true;
		return false;
	}
	for (size_t i = 0; i < p->cap; i++)
		if (p->slot[i].part)
			slot[slot_of(slot, cap, p->slot[i].mm, p->slot[i].region)] = p->slot[i];
	free(p->slot);
	p->bytes += cap * sizeof(*slot) - p->cap * sizeof(*slot);
	p->slot = slot;
	p->cap = cap;
	p->nr = n;
	return true;
}

static struct mm_pte_part *own(struct mm_ptes *p, uint32_t mm, uint64_t region)
{
	struct mm_pte_slot *s;

	if (2 * (p->nr + 1) > p->cap && !rehash(p))
		return NULL;
	s = &p->slot[slot_of(p->slot, p->cap, mm, region)];
	if (!s->used) {
		*s = (struct mm_pte_slot){ .region = region, .mm = mm, .used = true };
		p->nr++;
	}
	if (!s->part) {
		s->part = calloc(1, sizeof(*s->part));
		if (!s->part) {
			p->oom = true;
			return NULL;
		}
		p->bytes += sizeof(*s->part);
	}
	return s->part;
}

/* Nothing is left in the stretch: it goes, and its slot stays as a stone to step on. */
static void drop_if_empty(struct mm_ptes *p, struct mm_pte_slot *s)
{
	if (!s->part || s->part->nr || s->part->table)
		return;
	free(s->part);
	s->part = NULL;
	p->bytes -= sizeof(struct mm_pte_part);
}

struct mm_whose mm_pte_get(const struct mm_ptes *p, uint32_t mm, uint64_t page)
{
	const struct mm_pte_part *part = find(p, mm, page >> MM_PTE_BITS);

	return part ? part->e[page & (MM_PTE_PART - 1)] : (struct mm_whose){ 0 };
}

void mm_pte_set(struct mm_ptes *p, uint32_t mm, uint64_t page, unsigned int order, uint32_t handle, uint32_t offset)
{
	for (uint64_t i = 0; i < UINT64_C(1) << order; i++) {
		struct mm_pte_part *part = own(p, mm, (page + i) >> MM_PTE_BITS);
		struct mm_whose *e;

		if (!part)
			return;
		e = &part->e[(page + i) & (MM_PTE_PART - 1)];
		part->nr += e->handle == 0;
		*e = (struct mm_whose){ .handle = handle, .offset = (offset + (uint32_t)i) & 0x7fffffff };
	}
}

bool mm_pte_any(const struct mm_ptes *p, uint32_t mm, uint64_t page, unsigned int order)
{
	for (uint64_t i = page, end = page + (UINT64_C(1) << order), next; i < end; i = next) {
		const struct mm_pte_part *part = find(p, mm, i >> MM_PTE_BITS);

		next = ((i >> MM_PTE_BITS) + 1) << MM_PTE_BITS;
		next = next < end ? next : end;
		for (uint64_t k = i; part && part->nr && k < next; k++)
			if (part->e[k & (MM_PTE_PART - 1)].handle)
				return true;
	}
	return false;
}

/* What is done to the stretches of a range. */
struct walk {
	struct mm_ptes *p;
	uint64_t start, end; /* pages */
	bool tables;         /* page tables go; else entries do */
	void (*fn)(void *arg, uint64_t page, struct mm_whose was);
	void *arg;
};

static void clear_part(const struct walk *w, struct mm_pte_slot *s)
{
	uint64_t first = s->region << MM_PTE_BITS;

	if (s->part && w->tables)
		s->part->table = false;
	for (uint32_t i = 0; !w->tables && s->part && s->part->nr && i < MM_PTE_PART; i++) {
		struct mm_whose was = s->part->e[i];

		if (!was.handle || first + i < w->start || first + i >= w->end)
			continue;
		s->part->e[i] = (struct mm_whose){ 0 };
		s->part->nr--;
		if (w->fn)
			w->fn(w->arg, first + i, was);
	}
	drop_if_empty(w->p, s);
}

static int by_region(const void *a, const void *b)
{
	const struct mm_pte_slot *x = *(struct mm_pte_slot *const *)a, *y = *(struct mm_pte_slot *const *)b;

	return x->region < y->region ? -1 : x->region > y->region;
}

/* The range has more stretches than there are in all: those that there are, in order. */
static void clear_many(const struct walk *w, uint32_t mm)
{
	struct mm_ptes *p = w->p;
	struct mm_pte_slot **list = malloc((p->nr + 1) * sizeof(struct mm_pte_slot *));
	size_t n = 0;

	if (!list) {
		p->oom = true;
		return;
	}
	for (size_t i = 0; i < p->cap; i++)
		if (p->slot[i].part && p->slot[i].mm == mm && p->slot[i].region >= w->start >> MM_PTE_BITS &&
		    p->slot[i].region <= (w->end - 1) >> MM_PTE_BITS)
			list[n++] = &p->slot[i];
	qsort(list, n, sizeof(struct mm_pte_slot *), by_region);
	for (size_t i = 0; i < n; i++)
		clear_part(w, list[i]);
	free(list);
}

static void walk(const struct walk *w, uint32_t mm)
{
	struct mm_ptes *p = w->p;
	uint64_t first = w->start >> MM_PTE_BITS, last;

	if (w->start >= w->end || !p->cap)
		return;
	last = (w->end - 1) >> MM_PTE_BITS;
	if (last - first >= p->nr) {
		clear_many(w, mm);
		return;
	}
	for (uint64_t r = first; r <= last; r++)
		clear_part(w, &p->slot[slot_of(p->slot, p->cap, mm, r)]);
}

void mm_pte_clear(struct mm_ptes *p, uint32_t mm, uint64_t start, uint64_t end,
		  void (*fn)(void *arg, uint64_t page, struct mm_whose was), void *arg)
{
	walk(&(struct walk){ .p = p, .start = start, .end = end, .fn = fn, .arg = arg }, mm);
}

void mm_pte_tables_clear(struct mm_ptes *p, uint32_t mm, uint64_t start, uint64_t end)
{
	walk(&(struct walk){ .p = p, .start = start, .end = end, .tables = true }, mm);
}

bool mm_pte_table(const struct mm_ptes *p, uint32_t mm, uint64_t page, unsigned int order)
{
	const struct mm_pte_part *part = find(p, mm, page >> order << order >> MM_PTE_BITS);

	return part && part->table;
}

void mm_pte_table_set(struct mm_ptes *p, uint32_t mm, uint64_t page, unsigned int order)
{
	struct mm_pte_part *part = own(p, mm, page >> order << order >> MM_PTE_BITS);

	if (part)
		part->table = true;
}

void mm_ptes_fini(struct mm_ptes *p)
{
	for (size_t i = 0; i < p->cap; i++)
		free(p->slot[i].part);
	free(p->slot);
	*p = (struct mm_ptes){ 0 };
}
