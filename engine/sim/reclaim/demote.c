// SPDX-License-Identifier: GPL-2.0-only
/*
 * Folios that are copied to another node: demotion, which is reclaim's way into a lower memory tier, and what tasks have
 * moved, promotion above all.
 */
#include "sim/compact/compact.h"
#include "sim/emit.h"
#include "sim/reclaim/lru.h"

/* enum migrate_mode, enum migrate_reason: include/linux/migrate_mode.h, 6.1 to 7.3 */
enum { MODE_ASYNC, MODE_SYNC = 2 };
enum { REASON_SYSCALL = 3, REASON_NUMA_MISPLACED = 5, REASON_DEMOTION = 8 };

static void emit_start(struct mm_sim *s, unsigned int mode, unsigned int reason)
{
	SIM_EMIT(s, mm_migrate_pages_start, SIM_F(mm_migrate_pages_start, mode, mode), SIM_F(mm_migrate_pages_start, reason, reason));
}

/* Huge pages aren't told apart from other folios. */
static void emit_end(struct mm_sim *s, unsigned int mode, unsigned int reason, uint64_t moved, uint64_t failed)
{
	SIM_EMIT(s, mm_migrate_pages, SIM_F(mm_migrate_pages, succeeded, moved), SIM_F(mm_migrate_pages, failed, failed),
		 SIM_F(mm_migrate_pages, thp_succeeded, 0), SIM_F(mm_migrate_pages, thp_failed, 0),
		 SIM_F(mm_migrate_pages, thp_split, 0), SIM_F(mm_migrate_pages, large_folio_split, 0),
		 SIM_F(mm_migrate_pages, mode, mode), SIM_F(mm_migrate_pages, reason, reason));
}

/* The copy has the owner, flags and order of what it was copied from. */
static void copy_owner(struct mm_sim *s, unsigned int zi, uint64_t from, uint64_t to, unsigned int order)
{
	for (uint64_t i = 0; i < UINT64_C(1) << order; i++) {
		struct page_ent as = mm_ent(s->m, from + i);

		as.st &= (uint8_t)~(PE_LRU | PE_ACTIVE | PE_SNAP);
		as.since = (uint32_t)s->m->core.position;
		mm_set_state(s->m, &s->m->core.zone[zi], to + i, 1, PS_ALLOC, &as);
	}
}

/*
 * The folio's content, marks and place in its LRU's order go from @from, which is on no list, to @to.
 * Source: mm/migrate.c: folio_migrate_flags(), migrate_folio_move(), 6.1 to 7.3
 */
static bool copy(struct mm_sim *s, uint64_t from, uint64_t to)
{
	struct lru_ent e = mm_sim_lru_ent(s, from), *w = mm_sim_lru_own(s, to);
	int zi = mm_zone_index(s->m, to);

	if (zi < 0 || !w)
		return false;
	mm_lru_count_dirty(s, &e, false);
	*w = e;
	w->zone = (uint8_t)zi;
	mm_lru_count_dirty(s, w, true);
	w->list = 0;
	w->next = w->prev = MM_NIL;
	copy_owner(s, (unsigned int)zi, from, to, e.order);
	mm_lru_add(s, to, false);
	mm_sim_emit_inserted(s, to);
	return true;
}

/* What was copied is freed by itself.  Source: mm/migrate.c: migrate_folio_done(), 6.1 to 7.3 */
static void free_moved(struct mm_sim *s, uint16_t cpu, uint64_t pfn)
{
	unsigned int order = mm_sim_lru_ent(s, pfn).order;

	*mm_lru_at(s, pfn) = (struct lru_ent){ .next = MM_NIL, .prev = MM_NIL };
	mm_lru_show(s, pfn, false);
	mm_sim_free_page(s, cpu, pfn, order);
}

/* The type of zone that movable pages may come from. */
static unsigned int movable_type(const struct mm_sim *s)
{
	for (unsigned int t = 0; t < s->m->cap->nr_zone_types; t++)
		if (s->m->cap->zone_type[t][0] == 'M')
			return t;
	return s->m->cap->nr_zone_types ? s->m->cap->nr_zone_types - 1 : 0;
}

static struct mm_request request(const struct mm_sim *s, uint16_t cpu, int node, unsigned int order)
{
	return (struct mm_request){
		.now = s->now, .pid = s->on_pid, .cpu = cpu, .order = (uint8_t)order, .mt = MM_MT_MOVABLE, .node = (int8_t)node,
		.zone_type = (uint8_t)movable_type(s),
		.gfp = MM_GFP_MOVABLE | MM_GFP_THISNODE | MM_GFP_NOMEMALLOC | MM_GFP_CMA_OK | (order ? MM_GFP_COMP : 0),
	};
}

/* ---- demotion ------------------------------------------------------------------------- */

/*
 * First the next tier alone, then all lower ones.
 * Source: mm/vmscan.c: alloc_demote_folio() (alloc_demote_page() in 6.1), 6.1 to 7.3
 */
static uint64_t demotion_target(struct mm_sim *s, const struct scan_ctl *sc, int target, unsigned int order)
{
	struct mm_request rq = request(s, sc->cpu, target, order);
	struct mm_grant g;

	rq.gfp |= MM_GFP_KSWAPD_RECLAIM;
	if (s->reclaim->alloc(s, &rq, &g) == MM_GOT_PAGE)
		return g.pfn;
	rq.gfp &= ~(uint32_t)MM_GFP_THISNODE;
	rq.nodes = mm_lru_demotion_nodes(s, sc->node);
	return s->reclaim->alloc(s, &rq, &g) == MM_GOT_PAGE ? g.pfn : UINT64_MAX;
}

/* One folio arrives. */
static bool arrives(struct mm_sim *s, struct scan_ctl *sc, uint64_t from, uint64_t to)
{
	unsigned int order = mm_sim_lru_ent(s, from).order;
	struct mm_sim_gone g = { .pfn = from, .to = to, .order = order,
				 .kind = mm_sim_lru_ent(s, from).flags & LF_FILE ? MM_SIM_FILE : MM_SIM_ANON };

	if (!copy(s, from, to)) {
		mm_sim_free_page(s, sc->cpu, to, order);
		return false;
	}
	if (s->reclaim->gone)
		s->reclaim->gone(s->reclaim->gone_arg, &g);
	s->stat[MM_SIM_PGDEMOTE] += UINT64_C(1) << order;
	s->stat[MM_SIM_PGMIGRATE_SUCCESS] += UINT64_C(1) << order;
	mm_sim_charge(s, sc, s->costs.demote_page << order);
	free_moved(s, sc->cpu, from);
	return true;
}

struct demotion {
	uint32_t from[MM_DEMOTE_BATCH], to[MM_DEMOTE_BATCH];
	unsigned int nr;
	uint64_t moved, failed;
};

static void arrive(struct mm_sim *s, struct scan_ctl *sc, struct demotion *d, struct lru_batch *rest)
{
	for (unsigned int i = 0; i < d->nr; i++) {
		uint64_t pages = UINT64_C(1) << mm_sim_lru_ent(s, d->from[i]).order;

		if (arrives(s, sc, d->from[i], d->to[i]))
			d->moved += pages;
		else
			mm_batch_push(s, rest, d->from[i]);
	}
	d->nr = 0;
}

uint64_t mm_demote(struct mm_sim *s, struct scan_ctl *sc, int target, struct lru_batch *batch, struct lru_batch *rest)
{
	struct demotion d = { .nr = 0 };
	bool batched = mm_has(s->policy.facts, MIGRATE_BATCH), full = false;
	uint64_t pfn;

	if (batch->first == MM_NIL)
		return 0;
	emit_start(s, MODE_ASYNC, REASON_DEMOTION);
	while (mm_batch_pop(s, batch, &pfn)) {
		unsigned int order = mm_sim_lru_ent(s, pfn).order;
		uint64_t to = full ? UINT64_MAX : demotion_target(s, sc, target, order);

		if (to == UINT64_MAX || mm_sim_pinned(s, pfn)) {
			/* who holds a page keeps it where it is; no room for a single page: the rest isn't tried */
			if (to != UINT64_MAX)
				mm_sim_free_page(s, sc->cpu, to, order);
			d.failed += full ? 0 : UINT64_C(1) << order;
			full |= to == UINT64_MAX && !order;
			mm_batch_push(s, rest, pfn);
			continue;
		}
		d.from[d.nr] = (uint32_t)pfn;
		d.to[d.nr++] = (uint32_t)to;
		if (!batched || d.nr == MM_DEMOTE_BATCH)
			arrive(s, sc, &d, rest);
	}
	arrive(s, sc, &d, rest);
	s->stat[MM_SIM_PGMIGRATE_FAIL] += d.failed;
	emit_end(s, MODE_ASYNC, REASON_DEMOTION, d.moved, d.failed);
	return d.moved;
}

/* ---- what tasks have moved --------------------------------------------------------------- */

/* Would the node still be balanced?  Source: mm/migrate.c: migrate_balanced_pgdat(), 6.1 to 7.3 */
static bool has_room(const struct mm_sim *s, int node, unsigned int order)
{
	for (unsigned int t = SG_MAX_ZONE_TYPES; t-- > 0;) {
		int zi = s->reclaim->zone_of[node][t];
		struct mm_wmark_zone z;

		if (zi < 0)
			continue;
		mm_sim_wmark(s, (unsigned int)zi, &z);
		if (z.managed && mm_wmark_ok(&z, 0, z.high + z.boost + (INT64_C(1) << order), movable_type(s), MM_ALLOC_CMA, z.free))
			return true;
	}
	return false;
}

/* Source: mm/migrate.c: migrate_misplaced_folio_prepare(), numamigrate_isolate_folio() before 6.12 */
static bool may_promote(struct mm_sim *s, int node, unsigned int order)
{
	if (has_room(s, node, order))
		return true;
	for (unsigned int t = SG_MAX_ZONE_TYPES; mm_policy_tiering(&s->policy) && t-- > 0;) {
		int zi = s->reclaim->zone_of[node][t];

		if (zi < 0 || !s->m->core.zone[zi].managed)
			continue;
		mm_sim_wake_kswapd_zone(s, (unsigned int)zi, 0, order, movable_type(s));
		break;
	}
	return false;
}

/* Source: mm/migrate.c: migrate_misplaced_folio(), alloc_misplaced_dst_folio(), do_pages_move(), 6.1 to 7.3 */
enum mm_sim_move_end mm_sim_move_to(struct mm_sim *s, const struct mm_sim_mover *mv, struct mm_sim_moved *ret)
{
	struct lru_ent e = mm_sim_lru_ent(s, mv->pfn);
	unsigned int reason = mv->misplaced ? REASON_NUMA_MISPLACED : REASON_SYSCALL, mode = mv->misplaced ? MODE_ASYNC : MODE_SYNC;
	int zi = mm_zone_index(s->m, mv->pfn);
	struct mm_request rq;
	struct sim_who was;
	enum mm_sim_move_end end = MM_MOVE_DONE;
	struct mm_grant g;

	if (zi < 0 || mv->node < 0 || mv->node >= MM_MAX_NODES || !s->reclaim->ks[mv->node].present)
		return MM_MOVE_STAYS;
	if (s->m->core.zone[zi].node == mv->node)
		return MM_MOVE_THERE;
	if (!e.list || e.flags & LF_SLAB || mm_sim_pinned(s, mv->pfn))
		return MM_MOVE_STAYS;
	was = mm_sim_switch(s, (struct sim_who){ mv->pid, mv->cpu });
	if (mv->misplaced && !may_promote(s, mv->node, e.order)) {
		mm_sim_switch(s, was);
		return MM_MOVE_FULL;
	}
	emit_start(s, mode, reason);
	rq = request(s, mv->cpu, mv->node, e.order);
	rq.gfp |= MM_GFP_NORETRY;
	mm_lru_del(s, mv->pfn);
	if (s->reclaim->alloc(s, &rq, &g) != MM_GOT_PAGE || !copy(s, mv->pfn, g.pfn)) {
		mm_lru_add(s, mv->pfn, false);
		s->stat[MM_SIM_PGMIGRATE_FAIL] += UINT64_C(1) << e.order;
		end = MM_MOVE_FULL;
	} else {
		*ret = (struct mm_sim_moved){ .from = mv->pfn, .to = g.pfn, .order = e.order };
		free_moved(s, mv->cpu, mv->pfn);
		s->stat[MM_SIM_PGMIGRATE_SUCCESS] += UINT64_C(1) << e.order;
	}
	emit_end(s, mode, reason, end == MM_MOVE_DONE ? UINT64_C(1) << e.order : 0, end == MM_MOVE_DONE ? 0 : UINT64_C(1) << e.order);
	mm_sim_switch(s, was);
	return end;
}
