// SPDX-License-Identifier: GPL-2.0-only
/* kswapd, kcompactd and direct reclaim as the trace shows them: who is awake, and why kswapd sleeps. */
#include "observe/observe.h"
#include "rules/kswapd.h"

#include <stdlib.h>
#include <string.h>

/** Node @nid, which is there from now on; NULL, and counted, when it is out of range. */
struct mm_node_info *mm_node_at(struct mm_machine *m, uint64_t nid)
{
	if (nid >= MM_MAX_NODES) {
		mm_contra_add(m, MM_CONTRA_OUT_OF_RANGE);
		return NULL;
	}
	m->core.node[nid].present = true;
	if (nid >= m->nodes_end)
		m->nodes_end = (unsigned int)nid + 1;
	return &m->core.node[nid];
}

/*
 * Is the failure count of the node gone?  Kernels that have no event for it forget failures with the first page reclaimed.
 * Source: mm/vmscan.c: shrink_node(), 6.1 to 6.18
 */
static void on_reclaimed(struct mm_machine *m, const struct sg_event *ev)
{
	uint64_t nid = ev->v[SGF_mm_vmscan_lru_shrink_inactive_nid];

	if (!m->cap->present[SG_EV_mm_vmscan_kswapd_clear_hopeless] && nid < MM_MAX_NODES &&
	    ev->v[SGF_mm_vmscan_lru_shrink_inactive_nr_reclaimed])
		m->core.node[nid].kswapd_failures = 0;
}

/*
 * kswapd sleeps when its node is balanced, or when 16 rounds in a row freed nothing.  7.x traces the rounds that fail;
 * before that, only a node whose free pages are known tells which of the two it is.
 * Source: mm/vmscan.c: prepare_kswapd_sleep(), pgdat_balanced(), 6.1 to 7.3
 */
static enum mm_kswapd_sleep why_asleep(const struct mm_machine *m, int nid)
{
	bool any = false;

	if (mm_kswapd_hopeless((int)m->core.node[nid].kswapd_failures))
		return MM_KSWAPD_SLEEP_GAVE_UP;
	for (unsigned int i = 0; i < m->core.nr_zones; i++) {
		struct mm_zone_info z;

		mm_zone_get(m, i, &z);
		if (z.node != nid || !z.managed)
			continue;
		if (!z.list_known || !z.wmark_high)
			return m->cap->present[SG_EV_mm_vmscan_kswapd_reclaim_fail] ? MM_KSWAPD_SLEEP_BALANCED : MM_KSWAPD_SLEEP_UNKNOWN;
		if (z.nr_free >= z.wmark_high)
			return MM_KSWAPD_SLEEP_BALANCED;
		any = true;
	}
	if (m->cap->present[SG_EV_mm_vmscan_kswapd_reclaim_fail])
		return MM_KSWAPD_SLEEP_BALANCED; /* its failures are counted, and they are too few */
	return any ? MM_KSWAPD_SLEEP_GAVE_UP : MM_KSWAPD_SLEEP_UNKNOWN;
}

static void on_kswapd(struct mm_machine *m, uint64_t nid, bool awake, uint64_t order)
{
	struct mm_node_info *n = mm_node_at(m, nid);

	if (!n)
		return;
	if (!awake)
		n->kswapd_slept = why_asleep(m, (int)nid);
	n->kswapd_awake = awake;
	n->kswapd_order = awake && order < m->nr_orders ? (unsigned int)order : 0;
}

/** kcompactd of node @nid wakes or goes to sleep. */
void mm_kcompactd_seen(struct mm_machine *m, uint64_t nid, bool awake, uint64_t order)
{
	struct mm_node_info *n = mm_node_at(m, nid);

	if (!n)
		return;
	n->kcompactd_awake = awake;
	n->kcompactd_order = awake && order < m->nr_orders ? (unsigned int)order : 0;
	if (!awake)
		n->compacting = mm_node_compacts(m, (int)nid);
}

/**
 * mm_kcompactd_at_work() - kcompactd compacts though nothing was seen to wake it: it has been at it since before the trace, or looks after
 * the node of its own accord, which has no event.  Before it sleeps again it says so.
 * Source: mm/compaction.c: kcompactd(), 6.1 to 7.3
 */
void mm_kcompactd_at_work(struct mm_machine *m, const struct sg_event *ev)
{
	static const char name[] = "kcompactd";
	const char *comm = sg_capture_comm(m->cap, ev->pid);
	struct mm_node_info *n;
	char *end;

	if (!comm || strncmp(comm, name, sizeof(name) - 1) != 0)
		return;
	comm += sizeof(name) - 1;
	n = *comm >= '0' && *comm <= '9' ? mm_node_at(m, strtoul(comm, &end, 10)) : NULL;
	if (!n || *end || n->kcompactd_awake)
		return;
	n->kcompactd_awake = true;
	n->kcompactd_order = 0;
	mm_ctx(m, ev->pid, true)->kind = CTX_KCOMPACTD;
}

/** Applies the events of reclaim. */
void mm_observe_threads(struct mm_machine *m, const struct sg_event *ev)
{
	struct mm_node_info *n;
	struct task_ctx *c;

	switch (ev->kind) {
	case SG_EV_mm_vmscan_lru_shrink_inactive:
		on_reclaimed(m, ev);
		break;
	case SG_EV_mm_vmscan_kswapd_wake:
		n = mm_node_at(m, ev->v[SGF_mm_vmscan_kswapd_wake_nid]);
		if (n && mm_kswapd_hopeless((int)n->kswapd_failures))
			n->kswapd_failures = 0; /* a hopeless node's is woken by nobody */
		on_kswapd(m, ev->v[SGF_mm_vmscan_kswapd_wake_nid], true, ev->v[SGF_mm_vmscan_kswapd_wake_order]);
		break;
	case SG_EV_mm_vmscan_kswapd_sleep:
		on_kswapd(m, ev->v[SGF_mm_vmscan_kswapd_sleep_nid], false, 0);
		break;
	case SG_EV_mm_vmscan_kswapd_reclaim_fail:
		n = mm_node_at(m, ev->v[SGF_mm_vmscan_kswapd_reclaim_fail_nid]);
		if (n)
			n->kswapd_failures = (unsigned int)ev->v[SGF_mm_vmscan_kswapd_reclaim_fail_failures];
		break;
	case SG_EV_mm_vmscan_kswapd_clear_hopeless:
		n = mm_node_at(m, ev->v[SGF_mm_vmscan_kswapd_clear_hopeless_nid]);
		if (n)
			n->kswapd_failures = 0;
		break;
	case SG_EV_mm_vmscan_direct_reclaim_begin:
		mm_ctx(m, ev->pid, true)->in_reclaim = 1;
		mm_ctx_count(m);
		break;
	case SG_EV_mm_vmscan_direct_reclaim_end:
		c = mm_ctx(m, ev->pid, false);
		if (c) {
			c->in_reclaim = 0;
			mm_ctx_release(m, c);
		}
		mm_ctx_count(m);
		break;
	default:
		break;
	}
}
