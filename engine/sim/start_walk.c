// SPDX-License-Identifier: GPL-2.0-only
/* What the files of a run's start share: walks over what there is, room, random numbers. */
#include "sim/start.h"

#include <stdlib.h>
#include <string.h>

void *mm_start_grow(struct start *st, void *p, size_t *cap, size_t size)
{
	size_t n = *cap ? *cap * 2 : 1024;
	void *q = n > SIZE_MAX / 2 / size ? NULL : realloc(p, n * size);

	if (!q) {
		st->oom = true;
		return p;
	}
	*cap = n;
	return q;
}

void mm_start_no_marks(void *arg, uint64_t pfn, void *elem)
{
	(void)arg;
	(void)pfn;
	*(uint32_t *)elem = 0;
}

/* splitmix64 */
uint64_t mm_start_random(struct start *st)
{
	uint64_t z = st->shuffle += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

const struct sg_zone_snap *mm_start_zone_snap(const struct start *st, const struct zone_state *z)
{
	for (unsigned int i = 0; st->snap && i < st->snap->nr_zones; i++)
		if (st->snap->zone[i].node == z->node && strcmp(st->snap->zone[i].name, z->name) == 0)
			return &st->snap->zone[i];
	return NULL;
}

/* Does the snapshot say something of these 64 pages that a run must take up: a free block, a page on the LRU? */
static bool pattern_counts(const uint8_t *p)
{
	for (unsigned int i = 0; i < MM_SEED_PATTERN; i++)
		if ((p[i] & 7) == MM_SEED_FREE || ((p[i] & 7) == MM_SEED_USED && (p[i] >> 4 & 3)))
			return true;
	return false;
}

void mm_start_each_page(struct start *st, mm_start_page_fn fn)
{
	const struct mm_machine *m = st->s->m;
	uint64_t touched = 0;

	for (uint64_t p = st->z->start; p < st->z->end;) {
		uint64_t end = (p / MM_SEED_PATTERN + 1) * MM_SEED_PATTERN;

		if (end > st->z->end)
			end = st->z->end;
		if (touched < p) {
			touched = p;
			if (!mm_cow_next(&m->pages, &touched))
				touched = UINT64_MAX;
		}
		if (touched < end || pattern_counts(mm_seed_pattern(m->seed, p)))
			for (; p < end; p++) {
				struct page_ent e = mm_ent(m, p);

				fn(st, p, &e);
			}
		p = end;
	}
}
