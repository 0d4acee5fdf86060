/* SPDX-License-Identifier: GPL-2.0-only */
/* What the gfp flags of an event say of its request: which zones and which migratetype. */
#ifndef MM_RULES_GFP_H
#define MM_RULES_GFP_H

#include "rules/room.h"

#include "machine/state.h"

/**
 * mm_gfp_zone_type() - the highest zone type that a request with @gfp, an event's bits, may take from
 * A type that the kernel doesn't have is the next lower one; where the capture names none, the highest of the machine's.
 * Source: include/linux/gfp.h: gfp_zone(), 5.10 to 7.3
 */
unsigned int mm_gfp_zone_type(const struct mm_machine *m, uint64_t gfp);

/**
 * mm_gfp_migratetype() - the migratetype of a request with @gfp, an event's bits
 * Return: MM_MT_UNKNOWN where the capture doesn't say which bits these are
 * Source: include/linux/gfp.h: gfp_migratetype(), 5.10 to 7.3
 */
unsigned int mm_gfp_migratetype(const struct mm_machine *m, uint64_t gfp);

/**
 * mm_gfp_meaning() - @bits, an event's gfp flags, by meaning
 * Return: enum mm_gfp; MM_GFP_CMA_OK and MM_GFP_MOVABLE as the flags' migratetype and zone allow
 */
uint32_t mm_gfp_meaning(const struct sg_capture *cap, uint64_t bits);

#endif
