// SPDX-License-Identifier: GPL-2.0-only
/*
 * What tasks are at: inside of reclaim, kswapd always, others between the events of its beginning and its end; what they compact for.
 */
#include "demand/ahead_priv.h"
#include "observe/observe.h"

#include <string.h>

/* The task's marks in @mask become @bits. */
static void set(struct mm_ahead *a, const struct sg_event *ev, uint32_t mask, uint32_t bits)
{
	struct ahead_task *task = mm_ahead_own(a, &a->tasks, (uint32_t)ev->pid);

	if (task)
		task->bits = (task->bits & ~mask) | bits;
}

/* It compacts for @order from now on, and heeds marks and positions, or doesn't. */
static void compacts(struct mm_ahead *a, const struct sg_event *ev, bool heeds, uint64_t order)
{
	set(a, ev, ~AHEAD_RECLAIMS, heeds && order < MM_MAX_ORDERS ? AHEAD_HEEDS | (uint32_t)order << AHEAD_ORDER : 0);
}

/**
 * mm_ahead_tasks() - follows the beginnings and ends of reclaim, and what tasks compact for
 * Tries of the lowest priority number, and kcompactd when nobody woke it, go over whole zones and look at no marks.
 * Source: mm/compaction.c: compact_zone_order(), kcompactd_do_work(), 6.1 to 7.3
 */
void mm_ahead_tasks(struct mm_ahead *a, const struct sg_event *ev)
{
	switch (ev->kind) {
	case SG_EV_mm_vmscan_direct_reclaim_begin:
	case SG_EV_mm_vmscan_memcg_reclaim_begin:
	case SG_EV_mm_vmscan_node_reclaim_begin:
		set(a, ev, AHEAD_RECLAIMS, AHEAD_RECLAIMS);
		break;
	case SG_EV_mm_vmscan_direct_reclaim_end:
	case SG_EV_mm_vmscan_memcg_reclaim_end:
	case SG_EV_mm_vmscan_node_reclaim_end:
		set(a, ev, AHEAD_RECLAIMS, 0);
		break;
	case SG_EV_mm_compaction_try_to_compact_pages:
		compacts(a, ev, ev->v[SGF_mm_compaction_try_to_compact_pages_prio] != 0,
			 ev->v[SGF_mm_compaction_try_to_compact_pages_order]);
		break;
	case SG_EV_mm_compaction_kcompactd_wake:
		compacts(a, ev, true, ev->v[SGF_mm_compaction_kcompactd_wake_order]);
		break;
	case SG_EV_mm_compaction_kcompactd_sleep:
		compacts(a, ev, false, 0);
		break;
	default:
		break;
	}
}

/** Does the task of @ev reclaim?  Interrupts on top of it don't. */
bool mm_ahead_reclaims(const struct mm_ahead *a, const struct sg_event *ev)
{
	const struct ahead_task *task = mm_cow_peek(&a->tasks, (uint32_t)ev->pid);

	if (ev->common_flags & MM_IN_INTERRUPT)
		return false;
	return (task && (task->bits & AHEAD_RECLAIMS)) || strncmp(sg_capture_comm(a->cap, ev->pid), "kswapd", 6) == 0;
}
