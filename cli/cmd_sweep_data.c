// SPDX-License-Identifier: GPL-2.0-only
/* Lines of a sweep into points with a value, and what may be said of two of them. */
#include "cmd_sweep_show.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sg_mem.h"

/* A run, before those that are there twice are known. */
struct one {
	char key[SWEEP_KEY];
	uint8_t rank;     /* whole before cut before the rest */
	unsigned int point, nr;
	double v;
};

struct load {
	struct show *s;
	struct one *one;
	size_t nr, room;
	unsigned int room_points, room_captures;
	json_t *names;    /* keys of figures that some run has */
	json_t *points;   /* capture's id and policy -> its number */
	json_t *programs;
	bool no_memory;
};

/* ---- settings -------------------------------------------------------------------------------------- */

const char *show_setting(const struct show_point *p, const char *key, char *buf, size_t size)
{
	json_t *v;

	if (sweep_spec_value(p->spec, key, buf, size))
		return buf;
	v = json_object_get(p->settings, key);
	if (json_is_integer(v))
		snprintf(buf, size, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
	else if (json_is_string(v))
		snprintf(buf, size, "%s", json_string_value(v));
	else
		return NULL;
	return buf;
}

static bool is_wanted(const struct show *s, const char *capture, const char *spec, const json_t *settings)
{
	struct show_point p = { .spec = (char *)spec, .settings = (json_t *)settings };
	char key[80], value[400];

	for (unsigned int i = 0; i < s->nr_where; i++) {
		const char *eq = strchr(s->where[i], '='), *has;

		snprintf(key, sizeof(key), "%.*s", (int)(eq - s->where[i]), s->where[i]);
		if (strcmp(key, "capture") == 0)
			has = capture;
		else if (!spec || strcmp(spec, "own") == 0)
			continue; /* what all others are held against stays */
		else
			has = show_setting(&p, key, value, sizeof(value));
		if (!has || strcmp(has, eq + 1) != 0)
			return false;
	}
	return true;
}

/* ---- reading ------------------------------------------------------------------------------------------ */

static int capture_of(struct load *l, const json_t *line)
{
	struct show *s = l->s;
	const char *id = sweep_text_of(line, "capture_id");

	for (unsigned int i = 0; i < s->nr_captures; i++)
		if (strcmp(s->capture[i].id, id) == 0)
			return (int)i;
	if (s->nr_captures == l->room_captures) {
		unsigned int room = l->room_captures ? 2 * l->room_captures : 8;
		struct show_capture *more = sg_realloc(s->capture, room * sizeof(*more));

		if (!more)
			return -1;
		s->capture = more;
		l->room_captures = room;
	}
	s->capture[s->nr_captures] = (struct show_capture){ .name = sg_strdup(sweep_text_of(line, "capture")), .id = sg_strdup(id), .observed = NAN };
	if (!s->capture[s->nr_captures].name || !s->capture[s->nr_captures].id)
		l->no_memory = true;
	return (int)s->nr_captures++;
}

static int point_of(struct load *l, unsigned int capture, const json_t *line)
{
	struct show *s = l->s;
	const char *spec = sweep_text_of(line, "spec");
	char *name = sg_printf("%s %s", s->capture[capture].id, spec);
	json_t *at = name ? json_object_get(l->points, name) : NULL;
	struct show_point *p;

	if (!at && name && s->nr_points == l->room_points) {
		unsigned int room = l->room_points ? 2 * l->room_points : 64;
		struct show_point *more = sg_realloc(s->point, room * sizeof(*more));

		if (more) {
			s->point = more;
			l->room_points = room;
		}
	}
	if (!name || (!at && s->nr_points == l->room_points)) {
		free(name);
		return -1;
	}
	if (!at) {
		json_object_set_new(l->points, name, json_integer(s->nr_points));
		p = &s->point[s->nr_points++];
		*p = (struct show_point){ .capture = capture, .spec = sg_strdup(spec) };
		l->no_memory |= !p->spec;
	} else {
		p = &s->point[json_integer_value(at)];
	}
	if (!p->settings)
		p->settings = json_incref(json_object_get(line, "settings"));
	free(name);
	return (int)(p - s->point);
}

/* Of a pair of migratetypes that a run doesn't name there were none; anything else that it doesn't name isn't known. */
static double figure(const json_t *figures, const char *name)
{
	const json_t *v = json_object_get(figures, name);

	if (json_is_number(v))
		return json_number_value(v);
	return !v && figures && strncmp(name, "extfrag_", 8) == 0 && strstr(name, "_from_") ? 0 : NAN;
}

static double value(const struct show *s, const json_t *line)
{
	const json_t *figures = json_object_get(line, "figures");
	double v[COST_MOST_NAMES];
	const char *name;

	if (!s->cost)
		return NAN;
	for (unsigned int i = 0; (name = cost_name(s->cost, i)) != NULL; i++)
		v[i] = figure(figures, name);
	return cost_of(s->cost, v);
}

static bool take_line(void *arg, const json_t *line, const char *where)
{
	struct load *l = arg;
	const char *end = sweep_text_of(line, "end"), *key = sweep_text_of(line, "key"), *name;
	bool observed = strcmp(end, "observed") == 0;
	int capture, point;
	json_t *v;

	if (!is_wanted(l->s, sweep_text_of(line, "capture"), observed ? NULL : sweep_text_of(line, "spec"), json_object_get(line, "settings")))
		return true;
	json_object_foreach(json_object_get(line, "figures"), name, v)
		if (!json_object_get(l->names, name))
			json_object_set_new(l->names, name, json_true());
	l->s->failed += json_array_size(json_object_get(json_object_get(line, "sure"), "policy_failed")) > 0;
	json_object_set_new(l->programs, sweep_text_of(line, "program"), json_true());
	capture = capture_of(l, line);
	if (capture >= 0 && observed) {
		l->s->capture[capture].observed = value(l->s, line);
		return true;
	}
	point = capture >= 0 ? point_of(l, (unsigned int)capture, line) : -1;
	if (point >= 0 && l->nr == l->room) {
		size_t room = l->room ? 2 * l->room : 256;
		struct one *more = sg_realloc(l->one, room * sizeof(*more));

		if (more) {
			l->one = more;
			l->room = room;
		}
	}
	if (point < 0 || l->nr == l->room) {
		l->no_memory = true;
		return false;
	}
	l->one[l->nr] = (struct one){ .rank = strcmp(end, "whole") == 0 ? 0 : strcmp(end, "cut") == 0 ? 1 : strcmp(end, "died") == 0 ? 2 : 3,
				      .point = (unsigned int)point, .nr = (unsigned int)l->nr, .v = value(l->s, line) };
	snprintf(l->one[l->nr++].key, SWEEP_KEY, "%s", key);
	return !l->no_memory;
}

static int by_key(const void *a, const void *b)
{
	const struct one *x = a, *y = b;
	int c = memcmp(x->key, y->key, SWEEP_KEY);

	return c ? c : x->rank != y->rank ? x->rank - y->rank : x->nr < y->nr ? -1 : x->nr > y->nr;
}

static bool add_value(struct show_point *p, double v)
{
	if (p->nr == p->room) {
		unsigned int room = p->room ? 2 * p->room : 4;
		double *more = sg_realloc(p->v, room * sizeof(*more));

		if (!more)
			return false;
		p->v = more;
		p->room = room;
	}
	p->v[p->nr++] = v;
	return true;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void make_span(struct show_point *p)
{
	unsigned int n = 0;

	p->span = (struct show_span){ NAN, NAN, NAN, 0 };
	for (unsigned int i = 0; i < p->nr; i++)
		if (!isnan(p->v[i]))
			p->v[n++] = p->v[i];
	p->nr = n;
	if (!n)
		return;
	qsort(p->v, n, sizeof(*p->v), by_value);
	p->span = (struct show_span){ p->v[0], (p->v[(n - 1) / 2] + p->v[n / 2]) / 2, p->v[n - 1], n };
}

/* Runs end in any order: what is shown doesn't depend on it. */
static int by_spec(const void *a, const void *b)
{
	const struct show_point *x = a, *y = b;
	int c = strverscmp(x->spec, y->spec);

	return c ? c : x->capture < y->capture ? -1 : x->capture > y->capture;
}

static int by_name(const void *a, const void *b)
{
	const struct show_capture *x = a, *y = b;
	int c = strverscmp(x->name, y->name);

	return c ? c : strcmp(x->id, y->id);
}

static bool sort_captures(struct show *s)
{
	unsigned int *now = sg_malloc((s->nr_captures + 1) * sizeof(*now));
	char **id = sg_malloc((s->nr_captures + 1) * sizeof(*id));
	bool ok = now && id;

	for (unsigned int i = 0; ok && i < s->nr_captures; i++)
		id[i] = s->capture[i].id;
	if (ok && s->nr_captures)
		qsort(s->capture, s->nr_captures, sizeof(*s->capture), by_name);
	for (unsigned int i = 0; ok && i < s->nr_captures; i++)
		for (unsigned int k = 0; k < s->nr_captures; k++)
			if (id[i] == s->capture[k].id)
				now[i] = k;
	for (unsigned int i = 0; ok && i < s->nr_points; i++)
		s->point[i].capture = now[s->point[i].capture];
	free(now);
	free(id);
	return ok;
}

/* Each run once, whatever shards told of it. */
static void sum_up(struct load *l)
{
	struct show *s = l->s;

	l->no_memory |= !sort_captures(s);
	if (l->nr)
		qsort(l->one, l->nr, sizeof(*l->one), by_key);
	for (size_t i = 0; i < l->nr; i++) {
		const struct one *o = &l->one[i];
		struct show_point *p = &s->point[o->point];

		if (i && memcmp(o->key, l->one[i - 1].key, SWEEP_KEY) == 0)
			continue;
		if (o->rank == 0)
			l->no_memory |= !add_value(p, o->v);
		p->whole += o->rank == 0;
		p->cut += o->rank == 1;
		p->died += o->rank == 2;
		p->refused += o->rank == 3;
	}
	for (unsigned int i = 0; i < s->nr_points; i++)
		make_span(&s->point[i]);
	if (s->nr_points)
		qsort(s->point, s->nr_points, sizeof(*s->point), by_spec);
	for (unsigned int i = 0; i < s->nr_points; i++)
		if (strcmp(s->point[i].spec, "own") == 0)
			s->capture[s->point[i].capture].own = &s->point[i];
	s->programs = (unsigned int)json_object_size(l->programs);
}

/* Is each figure that is asked for one that some run has? */
static int check_names(const struct load *l, struct sg_err *err)
{
	size_t nr = json_object_size(l->names), n = 0;
	const char **list = sg_malloc((nr + 1) * sizeof(*list)), *name, *key;
	char near[300];
	json_t *v;
	int r = list ? SG_OK : sg_fail(err, SG_E_NOMEM, "out of memory");

	json_object_foreach(l->names, key, v)
		if (list)
			list[n++] = key;
	for (unsigned int i = 0; r == SG_OK && l->s->cost && (name = cost_name(l->s->cost, i)) != NULL; i++) {
		if (json_object_get(l->names, name))
			continue;
		cost_near(name, list, n, near, sizeof(near));
		r = sg_fail(err, SG_E_USAGE, "no run has a figure '%s'%s%s; 'stormglass sweep show DIR' lists what there is", name,
			    near[0] ? "; near it: " : "", near);
	}
	free(list);
	return r;
}

int show_load(struct show *s, char **paths, int nr, struct sg_err *err)
{
	struct load l = { .s = s, .names = json_object(), .points = json_object(), .programs = json_object() };
	int r = SG_OK;

	for (int i = 0; i < nr && r == SG_OK; i++)
		r = sweep_read(paths[i], "runs", take_line, &l, &s->told, err);
	if (r == SG_OK && !l.no_memory)
		sum_up(&l);
	if (r == SG_OK && l.no_memory)
		r = sg_fail(err, SG_E_NOMEM, "out of memory");
	if (r == SG_OK && !s->nr_points)
		r = sg_fail(err, SG_E_NOTFOUND, "%s: there are no runs of a sweep%s", paths[0], s->nr_where ? " with these settings" : "");
	if (r == SG_OK)
		r = check_names(&l, err);
	json_decref(l.names);
	json_decref(l.points);
	json_decref(l.programs);
	free(l.one);
	return r;
}

void show_free(struct show *s)
{
	for (unsigned int i = 0; i < s->nr_points; i++) {
		free(s->point[i].spec);
		free(s->point[i].v);
		json_decref(s->point[i].settings);
	}
	for (unsigned int i = 0; i < s->nr_captures; i++) {
		free(s->capture[i].name);
		free(s->capture[i].id);
	}
	free(s->point);
	free(s->capture);
	cost_free(s->cost);
}

/* ---- what may be said ---------------------------------------------------------------------------------- */

static double outside(double v, const struct show_span *r)
{
	return v < r->low ? r->low - v : v > r->high ? v - r->high : 0;
}

enum show_verdict show_verdict(const struct show_span *a, const struct show_span *b, const struct show_span *own, double observed)
{
	if (!a->nr || !b->nr)
		return SHOW_UNKNOWN;
	if (a->nr < 2 || b->nr < 2)
		return SHOW_ONE_RUN;
	if (a->low == b->low && a->mid == b->mid && a->high == b->high)
		return SHOW_SAME;
	if (a->low <= b->high && b->low <= a->high)
		return SHOW_OVERLAP;
	if (own && own->nr && (isnan(observed) || outside(observed, own) > fabs(a->mid - b->mid)))
		return SHOW_MODEL;
	return a->mid < b->mid ? SHOW_LESS : SHOW_MORE;
}

const char *show_verdict_text(enum show_verdict v, enum mm_more more)
{
	switch (v) {
	case SHOW_SAME:
		return "no difference";
	case SHOW_LESS:
		return more == MM_MORE_IS_WORSE ? "better" : more == MM_MORE_IS_BETTER ? "worse" : "less";
	case SHOW_MORE:
		return more == MM_MORE_IS_WORSE ? "worse" : more == MM_MORE_IS_BETTER ? "better" : "more";
	case SHOW_OVERLAP:
		return "can't be told: the runs overlap";
	case SHOW_ONE_RUN:
		return "can't be told: one run each";
	case SHOW_MODEL:
		return "can't be told: the model misses what was observed by more";
	default:
		return "can't be told: not known";
	}
}

const char *show_value_text(const struct show *s, double v, char *buf, size_t size)
{
	if (isnan(v))
		snprintf(buf, size, "?");
	else if (s->is_figure && fabs(v) < 9e15)
		mm_figure_text(s->unit, (int64_t)llround(s->unit == MM_UNIT_MILLI ? v * 1000 : v), buf, size);
	else if (fabs(v) < 9e15 && (fabs(v) >= 1000 || v == rint(v)))
		mm_figure_text(MM_UNIT_TIMES, (int64_t)llround(v), buf, size);
	else
		snprintf(buf, size, "%.4g", v);
	return buf;
}

const char *show_span_text(const struct show *s, const struct show_span *r, char *buf, size_t size)
{
	char a[48], b[48];

	if (!r->nr)
		snprintf(buf, size, "?");
	else if (r->low == r->high)
		show_value_text(s, r->mid, buf, size);
	else
		snprintf(buf, size, "%s .. %s", show_value_text(s, r->low, a, sizeof(a)), show_value_text(s, r->high, b, sizeof(b)));
	return buf;
}

static json_t *real(double v)
{
	return isnan(v) ? json_null() : v == rint(v) && fabs(v) < 9e15 ? json_integer((json_int_t)v) : json_real(v);
}

void show_span_json(json_t *o, const struct show_span *r)
{
	json_object_set_new(o, "runs", json_integer(r->nr));
	json_object_set_new(o, "low", real(r->low));
	json_object_set_new(o, "mid", real(r->mid));
	json_object_set_new(o, "high", real(r->high));
}
