// SPDX-License-Identifier: GPL-2.0-only
/*
 * The LRU at a run's start.
 *
 * No trace tells its order; but reclaim takes it from the cold end.  Folios that the capture reclaims later stand there, in
 * that order.  Of one that is freed otherwise first, or moved, only this is known: reclaim hadn't come to it by then.  It
 * stands anywhere behind those reclaimed before.  The others stand behind all that is reclaimed.  Where nothing is known, the
 * seed decides.
 */
#include "sim/start.h"

#include <stdlib.h>

void mm_start_lru_collect(struct start *st, uint64_t pfn, const struct page_ent *e)
{
	unsigned int lru = (e->st & PE_LRU) >> 3;
	struct mm_ahead_page a = { 0 };

	if (ent_state(e) != PS_ALLOC || (lru != MM_LRU_ANON && lru != MM_LRU_FILE))
		return;
	if (st->nr_pages == st->cap_pages)
		st->page = mm_start_grow(st, st->page, &st->cap_pages, sizeof(*st->page));
	if (st->nr_pages == st->cap_pages)
		return;
	if (st->ahead)
		a = mm_ahead_page(st->ahead, pfn);
	st->page[st->nr_pages++] = (struct start_folio){
		.since = e->since, .pfn = (uint32_t)pfn, .gone = a.gone, .reclaimed = a.gone && a.reclaimed,
		.kind = lru == MM_LRU_ANON ? MM_SIM_ANON : MM_SIM_FILE, .active = e->st & PE_ACTIVE,
		.node = st->z->node >= 0 && st->z->node < MM_MAX_NODES ? (uint8_t)st->z->node : 0,
	};
}

/* Folios of one kind and node together; those that are reclaimed first, in that order; then by pfn. */
static int by_fate(const void *a, const void *b)
{
	const struct start_folio *x = a, *y = b;

	if (x->node != y->node)
		return x->node < y->node ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->reclaimed != y->reclaimed)
		return x->reclaimed ? -1 : 1;
	if (x->reclaimed && x->gone != y->gone)
		return x->gone < y->gone ? -1 : 1;
	return x->pfn < y->pfn ? -1 : x->pfn > y->pfn;
}

static int by_key(const void *a, const void *b)
{
	const struct start_folio *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->pfn < y->pfn ? -1 : x->pfn > y->pfn;
}

/* How many of the first @nr, which are reclaimed, have been by event @at. */
static uint64_t reclaimed_by(const struct start_folio *f, size_t nr, uint32_t at)
{
	size_t low = 0, high = nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (f[mid].gone < at)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* A place in [@from, @to), with 24 bits behind the point. */
static uint64_t anywhere(struct start *st, uint64_t from, uint64_t to)
{
	return (from << 24) + mm_start_random(st) % ((to - from) << 24);
}

/* The @nr folios of one kind and node get their places; those that came since the trace began stand last, in that order. */
static void place(struct start *st, struct start_folio *f, size_t nr)
{
	size_t reclaimed = 0;

	while (reclaimed < nr && f[reclaimed].reclaimed)
		reclaimed++;
	for (size_t i = 0; i < nr; i++) {
		if (i < reclaimed)
			f[i].key = (uint64_t)i << 24;
		else if (f[i].gone)
			f[i].key = anywhere(st, reclaimed_by(f, reclaimed, f[i].gone), nr);
		else if (f[i].since)
			f[i].key = ((uint64_t)nr << 24) + f[i].since;
		else
			f[i].key = anywhere(st, reclaimed, nr);
	}
	st->facts->lru_ordered += reclaimed;
	qsort(f, nr, sizeof(*f), by_key);
}

/** The folios go onto the LRU, the coldest first. */
void mm_start_lru(struct start *st)
{
	struct mm_sim *s = st->s;
	size_t n = st->nr_pages;

	if (n)
		qsort(st->page, n, sizeof(*st->page), by_fate);
	for (size_t i = 0, k; i < n; i = k) {
		for (k = i + 1; k < n && st->page[k].node == st->page[i].node && st->page[k].kind == st->page[i].kind; k++)
			;
		place(st, st->page + i, k - i);
	}
	for (size_t i = 0; i < n; i++) {
		struct page_ent e = mm_ent(s->m, st->page[i].pfn);

		st->facts->lru_pages++;
		st->facts->lru_from_snapshot += !!(e.st & PE_SNAP);
		mm_sim_lru_add(s, st->page[i].pfn, (enum mm_sim_lru_kind)st->page[i].kind, st->page[i].active);
	}
}
