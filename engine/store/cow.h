/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A sparse array whose versions share what they have in common: the store of all
 * state that is as large as memory (pages, pageblocks, per-cpu lists).
 *
 * A tree over the index.  Its leaves hold 16 neighbours, the nodes above them (twigs)
 * 16 leaves, the nodes above those 64 each.  Everything is kept only as far as it is
 * there: a leaf of up to 8 elements has room for just those (with more it is whole),
 * a node for the children that there are, and an element that is alone below some
 * node hangs there directly (a lone one), without a path of nodes with one child
 * each.  So an element costs about 1.1 times its bytes where memory is used densely,
 * and some 20 bytes more where it lies far from all others.
 *
 * Taking a version costs nothing; the first write to a place after that copies the
 * leaf and the nodes above it.  An element that nobody wrote is absent or holds what
 * the caller's fill function says, which must be the same.
 */
#ifndef MM_STORE_COW_H
#define MM_STORE_COW_H

#include "store/room.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/pool.h"

#define MM_COW_LEAF_BITS 4
#define MM_COW_LEAF (1u << MM_COW_LEAF_BITS)
#define MM_COW_TWIG_BITS 4
#define MM_COW_TWIG (1u << MM_COW_TWIG_BITS)
#define MM_COW_NODE_BITS 6
#define MM_COW_NODE (1u << MM_COW_NODE_BITS)
/* Bits of the index below a twig's slot, below that of a node right above the twigs; then 6 more each. */
#define MM_COW_TWIG_SHIFT MM_COW_LEAF_BITS
#define MM_COW_NODE_SHIFT (MM_COW_LEAF_BITS + MM_COW_TWIG_BITS)

/* What a reference points to, in its low bits; 0 as a whole: nothing. */
enum mm_cow_tag { MM_COW_IS_FULL, MM_COW_IS_LONE, MM_COW_IS_PACKED, MM_COW_IS_LEAF, MM_COW_IS_WHOLE, MM_COW_TAGS = 7 };

/* Each object begins with the count of references to it. */
struct mm_cow_leaf {
	uint32_t refs;
	uint16_t present; /* bit per element */
	uint8_t cap;      /* elements that there is room for: up to 8, packed; or 16, all there */
	uint8_t pad;
	unsigned char data[];
};

struct mm_cow_lone {
	uint32_t refs;
	uint32_t index;
	unsigned char data[];
};

struct mm_cow_node {
	uint32_t refs;
	uint32_t cap;     /* children that there is room for; all (full): each at its own place, else packed */
	uint64_t present; /* bit per child */
	uintptr_t child[];
};

/** One version. */
struct mm_cow_ver {
	uintptr_t root;
	unsigned int shift; /* of the root's slots */
	uint64_t nr;        /* places that the array has */
	uint64_t count;     /* elements that are there */
};

/*
 * Which twig lies where, so that most accesses needn't walk the tree: full twigs that were used lately.  It is
 * filled in by reading, too; so a machine and its versions belong to one thread.
 */
struct mm_cow_near {
	uint64_t tree;  /* changes when the array becomes another version */
	uint64_t owned; /* changes (by 1 << 16) when a version is kept: nothing belongs to the present one alone after that */
	uint64_t flat_own; /* the same for struct mm_cow.flat: 1 to 255, and then from the beginning */
	uint64_t mask;  /* entries - 1 */
	struct mm_cow_entry {
		uint64_t key;   /* index / 256, and the tree above it */
		uint64_t owned; /* when it was found to belong to this version alone; below, a bit for each leaf that does */
		struct mm_cow_node *twig;
	} entry[];
};
#define MM_COW_KEY_BITS 24 /* of 2^32 / 256 */

struct mm_cow {
	struct mm_cow_ver v;
	uint32_t elem; /* bytes of one element */
	bool dense;
	struct mm_pool *pool;
	struct mm_cow_near *near;
	/*
	 * Where the elements of each whole leaf lie that was used since the array became this version, as an address of 48
	 * bits.  Above it 8 bits of near->flat_own if the leaf was found to belong to this version alone, and 8 of flat_tree.  Of
	 * arrays with more places than MM_COW_FLAT_MOST, and of machines whose addresses are others, there is none (nr_flat 0).
	 */
	uint64_t *flat;
	uint64_t nr_flat;   /* leaves */
	uint64_t flat_tree; /* changes when the array becomes another version: 1 to 255, and then from the beginning */
};
#define MM_COW_TREE_SHIFT 56
#define MM_COW_OWN_SHIFT 48
#define MM_COW_FLAT_DATA ((1ull << MM_COW_OWN_SHIFT) - 1)
#define MM_COW_FLAT_MOST (1ull << 24) /* pages of 64 GiB; 8 bytes of 16 places, of those that are used */

/**
 * mm_cow_init() - empty array with room for @nr (at most 2^32) elements of @elem bytes
 * @dense: whole leaves and full nodes from the start: for arrays that are written all over
 * @pool: borrowed
 * Return: 0 or SG_E_NOMEM
 */
int mm_cow_init(struct mm_cow *c, uint32_t elem, uint64_t nr, bool dense, struct mm_pool *pool);
/** Drops this version; what no other version holds is freed.  A zeroed array is fine. */
void mm_cow_fini(struct mm_cow *c);
/** Makes room for @nr elements; never shrinks.  0 or SG_E_NOMEM. */
int mm_cow_grow(struct mm_cow *c, uint64_t nr);
/** Drops all elements. */
void mm_cow_clear(struct mm_cow *c);

/** *@dst (zeroed or uninitialised) becomes a second array equal to @src.  0 or SG_E_NOMEM. */
int mm_cow_share(struct mm_cow *dst, const struct mm_cow *src);
/** Keeps the present version of @c in @ret, to be given back with mm_cow_drop(). */
void mm_cow_keep(const struct mm_cow *c, struct mm_cow_ver *ret);
/** @c becomes what it was when @v was kept.  @v stays kept. */
void mm_cow_return(struct mm_cow *c, const struct mm_cow_ver *v);
/** Gives a kept version of @c back. */
void mm_cow_drop(const struct mm_cow *c, struct mm_cow_ver *v);

static inline unsigned int mm_cow_count16(unsigned int v)
{
	v = v - (v >> 1 & 0x5555);
	v = (v & 0x3333) + (v >> 2 & 0x3333);
	v = (v + (v >> 4)) & 0x0f0f;
	return (v + (v >> 8)) & 0x1f;
}

static inline unsigned int mm_cow_count64(uint64_t v)
{
	v = v - (v >> 1 & 0x5555555555555555ull);
	v = (v & 0x3333333333333333ull) + (v >> 2 & 0x3333333333333333ull);
	v = (v + (v >> 4)) & 0x0f0f0f0f0f0f0f0full;
	return (unsigned int)(v * 0x0101010101010101ull >> 56);
}

static inline void *mm_cow_in_leaf(struct mm_cow_leaf *l, unsigned int k, uint32_t elem)
{
	if (!(l->present >> k & 1))
		return NULL;
	return l->data + mm_cow_count16(l->present & ((1u << k) - 1)) * elem;
}

static inline struct mm_cow_entry *mm_cow_entry(const struct mm_cow *c, uint64_t i, uint64_t *ret_key)
{
	*ret_key = i / (MM_COW_LEAF * MM_COW_TWIG) | c->near->tree << MM_COW_KEY_BITS;
	return &c->near->entry[i / (MM_COW_LEAF * MM_COW_TWIG) & c->near->mask];
}

/**
 * mm_cow_peek_quick() - element @i where it lies in a whole leaf that was used lately: nearly always, and without a call
 * @elem: bytes of an element, a constant where this is compiled
 * Return: NULL when mm_cow_peek() has to look for it
 */
static inline const void *mm_cow_peek_quick(const struct mm_cow *c, uint64_t i, uint32_t elem)
{
	if (__builtin_expect(i / MM_COW_LEAF < c->nr_flat, 1)) {
		uint64_t f = c->flat[i / MM_COW_LEAF];

		if (__builtin_expect(f >> MM_COW_TREE_SHIFT == c->flat_tree, 1))
			return (const unsigned char *)(uintptr_t)(f & MM_COW_FLAT_DATA) + i % MM_COW_LEAF * elem;
	}
	return NULL;
}

/** mm_cow_peek(), after which mm_cow_peek_quick() finds the element where it can. */
const void *mm_cow_peek_note(const struct mm_cow *c, uint64_t i);
const void *mm_cow_peek_far(const struct mm_cow *c, uint64_t i);

/** Element @i for reading, NULL when absent.  Any @i below 2^32 may be asked. */
static inline const void *mm_cow_peek(const struct mm_cow *c, uint64_t i)
{
	uint64_t key;
	const struct mm_cow_entry *n = mm_cow_entry(c, i, &key);

	if (n->key == key) {
		uintptr_t p = n->twig->child[i / MM_COW_LEAF % MM_COW_TWIG];

		if ((p & MM_COW_TAGS) == MM_COW_IS_WHOLE)
			return ((struct mm_cow_leaf *)(p - MM_COW_IS_WHOLE))->data + i % MM_COW_LEAF * c->elem;
		if (p == 0)
			return NULL;
		if ((p & MM_COW_TAGS) == MM_COW_IS_LEAF)
			return mm_cow_in_leaf((struct mm_cow_leaf *)(p - MM_COW_IS_LEAF), i % MM_COW_LEAF, c->elem);
	}
	return mm_cow_peek_far(c, i);
}

/** Writes into @elem what element @i holds before anybody has written it. */
typedef void (*mm_cow_fill_fn)(void *arg, uint64_t i, void *elem);

/**
 * mm_cow_own() - element @i for writing
 * @fill: called for it, and maybe some of its neighbours, when they were absent
 * The pointer stays good until a version is kept or an element is owned that was absent before.
 * Return: NULL outside the array or when memory runs out
 */
void *mm_cow_own_far(struct mm_cow *c, uint64_t i, mm_cow_fill_fn fill, void *arg);

/** mm_cow_peek_quick() for writing: NULL when mm_cow_own() has to look for it. */
static inline void *mm_cow_own_quick(struct mm_cow *c, uint64_t i, uint32_t elem)
{
	if (__builtin_expect(i / MM_COW_LEAF < c->nr_flat, 1)) {
		uint64_t f = c->flat[i / MM_COW_LEAF];

		if (__builtin_expect(f >> MM_COW_OWN_SHIFT == (c->flat_tree << 8 | c->near->flat_own), 1))
			return (unsigned char *)(uintptr_t)(f & MM_COW_FLAT_DATA) + i % MM_COW_LEAF * elem;
	}
	return NULL;
}

static inline void *mm_cow_own(struct mm_cow *c, uint64_t i, mm_cow_fill_fn fill, void *arg)
{
	uint64_t key;
	const struct mm_cow_entry *n = mm_cow_entry(c, i, &key);
	unsigned int slot = i / MM_COW_LEAF % MM_COW_TWIG;

	if (n->key == key && n->owned >> 16 == c->near->owned >> 16 && (n->owned >> slot & 1)) {
		uintptr_t p = n->twig->child[slot];

		if ((p & MM_COW_TAGS) == MM_COW_IS_WHOLE)
			return ((struct mm_cow_leaf *)(p - MM_COW_IS_WHOLE))->data + i % MM_COW_LEAF * c->elem;
		if ((p & MM_COW_TAGS) == MM_COW_IS_LEAF) {
			void *e = mm_cow_in_leaf((struct mm_cow_leaf *)(p - MM_COW_IS_LEAF), i % MM_COW_LEAF, c->elem);

			if (e)
				return e;
		}
	}
	return mm_cow_own_far(c, i, fill, arg);
}

/** mm_cow_own(), after which mm_cow_own_quick() finds the element where it can. */
void *mm_cow_own_note(struct mm_cow *c, uint64_t i, mm_cow_fill_fn fill, void *arg);

/**
 * mm_cow_next() - the first element at or after *@i that is there
 * Return: NULL when there is none; else the element, and *@i is its index
 */
const void *mm_cow_next(const struct mm_cow *c, uint64_t *i);

#endif
