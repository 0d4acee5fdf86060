// SPDX-License-Identifier: GPL-2.0-only
/* All keys, from the list of actions, and the signs of the map; in two columns where there is room. */
#include <stdlib.h>
#include <string.h>

#include "ui_view.h"

/* What stands in the map, as the legend has it in short. */
static const struct {
	const char *sign, *text;
} signs[] = {
	{ "U M R ...", "migratetype, by colour or letter (small: < 2/3 in use)" },
	{ "▁ ░ ▒ ▓ █", "pages in use: none, few, ... all" },
	{ "▚", "pages of other migratetypes are in it" },
	{ "·", "nothing is known of it yet" },
	{ "dim or ?", "untouched so far: the type that a later event tells" },
	{ "▶ ◀", "compaction's migrate scanner and free scanner" },
};

#define NR_ACTIONS (UI_ACT_COUNT - 1)
#define NR_LINES   (NR_ACTIONS + (int)(sizeof(signs) / sizeof(signs[0])))
#define ROWS_MAX   (NR_LINES + 2 * 8) /* groups have a heading and a blank row */

struct help_row {
	const char *group, *key, *text; /* a heading has no key, a blank row no text */
};

/* The keys, and below them the signs. */
static struct help_row help_line(int i)
{
	const struct ui_action_info *a;

	if (i >= NR_ACTIONS)
		return (struct help_row){ "Map", signs[i - NR_ACTIONS].sign, signs[i - NR_ACTIONS].text };
	a = ui_action_info((enum ui_action)(i + 1));
	return (struct help_row){ a->group, a->keys, a->text };
}

struct v_help {
	struct help_row row[ROWS_MAX];
	int nr, split, most; /* rows; the first of the right half, 0: one column; how far it scrolls */
};

static int help_rows(struct help_row row[ROWS_MAX])
{
	const char *group = "";
	int nr = 0;

	for (int i = 0; i < NR_LINES && nr + 3 <= ROWS_MAX; i++) {
		struct help_row l = help_line(i);

		if (strcmp(group, l.group) != 0) {
			if (nr)
				row[nr++] = (struct help_row){ 0 };
			group = l.group;
			row[nr++] = (struct help_row){ group, NULL, group };
		}
		row[nr++] = l;
	}
	return nr;
}

/* The heading that parts the rows best in two, 0 when a part has more than @room. */
static int help_split(const struct help_row *row, int nr, int room)
{
	int best = 0;

	for (int i = 0; i < nr; i++)
		if (row[i].text && !row[i].key && abs(2 * i - nr) < abs(2 * best - nr))
			best = i;
	return best <= room && nr - best <= room ? best : 0;
}

static void help_sync(void *view, const struct ui_model *md, const struct ui_rect *r)
{
	struct v_help *v = view;

	(void)md;
	v->nr = help_rows(v->row);
	v->split = r->cols >= 142 && v->nr > r->rows - 2 ? help_split(v->row, v->nr, r->rows - 2) : 0;
	v->most = v->split || v->nr < r->rows - 2 ? 0 : v->nr - (r->rows - 2);
}

static void help_draw(const void *view, const struct ui_model *md, struct ui_grid *g,
		      const struct ui_rect *r)
{
	struct ui_rect in = ui_box(g, r, "keys (Esc or q closes, Down and Up scroll)", true), col = in;
	const struct v_help *v = view;
	int scroll = md->overlay_scroll < v->most ? md->overlay_scroll : v->most;

	for (int i = scroll; i < v->nr; i++) {
		const struct help_row *row = &v->row[i];
		int at = i - scroll;

		if (v->split) {
			col.cols = in.cols / 2 - 1;
			col.col = in.col + (i < v->split ? 0 : in.cols / 2);
			at = i < v->split ? i : i - v->split;
		}
		if (row->key) {
			ui_text(g, &col, at, 2, ui_style(UI_ROLE_KEY), row->key);
			ui_text(g, &col, at, 14, ui_style(UI_ROLE_TEXT), row->text);
		} else if (row->text) {
			ui_text(g, &col, at, 0, ui_style(UI_ROLE_STRONG), row->text);
		}
	}
}

static bool help_act(void *view, struct ui_model *md, enum ui_action a, uint64_t n)
{
	const struct v_help *v = view;
	int by = n > 200 ? 200 : (int)n, at = md->overlay_scroll < v->most ? md->overlay_scroll : v->most;

	if (a == UI_ACT_FRAME_FWD || a == UI_ACT_FRAME_BACK)
		by *= 10;
	if (a == UI_ACT_UP || a == UI_ACT_FRAME_BACK)
		md->overlay_scroll = at > by ? at - by : 0;
	else if (a == UI_ACT_DOWN || a == UI_ACT_FRAME_FWD)
		md->overlay_scroll = at + by < v->most ? at + by : v->most;
	else
		return false;
	return true;
}

const struct ui_view_ops ui_v_help = {
	.name = "help",
	.min_rows = 3,
	.min_cols = 20,
	.state_size = sizeof(struct v_help),
	.sync = help_sync,
	.draw = help_draw,
	.act = help_act,
};
