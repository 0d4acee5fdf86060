/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Policies over the kernel's rules, asked by the checks: each function stands where a rule was asked.
 *
 * What isn't known of the captured machine stays open only as long as a policy's answer depends on it: then it is asked what it
 * would answer to either answer beneath, without an effect on its state.
 */
#ifndef MM_CHECK_HOOKS_H
#define MM_CHECK_HOOKS_H

#include "check/room.h"

#include "check/check.h"
#include "check/compact/compact.h"
#include "check/pick/pcp_size.h"
#include "check/reclaim.h"
#include "rules/ask.h"
#include "rules/rmqueue.h"

/* The first block of a list: @p is what the kernel takes there. */
void mm_check_ask_pick(const struct mm_check *c, const struct mm_machine *m, const struct zone_state *z, unsigned int order,
		       struct mm_pick *p);

/** For struct mm_claim_tries. */
struct mm_check_claimer {
	const struct mm_check *c;
	const struct mm_machine *m;
	unsigned int zone, order, mt;
};
enum mm_known mm_check_ask_claim(void *arg, const struct mm_claim_try *t, enum mm_known half);
void mm_check_ask_fallback(const struct mm_check *c, const struct mm_machine *m, const struct zone_state *z, unsigned int order,
			   unsigned int mt, bool steal_only, struct mm_pick *p, struct mm_claim_tries *tries);

/** @drain: pages that a free gives back, else blocks of a refill */
void mm_check_ask_pcp(const struct mm_check *c, bool drain, unsigned int zone, unsigned int cpu, unsigned int order,
		      unsigned int mt,
		      uint32_t count, const struct mm_tuning *t, struct mm_tuned *tuned);

/** @w: without the boost in its marks */
void mm_check_ask_watermark(const struct mm_check *c, unsigned int zone, struct mm_wmark_zone *w);
int64_t mm_check_ask_boost(const struct mm_check *c, unsigned int zone, const struct mm_wmark_zone *w, int64_t factor,
			   int64_t block,
			   int64_t was, int64_t boost);

void mm_check_ask_balance(const struct mm_check *c, int node, int order, int zid, struct mm_balance *b);
bool mm_check_ask_wake(const struct mm_check *c, const struct rec_kswapd *k, int order, int zid, bool hopeless, bool balanced,
		       bool boosted, bool was);
int mm_check_ask_round_order(const struct mm_check *c, const struct rec_kswapd *k, int64_t reclaimed, int was);
bool mm_check_ask_sleep(const struct mm_check *c, const struct rec_kswapd *k, bool hopeless, bool balanced, bool was);
bool mm_check_ask_dead(const struct mm_check *c, const struct rec_kswapd *k, bool was);
int mm_check_ask_count(const struct mm_check *c, const struct rec_kswapd *k, enum mm_count_event event, int was);

void mm_check_ask_suitable(const struct mm_check *c, unsigned int zone, const struct mm_compact_task *t, unsigned int order,
			   unsigned int zone_type, struct mm_suit *suit);
void mm_check_ask_finished(const struct mm_check *c, unsigned int zone, const struct mm_compact_task *t, unsigned int mt,
			   bool met,
			   struct mm_done *done);
/** @before, @want: the counters before the event, and the kernel's after it. Return: is the try put off? */
bool mm_check_ask_defer(const struct mm_check *c, unsigned int zone, enum mm_defer_event event, unsigned int order,
			const struct mm_defer *before, struct mm_defer *want, bool put_off);
enum mm_answer mm_check_ask_source(const struct mm_check *c, const struct mm_compact_who *w, uint64_t pfn, unsigned int mt,
				   enum mm_answer was);
enum mm_answer mm_check_ask_target(const struct mm_check *c, const struct mm_compact_who *w, uint64_t pfn, int free_order,
				   unsigned int mt, enum mm_answer was);

/** For struct mm_slow_in: @arg is the check. */
void mm_check_ask_goal(const void *arg, const struct mm_slow_in *in, bool nofragment, struct mm_reply_goal *goal);
unsigned int mm_check_ask_next(const void *arg, const struct mm_slow_in *in, struct mm_ask_next *ask, unsigned int was);

#endif
