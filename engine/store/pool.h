/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory for many small objects of few sizes: no header for each, freed ones are handed
 * out again by size.  One pool serves all versions of a machine.
 */
#ifndef MM_STORE_POOL_H
#define MM_STORE_POOL_H

#include "store/room.h"

#include <stddef.h>
#include <stdint.h>

#define MM_POOL_MAX 4096u /* bytes of the largest object */

struct mm_pool_slab;

struct mm_pool {
	uint64_t refs;
	uint64_t bytes; /* handed out now */
	uint64_t held;  /* taken from the system: what was handed out at most, and a little */
	void *free[MM_POOL_MAX / 8 + 1]; /* by size / 8, linked through their first word */
	unsigned char *at, *end;         /* rest of the newest slab */
	struct mm_pool_slab *slab;
};

/** Empty pool with one reference; NULL when memory runs out. */
struct mm_pool *mm_pool_new(void);
struct mm_pool *mm_pool_get(struct mm_pool *p);
/** Drops a reference; the last one frees the pool with all that is still handed out.  NULL is fine. */
void mm_pool_put(struct mm_pool *p);

/** @size bytes (1 .. MM_POOL_MAX), aligned to 8, not cleared; NULL when memory runs out. */
void *mm_pool_alloc(struct mm_pool *p, size_t size);
/** @size as at the allocation. */
void mm_pool_free(struct mm_pool *p, void *obj, size_t size);

#endif
