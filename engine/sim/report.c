// SPDX-License-Identifier: GPL-2.0-only
/* Free page reporting in a run: what reports come to, and who suffers from them.  The reporter itself is in reporter.c. */
#include "sim/report.h"

#include <stdlib.h>

#include "machine/guesses.h"
#include "sim/hooks.h"

/* ---- beginning and end --------------------------------------------------------------- */

static bool reports(const struct mm_sim *s)
{
	return mm_sim_asks(s, MM_HOOK_REPORTER) || mm_sim_asks(s, MM_HOOK_REPORT);
}

/* Is a block marked that an observed machine had reported? */
static bool marked(const struct mm_sim *s)
{
	return s->observed && s->m->core.reporting;
}

int mm_sim_report_init(struct mm_sim *s)
{
	struct sim_report *r;

	if (!reports(s) && !marked(s))
		return SG_OK;
	r = calloc(1, sizeof(*r));
	s->report = r;
	if (!r)
		return SG_E_NOMEM;
	r->due = UINT64_MAX;
	r->begun = r->since = s->now;
	r->absent = calloc(s->m->end_pfn / 64 + 1, sizeof(*r->absent));
	r->when = calloc((s->m->end_pfn >> s->m->pb_order) + 1, sizeof(*r->when));
	return r->absent && r->when ? SG_OK : SG_E_NOMEM;
}

void mm_sim_report_fini(struct mm_sim *s)
{
	if (!s->report)
		return;
	free(s->report->absent);
	free(s->report->when);
	free(s->report);
	s->report = NULL;
}

/* ---- what the host has ------------------------------------------------------------------ */

/* Up to now it has had as much as it has. */
static void sum_up(struct mm_sim *s)
{
	struct sim_report *r = s->report;

	if (s->now <= r->since)
		return;
	r->sum += (unsigned __int128)r->nr_absent * (s->now - r->since);
	r->since = s->now;
}

void mm_sim_report_known(struct mm_sim *s, uint64_t pfn, unsigned int order, uint64_t when)
{
	struct sim_report *r = s->report;

	sum_up(s);
	for (uint64_t p = pfn; p < pfn + (UINT64_C(1) << order); p++) {
		uint64_t bit = UINT64_C(1) << p % 64;

		if (r->absent[p / 64] & bit) {
			s->stat[MM_SIM_REPORTED_TWICE] += when > 0;
			continue;
		}
		r->absent[p / 64] |= bit;
		r->nr_absent++;
	}
	for (uint64_t b = pfn >> s->m->pb_order; b <= (pfn + (UINT64_C(1) << order) - 1) >> s->m->pb_order; b++)
		r->when[b] = when;
}

void mm_sim_report_used(struct mm_sim *s, uint64_t pfn, uint64_t nr)
{
	uint64_t helps = (uint64_t)MM_GUESS(REPORT_HELPS_MS) * 1000000;
	struct sim_report *r = s->report;

	for (uint64_t p = pfn; p < pfn + nr; p++) {
		uint64_t bit = UINT64_C(1) << p % 64, when;

		if (!(r->absent[p / 64] & bit))
			continue;
		sum_up(s);
		r->absent[p / 64] &= ~bit;
		r->nr_absent--;
		when = r->when[p >> s->m->pb_order];
		s->stat[MM_SIM_REPORT_REFAULTS]++;
		s->stat[MM_SIM_REPORTED_IN_VAIN] += when && s->now - when < helps;
	}
}

int64_t mm_sim_reported_mean(const struct mm_sim *s)
{
	const struct sim_report *r = s->report;
	unsigned __int128 sum;

	if (!r || s->now <= r->begun)
		return r ? (int64_t)r->nr_absent : 0;
	sum = r->sum + (s->now > r->since ? (unsigned __int128)r->nr_absent * (s->now - r->since) : 0);
	return (int64_t)(sum / (s->now - r->begun));
}

int64_t mm_sim_reported_now(const struct mm_sim *s)
{
	return s->report ? (int64_t)s->report->nr_absent : 0;
}

uint64_t mm_sim_reporter_holds(const struct mm_sim *s)
{
	return s->report ? s->report->held : 0;
}

int64_t mm_sim_reported_blocks(const struct mm_sim *s)
{
	int64_t n = 0;

	for (unsigned int i = 0; s->report && i < s->m->core.nr_zones; i++)
		for (uint64_t pfn = s->m->core.zone[i].start; pfn < s->m->core.zone[i].end; pfn++) {
			struct page_ent e = mm_ent(s->m, pfn);

			if (ent_state(&e) != PS_FREE)
				continue;
			n += (e.st & PE_LINK) && (e.x & PE_X_REPORTED);
			pfn += (UINT64_C(1) << ent_order(&e)) - 1;
		}
	return n;
}

/* ---- who suffers ------------------------------------------------------------------------- */

void mm_sim_report_failed(struct mm_sim *s, const struct mm_request *rq)
{
	struct sim_report *r = s->report;
	bool enough = false;

	r->low = true;
	for (unsigned int i = 0; i < r->nr; i++)
		enough |= r->block[i].order >= rq->order;
	if (!enough)
		return;
	s->stat[MM_SIM_FAILED_WHILE_REPORTING]++;
	if (r->held > s->stat[MM_SIM_HELD_AT_FAILURE])
		s->stat[MM_SIM_HELD_AT_FAILURE] = r->held;
}

void mm_sim_report_freed(struct mm_sim *s, uint64_t pfn, unsigned int order)
{
	const struct sim_report *r = s->report;
	uint64_t buddy = pfn ^ (UINT64_C(1) << order);

	if (r->busy || order >= s->m->nr_orders - 1)
		return;
	for (unsigned int i = 0; i < r->nr; i++)
		s->stat[MM_SIM_MERGES_HELD_BACK] += r->block[i].pfn == buddy && r->block[i].order == order;
}
