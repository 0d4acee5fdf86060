// SPDX-License-Identifier: GPL-2.0-only
/* A comparison's maps of pageblocks, as SVG within its page. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "cmd_compare_page.h"

static const char *const class_name[TRACK_CLASSES] = {
	[TRACK_NONE] = "no memory",
	[TRACK_UNKNOWN] = "type not known",
	[TRACK_UNMOVABLE] = "Unmovable",
	[TRACK_MOVABLE] = "Movable",
	[TRACK_POLLUTED] = "Movable with others' pages",
	[TRACK_RECLAIMABLE] = "Reclaimable",
	[TRACK_HIGHATOMIC] = "HighAtomic",
	[TRACK_CMA] = "CMA",
	[TRACK_ISOLATE] = "Isolate",
	[TRACK_OTHER] = "other types",
};

static unsigned int columns_of(const struct track_map *m)
{
	unsigned int n = (unsigned int)ceil(sqrt(2.0 * m->nr));

	return n ? n : 1;
}

/* All cells that look alike, in rows, as one path. */
static void put_cells(struct cmd_out *o, const struct track_map *m, unsigned int columns, uint8_t look)
{
	bool any = false;

	for (unsigned int i = 0, n; i < m->nr; i += n) {
		for (n = 1; i + n < m->nr && m->cell[i + n] == m->cell[i] && (i + n) % columns; n++)
			;
		if (m->cell[i] != look)
			continue;
		if (!any)
			cmd_printf(o, "<path class=\"k%u f%u\" d=\"", look & 15u, look >> 4);
		cmd_printf(o, "M%u %uh%uv1h-%uz", i % columns, i / columns, n, n);
		any = true;
	}
	if (any)
		cmd_puts(o, "\"/>");
}

static void put_counts(struct cmd_out *o, const struct track_map *m)
{
	const char *gap = "";

	for (unsigned int k = TRACK_UNKNOWN; k < TRACK_CLASSES; k++)
		if (m->blocks[k]) {
			cmd_printf(o, "%s%s %u", gap, class_name[k], m->blocks[k]);
			gap = ", ";
		}
	cmd_printf(o, "; free as a whole %u", m->whole);
}

static void put_map(struct cmd_out *o, const struct track_map *m, const char *when)
{
	unsigned int columns = columns_of(m), rows = (m->nr + columns - 1) / columns;
	char text[40];

	if (!m->made || !m->nr)
		return;
	if (!when)
		snprintf(text, sizeof(text), "after %.3f s", (double)m->ns / 1e9);
	cmd_printf(o, "<figure><figcaption>%s</figcaption><svg class=map viewBox=\"0 0 %u %u\" role=img aria-label=\"pageblocks\" "
		   "shape-rendering=crispEdges>", when ? when : text, columns, rows);
	for (unsigned int look = 0; look < 64; look++)
		if ((look & 15u) != TRACK_NONE && (look & 15u) < TRACK_CLASSES)
			put_cells(o, m, columns, (uint8_t)look);
	cmd_puts(o, "</svg><small>");
	put_counts(o, m);
	cmd_puts(o, "</small></figure>\n");
}

static void put_run(struct cmd_out *o, const struct track *t)
{
	unsigned int last = 0;
	char end[48];

	for (unsigned int i = 0; i < TRACK_MOMENTS; i++)
		if (t->map[i].made)
			last = i;
	cmd_puts(o, "<div class=maps>\n");
	for (unsigned int i = 0; i <= last; i++) {
		snprintf(end, sizeof(end), "at the end, %.3f s", (double)t->map[i].ns / 1e9);
		put_map(o, &t->map[i], i == 0 ? "at the start" : i == last ? end : NULL);
	}
	cmd_puts(o, "</div>\n");
}

/* Of the runs behind the first only how they ended. */
static void put_others(struct cmd_out *o, const struct compare *c, const struct compare_arm *arm, unsigned int first)
{
	unsigned int n = 0;
	char name[60];

	for (unsigned int i = first + 1; i < c->runs; i++)
		n += page_counts(arm, i);
	if (!n)
		return;
	cmd_printf(o, "<details><summary>how the other %u run%s ended</summary><div class=maps>\n", n, n == 1 ? "" : "s");
	for (unsigned int i = first + 1; i < c->runs; i++) {
		const struct track *t = &arm->track[i];
		unsigned int last = TRACK_MOMENTS;

		while (page_counts(arm, i) && last > 0 && !t->map[last - 1].made)
			last--;
		if (!page_counts(arm, i) || !last)
			continue;
		snprintf(name, sizeof(name), "seed %" PRIu64 ", %.3f s", c->seed + i, (double)t->ns / 1e9);
		put_map(o, &t->map[last - 1], name);
	}
	cmd_puts(o, "</div></details>\n");
}

static void put_key(struct cmd_out *o, const struct compare *c)
{
	bool there[TRACK_CLASSES] = { false };

	for (unsigned int i = 0; i < TRACK_MOMENTS; i++)
		for (unsigned int k = 0; k < TRACK_CLASSES; k++) {
			there[k] |= c->seen->map[i].blocks[k] > 0;
			for (unsigned int a = 0; a < c->nr_arms; a++)
				for (unsigned int n = 0; c->arm[a].track && n < c->runs; n++)
					there[k] |= page_counts(&c->arm[a], n) && c->arm[a].track[n].map[i].blocks[k] > 0;
		}
	cmd_puts(o, "<p class=key>");
	for (unsigned int k = TRACK_UNKNOWN; k < TRACK_CLASSES; k++)
		if (there[k])
			cmd_printf(o, "<span><svg class=swatch viewBox=\"0 0 4 1\"><path class=\"k%u f0\" d=\"M0 0h1v1h-1z\"/><path class=\"k%u f1\" "
				   "d=\"M1 0h1v1h-1z\"/><path class=\"k%u f2\" d=\"M2 0h1v1h-1z\"/><path class=\"k%u f3\" d=\"M3 0h1v1h-1z\"/></svg> %s</span> ", k, k, k,
				   k, class_name[k]);
	cmd_puts(o, "</p>\n<p><small>A cell is ");
	if (c->seen->map[0].blocks_each > 1)
		cmd_printf(o, "%u pageblocks, and has the colour of what most of them are", c->seen->map[0].blocks_each);
	else
		cmd_puts(o, "a pageblock");
	cmd_puts(o, "; the paler, the more of it is free: less than a third, two thirds, not all, all.</small></p>\n");
}

void page_maps(struct cmd_out *o, const struct compare *c)
{
	if (!c->seen || !c->seen->map[0].made)
		return;
	cmd_puts(o, "<h2 id=maps>Pageblocks</h2>\n");
	put_key(o, c);
	cmd_puts(o, "<h3>observed</h3>\n");
	put_run(o, c->seen);
	for (unsigned int a = 0; a < c->nr_arms; a++) {
		const struct compare_arm *arm = &c->arm[a];
		unsigned int first = 0;

		while (first < c->runs && !page_counts(arm, first))
			first++;
		if (!arm->track || first == c->runs)
			continue;
		cmd_printf(o, "<h3><i class=\"dot %s\"></i> ", page_colour(a));
		page_name(o, arm->name);
		cmd_printf(o, " <small>simulated, seed %" PRIu64 "</small></h3>\n", c->seed + first);
		put_run(o, &arm->track[first]);
		put_others(o, c, arm, first);
	}
}
