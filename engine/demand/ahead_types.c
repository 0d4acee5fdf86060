// SPDX-License-Identifier: GPL-2.0-only
/*
 * What pageblocks were at the start: the type that the first event in them shows, as in time/foresight.c, which has the
 * reasons.  Kept by page, since a scan needn't know how large pageblocks are: the first event in a pageblock is the first of one of its
 * pages.
 *
 * A claim below pageblock order changes the type before its pick shows the new one; the old one is in the event of the claim,
 * the next of that CPU, which may name another page of the pageblock.  Both are kept, and told apart when somebody asks.
 * Source: mm/page_alloc.c: __rmqueue_smallest(), try_to_claim_block(), free_pcppages_bulk(), 6.10 to 7.3
 */
#include "demand/ahead_priv.h"

#include <stdlib.h>

static bool good(const struct mm_ahead *a, uint64_t pfn, uint64_t order, uint64_t mt)
{
	return order < MM_MAX_ORDERS && pfn < a->types.v.nr && a->types.v.nr - pfn >= UINT64_C(1) << order && mt < a->nr_types;
}

/* What @mt says of the time before: types that come and go without an event say nothing. */
static uint8_t before(const struct mm_ahead *a, uint64_t mt)
{
	return mt >= a->nr_types || (int64_t)mt == a->highatomic || (int64_t)mt == a->isolate ? MM_MT_UNKNOWN : (uint8_t)mt;
}

/* Event @n shows the block with type @mt; the page's entry when it is the first one there, else NULL. */
static struct ahead_type *shown(struct mm_ahead *a, uint64_t pfn, uint64_t order, uint64_t mt, uint64_t n)
{
	struct ahead_type *t = mm_ahead_own(a, &a->types, pfn);

	if (!t || t->at)
		return NULL;
	*t = (struct ahead_type){ .at = (uint32_t)n, .type = before(a, mt), .order = (uint8_t)order };
	return t;
}

/* The event after a pick: if it is a claim, maybe that of the page's pageblock. */
static void settle(struct mm_ahead *a, struct ahead_cpu *c, const struct sg_event *ev)
{
	struct ahead_type *t;

	c->waits = false;
	if (ev->kind != SG_EV_mm_page_alloc_extfrag || ev->v[SGF_mm_page_alloc_extfrag_pfn] >= UINT32_MAX)
		return;
	if (a->nr_claims == a->cap_claims) {
		uint32_t cap = a->cap_claims ? a->cap_claims * 2 : 256;
		struct ahead_claim *claim = realloc(a->claim, cap * sizeof(*claim));

		if (!claim) {
			a->oom = true;
			return;
		}
		a->claim = claim;
		a->cap_claims = cap;
	}
	t = mm_ahead_own(a, &a->types, c->waiting);
	if (!t)
		return;
	a->claim[a->nr_claims++] = (struct ahead_claim){
		.pfn = (uint32_t)ev->v[SGF_mm_page_alloc_extfrag_pfn],
		.type = before(a, ev->v[SGF_mm_page_alloc_extfrag_fallback_migratetype]),
	};
	t->claim = a->nr_claims;
}

/** What event @n shows of pageblocks' types. */
void mm_ahead_types(struct mm_ahead *a, const struct sg_event *ev, uint64_t n)
{
	struct ahead_cpu *c = ev->cpu < a->nr_cpus ? &a->cpu[ev->cpu] : NULL;
	uint64_t pfn, order, mt;

	if (c && c->waits)
		settle(a, c, ev);
	if (ev->kind == SG_EV_mm_page_alloc_zone_locked) {
		pfn = ev->v[SGF_mm_page_alloc_zone_locked_pfn];
		order = ev->v[SGF_mm_page_alloc_zone_locked_order];
		mt = ev->v[SGF_mm_page_alloc_zone_locked_migratetype];
		if (good(a, pfn, order, mt) && shown(a, pfn, order, mt, n) && c) {
			c->waits = true;
			c->waiting = (uint32_t)pfn;
		}
	} else if (ev->kind == SG_EV_mm_page_alloc_extfrag) {
		pfn = ev->v[SGF_mm_page_alloc_extfrag_pfn];
		order = ev->v[SGF_mm_page_alloc_extfrag_fallback_order];
		mt = ev->v[SGF_mm_page_alloc_extfrag_fallback_migratetype];
		if (good(a, pfn, 0, mt))
			shown(a, pfn, good(a, pfn, order, mt) && !(pfn & ((UINT64_C(1) << order) - 1)) ? order : 0, mt, n);
	} else if (ev->kind == SG_EV_mm_page_pcpu_drain) {
		pfn = ev->v[SGF_mm_page_pcpu_drain_pfn];
		order = ev->v[SGF_mm_page_pcpu_drain_order];
		mt = ev->v[SGF_mm_page_pcpu_drain_migratetype];
		if (good(a, pfn, order, mt))
			shown(a, pfn, order, mt, n);
	}
}

/* The first event of one page, if it is before @*at. */
static void take(const struct mm_ahead *a, uint64_t pfn, const struct ahead_type *t, unsigned int pb_order, uint32_t *at,
		 unsigned int *type)
{
	const struct ahead_claim *c = t->claim ? &a->claim[t->claim - 1] : NULL;

	if (!t->at || t->at >= *at)
		return;
	*at = t->at;
	/* a claim of whole pageblocks has no pick before it */
	*type = c && t->order < pb_order && c->pfn >> pb_order == pfn >> pb_order ? c->type : t->type;
}

unsigned int mm_ahead_type(const struct mm_ahead *a, uint64_t block, unsigned int pb_order)
{
	uint64_t first = block << pb_order, end = first + (UINT64_C(1) << pb_order);
	unsigned int type = MM_MT_UNKNOWN;
	const struct ahead_type *t;
	uint32_t at = UINT32_MAX;

	for (uint64_t p = first; p < end && p < a->types.v.nr && (t = mm_cow_next(&a->types, &p)) && p < end; p++)
		take(a, p, t, pb_order, &at, &type);
	/* larger blocks that begin before it */
	for (unsigned int o = pb_order + 1; o < MM_MAX_ORDERS; o++) {
		uint64_t p = first >> o << o;

		t = p < first && p < a->types.v.nr ? mm_cow_peek(&a->types, p) : NULL;
		if (t && t->order >= o)
			take(a, p, t, pb_order, &at, &type);
	}
	return type;
}
