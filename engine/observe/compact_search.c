// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compaction's searches of the free lists, as far as the trace tells of them.  An event gives how many blocks
 * were looked at and how many pages were taken; where the search began and how deep it went is kept
 * from one search to the next.  A way that explains the event's numbers is looked for, the expected one first.
 * Blocks that only a snapshot knows are passed over by their count.
 * Source: mm/compaction.c: fast_isolate_freepages(), next_search_order(), freelist_scan_limit(), 6.1 to 7.3
 */
#include "machine/state.h"
#include "observe/observe.h"

#define MAX_FAIL 5 /* from here on one block of each list is looked at */

/* One way in which a search may have gone. */
struct way {
	uint64_t low_pfn, min_pfn; /* a block at or above low ends the search, one above min will do */
	unsigned int limit, search_order, orders;
	uint64_t scanned, taken;
	/* what follows from it */
	unsigned int turn[MM_MAX_ORDERS]; /* that block from the end became the first, 0 none */
	int found;                       /* order that it was found in, -1 none */
	uint64_t pfn;                    /* what was taken, MM_NIL: an unplaced one */
	bool low;                        /* found as the first at or above low */
	bool early;                      /* ended after one list: as many free pages as are wanted were at hand */
	bool denied;                     /* found, and left where it was: too little would have stayed free */
	unsigned int unknown;            /* unplaced blocks that it looked at: one of them may be what ended it */
	bool guess;                      /* it doesn't explain the numbers */
	bool sure;                       /* it explains the numbers and looked at known blocks only */
};

static uint32_t blocks_of(const struct zone_state *z, unsigned int order)
{
	const struct free_list *l = &z->list[order][MM_MT_MOVABLE];

	return l->nr_linked + (l->nr_unplaced > l->nr_taken ? l->nr_unplaced - l->nr_taken : 0);
}

static bool any_block(const struct zone_state *z, unsigned int order)
{
	for (unsigned int t = 0; t < MM_NR_MT; t++)
		if (z->list[order][t].nr_linked || z->list[order][t].nr_unplaced)
			return true;
	return false;
}

/* A list that was looked through without result.  Returns how many blocks that were, UINT32_MAX: it can't have been. */
static uint32_t pass(const struct mm_machine *m, const struct zone_state *z, struct way *w, unsigned int order,
		     unsigned int limit)
{
	uint32_t have = blocks_of(z, order), nr = have < limit ? have : limit, unknown = w->unknown, p;
	struct list_walk b;

	mm_list_back_begin(z, order, &b);
	for (uint32_t i = 0; i < nr && mm_list_back_next(m, &b, &p); i++) {
		if (p != MM_NIL && p >= w->min_pfn) {
			w->unknown = unknown;
			return UINT32_MAX;
		}
		w->unknown += p == MM_NIL;
	}
	if (have >= limit)
		w->turn[order] = limit;
	return nr;
}

/* The list in which the search found its block as the @nr-th that it looked at, or among those. */
static bool find(const struct mm_machine *m, const struct zone_state *z, struct way *w, unsigned int order,
		 unsigned int limit, uint64_t nr)
{
	uint32_t have = blocks_of(z, order), p = MM_NIL;
	uint64_t high = 0;
	struct list_walk b;

	if (nr == 0 || nr > have || nr > limit)
		return false;
	mm_list_back_begin(z, order, &b);
	for (uint64_t i = 1; i <= nr; i++) {
		if (!mm_list_back_next(m, &b, &p))
			return false;
		if (p == MM_NIL) {
			w->unknown++;
		} else if (p >= w->low_pfn) {
			if (i < nr)
				return false;
			w->low = true;
			break;
		} else if (p >= w->min_pfn && p > high) {
			high = p;
			limit >>= 1;
		}
		if (i < nr && i >= limit)
			return false;
	}
	w->found = (int)order;
	w->turn[order] = (unsigned int)nr;
	if (w->low) {
		w->pfn = p;
	} else if (nr >= limit || nr == have) {
		/* all looked at: the highest of them, unless it is one that isn't known */
		w->pfn = high ? high : MM_NIL;
	} else if (p == MM_NIL) {
		w->pfn = MM_NIL;
		w->low = true;
	} else {
		return false;
	}
	return true;
}

/* Does a search that begins with @w's limit and order look at just so many blocks and take so many pages? */
static bool explains(const struct mm_machine *m, const struct zone_state *z, struct way *w)
{
	unsigned int limit = w->limit, order = w->search_order;
	int target = w->taken ? (int)__builtin_ctzll(w->taken) : -1;
	uint64_t scanned = 0;

	w->found = -1;
	w->pfn = MM_NIL;
	w->low = false;
	w->denied = w->early = false;
	w->unknown = 0;
	for (unsigned int o = 0; o < m->nr_orders; o++)
		w->turn[o] = 0;
	for (unsigned int i = 0; i < w->orders; i++) {
		if (any_block(z, order)) {
			uint32_t nr;

			if ((int)order == target)
				return w->scanned >= scanned + w->taken &&
				       find(m, z, w, order, limit, w->scanned - scanned - (w->taken - 1));
			nr = pass(m, z, w, order, limit);
			if (nr == UINT32_MAX && target < 0 && find(m, z, w, order, limit, w->scanned - scanned)) {
				/* Source: mm/page_alloc.c: __isolate_free_page() obeys the watermark, 6.1 to 7.3 */
				w->denied = true;
				return w->pfn != MM_NIL;
			}
			if (nr == UINT32_MAX)
				return false;
			scanned += nr;
			if (scanned > w->scanned)
				return false;
			if (nr >= limit)
				limit = limit >> 1 ? limit >> 1 : 1;
			if (target < 0 && scanned == nr && scanned == w->scanned && nr) {
				w->early = true;
				return true;
			}
		}
		order = order ? order - 1 : w->orders - 1;
	}
	return target < 0 && scanned == w->scanned;
}

/*
 * Only the counts: how far the lists were turned, whatever stands on them.  Returns false when the numbers can't be
 * had so either.
 */
static bool count(const struct zone_state *z, struct way *w)
{
	unsigned int limit = w->limit, order = w->search_order;
	int target = w->taken ? (int)__builtin_ctzll(w->taken) : -1;
	uint64_t scanned = 0;

	w->found = -1;
	w->pfn = MM_NIL;
	w->low = w->denied = w->early = false;
	for (unsigned int o = 0; o < z->nr_orders; o++)
		w->turn[o] = 0;
	for (unsigned int i = 0; i < w->orders; i++, order = order ? order - 1 : w->orders - 1) {
		uint32_t have = blocks_of(z, order), nr = have < limit ? have : limit;

		if ((int)order == target) {
			uint64_t last = w->scanned - scanned - (w->taken - 1);

			if (w->scanned < scanned + w->taken || last > have || last > limit)
				return false;
			w->turn[order] = (unsigned int)last;
			w->found = target;
			return true;
		}
		if (have && have >= limit) {
			w->turn[order] = limit;
			limit = limit >> 1 ? limit >> 1 : 1;
		}
		scanned += nr;
	}
	return target < 0;
}

/*
 * The block that a search should have found as the turn-th, on a list that isn't quite the kernel's: the one
 * that would do nearest before that place.  A gap on the way there was smaller than thought.
 */
static void nearest(struct mm_machine *m, struct zone_state *z, struct way *w)
{
	unsigned int order = (unsigned int)w->found, nr = w->turn[order], at = 0, best = 0, gap = 0, best_gap = 0;
	uint64_t high = 0;
	struct list_walk b;
	uint32_t p;

	mm_list_back_begin(z, order, &b);
	while (++at <= nr && mm_list_back_next(m, &b, &p)) {
		if (p == MM_NIL) {
			gap = at; /* its last place so far */
			continue;
		}
		if (p >= w->low_pfn) { /* the last one is the nearest */
			best = at;
			best_gap = gap;
			w->pfn = p;
		}
		if (p >= w->min_pfn && p > high)
			high = p;
	}
	if (best && (best == nr || best_gap)) {
		w->low = true;
		if (best != nr)
			mm_list_gap_shift(m, z, order, best_gap, (int)nr - (int)best);
		return;
	}
	w->low = w->pfn != MM_NIL;
	if (w->pfn == MM_NIL && high)
		w->pfn = high;
}

static unsigned int limit_of(unsigned int fail)
{
	unsigned int limit = ((fail < 32 ? 32u >> fail : 0) + 1) >> 1;

	return limit ? limit : 1;
}

/* Tries the ways, the expected one first; one that looks at known blocks only is taken before others. */
static bool choose(const struct mm_machine *m, const struct zone_state *z, const struct task_ctx *c, struct way *w,
		   uint64_t free_pfn, unsigned int *ret_fail)
{
	unsigned int deep = 1u << (m->pb_order - 1), nr = 0, limit[MAX_FAIL + 2], fail[MAX_FAIL + 2];
	bool start = free_pfn >= z->search_start_le, inside = free_pfn <= z->search_start_gt;
	struct way best = { 0 };
	bool have = false;

	if (start || !inside) {
		limit[nr] = deep;
		fail[nr++] = c->search_fail;
	}
	limit[nr] = limit_of(c->search_fail);
	fail[nr++] = c->search_fail;
	if (!start && inside) {
		limit[nr] = deep;
		fail[nr++] = c->search_fail;
	}
	for (unsigned int i = 0; i < MAX_FAIL; i++)
		if (limit_of(i) != limit_of(c->search_fail)) {
			limit[nr] = limit_of(i);
			fail[nr++] = i;
		}
	for (unsigned int pass = 0; pass < w->orders; pass++)
		for (unsigned int i = 0; i < nr; i++) {
			struct way t = *w;

			t.search_order = (c->search_order + w->orders - pass) % w->orders;
			t.limit = limit[i];
			if (!explains(m, z, &t) || (have && t.unknown >= best.unknown))
				continue;
			best = t;
			have = true;
			*ret_fail = fail[i];
			if (best.unknown == 0 || pass == 0)
				goto out;
		}
out:
	if (have)
		*w = best;
	w->sure = have && w->unknown == 0;
	return have;
}

/* No way explains the numbers: the most likely one, its lists being in an order that isn't sure any more. */
static bool guess(struct mm_machine *m, struct zone_state *z, const struct task_ctx *c, struct way *w, uint64_t free_pfn)
{
	bool ok = false;

	w->guess = true;
	w->search_order = c->search_order;
	for (unsigned int i = 0; i < 2 && !ok; i++) {
		w->limit = (free_pfn >= z->search_start_le) == (i == 0) ? 1u << (m->pb_order - 1) : limit_of(c->search_fail);
		ok = count(z, w);
	}
	if (ok && w->found >= 0)
		nearest(m, z, w);
	for (unsigned int o = 0; o < w->orders; o++)
		if (w->turn[o])
			mm_list_rotated(z, o, MM_MT_MOVABLE);
	return ok && w->found >= 0 && w->pfn != MM_NIL;
}

/* Are all pages of it still as they were left? */
static bool still_taken(const struct mm_machine *m, const struct taken_block *t)
{
	for (uint32_t p = t->pfn; p < t->pfn + (1u << t->order); p++) {
		struct page_ent e = mm_ent(m, p);

		if (ent_state(&e) != PS_ISO || e.since != t->event)
			return false;
	}
	return true;
}

static void taken_add(struct mm_machine *m, int32_t pid, uint64_t pfn, unsigned int order)
{
	if (m->obs->nr_taken == MM_MAX_TAKEN) {
		unsigned int n = 0;

		for (unsigned int i = 0; i < MM_MAX_TAKEN; i++)
			if (still_taken(m, &m->obs->taken[i]))
				m->obs->taken[n++] = m->obs->taken[i];
		m->obs->nr_taken = n;
		if (n == MM_MAX_TAKEN) /* the oldest stays as it is */
			for (m->obs->nr_taken--, n = 0; n < m->obs->nr_taken; n++)
				m->obs->taken[n] = m->obs->taken[n + 1];
	}
	m->obs->taken[m->obs->nr_taken++] =
		(struct taken_block){ pid, (uint32_t)pfn, (uint32_t)m->core.position, (uint8_t)order, false };
}

/**
 * mm_taken_end() - the compaction run of @pid is over
 * What it took it has used or given back by then, each with an event, though pages on their way to the LRU may
 * wait in a batch.  Blocks of runs that ended before, of which nothing was seen, never left their lists.
 */
void mm_taken_end(struct mm_machine *m, int32_t pid)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < m->obs->nr_taken; i++) {
		struct taken_block t = m->obs->taken[i];
		struct zone_state *z = mm_zone_at(m, t.pfn);

		if (!z || !still_taken(m, &t))
			continue;
		if (!t.over) {
			t.over = t.pid == pid;
			m->obs->taken[n++] = t;
			continue;
		}
		mm_observed_free(m, z, t.pfn, t.order, MM_MT_MOVABLE, true);
		mm_change_add(m, t.pfn, 1ull << t.order, PS_ISO, PS_FREE);
	}
	m->obs->nr_taken = n;
}

/*
 * The @nr-th block from the end was the last that a search looked at.  Where unplaced blocks were among those, it may
 * have ended elsewhere: the list was turned, and by how much the next pick shows.
 */
static void turned(struct mm_machine *m, struct zone_state *z, unsigned int order, unsigned int nr, bool sure)
{
	if (!nr)
		return;
	mm_list_turn(m, z, order, nr);
	if (!sure)
		mm_list_rotated(z, order, MM_MT_MOVABLE);
}

/* The lists become what the search left, and its block is taken. */
static void apply(struct mm_machine *m, struct zone_state *z, const struct task_ctx *c, const struct way *w)
{
	for (unsigned int i = 0, o = w->search_order; i < w->orders; i++, o = o ? o - 1 : w->orders - 1) {
		struct page_ent e;

		if ((int)o != w->found) {
			turned(m, z, o, w->turn[o], w->sure);
			continue;
		}
		if (w->pfn != MM_NIL && w->guess) { /* the list begins behind it, whether or not it is the one */
			mm_list_rotate_after(m, z, o, MM_MT_MOVABLE, w->pfn);
			mm_pending_add(m, c->pid, w->min_pfn, o, false);
		} else if (w->pfn != MM_NIL) {
			mm_list_rotate(m, z, o, MM_MT_MOVABLE, w->pfn);
			if (w->sure)
				z->list[o][MM_MT_MOVABLE].cycle_first = MM_NIL;
			e = mm_ent(m, w->pfn);
			if (ent_state(&e) == PS_FREE && !w->denied) {
				mm_isolate_block(m, z, w->pfn, &e);
				taken_add(m, c->pid, w->pfn, o);
			}
		} else {
			turned(m, z, o, w->turn[o], w->sure);
			mm_pending_add(m, c->pid, w->min_pfn, o, mm_list_take_unknown(m, z, o));
		}
		return;
	}
}

/**
 * mm_observe_search() - mm_compaction_fast_isolate_freepages: what it took, and how it left the lists
 */
void mm_observe_search(struct mm_machine *m, const struct sg_event *ev)
{
	struct way w = { .min_pfn = ev->v[SGF_mm_compaction_fast_isolate_freepages_start_pfn],
			 .scanned = ev->v[SGF_mm_compaction_fast_isolate_freepages_nr_scanned],
			 .taken = ev->v[SGF_mm_compaction_fast_isolate_freepages_nr_taken] };
	uint64_t free_pfn = ev->v[SGF_mm_compaction_fast_isolate_freepages_end_pfn], quarter;
	struct task_ctx *c = mm_ctx(m, ev->pid, true);
	struct zone_state *z = free_pfn ? mm_zone_at(m, free_pfn - 1) : NULL;
	unsigned int fail = 0;

	bool passed = w.min_pfn > free_pfn; /* the scanners have passed each other: what is between them is beyond all memory */

	if (!z || (passed && w.taken) || w.taken > 1ull << m->nr_orders) {
		mm_contra_add(m, MM_CONTRA_OUT_OF_RANGE);
		return;
	}
	if (w.taken & (w.taken - 1)) { /* one search takes one block */
		mm_contra_add(m, MM_CONTRA_ISOLATE_COUNT);
		return;
	}
	quarter = c->migrate_pfn && c->migrate_pfn < free_pfn ? (free_pfn - c->migrate_pfn) >> 2 :
								(free_pfn - w.min_pfn) >> 1;
	w.low_pfn = passed ? w.min_pfn : (free_pfn - quarter) >> m->pb_order << m->pb_order;
	w.orders = c->order > 0 && c->order < (int)m->nr_orders ? (unsigned int)c->order : m->pb_order;
	if (c->search_order >= w.orders)
		c->search_order = (uint8_t)(w.orders - 1);
	if (choose(m, z, c, &w, free_pfn, &fail)) {
		if (w.limit == 1u << (m->pb_order - 1))
			z->search_start_le = free_pfn;
		else if (z->search_start_le <= free_pfn)
			z->search_start_le = free_pfn + 1;
		if (w.limit != 1u << (m->pb_order - 1) && free_pfn > z->search_start_gt)
			z->search_start_gt = free_pfn;
		apply(m, z, c, &w);
		c->search_order = (uint8_t)w.search_order;
		c->search_fail = (uint8_t)fail;
		if (w.taken == 0) { /* it came round, or was ended as if it had: the next one begins an order lower */
			if (w.denied && w.low) {
				c->search_order = (uint8_t)w.found;
				c->search_fail = 0;
			}
			if (!w.early)
				c->search_order = (uint8_t)((c->search_order + w.orders - 1) % w.orders);
			c->search_fail = (uint8_t)(c->search_fail < MAX_FAIL ? c->search_fail + 1 : MAX_FAIL);
		} else if (w.low) {
			c->search_order = (uint8_t)w.found;
			c->search_fail = 0;
		}
		return;
	}
	if (guess(m, z, c, &w, free_pfn)) {
		apply(m, z, c, &w);
	} else {
		for (unsigned int o = 0; o < w.orders; o++)
			if (w.turn[o])
				mm_list_turn(m, z, o, w.turn[o]);
		if (w.taken)
			mm_pending_add(m, ev->pid, w.min_pfn, (unsigned int)__builtin_ctzll(w.taken), false);
	}
	if (w.taken && w.low)
		c->search_order = (uint8_t)w.found;
	else if (w.taken == 0)
		c->search_order = (uint8_t)((c->search_order + w.orders - 1) % w.orders);
}

/* Is a pageblock to clear looked for on the free lists?  Source: mm/compaction.c: fast_find_migrateblock(), 6.1 to 7.3 */
static bool looks_for_source(const struct mm_machine *m, const struct zone_state *z, const struct task_ctx *c)
{
	if (c->ignore_skip || c->order <= MM_COSTLY_ORDER || !c->free_pfn || c->free_pfn <= c->migrate_pfn ||
	    (c->migrate_pfn != z->start && (c->migrate_pfn & ((1ull << m->pb_order) - 1))))
		return false;
	return c->kind == CTX_KCOMPACTD || c->movable ||
	       (mm_has(m->facts, SOURCE_WHOLE) && c->order >= (int)m->pb_order);
}

/**
 * mm_observe_source_search() - the migrate scanner of @c begins at @start: how did the search before it leave the lists?
 * It has no event.  Blocks that it passed over although they lie low enough were marked to be skipped.
 * Source: mm/compaction.c: fast_find_migrateblock(), move_freelist_tail(), 6.1 to 7.3
 */
void mm_observe_source_search(struct mm_machine *m, struct zone_state *z, struct task_ctx *c, uint64_t start)
{
	unsigned int limit = (c->search_fail < 32 ? 32u >> c->search_fail : 0) + 1, scanned = 0;
	uint64_t distance = (c->free_pfn - c->migrate_pfn) >> 1, high;
	bool found = false, unplaced = false;

	if (!looks_for_source(m, z, c))
		return;
	if (c->migrate_pfn != z->start)
		distance >>= 2;
	high = (c->migrate_pfn + distance) >> m->pb_order << m->pb_order;
	for (int o = c->order - 1; o >= MM_COSTLY_ORDER && !found && scanned < limit; o--) {
		unsigned int have = blocks_of(z, (unsigned int)o), at = 0;
		struct list_walk w;
		uint32_t p;

		if (!any_block(z, (unsigned int)o))
			continue;
		mm_list_ahead_begin(z, (unsigned int)o, &w);
		while (mm_list_ahead_next(m, &w, &p)) {
			at++;
			unplaced |= p == MM_NIL;
			if (scanned++ < limit) {
				found = p != MM_NIL && p < high && p >> m->pb_order == start >> m->pb_order;
				if (!found)
					continue;
			}
			if (at < have)
				turned(m, z, (unsigned int)o, have - at, !unplaced);
			break;
		}
	}
	c->search_fail = (uint8_t)(found ? 0 : c->search_fail < MAX_FAIL ? c->search_fail + 1 : MAX_FAIL);
}

/**
 * mm_observe_no_source() - something of @c's run comes that would come after a scanned range, and there was none
 * Then the migrate scanner found no pageblock up to the free scanner; but it has searched the lists.
 * Source: mm/compaction.c: isolate_migratepages(), ISOLATE_NONE in compact_zone(), 6.1 to 7.3
 */
void mm_observe_no_source(struct mm_machine *m, struct task_ctx *c)
{
	if (!(c->sync & CTX_GOES_ON) || c->zone < 0)
		return;
	c->sync &= (uint8_t)~CTX_GOES_ON;
	/* where a list isn't wholly known, to turn it by a guess makes it worse */
	for (int o = MM_COSTLY_ORDER; o < c->order; o++)
		if (m->core.zone[c->zone].list[o][MM_MT_MOVABLE].nr_unplaced ||
		    m->core.zone[c->zone].list[o][MM_MT_MOVABLE].cycle_first != MM_NIL)
			return;
	mm_observe_source_search(m, &m->core.zone[c->zone], c, UINT64_MAX);
}
