// SPDX-License-Identifier: GPL-2.0-only
#include "maker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct ui_made *by_id(struct maker *mk, uint32_t id)
{
	for (size_t i = 0; i < mk->nr; i++)
		if (mk->made[i].id == id)
			return &mk->made[i];
	return NULL;
}

static int policy(void *arg, const char *spec, struct mm_policy *ret, struct sg_err *err)
{
	char text[UI_MADE_SPEC + 16];

	(void)arg;
	if (strncmp(spec, "own", 3) == 0 && (!spec[3] || spec[3] == ','))
		snprintf(text, sizeof(text), "linux-7.3%s", spec + 3);
	else
		snprintf(text, sizeof(text), "%s", spec);
	return mm_policy_parse(text, ret, err);
}

static int start(void *arg, const struct ui_recipe *how, uint32_t *ret_id, struct sg_err *err)
{
	struct maker *mk = arg;
	struct mm_policy p;

	for (size_t i = 0; i < mk->nr; i++) {
		struct ui_made *m = &mk->made[i];

		if (strcmp(m->how.spec, how->spec) != 0 || m->how.seed != how->seed)
			continue;
		*ret_id = m->id;
		if (m->state == UI_MADE_WHOLE || ui_made_comes(m->state))
			return 1;
		m->state = UI_MADE_WAITING;
		m->milli = 0;
		return 0;
	}
	if (policy(arg, how->spec, &p, err) < 0)
		return err->code;
	if (mk->nr == MAKER_RUNS)
		return sg_fail(err, SG_E_RANGE, "there are too many runs: delete some");
	mk->started++;
	mk->made[mk->nr++] = (struct ui_made){ .id = ++mk->last, .how = *how, .state = UI_MADE_WAITING };
	*ret_id = mk->last;
	return 0;
}

static void step(struct ui_made *m)
{
	if (m->state == UI_MADE_WAITING) {
		m->state = UI_MADE_PREPARING;
		return;
	}
	m->state = UI_MADE_RUNNING;
	m->milli += 250;
	m->events = m->milli * MACHINE_EVENTS / 1000;
	if (m->how.seed == MAKER_STAYS) {
		m->milli = 430;
		m->events = 182;
	} else if (m->how.seed == MAKER_DIES && m->milli == 500) {
		m->state = UI_MADE_DIED;
		snprintf(m->why, sizeof(m->why), "it was ended by a bad memory access (signal 11) with 12 of 24 wants of the demand done");
	} else if (m->how.seed == MAKER_FAILS) {
		m->state = UI_MADE_FAILED;
		m->events = 0;
		snprintf(m->why, sizeof(m->why), "CPUs missing: CPU 2 has no record; with --assume the run takes what it sees for all there is");
	} else if (m->milli >= 1000) {
		m->state = UI_MADE_WHOLE;
		m->milli = 1000;
		m->events = MACHINE_EVENTS;
	}
}

static bool poll(void *arg)
{
	struct maker *mk = arg;

	for (size_t i = 0; i < mk->nr; i++)
		if (ui_made_comes(mk->made[i].state)) {
			step(&mk->made[i]);
			return true;
		}
	return false;
}

static size_t count(void *arg)
{
	return ((struct maker *)arg)->nr;
}

static const struct ui_made *get(void *arg, size_t i)
{
	struct maker *mk = arg;

	return i < mk->nr ? &mk->made[i] : NULL;
}

static void stop(void *arg, uint32_t id)
{
	struct ui_made *m = by_id(arg, id);

	if (!m || !ui_made_comes(m->state))
		return;
	m->state = m->state == UI_MADE_RUNNING ? UI_MADE_CUT : UI_MADE_NOT;
	snprintf(m->why, sizeof(m->why), "the user ended it");
}

static int rename_run(void *arg, uint32_t id, const char *name, struct sg_err *err)
{
	struct ui_made *m = by_id(arg, id);

	if (!m)
		return sg_fail(err, SG_E_NOTFOUND, "there is no such run");
	snprintf(m->how.name, sizeof(m->how.name), "%.*s", (int)sizeof(m->how.name) - 1, name);
	return 0;
}

static int remove_run(void *arg, uint32_t id, struct sg_err *err)
{
	struct maker *mk = arg;
	struct ui_made *m = by_id(mk, id);

	if (!m)
		return sg_fail(err, SG_E_NOTFOUND, "there is no such run");
	memmove(m, m + 1, (size_t)(&mk->made[mk->nr] - (m + 1)) * sizeof(*m));
	mk->nr--;
	return 0;
}

/* ---- opened --------------------------------------------------------------------------- */

struct opened {
	struct machine m;
	struct maker *mk;
	struct sg_simulated run;
	struct ui_recipe how;
};

static void release(const struct ui_source *src)
{
	struct opened *o = src->arg;

	o->mk->released++;
	machine_fini(&o->m);
	free(o);
}

static int open_run(void *arg, uint32_t id, const struct ui_source **ret, struct sg_err *err)
{
	struct maker *mk = arg;
	struct ui_made *m = by_id(mk, id);
	struct opened *o;

	if (!m || !ui_made_opens(m->state))
		return sg_fail(err, SG_E_NOTFOUND, "there is nothing of this run to be opened");
	o = calloc(1, sizeof(*o));
	if (!o)
		abort();
	machine_init(&o->m);
	machine_simulated(&o->m);
	for (size_t i = 0; i < o->m.nr; i++)
		o->m.ev[i].ts += 1000;
	o->mk = mk;
	o->how = m->how;
	o->run = *o->m.cap.simulated;
	o->run.asked = o->how.spec;
	o->run.seed = o->how.seed;
	o->run.ended = m->why;
	o->m.cap.simulated = &o->run;
	o->m.src.release = release;
	*ret = &o->m.src;
	mk->opened++;
	return 0;
}

void maker_init(struct maker *mk)
{
	*mk = (struct maker){ 0 };
	mm_policy_parse("linux-7.3", &mk->own, NULL);
	mk->maker = (struct ui_maker){ .arg = mk, .own = &mk->own, .keeps = true, .policy = policy, .start = start, .poll = poll,
				       .count = count, .get = get, .stop = stop, .rename = rename_run, .remove = remove_run,
				       .open = open_run };
}
