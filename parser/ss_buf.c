// SPDX-License-Identifier: GPL-2.0-only
/* Bytes of a session file: little-endian numbers, texts, and memory that grows. */
#include <stdlib.h>
#include <string.h>

#include "ss_priv.h"

uint8_t *ss_buf_room(struct ss_buf *b, size_t more)
{
	if (b->failed)
		return NULL;
	if (b->cap - b->len < more) {
		size_t cap = b->cap * 2 + more + 256;
		uint8_t *data = cap > more ? sg_realloc(b->data, cap) : NULL;

		if (!data) {
			b->failed = true;
			return NULL;
		}
		b->data = data;
		b->cap = cap;
	}
	return b->data + b->len;
}

void ss_put(struct ss_buf *b, uint64_t v, unsigned int bytes)
{
	uint8_t *p = ss_buf_room(b, bytes);

	if (!p)
		return;
	for (unsigned int i = 0; i < bytes; i++, v >>= 8)
		p[i] = (uint8_t)v;
	b->len += bytes;
}

void ss_put_bytes(struct ss_buf *b, const void *data, size_t len)
{
	uint8_t *p = ss_buf_room(b, len);

	if (!p || len == 0)
		return;
	memcpy(p, data, len);
	b->len += len;
}

void ss_put_text(struct ss_buf *b, const char *text)
{
	size_t len;

	if (!text)
		text = "";
	len = strlen(text) + 1;
	ss_put(b, len, 4);
	ss_put_bytes(b, text, len);
}

uint64_t ss_get(struct ss_in *in, unsigned int bytes)
{
	uint64_t v;

	if ((size_t)(in->end - in->p) < bytes) {
		in->bad = true;
		in->p = in->end;
		return 0;
	}
	v = ss_le(in->p, bytes);
	in->p += bytes;
	return v;
}

const char *ss_get_text(struct ss_in *in)
{
	uint64_t len = ss_get(in, 4);
	const char *s = (const char *)in->p;

	if (len == 0 || len > (uint64_t)(in->end - in->p) || s[len - 1] != '\0') {
		in->bad = true;
		return "";
	}
	in->p += len;
	return s;
}

uint32_t ss_get_count(struct ss_in *in, size_t each, uint32_t max)
{
	uint64_t nr = ss_get(in, 4);

	if (nr > max || nr > (uint64_t)(in->end - in->p) / each) {
		in->bad = true;
		return 0;
	}
	return (uint32_t)nr;
}

void ss_part_put(uint8_t p[SS_PART_HEAD], const struct ss_part *part)
{
	struct ss_buf b = { .data = p, .cap = SS_PART_HEAD };

	ss_put(&b, SS_MAGIC_PART, 4);
	ss_put_bytes(&b, part->tag, 4);
	ss_put(&b, part->number, 4);
	ss_put(&b, part->part, 4);
	ss_put(&b, part->nr_parts, 4);
	ss_put(&b, part->len, 4);
	ss_put(&b, part->pos, 8);
	ss_put(&b, part->total, 8);
}

bool ss_part_get(const uint8_t *p, size_t len, struct ss_part *ret)
{
	struct ss_in in = { .p = p, .end = p + len };

	if (len < SS_PART_HEAD || ss_get(&in, 4) != SS_MAGIC_PART)
		return false;
	memcpy(ret->tag, in.p, 4);
	in.p += 4;
	for (unsigned int i = 0; i < 4; i++)
		if (!((ret->tag[i] >= 'A' && ret->tag[i] <= 'Z') || (ret->tag[i] >= '0' && ret->tag[i] <= '9')))
			return false;
	ret->number = (uint32_t)ss_get(&in, 4);
	ret->part = (uint32_t)ss_get(&in, 4);
	ret->nr_parts = (uint32_t)ss_get(&in, 4);
	ret->len = (uint32_t)ss_get(&in, 4);
	ret->pos = ss_get(&in, 8);
	ret->total = ss_get(&in, 8);
	return ret->len == len - SS_PART_HEAD && ret->part < ret->nr_parts && ret->total >= ret->len &&
	       ret->total <= SS_MAX_SECTION;
}

/* ---- memory that lives as long as a reader -------------------------------------- */

struct ss_chunk {
	struct ss_chunk *next;
	uint64_t data[];
};

void *ss_alloc(struct ss_arena *a, size_t nr, size_t size)
{
	struct ss_chunk *c = size && nr > (SIZE_MAX / 2) / size ? NULL : sg_calloc(1, sizeof(*c) + nr * size);

	if (!c) {
		a->failed = true;
		return NULL;
	}
	c->next = a->chunk;
	a->chunk = c;
	return c->data;
}

void ss_arena_free(struct ss_arena *a)
{
	while (a->chunk) {
		struct ss_chunk *c = a->chunk;

		a->chunk = c->next;
		free(c);
	}
}
