/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The engine's public header: the machine, what is known of it, and its
 * timeline.  No terminal, files, clock or random numbers in the engine: the same
 * events and configuration give the same state.
 *
 * Units: pfn and nr in pages, blocks are 2^order pages, positions are counts of
 * events applied (0 = the start), ts in the capture's clock.
 */
#ifndef MM_H
#define MM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sg_capture.h"
#include "sg_err.h"
#include "sg_event.h"
#include "sg_log.h"

#define MM_MAX_ORDERS 16     /* room for orders 0 .. 15; a machine has mm_nr_orders(), 11 on x86-64 */
#define MM_MT_UNKNOWN 0xff   /* migratetype of a pageblock that no event has touched */
#define MM_PID_UNKNOWN INT32_MIN
#define MM_MAX_ZONES 136 /* DMA, DMA32, and Normal and Movable of 64 nodes, and a few */

struct mm_layout;
struct mm_machine;
struct mm_timeline;

/* ---- configuration ---------------------------------------------------- */

/** One place in the trace where a snapshot replaces what is believed. */
struct mm_seed {
	const struct sg_snapshot *snap;
	const char *marker; /* applied at the first trace marker that starts with this; NULL: at the start */
	const char *marker_end; /* the snapshot was complete at this marker; NULL: at once */
};

/** What a machine is made from.  Borrowed: must outlive the machine. */
struct mm_config {
	const struct sg_capture *cap;
	unsigned int nr_seeds;
	struct mm_seed seed[2];
	const struct mm_layout *layout; /* zones when no snapshot names them (machine/layout.h) */
	uint64_t max_pfn_hint; /* without a layout either: highest pfn in the log, of a machine with x86-64's zones */
	unsigned int max_order_hint; /* highest order in the log so far: for captures that don't say which there are */
	unsigned int nr_orders, pageblock_order; /* each 0: from the snapshots, else the capture's formats, else assumed */
	struct sg_limits *limits; /* receives the limits that the engine finds; NULL: nobody asks */
	/*
	 * The state before the first event where it is known better than a snapshot tells, as of a simulated run: an image
	 * (time/image.h) of position 0.  NULL: the snapshot's.  mm_start_new() takes it.
	 */
	const void *start;
	size_t start_len;
};

/* ---- pages, blocks, zones --------------------------------------------- */

enum mm_page_state {
	MM_PAGE_NONE,     /* no page frame here */
	MM_PAGE_UNKNOWN,  /* not yet seen */
	MM_PAGE_FREE,     /* on a buddy list */
	MM_PAGE_PCP,      /* on a per-cpu list */
	MM_PAGE_ALLOC,    /* allocated */
	MM_PAGE_ISOLATED, /* taken from the buddy lists by compaction, or from the LRU: in transit */
};

enum mm_lru {
	MM_LRU_NONE, /* not known to be on the LRU */
	MM_LRU_ANON,
	MM_LRU_FILE,
	MM_LRU_UNEVICTABLE,
};

/** All that is known of one page. */
struct mm_page_info {
	enum mm_page_state state;
	uint64_t head;        /* first pfn of the free block or allocation it belongs to */
	unsigned int order;   /* of that block or allocation */
	uint8_t migratetype;  /* free, pcp: of its list; allocated: of the request; MM_MT_UNKNOWN */
	bool from_snapshot;   /* known only from a snapshot: no owner, flags or age */
	bool have_gfp;
	uint64_t gfp;         /* flags of the request */
	int32_t pid;          /* who allocated it (free pages: who freed it), MM_PID_UNKNOWN */
	uint64_t since;       /* number of the event that put it into this state, 0 = before the trace */
	enum mm_lru lru;
	bool active;          /* on the active list (or in a young generation), as far as events tell */
	bool reported;        /* free: its block bears the mark of those that free page reporting told the host of */
};

/** What is known of @pfn.  Any pfn may be asked. */
void mm_page_get(const struct mm_machine *m, uint64_t pfn, struct mm_page_info *ret);

/** Letter of a state as `state --format pages` prints it: - ? f p a i */
char mm_page_letter(enum mm_page_state state);

/** Summary of one pageblock.  The counts add up to the block's pages. */
struct mm_block_info {
	uint8_t migratetype;      /* MM_MT_UNKNOWN until an event tells */
	uint16_t nr_none, nr_unknown, nr_free, nr_pcp, nr_alloc, nr_isolated;
	uint16_t nr_foreign;      /* allocated pages whose request was of another migratetype than the block */
	uint64_t changed;         /* number of the last event that touched it, 0 = none */
	uint8_t foreseen;         /* while migratetype is unknown: what a later event tells that it is, MM_MT_UNKNOWN none */
	bool reported;            /* free as a whole, and bears the mark of blocks that free page reporting told the host of */
};
/** Is the machine known to do free page reporting? */
bool mm_reports(const struct mm_machine *m);
/** Pageblock number of a pfn is pfn >> mm_pageblock_order(). */
void mm_block_get(const struct mm_machine *m, uint64_t block, struct mm_block_info *ret);
unsigned int mm_pageblock_order(const struct mm_machine *m);
/** Free blocks are of orders 0 .. mm_nr_orders() - 1 (MAX_PAGE_ORDER + 1, MAX_ORDER before 6.4), at most MM_MAX_ORDERS. */
unsigned int mm_nr_orders(const struct mm_machine *m);

/** One zone.  Pages unless said otherwise. */
struct mm_zone_info {
	int node;                    /* -1: several nodes' memory may lie in it */
	char name[16];               /* "?" when nothing tells it */
	uint64_t start_pfn, end_pfn; /* [start, end): the span */
	uint64_t span;               /* its pages, without large holes in it */
	uint64_t present, managed;   /* 0 when nothing tells */
	bool unplaced;               /* of a still: where it lies isn't known, and the borders mean nothing */
	bool deduced;                /* borders guessed from the events, no zoneinfo */
	bool mixed;                  /* it may be several of the kernel's zones in one: what depends on one zone's lists is undecided */
	uint64_t wmark_min, wmark_low, wmark_high, wmark_promo; /* 0 when nothing tells */
	uint64_t nr_free;            /* pages on the buddy lists */
	uint64_t nr_pcp, nr_alloc, nr_isolated, nr_unknown;
	unsigned int nr_orders;       /* of the arrays below so many count */
	uint64_t free[MM_MAX_ORDERS]; /* free blocks by order */
	uint64_t type_free[SG_MAX_MIGRATETYPES][MM_MAX_ORDERS];
	uint64_t type_blocks[SG_MAX_MIGRATETYPES]; /* pageblocks by migratetype */
	uint64_t unknown_blocks;     /* pageblocks whose type nothing tells (not in type_blocks) */
	uint64_t folios[MM_MAX_ORDERS]; /* live allocations made in the trace, by order */
	bool list_known; /* all free pages of the zone are known (seeded by a snapshot) */
	unsigned int lacks; /* enum mm_zone_lack: of a still, what its text doesn't say; the figure is 0 and means nothing */
};
enum mm_zone_lack {
	MM_ZONE_NO_FREE = 1u << 0,   /* nr_free */
	MM_ZONE_NO_PCP = 1u << 1,    /* nr_pcp */
	MM_ZONE_NO_SIZE = 1u << 2,   /* present, managed, and so nr_alloc */
	MM_ZONE_NO_WMARKS = 1u << 3, /* wmark_min, wmark_low, wmark_high */
	MM_ZONE_NO_TYPES = 1u << 4,  /* type_free, type_blocks */
	MM_ZONE_NO_PAGES = 1u << 5,  /* it is only counted: nr_isolated */
};
/** The number of @node, "?" when it isn't known. */
const char *mm_node_text(int node, char buf[12]);
unsigned int mm_nr_zones(const struct mm_machine *m);
/** Zone @i (< mm_nr_zones()), ascending by node and start. */
void mm_zone_get(const struct mm_machine *m, unsigned int i, struct mm_zone_info *ret);
/** Index of the zone of @pfn, -1 when no zone spans it. */
int mm_zone_of(const struct mm_machine *m, uint64_t pfn);

/** Does a snapshot of @cfg name the machine's zones?  Then its layout isn't asked for them. */
bool mm_zones_named(const struct mm_config *cfg);

/** One past the highest pfn of any zone. */
uint64_t mm_end_pfn(const struct mm_machine *m);
/** The first pfn at or after @pfn that a zone spans, large holes left out; UINT64_MAX when there is none. */
uint64_t mm_next_pfn(const struct mm_machine *m, uint64_t pfn);
/** Has the machine's memory holes much larger than all of it?  Then what goes over all pages goes by rank. */
bool mm_has_holes(const struct mm_machine *m);
/**
 * mm_page_rank() - how many pages lie before @pfn, large holes left out
 * Without holes, @pfn itself.  In a hole, the rank of the first page behind it.
 */
uint64_t mm_page_rank(const struct mm_machine *m, uint64_t pfn);
/** The pfn of the page with @rank. */
uint64_t mm_page_at(const struct mm_machine *m, uint64_t rank);

/**
 * Fragmentation index for a request of @order, in thousandths: -1000 when it would succeed, towards 0
 * it fails for lack of memory, towards 1000 for fragmentation.
 * Source: mm/vmstat.c: __fragmentation_index(), 6.1 to 7.3
 */
int mm_fragmentation_index(const struct mm_zone_info *z, unsigned int order);
/** Unusable free space index for @order, 0 .. 1000.  Source: mm/vmstat.c: unusable_free_index() */
int mm_unusable_index(const struct mm_zone_info *z, unsigned int order);

/**
 * mm_free_list() - blocks on one free list, from the head
 * @pfn:  receives up to @max first pfns of blocks whose place in the list is known
 * @ret_unplaced: blocks of the list whose place isn't known (they came from a snapshot); may be NULL
 * Return: number of pfns written: the part of the list at its head whose order is known
 */
size_t mm_free_list(const struct mm_machine *m, unsigned int zone, unsigned int order, unsigned int mt,
		    uint64_t *pfn, size_t max, uint64_t *ret_unplaced);

/* ---- contradictions ---------------------------------------------------- */

/** Ways in which model and trace can disagree: key for JSON, text for people. */
#define MM_CONTRA_LIST(X)                                                                              \
	X(ALLOC_NOT_FREE, "alloc_not_free", "a page left the buddy lists that was thought allocated")   \
	X(ALLOC_TWICE, "alloc_twice", "a page was handed out that was thought handed out already")      \
	X(ALLOC_FROM_BUDDY, "alloc_from_buddy", "a page was handed out that was thought on a buddy list, not per-cpu") \
	X(FREE_TWICE, "free_twice", "a page was freed that was thought free")                           \
	X(FREE_ORDER, "free_order", "a free or allocation has another order than what was known")       \
	X(DRAIN_NOT_PCP, "drain_not_pcp", "a page came back from a per-cpu list that was not thought there") \
	X(LRU_NOT_ALLOC, "lru_not_alloc", "a page was put on the LRU that was thought free")            \
	X(LIST_TYPE, "list_type", "a free block was thought on another migratetype's list")             \
	X(BLOCK_TYPE, "block_type", "a pageblock has another migratetype than was thought")             \
	X(PICK_ORDER, "pick_order", "a page was split from a block of another order than the lists allow") \
	X(ISOLATE_COUNT, "isolate_count", "compaction took another number of free pages than were there") \
	X(COUNT_CLAMPED, "count_clamped", "a counter would have gone below zero")                       \
	X(OUT_OF_RANGE, "out_of_range", "an event names a pfn, order or type that can't be")            \
	X(SNAPSHOT_RACE, "snapshot_race", "an event during the snapshot disagrees with it (expected)")

enum mm_contra {
#define X(id, key, text) MM_CONTRA_##id,
	MM_CONTRA_LIST(X)
#undef X
	MM_CONTRA_COUNT
};
const char *mm_contra_key(enum mm_contra c);
const char *mm_contra_text(enum mm_contra c);
/** How often @c has happened up to the machine's position. */
uint64_t mm_contra_count(const struct mm_machine *m, enum mm_contra c);

/* ---- one step ---------------------------------------------------------- */

struct mm_machine *mm_machine_new(const struct mm_config *cfg, struct sg_err *err);
void mm_machine_free(struct mm_machine *m);

/**
 * mm_observe() - applies one event
 * What doesn't fit is counted and repaired.  When memory runs out, the machine forgets all it knows: from that event on
 * the position moves, nothing is applied and no contradiction is counted, and pages, pageblocks and lists are unknown.
 */
void mm_observe(struct mm_machine *m, const struct sg_event *ev);

/** The event during which memory ran out, so that nothing is known from there on; 0: none did. */
uint64_t mm_out_of_memory(const struct mm_machine *m);

/** Events applied so far. */
uint64_t mm_position(const struct mm_machine *m);

/** A stretch of pages that the last event changed. */
struct mm_change {
	uint64_t pfn;
	uint64_t nr;
	enum mm_page_state from, to; /* of its first page */
};
/** Changes of the last event, in order; at most 64 are kept, *@ret_total counts all. */
const struct mm_change *mm_changes(const struct mm_machine *m, size_t *ret_nr, size_t *ret_total);

/** A pageblock that the last event showed to be, or made, of another migratetype. */
struct mm_block_change {
	uint64_t pfn; /* its first */
	uint8_t from, to; /* MM_MT_UNKNOWN: nothing had told of what type it was */
};
/** Those of the last event, in order; at most 16 are kept, *@ret_total counts all. */
const struct mm_block_change *mm_block_changes(const struct mm_machine *m, size_t *ret_nr, size_t *ret_total);

/** Contradictions that the last event caused (bit i: enum mm_contra i). */
uint32_t mm_last_contra(const struct mm_machine *m);

/** Why kswapd sleeps. */
enum mm_kswapd_sleep {
	MM_KSWAPD_SLEEP_UNKNOWN,
	MM_KSWAPD_SLEEP_BALANCED,
	MM_KSWAPD_SLEEP_GAVE_UP, /* 16 rounds without progress: the node is hopeless */
};

/** What the background threads and scanners are doing, per node (index = node, up to 63). */
struct mm_node_info {
	bool present;
	bool kswapd_awake;
	unsigned int kswapd_order;
	unsigned int kswapd_failures;
	enum mm_kswapd_sleep kswapd_slept; /* of its last sleep: why */
	bool kcompactd_awake;
	unsigned int kcompactd_order;
	unsigned int nr_direct_reclaim; /* tasks inside direct reclaim now */
	unsigned int nr_direct_compact; /* tasks inside a compaction of their own now */
	bool compacting;
	uint64_t migrate_pfn, free_pfn; /* scanners of the latest compaction run on this node */
};
void mm_node_get(const struct mm_machine *m, int node, struct mm_node_info *ret);

/** A request for pages that has begun to reclaim or compact for itself, and has neither got its pages nor failed. */
struct mm_stall_info {
	int32_t pid;
	unsigned int order; /* as its latest reclaim or compaction names it */
	uint8_t migratetype; /* of the request, by its gfp flags */
	unsigned int reclaims, compactions; /* begun for this request so far */
	uint64_t reclaimed; /* pages, by its direct reclaims */
	uint64_t event, ts; /* when the first of them began */
};
/** Requests that stall now, as far as at most 64 are followed; the oldest is 0. */
unsigned int mm_nr_stalls(const struct mm_machine *m);
/** @i below mm_nr_stalls(). */
void mm_stall_get(const struct mm_machine *m, unsigned int i, struct mm_stall_info *ret);
/** How many of them ask for @mt. */
unsigned int mm_stalls_of(const struct mm_machine *m, unsigned int mt);

/**
 * mm_skip() - the next event is number @number; those before it that weren't applied are lost
 * Positions stay those of the capture.  What is lost is for the event to tell (struct sg_event: missed).  A number that
 * isn't behind the position changes nothing.
 */
void mm_skip(struct mm_machine *m, uint64_t number);

/** Whole-machine audit for debug builds and tests: 0, or SG_E_RANGE and what is broken in @err. */
int mm_audit(const struct mm_machine *m, struct sg_err *err);

/** 64-bit hash of all state that queries can show; equal states have equal hashes. */
uint64_t mm_hash(const struct mm_machine *m);

/* ---- timeline ---------------------------------------------------------- */

/**
 * mm_timeline_new() - all positions of the observed run over a log
 * @cfg:    copied; what it points to is borrowed
 * @log:    borrowed; may grow later
 * @budget: bytes for keyframes and machine; 0: no limit of the caller's.  However large it is, they use no more than
 *          16 MiB, 22 bytes for each event of the log and 24 for each page touched: closer keyframes gain nothing.
 *          However small, the machine itself, a few keyframes along the run and those near the position are kept.
 */
struct mm_timeline *mm_timeline_new(const struct mm_config *cfg, const struct sg_log *log, uint64_t budget,
				    struct sg_err *err);
void mm_timeline_free(struct mm_timeline *tl);

/** Moves to @pos (0 .. sg_log_count()), clamped. After it mm_timeline_machine() is the state there. */
void mm_timeline_seek(struct mm_timeline *tl, uint64_t pos);
/** Works towards @pos for at most @max_events events; true when arrived. For long seeks in slices. */
bool mm_timeline_seek_slice(struct mm_timeline *tl, uint64_t pos, uint64_t max_events);
const struct mm_machine *mm_timeline_machine(const struct mm_timeline *tl);
/** Bytes that keyframes and the machine hold. */
uint64_t mm_timeline_bytes(const struct mm_timeline *tl);
/** Events that seeks have replayed so far, those for keyframes of later steps back included: what moving costs. */
uint64_t mm_timeline_applied(const struct mm_timeline *tl);

/**
 * mm_timeline_prepare() - runs ahead where nobody has been yet, so that keyframes are there when they are asked for
 * A second machine, at most @max_events further events; the position stays.  Types of pageblocks that a later event
 * tells are read ahead as well, up to eight times as many events (struct mm_block_info: foreseen).
 * Return: false when there is nothing to do, for now: the log may grow
 */
bool mm_timeline_prepare(struct mm_timeline *tl, uint64_t max_events);
/** How far the run has keyframes: a position. */
uint64_t mm_timeline_prepared(const struct mm_timeline *tl);

/** Keyframes along the run; they come and go with seeks. */
size_t mm_timeline_keyframes(const struct mm_timeline *tl);
/** Position of keyframe @i, ascending; number 0 is the start. */
uint64_t mm_timeline_keyframe_position(const struct mm_timeline *tl, size_t i);
/**
 * mm_timeline_keyframe_save() - the image of keyframe @i (time/image.h)
 * Return: 0, what @fn returned (it gets the image in pieces, in order), or SG_E_NOMEM
 */
int mm_timeline_keyframe_save(const struct mm_timeline *tl, size_t i,
			      int (*fn)(void *arg, const void *data, size_t len), void *arg);
/**
 * mm_timeline_keyframe_add() - a keyframe from an image, as mm_timeline_keyframe_save() wrote it
 * @data: @len bytes from anywhere, all checked
 * The events up to its position needn't be in the log yet, but must be those of the image: the state there is
 * believed.  Images added in ascending order share what they have in common.
 * Return: 0; 1 when it isn't needed (there is one at the position, or no memory is left in the budget); or < 0 and
 * the sentence in @err, as mm_image_load()
 */
int mm_timeline_keyframe_add(struct mm_timeline *tl, const void *data, size_t len, struct sg_err *err);

/* ---- words ------------------------------------------------------------- */

/** True for events that carry a decision: extfrag, kswapd wake, direct reclaim, compaction run ... */
bool mm_is_decision(const struct sg_event *ev);

/**
 * mm_explain() - the event in words, one or two sentences, no newline
 * e.g. "cat-214 takes order 0 Movable at pfn 12345 from the buddy lists of node 0 Normal (per-cpu refill)."
 */
void mm_explain(const struct mm_machine *m, const struct sg_event *ev, char *buf, size_t size);

/**
 * mm_event_field() - one field as text: names of flags, symbols, migratetypes and zones from the
 * capture, else the number
 * Return: bytes written without the NUL; "" for a missing field
 */
size_t mm_event_field(const struct sg_capture *cap, const struct sg_event *ev, unsigned int slot, char *buf,
		      size_t size);

/* ---- totals ------------------------------------------------------------ */

/** Totals over a stretch of events; fed one by one, independent of a machine. */
struct mm_totals;
struct mm_totals *mm_totals_new(const struct sg_capture *cap);
void mm_totals_free(struct mm_totals *t);
void mm_totals_add(struct mm_totals *t, const struct sg_event *ev);

struct mm_task_total {
	int32_t pid;
	uint64_t allocs, frees, pages_allocated, pages_freed, failed, direct_reclaims, compactions, extfrags;
	uint64_t reclaim_ts, compact_ts; /* clock units inside direct reclaim, direct compaction */
};
struct mm_extfrag_total {
	uint8_t alloc_mt, fallback_mt, alloc_order, fallback_order;
	bool claimed; /* change_ownership */
	uint64_t count;
};
struct mm_sums {
	uint64_t events, kind[SG_KIND_COUNT];
	uint64_t first_ts, last_ts;
	uint64_t order_allocs[MM_MAX_ORDERS], order_frees[MM_MAX_ORDERS], order_failed[MM_MAX_ORDERS];
	uint64_t mt_allocs[SG_MAX_MIGRATETYPES], mt_pages[SG_MAX_MIGRATETYPES];
	uint64_t kswapd_wakes, kswapd_sleeps, kswapd_fails, direct_reclaims, direct_reclaimed_pages,
		lru_scanned, lru_reclaimed, slab_scans;
	uint64_t compact_runs, compact_success, compact_partial_skipped, compact_complete, compact_contended,
		compact_other, kcompactd_wakes, compact_deferred, migrate_scanned, migrate_taken, free_scanned,
		free_taken, migrated, migrate_failed;
};
const struct mm_sums *mm_totals_sums(const struct mm_totals *t);
/** Tasks by pages allocated, most first. Sorted at the call; borrowed until the next add. */
const struct mm_task_total *mm_totals_tasks(struct mm_totals *t, size_t *ret_nr);
/** Extfrag table, most frequent first. */
const struct mm_extfrag_total *mm_totals_extfrag(struct mm_totals *t, size_t *ret_nr);

#endif
