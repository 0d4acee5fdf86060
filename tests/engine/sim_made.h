/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of the simulated allocator share: small made machines, pages put where a test wants them,
 * and questions about the lists.
 */
#ifndef SIM_MADE_H
#define SIM_MADE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernels.h"
#include "sim/alloc/alloc.h"

#define U 0u /* Unmovable, Movable, Reclaimable */
#define M 1u
#define R 2u
#define H 3u /* HighAtomic, CMA, Isolate */
#define C 4u
#define I 5u

#define BLOCK 512ull
#define START 0x4000ull
#define B(i) (START + (i) * BLOCK) /* first pfn of pageblock i of the made zone */
#define NORMAL 2u                  /* its zone type */

/** One zone Normal of @blocks pageblocks from START on, two CPUs, marks 100, 200, 300 and 400 pages. */
struct mm_sim_cfg sim_cfg(enum test_kernel rules, unsigned int blocks);
/** A machine of @cfg, booted; the test fails when it can't be made. */
struct mm_sim *sim_make(const struct mm_sim_cfg *cfg);
/** sim_cfg() and sim_make() at once. */
struct mm_sim *sim_small(enum test_kernel rules, unsigned int blocks);

/** A request of CPU 0 that may not wait, for any zone up to Normal of node 0. */
struct mm_request sim_request(unsigned int order, unsigned int mt, uint32_t gfp);
/** Its outcome; *@ret_pfn is the page, UINT64_MAX without. */
enum mm_outcome sim_ask_for(struct mm_sim *s, unsigned int order, unsigned int mt, uint32_t gfp, uint64_t *ret_pfn);

/** [@pfn, +2^@order) is taken off the free lists and allocated to a request of type @mt. */
void sim_occupy(struct mm_sim *s, uint64_t pfn, unsigned int order, unsigned int mt);
/** All of pageblock @i. */
void sim_occupy_block(struct mm_sim *s, unsigned int i, unsigned int mt);
/** Occupied pages go straight back to the free lists, past the per-cpu lists. */
void sim_vacate(struct mm_sim *s, uint64_t pfn, unsigned int order);
/** Pageblock @i changes its type, and its free pages their lists. */
void sim_type(struct mm_sim *s, unsigned int i, unsigned int mt);

/** First block of a free list, UINT64_MAX when it is empty. */
uint64_t sim_first(const struct mm_sim *s, unsigned int order, unsigned int mt);
uint64_t sim_blocks(const struct mm_sim *s, unsigned int order, unsigned int mt);
/** mm_audit() finds nothing. */
void sim_sound(const struct mm_sim *s);

static inline uint64_t sim_rnd(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

#endif
