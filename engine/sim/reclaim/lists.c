// SPDX-License-Identifier: GPL-2.0-only
/* The lists that folios lie on: entries, links, sizes, what can be reclaimed of them. */
#include "sim/reclaim/lru.h"

static const struct lru_ent none = { .next = MM_NIL, .prev = MM_NIL };

struct lru_ent mm_sim_lru_ent(const struct mm_sim *s, uint64_t pfn)
{
	const struct lru_ent *e = mm_cow_peek(&s->reclaim->links, pfn);

	return e ? *e : none;
}

static void fill_none(void *arg, uint64_t pfn, void *elem)
{
	*(struct lru_ent *)elem = none;
}

/* For writing, as mm_ent_own(); NULL when memory runs out. */
struct lru_ent *mm_sim_lru_own(struct mm_sim *s, uint64_t pfn)
{
	struct lru_ent *e = mm_cow_own(&s->reclaim->links, pfn, fill_none, NULL);

	if (!e)
		s->reclaim->oom = true;
	return e;
}

unsigned int mm_lru_type(const struct lru_ent *e)
{
	return e->flags & LF_FILE ? MM_FILE : MM_ANON;
}

unsigned int mm_lru_node_of(const struct mm_sim *s, const struct lru_ent *e)
{
	int n = s->m->core.zone[e->zone].node;

	return n >= 0 && n < MM_MAX_NODES ? (unsigned int)n : 0;
}

struct lru_ent *mm_lru_at(struct mm_sim *s, uint64_t pfn)
{
	struct lru_ent *e = mm_sim_lru_own(s, pfn);

	return e ? e : &s->reclaim->sink;
}

void mm_lru_link(struct mm_sim *s, unsigned int list, uint64_t pfn, bool tail)
{
	struct lru_list *l = &s->reclaim->list[list];
	struct lru_ent *e = mm_lru_at(s, pfn);

	e->list = (uint16_t)(list + 1);
	e->next = tail ? MM_NIL : l->first;
	e->prev = tail ? l->last : MM_NIL;
	l->pages += UINT64_C(1) << e->order;
	if (l->first == MM_NIL) {
		l->first = l->last = (uint32_t)pfn;
	} else if (tail) {
		mm_lru_at(s, l->last)->next = (uint32_t)pfn;
		l->last = (uint32_t)pfn;
	} else {
		mm_lru_at(s, l->first)->prev = (uint32_t)pfn;
		l->first = (uint32_t)pfn;
	}
}

void mm_lru_unlink(struct mm_sim *s, uint64_t pfn)
{
	struct lru_ent *e = mm_lru_at(s, pfn);
	uint32_t next = e->next, prev = e->prev;
	struct lru_list *l;

	if (!e->list)
		return;
	l = &s->reclaim->list[e->list - 1];
	l->pages -= UINT64_C(1) << e->order;
	e->list = 0;
	e->next = e->prev = MM_NIL;
	if (prev != MM_NIL)
		mm_lru_at(s, prev)->next = next;
	else
		l->first = next;
	if (next != MM_NIL)
		mm_lru_at(s, next)->prev = prev;
	else
		l->last = prev;
}

bool mm_gen_is_active(const struct mm_sim *s, int node, unsigned int gen)
{
	uint64_t max = s->reclaim->node[node].gens.max_seq;

	return gen == max % MM_MAX_GENS || gen == (max - 1) % MM_MAX_GENS;
}

void mm_lru_show(struct mm_sim *s, uint64_t pfn, bool on)
{
	struct lru_ent e = mm_sim_lru_ent(s, pfn);
	struct page_ent p = mm_ent(s->m, pfn);
	uint8_t st = (uint8_t)(p.st & ~(PE_LRU | PE_ACTIVE));

	if (on) {
		st |= (e.flags & LF_FILE ? MM_LRU_FILE : MM_LRU_ANON) << 3;
		if (e.gen ? mm_gen_is_active(s, (int)mm_lru_node_of(s, &e), e.gen - 1u) : e.flags & LF_ACTIVE)
			st |= PE_ACTIVE;
	}
	if (st != p.st)
		mm_ent_own(s->m, pfn)->st = st;
}

uint64_t mm_lru_zone_size(const struct mm_sim *s, unsigned int zi, unsigned int l)
{
	unsigned int type = l >= MM_INACTIVE_FILE ? MM_FILE : MM_ANON;
	bool active = l & 1;
	uint64_t n = 0;

	if (!mm_sim_gens(s))
		return s->reclaim->zone_pages[zi][l];
	for (unsigned int g = 0; g < MM_MAX_GENS; g++)
		if (mm_gen_is_active(s, s->m->core.zone[zi].node, g) == active)
			n += s->reclaim->gen_pages[zi][g][type];
	return n;
}

uint64_t mm_lru_size(const struct mm_sim *s, int node, unsigned int l, unsigned int idx)
{
	uint64_t n = 0;

	for (unsigned int t = 0; t <= idx && t < SG_MAX_ZONE_TYPES; t++)
		if (s->reclaim->zone_of[node][t] >= 0)
			n += mm_lru_zone_size(s, (unsigned int)s->reclaim->zone_of[node][t], l);
	return n;
}

uint64_t mm_lru_total(const struct mm_sim *s, int node)
{
	uint64_t n = 0;

	for (unsigned int l = 0; l < MM_LRU_LISTS; l++)
		n += mm_lru_size(s, node, l, SG_MAX_ZONE_TYPES - 1);
	return n;
}

bool mm_lru_can_swap(const struct mm_sim *s)
{
	return mm_sim_tune(s, MM_TUNE_SWAP) != 0;
}

/* Source: mm/memory-tiers.c: next_demotion_node(): nearest node of a lower tier; here the next one without CPUs */
int mm_lru_demotion_target(const struct mm_sim *s, int node)
{
	if (!mm_sim_tune(s, MM_TUNE_DEMOTION))
		return -1;
	for (int n = node + 1; n < MM_MAX_NODES; n++)
		if (s->reclaim->ks[n].present && (s->reclaim->cfg.cpuless_nodes >> n & 1))
			return n;
	return -1;
}

/* Source: mm/memory-tiers.c: node_get_allowed_targets(), 6.1 to 7.3 */
uint64_t mm_lru_demotion_nodes(const struct mm_sim *s, int node)
{
	uint64_t nodes = 0;

	for (int n = node + 1; n < MM_MAX_NODES; n++)
		if (s->reclaim->ks[n].present && (s->reclaim->cfg.cpuless_nodes >> n & 1))
			nodes |= UINT64_C(1) << n;
	return nodes;
}

/* Source: mm/vmscan.c: can_reclaim_anon_pages(), 6.1 to 7.3 */
bool mm_lru_can_reclaim_anon(const struct mm_sim *s, int node)
{
	return mm_lru_can_swap(s) || mm_lru_demotion_target(s, node) >= 0;
}

uint64_t mm_sim_reclaimable(const struct mm_sim *s, unsigned int zi)
{
	uint64_t n;

	if (zi >= s->m->core.nr_zones)
		return 0;
	n = mm_lru_zone_size(s, zi, MM_INACTIVE_FILE) + mm_lru_zone_size(s, zi, MM_ACTIVE_FILE);
	if (mm_lru_can_reclaim_anon(s, s->m->core.zone[zi].node))
		n += mm_lru_zone_size(s, zi, MM_INACTIVE_ANON) + mm_lru_zone_size(s, zi, MM_ACTIVE_ANON);
	/* 6.1 and 6.12 (as their stable releases are): a zone without such pages is judged by its free pages */
	if (!n && mm_has(s->policy.facts, RECLAIMABLE_FREE)) {
		const struct zone_state *z = &s->m->core.zone[zi];

		n = z->nr_pages[PS_FREE] + z->nr_pages[PS_FREET];
	}
	return n;
}

void mm_lru_count_dirty(struct mm_sim *s, const struct lru_ent *e, bool comes)
{
	uint64_t pages = UINT64_C(1) << e->order, *sum = &s->reclaim->node[mm_lru_node_of(s, e)].dirty;

	if (e->flags & LF_DIRTY)
		*sum = comes ? *sum + pages : *sum - pages;
}

void mm_sim_slab_del(struct mm_sim *s, uint64_t pfn)
{
	struct lru_ent e = mm_sim_lru_ent(s, pfn);
	unsigned int node, pool;

	if (!e.list || !(e.flags & LF_SLAB))
		return;
	node = mm_lru_node_of(s, &e);
	pool = (e.list - 1u - LRU_POOL(0, 0)) % MM_SIM_MAX_POOLS;
	s->reclaim->pool[pool].objects[node] -= e.left;
	mm_lru_unlink(s, pfn);
	*mm_lru_at(s, pfn) = (struct lru_ent){ .next = MM_NIL, .prev = MM_NIL };
}

/* ---- what all passes share: time, and batches of isolated pages ----------------- */

void mm_sim_charge(struct mm_sim *s, struct scan_ctl *sc, uint64_t ns)
{
	sc->ns += ns;
	*(sc->kswapd ? &s->reclaim->kswapd_ns : &s->reclaim->direct_ns) += ns;
}

void mm_batch_push(struct mm_sim *s, struct lru_batch *b, uint64_t pfn)
{
	struct lru_ent *e = mm_lru_at(s, pfn);

	e->next = MM_NIL;
	b->pages += UINT64_C(1) << e->order;
	if (b->first == MM_NIL)
		b->first = (uint32_t)pfn;
	else
		mm_lru_at(s, b->last)->next = (uint32_t)pfn;
	b->last = (uint32_t)pfn;
}

bool mm_batch_pop(struct mm_sim *s, struct lru_batch *b, uint64_t *ret_pfn)
{
	struct lru_ent e;

	if (b->first == MM_NIL)
		return false;
	*ret_pfn = b->first;
	e = mm_sim_lru_ent(s, b->first);
	b->pages -= UINT64_C(1) << e.order;
	b->first = e.next;
	if (b->first == MM_NIL)
		b->last = MM_NIL;
	mm_lru_at(s, *ret_pfn)->next = MM_NIL;
	return true;
}
