// SPDX-License-Identifier: GPL-2.0-only
/*
 * What becomes of isolated pages: freed, written to swap and freed, copied to another node, kept, or made active.
 *
 * Assumed: swap writes are complete at once, as with zram; anonymous pages are mapped and dirty; dirty file pages are
 * written by somebody else, and then mm_sim_lru_dirty() is told.
 */
#include "sim/compact/compact.h"
#include "sim/emit.h"
#include "sim/reclaim/lru.h"

/* ---- batches ---------------------------------------------------------------------- */

/* The last ones first: 6.1 puts freed pages at the head of a list and frees from there. */
static void batch_reverse(struct mm_sim *s, struct lru_batch *b)
{
	uint32_t prev = MM_NIL, p = b->first;

	b->last = b->first;
	while (p != MM_NIL) {
		uint32_t next = mm_sim_lru_ent(s, p).next;

		mm_lru_at(s, p)->next = prev;
		prev = p;
		p = next;
	}
	b->first = prev;
}

/* ---- one page -------------------------------------------------------------------------- */

enum fate { FATE_KEEP, FATE_ACTIVATE, FATE_RECLAIM };

/*
 * Was it used?  Source: mm/vmscan.c: folio_check_references(), lru_gen_set_refs(), 6.1 to 7.3: since 6.18 the multi-gen
 * LRU has its own answer.  Executable file pages, which 7.3 spares at once, aren't known to the run.
 */
static enum fate check_references(struct mm_sim *s, struct lru_ent *e)
{
	bool young = e->flags & LF_YOUNG, before;

	e->flags &= (uint8_t)~LF_YOUNG;
	if (mm_sim_gens(s) && mm_has(s->policy.facts, GEN_REFS)) {
		if (!young)
			return FATE_RECLAIM;
		before = e->flags & (LF_REFERENCED | LF_WORKINGSET);
		e->refs = 0;
		if (!before) {
			e->flags |= LF_REFERENCED;
			return FATE_KEEP;
		}
		e->flags = (uint8_t)((e->flags & ~LF_REFERENCED) | LF_WORKINGSET);
		return FATE_ACTIVATE;
	}
	before = e->flags & LF_REFERENCED;
	e->flags &= (uint8_t)~LF_REFERENCED;
	if (!young)
		return FATE_RECLAIM;
	e->flags |= LF_REFERENCED;
	return before ? FATE_ACTIVATE : FATE_KEEP;
}

/* Source: mm/vmscan.c: shrink_folio_list(), once a page is found unused, 6.1 to 7.3 */
static enum fate fate_of(struct mm_sim *s, struct scan_ctl *sc, uint64_t pfn, struct shrink_stat *st)
{
	struct lru_ent *e = mm_lru_at(s, pfn);
	uint64_t pages = UINT64_C(1) << e->order;
	bool pinned = mm_sim_pinned(s, pfn);

	if (e->flags & LF_FILE) {
		if (pinned)
			return FATE_ACTIVATE;
		if (!(e->flags & LF_DIRTY))
			return FATE_RECLAIM;
		/* it goes first once the flusher has written it */
		st->dirty += pages;
		e->flags |= LF_RECLAIM;
		return FATE_ACTIVATE;
	}
	if (!(sc->gfp & MM_GFP_IO) || pinned)
		return FATE_KEEP;
	if (!mm_lru_can_swap(s))
		return FATE_ACTIVATE;
	if (!sc->may_writepage)
		return FATE_KEEP;
	/* Source: mm/vmscan.c: shrink_folio_list(): folio_alloc_swap() that fails activates the folio, 6.1 to 7.3 */
	if (!mm_swap_prepare(s, sc, pages))
		return FATE_ACTIVATE;
	e = mm_lru_at(s, pfn);
	st->swapped += pages;
	s->stat[MM_SIM_PSWPOUT] += pages;
	SIM_EMIT(s, mm_vmscan_write_folio, SIM_F(mm_vmscan_write_folio, pfn, pfn),
		 SIM_F(mm_vmscan_write_folio, reclaim_flags, mm_sim_shrink_flags(false)));
	s->reclaim->node[sc->node].written += pages;
	mm_sim_charge(s, sc, pages * s->costs.swap_page);
	return FATE_RECLAIM;
}

static void tell(struct mm_sim *s, uint64_t pfn, bool swapped, uint64_t shadow)
{
	struct lru_ent e = mm_sim_lru_ent(s, pfn);
	struct mm_sim_gone g = { .pfn = pfn, .to = UINT64_MAX, .order = e.order, .swapped = swapped, .shadow = shadow,
				 .kind = e.flags & LF_FILE ? MM_SIM_FILE : MM_SIM_ANON };

	if (s->reclaim->gone)
		s->reclaim->gone(s->reclaim->gone_arg, &g);
}

static void forget(struct mm_sim *s, uint64_t pfn)
{
	*mm_lru_at(s, pfn) = (struct lru_ent){ .next = MM_NIL, .prev = MM_NIL };
}

/* ---- all of them -------------------------------------------------------------------------- */

struct shrink_run {
	struct lru_batch gone, back, demote;
	uint64_t reclaimed;
	int target;
};

/*
 * A folio that is to be written to swap becomes single pages first; all but the first go to the end of the batch.  One of a huge
 * page's size is mapped as a whole, and goes whole.
 * Source: mm/vmscan.c: shrink_folio_list(): split_folio_to_list() of what isn't mapped by a PMD, 6.1 to 6.9
 */
static void split_for_swap(struct mm_sim *s, uint64_t pfn, struct lru_batch *batch)
{
	struct zone_state *z = mm_zone_at(s->m, pfn);
	struct lru_ent whole = mm_sim_lru_ent(s, pfn);
	unsigned int order = whole.order;
	uint64_t nr = UINT64_C(1) << order;

	whole.order = 0;
	whole.next = whole.prev = MM_NIL;
	for (uint64_t i = 0; i < nr; i++) {
		struct page_ent as = mm_ent(s->m, pfn + i);

		as.om &= 0xf0;
		mm_set_state(s->m, z, pfn + i, 1, PS_ALLOC, &as);
		*mm_lru_at(s, pfn + i) = whole;
		if (i)
			mm_batch_push(s, batch, pfn + i);
	}
	mm_sim_split_told(s, pfn, order);
}

static bool splits_for_swap(struct mm_sim *s, const struct scan_ctl *sc, uint64_t pfn)
{
	const struct lru_ent e = mm_sim_lru_ent(s, pfn);

	return !mm_has(s->policy.facts, SWAP_WHOLE) && e.order && !(e.flags & LF_FILE) && e.order < s->reclaim->page_shift - 3u &&
	       (sc->gfp & MM_GFP_IO) && sc->may_writepage && mm_lru_can_swap(s) && !mm_sim_pinned(s, pfn);
}

/* @batch: what comes behind it, and the other pages of a folio that is split */
static void one(struct mm_sim *s, struct scan_ctl *sc, uint64_t pfn, struct shrink_run *r, struct shrink_stat *st,
		bool retried, struct lru_batch *batch)
{
	struct lru_ent *e = mm_lru_at(s, pfn);
	uint64_t pages = UINT64_C(1) << e->order;
	enum fate f;

	sc->nr_scanned += pages;
	/* what a page costs includes a second look at it */
	mm_sim_charge(s, sc, retried ? 0 : pages * mm_sim_page_ns(s, sc));
	f = check_references(s, e);
	if (f == FATE_RECLAIM && r->target >= 0 && !retried) {
		mm_batch_push(s, &r->demote, pfn);
		return;
	}
	if (f == FATE_RECLAIM && splits_for_swap(s, sc, pfn)) {
		split_for_swap(s, pfn, batch);
		sc->nr_scanned -= pages - 1; /* the others count when it is their turn */
		e = mm_lru_at(s, pfn);
		pages = 1;
	}
	if (f == FATE_RECLAIM)
		f = fate_of(s, sc, pfn, st);
	if (f == FATE_RECLAIM) {
		bool swapped = !(e->flags & LF_FILE);

		r->reclaimed += pages;
		tell(s, pfn, swapped, mm_lru_evicted(s, pfn));
		mm_batch_push(s, &r->gone, pfn);
		return;
	}
	if (f == FATE_ACTIVATE) {
		e->flags |= LF_ACTIVE;
		st->activated += pages;
		s->stat[MM_SIM_PGACTIVATE] += pages;
	} else {
		st->kept += pages;
	}
	mm_batch_push(s, &r->back, pfn);
}

/* Takes the next page off, and forgets it; its order. */
static bool pop_gone(struct mm_sim *s, struct lru_batch *gone, struct mm_sim_block *ret)
{
	if (!mm_batch_pop(s, gone, &ret->pfn))
		return false;
	ret->order = mm_sim_lru_ent(s, ret->pfn).order;
	forget(s, ret->pfn);
	mm_lru_show(s, ret->pfn, false);
	return true;
}

/*
 * 6.1 frees large folios as it meets them, and all others together in the end; later kernels fill batches of 31.
 * Source: mm/vmscan.c: shrink_folio_list(), 6.1 to 7.3
 */
static void free_gone(struct mm_sim *s, struct scan_ctl *sc, struct lru_batch *gone)
{
	bool old = !mm_has(s->policy.facts, FREE_IN_ORDER);
	struct lru_batch single = { .first = MM_NIL, .last = MM_NIL };
	struct mm_sim_block batch[SIM_FREE_BATCH];
	unsigned int n = 0;
	uint64_t pfn;

	s->reclaims = true;
	while (old && mm_batch_pop(s, gone, &pfn)) {
		if (mm_sim_lru_ent(s, pfn).order == 0) {
			mm_batch_push(s, &single, pfn);
			continue;
		}
		batch[0] = (struct mm_sim_block){ pfn, mm_sim_lru_ent(s, pfn).order };
		forget(s, pfn);
		mm_lru_show(s, pfn, false);
		mm_sim_free_page(s, sc->cpu, pfn, batch[0].order);
	}
	if (old) {
		*gone = single;
		batch_reverse(s, gone);
	}
	while (pop_gone(s, gone, &batch[n])) {
		if (++n < (old ? SIM_FREE_BATCH : SIM_FOLIO_BATCH))
			continue;
		mm_sim_free_batch(s, sc->cpu, batch, n);
		n = 0;
	}
	mm_sim_free_batch(s, sc->cpu, batch, n);
	s->reclaims = false;
}

/* Source: mm/vmscan.c: trace_mm_vmscan_lru_shrink_inactive(), 6.1 to 7.3 */
void mm_emit_shrink_inactive(struct mm_sim *s, const struct scan_ctl *sc, uint64_t scanned, uint64_t reclaimed,
			     const struct shrink_stat *st, bool file)
{
	SIM_EMIT(s, mm_vmscan_lru_shrink_inactive, SIM_F(mm_vmscan_lru_shrink_inactive, nid, sc->node),
		 SIM_F(mm_vmscan_lru_shrink_inactive, nr_scanned, scanned),
		 SIM_F(mm_vmscan_lru_shrink_inactive, nr_reclaimed, reclaimed),
		 SIM_F(mm_vmscan_lru_shrink_inactive, nr_dirty, st->dirty),
		 SIM_F(mm_vmscan_lru_shrink_inactive, nr_activate0, file ? 0 : st->activated),
		 SIM_F(mm_vmscan_lru_shrink_inactive, nr_activate1, file ? st->activated : 0),
		 SIM_F(mm_vmscan_lru_shrink_inactive, nr_ref_keep, st->kept),
		 SIM_F(mm_vmscan_lru_shrink_inactive, priority, sc->priority),
		 SIM_F(mm_vmscan_lru_shrink_inactive, reclaim_flags, mm_sim_shrink_flags(file)));
}

uint64_t mm_shrink_batch(struct mm_sim *s, struct scan_ctl *sc, struct lru_batch *batch, struct shrink_stat *st)
{
	static const struct lru_batch empty = { MM_NIL, MM_NIL, 0 };
	struct shrink_run r = { empty, empty, empty, 0, mm_lru_demotion_target(s, sc->node) };
	uint64_t pfn, moved;

	sc->taken += batch->pages;
	while (mm_batch_pop(s, batch, &pfn))
		one(s, sc, pfn, &r, st, false, batch);
	moved = r.target >= 0 ? mm_demote(s, sc, r.target, &r.demote, batch) : 0;
	r.reclaimed += moved;
	st->demoted += moved;
	/* what found no room there is reclaimed here */
	while (mm_batch_pop(s, batch, &pfn))
		one(s, sc, pfn, &r, st, true, batch);
	free_gone(s, sc, &r.gone);
	sc->dirty += st->dirty;
	*batch = r.back;
	return r.reclaimed;
}
