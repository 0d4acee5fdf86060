// SPDX-License-Identifier: GPL-2.0-only
/* Which tasks are inside of reclaim: kswapd always, others between the events of its beginning and its end. */
#include "demand/ahead_priv.h"
#include "observe/observe.h"

#include <string.h>

static void set(struct mm_ahead *a, int32_t pid, bool in)
{
	uint32_t *depth = mm_ahead_own(a, &a->tasks, (uint32_t)pid);

	if (depth)
		*depth = in;
}

/** Follows the beginnings and ends of reclaim. */
void mm_ahead_tasks(struct mm_ahead *a, const struct sg_event *ev)
{
	switch (ev->kind) {
	case SG_EV_mm_vmscan_direct_reclaim_begin:
	case SG_EV_mm_vmscan_memcg_reclaim_begin:
	case SG_EV_mm_vmscan_node_reclaim_begin:
		set(a, ev->pid, true);
		break;
	case SG_EV_mm_vmscan_direct_reclaim_end:
	case SG_EV_mm_vmscan_memcg_reclaim_end:
	case SG_EV_mm_vmscan_node_reclaim_end:
		set(a, ev->pid, false);
		break;
	default:
		break;
	}
}

/** Does the task of @ev reclaim?  Interrupts on top of it don't. */
bool mm_ahead_reclaims(const struct mm_ahead *a, const struct sg_event *ev)
{
	const uint32_t *depth = mm_cow_peek(&a->tasks, (uint32_t)ev->pid);

	if (ev->common_flags & MM_IN_INTERRUPT)
		return false;
	return (depth && *depth) || strncmp(sg_capture_comm(a->cap, ev->pid), "kswapd", 6) == 0;
}
