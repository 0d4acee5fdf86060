/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Free page reporting: a reporter that takes free blocks off their lists, tells the host of them and puts them back, while the run
 * goes on.  Which blocks, and when, policies say (the hooks report_come, report_gone, reporter); no kernel reports by itself, but
 * for a host that asks for it.  Here is what it does to the machine, how long that takes, and what it costs.
 *
 * Source: mm/page_reporting.c, 6.1 to 7.3
 */
#ifndef MM_SIM_REPORT_H
#define MM_SIM_REPORT_H

#include "sim/room.h"

#include "sim/priv.h"

#define SIM_REPORT_CAPACITY 32u /* PAGE_REPORTING_CAPACITY */

enum sim_report_phase { SIM_REPORT_IDLE, SIM_REPORT_WAITS, SIM_REPORT_SENT };

/** Plain data but for the two arrays; there as soon as something may be reported, or was before the run began. */
struct sim_report {
	enum sim_report_phase phase;
	uint64_t due;            /* ns: when it goes on; UINT64_MAX while it is idle */
	unsigned int nr;         /* blocks in its hands */
	uint64_t held;           /* their pages */
	struct {
		uint32_t pfn;
		uint8_t order;
	} block[SIM_REPORT_CAPACITY];
	bool busy;               /* it works right now: blocks that come are its own doing */
	bool low;                /* a request has failed since it was asked last */
	bool searching;          /* what policies remember isn't all, and they look for the rest */
	/* what the host has: pages that nobody has used since they were reported, a bit each; when, by pageblock, ns */
	uint64_t *absent, *when;
	uint64_t nr_absent;
	/* pages times ns, up to @since */
	unsigned __int128 sum;
	uint64_t begun, since;
};

/** sim/report.c: when policies report, or pages are reported already.  0 or SG_E_NOMEM */
int mm_sim_report_init(struct mm_sim *s);
void mm_sim_report_fini(struct mm_sim *s);
/** sim/reporter.c: from now on blocks that come to their lists, and leave them, are told. */
void mm_sim_reporter_init(struct mm_sim *s);
/** Policies hear of all large blocks that are free now: the run begins. */
void mm_sim_report_begin(struct mm_sim *s);
/** The block at @pfn is known to the host: of those before the run @when is 0. */
void mm_sim_report_known(struct mm_sim *s, uint64_t pfn, unsigned int order, uint64_t when);
/** Pages come into use: those that the host has are to be faulted in. */
void mm_sim_report_used(struct mm_sim *s, uint64_t pfn, uint64_t nr);
/** A request found no page. */
void mm_sim_report_failed(struct mm_sim *s, const struct mm_request *rq);
/** A block was freed: is its buddy in the reporter's hands, so that they don't merge? */
void mm_sim_report_freed(struct mm_sim *s, uint64_t pfn, unsigned int order);

#endif
