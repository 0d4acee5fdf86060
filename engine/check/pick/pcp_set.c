// SPDX-License-Identifier: GPL-2.0-only
/* What is known of one CPU's lists of one zone. */
#include "check/pick/pcp.h"
#include "observe/observe.h"

struct mm_tuning *mm_pcp_tuning_of(struct pcp_check *s, const struct mm_check *c, const struct mm_machine *m,
				   unsigned int zone, unsigned int cpu)
{
	struct mm_tuning *t;
	bool maybe;

	uint8_t seeds = m->core.seeds_applied | 0x80 | (m->core.stale_at ? 0x40 : 0);

	if (!s->tuned || cpu >= s->nr_cpus || zone * s->nr_cpus + cpu >= s->nr_tuned)
		return NULL;
	if (s->seeds != seeds) {
		s->seeds = seeds;
		for (unsigned int i = 0; i < s->nr_tuned && i / s->nr_cpus < m->core.nr_zones; i++)
			mm_tuning_init(&s->tuned[i], c, m, &m->core.zone[i / s->nr_cpus], i % s->nr_cpus);
	}
	t = &s->tuned[zone * s->nr_cpus + cpu];
	if (m->obs->nr_isolations || t->off)
		mm_tuning_switch(t, mm_isolation_pcp_off(m, zone, &maybe));
	return t;
}

bool mm_pcp_was_waiting(const struct frees *f, uint64_t pfn)
{
	for (unsigned int i = 0; i < f->nr; i++)
		if (f->page[i].pfn == pfn)
			return true;
	return false;
}
