// SPDX-License-Identifier: GPL-2.0-only
/* Trace markers by position, and the nearest name of a position. */
#include "ui_where.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sg_mem.h"
#include "ui_fmt.h"

#define NAME_MAX_BYTES 64 /* of a marker's text */

static bool keep(struct ui_markers *mk, uint64_t pos)
{
	if (mk->nr == mk->cap) {
		size_t cap = mk->cap ? mk->cap * 2 : 64;
		uint64_t *p = cap <= UI_MARKERS_MAX ? sg_realloc(mk->pos, cap * sizeof(*p)) : NULL;

		if (!p)
			return false;
		mk->pos = p;
		mk->cap = cap;
	}
	mk->pos[mk->nr++] = pos;
	return true;
}

bool ui_markers_pending(const struct ui_markers *mk, const struct sg_log *log)
{
	if (mk->next == 0)
		return sg_log_count(log) > 0;
	return mk->end == UINT64_MAX && mk->next <= sg_log_count(log);
}

bool ui_markers_collect(struct ui_markers *mk, const struct sg_log *log, uint64_t budget)
{
	struct sg_cursor cur;
	struct sg_event ev;

	if (mk->next == 0) {
		mk->next = 1;
		mk->end = UINT64_MAX;
	}
	if (!ui_markers_pending(mk, log))
		return false;
	sg_log_seek(log, &cur, mk->next);
	while (budget-- > 0 && sg_log_next(&cur, &ev)) {
		if (ev.kind == SG_EV_print && ev.str_len > 0 && !keep(mk, mk->next)) {
			mk->end = mk->next - 1;
			return false;
		}
		mk->next++;
	}
	return ui_markers_pending(mk, log);
}

void ui_markers_fini(struct ui_markers *mk)
{
	free(mk->pos);
	*mk = (struct ui_markers){ 0 };
}

/* Number of entries at or before @pos. */
static size_t upto(const struct ui_markers *mk, uint64_t pos)
{
	size_t lo = 0, hi = mk->nr;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (mk->pos[mid] <= pos)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static size_t marks_upto(const struct ui_marks *ms, uint64_t pos)
{
	size_t n = 0;

	while (n < ms->nr && ms->m[n].pos <= pos)
		n++;
	return n;
}

static void say(char buf[static UI_WHERE_TEXT], uint64_t pos, uint64_t at, const char *kind, const char *name)
{
	char num[UI_FMT_MAX];

	if (pos == at)
		snprintf(buf, UI_WHERE_TEXT, "at %s %.*s", kind, NAME_MAX_BYTES, name);
	else
		snprintf(buf, UI_WHERE_TEXT, "%.30s %s %s %.*s", ui_fmt_num(num, pos > at ? pos - at : at - pos),
			 pos > at ? "after" : "before", kind, NAME_MAX_BYTES, name);
}

static void say_marker(char buf[static UI_WHERE_TEXT], const struct sg_log *log, uint64_t pos, uint64_t at)
{
	char name[NAME_MAX_BYTES + 1];
	struct sg_cursor cur = { 0 };
	struct sg_event ev;

	if (sg_log_get(log, &cur, at, &ev) && ev.str) {
		sg_clean(name, sizeof(name), ev.str, ev.str_len);
		say(buf, pos, at, "marker", name);
	}
}

void ui_where(const struct ui_markers *mk, const struct ui_marks *marks, const struct sg_log *log, uint64_t pos,
	      char buf[static UI_WHERE_TEXT])
{
	size_t a = marks_upto(marks, pos), b = upto(mk, pos);
	bool markers = mk->next == 0 || pos <= mk->end, next;

	buf[0] = '\0';
	if (a > 0 && (b == 0 || !markers || marks->m[a - 1].pos >= mk->pos[b - 1])) {
		say(buf, pos, marks->m[a - 1].pos, "bookmark", marks->m[a - 1].name);
		return;
	}
	if (b > 0 && markers) {
		say_marker(buf, log, pos, mk->pos[b - 1]);
		return;
	}
	/* before the first of all: what comes next */
	next = b < mk->nr;
	if (a < marks->nr && (!next || marks->m[a].pos <= mk->pos[b]))
		say(buf, pos, marks->m[a].pos, "bookmark", marks->m[a].name);
	else if (next)
		say_marker(buf, log, pos, mk->pos[b]);
}
