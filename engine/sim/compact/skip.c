// SPDX-License-Identifier: GPL-2.0-only
/* Skip hints of the pageblocks and the scanners' cached positions: set by runs, cleared now and then. */
#include "sim/compact/compact.h"

bool mm_sim_skip_get(const struct mm_sim *s, uint64_t pfn)
{
	uint64_t b = pfn >> s->m->pb_order;

	return b < s->compact->nr_blocks && s->compact->skip[b >> 3] & 1u << (b & 7);
}

void mm_sim_skip_set(struct mm_sim *s, uint64_t pfn, bool on)
{
	uint64_t b = pfn >> s->m->pb_order;

	if (b >= s->compact->nr_blocks)
		return;
	if (on)
		s->compact->skip[b >> 3] |= (uint8_t)(1u << (b & 7));
	else
		s->compact->skip[b >> 3] &= (uint8_t)~(1u << (b & 7));
}

/**
 * mm_sim_positions_reset() - the next run of zone @zi begins anew
 * Source: mm/compaction.c: reset_cached_positions(), 6.1 to 7.3
 */
void mm_sim_positions_reset(struct mm_sim *s, unsigned int zi)
{
	struct sim_czone *cz = &s->compact->zone[zi];
	const struct zone_state *z = mm_sim_zone(s, zi);

	cz->cached_migrate[0] = cz->cached_migrate[1] = z->start;
	cz->cached_free = mm_sim_block_start(s, z->end - 1);
}

/*
 * Clears the hint of one pageblock, if a sample of its pages gives reason to.
 * Return: may it be where a scanner begins?
 * Source: mm/compaction.c: __reset_isolation_pfn(), 6.1 to 7.3
 */
static bool reset_block(struct mm_sim *s, const struct zone_state *z, uint64_t pfn, bool source, bool target)
{
	uint64_t first = mm_sim_block_start(s, pfn), end = mm_sim_block_end(s, pfn);
	struct page_ent e = mm_ent(s->m, pfn);

	if (pfn < z->start || pfn >= z->end)
		return false;
	/* of a compound page as large as a pageblock no page can be had */
	if (ent_order(&e) >= s->m->pb_order && mm_sim_folio_order_at(s, mm_sim_folio_head(s, pfn, &e), &e))
		return false;
	if (source && target && !mm_sim_skip_get(s, pfn))
		return true;
	if (!source && target && mm_blk(s->m, pfn >> s->m->pb_order).mt != MM_MT_MOVABLE)
		return false;
	if (first < z->start)
		first = z->start;
	if (end > z->end)
		end = z->end;
	for (uint64_t p = first; p < end; p += UINT64_C(1) << MM_COSTLY_ORDER) {
		e = mm_ent(s->m, p);
		if ((source && ent_state(&e) == PS_ALLOC &&
		     (mm_sim_unevictable(&e) || mm_sim_on_lru(s, mm_sim_folio_head(s, p, &e)))) ||
		    (target && ent_state(&e) == PS_FREE)) {
			mm_sim_skip_set(s, p, false);
			return true;
		}
	}
	return false;
}

/**
 * mm_sim_skip_reset() - clears the skip hints of a zone, and sets where the scanners begin, after a full run
 * Source: mm/compaction.c: __reset_isolation_suitable(), 6.1 to 7.3
 */
void mm_sim_skip_reset(struct mm_sim *s, unsigned int zi)
{
	struct sim_czone *cz = &s->compact->zone[zi];
	const struct zone_state *z = mm_sim_zone(s, zi);
	uint64_t up = z->start, down = z->end - 1, from_below = down, from_above = up, block = mm_sim_block_size(s);
	bool source_set = false, free_set = false;

	if (!cz->flush)
		return;
	cz->flush = false;
	for (; up < down; up += block, down -= block) {
		if (reset_block(s, z, up, true, source_set) && up < from_below) {
			source_set = true;
			from_below = up;
			cz->init_migrate = cz->cached_migrate[0] = cz->cached_migrate[1] = up;
		}
		if (reset_block(s, z, down, free_set, true) && down > from_above) {
			free_set = true;
			from_above = down;
			cz->init_free = cz->cached_free = down;
		}
		if (down < block)
			break; /* the zone's first pageblock; down would fall below 0 */
	}
	if (from_below >= from_above) { /* nothing to begin with: leave the scanners no distance */
		cz->cached_migrate[0] = cz->cached_migrate[1] = up;
		cz->cached_free = down;
	}
}

void mm_sim_compaction_reset(struct mm_sim *s, int node)
{
	for (unsigned int i = 0; i < s->m->core.nr_zones; i++)
		if (mm_sim_zone(s, i)->node == node)
			mm_sim_skip_reset(s, i);
}
