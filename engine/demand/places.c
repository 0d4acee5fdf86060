// SPDX-License-Identifier: GPL-2.0-only
/* Handles by pfn. */
#include "demand/places.h"

#include <stdlib.h>
#include <string.h>

#define PART_BITS 9
#define PART (1u << PART_BITS)
#define MOST_PARTS (UINT64_C(1) << (40 - PART_BITS)) /* pfns beyond 2^40 are nobody's */

struct mm_whose mm_place_get(const struct mm_places *p, uint64_t pfn)
{
	uint64_t i = pfn >> PART_BITS;

	return i < p->nr_parts && p->part[i] ? p->part[i][pfn & (PART - 1)] : (struct mm_whose){ 0 };
}

static struct mm_whose *own(struct mm_places *p, uint64_t pfn)
{
	uint64_t i = pfn >> PART_BITS;

	if (i >= MOST_PARTS)
		return NULL;
	if (i >= p->nr_parts) {
		size_t n = p->nr_parts ? p->nr_parts : 1024;
		struct mm_whose **part;

		while (n <= i)
			n *= 2;
		part = realloc(p->part, n * sizeof(struct mm_whose *));
		if (!part) {
			p->oom = true;
			return NULL;
		}
		memset(part + p->nr_parts, 0, (n - p->nr_parts) * sizeof(struct mm_whose *));
		p->bytes += (n - p->nr_parts) * sizeof(struct mm_whose *);
		p->part = part;
		p->nr_parts = n;
	}
	if (!p->part[i]) {
		p->part[i] = calloc(PART, sizeof(struct mm_whose));
		if (!p->part[i]) {
			p->oom = true;
			return NULL;
		}
		p->bytes += PART * sizeof(struct mm_whose);
	}
	return &p->part[i][pfn & (PART - 1)];
}

static void set(struct mm_places *p, uint64_t pfn, unsigned int order, uint32_t handle, uint32_t offset, bool moved)
{
	for (uint32_t k = 0; k < 1u << order; k++) {
		struct mm_whose *e;

		if (!handle && !mm_place_get(p, pfn + k).handle)
			continue;
		e = own(p, pfn + k);
		if (e)
			*e = (struct mm_whose){ handle, handle ? offset + k : 0, moved };
	}
}

void mm_place_set(struct mm_places *p, uint64_t pfn, unsigned int order, uint32_t handle, uint32_t offset)
{
	set(p, pfn, order, handle, offset, false);
}

void mm_place_move(struct mm_places *p, uint64_t pfn, unsigned int order, uint32_t handle, uint32_t offset)
{
	set(p, pfn, order, handle, offset, true);
}

void mm_places_fini(struct mm_places *p)
{
	for (size_t i = 0; i < p->nr_parts; i++)
		free(p->part[i]);
	free(p->part);
	*p = (struct mm_places){ 0 };
}
