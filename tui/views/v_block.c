// SPDX-License-Identifier: GPL-2.0-only
/*
 * One pageblock page by page, and all that is known of the page under the
 * cursor.  A free block shows its order at its first page, an allocation what
 * it is; the pages behind the first are lines, so that one sees the folios.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ui_view.h"

#define PER_ROW_MAX 64
#define ROWS_MAX    64
#define NR_LINES    8

struct v_block {
	unsigned int pb_order, per_row;
	uint64_t first;    /* pfn of the block */
	unsigned int top;  /* first row of pages shown */
	unsigned int rows; /* rows of pages shown */
	struct mm_block_info bi;
	struct mm_page_info page[ROWS_MAX * PER_ROW_MAX];
	bool changed[ROWS_MAX * PER_ROW_MAX];
	struct mm_page_info at; /* page under the cursor */
	char line[NR_LINES][256];
	unsigned int nr_lines;
};

static void add_line(struct v_block *v, const char *text)
{
	if (v->nr_lines < NR_LINES)
		snprintf(v->line[v->nr_lines++], sizeof(v->line[0]), "%s", text);
}

static const char *state_text(const struct mm_page_info *p)
{
	switch (p->state) {
	case MM_PAGE_NONE:
		return "no page frame";
	case MM_PAGE_UNKNOWN:
		return "unknown";
	case MM_PAGE_FREE:
		return "free on a buddy list";
	case MM_PAGE_PCP:
		return "free on a per-cpu list";
	case MM_PAGE_ALLOC:
		return "allocated";
	case MM_PAGE_ISOLATED:
		return "isolated, in transit";
	}
	return "?";
}

static const char *lru_text(const struct mm_page_info *p)
{
	switch (p->lru) {
	case MM_LRU_ANON:
		return p->active ? "LRU anon, active" : "LRU anon, inactive";
	case MM_LRU_FILE:
		return p->active ? "LRU file, active" : "LRU file, inactive";
	case MM_LRU_UNEVICTABLE:
		return "LRU unevictable";
	default:
		return "not known to be on the LRU";
	}
}

/* gfp flags by the names that the capture has for them */
static void gfp_text(const struct ui_model *md, uint64_t gfp, char *buf, size_t size)
{
	struct sg_event ev = { .kind = SG_EV_mm_page_alloc };

	ev.v[SGF_mm_page_alloc_gfp_flags] = gfp;
	mm_event_field(md->run->cap, &ev, SGF_mm_page_alloc_gfp_flags, buf, size);
}

static void describe_state(struct v_block *v, const struct ui_model *md)
{
	const struct mm_page_info *p = &v->at;
	char text[256], size[UI_FMT_MAX];
	int n;

	n = snprintf(text, sizeof(text), "%s", state_text(p));
	if (p->state == MM_PAGE_FREE || p->state == MM_PAGE_PCP || p->state == MM_PAGE_ALLOC) {
		n += snprintf(text + n, sizeof(text) - (size_t)n,
			      ", order %u (%s) from pfn 0x%" PRIx64, p->order,
			      ui_fmt_size(size, 1ull << (p->order < 40 ? p->order : 40)
						     << md->run->page_shift),
			      p->head);
		if (p->migratetype != MM_MT_UNKNOWN)
			n += snprintf(text + n, sizeof(text) - (size_t)n, ", %s %s",
				      p->state == MM_PAGE_ALLOC ? "asked as" : "list",
				      ui_mt_name(md, p->migratetype));
	}
	if (p->reported)
		n += snprintf(text + n, sizeof(text) - (size_t)n, ", reported to the host");
	if (p->state == MM_PAGE_ALLOC)
		snprintf(text + n, sizeof(text) - (size_t)n, ", %s", lru_text(p));
	add_line(v, text);
}

static void describe_owner(struct v_block *v, const struct ui_model *md)
{
	const struct mm_page_info *p = &v->at;
	char text[256], gfp[160] = "", num[UI_FMT_MAX], span[UI_FMT_MAX];
	struct sg_cursor cur = { 0 };
	struct sg_event ev;

	if (p->state == MM_PAGE_NONE || p->state == MM_PAGE_UNKNOWN)
		return;
	if (p->have_gfp)
		gfp_text(md, p->gfp, gfp, sizeof(gfp));
	if (p->pid != MM_PID_UNKNOWN) {
		snprintf(text, sizeof(text), "%s by %s-%" PRId32 "%s%s",
			 p->state == MM_PAGE_ALLOC ? "allocated" : "put there",
			 sg_capture_comm(md->run->cap, p->pid), p->pid, gfp[0] ? ", " : "", gfp);
		add_line(v, text);
	} else if (gfp[0]) {
		add_line(v, gfp);
	}
	if (p->since && p->since <= md->run->pos && sg_log_get(md->run->src->log, &cur, p->since, &ev) &&
	    md->run->have_event) {
		snprintf(text, sizeof(text), "so since event %s, %s before",
			 ui_fmt_num(num, p->since),
			 ui_fmt_span(span, md->run->ev.ts - ev.ts, md->run->cap->clock_is_ns));
		snprintf(text + strlen(text), sizeof(text) - strlen(text), " (%s events)",
			 ui_fmt_num(num, md->run->pos - p->since));
		add_line(v, text);
	} else {
		add_line(v, p->from_snapshot ? "so since before the trace (known from the snapshot)"
					     : "so since before the trace");
	}
}

static void describe(struct v_block *v, const struct ui_model *md)
{
	char text[256];

	v->nr_lines = 0;
	snprintf(text, sizeof(text),
		 "page %" PRIu64 " of the block: pfn 0x%" PRIx64 " (%" PRIu64
		 "), physical address 0x%" PRIx64,
		 md->cursor_pfn - v->first, md->cursor_pfn, md->cursor_pfn,
		 md->cursor_pfn << md->run->page_shift);
	add_line(v, text);
	describe_state(v, md);
	describe_owner(v, md);
}

/* Where a limit hides who takes pages, none is free for certain. */
static void hide(struct mm_page_info *p)
{
	if (p->state == MM_PAGE_FREE || p->state == MM_PAGE_PCP)
		*p = (struct mm_page_info){ .state = MM_PAGE_UNKNOWN, .head = p->head };
}

static void block_sync(void *view, const struct ui_model *md, const struct ui_rect *r)
{
	struct v_block *v = view;
	bool hidden = ui_model_hiding(md) >= 0;
	unsigned int all, row, room = r->rows > 7 ? (unsigned int)r->rows - 6 : 1;

	v->pb_order = mm_pageblock_order(md->run->m);
	for (v->per_row = PER_ROW_MAX; v->per_row > 1 && (int)v->per_row > r->cols - 2;)
		v->per_row /= 2;
	while (v->per_row > 1u << v->pb_order)
		v->per_row /= 2;
	v->first = md->cursor_pfn >> v->pb_order << v->pb_order;
	all = (1u << v->pb_order) / v->per_row;
	v->rows = all < room ? all : room;
	if (v->rows > ROWS_MAX)
		v->rows = ROWS_MAX;
	row = (unsigned int)(md->cursor_pfn - v->first) / v->per_row;
	if (v->top > row)
		v->top = row;
	if (v->top + v->rows <= row)
		v->top = row - v->rows + 1;
	if (v->top > all - v->rows)
		v->top = all - v->rows;
	for (unsigned int i = 0; i < v->rows * v->per_row; i++) {
		uint64_t pfn = v->first + (uint64_t)v->top * v->per_row + i;

		mm_page_get(md->run->m, pfn, &v->page[i]);
		if (hidden)
			hide(&v->page[i]);
		v->changed[i] = ui_model_changed(md, pfn, 1);
	}
	mm_block_get(md->run->m, v->first >> v->pb_order, &v->bi);
	mm_page_get(md->run->m, md->cursor_pfn, &v->at);
	if (hidden) {
		v->bi.nr_unknown += v->bi.nr_free + v->bi.nr_pcp;
		v->bi.nr_free = v->bi.nr_pcp = 0;
		hide(&v->at);
	}
	describe(v, md);
}

static uint32_t alloc_letter(const struct mm_page_info *p)
{
	static const char inactive[] = { 'a', 'n', 'f', 'u' }, active[] = { 'a', 'N', 'F', 'u' };

	return (uint32_t)(p->active ? active : inactive)[p->lru <= MM_LRU_UNEVICTABLE ? p->lru : 0];
}

static uint32_t page_glyph(const struct ui_grid *g, const struct mm_page_info *p, uint64_t pfn)
{
	switch (p->state) {
	case MM_PAGE_NONE:
		return ' ';
	case MM_PAGE_UNKNOWN:
		return '?';
	case MM_PAGE_FREE:
		return pfn != p->head  ? ui_glyph(g, UI_GL_FREE_TAIL)
		       : p->order < 10 ? '0' + p->order
				       : 'A' + p->order - 10;
	case MM_PAGE_PCP:
		return 'p';
	case MM_PAGE_ISOLATED:
		return 'i';
	case MM_PAGE_ALLOC:
		return pfn != p->head ? ui_glyph(g, UI_GL_TAIL) : alloc_letter(p);
	}
	return '?';
}

static enum ui_role page_role(const struct ui_model *md, const struct mm_page_info *p)
{
	switch (p->state) {
	case MM_PAGE_FREE:
		return UI_ROLE_FREE;
	case MM_PAGE_PCP:
		return UI_ROLE_PCP;
	case MM_PAGE_ISOLATED:
		return UI_ROLE_ISOLATED;
	case MM_PAGE_ALLOC:
		return p->migratetype == MM_MT_UNKNOWN
			       ? UI_ROLE_OTHER_TYPE
			       : (enum ui_role)ui_mt_role(md, p->migratetype);
	default:
		return UI_ROLE_UNKNOWN;
	}
}

static void title_text(const struct v_block *v, const struct ui_model *md, char *buf, size_t size)
{
	const struct {
		unsigned int nr;
		const char *name;
	} parts[] = { { v->bi.nr_free, "free" },         { v->bi.nr_pcp, "per-cpu" },
		      { v->bi.nr_alloc, "used" },        { v->bi.nr_foreign, "foreign" },
		      { v->bi.nr_isolated, "isolated" }, { v->bi.nr_unknown, "unknown" } };
	bool unknown = v->bi.migratetype == MM_MT_UNKNOWN, foreseen = unknown && v->bi.foreseen != MM_MT_UNKNOWN;
	size_t n = (size_t)snprintf(buf, size, "pageblock %" PRIu64 ", %s%s%s:", v->first >> v->pb_order,
				    foreseen ? "type " : "",
				    foreseen  ? ui_mt_name(md, v->bi.foreseen)
				    : unknown ? "type unknown"
					      : ui_mt_name(md, v->bi.migratetype),
				    foreseen ? " (a later event tells)" : "");

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (parts[i].nr && n < size)
			n += (size_t)snprintf(buf + n, size - n, " %u %s", parts[i].nr,
					      parts[i].name);
}

static void block_draw(const void *view, const struct ui_model *md, struct ui_grid *g,
		       const struct ui_rect *r)
{
	const struct v_block *v = view;
	char title[160];
	struct ui_rect in, edge = { r->row + r->rows - 1, r->col + 2, 1, r->cols - 4 };
	int row;

	title_text(v, md, title, sizeof(title));
	in = ui_box(g, r, title, md->focus == UI_FOCUS_MAP);
	for (unsigned int i = 0; i < v->rows * v->per_row; i++) {
		const struct mm_page_info *p = &v->page[i];
		uint64_t pfn = v->first + (uint64_t)v->top * v->per_row + i;
		int y = (int)(i / v->per_row), x = (int)(i % v->per_row);
		struct ui_style st = ui_style(page_role(md, p));

		if (v->changed[i])
			st = ui_style_on(page_role(md, p) == UI_ROLE_UNKNOWN ? UI_ROLE_OTHER_TYPE
									     : page_role(md, p),
					 UI_BOLD);
		if (pfn == md->cursor_pfn) {
			st = ui_style_on(UI_ROLE_CURSOR,
					 v->changed[i] ? UI_BOLD | UI_UNDERLINE : UI_BOLD);
			if (md->focus == UI_FOCUS_MAP) {
				g->cursor_row = in.row + y;
				g->cursor_col = in.col + x;
			}
		}
		ui_char(g, &in, y, x, st, page_glyph(g, p, pfn));
	}
	row = (int)v->rows;
	if (in.rows - row > (int)v->nr_lines)
		row++;
	for (unsigned int i = 0; i < v->nr_lines && row < in.rows; i++)
		row += ui_wrap(g, &in, row, 2, in.rows - row, 0,
			       ui_style(i ? UI_ROLE_TEXT : UI_ROLE_STRONG), v->line[i]);
	ui_text(g, &edge, 0, 0, ui_style(UI_ROLE_DIM),
		edge.cols >= 84 ? " 0-A order of a free block  a used  n anon  f file (N F active) "
				  " p per-cpu  i isolated "
				: " 0-A free  a used  n anon  f file  p per-cpu  i isolated ");
}

static bool block_act(void *view, struct ui_model *md, enum ui_action a, uint64_t n)
{
	struct v_block *v = view;
	uint64_t by = n > 100000 ? 100000 : n, pfn = mm_page_rank(md->run->m, md->cursor_pfn);

	switch (a) {
	case UI_ACT_UP:
	case UI_ACT_DOWN:
		by *= v->per_row;
		break;
	case UI_ACT_LEFT:
	case UI_ACT_RIGHT:
		break;
	case UI_ACT_ENTER:
	case UI_ACT_ZOOM_OUT:
		md->block_open = false;
		return true;
	case UI_ACT_ZOOM_IN:
	case UI_ACT_ZOOM_FIT:
		return true;
	default:
		return false;
	}
	if (a == UI_ACT_UP || a == UI_ACT_LEFT)
		pfn = pfn > by ? pfn - by : 0;
	else
		pfn += by;
	pfn = mm_page_at(md->run->m, pfn); /* steps over large holes */
	/* past its ends the cursor goes on to the next block, within the zone */
	if (pfn < md->run->zi.start_pfn)
		pfn = md->run->zi.start_pfn;
	if (pfn >= md->run->zi.end_pfn)
		pfn = md->run->zi.end_pfn - 1;
	md->cursor_pfn = pfn;
	md->cursor_set = true;
	md->follow = false;
	return true;
}

const struct ui_view_ops ui_v_block = {
	.name = "block",
	.min_rows = 5,
	.min_cols = 20,
	.state_size = sizeof(struct v_block),
	.sync = block_sync,
	.draw = block_draw,
	.act = block_act,
};
