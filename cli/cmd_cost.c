// SPDX-License-Identifier: GPL-2.0-only
/* Expressions over figures: read once into steps of a stack machine, then worked out for each run. */
#include "cmd_cost.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sg_mem.h"

#define MOST_STEPS 1024u
#define MOST_DEPTH 64u
#define LONGEST 8192u
#define NAME_SIZE 64u

enum op { OP_NUMBER, OP_NAME, OP_ADD, OP_SUB, OP_MUL, OP_DIV, OP_NEG, OP_MIN, OP_MAX };

struct step {
	enum op op;
	unsigned int name;
	double number;
};

struct cost {
	struct step step[MOST_STEPS];
	unsigned int nr, nr_names;
	char name[COST_MOST_NAMES][NAME_SIZE];
};

struct reader {
	const char *text, *at;
	struct cost *c;
	unsigned int depth;
	struct sg_err *err;
};

/* ---- reading ------------------------------------------------------------------------------------ */

static int wrong(struct reader *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static int wrong(struct reader *r, const char *fmt, ...)
{
	char what[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return sg_fail(r->err, SG_E_USAGE, "the cost, column %zu: %s", (size_t)(r->at - r->text) + 1, what);
}

static char look(struct reader *r)
{
	while (*r->at == ' ' || *r->at == '\t')
		r->at++;
	return *r->at;
}

static int add(struct reader *r, enum op op, unsigned int name, double number)
{
	if (r->c->nr == MOST_STEPS)
		return wrong(r, "an expression of more than %u parts", MOST_STEPS);
	r->c->step[r->c->nr++] = (struct step){ op, name, number };
	return SG_OK;
}

static int read_sum(struct reader *r);

static int expect(struct reader *r, char c)
{
	if (look(r) != c)
		return *r->at ? wrong(r, "'%c' is missing in front of '%.20s'", c, r->at) : wrong(r, "'%c' is missing at the end", c);
	r->at++;
	return SG_OK;
}

/* Digits, a point and digits, an exponent: nothing else that strtod() would take. */
static int read_number(struct reader *r)
{
	size_t n = strspn(r->at, "0123456789"), e;
	char text[64];

	if (r->at[n] == '.')
		n += 1 + strspn(r->at + n + 1, "0123456789");
	if (n == 1 && *r->at == '.')
		return wrong(r, "a number is needed, not '.'");
	if (r->at[n] == 'e' || r->at[n] == 'E') {
		e = n + 1 + (r->at[n + 1] == '-' || r->at[n + 1] == '+');
		if (isdigit((unsigned char)r->at[e]))
			n = e + strspn(r->at + e, "0123456789");
	}
	if (n >= sizeof(text))
		return wrong(r, "a number of more than %zu letters", sizeof(text) - 1);
	memcpy(text, r->at, n);
	text[n] = 0;
	r->at += n;
	return add(r, OP_NUMBER, 0, strtod(text, NULL));
}

static int read_name(struct reader *r, const char *name)
{
	struct cost *c = r->c;
	unsigned int i = 0;

	while (i < c->nr_names && strcmp(c->name[i], name) != 0)
		i++;
	if (i == COST_MOST_NAMES)
		return wrong(r, "more than %d figures", COST_MOST_NAMES);
	if (i == c->nr_names)
		memcpy(c->name[c->nr_names++], name, strlen(name) + 1);
	return add(r, OP_NAME, i, 0);
}

static int read_call(struct reader *r, enum op op)
{
	int ret = expect(r, '(');

	for (unsigned int n = 0; ret == SG_OK; n++) {
		ret = read_sum(r);
		if (ret == SG_OK && n)
			ret = add(r, op, 0, 0);
		if (ret < 0 || look(r) != ',')
			break;
		r->at++;
	}
	return ret == SG_OK ? expect(r, ')') : ret;
}

static int read_word(struct reader *r)
{
	char name[NAME_SIZE];
	size_t n = 0;

	while (isalnum((unsigned char)r->at[n]) || r->at[n] == '_')
		n++;
	if (n >= sizeof(name))
		return wrong(r, "no figure has a name of more than %u letters", NAME_SIZE - 1);
	memcpy(name, r->at, n);
	name[n] = 0;
	r->at += n;
	if (look(r) == '(' && strcmp(name, "min") == 0)
		return read_call(r, OP_MIN);
	if (look(r) == '(' && strcmp(name, "max") == 0)
		return read_call(r, OP_MAX);
	if (*r->at == '(')
		return wrong(r, "there is no function %s(); min() and max() there are", name);
	return read_name(r, name);
}

static int read_factor(struct reader *r)
{
	char c = look(r);
	int ret;

	if (r->depth >= MOST_DEPTH)
		return wrong(r, "more than %u levels", MOST_DEPTH);
	r->depth++;
	if (c == '-') {
		r->at++;
		ret = read_factor(r);
		if (ret == SG_OK)
			ret = add(r, OP_NEG, 0, 0);
	} else if (c == '(') {
		r->at++;
		ret = read_sum(r);
		if (ret == SG_OK)
			ret = expect(r, ')');
	} else if (isdigit((unsigned char)c) || c == '.') {
		ret = read_number(r);
	} else if (isalpha((unsigned char)c) || c == '_') {
		ret = read_word(r);
	} else if (c) {
		ret = wrong(r, "a figure, a number or '(' is needed, not '%.20s'", r->at);
	} else {
		ret = wrong(r, "a figure, a number or '(' is needed at the end");
	}
	r->depth--;
	return ret;
}

static int read_product(struct reader *r)
{
	int ret = read_factor(r);

	while (ret == SG_OK && (look(r) == '*' || *r->at == '/')) {
		enum op op = *r->at == '*' ? OP_MUL : OP_DIV;

		r->at++;
		ret = read_factor(r);
		if (ret == SG_OK)
			ret = add(r, op, 0, 0);
	}
	return ret;
}

static int read_sum(struct reader *r)
{
	int ret = read_product(r);

	while (ret == SG_OK && (look(r) == '+' || *r->at == '-')) {
		enum op op = *r->at == '+' ? OP_ADD : OP_SUB;

		r->at++;
		ret = read_product(r);
		if (ret == SG_OK)
			ret = add(r, op, 0, 0);
	}
	return ret;
}

int cost_new(const char *text, struct cost **ret, struct sg_err *err)
{
	struct cost *c = sg_calloc(1, sizeof(*c));
	struct reader r = { .text = text, .at = text, .c = c, .err = err };
	int code;

	if (!c)
		return sg_fail(err, SG_E_NOMEM, "out of memory");
	code = strlen(text) > LONGEST ? sg_fail(err, SG_E_USAGE, "a cost of more than %u letters", LONGEST) : read_sum(&r);
	if (code == SG_OK && look(&r))
		code = wrong(&r, "an operator is needed in front of '%.20s'", r.at);
	if (code < 0) {
		free(c);
		return code;
	}
	*ret = c;
	return SG_OK;
}

void cost_free(struct cost *c)
{
	free(c);
}

const char *cost_name(const struct cost *c, unsigned int i)
{
	return i < c->nr_names ? c->name[i] : NULL;
}

/* ---- working it out ---------------------------------------------------------------------------------- */

/* NaN is contagious, also where fmin() would look away. */
static double two(enum op op, double a, double b)
{
	switch (op) {
	case OP_ADD:
		return a + b;
	case OP_SUB:
		return a - b;
	case OP_MUL:
		return a * b;
	case OP_DIV:
		return b != 0 ? a / b : NAN;
	case OP_MIN:
		return isnan(a) || isnan(b) ? NAN : a < b ? a : b;
	default:
		return isnan(a) || isnan(b) ? NAN : a > b ? a : b;
	}
}

double cost_of(const struct cost *c, const double *v)
{
	double stack[MOST_STEPS];
	unsigned int n = 0;

	for (unsigned int i = 0; i < c->nr; i++) {
		const struct step *s = &c->step[i];

		if (s->op == OP_NUMBER)
			stack[n++] = s->number;
		else if (s->op == OP_NAME)
			stack[n++] = v[s->name];
		else if (s->op == OP_NEG)
			stack[n - 1] = -stack[n - 1];
		else
			stack[n - 2] = two(s->op, stack[n - 2], stack[n - 1]), n--;
	}
	return isfinite(stack[0]) ? stack[0] : NAN;
}

/* ---- names ------------------------------------------------------------------------------------------- */

/* Letters left out, added or exchanged between two names of at most NAME_SIZE - 1 letters; else 99. */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int row[NAME_SIZE], n = (unsigned int)strlen(b);

	if (strlen(a) >= NAME_SIZE || n >= NAME_SIZE)
		return 99;
	for (unsigned int j = 0; j <= n; j++)
		row[j] = j;
	for (unsigned int i = 1; a[i - 1]; i++) {
		unsigned int before = row[0];

		row[0] = i;
		for (unsigned int j = 1; j <= n; j++) {
			unsigned int was = row[j], best = before + (a[i - 1] != b[j - 1]);

			best = was + 1 < best ? was + 1 : best;
			best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
			before = was;
			row[j] = best;
		}
	}
	return row[n];
}

/* The less the nearer; 99: not like it at all. */
static unsigned int unlike(const char *name, const char *there)
{
	unsigned int d = distance(name, there), most = (unsigned int)strlen(name) / 3 + 1;

	if (d <= most)
		return d;
	return strlen(name) >= 3 && strstr(there, name) ? most + 1 : 99;
}

void cost_near(const char *name, const char *const *list, size_t nr, char *buf, size_t size)
{
	unsigned int taken = 0;
	size_t n = 0;

	buf[0] = 0;
	for (unsigned int d = 0; d < 99 && taken < 3; d++)
		for (size_t i = 0; i < nr && taken < 3 && n < size; i++)
			if (unlike(name, list[i]) == d)
				n += (size_t)snprintf(buf + n, size - n, "%s%s", taken++ ? ", " : "", list[i]);
}
