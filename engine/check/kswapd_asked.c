// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is asked of kswapd: requests that may wake it, whether that was due, and what it will find when it looks.
 *
 * Counterparts: mm/vmscan.c: wakeup_kswapd(), mm/page_alloc.c: wake_all_kswapds(), 6.1 to 7.3.
 */
#include <string.h>

#include "check/hooks.h"
#include "check/kswapd.h"
#include "observe/observer.h"
#include "rules/kswapd.h"
#include "machine/guesses.h"
#include "rules/gfp.h"

/* An order from a trace, cut down to one that there is. */
int mm_rec_order_of(uint64_t v)
{
	return v < MM_MAX_ORDERS ? (int)v : MM_MAX_ORDERS - 1;
}

struct rec_kswapd *mm_rec_kswapd_of_pid(struct rec_state *s, int32_t pid)
{
	for (unsigned int n = 0; n < s->nr_ks && pid != 0; n++)
		if (s->ks[n].pid == pid)
			return &s->ks[n];
	return NULL;
}

struct rec_kswapd *mm_rec_kswapd_of_node(struct rec_state *s, uint64_t nid)
{
	if (nid >= MM_MAX_NODES)
		return NULL;
	if (nid >= s->nr_ks)
		s->nr_ks = (unsigned int)nid + 1;
	return &s->ks[nid];
}

bool mm_rec_kswapd_hopeless(const struct mm_check *c, const struct rec_kswapd *k)
{
	return mm_check_ask_dead(c, k, mm_kswapd_hopeless(k->failures));
}

bool mm_rec_kswapd_sleeps(const struct mm_check *c, const struct rec_kswapd *k, bool hopeless, bool balanced)
{
	return mm_check_ask_sleep(c, k, hopeless, balanced, mm_kswapd_sleep(hopeless, balanced));
}

bool mm_rec_kswapd_wakes(const struct mm_check *c, const struct rec_kswapd *k, int order, int zid, bool balanced, bool boosted)
{
	bool hopeless = mm_rec_kswapd_hopeless(c, k);

	return mm_check_ask_wake(c, k, order, zid, hopeless, balanced, boosted, mm_kswapd_wake(hopeless, balanced, boosted));
}

/* Has kswapd given the node up, or not?  The trace doesn't tell. */
static bool hopeless_open(const struct rec_kswapd *k)
{
	return !mm_kswapd_hopeless(k->failures) && k->failures >= 0 && mm_kswapd_hopeless(k->failures + k->failures_more);
}

/* kswapd is woken or runs, which it would not on a node that it has given up. */
void mm_rec_kswapd_runs(struct rec_kswapd *k)
{
	if (hopeless_open(k)) /* so few that it isn't hopeless even with them */
		k->failures_more = MM_KSWAPD_HOPELESS - 1 - k->failures;
}

/* What decides whatever the balance is, NULL when nothing does. */
const char *mm_rec_kswapd_ground(const struct mm_check *c, const struct rec_kswapd *k, bool boosted)
{
	if (mm_rec_kswapd_hopeless(c, k))
		return "kswapd has given the node up";
	return boosted ? "fallbacks have boosted the node's watermarks" : NULL;
}

struct mm_balance mm_rec_kswapd_balance(struct rec_state *s, const struct mm_check *c, const struct mm_machine *m, int node,
					int order, int zid)
{
	struct mm_balance b = mm_wmark_balanced(mm_rec_zones(s, c, m), m->core.nr_zones, node,
						order < 0 ? 0 : (unsigned int)order,
				 zid < 0 ? 0 : (unsigned int)zid, s->defrag_mode, s->tiering);

	/* free blocks that compaction may have taken leave higher orders open */
	if (order > 0 && b.balanced && m->obs->nr_pending > 0)
		b.close = true;
	/* before 7.2 a trace as text has the zone of no request, and how a round ended rests on it */
	b.zones_open = zid < 0 || s->ks[node].blind;
	b.known &= !b.zones_open;
	b.failures_open = b.known && !b.balanced && hopeless_open(&s->ks[node]);
	b.known &= !b.failures_open;
	mm_check_ask_balance(c, node, order, zid, &b);
	return b;
}

void mm_rec_kswapd_want(struct rec_kswapd *k, int order, int zid, bool certain)
{
	if (certain) {
		k->want_order = order > k->want_order ? order : k->want_order;
		k->want_zid = zid > k->want_zid ? zid : k->want_zid;
	}
	k->maybe_order = order > k->maybe_order ? order : k->maybe_order;
	k->maybe_zid = zid > k->maybe_zid ? zid : k->maybe_zid;
}

/* Source: mm/page_alloc.c: wake_all_kswapds(): 6.18 and later ask for whole blocks in defrag_mode */
static int asked_order(const struct rec_state *s, const struct mm_machine *m, unsigned int order)
{
	return mm_rec_order_of(mm_kswapd_asked(s->defrag_mode, order, m->pb_order));
}

/* A request asks kswapd @k for @order; where nobody knows whether defrag_mode is on, perhaps for a pageblock. */
static void want_order(const struct rec_state *s, const struct mm_machine *m, struct rec_kswapd *k, unsigned int order, int zid,
		       bool certain)
{
	mm_rec_kswapd_want(k, asked_order(s, m, order), zid, certain);
	if (!s->defrag_known)
		mm_rec_kswapd_want(k, mm_rec_order_of(mm_kswapd_asked(true, order, m->pb_order)), zid, false);
}

/*
 * A request asks kswapd before the event that shows it: not before the task's last event, when that is the
 * CPU's last event, too.
 */
static uint64_t asked_since(const struct rec_state *s, const struct sg_event *ev)
{
	struct rec_cpu cpu = mm_rec_cpu_of(s, ev);

	return cpu.pid == ev->pid ? cpu.event : 0;
}

/*
 * May the request be bound to one node of several?  Then nothing tells which kswapd it asks.
 * Source: mm/page_alloc.c: wake_all_kswapds(): the nodes of the request's zonelist, 6.1 to 7.3
 */
static bool node_open(const struct mm_machine *m, uint64_t gfp)
{
	unsigned int nodes = 0;

	for (unsigned int n = 0; n < m->nodes_end; n++)
		nodes += m->core.node[n].present;
	return nodes > 1 && (gfp & m->cap->gfp.thisnode);
}

static bool has_block(const struct zone_state *z, unsigned int order)
{
	for (unsigned int o = order; o < z->nr_orders; o++)
		for (unsigned int t = 0; t < MM_NR_PCPTYPES; t++)
			if (z->list[o][t].nr_linked || z->list[o][t].nr_unplaced)
				return true;
	return false;
}

/* mm_gfp_zone_type(), remembered for each combination of the flags that it looks at: every allocation asks. */
static int zid_of(struct rec_state *s, const struct mm_machine *m, uint64_t gfp)
{
	const struct sg_capture *cap = m->cap;
	const struct sg_gfp *g = &cap->gfp;
	unsigned int which = ((gfp & g->dma) != 0) | ((gfp & g->dma32) != 0) << 1 | ((gfp & g->highmem) != 0) << 2 |
			     ((gfp & g->movable) != 0) << 3;

	if (s->zid_types != cap->nr_zone_types + 1) {
		s->zid_types = cap->nr_zone_types + 1;
		memset(s->zid, 0, sizeof(s->zid));
	}
	if (!s->zid[which])
		s->zid[which] = (uint8_t)(mm_gfp_zone_type(m, gfp) + 1);
	return s->zid[which] - 1;
}

/*
 * An allocation without a stall: did it pass the fast path, which asks nothing of kswapd?  Surely not when
 * no zone is above its low watermark.
 */
void mm_rec_kswapd_alloc(struct rec_state *s, const struct mm_check *c, const struct mm_machine *m,
			 const struct sg_event *ev)
{
	uint64_t gfp = ev->v[SGF_mm_page_alloc_gfp_flags];
	unsigned int order = (unsigned int)ev->v[SGF_mm_page_alloc_order];
	int zid;
	bool sure = true, maybe = true;
	uint64_t since = asked_since(s, ev);

	if (!(gfp & m->cap->gfp.kswapd_reclaim) || order >= m->nr_orders || mm_rec_kswapd_of_pid(s, ev->pid))
		return;
	zid = zid_of(s, m, gfp);
	if (s->filled == 0 || mm_position(m) + 1 - s->filled > MM_GUESS(RESERVES_KEPT))
		mm_rec_zones(s, c, m);
	for (unsigned int i = 0; i < m->core.nr_zones && maybe; i++) {
		const struct zone_state *z = &m->core.zone[i];
		const struct mm_wmark_zone *f = &s->zone[i];
		int64_t margin;

		if (z->zone_type < 0 || z->zone_type > zid)
			continue;
		if (!f->known) { /* it may have asked */
			sure = false;
			continue;
		}
		/* reserves and highatomic pages as last filled in: they hardly change */
		margin = (int64_t)(z->nr_pages[PS_FREE] + z->nr_pages[PS_FREET]) - f->free_highatomic -
			 (int64_t)z->wmark_low - f->reserve[zid];
		/* a boost raises the mark, but is followed with less certainty than the rest */
		if (margin - s->boost[i] > f->drift + 64 + (INT64_C(1) << order) && !s->defrag_mode &&
		    (order == 0 || has_block(z, order)))
			maybe = false;
		if (margin > -f->drift - 64)
			sure = false;
	}
	if (!maybe)
		return;
	/* while kswapd sleeps, a request that found the node unbalanced shows as a wake-up of its own */
	for (unsigned int n = 0; n < m->nodes_end; n++)
		if (m->core.node[n].present)
			want_order(s, m, &s->ks[n], order, zid,
				   sure && since > s->ks[n].reset_at && s->ks[n].phase == KS_RUNS && !node_open(m, gfp));
}

/*
 * A stalled request that may be bound to one of several nodes: where it is due to wake the kswapd of each of them, at
 * least one is awake by now.
 */
static void stall_open(struct rec_state *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev,
		       int asked, int zid)
{
	struct mm_decision d = { .rule = "mm/vmscan.c: wakeup_kswapd() for a stalled request", .verdict = MM_UNDECIDED,
				 .why = "requested_node_unknown",
				 .reason = "The request may use one node only, and wakes only that node's kswapd." };
	struct mm_balance shown = { .zone = -1 };
	bool awake = false, all = true, close = false;

	for (int n = 0; n < (int)m->nodes_end; n++) {
		struct rec_kswapd *k = &s->ks[n];
		struct mm_balance b;

		if (!m->core.node[n].present)
			continue;
		if (k->phase == KS_UNKNOWN)
			return;
		b = mm_rec_kswapd_balance(s, c, m, n, asked, zid);
		awake |= k->phase != KS_ASLEEP;
		all &= b.known && mm_rec_kswapd_wakes(c, k, asked, zid, b.balanced, false);
		close |= b.close;
		if (shown.zone < 0)
			shown = b;
	}
	if (all) {
		shown.close = close;
		mm_rec_say_balance(c, m, ev, d.rule, &shown, asked, zid, true, awake, NULL, "kswapd is awake",
				   "kswapd is left asleep");
		return;
	}
	d.kernel = awake ? "kswapd is awake" : "kswapd is left asleep";
	mm_rec_number(&d, "order", asked);
	mm_rec_number(&d, "highest_zone", zid);
	mm_rec_say_gfp(ev, &d);
	mm_rec_say(c, m, ev, &d);
}

void mm_rec_kswapd_stall(struct rec_state *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev,
			 unsigned int order, uint64_t gfp, bool first)
{
	int zid = (int)mm_gfp_zone_type(m, gfp), asked = asked_order(s, m, order);
	bool open = node_open(m, gfp);

	if (!(gfp & m->cap->gfp.kswapd_reclaim))
		return;
	for (int n = 0; n < (int)m->nodes_end; n++) {
		struct rec_kswapd *k = &s->ks[n];
		struct mm_balance b;
		bool due;

		if (!m->core.node[n].present)
			continue;
		want_order(s, m, k, order, zid, asked_since(s, ev) > k->reset_at && !open);
		if (!first || open || k->phase == KS_UNKNOWN)
			continue;
		b = mm_rec_kswapd_balance(s, c, m, n, asked, zid);
		due = mm_rec_kswapd_wakes(c, k, asked, zid, b.balanced, false);
		if (!due && k->phase != KS_ASLEEP)
			continue; /* it may well be awake for somebody else */
		mm_rec_say_balance(c, m, ev, "mm/vmscan.c: wakeup_kswapd() for a stalled request", &b, asked,
				   zid, due,
				   k->phase != KS_ASLEEP, mm_rec_kswapd_ground(c, k,
									       false), "kswapd is awake", "kswapd is left asleep");
	}
	if (first && open)
		stall_open(s, c, m, ev, asked, zid);
}

void mm_rec_kswapd_wakeup(struct rec_state *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev)
{
	struct rec_kswapd *k = mm_rec_kswapd_of_node(s, ev->v[SGF_mm_vmscan_wakeup_kswapd_nid]);
	int node = (int)ev->v[SGF_mm_vmscan_wakeup_kswapd_nid];
	int order = mm_rec_order_of(ev->v[SGF_mm_vmscan_wakeup_kswapd_order]), zid = (int)ev->v[SGF_mm_vmscan_wakeup_kswapd_zid];
	struct mm_balance b;
	bool boosted, early;

	if (!k)
		return;
	k->blind |= zid < 0 && !s->ends_traced;
	mm_rec_kswapd_runs(k);
	b = mm_rec_kswapd_balance(s, c, m, node, order, zid);
	early = order == 0 && ev->v[SGF_mm_vmscan_wakeup_kswapd_gfp_flags] == 0 && mm_rec_boost_seen(s, m, node, zid);
	boosted = mm_wmark_boosted(s->zone, m->core.nr_zones, node, zid < 0 ? 0 : (unsigned int)zid);
	if (!early)
		mm_rec_say_balance(c, m, ev, "mm/vmscan.c: wakeup_kswapd()", &b, order, zid,
				   mm_rec_kswapd_wakes(c, k, order, zid, b.balanced, boosted), true, mm_rec_kswapd_ground(c, k,
															  boosted),
				   "wakes kswapd", "leaves kswapd asleep");
	mm_rec_kswapd_want(k, order, zid, true);
	k->woken = true;
	if (k->phase == KS_ASLEEP)
		k->phase = KS_WOKEN;
}
