// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lines of a posted text: what mail programs and loggers put before them is taken off.  A mail's "> ", the
 * kernel's "[ 12.345678]" with "[ T123]", "<4>" of the console, the date and host of syslog and the journal,
 * "kern :warn :" of dmesg -x.
 */
#include <string.h>

#include "tx_priv.h"

#define KERNEL_WITHIN 200 /* "kernel:" of a logger stands within so many bytes */

const char *tx_find(const char *s, const char *e, const char *what)
{
	return s < e ? memmem(s, (size_t)(e - s), what, strlen(what)) : NULL;
}

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

bool tx_digits(const char **p, const char *end, uint64_t *v)
{
	const char *s = *p;

	for (*v = 0; s < end && digit(*s); s++)
		*v = *v > UINT64_MAX / 16 ? *v : *v * 10 + (uint64_t)(*s - '0');
	if (s == *p)
		return false;
	*p = s;
	return true;
}

static const char *skip_blank(const char *s, const char *e)
{
	while (s < e && blank(*s))
		s++;
	return s;
}

/* "12345.678901" as nanoseconds; false when [s, e) is something else. */
static bool seconds(const char *s, const char *e, uint64_t *ns)
{
	uint64_t v, frac = 0, unit = 100000000;

	s = skip_blank(s, e);
	if (!tx_digits(&s, e, &v) || s >= e || *s != '.' || v > UINT64_MAX / 2000000000)
		return false;
	for (s++; s < e && digit(*s); s++, unit /= 10)
		frac += unit * (uint64_t)(*s - '0');
	*ns = v * 1000000000 + frac;
	return skip_blank(s, e) == e;
}

/* "T123", "C0": the task or CPU that printed (CONFIG_PRINTK_CALLER). */
static bool caller(const char *s, const char *e)
{
	uint64_t v;

	s = skip_blank(s, e);
	if (s >= e || (*s != 'T' && *s != 'C'))
		return false;
	s++;
	return tx_digits(&s, e, &v) && skip_blank(s, e) == e;
}

/* "Thu Jan  1 00:00:00 2026" of dmesg -T, "2026-01-01 ..." of others: letters, digits, a time of day. */
static bool date(const char *s, const char *e)
{
	bool colon = false;

	if (e - s < 8 || e - s > 40)
		return false;
	for (const char *p = s; p < e; p++) {
		colon |= p > s && *p == ':' && digit(p[-1]);
		if (!digit(*p) && !blank(*p) && !strchr(":.,+-/", *p) && !(*p >= 'A' && *p <= 'Z') &&
		    !(*p >= 'a' && *p <= 'z'))
			return false;
	}
	return colon;
}

static void keep_when(struct tx_line *l, const char *s, const char *e)
{
	while (e > s && blank(e[-1]))
		e--;
	if (l->when || e <= s)
		return;
	l->when = s;
	l->when_len = e - s < 47 ? (unsigned int)(e - s) : 47;
}

/* One "[...]"; moves behind it. */
static bool bracket(struct tx_line *l)
{
	const char *s = l->s + 1, *e;

	if (l->s >= l->e || *l->s != '[')
		return false;
	e = memchr(s, ']', (size_t)(l->e - s < 48 ? l->e - s : 48));
	if (!e)
		return false;
	if (seconds(s, e, &l->time_ns)) /* the innermost one is the kernel's */
		l->have_time = true;
	else if (!l->when && date(s, e))
		keep_when(l, s, e);
	else if (!caller(s, e))
		return false;
	l->s = e + 1;
	return true;
}

/* "<4>" */
static bool level(struct tx_line *l)
{
	const char *s = l->s + 1;
	uint64_t v;

	if (l->s >= l->e || *l->s != '<' || !tx_digits(&s, l->e, &v) || s >= l->e || *s != '>')
		return false;
	l->s = s + 1;
	return true;
}

/* "Jul 16 11:53:24 host kernel: ", "2026-01-01T00:00:00+00:00 host kernel[12]: ", "kern  :warn  : " */
static bool logger(struct tx_line *l)
{
	const char *near = l->e - l->s > KERNEL_WITHIN ? l->s + KERNEL_WITHIN : l->e;
	const char *k = tx_find(l->s, near, "kernel"), *p, *host;
	uint64_t v;

	if (l->e - l->s > 6 && memcmp(l->s, "kern", 4) == 0 && (blank(l->s[4]) || l->s[4] == ':')) {
		p = memchr(l->s, ':', (size_t)(near - l->s));
		p = p ? memchr(p + 1, ':', (size_t)(near - p - 1)) : NULL;
		if (p && p - l->s < 24) {
			l->s = p + 1;
			return true;
		}
	}
	if (!k || (k > l->s && !blank(k[-1])))
		return false;
	p = k + strlen("kernel");
	if (p < near && *p == '[') {
		p++;
		if (!tx_digits(&p, near, &v) || p >= near || *p++ != ']')
			return false;
	}
	if (p >= l->e || *p != ':')
		return false;
	for (host = k; host > l->s && blank(host[-1]);)
		host--;
	while (host > l->s && !blank(host[-1]))
		host--;
	if (host > l->s && date(l->s, host))
		keep_when(l, l->s, host);
	l->s = p + 1;
	return true;
}

static bool one_line(struct tx_text *t, struct tx_line *l)
{
	const char *nl;

	if (t->p >= t->end)
		return false;
	nl = memchr(t->p, '\n', (size_t)(t->end - t->p));
	*l = (struct tx_line){ .s = t->p, .e = nl ? nl : t->end };
	t->p = nl ? nl + 1 : t->end;
	t->nr++;
	while (l->e > l->s && blank(l->e[-1]))
		l->e--;
	for (;;) {
		const char *was;

		while (l->s < l->e && (blank(*l->s) || *l->s == '>' || *l->s == '|'))
			l->s++;
		was = l->s;
		if (bracket(l) || level(l) || logger(l)) {
			l->fresh = true;
			continue;
		}
		if (l->s == was)
			break;
	}
	return true;
}

bool tx_next_line(struct tx_text *t, struct tx_line *l)
{
	struct tx_text ahead;
	struct tx_line next;

	if (!one_line(t, l))
		return false;
	if (!l->fresh || l->s != l->e)
		return true;
	/* a mail program broke the line right behind its prefix */
	ahead = *t;
	if (one_line(&ahead, &next) && !next.fresh && next.s != next.e) {
		*t = ahead;
		l->s = next.s;
		l->e = next.e;
	}
	return true;
}

bool tx_word(struct tx_cur *c, struct tx_word *w)
{
	c->l.s = skip_blank(c->l.s, c->l.e);
	while (c->l.s == c->l.e) {
		struct tx_text t = c->t;
		struct tx_line l;

		/* a line that has its own prefix, or an empty one, continues nothing */
		if (c->more == 0 || !tx_next_line(&t, &l) || l.fresh || l.s == l.e)
			return false;
		c->more--;
		c->t = t;
		c->l = l;
	}
	w->s = c->l.s;
	while (c->l.s < c->l.e && !blank(*c->l.s))
		c->l.s++;
	w->n = (size_t)(c->l.s - w->s);
	return true;
}

bool tx_number(const struct tx_word *w, uint64_t *v)
{
	const char *p = w->s;

	return tx_digits(&p, w->s + w->n, v) && p == w->s + w->n;
}

bool tx_is(const struct tx_word *w, const char *text)
{
	return w->n == strlen(text) && memcmp(w->s, text, w->n) == 0;
}

bool tx_starts(const struct tx_word *w, const char *text)
{
	size_t n = strlen(text);

	return w->n >= n && memcmp(w->s, text, n) == 0;
}
