// SPDX-License-Identifier: GPL-2.0-only
/* The self-tuning of a per-cpu page set as far as a trace tells of it; see the header. */
#include "check/pick/pcp_size.h"

#include <stdlib.h>
#include <string.h>

#include "rules/setup.h"
#include "rules/pcp_size.h"
#include "machine/state.h"

#define MANY (1u << 24) /* more pages than any list holds */

static uint32_t bounded(uint32_t v)
{
	return v < MANY ? v : MANY;
}

/*
 * The limits of pcp->high where zoneinfo has only pcp->high itself, which lies anywhere between them: 6.12.  They follow
 * from the zone's size and marks, and from the number of CPUs of its node; which node a CPU belongs to isn't known, so where
 * several nodes have memory the limits are the widest.
 * Source: mm/page_alloc.c: zone_highsize(), zone_set_pageset_high_and_batch(), v6.12
 */
static void limits_of(struct mm_tuning *t, struct mm_facts facts, const struct sg_snapshot *snap, const struct sg_zone_snap *zs,
		      unsigned int page_size)
{
	const char *text = sg_snapshot_get(snap, "sysctl.vm.percpu_pagelist_high_fraction");
	long long fraction = text ? strtoll(text, NULL, 10) : 0;
	int64_t low = (int64_t)(zs->wmark_low > zs->wmark_boost ? zs->wmark_low - zs->wmark_boost : 0);
	unsigned int least_cpus = zs->nr_pcp;

	for (unsigned int k = 0; k < snap->nr_zones; k++)
		if (snap->zone[k].node != zs->node)
			least_cpus = 1;
	fraction = fraction > 0 ? fraction : 0;
	t->high_min = bounded((uint32_t)mm_setup_pcp(facts, (int64_t)zs->managed, low, zs->nr_pcp, fraction, page_size).high_min);
	t->high_max = bounded((uint32_t)mm_setup_pcp(facts, (int64_t)zs->managed, low, least_cpus, fraction, page_size).high_max);
}

void mm_tuning_init(struct mm_tuning *t, const struct mm_check *c, const struct mm_machine *m, const struct zone_state *z,
		    unsigned int cpu)
{
	const struct mm_config *cfg = mm_check_config(c);

	*t = (struct mm_tuning){ .factor_hi = MM_PCP_SCALE_MAX, .freed_hi = MANY, .was_hi = MANY, .high_max = MANY, .unseen = MANY };
	for (unsigned int i = cfg->nr_seeds; i-- > 0 && !t->batch;) {
		const struct sg_snapshot *snap = cfg->seed[i].snap;

		for (unsigned int k = 0; snap && k < snap->nr_zones; k++) {
			const struct sg_zone_snap *zs = &snap->zone[k];
			const struct sg_pcp_snap *p;

			if (zs->node != z->node || strcmp(zs->name, z->name) != 0 || !zs->nr_pcp)
				continue;
			p = &zs->pcp[cpu < zs->nr_pcp ? cpu : 0];
			t->batch = bounded(p->batch);
			t->high_min = bounded(p->high_min ? p->high_min : p->high);
			t->high_max = bounded(p->high_max > t->high_min ? p->high_max : t->high_min);
			if (!p->high_min && !p->high_max && mm_has(mm_check_facts(c), PCP_AUTO))
				limits_of(t, mm_check_facts(c), snap, zs, cfg->cap->page_size ? cfg->cap->page_size : 4096);
			if (cpu < zs->nr_pcp && !m->core.stale_at)
				t->unseen = bounded(p->count);
		}
	}
	if (!mm_has(mm_check_facts(c), PCP_AUTO)) {
		t->freed_hi = t->was_hi = MM_PCP_SCALE_MAX;
		return;
	}
	t->freed_hi = t->was_hi = t->batch << MM_PCP_SCALE_MAX;
	if (t->freed_hi > 0) /* it may have been one short of the limit before a block of a pageblock came */
		t->freed_hi = t->was_hi = t->freed_hi - 1 + (1u << m->pb_order);
}

void mm_tuning_switch(struct mm_tuning *t, bool off)
{
	if (off == t->off)
		return;
	t->off = off;
	if (off) {
		t->on_batch = t->batch;
		t->on_high_min = t->high_min;
		t->on_high_max = t->high_max;
		t->batch = 1;
		t->high_min = t->high_max = 0;
		t->unseen = 0;
		return;
	}
	t->batch = t->on_batch;
	t->high_min = t->on_high_min;
	t->high_max = t->on_high_max;
}

void mm_tuning_free(struct mm_tuning *t, struct mm_facts facts, unsigned int order)
{
	uint32_t max = t->batch << MM_PCP_SCALE_MAX, n = 1u << order;

	t->was_lo = t->freed_lo;
	t->was_hi = t->freed_hi;
	t->was_prev_known = t->prev_known;
	t->was_prev_high = t->prev_high;
	t->prev_known = true;
	t->prev_high = order && order <= MM_COSTLY_ORDER;
	if (!mm_has(facts, PCP_AUTO))
		return; /* free_factor grows with drains: mm_tuning_drained() */
	t->factor_lo >>= 1;
	t->factor_hi >>= 1;
	if (t->freed_lo < max)
		t->freed_lo += n;
	if (t->freed_hi < max)
		t->freed_hi += n;
}

void mm_tuning_free_maybe(struct mm_tuning *t, struct mm_facts facts, unsigned int order)
{
	struct mm_tuning not = *t;

	mm_tuning_free(t, facts, order);
	t->prev_known = not.prev_known && not.prev_high == t->prev_high;
	t->factor_hi = not.factor_hi;
	t->freed_lo = not.freed_lo;
}

void mm_tuning_alloc(struct mm_tuning *t)
{
	t->freed_lo >>= 1;
	t->freed_hi >>= 1;
}

void mm_tuning_maybe_asked(struct mm_tuning *t, struct mm_facts facts, unsigned int order)
{
	t->freed_lo >>= 1;
	if (order == 0 && mm_has(facts, PCP_AUTO) && t->factor_hi < MM_PCP_SCALE_MAX)
		t->factor_hi++;
}

void mm_tuning_stall(struct mm_tuning *t, struct mm_facts facts, unsigned int order)
{
	t->freed_lo = 0;
	/* each time nr_pcp_alloc() was asked how many */
	if (order == 0 && mm_has(facts, PCP_AUTO))
		t->factor_hi = MM_PCP_SCALE_MAX;
}

static struct mm_pcp_tune tune_of(const struct mm_tuning *t, bool high_most, uint32_t count)
{
	return (struct mm_pcp_tune){ .count = (int32_t)bounded(count), .batch = (int32_t)t->batch,
				     .high_min = (int32_t)t->high_min, .high_max = (int32_t)t->high_max,
				     .high = (int32_t)(high_most ? t->high_max : t->high_min) };
}

struct mm_tuned mm_tuning_refill(struct mm_tuning *t, struct mm_facts facts, unsigned int order, uint32_t count, uint32_t got,
				 bool ran_out)
{
	struct mm_tuned r = { 0 };
	unsigned int lo = 255, hi = 0, all_lo = 255, all_hi = 0;
	bool high_matters = false;

	if (t->batch == 0) {
		r.why = "pcp_batch_unknown";
		return r;
	}
	for (unsigned int f = t->factor_lo; f <= t->factor_hi; f++) {
		uint32_t first = 0;

		/* what is open: where pcp->high stands, pages that nobody saw, whether the zone is below its high watermark */
		for (unsigned int v = 0; v < 8; v++) {
			struct mm_pcp_tune p = tune_of(t, v & 1, count + (v & 2 ? t->unseen : 0));
			struct mm_pcp_zone z = { .below_high = v & 4 };
			uint32_t n;

			p.alloc_factor = (uint8_t)f;
			n = (uint32_t)mm_pcp_refill_count(facts, &p, z, order);
			if (v == 0)
				first = n;
			high_matters |= n != first;
			if (f == t->factor_lo && v == 0)
				r.want = n;
			else if (n != r.want)
				r.why = "alloc_factor_unknown";
			if (p.alloc_factor < all_lo)
				all_lo = p.alloc_factor;
			if (p.alloc_factor > all_hi)
				all_hi = p.alloc_factor;
			if (ran_out ? n < got : n != got)
				continue;
			if (p.alloc_factor < lo)
				lo = p.alloc_factor;
			if (p.alloc_factor > hi)
				hi = p.alloc_factor;
		}
	}
	if (r.why && (high_matters || t->factor_lo == t->factor_hi))
		r.why = "pcp_high_unknown";
	/* an outcome that none of them has tells nothing */
	t->factor_lo = (uint8_t)(lo <= hi ? lo : all_lo);
	t->factor_hi = (uint8_t)(lo <= hi ? hi : all_hi);
	return r;
}

struct mm_tuned mm_tuning_drain(const struct mm_tuning *t, struct mm_facts facts, unsigned int order, uint32_t count, bool active)
{
	/* 6.1: a free doesn't count, so what is known now holds also where the free itself wasn't followed */
	uint32_t lo = !mm_has(facts, PCP_AUTO) ? t->freed_lo : t->was_lo;
	uint32_t hi = !mm_has(facts, PCP_AUTO) ? t->freed_hi : t->was_hi;
	struct mm_tuned r = { .least = MANY };
	bool any = false;

	if (t->batch == 0) {
		r.why = "pcp_batch_unknown";
		return r;
	}
	for (unsigned int v = 0; v < 128; v++) {
		struct mm_pcp_tune p = tune_of(t, v & 1, count - (1u << order) + (v & 2 ? t->unseen : 0));
		struct mm_pcp_zone z = { .below_high = v & 4, .reclaim_active = v & 8 };
		struct mm_pcp_drain d;

		if (z.reclaim_active && !active)
			continue;
		p.free_count = (int32_t)(v & 16 ? hi : lo);
		p.prev_high_order = t->was_prev_known ? t->was_prev_high : v & 64;
		d = mm_pcp_free(facts, &p, z, order, v & 32);
		if (d.pages == 0)
			continue; /* there is one: so it isn't like this */
		if (d.pages > p.count)
			d.pages = p.count;
		if ((v & 2) && (uint32_t)d.pages < r.least)
			r.least = (uint32_t)d.pages;
		if (any && r.want != (uint32_t)d.pages)
			r.why = lo != hi ? "free_count_unknown" : t->unseen ? "pcp_list_unknown" : "pcp_high_unknown";
		r.want = (uint32_t)d.pages;
		r.piece = (uint32_t)d.piece;
		any = true;
	}
	return r;
}

void mm_tuning_drained(struct mm_tuning *t, struct mm_facts facts, unsigned int order, uint32_t count, bool active, uint32_t got,
		       uint32_t last)
{
	uint32_t lo = MANY, hi = 0, all_lo = MANY, all_hi = 0;

	if (mm_has(facts, PCP_AUTO) || t->batch == 0)
		return;
	for (uint32_t f = t->freed_lo; f <= t->freed_hi && f <= MM_PCP_SCALE_MAX; f++)
		for (unsigned int v = 0; v < 4; v++) {
			struct mm_pcp_tune p = tune_of(t, true, count - (1u << order) + (v & 1 ? t->unseen : 0));
			struct mm_pcp_zone z = { .reclaim_active = v & 2 };
			struct mm_pcp_drain d;
			uint32_t n, after;

			if (z.reclaim_active && !active)
				continue;
			p.free_count = (int32_t)f;
			d = mm_pcp_free(facts, &p, z, order, false);
			if (d.pages == 0)
				continue;
			n = (uint32_t)(d.pages > p.count ? p.count : d.pages);
			after = (uint32_t)p.free_count;
			all_lo = after < all_lo ? after : all_lo;
			all_hi = after > all_hi ? after : all_hi;
			if (n != got && !(got > n && got - n < last))
				continue;
			lo = after < lo ? after : lo;
			hi = after > hi ? after : hi;
		}
	/* an outcome that none of them has tells nothing */
	if (lo > hi) {
		lo = all_lo;
		hi = all_hi;
	}
	if (lo <= hi) {
		t->freed_lo = lo;
		t->freed_hi = hi;
	}
}

void mm_tuning_gave(struct mm_tuning *t, struct mm_facts facts, uint32_t got)
{
	if (!mm_has(facts, PCP_AUTO) || mm_has(facts, PCP_PIECES) || t->batch == 0 || got <= t->batch || got % t->batch == 0)
		return;
	/* with kswapd at work the bound is a multiple of the batch, else it lies between those of pcp->high */
	if (got + t->batch >= t->high_min && got + t->batch <= t->high_max)
		return;
	t->freed_lo = t->freed_hi = got;
}
