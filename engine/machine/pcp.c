// SPDX-License-Identifier: GPL-2.0-only
/*
 * Per-cpu lists: which pages are on which list of which CPU, in the kernel's order
 * (a refill adds at the tail, an allocation takes the head, a free adds at the head,
 * a drain takes the tail).
 */
#include "machine/state.h"

#include <string.h>

/** May blocks of @order lie on per-cpu lists?  Source: mm/page_alloc.c: pcp_allowed_order(), 5.14 to 7.3 */
bool mm_pcp_order(const struct mm_machine *m, unsigned int order)
{
	return order <= m->pcp_costly || order == m->pcp_huge;
}

bool mm_event_refills(const struct mm_machine *m, const struct sg_event *ev)
{
	uint64_t refill = ev->v[SGF_mm_page_alloc_zone_locked_percpu_refill];
	uint64_t order = ev->v[SGF_mm_page_alloc_zone_locked_order];

	if (refill == SG_MISSING)
		return order == 0;
	if (m->cap->mt_cma >= MM_NR_PCPTYPES &&
	    ev->v[SGF_mm_page_alloc_zone_locked_migratetype] == (uint64_t)m->cap->mt_cma)
		return order < m->nr_orders && mm_pcp_order(m, (unsigned int)order);
	return refill == 1;
}

/**
 * mm_pindex() - number of the per-cpu list for blocks of @order and @mt
 * Source: mm/page_alloc.c: order_to_pindex(); 6.1 has one list of PMD order, later kernels two
 */
unsigned int mm_pindex(const struct mm_machine *m, unsigned int order, unsigned int mt)
{
	if (order > MM_COSTLY_ORDER)
		return 12 + (m->hygiene && mt == MM_MT_MOVABLE);
	return order * MM_NR_PCPTYPES + (mt < MM_NR_PCPTYPES ? mt : MM_MT_MOVABLE);
}

/** Empty lists: what the array holds before anybody has used them (mm_cow_fill_fn). */
void mm_pcp_fill(void *arg, uint64_t i, void *elem)
{
	struct pcp_state *p = elem;

	memset(p, 0, sizeof(*p));
	for (unsigned int l = 0; l < MM_NR_PINDEX; l++)
		p->list[l].first = p->list[l].last = MM_NIL;
}

static struct pcp_state *pcp_own(struct mm_machine *m, struct zone_state *z, unsigned int cpu)
{
	uint64_t i = (uint64_t)(z - m->core.zone) * m->nr_cpus + cpu;
	struct pcp_state *p = mm_cow_own_quick(&m->pcp, i, sizeof(*p));

	if (p)
		return p;
	p = mm_cow_own_note(&m->pcp, i, mm_pcp_fill, NULL);
	if (!p && i < m->pcp.v.nr)
		mm_no_memory(m);
	return p;
}

/**
 * mm_pcp_add() - the block goes onto a per-cpu list; it must be on no list
 * @mt: list it belongs to (of the request at a refill, of the pageblock at a free)
 */
void mm_pcp_add(struct mm_machine *m, struct zone_state *z, unsigned int cpu, uint64_t pfn,
		unsigned int order, unsigned int mt, bool tail, unsigned int from)
{
	struct page_ent as = { .om = (uint8_t)(order | (mt < SG_MAX_MIGRATETYPES ? mt : 15u) << 4), .a = MM_NIL,
			       .b = MM_NIL, .x = (uint16_t)(cpu << 2 | from),
			       .since = (uint32_t)m->core.position };
	struct pcp_state *p = cpu < m->nr_cpus ? pcp_own(m, z, cpu) : NULL;
	unsigned int l = mm_pindex(m, order, mt);
	struct page_ent *e;

	mm_set_state(m, z, pfn, 1u << order, PS_PCP, &as);
	if (!p)
		return;
	e = mm_ent_own(m, pfn);
	e->st |= PE_LINK;
	if (tail) {
		e->b = p->list[l].last;
		if (e->b != MM_NIL)
			mm_ent_own(m, e->b)->a = (uint32_t)pfn;
		else
			p->list[l].first = (uint32_t)pfn;
		p->list[l].last = (uint32_t)pfn;
	} else {
		e->a = p->list[l].first;
		if (e->a != MM_NIL)
			mm_ent_own(m, e->a)->b = (uint32_t)pfn;
		else
			p->list[l].last = (uint32_t)pfn;
		p->list[l].first = (uint32_t)pfn;
	}
	p->list[l].nr++;
	p->count += 1u << order;
}

/** Takes the block at @pfn (entry @e, PS_PCP) off its per-cpu list; its state stays. */
void mm_pcp_del(struct mm_machine *m, struct zone_state *z, uint64_t pfn, const struct page_ent *e)
{
	unsigned int cpu = e->x >> 2, order = ent_order(e), l;
	struct pcp_state *p;
	uint32_t next = e->a, prev = e->b;

	if (!(e->st & PE_LINK) || cpu >= m->nr_cpus)
		return;
	p = pcp_own(m, z, cpu);
	if (!p)
		return;
	l = mm_pindex(m, order, ent_mt(e) == 15 ? SG_MAX_MIGRATETYPES : ent_mt(e));
	if (next != MM_NIL)
		mm_ent_own(m, next)->b = prev;
	else
		p->list[l].last = prev;
	if (prev != MM_NIL)
		mm_ent_own(m, prev)->a = next;
	else
		p->list[l].first = next;
	p->list[l].nr--;
	p->count -= 1u << order;
	mm_ent_own(m, pfn)->st &= (uint8_t)~PE_LINK;
}

/**
 * mm_pcp_from_irq() - blocks on @cpu's lists that interrupts freed after event @after
 * @pfn: receives up to @max of them, oldest first
 * Return: how many
 */
unsigned int mm_pcp_from_irq(const struct mm_machine *m, unsigned int cpu, uint32_t after, uint32_t *pfn,
			     unsigned int max)
{
	unsigned int n = 0;

	for (unsigned int z = 0; z < m->core.nr_zones && cpu < m->nr_cpus; z++) {
		const struct pcp_state *p = mm_cow_peek(&m->pcp, (uint64_t)z * m->nr_cpus + cpu);

		for (unsigned int l = 0; p && l < MM_NR_PINDEX; l++)
			for (uint32_t i = p->list[l].first; i != MM_NIL && n < max;) {
				struct page_ent e = mm_ent(m, i);
				unsigned int k = n;

				if (e.since <= after || (e.x & 3) != PCP_FROM_IRQ)
					break;
				for (; k > 0 && mm_ent(m, pfn[k - 1]).since > e.since; k--)
					pfn[k] = pfn[k - 1];
				pfn[k] = i;
				n++;
				i = e.a;
			}
	}
	return n;
}
