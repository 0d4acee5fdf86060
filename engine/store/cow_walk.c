// SPDX-License-Identifier: GPL-2.0-only
/* Walks over sparse arrays: what is there, in ascending order. */
#include "store/cow_priv.h"

/*
 * The first element at or after @from below @p, whose slots have @shift bits below them and whose first
 * place is @base.
 */
static const void *next_in(const struct mm_cow *c, uintptr_t p, unsigned int shift, uint64_t base, uint64_t from,
			   uint64_t *ret)
{
	const struct mm_cow_node *n;

	switch (tag_of(p)) {
	case MM_COW_IS_LONE:
		if (lone_of(p)->index < from)
			return NULL;
		*ret = lone_of(p)->index;
		return lone_of(p)->data;
	case MM_COW_IS_LEAF:
	case MM_COW_IS_WHOLE:
		for (unsigned int k = from > base ? (unsigned int)(from - base) : 0; k < MM_COW_LEAF; k++)
			if (leaf_of(p)->present >> k & 1) {
				*ret = base + k;
				return mm_cow_in_leaf(leaf_of(p), k, c->elem);
			}
		return NULL;
	default:
		n = node_of(p);
		for (uint64_t k = from > base ? (from - base) >> shift : 0; k < fan_of(shift); k++) {
			const void *found;
			unsigned int at = (unsigned int)k;

			if (!(n->present >> k & 1))
				continue;
			if (tag_of(p) == MM_COW_IS_PACKED)
				at = mm_cow_count64(n->present & ((1ull << k) - 1));
			if (!n->child[at])
				continue;
			found = next_in(c, n->child[at], shift_below(shift), base + (k << shift), from, ret);
			if (found)
				return found;
		}
		return NULL;
	}
}

const void *mm_cow_next(const struct mm_cow *c, uint64_t *i)
{
	const struct mm_cow_entry *n;
	uint64_t key;

	if (!c->v.root || *i >= c->v.nr)
		return NULL;
	n = mm_cow_entry(c, *i, &key);
	if (n->key == key) { /* mostly it is near */
		uintptr_t p = n->twig->child[*i / MM_COW_LEAF % MM_COW_TWIG];
		const void *e = p && tag_of(p) != MM_COW_IS_LONE ?
				next_in(c, p, 0, *i / MM_COW_LEAF * MM_COW_LEAF, *i, i) : NULL;

		if (e)
			return e;
	}
	return next_in(c, c->v.root, c->v.shift, 0, *i, i);
}
