// SPDX-License-Identifier: GPL-2.0-only
/*
 * A simulated run that starts from an observed machine, at whatever position that stands.
 *
 * The state is a copy.  What the observed run doesn't know, or doesn't follow, is filled in by fixed rules, the same for
 * every machine; they are listed at mm_sim_from() and in doc/allocator.md, and counted where they change a page or block.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/report.h"
#include "sim/start.h"

static void push_block(struct start *st, uint64_t pfn)
{
	if (st->nr == st->cap)
		st->block = mm_start_grow(st, st->block, &st->cap, sizeof(*st->block));
	if (st->nr < st->cap)
		st->block[st->nr++] = (uint32_t)pfn;
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
	mm_start_each_page(st, collect_loose);
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
		uint16_t reported = e->x & PE_X_REPORTED;

		e->om = (uint8_t)(order | mt << 4);
		mm_list_link(m, z, st->block[i], e, order, mt, true);
		e->x |= reported;
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

/*
 * The observed run's compactions end here: targets that they had taken are free again, at the tails, so that what is
 * known to be picked next still is.
 */
static void settle_isolated(struct start *st)
{
	struct mm_machine *m = st->s->m;

	st->nr = 0;
	mm_start_each_page(st, collect_isolated);
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

/* The snapshot that @src has taken up last. */
static const struct sg_snapshot *last_snapshot(const struct mm_machine *src, const struct mm_ahead *ahead, bool *ret_fresh)
{
	*ret_fresh = false;
	for (unsigned int i = src->cfg.nr_seeds; i-- > 0;) {
		const struct mm_seed *seed = &src->cfg.seed[i];

		if (!seed->snap || !(src->core.seeds_applied >> i & 1))
			continue;
		*ret_fresh = seed->marker_end && ahead && mm_ahead_from(ahead) == src->core.position &&
			     strncmp(mm_ahead_mark(ahead), seed->marker_end, strlen(seed->marker_end)) == 0;
		return seed->snap;
	}
	return NULL;
}

/**
 * mm_sim_start_settle() - the copied machine becomes one that can decide for itself
 * @src: the observed one
 * Return: 0, SG_E_NOMEM
 */
int mm_sim_start_settle(struct mm_sim *s, const struct mm_machine *src, const struct mm_ahead *ahead, struct mm_sim_facts *ret)
{
	struct mm_sim_facts facts = { 0 };
	struct start st = { .s = s, .facts = &facts, .ahead = ahead, .shuffle = s->cfg.seed };
	int r = SG_OK;

	st.snap = last_snapshot(src, ahead, &st.fresh);
	st.own_lists = src->hygiene;
	st.tunes = mm_has(src->facts, PCP_AUTO);
	forget_tasks(s->m);
	mm_start_flags(&st);
	for (unsigned int i = 0; i < s->m->core.nr_zones; i++) {
		st.z = &s->m->core.zone[i];
		if (st.z->start >= st.z->end)
			continue;
		mm_start_types(&st);
		settle_lists(&st);
		settle_isolated(&st);
	}
	mm_start_pcp(&st);
	mm_start_tune(&st);
	mm_sim_report_begin(s);
	for (unsigned int i = 0; i < s->m->core.nr_zones; i++) {
		st.z = &s->m->core.zone[i];
		if (st.z->start < st.z->end)
			mm_start_each_page(&st, mm_start_lru_collect);
		facts.pages_unknown += st.z->nr_pages[PS_UNKNOWN];
		if (s->cap.mt_highatomic >= 0)
			s->alloc->zone[i].reserved_highatomic = st.z->type_blocks[s->cap.mt_highatomic] << s->m->pb_order;
	}
	if (!st.oom)
		mm_start_lru(&st);
	if (!st.oom)
		mm_start_compact(&st);
	for (unsigned int n = 0; n < MM_MAX_NODES; n++)
		s->reclaim->ks[n].failures = (int)s->m->core.node[n].kswapd_failures;
	if (st.oom || s->m->out_of_memory || s->reclaim->oom)
		r = SG_E_NOMEM;
	else if (ret)
		*ret = facts;
	mm_cow_fini(&st.marks);
	free(st.block);
	free(st.page);
	return r;
}
