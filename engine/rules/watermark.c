// SPDX-License-Identifier: GPL-2.0-only
/* Watermarks as pure rules; see the header. */
#include "rules/watermark.h"

#include <string.h>

#include "machine/state.h"

int64_t mm_wmark_need(const struct mm_wmark_zone *z, int64_t mark, unsigned int zid, unsigned int flags)
{
	int64_t min = mark;

	if (flags & MM_ALLOC_MIN_RESERVE) {
		min -= min / 2;
		if (flags & MM_ALLOC_NON_BLOCK)
			min -= min / 4;
	}
	if (flags & MM_ALLOC_OOM)
		min -= min / 2;
	return min + (zid < SG_MAX_ZONE_TYPES ? z->reserve[zid] : 0);
}

int64_t mm_wmark_margin(const struct mm_wmark_zone *z, unsigned int order, int64_t mark, unsigned int zid,
			unsigned int flags, int64_t free_pages)
{
	int64_t unusable = (INT64_C(1) << order) - 1;

	if (!(flags & MM_ALLOC_RESERVES))
		unusable += z->free_highatomic;
	if (!(flags & MM_ALLOC_CMA))
		unusable += z->free_cma;
	return free_pages - unusable - mm_wmark_need(z, mark, zid, flags);
}

bool mm_wmark_has_block(const struct mm_wmark_zone *z, unsigned int order, unsigned int flags)
{
	return z->top_pcp >= (int)order || ((flags & MM_ALLOC_CMA) && z->top_cma >= (int)order) ||
	       ((flags & (MM_ALLOC_HIGHATOMIC | MM_ALLOC_OOM)) && z->top_highatomic >= (int)order);
}

bool mm_wmark_ok(const struct mm_wmark_zone *z, unsigned int order, int64_t mark, unsigned int zid,
		 unsigned int flags, int64_t free_pages)
{
	if (mm_wmark_margin(z, order, mark, zid, flags, free_pages) <= 0)
		return false;
	return order == 0 || mm_wmark_has_block(z, order, flags);
}

bool mm_wmark_suitable(const struct mm_wmark_zone *z, struct mm_facts facts, unsigned int order, int64_t mark,
		       unsigned int zid, int64_t available)
{
	mark = mm_suitable_mark(facts, order, z->min + z->boost, z->low + z->boost, mark);
	return mm_wmark_ok(z, 0, mark, zid, MM_ALLOC_CMA, available);
}

struct mm_balance mm_wmark_balanced(const struct mm_wmark_zone *z, unsigned int nr, int node, unsigned int order,
				    unsigned int zid, bool defrag_mode, bool promo)
{
	struct mm_balance b = { .known = true, .balanced = false, .by_block = defrag_mode && order > 0, .zone = -1 };
	int64_t best = INT64_MIN;
	bool any = false, any_known = false;

	for (unsigned int i = 0; i < nr; i++) {
		int64_t mark = (promo ? z[i].promo : z[i].high) + z[i].boost;
		int64_t free_pages = b.by_block ? z[i].free_blocks : z[i].free;
		int64_t margin;

		any_known |= z[i].known;
		if (z[i].node != node || z[i].type < 0 || (unsigned int)z[i].type > zid)
			continue;
		any = true;
		if (!z[i].known) {
			b.known = false;
			continue;
		}
		margin = mm_wmark_margin(&z[i], order, mark, zid, 0, free_pages);
		if (margin >= -z[i].drift && margin <= z[i].drift && mm_wmark_has_block(&z[i], order, 0))
			b.close = true;
		if (margin > 0 && (order == 0 || mm_wmark_has_block(&z[i], order, 0)))
			b.balanced = true;
		if (margin > best) {
			best = margin;
			b.zone = (int)i;
			b.free = free_pages;
			b.need = free_pages - margin;
		}
	}
	if (!any) { /* no zone to balance, if the zones are known at all */
		b.balanced = true;
		b.known = any_known;
	}
	return b;
}

bool mm_wmark_boosted(const struct mm_wmark_zone *z, unsigned int nr, int node, unsigned int zid)
{
	for (unsigned int i = 0; i < nr; i++)
		if (z[i].node == node && z[i].type >= 0 && (unsigned int)z[i].type <= zid && z[i].boost > 0)
			return true;
	return false;
}

/* The most that the boost may become; 0: no boosts in this zone. */
static int64_t boost_max(const struct mm_wmark_zone *z, int64_t factor, int64_t block)
{
	int64_t max = z->high / 10000 * factor + z->high % 10000 * factor / 10000;

	if (factor <= 0 || block * 4 > z->managed || max <= 0)
		return 0;
	return max < block ? block : max;
}

int64_t mm_wmark_boost(const struct mm_wmark_zone *z, int64_t boost, int64_t factor, int64_t block)
{
	int64_t max = boost_max(z, factor, block);

	if (max == 0)
		return boost;
	return boost + block < max ? boost + block : max;
}

bool mm_wmark_may_boost(const struct mm_wmark_zone *z, int64_t factor, int64_t block)
{
	return boost_max(z, factor, block) > 0;
}

static int64_t bits(uint64_t v)
{
	int64_t n = 0;

	for (; v; v >>= 1)
		n++;
	return n;
}

int64_t mm_wmark_drift(int64_t managed, unsigned int page_shift, unsigned int cpus)
{
	/* units of 128 MiB, as the kernel counts here */
	uint64_t mem = page_shift < 27 ? (uint64_t)managed >> (27 - page_shift) : (uint64_t)managed;
	int64_t threshold = 2 * bits(cpus) * (1 + bits(mem));

	return (threshold < 125 ? threshold : 125) * cpus;
}

const struct sg_zone_snap *mm_wmark_snap(const struct mm_config *cfg, const struct zone_state *z)
{
	for (unsigned int s = cfg->nr_seeds; s-- > 0;)
		for (unsigned int i = 0; i < cfg->seed[s].snap->nr_zones; i++) {
			const struct sg_zone_snap *zs = &cfg->seed[s].snap->zone[i];

			if (zs->node == z->node && strcmp(zs->name, z->name) == 0)
				return zs;
		}
	return NULL;
}

void mm_wmark_zone_of(const struct mm_machine *m, const struct zone_state *z, struct mm_facts facts,
		      struct mm_wmark_zone *ret)
{
	const struct sg_capture *cap = m->cap;

	*ret = (struct mm_wmark_zone){
		.node = z->node, .type = z->zone_type, .managed = mm_wmark_pages(z->managed),
		.min = mm_wmark_pages(z->wmark_min), .low = mm_wmark_pages(z->wmark_low), .high = mm_wmark_pages(z->wmark_high),
		.promo = mm_wmark_pages(z->wmark_promo), .top_pcp = -1, .top_highatomic = -1, .top_cma = -1,
		.free = (int64_t)(z->nr_pages[PS_FREE] + z->nr_pages[PS_FREET]),
	};
	for (int o = 0; o < (int)m->nr_orders; o++)
		for (int t = 0; t < MM_NR_MT; t++) {
			const struct free_list *l = &z->list[o][t];
			int64_t n = (int64_t)l->nr_linked + l->nr_unplaced;

			if (n == 0)
				continue;
			if (o >= (int)m->pb_order && t != cap->mt_isolate)
				ret->free_blocks += n << o;
			if (t == cap->mt_highatomic) {
				ret->top_highatomic = o;
				ret->free_highatomic += n << o;
			} else if (t == cap->mt_cma) {
				ret->top_cma = o;
				ret->free_cma += n << o;
			} else if (t != cap->mt_isolate) {
				ret->top_pcp = o;
			}
		}
	if (!mm_has(facts, HIGHATOMIC_FREE) && cap->mt_highatomic >= 0)
		ret->free_highatomic = (int64_t)(z->type_blocks[cap->mt_highatomic] << m->pb_order);
}

int64_t mm_wmark_boost_in(const struct mm_config *cfg, const struct zone_state *z)
{
	const struct sg_zone_snap *zs = mm_wmark_snap(cfg, z);

	return zs && zs->wmark_high == z->wmark_high ? mm_wmark_pages(zs->wmark_boost) : 0;
}
