// SPDX-License-Identifier: GPL-2.0-only
/* Which page the allocator takes: own lists, claim, steal. */
#include "mm_rule_rmqueue.h"

/* Where each migratetype looks when its own lists are empty.  Source: fallbacks[], 6.1 to 7.3 */
static const unsigned char fallbacks[MM_NR_PCPTYPES][2] = {
	[MM_MT_UNMOVABLE] = { MM_MT_RECLAIMABLE, MM_MT_MOVABLE },
	[MM_MT_MOVABLE] = { MM_MT_RECLAIMABLE, MM_MT_UNMOVABLE },
	[MM_MT_RECLAIMABLE] = { MM_MT_UNMOVABLE, MM_MT_MOVABLE },
};

static bool list_empty(const struct zone_state *z, unsigned int order, unsigned int mt)
{
	const struct free_list *l = &z->list[order][mt];

	return l->nr_linked == 0 && l->nr_unplaced == 0;
}

struct mm_pick mm_rule_list_head(const struct mm_machine *m, const struct zone_state *z, unsigned int order,
				 unsigned int mt)
{
	const struct free_list *l = &z->list[order][mt];
	struct mm_pick p = { .order = order, .mt = mt };

	(void)m;
	if (l->head_first != MM_NIL && l->head_first == l->cycle_first && l->nr_linked + l->nr_unplaced > 1) {
		p.known = MM_KNOWN_MAYBE;
		p.pfn = l->head_first;
		p.why = "list_rotated";
	} else if (l->head_first != MM_NIL) {
		p.known = MM_KNOWN_YES;
		p.pfn = l->head_first;
	} else if (l->nr_unplaced) {
		p.known = MM_KNOWN_MAYBE;
		p.why = "list_order_unknown";
	} else if (l->tail_first != MM_NIL) {
		p.known = MM_KNOWN_YES;
		p.pfn = l->tail_first;
	}
	return p;
}

struct mm_pick mm_rule_smallest(const struct mm_machine *m, const struct zone_state *z, unsigned int order,
				unsigned int mt)
{
	struct mm_pick none = { 0 };

	for (unsigned int o = order; o < MM_NR_ORDERS; o++)
		if (!list_empty(z, o, mt))
			return mm_rule_list_head(m, z, o, mt);
	return none;
}

/*
 * Pages of the pageblock of @pfn that are free, and that are on the LRU: at least those that are known
 * to be, at most also those of which the trace doesn't say.
 */
struct mm_block_census mm_rule_census(const struct mm_machine *m, uint64_t pfn)
{
	uint64_t first = pfn >> m->pb_order << m->pb_order;
	struct mm_block_census c = { 0 };

	for (uint64_t p = first; p < first + (1ull << m->pb_order); p++) {
		struct page_ent e = mm_ent(m, p);
		unsigned int s = ent_state(&e);

		if (s == PS_FREE || s == PS_FREET) {
			c.free++;
		} else if (s == PS_ALLOC) {
			bool lru = e.st & PE_LRU;
			/* movable and not (yet) seen on the LRU: in a batch on its way, or isolated */
			bool maybe = !lru && (e.st & PE_SNAP ? false : ent_mt(&e) == MM_MT_MOVABLE || ent_mt(&e) == 15);

			c.lru_least += lru;
			c.lru_most += lru || maybe;
		} else if (s == PS_UNKNOWN) {
			c.lru_most++;
		}
	}
	return c;
}

/* Does it pay to try for the whole pageblock?  Source: should_try_claim_block(), 7.3; can_steal_fallback(), 6.1 */
static bool try_claim(const struct mm_machine *m, unsigned int order, unsigned int mt)
{
	return order >= m->pb_order / 2 || mt == MM_MT_RECLAIMABLE || mt == MM_MT_UNMOVABLE;
}

/*
 * Is half of the pageblock free or of the kind that asks?  MM_KNOWN_MAYBE when the LRU state that the
 * trace doesn't tell decides.
 */
static enum mm_known half_alike(const struct mm_machine *m, uint64_t pfn, unsigned int mt, unsigned int block_mt)
{
	struct mm_block_census c = mm_rule_census(m, pfn);
	unsigned int all = 1u << m->pb_order, least = 0, most = 0;

	if (mt == MM_MT_MOVABLE) {
		least = c.lru_least;
		most = c.lru_most;
	} else if (block_mt == MM_MT_MOVABLE) {
		least = all - c.free - c.lru_most;
		most = all - c.free - c.lru_least;
	}
	if (c.free + least >= all / 2)
		return MM_KNOWN_YES;
	return c.free + most >= all / 2 ? MM_KNOWN_MAYBE : MM_KNOWN_NO;
}

/*
 * The page that __rmqueue_smallest() finds after all free blocks of the pageblock went to the tails of
 * @mt's lists in ascending order.
 */
static struct mm_pick after_move(const struct mm_machine *m, const struct zone_state *z, uint64_t pfn,
				 unsigned int order, unsigned int mt)
{
	uint64_t first = pfn >> m->pb_order << m->pb_order;
	struct mm_pick best = mm_rule_smallest(m, z, order, mt);

	for (uint64_t p = first; p < first + (1ull << m->pb_order);) {
		struct page_ent e = mm_ent(m, p);

		if (ent_state(&e) != PS_FREE) {
			p++;
			continue;
		}
		if (ent_order(&e) >= order && (best.known == MM_KNOWN_NO || ent_order(&e) < best.order))
			best = (struct mm_pick){ .known = MM_KNOWN_YES, .pfn = p, .order = ent_order(&e), .mt = mt };
		p += 1ull << ent_order(&e);
	}
	return best;
}

static bool in_zone(const struct mm_machine *m, const struct zone_state *z, uint64_t pfn)
{
	uint64_t first = pfn >> m->pb_order << m->pb_order;

	return first >= z->start && first + (1ull << m->pb_order) <= z->end;
}

static struct mm_pick fallback_claim(const struct mm_machine *m, const struct zone_state *z, unsigned int order,
				     unsigned int mt, bool nofragment)
{
	unsigned int least = nofragment && order < m->pb_order ? m->pb_order : order;
	struct mm_pick p = { 0 };

	for (unsigned int o = MM_NR_ORDERS; o-- > least;) {
		unsigned int f = 0;
		enum mm_known half;

		if (!try_claim(m, o, mt))
			break;
		while (f < 2 && list_empty(z, o, fallbacks[mt][f]))
			f++;
		if (f == 2)
			continue;
		p = mm_rule_list_head(m, z, o, fallbacks[mt][f]);
		p.claim = true;
		if (p.known == MM_KNOWN_MAYBE)
			return p;
		if (o >= m->pb_order)
			return p;
		if (!in_zone(m, z, p.pfn))
			continue;
		half = half_alike(m, p.pfn, mt, fallbacks[mt][f]);
		if (half == MM_KNOWN_MAYBE) {
			p.known = MM_KNOWN_MAYBE;
			p.why = "lru_state_unknown";
			return p;
		}
		if (half == MM_KNOWN_YES) {
			struct mm_pick page = after_move(m, z, p.pfn, order, mt);

			p.pfn = page.pfn;
			return p;
		}
	}
	p.known = MM_KNOWN_NO;
	return p;
}

static struct mm_pick fallback_steal(const struct mm_machine *m, const struct zone_state *z, unsigned int order,
				     unsigned int mt)
{
	struct mm_pick none = { 0 };

	for (unsigned int o = order; o < MM_NR_ORDERS; o++)
		for (unsigned int f = 0; f < 2; f++)
			if (!list_empty(z, o, fallbacks[mt][f]))
				return mm_rule_list_head(m, z, o, fallbacks[mt][f]);
	return none;
}

/* One search and one outcome: the largest block, or for a small movable request the smallest. */
static struct mm_pick fallback_6_1(const struct mm_machine *m, const struct zone_state *z, unsigned int order,
				   unsigned int mt, bool nofragment)
{
	unsigned int least = nofragment && order < m->pb_order ? m->pb_order : order;
	struct mm_pick p = { 0 };

	for (unsigned int o = MM_NR_ORDERS; o-- > least;) {
		unsigned int f = 0;
		enum mm_known half;

		while (f < 2 && list_empty(z, o, fallbacks[mt][f]))
			f++;
		if (f == 2)
			continue;
		if (!try_claim(m, o, mt) && mt == MM_MT_MOVABLE && o > order)
			return fallback_steal(m, z, order, mt);
		p = mm_rule_list_head(m, z, o, fallbacks[mt][f]);
		if (p.known != MM_KNOWN_YES)
			return p;
		if (o >= m->pb_order) {
			p.claim = true;
			return p;
		}
		if (!try_claim(m, o, mt))
			return p;
		half = half_alike(m, p.pfn, mt, fallbacks[mt][f]);
		p.claim = half == MM_KNOWN_YES;
		if (half == MM_KNOWN_MAYBE) {
			p.known = MM_KNOWN_MAYBE;
			p.why = "lru_state_unknown";
		}
		return p;
	}
	return p;
}

struct mm_pick mm_rule_fallback(const struct mm_machine *m, const struct zone_state *z, enum mm_rules rules,
				unsigned int order, unsigned int mt, bool nofragment, bool steal_only)
{
	struct mm_pick p = { 0 };

	if (mt >= MM_NR_PCPTYPES || order >= MM_NR_ORDERS)
		return p;
	if (rules == MM_RULES_6_1)
		return fallback_6_1(m, z, order, mt, nofragment);
	if (!steal_only) {
		p = fallback_claim(m, z, order, mt, nofragment);
		if (p.known != MM_KNOWN_NO)
			return p;
	}
	if (!nofragment)
		p = fallback_steal(m, z, order, mt);
	return p;
}
