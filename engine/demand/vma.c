// SPDX-License-Identifier: GPL-2.0-only
/* The mappings of a task group. */
#include "demand/vma.h"

#include <stdlib.h>
#include <string.h>

/* include/uapi/asm-generic/mman*.h; x86, arm64, riscv and s390 have the same */
#define MAP_TYPE 0x0fu
#define MAP_PRIVATE 0x02u
#define MAP_ANONYMOUS 0x20u
#define MAP_HUGETLB 0x40000u
/* what of prot and flags becomes a flag of the mapping: PROT_*, GROWSDOWN, LOCKED, NORESERVE, HUGETLB */
#define PROT_MASK UINT64_C(0x7)
#define FLAGS_MASK UINT64_C(0x46123)

/* The first one that ends behind @page. */
static size_t at(const struct mm_vmas *v, uint64_t page)
{
	size_t lo = 0, hi = v->nr;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (v->vma[mid].end > page)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

static bool insert(struct mm_vmas *v, size_t i, const struct mm_vma *a)
{
	if (v->nr == v->cap) {
		size_t n = v->cap ? v->cap * 2 : 16;
		struct mm_vma *more = n > SIZE_MAX / sizeof(*more) ? NULL : realloc(v->vma, n * sizeof(*more));

		if (!more)
			return false;
		v->vma = more;
		v->cap = n;
	}
	memmove(&v->vma[i + 1], &v->vma[i], (v->nr - i) * sizeof(*a));
	v->vma[i] = *a;
	v->nr++;
	return true;
}

static void take_out(struct mm_vmas *v, size_t i, size_t nr)
{
	if (!nr)
		return;
	memmove(&v->vma[i], &v->vma[i + nr], (v->nr - i - nr) * sizeof(*v->vma));
	v->nr -= nr;
}

/* A mapping that @page lies in ends and begins anew there. */
static bool cut(struct mm_vmas *v, uint64_t page)
{
	size_t i = at(v, page);
	struct mm_vma upper;

	if (i == v->nr || v->vma[i].start >= page)
		return true;
	upper = v->vma[i];
	upper.start = page;
	if (!insert(v, i + 1, &upper))
		return false;
	v->vma[i].end = page;
	return true;
}

static bool alike(const struct mm_vma *a, const struct mm_vma *b)
{
	return a->anon && b->anon && a->end == b->start && a->flags == b->flags && a->advice == b->advice;
}

/* Number @i and the next one become one if they may. */
static void join(struct mm_vmas *v, size_t i)
{
	if (i + 1 >= v->nr || !alike(&v->vma[i], &v->vma[i + 1]))
		return;
	v->vma[i].end = v->vma[i + 1].end;
	take_out(v, i + 1, 1);
}

bool mm_vma_unmap(struct mm_vmas *v, uint64_t start, uint64_t end)
{
	size_t i, k;

	if (start >= end)
		return true;
	if (!cut(v, start) || !cut(v, end))
		return false;
	for (i = k = at(v, start); k < v->nr && v->vma[k].end <= end; k++)
		;
	take_out(v, i, k - i);
	return true;
}

bool mm_vma_map(struct mm_vmas *v, uint64_t start, uint64_t end, uint64_t prot, uint64_t flags)
{
	const struct mm_vma a = { .start = start, .end = end, .flags = (prot & PROT_MASK) | (flags & FLAGS_MASK) << 3,
				  .anon = (flags & MAP_TYPE) == MAP_PRIVATE && (flags & MAP_ANONYMOUS) && !(flags & MAP_HUGETLB) };
	size_t i;

	if (start >= end)
		return true;
	if (!mm_vma_unmap(v, start, end))
		return false;
	i = at(v, start);
	if (!insert(v, i, &a))
		return false;
	join(v, i);
	if (i)
		join(v, i - 1);
	return true;
}

bool mm_vma_advise(struct mm_vmas *v, uint64_t start, uint64_t end, enum mm_vma_advice advice)
{
	size_t first, i;

	if (start >= end)
		return true;
	if (!cut(v, start) || !cut(v, end))
		return false;
	first = at(v, start);
	for (i = first; i < v->nr && v->vma[i].end <= end; i++)
		v->vma[i].advice = (uint8_t)advice;
	/* from the upper end on, so that numbers stay true */
	for (; i-- > first;)
		join(v, i);
	if (first)
		join(v, first - 1);
	return true;
}

const struct mm_vma *mm_vma_at(const struct mm_vmas *v, uint64_t page)
{
	size_t i = at(v, page);

	return i < v->nr && v->vma[i].start <= page ? &v->vma[i] : NULL;
}

bool mm_vma_any(const struct mm_vmas *v, uint64_t start, uint64_t end)
{
	size_t i = at(v, start);

	return i < v->nr && v->vma[i].start < end;
}

void mm_vmas_fini(struct mm_vmas *v)
{
	free(v->vma);
	*v = (struct mm_vmas){ 0 };
}
