// SPDX-License-Identifier: GPL-2.0-only
/* Which order an anonymous fault asks for; see the header. */
#include "rules/folio.h"

/* Is the range of @order around the address free, inside the VMA? */
static bool fits(const struct mm_anon_fault *f, unsigned int page_shift, unsigned int order)
{
	uint64_t size = UINT64_C(1) << (page_shift + order), start = f->address & ~(size - 1);

	if (start < f->vma_start || start + size > f->vma_end || start + size < start)
		return false;
	for (uint64_t a = start; f->present && a < start + size; a += UINT64_C(1) << page_shift)
		if (f->present(f->arg, a))
			return false;
	return true;
}

uint32_t mm_anon_fits(const struct mm_anon_fault *f, unsigned int page_shift, unsigned int nr_orders)
{
	uint32_t ret = 0;

	/* a range that doesn't fit is part of every larger one */
	for (unsigned int o = 1; o < nr_orders && o < 32 && fits(f, page_shift, o); o++)
		ret |= 1u << o;
	return ret & ~f->barred;
}

int mm_anon_order(uint32_t orders, int failed)
{
	int order = 31;

	if (failed >= 0 && failed < 32)
		orders &= (1u << failed) - 1;
	while (order > 0 && !(orders >> order & 1))
		order--;
	return order;
}
