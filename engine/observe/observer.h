/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the observer remembers of the trace beside the machine: tasks that reclaim or compact, blocks on their way, the last
 * event of each CPU.  Plain data, one piece of memory: a keyframe copies what is in use of it.  A machine that decides
 * itself has none.
 */
#ifndef MM_OBSERVE_OBSERVER_H
#define MM_OBSERVE_OBSERVER_H

#include "observe/room.h"

#include "machine/state.h"

#define CTX_KCOMPACTD 1
/* in_compact of a task that compacts, and of one whose frees completed the block that it waits for */
#define CTX_COMPACTS 1u
#define CTX_CAPTURED 2u
#define CTX_SYNC 1u
#define CTX_GOES_ON 2u /* compact_finished() let the run go on, and no range has been scanned since */
/* A task in the middle of reclaim or compaction. */
struct task_ctx {
	int32_t pid;
	uint8_t in_reclaim, in_compact;
	uint8_t kind; /* CTX_KCOMPACTD, else 0 */
	int8_t order;         /* of its compaction, -1 unknown */
	int8_t request;       /* the order that all requests with its gfp flags had so far, -1 unknown */
	uint8_t sync;         /* CTX_* */
	uint8_t search_order; /* cc->search_order as far as followed */
	uint8_t search_fail;  /* cc->fast_search_fail */
	bool movable;         /* a direct compaction's request was for MOVABLE pages */
	bool ignore_skip;     /* cc->ignore_skip_hint */
	int16_t zone;         /* index of the zone being compacted, -1 none */
	uint64_t migrate_pfn, free_pfn, start_event; /* of its compaction run */
};

/*
 * A free block that compaction took from the lists (2^order pages at or above min_pfn) where the trace
 * doesn't say which: the first event that shows one of its pages in use tells.
 */
struct pending_pick {
	int32_t pid;
	uint32_t min_pfn;
	uint32_t event;
	uint32_t order;
	bool counted; /* one of its list's nr_taken: an unplaced one */
};
#define MM_MAX_PENDING 256

/* A free block that compaction is thought to have taken by a search; when no page of it ever shows itself in use, it wasn't. */
struct taken_block {
	int32_t pid;
	uint32_t pfn, event;
	uint8_t order;
	bool over; /* the run that took it has ended */
};
#define MM_MAX_TAKEN 512

/* A range whose pageblocks a task isolates: observe/isolation.c. */
struct isolation {
	int32_t pid;
	uint8_t kind, stage;
	uint32_t since;          /* event that showed it first */
	uint64_t start, end;     /* whole pageblocks isolated so far */
	uint64_t next, take_end; /* where the task stands; where it has all it wants */
};
enum { ISOLATION_CONTIG, ISOLATION_OFFLINE };
enum { ISOLATION_MOVES, ISOLATION_TAKES, ISOLATION_DONE };
#define MM_MAX_ISOLATIONS 8

#define MM_MAX_CTX 128
/* The last event of a CPU outside interrupts: is its per-cpu lock held? */
struct base_event {
	uint32_t event;
	uint8_t kind; /* enum sg_kind */
	uint8_t preempt;
	uint8_t irq_frees; /* frees by interrupts since, whose fate the next event decides */
	uint8_t irq_preempt; /* least preempt count of those */
	int32_t pid;
	uint32_t run_start;   /* first of the unbroken run of mm_page_free that this event is in, 0 none */
	uint32_t alloc_event; /* number of its last mm_page_alloc outside interrupts */
	uint32_t paused_from; /* least run_start of the paused runs of this CPU, 0 none */
	uint32_t raced, raced_event; /* a page that its drain of another CPU's lists passed by, and when that was freed; 0 none */
};

/* A task that was switched out between the two halves of a batched free, or within one. */
struct paused_run {
	int32_t pid;
	uint32_t run_start; /* as in struct base_event */
	uint32_t cpu;
	bool second_half; /* pages of it have reached their lists: when the task frees again, that is another batch */
};
#define MM_MAX_PAUSED 64

/* A request that reclaims or compacts for itself, see struct mm_stall_info. */
struct stall {
	int32_t pid;
	uint8_t order, mt;
	bool in_reclaim;
	uint32_t reclaims, compactions, event;
	uint64_t reclaimed, ts;
};
#define MM_MAX_STALLS 64

struct mm_observer {
	bool counts_preempt;    /* the kernel keeps preempt counts: events have shown one */
	bool compacted;         /* an event of compaction was seen */
	uint64_t lost_at;       /* number of the event before which records were lost, 0 never */
	uint64_t report_due;    /* when the next pass of free page reporting comes if there is one, 0 none is due */
	/* the last take from the buddy lists, for events that come in pairs */
	uint64_t last_take_pfn;
	uint32_t last_take_cpu;
	uint8_t last_take_order, last_take_mt, last_take_block_mt;
	uint64_t last_take_event;
	uint64_t paused_pids[16]; /* bit pid % 1024 of each paused run, as most events are of none of them */
	unsigned int nr_stalls, nr_ctx, nr_pending, nr_taken, nr_isolations, nr_paused;
	struct isolation isolation[MM_MAX_ISOLATIONS]; /* oldest first, one of a task */
	struct stall stall[MM_MAX_STALLS]; /* oldest first; when there are too many the newest isn't followed */
	struct task_ctx ctx[MM_MAX_CTX];
	struct pending_pick pending[MM_MAX_PENDING]; /* oldest first */
	struct taken_block taken[MM_MAX_TAKEN]; /* oldest first */
	struct paused_run paused[MM_MAX_PAUSED]; /* the oldest first; it gives way when there are too many */
	struct base_event base[]; /* of each CPU that is followed: the machine's nr_base */
};

/**
 * mm_observer_attach() - from now on @m can follow a trace; nothing is remembered yet
 * Return: 0, or SG_E_NOMEM
 */
int mm_observer_attach(struct mm_machine *m, struct sg_err *err);

#endif
