// SPDX-License-Identifier: GPL-2.0-only
/*
 * The observed run: applies the trace to the machine, event by event.  The event is
 * the truth; where the model thought otherwise, that is counted and put right.
 *
 * Which events say what (kernels 6.1 to 7.3, mm/page_alloc.c):
 *	mm_page_alloc_zone_locked  a block left the buddy lists (__rmqueue_smallest())
 *	mm_page_alloc_extfrag      a fallback; on its own it is also the taking of the block
 *	mm_page_pcpu_drain         a block came back from a per-cpu list (after the merge)
 *	mm_page_alloc, _free       hand-out and return at the per-cpu layer, or of an order
 *	                           that has no per-cpu list straight at the buddy lists
 */
#include "mm_state.h"

#include <string.h>

/* The zone of a block that an event names, NULL (counted) when no such block can be. */
static struct zone_state *checked(struct mm_machine *m, uint64_t pfn, uint64_t order)
{
	struct zone_state *z;

	if (order < MM_NR_ORDERS && pfn < MM_MAX_PFN && (pfn & ((1ull << order) - 1)) == 0) {
		z = mm_zone_at(m, pfn);
		if (!z && m->core.nr_zones && m->core.zone[m->core.nr_zones - 1].deduced) {
			struct zone_state *last = &m->core.zone[m->core.nr_zones - 1];
			uint64_t end = ((pfn + (1ull << order) - 1) >> m->pb_order << m->pb_order) +
				       (1ull << m->pb_order);

			if (pfn >= last->end && end <= MM_MAX_PFN && mm_cow_grow(&m->pages, end) == 0 &&
			    mm_cow_grow(&m->blocks, (end >> m->pb_order) + 1) == 0) {
				last->nr_pages[PS_UNKNOWN] += end - last->end;
				last->end = end;
				mm_seed_stretch(m->seed, end);
				z = last;
			}
		}
		if (z && pfn + (1ull << order) <= z->end)
			return z;
	}
	mm_contra_add(m, MM_CONTRA_OUT_OF_RANGE);
	return NULL;
}

static bool good_mt(struct mm_machine *m, uint64_t mt)
{
	if (mt < SG_MAX_MIGRATETYPES)
		return true;
	mm_contra_add(m, MM_CONTRA_OUT_OF_RANGE);
	return false;
}

/*
 * Takes whatever is linked in [@pfn, +2^@order) off its lists, so that the pages can be
 * given a new state.  Returns the pages that were free on buddy lists.
 */
static uint64_t detach(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int order)
{
	uint64_t freed = 0, end = pfn + (1ull << order);
	struct page_ent e = mm_ent(m, pfn);

	if (ent_state(&e) == PS_FREE || ent_state(&e) == PS_FREET)
		freed = mm_buddy_take(m, z, pfn, order, SG_MAX_MIGRATETYPES,
				      ent_mt(&e) < SG_MAX_MIGRATETYPES ? ent_mt(&e) :
									 mm_blk(m, pfn >> m->pb_order).mt);
	else if (order > 0)
		freed = mm_buddy_remove_range(m, z, pfn, order);
	for (uint64_t p = pfn; p < end; p++) {
		e = mm_ent(m, p);
		if (ent_state(&e) == PS_PCP) {
			uint64_t h = p & ~((1ull << ent_order(&e)) - 1);

			e = mm_ent(m, h);
			if (ent_state(&e) == PS_PCP && (e.st & PE_LINK))
				mm_pcp_del(m, z, h, &e);
		}
	}
	return freed;
}

static void changed(struct mm_machine *m, uint64_t pfn, unsigned int order, const struct page_ent *was,
		    unsigned int to)
{
	mm_change_add(m, pfn, 1ull << order, ent_state(was), to);
}

/* ---- leaving the buddy lists ------------------------------------------- */

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

#define LOCKED_RUN 1024

/*
 * The kernel takes the page at @pfn from the buddy lists, and the model has it on a per-cpu list since it was freed:
 * that free found the per-cpu list locked.  So did those right before it, as the last one of them is taken first.
 */
static void found_locked(struct mm_machine *m, uint64_t pfn)
{
	struct page_ent e = mm_ent(m, pfn);
	uint32_t run[LOCKED_RUN];
	unsigned int n = 0;

	if (ent_state(&e) != PS_PCP)
		return;
	pfn &= ~((1ull << ent_order(&e)) - 1);
	e = mm_ent(m, pfn);
	while (ent_state(&e) == PS_PCP && (e.st & PE_LINK) && mm_pcp_unsure(&e) && n < LOCKED_RUN) {
		uint32_t since = e.since;

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

/*
 * The block left the buddy lists and is on its way to the per-cpu list of @wanted_mt (@refill) or to the one who
 * asked for that type.
 */
static void take(struct mm_machine *m, struct zone_state *z, const struct sg_event *ev, const struct mm_taking *t,
		 unsigned int wanted_mt, bool refill)
{
	struct page_ent was = mm_ent(m, t->pfn);
	uint64_t freed;

	found_locked(m, t->pfn);
	mm_complete_taking(m, z, t);
	freed = mm_buddy_take(m, z, t->pfn, t->order, t->mt, t->remainder_mt);
	if (freed < 1ull << t->order)
		not_free(m, t->pfn, t->order);
	detach(m, z, t->pfn, t->order);
	mm_pcp_add(m, z, refill ? ev->cpu : UINT16_MAX >> 2, t->pfn, t->order, wanted_mt, true, PCP_FROM_REFILL);
	changed(m, t->pfn, t->order, &was, PS_PCP);
}

static void on_zone_locked(struct mm_machine *m, const struct sg_event *ev)
{
	uint64_t pfn = ev->v[SGF_mm_page_alloc_zone_locked_pfn];
	uint64_t order = ev->v[SGF_mm_page_alloc_zone_locked_order];
	uint64_t mt = ev->v[SGF_mm_page_alloc_zone_locked_migratetype];
	uint64_t refill = ev->v[SGF_mm_page_alloc_zone_locked_percpu_refill];
	struct zone_state *z = checked(m, pfn, order);
	struct mm_taking t;
	unsigned int bt;

	if (!z || !good_mt(m, mt))
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
				mm_complete_were_empty(z, (unsigned int)order, MM_NR_ORDERS, (unsigned int)mt);
			mm_block_move(m, z, pfn, bt, (unsigned int)mt);
		}
		mm_block_type(m, z, pfn, (unsigned int)mt, SG_MAX_MIGRATETYPES, false);
	}
	if (refill == SG_MISSING) /* kernels before 5.19 or so say it by the order */
		refill = order == 0;
	t = (struct mm_taking){ pfn, (unsigned int)order, (unsigned int)mt, (unsigned int)mt, MM_NR_ORDERS, true };
	take(m, z, ev, &t, (unsigned int)mt, refill != 0);
	/* one refill is one hold of the zone's lock */
	if (refill && m->core.last_take_pfn + (1ull << order) == pfn && !(m->core.last_take_pfn >> order & 1) &&
	    m->core.last_take_order == order && m->core.last_take_mt == mt && m->core.last_take_cpu == ev->cpu &&
	    ev->cpu < m->nr_base && m->core.base[ev->cpu].event == (uint32_t)m->core.last_take_event)
		mm_buddy_emptied(m, z, (unsigned int)order, (unsigned int)mt);
	m->core.last_take_pfn = pfn;
	m->core.last_take_cpu = ev->cpu;
	m->core.last_take_order = (uint8_t)order;
	m->core.last_take_mt = (uint8_t)mt;
	m->core.last_take_block_mt = (uint8_t)bt;
	m->core.last_take_event = m->core.position;
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
	bool whole = order >= m->pb_order / 2 || amt == MM_MT_UNMOVABLE || amt == MM_MT_RECLAIMABLE;

	if (order < m->pb_order && whole) {
		mm_block_move(m, z, pfn, fmt, amt);
		if (owned)
			mm_block_type(m, z, pfn, amt, fmt, false);
		else
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

static void on_extfrag(struct mm_machine *m, const struct sg_event *ev)
{
	uint64_t pfn = ev->v[SGF_mm_page_alloc_extfrag_pfn];
	uint64_t order = ev->v[SGF_mm_page_alloc_extfrag_alloc_order];
	uint64_t forder = ev->v[SGF_mm_page_alloc_extfrag_fallback_order];
	uint64_t amt = ev->v[SGF_mm_page_alloc_extfrag_alloc_migratetype];
	uint64_t fmt = ev->v[SGF_mm_page_alloc_extfrag_fallback_migratetype];
	bool owned = ev->v[SGF_mm_page_alloc_extfrag_change_ownership] == 1;
	struct zone_state *z = checked(m, pfn, order);
	struct mm_taking t = { pfn, (unsigned int)order, (unsigned int)fmt, (unsigned int)fmt, (unsigned int)forder,
			       false };
	struct page_ent e;

	if (!z || !good_mt(m, amt) || !good_mt(m, fmt))
		return;
	if (forder >= MM_NR_ORDERS || forder < order) {
		mm_contra_add(m, MM_CONTRA_OUT_OF_RANGE);
		return;
	}
	if (!m->hygiene) {
		mm_complete_were_empty(z, (unsigned int)order, MM_NR_ORDERS, (unsigned int)amt);
		fallback_before_hygiene(m, z, pfn, (unsigned int)forder, (unsigned int)amt, (unsigned int)fmt, owned);
		return;
	}
	e = mm_ent(m, pfn);
	if (m->core.last_take_pfn == pfn && m->core.last_take_cpu == ev->cpu &&
	    m->core.last_take_order == order && m->core.last_take_event + 8 > m->core.position &&
	    ent_state(&e) == PS_PCP && e.since == (uint32_t)m->core.last_take_event) {
		/* a claim below pageblock order: zone_locked took the page already */
		if (m->core.last_take_block_mt == MM_MT_UNKNOWN) {
			if (z->have_type_blocks && z->type_blocks[fmt]) {
				z->type_blocks[fmt]--;
				z->type_blocks[amt]++;
			}
			mm_block_move(m, z, pfn, (unsigned int)fmt, (unsigned int)amt);
		}
		m->core.last_take_pfn = UINT64_MAX;
		return;
	}
	if (ent_state(&e) != PS_FREE && ent_state(&e) != PS_FREET && forder == order &&
	    mm_ctx(m, ev->pid, false)) {
		/* compaction_capture(): the page is being freed right now; drain and alloc follow */
		return;
	}
	mm_complete_were_empty(z, (unsigned int)order, MM_NR_ORDERS, (unsigned int)amt);
	if (forder >= m->pb_order && owned) {
		retype(m, z, pfn, (unsigned int)forder, (unsigned int)amt, (unsigned int)fmt);
		t.remainder_mt = (unsigned int)amt;
		take(m, z, ev, &t, (unsigned int)amt, mm_pcp_order(m, (unsigned int)order));
		/* what was split off is of lower orders */
		mm_complete_were_empty(z, (unsigned int)forder, MM_NR_ORDERS, (unsigned int)amt);
		return;
	}
	mm_block_type(m, z, pfn, (unsigned int)fmt, SG_MAX_MIGRATETYPES, true);
	take(m, z, ev, &t, (unsigned int)amt, mm_pcp_order(m, (unsigned int)order));
}

/* ---- hand-out and return ----------------------------------------------- */

/* Bits of common_flags: include/linux/trace_events.h: TRACE_FLAG_HARDIRQ, _SOFTIRQ, 6.1 to 7.3 */
#define IN_INTERRUPT 0x18

#define PCP_LOCK_LEVELS 2

/* The depth of disabled preemption at an event; the upper half of the field is that of disabled migration. */
static unsigned int preempt_of(const struct sg_event *ev)
{
	return ev->preempt & 15u;
}

/* Is this an interrupt's event, and may the task below hold the lock of its CPU's per-cpu lists? */
static bool may_find_lock(const struct mm_machine *m, const struct sg_event *ev)
{
	return (ev->common_flags & IN_INTERRUPT) && (preempt_of(ev) >= PCP_LOCK_LEVELS || !m->core.counts_preempt);
}

/*
 * Does this free find the per-cpu lists of its CPU locked?  Only an interrupt can: it came while the
 * task below it held the lock, and then the page goes straight to the buddy lists.  The preempt count
 * that an interrupt's events carry is that of the task below, and holding the lock is worth two levels
 * (the pin and the lock).  mm_page_free and mm_page_alloc are written without the lock,
 * mm_page_free_batched with it, mm_page_alloc_zone_locked and mm_page_pcpu_drain with the zone's lock on
 * top.  What only later events can tell is left to settle_irq_frees() and overtaken().
 * Source: mm/page_alloc.c: pcp_spin_trylock(), free_unref_folios(), __free_frozen_pages(), 6.12 to 7.3
 */
static bool pcp_is_locked(struct mm_machine *m, const struct sg_event *ev)
{
	struct base_event *b;

	if (!may_find_lock(m, ev) || ev->cpu >= m->nr_base)
		return false;
	b = &m->core.base[ev->cpu];
	switch (b->kind) {
	case SG_EV_mm_page_free_batched:
		if (b->preempt && preempt_of(ev) >= b->preempt)
			return true;
		break;
	case SG_EV_mm_page_pcpu_drain:
	case SG_EV_mm_page_alloc_zone_locked:
		if (b->preempt > 1 && preempt_of(ev) + 1 >= b->preempt)
			return true;
		break;
	default:
		break;
	}
	if (b->irq_frees == 0 || preempt_of(ev) < b->irq_preempt)
		b->irq_preempt = (uint8_t)preempt_of(ev);
	if (b->irq_frees < UINT8_MAX)
		b->irq_frees++;
	return false;
}

/** mm_went_to_buddy() - the block at @pfn was not on the per-cpu list it was thought on, but on the buddy lists */
void mm_went_to_buddy(struct mm_machine *m, uint64_t pfn)
{
	struct page_ent e = mm_ent(m, pfn);
	struct zone_state *z = mm_zone_at(m, pfn);
	unsigned int mt = mm_blk(m, pfn >> m->pb_order).mt;

	if (!z || ent_state(&e) != PS_PCP)
		return;
	if (mt == MM_MT_UNKNOWN) /* what it was freed as, which may be unknown as well */
		mt = ent_mt(&e);
	mm_pcp_del(m, z, pfn, &e);
	mm_buddy_free(m, z, pfn, ent_order(&e), mt, false);
	mm_change_add(m, pfn, 1ull << ent_order(&e), PS_PCP, PS_FREE);
}

/*
 * The first mm_page_free_batched of a batch: what interrupts freed since the task's last event, as deep
 * as this one, found the lists locked.
 */
static void settle_irq_frees(struct mm_machine *m, const struct sg_event *ev)
{
	const struct base_event *b = &m->core.base[ev->cpu];
	uint32_t pfn[UINT8_MAX];
	unsigned int n;

	if (ev->kind != SG_EV_mm_page_free_batched || !preempt_of(ev) || b->irq_preempt < preempt_of(ev))
		return;
	n = mm_pcp_from_irq(m, ev->cpu, b->event, pfn, UINT8_MAX);
	for (unsigned int i = 0; i < n; i++)
		mm_went_to_buddy(m, pfn[i]);
}

/*
 * A page left a per-cpu list at the tail, or was confirmed on it out of turn: what lies behind it in the
 * model, freed earlier but not before event @from and before @until, never got there.
 */
static void left_behind(struct mm_machine *m, const struct page_ent *e, uint32_t from, uint32_t until)
{
	uint32_t pfn[UINT8_MAX];
	unsigned int n = 0;

	for (uint32_t p = e->a; p != MM_NIL && n < UINT8_MAX;) {
		struct page_ent q = mm_ent(m, p);

		if (!mm_pcp_unsure(&q) || q.since < from || q.since >= until || mm_blk(m, p >> m->pb_order).mt != ent_mt(&q))
			break;
		pfn[n++] = p;
		p = q.a;
	}
	while (n > 0) /* the oldest first: it lies farthest */
		mm_went_to_buddy(m, pfn[--n]);
}

/*
 * A page was handed out from a per-cpu list, whose head is always taken: what interrupts put before it
 * in the model was never there.  Except that the first mm_page_alloc after an interrupt may be of a page
 * taken before it.
 */
static void overtaken(struct mm_machine *m, const struct sg_event *ev, const struct page_ent *e)
{
	uint32_t before = ev->cpu < m->nr_base ? m->core.base[ev->cpu].alloc_event : 0;
	uint32_t pfn[UINT8_MAX];
	unsigned int n = 0;

	for (uint32_t p = e->b; p != MM_NIL && n < UINT8_MAX;) {
		struct page_ent q = mm_ent(m, p);

		if ((q.x & 3) == PCP_FROM_IRQ && q.since < before)
			pfn[n++] = p;
		p = q.b;
	}
	for (unsigned int i = 0; i < n; i++) /* the oldest first: it lies nearest */
		mm_went_to_buddy(m, pfn[i]);
}

static void on_alloc(struct mm_machine *m, const struct sg_event *ev)
{
	uint64_t pfn = ev->v[SGF_mm_page_alloc_pfn], order = ev->v[SGF_mm_page_alloc_order];
	uint64_t mt = ev->v[SGF_mm_page_alloc_migratetype];
	struct page_ent as = { .st = PS_ALLOC, .a = (uint32_t)ev->pid, .b = MM_NIL }, e;
	struct task_ctx *c = mm_ctx(m, ev->pid, false);
	struct zone_state *z;
	unsigned int s;

	if (pfn == 0 || pfn == UINT64_MAX || pfn == UINT32_MAX) {
		if (c)
			mm_ctx_alloc(m, c);
		return; /* the request failed */
	}
	z = checked(m, pfn, order);
	if (!z)
		return;
	e = mm_ent(m, pfn);
	s = ent_state(&e);
	if (s == PS_FREE || s == PS_FREET) {
		if (!c || !c->in_compact) /* else captured by its own compaction: never on a list */
			mm_contra_add(m, MM_CONTRA_ALLOC_FROM_BUDDY);
	} else if (s == PS_PCP && ent_order(&e) != order) {
		mm_contra_add(m, MM_CONTRA_FREE_ORDER);
	} else if (s == PS_PCP && (e.st & PE_LINK) && e.x >> 2 == ev->cpu) {
		overtaken(m, ev, &e);
	} else if (s == PS_ISO || (s == PS_ALLOC && !(e.st & PE_SNAP))) {
		mm_contra_add(m, MM_CONTRA_ALLOC_TWICE);
	}
	detach(m, z, pfn, (unsigned int)order);
	as.om = (uint8_t)(order | (mt < SG_MAX_MIGRATETYPES ? mt : 15u) << 4);
	as.x = mm_gfp_index(m, ev->v[SGF_mm_page_alloc_gfp_flags]);
	as.since = (uint32_t)m->core.position;
	mm_set_state(m, z, pfn, 1u << order, PS_ALLOC, &as);
	changed(m, pfn, (unsigned int)order, &e, PS_ALLOC);
	if (c)
		mm_ctx_alloc(m, c);
}

static void on_free(struct mm_machine *m, const struct sg_event *ev)
{
	uint64_t pfn = ev->v[SGF_mm_page_free_pfn], order = ev->v[SGF_mm_page_free_order];
	struct zone_state *z = checked(m, pfn, order);
	struct page_ent e;
	unsigned int s, bt;

	if (!z)
		return;
	e = mm_ent(m, pfn);
	s = ent_state(&e);
	if ((s == PS_FREE || s == PS_FREET) && mm_pending_settle(m, z, pfn)) {
		e = mm_ent(m, pfn);
		s = ent_state(&e);
	}
	if (s == PS_FREE || s == PS_FREET || (s == PS_PCP && (e.x & 3) != PCP_FROM_REFILL && (e.st & PE_LINK)))
		mm_contra_add(m, MM_CONTRA_FREE_TWICE);
	else if (s == PS_ALLOC && !(e.st & PE_SNAP) && ent_order(&e) < order)
		mm_contra_add(m, MM_CONTRA_FREE_ORDER);
	bt = mm_blk(m, pfn >> m->pb_order).mt;
	if (bt == MM_MT_UNKNOWN) /* the best guess: what was asked for when it was allocated */
		bt = s == PS_ALLOC && ent_mt(&e) < SG_MAX_MIGRATETYPES ? ent_mt(&e) : SG_MAX_MIGRATETYPES;
	detach(m, z, pfn, (unsigned int)order);
	if (mm_pcp_order(m, (unsigned int)order) && !pcp_is_locked(m, ev) &&
	    !(m->cap->mt_isolate >= 0 && bt == (unsigned int)m->cap->mt_isolate)) {
		mm_pcp_add(m, z, ev->cpu, pfn, (unsigned int)order, bt, false,
			   may_find_lock(m, ev) ? PCP_FROM_IRQ : PCP_FROM_FREE);
		changed(m, pfn, (unsigned int)order, &e, PS_PCP);
		return;
	}
	/* split_large_buddy(): one pageblock at a time, as each may be of another type */
	for (uint64_t p = pfn; p < pfn + (1ull << order);) {
		unsigned int o = order > m->pb_order ? m->pb_order : (unsigned int)order;
		unsigned int t = mm_blk(m, p >> m->pb_order).mt;

		mm_buddy_free(m, z, p, o, t == MM_MT_UNKNOWN ? bt : t, false);
		p += 1ull << o;
	}
	changed(m, pfn, (unsigned int)order, &e, PS_FREE);
}

/*
 * The second half of a batched free: the page reaches the head of the per-cpu list only now, and of the CPU where the
 * task is now.  Pages of the same batch that should have come before it found the list locked by another CPU.
 * Source: mm/page_alloc.c: free_unref_folios(), 6.12 to 7.3; free_unref_page_list(), 6.1
 */
static void on_free_batched(struct mm_machine *m, const struct sg_event *ev)
{
	uint64_t pfn = ev->v[SGF_mm_page_free_batched_pfn];
	struct zone_state *z = checked(m, pfn, 0);
	struct page_ent e;

	if (!z)
		return;
	e = mm_ent(m, pfn);
	if (ent_state(&e) != PS_PCP || !(e.st & PE_LINK) || (e.x >> 2 != ev->cpu && (e.x & 3) != PCP_FROM_FREE))
		return;
	if (e.x >> 2 == ev->cpu && ev->cpu < m->nr_base && m->core.base[ev->cpu].run_start &&
	    m->core.base[ev->cpu].pid == ev->pid)
		left_behind(m, &e, m->core.base[ev->cpu].run_start, UINT32_MAX);
	e = mm_ent(m, pfn);
	mm_pcp_del(m, z, pfn, &e);
	mm_pcp_add(m, z, ev->cpu, pfn, ent_order(&e), ent_mt(&e), false, PCP_FROM_BATCH);
}

/* Is the block with entry @e on the per-cpu list for blocks of @mt? */
static bool on_list_of(const struct mm_machine *m, const struct page_ent *e, unsigned int mt)
{
	return mm_pindex(m, ent_order(e), ent_mt(e)) == mm_pindex(m, ent_order(e), mt);
}

/* Was the block at @pfn (entry @q) freed when its pageblock wasn't known, so that it may be on another list than thought? */
static bool list_open(const struct mm_machine *m, uint64_t pfn, const struct page_ent *q)
{
	unsigned int mt = mm_blk(m, pfn >> m->pb_order).mt;

	return ent_mt(q) >= SG_MAX_MIGRATETYPES && (mt == MM_MT_UNKNOWN || !on_list_of(m, q, mt));
}

/*
 * The block at @pfn leaves its per-cpu list at the tail: what still lies behind it in the model isn't on
 * that list, wherever it is (handed out without an event, say).  Excepted are blocks of a batch under way, and those
 * that may be on another list.
 */
static void unlink_behind(struct mm_machine *m, struct zone_state *z, uint64_t pfn)
{
	struct page_ent e = mm_ent(m, pfn);
	uint32_t until = mm_uncommitted(m, e.x >> 2), next;

	for (uint32_t p = e.a; p != MM_NIL; p = next) {
		struct page_ent q = mm_ent(m, p);

		next = q.a;
		if (((q.x & 3) != PCP_FROM_FREE || q.since < until) && !list_open(m, p, &q))
			mm_pcp_del(m, z, p, &q);
	}
}

static void on_drain(struct mm_machine *m, const struct sg_event *ev)
{
	uint64_t pfn = ev->v[SGF_mm_page_pcpu_drain_pfn], order = ev->v[SGF_mm_page_pcpu_drain_order];
	uint64_t mt = ev->v[SGF_mm_page_pcpu_drain_migratetype];
	struct zone_state *z = checked(m, pfn, order);
	struct page_ent e;
	unsigned int s, bt;

	if (!z || !good_mt(m, mt))
		return;
	e = mm_ent(m, pfn);
	s = ent_state(&e);
	if (s != PS_PCP && s != PS_UNKNOWN && !(s == PS_ALLOC && (e.st & PE_SNAP)))
		mm_contra_add(m, MM_CONTRA_DRAIN_NOT_PCP);
	else if (s == PS_PCP && ent_order(&e) != order)
		mm_contra_add(m, MM_CONTRA_FREE_ORDER);
	bt = mm_blk(m, pfn >> m->pb_order).mt;
	if (m->hygiene || (s == PS_PCP && (e.x & 3) != PCP_FROM_REFILL)) {
		/* the event gives the pageblock's type (before 6.10: what it was at the free) */
		if (bt != MM_MT_UNKNOWN && bt != mt && m->hygiene)
			mm_block_move(m, z, pfn, bt, (unsigned int)mt);
		mm_block_type(m, z, pfn, (unsigned int)mt, SG_MAX_MIGRATETYPES, m->hygiene);
	}
	if (s == PS_FREE || s == PS_FREET)
		return; /* it is where it belongs already */
	if (s == PS_PCP && (e.st & PE_LINK))
		mm_remote_drained(m, z, ev, &e);
	if (s == PS_PCP && (e.st & PE_LINK) && (ent_mt(&e) < SG_MAX_MIGRATETYPES || on_list_of(m, &e, (unsigned int)mt))) {
		/* a batch that is still being committed there hasn't reached the list yet */
		left_behind(m, &e, 0, mm_uncommitted(m, e.x >> 2));
		unlink_behind(m, z, pfn);
		e = mm_ent(m, pfn);
	}
	detach(m, z, pfn, (unsigned int)order);
	mm_buddy_free(m, z, pfn, (unsigned int)order, (unsigned int)mt, false);
	changed(m, pfn, (unsigned int)order, &e, PS_FREE);
}

/* ---- the LRU ------------------------------------------------------------ */

static void on_lru(struct mm_machine *m, uint64_t pfn, uint64_t lru, bool insertion)
{
	/* enum lru_list: inactive and active anon, inactive and active file, unevictable; 6.1 to 7.3 */
	static const unsigned char kind[] = { MM_LRU_ANON, MM_LRU_ANON, MM_LRU_FILE, MM_LRU_FILE, MM_LRU_UNEVICTABLE };
	struct zone_state *z = checked(m, pfn, 0);
	struct page_ent e, *w;
	unsigned int s;

	if (!z)
		return;
	e = mm_ent(m, pfn);
	s = ent_state(&e);
	if ((s == PS_FREE || s == PS_FREET) && mm_pending_settle(m, z, pfn)) {
		e = mm_ent(m, pfn);
		s = ent_state(&e);
	}
	if (s == PS_FREE || s == PS_FREET || (s == PS_PCP && insertion && (e.x & 3) != PCP_FROM_REFILL)) {
		mm_contra_add(m, MM_CONTRA_LRU_NOT_ALLOC);
		detach(m, z, pfn, 0);
	} else if (s == PS_PCP) {
		detach(m, z, pfn, 0); /* handed out by the bulk allocator, which has no event */
	}
	if (s != PS_ALLOC) {
		struct page_ent as = { .st = PS_ALLOC, .om = 0xf0, .x = UINT16_MAX, .a = (uint32_t)MM_PID_UNKNOWN,
				       .b = MM_NIL, .since = (uint32_t)m->core.position };

		mm_set_state(m, z, pfn, 1, PS_ALLOC, &as);
		changed(m, pfn, 0, &e, PS_ALLOC);
	}
	w = mm_ent_own(m, pfn);
	if (insertion && lru < 5) {
		w->st = (uint8_t)((w->st & ~(PE_LRU | PE_ACTIVE)) | kind[lru] << 3 | (lru == 1 || lru == 3 ? PE_ACTIVE : 0));
		if (s == PS_ALLOC)
			mm_change_add(m, pfn, 1, s, PS_ALLOC);
	} else if (!insertion) {
		w->st |= PE_ACTIVE;
	}
}

/* ---- snapshots and gaps ------------------------------------------------- */

static bool starts_with(const struct sg_event *ev, const char *text)
{
	size_t n = strlen(text);

	return ev->str && ev->str_len >= n && memcmp(ev->str, text, n) == 0;
}

/** Takes over snapshot @i of the configuration. */
void mm_seed_apply(struct mm_machine *m, unsigned int i)
{
	const struct sg_snapshot *snap = m->cfg.seed[i].snap;

	m->core.seeds_applied |= (uint8_t)(1u << i);
	if (m->seed_map[i]) {
		mm_cow_clear(&m->pages);
		mm_cow_clear(&m->blocks);
		mm_cow_clear(&m->pcp);
		mm_seed_put(m->seed);
		m->seed = mm_seed_get(m->seed_map[i]);
		m->core.seed_lost = 0;
		m->core.reporting |= m->seed->reported;
	}
	mm_zones_seed(m, snap, m->seed_map[i] != NULL);
	mm_nodes_seed(m, snap);
}

static void on_marker(struct mm_machine *m, const struct sg_event *ev)
{
	for (unsigned int i = 0; i < m->cfg.nr_seeds; i++) {
		const struct mm_seed *s = &m->cfg.seed[i];

		if (s->marker_end && m->core.in_snapshot && starts_with(ev, s->marker_end))
			m->core.in_snapshot = false;
		else if (s->snap && s->marker && !(m->core.seeds_applied & 1u << i) && starts_with(ev, s->marker)) {
			mm_seed_apply(m, i);
			m->core.in_snapshot = s->marker_end != NULL;
		}
	}
}

/*
 * Records were lost: any page may have changed hands meanwhile.  What was free or on a per-cpu
 * list is unknown again; what was allocated stays believed, and is marked as no better than a snapshot.
 * Only what was touched is gone through; of the rest, seed_lost says it.
 */
static void lose(struct mm_machine *m)
{
	const struct page_ent lost = { .om = 0xf0, .a = MM_NIL, .b = MM_NIL, .since = (uint32_t)m->core.position };
	const struct page_ent *e;
	const struct block_ent *b;

	m->core.lost_at = m->core.position;
	for (uint64_t pfn = 0; (e = mm_cow_next(&m->pages, &pfn)) != NULL; pfn++) {
		unsigned int s = ent_state(e);

		if (s == PS_FREE || s == PS_FREET || s == PS_PCP || s == PS_ISO)
			*mm_ent_own(m, pfn) = lost;
		else if (s == PS_ALLOC && !(e->st & PE_SNAP))
			mm_ent_own(m, pfn)->st |= PE_SNAP;
		else
			continue;
		mm_blk_own(m, pfn >> m->pb_order)->changed = (uint32_t)m->core.position;
	}
	for (uint64_t block = 0; (b = mm_cow_next(&m->blocks, &block)) != NULL; block++) {
		struct block_ent *w;

		if (b->nr[BN_FREE] + b->nr[BN_PCP] + b->nr[BN_ISO] == 0)
			continue;
		w = mm_blk_own(m, block);
		w->nr[BN_FREE] = w->nr[BN_PCP] = w->nr[BN_ISO] = 0;
		w->changed = (uint32_t)m->core.position;
	}
	for (unsigned int i = 0; i < m->core.nr_zones; i++) {
		struct zone_state *z = &m->core.zone[i];

		for (unsigned int s = PS_FREE; s <= PS_ISO; s++) {
			if (s == PS_ALLOC)
				continue;
			z->nr_pages[PS_UNKNOWN] += z->nr_pages[s];
			z->nr_pages[s] = 0;
		}
		memset(z->folios, 0, sizeof(z->folios)); /* only those that the trace saw being made are counted */
		mm_lists_clear(z);
		z->list_known = false;
		memset(z->complete, 0, sizeof(z->complete));
	}
	if (!m->core.seed_lost)
		m->core.seed_lost = (uint32_t)m->core.position;
	mm_cow_clear(&m->pcp);
}

/* What is kept to find paused runs quickly: the pids and, per CPU, the first event. */
static void note_paused(struct mm_machine *m, const struct paused_run *p)
{
	struct base_event *b = &m->core.base[p->cpu];

	m->core.paused_pids[p->pid >> 6 & 15] |= 1ull << (p->pid & 63);
	if (!b->paused_from || p->run_start < b->paused_from)
		b->paused_from = p->run_start;
}

/* Takes the paused run of @pid out; its start, 0 when it has none. */
static uint32_t resume_run(struct mm_machine *m, int32_t pid)
{
	for (unsigned int i = 0; i < m->core.nr_paused; i++) {
		uint32_t start = m->core.paused[i].run_start, cpu = m->core.paused[i].cpu;

		if (m->core.paused[i].pid != pid)
			continue;
		for (m->core.nr_paused--; i < m->core.nr_paused; i++)
			m->core.paused[i] = m->core.paused[i + 1];
		m->core.base[cpu].paused_from = 0;
		memset(m->core.paused_pids, 0, sizeof(m->core.paused_pids));
		for (i = 0; i < m->core.nr_paused; i++)
			note_paused(m, &m->core.paused[i]);
		return start;
	}
	return 0;
}

static void pause_run(struct mm_machine *m, const struct base_event *b, unsigned int cpu)
{
	if (m->core.nr_paused == MM_MAX_PAUSED)
		resume_run(m, m->core.paused[0].pid);
	m->core.paused[m->core.nr_paused] = (struct paused_run){ b->pid, b->run_start, cpu };
	note_paused(m, &m->core.paused[m->core.nr_paused++]);
}

/**
 * mm_uncommitted() - since which event frees on @cpu may wait for the second half of their batch
 * Return: event number; UINT32_MAX when no batch is under way there
 */
uint32_t mm_uncommitted(const struct mm_machine *m, unsigned int cpu)
{
	uint32_t from = cpu < m->nr_base && m->core.base[cpu].run_start ? m->core.base[cpu].run_start : UINT32_MAX;

	if (cpu < m->nr_base && m->core.base[cpu].paused_from && m->core.base[cpu].paused_from < from)
		from = m->core.base[cpu].paused_from;
	return from;
}

/* Remembers the last event of each CPU outside interrupts. */
static void base_event_set(struct mm_machine *m, const struct sg_event *ev)
{
	struct base_event *b = &m->core.base[ev->cpu];
	bool batch = ev->kind == SG_EV_mm_page_free_batched || ev->kind == SG_EV_mm_page_pcpu_drain;
	uint32_t resumed;

	if (b->pid != ev->pid && b->run_start) {
		pause_run(m, b, ev->cpu);
		b->run_start = 0;
	}
	resumed = m->core.paused_pids[ev->pid >> 6 & 15] >> (ev->pid & 63) & 1 ? resume_run(m, ev->pid) : 0;
	b->event = (uint32_t)m->core.position;
	if (ev->kind == SG_EV_mm_page_free) {
		if (resumed)
			b->run_start = resumed;
		else if (b->kind != SG_EV_mm_page_free || b->pid != ev->pid || b->preempt != preempt_of(ev))
			b->run_start = b->event;
	} else if (!batch) {
		b->run_start = 0;
	} else if (resumed) {
		b->run_start = resumed;
	}
	b->pid = ev->pid;
	b->kind = (uint8_t)ev->kind;
	b->preempt = (uint8_t)preempt_of(ev);
	b->irq_frees = b->irq_preempt = 0;
	if (ev->kind == SG_EV_mm_page_alloc)
		b->alloc_event = b->event;
}

/* ---- dispatch ------------------------------------------------------------ */

void mm_observe(struct mm_machine *m, const struct sg_event *ev)
{
	m->core.position++;
	m->nr_changes = m->total_changes = 0;
	m->last_contra = 0;
	m->now = ev->ts;
	m->cpu = ev->cpu;
	if (m->core.report_due)
		mm_reporting_pass(m);
	if (ev->missed)
		lose(m);
	if (preempt_of(ev))
		m->core.counts_preempt = true;
	if (!(ev->common_flags & IN_INTERRUPT) && ev->cpu < m->nr_base && m->core.base[ev->cpu].irq_frees)
		settle_irq_frees(m, ev);
	if (!(ev->common_flags & IN_INTERRUPT) && ev->cpu < m->nr_base && m->core.base[ev->cpu].raced_event)
		mm_remote_settle(m, ev);
	switch (ev->kind) {
	case SG_EV_mm_page_alloc:
		on_alloc(m, ev);
		break;
	case SG_EV_mm_page_free:
		on_free(m, ev);
		break;
	case SG_EV_mm_page_free_batched:
		on_free_batched(m, ev);
		break;
	case SG_EV_mm_page_alloc_zone_locked:
		on_zone_locked(m, ev);
		break;
	case SG_EV_mm_page_pcpu_drain:
		on_drain(m, ev);
		break;
	case SG_EV_mm_page_alloc_extfrag:
		on_extfrag(m, ev);
		break;
	case SG_EV_mm_lru_insertion:
		on_lru(m, ev->v[SGF_mm_lru_insertion_pfn], ev->v[SGF_mm_lru_insertion_lru], true);
		break;
	case SG_EV_mm_lru_activate:
		on_lru(m, ev->v[SGF_mm_lru_activate_pfn], 0, false);
		break;
	case SG_EV_print:
		on_marker(m, ev);
		break;
	default:
		mm_observe_compact(m, ev);
	}
	if (!(ev->common_flags & IN_INTERRUPT) && ev->cpu < m->nr_base)
		base_event_set(m, ev);
	mm_audit_now_and_then(m);
}

uint64_t mm_position(const struct mm_machine *m)
{
	return m->core.position;
}

const struct mm_change *mm_changes(const struct mm_machine *m, size_t *ret_nr, size_t *ret_total)
{
	*ret_nr = m->nr_changes;
	if (ret_total)
		*ret_total = m->total_changes;
	return m->change;
}

uint32_t mm_last_contra(const struct mm_machine *m)
{
	return m->last_contra;
}

uint64_t mm_contra_count(const struct mm_machine *m, enum mm_contra c)
{
	return c < MM_CONTRA_COUNT ? m->core.contra[c] : 0;
}

const char *mm_contra_key(enum mm_contra c)
{
	static const char *const key[] = {
#define X(id, k, text) k,
		MM_CONTRA_LIST(X)
#undef X
	};

	return c < MM_CONTRA_COUNT ? key[c] : "?";
}

const char *mm_contra_text(enum mm_contra c)
{
	static const char *const text[] = {
#define X(id, k, t) t,
		MM_CONTRA_LIST(X)
#undef X
	};

	return c < MM_CONTRA_COUNT ? text[c] : "?";
}
