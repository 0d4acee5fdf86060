// SPDX-License-Identifier: GPL-2.0-only
/* A chart as SVG, for light and dark pages: a panel for each capture, a line for each series, its range behind it. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cmd_sweep_show.h"

#define LEFT 88.0
#define WIDE 600.0
#define HIGH 240.0
#define HEAD 52.0
#define FOOT 46.0
#define LEGEND 18.0
#define COLOURS 8u

static const char style[] =
	"svg{background:#fff;color:#1c2430;font:12px system-ui,sans-serif}text{fill:currentColor}.t{font-size:14px;font-weight:600}"
	".m{fill:#5b6675}.g{stroke:#e3e8ee}.x{stroke:#7a8796}.o{stroke:currentColor;stroke-dasharray:5 4}.w{fill:#7a8ca3;opacity:.18}"
	".b{opacity:.2;stroke:none}.l{fill:none;stroke-width:2}.r{stroke-width:1.5}"
	".c0{stroke:#2f7fd1;fill:#2f7fd1}.c1{stroke:#c26a1b;fill:#c26a1b}.c2{stroke:#3c9a5f;fill:#3c9a5f}.c3{stroke:#8b5bb5;fill:#8b5bb5}"
	".c4{stroke:#c43d4b;fill:#c43d4b}.c5{stroke:#178f96;fill:#178f96}.c6{stroke:#8a7a1a;fill:#8a7a1a}.c7{stroke:#6b6f78;fill:#6b6f78}.l{fill:none}"
	"@media(prefers-color-scheme:dark){svg{background:#12161c;color:#dfe5ec}.m{fill:#96a2b0}.g{stroke:#252d37}.w{fill:#9fb0c6}}";

struct area {
	const struct show *s;
	const struct show_chart *c;
	const struct show_panel *p;
	double top, low, high, left, right;
};

static void put_text(struct cmd_out *o, const char *text)
{
	char clean[700];

	sg_clean(clean, sizeof(clean), text, strlen(text));
	for (const char *c = clean; *c; c++) {
		if (*c == '<')
			cmd_puts(o, "&lt;");
		else if (*c == '>')
			cmd_puts(o, "&gt;");
		else if (*c == '&')
			cmd_puts(o, "&amp;");
		else
			cmd_put(o, c, 1);
	}
}

static double at_x(const struct area *a, double v)
{
	return a->right > a->left ? LEFT + 12 + (v - a->left) / (a->right - a->left) * (WIDE - 24) : LEFT + WIDE / 2;
}

static double at_y(const struct area *a, double v)
{
	return a->top + (a->high - v) / (a->high - a->low) * HIGH;
}

static void put_axes(struct cmd_out *o, const struct area *a)
{
	double step = show_step(a->s, a->high - a->low, 5), edge = -1e9;
	char text[80];

	for (double v = ceil(a->low / step) * step; v <= a->high + step / 1e6; v += step) {
		cmd_printf(o, "<path class=\"g\" d=\"M%.1f %.1fh%.1f\"/><text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">", LEFT, at_y(a, v), WIDE,
			   LEFT - 8, at_y(a, v) + 4);
		put_text(o, show_value_text(a->s, fabs(v) < step / 1e6 ? 0 : v, text, sizeof(text)));
		cmd_puts(o, "</text>\n");
	}
	cmd_printf(o, "<path class=\"x\" fill=\"none\" d=\"M%.1f %.1fv%.1fh%.1f\"/>\n", LEFT, a->top, HIGH, WIDE);
	for (unsigned int i = 0; i < a->c->nr_x; i++) {
		double x = at_x(a, a->c->x[i].at), half = 3.4 * (double)strlen(a->c->x[i].text);

		cmd_printf(o, "<path class=\"x\" d=\"M%.1f %.1fv4\"/>", x, a->top + HIGH);
		if (x - half < edge)
			continue;
		cmd_printf(o, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">", x, a->top + HIGH + 17);
		put_text(o, a->c->x[i].text);
		cmd_puts(o, "</text>\n");
		edge = x + half + 8;
	}
	cmd_printf(o, "<text class=\"m\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">", LEFT + WIDE / 2, a->top + HIGH + 34);
	put_text(o, a->s->over);
	cmd_printf(o, "</text>\n<text class=\"m\" transform=\"translate(14 %.1f) rotate(-90)\" text-anchor=\"middle\">", a->top + HIGH / 2);
	put_text(o, a->s->what);
	cmd_puts(o, "</text>\n");
}

/* What was observed, and what the model makes of it. */
static void put_ground(struct cmd_out *o, const struct area *a)
{
	const struct show_capture *cap = a->p->capture;

	if (cap->own && cap->own->span.nr)
		cmd_printf(o, "<rect class=\"w\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n", LEFT, at_y(a, cap->own->span.high), WIDE,
			   fmax(1, at_y(a, cap->own->span.low) - at_y(a, cap->own->span.high)));
	if (!isnan(cap->observed))
		cmd_printf(o, "<path class=\"o\" d=\"M%.1f %.1fh%.1f\"/>\n", LEFT, at_y(a, cap->observed), WIDE);
}

static void put_series(struct cmd_out *o, const struct area *a, unsigned int k)
{
	const struct show_series *r = &a->p->series[k];
	unsigned int n = 0, colour = r->no % COLOURS;
	char low[48], high[48];

	for (unsigned int i = 0; i < a->c->nr_x; i++)
		n += r->at[i] != NULL;
	if (n > 1) {
		cmd_printf(o, "<path class=\"c%u b\" d=\"", colour);
		for (unsigned int i = 0, first = 1; i < a->c->nr_x; i++)
			if (r->at[i]) {
				cmd_printf(o, "%c%.1f %.1f", first ? 'M' : 'L', at_x(a, a->c->x[i].at), at_y(a, r->at[i]->span.high));
				first = 0;
			}
		for (unsigned int i = a->c->nr_x; i-- > 0;)
			if (r->at[i])
				cmd_printf(o, "L%.1f %.1f", at_x(a, a->c->x[i].at), at_y(a, r->at[i]->span.low));
		cmd_printf(o, "z\"/><path class=\"c%u l\" d=\"", colour);
		for (unsigned int i = 0, first = 1; i < a->c->nr_x; i++)
			if (r->at[i]) {
				cmd_printf(o, "%c%.1f %.1f", first ? 'M' : 'L', at_x(a, a->c->x[i].at), at_y(a, r->at[i]->span.mid));
				first = 0;
			}
		cmd_puts(o, "\"/>\n");
	}
	for (unsigned int i = 0; i < a->c->nr_x; i++) {
		const struct show_point *p = r->at[i];
		double x = at_x(a, a->c->x[i].at);

		if (!p)
			continue;
		cmd_printf(o, "<g class=\"c%u r\"><title>", colour);
		put_text(o, p->spec);
		cmd_printf(o, ": %s to %s, %u runs</title>", show_value_text(a->s, p->span.low, low, sizeof(low)),
			   show_value_text(a->s, p->span.high, high, sizeof(high)), p->span.nr);
		cmd_printf(o, "<path d=\"M%.1f %.1fV%.1fM%.1f %.1fh8M%.1f %.1fh8\"/><circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\"/></g>\n", x,
			   at_y(a, p->span.low), at_y(a, p->span.high), x - 4, at_y(a, p->span.low), x - 4, at_y(a, p->span.high), x,
			   at_y(a, p->span.mid));
	}
}

static void put_legend(struct cmd_out *o, const struct area *a, double y)
{
	for (unsigned int k = 0; k < a->p->nr_series; k++) {
		cmd_printf(o, "<path class=\"c%u l\" d=\"M%.1f %.1fh22\"/><text x=\"%.1f\" y=\"%.1f\">", a->p->series[k].no % COLOURS, LEFT, y + LEGEND * k - 4, LEFT + 30,
			   y + LEGEND * k);
		put_text(o, a->p->series[k].name);
		cmd_puts(o, "</text>\n");
	}
}

void show_svg(const struct show *s, const struct show_chart *c, struct cmd_out *o)
{
	double height = 0, y = 0;

	for (unsigned int i = 0; i < c->nr_panels; i++)
		height += HEAD + HIGH + FOOT + LEGEND * (c->panel[i].nr_series + 1);
	cmd_printf(o, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" height=\"%.0f\"><style>",
		   LEFT + WIDE + 20, height, LEFT + WIDE + 20, height);
	cmd_puts(o, style);
	cmd_puts(o, "</style>\n");
	for (unsigned int i = 0; i < c->nr_panels; i++) {
		struct area a = { .s = s, .c = c, .p = &c->panel[i], .top = y + HEAD, .left = c->x[0].at, .right = c->x[c->nr_x - 1].at };

		show_limits(a.p, c->nr_x, &a.low, &a.high);
		a.high += (a.high - a.low) * 0.04;
		cmd_printf(o, "<text class=\"t\" x=\"%.1f\" y=\"%.1f\">", LEFT, y + 22);
		put_text(o, s->what);
		cmd_puts(o, " over ");
		put_text(o, s->over);
		cmd_puts(o, ", ");
		put_text(o, a.p->capture->name);
		cmd_printf(o, "</text>\n<text class=\"m\" x=\"%.1f\" y=\"%.1f\">median and range of the runs; dashed: observed; grey: the captured kernel's own "
			   "runs</text>\n", LEFT, y + 40);
		put_axes(o, &a);
		put_ground(o, &a);
		for (unsigned int k = 0; k < a.p->nr_series; k++)
			put_series(o, &a, k);
		put_legend(o, &a, y + HEAD + HIGH + FOOT + LEGEND - 4);
		y += HEAD + HIGH + FOOT + LEGEND * (a.p->nr_series + 1);
	}
	cmd_puts(o, "</svg>\n");
}
