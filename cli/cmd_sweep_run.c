// SPDX-License-Identifier: GPL-2.0-only
/* The runs of a sweep, capture by capture, each in a process of its own, and the line that each becomes. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd_sweep.h"
#include "policy/choice.h"
#include "sg_mem.h"

#define BATCH 256u /* policies whose runs are in memory at a time */
#define BAR 30u

/* ---- a line ---------------------------------------------------------------------------------------- */

static json_t *clean(const char *text)
{
	char buf[4200];

	sg_clean(buf, sizeof(buf), text, strlen(text));
	return json_string(buf);
}

static json_t *figure(enum mm_unit unit, int64_t v)
{
	return v == MM_FIGURE_UNKNOWN ? json_null() : unit == MM_UNIT_MILLI ? json_real((double)v / 1000) : json_integer(v);
}

/* Each figure; of those of several things, a pair of migratetypes that isn't there is 0, anything else isn't known. */
static json_t *figures(const struct mm_figure_values *v, const struct sg_capture *cap)
{
	json_t *o = json_object();
	struct mm_figure_info info;

	for (unsigned int i = 0; i < MM_FIG_COUNT; i++) {
		bool pair = i >= MM_FIG_PAIR && i < MM_FIG_HOPELESS;

		if (i >= MM_FIG_FREE_END && (v->v[i] == MM_FIGURE_UNKNOWN || (pair && !v->v[i])))
			continue;
		mm_figure_info(i, cap, &info);
		json_object_set_new(o, info.key, figure(info.unit, v->v[i]));
	}
	return o;
}

/* All settings as the run has them, and what is chosen. */
static json_t *settings(const char *spec, const struct mm_policy *p)
{
	json_t *o = json_object();
	const struct mm_choice *c;
	char value[400];

	if (sweep_spec_value(spec, "policy", value, sizeof(value)))
		json_object_set_new(o, "policy", clean(value));
	for (unsigned int t = 0; t < MM_TUNE_COUNT; t++)
		json_object_set_new(o, mm_tunable_key((enum mm_tunable)t), json_integer(p->tune[t]));
	for (unsigned int i = 0; (c = mm_choice(i)) != NULL; i++)
		if (p->choice[i]) {
			mm_choice_print(c, p->choice[i], p->number[i], value, sizeof(value));
			json_object_set_new(o, c->key, clean(value));
		}
	return o;
}

/* What the run rests on. */
static json_t *sure(const struct cmd_whatif *w, const struct mm_policy *p, const struct compare_run *r)
{
	json_t *o = json_object(), *limits = json_array(), *untold = json_array(), *start = json_object(), *failed = json_array();
	const struct mm_sim_facts *f = &r->told.start;

	for (unsigned int i = 0; i < sg_limits_count(&w->limits); i++)
		json_array_append_new(limits, json_string(sg_limit_key(sg_limits_at(&w->limits, i)->id)));
	for (unsigned int t = 0; t < MM_TUNE_COUNT; t++)
		if (!mm_policy_told(p, (enum mm_tunable)t))
			json_array_append_new(untold, json_string(mm_tunable_key((enum mm_tunable)t)));
	json_object_set_new(start, "pages_unknown", json_integer((json_int_t)f->pages_unknown));
	json_object_set_new(start, "free_unplaced", json_integer((json_int_t)f->free_unplaced));
	json_object_set_new(start, "blocks_guessed", json_integer((json_int_t)(f->blocks_guessed + f->blocks_summed)));
	json_object_set_new(start, "lru_pages", json_integer((json_int_t)f->lru_pages));
	json_object_set_new(start, "lru_ordered", json_integer((json_int_t)f->lru_ordered));
	json_object_set_new(o, "limits", limits);
	json_object_set_new(o, "settings_untold", untold);
	json_object_set_new(o, "kernel_guessed", json_boolean(p->guess));
	json_object_set_new(o, "costs_guessed", json_boolean(r->told.costs_guessed));
	json_object_set_new(o, "start", start);
	for (unsigned int i = 0; i < r->blame.nr; i++) {
		char text[600];

		cmd_blame_say(&r->blame, i, w->demand->ts_first, text, sizeof(text));
		json_array_append_new(failed, clean(text));
	}
	for (unsigned int i = 0; i < r->asked.nr_wrong && i < CMD_WRONG_MAX; i++)
		json_array_append_new(failed, clean(r->asked.wrong[i]));
	json_object_set_new(o, "policy_failed", failed);
	json_object_set_new(o, "livelocks", json_integer((json_int_t)r->told.livelocks));
	json_object_set_new(o, "ooms", json_integer((json_int_t)r->told.ooms));
	return o;
}

/* What all lines of a capture begin with. */
static json_t *line_new(const struct sweep *s, unsigned int capture, const char *key, const struct cmd_whatif *w)
{
	json_t *o = json_object();

	json_object_set_new(o, "key", json_string(key));
	json_object_set_new(o, "capture", clean(s->capture[capture].name));
	json_object_set_new(o, "capture_id", json_string(s->capture[capture].id));
	if (w)
		json_object_set_new(o, "kernel", clean(w->cap->kernel));
	json_object_set_new(o, "version", json_string(SG_VERSION));
	json_object_set_new(o, "program", json_string(s->program));
	return o;
}

static json_t *observed_line(const struct sweep *s, unsigned int capture, const struct compare *c)
{
	char key[SWEEP_KEY];
	json_t *o;

	sweep_key(s->capture[capture].id, NULL, "", NULL, key);
	o = line_new(s, capture, key, &c->w);
	json_object_set_new(o, "end", json_string("observed"));
	json_object_set_new(o, "own_counters", json_boolean(c->own_counters));
	json_object_set_new(o, "figures", figures(&c->observed, c->w.cap));
	return o;
}

static json_t *run_line(const struct sweep *s, const struct sweep_job *job, const struct cmd_whatif *w, const struct mm_policy *p,
			const struct compare_run *r)
{
	static const char *const end[] = { [COMPARE_WHOLE] = "whole", [COMPARE_CUT] = "cut", [COMPARE_DIED] = "died" };
	const char *spec = s->specs.text[job->spec];
	json_t *o = line_new(s, job->capture, job->key, w);
	char policy[4000];

	mm_policy_print(p, policy, sizeof(policy));
	json_object_set_new(o, "spec", clean(spec));
	json_object_set_new(o, "policy", clean(policy));
	json_object_set_new(o, "settings", settings(spec, p));
	json_object_set_new(o, "seed", json_integer((json_int_t)job->seed));
	json_object_set_new(o, "end", json_string(end[r->end]));
	json_object_set_new(o, "permille", json_integer(r->permille));
	json_object_set_new(o, "why", clean(r->why));
	json_object_set_new(o, "sure", sure(w, p, r));
	if (r->end != COMPARE_DIED)
		json_object_set_new(o, "figures", figures(&r->v, w->cap));
	return o;
}

static json_t *refused_line(const struct sweep *s, const struct sweep_job *job, const struct cmd_whatif *w, const char *why)
{
	json_t *o = line_new(s, job->capture, job->key, w);

	json_object_set_new(o, "spec", clean(s->specs.text[job->spec]));
	json_object_set_new(o, "seed", json_integer((json_int_t)job->seed));
	json_object_set_new(o, "end", json_string("refused"));
	json_object_set_new(o, "why", clean(why));
	return o;
}

/* ---- the runs ----------------------------------------------------------------------------------------- */

struct sweeper {
	struct sweep *s;
	struct sweep_store *to;
	unsigned int capture;
	unsigned int *spec;    /* of each arm */
	struct compare *c;
	unsigned int done, of; /* in this call, of all captures */
	uint64_t began, shown;
	struct sg_err *err;
	int failed;            /* a line couldn't be written */
};

static void show_progress(void *arg)
{
	struct sweeper *w = arg;
	uint64_t now = cmd_now(), spent = now - w->began;
	unsigned int full = w->of ? BAR * w->done / w->of : BAR;
	char bar[BAR + 1], left[40] = "";

	if (!isatty(STDERR_FILENO) || (w->shown && now - w->shown < 100000000u))
		return;
	w->shown = now;
	for (unsigned int i = 0; i < BAR; i++)
		bar[i] = i < full ? '#' : '.';
	bar[BAR] = 0;
	if (w->done) {
		uint64_t sec = spent / w->done * (w->of - w->done) / 1000000000u;

		snprintf(left, sizeof(left), ", %" PRIu64 ":%02u:%02u left", sec / 3600, (unsigned int)(sec / 60 % 60), (unsigned int)(sec % 60));
	}
	fprintf(stderr, "\r[%s] %u of %u runs%s, %.60s\033[K", bar, w->done, w->of, left, w->s->capture[w->capture].name);
}

static bool wanted(void *arg, unsigned int arm, unsigned int no)
{
	struct sweeper *w = arg;

	return !sweep_job_of(w->s, w->capture, w->spec[arm], no)->done;
}

/* Ended by somebody else than the run: it may be tried again. */
static bool is_lost(const struct compare_run *r)
{
	return r->end == COMPARE_FAILED || (r->end == COMPARE_DIED && (r->signal == SIGKILL || r->signal == SIGTERM || r->signal == SIGHUP ||
								       r->signal == SIGINT));
}

static bool ended(void *arg, unsigned int arm, unsigned int no)
{
	struct sweeper *w = arg;
	struct sweep *s = w->s;
	struct sweep_job *job = sweep_job_of(s, w->capture, w->spec[arm], no);
	const struct compare_run *r = &w->c->arm[arm].run[no];

	if (r->end == COMPARE_NOT_RUN)
		return true;
	w->done++;
	if (is_lost(r)) {
		fprintf(stderr, "%sstormglass: %s: %s: the run of seed %" PRIu64 " was lost: %s\n", isatty(STDERR_FILENO) ? "\r\033[K" : "",
			s->capture[w->capture].path, s->specs.text[job->spec], job->seed, r->why);
		s->lost++;
		return true;
	}
	w->failed = sweep_store_put(w->to, run_line(s, job, &w->c->w, &w->c->arm[arm].policy, r), w->err);
	if (w->failed < 0)
		return false;
	job->done = true;
	s->whole += r->end == COMPARE_WHOLE;
	s->cut += r->end == COMPARE_CUT;
	s->died += r->end == COMPARE_DIED;
	return true;
}

/* A policy that this capture can't have, as a setting that its kernel lacks: every run of it. */
static int refuse(struct sweeper *w, unsigned int spec, const char *why)
{
	struct sweep *s = w->s;
	int r = SG_OK;

	for (uint64_t no = 0; no < s->runs && r == SG_OK; no++) {
		struct sweep_job *job = sweep_job_of(s, w->capture, spec, no);

		if (job->done)
			continue;
		r = sweep_store_put(w->to, refused_line(s, job, &w->c->w, why), w->err);
		job->done = r == SG_OK;
		s->refused += r == SG_OK;
		w->done++;
	}
	return r;
}

static bool is_open(const struct sweep *s, unsigned int capture, unsigned int spec)
{
	for (uint64_t no = 0; no < s->runs; no++)
		if (!sweep_job_of(s, capture, spec, no)->done)
			return true;
	return false;
}

/* The next policies that have runs left; *@at: behind them. */
static int take_batch(struct sweeper *w, unsigned int *at)
{
	struct compare *c = w->c;
	int r = SG_OK;

	c->nr_arms = 0;
	for (; *at < w->s->specs.nr && c->nr_arms < BATCH && r == SG_OK; ++*at) {
		struct compare_arm *arm = &c->arm[c->nr_arms];
		struct sg_err why;

		if (!is_open(w->s, w->capture, *at))
			continue;
		arm->name = w->s->specs.text[*at];
		if (cmd_whatif_policy(&c->w, arm->name, &arm->policy, &why) < 0) {
			r = refuse(w, *at, why.text);
			continue;
		}
		arm->run = sg_calloc(c->runs, sizeof(*arm->run));
		if (!arm->run)
			return sg_fail(w->err, SG_E_NOMEM, "out of memory");
		w->spec[c->nr_arms++] = *at;
	}
	return r;
}

static int run_capture(struct sweeper *w)
{
	struct sweep *s = w->s;
	struct cmd_whatif_options how = { .assume = s->assume };
	struct compare *c = w->c;
	int r;

	r = cmd_whatif_open(s->capture[w->capture].path, &how, &c->w, w->err);
	if (r == SG_OK && !s->capture[w->capture].observed) {
		r = cmd_compare_observe(c, w->err);
		if (r == SG_OK)
			r = sweep_store_put(w->to, observed_line(s, w->capture, c), w->err);
	}
	for (unsigned int at = 0; r == SG_OK && at < s->specs.nr && !s->interrupted;) {
		r = take_batch(w, &at);
		if (r == SG_OK && c->nr_arms)
			r = cmd_compare_run(c, w->err);
		if (r == SG_OK)
			r = w->failed;
		s->interrupted |= c->interrupted;
		for (unsigned int a = 0; a < BATCH; a++) {
			free(c->arm[a].run);
			c->arm[a].run = NULL;
		}
	}
	cmd_whatif_close(&c->w);
	return r;
}

static unsigned int left(const struct sweep *s, unsigned int capture)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < s->specs.nr; i++)
		for (uint64_t no = 0; no < s->runs; no++)
			n += !sweep_job_of(s, capture, i, no)->done;
	return n;
}

int sweep_run(struct sweep *s, struct sweep_store *to, struct sg_err *err)
{
	struct compare_arm *arm = sg_calloc(BATCH, sizeof(*arm));
	unsigned int *spec = sg_calloc(BATCH, sizeof(*spec));
	struct compare *c = sg_calloc(1, sizeof(*c));
	struct sweeper w = { .s = s, .to = to, .spec = spec, .c = c, .began = cmd_now(), .err = err };
	int r = arm && spec && c ? SG_OK : sg_fail(err, SG_E_NOMEM, "out of memory"), first = SG_OK;
	struct sg_err kept = { 0 };

	for (unsigned int i = 0; i < s->nr_captures; i++)
		w.of += left(s, i);
	for (w.capture = 0; w.capture < s->nr_captures && r == SG_OK && !s->interrupted; w.capture++) {
		if (!left(s, w.capture))
			continue;
		*c = (struct compare){ .arm = arm, .runs = (unsigned int)s->runs, .seed = s->seed, .bounds = s->bounds,
				       .at_once = (unsigned int)s->at_once, .wanted = wanted, .ended = ended, .progress = show_progress, .arg = &w };
		show_progress(&w);
		r = run_capture(&w);
		if (r < 0 && w.failed == SG_OK && r != SG_E_NOMEM) {
			/* one capture that can't be read doesn't keep the others from being run */
			if (isatty(STDERR_FILENO))
				fputs("\r\033[K", stderr);
			if (first == SG_OK)
				kept = *err;
			else
				fprintf(stderr, "stormglass: %s\n", err->text);
			first = first == SG_OK ? r : first;
			r = SG_OK;
		}
	}
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
	free(c);
	free(arm);
	free(spec);
	if (r == SG_OK && first < 0) {
		*err = kept;
		r = first;
	}
	return r;
}
