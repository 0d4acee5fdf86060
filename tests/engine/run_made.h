/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of simulated runs share: a demand that is written by hand, run on a made machine of one small zone; what it
 * emitted; and what holds at the end of every run.
 */
#ifndef RUN_MADE_H
#define RUN_MADE_H

#include "kernels.h"
#include "made.h"

#include "demand/demand.h"
#include "run/priv.h"
#include "run/run.h"

#define NORMAL 2u /* the zone's type */
#define USER (MM_GFP_KERNEL | MM_GFP_MOVABLE | MM_GFP_CMA_OK)
#define HUGE (USER | MM_GFP_COMP | MM_GFP_NOMEMALLOC | MM_GFP_NORETRY)

#define RUN_WANTS 40000u
#define RUN_HANDLES 20000u
#define RUN_CONTENTS 4096u
#define RUN_MARKS 64u

/** A demand and a run of it. */
struct play {
	struct made mk;
	enum test_kernel kernel;
	struct mm_demand d;
	struct mm_want want[RUN_WANTS];
	struct mm_content content[RUN_CONTENTS];
	uint32_t first_pfn[RUN_HANDLES];
	uint8_t first_order[RUN_HANDLES];
	char *mark[RUN_MARKS];
	/* of the wants from now on */
	int32_t pid;
	uint16_t cpu;
	uint8_t flags;
	uint32_t think;
	/* of the run */
	struct mm_run_cfg cfg;
	struct mm_run *r;
	struct mm_run_told told;
	uint64_t asked, most_asked; /* times that it asked whether to go on; after @most_asked it doesn't (0: for ever) */
	/* what it emitted */
	struct sg_event *ev;
	size_t nr_ev, cap_ev;
	bool keep;       /* all of it; else only its sum and time are */
	uint64_t sum, last;
	bool was_alloc[END - START]; /* pages that were in use at the start */
};

/** Flags can be set in @p->mk.flags from here on; all pages are in use, and on no LRU. */
void play_init(struct play *p, enum test_kernel k, uint64_t seed);
/** [@pfn, +@nr) is as @flags (KPF_BUDDY ...) say; every @step-th page only. */
void play_pages(struct play *p, uint64_t pfn, uint64_t nr, unsigned int step, uint64_t flags);
/** The machine is made. */
void play_machine(struct play *p);
void play_fini(struct play *p);

/** Who wants the next things, on which CPU. */
void as(struct play *p, int32_t pid, uint16_t cpu);
/** ns of work before the next want only. */
void after(struct play *p, uint32_t think);
/** A new handle of a block in use at the start. */
uint32_t first(struct play *p, uint64_t pfn, unsigned int order);
struct mm_want *wants(struct play *p, enum mm_want_kind kind, uint32_t handle);
/** A request for a new handle. */
uint32_t ask(struct play *p, unsigned int order, unsigned int mt, uint32_t gfp);
/** A page of a file: content @c, to be read into a new handle, and onto the LRU. */
uint32_t read_page(struct play *p, uint32_t c);
uint32_t new_content(struct play *p, uint64_t ino, uint64_t index);
void give(struct play *p, uint32_t handle, unsigned int order, uint32_t offset);
void to_lru(struct play *p, uint32_t handle, unsigned int flags);
void write_mark(struct play *p, const char *text);

/** The run is made and goes to its end; checked as below. */
void play(struct play *p);
/** The same in two steps. */
void play_new(struct play *p);
void play_go(struct play *p);
/**
 * Machine and LRU are whole; each page of a handle is in use and known to be its; no page is in use that nobody has and that
 * wasn't in use at the start.
 */
void check_run(const struct play *p);

/** Free pages, those on per-cpu lists too. */
uint64_t free_pages(const struct play *p);
enum run_state state_of(const struct play *p, uint32_t handle);
/** Number of the @n-th event (from 0) of that kind and task (-1: any), counted from 0; fails when there is none. */
size_t event_at(const struct play *p, enum sg_kind kind, int32_t pid, unsigned int n);
size_t events_of(const struct play *p, enum sg_kind kind, int32_t pid);

#endif
