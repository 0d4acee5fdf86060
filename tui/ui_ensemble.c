// SPDX-License-Identifier: GPL-2.0-only
/* Further runs, read and counted one after the other. */
#include "ui_ensemble.h"

#include <stdlib.h>
#include <string.h>

#include "machine/layout.h"
#include "sg_mem.h"
#include "ui_model_priv.h"

#define READ_CHUNK  4096
#define COUNT_CHUNK 300

static const struct ui_also *also(const struct ui_model *md)
{
	return md->home->src->also;
}

static void close_one(struct ui_ensemble *e, const struct ui_model *md)
{
	mm_count_free(e->count);
	mm_layout_free(e->layout);
	e->count = NULL;
	e->layout = NULL;
	if (e->src && e->from_list && e->src->release)
		e->src->release(e->src);
	else if (e->src && !e->from_list)
		also(md)->close(also(md)->arg);
	e->src = NULL;
	e->read = false;
}

void ui_ensemble_drop(struct ui_ensemble *e, const struct ui_model *md)
{
	close_one(e, md);
	free(e->counted);
	*e = (struct ui_ensemble){ 0 };
}

static bool is_own(const char *spec)
{
	return !*spec || strcmp(spec, "own") == 0;
}

/* A whole run of the list that counts for either of both, and hasn't been looked at; NULL. */
static const struct ui_made *next_made(const struct ui_ensemble *e, const struct ui_model *md)
{
	const struct ui_maker *maker = md->home->src->maker;
	const struct ui_made *m;

	for (size_t i = 0; maker && !maker->cannot && e->nr_made < UI_ENSEMBLE_MOST && (m = maker->get(maker->arg, i)) != NULL; i++) {
		bool counts = is_own(m->how.spec), seen = m->state != UI_MADE_WHOLE;

		for (unsigned int k = 0; k < 2; k++) {
			const struct sg_simulated *s = ui_beside_run(md, k)->cap->simulated;

			counts |= s && strcmp(s->asked, m->how.spec) == 0;
			seen |= s && s->seed == m->how.seed && strcmp(s->asked, m->how.spec) == 0;
		}
		for (unsigned int k = 0; k < e->nr_made; k++)
			seen |= e->made[k] == m->id;
		if (counts && !seen)
			return m;
	}
	return NULL;
}

bool ui_ensemble_pending(const struct ui_ensemble *e, const struct ui_model *md)
{
	return e->src || (e->nr < UI_ENSEMBLE_MOST &&
			  ((also(md) && e->next < also(md)->count(also(md)->arg)) || next_made(e, md)));
}

/* The next one that may be of use is opened. */
static void open_next(struct ui_ensemble *e, struct ui_model *md)
{
	const struct ui_maker *maker = md->home->src->maker;
	const struct ui_source *src = NULL;
	const struct ui_made *m;
	struct sg_err err = { 0 };
	int r = 0;

	if (also(md) && e->next < also(md)->count(also(md)->arg)) {
		e->from_list = false;
		r = also(md)->open(also(md)->arg, e->next++, &src, &err);
	} else if ((m = next_made(e, md)) != NULL) {
		e->from_list = true;
		e->made[e->nr_made++] = m->id;
		r = maker->open(maker->arg, m->id, &src, &err);
	}
	if (r < 0)
		ui_model_say(md, UI_MSG_WARN, "%s", err.text);
	else
		e->src = src;
}

static bool same_policy(const struct sg_simulated *a, const struct sg_simulated *b)
{
	return a && b && strcmp(a->capture, b->capture) == 0 && strcmp(a->policy, b->policy) == 0;
}

/* One run is no other of itself. */
static bool same_run(const struct sg_simulated *a, const struct sg_simulated *b)
{
	return same_policy(a, b) && a->seed == b->seed;
}

static void keep(struct ui_ensemble *e, struct ui_model *md, const struct mm_figure_values *v)
{
	const struct sg_simulated *s = e->src->cap->simulated, *of[3];
	struct ui_counted *n;

	if (s && *s->ended)
		return; /* what it came to isn't all */
	for (unsigned int k = 0; k < 2; k++)
		of[k] = ui_beside_run(md, k)->cap->simulated;
	of[2] = md->home->cap->simulated;
	for (unsigned int k = 0; k < 3; k++)
		if (same_run(s, of[k]))
			return;
	n = sg_realloc(e->counted, (e->nr + 1) * sizeof(*n));
	if (!n)
		return;
	e->counted = n;
	n = &e->counted[e->nr++];
	n->own = ui_beside_is_own(e->src->cap);
	for (unsigned int k = 0; k < 2; k++)
		n->of[k] = same_policy(s, of[k]);
	n->v = *v;
}

static bool begin_count(struct ui_ensemble *e)
{
	struct mm_config cfg = *e->src->cfg;

	e->layout = mm_layout_new(sg_log_layout(e->src->log), e->src->cap);
	cfg.layout = e->layout;
	cfg.max_order_hint = sg_log_max_order(e->src->log);
	e->count = e->layout ? mm_count_new(&cfg, e->src->log) : NULL;
	return e->count;
}

void ui_ensemble_work(struct ui_ensemble *e, struct ui_model *md, const struct ui_clock *clock)
{
	uint64_t start = ui_clock_us(clock);

	if (!e->src)
		open_next(e, md);
	if (!e->src)
		return;
	while (!e->read && ui_clock_us(clock) - start < UI_SLICE_US)
		e->read = e->src->more(e->src->arg, READ_CHUNK) <= 0;
	if (!e->read)
		return;
	if (!e->count && !begin_count(e)) {
		close_one(e, md);
		return;
	}
	while (mm_count_work(e->count, COUNT_CHUNK))
		if (ui_clock_us(clock) - start >= UI_SLICE_US)
			return;
	if (mm_count_values(e->count))
		keep(e, md, mm_count_values(e->count));
	close_one(e, md);
}
