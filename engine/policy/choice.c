// SPDX-License-Identifier: GPL-2.0-only
/* The policies of the documents: found, read, printed, and what they set. */
#include "policy/choice.h"

#include <stdio.h>
#include <string.h>

const struct mm_choice *mm_choice(unsigned int i)
{
	const struct {
		const struct mm_choice *at;
		unsigned int nr;
	} document[] = { { mm_document_000, mm_document_000_nr },
			 { mm_document_001, mm_document_001_nr },
			 { mm_document_002, mm_document_002_nr } };

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

/* "gap, suitable", and of parts "a sum of p2, p4" */
static void name_values(const struct mm_choice *c, char *buf, size_t size)
{
	size_t n = 0;

	buf[0] = 0;
	for (unsigned int parts = 0; parts < 2; parts++)
		for (unsigned int v = 0, first = 1; v < c->nr; v++) {
			if (c->value[v].part != parts)
				continue;
			if (n)
				n += (size_t)snprintf(buf + n, size - n, "%s", first && parts ? ", or a sum of " : ", ");
			if (n < size)
				n += (size_t)snprintf(buf + n, size - n, "%s", c->value[v].key);
			first = 0;
			if (n >= size)
				return;
		}
}

int mm_choice_parse(const struct mm_choice *c, const char *s, size_t n, uint32_t *ret, struct sg_err *err)
{
	char values[200];
	const char *from = s, *end = s + n;
	uint32_t chosen = 0;
	bool parts = true;

	name_values(c, values, sizeof(values));
	for (unsigned int words = 0; words == 0 || from <= end; words++) {
		const char *plus = memchr(from, '+', (size_t)(end - from));
		size_t len = (size_t)((plus ? plus : end) - from);
		unsigned int v = 0;

		while (v < c->nr && !same(c->value[v].key, from, len))
			v++;
		if (v == c->nr)
			return sg_fail(err, SG_E_USAGE, "%s=%.*s: '%.*s' is no value of %s, which are %s", c->key,
				       (int)(n < 60 ? n : 60), s, (int)(len < 60 ? len : 60), from, c->key, values);
		if (chosen >> v & 1)
			return sg_fail(err, SG_E_USAGE, "%s=%.*s: %s is there twice", c->key, (int)(n < 60 ? n : 60), s,
				       c->value[v].key);
		chosen |= 1u << v;
		parts &= c->value[v].part;
		if ((chosen & (chosen - 1)) && !parts)
			return sg_fail(err, SG_E_USAGE, "%s=%.*s: these can't be joined, values are %s", c->key,
				       (int)(n < 60 ? n : 60), s, values);
		from += len + 1;
	}
	*ret = chosen;
	return 0;
}

size_t mm_choice_print(const struct mm_choice *c, uint32_t chosen, char *buf, size_t size)
{
	size_t n = 0;

	if (size == 0)
		return 0;
	buf[0] = 0;
	for (unsigned int v = 0; v < c->nr && n < size - 1; v++)
		if (chosen >> v & 1)
			n += (size_t)snprintf(buf + n, size - n, "%s%s", n ? "+" : "", c->value[v].key);
	return n < size ? n : size - 1;
}
