// SPDX-License-Identifier: GPL-2.0-only
/* Does a comparison hold for an event? */
#include "sg_filter_int.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *filter_other_name(const struct sg_capture *cap, const struct sg_event *ev)
{
	for (unsigned int i = 0; i < cap->nr_other; i++)
		if ((uint64_t)cap->other[i].id == ev->v[SGF_other_id])
			return cap->other[i].name;
	return "";
}

/* -1, 0 or 1, as an event's number is below, equal to or above the one of the filter. */
static int compare(uint64_t v, bool is_signed, struct filter_num n)
{
	bool v_neg = is_signed && (int64_t)v < 0;
	bool n_neg = n.neg && n.mag > 0;
	uint64_t mag = v_neg ? 0 - v : v;
	int r;

	if (v_neg != n_neg)
		return v_neg ? -1 : 1;
	r = mag < n.mag ? -1 : mag > n.mag;
	return v_neg ? -r : r;
}

static bool num_holds(enum filter_op op, uint64_t v, bool is_signed, struct filter_num n)
{
	uint64_t bits = n.neg ? 0 - n.mag : n.mag;

	switch (op) {
	case OP_NONE:
		return v != 0;
	case OP_EQ:
		return compare(v, is_signed, n) == 0;
	case OP_NE:
		return compare(v, is_signed, n) != 0;
	case OP_LT:
		return compare(v, is_signed, n) < 0;
	case OP_LE:
		return compare(v, is_signed, n) <= 0;
	case OP_GT:
		return compare(v, is_signed, n) > 0;
	case OP_GE:
		return compare(v, is_signed, n) >= 0;
	case OP_ANY:
		return (v & bits) != 0;
	case OP_ALL:
		return (v & bits) == bits;
	case OP_MATCH:
		break;
	}
	return false;
}

/* @s: @len bytes, not terminated.  Patterns see at most the first 4 KiB. */
static bool text_holds(const struct filter_cmp *c, const char *s, size_t len)
{
	bool equal;

	if (c->op == OP_NONE)
		return len > 0;
	if (c->op == OP_MATCH)
		return sg_regex_match(&c->re, s, len < 4096 ? len : 4096);
	equal = len == strlen(c->text) && (len == 0 || memcmp(s, c->text, len) == 0);
	return c->op == OP_EQ ? equal : !equal;
}

static bool is_order(enum filter_op op)
{
	return op == OP_LT || op == OP_LE || op == OP_GT || op == OP_GE;
}

/* A failed allocation has a pfn of all ones, or 0, as the kernel recorded it: that is above and below no page. */
static bool no_page(const struct sg_event *ev, unsigned int slot)
{
	return ev->v[slot] == SG_MISSING || (ev->kind == SG_EV_mm_page_alloc && ev->v[slot] == 0);
}

static bool field_holds(const struct filter_cmp *c, const struct sg_capture *cap,
			const struct sg_event *ev)
{
	const struct sg_kind_info *ki = sg_kind_info(ev->kind);
	unsigned int slot;
	const char *name;
	uint64_t v;

	if (ev->kind >= SG_KIND_COUNT || c->slot[ev->kind] < 0 || !c->resolved[ev->kind])
		return false;
	slot = (unsigned int)c->slot[ev->kind];
	if (ki->field[slot].type == SG_T_STR)
		return text_holds(c, ev->str ? ev->str : "", ev->str ? ev->str_len : 0);
	v = ev->v[slot];
	/* a pfn of all ones is a value (a failed allocation); elsewhere it says: no such field */
	if (v == SG_MISSING && ki->field[slot].type != SG_T_PFN &&
	    !filter_is_signed(ki->field[slot].type))
		return false;
	if (c->op == OP_MATCH) {
		name = filter_value_name(cap, ev->kind, slot, v);
		return name && text_holds(c, name, strlen(name));
	}
	if (ki->field[slot].type == SG_T_PFN && is_order(c->op) && no_page(ev, slot))
		return false;
	return num_holds(c->op, v, filter_is_signed(ki->field[slot].type), c->value[ev->kind]);
}

static bool event_holds(const struct filter_cmp *c, const struct sg_capture *cap,
			const struct sg_event *ev)
{
	const char *name;

	if (ev->kind > 0 && ev->kind < SG_KIND_COUNT)
		return c->kind_match[ev->kind];
	if (strcmp(c->text, "other") == 0 && c->op != OP_MATCH)
		return c->op == OP_EQ;
	name = filter_other_name(cap, ev);
	return text_holds(c, name, strlen(name));
}

/* A task is called by its command, or by command and pid as the screens and lists print it. */
static bool task_holds(const struct filter_cmp *c, const struct sg_capture *cap, int32_t pid)
{
	const char *comm = sg_capture_comm(cap, pid);
	char whole[64];
	int len = snprintf(whole, sizeof(whole), "%s-%" PRId32, comm, pid);
	bool one = text_holds(c, comm, strlen(comm)), both = text_holds(c, whole, (size_t)len);

	return c->op == OP_NE ? one && both : one || both;
}

bool filter_cmp_holds(const struct filter_cmp *c, const struct sg_capture *cap,
		      const struct sg_event *ev, uint64_t number)
{
	switch (c->subject) {
	case SUBJ_EVENT:
		return event_holds(c, cap, ev);
	case SUBJ_TASK:
		return task_holds(c, cap, ev->pid);
	case SUBJ_PID:
		return num_holds(c->op, (uint64_t)(int64_t)ev->pid, true, c->num);
	case SUBJ_CPU:
		return num_holds(c->op, ev->cpu, false, c->num);
	case SUBJ_TIME:
		return num_holds(c->op, ev->ts, false, c->num);
	case SUBJ_NUMBER:
		return num_holds(c->op, number, false, c->num);
	case SUBJ_INSTANCE:
		return num_holds(c->op, ev->instance, false, c->num);
	case SUBJ_FIELD:
		break;
	}
	return field_holds(c, cap, ev);
}
