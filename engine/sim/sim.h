/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The simulated run: a machine that decides for itself, under a policy.
 *
 * It works on the same struct mm_machine as the observed run, with the same primitives and rules, so that
 * every view shows it.  What only the deciding kernel keeps (per-cpu batch sizes, boost, deferral, LRU
 * order, skip hints) lies beside it in struct mm_sim.
 *
 * The engine has no clock: the caller says what time it is.  The same calls give the same state.
 */
#ifndef MM_SIM_SIM_H
#define MM_SIM_SIM_H

#include "sim/room.h"

#include "mm.h"
#include "policy/gfp.h"
#include "policy/policy.h"
#include "rules/folio.h"
#include "say/decision.h"

struct mm_sim;
struct mm_ahead;

#define MM_SIM_MAX_NODES 64

/** A zone of a machine made by hand or taken from a snapshot.  Pages. */
struct mm_sim_zone_cfg {
	int node;
	const char *name; /* "DMA", "DMA32", "Normal", "Movable": copied */
	uint64_t start_pfn, end_pfn;
	uint64_t managed;                               /* 0: the whole span */
	uint64_t wmark_min, wmark_low, wmark_high, wmark_promo; /* all 0: from min_free_kbytes by the kernel's formula */
	uint64_t cma_start, cma_end;                    /* pageblocks of CMA type; 0 0 none */
};

struct mm_sim_cfg {
	struct mm_policy policy;
	unsigned int nr_cpus, page_size;
	unsigned int nr_orders;        /* 0: 11 */
	unsigned int pageblock_order;  /* 0: 9 */
	unsigned int nr_zones;
	struct mm_sim_zone_cfg zone[MM_MAX_ZONES];
	uint64_t lowmem_reserve_ratio[SG_MAX_ZONE_TYPES]; /* 0: the kernel's default */
	unsigned int node_cpus[MM_SIM_MAX_NODES]; /* CPUs of each node, those of node 0 first; all 0: node 0 has all */
	const int8_t *cpu_node;        /* instead of that: the node of each of them, borrowed for the call; NULL */
	uint64_t cpu_cache;            /* bytes of data cache that each CPU has for itself, its share of common ones included */
	uint64_t now;                  /* ns: when the run begins */
	uint64_t seed;                 /* of shuffling only */
	/* receives every decision with its numbers; NULL: none are made */
	mm_decision_fn fn;
	void *arg;
	/* numbers of migratetypes and zone types are taken from it; NULL: the usual ones.  Read at mm_sim_new() only. */
	const struct sg_capture *cap;
	/* mm_sim_from() only: what later events tell of the start (demand/ahead.h), scanned from where the machine stands; NULL: nothing */
	const struct mm_ahead *ahead;
	bool hints_marked;             /* mm_sim_from(): pageblocks are marked to be skipped where nothing tells; else none is */
};

/** One request for pages. */
struct mm_request {
	uint64_t now;        /* ns */
	int32_t pid;
	uint16_t cpu;
	uint8_t order, mt;
	uint32_t gfp;        /* enum mm_gfp */
	uint8_t zone_type;   /* highest zone index that may serve it (enum zone_type of the machine) */
	int8_t node;         /* preferred; < 0: that of the CPU */
	uint64_t nodes;      /* nodes that a mempolicy or cpuset allows, 1 << node each; 0: all */
	bool oom_victim, in_interrupt;
	bool in_reclaim;     /* PF_MEMALLOC: made inside reclaim or compaction itself */
};

/** MM_OOM: the kernel would kill a task now; free what it holds and ask again. */
enum mm_outcome { MM_GOT_PAGE, MM_FAILED, MM_OOM };

/** What came of it. */
struct mm_grant {
	enum mm_outcome outcome;
	uint64_t pfn;
	uint8_t zone;                 /* index */
	bool fast;                    /* without the slow path */
	uint32_t reclaims, compactions, retries; /* steps of the slow path */
	uint64_t reclaimed, migrated; /* pages */
	uint64_t stall_ns;            /* modelled cost of direct reclaim and compaction; with a pause hook also of rounds and waits */
	bool endless;                 /* it would spin for ever: let go after so many rounds, which no kernel does */
};

struct mm_sim *mm_sim_new(const struct mm_sim_cfg *cfg, struct sg_err *err);
void mm_sim_free(struct mm_sim *s);

/** All pages of all zones become free, as memblock hands them to the buddy allocator at boot: Movable pageblocks. */
void mm_sim_boot(struct mm_sim *s);

/** What had to be filled in where a run starts from an observed machine. */
struct mm_sim_facts {
	uint64_t pages_unknown;      /* nobody knows what they are: in use, until somebody frees them */
	uint64_t free_unplaced;      /* free blocks whose place in their lists wasn't known */
	uint64_t blocks_foreseen;    /* pageblocks whose type only a later event tells */
	uint64_t blocks_summed;      /* pageblocks that got the types which the snapshot counts */
	uint64_t blocks_guessed;     /* pageblocks whose type nothing tells: Movable */
	uint64_t isolated_freed;     /* pages that compaction had taken as targets: free again */
	uint64_t pcp_unplaced;       /* pages on a per-cpu list of nobody knows which CPU: on CPU 0's */
	uint64_t pcp_told;           /* pages that a later event shows to be on a per-cpu list */
	uint64_t pcp_counted;        /* pages on per-cpu lists that zoneinfo counts and no event tells: some that bear no mark */
	uint64_t pcp_lacking;        /* further ones that zoneinfo counts: no page may be one */
	uint64_t used_told;          /* pages that a later event shows to be in use */
	uint64_t scanners_told, deferral_told; /* zones of which a later event tells where compaction's scanners stand, how far it is put off */
	uint64_t hints_told, hints_assumed;    /* pageblocks of which the first run tells the skip hint; those as hints_marked has it */
	bool never_compacted;        /* so that there are neither hints nor deferral */
	uint64_t lru_pages, lru_from_snapshot; /* folios on the LRU; those that were there before the trace */
	uint64_t lru_large;          /* large folios among them that were there before the trace */
	uint64_t movable_ops;        /* pages that a driver can move, as page flags show them */
	uint64_t lru_ordered;        /* folios on the LRU whose place later reclaim tells; the others' are the seed's */
};

/**
 * mm_sim_from() - a simulated run that starts where an observed machine stands
 * @src:  copied; what it borrows (capture, log) must outlive this call only
 * @cfg:  policy, listener and seed; CPUs, zones, page and pageblock size are @src's, whatever it says
 * @ret:  what had to be filled in; may be NULL
 *
 * Copied: pages, owners, pageblock types, free lists and per-cpu lists with their order, watermarks, kswapd's failures.
 * Filled in: see struct mm_sim_facts, and doc/allocator.md, which has the rules: as @cfg->ahead and the snapshot that @src took up
 * last tell it, the rest as @cfg->seed and @cfg->hints_marked have it.  Marks are worked out anew where the policy names a setting
 * that they follow from.  Assumed to be as after boot, since nothing tells them: kswapd and kcompactd are asleep, no shrinker has objects.
 * Return: NULL and one sentence in @err when memory runs out or @src's zones are guessed or of unknown type
 */
struct mm_sim *mm_sim_from(const struct mm_machine *src, const struct mm_sim_cfg *cfg, struct mm_sim_facts *ret,
			   struct sg_err *err);

/**
 * mm_sim_alloc() - one request from its beginning to its end: mm_sim_alloc_fast(), and mm_sim_alloc_slow() where that isn't enough
 * Source: mm/page_alloc.c: __alloc_frozen_pages_noprof() (7.x), __alloc_pages() (6.x)
 */
enum mm_outcome mm_sim_alloc(struct mm_sim *s, const struct mm_request *rq, struct mm_grant *ret);
/**
 * mm_sim_alloc_fast() - the request's first walk over the zones, which never waits
 * Return: true: the request is over, and @ret says how; false: mm_sim_alloc_slow() is to go on with the same @rq
 */
bool mm_sim_alloc_fast(struct mm_sim *s, const struct mm_request *rq, struct mm_grant *ret);
/**
 * mm_sim_alloc_slow() - goes on with a request that the first walk left without a page
 * @rq: borrowed until the return; it begins at the run's time, or at its own when that is later
 * With a mm_sim_pause_hook(), others may run before it returns.
 * Source: mm/page_alloc.c: __alloc_pages_slowpath(), 6.1 to 7.3
 */
enum mm_outcome mm_sim_alloc_slow(struct mm_sim *s, const struct mm_request *rq, struct mm_grant *ret);
/** Source: mm/page_alloc.c: __free_frozen_pages() (7.x), free_unref_page(), __free_pages_ok() (6.x) */
void mm_sim_release(struct mm_sim *s, uint16_t cpu, uint64_t pfn, unsigned int order);
/** Pages that a task lets go of together, as munmap() and truncation do: at most 31 go at a time. */
struct mm_sim_block {
	uint64_t pfn;
	unsigned int order;
};
/** Source: mm/swap.c: release_pages() (6.1), folios_put_refs() (6.12 to 7.3) */
void mm_sim_release_batch(struct mm_sim *s, uint16_t cpu, const struct mm_sim_block *b, unsigned int nr);

/**
 * mm_sim_tick() - what happens by itself up to @now: once a second each CPU's per-cpu lists are looked after
 * (idle ones give pages back).  A CPU that allocates does so for itself.
 * Source: mm/vmstat.c: vmstat_update(), 6.1 to 7.3
 */
void mm_sim_tick(struct mm_sim *s, uint64_t now);

/** A page fault on anonymous memory. */
struct mm_sim_fault {
	struct mm_anon_fault at;
	int32_t pid;
	uint32_t enabled; /* 1 << order: sizes that /sys/kernel/mm/transparent_hugepage/hugepages-* allow there */
	int failed;       /* order that has found no page for this fault already; -1: it is the first try */
};
/** Order that the fault asks mm_sim_alloc() for.  Source: mm/memory.c: alloc_anon_folio(), 6.8 to 7.3 */
unsigned int mm_sim_folio_order(struct mm_sim *s, const struct mm_sim_fault *f);

/** A page enters the LRU, or is used again. */
enum mm_sim_lru_kind { MM_SIM_ANON, MM_SIM_FILE };
void mm_sim_lru_add(struct mm_sim *s, uint64_t pfn, enum mm_sim_lru_kind kind, bool active);
void mm_sim_lru_touch(struct mm_sim *s, uint64_t pfn);
/**
 * mm_sim_lru_unevictable() - the page is locked in memory: reclaim never takes it, compaction may move it
 * The same for pages whose driver moves them itself (movable_ops: balloons, zsmalloc).  It ends when the page is freed.
 * Source: mm/swap.c: lru_add(), mm/compaction.c: isolate_migratepages_block(), 6.1 to 7.3
 */
void mm_sim_lru_unevictable(struct mm_sim *s, uint64_t pfn);
void mm_sim_lru_del(struct mm_sim *s, uint64_t pfn);
/** File pages: written since they were read? */
void mm_sim_lru_dirty(struct mm_sim *s, uint64_t pfn, bool dirty);

/* ---- time: what work costs, who waits, who runs ---------------------------------- */

/**
 * What work costs, in ns.  The defaults are round figures of a current server, not measurements: a run that uses them says
 * so.
 */
struct mm_sim_costs {
	uint64_t kswapd_page, direct_page; /* to look at one page and free it or put it back, by who reclaims; 500 */
	uint64_t swap_page;    /* to write one page to swap, beside that; 10,000.  Writes are complete at once, as with zram */
	uint64_t demote_page;  /* to copy one page to another node; 1,500 */
	uint64_t slab_object;  /* to look at one object of a slab; 200 */
	uint64_t compact_scan; /* for each page that one of compaction's scanners passes; 30 */
	uint64_t compact_move; /* to move one page; 1,500 */
	uint64_t round;        /* one round of a stalled request, or of a thread, beside the work in it; 2,000 */
	uint64_t jiffy;        /* the shortest sleep (1000 / CONFIG_HZ ms); 4,000,000 */
};
void mm_sim_costs_get(const struct mm_sim *s, struct mm_sim_costs *ret);
void mm_sim_costs_set(struct mm_sim *s, const struct mm_sim_costs *c);

/** Why a stalled request lets others run: it reclaimed or compacted a batch, went one round, waits for somebody. */
enum mm_pause { MM_PAUSE_RECLAIM, MM_PAUSE_COMPACT, MM_PAUSE_ROUND, MM_PAUSE_WAIT };
/** @ns: what the work since the last pause took, or how long it waits */
typedef void (*mm_sim_pause_fn)(void *arg, enum mm_pause why, uint64_t ns);
/**
 * mm_sim_pause_hook() - from now on requests that stall let others run
 * @fn: called inside mm_sim_alloc_slow() (and mm_sim_alloc()) after each batch of work, each round and each wait.  It may
 *      switch to another coroutine, in which any other call is made on @s, also requests that stall in turn; when it
 *      returns, the request goes on where it was.  It returns at the time of the call and @ns, or later: mm_sim_set_now().
 *      A request that is never gone on with holds what it has isolated.  NULL: nobody else runs while a request stalls.
 *
 * While there is a hook, a stalled request doesn't let kswapd and kcompactd work: that is the caller's part
 * (mm_sim_kswapd_step()), and a request that spins without a change of anything is let go after
 * MM_GUESS_LIVELOCK_ROUNDS of them (struct mm_grant: endless), with a decision that says so.  No event tells the end of
 * such a request, so that it may be gone on with by another mm_sim_alloc_slow() once something has changed.
 */
void mm_sim_pause_hook(struct mm_sim *s, mm_sim_pause_fn fn, void *arg);

/** The run's time, ns, and to let it go on; it never goes back. */
uint64_t mm_sim_now(const struct mm_sim *s);
void mm_sim_set_now(struct mm_sim *s, uint64_t now);

/** The threads of a node. */
enum mm_thread { MM_THREAD_KSWAPD, MM_THREAD_KCOMPACTD };
/** ASLEEP: until somebody wakes it; NAPS: until somebody wakes it, at the latest until a time. */
enum mm_thread_state { MM_THREAD_ASLEEP, MM_THREAD_NAPS, MM_THREAD_RUNS };
/**
 * mm_sim_kswapd_step(), mm_sim_kcompactd_step() - lets the thread do one batch of its work, if it has some to do at @now
 * Return: ns that it took
 */
uint64_t mm_sim_kswapd_step(struct mm_sim *s, int node, uint64_t now);
uint64_t mm_sim_kcompactd_step(struct mm_sim *s, int node, uint64_t now);
/** @ret_until: ns, when a nap ends (for kcompactd: when it looks by itself), else UINT64_MAX; may be NULL */
enum mm_thread_state mm_sim_kswapd_state(const struct mm_sim *s, int node, uint64_t *ret_until);
enum mm_thread_state mm_sim_kcompactd_state(const struct mm_sim *s, int node, uint64_t *ret_until);
/**
 * mm_sim_thread_cpu() - the thread runs on @cpu from now on: what it frees goes to that CPU's lists
 * At first kswapd runs on the CPU of its node's number, kcompactd on CPU 0.
 */
void mm_sim_thread_cpu(struct mm_sim *s, enum mm_thread which, int node, uint16_t cpu);
/** @fn is told when a thread that slept or napped has something to do.  It may not change the run.  NULL: nobody is told. */
typedef void (*mm_sim_woken_fn)(void *arg, enum mm_thread which, int node);
void mm_sim_woken_hook(struct mm_sim *s, mm_sim_woken_fn fn, void *arg);

/** Lets the background threads work up to @now; at most @pages pages scanned. Return: pages scanned. */
uint64_t mm_sim_kswapd(struct mm_sim *s, int node, uint64_t now, uint64_t pages);
uint64_t mm_sim_kcompactd(struct mm_sim *s, int node, uint64_t now, uint64_t pages);
/** All zones of a node are compacted whole, in full sync mode: /proc/sys/vm/compact_memory. */
void mm_sim_compact_node(struct mm_sim *s, int node);
/**
 * mm_sim_pin() - somebody holds on to the page at @pfn, the first of its folio, so that compaction can't move it
 * Ends with the page: one that is freed is no longer pinned.
 */
void mm_sim_pin(struct mm_sim *s, uint64_t pfn, bool pinned);

/**
 * mm_sim_reporter() - free page reporting under a policy that has it: what is due up to @now
 * Its own work takes no processor time; the blocks are off their lists until the host has let go of them.
 */
void mm_sim_reporter(struct mm_sim *s, uint64_t now);
/** ns: when it goes on; UINT64_MAX: nothing is under way. */
uint64_t mm_sim_reporter_due(const struct mm_sim *s);
/** Pages that were reported and that nobody has used since: now, and on average since the run began. */
int64_t mm_sim_reported_now(const struct mm_sim *s);
int64_t mm_sim_reported_mean(const struct mm_sim *s);
/** Pages in its hands: off their lists until the host has let go of them. */
uint64_t mm_sim_reporter_holds(const struct mm_sim *s);
/** Free blocks that bear the mark of reported ones. */
int64_t mm_sim_reported_blocks(const struct mm_sim *s);

/** Compaction moved a folio: what was at @from is at @to now.  Both are first pages. */
struct mm_sim_moved {
	uint64_t from, to;
	unsigned int order;
};
/**
 * mm_sim_moved_hook() - @fn is told of each folio that compaction moves, before the pages at the old place are freed
 * Who holds pages by handle follows them with it; pages that reclaim takes or demotes are told by mm_sim_gone_hook().
 * @fn may not change the run.  NULL: nobody is told.
 */
typedef void (*mm_sim_moved_fn)(void *arg, const struct mm_sim_moved *mv);
void mm_sim_moved_hook(struct mm_sim *s, mm_sim_moved_fn fn, void *arg);
/**
 * Told of each folio that becomes single pages, in its place.  Who registers it owns folios by the page; without it compaction leaves a
 * folio whole for which it has no target, where a kernel splits it.
 */
typedef void (*mm_sim_split_fn)(void *arg, uint64_t pfn, unsigned int order);
void mm_sim_split_hook(struct mm_sim *s, mm_sim_split_fn fn, void *arg);

/**
 * mm_sim_emit() - from now on @fn receives what a kernel that runs the policy would trace
 * In the kernel's order, each event from the CPU and the task that would have it.  NULL: nobody receives it.
 */
typedef void (*mm_emit_fn)(void *arg, const struct sg_event *ev);
void mm_sim_emit(struct mm_sim *s, mm_emit_fn fn, void *arg);
/** *@emitted: events so far, the caller's own as well: policies are told the number of the next one as the run's position. */
void mm_sim_emitted(struct mm_sim *s, const uint64_t *emitted);
/** What a capture of that trace says of itself: flags, symbols, tasks.  Borrowed from @s. */
const struct sg_capture *mm_sim_capture(const struct mm_sim *s);
/** A snapshot as it would be taken now: zones with their marks, per-cpu lists' sizes, counters; no page flags.  Borrowed. */
const struct sg_snapshot *mm_sim_snapshot(struct mm_sim *s);
/**
 * mm_sim_snapshot_pages() - the same with lists, pageblock types and page flags
 * These are read from the machine as it is when somebody asks for them: to be used before the run goes on.
 */
const struct sg_snapshot *mm_sim_snapshot_pages(struct mm_sim *s);
/**
 * mm_sim_observed() - a machine for whoever follows the run's trace from now on: position 0, in the state of @s
 * @cfg: of the trace's description and mm_sim_snapshot_pages(); borrowed as for mm_machine_new()
 * It knows what no snapshot tells: the order of the free lists, and which pages lie on which per-cpu list.
 * Return: NULL and one sentence in @err when memory runs out or @cfg is of another machine
 */
struct mm_machine *mm_sim_observed(const struct mm_sim *s, const struct mm_config *cfg, struct sg_err *err);
/** The task that frees pages and puts them on the LRU from now on, since those calls don't say. */
void mm_sim_task(struct mm_sim *s, int32_t pid);

/** The machine as every view shows it. Borrowed. */
const struct mm_machine *mm_sim_machine(const struct mm_sim *s);

struct mm_overlays;
/** The policies over the kernel's rules (struct mm_policy: overlay), and what they answered wrongly; NULL: there are none.  Borrowed. */
const struct mm_overlays *mm_sim_overlays(const struct mm_sim *s);
/** mm_run_rearm() (run/run.h), of the simulated machine. */
int mm_sim_rearm(struct mm_sim *s, const struct mm_policy *p, struct sg_err *err);

/** Counters under the names of /proc/vmstat: key, text. */
#define MM_SIM_STAT_LIST(X)                                                                    \
	X(PGALLOC, "pgalloc") X(PGFREE, "pgfree") X(ALLOCSTALL, "allocstall")                  \
	X(EXTFRAG, "mm_page_alloc_extfrag") X(EXTFRAG_CLAIM, "extfrag_claimed")                \
	X(PGSCAN_KSWAPD, "pgscan_kswapd") X(PGSCAN_DIRECT, "pgscan_direct")                    \
	X(PGSTEAL_KSWAPD, "pgsteal_kswapd") X(PGSTEAL_DIRECT, "pgsteal_direct")                \
	X(PGSTEAL_ANON, "pgsteal_anon") X(PGSTEAL_FILE, "pgsteal_file")                        \
	X(PGDEMOTE, "pgdemote") X(PSWPOUT, "pswpout") X(PGACTIVATE, "pgactivate")              \
	X(PGDEACTIVATE, "pgdeactivate") X(SLABS_SCANNED, "slabs_scanned")                      \
	X(KSWAPD_WAKE, "kswapd_wake") X(KSWAPD_FAILURES, "kswapd_failures")                    \
	X(COMPACT_STALL, "compact_stall") X(COMPACT_SUCCESS, "compact_success")                \
	X(COMPACT_FAIL, "compact_fail") X(COMPACT_DAEMON_WAKE, "compact_daemon_wake")          \
	X(COMPACT_MIGRATE_SCANNED, "compact_migrate_scanned")                                  \
	X(COMPACT_FREE_SCANNED, "compact_free_scanned") X(COMPACT_ISOLATED, "compact_isolated") \
	X(PGMIGRATE_SUCCESS, "pgmigrate_success") X(PGMIGRATE_FAIL, "pgmigrate_fail")          \
	X(OOM_KILL, "oom_kill") X(HIGHATOMIC_RESERVE, "highatomic_reserve")                    \
	X(HIGHATOMIC_UNRESERVE, "highatomic_unreserve") X(CAPTURED, "compact_captured") \
	X(REPORTED, "pages_reported")                                                          \
	/* free page reporting: engine/figures has what they are */                            \
	X(REPORTS, "reports") X(REPORT_REFAULTS, "reported_refaults")                          \
	X(REPORTED_IN_VAIN, "reported_in_vain") X(REPORTED_TWICE, "reported_twice")            \
	X(REPORT_MARKS_LOST, "report_marks_lost") X(MERGES_HELD_BACK, "merges_held_back")      \
	X(REPORT_HELD_MAX, "report_held_max") X(HELD_AT_FAILURE, "held_at_failure")            \
	X(FAILED_WHILE_REPORTING, "failed_while_reporting")                                    \
	X(REPORT_SEARCHES, "report_searches") X(REPORT_OVERFLOWS, "report_overflows")          \
	X(REPORT_OVERFLOWS_SEARCH, "report_overflows_search") X(REPORT_WALKED, "report_walked")

enum mm_sim_stat {
#define X(id, key) MM_SIM_##id,
	MM_SIM_STAT_LIST(X)
#undef X
	MM_SIM_STATS
};
const char *mm_sim_stat_key(enum mm_sim_stat i);
uint64_t mm_sim_stat(const struct mm_sim *s, enum mm_sim_stat i);

#endif
