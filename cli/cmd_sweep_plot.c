// SPDX-License-Identifier: GPL-2.0-only
/* A chart for the terminal: lines of braille dots or of ASCII, a letter for each median, a bar for each range. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd_sweep_show.h"
#include "sg_mem.h"

#define GUTTER 11u /* of the numbers beside the axis */

struct plot {
	const struct show *s;
	const struct show_chart *c;
	const struct show_panel *p;
	unsigned int w, h;      /* cells of the area */
	bool ascii;
	unsigned char *dots;    /* by cell: braille dots, or of ASCII whether a line passes */
	char *mark;             /* by cell: a letter, or 0 */
	double low, high, left, right;
};

/* Of dot (x, y) in its cell, as Unicode numbers them. */
static unsigned char dot_bit(unsigned int x, unsigned int y)
{
	static const unsigned char bit[2][4] = { { 0x01, 0x02, 0x04, 0x40 }, { 0x08, 0x10, 0x20, 0x80 } };

	return bit[x & 1][y & 3];
}

static void set_dot(struct plot *g, long x, long y)
{
	if (x < 0 || y < 0 || x >= 2 * (long)g->w || y >= 4 * (long)g->h)
		return;
	g->dots[(size_t)(y / 4) * g->w + (size_t)(x / 2)] |= dot_bit((unsigned int)x, (unsigned int)y);
}

static long dot_x(const struct plot *g, double v)
{
	return g->right > g->left ? lround((v - g->left) / (g->right - g->left) * (2 * g->w - 3)) + 1 : (long)g->w;
}

static long dot_y(const struct plot *g, double v)
{
	return lround((g->high - v) / (g->high - g->low) * (4 * g->h - 1));
}

static void line(struct plot *g, long x0, long y0, long x1, long y1)
{
	long n = labs(x1 - x0) > labs(y1 - y0) ? labs(x1 - x0) : labs(y1 - y0);

	for (long i = 0; i <= n; i++)
		set_dot(g, n ? x0 + (x1 - x0) * i / n : x0, n ? y0 + (y1 - y0) * i / n : y0);
}

static void put_series(struct plot *g, unsigned int k)
{
	const struct show_series *r = &g->p->series[k];
	const struct show_point *before = NULL;
	long was_x = 0;

	for (unsigned int i = 0; i < g->c->nr_x; i++) {
		const struct show_point *p = r->at[i];
		long x = dot_x(g, g->c->x[i].at);

		if (!p)
			continue;
		if (before)
			line(g, was_x, dot_y(g, before->span.mid), x, dot_y(g, p->span.mid));
		line(g, x, dot_y(g, p->span.low), x, dot_y(g, p->span.high));
		before = p;
		was_x = x;
	}
}

static void put_marks(struct plot *g, unsigned int k)
{
	const struct show_series *r = &g->p->series[k];

	for (unsigned int i = 0; i < g->c->nr_x; i++) {
		const struct show_point *p = r->at[i];
		char *m;

		if (!p)
			continue;
		m = &g->mark[(size_t)(dot_y(g, p->span.mid) / 4) * g->w + (size_t)(dot_x(g, g->c->x[i].at) / 2)];
		*m = *m ? '*' : (char)('a' + r->no % 26);
	}
}

static void put_cell(const struct plot *g, size_t at)
{
	unsigned char d = g->dots[at];

	if (g->mark[at])
		putchar(g->mark[at]);
	else if (!d)
		putchar(' ');
	else if (!g->ascii)
		printf("%c%c%c", 0xe2, 0xa0 + (d >> 6), 0x80 + (d & 0x3f)); /* U+2800 and the dots, as UTF-8 */
	else
		putchar((d & 0x47) == 0x47 || (d & 0xb8) == 0xb8 ? '|' : '.');
}

static void put_rows(const struct plot *g)
{
	double step = show_step(g->s, g->high - g->low, g->h > 8 ? 4 : 2);
	char text[48];

	for (unsigned int y = 0; y < g->h; y++) {
		double top = g->high - (g->high - g->low) * (4 * y - 0.5) / (4 * g->h - 1),
		       bottom = g->high - (g->high - g->low) * (4 * y + 3.5) / (4 * g->h - 1), tick = floor(top / step) * step;

		/* a number where one falls into the row */
		show_value_text(g->s, tick, text, sizeof(text));
		printf("%*s %s", (int)GUTTER - 2, tick > bottom ? text : "", g->ascii ? (tick > bottom ? "+" : "|") : tick > bottom ? "┤" : "│");
		for (unsigned int x = 0; x < g->w; x++)
			put_cell(g, (size_t)y * g->w + x);
		printf("\n");
	}
	printf("%*s %s", (int)GUTTER - 2, "", g->ascii ? "+" : "└");
	for (unsigned int x = 0; x < g->w; x++)
		fputs(g->ascii ? "-" : "─", stdout);
	printf("\n");
}

/* Values below the axis, as many as there is room for. */
static void put_values(const struct plot *g)
{
	char *row = sg_malloc(g->w + 2);
	long free_at = 0;

	if (!row)
		return;
	memset(row, ' ', g->w + 1);
	row[g->w + 1] = 0;
	for (unsigned int i = 0; i < g->c->nr_x; i++) {
		char text[80];
		long len, at;

		sg_clean(text, sizeof(text), g->c->x[i].text, strlen(g->c->x[i].text));
		len = (long)strlen(text);
		at = dot_x(g, g->c->x[i].at) / 2 - len / 2;
		at = at < 0 ? 0 : at + len > (long)g->w ? (long)g->w - len : at;
		if (at < free_at || at < 0)
			continue;
		memcpy(row + at, text, (size_t)len);
		free_at = at + len + 1;
	}
	while (*row && row[strlen(row) - 1] == ' ')
		row[strlen(row) - 1] = 0;
	printf("%*s%s\n", (int)GUTTER, "", row);
	free(row);
}

void show_plot(const struct show *s, const struct show_chart *c, const struct show_panel *p, unsigned int columns, unsigned int lines,
	       bool ascii)
{
	struct plot g = { .s = s, .c = c, .p = p, .w = columns > GUTTER + 20 ? columns - GUTTER - 1 : 20, .h = lines > 4 ? lines : 4, .ascii = ascii,
			  .left = c->x[0].at, .right = c->x[c->nr_x - 1].at };

	g.dots = sg_calloc(g.w, g.h);
	g.mark = sg_calloc(g.w, g.h);
	show_limits(p, c->nr_x, &g.low, &g.high);
	if (g.dots && g.mark) {
		for (unsigned int k = 0; k < p->nr_series; k++)
			put_series(&g, k);
		for (unsigned int k = 0; k < p->nr_series; k++)
			put_marks(&g, k);
		put_rows(&g);
		put_values(&g);
	}
	free(g.dots);
	free(g.mark);
}
