/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A simulated run: the demand of a capture on a machine that decides for itself, under a policy.
 *
 * Tasks, kswapd and kcompactd take turns on the CPUs; a request that stalls lets others run.  The same demand, start,
 * policy and seed give the same events.
 */
#ifndef MM_RUN_RUN_H
#define MM_RUN_RUN_H

#include "run/room.h"

#include "demand/ahead.h"
#include "demand/demand.h"
#include "sim/sim.h"

/** What the work costs: ns.  0: the capture's, where enough of it was seen, else the default. */
struct mm_run_costs {
	uint64_t kswapd_page, direct_page, compact_move, compact_scan, round, swap_page, demote_page;
};

struct mm_run_progress {
	uint64_t wants, of_wants; /* of the demand */
	uint64_t now;             /* ns of the run */
	uint64_t events;          /* emitted */
	uint64_t bytes;           /* of memory in use, about */
};

struct mm_run_cfg {
	struct mm_policy policy;
	uint64_t seed;
	bool hints_marked;        /* pageblocks are marked to be skipped at the start, where nothing tells; else none is */
	struct mm_run_costs costs;
	mm_emit_fn emit;          /* receives each event; NULL: none are made */
	mm_decision_fn fn;        /* receives each decision; NULL: none are made */
	void *arg;                /* of both */
	/* asked now and then: false ends the run where it is */
	bool (*go_on)(void *arg, const struct mm_run_progress *p);
	void *go_arg;
};

/** What was filled in, assumed, and what became of the demand. */
struct mm_run_told {
	struct mm_sim_facts start;
	struct mm_run_costs costs;    /* as used */
	bool costs_guessed;           /* some are defaults */
	uint64_t requests, failed;    /* requests made; those without a page */
	uint64_t hits;                /* pages that the capture read again, and that were still there */
	uint64_t refaults;            /* pages that the capture still had, and that had to be read again */
	uint64_t huge_split;          /* requests for a large folio that failed and were made page by page */
	uint64_t huge_saved;          /* single pages not asked for, since the large folio was had */
	uint64_t faults_there;        /* page faults of the capture whose page was there already: a larger folio had been had */
	uint64_t faults_more;         /* page faults that the capture doesn't have: on pages that it got with a larger folio */
	struct mm_anon_told anon;     /* what faults on anonymous memory got */
	uint64_t frees_of_gone;       /* frees of pages that reclaim had taken already */
	uint64_t moves, moves_there;  /* folios wanted on another node: moved; those that were there already */
	uint64_t moves_refused;       /* those that node had no room for, or that were held */
	uint64_t livelocks;           /* requests that would have spun for ever */
	uint64_t ooms;                /* times that a task would have been killed */
	uint64_t reports, reported;   /* free page reporting: reports to the host, pages in them */
	uint64_t reported_used;       /* pages used again after a report */
	uint64_t reported_failed;     /* requests without a page while a block that would have done was away for a report */
	uint64_t done;                /* wants of the demand that were seen to */
	uint64_t ns;                  /* how long the run took, in its own time */
	bool cut;                     /* @go_on ended it */
};

struct mm_run;

/**
 * mm_run_new() - a run that is ready to go
 * @d, @ahead: borrowed for as long as the run lives
 * @start: the observed machine at @d->from; copied
 */
struct mm_run *mm_run_new(const struct mm_demand *d, const struct mm_ahead *ahead, const struct mm_machine *start,
			  const struct mm_run_cfg *cfg, struct sg_err *err);
/**
 * mm_run_rearm() - the policies' hooks are taken up anew, before mm_run_go()
 * @p: that of the run, whose hooks may have become others behind the same pointers; its retire and at count from now on
 * Needed only where one of both is so: mm_policy_changed().
 * The start stays as it was made.  Return: 0 or SG_E_NOMEM
 */
int mm_run_rearm(struct mm_run *r, const struct mm_policy *p, struct sg_err *err);
/** Runs to the end of the demand.  0, or < 0 when memory runs out. */
int mm_run_go(struct mm_run *r, struct sg_err *err);
void mm_run_told(const struct mm_run *r, struct mm_run_told *ret);
struct mm_sim *mm_run_sim(struct mm_run *r);
void mm_run_free(struct mm_run *r);

#endif
