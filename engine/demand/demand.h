/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Demand: what tasks asked the machine for, taken out of a trace.  What kswapd, kcompactd, direct reclaim and compaction
 * did for themselves is left out; it is the simulated machine's own business.
 *
 * A block of memory is known by its handle, wherever it lies: the trace's pfns are the captured machine's affair.  Handles
 * follow the pages through migrations.
 */
#ifndef MM_DEMAND_DEMAND_H
#define MM_DEMAND_DEMAND_H

#include "demand/room.h"

#include "mm.h"
#include "demand/swap.h"
#include "policy/gfp.h"

#define MM_NO_HANDLE 0u
#define MM_NO_CONTENT 0u

enum mm_want_kind {
	MM_WANT_ALLOC,     /* a request; the block is @handle from then on */
	MM_WANT_FREE,      /* the owner lets go of 2^order pages of @handle, from page @offset of it on */
	MM_WANT_LRU,       /* the pages come onto the LRU: MM_WANT_FILE, MM_WANT_ACTIVE, MM_WANT_UNEVICTABLE */
	MM_WANT_ACTIVATE,  /* used again */
	MM_WANT_CACHE,     /* they are page @content of a file from then on */
	MM_WANT_UNCACHE,   /* the file is cut: @content is forgotten */
	MM_WANT_MARK,      /* somebody wrote into the trace: @handle is a text's number */
	MM_WANT_MOVE,      /* 2^order pages of @handle, from page @offset of it on, are wanted on @node: promotion, migrate_pages() ... */
	MM_WANT_FAULT,     /* a fault on anonymous memory, number @fault; the captured machine gave @handle, of @order */
	MM_WANT_UNMAP,     /* munmap(), madvise(): nobody wants the range of number @fault any more */
	MM_WANT_KINDS
};

#define MM_WANT_FILE 0x01u
#define MM_WANT_ACTIVE 0x02u
#define MM_WANT_UNEVICTABLE 0x04u
#define MM_WANT_INTERRUPT 0x08u /* the request came out of an interrupt */
#define MM_WANT_FAILED 0x10u    /* the captured machine had no page for it */
#define MM_WANT_BATCH 0x20u     /* freed together with others */
#define MM_WANT_SHRUNK 0x40u    /* freed by a shrinker, inside reclaim: not the LRU's business */
#define MM_WANT_BOUND 0x80u     /* ALLOC: no other node will do */
#define MM_WANT_ALL 0x80u       /* FREE, UNMAP: the last of its task group's: whatever else is there goes as well */
#define MM_WANT_MISPLACED 0x80u /* MOVE: a page fault found it on the wrong node (numa_hint_faults) */

/** One thing that a task wants. */
struct mm_want {
	uint64_t ts;       /* ns, of the capture: when it was first asked for */
	uint64_t think;    /* ns of CPU time before it, since the one before on this CPU; the kernel's own work left out */
	uint32_t handle;
	uint32_t content;  /* ALLOC: of the page cache's pages, what will be in it; else MM_NO_CONTENT */
	uint32_t gfp;      /* enum mm_gfp */
	uint32_t offset;   /* FREE, of a part: pages */
	uint32_t fault;    /* FAULT, UNMAP; FREE: the fault that put the block where it was; 0: no address is known */
	int32_t pid;
	uint16_t cpu;
	uint8_t kind, flags, order, mt, zone_type;
	int8_t node;       /* ALLOC, MOVE; -1: that of the CPU */
};

/** A page of a file. */
struct mm_content {
	uint64_t dev, ino, index;
};

/** A fault on anonymous memory, or a range that is given up.  Addresses as numbers of pages; [start, end). */
struct mm_fault {
	uint64_t start, end; /* the mapping; of UNMAP the range */
	uint64_t page, base; /* where, and the first page of what the captured machine put there; UNMAP: [page, base) loses its page tables */
	uint32_t mm;         /* task group */
	uint32_t enabled;    /* 1 << order: sizes that the captured kernel's settings allow there */
	uint32_t refused;    /* 1 << order: those that found no page on the captured machine */
	uint8_t order;       /* of what it gave; 0 also when it gave nothing */
};

/** Faults on anonymous memory, by what they got: of the captured machine, or of a run. */
struct mm_anon_told {
	uint64_t faults;                  /* those that gave pages, or found none */
	uint64_t order[MM_MAX_ORDERS];    /* folios handed out */
	/* why faults got less than 64 KiB: the mapping's bounds, pages there already, no page, the rule asked for less */
	uint64_t bounds, present, no_page, rule;
	uint64_t refused;                 /* times that a folio above order 0 found no page */
	uint64_t asked;                   /* faults that asked for 64 KiB */
	uint64_t lacking;                 /* ns, of the trace's clock: when 64 KiB first fitted, and weren't to be had; 0: never */
};

/** One fault for these: @inside: 64 KiB around it lie in the mapping; @order: -1 nothing */
struct mm_anon_case {
	uint64_t ts;
	bool inside, present;
	int order;
	uint32_t refused; /* 1 << order */
};
void mm_anon_count(struct mm_anon_told *a, const struct mm_anon_case *c, unsigned int order_64k);

/** What the kernel's work cost on the captured machine, ns; 0 where too little of it was seen. */
struct mm_demand_costs {
	uint64_t kswapd_page, direct_page; /* to reclaim one page, all scanning for it included */
	uint64_t kswapd_scan, direct_scan; /* to look at one page of the LRU */
	uint64_t swap_page;                /* to write a page to swap, beside the look at it */
	uint64_t demote_page;              /* to copy a page to a lower tier */
	uint64_t compact_move, compact_scan; /* to move a page; to look at a page frame */
	uint64_t round;                    /* of one round of the slow path, beside reclaim and compaction */
	uint64_t kswapd_pages, direct_pages, moved_pages, rounds; /* how many of each this rests on */
};

/**
 * What compaction took in a stretch of the capture, by what it takes on average: pages of many tasks, or of one that runs
 * elsewhere meanwhile, take longer to unmap than others.
 */
struct mm_pace {
	uint64_t until;    /* ns: where the stretch ends */
	uint64_t ns, pages, frames; /* time; pages moved, page frames looked at */
	uint64_t percent;  /* of the average */
};

struct mm_demand {
	uint64_t from;               /* position where it begins: what lies before is the start state */
	uint64_t ts_first, ts_last;  /* ns */
	struct mm_want *want;        /* in time order */
	size_t nr_wants;
	struct mm_content *content;  /* by number; 0 is MM_NO_CONTENT */
	uint32_t nr_contents;
	/* by handle; 0 is MM_NO_HANDLE: where blocks in use at the start lay, UINT32_MAX of those that came later */
	uint32_t *first_pfn;
	uint8_t *first_order;
	uint32_t *first_content;     /* which page of a file was in them, as later events tell; NULL: none is told */
	uint32_t nr_handles;
	char **mark;                 /* texts */
	uint32_t nr_marks;
	unsigned int nr_cpus;
	int8_t *cpu_node;            /* node of each CPU, as its requests' pages tell; -1: they don't */
	struct mm_demand_costs costs;
	struct mm_pace *pace;        /* of compaction, in time order */
	size_t nr_paces;
	struct mm_swap_rule swap;    /* what swap-out asked for by itself */
	/* anonymous faults; nothing of it without page_fault_user, mmap and munmap in the trace */
	bool has_faults;             /* they are recorded */
	struct mm_fault *fault;      /* by number; 0 is none */
	uint32_t nr_faults;
	uint32_t *fault_of;          /* by handle: which fault it came from, 0 none; NULL: there are no handles */
	uint32_t nr_mms;             /* task groups, from 1 on */
	uint64_t fault_pages;        /* pages that all faults gave, and as many again for each fault */
	uint32_t anon_gfp[MM_MAX_ORDERS]; /* enum mm_gfp of requests for such folios, 0: none was seen */
	uint32_t anon_asked;         /* 1 << order: sizes that were asked for */
	unsigned int page_shift, huge_order, order_64k;
	struct mm_anon_told anon;    /* up to the mark snapshot-end */
	/* of so many faults as many asked for the orders, one after the other, that alloc_anon_folio()'s rule gives there */
	uint64_t of_ruled, as_ruled;
	/* what was seen of the kernel's own work and left out, and what couldn't be told */
	struct mm_demand_left {
		uint64_t own_allocs, own_frees;     /* reclaim's, compaction's */
		uint64_t swap_requests;             /* made inside reclaim: swap tables, compressed pages */
		uint64_t migrated, unpaired;        /* folios followed through a migration; those lost on it */
		uint64_t demoted, moves;            /* pages followed to a lower tier; folios that tasks had moved to another node */
		uint64_t unknown_frees;             /* of pages that nobody was seen to take, before the start or untraced */
		uint64_t placed, bound;             /* requests that a mempolicy had for another node than the CPU's; those for that alone */
		uint64_t stalls;                    /* requests that stalled on the captured machine */
		uint64_t elsewhere, reads;          /* faults outside of known anonymous mappings; reads, which get the zero page */
	} left;
};

/**
 * mm_demand_take() - the demand of the events of @log behind position @from
 * @start: the observed machine at @from: which pages were in use
 * Return: 0 or < 0; free with mm_demand_free()
 */
int mm_demand_take(const struct sg_log *log, const struct sg_capture *cap, uint64_t from, const struct mm_machine *start,
		   struct mm_demand **ret, struct sg_err *err);
void mm_demand_free(struct mm_demand *d);

/** Did anybody ask for folios of anonymous memory between a page and a huge page? */
bool mm_demand_mthp(const struct mm_demand *d);

/** "alloc", "free" ... */
const char *mm_want_key(enum mm_want_kind k);

#endif
