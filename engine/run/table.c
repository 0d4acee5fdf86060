// SPDX-License-Identifier: GPL-2.0-only
/* The tasks by pid, and in which order each of them wants things. */
#include <stdlib.h>
#include <string.h>

#include "run/priv.h"

static size_t slot(struct run_task **task, size_t cap, int32_t pid)
{
	size_t i = ((uint32_t)pid * UINT32_C(2654435761)) & (cap - 1);

	while (task[i] && task[i]->pid != pid)
		i = (i + 1) & (cap - 1);
	return i;
}

struct run_task *mm_run_task(struct mm_run *r, int32_t pid)
{
	struct run_task *t;
	size_t i;

	if (2 * (r->nr_tasks + 1) > r->cap_tasks) {
		size_t n = r->cap_tasks ? r->cap_tasks * 2 : 256;
		struct run_task **more = calloc(n, sizeof(struct run_task *));

		if (!more) {
			r->oom = true;
			return NULL;
		}
		for (size_t k = 0; k < r->cap_tasks; k++)
			if (r->task[k])
				more[slot(more, n, r->task[k]->pid)] = r->task[k];
		free(r->task);
		r->task = more;
		r->cap_tasks = n;
	}
	i = slot(r->task, r->cap_tasks, pid);
	if (r->task[i])
		return r->task[i];
	t = calloc(1, sizeof(*t));
	if (!t) {
		r->oom = true;
		return NULL;
	}
	*t = (struct run_task){ .pid = pid, .used = true, .run = r, .next = UINT32_MAX, .birth = UINT32_MAX, .actor = { .kind = RUN_TASK } };
	r->task[i] = t;
	r->nr_tasks++;
	return t;
}

#define NAMELESS "<...>" /* what a task is called whose name nobody knows: sg_capture_comm() */

/*
 * Whoever forked a task gave it its name: of several tasks of the same name the one that is there longest, with the lowest pid.
 * Source: kernel/fork.c: copy_process(): comm is copied, 6.1 to 7.3
 */
static void find_parents(struct mm_run *r)
{
	const struct sg_capture *cap = mm_sim_capture(r->sim);

	for (size_t i = 0; i < r->cap_tasks; i++) {
		struct run_task *t = r->task[i];
		const char *name = t && t->pid ? sg_capture_comm(cap, t->pid) : NULL;

		if (!name || strcmp(name, NAMELESS) == 0)
			continue;
		for (size_t k = 0; k < r->cap_tasks; k++) {
			struct run_task *p = r->task[k];
			const char *other = p && p->pid && p != t ? sg_capture_comm(cap, p->pid) : NULL;

			if (other && strcmp(name, other) == 0 && p->pid < t->pid && (!t->parent || p->pid < t->parent->pid))
				t->parent = p;
		}
	}
}

bool mm_run_may_begin(const struct run_task *t)
{
	return !t->parent || t->parent->next >= t->birth;
}

bool mm_run_order(struct mm_run *r)
{
	r->is_done = calloc(r->d->nr_wants + 1, 1);
	r->after = malloc((r->d->nr_wants + 1) * sizeof(*r->after));
	if (!r->is_done || !r->after)
		return false;
	for (size_t i = r->d->nr_wants; i-- > 0;) {
		struct run_task *t = mm_run_task(r, r->d->want[i].pid);

		if (!t)
			return false;
		if (r->d->want[i].flags & MM_WANT_INTERRUPT)
			continue;
		r->after[i] = t->next;
		t->next = t->birth = (uint32_t)i;
	}
	find_parents(r);
	return true;
}

void mm_run_tasks_fini(struct mm_run *r)
{
	for (size_t i = 0; i < r->cap_tasks; i++) {
		if (!r->task[i])
			continue;
		if (r->task[i]->fiber)
			mm_fiber_free(r->task[i]->fiber);
		free(r->task[i]->wait);
		free(r->task[i]);
	}
	free(r->task);
}
