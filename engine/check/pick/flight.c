// SPDX-License-Identifier: GPL-2.0-only
/* Which frees may still be on their way when a block is picked, and what would be picked without them. */
#include "check/pick/flight.h"
#include "observe/observer.h"
#include "observe/observe.h"

void mm_flight_note(struct mm_flights *f, const struct mm_machine *m, const struct sg_event *ev)
{
	uint64_t pfn = ev->v[SGF_mm_page_free_pfn], order = ev->v[SGF_mm_page_free_order];
	struct mm_flight n = { .event = (uint32_t)mm_position(m) + 1, .cpu = ev->cpu };
	const struct zone_state *z;
	struct page_ent e;
	int zone;

	if (order >= m->pb_order || mm_pcp_order(m, (unsigned int)order) || (ev->common_flags & MM_IN_INTERRUPT) ||
	    ev->cpu >= m->nr_base)
		return;
	zone = mm_zone_index(m, pfn);
	n.mt = mm_blk(m, pfn >> m->pb_order).mt;
	e = mm_ent(m, pfn);
	if (zone < 0 || n.mt >= SG_MAX_MIGRATETYPES || ent_state(&e) == PS_FREE || ent_state(&e) == PS_FREET)
		return;
	z = &m->core.zone[zone];
	n.zone = (uint32_t)zone;
	n.least = n.order = (uint8_t)order;
	for (; n.order < m->nr_orders - 1; n.order++) {
		uint64_t buddy = pfn ^ (1ull << n.order);

		if (buddy < z->start || buddy >= z->end)
			break;
		e = mm_ent(m, buddy);
		if (ent_state(&e) != PS_FREE || ent_order(&e) != n.order)
			break;
		n.buddy[n.order].pfn = (uint32_t)buddy;
		n.buddy[n.order].next = e.st & PE_LINK ? e.a : MM_NIL;
		n.buddy[n.order].first = mm_rule_list_head(m, z, n.order, n.mt).pfn == buddy;
		pfn &= ~(1ull << n.order);
	}
	n.head = (uint32_t)pfn;
	f->at[f->next++ % MM_FLIGHTS] = n;
}

/* The first block of a list but for the one of the free. */
static struct mm_pick first_without(const struct mm_machine *m, const struct zone_state *z, const struct mm_flight *n,
				    unsigned int o)
{
	struct mm_pick p = mm_rule_list_head(m, z, o, n->mt);
	const struct free_list *l = &z->list[o][n->mt];
	uint32_t next;

	if (o != n->order || p.known != MM_KNOWN_YES || p.pfn != n->head)
		return p;
	next = mm_ent(m, n->head).a;
	if (next == MM_NIL && l->nr_unplaced == 0 && l->tail_first != n->head)
		next = l->tail_first;
	p.pfn = next;
	if (next == MM_NIL)
		p.known = l->nr_linked + l->nr_unplaced > 1 ? MM_KNOWN_MAYBE : MM_KNOWN_NO;
	return p;
}

/* mm_rule_smallest() as it was before the free. */
static struct mm_pick smallest_without(const struct mm_machine *m, const struct zone_state *z, const struct mm_flight *n,
				       unsigned int order)
{
	struct mm_pick p = { 0 };

	for (unsigned int o = order; o < m->nr_orders; o++) {
		bool buddy = o >= n->least && o < n->order;

		p = first_without(m, z, n, o);
		/* what has come onto the list since lies before the buddy */
		if (buddy && (p.known == MM_KNOWN_NO || (n->buddy[o].first && p.pfn == n->buddy[o].next)))
			return (struct mm_pick){ .known = MM_KNOWN_YES, .pfn = n->buddy[o].pfn, .order = o, .mt = n->mt };
		if (p.known != MM_KNOWN_NO)
			return p;
	}
	return p;
}

/* Does this pick belong to the same refill as the last event of its CPU, that is to one hold of the zone's lock? */
static bool same_hold(const struct mm_machine *m, const struct sg_event *ev, unsigned int order, unsigned int mt)
{
	return ev->kind == SG_EV_mm_page_alloc_zone_locked && mm_event_refills(m, ev) &&
	       ev->cpu < m->nr_base && m->obs->last_take_cpu == ev->cpu && m->obs->last_take_order == order &&
	       m->obs->last_take_mt == mt && m->obs->last_take_event &&
	       m->obs->base[ev->cpu].event == (uint32_t)m->obs->last_take_event;
}

struct mm_pick mm_flight_pick(struct mm_flights *f, const struct mm_machine *m, const struct zone_state *z,
			      const struct sg_event *ev, unsigned int order, unsigned int mt, const struct mm_pick *p,
			      uint64_t pfn)
{
	bool hold = same_hold(m, ev, order, mt);
	struct mm_pick ret = *p;

	for (unsigned int i = 0; i < MM_FLIGHTS; i++) {
		struct mm_flight *n = &f->at[i];
		const struct base_event *b = &m->obs->base[n->cpu];
		struct mm_pick w;
		bool later;

		if (!n->event || n->cpu == ev->cpu || z != &m->core.zone[n->zone] || n->mt != mt)
			continue;
		if (b->kind != SG_EV_mm_page_free || b->event != n->event) {
			n->event = 0; /* its CPU went on: it is done */
			continue;
		}
		/* the lock has been held since before the event, or since a pick that came first */
		later = hold && (m->obs->base[ev->cpu].event < n->event || m->obs->base[ev->cpu].event == n->after);
		if (later)
			n->after = (uint32_t)mm_position(m) + 1;
		if (p->known == MM_KNOWN_MAYBE || p->claim)
			continue;
		w = smallest_without(m, z, n, order);
		if (w.known == p->known && w.pfn == p->pfn)
			continue;
		if (later) {
			ret = w;
			continue;
		}
		ret.known = MM_KNOWN_MAYBE;
		ret.why = "free_in_flight";
		if (w.known == MM_KNOWN_YES && w.pfn == pfn)
			n->after = (uint32_t)mm_position(m) + 1;
		else if (p->pfn == pfn)
			n->event = 0;
	}
	return ret;
}
