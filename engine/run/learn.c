// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the capture shows of its tasks: how many share a CPU, and what they do when they don't get a large folio: they ask for
 * as many smaller ones as they touch.  And what compaction costs at which time.
 */
#include <stdlib.h>

#include "machine/guesses.h"
#include "run/priv.h"

/*
 * An anonymous huge page, which is asked for page by page when it can't be had.
 * Source: include/linux/gfp_types.h: GFP_TRANSHUGE: unlike hugetlb's requests it may not use the reserves, and isn't retried hard
 */
bool mm_run_anon_folio(const struct mm_want *w)
{
	return w->order > 0 && w->mt == MM_MT_MOVABLE && (w->gfp & MM_GFP_COMP) && (w->gfp & MM_GFP_NOMEMALLOC) &&
	       !(w->gfp & MM_GFP_RETRY_MAYFAIL);
}

void mm_run_learn(struct mm_run *r)
{
	for (size_t i = 0; i < r->d->nr_wants; i++) {
		const struct mm_want *w = &r->d->want[i];
		struct run_task *t;

		if (w->kind != MM_WANT_ALLOC || (w->flags & MM_WANT_INTERRUPT))
			continue;
		t = mm_run_task(r, w->pid);
		if (!t)
			return;
		if (t->credit && w->mt == MM_MT_MOVABLE && !w->content && w->order < t->refused_order && t->credit >= 1u << w->order &&
		    !(w->flags & MM_WANT_FAILED)) {
			t->credit -= 1u << w->order;
			t->refused[t->refused_order].pages[w->order] += UINT64_C(1) << w->order;
			r->refused[t->refused_order].pages[w->order] += UINT64_C(1) << w->order;
		} else if (mm_run_anon_folio(w) && (w->order >= t->refused_order || !t->credit)) {
			t->credit = w->flags & MM_WANT_FAILED ? 1u << w->order : 0;
			t->refused_order = w->order;
			t->refused[w->order].times += t->credit != 0;
			r->refused[w->order].times += t->credit != 0;
		}
	}
	for (size_t i = 0; i < r->cap_tasks; i++)
		if (r->task[i])
			r->task[i]->credit = 0;
}

/* Work of one want enters the stretch, or leaves it; @sum, @squares: of the shares. */
static void window(struct run_task *t, uint64_t us, bool enters, uint64_t *sum, uint64_t *squares)
{
	*squares -= t->in_window * t->in_window;
	t->in_window = enters ? t->in_window + us : t->in_window - us;
	*squares += t->in_window * t->in_window;
	*sum = enters ? *sum + us : *sum - us;
}

/* Idle time is nobody's work. */
static uint64_t work_us(const struct mm_want *w)
{
	uint64_t us = w->think / 1000, idle = MM_GUESS(IDLE_US);

	return us < idle ? us : idle;
}

/*
 * As many tasks share a CPU as would, with equal shares, leave the same chance that two looks at it find the same one: of
 * tasks that hardly run only a part counts.
 */
static bool crowd_of(struct mm_run *r, struct run_cpu *c)
{
	uint64_t sum = 0, squares = 0, ns = (uint64_t)MM_GUESS(CROWD_MS) * 1000000;
	size_t end = 0;

	c->crowd = malloc(c->nr_wants + 1);
	if (!c->crowd)
		return false;
	for (size_t i = 0; i < c->nr_wants; i++) {
		const struct mm_want *w = &r->d->want[c->want[i]];
		uint64_t n;

		for (; end < c->nr_wants && r->d->want[c->want[end]].ts <= w->ts + ns; end++)
			window(mm_run_task(r, r->d->want[c->want[end]].pid), work_us(&r->d->want[c->want[end]]), true, &sum, &squares);
		n = squares ? (sum * sum + squares / 2) / squares : 1;
		c->crowd[i] = n < 1 ? 1 : n > UINT8_MAX ? UINT8_MAX : (uint8_t)n;
		window(mm_run_task(r, w->pid), work_us(w), false, &sum, &squares);
	}
	return true;
}

bool mm_run_crowds(struct mm_run *r)
{
	for (unsigned int i = 0; i < r->nr_cpus; i++)
		if (!crowd_of(r, &r->cpu[i]))
			return false;
	return true;
}

void mm_run_pace(struct mm_run *r)
{
	const struct mm_demand *d = r->d;
	const struct mm_run_costs *usual = &r->told.costs;
	struct mm_sim_costs s;

	if (!d->nr_paces || r->cfg.costs.compact_move || r->cfg.costs.compact_scan)
		return;
	while (r->pace + 1 < d->nr_paces && d->pace[r->pace].until < r->now)
		r->pace++;
	mm_sim_costs_get(r->sim, &s);
	s.compact_move = usual->compact_move * d->pace[r->pace].percent / 100;
	s.compact_scan = usual->compact_scan * d->pace[r->pace].percent / 100;
	mm_sim_costs_set(r->sim, &s);
}
