// SPDX-License-Identifier: GPL-2.0-only
/* A comparison's timelines, as SVG within its page. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmd_compare_page.h"
#include "sg_mem.h"

#define BINS 120u
#define LEFT 58.0
#define WIDE 412.0
#define TOP 8.0
#define HIGH 140.0

/* One curve over the bins; NaN where there is none. */
struct curve {
	double low[BINS], mid[BINS], high[BINS];
};

struct timeline {
	const struct compare *c;
	unsigned int kind;
	uint64_t length; /* of the longest, ns */
	struct curve seen, *arm;
	double *v;       /* of the runs, while a bin is summed up */
	double most;
};

/* A gauge's value in the bin, of a sum its growth in a second. */
static double value(const struct timeline *t, const struct track *tr, unsigned int bin)
{
	uint64_t from = t->length / BINS * bin, to = t->length / BINS * (bin + 1);
	int64_t a = track_at(tr, t->kind, from), b;

	if (!tr->nr || from > tr->ns || a == MM_FIGURE_UNKNOWN)
		return NAN;
	if (track_is_gauge(t->kind))
		return (double)a;
	b = track_at(tr, t->kind, to);
	return b == MM_FIGURE_UNKNOWN || to == from ? NAN : (double)(b - a) * 1e9 / (double)(to - from);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void sum_arm(struct timeline *t, const struct compare_arm *arm, struct curve *to)
{
	for (unsigned int bin = 0; bin < BINS; bin++) {
		unsigned int n = 0;

		for (unsigned int i = 0; arm->track && i < t->c->runs; i++)
			if (page_counts(arm, i)) {
				t->v[n] = value(t, &arm->track[i], bin);
				n += !isnan(t->v[n]);
			}
		to->low[bin] = to->mid[bin] = to->high[bin] = NAN;
		if (!n)
			continue;
		qsort(t->v, n, sizeof(*t->v), by_value);
		to->low[bin] = t->v[0];
		to->mid[bin] = (t->v[(n - 1) / 2] + t->v[n / 2]) / 2;
		to->high[bin] = t->v[n - 1];
		t->most = fmax(t->most, to->high[bin]);
	}
}

static void sum_up(struct timeline *t)
{
	t->most = 0;
	for (unsigned int bin = 0; bin < BINS; bin++) {
		t->seen.mid[bin] = t->c->seen ? value(t, t->c->seen, bin) : NAN;
		t->most = fmax(t->most, t->seen.mid[bin]);
	}
	for (unsigned int a = 0; a < t->c->nr_arms; a++)
		sum_arm(t, &t->c->arm[a], &t->arm[a]);
}

/* ---- drawing -------------------------------------------------------------------------------------------- */

static double step_of(double length, unsigned int most)
{
	double raw = length / most, unit = pow(10, floor(log10(raw)));

	return raw <= unit ? unit : raw <= 2 * unit ? 2 * unit : raw <= 5 * unit ? 5 * unit : 10 * unit;
}

static const char *short_text(double v, char *buf, size_t size)
{
	if (v >= 1e9)
		snprintf(buf, size, "%gG", v / 1e9);
	else if (v >= 1e6)
		snprintf(buf, size, "%gM", v / 1e6);
	else if (v >= 1e3)
		snprintf(buf, size, "%gk", v / 1e3);
	else
		snprintf(buf, size, "%g", v);
	return buf;
}

static double at_x(unsigned int bin)
{
	return LEFT + WIDE * (bin + 0.5) / BINS;
}

static double at_y(const struct timeline *t, double v)
{
	return TOP + HIGH * (1 - v / t->most);
}

static void put_axes(struct cmd_out *o, const struct timeline *t)
{
	double step = step_of(t->most, 4), seconds = (double)t->length / 1e9, s = step_of(seconds, 6);
	char text[32];

	for (double v = 0; v <= t->most; v += step)
		cmd_printf(o, "<path class=grid d=\"M%.0f %.1fh%.0f\"/><text x=\"%.0f\" y=\"%.1f\" text-anchor=end>%s</text>", LEFT, at_y(t, v), WIDE,
			   LEFT - 6, at_y(t, v) + 4, short_text(v, text, sizeof(text)));
	for (double v = 0; v <= seconds; v += s)
		cmd_printf(o, "<path class=axis d=\"M%.1f %.1fv4\"/><text x=\"%.1f\" y=\"%.1f\" text-anchor=middle>%g%s</text>", LEFT + WIDE * v / seconds,
			   TOP + HIGH, LEFT + WIDE * v / seconds, TOP + HIGH + 17, v, v == 0 ? " s" : "");
	cmd_printf(o, "<path class=axis d=\"M%.0f %.0fv%.0fh%.0f\"/>\n", LEFT, TOP, HIGH, WIDE);
}

/* A line through the bins, broken where there is nothing. */
static void put_line(struct cmd_out *o, const struct timeline *t, const double *v, const char *class)
{
	bool on = false;

	cmd_printf(o, "<path class=\"line %s\" d=\"", class);
	for (unsigned int i = 0; i < BINS; i++) {
		if (!isnan(v[i]))
			cmd_printf(o, "%c%.1f %.1f", on ? 'L' : 'M', at_x(i), at_y(t, v[i]));
		on = !isnan(v[i]);
	}
	cmd_puts(o, "\"/>\n");
}

static void put_band(struct cmd_out *o, const struct timeline *t, const struct curve *v, const char *class)
{
	cmd_printf(o, "<path class=\"band %s\" d=\"", class);
	for (unsigned int i = 0, n; i < BINS; i += n) {
		for (n = 0; i + n < BINS && !isnan(v->low[i + n]); n++)
			cmd_printf(o, "%c%.1f %.1f", n ? 'L' : 'M', at_x(i + n), at_y(t, v->high[i + n]));
		for (unsigned int k = n; k-- > 0;)
			cmd_printf(o, "L%.1f %.1f", at_x(i + k), at_y(t, v->low[i + k]));
		if (n)
			cmd_puts(o, "z");
		n += n == 0;
	}
	cmd_puts(o, "\"/>\n");
}

static void put_panel(struct cmd_out *o, const struct timeline *t)
{
	cmd_puts(o, "<figure><figcaption>");
	page_text(o, track_text(t->kind));
	cmd_printf(o, "</figcaption><svg class=time viewBox=\"0 0 %.0f %.0f\" role=img aria-label=\"", LEFT + WIDE + 14, TOP + HIGH + 24);
	page_text(o, track_text(t->kind));
	cmd_puts(o, "\">\n");
	put_axes(o, t);
	for (unsigned int a = 0; a < t->c->nr_arms; a++)
		put_band(o, t, &t->arm[a], page_colour(a));
	for (unsigned int a = 0; a < t->c->nr_arms; a++)
		put_line(o, t, t->arm[a].mid, page_colour(a));
	put_line(o, t, t->seen.mid, "seen");
	cmd_puts(o, "</svg></figure>\n");
}

void page_timelines(struct cmd_out *o, const struct compare *c)
{
	struct timeline t = { .c = c, .arm = sg_calloc(c->nr_arms, sizeof(*t.arm)), .v = sg_calloc(c->runs + 1, sizeof(*t.v)) };
	bool any = false;

	if (c->seen)
		t.length = c->seen->ns;
	for (unsigned int a = 0; a < c->nr_arms; a++)
		for (unsigned int i = 0; c->arm[a].track && i < c->runs; i++)
			if (page_counts(&c->arm[a], i) && c->arm[a].track[i].ns > t.length)
				t.length = c->arm[a].track[i].ns;
	if (t.arm && t.v && t.length >= BINS) {
		cmd_puts(o, "<h2 id=time>Over time</h2>\n<p class=key><span><i class=seen></i> observed</span>");
		for (unsigned int a = 0; a < c->nr_arms; a++) {
			cmd_printf(o, " <span><i class=%s></i> ", page_colour(a));
			page_name(o, c->arm[a].name);
			cmd_puts(o, "</span>");
		}
		cmd_printf(o, "</p>\n<p><small>Median and range of the runs, in %u steps of %.1f ms each. A run under another policy takes as long as it "
			   "takes.</small></p>\n<div class=panels>\n", BINS, (double)t.length / BINS / 1e6);
		for (t.kind = 0; t.kind < TRACK_COUNT; t.kind++) {
			sum_up(&t);
			if (t.most <= 0)
				continue;
			put_panel(o, &t);
			any = true;
		}
		cmd_puts(o, "</div>\n");
		if (!any)
			cmd_puts(o, "<p>Nothing of it happened.</p>\n");
	}
	free(t.arm);
	free(t.v);
}
