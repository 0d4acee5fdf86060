// SPDX-License-Identifier: GPL-2.0-only
/* The policies of the documents: found, read, printed, and what they set. */
#include "policy/choice.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct mm_choice *mm_choice(unsigned int i)
{
	const struct {
		const struct mm_choice *at;
		unsigned int nr;
	} document[] = { { mm_document_000, mm_document_000_nr },
			 { mm_document_001, mm_document_001_nr },
			 { mm_document_002, mm_document_002_nr },
			 { mm_document_003, mm_document_003_nr },
			 { mm_document_004, mm_document_004_nr } };

	for (unsigned int d = 0; d < sizeof(document) / sizeof(document[0]); d++) {
		if (i < document[d].nr)
			return &document[d].at[i];
		i -= document[d].nr;
	}
	return NULL;
}

static bool same(const char *key, const char *s, size_t n)
{
	return strlen(key) == n && memcmp(key, s, n) == 0;
}

int mm_choice_find(const char *s, size_t n)
{
	const struct mm_choice *c;

	for (unsigned int i = 0; (c = mm_choice(i)) != NULL; i++)
		if (!c->setting && same(c->key, s, n))
			return (int)i;
	return -1;
}

/* ---- facts ---------------------------------------------------------------------- */

static bool listed(const enum mm_fact *list, enum mm_fact x)
{
	for (; list && *list != MM_FACT_COUNT; list++)
		if (*list == x)
			return true;
	return false;
}

bool mm_choice_says(const struct mm_choice *c, uint32_t chosen, enum mm_fact x, bool *ret)
{
	*ret = false;
	for (unsigned int v = 0; v < c->nr; v++)
		*ret |= (chosen >> v & 1) && listed(c->value[v].on, x);
	return *ret || (chosen && listed(c->facts, x));
}

void mm_choice_facts(const struct mm_choice *c, uint32_t chosen, struct mm_facts *facts)
{
	for (unsigned int x = 0; x < MM_FACT_COUNT; x++) {
		bool on;

		if (mm_choice_says(c, chosen, (enum mm_fact)x, &on))
			mm_facts_set(facts, (enum mm_fact)x, on);
	}
}

int mm_choice_own(const struct mm_choice *c, struct mm_facts facts)
{
	if (c->defrag && !mm_has(facts, DEFRAG))
		return -1;
	if (c->setting)
		return 0;
	/* the later values say more */
	for (unsigned int v = c->nr; v-- > 0;) {
		struct mm_facts with = facts;

		mm_choice_facts(c, 1u << v, &with);
		if (!c->value[v].part && !c->value[v].hooks && mm_facts_equal(with, facts))
			return (int)v;
	}
	return -1;
}

/* ---- written and read -------------------------------------------------------------- */

const char *mm_choice_value_name(const struct mm_choice_value *v, char *buf, size_t size)
{
	snprintf(buf, size, "%s%s", v->key, v->number ? "=N" : "");
	return buf;
}

/* "gap, suitable", and of parts "a sum of p2, p4" */
static void name_values(const struct mm_choice *c, char *buf, size_t size)
{
	char name[40];
	size_t n = 0;

	buf[0] = 0;
	for (unsigned int parts = 0; parts < 2; parts++)
		for (unsigned int v = 0, first = 1; v < c->nr; v++) {
			if (c->value[v].part != parts)
				continue;
			if (n)
				n += (size_t)snprintf(buf + n, size - n, "%s", first && parts ? ", or a sum of " : ", ");
			if (n < size)
				n += (size_t)snprintf(buf + n, size - n, "%s", mm_choice_value_name(&c->value[v], name, sizeof(name)));
			first = 0;
			if (n >= size)
				return;
		}
}

/* What is read: all of it, for messages, and one value of it with the text behind its '='. */
struct word {
	const char *all, *text, *number; /* number: NULL: there is no '=' */
	int nr_all, nr_text, nr_number;
};

/* The number of a value that takes one, and none of any other. */
static int parse_number(const struct mm_choice *c, const struct mm_choice_value *v, const struct word *w, int64_t *ret,
			struct sg_err *err)
{
	char text[32], *end;
	long long n;

	if (!v->number && !w->number)
		return 0;
	if (!v->number)
		return sg_fail(err, SG_E_USAGE, "%s=%.*s: %s takes no number", c->key, w->nr_all, w->all, v->key);
	if (!w->number)
		return sg_fail(err, SG_E_USAGE, "%s=%.*s: how many %s?  %s=%s=N, with N from %" PRId64 " to %" PRId64, c->key, w->nr_all,
			       w->all, v->number, c->key, v->key, v->least, v->most);
	snprintf(text, sizeof(text), "%.*s", w->nr_number, w->number);
	n = strtoll(text, &end, 10);
	if (end == text || *end || n < v->least || n > v->most)
		return sg_fail(err, SG_E_USAGE, "%s=%.*s: %s is a number of %s from %" PRId64 " to %" PRId64 ", not '%s'", c->key, w->nr_all,
			       w->all, v->key, v->number, v->least, v->most, text);
	*ret = n;
	return 0;
}

int mm_choice_parse(const struct mm_choice *c, const char *s, size_t n, uint32_t *ret, int64_t *ret_number, struct sg_err *err)
{
	const char *from = s, *end = s + n;
	struct word w = { .all = s, .nr_all = (int)(n < 60 ? n : 60) };
	uint32_t chosen = 0;
	int64_t number = 0;
	char values[200];
	bool parts = true;

	name_values(c, values, sizeof(values));
	for (unsigned int words = 0; words == 0 || from <= end; words++) {
		const char *plus = memchr(from, '+', (size_t)(end - from)), *eq;
		size_t len = (size_t)((plus ? plus : end) - from), key;
		unsigned int v = 0;
		int r;

		eq = memchr(from, '=', len);
		key = eq ? (size_t)(eq - from) : len;
		w.text = from;
		w.nr_text = (int)(key < 60 ? key : 60);
		w.number = eq ? eq + 1 : NULL;
		w.nr_number = eq ? (int)(len - key - 1 < 60 ? len - key - 1 : 60) : 0;
		while (v < c->nr && !same(c->value[v].key, from, key))
			v++;
		if (v == c->nr)
			return sg_fail(err, SG_E_USAGE, "%s=%.*s: '%.*s' is no value of %s, which are %s", c->key, w.nr_all, s, w.nr_text,
				       from, c->key, values);
		if (chosen >> v & 1)
			return sg_fail(err, SG_E_USAGE, "%s=%.*s: %s is there twice", c->key, w.nr_all, s, c->value[v].key);
		r = parse_number(c, &c->value[v], &w, &number, err);
		if (r < 0)
			return r;
		chosen |= 1u << v;
		parts &= c->value[v].part;
		if ((chosen & (chosen - 1)) && !parts)
			return sg_fail(err, SG_E_USAGE, "%s=%.*s: these can't be joined, values are %s", c->key, w.nr_all, s, values);
		from += len + 1;
	}
	*ret = chosen;
	*ret_number = number;
	return 0;
}

size_t mm_choice_print(const struct mm_choice *c, uint32_t chosen, int64_t number, char *buf, size_t size)
{
	size_t n = 0;

	if (size == 0)
		return 0;
	buf[0] = 0;
	for (unsigned int v = 0; v < c->nr && n < size - 1; v++) {
		if (!(chosen >> v & 1))
			continue;
		n += (size_t)snprintf(buf + n, size - n, "%s%s", n ? "+" : "", c->value[v].key);
		if (c->value[v].number && n < size - 1)
			n += (size_t)snprintf(buf + n, size - n, "=%" PRId64, number);
	}
	return n < size ? n : size - 1;
}
