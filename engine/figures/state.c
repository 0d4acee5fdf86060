// SPDX-License-Identifier: GPL-2.0-only
/* What the machine's state tells: free blocks over time, nodes that nobody reclaims for, pageblocks at the end. */
#include "figures/priv.h"

#include <string.h>

#include "rules/kswapd.h"

/* The state is looked at once in so much of the run's time. */
#define SAMPLE_NS UINT64_C(1000000)

static uint64_t whole_free(const struct mm_machine *m)
{
	unsigned int pb = mm_pageblock_order(m), top = mm_nr_orders(m);
	struct mm_zone_info z;
	uint64_t n = 0;

	for (unsigned int i = 0; i < mm_nr_zones(m); i++) {
		mm_zone_get(m, i, &z);
		for (unsigned int o = pb; o < top; o++)
			n += z.free[o] << (o - pb);
	}
	return n;
}

void mm_figures_away(struct mm_figures *f, uint64_t pages)
{
	f->state.away = pages;
}

/* What was so at the last look has been so until now. */
void mm_fig_sample(struct mm_figures *f, const struct mm_machine *m, uint64_t ts)
{
	struct fig_state *s = &f->state;
	struct mm_node_info n;

	if (s->begun && ts < s->next)
		return;
	if (s->begun && ts > s->since) {
		uint64_t ns = ts - s->since;

		s->ns += ns;
		s->whole_ns += (unsigned __int128)s->whole * ns;
		for (unsigned int i = 0; i < MM_FIGURE_NODES; i++)
			s->hopeless_ns[i] += s->hopeless[i] ? ns : 0;
	}
	s->whole = whole_free(m);
	if (!s->begun || s->whole < s->whole_min)
		s->whole_min = s->whole;
	s->whole += s->away >> mm_pageblock_order(m);
	for (unsigned int i = 0; i < MM_FIGURE_NODES; i++) {
		mm_node_get(m, (int)i, &n);
		s->hopeless[i] = n.present && mm_kswapd_hopeless((int)n.kswapd_failures);
	}
	s->begun = true;
	s->since = ts;
	s->next = ts + SAMPLE_NS;
}

static int type_by_name(const struct sg_capture *cap, const char *name)
{
	for (unsigned int t = 0; t < cap->nr_migratetypes; t++)
		if (strcmp(cap->migratetype[t], name) == 0)
			return (int)t;
	return -1;
}

static bool movable_type(const struct sg_capture *cap, unsigned int mt)
{
	return mt < cap->nr_migratetypes && (strcmp(cap->migratetype[mt], "Movable") == 0 || (int)mt == cap->mt_cma);
}

static void count_blocks(struct mm_figures *f, const struct mm_machine *m)
{
	int unmovable = type_by_name(f->cap, "Unmovable"), reclaimable = type_by_name(f->cap, "Reclaimable"),
	    movable = type_by_name(f->cap, "Movable");
	unsigned int pb = mm_pageblock_order(m);
	struct mm_block_info b;

	for (uint64_t pfn = mm_next_pfn(m, 0); pfn != UINT64_MAX;) {
		uint64_t block = pfn >> pb;

		mm_block_get(m, block, &b);
		if (b.migratetype == MM_MT_UNKNOWN)
			b.migratetype = b.foreseen;
		f->v[MM_FIG_UNMOVABLE_END] += b.migratetype == unmovable;
		f->v[MM_FIG_RECLAIMABLE_END] += b.migratetype == reclaimable;
		f->v[MM_FIG_MOVABLE_END] += b.migratetype == movable;
		f->v[MM_FIG_POLLUTED_END] += movable_type(f->cap, b.migratetype) && b.nr_foreign;
		pfn = mm_next_pfn(m, (block + 1) << pb);
	}
}

void mm_fig_last(struct mm_figures *f, const struct mm_machine *m)
{
	struct fig_state *s = &f->state;
	struct mm_zone_info z;

	s->next = 0;
	mm_fig_sample(f, m, f->last_ts);
	count_blocks(f, m);
	for (unsigned int i = 0; i < mm_nr_zones(m); i++) {
		mm_zone_get(m, i, &z);
		f->v[MM_FIG_FREE_PAGES_END] += (int64_t)z.nr_free;
		for (unsigned int o = 0; o < MM_MAX_ORDERS; o++)
			f->v[MM_FIG_FREE_END + o] += (int64_t)z.free[o];
	}
	for (unsigned int o = mm_nr_orders(m); o < MM_MAX_ORDERS; o++)
		f->v[MM_FIG_FREE_END + o] = f->v[MM_FIG_OBTAINED + o] = MM_FIGURE_UNKNOWN;
	f->v[MM_FIG_WHOLE_FREE_END] = (int64_t)whole_free(m);
	f->v[MM_FIG_WHOLE_FREE_MIN] = (int64_t)s->whole_min;
	f->v[MM_FIG_WHOLE_FREE_MEAN] = s->ns ? (int64_t)(s->whole_ns * 1000 / s->ns) : (int64_t)s->whole * 1000;
	for (unsigned int i = 0; i < MM_FIGURE_NODES; i++) {
		struct mm_node_info n;

		mm_node_get(m, (int)i, &n);
		f->v[MM_FIG_HOPELESS + i] = n.present ? (int64_t)s->hopeless_ns[i] : MM_FIGURE_UNKNOWN;
	}
}
