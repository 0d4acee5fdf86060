// SPDX-License-Identifier: GPL-2.0-only
/* Hand-out and return of blocks: mm_page_alloc, mm_page_free, mm_page_free_batched and mm_page_pcpu_drain. */
#include "observe/isolation.h"
#include "observe/observe.h"

#define PCP_LOCK_LEVELS 2

/* Is this an interrupt's event, and may the task below hold the lock of its CPU's per-cpu lists? */
static bool may_find_lock(const struct mm_machine *m, const struct sg_event *ev)
{
	return (ev->common_flags & MM_IN_INTERRUPT) && (mm_preempt_of(ev) >= PCP_LOCK_LEVELS || !m->obs->counts_preempt);
}

/**
 * mm_free_finds_lock() - does this free find the per-cpu lists of its CPU locked?
 * Only an interrupt can: it came while the
 * task below it held the lock, and then the page goes straight to the buddy lists.  The preempt count
 * that an interrupt's events carry is that of the task below, and holding the lock is worth two levels
 * (the pin and the lock).  mm_page_free and mm_page_alloc are written without the lock,
 * mm_page_free_batched with it, mm_page_alloc_zone_locked and mm_page_pcpu_drain with the zone's lock on
 * top.  What only later events can tell is left to mm_settle_irq_frees() and overtaken().
 * Return: MM_LOCK_MAYBE where they decide
 * Source: mm/page_alloc.c: pcp_spin_trylock(), free_unref_folios(), __free_frozen_pages(), 6.12 to 7.3
 */
enum mm_lock mm_free_finds_lock(const struct mm_machine *m, const struct sg_event *ev)
{
	const struct base_event *b;

	if (!may_find_lock(m, ev))
		return MM_LOCK_FREE;
	if (ev->cpu >= m->nr_base)
		return MM_LOCK_MAYBE;
	b = &m->obs->base[ev->cpu];
	switch (b->kind) {
	case SG_EV_mm_page_free_batched:
		return b->preempt && mm_preempt_of(ev) >= b->preempt ? MM_LOCK_HELD : MM_LOCK_MAYBE;
	case SG_EV_mm_page_pcpu_drain:
	case SG_EV_mm_page_alloc_zone_locked:
		return b->preempt > 1 && mm_preempt_of(ev) + 1 >= b->preempt ? MM_LOCK_HELD : MM_LOCK_MAYBE;
	default:
		return MM_LOCK_MAYBE;
	}
}

/* mm_free_finds_lock(), and what later events decide is remembered. */
static bool pcp_is_locked(struct mm_machine *m, const struct sg_event *ev)
{
	enum mm_lock lock = mm_free_finds_lock(m, ev);
	struct base_event *b;

	if (lock != MM_LOCK_MAYBE || ev->cpu >= m->nr_base)
		return lock == MM_LOCK_HELD;
	b = &m->obs->base[ev->cpu];
	if (b->irq_frees == 0 || mm_preempt_of(ev) < b->irq_preempt)
		b->irq_preempt = (uint8_t)mm_preempt_of(ev);
	if (b->irq_frees < UINT8_MAX)
		b->irq_frees++;
	return false;
}

/*
 * The first mm_page_free_batched of a batch: what interrupts freed since the task's last event, as deep
 * as this one, found the lists locked.
 */
void mm_settle_irq_frees(struct mm_machine *m, const struct sg_event *ev)
{
	const struct base_event *b = &m->obs->base[ev->cpu];
	uint32_t pfn[UINT8_MAX];
	unsigned int n;

	if (ev->kind != SG_EV_mm_page_free_batched || !mm_preempt_of(ev) || b->irq_preempt < mm_preempt_of(ev))
		return;
	n = mm_pcp_from_irq(m, ev->cpu, b->event, pfn, UINT8_MAX);
	for (unsigned int i = 0; i < n; i++)
		mm_went_to_buddy(m, pfn[i]);
}

/*
 * A page left a per-cpu list at the tail, or was confirmed on it out of turn: what lies behind it in the
 * model, freed earlier but not before event @from and before @until, never got there.  @batch: they were freed together.
 */
static void left_behind(struct mm_machine *m, const struct page_ent *e, uint32_t from, uint32_t until, bool batch)
{
	uint32_t pfn[UINT8_MAX];
	unsigned int n = 0;

	for (uint32_t p = e->a; p != MM_NIL && n < UINT8_MAX;) {
		struct page_ent q = mm_ent(m, p);

		if (!mm_pcp_unsure(&q) || q.since < from || q.since >= until || mm_blk(m, p >> m->pb_order).mt != ent_mt(&q))
			break;
		/* a batch is of folios that leave the LRU: what wasn't there was freed alone, just before */
		if (batch && (e->st & PE_WAS_LRU) && !(q.st & PE_WAS_LRU)) {
			p = q.a;
			continue;
		}
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
	uint32_t before = ev->cpu < m->nr_base ? m->obs->base[ev->cpu].alloc_event : 0;
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

void mm_on_alloc(struct mm_machine *m, const struct sg_event *ev)
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
	z = mm_event_zone(m, pfn, order);
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
	mm_event_detach(m, z, pfn, (unsigned int)order);
	as.om = (uint8_t)(order | (mt < SG_MAX_MIGRATETYPES ? mt : 15u) << 4);
	as.x = mm_gfp_index(m, ev->v[SGF_mm_page_alloc_gfp_flags]);
	mm_gfp_note(m, as.x, (unsigned int)order);
	as.since = (uint32_t)m->core.position;
	mm_set_state(m, z, pfn, 1u << order, PS_ALLOC, &as);
	mm_event_changed(m, pfn, (unsigned int)order, &e, PS_ALLOC);
	if (c)
		mm_ctx_alloc(m, c);
}

/*
 * A block of more pages than the highest order: a gigantic page of hugetlb, which alloc_contig_range() had put together.
 * It is given back one pageblock after the other.
 * Source: mm/page_alloc.c: __free_pages_ok(), split_large_buddy(), 6.12 to 7.3
 */
static void free_gigantic(struct mm_machine *m, const struct sg_event *ev, uint64_t pfn, uint64_t nr)
{
	struct page_ent was = mm_ent(m, pfn);
	unsigned int to = PS_FREE;

	for (uint64_t p = pfn; p < pfn + nr; p += 1ull << m->pb_order) {
		struct zone_state *z = mm_zone_at(m, p);
		unsigned int mt = mm_blk(m, p >> m->pb_order).mt;

		if (!z || p + (1ull << m->pb_order) > z->end) {
			mm_contra_add(m, MM_CONTRA_OUT_OF_RANGE);
			return;
		}
		if (mm_event_detach(m, z, p, m->pb_order))
			mm_contra_add(m, MM_CONTRA_FREE_TWICE);
		to = mm_event_free_block(m, z, ev, p, m->pb_order, mt == MM_MT_UNKNOWN ? SG_MAX_MIGRATETYPES : mt);
	}
	mm_change_add(m, pfn, nr, ent_state(&was), to);
}

/* kcompactd frees what it has copied one by one, and nothing else. */
static bool is_kcompactd(struct mm_machine *m, int32_t pid)
{
	const struct task_ctx *c = m->obs->nr_ctx ? mm_ctx(m, pid, false) : NULL;

	return c && c->kind == CTX_KCOMPACTD;
}

void mm_on_free(struct mm_machine *m, const struct sg_event *ev)
{
	uint64_t pfn = ev->v[SGF_mm_page_free_pfn], order = ev->v[SGF_mm_page_free_order];
	struct zone_state *z;
	struct page_ent e;
	unsigned int s, bt, to = PS_FREE;

	/* orders that no architecture has as a gigantic page are none: 16 GiB of 4 KiB pages is the largest */
	if (order >= m->nr_orders && order <= 22 && pfn < m->end_pfn && (pfn & ((1ull << order) - 1)) == 0) {
		free_gigantic(m, ev, pfn, 1ull << order);
		return;
	}
	if (m->obs->nr_isolations)
		mm_isolation_free(m, ev);
	z = mm_event_zone(m, pfn, order);
	if (!z)
		return;
	e = mm_ent(m, pfn);
	s = ent_state(&e);
	if (s == PS_NONE && mm_isolation_online(m, z, ev, &e)) {
		mm_event_changed(m, pfn, (unsigned int)order, &e, PS_FREE);
		return;
	}
	if ((s == PS_FREE || s == PS_FREET) && mm_pending_settle(m, z, pfn)) {
		e = mm_ent(m, pfn);
		s = ent_state(&e);
	}
	if (s == PS_FREE || s == PS_FREET || (s == PS_PCP && (e.x & 3) != PCP_FROM_REFILL && (e.st & PE_LINK)))
		mm_contra_add(m, MM_CONTRA_FREE_TWICE);
	else if (s == PS_ALLOC && !(e.st & PE_SNAP) && ent_order(&e) < order && ent_mt(&e) != 15) /* 15: what compaction moved there */
		mm_contra_add(m, MM_CONTRA_FREE_ORDER);
	bt = mm_blk(m, pfn >> m->pb_order).mt;
	if (bt == MM_MT_UNKNOWN) /* the best guess: what was asked for when it was allocated */
		bt = s == PS_ALLOC && ent_mt(&e) < SG_MAX_MIGRATETYPES ? ent_mt(&e) : SG_MAX_MIGRATETYPES;
	mm_event_detach(m, z, pfn, (unsigned int)order);
	if (mm_pcp_order(m, (unsigned int)order) && !pcp_is_locked(m, ev) &&
	    !(m->cap->mt_isolate >= 0 && bt == (unsigned int)m->cap->mt_isolate)) {
		mm_pcp_add(m, z, ev->cpu, pfn, (unsigned int)order, bt, false,
			   may_find_lock(m, ev) ? PCP_FROM_IRQ : PCP_FROM_FREE);
		if (s == PS_ALLOC && (e.st & PE_LRU) && !is_kcompactd(m, ev->pid))
			mm_ent_own(m, pfn)->st |= PE_WAS_LRU;
		if (mm_contig_was_split(m, ev, &e))
			mm_contig_join(m, z, ev, pfn);
		mm_event_changed(m, pfn, (unsigned int)order, &e, PS_PCP);
		return;
	}
	/* split_large_buddy(): one pageblock at a time, as each may be of another type */
	for (uint64_t p = pfn; p < pfn + (1ull << order);) {
		unsigned int o = order > m->pb_order ? m->pb_order : (unsigned int)order;
		unsigned int t = mm_blk(m, p >> m->pb_order).mt;

		to = mm_event_free_block(m, z, ev, p, o, t == MM_MT_UNKNOWN ? bt : t);
		p += 1ull << o;
	}
	mm_event_changed(m, pfn, (unsigned int)order, &e, to);
}

/*
 * The second half of a batched free: the page reaches the head of the per-cpu list only now, and of the CPU where the
 * task is now.  Pages of the same batch that should have come before it found the list locked by another CPU.
 * Source: mm/page_alloc.c: free_unref_folios(), 6.12 to 7.3; free_unref_page_list(), 6.1
 */
void mm_on_free_batched(struct mm_machine *m, const struct sg_event *ev)
{
	uint64_t pfn = ev->v[SGF_mm_page_free_batched_pfn];
	struct zone_state *z = mm_event_zone(m, pfn, 0);
	struct page_ent e;

	if (!z)
		return;
	e = mm_ent(m, pfn);
	if (ent_state(&e) != PS_PCP || !(e.st & PE_LINK) || (e.x >> 2 != ev->cpu && (e.x & 3) != PCP_FROM_FREE))
		return;
	if (e.x >> 2 == ev->cpu && ev->cpu < m->nr_base && m->obs->base[ev->cpu].run_start &&
	    m->obs->base[ev->cpu].pid == ev->pid)
		left_behind(m, &e, m->obs->base[ev->cpu].run_start, UINT32_MAX, true);
	e = mm_ent(m, pfn);
	mm_pcp_del(m, z, pfn, &e);
	mm_pcp_add(m, z, ev->cpu, pfn, ent_order(&e), ent_mt(&e), false, PCP_FROM_BATCH);
	if (e.st & PE_WAS_LRU)
		mm_ent_own(m, pfn)->st |= PE_WAS_LRU;
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

void mm_on_drain(struct mm_machine *m, const struct sg_event *ev)
{
	uint64_t pfn = ev->v[SGF_mm_page_pcpu_drain_pfn], order = ev->v[SGF_mm_page_pcpu_drain_order];
	uint64_t mt = ev->v[SGF_mm_page_pcpu_drain_migratetype];
	struct zone_state *z = mm_event_zone(m, pfn, order);
	struct task_ctx *c;
	struct page_ent e;
	unsigned int s, bt;

	if (!z || !mm_event_mt_ok(m, mt))
		return;
	e = mm_ent(m, pfn);
	s = ent_state(&e);
	if (s != PS_PCP && s != PS_UNKNOWN && !(s == PS_ALLOC && (e.st & PE_SNAP)))
		mm_contra_add(m, MM_CONTRA_DRAIN_NOT_PCP);
	else if (s == PS_PCP && ent_order(&e) != order)
		mm_contra_add(m, MM_CONTRA_FREE_ORDER);
	bt = mm_blk(m, pfn >> m->pb_order).mt;
	if (m->hygiene || (s == PS_PCP && (e.x & 3) != PCP_FROM_REFILL && (bt == MM_MT_UNKNOWN || ent_mt(&e) != mt))) {
		/*
		 * The event gives the pageblock's type; before 6.10 what it was at the free, which is no news where that was
		 * known: the pageblock may have been claimed since.
		 */
		if (bt != MM_MT_UNKNOWN && bt != mt && m->hygiene)
			mm_block_move(m, z, pfn, bt, (unsigned int)mt);
		mm_block_type(m, z, pfn, (unsigned int)mt, SG_MAX_MIGRATETYPES, m->hygiene);
		if (bt == MM_MT_UNKNOWN)
			mm_unnamed_named(m, z, pfn);
	}
	if (s == PS_FREE || s == PS_FREET)
		return; /* it is where it belongs already */
	c = m->obs->nr_ctx && !(ev->common_flags & MM_IN_INTERRUPT) ? mm_ctx(m, ev->pid, false) : NULL;
	if (c)
		mm_observe_no_source(m, c); /* the scanner has left a block: lru_add_drain_cpu_zone() */
	if (s == PS_PCP && (e.st & PE_LINK))
		mm_remote_drained(m, z, ev, &e);
	if (s == PS_PCP && (e.st & PE_LINK) && (ent_mt(&e) < SG_MAX_MIGRATETYPES || on_list_of(m, &e, (unsigned int)mt))) {
		if ((e.x & 3) == PCP_FROM_FREE)
			mm_run_reached(m, e.x >> 2, e.since);
		/* a batch that is still being committed there hasn't reached the list yet */
		left_behind(m, &e, 0, mm_uncommitted(m, e.x >> 2), false);
		unlink_behind(m, z, pfn);
		e = mm_ent(m, pfn);
	}
	mm_event_detach(m, z, pfn, (unsigned int)order);
	mm_event_changed(m, pfn, (unsigned int)order, &e,
			 mm_event_free_block(m, z, ev, pfn, (unsigned int)order, (unsigned int)mt));
}
