// SPDX-License-Identifier: GPL-2.0-only
/* Requests, and who is killed for them. */
#include "run/priv.h"
#include "sim/emit.h"

void mm_run_request_of(const struct mm_run *r, const struct run_task *t, const struct mm_want *w, struct mm_request *rq)
{
	*rq = (struct mm_request){
		.now = r->now, .pid = w->pid, .cpu = w->cpu, .order = w->order, .mt = w->mt, .gfp = w->gfp, .zone_type = w->zone_type,
		.node = w->node, .nodes = w->node >= 0 && w->flags & MM_WANT_BOUND ? UINT64_C(1) << w->node : 0, .in_interrupt = w->flags & MM_WANT_INTERRUPT, .oom_victim = t && t->doomed,
	};
}

/*
 * The task with most pages is killed.  Return: false when none has any, where a kernel panics
 * Source: mm/oom_kill.c: select_bad_process(), 6.1 to 7.3, without oom_score_adj
 */
static bool out_of_memory(struct mm_run *r)
{
	struct run_task *worst = NULL;

	for (size_t i = 0; i < r->cap_tasks; i++) {
		struct run_task *t = r->task[i];

		if (t && t->held && !t->doomed && (!worst || t->held > worst->held || (t->held == worst->held && t->pid < worst->pid)))
			worst = t;
	}
	if (!worst)
		return false;
	r->told.ooms++;
	if (mm_sim_traced(r->sim))
		mm_sim_emit_event(r->sim, SG_EV_mark_victim,
				  (const uint64_t[SG_SLOTS]){ SIM_F(mark_victim, pid, worst->pid), [1] = SG_MISSING, [2] = SG_MISSING,
							      [3] = SG_MISSING, [4] = SG_MISSING, [5] = SG_MISSING, [6] = SG_MISSING,
							      [7] = SG_MISSING, [8] = SG_MISSING });
	mm_run_kill(r, worst);
	mm_run_memory_kill(r, worst);
	return true;
}

enum mm_outcome mm_run_ask(struct mm_run *r, struct run_task *t, struct mm_request *rq, struct mm_grant *g, bool slow)
{
	enum mm_outcome o;

	for (unsigned int kills = 0;; kills++) {
		rq->now = r->now;
		rq->oom_victim = t && t->doomed;
		if (slow)
			o = mm_sim_alloc_slow(r->sim, rq, g);
		else
			o = mm_sim_alloc_fast(r->sim, rq, g) ? MM_GOT_PAGE : mm_sim_alloc_slow(r->sim, rq, g);
		if (o != MM_OOM || kills == 64 || !out_of_memory(r))
			return o;
		slow = false;
	}
}
