/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the model of an event frame knows about pages: which block lies on which list, in what
 * order, and what was last said about it.  Only a guess of the next event; wrong guesses cost bits,
 * nothing else.  No rules of the machine beyond what makes good guesses.
 */
#ifndef SS_PAGES_H
#define SS_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SS_NO_PAGE 0u
#define SS_NO_SHAPE 255u
#define SS_PAGE_NR (1u << 18) /* pages that one frame can know */
#define SS_NR_ORDERS 12u
#define SS_NR_TYPES 8u
#define SS_BUDDY_LISTS (SS_NR_ORDERS * SS_NR_TYPES)
#define SS_PCP_ORDERS 16u /* by order & 15 */
#define SS_PCP_LISTS (SS_PCP_ORDERS * 4u)

/** One page (of a block: its first). */
struct ss_page {
	uint64_t pfn;
	uint32_t next, prev; /* on its list */
	uint32_t list;       /* 1 + its list, 0 none */
	uint32_t lru_next;   /* the page that went on the LRU after it */
	uint32_t alloc_next; /* the page that was allocated after it, with the same values */
	uint32_t free_next;  /* the page that was freed after it */
	uint64_t index;      /* in its file */
	uint8_t order, mt;
	uint8_t shape;       /* values that it was allocated with, SS_NO_SHAPE unknown */
	uint8_t file;        /* and those that it was put into a file with */
	bool buddy;          /* on a list of the buddy allocator */
};

struct ss_list {
	uint32_t head, tail;
};

struct ss_pages {
	struct ss_page *page; /* [SS_PAGE_NR], 0 is none */
	uint32_t *slot;       /* hash of pfn to page, [2 * SS_PAGE_NR] */
	uint32_t nr;          /* pages in use, with the one that is none */
	struct ss_list *list; /* the buddy allocator's, then each lane's */
	uint32_t nr_lists;
};

bool ss_pages_init(struct ss_pages *ps, uint32_t nr_lanes);
void ss_pages_fini(struct ss_pages *ps);
/** Forgets all; lists for @nr_lanes, at most as many as at the init. */
void ss_pages_reset(struct ss_pages *ps, uint32_t nr_lanes);

/** Page of @pfn, SS_NO_PAGE when it isn't known. */
uint32_t ss_page_find(const struct ss_pages *ps, uint64_t pfn);
/** The same, made when there is room; else SS_NO_PAGE, whose fields may be written without effect on guesses. */
uint32_t ss_page_get(struct ss_pages *ps, uint64_t pfn);

static inline uint32_t ss_pfn_slot(uint64_t pfn)
{
	return (uint32_t)((pfn * 0x9e3779b97f4a7c15ull) >> 45) & (2 * SS_PAGE_NR - 1);
}

/** Before @pfn is asked for, some way ahead and then nearer: so that the caches have it by then. */
static inline void ss_page_soon(const struct ss_pages *ps, uint64_t pfn)
{
	__builtin_prefetch(&ps->slot[ss_pfn_slot(pfn)]);
}

static inline void ss_page_next(const struct ss_pages *ps, uint64_t pfn)
{
	__builtin_prefetch(&ps->page[ps->slot[ss_pfn_slot(pfn)]]);
}

static inline uint32_t ss_pcp_list(uint32_t lane, unsigned int order, unsigned int mt)
{
	return SS_BUDDY_LISTS + lane * SS_PCP_LISTS + (order % SS_PCP_ORDERS) * 4 + mt % 4;
}

void ss_page_unlist(struct ss_pages *ps, uint32_t p);
/** Takes @p off its list, and those behind it: if they were still there, they would have come first. */
void ss_pages_cut(struct ss_pages *ps, uint32_t p);
void ss_page_push(struct ss_pages *ps, uint32_t p, uint32_t list, bool tail);

/** A block came back to the buddy allocator: merges it with those known free. */
void ss_buddy_free(struct ss_pages *ps, uint64_t pfn, unsigned int order, unsigned int mt);
/** A block was taken: splits the known free block that it is part of. */
void ss_buddy_take(struct ss_pages *ps, uint64_t pfn, unsigned int order);
/** Which block would be taken, all ones for no idea. */
uint64_t ss_buddy_guess(const struct ss_pages *ps, unsigned int order, unsigned int mt);

#endif
