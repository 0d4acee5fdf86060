// SPDX-License-Identifier: GPL-2.0-only
/*
 * What pageblocks were before their first touch.
 *
 * A pageblock changes its type by an event (a claim), so the type that the first event shows it with, its old
 * one where that event is a claim, held since the beginning of the capture.  Three events show a type:
 * zone_locked the list a block is taken from, drain the pageblock's own, extfrag the list fallen back to.  From 6.10 on
 * the lists hold blocks of their own type only, so all three speak of the pageblock.
 *
 * A claim below pageblock order changes the type first: zone_locked shows the new one, and extfrag, the next event of
 * that CPU (both under the zone's lock, interrupts off), the old one.  So a zone_locked counts at the next event of
 * its CPU.  HIGHATOMIC and ISOLATE come and go without an event: nothing follows from them.
 * Source: mm/page_alloc.c: __rmqueue_smallest(), steal_suitable_fallback(), try_to_claim_block(), free_pcppages_bulk(), 6.10 to 7.3
 *
 * Reading ends at the first gap in the records: behind it a type may have changed unseen.
 */
#include "time/foresight.h"

#include <stdlib.h>
#include <string.h>

#include "sg_mem.h"

/* The first event that shows a block's type. */
struct told {
	uint32_t at;  /* its number, 0: none yet */
	uint8_t type; /* MM_MT_UNKNOWN: it doesn't tell what was before, or not yet */
};

/* The last zone_locked of a CPU, when it was a first touch and its next event hasn't come. */
struct waiting {
	uint64_t block;
	uint8_t type;
	bool on;
};

struct mm_foresight {
	const struct sg_capture *cap;
	struct sg_cursor cursor;
	uint64_t next; /* number of the event that it has to see next */
	const struct sg_log *log;
	unsigned int nr_orders, pb_order, nr_cpus;
	uint64_t end_pfn;
	const struct mm_map *map; /* the machine's */
	bool over; /* records were lost, or memory ran out: nothing more is told */
	struct told *told;
	uint64_t nr_told; /* blocks that the array reaches */
	struct waiting wait[];
};

struct mm_foresight *mm_foresight_new(const struct sg_log *log, const struct sg_capture *cap, unsigned int nr_cpus,
				      unsigned int nr_orders, unsigned int pb_order, uint64_t end_pfn,
				      const struct mm_map *map)
{
	struct mm_foresight *f = calloc(1, sizeof(*f) + nr_cpus * sizeof(f->wait[0]));

	if (!f)
		return NULL;
	f->log = log;
	f->cap = cap;
	f->nr_cpus = nr_cpus;
	f->nr_orders = nr_orders;
	f->pb_order = pb_order;
	f->end_pfn = end_pfn;
	f->map = map;
	f->next = 1;
	sg_log_seek(log, &f->cursor, 1);
	return f;
}

void mm_foresight_free(struct mm_foresight *f)
{
	if (f)
		free(f->told);
	free(f);
}

uint64_t mm_foresight_bytes(const struct mm_foresight *f)
{
	return sizeof(*f) + f->nr_cpus * sizeof(f->wait[0]) + f->nr_told * sizeof(f->told[0]);
}

unsigned int mm_foresight_get(const struct mm_foresight *f, uint64_t block, uint64_t position)
{
	if (!f || block >= f->nr_told || f->told[block].at <= position)
		return MM_MT_UNKNOWN;
	return f->told[block].type;
}

/* The entry of @block, NULL when memory runs out. */
static struct told *entry(struct mm_foresight *f, uint64_t block)
{
	uint64_t nr = f->nr_told ? f->nr_told : 1024;
	struct told *t;

	if (block < f->nr_told)
		return &f->told[block];
	while (nr <= block)
		nr *= 2;
	if (nr > (f->end_pfn >> f->pb_order) + 1)
		nr = (f->end_pfn >> f->pb_order) + 1;
	t = sg_realloc(f->told, nr * sizeof(*t));
	if (!t) {
		f->over = true;
		return NULL;
	}
	memset(t + f->nr_told, 0, (nr - f->nr_told) * sizeof(*t));
	f->told = t;
	f->nr_told = nr;
	return &f->told[block];
}

/* What @mt says of the time before: types that come and go without an event say nothing. */
static uint8_t before(const struct mm_foresight *f, uint64_t mt)
{
	if (mt >= f->cap->nr_migratetypes || (int64_t)mt == f->cap->mt_highatomic || (int64_t)mt == f->cap->mt_isolate)
		return MM_MT_UNKNOWN;
	return (uint8_t)mt;
}

static bool good(const struct mm_foresight *f, uint64_t pfn, uint64_t order, uint64_t mt)
{
	return order < f->nr_orders && pfn < f->end_pfn && f->end_pfn - pfn >= 1ull << order &&
	       mt < SG_MAX_MIGRATETYPES && mt < f->cap->nr_migratetypes;
}

/* Event @at shows the pageblocks of [@pfn, +2^@order) with type @mt. */
static void shown(struct mm_foresight *f, uint64_t pfn, uint64_t order, uint64_t mt, uint64_t at)
{
	uint64_t block = pfn >> f->pb_order, last = (pfn + (1ull << order) - 1) >> f->pb_order;

	for (; block <= last; block++) {
		struct told *t = entry(f, block);

		if (!t)
			return;
		if (!t->at)
			*t = (struct told){ .at = (uint32_t)at, .type = before(f, mt) };
	}
}

static void on_locked(struct mm_foresight *f, const struct sg_event *ev, uint64_t at)
{
	uint64_t pfn = ev->v[SGF_mm_page_alloc_zone_locked_pfn];
	uint64_t order = ev->v[SGF_mm_page_alloc_zone_locked_order];
	uint64_t mt = ev->v[SGF_mm_page_alloc_zone_locked_migratetype], block = pfn >> f->pb_order;
	struct told *t;

	if (!good(f, pfn, order, mt))
		return;
	if (order >= f->pb_order) { /* a claim of whole pageblocks has no such event */
		shown(f, pfn, order, mt, at);
		return;
	}
	t = entry(f, block);
	if (!t || t->at)
		return;
	*t = (struct told){ .at = (uint32_t)at, .type = MM_MT_UNKNOWN };
	if (ev->cpu < f->nr_cpus)
		f->wait[ev->cpu] = (struct waiting){ .block = block, .type = before(f, mt), .on = true };
}

static void on_extfrag(struct mm_foresight *f, const struct sg_event *ev, uint64_t at)
{
	uint64_t pfn = ev->v[SGF_mm_page_alloc_extfrag_pfn];
	uint64_t forder = ev->v[SGF_mm_page_alloc_extfrag_fallback_order];
	uint64_t fmt = ev->v[SGF_mm_page_alloc_extfrag_fallback_migratetype];

	if (!good(f, pfn, 0, fmt) || forder >= f->nr_orders)
		return;
	if (!good(f, pfn, forder, fmt) || forder < f->pb_order || (pfn & ((1ull << forder) - 1)))
		forder = 0;
	shown(f, pfn, forder, fmt, at);
}

/* The event after a zone_locked of its CPU: the old type when it is that block's claim. */
static void settle(struct mm_foresight *f, const struct sg_event *ev)
{
	struct waiting *w = &f->wait[ev->cpu];

	w->on = false;
	if (ev->kind == SG_EV_mm_page_alloc_extfrag &&
	    ev->v[SGF_mm_page_alloc_extfrag_pfn] >> f->pb_order == w->block)
		w->type = before(f, ev->v[SGF_mm_page_alloc_extfrag_fallback_migratetype]);
	f->told[w->block].type = w->type;
}

static void on_drain(struct mm_foresight *f, const struct sg_event *ev, uint64_t at)
{
	uint64_t pfn = ev->v[SGF_mm_page_pcpu_drain_pfn], order = ev->v[SGF_mm_page_pcpu_drain_order];
	uint64_t mt = ev->v[SGF_mm_page_pcpu_drain_migratetype];

	if (good(f, pfn, order, mt))
		shown(f, pfn, order, mt, at);
}

void mm_foresight_see(struct mm_foresight *f, const struct sg_event *event, uint64_t at)
{
	const struct sg_event *ev;
	struct sg_event room;

	if (f->over || at != f->next)
		return;
	f->next++;
	ev = mm_map_event(f->map, event, &room);
	if (ev->missed || at > UINT32_MAX) {
		f->over = true;
		return;
	}
	if (ev->cpu < f->nr_cpus && f->wait[ev->cpu].on)
		settle(f, ev);
	if (ev->kind == SG_EV_mm_page_alloc_zone_locked)
		on_locked(f, ev, at);
	else if (ev->kind == SG_EV_mm_page_pcpu_drain)
		on_drain(f, ev, at);
	else if (ev->kind == SG_EV_mm_page_alloc_extfrag)
		on_extfrag(f, ev, at);
}

bool mm_foresight_read(struct mm_foresight *f, uint64_t max_events)
{
	struct sg_event ev;

	if (f->cursor.next != f->next && !f->over)
		sg_log_seek(f->log, &f->cursor, f->next);
	while (!f->over && max_events-- > 0) {
		if (!sg_log_next(&f->cursor, &ev))
			return false;
		mm_foresight_see(f, &ev, f->next);
	}
	return !f->over;
}
