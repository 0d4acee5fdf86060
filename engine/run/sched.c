// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who runs when.  Each CPU lets its actors take turns; the next thing that happens anywhere is what comes first in time, so
 * the run's clock never goes back.
 *
 * Of the demand of a CPU, short gaps are work that takes its CPU time whatever else runs there; in longer ones the CPU was
 * idle, and others may use it (MM_GUESS_IDLE_US).
 */
#include <stdlib.h>

#include "machine/state.h"
#include "run/priv.h"

#define TICK_NS UINT64_C(1000000000)
#define ASK_EVERY 8192 /* steps between two looks at the limits of the run */

/* ---- threads ------------------------------------------------------------------------------ */

/* The CPU with fewest actors, of equal ones that where the thread ran last. */
static uint16_t least_busy(const struct mm_run *r, uint16_t last)
{
	uint16_t best = last;

	for (unsigned int c = 0; c < r->nr_cpus; c++)
		if (r->cpu[c].nr < r->cpu[best].nr)
			best = (uint16_t)c;
	return best;
}

static void start_thread(struct mm_run *r, struct run_actor *a)
{
	if (a->queued)
		return;
	mm_run_wake(r, a);
	a->cpu = least_busy(r, a->cpu);
	a->need = 0;
	mm_sim_thread_cpu(r->sim, a->kind == RUN_KSWAPD ? MM_THREAD_KSWAPD : MM_THREAD_KCOMPACTD, a->node, a->cpu);
	mm_run_queue(r, a, true);
}

void mm_run_woken(void *arg, enum mm_thread which, int node)
{
	struct mm_run *r = arg;

	if (node >= 0 && node < MM_SIM_MAX_NODES)
		start_thread(r, which == MM_THREAD_KSWAPD ? &r->kswapd[node] : &r->kcompactd[node]);
}

/* ---- steps ------------------------------------------------------------------------------- */

static void thread_step(struct mm_run *r, struct run_actor *a)
{
	bool kswapd = a->kind == RUN_KSWAPD;
	enum mm_thread_state st;
	uint64_t until = UINT64_MAX, ns;

	ns = kswapd ? mm_sim_kswapd_step(r->sim, a->node, r->now) : mm_sim_kcompactd_step(r->sim, a->node, r->now);
	st = kswapd ? mm_sim_kswapd_state(r->sim, a->node, &until) : mm_sim_kcompactd_state(r->sim, a->node, &until);
	a->need = ns ? ns : 1;
	if (st == MM_THREAD_RUNS)
		return;
	mm_run_unqueue(r, a);
	if (until != UINT64_MAX)
		mm_run_sleep(r, a, until > r->now ? until : r->now + 1);
}

/* Is the want to wait with its task: that is busy, has earlier ones to come, or isn't there yet? */
static bool waits(const struct run_task *t, const struct mm_want *w, uint32_t i)
{
	return !(w->flags & MM_WANT_INTERRUPT) && (t->busy || t->next != i || (!t->born && !mm_run_may_begin(t)));
}

/* Gets the stream ready for its next want: after the CPU's work, or asleep. */
static void stream_next(struct mm_run *r, struct run_cpu *c)
{
	const struct mm_want *w;
	struct run_task *t;

	if (c->at == c->nr_wants) {
		mm_run_unqueue(r, &c->stream);
		r->streams--;
		return;
	}
	w = &r->d->want[c->want[c->at]];
	t = mm_run_task(r, w->pid);
	c->stream.need = 0;
	if (t && waits(t, w, c->want[c->at])) {
		/*
		 * Its work before that is the task's, who does it later.  What comes behind it may come sooner for that, but the
		 * stream passes no more of the demand's time than has gone by since its first task left it.
		 */
		c->passed += w->think;
		if (r->now < c->left_at + c->passed)
			mm_run_sleep(r, &c->stream, c->left_at + c->passed);
		return;
	}
	c->passed += w->think;
	mm_run_gap(r, &c->stream, w->think);
}

static void stream_step(struct mm_run *r, struct run_cpu *c)
{
	uint32_t i = c->want[c->at];
	const struct mm_want *w = &r->d->want[i];
	struct run_task *t = mm_run_task(r, w->pid);
	bool irq = w->flags & MM_WANT_INTERRUPT;

	if (!t)
		return;
	if (r->at_mark && mm_run_behind_mark(r, i)) {
		c->at_mark = true;
		mm_run_unqueue(r, &c->stream);
		return;
	}
	c->at++;
	if (waits(t, w, i)) {
		mm_run_wait(r, t, i);
		stream_next(r, c);
		return;
	}
	t->born = true;
	if (!t->busy)
		t->actor.cpu = (uint16_t)(c - r->cpu);
	if (w->kind == MM_WANT_MARK && !irq && mm_run_waits_at(r, t, i)) {
		stream_next(r, c);
		return;
	}
	if (mm_run_want(r, t, w)) {
		mm_run_done(r, i);
	} else {
		const struct mm_want *stalls = w->kind == MM_WANT_ALLOC ? w : &r->again;

		if ((stalls->gfp & MM_GFP_DIRECT_RECLAIM) && !irq && w->pid && !t->busy) {
			mm_run_stalls(r, t, stalls, i);
		} else {
			mm_run_want_slowly(r, irq ? NULL : t, stalls);
			mm_run_done(r, i);
		}
	}
	stream_next(r, c);
}

static void actor_step(struct mm_run *r, struct run_actor *a)
{
	switch (a->kind) {
	case RUN_STREAM:
		stream_step(r, &r->cpu[a->cpu]);
		break;
	case RUN_TASK:
		mm_run_task_step(r, (struct run_task *)a);
		break;
	case RUN_KSWAPD:
	case RUN_KCOMPACTD:
	default:
		thread_step(r, a);
		break;
	}
}

/* ---- the loop ---------------------------------------------------------------------------- */

/* When something happens on the CPU, UINT64_MAX: nothing will. */
static uint64_t due(const struct run_cpu *c)
{
	const struct run_actor *a = c->first;

	return a ? c->clock + (a->need < a->slice ? a->need : a->slice) : UINT64_MAX;
}

static void on_cpu(struct mm_run *r, struct run_cpu *c)
{
	struct run_actor *a = c->first;

	mm_run_charge(c, r->now);
	if (a->need == 0) {
		actor_step(r, a);
		return;
	}
	/* its turn is over */
	if (mm_run_balance(r, c))
		return;
	c->first = a->next;
	mm_run_turn(r, a);
	mm_run_turn(r, c->first);
}

static void awake(struct mm_run *r, struct run_actor *a)
{
	mm_run_wake(r, a);
	if (a->kind == RUN_KSWAPD || a->kind == RUN_KCOMPACTD) {
		start_thread(r, a);
	} else {
		mm_run_queue(r, a, a->kind == RUN_TASK);
	}
}

static bool asks(struct mm_run *r)
{
	struct mm_run_progress p = { .wants = r->done, .of_wants = r->d->nr_wants, .now = r->now, .events = r->events,
				     .bytes = r->places.bytes + r->faults.ptes.bytes + r->faults.next * sizeof(*r->handle) };

	return !r->cfg.go_on || r->cfg.go_on(r->cfg.go_arg, &p);
}

/* Will a stream or a task wake by itself?  The kernel's threads nap for ever, also when nobody wants anything. */
static bool somebody_sleeps(const struct mm_run *r)
{
	for (const struct run_actor *a = r->asleep; a; a = a->next_asleep)
		if (a->kind == RUN_STREAM || a->kind == RUN_TASK)
			return true;
	return false;
}

/* One thing that happens; false: nobody who wants something will go on any more. */
static bool step(struct mm_run *r)
{
	struct run_cpu *best = NULL;
	struct run_actor *sleeper = NULL;
	uint64_t t = UINT64_MAX, reporter = mm_sim_reporter_due(r->sim);

	for (unsigned int i = 0; i < r->nr_cpus; i++) {
		uint64_t d = due(&r->cpu[i]);

		if (d < t) {
			t = d;
			best = &r->cpu[i];
		}
	}
	for (struct run_actor *a = r->asleep; a; a = a->next_asleep)
		if (a->wakes < t || (a->wakes == t && !sleeper)) {
			t = a->wakes;
			sleeper = a;
		}
	if (!best && !somebody_sleeps(r))
		return false;
	if (reporter <= t && reporter <= r->next_tick) {
		r->now = reporter > r->now ? reporter : r->now;
		mm_sim_reporter(r->sim, r->now);
		return true;
	}
	if (r->next_tick <= t) {
		r->now = r->next_tick > r->now ? r->next_tick : r->now;
		r->next_tick += TICK_NS;
		mm_sim_tick(r->sim, r->now);
		return true;
	}
	r->now = t > r->now ? t : r->now;
	if (r->pace + 1 < r->d->nr_paces && r->d->pace[r->pace].until < r->now)
		mm_run_pace(r);
	if (sleeper)
		awake(r, sleeper);
	else
		on_cpu(r, best);
	return true;
}

int mm_run_sched(struct mm_run *r, struct sg_err *err)
{
	while (r->streams || r->busy) {
		if (!step(r))
			return sg_fail(err, SG_E_RANGE, "the simulated run stands still: %llu of %zu wants are done, and those whose turn it "
				       "is wait for each other", (unsigned long long)r->done, r->d->nr_wants);
		if (r->oom || r->places.oom || r->faults.ptes.oom || mm_sim_machine(r->sim)->out_of_memory)
			return sg_fail(err, SG_E_NOMEM, "out of memory in the simulated run, %llu of %zu wants done",
				       (unsigned long long)r->done, r->d->nr_wants);
		if (++r->steps % ASK_EVERY == 0 && !asks(r)) {
			r->told.cut = true;
			break;
		}
	}
	return SG_OK;
}

bool mm_run_sched_init(struct mm_run *r)
{
	r->cpu = calloc(r->nr_cpus, sizeof(*r->cpu));
	if (!r->cpu || !mm_run_order(r))
		return false;
	for (size_t i = 0; i < r->d->nr_wants; i++)
		r->cpu[r->d->want[i].cpu].nr_wants++;
	for (unsigned int i = 0; i < r->nr_cpus; i++) {
		struct run_cpu *c = &r->cpu[i];

		c->clock = r->now;
		c->stream = (struct run_actor){ .kind = RUN_STREAM, .cpu = (uint16_t)i };
		c->want = malloc((c->nr_wants + 1) * sizeof(*c->want));
		if (!c->want)
			return false;
	}
	for (size_t i = 0; i < r->d->nr_wants; i++) {
		struct run_cpu *c = &r->cpu[r->d->want[i].cpu];

		c->want[c->at++] = (uint32_t)i;
	}
	for (unsigned int i = 0; i < r->nr_cpus; i++)
		r->cpu[i].at = 0;
	if (!mm_run_crowds(r))
		return false;
	for (unsigned int i = 0; i < r->nr_cpus; i++) {
		struct run_cpu *c = &r->cpu[i];

		r->streams++;
		mm_run_queue(r, &c->stream, false);
		stream_next(r, c);
	}
	for (int n = 0; n < MM_SIM_MAX_NODES; n++) {
		r->kswapd[n] = (struct run_actor){ .kind = RUN_KSWAPD, .node = n };
		r->kcompactd[n] = (struct run_actor){ .kind = RUN_KCOMPACTD, .node = n };
		if (!mm_sim_machine(r->sim)->core.node[n].present)
			continue;
		/* each looks first whether there is something to do */
		mm_run_sleep(r, &r->kswapd[n], r->now + 1);
		mm_run_sleep(r, &r->kcompactd[n], r->now + 1);
	}
	r->next_tick = r->now + TICK_NS;
	return !r->oom;
}
