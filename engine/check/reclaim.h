/* SPDX-License-Identifier: GPL-2.0-only */
/* What the two halves of the reclaim checker share: kswapd and stalled requests. */
#ifndef MM_CHECK_RECLAIM_H
#define MM_CHECK_RECLAIM_H

#include "check/room.h"

#include "check/check.h"
#include "rules/slowpath_steps.h"
#include "rules/watermark.h"
#include "machine/state.h"
#include "observe/observe.h"

/** kswapd of one node. */
struct rec_kswapd {
	int node;
	int32_t pid;           /* 0 until seen */
	enum { KS_UNKNOWN, KS_ASLEEP, KS_WOKEN, KS_RUNS, KS_ENDED } phase;
	int alloc_order, reclaim_order, zid; /* of the running or last round */
	int want_order, want_zid;            /* asked for since kswapd last read it; -1 nothing */
	int maybe_order, maybe_zid;          /* the same with requests that may have passed without asking */
	uint64_t reset_at;     /* position at which kswapd last read and reset them */
	bool blind;            /* the zones that it was asked for aren't in the trace, nor told at the end of a round */
	bool fresh;            /* want_* is complete since a read of kswapd's */
	bool look;             /* without balance_pgdat_end: look at the node before the next event */
	uint64_t look_ts;
	uint64_t end_ts;
	bool end_known, end_open, end_hopeless, handover; /* at the end of the round */
	const char *handover_why;  /* undecided, else NULL */
	struct mm_balance end; /* the node when the round ended, for the order that it ended with */
	bool woken;            /* mm_vmscan_wakeup_kswapd since the round ended */
	bool told;             /* kswapd woke kcompactd since then */
	bool kcompactd_up;     /* kcompactd was woken and has not gone back to sleep */
	int sleep_order, sleep_zid; /* what the node is checked for before kswapd sleeps */
	int failures;          /* -1 unknown */
	int failures_more;     /* without an event for them: rounds that may be further ones */
	bool begun_balanced, begun_known; /* was the node when the round began?  Is that known? */
	uint64_t reclaimed, freed; /* pages in this round: from the LRU; by all its frees */
	bool progress;         /* it freed a batch in this round */
	bool kept;             /* the last one ended with its order: from its end on counts what had been asked by then */
	bool dropped;          /* it was seen to reclaim for order 0 instead of alloc_order */
	bool boosted;          /* some zone was boosted when the round began */
	int64_t boosts[MM_MAX_ZONES]; /* by so much */
};

/* The last event of a CPU outside interrupts. */
struct rec_cpu {
	int32_t pid;
	uint64_t event;
};

struct rec_state {
	struct rec_cpu *cpu;
	unsigned int nr_cpus;
	bool defrag_mode, tiering;
	bool defrag_told, defrag_known; /* by a snapshot, or by it or an event: else @defrag_mode is a guess */
	bool ends_traced; /* the capture has mm_vmscan_balance_pgdat_end */
	int64_t boost_factor;
	int64_t extfrag_threshold;
	int64_t boost[MM_MAX_ZONES]; /* watermark boost of each zone, as followed */
	/* what it may be at most, where several blocks were looked at for one fallback; what of that came since kswapd's round began */
	int64_t boost_most[MM_MAX_ZONES], boost_new[MM_MAX_ZONES];
	bool boost_early[MM_MAX_ZONES]; /* a wake-up told of the boost before its own event */
	struct mm_wmark_zone zone[MM_MAX_ZONES];
	uint64_t filled;             /* position at which @zone was filled, + 1; 0 never */
	struct rec_kswapd ks[MM_MAX_NODES];
	unsigned int nr_ks; /* that an event has named so far, or the machine has: the rest is as at the start */
	uint8_t seeds;               /* snapshots that the machine had taken over when failures were read of them; 0x80: any */
	uint8_t zid[16]; /* 1 + the highest zone type of requests with these flags, 0 not asked yet */
	unsigned int zid_types; /* 1 + the zone types that the capture knew then */
	struct mm_request **req; /* open requests, ascending pid */
	unsigned int nr_req, cap_req;
};

/** The last event outside interrupts of the CPU of @ev, all 0 when it isn't followed. */
static inline struct rec_cpu mm_rec_cpu_of(const struct rec_state *s, const struct sg_event *ev)
{
	return ev->cpu < s->nr_cpus ? s->cpu[ev->cpu] : (struct rec_cpu){ 0 };
}

/** The zones' numbers at this position, filled when first asked for. */
const struct mm_wmark_zone *mm_rec_zones(struct rec_state *s, const struct mm_check *c, const struct mm_machine *m);

/** Are the watermarks and free pages of all zones known that the machine has on @node? */
bool mm_rec_marks_known(struct rec_state *s, const struct mm_check *c, const struct mm_machine *m, int node);

/** Hands out a decision of kind kswapd about @ev; what is not filled in is empty. */
void mm_rec_say(struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev, struct mm_decision *d);
/** Adds a number to @d when there is room. @name: static text. */
void mm_rec_number(struct mm_decision *d, const char *name, int64_t value);

/** A fallback: does it boost its zone? */
void mm_rec_boost_extfrag(struct rec_state *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev);
/** A wake-up tells that the zone of type @zid was boosted; true when nothing else has told so far. */
bool mm_rec_boost_seen(struct rec_state *s, const struct mm_machine *m, int node, int zid);
/** The most that the boost of zone @zone may be. */
int64_t mm_rec_boost_most(const struct rec_state *s, unsigned int zone);
/** kswapd's round for zones of @node up to type @zid begins, or ends: what was boosted at its beginning is taken off then. */
void mm_rec_boost_round(struct rec_state *s, const struct mm_machine *m, int node, int zid, bool ends);
/** By the end of the round that it caused, a boost has shown itself: settles wake-ups held open. */
void mm_rec_boost_settle(struct rec_state *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev);

void mm_rec_kswapd_init(struct rec_state *s);
void mm_rec_kswapd_before(struct rec_state *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev);
/** Task @ev->pid enters the slow path for @order (as kswapd is asked) and @gfp. */
void mm_rec_kswapd_stall(struct rec_state *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev,
			 unsigned int order, uint64_t gfp, bool first);
/** A request got no page: why? */
void mm_rec_failure_before(struct rec_state *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev);
/** What task @pid has tried for the request that it stalls for. */
struct mm_nopage_tried;
void mm_rec_slow_tried(const struct rec_state *s, int32_t pid, struct mm_nopage_tried *ret);
void mm_rec_slow_before(struct rec_state *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev);
void mm_rec_slow_finish(struct rec_state *s, struct mm_check *c);
void mm_rec_slow_fini(struct rec_state *s);
/** @to, a copy of @from byte for byte, gets requests of its own; see struct mm_checker. */
bool mm_rec_slow_copy(struct rec_state *to, const struct rec_state *from, uint64_t *bytes);
/**
 * mm_slow_say() - steps [@from, @nr) of a stalled request in words
 * Rounds that repeat are told once; where even so there are too many for @size, how many are left out and among
 * which events they stand. @first_event: number of the request's first. @size: 400 or more.
 */
void mm_slow_say(const struct mm_step *step, unsigned int from, unsigned int nr, uint64_t first_event, char *buf,
		 size_t size);

#endif
