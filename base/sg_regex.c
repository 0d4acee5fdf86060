// SPDX-License-Identifier: GPL-2.0-only
/*
 * Patterns are compiled to a few kinds of instructions and run as a set of
 * states that all take a byte at the same time, so that nothing is tried twice.
 */
#include "sg_regex.h"

#include <string.h>

#define MAX_DEPTH 32u /* groups within each other */

enum { R_BYTE, R_ANY, R_SET, R_SPLIT, R_JUMP, R_START, R_END, R_FOUND };

struct build {
	struct sg_regex *re;
	const char *p;
	const char *error; /* the first one */
	unsigned int depth;
};

static void set_error(struct build *b, const char *what)
{
	if (!b->error)
		b->error = what;
}

static void emit(struct build *b, uint8_t op, uint8_t c, int a, int to)
{
	if (b->re->nr_code == SG_REGEX_MAX_CODE) {
		set_error(b, "it is too long");
		return;
	}
	b->re->code[b->re->nr_code++] = (struct sg_regex_op){ op, c, (int16_t)a, (int16_t)to };
}

/* Puts a split before the code from @at on; jumps are relative, so that the code can move. */
static void insert_split(struct build *b, unsigned int at, int to, int other)
{
	struct sg_regex *re = b->re;

	if (re->nr_code == SG_REGEX_MAX_CODE) {
		set_error(b, "it is too long");
		return;
	}
	memmove(&re->code[at + 1], &re->code[at], (re->nr_code - at) * sizeof(re->code[0]));
	re->code[at] = (struct sg_regex_op){ R_SPLIT, 0, (int16_t)to, (int16_t)other };
	re->nr_code++;
}

static void set_add(uint32_t *set, unsigned int c)
{
	set[c >> 5] |= 1u << (c & 31);
}

/* The bytes of a class by its letter: d digit, w word, s space, and those of [:name:]. */
static bool in_class(char letter, unsigned int c)
{
	bool digit = c >= '0' && c <= '9', lower = c >= 'a' && c <= 'z',
	     upper = c >= 'A' && c <= 'Z';
	bool space = c == ' ' || (c >= '\t' && c <= '\r');

	switch (letter) {
	case 'd':
		return digit;
	case 's':
		return space;
	case 'w':
		return digit || lower || upper || c == '_';
	case 'a':
		return lower || upper;
	case 'n':
		return digit || lower || upper;
	case 'l':
		return lower;
	case 'u':
		return upper;
	case 'x':
		return digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
	case 'p':
		return c > ' ' && c < 0x7f && !digit && !lower && !upper;
	}
	return false;
}

static void add_class(uint32_t *set, char letter)
{
	for (unsigned int c = 0; c < 256; c++)
		if (in_class(letter, c))
			set_add(set, c);
}

/* [:name:] inside of brackets. */
static bool read_named_class(struct build *b, uint32_t *set)
{
	static const struct {
		const char *name;
		char letter;
	} classes[] = {
		{ "[:digit:]", 'd' },  { "[:space:]", 's' }, { "[:alpha:]", 'a' },
		{ "[:alnum:]", 'n' },  { "[:lower:]", 'l' }, { "[:upper:]", 'u' },
		{ "[:xdigit:]", 'x' }, { "[:punct:]", 'p' },
	};

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		size_t len = strlen(classes[i].name);

		if (strncmp(b->p, classes[i].name, len) == 0) {
			add_class(set, classes[i].letter);
			b->p += len;
			return true;
		}
	}
	return false;
}

/* [...]; a ] that comes first stands for itself. */
static void read_set(struct build *b)
{
	bool negate = *b->p == '^', first = true;
	uint32_t *set;

	if (b->re->nr_sets == SG_REGEX_MAX_SETS) {
		set_error(b, "it has too many [...]");
		return;
	}
	set = b->re->set[b->re->nr_sets];
	memset(set, 0, sizeof(b->re->set[0]));
	if (negate)
		b->p++;
	for (; *b->p && (*b->p != ']' || first); first = false) {
		unsigned int from, to;

		if (read_named_class(b, set))
			continue;
		from = to = (unsigned char)*b->p++;
		if (b->p[0] == '-' && b->p[1] && b->p[1] != ']') {
			to = (unsigned char)b->p[1];
			b->p += 2;
		}
		if (to < from) {
			set_error(b, "a range in [...] runs backwards");
			return;
		}
		for (; from <= to; from++)
			set_add(set, from);
	}
	if (*b->p != ']') {
		set_error(b, "a [ is not closed");
		return;
	}
	b->p++;
	for (unsigned int i = 0; negate && i < 8; i++)
		set[i] = ~set[i];
	emit(b, R_SET, (uint8_t)b->re->nr_sets++, 0, 0);
}

static void read_escape(struct build *b)
{
	char c = *b->p;

	if (!c) {
		set_error(b, "it ends with a backslash");
		return;
	}
	b->p++;
	if (c >= '0' && c <= '9') {
		set_error(b, "it may not refer back to a group");
		return;
	}
	if (c != 'd' && c != 'w' && c != 's') {
		emit(b, R_BYTE, (uint8_t)c, 0, 0);
		return;
	}
	if (b->re->nr_sets == SG_REGEX_MAX_SETS) {
		set_error(b, "it has too many sets");
		return;
	}
	memset(b->re->set[b->re->nr_sets], 0, sizeof(b->re->set[0]));
	add_class(b->re->set[b->re->nr_sets], c);
	emit(b, R_SET, (uint8_t)b->re->nr_sets++, 0, 0);
}

static void read_choice(struct build *b);

static void read_atom(struct build *b)
{
	char c = *b->p++;

	switch (c) {
	case '(':
		if (b->depth == MAX_DEPTH) {
			set_error(b, "it has too many groups within each other");
			return;
		}
		b->depth++;
		read_choice(b);
		b->depth--;
		if (*b->p == ')')
			b->p++;
		else
			set_error(b, "a ( is not closed");
		return;
	case '[':
		read_set(b);
		return;
	case '\\':
		read_escape(b);
		return;
	case '.':
		emit(b, R_ANY, 0, 0, 0);
		return;
	case '^':
		emit(b, R_START, 0, 0, 0);
		return;
	case '$':
		emit(b, R_END, 0, 0, 0);
		return;
	case '*':
	case '+':
	case '?':
		set_error(b, "nothing stands before a * + or ?");
		return;
	case '{':
		set_error(b, "it may not repeat by count; write [{] for the sign {");
		return;
	default:
		emit(b, R_BYTE, (uint8_t)c, 0, 0);
	}
}

static void read_sequence(struct build *b)
{
	while (*b->p && *b->p != '|' && *b->p != ')' && !b->error) {
		unsigned int at = b->re->nr_code;

		read_atom(b);
		for (; (*b->p == '*' || *b->p == '+' || *b->p == '?') && !b->error; b->p++) {
			int len = (int)(b->re->nr_code - at);

			if (*b->p == '+') {
				emit(b, R_SPLIT, 0, -len, 1);
			} else if (*b->p == '?') {
				insert_split(b, at, 1, len + 1);
			} else {
				insert_split(b, at, 1, len + 2);
				emit(b, R_JUMP, 0, -len - 1, 0);
			}
		}
	}
}

/* x|y|z is x|(y|z): as deep as the pattern has bars, which its length bounds. */
static void read_choice(struct build *b)
{
	unsigned int at = b->re->nr_code, jump;

	read_sequence(b);
	if (*b->p != '|' || b->error)
		return;
	b->p++;
	insert_split(b, at, 1, (int)(b->re->nr_code - at) + 2);
	jump = b->re->nr_code;
	emit(b, R_JUMP, 0, 0, 0);
	read_choice(b);
	if (!b->error)
		b->re->code[jump].a = (int16_t)(b->re->nr_code - jump);
}

const char *sg_regex_compile(struct sg_regex *ret, const char *pattern)
{
	struct build b = { .re = ret, .p = pattern };

	ret->nr_code = ret->nr_sets = 0;
	if (strlen(pattern) > SG_REGEX_MAX_TEXT)
		return "it is too long";
	read_choice(&b);
	if (*b.p)
		set_error(&b, "a ) was never opened");
	emit(&b, R_FOUND, 0, 0, 0);
	return b.error;
}

/* The states that wait for the next byte. */
struct states {
	uint16_t nr, at[SG_REGEX_MAX_CODE];
};

/*
 * Adds @first and all that is reached from it without a byte.  True when that
 * includes the end of the pattern.  @mark: instructions seen in this round.
 */
static bool add_states(const struct sg_regex *re, struct states *st, uint16_t *mark, uint16_t round,
		       unsigned int first, bool at_start, bool at_end)
{
	uint16_t stack
		[2 *
		 SG_REGEX_MAX_CODE]; /* each instruction is expanded once and pushes two at most */
	unsigned int nr = 0;

	stack[nr++] = (uint16_t)first;
	while (nr > 0) {
		unsigned int i = stack[--nr];
		const struct sg_regex_op *op = &re->code[i];

		if (mark[i] == round)
			continue;
		mark[i] = round;
		switch (op->op) {
		case R_FOUND:
			return true;
		case R_SPLIT:
			stack[nr++] = (uint16_t)(i + (unsigned int)op->b);
			stack[nr++] = (uint16_t)(i + (unsigned int)op->a);
			break;
		case R_JUMP:
			stack[nr++] = (uint16_t)(i + (unsigned int)op->a);
			break;
		case R_START:
			if (at_start)
				stack[nr++] = (uint16_t)(i + 1);
			break;
		case R_END:
			if (at_end)
				stack[nr++] = (uint16_t)(i + 1);
			break;
		default:
			st->at[st->nr++] = (uint16_t)i;
		}
	}
	return false;
}

static bool takes(const struct sg_regex *re, const struct sg_regex_op *op, unsigned char c)
{
	return op->op == R_ANY || (op->op == R_BYTE && op->c == c) ||
	       (op->op == R_SET && (re->set[op->c][c >> 5] >> (c & 31) & 1));
}

bool sg_regex_match(const struct sg_regex *re, const char *s, size_t len)
{
	uint16_t mark[SG_REGEX_MAX_CODE] = { 0 }, round = 0;
	struct states st[2];
	unsigned int now = 0;

	st[0].nr = 0;
	for (size_t i = 0;; i++) {
		struct states *cur = &st[now], *next = &st[1 - now];
		bool at_end = i == len;

		/* a round for each position: when the number wraps, the marks start anew */
		if (i == 0 && add_states(re, cur, mark, ++round, 0, true, at_end))
			return true;
		if (at_end)
			return false;
		if (++round == 0) {
			memset(mark, 0, sizeof(mark));
			round = 1;
		}
		next->nr = 0;
		for (unsigned int k = 0; k < cur->nr; k++)
			if (takes(re, &re->code[cur->at[k]], (unsigned char)s[i]) &&
			    add_states(re, next, mark, round, cur->at[k] + 1u, false, i + 1 == len))
				return true;
		if (add_states(re, next, mark, round, 0, false,
			       i + 1 == len)) /* a match may begin here */
			return true;
		now = 1 - now;
	}
}
