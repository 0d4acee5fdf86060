// SPDX-License-Identifier: GPL-2.0-only
/* What the checker of compaction knows of a zone: watermarks, reserves, boosts, and what left its lists unseen. */
#include "check/compact/compact.h"
#include "check/hooks.h"
#include "observe/observer.h"

#include <string.h>

int mm_compact_zone_index(const struct mm_machine *m, uint64_t nid, uint64_t idx)
{
	for (unsigned int i = 0; i < m->core.nr_zones; i++)
		if ((uint64_t)(int64_t)m->core.zone[i].node == nid && (uint64_t)(int64_t)m->core.zone[i].zone_type == idx)
			return (int)i;
	return -1;
}

static const struct sg_zone_snap *snap_of(const struct mm_compact_state *s, const struct zone_state *z)
{
	const struct mm_machine *m = s->m;

	for (unsigned int i = m->cfg.nr_seeds; i-- > 0;) {
		const struct sg_snapshot *snap = m->cfg.seed[i].snap;

		if (!snap || !(m->core.seeds_applied & 1u << i))
			continue;
		for (unsigned int k = 0; k < snap->nr_zones; k++)
			if (snap->zone[k].node == z->node && strcmp(snap->zone[k].name, z->name) == 0)
				return &snap->zone[k];
	}
	return NULL;
}

/* How far NR_FREE_PAGES may be from the truth: each CPU keeps up to a threshold to itself. */
static int64_t drift_of(const struct mm_machine *m, const struct zone_state *z)
{
	unsigned int shift = 0;

	while (shift < 30 && 1u << shift < m->cap->page_size)
		shift++;
	return mm_wmark_drift(mm_wmark_pages(z->managed), shift, m->nr_cpus ? m->nr_cpus : 1);
}

/* Blocks that tasks have captured; @sure: those of which it is sure, or those of which it isn't. */
static int64_t captured_pages(const struct mm_compact_state *s, int zi, bool sure)
{
	int64_t n = 0;

	for (unsigned int i = 0; i < s->nr_tasks; i++)
		if (s->task[i].captured && s->task[i].capture_sure == sure && mm_zone_index(s->m, s->task[i].capture_pfn) == zi)
			n += 1ll << s->task[i].capture_order;
	return n;
}

/* Blocks that searches of the free lists took, of which no event has said yet which they were. */
static int64_t pending_pages(const struct mm_machine *m, int zi)
{
	int64_t n = 0;

	for (unsigned int i = 0; i < m->obs->nr_pending; i++)
		if (mm_zone_index(m, m->obs->pending[i].min_pfn) == zi)
			n += 1ll << m->obs->pending[i].order;
	return n;
}

/* A policy's marks. */
static void ask_marks(const struct mm_compact_state *s, int zi, struct mm_compact_zone *ret)
{
	struct mm_wmark_zone w = { .node = ret->z->node, .managed = (int64_t)ret->z->managed, .boost = ret->boost.lo,
				   .min = ret->wmark_min, .low = ret->wmark_low, .high = ret->wmark_high, .promo = ret->wmark_high };

	if (!ret->have_marks)
		return;
	mm_check_ask_watermark(s->c, (unsigned int)zi, &w);
	ret->wmark_min = w.min;
	ret->wmark_low = w.low;
	ret->wmark_high = w.high;
}

/** Watermarks, reserves and boost of zone @zi, and what the machine's lists have too much. */
void mm_compact_zone_facts(const struct mm_compact_state *s, int zi, struct mm_compact_zone *ret)
{
	const struct zone_state *z = &s->m->core.zone[zi];
	const struct sg_zone_snap *snap = snap_of(s, z);

	*ret = (struct mm_compact_zone){ .z = z, .boost = s->zone[zi].boost, .drift = drift_of(s->m, z) };
	ret->taken = captured_pages(s, zi, true);
	ret->pending = pending_pages(s->m, zi) + captured_pages(s, zi, false);
	if (!snap)
		return;
	/* zoneinfo's marks have the boost in them: min_wmark_pages() and its like */
	ret->have_marks = snap->wmark_low != 0 && snap->wmark_low >= snap->wmark_boost;
	ret->wmark_min = (int64_t)(snap->wmark_min - snap->wmark_boost);
	ret->wmark_low = (int64_t)(snap->wmark_low - snap->wmark_boost);
	ret->wmark_high = (int64_t)(snap->wmark_high - snap->wmark_boost);
	ask_marks(s, zi, ret);
	ret->nr_reserve = snap->nr_protection < SG_MAX_ZONE_TYPES ? snap->nr_protection : SG_MAX_ZONE_TYPES;
	for (unsigned int i = 0; i < ret->nr_reserve; i++)
		ret->reserve[i] = (int64_t)snap->protection[i];
}

void mm_compact_boosts_seed(struct mm_compact_state *s)
{
	for (unsigned int i = 0; i < s->m->core.nr_zones && i < MM_MAX_ZONES; i++) {
		const struct sg_zone_snap *snap = snap_of(s, &s->m->core.zone[i]);
		int64_t b = snap ? (int64_t)snap->wmark_boost : 0;

		s->zone[i].boost = s->zone[i].boost_taken = (struct mm_range){ b, b };
	}
}

/*
 * An extfrag event: the claim that it shows, or that was tried before a steal, raised the boost.
 * Source: mm/page_alloc.c: boost_watermark(), called by steal_suitable_fallback() (6.1),
 * try_to_steal_block() (6.12), try_to_claim_block() (6.13 and later)
 */
void mm_compact_boost_extfrag(struct mm_compact_state *s)
{
	const struct sg_event *ev = s->ev;
	int zi = mm_zone_index(s->m, ev->v[SGF_mm_page_alloc_extfrag_pfn]);
	uint64_t from = ev->v[SGF_mm_page_alloc_extfrag_fallback_order];
	struct mm_compact_zone cz;
	int64_t step = 1ll << s->m->pb_order;
	struct mm_wmark_zone w = { 0 };
	struct mm_range *b, was;

	if (zi < 0 || from >= s->m->pb_order)
		return;
	mm_compact_zone_facts(s, zi, &cz);
	w.high = cz.wmark_high;
	w.managed = (int64_t)cz.z->managed;
	if (!cz.have_marks || !mm_wmark_may_boost(&w, s->boost_factor, step))
		return;
	b = &s->zone[zi].boost;
	was = *b;
	b->hi = mm_wmark_boost(&w, b->hi, s->boost_factor, step);
	if (ev->v[SGF_mm_page_alloc_extfrag_change_ownership] == 1) /* claims of other orders may have been tried in vain before it */
		b->lo = mm_wmark_boost(&w, b->lo, s->boost_factor, step);
	else
		b->hi = mm_wmark_boost(&w, INT64_MAX / 2, s->boost_factor, step);
	if (mm_check_asks(s->c, MM_HOOK_BOOST)) {
		b->lo = mm_check_ask_boost(s->c, (unsigned int)zi, &w, s->boost_factor, step, was.lo, b->lo);
		b->hi = mm_check_ask_boost(s->c, (unsigned int)zi, &w, s->boost_factor, step, was.hi, b->hi);
	}
}

/* kswapd begins to balance: it takes note of the boosts. */
void mm_compact_boost_note(struct mm_compact_state *s, uint64_t nid)
{
	for (unsigned int i = 0; i < s->m->core.nr_zones; i++)
		if ((uint64_t)(int64_t)s->m->core.zone[i].node == nid)
			s->zone[i].boost_taken = s->zone[i].boost;
}

/* kswapd is through: what it had noted is gone.  Source: mm/vmscan.c: balance_pgdat(), 6.1 to 7.3 */
void mm_compact_boost_drop(struct mm_compact_state *s, uint64_t nid)
{
	for (unsigned int i = 0; i < s->m->core.nr_zones; i++) {
		struct mm_range *b = &s->zone[i].boost, *t = &s->zone[i].boost_taken;

		if ((uint64_t)(int64_t)s->m->core.zone[i].node != nid)
			continue;
		if (t->lo == t->hi && b->lo == b->hi) {
			b->lo = b->hi = b->lo > t->lo ? b->lo - t->lo : 0;
		} else {
			b->lo = b->lo > t->hi ? b->lo - t->hi : 0;
			b->hi = b->hi > t->lo ? b->hi - t->lo : 0;
		}
		*t = (struct mm_range){ 0, 0 };
	}
}
