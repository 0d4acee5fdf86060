// SPDX-License-Identifier: GPL-2.0-only
/* Gives names and values of a comparison their meaning: subjects, fields, flags, patterns. */
#include "sg_filter_int.h"

#include <string.h>
#include <strings.h>

#include "sg_pos.h"

bool filter_is_signed(enum sg_type t)
{
	return t == SG_T_INT || t == SG_T_NID || t == SG_T_ZONE || t == SG_T_SYM;
}

/* Decimal, hexadecimal with 0x, and a minus sign. */
static bool read_num(const char *s, struct filter_num *ret)
{
	struct filter_num n = { .neg = *s == '-' };
	unsigned int base = 10;

	if (n.neg)
		s++;
	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
		base = 16;
		s += 2;
	}
	if (!*s)
		return false;
	for (; *s; s++) {
		unsigned int d = *s >= '0' && *s <= '9'   ? (unsigned int)(*s - '0')
				 : *s >= 'a' && *s <= 'f' ? (unsigned int)(*s - 'a') + 10
				 : *s >= 'A' && *s <= 'F' ? (unsigned int)(*s - 'A') + 10
							  : 99;

		if (d >= base || n.mag > (UINT64_MAX - d) / base)
			return false;
		n.mag = n.mag * base + d;
	}
	*ret = n;
	return true;
}

static bool sym_value(const struct sg_symtab *tab, const char *name, uint64_t *ret)
{
	for (unsigned int i = 0; tab && i < tab->nr; i++)
		if (strcasecmp(tab->sym[i].name, name) == 0) {
			*ret = tab->sym[i].value;
			return true;
		}
	return false;
}

/* Index of @name in @nr names of 16 bytes. */
static bool list_value(const char (*list)[16], unsigned int nr, const char *name, uint64_t *ret)
{
	for (unsigned int i = 0; i < nr; i++)
		if (list[i][0] && strcasecmp(list[i], name) == 0) {
			*ret = i;
			return true;
		}
	return false;
}

/* One name in a field: a number that the capture gives a name. */
static bool name_value(const struct sg_capture *cap, unsigned int kind, unsigned int slot,
		       const char *name, uint64_t *ret)
{
	enum sg_type type = sg_kind_info(kind)->field[slot].type;

	if (type == SG_T_BOOL) {
		*ret = strcasecmp(name, "true") == 0 || strcasecmp(name, "yes") == 0;
		return *ret || strcasecmp(name, "false") == 0 || strcasecmp(name, "no") == 0;
	}
	if (sym_value(cap->sym[kind][slot], name, ret))
		return true;
	if (type == SG_T_GFP)
		return sym_value(cap->gfp_names, name, ret);
	if (type == SG_T_MT)
		return list_value(cap->migratetype, cap->nr_migratetypes, name, ret);
	if (type == SG_T_ZONE)
		return list_value(cap->zone_type, cap->nr_zone_types, name, ret);
	return false;
}

/* A number, a name, or several of them joined by |. */
static bool field_value(const struct sg_capture *cap, unsigned int kind, unsigned int slot,
			const char *text, struct filter_num *ret)
{
	struct filter_num sum = { 0 };

	if (read_num(text, ret))
		return true;
	for (;;) {
		size_t len = strcspn(text, "|");
		struct filter_num one;
		char word[FILTER_MAX_WORD];
		uint64_t v;

		if (len == 0 || len >= sizeof(word))
			return false;
		memcpy(word, text, len);
		word[len] = '\0';
		if (read_num(word, &one) && !one.neg)
			v = one.mag;
		else if (!name_value(cap, kind, slot, word, &v))
			return false;
		sum.mag |= v;
		if (!text[len])
			break;
		text += len + 1;
	}
	*ret = sum;
	return true;
}

const char *filter_value_name(const struct sg_capture *cap, unsigned int kind, unsigned int slot,
			      uint64_t v)
{
	enum sg_type type = sg_kind_info(kind)->field[slot].type;
	const struct sg_symtab *tab = cap->sym[kind][slot];

	for (unsigned int i = 0; tab && !tab->flags && i < tab->nr; i++)
		if (tab->sym[i].value == v)
			return tab->sym[i].name;
	if (type == SG_T_MT && v < cap->nr_migratetypes)
		return cap->migratetype[v];
	if (type == SG_T_ZONE && v < cap->nr_zone_types)
		return cap->zone_type[v];
	return NULL;
}

/* Names that stand for every field of a type, whatever the kernel calls it. */
static bool is_class_name(const char *name, enum sg_type type)
{
	return (type == SG_T_GFP && strcmp(name, "gfp") == 0) ||
	       (type == SG_T_NID && strcmp(name, "nid") == 0) ||
	       (type == SG_T_ZONE && strcmp(name, "zone") == 0) ||
	       (type == SG_T_STR && strcmp(name, "text") == 0);
}

static int find_slot(unsigned int kind, const char *name)
{
	const struct sg_kind_info *ki = sg_kind_info(kind);

	for (unsigned int i = 0; i < ki->nr_fields; i++)
		if (strcmp(ki->field[i].name, name) == 0)
			return (int)i;
	for (unsigned int i = 0; i < ki->nr_fields; i++)
		if (is_class_name(name, ki->field[i].type))
			return (int)i;
	return -1;
}

static int compile(struct filter_cmp *c, struct sg_err *err)
{
	const char *why = c->op == OP_MATCH ? sg_regex_compile(&c->re, c->text) : NULL;

	return why ? sg_fail(err, SG_E_USAGE, "the pattern is wrong: %s", why) : SG_OK;
}

/* A kind's name, with or without its system. */
static bool kind_matches(const struct filter_cmp *c, unsigned int kind)
{
	const struct sg_kind_info *ki = sg_kind_info(kind);
	char full[96];
	size_t n = strlen(ki->system), m = strlen(ki->name);

	if (n + m + 2 > sizeof(full))
		return false;
	memcpy(full, ki->system, n);
	full[n] = ':';
	memcpy(full + n + 1, ki->name, m + 1);
	if (c->op == OP_MATCH)
		return sg_regex_match(&c->re, ki->name, m) ||
		       sg_regex_match(&c->re, full, n + 1 + m);
	return strcmp(ki->name, c->text) == 0 || strcmp(full, c->text) == 0;
}

static int bind_event(struct filter_cmp *c, const struct sg_capture *cap, struct sg_err *err)
{
	bool known = c->op == OP_MATCH || strcmp(c->text, "other") == 0;

	for (unsigned int k = 1; k < SG_KIND_COUNT; k++) {
		c->kind_match[k] = kind_matches(c, k);
		known |= c->kind_match[k];
		if (c->op == OP_NE)
			c->kind_match[k] = !c->kind_match[k];
	}
	for (unsigned int i = 0; i < cap->nr_other; i++)
		known |= strcmp(cap->other[i].name, c->text) == 0;
	if (!known)
		return sg_fail(err, SG_E_USAGE,
			       "no event is called '%.60s'; =~ searches for a part of the name",
			       c->text);
	return SG_OK;
}

static int no_such_op(const struct filter_cmp *c, const char *ops, struct sg_err *err)
{
	return sg_fail(err, SG_E_USAGE, "'%.60s' can only be compared with %s", c->name, ops);
}

static int bind_number(struct filter_cmp *c, const struct sg_capture *cap, bool quoted,
		       struct sg_err *err)
{
	if (c->op == OP_NONE) /* pid alone: not zero */
		return SG_OK;
	if (c->op == OP_MATCH || c->op == OP_ANY || c->op == OP_ALL)
		return no_such_op(c, "== != < <= > >=", err);
	if (c->subject == SUBJ_TIME) {
		if (!sg_time_read(c->text, cap->clock_is_ns, &c->num.mag))
			return sg_fail(err, SG_E_USAGE,
				       "'%.60s' is not a time of this capture: give %s", c->text,
				       cap->clock_is_ns ? "seconds such as 17.25"
							: "a whole number");
		return SG_OK;
	}
	if (quoted || !read_num(c->text, &c->num))
		return sg_fail(err, SG_E_USAGE, "'%.60s' is not a number", c->text);
	return SG_OK;
}

/* Which operators a type allows, NULL when @op is one of them. */
static const char *refused(enum sg_type type, enum filter_op op)
{
	if (op == OP_NONE || op == OP_EQ || op == OP_NE)
		return NULL;
	if (type == SG_T_STR)
		return op == OP_MATCH ? NULL : "== != =~";
	if (op == OP_MATCH)
		return type == SG_T_SYM || type == SG_T_MT || type == SG_T_ZONE
			       ? NULL
			       : "== != < <= > >= & has";
	return NULL;
}

static int bind_field(struct filter_cmp *c, const struct sg_capture *cap, bool quoted,
		      struct sg_err *err)
{
	const char *name = strncmp(c->name, "ev.", 3) == 0 ? c->name + 3 : c->name;
	bool any_slot = false, any_value = false, any_op = false;
	const char *ops = "";

	for (unsigned int k = 0; k < SG_KIND_COUNT; k++) {
		int slot = find_slot(k, name);
		enum sg_type type;

		c->slot[k] = (int8_t)slot;
		if (slot < 0)
			continue;
		any_slot = true;
		type = sg_kind_info(k)->field[slot].type;
		if (refused(type, c->op)) {
			ops = refused(type, c->op);
			continue;
		}
		any_op = true;
		if (type == SG_T_STR || c->op == OP_MATCH || c->op == OP_NONE)
			c->resolved[k] = true;
		else
			c->resolved[k] = !quoted && field_value(cap, k, (unsigned int)slot, c->text,
								&c->value[k]);
		any_value |= c->resolved[k];
	}
	if (!any_slot)
		return sg_fail(err, SG_E_NOTFOUND, "no event has a field '%.60s'", name);
	if (!any_op)
		return no_such_op(c, ops, err);
	if (!any_value)
		return sg_fail(
			err, SG_E_USAGE,
			"'%.60s' is neither a number nor a name that this capture knows for %.60s",
			c->text, name);
	return SG_OK;
}

int filter_cmp_bind(struct filter_cmp *c, bool quoted, const struct sg_capture *cap,
		    struct sg_err *err)
{
	static const struct {
		const char *name;
		enum filter_subject subject;
	} subjects[] = {
		{ "event", SUBJ_EVENT },   { "task", SUBJ_TASK },         { "comm", SUBJ_TASK },
		{ "pid", SUBJ_PID },       { "cpu", SUBJ_CPU },           { "time", SUBJ_TIME },
		{ "number", SUBJ_NUMBER }, { "instance", SUBJ_INSTANCE },
	};
	int r;

	c->subject = SUBJ_FIELD;
	for (size_t i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++)
		if (strcmp(c->name, subjects[i].name) == 0)
			c->subject = subjects[i].subject;
	if (c->subject == SUBJ_FIELD && c->op == OP_NONE && find_slot(SG_EV_other, c->name) < 0 &&
	    sg_kind_by_name(c->name) != SG_EV_other) {
		/* the name of an event alone */
		c->subject = SUBJ_EVENT;
		c->op = OP_EQ;
		strcpy(c->text, c->name);
	}
	r = compile(c, err);
	if (r < 0)
		return r;
	switch (c->subject) {
	case SUBJ_EVENT:
	case SUBJ_TASK:
		if (c->op != OP_EQ && c->op != OP_NE && c->op != OP_MATCH)
			return no_such_op(c, "== != =~", err);
		return c->subject == SUBJ_EVENT ? bind_event(c, cap, err) : SG_OK;
	case SUBJ_FIELD:
		return bind_field(c, cap, quoted, err);
	default:
		return bind_number(c, cap, quoted, err);
	}
}
