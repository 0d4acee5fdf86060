// SPDX-License-Identifier: GPL-2.0-only
/*
 * Time in a run: what work costs, and how a stalled request lets others run.
 *
 * A request that stalls is code in the middle of its work, so whoever lets others run meanwhile gives it a stack of its
 * own.  Here is what must be put away before, and what must be there again afterwards: who runs where, and the request's
 * capture control, which in the kernel is the task's.
 */
#include "sim/alloc/alloc.h"
#include "sim/compact/compact.h"
#include "sim/emit.h"

#include <assert.h>

void mm_sim_pause_hook(struct mm_sim *s, mm_sim_pause_fn fn, void *arg)
{
	s->pause = fn;
	s->pause_arg = arg;
}

void mm_sim_woken_hook(struct mm_sim *s, mm_sim_woken_fn fn, void *arg)
{
	s->woken = fn;
	s->woken_arg = arg;
}

uint64_t mm_sim_now(const struct mm_sim *s)
{
	return s->now;
}

void mm_sim_set_now(struct mm_sim *s, uint64_t now)
{
	if (now > s->now)
		s->now = now;
}

void mm_sim_costs_get(const struct mm_sim *s, struct mm_sim_costs *ret)
{
	*ret = s->costs;
}

void mm_sim_costs_set(struct mm_sim *s, const struct mm_sim_costs *c)
{
	s->costs = *c;
}

void mm_sim_pause(struct mm_sim *s, enum mm_pause why, uint64_t ns)
{
	struct sim_alloc *a = s->alloc;
	struct sim_ask *ask = s->stalled;
	struct sim_who who = { s->on_pid, s->on_cpu };
	struct sim_capc capc = a->capc;
	uint64_t until = s->now + ns;
	uint16_t cpu = a->cpu;
	int32_t pid = a->pid;

	if (!mm_sim_pauses(s))
		return;
	assert(s->compact->nr_batch == 0);
	ask->grant->stall_ns += ns;
	/* what others free isn't captured; what was captured is off all lists already */
	a->capc.armed = a->capc.got = false;
	s->stalled = NULL;
	s->pause(s->pause_arg, why, ns);
	s->stalled = ask;
	a->capc = capc;
	a->cpu = cpu;
	a->pid = pid;
	mm_sim_switch(s, who);
	mm_sim_set_now(s, until);
	ask->own.now = s->now;
	mm_sim_begin(s->m);
}
