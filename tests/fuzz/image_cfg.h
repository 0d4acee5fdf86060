/* SPDX-License-Identifier: GPL-2.0-only */
/* The machine whose images are fuzzed: two zones of a few pageblocks, one snapshot or none, and events to drive it. */
#ifndef IMAGE_CFG_H
#define IMAGE_CFG_H

#include "time/image.h"

#define IMAGE_PAGES 4096u

static int image_flags(const struct sg_snapshot *snap, sg_pageflags_fn fn, void *arg)
{
	uint64_t flags[64];
	int r = 0;

	for (uint64_t pfn = 0; pfn < snap->nr_pfns && r == 0; pfn += 64) {
		for (unsigned int i = 0; i < 64; i++) /* bit 10 free, bit 5 on the LRU */
			flags[i] = (pfn + i) % 96 < 40 ? 1u << 10 : 1u << 5;
		r = fn(arg, pfn, flags, 64);
	}
	return r;
}

struct image_cfg {
	struct sg_capture cap;
	struct sg_zone_snap zone[2];
	struct sg_snapshot snap;
	struct mm_config cfg;
};

static inline void image_cfg_init(struct image_cfg *c, int with_flags)
{
	*c = (struct image_cfg){
		.cap = { .kver = { 7, 3 }, .page_size = 4096, .nr_cpus = 2, .long_size = 8, .nr_migratetypes = 6,
			 .mt_highatomic = 3, .mt_cma = 4, .mt_isolate = 5 },
		.zone = { { .name = "DMA", .start_pfn = 16, .spanned = 1008, .present = 1008 },
			  { .name = "Normal", .start_pfn = 1024, .spanned = IMAGE_PAGES - 1024, .present = 3000 } },
	};
	c->snap = (struct sg_snapshot){ .name = "before", .pageblock_order = 9, .nr_zones = 2, .zone = c->zone,
					.have_pageflags = with_flags, .nr_pfns = IMAGE_PAGES, .pageflags = image_flags };
	c->cfg = (struct mm_config){ .cap = &c->cap, .nr_seeds = 1, .seed = { { .snap = &c->snap } } };
}

/* @nr events that follow from @seed: pages handed out, freed, drained and picked here and there. */
static inline void image_drive(struct mm_machine *m, uint64_t seed, unsigned int nr)
{
	while (nr-- > 0) {
		struct sg_event ev = { .pid = (int32_t)(seed >> 60), .cpu = seed >> 8 & 1, .preempt = seed >> 9 & 1 };
		unsigned int order = seed >> 12 & 3 ? 0 : seed >> 14 & 7;
		uint64_t pfn = (seed >> 20) % IMAGE_PAGES >> order << order;

		for (unsigned int i = 0; i < SG_SLOTS; i++)
			ev.v[i] = seed >> 40 & 1;
		switch (seed & 3) {
		case 0:
			ev.kind = SG_EV_mm_page_alloc;
			ev.v[SGF_mm_page_alloc_pfn] = pfn;
			ev.v[SGF_mm_page_alloc_order] = order;
			break;
		case 1:
			ev.kind = SG_EV_mm_page_free;
			ev.v[SGF_mm_page_free_pfn] = pfn;
			ev.v[SGF_mm_page_free_order] = order;
			break;
		case 2:
			ev.kind = SG_EV_mm_page_pcpu_drain;
			ev.v[SGF_mm_page_pcpu_drain_pfn] = pfn;
			ev.v[SGF_mm_page_pcpu_drain_order] = order;
			break;
		default:
			ev.kind = SG_EV_mm_page_alloc_zone_locked;
			ev.v[SGF_mm_page_alloc_zone_locked_pfn] = pfn;
			ev.v[SGF_mm_page_alloc_zone_locked_order] = order;
		}
		mm_observe(m, &ev);
		seed = seed * 6364136223846793005ull + 1442695040888963407ull;
		seed ^= seed >> 29;
	}
}

#endif
