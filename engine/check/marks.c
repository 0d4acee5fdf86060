// SPDX-License-Identifier: GPL-2.0-only
/* The numbers of a zone that the watermark rules are asked with. */
#include "check/hooks.h"
#include "check/marks.h"

void mm_wmark_fill(const struct mm_machine *m, const struct mm_check *c, unsigned int i, int64_t boost,
		   struct mm_wmark_zone *ret)
{
	const struct zone_state *z = &m->core.zone[i];
	const struct sg_zone_snap *zs = mm_wmark_snap(mm_check_config(c), z);
	int64_t had = mm_wmark_boost_in(mm_check_config(c), z);
	unsigned int shift = 0;

	mm_wmark_zone_of(m, z, mm_check_facts(c), ret);
	ret->boost = boost;
	ret->known = z->list_known && zs != NULL;
	ret->min -= had < ret->min ? had : ret->min;
	ret->low -= had < ret->low ? had : ret->low;
	ret->high -= had < ret->high ? had : ret->high;
	ret->promo -= had < ret->promo ? had : ret->promo;
	while (zs && shift < 30 && (1u << shift) < m->cap->page_size)
		shift++;
	for (unsigned int k = 0; zs && k < SG_MAX_ZONE_TYPES && k < zs->nr_protection; k++)
		ret->reserve[k] = mm_wmark_pages(zs->protection[k]);
	ret->drift = mm_wmark_drift(ret->managed, shift, m->nr_cpus ? m->nr_cpus : 1);
	mm_check_ask_watermark(c, i, ret);
}
