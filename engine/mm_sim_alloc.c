// SPDX-License-Identifier: GPL-2.0-only
/* The simulated allocator: its beginning and end, what comes in and goes out. */
#include "mm_sim_alloc.h"

#include <stdlib.h>

int sim_alloc_init(struct mm_sim *s)
{
	struct sim_alloc *a = calloc(1, sizeof(*a));

	s->alloc = a;
	if (!a)
		return SG_E_NOMEM;
	a->nr_cpus = s->m->nr_cpus;
	a->pcp = calloc((size_t)s->m->core.nr_zones * a->nr_cpus, sizeof(*a->pcp));
	if (!a->pcp)
		return SG_E_NOMEM;
	sim_zonelists_build(s);
	return 0;
}

void sim_alloc_fini(struct mm_sim *s)
{
	free(s->alloc->pcp);
	free(s->alloc);
	s->alloc = NULL;
}

/* The pages of a block that is on no list become allocated. */
void sim_hand_out(struct mm_sim *s, struct zone_state *z, const struct mm_request *rq, uint64_t pfn)
{
	struct page_ent as = { .om = (uint8_t)(rq->order | rq->mt << 4), .a = (uint32_t)rq->pid, .x = UINT16_MAX,
			       .since = (uint32_t)s->m->core.position };

	mm_set_state(s->m, z, pfn, 1u << rq->order, PS_ALLOC, &as);
}

/* First block of the smallest order that has one on its own lists. */
static uint64_t rmqueue(struct mm_sim *s, struct zone_state *z, unsigned int order, unsigned int mt)
{
	struct mm_pick p = mm_rule_smallest(s->m, z, order, mt);

	if (p.known == MM_KNOWN_NO) {
		p = mm_rule_fallback(s->m, z, s->policy.rules, order, mt, false, true);
		if (p.known != MM_KNOWN_YES)
			return UINT64_MAX;
	}
	mm_buddy_take(s->m, z, p.pfn, order, p.mt, p.mt);
	return p.pfn;
}

enum mm_outcome mm_sim_alloc(struct mm_sim *s, const struct mm_request *rq, struct mm_grant *ret)
{
	uint8_t list[MM_MAX_ZONES];
	unsigned int n = sim_zonelist(s, rq->node, rq->zone_type, rq->gfp & MM_GFP_THISNODE, list);

	s->now = rq->now;
	s->m->core.position++;
	*ret = (struct mm_grant){ .outcome = MM_FAILED, .pfn = UINT64_MAX };
	for (unsigned int i = 0; i < n && rq->order < MM_NR_ORDERS; i++) {
		struct zone_state *z = sim_zs(s, list[i]);
		uint64_t pfn = rmqueue(s, z, rq->order, rq->mt);

		if (pfn == UINT64_MAX)
			continue;
		sim_hand_out(s, z, rq, pfn);
		*ret = (struct mm_grant){ .outcome = MM_GOT_PAGE, .pfn = pfn, .zone = list[i], .fast = true };
		s->stat[MM_SIM_PGALLOC] += 1u << rq->order;
		break;
	}
	return ret->outcome;
}

void sim_free_page(struct mm_sim *s, uint16_t cpu, uint64_t pfn, unsigned int order)
{
	struct zone_state *z = mm_zone_at(s->m, pfn);

	(void)cpu;
	if (!z)
		return;
	s->stat[MM_SIM_PGFREE] += 1u << order;
	mm_buddy_free(s->m, z, pfn, order, mm_blk(s->m, pfn >> s->m->pb_order).mt, false);
}

void mm_sim_release(struct mm_sim *s, uint16_t cpu, uint64_t pfn, unsigned int order)
{
	struct page_ent e = mm_ent(s->m, pfn);

	if (ent_state(&e) != PS_ALLOC || order >= MM_NR_ORDERS)
		return;
	s->m->core.position++;
	if (e.st & PE_LRU)
		mm_sim_lru_del(s, pfn);
	sim_free_page(s, cpu, pfn, order);
}

bool sim_isolate_block(struct mm_sim *s, unsigned int zi, uint64_t pfn, unsigned int order)
{
	struct zone_state *z = sim_zs(s, zi);
	struct page_ent e = mm_ent(s->m, pfn);
	struct page_ent as = { .om = (uint8_t)(order | 0xf0), .since = (uint32_t)s->m->core.position };

	if (ent_state(&e) != PS_FREE || ent_order(&e) != order)
		return false;
	mm_buddy_remove_range(s->m, z, pfn, order);
	mm_set_state(s->m, z, pfn, 1u << order, PS_ISO, &as);
	return true;
}

void sim_release_block(struct mm_sim *s, unsigned int zi, uint64_t pfn, unsigned int order)
{
	mm_buddy_free(s->m, sim_zs(s, zi), pfn, order, mm_blk(s->m, pfn >> s->m->pb_order).mt, false);
}

void sim_drain_cpu(struct mm_sim *s, uint16_t cpu)
{
	for (unsigned int zi = 0; zi < s->m->core.nr_zones; zi++)
		sim_drain_pcp(s, zi, cpu);
}

void sim_drain_zone(struct mm_sim *s, unsigned int zi)
{
	for (unsigned int cpu = 0; cpu < s->alloc->nr_cpus; cpu++)
		sim_drain_pcp(s, zi, (uint16_t)cpu);
}

void sim_capture_arm(struct mm_sim *s, unsigned int zi, unsigned int order, unsigned int mt)
{
	s->alloc->capc.armed = true;
	s->alloc->capc.got = false;
	s->alloc->capc.zone = (uint8_t)zi;
	s->alloc->capc.order = (uint8_t)order;
	s->alloc->capc.mt = (uint8_t)mt;
}

bool sim_capture_disarm(struct mm_sim *s, uint64_t *ret_pfn)
{
	s->alloc->capc.armed = false;
	if (s->alloc->capc.got)
		*ret_pfn = s->alloc->capc.pfn;
	return s->alloc->capc.got;
}
