// SPDX-License-Identifier: GPL-2.0-only
/* Which page the allocator takes: own lists, claim, steal. */
#include "rules/rmqueue.h"

/* Where each migratetype looks when its own lists are empty.  Source: fallbacks[], 6.1 to 7.3 */
const unsigned char mm_fallbacks[MM_NR_PCPTYPES][2] = {
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

/* mm_rule_list_head(), but a block whose buddy nobody knows may have become part of a larger one, or others lie before it. */
static struct mm_pick known_head(const struct mm_machine *m, const struct zone_state *z, unsigned int order,
				 unsigned int mt)
{
	struct mm_pick p = mm_rule_list_head(m, z, order, mt);

	if (p.known == MM_KNOWN_YES &&
	    (mm_maybe_merged(m, z, p.pfn, order, mt) || mm_complete_behind(m, z, p.pfn, order, mt))) {
		p.known = MM_KNOWN_MAYBE;
		p.why = "list_unknown";
	} else if (p.known == MM_KNOWN_YES && mm_unnamed_before(m, z, order, mt, p.pfn)) {
		p.known = MM_KNOWN_MAYBE;
		p.why = "free_type_unknown";
	} else if (p.known == MM_KNOWN_YES && m->shuffled && order + 1 == m->nr_orders &&
		   z->list[order][mt].nr_linked + z->list[order][mt].nr_unplaced > 1) {
		/* mm/shuffle.c: shuffle_pick_tail(), 5.2 to 7.3 */
		p.known = MM_KNOWN_MAYBE;
		p.why = "list_shuffled";
	}
	return p;
}

struct mm_pick mm_rule_smallest(const struct mm_machine *m, const struct zone_state *z, unsigned int order,
				unsigned int mt)
{
	struct mm_pick none = { 0 };

	for (unsigned int o = order; o < m->nr_orders; o++)
		if (!list_empty(z, o, mt))
			return mm_rule_list_head(m, z, o, mt);
	return none;
}

/*
 * Why a list that is empty in the model may not be in the kernel, NULL if it is empty there as well: not all blocks are
 * known, or one of unknown type may be on it.
 */
static const char *why_not_empty(const struct zone_state *z, unsigned int order, unsigned int mt)
{
	if (!mm_complete_list(z, order, mt))
		return "list_unknown";
	return mm_unnamed_on(z, order, mt) ? "free_type_unknown" : NULL;
}

static struct mm_pick not_known(unsigned int order, unsigned int mt, const char *why)
{
	return (struct mm_pick){ .known = MM_KNOWN_MAYBE, .order = order, .mt = mt, .why = why };
}

struct mm_pick mm_rule_smallest_known(const struct mm_machine *m, const struct zone_state *z, unsigned int order,
				      unsigned int mt)
{
	struct mm_pick none = { 0 };
	const char *why;

	for (unsigned int o = order; o < m->nr_orders; o++) {
		if (!list_empty(z, o, mt))
			return known_head(m, z, o, mt);
		why = why_not_empty(z, o, mt);
		if (why)
			return not_known(o, mt, why);
	}
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

		if (s == PS_FREE && ent_order(&e) < m->pb_order) {
			c.free += 1u << ent_order(&e);
			p += (1ull << ent_order(&e)) - 1;
		} else if (s == PS_FREE || s == PS_FREET) {
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

/* A search for a fallback: what it is for, and what it looked at. */
struct search {
	const struct mm_machine *m;
	const struct zone_state *z;
	struct mm_facts facts;
	unsigned int order, mt, flags;
	struct mm_claim_tries *tries;
};

static bool in_zone(const struct mm_machine *m, const struct zone_state *z, uint64_t pfn)
{
	uint64_t first = pfn >> m->pb_order << m->pb_order;

	return first >= z->start && first + (1ull << m->pb_order) <= z->end;
}

/*
 * Is half of the pageblock free or of the kind that asks?  MM_KNOWN_MAYBE when the LRU state that the
 * trace doesn't tell decides.
 */
static enum mm_known half_alike(const struct search *s, const struct mm_pick *p)
{
	struct mm_block_census c = mm_rule_census(s->m, p->pfn);
	unsigned int all = 1u << s->m->pb_order, least = 0, most = 0, block_mt = p->mt;

	/* before 6.10 a block's free pages may lie on other types' lists, and the block's own type counts */
	if (!mm_has(s->facts, HYGIENE) && mm_blk(s->m, p->pfn >> s->m->pb_order).mt != MM_MT_UNKNOWN)
		block_mt = mm_blk(s->m, p->pfn >> s->m->pb_order).mt;
	if (s->flags & MM_FALLBACK_DECIDE)
		c.lru_most = c.lru_least;
	if (s->mt == MM_MT_MOVABLE) {
		least = c.lru_least;
		most = c.lru_most;
	} else if (block_mt == MM_MT_MOVABLE) {
		least = all - c.free - c.lru_most;
		most = all - c.free - c.lru_least;
	}
	if (s->tries && s->tries->nr) {
		s->tries->at[s->tries->nr - 1].free = (uint16_t)c.free;
		s->tries->at[s->tries->nr - 1].alike = (uint16_t)least;
	}
	if (c.free + least >= all / 2)
		return MM_KNOWN_YES;
	return c.free + most >= all / 2 ? MM_KNOWN_MAYBE : MM_KNOWN_NO;
}

/* The same, with a policy's say. */
static enum mm_known may_claim(const struct search *s, const struct mm_pick *p)
{
	enum mm_known half = half_alike(s, p);

	if (__builtin_expect(s->tries && s->tries->claim && s->tries->nr, 0))
		half = s->tries->claim(s->tries->arg, &s->tries->at[s->tries->nr - 1], half);
	return half;
}

/* A block below pageblock order is looked at. */
static void note_try(const struct search *s, const struct mm_pick *p, bool inside)
{
	if (s->tries && s->tries->nr < MM_MAX_ORDERS)
		s->tries->at[s->tries->nr++] = (struct mm_claim_try){ .pfn = p->pfn, .order = (uint8_t)p->order,
								      .mt = (uint8_t)p->mt, .inside = inside };
}

/*
 * The page that __rmqueue_smallest() finds after all free blocks of the pageblock went to the tails of
 * @mt's lists in ascending order.
 */
struct mm_pick mm_rule_after_claim(const struct mm_machine *m, const struct zone_state *z, uint64_t pfn,
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

#define NO_TYPE 2      /* all lists of the order are empty */
#define UNKNOWN_TYPE 3 /* a list that may not be empty comes before any block that is known */

/*
 * The first type in turn whose list of order @o isn't empty, as an index in fallbacks[]; @why: what is missing for
 * UNKNOWN_TYPE.  What decides itself takes its lists as they are.  Source: find_suitable_fallback()
 */
static unsigned int fallback_type(const struct search *s, unsigned int o, const char **why)
{
	unsigned int f = 0;

	for (; f < 2 && list_empty(s->z, o, mm_fallbacks[s->mt][f]); f++) {
		*why = s->flags & MM_FALLBACK_DECIDE ? NULL : why_not_empty(s->z, o, mm_fallbacks[s->mt][f]);
		if (*why)
			return UNKNOWN_TYPE;
	}
	return f;
}

static struct mm_pick fallback_head(const struct search *s, unsigned int o, unsigned int f)
{
	return s->flags & MM_FALLBACK_DECIDE ? mm_rule_list_head(s->m, s->z, o, mm_fallbacks[s->mt][f]) :
					       known_head(s->m, s->z, o, mm_fallbacks[s->mt][f]);
}

static unsigned int least_order(const struct search *s)
{
	return (s->flags & MM_FALLBACK_NOFRAGMENT) && s->order < s->m->pb_order ? s->m->pb_order : s->order;
}

static struct mm_pick fallback_claim(const struct search *s)
{
	unsigned int least = least_order(s);
	struct mm_pick p = { 0 };

	for (unsigned int o = s->m->nr_orders; o-- > least;) {
		enum mm_known half;
		const char *why;
		unsigned int f;
		bool inside;

		if (!mm_claim_tried(s->m->pb_order, o, s->mt))
			break;
		f = fallback_type(s, o, &why);
		if (f == UNKNOWN_TYPE)
			return not_known(o, s->mt, why);
		if (f == NO_TYPE)
			continue;
		p = fallback_head(s, o, f);
		p.claim = true;
		if (p.known == MM_KNOWN_MAYBE)
			return p;
		if (o >= s->m->pb_order)
			return p;
		inside = in_zone(s->m, s->z, p.pfn);
		note_try(s, &p, inside);
		if (!inside)
			continue;
		half = may_claim(s, &p);
		if (half == MM_KNOWN_MAYBE) {
			p.known = MM_KNOWN_MAYBE;
			p.why = "lru_state_unknown";
			return p;
		}
		if (half == MM_KNOWN_YES) {
			if (!(s->flags & MM_FALLBACK_DECIDE))
				p.pfn = mm_rule_after_claim(s->m, s->z, p.pfn, s->order, s->mt).pfn;
			return p;
		}
	}
	p.known = MM_KNOWN_NO;
	return p;
}

static struct mm_pick fallback_steal(const struct search *s)
{
	struct mm_pick none = { 0 };

	for (unsigned int o = s->order; o < s->m->nr_orders; o++) {
		const char *why;
		unsigned int f = fallback_type(s, o, &why);

		if (f == UNKNOWN_TYPE)
			return not_known(o, s->mt, why);
		if (f < NO_TYPE)
			return fallback_head(s, o, f);
	}
	return none;
}

/* Before 6.15: one search and one outcome: the largest block, or for a small movable request the smallest. */
static struct mm_pick fallback_at_once(const struct search *s)
{
	unsigned int least = least_order(s);
	struct mm_pick p = { 0 };

	for (unsigned int o = s->m->nr_orders; o-- > least;) {
		const char *why;
		unsigned int f = fallback_type(s, o, &why);
		enum mm_known half;

		if (f == UNKNOWN_TYPE)
			return not_known(o, s->mt, why);
		if (f == NO_TYPE)
			continue;
		if (!mm_claim_tried(s->m->pb_order, o, s->mt) && s->mt == MM_MT_MOVABLE && o > s->order) {
			p = fallback_steal(s);
			note_try(s, &p, false);
			return p;
		}
		p = fallback_head(s, o, f);
		p.claim = o >= s->m->pb_order; /* whichever block it is */
		if (p.claim || p.known != MM_KNOWN_YES)
			return p;
		note_try(s, &p, in_zone(s->m, s->z, p.pfn));
		if (!mm_claim_tried(s->m->pb_order, o, s->mt))
			return p;
		p.whole = true;
		half = may_claim(s, &p);
		p.claim = half == MM_KNOWN_YES;
		if (half == MM_KNOWN_MAYBE) {
			p.known = MM_KNOWN_MAYBE;
			p.why = "lru_state_unknown";
		} else if (p.claim && mm_has(s->facts, HYGIENE) && !(s->flags & MM_FALLBACK_DECIDE)) {
			p.pfn = mm_rule_after_claim(s->m, s->z, p.pfn, s->order, s->mt).pfn;
		}
		return p;
	}
	return p;
}

struct mm_pick mm_rule_fallback_find(const struct mm_machine *m, const struct zone_state *z, struct mm_facts facts,
				     unsigned int order, unsigned int mt, unsigned int flags,
				     struct mm_claim_tries *tries)
{
	struct search s = { m, z, facts, order, mt, flags, tries };
	struct mm_pick p = { 0 };

	if (tries)
		tries->nr = 0;
	if (mt >= MM_NR_PCPTYPES || order >= m->nr_orders)
		return p;
	if (!mm_has(facts, CLAIM_STEAL))
		return fallback_at_once(&s);
	if (!(flags & MM_FALLBACK_STEAL_ONLY)) {
		p = fallback_claim(&s);
		if (p.known != MM_KNOWN_NO)
			return p;
	}
	if (!(flags & MM_FALLBACK_NOFRAGMENT))
		p = fallback_steal(&s);
	return p;
}

struct mm_pick mm_rule_fallback(const struct mm_machine *m, const struct zone_state *z, struct mm_facts facts,
				unsigned int order, unsigned int mt, bool nofragment, bool steal_only)
{
	return mm_rule_fallback_find(m, z, facts, order, mt,
				     (nofragment ? MM_FALLBACK_NOFRAGMENT : 0) | (steal_only ? MM_FALLBACK_STEAL_ONLY : 0), NULL);
}
