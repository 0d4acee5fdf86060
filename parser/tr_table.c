// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tables of names in print formats: __print_symbolic(REC->x, {0, "DMA"}, ...) and
 * __print_flags(REC->x, "|", {(1UL << 10), "__GFP_..."}, ...), whose values are C expressions of
 * constants with casts.  What cannot be evaluated (a constant that the kernel did not resolve) is
 * left out of the table.
 */
#include "tr_priv.h"

#include <stdlib.h>

#define MAX_DEPTH 64

struct lex {
	const char *p, *end;
	int depth;
};

static void skip_space(struct lex *l)
{
	while (l->p < l->end && (*l->p == ' ' || *l->p == '\t' || *l->p == '\n' || *l->p == '\r'))
		l->p++;
}

static bool is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char peek(struct lex *l)
{
	skip_space(l);
	return l->p < l->end ? *l->p : '\0';
}

static bool eat(struct lex *l, char c)
{
	if (peek(l) != c)
		return false;
	l->p++;
	return true;
}

/* "(type words *)": true and moved behind it when that is what comes; else not moved. */
static bool eat_cast(struct lex *l)
{
	const char *start = l->p;
	bool words = false;

	if (!eat(l, '('))
		return false;
	for (char c = peek(l); is_alpha(c) || is_digit(c) || c == '*'; c = peek(l)) {
		words |= is_alpha(c);
		if (is_digit(c) && !words)
			break;
		l->p++;
	}
	/* a name in parentheses is a cast only when an operand follows */
	if (words && eat(l, ')')) {
		char c = peek(l);

		if (c == '(' || c == '~' || is_digit(c) || is_alpha(c))
			return true;
	}
	l->p = start;
	return false;
}

static bool expr(struct lex *l, int least, uint64_t *ret);

static bool literal(struct lex *l, uint64_t *ret)
{
	uint64_t v = 0;
	unsigned int base = 10;

	if (*l->p == '0') {
		base = 8;
		l->p++;
		if (l->p < l->end && (*l->p == 'x' || *l->p == 'X')) {
			base = 16;
			l->p++;
		}
	}
	for (; l->p < l->end; l->p++) {
		char c = *l->p;
		unsigned int d = is_digit(c)            ? (unsigned int)(c - '0')
				 : c >= 'a' && c <= 'f' ? (unsigned int)(c - 'a') + 10
				 : c >= 'A' && c <= 'F' ? (unsigned int)(c - 'A') + 10
							: 99;

		if (d >= base)
			break;
		v = v * base + d;
	}
	while (l->p < l->end && (*l->p == 'u' || *l->p == 'U' || *l->p == 'l' || *l->p == 'L'))
		l->p++;
	*ret = v;
	return l->p >= l->end || !(is_alpha(*l->p) || is_digit(*l->p));
}

static bool unary(struct lex *l, uint64_t *ret)
{
	bool ok = false;
	char c;

	if (++l->depth > MAX_DEPTH)
		return false;
	c = peek(l);
	if (c == '~' || c == '-' || c == '+' || c == '!') {
		l->p++;
		ok = unary(l, ret);
		*ret = c == '~' ? ~*ret : c == '-' ? 0 - *ret : c == '!' ? !*ret : *ret;
	} else if (eat_cast(l)) {
		ok = unary(l, ret);
	} else if (eat(l, '(')) {
		ok = expr(l, 0, ret) && eat(l, ')');
	} else if (is_digit(c)) {
		ok = literal(l, ret);
	}
	l->depth--;
	return ok;
}

/* The binary operator at hand: its length and precedence, 0 when there is none. */
static int binary(struct lex *l, char *op, size_t *len)
{
	static const struct {
		char text[3];
		int prec;
	} ops[] = { { "<<", 5 }, { ">>", 5 }, { "||", 0 }, { "&&", 0 }, { "|", 1 }, { "^", 2 },
		    { "&", 3 },  { "+", 6 },  { "-", 6 },  { "*", 7 },  { "/", 7 }, { "%", 7 } };

	skip_space(l);
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		size_t n = strlen(ops[i].text);

		if ((size_t)(l->end - l->p) >= n && memcmp(l->p, ops[i].text, n) == 0) {
			*op = ops[i].text[0];
			*len = n;
			return ops[i].prec;
		}
	}
	return 0;
}

static bool apply(char op, uint64_t a, uint64_t b, uint64_t *ret)
{
	switch (op) {
	case '<':
		*ret = b < 64 ? a << b : 0;
		return true;
	case '>':
		*ret = b < 64 ? a >> b : 0;
		return true;
	case '|':
		*ret = a | b;
		return true;
	case '^':
		*ret = a ^ b;
		return true;
	case '&':
		*ret = a & b;
		return true;
	case '+':
		*ret = a + b;
		return true;
	case '-':
		*ret = a - b;
		return true;
	case '*':
		*ret = a * b;
		return true;
	case '/':
		*ret = b ? a / b : 0;
		return b != 0;
	default:
		*ret = b ? a % b : 0;
		return b != 0;
	}
}

/* Operators of at least precedence @least + 1, by climbing. */
static bool expr(struct lex *l, int least, uint64_t *ret)
{
	uint64_t left = 0, right = 0;
	size_t n = 0;
	int prec;
	char op = 0;

	if (++l->depth > MAX_DEPTH || !unary(l, &left))
		return false;
	while ((prec = binary(l, &op, &n)) > least) {
		l->p += n;
		if (!expr(l, prec, &right) || !apply(op, left, right, &left))
			return false;
	}
	l->depth--;
	*ret = left;
	return true;
}

bool tr_expr_eval(struct tr_span text, uint64_t *ret)
{
	struct lex l = { text.s, text.s + text.n, 0 };

	return expr(&l, 0, ret) && peek(&l) == '\0' && l.p == l.end;
}

/* Moves over one token; a string or character is one. */
static void skip_token(struct lex *l)
{
	char q = *l->p++;

	if (q != '"' && q != '\'')
		return;
	while (l->p < l->end && *l->p != q) {
		if (*l->p == '\\' && l->p + 1 < l->end)
			l->p++;
		l->p++;
	}
	if (l->p < l->end)
		l->p++;
}

/* Text up to a ',' or a closing bracket outside of all brackets; the terminator isn't eaten. */
static struct tr_span argument(struct lex *l)
{
	struct tr_span a = { l->p, 0 };
	int depth = 0;

	while (l->p < l->end) {
		char c = *l->p;

		if (depth == 0 && (c == ',' || c == ')' || c == '}'))
			break;
		if (c == '(' || c == '{' || c == '[')
			depth++;
		else if (c == ')' || c == '}' || c == ']')
			depth--;
		skip_token(l);
	}
	a.n = (size_t)(l->p - a.s);
	return a;
}

/* True when the last REC->name of @a is @field. */
static bool names_field(struct tr_span a, struct tr_span field)
{
	bool hit = false;

	for (size_t i = 0; i + 5 < a.n; i++) {
		size_t n = 0;

		if (memcmp(a.s + i, "REC->", 5) != 0)
			continue;
		while (i + 5 + n < a.n && (is_alpha(a.s[i + 5 + n]) || is_digit(a.s[i + 5 + n])))
			n++;
		hit = n == field.n && memcmp(a.s + i + 5, field.s, n) == 0;
	}
	return hit;
}

/* A quoted string without its quotes. */
static bool quoted(struct tr_span a, struct tr_span *ret)
{
	while (a.n && (a.s[0] == ' ' || a.s[0] == '\t' || a.s[0] == '\n')) {
		a.s++;
		a.n--;
	}
	while (a.n && (a.s[a.n - 1] == ' ' || a.s[a.n - 1] == '\t' || a.s[a.n - 1] == '\n'))
		a.n--;
	if (a.n < 3 || a.s[0] != '"' || a.s[a.n - 1] != '"')
		return false;
	*ret = (struct tr_span){ a.s + 1, a.n - 2 };
	return true;
}

/* "{ expr, "NAME" }, ..." up to the closing bracket. */
static bool entries(struct lex *l, struct sg_sym **ret, unsigned int *ret_nr)
{
	struct sg_sym *sym = NULL;
	unsigned int nr = 0, room = 0;

	while (eat(l, '{')) {
		struct tr_span value = argument(l), text, name;
		uint64_t v;

		if (!eat(l, ','))
			break;
		text = argument(l);
		if (!eat(l, '}'))
			break;
		if (tr_expr_eval(value, &v) && quoted(text, &name) && nr < TR_MAX_SYMS) {
			if (nr == room) {
				struct sg_sym *more = sg_realloc(sym, (room ? room * 2 : 16) *
									   sizeof(*sym));

				if (!more)
					break;
				sym = more;
				room = room ? room * 2 : 16;
			}
			sym[nr].value = v;
			sg_clean(sym[nr].name, sizeof(sym[nr].name), name.s, name.n);
			nr++;
		}
		if (!eat(l, ','))
			break;
	}
	if (nr == 0) {
		free(sym);
		return false;
	}
	*ret = sym;
	*ret_nr = nr;
	return true;
}

bool tr_table_find(struct tr_span print, struct tr_span field, bool *ret_flags, struct sg_sym **ret,
		   unsigned int *ret_nr)
{
	static const struct {
		const char *name;
		bool flags;
	} calls[] = { { "__print_symbolic", false },
		      { "__print_symbolic_u64", false },
		      { "__print_flags", true },
		      { "__print_flags_u64", true } };
	struct lex l = { print.s, print.s + print.n, 0 };

	while (l.p < l.end) {
		struct tr_span word = { l.p, 0 };
		int call = -1;

		if (!is_alpha(*l.p)) {
			skip_token(&l);
			continue;
		}
		while (l.p < l.end && (is_alpha(*l.p) || is_digit(*l.p)))
			l.p++;
		word.n = (size_t)(l.p - word.s);
		for (int i = 0; i < (int)(sizeof(calls) / sizeof(calls[0])); i++)
			if (tr_span_is(word, calls[i].name))
				call = i;
		if (call < 0 || !eat(&l, '('))
			continue;
		if (!names_field(argument(&l), field) || !eat(&l, ','))
			continue;
		if (calls[call].flags) { /* the delimiter */
			argument(&l);
			if (!eat(&l, ','))
				continue;
		}
		if (entries(&l, ret, ret_nr)) {
			*ret_flags = calls[call].flags;
			return true;
		}
	}
	return false;
}
