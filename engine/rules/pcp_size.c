// SPDX-License-Identifier: GPL-2.0-only
/* The self-tuning of per-cpu page sets; see the header. */
#include "rules/pcp_size.h"

#define COSTLY_ORDER 3u

static int32_t least(int32_t a, int32_t b)
{
	return a < b ? a : b;
}

static int32_t most(int32_t a, int32_t b)
{
	return a > b ? a : b;
}

static int32_t clamp(int32_t v, int32_t lo, int32_t hi)
{
	return v < lo ? lo : v > hi ? hi : v;
}

/* Blocks of @order that a batch of pages is worth. */
static int32_t by_order(int32_t batch, unsigned int order)
{
	return batch > 1 ? most(batch >> order, 2) : batch;
}

int32_t mm_pcp_refill_count(struct mm_facts facts, struct mm_pcp_tune *t, struct mm_pcp_zone z, unsigned int order)
{
	int32_t batch = t->batch, high, room;

	if (!mm_has(facts, PCP_AUTO))
		return by_order(batch, order);
	high = t->high = clamp(t->high, t->high_min, t->high_max);
	if (high < batch)
		return 1;
	if (order == 0)
		batch <<= t->alloc_factor;
	/* with a larger high the zone would have been asked less often */
	if (t->high_min != t->high_max && !z.below_high)
		high = t->high = least(high + batch, t->high_max);
	if (order == 0) {
		room = most(high - t->count - t->batch, t->batch);
		if (batch <= room && t->alloc_factor < MM_PCP_SCALE_MAX)
			t->alloc_factor++;
		batch = least(batch, room);
	}
	return by_order(batch, order);
}

/* 6.1: the batch doubles with each drain in a row. */
static struct mm_pcp_drain free_6_1(struct mm_pcp_tune *t, struct mm_pcp_zone z, unsigned int order)
{
	struct mm_pcp_drain d = { .high = t->high_max };
	int32_t batch = t->batch, room;

	d.free_high = t->free_count && order && order <= COSTLY_ORDER;
	if (d.free_high)
		d.high = 0;
	else if (z.reclaim_active)
		d.high = least(batch << 2, d.high);
	if (t->count < d.high)
		return d;
	if (d.free_high || d.high < batch) {
		d.pages = d.piece = d.free_high ? t->count : 1;
		return d;
	}
	room = d.high - batch;
	batch <<= t->free_count;
	if (batch < room && t->free_count < MM_PCP_SCALE_MAX)
		t->free_count++;
	/* the upper limit comes last, as in the kernel's clamp() */
	d.pages = d.piece = least(most(batch, t->batch), room);
	return d;
}

/* The limit above which pages go back, and how it changes. Source: nr_pcp_high() */
static int32_t limit(struct mm_pcp_tune *t, struct mm_pcp_zone z, bool free_high)
{
	int32_t high = t->high = clamp(t->high, t->high_min, t->high_max);
	int32_t freed = most(t->free_count, t->batch);

	if (high == 0)
		return 0;
	if (free_high) {
		t->high = most(high - (t->batch << MM_PCP_SCALE_MAX), t->high_min);
		return 0;
	}
	if (z.reclaim_active) {
		t->high = most(high - freed, t->high_min);
		return least(t->batch << 2, t->high);
	}
	if (t->high_min == t->high_max)
		return high;
	if (z.below_high) {
		t->high = most(high - freed, t->high_min);
		return most(t->count, t->high_min);
	}
	if (t->count >= high && t->high < t->free_count + t->batch)
		t->high = clamp(t->free_count + t->batch, t->high_min, t->high_max);
	return high;
}

struct mm_pcp_drain mm_pcp_free(struct mm_facts facts, struct mm_pcp_tune *t, struct mm_pcp_zone z, unsigned int order,
				bool cache)
{
	struct mm_pcp_drain d = { 0 };
	int32_t few = t->batch;

	t->count += 1 << order;
	if (!mm_has(facts, PCP_AUTO))
		return free_6_1(t, z, order);
	t->alloc_factor >>= 1;
	if (mm_has(facts, PCP_FREE_HIGH))
		few += t->high_min / 2;
	if (order && order <= COSTLY_ORDER) {
		d.free_high = t->free_count >= few && t->prev_high_order && (!cache || t->count >= t->batch);
		t->prev_high_order = true;
	} else {
		t->prev_high_order = false;
	}
	if (t->free_count < t->batch << MM_PCP_SCALE_MAX)
		t->free_count += 1 << order;
	d.high = limit(t, z, d.free_high);
	if (t->count < d.high)
		return d;
	if (d.free_high)
		d.pages = least(t->count, t->batch << MM_PCP_SCALE_MAX);
	else if (d.high < t->batch)
		d.pages = 1;
	else
		/* the upper limit comes last, as in the kernel's clamp_t() */
		d.pages = least(most(t->free_count, t->batch), d.high - t->batch);
	d.piece = mm_has(facts, PCP_PIECES) ? t->batch : d.pages;
	return d;
}

int32_t mm_pcp_decay(struct mm_facts facts, struct mm_pcp_tune *t)
{
	if (!mm_has(facts, PCP_AUTO))
		return 0;
	if (t->high > t->high_min)
		t->high = most(most(t->count - (t->batch << MM_PCP_SCALE_MAX), t->high - (t->high >> 3)), t->high_min);
	return most(t->count - t->high, 0);
}
