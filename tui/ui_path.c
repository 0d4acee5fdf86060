// SPDX-License-Identifier: GPL-2.0-only
/*
 * A step is three numbers of 7 bits a byte, low bits first: milliseconds since the
 * step before; the change of the position, its sign in the lowest bit; the length
 * of the text, which follows.
 */
#include "ui_path.h"

#include <stdlib.h>
#include <string.h>

#include "sg_mem.h"

#define MAX_NUMBERS 30 /* three numbers of 64 bits */

static size_t put(uint8_t *to, uint64_t v)
{
	size_t n = 0;

	while (v >= 0x80) {
		to[n++] = (uint8_t)(v | 0x80);
		v >>= 7;
	}
	to[n++] = (uint8_t)v;
	return n;
}

static uint64_t get(const uint8_t *buf, size_t *at)
{
	unsigned int shift = 0;
	uint64_t v = 0;

	for (;; shift += 7) {
		v |= (uint64_t)(buf[*at] & 0x7f) << shift;
		if (!(buf[(*at)++] & 0x80))
			return v;
	}
}

/* Differences wrap, so that any two positions have one. */
static uint64_t zigzag(uint64_t from, uint64_t to)
{
	uint64_t d = to - from;

	return d << 1 ^ (d >> 63 ? UINT64_MAX : 0);
}

static uint64_t unzigzag(uint64_t from, uint64_t z)
{
	return from + (z >> 1 ^ (z & 1 ? UINT64_MAX : 0));
}

static bool room(struct ui_path *p, size_t need)
{
	size_t cap = p->cap ? p->cap : 256;
	uint8_t *buf;

	while (cap < p->len + need)
		cap *= 2;
	if (cap == p->cap)
		return true;
	buf = sg_realloc(p->buf, cap);
	if (!buf)
		return false;
	p->buf = buf;
	p->cap = cap;
	return true;
}

static void append(struct ui_path *p, uint64_t ms, uint64_t pos, const char *view, size_t view_len)
{
	p->len += put(p->buf + p->len, ms - p->ms);
	p->len += put(p->buf + p->len, zigzag(p->pos, pos));
	p->len += put(p->buf + p->len, view_len);
	if (view_len)
		memmove(p->buf + p->len, view, view_len); /* thin() moves it within the buffer */
	p->len += view_len;
	p->ms = ms;
	p->pos = pos;
	p->nr++;
}

/*
 * Written over itself: what stays needs at most the bytes that it had, because the
 * sum of two differences takes no more than both.
 */
static void thin(struct ui_path *p)
{
	struct ui_path_cursor c = { 0 }, next;
	struct ui_path out = *p;
	size_t half = p->len / 2;
	bool dropped = false;
	struct ui_step s, after;

	out.len = 0;
	out.nr = out.ms = out.pos = 0;
	while (ui_path_next(p, &c, &s)) {
		next = c;
		if (c.at < half && out.nr > 0 && !dropped && s.view_len == 0 && c.at != p->rec.at &&
		    ui_path_next(p, &next, &after) && after.view_len == 0) {
			dropped = true;
			continue;
		}
		dropped = false;
		append(&out, s.ms, s.pos, s.view, s.view_len);
		if (c.at == p->rec.at && p->rec.at != 0)
			out.rec.at = out.len;
	}
	*p = out;
	p->thinned++;
}

enum ui_path_result ui_path_add(struct ui_path *p, uint64_t ms, uint64_t pos, const char *view, size_t view_len)
{
	size_t need = MAX_NUMBERS + view_len, max = p->max ? p->max : UI_PATH_BYTES;
	enum ui_path_result r = UI_PATH_ADDED;

	if (p->full)
		return UI_PATH_ADDED;
	if (view_len > UI_PATH_VIEW)
		view_len = UI_PATH_VIEW;
	if (p->len + need > max) {
		thin(p);
		r = UI_PATH_THINNED;
		if (p->len + need > max - max / 16) {
			p->full = true;
			return UI_PATH_FULL;
		}
	}
	if (!room(p, need))
		return UI_PATH_NOMEM;
	append(p, ms > p->ms ? ms : p->ms, pos, view, view_len);
	return r;
}

bool ui_path_next(const struct ui_path *p, struct ui_path_cursor *c, struct ui_step *ret)
{
	size_t at = c->at, len;

	if (at >= p->len)
		return false;
	c->ms += get(p->buf, &at);
	c->pos = unzigzag(c->pos, get(p->buf, &at));
	len = (size_t)get(p->buf, &at);
	*ret = (struct ui_step){
		.ms = c->ms, .pos = c->pos, .view = (const char *)p->buf + at, .view_len = len
	};
	c->at = at + len;
	return true;
}

void ui_path_fini(struct ui_path *p)
{
	free(p->buf);
	*p = (struct ui_path){ .max = p->max };
}
