/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside of simulated reclaim: LRU lists, the passes over them, kswapd, slabs.  The first part is what a driver
 * of a run may use beside sim/sim.h; the rest is for the files of reclaim and their tests.
 *
 * One page here is one folio, known by its first pfn.  The run has one cgroup, so one set of lists per node.
 */
#ifndef MM_SIM_RECLAIM_LRU_H
#define MM_SIM_RECLAIM_LRU_H

#include "sim/room.h"

#include "demand/swap.h"
#include "rules/kswapd.h"
#include "rules/lru.h"
#include "sim/priv.h"

/* ---- for drivers -------------------------------------------------------------- */

/** What the run assumes of the machine that the trace doesn't tell, beside struct mm_sim_costs. */
struct mm_sim_reclaim_cfg {
	/*
	 * Nodes without CPUs, one bit each: the lower tiers.  A node is demoted to the first of them that comes after
	 * it; from the last one nothing is demoted.  Default: all nodes but the first.
	 */
	uint32_t cpuless_nodes;
};
void mm_sim_reclaim_cfg_get(const struct mm_sim *s, struct mm_sim_reclaim_cfg *ret);
void mm_sim_reclaim_cfg_set(struct mm_sim *s, const struct mm_sim_reclaim_cfg *cfg);

/** A page left its place: told before the page is freed. */
struct mm_sim_gone {
	uint64_t pfn, to;   /* @to: where a demoted page's content is now, else UINT64_MAX */
	unsigned int order;
	enum mm_sim_lru_kind kind;
	bool swapped;       /* written to swap */
	bool slab;          /* a page of a slab pool */
	uint64_t shadow;    /* for mm_sim_lru_refault() when the content comes back; 0 for slabs and demoted pages */
};
typedef void (*mm_sim_gone_fn)(void *arg, const struct mm_sim_gone *g);
void mm_sim_gone_hook(struct mm_sim *s, mm_sim_gone_fn fn, void *arg);

/**
 * mm_sim_lru_refault() - a page that reclaim took comes back, to @pfn
 * @shadow: from struct mm_sim_gone
 * The page is added to the LRU; whether it becomes active follows from how long it was away.
 * Source: mm/workingset.c: workingset_refault(), lru_gen_refault(), 6.1 to 7.3
 */
void mm_sim_lru_refault(struct mm_sim *s, uint64_t pfn, enum mm_sim_lru_kind kind, uint64_t shadow);

#define MM_SIM_MAX_POOLS 16
/**
 * mm_sim_slab_pool() - declares a shrinker
 * @per_page: objects in one page of order 0, 1 .. 512
 * @seeks:    2 as most have it; 0: objects that cost no I/O
 * Return: its number, or SG_E_RANGE
 */
int mm_sim_slab_pool(struct mm_sim *s, unsigned int per_page, unsigned int seeks);
/**
 * mm_sim_slab_add() - an allocated page becomes a pool's, full of unused objects
 * Reclaim takes objects from the oldest page first, and frees a page with its last object.
 */
void mm_sim_slab_add(struct mm_sim *s, int pool, uint64_t pfn);
void mm_sim_slab_del(struct mm_sim *s, uint64_t pfn);

/** A folio that a task wants on another node: a page fault found it misplaced (numa_hint_faults), or move_pages() and the like. */
struct mm_sim_mover {
	uint64_t pfn;     /* its first page */
	int32_t pid;
	uint16_t cpu;
	int8_t node;
	bool misplaced;
};
/** DONE; THERE: it is there already; FULL: the node has no room; STAYS: it is held, on no LRU, or there is no such node. */
enum mm_sim_move_end { MM_MOVE_DONE, MM_MOVE_THERE, MM_MOVE_FULL, MM_MOVE_STAYS };
/**
 * mm_sim_move_to() - moves the folio, without waiting for memory
 * A misplaced one only where the node stays above its high watermark; with memory tiering kswapd is woken where it isn't.
 * @ret: what moved where, when the outcome is DONE; mm_sim_moved_hook()'s isn't called
 * Source: mm/migrate.c: migrate_misplaced_folio_prepare(), migrate_misplaced_folio(), do_pages_move(), 6.1 to 7.3
 */
enum mm_sim_move_end mm_sim_move_to(struct mm_sim *s, const struct mm_sim_mover *mv, struct mm_sim_moved *ret);

/** mm_sim_swap_rule() - what writing to swap asks for by itself; copied; NULL: nothing */
void mm_sim_swap_rule(struct mm_sim *s, const struct mm_swap_rule *rule);
/** Slots of as many pages that were swapped out are free: their owner let go of them, or they were read again. */
void mm_sim_swap_freed(struct mm_sim *s, uint16_t cpu, uint64_t pages);

/** Time that direct reclaim has taken altogether, modelled: scanning, swapping, copying, waiting. */
uint64_t mm_sim_reclaim_ns(const struct mm_sim *s);

/**
 * wakeup_kswapd() for one zone.  The allocator's boosted zones ask so: order 0, no flags, their own type.
 * @gfp: enum mm_gfp
 * Source: mm/vmscan.c: wakeup_kswapd(), 6.1 to 7.3
 */
void mm_sim_wake_kswapd_zone(struct mm_sim *s, unsigned int zi, uint32_t gfp, unsigned int order, unsigned int zone_type);

/** Is kswapd in the middle of balancing the zone's node? ZONE_RECLAIM_ACTIVE, 6.6 and later */
bool mm_sim_reclaim_active(const struct mm_sim *s, unsigned int zi);

/** A free through the per-cpu lists of @zi lifted it above its high watermark. Source: free_frozen_page_commit(), 6.18 and later */
void mm_sim_zone_relieved(struct mm_sim *s, unsigned int zi);

/* ---- the lists ------------------------------------------------------------------ */

#define LF_FILE 0x01u       /* file page; else anonymous */
#define LF_ACTIVE 0x02u     /* PG_active; with generations only while isolated */
#define LF_REFERENCED 0x04u /* PG_referenced */
#define LF_WORKINGSET 0x08u /* PG_workingset */
#define LF_DIRTY 0x10u
#define LF_RECLAIM 0x20u    /* PG_reclaim: to go first when it's clean */
#define LF_YOUNG 0x40u      /* used through page tables since it was last looked at */
#define LF_SLAB 0x80u       /* on a pool's list, not on the LRU */

/** One page: 20 bytes. */
struct lru_ent {
	uint32_t next, prev;  /* towards the tail, towards the head; MM_NIL */
	uint16_t list;        /* number of its list + 1; 0: on none */
	uint16_t left;        /* slabs: objects left */
	uint8_t flags;        /* LF_* */
	uint8_t refs;         /* LRU_REFS_MASK: 0 .. MM_REFS_MAX */
	uint8_t gen;          /* generation % MM_MAX_GENS + 1; 0: no generation */
	uint8_t order, zone;
	uint8_t pad[3];
};

struct lru_list {
	uint32_t first, last;
	uint64_t pages; /* base pages */
};

/* Lists by number: of each node the classic four, of each zone the generations' eight, of each node the pools'. */
#define LRU_CLASSIC(node, l) ((unsigned int)(node) * 4u + (l))
#define LRU_GEN(zone, gen, type) (MM_MAX_NODES * 4u + (unsigned int)(zone) * 8u + (gen) * 2u + (type))
#define LRU_POOL(node, pool)                                                                   \
	(MM_MAX_NODES * 4u + MM_MAX_ZONES * 8u + (unsigned int)(node) * MM_SIM_MAX_POOLS + (unsigned int)(pool))
#define LRU_NR_LISTS LRU_POOL(MM_MAX_NODES, 0)

/** The multi-gen LRU of one node (struct lru_gen_folio). */
struct lru_gens {
	uint64_t min_seq[2], max_seq;
	struct mm_gen_ctrl ctrl[2];
};

/** One node's lists and what reclaim remembers of it (struct lruvec). */
struct lru_node {
	struct lru_gens gens;
	struct mm_scan_cost cost;
	uint64_t rotated[2], restored[2], written; /* PGROTATE_*, WORKINGSET_RESTORE_*, NR_VMSCAN_WRITE */
	uint64_t activated[2], refaults[2];        /* WORKINGSET_ACTIVATE_*, as at the last snapshot_refaults() */
	uint64_t age;                              /* nonresident_age */
	uint64_t dirty;                            /* file pages to be written */
	uint64_t isolated[2];                      /* of the classic lists: what paused requests are at work on, NR_ISOLATED_* */
};

/* ---- passes ---------------------------------------------------------------------- */

/** struct scan_control, and what this run adds. */
struct scan_ctl {
	uint64_t nr_to_reclaim, nr_reclaimed, nr_scanned;
	uint64_t ns, paused;                /* modelled time; how much of it has passed, others having run meanwhile */
	uint32_t gfp;                       /* enum mm_gfp */
	uint32_t goal;                      /* pages that a policy has it try for, 0: as many as the kernel */
	int node;                           /* being shrunk */
	uint16_t cpu;
	uint8_t order, idx;                 /* idx: reclaim_idx, a zone type */
	int8_t priority;
	uint8_t may_deactivate;
	bool kswapd, may_writepage, may_swap;
	bool force_deactivate, skipped_deactivate, cache_trim_mode, cache_trim_failed, no_cache_trim, compaction_ready;
	/* 6.1's multi-gen LRU */
	bool need_aging, swapped;           /* memcgs_need_aging, need_swapping */
	uint64_t last_reclaimed;
	/* of the pass: pages isolated, those dirty; of the classic lists since the last pause, by type */
	uint64_t taken, dirty, batch[2];
};

enum shrink_phase { SHRINK_START, SHRINK_LISTS, SHRINK_TAIL, SHRINK_SLAB, SHRINK_END, SHRINK_DONE };

/** One shrink_node() under way: it goes on batch by batch, so that kswapd can be stopped after any. */
struct shrink_it {
	enum shrink_phase phase;
	uint64_t nr[MM_LRU_LISTS], target[MM_LRU_LISTS];
	unsigned int lru;             /* list whose turn it is */
	uint64_t reclaimed;           /* in shrink_lruvec() */
	bool proportional;
	bool any;                     /* some round reclaimed something */
	uint64_t start_reclaimed, start_scanned; /* of @sc when the node's turn began */
	/* generations */
	uint64_t scanned, seq;
	int64_t left;                 /* to scan; < 0 not set yet */
	bool aged;
};

enum ks_phase {
	KSIM_ASLEEP,
	KSIM_NAP,       /* the first, short sleep */
	KSIM_TRY_SLEEP, /* at kswapd_try_to_sleep() */
	KSIM_READ,      /* about to read what is wanted */
	KSIM_RESTART,   /* in balance_pgdat(): at the first priority */
	KSIM_LOOP,      /* at the next priority */
	KSIM_SHRINK,    /* in shrink_node() */
	KSIM_AFTER,     /* behind it */
	KSIM_OUT,       /* at balance_pgdat()'s end */
};

/** One kswapd. */
struct ksim {
	bool present;
	enum ks_phase phase;
	int want_order, want_zid;     /* pgdat->kswapd_order, kswapd_highest_zoneidx; zid -1: nobody named one */
	int alloc_order, reclaim_order, zid;
	uint64_t nap_until;
	int failures;
	struct scan_ctl sc;
	struct shrink_it it;
	bool boosted, raise;
	uint64_t boost_left, before;
	int64_t boosts[MM_MAX_ZONES];
};

struct slab_pool {
	unsigned int per_page, seeks;
	uint64_t objects[MM_MAX_NODES], deferred[MM_MAX_NODES];
};

/** Pages of one kind that swap holds, oldest first. */
struct sim_swap_kind {
	struct mm_swap_need need;
	uint64_t left, freed; /* pages, in 1 / 65536: what the latest one still has room for; slots freed since one went back */
	uint32_t *held;
	size_t first, nr, cap;
};
struct sim_swap {
	struct sim_swap_kind kind[MM_SWAP_NEEDS];
	unsigned int nr;
};

struct sim_reclaim {
	/* reclaim asks for pages as well, to demote to: mm_sim_alloc(), which stands above it */
	enum mm_outcome (*alloc)(struct mm_sim *s, const struct mm_request *rq, struct mm_grant *ret);
	struct mm_sim_reclaim_cfg cfg;
	struct mm_cow links;                  /* struct lru_ent by head pfn */
	struct lru_list list[LRU_NR_LISTS];
	uint64_t gen_pages[MM_MAX_ZONES][MM_MAX_GENS][2]; /* by a page's generation, wherever it is linked */
	uint64_t zone_pages[MM_MAX_ZONES][MM_LRU_LISTS];  /* NR_ZONE_INACTIVE_ANON ... of the classic lists */
	struct lru_node node[MM_MAX_NODES];
	struct ksim ks[MM_MAX_NODES];
	int8_t zone_of[MM_MAX_NODES][SG_MAX_ZONE_TYPES];  /* zone index by node and type, -1 none */
	struct slab_pool pool[MM_SIM_MAX_POOLS];
	struct sim_swap swap;
	unsigned int nr_pools;
	mm_sim_gone_fn gone;
	void *gone_arg;
	uint64_t direct_ns, kswapd_ns;        /* modelled time of both, altogether */
	bool oom;                             /* no memory for an entry: the page is not followed */
	struct lru_ent sink;                  /* written then */
	unsigned int page_shift;
};

static inline bool mm_sim_gens(const struct mm_sim *s)
{
	return mm_sim_tune(s, MM_TUNE_LRU_GEN) != 0;
}

/* sim/reclaim/lru.c */
struct lru_ent mm_sim_lru_ent(const struct mm_sim *s, uint64_t pfn);
struct lru_ent *mm_sim_lru_own(struct mm_sim *s, uint64_t pfn);
/** For writing an entry that exists; never NULL. */
struct lru_ent *mm_lru_at(struct mm_sim *s, uint64_t pfn);
void mm_lru_link(struct mm_sim *s, unsigned int list, uint64_t pfn, bool tail);
void mm_lru_unlink(struct mm_sim *s, uint64_t pfn);
/** A new entry for a page in use; NULL when it is none, or on a list already. */
struct lru_ent *mm_lru_enter(struct mm_sim *s, uint64_t pfn, enum mm_sim_lru_kind kind);
/** Its marks when it is added for the first time. */
void mm_lru_fresh(struct mm_sim *s, struct lru_ent *e, enum mm_sim_lru_kind kind, bool active);
/** Adds and removes a page with all counts, as lruvec_add_folio() and lruvec_del_folio() do. */
void mm_lru_add(struct mm_sim *s, uint64_t pfn, bool tail);
void mm_lru_del(struct mm_sim *s, uint64_t pfn);
unsigned int mm_lru_type(const struct lru_ent *e);
unsigned int mm_lru_node_of(const struct mm_sim *s, const struct lru_ent *e);
uint64_t mm_lru_size(const struct mm_sim *s, int node, unsigned int l, unsigned int idx);
uint64_t mm_lru_zone_size(const struct mm_sim *s, unsigned int zi, unsigned int l);
/** All four lists of a node together. */
uint64_t mm_lru_total(const struct mm_sim *s, int node);
bool mm_lru_can_swap(const struct mm_sim *s);
int mm_lru_demotion_target(const struct mm_sim *s, int node);
/** All nodes of lower tiers, 1 << node each. */
uint64_t mm_lru_demotion_nodes(const struct mm_sim *s, int node);
bool mm_lru_can_reclaim_anon(const struct mm_sim *s, int node);
/** A dirty page comes to its node, or goes. */
void mm_lru_count_dirty(struct mm_sim *s, const struct lru_ent *e, bool comes);
/** The page's mark in the machine, for the views. */
void mm_lru_show(struct mm_sim *s, uint64_t pfn, bool on);
/** Checks all lists against all counts: 0, or SG_E_RANGE and what is broken in @err. */
int mm_sim_lru_audit(const struct mm_sim *s, struct sg_err *err);

/* sim/reclaim/workingset.c */
uint64_t mm_lru_evicted(struct mm_sim *s, uint64_t pfn);
void mm_lru_cost(struct mm_sim *s, int node, bool file, uint64_t io, uint64_t rotated);

/* sim/reclaim/mglru.c */
void mm_gen_add(struct mm_sim *s, uint64_t pfn, bool reclaiming);
/** mm_gen_add() to the generation @seq, as its newest page. */
void mm_gen_put(struct mm_sim *s, uint64_t pfn, uint64_t seq);
void mm_gen_del(struct mm_sim *s, uint64_t pfn, bool reclaiming);
void mm_gen_touch(struct mm_sim *s, uint64_t pfn);
uint64_t mm_gen_seq_of(const struct mm_sim *s, const struct lru_ent *e, bool reclaiming);
/** Which of the two classic lists' shares the pages of a generation count to. */
bool mm_gen_is_active(const struct mm_sim *s, int node, unsigned int gen);
unsigned int mm_gen_inc(struct mm_sim *s, uint64_t pfn);
bool mm_gen_try_inc_min(struct mm_sim *s, int node, unsigned int swappiness);
/** A new generation: promotes what was used, and empties the oldest one when there are too many. */
void mm_gen_grow(struct mm_sim *s, int node, unsigned int swappiness);
unsigned int mm_gen_swappiness(const struct mm_sim *s, const struct scan_ctl *sc);

/* sim/reclaim/evict.c */
/**
 * mm_gen_shrink_step() - one batch of eviction
 * Return: true when there is nothing left to do
 * Source: mm/vmscan.c: lru_gen_shrink_lruvec() (6.1), try_to_shrink_lruvec() (6.12 and later)
 */
bool mm_gen_shrink_step(struct mm_sim *s, struct scan_ctl *sc, struct shrink_it *it);
/** Source: mm/vmscan.c: lru_gen_age_node(), 6.1 to 7.3 */
void mm_gen_age_node(struct mm_sim *s, struct scan_ctl *sc);

/* sim/reclaim/lists.c */
/** One batch of isolated pages, linked through their entries. */
struct lru_batch {
	uint32_t first, last;
	uint64_t pages;
};
void mm_batch_push(struct mm_sim *s, struct lru_batch *b, uint64_t pfn);
bool mm_batch_pop(struct mm_sim *s, struct lru_batch *b, uint64_t *ret_pfn);

/* sim/reclaim/swap.c */
/** Is there all that writing @pages pages needs by itself? */
bool mm_swap_prepare(struct mm_sim *s, const struct scan_ctl *sc, uint64_t pages);

/* sim/reclaim/demote.c */
#define MM_DEMOTE_BATCH 128 /* folios that find their targets before the first of them moves; a kernel's batch has 512, reclaim's at most 64 */
/**
 * mm_demote() - @batch's folios go to @target, or a lower tier still; those that can't are put onto @rest
 * Return: pages that moved
 * Source: mm/vmscan.c: demote_folio_list(); mm/migrate.c: migrate_pages(), 6.1 to 7.3: once a single page finds no room,
 * no further one is tried
 */
uint64_t mm_demote(struct mm_sim *s, struct scan_ctl *sc, int target, struct lru_batch *batch, struct lru_batch *rest);

/* sim/reclaim/shrink.c */
struct shrink_stat {
	uint64_t activated, dirty, demoted, swapped, kept;
};
/**
 * mm_shrink_batch() - frees what can be freed of @batch; what remains of it is in @batch again
 * Return: pages reclaimed
 * Source: mm/vmscan.c: shrink_folio_list() (shrink_page_list() before), 6.1 to 7.3
 */
void mm_emit_shrink_inactive(struct mm_sim *s, const struct scan_ctl *sc, uint64_t scanned, uint64_t reclaimed,
			     const struct shrink_stat *st, bool file);
uint64_t mm_shrink_batch(struct mm_sim *s, struct scan_ctl *sc, struct lru_batch *batch, struct shrink_stat *st);

/* enum vmscan_throttle_state, as bits for the trace: include/linux/mmzone.h, 6.1 to 7.3 */
#define SIM_THROTTLE_ISOLATED 2
#define SIM_THROTTLE_NOPROGRESS 4

/* sim/reclaim/classic.c */
bool mm_classic_shrink_step(struct mm_sim *s, struct scan_ctl *sc, struct shrink_it *it);
void mm_classic_age_node(struct mm_sim *s, struct scan_ctl *sc);
void mm_classic_snapshot_refaults(struct mm_sim *s, int node);
void mm_classic_prepare(struct mm_sim *s, struct scan_ctl *sc, struct shrink_it *it);

/* sim/reclaim/reclaim.c */
void mm_shrink_begin(struct shrink_it *it);
/** One batch of shrink_node(): true when the node is done. */
bool mm_shrink_node_step(struct mm_sim *s, struct scan_ctl *sc, struct shrink_it *it);
bool mm_sim_allow_direct_reclaim(struct mm_sim *s, int node);
void mm_sim_charge(struct mm_sim *s, struct scan_ctl *sc, uint64_t ns);
/** ns to look at one page in this pass. */
static inline uint64_t mm_sim_page_ns(const struct mm_sim *s, const struct scan_ctl *sc)
{
	return sc->kswapd ? s->costs.kswapd_page : s->costs.direct_page;
}
void mm_rec_num(struct mm_decision *d, const char *name, int64_t value);

/* sim/reclaim/slab.c */
/** Source: mm/shrinker.c: shrink_slab(), do_shrink_slab(), 6.1 to 7.3. Return: pages freed */
uint64_t mm_slab_shrink(struct mm_sim *s, struct scan_ctl *sc);

/* sim/reclaim/kswapd.c */
struct mm_balance mm_kswapd_balance(const struct mm_sim *s, int node, unsigned int order, unsigned int zid);
void mm_kswapd_revive(struct mm_sim *s, const struct scan_ctl *sc, uint64_t reclaimed);
void mm_kswapd_wake_up(struct mm_sim *s, int node);

/* sim/reclaim/wake.c */
/** Is defrag_mode on?  It came with 6.15. */
bool mm_kswapd_defrag_mode(const struct mm_sim *s);
/** Is a zone of @node up to type @zid boosted? */
bool mm_kswapd_boosted(const struct mm_sim *s, int node, unsigned int zid);
/** kswapd's state becomes the machine's record of it, which the views show. */
void mm_kswapd_show(struct mm_sim *s, int node);
/** A decision of kswapd's is handed out.  @b: the node's balance, where it was looked at; NULL */
void mm_kswapd_say(struct mm_sim *s, int node, const char *rule, const char *ours, const char *reason, const struct mm_balance *b,
		   int order, int zid);
/** Does it sleep or nap? */
bool mm_kswapd_waits(const struct ksim *k);
/** Source: mm/vmscan.c: kswapd_highest_zoneidx(), 6.1 to 7.3 */
int mm_kswapd_highest(const struct ksim *k);

/* sim/reclaim/reclaim.c */
/** A decision of reclaim is handed out, with one number of its own. */
void mm_sim_reclaim_say(struct mm_sim *s, const struct scan_ctl *sc, const char *rule, const char *ours, const char *reason,
		const char *name, int64_t value);
/** Has zone @zi a block that the reclaim is for, above its watermark? */
bool mm_sim_reclaim_has_block(struct mm_sim *s, const struct scan_ctl *sc, const struct mm_wmark_zone *z, unsigned int zi);

#endif
