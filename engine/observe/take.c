// SPDX-License-Identifier: GPL-2.0-only
/* Blocks that leave the buddy lists: mm_page_alloc_zone_locked and mm_page_alloc_extfrag. */
#include "observe/observe.h"
#include "rules/rmqueue.h"
#include "machine/guesses.h"

/* The pages of a take that were not free as far as known: why?  Counted once. */
static void not_free(struct mm_machine *m, uint64_t pfn, unsigned int order)
{
	for (uint64_t p = pfn; p < pfn + (1ull << order); p++) {
		struct page_ent e = mm_ent(m, p);
		unsigned int s = ent_state(&e);

		if (s == PS_FREE || s == PS_FREET || s == PS_UNKNOWN)
			continue;
		mm_contra_add(m, MM_CONTRA_ALLOC_NOT_FREE);
		return;
	}
}

#define LOCKED_ROOM 1024

/* Was the block at @pfn freed before the one that is first on the list that it would go to?  Then it lies behind that. */
static bool lies_behind(const struct mm_machine *m, const struct zone_state *z, uint64_t pfn)
{
	struct page_ent e = mm_ent(m, pfn);
	unsigned int mt = mm_blk(m, pfn >> m->pb_order).mt;
	uint32_t first = ent_order(&e) < m->nr_orders && mt < MM_NR_MT ? z->list[ent_order(&e)][mt].head_first : MM_NIL;

	return first != MM_NIL && mm_ent(m, first).since > e.since;
}

/*
 * The kernel takes the page at @pfn from the buddy lists, and the model has it on a per-cpu list since it was freed:
 * that free found the per-cpu list locked.  So did those right before it, as the last one of them is taken first.
 * @z: the zone, when only those count that would be first on their lists; NULL: all
 */
static void found_locked(struct mm_machine *m, const struct zone_state *z, uint64_t pfn)
{
	struct page_ent e = mm_ent(m, pfn);
	uint32_t run[LOCKED_ROOM];
	unsigned int n = 0;

	if (ent_state(&e) != PS_PCP)
		return;
	pfn &= ~((1ull << ent_order(&e)) - 1);
	e = mm_ent(m, pfn);
	while (ent_state(&e) == PS_PCP && (e.st & PE_LINK) && mm_pcp_unsure(&e) && n < MM_GUESS(LOCKED_RUN) && n < LOCKED_ROOM) {
		uint32_t since = e.since;

		if (n == 0 || !z || !lies_behind(m, z, pfn))
			run[n++] = (uint32_t)pfn;
		pfn = e.a;
		if (pfn == MM_NIL)
			break;
		e = mm_ent(m, pfn);
		if (e.since + 1 != since)
			break;
	}
	while (n-- > 0) /* the oldest first */
		mm_went_to_buddy(m, run[n]);
}

/* Is @ev the next of its CPU after the last take, and in the same refill?  That is one hold of the zone's lock. */
static bool refill_goes_on(const struct mm_machine *m, const struct sg_event *ev, unsigned int order, unsigned int mt)
{
	return m->obs->last_take_order == order && m->obs->last_take_mt == mt && m->obs->last_take_cpu == ev->cpu &&
	       ev->cpu < m->nr_base && m->obs->base[ev->cpu].event == (uint32_t)m->obs->last_take_event;
}

/*
 * The block left the buddy lists and is on its way to the per-cpu list of @wanted_mt (@refill) or to the one who
 * asked for that type.
 */
static void take(struct mm_machine *m, struct zone_state *z, const struct sg_event *ev, const struct mm_taking *t,
		 unsigned int wanted_mt, bool refill)
{
	struct page_ent was = mm_ent(m, t->pfn);
	uint64_t freed;

	found_locked(m, NULL, t->pfn);
	mm_complete_taking(m, z, t);
	freed = mm_observed_take(m, z, t->pfn, t->order, t->mt, t->remainder_mt, t->smallest);
	if (freed < 1ull << t->order)
		not_free(m, t->pfn, t->order);
	mm_event_detach(m, z, t->pfn, t->order);
	mm_pcp_add(m, z, refill ? ev->cpu : UINT16_MAX >> 2, t->pfn, t->order, wanted_mt, true, PCP_FROM_REFILL);
	mm_event_changed(m, t->pfn, t->order, &was, PS_PCP);
}

void mm_on_zone_locked(struct mm_machine *m, const struct sg_event *ev)
{
	uint64_t pfn = ev->v[SGF_mm_page_alloc_zone_locked_pfn];
	uint64_t order = ev->v[SGF_mm_page_alloc_zone_locked_order];
	uint64_t mt = ev->v[SGF_mm_page_alloc_zone_locked_migratetype];
	struct zone_state *z = mm_event_zone(m, pfn, order);
	struct mm_taking t;
	unsigned int bt;
	bool goes_on, refill = mm_event_refills(m, ev);

	if (!z || !mm_event_mt_ok(m, mt))
		return;
	if (mt == MM_MT_MOVABLE)
		mm_reporting_taken(m, z, pfn);
	bt = mm_blk(m, pfn >> m->pb_order).mt;
	if (m->hygiene && bt != mt) {
		/*
		 * The lists hold blocks of their own type only, so the pageblock has become @mt:
		 * claimed (the extfrag event follows), or turned from or to HIGHATOMIC without an event.
		 */
		if (bt != MM_MT_UNKNOWN) {
			if (bt >= MM_NR_PCPTYPES || mt >= MM_NR_PCPTYPES)
				mm_contra_add(m, MM_CONTRA_BLOCK_TYPE);
			else
				mm_complete_were_empty(m, z, (unsigned int)order, m->nr_orders, (unsigned int)mt);
			mm_block_move(m, z, pfn, bt, (unsigned int)mt);
		}
		mm_block_type(m, z, pfn, (unsigned int)mt, SG_MAX_MIGRATETYPES, false);
	}
	goes_on = refill && refill_goes_on(m, ev, (unsigned int)order, (unsigned int)mt);
	t = (struct mm_taking){ pfn, (unsigned int)order, (unsigned int)mt, (unsigned int)mt, m->nr_orders, true };
	/* of a CMA pageblock: for a movable request */
	take(m, z, ev, &t, (int64_t)mt == m->cap->mt_cma && refill ? MM_MT_MOVABLE : (unsigned int)mt, refill);
	if (bt == MM_MT_UNKNOWN)
		mm_unnamed_named(m, z, pfn);
	if (goes_on && m->obs->last_take_pfn + (1ull << order) == pfn && !(m->obs->last_take_pfn >> order & 1))
		mm_buddy_emptied(m, z, (unsigned int)order, (unsigned int)mt);
	m->obs->last_take_pfn = pfn;
	m->obs->last_take_cpu = ev->cpu;
	m->obs->last_take_order = (uint8_t)order;
	m->obs->last_take_mt = (uint8_t)mt;
	m->obs->last_take_block_mt = (uint8_t)bt;
	m->obs->last_take_event = m->core.position;
}

/* Pageblocks of a block of @order become @mt; @old: what they were if nobody knew. */
static void retype(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int order,
		   unsigned int mt, unsigned int old)
{
	uint64_t n = order > m->pb_order ? 1ull << (order - m->pb_order) : 1;

	for (uint64_t i = 0; i < n && pfn + (i << m->pb_order) < z->end; i++)
		mm_block_type(m, z, pfn + (i << m->pb_order), mt, old, false);
}

/*
 * 6.1 (before free pages were kept on the list of their pageblock): the block is moved to the
 * wanted type's list, alone or with all free pages of its pageblock; zone_locked takes it next.
 * Source: mm/page_alloc.c: steal_suitable_fallback(), can_steal_fallback(), v6.1
 */
static void fallback_before_hygiene(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int order,
				    unsigned int amt, unsigned int fmt, bool owned)
{
	struct page_ent e;
	uint64_t h;
	bool whole = mm_claim_tried(m->pb_order, order, amt);
	unsigned int bt;

	if (order < m->pb_order && whole) {
		mm_block_move(m, z, pfn, fmt, amt);
		/* not owned: it is of another type than @amt, which need not be that of the list */
		bt = mm_blk(m, pfn >> m->pb_order).mt;
		if (owned)
			mm_block_type(m, z, pfn, amt, fmt, false);
		else if (bt == MM_MT_UNKNOWN || bt == amt)
			mm_block_type(m, z, pfn, fmt, SG_MAX_MIGRATETYPES, false);
		return;
	}
	if (order >= m->pb_order)
		retype(m, z, pfn, order, amt, fmt);
	if (!mm_head_of(m, pfn, &h, &e)) {
		mm_complete_lose(z, order, order + 1, amt);
		return;
	}
	mm_list_del(m, z, h, &e, fmt);
	mm_list_add(m, z, h, ent_order(&e), amt, true);
}

/*
 * An event tells that the block of @order at @pfn was on the buddy lists.  Pages of it that the model has on a per-cpu
 * list, without an event that says they reached it, found that list locked.
 * Source: mm/page_alloc.c: free_unref_page(), 6.1 and 6.12; __free_frozen_pages(), 7.2 and 7.3
 */
static void was_free(struct mm_machine *m, const struct zone_state *z, uint64_t pfn, unsigned int order)
{
	uint64_t p = pfn & ~((1ull << order) - 1), end = p + (1ull << order);

	if (p < z->start || end > z->end)
		return;
	while (p < end) {
		struct page_ent e = mm_ent(m, p);
		uint64_t next = p + 1;

		if (ent_state(&e) == PS_FREE || (ent_state(&e) == PS_PCP && (e.st & PE_LINK)))
			next = p + (1ull << ent_order(&e));
		if (ent_state(&e) == PS_PCP && (e.st & PE_LINK) && mm_pcp_unsure(&e))
			mm_went_to_buddy(m, p);
		p = next;
	}
}

/*
 * A fallback also shows other types' lists empty: of the order where it found a block those of the types that come first,
 * and, where it changes whole pageblocks, those of larger orders, from which it would have taken as well.
 * Source: mm/page_alloc.c: find_suitable_fallback(), __rmqueue_fallback(), 6.1 and 6.12; __rmqueue_claim(), 6.18 to 7.3
 */
static void shows_empty(struct mm_machine *m, struct zone_state *z, unsigned int order, unsigned int amt,
			unsigned int fmt, bool claim)
{
	const unsigned char *f = amt < MM_NR_PCPTYPES ? mm_fallbacks[amt] : NULL;

	if (!f)
		return;
	if (fmt == f[1])
		mm_complete_were_empty(m, z, order, order + 1, f[0]);
	for (unsigned int i = 0; i < 2 && claim; i++)
		mm_complete_were_empty(m, z, order < m->pb_order ? m->pb_order : order + 1, m->nr_orders, f[i]);
}

void mm_on_extfrag(struct mm_machine *m, const struct sg_event *ev)
{
	uint64_t pfn = ev->v[SGF_mm_page_alloc_extfrag_pfn];
	uint64_t order = ev->v[SGF_mm_page_alloc_extfrag_alloc_order];
	uint64_t forder = ev->v[SGF_mm_page_alloc_extfrag_fallback_order];
	uint64_t amt = ev->v[SGF_mm_page_alloc_extfrag_alloc_migratetype];
	uint64_t fmt = ev->v[SGF_mm_page_alloc_extfrag_fallback_migratetype];
	bool owned = ev->v[SGF_mm_page_alloc_extfrag_change_ownership] == 1;
	struct zone_state *z = mm_event_zone(m, pfn, order);
	struct mm_taking t = { pfn, (unsigned int)order, (unsigned int)fmt, (unsigned int)fmt, (unsigned int)forder,
			       false };
	struct page_ent e;
	bool named;

	if (!z || !mm_event_mt_ok(m, amt) || !mm_event_mt_ok(m, fmt))
		return;
	if (forder >= m->nr_orders || forder < order) {
		mm_contra_add(m, MM_CONTRA_OUT_OF_RANGE);
		return;
	}
	if (!m->hygiene) {
		was_free(m, z, pfn, (unsigned int)forder);
		shows_empty(m, z, (unsigned int)forder, (unsigned int)amt, (unsigned int)fmt, owned);
		mm_complete_were_empty(m, z, (unsigned int)order, m->nr_orders, (unsigned int)amt);
		fallback_before_hygiene(m, z, pfn, (unsigned int)forder, (unsigned int)amt, (unsigned int)fmt, owned);
		return;
	}
	e = mm_ent(m, pfn);
	if (m->obs->last_take_pfn == pfn && m->obs->last_take_cpu == ev->cpu &&
	    m->obs->last_take_order == order && m->obs->last_take_event + 8 > m->core.position &&
	    ent_state(&e) == PS_PCP && e.since == (uint32_t)m->obs->last_take_event) {
		/* a claim below pageblock order: zone_locked took the page already */
		shows_empty(m, z, (unsigned int)forder, (unsigned int)amt, (unsigned int)fmt, owned);
		if (m->obs->last_take_block_mt == MM_MT_UNKNOWN) {
			mm_unnamed_were_empty(m, z, (unsigned int)order, m->nr_orders, (unsigned int)amt,
					      m->obs->last_take_event);
			if (z->have_type_blocks && z->type_blocks[fmt]) {
				z->type_blocks[fmt]--;
				z->type_blocks[amt]++;
			}
			mm_block_move(m, z, pfn, (unsigned int)fmt, (unsigned int)amt);
		}
		/* before that the own lists were empty; what the claim brought is linked */
		for (unsigned int o = (unsigned int)order; o < m->nr_orders; o++)
			mm_list_none_unplaced(m, z, o, (unsigned int)amt);
		m->obs->last_take_pfn = UINT64_MAX;
		return;
	}
	if (ent_state(&e) != PS_FREE && ent_state(&e) != PS_FREET && forder == order &&
	    mm_ctx(m, ev->pid, false)) {
		/* compaction_capture(): the page is being freed right now; drain and alloc follow */
		return;
	}
	found_locked(m, z, pfn);
	was_free(m, z, pfn, (unsigned int)forder);
	shows_empty(m, z, (unsigned int)forder, (unsigned int)amt, (unsigned int)fmt, owned);
	mm_complete_were_empty(m, z, (unsigned int)order, m->nr_orders, (unsigned int)amt);
	if (forder >= m->pb_order && owned) {
		t.remainder_mt = (unsigned int)amt;
		take(m, z, ev, &t, (unsigned int)amt, mm_pcp_order(m, (unsigned int)order));
		/* only now: until then the pageblocks' type tells which list the block was on */
		retype(m, z, pfn, (unsigned int)forder, (unsigned int)amt, (unsigned int)fmt);
		/* what was split off is of lower orders */
		mm_complete_were_empty(m, z, (unsigned int)forder, m->nr_orders, (unsigned int)amt);
		return;
	}
	named = mm_blk(m, pfn >> m->pb_order).mt != MM_MT_UNKNOWN;
	mm_block_type(m, z, pfn, (unsigned int)fmt, SG_MAX_MIGRATETYPES, true);
	take(m, z, ev, &t, (unsigned int)amt, mm_pcp_order(m, (unsigned int)order));
	if (!named)
		mm_unnamed_named(m, z, pfn);
}
