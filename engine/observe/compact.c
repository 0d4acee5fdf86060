// SPDX-License-Identifier: GPL-2.0-only
/* Compaction as the trace shows it: who compacts, where the scanners stand, and which free pages they took. */
#include "observe/isolation.h"
#include "rules/compact.h"

/* ---- free pages taken as migration targets ------------------------------ */

/* Pages that a scan of [start, end) with @stride isolates; with @take it isolates them. */
static uint64_t scan_block(struct mm_machine *m, struct zone_state *z, uint64_t start, uint64_t end,
			   unsigned int stride, uint64_t limit, bool take)
{
	uint64_t got = 0;

	for (uint64_t p = start; p < end && got < limit; p += stride) {
		struct page_ent e = mm_ent(m, p);

		if (ent_state(&e) != PS_FREE)
			continue;
		if (take)
			mm_isolate_block(m, z, p, &e);
		got += 1ull << ent_order(&e);
		p += (1ull << ent_order(&e)) - 1;
	}
	return got;
}

/*
 * isolate_freepages_block() took @taken pages out of [start, end).  An asynchronous scan looks at
 * every stride-th page only, until it finds something; the stride that explains the count is used.
 * Source: mm/compaction.c: isolate_freepages_block(), 6.1 to 7.3
 */
static void on_isolate_free(struct mm_machine *m, const struct sg_event *ev)
{
	static const unsigned int strides[] = { 1, 32, 16, 8, 4, 2 };
	uint64_t start = ev->v[SGF_mm_compaction_isolate_freepages_start_pfn];
	uint64_t end = ev->v[SGF_mm_compaction_isolate_freepages_end_pfn];
	uint64_t taken = ev->v[SGF_mm_compaction_isolate_freepages_nr_taken], got;
	struct zone_state *z = mm_zone_at(m, start);
	struct task_ctx *c = mm_ctx(m, ev->pid, false);
	unsigned int stride = 0;

	if (!z || end < start || end > z->end || end - start > 1ull << m->pb_order || taken > end - start) {
		mm_contra_add(m, MM_CONTRA_OUT_OF_RANGE);
		return;
	}
	if (c && c->zone >= 0) {
		c->free_pfn = start;
		if (z->node >= 0 && z->node < MM_MAX_NODES)
			m->core.node[z->node].free_pfn = start;
	}
	mm_pending_at_block(m, z, ev->pid, start);
	if (taken == 0)
		return;
	for (unsigned int i = 0; i < sizeof(strides) / sizeof(strides[0]) && !stride; i++)
		if (scan_block(m, z, start, end, strides[i], UINT64_MAX, false) == taken)
			stride = strides[i];
	if (stride) {
		scan_block(m, z, start, end, stride, UINT64_MAX, true);
		return;
	}
	mm_contra_add(m, MM_CONTRA_ISOLATE_COUNT);
	got = scan_block(m, z, start, end, 1, taken, true);
	/* more were taken than known: pages thought on a per-cpu list were on the buddy lists */
	for (uint64_t p = start; p < end && got < taken; p++) {
		struct page_ent e = mm_ent(m, p);
		struct page_ent as = { .om = MM_MT_MOVABLE << 4, .a = MM_NIL, .b = MM_NIL,
				       .since = (uint32_t)m->core.position };

		if (ent_state(&e) != PS_PCP || ent_order(&e) || (e.x & 3) == PCP_FROM_REFILL)
			continue;
		mm_pcp_del(m, z, p, &e);
		mm_set_state(m, z, p, 1, PS_ISO, &as);
		mm_change_add(m, p, 1, PS_PCP, PS_ISO);
		got++;
	}
}

/* ---- who is inside what -------------------------------------------------- */

static void on_compaction_begin(struct mm_machine *m, const struct sg_event *ev)
{
	uint64_t start = ev->v[SGF_mm_compaction_begin_zone_start];
	struct task_ctx *c = mm_ctx(m, ev->pid, true);
	int zi = mm_zone_index(m, start);
	struct mm_node_info *n;

	if (zi < 0) {
		mm_contra_add(m, MM_CONTRA_OUT_OF_RANGE);
		return;
	}
	c->in_compact = CTX_COMPACTS;
	c->zone = (int8_t)zi;
	c->sync = ev->v[SGF_mm_compaction_begin_sync] == 1;
	c->migrate_pfn = ev->v[SGF_mm_compaction_begin_migrate_pfn];
	c->free_pfn = ev->v[SGF_mm_compaction_begin_free_pfn];
	if (c->kind != CTX_KCOMPACTD || c->search_order == UINT8_MAX) { /* kcompactd's outlives the zone */
		c->search_order = (uint8_t)((c->order > 0 ? (unsigned int)c->order : m->pb_order) - 1);
		c->search_fail = 0;
	}
	c->start_event = m->core.position;
	n = mm_node_at(m, (uint64_t)(int64_t)m->core.zone[zi].node);
	if (n) {
		n->compacting = true;
		n->migrate_pfn = c->migrate_pfn;
		n->free_pfn = c->free_pfn;
	}
	mm_ctx_count(m);
}

static void on_compaction_end(struct mm_machine *m, const struct sg_event *ev)
{
	struct task_ctx *c = mm_ctx(m, ev->pid, false);
	int zi = mm_zone_index(m, ev->v[SGF_mm_compaction_end_zone_start]);
	struct mm_node_info *n = zi >= 0 ? mm_node_at(m, (uint64_t)(int64_t)m->core.zone[zi].node) : NULL;

	mm_taken_end(m, ev->pid);
	if (c)
		c->zone = -1; /* in_compact stays until the task's next allocation: it may have captured a page */
	mm_ctx_count(m);
	if (n) {
		n->migrate_pfn = ev->v[SGF_mm_compaction_end_migrate_pfn];
		n->free_pfn = ev->v[SGF_mm_compaction_end_free_pfn];
		n->compacting = mm_node_compacts(m, m->core.zone[zi].node);
	}
}

static void on_isolate_migrate(struct mm_machine *m, const struct sg_event *ev)
{
	struct task_ctx *c = mm_ctx(m, ev->pid, false);
	uint64_t end = ev->v[SGF_mm_compaction_isolate_migratepages_end_pfn];

	if (!c || c->zone < 0) {
		if (!c || c->kind != CTX_KCOMPACTD)
			mm_isolation_scan(m, ev);
		return;
	}
	mm_observe_source_search(m, &m->core.zone[c->zone], c, ev->v[SGF_mm_compaction_isolate_migratepages_start_pfn]);
	c->sync &= (uint8_t)~CTX_GOES_ON;
	c->migrate_pfn = end;
	if (m->core.zone[c->zone].node >= 0 && m->core.zone[c->zone].node < MM_MAX_NODES)
		m->core.node[m->core.zone[c->zone].node].migrate_pfn = end;
}

static void set_order(struct mm_machine *m, const struct sg_event *ev, uint64_t order)
{
	struct task_ctx *c = mm_ctx(m, ev->pid, true);

	c->order = (int64_t)order >= -1 && (int64_t)order < m->nr_orders ? (int8_t)order : -1;
	c->in_compact = CTX_COMPACTS;
}

/** Applies the events of compaction. */
void mm_observe_compact(struct mm_machine *m, const struct sg_event *ev)
{
	struct task_ctx *c;

	mm_observe_stall(m, ev);
	switch (ev->kind) {
	case SG_EV_mm_compaction_isolate_freepages:
		if (m->obs->nr_isolations && mm_isolation_take(m, ev))
			break;
		mm_kcompactd_at_work(m, ev);
		on_isolate_free(m, ev);
		break;
	case SG_EV_test_pages_isolated:
		mm_isolation_tested(m, ev);
		break;
	case SG_EV_mm_migrate_pages_start:
		mm_isolation_moves(m, ev);
		break;
	case SG_EV_mm_compaction_fast_isolate_freepages:
		mm_kcompactd_at_work(m, ev);
		mm_observe_search(m, ev);
		break;
	case SG_EV_mm_compaction_isolate_migratepages:
		mm_kcompactd_at_work(m, ev);
		on_isolate_migrate(m, ev);
		break;
	case SG_EV_mm_compaction_begin:
		mm_kcompactd_at_work(m, ev);
		m->obs->compacted = true;
		on_compaction_begin(m, ev);
		break;
	case SG_EV_mm_compaction_end:
		on_compaction_end(m, ev);
		break;
	case SG_EV_mm_compaction_finished:
		c = mm_ctx(m, ev->pid, false);
		if (c && c->zone >= 0) {
			mm_observe_no_source(m, c);
			if (ev->v[SGF_mm_compaction_finished_ret] == MM_COMPACT_CONTINUE ||
			    ev->v[SGF_mm_compaction_finished_ret] == MM_COMPACT_NO_SUITABLE_PAGE)
				c->sync |= CTX_GOES_ON;
		}
		if (c && (int64_t)ev->v[SGF_mm_compaction_finished_order] < m->nr_orders)
			c->order = (int8_t)ev->v[SGF_mm_compaction_finished_order];
		break;
	case SG_EV_mm_compaction_try_to_compact_pages:
		set_order(m, ev, ev->v[SGF_mm_compaction_try_to_compact_pages_order]);
		c = mm_ctx(m, ev->pid, true);
		c->movable = ev->v[SGF_mm_compaction_try_to_compact_pages_gfp_mask] & m->cap->gfp.movable;
		c->request = (int8_t)mm_gfp_order(m, ev->v[SGF_mm_compaction_try_to_compact_pages_gfp_mask]);
		/* MIN_COMPACT_PRIORITY, COMPACT_PRIO_SYNC_FULL */
		c->ignore_skip = ev->v[SGF_mm_compaction_try_to_compact_pages_prio] == 0;
		break;
	case SG_EV_mm_compaction_kcompactd_wake:
		mm_kcompactd_seen(m, ev->v[SGF_mm_compaction_kcompactd_wake_nid], true,
			     ev->v[SGF_mm_compaction_kcompactd_wake_order]);
		set_order(m, ev, ev->v[SGF_mm_compaction_kcompactd_wake_order]);
		c = mm_ctx(m, ev->pid, true);
		c->kind = CTX_KCOMPACTD;
		c->search_order = UINT8_MAX;
		break;
	case SG_EV_mm_compaction_kcompactd_sleep:
		mm_kcompactd_seen(m, ev->v[SGF_mm_compaction_kcompactd_sleep_nid], false, 0);
		c = mm_ctx(m, ev->pid, false);
		if (c) {
			c->in_compact = 0;
			mm_ctx_release(m, c);
		}
		break;
	default:
		mm_observe_threads(m, ev);
		break;
	}
}
