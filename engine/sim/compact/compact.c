// SPDX-License-Identifier: GPL-2.0-only
/*
 * Simulated compaction: what a zone remembers, and the try of a request over its zones.
 */
#include "sim/compact/compact.h"
#include "sim/emit.h"
#include "sim/hooks.h"

#include <stdlib.h>

int mm_sim_compact_init(struct mm_sim *s)
{
	struct sim_compact *c = calloc(1, sizeof(*c));

	if (!c)
		return SG_E_NOMEM;
	s->compact = c;
	c->nr_blocks = (mm_end_pfn(s->m) >> s->m->pb_order) + 1;
	c->skip = calloc(c->nr_blocks / 8 + 1, 1);
	if (!c->skip)
		return SG_E_NOMEM; /* mm_sim_compact_fini() frees what there is */
	/* positions and order_failed begin at 0, as in a zone that was never compacted */
	for (unsigned int i = 0; i < s->m->core.nr_zones; i++)
		c->zone[i].defer = (struct mm_defer){ .considered_known = true, .shift_known = true,
						      .failed_known = true };
	for (unsigned int i = 0; i < MM_MAX_NODES; i++)
		c->kcompactd[i].highest = mm_sim_highest_type(s, (int)i);
	return 0;
}

void mm_sim_compact_fini(struct mm_sim *s)
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

/* ---- a request's try ----------------------------------------------------------- */

/* One step of the run, and the time that it takes; @did: brought up to date. */
static enum mm_compact_result step(struct mm_sim *s, struct sim_cc *cc, struct sim_compacted *did)
{
	enum mm_compact_result ret = mm_sim_run_step(s, cc);
	struct sim_compacted now = { cc->migrate_scanned + cc->free_scanned, cc->migrated };
	uint64_t ns = mm_sim_compact_ns(s, &now) - mm_sim_compact_ns(s, did);

	*did = now;
	if (ns)
		mm_sim_pause(s, MM_PAUSE_COMPACT, ns);
	return ret;
}

/* Source: mm/compaction.c: compact_zone_order(), 6.1 to 7.3; 7.2 and 7.3 capture for the request's own order */
static enum mm_compact_result compact_zone(struct mm_sim *s, const struct mm_request *rq, unsigned int zi,
					   const struct mm_reply_goal *goal, unsigned int prio, unsigned int alloc_flags, uint64_t *ret_pfn,
					   struct sim_compacted *did)
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
	struct sim_compacted mine = { 0 };
	uint64_t pfn;

	mm_sim_capture_arm(s, zi, cc.capture_order, cc.capture_mt);
	ret = mm_sim_run_begin(s, &cc);
	if (ret == MM_COMPACT_CONTINUE) {
		struct mm_node_info *n = mm_sim_node(s, mm_sim_zone(s, zi)->node);

		if (n)
			n->nr_direct_compact++;
		while (ret == MM_COMPACT_CONTINUE)
			ret = step(s, &cc, &mine);
		mm_sim_run_end(s, &cc, ret);
		if (n)
			n->nr_direct_compact--;
	}
	did->scanned += mine.scanned;
	did->moved += mine.moved;
	/* also what the last drain or the targets given back completed */
	if (cc.captured != UINT64_MAX || (mm_sim_capture_disarm(s, &pfn) && (cc.captured = pfn) != UINT64_MAX)) {
		*ret_pfn = cc.captured;
		ret = MM_COMPACT_SUCCESS;
	}
	return ret;
}

/* Source: mm/compaction.c: try_to_compact_pages(), 6.1 to 7.3 */
enum mm_compact_result mm_sim_direct_compact_for(struct mm_sim *s, const struct mm_request *rq, const struct mm_reply_goal *goal,
						 unsigned int prio, unsigned int alloc_flags, uint64_t *ret_pfn,
						 struct sim_compacted *ret_did)
{
	enum mm_compact_result best = MM_COMPACT_SKIPPED;
	struct sim_compacted did = { 0 };
	uint8_t zone[MM_MAX_ZONES];
	unsigned int nr, order = goal->compact;

	*ret_pfn = UINT64_MAX;
	if (ret_did)
		*ret_did = did;
	/* Source: include/linux/gfp.h: gfp_compaction_allowed() */
	if (order == 0 || order >= s->m->nr_orders || !(rq->gfp & MM_GFP_IO))
		return MM_COMPACT_SKIPPED;
	SIM_EMIT(s, mm_compaction_try_to_compact_pages, SIM_F(mm_compaction_try_to_compact_pages, order, order),
		 SIM_F(mm_compaction_try_to_compact_pages, gfp_mask, mm_sim_gfp_bits(s, rq)),
		 SIM_F(mm_compaction_try_to_compact_pages, prio, prio));
	nr = mm_sim_zonelist(s, rq, rq->zone_type, zone);
	for (unsigned int i = 0; i < nr; i++) {
		enum mm_compact_result ret;

		if (prio > MM_PRIO_FULL && mm_sim_defers(s, zone[i], order)) {
			if (best < MM_COMPACT_DEFERRED)
				best = MM_COMPACT_DEFERRED;
			continue;
		}
		ret = compact_zone(s, rq, zone[i], goal, prio, alloc_flags, ret_pfn, &did);
		if (ret > best)
			best = ret;
		if (ret == MM_COMPACT_SUCCESS) {
			mm_sim_defer_reset(s, zone[i], order, false);
			break;
		}
		if (prio != MM_PRIO_ASYNC && (ret == MM_COMPACT_COMPLETE || ret == MM_COMPACT_PARTIAL_SKIPPED))
			mm_sim_defer(s, zone[i], order);
	}
	if (ret_did)
		*ret_did = did;
	return best;
}

enum mm_compact_result mm_sim_direct_compact(struct mm_sim *s, const struct mm_request *rq, unsigned int order,
					     unsigned int prio, unsigned int alloc_flags, uint64_t *ret_pfn)
{
	const struct mm_reply_goal goal = { .reclaim = order, .compact = order,
					    .capture = mm_has(s->policy.facts, CAPTURE_ORDER) ? rq->order : order };

	return mm_sim_direct_compact_for(s, rq, &goal, prio, alloc_flags, ret_pfn, NULL);
}
