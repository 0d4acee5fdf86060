// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pageblocks' types at a run's start.
 *
 * What a later event tells comes first.  Then pagetypeinfo's sums, as the machine has carried them on, are spent on the rest: whole
 * free blocks as its free lists count them, which of them the seed says; then the pageblocks with most pages that are in
 * use and can't be moved, since those are what other types than Movable are for.  What is left is Movable, as all memory
 * is at boot.
 */
#include "sim/start.h"

#include <stdlib.h>

/* A pageblock of unknown type. */
struct untold {
	uint64_t block;
	uint32_t fixed; /* pages in use that can't be moved */
};

struct untolds {
	struct untold *v;
	size_t nr, cap;
};

static void settle(struct start *st, uint64_t block, unsigned int mt)
{
	mm_block_type(st->s->m, st->z, block << st->s->m->pb_order, mt, SG_MAX_MIGRATETYPES, false);
}

static bool unknown(const struct start *st, uint64_t block)
{
	return mm_blk(st->s->m, block).mt == MM_MT_UNKNOWN;
}

/* The type that a later event tells, MM_MT_UNKNOWN when none does. */
static unsigned int foreseen(const struct start *st, uint64_t block)
{
	const struct mm_machine *m = st->s->m;
	struct mm_block_info info;

	mm_block_get(m, block, &info);
	if (info.foreseen < m->cap->nr_migratetypes)
		return info.foreseen;
	return st->ahead && st->own_lists ? mm_ahead_type(st->ahead, block, m->pb_order) : MM_MT_UNKNOWN;
}

static void settle_foreseen(struct start *st, uint64_t first, uint64_t last)
{
	for (uint64_t b = first; b <= last; b++) {
		unsigned int mt = unknown(st, b) ? foreseen(st, b) : MM_MT_UNKNOWN;

		if (mt >= st->s->m->cap->nr_migratetypes)
			continue;
		settle(st, b, mt);
		st->facts->blocks_foreseen++;
	}
}

/* ---- whole free blocks ----------------------------------------------------------------- */

/* Is there a free block of order @o at pageblock @b that only the snapshot knows? */
static bool whole_free(const struct start *st, uint64_t b, unsigned int o)
{
	const struct mm_machine *m = st->s->m;
	struct page_ent e = mm_ent(m, b << m->pb_order);

	return b << m->pb_order >= st->z->start && ent_state(&e) == PS_FREE && !(e.st & PE_LINK) && ent_order(&e) == o;
}

/* Free blocks of order @o that the list of each type has at unknown places, but for those that are known to be there. */
static void count_whole(const struct start *st, uint64_t first, uint64_t last, unsigned int o, uint64_t *left, uint64_t *ret_open)
{
	*ret_open = 0;
	for (unsigned int t = 0; t < SG_MAX_MIGRATETYPES; t++)
		left[t] = st->z->list[o][t].nr_unplaced;
	for (uint64_t b = first; b <= last; b++) {
		unsigned int mt = mm_blk(st->s->m, b).mt;

		if (!whole_free(st, b, o))
			continue;
		if (mt >= SG_MAX_MIGRATETYPES)
			++*ret_open;
		else if (left[mt])
			left[mt]--;
	}
}

static void settle_whole(struct start *st, uint64_t first, uint64_t last, unsigned int o, uint64_t *sum)
{
	uint64_t left[SG_MAX_MIGRATETYPES], open, size = UINT64_C(1) << (o - st->s->m->pb_order);

	count_whole(st, first, last, o, left, &open);
	for (uint64_t b = first; b <= last && open; b++) {
		uint64_t at;

		if (!unknown(st, b) || !whole_free(st, b, o))
			continue;
		at = mm_start_random(st) % open--;
		for (unsigned int t = 0; t < SG_MAX_MIGRATETYPES; t++) {
			if (at >= left[t]) {
				at -= left[t];
				continue;
			}
			left[t]--;
			for (uint64_t i = 0; i < size && b + i <= last && sum[t]; i++)
				if (unknown(st, b + i)) {
					settle(st, b + i, t);
					sum[t]--;
					st->facts->blocks_summed++;
				}
			break;
		}
	}
}

/* ---- the rest ---------------------------------------------------------------------------- */

static uint32_t fixed_pages(const struct start *st, uint64_t block)
{
	const struct mm_machine *m = st->s->m;
	uint64_t first = block << m->pb_order, end = first + (UINT64_C(1) << m->pb_order);
	uint32_t n = 0;

	for (uint64_t p = first > st->z->start ? first : st->z->start; p < end && p < st->z->end; p++) {
		struct page_ent e = mm_ent(m, p);

		if (ent_state(&e) == PS_ALLOC && !(e.st & PE_LRU))
			n += !st->ahead || mm_ahead_page(st->ahead, p).where <= MM_AHEAD_USED; /* else it wasn't in use */
	}
	return n;
}

static int most_fixed(const void *a, const void *b)
{
	const struct untold *x = a, *y = b;

	if (x->fixed != y->fixed)
		return x->fixed > y->fixed ? -1 : 1;
	return x->block < y->block ? -1 : x->block > y->block;
}

static void collect(struct start *st, struct untolds *u, uint64_t first, uint64_t last)
{
	for (uint64_t b = first; b <= last; b++) {
		if (!unknown(st, b))
			continue;
		if (u->nr == u->cap)
			u->v = mm_start_grow(st, u->v, &u->cap, sizeof(*u->v));
		if (u->nr < u->cap)
			u->v[u->nr++] = (struct untold){ .block = b, .fixed = fixed_pages(st, b) };
	}
	if (u->nr)
		qsort(u->v, u->nr, sizeof(*u->v), most_fixed);
}

static void spend(struct start *st, uint64_t first, uint64_t last, uint64_t *sum)
{
	struct untolds u = { 0 };
	size_t low = 0, high;

	collect(st, &u, first, last);
	high = u.nr;
	/* CMA areas are for what can be moved: they have the fewest others */
	for (unsigned int t = 0; t < SG_MAX_MIGRATETYPES; t++) {
		bool movable = t == MM_MT_MOVABLE || (int)t == st->s->cap.mt_cma;

		while (t != MM_MT_MOVABLE && sum[t] && low < high) {
			settle(st, u.v[movable ? --high : low++].block, t);
			sum[t]--;
			st->facts->blocks_summed++;
		}
	}
	for (; low < high; low++) {
		bool summed = sum[MM_MT_MOVABLE] > 0;

		settle(st, u.v[low].block, MM_MT_MOVABLE);
		sum[MM_MT_MOVABLE] -= summed;
		*(summed ? &st->facts->blocks_summed : &st->facts->blocks_guessed) += 1;
	}
	free(u.v);
}

/** All pageblocks of the zone get a type. */
void mm_start_types(struct start *st)
{
	const struct mm_machine *m = st->s->m;
	struct zone_state *z = st->z;
	uint64_t first = z->start >> m->pb_order, last = (z->end - 1) >> m->pb_order, sum[SG_MAX_MIGRATETYPES] = { 0 };

	settle_foreseen(st, first, last);
	for (unsigned int t = 0; z->have_type_blocks && t < SG_MAX_MIGRATETYPES; t++)
		sum[t] = z->type_blocks[t];
	for (uint64_t b = first; b <= last; b++) {
		unsigned int mt = mm_blk(m, b).mt;

		if (mt < SG_MAX_MIGRATETYPES && sum[mt])
			sum[mt]--;
	}
	for (unsigned int o = m->nr_orders; z->have_type_blocks && o-- > m->pb_order;)
		settle_whole(st, first, last, o, sum);
	spend(st, first, last, sum);
	/* counted, since the snapshot's sums and the blocks need not agree */
	for (unsigned int t = 0; t < SG_MAX_MIGRATETYPES; t++)
		z->type_blocks[t] = 0;
	z->have_type_blocks = true;
	for (uint64_t b = first; b <= last; b++)
		if (b << m->pb_order >= z->start || mm_zone_index(m, b << m->pb_order) < 0)
			z->type_blocks[mm_blk(m, b).mt]++;
}
