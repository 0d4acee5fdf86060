/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the check of per-cpu lists share: check/pick/pcp.c (refills and drains), check/pick/pcp_free.c (frees and
 * requests, which the tuning counts) and check/pick/pcp_words.c (what is reported).  Private to them.
 */
#ifndef MM_CHECK_PICK_PCP_H
#define MM_CHECK_PICK_PCP_H

#include "check/room.h"

#include "check/check.h"
#include "check/pick/pcp_size.h"
#include "observe/observe.h"

#define MAX_TUNED (1u << 20) /* page sets whose tuning is followed: 8192 CPUs and 128 zones */
#define MAX_PAUSED 32
#define MAX_STALLED 32
#define MAX_HELD 64
#define MAX_SEEN 16
#define MAX_LATE 64
#define MAX_STRAY 256
#define MAX_HELD_LATE 4
#define MAX_PASSED 8

/* The run of events that makes up one refill or one drain. */
struct bulk {
	enum mm_check_kind kind;
	bool open, sure, pages_equal;
	unsigned int zone, order, mt, nr;
	uint64_t event, ts, first_pfn, wrong_ours, wrong_kernel;
	int32_t pid;
	const char *why;
	unsigned int last; /* pages of the last block: a drain goes on until it has enough */
	bool stealing;
	unsigned int set_cpu;     /* whose lists */
	uint32_t count;           /* pages on them before */
	bool irq;                 /* in an interrupt */
	bool arriving;            /* its task had just got the CPU, see mm_pcp_arriving() */
	bool ran_out;             /* refill: the own lists were empty at one of the pages */
	/*
	 * refill: it may have been tried once in vain before: with ALLOC_NOFRAGMENT, as it began with another type's block, or
	 * before all lists were drained, as its request reclaims.
	 * Source: mm/page_alloc.c: get_page_from_freelist(), __alloc_pages_direct_reclaim(), 6.1 to 7.3
	 */
	bool asked_before;
	uint64_t risk;            /* refill: how likely is it that one of the blocks is another? mm_loose_risk() */
	bool wrong_at_risk;       /* refill: that may be why the first wrong one is another */
	bool locked;              /* refill: somebody else was emptying the CPU's lists */
	bool past_lists;          /* refill: so its one block went straight to the request */
	/* drain */
	bool by_free;             /* because of the free before it, and not of all that the lists hold */
	bool either;              /* it may be by the free before it, or empty another CPU's lists */
	bool trimmed;             /* of what lies above pcp->high, now and then, by the counters' worker */
	bool active;              /* kswapd may be at work on the node */
	uint8_t freed_order;      /* of the block that was freed */
	struct mm_tuned tuned;
	int64_t left, piece_left; /* pages still to go, of all and of this hold of the lock */
	bool too_many;
	bool known;               /* one of its pages at least was known to lie on these lists */
	bool large;               /* blocks of more than one page were among them */
	bool disturbed;           /* another CPU emptied the lists meanwhile */
	bool moved;               /* it did, at the end of a piece */
	bool paused;              /* its task was switched out and may have gone to another CPU */
	uint64_t again;           /* its last piece began with this event: that of the drain, or where its task went on */
	uint32_t from;            /* pages put on the lists before this event aren't counted */
	int32_t seen[MAX_SEEN];   /* tasks that had an event since it began */
	uint8_t nr_seen;
	bool many_seen;           /* more of them */
	uint32_t in_flight;       /* pages that were counted and had been taken before, as later events show */
	uint32_t passed[MAX_PASSED]; /* pfns of blocks nearer the tail than one that went: were they taken before? */
	uint8_t nr_passed;
	uint32_t strays;          /* pages of the lists that may have come later than thought, see mm_pcp_strays() */
};

#define MAX_BATCH 32 /* one more than a folio batch holds */
#define MAX_WAITING (2 * MAX_BATCH) /* so that pages freed alone before a batch don't push it out */

/* The last event of a task, drains apart, and the block that it freed last. */
struct task_free {
	int32_t pid;
	uint8_t kind; /* enum sg_kind */
	uint8_t order, zone;
};

/* Frees of one CPU that may belong to a batch, whose pages reach their lists later; and its last event. */
struct frees {
	struct {
		uint64_t pfn;
		uint32_t at; /* event of the free */
		uint8_t order, zone;
	} page[MAX_WAITING];
	uint8_t nr;
	bool batch;        /* the second half of a batch has begun */
	bool lru;          /* all of them came off the LRU, and compaction has nothing to do with it */
	int32_t pid;       /* whose frees these are */
	uint16_t cpu;      /* on whose lists the machine has the pages */
	uint8_t last_kind; /* enum sg_kind of the last event that is no drain */
	bool last_irq;
	uint8_t last_order, last_zone;
	/* the same without interrupts, which come between a free and what it gives back */
	struct task_free task;
};

/* What decides the number: batch, and how often in a row the list was refilled or pages were freed. */
struct bulk_facts {
	uint32_t batch, factor_lo, factor_hi, freed_lo, freed_hi;
};

/*
 * A drain that left pages on lists that it was to empty, or passed pages by: who took them before may not have had its
 * event yet.
 */
struct held {
	struct bulk b;
	struct bulk_facts f;
	unsigned int cpu;
	bool few; /* it left pages */
	uint32_t late[MAX_HELD_LATE]; /* of the pages left: those whose task had no event between their free and the end */
	uint8_t late_order[MAX_HELD_LATE], nr_late;
	uint64_t late_at; /* event that named one of them; 0: none so far */
};

/* A page whose mm_page_free was the last event of a task that was switched out. */
struct late {
	uint64_t pfn;
	uint32_t at;   /* event of the free */
	uint32_t came; /* event before that which shows that it has reached its list */
	int32_t pid;
};

struct pcp_check {
	struct bulk *bulk;   /* by CPU, as all of these */
	struct frees *frees;
	struct bulk paused[MAX_PAUSED]; /* drains whose task was switched out between two holds of the lock */
	uint32_t nr_paused;
	struct frees rest[MAX_PAUSED]; /* batches whose task was switched out in their second half */
	uint32_t nr_rest;
	struct task_free left[MAX_PAUSED]; /* tasks that were switched out right after a free, the latest first */
	uint32_t nr_left;
	uint64_t left_pids; /* bit pid % 64 of each of them */
	struct held held[MAX_HELD];
	uint32_t nr_held;
	uint32_t nr_drains; /* drains that are open */
	/*
	 * The CPUs whose bulk may be an open drain, in no order: the first nr_draining have @cpu.  @listed is of the CPU of the
	 * same index: it is among them.
	 */
	struct draining {
		uint16_t cpu;
		bool listed;
	} *draining;
	uint32_t nr_draining;
	struct late late[MAX_LATE]; /* on their way, maybe; the oldest first */
	uint32_t nr_late;
	struct late stray[MAX_STRAY]; /* the latest of those that were on their way, whether they have arrived or not: a ring */
	uint32_t next_stray;
	struct late come[MAX_LATE]; /* reached their list after that had been emptied */
	uint32_t nr_come;
	/*
	 * What nearly every event would find out again: that its task is known to all that is held, and has nothing under
	 * way. By CPU; holds until something is added, which another number says.
	 */
	struct {
		int32_t pid;
		uint32_t nr;
	} *watched, *arrived;
	uint32_t added_held, added_late;
	uint64_t held_until; /* no drain that is held began after this event */
	uint32_t nr_held_late; /* pages in held[].late */
	uint32_t nr_held_passed; /* drains in held[] that passed pages by */
	struct {
		uint64_t at; /* event of the last page; 0: none */
		unsigned int zone;
	} *by_other; /* what another CPU drained of its lists */
	int32_t *arriving; /* task that got the CPU and has freed no more than what the one before it left; 0: none */
	uint64_t *past; /* by CPU: 1 + pfn of the block that it took past its lists, until it is handed out */
	struct {
		int32_t pid; /* 0: none */
		uint8_t order, mt;
	} stalled[MAX_STALLED]; /* requests in trouble, the latest first */
	bool slept[MM_MAX_NODES]; /* kswapd has gone to sleep */
	uint8_t seeds; /* snapshots that the machine had taken over when the tuning was set */
	struct mm_tuning *tuned; /* zone * nr_cpus + cpu */
	unsigned int nr_tuned, nr_cpus;
};

/* Bits of common_flags: include/linux/trace_events.h: TRACE_FLAG_HARDIRQ, _SOFTIRQ, 6.1 to 7.3 */
static inline bool in_irq(const struct sg_event *ev)
{
	return ev->common_flags & MM_IN_INTERRUPT;
}

/* check/pick/pcp.c */

/** The page set of @zone and @cpu; read anew when the machine has taken over another snapshot. */
struct mm_tuning *mm_pcp_tuning_of(struct pcp_check *s, const struct mm_check *c, const struct mm_machine *m,
				   unsigned int zone, unsigned int cpu);
/** Pages that the machine knows on the lists of @zone and @cpu, put there since @event. */
uint32_t mm_pcp_pages_on(const struct mm_machine *m, unsigned int zone, unsigned int cpu, uint32_t event);

/* check/pick/pcp_flight.c */

/** The drain of @cpu is open now. */
void mm_pcp_drain_opens(struct pcp_check *s, unsigned int cpu);
/** The next CPU with an open drain, for which *@i, at first 0, is where to go on; -1: no more. */
int mm_pcp_next_drain(struct pcp_check *s, uint32_t *i);

/**
 * Has the machine more than @limit pages on the lists from before drain @b?  Looked for from the ends of the lists, where
 * the oldest lie.
 */
bool mm_pcp_left_more(const struct mm_machine *m, const struct bulk *b, uint32_t limit);
/**
 * Drain @b, of @cpu, left pages on lists that it was to empty (@few), or passed pages by: it is handed out when it is known
 * where those were.
 */
void mm_pcp_hold(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, const struct bulk *b, unsigned int cpu,
		 const struct bulk_facts *f, bool few);
/** The trace ends: hands out all that are held. */
void mm_pcp_hold_end(struct pcp_check *s, struct mm_check *c);
/**
 * Follows which task is about to go on with what it did when it lost its CPU: what it frees first is the page table of
 * the task before it, which has exited.  So that says nothing of its own doings.
 * Source: kernel/sched/core.c: finish_task_switch(), __mmdrop(), 6.1 to 7.3
 */
void mm_pcp_arriving(struct pcp_check *s, const struct mm_machine *m, const struct sg_event *ev);
/** Drains that are open or held learn from @ev. */
void mm_pcp_watch(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev);
/** Task @pid was switched out right after event @at, its free of the page at @pfn: that may not be on its list yet. */
void mm_pcp_late(struct pcp_check *s, uint64_t pfn, uint32_t at, int32_t pid);
/** The page at @pfn, freed by event @at, has reached its list by now. */
void mm_pcp_arrived(struct pcp_check *s, const struct mm_check *c, const struct mm_machine *m, uint64_t pfn, uint32_t at);
/** Task @pid runs again, on @cpu: what it freed last has reached its list. */
void mm_pcp_late_arrive(struct pcp_check *s, const struct mm_check *c, const struct mm_machine *m, unsigned int cpu,
			int32_t pid);
/** Did the block at @pfn (entry @e) reach its list after that had been emptied? */
bool mm_pcp_came_late(const struct pcp_check *s, uint64_t pfn, const struct page_ent *e);
/** Pages on the lists of @zone and @cpu that were freed before event @since, which emptied them, and came after it. */
uint32_t mm_pcp_come(const struct pcp_check *s, const struct mm_machine *m, unsigned int zone, unsigned int cpu,
		     uint32_t since);

/* check/pick/pcp_words.c */

/** Is @want what the kernel took?  A drain ends with the block that makes it enough. */
bool mm_pcp_enough(const struct bulk *b, unsigned int want);
/**
 * mm_pcp_report() - hands out @b, of @cpu, as a decision
 * @m:         NULL at the end of the trace
 * @want:      the number that the rules say
 * @why_count: NULL, or the fact that leaves the number open
 */
void mm_pcp_report(struct mm_check *c, const struct mm_machine *m, const struct bulk *b, unsigned int cpu,
		   const struct bulk_facts *f, unsigned int want, const char *why_count);

/* check/pick/pcp_free.c */

/** The first @n of the frees that wait have reached their lists. */
void mm_pcp_flush_frees(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, unsigned int cpu, unsigned int n);
/**
 * mm_page_free is written before the page reaches its list.  A page that is freed alone does so at once, those of a
 * batch when all of it have had their event: then each has its mm_page_free_batched.
 */
void mm_pcp_on_free(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev);
/** One page of a batch, and those before it, are on their lists. */
void mm_pcp_on_batched(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev);
/**
 * Another task than that of the frees which wait runs on the CPU of @ev: what a batch has left comes when its own task runs again.  Frees that no second
 * half has shown are the first half of a batch when they came off the LRU, unless it was compaction that freed them.
 * Else they were freed one by one and have reached their lists.
 */
void mm_pcp_pause_frees(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev);
/** The CPU of @ev may have gone over to another task: keeps what the one before freed last, and takes up what the new one did. */
void mm_pcp_leave(struct pcp_check *s, const struct sg_event *ev);
/** The task of @ev runs again, maybe on another CPU, which then gets the rest of its batch. */
void mm_pcp_resume_frees(struct pcp_check *s, const struct sg_event *ev);
/** Pages of @zone that the machine has put on @cpu's lists since event @since, before the second half of their batch. */
uint32_t mm_pcp_waiting(const struct pcp_check *s, const struct mm_machine *m, unsigned int zone, unsigned int cpu,
			uint32_t since);
/**
 * Pages on drain @b's lists whose free was the last event of a task that lost its CPU then: each may have reached its list only
 * when the task ran again, behind others that were freed later.
 */
uint32_t mm_pcp_strays(const struct pcp_check *s, const struct mm_machine *m, const struct bulk *b);
/** Is the page at @pfn one of @f's? */
bool mm_pcp_was_waiting(const struct frees *f, uint64_t pfn);
/** A request, which halves what was freed in a row; or one that failed. */
void mm_pcp_on_alloc(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev);
/** A request got its block from @zone, of another type: all others had their lists asked in vain, perhaps. */
void mm_pcp_others_asked(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, unsigned int cpu, unsigned int zone,
			 unsigned int order, unsigned int mt);
/** Is task @pid in the slow path of a request, as its reclaim or compaction tells? */
bool mm_pcp_is_stalled(const struct pcp_check *s, int32_t pid);
/** Requests in trouble ask the lists without success; and kswapd says when it goes to sleep. */
void mm_pcp_on_stall(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev);

#endif
