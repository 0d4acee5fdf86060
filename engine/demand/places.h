/* SPDX-License-Identifier: GPL-2.0-only */
/* Which handle has a page: a sparse table by pfn, of 8 bytes for each page in stretches of 512 that are used. */
#ifndef MM_DEMAND_PLACES_H
#define MM_DEMAND_PLACES_H

#include "demand/room.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Of one page: whose it is, and which page of the block it is. */
struct mm_whose {
	uint32_t handle; /* 0: nobody's */
	uint32_t offset : 31;
	uint32_t moved : 1; /* it came here by a migration that named its target */
};

struct mm_places {
	struct mm_whose **part;
	size_t nr_parts;
	uint64_t bytes;
	bool oom;
};

/** The page's place; all 0 where nothing is known. */
struct mm_whose mm_place_get(const struct mm_places *p, uint64_t pfn);
/** The 2^order pages from @pfn on become pages @offset ... of @handle; memory that runs out sets @p->oom. */
void mm_place_set(struct mm_places *p, uint64_t pfn, unsigned int order, uint32_t handle, uint32_t offset);
/** The same for pages that a migration brought here. */
void mm_place_move(struct mm_places *p, uint64_t pfn, unsigned int order, uint32_t handle, uint32_t offset);
void mm_places_fini(struct mm_places *p);

#endif
