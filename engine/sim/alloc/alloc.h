/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside of the simulated allocator: what its files share.  Nobody else needs this.
 *
 * The free lists, pageblock types and page states are the machine's.  Here is what the machine doesn't
 * keep: per-cpu tuning, boosts, reserves, zonelists.
 */
#ifndef MM_SIM_ALLOC_ALLOC_H
#define MM_SIM_ALLOC_ALLOC_H

#include "sim/room.h"

#include "rules/rmqueue.h"
#include "rules/setup.h"
#include "rules/slowpath.h"
#include "rules/pcp_size.h"
#include "sim/reclaim/lru.h"
#include "sim/priv.h"

/** One per-cpu page set; its lists are struct pcp_state of the machine. */
struct sim_pcp {
	struct mm_pcp_tune tune;
	/* where its lists are, as long as nothing has moved them: as the array was then, and sim_alloc.moves */
	struct pcp_state *lists;
	uint64_t tree, owned;
	uint32_t moves;
	bool large_cache; /* PCPF_FREE_HIGH_BATCH */
	bool touched;   /* used since the last regular visit */
	uint8_t expire; /* visits until a remote node's pages go back */
};

/** One zone's own state. */
struct sim_zone {
	int64_t boost;
	int64_t reserve[SG_MAX_ZONE_TYPES]; /* lowmem_reserve[] */
	uint64_t reserved_highatomic;       /* pages of highatomic pageblocks */
	bool below_high; /* ZONE_BELOW_HIGH */
	bool boosted;    /* ZONE_BOOSTED_WATERMARK: kswapd is to be woken */
};

/** What a bulk has learned: the cheapest place that still has pages. Source: enum rmqueue_mode, 6.12 (stable) to 7.3 */
enum sim_rmqueue_mode { SIM_RMQUEUE_NORMAL, SIM_RMQUEUE_CMA, SIM_RMQUEUE_CLAIM, SIM_RMQUEUE_STEAL };

struct sim_alloc {
	struct sim_zone zone[MM_MAX_ZONES];
	struct sim_pcp *pcp; /* zone * nr_cpus + cpu */
	unsigned int nr_cpus, nr_nodes;
	uint32_t moves;      /* how often lists came into being that nobody had used before */
	int8_t *cpu_node;           /* by CPU */
	uint64_t *refresh_at;       /* by CPU: ns, next regular visit */
	unsigned int movable_type;  /* index of ZONE_MOVABLE, or the highest there is */
	/* the flags of the latest request's first walk, for the next one that is like it */
	struct {
		uint32_t gfp;
		uint8_t order, mt, zone;
		bool known;
		unsigned int flags;
	} last;
	/* by migratetype, the latest request of order 0 that got its page from its first zone's per-cpu list */
	struct sim_again {
		uint64_t who; /* mm_sim_who() of it */
		bool known;
		uint8_t zone;
	} again[MM_NR_PCPTYPES];
	uint16_t cpu;               /* of the latest call */
	int32_t pid;
	/* by preferred node and highest zone type: zone indexes, best first */
	struct sim_zonelist {
		uint8_t nr, nr_local; /* all, and those of the node itself, which come first */
		uint8_t zone[MM_MAX_ZONES];
	} zonelist[MM_MAX_NODES][SG_MAX_ZONE_TYPES];
	/* first try by zone index as preferred zone: Normal, and DMA32 below it: fallbacks wait for other zones */
	bool normal_over_dma32[MM_MAX_ZONES];
	/* capture control of the request under way; one that is paused has put its own away (sim/pause.c) */
	struct sim_capc {
		bool armed, got;
		uint8_t zone, order, mt;
		uint64_t pfn;
	} capc;
	uint64_t shuffle;           /* state of the generator */
	uint64_t shuffle_bits;      /* what is left of its last number, below a 1 that marks the end */
	struct sim_text *text;      /* room for the words of decisions; made when somebody listens */
};

static inline struct zone_state *mm_sim_zs(const struct mm_sim *s, unsigned int zi)
{
	return &s->m->core.zone[zi];
}

static inline int64_t mm_sim_zone_free(const struct zone_state *z)
{
	return (int64_t)(z->nr_pages[PS_FREE] + z->nr_pages[PS_FREET]);
}

/** What tells one request of order 0 from another, but for its migratetype and who asks. */
static inline uint64_t mm_sim_who(const struct mm_request *rq)
{
	/* requests that are bound to nodes always walk */
	return rq->nodes ? UINT64_MAX : rq->gfp | (uint64_t)rq->cpu << 32 | (uint64_t)rq->zone_type << 48 | (uint64_t)(uint8_t)rq->node << 56;
}

/** No pageblocks that only some may use: then free pages are free pages. */
static inline bool mm_sim_plain(const struct mm_sim *s, const struct zone_state *z)
{
	return !(s->cap.mt_highatomic >= 0 && z->type_blocks[s->cap.mt_highatomic]) &&
	       !(s->cap.mt_cma >= 0 && z->type_blocks[s->cap.mt_cma]);
}

/** One request on its way: struct alloc_context and the locals of the slow path. */
struct sim_ask {
	const struct mm_request *rq;
	struct mm_request own; /* a copy, where something had to be changed */
	const uint8_t *zone; /* zones that may serve it, best first */
	uint8_t allowed[MM_MAX_ZONES]; /* those, where not all nodes may */
	unsigned int nr;
	struct mm_grant *grant;
};

/** A call changes the machine from here on: what the last one changed is forgotten. */
static inline void mm_sim_begin(struct mm_machine *m)
{
	m->core.position++;
	m->nr_changes = m->total_changes = 0;
	m->last_contra = 0;
}

/** What views show of a call: these pages went from one state to the other. */
static inline void mm_sim_changed(struct mm_machine *m, uint64_t pfn, unsigned int order, enum mm_page_state from,
				  enum mm_page_state to)
{
	if (m->nr_changes < MM_MAX_CHANGES)
		m->change[m->nr_changes++] = (struct mm_change){ pfn, UINT64_C(1) << order, from, to };
	m->total_changes++;
}

/* sim/alloc/alloc.c */
void mm_sim_hand_out(struct mm_sim *s, struct zone_state *z, const struct mm_request *rq, uint64_t pfn);
bool mm_sim_free_one(struct mm_sim *s, struct zone_state *z, uint64_t pfn, unsigned int order, unsigned int mt, bool to_tail);

/* sim/alloc/zones.c */
bool mm_sim_wmark_fast(const struct mm_sim *s, unsigned int zi, const struct mm_request *rq, int64_t mark,
		       unsigned int alloc_flags);
bool mm_sim_get_page(struct mm_sim *s, struct sim_ask *ask, unsigned int alloc_flags);

/* sim/alloc/zonelist.c */
/** Zones by distance from the node that the request prefers. */
const struct sim_zonelist *mm_sim_zonelist_of(const struct mm_sim *s, const struct mm_request *rq, unsigned int zone_type);

/* sim/alloc/slowpath.c */
enum mm_outcome mm_sim_slowpath(struct mm_sim *s, struct sim_ask *ask);

/* sim/alloc/rmqueue.c */
void mm_sim_block_types(struct mm_sim *s, struct zone_state *z, uint64_t pfn, unsigned int order, unsigned int mt);
void mm_sim_move_to_list(struct mm_sim *s, struct zone_state *z, uint64_t pfn, unsigned int mt);
uint64_t mm_sim_rmqueue_smallest(struct mm_sim *s, struct zone_state *z, unsigned int order, unsigned int mt);
uint64_t mm_sim_rmqueue_list(struct mm_sim *s, struct zone_state *z, unsigned int order, unsigned int mt,
			     unsigned int alloc_flags, enum sim_rmqueue_mode *mode);
uint64_t mm_sim_rmqueue_buddy(struct mm_sim *s, struct zone_state *z, unsigned int order, unsigned int mt,
			      unsigned int alloc_flags);

/* sim/alloc/pcp.c */
/** May blocks of @order lie on per-cpu lists?  Source: mm/page_alloc.c: pcp_allowed_order(), 6.1 to 7.3 */
static inline bool mm_sim_pcp_order(const struct mm_sim *s, unsigned int order)
{
	return order <= MM_COSTLY_ORDER || (order == s->m->pcp_huge && mm_sim_tune(s, MM_TUNE_THP));
}
void mm_sim_drain_pcp(struct mm_sim *s, unsigned int zi, uint16_t cpu);
bool mm_sim_pcp_again(struct mm_sim *s, const struct mm_request *rq, struct mm_grant *ret);
uint64_t mm_sim_pcp_alloc(struct mm_sim *s, unsigned int zi, const struct mm_request *rq, unsigned int alloc_flags);
bool mm_sim_pcp_free(struct mm_sim *s, unsigned int zi, unsigned int cpu, uint64_t pfn, unsigned int order);
bool mm_sim_pcp_release(struct mm_sim *s, unsigned int zi, unsigned int cpu, uint64_t pfn);
bool mm_sim_vmstat_refresh(struct mm_sim *s, unsigned int cpu);

/* sim/alloc/highatomic.c */
void mm_sim_reserve_highatomic(struct mm_sim *s, struct zone_state *z, uint64_t pfn, unsigned int order);
bool mm_sim_unreserve_highatomic(struct mm_sim *s, const uint8_t *list, unsigned int nr, unsigned int mt, bool force);

/* sim/alloc/zonelist.c */
void mm_sim_zonelists_build(struct mm_sim *s);
void mm_sim_zones_setup(struct mm_sim *s);

/* sim/alloc/words.c: the words of decisions; called only when somebody listens */
int mm_sim_decide_init(struct mm_sim *s);
void mm_sim_decide_pick(struct mm_sim *s, const struct zone_state *z, const struct mm_pick *p, unsigned int order);
void mm_sim_decide_fallback(struct mm_sim *s, const struct zone_state *z, unsigned int order, unsigned int mt,
			    unsigned int alloc_flags, const struct mm_pick *p, const struct mm_claim_tries *tries,
			    uint64_t pfn);
void mm_sim_decide_boost(struct mm_sim *s, const struct zone_state *z, int64_t from, int64_t to);
void mm_sim_decide_refill(struct mm_sim *s, unsigned int zi, unsigned int cpu, unsigned int order, unsigned int mt,
			  int32_t want, int32_t got, unsigned int factor);
void mm_sim_decide_drain(struct mm_sim *s, unsigned int zi, unsigned int cpu, int32_t pages, int32_t count);
void mm_sim_decide_merge(struct mm_sim *s, const struct zone_state *z, uint64_t pfn, unsigned int order, unsigned int mt,
			 bool captured);
void mm_sim_decide_reserve(struct mm_sim *s, const struct zone_state *z, uint64_t pfn, uint64_t reserved, uint64_t max);
void mm_sim_decide_unreserve(struct mm_sim *s, const struct zone_state *z, uint64_t pfn, bool force, uint64_t reserved);
void mm_sim_decide_refused(struct mm_sim *s, const struct sim_ask *ask, unsigned int zi, int64_t mark,
			   unsigned int alloc_flags);
/** The request fails; @alloc_flags: of its last walk. */
void mm_sim_decide_failure(struct mm_sim *s, const struct sim_ask *ask, unsigned int alloc_flags);
void mm_sim_decide_step(struct mm_sim *s, const struct sim_ask *ask, const char *rule, const char *ours,
			const char *reason, const char *name, int64_t value);

#endif
