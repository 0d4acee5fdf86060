/* SPDX-License-Identifier: GPL-2.0-only */
/* Which order an anonymous fault asks for: pure rules. */
#ifndef MM_RULES_FOLIO_H
#define MM_RULES_FOLIO_H

#include "rules/room.h"

#include <stdbool.h>
#include <stdint.h>

/** One fault.  Bytes. */
struct mm_anon_fault {
	uint64_t address, vma_start, vma_end;
	bool (*present)(void *arg, uint64_t address); /* is there a page at that page's address?  NULL: nowhere */
	void *arg;
	uint32_t barred; /* 1 << order: sizes that something else rules out: of a huge page, that its range has a page table */
};

/**
 * mm_anon_fits() - orders above 0 whose aligned range around the address lies in the VMA, without a page in it: 1 << order each
 * A huge page needs a range without a page table (@barred), others one without pages.
 * Source: mm/huge_memory.c: thp_vma_suitable_orders(), mm/memory.c: pte_range_none(), 6.8 to 7.3
 */
uint32_t mm_anon_fits(const struct mm_anon_fault *f, unsigned int page_shift, unsigned int nr_orders);

/**
 * mm_anon_order() - the largest of @orders (1 << order each), below @failed when that isn't negative; 0 without
 * Source: mm/memory.c: alloc_anon_folio(), 6.8 to 7.3
 */
int mm_anon_order(uint32_t orders, int failed);

#endif
