/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of kswapd's check share.  Private to kswapd*.c. */
#ifndef MM_CHECK_KSWAPD_H
#define MM_CHECK_KSWAPD_H

#include "check/room.h"

#include "check/reclaim.h"

/* ---- check/kswapd_asked.c ---- */

/** An order from a trace, cut down to one that there is. */
int mm_rec_order_of(uint64_t v);
/** The kswapd whose task is @pid, of node @nid; NULL when there is none. */
struct rec_kswapd *mm_rec_kswapd_of_pid(struct rec_state *s, int32_t pid);
struct rec_kswapd *mm_rec_kswapd_of_node(struct rec_state *s, uint64_t nid);
/** Has it given its node up? */
bool mm_rec_kswapd_hopeless(const struct mm_check *c, const struct rec_kswapd *k);
/** Does it go to sleep?  Does a request for @order wake it? */
bool mm_rec_kswapd_sleeps(const struct mm_check *c, const struct rec_kswapd *k, bool hopeless, bool balanced);
bool mm_rec_kswapd_wakes(const struct mm_check *c, const struct rec_kswapd *k, int order, int zid, bool balanced, bool boosted);
void mm_rec_kswapd_runs(struct rec_kswapd *k);
/** What decides whatever the balance is, NULL when nothing does.  Static text. */
const char *mm_rec_kswapd_ground(const struct mm_check *c, const struct rec_kswapd *k, bool boosted);
/** Is @node balanced for @order and zones up to type @zid (below 0: 0)? */
struct mm_balance mm_rec_kswapd_balance(struct rec_state *s, const struct mm_check *c, const struct mm_machine *m, int node,
					int order, int zid);
/** @order and @zid are asked of it; not @certain: perhaps. */
void mm_rec_kswapd_want(struct rec_kswapd *k, int order, int zid, bool certain);
/** mm_page_alloc, before it is applied. */
void mm_rec_kswapd_alloc(struct rec_state *s, const struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev);
/** mm_vmscan_wakeup_kswapd, before it is applied. */
void mm_rec_kswapd_wakeup(struct rec_state *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev);

/* ---- check/kswapd_say.c ---- */

/** Name of zone type @zid, "?" for one that there isn't.  Borrowed. */
const char *mm_rec_zone_name(const struct mm_machine *m, int zid);
/** Adds the flags of the request that asks, where the event has them. */
void mm_rec_say_gfp(const struct sg_event *ev, struct mm_decision *d);
/** A yes-or-no answer that hangs on the node's balance, unless there is an @other ground.  Static texts. */
void mm_rec_say_balance(struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev, const char *rule,
			const struct mm_balance *b, int order, int zid, bool ours, bool kernel, const char *other,
			const char *yes, const char *no);

#endif
