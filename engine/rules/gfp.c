// SPDX-License-Identifier: GPL-2.0-only
/* Zones and migratetypes out of gfp flags; see the header. */
#include "rules/gfp.h"

#include <string.h>

static int zone_type(const struct sg_capture *cap, const char *name)
{
	for (unsigned int i = 0; i < cap->nr_zone_types && i < SG_MAX_ZONE_TYPES; i++)
		if (strcmp(cap->zone_type[i], name) == 0)
			return (int)i;
	return -1;
}

unsigned int mm_gfp_zone_type(const struct mm_machine *m, uint64_t gfp)
{
	const struct sg_gfp *g = &m->cap->gfp;
	int type = -1;

	if (gfp & g->dma)
		type = zone_type(m->cap, "DMA");
	else if (gfp & g->dma32)
		type = zone_type(m->cap, "DMA32");
	else if (gfp & g->highmem)
		type = zone_type(m->cap, gfp & g->movable ? "Movable" : "HighMem");
	if (type < 0)
		type = zone_type(m->cap, "Normal");
	if (type >= 0)
		return (unsigned int)type;
	for (unsigned int i = 0; i < m->core.nr_zones; i++)
		if (m->core.zone[i].zone_type > type)
			type = m->core.zone[i].zone_type;
	return type < 0 ? 0 : (unsigned int)type;
}

unsigned int mm_gfp_migratetype(const struct mm_machine *m, uint64_t gfp)
{
	const struct sg_gfp *g = &m->cap->gfp;

	if (gfp & g->movable)
		return MM_MT_MOVABLE;
	if (gfp & g->reclaimable)
		return MM_MT_RECLAIMABLE;
	return g->movable && g->reclaimable ? MM_MT_UNMOVABLE : MM_MT_UNKNOWN;
}

uint32_t mm_gfp_meaning(const struct sg_capture *cap, uint64_t bits)
{
	const struct sg_gfp *g = &cap->gfp;
	const struct {
		uint64_t bits;
		uint32_t means;
	} flag[] = {
		{ g->direct_reclaim, MM_GFP_DIRECT_RECLAIM }, { g->kswapd_reclaim, MM_GFP_KSWAPD_RECLAIM }, { g->io, MM_GFP_IO },
		{ g->fs, MM_GFP_FS }, { g->high, MM_GFP_HIGH }, { g->noretry, MM_GFP_NORETRY },
		{ g->retry_mayfail, MM_GFP_RETRY_MAYFAIL }, { g->nofail, MM_GFP_NOFAIL }, { g->thisnode, MM_GFP_THISNODE },
		{ g->memalloc, MM_GFP_MEMALLOC }, { g->nomemalloc, MM_GFP_NOMEMALLOC }, { g->comp, MM_GFP_COMP },
	};
	uint32_t gfp = 0;

	for (size_t i = 0; i < sizeof(flag) / sizeof(flag[0]); i++)
		if (flag[i].bits && (bits & flag[i].bits) == flag[i].bits)
			gfp |= flag[i].means;
	if ((g->movable && (bits & g->movable)) || !g->movable) {
		gfp |= MM_GFP_CMA_OK;
		if (bits & g->highmem)
			gfp |= MM_GFP_MOVABLE;
	}
	return gfp;
}
