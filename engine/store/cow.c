// SPDX-License-Identifier: GPL-2.0-only
/* Versions of sparse arrays that share what they have in common. */
#include "store/cow_priv.h"

#include <stdlib.h>
#include <string.h>

#include "sg_err.h"

#define MOST_SHIFT 31u /* the root's of an array of 2^32 places, and more */

static uint64_t covers(unsigned int shift)
{
	return (uint64_t)fan_of(shift) << shift;
}

static size_t node_size(uint32_t cap)
{
	return sizeof(struct mm_cow_node) + cap * sizeof(uintptr_t);
}

static size_t leaf_size(const struct mm_cow *c, uint32_t cap)
{
	return sizeof(struct mm_cow_leaf) + (size_t)cap * c->elem;
}

static size_t lone_size(const struct mm_cow *c)
{
	return sizeof(struct mm_cow_lone) + c->elem;
}

/* The next larger room for @n children of a node; the last step is a large one, as a full node is quicker. */
static uint32_t node_room(uint32_t n, uint32_t fan)
{
	if (n <= 4)
		return n < 2 ? 2 : n;
	if (fan == MM_COW_TWIG)
		return n <= 6 ? 6 : fan;
	return n <= 8 ? 8 : n <= 32 ? (n + 3) & ~3u : fan;
}

#define NEAR_LEAST 16u
#define NEAR_MOST 4096u

static struct mm_cow_near *near_new(uint64_t nr)
{
	struct mm_cow_near *n;
	uint64_t size = NEAR_LEAST;

	while (size < NEAR_MOST && size * MM_COW_LEAF * MM_COW_TWIG < nr)
		size *= 2;
	n = calloc(1, sizeof(*n) + size * sizeof(n->entry[0]));
	if (!n)
		return NULL;
	n->tree = 1; /* so that the zeroed entries are of none */
	n->flat_own = 1;
	n->mask = size - 1;
	return n;
}

/* Without memory for it, or with addresses of another kind, each leaf is looked for in the tree. */
static void flat_new(struct mm_cow *c)
{
	c->nr_flat = sizeof(void *) == sizeof(uint64_t) && c->v.nr <= MM_COW_FLAT_MOST ? (c->v.nr + MM_COW_LEAF - 1) / MM_COW_LEAF : 0;
	c->flat = c->nr_flat ? calloc(c->nr_flat, sizeof(*c->flat)) : NULL;
	if (!c->flat)
		c->nr_flat = 0;
	c->flat_tree = 1;
}

static void flat_forget(const struct mm_cow *c)
{
	if (c->nr_flat)
		memset(c->flat, 0, c->nr_flat * sizeof(*c->flat));
}

/* Element @i lies at @e, in a whole leaf; @own: which belongs to this version alone. */
static inline void flat_note(const struct mm_cow *c, uint64_t i, const void *e, uint64_t own)
{
	uint64_t at = (uint64_t)(uintptr_t)e - i % MM_COW_LEAF * c->elem;

	if (i / MM_COW_LEAF < c->nr_flat && at <= MM_COW_FLAT_DATA)
		c->flat[i / MM_COW_LEAF] = at | own << MM_COW_OWN_SHIFT | c->flat_tree << MM_COW_TREE_SHIFT;
}

int mm_cow_init(struct mm_cow *c, uint32_t elem, uint64_t nr, bool dense, struct mm_pool *pool)
{
	memset(c, 0, sizeof(*c));
	c->elem = elem;
	c->dense = dense;
	c->pool = pool;
	c->v.nr = nr;
	c->v.shift = MM_COW_TWIG_SHIFT;
	while (covers(c->v.shift) < nr && c->v.shift < MOST_SHIFT)
		c->v.shift = shift_above(c->v.shift);
	c->near = near_new(nr);
	flat_new(c);
	return c->near ? SG_OK : SG_E_NOMEM;
}

/* Drops one reference. */
static void put(const struct mm_cow *c, uintptr_t p)
{
	struct mm_cow_node *n;

	if (!p || --*refs_of(p) > 0)
		return;
	switch (tag_of(p)) {
	case MM_COW_IS_LONE:
		mm_pool_free(c->pool, lone_of(p), lone_size(c));
		return;
	case MM_COW_IS_LEAF:
	case MM_COW_IS_WHOLE:
		mm_pool_free(c->pool, leaf_of(p), leaf_size(c, leaf_of(p)->cap));
		return;
	default:
		n = node_of(p);
		for (unsigned int i = 0; i < n->cap; i++)
			put(c, n->child[i]);
		mm_pool_free(c->pool, n, node_size(n->cap));
	}
}

void mm_cow_clear(struct mm_cow *c)
{
	put(c, c->v.root);
	c->v.root = 0;
	c->v.count = 0;
	c->near->tree++;
	if (++c->flat_tree > UINT8_MAX) {
		c->flat_tree = 1;
		flat_forget(c);
	}
}

void mm_cow_fini(struct mm_cow *c)
{
	if (!c->near)
		return;
	mm_cow_clear(c);
	free(c->near);
	free(c->flat);
	c->near = NULL;
	c->flat = NULL;
	c->nr_flat = 0;
}

void mm_cow_keep(const struct mm_cow *c, struct mm_cow_ver *ret)
{
	*ret = c->v;
	if (ret->root)
		++*refs_of(ret->root);
	c->near->owned += 1u << 16;
	if (++c->near->flat_own > UINT8_MAX) {
		c->near->flat_own = 1;
		flat_forget(c);
	}
}

void mm_cow_return(struct mm_cow *c, const struct mm_cow_ver *v)
{
	if (v->root)
		++*refs_of(v->root);
	mm_cow_clear(c);
	c->v = *v;
}

void mm_cow_drop(const struct mm_cow *c, struct mm_cow_ver *v)
{
	put(c, v->root);
	v->root = 0;
}

int mm_cow_share(struct mm_cow *dst, const struct mm_cow *src)
{
	struct mm_cow_near *near = near_new(src->v.nr);

	if (!near)
		return SG_E_NOMEM;
	*dst = *src;
	dst->near = near;
	flat_new(dst);
	mm_cow_keep(src, &dst->v);
	return SG_OK;
}

/* A node with room for @cap children, none there. */
static struct mm_cow_node *node_new(struct mm_cow *c, uint32_t cap)
{
	struct mm_cow_node *n = mm_pool_alloc(c->pool, node_size(cap));

	if (!n)
		return NULL;
	n->refs = 1;
	n->cap = cap;
	n->present = 0;
	memset(n->child, 0, cap * sizeof(n->child[0]));
	return n;
}

int mm_cow_grow(struct mm_cow *c, uint64_t nr)
{
	while (c->v.shift < MOST_SHIFT && covers(c->v.shift) < nr) {
		if (c->v.root) {
			struct mm_cow_node *n = node_new(c, 2);

			if (!n)
				return SG_E_NOMEM;
			n->present = 1;
			n->child[0] = c->v.root;
			c->v.root = (uintptr_t)n | MM_COW_IS_PACKED;
		}
		c->v.shift = shift_above(c->v.shift);
	}
	if (nr > c->v.nr)
		c->v.nr = nr;
	return SG_OK;
}

const void *mm_cow_peek_far(const struct mm_cow *c, uint64_t i)
{
	unsigned int shift = c->v.shift;
	uintptr_t p = c->v.root;

	if (i >= c->v.nr)
		return NULL;
	while (p) {
		struct mm_cow_node *n = node_of(p);
		uint64_t bit, key;

		switch (tag_of(p)) {
		case MM_COW_IS_FULL:
			if (shift == MM_COW_TWIG_SHIFT) {
				struct mm_cow_entry *e = mm_cow_entry(c, i, &key);

				*e = (struct mm_cow_entry){ .key = key, .twig = n };
			}
			p = n->child[slot_of(i, shift)];
			break;
		case MM_COW_IS_PACKED:
			bit = 1ull << slot_of(i, shift);
			p = n->present & bit ? n->child[mm_cow_count64(n->present & (bit - 1))] : 0;
			break;
		case MM_COW_IS_LONE:
			return lone_of(p)->index == i ? lone_of(p)->data : NULL;
		case MM_COW_IS_WHOLE:
			flat_note(c, i, leaf_of(p)->data + i % MM_COW_LEAF * c->elem, 0);
			return leaf_of(p)->data + i % MM_COW_LEAF * c->elem;
		default:
			return mm_cow_in_leaf(leaf_of(p), i % MM_COW_LEAF, c->elem);
		}
		shift = shift_below(shift);
	}
	return NULL;
}

const void *mm_cow_peek_note(const struct mm_cow *c, uint64_t i)
{
	uint64_t key;
	const struct mm_cow_entry *n = mm_cow_entry(c, i, &key);
	uintptr_t p = n->key == key ? n->twig->child[i / MM_COW_LEAF % MM_COW_TWIG] : 0;

	if (!p || tag_of(p) != MM_COW_IS_WHOLE)
		return mm_cow_peek(c, i);
	flat_note(c, i, leaf_of(p)->data + i % MM_COW_LEAF * c->elem, 0);
	return leaf_of(p)->data + i % MM_COW_LEAF * c->elem;
}

/* ---- writing ------------------------------------------------------------- */

void *mm_cow_own_note(struct mm_cow *c, uint64_t i, mm_cow_fill_fn fill, void *arg)
{
	uint64_t key;
	const struct mm_cow_entry *n = mm_cow_entry(c, i, &key);
	void *e = mm_cow_own(c, i, fill, arg);

	if (e && n->key == key && tag_of(n->twig->child[i / MM_COW_LEAF % MM_COW_TWIG]) == MM_COW_IS_WHOLE)
		flat_note(c, i, e, c->near->flat_own);
	return e;
}

/* The node at *@place, owned by this version alone, with room for one more child when it lacks @slot. */
static struct mm_cow_node *node_own(struct mm_cow *c, uintptr_t *place, unsigned int slot, unsigned int fan)
{
	struct mm_cow_node *old = node_of(*place), *n;
	bool full = tag_of(*place) == MM_COW_IS_FULL;
	uint32_t nr, need, cap = old->cap;

	if (full && old->refs == 1)
		return old;
	nr = full ? fan : mm_cow_count64(old->present);
	need = full || old->present >> slot & 1 ? nr : nr + 1;
	if (old->refs == 1 && need <= cap)
		return old;
	if (need > cap || !full)
		cap = node_room(need, fan);
	n = node_new(c, cap);
	if (!n)
		return NULL;
	n->present = old->present;
	if (cap == fan && !full) {
		for (unsigned int i = 0, k = 0; i < fan; i++)
			if (old->present >> i & 1)
				n->child[i] = old->child[k++];
	} else {
		memcpy(n->child, old->child, nr * sizeof(n->child[0]));
	}
	if (old->refs == 1) {
		mm_pool_free(c->pool, old, node_size(old->cap));
	} else {
		for (unsigned int i = 0; i < cap; i++)
			if (n->child[i])
				++*refs_of(n->child[i]);
		old->refs--;
	}
	*place = (uintptr_t)n | (cap == fan ? MM_COW_IS_FULL : MM_COW_IS_PACKED);
	return n;
}

/* Where the child of slot @slot hangs in @n, which has room for it; @slot is made present. */
static uintptr_t *child_place(struct mm_cow_node *n, unsigned int slot, unsigned int fan)
{
	uint64_t bit = 1ull << slot;
	unsigned int k = slot;

	if (n->cap < fan) {
		k = mm_cow_count64(n->present & (bit - 1));
		if (!(n->present & bit)) {
			unsigned int nr = mm_cow_count64(n->present);

			memmove(&n->child[k + 1], &n->child[k], (nr - k) * sizeof(n->child[0]));
			n->child[k] = 0;
		}
	}
	n->present |= bit;
	return &n->child[k];
}

/* Room for @cap elements; they are the caller's to fill in. */
static struct mm_cow_leaf *leaf_new(struct mm_cow *c, uint32_t cap)
{
	struct mm_cow_leaf *l = mm_pool_alloc(c->pool, leaf_size(c, cap));

	if (!l)
		return NULL;
	l->refs = 1;
	l->cap = (uint8_t)cap;
	l->present = 0;
	l->pad = 0;
	return l;
}

/* The leaf at *@place becomes @l, which holds the same and more. */
static void leaf_replace(struct mm_cow *c, uintptr_t *place, struct mm_cow_leaf *l)
{
	struct mm_cow_leaf *old = leaf_of(*place);

	if (--old->refs == 0)
		mm_pool_free(c->pool, old, leaf_size(c, old->cap));
	*place = (uintptr_t)l | (l->cap == MM_COW_LEAF ? MM_COW_IS_WHOLE : MM_COW_IS_LEAF);
}

/* Element @i of the whole leaf at *@place, which becomes this version's own. */
static void *whole_own(struct mm_cow *c, uintptr_t *place, uint64_t i)
{
	struct mm_cow_leaf *l = leaf_of(*place);

	if (l->refs > 1) {
		l = leaf_new(c, MM_COW_LEAF);
		if (!l)
			return NULL;
		l->present = leaf_of(*place)->present;
		memcpy(l->data, leaf_of(*place)->data, (size_t)MM_COW_LEAF * c->elem);
		leaf_replace(c, place, l);
	}
	return l->data + i % MM_COW_LEAF * c->elem;
}

/* The packed leaf at *@place becomes a whole one. */
static int leaf_complete(struct mm_cow *c, uintptr_t *place, uint64_t i, mm_cow_fill_fn fill, void *arg)
{
	struct mm_cow_leaf *old = leaf_of(*place), *l = leaf_new(c, MM_COW_LEAF);
	unsigned int n = 0;

	if (!l)
		return -1;
	l->present = 0xffff;
	for (unsigned int k = 0; k < MM_COW_LEAF; k++) {
		if (old->present >> k & 1)
			memcpy(l->data + k * c->elem, old->data + n++ * c->elem, c->elem);
		else
			fill(arg, i / MM_COW_LEAF * MM_COW_LEAF + k, l->data + k * c->elem);
	}
	c->v.count += MM_COW_LEAF - n;
	leaf_replace(c, place, l);
	return 0;
}

#define PACKED_MOST 8u

/* Element @i of the packed leaf at *@place, which becomes this version's own, with room for it when it is absent. */
static void *leaf_own(struct mm_cow *c, uintptr_t *place, uint64_t i, mm_cow_fill_fn fill, void *arg)
{
	struct mm_cow_leaf *old = leaf_of(*place), *l = old;
	unsigned int nr = mm_cow_count16(old->present), k = i % MM_COW_LEAF, at;
	bool fresh = !(old->present >> k & 1);

	if (fresh && nr == PACKED_MOST)
		return leaf_complete(c, place, i, fill, arg) < 0 ? NULL : whole_own(c, place, i);
	if (old->refs > 1 || fresh) {
		l = leaf_new(c, nr + fresh);
		if (!l)
			return NULL;
		l->present = old->present;
		memcpy(l->data, old->data, (size_t)nr * c->elem);
		leaf_replace(c, place, l);
	}
	at = mm_cow_count16(l->present & ((1u << k) - 1));
	if (fresh) {
		memmove(l->data + (at + 1) * c->elem, l->data + at * c->elem, (nr - at) * c->elem);
		l->present |= (uint16_t)(1u << k);
		c->v.count++;
		fill(arg, i, l->data + at * c->elem);
	}
	return l->data + at * c->elem;
}

static void *lone_new(struct mm_cow *c, uintptr_t *place, uint64_t i)
{
	struct mm_cow_lone *l = mm_pool_alloc(c->pool, lone_size(c));

	if (!l)
		return NULL;
	l->refs = 1;
	l->index = (uint32_t)i;
	*place = (uintptr_t)l | MM_COW_IS_LONE;
	return l->data;
}

/* The lone element at *@place, which is element @i, becomes this version's own. */
static void *lone_own(struct mm_cow *c, uintptr_t *place, uint64_t i)
{
	struct mm_cow_lone *old = lone_of(*place);
	unsigned char *data;

	if (old->refs == 1)
		return old->data;
	data = lone_new(c, place, i);
	if (data) {
		memcpy(data, old->data, c->elem);
		old->refs--;
	}
	return data;
}

/* The lone element at *@place gets company: it moves into a leaf (@shift 0) or a node of its own. */
static int lone_push(struct mm_cow *c, uintptr_t *place, unsigned int shift)
{
	struct mm_cow_lone *old = lone_of(*place);
	struct mm_cow_node *n;
	struct mm_cow_leaf *l;

	if (shift > 0) {
		n = node_new(c, 2);
		if (!n)
			return -1;
		n->present = 1ull << slot_of(old->index, shift);
		n->child[0] = *place;
		*place = (uintptr_t)n | MM_COW_IS_PACKED;
		return 0;
	}
	l = leaf_new(c, 1);
	if (!l)
		return -1;
	l->present = (uint16_t)(1u << old->index % MM_COW_LEAF);
	memcpy(l->data, old->data, c->elem);
	*place = (uintptr_t)l | MM_COW_IS_LEAF;
	if (--old->refs == 0)
		mm_pool_free(c->pool, old, lone_size(c));
	return 0;
}

/* In a dense array: a full node, or a whole leaf, where nothing is. */
static int plant(struct mm_cow *c, uintptr_t *place, unsigned int shift, uint64_t i, mm_cow_fill_fn fill, void *arg)
{
	struct mm_cow_leaf *l;

	if (shift > 0) {
		struct mm_cow_node *n = node_new(c, fan_of(shift));

		*place = (uintptr_t)n | MM_COW_IS_FULL;
		return n ? 0 : -1;
	}
	l = leaf_new(c, MM_COW_LEAF);
	if (!l)
		return -1;
	l->present = 0xffff;
	for (unsigned int k = 0; k < MM_COW_LEAF; k++)
		fill(arg, i / MM_COW_LEAF * MM_COW_LEAF + k, l->data + k * c->elem);
	c->v.count += MM_COW_LEAF;
	*place = (uintptr_t)l | MM_COW_IS_WHOLE;
	return 0;
}

/* Twig @n belongs to this version alone now. */
static void remember(struct mm_cow *c, struct mm_cow_entry *near, uint64_t key, struct mm_cow_node *n)
{
	if (n->cap != MM_COW_TWIG) {
		if (near->key == key)
			near->key = 0;
	} else if (near->key != key || near->twig != n || near->owned >> 16 != c->near->owned >> 16) {
		*near = (struct mm_cow_entry){ key, c->near->owned, n };
	}
}

void *mm_cow_own_far(struct mm_cow *c, uint64_t i, mm_cow_fill_fn fill, void *arg)
{
	uint64_t key;
	struct mm_cow_entry *near = mm_cow_entry(c, i, &key);
	unsigned int shift = c->v.shift;
	uintptr_t *place = &c->v.root;

	if (i >= c->v.nr)
		return NULL;
	for (;;) {
		struct mm_cow_node *n;
		void *e;

		if (*place == 0 && c->dense) {
			if (plant(c, place, shift, i, fill, arg) < 0)
				return NULL;
		} else if (*place == 0) {
			e = lone_new(c, place, i);
			if (e) {
				c->v.count++;
				fill(arg, i, e);
			}
			return e;
		}
		switch (tag_of(*place)) {
		case MM_COW_IS_LONE:
			if (lone_of(*place)->index == i)
				return lone_own(c, place, i);
			if (lone_push(c, place, shift) < 0)
				return NULL;
			break; /* and look again */
		case MM_COW_IS_LEAF:
		case MM_COW_IS_WHOLE:
			e = tag_of(*place) == MM_COW_IS_LEAF ? leaf_own(c, place, i, fill, arg) : whole_own(c, place, i);
			if (e && near->key == key) /* set by the twig above */
				near->owned |= 1u << i / MM_COW_LEAF % MM_COW_TWIG;
			if (e && tag_of(*place) == MM_COW_IS_WHOLE)
				flat_note(c, i, e, c->near->flat_own);
			return e;
		default:
			n = node_own(c, place, slot_of(i, shift), fan_of(shift));
			if (!n)
				return NULL;
			if (shift == MM_COW_TWIG_SHIFT)
				remember(c, near, key, n);
			place = child_place(n, slot_of(i, shift), fan_of(shift));
			shift = shift_below(shift);
		}
	}
}
