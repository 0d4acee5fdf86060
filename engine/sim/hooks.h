/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Policies over the kernel's rules, asked by the simulator: each function stands where the rule was asked, and is called only
 * when mm_sim_asks() says that some policy has the hook.
 */
#ifndef MM_SIM_HOOKS_H
#define MM_SIM_HOOKS_H

#include "sim/room.h"

#include "rules/ask.h"
#include "sim/alloc/alloc.h"
#include "sim/compact/compact.h"

/** Does a policy have a say in @hook?  A run without policies pays for one comparison. */
static inline bool mm_sim_asks(const struct mm_sim *s, enum mm_hook hook)
{
	return mm_overlays_have(s->hooks, hook);
}

/* the allocator */
unsigned int mm_sim_ask_flags(struct mm_sim *s, const struct mm_request *rq, unsigned int zi, enum mm_flags_for where,
			      unsigned int flags);
void mm_sim_ask_pick(struct mm_sim *s, const struct zone_state *z, unsigned int order, struct mm_pick *p);
void mm_sim_ask_fallback(struct mm_sim *s, const struct zone_state *z, unsigned int order, unsigned int mt, unsigned int flags,
			 struct mm_pick *p, struct mm_claim_tries *tries);
/** For struct mm_claim_tries: what a claim that is tried comes to. */
struct sim_claimer {
	struct mm_sim *s;
	unsigned int zone, order, mt; /* of the request */
};
enum mm_known mm_sim_ask_claim(void *arg, const struct mm_claim_try *t, enum mm_known half);
int32_t mm_sim_ask_refill(struct mm_sim *s, unsigned int zi, unsigned int cpu, unsigned int order, unsigned int mt,
			  const struct mm_pcp_tune *t, struct mm_pcp_zone z, int32_t blocks);
void mm_sim_ask_drain(struct mm_sim *s, unsigned int zi, unsigned int cpu, unsigned int order, unsigned int mt,
		      const struct mm_pcp_tune *t, struct mm_pcp_zone z, struct mm_pcp_drain *d);
void mm_sim_ask_watermark(const struct mm_sim *s, unsigned int zi, struct mm_wmark_zone *w);
int64_t mm_sim_ask_boost(struct mm_sim *s, unsigned int zi, int64_t high, int64_t was, int64_t boost);
/* free page reporting */
struct mm_reply_report_come mm_sim_ask_report_come(struct mm_sim *s, unsigned int zi, uint64_t pfn, unsigned int order,
						   unsigned int mt, enum mm_place_why why);
void mm_sim_ask_report_gone(struct mm_sim *s, unsigned int zi, uint64_t pfn, const struct page_ent *e, enum mm_gone_why why);
struct mm_reply_reporter mm_sim_ask_reporter(struct mm_sim *s, unsigned int taken, unsigned int capacity, enum mm_reporter_at at,
					     bool low);
/** A reporter took so many steps without a report that it would never end. */
void mm_sim_reporter_loops(struct mm_sim *s);
void mm_sim_ask_report(struct mm_sim *s, const struct zone_state *z, uint64_t pfn, unsigned int order, unsigned int mt);

/* kswapd and the LRU: @was is what the kernel's rules answer */
bool mm_sim_ask_balance(const struct mm_sim *s, int node, unsigned int order, unsigned int zid, const struct mm_balance *b);
bool mm_sim_ask_wake(struct mm_sim *s, int node, unsigned int order, unsigned int zid, bool hopeless, bool balanced, bool boosted,
		     bool was);
unsigned int mm_sim_ask_round_order(struct mm_sim *s, const struct ksim *k, bool hopeless, unsigned int was);
bool mm_sim_ask_sleep(struct mm_sim *s, const struct ksim *k, bool hopeless, bool balanced, bool was, unsigned int *handover);
bool mm_sim_ask_reclaim(struct mm_sim *s, const struct scan_ctl *sc, enum mm_reclaim_at at, int zi, bool has_block, bool suits,
			uint64_t inactive, bool was);
bool mm_sim_ask_dead(const struct mm_sim *s, int node, bool was);
int mm_sim_ask_count(struct mm_sim *s, int node, enum mm_count_event event, unsigned int order, int64_t pages, bool balanced,
		     int was);
void mm_sim_ask_lru(struct mm_sim *s, const struct scan_ctl *sc, const struct mm_scan_in *in, struct mm_scan_out *out);
unsigned int mm_sim_ask_gen_type(struct mm_sim *s, const struct scan_ctl *sc, unsigned int swappiness, const uint64_t *eligible,
				 unsigned int was);

/* compaction */
unsigned int mm_sim_ask_suitable(const struct mm_sim *s, unsigned int zi, enum mm_suitable_for who, unsigned int order,
				 unsigned int zone_type, int64_t mark, int64_t free, int index, unsigned int was);
unsigned int mm_sim_ask_finished(struct mm_sim *s, const struct sim_cc *cc, unsigned int was);
bool mm_sim_ask_defer(struct mm_sim *s, unsigned int zi, enum mm_defer_event event, unsigned int order,
		      const struct mm_defer *before,
		      bool put_off);
bool mm_sim_ask_source(struct mm_sim *s, const struct sim_cc *cc, uint64_t pfn, unsigned int mt, bool was);
bool mm_sim_ask_target(const struct mm_sim *s, const struct sim_cc *cc, uint64_t pfn, int free_order, unsigned int mt, bool was);
enum mm_folio_move mm_sim_ask_folio_move(struct mm_sim *s, const struct sim_cc *cc, uint64_t pfn, unsigned int order, bool file,
					 enum mm_folio_move was);
/** Does the free block become a target?  Whoever has a say knows which folios still have none. */
bool mm_sim_ask_folio_target(struct mm_sim *s, const struct sim_cc *cc, uint64_t pfn, unsigned int order);

#endif
