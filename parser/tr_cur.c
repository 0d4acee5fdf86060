// SPDX-License-Identifier: GPL-2.0-only
/* Reading metadata with every length checked. */
#include "tr_priv.h"

#include <stdlib.h>

bool tr_cur_get(struct tr_cur *c, void *buf, size_t n)
{
	if (n > tr_cur_left(c))
		return false;
	if (!c->src)
		memcpy(buf, c->mem + c->pos, n);
	else if (tr_src_read(c->src, c->pos, buf, n) != n)
		return false;
	c->pos += n;
	return true;
}

bool tr_cur_u16(struct tr_cur *c, uint16_t *v)
{
	uint8_t b[2];

	if (!tr_cur_get(c, b, sizeof(b)))
		return false;
	*v = tr_rd16(b, c->swap);
	return true;
}

bool tr_cur_u32(struct tr_cur *c, uint32_t *v)
{
	uint8_t b[4];

	if (!tr_cur_get(c, b, sizeof(b)))
		return false;
	*v = tr_rd32(b, c->swap);
	return true;
}

bool tr_cur_u64(struct tr_cur *c, uint64_t *v)
{
	uint8_t b[8];

	if (!tr_cur_get(c, b, sizeof(b)))
		return false;
	*v = tr_rd64(b, c->swap);
	return true;
}

bool tr_cur_skip(struct tr_cur *c, uint64_t n)
{
	if (n > tr_cur_left(c))
		return false;
	c->pos += n;
	return true;
}

bool tr_cur_str(struct tr_cur *c, char *buf, size_t size)
{
	size_t n = tr_cur_left(c) < size ? (size_t)tr_cur_left(c) : size;
	uint64_t start = c->pos;
	char *end;

	if (n == 0 || !tr_cur_get(c, buf, n))
		return false;
	end = memchr(buf, '\0', n);
	if (!end) {
		c->pos = start;
		return false;
	}
	c->pos = start + (uint64_t)(end - buf) + 1;
	return true;
}

char *tr_cur_dup(struct tr_cur *c, uint64_t n)
{
	char *p;

	if (n > tr_cur_left(c) || n > TR_MAX_SECTION)
		return NULL;
	p = sg_malloc((size_t)n + 1);
	if (!p)
		return NULL;
	if (!tr_cur_get(c, p, (size_t)n)) {
		free(p);
		return NULL;
	}
	p[n] = '\0';
	return p;
}
