// SPDX-License-Identifier: GPL-2.0-only
/* The check over an observed run: hands events to the checkers, sums up what they report. */
#include "check/check.h"
#include "observe/observe.h"
#include "say/words.h"

#include <stdlib.h>
#include <string.h>

#include "check/pick/loose.h"
#include "machine/state.h"
#include "sg_mem.h"

static const struct mm_checker *const checkers[] = {
	&mm_checker_alloc,
	&mm_checker_pcp,
	&mm_checker_compact,
	&mm_checker_reclaim,
};
#define NR_CHECKERS (sizeof(checkers) / sizeof(checkers[0]))

struct mm_check {
	struct mm_config cfg;
	const struct mm_machine *m;
	mm_decision_fn fn;
	void *arg;
	bool texts;
	bool mixed;                 /* a zone of the machine may be several in one */
	const struct sg_event *ev; /* the one at hand, NULL at the end of the run */
	struct mm_policy policy;
	struct mm_loose loose;
	void *state[NR_CHECKERS];
	/* of each kind, a bit for each checker that wants to see its events */
	uint8_t before[SG_KIND_COUNT], after[SG_KIND_COUNT];
	bool begun; /* the first event has been seen */
	struct mm_check_sum sum[MM_CHECK_COUNT];
	uint64_t failures;     /* of requests for memory, when the check began */
	uint64_t no_memory_at; /* the event by which there were more: nothing is decided from there on; 0: none */
};

static bool out_of_memory(const struct mm_check *c)
{
	return c->no_memory_at || sg_mem_failures() != c->failures || c->m->out_of_memory;
}

uint64_t mm_check_out_of_memory(const struct mm_check *c)
{
	return c->no_memory_at;
}

struct mm_check *mm_check_new_under(const struct mm_machine *m, const struct mm_config *cfg, const struct mm_policy *policy,
				    mm_decision_fn fn, void *arg, struct sg_err *err)
{
	struct mm_check *c = calloc(1, sizeof(*c));
	const struct sg_snapshot *snap[2] = { NULL, NULL };

	for (unsigned int i = 0; c && i < NR_CHECKERS; i++) {
		c->state[i] = calloc(1, checkers[i]->state_size ? checkers[i]->state_size : 1);
		if (!c->state[i]) {
			mm_check_free(c);
			c = NULL;
		}
	}
	if (!c) {
		sg_fail(err, SG_E_NOMEM, "out of memory");
		return NULL;
	}
	c->failures = sg_mem_failures();
	c->cfg = *cfg;
	c->m = m;
	c->fn = fn;
	c->arg = arg;
	c->texts = fn != NULL;
	for (unsigned int i = 0; i < NR_CHECKERS; i++)
		for (unsigned int k = 0; k < SG_KIND_COUNT; k++) {
			if (checkers[i]->before && (!checkers[i]->wants || checkers[i]->wants(k, false)))
				c->before[k] |= (uint8_t)(1u << i);
			if (checkers[i]->after && (!checkers[i]->wants || checkers[i]->wants(k, true)))
				c->after[k] |= (uint8_t)(1u << i);
		}
	for (unsigned int i = 0; i < m->core.nr_zones; i++)
		c->mixed |= m->core.zone[i].mixed;
	for (unsigned int i = 0; i < cfg->nr_seeds; i++)
		snap[i] = cfg->seed[i].snap;
	if (policy)
		c->policy = *policy;
	else
		mm_policy_of_capture(&c->policy, cfg->cap, snap, cfg->nr_seeds);
	for (unsigned int i = 0; i < NR_CHECKERS; i++)
		if (checkers[i]->init)
			checkers[i]->init(c->state[i], c);
	if (out_of_memory(c)) {
		mm_check_free(c);
		sg_fail(err, SG_E_NOMEM, "out of memory");
		return NULL;
	}
	return c;
}

struct mm_check *mm_check_new(const struct mm_machine *m, const struct mm_config *cfg, mm_decision_fn fn, void *arg,
			      struct sg_err *err)
{
	return mm_check_new_under(m, cfg, NULL, fn, arg, err);
}

void mm_check_free(struct mm_check *c)
{
	if (!c)
		return;
	for (unsigned int i = 0; i < NR_CHECKERS; i++) {
		if (c->state[i] && checkers[i]->fini)
			checkers[i]->fini(c->state[i]);
		free(c->state[i]);
	}
	free(c);
}

struct mm_check *mm_check_copy(const struct mm_check *c, const struct mm_machine *m, uint64_t *bytes)
{
	struct mm_check *n = malloc(sizeof(*n));
	uint64_t all = sizeof(*n);
	bool ok = true;

	if (!n)
		return NULL;
	*n = *c;
	n->m = m;
	mm_check_listen(n, NULL, NULL, false);
	memset(n->state, 0, sizeof(n->state));
	for (unsigned int i = 0; ok && i < NR_CHECKERS; i++) {
		size_t size = checkers[i]->state_size ? checkers[i]->state_size : 1;

		n->state[i] = malloc(size);
		ok = n->state[i] != NULL;
		if (!ok)
			break;
		memcpy(n->state[i], c->state[i], size);
		all += size;
		if (checkers[i]->copy)
			ok = checkers[i]->copy(n->state[i], c->state[i], &all);
	}
	if (!ok) {
		mm_check_free(n);
		return NULL;
	}
	if (bytes)
		*bytes += all;
	return n;
}

void mm_check_listen(struct mm_check *c, mm_decision_fn fn, void *arg, bool texts)
{
	c->fn = fn;
	c->arg = arg;
	c->texts = fn && texts;
}

static void undecided(struct mm_check_sum *s, const char *why, uint64_t nr)
{
	unsigned int i = 0;

	while (i < s->nr_why && s->undecided[i].why != why && strcmp(s->undecided[i].why, why) != 0)
		i++;
	if (i == s->nr_why && i < sizeof(s->undecided) / sizeof(s->undecided[0]))
		s->undecided[s->nr_why++].why = why;
	if (i < s->nr_why)
		s->undecided[i].count += nr;
}

/* The snapshot doesn't fit the trace: what was decided by it so far counts as undecided. */
static void take_back(struct mm_check *c)
{
	for (unsigned int i = 0; i < MM_CHECK_COUNT; i++) {
		struct mm_check_sum *s = &c->sum[i];

		if (s->decidable)
			undecided(s, "snapshot_stale", s->decidable);
		s->decidable = s->equal = 0;
	}
}

void mm_check_observe(struct mm_check *c, struct mm_machine *m, const struct sg_event *ev)
{
	struct sg_event room;
	unsigned int before, after;

	ev = mm_map_event(m->map, ev, &room);
	c->ev = ev;
	before = after = (1u << NR_CHECKERS) - 1;
	if (c->begun && ev->kind < SG_KIND_COUNT) {
		before = c->before[ev->kind];
		after = c->after[ev->kind];
	}
	c->begun = true;
	mm_loose_before(&c->loose, m, ev);
	for (unsigned int i = 0; i < NR_CHECKERS; i++)
		if ((before >> i & 1) && checkers[i]->before)
			checkers[i]->before(c->state[i], c, m, ev);
	mm_apply(m, ev);
	if (!c->no_memory_at && out_of_memory(c))
		c->no_memory_at = m->core.position;
	if (m->core.stale_at && m->core.stale_at == m->core.position)
		take_back(c);
	mm_loose_after(&c->loose, m, ev);
	for (unsigned int i = 0; after && i < NR_CHECKERS; i++)
		if ((after >> i & 1) && checkers[i]->after)
			checkers[i]->after(c->state[i], c, m, ev);
	c->ev = NULL;
}

void mm_check_finish(struct mm_check *c)
{
	for (unsigned int i = 0; i < NR_CHECKERS; i++)
		if (checkers[i]->finish)
			checkers[i]->finish(c->state[i], c);
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

	if (out_of_memory(c)) {
		unknown = *d;
		unknown.verdict = MM_UNDECIDED;
		unknown.why = "memory";
		d = &unknown;
	}
	s->total++;
	if (d->verdict == MM_UNDECIDED) {
		undecided(s, d->why, 1);
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
