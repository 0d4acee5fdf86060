/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mappings of a task group, as far as mmap, munmap and madvise tell: what was mapped before the trace began isn't known, nor
 * what brk, mremap, mprotect and exec did.  Units: page numbers, [start, end).
 */
#ifndef MM_DEMAND_VMA_H
#define MM_DEMAND_VMA_H

#include "demand/room.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mm_vma_advice { MM_VMA_NO_ADVICE, MM_VMA_HUGEPAGE, MM_VMA_NOHUGEPAGE };

struct mm_vma {
	uint64_t start, end;
	uint64_t flags;  /* of mmap: prot and those of its flags that two mappings must share to be one */
	uint8_t advice;  /* enum mm_vma_advice */
	bool anon;       /* private and of no file */
};

/** Those of one task group, by start; none overlap. */
struct mm_vmas {
	struct mm_vma *vma;
	size_t nr, cap;
};

/**
 * mm_vma_map() - what mmap() has mapped, in place of what was there
 * @prot, @flags: mmap's.  An anonymous mapping next to one of the same kind becomes one with it.
 * Return: false when memory runs out
 * Source: mm/mmap.c, mm/vma.c: mmap_region(), vma_merge_new_range(), 6.1 to 7.3.  Differs: two mappings whose pages belong to
 * different anon_vmas stay apart in the kernel; here they are joined.
 */
bool mm_vma_map(struct mm_vmas *v, uint64_t start, uint64_t end, uint64_t prot, uint64_t flags);
/** Nothing is mapped there any more; false when memory runs out. */
bool mm_vma_unmap(struct mm_vmas *v, uint64_t start, uint64_t end);
/** madvise() with MADV_HUGEPAGE or MADV_NOHUGEPAGE: mappings are cut at both ends.  False when memory runs out. */
bool mm_vma_advise(struct mm_vmas *v, uint64_t start, uint64_t end, enum mm_vma_advice advice);
/** The mapping that @page lies in; NULL: none is known. */
const struct mm_vma *mm_vma_at(const struct mm_vmas *v, uint64_t page);
/** Is something mapped in [@start, @end)? */
bool mm_vma_any(const struct mm_vmas *v, uint64_t start, uint64_t end);
void mm_vmas_fini(struct mm_vmas *v);

#endif
