// SPDX-License-Identifier: GPL-2.0-only
/* What both runs come to, figure by figure, with the difference, the verdict, and why there is none. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "say/words.h"
#include "ui_view.h"

#define MOST_ROWS 200
#define VERDICT_COLS 14 /* "can't be told" */

struct v_figures {
	char title[160], note[300];
	int nr, most; /* rows; how far they scroll */
	int note_rows;
	struct {
		char key[64], a[32], b[32], by[48];
		enum mm_effect effect;
		enum mm_doubt why;
	} row[MOST_ROWS];
};

/* "+1,234" and in what part of a */
static void difference(char *buf, size_t size, enum mm_unit unit, int64_t a, int64_t b)
{
	int64_t by = b - a;
	char text[32];

	if (a == MM_FIGURE_UNKNOWN || b == MM_FIGURE_UNKNOWN) {
		snprintf(buf, size, "?");
		return;
	}
	mm_figure_text(unit, by < 0 ? -by : by, text, sizeof(text));
	snprintf(buf, size, "%s%s", by < 0 ? "-" : by ? "+" : "", text);
}

static void figures_sync(void *view, const struct ui_model *md, const struct ui_rect *r)
{
	struct v_figures *v = view;
	struct mm_text text = { NULL, 0, 0 };
	struct ui_beside_figure last, fig = { 0 };
	unsigned int progress, doubts[8] = { 0 }, can = 0, worst = 0;
	int rows;

	v->nr = 0;
	v->note[0] = '\0';
	if (!ui_beside_counted(md, &progress)) {
		if (md->beside.count_failed)
			snprintf(v->title, sizeof(v->title), "figures: there is no memory to count them");
		else
			snprintf(v->title, sizeof(v->title), "figures: both runs are counted, %u%%", progress / 10);
		return;
	}
	snprintf(v->title, sizeof(v->title), "figures of the whole runs, and what B does to them");
	for (unsigned int f = 0; f < MM_FIG_COUNT && v->nr < MOST_ROWS; f++) {
		struct mm_figure_info info;

		if (!ui_beside_figure(md, f, &last))
			continue;
		fig = last;
		mm_figure_info(f, ui_beside_run(md, 0)->cap, &info);
		snprintf(v->row[v->nr].key, sizeof(v->row[0].key), "%s", info.key);
		mm_figure_text(info.unit, fig.a, v->row[v->nr].a, sizeof(v->row[0].a));
		mm_figure_text(info.unit, fig.b, v->row[v->nr].b, sizeof(v->row[0].b));
		difference(v->row[v->nr].by, sizeof(v->row[0].by), info.unit, fig.a, fig.b);
		v->row[v->nr].effect = fig.effect;
		v->row[v->nr].why = fig.why;
		can += fig.effect != MM_EFFECT_CANT_TELL;
		doubts[fig.why]++;
		v->nr++;
	}
	for (unsigned int d = 1; d <= MM_DOUBT_MODEL_MISSES; d++)
		if (doubts[d] > doubts[worst] || !worst)
			worst = d;
	text.buf = v->note;
	text.size = sizeof(v->note);
	if (can < (unsigned int)v->nr)
		mm_text_add(&text, "%u of %d can't be told%s since %s; ", (unsigned int)v->nr - can, v->nr,
			    doubts[worst] < (unsigned int)v->nr - can ? ", mostly" : "", mm_doubt_text((enum mm_doubt)worst));
	mm_text_add(&text, "A rests on %u run%s, B on %u", fig.of[0], fig.of[0] == 1 ? "" : "s", fig.of[1]);
	if (fig.own)
		mm_text_add(&text, ", the model's error on %u", fig.own);
	if (ui_beside_count_pending(md))
		mm_text_add(&text, ", more are being counted");
	/* words are broken at blanks, so that a row may be a few columns short */
	v->note_rows = 1 + ui_width(v->note) / (r->cols - 10);
	v->note_rows = v->note_rows > 3 ? 3 : v->note_rows;
	rows = r->rows - 3 - v->note_rows;
	v->most = v->nr > rows ? v->nr - rows : 0;
}

static enum ui_role role_of(enum mm_effect e)
{
	switch (e) {
	case MM_EFFECT_BETTER:
		return UI_ROLE_GOOD;
	case MM_EFFECT_WORSE:
		return UI_ROLE_ERROR;
	case MM_EFFECT_MORE:
	case MM_EFFECT_LESS:
		return UI_ROLE_TEXT;
	default:
		return UI_ROLE_DIM;
	}
}

static void right(struct ui_grid *g, const struct ui_rect *in, int row, int end, struct ui_style st, const char *text)
{
	ui_text(g, in, row, end - ui_width(text), st, text);
}

static void figures_draw(const void *view, const struct ui_model *md, struct ui_grid *g, const struct ui_rect *r)
{
	const struct v_figures *v = view;
	struct ui_rect in = ui_box(g, r, v->title, md->beside.page == UI_BESIDE_FIGURES);
	int scroll = md->beside.figures_scroll < v->most ? md->beside.figures_scroll : v->most;
	int verdict = in.cols - VERDICT_COLS + 1, by, b, a, key, wide = (in.cols - VERDICT_COLS - 16) / 3;

	if (!v->nr)
		return;
	/* columns from the right: verdict, difference, B, A */
	wide = wide > 12 ? 12 : wide < 7 ? 7 : wide;
	by = verdict - 1;
	b = by - wide;
	a = b - wide;
	key = a - wide;
	ui_text(g, &in, 0, 0, ui_style(UI_ROLE_DIM), "figure");
	right(g, &in, 0, a, ui_style(UI_ROLE_STRONG), "A");
	right(g, &in, 0, b, ui_style(UI_ROLE_STRONG), "B");
	right(g, &in, 0, by, ui_style(UI_ROLE_DIM), "B - A");
	ui_text(g, &in, 0, verdict, ui_style(UI_ROLE_DIM), "verdict");
	for (int row = 1; row < in.rows - v->note_rows && scroll + row - 1 < v->nr; row++) {
		int i = scroll + row - 1;
		struct ui_rect left = { in.row, in.col, in.rows, key };

		ui_text(g, &left, row, 0, ui_style(UI_ROLE_TEXT), v->row[i].key);
		if (ui_width(v->row[i].key) > key)
			ui_char(g, &in, row, key - 1, ui_style(UI_ROLE_TEXT), ui_glyph(g, UI_GL_ELLIPSIS));
		right(g, &in, row, a, ui_style(UI_ROLE_TEXT), v->row[i].a);
		right(g, &in, row, b, ui_style(UI_ROLE_TEXT), v->row[i].b);
		right(g, &in, row, by, ui_style(UI_ROLE_TEXT), v->row[i].by);
		ui_text(g, &in, row, verdict, ui_style(role_of(v->row[i].effect)), mm_effect_key(v->row[i].effect));
	}
	ui_wrap(g, &in, in.rows - v->note_rows, 0, v->note_rows, 0, ui_style(UI_ROLE_DIM), v->note);
	if (v->most) {
		char text[60];

		snprintf(text, sizeof(text), " %d-%d/%d ", scroll + 1, scroll + in.rows - 1 - v->note_rows, v->nr);
		ui_text(g, r, r->rows - 1, r->cols - 1 - ui_width(text), ui_style(UI_ROLE_KEY), text);
	}
}

static bool figures_act(void *view, struct ui_model *md, enum ui_action a, uint64_t n)
{
	const struct v_figures *v = view;
	int by = (int)(n > 1000 ? 1000 : n), *s = &md->beside.figures_scroll;

	if (a == UI_ACT_UP)
		by = -by;
	else if (a != UI_ACT_DOWN)
		return false;
	*s = *s > v->most ? v->most : *s;
	*s += by;
	*s = *s < 0 ? 0 : *s > v->most ? v->most : *s;
	return true;
}

const struct ui_view_ops ui_v_beside_figures = {
	.name = "figures",
	.min_rows = 5,
	.min_cols = 40,
	.state_size = sizeof(struct v_figures),
	.sync = figures_sync,
	.draw = figures_draw,
	.act = figures_act,
};
