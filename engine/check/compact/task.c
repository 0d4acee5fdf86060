// SPDX-License-Identifier: GPL-2.0-only
/* Tasks that compact, and how the checks of compaction report. */
#include "check/compact/compact.h"
#include "check/check.h"

struct mm_compact_task *mm_compact_task(struct mm_compact_state *s, int32_t pid, bool create)
{
	struct mm_compact_task *t, *oldest = NULL;

	if (!create && !(s->pids[pid >> 6 & 15] >> (pid & 63) & 1))
		return NULL;
	for (unsigned int i = 0; i < s->nr_tasks; i++) {
		t = &s->task[i];
		if (t->pid == pid)
			return t;
		if (!oldest || t->used < oldest->used)
			oldest = t;
	}
	if (!create)
		return NULL;
	t = s->nr_tasks < MM_COMPACT_TASKS ? &s->task[s->nr_tasks++] : oldest;
	if (t == oldest && t->zone >= 0 && t->direct && s->nr_direct)
		s->nr_direct--;
	s->pids[pid >> 6 & 15] |= 1ull << (pid & 63);
	*t = (struct mm_compact_task){ .pid = pid, .zone = -1, .order = -1, .last_ret = MM_COMPACT_RESULTS };
	return t;
}

void mm_compact_report(struct mm_compact_state *s, struct mm_decision *d)
{
	const struct mm_compact_task *t = mm_compact_task(s, s->ev->pid, false);

	d->kind = MM_CHECK_COMPACT_CHECK;
	d->event = mm_position(s->m) + 1;
	d->ts = s->ev->ts;
	d->pid = s->ev->pid;
	if (d->verdict == MM_UNDECIDED)
		d->ours = "";
	if (!d->reason)
		d->reason = "";
	if (t && t->in_try && d->nr_numbers < MM_DECISION_NUMBERS) { /* the request that waits for it */
		d->number[d->nr_numbers].name = "gfp";
		d->number[d->nr_numbers++].value = (int64_t)t->gfp;
	}
	mm_check_report(s->c, d);
}
