/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which pages reclaim looks at, and how many: pure rules of numbers in, numbers out.  Units: pages, unless
 * said otherwise.
 */
#ifndef MM_RULES_LRU_H
#define MM_RULES_LRU_H

#include "rules/room.h"

#include "policy/hooks.h"
#include "policy/policy.h"

#define MM_DEF_PRIORITY 12          /* DEF_PRIORITY, 6.1 to 7.3 */
#define MM_SWAP_CLUSTER_MAX 32u     /* SWAP_CLUSTER_MAX, 6.1 to 7.3 */
#define MM_MAX_SWAPPINESS 200
#define MM_LRU_BATCH 64u            /* MIN_LRU_BATCH: BITS_PER_LONG */
#define MM_LRU_BATCH_MAX 4096u      /* MAX_LRU_BATCH */
#define MM_MIN_GENS 2u              /* MIN_NR_GENS, MAX_NR_GENS, MAX_NR_TIERS, 6.1 to 7.3 */
#define MM_MAX_GENS 4u
#define MM_MAX_TIERS 4u
#define MM_REFS_MAX 3u              /* largest value of LRU_REFS_MASK: two bits */

#define MM_ANON 0
#define MM_FILE 1

/** Square root, rounded down. */
uint64_t mm_sqrt(uint64_t v);

/**
 * mm_inactive_is_low() - should pages move from the active to the inactive list?
 * @page_shift: of the page size in bytes
 * The larger the two lists together, the smaller the share that stays inactive: one in sqrt(10 GiB's) + 1.
 * Source: mm/vmscan.c: inactive_is_low(), 6.1 to 7.3
 */
bool mm_inactive_is_low(uint64_t inactive, uint64_t active, unsigned int page_shift);

/** What a node looks like before its lists are scanned. */
struct mm_scan_in {
	int priority;             /* MM_DEF_PRIORITY .. 0 */
	unsigned int swappiness;  /* 0 .. 200 */
	bool may_swap;            /* boosted reclaim may not */
	bool can_reclaim_anon;    /* swap has room, or pages can be demoted */
	bool force_deactivate, no_cache_trim_mode;
	bool anon_refaulted, file_refaulted; /* pages that were active came back since the last reclaim */
	uint64_t size[MM_LRU_LISTS];         /* of the whole node */
	uint64_t eligible[MM_LRU_LISTS];     /* in zones up to the request's highest */
	uint64_t free, high;                 /* free pages and high watermarks of all zones of the node */
	uint64_t anon_cost, file_cost;
	unsigned int page_shift;
};

enum mm_scan_balance { MM_SCAN_EQUAL, MM_SCAN_FRACT, MM_SCAN_ANON, MM_SCAN_FILE };
const char *mm_scan_balance_name(enum mm_scan_balance b);

#define MM_DEACTIVATE_ANON 1u
#define MM_DEACTIVATE_FILE 2u

/** How it is scanned. */
struct mm_scan_out {
	enum mm_scan_balance balance;
	unsigned int may_deactivate;         /* MM_DEACTIVATE_* */
	bool cache_trim_mode, file_is_tiny;
	uint64_t fraction[2], denominator;   /* MM_SCAN_FRACT: of anon and file */
	uint64_t nr[MM_LRU_LISTS];           /* to scan of each list */
};

/**
 * mm_scan_count() - how many pages of each classic list are scanned at a priority
 * Source: mm/vmscan.c: prepare_scan_control() (prepare_scan_count() in 6.1) and get_scan_count(), 6.1 to 7.3;
 * 6.1 has no no_cache_trim_mode.  Without cgroups' protection: the run has one cgroup.
 */
void mm_scan_count(const struct mm_scan_in *in, struct mm_scan_out *out);

/**
 * mm_scan_pressure() - shares of anon and file pages from what reclaiming them cost of late
 * @fraction: anon, file; their sum is returned
 * Source: mm/vmscan.c: get_scan_count(), calculate_pressure_balance() (7.x), 6.1 to 7.3
 */
uint64_t mm_scan_pressure(uint64_t anon_cost, uint64_t file_cost, unsigned int swappiness, uint64_t *fraction);

/**
 * mm_scan_rest() - the goal is reached: what is still scanned so that both types get their proportion
 * @nr:     left to scan, changed
 * @target: as mm_scan_count() gave them
 * Return: false when scanning ends here
 * Source: mm/vmscan.c: shrink_lruvec(), 6.1 to 7.3
 */
bool mm_scan_rest(uint64_t *nr, const uint64_t *target);

/** Costs of reclaiming anon and file pages: a sum that decays. */
struct mm_scan_cost {
	uint64_t cost[2];
	uint64_t last_rotated[2], last_io[2]; /* 7.3: counters at the last look */
};

/**
 * mm_scan_cost_add() - pages were rotated or went to a device
 * Source: mm/swap.c: lru_note_cost(): 6.1 counts each page that went out or came back once; 6.12 to 7.2 those
 * SWAP_CLUSTER_MAX times, and rotated ones once
 */
void mm_scan_cost_add(struct mm_scan_cost *c, struct mm_facts facts, bool file, uint64_t io, uint64_t rotated,
		      uint64_t mm_lru_size);
/**
 * mm_scan_cost_look() - 7.3: costs from the counters' growth since the last look
 * @rotated, @io: the counters of anon and file
 * Source: mm/vmscan.c: prepare_scan_control(), 7.3
 */
void mm_scan_cost_look(struct mm_scan_cost *c, const uint64_t *rotated, const uint64_t *io, uint64_t mm_lru_size);

/**
 * mm_reclaim_compaction() - does reclaim prepare a compaction, and go on until there is enough for it?
 * Source: mm/vmscan.c: in_reclaim_compaction(), 6.1 to 7.3
 */
bool mm_reclaim_compaction(unsigned int order, int priority, bool compaction_allowed);

/**
 * mm_initial_priority() - the multi-gen LRU's first priority: so that one pass yields the goal
 * @priority: MM_DEF_PRIORITY, else it is kept
 * @inactive: reclaimable inactive pages of the node
 * Source: mm/vmscan.c: set_initial_priority(), 6.12 to 7.3; 6.1 has none
 */
int mm_initial_priority(struct mm_facts facts, int priority, uint64_t nr_to_reclaim, uint64_t inactive);

/* ---- the multi-gen LRU's feedback loop -------------------------------------------- */

/** Refaults against evictions of some tiers. */
struct mm_ctrl_pos {
	uint64_t refaulted, total, gain;
};

/**
 * mm_ctrl_prefers() - is @pv no worse than @sp: few refaults, or a lower share of them?
 * Source: mm/vmscan.c: positive_ctrl_err(), 6.1 to 7.3
 */
bool mm_ctrl_prefers(const struct mm_ctrl_pos *sp, const struct mm_ctrl_pos *pv);

/** Evictions and refaults of one type. */
struct mm_gen_ctrl {
	uint64_t avg_refaulted[MM_MAX_TIERS], avg_total[MM_MAX_TIERS];
	uint64_t refaulted[MM_MAX_TIERS], evicted[MM_MAX_TIERS], protected[MM_MAX_TIERS];
};

/** Source: mm/vmscan.c: reset_ctrl_pos() with carryover, 6.1 to 7.3 (without CONFIG_LRU_GEN_STATS) */
void mm_gen_ctrl_carry(struct mm_gen_ctrl *c);

/**
 * mm_gen_tier() - tier of a page used @refs times through file descriptors
 * Source: include/linux/mm_inline.h: lru_tier_from_refs(): 6.1 and 6.12 count the uses after the first and
 * the workingset mark as one more; 6.18 and later keep the last tier for the workingset
 */
unsigned int mm_gen_tier(struct mm_facts facts, unsigned int refs, bool workingset);

/**
 * mm_gen_last_tier() - the last tier of @type that eviction takes; those above are protected
 * @swappiness: 6.1 and 6.12 hold the tiers of the chosen type against the first tier of the other one; 0:
 * against their own
 * Source: mm/vmscan.c: get_tier_idx(), get_type_to_scan(), 6.1 to 7.3
 */
unsigned int mm_gen_last_tier(struct mm_facts facts, const struct mm_gen_ctrl *ctrl,
			      unsigned int type, unsigned int swappiness);

/** What decides between anon and file. */
struct mm_gen_in {
	unsigned int swappiness;   /* 0: anon pages are left alone */
	uint64_t min_seq[2];
	bool may_io;
	const struct mm_gen_ctrl *ctrl; /* [2] */
};

/**
 * mm_gen_type() - does eviction take anon or file pages first?
 * @ret_compared: the tiers of the two types were compared (6.1, 6.12)
 * Source: mm/vmscan.c: get_type_to_scan(), isolate_folios(): 6.1 and 6.12 take the older generation first and compare
 * first tiers; 6.18 and later compare all tiers
 */
unsigned int mm_gen_type(struct mm_facts facts, const struct mm_gen_in *in, bool *ret_compared);

/**
 * mm_gen_oldest() - the oldest generation that eviction may take from
 * @anon: anonymous pages count
 * Source: mm/vmscan.c: evictable_min_seq() (6.18 and later: of both types); 6.1 and 6.12 look at anon, else at file
 */
static inline uint64_t mm_gen_oldest(struct mm_facts facts, const uint64_t *min_seq, bool anon)
{
	if (!anon || (mm_has(facts, GEN_REFS) && min_seq[MM_FILE] < min_seq[MM_ANON]))
		return min_seq[MM_FILE];
	return min_seq[MM_ANON];
}

/** Generations of a node as the decision to age sees them. */
struct mm_gen_age {
	uint64_t min_seq[2], max_seq;
	bool anon;                            /* anon pages count: swappiness isn't 0 */
	int priority;
	uint64_t young, old,
		total; /* pages of the youngest, of the third youngest, and all of the types that count */
};
/**
 * mm_gen_should_age() - is a new generation due?
 * Source: mm/vmscan.c: should_run_aging(): 6.1 and 6.12 also look at how evenly pages are spread; 7.x not
 * at the default priority
 */
bool mm_gen_should_age(struct mm_facts facts, const struct mm_gen_age *in);

/* ---- slabs -------------------------------------------------------------------------- */

/** One look at a shrinker. */
struct mm_slab_scan {
	uint64_t freeable;     /* objects */
	uint64_t deferred;     /* left over from before */
	unsigned int seeks;    /* 2: DEFAULT_SEEKS; 0: no I/O to make one */
	unsigned int batch;    /* 0: SHRINK_BATCH, 128 */
};
/**
 * mm_slab_total() - objects to scan at a priority, @ret_delta of them new
 * Source: mm/shrinker.c (mm/vmscan.c in 6.1): do_shrink_slab(), 6.1 to 7.3
 */
uint64_t mm_slab_total(const struct mm_slab_scan *in, int priority, uint64_t *ret_delta);
/** How many of @total are scanned in whole batches; all when there are no more than that. */
uint64_t mm_slab_batches(const struct mm_slab_scan *in, uint64_t total);
/** What is put off until the next time. */
uint64_t mm_slab_defer(const struct mm_slab_scan *in, uint64_t delta, uint64_t scanned);

#endif
