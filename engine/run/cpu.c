// SPDX-License-Identifier: GPL-2.0-only
/* Who takes turns on a CPU, who sleeps. */
#include "run/priv.h"

/* ---- the circle of a CPU ------------------------------------------------------------- */

/* What the CPU's first actor has run since the clock was last looked at. */
void mm_run_charge(struct run_cpu *c, uint64_t now)
{
	uint64_t ran = now > c->clock ? now - c->clock : 0;

	c->clock = now > c->clock ? now : c->clock;
	if (!c->first)
		return;
	c->first->need -= ran < c->first->need ? ran : c->first->need;
	c->first->slice -= ran < c->first->slice ? ran : c->first->slice;
}

void mm_run_queue(struct mm_run *r, struct run_actor *a, bool soon)
{
	struct run_cpu *c = &r->cpu[a->cpu];

	if (a->queued)
		return;
	mm_run_charge(c, r->now);
	a->queued = true;
	a->slice = r->slice;
	c->nr++;
	if (!c->first) {
		a->next = a->prev = a;
		c->first = a;
		return;
	}
	/* before the first one: that is the end of the circle, or the beginning */
	a->next = c->first;
	a->prev = c->first->prev;
	a->prev->next = a;
	a->next->prev = a;
	if (soon)
		c->first = a;
}

void mm_run_unqueue(struct mm_run *r, struct run_actor *a)
{
	struct run_cpu *c = &r->cpu[a->cpu];

	if (!a->queued)
		return;
	mm_run_charge(c, r->now);
	a->queued = false;
	c->nr--;
	if (c->nr == 0) {
		c->first = NULL;
		return;
	}
	a->prev->next = a->next;
	a->next->prev = a->prev;
	if (c->first == a) {
		c->first = a->next;
		c->first->slice = r->slice;
	}
}

/* ---- sleep ------------------------------------------------------------------------------ */

void mm_run_sleep(struct mm_run *r, struct run_actor *a, uint64_t until)
{
	mm_run_unqueue(r, a);
	a->wakes = until;
	if (a->asleep)
		return;
	a->asleep = true;
	a->next_asleep = r->asleep;
	r->asleep = a;
}

void mm_run_wake(struct mm_run *r, struct run_actor *a)
{
	struct run_actor **p = &r->asleep;

	if (!a->asleep)
		return;
	while (*p != a)
		p = &(*p)->next_asleep;
	*p = a->next_asleep;
	a->asleep = false;
}

/* Called by the simulated machine in the middle of a request: others run for @ns. */
void mm_run_pause(void *arg, enum mm_pause why, uint64_t ns)
{
	struct mm_run *r = arg;
	struct run_task *t = r->running;

	if (!t)
		return; /* it can't wait: an interrupt, or a request that may not reclaim */
	if (why == MM_PAUSE_WAIT)
		mm_run_sleep(r, &t->actor, r->now + (ns ? ns : 1));
	else
		t->actor.need = ns ? ns : 1;
	r->running = NULL;
	mm_fiber_yield(t->fiber);
	r->running = t;
}

