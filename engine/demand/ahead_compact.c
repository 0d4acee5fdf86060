// SPDX-License-Identifier: GPL-2.0-only
/*
 * What later events tell of compaction at the start: where its scanners stood, which pageblocks were marked to be skipped,
 * whether tries were put off.
 *
 * The first run in a zone begins where the zone remembers it, unless it is one that goes over all of the zone and looks at no mark.
 * A pageblock that a run scans has an event, so it bore no mark then; one that it passes without did.  Only scanning marks a pageblock, so
 * one that is passed before anything has scanned it bore its mark from the start, even if all marks were cleared meanwhile.  The search of
 * the free lists, which runs for large orders do, jumps: of those only what lies behind the last pageblock scanned is known to be passed.
 * Source: mm/compaction.c: compact_zone(), isolate_migratepages(), fast_find_migrateblock(), compaction_deferred(), 6.1 to 7.3
 */
#include "demand/ahead_priv.h"
#include "rules/compact.h"

#include <stdlib.h>

/* The zone whose first page is @start; NULL: there are more than any machine has, so it is none of this one's. */
static struct ahead_zone *zone_at(struct mm_ahead *a, uint64_t start)
{
	unsigned int i = 0;

	while (i < a->nr_zones && a->zone[i].told.start != start)
		i++;
	if (i == MM_MAX_ZONES)
		return NULL;
	if (i == a->nr_zones)
		a->zone[a->nr_zones++] = (struct ahead_zone){ .told.start = start };
	return &a->zone[i];
}

static void on_begin(struct mm_ahead *a, const struct sg_event *ev)
{
	struct ahead_zone *z = zone_at(a, ev->v[SGF_mm_compaction_begin_zone_start]);
	struct ahead_task *task = mm_ahead_own(a, &a->tasks, (uint32_t)ev->pid);
	bool heeds = task && (task->bits & AHEAD_HEEDS);

	if (!z || !task)
		return;
	if (!z->seen && heeds) {
		z->told.told = true;
		z->told.migrate = ev->v[SGF_mm_compaction_begin_migrate_pfn];
		z->told.free = ev->v[SGF_mm_compaction_begin_free_pfn];
	}
	z->seen = true;
	/* one that doesn't heed goes over all of the zone, and looks at no mark: what it scans tells nothing */
	task->runs = heeds;
	task->sync = ev->v[SGF_mm_compaction_begin_sync] == 1;
	task->at = ev->v[SGF_mm_compaction_begin_migrate_pfn];
}

/* A scanner went over a pageblock from its first page on. */
static void scanned(struct mm_ahead *a, uint64_t pfn, uint64_t n)
{
	uint32_t *at = pfn < a->hints.v.nr ? mm_ahead_own(a, &a->hints, pfn) : NULL;

	if (at && !*at)
		*at = (uint32_t)n;
}

/* The migrate scanner of @task came from where it was to @to without scanning anything. */
static void passed(struct mm_ahead *a, const struct ahead_task *task, uint64_t to, uint64_t n)
{
	const struct mm_ahead_pass *most = a->nr_passes ? &a->pass[a->most] : NULL;

	if (to <= task->at || (most && task->at >= most->from && to <= most->to && (task->sync || !most->sync)))
		return; /* told already */
	if (a->nr_passes == a->cap_passes) {
		size_t cap = a->cap_passes ? a->cap_passes * 2 : 64;
		struct mm_ahead_pass *p = realloc(a->pass, cap * sizeof(*p));

		if (!p) {
			a->oom = true;
			return;
		}
		a->pass = p;
		a->cap_passes = cap;
	}
	a->pass[a->nr_passes] = (struct mm_ahead_pass){ .from = task->at, .to = to, .at = (uint32_t)n, .sync = task->sync };
	if (!most || to - task->at > a->pass[a->most].to - a->pass[a->most].from)
		a->most = a->nr_passes;
	a->nr_passes++;
}

static void on_migrate(struct mm_ahead *a, const struct sg_event *ev, uint64_t n)
{
	struct ahead_task *task = mm_ahead_own(a, &a->tasks, (uint32_t)ev->pid);
	uint64_t from = ev->v[SGF_mm_compaction_isolate_migratepages_start_pfn];

	if (!task || !task->runs)
		return;
	if (task->bits >> AHEAD_ORDER <= MM_COSTLY_ORDER)
		passed(a, task, from, n);
	scanned(a, from, n);
	task->at = ev->v[SGF_mm_compaction_isolate_migratepages_end_pfn];
}

static void on_end(struct mm_ahead *a, const struct sg_event *ev, uint64_t n)
{
	struct ahead_task *task = mm_ahead_own(a, &a->tasks, (uint32_t)ev->pid);

	if (task && task->runs)
		passed(a, task, ev->v[SGF_mm_compaction_end_migrate_pfn], n);
	if (task)
		task->runs = false;
}

/* The first event of the zone that tells how far tries are put off: as it was before that event. */
static void on_defer(struct mm_ahead *a, const struct sg_event *ev, int64_t order, uint64_t considered, uint64_t shift,
		     int64_t failed)
{
	int64_t nid = (int64_t)ev->v[SGF_mm_compaction_deferred_nid], type = (int64_t)ev->v[SGF_mm_compaction_deferred_idx];
	struct ahead_defer *d;

	if (nid < 0 || nid >= MM_MAX_NODES || type < 0 || type >= SG_MAX_ZONE_TYPES)
		return;
	d = &a->defer[nid][type];
	if (d->told || shift > MM_COMPACT_MAX_DEFER_SHIFT)
		return;
	d->told = true;
	if (ev->kind == SG_EV_mm_compaction_deferred) {
		d->is = (struct mm_ahead_defer){ true, true, true, considered ? (uint32_t)considered - 1 : 0, (uint32_t)shift, failed };
	} else if (ev->kind == SG_EV_mm_compaction_defer_compaction) {
		d->is.shift_known = shift < MM_COMPACT_MAX_DEFER_SHIFT; /* it grows no further */
		d->is.shift = shift ? (uint32_t)shift - 1 : 0;
		d->is.considered = (1u << d->is.shift) - 1; /* at least: the try before it wasn't put off */
		d->is.failed_known = failed < order;
		d->is.failed = failed;
	}
}

/** What event @n shows of compaction. */
void mm_ahead_compaction(struct mm_ahead *a, const struct sg_event *ev, uint64_t n)
{
	const struct ahead_task *task;

	switch (ev->kind) {
	case SG_EV_mm_compaction_begin:
		on_begin(a, ev);
		break;
	case SG_EV_mm_compaction_isolate_migratepages:
		on_migrate(a, ev, n);
		break;
	case SG_EV_mm_compaction_isolate_freepages:
		task = mm_cow_peek(&a->tasks, (uint32_t)ev->pid);
		if (task && task->runs)
			scanned(a, ev->v[SGF_mm_compaction_isolate_freepages_start_pfn], n);
		break;
	case SG_EV_mm_compaction_end:
		on_end(a, ev, n);
		break;
	case SG_EV_mm_compaction_deferred:
	case SG_EV_mm_compaction_defer_compaction:
	case SG_EV_mm_compaction_defer_reset: /* the three have the same fields */
		on_defer(a, ev, (int64_t)ev->v[SGF_mm_compaction_deferred_order], ev->v[SGF_mm_compaction_deferred_considered],
			 ev->v[SGF_mm_compaction_deferred_defer_shift], (int64_t)ev->v[SGF_mm_compaction_deferred_order_failed]);
		break;
	default:
		break;
	}
}

bool mm_ahead_run(const struct mm_ahead *a, uint64_t zone_start, struct mm_ahead_run *ret)
{
	for (unsigned int i = 0; i < a->nr_zones; i++)
		if (a->zone[i].told.start == zone_start && a->zone[i].told.told) {
			*ret = a->zone[i].told;
			return true;
		}
	return false;
}

uint32_t mm_ahead_scanned(const struct mm_ahead *a, uint64_t pfn)
{
	const uint32_t *at = pfn < a->hints.v.nr ? mm_cow_peek(&a->hints, pfn) : NULL;

	return at ? *at : 0;
}

const struct mm_ahead_pass *mm_ahead_passes(const struct mm_ahead *a, size_t *ret_nr)
{
	*ret_nr = a->nr_passes;
	return a->pass;
}

bool mm_ahead_deferred(const struct mm_ahead *a, int node, unsigned int zone_type, struct mm_ahead_defer *ret)
{
	if (node < 0 || node >= MM_MAX_NODES || zone_type >= SG_MAX_ZONE_TYPES || !a->defer[node][zone_type].told)
		return false;
	*ret = a->defer[node][zone_type].is;
	return true;
}
