// SPDX-License-Identifier: GPL-2.0-only
/* What policies see of a machine: pfns are the kernel's, nothing can be changed. */
#include "rules/eye.h"

#include <stdio.h>
#include <string.h>

#include "policy/choice.h"
#include "rules/compact.h"
#include "rules/watermark.h"

static const struct mm_sight *sight(const struct mm_eye *eye)
{
	return eye->of;
}

static bool zone(const struct mm_eye *eye, unsigned int zi, struct mm_eye_zone *ret)
{
	const struct mm_sight *s = sight(eye);
	const struct zone_state *z;
	int64_t had;

	if (zi >= s->m->core.nr_zones)
		return false;
	z = &s->m->core.zone[zi];
	had = mm_wmark_boost_in(&s->m->cfg, z);
	*ret = (struct mm_eye_zone){
		.node = z->node, .type = z->zone_type, .start_pfn = mm_out(s->m, z->start), .end_pfn = mm_edge_out(s->m, z->end),
		.managed = mm_wmark_pages(z->managed), .min = mm_wmark_pages(z->wmark_min) - had,
			.low = mm_wmark_pages(z->wmark_low) - had,
		.high = mm_wmark_pages(z->wmark_high) - had, .promo = mm_wmark_pages(z->wmark_promo) - had,
		.boost = s->boost ? s->boost(s->arg, zi) : 0,
	};
	ret->free = mm_free_pages_of(s->m, z, &ret->free_blocks);
	snprintf(ret->name, sizeof(ret->name), "%s", z->name);
	return true;
}

static int zone_of(const struct mm_eye *eye, uint64_t pfn)
{
	return mm_zone_of(sight(eye)->m, pfn);
}

static uint64_t list_blocks(const struct mm_eye *eye, unsigned int zi, unsigned int order, unsigned int mt)
{
	const struct mm_machine *m = sight(eye)->m;

	if (zi >= m->core.nr_zones || order >= m->nr_orders || mt >= SG_MAX_MIGRATETYPES)
		return 0;
	return (uint64_t)m->core.zone[zi].list[order][mt].nr_linked + m->core.zone[zi].list[order][mt].nr_unplaced;
}

static unsigned int list(const struct mm_eye *eye, unsigned int zi, unsigned int order, unsigned int mt, uint64_t *pfn,
			 unsigned int max)
{
	return mt < SG_MAX_MIGRATETYPES ? (unsigned int)mm_free_list(sight(eye)->m, zi, order, mt, pfn, max, NULL) : 0;
}

static bool page(const struct mm_eye *eye, uint64_t pfn, struct mm_eye_page *ret)
{
	static const uint8_t state[] = {
		[MM_PAGE_NONE] = MM_EYE_NONE, [MM_PAGE_UNKNOWN] = MM_EYE_UNKNOWN, [MM_PAGE_FREE] = MM_EYE_FREE,
		[MM_PAGE_PCP] = MM_EYE_PCP, [MM_PAGE_ALLOC] = MM_EYE_USED, [MM_PAGE_ISOLATED] = MM_EYE_ISOLATED,
	};
	const struct mm_machine *m = sight(eye)->m;
	int zi = mm_zone_of(m, pfn);
	struct mm_page_info p;

	if (zi < 0)
		return false;
	mm_page_get(m, pfn, &p);
	*ret = (struct mm_eye_page){ .head = p.head, .order = p.order, .state = state[p.state], .lru = (uint8_t)p.lru,
				     .mt = p.migratetype, .active = p.active, .pid = p.pid, .zone = (uint32_t)zi };
	return true;
}

static bool block(const struct mm_eye *eye, uint64_t pfn, struct mm_eye_block *ret)
{
	const struct mm_machine *m = sight(eye)->m;
	struct mm_block_info b;

	if (mm_zone_of(m, pfn) < 0)
		return false;
	mm_block_get(m, pfn >> m->pb_order, &b);
	*ret = (struct mm_eye_block){ .mt = b.migratetype, .free = b.nr_free, .pcp = b.nr_pcp, .used = b.nr_alloc,
				      .isolated = b.nr_isolated, .foreign = b.nr_foreign };
	return true;
}

static uint64_t type_blocks(const struct mm_eye *eye, unsigned int zi, unsigned int mt)
{
	const struct mm_machine *m = sight(eye)->m;

	return zi < m->core.nr_zones && mt < SG_MAX_MIGRATETYPES ? m->core.zone[zi].type_blocks[mt] : 0;
}

static bool node(const struct mm_eye *eye, unsigned int n, struct mm_eye_node *ret)
{
	const struct mm_node_info *i;

	if (n >= MM_MAX_NODES)
		return false;
	i = &sight(eye)->m->core.node[n];
	*ret = (struct mm_eye_node){ .present = i->present, .kswapd_awake = i->kswapd_awake,
				     .kcompactd_awake = i->kcompactd_awake,
				     .kswapd_order = i->kswapd_order, .kcompactd_order = i->kcompactd_order,
				     .kswapd_failures = i->kswapd_failures };
	return i->present;
}

/* The number of a chosen value, by its name. */
static bool number_of(const struct mm_policy *p, const char *key, int64_t *ret)
{
	const struct mm_choice *c;

	for (unsigned int i = 0; (c = mm_choice(i)) != NULL; i++)
		for (unsigned int v = 0; p->choice[i] && v < c->nr; v++)
			if ((p->choice[i] >> v & 1) && c->value[v].number && strcmp(c->value[v].key, key) == 0) {
				*ret = p->number[i];
				return true;
			}
	return false;
}

static bool setting(const struct mm_eye *eye, const char *key, int64_t *ret)
{
	for (unsigned int t = 0; t < MM_TUNE_COUNT; t++)
		if (strcmp(mm_tunable_key((enum mm_tunable)t), key) == 0) {
			*ret = sight(eye)->policy->tune[t];
			return true;
		}
	if (number_of(sight(eye)->policy, key, ret))
		return true;
	if (mm_fact_find(key, strlen(key)) == MM_FACT_COUNT)
		return false;
	*ret = mm_facts_has(sight(eye)->policy->facts, mm_fact_find(key, strlen(key)));
	return true;
}

static bool count(const struct mm_eye *eye, const char *key, uint64_t *ret)
{
	const struct mm_sight *s = sight(eye);

	return s->count && s->count(s->arg, key, ret);
}

static int64_t reserve(const struct mm_eye *eye, unsigned int zi, unsigned int zone_type)
{
	const struct mm_sight *s = sight(eye);
	const struct sg_zone_snap *zs;

	if (zi >= s->m->core.nr_zones || zone_type >= SG_MAX_ZONE_TYPES)
		return 0;
	if (s->reserve)
		return s->reserve(s->arg, zi, zone_type);
	zs = mm_wmark_snap(&s->m->cfg, &s->m->core.zone[zi]);
	return zs && zone_type < zs->nr_protection ? mm_wmark_pages(zs->protection[zone_type]) : 0;
}

static int suitable(const struct mm_eye *eye, unsigned int zi, unsigned int order, unsigned int zone_type, int64_t mark)
{
	const struct mm_sight *s = sight(eye);
	struct mm_zone_info info;
	struct mm_wmark_zone w;
	struct mm_eye_zone z;

	if (!zone(eye, zi, &z) || order >= s->m->nr_orders || !s->m->core.zone[zi].list_known)
		return -1;
	mm_wmark_zone_of(s->m, &s->m->core.zone[zi], s->policy->facts, &w);
	w.min = z.min;
	w.low = z.low;
	w.boost = z.boost;
	for (unsigned int t = 0; t < SG_MAX_ZONE_TYPES; t++)
		w.reserve[t] = reserve(eye, zi, t);
	if (!mm_wmark_suitable(&w, s->policy->facts, order, mark, zone_type, w.free))
		return MM_COMPACT_SKIPPED;
	mm_zone_get(s->m, zi, &info);
	return mm_suitable_index(order, mm_fragmentation_index(&info, order), s->policy->tune[MM_TUNE_EXTFRAG_THRESHOLD]) ?
		       MM_COMPACT_CONTINUE : MM_COMPACT_NOT_SUITABLE_ZONE;
}

/* ---- free lists, block by block ------------------------------------------------------ */

/* The free block at @pfn, where it stands on a list of which all is known; its list in *@ret. */
static bool listed(const struct mm_machine *m, uint64_t pfn, struct page_ent *ret, const struct free_list **ret_list)
{
	int zi = mm_zone_of(m, pfn);

	if (zi < 0)
		return false;
	*ret = mm_ent(m, mm_in(m, pfn));
	if (ent_state(ret) != PS_FREE || !(ret->st & PE_LINK) || ent_mt(ret) >= SG_MAX_MIGRATETYPES)
		return false;
	*ret_list = &m->core.zone[zi].list[ent_order(ret)][ent_mt(ret)];
	return (*ret_list)->nr_unplaced == 0;
}

static uint64_t out_or_none(const struct mm_machine *m, uint32_t pfn)
{
	return pfn == MM_NIL ? MM_NO_PFN : mm_out(m, pfn);
}

static uint64_t behind(const struct mm_eye *eye, uint64_t pfn)
{
	const struct mm_machine *m = sight(eye)->m;
	const struct free_list *l;
	struct page_ent e;

	if (!listed(m, pfn, &e, &l))
		return MM_NO_PFN;
	return out_or_none(m, e.a == MM_NIL && l->head_last == mm_in(m, pfn) ? l->tail_first : e.a);
}

static uint64_t before(const struct mm_eye *eye, uint64_t pfn)
{
	const struct mm_machine *m = sight(eye)->m;
	const struct free_list *l;
	struct page_ent e;

	if (!listed(m, pfn, &e, &l))
		return MM_NO_PFN;
	return out_or_none(m, e.b == MM_NIL && l->tail_first == mm_in(m, pfn) ? l->head_last : e.b);
}

static uint64_t last(const struct mm_eye *eye, unsigned int zi, unsigned int order, unsigned int mt)
{
	const struct mm_machine *m = sight(eye)->m;
	const struct free_list *l;

	if (zi >= m->core.nr_zones || order >= m->nr_orders || mt >= SG_MAX_MIGRATETYPES)
		return MM_NO_PFN;
	l = &m->core.zone[zi].list[order][mt];
	return out_or_none(m, l->tail_last != MM_NIL || l->nr_unplaced ? l->tail_last : l->head_last);
}

static bool reported(const struct mm_eye *eye, uint64_t pfn)
{
	const struct mm_machine *m = sight(eye)->m;
	struct page_ent e;

	if (mm_zone_of(m, pfn) < 0)
		return false;
	e = mm_ent(m, mm_in(m, pfn));
	return ent_state(&e) == PS_FREE && (e.x & PE_X_REPORTED);
}

void mm_eye_open(struct mm_eye *eye, const struct mm_sight *s)
{
	const struct sg_capture *cap = s->m->cap;

	*eye = (struct mm_eye){
		.size = sizeof(*eye), .nr_zones = s->m->core.nr_zones, .nr_orders = s->m->nr_orders,
			.pageblock_order = s->m->pb_order,
		.nr_cpus = s->m->nr_cpus, .page_size = cap->page_size, .nr_migratetypes = cap->nr_migratetypes,
		.mt_highatomic = cap->mt_highatomic, .mt_cma = cap->mt_cma, .mt_isolate = cap->mt_isolate, .of = s,
		.zone = zone, .zone_of = zone_of, .list_blocks = list_blocks, .list = list, .page = page, .block = block,
		.type_blocks = type_blocks, .node = node, .setting = setting, .count = count, .reserve = reserve,
		.suitable = suitable, .behind = behind, .before = before, .last = last, .reported = reported,
		.seed = s->seed,
	};
}
