// SPDX-License-Identifier: GPL-2.0-only
/* Why a request got no page; see the header. */
#include "rules/nopage.h"

#include "machine/page.h"
#include "rules/slowpath.h"

static const struct {
	const char *key, *word;
} why_name[MM_NOPAGE_COUNT] = {
#define X(id, key, text) [MM_NOPAGE_##id] = { key, text },
	MM_NOPAGE_LIST(X)
#undef X
};

const char *mm_nopage_key(enum mm_nopage_why why)
{
	return why < MM_NOPAGE_COUNT ? why_name[why].key : "unknown";
}

const char *mm_nopage_word(enum mm_nopage_why why)
{
	return why < MM_NOPAGE_COUNT ? why_name[why].word : "unknown";
}

/* ---- the watermark ---------------------------------------------------------------- */

static int64_t mark_of(const struct mm_wmark_zone *w, unsigned int flags)
{
	unsigned int which = flags & MM_ALLOC_WMARK_MASK;

	return which == MM_ALLOC_WMARK_HIGH ? w->high : which == MM_ALLOC_WMARK_LOW ? w->low : w->min;
}

/*
 * A boost doesn't hold back urgent requests of order 0 below min; 6.1 wants __GFP_ATOMIC, which is what can't wait either.
 * Source: mm/page_alloc.c: zone_watermark_fast(), 6.1 to 7.3
 */
static bool passes_boost(const struct mm_nopage_in *in)
{
	unsigned int f = in->flags;

	return in->order == 0 && (f & MM_ALLOC_MIN_RESERVE) && (f & MM_ALLOC_WMARK_MASK) == MM_ALLOC_WMARK_MIN &&
	       (mm_has(in->facts, BOOST_HIGH) || (f & MM_ALLOC_NON_BLOCK));
}

/* Source: mm/page_alloc.c: account_freepages(), 6.10 to 7.3; __mod_zone_freepage_state() before */
static int64_t isolated(const struct mm_machine *m, const struct zone_state *z)
{
	int64_t n = 0;

	for (unsigned int o = 0; m->cap->mt_isolate >= 0 && o < z->nr_orders; o++)
		n += (int64_t)(z->list[o][m->cap->mt_isolate].nr_linked + z->list[o][m->cap->mt_isolate].nr_unplaced) << o;
	return n;
}

static void watermark(const struct mm_nopage_in *in, const struct mm_wmark_zone *w, const struct zone_state *z,
		      struct mm_nopage_zone *r)
{
	int64_t mark;

	r->free = w->free - isolated(in->m, z);
	r->order_pages = (INT64_C(1) << in->order) - 1;
	r->highatomic = in->flags & MM_ALLOC_RESERVES ? 0 : w->free_highatomic;
	r->cma = in->flags & MM_ALLOC_CMA ? 0 : w->free_cma;
	r->mark = mark_of(w, in->flags);
	r->boost = passes_boost(in) ? 0 : w->boost;
	r->reserve = in->zone_type < SG_MAX_ZONE_TYPES ? w->reserve[in->zone_type] : 0;
	mark = r->mark + r->boost;
	r->need = mm_wmark_need(w, mark, in->zone_type, in->flags);
	r->lowered = mark + r->reserve - r->need;
	r->margin = mm_wmark_margin(w, in->order, mark, in->zone_type, in->flags, r->free);
	r->no_watermarks = in->flags & MM_ALLOC_NO_WATERMARKS;
}

/* ---- the lists ----------------------------------------------------------------------- */

static bool is_type(int type, unsigned int t)
{
	return type >= 0 && (unsigned int)type == t;
}

/* Source: mm/page_alloc.c: rmqueue_buddy(), __rmqueue(), fallbacks[], 6.1 to 7.3 */
static enum mm_nopage_use use_of(const struct mm_nopage_in *in, unsigned int t)
{
	const struct sg_capture *cap = in->m->cap;

	if (t == in->mt)
		return MM_USE_OWN;
	if (is_type(cap->mt_cma, t))
		return in->flags & MM_ALLOC_CMA ? MM_USE_OWN : MM_USE_NEVER;
	if (is_type(cap->mt_highatomic, t))
		return in->flags & MM_ALLOC_HIGHATOMIC ? MM_USE_OWN :
		       in->flags & (MM_ALLOC_OOM | MM_ALLOC_NON_BLOCK) ? MM_USE_RESERVE : MM_USE_NEVER;
	if (t >= MM_NR_PCPTYPES || in->mt >= MM_NR_PCPTYPES)
		return MM_USE_NEVER;
	return (in->flags & MM_ALLOC_NOFRAGMENT) && in->order < in->m->pb_order ? MM_USE_BLOCKS : MM_USE_ANY;
}

/* Something is there that serves the request, or it may be because of @missing. */
static void found(struct mm_nopage_zone *r, enum mm_known how, const char *missing)
{
	if (how == MM_KNOWN_YES)
		r->gives = MM_KNOWN_YES;
	else if (r->gives == MM_KNOWN_NO) {
		r->gives = MM_KNOWN_MAYBE;
		r->missing = missing;
	}
}

#define LOOK 64u /* blocks of a list that are looked at */

/* Was one of the list's blocks there for sure when the request looked? */
static bool was_there(const struct mm_nopage_in *in, const struct zone_state *z, unsigned int order, unsigned int t)
{
	const struct free_list *l = &z->list[order][t];
	uint32_t pfn = l->head_first;

	if (!in->late || l->nr_unplaced || l->nr_linked > LOOK)
		return true;
	if (pfn == MM_NIL)
		pfn = l->tail_first;
	for (unsigned int left = LOOK; pfn != MM_NIL && left; left--) {
		struct page_ent e = mm_ent(in->m, pfn);

		if (!in->late(in->arg, e.since))
			return true;
		pfn = e.a;
	}
	return false;
}

/* Is there a block of at least order @least on the lists of @t? */
static void blocks_from(const struct mm_nopage_in *in, const struct zone_state *z, unsigned int t, unsigned int least,
			struct mm_nopage_zone *r)
{
	bool usable = false, late = false, unnamed = false;

	for (unsigned int o = least; o < z->nr_orders; o++) {
		if (z->list[o][t].nr_linked || z->list[o][t].nr_unplaced) {
			bool was = was_there(in, z, o, t);

			usable |= was;
			late |= !was;
		}
		unnamed |= z->unnamed[o][t] != 0;
	}
	if (usable)
		found(r, in->pending ? MM_KNOWN_MAYBE : MM_KNOWN_YES, "free_blocks_taken_unknown");
	else if (late)
		found(r, MM_KNOWN_MAYBE, "free_in_flight");
	else if (in->exact)
		return;
	else if (unnamed)
		found(r, MM_KNOWN_MAYBE, "free_type_unknown");
	else if (!mm_complete_all(z, least, z->nr_orders, t))
		found(r, MM_KNOWN_MAYBE, "list_unknown");
}

static void one_list(const struct mm_nopage_in *in, const struct zone_state *z, unsigned int t, struct mm_nopage_zone *r)
{
	enum mm_nopage_use use = use_of(in, t);

	r->list[t].use = use;
	r->list[t].largest = -1;
	for (unsigned int o = 0; o < z->nr_orders; o++) {
		uint64_t n = (uint64_t)z->list[o][t].nr_linked + z->list[o][t].nr_unplaced;

		if (n) {
			r->list[t].largest = (int)o;
			r->list[t].pages += n << o;
		}
		if (o >= in->order)
			r->list[t].blocks += n;
	}
	if (use != MM_USE_NEVER)
		blocks_from(in, z, t, use == MM_USE_BLOCKS && in->m->pb_order > in->order ? in->m->pb_order : in->order, r);
}

/* Does any block of the per-cpu list lie there for sure? */
static bool pcp_sure(const struct mm_nopage_in *in, const struct pcp_state *p, unsigned int l)
{
	unsigned int left = 64; /* a look at the first ones is enough */

	for (uint32_t pfn = p->list[l].first; pfn != MM_NIL && left; left--) {
		struct page_ent e = mm_ent(in->m, pfn);

		if (!mm_pcp_unsure(&e) && (!in->late || !in->late(in->arg, e.since)))
			return true;
		pfn = e.a;
	}
	return false;
}

/* Source: mm/page_alloc.c: rmqueue_pcplist(), 6.1 to 7.3 */
static void pcp_lists(const struct mm_nopage_in *in, unsigned int zi, struct mm_nopage_zone *r)
{
	unsigned int l = mm_pindex(in->m, in->order, in->mt);

	r->pcp = r->pcp_others = -1;
	if (!mm_pcp_order(in->m, in->order) || in->mt >= MM_NR_PCPTYPES)
		return;
	r->pcp = r->pcp_others = 0;
	for (unsigned int cpu = 0; cpu < in->m->nr_cpus; cpu++) {
		const struct pcp_state *p = mm_cow_peek(&in->m->pcp, (uint64_t)zi * in->m->nr_cpus + cpu);

		if (!p || !p->list[l].nr)
			continue;
		if (cpu != in->cpu) {
			r->pcp_others += p->list[l].nr;
			continue;
		}
		r->pcp = p->list[l].nr;
		found(r, in->exact || pcp_sure(in, p, l) ? MM_KNOWN_YES : MM_KNOWN_MAYBE, "page_in_flight");
	}
}

/*
 * A request above order 0 passes the watermark only where a free block of its order lies on some list: what per-cpu lists hold doesn't
 * count, though it would be served from them.
 * Source: mm/page_alloc.c: __zone_watermark_ok(), 6.1 to 7.3
 */
static enum mm_known has_block(const struct mm_nopage_in *in, const struct zone_state *z, struct mm_nopage_zone *r, const char **why)
{
	const struct sg_capture *cap = in->m->cap;
	enum mm_known had = r->gives, known;
	const char *missing = r->missing;

	if (in->order == 0)
		return MM_KNOWN_YES;
	r->gives = MM_KNOWN_NO;
	for (unsigned int t = 0; t < SG_MAX_MIGRATETYPES && t < cap->nr_migratetypes; t++)
		if (t < MM_NR_PCPTYPES || (is_type(cap->mt_cma, t) && (in->flags & MM_ALLOC_CMA)) ||
		    (is_type(cap->mt_highatomic, t) && (in->flags & (MM_ALLOC_HIGHATOMIC | MM_ALLOC_OOM))))
			blocks_from(in, z, t, in->order, r);
	known = r->gives;
	*why = r->missing;
	r->gives = had;
	r->missing = missing;
	return known;
}

/* ---- both ------------------------------------------------------------------------------- */

/* What the lists say: nothing large enough at all, or nothing for this request. */
static enum mm_nopage_why lists_say(const struct mm_nopage_in *in, const struct mm_nopage_zone *r)
{
	if (r->gives != MM_KNOWN_NO)
		return MM_NOPAGE_GIVES;
	for (unsigned int t = 0; t < SG_MAX_MIGRATETYPES; t++)
		if (r->list[t].blocks)
			return MM_NOPAGE_LISTS;
	return r->pcp_others > 0 ? MM_NOPAGE_LISTS : MM_NOPAGE_SIZE;
}

/* By how much more the boost may raise what must stay. */
static int64_t unsure_boost(const struct mm_nopage_in *in, unsigned int zi)
{
	const struct mm_wmark_zone *w = &in->zone[zi];
	int64_t mark = mark_of(w, in->flags), most = in->boost_most ? in->boost_most[zi] : 0;

	if (passes_boost(in) || most <= w->boost)
		return 0;
	return mm_wmark_need(w, mark + most, in->zone_type, in->flags) - mm_wmark_need(w, mark + w->boost, in->zone_type, in->flags);
}

void mm_nopage_zone(const struct mm_nopage_in *in, unsigned int zi, struct mm_nopage_zone *ret)
{
	const struct zone_state *z = &in->m->core.zone[zi];
	const struct mm_wmark_zone *w = &in->zone[zi];
	int64_t off = in->exact ? 0 : w->drift;
	const char *why = NULL;
	enum mm_known block;

	*ret = (struct mm_nopage_zone){ .zone = zi, .gives = MM_KNOWN_NO };
	watermark(in, w, z, ret);
	for (unsigned int o = 0; o < z->nr_orders; o++)
		ret->unnamed += (uint64_t)z->list[o][MM_MT_ROW_UNKNOWN].nr_linked + z->list[o][MM_MT_ROW_UNKNOWN].nr_unplaced;
	for (unsigned int t = 0; t < SG_MAX_MIGRATETYPES && t < in->m->cap->nr_migratetypes; t++)
		one_list(in, z, t, ret);
	pcp_lists(in, zi, ret);
	ret->why = lists_say(in, ret);
	if (ret->no_watermarks)
		return;
	block = has_block(in, z, ret, &why);
	if (block == MM_KNOWN_NO) {
		ret->gives = MM_KNOWN_NO;
		ret->missing = NULL;
		ret->why = lists_say(in, ret);
	} else if (block == MM_KNOWN_MAYBE && ret->gives == MM_KNOWN_YES) {
		ret->gives = MM_KNOWN_MAYBE;
		ret->missing = why;
	}
	/* free pages below the mark refuse whatever the lists have */
	if (in->exact ? ret->margin <= 0 : w->known && ret->margin <= -off) {
		ret->why = MM_NOPAGE_WATERMARK;
		ret->gives = MM_KNOWN_NO;
		ret->missing = NULL;
	} else if (!in->exact && ret->gives != MM_KNOWN_NO && (!w->known || ret->margin <= off)) {
		ret->gives = MM_KNOWN_MAYBE;
		ret->missing = w->known ? "free_count_drift" : "watermarks_unknown";
		if (w->known && ret->margin <= 0)
			ret->why = MM_NOPAGE_WATERMARK;
	} else if (ret->gives == MM_KNOWN_YES && ret->margin <= unsure_boost(in, zi) + off) {
		ret->gives = MM_KNOWN_MAYBE;
		ret->missing = "watermark_boost_unknown";
	}
}

unsigned int mm_last_walk(const struct mm_last_walk_in *in)
{
	bool movable = in->mt == MM_MT_MOVABLE, waits = in->gfp & MM_GFP_DIRECT_RECLAIM;
	bool defrag = in->defrag_mode && mm_has(in->facts, DEFRAG);
	unsigned int flags = mm_alloc_flags_slow(in->facts, in->gfp, in->order, movable, in->defrag_mode);
	unsigned int r = mm_alloc_flags_reserve(in->gfp, false, in->in_interrupt);
	bool fall_back;

	if (in->memalloc && !in->in_interrupt && !(in->gfp & MM_GFP_NOMEMALLOC))
		r = MM_ALLOC_NO_WATERMARKS;
	if (r)
		return r | (flags & (MM_ALLOC_KSWAPD | MM_ALLOC_CMA));
	if (!defrag)
		return flags;
	if (waits && !in->memalloc) /* it reclaims; fallbacks are allowed when that has failed, but for who isn't to be retried */
		return (in->gfp & MM_GFP_NORETRY) || (in->order > MM_COSTLY_ORDER && !(in->gfp & MM_GFP_RETRY_MAYFAIL)) ? flags :
		       flags & ~(unsigned int)MM_ALLOC_NOFRAGMENT;
	fall_back = !waits && mm_has(in->facts, DEFRAG_ATOMIC) && (in->gfp & MM_GFP_KSWAPD_RECLAIM);
	if (in->next)
		fall_back = in->next(in->arg, flags, fall_back ? MM_NEXT_FALLBACK : MM_NEXT_FAIL) == MM_NEXT_FALLBACK;
	return fall_back ? flags & ~(unsigned int)MM_ALLOC_NOFRAGMENT : flags;
}
