// SPDX-License-Identifier: GPL-2.0-only
/*
 * A simulated run that starts from an observed machine, at whatever position that stands.
 *
 * The state is a copy.  What the observed run doesn't know, or doesn't follow, is filled in by fixed rules, the same for
 * every machine; they are listed at mm_sim_from() and in doc/allocator.md, and counted where they change a page or block.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/alloc/alloc.h"

/* One page that goes to the LRU. */
struct old_page {
	uint32_t since, pfn;
};

struct start {
	struct mm_sim *s;
	struct mm_sim_facts *facts;
	struct zone_state *z;
	uint32_t *block;        /* free blocks of one list, in their order */
	size_t nr, cap;
	struct old_page *page;  /* of all zones */
	size_t nr_pages, cap_pages;
	bool oom;
};

static void *grow(struct start *st, void *p, size_t *cap, size_t size)
{
	size_t n = *cap ? *cap * 2 : 1024;
	void *q = n > SIZE_MAX / 2 / size ? NULL : realloc(p, n * size);

	if (!q) {
		st->oom = true;
		return p;
	}
	*cap = n;
	return q;
}

static void push_block(struct start *st, uint64_t pfn)
{
	if (st->nr == st->cap)
		st->block = grow(st, st->block, &st->cap, sizeof(*st->block));
	if (st->nr < st->cap)
		st->block[st->nr++] = (uint32_t)pfn;
}

/* ---- walking over what there is -------------------------------------------------- */

typedef void (*page_fn)(struct start *st, uint64_t pfn, const struct page_ent *e);

/* Does the snapshot say something of these 64 pages that a run must take up: a free block, a page on the LRU? */
static bool pattern_counts(const uint8_t *p)
{
	for (unsigned int i = 0; i < MM_SEED_PATTERN; i++)
		if ((p[i] & 7) == MM_SEED_FREE || ((p[i] & 7) == MM_SEED_USED && (p[i] >> 4 & 3)))
			return true;
	return false;
}

/* All pages of the zone but those that only a snapshot knows, and that are neither free nor on the LRU. */
static void each_page(struct start *st, page_fn fn)
{
	const struct mm_machine *m = st->s->m;
	uint64_t touched = 0;

	for (uint64_t p = st->z->start; p < st->z->end;) {
		uint64_t end = (p / MM_SEED_PATTERN + 1) * MM_SEED_PATTERN;

		if (end > st->z->end)
			end = st->z->end;
		if (touched < p) {
			touched = p;
			if (!mm_cow_next(&m->pages, &touched))
				touched = UINT64_MAX;
		}
		if (touched < end || pattern_counts(mm_seed_pattern(m->seed, p)))
			for (; p < end; p++) {
				struct page_ent e = mm_ent(m, p);

				fn(st, p, &e);
			}
		p = end;
	}
}

/* ---- pageblocks ---------------------------------------------------------------------- */

/* The type that a later event tells, else Movable, as all memory is at boot. */
static void settle_types(struct start *st)
{
	struct mm_machine *m = st->s->m;
	struct zone_state *z = st->z;
	uint64_t last = (z->end - 1) >> m->pb_order;

	for (uint64_t b = z->start >> m->pb_order; b <= last; b++) {
		struct mm_block_info info;
		unsigned int mt = MM_MT_MOVABLE;

		if (mm_blk(m, b).mt != MM_MT_UNKNOWN)
			continue;
		mm_block_get(m, b, &info);
		if (info.foreseen < m->cap->nr_migratetypes) {
			mt = info.foreseen;
			st->facts->blocks_foreseen++;
		} else {
			st->facts->blocks_guessed++;
		}
		mm_block_type(m, z, b << m->pb_order, mt, SG_MAX_MIGRATETYPES, false);
	}
	/* counted, since the snapshot's sums and the blocks need not agree */
	memset(z->type_blocks, 0, sizeof(z->type_blocks));
	z->have_type_blocks = true;
	for (uint64_t b = z->start >> m->pb_order; b <= last; b++)
		if (b << m->pb_order >= z->start || mm_zone_index(m, b << m->pb_order) < 0)
			z->type_blocks[mm_blk(m, b).mt]++;
}

/* ---- free lists ------------------------------------------------------------------------ */

static void collect_chain(struct start *st, uint32_t pfn)
{
	for (; pfn != MM_NIL; pfn = mm_ent(st->s->m, pfn).a)
		push_block(st, pfn);
}

static void collect_loose(struct start *st, uint64_t pfn, const struct page_ent *e)
{
	if (ent_state(e) != PS_FREE || (e->st & PE_LINK))
		return;
	push_block(st, pfn);
	st->facts->free_unplaced++;
}

/* The list that a free block goes to under the run's rules. */
static unsigned int list_for(const struct mm_machine *m, uint64_t pfn, const struct page_ent *e)
{
	unsigned int block = mm_blk(m, pfn >> m->pb_order).mt;

	return m->hygiene || ent_mt(e) >= SG_MAX_MIGRATETYPES ? block : ent_mt(e);
}

/*
 * All lists are made anew: what was known to stand at a list's head, then the blocks of unknown place, lowest first,
 * then what was known to stand behind them.
 */
static void settle_lists(struct start *st)
{
	struct mm_machine *m = st->s->m;
	struct zone_state *z = st->z;

	st->nr = 0;
	for (unsigned int o = 0; o < m->nr_orders; o++)
		for (unsigned int t = 0; t < MM_NR_MT; t++)
			collect_chain(st, z->list[o][t].head_first);
	each_page(st, collect_loose);
	for (unsigned int o = 0; o < m->nr_orders; o++)
		for (unsigned int t = 0; t < MM_NR_MT; t++) {
			for (unsigned int i = 0; t == MM_MT_MOVABLE && i < z->mid[o].nr; i++)
				collect_chain(st, z->mid[o].part[i].first);
			collect_chain(st, z->list[o][t].tail_first);
		}
	if (st->oom)
		return;
	mm_lists_clear(z);
	for (size_t i = 0; i < st->nr; i++) {
		struct page_ent *e = mm_ent_own(m, st->block[i]);
		unsigned int order = ent_order(e), mt = list_for(m, st->block[i], e);

		e->om = (uint8_t)(order | mt << 4);
		mm_list_link(m, z, st->block[i], e, order, mt, true);
	}
	z->list_known = true;
	for (unsigned int t = 0; t < MM_NR_MT; t++)
		z->complete[t] = mm_all_orders(z);
}

/* ---- pages on their way ---------------------------------------------------------------- */

static void collect_isolated(struct start *st, uint64_t pfn, const struct page_ent *e)
{
	if (ent_state(e) == PS_ISO)
		push_block(st, pfn);
}

static void settle_pcp(struct start *st, uint64_t pfn, const struct page_ent *e)
{
	struct mm_machine *m = st->s->m;
	unsigned int mt = ent_mt(e);

	if (ent_state(e) != PS_PCP || (e->st & PE_LINK) || (pfn & ((UINT64_C(1) << ent_order(e)) - 1)))
		return;
	if (mt >= SG_MAX_MIGRATETYPES)
		mt = mm_blk(m, pfn >> m->pb_order).mt;
	st->facts->pcp_unplaced += UINT64_C(1) << ent_order(e);
	mm_pcp_add(m, st->z, 0, pfn, ent_order(e), mt, true, PCP_FROM_BATCH);
}

/*
 * The observed run's compactions end here: targets that they had taken are free again, at the tails, so that what is
 * known to be picked next still is.
 */
static void settle_isolated(struct start *st)
{
	struct mm_machine *m = st->s->m;

	st->nr = 0;
	each_page(st, collect_isolated);
	for (size_t i = 0; i < st->nr; i++) {
		mm_buddy_free(m, st->z, st->block[i], 0, mm_blk(m, st->block[i] >> m->pb_order).mt, true);
		st->facts->isolated_freed++;
	}
}

static void forget_tasks(struct mm_machine *m)
{
	struct mm_core *c = &m->core;

	c->in_snapshot = false;
	for (unsigned int n = 0; n < MM_MAX_NODES; n++) {
		c->node[n].kswapd_awake = c->node[n].compacting = false;
		c->node[n].nr_direct_compact = 0;
	}
}

/* ---- the LRU ----------------------------------------------------------------------------- */

static void collect_lru(struct start *st, uint64_t pfn, const struct page_ent *e)
{
	unsigned int lru = (e->st & PE_LRU) >> 3;

	if (ent_state(e) != PS_ALLOC || (lru != MM_LRU_ANON && lru != MM_LRU_FILE))
		return;
	if (st->nr_pages == st->cap_pages)
		st->page = grow(st, st->page, &st->cap_pages, sizeof(*st->page));
	if (st->nr_pages < st->cap_pages)
		st->page[st->nr_pages++] = (struct old_page){ e->since, (uint32_t)pfn };
}

static int older(const void *a, const void *b)
{
	const struct old_page *x = a, *y = b;

	if (x->since != y->since)
		return x->since < y->since ? -1 : 1;
	return x->pfn < y->pfn ? -1 : x->pfn > y->pfn;
}

/* In the order in which they came into use, so that the oldest go first. */
static void settle_lru(struct start *st)
{
	struct mm_sim *s = st->s;

	if (st->nr_pages)
		qsort(st->page, st->nr_pages, sizeof(*st->page), older);
	for (size_t i = 0; i < st->nr_pages; i++) {
		struct page_ent e = mm_ent(s->m, st->page[i].pfn);

		st->facts->lru_pages++;
		st->facts->lru_from_snapshot += !!(e.st & PE_SNAP);
		mm_sim_lru_add(s, st->page[i].pfn, (e.st & PE_LRU) >> 3 == MM_LRU_ANON ? MM_SIM_ANON : MM_SIM_FILE,
			       e.st & PE_ACTIVE);
	}
}

/**
 * mm_sim_start_settle() - the copied machine becomes one that can decide for itself
 * Return: 0, SG_E_NOMEM
 */
int mm_sim_start_settle(struct mm_sim *s, struct mm_sim_facts *ret)
{
	struct mm_sim_facts facts = { 0 };
	struct start st = { .s = s, .facts = &facts };
	int r = SG_OK;

	forget_tasks(s->m);
	for (unsigned int i = 0; i < s->m->core.nr_zones; i++) {
		st.z = &s->m->core.zone[i];
		if (st.z->start >= st.z->end)
			continue;
		settle_types(&st);
		settle_lists(&st);
		settle_isolated(&st);
		each_page(&st, settle_pcp);
		each_page(&st, collect_lru);
	}
	for (unsigned int i = 0; i < s->m->core.nr_zones; i++) {
		struct zone_state *z = &s->m->core.zone[i];

		facts.pages_unknown += z->nr_pages[PS_UNKNOWN];
		if (s->cap.mt_highatomic >= 0)
			s->alloc->zone[i].reserved_highatomic = z->type_blocks[s->cap.mt_highatomic] << s->m->pb_order;
	}
	if (!st.oom)
		settle_lru(&st);
	for (unsigned int n = 0; n < MM_MAX_NODES; n++)
		s->reclaim->ks[n].failures = (int)s->m->core.node[n].kswapd_failures;
	if (st.oom || s->m->out_of_memory || s->reclaim->oom)
		r = SG_E_NOMEM;
	else if (ret)
		*ret = facts;
	free(st.block);
	free(st.page);
	return r;
}
