// SPDX-License-Identifier: GPL-2.0-only
/* Sets of limits: what a figure rests on. */
#include "sg_limit.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sg_err.h"

static const char *const key_of[SG_LIMIT_COUNT] = {
#define X(id, key, word) [SG_LIMIT_##id] = key,
	SG_LIMIT_LIST(X)
#undef X
};

static const char *const word_of[SG_LIMIT_COUNT] = {
#define X(id, key, word) [SG_LIMIT_##id] = word,
	SG_LIMIT_LIST(X)
#undef X
};

/* Stands in the last place of a set that lacks some. */
static const struct sg_limit no_memory = {
	.id = SG_LIMIT_MEMORY,
	.from = 1,
	.to = SG_LIMIT_END,
	.text = "Memory ran out while the limits of this recording were gathered: there are more than are shown",
	.remedy = "Give the program more memory",
};

const char *sg_limit_key(enum sg_limit_id id)
{
	return (unsigned int)id < SG_LIMIT_COUNT ? key_of[id] : "unknown";
}

const char *sg_limit_word(enum sg_limit_id id)
{
	return (unsigned int)id < SG_LIMIT_COUNT ? word_of[id] : "unknown";
}

int sg_limit_by_key(const char *key)
{
	for (int i = 0; i < SG_LIMIT_COUNT; i++)
		if (strcmp(key_of[i], key) == 0)
			return i;
	return -1;
}

static void clean(char *dst, size_t size, const char *text)
{
	sg_clean(dst, size, text, strlen(text));
}

/* Events of both overlap or lie next to each other; @to is inclusive, SG_LIMIT_END none behind it. */
static bool touching(const struct sg_limit *a, const struct sg_limit *b)
{
	return (a->to == SG_LIMIT_END || a->to + 1 >= b->from) && (b->to == SG_LIMIT_END || b->to + 1 >= a->from);
}

static void widen(struct sg_limit *a, const struct sg_limit *b)
{
	if (b->from < a->from)
		a->from = b->from;
	if (b->to > a->to)
		a->to = b->to;
}

/* The last place of a key that has as many as are kept: it stands for @more as well. */
static void stand_for(struct sg_limit *last, const struct sg_limit *more)
{
	static const char also[] = " (and further ones of this kind among these events)";
	size_t len = strlen(last->text), room = sizeof(last->text) - sizeof(also);

	widen(last, more);
	if (len >= sizeof(also) && strcmp(last->text + len - (sizeof(also) - 1), also) == 0)
		return;
	if (len > room) {
		len = room;
		/* not within a character of several bytes */
		while (len > 0 && ((unsigned char)last->text[len] & 0xc0) == 0x80)
			len--;
	}
	memcpy(last->text + len, also, sizeof(also));
}

static void put(struct sg_limits *s, const struct sg_limit *n)
{
	struct sg_limit *last = NULL;
	unsigned int same = 0, at = 0;

	for (unsigned int i = 0; i < s->nr; i++) {
		struct sg_limit *l = &s->l[i];

		if (l->id <= n->id)
			at = i + 1;
		if (l->id != n->id)
			continue;
		if (strcmp(l->text, n->text) == 0 && touching(l, n)) {
			widen(l, n);
			memcpy(l->remedy, n->remedy, sizeof(l->remedy));
			return;
		}
		same++;
		last = l;
	}
	if (same >= SG_LIMITS_PER_KEY) {
		stand_for(last, n);
		return;
	}
	if (s->nr == s->room) {
		unsigned int room = s->room ? s->room * 2 : 8;
		struct sg_limit *l = realloc(s->l, room * sizeof(*l));

		if (!l) {
			s->incomplete = true;
			return;
		}
		s->l = l;
		s->room = room;
	}
	memmove(&s->l[at + 1], &s->l[at], (s->nr - at) * sizeof(*s->l));
	s->l[at] = *n;
	s->nr++;
}

void sg_limits_add(struct sg_limits *s, enum sg_limit_id id, uint64_t from, uint64_t to, const char *remedy,
		   const char *fmt, ...)
{
	struct sg_limit n = { .id = id, .from = from ? from : 1, .to = to ? to : SG_LIMIT_END };
	char raw[sizeof(n.text)];
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(raw, sizeof(raw), fmt, ap) < 0)
		raw[0] = '\0';
	va_end(ap);
	clean(n.text, sizeof(n.text), raw);
	clean(n.remedy, sizeof(n.remedy), remedy ? remedy : "");
	put(s, &n);
}

void sg_limits_merge(struct sg_limits *s, const struct sg_limits *from)
{
	for (unsigned int i = 0; i < from->nr; i++)
		put(s, &from->l[i]);
	s->incomplete |= from->incomplete;
}

void sg_limits_drop(struct sg_limits *s, enum sg_limit_id id)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < s->nr; i++)
		if (s->l[i].id != id)
			s->l[n++] = s->l[i];
	s->nr = n;
}

void sg_limits_free(struct sg_limits *s)
{
	free(s->l);
	*s = (struct sg_limits){ 0 };
}

unsigned int sg_limits_count(const struct sg_limits *s)
{
	return s->nr + s->incomplete;
}

const struct sg_limit *sg_limits_at(const struct sg_limits *s, unsigned int i)
{
	return i < s->nr ? &s->l[i] : &no_memory;
}

const struct sg_limit *sg_limits_find(const struct sg_limits *s, enum sg_limit_id id)
{
	for (unsigned int i = 0; i < s->nr; i++)
		if (s->l[i].id == id)
			return &s->l[i];
	return s->incomplete && id == SG_LIMIT_MEMORY ? &no_memory : NULL;
}

static bool hides(enum sg_limit_id id)
{
	switch (id) {
	case SG_LIMIT_ONE_TASK:
	case SG_LIMIT_FILTERED:
	case SG_LIMIT_CPUS_MISSING:
	case SG_LIMIT_LOST_SPAN:
	case SG_LIMIT_NOT_READABLE:
	case SG_LIMIT_MEMORY:
		return true;
	default:
		return false;
	}
}

static bool touches(const struct sg_limit *l, uint64_t event)
{
	return (event >= l->from || (event == 0 && l->from == 1)) && event <= l->to;
}

int sg_limits_hiding(const struct sg_limits *s, uint64_t event)
{
	for (unsigned int i = 0; i < s->nr; i++)
		if (hides(s->l[i].id) && touches(&s->l[i], event))
			return (int)s->l[i].id;
	return -1;
}

bool sg_limits_touch(const struct sg_limits *s, enum sg_limit_id id, uint64_t event)
{
	for (unsigned int i = 0; i < s->nr; i++) {
		const struct sg_limit *l = &s->l[i];

		if (l->id == id && touches(l, event))
			return true;
	}
	return false;
}
