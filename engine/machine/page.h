/* SPDX-License-Identifier: GPL-2.0-only */
/* Entries of pages and pageblocks: nearly all reads and writes go through these, which are short enough to be inlined. */
#ifndef MM_MACHINE_PAGE_H
#define MM_MACHINE_PAGE_H

#include "machine/room.h"

#include "machine/state.h"

struct page_ent mm_ent_far(const struct mm_machine *m, uint64_t pfn);
struct page_ent *mm_ent_own_far(struct mm_machine *m, uint64_t pfn);
struct block_ent mm_blk_far(const struct mm_machine *m, uint64_t block);
struct block_ent *mm_blk_own_far(struct mm_machine *m, uint64_t block);

/** Entry of @pfn by value; pages that no zone spans are PS_NONE. */
static inline struct page_ent mm_ent(const struct mm_machine *m, uint64_t pfn)
{
	const struct page_ent *e = mm_cow_peek_quick(&m->pages, pfn, sizeof(*e));

	return e ? *e : mm_ent_far(m, pfn);
}

/**
 * Entry of @pfn for writing; the counters are the caller's to keep.  Never NULL.
 * The pointer stays good until an entry is owned that nobody had touched before, or a keyframe is taken.
 */
static inline struct page_ent *mm_ent_own(struct mm_machine *m, uint64_t pfn)
{
	struct page_ent *e = mm_cow_own_quick(&m->pages, pfn, sizeof(*e));

	return e ? e : mm_ent_own_far(m, pfn);
}

static inline struct block_ent mm_blk(const struct mm_machine *m, uint64_t block)
{
	const struct block_ent *b = mm_cow_peek_quick(&m->blocks, block, sizeof(*b));

	return b ? *b : mm_blk_far(m, block);
}

/* For writing, as mm_ent_own(). */
static inline struct block_ent *mm_blk_own(struct mm_machine *m, uint64_t block)
{
	struct block_ent *b = mm_cow_own_quick(&m->blocks, block, sizeof(*b));

	return b ? b : mm_blk_own_far(m, block);
}

#endif
