// SPDX-License-Identifier: GPL-2.0-only
/* Who takes turns on a CPU, who sleeps. */
#include "machine/guesses.h"
#include "run/priv.h"

/* kernel/sched/topology.c: sd_init(): ms between two looks of a busy CPU, for each CPU of the domain, 6.1 to 7.3 */
#define BALANCE_MS 16u

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

void mm_run_leave(struct mm_run *r, struct run_task *t)
{
	struct run_cpu *c = &r->cpu[t->actor.cpu];

	if (t->busy)
		return;
	t->busy = true;
	t->left_cpu = t->actor.cpu;
	r->busy++;
	if (c->busy++ == 0) {
		c->left_at = r->now;
		c->passed = 0;
	}
}

void mm_run_return(struct mm_run *r, struct run_task *t)
{
	if (!t->busy)
		return;
	t->busy = false;
	r->busy--;
	r->cpu[t->left_cpu].busy--;
}

void mm_run_turn(const struct mm_run *r, struct run_actor *a)
{
	const struct run_cpu *c = &r->cpu[a->cpu];

	a->slice = r->slice;
	if (a->kind == RUN_STREAM && c->at < c->nr_wants)
		a->slice *= c->crowd[c->at];
}

void mm_run_queue(struct mm_run *r, struct run_actor *a, bool soon)
{
	struct run_cpu *c = &r->cpu[a->cpu];

	if (a->queued)
		return;
	mm_run_charge(c, r->now);
	a->queued = true;
	mm_run_turn(r, a);
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

static void take_out(const struct mm_run *r, struct run_cpu *c, struct run_actor *a)
{
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
		mm_run_turn(r, c->first);
	}
}

/* The actor goes on on another CPU. */
static void settle(struct mm_run *r, struct run_actor *a, const struct run_cpu *c)
{
	a->cpu = (uint16_t)(c - r->cpu);
	if (a->kind == RUN_KSWAPD || a->kind == RUN_KCOMPACTD)
		mm_sim_thread_cpu(r->sim, a->kind == RUN_KSWAPD ? MM_THREAD_KSWAPD : MM_THREAD_KCOMPACTD, a->node, a->cpu);
	mm_run_queue(r, a, false);
}

/*
 * A CPU that has nothing to do takes over what waits longest on the one with most to do.  Streams stay where they were.
 * Source: kernel/sched/fair.c: sched_balance_newidle() (newidle_balance() before), 6.1 to 7.3
 */
static void pull(struct mm_run *r, struct run_cpu *c)
{
	struct run_cpu *from = NULL;
	struct run_actor *a;

	for (unsigned int i = 0; i < r->nr_cpus; i++)
		if (r->cpu[i].nr > 1 && (!from || r->cpu[i].nr > from->nr))
			from = &r->cpu[i];
	if (!from)
		return;
	for (a = from->first->next; a->kind == RUN_STREAM && a != from->first; a = a->next)
		;
	if (a == from->first)
		return;
	mm_run_charge(from, r->now);
	take_out(r, from, a);
	settle(r, a, c);
}

void mm_run_unqueue(struct mm_run *r, struct run_actor *a)
{
	struct run_cpu *c = &r->cpu[a->cpu];

	if (!a->queued)
		return;
	mm_run_charge(c, r->now);
	take_out(r, c, a);
	if (c->nr == 0)
		pull(r, c);
}

/* Who is ready to run on the CPU: a stream stands for several tasks. */
static unsigned int load(const struct run_cpu *c)
{
	return c->nr + (c->stream.queued && c->at < c->nr_wants ? c->crowd[c->at] - 1u : 0);
}

/*
 * Now and then the turn that is over is the last one on this CPU, where another has two fewer to run.  Streams stay.
 * Source: kernel/sched/fair.c: sched_balance_domains() (rebalance_domains() before), get_sd_balance_interval(): busy CPUs look so
 * many ms apart as there are CPUs, sd->balance_interval, times sd->busy_factor, 16, 6.1 to 7.3
 */
bool mm_run_balance(struct mm_run *r, struct run_cpu *c)
{
	struct run_actor *a = c->first;
	struct run_cpu *to = c;

	if (a->kind == RUN_STREAM || r->now < r->next_balance)
		return false;
	r->next_balance = r->now + (uint64_t)BALANCE_MS * 1000000 * r->nr_cpus;
	for (unsigned int i = 0; i < r->nr_cpus; i++)
		if (load(&r->cpu[i]) < load(to))
			to = &r->cpu[i];
	if (load(to) + 2 > load(c))
		return false;
	take_out(r, c, a);
	settle(r, a, to);
	return true;
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

void mm_run_gap(struct mm_run *r, struct run_actor *a, uint64_t think)
{
	uint64_t idle = (uint64_t)MM_GUESS(IDLE_US) * 1000;

	a->need = think < idle ? think : idle;
	if (think > idle)
		mm_run_sleep(r, a, r->now + think - idle);
}

/* Called by the simulated machine in the middle of a request: others run for @ns. */
void mm_run_pause(void *arg, enum mm_pause why, uint64_t ns)
{
	struct mm_run *r = arg;
	struct run_task *t = r->running;

	if (!t)
		return; /* it can't wait: an interrupt, or a request that may not reclaim */
	if (why == MM_PAUSE_WAIT) {
		t->actor.need = 0;
		mm_run_sleep(r, &t->actor, r->now + (ns ? ns : 1));
	} else {
		t->actor.need = ns ? ns : 1;
	}
	r->running = NULL;
	mm_fiber_yield(t->fiber);
	r->running = t;
}

