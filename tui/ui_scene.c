// SPDX-License-Identifier: GPL-2.0-only
/* Scenes from the model, to the model, and as words. */
#include "ui_scene.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/check.h"
#include "ui_model.h"

/* Names in the order of the enums.  A value without a name is written as its number. */
static const char *const styles[] = { "auto", "shades", "letters", "both", NULL };
static const char *const focuses[] = { "map", "figures", "event", "decision", NULL };
static const char *const figures[] = { "free", "zone", "folios", NULL };
static const char *const overlays[] = { "none", "help", "info", "bookmarks", "decision", NULL };

/* The plain numbers of a scene: word, place, names, smallest and largest value. */
static const struct number {
	const char *word;
	size_t off;
	const char *const *names;
	int min, max;
} numbers[] = {
	{ "zoom", offsetof(struct ui_scene, zoom), NULL, -1, 40 },
	{ "style", offsetof(struct ui_scene, map_style), styles, 0, UI_MAP_STYLE_COUNT - 1 },
	{ "focus", offsetof(struct ui_scene, focus), focuses, 0, UI_FOCUS_COUNT - 1 },
	{ "figures", offsetof(struct ui_scene, figures), figures, 0, UI_FIG_COUNT - 1 },
	{ "overlay", offsetof(struct ui_scene, overlay), overlays, 0, UI_OVERLAY_COUNT - 1 },
	{ "scroll", offsetof(struct ui_scene, overlay_scroll), NULL, 0, 100000 },
	{ "escroll", offsetof(struct ui_scene, event_scroll), NULL, 0, 1000 },
	{ "dscroll", offsetof(struct ui_scene, decision_scroll), NULL, 0, 1000 },
	{ "select", offsetof(struct ui_scene, mark_sel), NULL, 0, 1000000 },
};

static const struct {
	const char *word;
	size_t off;
} flags[] = {
	{ "block", offsetof(struct ui_scene, block_open) },
	{ "follow", offsetof(struct ui_scene, follow) },
	{ "trail", offsetof(struct ui_scene, trail) },
};

#define NR(a) (sizeof(a) / sizeof((a)[0]))

static int *number_at(const struct ui_scene *sc, const struct number *n)
{
	return (int *)((char *)(uintptr_t)sc + n->off);
}

static bool *flag_at(const struct ui_scene *sc, size_t i)
{
	return (bool *)((char *)(uintptr_t)sc + flags[i].off);
}

void ui_scene_take(const struct ui_model *md, struct ui_scene *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (md->run->nr_zones > 0) {
		ret->node = md->run->zi.node;
		snprintf(ret->zone, sizeof(ret->zone), "%s", md->run->zi.name);
	}
	ret->cursor_set = md->cursor_set;
	if (md->cursor_set && !md->follow)
		ret->cursor = md->cursor_pfn;
	ret->block_open = md->block_open;
	ret->follow = md->follow;
	ret->trail = md->trail_on;
	ret->zoom = md->zoom_fit ? -1 : md->zoom;
	ret->map_style = md->map_style;
	ret->focus = md->focus;
	ret->figures = md->figures;
	ret->overlay = md->overlay;
	ret->overlay_scroll = md->overlay_scroll;
	ret->event_scroll = md->event_scroll;
	ret->decision_scroll = md->decision_scroll;
	ret->mark_sel = md->mark_sel;
	ret->kind = md->run->dec.kinds ? __builtin_ctz(md->run->dec.kinds) + 1 : 0;
	ret->frame_events = md->frame_events;
	ret->frame_ns = md->frame_events ? 0 : md->frame_ns;
	snprintf(ret->search, sizeof(ret->search), "%s", md->search);
}

void ui_scene_show(struct ui_model *md, const struct ui_scene *sc)
{
	for (unsigned int i = 0; i < md->run->nr_zones; i++) {
		struct mm_zone_info zi;

		mm_zone_get(md->run->m, i, &zi);
		if (zi.node == sc->node && strcmp(zi.name, sc->zone) == 0)
			ui_model_zone(md, i);
	}
	md->follow = sc->follow;
	if (sc->cursor_set && !sc->follow)
		ui_model_cursor(md, sc->cursor);
	md->cursor_set = sc->cursor_set;
	md->block_open = sc->block_open && md->run->nr_zones > 0;
	md->trail_on = sc->trail;
	md->zoom_fit = sc->zoom < 0;
	if (sc->zoom >= 0)
		md->zoom = sc->zoom;
	md->map_style = (enum ui_map_style)sc->map_style;
	md->focus = (enum ui_focus)sc->focus;
	md->figures = (enum ui_figures)sc->figures;
	md->overlay = (enum ui_overlay)sc->overlay;
	md->overlay_scroll = sc->overlay_scroll;
	md->event_scroll = sc->event_scroll;
	md->decision_scroll = sc->decision_scroll;
	md->mark_sel = sc->mark_sel;
	md->run->dec.kinds = sc->kind ? 1u << (sc->kind - 1) : 0;
	if (sc->frame_events || (sc->frame_ns && md->run->cap->clock_is_ns)) {
		md->frame_events = sc->frame_events;
		md->frame_ns = sc->frame_ns;
	}
	if (strcmp(md->search, sc->search) != 0)
		ui_model_search(md, sc->search, NULL);
}

/* ---- as text --------------------------------------------------------------- */

struct words {
	char *buf;
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void word(struct words *w, const char *fmt, ...)
{
	size_t blank = w->len > 0, left = UI_SCENE_TEXT - w->len;
	va_list ap;
	int n;

	if (left <= blank)
		return;
	va_start(ap, fmt);
	n = vsnprintf(w->buf + w->len + blank, left - blank, fmt, ap);
	va_end(ap);
	/* a word is whole or not there */
	if (n < 0 || (size_t)n >= left - blank) {
		w->buf[w->len] = '\0';
		return;
	}
	if (blank)
		w->buf[w->len] = ' ';
	w->len += blank + (size_t)n;
}

/* Blanks end a word: they and all that could be one go as %20. */
static void quote(char *to, const char *s)
{
	static const char hex[] = "0123456789abcdef";

	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c > ' ' && c != '%' && c != 0x7f) {
			*to++ = *s;
			continue;
		}
		*to++ = '%';
		*to++ = hex[c >> 4];
		*to++ = hex[c & 15];
	}
	*to = '\0';
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void unquote(char *to, size_t size, const char *s)
{
	size_t n = 0;

	while (*s && n + 1 < size) {
		int hi = s[0] == '%' ? hex_digit(s[1]) : -1, lo = hi >= 0 ? hex_digit(s[2]) : -1;

		to[n++] = lo >= 0 ? (char)(hi << 4 | lo) : *s;
		s += lo >= 0 ? 3 : 1;
	}
	to[n] = '\0';
}

size_t ui_scene_write(const struct ui_scene *old, const struct ui_scene *now, char buf[static UI_SCENE_TEXT])
{
	struct words w = { .buf = buf };
	char text[3 * UI_TEXT_MAX];

	buf[0] = '\0';
	if (now->zone[0] && (!old || old->node != now->node || strcmp(old->zone, now->zone) != 0)) {
		quote(text, now->zone);
		if (now->node < 0)
			word(&w, "zone=?/%s", text);
		else
			word(&w, "zone=%d/%s", now->node, text);
	}
	for (size_t i = 0; i < NR(flags); i++)
		if (!old || *flag_at(old, i) != *flag_at(now, i))
			word(&w, "%s=%d", flags[i].word, *flag_at(now, i));
	if (!old || old->cursor_set != now->cursor_set || old->cursor != now->cursor) {
		if (now->cursor_set)
			word(&w, "cursor=0x%" PRIx64, now->cursor);
		else
			word(&w, "cursor=none");
	}
	for (size_t i = 0; i < NR(numbers); i++) {
		int v = *number_at(now, &numbers[i]), named = 0;

		if (old && *number_at(old, &numbers[i]) == v)
			continue;
		while (numbers[i].names && numbers[i].names[named] && named < v)
			named++;
		if (v < 0)
			word(&w, "%s=fit", numbers[i].word);
		else if (numbers[i].names && numbers[i].names[named])
			word(&w, "%s=%s", numbers[i].word, numbers[i].names[named]);
		else
			word(&w, "%s=%d", numbers[i].word, v);
	}
	if (!old || old->kind != now->kind)
		word(&w, "kind=%s", now->kind ? mm_check_key((enum mm_check_kind)(now->kind - 1)) : "all");
	if (!old || old->frame_events != now->frame_events || old->frame_ns != now->frame_ns) {
		if (now->frame_events)
			word(&w, "frame=%" PRIu64, now->frame_events);
		else
			word(&w, "frame=%" PRIu64 "ns", now->frame_ns);
	}
	if (!old || strcmp(old->search, now->search) != 0) {
		quote(text, now->search);
		word(&w, "search=%s", text);
	}
	return w.len;
}

static void read_number(struct ui_scene *sc, const struct number *n, const char *value)
{
	uint64_t v;

	for (int i = 0; n->names && n->names[i]; i++)
		if (strcmp(n->names[i], value) == 0 && i <= n->max)
			*number_at(sc, n) = i;
	if (strcmp(value, "fit") == 0 && n->min < 0)
		*number_at(sc, n) = -1;
	else if (ui_parse_num(value, &v) && v <= (uint64_t)n->max)
		*number_at(sc, n) = (int)v;
}

static void read_frame(struct ui_scene *sc, char *value)
{
	size_t len = strlen(value);
	bool ns = len > 2 && strcmp(value + len - 2, "ns") == 0;
	uint64_t v;

	if (ns)
		value[len - 2] = '\0';
	if (!ui_parse_num(value, &v) || v == 0)
		return;
	sc->frame_events = ns ? 0 : v;
	sc->frame_ns = ns ? v : 0;
}

static void read_zone(struct ui_scene *sc, const char *value)
{
	char *end;
	long node = strtol(value, &end, 10);

	if (value[0] == '?') { /* nobody knows which it is of */
		node = -1;
		end = (char *)value + 1;
	} else if (end == value || node < 0 || node > 65535) {
		return;
	}
	if (*end != '/' || !end[1])
		return;
	sc->node = (int)node;
	memset(sc->zone, 0, sizeof(sc->zone));
	unquote(sc->zone, sizeof(sc->zone), end + 1);
}

static void read_cursor(struct ui_scene *sc, const char *value)
{
	char *end;
	unsigned long long pfn;

	sc->cursor_set = strncmp(value, "0x", 2) == 0;
	sc->cursor = 0;
	if (!sc->cursor_set)
		return;
	pfn = strtoull(value + 2, &end, 16);
	sc->cursor_set = end > value + 2 && *end == '\0';
	if (sc->cursor_set)
		sc->cursor = pfn;
}

static void read_kind(struct ui_scene *sc, const char *value)
{
	if (strcmp(value, "all") == 0)
		sc->kind = 0;
	for (int k = 0; k < MM_CHECK_COUNT; k++)
		if (strcmp(value, mm_check_key((enum mm_check_kind)k)) == 0)
			sc->kind = k + 1;
}

static void read_word(struct ui_scene *sc, char *w)
{
	char *value = strchr(w, '=');

	if (!value)
		return;
	*value++ = '\0';
	for (size_t i = 0; i < NR(flags); i++)
		if (strcmp(w, flags[i].word) == 0)
			*flag_at(sc, i) = strcmp(value, "1") == 0;
	for (size_t i = 0; i < NR(numbers); i++)
		if (strcmp(w, numbers[i].word) == 0)
			read_number(sc, &numbers[i], value);
	if (strcmp(w, "zone") == 0)
		read_zone(sc, value);
	else if (strcmp(w, "cursor") == 0)
		read_cursor(sc, value);
	else if (strcmp(w, "kind") == 0)
		read_kind(sc, value);
	else if (strcmp(w, "frame") == 0)
		read_frame(sc, value);
	else if (strcmp(w, "search") == 0) {
		memset(sc->search, 0, sizeof(sc->search));
		unquote(sc->search, sizeof(sc->search), value);
	}
}

void ui_scene_read(struct ui_scene *sc, const char *text, size_t len)
{
	char w[UI_SCENE_TEXT];
	size_t at = 0;

	while (at < len) {
		size_t n = 0;

		while (at + n < len && text[at + n] != ' ')
			n++;
		if (n > 0 && n < sizeof(w)) {
			memcpy(w, text + at, n);
			w[n] = '\0';
			if (strlen(w) == n)
				read_word(sc, w);
		}
		at += n + 1;
	}
}
