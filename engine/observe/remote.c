// SPDX-License-Identifier: GPL-2.0-only
/*
 * Per-cpu lists that another CPU drains.
 *
 * Such a drain empties all lists of one CPU in one zone, under their lock.  A page that the CPU frees meanwhile, or
 * freed so shortly before that it hadn't got the lock yet, finds them locked and goes to the buddy lists, where it waits for
 * the zone's lock, which the drain holds.  So the last page that the CPU freed before or during the drain, when
 * the drain is over and didn't give it back, went there.
 *
 * Source: mm/page_alloc.c: drain_pages_zone(), __drain_all_pages(), free_unref_page() and __free_frozen_pages() with
 *         pcp_spin_trylock(), 6.1 to 7.3
 * Differs: an interrupt that holds up the freeing CPU between its event and the lock, for all of the drain, isn't thought of.
 */
#include "machine/state.h"
#include "observe/observe.h"

/* The page that @cpu freed by its last event, when it is first on one of the lists of @z; MM_NIL: none */
static uint32_t freed_last(const struct mm_machine *m, const struct zone_state *z, unsigned int cpu)
{
	const struct base_event *b = &m->obs->base[cpu];
	const struct pcp_state *p = mm_cow_peek(&m->pcp, (uint64_t)(z - m->core.zone) * m->nr_cpus + cpu);

	if (!p || b->kind != SG_EV_mm_page_free)
		return MM_NIL;
	for (unsigned int i = 0; i < MM_NR_PINDEX; i++) {
		struct page_ent e;

		if (p->list[i].first == MM_NIL)
			continue;
		e = mm_ent(m, p->list[i].first);
		if (e.since == b->event && (e.x & 3) == PCP_FROM_FREE)
			return p->list[i].first;
	}
	return MM_NIL;
}

/**
 * mm_remote_drained() - a block left a per-cpu list
 * @e: its entry before that
 */
void mm_remote_drained(struct mm_machine *m, const struct zone_state *z, const struct sg_event *ev, const struct page_ent *e)
{
	unsigned int cpu = e->x >> 2;
	const struct task_ctx *ctx;
	uint32_t pfn;

	if (cpu == ev->cpu || cpu >= m->nr_base || ev->cpu >= m->nr_base || cpu >= m->nr_cpus)
		return;
	/*
	 * The frees in a row may be a batch whose second half has yet to come, unless one of them is on the list or
	 * compaction frees the pages that it has copied: it does so one by one.
	 */
	ctx = mm_ctx(m, m->obs->base[cpu].pid, false);
	if (!(ctx && ctx->in_compact) && m->obs->base[cpu].event >= mm_uncommitted(m, cpu) &&
	    e->since < mm_uncommitted(m, cpu))
		return;
	pfn = freed_last(m, z, cpu);
	if (pfn == MM_NIL)
		return;
	m->obs->base[ev->cpu].raced = pfn;
	m->obs->base[ev->cpu].raced_event = m->obs->base[cpu].event;
}

/* Does @ev go on with the drain that passed page @pfn, with entry @e, by? */
static bool goes_on(const struct mm_machine *m, const struct sg_event *ev, uint64_t pfn, const struct page_ent *e)
{
	uint64_t other = ev->v[SGF_mm_page_pcpu_drain_pfn];
	struct page_ent o;

	if (ev->kind != SG_EV_mm_page_pcpu_drain || other >= m->end_pfn || mm_zone_index(m, other) != mm_zone_index(m, pfn))
		return false;
	o = mm_ent(m, other);
	return ent_state(&o) != PS_PCP || o.x >> 2 == e->x >> 2;
}

/* Is nothing left on the per-cpu list of @pfn but this? */
static bool alone(const struct mm_machine *m, const struct zone_state *z, uint64_t pfn, const struct page_ent *e)
{
	const struct pcp_state *p = mm_cow_peek(&m->pcp, (uint64_t)(z - m->core.zone) * m->nr_cpus + (e->x >> 2));

	for (unsigned int i = 0; p && i < MM_NR_PINDEX; i++)
		if (p->list[i].first == pfn)
			return p->list[i].last == pfn;
	return false;
}

/** mm_remote_settle() - the next event of a CPU whose drain of another's lists passed a page by */
void mm_remote_settle(struct mm_machine *m, const struct sg_event *ev)
{
	struct base_event *b = &m->obs->base[ev->cpu];
	uint64_t pfn = b->raced;
	struct page_ent e = mm_ent(m, pfn);
	struct zone_state *z = mm_zone_at(m, pfn);

	if (!z || ent_state(&e) != PS_PCP || !(e.st & PE_LINK) || e.since != b->raced_event) {
		b->raced_event = 0; /* it was given back, or handed out: it was there */
		return;
	}
	if (goes_on(m, ev, pfn, &e))
		return;
	b->raced_event = 0;
	if (!alone(m, z, pfn, &e))
		return; /* a batch that hasn't reached the list, or not all was given back */
	mm_pcp_del(m, z, pfn, &e);
	mm_observed_free(m, z, pfn, ent_order(&e), ent_mt(&e), false);
	mm_change_add(m, pfn, 1ull << ent_order(&e), PS_PCP, PS_FREE);
}
