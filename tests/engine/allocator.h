/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A naive allocator of one zone: arrays, no links, every list shifted by hand.  It does
 * what a kernel does and tells it as trace events, so the machine that follows them must
 * come to the same lists.
 */
#ifndef ALLOCATOR_H
#define ALLOCATOR_H

#include "made.h"

#define NR_PAGES ((unsigned int)(END - START))
#define NR_MT 3u
#define NR_CPUS 2u
#define NR_LISTS 14u /* orders 0 to 3 of each type, PMD order Movable or not */

/** Blocks in the order of a list, head first. */
struct row {
	unsigned int nr;
	uint16_t at[NR_PAGES]; /* page numbers within the zone */
};

enum where { HELD, FREE, INSIDE_FREE, ON_PCP, INSIDE_PCP, INSIDE_HELD };

struct allocator {
	struct made *mk;         /* receives the events */
	uint64_t seed;
	uint8_t where[NR_PAGES]; /* enum where, of each page */
	uint8_t order[NR_PAGES]; /* of the block whose first page it is */
	uint8_t mt[NR_PAGES];    /* list it is on, or type asked for */
	uint8_t type[NR_BLOCKS]; /* of each pageblock */
	struct row free[11][NR_MT];
	struct row pcp[NR_CPUS][NR_LISTS];
	struct row held;         /* allocations, in no order */
	uint64_t ops, claims, steals, fails;
};

/** All pages free in blocks of a pageblock, types dealt out, told by drains. */
void allocator_init(struct allocator *a, struct made *mk, uint64_t seed);
/** One random operation and its events. */
void allocator_step(struct allocator *a);
/** The machine has the same lists, states and types; else the test fails. */
void allocator_compare(const struct allocator *a);

#endif
