// SPDX-License-Identifier: GPL-2.0-only
/*
 * kswapd: woken, balancing its node, napping, asleep.  Its loop is written as steps, so that a run can stop it after
 * any batch of pages and go on later.
 *
 * Counterpart: mm/vmscan.c: wakeup_kswapd(), kswapd(), balance_pgdat(), kswapd_try_to_sleep(), 6.1 to 7.3
 */
#include "sim/emit.h"
#include "sim/hooks.h"
#include "sim/reclaim/lru.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- what it looks at ------------------------------------------------------------------- */

/* defrag_mode came with 6.15. */
static bool defrag_mode(const struct mm_sim *s)
{
	return mm_has(s->policy.facts, DEFRAG) && sim_tune(s, MM_TUNE_DEFRAG_MODE) != 0;
}

struct mm_balance ks_balance(const struct mm_sim *s, int node, unsigned int order, unsigned int zid)
{
	struct mm_wmark_zone z[MM_MAX_ZONES];
	unsigned int nr = sim_wmarks(s, z);
	struct mm_balance b = mm_wmark_balanced(z, nr, node, order, zid, defrag_mode(s), mm_policy_tiering(&s->policy));

	if (sim_asks(s, MM_HOOK_BALANCE))
		b.balanced = sim_ask_balance(s, node, order, zid, &b);
	return b;
}

static bool boosted(const struct mm_sim *s, int node, unsigned int zid)
{
	for (unsigned int t = 0; t <= zid && t < SG_MAX_ZONE_TYPES; t++)
		if (s->reclaim->zone_of[node][t] >= 0 && sim_boost(s, (unsigned int)s->reclaim->zone_of[node][t]) > 0)
			return true;
	return false;
}

bool sim_kswapd_hopeless(const struct mm_sim *s, int node)
{
	bool dead = node >= 0 && node < MM_MAX_NODES && mm_kswapd_hopeless(s->reclaim->ks[node].failures);

	if (sim_asks(s, MM_HOOK_KSWAPD_DEAD) && node >= 0 && node < MM_MAX_NODES)
		dead = sim_ask_dead(s, node, dead);
	return dead;
}

bool sim_reclaim_active(const struct mm_sim *s, unsigned int zi)
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
static void show(struct mm_sim *s, int node)
{
	const struct ksim *k = &s->reclaim->ks[node];
	struct mm_node_info *n = &s->m->core.node[node];

	n->kswapd_awake = k->phase != KSIM_ASLEEP && k->phase != KSIM_NAP;
	n->kswapd_order = n->kswapd_awake ? (unsigned int)k->alloc_order : 0;
	n->kswapd_failures = (unsigned int)k->failures;
}

static void say(struct mm_sim *s, int node, const char *rule, const char *ours, const char *reason,
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

	if (!sim_listens(s))
		return;
	rec_num(&d, "node", node);
	rec_num(&d, "order", order);
	rec_num(&d, "highest_zone", zid);
	rec_num(&d, "failures", k->failures);
	if (b) {
		rec_num(&d, b->by_block ? "free_in_blocks" : "free", b->free);
		rec_num(&d, "needed", b->need);
		rec_num(&d, "zone", b->zone);
	}
	rec_num(&d, "reclaimed", (int64_t)k->sc.nr_reclaimed);
	rec_num(&d, "priority", k->sc.priority);
	sim_decide(s, &d);
}

/* ---- waking ---------------------------------------------------------------------------------- */

static bool waits(const struct ksim *k)
{
	return k->phase == KSIM_ASLEEP || k->phase == KSIM_NAP;
}

/* Source: mm/vmscan.c: kswapd_highest_zoneidx(), 6.1 to 7.3 */
static int highest(const struct ksim *k)
{
	return k->want_zid < 0 ? k->zid : k->want_zid;
}

void ks_wake_up(struct mm_sim *s, int node)
{
	struct ksim *k = &s->reclaim->ks[node];

	if (k->phase == KSIM_NAP) {
		/* woken early, it remembers what the round was for */
		k->want_zid = highest(k);
		if (k->want_order < k->reclaim_order)
			k->want_order = k->reclaim_order;
	}
	if (waits(k))
		k->phase = KSIM_READ;
	show(s, node);
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
	if (!waits(k))
		return;
	b = ks_balance(s, z->node, order, zone_type);
	boost = boosted(s, z->node, zone_type);
	wakes = mm_kswapd_wake(sim_kswapd_hopeless(s, z->node), b.balanced, boost);
	if (sim_asks(s, MM_HOOK_KSWAPD_WAKE))
		wakes = sim_ask_wake(s, z->node, order, zone_type, sim_kswapd_hopeless(s, z->node), b.balanced, boost, wakes);
	if (!wakes) {
		say(s, z->node, "mm/vmscan.c: wakeup_kswapd()", "leaves kswapd asleep",
		    sim_kswapd_hopeless(s, z->node)
			    ? "The node is hopeless: requests are left to direct reclaim."
			    : "Some zone is above its high watermark for this order.",
		    &b, (int)order, (int)zone_type);
		/* who can't compact for himself leaves it to kcompactd */
		if (!(gfp & MM_GFP_DIRECT_RECLAIM))
			sim_wake_kcompactd(s, z->node, order, zone_type);
		return;
	}
	say(s, z->node, "mm/vmscan.c: wakeup_kswapd()", "wakes kswapd", b.balanced ?
	    "The node is balanced, but a watermark is boosted." : "No zone is above its high watermark for this order.",
	    &b, (int)order, (int)zone_type);
	SIM_EMIT(s, mm_vmscan_wakeup_kswapd, SIM_F(mm_vmscan_wakeup_kswapd, nid, z->node),
		 SIM_F(mm_vmscan_wakeup_kswapd, zid, zone_type), SIM_F(mm_vmscan_wakeup_kswapd, order, order),
		 SIM_F(mm_vmscan_wakeup_kswapd, gfp_flags, flags));
	ks_wake_up(s, z->node);
}

void sim_wake_kswapd_zone(struct mm_sim *s, unsigned int zi, uint32_t gfp, unsigned int order, unsigned int zone_type)
{
	wake_zone(s, zi, gfp, 0, order, zone_type);
}

/* Source: mm/page_alloc.c: wake_all_kswapds(), 6.1 to 7.3; each node once, through its first zone in the list */
void sim_wake_kswapd(struct mm_sim *s, const struct mm_request *rq, unsigned int order)
{
	uint8_t zl[MM_MAX_ZONES];
	unsigned int nr = sim_zonelist(s, rq->node, rq->zone_type, rq->gfp & MM_GFP_THISNODE, zl);
	int last = -1;

	order = mm_kswapd_asked(defrag_mode(s), order, s->m->pb_order);
	for (unsigned int i = 0; i < nr; i++) {
		const struct zone_state *z = &s->m->core.zone[zl[i]];

		if (!z->managed || z->node == last)
			continue;
		wake_zone(s, zl[i], rq->gfp, sim_gfp_bits(s, rq), order, rq->zone_type);
		last = z->node;
	}
}

/* enum kswapd_clear_hopeless_reason, 7.0 to 7.3 */
enum { SIM_CLEAR_OTHER, SIM_CLEAR_KSWAPD, SIM_CLEAR_DIRECT, SIM_CLEAR_PCP };

/* Source: mm/vmscan.c: kswapd_clear_hopeless(), 7.0 to 7.3; before, there is no event */
static void emit_clear(struct mm_sim *s, int node, unsigned int reason)
{
	if (sim_since(s, MM_SINCE(7, 0)))
		SIM_EMIT(s, mm_vmscan_kswapd_clear_hopeless, SIM_F(mm_vmscan_kswapd_clear_hopeless, nid, node),
			 SIM_F(mm_vmscan_kswapd_clear_hopeless, reason, reason));
}

void ks_revive(struct mm_sim *s, const struct scan_ctl *sc, uint64_t reclaimed)
{
	struct ksim *k = &s->reclaim->ks[sc->node];
	int failures = k->failures;
	struct mm_balance b;

	if (!k->failures && !sim_asks(s, MM_HOOK_KSWAPD_COUNT))
		return;
	b = ks_balance(s, sc->node, sc->order, sc->idx);
	if (mm_kswapd_revived(s->policy.facts, reclaimed, b.balanced))
		failures = 0;
	if (sim_asks(s, MM_HOOK_KSWAPD_COUNT))
		failures = sim_ask_count(s, sc->node, MM_COUNT_PROGRESS, sc->order, (int64_t)reclaimed, b.balanced, failures);
	if (failures == k->failures)
		return;
	say(s, sc->node, "mm/vmscan.c: kswapd_clear_hopeless()", "failures are forgotten",
	    "Reclaim made progress again.", &b, sc->order, sc->idx);
	emit_clear(s, sc->node, sc->kswapd ? SIM_CLEAR_KSWAPD : SIM_CLEAR_DIRECT);
	k->failures = failures;
	show(s, sc->node);
}

void sim_zone_relieved(struct mm_sim *s, unsigned int zi)
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
	if (mm_kswapd_relieved(s->policy.facts, sim_kswapd_hopeless(s, node), last))
		failures = 0;
	if (sim_asks(s, MM_HOOK_KSWAPD_COUNT))
		failures = sim_ask_count(s, node, MM_COUNT_RELIEVED, 0, 0, false, failures);
	if (failures == k->failures)
		return;
	say(s, node, "mm/page_alloc.c: free_frozen_page_commit()", "failures are forgotten",
	    "A zone is above its high watermark again, and requests had other nodes to turn to: nobody would have reclaimed here.",
	    NULL, 0, s->m->core.zone[zi].zone_type);
	if (k->failures)
		emit_clear(s, node, SIM_CLEAR_PCP);
	k->failures = failures;
	show(s, node);
}

/* ---- a round ------------------------------------------------------------------------------------ */

static void begin(struct mm_sim *s, int node)
{
	struct ksim *k = &s->reclaim->ks[node];

	k->sc = (struct scan_ctl){
		.gfp = MM_GFP_KERNEL,
		.node = node,
		.order = (uint8_t)k->alloc_order,
		.idx = (uint8_t)k->zid,
		.kswapd = true,
		.cpu = sim_kswapd_who(s, node).cpu
	};
	k->boost_left = 0;
	for (unsigned int i = 0; i < s->m->core.nr_zones; i++) {
		const struct zone_state *z = &s->m->core.zone[i];

		k->boosts[i] = z->node == node && z->zone_type <= k->zid ? sim_boost(s, i) : 0;
		k->boost_left += (uint64_t)k->boosts[i];
	}
	k->boosted = k->boost_left > 0;
	k->phase = KSIM_RESTART;
	s->stat[MM_SIM_KSWAPD_WAKE]++;
	say(s, node, "mm/vmscan.c: kswapd()", "begins a round",
	    "Of all requests since it last looked, the largest order and the highest zone.",
	    NULL, k->alloc_order, k->zid);
	SIM_EMIT(s, mm_vmscan_kswapd_wake, SIM_F(mm_vmscan_kswapd_wake, nid, node), SIM_F(mm_vmscan_kswapd_wake, zid, k->zid),
		 SIM_F(mm_vmscan_kswapd_wake, order, k->alloc_order));
	if (sim_since(s, MM_SINCE(7, 2)))
		SIM_EMIT(s, mm_vmscan_balance_pgdat_begin, SIM_F(mm_vmscan_balance_pgdat_begin, nid, node),
			 SIM_F(mm_vmscan_balance_pgdat_begin, order, k->alloc_order),
			 SIM_F(mm_vmscan_balance_pgdat_begin, highest_zoneidx, k->zid));
}

static void loop(struct mm_sim *s, int node)
{
	struct ksim *k = &s->reclaim->ks[node];
	struct scan_ctl *sc = &k->sc;
	struct mm_balance b = ks_balance(s, node, sc->order, (unsigned int)k->zid);
	unsigned int t = 0;

	k->before = sc->nr_reclaimed;
	k->raise = true;
	if (!b.balanced && k->boost_left) {
		/* an unbalanced node comes first, the boost later */
		k->boost_left = 0;
		k->phase = KSIM_RESTART;
		return;
	}
	if (!k->boost_left && b.balanced) {
		k->phase = KSIM_OUT;
		return;
	}
	if (k->boost_left && sc->priority == MM_DEF_PRIORITY - 2)
		k->raise = false;
	sc->may_writepage = sc->may_swap = !k->boost_left;
	if (sim_gens(s))
		gen_age_node(s, sc);
	else
		classic_age_node(s, sc);
	sc->nr_scanned = 0;
	/* kswapd_shrink_node(): in proportion to the zones */
	sc->nr_to_reclaim = 0;
	for (; t <= sc->idx && t < SG_MAX_ZONE_TYPES; t++) {
		int zi = s->reclaim->zone_of[node][t];
		struct mm_wmark_zone z;

		if (zi < 0)
			continue;
		sim_wmark(s, (unsigned int)zi, &z);
		if (z.managed)
			sc->nr_to_reclaim += mm_kswapd_goal(&z);
	}
	shrink_begin(&k->it);
	k->phase = KSIM_SHRINK;
}

static void fail(struct mm_sim *s, int node)
{
	struct ksim *k = &s->reclaim->ks[node];
	int failures = k->failures + mm_kswapd_failed(s->policy.facts, k->sc.nr_reclaimed, k->boosted);

	if (sim_asks(s, MM_HOOK_KSWAPD_COUNT) && !k->sc.nr_reclaimed)
		failures = sim_ask_count(s, node, MM_COUNT_FAILED, k->sc.order, 0, false, failures);
	if (failures <= k->failures) {
		k->failures = failures;
		return;
	}
	k->failures = failures;
	s->stat[MM_SIM_KSWAPD_FAILURES]++;
	if (sim_since(s, MM_SINCE(7, 0)))
		SIM_EMIT(s, mm_vmscan_kswapd_reclaim_fail, SIM_F(mm_vmscan_kswapd_reclaim_fail, nid, node),
			 SIM_F(mm_vmscan_kswapd_reclaim_fail, failures, k->failures));
	say(s, node, "mm/vmscan.c: balance_pgdat(): a round that reclaimed nothing", "a failure",
	    sim_kswapd_hopeless(s, node) ? "With this failure the node is hopeless: kswapd "
					      "sleeps until something is freed."
					    : "Nothing was reclaimed at any priority.",
	    NULL, k->alloc_order, k->zid);
}

/* The node was shrunk once: what of the priority? */
static void after(struct mm_sim *s, int node)
{
	struct ksim *k = &s->reclaim->ks[node];
	struct scan_ctl *sc = &k->sc;
	uint64_t got = sc->nr_reclaimed - k->before, most = sc->nr_scanned;
	unsigned int order = mm_kswapd_order(s->policy.facts, sc->order, (int64_t)sc->nr_reclaimed);

	if (sim_asks(s, MM_HOOK_KSWAPD_ROUND))
		order = sim_ask_round_order(s, k, sim_kswapd_hopeless(s, node), order);
	if (order != sc->order)
		say(s, node,
		    "mm/vmscan.c: kswapd_shrink_node(): the order drops after compact_gap()",
		    "goes on at order 0", "Enough was reclaimed for a compaction to work with.",
		    NULL, sc->order, k->zid);
	sc->order = (uint8_t)order;
	if (mm_has(s->policy.facts, ROUND_RECLAIMED) && got > most)
		most = got;
	if (most >= sc->nr_to_reclaim)
		k->raise = false;
	k->boost_left -= got < k->boost_left ? got : k->boost_left;
	k->phase = KSIM_LOOP;
	if (k->boost_left && !got) {
		fail(s, node);
		k->phase = KSIM_OUT; /* a boost allows no I/O: there is nothing more to get */
		return;
	}
	if (k->raise || !got)
		sc->priority--;
	if (sc->priority >= 1)
		return;
	if (!sc->nr_reclaimed && !sc->no_cache_trim && sc->cache_trim_failed) {
		sc->no_cache_trim = true;
		k->phase = KSIM_RESTART;
		return;
	}
	fail(s, node);
	k->phase = KSIM_OUT;
}

static void out(struct mm_sim *s, int node)
{
	struct ksim *k = &s->reclaim->ks[node];
	bool dropped;

	if (k->boosted) {
		for (unsigned int i = 0; i < s->m->core.nr_zones; i++)
			if (k->boosts[i])
				sim_boost_sub(s, i, k->boosts[i]);
		sim_wake_kcompactd(s, node, s->m->pb_order, (unsigned int)k->zid);
	}
	classic_snapshot_refaults(s, node);
	k->reclaim_order = k->sc.order;
	dropped = k->reclaim_order < k->alloc_order;
	say(s, node, "mm/vmscan.c: balance_pgdat()", dropped ? "ends at order 0" : "keeps the order",
	    "The order drops once a compaction gap was reclaimed.", NULL, k->reclaim_order, k->zid);
	if (sim_since(s, MM_SINCE(7, 2)))
		SIM_EMIT(s, mm_vmscan_balance_pgdat_end, SIM_F(mm_vmscan_balance_pgdat_end, nid, node),
			 SIM_F(mm_vmscan_balance_pgdat_end, order, k->reclaim_order),
			 SIM_F(mm_vmscan_balance_pgdat_end, highest_zoneidx, k->zid),
			 SIM_F(mm_vmscan_balance_pgdat_end, nr_reclaimed, k->sc.nr_reclaimed));
	if (!dropped) {
		/* what was asked meanwhile counts from here on */
		k->alloc_order = k->reclaim_order = k->want_order;
		k->zid = highest(k);
	}
	k->phase = KSIM_TRY_SLEEP;
}

/* ---- sleep ------------------------------------------------------------------------------------------ */

/* @handover: order that kcompactd is woken for before a sleep */
static bool may_sleep(struct mm_sim *s, int node, const char *yes, const char *no, unsigned int *handover)
{
	struct ksim *k = &s->reclaim->ks[node];
	struct mm_balance b = ks_balance(s, node, (unsigned int)k->reclaim_order, (unsigned int)k->zid);
	bool ok = mm_kswapd_sleep(sim_kswapd_hopeless(s, node), b.balanced);

	if (sim_asks(s, MM_HOOK_KSWAPD_ROUND))
		ok = sim_ask_sleep(s, k, sim_kswapd_hopeless(s, node), b.balanced, ok, handover);
	say(s, node, "mm/vmscan.c: prepare_kswapd_sleep()", ok ? yes : no, sim_kswapd_hopeless(s, node) ?
	    "The node is hopeless." : b.balanced ? "Some zone is above its high watermark." :
	    "No zone is above its high watermark.", &b, k->reclaim_order, k->zid);
	return ok;
}

static void try_sleep(struct mm_sim *s, int node)
{
	struct ksim *k = &s->reclaim->ks[node];
	unsigned int handover = (unsigned int)k->alloc_order;

	if (!may_sleep(s, node, "sleeps a moment", "goes on at once", &handover)) {
		k->phase = KSIM_READ;
		return;
	}
	sim_compaction_reset(s, node);
	sim_wake_kcompactd(s, node, handover, (unsigned int)k->zid);
	k->nap_until = s->now + MM_KSWAPD_NAP_NS;
	k->phase = KSIM_NAP;
}

/* The nap is over: real sleep, or another round. */
static void nap_ends(struct mm_sim *s, int node)
{
	struct ksim *k = &s->reclaim->ks[node];
	unsigned int handover = 0; /* that was before the nap */

	k->phase = may_sleep(s, node, "sleeps", "goes on", &handover) ? KSIM_ASLEEP : KSIM_READ;
	if (k->phase == KSIM_ASLEEP)
		SIM_EMIT(s, mm_vmscan_kswapd_sleep, SIM_F(mm_vmscan_kswapd_sleep, nid, node));
}

static void read_wishes(struct mm_sim *s, int node)
{
	struct ksim *k = &s->reclaim->ks[node];

	k->alloc_order = k->reclaim_order = k->want_order;
	k->zid = highest(k);
	k->want_order = 0;
	k->want_zid = -1;
	begin(s, node);
}

static uint64_t work(struct mm_sim *s, int node, uint64_t pages)
{
	struct ksim *k = &s->reclaim->ks[node];
	uint64_t used = 0, scanned = 0;

	while (used < pages && k->phase != KSIM_ASLEEP) {
		uint64_t before = k->sc.nr_scanned;

		switch (k->phase) {
		case KSIM_NAP:
			if (s->now < k->nap_until) {
				show(s, node);
				return scanned;
			}
			nap_ends(s, node);
			break;
		case KSIM_TRY_SLEEP:
			try_sleep(s, node);
			break;
		case KSIM_READ:
			read_wishes(s, node);
			used++; /* so that rounds without a page to scan end, too */
			break;
		case KSIM_RESTART:
			k->sc.priority = MM_DEF_PRIORITY;
			k->phase = KSIM_LOOP;
			break;
		case KSIM_LOOP:
			loop(s, node);
			break;
		case KSIM_SHRINK:
			if (shrink_node_step(s, &k->sc, &k->it))
				k->phase = KSIM_AFTER;
			scanned += k->sc.nr_scanned - before;
			used += k->sc.nr_scanned - before;
			break;
		case KSIM_AFTER:
			after(s, node);
			break;
		case KSIM_OUT:
			out(s, node);
			break;
		case KSIM_ASLEEP:
		default:
			break;
		}
	}
	show(s, node);
	return scanned;
}

uint64_t mm_sim_kswapd(struct mm_sim *s, int node, uint64_t now, uint64_t pages)
{
	struct sim_who was;
	uint64_t scanned;

	if (node < 0 || node >= MM_MAX_NODES || !s->reclaim->ks[node].present)
		return 0;
	if (now > s->now)
		s->now = now;
	was = sim_switch(s, sim_kswapd_who(s, node));
	scanned = work(s, node, pages);
	sim_switch(s, was);
	return scanned;
}
