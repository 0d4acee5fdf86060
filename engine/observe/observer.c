// SPDX-License-Identifier: GPL-2.0-only
/* The observer's memory: made, and emptied. */
#include "observe/observe.h"

#include <stdlib.h>
#include <string.h>

static void clear(struct mm_machine *m)
{
	memset(m->obs, 0, m->obs_bytes);
	m->obs->last_take_pfn = UINT64_MAX;
}

int mm_observer_attach(struct mm_machine *m, struct sg_err *err)
{
	m->obs_bytes = sizeof(*m->obs) + m->nr_base * sizeof(m->obs->base[0]);
	m->obs = malloc(m->obs_bytes);
	if (!m->obs)
		return sg_fail(err, SG_E_NOMEM, "out of memory for the machine");
	clear(m);
	return 0;
}

struct mm_machine *mm_machine_new(const struct mm_config *cfg, struct sg_err *err)
{
	struct mm_machine *m = mm_machine_make(cfg, err);

	if (m && mm_observer_attach(m, err) < 0) {
		mm_machine_free(m);
		return NULL;
	}
	return m;
}

void mm_observer_forget(struct mm_machine *m)
{
	bool counts_preempt = m->obs->counts_preempt, compacted = m->obs->compacted;
	uint64_t lost_at = m->obs->lost_at;

	mm_forget(m);
	clear(m);
	m->obs->counts_preempt = counts_preempt;
	m->obs->compacted = compacted;
	m->obs->lost_at = lost_at;
}
