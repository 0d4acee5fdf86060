// SPDX-License-Identifier: GPL-2.0-only
/* Positions as text: reading them, and finding them in a log or a stream. */
#include "sg_pos.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NS_DIGITS 9

/* Appends a decimal digit to *@v; false when it no longer fits. */
static bool add_digit(uint64_t *v, char c)
{
	unsigned int d = (unsigned int)(c - '0');

	if (*v > (UINT64_MAX - d) / 10)
		return false;
	*v = *v * 10 + d;
	return true;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* All of @s as a whole number. */
static bool read_whole(const char *s, uint64_t *ret)
{
	uint64_t v = 0;

	if (!*s)
		return false;
	for (; *s; s++)
		if (!is_digit(*s) || !add_digit(&v, *s))
			return false;
	*ret = v;
	return true;
}

/* All of @s as a number of events, with or without commas; what doesn't fit is more than any capture has. */
static bool read_count(const char *s, uint64_t *ret)
{
	bool large = false;
	uint64_t v = 0;

	if (!is_digit(*s))
		return false;
	for (; *s; s++) {
		if (*s == ',' && is_digit(s[1]))
			continue;
		if (!is_digit(*s))
			return false;
		large |= !add_digit(&v, *s);
	}
	*ret = large ? UINT64_MAX : v;
	return true;
}

/* "12.5%" as 12500.  Digits after the third decimal are cut off. */
static bool read_share(const char *s, uint64_t *ret)
{
	size_t len = strlen(s);
	char num[24];
	uint64_t v;

	if (len < 2 || s[len - 1] != '%' || len > sizeof(num))
		return false;
	memcpy(num, s, len - 1);
	num[len - 1] = '\0';
	if (!sg_time_read(num, true, &v) || v > UINT64_C(100000000000))
		return false;
	*ret = v / 1000000;
	return true;
}

/* All of @s as seconds, into ns.  Digits after the ninth decimal are below the clock's unit. */
static bool read_seconds(const char *s, uint64_t *ret)
{
	unsigned int decimals = 0;
	bool any = false;
	uint64_t v = 0;

	for (; is_digit(*s); s++, any = true)
		if (!add_digit(&v, *s))
			return false;
	if (*s == '.') {
		for (s++; is_digit(*s); s++, any = true)
			if (decimals < NS_DIGITS) {
				if (!add_digit(&v, *s))
					return false;
				decimals++;
			}
	}
	if (!any || *s)
		return false;
	for (; decimals < NS_DIGITS; decimals++)
		if (!add_digit(&v, '0'))
			return false;
	*ret = v;
	return true;
}

bool sg_time_read(const char *s, bool clock_is_ns, uint64_t *ret)
{
	return clock_is_ns ? read_seconds(s, ret) : read_whole(s, ret);
}

int sg_pos_read(const char *text, bool clock_is_ns, struct sg_pos *ret, struct sg_err *err)
{
	struct sg_pos pos = { 0 };

	if (strcmp(text, "end") == 0) {
		pos.kind = SG_POS_END;
	} else if (strcmp(text, "start") == 0 || read_count(text, &pos.n) || (*text == '+' && read_count(text + 1, &pos.n))) {
		pos.kind = SG_POS_EVENT;
	} else if (read_share(text, &pos.n)) {
		pos.kind = SG_POS_SHARE;
	} else if (strncmp(text, "event:", 6) == 0) {
		pos.kind = SG_POS_EVENT;
		if (!read_count(text + 6, &pos.n))
			return sg_fail(
				err, SG_E_USAGE,
				"position '%.80s': event: wants a whole number, such as event:1000",
				text);
	} else if (strncmp(text, "time:", 5) == 0) {
		pos.kind = SG_POS_TIME;
		if (!sg_time_read(text + 5, clock_is_ns, &pos.n))
			return sg_fail(err, SG_E_USAGE, "position '%.80s': time: wants %s", text,
				       clock_is_ns ? "seconds, such as time:17.25"
						   : "a whole number of units, because this "
						     "capture's clock doesn't count seconds");
	} else if (strncmp(text, "mark:", 5) == 0) {
		pos.kind = SG_POS_MARK;
		pos.mark = text + 5;
		if (!pos.mark[0])
			return sg_fail(err, SG_E_USAGE,
				       "position 'mark:' wants the start of a marker's text, such "
				       "as mark:begin");
	} else if (strncmp(text, "bookmark:", 9) == 0) {
		pos.kind = SG_POS_BOOKMARK;
		pos.mark = text + 9;
		if (!sg_bookmark_name_ok(pos.mark))
			return sg_fail(err, SG_E_USAGE,
				       "position '%.80s': bookmark: wants a bookmark's name, one word of at most %d "
				       "bytes",
				       text, SG_BOOKMARK_NAME);
	} else {
		return sg_fail(err, SG_E_USAGE,
			       "'%.80s' is not a position: use event:N or N, time:SECONDS, mark:TEXT, "
			       "bookmark:NAME, N%%, start or end",
			       text);
	}
	*ret = pos;
	return SG_OK;
}

bool sg_bookmark_name_ok(const char *name)
{
	size_t len = strlen(name);
	char clean[SG_BOOKMARK_NAME + 1];

	if (len == 0 || len > SG_BOOKMARK_NAME || strchr(name, ' '))
		return false;
	/* whatever a terminal could not show as it is can't be typed either */
	sg_clean(clean, sizeof(clean), name, len);
	return strcmp(clean, name) == 0;
}

int sg_pos_bind(struct sg_pos *pos, const struct sg_bookmark *list, size_t nr, struct sg_err *err)
{
	char names[200] = "";
	size_t at = 0, listed = 0;

	if (pos->kind != SG_POS_BOOKMARK)
		return SG_OK;
	for (size_t i = 0; i < nr; i++)
		if (strcmp(list[i].name, pos->mark) == 0) {
			*pos = (struct sg_pos){ .kind = SG_POS_EVENT, .n = list[i].pos };
			return SG_OK;
		}
	if (nr == 0)
		return sg_fail(err, SG_E_NOTFOUND,
			       "bookmark:%.80s: there are no bookmarks here; they come with a session (FILE.sgs)",
			       pos->mark);
	for (; listed < nr && at + SG_BOOKMARK_NAME + 3 < sizeof(names); listed++)
		at += (size_t)snprintf(names + at, sizeof(names) - at, "%s%.*s", listed ? ", " : "",
				       SG_BOOKMARK_NAME, list[listed].name);
	return sg_fail(err, SG_E_NOTFOUND, "bookmark:%.80s: no bookmark has this name; there are %s%s",
		       pos->mark, names, listed < nr ? " and others" : "");
}

bool sg_pos_wants_total(const struct sg_pos *pos)
{
	return pos->kind == SG_POS_SHARE;
}

/* Rounded down; no product of two large numbers. */
static uint64_t share_of(uint64_t total, uint64_t milli)
{
	return total / 100000 * milli + total % 100000 * milli / 100000;
}

void sg_pos_total(struct sg_pos *pos, uint64_t total)
{
	if (pos->kind == SG_POS_SHARE)
		*pos = (struct sg_pos){ .kind = SG_POS_EVENT, .n = share_of(total, pos->n) };
}

bool sg_is_mark(const struct sg_event *ev, const char *text)
{
	size_t len = strlen(text);

	return ev->kind == SG_EV_print && ev->str && ev->str_len >= len &&
	       memcmp(ev->str, text, len) == 0;
}

/* One with the text of one that is listed says nothing new. */
void sg_pos_note_mark(struct sg_pos_marks *m, const struct sg_event *ev)
{
	char text[48], word[52];
	size_t len;

	if (ev->kind != SG_EV_print || !ev->str)
		return;
	sg_clean(text, sizeof(text), ev->str, ev->str_len);
	text[strcspn(text, "\n")] = '\0';
	len = (size_t)snprintf(word, sizeof(word), "'%s'", text);
	if (strstr(m->list, word))
		return;
	if (m->len + len + 2 >= sizeof(m->list)) {
		m->more = true;
		return;
	}
	m->nr++;
	m->len += (size_t)snprintf(m->list + m->len, sizeof(m->list) - m->len, "%s%s", m->len ? ", " : "", word);
}

void sg_pos_feed(struct sg_pos_scan *s, const struct sg_event *ev)
{
	s->seen++;
	if (s->done)
		return;
	switch (s->pos.kind) {
	case SG_POS_EVENT:
		s->found = s->pos.n;
		s->done = s->seen >= s->pos.n;
		break;
	case SG_POS_TIME:
		if (ev->ts <= s->pos.n)
			s->found = s->seen;
		else
			s->done = true;
		break;
	case SG_POS_MARK:
		if (sg_is_mark(ev, s->pos.mark)) {
			s->found = s->seen;
			s->done = true;
		} else {
			sg_pos_note_mark(&s->marks, ev);
		}
		break;
	case SG_POS_BOOKMARK:
		break;
	case SG_POS_SHARE:
	case SG_POS_END:
		s->found = s->seen;
		break;
	}
}

int sg_pos_no_mark(const char *mark, const struct sg_pos_marks *m, struct sg_err *err)
{
	if (m->nr == 0)
		return sg_fail(err, SG_E_NOTFOUND, "mark:%.80s: there are no trace markers in this capture", mark);
	return sg_fail(err, SG_E_NOTFOUND, "mark:%.80s: no trace marker starts with this; there %s %s%s", mark,
		       m->nr == 1 && !m->more ? "is only" : "are", m->list, m->more ? " and others" : "");
}

static int not_found(const struct sg_pos *pos, uint64_t count, const struct sg_pos_marks *marks, struct sg_err *err)
{
	struct sg_pos copy = *pos;

	if (pos->kind == SG_POS_BOOKMARK)
		return sg_pos_bind(&copy, NULL, 0, err);
	if (pos->kind == SG_POS_EVENT && pos->n == UINT64_MAX)
		return sg_fail(err, SG_E_NOTFOUND, "there is no such event: there are only %" PRIu64 " events", count);
	if (pos->kind == SG_POS_EVENT)
		return sg_fail(err, SG_E_NOTFOUND,
			       "event:%" PRIu64 ": there are only %" PRIu64 " events", pos->n,
			       count);
	return sg_pos_no_mark(pos->mark, marks, err);
}

int sg_pos_found(const struct sg_pos_scan *s, uint64_t *ret, struct sg_err *err)
{
	struct sg_pos pos = s->pos;

	sg_pos_total(&pos, s->seen);
	if ((pos.kind == SG_POS_EVENT && pos.n > s->seen) ||
	    (pos.kind == SG_POS_MARK && !s->done) || pos.kind == SG_POS_BOOKMARK)
		return not_found(&pos, s->seen, &s->marks, err);
	*ret = pos.kind == SG_POS_EVENT ? pos.n : s->found;
	return SG_OK;
}

int sg_pos_parse(const char *text, const struct sg_log *log, bool clock_is_ns, uint64_t *ret,
		 struct sg_err *err)
{
	struct sg_pos_marks marks = { 0 };
	struct sg_cursor c;
	struct sg_event ev;
	struct sg_pos pos;
	int r = sg_pos_read(text, clock_is_ns, &pos, err);

	if (r < 0)
		return r;
	sg_pos_total(&pos, sg_log_count(log));
	switch (pos.kind) {
	case SG_POS_EVENT:
		if (pos.n > sg_log_count(log))
			return not_found(&pos, sg_log_count(log), NULL, err);
		*ret = pos.n;
		return SG_OK;
	case SG_POS_TIME:
		*ret = sg_log_find_ts(log, pos.n);
		return SG_OK;
	case SG_POS_MARK:
		sg_log_seek(log, &c, 1);
		while (sg_log_next(&c, &ev)) {
			if (sg_is_mark(&ev, pos.mark)) {
				*ret = c.next - 1;
				return SG_OK;
			}
			sg_pos_note_mark(&marks, &ev);
		}
		return not_found(&pos, sg_log_count(log), &marks, err);
	case SG_POS_BOOKMARK:
		return not_found(&pos, sg_log_count(log), NULL, err);
	case SG_POS_SHARE:
	case SG_POS_END:
		break;
	}
	*ret = sg_log_count(log);
	return SG_OK;
}
