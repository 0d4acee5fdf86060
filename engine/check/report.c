// SPDX-License-Identifier: GPL-2.0-only
/* What checkers ask the check for, and what becomes of their decisions: hidden where a limit hides them, counted, handed out. */
#include "check/priv.h"

#include <stdlib.h>
#include <string.h>

#include "say/words.h"
#include "sg_mem.h"

bool mm_check_lacks_memory(const struct mm_check *c)
{
	return c->no_memory_at || sg_mem_failures() != c->failures || c->m->out_of_memory;
}

uint64_t mm_check_out_of_memory(const struct mm_check *c)
{
	return c->no_memory_at;
}

void mm_check_undecided(struct mm_check_sum *s, const char *why, uint64_t nr)
{
	unsigned int i = 0;

	while (i < s->nr_why && s->undecided[i].why != why && strcmp(s->undecided[i].why, why) != 0)
		i++;
	if (i == s->nr_why && i < sizeof(s->undecided) / sizeof(s->undecided[0]))
		s->undecided[s->nr_why++].why = why;
	if (i < s->nr_why)
		s->undecided[i].count += nr;
}

const struct mm_check_sum *mm_check_get(const struct mm_check *c, enum mm_check_kind kind)
{
	return &c->sum[kind < MM_CHECK_COUNT ? kind : 0];
}

const char *mm_check_key(enum mm_check_kind kind)
{
	static const char *const key[] = {
#define X(id, k, text) k,
		MM_CHECK_LIST(X)
#undef X
	};

	return kind < MM_CHECK_COUNT ? key[kind] : "?";
}

const char *mm_check_text(enum mm_check_kind kind)
{
	static const char *const text[] = {
#define X(id, k, t) t,
		MM_CHECK_LIST(X)
#undef X
	};

	return kind < MM_CHECK_COUNT ? text[kind] : "?";
}

const char *mm_check_rules(const struct mm_check *c, bool *ret_guess)
{
	if (ret_guess)
		*ret_guess = c->policy.guess;
	return c->policy.name;
}

struct mm_facts mm_check_facts(const struct mm_check *c)
{
	return c->policy.facts;
}

const struct mm_policy *mm_check_policy(const struct mm_check *c)
{
	return &c->policy;
}

const struct mm_config *mm_check_config(const struct mm_check *c)
{
	return &c->cfg;
}

bool mm_check_wants_text(const struct mm_check *c)
{
	return c->texts;
}

/* Where nothing tells which zone a page is of, or whose zones a node's are, their lists and watermarks decide nothing. */
static bool zones_unknown(const struct mm_check *c, enum mm_check_kind kind)
{
	const struct sg_kind_info *ki = sg_kind_info(c->ev ? c->ev->kind : SG_EV_other);

	if (!c->mixed || kind == MM_CHECK_MERGE) /* blocks don't reach across borders */
		return false;
	for (unsigned int i = 0; i < ki->nr_fields && kind <= MM_CHECK_FALLBACK; i++)
		if (ki->field[i].type == SG_T_PFN) {
			int z = mm_zone_index(c->m, c->ev->v[i]);

			return z < 0 || c->m->core.zone[z].mixed;
		}
	return true;
}

/* @d with the kernel's pfns among its numbers. */
static void pages_out(const struct mm_check *c, struct mm_decision *ret, const struct mm_decision *d)
{
	*ret = *d;
	for (unsigned int i = 0; i < d->nr_numbers; i++)
		if (mm_number_is_pfn(d->number[i].name))
			ret->number[i].value = (int64_t)(strstr(d->number[i].name, "end_pfn") ?
							 mm_edge_out(c->m, (uint64_t)d->number[i].value) :
							 mm_out(c->m, (uint64_t)d->number[i].value));
}

/*
 * While a snapshot is read events go on: of what they touched nobody knows whether its page flags tell the state before or
 * after, so what is decided by pages and lists isn't known.
 */
static bool within_snapshot(const struct mm_check *c, const struct mm_decision *d)
{
	return c->m->core.in_snapshot && d->kind <= MM_CHECK_MERGE && d->verdict != MM_UNDECIDED;
}

/* Where others may have taken or given back pages unseen, equal and differing mean nothing. */
static const struct mm_decision *hidden(const struct mm_check *c, const struct mm_decision *d, struct mm_decision *buf)
{
	int id = d->verdict == MM_UNDECIDED ? -1 : sg_limits_hiding(&c->cfg.cap->limits, d->event);

	if (id < 0 && d->verdict != MM_UNDECIDED && c->cfg.limits)
		id = sg_limits_hiding(c->cfg.limits, d->event);
	if (id < 0)
		return d;
	*buf = *d;
	buf->verdict = MM_UNDECIDED;
	buf->why = sg_limit_key((enum sg_limit_id)id);
	buf->ours = "";
	return buf;
}

void mm_check_report(struct mm_check *c, const struct mm_decision *decision)
{
	struct mm_decision buf;
	const struct mm_decision *d = hidden(c, decision, &buf);
	struct mm_check_sum *s = &c->sum[d->kind];
	struct mm_decision unknown, open, shown;

	if (within_snapshot(c, d) || (d->verdict != MM_UNDECIDED && zones_unknown(c, d->kind))) {
		open = *d;
		open.why = within_snapshot(c, d) ? "snapshot_window" : "zones_unknown";
		open.verdict = MM_UNDECIDED;
		open.ours = "";
		d = &open;
	}
	if (c->m->map && c->fn) {
		pages_out(c, &shown, d);
		d = &shown;
	}

	if (mm_check_lacks_memory(c)) {
		unknown = *d;
		unknown.verdict = MM_UNDECIDED;
		unknown.why = "memory";
		d = &unknown;
	}
	s->total++;
	if (d->verdict == MM_UNDECIDED) {
		mm_check_undecided(s, d->why, 1);
	} else {
		s->decidable++;
		s->equal += d->verdict == MM_EQUAL;
	}
	if (c->fn)
		c->fn(c->arg, d);
}

unsigned int mm_check_cpus(const struct mm_check *c)
{
	return c->m->nr_base;
}

uint64_t mm_check_pfn(const struct mm_check *c, uint64_t pfn)
{
	return mm_out(c->m, pfn);
}

unsigned int mm_check_zones(const struct mm_check *c)
{
	return c->m->core.nr_zones;
}

bool mm_check_copied(void **to, const void *from, size_t len, uint64_t *bytes)
{
	*to = malloc(len ? len : 1);
	if (!*to)
		return false;
	if (len)
		memcpy(*to, from, len);
	*bytes += len;
	return true;
}

int64_t mm_check_setting(const struct mm_check *c, const char *key, int64_t otherwise)
{
	for (unsigned int i = c->cfg.nr_seeds; i-- > 0;) {
		const char *v = sg_snapshot_get(c->cfg.seed[i].snap, key);
		char *end;
		int64_t n;

		if (!v)
			continue;
		n = strtoll(v, &end, 0);
		if (end != v)
			return n;
	}
	return otherwise;
}

struct mm_loose *mm_check_loose(struct mm_check *c)
{
	return &c->loose;
}

struct mm_overlays *mm_check_asks(const struct mm_check *c, enum mm_hook hook)
{
	if (!mm_overlays_have(c->hooks, hook))
		return NULL;
	c->hooks->eye.what_if = false;
	c->hooks->eye.now = c->ev ? c->ev->ts : 0;
	c->hooks->eye.position = c->m->core.position + 1;
	return c->hooks;
}

const struct mm_overlays *mm_check_overlays(const struct mm_check *c)
{
	return c->hooks;
}
