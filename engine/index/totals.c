// SPDX-License-Identifier: GPL-2.0-only
/* Totals over a stretch of events: per task, order, migratetype; fallbacks; reclaim; compaction. */
#include <stdlib.h>
#include <string.h>

#include "mm.h"
#include "sg_mem.h"

struct slot {
	struct mm_task_total t;
	bool used;
	uint64_t reclaim_since, compact_since; /* ts + 1 of the open begin event, 0 none */
};

struct mm_totals {
	const struct sg_capture *cap;
	struct mm_sums s;
	struct slot *slot; /* open addressing by pid */
	size_t size, nr;
	struct mm_task_total *sorted;
	size_t sorted_cap;
	struct mm_extfrag_total *ext;
	size_t nr_ext, cap_ext;
};

struct mm_totals *mm_totals_new(const struct sg_capture *cap)
{
	struct mm_totals *t = sg_calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->cap = cap;
	t->size = 256;
	t->slot = sg_calloc(t->size, sizeof(*t->slot));
	if (!t->slot) {
		free(t);
		return NULL;
	}
	return t;
}

void mm_totals_free(struct mm_totals *t)
{
	if (!t)
		return;
	free(t->slot);
	free(t->sorted);
	free(t->ext);
	free(t);
}

static struct slot *find(struct slot *slot, size_t size, int32_t pid)
{
	size_t i = (uint32_t)pid * 2654435761u;

	while (slot[i & (size - 1)].used && slot[i & (size - 1)].t.pid != pid)
		i++;
	return &slot[i & (size - 1)];
}

static struct slot *task(struct mm_totals *t, int32_t pid)
{
	struct slot *s = find(t->slot, t->size, pid);

	if (s->used)
		return s;
	if ((t->nr + 1) * 2 > t->size) {
		struct slot *n = sg_calloc(t->size * 2, sizeof(*n));

		if (n) {
			for (size_t i = 0; i < t->size; i++)
				if (t->slot[i].used)
					*find(n, t->size * 2, t->slot[i].t.pid) = t->slot[i];
			free(t->slot);
			t->slot = n;
			t->size *= 2;
			s = find(t->slot, t->size, pid);
		} else if (t->nr + 1 >= t->size) {
			return &t->slot[0]; /* out of memory and full: the totals stay whole, the split is off */
		}
	}
	s->used = true;
	s->t.pid = pid;
	t->nr++;
	return s;
}

static void add_extfrag(struct mm_totals *t, const struct sg_event *ev)
{
	struct mm_extfrag_total x = {
		.alloc_mt = (uint8_t)ev->v[SGF_mm_page_alloc_extfrag_alloc_migratetype],
		.fallback_mt = (uint8_t)ev->v[SGF_mm_page_alloc_extfrag_fallback_migratetype],
		.alloc_order = (uint8_t)ev->v[SGF_mm_page_alloc_extfrag_alloc_order],
		.fallback_order = (uint8_t)ev->v[SGF_mm_page_alloc_extfrag_fallback_order],
		.claimed = ev->v[SGF_mm_page_alloc_extfrag_change_ownership] == 1,
		.count = 1,
	};

	for (size_t i = 0; i < t->nr_ext; i++) {
		struct mm_extfrag_total *e = &t->ext[i];

		if (e->alloc_mt == x.alloc_mt && e->fallback_mt == x.fallback_mt && e->alloc_order == x.alloc_order &&
		    e->fallback_order == x.fallback_order && e->claimed == x.claimed) {
			e->count++;
			return;
		}
	}
	if (t->nr_ext == t->cap_ext) {
		size_t cap = t->cap_ext ? t->cap_ext * 2 : 64;
		struct mm_extfrag_total *n = sg_realloc(t->ext, cap * sizeof(*n));

		if (!n)
			return;
		t->ext = n;
		t->cap_ext = cap;
	}
	t->ext[t->nr_ext++] = x;
}

static void add_alloc(struct mm_totals *t, const struct sg_event *ev)
{
	uint64_t pfn = ev->v[SGF_mm_page_alloc_pfn], order = ev->v[SGF_mm_page_alloc_order];
	uint64_t mt = ev->v[SGF_mm_page_alloc_migratetype];
	struct slot *s = task(t, ev->pid);

	if (order >= MM_MAX_ORDERS)
		return;
	if (pfn == 0 || pfn == UINT64_MAX || pfn == UINT32_MAX) {
		t->s.order_failed[order]++;
		s->t.failed++;
		return;
	}
	t->s.order_allocs[order]++;
	s->t.allocs++;
	s->t.pages_allocated += 1ull << order;
	if (mt < SG_MAX_MIGRATETYPES) {
		t->s.mt_allocs[mt]++;
		t->s.mt_pages[mt] += 1ull << order;
	}
}

/*
 * How a compaction run ended: enum compact_result by the names that the capture's formats give,
 * as the numbers differ between kernels.
 */
static void add_compact_end(struct mm_totals *t, const struct sg_event *ev)
{
	char name[64];

	t->s.compact_runs++;
	mm_event_field(t->cap, ev, SGF_mm_compaction_end_status, name, sizeof(name));
	if (strcmp(name, "success") == 0)
		t->s.compact_success++;
	else if (strcmp(name, "partial_skipped") == 0)
		t->s.compact_partial_skipped++;
	else if (strcmp(name, "complete") == 0)
		t->s.compact_complete++;
	else if (strcmp(name, "contended") == 0)
		t->s.compact_contended++;
	else
		t->s.compact_other++;
}

static uint64_t since(uint64_t *begin, uint64_t ts)
{
	uint64_t d = *begin && ts + 1 >= *begin ? ts + 1 - *begin : 0;

	*begin = 0;
	return d;
}

void mm_totals_add(struct mm_totals *t, const struct sg_event *ev)
{
	struct mm_sums *s = &t->s;
	struct slot *k;

	if (s->events++ == 0)
		s->first_ts = ev->ts;
	s->last_ts = ev->ts;
	if (ev->kind < SG_KIND_COUNT)
		s->kind[ev->kind]++;
	switch (ev->kind) {
	case SG_EV_mm_page_alloc:
		add_alloc(t, ev);
		break;
	case SG_EV_mm_page_free:
		if (ev->v[SGF_mm_page_free_order] < MM_MAX_ORDERS) {
			k = task(t, ev->pid);
			s->order_frees[ev->v[SGF_mm_page_free_order]]++;
			k->t.frees++;
			k->t.pages_freed += 1ull << ev->v[SGF_mm_page_free_order];
		}
		break;
	case SG_EV_mm_page_alloc_extfrag:
		task(t, ev->pid)->t.extfrags++;
		add_extfrag(t, ev);
		break;
	case SG_EV_mm_vmscan_kswapd_wake:
		s->kswapd_wakes++;
		break;
	case SG_EV_mm_vmscan_kswapd_sleep:
		s->kswapd_sleeps++;
		break;
	case SG_EV_mm_vmscan_kswapd_reclaim_fail:
		s->kswapd_fails++;
		break;
	case SG_EV_mm_vmscan_direct_reclaim_begin:
		k = task(t, ev->pid);
		s->direct_reclaims++;
		k->t.direct_reclaims++;
		k->reclaim_since = ev->ts + 1;
		break;
	case SG_EV_mm_vmscan_direct_reclaim_end:
		k = task(t, ev->pid);
		s->direct_reclaimed_pages += ev->v[SGF_mm_vmscan_direct_reclaim_end_nr_reclaimed];
		k->t.reclaim_ts += since(&k->reclaim_since, ev->ts);
		break;
	case SG_EV_mm_vmscan_lru_shrink_inactive:
		s->lru_scanned += ev->v[SGF_mm_vmscan_lru_shrink_inactive_nr_scanned];
		s->lru_reclaimed += ev->v[SGF_mm_vmscan_lru_shrink_inactive_nr_reclaimed];
		break;
	case SG_EV_mm_shrink_slab_start:
		s->slab_scans++;
		break;
	case SG_EV_mm_compaction_begin:
		k = task(t, ev->pid);
		k->t.compactions++;
		k->compact_since = ev->ts + 1;
		break;
	case SG_EV_mm_compaction_end:
		k = task(t, ev->pid);
		k->t.compact_ts += since(&k->compact_since, ev->ts);
		add_compact_end(t, ev);
		break;
	case SG_EV_mm_compaction_kcompactd_wake:
		s->kcompactd_wakes++;
		break;
	case SG_EV_mm_compaction_deferred:
		s->compact_deferred++;
		break;
	case SG_EV_mm_compaction_isolate_migratepages:
		s->migrate_scanned += ev->v[SGF_mm_compaction_isolate_migratepages_nr_scanned];
		s->migrate_taken += ev->v[SGF_mm_compaction_isolate_migratepages_nr_taken];
		break;
	case SG_EV_mm_compaction_isolate_freepages:
		s->free_scanned += ev->v[SGF_mm_compaction_isolate_freepages_nr_scanned];
		s->free_taken += ev->v[SGF_mm_compaction_isolate_freepages_nr_taken];
		break;
	case SG_EV_mm_compaction_fast_isolate_freepages:
		s->free_scanned += ev->v[SGF_mm_compaction_fast_isolate_freepages_nr_scanned];
		s->free_taken += ev->v[SGF_mm_compaction_fast_isolate_freepages_nr_taken];
		break;
	case SG_EV_mm_compaction_migratepages:
		s->migrated += ev->v[SGF_mm_compaction_migratepages_nr_migrated];
		s->migrate_failed += ev->v[SGF_mm_compaction_migratepages_nr_failed];
		break;
	default:
		break;
	}
}

const struct mm_sums *mm_totals_sums(const struct mm_totals *t)
{
	return &t->s;
}

static int by_pages(const void *a, const void *b)
{
	const struct mm_task_total *x = a, *y = b;

	if (x->pages_allocated != y->pages_allocated)
		return x->pages_allocated < y->pages_allocated ? 1 : -1;
	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

const struct mm_task_total *mm_totals_tasks(struct mm_totals *t, size_t *ret_nr)
{
	size_t n = 0;

	*ret_nr = 0;
	if (t->sorted_cap < t->nr) {
		free(t->sorted);
		t->sorted = sg_malloc(t->nr * sizeof(*t->sorted));
		t->sorted_cap = t->sorted ? t->nr : 0;
	}
	if (!t->sorted)
		return NULL;
	for (size_t i = 0; i < t->size; i++)
		if (t->slot[i].used && n < t->sorted_cap)
			t->sorted[n++] = t->slot[i].t;
	if (n)
		qsort(t->sorted, n, sizeof(*t->sorted), by_pages);
	*ret_nr = n;
	return t->sorted;
}

static int by_count(const void *a, const void *b)
{
	const struct mm_extfrag_total *x = a, *y = b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return memcmp(x, y, offsetof(struct mm_extfrag_total, claimed));
}

const struct mm_extfrag_total *mm_totals_extfrag(struct mm_totals *t, size_t *ret_nr)
{
	if (t->nr_ext)
		qsort(t->ext, t->nr_ext, sizeof(*t->ext), by_count);
	*ret_nr = t->nr_ext;
	return t->ext;
}
