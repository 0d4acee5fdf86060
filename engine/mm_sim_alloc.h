/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside of the simulated allocator: what its files share.  Nobody else needs this.
 *
 * The free lists, pageblock types and page states are the machine's.  Here is what the machine doesn't
 * keep: per-cpu tuning, boosts, reserves, zonelists.
 */
#ifndef MM_SIM_ALLOC_H
#define MM_SIM_ALLOC_H

#include "mm_rule_rmqueue.h"
#include "mm_sim_priv.h"

/** Tuning of one per-cpu page set; its lists are struct pcp_state of the machine. */
struct sim_pcp {
	int32_t high, high_min, high_max; /* 6.1 has high only */
	int32_t batch;
	int32_t free_count;     /* 6.1: free_factor, how often the batch was doubled */
	uint8_t alloc_factor;
	uint8_t expire;
	bool prev_free_high_order;
};

/** One zone's own state. */
struct sim_zone {
	int64_t boost;
	int64_t reserve[SG_MAX_ZONE_TYPES]; /* lowmem_reserve[] */
	uint64_t reserved_highatomic;       /* pages of highatomic pageblocks */
	uint64_t cma_pages;
	bool below_high;      /* ZONE_BELOW_HIGH */
	uint32_t reclaiming;  /* ZONE_RECLAIM_ACTIVE: how many set it */
	bool boosted;         /* ZONE_BOOSTED_WATERMARK: kswapd is to be woken */
};

struct sim_alloc {
	struct sim_zone zone[MM_MAX_ZONES];
	struct sim_pcp *pcp; /* zone * nr_cpus + cpu */
	unsigned int nr_cpus;
	/* by preferred node: zone indexes, best first */
	struct {
		uint8_t nr, nr_local; /* all, and those of the node itself, which come first */
		uint8_t zone[MM_MAX_ZONES];
	} zonelist[MM_MAX_NODES];
	/* capture control, one at a time: the run has one request under way */
	struct {
		bool armed, got;
		uint8_t zone, order, mt;
		uint64_t pfn;
	} capc;
	uint64_t shuffle; /* state of the generator, bits left */
};

static inline struct zone_state *sim_zs(const struct mm_sim *s, unsigned int zi)
{
	return &s->m->core.zone[zi];
}

static inline int64_t sim_zone_free(const struct zone_state *z)
{
	return (int64_t)(z->nr_pages[PS_FREE] + z->nr_pages[PS_FREET]);
}

/* mm_sim_alloc.c */
void sim_hand_out(struct mm_sim *s, struct zone_state *z, const struct mm_request *rq, uint64_t pfn);

/* mm_sim_pcp.c */
void sim_drain_pcp(struct mm_sim *s, unsigned int zi, uint16_t cpu);

/* mm_sim_zonelist.c */
void sim_zonelists_build(struct mm_sim *s);

#endif
