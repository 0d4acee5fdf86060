// SPDX-License-Identifier: GPL-2.0-only
/*
 * What compaction's search of the free lists is predicted to take.
 *
 * Which block it is depends on the order of the lists, which the trace often doesn't tell: a snapshot shows blocks but
 * not their places, and each search turns the lists.  How much is taken can be told all the same where any order of the
 * list gives the same answer: when no block of it lies high enough, or when so many do that a search can't miss them.
 * And it is thought to be likely where the searches before it found a block of the list much sooner than this one
 * has to give up.
 */
#include "check/compact/compact.h"
#include "observe/observer.h"
#include "machine/guesses.h"

#define MAX_LOOKED 4096

/* One list from its tail: where the first block that would do may stand, 1 being the tail itself. */
struct reach {
	uint64_t blocks;          /* on the list, at most */
	uint64_t first, last;     /* it stands between these; UINT64_MAX: there is none */
};

/* Would the block at @p do, and is it there for sure? */
static bool would_do(const struct mm_compact_state *s, uint32_t p, uint64_t least_pfn)
{
	struct page_ent e = mm_ent(s->m, p);

	return p >= least_pfn && !mm_predict_gone(s, p, &e, UINT32_MAX);
}

/* Picks of blocks of @order in the task's zone of which no event has told yet which they were. */
static uint64_t gone_of(const struct mm_compact_state *s, const struct mm_compact_task *t, unsigned int order)
{
	uint64_t n = 0;

	for (unsigned int i = 0; i < s->m->obs->nr_pending; i++)
		n += s->m->obs->pending[i].order == order && mm_zone_index(s->m, s->m->obs->pending[i].min_pfn) == t->zone;
	return n;
}

/*
 * A list that was turned by nobody knows how much still has its blocks in a ring: the longest way to a block that
 * would do is the widest gap between two of them.  @gone of the blocks aren't there any more.
 */
static void reach_ring(const struct mm_compact_state *s, const struct free_list *l, uint64_t unplaced, uint64_t gone,
		       uint64_t min_pfn, uint64_t deep, struct reach *r)
{
	uint64_t gap = 0, widest = 0, head_gap = 0, would = 0, seen = 0, middle;

	if (unplaced + gone > deep) { /* a gap as wide as that is too wide */
		r->first = 1;
		return;
	}
	for (unsigned int part = 0; part < 2; part++) {
		for (uint32_t p = part ? l->head_last : l->tail_last; p != MM_NIL; p = mm_ent(s->m, p).b) {
			seen++;
			if (p >= min_pfn) {
				if (would++ == 0)
					head_gap = gap;
				gap = 0;
				if (widest > deep)
					break; /* too wide, and not empty: nothing more to be learnt */
			} else if (++gap > widest) {
				widest = gap;
			}
		}
		if (part == 0)
			gap += unplaced;
		if (gap > widest)
			widest = gap;
	}
	/* chains between gaps in the middle of the list: as far as they matter here they are of unknown place too */
	middle = seen < l->nr_linked ? l->nr_linked - seen : 0;
	if (would == 0 && unplaced == 0 && middle == 0)
		return;
	r->first = 1;
	if (gap + head_gap > widest) /* the ring closes */
		widest = gap + head_gap;
	widest += middle;
	if (would > gone + 2 && widest <= deep) /* two to spare: some have left the list without an event */
		r->last = widest + gone + 1;
}

/* @deep: no more blocks than this are of interest; @low_pfn: what lies above is taken at once */
static struct reach reach_of(const struct mm_compact_state *s, const struct mm_compact_task *t, unsigned int order,
			     uint64_t min_pfn, uint64_t low_pfn, uint64_t deep)
{
	const struct zone_state *z = &s->m->core.zone[t->zone];
	const struct free_list *l = &z->list[order][MM_MT_MOVABLE];
	uint64_t unplaced = l->nr_unplaced + mm_list_blocks(z, order, MM_MT_ROW_UNKNOWN), n = 0;
	struct reach r = { .blocks = l->nr_linked + unplaced, .first = UINT64_MAX, .last = UINT64_MAX };
	uint32_t p = l->tail_last;
	bool in_tail = p != MM_NIL;

	if (!in_tail && unplaced == 0)
		p = l->head_last;
	/* the first one looked at settles it; where the list was turned, a search most often goes on from its end */
	if (p != MM_NIL && would_do(s, p, low_pfn)) {
		r.first = r.last = 1;
		return r;
	}
	if (l->cycle_first != MM_NIL) {
		reach_ring(s, l, unplaced, gone_of(s, t, order), min_pfn, deep, &r);
		return r;
	}
	while (p != MM_NIL && n < deep) {
		n++;
		if (p >= min_pfn) {
			if (r.first == UINT64_MAX)
				r.first = n;
			if (would_do(s, p, min_pfn)) {
				r.last = n;
				return r;
			}
		}
		p = mm_ent(s->m, p).b;
		if (p == MM_NIL && in_tail && unplaced == 0) {
			in_tail = false;
			p = l->head_last;
		}
	}
	if (p == MM_NIL && unplaced && r.first == UINT64_MAX)
		r.first = n + 1; /* it goes on with blocks in an unknown order */
	return r;
}

static uint64_t halved(uint64_t limit, uint64_t blocks)
{
	if (blocks < limit)
		return limit;
	return limit >> 1 ? limit >> 1 : 1;
}

/*
 * May a block of @order be taken?  The watermark is kept as by an allocation.
 * Source: mm/page_alloc.c: __isolate_free_page(), 6.1 to 7.3
 */
static enum mm_answer allowed(const struct mm_compact_state *s, const struct mm_compact_task *t, unsigned int order)
{
	struct mm_compact_zone cz;
	int64_t need, free;

	mm_compact_zone_facts(s, t->zone, &cz);
	if (!cz.have_marks || !cz.z->list_known)
		return MM_YES;
	free = mm_free_pages_of(s->m, cz.z, NULL) - cz.taken;
	need = cz.wmark_min + (1ll << order) + (cz.nr_reserve ? cz.reserve[0] : 0);
	if (free + cz.drift <= need)
		return MM_NO;
	return free - cz.pending - cz.drift <= need ? MM_MAYBE : MM_YES;
}

/**
 * mm_search_deniable() - may the watermark keep a search from what it finds?
 * Then the free scanner goes to the pageblock of the highest block seen.
 */
bool mm_search_deniable(const struct mm_compact_state *s, const struct mm_compact_task *t)
{
	return t->order > 0 && t->order <= s->m->nr_orders && allowed(s, t, (unsigned int)t->order - 1) != MM_YES;
}

/* The lists of all orders, each looked at when it's needed. */
struct lists {
	struct reach reach[MM_MAX_ORDERS];
	uint16_t known; /* bit per order */
	uint64_t min_pfn, low_pfn, deep;
};

static const struct reach *reach_at(const struct mm_compact_state *s, const struct mm_compact_task *t, struct lists *l,
				    unsigned int order)
{
	if (!(l->known & 1u << order)) {
		l->reach[order] = reach_of(s, t, order, l->min_pfn, l->low_pfn, l->deep);
		l->known |= (uint16_t)(1u << order);
	}
	return &l->reach[order];
}

/*
 * Will a search that may look at @least blocks find one although the list's order isn't known?  Those before it found
 * one so soon that it hardly misses.
 */
static bool likely(uint32_t depth, const struct reach *r, uint64_t least)
{
	return depth && r->blocks >= MM_GUESS(LIKELY_TIMES) && least * MM_SEARCH_UNIT >= (uint64_t)depth * MM_GUESS(LIKELY_TIMES);
}

/* A search that begins at @order: NULL and *@ret_taken, or the missing fact. */
static const char *search_from(const struct mm_compact_state *s, const struct mm_compact_task *t, struct lists *lists,
			       unsigned int order, uint64_t least, uint64_t most, uint64_t *ret_taken)
{
	for (int64_t i = 0; i < t->order; i++, order = order ? order - 1 : (unsigned int)t->order - 1) {
		const struct reach *r = reach_at(s, t, lists, order);

		if (r->blocks == 0)
			continue;
		if (r->last <= least || (r->first <= most && likely(s->zone[t->zone].search_depth[order], r, least))) {
			enum mm_answer may = allowed(s, t, order);

			*ret_taken = may == MM_YES ? UINT64_C(1) << order : 0; /* refused once, the search ends */
			return may == MM_MAYBE ? "free_count_drift" : NULL;
		}
		if (r->first <= most)
			return "list_order_unknown";
		least = halved(least, r->blocks);
		most = halved(most, r->blocks);
	}
	*ret_taken = 0;
	return NULL;
}

/** A run begins.  What kcompactd learnt of failures in one zone it takes to the next, with or without an event. */
void mm_search_begin(const struct mm_compact_state *s, struct mm_compact_task *t)
{
	const struct mm_core *core = &s->m->core;
	bool fresh = true;

	for (unsigned int i = 0; i < core->nr_zones && t->kcompactd; i++)
		fresh &= core->zone[i].node != core->zone[t->zone].node ||
			core->zone[i].start >= core->zone[t->zone].start;
	t->search_orders = t->order > 0 && t->order < s->m->nr_orders ? (uint16_t)(1u << (t->order - 1)) : 0;
	if (!fresh && t->search_orders)
		t->search_orders = (uint16_t)((t->search_orders << 1) - 1);
	t->search_fail_lo = 0;
	t->search_fail_hi = fresh ? 0 : 7;
}

/* How many blocks a search may look at in one list. */
static void limits_of(const struct mm_compact_state *s, const struct mm_compact_task *t, uint64_t *least,
		      uint64_t *most)
{
	const struct mm_compact_zstate *zs = &s->zone[t->zone];
	uint64_t deep = UINT64_C(1) << (s->m->pb_order - 1);

	*least = mm_fast_limit(t->search_fail_hi) >> 1;
	*most = mm_fast_limit(t->search_fail_lo) >> 1;
	if (*least == 0)
		*least = 1;
	if (*most == 0)
		*most = 1;
	/* at its start it searches deeper */
	if (t->free.pfn >= zs->init_free_lo)
		*most = deep;
	if (t->free.pfn >= zs->init_free_hi)
		*least = deep;
}

/**
 * mm_predict_search() - how many pages the search of the free lists takes
 * Orders at which it can't have begun, given @taken pages that the kernel took, are ruled out on the way.
 */
const char *mm_predict_search(const struct mm_compact_state *s, struct mm_compact_task *t, uint64_t taken,
			      uint64_t *ret_taken)
{
	struct lists lists = { .known = 0 };
	uint64_t least, most;
	const char *why = NULL;
	bool first = true;

	if (!t->migrate.known || !t->free.known || t->migrate.pfn > t->free.pfn)
		return "scanner_position_unknown";
	if (t->order <= 0 || t->order > s->m->nr_orders || t->search_orders == 0)
		return "search_state_unknown";
	limits_of(s, t, &least, &most);
	lists.min_pfn = pb_start(s, t->free.pfn - ((t->free.pfn - t->migrate.pfn) >> 1));
	lists.low_pfn = pb_start(s, t->free.pfn - ((t->free.pfn - t->migrate.pfn) >> 2));
	lists.deep = most;
	for (unsigned int o = 0; o < (unsigned int)t->order; o++) {
		const char *missing;
		uint64_t n;

		if (!(t->search_orders & 1u << o))
			continue;
		missing = search_from(s, t, &lists, o, least, most, &n);
		if (missing) {
			why = missing;
			continue;
		}
		if (!first && n != *ret_taken)
			why = "search_state_unknown";
		*ret_taken = n;
		first = false;
		if (n != taken && t->search_orders & (t->search_orders - 1))
			t->search_orders &= (uint16_t)~(1u << o);
	}
	return why;
}

/**
 * mm_search_done() - the search took @taken pages and looked at @scanned, those it took among them
 * Source: mm/compaction.c: fast_isolate_freepages(), next_search_order(), 6.1 to 7.3
 */
void mm_search_done(struct mm_compact_state *s, struct mm_compact_task *t, uint64_t taken, uint64_t scanned)
{
	struct mm_compact_zstate *zs = &s->zone[t->zone];
	uint16_t next = 0;
	unsigned int top = t->order > 0 ? (unsigned int)t->order - 1 : 0, deepest;
	uint32_t *past, looked;

	if (t->order <= 0 || t->order > s->m->nr_orders)
		return;
	/* more blocks were looked at than the ordinary limit allows in all lists: it was at the start of its way */
	deepest = (mm_fast_limit(0) >> 1) * (top + 1);
	if (scanned >= taken && scanned - taken > deepest && t->free.known && t->free.pfn < zs->init_free_hi)
		zs->init_free_hi = t->free.pfn;
	if (taken == 0) {
		for (unsigned int o = 0; o <= top; o++)
			if (t->search_orders & 1u << o)
				next |= (uint16_t)(1u << (o ? o - 1 : top));
		t->search_orders = next;
		t->search_fail_lo += t->search_fail_lo < 7;
		t->search_fail_hi += t->search_fail_hi < 7;
		return;
	}
	if (taken & (taken - 1) || taken > UINT64_C(1) << top)
		return;
	past = &zs->search_depth[__builtin_ctzll(taken)];
	looked = scanned >= taken && scanned - taken < MAX_LOOKED ? (uint32_t)(scanned - taken + 1) : MAX_LOOKED;
	*past = *past ? *past - *past / 4 + looked * MM_SEARCH_UNIT / 4 : looked * MM_SEARCH_UNIT;
	next = (uint16_t)taken; /* bit of the order: what lay in the upper quarter is where the next one begins */
	/* what only lay in the upper half leaves search_order and the count of failures as they are */
	t->search_orders = scanned == taken ? next : (uint16_t)(t->search_orders | next);
	t->search_fail_lo = 0;
}
