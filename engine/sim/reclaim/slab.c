// SPDX-License-Identifier: GPL-2.0-only
/*
 * Slabs as a rate: pools of objects that shrinkers may free.
 *
 * Assumed: all objects of a pool are unused and may go, and they go in the order in which their pages were made, so
 * that every page's worth of objects frees a page.  Real slabs free fewer pages than that.
 */
#include <inttypes.h>
#include <stdio.h>

#include "sim/reclaim/lru.h"

#define MAX_PER_PAGE 512u

int mm_sim_slab_pool(struct mm_sim *s, unsigned int per_page, unsigned int seeks)
{
	struct sim_reclaim *r = s->reclaim;

	if (per_page == 0 || per_page > MAX_PER_PAGE || r->nr_pools == MM_SIM_MAX_POOLS)
		return SG_E_RANGE;
	r->pool[r->nr_pools] = (struct slab_pool){ .per_page = per_page, .seeks = seeks };
	return (int)r->nr_pools++;
}

void mm_sim_slab_add(struct mm_sim *s, int pool, uint64_t pfn)
{
	struct sim_reclaim *r = s->reclaim;
	struct lru_ent *e;
	unsigned int node;

	if (pool < 0 || (unsigned int)pool >= r->nr_pools)
		return;
	e = mm_lru_enter(s, pfn, MM_SIM_ANON);
	if (!e)
		return;
	e->flags = LF_SLAB;
	e->left = (uint16_t)(r->pool[pool].per_page << (e->order < 7 ? e->order : 6));
	node = mm_lru_node_of(s, e);
	r->pool[pool].objects[node] += e->left;
	mm_lru_link(s, LRU_POOL(node, pool), pfn, false);
}

/* Takes @n objects from the oldest pages.  Return: pages freed */
static uint64_t take(struct mm_sim *s, struct scan_ctl *sc, unsigned int pool, uint64_t n)
{
	struct lru_list *l = &s->reclaim->list[LRU_POOL(sc->node, pool)];
	uint64_t freed = 0;

	while (n && l->last != MM_NIL) {
		uint64_t pfn = l->last;
		struct lru_ent *e = mm_lru_at(s, pfn);
		struct page_ent p = mm_ent(s->m, pfn);
		uint64_t k = n < e->left ? n : e->left;
		struct mm_sim_gone g = { .pfn = pfn, .to = UINT64_MAX, .order = e->order, .slab = true };

		if (ent_state(&p) == PS_ALLOC) {
			e->left = (uint16_t)(e->left - k);
			s->reclaim->pool[pool].objects[sc->node] -= k;
			n -= k;
			if (e->left)
				break;
			freed += UINT64_C(1) << e->order;
			if (s->reclaim->gone)
				s->reclaim->gone(s->reclaim->gone_arg, &g);
		}
		mm_sim_slab_del(s, pfn);
		if (ent_state(&p) == PS_ALLOC)
			mm_sim_free_page(s, sc->cpu, pfn, g.order);
	}
	return freed;
}

static void say(struct mm_sim *s, const struct scan_ctl *sc, unsigned int pool, const struct mm_slab_scan *in,
		uint64_t delta, uint64_t total, uint64_t scanned, uint64_t freed)
{
	char ours[80];
	struct mm_decision d = { .kind = sc->kswapd ? MM_CHECK_KSWAPD : MM_CHECK_SLOW_PATH,
				 .verdict = MM_UNDECIDED,
				 .why = "simulated",
				 .rule = "mm/shrinker.c: do_shrink_slab()",
				 .ours = ours,
				 .pid = MM_PID_UNKNOWN };

	snprintf(ours, sizeof(ours), "looks at %" PRIu64 " objects, frees %" PRIu64 " pages", scanned, freed);
	d.reason = !in->seeks ? "Half of the objects, for they cost no I/O to make again; whole batches of them." :
		   scanned ? "The share of the objects that the priority asks for, with what was left over before; whole batches of it." :
			     "The share of the objects that the priority asks for is less than a batch: it is left over for the next time.";
	mm_rec_num(&d, "node", sc->node);
	mm_rec_num(&d, "pool", pool);
	mm_rec_num(&d, "priority", sc->priority);
	mm_rec_num(&d, "freeable", (int64_t)in->freeable);
	mm_rec_num(&d, "deferred", (int64_t)in->deferred);
	mm_rec_num(&d, "seeks", in->seeks);
	mm_rec_num(&d, "delta", (int64_t)delta);
	mm_rec_num(&d, "total", (int64_t)total);
	mm_rec_num(&d, "scanned", (int64_t)scanned);
	mm_rec_num(&d, "freed", (int64_t)freed);
	mm_sim_decide(s, &d);
}

uint64_t mm_slab_shrink(struct mm_sim *s, struct scan_ctl *sc)
{
	uint64_t freed = 0;

	for (unsigned int i = 0; i < s->reclaim->nr_pools; i++) {
		struct slab_pool *p = &s->reclaim->pool[i];
		struct mm_slab_scan in = { .freeable = p->objects[sc->node],
					   .deferred = p->deferred[sc->node],
					   .seeks = p->seeks };
		uint64_t delta, total, scanned, got;

		if (!in.freeable)
			continue;
		total = mm_slab_total(&in, sc->priority, &delta);
		scanned = mm_slab_batches(&in, total);
		p->deferred[sc->node] = mm_slab_defer(&in, delta, scanned);
		s->stat[MM_SIM_SLABS_SCANNED] += scanned;
		mm_sim_charge(s, sc, scanned * s->costs.slab_object);
		got = take(s, sc, i, scanned);
		freed += got;
		if (mm_sim_listens(s))
			say(s, sc, i, &in, delta, total, scanned, got);
	}
	return freed;
}
