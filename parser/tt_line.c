// SPDX-License-Identifier: GPL-2.0-only
/*
 * The head of a line of a text trace:
 *
 *	storm-225   [001]    17.245976: mm_page_alloc: ...          trace-cmd report, -t with nine digits
 *	storm-225     1d..1.    17.245976: mm_page_alloc: ...       trace-cmd report -l (1-0x0 with -R)
 *	storm-225     [001] d..1.    17.245976: mm_page_alloc: ...  tracefs
 *	storm-225     (    225) [001] d..1.    17.245976: ...       tracefs with record-tgid
 *	storm-225       1d..1.  123us+: mm_page_alloc: ...          tracefs, latency-format
 *	storm   225 [001]    17.245976: kmem:mm_page_alloc: ...     perf script
 *
 * A task's name may hold anything, so the first place that looks like "-PID [CPU]" counts.
 */
#include "tt.h"

struct at {
	const char *p, *end;
};

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool more(const struct at *a)
{
	return a->p < a->end;
}

static void spaces(struct at *a)
{
	while (more(a) && (*a->p == ' ' || *a->p == '\t'))
		a->p++;
}

static bool eat(struct at *a, const char *text)
{
	size_t n = strlen(text);

	if ((size_t)(a->end - a->p) < n || memcmp(a->p, text, n) != 0)
		return false;
	a->p += n;
	return true;
}

static bool number(struct at *a, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;

	if (!more(a) || !digit(*a->p))
		return false;
	for (; more(a) && digit(*a->p); a->p++) {
		if (v > (max - (uint64_t)(*a->p - '0')) / 10)
			return false;
		v = v * 10 + (uint64_t)(*a->p - '0');
	}
	*ret = v;
	return true;
}

/* "[001]" */
static bool cpu_column(struct at *a, struct tt_line *l)
{
	uint64_t v;

	if (!eat(a, "[") || !number(a, UINT16_MAX, &v) || !eat(a, "]"))
		return false;
	l->cpu = (unsigned int)v;
	return true;
}

/*
 * "d..1." and its like: interrupts, need-resched, interrupt level, depth of preempt_disable(), and on newer kernels
 * of migrate_disable().  kernel/trace/trace_output.c: trace_print_lat_fmt()
 */
static bool flag_column(struct at *a, struct tt_line *l)
{
	struct at b = *a;
	char c[8];
	size_t n = 0;

	while (more(&b) && *b.p != ' ' && *b.p != '\t') {
		if (n == sizeof(c))
			return false;
		c[n++] = *b.p++;
	}
	if (n < 3 || !memchr(".dXDb", c[0], 5) || !memchr(".NnpLlBb", c[1], 8) || !memchr(".hHsSzZ", c[2], 7))
		return false;
	l->have_flags = true;
	l->flags = c[0] == '.' ? 0 : c[0] == 'X' ? 0x02 : 0x01;
	l->flags |= c[1] == '.' ? 0 : 0x04;
	l->flags |= c[2] == 'h' || c[2] == 'z' ? 0x08 : c[2] == 's' ? 0x10 : c[2] == '.' ? 0 : 0x18;
	if (n > 3)
		l->preempt = digit(c[3]) ? (uint8_t)(c[3] - '0') :
			     c[3] >= 'a' && c[3] <= 'f' ? (uint8_t)(c[3] - 'a' + 10) : 0;
	*a = b;
	return true;
}

/* "17.245976:", "17.245976140:", "123456:", "123us+:"; moved behind the colon. */
static bool time_column(struct at *a, struct tt_line *l)
{
	uint64_t whole, unit = 100000000, frac = 0;
	unsigned int digits = 0;

	if (!number(a, UINT64_MAX, &whole))
		return false;
	if (eat(a, ".")) {
		for (; more(a) && digit(*a->p); a->p++, unit /= 10, digits++)
			frac += (uint64_t)(*a->p - '0') * unit;
		if (digits == 0 || digits > 9 || whole > UINT64_MAX / 1000000000 - 1)
			return false;
		l->time = digits > 6 ? TT_TIME_NS : TT_TIME_US;
		l->ts = whole * 1000000000 + frac;
	} else if (eat(a, "us")) {
		if (whole > UINT64_MAX / 1000)
			return false;
		if (more(a) && memchr("+!#*@$ ", *a->p, 7))
			a->p++;
		l->time = TT_TIME_RELATIVE;
		l->ts = whole * 1000;
	} else {
		l->time = TT_TIME_TICKS;
		l->ts = whole;
	}
	spaces(a);
	if (eat(a, "(+")) { /* trace-cmd report --ts-diff */
		while (more(a) && *a->p != ')')
			a->p++;
		if (!eat(a, ")"))
			return false;
		spaces(a);
	}
	return eat(a, ":");
}

/* From behind the pid on. */
static bool after_pid(struct at *a, struct tt_line *l)
{
	uint64_t v;

	spaces(a);
	if (more(a) && *a->p == '(') { /* the thread group, "(-----)" when it isn't known */
		while (more(a) && *a->p != ')')
			a->p++;
		if (!eat(a, ")"))
			return false;
		spaces(a);
	}
	if (more(a) && *a->p == '[') {
		if (!cpu_column(a, l))
			return false;
		spaces(a);
		flag_column(a, l);
	} else {
		if (!number(a, UINT16_MAX, &v))
			return false;
		l->cpu = (unsigned int)v;
		if (eat(a, "-0x")) { /* -R: the flags as a number; which bits it has depends on the kernel */
			while (more(a) && *a->p != ' ')
				a->p++;
		} else if (!flag_column(a, l)) {
			return false;
		}
	}
	spaces(a);
	return time_column(a, l);
}

/* "mm_page_alloc:  page=..." or "kmem:mm_page_alloc: ..." */
static void event_name(struct at a, struct tt_line *l)
{
	const char *p, *sys = NULL;

	spaces(&a);
	for (p = a.p; p < a.end && *p != ' ' && *p != '\t'; p++)
		if (*p == ':') {
			if (p + 1 == a.end || p[1] == ' ' || p[1] == '\t')
				break;
			sys = p;
		}
	if (p == a.end || *p != ':') { /* the function tracer: "func <-caller" */
		l->name = (struct tr_span){ "(no event)", 10 };
		l->body = (struct tr_span){ a.p, (size_t)(a.end - a.p) };
		return;
	}
	if (sys)
		a.p = sys + 1;
	l->name = (struct tr_span){ a.p, (size_t)(p - a.p) };
	a.p = p + 1;
	spaces(&a);
	l->body = (struct tr_span){ a.p, (size_t)(a.end - a.p) };
}

static struct tr_span trimmed(const char *s, const char *end)
{
	while (s < end && (*s == ' ' || *s == '\t'))
		s++;
	while (end > s && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	/* what stands before the name of the file or instance of trace-cmd; a task's name has 15 bytes at most */
	if (end - s > 15)
		for (const char *p = end - 15; p < end; p++)
			if (p[-1] == ' ')
				return trimmed(p, end);
	return (struct tr_span){ end - s > 15 ? end - 15 : s, end - s > 15 ? 15 : (size_t)(end - s) };
}

static bool event_line(const char *s, size_t n, struct tt_line *l)
{
	const char *end = s + n;

	/* a head is short; what comes behind may hold anything */
	for (const char *p = s; p < end && p < s + 256; p++) {
		struct at a = { p + 1, end };
		struct tt_line one = { 0 };
		uint64_t pid;

		if (*p != '-' && *p != ' ' && *p != '/' && *p != '\t')
			continue;
		if (p + 1 == end || !digit(p[1]))
			continue;
		if (!number(&a, INT32_MAX, &pid) || !more(&a) || (*a.p != ' ' && *a.p != '\t'))
			continue;
		one.perf = *p != '-';
		if (one.perf) { /* "storm 225 [001]" and nothing else, lest a time be taken for a pid */
			struct at b = a;

			spaces(&b);
			if (!more(&b) || *b.p != '[')
				continue;
		}
		if (!after_pid(&a, &one))
			continue;
		one.kind = TT_EVENT;
		one.pid = (int32_t)pid;
		one.comm = trimmed(s, p);
		event_name(a, &one);
		*l = one;
		return true;
	}
	return false;
}

/* "CPU:1 [LOST 42 EVENTS]", "CPU:1 [42 EVENTS DROPPED]", "CPU:1 [EVENTS DROPPED]" */
static bool lost_line(struct at a, struct tt_line *l)
{
	uint64_t cpu, n;

	spaces(&a);
	if (!eat(&a, "CPU:") || !number(&a, UINT16_MAX, &cpu))
		return false;
	spaces(&a);
	if (!eat(&a, "["))
		return false;
	if (!eat(&a, "LOST "))
		eat(&a, "EVENTS");
	l->lost = number(&a, INT64_MAX, &n) ? (int64_t)n : -1;
	l->cpu = (unsigned int)cpu;
	l->kind = TT_LOST;
	return true;
}

/* Behind @key in the line, NULL when it isn't there. */
static const char *behind(const char *s, size_t n, const char *key)
{
	const char *p = memmem(s, n, key, strlen(key));

	return p ? p + strlen(key) : NULL;
}

static bool number_behind(const char *s, size_t n, const char *key, uint64_t *ret)
{
	struct at a = { behind(s, n, key), s + n };

	return a.p && number(&a, INT64_MAX, ret);
}

/* Lines that begin with '#', and those that trace-cmd prints before the events. */
static bool header_line(const char *s, size_t n, struct tt_line *l)
{
	struct at a = { s, s + n };
	uint64_t v, w = 0;

	if (eat(&a, "cpus=") && number(&a, UINT16_MAX + 1u, &v)) {
		l->kind = TT_CPUS;
		l->cpu = (unsigned int)v;
		return true;
	}
	a.p = s;
	if (eat(&a, "CPU ") && number(&a, UINT16_MAX, &v) && eat(&a, " is empty")) {
		l->kind = TT_EMPTY;
		l->cpu = (unsigned int)v;
		return true;
	}
	a.p = s;
	if (eat(&a, "version = ") || eat(&a, "trace-cmd version")) {
		l->kind = TT_HEADER;
		return true;
	}
	if (n == 0 || s[0] != '#')
		return false;
	l->kind = TT_HEADER;
	if (number_behind(s, n, "#P:", &v) && v <= UINT16_MAX + 1u) {
		l->kind = TT_CPUS;
		l->cpu = (unsigned int)v;
	}
	if (n > 5 && memcmp(s, "#####", 5) == 0 && number_behind(s, n, "CPU ", &v) && v <= UINT16_MAX) {
		l->kind = TT_BEGIN;
		l->cpu = (unsigned int)v;
	}
	a.p = behind(s, n, "entries-written: ");
	if (a.p && number(&a, INT64_MAX, &v) && eat(&a, "/") && number(&a, INT64_MAX, &w)) {
		l->kind = TT_BUFFER;
		l->lost = w > v ? (int64_t)(w - v) : 0;
	}
	a.p = behind(s, n, "latency trace v");
	a.p = a.p ? behind(a.p, (size_t)(a.end - a.p), " on ") : NULL;
	if (a.p) {
		l->kind = TT_KERNEL;
		l->body = (struct tr_span){ a.p, (size_t)(a.end - a.p) };
	}
	return true;
}

void tt_line(const char *s, size_t n, struct tt_line *ret)
{
	*ret = (struct tt_line){ 0 };
	while (n && (s[n - 1] == '\r' || s[n - 1] == '\n'))
		n--;
	if (n > TT_MAX_LINE)
		n = TT_MAX_LINE;
	if (header_line(s, n, ret) || lost_line((struct at){ s, s + n }, ret))
		return;
	event_line(s, n, ret);
}
