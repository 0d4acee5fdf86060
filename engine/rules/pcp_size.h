/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How many pages go to and from a per-cpu list: the self-tuning of a page set, as pure functions that
 * change nothing but the numbers handed in.
 */
#ifndef MM_RULES_PCP_SIZE_H
#define MM_RULES_PCP_SIZE_H

#include "rules/room.h"

#include "policy/facts.h"

#define MM_PCP_SCALE_MAX 5 /* CONFIG_PCP_BATCH_SCALE_MAX, its default from 6.1 to 7.3 */

/** struct per_cpu_pages without its lists.  Pages. */
struct mm_pcp_tune {
	int32_t count;                    /* pages on all lists */
	int32_t high, high_min, high_max; /* 6.1: high_min == high_max is pcp->high */
	int32_t batch;
	int32_t free_count;               /* pages freed in a row; 6.1: free_factor, how often the batch was doubled */
	uint8_t alloc_factor;             /* refills in a row (6.7 and later) */
	bool prev_high_order;             /* the last page freed was of an order 1 to 3 */
};

/** What the zone says about it. */
struct mm_pcp_zone {
	bool below_high;     /* ZONE_BELOW_HIGH: free pages are below the high watermark (6.7 and later) */
	bool reclaim_active; /* ZONE_RECLAIM_ACTIVE: kswapd is at work */
};

/** An allocation: what was freed in a row counts half. Source: rmqueue_pcplist(), 6.1 to 7.3 */
static inline void mm_pcp_tune_alloc(struct mm_pcp_tune *t)
{
	t->free_count >>= 1;
}

/**
 * mm_pcp_refill_count() - blocks to take for an empty list of @order
 * Source: mm/page_alloc.c: nr_pcp_alloc(), 6.7 to 7.3; __rmqueue_pcplist(), 6.1
 */
int32_t mm_pcp_refill_count(struct mm_facts facts, struct mm_pcp_tune *t, struct mm_pcp_zone z, unsigned int order);

/** What a free leads to. */
struct mm_pcp_drain {
	int32_t pages;  /* to give back now, 0 none */
	int32_t piece;  /* at most so many under one hold of the zone's lock (7.x), else all at once */
	int32_t high;   /* the limit that was compared with the count */
	bool free_high; /* orders 1 to 3 freed in a row: as much as possible */
};

/**
 * mm_pcp_free() - a block of @order was put on its list: how much goes back?
 * @t: @count and the counters are brought up to date
 * @cache: the CPU's cache is large against the batch (PCPF_FREE_HIGH_BATCH)
 * Source: mm/page_alloc.c: free_unref_page_commit() (6.1, 6.12), free_frozen_page_commit() (6.18 and later),
 * nr_pcp_high(), nr_pcp_free()
 */
struct mm_pcp_drain mm_pcp_free(struct mm_facts facts, struct mm_pcp_tune *t, struct mm_pcp_zone z, unsigned int order,
				bool cache);

/**
 * mm_pcp_decay() - the regular lowering of high for lists that lie idle
 * Return: pages to give back, in pieces of the batch
 * Source: mm/page_alloc.c: decay_pcp_high(), 6.7 to 7.3
 */
int32_t mm_pcp_decay(struct mm_facts facts, struct mm_pcp_tune *t);

#endif
