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
	const uint32_t *marks;

	if (ent_state(e) != PS_ALLOC || (lru != MM_LRU_ANON && lru != MM_LRU_FILE) ||
	    (pfn & ((UINT64_C(1) << ent_order(e)) - 1)))
		return;
	if (st->nr_pages == st->cap_pages)
		st->page = mm_start_grow(st, st->page, &st->cap_pages, sizeof(*st->page));
	if (st->nr_pages == st->cap_pages)
		return;
	if (st->ahead)
		a = mm_ahead_page(st->ahead, pfn);
	marks = mm_cow_peek(&st->marks, pfn);
	st->page[st->nr_pages++] = (struct start_folio){
		.since = e->since, .pfn = (uint32_t)pfn, .gone = a.gone, .reclaimed = a.gone && a.reclaimed,
		.kind = lru == MM_LRU_ANON ? MM_SIM_ANON : MM_SIM_FILE, .active = e->st & PE_ACTIVE,
		.order = (uint8_t)ent_order(e), .marks = marks ? (uint8_t)*marks : 0,
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

static uint64_t counted(const struct start *st, const char *key)
{
	const char *v = sg_snapshot_get(st->snap, key);

	return v ? strtoull(v, NULL, 10) : 0;
}

/*
 * Of a multi-gen LRU no page flag tells the generation.  The counters do for the sums: pages of the two youngest ones count as
 * active, on all nodes together, so that many stand there.
 * Source: include/linux/mm_inline.h: lru_gen_is_active(), lru_gen_update_size(), 6.1 to 7.3
 */
static void divide(struct start *st, struct start_folio *f, size_t nr)
{
	bool anon = f->kind == MM_SIM_ANON;
	uint64_t active = counted(st, anon ? "vmstat.nr_active_anon" : "vmstat.nr_active_file");
	uint64_t all = active + counted(st, anon ? "vmstat.nr_inactive_anon" : "vmstat.nr_inactive_file");
	uint64_t pages = 0, old = 0;

	for (size_t i = 0; i < nr; i++)
		pages += UINT64_C(1) << f[i].order;
	for (size_t i = 0; i < nr; i++) {
		f[i].active = all && (unsigned __int128)old * all >= (unsigned __int128)pages * (all - active);
		old += UINT64_C(1) << f[i].order;
	}
}

/* The folio comes to the head of its list: the last one is the warmest. */
static void put(struct start *st, const struct start_folio *f, bool by_generation)
{
	enum mm_sim_lru_kind kind = (enum mm_sim_lru_kind)f->kind;
	struct mm_sim *s = st->s;
	struct lru_ent *e = mm_lru_enter(s, f->pfn, kind);
	const struct lru_gens *g;

	if (!e)
		return;
	mm_lru_fresh(s, e, kind, f->active);
	if (f->reclaimed) /* nobody uses it before that */
		e->flags &= (uint8_t)~LF_YOUNG;
	if (f->marks & START_REFERENCED)
		e->flags |= LF_REFERENCED;
	g = &s->reclaim->node[f->node].gens;
	if (by_generation && mm_sim_gens(s)) {
		mm_gen_put(s, f->pfn, f->active ? g->max_seq - 1 : g->min_seq[mm_lru_type(e)]);
		mm_lru_show(s, f->pfn, true);
	} else {
		mm_lru_add(s, f->pfn, false);
	}
	if (f->marks & START_DIRTY)
		mm_sim_lru_dirty(s, f->pfn, true);
}

/** The folios go onto the LRU, the coldest first. */
void mm_start_lru(struct start *st)
{
	const char *gens = st->snap ? sg_snapshot_get(st->snap, "lru_gen.enabled") : NULL;
	bool by_generation = st->fresh && gens && (strtoul(gens, NULL, 0) & 1);
	size_t n = st->nr_pages;

	if (n)
		qsort(st->page, n, sizeof(*st->page), by_fate);
	for (size_t i = 0, k; i < n; i = k) {
		for (k = i + 1; k < n && st->page[k].node == st->page[i].node && st->page[k].kind == st->page[i].kind; k++)
			;
		place(st, st->page + i, k - i);
		if (by_generation)
			divide(st, st->page + i, k - i);
	}
	for (size_t i = 0; i < n; i++) {
		struct page_ent e = mm_ent(st->s->m, st->page[i].pfn);

		st->facts->lru_pages++;
		st->facts->lru_from_snapshot += !!(e.st & PE_SNAP);
		put(st, &st->page[i], by_generation);
	}
}
