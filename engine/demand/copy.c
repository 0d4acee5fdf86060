// SPDX-License-Identifier: GPL-2.0-only
/*
 * Folios that are copied to another place: demotion, promotion, migrate_pages(), mbind() ...
 *
 * Between mm_migrate_pages_start and mm_migrate_pages the task takes a target for each folio, and lets go of each folio once
 * it has been copied, in the same order.  Demotion is the kernel's own work; what a task has moved to another node is
 * demand.  Compaction takes its targets without an event, and its folios are followed by where they come onto the LRU.
 * Source: mm/migrate.c: migrate_pages(), migrate_pages_batch(), migrate_folio_done(), 6.1 to 7.3
 */
#include <stdlib.h>

#include "demand/take.h"

/* enum migrate_reason, include/linux/migrate_mode.h, 6.1 to 7.3 */
enum { COPY_COMPACTION, COPY_MEMORY_FAILURE, COPY_HOTPLUG, COPY_SYSCALL, COPY_MBIND, COPY_NUMA_MISPLACED, COPY_CONTIG_RANGE,
       COPY_LONGTERM_PIN, COPY_DEMOTION, COPY_DAMON };

static int node_of(const struct take *t, uint64_t pfn)
{
	int zi = mm_zone_index(t->start, pfn);

	return zi < 0 ? -1 : t->start->core.zone[zi].node;
}

static void end(struct take *t, struct take_task *w)
{
	struct take_copy *c = &w->copy;

	/* targets that nothing was seen to leave its place for */
	for (; c->on && c->first < c->nr; c->first++) {
		const struct take_target *g = &c->target[c->first];

		if (mm_place_get(&t->places, g->pfn).handle != MM_TARGET_HANDLE)
			continue;
		mm_place_set(&t->places, g->pfn, g->order, MM_SEEN_HANDLE, 0);
		t->d->left.unpaired++;
	}
	/* a demotion that found no room is a part of looking at its pages */
	*(c->nr || !w->kswapd ? &t->demote_ns : &t->kswapd_ns) += c->reason == COPY_DEMOTION ? c->ns : 0;
	c->on = false;
	c->nr = c->first = 0;
	c->ns = 0;
}

void mm_take_copy(struct take *t, const struct sg_event *ev, struct take_task *w)
{
	if (ev->kind == SG_EV_mm_migrate_pages_start) {
		end(t, w);
		w->copy.reason = (uint8_t)ev->v[SGF_mm_migrate_pages_start_reason];
		w->copy.on = w->copy.reason != COPY_COMPACTION;
	} else if (ev->kind == SG_EV_mm_migrate_pages) {
		end(t, w);
	}
}

bool mm_take_target(struct take *t, const struct sg_event *ev, struct take_task *w, uint64_t pfn, unsigned int order,
		    unsigned int mt, bool failed)
{
	struct take_copy *c = &w->copy;

	if (!c->on || mt != MM_MT_MOVABLE)
		return false;
	t->d->left.own_allocs++;
	if (failed)
		return true;
	if (c->nr == c->cap) {
		size_t n = c->cap ? c->cap * 2 : 64;
		struct take_target *more = realloc(c->target, n * sizeof(*more));

		if (!more) {
			t->oom = true;
			return true;
		}
		c->target = more;
		c->cap = n;
	}
	mm_take_granted(t, ev, w, pfn, order, NULL);
	c->target[c->nr++] = (struct take_target){ pfn, (uint8_t)order };
	mm_place_set(&t->places, pfn, order, MM_TARGET_HANDLE, 0);
	return true;
}

/* The next target of the order that is still one. */
static struct take_target *next_target(struct take *t, struct take_copy *c, unsigned int order)
{
	for (size_t i = c->first; i < c->nr; i++) {
		struct take_target *g = &c->target[i];

		if (mm_place_get(&t->places, g->pfn).handle != MM_TARGET_HANDLE) {
			c->first += i == c->first;
			continue;
		}
		if (g->order == order)
			return g;
	}
	return NULL;
}

bool mm_take_copied(struct take *t, const struct sg_event *ev, struct take_task *w, struct mm_whose p, uint64_t pfn,
		    unsigned int order, unsigned int part)
{
	struct take_copy *c = &w->copy;
	struct take_target *g;
	struct mm_want *want;
	int from, to;

	if (!c->on)
		return false;
	if (mm_place_get(&t->places, pfn).handle == MM_TARGET_HANDLE) {
		t->d->left.own_frees++;
		mm_place_set(&t->places, pfn, order, MM_SEEN_HANDLE, 0);
		return true;
	}
	g = next_target(t, c, order);
	if (!g)
		return false;
	t->d->left.own_frees++;
	if (!p.handle) {
		/* whose it was is unknown, and stays so */
		mm_place_set(&t->places, g->pfn, order, MM_SEEN_HANDLE, 0);
		mm_place_set(&t->places, pfn, order, MM_SEEN_HANDLE, 0);
		return true;
	}
	mm_place_set(&t->places, g->pfn, order, MM_SEEN_HANDLE, 0);
	mm_place_move(&t->places, g->pfn, part, p.handle, p.offset);
	mm_place_set(&t->places, pfn, order, MM_SEEN_HANDLE, 0);
	t->d->left.migrated++;
	t->d->left.demoted += c->reason == COPY_DEMOTION ? UINT64_C(1) << order : 0;
	if (c->reason != COPY_NUMA_MISPLACED && c->reason != COPY_SYSCALL && c->reason != COPY_MBIND)
		return true;
	from = node_of(t, pfn);
	to = node_of(t, g->pfn);
	want = from == to || to < 0 ? NULL : mm_take_want(t, ev, MM_WANT_MOVE);
	if (!want)
		return true;
	want->handle = p.handle;
	want->offset = p.offset;
	want->order = (uint8_t)part;
	want->node = (int8_t)to;
	if (c->reason == COPY_NUMA_MISPLACED)
		want->flags |= MM_WANT_MISPLACED;
	t->d->left.moves++;
	return true;
}
