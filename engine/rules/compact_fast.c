// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compaction's short ways: the free lists are searched for a target far up in the zone, and for a pageblock
 * that takes little work to clear.  Both turn the list, so that the next search begins where this one ended.
 */
#include "rules/compact_scan.h"

unsigned int mm_fast_limit(unsigned int fail)
{
	return (fail < 32 ? MM_COMPACT_CLUSTER_MAX >> fail : 0) + 1;
}

/* Has the zone free blocks of @order on any list? */
static bool any_block(const struct zone_state *z, unsigned int order)
{
	for (unsigned int t = 0; t < MM_NR_MT; t++)
		if (mm_list_blocks(z, order, t))
			return true;
	return false;
}

/* A place in a list.  MM_NIL: behind its end, or, with @blind, where the list's order isn't known. */
struct place {
	uint32_t pfn;
	bool tail;  /* in the tail part */
	bool blind;
};

/* What follows the end of a part: the other part, when nothing of unknown place lies between. */
static struct place over(const struct free_list *l, struct place at, bool back)
{
	if (at.pfn != MM_NIL || at.tail == !back)
		return at;
	if (l->nr_unplaced) {
		at.blind = true;
		return at;
	}
	at.tail = !back;
	at.pfn = back ? l->head_last : l->tail_first;
	return at;
}

static struct place first_of(const struct free_list *l, bool back)
{
	struct place at = { .tail = back, .pfn = back ? l->tail_last : l->head_first };

	at = over(l, at, back);
	/* from cycle_first on the list was turned by nobody knows how much */
	if (at.pfn != MM_NIL && l->cycle_first != MM_NIL && (back || at.pfn == l->cycle_first)) {
		at.pfn = MM_NIL;
		at.blind = true;
	}
	return at;
}

static struct place next_of(const struct mm_machine *m, const struct free_list *l, struct place at, bool back)
{
	struct page_ent e = mm_ent(m, at.pfn);

	at.pfn = back ? e.b : e.a;
	at = over(l, at, back);
	if (at.pfn != MM_NIL && at.pfn == l->cycle_first) {
		at.pfn = MM_NIL;
		at.blind = true;
	}
	return at;
}

/* Source: mm/compaction.c: next_search_order(), 6.1 to 7.3 */
static int next_order(const struct mm_compact_who *w, struct mm_fast_free *f, int order)
{
	order--;
	if (order < 0)
		order = w->order - 1;
	if (order != f->search_order)
		return order;
	f->search_order--;
	if (f->search_order < 0)
		f->search_order = w->order - 1;
	return -1;
}

/* One order's list.  *@limit: as in the kernel, it is halved at each candidate. */
static void search_list(const struct mm_machine *m, const struct mm_compact_who *w, struct mm_fast_free *f,
			unsigned int order, unsigned int *limit)
{
	const struct free_list *l = &f->z->list[order][MM_MT_MOVABLE];
	uint64_t block = UINT64_C(1) << w->pb_order, high = 0, found = UINT64_MAX, last = UINT64_MAX;
	unsigned int nr = 0;
	struct place at;

	for (at = first_of(l, true); at.pfn != MM_NIL; at = next_of(m, l, at, true)) {
		nr++;
		f->scanned++;
		if (at.pfn >= f->highest) {
			f->highest = at.pfn / block * block;
			if (f->highest < f->z->start)
				f->highest = f->z->start;
		}
		if (at.pfn >= f->low_pfn) {
			f->fail = 0;
			f->search_order = (int)order;
			found = last = at.pfn;
			break;
		}
		if (at.pfn >= f->min_pfn && at.pfn > high) {
			high = at.pfn;
			*limit >>= 1;
		}
		if (nr >= *limit) {
			last = at.pfn;
			break;
		}
	}
	if (at.blind || mm_list_blocks(f->z, order, MM_MT_ROW_UNKNOWN)) {
		f->why = at.blind && l->cycle_first != MM_NIL ? "list_rotated" : "list_order_unknown";
		return;
	}
	if (found == UINT64_MAX && high)
		found = last = high;
	if (f->rotate && last != UINT64_MAX)
		f->rotate(f->arg, order, last);
	if (found != UINT64_MAX) {
		f->pfn = found;
		f->order = order;
	}
	if (nr >= *limit && found == UINT64_MAX)
		*limit = *limit >> 1 ? *limit >> 1 : 1;
}

void mm_fast_free(const struct mm_machine *m, const struct mm_compact_who *w, struct mm_fast_free *f)
{
	uint64_t block = UINT64_C(1) << w->pb_order, distance = f->free_pfn - f->migrate_pfn;
	unsigned int limit = mm_fast_limit(f->fail) >> 1;
	int order;

	if (limit == 0)
		limit = 1;
	if (f->scan_start)
		limit = (unsigned int)(block >> 1);
	/* where the scanners have passed each other, the distance is beyond all memory, and so are the marks */
	f->low_pfn = (f->free_pfn - (distance >> 2)) / block * block;
	f->min_pfn = (f->free_pfn - (distance >> 1)) / block * block;
	if (f->min_pfn > f->low_pfn)
		f->low_pfn = f->min_pfn;
	if (f->search_order > w->order - 1 || f->search_order < 0)
		f->search_order = w->order - 1;
	f->pfn = UINT64_MAX;
	f->scanned = f->highest = 0;
	f->why = NULL;
	for (order = f->search_order; f->pfn == UINT64_MAX && order >= 0; order = next_order(w, f, order)) {
		enum mm_answer got;

		if (!any_block(f->z, (unsigned int)order))
			continue;
		search_list(m, w, f, (unsigned int)order, &limit);
		if (f->why)
			return;
		if (f->pfn == UINT64_MAX)
			continue;
		got = f->isolate(f->arg, f->pfn, f->order);
		if (got == MM_MAYBE) {
			f->why = "free_count_drift";
			return;
		}
		if (got == MM_NO) { /* the search ends, as if it had come round */
			f->pfn = UINT64_MAX;
			order = f->search_order + 1;
			continue;
		}
		f->scanned += (UINT64_C(1) << f->order) - 1;
		/* 6.12 and later leave here when that is enough, so that search_order stays */
		if (mm_has(w->facts, FAST_ENOUGH) && UINT64_C(1) << f->order >= f->need)
			break;
	}
	if (f->pfn == UINT64_MAX)
		f->fail++;
}

bool mm_fast_migrate_wanted(const struct mm_compact_who *w, bool ignore_skip, bool finish_pageblock, bool aligned)
{
	if (ignore_skip || !aligned || w->order <= MM_COSTLY_ORDER)
		return false;
	if (finish_pageblock && mm_has(w->facts, FINISH_BLOCK))
		return false;
	return !w->direct || w->mt == MM_MT_MOVABLE || (mm_has(w->facts, SOURCE_WHOLE) && w->order >= (int)w->pb_order);
}

void mm_fast_migrate(const struct mm_machine *m, const struct mm_compact_who *w, struct mm_fast_migrate *f)
{
	uint64_t block = UINT64_C(1) << w->pb_order, high;
	uint64_t distance = f->free_pfn > f->migrate_pfn ? (f->free_pfn - f->migrate_pfn) >> 1 : 0;
	unsigned int limit = mm_fast_limit(f->fail);

	/* in the first half of what lies before it, later in the first eighth */
	if (f->migrate_pfn != f->z->start)
		distance >>= 2;
	high = (f->migrate_pfn + distance) / block * block;
	f->found = false;
	f->scanned = 0;
	f->why = NULL;
	for (int order = w->order - 1; order >= MM_COSTLY_ORDER && !f->found && f->scanned < limit; order--) {
		const struct free_list *l = &f->z->list[order][MM_MT_MOVABLE];
		struct place at;

		if (!any_block(f->z, (unsigned int)order))
			continue;
		for (at = first_of(l, false); at.pfn != MM_NIL; at = next_of(m, l, at, false)) {
			enum mm_answer skip;

			if (f->scanned++ >= limit) {
				if (f->rotate)
					f->rotate(f->arg, (unsigned int)order, at.pfn);
				break;
			}
			if (at.pfn >= high)
				continue;
			skip = f->skip(f->arg, at.pfn);
			if (skip == MM_YES)
				continue;
			if (skip == MM_MAYBE) {
				f->why = "skip_bits_unknown";
				return;
			}
			if (f->rotate)
				f->rotate(f->arg, (unsigned int)order, at.pfn);
			f->pfn = at.pfn;
			f->found = true;
			break;
		}
		if (at.blind || mm_list_blocks(f->z, (unsigned int)order, MM_MT_ROW_UNKNOWN)) {
			f->why = at.blind && l->cycle_first != MM_NIL ? "list_rotated" : "list_order_unknown";
			return;
		}
	}
}
