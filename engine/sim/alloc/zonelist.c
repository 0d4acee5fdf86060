// SPDX-License-Identifier: GPL-2.0-only
/* Zonelists, the watermarks and reserves of the zones, and their boosts. */
#include "sim/alloc/alloc.h"
#include "sim/hooks.h"

#include <string.h>

/*
 * Nodes by distance: the node itself, then those after it in turn, so that neighbours don't all fall back
 * to the same one.  Source: mm/page_alloc.c: find_next_best_node(), with equal distances, 6.1 to 7.3
 */
static unsigned int nodes_from(const struct mm_sim *s, int node, int *ret)
{
	unsigned int n = 0;

	for (int i = 0; i < MM_MAX_NODES; i++) {
		int k = (node + i) % MM_MAX_NODES;

		if (s->m->core.node[k].present)
			ret[n++] = k;
	}
	return n;
}

/**
 * Within a node the highest zone comes first.
 * Source: mm/page_alloc.c: build_zonelists(), build_zonerefs_node(), 6.1 to 7.3
 */
void mm_sim_zonelists_build(struct mm_sim *s)
{
	for (int node = 0; node < MM_MAX_NODES; node++)
		for (int top = 0; top < SG_MAX_ZONE_TYPES; top++) {
			struct sim_zonelist *l = &s->alloc->zonelist[node][top];
			int order[MM_MAX_NODES];
			unsigned int nr = nodes_from(s, node, order);

			for (unsigned int k = 0; k < nr; k++) {
				for (int t = top; t >= 0; t--)
					for (unsigned int i = 0; i < s->m->core.nr_zones; i++)
						if (s->m->core.zone[i].node == order[k] && s->m->core.zone[i].zone_type == t &&
						    s->m->core.zone[i].managed)
							l->zone[l->nr++] = (uint8_t)i;
				if (order[k] == node)
					l->nr_local = l->nr;
			}
		}
}

/* Zone of @node with the name, or NULL. */
static const struct zone_state *zone_named(const struct mm_sim *s, int node, const char *name)
{
	for (unsigned int i = 0; i < s->m->core.nr_zones; i++)
		if (s->m->core.zone[i].node == node && strcmp(s->m->core.zone[i].name, name) == 0)
			return &s->m->core.zone[i];
	return NULL;
}

/* CPUs that share the per-cpu pages of a node's zones. Source: mm/page_alloc.c: zone_highsize() */
static unsigned int cpus_of(const struct mm_sim *s, int node)
{
	unsigned int n = 0;

	for (unsigned int c = 0; c < s->alloc->nr_cpus; c++)
		n += s->alloc->cpu_node[c] == node;
	return n ? n : s->alloc->nr_cpus;
}

static void setup_pcp(struct mm_sim *s, unsigned int i)
{
	const struct zone_state *z = &s->m->core.zone[i];
	struct mm_setup_pcp p = mm_setup_pcp(s->policy.facts, (int64_t)z->managed, (int64_t)z->wmark_low, cpus_of(s, z->node),
					     mm_sim_tune(s, MM_TUNE_PERCPU_HIGH_FRACTION), s->cfg.page_size);

	for (unsigned int c = 0; c < s->alloc->nr_cpus; c++) {
		struct mm_pcp_tune *t = &s->alloc->pcp[i * s->alloc->nr_cpus + c].tune;

		*t = (struct mm_pcp_tune){ .batch = p.batch, .high_min = p.high_min, .high_max = p.high_max };
		/* Source: mm/page_alloc.c: zone_pcp_update_cacheinfo(), 6.7 to 7.3 */
		s->alloc->pcp[i * s->alloc->nr_cpus + c].large_cache =
			s->cfg.cpu_cache / s->cfg.page_size > 3 * (uint64_t)p.batch;
		if (!mm_has(s->policy.facts, PCP_AUTO))
			t->high = p.high_max;
	}
}

/**
 * mm_sim_zones_setup() - marks, reserves and per-cpu sizes of all zones
 * Marks that the configuration gives stay as they are.
 */
void mm_sim_zones_setup(struct mm_sim *s)
{
	struct mm_setup_zone sz[MM_MAX_ZONES] = { 0 };
	struct mm_setup_wmark w[MM_MAX_ZONES];
	unsigned int nr = s->m->core.nr_zones, page = s->cfg.page_size;
	int64_t min = mm_sim_tune(s, MM_TUNE_MIN_FREE_KBYTES), low = 0;

	for (unsigned int i = 0; i < nr; i++) {
		const struct zone_state *z = &s->m->core.zone[i];

		sz[i] = (struct mm_setup_zone){ .node = z->node, .type = (unsigned int)z->zone_type,
						.managed = (int64_t)z->managed,
						.movable = strcmp(z->name, "Movable") == 0,
						.highmem = strcmp(z->name, "HighMem") == 0 };
		if (!sz[i].movable && !sz[i].highmem)
			low += sz[i].managed;
	}
	if (min == 0)
		min = mm_setup_min_free_kbytes(low, page);
	mm_setup_wmarks(s->policy.facts, sz, nr, min, mm_sim_tune(s, MM_TUNE_WATERMARK_SCALE_FACTOR), page, w);
	for (unsigned int i = 0; i < nr; i++) {
		struct zone_state *z = &s->m->core.zone[i];
		struct sg_zone_snap *snap = &s->zsnap[i];
		uint64_t ratio = s->cfg.lowmem_reserve_ratio[z->zone_type];

		if (!z->wmark_min && !z->wmark_low && !z->wmark_high && !z->wmark_promo) {
			/* the snapshot has them too: booting takes them from there */
			z->wmark_min = snap->wmark_min = (uint64_t)w[i].min;
			z->wmark_low = snap->wmark_low = (uint64_t)w[i].low;
			z->wmark_high = snap->wmark_high = (uint64_t)w[i].high;
			z->wmark_promo = snap->wmark_promo = (uint64_t)w[i].promo;
		}
		mm_setup_reserve(sz, nr, i, ratio ? mm_wmark_pages(ratio) : mm_setup_reserve_ratio(z->name),
				 s->cap.nr_zone_types, s->alloc->zone[i].reserve);
		setup_pcp(s, i);
		s->alloc->normal_over_dma32[i] = strcmp(z->name, "Normal") == 0 &&
						 (s->alloc->nr_nodes == 1 || zone_named(s, z->node, "DMA32"));
	}
}

const struct sim_zonelist *mm_sim_zonelist_of(const struct mm_sim *s, const struct mm_request *rq, unsigned int zone_type)
{
	int node = rq->node;

	if (node < 0 || node >= MM_MAX_NODES)
		node = rq->cpu < s->alloc->nr_cpus ? s->alloc->cpu_node[rq->cpu] : 0;
	return &s->alloc->zonelist[node][zone_type < SG_MAX_ZONE_TYPES ? zone_type : SG_MAX_ZONE_TYPES - 1];
}

unsigned int mm_sim_zonelist(const struct mm_sim *s, const struct mm_request *rq, unsigned int zone_type, uint8_t *ret)
{
	const struct sim_zonelist *l = mm_sim_zonelist_of(s, rq, zone_type);
	unsigned int all = rq->gfp & MM_GFP_THISNODE ? l->nr_local : l->nr, n = 0;

	for (unsigned int i = 0; i < all; i++)
		if (!rq->nodes || rq->nodes >> s->m->core.zone[l->zone[i]].node & 1)
			ret[n++] = l->zone[i];
	return n;
}

void mm_sim_wmark(const struct mm_sim *s, unsigned int zi, struct mm_wmark_zone *ret)
{
	const struct sim_zone *sz = &s->alloc->zone[zi];

	mm_wmark_zone_of(s->m, &s->m->core.zone[zi], s->policy.facts, ret);
	ret->known = true;
	ret->boost = sz->boost;
	for (unsigned int i = 0; i < SG_MAX_ZONE_TYPES; i++)
		ret->reserve[i] = sz->reserve[i];
	if (mm_sim_asks(s, MM_HOOK_WATERMARK))
		mm_sim_ask_watermark(s, zi, ret);
}

unsigned int mm_sim_wmarks(const struct mm_sim *s, struct mm_wmark_zone *ret)
{
	for (unsigned int i = 0; i < s->m->core.nr_zones; i++)
		mm_sim_wmark(s, i, &ret[i]);
	return s->m->core.nr_zones;
}

int64_t mm_sim_boost(const struct mm_sim *s, unsigned int zi)
{
	return s->alloc->zone[zi].boost;
}

void mm_sim_boost_sub(struct mm_sim *s, unsigned int zi, int64_t pages)
{
	struct sim_zone *z = &s->alloc->zone[zi];

	z->boost = pages < z->boost ? z->boost - pages : 0;
}
