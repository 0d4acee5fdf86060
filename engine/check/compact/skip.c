// SPDX-License-Identifier: GPL-2.0-only
/* Skip hints of pageblocks: a hash of those that something is known of. */
#include "check/compact/skip.h"

#include <stdlib.h>
#include <string.h>

#include "sg_mem.h"

static struct mm_skip_ent *place(const struct mm_skips *s, uint64_t block)
{
	uint64_t k = (block + 1) * 0x9fb21c651e98df25ull >> 32;

	while (s->ent[k & (s->size - 1)].block && s->ent[k & (s->size - 1)].block != block + 1)
		k++;
	return &s->ent[k & (s->size - 1)];
}

enum mm_skip mm_skip_get(const struct mm_skips *s, unsigned int zone, uint64_t block)
{
	const struct mm_skip_ent *e;

	if (zone >= MM_MAX_ZONES || s->failed)
		return MM_SKIP_UNKNOWN;
	if (!s->size)
		return (enum mm_skip)s->base[zone];
	e = place(s, block);
	return (enum mm_skip)(e->block && e->zone == zone && e->age == s->age[zone] ? e->v : s->base[zone]);
}

/* Room for one more; those that count no more go. */
static bool grow(struct mm_skips *s)
{
	struct mm_skips n = *s;
	uint32_t live = 0;

	for (uint32_t i = 0; i < s->size; i++)
		live += s->ent[i].block && s->ent[i].age == s->age[s->ent[i].zone];
	n.size = 64;
	while (n.size < (live + 1) * 4)
		n.size *= 2;
	n.ent = sg_calloc(n.size, sizeof(*n.ent));
	n.nr = live;
	if (!n.ent)
		return false;
	for (uint32_t i = 0; i < s->size; i++)
		if (s->ent[i].block && s->ent[i].age == s->age[s->ent[i].zone])
			*place(&n, s->ent[i].block - 1) = s->ent[i];
	free(s->ent);
	*s = n;
	return true;
}

void mm_skip_put(struct mm_skips *s, unsigned int zone, uint64_t block, enum mm_skip v)
{
	struct mm_skip_ent *e;

	if (zone >= MM_MAX_ZONES || s->failed)
		return;
	if ((s->nr + 1) * 2 > s->size && !grow(s)) {
		s->failed = true;
		return;
	}
	e = place(s, block);
	s->nr += e->block == 0;
	*e = (struct mm_skip_ent){ .block = block + 1, .age = s->age[zone], .zone = (uint8_t)zone, .v = (uint8_t)v };
}

void mm_skip_all(struct mm_skips *s, unsigned int zone, enum mm_skip v)
{
	if (zone >= MM_MAX_ZONES)
		return;
	s->age[zone]++;
	s->base[zone] = (uint8_t)v;
}

void mm_skip_fini(struct mm_skips *s)
{
	free(s->ent);
	s->ent = NULL;
	s->size = s->nr = 0;
}

bool mm_skip_copy(struct mm_skips *s, const struct mm_skips *from, uint64_t *bytes)
{
	s->ent = NULL;
	if (!from->size)
		return true;
	s->ent = sg_malloc(from->size * sizeof(*s->ent));
	if (!s->ent) {
		s->size = s->nr = 0;
		return false;
	}
	memcpy(s->ent, from->ent, from->size * sizeof(*s->ent));
	*bytes += from->size * sizeof(*s->ent);
	return true;
}
