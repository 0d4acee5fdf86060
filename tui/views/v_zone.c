// SPDX-License-Identifier: GPL-2.0-only
/* The zone: pages by state, free against watermarks, pageblocks by type; the node's threads. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ui_view.h"

struct v_zone {
	uint64_t all; /* pages of the zone */
	struct mm_node_info ni;
};

static void zone_sync(void *view, const struct ui_model *md, const struct ui_rect *r)
{
	struct v_zone *v = view;

	(void)r;
	v->all = md->run->zi.nr_free + md->run->zi.nr_pcp + md->run->zi.nr_alloc + md->run->zi.nr_isolated +
		 md->run->zi.nr_unknown;
	mm_node_get(md->run->m, md->run->zi.node, &v->ni);
}

/* Requests that go round without a page, the oldest first; the last row tells of those that have no row. */
static int stalls(struct ui_grid *g, const struct ui_rect *in, const struct ui_model *md)
{
	unsigned int nr = mm_nr_stalls(md->run->m), room = in->rows >= 16 ? 4 : 2, shown = nr <= room ? nr : room - 1;
	char num[UI_FMT_MAX], task[40], comm[24];
	struct mm_stall_info s;
	int row = 0, col;

	for (unsigned int i = 0; i < shown; i++) {
		const char *name;

		mm_stall_get(md->run->m, i, &s);
		name = sg_capture_comm(md->run->cap, s.pid);
		sg_clean(comm, sizeof(comm), name, strlen(name));
		snprintf(task, sizeof(task), "%s-%" PRId32, comm, s.pid);
		col = ui_text(g, in, row, 0, ui_style(UI_ROLE_ERROR), task) + 1;
		col = ui_textf(g, in, row, col, ui_style(UI_ROLE_TEXT), in->cols >= 48 ? "stalls: %s order %u," : "%.5s %u:",
			       ui_mt_name(md, s.migratetype), s.order) +
		      1;
		ui_textf(g, in, row, col, ui_style(UI_ROLE_ERROR), in->cols >= 48 ? "round %s, %u compactions" : "round %s",
			 ui_fmt_num(num, s.reclaims > s.compactions ? s.reclaims : s.compactions), s.compactions);
		row++;
	}
	if (nr > shown)
		ui_textf(g, in, row++, 0, ui_style(UI_ROLE_ERROR), "and %u more request%s stall%s", nr - shown,
			 nr - shown == 1 ? "" : "s", nr - shown == 1 ? "s" : "");
	return row;
}

static int line(struct ui_grid *g, const struct ui_rect *in, int row, const struct v_zone *v,
		enum ui_role role, const char *name, uint64_t pages, bool known, unsigned int shift)
{
	char num[UI_FMT_MAX], size[UI_FMT_MAX];

	ui_textf(g, in, row, 0, ui_style(role), "%-9s", name);
	if (!known) {
		ui_textf(g, in, row, 9, ui_style(UI_ROLE_UNKNOWN), "%10s", "?");
		return row + 1;
	}
	if (strlen(ui_fmt_num(num, pages)) > 10)
		ui_fmt_short(num, pages, 10);
	ui_textf(g, in, row, 9, ui_style(pages ? UI_ROLE_TEXT : UI_ROLE_DIM), "%10s", num);
	ui_textf(g, in, row, 19, ui_style(UI_ROLE_DIM), "%11s", ui_fmt_size(size, pages << shift));
	ui_bar(g, in, row, 31, in->cols - 32, ui_style(role), pages, v->all);
	return row + 1;
}

/* free against the watermarks: the first mark above what is free says how bad it is */
static int watermarks(struct ui_grid *g, const struct ui_rect *in, int row,
		      const struct mm_zone_info *z, bool known, bool stalled)
{
	const struct {
		const char *name;
		uint64_t mark;
		enum ui_role role;
	} marks[] = { { "min", z->wmark_min, UI_ROLE_ERROR },
		      { "low", z->wmark_low, UI_ROLE_WARN },
		      { "high", z->wmark_high, UI_ROLE_KEY } };
	enum ui_role role = UI_ROLE_FREE;
	const char *state = "above";
	uint64_t scale = z->wmark_high * 2;
	char num[UI_FMT_MAX];
	int width = in->cols - 1, col = 0;

	if (z->wmark_high == 0) {
		ui_text(g, in, row, 0, ui_style(UI_ROLE_DIM), "watermarks: not in the capture");
		return row + 1;
	}
	for (int i = 2; i >= 0; i--)
		if (z->nr_free < marks[i].mark) {
			static const char *const below[] = { "< min", "< low", "< high" };

			role = marks[i].role;
			state = below[i];
		}
	if (!known) { /* what is free but not known to be counts as well: no verdict */
		role = UI_ROLE_UNKNOWN;
		state = "free unknown";
	}
	/* enough is free, and somebody waits all the same: the types below say why */
	if (stalled && role == UI_ROLE_FREE) {
		role = UI_ROLE_ERROR;
		state = "stalls";
	}
	for (int i = 0; i < 3; i++) {
		col = ui_textf(g, in, row, col, ui_style(marks[i].role), "%s %s", marks[i].name,
			       ui_fmt_short(num, marks[i].mark, in->cols >= 40 ? 7 : 4)) +
		      1;
	}
	ui_textf(g, in, row++,
		 in->cols - (int)strlen(state) >= col ? in->cols - (int)strlen(state) : col,
		 ui_style(role), "%s", state);
	if (row >= in->rows)
		return row;
	ui_fill(g, in, row, 0, width, ui_style(UI_ROLE_BORDER), ui_glyph(g, UI_GL_TRACK));
	ui_bar(g, in, row, 0, width, ui_style(role), z->nr_free < scale ? z->nr_free : scale,
	       scale);
	for (int i = 0; i < 3; i++)
		ui_char(g, in, row, (int)(marks[i].mark * (uint64_t)width / scale),
			ui_style(marks[i].role), ui_glyph(g, UI_GL_MARK));
	return row + 1;
}

/*
 * Free pages on each type's own lists.  The watermarks count them all together, but a request may take from another type's
 * lists only by a fallback: an empty list of its own is what a stalled request stands before.
 */
static int own_lists(struct ui_grid *g, const struct ui_rect *in, int row, const struct ui_model *md)
{
	int col = ui_text(g, in, row, 0, ui_style(UI_ROLE_STRONG), "own free");
	char num[UI_FMT_MAX], text[80];

	for (unsigned int t = 0; t < md->run->cap->nr_migratetypes && t < SG_MAX_MIGRATETYPES; t++) {
		bool waits = mm_stalls_of(md->run->m, t) > 0, hidden = ui_model_hiding(md) >= 0;
		bool known = !(md->run->zi.lacks & MM_ZONE_NO_TYPES) && ui_model_free_known(md);
		uint64_t pages = 0;

		for (unsigned int k = 0; k < mm_nr_orders(md->run->m); k++)
			pages += md->run->zi.type_free[t][k] << k;
		if (t > 2 && pages == 0)
			continue; /* types that requests don't ask for */
		snprintf(text, sizeof(text), " %s %s",
			 in->cols >= 60 ? ui_mt_name(md, t) : (char[]){ ui_mt_letter(md, t), '\0' },
			 (pages && !hidden) || known ? ui_fmt_short(num, pages, 7) : "?");
		col = ui_text(g, in, row, col, ui_style(waits ? UI_ROLE_ERROR : pages || !known ? UI_ROLE_TEXT : UI_ROLE_WARN), text);
	}
	return row + 1;
}

static int types(struct ui_grid *g, const struct ui_rect *in, int row, const struct ui_model *md)
{
	int col = ui_text(g, in, row, 0, ui_style(UI_ROLE_STRONG), "blocks");
	char num[UI_FMT_MAX], text[80];

	for (unsigned int t = 0; t <= SG_MAX_MIGRATETYPES; t++) {
		bool unknown = t == SG_MAX_MIGRATETYPES;
		uint64_t n = unknown ? md->run->zi.unknown_blocks : md->run->zi.type_blocks[t];

		if (n == 0)
			continue;
		snprintf(text, sizeof(text), " %s %s",
			 in->cols >= 60 ? ui_mt_name(md, unknown ? MM_MT_UNKNOWN : t)
					: (char[]){ unknown ? '?' : ui_mt_letter(md, t), '\0' },
			 ui_fmt_short(num, n, 7));
		col = ui_text(g, in, row, col,
			      ui_style((enum ui_role)ui_mt_role(md, unknown ? MM_MT_UNKNOWN : t)),
			      text);
	}
	return row + 1;
}

static int threads(struct ui_grid *g, const struct ui_rect *in, int row, const struct v_zone *v)
{
	const struct mm_node_info *ni = &v->ni;
	int col;

	if (!ni->present)
		return row;
	col = ui_textf(g, in, row, 0,
		       ui_style(ni->kswapd_awake ? UI_ROLE_WARN : ni->kswapd_slept == MM_KSWAPD_SLEEP_GAVE_UP ? UI_ROLE_ERROR : UI_ROLE_DIM),
		       "kswapd %s", ni->kswapd_awake			       ? "awake" :
				    ni->kswapd_slept == MM_KSWAPD_SLEEP_GAVE_UP  ? "asleep: gave up" :
				    ni->kswapd_slept == MM_KSWAPD_SLEEP_BALANCED ? "asleep: balanced" :
										 "asleep");
	if (ni->kswapd_awake)
		col = ui_textf(g, in, row, col, ui_style(UI_ROLE_WARN), " order %u",
			       ni->kswapd_order);
	if (ni->kswapd_failures)
		ui_textf(g, in, row, col, ui_style(UI_ROLE_ERROR), " %u failures",
			 ni->kswapd_failures);
	row++;
	col = ui_textf(g, in, row, 0, ui_style(ni->kcompactd_awake ? UI_ROLE_WARN : UI_ROLE_DIM),
		       "kcompactd %s", ni->kcompactd_awake ? "awake" : "asleep");
	if (ni->kcompactd_awake && ni->kcompactd_order)
		ui_textf(g, in, row, col, ui_style(UI_ROLE_WARN), " order %u", ni->kcompactd_order);
	row++;
	ui_textf(g, in, row, 0,
		 ui_style(ni->nr_direct_reclaim || ni->nr_direct_compact ? UI_ROLE_WARN
									 : UI_ROLE_DIM),
		 in->cols >= 48 ? "%u tasks in direct reclaim, %u in direct compaction"
				: "direct: reclaim %u compact %u",
		 ni->nr_direct_reclaim, ni->nr_direct_compact);
	row++;
	if (ni->compacting)
		ui_textf(g, in, row++, 0, ui_style(UI_ROLE_TEXT),
			 in->cols >= 48 ? "scanners: migrate at pfn %" PRIu64
					  ", free at pfn %" PRIu64
					: "scan %" PRIu64 " / %" PRIu64,
			 ni->migrate_pfn, ni->free_pfn);
	return row;
}

static void zone_draw(const void *view, const struct ui_model *md, struct ui_grid *g,
		      const struct ui_rect *r)
{
	const struct v_zone *v = view;
	struct ui_rect in = ui_box(g, r,
				   md->run->nr_zones == 0	    ? "zone"
				   : ui_model_hiding(md) >= 0 ? "zone, free pages unknown (i)"
				   : md->run->zi.list_known	    ? "zone, all free pages known"
							    : "zone, free pages partly known",
				   md->focus == UI_FOCUS_FIGURES && md->figures == UI_FIG_ZONE);
	bool hidden = ui_model_hiding(md) >= 0, all = ui_model_free_known(md);
	/* what others took or gave back unseen is neither free nor per-cpu for certain */
	uint64_t unknown = md->run->zi.nr_unknown + (hidden ? md->run->zi.nr_free + md->run->zi.nr_pcp : 0);
	unsigned int lacks = md->run->zi.lacks;
	int row;

	if (md->run->nr_zones == 0) {
		ui_text(g, &in, 0, 0, ui_style(UI_ROLE_DIM), "no zone is known");
		return;
	}
	row = stalls(g, &in, md);

	row = line(g, &in, row, v, UI_ROLE_FREE, "free", md->run->zi.nr_free,
		   !hidden && !(lacks & MM_ZONE_NO_FREE) && (all || md->run->zi.nr_free), md->run->page_shift);
	row = line(g, &in, row, v, UI_ROLE_PCP, "per-cpu", md->run->zi.nr_pcp,
		   !hidden && !(lacks & MM_ZONE_NO_PCP) && (all || md->run->zi.nr_pcp), md->run->page_shift);
	row = line(g, &in, row, v, UI_ROLE_MOVABLE, "used", md->run->zi.nr_alloc,
		   !(lacks & (MM_ZONE_NO_SIZE | MM_ZONE_NO_FREE)), md->run->page_shift);
	row = line(g, &in, row, v, UI_ROLE_ISOLATED, "isolated", md->run->zi.nr_isolated, !(lacks & MM_ZONE_NO_PAGES),
		   md->run->page_shift);
	row = line(g, &in, row, v, UI_ROLE_UNKNOWN, "unknown", unknown, true, md->run->page_shift);
	row = watermarks(g, &in, row, &md->run->zi,
			 all && !(lacks & MM_ZONE_NO_FREE), mm_nr_stalls(md->run->m) > 0);
	row = own_lists(g, &in, row, md);
	row = types(g, &in, row, md);
	if (!md->run->cap->still) /* nobody tells what they do */
		threads(g, &in, row, v);
}

const struct ui_view_ops ui_v_zone = {
	.name = "zone",
	.min_rows = 4,
	.min_cols = 22,
	.state_size = sizeof(struct v_zone),
	.sync = zone_sync,
	.draw = zone_draw,
};
