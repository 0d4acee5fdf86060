// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where whoever follows the trace of a simulated run begins: a snapshot as /proc would show the simulated machine, and
 * a machine in its state, which knows also what no file of /proc tells: the order of free lists, per-cpu lists.
 */
#include <stdio.h>
#include <string.h>

#include "machine/page.h"
#include "policy/choice.h"
#include "sim/priv.h"

/* Bits of /proc/kpageflags (include/uapi/linux/kernel-page-flags.h). */
#define KPF_LRU (1ull << 5)
#define KPF_ACTIVE (1ull << 6)
#define KPF_BUDDY (1ull << 10)
#define KPF_ANON (1ull << 12)
#define KPF_SWAPBACKED (1ull << 14)
#define KPF_UNEVICTABLE (1ull << 18)
#define KPF_NOPAGE (1ull << 20)

static uint64_t flags_of(const struct mm_machine *m, uint64_t pfn)
{
	static const uint64_t lru[] = { [MM_LRU_NONE] = 0, [MM_LRU_ANON] = KPF_LRU | KPF_ANON | KPF_SWAPBACKED,
					[MM_LRU_FILE] = KPF_LRU, [MM_LRU_UNEVICTABLE] = KPF_LRU | KPF_UNEVICTABLE };
	struct page_ent e;

	if (mm_zone_index(m, pfn) < 0)
		return KPF_NOPAGE;
	e = mm_ent(m, pfn);
	switch (ent_state(&e)) {
	case PS_NONE:
		return KPF_NOPAGE;
	case PS_FREE:
	case PS_FREET:
		return KPF_BUDDY;
	case PS_ALLOC:
		return lru[(e.st & PE_LRU) >> 3] | (e.st & PE_ACTIVE ? KPF_ACTIVE : 0);
	default: /* on a per-cpu list a page has no flags, nor has one of which nothing is known */
		return 0;
	}
}

static int page_flags(const struct sg_snapshot *snap, sg_pageflags_fn fn, void *arg)
{
	const struct mm_sim *s = snap->priv;
	uint64_t word[512];

	for (uint64_t pfn = 0; pfn < snap->nr_pfns;) {
		size_t n = 0;
		int r;

		for (; n < sizeof(word) / sizeof(word[0]) && pfn + n < snap->nr_pfns; n++)
			word[n] = flags_of(s->m, pfn + n);
		r = fn(arg, pfn, word, n);
		if (r)
			return r;
		pfn += n;
	}
	return 0;
}

const struct sg_snapshot *mm_sim_snapshot_pages(struct mm_sim *s)
{
	mm_sim_snapshot(s);
	for (unsigned int i = 0; i < s->m->core.nr_zones; i++) {
		struct sg_zone_snap *zs = &s->told_zone[i];
		struct mm_zone_info zi;

		mm_zone_get(s->m, i, &zi);
		zs->have_free = zs->have_types = true;
		zs->nr_orders = s->m->nr_orders;
		memcpy(zs->free, zi.free, sizeof(zs->free));
		memcpy(zs->type_free, zi.type_free, sizeof(zs->type_free));
		memcpy(zs->type_blocks, zi.type_blocks, sizeof(zs->type_blocks));
		zs->known |= SG_ZONE_NR_FREE;
		zs->nr_free = zi.nr_free;
	}
	s->told.name = "before";
	s->told.have_pageflags = true;
	s->told.nr_pfns = s->m->end_pfn;
	s->told.pageflags = page_flags;
	s->told.priv = s;
	return &s->told;
}

/* Every page as @s has it; where the snapshot says the same, nothing needs to be kept. */
static void take_pages(struct mm_machine *m, const struct mm_machine *from, const struct zone_state *z)
{
	for (uint64_t pfn = z->start; pfn < z->end; pfn++) {
		struct page_ent e = mm_ent(from, pfn), was = mm_ent_seed(m, pfn), is;

		e.since = 0;
		is = mm_ent_meaning(&e);
		if (memcmp(&is, &was, sizeof(is)) != 0)
			*mm_ent_own(m, pfn) = e;
	}
}

static void take_blocks(struct mm_machine *m, const struct mm_machine *from, const struct zone_state *z)
{
	for (uint64_t b = z->start >> m->pb_order; b <= (z->end - 1) >> m->pb_order; b++) {
		struct block_ent e = mm_blk(from, b), was = mm_blk_seed(m, b);

		e.changed = 0;
		if (memcmp(&e, &was, sizeof(e)) != 0)
			*mm_blk_own(m, b) = e;
	}
}

static void take_zone(struct zone_state *z, const struct zone_state *from)
{
	struct zone_state was = *z;

	*z = *from;
	/* as the snapshot has them: with the boost of the moment */
	z->wmark_min = was.wmark_min;
	z->wmark_low = was.wmark_low;
	z->wmark_high = was.wmark_high;
	z->wmark_promo = was.wmark_promo;
	memset(z->over, 0, sizeof(z->over)); /* events before the start count as none */
	z->search_start_le = was.search_start_le;
	z->search_start_gt = was.search_start_gt;
}

static bool reports_as_mainline(const struct mm_policy *p)
{
	int i = mm_choice_find("reporting", strlen("reporting"));
	const struct mm_choice *c = i < 0 ? NULL : mm_choice((unsigned int)i);
	bool yes = false;

	for (unsigned int v = 0; c && v < c->nr; v++)
		yes |= (p->choice[i] >> v & 1) && strcmp(c->value[v].key, "mainline") == 0;
	return yes;
}

struct mm_machine *mm_sim_observed(const struct mm_sim *s, const struct mm_config *cfg, struct sg_err *err)
{
	const struct mm_machine *from = s->m;
	struct mm_machine *m = mm_machine_new(cfg, err);
	const struct pcp_state *p;

	if (!m)
		return NULL;
	if (m->core.nr_zones != from->core.nr_zones || m->nr_cpus != from->nr_cpus || m->pb_order != from->pb_order ||
	    m->nr_orders != from->nr_orders || m->end_pfn != from->end_pfn) {
		sg_fail(err, SG_E_RANGE, "the description of the simulated machine is of another one");
		mm_machine_free(m);
		return NULL;
	}
	memcpy(m->gfp, from->gfp, sizeof(m->gfp));
	m->core.nr_gfp = from->core.nr_gfp;
	memcpy(m->core.gfp_order, from->core.gfp_order, sizeof(m->core.gfp_order));
	for (unsigned int i = 0; i < m->core.nr_zones; i++) {
		take_pages(m, from, &from->core.zone[i]);
		take_blocks(m, from, &from->core.zone[i]);
		take_zone(&m->core.zone[i], &from->core.zone[i]);
	}
	for (uint64_t i = 0; (p = mm_cow_next(&from->pcp, &i)) != NULL; i++) {
		struct pcp_state *own = mm_cow_own(&m->pcp, i, mm_pcp_fill, NULL);

		if (own)
			*own = *p;
		else
			m->out_of_memory = true;
	}
	/* who follows knows what the kernel's own reporter does */
	m->core.reporting |= from->core.reporting || reports_as_mainline(&s->policy);
	for (unsigned int n = 0; n < MM_MAX_NODES; n++) {
		m->core.node[n].present = from->core.node[n].present;
		m->core.node[n].kswapd_failures = from->core.node[n].kswapd_failures;
	}
	if (m->out_of_memory) {
		sg_fail(err, SG_E_NOMEM, "out of memory for a copy of the machine");
		mm_machine_free(m);
		return NULL;
	}
	return m;
}
