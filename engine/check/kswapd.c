// SPDX-License-Identifier: GPL-2.0-only
/*
 * kswapd: with which order and zone it runs, when it drops the order, whether it goes to sleep, hands over to
 * kcompactd, fails and gives up.  Who wakes it and whether that was due: check/kswapd_asked.c.
 *
 * Counterparts: mm/vmscan.c: kswapd(), balance_pgdat(), kswapd_try_to_sleep(),
 * prepare_kswapd_sleep(), 6.1 to 7.3; 7.x traces the end of a round, before that a round's end is the
 * last thing that kswapd is seen doing.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "check/hooks.h"
#include "check/kswapd.h"
#include "observe/observer.h"
#include "rules/kswapd.h"
#include "observe/observe.h"

void mm_rec_kswapd_init(struct rec_state *s)
{
	for (unsigned int n = 0; n < MM_MAX_NODES; n++) {
		struct rec_kswapd *k = &s->ks[n];

		k->node = (int)n;
		k->failures = k->want_order = k->want_zid = k->maybe_order = k->maybe_zid = -1;
	}
}

/* ---- a round ------------------------------------------------------------------------ */

/* Would waking kcompactd for @order help?  Source: mm/compaction.c: kcompactd_node_suitable(), 6.1 to 7.3 */
static bool kcompactd_suitable(struct rec_state *s, const struct mm_check *c, const struct mm_machine *m, int node,
			       int order, int zid, bool *close)
{
	const struct mm_wmark_zone *z = mm_rec_zones(s, c, m);

	*close = false;
	for (unsigned int i = 0; i < m->core.nr_zones; i++) {
		int64_t free_pages, mark = mm_kcompactd_mark(&z[i], s->defrag_mode, &free_pages);
		struct mm_zone_info zi;
		int64_t margin;
		int frag;

		if (z[i].node != node || z[i].type < 0 || z[i].type > zid)
			continue;
		if (mm_wmark_ok(&z[i], (unsigned int)order, mark, (unsigned int)zid, 0, free_pages))
			continue;
		margin = mm_wmark_margin(&z[i], 0, mark + mm_compact_gap(mm_check_facts(c), (unsigned int)order),
					 (unsigned int)zid,
					 MM_ALLOC_CMA, z[i].free);
		if (order > MM_COSTLY_ORDER)
			margin -= z[i].low - z[i].min;
		if (margin >= -z[i].drift && margin <= z[i].drift)
			*close = true;
		if (!mm_wmark_suitable(&z[i], mm_check_facts(c), (unsigned int)order, mark, (unsigned int)zid,
				       z[i].free))
			continue;
		if (order <= MM_COSTLY_ORDER)
			return true;
		mm_zone_get(m, i, &zi);
		frag = mm_fragmentation_index(&zi, (unsigned int)order);
		if (frag < 0 || frag > s->extfrag_threshold)
			return true;
	}
	return false;
}

/* The round is over: what kswapd_try_to_sleep() will see. */
static void round_ends(struct rec_state *s, const struct mm_check *c, const struct mm_machine *m,
		       struct rec_kswapd *k, int reclaim_order, uint64_t ts)
{
	int node = (int)(k - s->ks);
	bool close = false;

	/* Source: mm/vmscan.c: balance_pgdat(): what was boosted when it began is taken off before anybody looks again */
	if (k->boosted) {
		for (unsigned int i = 0; i < m->core.nr_zones; i++) {
			int64_t took = k->boosts[i] < s->boost[i] ? k->boosts[i] : s->boost[i];

			if (m->core.zone[i].node == node)
				s->boost[i] -= took;
		}
		mm_rec_boost_round(s, m, node, k->zid, true);
		s->filled = 0;
	}
	k->reclaim_order = reclaim_order;
	k->sleep_order = reclaim_order;
	k->sleep_zid = k->zid;
	k->end_open = k->kept = false;
	if (reclaim_order >= k->alloc_order) {
		/* the order was kept: what was asked meanwhile counts from here on */
		k->alloc_order = k->sleep_order = k->want_order < 0 ? 0 : k->want_order;
		k->sleep_zid = k->want_zid < 0 ? k->zid : k->want_zid;
		k->end_open = k->maybe_order > k->sleep_order;
		k->kept = true;
	}
	k->end = mm_rec_kswapd_balance(s, c, m, node, k->sleep_order, k->sleep_zid);
	k->end_ts = ts;
	k->end_known = true;
	k->end_hopeless = mm_rec_kswapd_hopeless(c, k);
	k->woken = k->told = false;
	k->handover = k->alloc_order > 0 && !m->core.node[node].kcompactd_awake && !k->kcompactd_up &&
		      kcompactd_suitable(s, c, m, node, k->alloc_order, k->sleep_zid, &close);
	k->handover_why = k->end_open ? "requests_not_traced" : close ? "within_counter_error" :
			  k->end.known ? NULL : k->end.zones_open ? "highest_zone_unknown" : "free_pages_unknown";
}

/* Where nothing tells when the round ended: may a request that showed itself since have asked before that? */
static bool asked_late(const struct rec_state *s, const struct rec_kswapd *k)
{
	return !s->ends_traced && k->kept && !k->woken && k->maybe_order > k->sleep_order;
}

/* What the node was checked for between two rounds, or whether it was, shows nowhere. */
static void first_check_open(struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev,
			     struct rec_kswapd *k, const char *why)
{
	struct mm_decision d = { .rule = "mm/vmscan.c: prepare_kswapd_sleep() after a round", .verdict = MM_UNDECIDED,
				 .why = why, .kernel = "runs again or sleeps",
				 .reason = "After a round kswapd sleeps when the node is balanced for what is asked of it by now." };

	mm_rec_number(&d, "order", k->sleep_order);
	mm_rec_number(&d, "highest_zone", k->sleep_zid);
	mm_rec_say(c, m, ev, &d);
	k->end_known = false;
}

/* kswapd slept, if only for a moment, or went on at once after its last round. */
static void first_check(struct rec_state *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev,
			struct rec_kswapd *k, bool slept)
{
	struct mm_decision d = { .rule = "mm/compaction.c: wakeup_kcompactd() from kswapd_try_to_sleep()" };

	(void)s;
	if (!k->end_known)
		return;
	if (k->end_open || asked_late(s, k)) {
		first_check_open(c, m, ev, k, "requests_not_traced");
		return;
	}
	mm_rec_say_balance(c, m, ev, "mm/vmscan.c: prepare_kswapd_sleep() after a round", &k->end, k->sleep_order, k->sleep_zid,
			   mm_rec_kswapd_sleeps(c, k, k->end_hopeless, k->end.balanced), slept,
			   k->end_hopeless ? "kswapd has given the node up" : NULL, "sleeps a moment", "goes on at once");
	k->end_known = false;
	if (!slept || k->alloc_order <= 0)
		return;
	d.verdict = k->handover_why ? MM_UNDECIDED : k->handover == k->told ? MM_EQUAL : MM_DIFFERS;
	d.why = k->handover_why;
	d.ours = k->handover_why ? "" : k->handover ? "wakes kcompactd" : "leaves kcompactd alone";
	d.kernel = k->told ? "wakes kcompactd" : "leaves kcompactd alone";
	mm_rec_number(&d, "order", k->alloc_order);
	mm_rec_number(&d, "highest_zone", k->sleep_zid);
	d.reason = k->handover ? "Before it sleeps kswapd wakes kcompactd: the order that it ran for isn't free, and some zone has the"
				 " free pages that compaction needs to make such a block." :
				 "Before it sleeps kswapd wakes kcompactd only where compaction can help: no zone both lacks a block"
				 " of the order and has the free pages to make one, or kcompactd is up already.";
	mm_rec_say(c, m, ev, &d);
}

/*
 * The round is over: was it a failure?  Kernels before 7.0 have no event for it.  A node that was or became balanced ends a
 * round without one, unless the round is for a boost; what shrinkers free counts as progress, of which no event tells.
 * Source: mm/vmscan.c: balance_pgdat()
 */
static void round_failed(struct rec_state *s, const struct mm_check *c, const struct mm_machine *m, struct rec_kswapd *k,
			 int node)
{
	struct mm_balance b;

	if (k->phase != KS_RUNS || k->failures < 0 || m->cap->present[SG_EV_mm_vmscan_kswapd_reclaim_fail])
		return;
	if (k->reclaimed || k->progress || (k->begun_known && k->begun_balanced && !k->boosted) ||
	    !mm_kswapd_failed(mm_check_facts(c), 0, k->boosted))
		return;
	b = mm_rec_kswapd_balance(s, c, m, node, k->alloc_order, k->zid);
	if (k->begun_known && (b.known || b.failures_open) && !b.close && !k->freed && b.balanced == k->boosted &&
	    k->begun_balanced == k->boosted)
		k->failures++;
	else
		k->failures_more++;
}

static void round_begins(struct rec_state *s, const struct mm_check *c, const struct mm_machine *m, struct rec_kswapd *k,
			 int node)
{
	struct mm_balance b = mm_rec_kswapd_balance(s, c, m, node, k->alloc_order, k->zid);

	k->begun_known = (b.known || b.failures_open) && !b.close;
	k->begun_balanced = b.balanced;
}

static void on_wake(struct rec_state *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev)
{
	struct rec_kswapd *k = mm_rec_kswapd_of_node(s, ev->v[SGF_mm_vmscan_kswapd_wake_nid]);
	int node = (int)ev->v[SGF_mm_vmscan_kswapd_wake_nid];
	int order = mm_rec_order_of(ev->v[SGF_mm_vmscan_kswapd_wake_order]), zid = (int)ev->v[SGF_mm_vmscan_kswapd_wake_zid];
	char ours[64], kernel[64] = "";
	struct mm_decision d = { .rule = "mm/vmscan.c: kswapd(): the order and zone asked for", .ours = ours,
				 .kernel = kernel };
	const struct mm_wmark_zone *z;
	int our_order, our_zid;

	if (!k)
		return;
	k->blind |= zid < 0 && !s->ends_traced;
	if (k->end_known) {
		bool napped = m->cap->clock_is_ns && ev->ts - k->end_ts >= MM_KSWAPD_NAP_NS;
		/* a wake-up may reach kswapd before it looks at the node: then it has not left its CPU */
		bool slept = napped || k->told ||
			     (k->woken && mm_rec_cpu_of(s, ev).pid != ev->pid);

		if (napped && !k->woken && !asked_late(s, k)) {
			struct mm_balance b = mm_rec_kswapd_balance(s, c, m, node, k->sleep_order, k->sleep_zid);

			mm_rec_say_balance(c, m, ev, "mm/vmscan.c: prepare_kswapd_sleep() after a short sleep", &b,
					   k->sleep_order, k->sleep_zid, mm_rec_kswapd_sleeps(c, k, mm_rec_kswapd_hopeless(c, k),
											      b.balanced), false,
					   mm_rec_kswapd_ground(c, k, false), "sleeps", "goes on");
		}
		/* woken early, it remembers the order of the round; the zone only when nobody named one */
		if ((slept || k->woken) && !napped)
			mm_rec_kswapd_want(k, k->sleep_order, k->want_zid < 0 ? k->sleep_zid : k->want_zid, slept);
		if (!s->ends_traced && k->woken && !k->told)
			first_check_open(c, m, ev, k, "round_end_not_traced");
		else if (k->woken && !slept && (k->end_hopeless || k->end.balanced)) /* woken from a nap without an event, maybe */
			first_check_open(c, m, ev, k, "nap_not_traced");
		else
			first_check(s, c, m, ev, k, slept);
	}
	our_order = k->want_order < 0 ? 0 : k->want_order;
	our_zid = k->want_zid < 0 ? k->zid : k->want_zid;
	if (mm_check_wants_text(c)) {
		snprintf(ours, sizeof(ours), "order %d, zone %s", our_order, mm_rec_zone_name(m, our_zid));
		snprintf(kernel, sizeof(kernel), "order %d, zone %s", order, mm_rec_zone_name(m, zid));
		d.reason = "kswapd runs for the largest order and the highest zone of all requests since it last looked.";
	}
	d.verdict = our_order == order && our_zid == zid ? MM_EQUAL : MM_DIFFERS;
	if (!k->fresh || k->maybe_order > our_order || k->maybe_zid > our_zid) {
		d.verdict = MM_UNDECIDED;
		d.why = k->fresh ? "requests_not_traced" : "asked_before_trace";
	} else if (k->blind || (our_order == order && (zid < 0 || our_zid < 0))) {
		d.verdict = MM_UNDECIDED;
		d.why = "highest_zone_unknown";
	}
	mm_rec_number(&d, "order", order);
	mm_rec_number(&d, "highest_zone", zid);
	mm_rec_number(&d, "asked_order", our_order);
	mm_rec_number(&d, "asked_zone", our_zid);
	mm_rec_number(&d, "asked_order_perhaps", k->maybe_order);
	mm_rec_number(&d, "asked_zone_perhaps", k->maybe_zid);
	mm_rec_say(c, m, ev, &d);
	k->pid = ev->pid;
	k->phase = KS_RUNS;
	k->alloc_order = k->reclaim_order = order;
	k->zid = zid;
	k->want_order = k->want_zid = k->maybe_order = k->maybe_zid = -1;
	k->fresh = true;
	k->dropped = false;
	k->reset_at = mm_position(m) + 1;
	k->reclaimed = k->freed = 0;
	k->progress = false;
	k->woken = k->told = k->end_known = k->look = false;
	z = mm_rec_zones(s, c, m);
	k->boosted = mm_wmark_boosted(z, m->core.nr_zones, node, zid < 0 ? 0 : (unsigned int)zid);
	for (unsigned int i = 0; i < m->core.nr_zones; i++)
		k->boosts[i] = z[i].type <= zid ? s->boost[i] : 0;
	mm_rec_boost_round(s, m, node, zid, false);
	round_begins(s, c, m, k, node);
}

static void on_end(struct rec_state *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev)
{
	struct rec_kswapd *k = mm_rec_kswapd_of_node(s, ev->v[SGF_mm_vmscan_balance_pgdat_end_nid]);
	int order = mm_rec_order_of(ev->v[SGF_mm_vmscan_balance_pgdat_end_order]);
	int64_t nr = mm_wmark_pages(ev->v[SGF_mm_vmscan_balance_pgdat_end_nr_reclaimed]);
	char reason[256] = "";
	struct mm_decision d = { .rule = "mm/vmscan.c: kswapd_shrink_node(): the order drops after compact_gap()",
				 .reason = reason };

	if (!k || k->phase != KS_RUNS)
		return;
	mm_rec_boost_settle(s, c, m, ev);
	if (k->zid < 0) /* the text of mm_vmscan_kswapd_wake doesn't have it */
		k->zid = (int)ev->v[SGF_mm_vmscan_balance_pgdat_end_highest_zoneidx];
	if (k->alloc_order > 0 && (unsigned int)k->alloc_order < m->nr_orders) {
		int64_t gap = mm_compact_gap(mm_check_facts(c), (unsigned int)k->alloc_order);
		int ours = (int)mm_kswapd_order(mm_check_facts(c), (unsigned int)k->alloc_order, nr);

		ours = mm_check_ask_round_order(c, k, nr, ours);
		d.verdict = ours == order ? MM_EQUAL : MM_DIFFERS;
		d.ours = ours ? "keeps the order" : "ends at order 0";
		d.kernel = order ? "keeps the order" : "ends at order 0";
		mm_rec_number(&d, "order", k->alloc_order);
		mm_rec_number(&d, "reclaimed", nr);
		mm_rec_number(&d, "compact_gap", gap);
		if (mm_check_wants_text(c))
			snprintf(reason, sizeof(reason),
				 "%" PRId64 " pages were reclaimed in this round. With %" PRId64 " or more (the"
				 " gap that compaction for order %d works with) kswapd goes on for order 0 and leaves the rest"
				 " to compaction.", nr, gap, k->alloc_order);
		mm_rec_say(c, m, ev, &d);
	}
	round_ends(s, c, m, k, order, ev->ts);
	k->phase = KS_ENDED;
}

static void on_sleep(struct rec_state *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev)
{
	struct rec_kswapd *k = mm_rec_kswapd_of_node(s, ev->v[SGF_mm_vmscan_kswapd_sleep_nid]);
	int node = (int)ev->v[SGF_mm_vmscan_kswapd_sleep_nid];
	struct mm_balance b;

	if (!k)
		return;
	round_failed(s, c, m, k, node);
	mm_rec_boost_settle(s, c, m, ev);
	if (k->phase != KS_UNKNOWN && !s->ends_traced && !k->end_known && k->phase == KS_RUNS) {
		/* the round reclaimed nothing, so nothing tells when it ended, and what had been asked by then */
		first_check_open(c, m, ev, k, "round_end_not_traced");
	} else if (k->phase != KS_UNKNOWN) {
		first_check(s, c, m, ev, k, true);
		b = mm_rec_kswapd_balance(s, c, m, node, k->sleep_order, k->sleep_zid);
		mm_rec_say_balance(c, m, ev, "mm/vmscan.c: prepare_kswapd_sleep() after a short sleep", &b, k->sleep_order,
				   k->sleep_zid, mm_rec_kswapd_sleeps(c, k, mm_rec_kswapd_hopeless(c, k), b.balanced), true,
				   mm_rec_kswapd_ground(c, k, false), "sleeps", "goes on");
	}
	k->pid = ev->pid;
	k->phase = KS_ASLEEP;
	k->look = k->end_known = false;
}

/* ---- failures --------------------------------------------------------------------------- */

static void on_fail(struct rec_state *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev)
{
	struct rec_kswapd *k = mm_rec_kswapd_of_node(s, ev->v[SGF_mm_vmscan_kswapd_reclaim_fail_nid]);
	int n = (int)ev->v[SGF_mm_vmscan_kswapd_reclaim_fail_failures];
	char ours[32] = "", kernel[32] = "";
	struct mm_decision d = { .rule = "mm/vmscan.c: balance_pgdat(): a round that reclaimed nothing", .ours = ours,
				 .kernel = kernel };
	int next;

	if (!k)
		return;
	next = mm_check_ask_count(c, k, MM_COUNT_FAILED, k->failures + 1);
	d.verdict = k->failures < 0 ? MM_UNDECIDED : next == n ? MM_EQUAL : MM_DIFFERS;
	d.why = "failures_unknown";
	if (mm_check_wants_text(c)) {
		if (k->failures >= 0)
			snprintf(ours, sizeof(ours), "failure %d", next);
		snprintf(kernel, sizeof(kernel), "failure %d", n);
		d.reason = mm_kswapd_hopeless(n) ? "The 16th round in a row that reclaimed nothing: kswapd gives the node up and sleeps until"
			   " somebody else reclaims a page." :
			   !mm_has(mm_check_facts(c), BOOST_NO_FAILURE) ?
			   "A round that reclaimed nothing at any priority is a failure; after 16 in a row kswapd gives the node up." :
			   "A round that reclaimed nothing at any priority, with no boosted watermark, is a failure; after 16 in a"
			   " row kswapd gives the node up.";
	}
	mm_rec_number(&d, "failures", n);
	mm_rec_say(c, m, ev, &d);
	k->failures = n;
	k->failures_more = 0;
}

/* enum kswapd_clear_hopeless_reason, include/linux/mmzone.h, 7.0 to 7.3: a free to the per-cpu lists */
#define CLEARED_BY_FREE 3

/* Is there a node with memory behind @node?  Source: mm/page_alloc.c: free_frozen_page_commit(): next_memory_node() */
static bool last_node(const struct mm_machine *m, int node)
{
	for (unsigned int i = 0; i < m->core.nr_zones; i++)
		if (m->core.zone[i].node > node && m->core.zone[i].managed)
			return false;
	return true;
}

/*
 * The failures of a node are forgotten: because reclaim made progress and left the node balanced, for the order of kswapd's
 * round, or for any order at least where a task reclaimed; or because a free lifted one of its zones above high.
 */
static bool clear_due(struct rec_state *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev,
		      const struct rec_kswapd *k, struct mm_balance *ret)
{
	int node = (int)(k - s->ks);
	bool kswapd = k->pid == ev->pid;

	if (ev->v[SGF_mm_vmscan_kswapd_clear_hopeless_reason] == CLEARED_BY_FREE) {
		*ret = mm_rec_kswapd_balance(s, c, m, node, 0, SG_MAX_ZONE_TYPES - 1);
		return mm_kswapd_relieved(mm_check_facts(c), mm_rec_kswapd_hopeless(c, k), last_node(m, node)) && ret->balanced;
	}
	*ret = mm_rec_kswapd_balance(s, c, m, node, kswapd ? k->reclaim_order : 0, kswapd ? k->zid : SG_MAX_ZONE_TYPES - 1);
	return k->failures > 0 && mm_kswapd_revived(mm_check_facts(c), 1, ret->balanced);
}

static void on_clear(struct rec_state *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev)
{
	struct rec_kswapd *k = mm_rec_kswapd_of_node(s, ev->v[SGF_mm_vmscan_kswapd_clear_hopeless_nid]);
	struct mm_decision d = { .rule = "mm/vmscan.c: kswapd_clear_hopeless()", .kernel = "failures are forgotten" };
	struct mm_balance b;
	bool due;

	if (!k)
		return;
	due = clear_due(s, c, m, ev, k, &b);
	due = mm_check_ask_count(c, k, ev->v[SGF_mm_vmscan_kswapd_clear_hopeless_reason] == CLEARED_BY_FREE ? MM_COUNT_RELIEVED :
				 MM_COUNT_PROGRESS, due ? 0 : k->failures) == 0 && k->failures > 0;
	d.verdict = due ? MM_EQUAL : MM_DIFFERS;
	d.ours = due ? "failures are forgotten" : k->failures == 0 ? "there are none" : "failures are kept";
	if (k->failures < 0) {
		d.verdict = MM_UNDECIDED;
		d.why = "failures_unknown";
	} else if (k->failures > 0 && (!b.known || b.close)) {
		d.verdict = MM_UNDECIDED;
		d.why = !b.known ? "free_pages_unknown" : "within_counter_error";
	}
	d.reason = ev->v[SGF_mm_vmscan_kswapd_clear_hopeless_reason] == CLEARED_BY_FREE ?
		   "A free lifted a zone of a hopeless node above its high watermark, and there is a further node that requests may have"
		   " turned to: kswapd's failures are counted from 0 again." :
		   "Reclaim has made progress and left the node balanced, so kswapd's failures in a row are counted from 0 again.";
	mm_rec_number(&d, "failures", k->failures);
	mm_rec_number(&d, "free", b.free);
	mm_rec_number(&d, "needed", b.need);
	mm_rec_say(c, m, ev, &d);
	k->failures = 0;
}

/*
 * kcompactd is woken: by kswapd after a boost was worked off, by kswapd before it sleeps, or by a request that
 * cannot reclaim by itself while kswapd need not run.
 */
static void on_kcompactd(struct rec_state *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev)
{
	struct rec_kswapd *k = mm_rec_kswapd_of_node(s, ev->v[SGF_mm_compaction_wakeup_kcompactd_nid]);
	int64_t asked = (int64_t)ev->v[SGF_mm_compaction_wakeup_kcompactd_order];
	int order = asked < 0 ? -1 : mm_rec_order_of((uint64_t)asked);
	int zid = (int)ev->v[SGF_mm_compaction_wakeup_kcompactd_highest_zoneidx];
	bool after_boost;

	if (!k || order < 0)
		return; /* somebody wrote to compact_memory or changed the proactiveness */
	k->kcompactd_up = true;
	if (k->pid != ev->pid || k->pid == 0) {
		struct mm_balance b = mm_rec_kswapd_balance(s, c, m, (int)(k - s->ks), order, zid);

		mm_rec_say_balance(c, m, ev, "mm/vmscan.c: wakeup_kswapd() leaves it to kcompactd", &b, order, zid,
				   !mm_rec_kswapd_wakes(c, k, order, zid, b.balanced, false), true, mm_rec_kswapd_ground(c, k,
															 false),
				   "wakes only kcompactd", "wakes kswapd");
		return;
	}
	after_boost = s->ends_traced ? k->phase == KS_RUNS :
		      k->boosted && order == (int)m->pb_order && k->alloc_order < order;
	if (after_boost) {
		bool known = mm_rec_marks_known(s, c, m, (int)(k - s->ks));
		struct mm_decision d = { .rule = "mm/vmscan.c: balance_pgdat(): kcompactd after a boost",
					 .verdict = !known ? MM_UNDECIDED : k->boosted ? MM_EQUAL : MM_DIFFERS,
					 .why = "watermarks_unknown",
					 .ours = !known ? "" : k->boosted ? "wakes kcompactd" : "leaves kcompactd alone",
					 .kernel = "wakes kcompactd",
					 .reason = k->boosted ? "Fallbacks had boosted the watermarks when this round began: now that it"
								" is through, kcompactd shall make whole pageblocks." :
								"No watermark was boosted when this round began, as far as the"
								" fallbacks in the trace tell." };

		mm_rec_number(&d, "order", order);
		mm_rec_number(&d, "highest_zone", zid);
		mm_rec_say(c, m, ev, &d);
	} else {
		k->told = true;
	}
}

/* ---- events ---------------------------------------------------------------------------------- */

/* Without balance_pgdat_end: the node as it was when kswapd was last seen at work. */
static void look(struct rec_state *s, const struct mm_check *c, const struct mm_machine *m)
{
	for (unsigned int n = 0; n < s->nr_ks; n++) {
		struct rec_kswapd *k = &s->ks[n];
		bool dropped;

		if (!k->look)
			continue;
		k->look = false;
		/* what slabs gave counts, too, and shows in the frees only */
		dropped = k->dropped || (k->alloc_order > 0 && (unsigned int)k->alloc_order < m->nr_orders &&
			  !mm_kswapd_order(mm_check_facts(c), (unsigned int)k->alloc_order,
					   mm_wmark_pages(k->freed > k->reclaimed ? k->freed : k->reclaimed)));
		round_ends(s, c, m, k, dropped ? 0 : k->alloc_order, k->look_ts);
	}
}

/*
 * Task @pid gives back a page of a batch.  Reclaim does, and generations are shrunk without an event before 6.7.
 * Source: mm/vmscan.c: shrink_folio_list(), shrink_node(), 6.1 to 6.18
 */
static void reclaimed(struct rec_state *s, const struct mm_machine *m, int32_t pid)
{
	struct rec_kswapd *k = mm_rec_kswapd_of_pid(s, pid);

	if (k && k->phase == KS_RUNS) {
		k->progress = true;
		k->failures = k->failures_more = 0;
		return;
	}
	for (unsigned int i = 0; i < m->obs->nr_ctx; i++)
		if (m->obs->ctx[i].pid == pid && m->obs->ctx[i].in_reclaim)
			for (unsigned int n = 0; n < s->nr_ks; n++)
				if (s->ks[n].failures >= 0) { /* which node's page it was isn't known here */
					s->ks[n].failures_more += s->ks[n].failures;
					s->ks[n].failures = 0;
				}
}

/*
 * What tells of failures beside their own events: a snapshot of a node that kswapd has given up; that kswapd wakes, which
 * nobody has it do on such a node; and, where the kernel has no event for it, a page that is reclaimed.
 */
static void failures_told(struct rec_state *s, const struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev)
{
	struct rec_kswapd *k;

	if (s->seeds != (m->core.seeds_applied | 0x80)) {
		s->seeds = m->core.seeds_applied | 0x80;
		for (unsigned int n = 0; n < MM_MAX_NODES; n++)
			if (mm_kswapd_hopeless((int)m->core.node[n].kswapd_failures)) {
				s->ks[n].failures = (int)m->core.node[n].kswapd_failures;
				s->ks[n].failures_more = 0;
			}
	}
	if (ev->kind == SG_EV_mm_vmscan_kswapd_wake) {
		k = mm_rec_kswapd_of_node(s, ev->v[SGF_mm_vmscan_kswapd_wake_nid]);
		if (!k)
			return;
		round_failed(s, c, m, k, (int)(k - s->ks));
		if (mm_rec_kswapd_hopeless(c, k))
			k->failures = -1;
		if (k->failures < 0 && !m->cap->present[SG_EV_mm_vmscan_kswapd_reclaim_fail]) { /* any number short of it */
			k->failures = 0;
			k->failures_more = MM_KSWAPD_HOPELESS;
		}
		mm_rec_kswapd_runs(k);
	} else if (ev->kind == SG_EV_mm_vmscan_lru_shrink_inactive && ev->v[SGF_mm_vmscan_lru_shrink_inactive_nr_reclaimed] &&
		   !m->cap->present[SG_EV_mm_vmscan_kswapd_clear_hopeless]) {
		k = mm_rec_kswapd_of_node(s, ev->v[SGF_mm_vmscan_lru_shrink_inactive_nid]);
		if (k)
			k->failures = k->failures_more = 0;
	} else if (ev->kind == SG_EV_mm_page_free_batched && !m->cap->present[SG_EV_mm_vmscan_kswapd_clear_hopeless] &&
		   !(ev->common_flags & MM_IN_INTERRUPT)) {
		reclaimed(s, m, ev->pid);
	}
}

void mm_rec_kswapd_before(struct rec_state *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev)
{
	struct rec_kswapd *k;

	if (m->nodes_end > s->nr_ks)
		s->nr_ks = m->nodes_end;
	failures_told(s, c, m, ev);
	if (!s->ends_traced)
		look(s, c, m);
	switch (ev->kind) {
	case SG_EV_mm_page_alloc:
		mm_rec_kswapd_alloc(s, c, m, ev);
		break;
	case SG_EV_mm_page_alloc_extfrag:
		mm_rec_boost_extfrag(s, c, m, ev);
		break;
	case SG_EV_mm_vmscan_wakeup_kswapd:
		mm_rec_kswapd_wakeup(s, c, m, ev);
		return;
	case SG_EV_mm_vmscan_kswapd_wake:
		on_wake(s, c, m, ev);
		return;
	case SG_EV_mm_vmscan_kswapd_sleep:
		on_sleep(s, c, m, ev);
		return;
	case SG_EV_mm_vmscan_balance_pgdat_end:
		on_end(s, c, m, ev);
		return;
	case SG_EV_mm_vmscan_kswapd_reclaim_fail:
		on_fail(s, c, m, ev);
		return;
	case SG_EV_mm_vmscan_kswapd_clear_hopeless:
		on_clear(s, c, m, ev);
		return;
	case SG_EV_mm_compaction_wakeup_kcompactd:
		on_kcompactd(s, c, m, ev);
		return;
	case SG_EV_mm_compaction_kcompactd_sleep:
		k = mm_rec_kswapd_of_node(s, ev->v[SGF_mm_compaction_kcompactd_sleep_nid]);
		if (k)
			k->kcompactd_up = false;
		return;
	default:
		break;
	}
	if (s->ends_traced || (ev->common_flags & MM_IN_INTERRUPT))
		return;
	k = mm_rec_kswapd_of_pid(s, ev->pid);
	if (!k || k->phase != KS_RUNS)
		return;
	if (ev->kind == SG_EV_mm_vmscan_lru_shrink_inactive)
		k->reclaimed += ev->v[SGF_mm_vmscan_lru_shrink_inactive_nr_reclaimed];
	if (ev->kind == SG_EV_mm_page_free && ev->v[SGF_mm_page_free_order] < m->nr_orders)
		k->freed += UINT64_C(1) << ev->v[SGF_mm_page_free_order];
	if (ev->kind == SG_EV_mm_vmscan_lru_isolate && ev->v[SGF_mm_vmscan_lru_isolate_order] == 0 && k->alloc_order > 0)
		k->dropped = true;
	k->look = true;
	k->look_ts = ev->ts;
}
