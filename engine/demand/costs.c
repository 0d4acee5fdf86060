// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel's own work took on the captured machine: the time from one event to the next on a CPU belongs to who has
 * both.  Of the time between events of two it isn't known when the CPU changed hands: both have a part of it (part_of()), so that
 * what a CPU was busy is somebody's work or somebody's think time, and none of it is lost.  Work that is long without an event
 * comes to its end without another's seldom: left out, it would seem to cost nothing.
 */
#include "demand/take.h"
#include "machine/guesses.h"

/** Fewer pages than these tell no cost of one page. */
#define ENOUGH_PAGES 256u
#define ENOUGH_ROUNDS 16u
/** Page frames that count as much as a page moved where it is told what compaction took: as many as a batch has pages. */
#define FRAMES_A_PAGE 32u

/* The time before it went into writing a page to swap: there it is, or a page that this needs. */
static bool writes(const struct sg_event *ev)
{
	if (ev->kind == SG_EV_mm_vmscan_write_folio)
		return ev->v[SGF_mm_vmscan_write_folio_reclaim_flags] & 1; /* RECLAIM_WB_ANON */
	return ev->kind == SG_EV_mm_page_alloc && ev->v[SGF_mm_page_alloc_pfn] != 0 && ev->v[SGF_mm_page_alloc_pfn] < MM_MAX_PFN;
}

/* @ev: what @w's work came to; NULL: somebody else's event is next */
static void cost(struct take *t, const struct sg_event *ev, struct take_task *w, uint64_t ns)
{
	if (ev && (ev->kind == SG_EV_mm_compaction_isolate_migratepages || ev->kind == SG_EV_mm_compaction_isolate_freepages ||
		   ev->kind == SG_EV_mm_compaction_fast_isolate_freepages)) {
		t->scan_ns += ns;
		t->stretch.ns += ns;
		return;
	}
	if (w->copy.on) {
		w->copy.ns += ns;
	} else if (ev && (w->kswapd || w->in_reclaim) && writes(ev)) {
		t->swap_ns += ns;
	} else if (w->in_run) {
		t->move_ns += ns;
		t->stretch.ns += ns;
	} else if (w->kswapd) {
		t->kswapd_ns += ns;
	} else if (w->in_reclaim) {
		t->direct_ns += ns;
	} else if (w->stalled) {
		t->round_ns += ns;
	}
}

/* Did the thread of the kernel that has the event sleep before it? */
static bool slept(const struct sg_event *ev)
{
	return ev->kind == SG_EV_mm_vmscan_kswapd_wake || ev->kind == SG_EV_mm_vmscan_kswapd_sleep ||
	       ev->kind == SG_EV_mm_compaction_kcompactd_wake || ev->kind == SG_EV_mm_compaction_kcompactd_sleep;
}

static bool at_work(const struct take_task *w)
{
	return w->stalled || (w->kernel && !w->asleep);
}

/* @ns went by between two events of the task, and nobody else had one. */
static void silence(struct take_task *w, uint64_t ns)
{
	w->silent += ns;
	w->squares += ns * ns;
	if (w->silent >> 40) { /* so that squares of up to 10 ms, of 2^40 ns in all, stay below 2^64 */
		w->silent /= 2;
		w->squares /= 2;
	}
}

/*
 * Of @ns between an event of @p and one of @w, that which was @w's.  The CPU changed hands at a moment that neither chose: how long
 * ago a task's last event was then, or how far away its next one, is on average half of the sum of squares of its silences over
 * their sum.  Nothing is known of one of them: half and half.
 */
static uint64_t part_of(const struct take_task *w, const struct take_task *p, uint64_t ns)
{
	uint64_t mine = w->silent ? w->squares / w->silent : 0, other = p->silent ? p->squares / p->silent : 0;

	return mine && other ? ns * mine / (mine + other) : ns / 2;
}

/*
 * Time that the CPU spent before the event: the kernel's own work is left out of the think time.  A thread of the kernel that
 * slept, or had the CPU to itself for long, kept nobody waiting: the others' time passed beside it.
 */
void mm_take_time(struct take *t, struct take_cpu *c, const struct sg_event *ev, struct take_task *w)
{
	uint64_t gap = c->any && ev->ts > c->last ? ev->ts - c->last : 0, idle = (uint64_t)MM_GUESS(IDLE_US) * 1000;
	uint64_t most = (uint64_t)MM_GUESS(ALONE_US) * 1000, busy = gap < idle ? gap : idle, others = 0;
	struct take_task *p = c->any && c->last_pid != ev->pid ? mm_take_find(t, c->last_pid) : NULL;
	bool works = !mm_take_irq(ev) && (w->kernel || w->stalled);

	if (slept(ev)) {
		w->asleep = ev->kind == SG_EV_mm_vmscan_kswapd_sleep || ev->kind == SG_EV_mm_compaction_kcompactd_sleep;
		c->think += gap;
		return;
	}
	w->asleep = false;
	if (!p)
		silence(w, busy);
	else if (works || at_work(p))
		others = busy - part_of(w, p, busy);
	if (p && at_work(p))
		cost(t, NULL, p, others);
	else if (works)
		c->think += others;
	if (!works) {
		c->think += gap - (p && at_work(p) ? others : 0);
		c->own = 0;
		return;
	}
	cost(t, ev, w, busy - others);
	if (!w->kernel) {
		c->own = 0;
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

/* Compaction has moved pages, or looked at page frames. */
static void compacted(struct take *t, const struct sg_event *ev, uint64_t pages, uint64_t frames)
{
	struct mm_demand *d = t->d;

	t->d->costs.moved_pages += pages;
	t->frames += frames;
	t->stretch.pages += pages;
	t->stretch.frames += frames;
	if (t->stretch.pages < MM_GUESS(PACE_PAGES) && t->stretch.frames / FRAMES_A_PAGE < MM_GUESS(PACE_PAGES))
		return;
	if (!mm_take_grow(t, (void **)&d->pace, &t->cap_paces, d->nr_paces, sizeof(*d->pace)))
		return;
	t->stretch.until = ev->ts;
	d->pace[d->nr_paces++] = t->stretch;
	t->stretch = (struct mm_pace){ 0 };
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
		compacted(t, ev, told(ev->v[SGF_mm_compaction_migratepages_nr_migrated]), 0);
		break;
	case SG_EV_mm_compaction_isolate_migratepages:
		compacted(t, ev, 0, told(ev->v[SGF_mm_compaction_isolate_migratepages_nr_scanned]));
		break;
	case SG_EV_mm_compaction_isolate_freepages:
		compacted(t, ev, 0, told(ev->v[SGF_mm_compaction_isolate_freepages_nr_scanned]));
		break;
	case SG_EV_mm_compaction_fast_isolate_freepages:
		compacted(t, ev, 0, told(ev->v[SGF_mm_compaction_fast_isolate_freepages_nr_scanned]));
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

static void paces(struct mm_demand *d)
{
	for (size_t i = 0; i < d->nr_paces; i++) {
		struct mm_pace *p = &d->pace[i];
		uint64_t usual = p->pages * d->costs.compact_move + p->frames * d->costs.compact_scan;

		p->percent = usual && d->costs.compact_move && d->costs.compact_scan ? (p->ns * 100 + usual / 2) / usual : 100;
	}
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
	c->swap_page = per(t->swap_ns, t->d->swap.written, ENOUGH_PAGES);
	c->demote_page = per(t->demote_ns, t->d->left.demoted, ENOUGH_PAGES);
	c->round = per(t->round_ns, c->rounds, ENOUGH_ROUNDS);
	paces(t->d);
}
