/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of simulated compaction share: a zone of 16 pageblocks of 64 pages, filled by hand.
 *
 * P(b, i) is page i of pageblock b.  Watermarks: min 16, low 20, high 24 pages.
 */
#ifndef TEST_SIM_COMPACT_H
#define TEST_SIM_COMPACT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernels.h"
#include "sim/compact/compact.h"

#define FIRST 0x1000u
#define PB_ORDER 6u
#define PB (1u << PB_ORDER)
#define NR_BLOCKS 16u
#define LAST (FIRST + NR_BLOCKS * PB)
#define P(b, i) ((uint64_t)FIRST + (uint64_t)(b) * PB + (i))
#define MIN_PAGES 16
#define LOW_PAGES 20
#define HIGH_PAGES 24

static inline struct mm_sim_cfg zone_cfg(enum test_kernel rules)
{
	struct mm_sim_cfg cfg = { .nr_cpus = 1, .page_size = 4096, .pageblock_order = PB_ORDER, .nr_zones = 1 };

	mm_policy_init(&cfg.policy, k_release(rules));
	cfg.policy.tune[MM_TUNE_WATERMARK_BOOST_FACTOR] = 0;
	cfg.zone[0] = (struct mm_sim_zone_cfg){ .node = 0, .name = "Normal", .start_pfn = FIRST, .end_pfn = LAST,
						.wmark_min = MIN_PAGES, .wmark_low = LOW_PAGES,
						.wmark_high = HIGH_PAGES,
						.wmark_promo = HIGH_PAGES + 4 };
	return cfg;
}

static inline struct mm_sim *zone_new(const struct mm_sim_cfg *cfg)
{
	struct sg_err err = { 0 };
	struct mm_sim *s = mm_sim_new(cfg, &err);

	if (!s)
		fail_msg("%s", err.text);
	mm_sim_boot(s);
	return s;
}

/* The pages [@pfn, + 2^@order) are allocated, whatever free blocks they lie in. */
static inline void use(struct mm_sim *s, uint64_t pfn, unsigned int order, unsigned int mt)
{
	struct zone_state *z = mm_zone_at(s->m, pfn);
	struct page_ent as = { .om = (uint8_t)(order | mt << 4), .a = 1,
			       .x = mm_gfp_index(s->m, MM_GFP_KERNEL | (order ? MM_GFP_COMP : 0)),
			       .since = (uint32_t)++s->m->core.position };

	mm_buddy_take(s->m, z, pfn, order, SG_MAX_MIGRATETYPES, mm_blk(s->m, pfn >> s->m->pb_order).mt);
	mm_set_state(s->m, z, pfn, 1u << order, PS_ALLOC, &as);
}

static inline void use_range(struct mm_sim *s, uint64_t from, uint64_t to, unsigned int mt)
{
	for (uint64_t p = from; p < to; p++)
		use(s, p, 0, mt);
}

/* A page, or a folio, of anonymous memory. */
static inline void use_lru(struct mm_sim *s, uint64_t pfn, unsigned int order)
{
	use(s, pfn, order, MM_MT_MOVABLE);
	mm_sim_lru_add(s, pfn, MM_SIM_ANON, false);
}

static inline unsigned int state_of(const struct mm_sim *s, uint64_t pfn)
{
	struct page_ent e = mm_ent(s->m, pfn);

	return ent_state(&e);
}

static inline bool is_free(const struct mm_sim *s, uint64_t pfn)
{
	return state_of(s, pfn) == PS_FREE || state_of(s, pfn) == PS_FREET;
}

static inline uint64_t free_pages(const struct mm_sim *s)
{
	const struct zone_state *z = mm_sim_zone(s, 0);

	return z->nr_pages[PS_FREE] + z->nr_pages[PS_FREET];
}

static inline void audit(const struct mm_sim *s)
{
	struct sg_err err = { 0 };

	if (mm_audit(s->m, &err) < 0)
		fail_msg("%s", err.text);
}

static inline struct mm_request movable(unsigned int order)
{
	return (struct mm_request){ .order = (uint8_t)order, .mt = MM_MT_MOVABLE, .zone_type = 2,
				    .gfp = MM_GFP_KERNEL | MM_GFP_COMP, .pid = 100 };
}

/* A run by hand: of @order and mode, as direct compaction has it but for the capture. */
static inline struct sim_cc run_for(unsigned int order, enum sim_mode mode, bool direct)
{
	return (struct sim_cc){
		.who = { .order = (int)order, .mt = MM_MT_MOVABLE, .direct = direct }, .zone_type = 2,
		.gfp = MM_GFP_KERNEL,
		.mode = mode, .search_order = (int)order, .captured = UINT64_MAX,
	};
}

/* All of the zone is unmovable but for what the test frees; a free page in the middle of used ones can't merge. */
static inline struct mm_sim *full_zone(enum test_kernel rules)
{
	struct mm_sim_cfg cfg = zone_cfg(rules);
	struct mm_sim *s = zone_new(&cfg);

	use_range(s, FIRST, LAST, MM_MT_UNMOVABLE);
	return s;
}

static inline void give(struct mm_sim *s, uint64_t pfn)
{
	mm_buddy_free(s->m, mm_sim_zone(s, 0), pfn, 0, mm_blk(s->m, pfn >> PB_ORDER).mt, false);
}

/* @nr free pages, every other one, from pageblock @b on. */
static inline void scatter(struct mm_sim *s, unsigned int b, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		give(s, P(b, 2 * i));
}

#endif
