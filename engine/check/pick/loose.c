// SPDX-License-Identifier: GPL-2.0-only
/* Blocks that stand at unknown places of MOVABLE lists, see the header. */
#include "check/pick/loose.h"

/* May @ev turn lists?  Source: mm/compaction.c: fast_isolate_freepages(), fast_find_migrateblock(), 6.1 to 7.3 */
static bool may_turn(const struct sg_event *ev)
{
	return ev->kind == SG_EV_mm_compaction_fast_isolate_freepages ||
	       ev->kind == SG_EV_mm_compaction_isolate_migratepages;
}

/* Blocks leave the list, and chunks with them. */
static uint32_t recount(struct mm_loose *l, const struct zone_state *z, unsigned int zone, unsigned int order)
{
	const struct free_list *f = &z->list[order][MM_MT_MOVABLE];
	uint32_t n = f->nr_linked + f->nr_unplaced;

	if (l->list[zone][order].chunks && n < l->list[zone][order].blocks)
		l->list[zone][order].chunks = l->list[zone][order].chunks * n / l->list[zone][order].blocks;
	l->list[zone][order].blocks = n;
	return n;
}

void mm_loose_before(struct mm_loose *l, const struct mm_machine *m, const struct sg_event *ev)
{
	for (unsigned int i = 0; may_turn(ev) && i < m->core.nr_zones; i++)
		for (unsigned int o = 0; o < m->nr_orders; o++) {
			const struct free_list *f = &m->core.zone[i].list[o][MM_MT_MOVABLE];

			recount(l, &m->core.zone[i], i, o);
			l->list[i][o].head = f->head_first;
			l->list[i][o].open = f->cycle_first != MM_NIL && f->head_first != MM_NIL &&
					     f->cycle_first != f->head_first;
		}
}

void mm_loose_after(struct mm_loose *l, const struct mm_machine *m, const struct sg_event *ev)
{
	for (unsigned int i = 0; may_turn(ev) && i < m->core.nr_zones; i++)
		for (unsigned int o = 0; o < m->nr_orders; o++) {
			if (m->core.zone[i].list[o][MM_MT_MOVABLE].head_first == l->list[i][o].head)
				continue;
			l->list[i][o].turned = (uint32_t)m->core.position;
			if (l->list[i][o].open && l->list[i][o].chunks < (uint64_t)UINT16_MAX * MM_LOOSE_ONE)
				l->list[i][o].chunks += MM_LOOSE_ONE;
		}
}

uint32_t mm_loose_risk(struct mm_loose *l, const struct mm_machine *m, unsigned int zone, const struct mm_pick *p)
{
	struct page_ent e;
	uint32_t n;

	if (p->known != MM_KNOWN_YES || p->mt != MM_MT_MOVABLE || !l->list[zone][p->order].chunks)
		return 0;
	n = recount(l, &m->core.zone[zone], zone, p->order);
	e = mm_ent(m, p->pfn);
	if (n < 2 || e.since > l->list[zone][p->order].turned)
		return 0;
	n = l->list[zone][p->order].chunks < (uint64_t)n * MM_LOOSE_ONE ? (uint32_t)(l->list[zone][p->order].chunks / n) :
									  MM_LOOSE_ONE;
	return n;
}
