// SPDX-License-Identifier: GPL-2.0-only
/* What tasks do when they don't get a large folio: they ask for as many smaller ones as they touch, which the capture shows. */
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
