/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside of a simulated run: what its files share.
 *
 * Each CPU has a stream: the demand that the trace shows on it, in its order.  Whoever stalls leaves the stream and becomes
 * an actor of his own beside it, with what he wants later waiting behind; so do kswapd and kcompactd when they are awake.
 * The actors of a CPU take turns.
 */
#ifndef MM_RUN_PRIV_H
#define MM_RUN_PRIV_H

#include "run/room.h"

#include "demand/places.h"
#include "demand/ptes.h"
#include "run/fiber.h"
#include "run/run.h"

#define RUN_NOWHERE UINT32_MAX     /* reclaimed */
#define RUN_NEVER (UINT32_MAX - 1) /* it was never there, or is given back: no pfn is that high */

enum run_state {
	RUN_LATER, /* nobody has asked for it yet */
	RUN_ASKED, /* the request is under way */
	RUN_HERE,
	RUN_IN,    /* part of a large folio that was had instead: @pfn is the handle of that */
	RUN_GONE,  /* reclaimed, or the request failed */
	RUN_FREED,
};

/** What a handle is on the simulated machine. */
struct run_handle {
	uint32_t pfn;       /* of its first page, while it is in one piece */
	uint32_t *piece;    /* pfn of each page, or RUN_NOWHERE, RUN_NEVER; NULL: in one piece */
	uint32_t content;   /* page of a file that it holds */
	int32_t pid;        /* who asked for it */
	uint32_t left;      /* pages that the owner hasn't let go of; of a large folio had in place of smaller ones: theirs */
	uint8_t order, state, lru; /* lru: flags of the LRU want that came before the page, | RUN_WAITS */
	bool freed_early;          /* some of it was let go of before it was there */
	bool swapped;              /* some of it is in swap */
};
#define RUN_WAITS 0x80u

/** The owner's pages have a page of a file that was dropped: what reclaim remembered of it. */
struct run_content {
	uint32_t handle; /* 0: not in memory */
	uint64_t shadow; /* 0: it was never dropped */
};

enum run_kind { RUN_STREAM, RUN_TASK, RUN_KSWAPD, RUN_KCOMPACTD };

/** Somebody who takes turns on a CPU. */
struct run_actor {
	enum run_kind kind;
	uint16_t cpu;
	bool queued;
	uint64_t need;      /* ns of CPU time until its next step */
	uint64_t slice;     /* ns that are left of its turn */
	struct run_actor *next, *prev;
	bool asleep;
	uint64_t wakes;     /* ns */
	struct run_actor *next_asleep;
	int node;           /* of a thread */
};

/** Large folios of one order that the captured machine didn't have, and pages that were asked for instead, by their order. */
struct run_refused {
	uint64_t times, pages[MM_MAX_ORDERS];
};
struct run_instead {
	uint32_t pages;
	unsigned int order;
};

/** A task that has left the stream. */
struct run_task {
	struct run_actor actor; /* first: an actor of kind RUN_TASK is one */
	int32_t pid;
	bool used, busy, doomed; /* doomed: killed, it wants nothing any more */
	uint16_t left_cpu;  /* whose stream it has left */
	struct mm_fiber *fiber;
	struct mm_run *run;
	const struct mm_want *want; /* of the request that the fiber is for */
	struct mm_want again;
	uint32_t number;    /* of that want */
	uint32_t next;      /* number of the want whose turn it is: a task that changes CPUs is in several streams */
	uint32_t *wait;     /* numbers of the wants that wait behind it, ascending */
	size_t nr_wait, cap_wait, first_wait;
	/* large folios that it didn't get on the captured machine, and single pages that it asked for instead */
	struct run_refused refused[MM_MAX_ORDERS];
	/* large folio that was had where the capture had none: pages of it not yet asked for piece by piece */
	uint32_t credit_handle, credit;
	uint8_t refused_order;
	uint64_t held;      /* pages that it has asked for and still has */
	bool at_mark;       /* it waits until all that was wanted before its mark is done */
	uint32_t mark;      /* number of that want */
	struct run_task *next_at_mark;
	/* it was forked by this one, as far as names tell, and begins when that has come so far; NULL: nobody */
	struct run_task *parent;
	uint64_t in_window; /* us of its work in a stretch of its CPU's demand */
	bool born, unborn;  /* its first want has come; it waits for its parent */
	uint32_t birth;     /* number of its first want */
	struct run_task *next_unborn;
};

struct run_cpu {
	uint64_t clock;
	struct run_actor stream;
	struct run_actor *first; /* whose turn it is; a circle */
	unsigned int nr;
	uint32_t *want;     /* numbers of the wants on this CPU */
	size_t nr_wants, at;
	uint8_t *crowd;     /* by want: how many tasks share the CPU there */
	unsigned int busy;  /* tasks that have left the stream */
	/* since some have: when the first left, and how much of the demand's time the stream has passed, ns */
	uint64_t left_at, passed;
	bool at_mark;       /* its next want comes behind a mark that is not yet written */
};

/** Anonymous memory by address.  What a fault gets has a handle of the run's own, behind those of the demand. */
struct run_faults {
	struct mm_ptes ptes;
	struct run_at {
		uint64_t page;    /* of its first page */
		uint32_t mm;
	} *at;                    /* by handle */
	uint32_t nr, next;        /* handles that there is room for; the first one never used */
	uint32_t *spare;          /* handles that are free again */
	uint32_t nr_spare, cap_spare;
};

struct mm_run {
	const struct mm_demand *d;
	struct mm_run_cfg cfg;
	struct mm_sim *sim;
	struct mm_run_told told;
	struct run_handle *handle;
	struct run_faults faults;
	struct run_content *content;
	struct mm_places places;  /* of the simulated machine */
	struct run_cpu *cpu;
	unsigned int nr_cpus;
	struct run_task **task;   /* hash table by pid */
	size_t nr_tasks, cap_tasks;
	struct run_actor kswapd[MM_SIM_MAX_NODES], kcompactd[MM_SIM_MAX_NODES];
	struct run_actor *asleep; /* those that wake at a time */
	unsigned int streams, busy; /* streams that go on, tasks that have left theirs */
	struct run_task *running; /* whose fiber runs */
	size_t pace;              /* stretch of the capture that compaction costs as much as in */
	uint64_t now, next_tick, slice;
	uint64_t done, events, steps;
	uint8_t *is_done;         /* by want */
	uint32_t *after;          /* by want: the task's next one */
	size_t all_done;          /* wants before this one are done */
	struct run_task *at_mark; /* tasks that wait for that */
	struct run_task *unborn;  /* tasks that wait for their parents */
	struct run_refused refused[MM_MAX_ORDERS]; /* of all tasks */
	uint64_t page_think;      /* ns between two single pages that are asked for in place of a large folio */
	uint8_t top_zone;         /* zone type that requests of files may take from */
	struct mm_want again;     /* a request that the capture doesn't have: a page that is read again */
	uint64_t next_balance;    /* ns: not before that is a CPU with many actors held against the others */
	bool oom;
};

/* run/table.c */
struct run_task *mm_run_task(struct mm_run *r, int32_t pid);
/** The order in which each task wants things. */
bool mm_run_order(struct mm_run *r);
/** Has the task's parent come as far as where it was forked? */
bool mm_run_may_begin(const struct run_task *t);
void mm_run_tasks_fini(struct mm_run *r);

/* run/learn.c */
/** How many tasks share each CPU, where: @c->crowd. */
bool mm_run_crowds(struct mm_run *r);
/** What tasks did on the captured machine when they didn't get a large folio. */
void mm_run_learn(struct mm_run *r);
bool mm_run_anon_folio(const struct mm_want *w);
/** What compaction costs now: as much as it did then. */
void mm_run_pace(struct mm_run *r);

/* run/cpu.c */
/** The task leaves its CPU's stream, and comes back to it. */
void mm_run_leave(struct mm_run *r, struct run_task *t);
void mm_run_return(struct mm_run *r, struct run_task *t);
/** @think ns until the actor's next step: of a long gap most is sleep. */
void mm_run_gap(struct mm_run *r, struct run_actor *a, uint64_t think);
/** The actor's turn begins: a stream stands for several tasks. */
void mm_run_turn(const struct mm_run *r, struct run_actor *a);
/** An actor is ready to run on its CPU; @soon: it goes first. */
void mm_run_queue(struct mm_run *r, struct run_actor *a, bool soon);
void mm_run_unqueue(struct mm_run *r, struct run_actor *a);
/** The turn of @c's first actor is over.  Return: did it go to another CPU, which has less to do? */
bool mm_run_balance(struct mm_run *r, struct run_cpu *c);
/** What the CPU's first actor has run since the clock was last looked at. */
void mm_run_charge(struct run_cpu *c, uint64_t now);
/** The actor leaves its CPU until @until, ns; and comes back before. */
void mm_run_sleep(struct mm_run *r, struct run_actor *a, uint64_t until);
void mm_run_wake(struct mm_run *r, struct run_actor *a);
/** Called by the simulated machine in the middle of a request. */
void mm_run_pause(void *arg, enum mm_pause why, uint64_t ns);

/* run/task.c */
/** Want @i of a task that is busy, or has earlier ones to come in another stream, waits. */
void mm_run_wait(struct mm_run *r, struct run_task *t, uint32_t i);
/** Want @i is done. */
void mm_run_done(struct mm_run *r, uint32_t i);
/** The task writes a mark: does it have to wait for others?  Whoever does wrote it in the capture when they were through. */
bool mm_run_waits_at(struct mm_run *r, struct run_task *t, uint32_t i);
/** Does the stream's next want, number @i, come behind a mark that somebody waits at? */
bool mm_run_behind_mark(const struct mm_run *r, uint32_t i);
/** A request of @t that found no page at once goes on beside the stream. */
void mm_run_stalls(struct mm_run *r, struct run_task *t, const struct mm_want *w, uint32_t i);
/** The task's next step; its need until the one after that is set. */
void mm_run_task_step(struct mm_run *r, struct run_task *t);

/* run/want.c */
/** Does what is wanted.  Return: false when the request stalls, and mm_run_stalls() is to be called */
bool mm_run_want(struct mm_run *r, struct run_task *t, const struct mm_want *w);
/** The request goes on where the first walk failed; inside the task's fiber, or of one that can't stall. */
void mm_run_want_slowly(struct mm_run *r, struct run_task *t, const struct mm_want *w);

/* run/ask.c */
/** A request as the simulated machine takes it. */
void mm_run_request_of(const struct mm_run *r, const struct run_task *t, const struct mm_want *w, struct mm_request *rq);
/** Asks until there is a page or none to be had; somebody may have to be killed for it.  @slow: the first walk failed already */
enum mm_outcome mm_run_ask(struct mm_run *r, struct run_task *t, struct mm_request *rq, struct mm_grant *g, bool slow);

/* run/faults.c */
/** A page fault.  Return: false when it stalls: @r->again is what goes on slowly */
bool mm_run_fault(struct mm_run *r, struct run_task *t, const struct mm_want *w);
void mm_run_fault_slowly(struct mm_run *r, struct run_task *t, const struct mm_want *w);

/* run/memory.c */
bool mm_run_memory_init(struct mm_run *r);
void mm_run_memory_fini(struct mm_run *r);
/** A folio that @w's fault got, at @pfn, comes to the pages from @page on, and onto the LRU. */
void mm_run_put(struct mm_run *r, struct run_task *t, const struct mm_want *w, uint32_t mm, uint64_t page, uint64_t pfn,
		unsigned int order);
/** A range is given up, or a block that the captured machine had put somewhere is freed. */
void mm_run_unmap(struct mm_run *r, const struct mm_want *w);
/** @w names a block of the captured machine's: whose page is there in the run.  Return: false when nobody's is */
bool mm_run_fault_page(const struct mm_run *r, const struct mm_want *w, struct mm_whose *ret);
/** All that faults have given the task is given back. */
void mm_run_memory_kill(struct mm_run *r, struct run_task *t);

/* run/handle.c */
/** What was emitted counts, and goes to who listens. */
void mm_run_emit(void *arg, const struct sg_event *ev);
bool mm_run_handles_init(struct mm_run *r);
void mm_run_handles_fini(struct mm_run *r);
/** The block is there, at @pfn; what was wanted of it meanwhile is done. */
void mm_run_here(struct mm_run *r, struct run_task *t, uint32_t handle, uint64_t pfn, unsigned int order);
/** It is there in smaller blocks: what @r->handle[].piece has; those that failed are RUN_NEVER. */
void mm_run_here_in_pieces(struct mm_run *r, struct run_task *t, uint32_t handle);
/** It could not be had. */
void mm_run_nowhere(struct mm_run *r, uint32_t handle);
/** Room for pieces; false when memory runs out. */
bool mm_run_pieces(struct mm_run *r, uint32_t handle);
/** The content is still in memory, in @from: it is @to's from now on.  Return: was it so? */
bool mm_run_still_there(struct mm_run *r, uint32_t content, uint32_t to);
void mm_run_let_go(struct mm_run *r, const struct mm_want *w);
void mm_run_lru(struct mm_run *r, const struct mm_want *w);
void mm_run_cache(struct mm_run *r, const struct mm_want *w, bool add);
/** Pages are wanted on another node. */
void mm_run_move(struct mm_run *r, const struct mm_want *w);
/** Whoever gives back what @w names: it is so much less of the task's that asked for it. */
void mm_run_counts_less(struct mm_run *r, const struct mm_want *w);
/** All that the task has is given back, but what faults gave it: it was killed. */
void mm_run_kill(struct mm_run *r, struct run_task *t);
/** What a killed task still got is given back, unless it is in a file by now. */
void mm_run_too_late(struct mm_run *r, struct run_task *t, uint32_t handle);

/* run/sched.c */
int mm_run_sched(struct mm_run *r, struct sg_err *err);
bool mm_run_sched_init(struct mm_run *r);
/** A thread of the kernel was woken. */
void mm_run_woken(void *arg, enum mm_thread which, int node);

#endif
