// SPDX-License-Identifier: GPL-2.0-only
/* Rules of compaction: suitable, finished, deferred. */
#include "rules/compact.h"
#include "rules/rmqueue.h"

const char *mm_compact_result_name(uint64_t ret)
{
	static const char *const name[] = {
		[MM_COMPACT_NOT_SUITABLE_ZONE] = "not_suitable_zone",
		[MM_COMPACT_SKIPPED] = "skipped",
		[MM_COMPACT_DEFERRED] = "deferred",
		[MM_COMPACT_NO_SUITABLE_PAGE] = "no_suitable_page",
		[MM_COMPACT_CONTINUE] = "continue",
		[MM_COMPACT_COMPLETE] = "complete",
		[MM_COMPACT_PARTIAL_SKIPPED] = "partial_skipped",
		[MM_COMPACT_CONTENDED] = "contended",
		[MM_COMPACT_SUCCESS] = "success",
	};

	return ret < MM_COMPACT_RESULTS ? name[ret] : "?";
}

uint64_t mm_list_blocks(const struct zone_state *z, unsigned int order, unsigned int mt)
{
	const struct free_list *l = &z->list[order][mt];

	return (uint64_t)l->nr_linked + l->nr_unplaced;
}

int64_t mm_free_pages_of(const struct mm_machine *m, const struct zone_state *z, int64_t *ret_blocks)
{
	int64_t all = 0, blocks = 0;

	for (unsigned int o = 0; o < m->nr_orders; o++)
		for (unsigned int t = 0; t < MM_NR_MT; t++) {
			int64_t n = (int64_t)(mm_list_blocks(z, o, t) << o);

			if (m->cap->mt_isolate >= 0 && t == (unsigned int)m->cap->mt_isolate)
				continue;
			all += n;
			if (o >= m->pb_order)
				blocks += n;
		}
	if (ret_blocks)
		*ret_blocks = blocks;
	return all;
}

/* Pages that an ordinary request can't use: the reserve for atomic requests of high order. */
static int64_t highatomic_of(const struct mm_machine *m, struct mm_facts facts, const struct zone_state *z)
{
	unsigned int mt = (unsigned int)m->cap->mt_highatomic;
	int64_t n = 0;

	if (m->cap->mt_highatomic < 0 || mt >= SG_MAX_MIGRATETYPES)
		return 0;
	if (!mm_has(facts, HIGHATOMIC_FREE)) /* nr_reserved_highatomic counts whole pageblocks */
		return (int64_t)(z->type_blocks[mt] << m->pb_order);
	for (unsigned int o = 0; o < m->nr_orders; o++)
		n += (int64_t)(mm_list_blocks(z, o, mt) << o);
	return n;
}

/* Least and greatest reserve over the highest zones that the asker may have. */
static struct mm_range reserve_of(const struct mm_compact_zone *cz, const struct mm_suit_ask *ask)
{
	struct mm_range r = { INT64_MAX, INT64_MIN };

	for (unsigned int i = ask->idx_lo; i <= ask->idx_hi; i++) {
		int64_t v = i < cz->nr_reserve ? cz->reserve[i] : 0;

		if (v < r.lo)
			r.lo = v;
		if (v > r.hi)
			r.hi = v;
	}
	return r.lo > r.hi ? (struct mm_range){ 0, 0 } : r;
}

/* fill_contig_page_info() and __fragmentation_index() over all lists. */
static int fragindex_of(const struct zone_state *z, unsigned int order)
{
	struct mm_zone_info zi = { .nr_orders = z->nr_orders };

	for (unsigned int o = 0; o < z->nr_orders; o++) {
		for (unsigned int t = 0; t < MM_NR_MT; t++)
			zi.free[o] += mm_list_blocks(z, o, t);
		zi.nr_free += zi.free[o] << o;
	}
	return mm_fragmentation_index(&zi, order);
}

/* Is any block of at least @order free that an ordinary request may have? */
static bool block_for(const struct zone_state *z, unsigned int order)
{
	for (unsigned int o = order; o < z->nr_orders; o++)
		for (unsigned int t = 0; t < MM_NR_PCPTYPES; t++)
			if (mm_list_blocks(z, o, t))
				return true;
	return false;
}

void mm_suitable(const struct mm_machine *m, struct mm_facts facts, const struct mm_compact_zone *cz,
		 const struct mm_suit_ask *ask, struct mm_suit *ret)
{
	const struct zone_state *z = cz->z;
	struct mm_range reserve = reserve_of(cz, ask);
	int64_t free = mm_free_pages_of(m, z, NULL), unusable = highatomic_of(m, facts, z);

	*ret = (struct mm_suit){ .ret = MM_COMPACT_RESULTS };
	if (!cz->have_marks || !z->list_known) {
		ret->why = cz->have_marks ? "free_lists_unknown" : "watermarks_unknown";
		return;
	}
	ret->gap = mm_compact_gap(facts, ask->order);
	free -= unusable + cz->taken;
	ret->free = (struct mm_range){ free - cz->pending - cz->drift, free + cz->drift };
	ret->mark.lo = mm_suitable_mark(facts, ask->order, cz->wmark_min, cz->wmark_low,
					ask->from_min ? cz->wmark_min : cz->wmark_high) + cz->boost.lo + reserve.lo;
	ret->mark.hi = mm_suitable_mark(facts, ask->order, cz->wmark_min, cz->wmark_low,
					ask->from_high ? cz->wmark_high : cz->wmark_min) + cz->boost.hi + reserve.hi;
	if (!mm_has(facts, SUITABLE_ALONE)) { /* the high-order check is part of it there */
		int64_t need = cz->wmark_min + (1ll << ask->order) - 1;

		if (ret->free.lo > need + cz->boost.hi + reserve.hi && block_for(z, ask->order)) {
			ret->ret = MM_COMPACT_SUCCESS;
			return;
		}
		if (ret->free.hi > need + cz->boost.lo + reserve.lo && block_for(z, ask->order)) {
			ret->why = "free_count_drift";
			return;
		}
	}
	if (ret->free.hi <= ret->mark.lo) {
		ret->ret = MM_COMPACT_SKIPPED;
		return;
	}
	ret->fragindex = fragindex_of(z, ask->order);
	if (ret->free.lo > ret->mark.hi) {
		ret->ret = mm_suitable_index(ask->order, ret->fragindex, ask->extfrag_threshold) ?
				   MM_COMPACT_CONTINUE : MM_COMPACT_NOT_SUITABLE_ZONE;
		return;
	}
	/* undecided: which of the open facts is it? */
	if (ret->free.lo + cz->pending > ret->mark.hi)
		ret->why = "free_blocks_taken_unknown";
	else if (ret->mark.hi - ret->mark.lo == cz->boost.hi - cz->boost.lo && cz->boost.hi > cz->boost.lo)
		ret->why = "watermark_boost_unknown";
	else if (ret->mark.hi == ret->mark.lo)
		ret->why = "free_count_drift";
	else if (ask->from_min && ask->from_high && mm_has(facts, SUITABLE_ASKED))
		ret->why = "asker_unknown";
	else
		ret->why = reserve.hi > reserve.lo ? "highest_zone_unknown" : "free_count_drift";
}

static bool left(const struct zone_state *z, const struct mm_gone *gone, unsigned int order, unsigned int mt)
{
	return (int64_t)mm_list_blocks(z, order, mt) > (gone ? gone->nr[order][mt] : 0);
}

enum mm_answer mm_list_satisfies(const struct mm_machine *m, const struct zone_state *z, unsigned int order,
				 unsigned int mt, const struct mm_gone *gone, unsigned int *ret_order,
				 unsigned int *ret_mt)
{
	/* a list that is empty in the model is empty in the kernel only if it is complete */
	bool maybe = false;

	for (unsigned int o = order; o < m->nr_orders && mt < MM_NR_PCPTYPES; o++) {
		bool claims = mm_claim_tried(m->pb_order, o, mt);

		*ret_order = o;
		*ret_mt = mt;
		if (left(z, gone, o, mt))
			return MM_YES;
		maybe |= !mm_complete_list(z, o, mt);
		if (mt == MM_MT_MOVABLE && m->cap->mt_cma >= 0 && left(z, gone, o, (unsigned int)m->cap->mt_cma)) {
			*ret_mt = (unsigned int)m->cap->mt_cma;
			return MM_YES;
		}
		for (unsigned int i = 0; claims && i < 2; i++) {
			if (left(z, gone, o, mm_fallbacks[mt][i])) {
				*ret_mt = mm_fallbacks[mt][i];
				return MM_YES;
			}
			maybe |= !mm_complete_list(z, o, mm_fallbacks[mt][i]);
		}
		maybe |= left(z, gone, o, MM_MT_ROW_UNKNOWN) != 0;
	}
	return maybe || mt >= MM_NR_PCPTYPES ? MM_MAYBE : MM_NO;
}

enum mm_answer mm_deferred(struct mm_defer *d, int64_t order)
{
	uint32_t limit;

	if (!d->failed_known)
		return MM_MAYBE;
	if (order < d->failed)
		return MM_NO;
	if (!d->considered_known || !d->shift_known)
		return MM_MAYBE;
	limit = 1u << d->shift;
	if (++d->considered >= limit) {
		d->considered = limit;
		return MM_NO;
	}
	return MM_YES;
}

enum mm_answer mm_compact_restarting(const struct mm_defer *d, int64_t order)
{
	if (d->failed_known && order < d->failed)
		return MM_NO;
	if ((d->shift_known && d->shift != MM_COMPACT_MAX_DEFER_SHIFT) ||
	    (d->considered_known && d->considered < 1u << MM_COMPACT_MAX_DEFER_SHIFT))
		return MM_NO;
	return d->failed_known && d->shift_known && d->considered_known ? MM_YES : MM_MAYBE;
}

void mm_defer(struct mm_defer *d, int64_t order)
{
	d->considered = 0;
	d->considered_known = true;
	if (d->shift < MM_COMPACT_MAX_DEFER_SHIFT)
		d->shift++;
	if (d->failed_known && order < d->failed)
		d->failed = order;
}

void mm_defer_reset(struct mm_defer *d, int64_t order, bool alloc_success)
{
	if (alloc_success) {
		d->considered = d->shift = 0;
		d->considered_known = d->shift_known = true;
	}
	if (d->failed_known && order >= d->failed)
		d->failed = order + 1;
}
