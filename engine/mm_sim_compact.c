// SPDX-License-Identifier: GPL-2.0-only
/*
 * Simulated compaction: is a zone worth it, is a try put off, what the zone remembers, and the try of a
 * request over its zones.
 */
#include "mm_sim_compact.h"

#include <stdlib.h>
#include <string.h>

int sim_compact_init(struct mm_sim *s)
{
	struct sim_compact *c = calloc(1, sizeof(*c));

	if (!c)
		return SG_E_NOMEM;
	s->compact = c;
	c->nr_blocks = (mm_end_pfn(s->m) >> s->m->pb_order) + 1;
	c->skip = calloc(c->nr_blocks / 8 + 1, 1);
	if (!c->skip)
		return SG_E_NOMEM; /* sim_compact_fini() frees what there is */
	for (unsigned int i = 0; i < s->m->core.nr_zones; i++) {
		const struct zone_state *z = sim_zone(s, i);
		struct sim_czone *cz = &c->zone[i];

		cz->defer = (struct mm_defer){ .considered_known = true, .shift_known = true, .failed_known = true };
		cz->cached_migrate[0] = cz->cached_migrate[1] = cz->init_migrate = z->start;
		cz->cached_free = cz->init_free = sim_block_start(s, z->end - 1);
	}
	return 0;
}

void sim_compact_fini(struct mm_sim *s)
{
	if (!s->compact)
		return;
	free(s->compact->skip);
	free(s->compact->pinned);
	free(s->compact);
	s->compact = NULL;
}

bool sim_skip_get(const struct mm_sim *s, uint64_t pfn)
{
	uint64_t b = pfn >> s->m->pb_order;

	return b < s->compact->nr_blocks && s->compact->skip[b >> 3] & 1u << (b & 7);
}

void sim_skip_set(struct mm_sim *s, uint64_t pfn, bool on)
{
	uint64_t b = pfn >> s->m->pb_order;

	if (b >= s->compact->nr_blocks)
		return;
	if (on)
		s->compact->skip[b >> 3] |= (uint8_t)(1u << (b & 7));
	else
		s->compact->skip[b >> 3] &= (uint8_t)~(1u << (b & 7));
}

/* Source: mm/vmstat.c: fragmentation_index(), 6.1 to 7.3 */
static int fragindex(const struct mm_sim *s, unsigned int zi, unsigned int order)
{
	struct mm_zone_info info;

	mm_zone_get(s->m, zi, &info);
	return mm_fragmentation_index(&info, order);
}

bool sim_compaction_suitable(const struct mm_sim *s, unsigned int zi, unsigned int order, int64_t mark, unsigned int zone_type)
{
	struct mm_wmark_zone w;
	int index;

	sim_wmark(s, zi, &w);
	if (!mm_wmark_suitable(&w, s->policy.rules, order, mark, zone_type, w.free))
		return false;
	if (order <= MM_COSTLY_ORDER)
		return true;
	index = fragindex(s, zi, order);
	return index < 0 || index > sim_tune(s, MM_TUNE_EXTFRAG_THRESHOLD);
}

bool sim_zonelist_suitable(const struct mm_sim *s, const struct mm_request *rq, unsigned int order, unsigned int alloc_flags)
{
	uint8_t zone[MM_MAX_ZONES];
	unsigned int nr = sim_zonelist(s, rq->node, rq->zone_type, rq->gfp & MM_GFP_THISNODE, zone);

	for (unsigned int i = 0; i < nr && order; i++) {
		struct mm_wmark_zone w;
		int64_t available;

		sim_wmark(s, zone[i], &w);
		available = (int64_t)(sim_reclaimable(s, zone[i]) / order) + w.free;
		if (mm_wmark_suitable(&w, s->policy.rules, order, w.min + w.boost, rq->zone_type, available))
			return true;
	}
	return false;
}

enum mm_compact_result sim_direct_compact(struct mm_sim *s, const struct mm_request *rq, unsigned int order,
					  unsigned int prio, unsigned int alloc_flags, uint64_t *ret_pfn)
{
	*ret_pfn = UINT64_MAX;
	return MM_COMPACT_SKIPPED;
}

void sim_wake_kcompactd(struct mm_sim *s, int node, unsigned int order, unsigned int zone_type)
{
	struct sim_kcompactd *k;

	if (order == 0 || order >= MM_NR_ORDERS || node < 0 || node >= MM_MAX_NODES)
		return;
	k = &s->compact->kcompactd[node];
	if (k->max_order < (int)order)
		k->max_order = (int)order;
	if (k->highest > zone_type)
		k->highest = zone_type;
}

uint64_t mm_sim_kcompactd(struct mm_sim *s, int node, uint64_t now, uint64_t pages)
{
	s->now = now;
	return 0;
}

void sim_compaction_reset(struct mm_sim *s, int node)
{
}

void sim_compaction_worked(struct mm_sim *s, unsigned int zi, unsigned int order)
{
	mm_defer_reset(&s->compact->zone[zi].defer, order, true);
}
