// SPDX-License-Identifier: GPL-2.0-only
/* Numbers for the pages of a machine with large holes, and back. */
#include "machine/map.h"

#include <stdlib.h>
#include <string.h>

#include "sg_mem.h"

struct mm_map *mm_map_new(const struct mm_extent *range, unsigned int nr)
{
	struct mm_map *map = sg_calloc(1, sizeof(*map) + nr * sizeof(map->range[0]));

	if (!map)
		return NULL;
	map->refs = 1;
	map->nr = nr;
	for (unsigned int i = 0; i < nr; i++) {
		map->range[i] = (struct mm_map_range){ range[i].start, range[i].end, map->total };
		map->total += range[i].end - range[i].start;
	}
	return map;
}

void mm_map_get(struct mm_map *map)
{
	if (map)
		map->refs++;
}

void mm_map_put(struct mm_map *map)
{
	if (map && --map->refs == 0)
		free(map);
}

/* The first range that ends behind @pfn; map->nr when none does. */
static uint32_t by_pfn(const struct mm_map *map, uint64_t pfn)
{
	uint32_t lo = 0, hi = map->nr;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (map->range[mid].end > pfn)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

uint64_t mm_map_in(const struct mm_map *map, uint64_t pfn)
{
	uint32_t i;

	if (pfn >= SG_PFN_END)
		return pfn;
	i = by_pfn(map, pfn);
	return i < map->nr && pfn >= map->range[i].start ? map->range[i].base + (pfn - map->range[i].start) : MM_NOWHERE;
}

uint64_t mm_map_edge_in(const struct mm_map *map, uint64_t pfn)
{
	uint32_t i;

	if (pfn >= SG_PFN_END)
		return pfn;
	i = by_pfn(map, pfn);
	if (i == map->nr)
		return map->total;
	return map->range[i].base + (pfn > map->range[i].start ? pfn - map->range[i].start : 0);
}

uint64_t mm_map_out(const struct mm_map *map, uint64_t nr)
{
	uint32_t lo = 0, hi = map->nr;

	if (nr >= SG_PFN_END || map->nr == 0)
		return nr;
	while (hi - lo > 1) { /* the last range whose base is not above */
		uint32_t mid = lo + (hi - lo) / 2;

		if (map->range[mid].base <= nr)
			lo = mid;
		else
			hi = mid;
	}
	return map->range[lo].start + (nr - map->range[lo].base);
}

uint64_t mm_map_edge_out(const struct mm_map *map, uint64_t nr)
{
	return nr ? mm_map_out(map, nr - 1) + 1 : mm_map_out(map, 0);
}

/*
 * Events of ranges tell borders, which may lie in a hole; all others tell pages.  A failed request's pfn, 0 or all ones,
 * stays what it is.
 */
const struct sg_event *mm_map_event(const struct mm_map *map, const struct sg_event *ev, struct sg_event *room)
{
	const struct sg_kind_info *ki;
	bool ranges;

	if (!map)
		return ev;
	*room = *ev;
	ki = sg_kind_info(ev->kind);
	ranges = strcmp(ki->system, "compaction") == 0 || strcmp(ki->system, "page_isolation") == 0;
	for (unsigned int i = 0; i < ki->nr_fields; i++)
		if (ki->field[i].type == SG_T_PFN && ev->v[i] != 0)
			room->v[i] = ranges ? mm_map_edge_in(map, ev->v[i]) : mm_map_in(map, ev->v[i]);
	return room;
}
