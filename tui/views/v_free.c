// SPDX-License-Identifier: GPL-2.0-only
/*
 * Free blocks of the zone by order and migratetype, with the share of free memory
 * that a request of the order can't use, and the fragmentation index.
 */
#include <stdio.h>
#include <string.h>

#include "ui_view.h"

struct v_free {
	unsigned int nr_types,
		type[SG_MAX_MIGRATETYPES]; /* columns: migratetypes that have or had blocks */
	uint64_t untyped[MM_MAX_ORDERS];    /* free blocks on lists of an unknown type */
	bool any_untyped;
	const struct sg_zone_snap *letters; /* of a dump: which lists have blocks, not how many */
	int frag[MM_MAX_ORDERS], unusable[MM_MAX_ORDERS];
	uint64_t most; /* pages in the order with the most free pages */
};

/* The zone of a dump that names lists but doesn't count them by type; NULL: they are counted, or it is a trace's. */
static const struct sg_zone_snap *lettered(const struct ui_model *md)
{
	const struct sg_snapshot *s = md->run->cap->still && md->run->cfg.nr_seeds ? md->run->cfg.seed[0].snap : NULL;

	for (unsigned int i = 0; s && !s->have_pageflags && i < s->nr_zones; i++)
		if (s->zone[i].node == md->run->zi.node && strcmp(s->zone[i].name, md->run->zi.name) == 0)
			return s->zone[i].have_types ? NULL : &s->zone[i];
	return NULL;
}

static void free_sync(void *view, const struct ui_model *md, const struct ui_rect *r)
{
	struct v_free *v = view;

	(void)r;
	v->nr_types = 0;
	v->most = 0;
	for (unsigned int t = 0; t < md->run->cap->nr_migratetypes && t < SG_MAX_MIGRATETYPES; t++) {
		bool any = t < 3 ||
			   md->run->zi.type_blocks[t] > 0; /* the first three are always there */

		for (unsigned int o = 0; o < md->run->zi.nr_orders; o++)
			any |= md->run->zi.type_free[t][o] > 0;
		if (any)
			v->type[v->nr_types++] = t;
	}
	v->letters = lettered(md);
	if (v->letters)
		v->nr_types = 0;
	v->any_untyped = v->letters != NULL;
	for (unsigned int o = 0; o < md->run->zi.nr_orders; o++) {
		uint64_t typed = 0;

		for (unsigned int t = 0; t < SG_MAX_MIGRATETYPES; t++)
			typed += md->run->zi.type_free[t][o];
		v->untyped[o] = md->run->zi.free[o] > typed ? md->run->zi.free[o] - typed : 0;
		v->any_untyped |= v->untyped[o] > 0;
		v->frag[o] = mm_fragmentation_index(&md->run->zi, o);
		v->unusable[o] = mm_unusable_index(&md->run->zi, o);
		if (md->run->zi.free[o] << o > v->most)
			v->most = md->run->zi.free[o] << o;
	}
}

static struct ui_style heat(int unusable)
{
	return ui_style(unusable >= 900   ? UI_ROLE_ERROR
			: unusable >= 500 ? UI_ROLE_WARN
					  : UI_ROLE_TEXT);
}

/* "UME": the lists that have blocks of this order; "?" where the text doesn't say. */
static void letters(const struct ui_model *md, const struct sg_zone_snap *z, unsigned int order, char num[static UI_FMT_MAX])
{
	unsigned int n = 0;

	for (unsigned int t = 0; t < SG_MAX_MIGRATETYPES; t++)
		if (z->types_at[order] >> t & 1)
			num[n++] = ui_mt_letter(md, t);
	if (!(z->known & SG_ZONE_TYPES_AT) && z->free[order])
		num[n++] = '?';
	num[n] = '\0';
}

static void free_draw(const void *view, const struct ui_model *md, struct ui_grid *g,
		      const struct ui_rect *r)
{
	const struct v_free *v = view;
	const char *title = r->cols >= 50 ? "free blocks, unusable and fragmentation index"
					  : "free blocks by order";
	struct ui_rect in = ui_box(g, r, title,
				   md->focus == UI_FOCUS_FIGURES && md->figures == UI_FIG_FREE);
	int w = in.cols >= 70 ? 8 : in.cols >= 46 ? 6 : 5;
	/* what others may have taken or given back unseen isn't counted */
	bool frag = in.cols >= 42, untyped, hidden = ui_model_hiding(md) >= 0;
	/* without, a count is what was seen: that many at least, and none is unknown */
	bool known = ui_model_free_known(md);
	int tail = frag ? 14 : 5, bar, col;
	unsigned int types = v->nr_types;
	char num[UI_FMT_MAX];

	/* the types on the right go first when it gets narrow */
	while (types > 1 && 2 + (int)(types + 1) * w + tail > in.cols)
		types--;
	untyped = v->any_untyped && 2 + (int)(types + 2) * w + tail <= in.cols;
	bar = in.cols - 2 - (int)(types + 1 + untyped) * w - tail - 1;
	col = 2;
	for (unsigned int i = 0; i < types; i++, col += w)
		ui_textf(g, &in, 0, col, ui_style((enum ui_role)ui_mt_role(md, v->type[i])),
			 "%*.*s", w, w - 1, ui_mt_name(md, v->type[i]));
	if (untyped) {
		ui_textf(g, &in, 0, col, ui_style(UI_ROLE_UNKNOWN), "%*s", w, v->letters ? "in" : "?");
		col += w;
	}
	ui_textf(g, &in, 0, col, ui_style(UI_ROLE_STRONG), "%*s", w, "all");
	ui_textf(g, &in, 0, in.cols - tail, ui_style(UI_ROLE_DIM),
		 frag ? " unus.  frag. " : " unus");
	for (unsigned int o = 0; o < md->run->zi.nr_orders && (int)o + 1 < in.rows; o++) {
		int row = (int)o + 1;

		ui_textf(g, &in, row, 0, ui_style(UI_ROLE_STRONG), "%2u", o);
		col = 2;
		for (unsigned int i = 0; i < types; i++, col += w) {
			uint64_t n = md->run->zi.type_free[v->type[i]][o];

			ui_textf(g, &in, row, col,
				 ui_style(n ? (enum ui_role)ui_mt_role(md, v->type[i])
					    : UI_ROLE_DIM),
				 "%*s", w, hidden || !(n || known) ? "?" : ui_fmt_short(num, n, w - 1));
		}
		if (untyped) {
			if (v->letters)
				letters(md, v->letters, o, num);
			else
				ui_fmt_short(num, v->untyped[o], w - 1);
			ui_textf(g, &in, row, col, ui_style(UI_ROLE_UNKNOWN), "%*s", w, hidden ? "?" : num);
			col += w;
		}
		ui_textf(g, &in, row, col, ui_style(UI_ROLE_STRONG), "%*s", w,
			 hidden || !(md->run->zi.free[o] || known) ? "?" : ui_fmt_short(num, md->run->zi.free[o], w - 1));
		col += w + 1;
		if (hidden)
			continue;
		ui_bar(g, &in, row, col, bar, ui_style(UI_ROLE_FREE), md->run->zi.free[o] << o, v->most);
		if (!known)
			continue;
		ui_textf(g, &in, row, in.cols - tail, heat(v->unusable[o]), " %.*s", frag ? 5 : 4,
			 ui_fmt_milli(num, v->unusable[o]));
		if (frag)
			ui_textf(g, &in, row, in.cols - 7,
				 ui_style(v->frag[o] < 0 ? UI_ROLE_DIM : UI_ROLE_TEXT), "%6s",
				 ui_fmt_milli(num, v->frag[o]));
	}
}

const struct ui_view_ops ui_v_free = {
	.name = "free blocks",
	.min_rows = 4,
	.min_cols = 22,
	.state_size = sizeof(struct v_free),
	.sync = free_sync,
	.draw = free_draw,
};
