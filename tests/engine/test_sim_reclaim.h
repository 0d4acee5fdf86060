/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of simulated reclaim share: a node of one zone of 16 pageblocks (8192 pages) with marks at
 * 128, 160 and 192 pages, or two such nodes; pages taken from it by hand; and what reclaim tells.
 */
#ifndef TEST_SIM_RECLAIM_H
#define TEST_SIM_RECLAIM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "kernels.h"
#include "sim/reclaim/lru.h"

#define FIRST 0x4000u
#define PAGES 8192u
#define NODE_1 (FIRST + PAGES)
#define END_PFN (FIRST + 2 * PAGES)
#define MIN_MARK 128
#define LOW_MARK 160
#define HIGH_MARK 192
#define NORMAL 2 /* zone type */

struct box {
	struct mm_sim *s;
	uint64_t now;
	/* what reclaim told, newest last */
	struct mm_sim_gone gone[4096];
	unsigned int nr_gone;
	/* decisions whose rule has this text in it */
	const char *rule;
	struct mm_decision last;
	unsigned int nr_decisions;
	char ours[64];
};

static inline void box_gone(void *arg, const struct mm_sim_gone *g)
{
	struct box *b = arg;

	if (b->nr_gone < 4096)
		b->gone[b->nr_gone] = *g;
	b->nr_gone++;
}

static inline void box_decision(void *arg, const struct mm_decision *d)
{
	struct box *b = arg;

	if (!b->rule || !strstr(d->rule, b->rule))
		return;
	b->last = *d;
	snprintf(b->ours, sizeof(b->ours), "%s", d->ours);
	b->nr_decisions++;
}

static inline int64_t box_number(const struct box *b, const char *name)
{
	for (unsigned int i = 0; i < b->last.nr_numbers; i++)
		if (strcmp(b->last.number[i].name, name) == 0)
			return b->last.number[i].value;
	fail_msg("no number %s", name);
	return 0;
}

static inline struct mm_sim_cfg box_cfg(enum test_kernel rules, bool gens, unsigned int nodes)
{
	struct mm_sim_cfg cfg = { .nr_cpus = 2, .page_size = 4096, .nr_zones = nodes };

	mm_policy_init(&cfg.policy, k_release(rules));
	cfg.policy.tune[MM_TUNE_LRU_GEN] = gens;
	cfg.policy.tune[MM_TUNE_WATERMARK_BOOST_FACTOR] = 0;
	for (unsigned int i = 0; i < nodes; i++)
		cfg.zone[i] = (struct mm_sim_zone_cfg){ .node = (int)i,
							.name = "Normal",
							.start_pfn = FIRST + i * PAGES,
							.end_pfn = FIRST + (i + 1) * PAGES,
							.wmark_min = MIN_MARK,
							.wmark_low = LOW_MARK,
							.wmark_high = HIGH_MARK,
							.wmark_promo = 224 };
	return cfg;
}

static inline void box_open(struct box *b, struct mm_sim_cfg *cfg)
{
	struct sg_err err = { 0 };

	memset(b, 0, sizeof(*b));
	cfg->fn = box_decision;
	cfg->arg = b;
	b->s = mm_sim_new(cfg, &err);
	if (!b->s)
		fail_msg("%s", err.text);
	mm_sim_boot(b->s);
	mm_sim_gone_hook(b->s, box_gone, b);
}

/* One node, with or without swap. */
static inline void box_start(struct box *b, enum test_kernel rules, bool gens, bool swap)
{
	struct mm_sim_cfg cfg = box_cfg(rules, gens, 1);

	cfg.policy.tune[MM_TUNE_SWAP] = swap;
	box_open(b, &cfg);
}

static inline void box_close(struct box *b)
{
	mm_sim_free(b->s);
	b->s = NULL;
}

/* A page of @node, down to the last one; UINT64_MAX when there is none. Wakes nobody. */
static inline uint64_t box_take(struct box *b, int node, unsigned int order)
{
	struct mm_request rq = { .now = b->now,
				 .pid = 1,
				 .order = (uint8_t)order,
				 .mt = MM_MT_MOVABLE,
				 .node = (int8_t)node,
				 .gfp = MM_GFP_MOVABLE | MM_GFP_THISNODE | MM_GFP_MEMALLOC |
					(order ? MM_GFP_COMP : 0),
				 .zone_type = 3 };
	struct mm_grant g;

	return mm_sim_alloc(b->s, &rq, &g) == MM_GOT_PAGE ? g.pfn : UINT64_MAX;
}

/* @nr pages of @node on the LRU, in this order; Return: the first. */
static inline uint64_t box_fill(struct box *b, int node, enum mm_sim_lru_kind kind, unsigned int nr, uint64_t *pfn)
{
	uint64_t first = UINT64_MAX;

	for (unsigned int i = 0; i < nr; i++) {
		uint64_t p = box_take(b, node, 0);

		assert_true(p != UINT64_MAX);
		mm_sim_lru_add(b->s, p, kind, false);
		if (pfn)
			pfn[i] = p;
		if (!i)
			first = p;
	}
	return first;
}

static inline int64_t box_free(const struct box *b, unsigned int zi)
{
	struct mm_wmark_zone z;

	mm_sim_wmark(b->s, zi, &z);
	return z.free;
}

static inline uint64_t box_list(const struct box *b, int node, unsigned int l)
{
	return mm_lru_size(b->s, node, l, SG_MAX_ZONE_TYPES - 1);
}

static inline struct mm_request box_kernel(const struct box *b, unsigned int order)
{
	return (struct mm_request){ .now = b->now, .pid = 1, .order = (uint8_t)order, .mt = MM_MT_MOVABLE, .node = 0,
				    .gfp = MM_GFP_KERNEL | MM_GFP_MOVABLE, .zone_type = 3 };
}

/* A request for @order reclaims directly; Return: pages reclaimed. */
static inline uint64_t box_direct(struct box *b, unsigned int order)
{
	struct mm_request rq = box_kernel(b, order);

	return mm_sim_direct_reclaim(b->s, &rq, order);
}

static inline void box_sound(const struct box *b)
{
	struct sg_err err = { 0 };

	if (mm_sim_lru_audit(b->s, &err) < 0)
		fail_msg("%s", err.text);
}

#endif
