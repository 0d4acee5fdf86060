// SPDX-License-Identifier: GPL-2.0-only
/* The simulated allocator: its beginning and end, what comes in and goes out. */
#include "sim/alloc/alloc.h"
#include "sim/emit.h"
#include "sim/hooks.h"
#include "sim/report.h"

#include <stdlib.h>
#include <string.h>

#define REFRESH_NS UINT64_C(1000000000) /* vm.stat_interval: 1 s */
#define MAX_REFRESHES 64                /* after so many visits in a row nothing is left to do */

/* Which node each CPU belongs to: those of node 0 first. */
static void place_cpus(struct mm_sim *s)
{
	unsigned int cpu = 0;

	for (unsigned int c = 0; s->cfg.cpu_node && c < s->alloc->nr_cpus; c++) {
		int n = s->cfg.cpu_node[c];

		s->alloc->cpu_node[cpu++] = n >= 0 && n < MM_MAX_NODES && s->m->core.node[n].present ? (int8_t)n : 0;
	}
	s->cfg.cpu_node = NULL;
	for (int n = 0; n < MM_MAX_NODES; n++)
		for (unsigned int i = 0; i < s->cfg.node_cpus[n] && cpu < s->alloc->nr_cpus; i++)
			s->alloc->cpu_node[cpu++] = (int8_t)n;
	while (cpu < s->alloc->nr_cpus)
		s->alloc->cpu_node[cpu++] = 0;
}

int mm_sim_alloc_init(struct mm_sim *s)
{
	struct sim_alloc *a = calloc(1, sizeof(*a));

	s->alloc = a;
	if (!a)
		return SG_E_NOMEM;
	a->nr_cpus = s->m->nr_cpus;
	a->pcp = calloc((size_t)s->m->core.nr_zones * a->nr_cpus, sizeof(*a->pcp));
	a->cpu_node = calloc(a->nr_cpus, sizeof(*a->cpu_node));
	a->refresh_at = calloc(a->nr_cpus, sizeof(*a->refresh_at));
	if (!a->pcp || !a->cpu_node || !a->refresh_at || (mm_sim_listens(s) && mm_sim_decide_init(s) < 0))
		return SG_E_NOMEM;
	for (unsigned int c = 0; c < a->nr_cpus; c++)
		a->refresh_at[c] = s->now + REFRESH_NS;
	for (unsigned int n = 0; n < MM_MAX_NODES; n++)
		a->nr_nodes += s->m->core.node[n].present;
	a->movable_type = s->cap.nr_zone_types - 1;
	for (unsigned int t = 0; t < s->cap.nr_zone_types; t++)
		if (strcmp(s->cap.zone_type[t], "Movable") == 0)
			a->movable_type = t;
	a->pid = MM_PID_UNKNOWN;
	a->shuffle = s->cfg.seed;
	a->shuffle_bits = 1;
	place_cpus(s);
	mm_sim_zones_setup(s);
	mm_sim_zonelists_build(s);
	return 0;
}

void mm_sim_alloc_fini(struct mm_sim *s)
{
	free(s->alloc->pcp);
	free(s->alloc->cpu_node);
	free(s->alloc->refresh_at);
	free(s->alloc->text);
	free(s->alloc);
	s->alloc = NULL;
}

/* Source: mm/vmstat.c: vmstat_update(), by a kworker of the CPU, 6.1 to 7.3 */
static void visit(struct mm_sim *s, unsigned int cpu, uint64_t now)
{
	struct sim_who was = mm_sim_switch(s, mm_sim_kworker(s, cpu));
	struct sim_alloc *a = s->alloc;
	unsigned int n = 0;

	while (a->refresh_at[cpu] <= now && n++ < MAX_REFRESHES) {
		a->refresh_at[cpu] += REFRESH_NS;
		if (!mm_sim_vmstat_refresh(s, cpu))
			break;
	}
	if (a->refresh_at[cpu] <= now)
		a->refresh_at[cpu] = now + REFRESH_NS;
	mm_sim_switch(s, was);
}

void mm_sim_tick(struct mm_sim *s, uint64_t now)
{
	if (now > s->now)
		s->now = now;
	for (unsigned int cpu = 0; cpu < s->alloc->nr_cpus; cpu++)
		visit(s, cpu, s->now);
}

/* Cuts a request down to what can be, and finds the zones that may serve it. */
static bool prepare(struct mm_sim *s, const struct mm_request *rq, struct sim_ask *ask)
{
	const struct sim_zonelist *l;

	ask->rq = rq;
	if (rq->order >= s->m->nr_orders || rq->mt >= MM_NR_PCPTYPES)
		return false;
	if (rq->cpu >= s->alloc->nr_cpus || rq->zone_type >= s->cap.nr_zone_types) {
		ask->own = *rq;
		ask->rq = &ask->own;
		if (rq->cpu >= s->alloc->nr_cpus)
			ask->own.cpu = 0;
		if (rq->zone_type >= s->cap.nr_zone_types)
			ask->own.zone_type = (uint8_t)(s->cap.nr_zone_types - 1);
	}
	if (mm_unlikely(rq->nodes)) {
		ask->zone = ask->allowed;
		ask->nr = mm_sim_zonelist(s, ask->rq, ask->rq->zone_type, ask->allowed);
		return ask->nr > 0;
	}
	l = mm_sim_zonelist_of(s, ask->rq, ask->rq->zone_type);
	ask->zone = l->zone;
	ask->nr = rq->gfp & MM_GFP_THISNODE ? l->nr_local : l->nr;
	return ask->nr > 0;
}

/* What the first walk may do; requests that are alike follow each other. */
static unsigned int fast_flags(struct mm_sim *s, const struct mm_request *rq, uint8_t first)
{
	struct sim_alloc *a = s->alloc;

	if (!a->last.known || a->last.gfp != rq->gfp || a->last.order != rq->order || a->last.mt != rq->mt ||
	    a->last.zone != first) {
		a->last.flags = mm_alloc_flags_fast(s->policy.facts, rq->gfp, rq->order, rq->mt == MM_MT_MOVABLE,
						    mm_sim_tune(s, MM_TUNE_DEFRAG_MODE), a->normal_over_dma32[first]);
		a->last.gfp = rq->gfp;
		a->last.order = rq->order;
		a->last.mt = rq->mt;
		a->last.zone = first;
		a->last.known = true;
	}
	if (mm_sim_asks(s, MM_HOOK_FLAGS))
		return mm_sim_ask_flags(s, rq, first, MM_FLAGS_FAST, a->last.flags);
	return a->last.flags;
}

/* Its zone gave @rq a page at once: requests like it need no walk while the zone has plenty, see mm_sim_pcp_again(). */
static void remember(struct mm_sim *s, const struct mm_request *rq, unsigned int zi, unsigned int alloc_flags)
{
	struct sim_again *a = &s->alloc->again[rq->mt];

	/* since 6.18 it depends on whether kswapd sleeps, where there are other nodes */
	/* policies are asked each time */
	a->known = !rq->nodes && !s->hooks && !s->report && !(alloc_flags & MM_ALLOC_HIGHATOMIC) && (s->alloc->nr_nodes == 1 || !mm_has(s->policy.facts,
													    SKIP_AWAKE));
	a->who = mm_sim_who(rq);
	a->zone = (uint8_t)zi;
}

/* The first walk, and what comes before it.  Return: is the request over? */
static bool fast(struct mm_sim *s, const struct mm_request *rq, struct mm_grant *ret)
{
	struct sim_ask ask;
	unsigned int flags;

	*ret = (struct mm_grant){ .outcome = MM_FAILED, .pfn = UINT64_MAX };
	ask.grant = ret;
	if (!prepare(s, rq, &ask))
		return true;
	s->alloc->cpu = ask.rq->cpu;
	s->alloc->pid = rq->pid;
	mm_sim_switch(s, (struct sim_who){ rq->pid, ask.rq->cpu });
	if (s->alloc->refresh_at[ask.rq->cpu] <= s->now)
		visit(s, ask.rq->cpu, s->now);
	flags = fast_flags(s, rq, ask.zone[0]);
	if (!mm_sim_get_page(s, &ask, flags))
		return false;
	ret->fast = true;
	if (rq->order == 0 && ret->zone == ask.zone[0] && ask.rq == rq)
		remember(s, rq, ret->zone, flags);
	mm_sim_changed(s->m, ret->pfn, rq->order, MM_PAGE_FREE, MM_PAGE_ALLOC);
	return true;
}

/* What comes after it, where time passes. */
static void slow(struct mm_sim *s, const struct mm_request *rq, struct mm_grant *ret)
{
	struct sim_ask ask;

	*ret = (struct mm_grant){ .outcome = MM_FAILED, .pfn = UINT64_MAX };
	ask.grant = ret;
	if (!prepare(s, rq, &ask))
		return;
	ask.own = *ask.rq;
	ask.own.now = s->now;
	ask.rq = &ask.own;
	if (mm_sim_slowpath(s, &ask) == MM_GOT_PAGE)
		mm_sim_changed(s->m, ret->pfn, rq->order, MM_PAGE_FREE, MM_PAGE_ALLOC);
}

/* Pages of a node were handed out.  Source: mm/page_alloc.c: prep_new_page(), where a policy counts them */
static void count_allocated(struct mm_sim *s, const struct mm_grant *g, unsigned int order)
{
	int node = s->m->core.zone[g->zone].node;

	if (node >= 0 && node < MM_MAX_NODES)
		s->reclaim->ks[node].failures = mm_sim_ask_count(s, node, MM_COUNT_ALLOCATED, order, INT64_C(1) << order, false,
								 s->reclaim->ks[node].failures);
}

/* Whoever ran last, the event is the request's. */
static void emit_outcome(struct mm_sim *s, const struct mm_request *rq, const struct mm_grant *g)
{
	if (rq->order >= s->m->nr_orders || rq->mt >= MM_NR_PCPTYPES || g->outcome == MM_OOM || g->endless)
		return; /* no kernel has such a request, or the request isn't over */
	mm_sim_switch(s, (struct sim_who){ rq->pid, rq->cpu < s->alloc->nr_cpus ? rq->cpu : 0 });
	mm_sim_emit_alloc(s, rq, g->pfn);
}

static void done(struct mm_sim *s, const struct mm_request *rq, const struct mm_grant *g)
{
	if (mm_sim_asks(s, MM_HOOK_KSWAPD_COUNT) && g->outcome == MM_GOT_PAGE)
		count_allocated(s, g, rq->order);
	if (mm_unlikely(s->report) && g->outcome == MM_FAILED)
		mm_sim_report_failed(s, rq);
	if (mm_sim_traced(s))
		emit_outcome(s, rq, g);
}

bool mm_sim_alloc_fast(struct mm_sim *s, const struct mm_request *rq, struct mm_grant *ret)
{
	mm_sim_begin(s->m);
	if (rq->now > s->now)
		s->now = rq->now;
	if ((rq->order || !mm_sim_pcp_again(s, rq, ret)) && !fast(s, rq, ret))
		return false;
	done(s, rq, ret);
	return true;
}

enum mm_outcome mm_sim_alloc_slow(struct mm_sim *s, const struct mm_request *rq, struct mm_grant *ret)
{
	uint16_t cpu = rq->cpu < s->alloc->nr_cpus ? rq->cpu : 0;

	mm_sim_begin(s->m);
	mm_sim_set_now(s, rq->now);
	s->alloc->cpu = cpu;
	s->alloc->pid = rq->pid;
	mm_sim_switch(s, (struct sim_who){ rq->pid, cpu });
	slow(s, rq, ret);
	done(s, rq, ret);
	return ret->outcome;
}

enum mm_outcome mm_sim_alloc(struct mm_sim *s, const struct mm_request *rq, struct mm_grant *ret)
{
	if (mm_sim_alloc_fast(s, rq, ret))
		return ret->outcome;
	slow(s, rq, ret);
	done(s, rq, ret);
	return ret->outcome;
}
