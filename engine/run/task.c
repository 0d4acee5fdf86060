// SPDX-License-Identifier: GPL-2.0-only
/* Tasks that stall: each in a fiber of its own, with what it wants next behind it. */
#include <stdlib.h>
#include <string.h>

#include "run/priv.h"

/* Its turn has come, and nothing else holds it up. */
static void go_on_waiting(struct mm_run *r, struct run_task *t)
{
	uint32_t i;

	if (!t->busy || t->fiber || t->at_mark || t->unborn || t->actor.queued || t->actor.asleep || t->first_wait == t->nr_wait)
		return;
	i = t->wait[t->first_wait];
	if (i != t->next)
		return;
	mm_run_queue(r, &t->actor, false);
	mm_run_gap(r, &t->actor, r->d->want[i].think);
}

void mm_run_wait(struct mm_run *r, struct run_task *t, uint32_t i)
{
	size_t at;

	if (t->first_wait == t->nr_wait)
		t->first_wait = t->nr_wait = 0;
	if (t->nr_wait == t->cap_wait) {
		size_t n = t->cap_wait ? t->cap_wait * 2 : 64;
		uint32_t *w = realloc(t->wait, n * sizeof(*w));

		if (!w) {
			r->oom = true;
			return;
		}
		t->wait = w;
		t->cap_wait = n;
	}
	for (at = t->nr_wait++; at > t->first_wait && t->wait[at - 1] > i; at--)
		t->wait[at] = t->wait[at - 1];
	t->wait[at] = i;
	if (!t->busy)
		t->actor.cpu = r->d->want[i].cpu;
	mm_run_leave(r, t);
	if (i == t->birth && mm_run_may_begin(t)) {
		t->born = true;
	} else if (i == t->birth) {
		t->unborn = true;
		t->next_unborn = r->unborn;
		r->unborn = t;
	}
	go_on_waiting(r, t);
}

/* The parents of some have come so far. */
static void bear(struct mm_run *r)
{
	struct run_task **p = &r->unborn;

	while (*p) {
		struct run_task *t = *p;

		if (!mm_run_may_begin(t)) {
			p = &t->next_unborn;
			continue;
		}
		*p = t->next_unborn;
		t->unborn = false;
		t->born = true;
		go_on_waiting(r, t);
	}
}

bool mm_run_behind_mark(const struct mm_run *r, uint32_t i)
{
	for (const struct run_task *t = r->at_mark; t; t = t->next_at_mark)
		if (t->mark < i)
			return true;
	return false;
}

/* All that was wanted before the mark is done: the task goes on with it. */
static void pass_marks(struct mm_run *r)
{
	struct run_task **p = &r->at_mark;

	while (*p) {
		struct run_task *t = *p;

		if (t->mark > r->all_done) {
			p = &t->next_at_mark;
			continue;
		}
		*p = t->next_at_mark;
		t->actor.need = 0;
		mm_run_queue(r, &t->actor, true);
	}
}

/* A mark is written: streams that have come behind it go on. */
static void behind_marks(struct mm_run *r)
{
	for (unsigned int c = 0; c < r->nr_cpus; c++)
		if (r->cpu[c].at_mark) {
			r->cpu[c].at_mark = false;
			r->cpu[c].stream.need = 0;
			mm_run_queue(r, &r->cpu[c].stream, false);
		}
}

void mm_run_done(struct mm_run *r, uint32_t i)
{
	r->done++;
	r->is_done[i] = 1;
	if (!(r->d->want[i].flags & MM_WANT_INTERRUPT)) {
		struct run_task *t = mm_run_task(r, r->d->want[i].pid);

		if (t)
			t->next = r->after[i];
	}
	if (r->unborn)
		bear(r);
	if (i != r->all_done)
		return;
	while (r->all_done < r->d->nr_wants && r->is_done[r->all_done])
		r->all_done++;
	if (r->at_mark)
		pass_marks(r);
}

bool mm_run_waits_at(struct mm_run *r, struct run_task *t, uint32_t i)
{
	if (r->all_done >= i)
		return false;
	mm_run_unqueue(r, &t->actor);
	t->at_mark = true;
	t->mark = i;
	t->next_at_mark = r->at_mark;
	r->at_mark = t;
	mm_run_leave(r, t);
	return true;
}

static void body(void *arg)
{
	struct run_task *t = arg;

	mm_run_want_slowly(t->run, t, t->want);
}

void mm_run_stalls(struct mm_run *r, struct run_task *t, const struct mm_want *w, uint32_t i)
{
	t->again = *w; /* the want may be one that was made up */
	t->want = &t->again;
	t->number = i;
	t->actor.cpu = w->cpu;
	mm_run_leave(r, t);
	t->fiber = mm_fiber_new(body, t);
	if (!t->fiber) {
		r->oom = true;
		return;
	}
	t->actor.need = 0;
	mm_run_queue(r, &t->actor, true);
}

/* The fiber goes on; true when it has come to its end. */
static bool go_on(struct mm_run *r, struct run_task *t)
{
	bool lives;

	r->running = t;
	lives = mm_fiber_resume(t->fiber);
	r->running = NULL;
	if (lives)
		return false;
	mm_fiber_free(t->fiber);
	t->fiber = NULL;
	return true;
}

/* The next thing that waits: false when the task is not to go on at once. */
static bool next_waiting(struct mm_run *r, struct run_task *t)
{
	uint32_t i = t->wait[t->first_wait];
	const struct mm_want *w = &r->d->want[i];

	if (w->kind == MM_WANT_MARK && mm_run_waits_at(r, t, i))
		return false;
	t->first_wait++;
	if (mm_run_want(r, t, w)) {
		mm_run_done(r, i);
		return true;
	}
	t->again = w->kind == MM_WANT_ALLOC ? *w : r->again;
	t->want = &t->again;
	t->number = i;
	t->fiber = mm_fiber_new(body, t);
	if (!t->fiber)
		r->oom = true;
	t->actor.need = 0;
	return false;
}

void mm_run_task_step(struct mm_run *r, struct run_task *t)
{
	if (t->at_mark) {
		/* the mark is the want that it waited with */
		t->at_mark = false;
		mm_run_want(r, t, &r->d->want[t->mark]);
		if (t->first_wait < t->nr_wait && t->wait[t->first_wait] == t->mark)
			t->first_wait++;
		mm_run_done(r, t->mark);
		behind_marks(r);
	} else if (t->fiber) {
		mm_sim_set_now(r->sim, r->now);
		if (!go_on(r, t))
			return;
		mm_run_done(r, t->number);
	} else if (t->first_wait < t->nr_wait && !next_waiting(r, t)) {
		return;
	}
	if (t->first_wait < t->nr_wait && t->wait[t->first_wait] == t->next) {
		mm_run_gap(r, &t->actor, r->d->want[t->next].think);
		return;
	}
	mm_run_unqueue(r, &t->actor);
	if (t->first_wait < t->nr_wait)
		return; /* earlier ones are still to come, in another stream */
	mm_run_return(r, t);
}
