// SPDX-License-Identifier: GPL-2.0-only
/*
 * The multi-gen LRU: generations, how pages get into them, how they age.  Eviction is in sim/reclaim/evict.c.
 *
 * A page's generation is a mark; a page that was found used keeps its place in the old list until eviction comes by
 * and sorts it, as in the kernel.  Walks over page tables find every page used since the last one; the kernel's
 * Bloom filters and rate limits, which make it miss some, are left out.
 */
#include "sim/reclaim/lru.h"

/*
 * Where a page belongs.
 * Source: include/linux/mm_inline.h: lru_gen_add_folio() (6.1, 6.12), lru_gen_folio_seq() (6.18 and later): the
 * later ones count from the youngest generation, and put pages that were used once one above the oldest
 */
uint64_t mm_gen_seq_of(const struct mm_sim *s, const struct lru_ent *e, bool reclaiming)
{
	const struct lru_gens *g = &s->reclaim->node[mm_lru_node_of(s, e)].gens;
	unsigned int type = mm_lru_type(e), back;
	bool waits = (e->flags & LF_RECLAIM) && (e->flags & LF_DIRTY), workingset = e->flags & LF_WORKINGSET;

	if (!mm_has(s->policy.facts, GEN_REFS)) {
		if (e->flags & LF_ACTIVE)
			return g->max_seq;
		if (type == MM_ANON || waits)
			return g->max_seq - 1;
		if (reclaiming || g->min_seq[type] + MM_MIN_GENS >= g->max_seq)
			return g->min_seq[type];
		return g->min_seq[type] + 1;
	}
	if (e->flags & LF_ACTIVE)
		back = MM_MIN_GENS - workingset;
	else if (reclaiming)
		back = MM_MAX_GENS;
	else if (type == MM_ANON || waits)
		back = MM_MIN_GENS;
	else
		back = MM_MAX_GENS - (workingset || (e->flags & LF_REFERENCED));
	return g->max_seq + 1 > back + g->min_seq[type] ? g->max_seq + 1 - back : g->min_seq[type];
}

static void put(struct mm_sim *s, uint64_t pfn, unsigned int gen, bool tail)
{
	struct lru_ent *e = mm_lru_at(s, pfn);

	e->gen = (uint8_t)(gen + 1);
	e->flags &= (uint8_t)~LF_ACTIVE;
	s->reclaim->gen_pages[e->zone][gen][mm_lru_type(e)] += UINT64_C(1) << e->order;
	mm_lru_link(s, LRU_GEN(e->zone, gen, mm_lru_type(e)), pfn, tail);
}

void mm_gen_add(struct mm_sim *s, uint64_t pfn, bool reclaiming)
{
	put(s, pfn, mm_gen_seq_of(s, mm_lru_at(s, pfn), reclaiming) % MM_MAX_GENS, reclaiming);
}

void mm_gen_put(struct mm_sim *s, uint64_t pfn, uint64_t seq)
{
	put(s, pfn, seq % MM_MAX_GENS, false);
}

void mm_gen_del(struct mm_sim *s, uint64_t pfn, bool reclaiming)
{
	struct lru_ent *e = mm_lru_at(s, pfn);
	unsigned int gen = e->gen - 1u;

	if (!e->gen)
		return;
	if (!reclaiming && mm_gen_is_active(s, (int)mm_lru_node_of(s, e), gen))
		e->flags |= LF_ACTIVE;
	s->reclaim->gen_pages[e->zone][gen][mm_lru_type(e)] -= UINT64_C(1) << e->order;
	e->gen = 0;
	mm_lru_unlink(s, pfn);
}

/**
 * A file page was used once more.
 * Source: mm/swap.c: folio_inc_refs() (6.1, 6.12), lru_gen_inc_refs() (6.18 and later; mm/folio.c in 7.3): the former
 * give the working set mark at the second use, the latter after all others
 */
void mm_gen_touch(struct mm_sim *s, uint64_t pfn)
{
	struct lru_ent *e = mm_lru_at(s, pfn);

	if (!(e->flags & LF_REFERENCED)) {
		e->flags |= LF_REFERENCED;
		if (mm_has(s->policy.facts, GEN_REFS))
			e->refs = 0;
	} else if (!mm_has(s->policy.facts, GEN_REFS) && !(e->flags & LF_WORKINGSET)) {
		e->flags |= LF_WORKINGSET;
	} else if (e->refs < MM_REFS_MAX) {
		e->refs++;
	} else if (mm_has(s->policy.facts, GEN_REFS)) {
		e->flags |= LF_WORKINGSET;
	}
}

/* The mark moves; the link does not. */
static void set_gen(struct mm_sim *s, struct lru_ent *e, unsigned int gen)
{
	uint64_t pages = UINT64_C(1) << e->order;
	unsigned int type = mm_lru_type(e);

	s->reclaim->gen_pages[e->zone][e->gen - 1][type] -= pages;
	s->reclaim->gen_pages[e->zone][gen][type] += pages;
	e->gen = (uint8_t)(gen + 1);
}

/**
 * The page is of the oldest generation and moves on to the next; one that was promoted is left where it is.
 * Source: mm/vmscan.c: folio_inc_gen(), 6.1 to 7.3
 * Return: its generation
 */
unsigned int mm_gen_inc(struct mm_sim *s, uint64_t pfn)
{
	struct lru_ent *e = mm_lru_at(s, pfn);
	unsigned int old = s->reclaim->node[mm_lru_node_of(s, e)].gens.min_seq[mm_lru_type(e)] % MM_MAX_GENS;

	if (e->gen - 1u != old)
		return e->gen - 1u;
	e->refs = 0;
	e->flags &= (uint8_t)~LF_REFERENCED;
	if (!mm_has(s->policy.facts, GEN_REFS))
		e->flags &= (uint8_t)~LF_WORKINGSET;
	set_gen(s, e, (old + 1) % MM_MAX_GENS);
	return e->gen - 1u;
}

/* Source: mm/vmscan.c: folio_update_gen(), 6.1 to 7.3; 6.18 and later want a second use, and mark the working set */
static void promote(struct mm_sim *s, uint64_t pfn, unsigned int gen)
{
	struct lru_ent *e = mm_lru_at(s, pfn);

	e->flags &= (uint8_t)~LF_YOUNG;
	if (mm_has(s->policy.facts, GEN_REFS) && !(e->flags & (LF_REFERENCED | LF_WORKINGSET))) {
		e->refs = 0;
		e->flags |= LF_REFERENCED;
		return;
	}
	e->refs = 0;
	e->flags &= (uint8_t)~LF_REFERENCED;
	if (mm_has(s->policy.facts, GEN_REFS))
		e->flags |= LF_WORKINGSET;
	else
		e->flags &= (uint8_t)~LF_WORKINGSET;
	set_gen(s, e, gen);
	mm_lru_show(s, pfn, true);
}

/* The page tables are walked: all pages used since the last walk. */
static void walk(struct mm_sim *s, int node, unsigned int gen)
{
	for (unsigned int t = 0; t < SG_MAX_ZONE_TYPES; t++) {
		int zi = s->reclaim->zone_of[node][t];

		for (unsigned int g = 0; zi >= 0 && g < MM_MAX_GENS; g++) {
			const struct lru_list *l = &s->reclaim->list[LRU_GEN(zi, g, MM_ANON)];

			for (uint32_t p = l->first; p != MM_NIL;) {
				struct lru_ent e = mm_sim_lru_ent(s, p);

				if (e.flags & LF_YOUNG)
					promote(s, p, gen);
				p = e.next;
			}
		}
	}
}

static unsigned int nr_gens(const struct lru_gens *g, unsigned int type)
{
	return (unsigned int)(g->max_seq - g->min_seq[type] + 1);
}

/*
 * The oldest generation's pages go to the next one, for a new generation takes its place.
 * Source: mm/vmscan.c: inc_min_seq(), 6.1 to 7.3; 6.18 and later count them as protected
 */
static void inc_min_seq(struct mm_sim *s, int node, unsigned int type, unsigned int swappiness)
{
	struct lru_gens *g = &s->reclaim->node[node].gens;
	unsigned int old = g->min_seq[type] % MM_MAX_GENS;

	for (unsigned int t = 0; (type == MM_FILE || swappiness) && t < SG_MAX_ZONE_TYPES; t++) {
		int zi = s->reclaim->zone_of[node][t];

		while (zi >= 0 && s->reclaim->list[LRU_GEN(zi, old, type)].last != MM_NIL) {
			uint64_t pfn = s->reclaim->list[LRU_GEN(zi, old, type)].last;
			struct lru_ent e = mm_sim_lru_ent(s, pfn);
			bool workingset = e.flags & LF_WORKINGSET;
			unsigned int refs = e.flags & LF_REFERENCED ? e.refs + 1u : 0, gen = mm_gen_inc(s, pfn);

			mm_lru_unlink(s, pfn);
			mm_lru_link(s, LRU_GEN(zi, gen, type), pfn, true);
			if (mm_has(s->policy.facts, GEN_REFS) && refs + workingset != MM_REFS_MAX + 2)
				g->ctrl[type].protected[mm_gen_tier(s->policy.facts, refs,
								    workingset)] += UINT64_C(1)
										    << e.order;
		}
	}
	mm_gen_ctrl_carry(&g->ctrl[type]);
	g->min_seq[type]++;
}

/**
 * mm_gen_try_inc_min() - generations that have run empty are given up
 * Return: did any end?
 * Source: mm/vmscan.c: try_to_inc_min_seq(), 6.1 to 7.3; the older ones keep anon from getting ahead of file
 */
bool mm_gen_try_inc_min(struct mm_sim *s, int node, unsigned int swappiness)
{
	struct lru_gens *g = &s->reclaim->node[node].gens;
	uint64_t min[2] = { g->min_seq[MM_ANON], g->min_seq[MM_FILE] };
	unsigned int first = swappiness ? MM_ANON : MM_FILE;
	bool moved = false, any = false;

	for (unsigned int type = first; type <= MM_FILE; type++)
		for (; min[type] + MM_MIN_GENS <= g->max_seq; min[type]++) {
			bool empty = true;

			for (unsigned int t = 0; t < SG_MAX_ZONE_TYPES; t++) {
				int zi = s->reclaim->zone_of[node][t];

				if (zi >= 0 &&
				    s->reclaim->list[LRU_GEN(zi, min[type] % MM_MAX_GENS, type)]
						    .last != MM_NIL)
					empty = false;
			}
			if (!empty)
				break;
			any = true;
		}
	if (!mm_has(s->policy.facts, GEN_REFS) && swappiness) {
		min[MM_ANON] = min[MM_ANON] < min[MM_FILE] ? min[MM_ANON] : min[MM_FILE];
		min[MM_FILE] = min[MM_ANON] > g->min_seq[MM_FILE] ? min[MM_ANON] : g->min_seq[MM_FILE];
	} else if (swappiness && any && g->max_seq >= MM_MIN_GENS) {
		uint64_t seq = g->max_seq - MM_MIN_GENS;

		if (min[MM_ANON] > seq && min[MM_FILE] < seq)
			min[MM_ANON] = seq;
		else if (min[MM_FILE] > seq && min[MM_ANON] < seq)
			min[MM_FILE] = seq;
	}
	for (unsigned int type = first; type <= MM_FILE; type++)
		if (min[type] > g->min_seq[type]) {
			mm_gen_ctrl_carry(&g->ctrl[type]);
			g->min_seq[type] = min[type];
			moved = true;
		}
	return moved;
}

/**
 * Source: mm/vmscan.c: try_to_inc_max_seq(), inc_max_seq(), 6.1 to 7.3
 */
void mm_gen_grow(struct mm_sim *s, int node, unsigned int swappiness)
{
	struct lru_gens *g = &s->reclaim->node[node].gens;

	if (swappiness)
		walk(s, node, g->max_seq % MM_MAX_GENS);
	for (unsigned int type = MM_ANON; type <= MM_FILE; type++)
		if (nr_gens(g, type) == MM_MAX_GENS)
			inc_min_seq(s, node, type, swappiness);
	g->max_seq++;
}

/**
 * mm_gen_swappiness() - swappiness as eviction sees it: 0 leaves anonymous pages alone
 * Source: mm/vmscan.c: get_swappiness(), 6.1 to 7.3; for boosts 6.1 takes clean swapped pages, later ones none
 */
unsigned int mm_gen_swappiness(const struct mm_sim *s, const struct scan_ctl *sc)
{
	unsigned int sw = mm_lru_can_reclaim_anon(s, sc->node) ? (unsigned int)mm_sim_tune(s, MM_TUNE_SWAPPINESS) : 0;

	if (sc->may_swap)
		return sw;
	return !mm_has(s->policy.facts, GEN_NO_SWAP) && sw ? 1 : 0;
}
