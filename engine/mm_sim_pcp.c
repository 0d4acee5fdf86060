// SPDX-License-Identifier: GPL-2.0-only
/* Per-cpu lists of the simulated allocator. */
#include "mm_sim_alloc.h"

/** Everything that lies on one per-cpu set goes back.  Source: mm/page_alloc.c: drain_pages_zone(), 6.1 to 7.3 */
void sim_drain_pcp(struct mm_sim *s, unsigned int zi, uint16_t cpu)
{
	struct zone_state *z = sim_zs(s, zi);

	for (unsigned int l = 0; l < MM_NR_PINDEX; l++)
		for (;;) {
			const struct pcp_state *p = mm_cow_peek(&s->m->pcp, (uint64_t)zi * s->m->nr_cpus + cpu);
			struct page_ent e;
			uint32_t pfn;

			if (!p || p->list[l].last == MM_NIL || p->list[l].nr == 0)
				break;
			pfn = p->list[l].last;
			e = mm_ent(s->m, pfn);
			mm_pcp_del(s->m, z, pfn, &e);
			mm_buddy_free(s->m, z, pfn, ent_order(&e), mm_blk(s->m, pfn >> s->m->pb_order).mt, false);
		}
}
