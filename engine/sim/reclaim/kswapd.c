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
		.cpu = mm_sim_kswapd_who(s, node).cpu
	};
	k->boost_left = 0;
	for (unsigned int i = 0; i < s->m->core.nr_zones; i++) {
		const struct zone_state *z = &s->m->core.zone[i];

		k->boosts[i] = z->node == node && z->zone_type <= k->zid ? mm_sim_boost(s, i) : 0;
		k->boost_left += (uint64_t)k->boosts[i];
	}
	k->boosted = k->boost_left > 0;
	k->phase = KSIM_RESTART;
	s->reclaim->kswapd_ns += s->costs.round;
	s->stat[MM_SIM_KSWAPD_WAKE]++;
	mm_kswapd_say(s, node, "mm/vmscan.c: kswapd()", "begins a round",
	    "Of all requests since it last looked, the largest order and the highest zone.",
	    NULL, k->alloc_order, k->zid);
	SIM_EMIT(s, mm_vmscan_kswapd_wake, SIM_F(mm_vmscan_kswapd_wake, nid, node), SIM_F(mm_vmscan_kswapd_wake, zid, k->zid),
		 SIM_F(mm_vmscan_kswapd_wake, order, k->alloc_order));
	if (mm_sim_since(s, MM_SINCE(7, 2)))
		SIM_EMIT(s, mm_vmscan_balance_pgdat_begin, SIM_F(mm_vmscan_balance_pgdat_begin, nid, node),
			 SIM_F(mm_vmscan_balance_pgdat_begin, order, k->alloc_order),
			 SIM_F(mm_vmscan_balance_pgdat_begin, highest_zoneidx, k->zid));
}

static void loop(struct mm_sim *s, int node)
{
	struct ksim *k = &s->reclaim->ks[node];
	struct scan_ctl *sc = &k->sc;
	struct mm_balance b = mm_kswapd_balance(s, node, sc->order, (unsigned int)k->zid);
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
	if (mm_sim_gens(s))
		mm_gen_age_node(s, sc);
	else
		mm_classic_age_node(s, sc);
	sc->nr_scanned = 0;
	/* kswapd_shrink_node(): in proportion to the zones */
	sc->nr_to_reclaim = 0;
	for (; t <= sc->idx && t < SG_MAX_ZONE_TYPES; t++) {
		int zi = s->reclaim->zone_of[node][t];
		struct mm_wmark_zone z;

		if (zi < 0)
			continue;
		mm_sim_wmark(s, (unsigned int)zi, &z);
		if (z.managed)
			sc->nr_to_reclaim += mm_kswapd_goal(&z);
	}
	mm_shrink_begin(&k->it);
	k->phase = KSIM_SHRINK;
}

static void fail(struct mm_sim *s, int node)
{
	struct ksim *k = &s->reclaim->ks[node];
	int failures = k->failures + mm_kswapd_failed(s->policy.facts, k->sc.nr_reclaimed, k->boosted);

	if (mm_sim_asks(s, MM_HOOK_KSWAPD_COUNT) && !k->sc.nr_reclaimed)
		failures = mm_sim_ask_count(s, node, MM_COUNT_FAILED, k->sc.order, 0, false, failures);
	if (failures <= k->failures) {
		k->failures = failures;
		return;
	}
	k->failures = failures;
	s->stat[MM_SIM_KSWAPD_FAILURES]++;
	if (mm_sim_since(s, MM_SINCE(7, 0)))
		SIM_EMIT(s, mm_vmscan_kswapd_reclaim_fail, SIM_F(mm_vmscan_kswapd_reclaim_fail, nid, node),
			 SIM_F(mm_vmscan_kswapd_reclaim_fail, failures, k->failures));
	mm_kswapd_say(s, node, "mm/vmscan.c: balance_pgdat(): a round that reclaimed nothing", "a failure",
	    mm_sim_kswapd_hopeless(s, node) ? "With this failure the node is hopeless: kswapd "
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

	if (mm_sim_asks(s, MM_HOOK_KSWAPD_ROUND))
		order = mm_sim_ask_round_order(s, k, mm_sim_kswapd_hopeless(s, node), order);
	if (order != sc->order)
		mm_kswapd_say(s, node,
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
				mm_sim_boost_sub(s, i, k->boosts[i]);
		mm_sim_wake_kcompactd(s, node, s->m->pb_order, (unsigned int)k->zid);
	}
	mm_classic_snapshot_refaults(s, node);
	k->reclaim_order = k->sc.order;
	dropped = k->reclaim_order < k->alloc_order;
	mm_kswapd_say(s, node, "mm/vmscan.c: balance_pgdat()", dropped ? "ends at order 0" : "keeps the order",
	    "The order drops once a compaction gap was reclaimed.", NULL, k->reclaim_order, k->zid);
	if (mm_sim_since(s, MM_SINCE(7, 2)))
		SIM_EMIT(s, mm_vmscan_balance_pgdat_end, SIM_F(mm_vmscan_balance_pgdat_end, nid, node),
			 SIM_F(mm_vmscan_balance_pgdat_end, order, k->reclaim_order),
			 SIM_F(mm_vmscan_balance_pgdat_end, highest_zoneidx, k->zid),
			 SIM_F(mm_vmscan_balance_pgdat_end, nr_reclaimed, k->sc.nr_reclaimed));
	if (!dropped) {
		/* what was asked meanwhile counts from here on */
		k->alloc_order = k->reclaim_order = k->want_order;
		k->zid = mm_kswapd_highest(k);
	}
	k->phase = KSIM_TRY_SLEEP;
}

/* ---- sleep ------------------------------------------------------------------------------------------ */

/* @handover: order that kcompactd is woken for before a sleep */
static bool may_sleep(struct mm_sim *s, int node, const char *yes, const char *no, unsigned int *handover)
{
	struct ksim *k = &s->reclaim->ks[node];
	struct mm_balance b = mm_kswapd_balance(s, node, (unsigned int)k->reclaim_order, (unsigned int)k->zid);
	bool ok = mm_kswapd_sleep(mm_sim_kswapd_hopeless(s, node), b.balanced);

	if (mm_sim_asks(s, MM_HOOK_KSWAPD_ROUND))
		ok = mm_sim_ask_sleep(s, k, mm_sim_kswapd_hopeless(s, node), b.balanced, ok, handover);
	mm_kswapd_say(s, node, "mm/vmscan.c: prepare_kswapd_sleep()", ok ? yes : no, mm_sim_kswapd_hopeless(s, node) ?
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
	mm_sim_compaction_reset(s, node);
	mm_sim_wake_kcompactd(s, node, handover, (unsigned int)k->zid);
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
	k->zid = mm_kswapd_highest(k);
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
				mm_kswapd_show(s, node);
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
			if (mm_shrink_node_step(s, &k->sc, &k->it))
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
	mm_kswapd_show(s, node);
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
	was = mm_sim_switch(s, mm_sim_kswapd_who(s, node));
	scanned = work(s, node, pages);
	mm_sim_switch(s, was);
	return scanned;
}

uint64_t mm_sim_kswapd_step(struct mm_sim *s, int node, uint64_t now)
{
	uint64_t ns = s->reclaim->kswapd_ns;

	mm_sim_kswapd(s, node, now, 1);
	return s->reclaim->kswapd_ns - ns;
}

enum mm_thread_state mm_sim_kswapd_state(const struct mm_sim *s, int node, uint64_t *ret_until)
{
	const struct ksim *k = node >= 0 && node < MM_MAX_NODES ? &s->reclaim->ks[node] : NULL;
	enum mm_thread_state state = MM_THREAD_RUNS;

	if (!k || !k->present || k->phase == KSIM_ASLEEP)
		state = MM_THREAD_ASLEEP;
	else if (k->phase == KSIM_NAP)
		state = MM_THREAD_NAPS;
	if (ret_until)
		*ret_until = state == MM_THREAD_NAPS ? k->nap_until : UINT64_MAX;
	return state;
}
