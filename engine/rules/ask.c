// SPDX-License-Identifier: GPL-2.0-only
/* Policies asked, and their answers judged.  A judge returns NULL, or what is wrong, and the number that is. */
#include "rules/ask.h"

#include <string.h>

#include "rules/compact.h"
#include "rules/eye.h"

static const struct mm_machine *machine(const struct mm_overlays *o)
{
	return ((const struct mm_sight *)o->eye.of)->m;
}

static const char *yes_or_no(uint32_t v, int64_t *bad)
{
	*bad = v;
	return v > 1 ? "the answer must be 0 or 1" : NULL;
}

static const char *order_ok(const struct mm_overlays *o, uint32_t order, int64_t *bad)
{
	*bad = order;
	return order >= o->eye.nr_orders ? "the machine has no such order" : NULL;
}

/* ---- the allocator ----------------------------------------------------------------- */

static const char *judge_flags(const struct mm_overlays *o, const struct mm_ask_flags *in, const uint32_t *flags, int64_t *bad)
{
	(void)o;
	*bad = *flags;
	if (*flags & ~(MM_ALLOC_RESERVES | MM_ALLOC_CMA | MM_ALLOC_NOFRAGMENT | MM_ALLOC_KSWAPD | MM_ALLOC_NO_WATERMARKS |
		       MM_ALLOC_WMARK_MASK))
		return "there are no such flags";
	if ((*flags & MM_ALLOC_WMARK_MASK) == MM_ALLOC_WMARK_MASK)
		return "there is no such watermark";
	return (*flags & MM_ALLOC_CMA) && in->mt != MM_MT_MOVABLE ? "CMA pageblocks are for Movable requests" : NULL;
}

/* Is it a free block of the zone, from its first page on, of @order or more?  @ret: its head's entry */
static const char *free_block(const struct mm_overlays *o, unsigned int zone, uint64_t pfn, unsigned int order,
			      struct page_ent *ret,
			      int64_t *bad)
{
	const struct mm_machine *m = machine(o);
	int zi = mm_zone_of(m, pfn);

	*bad = (int64_t)pfn;
	if (zi < 0 || (unsigned int)zi != zone)
		return "the page is not in the zone";
	*ret = mm_ent(m, mm_in(m, pfn));
	if (ent_state(ret) != PS_FREE)
		return "the page is not the first of a free block";
	*bad = ent_order(ret);
	return ent_order(ret) < order ? "the block is too small" : NULL;
}

/* The list that a free block is on; where only a snapshot knows it, that of its pageblock's type. */
static unsigned int list_of(const struct mm_machine *m, uint64_t pfn, const struct page_ent *e)
{
	return ent_mt(e) != 15 ? ent_mt(e) : mm_blk(m, mm_in(m, pfn) >> m->pb_order).mt;
}

static const char *judge_pick(const struct mm_overlays *o, const struct mm_ask_pick *in, const uint64_t *pfn, int64_t *bad)
{
	struct page_ent e;
	const char *why = free_block(o, in->zone, *pfn, in->order, &e, bad);

	if (why)
		return why;
	*bad = list_of(machine(o), *pfn, &e);
	return *bad != in->mt ? "the block is on another type's list" : NULL;
}

static const char *judge_fallback(const struct mm_overlays *o, const struct mm_ask_fallback *in,
				  const struct mm_reply_fallback *r,
				  int64_t *bad)
{
	const struct mm_machine *m = machine(o);
	const char *why = yes_or_no(r->claim, bad);
	const struct zone_state *z;
	uint64_t first;
	struct page_ent e;

	if (why || r->pfn == MM_NO_PFN)
		return why;
	why = free_block(o, in->zone, r->pfn, in->order, &e, bad);
	if (why)
		return why;
	*bad = list_of(m, r->pfn, &e);
	if (*bad == in->mt)
		return "the block is on the request's own list";
	if (*bad >= MM_NR_PCPTYPES)
		return "the block is on a list that nobody falls back to";
	z = &m->core.zone[in->zone];
	first = mm_in(m, r->pfn) >> m->pb_order << m->pb_order;
	*bad = (int64_t)mm_out(m, first);
	if (r->claim && ent_order(&e) < m->pb_order && (first < z->start || first + (UINT64_C(1) << m->pb_order) > z->end))
		return "the pageblock reaches beyond the zone and can't be claimed";
	*bad = ent_order(&e);
	return !r->claim && !m->hygiene && ent_order(&e) >= m->pb_order ? "before 6.10 whole pageblocks are always claimed" :
		NULL;
}

static const char *judge_claim(const struct mm_overlays *o, const struct mm_ask_claim *in, const uint32_t *yes, int64_t *bad)
{
	(void)o;
	(void)in;
	return yes_or_no(*yes, bad);
}

static const char *judge_place(const struct mm_overlays *o, const struct mm_ask_place *in, const struct mm_reply_place *r,
			       int64_t *bad)
{
	struct page_ent e;
	const char *why;

	*bad = r->where;
	if (r->where > MM_PLACE_BEFORE)
		return "there is no such place";
	if (r->where != MM_PLACE_BEFORE)
		return NULL;
	why = free_block(o, in->zone, r->before, in->order, &e, bad);
	if (why)
		return why;
	*bad = (int64_t)r->before;
	if (!(e.st & PE_LINK) || ent_order(&e) != in->order || ent_mt(&e) != in->mt || r->before == in->pfn)
		return "the block to stand before is on another list";
	return NULL;
}

#define REFILL_MOST 4096 /* pages */

static const char *judge_refill(const struct mm_overlays *o, const struct mm_ask_pcp *in, const int32_t *blocks, int64_t *bad)
{
	(void)o;
	*bad = *blocks;
	return *blocks < 0 || *blocks > REFILL_MOST >> in->order ? "more blocks than a refill may take, or fewer than none" :
		NULL;
}

static const char *judge_drain(const struct mm_overlays *o, const struct mm_ask_pcp *in, const struct mm_reply_drain *r,
			       int64_t *bad)
{
	(void)o;
	*bad = r->pages;
	if (r->pages < 0 || r->pages > in->count)
		return "the lists don't have so many pages";
	*bad = r->piece;
	return r->pages && (r->piece < 1 || r->piece > r->pages) ? "a piece must be 1 to all pages" : NULL;
}

static const char *judge_watermark(const struct mm_overlays *o, const struct mm_ask_watermark *in,
				   const struct mm_reply_watermark *r, int64_t *bad)
{
	(void)o;
	*bad = r->min;
	if (r->min < 0)
		return "the min mark is below 0";
	*bad = r->low;
	if (r->low < r->min)
		return "the low mark is below min";
	*bad = r->high;
	if (r->high < r->low || r->high > in->managed)
		return "the high mark is below low, or above what the zone has";
	*bad = r->promo;
	if (r->promo < r->low || r->promo > in->managed)
		return "the promo mark is below low, or above what the zone has";
	return yes_or_no(r->blocks, bad);
}

static const char *judge_boost(const struct mm_overlays *o, const struct mm_ask_boost *in, const int64_t *pages, int64_t *bad)
{
	(void)o;
	*bad = *pages;
	return *pages < 0 || *pages > in->managed ? "the boost is below 0, or above what the zone has" : NULL;
}

/* ---- the slow path ----------------------------------------------------------------- */

static const char *judge_goal(const struct mm_overlays *o, const struct mm_ask_goal *in, const struct mm_reply_goal *r,
			      int64_t *bad)
{
	const uint32_t order[] = { r->reclaim, r->compact, r->capture };

	for (unsigned int i = 0; i < 3; i++) {
		const char *why = order_ok(o, order[i], bad);

		if (why)
			return why;
		if (order[i] < in->order)
			return "the order is below the request's";
	}
	*bad = r->capture;
	if (r->capture > r->compact)
		return "compaction makes no block to capture of this order";
	*bad = r->pages;
	if (r->pages > MM_GOAL_MOST_PAGES)
		return "more pages than one reclaim may try for";
	*bad = r->sources;
	return r->sources >> o->eye.nr_migratetypes ? "there are no such migratetypes" : NULL;
}

static const char *judge_next(const struct mm_overlays *o, const struct mm_ask_next *in, const uint32_t *next, int64_t *bad)
{
	static const uint8_t may[] = {
		[MM_NEXT_NOWAIT] = 1u << MM_NEXT_FALLBACK | 1u << MM_NEXT_FAIL,
		[MM_NEXT_BEGIN] = 1u << MM_NEXT_RECLAIM | 1u << MM_NEXT_COMPACT | 1u << MM_NEXT_FALLBACK | 1u << MM_NEXT_FAIL,
		[MM_NEXT_END] = 1u << MM_NEXT_RETRY | 1u << MM_NEXT_FALLBACK | 1u << MM_NEXT_OOM | 1u << MM_NEXT_FAIL,
	};

	(void)o;
	*bad = *next;
	if (*next > MM_NEXT_FAIL || !(may[in->at] >> *next & 1))
		return "there is no such step here";
	if (*next == MM_NEXT_FALLBACK && !(in->flags & MM_ALLOC_NOFRAGMENT))
		return "fallbacks are allowed already";
	*bad = in->added;
	return *next == MM_NEXT_RETRY && in->added >= MM_NEXT_MAX_ROUNDS ? "too many rounds" : NULL;
}

static const char *judge_reclaim(const struct mm_overlays *o, const struct mm_ask_reclaim *in, const uint32_t *yes, int64_t *bad)
{
	(void)o;
	(void)in;
	return yes_or_no(*yes, bad);
}

/* ---- kswapd ------------------------------------------------------------------------ */

static const char *judge_balance(const struct mm_overlays *o, const struct mm_ask_balance *in, const uint32_t *yes, int64_t *bad)
{
	(void)o;
	(void)in;
	return yes_or_no(*yes, bad);
}

static const char *judge_kswapd_wake(const struct mm_overlays *o, const struct mm_ask_kswapd_wake *in, const uint32_t *yes,
				     int64_t *bad)
{
	(void)o;
	(void)in;
	return yes_or_no(*yes, bad);
}

static const char *judge_kswapd_round(const struct mm_overlays *o, const struct mm_ask_kswapd_round *in,
				      const struct mm_reply_kswapd_round *r, int64_t *bad)
{
	const char *why = yes_or_no(r->sleep, bad);

	if (!why)
		why = order_ok(o, r->handover, bad);
	if (why)
		return why;
	*bad = r->order;
	return r->order > in->order ? "the order of a round doesn't rise" : NULL;
}

static const char *judge_kswapd_dead(const struct mm_overlays *o, const struct mm_ask_kswapd_dead *in, const uint32_t *yes,
				     int64_t *bad)
{
	(void)o;
	(void)in;
	return yes_or_no(*yes, bad);
}

static const char *judge_kswapd_count(const struct mm_overlays *o, const struct mm_ask_kswapd_count *in, const int32_t *failures,
				      int64_t *bad)
{
	(void)o;
	*bad = *failures;
	return *failures < 0 || *failures > in->failures + 1 ?
		"one event is one failure more at most, and none are fewer than 0" : NULL;
}

/* ---- compaction --------------------------------------------------------------------- */

static const char *judge_suitable(const struct mm_overlays *o, const struct mm_ask_suitable *in, const uint32_t *result,
				  int64_t *bad)
{
	const struct zone_state *z = &machine(o)->core.zone[in->zone];

	*bad = *result;
	if (*result != MM_COMPACT_SKIPPED && *result != MM_COMPACT_CONTINUE && *result != MM_COMPACT_SUCCESS &&
	    *result != MM_COMPACT_NOT_SUITABLE_ZONE)
		return "there is no such result here";
	if (*result != MM_COMPACT_SUCCESS)
		return NULL;
	for (unsigned int i = in->order; i < z->nr_orders; i++)
		for (unsigned int t = 0; t < MM_NR_MT; t++)
			if (mm_list_blocks(z, i, t))
				return NULL;
	*bad = in->order;
	return "no block of the order is free";
}

static const char *judge_finished(const struct mm_overlays *o, const struct mm_ask_finished *in, const uint32_t *result,
				  int64_t *bad)
{
	(void)o;
	*bad = *result;
	switch (*result) {
	case MM_COMPACT_CONTINUE:
	case MM_COMPACT_NO_SUITABLE_PAGE:
		return in->met ? "the scanners have met: the run can't go on" : NULL;
	case MM_COMPACT_COMPLETE:
	case MM_COMPACT_PARTIAL_SKIPPED:
	case MM_COMPACT_CONTENDED:
	case MM_COMPACT_SUCCESS:
		return NULL;
	default:
		return "there is no such result here";
	}
}

static const char *judge_defer(const struct mm_overlays *o, const struct mm_ask_defer *in, const struct mm_reply_defer *r,
			       int64_t *bad)
{
	const char *why = yes_or_no(r->put_off, bad);

	(void)in;
	if (why)
		return why;
	*bad = r->shift;
	if (r->shift > MM_COMPACT_MAX_DEFER_SHIFT)
		return "tries are put off 1 << 6 times at most";
	*bad = r->considered;
	if (r->considered > 1u << r->shift)
		return "more tries than are put off";
	*bad = r->order_failed;
	return r->order_failed < 0 || r->order_failed > (int32_t)o->eye.nr_orders ? "the machine has no such order" : NULL;
}

static const char *judge_source(const struct mm_overlays *o, const struct mm_ask_source *in, const uint32_t *yes, int64_t *bad)
{
	(void)o;
	(void)in;
	return yes_or_no(*yes, bad);
}

static const char *judge_target(const struct mm_overlays *o, const struct mm_ask_target *in, const uint32_t *yes, int64_t *bad)
{
	(void)o;
	(void)in;
	return yes_or_no(*yes, bad);
}

static const char *judge_folio_move(const struct mm_overlays *o, const struct mm_ask_folio_move *in, const uint32_t *what,
				    int64_t *bad)
{
	*bad = *what;
	if (*what > MM_FOLIO_SPLIT)
		return "there is no such thing to do with a folio";
	if (*what != MM_FOLIO_WHOLE)
		return NULL;
	*bad = in->folio_order;
	if (in->folio_order >= o->eye.pageblock_order)
		return "a folio as large as a pageblock isn't moved whole";
	return in->large_targets ? NULL : "this kernel moves single pages only";
}

static const char *judge_folio_target(const struct mm_overlays *o, const struct mm_ask_folio_target *in, const uint32_t *yes,
				      int64_t *bad)
{
	(void)o;
	(void)in;
	return yes_or_no(*yes, bad);
}

/* ---- folios, reporting, the LRU -------------------------------------------------------- */

static const char *judge_folio_order(const struct mm_overlays *o, const struct mm_ask_folio_order *in, const int32_t *order,
				     int64_t *bad)
{
	(void)o;
	*bad = *order;
	if (*order < 0 || *order > 31 || (*order > 0 && !(in->fits >> *order & 1)))
		return "a folio of this order doesn't fit here";
	return in->failed >= 0 && *order >= in->failed ? "after a failure the order must fall" : NULL;
}

static const char *judge_report(const struct mm_overlays *o, const struct mm_ask_report *in, const uint32_t *yes, int64_t *bad)
{
	(void)o;
	(void)in;
	return yes_or_no(*yes, bad);
}

static const char *judge_report_come(const struct mm_overlays *o, const struct mm_ask_report_block *in,
				     const struct mm_reply_report_come *r, int64_t *bad)
{
	(void)o;
	(void)in;
	return yes_or_no(r->overflow, bad);
}

static const char *judge_report_gone(const struct mm_overlays *o, const struct mm_ask_report_block *in, const uint32_t *none,
				     int64_t *bad)
{
	(void)o;
	(void)in;
	*bad = *none;
	return *none ? "nothing was asked" : NULL;
}

static const char *judge_reporter(const struct mm_overlays *o, const struct mm_ask_reporter *in, const struct mm_reply_reporter *r,
				  int64_t *bad)
{
	bool take = r->act == MM_REPORT_TAKE;
	const char *why;
	struct page_ent e;
	int zi;

	*bad = r->act;
	if (r->act > MM_REPORT_AGAIN)
		return "there is no such step";
	if (r->act == MM_REPORT_SEND && !in->taken)
		return "nothing has been taken that could be reported";
	if (take && in->taken >= in->capacity)
		return "one report doesn't hold so many blocks";
	if (r->search > 1)
		return yes_or_no(r->search, bad);
	if (!take && r->act != MM_REPORT_FRONT)
		return NULL;
	zi = mm_zone_of(machine(o), r->pfn);
	*bad = (int64_t)r->pfn;
	if (zi < 0)
		return "the page is in no zone";
	why = free_block(o, (unsigned int)zi, r->pfn, take ? o->eye.pageblock_order : 0, &e, bad);
	if (why)
		return why;
	*bad = (int64_t)r->pfn;
	return take && (e.x & PE_X_REPORTED) ? "the block is reported already" : NULL;
}

static const char *judge_lru_balance(const struct mm_overlays *o, const struct mm_ask_lru_balance *in,
				     const struct mm_reply_lru_balance *r, int64_t *bad)
{
	(void)o;
	for (unsigned int l = 0; l < MM_LRU_LISTS && !in->generations; l++) {
		*bad = (int64_t)r->nr[l];
		if (r->nr[l] > in->eligible[l])
			return "the list doesn't have so many pages";
		if (r->nr[l] && l < MM_INACTIVE_FILE && !in->can_anon)
			return "anonymous pages can't be reclaimed";
	}
	*bad = r->type;
	if (r->type > 1)
		return "there is no such type of pages";
	return in->generations && r->type == 0 && !(in->can_anon && in->swappiness) ? "anonymous pages can't be reclaimed" : NULL;
}

/* ---- asking ----------------------------------------------------------------------------- */

#define X(id, member, ask, reply)                                                                                      \
	reply mm_hook_##member(struct mm_overlays *o, const ask *in, reply was)                                         \
	{                                                                                                              \
		for (struct mm_layer *l = o->layer; l < o->layer + o->nr; l++) {                                       \
			const char *why;                                                                               \
			int64_t bad = 0;                                                                               \
			reply answer;                                                                                  \
                                                                                                                       \
			if (!l->h.member || !mm_layer_enter(o, l, MM_HOOK_##id))                                       \
				continue;                                                                              \
			memcpy(&answer, &was, sizeof(answer));                                                         \
			l->h.member(mm_layer_state(o, l), &o->eye, in, &answer);                                       \
			mm_layer_leave(o);                                                                             \
			if (memcmp(&answer, &was, sizeof(answer)) == 0)                                                \
				continue;                                                                              \
			why = judge_##member(o, in, &answer, &bad);                                                    \
			if (why) {                                                                                     \
				mm_layer_wrong(o, l, MM_HOOK_##id, why, bad);                                          \
				continue;                                                                              \
			}                                                                                              \
			l->changed[MM_HOOK_##id]++;                                                                    \
			memcpy(&was, &answer, sizeof(was));                                                            \
		}                                                                                                      \
		return was;                                                                                            \
	}
MM_ASK_LIST(X)
#undef X
