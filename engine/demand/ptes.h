/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page table entries, as far as page faults tell: which page of which block is at an address of a task group's memory.
 * A sparse table in stretches of 512 pages, 8 bytes for each page of a stretch in use.
 */
#ifndef MM_DEMAND_PTES_H
#define MM_DEMAND_PTES_H

#include "demand/room.h"

#include "demand/places.h"

#define MM_PTE_BITS 9
#define MM_PTE_PART (1u << MM_PTE_BITS)

struct mm_pte_part; /* a stretch */

struct mm_pte_slot {
	uint64_t region;        /* page >> MM_PTE_BITS */
	uint32_t mm;
	bool used;
	struct mm_pte_part *part; /* NULL: nothing is left in it */
};

struct mm_ptes {
	struct mm_pte_slot *slot; /* hash table, its size a power of two */
	size_t nr, cap;           /* slots in use, empty stretches included */
	uint64_t bytes;
	bool oom;
};

/** Who is at page number @page (address >> page shift) of @mm; all 0: nobody. */
struct mm_whose mm_pte_get(const struct mm_ptes *p, uint32_t mm, uint64_t page);
/** Pages @offset ... of @handle come to the 2^order pages from @page on; memory that runs out sets @p->oom. */
void mm_pte_set(struct mm_ptes *p, uint32_t mm, uint64_t page, unsigned int order, uint32_t handle, uint32_t offset);
/** Is one of the 2^order pages from @page on there? */
bool mm_pte_any(const struct mm_ptes *p, uint32_t mm, uint64_t page, unsigned int order);
/**
 * mm_pte_clear() - nobody is at pages [@start, @end) of @mm any more
 * @fn: NULL, or told each entry that was there, by ascending page; it may not change @p
 */
void mm_pte_clear(struct mm_ptes *p, uint32_t mm, uint64_t start, uint64_t end,
		  void (*fn)(void *arg, uint64_t page, struct mm_whose was), void *arg);
/**
 * mm_pte_table(), mm_pte_table_set(), mm_pte_tables_clear() - do the 2^@order pages around @page have a page table?
 * A fault for less than the whole range makes one; it goes when no mapping is left in the range.
 * Source: mm/memory.c: do_anonymous_page(), free_pgtables(), 6.1 to 7.3
 */
bool mm_pte_table(const struct mm_ptes *p, uint32_t mm, uint64_t page, unsigned int order);
void mm_pte_table_set(struct mm_ptes *p, uint32_t mm, uint64_t page, unsigned int order);
/** Of all ranges within pages [@start, @end). */
void mm_pte_tables_clear(struct mm_ptes *p, uint32_t mm, uint64_t start, uint64_t end);
void mm_ptes_fini(struct mm_ptes *p);

#endif
