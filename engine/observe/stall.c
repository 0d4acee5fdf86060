// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests that stall: from the first direct reclaim or compaction of a task to the page that it gets, or to its failure.
 * Source: mm/page_alloc.c: __alloc_pages_slowpath(), 6.1 to 7.3: each round reclaims and compacts once, and all rounds
 * of one request end in one mm_page_alloc.
 */
#include <string.h>

#include "observe/observe.h"
#include "machine/state.h"
#include "rules/gfp.h"

static struct stall *stall_of(struct mm_machine *m, int32_t pid)
{
	for (unsigned int i = 0; i < m->obs->nr_stalls; i++)
		if (m->obs->stall[i].pid == pid)
			return &m->obs->stall[i];
	return NULL;
}

static struct stall *begin(struct mm_machine *m, const struct sg_event *ev, uint64_t order, uint64_t gfp)
{
	struct stall *s = stall_of(m, ev->pid);

	if (!s) {
		if (m->obs->nr_stalls == MM_MAX_STALLS)
			return NULL;
		s = &m->obs->stall[m->obs->nr_stalls++];
		*s = (struct stall){ .pid = ev->pid, .event = (uint32_t)m->core.position, .ts = ev->ts };
	}
	s->order = order < m->nr_orders ? (uint8_t)order : 0;
	s->mt = (uint8_t)mm_gfp_migratetype(m, gfp);
	return s;
}

/** Applies the events that a stalled request leaves, before it ends. */
void mm_observe_stall(struct mm_machine *m, const struct sg_event *ev)
{
	struct stall *s;

	switch (ev->kind) {
	case SG_EV_mm_vmscan_direct_reclaim_begin:
		s = begin(m, ev, ev->v[SGF_mm_vmscan_direct_reclaim_begin_order],
			  ev->v[SGF_mm_vmscan_direct_reclaim_begin_gfp_flags]);
		if (s) {
			s->reclaims++;
			s->in_reclaim = true;
		}
		break;
	case SG_EV_mm_vmscan_direct_reclaim_end:
		s = stall_of(m, ev->pid);
		if (s) {
			s->in_reclaim = false;
			if (ev->v[SGF_mm_vmscan_direct_reclaim_end_nr_reclaimed] != SG_MISSING)
				s->reclaimed += ev->v[SGF_mm_vmscan_direct_reclaim_end_nr_reclaimed];
		}
		break;
	case SG_EV_mm_compaction_try_to_compact_pages:
		s = begin(m, ev, ev->v[SGF_mm_compaction_try_to_compact_pages_order],
			  ev->v[SGF_mm_compaction_try_to_compact_pages_gfp_mask]);
		if (s)
			s->compactions++;
		break;
	default:
		break;
	}
}

/*
 * An mm_page_alloc: the end of its task's stall, unless the page is for the reclaim itself, or for an interrupt that
 * may not reclaim and so can't be what stalls.
 */
void mm_stall_end(struct mm_machine *m, const struct sg_event *ev)
{
	struct stall *s = m->obs->nr_stalls ? stall_of(m, ev->pid) : NULL;
	uint64_t may = m->cap->gfp.direct_reclaim;
	size_t after;

	if (!s || s->in_reclaim || ev->common_flags & MM_IN_INTERRUPT || (may && !(ev->v[SGF_mm_page_alloc_gfp_flags] & may)))
		return;
	after = (size_t)(&m->obs->stall[m->obs->nr_stalls] - (s + 1));
	memmove(s, s + 1, after * sizeof(*s));
	m->obs->nr_stalls--;
}

unsigned int mm_nr_stalls(const struct mm_machine *m)
{
	return m->obs->nr_stalls;
}

void mm_stall_get(const struct mm_machine *m, unsigned int i, struct mm_stall_info *ret)
{
	const struct stall *s = &m->obs->stall[i];

	*ret = (struct mm_stall_info){
		.pid = s->pid,
		.order = s->order,
		.migratetype = s->mt,
		.reclaims = s->reclaims,
		.compactions = s->compactions,
		.reclaimed = s->reclaimed,
		.event = s->event,
		.ts = s->ts,
	};
}

unsigned int mm_stalls_of(const struct mm_machine *m, unsigned int mt)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < m->obs->nr_stalls; i++)
		n += m->obs->stall[i].mt == mt;
	return n;
}
