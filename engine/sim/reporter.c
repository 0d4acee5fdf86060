// SPDX-License-Identifier: GPL-2.0-only
/* Free page reporting in a run: the reporter, which takes blocks, holds them while the host is told, and gives them back. */
#include "observe/observer.h"
#include "sim/alloc/alloc.h"
#include "sim/hooks.h"
#include "sim/report.h"

/* ---- blocks that come and go ------------------------------------------------------------- */

static void wake(struct sim_report *r, uint64_t now, uint64_t ns)
{
	if (r->phase != SIM_REPORT_IDLE || ns == MM_REPORT_NEVER)
		return;
	r->phase = SIM_REPORT_WAITS;
	r->due = ns < UINT64_MAX - 1 - now ? now + ns : UINT64_MAX - 1;
}

static void came(void *arg, const struct zone_state *z, uint64_t pfn, unsigned int order, unsigned int mt, enum mm_place_why why)
{
	struct mm_sim *s = arg;
	struct mm_reply_report_come reply;

	if (order < s->m->pb_order || !mm_sim_asks(s, MM_HOOK_REPORT_COME))
		return;
	reply = mm_sim_ask_report_come(s, (unsigned int)(z - s->m->core.zone), pfn, order, mt, why);
	if (reply.overflow) {
		s->stat[MM_SIM_REPORT_OVERFLOWS]++;
		s->stat[MM_SIM_REPORT_OVERFLOWS_SEARCH] += s->report->searching;
	}
	wake(s->report, s->now, reply.ns);
}

static void goes(void *arg, const struct zone_state *z, uint64_t pfn, const struct page_ent *e, enum mm_gone_why why)
{
	struct mm_sim *s = arg;
	unsigned int order = ent_order(e);

	if (order < s->m->pb_order)
		return;
	if ((e->x & PE_X_REPORTED) && (e->st & PE_LINK) && (why == MM_GONE_SPLIT || why == MM_GONE_MERGED))
		s->stat[MM_SIM_REPORT_MARKS_LOST]++;
	if (mm_sim_asks(s, MM_HOOK_REPORT_GONE))
		mm_sim_ask_report_gone(s, (unsigned int)(z - s->m->core.zone), pfn, e, why);
}

void mm_sim_reporter_init(struct mm_sim *s)
{
	if (!s->report)
		return;
	s->report->phase = SIM_REPORT_IDLE;
	s->report->due = UINT64_MAX;
	s->placer.came = came;
	s->placer.goes = goes;
	s->placer.arg = s;
	s->m->placer = &s->placer;
}

void mm_sim_report_begin(struct mm_sim *s)
{
	const struct mm_observer *obs = s->m->obs;

	for (unsigned int i = 0; s->report && i < s->m->core.nr_zones; i++) {
		const struct zone_state *z = &s->m->core.zone[i];

		for (uint64_t pfn = z->start; pfn < z->end;) {
			struct page_ent e = mm_ent(s->m, pfn);
			bool head = ent_state(&e) == PS_FREE && (e.st & PE_LINK);

			if (head && ent_order(&e) >= s->m->pb_order) {
				if (e.x & PE_X_REPORTED)
					mm_sim_report_known(s, pfn, ent_order(&e), 0);
				came(s, z, pfn, ent_order(&e), ent_mt(&e), MM_PLACE_FREED);
			}
			pfn += head ? UINT64_C(1) << ent_order(&e) : 1;
		}
	}
	/* the captured kernel's next pass is due before that */
	if (s->report && s->report->phase == SIM_REPORT_WAITS && obs && obs->report_due && obs->report_due < s->report->due)
		s->report->due = obs->report_due > s->now ? obs->report_due : s->now;
}

/* ---- the reporter at work ---------------------------------------------------------------- */

/* Return: false when the zone would have too little left */
static bool take(struct mm_sim *s, uint64_t pfn)
{
	struct sim_report *r = s->report;
	int zi = mm_zone_index(s->m, pfn);
	struct page_ent e = mm_ent(s->m, pfn);
	unsigned int order = ent_order(&e);

	if (!mm_sim_isolate_for(s, (unsigned int)zi, pfn, order, MM_GONE_REPORTER))
		return false;
	r->block[r->nr].pfn = (uint32_t)pfn;
	r->block[r->nr++].order = (uint8_t)order;
	r->held += UINT64_C(1) << order;
	if (r->held > s->stat[MM_SIM_REPORT_HELD_MAX])
		s->stat[MM_SIM_REPORT_HELD_MAX] = r->held;
	return true;
}

/* The blocks are the host's to take, which takes a while. */
static void send(struct mm_sim *s)
{
	struct sim_report *r = s->report;

	r->phase = SIM_REPORT_SENT;
	r->due = s->now + (uint64_t)mm_sim_tune(s, MM_TUNE_REPORT_CALL_US) * 1000 +
		 r->held * (uint64_t)mm_sim_tune(s, MM_TUNE_REPORT_PAGE_NS);
}

/* The last that was taken comes back first.  Source: mm/page_reporting.c: page_reporting_drain() */
static void put_back(struct mm_sim *s)
{
	struct sim_report *r = s->report;

	s->stat[MM_SIM_REPORTS]++;
	s->stat[MM_SIM_REPORTED] += r->held;
	while (r->nr) {
		uint64_t pfn = r->block[--r->nr].pfn;
		unsigned int order = r->block[r->nr].order;

		mm_sim_report_known(s, pfn, order, s->now ? s->now : 1);
		mm_sim_return_block(s, mm_zone_at(s->m, pfn), pfn, order);
	}
	r->held = 0;
}

static void rotate(struct mm_sim *s, uint64_t pfn)
{
	struct page_ent e = mm_ent(s->m, pfn);

	mm_list_rotate(s->m, mm_zone_at(s->m, pfn), ent_order(&e), ent_mt(&e), pfn);
}

/* The pass is over; what is left in its hands is reported first. */
static void over(struct mm_sim *s, uint64_t again)
{
	struct sim_report *r = s->report;

	r->searching = false;
	if (r->nr) {
		send(s);
		return;
	}
	r->phase = SIM_REPORT_IDLE;
	r->due = UINT64_MAX;
	wake(r, s->now, again);
}

/* Steps until one takes time. */
static void work(struct mm_sim *s, enum mm_reporter_at at)
{
	struct sim_report *r = s->report;

	for (unsigned int n = 0; n < MM_REPORT_MOST_STEPS; n++) {
		struct mm_reply_reporter a = mm_sim_ask_reporter(s, r->nr, SIM_REPORT_CAPACITY, at, r->low);

		r->low = false;
		s->stat[MM_SIM_REPORT_WALKED] += a.walked;
		if (a.search) {
			s->stat[MM_SIM_REPORT_SEARCHES]++;
			r->searching = true;
		}
		at = MM_REPORTER_GOES_ON;
		switch (a.act) {
		case MM_REPORT_TAKE:
			if (!take(s, mm_in(s->m, a.pfn)))
				at = MM_REPORTER_REFUSED;
			break;
		case MM_REPORT_FRONT:
			rotate(s, mm_in(s->m, a.pfn));
			break;
		case MM_REPORT_SEND:
			send(s);
			return;
		case MM_REPORT_AGAIN:
			over(s, a.ns);
			return;
		default:
			over(s, MM_REPORT_NEVER);
			return;
		}
	}
	mm_sim_reporter_loops(s);
	over(s, MM_REPORT_NEVER);
}

uint64_t mm_sim_reporter_due(const struct mm_sim *s)
{
	return s->report ? s->report->due : UINT64_MAX;
}

void mm_sim_reporter(struct mm_sim *s, uint64_t now)
{
	struct sim_report *r = s->report;
	uint64_t until = now;

	while (r && r->due <= until) {
		enum mm_reporter_at at = r->phase == SIM_REPORT_SENT ? MM_REPORTER_BACK : MM_REPORTER_BEGINS;

		mm_sim_set_now(s, r->due);
		mm_sim_begin(s->m);
		r->busy = true;
		if (at == MM_REPORTER_BACK)
			put_back(s);
		work(s, at);
		r->busy = false;
	}
	mm_sim_set_now(s, now);
}
