// SPDX-License-Identifier: GPL-2.0-only
/* Pages are given back. */
#include "sim/alloc/alloc.h"
#include "sim/compact/compact.h"
#include "sim/emit.h"
#include "sim/hooks.h"
#include "sim/reclaim/lru.h"

/*
 * Past the per-cpu lists.  Blocks above pageblock order are taken apart, each pageblock has its type (6.10 and later).
 * Source: mm/page_alloc.c: __free_pages_ok(), split_large_buddy()
 */
static void free_direct(struct mm_sim *s, struct zone_state *z, uint64_t pfn, unsigned int order)
{
	unsigned int piece = s->m->hygiene && order > s->m->pb_order ? s->m->pb_order : order;

	for (uint64_t end = pfn + (1ull << order); pfn < end; pfn += 1ull << piece)
		mm_sim_free_one(s, z, pfn, piece, mm_blk(s->m, pfn >> s->m->pb_order).mt, false);
}

/* Whoever places the pages on the free lists later may want to know who freed them. */
static void note_cold(struct mm_sim *s, uint64_t pfn, unsigned int order)
{
	for (uint64_t p = pfn; p < pfn + (UINT64_C(1) << order); p++)
		s->cold[p / 64] = (s->cold[p / 64] & ~(UINT64_C(1) << p % 64)) | (uint64_t)s->reclaims << p % 64;
}

/* Source: mm/page_alloc.c: free_pages_prepare(), 6.1 to 7.3 */
static void prepare_free(struct mm_sim *s, uint64_t pfn, unsigned int order)
{
	s->stat[MM_SIM_PGFREE] += 1u << order;
	if (mm_unlikely(s->cold))
		note_cold(s, pfn, order);
	SIM_EMIT(s, mm_page_free, SIM_F(mm_page_free, pfn, pfn), SIM_F(mm_page_free, order, order));
}

static void free_in_zone(struct mm_sim *s, unsigned int zi, uint16_t cpu, uint64_t pfn, unsigned int order)
{
	prepare_free(s, pfn, order);
	if (!mm_sim_pcp_order(s, order) || !mm_sim_pcp_free(s, zi, cpu, pfn, order))
		free_direct(s, mm_sim_zs(s, zi), pfn, order);
}

void mm_sim_free_page(struct mm_sim *s, uint16_t cpu, uint64_t pfn, unsigned int order)
{
	int zi = mm_zone_index(s->m, pfn);

	if (zi >= 0 && order < s->m->nr_orders)
		free_in_zone(s, (unsigned int)zi, cpu < s->alloc->nr_cpus ? cpu : 0, pfn, order);
}

/**
 * mm_sim_free_batch() - pages that are freed together: all are prepared, then each goes to its list
 * Source: mm/page_alloc.c: free_unref_folios() (6.7 and later), free_unref_page_list() (6.1)
 */
void mm_sim_free_batch(struct mm_sim *s, uint16_t cpu, const struct mm_sim_block *f, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		int zi = mm_zone_index(s->m, f[i].pfn);

		if (zi < 0)
			continue;
		prepare_free(s, f[i].pfn, f[i].order);
		if (!mm_sim_pcp_order(s, f[i].order))
			free_direct(s, mm_sim_zs(s, (unsigned int)zi), f[i].pfn, f[i].order);
	}
	for (unsigned int i = 0; i < nr; i++) {
		int zi = mm_zone_index(s->m, f[i].pfn);

		if (zi < 0 || !mm_sim_pcp_order(s, f[i].order))
			continue;
		if ((int)mm_blk(s->m, f[i].pfn >> s->m->pb_order).mt != s->cap.mt_isolate)
			SIM_EMIT(s, mm_page_free_batched, SIM_F(mm_page_free_batched, pfn, f[i].pfn));
		if (!mm_sim_pcp_free(s, (unsigned int)zi, cpu, f[i].pfn, f[i].order))
			free_direct(s, mm_sim_zs(s, (unsigned int)zi), f[i].pfn, f[i].order);
	}
}

/* Are these pages of zone @zi handed out, and in their place? */
static bool is_allocated(const struct mm_sim *s, int zi, uint64_t pfn, unsigned int order)
{
	if (zi < 0 || order >= s->m->nr_orders || (pfn & ((1ull << order) - 1)) ||
	    pfn + (1ull << order) > s->m->core.zone[zi].end)
		return false;
	for (uint64_t p = pfn; p < pfn + (1ull << order); p++) {
		struct page_ent e = mm_ent(s->m, p);

		/* of a made machine, such pages are reserved */
		if (s->observed && ent_state(&e) == PS_UNKNOWN)
			continue;
		if (ent_state(&e) != PS_ALLOC || ((e.st & PE_SNAP) && !s->observed))
			return false;
	}
	return true;
}

static void releases(struct mm_sim *s, uint16_t cpu)
{
	s->alloc->cpu = cpu < s->alloc->nr_cpus ? cpu : 0;
	s->alloc->pid = MM_PID_UNKNOWN; /* whoever frees isn't told */
	mm_sim_switch(s, (struct sim_who){ s->task_pid, s->alloc->cpu });
}

/* A folio on the LRU of which only these pages are let go falls into single pages first. */
static void split_around(struct mm_sim *s, uint64_t pfn, unsigned int order)
{
	struct page_ent e = mm_ent(s->m, pfn);
	uint64_t head = pfn >> ent_order(&e) << ent_order(&e);

	if (ent_order(&e) > order && mm_sim_on_lru(s, head))
		mm_sim_folio_split(s, head);
}

/* Its owner lets go of the block, and with it of its pages on the LRU; was it there? */
static bool leave_lru(struct mm_sim *s, uint64_t pfn, unsigned int order)
{
	bool was = false;

	/* part of a folio from before the trace, which was split since */
	if (s->observed)
		split_around(s, pfn, order);
	/* what lay on the LRU before the trace may lie there as single pages */
	for (uint64_t p = pfn; p < (s->observed ? pfn + (UINT64_C(1) << order) : pfn + 1); p++)
		if (mm_sim_on_lru(s, p)) {
			was = true;
			mm_sim_lru_del(s, p);
		} else if (!was) {
			struct page_ent e = mm_ent(s->m, p);

			was = mm_sim_unevictable(&e);
		}
	return was;
}

/* 6.1 has single pages in its batches. */
static bool in_batch(const struct mm_sim *s, unsigned int order)
{
	return order == 0 || mm_has(s->policy.facts, FREE_IN_ORDER);
}

/* Is a page of @b among the @n blocks of the batch already? */
static bool overlaps(const struct mm_sim_block *batch, unsigned int n, const struct mm_sim_block *b)
{
	for (unsigned int i = 0; i < n; i++)
		if (b->pfn < batch[i].pfn + (UINT64_C(1) << batch[i].order) && batch[i].pfn < b->pfn + (UINT64_C(1) << b->order))
			return true;
	return false;
}

void mm_sim_release_batch(struct mm_sim *s, uint16_t cpu, const struct mm_sim_block *b, unsigned int nr)
{
	struct mm_sim_block batch[SIM_FOLIO_BATCH];
	unsigned int n = 0;

	releases(s, cpu);
	mm_sim_begin(s->m);
	for (unsigned int i = 0; i < nr; i++) {
		int zi = mm_zone_index(s->m, b[i].pfn);

		if (!is_allocated(s, zi, b[i].pfn, b[i].order) || overlaps(batch, n, &b[i]))
			continue;
		mm_sim_changed(s->m, b[i].pfn, b[i].order, MM_PAGE_ALLOC, MM_PAGE_FREE);
		leave_lru(s, b[i].pfn, b[i].order);
		if (!in_batch(s, b[i].order)) {
			free_in_zone(s, (unsigned int)zi, s->alloc->cpu, b[i].pfn, b[i].order);
			continue;
		}
		batch[n++] = b[i];
		if (n < SIM_FOLIO_BATCH)
			continue;
		mm_sim_free_batch(s, s->alloc->cpu, batch, n);
		n = 0;
	}
	mm_sim_free_batch(s, s->alloc->cpu, batch, n);
}

void mm_sim_release(struct mm_sim *s, uint16_t cpu, uint64_t pfn, unsigned int order)
{
	int zi = mm_zone_index(s->m, pfn);

	releases(s, cpu);
	if (order == 0 && zi >= 0 && mm_sim_pcp_release(s, (unsigned int)zi, s->alloc->cpu, pfn))
		return;
	if (!is_allocated(s, zi, pfn, order))
		return;
	mm_sim_begin(s->m);
	mm_sim_changed(s->m, pfn, order, MM_PAGE_ALLOC, MM_PAGE_FREE);
	/* folios on the LRU go in batches, of one here */
	if (leave_lru(s, pfn, order) && in_batch(s, order))
		mm_sim_free_batch(s, s->alloc->cpu, &(struct mm_sim_block){ pfn, order }, 1);
	else
		free_in_zone(s, (unsigned int)zi, s->alloc->cpu, pfn, order);
}

void mm_sim_release_block(struct mm_sim *s, unsigned int zi, uint64_t pfn, unsigned int order)
{
	(void)zi;
	mm_sim_free_page(s, s->on_cpu, pfn, order);
}

void mm_sim_drain_cpu(struct mm_sim *s, uint16_t cpu)
{
	for (unsigned int zi = 0; zi < s->m->core.nr_zones && cpu < s->alloc->nr_cpus; zi++)
		mm_sim_drain_pcp(s, zi, cpu);
}

void mm_sim_drain_zone(struct mm_sim *s, unsigned int zi)
{
	for (unsigned int cpu = 0; cpu < s->alloc->nr_cpus; cpu++)
		mm_sim_drain_pcp(s, zi, (uint16_t)cpu);
}
