// SPDX-License-Identifier: GPL-2.0-only
/* One value of a sweep over one of its settings: the chart, its table and its JSON. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd_sweep_show.h"
#include "sg_mem.h"

#define COLUMNS 3u /* series side by side in a table */

/* ---- the chart ---------------------------------------------------------------------------------------- */

static bool number(const char *text, double *ret)
{
	char *end;

	if (strspn(text + (*text == '-'), "0123456789") != strlen(text + (*text == '-')) || !text[*text == '-'])
		return false;
	*ret = strtod(text, &end);
	return true;
}

static int by_place(const void *a, const void *b)
{
	const struct show_x *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

static int find_x(const struct show_chart *c, const char *text)
{
	for (unsigned int i = 0; i < c->nr_x; i++)
		if (strcmp(c->x[i].text, text) == 0)
			return (int)i;
	return -1;
}

/* All values that the setting has. */
static int make_axis(const struct show *s, struct show_chart *c, struct sg_err *err)
{
	char value[400];

	c->x = sg_calloc(s->nr_points + 1, sizeof(*c->x));
	if (!c->x)
		return sg_fail(err, SG_E_NOMEM, "out of memory");
	c->numbers = true;
	for (unsigned int i = 0; i < s->nr_points; i++) {
		double v;

		if (!s->point[i].span.nr || !show_setting(&s->point[i], s->over, value, sizeof(c->x[0].text)) || find_x(c, value) >= 0)
			continue;
		c->numbers &= number(value, &v);
		snprintf(c->x[c->nr_x++].text, sizeof(c->x[0].text), "%.79s", value);
	}
	if (!c->nr_x)
		return sg_fail(err, SG_E_USAGE, "no run has a setting '%s'; 'stormglass sweep show DIR' lists what there is", s->over);
	for (unsigned int i = 0; i < c->nr_x; i++)
		if (!c->numbers || !number(c->x[i].text, &c->x[i].at))
			c->x[i].at = i;
	qsort(c->x, c->nr_x, sizeof(*c->x), by_place);
	return SG_OK;
}

/* The number that a series of this name has in an earlier panel, else the next one. */
static unsigned int number_of(struct show_chart *c, const char *name)
{
	for (unsigned int i = 0; i < c->nr_panels; i++)
		for (unsigned int k = 0; k < c->panel[i].nr_series; k++)
			if (strcmp(c->panel[i].series[k].name, name) == 0)
				return c->panel[i].series[k].no;
	return c->nr_names++;
}

static struct show_series *series_of(struct show_chart *c, struct show_panel *p, const char *name)
{
	struct show_series *more;

	for (unsigned int i = 0; i < p->nr_series; i++)
		if (strcmp(p->series[i].name, name) == 0)
			return &p->series[i];
	more = sg_realloc(p->series, (p->nr_series + 1) * sizeof(*more));
	if (!more)
		return NULL;
	p->series = more;
	more = &p->series[p->nr_series];
	snprintf(more->name, sizeof(more->name), "%s", name);
	more->no = number_of(c, name);
	more->at = sg_calloc(c->nr_x, sizeof(*more->at));
	if (!more->at)
		return NULL;
	p->nr_series++;
	return more;
}

/* Policies that name the setting first: one that has it from the capture goes where none of them is. */
static bool add_points(const struct show *s, struct show_chart *c, struct show_panel *p, bool named)
{
	char value[400], name[300];

	for (unsigned int i = 0; i < s->nr_points; i++) {
		const struct show_point *at = &s->point[i];
		struct show_series *to;
		int x;

		if (&s->capture[at->capture] != p->capture || !at->span.nr ||
		    (sweep_spec_value(at->spec, s->over, value, sizeof(c->x[0].text)) != NULL) != named ||
		    !show_setting(at, s->over, value, sizeof(c->x[0].text)))
			continue;
		sweep_spec_without(at->spec, s->over, name, sizeof(name));
		to = series_of(c, p, name[0] ? name : "all");
		x = find_x(c, value);
		if (!to)
			return false;
		if (x >= 0 && !to->at[x])
			to->at[x] = at;
	}
	return true;
}

int show_chart_new(const struct show *s, struct show_chart *c, struct sg_err *err)
{
	int r;

	memset(c, 0, sizeof(*c));
	r = make_axis(s, c, err);
	if (r < 0)
		return r;
	c->panel = sg_calloc(s->nr_captures, sizeof(*c->panel));
	if (!c->panel)
		return sg_fail(err, SG_E_NOMEM, "out of memory");
	for (unsigned int i = 0; i < s->nr_captures; i++) {
		struct show_panel *p = &c->panel[c->nr_panels];

		p->capture = &s->capture[i];
		if (!add_points(s, c, p, true) || !add_points(s, c, p, false))
			return sg_fail(err, SG_E_NOMEM, "out of memory");
		c->nr_panels += p->nr_series > 0;
	}
	return SG_OK;
}

void show_chart_free(struct show_chart *c)
{
	for (unsigned int i = 0; i < c->nr_panels; i++) {
		for (unsigned int k = 0; k < c->panel[i].nr_series; k++)
			free(c->panel[i].series[k].at);
		free(c->panel[i].series);
	}
	free(c->panel);
	free(c->x);
}

double show_step(const struct show *s, double length, unsigned int most)
{
	double raw = length / (most ? most : 1), unit, step;

	if (!(raw > 0) || !isfinite(raw))
		return 1;
	unit = pow(10, floor(log10(raw)));
	step = raw <= unit ? unit : raw <= 2 * unit ? 2 * unit : raw <= 5 * unit ? 5 * unit : 10 * unit;
	return s->is_figure && s->unit != MM_UNIT_MILLI && step < 1 ? 1 : step; /* nothing is counted in halves */
}

void show_limits(const struct show_panel *p, unsigned int nr_x, double *low, double *high)
{
	*low = 0;
	*high = isnan(p->capture->observed) ? 0 : p->capture->observed;
	*low = *high < 0 ? *high : 0;
	for (unsigned int i = 0; i < p->nr_series; i++)
		for (unsigned int x = 0; x < nr_x; x++) {
			const struct show_point *at = p->series[i].at[x];

			if (at && at->span.low < *low)
				*low = at->span.low;
			if (at && at->span.high > *high)
				*high = at->span.high;
		}
	if (*high <= *low)
		*high = *low + 1;
}

/* ---- the table ---------------------------------------------------------------------------------------------- */

static enum show_verdict against_own(const struct show_panel *p, const struct show_point *at)
{
	const struct show_span *own = p->capture->own ? &p->capture->own->span : NULL;

	return own ? show_verdict(&at->span, own, own, p->capture->observed) : SHOW_UNKNOWN;
}

/* Letter behind a range. */
static char mark(const struct show *s, const struct show_panel *p, const struct show_point *at)
{
	enum show_verdict v = against_own(p, at);

	if (at == p->capture->own || !p->capture->own)
		return ' ';
	if (v == SHOW_SAME)
		return '=';
	if (v != SHOW_LESS && v != SHOW_MORE)
		return '?';
	if (s->more == MM_MORE_IS_NEITHER)
		return v == SHOW_LESS ? 'v' : '^';
	return (v == SHOW_LESS) == (s->more == MM_MORE_IS_WORSE) ? '+' : '-';
}

static void put_clean(const char *text)
{
	char clean[600];

	sg_clean(clean, sizeof(clean), text, strlen(text));
	fputs(clean, stdout);
}

static void put_head(const struct show *s, const struct show_panel *p)
{
	char a[80], b[80];

	put_clean(p->capture->name);
	printf(": observed %s", show_value_text(s, p->capture->observed, a, sizeof(a)));
	if (p->capture->own)
		printf("; the captured kernel's own runs %s", show_span_text(s, &p->capture->own->span, b, sizeof(b)));
	printf("\n");
}

static void put_table(const struct show *s, const struct show_chart *c, const struct show_panel *p)
{
	char range[120];

	for (unsigned int first = 0; first < p->nr_series; first += COLUMNS) {
		unsigned int n = p->nr_series - first < COLUMNS ? p->nr_series - first : COLUMNS;

		for (unsigned int i = 0; i < n; i++) {
			printf("  %c: ", 'a' + (int)(p->series[first + i].no % 26));
			put_clean(p->series[first + i].name);
			printf("\n");
		}
		printf("  %22s", s->over);
		for (unsigned int i = 0; i < n; i++)
			printf("  %26c  ", 'a' + (int)(p->series[first + i].no % 26));
		printf("\n");
		for (unsigned int x = 0; x < c->nr_x; x++) {
			bool any = false;

			for (unsigned int i = 0; i < n; i++)
				any |= p->series[first + i].at[x] != NULL;
			if (!any)
				continue;
			printf("  %22s", c->x[x].text);
			for (unsigned int i = 0; i < n; i++) {
				const struct show_point *at = p->series[first + i].at[x];

				printf("  %26s %c", at ? show_span_text(s, &at->span, range, sizeof(range)) : "", at ? mark(s, p, at) : ' ');
			}
			printf("\n");
		}
	}
}

void show_over_text(const struct show *s, const struct show_chart *c)
{
	for (unsigned int i = 0; i < c->nr_panels; i++) {
		if (i)
			printf("\n");
		put_head(s, &c->panel[i]);
		put_table(s, c, &c->panel[i]);
	}
	printf("\nlow .. high of the runs; against the captured kernel's own: %s = no difference, ? can't be told\n",
	       s->more == MM_MORE_IS_NEITHER ? "^ more, v less," : "+ better, - worse,");
}

/* ---- JSON ---------------------------------------------------------------------------------------------------- */

void show_over_json(const struct show *s, const struct show_chart *c, json_t *to)
{
	json_t *captures = json_array();

	json_object_set_new(to, "over", json_string(s->over));
	for (unsigned int i = 0; i < c->nr_panels; i++) {
		const struct show_panel *p = &c->panel[i];
		json_t *o = json_object(), *points = json_array(), *own = json_object();

		json_object_set_new(o, "capture", json_string(p->capture->name));
		json_object_set_new(o, "observed", isnan(p->capture->observed) ? json_null() : json_real(p->capture->observed));
		if (p->capture->own)
			show_span_json(own, &p->capture->own->span);
		json_object_set_new(o, "own", own);
		for (unsigned int k = 0; k < p->nr_series; k++)
			for (unsigned int x = 0; x < c->nr_x; x++) {
				const struct show_point *at = p->series[k].at[x];
				json_t *one = at ? json_object() : NULL;

				if (!one)
					continue;
				json_object_set_new(one, "series", json_string(p->series[k].name));
				json_object_set_new(one, "value", c->numbers ? json_integer((json_int_t)c->x[x].at) : json_string(c->x[x].text));
				json_object_set_new(one, "spec", json_string(at->spec));
				show_span_json(one, &at->span);
				json_object_set_new(one, "verdict", json_string(show_verdict_text(against_own(p, at), s->more)));
				json_array_append_new(points, one);
			}
		json_object_set_new(o, "points", points);
		json_array_append_new(captures, o);
	}
	json_object_set_new(to, "captures", captures);
}
