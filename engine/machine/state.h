/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine's inside: what its state consists of.  Private to engine/.
 *
 * What grows with memory lies in copy-on-write arrays (pages, pageblocks, per-cpu
 * lists); the rest is struct mm_core, plain data that a keyframe copies whole.
 *
 * A page entry exists once an event has touched the page; before that the seed (what
 * the snapshot said) speaks.  The free lists are linked through the
 * page entries, in the kernel's order.  A free block that only the snapshot knows
 * is on its list at an unknown place: a list is
 *
 *	head part (linked) - unplaced blocks (a count) - tail part (linked)
 *
 * so that what was put at the head or at the tail since is in its exact place.  Compaction's searches
 * turn MOVABLE lists; then more unplaced and linked blocks come in turn between the two (struct list_mid).
 */
#ifndef MM_MACHINE_STATE_H
#define MM_MACHINE_STATE_H

#include "machine/room.h"

#include <setjmp.h>

#include "mm.h"
#include "policy/hooks.h"
#include "store/cow.h"
#include "machine/map.h"
#include "policy/facts.h"
#include "machine/seed.h"

#define MM_NIL UINT32_MAX
#define MM_NR_MT (SG_MAX_MIGRATETYPES + 1) /* and a row for free blocks whose type isn't known */
#define MM_MT_ROW_UNKNOWN SG_MAX_MIGRATETYPES
#define MM_NR_PCPTYPES 3                   /* UNMOVABLE, MOVABLE, RECLAIMABLE in every kernel */
#define MM_KSWAPD_HOPELESS 16 /* MAX_RECLAIM_RETRIES: rounds without progress after which kswapd gives a node up */
#define MM_COSTLY_ORDER 3                  /* PAGE_ALLOC_COSTLY_ORDER */
#define MM_NR_PINDEX 14                    /* 4 orders x 3 types, and two lists of PMD order */
#define MM_MAX_PFN 0xfffffff0ull           /* page entries link with 32 bits: 16 TiB of 4 KiB pages */

/* Internal page states; 0 so that a new entry is unknown. */
enum page_state { PS_UNKNOWN, PS_NONE, PS_FREE, PS_FREET, PS_PCP, PS_ALLOC, PS_ISO };

#define PE_STATE 0x07u  /* enum page_state */
#define PE_LRU 0x18u    /* enum mm_lru << 3 */
#define PE_ACTIVE 0x20u
#define PE_WAS_LRU PE_ACTIVE /* pcp: freed, and it came off the LRU */
#define PE_SNAP 0x40u   /* known only from a snapshot */
#define PE_LINK 0x80u   /* free: linked in its list; pcp: linked in its per-cpu list */

/* One page: 16 bytes. */
struct page_ent {
	uint8_t st;
	uint8_t om;   /* order in the low nibble, migratetype in the high one (15: unknown) */
	uint16_t x;   /* allocated: gfp dictionary index; pcp: cpu << 2 | where from */
	uint32_t a;   /* allocated: pid; free and pcp: next block towards the tail */
	uint32_t b;   /* free and pcp: next block towards the head */
	uint32_t since; /* event number */
};

#define PCP_FROM_REFILL 0u
#define PCP_FROM_FREE 1u
#define PCP_FROM_IRQ 2u   /* freed in an interrupt that may have found the lists locked */
#define PCP_FROM_BATCH 3u /* freed, and an event says that it reached the list */

/* Freed, but no event says that it reached the per-cpu list: the lock may have been held by another. */
static inline bool mm_pcp_unsure(const struct page_ent *e)
{
	return (e->x & 3) == PCP_FROM_FREE || (e->x & 3) == PCP_FROM_IRQ;
}

#define PE_X_REPORTED 0x8000u /* free: reported to the host; the rest of x counts how often the block was passed over */
#define PE_X_BEHIND 0x4000u   /* free: put at the tail of a list of which not all is known, so behind nobody knows what */
#define PE_X_PASSED 0x3fffu

static inline unsigned int ent_state(const struct page_ent *e) { return e->st & PE_STATE; }
static inline unsigned int ent_order(const struct page_ent *e) { return e->om & 15u; }
static inline unsigned int ent_mt(const struct page_ent *e) { return e->om >> 4; }

/* One pageblock: 16 bytes. */
struct block_ent {
	uint8_t mt;  /* MM_MT_UNKNOWN */
	uint8_t was; /* isolated: 1 + the type before, 0 unknown */
	uint16_t nr[5]; /* pages by BN_* */
	uint32_t changed;
};
enum { BN_FREE, BN_PCP, BN_ALLOC, BN_ISO, BN_FOREIGN };

struct free_list {
	uint32_t head_first, head_last, tail_first, tail_last;
	uint32_t nr_linked, nr_unplaced; /* blocks that are linked, blocks of unknown place */
	/*
	 * The last pick wasn't of our first block, but of the one before this, or (MM_LIST_LOST) of an unplaced
	 * one: if the next one is this, the list was turned.  MM_NIL: the last pick was as expected.
	 */
	uint32_t follow;
	uint32_t nr_taken; /* of the unplaced ones: left by a search that doesn't tell which; on no place any more */
	/*
	 * From this block on the list was rotated by a search that the trace doesn't tell enough of: which
	 * of them comes first is unknown until one is picked.  MM_NIL: the order is known.
	 */
	uint32_t cycle_first;
};
#define MM_LIST_LOST (MM_NIL - 1) /* cycle_first: all of the list, and it has no head part */

/* Between a list's head part and its last gap: gaps of unplaced blocks, each with the linked blocks behind it. */
#define MM_LIST_PARTS 6
struct list_mid {
	uint32_t nr;
	struct {
		uint32_t unplaced, first, last;
	} part[MM_LIST_PARTS];
};

/* Which gap an unplaced block is thought to have been in. */
enum list_gap { GAP_LARGEST, GAP_FIRST, GAP_LAST };

/* A walk over a MOVABLE list. */
struct list_walk {
	const struct zone_state *z;
	unsigned int order, at;
	uint32_t next, unplaced;
};

/* @at, @before: events that last and next to last may have put a block that nobody knows first on a list, 0 none; @pfn: that block */
struct list_over {
	uint32_t at, before, pfn;
};

struct zone_state {
	int node;
	char name[16];
	uint64_t start, end, present, managed;
	uint64_t wmark_min, wmark_low, wmark_high, wmark_promo;
	bool deduced, mixed, list_known, have_type_blocks;
	int zone_type; /* index in enum zone_type, -1 unknown */
	unsigned int nr_orders; /* the machine's */
	/* of each type, a bit for each order whose list is complete: the model has all that the kernel has on it */
	uint16_t complete[MM_NR_MT];
	/* compact_init_free_pfn, as searches show it: from le on they were deep ones, up to gt they weren't */
	uint64_t search_start_le, search_start_gt;
	uint64_t nr_pages[PS_ISO + 1]; /* touched pages by state; unknown ones follow from the span */
	uint64_t type_blocks[SG_MAX_MIGRATETYPES];
	/* a keyframe keeps the first nr_orders of each of these: they must come last */
	struct free_list list[MM_MAX_ORDERS][MM_NR_MT];
	struct list_mid mid[MM_MAX_ORDERS]; /* of the MOVABLE lists */
	uint32_t unnamed[MM_MAX_ORDERS][SG_MAX_MIGRATETYPES]; /* free blocks of unknown type that may be on each list */
	uint64_t folios[MM_MAX_ORDERS];
	struct list_over over[MM_MAX_ORDERS][MM_NR_PCPTYPES];
};

/* One per-cpu list set: element zone * nr_cpus + cpu of the array pcp. */
struct pcp_state {
	struct {
		uint32_t first, last, nr;
	} list[MM_NR_PINDEX];
	uint32_t count;   /* pages, as far as known */
	uint32_t pad[5];
};

#define MM_MAX_NODES 64 /* MAX_NUMNODES of distributions' kernels (CONFIG_NODES_SHIFT 6); larger numbers are out of range */
#define MM_MAX_BASE_CPUS 8192 /* NR_CPUS with MAXSMP on x86-64 */
#define MM_MAX_CHANGES 64
#define MM_MAX_BLOCK_CHANGES 16
#define MM_MAX_GFP 4096
#define MM_GFP_ORDERS 256 /* of those, the first whose requests' orders are remembered */
#define MM_GFP_SEVERAL UINT8_MAX

struct mm_core {
	uint64_t position;
	unsigned int nr_zones;
	struct mm_node_info node[MM_MAX_NODES];
	uint64_t contra[MM_CONTRA_COUNT];
	bool in_snapshot;       /* between a seed's marker and its end */
	uint8_t seeds_applied;  /* bit per seed */
	bool reporting;         /* the kernel is known to do free page reporting */
	uint64_t seed_at, seed_wrong; /* position at which the seed was applied, and what weigh_seed() counts until then */
	uint32_t stale_at;      /* event that showed that the seed doesn't fit; 0 none did */
	uint32_t seed_lost;     /* the first such event since the seed was applied: what it calls free is unknown; 0 none */
	/* gfp dictionary: grows only, so that old indices stay right */
	unsigned int nr_gfp;
	uint8_t gfp_order[MM_GFP_ORDERS]; /* 1 + the order of all requests with these flags; MM_GFP_SEVERAL; 0 none yet */
	/* nr_zones of them; of the machine that has this core, so this must come last */
	struct zone_state *zone;
};

/* Where a free block goes: to the tail or the head of its list, or (@before isn't MM_NO_PFN) right before that block. */
struct mm_place_at {
	bool tail;
	uint64_t before;
};
/* Whoever has a say in that beside the kernel's rules, whose place @at holds, and who is told of blocks that come and go. */
struct mm_placer {
	/* each may be NULL */
	void (*place)(void *arg, const struct zone_state *z, uint64_t pfn, unsigned int order, unsigned int mt,
		      enum mm_place_why why, struct mm_place_at *at);
	/* the block is on its list now; it is about to leave it, with head entry @e */
	void (*came)(void *arg, const struct zone_state *z, uint64_t pfn, unsigned int order, unsigned int mt, enum mm_place_why why);
	void (*goes)(void *arg, const struct zone_state *z, uint64_t pfn, const struct page_ent *e, enum mm_gone_why why);
	void *arg;
};

struct mm_foresight;
struct mm_observer;

struct mm_machine {
	struct mm_config cfg;
	const struct sg_capture *cap;
	unsigned int nr_orders; /* free blocks are of orders below */
	/* blocks up to pcp_costly, and those of pcp_huge, go through per-cpu lists; pcp_huge 0: none above */
	unsigned int pcp_costly, pcp_huge;
	unsigned int pb_order;
	unsigned int nr_cpus;
	unsigned int nodes_end; /* no node from here on has been seen so far: what goes through all nodes ends here */
	unsigned int nr_base; /* CPUs whose last event is followed: nr_cpus, at most MM_MAX_BASE_CPUS */
	struct mm_facts facts; /* the captured kernel's, or of the policy that a run follows */
	bool shuffled; /* free blocks of the highest order come to either end of their list by chance */
	bool hygiene;      /* free pages lie on the list of their pageblock's type (6.10 and later) */
	uint64_t end_pfn;
	struct mm_map *map; /* numbers of the pages; NULL: pfns are their own */
	struct mm_pool *pool; /* of all copy-on-write arrays of this family of machines */
	uint64_t gfp[MM_MAX_GFP];
	struct mm_core core;
	/* what whoever follows a trace remembers beside the machine: observe/observer.h.  NULL: nobody follows one */
	struct mm_observer *obs;
	size_t obs_bytes;
	struct mm_cow pages, blocks, pcp;
	/* what the timeline knows of pageblocks that no event has named yet: their next type; NULL: nothing.  For mm_block_get() only */
	unsigned int (*foresee)(const struct mm_foresight *f, uint64_t block, uint64_t position);
	const struct mm_foresight *foresight;
	struct mm_seed_map *seed;
	struct mm_seed_map *seed_map[2]; /* built once, for each cfg.seed that has page flags */
	bool seed_types[2];              /* what its pagetypeinfo says may be used */
	struct mm_seed_map *seed_blank;  /* before the first of them */
	uint64_t now; /* time of the last event */
	uint32_t cpu; /* its CPU */
	/* of the last event only */
	struct mm_change change[MM_MAX_CHANGES];
	struct mm_change shown[MM_MAX_CHANGES]; /* the same with pfns, of a machine with a map, when somebody has asked */
	size_t nr_changes, total_changes;
	struct mm_block_change block_change[MM_MAX_BLOCK_CHANGES];
	size_t nr_block_changes, total_block_changes;
	uint32_t last_contra;
	struct page_ent sink; /* written when memory runs out outside of mm_observe() */
	struct block_ent block_sink;
	bool out_of_memory;
	uint64_t no_memory_at; /* the event during which it ran out; 0: none */
	bool copy;     /* of mm_machine_copy(): what it lacks only costs time */
	const struct mm_placer *placer; /* NULL: blocks go where the kernel puts them; a copy has none */
	bool observing;
	jmp_buf leave;         /* where mm_observe() goes on when memory runs out while it is observing */
};

/*
 * Inside the engine "pfn" is a page's number (machine/map.h), which most machines have no need of.  Where pfns of the kernel's
 * come in and go out:
 */
static inline uint64_t mm_in(const struct mm_machine *m, uint64_t pfn)
{
	return m->map ? mm_map_in(m->map, pfn) : pfn;
}

static inline uint64_t mm_out(const struct mm_machine *m, uint64_t pfn)
{
	return m->map ? mm_map_out(m->map, pfn) : pfn;
}

/* Of the end of a range. */
static inline uint64_t mm_edge_out(const struct mm_machine *m, uint64_t pfn)
{
	return m->map ? mm_map_edge_out(m->map, pfn) : pfn;
}

/* machine/machine.c */
/** mm_machine_new() without an observer: for whoever decides itself. */
struct mm_machine *mm_machine_make(const struct mm_config *cfg, struct sg_err *err);
struct mm_machine *mm_machine_copy(const struct mm_machine *src);
/**
 * mm_no_memory() - a page, a block or a list couldn't be written
 * During an event it doesn't return: code that waits for what it has written would wait for ever.
 */
void mm_no_memory(struct mm_machine *m);
/** Of pages, lists, tasks and threads nothing is known any more; what was counted stays. */
void mm_forget(struct mm_machine *m);

/* machine/orders.c */
void mm_orders_init(struct mm_machine *m, const struct mm_config *cfg);
void mm_orders_pcp(struct mm_machine *m, const struct mm_config *cfg);

/* machine/page.c; entries are read and written as machine/page.h says */
struct page_ent mm_ent_seed(const struct mm_machine *m, uint64_t pfn);
struct page_ent mm_ent_meaning(const struct page_ent *e);
struct block_ent mm_blk_seed(const struct mm_machine *m, uint64_t block);
void mm_ent_fill(void *arg, uint64_t pfn, void *elem);
void mm_blk_fill(void *arg, uint64_t block, void *elem);
void mm_set_state(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int nr,
		  enum page_state to, const struct page_ent *as);
void mm_change_add(struct mm_machine *m, uint64_t pfn, uint64_t nr, unsigned int from, unsigned int to);
void mm_contra_add(struct mm_machine *m, enum mm_contra c);
bool mm_head_of(const struct mm_machine *m, uint64_t pfn, uint64_t *ret_head, struct page_ent *ret);
uint16_t mm_gfp_index(struct mm_machine *m, uint64_t gfp);
void mm_gfp_note(struct mm_machine *m, uint16_t index, unsigned int order);
int mm_gfp_order(const struct mm_machine *m, uint64_t gfp);

/* machine/zone.c */
/** Index of the zone of a page, -1 when no zone spans it. */
int mm_zone_index(const struct mm_machine *m, uint64_t pfn);
/** One past the highest page of any zone. */
uint64_t mm_end_index(const struct mm_machine *m);
int mm_zones_init(struct mm_machine *m, struct sg_err *err);
struct zone_state *mm_zone_at(struct mm_machine *m, uint64_t pfn);
void mm_lists_clear(struct zone_state *z);
/** What a still's snapshot says of a zone, NULL for a machine of a trace. */
const struct sg_zone_snap *mm_still_snap(const struct mm_machine *m, const struct zone_state *z);
/** Pages that a counted zone is given. */
uint64_t mm_still_span(const struct sg_zone_snap *zs);
/** The counted figures of a still's zone. */
void mm_still_zone(const struct mm_machine *m, const struct zone_state *z, struct mm_zone_info *ret);
void mm_zones_size(struct mm_machine *m, const struct sg_snapshot *snap);
void mm_zones_seed(struct mm_machine *m, const struct sg_snapshot *snap, bool pages, bool types);

/* machine/seed_trust.c */
bool mm_seed_trusted(const struct mm_machine *m, unsigned int i, bool *ret_types);
void mm_zones_blank(struct mm_machine *m);

/* machine/freelist_parts.c */
struct free_list *mm_list_of(struct zone_state *z, unsigned int order, unsigned int mt);
/** Blocks in the last gap of a list: those that no other gap holds. */
uint32_t mm_list_gap(const struct zone_state *z, unsigned int order, unsigned int mt);
void mm_list_join(struct mm_machine *m, struct zone_state *z, unsigned int order, unsigned int mt);

/* machine/freelist.c */
void mm_list_link(struct mm_machine *m, struct zone_state *z, uint64_t pfn, struct page_ent *e, unsigned int order,
		  unsigned int mt, bool tail);
void mm_list_link_before(struct mm_machine *m, struct zone_state *z, uint64_t pfn, struct page_ent *e, unsigned int order,
			 unsigned int mt, uint64_t before);
void mm_list_unlink(struct mm_machine *m, struct zone_state *z, uint64_t pfn, const struct page_ent *e,
		    unsigned int mt_hint, enum list_gap of);
void mm_list_del(struct mm_machine *m, struct zone_state *z, uint64_t pfn, const struct page_ent *e,
		 unsigned int mt_hint);
bool mm_list_take_unknown(struct mm_machine *m, struct zone_state *z, unsigned int order);
void mm_list_none_unplaced(struct mm_machine *m, struct zone_state *z, unsigned int order, unsigned int mt);
void mm_list_taken_del(struct zone_state *z, unsigned int order);
void mm_list_was_first(struct mm_machine *m, struct zone_state *z, unsigned int order, unsigned int mt, uint64_t pfn);
void mm_list_back_begin(const struct zone_state *z, unsigned int order, struct list_walk *b);
/** The next block towards the head: its pfn, MM_NIL for an unplaced one.  Return: false at the end */
bool mm_list_back_next(const struct mm_machine *m, struct list_walk *b, uint32_t *ret);
void mm_list_ahead_begin(const struct zone_state *z, unsigned int order, struct list_walk *b);
/** The same towards the tail. */
bool mm_list_ahead_next(const struct mm_machine *m, struct list_walk *b, uint32_t *ret);

/* machine/freelist_turn.c */
void mm_list_rotated(struct zone_state *z, unsigned int order, unsigned int mt);
void mm_list_forget(struct mm_machine *m, struct zone_state *z, unsigned int order, unsigned int mt);
void mm_list_rotate(struct mm_machine *m, struct zone_state *z, unsigned int order, unsigned int mt, uint64_t pfn);
void mm_list_rotate_after(struct mm_machine *m, struct zone_state *z, unsigned int order, unsigned int mt,
			  uint64_t pfn);
void mm_list_realign(struct mm_machine *m, struct zone_state *z, unsigned int order, unsigned int mt, uint64_t pfn,
		     const struct page_ent *e);
void mm_list_turn(struct mm_machine *m, struct zone_state *z, unsigned int order, unsigned int nr);
void mm_list_gap_shift(struct mm_machine *m, struct zone_state *z, unsigned int order, unsigned int at, int by);

/* machine/complete.c */
/** All lists of one type: a bit for each order. */
static inline uint16_t mm_all_orders(const struct zone_state *z)
{
	return (uint16_t)((1u << z->nr_orders) - 1);
}
void mm_complete_seed(struct zone_state *z, bool types);
void mm_complete_lose(struct zone_state *z, unsigned int from, unsigned int to, unsigned int mt);
bool mm_complete_all(const struct zone_state *z, unsigned int from, unsigned int to, unsigned int mt);
/**
 * mm_complete_over() - blocks that the model doesn't know may have come to the heads of the lists of orders [@from, @to) of @mt
 * @pfn: a page of each of them, MM_NIL when they aren't known that well
 */
void mm_complete_over(struct mm_machine *m, struct zone_state *z, unsigned int from, unsigned int to, unsigned int mt,
		      uint64_t pfn);
/** The block at @pfn is the first of its list in the model: may one that the model doesn't know be before it in the kernel? */
bool mm_complete_behind(const struct mm_machine *m, const struct zone_state *z, uint64_t pfn, unsigned int order,
			unsigned int mt);
bool mm_complete_list(const struct zone_state *z, unsigned int order, unsigned int mt);
/** Might the block, as far as the model knows, be part of a larger one in the kernel? */
bool mm_maybe_merged(const struct mm_machine *m, const struct zone_state *z, uint64_t pfn, unsigned int order,
		     unsigned int mt);
/** The highest order that the block may be of by now, as far as the model knows: @order where it can't have merged. */
unsigned int mm_merge_most(const struct mm_machine *m, const struct zone_state *z, uint64_t pfn, unsigned int order,
			   unsigned int mt);

/* machine/unnamed.c */
#define MM_UNNAMED_AT_TAIL (1u << 15) /* field x: it was put at its list's tail */
static inline bool mm_is_unnamed(const struct page_ent *e)
{
	return ent_state(e) == PS_FREE && (e->st & PE_LINK) && ent_mt(e) == 15;
}
void mm_unnamed_count(struct zone_state *z, const struct page_ent *e, int by);
void mm_unnamed_add(struct zone_state *z, struct page_ent *e, bool tail);
unsigned int mm_unnamed_is_not(const struct page_ent *e);
void mm_unnamed_exclude(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int not);
bool mm_unnamed_on(const struct zone_state *z, unsigned int order, unsigned int mt);
bool mm_unnamed_before(const struct mm_machine *m, const struct zone_state *z, unsigned int order, unsigned int mt,
		       uint64_t pfn);

/* machine/name.c */
void mm_unnamed_named(struct mm_machine *m, struct zone_state *z, uint64_t pfn);

/* machine/buddy.c */
void mm_list_add(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int order,
		 unsigned int mt, bool tail);
void mm_list_put(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int order, unsigned int mt, bool tail,
		 enum mm_place_why why);
/** The block at @pfn is about to leave its list: whoever wants to know is told. */
static inline void mm_list_goes(const struct mm_machine *m, const struct zone_state *z, uint64_t pfn, const struct page_ent *e,
				enum mm_gone_why why)
{
	if (__builtin_expect(m->placer != NULL, 0) && m->placer->goes)
		m->placer->goes(m->placer->arg, z, pfn, e, why);
}
void mm_list_move(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int old_mt, unsigned int mt);
void mm_list_del(struct mm_machine *m, struct zone_state *z, uint64_t pfn, const struct page_ent *e,
		 unsigned int mt_hint);
/* What a caller has a say in when a block is freed. */
struct mm_free_opts {
	bool to_tail; /* FPI_TO_TAIL */
	bool returned; /* free page reporting gives it back: it is marked, if it doesn't merge */
	/* may take the block at each order on its way up: compaction_capture(); NULL: nobody */
	bool (*capture)(void *arg, uint64_t pfn, unsigned int order, unsigned int mt);
	/* head or tail for a block of the highest order: shuffle_pick_tail(); NULL: no shuffling */
	bool (*shuffle)(void *arg);
	void *arg;
};
/* What became of a freed block: where the merges ended, and whether somebody took it on the way. */
struct mm_freed {
	uint64_t pfn;
	unsigned int order;
	bool captured;
};
struct mm_freed mm_buddy_free_with(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int order,
				   unsigned int mt, const struct mm_free_opts *opts);
struct mm_freed mm_buddy_free(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int order,
			      unsigned int mt, bool to_tail);
struct page_ent *mm_buddy_head(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int order, unsigned int mt);
void mm_buddy_inside(struct mm_machine *m, struct zone_state *z, uint64_t pfn);
void mm_buddy_split(struct mm_machine *m, struct zone_state *z, uint64_t head, const struct page_ent *e, uint64_t pfn,
		    unsigned int order, unsigned int mt, unsigned int remainder_mt);
uint64_t mm_buddy_take(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int order,
		       unsigned int mt, unsigned int remainder_mt);
uint64_t mm_buddy_remove_range(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int order);
void mm_block_move(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int old_mt,
		   unsigned int new_mt);
void mm_block_type(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int mt,
		   unsigned int old_mt, bool contradiction);

/* machine/pcp.c */
/**
 * mm_event_refills() - does the block of @ev, a mm_page_alloc_zone_locked, go onto a per-cpu list?
 * percpu_refill says so for the types that have a list of their own.  A block of a CMA pageblock is taken for a movable
 * request, whose per-cpu list it goes to, and the event says no: __rmqueue_smallest() is asked for type CMA there.
 * Source: mm/page_alloc.c: __rmqueue_smallest(), __rmqueue_cma_fallback(), rmqueue_bulk(), 5.19 to 7.3; kernels before
 *	have no such field, and the order says it
 */
bool mm_event_refills(const struct mm_machine *m, const struct sg_event *ev);
void mm_pcp_fill(void *arg, uint64_t i, void *elem);
unsigned int mm_pindex(const struct mm_machine *m, unsigned int order, unsigned int mt);
bool mm_pcp_order(const struct mm_machine *m, unsigned int order);
void mm_pcp_add(struct mm_machine *m, struct zone_state *z, unsigned int cpu, uint64_t pfn,
		unsigned int order, unsigned int mt, bool tail, unsigned int from);
unsigned int mm_pcp_from_irq(const struct mm_machine *m, unsigned int cpu, uint32_t after, uint32_t *pfn,
			     unsigned int max);
void mm_pcp_del(struct mm_machine *m, struct zone_state *z, uint64_t pfn, const struct page_ent *e);

/* machine/snapshot.c */
/** Takes over snapshot @i of the configuration. */
void mm_seed_apply(struct mm_machine *m, unsigned int i);

/* machine/audit.c */
#ifdef MM_AUDIT_EVERY
/** In a build with -Daudit=N: audits the whole machine every N events (large ones less often), and stops the program where it is broken. */
void mm_audit_now_and_then(const struct mm_machine *m);
#else
static inline void mm_audit_now_and_then(const struct mm_machine *m)
{
}
#endif

#include "machine/page.h"

#endif
