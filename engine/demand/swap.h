/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What writing pages out to swap asks the allocator for by itself: swap tables, compressed pages and their slabs.  It is no
 * demand, but a rule of swap-out, which is learned from the capture and followed by a simulated machine.
 */
#ifndef MM_DEMAND_SWAP_H
#define MM_DEMAND_SWAP_H

#include "demand/room.h"

#include <stdbool.h>
#include <stdint.h>

#define MM_SWAP_NEEDS 8

/** One kind of request that reclaim makes for pages that it writes out. */
struct mm_swap_need {
	uint32_t gfp;       /* enum mm_gfp */
	uint32_t again;     /* how it is asked once more when there was no page; equal to @gfp: it isn't */
	uint8_t order, mt, zone_type;
	bool stops;         /* without the page nothing is written, and the page that was to go stays */
	uint64_t got, failed; /* on the captured machine */
	uint64_t stopped, went_on; /* of those that failed: what came next there */
	uint64_t every;     /* pages written for one of it, in 1 / 65536 */
};

struct mm_swap_rule {
	struct mm_swap_need need[MM_SWAP_NEEDS];
	unsigned int nr;
	uint64_t written;   /* pages, on the captured machine */
	uint64_t others;    /* requests of further kinds, or of such as were never had: they aren't followed */
};

#endif
