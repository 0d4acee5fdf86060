// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pageblock map of one zone: a cell per pageblock, or per 2^zoom of them,
 * coloured by migratetype and shaded by how many of its pages are in use.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sg_mem.h"
#include "ui_view.h"

#define BAR_WIDTH 4  /* a letter and a bar of three */
#define GUTTER    10 /* columns for the address at the start of a row */
#define REPORTED  ':' /* free, and the host was told of it */

enum fill {
	FILL_NONE,    /* no page frames here */
	FILL_UNKNOWN, /* most pages not seen yet */
	FILL_EMPTY,   /* all known pages are free */
	FILL_1,
	FILL_2,
	FILL_3,
	FILL_FULL,
};

struct cell {
	uint8_t mt, fill;
	bool foreseen;      /* no event has told the type yet, a later one does */
	uint16_t used;      /* of its known pages, in thousandths */
	bool mixed;         /* pages of another type are in it, however few */
	bool reported;      /* all that is in it is free, and the host was told of it */
	bool changed;       /* by the event at the position */
	bool trail;         /* by one of the events before it, within the frame */
	bool migrate, free; /* a compaction scanner stands here */
};

struct v_map {
	int rows, cols;          /* cells shown */
	int gutter;              /* columns in front of them */
	enum ui_map_style style; /* never UI_MAP_AUTO */
	int width;               /* columns per cell */
	unsigned int zoom, pb_order;
	uint64_t base;     /* first block of cell 0, a multiple of 1 << zoom; blocks by rank: holes take no cells */
	uint64_t nr_cells; /* of the zone */
	uint64_t top;      /* first row shown */
	uint64_t cursor;   /* cell of the cursor */
	bool hidden;       /* a limit hides who takes and gives back pages: none is free for certain */
	struct cell *cell; /* rows * cols */
	size_t cap;
	uint32_t pages[8];       /* sums of the cursor's cell, see sum_cell() */
};

/* Blocks of the map are counted without the machine's large holes (mm_page_rank()). */
static uint64_t block_of(const struct ui_model *md, unsigned int pb_order, uint64_t pfn)
{
	return mm_page_rank(md->run->m, pfn) >> pb_order;
}

/* And back: the block's first page. */
static uint64_t page_of(const struct ui_model *md, unsigned int pb_order, uint64_t block)
{
	return mm_page_at(md->run->m, block << pb_order);
}

/* The zone's last block. */
static uint64_t last_block(const struct ui_model *md, unsigned int pb_order)
{
	return (mm_page_rank(md->run->m, md->run->zi.start_pfn) + md->run->zi.span - 1) >> pb_order;
}

/* Highest zoom: 1 GiB a cell. */
static int max_zoom(const struct ui_model *md, unsigned int pb_order)
{
	int z = 30 - (int)md->run->page_shift - (int)pb_order;

	return z > 0 ? z : 0;
}

/* Cells of the zone at @zoom; the first starts a row and is a multiple of @align. */
static uint64_t cells_at(const struct ui_model *md, unsigned int pb_order, unsigned int zoom,
			 int align, uint64_t *ret_base)
{
	uint64_t first = block_of(md, pb_order, md->run->zi.start_pfn) >> zoom, last;

	first -= first % (uint64_t)align;
	*ret_base = first << zoom;
	if (md->run->zi.end_pfn <= md->run->zi.start_pfn)
		return 0;
	last = last_block(md, pb_order) >> zoom;
	return last - first + 1;
}

/*
 * Adds up the blocks of the cell that starts at @block; only those of the zone count.
 * @sum: pages without frame, unknown, free, per-cpu, allocated, isolated, foreign; [7] blocks of @c->mt
 */
static void sum_cell(const struct v_map *v, const struct ui_model *md, uint64_t block,
		     struct cell *c, uint32_t sum[8])
{
	uint32_t types[SG_MAX_MIGRATETYPES] = { 0 }, foreseen[SG_MAX_MIGRATETYPES] = { 0 };
	uint64_t last = block + (1ull << v->zoom), zone_end = last_block(md, v->pb_order);
	uint64_t zone_first = block_of(md, v->pb_order, md->run->zi.start_pfn);
	uint32_t total, used, most = 0, reported = 0;
	unsigned int best = SG_MAX_MIGRATETYPES;

	memset(sum, 0, 8 * sizeof(*sum));
	*c = (struct cell){ 0 };
	if (block < zone_first)
		block = zone_first;
	for (; block < last && block <= zone_end; block++) {
		struct mm_block_info bi;

		mm_block_get(md->run->m, page_of(md, v->pb_order, block) >> v->pb_order, &bi);
		if (bi.migratetype < SG_MAX_MIGRATETYPES)
			types[bi.migratetype]++;
		else if (bi.foreseen < SG_MAX_MIGRATETYPES)
			foreseen[bi.foreseen]++;
		sum[0] += bi.nr_none;
		sum[1] += bi.nr_unknown;
		sum[2] += bi.nr_free;
		sum[3] += bi.nr_pcp;
		sum[4] += bi.nr_alloc;
		sum[5] += bi.nr_isolated;
		sum[6] += bi.nr_foreign;
		reported += bi.reported ? bi.nr_free : 0;
		if (bi.changed > md->run->trail_from && bi.changed <= md->run->pos)
			c->trail = true;
	}
	if (v->hidden) {
		sum[1] += sum[2] + sum[3];
		sum[2] = sum[3] = 0;
	}
	for (unsigned int i = 0; i < SG_MAX_MIGRATETYPES; i++) {
		if (types[i] + foreseen[i] > most) {
			most = types[i] + foreseen[i];
			best = i;
		}
	}
	sum[7] = most;
	c->mt = most ? (uint8_t)best : MM_MT_UNKNOWN;
	c->foreseen = most && foreseen[best] > types[best];
	total = sum[1] + sum[2] + sum[3] + sum[4] + sum[5];
	used = sum[3] + sum[4] + sum[5];
	c->used = used ? (uint16_t)(used * 1000ull / (used + sum[2])) : 0;
	c->mixed = sum[6] > 0;
	c->reported = reported && reported == sum[2] && used == 0 && !sum[1];
	if (total == 0)
		c->fill = FILL_NONE;
	else if (sum[1] * 2 > total)
		c->fill = FILL_UNKNOWN;
	else if (used == 0)
		c->fill = FILL_EMPTY;
	else if (sum[2] == 0)
		c->fill = FILL_FULL;
	else
		c->fill = (uint8_t)(FILL_1 + (used * 3ull) / (used + sum[2]));
}

static void mark_scanners(struct v_map *v, const struct ui_model *md)
{
	struct mm_node_info ni;
	uint64_t first = v->top * (uint64_t)v->cols;

	mm_node_get(md->run->m, md->run->zi.node, &ni);
	if (!ni.present || !ni.compacting)
		return;
	for (int k = 0; k < 2; k++) {
		uint64_t pfn = k ? ni.free_pfn : ni.migrate_pfn, n;

		if (pfn < md->run->zi.start_pfn || pfn >= md->run->zi.end_pfn)
			continue;
		n = (block_of(md, v->pb_order, pfn) - v->base) >> v->zoom;
		if (n < first || n - first >= (uint64_t)v->rows * (uint64_t)v->cols)
			continue;
		if (k)
			v->cell[n - first].free = true;
		else
			v->cell[n - first].migrate = true;
	}
}

static void mark_changes(struct v_map *v, const struct ui_model *md)
{
	uint64_t first = v->top * (uint64_t)v->cols, shown = (uint64_t)v->rows * (uint64_t)v->cols;
	size_t nr = 0, total = 0;
	const struct mm_change *ch = mm_changes(md->run->m, &nr, &total);

	for (size_t i = 0; i < nr; i++) {
		uint64_t a = ch[i].pfn, b = ch[i].pfn + (ch[i].nr ? ch[i].nr - 1 : 0);

		if (b < md->run->zi.start_pfn || a >= md->run->zi.end_pfn)
			continue;
		a = a < md->run->zi.start_pfn ? md->run->zi.start_pfn : a;
		b = b >= md->run->zi.end_pfn ? md->run->zi.end_pfn - 1 : b;
		a = (block_of(md, v->pb_order, a) - v->base) >> v->zoom;
		b = (block_of(md, v->pb_order, b) - v->base) >> v->zoom;
		for (a = a < first ? first : a; a <= b && a - first < shown; a++)
			v->cell[a - first].changed = true;
	}
}

/*
 * Rows and columns for cells of @width columns, and the zoom: the one that was
 * chosen, or the smallest with which the zone fits.  True when it fits.
 */
static bool measure(struct v_map *v, const struct ui_model *md, const struct ui_rect *r, int width)
{
	int cols = r->cols - 2, align = 1, most = max_zoom(md, v->pb_order);

	v->width = width;
	v->gutter = cols >= 64 ? GUTTER : 0;
	v->cols = (cols - v->gutter) / width;
	if (v->gutter && v->cols >= 8) { /* rows that start at round addresses are easier to find */
		v->cols -= v->cols % (v->cols >= 16 ? 16 : 8);
		align = v->cols;
	}
	v->cols = v->cols > 0 ? v->cols : 1;
	v->rows = r->rows - 2 > 0 ? r->rows - 2 : 1;
	v->zoom = (unsigned int)(md->zoom < most ? md->zoom : most);
	if (md->zoom_fit)
		for (v->zoom = 0; (int)v->zoom < most; v->zoom++)
			if (cells_at(md, v->pb_order, v->zoom, align, &v->base) <=
			    (uint64_t)v->rows * (uint64_t)v->cols)
				break;
	v->nr_cells = cells_at(md, v->pb_order, v->zoom, align, &v->base);
	return v->nr_cells <= (uint64_t)v->rows * (uint64_t)v->cols;
}

/* A letter with a shade needs two columns, with a bar four: chosen when that costs no zoom. */
static void choose_style(struct v_map *v, const struct ui_model *md, const struct ui_rect *r)
{
	v->pb_order = mm_pageblock_order(md->run->m);
	v->style = md->map_style;
	for (int width = BAR_WIDTH;
	     width > 1 && v->style != UI_MAP_SHADES && v->style != UI_MAP_LETTERS; width -= 2) {
		bool fits = measure(v, md, r, width) && (v->zoom == 0 || !md->zoom_fit);

		if (fits || (width == 2 && v->style == UI_MAP_BOTH)) {
			v->style = UI_MAP_BOTH;
			return;
		}
	}
	if (v->style == UI_MAP_AUTO)
		v->style = md->mono ? UI_MAP_LETTERS : UI_MAP_SHADES;
	measure(v, md, r, 1);
}

static void map_sync(void *view, const struct ui_model *md, const struct ui_rect *r)
{
	struct v_map *v = view;
	uint64_t nr_rows, row;
	size_t need;
	uint32_t sum[8];

	choose_style(v, md, r);
	v->hidden = ui_model_hiding(md) >= 0;
	need = (size_t)v->rows * (size_t)v->cols;
	if (need > v->cap) {
		struct cell *p = sg_realloc(v->cell, need * sizeof(*p));

		if (!p) {
			v->nr_cells = 0;
			return;
		}
		v->cell = p;
		v->cap = need;
	}
	memset(v->cell, 0, need * sizeof(*v->cell));
	if (v->nr_cells == 0)
		return;
	v->cursor = (block_of(md, v->pb_order, md->cursor_pfn) - v->base) >> v->zoom;
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

		if (n >= v->nr_cells)
			break;
		sum_cell(v, md, v->base + (n << v->zoom), &v->cell[i], sum);
		if (n == v->cursor)
			memcpy(v->pages, sum, sizeof(v->pages));
	}
	mark_changes(v, md);
	mark_scanners(v, md);
}

static uint32_t fill_glyph(const struct ui_grid *g, const struct cell *c)
{
	static const enum ui_glyph gl[] = { UI_GL_UNKNOWN, UI_GL_UNKNOWN, UI_GL_EMPTY, UI_GL_SHADE1,
					    UI_GL_SHADE2,  UI_GL_SHADE3,  UI_GL_FULL };

	if (c->fill == FILL_NONE)
		return ' ';
	if (c->mixed && c->fill > FILL_EMPTY)
		return ui_glyph(g, UI_GL_MIXED);
	if (c->reported)
		return REPORTED;
	return ui_glyph(g, gl[c->fill]);
}

/* Upper case: two thirds in use or more; lower case: less; '_' and '.' as in the shades. */
static uint32_t fill_letter(const struct ui_grid *g, const struct ui_model *md,
			    const struct cell *c)
{
	char l = ui_mt_letter(md, c->mt);

	if (c->fill <= FILL_EMPTY || l == '?')
		return fill_glyph(g, c);
	return (uint32_t)(c->fill >= FILL_3 || l < 'A' ? l : l - 'A' + 'a');
}

static void draw_cell(const struct v_map *v, const struct ui_model *md, struct ui_grid *g,
		      const struct ui_rect *in, int row, int col, const struct cell *c, bool cursor)
{
	enum ui_role role = (enum ui_role)ui_mt_role(md, c->mt);
	bool letters = v->style == UI_MAP_LETTERS;
	uint32_t letter = fill_letter(g, md, c), ch = letters ? letter : fill_glyph(g, c);
	struct ui_style st = ui_style_attr(role, c->foreseen ? UI_DIM : 0), bar = st, first;

	/* where the letter has a bar beside it, the question mark stays and the colour tells */
	if (c->foreseen && c->fill > FILL_NONE && v->style == UI_MAP_BOTH && !md->mono)
		letter = '?';
	if (c->migrate || c->free) {
		ch = ui_glyph(g, c->migrate && c->free ? UI_GL_SCAN_BOTH
				 : c->migrate          ? UI_GL_SCAN_MIGRATE
						       : UI_GL_SCAN_FREE);
		st = ui_style_on(UI_ROLE_SCANNER, UI_BOLD);
	} else if (letters && c->mixed && c->fill > FILL_EMPTY) {
		st.attr = UI_UNDERLINE;
	}
	if (c->trail) { /* letters stand out among shades, underlined bold among letters */
		ch = c->migrate || c->free ? ch : letter;
		st.attr |= letters ? UI_BOLD | UI_UNDERLINE : UI_BOLD;
	}
	if (c->changed) {
		ch = c->migrate || c->free ? ch : letter;
		st = ui_style_on(role == UI_ROLE_UNKNOWN ? UI_ROLE_OTHER_TYPE : role, UI_BOLD);
	}
	first = st;
	if (cursor) {
		ch = c->migrate || c->free ? ch : letter;
		first = ui_style_on(UI_ROLE_CURSOR, c->changed ? UI_BOLD | UI_UNDERLINE : UI_BOLD);
	}
	if (v->width == 1) {
		ui_char(g, in, row, col, first, ch);
		return;
	}
	if (c->mt == MM_MT_UNKNOWN && c->fill > FILL_UNKNOWN)
		letter = '?';
	ui_char(g, in, row, col, first, c->migrate || c->free ? ch : letter);
	if (v->width == 2 || c->fill <= FILL_EMPTY || c->mixed)
		ui_fill(g, in, row, col + 1, v->width - 1, bar, fill_glyph(g, c));
	else
		ui_bar(g, in, row, col + 1, v->width - 1, bar, c->used, 1000);
}

/* What is known of the cursor's cell, in the lower edge. */
static void draw_cursor_text(const struct v_map *v, const struct ui_model *md, struct ui_grid *g,
			     const struct ui_rect *r, const struct cell *c)
{
	struct ui_rect edge = { r->row + r->rows - 1, r->col + 2, 1, r->cols - 4 };
	uint64_t block = page_of(md, v->pb_order, v->base + (v->cursor << v->zoom)) >> v->pb_order;
	char text[200], num[16];
	int n;

	snprintf(num, sizeof(num), "%u", v->pages[2]);
	n = snprintf(text, sizeof(text), " block %" PRIu64 "%s: %s%s%s,", block,
		     v->zoom ? "+" : "", c->foreseen ? "type " : "",
		     c->mt == MM_MT_UNKNOWN ? "type unknown" : ui_mt_name(md, c->mt),
		     c->foreseen ? " (a later event tells)" : "");
	if (v->pages[2] || v->pages[4] || !v->pages[1])
		n += snprintf(text + n, sizeof(text) - (size_t)n, " free %s used %u", v->hidden ? "?" : num, v->pages[4]);
	if (c->reported)
		n += snprintf(text + n, sizeof(text) - (size_t)n, " reported to the host");
	if (v->pages[3])
		n += snprintf(text + n, sizeof(text) - (size_t)n, " pcp %u", v->pages[3]);
	if (v->pages[5])
		n += snprintf(text + n, sizeof(text) - (size_t)n, " isolated %u", v->pages[5]);
	if (v->pages[6])
		n += snprintf(text + n, sizeof(text) - (size_t)n, " foreign %u", v->pages[6]);
	if (v->pages[1])
		n += snprintf(text + n, sizeof(text) - (size_t)n, " unknown %u", v->pages[1]);
	snprintf(text + n, sizeof(text) - (size_t)n, " ");
	ui_text(g, &edge, 0, 0, ui_style((enum ui_role)ui_mt_role(md, c->mt)), text);
}

static void draw_gutter(const struct v_map *v, const struct ui_model *md, struct ui_grid *g,
			const struct ui_rect *in, int row)
{
	uint64_t first = v->base + (((v->top + (uint64_t)row) * (uint64_t)v->cols) << v->zoom);
	uint64_t bytes = page_of(md, v->pb_order, first) << md->run->page_shift;

	/* the physical address, in the largest unit that divides it */
	if (bytes && bytes % (1ull << 30) == 0)
		ui_textf(g, in, row, 0, ui_style(UI_ROLE_DIM), "%5" PRIu64 " GiB", bytes >> 30);
	else
		ui_textf(g, in, row, 0, ui_style(UI_ROLE_DIM), "%5" PRIu64 " MiB", bytes >> 20);
}

/* Which rows of how many are shown, where the lower edge ends. */
static void draw_scroll(const struct v_map *v, struct ui_grid *g, const struct ui_rect *r)
{
	uint64_t nr_rows = (v->nr_cells + (uint64_t)v->cols - 1) / (uint64_t)v->cols;
	char text[80];

	if (nr_rows <= (uint64_t)v->rows)
		return;
	snprintf(text, sizeof(text), " rows %" PRIu64 "-%" PRIu64 "/%" PRIu64 " ", v->top + 1,
		 v->top + (uint64_t)v->rows, nr_rows);
	ui_text(g, r, r->rows - 1, r->cols - 1 - ui_width(text), ui_style(UI_ROLE_KEY), text);
}

static void map_draw(const void *view, const struct ui_model *md, struct ui_grid *g,
		     const struct ui_rect *r)
{
	const struct v_map *v = view;
	char title[128], size[UI_FMT_MAX];
	struct ui_rect in;

	ui_fmt_size(size, 1ull << md->run->page_shift << v->pb_order << v->zoom);
	if (v->zoom == 0)
		snprintf(title, sizeof(title), "pageblocks, 1 cell = 1 block (%s)", size);
	else
		snprintf(title, sizeof(title), "pageblocks, 1 cell = %u blocks (%s)", 1u << v->zoom,
			 size);
	if (md->side) {
		memmove(title + 3, title, sizeof(title) - 3);
		memcpy(title, (const char[]){ md->side, ' ', ' ' }, 3);
		title[sizeof(title) - 1] = '\0';
	}
	in = ui_box(g, r, title, md->focus == UI_FOCUS_MAP);
	if (v->nr_cells == 0) {
		ui_text(g, &in, 0, 1, ui_style(UI_ROLE_DIM),
			md->run->loaded ? "no memory is named by this capture"
				   : "reading: no memory is known yet");
		return;
	}
	for (int row = 0; row < v->rows; row++) {
		for (int col = 0; col < v->cols; col++) {
			size_t i = (size_t)row * (size_t)v->cols + (size_t)col;
			uint64_t n = v->top * (uint64_t)v->cols + i;
			bool cursor = n == v->cursor;

			if (n >= v->nr_cells)
				break;
			if (col == 0 && v->gutter)
				draw_gutter(v, md, g, &in, row);
			draw_cell(v, md, g, &in, row, v->gutter + col * v->width, &v->cell[i],
				  cursor);
			if (cursor) {
				draw_cursor_text(v, md, g, r, &v->cell[i]);
				if (md->focus == UI_FOCUS_MAP) {
					g->cursor_row = in.row + row;
					g->cursor_col = in.col + v->gutter + col * v->width;
				}
			}
		}
	}
	draw_scroll(v, g, r);
}

static void move(struct v_map *v, struct ui_model *md, int64_t by)
{
	uint64_t to = v->cursor;

	if (v->nr_cells == 0)
		return;
	if (by < 0)
		to = to > (uint64_t)-by ? to - (uint64_t)-by : 0;
	else
		to = v->nr_cells - 1 - to > (uint64_t)by ? to + (uint64_t)by : v->nr_cells - 1;
	to = page_of(md, v->pb_order, v->base + (to << v->zoom));
	md->cursor_pfn = to < md->run->zi.start_pfn ? md->run->zi.start_pfn : to;
	md->cursor_set = true;
	md->follow = false;
}

static void zoom(struct v_map *v, struct ui_model *md, int by)
{
	int z = (int)v->zoom + by;

	if (z < 0 || z > max_zoom(md, v->pb_order)) {
		ui_model_say(md, UI_MSG_INFO,
			     z < 0 ? "one block is the smallest cell: Enter looks into it"
				   : "1 GiB is the largest cell");
		return;
	}
	md->zoom = z;
	md->zoom_fit = false;
}

static bool map_act(void *view, struct ui_model *md, enum ui_action a, uint64_t n)
{
	struct v_map *v = view;
	int64_t k = n > 1000000 ? 1000000 : (int64_t)n;

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
		zoom(v, md, -1);
		return true;
	case UI_ACT_ZOOM_OUT:
		zoom(v, md, 1);
		return true;
	case UI_ACT_ZOOM_FIT:
		md->zoom_fit = true;
		return true;
	case UI_ACT_ENTER:
		if (md->run->nr_zones == 0)
			return true;
		md->block_open = true;
		md->cursor_set = true;
		return true;
	default:
		return false;
	}
}

static void map_click(void *view, struct ui_model *md, const struct ui_rect *r, int row, int col)
{
	struct v_map *v = view;
	int64_t n;

	(void)r;
	row--;
	col -= 1 + v->gutter;
	if (row < 0 || row >= v->rows || col < 0 || col / v->width >= v->cols)
		return;
	n = (int64_t)((v->top + (uint64_t)row) * (uint64_t)v->cols) + col / v->width;
	if ((uint64_t)n < v->nr_cells)
		move(v, md, n - (int64_t)v->cursor);
}

static void map_fini(void *view)
{
	free(((struct v_map *)view)->cell);
}

const struct ui_view_ops ui_v_map = {
	.name = "map",
	.min_rows = 3,
	.min_cols = 12,
	.state_size = sizeof(struct v_map),
	.sync = map_sync,
	.draw = map_draw,
	.act = map_act,
	.click = map_click,
	.fini = map_fini,
};
