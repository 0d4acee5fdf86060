/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A sparse array whose versions share what they have in common: the store of all
 * state that is as large as memory (pages, pageblocks, per-cpu lists).
 *
 * Three levels: a root table of nodes, nodes of MM_COW_FAN chunks, chunks of
 * MM_COW_CHUNK elements.  Taking a version costs the root table; writing after
 * that copies the one node and the one chunk that is written.  An element that
 * was never written is absent, and the caller knows what that means.
 */
#ifndef MM_COW_H
#define MM_COW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MM_COW_CHUNK_BITS 6
#define MM_COW_CHUNK (1u << MM_COW_CHUNK_BITS)
#define MM_COW_FAN_BITS 8
#define MM_COW_FAN (1u << MM_COW_FAN_BITS)

struct mm_cow_chunk {
	uint32_t refs;
	uint32_t pad[3]; /* elements start on 16 bytes */
	unsigned char data[];
};

struct mm_cow_node {
	uint32_t refs;
	struct mm_cow_chunk *chunk[MM_COW_FAN];
};

struct mm_cow {
	uint32_t elem;             /* bytes of one element */
	size_t nr_roots;           /* the array has nr_roots << 14 places */
	struct mm_cow_node **root;
	uint64_t *bytes;           /* of all versions together; shared, owned by the caller */
};

/** Empty array with room for @nr elements of @elem bytes.  0 or SG_E_NOMEM. */
int mm_cow_init(struct mm_cow *c, uint32_t elem, uint64_t nr, uint64_t *bytes);
/** Drops this version; what no other version holds is freed.  A zeroed array is fine. */
void mm_cow_fini(struct mm_cow *c);
/** *@dst (zeroed or uninitialised) becomes a second version equal to @src.  0 or SG_E_NOMEM. */
int mm_cow_share(struct mm_cow *dst, const struct mm_cow *src);
/** Makes room for @nr elements; never shrinks.  0 or SG_E_NOMEM. */
int mm_cow_grow(struct mm_cow *c, uint64_t nr);
/** Drops all elements. */
void mm_cow_clear(struct mm_cow *c);

/** Chunk that holds element @i for reading, NULL when absent. */
static inline const void *mm_cow_chunk_peek(const struct mm_cow *c, uint64_t i)
{
	uint64_t r = i >> (MM_COW_CHUNK_BITS + MM_COW_FAN_BITS);
	const struct mm_cow_node *n = r < c->nr_roots ? c->root[r] : NULL;
	const struct mm_cow_chunk *k = n ? n->chunk[i >> MM_COW_CHUNK_BITS & (MM_COW_FAN - 1)] : NULL;

	return k ? k->data : NULL;
}

/** Was any element of @i's node (MM_COW_FAN chunks) ever written?  For walks that skip what is absent. */
static inline bool mm_cow_near(const struct mm_cow *c, uint64_t i)
{
	uint64_t r = i >> (MM_COW_CHUNK_BITS + MM_COW_FAN_BITS);

	return r < c->nr_roots && c->root[r];
}

/** Element @i for reading, NULL when absent. */
static inline const void *mm_cow_peek(const struct mm_cow *c, uint64_t i)
{
	const unsigned char *k = mm_cow_chunk_peek(c, i);

	return k ? k + (i & (MM_COW_CHUNK - 1)) * c->elem : NULL;
}

/**
 * mm_cow_chunk_own() - the chunk of element @i for writing
 * @ret_new: true when it was absent before: its elements are all zero and the caller fills them in
 * Return: its first element; NULL outside the array or when memory runs out
 */
void *mm_cow_chunk_own_slow(struct mm_cow *c, uint64_t i, bool *ret_new);

static inline void *mm_cow_chunk_own(struct mm_cow *c, uint64_t i, bool *ret_new)
{
	uint64_t r = i >> (MM_COW_CHUNK_BITS + MM_COW_FAN_BITS);
	struct mm_cow_node *n = r < c->nr_roots ? c->root[r] : NULL;

	if (n && n->refs == 1) {
		struct mm_cow_chunk *k = n->chunk[i >> MM_COW_CHUNK_BITS & (MM_COW_FAN - 1)];

		if (k && k->refs == 1) {
			*ret_new = false;
			return k->data;
		}
	}
	return mm_cow_chunk_own_slow(c, i, ret_new);
}

#endif
