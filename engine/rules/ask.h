/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Policies asked: each function goes through the overlays from the lowest up, hands the answer so far to the hook and takes its
 * answer if that is one (policy/hooks.h says which are).  A wrong answer is noted, and the one beneath stays.
 *
 * @was is what the kernel's rules answer.  mm_overlays_have() says whether asking is worth anything at all.
 */
#ifndef MM_RULES_ASK_H
#define MM_RULES_ASK_H

#include "rules/room.h"

#include "policy/overlay.h"

/** The hooks: struct mm_hooks' member, what is asked, the type of the answer. */
#define MM_ASK_LIST(X)                                                                             \
	X(FLAGS, flags, struct mm_ask_flags, uint32_t)                                             \
	X(PICK, pick, struct mm_ask_pick, uint64_t)                                                \
	X(FALLBACK, fallback, struct mm_ask_fallback, struct mm_reply_fallback)                    \
	X(CLAIM, claim, struct mm_ask_claim, uint32_t)                                             \
	X(PLACE, place, struct mm_ask_place, struct mm_reply_place)                                \
	X(REFILL, refill, struct mm_ask_pcp, int32_t)                                              \
	X(DRAIN, drain, struct mm_ask_pcp, struct mm_reply_drain)                                  \
	X(WATERMARK, watermark, struct mm_ask_watermark, struct mm_reply_watermark)                \
	X(BOOST, boost, struct mm_ask_boost, int64_t)                                              \
	X(GOAL, goal, struct mm_ask_goal, struct mm_reply_goal)                                    \
	X(NEXT, next, struct mm_ask_next, uint32_t)                                                \
	X(BALANCE, balance, struct mm_ask_balance, uint32_t)                                       \
	X(KSWAPD_WAKE, kswapd_wake, struct mm_ask_kswapd_wake, uint32_t)                           \
	X(KSWAPD_ROUND, kswapd_round, struct mm_ask_kswapd_round, struct mm_reply_kswapd_round)    \
	X(KSWAPD_DEAD, kswapd_dead, struct mm_ask_kswapd_dead, uint32_t)                           \
	X(KSWAPD_COUNT, kswapd_count, struct mm_ask_kswapd_count, int32_t)                         \
	X(SUITABLE, suitable, struct mm_ask_suitable, uint32_t)                                    \
	X(FINISHED, finished, struct mm_ask_finished, uint32_t)                                    \
	X(DEFER, defer, struct mm_ask_defer, struct mm_reply_defer)                                \
	X(SOURCE, source, struct mm_ask_source, uint32_t)                                          \
	X(TARGET, target, struct mm_ask_target, uint32_t)                                          \
	X(FOLIO_MOVE, folio_move, struct mm_ask_folio_move, uint32_t)                              \
	X(FOLIO_ORDER, folio_order, struct mm_ask_folio_order, int32_t)                            \
	X(REPORT, report, struct mm_ask_report, uint32_t)                                          \
	X(LRU_BALANCE, lru_balance, struct mm_ask_lru_balance, struct mm_reply_lru_balance)       \
	X(RECLAIM, reclaim, struct mm_ask_reclaim, uint32_t)                                       \
	X(REPORT_COME, report_come, struct mm_ask_report_block, struct mm_reply_report_come)       \
	X(REPORT_GONE, report_gone, struct mm_ask_report_block, uint32_t)                          \
	X(REPORTER, reporter, struct mm_ask_reporter, struct mm_reply_reporter)          \
	X(FOLIO_TARGET, folio_target, struct mm_ask_folio_target, uint32_t)

/** mm_hook_flags(), mm_hook_pick() ... */
#define X(id, member, ask, reply) reply mm_hook_##member(struct mm_overlays *o, const ask *in, reply was);
MM_ASK_LIST(X)
#undef X

#endif
