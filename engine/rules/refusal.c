// SPDX-License-Identifier: GPL-2.0-only
/* Why a request got no page; see the header. */
#include "rules/refusal.h"

#include <stdio.h>
#include <string.h>

#include "rules/slowpath.h"

static const struct {
	const char *key, *word;
} why_name[MM_REFUSAL_COUNT] = {
#define X(id, key, text) [MM_REFUSAL_##id] = { key, text },
	MM_REFUSAL_LIST(X)
#undef X
};

const char *mm_refusal_key(enum mm_refusal_why why)
{
	return why < MM_REFUSAL_COUNT ? why_name[why].key : "unknown";
}

const char *mm_refusal_word(enum mm_refusal_why why)
{
	return why < MM_REFUSAL_COUNT ? why_name[why].word : "unknown";
}

static int zone_type(const struct sg_capture *cap, const char *name)
{
	for (unsigned int i = 0; i < cap->nr_zone_types && i < SG_MAX_ZONE_TYPES; i++)
		if (strcmp(cap->zone_type[i], name) == 0)
			return (int)i;
	return -1;
}

static uint32_t by_meaning(uint32_t want)
{
	static const struct {
		uint32_t want, gfp;
	} map[] = {
		{ SG_WANT_DIRECT_RECLAIM, MM_GFP_DIRECT_RECLAIM }, { SG_WANT_KSWAPD, MM_GFP_KSWAPD_RECLAIM },
		{ SG_WANT_IO, MM_GFP_IO }, { SG_WANT_FS, MM_GFP_FS }, { SG_WANT_HIGH, MM_GFP_HIGH },
		{ SG_WANT_NORETRY, MM_GFP_NORETRY }, { SG_WANT_RETRY_MAYFAIL, MM_GFP_RETRY_MAYFAIL },
		{ SG_WANT_NOFAIL, MM_GFP_NOFAIL }, { SG_WANT_THISNODE, MM_GFP_THISNODE },
		{ SG_WANT_MEMALLOC, MM_GFP_MEMALLOC }, { SG_WANT_NOMEMALLOC, MM_GFP_NOMEMALLOC },
		{ SG_WANT_COMP, MM_GFP_COMP },
	};
	uint32_t gfp = MM_GFP_CMA_OK;

	for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if (want & map[i].want)
			gfp |= map[i].gfp;
	return gfp;
}

/* Source: include/linux/gfp.h: gfp_zone(): the zone modifiers, a type that the kernel doesn't have is the next lower one */
static const char *highest_zone(const struct sg_capture *cap, uint32_t want)
{
	if (want & SG_WANT_DMA)
		return zone_type(cap, "DMA") >= 0 ? "DMA" : "Normal";
	if (want & SG_WANT_DMA32)
		return zone_type(cap, "DMA32") >= 0 ? "DMA32" : "Normal";
	if (want & SG_WANT_HIGHMEM)
		return want & SG_WANT_MOVABLE ? "Movable" : zone_type(cap, "HighMem") >= 0 ? "HighMem" : "Normal";
	return "Normal";
}

void mm_refusal_may(const struct sg_capture *cap, const struct sg_request *r, struct mm_refusal_may *ret)
{
	unsigned int order = r->order > 0 ? (unsigned int)r->order : 0;
	bool movable = r->want & SG_WANT_MOVABLE;

	*ret = (struct mm_refusal_may){ .known = r->have_want, .zid = -1 };
	if (!r->have_want) { /* all but what only some may use */
		ret->types = (uint8_t)~0u;
		return;
	}
	ret->flags = mm_alloc_flags_slow((struct mm_facts){ { 0 } }, by_meaning(r->want), order, movable, false) |
		     mm_alloc_flags_reserve(by_meaning(r->want), false, false);
	snprintf(ret->zone, sizeof(ret->zone), "%s", highest_zone(cap, r->want));
	ret->zid = zone_type(cap, ret->zone);
	for (unsigned int t = 0; t < cap->nr_migratetypes && t < SG_MAX_MIGRATETYPES; t++) {
		bool ok = (int)t == cap->mt_isolate   ? false :
			  (int)t == cap->mt_cma	      ? ret->flags & MM_ALLOC_CMA :
			  (int)t == cap->mt_highatomic ? ret->flags & (MM_ALLOC_HIGHATOMIC | MM_ALLOC_OOM) :
							 true;

		ret->types |= (uint8_t)(ok << t);
	}
}

/* Free blocks by list: whose they are, and how large the largest ones are. */
static void blocks(const struct sg_zone_snap *z, unsigned int order, const struct mm_refusal_may *may,
		   struct mm_refusal *ret)
{
	unsigned int nr = z->nr_orders < SG_MAX_ORDERS ? z->nr_orders : SG_MAX_ORDERS;
	uint64_t all = 0, pages = 0;

	ret->largest = ret->largest_any = -1;
	for (unsigned int o = 0; o < nr; o++) {
		uint8_t types = z->types_at[o];

		if (z->free[o] == 0)
			continue;
		all += z->free[o];
		pages += z->free[o] < UINT64_MAX >> 20 ? z->free[o] << o : 0;
		ret->largest_any = (int)o;
		if (types & may->types)
			ret->largest = (int)o;
		if (o >= order) {
			ret->blocks += z->free[o];
			ret->their_types |= types;
		}
	}
	if (ret->blocks)
		ret->index = -1000;
	else if (all && order < 32)
		ret->index = 1000 - (int)((1000 + pages * 1000 / (UINT64_C(1) << order)) / all);
}

static bool allowed_node(const struct sg_request *r, const struct sg_zone_snap *z)
{
	if (r->nodemask.known && !sg_nodes_has(&r->nodemask, z->node))
		return false;
	return !r->mems_allowed.known || sg_nodes_has(&r->mems_allowed, z->node);
}

/* A type's place when the reserves don't tell all types of this kernel. */
static int rough_type(const char *name)
{
	static const char *const names[] = { "DMA", "DMA32", "Normal", "HighMem", "Movable", "Device" };

	for (int i = 0; i < 6; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}

static void numbers(const struct sg_capture *cap, const struct sg_zone_snap *z, const struct mm_refusal_may *may,
		    unsigned int order, struct mm_refusal *ret)
{
	struct mm_wmark_zone w = { .known = true, .node = z->node, .type = zone_type(cap, z->name) };
	unsigned int zid = may->zid >= 0 ? (unsigned int)may->zid : SG_MAX_ZONE_TYPES;

	w.free = ret->free;
	w.min = mm_wmark_pages(z->wmark_min);
	ret->boost = z->known & SG_ZONE_BOOST ? mm_wmark_pages(z->wmark_boost) : -1;
	if (z->known & SG_ZONE_FREE_HIGHATOMIC)
		w.free_highatomic = mm_wmark_pages(z->free_highatomic);
	else if (z->known & SG_ZONE_HIGHATOMIC)
		w.free_highatomic = mm_wmark_pages(z->reserved_highatomic);
	ret->highatomic_known = z->known & (SG_ZONE_FREE_HIGHATOMIC | SG_ZONE_HIGHATOMIC);
	ret->highatomic_whole = !(z->known & SG_ZONE_FREE_HIGHATOMIC);
	if (z->known & SG_ZONE_FREE_CMA)
		w.free_cma = mm_wmark_pages(z->free_cma);
	ret->cma_known = z->known & SG_ZONE_FREE_CMA;
	for (unsigned int k = 0; k < z->nr_protection && k < SG_MAX_ZONE_TYPES; k++)
		w.reserve[k] = mm_wmark_pages(z->protection[k]);
	ret->reserve_known = zid < z->nr_protection;
	ret->mark = w.min;
	ret->reserve = zid < SG_MAX_ZONE_TYPES ? w.reserve[zid] : 0;
	ret->need = mm_wmark_need(&w, w.min, zid, may->flags);
	ret->lowered = w.min + ret->reserve - ret->need;
	ret->usable = mm_wmark_margin(&w, order, w.min, zid, may->flags, ret->free) + ret->need;
	ret->order_pages = (INT64_C(1) << order) - 1;
	ret->highatomic = may->flags & MM_ALLOC_RESERVES ? 0 : w.free_highatomic;
	ret->cma = may->flags & MM_ALLOC_CMA ? 0 : w.free_cma;
	if (may->flags & MM_ALLOC_NO_WATERMARKS)
		ret->need = INT64_MIN / 4;
}

void mm_refusal_zone(const struct sg_capture *cap, const struct sg_snapshot *snap, unsigned int i,
		     const struct mm_refusal_may *may, struct mm_refusal *ret)
{
	static const struct sg_request none;
	const struct sg_request *r = snap->still ? &snap->still->request : &none;
	const struct sg_zone_snap *z = &snap->zone[i];
	unsigned int order = r->order > 0 ? (unsigned int)r->order : 0;
	bool passes, counted;

	*ret = (struct mm_refusal){ .why = MM_REFUSAL_UNKNOWN, .boost = -1, .largest = -1, .largest_any = -1 };
	for (unsigned int o = 0; !(z->known & SG_ZONE_NR_FREE) && z->have_free && o < SG_MAX_ORDERS; o++)
		ret->free += z->free[o] < UINT64_MAX >> 20 ? (int64_t)(z->free[o] << o) : 0;
	if (z->known & SG_ZONE_NR_FREE)
		ret->free = mm_wmark_pages(z->nr_free);
	counted = (z->known & SG_ZONE_NR_FREE) || z->have_free;
	blocks(z, order, may, ret);
	ret->types_known = z->have_free && (z->known & SG_ZONE_TYPES_AT) && may->known;
	if (!snap->still || !snap->still->have_request || r->order < 0 || order >= 32)
		return;
	numbers(cap, z, may, order, ret);
	if (may->known && rough_type(z->name) > rough_type(may->zone)) {
		ret->why = MM_REFUSAL_ZONE_TYPE;
		return;
	}
	if (!allowed_node(r, z)) {
		ret->why = MM_REFUSAL_NODE;
		return;
	}
	if ((z->known & SG_ZONE_SIZE) && z->managed == 0) {
		ret->why = MM_REFUSAL_EMPTY;
		return;
	}
	if (!(z->known & SG_ZONE_WMARKS) || !counted)
		return;
	passes = ret->usable > ret->need;
	/* without the mode, what it may do at most must fail for a verdict: half of a quarter less of min, no reserves */
	if (!may->known) {
		struct mm_refusal_may most = { .flags = MM_ALLOC_RESERVES | MM_ALLOC_CMA, .zid = -1 };
		struct mm_refusal best = *ret;

		numbers(cap, z, &most, order, &best);
		if (!passes && best.usable > best.need)
			return;
		if (!passes) {
			ret->why = MM_REFUSAL_WATERMARK;
			return;
		}
	} else if (!passes) {
		/* a reserve that isn't known could only make it worse */
		ret->why = MM_REFUSAL_WATERMARK;
		return;
	} else if (!ret->reserve_known && zone_type(cap, z->name) != may->zid) {
		return;
	}
	if (order == 0) {
		ret->why = MM_REFUSAL_PASSES;
		return;
	}
	if (!z->have_free)
		return;
	if (ret->blocks == 0)
		ret->why = MM_REFUSAL_FRAGMENTED;
	else if (!ret->types_known)
		ret->why = MM_REFUSAL_UNKNOWN;
	else
		ret->why = ret->largest >= (int)order ? MM_REFUSAL_PASSES : MM_REFUSAL_LISTS;
}

enum mm_refusal_why mm_refusal_nearest(const struct sg_capture *cap, const struct sg_snapshot *snap, int *ret_zone)
{
	enum mm_refusal_why best = MM_REFUSAL_ZONE_TYPE;
	struct mm_refusal_may may;
	int64_t margin = INT64_MIN;

	*ret_zone = -1;
	if (!snap->still || !snap->still->have_request)
		return MM_REFUSAL_UNKNOWN;
	mm_refusal_may(cap, &snap->still->request, &may);
	for (unsigned int i = 0; i < snap->nr_zones; i++) {
		struct mm_refusal z;

		mm_refusal_zone(cap, snap, i, &may, &z);
		if (*ret_zone >= 0 && (z.why < best || (z.why == best && z.usable - z.need <= margin)))
			continue;
		best = z.why;
		margin = z.usable - z.need;
		*ret_zone = (int)i;
	}
	return *ret_zone < 0 ? MM_REFUSAL_UNKNOWN : best;
}
