// SPDX-License-Identifier: GPL-2.0-only
/*
 * What compaction's scanners are predicted to do: where they go on, and what they take there.  A function that
 * returns a text couldn't tell; the text is the key of the missing fact.
 */
#include "mm_check_compact.h"

static bool is_async_direct(const struct mm_compact_task *t)
{
	return t->direct && !t->sync;
}

/* Of the page at @pfn: the order of the folio or other compound page it heads or is in, -1 when none, -2 unknown. */
static int compound_of(const struct mm_compact_state *s, uint64_t pfn, const struct page_ent *e)
{
	uint64_t gfp;

	if (ent_state(e) != PS_ALLOC)
		return ent_state(e) == PS_UNKNOWN ? -2 : -1;
	if ((e->st & PE_SNAP) || e->x >= s->m->core.nr_gfp)
		return -2;
	gfp = s->m->gfp[e->x];
	return ent_order(e) > 0 && (gfp & s->m->cap->gfp.comp) ? (int)ent_order(e) : -1;
}

/*
 * May the migrate scanner take from the pageblock at @pfn?
 * Source: mm/compaction.c: suitable_migration_source(), 6.1 to 7.3: 7.2 and later let requests of whole
 * pageblocks take from movable blocks
 */
enum mm_answer mm_predict_source(const struct mm_compact_state *s, const struct mm_compact_task *t, uint64_t pfn)
{
	struct page_ent e = mm_ent(s->m, pb_start(s, pfn));
	unsigned int bt = mm_blk(s->m, pfn >> s->m->pb_order).mt, want = MM_MT_UNMOVABLE;
	int order = compound_of(s, pb_start(s, pfn), &e);

	if (order >= (int)s->m->pb_order)
		return MM_NO;
	if (is_async_direct(t)) {
		if (t->gfp & s->m->cap->gfp.movable)
			want = MM_MT_MOVABLE;
		else if (t->gfp & s->m->cap->gfp.reclaimable)
			want = MM_MT_RECLAIMABLE;
		if (s->rules >= MM_RULES_7_2 && t->order >= (int64_t)s->m->pb_order)
			want = MM_MT_MOVABLE;
		if (bt == MM_MT_UNKNOWN)
			return MM_MAYBE;
		if (bt != want && !(want == MM_MT_MOVABLE && (int)bt == s->m->cap->mt_cma))
			return MM_NO;
	}
	return order == -2 && ent_state(&e) == PS_ALLOC && !(e.st & PE_LRU) ? MM_MAYBE : MM_YES;
}

/* May it be a target?  Source: mm/compaction.c: suitable_migration_target(): 6.1 looks at whole blocks only */
static enum mm_answer target_block(const struct mm_compact_state *s, const struct mm_compact_task *t, uint64_t pfn)
{
	uint64_t h;
	struct page_ent e = mm_ent(s->m, pfn);
	unsigned int bt = mm_blk(s->m, pfn >> s->m->pb_order).mt;
	int64_t limit = t->order > 0 && s->rules > MM_RULES_6_1 ? t->order : (int64_t)s->m->pb_order;

	if (ent_state(&e) == PS_UNKNOWN)
		return MM_MAYBE;
	if (ent_state(&e) == PS_FREE && (int64_t)ent_order(&e) >= limit)
		return MM_NO;
	if (ent_state(&e) == PS_FREET && mm_head_of(s->m, pfn, &h, &e))
		return MM_NO; /* in the middle of a block larger than a pageblock */
	if (t->ignore_suitable)
		return MM_YES;
	if (bt == MM_MT_UNKNOWN)
		return MM_MAYBE;
	return bt == MM_MT_MOVABLE || (s->m->cap->mt_cma >= 0 && (int)bt == s->m->cap->mt_cma) ? MM_YES : MM_NO;
}

/* The next range of the free scanner from @pfn down.  NULL: *@ret is it (UINT64_MAX: none left). */
const char *mm_predict_next_free(const struct mm_compact_state *s, const struct mm_compact_task *t, uint64_t pfn,
				   uint64_t *ret)
{
	uint64_t low = pb_end(s, t->migrate.pfn), at = pfn;

	for (uint64_t b = pb_start(s, pfn); b >= low; b -= pb_size(s)) {
		enum mm_answer a = target_block(s, t, b);

		if (a == MM_MAYBE)
			return "block_unknown";
		if (a == MM_YES && (t->ignore_skip || skip_of(s, b) == MM_SKIP_CLEAR)) {
			*ret = at;
			return NULL;
		}
		if (a == MM_YES && skip_of(s, b) == MM_SKIP_UNKNOWN)
			return "skip_bits_unknown";
		if (b < pb_size(s))
			break;
		at = b - pb_size(s);
	}
	*ret = UINT64_MAX;
	return NULL;
}

/*
 * Will the free lists be searched for a block to clear?
 * Source: mm/compaction.c: fast_find_migrateblock(), 6.1 to 7.3
 */
bool mm_predict_searches(const struct mm_compact_state *s, const struct mm_compact_task *t)
{
	const struct zone_state *z = &s->m->core.zone[t->zone];

	if (t->ignore_skip || (t->finish_pageblock && s->rules > MM_RULES_6_1) || t->order <= MM_COSTLY_ORDER)
		return false;
	if (t->migrate.pfn != z->start && t->migrate.pfn != pb_start(s, t->migrate.pfn))
		return false;
	return !t->direct || (t->gfp & s->m->cap->gfp.movable) ||
	       (s->rules >= MM_RULES_7_2 && t->order >= (int64_t)s->m->pb_order);
}

/* Is there any block that such a search could find?  Below the first part of the way to the free scanner. */
static bool lists_have_candidate(const struct mm_compact_state *s, const struct mm_compact_task *t)
{
	const struct zone_state *z = &s->m->core.zone[t->zone];
	uint64_t far = t->free.pfn > t->migrate.pfn ? (t->free.pfn - t->migrate.pfn) >> 1 : 0, high;

	if (t->migrate.pfn != z->start)
		far >>= 2;
	high = pb_start(s, t->migrate.pfn + far);
	for (int64_t o = t->order - 1; o >= MM_COSTLY_ORDER; o--) {
		const struct free_list *l = &z->list[o][MM_MT_MOVABLE];

		if (l->nr_unplaced)
			return true;
		for (unsigned int part = 0; part < 2; part++)
			for (uint32_t p = part ? l->tail_first : l->head_first; p != MM_NIL;) {
				struct page_ent e = mm_ent(s->m, p);

				if (p < high)
					return true;
				p = e.a;
			}
	}
	return false;
}

const char *mm_predict_next_migrate(const struct mm_compact_state *s, const struct mm_compact_task *t, uint64_t *ret)
{
	const struct zone_state *z = &s->m->core.zone[t->zone];
	uint64_t at = t->migrate.pfn;

	if (!t->migrate.known)
		return "scanner_position_unknown";
	if (!t->free.known)
		return "scanner_position_unknown";
	if (mm_predict_searches(s, t)) {
		if (lists_have_candidate(s, t))
			return "list_order_unknown";
		if (t->fast_start) /* nothing found: the start kept from before takes over */
			return "list_order_unknown";
	}
	for (; pb_end(s, at) <= t->free.pfn; at = pb_end(s, at)) {
		bool aligned = at == pb_start(s, at) || (at == z->start && s->rules > MM_RULES_6_1);
		enum mm_answer a;

		if (aligned && !t->ignore_skip && skip_of(s, at) == MM_SKIP_SET)
			continue;
		a = mm_predict_source(s, t, at);
		if (a == MM_NO)
			continue;
		if (a == MM_MAYBE)
			return "block_unknown";
		if (aligned && !t->ignore_skip && skip_of(s, at) == MM_SKIP_UNKNOWN)
			return "skip_bits_unknown";
		*ret = at;
		return NULL;
	}
	*ret = UINT64_MAX;
	return NULL;
}

/*
 * Searches of the free lists took blocks of which no event has told yet which they were: may the free block
 * at @pfn be one of them?  @except: the number of one that is accounted for.
 */
static bool may_be_taken(const struct mm_compact_state *s, uint64_t pfn, const struct page_ent *e, unsigned int except)
{
	const struct mm_core *core = &s->m->core;

	for (unsigned int i = 0; i < core->nr_pending; i++) {
		const struct pending_pick *p = &core->pending[i];

		if (i == except || (ent_mt(e) != MM_MT_MOVABLE && ent_mt(e) < SG_MAX_MIGRATETYPES) || pfn + (1ull << ent_order(e)) <= p->min_pfn || mm_zone_of(s->m, p->min_pfn) != mm_zone_of(s->m, pfn))
			continue;
		/* a block of that size that was there already, or one that has grown around it since */
		if (ent_order(e) == p->order ? e->since <= p->event : ent_order(e) > p->order && e->since > p->event)
			return true;
	}
	return false;
}

static bool any_free(const struct mm_compact_state *s, uint64_t start, uint64_t end)
{
	for (uint64_t p = start; p < end; p++) {
		struct page_ent e = mm_ent(s->m, p);

		if (ent_state(&e) == PS_FREE || ent_state(&e) == PS_UNKNOWN)
			return true;
	}
	return false;
}

/*
 * A search has just taken a block of this pageblock: which?  0: none that is still thought free, UINT64_MAX: one
 * of several.  *@ret_pending: its number.
 */
static uint64_t just_taken(const struct mm_compact_state *s, uint64_t start, uint64_t end, unsigned int *ret_pending)
{
	const struct mm_core *core = &s->m->core;
	const struct pending_pick *p;
	uint64_t found = 0;

	*ret_pending = UINT32_MAX;
	if (core->nr_pending == 0)
		return 0;
	p = &core->pending[core->nr_pending - 1];
	if (p->pid != s->ev->pid || p->event != (uint32_t)core->position)
		return 0;
	*ret_pending = core->nr_pending - 1;
	for (uint64_t at = start; at < end; at++) {
		struct page_ent e = mm_ent(s->m, at);

		if (ent_state(&e) != PS_FREE)
			continue;
		if (ent_order(&e) == p->order) {
			if (found)
				return UINT64_MAX;
			found = at;
		}
		at += (1ull << ent_order(&e)) - 1;
	}
	return found;
}

/*
 * Source: mm/compaction.c: isolate_freepages_block(), mm/page_alloc.c: __isolate_free_page(), 6.1 to 7.3
 */
const char *mm_predict_free_range(const struct mm_compact_state *s, const struct mm_compact_task *t, uint64_t start, uint64_t end,
			      unsigned int stride, uint64_t *ret_end, uint64_t *ret_taken)
{
	int64_t want = t->want, free, size = 0;
	unsigned int pending = UINT32_MAX;
	uint64_t p = start, got = 0, gone = t->fs == MM_FS_FAST && t->fs_found ? just_taken(s, start, end, &pending) : 0;
	struct mm_compact_zone cz;

	mm_compact_zone_facts(s, t->zone, &cz);
	free = mm_free_pages_of(s->m, cz.z, NULL) - cz.taken;
	if (gone == UINT64_MAX) { /* which one of several matters only when the scan stops early */
		size = 1ll << s->m->core.pending[pending].order;
		want += size;
	}
	for (; p < end; p += stride) {
		struct page_ent e = mm_ent(s->m, p);
		int order = compound_of(s, p, &e);

		if (ent_state(&e) == PS_UNKNOWN)
			return "page_state_unknown";
		if (ent_state(&e) == PS_ALLOC && stride > 1 && order == -2) {
			/* a large page here would shift the next ones that are looked at */
			if (any_free(s, p, end))
				return "page_state_unknown";
			p = end;
			break;
		}
		if (order > 0 && p + (1ull << order) <= end) {
			p += (1ull << order) - 1;
			continue;
		}
		if (ent_state(&e) != PS_FREE)
			continue;
		if (cz.have_marks && cz.z->list_known) { /* the watermark is kept as by an allocation */
			int64_t need = cz.wmark_min + (1ll << ent_order(&e)) + (cz.nr_reserve ? cz.reserve[0] : 0);

			if (free - (int64_t)got + cz.drift <= need)
				break;
			if (free - (int64_t)got - cz.pending - cz.drift <= need)
				return "free_count_drift";
		}
		if (gone && p == gone) {
			p += (1ull << ent_order(&e)) - 1;
			continue;
		}
		if (may_be_taken(s, p, &e, pending))
			return "list_order_unknown";
		got += 1ull << ent_order(&e);
		want -= 1ll << ent_order(&e);
		if (want <= 0) {
			p += 1ull << ent_order(&e);
			break;
		}
		p += (1ull << ent_order(&e)) - 1;
	}
	if (size && p < end)
		return "list_order_unknown";
	*ret_end = p < end ? p : end;
	*ret_taken = got > (uint64_t)size ? got - (uint64_t)size : 0;
	return NULL;
}

/*
 * Source: mm/compaction.c: isolate_migratepages_block(), 6.1 to 7.3.  A page that was put on the LRU
 * is thought to be had: that one is pinned, dirty, locked or just with reclaim is not in the trace, and is then
 * a disagreement.
 */
const char *mm_predict_migrate_range(const struct mm_compact_state *s, const struct mm_compact_task *t, uint64_t start,
				 uint64_t end, uint64_t *ret_end, uint64_t *ret_taken)
{
	bool skip_on_failure = is_async_direct(t);
	uint64_t span = t->order > 0 ? 1ull << t->order : 1, next_skip = (start / span + 1) * span, low = start, got = 0;

	for (; low < end; low++) {
		struct page_ent e = mm_ent(s->m, low);
		int order = compound_of(s, low, &e);

		if (skip_on_failure && low >= next_skip) {
			if (got)
				break;
			next_skip = (low / span + 1) * span;
		}
		if (ent_state(&e) == PS_UNKNOWN)
			return "page_state_unknown";
		if (ent_state(&e) == PS_FREE) {
			low += (1ull << ent_order(&e)) - 1;
			continue;
		}
		if (ent_state(&e) == PS_FREET)
			continue;
		if (order > 0 && (s->rules == MM_RULES_6_1 || (t->order != -1 && order >= t->order) || order >= (int)s->m->pb_order)) {
			low += (1ull << order) - 1;
		} else if (ent_state(&e) == PS_ALLOC && (e.st & PE_LRU)) {
			got += order > 0 ? 1ull << order : 1;
			low += order > 0 ? (1ull << order) - 1 : 0;
			if (got >= MM_COMPACT_CLUSTER_MAX && !t->finish_pageblock) {
				low++;
				break;
			}
			continue;
		}
		if (!skip_on_failure)
			continue;
		got = 0;
		if (low < next_skip) {
			low = next_skip - 1;
			next_skip += span;
		}
	}
	*ret_end = low < end ? low : end;
	*ret_taken = got;
	return NULL;
}

/*
 * What does a search of the free lists take?  Told only where the first block that it looks at settles it, or
 * where there is none.  Source: mm/compaction.c: fast_isolate_freepages(), next_search_order(), 6.1 to 7.3
 */
const char *mm_predict_search(const struct mm_compact_state *s, const struct mm_compact_task *t, uint64_t *ret_taken)
{
	const struct zone_state *z = &s->m->core.zone[t->zone];
	unsigned int order = t->search_order;
	uint64_t low;

	if (!t->migrate.known || !t->free.known || t->migrate.pfn > t->free.pfn)
		return "scanner_position_unknown";
	if (!t->search_known || t->order <= 0 || order >= t->order)
		return "list_order_unknown";
	low = pb_start(s, t->free.pfn - ((t->free.pfn - t->migrate.pfn) >> 2));
	for (int64_t i = 0; i < t->order; i++, order = order ? order - 1 : (unsigned int)t->order - 1) {
		const struct free_list *l = &z->list[order][MM_MT_MOVABLE];
		struct page_ent e;
		uint32_t p = l->tail_last;

		if (mm_list_blocks(z, order, MM_MT_ROW_UNKNOWN))
			return "list_order_unknown";
		if (l->nr_linked + l->nr_unplaced == 0)
			continue;
		if (p == MM_NIL && l->nr_unplaced == 0)
			p = l->head_last;
		if (p == MM_NIL || p < low)
			return "list_order_unknown";
		e = mm_ent(s->m, p);
		if (may_be_taken(s, p, &e, UINT32_MAX))
			return "list_order_unknown";
		*ret_taken = 1ull << order;
		return NULL;
	}
	*ret_taken = 0;
	return NULL;
}
