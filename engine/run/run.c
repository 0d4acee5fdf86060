// SPDX-License-Identifier: GPL-2.0-only
/* A simulated run's life. */
#include "run/run.h"

#include <stdlib.h>
#include <string.h>

#include "machine/guesses.h"
#include "run/priv.h"
#include "sim/reclaim/lru.h"

/* What the capture tells of costs is taken; what the caller says goes before it. */
static void set_costs(struct mm_run *r)
{
	const struct mm_demand_costs *d = &r->d->costs;
	struct mm_run_costs c = r->cfg.costs;
	struct mm_sim_costs s;

	mm_sim_costs_get(r->sim, &s);
	r->told.costs_guessed = (!c.kswapd_page && !d->kswapd_scan) || (!c.direct_page && !d->direct_scan) ||
				(!c.compact_move && !d->compact_move) || (!c.compact_scan && !d->compact_scan);
	/* who of the two was seen speaks for the other, too */
	s.kswapd_page = c.kswapd_page ? c.kswapd_page : d->kswapd_scan ? d->kswapd_scan : d->direct_scan ? d->direct_scan : s.kswapd_page;
	s.direct_page = c.direct_page ? c.direct_page : d->direct_scan ? d->direct_scan : d->kswapd_scan ? d->kswapd_scan : s.direct_page;
	s.compact_move = c.compact_move ? c.compact_move : d->compact_move ? d->compact_move : s.compact_move;
	s.compact_scan = c.compact_scan ? c.compact_scan : d->compact_scan ? d->compact_scan : s.compact_scan;
	s.round = c.round ? c.round : d->round ? d->round : s.round;
	s.swap_page = c.swap_page ? c.swap_page : d->swap_page ? d->swap_page : s.swap_page;
	s.demote_page = c.demote_page ? c.demote_page : d->demote_page ? d->demote_page : s.demote_page;
	mm_sim_costs_set(r->sim, &s);
	r->told.costs = (struct mm_run_costs){ .kswapd_page = s.kswapd_page, .direct_page = s.direct_page, .compact_move = s.compact_move,
					       .compact_scan = s.compact_scan, .round = s.round, .swap_page = s.swap_page,
					       .demote_page = s.demote_page };
}

/* Turns are as long as a scheduler's slices, each run's a little different: the seed says how long. */
static void set_slice(struct mm_run *r)
{
	uint64_t x = r->cfg.seed + UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	x ^= x >> 31;
	r->slice = (uint64_t)MM_GUESS(SLICE_US) * (750 + x % 501);
}

/* What a task takes between two single pages: of all that the demand has, the middle one in time. */
static uint64_t page_think(const struct mm_demand *d)
{
	uint64_t sum = 0, n = 0;

	for (size_t i = 0; i < d->nr_wants; i++) {
		const struct mm_want *w = &d->want[i];

		if ((w->kind != MM_WANT_ALLOC && w->kind != MM_WANT_FAULT) || w->order || w->mt != MM_MT_MOVABLE || w->content || w->think > MM_GUESS(IDLE_US) * 1000u)
			continue;
		sum += w->think;
		n++;
	}
	return n ? sum / n : 1000;
}

static uint8_t top_zone(const struct mm_demand *d)
{
	uint8_t top = 0;

	for (size_t i = 0; i < d->nr_wants; i++)
		if ((d->want[i].kind == MM_WANT_ALLOC || d->want[i].kind == MM_WANT_FAULT) && d->want[i].zone_type > top)
			top = d->want[i].zone_type;
	return top;
}

struct mm_run *mm_run_new(const struct mm_demand *d, const struct mm_ahead *ahead, const struct mm_machine *start,
			  const struct mm_run_cfg *cfg, struct sg_err *err)
{
	struct mm_run *r = calloc(1, sizeof(*r));
	struct mm_sim_cfg sc = { .policy = cfg->policy, .now = d->ts_first, .seed = cfg->seed, .fn = cfg->fn, .arg = cfg->arg };

	if (!r) {
		sg_fail(err, SG_E_NOMEM, "out of memory for a simulated run");
		return NULL;
	}
	sc.ahead = ahead;
	sc.hints_marked = cfg->hints_marked;
	sc.cpu_node = d->cpu_node;
	r->d = d;
	r->cfg = *cfg;
	r->now = d->ts_first;
	r->nr_cpus = d->nr_cpus;
	r->sim = mm_sim_from(start, &sc, &r->told.start, err);
	if (!r->sim) {
		free(r);
		return NULL;
	}
	set_costs(r);
	mm_run_pace(r);
	mm_sim_swap_rule(r->sim, &d->swap);
	set_slice(r);
	r->page_think = page_think(d);
	r->top_zone = top_zone(d);
	mm_run_learn(r);
	if (cfg->emit) {
		mm_sim_emit(r->sim, mm_run_emit, r);
		mm_sim_emitted(r->sim, &r->events);
	}
	mm_sim_pause_hook(r->sim, mm_run_pause, r);
	mm_sim_woken_hook(r->sim, mm_run_woken, r);
	if (!mm_run_memory_init(r) || !mm_run_handles_init(r) || !mm_run_sched_init(r)) {
		sg_fail(err, SG_E_NOMEM, "out of memory for a simulated run");
		mm_run_free(r);
		return NULL;
	}
	return r;
}

int mm_run_rearm(struct mm_run *r, const struct mm_policy *p, struct sg_err *err)
{
	return mm_sim_rearm(r->sim, p, err);
}

int mm_run_go(struct mm_run *r, struct sg_err *err)
{
	return mm_run_sched(r, err);
}

void mm_run_told(const struct mm_run *r, struct mm_run_told *ret)
{
	*ret = r->told;
	ret->done = r->done;
	ret->reports = mm_sim_stat(r->sim, MM_SIM_REPORTS);
	ret->reported = mm_sim_stat(r->sim, MM_SIM_REPORTED);
	ret->reported_used = mm_sim_stat(r->sim, MM_SIM_REPORT_REFAULTS);
	ret->reported_failed = mm_sim_stat(r->sim, MM_SIM_FAILED_WHILE_REPORTING);
	ret->ns = r->now - r->d->ts_first;
}

struct mm_sim *mm_run_sim(struct mm_run *r)
{
	return r->sim;
}

void mm_run_free(struct mm_run *r)
{
	if (!r)
		return;
	mm_run_tasks_fini(r);
	for (unsigned int i = 0; r->cpu && i < r->nr_cpus; i++) {
		free(r->cpu[i].want);
		free(r->cpu[i].crowd);
	}
	free(r->cpu);
	free(r->is_done);
	free(r->after);
	mm_run_handles_fini(r);
	mm_run_memory_fini(r);
	mm_sim_free(r->sim);
	free(r);
}
