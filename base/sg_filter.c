// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads a filter:
 *
 *	or         = and { ( "||" | "or" ) and }
 *	and        = unary { ( "&&" | "and" ) unary }
 *	unary      = ( "!" | "not" ) unary | "(" or ")" | comparison
 *	comparison = name [ operator value ]
 *	value      = word { "|" word } | "text in quotes"
 */
#include "sg_filter_int.h"

#include <stdlib.h>
#include <string.h>

struct parse {
	const char *text, *p;
	struct sg_filter *f;
	unsigned int depth;
	struct sg_err *err;
};

/* Fails with the column of @at, counted from 1 in bytes. */
static int fail_at(struct parse *ps, const char *at, const char *what)
{
	return sg_fail(ps->err, SG_E_USAGE, "filter, column %ld: %s", (long)(at - ps->text) + 1,
		       what);
}

static void skip_space(struct parse *ps)
{
	while (*ps->p == ' ' || *ps->p == '\t' || *ps->p == '\n')
		ps->p++;
}

static bool is_word(char c)
{
	return c && !strchr(" \t\n()&|!=<>~\"'", c);
}

/* Takes @tok when it is next; a token of letters must end there. */
static bool take(struct parse *ps, const char *tok)
{
	size_t len = strlen(tok);

	skip_space(ps);
	if (strncmp(ps->p, tok, len) != 0)
		return false;
	if (is_word(tok[len - 1]) && is_word(ps->p[len]))
		return false;
	ps->p += len;
	return true;
}

static int new_node(struct parse *ps, enum filter_node_type type, uint16_t a, uint16_t b,
		    uint16_t *ret)
{
	struct sg_filter *f = ps->f;

	if (f->nr_nodes == FILTER_MAX_NODES)
		return fail_at(ps, ps->p, "too many comparisons");
	f->node[f->nr_nodes] = (struct filter_node){ .type = type, .a = a, .b = b };
	*ret = (uint16_t)f->nr_nodes++;
	return SG_OK;
}

/* A name, a number or such, or text in quotes (\" and \\ stand for themselves). */
static int read_word(struct parse *ps, char *dst, bool *quoted, const char *wanted)
{
	const char *start;
	size_t n = 0;

	skip_space(ps);
	start = ps->p;
	*quoted = *ps->p == '"' || *ps->p == '\'';
	if (*quoted) {
		char q = *ps->p++;

		while (*ps->p && *ps->p != q) {
			if (*ps->p == '\\' && (ps->p[1] == q || ps->p[1] == '\\'))
				ps->p++;
			if (n + 1 >= FILTER_MAX_WORD)
				return fail_at(ps, start, "the text is too long");
			dst[n++] = *ps->p++;
		}
		if (!*ps->p)
			return fail_at(ps, start, "the quote is not closed");
		ps->p++;
	} else {
		while (is_word(*ps->p)) {
			if (n + 1 >= FILTER_MAX_WORD)
				return fail_at(ps, start, "the word is too long");
			dst[n++] = *ps->p++;
		}
		if (n == 0)
			return fail_at(ps, start, wanted);
	}
	dst[n] = '\0';
	return SG_OK;
}

/* A pattern without quotes goes up to a blank, a closing parenthesis, && or ||. */
static int read_pattern(struct parse *ps, char *dst)
{
	const char *start;
	bool quoted;
	size_t n = 0;

	skip_space(ps);
	start = ps->p;
	if (*ps->p == '"' || *ps->p == '\'')
		return read_word(ps, dst, &quoted, "");
	while (*ps->p && !strchr(" \t\n)", *ps->p) && strncmp(ps->p, "&&", 2) != 0 &&
	       strncmp(ps->p, "||", 2) != 0) {
		if (n + 1 >= FILTER_MAX_WORD)
			return fail_at(ps, start, "the pattern is too long");
		dst[n++] = *ps->p++;
	}
	if (n == 0)
		return fail_at(ps, start, "a pattern should stand after =~");
	dst[n] = '\0';
	return SG_OK;
}

/* Further words of a value: name|name */
static int read_more_bits(struct parse *ps, char *dst)
{
	for (;;) {
		char word[FILTER_MAX_WORD];
		size_t n = strlen(dst);
		bool quoted;
		int r;

		skip_space(ps);
		if (ps->p[0] != '|' || ps->p[1] == '|')
			return SG_OK;
		ps->p++;
		if (n + 2 >= FILTER_MAX_WORD)
			return fail_at(ps, ps->p, "the value is too long");
		dst[n++] = '|';
		r = read_word(ps, word, &quoted, "a name should stand after |");
		if (r < 0)
			return r;
		if (n + strlen(word) >= FILTER_MAX_WORD)
			return fail_at(ps, ps->p, "the value is too long");
		strcpy(dst + n, word);
	}
}

static enum filter_op read_op(struct parse *ps)
{
	static const struct {
		const char *tok;
		enum filter_op op;
	} ops[] = {
		/* longer ones first */
		{ "==", OP_EQ }, { "!=", OP_NE },    { "<=", OP_LE },
		{ ">=", OP_GE }, { "=~", OP_MATCH }, { "<", OP_LT },
		{ ">", OP_GT },  { "=", OP_EQ },     { "has", OP_ALL },
	};

	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		if (take(ps, ops[i].tok))
			return ops[i].op;
	skip_space(ps);
	if (ps->p[0] == '&' && ps->p[1] != '&') {
		ps->p++;
		return OP_ANY;
	}
	return OP_NONE;
}

static int read_comparison(struct parse *ps, uint16_t *ret)
{
	const char *name_at, *value_at;
	struct filter_cmp *c;
	struct sg_err why = { 0 };
	bool quoted = false;
	int r;

	r = new_node(ps, NODE_CMP, 0, 0, ret);
	if (r < 0)
		return r;
	c = calloc(1, sizeof(*c));
	if (!c)
		return sg_fail(ps->err, SG_E_NOMEM, "out of memory for the filter");
	ps->f->node[*ret].cmp = c; /* owned by the filter from here on */
	skip_space(ps);
	name_at = value_at = ps->p;
	r = read_word(ps, c->name, &quoted,
		      *ps->p ? "a name such as event, task or pfn should stand here"
			     : "the filter ends where a comparison should stand");
	if (r < 0)
		return r;
	c->op = read_op(ps);
	if (c->op != OP_NONE) {
		skip_space(ps);
		value_at = ps->p;
		r = c->op == OP_MATCH
			    ? read_pattern(ps, c->text)
			    : read_word(ps, c->text, &quoted, "a value should stand here");
		if (r == 0 && c->op != OP_MATCH && !quoted)
			r = read_more_bits(ps, c->text);
		if (r < 0)
			return r;
	}
	r = filter_cmp_bind(c, quoted && c->op != OP_NONE, ps->f->cap, &why);
	if (r == SG_E_NOTFOUND) /* the name, not the value, is at fault */
		return fail_at(ps, name_at, why.text);
	if (r == SG_E_NOMEM)
		return sg_fail(ps->err, r, "%s", why.text);
	return r < 0 ? fail_at(ps, value_at, why.text) : SG_OK;
}

static int read_or(struct parse *ps, uint16_t *ret);

static int read_unary(struct parse *ps, uint16_t *ret)
{
	const char *at;
	uint16_t a;
	int r;

	skip_space(ps);
	at = ps->p;
	if (ps->depth == FILTER_MAX_DEPTH)
		return fail_at(ps, at, "too many parentheses within each other");
	if (take(ps, "!") || take(ps, "not")) {
		ps->depth++;
		r = read_unary(ps, &a);
		ps->depth--;
		return r < 0 ? r : new_node(ps, NODE_NOT, a, 0, ret);
	}
	if (take(ps, "(")) {
		ps->depth++;
		r = read_or(ps, ret);
		ps->depth--;
		if (r < 0)
			return r;
		if (take(ps, ")"))
			return SG_OK;
		return *ps->p ? fail_at(ps, ps->p, "&&, || or ) should stand here")
			      : fail_at(ps, at, "this parenthesis is not closed");
	}
	return read_comparison(ps, ret);
}

static int read_and(struct parse *ps, uint16_t *ret)
{
	int r = read_unary(ps, ret);

	while (r == 0 && (take(ps, "&&") || take(ps, "and"))) {
		uint16_t a = *ret, b;

		r = read_unary(ps, &b);
		if (r == 0)
			r = new_node(ps, NODE_AND, a, b, ret);
	}
	return r;
}

static int read_or(struct parse *ps, uint16_t *ret)
{
	int r = read_and(ps, ret);

	while (r == 0 && (take(ps, "||") || take(ps, "or"))) {
		uint16_t a = *ret, b;

		r = read_and(ps, &b);
		if (r == 0)
			r = new_node(ps, NODE_OR, a, b, ret);
	}
	return r;
}

int sg_filter_new(const char *text, const struct sg_capture *cap, struct sg_filter **ret,
		  struct sg_err *err)
{
	struct parse ps = { .text = text, .p = text, .err = err };
	int r;

	if (strlen(text) > FILTER_MAX_TEXT)
		return sg_fail(err, SG_E_USAGE, "the filter is longer than %u bytes",
			       FILTER_MAX_TEXT);
	ps.f = calloc(1, sizeof(*ps.f));
	if (!ps.f)
		return sg_fail(err, SG_E_NOMEM, "out of memory for the filter");
	ps.f->cap = cap;
	r = read_or(&ps, &ps.f->root);
	if (r == 0) {
		skip_space(&ps);
		if (*ps.p)
			r = fail_at(&ps, ps.p,
				    *ps.p == ')' ? "this parenthesis was never opened"
						 : "&& or || should stand here");
	}
	if (r < 0) {
		sg_filter_free(ps.f);
		return r;
	}
	*ret = ps.f;
	return SG_OK;
}

void sg_filter_free(struct sg_filter *f)
{
	if (!f)
		return;
	for (unsigned int i = 0; i < f->nr_nodes; i++)
		free(f->node[i].cmp);
	free(f);
}

/* Depth is bounded by FILTER_MAX_NODES. */
static bool holds(const struct sg_filter *f, uint16_t i, const struct sg_event *ev, uint64_t number)
{
	const struct filter_node *n = &f->node[i];

	switch (n->type) {
	case NODE_NOT:
		return !holds(f, n->a, ev, number);
	case NODE_AND:
		return holds(f, n->a, ev, number) && holds(f, n->b, ev, number);
	case NODE_OR:
		return holds(f, n->a, ev, number) || holds(f, n->b, ev, number);
	case NODE_CMP:
		break;
	}
	return filter_cmp_holds(n->cmp, f->cap, ev, number);
}

bool sg_filter_match(const struct sg_filter *f, const struct sg_event *ev, uint64_t number)
{
	return holds(f, f->root, ev, number);
}
