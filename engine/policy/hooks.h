/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The contract of a policy: all that a plug-in includes.
 *
 * A policy is a struct mm_hooks.  Each hook is asked where the kernel's function that it names decides.  It gets the state of
 * its policy, a read-only eye on the machine, what is asked (@in), and the answer of the policy beneath it, which it changes or
 * leaves as it is.  A hook that is NULL leaves every answer.  The lowest policy is the kernel whose rules are followed.
 *
 * A hook must depend on its arguments alone: the same run is made again to go back in time.  What it has to remember goes into
 * its state, plain data of state_size bytes without pointers, which is copied with the machine.
 *
 * Answers are checked.  A wrong one is counted under the policy's name, the hook's and what was wrong with it, and the answer of
 * the policy beneath stays.
 *
 * Units: pfn is the kernel's page frame number, counts are base pages unless said otherwise, a block of order n is 2^n pages,
 * times are ns.  "zone" is a number below eye->nr_zones, which eye->zone() describes; "zone type" is the kernel's enum zone_type;
 * "mt" is the kernel's enum migratetype.
 *
 * All structs grow at their end only.  MM_HOOKS_ABI changes when something changes its meaning, MM_HOOKS_REVISION when something
 * is added.  A plug-in of an older revision goes on working: hooks that it doesn't know are NULL.
 */
#ifndef MM_POLICY_HOOKS_H
#define MM_POLICY_HOOKS_H

#ifdef MM_ROOM /* inside the engine */
#include "policy/room.h"
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MM_HOOKS_ABI 1u
#define MM_HOOKS_REVISION 3u
#define MM_HOOKS_MAX_STATE (1u << 20) /* bytes; 65536 before revision 2 */

#define MM_NO_PFN UINT64_MAX

/* ---- words of the kernel ------------------------------------------------------ */

/** Migratetypes that have the same number in every kernel; the others: eye->mt_highatomic and so on. */
#define MM_MT_UNMOVABLE 0
#define MM_MT_MOVABLE 1
#define MM_MT_RECLAIMABLE 2

/** gfp by meaning: the numbers of a capture are translated before they get here. */
enum mm_gfp {
	MM_GFP_DIRECT_RECLAIM = 1u << 0,
	MM_GFP_KSWAPD_RECLAIM = 1u << 1,
	MM_GFP_IO = 1u << 2,
	MM_GFP_FS = 1u << 3,
	MM_GFP_HIGH = 1u << 4,
	MM_GFP_NORETRY = 1u << 5,
	MM_GFP_RETRY_MAYFAIL = 1u << 6,
	MM_GFP_NOFAIL = 1u << 7,
	MM_GFP_THISNODE = 1u << 8,
	MM_GFP_MEMALLOC = 1u << 9,
	MM_GFP_NOMEMALLOC = 1u << 10,
	MM_GFP_COLD = 1u << 11,
	MM_GFP_MOVABLE = 1u << 12, /* the Movable zone may serve it */
	MM_GFP_CMA_OK = 1u << 13,  /* ALLOC_CMA: CMA pageblocks may serve it */
	MM_GFP_COMP = 1u << 14,
	MM_GFP_KERNEL = MM_GFP_DIRECT_RECLAIM | MM_GFP_KSWAPD_RECLAIM | MM_GFP_IO | MM_GFP_FS,
	MM_GFP_ATOMIC = MM_GFP_HIGH | MM_GFP_KSWAPD_RECLAIM,
};

/** What a request may do with the reserves; our own bits, not the kernel's numbers. */
enum mm_alloc_flags {
	MM_ALLOC_MIN_RESERVE = 1u << 0, /* __GFP_HIGH: half of min */
	MM_ALLOC_NON_BLOCK = 1u << 1,   /* cannot wait: a quarter less again */
	MM_ALLOC_OOM = 1u << 2,         /* an OOM victim */
	MM_ALLOC_HIGHATOMIC = 1u << 3,  /* may take from highatomic pageblocks */
	MM_ALLOC_CMA = 1u << 4,         /* may take from CMA pageblocks */
	MM_ALLOC_NOFRAGMENT = 1u << 5,  /* no fallback into blocks below pageblock order */
	MM_ALLOC_KSWAPD = 1u << 6,      /* may wake kswapd */
	MM_ALLOC_NO_WATERMARKS = 1u << 7,
	MM_ALLOC_WMARK_MIN = 0,         /* which mark is to be kept: bits 8 and 9 */
	MM_ALLOC_WMARK_LOW = 1u << 8,
	MM_ALLOC_WMARK_HIGH = 2u << 8,
	MM_ALLOC_WMARK_MASK = 3u << 8,
};
#define MM_ALLOC_RESERVES (MM_ALLOC_MIN_RESERVE | MM_ALLOC_NON_BLOCK | MM_ALLOC_OOM | MM_ALLOC_HIGHATOMIC)

/** enum compact_result, include/linux/compaction.h, 6.1 to 7.3. */
enum mm_compact_result {
	MM_COMPACT_NOT_SUITABLE_ZONE,
	MM_COMPACT_SKIPPED,
	MM_COMPACT_DEFERRED,
	MM_COMPACT_NO_SUITABLE_PAGE,
	MM_COMPACT_CONTINUE,
	MM_COMPACT_COMPLETE,
	MM_COMPACT_PARTIAL_SKIPPED,
	MM_COMPACT_CONTENDED,
	MM_COMPACT_SUCCESS,
	MM_COMPACT_RESULTS
};

/* ---- the eye -------------------------------------------------------------------- */

/** One zone. */
struct mm_eye_zone {
	int32_t node, type;
	uint64_t start_pfn, end_pfn; /* [start, end) */
	int64_t managed, free;       /* pages */
	int64_t free_blocks;         /* of the free pages, those in whole free pageblocks: NR_FREE_PAGES_BLOCKS */
	int64_t min, low, high, promo, boost; /* marks without the boost, and the boost, as the kernel has them */
	char name[16];
};

enum mm_eye_state { MM_EYE_NONE, MM_EYE_UNKNOWN, MM_EYE_FREE, MM_EYE_PCP, MM_EYE_USED, MM_EYE_ISOLATED };
enum mm_eye_lru { MM_EYE_NO_LRU, MM_EYE_ANON, MM_EYE_FILE, MM_EYE_UNEVICTABLE };

/** One page. */
struct mm_eye_page {
	uint64_t head;        /* first pfn of the free block, or of what was allocated at once */
	uint32_t order;       /* of that */
	uint8_t state, lru;   /* enum mm_eye_state, enum mm_eye_lru */
	uint8_t mt;           /* free: of its list; in use: of the request; 255: not known */
	uint8_t active;       /* on the active list, or in a young generation */
	int32_t pid;          /* who allocated it; INT32_MIN: not known */
	uint32_t zone;
};

/** One pageblock. */
struct mm_eye_block {
	uint8_t mt;           /* 255: not known */
	uint16_t free, pcp, used, isolated; /* pages */
	uint16_t foreign;     /* pages in use whose request was of another migratetype than the pageblock */
};

/** One node. */
struct mm_eye_node {
	uint8_t present, kswapd_awake, kcompactd_awake;
	uint32_t kswapd_order, kcompactd_order;
	uint32_t kswapd_failures; /* rounds in a row that reclaimed nothing */
};

/**
 * What a hook may look at.  The functions return false, or 0, when what they are asked for isn't there.  Their first argument is
 * the eye itself.
 */
struct mm_eye {
	uint32_t size;              /* bytes of this struct */
	uint32_t nr_zones, nr_orders, pageblock_order, nr_cpus, page_size, nr_migratetypes;
	int32_t mt_highatomic, mt_cma, mt_isolate; /* -1: the kernel has no such type */
	uint64_t now;               /* ns */
	uint64_t position;          /* of the run, for messages: the number of the event that comes next */
	/*
	 * Nobody will act on the answer: what isn't known of a captured machine is asked in all ways that it may be.  The state
	 * is a copy that is thrown away.
	 */
	bool what_if;
	const void *of;
	bool (*zone)(const struct mm_eye *eye, unsigned int zone, struct mm_eye_zone *ret);
	/** Zone of a page, -1 when none spans it. */
	int (*zone_of)(const struct mm_eye *eye, uint64_t pfn);
	/** Blocks on a free list: how many, and the first pfns of up to @max of them, from the head. */
	uint64_t (*list_blocks)(const struct mm_eye *eye, unsigned int zone, unsigned int order, unsigned int mt);
	unsigned int (*list)(const struct mm_eye *eye, unsigned int zone, unsigned int order, unsigned int mt, uint64_t *pfn,
			     unsigned int max);
	bool (*page)(const struct mm_eye *eye, uint64_t pfn, struct mm_eye_page *ret);
	/** The pageblock in which @pfn lies. */
	bool (*block)(const struct mm_eye *eye, uint64_t pfn, struct mm_eye_block *ret);
	/** Pageblocks of a type in a zone. */
	uint64_t (*type_blocks)(const struct mm_eye *eye, unsigned int zone, unsigned int mt);
	bool (*node)(const struct mm_eye *eye, unsigned int node, struct mm_eye_node *ret);
	/** A setting of the kernel beneath, or one of its facts, as the command line names them: "defrag_mode", "promote" ... */
	bool (*setting)(const struct mm_eye *eye, const char *key, int64_t *ret);
	/** A counter of the run, under its name in /proc/vmstat.  A check of a capture has none. */
	bool (*count)(const struct mm_eye *eye, const char *key, uint64_t *ret);
	/* revision 1 */
	/** Pages of @zone that requests for zones up to @zone_type leave alone: lowmem_reserve[]. */
	int64_t (*reserve)(const struct mm_eye *eye, unsigned int zone, unsigned int zone_type);
	/**
	 * mm/compaction.c: compaction_suitable(), as the kernel beneath has it: is there enough to compact @zone for @order with,
	 * and is fragmentation the trouble?  @mark: what is to stay free, for kernels that take the caller's mark (6.15).
	 * Return: MM_COMPACT_CONTINUE, MM_COMPACT_SKIPPED or MM_COMPACT_NOT_SUITABLE_ZONE; -1: it can't be told
	 */
	int (*suitable)(const struct mm_eye *eye, unsigned int zone, unsigned int order, unsigned int zone_type, int64_t mark);
	/* revision 2 */
	/** The block behind, or before, the free block at @pfn on its list; MM_NO_PFN: there is none, or no such block. */
	uint64_t (*behind)(const struct mm_eye *eye, uint64_t pfn);
	uint64_t (*before)(const struct mm_eye *eye, uint64_t pfn);
	/** The last block of a free list; MM_NO_PFN: it is empty. */
	uint64_t (*last)(const struct mm_eye *eye, unsigned int zone, unsigned int order, unsigned int mt);
	/** Is the free block at @pfn marked as reported to the hypervisor?  Source: PageReported() */
	bool (*reported)(const struct mm_eye *eye, uint64_t pfn);
	uint64_t seed;              /* of the run, for what goes by chance */
};

/* ---- what is asked, and answered: the allocator --------------------------------- */

enum mm_flags_for {
	MM_FLAGS_FAST, /* mm/page_alloc.c: prepare_alloc_pages(), alloc_flags_nofragment() */
	MM_FLAGS_SLOW, /* mm/page_alloc.c: gfp_to_alloc_flags() */
};
struct mm_ask_flags {
	uint32_t gfp;       /* enum mm_gfp */
	uint8_t order, mt, where, defrag_mode; /* where: enum mm_flags_for */
	uint32_t zone;      /* the preferred one */
	int32_t pid;
};

struct mm_ask_pick {
	uint32_t zone;
	uint8_t order, mt;  /* wanted; of the list */
	uint8_t list_order; /* of the block that the policy beneath takes */
};

struct mm_ask_fallback {
	uint32_t zone;
	uint8_t order, mt;  /* of the request */
	uint8_t nofragment; /* ALLOC_NOFRAGMENT */
	uint8_t steal_only; /* the last page of the same bulk was stolen: enum rmqueue_mode */
};
struct mm_reply_fallback {
	uint64_t pfn;       /* first page of a free block; MM_NO_PFN: no fallback */
	uint32_t claim;     /* 1: its pageblocks become the request's; 0: a page is stolen */
	uint32_t pad;
};

struct mm_ask_claim {
	uint64_t pfn;       /* the free block that was found */
	uint32_t zone;
	uint8_t block_order, block_mt, order, mt; /* of the block; of the request */
	uint32_t free, alike, half; /* pages of the pageblock: free, of the request's kind, and what a claim needs of both */
};

/* RETURNED (revision 2): free page reporting puts it back where it took it from */
enum mm_place_why { MM_PLACE_FREED, MM_PLACE_SPLIT, MM_PLACE_MOVED, MM_PLACE_RETURNED };
enum mm_place { MM_PLACE_HEAD, MM_PLACE_TAIL, MM_PLACE_BEFORE };
struct mm_ask_place {
	uint64_t pfn;
	uint32_t zone;
	uint8_t order, mt, why; /* enum mm_place_why */
	uint8_t cold;       /* FREED: nobody used what was freed of it for long: reclaim took it (revision 2) */
};
struct mm_reply_place {
	uint32_t where;     /* enum mm_place */
	uint32_t pad;
	uint64_t before;    /* MM_PLACE_BEFORE: a block on the same list */
};

struct mm_ask_pcp {
	uint32_t zone, cpu;
	uint8_t order, mt, below_high, reclaim_active; /* ZONE_BELOW_HIGH; kswapd is at work */
	int32_t count, batch, high, high_min, high_max; /* pages of the per-cpu set; @count with the block just freed */
};
struct mm_reply_drain {
	int32_t pages;      /* to give back; 0 none */
	int32_t piece;      /* at most so many under one hold of the zone's lock */
};

struct mm_ask_watermark {
	uint32_t zone;
	int32_t node;
	int64_t managed, boost;
};
struct mm_reply_watermark {
	int64_t min, low, high, promo; /* pages, without the boost */
	uint32_t blocks;    /* 1: the zone's free pages are those in whole free pageblocks */
	uint32_t pad;
};

struct mm_ask_boost {
	uint32_t zone, factor; /* vm.watermark_boost_factor */
	int64_t managed, high, boost; /* before this fallback */
	int64_t block;      /* pages of a pageblock */
};

/* ---- the slow path ---------------------------------------------------------------- */

struct mm_ask_goal {
	uint32_t gfp, flags; /* enum mm_gfp, enum mm_alloc_flags */
	uint8_t order, mt, pageblock_order, nofragment;
	int64_t reclaimed;  /* pages that direct reclaim has freed for the request so far; a check says 0 */
};
struct mm_reply_goal {
	uint32_t reclaim, compact; /* orders that direct reclaim and direct compaction work for */
	uint32_t capture;   /* order of the block that the task keeps when its own frees complete one */
	uint32_t sources;   /* 1 << mt: pageblocks that may be emptied; 0: as the hook source and the kernel say */
	uint32_t pages;     /* that one direct reclaim tries to free; 0: as many as the kernel, SWAP_CLUSTER_MAX */
};
#define MM_GOAL_MOST_PAGES 65536u

enum mm_reclaim_at {
	MM_RECLAIM_READY, /* mm/vmscan.c: compaction_ready(): is @zone left alone, since compaction has enough to go on with? */
	MM_RECLAIM_MORE,  /* mm/vmscan.c: should_continue_reclaim(): is the node shrunk once more? */
};
struct mm_ask_reclaim {
	int32_t node, zone; /* zone: -1 at MM_RECLAIM_MORE */
	uint8_t at, order, priority, kswapd; /* kswapd: it is kswapd's reclaim, not a request's */
	uint8_t has_block, suitable; /* a block of the order is free; compaction_suitable(): of the zone, or of one of the node's */
	int64_t reclaimed, pages; /* freed by this reclaim so far; what it tries for: struct mm_reply_goal's pages, 0 the kernel's */
	int64_t inactive, gap; /* at MM_RECLAIM_MORE: inactive pages that could still be had; compact_gap() */
};

enum mm_next_at {
	MM_NEXT_NOWAIT, /* the lists had nothing, and the request can't wait: MM_NEXT_FALLBACK or MM_NEXT_FAIL */
	MM_NEXT_BEGIN,  /* the lists had nothing: MM_NEXT_RECLAIM, _COMPACT, _FALLBACK or _FAIL */
	MM_NEXT_END,    /* reclaim and compaction gave no page: MM_NEXT_RETRY, _FALLBACK, _OOM or _FAIL */
};
enum mm_next {
	MM_NEXT_RECLAIM,  /* direct reclaim, then direct compaction */
	MM_NEXT_COMPACT,  /* direct compaction alone */
	MM_NEXT_RETRY,    /* one more round */
	MM_NEXT_FALLBACK, /* one more round without ALLOC_NOFRAGMENT */
	MM_NEXT_OOM,      /* __alloc_pages_may_oom() */
	MM_NEXT_FAIL,
};
#define MM_NEXT_MAX_ROUNDS 64u /* further rounds that the policy beneath wouldn't make: more are a wrong answer */
struct mm_ask_next {
	uint32_t gfp, flags;
	uint8_t at;         /* enum mm_next_at */
	uint8_t order, mt;
	uint8_t compact_order; /* 0 at MM_NEXT_NOWAIT */
	uint8_t prio;       /* enum compact_priority: 0 full sync, 1 light sync, 2 async */
	uint8_t progress;   /* the last direct reclaim freed something */
	uint8_t feedback;   /* of the last compaction: 0 skipped, 1 deferred, 2 worked, 3 success */
	uint32_t rounds, loops, retries; /* so far; without progress; of compaction at this priority */
	uint32_t added;     /* rounds that the policy beneath wouldn't have made */
};

/* ---- kswapd ------------------------------------------------------------------------ */

struct mm_ask_balance {
	int32_t node, zone_type; /* zones up to this one */
	uint8_t order, by_block; /* counted in whole free pageblocks */
	int32_t zone;       /* the best one, -1 none, and what it has and needs: */
	int64_t free, need;
};

struct mm_ask_kswapd_wake {
	int32_t node, zone_type;
	uint8_t order, hopeless, balanced, boosted;
	int32_t failures;
};

enum mm_round_at {
	MM_ROUND_SHRUNK, /* mm/vmscan.c: kswapd_shrink_node(): which order goes on; only @order is read */
	MM_ROUND_SLEEP,  /* mm/vmscan.c: kswapd_try_to_sleep(): sleep, and for which order kcompactd is woken */
};
struct mm_ask_kswapd_round {
	int32_t node, zone_type;
	uint8_t at, alloc_order, order; /* asked for; of the round by now */
	uint8_t priority, hopeless, balanced;
	int64_t reclaimed, gap; /* in this round; compact_gap() */
	uint8_t ended;      /* MM_ROUND_SLEEP: the order that the last round ended with; a check says 0 */
};
struct mm_reply_kswapd_round {
	uint32_t order;     /* at most what it was */
	uint32_t sleep;     /* 0: another round at once */
	uint32_t handover;  /* order that kcompactd is woken for, 0: it isn't */
};

struct mm_ask_kswapd_dead {
	int32_t node, failures;
};

enum mm_count_event {
	MM_COUNT_FAILED,    /* mm/vmscan.c: balance_pgdat(): a round reclaimed nothing */
	MM_COUNT_PROGRESS,  /* mm/vmscan.c: shrink_node(): somebody reclaimed pages of the node */
	MM_COUNT_RELIEVED,  /* mm/page_alloc.c: free_frozen_page_commit(): a free lifted a zone above its high mark */
	MM_COUNT_ALLOCATED, /* mm/page_alloc.c: prep_new_page(): 2^order pages of the node were handed out */
};
struct mm_ask_kswapd_count {
	int32_t node, failures; /* before the event */
	uint8_t event, order, boosted, balanced; /* order: of the round, the request, or what was allocated */
	int64_t pages;
};

/* ---- compaction --------------------------------------------------------------------- */

enum mm_suitable_for { MM_SUITABLE_DIRECT, MM_SUITABLE_KCOMPACTD, MM_SUITABLE_RECLAIM };
struct mm_ask_suitable {
	uint32_t zone;
	uint8_t who, order, zone_type; /* enum mm_suitable_for */
	int32_t index;      /* fragmentation index where it was asked for, else 0 */
	int64_t mark, free; /* the watermark that the caller starts from, with the boost; free pages */
};

struct mm_ask_finished {
	uint32_t zone;
	int32_t order;      /* -1: the whole zone is to be compacted */
	uint8_t mt, direct, proactive, met, whole_zone; /* met: the scanners have met */
	uint64_t migrate_pfn, free_pfn;
	uint8_t zone_type;  /* up to which pages are wanted; a check says the zone's own */
};

enum mm_defer_event {
	MM_DEFER_ASKED,     /* mm/compaction.c: compaction_deferred(): is this try put off? */
	MM_DEFER_FAILED,    /* mm/compaction.c: defer_compaction() */
	MM_DEFER_WORKED,    /* mm/compaction.c: compaction_defer_reset(), a block was made */
	MM_DEFER_ALLOCATED, /* the same, and it was allocated */
};
struct mm_ask_defer {
	uint32_t zone;
	uint8_t event, order;
	uint32_t considered, shift; /* before the event: struct zone's compact_considered, compact_defer_shift, ... */
	int32_t order_failed;
};
struct mm_reply_defer {
	uint32_t put_off;   /* MM_DEFER_ASKED: 1: no compaction of this zone now */
	uint32_t considered, shift; /* after the event */
	int32_t order_failed;
};

struct mm_ask_source {
	uint64_t pfn;       /* first page of the pageblock, or of the zone's part of it */
	uint32_t zone;
	int32_t order;      /* wanted; -1: the whole zone is to be compacted */
	uint8_t mt, block_mt; /* of the request; 255: not known */
	uint8_t direct, async, cma_ok;
};

struct mm_ask_target {
	uint64_t pfn;
	uint32_t zone;
	int32_t order, free_order; /* free_order: of the free block that begins at @pfn, -1 when none does */
	uint8_t block_mt, direct, async;
};

enum mm_folio_move { MM_FOLIO_LEAVE, MM_FOLIO_WHOLE, MM_FOLIO_SPLIT };
struct mm_ask_folio_move {
	uint64_t pfn;
	uint32_t zone;
	int32_t order;      /* wanted; -1: the whole zone is to be compacted */
	uint8_t folio_order, file, direct, async;
	uint8_t large_targets; /* 0: all targets are single pages, as before 6.9 */
};

/** Orders beyond this don't occur. */
#define MM_HOOKS_ORDERS 16
struct mm_ask_folio_target {
	uint64_t pfn;       /* first page of a free block */
	uint32_t zone;
	uint8_t order;      /* of it */
	uint8_t direct, async, pad;
	/* by order: folios that have no target yet, and blocks taken as targets that no folio has */
	uint32_t sources[MM_HOOKS_ORDERS], targets[MM_HOOKS_ORDERS];
};

/* ---- folios, reporting, the LRU -------------------------------------------------------- */

struct mm_ask_folio_order {
	uint64_t address, vma_start, vma_end; /* bytes */
	uint32_t enabled;   /* 1 << order: sizes that the settings allow (/sys/kernel/mm/transparent_hugepage/hugepages-*) */
	uint32_t fits;      /* 1 << order: the aligned range around @address lies in the VMA, and none of its pages is there */
	int32_t failed;     /* order that found no page at this fault, -1 none did so far */
	int32_t pid;
};

struct mm_ask_report {
	uint64_t pfn;       /* a free block, as it was put on its list */
	uint32_t zone;
	uint8_t order, mt;
};

/* Blocks of pageblock order and more that come to their lists, and leave them (revision 2). */
enum mm_gone_why {
	MM_GONE_TAKEN,    /* as a whole, by a request or a refill of a per-cpu list */
	MM_GONE_SPLIT,    /* a part of it was taken, and what is left comes in smaller blocks */
	MM_GONE_MERGED,   /* with a block that was freed: both come as one */
	MM_GONE_MOVED,    /* to the list of another type */
	MM_GONE_ISOLATED, /* compaction takes it as a target */
	MM_GONE_REPORTER, /* the reporter takes it */
};
struct mm_ask_report_block {
	uint64_t pfn;
	uint32_t zone;
	uint8_t order, mt;
	uint8_t why;        /* enum mm_place_why where it comes, enum mm_gone_why where it goes */
	uint8_t reported;   /* it bears the mark of reported ones */
};
#define MM_REPORT_NEVER UINT64_MAX
struct mm_reply_report_come {
	uint64_t ns;        /* in so many the reporter begins to work, if it is idle by now; MM_REPORT_NEVER: it stays so */
	uint32_t overflow;  /* 1: there was no room to remember the block */
	uint32_t pad;
};

/* The reporter is at work, and asks for one step after the other. */
enum mm_report_act {
	MM_REPORT_IDLE,     /* nothing is left to do; what has been taken is reported first */
	MM_REPORT_TAKE,     /* the block at @pfn leaves its list, for the next report */
	MM_REPORT_FRONT,    /* the block at @pfn becomes the first of its list, what stands before it goes behind the last */
	MM_REPORT_SEND,     /* what has been taken is reported: time passes, and then it comes back */
	MM_REPORT_AGAIN,    /* as MM_REPORT_IDLE, and the reporter begins again in @ns */
};
enum mm_reporter_at {
	MM_REPORTER_BEGINS,  /* it was idle */
	MM_REPORTER_GOES_ON, /* the step before is done */
	MM_REPORTER_REFUSED, /* the block stays: its zone would fall below its min mark */
	MM_REPORTER_BACK,    /* a report is made, and its blocks are on their lists again, at their tails, marked if not merged */
};
struct mm_ask_reporter {
	uint32_t taken, capacity; /* blocks taken for the next report; that fit into one: PAGE_REPORTING_CAPACITY */
	uint8_t at;         /* enum mm_reporter_at */
	uint8_t low;        /* requests have failed for want of memory since it last was asked */
};
struct mm_reply_reporter {
	uint64_t pfn, ns;
	uint32_t act;       /* enum mm_report_act */
	uint32_t walked;    /* free blocks that had to be looked at to know this */
	uint32_t search;    /* 1: what was remembered isn't all there is, and a search of all lists begins here */
	uint32_t pad;
};
#define MM_REPORT_MOST_STEPS (1u << 20) /* between two reports */

/** The classic LRU's lists, in the kernel's order (enum lru_list). */
enum mm_lru_list { MM_INACTIVE_ANON, MM_ACTIVE_ANON, MM_INACTIVE_FILE, MM_ACTIVE_FILE, MM_LRU_LISTS };
struct mm_ask_lru_balance {
	int32_t node;
	int8_t priority;    /* 12 down to 0 */
	uint8_t generations, kswapd, can_anon; /* multi-gen LRU; anonymous pages can be swapped or demoted */
	uint32_t swappiness;
	uint64_t eligible[4]; /* pages of the classic lists, or what the multi-gen LRU counts to them */
	uint64_t anon_cost, file_cost; /* classic LRU */
};
struct mm_reply_lru_balance {
	uint64_t nr[4];     /* classic LRU: pages to scan of each list */
	uint32_t type;      /* multi-gen LRU: 0 anonymous pages are evicted first, 1 file pages */
	uint32_t pad;
};

/* ---- the hooks ---------------------------------------------------------------------------- */

struct mm_hooks {
	uint32_t abi;        /* MM_HOOKS_ABI */
	uint32_t size;       /* sizeof(struct mm_hooks) */
	uint32_t revision;   /* MM_HOOKS_REVISION */
	uint32_t state_size; /* bytes, at most MM_HOOKS_MAX_STATE; zeroed at the start */
	const char *name;    /* for messages: letters, digits and -_. */
	/** Fills in the state when a run begins. */
	void (*init)(void *state, const struct mm_eye *eye);

	/**
	 * A request comes: which flags does it walk the zones with?  Where: see enum mm_flags_for.
	 * Answer: enum mm_alloc_flags; MM_ALLOC_CMA for Movable requests only, no unknown bits, one of the three marks.
	 */
	void (*flags)(void *state, const struct mm_eye *eye, const struct mm_ask_flags *in, uint32_t *flags);
	/**
	 * mm/page_alloc.c: __rmqueue_smallest(): which block of the lists of type @in->mt?  Asked when there is one.
	 * Answer: first pfn of a free block on a list of that type and zone, of the order wanted or more; its first pages are
	 * taken.
	 */
	void (*pick)(void *state, const struct mm_eye *eye, const struct mm_ask_pick *in, uint64_t *pfn);
	/**
	 * mm/page_alloc.c: __rmqueue_claim() and __rmqueue_steal(), __rmqueue_fallback() before 6.15: the own lists are empty.
	 * Answer: a free block of the zone, large enough, on a list of Unmovable, Movable or Reclaimable, but not the request's
	 * own; claimed only when its pageblock lies wholly in the zone.
	 */
	void (*fallback)(void *state, const struct mm_eye *eye, const struct mm_ask_fallback *in,
			 struct mm_reply_fallback *reply);
	/**
	 * mm/page_alloc.c: try_to_claim_block(), steal_suitable_fallback() in 6.1: is the pageblock taken over?  Asked for each
	 * block below pageblock order that the search comes to.  Answer: 0 or 1.
	 */
	void (*claim)(void *state, const struct mm_eye *eye, const struct mm_ask_claim *in, uint32_t *yes);
	/**
	 * mm/page_alloc.c: __free_one_page(), expand(), __move_freepages_block(): where on its list does a block go?  The
	 * simulator asks; no trace tells where a kernel put a block, so a check doesn't.
	 * Answer: enum mm_place; MM_PLACE_BEFORE with a block of the same zone, order and list.
	 */
	void (*place)(void *state, const struct mm_eye *eye, const struct mm_ask_place *in, struct mm_reply_place *reply);
	/**
	 * mm/page_alloc.c: nr_pcp_alloc() in __rmqueue_pcplist(): how many blocks refill an empty per-cpu list?
	 * Answer: 0 (past the lists, to the zone) to 4096 pages' worth.
	 */
	void (*refill)(void *state, const struct mm_eye *eye, const struct mm_ask_pcp *in, int32_t *blocks);
	/**
	 * mm/page_alloc.c: free_frozen_page_commit(), nr_pcp_free(): how many pages go back when one was freed?
	 * Answer: 0 to @in->count pages; pieces of 1 to that many.
	 */
	void (*drain)(void *state, const struct mm_eye *eye, const struct mm_ask_pcp *in, struct mm_reply_drain *reply);
	/**
	 * mm/page_alloc.c: __setup_per_zone_wmarks(), wmark_pages(): the marks of a zone, asked whenever one is held against its
	 * free pages.  Sizes of per-cpu lists are set once, from the kernel's marks.
	 * Answer: 0 <= min <= low <= high <= managed, promo from low to managed; blocks 0 or 1.
	 */
	void (*watermark)(void *state, const struct mm_eye *eye, const struct mm_ask_watermark *in,
			  struct mm_reply_watermark *reply);
	/** mm/page_alloc.c: boost_watermark(): the zone's boost after a fallback.  Answer: 0 to @in->managed pages. */
	void (*boost)(void *state, const struct mm_eye *eye, const struct mm_ask_boost *in, int64_t *pages);
	/**
	 * mm/page_alloc.c: __alloc_pages_slowpath(): what do reclaim and compaction work for (ac->reclaim_compact_order, 7.x)?
	 * Answer: orders that the machine has, none below the request's; capture at most compact; at most MM_GOAL_MOST_PAGES.
	 */
	void (*goal)(void *state, const struct mm_eye *eye, const struct mm_ask_goal *in, struct mm_reply_goal *reply);
	/**
	 * mm/page_alloc.c: __alloc_pages_slowpath(): what comes next?
	 * Answer: see enum mm_next_at.  MM_NEXT_FALLBACK only while ALLOC_NOFRAGMENT is set; at most MM_NEXT_MAX_ROUNDS rounds
	 * of a request more than the policy beneath makes.
	 */
	void (*next)(void *state, const struct mm_eye *eye, const struct mm_ask_next *in, uint32_t *next);

	/** mm/vmscan.c: pgdat_balanced().  Answer: 0 or 1. */
	void (*balance)(void *state, const struct mm_eye *eye, const struct mm_ask_balance *in, uint32_t *balanced);
	/** mm/vmscan.c: wakeup_kswapd(), while kswapd sleeps.  Answer: 0 or 1. */
	void (*kswapd_wake)(void *state, const struct mm_eye *eye, const struct mm_ask_kswapd_wake *in, uint32_t *wake);
	/**
	 * See enum mm_round_at.  Answer: an order that doesn't rise; sleep 0 or 1; an order that the machine has for
	 * kcompactd.
	 */
	void (*kswapd_round)(void *state, const struct mm_eye *eye, const struct mm_ask_kswapd_round *in,
			     struct mm_reply_kswapd_round *reply);
	/** mm/vmscan.c: kswapd_test_hopeless(): has kswapd given the node up?  Answer: 0 or 1. */
	void (*kswapd_dead)(void *state, const struct mm_eye *eye, const struct mm_ask_kswapd_dead *in, uint32_t *dead);
	/** See enum mm_count_event: failures in a row after it.  Answer: 0 to one more than before. */
	void (*kswapd_count)(void *state, const struct mm_eye *eye, const struct mm_ask_kswapd_count *in, int32_t *failures);

	/**
	 * mm/compaction.c: compaction_suit_allocation_order(), compaction_suitable(): is a zone worth compacting?
	 * Answer: MM_COMPACT_SKIPPED, MM_COMPACT_NOT_SUITABLE_ZONE, MM_COMPACT_CONTINUE, or MM_COMPACT_SUCCESS where a block of
	 * the order is free.
	 */
	void (*suitable)(void *state, const struct mm_eye *eye, const struct mm_ask_suitable *in, uint32_t *result);
	/**
	 * mm/compaction.c: __compact_finished(): does a run end here?
	 * Answer: MM_COMPACT_CONTINUE or _NO_SUITABLE_PAGE go on, which they may only as long as the scanners haven't met;
	 * MM_COMPACT_COMPLETE, _PARTIAL_SKIPPED, _CONTENDED and _SUCCESS end it.
	 */
	void (*finished)(void *state, const struct mm_eye *eye, const struct mm_ask_finished *in, uint32_t *result);
	/**
	 * See enum mm_defer_event.  Answer: put_off 0 or 1, shift 0 to 6, considered 0 to 1 << shift, order_failed 0 to
	 * nr_orders.
	 */
	void (*defer)(void *state, const struct mm_eye *eye, const struct mm_ask_defer *in, struct mm_reply_defer *reply);
	/** mm/compaction.c: suitable_migration_source(): may the migrate scanner take from the pageblock?  Answer: 0 or 1. */
	void (*source)(void *state, const struct mm_eye *eye, const struct mm_ask_source *in, uint32_t *yes);
	/** mm/compaction.c: suitable_migration_target(): may the free scanner take from the pageblock?  Answer: 0 or 1. */
	void (*target)(void *state, const struct mm_eye *eye, const struct mm_ask_target *in, uint32_t *yes);
	/**
	 * mm/compaction.c: skip_isolation_on_order(), mm/migrate.c: migrate_pages(): what becomes of a large folio on the LRU?
	 * Asked by the simulator: a trace tells how many pages were taken, not of which folios.
	 * Answer: enum mm_folio_move; whole only below pageblock order, and with large targets.
	 */
	void (*folio_move)(void *state, const struct mm_eye *eye, const struct mm_ask_folio_move *in, uint32_t *what);
	/**
	 * mm/memory.c: alloc_anon_folio(): which order does a fault ask for, and after a failure which next?  Asked by whoever
	 * simulates faults, through mm_sim_folio_order().
	 * Answer: 0, or an order in @in->fits; below @in->failed.
	 */
	void (*folio_order)(void *state, const struct mm_eye *eye, const struct mm_ask_folio_order *in, int32_t *order);
	/**
	 * Is a free block reported to the hypervisor on the spot?  Asked by the simulator when a freed block of pageblock order or
	 * more comes to a free list.  No kernel does so; for reporting as kernels have it, later and in batches, see report_come,
	 * report_gone and reporter.
	 * Answer: 0 or 1.
	 */
	void (*report)(void *state, const struct mm_eye *eye, const struct mm_ask_report *in, uint32_t *yes);
	/**
	 * mm/vmscan.c: get_scan_count(), or get_type_to_scan() of the multi-gen LRU: anonymous against file pages.
	 * Answer: at most what is eligible; anonymous pages first only where swappiness and swap allow them.
	 */
	void (*lru_balance)(void *state, const struct mm_eye *eye, const struct mm_ask_lru_balance *in,
			    struct mm_reply_lru_balance *reply);
	/* revision 1 */
	/**
	 * See enum mm_reclaim_at.  Asked by the simulator: no event shows the answer.  MM_RECLAIM_MORE isn't asked where nothing was
	 * reclaimed, nor of a node with generations, which is shrunk in one go (6.3).
	 * Answer: 0 or 1.
	 */
	void (*reclaim)(void *state, const struct mm_eye *eye, const struct mm_ask_reclaim *in, uint32_t *yes);
	/* revision 2 */
	/**
	 * mm/page_reporting.h: page_reporting_notify_free(): a block of pageblock order or more has come to its list: is the reporter
	 * woken?  Also told of blocks that lie there when the run begins, as if they were freed then.  The simulator asks.
	 * Answer: any time; overflow 0 or 1.
	 */
	void (*report_come)(void *state, const struct mm_eye *eye, const struct mm_ask_report_block *in,
			    struct mm_reply_report_come *reply);
	/**
	 * mm/page_alloc.c: __del_page_from_free_list(): such a block is about to leave its list.  The simulator tells.
	 * Answer: none; what it leaves is 0.
	 */
	void (*report_gone)(void *state, const struct mm_eye *eye, const struct mm_ask_report_block *in, uint32_t *none);
	/**
	 * mm/page_reporting.c: page_reporting_process(), page_reporting_process_zone(), page_reporting_cycle(): the reporter's next
	 * step.  The simulator asks, again and again until the answer is MM_REPORT_IDLE, _AGAIN, or _SEND, which takes time.
	 * Answer: see enum mm_report_act.  TAKE: a free block of pageblock order or more that isn't marked, while there is room;
	 * FRONT: a free block; SEND: what has been taken; at most MM_REPORT_MOST_STEPS without a report; search 0 or 1.
	 */
	void (*reporter)(void *state, const struct mm_eye *eye, const struct mm_ask_reporter *in, struct mm_reply_reporter *reply);
	/* revision 3 */
	/**
	 * mm/compaction.c: isolate_freepages_block(): does the free scanner take the block?  Asked by the simulator for each free block
	 * that it comes to.  Where some policy has the hook, the largest folios get their targets first.
	 * Answer: 0 or 1.
	 */
	void (*folio_target)(void *state, const struct mm_eye *eye, const struct mm_ask_folio_target *in, uint32_t *yes);
};

/**
 * For plug-ins: struct mm_hooks mine = { MM_HOOKS_HEAD("mine"), .claim = my_claim };
 * A state: .state_size = sizeof(struct my_state) beside it.
 */
#define MM_HOOKS_HEAD(n) .abi = MM_HOOKS_ABI, .size = sizeof(struct mm_hooks), .revision = MM_HOOKS_REVISION, .name = (n)

#endif
