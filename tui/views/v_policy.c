// SPDX-License-Identifier: GPL-2.0-only
/* Choosing a policy: its text, what is said of it, the search, the list, and more on the selected row. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ui_view.h"

#define ROWS_MAX 256
#define MORE_MAX 3

struct v_policy {
	int top, rows, more_rows, key_cols;
	unsigned int nr;
	struct {
		struct ui_row row;
		char key[80], text[UI_ROW_TEXT_MAX];
		bool chosen, own, sel;
	} line[ROWS_MAX];
	char more[MORE_MAX][UI_ROW_TEXT_MAX];
	unsigned int nr_more;
	struct ui_make enter; /* what Enter runs */
	bool asks;
};

/* Rows above the list: the policy, what is said of it, the search. */
static int said_rows(const struct ui_make *mk, int rows)
{
	int want = mk->fits ? (int)mk->nr_notes : 1, most = rows >= 30 ? 3 : rows >= 14 ? 1 : 0;

	return want < most ? want : most;
}

static void policy_sync(void *view, const struct ui_model *md, const struct ui_rect *r)
{
	struct v_policy *v = view;
	const struct ui_make *mk = &md->make;
	int in = r->rows - 2;

	v->asks = ui_make_enter_asks(md);
	ui_make_enter(md, &v->enter);
	v->more_rows = in >= 40 ? 5 : in >= 24 ? 4 : in >= 14 ? 3 : 0;
	v->rows = in - 2 - said_rows(&v->enter, in) - v->more_rows - (v->more_rows > 0);
	if (v->rows < 1)
		v->rows = 1;
	if (v->rows > ROWS_MAX)
		v->rows = ROWS_MAX;
	v->key_cols = r->cols >= 110 ? 36 : r->cols >= 70 ? 30 : 22;
	if (v->top > mk->sel)
		v->top = mk->sel;
	/* the heading of the first row is worth more than a row */
	if (v->top == mk->sel && v->top > 0 && mk->row[v->top - 1].kind == UI_ROW_HEAD)
		v->top--;
	if (v->top + v->rows <= mk->sel)
		v->top = mk->sel - v->rows + 1;
	if (v->top + v->rows > (int)mk->nr)
		v->top = (int)mk->nr > v->rows ? (int)mk->nr - v->rows : 0;
	v->nr = 0;
	for (int i = v->top; i < (int)mk->nr && (int)v->nr < v->rows; i++, v->nr++) {
		v->line[v->nr].row = mk->row[i];
		ui_row_key(mk, &mk->row[i], v->line[v->nr].key, sizeof(v->line[0].key));
		ui_row_text(md, &mk->row[i], v->line[v->nr].text, sizeof(v->line[0].text));
		v->line[v->nr].chosen = ui_row_chosen(mk, &mk->row[i]);
		v->line[v->nr].own = ui_row_own(mk, &mk->row[i]);
		v->line[v->nr].sel = i == mk->sel && mk->row[i].kind != UI_ROW_HEAD;
	}
	v->nr_more = 0;
	while (mk->sel < (int)mk->nr && v->nr_more < MORE_MAX &&
	       ui_row_more(md, &mk->row[mk->sel], v->nr_more, v->more[v->nr_more], sizeof(v->more[0])))
		v->nr_more++;
}

/* A text that has no room loses its front: what was chosen last stands at the end. */
static int put_end(struct ui_grid *g, const struct ui_rect *r, int row, int col, int cols, struct ui_style st, const char *text)
{
	uint32_t cp;
	bool cut = false;

	if (cols < 2)
		return col;
	while (ui_width(text) > (cut ? cols - 1 : cols)) {
		text = ui_utf8_get(text, &cp);
		cut = true;
	}
	if (cut)
		ui_char(g, r, row, col++, ui_style(UI_ROLE_DIM), ui_glyph(g, UI_GL_ELLIPSIS));
	return ui_text(g, r, row, col, st, text);
}

/* A text that has no room loses its end. */
static void put_cut(struct ui_grid *g, const struct ui_rect *r, int row, int col, int end, struct ui_style st, const char *text)
{
	struct ui_rect part = { r->row, r->col, r->rows, end < r->cols ? end : r->cols };

	if (col >= part.cols)
		return;
	if (ui_text(g, &part, row, col, st, text) > part.cols)
		ui_char(g, &part, row, part.cols - 1, ui_style(UI_ROLE_DIM), ui_glyph(g, UI_GL_ELLIPSIS));
}

static int draw_said(const struct ui_make *mk, struct ui_grid *g, const struct ui_rect *in, int row, int rows)
{
	char text[480];

	if (rows > 0 && !mk->fits) {
		put_cut(g, in, row, 1, in->cols, ui_style(UI_ROLE_ERROR), mk->error);
		return row + 1;
	}
	for (int i = 0; i < rows; i++) {
		bool more = i == rows - 1 && (int)mk->nr_notes > rows;

		snprintf(text, sizeof(text), "%s%s", more ? "(and more) " : "", mk->note[i]);
		put_cut(g, in, row++, 1, in->cols, ui_style(UI_ROLE_WARN), text);
	}
	return row;
}

static void draw_line(const struct v_policy *v, unsigned int i, struct ui_grid *g, const struct ui_rect *in, int row)
{
	bool sel = v->line[i].sel, chosen = v->line[i].chosen;
	struct ui_style st = sel ? ui_style_on(UI_ROLE_CURSOR, UI_BOLD) : ui_style(chosen ? UI_ROLE_STRONG : UI_ROLE_TEXT);

	if (v->line[i].row.kind == UI_ROW_HEAD) {
		put_cut(g, in, row, 0, in->cols, ui_style(UI_ROLE_HEADER), v->line[i].text);
		return;
	}
	ui_fill(g, in, row, 0, in->cols, sel ? st : ui_style(UI_ROLE_TEXT), ' ');
	if (chosen || v->line[i].own)
		ui_text(g, in, row, 1, sel ? st : ui_style(chosen ? UI_ROLE_KEY : UI_ROLE_DIM), chosen ? "*" : "=");
	put_cut(g, in, row, 3, v->key_cols, sel ? st : ui_style(chosen ? UI_ROLE_KEY : UI_ROLE_TEXT), v->line[i].key);
	put_cut(g, in, row, v->key_cols + 1, in->cols, sel ? st : ui_style(chosen ? UI_ROLE_TEXT : UI_ROLE_DIM), v->line[i].text);
}

static void draw_more(const struct v_policy *v, struct ui_grid *g, const struct ui_rect *in, int row)
{
	char text[UI_MADE_SPEC + 80];
	int left = v->more_rows - 1;

	ui_fill(g, in, row, 0, in->cols, ui_style(UI_ROLE_BORDER), ui_glyph(g, UI_GL_TRACK));
	row++;
	for (unsigned int i = 0; i < v->nr_more && left > 0; i++) {
		int took = ui_wrap(g, in, row, 1, left, 0, ui_style(i ? UI_ROLE_DIM : UI_ROLE_TEXT), v->more[i]);

		took = took < left ? took : left;
		row += took;
		left -= took;
	}
	row = in->rows - 1;
	ui_fill(g, in, row, 0, in->cols, ui_style(UI_ROLE_TEXT), ' ');
	if (v->asks)
		ui_text(g, in, row, 0, ui_style(UI_ROLE_DIM), "Enter changes this");
	else if (v->nr == 0)
		ui_text(g, in, row, 0, ui_style(UI_ROLE_DIM), "nothing is like that: Esc shows all");
	else {
		int col = ui_text(g, in, row, 0, ui_style(UI_ROLE_DIM), "Enter runs ");

		snprintf(text, sizeof(text), "%s  seed %" PRIu64 "%s", v->enter.how.spec, v->enter.how.seed, v->enter.how.assume ? "  --assume" : "");
		put_end(g, in, row, col, in->cols - col, ui_style(UI_ROLE_KEY), text);
	}
}

static void policy_draw(const void *view, const struct ui_model *md, struct ui_grid *g, const struct ui_rect *r)
{
	const struct v_policy *v = view;
	const struct ui_make *mk = &md->make;
	struct ui_rect in = ui_box(g, r, r->cols >= 76 ? "a policy for a run (type to search, Space chooses, Enter makes it)"
					 : "a policy for a run", true);
	char count[48];
	int row = 0, col;

	col = ui_text(g, &in, row, 0, ui_style(UI_ROLE_DIM), "--policy ");
	put_end(g, &in, row, col, in.cols - col, ui_style(mk->fits ? UI_ROLE_STRONG : UI_ROLE_ERROR), mk->how.spec);
	row = draw_said(&v->enter, g, &in, row + 1, said_rows(&v->enter, in.rows));
	col = ui_text(g, &in, row, 0, ui_style(UI_ROLE_DIM), "search: ");
	col = ui_text(g, &in, row, col, ui_style(UI_ROLE_STRONG), mk->filter);
	g->cursor_row = in.row + row;
	g->cursor_col = in.col + (col < in.cols ? col : in.cols - 1);
	snprintf(count, sizeof(count), "* chosen   = as the kernel is itself");
	if (col + ui_width(count) + 3 < in.cols)
		ui_text(g, &in, row, in.cols - ui_width(count), ui_style(UI_ROLE_DIM), count);
	row++;
	for (unsigned int i = 0; i < v->nr; i++)
		draw_line(v, i, g, &in, row + (int)i);
	if (v->more_rows)
		draw_more(v, g, &in, in.rows - v->more_rows - 1);
}

static void policy_click(void *view, struct ui_model *md, const struct ui_rect *r, int row, int col)
{
	const struct v_policy *v = view;
	int i = row - 1 - 2 - said_rows(&v->enter, r->rows - 2);

	(void)col;
	if (i >= 0 && i < (int)v->nr && v->line[i].row.kind != UI_ROW_HEAD)
		md->make.sel = v->top + i;
}

const struct ui_view_ops ui_v_policy = {
	.name = "policy",
	.min_rows = 6,
	.min_cols = 24,
	.state_size = sizeof(struct v_policy),
	.sync = policy_sync,
	.draw = policy_draw,
	.click = policy_click,
};
