// SPDX-License-Identifier: GPL-2.0-only
/*
 * The LRU lists of the simulated run: entries, links, counts; pages enter, are used, and leave.
 *
 * The trace says that a page was used, not how.  Assumed: anonymous pages are used through page tables, which
 * reclaim finds out when it looks at them; file pages through read() and write(), which mark them at once.
 */
#include "sim/emit.h"
#include "sim/reclaim/lru.h"

#include <stdlib.h>
#include <string.h>

/* ---- life --------------------------------------------------------------------- */

static void zones_by_type(struct mm_sim *s, struct sim_reclaim *r)
{
	memset(r->zone_of, -1, sizeof(r->zone_of));
	for (unsigned int i = 0; i < s->m->core.nr_zones; i++) {
		const struct zone_state *z = &s->m->core.zone[i];

		if (z->node < 0 || z->node >= MM_MAX_NODES)
			continue;
		r->ks[z->node].present = true;
		if (z->zone_type >= 0 && z->zone_type < SG_MAX_ZONE_TYPES)
			r->zone_of[z->node][z->zone_type] = (int8_t)i;
	}
}

int mm_sim_reclaim_init(struct mm_sim *s)
{
	struct sim_reclaim *r = calloc(1, sizeof(*r));
	bool first = true;

	if (!r)
		return SG_E_NOMEM;
	s->reclaim = r;
	if (mm_cow_init(&r->links, sizeof(struct lru_ent), s->m->end_pfn, false, s->m->pool) < 0) {
		free(r);
		s->reclaim = NULL;
		return SG_E_NOMEM;
	}
	r->page_shift = 12;
	for (unsigned int sh = 10; sh < 30; sh++)
		if (1u << sh == s->cfg.page_size)
			r->page_shift = sh;
	zones_by_type(s, r);
	for (unsigned int l = 0; l < LRU_NR_LISTS; l++)
		r->list[l].first = r->list[l].last = MM_NIL;
	for (unsigned int n = 0; n < MM_MAX_NODES; n++) {
		/* Source: mm/vmscan.c: lru_gen_init_lruvec(): MIN_NR_GENS + 1 generations */
		r->node[n].gens.max_seq = MM_MIN_GENS + 1;
		r->ks[n].want_zid = -1;
		r->ks[n].zid = SG_MAX_ZONE_TYPES - 1;
		if (r->ks[n].present && !first)
			r->cfg.cpuless_nodes |= 1u << n;
		if (r->ks[n].present)
			first = false;
	}
	return SG_OK;
}

void mm_sim_reclaim_fini(struct mm_sim *s)
{
	if (!s->reclaim)
		return;
	mm_cow_fini(&s->reclaim->links);
	for (unsigned int i = 0; i < MM_SWAP_NEEDS; i++)
		free(s->reclaim->swap.kind[i].held);
	free(s->reclaim);
	s->reclaim = NULL;
}

void mm_sim_reclaim_cfg_get(const struct mm_sim *s, struct mm_sim_reclaim_cfg *ret)
{
	*ret = s->reclaim->cfg;
}

void mm_sim_reclaim_cfg_set(struct mm_sim *s, const struct mm_sim_reclaim_cfg *cfg)
{
	s->reclaim->cfg = *cfg;
}

void mm_sim_gone_hook(struct mm_sim *s, mm_sim_gone_fn fn, void *arg)
{
	s->reclaim->gone = fn;
	s->reclaim->gone_arg = arg;
}

uint64_t mm_sim_reclaim_ns(const struct mm_sim *s)
{
	return s->reclaim->direct_ns;
}

static const struct lru_ent none = { .next = MM_NIL, .prev = MM_NIL };

/* ---- classic lists ------------------------------------------------------------------ */

static unsigned int classic_of(const struct lru_ent *e)
{
	return (mm_lru_type(e) == MM_FILE ? MM_INACTIVE_FILE : MM_INACTIVE_ANON) + (e->flags & LF_ACTIVE ? 1 : 0);
}

void mm_lru_add(struct mm_sim *s, uint64_t pfn, bool tail)
{
	struct lru_ent *e = mm_lru_at(s, pfn);
	unsigned int l;

	if (mm_sim_gens(s)) {
		mm_gen_add(s, pfn, tail);
	} else {
		l = classic_of(e);
		s->reclaim->zone_pages[e->zone][l] += UINT64_C(1) << e->order;
		mm_lru_link(s, LRU_CLASSIC(mm_lru_node_of(s, e), l), pfn, tail);
	}
	mm_lru_show(s, pfn, true);
}

void mm_lru_del(struct mm_sim *s, uint64_t pfn)
{
	struct lru_ent *e = mm_lru_at(s, pfn);

	if (!e->list)
		return;
	if (e->gen) {
		mm_gen_del(s, pfn, false);
	} else {
		s->reclaim->zone_pages[e->zone][classic_of(e)] -= UINT64_C(1) << e->order;
		mm_lru_unlink(s, pfn);
	}
	mm_lru_show(s, pfn, false);
}

/* ---- what a driver does ---------------------------------------------------------------- */

/* The folio's order is that of the allocation. */
struct lru_ent *mm_lru_enter(struct mm_sim *s, uint64_t pfn, enum mm_sim_lru_kind kind)
{
	int zi = mm_zone_index(s->m, pfn);
	struct page_ent p;
	struct lru_ent *e;

	if (zi < 0)
		return NULL;
	p = mm_ent(s->m, pfn);
	if (ent_state(&p) != PS_ALLOC || (pfn & ((UINT64_C(1) << ent_order(&p)) - 1)))
		return NULL; /* not in use, or not the first page of its folio */
	e = mm_sim_lru_own(s, pfn);
	if (!e || e->list)
		return NULL;
	*e = none;
	e->zone = (uint8_t)zi;
	e->order = (uint8_t)ent_order(&p);
	e->flags = kind == MM_SIM_FILE ? LF_FILE : 0;
	return e;
}

/**
 * Source: mm/swap.c (mm/folio.c in 7.3): folio_add_lru(): 6.1 and 6.12 put pages that were just faulted in into the
 * youngest generation; 6.18 and later only those that were of the working set, the others count as used once
 */
void mm_lru_fresh(struct mm_sim *s, struct lru_ent *e, enum mm_sim_lru_kind kind, bool active)
{
	if (active)
		e->flags |= LF_ACTIVE;
	if (kind == MM_SIM_FILE)
		return;
	/* all mapped pages start with the reference of the fault that made them */
	e->flags |= LF_YOUNG;
	if (!mm_sim_gens(s))
		return;
	if (!mm_has(s->policy.facts, GEN_REFS) || (e->flags & LF_WORKINGSET))
		e->flags |= LF_ACTIVE;
	else
		e->flags |= LF_REFERENCED;
}

void mm_sim_lru_add(struct mm_sim *s, uint64_t pfn, enum mm_sim_lru_kind kind, bool active)
{
	struct lru_ent *e = mm_lru_enter(s, pfn, kind);

	if (!e)
		return;
	mm_lru_fresh(s, e, kind, active);
	mm_lru_add(s, pfn, false);
	mm_sim_emit_inserted(s, pfn);
}

static void activate(struct mm_sim *s, uint64_t pfn)
{
	struct lru_ent e = mm_sim_lru_ent(s, pfn);

	mm_lru_del(s, pfn);
	mm_lru_at(s, pfn)->flags |= LF_ACTIVE;
	mm_lru_add(s, pfn, false);
	SIM_EMIT(s, mm_lru_activate, SIM_F(mm_lru_activate, folio, mm_sim_page_address(pfn)), SIM_F(mm_lru_activate, pfn, pfn));
	s->stat[MM_SIM_PGACTIVATE] += UINT64_C(1) << e.order;
	s->reclaim->node[mm_lru_node_of(s, &e)].age += UINT64_C(1) << e.order;
}

/* Source: mm/swap.c (mm/folio.c in 7.3): folio_mark_accessed(), 6.1 to 7.3 */
void mm_sim_lru_touch(struct mm_sim *s, uint64_t pfn)
{
	struct lru_ent e = mm_sim_lru_ent(s, pfn);

	if (!e.list || e.flags & LF_SLAB)
		return;
	if (!(e.flags & LF_FILE)) {
		mm_lru_at(s, pfn)->flags |= LF_YOUNG;
	} else if (mm_sim_gens(s)) {
		mm_gen_touch(s, pfn);
	} else if (!(e.flags & LF_REFERENCED)) {
		mm_lru_at(s, pfn)->flags |= LF_REFERENCED;
	} else if (!(e.flags & LF_ACTIVE)) {
		activate(s, pfn);
		mm_lru_at(s, pfn)->flags &= (uint8_t)~LF_REFERENCED;
	}
}

void mm_sim_lru_del(struct mm_sim *s, uint64_t pfn)
{
	struct lru_ent e = mm_sim_lru_ent(s, pfn);

	if (!e.list)
		return;
	if (e.flags & LF_SLAB) {
		mm_sim_slab_del(s, pfn);
		return;
	}
	mm_lru_count_dirty(s, &e, false);
	mm_lru_del(s, pfn);
	*mm_lru_at(s, pfn) = none;
}

/* A page that reclaim found dirty goes first once it's clean.  Source: mm/swap.c: folio_rotate_reclaimable() */
void mm_sim_lru_dirty(struct mm_sim *s, uint64_t pfn, bool dirty)
{
	struct lru_ent e = mm_sim_lru_ent(s, pfn), *w;

	if (!e.list || e.flags & LF_SLAB || !(e.flags & LF_FILE) || !(e.flags & LF_DIRTY) == !dirty)
		return;
	mm_lru_count_dirty(s, &e, false);
	if (dirty) {
		mm_lru_at(s, pfn)->flags |= LF_DIRTY;
		e = mm_sim_lru_ent(s, pfn);
		mm_lru_count_dirty(s, &e, true);
		return;
	}
	if (!(e.flags & LF_RECLAIM)) {
		mm_lru_at(s, pfn)->flags &= (uint8_t)~LF_DIRTY;
		return;
	}
	mm_lru_del(s, pfn);
	w = mm_lru_at(s, pfn);
	w->flags &= (uint8_t)~(LF_DIRTY | LF_RECLAIM | LF_ACTIVE);
	mm_lru_add(s, pfn, true);
}

bool mm_sim_on_lru(const struct mm_sim *s, uint64_t pfn)
{
	struct lru_ent e = mm_sim_lru_ent(s, pfn);

	return e.list && !(e.flags & LF_SLAB);
}

static void emit_unevictable(struct mm_sim *s, uint64_t pfn)
{
	SIM_EMIT(s, mm_lru_insertion, SIM_F(mm_lru_insertion, folio, mm_sim_page_address(pfn)), SIM_F(mm_lru_insertion, pfn, pfn),
		 SIM_F(mm_lru_insertion, lru, 4), SIM_F(mm_lru_insertion, flags, 4)); /* LRU_UNEVICTABLE, PAGEMAP_FILE */
}

void mm_sim_lru_unevictable(struct mm_sim *s, uint64_t pfn)
{
	struct page_ent e = mm_ent(s->m, pfn);

	if (mm_zone_index(s->m, pfn) < 0 || ent_state(&e) != PS_ALLOC || mm_sim_unevictable(&e))
		return;
	if (mm_sim_on_lru(s, pfn))
		mm_sim_lru_del(s, pfn);
	for (uint64_t p = pfn, end = pfn + (UINT64_C(1) << ent_order(&e)); p < end; p++) {
		struct page_ent *w = mm_ent_own(s->m, p);

		w->st = (uint8_t)((w->st & ~(PE_LRU | PE_ACTIVE)) | MM_LRU_UNEVICTABLE << 3);
	}
	emit_unevictable(s, pfn);
}

/*
 * The copy takes the page's marks with it and goes to the head of its list: a migrated folio is added like a
 * new one.  Source: mm/migrate.c: folio_migrate_flags(), migrate_folio_move(), 6.1 to 7.3
 */
void mm_sim_lru_moved(struct mm_sim *s, uint64_t from, uint64_t to)
{
	struct lru_ent e = mm_sim_lru_ent(s, from), *w;
	int zi = mm_zone_index(s->m, to);
	struct page_ent p = mm_ent(s->m, to);

	if (mm_sim_unevictable(&p))
		emit_unevictable(s, to);
	if (!e.list || e.flags & LF_SLAB || zi < 0 || from == to)
		return;
	mm_lru_count_dirty(s, &e, false);
	mm_lru_del(s, from);
	e = mm_sim_lru_ent(s, from);
	*mm_lru_at(s, from) = none;
	if (mm_sim_lru_ent(s, to).list)
		mm_sim_lru_del(s, to);
	w = mm_sim_lru_own(s, to);
	if (!w)
		return;
	*w = e;
	w->zone = (uint8_t)zi;
	mm_lru_count_dirty(s, w, true);
	mm_lru_add(s, to, false);
	mm_sim_emit_inserted(s, to);
}

/* ---- audit ------------------------------------------------------------------------------- */

static int audit_list(const struct mm_sim *s, unsigned int i, uint64_t gen[][MM_MAX_GENS][2],
		      uint64_t zone[][MM_LRU_LISTS], struct sg_err *err)
{
	const struct lru_list *l = &s->reclaim->list[i];
	uint64_t pages = 0, steps = 0;
	uint32_t prev = MM_NIL;

	for (uint32_t p = l->first; p != MM_NIL; p = mm_sim_lru_ent(s, p).next) {
		struct lru_ent e = mm_sim_lru_ent(s, p);

		if (++steps > s->m->end_pfn)
			return sg_fail(err, SG_E_RANGE, "LRU list %u runs in a circle", i);
		if (e.list != i + 1 || e.prev != prev)
			return sg_fail(err, SG_E_RANGE,
				       "page %u is linked in LRU list %u but belongs to list %d", p,
				       i, e.list - 1);
		if (e.zone >= s->m->core.nr_zones || mm_zone_index(s->m, p) != e.zone)
			return sg_fail(err, SG_E_RANGE, "page %u on LRU list %u has the wrong zone", p, i);
		pages += UINT64_C(1) << e.order;
		if (e.flags & LF_SLAB)
			;
		else if (e.gen)
			gen[e.zone][e.gen - 1][mm_lru_type(&e)] += UINT64_C(1) << e.order;
		else
			zone[e.zone][classic_of(&e)] += UINT64_C(1) << e.order;
		prev = p;
	}
	if (prev != l->last)
		return sg_fail(err, SG_E_RANGE, "LRU list %u doesn't end at its last page", i);
	if (pages != l->pages)
		return sg_fail(err, SG_E_RANGE, "LRU list %u has %llu pages and counts %llu", i,
			       (unsigned long long)pages, (unsigned long long)l->pages);
	return SG_OK;
}

int mm_sim_lru_audit(const struct mm_sim *s, struct sg_err *err)
{
	uint64_t gen[MM_MAX_ZONES][MM_MAX_GENS][2] = { 0 }, zone[MM_MAX_ZONES][MM_LRU_LISTS] = { 0 };

	for (unsigned int i = 0; i < LRU_NR_LISTS; i++) {
		int r = audit_list(s, i, gen, zone, err);

		if (r < 0)
			return r;
	}
	if (memcmp(gen, s->reclaim->gen_pages, sizeof(gen)) != 0)
		return sg_fail(err, SG_E_RANGE, "the generations' pages and their counts differ");
	if (memcmp(zone, s->reclaim->zone_pages, sizeof(zone)) != 0)
		return sg_fail(err, SG_E_RANGE, "the zones' LRU pages and their counts differ");
	return SG_OK;
}
