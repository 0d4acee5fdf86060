// SPDX-License-Identifier: GPL-2.0-only
/* A run's log, counted. */
#include "figures/count.h"

#include <stdlib.h>
#include <string.h>

#include "figures/priv.h"
#include "machine/state.h"
#include "sg_mem.h"
#include "time/image.h"

enum count_stage { COUNT_MARK, COUNT_EVENTS, COUNT_DONE, COUNT_FAILED };

struct mm_count {
	struct mm_config cfg;
	const struct sg_log *log;
	enum count_stage stage;
	struct sg_cursor cur;
	uint64_t at, from;
	struct mm_machine *m;
	struct mm_figures *f;
	struct mm_figure_values v;
};

struct mm_count *mm_count_new(const struct mm_config *cfg, const struct sg_log *log)
{
	struct mm_count *c = sg_calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->cfg = *cfg;
	c->cfg.limits = NULL; /* they are found by who shows the run */
	c->log = log;
	sg_log_seek(log, &c->cur, 1);
	return c;
}

static void drop(struct mm_count *c)
{
	mm_figures_free(c->f);
	mm_machine_free(c->m);
	c->f = NULL;
	c->m = NULL;
}

void mm_count_free(struct mm_count *c)
{
	if (!c)
		return;
	drop(c);
	free(c);
}

/* Where it begins is known: a machine that starts there. */
static void begin(struct mm_count *c, uint64_t from)
{
	const struct sg_snapshot *snap[2] = { NULL };
	struct sg_err err = { 0 };
	struct mm_policy p;

	for (unsigned int i = 0; i < c->cfg.nr_seeds; i++)
		snap[i] = c->cfg.seed[i].snap;
	mm_policy_of_capture(&p, c->cfg.cap, snap, c->cfg.nr_seeds);
	c->from = from;
	c->at = 0;
	sg_log_seek(c->log, &c->cur, 1);
	c->m = mm_start_new(&c->cfg, &err);
	c->f = mm_figures_new(c->cfg.cap, &p);
	c->stage = c->m && c->f ? COUNT_EVENTS : COUNT_FAILED;
}

static void end(struct mm_count *c)
{
	bool whole = mm_figures_end(c->f, c->m, &c->v) && !mm_out_of_memory(c->m);

	c->stage = whole ? COUNT_DONE : COUNT_FAILED;
	drop(c);
}

static bool is_mark(const struct sg_event *ev)
{
	static const char text[] = "snapshot-begin-done";

	return ev->kind == SG_EV_print && ev->str && ev->str_len >= sizeof(text) - 1 && memcmp(ev->str, text, sizeof(text) - 1) == 0;
}

bool mm_count_work(struct mm_count *c, uint64_t max)
{
	struct sg_event ev;

	for (uint64_t i = 0; i < max && c->stage < COUNT_DONE; i++) {
		bool any = sg_log_next(&c->cur, &ev);

		c->at += any;
		if (c->stage == COUNT_MARK) {
			if (!any || is_mark(&ev))
				begin(c, any ? c->at : 0);
			continue;
		}
		if (any) {
			mm_skip(c->m, c->at);
			mm_observe(c->m, &ev);
		}
		if (!any || (c->at > c->from && !mm_figures_add(c->f, &ev, c->m)))
			end(c);
	}
	return c->stage < COUNT_DONE;
}

unsigned int mm_count_progress(const struct mm_count *c)
{
	uint64_t all = sg_log_count(c->log);

	return c->stage >= COUNT_DONE ? 1000 : c->stage == COUNT_MARK || !all ? 0 : (unsigned int)(c->at * 999 / all);
}

const struct mm_figure_values *mm_count_values(const struct mm_count *c)
{
	return c->stage == COUNT_DONE ? &c->v : NULL;
}

bool mm_count_failed(const struct mm_count *c)
{
	return c->stage == COUNT_FAILED;
}
