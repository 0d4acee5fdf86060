/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside of the demand: what its files share while a trace is read. */
#ifndef MM_DEMAND_TAKE_H
#define MM_DEMAND_TAKE_H

#include "demand/room.h"

#include "demand/demand.h"
#include "demand/places.h"
#include "demand/ptes.h"
#include "demand/vma.h"
#include "machine/state.h"

/** Pages that the trace has shown, and that no handle has: what was in use at the start can't be known from them any more. */
#define MM_SEEN_HANDLE UINT32_MAX
/** Pages that a migration has taken as a target, and of which nothing shows yet what will be in them. */
#define MM_TARGET_HANDLE (UINT32_MAX - 1)

/** A migration under way: from mm_migrate_pages_start to mm_migrate_pages.  Compaction takes targets in a way of its own. */
struct take_copy {
	bool on;
	uint8_t reason;             /* enum migrate_reason */
	struct take_target {
		uint64_t pfn;
		uint8_t order;
	} *target;                  /* in the order in which they were taken: the order in which folios move */
	size_t nr, cap, first;
	uint64_t ns;
};

/** A fault under way: from page_fault_user to the page that it gets. */
struct take_fault {
	bool on, inside, present;   /* the last two: of the 64 KiB around it */
	uint64_t page;
	uint32_t number, want;      /* want: + 1; both 0 before its first request */
	bool ruled;                 /* all orders so far were those that the rule gives */
	uint32_t fits;              /* 1 << order, as the rule sees it */
};

/** What a task gives up: from munmap() or madvise() to its next event that is no free. */
struct take_unmap {
	bool on, tables;
	uint64_t start, end;
};

/** A task group's memory. */
struct take_mm {
	struct mm_vmas vmas;
	uint64_t there;             /* pages that faults have put there */
	uint32_t emptied;           /* want by which the last of them went, + 1; 0: some are there */
	bool any;
};

/** A task as far as the trace has shown it. */
struct take_task {
	int32_t pid;
	bool used, kernel;          /* kswapd, kcompactd */
	bool kswapd;
	bool asleep;                /* of these, as far as their own events tell */
	/* ns between two of its events with nothing of others in between, and the sum of their squares: mm_take_time() */
	uint64_t silent, squares;
	bool stalled, in_reclaim, in_run; /* between a request's first stall and its page; in direct reclaim; in a compaction run */
	uint32_t want;              /* the stalled request's, + 1; 0 none */
	struct take_copy copy;
	uint8_t swap_open, swap_last; /* kinds of swap-out's requests, 1 << number: those that failed since it last wrote; number + 1 of the latest event's */
	int8_t pref[2];             /* node that its unmovable and movable pages were last seen to be for, -1: the CPU's */
	uint32_t bound[2];          /* pages of both that it took from a node that was short while others had room */
	uint32_t mm;                /* number of its task group, 0: not needed so far */
	struct take_fault fault;
	struct take_unmap unmap;
	struct take_mmap {
		bool on;
		uint64_t len, prot, flags;
	} mmap;                     /* between its begin and end */
};

/** A node: pages that are in nobody's hands, those on per-cpu lists included, and marks. */
struct take_node {
	bool present;
	int64_t free, low, room;    /* room: with more than that it has room for everybody */
	uint32_t types;             /* 1 << type of each of its zones */
	uint64_t kswapd;            /* ns: the latest event of its kswapd, 0: it sleeps, as far as events tell */
};

struct take_nodes {
	unsigned int nr;
	bool skip_awake;            /* requests pass over nodes whose kswapd is awake */
	struct take_node node[MM_MAX_NODES];
	struct take_cpu_grants {
		uint32_t grants[MM_MAX_NODES];
	} *of_cpu;
};

/** A folio that compaction took from its place, on its way to another. */
struct take_moved {
	uint32_t handle, offset;
	uint8_t order;
};

/** A free and its wants: as many of the latest as batches have pages, and some by interrupts between them. */
#define TAKE_FREED 64u
struct take_freed {
	uint64_t pfn;
	size_t first, nr;
};

struct take_cpu {
	uint64_t last;              /* ns, of the latest event */
	int32_t last_pid;
	bool any;
	uint64_t think;
	uint64_t own;               /* ns of work by the kernel's threads since the last event of anybody else */
	struct take_moved *moved;   /* first in, first out */
	size_t nr, cap, first;
	struct take_freed freed[TAKE_FREED];
	unsigned int nr_freed;      /* ever */
};

struct take {
	const struct sg_capture *cap;
	const struct mm_machine *start;
	struct mm_demand *d;
	size_t cap_wants, cap_handles, cap_marks, cap_contents;
	struct mm_places places;    /* the captured machine's */
	uint8_t *order;             /* by handle */
	uint8_t *lru;               /* by handle: it has been on the LRU */
	uint32_t *alloc_want;       /* by handle: its request, + 1 */
	struct take_task *task;     /* hash table by pid, its size a power of two */
	size_t nr_tasks, cap_tasks;
	struct take_cpu *cpu;
	unsigned int nr_cpus;
	uint32_t *content_slot;     /* hash table: number of the content */
	size_t cap_slots;
	/* costs: ns, and how much was done */
	uint64_t kswapd_ns, direct_ns, move_ns, scan_ns, round_ns, demote_ns;
	size_t cap_paces;
	struct mm_pace stretch;     /* that compaction is in */
	uint64_t kswapd_scans, direct_scans, frames, swap_ns;
	struct take_nodes nodes;
	/* anonymous faults */
	struct mm_ptes ptes;
	struct take_mm *mm;         /* by number - 1 */
	size_t cap_mms, cap_faults;
	uint32_t enabled[3];        /* by enum mm_vma_advice */
	bool enabled_known, over;   /* over: the mark snapshot-end was seen */
	uint64_t ruled, of_ruled;
	bool oom;
};

/** Is the event an interrupt's, not the work of the task that it came upon? */
static inline bool mm_take_irq(const struct sg_event *ev)
{
	return ev->common_flags & 0x18;
}

/* demand/tables.c: things by number; 0 or NULL when memory runs out (t->oom) */
/** Room for one more of *@array; false when there is none. */
bool mm_take_grow(struct take *t, void **array, size_t *cap, size_t nr, size_t size);
uint32_t mm_take_handle(struct take *t, unsigned int order, uint64_t first_pfn);
uint32_t mm_take_content(struct take *t, uint64_t dev, uint64_t ino, uint64_t index);
struct take_task *mm_take_task(struct take *t, int32_t pid);
/** The task that is there already, NULL if none is: the others stay where they are. */
struct take_task *mm_take_find(struct take *t, int32_t pid);
/** A new want at the end, with time, CPU and task of @ev; NULL when memory runs out. */
struct mm_want *mm_take_want(struct take *t, const struct sg_event *ev, enum mm_want_kind kind);
void mm_take_mark(struct take *t, const struct sg_event *ev);
void mm_take_fini(struct take *t);

/* demand/copy.c */
/** The task's migration begins, or is over. */
void mm_take_copy(struct take *t, const struct sg_event *ev, struct take_task *w);
/** A page was taken: is it a target of the task's migration? */
bool mm_take_target(struct take *t, const struct sg_event *ev, struct take_task *w, uint64_t pfn, unsigned int order,
		    unsigned int mt, bool failed);
/**
 * @p at @pfn was let go of: is it what the task's migration left, or a target that it didn't need?
 * @order: as the event has it; @part: of the pages that are @p's
 */
bool mm_take_copied(struct take *t, const struct sg_event *ev, struct take_task *w, struct mm_whose p, uint64_t pfn,
		    unsigned int order, unsigned int part);

/* demand/swap.c */
/** Reclaim asked for a page; @as: how. */
void mm_take_swap(struct take *t, struct take_task *w, const struct mm_want *as, bool failed);
/** Pages were written, or a batch is over. */
void mm_take_written(struct take *t, const struct sg_event *ev, struct take_task *w);
void mm_take_swap_end(struct take *t);

/* demand/nodes.c */
bool mm_take_nodes_init(struct take *t);
/** A page was taken; @want: whose request it was for, NULL: the kernel's own. */
void mm_take_granted(struct take *t, const struct sg_event *ev, struct take_task *w, uint64_t pfn, unsigned int order,
		     struct mm_want *want);
/** kswapd was seen to work, or to be done. */
void mm_take_kswapd(struct take *t, const struct sg_event *ev);
void mm_take_returned(struct take *t, uint64_t pfn, unsigned int order);
/** All requests are known: their nodes are told. */
void mm_take_nodes_end(struct take *t);

/* demand/faults.c */
bool mm_take_faults_init(struct take *t);
void mm_take_faults_fini(struct take *t);
/** A fault begins, a mapping comes or goes, or an event shows that one is over. */
void mm_take_address(struct take *t, const struct sg_event *ev, struct take_task *w);
/** Is a request for a page of @mt one of the fault under way? */
bool mm_take_faulting(const struct take_task *w, unsigned int mt);
/**
 * It asked for 2^@order pages, from @pfn on; @want: a stalled request's, NULL: none.
 * Return: its want, NULL when memory runs out
 */
struct mm_want *mm_take_fault_got(struct take *t, const struct sg_event *ev, struct take_task *w, struct mm_want *want,
				  unsigned int order, bool failed);
/** The fault's last request is filled in: what it got is attached; 0 handle: nothing. */
void mm_take_fault_end(struct take *t, const struct sg_event *ev, struct take_task *w, struct mm_want *want, bool failed);
/** Pages of a block that a fault has put somewhere are freed: true when they are, and wants are made for those still there. */
bool mm_take_fault_freed(struct take *t, const struct sg_event *ev, struct mm_whose p, unsigned int order, unsigned int flags);
void mm_take_faults_end(struct take *t);

/* demand/costs.c */
/** The CPU's time before @ev, @w's: think time of what comes next, or work that the kernel did for itself. */
void mm_take_time(struct take *t, struct take_cpu *c, const struct sg_event *ev, struct take_task *w);
/** What the events say was done. */
void mm_take_work(struct take *t, const struct sg_event *ev, const struct take_task *w);
void mm_take_costs(struct take *t);

#endif
