// SPDX-License-Identifier: GPL-2.0-only
/* Pageblocks kept for atomic requests of high order: reserved when one was served, given back under pressure. */
#include "sim/alloc/alloc.h"

static bool straddles(const struct mm_sim *s, const struct zone_state *z, uint64_t pfn)
{
	uint64_t first = pfn >> s->m->pb_order << s->m->pb_order;

	return first < z->start || first + (1ull << s->m->pb_order) > z->end;
}

/* The free pages of a pageblock and its type. Source: mm/page_alloc.c: move_freepages_block() */
static bool move_block(struct mm_sim *s, struct zone_state *z, uint64_t pfn, unsigned int from, unsigned int to)
{
	if (straddles(s, z, pfn))
		return false;
	mm_block_move(s->m, z, pfn, from, to);
	mm_block_type(s->m, z, pfn, to, from, false);
	return true;
}

/**
 * mm_sim_reserve_highatomic() - the pageblock of a page just handed out becomes a reserve
 * At most about 1 % of the zone.  6.1: that and one pageblock; later kernels round up to whole pageblocks and
 * reserve nothing where 1 % is less than one.
 * Source: mm/page_alloc.c: reserve_highatomic_pageblock(), 6.1 to 7.3
 */
void mm_sim_reserve_highatomic(struct mm_sim *s, struct zone_state *z, uint64_t pfn, unsigned int order)
{
	struct sim_zone *sz = &s->alloc->zone[z - s->m->core.zone];
	uint64_t block = 1ull << s->m->pb_order, share = z->managed / 100, max;
	unsigned int high, mt = mm_blk(s->m, pfn >> s->m->pb_order).mt;
	bool old = !mm_has(s->policy.facts, HIGHATOMIC_PERCENT);

	if (s->cap.mt_highatomic < 0 || (!old && share < block))
		return;
	high = (unsigned int)s->cap.mt_highatomic;
	max = old ? share + block : (share + block - 1) / block * block;
	/* only blocks that may merge with others: not CMA, not isolated, not reserved already */
	if (sz->reserved_highatomic >= max || mt >= MM_NR_PCPTYPES)
		return;
	if (order < s->m->pb_order || old) {
		if (!move_block(s, z, pfn, mt, high))
			return;
		sz->reserved_highatomic += block;
	} else {
		mm_sim_block_types(s, z, pfn, order, high);
		sz->reserved_highatomic += 1ull << order;
	}
	s->stat[MM_SIM_HIGHATOMIC_RESERVE]++;
	if (mm_sim_listens(s))
		mm_sim_decide_reserve(s, z, pfn, sz->reserved_highatomic, max);
}

/* One free block of the reserve is found: its pageblocks become ordinary ones. */
static bool unreserve_at(struct mm_sim *s, struct zone_state *z, uint64_t pfn, unsigned int order, unsigned int mt)
{
	struct sim_zone *sz = &s->alloc->zone[z - s->m->core.zone];
	uint64_t size = 1ull << (order > s->m->pb_order && mm_has(s->policy.facts, HIGHATOMIC_LARGE) ? order : s->m->pb_order);
	unsigned int high = (unsigned int)s->cap.mt_highatomic;
	bool marked = mm_blk(s->m, pfn >> s->m->pb_order).mt == high;

	if (marked)
		sz->reserved_highatomic -= size < sz->reserved_highatomic ? size : sz->reserved_highatomic;
	if (order < s->m->pb_order) {
		if (!move_block(s, z, pfn, high, mt))
			return false;
	} else {
		mm_sim_move_to_list(s, z, pfn, mt);
		mm_sim_block_types(s, z, pfn, order, mt);
	}
	s->stat[MM_SIM_HIGHATOMIC_UNRESERVE]++;
	return true;
}

/**
 * mm_sim_unreserve_highatomic() - give a reserved pageblock to requests of type @mt
 * @list, @nr: zones of the request
 * @force:     also the last one: before OOM
 * Source: mm/page_alloc.c: unreserve_highatomic_pageblock(), 6.1 to 7.3
 */
bool mm_sim_unreserve_highatomic(struct mm_sim *s, const uint8_t *list, unsigned int nr, unsigned int mt, bool force)
{
	uint64_t block = 1ull << s->m->pb_order;

	for (unsigned int i = 0; i < nr && s->cap.mt_highatomic >= 0; i++) {
		struct zone_state *z = mm_sim_zs(s, list[i]);

		if (!force && s->alloc->zone[list[i]].reserved_highatomic <= block)
			continue;
		for (unsigned int o = 0; o < s->m->nr_orders; o++) {
			struct mm_pick p = mm_rule_list_head(s->m, z, o, (unsigned int)s->cap.mt_highatomic);

			if (p.known != MM_KNOWN_YES || !unreserve_at(s, z, p.pfn, o, mt))
				continue;
			if (mm_sim_listens(s))
				mm_sim_decide_unreserve(s, z, p.pfn, force, s->alloc->zone[list[i]].reserved_highatomic);
			return true;
		}
	}
	return false;
}
