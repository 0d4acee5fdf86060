// SPDX-License-Identifier: GPL-2.0-only
/* Pages of files that reclaim took, until they are read again. */
#include "figures/priv.h"

#include <stdlib.h>

#include "sg_mem.h"

static size_t hash(const struct fig_content *c)
{
	uint64_t x = (c->dev * UINT64_C(0x9e3779b97f4a7c15)) ^ (c->ino * UINT64_C(0xbf58476d1ce4e5b9)) ^
		     (c->index * UINT64_C(0x94d049bb133111eb));

	return (size_t)(x ^ x >> 29);
}

static bool same(const struct fig_content *a, const struct fig_content *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->index == b->index;
}

/* The slot of @c, or the empty one where it would go.  No entry is ever taken out: it is marked by @used in its place. */
static struct fig_content *slot(struct fig_content *set, size_t size, const struct fig_content *c)
{
	size_t i = hash(c);

	while (set[i & (size - 1)].index != UINT64_MAX && !same(&set[i & (size - 1)], c))
		i++;
	return &set[i & (size - 1)];
}

static bool grow(struct mm_figures *f)
{
	size_t size = f->gone_size ? 2 * f->gone_size : 1024;
	struct fig_content *n = sg_malloc(size * sizeof(*n));

	if (!n)
		return false;
	for (size_t i = 0; i < size; i++)
		n[i] = (struct fig_content){ .index = UINT64_MAX };
	f->nr_gone = 0;
	for (size_t i = 0; i < f->gone_size; i++)
		if (f->gone[i].used) {
			*slot(n, size, &f->gone[i]) = f->gone[i];
			f->nr_gone++;
		}
	free(f->gone);
	f->gone = n;
	f->gone_size = size;
	return true;
}

void mm_fig_evicted(struct mm_figures *f, const struct fig_content *c)
{
	struct fig_content *s;

	if (c->index == UINT64_MAX)
		return;
	if (2 * (f->nr_gone + 1) > f->gone_size && !grow(f)) {
		f->no_memory = true;
		return;
	}
	s = slot(f->gone, f->gone_size, c);
	f->nr_gone += s->index == UINT64_MAX;
	*s = *c;
	s->used = true;
}

bool mm_fig_read_again(struct mm_figures *f, const struct fig_content *c)
{
	struct fig_content *s;
	bool was;

	if (!f->gone_size || c->index == UINT64_MAX)
		return false;
	s = slot(f->gone, f->gone_size, c);
	was = s->index != UINT64_MAX && s->used;
	if (was)
		s->used = false;
	return was;
}
