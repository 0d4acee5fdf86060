// SPDX-License-Identifier: GPL-2.0-only
/* A policy as text, changed piece by piece. */
#include "ui_spec.h"

#include <stdio.h>
#include <string.h>

/* The piece "KEY=VALUE" of @key: its place, and its bytes without the comma in front. */
static const char *piece(const char *spec, const char *key, size_t *ret_len)
{
	size_t n = strlen(key);

	for (const char *c = strchr(spec, ','); c; c = strchr(c + 1, ','))
		if (strncmp(c + 1, key, n) == 0 && c[1 + n] == '=') {
			*ret_len = strcspn(c + 1, ",");
			return c + 1;
		}
	return NULL;
}

void ui_spec_base(const char *spec, char *buf, size_t size)
{
	snprintf(buf, size, "%.*s", (int)strcspn(spec, ","), spec);
}

/* @spec becomes @front, @middle and what is at @rest. */
static bool put_together(char spec[static UI_MADE_SPEC], size_t front, const char *middle, const char *rest)
{
	char text[UI_MADE_SPEC];
	int n = snprintf(text, sizeof(text), "%.*s%s%s", (int)front, spec, middle, rest);

	if (n < 0 || (size_t)n >= sizeof(text))
		return false;
	memcpy(spec, text, (size_t)n + 1);
	return true;
}

bool ui_spec_set_base(char spec[static UI_MADE_SPEC], const char *base)
{
	return put_together(spec, 0, base, spec + strcspn(spec, ","));
}

bool ui_spec_get(const char *spec, const char *key, char *buf, size_t size)
{
	size_t len, skip = strlen(key) + 1;
	const char *p = piece(spec, key, &len);

	if (p)
		snprintf(buf, size, "%.*s", (int)(len - skip), p + skip);
	return p != NULL;
}

bool ui_spec_set(char spec[static UI_MADE_SPEC], const char *key, const char *value)
{
	char text[UI_MADE_SPEC];
	size_t len;
	const char *p = piece(spec, key, &len);

	if (!value)
		return !p || put_together(spec, (size_t)(p - 1 - spec), "", p + len);
	if (snprintf(text, sizeof(text), "%s%s=%s", p ? "" : ",", key, value) >= (int)sizeof(text))
		return false;
	return p ? put_together(spec, (size_t)(p - spec), text, p + len) : put_together(spec, strlen(spec), text, "");
}

/* The part @value of [@s, +@len), NULL when it isn't there. */
static const char *part_of(const char *s, size_t len, const char *value)
{
	size_t n = strlen(value);

	for (size_t at = 0; at <= len;) {
		const char *plus = memchr(s + at, '+', len - at);
		size_t one = plus ? (size_t)(plus - s) - at : len - at;

		if (one == n && memcmp(s + at, value, n) == 0)
			return s + at;
		at += one + 1;
	}
	return NULL;
}

bool ui_spec_has(const char *spec, const char *key, const char *value)
{
	size_t len, skip = strlen(key) + 1;
	const char *p = piece(spec, key, &len);

	return p && part_of(p + skip, len - skip, value);
}

bool ui_spec_toggle(char spec[static UI_MADE_SPEC], const char *key, const char *value, bool part,
		    bool (*is_part)(void *arg, const char *value, size_t len), void *arg)
{
	char now[UI_MADE_SPEC] = "", next[UI_MADE_SPEC] = "";
	bool had = ui_spec_has(spec, key, value);

	if (!part || !ui_spec_get(spec, key, now, sizeof(now)))
		return ui_spec_set(spec, key, had ? NULL : value);
	/* the parts that stay, and this one behind them unless it was there */
	for (const char *s = now; *s;) {
		size_t len = strcspn(s, "+"), at = strlen(next);

		if (is_part(arg, s, len) && !(strlen(value) == len && memcmp(s, value, len) == 0))
			snprintf(next + at, sizeof(next) - at, "%s%.*s", at ? "+" : "", (int)len, s);
		s += len + (s[len] == '+');
	}
	if (!had) {
		size_t at = strlen(next);

		if (snprintf(next + at, sizeof(next) - at, "%s%s", at ? "+" : "", value) >= (int)(sizeof(next) - at))
			return false;
	}
	return ui_spec_set(spec, key, next[0] ? next : NULL);
}
