// SPDX-License-Identifier: GPL-2.0-only
/* Memory for many small objects of few sizes. */
#include "store/pool.h"

#include <stdlib.h>

#define SLAB_LEAST (16u << 10)
#define SLAB_MOST (1u << 20)

/* Under the address sanitizer each object comes from malloc(), so that it sees what is used after its end. */
#if defined(__SANITIZE_ADDRESS__)
#define BY_MALLOC 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BY_MALLOC 1
#endif
#endif
#ifndef BY_MALLOC
#define BY_MALLOC 0
#endif

struct mm_pool_slab {
	struct mm_pool_slab *next;
	uint64_t size;
};

struct mm_pool *mm_pool_new(void)
{
	struct mm_pool *p = calloc(1, sizeof(*p));

	if (p)
		p->refs = 1;
	return p;
}

struct mm_pool *mm_pool_get(struct mm_pool *p)
{
	p->refs++;
	return p;
}

void mm_pool_put(struct mm_pool *p)
{
	if (!p || --p->refs > 0)
		return;
	while (p->slab) {
		struct mm_pool_slab *s = p->slab;

		p->slab = s->next;
		free(s);
	}
	free(p);
}

/* A new slab; larger ones as the pool grows, so that a small machine costs little and a large one few calls. */
static int grow(struct mm_pool *p)
{
	size_t size = p->held / 16 < SLAB_LEAST ? SLAB_LEAST : p->held / 16 > SLAB_MOST ? SLAB_MOST : p->held / 16;
	size_t rest = (size_t)(p->end - p->at);
	struct mm_pool_slab *s;

	size = (size + 7) & ~(size_t)7;
	s = malloc(size);
	if (!s)
		return -1;
	if (rest >= 8 && rest <= MM_POOL_MAX) { /* what is left of the old one serves a smaller object */
		*(void **)p->at = p->free[rest / 8];
		p->free[rest / 8] = p->at;
	}
	s->next = p->slab;
	s->size = size;
	p->slab = s;
	p->held += size;
	p->at = (unsigned char *)(s + 1);
	p->end = (unsigned char *)s + size;
	return 0;
}

void *mm_pool_alloc(struct mm_pool *p, size_t size)
{
	void *obj;

	size = (size + 7) & ~(size_t)7;
	if (size > MM_POOL_MAX)
		return NULL;
	if (BY_MALLOC) {
		obj = malloc(size);
		p->bytes += obj ? size : 0;
		p->held = p->bytes > p->held ? p->bytes : p->held;
		return obj;
	}
	obj = p->free[size / 8];
	if (obj) {
		p->free[size / 8] = *(void **)obj;
	} else {
		if ((size_t)(p->end - p->at) < size && grow(p) < 0)
			return NULL;
		obj = p->at;
		p->at += size;
	}
	p->bytes += size;
	return obj;
}

void mm_pool_free(struct mm_pool *p, void *obj, size_t size)
{
	size = (size + 7) & ~(size_t)7;
	p->bytes -= size;
	if (BY_MALLOC) {
		free(obj);
		return;
	}
	*(void **)obj = p->free[size / 8];
	p->free[size / 8] = obj;
}
