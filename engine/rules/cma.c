// SPDX-License-Identifier: GPL-2.0-only
/* Movable requests and CMA pageblocks; see the header. */
#include "rules/cma.h"

#include "rules/watermark.h"

static uint64_t pages_of(const struct zone_state *z, unsigned int mt)
{
	uint64_t n = 0;

	for (unsigned int o = 0; o < z->nr_orders; o++)
		n += ((uint64_t)z->list[o][mt].nr_linked + z->list[o][mt].nr_unplaced) << o;
	return n;
}

bool mm_rule_has_cma(const struct mm_machine *m, const struct zone_state *z)
{
	if (m->cap->mt_cma < MM_NR_PCPTYPES)
		return false;
	return z->type_blocks[m->cap->mt_cma] || pages_of(z, (unsigned int)m->cap->mt_cma);
}

enum mm_known mm_rule_cma_first(const struct mm_machine *m, const struct zone_state *z, uint32_t taken)
{
	int64_t cma, unnamed, free, drift;
	unsigned int shift = 0;

	if (!mm_rule_has_cma(m, z))
		return MM_KNOWN_NO;
	while (shift < 30 && 1u << shift < m->cap->page_size)
		shift++;
	drift = mm_wmark_drift(mm_wmark_pages(z->managed), shift, m->nr_cpus ? m->nr_cpus : 1);
	cma = (int64_t)pages_of(z, (unsigned int)m->cap->mt_cma);
	unnamed = (int64_t)pages_of(z, MM_MT_ROW_UNKNOWN);
	free = (int64_t)(z->nr_pages[PS_FREE] + z->nr_pages[PS_FREET] + z->nr_pages[PS_UNKNOWN]) + taken;
	if (m->cap->mt_isolate >= 0) /* isolated pages aren't counted as free */
		free -= (int64_t)pages_of(z, (unsigned int)m->cap->mt_isolate);
	if (2 * (cma - drift) > free + drift)
		return MM_KNOWN_YES;
	free -= (int64_t)z->nr_pages[PS_UNKNOWN];
	return 2 * (cma + unnamed + drift) <= free - drift ? MM_KNOWN_NO : MM_KNOWN_MAYBE;
}

struct mm_pick mm_rule_movable(const struct mm_machine *m, const struct zone_state *z, unsigned int order,
			       enum mm_known cma_first, uint64_t pfn)
{
	struct mm_pick own = mm_rule_smallest_known(m, z, order, MM_MT_MOVABLE), cma;

	if (!mm_rule_has_cma(m, z))
		return own;
	cma = mm_rule_smallest_known(m, z, order, (unsigned int)m->cap->mt_cma);
	if (cma_first == MM_KNOWN_YES)
		return cma.known == MM_KNOWN_NO ? own : cma;
	if (cma_first == MM_KNOWN_NO)
		return own.known == MM_KNOWN_NO ? cma : own;
	if (own.known == MM_KNOWN_NO)
		return cma;
	if (cma.known == MM_KNOWN_NO)
		return own;
	if (cma.known == MM_KNOWN_MAYBE || pfn == cma.pfn) {
		cma.known = MM_KNOWN_MAYBE;
		cma.why = "cma_share_unknown";
		return cma;
	}
	if (own.known == MM_KNOWN_YES && own.pfn == pfn) {
		own.known = MM_KNOWN_MAYBE;
		own.why = "cma_share_unknown";
	}
	return own;
}
