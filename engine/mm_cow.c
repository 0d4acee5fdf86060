// SPDX-License-Identifier: GPL-2.0-only
/* Versions of sparse arrays that share what they have in common. */
#include "mm_cow.h"

#include <stdlib.h>
#include <string.h>

#include "sg_err.h"

int mm_cow_init(struct mm_cow *c, uint32_t elem, uint64_t nr, uint64_t *bytes)
{
	c->elem = elem;
	c->bytes = bytes;
	c->nr_roots = (size_t)((nr + ((uint64_t)MM_COW_CHUNK * MM_COW_FAN) - 1) >>
			       (MM_COW_CHUNK_BITS + MM_COW_FAN_BITS));
	c->root = calloc(c->nr_roots ? c->nr_roots : 1, sizeof(*c->root));
	if (!c->root)
		return SG_E_NOMEM;
	*bytes += c->nr_roots * sizeof(*c->root);
	return SG_OK;
}

int mm_cow_grow(struct mm_cow *c, uint64_t nr)
{
	size_t n = (size_t)((nr + ((uint64_t)MM_COW_CHUNK * MM_COW_FAN) - 1) >>
			    (MM_COW_CHUNK_BITS + MM_COW_FAN_BITS));
	struct mm_cow_node **root;

	if (n <= c->nr_roots)
		return SG_OK;
	root = realloc(c->root, n * sizeof(*root));
	if (!root)
		return SG_E_NOMEM;
	memset(root + c->nr_roots, 0, (n - c->nr_roots) * sizeof(*root));
	*c->bytes += (n - c->nr_roots) * sizeof(*root);
	c->root = root;
	c->nr_roots = n;
	return SG_OK;
}

static size_t chunk_bytes(const struct mm_cow *c)
{
	return sizeof(struct mm_cow_chunk) + (size_t)MM_COW_CHUNK * c->elem;
}

static void chunk_put(struct mm_cow *c, struct mm_cow_chunk *k)
{
	if (k && --k->refs == 0) {
		*c->bytes -= chunk_bytes(c);
		free(k);
	}
}

static void node_put(struct mm_cow *c, struct mm_cow_node *n)
{
	if (!n || --n->refs > 0)
		return;
	for (unsigned int i = 0; i < MM_COW_FAN; i++)
		chunk_put(c, n->chunk[i]);
	*c->bytes -= sizeof(*n);
	free(n);
}

void mm_cow_clear(struct mm_cow *c)
{
	for (size_t i = 0; i < c->nr_roots; i++) {
		node_put(c, c->root[i]);
		c->root[i] = NULL;
	}
}

void mm_cow_fini(struct mm_cow *c)
{
	if (!c->root)
		return;
	mm_cow_clear(c);
	*c->bytes -= c->nr_roots * sizeof(*c->root);
	free(c->root);
	c->root = NULL;
	c->nr_roots = 0;
}

int mm_cow_share(struct mm_cow *dst, const struct mm_cow *src)
{
	struct mm_cow_node **root = malloc((src->nr_roots ? src->nr_roots : 1) * sizeof(*root));

	if (!root)
		return SG_E_NOMEM;
	*dst = *src;
	dst->root = root;
	memcpy(root, src->root, src->nr_roots * sizeof(*root));
	for (size_t i = 0; i < src->nr_roots; i++)
		if (root[i])
			root[i]->refs++;
	*src->bytes += src->nr_roots * sizeof(*root);
	return SG_OK;
}

/* The node of root place @r, owned by this version alone. */
static struct mm_cow_node *node_own(struct mm_cow *c, uint64_t r)
{
	struct mm_cow_node *old = c->root[r], *n;

	if (old && old->refs == 1)
		return old;
	n = calloc(1, sizeof(*n));
	if (!n)
		return NULL;
	*c->bytes += sizeof(*n);
	n->refs = 1;
	if (old) {
		for (unsigned int i = 0; i < MM_COW_FAN; i++) {
			n->chunk[i] = old->chunk[i];
			if (n->chunk[i])
				n->chunk[i]->refs++;
		}
		old->refs--;
	}
	c->root[r] = n;
	return n;
}

void *mm_cow_chunk_own_slow(struct mm_cow *c, uint64_t i, bool *ret_new)
{
	uint64_t r = i >> (MM_COW_CHUNK_BITS + MM_COW_FAN_BITS);
	struct mm_cow_chunk *old, *k, **place;
	struct mm_cow_node *n;

	*ret_new = false;
	if (r >= c->nr_roots)
		return NULL;
	n = node_own(c, r);
	if (!n)
		return NULL;
	place = &n->chunk[i >> MM_COW_CHUNK_BITS & (MM_COW_FAN - 1)];
	old = *place;
	if (old && old->refs == 1)
		return old->data;
	k = old ? malloc(chunk_bytes(c)) : calloc(1, chunk_bytes(c));
	if (!k)
		return NULL;
	*c->bytes += chunk_bytes(c);
	if (old) {
		memcpy(k->data, old->data, (size_t)MM_COW_CHUNK * c->elem);
		old->refs--;
	}
	k->refs = 1;
	*ret_new = !old;
	*place = k;
	return k->data;
}
