// SPDX-License-Identifier: GPL-2.0-only
/*
 * Event formats as text: the lines of events/SYSTEM/NAME/format.
 *
 *	name: mm_page_free
 *	ID: 624
 *	format:
 *		field:unsigned long pfn;	offset:8;	size:8;	signed:0;
 *	print fmt: "page=%p pfn=0x%lx order=%d", ...
 *
 * libtraceevent parses these too, but gives up on print formats that kernels 7.x have, and was not
 * made for hostile files.
 */
#include "tr_priv.h"

static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

static struct tr_span trim(struct tr_span t)
{
	while (t.n && is_space(t.s[0])) {
		t.s++;
		t.n--;
	}
	while (t.n && (is_space(t.s[t.n - 1]) || t.s[t.n - 1] == '\r'))
		t.n--;
	return t;
}

/* The line at *@pos, without its newline; false at the end. */
static bool next_line(const char *text, size_t len, size_t *pos, struct tr_span *line)
{
	const char *nl;

	if (*pos >= len)
		return false;
	line->s = text + *pos;
	nl = memchr(line->s, '\n', len - *pos);
	line->n = nl ? (size_t)(nl - line->s) : len - *pos;
	*pos += line->n + 1;
	return true;
}

static bool starts(struct tr_span t, const char *with)
{
	size_t n = strlen(with);

	return t.n >= n && memcmp(t.s, with, n) == 0;
}

/* Small unsigned decimal at the start of @t. */
static bool number(struct tr_span t, unsigned int *ret)
{
	unsigned int v = 0;

	t = trim(t);
	if (!t.n || t.s[0] < '0' || t.s[0] > '9')
		return false;
	for (; t.n && t.s[0] >= '0' && t.s[0] <= '9'; t.s++, t.n--) {
		v = v * 10 + (unsigned int)(t.s[0] - '0');
		if (v > 1000000)
			return false;
	}
	*ret = v;
	return true;
}

/* "key:value" up to the next ';'; @t is moved behind it. */
static bool next_part(struct tr_span *t, struct tr_span *part)
{
	const char *end;

	*t = trim(*t);
	end = t->n ? memchr(t->s, ';', t->n) : NULL;
	if (!end)
		return false;
	part->s = t->s;
	part->n = (size_t)(end - t->s);
	t->s = end + 1;
	t->n -= part->n + 1;
	*part = trim(*part);
	return true;
}

/* The declaration: type words, the name, perhaps [N]. */
static bool declaration(struct tr_span d, struct tr_field *f)
{
	size_t end = d.n, start;

	f->is_array = false;
	if (end && d.s[end - 1] == ']') {
		while (end && d.s[end - 1] != '[')
			end--;
		if (!end)
			return false;
		end--;
		f->is_array = true;
	}
	while (end && is_space(d.s[end - 1]))
		end--;
	start = end;
	while (start && is_word(d.s[start - 1]))
		start--;
	if (start == end)
		return false;
	f->name = (struct tr_span){ d.s + start, end - start };
	if (starts(d, "__data_loc "))
		f->str = TR_STR_LOC;
	else if (starts(d, "__rel_loc "))
		f->str = TR_STR_REL_LOC;
	else if (f->is_array)
		f->str = TR_STR_ARRAY;
	else
		f->str = TR_STR_NO;
	return true;
}

static bool field_line(struct tr_span line, struct tr_field *f)
{
	struct tr_span part, value;
	bool have_off = false, have_size = false;
	unsigned int v;

	memset(f, 0, sizeof(*f));
	line = trim(line);
	if (starts(line, "field special:")) {
		line.s += 14;
		line.n -= 14;
	} else if (starts(line, "field:")) {
		line.s += 6;
		line.n -= 6;
	} else {
		return false;
	}
	if (!next_part(&line, &part) || !declaration(part, f))
		return false;
	while (next_part(&line, &part)) {
		const char *colon = memchr(part.s, ':', part.n);

		if (!colon)
			continue;
		value = (struct tr_span){ colon + 1, part.n - (size_t)(colon + 1 - part.s) };
		if (!number(value, &v))
			continue;
		if (starts(part, "offset:")) {
			f->offset = v;
			have_off = true;
		} else if (starts(part, "size:")) {
			f->size = v;
			have_size = true;
		} else if (starts(part, "signed:")) {
			f->is_signed = v != 0;
		}
	}
	if (!have_off || !have_size || f->offset > UINT16_MAX || f->size > UINT16_MAX)
		return false;
	if (f->str == TR_STR_ARRAY && f->size == 0)
		f->str = TR_STR_REST;
	return true;
}

bool tr_fmt_field_line(const char *text, size_t len, size_t *pos, struct tr_field *f)
{
	struct tr_span line;

	while (next_line(text, len, pos, &line))
		if (field_line(line, f))
			return true;
	return false;
}

/* Behind the string of the print format: the arguments, up to the end of the text. */
static struct tr_span print_args(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n && is_space(s[i]))
		i++;
	while (i < n && s[i] == '"') { /* several strings may follow each other */
		for (i++; i < n && s[i] != '"'; i++)
			if (s[i] == '\\')
				i++;
		for (i++; i < n && (is_space(s[i]) || s[i] == '\n'); i++)
			;
	}
	return i < n ? (struct tr_span){ s + i, n - i } : (struct tr_span){ s, 0 };
}

bool tr_fmt_parse(const char *text, size_t len, struct tr_fmt *f)
{
	size_t pos = 0;
	struct tr_span line;

	len = strnlen(text, len);
	f->name = (struct tr_span){ text, 0 };
	f->print = f->name;
	f->id = -1;
	f->nr = 0;
	while (next_line(text, len, &pos, &line)) {
		unsigned int v;

		if (starts(line, "name:") && !f->name.n) {
			f->name = trim((struct tr_span){ line.s + 5, line.n - 5 });
		} else if (starts(line, "ID:") && f->id < 0) {
			if (number((struct tr_span){ line.s + 3, line.n - 3 }, &v) &&
			    v <= UINT16_MAX)
				f->id = (int)v;
		} else if (starts(line, "print fmt:")) {
			f->print = print_args(line.s + 10, len - (size_t)(line.s + 10 - text));
			break;
		} else if (f->nr < TR_MAX_FIELDS && field_line(line, &f->field[f->nr])) {
			f->nr++;
		}
	}
	return f->name.n && f->id >= 0 && f->nr;
}

unsigned int tr_alias_rank(const char *aliases, struct tr_span name)
{
	unsigned int rank = 1;

	for (const char *a = aliases; *a; rank++) {
		size_t n = strcspn(a, "|");

		if (n == name.n && memcmp(a, name.s, n) == 0)
			return rank;
		a += n + (a[n] == '|');
	}
	return 0;
}
