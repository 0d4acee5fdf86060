// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks compaction's questions: is a zone suitable, is a run finished, is a try put off.  Follows who asks
 * (a direct compactor, reclaim, kswapd, kcompactd), the zones' deferral counters and watermark boosts.
 *
 * Where the asker or a boost isn't known, the rule is applied to all that may be; only when they agree is
 * there an answer.
 */
#include "check/compact/compact.h"
#include "check/check.h"

#include <stdlib.h>
#include <string.h>

#include "sg_mem.h"
#include "rules/gfp.h"

static void compact_init(void *state, struct mm_check *c)
{
	const struct mm_policy *p = mm_check_policy(c);
	struct mm_compact_state *s = state;

	s->facts = p->facts;
	s->defrag_mode = p->tune[MM_TUNE_DEFRAG_MODE] != 0;
	s->lru_gen = mm_has(s->facts, GEN_NODE) && p->tune[MM_TUNE_LRU_GEN];
	s->extfrag_threshold = (int)p->tune[MM_TUNE_EXTFRAG_THRESHOLD];
	s->proactiveness = p->tune[MM_TUNE_COMPACTION_PROACTIVENESS];
	s->boost_factor = p->tune[MM_TUNE_WATERMARK_BOOST_FACTOR];
	for (unsigned int i = 0; i < MM_MAX_NODES; i++)
		s->kswapd_pid[i] = MM_PID_UNKNOWN;
	for (unsigned int i = 0; i < MM_MAX_ZONES; i++) {
		s->zone[i].init_migrate_hi = s->zone[i].init_free_hi = UINT64_MAX;
		s->zone[i].flush = MM_MAYBE;
	}
}

static void compact_fini(void *state)
{
	mm_skip_fini(&((struct mm_compact_state *)state)->skip);
}

static bool compact_copy(void *to, const void *from, uint64_t *bytes)
{
	const struct mm_compact_state *f = from;
	struct mm_compact_state *t = to;

	return mm_skip_copy(&t->skip, &f->skip, bytes);
}

/* ---- tasks ----------------------------------------------------------------- */

/* ---- who asks -------------------------------------------------------------- */

static void on_try(struct mm_compact_state *s)
{
	const struct sg_event *ev = s->ev;
	struct mm_compact_task *t = mm_compact_task(s, ev->pid, true);

	mm_compact_end_try(s, t);
	t->used = mm_position(s->m);
	t->in_try = true;
	t->reset_seen = t->kcompactd = t->node_check = t->captured = false;
	t->order = (int64_t)ev->v[SGF_mm_compaction_try_to_compact_pages_order];
	t->gfp = ev->v[SGF_mm_compaction_try_to_compact_pages_gfp_mask];
	t->prio = (int64_t)ev->v[SGF_mm_compaction_try_to_compact_pages_prio];
	t->highest = mm_gfp_zone_type(s->m, t->gfp);
	t->zone_passed = 0;
	t->failed_zone = -1;
	if (t->order < 0 || t->order >= s->m->nr_orders) {
		t->order = -1;
		t->in_try = false;
	}
}

static void on_kcompactd(struct mm_compact_state *s)
{
	const struct sg_event *ev = s->ev;
	struct mm_compact_task *t = mm_compact_task(s, ev->pid, true);

	t->kcompactd = true;
	t->in_try = t->in_reclaim = t->reset_seen = t->node_check = false;
	t->zone_passed = 0;
	t->gfp = 0;
	t->prio = 1;
	if (ev->kind == SG_EV_mm_compaction_kcompactd_wake) {
		t->order = (int64_t)ev->v[SGF_mm_compaction_kcompactd_wake_order];
		t->highest = (unsigned int)ev->v[SGF_mm_compaction_kcompactd_wake_highest_zoneidx] & 7;
		if (t->order < 0 || t->order >= s->m->nr_orders)
			t->order = -1;
	} else {
		t->order = -1; /* what it does without being woken is proactive */
	}
}

static void on_kswapd(struct mm_compact_state *s, uint64_t nid, bool awake)
{
	if (nid >= MM_MAX_NODES)
		return;
	s->kswapd_order[nid] = awake ? (int64_t)s->ev->v[SGF_mm_vmscan_kswapd_wake_order] : -1;
	s->kswapd_pid[nid] = s->ev->pid;
	s->kswapd_awake[nid] = awake;
	s->kswapd_woken[nid] = false;
	if (awake) {
		if (!s->m->cap->present[SG_EV_mm_vmscan_balance_pgdat_begin])
			mm_compact_boost_note(s, nid);
		return;
	}
	if (!s->m->cap->present[SG_EV_mm_vmscan_balance_pgdat_begin])
		mm_compact_boost_drop(s, nid);
	mm_scanner_reset(s, (int)nid, true);
}

/* Before its first mm_compaction_suitable: the page blocks' skip hints as far as they get known. */
static void get_ready(struct mm_compact_state *s)
{
	s->ready = true;
	mm_compact_boosts_seed(s);
	s->seeds_seen = s->m->core.seeds_applied;
	if (mm_check_setting(s->c, "vmstat.compact_migrate_scanned", -1) == 0 &&
	    mm_check_setting(s->c, "vmstat.compact_free_scanned", -1) == 0)
		mm_scanner_never(s, mm_check_setting(s->c, "vmstat.compact_daemon_wake", -1) == 0 &&
				    mm_check_setting(s->c, "vmstat.compact_stall", -1) == 0);
}

static void compact_before(void *state, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev)
{
	struct mm_compact_state *s = state;
	struct mm_compact_task *t;

	s->m = m;
	s->c = c;
	s->ev = ev;
	if (!s->ready)
		get_ready(s);
	switch (ev->kind) {
	case SG_EV_mm_page_alloc:
		t = s->nr_tasks ? mm_compact_task(s, ev->pid, false) : NULL;
		if (t && t->captured && t->zone < 0)
			t->captured = false; /* it has it now */
		if (t && t->in_try && t->zone < 0 && !(ev->common_flags & 0x18) &&
		    (ev->v[SGF_mm_page_alloc_order] != 0 || t->reset_seen))
			mm_compact_end_try(s, t);
		return;
	case SG_EV_mm_page_alloc_extfrag:
		mm_compact_boost_extfrag(s);
		return;
	case SG_EV_mm_compaction_suitable:
		mm_compact_on_suitable(s);
		return;
	case SG_EV_mm_compaction_finished:
		mm_compact_on_finished(s);
		return;
	case SG_EV_mm_compaction_deferred:
	case SG_EV_mm_compaction_defer_compaction:
	case SG_EV_mm_compaction_defer_reset:
		mm_compact_on_defer(s);
		return;
	case SG_EV_mm_compaction_try_to_compact_pages:
		on_try(s);
		return;
	case SG_EV_mm_compaction_kcompactd_wake:
	case SG_EV_mm_compaction_kcompactd_sleep:
		on_kcompactd(s);
		return;
	case SG_EV_mm_compaction_begin:
	case SG_EV_mm_compaction_end:
	case SG_EV_mm_compaction_isolate_migratepages:
	case SG_EV_mm_compaction_isolate_freepages:
	case SG_EV_mm_compaction_fast_isolate_freepages:
	case SG_EV_mm_compaction_migratepages:
		t = mm_compact_task(s, ev->pid, true);
		t->used = mm_position(m);
		if (ev->kind == SG_EV_mm_compaction_end)
			t->failed_zone = ev->v[SGF_mm_compaction_end_status] == MM_COMPACT_SUCCESS ? -1 :
					 mm_zone_index(m, ev->v[SGF_mm_compaction_end_zone_start]);
		mm_scanner_event(s, t);
		return;
	case SG_EV_mm_vmscan_wakeup_kswapd:
		if (ev->v[SGF_mm_vmscan_wakeup_kswapd_nid] < MM_MAX_NODES)
			s->kswapd_woken[ev->v[SGF_mm_vmscan_wakeup_kswapd_nid]] = true;
		return;
	case SG_EV_mm_vmscan_kswapd_wake:
		on_kswapd(s, ev->v[SGF_mm_vmscan_kswapd_wake_nid], true);
		return;
	case SG_EV_mm_vmscan_kswapd_sleep:
		on_kswapd(s, ev->v[SGF_mm_vmscan_kswapd_sleep_nid], false);
		return;
	case SG_EV_mm_vmscan_balance_pgdat_begin:
		mm_compact_boost_note(s, ev->v[SGF_mm_vmscan_balance_pgdat_begin_nid]);
		if (ev->v[SGF_mm_vmscan_balance_pgdat_begin_nid] < MM_MAX_NODES) {
			s->kswapd_pid[ev->v[SGF_mm_vmscan_balance_pgdat_begin_nid]] = ev->pid;
			s->kswapd_order[ev->v[SGF_mm_vmscan_balance_pgdat_begin_nid]] =
				(int64_t)ev->v[SGF_mm_vmscan_balance_pgdat_begin_order];
			s->kswapd_round[ev->v[SGF_mm_vmscan_balance_pgdat_begin_nid]] = true;
			s->kswapd_highest[ev->v[SGF_mm_vmscan_balance_pgdat_begin_nid]] =
				(unsigned int)ev->v[SGF_mm_vmscan_balance_pgdat_begin_highest_zoneidx] & 7;
		}
		return;
	case SG_EV_mm_vmscan_balance_pgdat_end:
		mm_compact_boost_drop(s, ev->v[SGF_mm_vmscan_balance_pgdat_end_nid]);
		if (ev->v[SGF_mm_vmscan_balance_pgdat_end_nid] < MM_MAX_NODES) {
			s->kswapd_round[ev->v[SGF_mm_vmscan_balance_pgdat_end_nid]] = false;
			mm_scanner_reset(s, (int)ev->v[SGF_mm_vmscan_balance_pgdat_end_nid], false);
		}
		return;
	case SG_EV_mm_vmscan_direct_reclaim_begin:
		t = mm_compact_task(s, ev->pid, true);
		mm_compact_end_try(s, t);
		t->used = mm_position(m);
		t->in_reclaim = true;
		t->reclaim_shrunk = false;
		t->reclaim_order = (int64_t)ev->v[SGF_mm_vmscan_direct_reclaim_begin_order];
		t->reclaim_highest = mm_gfp_zone_type(m, ev->v[SGF_mm_vmscan_direct_reclaim_begin_gfp_flags]);
		return;
	case SG_EV_mm_vmscan_direct_reclaim_end:
		t = mm_compact_task(s, ev->pid, false);
		if (t)
			t->in_reclaim = false;
		return;
	case SG_EV_mm_vmscan_lru_shrink_inactive:
	case SG_EV_mm_vmscan_lru_isolate:
	case SG_EV_mm_shrink_slab_start:
		t = mm_compact_task(s, ev->pid, false);
		if (t)
			t->reclaim_shrunk = true;
		for (unsigned int i = 0; i < s->m->nodes_end; i++)
			if (s->kswapd_pid[i] == ev->pid)
				mm_scanner_reset(s, (int)i, false);
		return;
	default:
		return;
	}
}

static void compact_after(void *state, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev)
{
	struct mm_compact_state *s = state;

	if (ev->kind == SG_EV_print && s->ready && m->core.seeds_applied != s->seeds_seen) {
		s->seeds_seen = m->core.seeds_applied;
		mm_compact_boosts_seed(s);
	}
	if (!s->nr_direct)
		return;
	s->ev = ev;
	if (ev->kind == SG_EV_mm_page_pcpu_drain)
		mm_compact_capture(s, ev->v[SGF_mm_page_pcpu_drain_pfn]);
	else if (ev->kind == SG_EV_mm_page_free)
		mm_compact_capture(s, ev->v[SGF_mm_page_free_pfn]);
}

/* The kinds that compact_before() and compact_after() have a case for. */
static bool compact_wants(unsigned int kind, bool after)
{
	switch (kind) {
	case SG_EV_mm_page_free:
	case SG_EV_mm_page_pcpu_drain:
	case SG_EV_print:
		return after;
	case SG_EV_mm_page_free_batched:
	case SG_EV_mm_page_alloc_zone_locked:
	case SG_EV_mm_lru_insertion:
	case SG_EV_mm_lru_activate:
	case SG_EV_mm_filemap_add_to_page_cache:
	case SG_EV_mm_filemap_delete_from_page_cache:
		return false;
	default:
		return !after;
	}
}

const struct mm_checker mm_checker_compact = {
	.name = "compact",
	.state_size = sizeof(struct mm_compact_state),
	.init = compact_init,
	.before = compact_before,
	.after = compact_after,
	.wants = compact_wants,
	.fini = compact_fini,
	.copy = compact_copy,
};
