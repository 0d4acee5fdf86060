// SPDX-License-Identifier: GPL-2.0-only
/*
 * Simulated compaction: is a zone worth it, is a try put off, what the zone remembers, and the try of a
 * request over its zones.
 */
#include "sim/compact/compact.h"
#include "sim/emit.h"
#include "sim/hooks.h"

#include <stdlib.h>

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
	/* positions and order_failed begin at 0, as in a zone that was never compacted */
	for (unsigned int i = 0; i < s->m->core.nr_zones; i++)
		c->zone[i].defer = (struct mm_defer){ .considered_known = true, .shift_known = true,
						      .failed_known = true };
	for (unsigned int i = 0; i < MM_MAX_NODES; i++)
		c->kcompactd[i].highest = sim_highest_type(s, (int)i);
	return 0;
}

void sim_compact_fini(struct mm_sim *s)
{
	if (!s->compact)
		return;
	free(s->compact->skip);
	free(s->compact->pin);
	free(s->compact);
	s->compact = NULL;
}

void mm_sim_moved_hook(struct mm_sim *s, mm_sim_moved_fn fn, void *arg)
{
	s->compact->moved = fn;
	s->compact->moved_arg = arg;
}

/** Index of the zone of @type on @node, -1 when there is none. */
int sim_zone_by_type(const struct mm_sim *s, int node, unsigned int type)
{
	for (unsigned int i = 0; i < s->m->core.nr_zones; i++)
		if (sim_zone(s, i)->node == node && sim_zone(s, i)->zone_type == (int)type)
			return (int)i;
	return -1;
}

/** The highest zone type of @node: what a request may have that may have all. */
unsigned int sim_highest_type(const struct mm_sim *s, int node)
{
	unsigned int type = 0;

	for (unsigned int i = 0; i < s->m->core.nr_zones; i++)
		if (sim_zone(s, i)->node == node && sim_zone(s, i)->zone_type > (int)type)
			type = (unsigned int)sim_zone(s, i)->zone_type;
	return type;
}

/*
 * Source: mm/compaction.c: trace_mm_compaction_suitable() in compaction_suitable(): 6.1 has it for a zone that has the block
 * already, too; later kernels find that out before they ask
 */
void sim_emit_suitable(struct mm_sim *s, unsigned int zi, unsigned int order, unsigned int ret)
{
	SIM_EMIT(s, mm_compaction_suitable, SIM_F(mm_compaction_suitable, nid, sim_zone(s, zi)->node),
		 SIM_F(mm_compaction_suitable, idx, sim_zone(s, zi)->zone_type), SIM_F(mm_compaction_suitable, order, order),
		 SIM_F(mm_compaction_suitable, ret, ret));
}

/* ---- suitable ------------------------------------------------------------------ */

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
	return mm_suitable_index(order, *ret_index, sim_tune(s, MM_TUNE_EXTFRAG_THRESHOLD)) ?
		       MM_COMPACT_CONTINUE : MM_COMPACT_NOT_SUITABLE_ZONE;
}

bool sim_compaction_suitable(struct mm_sim *s, unsigned int zi, unsigned int order, int64_t mark, unsigned int zone_type)
{
	struct mm_wmark_zone w;
	unsigned int ret;
	int index = 0;

	sim_wmark(s, zi, &w);
	ret = suitable(s, &w, zi, order, mark, zone_type, &index);
	if (sim_asks(s, MM_HOOK_SUITABLE))
		ret = sim_ask_suitable(s, zi, MM_SUITABLE_RECLAIM, order, zone_type, mark, w.free, index, ret);
	sim_emit_suitable(s, zi, order, ret);
	return ret == MM_COMPACT_CONTINUE;
}

bool sim_zonelist_suitable(const struct mm_sim *s, const struct mm_request *rq, unsigned int order,
			   unsigned int alloc_flags)
{
	uint8_t zone[MM_MAX_ZONES];
	unsigned int nr = sim_zonelist(s, rq->node, rq->zone_type, rq->gfp & MM_GFP_THISNODE, zone);

	for (unsigned int i = 0; i < nr && order; i++) {
		struct mm_wmark_zone w;
		int64_t available;

		sim_wmark(s, zone[i], &w);
		available = (int64_t)(sim_reclaimable(s, zone[i]) / order) + w.free;
		if (!mm_has(s->policy.facts, SUITABLE_ALONE) &&
		    mm_wmark_ok(&w, order, w.min + w.boost, rq->zone_type, alloc_flags, w.free))
			continue; /* it has a block already: that is no reason to compact */
		if (mm_wmark_suitable(&w, s->policy.facts, order, w.min + w.boost, rq->zone_type, available))
			return true;
	}
	return false;
}

/**
 * sim_suit_order() - should zone @zi be compacted for @order?
 * @zone_type: highest zone type that the request may have
 * @kcompactd: it is kcompactd that asks; with defrag_mode it goes for the high watermark in whole blocks
 * Return: MM_COMPACT_SUCCESS (there is a block already), MM_COMPACT_SKIPPED or MM_COMPACT_CONTINUE
 * Source: mm/compaction.c: compaction_suit_allocation_order(), 6.12 to 7.3, compaction_suitable(), v6.1; since 6.15
 * asynchronous tries for costly orders that can't use CMA look at free memory without it
 */
enum mm_compact_result sim_suit_order(struct mm_sim *s, unsigned int zi, unsigned int order, unsigned int zone_type,
				      unsigned int alloc_flags, bool async, bool kcompactd)
{
	struct mm_facts facts = s->policy.facts;
	bool asked = true, by_block = kcompactd && mm_has(facts, DEFRAG) && sim_tune(s, MM_TUNE_DEFRAG_MODE);
	struct mm_wmark_zone w;
	unsigned int ret;
	int64_t mark;
	int index = 0;

	sim_wmark(s, zi, &w);
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
	if (sim_asks(s, MM_HOOK_SUITABLE))
		ret = sim_ask_suitable(s, zi, kcompactd ? MM_SUITABLE_KCOMPACTD : MM_SUITABLE_DIRECT, order, zone_type, mark,
				       by_block ? w.free_blocks : w.free, index, ret);
	if (asked)
		sim_emit_suitable(s, zi, order, ret);
	if (sim_listens(s))
		sim_say_suitable(s, &w, zi, order, mark, zone_type, index, ret);
	return ret == MM_COMPACT_NOT_SUITABLE_ZONE ? MM_COMPACT_SKIPPED : (enum mm_compact_result)ret;
}

/* ---- deferral ------------------------------------------------------------------ */

/* Source: include/trace/events/compaction.h: mm_compaction_defer_template, 6.1 to 7.3 */
#define EMIT_DEFER(s, ev, zi, ord)                                                                                     \
	SIM_EMIT(s, ev, SIM_F(ev, nid, sim_zone(s, zi)->node), SIM_F(ev, idx, sim_zone(s, zi)->zone_type),              \
		 SIM_F(ev, order, ord), SIM_F(ev, considered, (s)->compact->zone[zi].defer.considered),                 \
		 SIM_F(ev, defer_shift, (s)->compact->zone[zi].defer.shift),                                            \
		 SIM_F(ev, order_failed, (s)->compact->zone[zi].defer.failed))

/** Is a try of @order in zone @zi put off? */
bool sim_defers(struct mm_sim *s, unsigned int zi, unsigned int order)
{
	struct mm_defer was = s->compact->zone[zi].defer;
	bool yes = mm_deferred(&s->compact->zone[zi].defer, order) == MM_YES;

	if (sim_asks(s, MM_HOOK_DEFER))
		yes = sim_ask_defer(s, zi, MM_DEFER_ASKED, order, &was, yes);
	if (yes)
		EMIT_DEFER(s, mm_compaction_deferred, zi, order);
	if (sim_listens(s) && yes)
		sim_say_defer(s, zi, order, "mm/compaction.c: compaction_deferred()", "put off");
	return yes;
}

void sim_defer(struct mm_sim *s, unsigned int zi, unsigned int order)
{
	struct mm_defer was = s->compact->zone[zi].defer;

	mm_defer(&s->compact->zone[zi].defer, order);
	if (sim_asks(s, MM_HOOK_DEFER))
		sim_ask_defer(s, zi, MM_DEFER_FAILED, order, &was, false);
	EMIT_DEFER(s, mm_compaction_defer_compaction, zi, order);
	if (sim_listens(s))
		sim_say_defer(s, zi, order, "mm/compaction.c: defer_compaction()", "the next tries are put off");
}

/** @success: the block was allocated, not only made. */
void sim_defer_reset(struct mm_sim *s, unsigned int zi, unsigned int order, bool success)
{
	struct mm_defer was = s->compact->zone[zi].defer;

	mm_defer_reset(&s->compact->zone[zi].defer, order, success);
	if (sim_asks(s, MM_HOOK_DEFER))
		sim_ask_defer(s, zi, success ? MM_DEFER_ALLOCATED : MM_DEFER_WORKED, order, &was, false);
	EMIT_DEFER(s, mm_compaction_defer_reset, zi, order);
	if (sim_listens(s))
		sim_say_defer(s, zi, order, "mm/compaction.c: compaction_defer_reset()", "tries are no longer put off");
}

/* Source: mm/page_alloc.c: __alloc_pages_direct_compact(): the hints are kept too, 6.1 to 7.3 */
void sim_compaction_worked(struct mm_sim *s, unsigned int zi, unsigned int order)
{
	s->compact->zone[zi].flush = false;
	sim_defer_reset(s, zi, order, true);
}

/* ---- a request's try ----------------------------------------------------------- */

/* Source: mm/compaction.c: compact_zone_order(), 6.1 to 7.3; 7.2 and 7.3 capture for the request's own order */
static enum mm_compact_result compact_zone(struct mm_sim *s, const struct mm_request *rq, unsigned int zi,
					   const struct mm_reply_goal *goal, unsigned int prio, unsigned int alloc_flags, uint64_t *ret_pfn)
{
	bool full = prio == MM_PRIO_FULL;
	struct sim_cc cc = {
		.who = { .order = (int)goal->compact, .mt = rq->mt, .direct = true, .ignore_suitable = full },
		.zone = zi, .zone_type = rq->zone_type, .alloc_flags = alloc_flags, .gfp = rq->gfp, .cpu = rq->cpu,
		.pid = rq->pid, .mode = prio == MM_PRIO_ASYNC ? SIM_ASYNC : SIM_SYNC_LIGHT,
		.whole_zone = full, .ignore_skip = full, .search_order = (int)goal->compact, .wants_capture = true,
		.capture_order = goal->capture, .capture_mt = rq->mt, .sources = goal->sources,
	};
	enum mm_compact_result ret;
	uint64_t pfn;

	sim_capture_arm(s, zi, cc.capture_order, cc.capture_mt);
	ret = sim_run_begin(s, &cc);
	if (ret == MM_COMPACT_CONTINUE) {
		struct mm_node_info *n = sim_node(s, sim_zone(s, zi)->node);

		if (n)
			n->nr_direct_compact++;
		while (ret == MM_COMPACT_CONTINUE)
			ret = sim_run_step(s, &cc);
		sim_run_end(s, &cc, ret);
		if (n)
			n->nr_direct_compact--;
	}
	/* also what the last drain or the targets given back completed */
	if (cc.captured != UINT64_MAX || (sim_capture_disarm(s, &pfn) && (cc.captured = pfn) != UINT64_MAX)) {
		*ret_pfn = cc.captured;
		ret = MM_COMPACT_SUCCESS;
	}
	return ret;
}

/* Source: mm/compaction.c: try_to_compact_pages(), 6.1 to 7.3 */
enum mm_compact_result sim_direct_compact_for(struct mm_sim *s, const struct mm_request *rq, const struct mm_reply_goal *goal,
					      unsigned int prio, unsigned int alloc_flags, uint64_t *ret_pfn)
{
	enum mm_compact_result best = MM_COMPACT_SKIPPED;
	uint8_t zone[MM_MAX_ZONES];
	unsigned int nr, order = goal->compact;

	*ret_pfn = UINT64_MAX;
	/* Source: include/linux/gfp.h: gfp_compaction_allowed() */
	if (order == 0 || order >= s->m->nr_orders || !(rq->gfp & MM_GFP_IO))
		return MM_COMPACT_SKIPPED;
	SIM_EMIT(s, mm_compaction_try_to_compact_pages, SIM_F(mm_compaction_try_to_compact_pages, order, order),
		 SIM_F(mm_compaction_try_to_compact_pages, gfp_mask, sim_gfp_bits(s, rq)),
		 SIM_F(mm_compaction_try_to_compact_pages, prio, prio));
	nr = sim_zonelist(s, rq->node, rq->zone_type, rq->gfp & MM_GFP_THISNODE, zone);
	for (unsigned int i = 0; i < nr; i++) {
		enum mm_compact_result ret;

		if (prio > MM_PRIO_FULL && sim_defers(s, zone[i], order)) {
			if (best < MM_COMPACT_DEFERRED)
				best = MM_COMPACT_DEFERRED;
			continue;
		}
		ret = compact_zone(s, rq, zone[i], goal, prio, alloc_flags, ret_pfn);
		if (ret > best)
			best = ret;
		if (ret == MM_COMPACT_SUCCESS) {
			sim_defer_reset(s, zone[i], order, false);
			break;
		}
		if (prio != MM_PRIO_ASYNC && (ret == MM_COMPACT_COMPLETE || ret == MM_COMPACT_PARTIAL_SKIPPED))
			sim_defer(s, zone[i], order);
	}
	return best;
}

enum mm_compact_result sim_direct_compact(struct mm_sim *s, const struct mm_request *rq, unsigned int order,
					  unsigned int prio, unsigned int alloc_flags, uint64_t *ret_pfn)
{
	const struct mm_reply_goal goal = { .reclaim = order, .compact = order,
					    .capture = mm_has(s->policy.facts, CAPTURE_ORDER) ? rq->order : order };

	return sim_direct_compact_for(s, rq, &goal, prio, alloc_flags, ret_pfn);
}
