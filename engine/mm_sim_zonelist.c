// SPDX-License-Identifier: GPL-2.0-only
/* Zonelists, the watermarks and reserves of the zones, and their boosts. */
#include "mm_sim_alloc.h"

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
void sim_zonelists_build(struct mm_sim *s)
{
	struct sim_alloc *a = s->alloc;

	for (int node = 0; node < MM_MAX_NODES; node++) {
		int order[MM_MAX_NODES];
		unsigned int nr = nodes_from(s, node, order);

		a->zonelist[node].nr = 0;
		a->zonelist[node].nr_local = 0;
		for (unsigned int k = 0; k < nr; k++) {
			for (int t = SG_MAX_ZONE_TYPES - 1; t >= 0; t--)
				for (unsigned int i = 0; i < s->m->core.nr_zones; i++)
					if (s->m->core.zone[i].node == order[k] && s->m->core.zone[i].zone_type == t &&
					    s->m->core.zone[i].managed)
						a->zonelist[node].zone[a->zonelist[node].nr++] = (uint8_t)i;
			if (k == 0)
				a->zonelist[node].nr_local = order[0] == node ? a->zonelist[node].nr : 0;
		}
	}
}

unsigned int sim_zonelist(const struct mm_sim *s, int node, unsigned int zone_type, bool thisnode, uint8_t *ret)
{
	unsigned int n = 0, all;

	if (node < 0 || node >= MM_MAX_NODES)
		node = 0;
	all = thisnode ? s->alloc->zonelist[node].nr_local : s->alloc->zonelist[node].nr;
	for (unsigned int i = 0; i < all; i++) {
		uint8_t zi = s->alloc->zonelist[node].zone[i];

		if ((unsigned int)s->m->core.zone[zi].zone_type <= zone_type)
			ret[n++] = zi;
	}
	return n;
}

void sim_wmark(const struct mm_sim *s, unsigned int zi, struct mm_wmark_zone *ret)
{
	const struct sim_zone *sz = &s->alloc->zone[zi];

	mm_wmark_zone_of(s->m, &s->m->core.zone[zi], s->policy.rules, ret);
	ret->known = true;
	ret->boost = sz->boost;
	for (unsigned int i = 0; i < SG_MAX_ZONE_TYPES; i++)
		ret->reserve[i] = sz->reserve[i];
}

unsigned int sim_wmarks(const struct mm_sim *s, struct mm_wmark_zone *ret)
{
	for (unsigned int i = 0; i < s->m->core.nr_zones; i++)
		sim_wmark(s, i, &ret[i]);
	return s->m->core.nr_zones;
}

int64_t sim_boost(const struct mm_sim *s, unsigned int zi)
{
	return s->alloc->zone[zi].boost;
}

void sim_boost_sub(struct mm_sim *s, unsigned int zi, int64_t pages)
{
	struct sim_zone *z = &s->alloc->zone[zi];

	z->boost = pages < z->boost ? z->boost - pages : 0;
}
