/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside of the simulated run: what its three parts (allocator, reclaim, compaction) share, and what they
 * ask of each other.  Each part keeps its own state behind one pointer.
 */
#ifndef MM_SIM_PRIV_H
#define MM_SIM_PRIV_H

#include "sim/room.h"

#include "policy/overlay.h"
#include "rules/compact.h"
#include "rules/eye.h"
#include "rules/slowpath_steps.h"
#include "rules/watermark.h"
#include "sim/sim.h"
#include "machine/state.h"

struct sim_ask;     /* sim/alloc/alloc.h: a request on its way */
struct sim_alloc;   /* sim/alloc/alloc.c ...: per-cpu sets, boost, highatomic, zonelists */
struct sim_reclaim; /* sim/reclaim/lru.c ...: LRU lists, kswapd */
struct sim_compact; /* sim/compact/compact.c ...: deferral, skip hints, cached scanners, kcompactd */
struct sim_report;  /* sim/report.c: free page reporting */

struct mm_sim {
	struct mm_machine *m;
	struct mm_policy policy;
	struct mm_sim_cfg cfg;
	bool compacted;    /* its zones may have been compacted before it began: deferral and hints aren't those of a new machine */
	bool observed;     /* it started from an observed machine: pages of before are in use, and may be freed */
	uint64_t now;      /* ns, of the latest call */
	uint64_t stat[MM_SIM_STATS];
	struct sim_alloc *alloc;
	struct sim_reclaim *reclaim;
	struct sim_compact *compact;
	/* policies over the kernel's rules, NULL: there are none (sim/hooks.h) */
	struct mm_overlays *hooks;
	struct mm_sight sight;
	struct mm_placer placer;
	/* free page reporting; NULL: there is none, and was none */
	struct sim_report *report;
	/* pages that reclaim freed, a bit each, for policies that place blocks; NULL: none does.  Is it reclaim that frees now? */
	uint64_t *cold;
	bool reclaims, placed_cold; /* placed_cold: the block that is being placed was */
	/* who receives the trace (emit.h), and whose events come now; the task that frees, as the caller says */
	mm_emit_fn emit;
	void *emit_arg;
	const uint64_t *emitted; /* how many, as the caller counts them; NULL: nobody counts */
	int32_t on_pid, task_pid;
	uint16_t on_cpu;
	/* time (pause.c): what work costs; whom a stalled request lets run, and which request that is now, NULL: none */
	struct mm_sim_costs costs;
	mm_sim_pause_fn pause;
	void *pause_arg;
	struct sim_ask *stalled;
	mm_sim_woken_fn woken;
	void *woken_arg;
	/* what the machine borrows: a made description and a made snapshot */
	struct sg_capture cap;
	/* mm_sim_snapshot()'s */
	struct sg_snapshot told;
	struct sg_zone_snap *told_zone;
	struct sg_pcp_snap *pcp_snap;
	struct sg_kv kv[MM_SIM_STATS]; /* the counters */
	struct sg_task_name *task; /* the capture's, and the kernel's threads */
	int32_t kswapd[MM_SIM_MAX_NODES], kcompactd[MM_SIM_MAX_NODES], *kworker; /* their pids; kworker by CPU */
	uint16_t kswapd_cpu[MM_SIM_MAX_NODES], kcompactd_cpu[MM_SIM_MAX_NODES];
	struct sg_snapshot snap;
	struct sg_zone_snap zsnap[MM_MAX_ZONES];
};

/* ---- the parts' beginnings and ends: 0 or SG_E_NOMEM ------------------------ */
int mm_sim_alloc_init(struct mm_sim *s);
void mm_sim_alloc_fini(struct mm_sim *s);
/** sim/describe.c */
int mm_sim_describe(struct mm_sim *s, const struct sg_capture *from);
void mm_sim_describe_fini(struct mm_sim *s);
/** sim/hooks.c: once the parts are there; @count: the run's counters, for policies */
int mm_sim_hooks_init(struct mm_sim *s, bool (*count)(const void *arg, const char *key, uint64_t *ret), struct sg_err *err);
/** The run's policies, who are to be asked now.  There are some. */
struct mm_overlays *mm_sim_hooks(const struct mm_sim *s);
/** sim/start.c */
struct mm_ahead;
int mm_sim_start_settle(struct mm_sim *s, const struct mm_machine *src, const struct mm_ahead *ahead, struct mm_sim_facts *ret);
/** The machine's per-cpu lists were cleared. */
void mm_sim_lists_gone(struct mm_sim *s);
int mm_sim_reclaim_init(struct mm_sim *s);
void mm_sim_reclaim_fini(struct mm_sim *s);
int mm_sim_compact_init(struct mm_sim *s);
void mm_sim_compact_fini(struct mm_sim *s);

/** Hands out a decision when somebody listens. */
void mm_sim_decide(struct mm_sim *s, struct mm_decision *d);
static inline bool mm_sim_listens(const struct mm_sim *s)
{
	return s->cfg.fn != NULL;
}
static inline int64_t mm_sim_tune(const struct mm_sim *s, enum mm_tunable t)
{
	return s->policy.tune[t];
}

/* ---- time ---------------------------------------------------------------------- */

/** Does the request under way let others run? */
static inline bool mm_sim_pauses(const struct mm_sim *s)
{
	return s->pause && s->stalled;
}
/**
 * mm_sim_pause() - the request under way lets others run, if it does that at all
 * Nothing may be in transit: no page in a batch, no pointer into the machine's or the LRU's entries held.
 */
void mm_sim_pause(struct mm_sim *s, enum mm_pause why, uint64_t ns);
static inline void mm_sim_woken(struct mm_sim *s, enum mm_thread which, int node)
{
	if (s->woken)
		s->woken(s->woken_arg, which, node);
}

/* ---- what the allocator offers ----------------------------------------------- */

/** The numbers of zone @zi for watermark checks, with its boost, reserves and drift 0. */
void mm_sim_wmark(const struct mm_sim *s, unsigned int zi, struct mm_wmark_zone *ret);
/** All zones at once; returns their number. */
unsigned int mm_sim_wmarks(const struct mm_sim *s, struct mm_wmark_zone *ret);
/** Current boost of a zone in pages, and to lower it (kswapd). */
int64_t mm_sim_boost(const struct mm_sim *s, unsigned int zi);
void mm_sim_boost_sub(struct mm_sim *s, unsigned int zi, int64_t pages);
/** Zones up to @zone_type that may serve a request, best first: indexes in ret[MM_MAX_ZONES]; returns their number. */
unsigned int mm_sim_zonelist(const struct mm_sim *s, const struct mm_request *rq, unsigned int zone_type, uint8_t *ret);
/** Frees a page as the kernel's own work does (reclaim: through the per-cpu lists of @cpu). */
void mm_sim_free_page(struct mm_sim *s, uint16_t cpu, uint64_t pfn, unsigned int order);
/** A batch of pages that are freed together: at most SIM_FOLIO_BATCH folios (6.7 and later), single pages in 6.1. */
#define SIM_FOLIO_BATCH 31u
#define SIM_FREE_BATCH 4096u
void mm_sim_free_batch(struct mm_sim *s, uint16_t cpu, const struct mm_sim_block *f, unsigned int nr);
/**
 * Takes one whole free block off the buddy lists for compaction, and gives one back.
 * Source: mm/page_alloc.c: __isolate_free_page(), mm/compaction.c: release_free_list()
 */
bool mm_sim_isolate_block(struct mm_sim *s, unsigned int zi, uint64_t pfn, unsigned int order);
bool mm_sim_isolate_for(struct mm_sim *s, unsigned int zi, uint64_t pfn, unsigned int order, enum mm_gone_why why);
/** What free page reporting has taken goes to its list's tail. Source: mm/page_alloc.c: __putback_isolated_page(), 6.1 to 7.3 */
void mm_sim_return_block(struct mm_sim *s, struct zone_state *z, uint64_t pfn, unsigned int order);
void mm_sim_release_block(struct mm_sim *s, unsigned int zi, uint64_t pfn, unsigned int order);
/** drain_all_pages(), drain_local_pages(). */
void mm_sim_drain_zone(struct mm_sim *s, unsigned int zi);
void mm_sim_drain_cpu(struct mm_sim *s, uint16_t cpu);
/**
 * Capture control: while armed, a block of at least @order that merges in @zi is kept for the request.
 * Source: mm/page_alloc.c: compaction_capture()
 */
void mm_sim_capture_arm(struct mm_sim *s, unsigned int zi, unsigned int order, unsigned int mt);
bool mm_sim_capture_disarm(struct mm_sim *s, uint64_t *ret_pfn);

/* ---- what reclaim offers ------------------------------------------------------- */

/**
 * One try_to_free_pages() for a request. Return: pages reclaimed.
 * Source: mm/vmscan.c: try_to_free_pages(), do_try_to_free_pages()
 */
uint64_t mm_sim_direct_reclaim(struct mm_sim *s, const struct mm_request *rq, unsigned int order);
/** The same with a goal of its own: order, and how many pages. */
uint64_t mm_sim_direct_reclaim_for(struct mm_sim *s, const struct mm_request *rq, const struct mm_reply_goal *goal);
/** Source: mm/vmscan.c: wakeup_kswapd() */
void mm_sim_wake_kswapd(struct mm_sim *s, const struct mm_request *rq, unsigned int order);
/** Pages that reclaim could free of zone @zi: zone_reclaimable_pages(). */
uint64_t mm_sim_reclaimable(const struct mm_sim *s, unsigned int zi);
bool mm_sim_kswapd_hopeless(const struct mm_sim *s, int node);
/** A page on the LRU moves to @to (migration): it keeps its marks and becomes the newest of its list. */
void mm_sim_lru_moved(struct mm_sim *s, uint64_t from, uint64_t to);
/** Is a page in use, with entry @e, one that reclaim never takes, but compaction may move? */
static inline bool mm_sim_unevictable(const struct page_ent *e)
{
	return ent_state(e) == PS_ALLOC && (e->st & PE_LRU) >> 3 == MM_LRU_UNEVICTABLE;
}
/** Is the page on an LRU list that reclaim looks at, so that compaction may isolate it? */
bool mm_sim_on_lru(const struct mm_sim *s, uint64_t pfn);
/** modelled cost in ns of scanning @pages. */
uint64_t mm_sim_reclaim_cost(const struct mm_sim *s, uint64_t pages);

/* ---- what compaction offers ---------------------------------------------------- */

/**
 * try_to_compact_pages() for a request at priority @prio (MM_PRIO_*: 0 full sync, 1 light sync, 2 async).
 * @ret_pfn: a captured block of the request's order, when the return is MM_COMPACT_SUCCESS and one was captured; else UINT64_MAX
 * @alloc_flags: enum mm_alloc_flags
 */
enum mm_compact_result mm_sim_direct_compact(struct mm_sim *s, const struct mm_request *rq, unsigned int order,
					     unsigned int prio, unsigned int alloc_flags, uint64_t *ret_pfn);
/** What a try of compaction did, in pages. */
struct sim_compacted {
	uint64_t scanned, moved;
};
/** The same with a goal of its own: order, what is captured, which pageblocks may be emptied.  @ret_did: may be NULL */
enum mm_compact_result mm_sim_direct_compact_for(struct mm_sim *s, const struct mm_request *rq, const struct mm_reply_goal *goal,
						 unsigned int prio, unsigned int alloc_flags, uint64_t *ret_pfn,
						 struct sim_compacted *ret_did);
/** ns of that. */
static inline uint64_t mm_sim_compact_ns(const struct mm_sim *s, const struct sim_compacted *did)
{
	return did->scanned * s->costs.compact_scan + did->moved * s->costs.compact_move;
}
/** Source: mm/compaction.c: wakeup_kcompactd() */
void mm_sim_wake_kcompactd(struct mm_sim *s, int node, unsigned int order, unsigned int zone_type);
/** Source: mm/compaction.c: compaction_suitable() */
bool mm_sim_compaction_suitable(struct mm_sim *s, unsigned int zi, unsigned int order, int64_t mark, unsigned int zone_type);
/** Source: mm/compaction.c: compaction_zonelist_suitable() */
bool mm_sim_zonelist_suitable(const struct mm_sim *s, const struct mm_request *rq, unsigned int order, unsigned int alloc_flags);
/** Source: mm/compaction.c: reset_isolation_suitable() when kswapd goes to sleep */
void mm_sim_compaction_reset(struct mm_sim *s, int node);
/** Pages were allocated at @order after a compaction: compaction_defer_reset(). */
void mm_sim_compaction_worked(struct mm_sim *s, unsigned int zi, unsigned int order);

#endif
