// SPDX-License-Identifier: GPL-2.0-only
/*
 * What later events tell of the start.
 *
 * A page that is drained or handed out without a pick from the free lists before lay on a per-cpu list; one that is freed
 * was in use.  Pages leave a per-cpu list at the head for requests and at the tail for drains, and what comes
 * to it comes to its ends, so those that lay on it at the start leave it in the order in which they stood there.
 *
 * Requests take from their own CPU's lists.  A drain may empty another CPU's: all its lists of a zone, one after the other, each
 * from its tail, where the pages of before the start are, the lowest order first.  So of a row of drains those pages belong to
 * the CPU that put the next page of the row on its list; when none tells, to the CPU that drains, which is a guess.
 * Source: mm/page_alloc.c: rmqueue_pcplist(), free_pcppages_bulk(), drain_pages_zone(), 6.1 to 7.3
 */
#include "demand/ahead_priv.h"

#include <stdlib.h>
#include <string.h>

/* ---- rows of drains -------------------------------------------------------------- */

static void row_add(struct mm_ahead *a, struct ahead_cpu *c, uint64_t pfn)
{
	if (c->nr_row == c->cap_row) {
		uint32_t cap = c->cap_row ? c->cap_row * 2 : 64;
		uint32_t *row = realloc(c->row, cap * sizeof(*row));

		if (!row) {
			a->oom = true;
			return;
		}
		c->row = row;
		c->cap_row = cap;
	}
	c->row[c->nr_row++] = (uint32_t)pfn;
}

/* The pages of the row since the last one that tells its CPU were on the lists of @cpu, which is a guess or not. */
static void row_owned(struct mm_ahead *a, struct ahead_cpu *c, uint16_t cpu, bool guess)
{
	uint32_t row = c->nr_row && c->owner == NO_CPU ? ++a->nr_rows : 0;

	for (uint32_t i = 0; i < c->nr_row; i++) {
		struct ahead_ent *e = mm_ahead_own(a, &a->pages, c->row[i]);

		if (!e)
			return;
		e->cpu = cpu;
		e->gone = row; /* a page that is drained has no other use for it */
		e->guess = guess;
	}
	c->nr_row = 0;
	c->owner = cpu;
}

/* The row ends: nothing behind its last pages tells whose they were, so they were whose the ones before were. */
static void row_end(struct mm_ahead *a, struct ahead_cpu *c, uint16_t cpu)
{
	if (c->nr_row)
		row_owned(a, c, c->owner == NO_CPU ? cpu : c->owner, c->owner == NO_CPU);
	c->owner = NO_CPU;
	c->order = 0;
}

/* ---- pages ------------------------------------------------------------------------- */

/* Event @n shows that the pages of a block were somewhere; the first event counts. */
static void told(struct mm_ahead *a, const struct sg_event *ev, uint64_t n, uint64_t pfn, uint64_t order, uint64_t mt,
		 enum mm_ahead_where where)
{
	if (order >= MM_MAX_ORDERS || pfn >= UINT32_MAX - (UINT64_C(1) << order))
		return;
	for (uint64_t p = pfn; p < pfn + (UINT64_C(1) << order); p++) {
		struct ahead_ent *e = mm_ahead_own(a, &a->pages, p);

		if (!e)
			return;
		if (e->at)
			continue;
		*e = (struct ahead_ent){ .at = (uint32_t)n, .where = (uint8_t)where, .order = (uint8_t)order, .cpu = ev->cpu,
					 .put = NO_CPU, .mt = mt < SG_MAX_MIGRATETYPES ? (uint8_t)mt : MM_MT_UNKNOWN };
	}
}

/* Pages are put on the lists of @cpu now, or (NO_CPU) are on none any more. */
static void put(struct mm_ahead *a, uint64_t pfn, uint64_t order, uint16_t cpu)
{
	struct ahead_ent *e = pfn < UINT32_MAX && order < MM_MAX_ORDERS ? mm_ahead_own(a, &a->pages, pfn) : NULL;

	if (e)
		e->put = cpu;
}

static void on_free(struct mm_ahead *a, const struct sg_event *ev, uint64_t n, uint64_t pfn, uint64_t order)
{
	bool reclaim = mm_ahead_reclaims(a, ev);

	told(a, ev, n, pfn, order, SG_MISSING, MM_AHEAD_USED);
	if (order >= MM_MAX_ORDERS || pfn >= UINT32_MAX - (UINT64_C(1) << order))
		return;
	for (uint64_t p = pfn; p < pfn + (UINT64_C(1) << order); p++) {
		struct ahead_ent *e = mm_ahead_own(a, &a->pages, p);

		if (!e)
			return;
		if (!e->gone && e->where == MM_AHEAD_USED && !e->taken) {
			e->gone = (uint32_t)n;
			e->reclaimed = reclaim;
		}
	}
	put(a, pfn, order, ev->cpu);
}

static void on_alloc(struct mm_ahead *a, const struct sg_event *ev, uint64_t n)
{
	uint64_t pfn = ev->v[SGF_mm_page_alloc_pfn], order = ev->v[SGF_mm_page_alloc_order];

	if (pfn == 0 || pfn == SG_MISSING || order >= MM_MAX_ORDERS || pfn >= UINT32_MAX - (UINT64_C(1) << order))
		return;
	told(a, ev, n, pfn, order, ev->v[SGF_mm_page_alloc_migratetype], MM_AHEAD_HEAD);
	for (uint64_t p = pfn; p < pfn + (UINT64_C(1) << order); p++) {
		struct ahead_ent *e = mm_ahead_own(a, &a->pages, p);

		if (e)
			e->taken = true;
	}
	put(a, pfn, order, NO_CPU);
}

static void on_drain(struct mm_ahead *a, const struct sg_event *ev, uint64_t n)
{
	uint64_t pfn = ev->v[SGF_mm_page_pcpu_drain_pfn], order = ev->v[SGF_mm_page_pcpu_drain_order];
	struct ahead_cpu *c = ev->cpu < a->nr_cpus ? &a->cpu[ev->cpu] : NULL;
	const struct ahead_ent *e;

	told(a, ev, n, pfn, order, ev->v[SGF_mm_page_pcpu_drain_migratetype], MM_AHEAD_TAIL);
	e = pfn < UINT32_MAX ? mm_cow_peek(&a->pages, pfn) : NULL;
	if (!e || !c || order >= MM_MAX_ORDERS)
		return;
	if (order < c->order)
		row_end(a, c, ev->cpu); /* it goes on with another CPU's lists, or another zone's */
	c->order = (uint8_t)order;
	if (e->at == n) {
		for (uint64_t p = pfn; p < pfn + (UINT64_C(1) << order); p++)
			row_add(a, c, p);
	} else if (e->put < a->nr_cpus) {
		row_owned(a, c, e->put, false);
		put(a, pfn, order, NO_CPU);
	}
}

static void on_locked(struct mm_ahead *a, const struct sg_event *ev, uint64_t n)
{
	uint64_t pfn = ev->v[SGF_mm_page_alloc_zone_locked_pfn], order = ev->v[SGF_mm_page_alloc_zone_locked_order];

	told(a, ev, n, pfn, order, ev->v[SGF_mm_page_alloc_zone_locked_migratetype], MM_AHEAD_FREE);
	put(a, pfn, order, ev->cpu);
}

/* The whole block that the fallback takes from was free. */
static void on_extfrag(struct mm_ahead *a, const struct sg_event *ev, uint64_t n)
{
	uint64_t pfn = ev->v[SGF_mm_page_alloc_extfrag_pfn];

	told(a, ev, n, pfn, ev->v[SGF_mm_page_alloc_extfrag_fallback_order],
	     ev->v[SGF_mm_page_alloc_extfrag_fallback_migratetype], MM_AHEAD_FREE);
	put(a, pfn, 0, ev->cpu);
}

static void see(struct mm_ahead *a, const struct sg_event *ev, uint64_t n)
{
	if (ev->kind != SG_EV_mm_page_pcpu_drain && ev->cpu < a->nr_cpus)
		row_end(a, &a->cpu[ev->cpu], ev->cpu);
	mm_ahead_tasks(a, ev);
	mm_ahead_types(a, ev, n);
	mm_ahead_compaction(a, ev, n);
	switch (ev->kind) {
	case SG_EV_mm_page_alloc:
		on_alloc(a, ev, n);
		break;
	case SG_EV_mm_page_free:
		on_free(a, ev, n, ev->v[SGF_mm_page_free_pfn], ev->v[SGF_mm_page_free_order]);
		break;
	case SG_EV_mm_page_free_batched:
		on_free(a, ev, n, ev->v[SGF_mm_page_free_batched_pfn], 0);
		break;
	case SG_EV_mm_page_pcpu_drain:
		on_drain(a, ev, n);
		break;
	case SG_EV_mm_page_alloc_zone_locked:
		on_locked(a, ev, n);
		break;
	case SG_EV_mm_page_alloc_extfrag:
		on_extfrag(a, ev, n);
		break;
	case SG_EV_mm_lru_insertion:
		told(a, ev, n, ev->v[SGF_mm_lru_insertion_pfn], 0, SG_MISSING, MM_AHEAD_USED);
		break;
	case SG_EV_mm_lru_activate:
		told(a, ev, n, ev->v[SGF_mm_lru_activate_pfn], 0, SG_MISSING, MM_AHEAD_USED);
		break;
	case SG_EV_mm_filemap_delete_from_page_cache:
		told(a, ev, n, ev->v[SGF_mm_filemap_delete_from_page_cache_pfn], 0, SG_MISSING, MM_AHEAD_USED);
		break;
	default:
		break;
	}
}

/* ---- the whole ------------------------------------------------------------------------ */

static int begin(struct mm_ahead *a, const struct sg_log *log)
{
	uint64_t end = sg_log_max_pfn(log) < MM_MAX_PFN ? sg_log_max_pfn(log) + (1u << MM_MAX_ORDERS) : MM_MAX_PFN;

	a->pool = mm_pool_new();
	if (!a->pool || mm_cow_init(&a->pages, sizeof(struct ahead_ent), end, false, a->pool) < 0 ||
	    mm_cow_init(&a->types, sizeof(struct ahead_type), end, false, a->pool) < 0 ||
	    mm_cow_init(&a->hints, sizeof(uint32_t), end, false, a->pool) < 0 ||
	    mm_cow_init(&a->tasks, sizeof(struct ahead_task), UINT64_C(1) << 32, false, a->pool) < 0)
		return SG_E_NOMEM;
	for (unsigned int i = 0; i < a->nr_cpus; i++)
		a->cpu[i].owner = NO_CPU;
	return SG_OK;
}

static void mark(struct mm_ahead *a, const struct sg_event *ev)
{
	size_t len = ev->str_len < sizeof(a->mark) - 1 ? ev->str_len : sizeof(a->mark) - 1;

	if (ev->kind == SG_EV_print && ev->str)
		memcpy(a->mark, ev->str, len);
}

int mm_ahead_scan(const struct sg_log *log, const struct sg_capture *cap, uint64_t from, struct mm_ahead **ret,
		  struct sg_err *err)
{
	unsigned int nr_cpus = cap->nr_cpus < MM_MAX_BASE_CPUS ? cap->nr_cpus : MM_MAX_BASE_CPUS;
	struct mm_ahead *a = calloc(1, sizeof(*a) + nr_cpus * sizeof(a->cpu[0]));
	struct sg_cursor c;
	struct sg_event ev;

	if (!a)
		return sg_fail(err, SG_E_NOMEM, "out of memory for what later events tell");
	a->from = from;
	a->cap = cap;
	a->nr_cpus = nr_cpus;
	a->nr_types = cap->nr_migratetypes < SG_MAX_MIGRATETYPES ? cap->nr_migratetypes : SG_MAX_MIGRATETYPES;
	a->highatomic = cap->mt_highatomic;
	a->isolate = cap->mt_isolate;
	if (begin(a, log) < 0)
		a->oom = true;
	if (from && sg_log_get(log, &c, from, &ev))
		mark(a, &ev);
	sg_log_seek(log, &c, from + 1);
	for (uint64_t n = from + 1; !a->oom && n <= UINT32_MAX && sg_log_next(&c, &ev) && !ev.missed; n++)
		see(a, &ev, n);
	for (unsigned int i = 0; !a->oom && i < nr_cpus; i++)
		row_end(a, &a->cpu[i], (uint16_t)i);
	a->cap = NULL;
	if (a->oom) {
		mm_ahead_free(a);
		return sg_fail(err, SG_E_NOMEM, "out of memory for what later events tell");
	}
	*ret = a;
	return SG_OK;
}

void mm_ahead_free(struct mm_ahead *a)
{
	if (!a)
		return;
	for (unsigned int i = 0; i < a->nr_cpus; i++)
		free(a->cpu[i].row);
	free(a->pass);
	mm_cow_fini(&a->pages);
	mm_cow_fini(&a->types);
	mm_cow_fini(&a->tasks);
	mm_cow_fini(&a->hints);
	free(a->claim);
	mm_pool_put(a->pool);
	free(a);
}

uint64_t mm_ahead_from(const struct mm_ahead *a)
{
	return a->from;
}

const char *mm_ahead_mark(const struct mm_ahead *a)
{
	return a->mark;
}

static struct mm_ahead_page page_of(const struct ahead_ent *e)
{
	if (!e || !e->at)
		return (struct mm_ahead_page){ .mt = MM_MT_UNKNOWN };
	return (struct mm_ahead_page){ .at = e->at, .gone = e->where == MM_AHEAD_USED ? e->gone : 0, .cpu = e->cpu,
				       .row = e->where == MM_AHEAD_TAIL ? e->gone : 0, .where = e->where, .order = e->order,
				       .mt = e->mt, .guess = e->guess, .reclaimed = e->reclaimed };
}

struct mm_ahead_page mm_ahead_page(const struct mm_ahead *a, uint64_t pfn)
{
	return page_of(pfn < a->pages.v.nr ? mm_cow_peek(&a->pages, pfn) : NULL);
}

bool mm_ahead_next(const struct mm_ahead *a, uint64_t *pfn, struct mm_ahead_page *ret)
{
	for (;; ++*pfn) {
		const struct ahead_ent *e = *pfn < a->pages.v.nr ? mm_cow_next(&a->pages, pfn) : NULL;

		if (!e)
			return false;
		*ret = page_of(e);
		if (ret->at)
			return true;
	}
}
