// SPDX-License-Identifier: GPL-2.0-only
/* When memory runs out. */
#include "machine/state.h"

#include "sg_mem.h"

void mm_no_memory(struct mm_machine *m)
{
	m->out_of_memory = true;
	sg_mem_fail();
	if (m->cfg.limits && !m->copy)
		sg_limits_add(m->cfg.limits, SG_LIMIT_MEMORY, m->core.position, SG_LIMIT_END,
			      "End other programs, or take a machine with more memory",
			      "stormglass ran out of memory at event %llu: from there on no page, list or decision is known",
			      (unsigned long long)m->core.position);
	if (m->observing)
		longjmp(m->leave, 1);
}
