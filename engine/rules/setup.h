/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel works out at boot and when a sysctl changes: watermarks, lowmem reserves, sizes of the
 * per-cpu lists.  Pure arithmetic.  Units: pages, unless said otherwise.
 */
#ifndef MM_RULES_SETUP_H
#define MM_RULES_SETUP_H

#include "rules/room.h"

#include "policy/facts.h"

/** What the formulas read of one zone. */
struct mm_setup_zone {
	int node;
	unsigned int type;   /* index in enum zone_type */
	bool movable;        /* ZONE_MOVABLE */
	bool highmem;        /* ZONE_HIGHMEM */
	int64_t managed;
};

struct mm_setup_wmark {
	int64_t min, low, high, promo;
};

/**
 * mm_setup_min_free_kbytes() - 4 * sqrt(lowmem in KiB), 128 to 262144
 * @lowmem: pages of the zones up to Normal
 * khugepaged raises it once it runs; that is a setting of the captured machine, not part of this.
 * Source: mm/page_alloc.c: calculate_min_free_kbytes(), init_per_zone_wmark_min(), 6.1 to 7.3
 */
int64_t mm_setup_min_free_kbytes(int64_t lowmem, unsigned int page_size);

/**
 * mm_setup_wmarks() - the marks of all zones
 * @scale: vm.watermark_scale_factor
 * Source: mm/page_alloc.c: __setup_per_zone_wmarks(): 6.1 counts ZONE_MOVABLE as lowmem, later kernels don't
 */
void mm_setup_wmarks(struct mm_facts facts, const struct mm_setup_zone *z, unsigned int nr, int64_t min_free_kbytes,
		     int64_t scale, unsigned int page_size, struct mm_setup_wmark *ret);

/**
 * mm_setup_reserve() - what a zone keeps from requests that could be served by higher zones of its node
 * @z: all @nr zones of the machine; the reserve is for zone @i
 * @ratio: vm.lowmem_reserve_ratio of the zone's type; 0: none
 * @ret: by highest zone type of the request, @nr_types of them
 * Source: mm/page_alloc.c: setup_per_zone_lowmem_reserve(), 6.1 to 7.3
 */
void mm_setup_reserve(const struct mm_setup_zone *z, unsigned int nr, unsigned int i, int64_t ratio,
		      unsigned int nr_types, int64_t *ret);

/** Default of vm.lowmem_reserve_ratio by the zone's name. Source: sysctl_lowmem_reserve_ratio[], 6.1 to 7.3 */
int64_t mm_setup_reserve_ratio(const char *zone);

/** Source: mm/page_alloc.c: zone_batchsize(), 6.1 to 7.3; the result is the same, the way to it was simplified in 7.x */
int32_t mm_setup_batch(int64_t managed, unsigned int page_size);

/** Sizes of one per-cpu page set. */
struct mm_setup_pcp {
	int32_t batch, high_min, high_max; /* 6.1: both are pcp->high, which doesn't tune itself */
};

/**
 * mm_setup_pcp() - batch and limits of a zone's per-cpu page sets
 * @low:      the zone's low watermark
 * @cpus:     CPUs that share it: those of its node, or all when the node has none
 * @fraction: vm.percpu_pagelist_high_fraction, 0: off
 * Source: mm/page_alloc.c: zone_highsize(), zone_set_pageset_high_and_batch(), 6.1, and 6.7 to 7.3 with auto-tuning
 */
struct mm_setup_pcp mm_setup_pcp(struct mm_facts facts, int64_t managed, int64_t low, unsigned int cpus, int64_t fraction,
				 unsigned int page_size);

#endif
