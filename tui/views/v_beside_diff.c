// SPDX-License-Identifier: GPL-2.0-only
/* The map of what differs: a cell per pageblock, or per 2^zoom of them, of run B less run A. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sg_mem.h"
#include "ui_view.h"

enum what {
	DIFF_NONE,    /* no page frames in either */
	DIFF_UNKNOWN, /* in one of both nothing is known of it */
	DIFF_SAME,
	DIFF_NEAR,    /* a few pages differ: less than one of 16 */
	DIFF_TYPE,
	DIFF_MORE,    /* B uses more of it */
	DIFF_LESS,
};

struct cell {
	uint8_t what, mt;
	uint16_t share; /* pages that differ, in thousandths */
};

/* What a run has in a cell. */
struct sums {
	uint32_t blocks[SG_MAX_MIGRATETYPES]; /* by type */
	uint32_t known, used, none;
	uint8_t mt;
};

struct v_diff {
	int rows, cols;
	unsigned int zoom, pb_order;
	uint64_t base, nr_cells, top, cursor;
	struct cell *cell;
	size_t cap;
	bool no_zone;
	uint32_t types, more, less; /* cells that differ */
	struct sums at[2];          /* of the cursor's cell */
};

static int max_zoom(const struct ui_model *md, unsigned int pb_order)
{
	int z = 30 - (int)md->run->page_shift - (int)pb_order;

	return z > 0 ? z : 0;
}

static uint64_t rank_of(const struct ui_model *md, const struct v_diff *v, uint64_t pfn)
{
	return mm_page_rank(md->run->m, pfn) >> v->pb_order;
}

static uint64_t last_rank(const struct ui_model *md, const struct v_diff *v)
{
	return (mm_page_rank(md->run->m, md->run->zi.start_pfn) + md->run->zi.span - 1) >> v->pb_order;
}

static void measure(struct v_diff *v, const struct ui_model *md, const struct ui_rect *r)
{
	uint64_t first, last;
	int most;

	v->pb_order = mm_pageblock_order(md->run->m);
	v->rows = r->rows - 2;
	v->cols = r->cols - 2;
	v->nr_cells = 0;
	if (md->run->nr_zones == 0 || md->run->zi.end_pfn <= md->run->zi.start_pfn || v->rows < 1 || v->cols < 1)
		return;
	first = rank_of(md, v, md->run->zi.start_pfn);
	last = last_rank(md, v);
	most = max_zoom(md, v->pb_order);
	v->zoom = (unsigned int)(md->zoom < most ? md->zoom : most);
	if (md->zoom_fit)
		for (v->zoom = 0; (int)v->zoom < most; v->zoom++)
			if ((last >> v->zoom) - (first >> v->zoom) + 1 <= (uint64_t)v->rows * (uint64_t)v->cols)
				break;
	v->base = first >> v->zoom << v->zoom;
	v->nr_cells = (last >> v->zoom) - (first >> v->zoom) + 1;
}

static void add_block(struct sums *s, const struct mm_machine *m, unsigned int pb_order, uint64_t pfn)
{
	struct mm_block_info bi;
	unsigned int mt;

	mm_block_get(m, pfn >> pb_order, &bi);
	mt = bi.migratetype < SG_MAX_MIGRATETYPES ? bi.migratetype : bi.foreseen;
	if (mt < SG_MAX_MIGRATETYPES)
		s->blocks[mt]++;
	s->none += bi.nr_none;
	s->known += bi.nr_free + bi.nr_pcp + bi.nr_alloc + bi.nr_isolated;
	s->used += bi.nr_pcp + bi.nr_alloc + bi.nr_isolated;
}

static void most_type(struct sums *s)
{
	uint32_t most = 0;

	s->mt = MM_MT_UNKNOWN;
	for (unsigned int t = 0; t < SG_MAX_MIGRATETYPES; t++)
		if (s->blocks[t] > most) {
			most = s->blocks[t];
			s->mt = (uint8_t)t;
		}
}

/* Both runs' cell @n; types are told apart by name. */
static void look(const struct v_diff *v, const struct ui_model md[2], uint64_t n, struct sums s[2], struct cell *c)
{
	uint64_t block = v->base + (n << v->zoom), end = block + (1ull << v->zoom), first = rank_of(&md[0], v, md[0].run->zi.start_pfn),
		 last = last_rank(&md[0], v), pages;
	int64_t by;

	memset(s, 0, 2 * sizeof(*s));
	for (block = block < first ? first : block; block < end && block <= last; block++) {
		uint64_t pfn = mm_page_at(md[0].run->m, block << v->pb_order);

		add_block(&s[0], md[0].run->m, v->pb_order, pfn);
		add_block(&s[1], md[1].run->m, v->pb_order, pfn);
	}
	most_type(&s[0]);
	most_type(&s[1]);
	*c = (struct cell){ .mt = s[1].mt };
	pages = s[0].known > s[1].known ? s[0].known : s[1].known;
	by = (int64_t)s[1].used - (int64_t)s[0].used;
	c->share = pages ? (uint16_t)((uint64_t)(by < 0 ? -by : by) * 1000 / pages) : 0;
	if (!s[0].known && !s[1].known && s[0].mt == MM_MT_UNKNOWN && s[1].mt == MM_MT_UNKNOWN)
		c->what = s[0].none && s[1].none ? DIFF_NONE : DIFF_UNKNOWN;
	else if (!s[0].known || !s[1].known || s[0].mt == MM_MT_UNKNOWN || s[1].mt == MM_MT_UNKNOWN)
		c->what = DIFF_UNKNOWN;
	else if (strcmp(ui_mt_name(&md[0], s[0].mt), ui_mt_name(&md[1], s[1].mt)) != 0)
		c->what = DIFF_TYPE;
	else
		c->what = by == 0 ? DIFF_SAME : c->share < 1000 / 16 ? DIFF_NEAR : by > 0 ? DIFF_MORE : DIFF_LESS;
}

static void diff_sync(void *view, const struct ui_model *md, const struct ui_rect *r)
{
	struct v_diff *v = view;
	struct ui_model both[2];
	uint64_t nr_rows, row;
	size_t need;

	v->no_zone = !ui_beside_model(md, 0, &both[0]) | !ui_beside_model(md, 1, &both[1]);
	v->nr_cells = 0;
	v->types = v->more = v->less = 0;
	if (v->no_zone)
		return;
	measure(v, &both[0], r);
	need = (size_t)(v->rows > 0 ? v->rows : 0) * (size_t)(v->cols > 0 ? v->cols : 0);
	if (need > v->cap) {
		struct cell *p = sg_realloc(v->cell, need * sizeof(*p));

		if (!p) {
			v->nr_cells = 0;
			return;
		}
		v->cell = p;
		v->cap = need;
	}
	if (!v->nr_cells)
		return;
	if (mm_pageblock_order(both[1].run->m) != v->pb_order) {
		v->no_zone = true;
		v->nr_cells = 0;
		return;
	}
	v->cursor = (rank_of(&both[0], v, both[0].cursor_pfn) - v->base) >> v->zoom;
	nr_rows = (v->nr_cells + (uint64_t)v->cols - 1) / (uint64_t)v->cols;
	row = v->cursor / (uint64_t)v->cols;
	if (v->top > row)
		v->top = row;
	if (v->top + (uint64_t)v->rows <= row)
		v->top = row - (uint64_t)v->rows + 1;
	if (nr_rows <= (uint64_t)v->rows)
		v->top = 0;
	else if (v->top > nr_rows - (uint64_t)v->rows)
		v->top = nr_rows - (uint64_t)v->rows;
	for (size_t i = 0; i < need; i++) {
		uint64_t n = v->top * (uint64_t)v->cols + i;
		struct sums s[2];

		if (n >= v->nr_cells)
			break;
		look(v, both, n, s, &v->cell[i]);
		v->types += v->cell[i].what == DIFF_TYPE;
		v->more += v->cell[i].what == DIFF_MORE;
		v->less += v->cell[i].what == DIFF_LESS;
		if (n == v->cursor)
			memcpy(v->at, s, sizeof(v->at));
	}
}

static void draw_cell(const struct ui_model *md, struct ui_grid *g, const struct ui_rect *in, int row, int col, const struct cell *c,
		      bool cursor)
{
	static const char glyph[] = { [DIFF_NONE] = ' ', [DIFF_UNKNOWN] = '?', [DIFF_SAME] = '.', [DIFF_NEAR] = ':', [DIFF_TYPE] = 'T',
				      [DIFF_MORE] = '+', [DIFF_LESS] = '-' };
	static const enum ui_role role[] = { [DIFF_NONE] = UI_ROLE_DIM, [DIFF_UNKNOWN] = UI_ROLE_UNKNOWN, [DIFF_SAME] = UI_ROLE_DIM, [DIFF_NEAR] = UI_ROLE_DIM,
					     [DIFF_TYPE] = UI_ROLE_TEXT, [DIFF_MORE] = UI_ROLE_WARN, [DIFF_LESS] = UI_ROLE_GOOD };
	uint32_t ch = c->what == DIFF_TYPE ? (uint32_t)ui_mt_letter(md, c->mt) : (uint32_t)glyph[c->what];
	struct ui_style st = ui_style(role[c->what]);

	if (c->what == DIFF_TYPE)
		st = ui_style_on((enum ui_role)ui_mt_role(md, c->mt), UI_BOLD);
	else if ((c->what == DIFF_MORE || c->what == DIFF_LESS) && c->share >= 500)
		st.attr = UI_BOLD;
	ui_char(g, in, row, col, cursor ? ui_style_on(UI_ROLE_CURSOR, UI_BOLD) : st, ch);
}

static void draw_cursor_text(const struct v_diff *v, const struct ui_model both[2], struct ui_grid *g, const struct ui_rect *r)
{
	struct ui_rect edge = { r->row + r->rows - 1, r->col + 2, 1, r->cols - 4 };
	uint64_t pfn = mm_page_at(both[0].run->m, (v->base + (v->cursor << v->zoom)) << v->pb_order);

	ui_textf(g, &edge, 0, 0, ui_style(UI_ROLE_TEXT), " block %" PRIu64 "%s: A %s, %u used; B %s, %u used ", pfn >> v->pb_order,
		 v->zoom ? "+" : "", ui_mt_name(&both[0], v->at[0].mt), v->at[0].used, ui_mt_name(&both[1], v->at[1].mt), v->at[1].used);
}

static void diff_draw(const void *view, const struct ui_model *md, struct ui_grid *g, const struct ui_rect *r)
{
	const struct v_diff *v = view;
	bool focused = md->beside.page == UI_BESIDE_DIFF;
	struct ui_model both[2];
	char title[200], blocks[40] = "";
	struct ui_rect in;

	if (v->zoom)
		snprintf(blocks, sizeof(blocks), ", 1 cell = %u blocks", 1u << v->zoom);
	snprintf(title, sizeof(title), "B against A: %u another type, %u + more used, %u - less%s", v->types, v->more,
		 v->less, blocks);
	in = ui_box(g, r, title, focused);
	if (v->nr_cells == 0) {
		ui_text(g, &in, 0, 1, ui_style(UI_ROLE_DIM), v->no_zone ? "one of both machines has no such zone, or other pageblocks"
							       : "no memory is known");
		return;
	}
	if (!ui_beside_model(md, 0, &both[0]) || !ui_beside_model(md, 1, &both[1]))
		return;
	for (int row = 0; row < v->rows; row++)
		for (int col = 0; col < v->cols; col++) {
			size_t i = (size_t)row * (size_t)v->cols + (size_t)col;
			uint64_t n = v->top * (uint64_t)v->cols + i;

			if (n >= v->nr_cells)
				break;
			draw_cell(&both[1], g, &in, row, col, &v->cell[i], n == v->cursor);
			if (n == v->cursor && focused) {
				g->cursor_row = in.row + row;
				g->cursor_col = in.col + col;
			}
		}
	draw_cursor_text(v, both, g, r);
}

static void move(const struct v_diff *v, struct ui_model *md, int64_t by)
{
	struct ui_model a;
	uint64_t to = v->cursor, pfn;

	if (!v->nr_cells || !ui_beside_model(md, 0, &a))
		return;
	if (by < 0)
		to = to > (uint64_t)-by ? to - (uint64_t)-by : 0;
	else
		to = v->nr_cells - 1 - to > (uint64_t)by ? to + (uint64_t)by : v->nr_cells - 1;
	pfn = mm_page_at(a.run->m, (v->base + (to << v->zoom)) << v->pb_order);
	md->cursor_pfn = pfn < md->run->zi.start_pfn ? md->run->zi.start_pfn : pfn;
	md->cursor_set = true;
	md->follow = false;
}

static bool diff_act(void *view, struct ui_model *md, enum ui_action a, uint64_t n)
{
	struct v_diff *v = view;
	int64_t k = n > 1000000 ? 1000000 : (int64_t)n;
	int z = (int)v->zoom + (a == UI_ACT_ZOOM_IN ? -1 : 1);

	switch (a) {
	case UI_ACT_LEFT:
		move(v, md, -k);
		return true;
	case UI_ACT_RIGHT:
		move(v, md, k);
		return true;
	case UI_ACT_UP:
		move(v, md, -k * v->cols);
		return true;
	case UI_ACT_DOWN:
		move(v, md, k * v->cols);
		return true;
	case UI_ACT_ZOOM_IN:
	case UI_ACT_ZOOM_OUT:
		if (z >= 0 && z <= max_zoom(md, v->pb_order)) {
			md->zoom = z;
			md->zoom_fit = false;
		}
		return true;
	case UI_ACT_ZOOM_FIT:
		md->zoom_fit = true;
		return true;
	default:
		return false;
	}
}

static void diff_click(void *view, struct ui_model *md, const struct ui_rect *r, int row, int col)
{
	struct v_diff *v = view;
	int64_t n;

	(void)r;
	if (row < 1 || row > v->rows || col < 1 || col > v->cols)
		return;
	n = (int64_t)((v->top + (uint64_t)(row - 1)) * (uint64_t)v->cols) + col - 1;
	if ((uint64_t)n < v->nr_cells)
		move(v, md, n - (int64_t)v->cursor);
}

static void diff_fini(void *view)
{
	free(((struct v_diff *)view)->cell);
}

const struct ui_view_ops ui_v_beside_diff = {
	.name = "difference",
	.min_rows = 3,
	.min_cols = 12,
	.state_size = sizeof(struct v_diff),
	.sync = diff_sync,
	.draw = diff_draw,
	.act = diff_act,
	.click = diff_click,
	.fini = diff_fini,
};
