// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel's own work took on the captured machine: the time from one event to the next on a CPU belongs to whoever
 * has the second one, if it had the first one, too.
 */
#include "demand/take.h"
#include "machine/guesses.h"

/** Fewer pages than these tell no cost of one page. */
#define ENOUGH_PAGES 256u
#define ENOUGH_ROUNDS 16u

static void cost(struct take *t, const struct sg_event *ev, struct take_task *w, uint64_t ns)
{
	switch (ev->kind) {
	case SG_EV_mm_compaction_isolate_migratepages:
	case SG_EV_mm_compaction_isolate_freepages:
	case SG_EV_mm_compaction_fast_isolate_freepages:
		t->scan_ns += ns;
		return;
	default:
		break;
	}
	if (w->copy.on)
		w->copy.ns += ns;
	else if (w->in_run)
		t->move_ns += ns;
	else if (w->kswapd)
		t->kswapd_ns += ns;
	else if (w->in_reclaim)
		t->direct_ns += ns;
	else if (w->stalled)
		t->round_ns += ns;
}

/* Did the thread of the kernel that has the event sleep before it? */
static bool slept(const struct sg_event *ev)
{
	return ev->kind == SG_EV_mm_vmscan_kswapd_wake || ev->kind == SG_EV_mm_vmscan_kswapd_sleep ||
	       ev->kind == SG_EV_mm_compaction_kcompactd_wake || ev->kind == SG_EV_mm_compaction_kcompactd_sleep;
}

/*
 * Time that the CPU spent before the event: the kernel's own work is left out of the think time.  A thread of the kernel that
 * slept, or had the CPU to itself for long, kept nobody waiting: the others' time passed beside it.
 */
void mm_take_time(struct take *t, struct take_cpu *c, const struct sg_event *ev, struct take_task *w)
{
	uint64_t gap = c->any && ev->ts > c->last ? ev->ts - c->last : 0, idle = (uint64_t)MM_GUESS(WAITED_US) * 1000;
	uint64_t most = (uint64_t)MM_GUESS(ALONE_US) * 1000, busy = gap < idle ? gap : idle;

	if (mm_take_irq(ev) || (!w->kernel && !w->stalled)) {
		c->think += gap;
		c->own = 0;
		return;
	}
	if (c->last_pid == ev->pid)
		cost(t, ev, w, busy);
	if (!w->kernel) {
		c->own = 0;
		return;
	}
	if (slept(ev)) {
		c->think += gap;
		return;
	}
	c->own += gap;
	if (c->own > most) {
		c->think += c->own - most;
		c->own = most;
	}
}

static uint64_t told(uint64_t v)
{
	return v == SG_MISSING ? 0 : v;
}

void mm_take_work(struct take *t, const struct sg_event *ev, const struct take_task *w)
{
	struct mm_demand_costs *c = &t->d->costs;

	switch (ev->kind) {
	case SG_EV_mm_vmscan_lru_shrink_inactive:
		if (w->kswapd) {
			c->kswapd_pages += told(ev->v[SGF_mm_vmscan_lru_shrink_inactive_nr_reclaimed]);
			t->kswapd_scans += told(ev->v[SGF_mm_vmscan_lru_shrink_inactive_nr_scanned]);
		} else {
			c->direct_pages += told(ev->v[SGF_mm_vmscan_lru_shrink_inactive_nr_reclaimed]);
			t->direct_scans += told(ev->v[SGF_mm_vmscan_lru_shrink_inactive_nr_scanned]);
		}
		break;
	case SG_EV_mm_compaction_migratepages:
		c->moved_pages += told(ev->v[SGF_mm_compaction_migratepages_nr_migrated]);
		break;
	case SG_EV_mm_compaction_isolate_migratepages:
		t->frames += told(ev->v[SGF_mm_compaction_isolate_migratepages_nr_scanned]);
		break;
	case SG_EV_mm_compaction_isolate_freepages:
		t->frames += told(ev->v[SGF_mm_compaction_isolate_freepages_nr_scanned]);
		break;
	case SG_EV_mm_compaction_fast_isolate_freepages:
		t->frames += told(ev->v[SGF_mm_compaction_fast_isolate_freepages_nr_scanned]);
		break;
	case SG_EV_mm_vmscan_direct_reclaim_begin:
	case SG_EV_mm_compaction_try_to_compact_pages:
		c->rounds++;
		break;
	default:
		break;
	}
}

static uint64_t per(uint64_t ns, uint64_t units, uint64_t enough)
{
	return units >= enough ? (ns + units / 2) / units : 0;
}

void mm_take_costs(struct take *t)
{
	struct mm_demand_costs *c = &t->d->costs;

	c->kswapd_page = per(t->kswapd_ns, c->kswapd_pages, ENOUGH_PAGES);
	c->direct_page = per(t->direct_ns, c->direct_pages, ENOUGH_PAGES);
	c->kswapd_scan = per(t->kswapd_ns, t->kswapd_scans, ENOUGH_PAGES);
	c->direct_scan = per(t->direct_ns, t->direct_scans, ENOUGH_PAGES);
	c->compact_move = per(t->move_ns, c->moved_pages, ENOUGH_PAGES);
	c->compact_scan = per(t->scan_ns, t->frames, ENOUGH_PAGES);
	c->demote_page = per(t->demote_ns, t->d->left.demoted, ENOUGH_PAGES);
	c->round = per(t->round_ns, c->rounds, ENOUGH_ROUNDS);
}
