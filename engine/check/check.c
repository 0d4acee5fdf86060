// SPDX-License-Identifier: GPL-2.0-only
/* The check over an observed run: hands events to the checkers. */
#include "check/priv.h"
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
_Static_assert(MM_NR_CHECKERS == sizeof(checkers) / sizeof(checkers[0]), "each checker has its state");

/* What policies see. */
static void see(struct mm_check *c)
{
	c->sight = (struct mm_sight){ .m = c->m, .policy = &c->policy };
	if (c->hooks)
		mm_eye_open(&c->hooks->eye, &c->sight);
}

struct mm_check *mm_check_new_under(const struct mm_machine *m, const struct mm_config *cfg, const struct mm_policy *policy,
				    mm_decision_fn fn, void *arg, struct sg_err *err)
{
	struct mm_check *c = calloc(1, sizeof(*c));
	const struct sg_snapshot *snap[2] = { NULL, NULL };

	for (unsigned int i = 0; c && i < MM_NR_CHECKERS; i++) {
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
	for (unsigned int i = 0; i < MM_NR_CHECKERS; i++)
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
	if (mm_overlays_new(&c->policy, &c->hooks, err) < 0) {
		mm_check_free(c);
		return NULL;
	}
	see(c);
	if (c->hooks)
		mm_overlays_begin(c->hooks);
	for (unsigned int i = 0; i < MM_NR_CHECKERS; i++)
		if (checkers[i]->init)
			checkers[i]->init(c->state[i], c);
	if (mm_check_lacks_memory(c)) {
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
	for (unsigned int i = 0; i < MM_NR_CHECKERS; i++) {
		if (c->state[i] && checkers[i]->fini)
			checkers[i]->fini(c->state[i]);
		free(c->state[i]);
	}
	mm_overlays_free(c->hooks);
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
	n->hooks = c->hooks ? mm_overlays_copy(c->hooks) : NULL;
	ok = !c->hooks || n->hooks;
	see(n);
	all += n->hooks ? mm_overlays_bytes(n->hooks) : 0;
	for (unsigned int i = 0; ok && i < MM_NR_CHECKERS; i++) {
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

/* The snapshot doesn't fit the trace: what was decided by it so far counts as undecided. */
static void take_back(struct mm_check *c)
{
	for (unsigned int i = 0; i < MM_CHECK_COUNT; i++) {
		struct mm_check_sum *s = &c->sum[i];

		if (s->decidable)
			mm_check_undecided(s, "snapshot_stale", s->decidable);
		s->decidable = s->equal = 0;
	}
}

void mm_check_observe(struct mm_check *c, struct mm_machine *m, const struct sg_event *ev)
{
	struct sg_event room;
	unsigned int before, after;

	ev = mm_map_event(m->map, ev, &room);
	c->ev = ev;
	before = after = (1u << MM_NR_CHECKERS) - 1;
	if (c->begun && ev->kind < SG_KIND_COUNT) {
		before = c->before[ev->kind];
		after = c->after[ev->kind];
	}
	c->begun = true;
	mm_loose_before(&c->loose, m, ev);
	for (unsigned int i = 0; i < MM_NR_CHECKERS; i++)
		if ((before >> i & 1) && checkers[i]->before)
			checkers[i]->before(c->state[i], c, m, ev);
	mm_apply(m, ev);
	if (!c->no_memory_at && mm_check_lacks_memory(c))
		c->no_memory_at = m->core.position;
	if (m->core.stale_at && m->core.stale_at == m->core.position)
		take_back(c);
	mm_loose_after(&c->loose, m, ev);
	for (unsigned int i = 0; after && i < MM_NR_CHECKERS; i++)
		if ((after >> i & 1) && checkers[i]->after)
			checkers[i]->after(c->state[i], c, m, ev);
	c->ev = NULL;
}

void mm_check_finish(struct mm_check *c)
{
	for (unsigned int i = 0; i < MM_NR_CHECKERS; i++)
		if (checkers[i]->finish)
			checkers[i]->finish(c->state[i], c);
}
