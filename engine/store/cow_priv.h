/* SPDX-License-Identifier: GPL-2.0-only */
/* References and slots of the tree; private to cow*.c. */
#ifndef MM_STORE_COW_PRIV_H
#define MM_STORE_COW_PRIV_H

#include "store/room.h"

#include "store/cow.h"

#define TAGS ((uintptr_t)MM_COW_TAGS)

static inline unsigned int tag_of(uintptr_t p)
{
	return (unsigned int)(p & TAGS);
}

static inline struct mm_cow_node *node_of(uintptr_t p)
{
	return (struct mm_cow_node *)(p & ~TAGS);
}

static inline struct mm_cow_leaf *leaf_of(uintptr_t p)
{
	return (struct mm_cow_leaf *)(p & ~TAGS);
}

static inline struct mm_cow_lone *lone_of(uintptr_t p)
{
	return (struct mm_cow_lone *)(p & ~TAGS);
}

static inline uint32_t *refs_of(uintptr_t p)
{
	return (uint32_t *)(p & ~TAGS);
}

/* Slots of a node whose slots have @shift bits of the index below them. */
static inline unsigned int fan_of(unsigned int shift)
{
	return shift == MM_COW_TWIG_SHIFT ? MM_COW_TWIG : MM_COW_NODE;
}

static inline unsigned int slot_of(uint64_t i, unsigned int shift)
{
	return (unsigned int)(i >> shift) & (fan_of(shift) - 1);
}

static inline unsigned int shift_below(unsigned int shift)
{
	return shift == MM_COW_TWIG_SHIFT ? 0 : shift == MM_COW_NODE_SHIFT ? MM_COW_TWIG_SHIFT : shift - MM_COW_NODE_BITS;
}

static inline unsigned int shift_above(unsigned int shift)
{
	return shift == MM_COW_TWIG_SHIFT ? MM_COW_NODE_SHIFT : shift + MM_COW_NODE_BITS;
}

#endif
