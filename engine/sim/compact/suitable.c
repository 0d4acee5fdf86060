// SPDX-License-Identifier: GPL-2.0-only
/* Is compaction of a zone worth it, and is it put off? */
#include "sim/compact/compact.h"
#include "sim/emit.h"
#include "sim/hooks.h"
#include "sim/reclaim/lru.h"

/* Source: include/trace/events/compaction.h: mm_compaction_defer_template, 6.1 to 7.3 */
#define EMIT_DEFER(s, ev, zi, ord)                                                                                     \
	SIM_EMIT(s, ev, SIM_F(ev, nid, mm_sim_zone(s, zi)->node), SIM_F(ev, idx, mm_sim_zone(s, zi)->zone_type),              \
		 SIM_F(ev, order, ord), SIM_F(ev, considered, (s)->compact->zone[zi].defer.considered),                 \
		 SIM_F(ev, defer_shift, (s)->compact->zone[zi].defer.shift),                                            \
		 SIM_F(ev, order_failed, (s)->compact->zone[zi].defer.failed))

/** Index of the zone of @type on @node, -1 when there is none. */
int mm_sim_zone_by_type(const struct mm_sim *s, int node, unsigned int type)
{
	for (unsigned int i = 0; i < s->m->core.nr_zones; i++)
		if (mm_sim_zone(s, i)->node == node && mm_sim_zone(s, i)->zone_type == (int)type)
			return (int)i;
	return -1;
}

/** The highest zone type of @node: what a request may have that may have all. */
unsigned int mm_sim_highest_type(const struct mm_sim *s, int node)
{
	unsigned int type = 0;

	for (unsigned int i = 0; i < s->m->core.nr_zones; i++)
		if (mm_sim_zone(s, i)->node == node && mm_sim_zone(s, i)->zone_type > (int)type)
			type = (unsigned int)mm_sim_zone(s, i)->zone_type;
	return type;
}

/*
 * Source: mm/compaction.c: trace_mm_compaction_suitable() in compaction_suitable(): 6.1 has it for a zone that has the block
 * already, too; later kernels find that out before they ask
 */
void mm_sim_emit_suitable(struct mm_sim *s, unsigned int zi, unsigned int order, unsigned int ret)
{
	SIM_EMIT(s, mm_compaction_suitable, SIM_F(mm_compaction_suitable, nid, mm_sim_zone(s, zi)->node),
		 SIM_F(mm_compaction_suitable, idx, mm_sim_zone(s, zi)->zone_type), SIM_F(mm_compaction_suitable, order, order),
		 SIM_F(mm_compaction_suitable, ret, ret));
}

/* The part that reclaim and compaction share; *@ret_index: the fragmentation index where it was asked for. */
static unsigned int suitable(const struct mm_sim *s, const struct mm_wmark_zone *w, unsigned int zi, unsigned int order,
			     int64_t mark, unsigned int zone_type, int *ret_index)
{
	struct mm_zone_info info;

	if (!mm_wmark_suitable(w, s->policy.facts, order, mark, zone_type, w->free))
		return MM_COMPACT_SKIPPED;
	if (order <= MM_COSTLY_ORDER)
		return MM_COMPACT_CONTINUE;
	mm_zone_get(s->m, zi, &info);
	*ret_index = mm_fragmentation_index(&info, order);
	return mm_suitable_index(order, *ret_index, mm_sim_tune(s, MM_TUNE_EXTFRAG_THRESHOLD)) ?
		       MM_COMPACT_CONTINUE : MM_COMPACT_NOT_SUITABLE_ZONE;
}

/* ---- suitable ------------------------------------------------------------------ */

bool mm_sim_compaction_suitable(struct mm_sim *s, unsigned int zi, unsigned int order, int64_t mark, unsigned int zone_type)
{
	struct mm_wmark_zone w;
	unsigned int ret;
	int index = 0;

	mm_sim_wmark(s, zi, &w);
	ret = suitable(s, &w, zi, order, mark, zone_type, &index);
	if (mm_sim_asks(s, MM_HOOK_SUITABLE))
		ret = mm_sim_ask_suitable(s, zi, MM_SUITABLE_RECLAIM, order, zone_type, mark, w.free, index, ret);
	mm_sim_emit_suitable(s, zi, order, ret);
	return ret == MM_COMPACT_CONTINUE;
}

bool mm_sim_zonelist_suitable(const struct mm_sim *s, const struct mm_request *rq, unsigned int order,
			      unsigned int alloc_flags)
{
	uint8_t zone[MM_MAX_ZONES];
	unsigned int nr = mm_sim_zonelist(s, rq, rq->zone_type, zone);

	for (unsigned int i = 0; i < nr && order; i++) {
		struct mm_wmark_zone w;
		int64_t available;

		mm_sim_wmark(s, zone[i], &w);
		available = (int64_t)(mm_sim_reclaimable(s, zone[i]) / order) + w.free;
		if (!mm_has(s->policy.facts, SUITABLE_ALONE) &&
		    mm_wmark_ok(&w, order, w.min + w.boost, rq->zone_type, alloc_flags, w.free))
			continue; /* it has a block already: that is no reason to compact */
		if (mm_wmark_suitable(&w, s->policy.facts, order, w.min + w.boost, rq->zone_type, available))
			return true;
	}
	return false;
}

/**
 * mm_sim_suit_order() - should zone @zi be compacted for @order?
 * @zone_type: highest zone type that the request may have
 * @kcompactd: it is kcompactd that asks; with defrag_mode it goes for the high watermark in whole blocks
 * Return: MM_COMPACT_SUCCESS (there is a block already), MM_COMPACT_SKIPPED or MM_COMPACT_CONTINUE
 * Source: mm/compaction.c: compaction_suit_allocation_order(), 6.12 to 7.3, compaction_suitable(), v6.1; since 6.15
 * asynchronous tries for costly orders that can't use CMA look at free memory without it
 */
enum mm_compact_result mm_sim_suit_order(struct mm_sim *s, unsigned int zi, unsigned int order, unsigned int zone_type,
					 unsigned int alloc_flags, bool async, bool kcompactd)
{
	struct mm_facts facts = s->policy.facts;
	bool asked = true, by_block = kcompactd && mm_has(facts, DEFRAG) && mm_sim_tune(s, MM_TUNE_DEFRAG_MODE);
	struct mm_wmark_zone w;
	unsigned int ret;
	int64_t mark;
	int index = 0;

	mm_sim_wmark(s, zi, &w);
	mark = (by_block ? w.high : w.min) + w.boost;
	if (mm_wmark_ok(&w, order, mark, zone_type, alloc_flags, by_block ? w.free_blocks : w.free)) {
		ret = MM_COMPACT_SUCCESS;
		asked = !mm_has(facts, SUITABLE_ALONE);
	} else if (mm_has(facts, SUITABLE_ASYNC) && order > MM_COSTLY_ORDER && async && !(alloc_flags & MM_ALLOC_CMA) &&
		 !mm_wmark_ok(&w, 0, (mm_has(facts, SUITABLE_ASKED) ? mark : w.low + w.boost) + mm_compact_gap(facts, order),
			      zone_type, 0, w.free)) {
		ret = MM_COMPACT_SKIPPED;
		asked = false;
	} else {
		ret = suitable(s, &w, zi, order, mark, zone_type, &index);
	}
	if (mm_sim_asks(s, MM_HOOK_SUITABLE))
		ret = mm_sim_ask_suitable(s, zi, kcompactd ? MM_SUITABLE_KCOMPACTD : MM_SUITABLE_DIRECT, order, zone_type, mark,
					  by_block ? w.free_blocks : w.free, index, ret);
	if (asked)
		mm_sim_emit_suitable(s, zi, order, ret);
	if (mm_sim_listens(s))
		mm_sim_say_suitable(s, &w, zi, order, mark, zone_type, index, ret);
	return ret == MM_COMPACT_NOT_SUITABLE_ZONE ? MM_COMPACT_SKIPPED : (enum mm_compact_result)ret;
}

/** Is a try of @order in zone @zi put off? */
bool mm_sim_defers(struct mm_sim *s, unsigned int zi, unsigned int order)
{
	struct mm_defer was = s->compact->zone[zi].defer;
	bool yes = mm_deferred(&s->compact->zone[zi].defer, order) == MM_YES;

	if (mm_sim_asks(s, MM_HOOK_DEFER))
		yes = mm_sim_ask_defer(s, zi, MM_DEFER_ASKED, order, &was, yes);
	if (yes)
		EMIT_DEFER(s, mm_compaction_deferred, zi, order);
	if (mm_sim_listens(s) && yes)
		mm_sim_say_defer(s, zi, order, "mm/compaction.c: compaction_deferred()", "put off");
	return yes;
}

void mm_sim_defer(struct mm_sim *s, unsigned int zi, unsigned int order)
{
	struct mm_defer was = s->compact->zone[zi].defer;

	mm_defer(&s->compact->zone[zi].defer, order);
	if (mm_sim_asks(s, MM_HOOK_DEFER))
		mm_sim_ask_defer(s, zi, MM_DEFER_FAILED, order, &was, false);
	EMIT_DEFER(s, mm_compaction_defer_compaction, zi, order);
	if (mm_sim_listens(s))
		mm_sim_say_defer(s, zi, order, "mm/compaction.c: defer_compaction()", "the next tries are put off");
}

/** @success: the block was allocated, not only made. */
void mm_sim_defer_reset(struct mm_sim *s, unsigned int zi, unsigned int order, bool success)
{
	struct mm_defer was = s->compact->zone[zi].defer;

	mm_defer_reset(&s->compact->zone[zi].defer, order, success);
	if (mm_sim_asks(s, MM_HOOK_DEFER))
		mm_sim_ask_defer(s, zi, success ? MM_DEFER_ALLOCATED : MM_DEFER_WORKED, order, &was, false);
	EMIT_DEFER(s, mm_compaction_defer_reset, zi, order);
	if (mm_sim_listens(s))
		mm_sim_say_defer(s, zi, order, "mm/compaction.c: compaction_defer_reset()", "tries are no longer put off");
}

/* Source: mm/page_alloc.c: __alloc_pages_direct_compact(): the hints are kept too, 6.1 to 7.3 */
void mm_sim_compaction_worked(struct mm_sim *s, unsigned int zi, unsigned int order)
{
	s->compact->zone[zi].flush = false;
	mm_sim_defer_reset(s, zi, order, true);
}
