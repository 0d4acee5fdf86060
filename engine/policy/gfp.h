/* SPDX-License-Identifier: GPL-2.0-only */
/* What a request for pages allows and wants, by meaning. */
#ifndef MM_POLICY_GFP_H
#define MM_POLICY_GFP_H

#include "policy/room.h"

/** gfp by meaning: the numbers of a capture are translated before they get here. */
enum mm_gfp {
	MM_GFP_DIRECT_RECLAIM = 1u << 0,
	MM_GFP_KSWAPD_RECLAIM = 1u << 1,
	MM_GFP_IO = 1u << 2,
	MM_GFP_FS = 1u << 3,
	MM_GFP_HIGH = 1u << 4,
	MM_GFP_NORETRY = 1u << 5,
	MM_GFP_RETRY_MAYFAIL = 1u << 6,
	MM_GFP_NOFAIL = 1u << 7,
	MM_GFP_THISNODE = 1u << 8,
	MM_GFP_MEMALLOC = 1u << 9,
	MM_GFP_NOMEMALLOC = 1u << 10,
	MM_GFP_COLD = 1u << 11,
	MM_GFP_MOVABLE = 1u << 12, /* the Movable zone may serve it */
	MM_GFP_CMA_OK = 1u << 13,  /* ALLOC_CMA: CMA pageblocks may serve it */
	MM_GFP_COMP = 1u << 14,
	MM_GFP_KERNEL = MM_GFP_DIRECT_RECLAIM | MM_GFP_KSWAPD_RECLAIM | MM_GFP_IO | MM_GFP_FS,
	MM_GFP_ATOMIC = MM_GFP_HIGH | MM_GFP_KSWAPD_RECLAIM,
};

#endif
