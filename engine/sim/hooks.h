/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Policies over the kernel's rules, asked by the simulator: each function stands where the rule was asked, and is called only
 * when sim_asks() says that some policy has the hook.
 */
#ifndef MM_SIM_HOOKS_H
#define MM_SIM_HOOKS_H

#include "sim/room.h"

#include "rules/ask.h"
#include "sim/alloc/alloc.h"

/** Does a policy have a say in @hook?  A run without policies pays for one comparison. */
static inline bool sim_asks(const struct mm_sim *s, enum mm_hook hook)
{
	return mm_overlays_have(s->hooks, hook);
}

/* the allocator */
unsigned int sim_ask_flags(struct mm_sim *s, const struct mm_request *rq, unsigned int zi, enum mm_flags_for where,
			   unsigned int flags);
void sim_ask_pick(struct mm_sim *s, const struct zone_state *z, unsigned int order, struct mm_pick *p);
void sim_ask_fallback(struct mm_sim *s, const struct zone_state *z, unsigned int order, unsigned int mt, unsigned int flags,
		      struct mm_pick *p, struct mm_claim_tries *tries);
/** For struct mm_claim_tries: what a claim that is tried comes to. */
struct sim_claimer {
	struct mm_sim *s;
	unsigned int zone, order, mt; /* of the request */
};
enum mm_known sim_ask_claim(void *arg, const struct mm_claim_try *t, enum mm_known half);
int32_t sim_ask_refill(struct mm_sim *s, unsigned int zi, unsigned int cpu, unsigned int order, unsigned int mt,
		       const struct mm_pcp_tune *t, struct mm_pcp_zone z, int32_t blocks);
void sim_ask_drain(struct mm_sim *s, unsigned int zi, unsigned int cpu, unsigned int order, unsigned int mt,
		   const struct mm_pcp_tune *t, struct mm_pcp_zone z, struct mm_pcp_drain *d);
void sim_ask_watermark(const struct mm_sim *s, unsigned int zi, struct mm_wmark_zone *w);
int64_t sim_ask_boost(struct mm_sim *s, unsigned int zi, int64_t high, int64_t was, int64_t boost);
void sim_ask_report(struct mm_sim *s, const struct zone_state *z, uint64_t pfn, unsigned int order, unsigned int mt);

#endif
