// SPDX-License-Identifier: GPL-2.0-only
/* kswapd as others see it: is its node balanced, is it given up; who wakes it, and who lets it try again. */
#include "sim/emit.h"
#include "sim/hooks.h"
#include "sim/reclaim/lru.h"

/* defrag_mode came with 6.15. */
bool mm_kswapd_defrag_mode(const struct mm_sim *s)
{
	return mm_has(s->policy.facts, DEFRAG) && mm_sim_tune(s, MM_TUNE_DEFRAG_MODE) != 0;
}

/* ---- what it looks at ------------------------------------------------------------------- */

struct mm_balance mm_kswapd_balance(const struct mm_sim *s, int node, unsigned int order, unsigned int zid)
{
	struct mm_wmark_zone z[MM_MAX_ZONES];
	unsigned int nr = mm_sim_wmarks(s, z);
	struct mm_balance b = mm_wmark_balanced(z, nr, node, order, zid, mm_kswapd_defrag_mode(s), mm_policy_tiering(&s->policy));

	if (mm_sim_asks(s, MM_HOOK_BALANCE))
		b.balanced = mm_sim_ask_balance(s, node, order, zid, &b);
	return b;
}

bool mm_kswapd_boosted(const struct mm_sim *s, int node, unsigned int zid)
{
	for (unsigned int t = 0; t <= zid && t < SG_MAX_ZONE_TYPES; t++)
		if (s->reclaim->zone_of[node][t] >= 0 && mm_sim_boost(s, (unsigned int)s->reclaim->zone_of[node][t]) > 0)
			return true;
	return false;
}

bool mm_sim_kswapd_hopeless(const struct mm_sim *s, int node)
{
	bool dead = node >= 0 && node < MM_MAX_NODES && mm_kswapd_hopeless(s->reclaim->ks[node].failures);

	if (mm_sim_asks(s, MM_HOOK_KSWAPD_DEAD) && node >= 0 && node < MM_MAX_NODES)
		dead = mm_sim_ask_dead(s, node, dead);
	return dead;
}

bool mm_sim_reclaim_active(const struct mm_sim *s, unsigned int zi)
{
	const struct zone_state *z;
	const struct ksim *k;

	if (zi >= s->m->core.nr_zones)
		return false;
	z = &s->m->core.zone[zi];
	if (z->node < 0 || z->node >= MM_MAX_NODES)
		return false;
	k = &s->reclaim->ks[z->node];
	return k->phase >= KSIM_RESTART && k->phase <= KSIM_AFTER && z->zone_type <= k->zid;
}

/* The machine's record, which the views show. */
void mm_kswapd_show(struct mm_sim *s, int node)
{
	const struct ksim *k = &s->reclaim->ks[node];
	struct mm_node_info *n = &s->m->core.node[node];

	n->kswapd_awake = k->phase != KSIM_ASLEEP && k->phase != KSIM_NAP;
	n->kswapd_order = n->kswapd_awake ? (unsigned int)k->alloc_order : 0;
	n->kswapd_failures = (unsigned int)k->failures;
}

void mm_kswapd_say(struct mm_sim *s, int node, const char *rule, const char *ours, const char *reason,
		const struct mm_balance *b, int order, int zid)
{
	const struct ksim *k = &s->reclaim->ks[node];
	struct mm_decision d = { .kind = MM_CHECK_KSWAPD,
				 .verdict = MM_UNDECIDED,
				 .why = "simulated",
				 .rule = rule,
				 .ours = ours,
				 .reason = reason,
				 .pid = MM_PID_UNKNOWN };

	if (!mm_sim_listens(s))
		return;
	mm_rec_num(&d, "node", node);
	mm_rec_num(&d, "order", order);
	mm_rec_num(&d, "highest_zone", zid);
	mm_rec_num(&d, "failures", k->failures);
	if (b) {
		mm_rec_num(&d, b->by_block ? "free_in_blocks" : "free", b->free);
		mm_rec_num(&d, "needed", b->need);
		mm_rec_num(&d, "zone", b->zone);
	}
	mm_rec_num(&d, "reclaimed", (int64_t)k->sc.nr_reclaimed);
	mm_rec_num(&d, "priority", k->sc.priority);
	mm_sim_decide(s, &d);
}

/* ---- waking ---------------------------------------------------------------------------------- */

bool mm_kswapd_waits(const struct ksim *k)
{
	return k->phase == KSIM_ASLEEP || k->phase == KSIM_NAP;
}

/* Source: mm/vmscan.c: kswapd_highest_zoneidx(), 6.1 to 7.3 */
int mm_kswapd_highest(const struct ksim *k)
{
	return k->want_zid < 0 ? k->zid : k->want_zid;
}

void mm_kswapd_wake_up(struct mm_sim *s, int node)
{
	struct ksim *k = &s->reclaim->ks[node];
	bool waited = mm_kswapd_waits(k);

	if (k->phase == KSIM_NAP) {
		/* woken early, it remembers what the round was for */
		k->want_zid = mm_kswapd_highest(k);
		if (k->want_order < k->reclaim_order)
			k->want_order = k->reclaim_order;
	}
	if (waited)
		k->phase = KSIM_READ;
	mm_kswapd_show(s, node);
	if (waited)
		mm_sim_woken(s, MM_THREAD_KSWAPD, node);
}

/* @flags: the request's, as the kernel has them, for the trace */
static void wake_zone(struct mm_sim *s, unsigned int zi, uint32_t gfp, uint64_t flags, unsigned int order,
		      unsigned int zone_type)
{
	const struct zone_state *z;
	struct mm_balance b;
	struct ksim *k;
	bool boost, wakes;

	if (zi >= s->m->core.nr_zones)
		return;
	z = &s->m->core.zone[zi];
	if (!z->managed || z->node < 0 || z->node >= MM_MAX_NODES)
		return;
	k = &s->reclaim->ks[z->node];
	if (k->want_zid < (int)zone_type)
		k->want_zid = (int)zone_type;
	if (k->want_order < (int)order)
		k->want_order = (int)order;
	if (!mm_kswapd_waits(k))
		return;
	b = mm_kswapd_balance(s, z->node, order, zone_type);
	boost = mm_kswapd_boosted(s, z->node, zone_type);
	wakes = mm_kswapd_wake(mm_sim_kswapd_hopeless(s, z->node), b.balanced, boost);
	if (mm_sim_asks(s, MM_HOOK_KSWAPD_WAKE))
		wakes = mm_sim_ask_wake(s, z->node, order, zone_type, mm_sim_kswapd_hopeless(s, z->node), b.balanced, boost,
					wakes);
	if (!wakes) {
		mm_kswapd_say(s, z->node, "mm/vmscan.c: wakeup_kswapd()", "leaves kswapd asleep",
		    mm_sim_kswapd_hopeless(s, z->node)
			    ? "The node is hopeless: requests are left to direct reclaim."
			    : "Some zone is above its high watermark for this order.",
		    &b, (int)order, (int)zone_type);
		/* who can't compact for himself leaves it to kcompactd */
		if (!(gfp & MM_GFP_DIRECT_RECLAIM))
			mm_sim_wake_kcompactd(s, z->node, order, zone_type);
		return;
	}
	mm_kswapd_say(s, z->node, "mm/vmscan.c: wakeup_kswapd()", "wakes kswapd", b.balanced ?
	    "The node is balanced, but a watermark is boosted." : "No zone is above its high watermark for this order.",
	    &b, (int)order, (int)zone_type);
	SIM_EMIT(s, mm_vmscan_wakeup_kswapd, SIM_F(mm_vmscan_wakeup_kswapd, nid, z->node),
		 SIM_F(mm_vmscan_wakeup_kswapd, zid, zone_type), SIM_F(mm_vmscan_wakeup_kswapd, order, order),
		 SIM_F(mm_vmscan_wakeup_kswapd, gfp_flags, flags));
	mm_kswapd_wake_up(s, z->node);
}

void mm_sim_wake_kswapd_zone(struct mm_sim *s, unsigned int zi, uint32_t gfp, unsigned int order, unsigned int zone_type)
{
	wake_zone(s, zi, gfp, 0, order, zone_type);
}

/* Source: mm/page_alloc.c: wake_all_kswapds(), 6.1 to 7.3; each node once, through its first zone in the list */
void mm_sim_wake_kswapd(struct mm_sim *s, const struct mm_request *rq, unsigned int order)
{
	uint8_t zl[MM_MAX_ZONES];
	unsigned int nr = mm_sim_zonelist(s, rq, rq->zone_type, zl);
	int last = -1;

	order = mm_kswapd_asked(mm_kswapd_defrag_mode(s), order, s->m->pb_order);
	for (unsigned int i = 0; i < nr; i++) {
		const struct zone_state *z = &s->m->core.zone[zl[i]];

		if (!z->managed || z->node == last)
			continue;
		wake_zone(s, zl[i], rq->gfp, mm_sim_gfp_bits(s, rq), order, rq->zone_type);
		last = z->node;
	}
}

/* enum kswapd_clear_hopeless_reason, 7.0 to 7.3 */
enum { SIM_CLEAR_OTHER, SIM_CLEAR_KSWAPD, SIM_CLEAR_DIRECT, SIM_CLEAR_PCP };

/* Source: mm/vmscan.c: kswapd_clear_hopeless(), 7.0 to 7.3; before, there is no event */
static void emit_clear(struct mm_sim *s, int node, unsigned int reason)
{
	if (mm_sim_since(s, MM_SINCE(7, 0)))
		SIM_EMIT(s, mm_vmscan_kswapd_clear_hopeless, SIM_F(mm_vmscan_kswapd_clear_hopeless, nid, node),
			 SIM_F(mm_vmscan_kswapd_clear_hopeless, reason, reason));
}

void mm_kswapd_revive(struct mm_sim *s, const struct scan_ctl *sc, uint64_t reclaimed)
{
	struct ksim *k = &s->reclaim->ks[sc->node];
	int failures = k->failures;
	struct mm_balance b;

	if (!k->failures && !mm_sim_asks(s, MM_HOOK_KSWAPD_COUNT))
		return;
	b = mm_kswapd_balance(s, sc->node, sc->order, sc->idx);
	if (mm_kswapd_revived(s->policy.facts, reclaimed, b.balanced))
		failures = 0;
	if (mm_sim_asks(s, MM_HOOK_KSWAPD_COUNT))
		failures = mm_sim_ask_count(s, sc->node, MM_COUNT_PROGRESS, sc->order, (int64_t)reclaimed, b.balanced, failures);
	if (failures == k->failures)
		return;
	mm_kswapd_say(s, sc->node, "mm/vmscan.c: kswapd_clear_hopeless()", "failures are forgotten",
	    "Reclaim made progress again.", &b, sc->order, sc->idx);
	emit_clear(s, sc->node, sc->kswapd ? SIM_CLEAR_KSWAPD : SIM_CLEAR_DIRECT);
	k->failures = failures;
	mm_kswapd_show(s, sc->node);
}

void mm_sim_zone_relieved(struct mm_sim *s, unsigned int zi)
{
	int node = s->m->core.zone[zi].node;
	bool last = true;
	struct ksim *k;
	int failures;

	if (node < 0 || node >= MM_MAX_NODES)
		return;
	k = &s->reclaim->ks[node];
	failures = k->failures;
	for (int n = node + 1; n < MM_MAX_NODES; n++)
		last &= !s->reclaim->ks[n].present;
	if (mm_kswapd_relieved(s->policy.facts, mm_sim_kswapd_hopeless(s, node), last))
		failures = 0;
	if (mm_sim_asks(s, MM_HOOK_KSWAPD_COUNT))
		failures = mm_sim_ask_count(s, node, MM_COUNT_RELIEVED, 0, 0, false, failures);
	if (failures == k->failures)
		return;
	mm_kswapd_say(s, node, "mm/page_alloc.c: free_frozen_page_commit()", "failures are forgotten",
	    "A zone is above its high watermark again, and requests had other nodes to turn to: nobody would have reclaimed here.",
	    NULL, 0, s->m->core.zone[zi].zone_type);
	if (k->failures)
		emit_clear(s, node, SIM_CLEAR_PCP);
	k->failures = failures;
	mm_kswapd_show(s, node);
}
