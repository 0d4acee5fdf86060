// SPDX-License-Identifier: GPL-2.0-only
/*
 * Zones of a still: counted, not followed.  Where text counts free blocks but nothing says which pages they are, the
 * zone's figures are those of the text; and a zone whose place in memory isn't known gets one behind the others.
 */
#include <string.h>

#include "machine/state.h"

const struct sg_zone_snap *mm_still_snap(const struct mm_machine *m, const struct zone_state *z)
{
	const struct sg_snapshot *s = m->cap->still && m->cfg.nr_seeds ? m->cfg.seed[0].snap : NULL;

	for (unsigned int i = 0; s && i < s->nr_zones; i++)
		if (s->zone[i].node == z->node && strcmp(s->zone[i].name, z->name) == 0)
			return &s->zone[i];
	return NULL;
}

uint64_t mm_still_span(const struct sg_zone_snap *zs)
{
	uint64_t pages = zs->known & SG_ZONE_SIZE ? zs->present : 0, listed = 0;

	for (unsigned int o = 0; o < SG_MAX_ORDERS; o++)
		listed += zs->free[o] < UINT64_MAX >> 20 ? zs->free[o] << o : 0;
	if (pages < listed)
		pages = listed;
	return pages ? pages : 1;
}

void mm_still_zone(const struct mm_machine *m, const struct zone_state *z, struct mm_zone_info *ret)
{
	const struct sg_zone_snap *zs = mm_still_snap(m, z);
	uint64_t listed = 0, size;

	if (!zs)
		return;
	ret->unplaced = zs->spanned == 0;
	ret->lacks = (zs->known & SG_ZONE_SIZE ? 0 : MM_ZONE_NO_SIZE) | (zs->known & SG_ZONE_WMARKS ? 0 : MM_ZONE_NO_WMARKS);
	if (m->cfg.seed[0].snap->have_pageflags)
		return;
	ret->lacks |= (zs->have_free || (zs->known & SG_ZONE_NR_FREE) ? 0 : MM_ZONE_NO_FREE) |
		      (zs->known & SG_ZONE_PCP ? 0 : MM_ZONE_NO_PCP) | (zs->have_types ? 0 : MM_ZONE_NO_TYPES) | MM_ZONE_NO_PAGES;
	if (zs->have_free)
		ret->nr_orders = zs->nr_orders < MM_MAX_ORDERS ? zs->nr_orders : MM_MAX_ORDERS;
	for (unsigned int o = 0; o < MM_MAX_ORDERS && o < SG_MAX_ORDERS && zs->have_free; o++) {
		ret->free[o] = zs->free[o];
		listed += zs->free[o] < UINT64_MAX >> 20 ? zs->free[o] << o : 0;
		for (unsigned int t = 0; zs->have_types && t < SG_MAX_MIGRATETYPES; t++)
			ret->type_free[t][o] = zs->type_free[t][o];
	}
	size = zs->known & SG_ZONE_SIZE ? zs->managed : listed;
	ret->nr_free = zs->known & SG_ZONE_NR_FREE ? zs->nr_free : listed;
	ret->nr_pcp = zs->known & SG_ZONE_PCP ? zs->nr_pcp_pages : 0;
	ret->list_known = zs->have_free;
	ret->nr_alloc = ret->nr_unknown = 0;
	if (size > ret->nr_free + ret->nr_pcp) {
		if (zs->have_free || (zs->known & SG_ZONE_NR_FREE))
			ret->nr_alloc = size - ret->nr_free - ret->nr_pcp;
		else
			ret->nr_unknown = size;
	}
	if (!zs->have_types)
		ret->unknown_blocks = 0;
}
