/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers for the pages of a machine whose memory doesn't lie below 2^32 pages in one piece: machines of Ampere and
 * Grace have memory far above 16 TiB, with holes much larger than all of it.  Page entries link with 32 bits; so inside
 * the engine the pages of all ranges are numbered one after the other, in the order of their pfns.
 *
 * Events come in through mm_map_event(), and what the engine's functions for others take and return are the kernel's
 * own pfns (mm_in(), mm_out()).  Most machines have no map, and both are the same there.  Ranges begin and end at
 * sections, so blocks of all orders, and pageblocks, stay whole.
 */
#ifndef MM_MACHINE_MAP_H
#define MM_MACHINE_MAP_H

#include "machine/room.h"

#include "machine/layout.h"

struct mm_map {
	uint32_t refs, nr;
	uint64_t total; /* pages of all ranges */
	struct mm_map_range {
		uint64_t start, end, base; /* pfns [start, end) are numbers from base on */
	} range[];
};

/** @range: ascending, apart.  NULL when memory runs out. */
struct mm_map *mm_map_new(const struct mm_extent *range, unsigned int nr);
void mm_map_get(struct mm_map *map);
void mm_map_put(struct mm_map *map);

/* A page that no range has. */
#define MM_NOWHERE (UINT64_MAX - 1)

/** Number of @pfn, MM_NOWHERE when no range has it; pfns beyond SG_PFN_END stay what they are. */
uint64_t mm_map_in(const struct mm_map *map, uint64_t pfn);
/** The same for a border between pages: in a hole, where the next range begins. */
uint64_t mm_map_edge_in(const struct mm_map *map, uint64_t pfn);
/** The pfn of a number. */
uint64_t mm_map_out(const struct mm_map *map, uint64_t nr);
/** The same for the end of a range of pages: behind the page before it. */
uint64_t mm_map_edge_out(const struct mm_map *map, uint64_t nr);
/** @ev with the numbers of its pfns, in @room; @ev itself when there is no @map. */
const struct sg_event *mm_map_event(const struct mm_map *map, const struct sg_event *ev, struct sg_event *room);

#endif
