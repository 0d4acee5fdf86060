// SPDX-License-Identifier: GPL-2.0-only
/* Direct reclaim: a request reclaims for itself, zone by zone, and may have to wait for kswapd. */
#include "sim/emit.h"
#include "sim/hooks.h"
#include "sim/reclaim/lru.h"
#include <inttypes.h>
#include <stdio.h>

/* What was done since the last pause takes its time now: in a kernel, its pages are isolated as long. */
static void pass(struct mm_sim *s, struct scan_ctl *sc, enum mm_pause why)
{
	struct lru_node *n = &s->reclaim->node[sc->node];
	uint64_t ns = sc->ns - sc->paused;

	sc->paused = sc->ns;
	for (unsigned int t = 0; ns && t < 2; t++)
		n->isolated[t] += sc->batch[t];
	if (ns)
		mm_sim_pause(s, why, ns);
	for (unsigned int t = 0; t < 2; t++) {
		n->isolated[t] -= ns ? sc->batch[t] : 0;
		sc->batch[t] = 0;
	}
}

/*
 * Source: mm/vmscan.c: compaction_ready(): 6.1 and 6.12 want compaction possible and the high watermark with
 * the gap met; later ones ask whether it is suitable from the high watermark
 */
static bool compaction_ready(struct mm_sim *s, const struct scan_ctl *sc, unsigned int zi)
{
	bool has_block, suits = false, ready;
	struct mm_wmark_zone z;
	int64_t high;

	if (!(sc->gfp & MM_GFP_IO))
		return false;
	mm_sim_wmark(s, zi, &z);
	high = z.high + z.boost;
	has_block = ready = mm_sim_reclaim_has_block(s, sc, &z, zi);
	if (!ready) {
		suits = mm_sim_compaction_suitable(s, zi, sc->order, mm_has(s->policy.facts, READY_HIGH) ? high : z.min + z.boost,
						   sc->idx);
		ready = suits && (mm_has(s->policy.facts, READY_HIGH) ||
				  mm_wmark_ok(&z, 0, high + mm_compact_gap(s->policy.facts, sc->order), sc->idx, 0, z.free));
	}
	if (mm_sim_asks(s, MM_HOOK_RECLAIM))
		ready = mm_sim_ask_reclaim(s, sc, MM_RECLAIM_READY, (int)zi, has_block, suits, 0, ready);
	return ready;
}

/* Are most of the reclaimable pages waiting to be written?  Source: mm/vmscan.c: skip_throttle_noprogress() */
static bool many_dirty(const struct mm_sim *s, int node)
{
	uint64_t reclaimable = 0;

	if (mm_sim_kswapd_hopeless(s, node))
		return false;
	for (unsigned int t = 0; t < SG_MAX_ZONE_TYPES; t++)
		if (s->reclaim->zone_of[node][t] >= 0)
			reclaimable += mm_sim_reclaimable(s, (unsigned int)s->reclaim->zone_of[node][t]);
	return 2 * s->reclaim->node[node].dirty > reclaimable;
}

/* Source: mm/vmscan.c: consider_reclaim_throttle(), reclaim_throttle(), 6.1 to 7.3 */
static void consider_throttle(struct mm_sim *s, struct scan_ctl *sc, int node)
{
	uint64_t us = s->costs.jiffy / 1000, from = s->now;

	if (sc->nr_reclaimed > sc->nr_scanned >> 3 || sc->priority != 1 || sc->nr_reclaimed || !many_dirty(s, node))
		return;
	mm_sim_charge(s, sc, s->costs.jiffy);
	pass(s, sc, MM_PAUSE_WAIT);
	SIM_EMIT(s, mm_vmscan_throttled, SIM_F(mm_vmscan_throttled, nid, node), SIM_F(mm_vmscan_throttled, usec_timeout, us),
		 SIM_F(mm_vmscan_throttled, usec_delayed, s->now > from ? (s->now - from) / 1000 : us),
		 SIM_F(mm_vmscan_throttled, reason, SIM_THROTTLE_NOPROGRESS));
}

/* Source: mm/vmscan.c: shrink_zones(), 6.1 to 7.3 */
static void shrink_zones(struct mm_sim *s, struct scan_ctl *sc, const uint8_t *zl, unsigned int nr)
{
	int last = -1, first = -1;

	for (unsigned int i = 0; i < nr; i++) {
		int node = s->m->core.zone[zl[i]].node;
		struct shrink_it it;

		if (node < 0 || node >= MM_MAX_NODES)
			continue;
		if (sc->order > MM_COSTLY_ORDER && compaction_ready(s, sc, zl[i])) {
			sc->compaction_ready = true;
			mm_sim_reclaim_say(s, sc, "mm/vmscan.c: compaction_ready()", "leaves the zone alone",
			    "It has enough free pages for the request, or for a compaction that "
			    "makes the block.",
			    "zone", zl[i]);
			continue;
		}
		if (node == last)
			continue;
		if (first < 0)
			first = node;
		last = node;
		sc->node = node;
		mm_shrink_begin(&it);
		while (!mm_shrink_node_step(s, sc, &it))
			pass(s, sc, MM_PAUSE_RECLAIM);
		pass(s, sc, MM_PAUSE_RECLAIM);
	}
	if (first >= 0)
		consider_throttle(s, sc, first);
}

/* VMSCAN_THROTTLE_NOPROGRESS as a bit, 6.1 to 7.3 */

bool mm_sim_allow_direct_reclaim(struct mm_sim *s, int node)
{
	struct mm_pfmemalloc p = { 0 };
	struct ksim *k = &s->reclaim->ks[node];
	int normal = SG_MAX_ZONE_TYPES - 1;
	bool ok;

	for (int t = 0; t < SG_MAX_ZONE_TYPES; t++)
		if (s->m->cap->zone_type[t][0] == 'N')
			normal = t;
	for (int t = 0; t <= normal; t++) {
		int zi = s->reclaim->zone_of[node][t];
		struct mm_wmark_zone z;

		if (zi < 0)
			continue;
		mm_sim_wmark(s, (unsigned int)zi, &z);
		if (z.managed)
			mm_pfmemalloc_add(&p, s->policy.facts, &z, (int64_t)mm_sim_reclaimable(s, (unsigned int)zi));
	}
	ok = mm_pfmemalloc_ok(&p, mm_sim_kswapd_hopeless(s, node));
	if (!ok && (k->phase == KSIM_ASLEEP || k->phase == KSIM_NAP)) {
		/* kswapd must be awake while requests wait for it */
		if (k->want_zid > normal)
			k->want_zid = normal;
		mm_kswapd_wake_up(s, node);
	}
	return ok;
}

/*
 * A request that finds even the reserves half used waits for kswapd, which works meanwhile.
 * Source: mm/vmscan.c: throttle_direct_reclaim(), 6.1 to 7.3
 */
static void throttle(struct mm_sim *s, const struct mm_request *rq, struct scan_ctl *sc, int node)
{
	const uint64_t second = 1000000000u, batch = 256;
	uint64_t waited = 0;

	/* without leave to enter a filesystem for a second at most; a minute is for runs that stand still */
	while (!mm_sim_allow_direct_reclaim(s, node)) {
		uint64_t from = s->now;

		if (mm_sim_pauses(s)) {
			mm_sim_pause(s, MM_PAUSE_WAIT, s->costs.jiffy);
			waited += s->now - from;
		} else {
			uint64_t done = mm_sim_kswapd(s, node, rq->now + waited, batch);

			waited += done ? mm_sim_reclaim_cost(s, done) : s->costs.jiffy;
		}
		if (waited >= (rq->gfp & MM_GFP_FS ? 60 * second : second))
			break;
	}
	if (waited) {
		struct mm_decision d = { .kind = MM_CHECK_SLOW_PATH,
					 .verdict = MM_UNDECIDED,
					 .why = "simulated",
					 .pid = rq->pid,
					 .rule = "mm/vmscan.c: throttle_direct_reclaim()",
					 .ours = "waits for kswapd",
					 .reason = "Less than half of the reserves is free: "
						   "requests wait until kswapd has "
						   "freed some." };

		mm_sim_charge(s, sc, waited);
		if (mm_sim_pauses(s))
			sc->paused = sc->ns; /* that has passed already */
		mm_rec_num(&d, "node", node);
		mm_rec_num(&d, "waited_ns", (int64_t)waited);
		if (mm_sim_listens(s))
			mm_sim_decide(s, &d);
	}
}

/* Another try over all priorities, for requests that got nothing at all. */
static bool again(struct mm_sim *s, struct scan_ctl *sc, bool *full_walk)
{
	/* 6.12 and later walk part of the cgroups only at first: with one cgroup, the second walk is the same again */
	if (mm_has(s->policy.facts, PARTIAL_WALK) && !*full_walk) {
		*full_walk = true;
	} else if (sc->skipped_deactivate) {
		sc->force_deactivate = true;
		sc->skipped_deactivate = false;
	} else {
		return false;
	}
	sc->priority = MM_DEF_PRIORITY;
	return true;
}

/* Source: mm/vmscan.c: do_try_to_free_pages(), 6.1 to 7.3 */
static uint64_t try_to_free(struct mm_sim *s, struct scan_ctl *sc, const uint8_t *zl, unsigned int nr)
{
	bool full_walk = false;

	do {
		s->stat[MM_SIM_ALLOCSTALL]++;
		do {
			sc->nr_scanned = 0;
			shrink_zones(s, sc, zl, nr);
			if (sc->nr_reclaimed >= sc->nr_to_reclaim || sc->compaction_ready)
				break;
		} while (--sc->priority >= 0);
		for (unsigned int i = 0; i < nr; i++)
			mm_classic_snapshot_refaults(s, s->m->core.zone[zl[i]].node);
		if (sc->nr_reclaimed)
			return sc->nr_reclaimed;
		if (sc->compaction_ready)
			return 1; /* that's progress, too: no reason to kill anybody */
	} while (again(s, sc, &full_walk));
	return 0;
}

uint64_t mm_sim_direct_reclaim(struct mm_sim *s, const struct mm_request *rq, unsigned int order)
{
	const struct mm_reply_goal goal = { .reclaim = order };

	return mm_sim_direct_reclaim_for(s, rq, &goal);
}

uint64_t mm_sim_direct_reclaim_for(struct mm_sim *s, const struct mm_request *rq, const struct mm_reply_goal *goal)
{
	unsigned int order = goal->reclaim;
	struct scan_ctl sc = {
		.nr_to_reclaim = goal->pages ? goal->pages : MM_SWAP_CLUSTER_MAX, .goal = goal->pages,
		.gfp = rq->gfp, .cpu = rq->cpu, .order = (uint8_t)order,
		.idx = rq->zone_type < SG_MAX_ZONE_TYPES ? rq->zone_type : SG_MAX_ZONE_TYPES - 1,
		.priority = MM_DEF_PRIORITY, .may_writepage = true, .may_swap = true,
	};
	uint8_t zl[MM_MAX_ZONES];
	unsigned int nr = mm_sim_zonelist(s, rq, sc.idx, zl);
	uint64_t got;

	for (unsigned int i = 0; i < nr; i++) {
		const struct zone_state *z = &s->m->core.zone[zl[i]];

		/* the first node with a zone that isn't Movable decides */
		if (z->node < 0 || z->node >= MM_MAX_NODES || z->name[0] == 'M')
			continue;
		throttle(s, rq, &sc, z->node);
		break;
	}
	SIM_EMIT(s, mm_vmscan_direct_reclaim_begin, SIM_F(mm_vmscan_direct_reclaim_begin, gfp_flags, mm_sim_gfp_bits(s, rq)),
		 SIM_F(mm_vmscan_direct_reclaim_begin, memcg_id, mm_sim_since(s, MM_SINCE(7, 1)) ? 0 : SG_MISSING),
		 SIM_F(mm_vmscan_direct_reclaim_begin, order, order));
	got = try_to_free(s, &sc, zl, nr);
	SIM_EMIT(s, mm_vmscan_direct_reclaim_end, SIM_F(mm_vmscan_direct_reclaim_end, nr_reclaimed, got),
		 SIM_F(mm_vmscan_direct_reclaim_end, memcg_id, mm_sim_since(s, MM_SINCE(7, 1)) ? 0 : SG_MISSING));
	if (mm_sim_listens(s)) {
		struct mm_decision d = { .kind = MM_CHECK_SLOW_PATH,
					 .verdict = MM_UNDECIDED,
					 .why = "simulated",
					 .pid = rq->pid,
					 .rule = "mm/vmscan.c: try_to_free_pages()",
					 .ours = got ? "reclaims" : "finds nothing to reclaim",
					 .reason = "A request that found no page frees some "
						   "itself, at first with a light scan." };

		mm_rec_num(&d, "order", order);
		mm_rec_num(&d, "reclaimed", (int64_t)sc.nr_reclaimed);
		mm_rec_num(&d, "priority", sc.priority);
		mm_rec_num(&d, "compaction_ready", sc.compaction_ready);
		mm_rec_num(&d, "ns", (int64_t)sc.ns);
		mm_sim_decide(s, &d);
	}
	return got;
}
