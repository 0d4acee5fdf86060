// SPDX-License-Identifier: GPL-2.0-only
/*
 * Refaults: what is kept of a page that reclaim took, and what its return tells of the lists.
 */
#include "sim/reclaim/lru.h"

/* A shadow: the node's age or the generation when the page went, its node, whether it was of the working set. */
static uint64_t pack(uint64_t value, unsigned int node, bool workingset)
{
	return value << 6 | (uint64_t)node << 2 | (uint64_t)workingset << 1 | 1;
}

static unsigned int refs_of(const struct mm_sim *s, const struct lru_ent *e)
{
	if (!mm_has(s->policy.facts, GEN_REFS))
		return e->refs + !!(e->flags & LF_WORKINGSET);
	return e->flags & LF_REFERENCED ? e->refs + 1u : 0;
}

/**
 * Page @pfn, which is off its list, is given up.
 * Source: mm/workingset.c: workingset_eviction(), lru_gen_eviction(), 6.1 to 7.3
 */
uint64_t mm_lru_evicted(struct mm_sim *s, uint64_t pfn)
{
	struct lru_ent e = mm_sim_lru_ent(s, pfn);
	unsigned int node = mm_lru_node_of(s, &e), type = mm_lru_type(&e), refs = refs_of(s, &e);
	struct lru_node *n = &s->reclaim->node[node];
	uint64_t pages = UINT64_C(1) << e.order, age = n->age;
	bool workingset = e.flags & LF_WORKINGSET;

	if (!mm_sim_gens(s)) {
		n->age += pages;
		return pack(age, node, workingset);
	}
	if (!mm_has(s->policy.facts, GEN_REFS)) {
		n->gens.ctrl[type].evicted[mm_gen_tier(s->policy.facts, refs, false)] += pages;
		workingset = refs != 0;
	} else {
		n->gens.ctrl[type].evicted[mm_gen_tier(s->policy.facts, refs, workingset)] += pages;
	}
	return pack(n->gens.min_seq[type] << 2 | (refs ? refs - 1 : 0), node, workingset);
}

void mm_lru_cost(struct mm_sim *s, int node, bool file, uint64_t io, uint64_t rotated)
{
	struct lru_node *n = &s->reclaim->node[node];

	n->rotated[file] += rotated;
	if (!mm_has(s->policy.facts, COST_COUNTED) && (io || rotated))
		mm_scan_cost_add(&n->cost, s->policy.facts, file, io, rotated, mm_lru_total(s, node));
}

/* How long a page may be away and still come back as one that more memory would have kept. */
static uint64_t workingset_size(const struct mm_sim *s, int node, unsigned int type)
{
	uint64_t size = mm_lru_size(s, node, MM_ACTIVE_FILE, SG_MAX_ZONE_TYPES - 1);

	if (type == MM_ANON)
		size += mm_lru_size(s, node, MM_INACTIVE_FILE, SG_MAX_ZONE_TYPES - 1);
	if (mm_lru_can_swap(s)) {
		size += mm_lru_size(s, node, MM_ACTIVE_ANON, SG_MAX_ZONE_TYPES - 1);
		if (type == MM_FILE)
			size += mm_lru_size(s, node, MM_INACTIVE_ANON, SG_MAX_ZONE_TYPES - 1);
	}
	return size;
}

/* Source: mm/workingset.c: workingset_refault(), workingset_test_recent(), 6.1 to 7.3 */
static void refault_classic(struct mm_sim *s, struct lru_ent *e, int node, unsigned int type,
			    uint64_t age, bool workingset)
{
	struct lru_node *n = &s->reclaim->node[node], *own = &s->reclaim->node[mm_lru_node_of(s, e)];
	uint64_t pages = UINT64_C(1) << e->order;

	if (n->age - age > workingset_size(s, node, type))
		return;
	e->flags |= LF_ACTIVE;
	own->age += pages;
	own->activated[type] += pages;
	if (!workingset)
		return;
	e->flags |= LF_WORKINGSET;
	own->restored[type] += pages;
	if (!mm_has(s->policy.facts, COST_COUNTED))
		mm_lru_cost(s, (int)mm_lru_node_of(s, e), type == MM_FILE, pages, 0);
}

/* Source: mm/workingset.c: lru_gen_refault(), 6.1 to 7.3; 6.18 and later remember longer and keep the count of uses */
static void refault_gens(struct mm_sim *s, struct lru_ent *e, int node, unsigned int type,
			 uint64_t token, bool workingset)
{
	struct lru_node *n = &s->reclaim->node[node];
	struct mm_facts facts = s->policy.facts;
	uint64_t pages = UINT64_C(1) << e->order, seq = token >> 2, max = n->gens.max_seq;
	unsigned int refs = (unsigned int)(token & 3);
	bool fault = type == MM_ANON;

	if (node != (int)mm_lru_node_of(s, e))
		return;
	if (!mm_has(facts, GEN_REFS)) {
		if (seq != n->gens.min_seq[type])
			return;
		refs += workingset;
		n->gens.ctrl[type].refaulted[mm_gen_tier(facts, refs, false)] += pages;
		if (!fault && refs < MM_REFS_MAX)
			return;
		e->refs = MM_REFS_MAX;
		e->flags |= LF_WORKINGSET;
		n->restored[type] += pages;
		return;
	}
	if ((max > seq ? max - seq : seq - max) >= MM_MAX_GENS)
		return;
	n->gens.ctrl[type].refaulted[mm_gen_tier(facts, refs + 1, workingset)] += pages;
	if (workingset) {
		e->flags |= LF_WORKINGSET;
		n->restored[type] += pages;
		n->activated[type] += fault ? pages : 0;
	} else {
		e->refs = (uint8_t)refs;
	}
}

void mm_sim_lru_refault(struct mm_sim *s, uint64_t pfn, enum mm_sim_lru_kind kind, uint64_t shadow)
{
	struct lru_ent *e = mm_lru_enter(s, pfn, kind);
	unsigned int type = kind == MM_SIM_FILE ? MM_FILE : MM_ANON;
	int node = (int)(shadow >> 2 & 15);

	if (!e)
		return;
	if ((shadow & 1) && node < MM_MAX_NODES && s->reclaim->ks[node].present) {
		if (mm_sim_gens(s))
			refault_gens(s, e, node, type, shadow >> 6, shadow & 2);
		else
			refault_classic(s, e, node, type, shadow >> 6, shadow & 2);
	}
	mm_lru_fresh(s, e, kind, e->flags & LF_ACTIVE);
	mm_lru_add(s, pfn, false);
}
