/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of the documents' policies share: a policy from its text, and a node without two free pages side by side. */
#ifndef CHOSEN_H
#define CHOSEN_H

#include "hooked.h"
#include "sim/alloc/alloc.h"
#include "sim/compact/compact.h"
#include "test_sim_reclaim.h"

/** The policy @text with the classic LRU, without boosts, and without kcompactd's own initiative. */
static inline struct mm_policy chosen(const char *text)
{
	struct sg_err err = { 0 };
	struct mm_policy p;

	if (mm_policy_parse(text, &p, &err) != 0)
		fail_msg("%s", err.text);
	p.tune[MM_TUNE_LRU_GEN] = 0;
	p.tune[MM_TUNE_WATERMARK_BOOST_FACTOR] = 0;
	p.tune[MM_TUNE_COMPACTION_PROACTIVENESS] = 0;
	return p;
}

/** test_sim_reclaim.h's box under the policy. */
static inline void chosen_box(struct box *b, const char *text, unsigned int nodes)
{
	struct mm_sim_cfg cfg = box_cfg(K_7_3, false, nodes);

	cfg.policy = chosen(text);
	box_open(b, &cfg);
}

enum tooth { TOOTH_FIXED, TOOTH_ANON };

/**
 * All pages of node 0 are taken.  Every second one stays: as what nobody can move, or as anonymous memory, which compaction can
 * move but nothing reclaim.  Of the others @free are free, one by one, and the rest are file pages.
 */
static inline void comb(struct box *b, enum tooth tooth, unsigned int nr_free)
{
	static uint64_t page[PAGES];
	unsigned int nr = 0;

	while (nr < PAGES && (page[nr] = box_take(b, 0, 0)) != UINT64_MAX)
		nr++;
	assert_int_equal(nr, PAGES);
	for (unsigned int i = 0; i < nr; i++)
		if ((page[i] & 1) && tooth == TOOTH_ANON)
			mm_sim_lru_add(b->s, page[i], MM_SIM_ANON, false);
	for (unsigned int i = 0; i < nr; i++) {
		if (page[i] & 1)
			continue;
		if (nr_free == 0) {
			mm_sim_lru_add(b->s, page[i], MM_SIM_FILE, false);
			continue;
		}
		mm_sim_release(b->s, 0, page[i], 0);
		nr_free--;
	}
	mm_sim_drain_cpu(b->s, 0);
	b->nr_gone = 0;
}

/* ---- small pageblocks --------------------------------------------------------------- */

#define SMALL_ORDER 6u
#define SMALL (UINT64_C(1) << SMALL_ORDER) /* pages of a pageblock */
#define AT(block, i) (UINT64_C(0x1000) + (uint64_t)(block) * SMALL + (i))

/* The page is taken out of the free block around it: one that can be moved, or one that can't. */
static inline void small_use(struct mm_sim *s, uint64_t pfn, bool lru)
{
	unsigned int mt = lru ? MM_MT_MOVABLE : MM_MT_UNMOVABLE;
	struct page_ent as = { .om = (uint8_t)(mt << 4), .a = 1, .x = mm_gfp_index(s->m, MM_GFP_KERNEL),
			       .since = (uint32_t)++s->m->core.position };

	mm_buddy_take(s->m, mm_zone_at(s->m, pfn), pfn, 0, SG_MAX_MIGRATETYPES, mm_blk(s->m, pfn >> s->m->pb_order).mt);
	mm_set_state(s->m, mm_zone_at(s->m, pfn), pfn, 1, PS_ALLOC, &as);
	if (lru)
		mm_sim_lru_add(s, pfn, MM_SIM_ANON, false);
}

/**
 * A zone of pageblocks of 64 pages up to z.end_pfn.  Of the first @nr each has one page in use, which can move; in the others every
 * second page is free, and the rest is there for good.
 */
static inline struct mm_sim *small_blocks(const char *text, struct mm_sim_zone_cfg z, unsigned int nr)
{
	struct mm_sim_cfg cfg = { .nr_cpus = 1, .page_size = 4096, .pageblock_order = SMALL_ORDER, .nr_zones = 1 };
	struct sg_err err = { 0 };
	struct mm_sim *s;

	z.name = "Normal";
	z.start_pfn = AT(0, 0);
	cfg.policy = chosen(text);
	cfg.zone[0] = z;
	s = mm_sim_new(&cfg, &err);
	if (!s)
		fail_msg("%s", err.text);
	mm_sim_boot(s);
	for (unsigned int i = 0; i < nr; i++)
		small_use(s, AT(i, 5), true);
	for (uint64_t pfn = AT(nr, 0); pfn < z.end_pfn; pfn += 2)
		small_use(s, pfn, false);
	return s;
}

static inline void chosen_done(struct box *b)
{
	struct sg_err err = { 0 };

	if (mm_sim_overlays(b->s))
		assert_faultless(b->s);
	if (mm_audit(b->s->m, &err) < 0)
		fail_msg("%s", err.text);
	box_sound(b);
	box_close(b);
}

#endif
