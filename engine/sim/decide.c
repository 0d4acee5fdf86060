// SPDX-License-Identifier: GPL-2.0-only
/* Decisions of the simulated machine are handed out. */
#include "sim/priv.h"
#include "sim/reclaim/lru.h"

void mm_rec_num(struct mm_decision *d, const char *name, int64_t value)
{
	if (d->nr_numbers < MM_DECISION_NUMBERS) {
		d->number[d->nr_numbers].name = name;
		d->number[d->nr_numbers++].value = value;
	}
}

void mm_sim_decide(struct mm_sim *s, struct mm_decision *d)
{
	if (!s->cfg.fn)
		return;
	d->ts = s->now;
	d->event = s->m->core.position;
	if (!d->ours)
		d->ours = "";
	if (!d->kernel)
		d->kernel = "";
	if (!d->reason)
		d->reason = "";
	s->cfg.fn(s->cfg.arg, d);
}
