// SPDX-License-Identifier: GPL-2.0-only
/* Two runs side by side: which they are and where they stand, both timelines over each other, and the parting one is at. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sg_mem.h"
#include "ui_runs.h"
#include "ui_view.h"

/* ---- who they are --------------------------------------------------------------------------- */

/* "simulated own,defrag_mode=1 seed 1", "observed Linux 6.18" */
static void kind_of(const struct sg_capture *cap, char *buf, size_t size)
{
	const struct sg_simulated *s = cap->simulated;

	if (s)
		snprintf(buf, size, "%.160s seed %" PRIu64, *s->asked ? s->asked : "own rules", s->seed);
	else
		snprintf(buf, size, "Linux %.80s", cap->kernel);
}

/* Text that is cut where it has no room, its end last; the column behind it and a gap. */
static int cut(struct ui_grid *g, const struct ui_rect *r, int row, int col, int end, struct ui_style st, const char *text)
{
	struct ui_rect part = { r->row, r->col, r->rows, end };

	if (end - col < 2)
		return col;
	ui_text(g, &part, row, col, st, text);
	if (col + ui_width(text) <= end)
		return col + ui_width(text) + 2;
	ui_char(g, r, row, end - 1, st, ui_glyph(g, UI_GL_ELLIPSIS));
	return end + 2;
}

static void draw_run(const struct ui_model *md, struct ui_grid *g, const struct ui_rect *r, unsigned int side)
{
	const struct ui_run *run = ui_beside_run(md, side);
	const struct sg_simulated *s = run->cap->simulated;
	bool leads = run == md->run;
	char pos[120], time[UI_FMT_MAX] = "start", a[UI_FMT_MAX], b[UI_FMT_MAX], what[260], seed[40] = "";
	struct ui_style st = ui_style(UI_ROLE_TEXT);
	int row = (int)side, col, end;
	unsigned int limits = sg_limits_count(&run->cap->limits);

	if (run->have_event)
		ui_fmt_ts(time, run->ev.ts, run->cap->clock_is_ns);
	if (!run->loaded)
		snprintf(pos, sizeof(pos), "reading %u%%", run->progress / 10);
	else
		snprintf(pos, sizeof(pos), "event %.24s/%.24s  %.30s", ui_fmt_num(a, run->pos), ui_fmt_num(b, run->total), time);
	if (leads) {
		ui_fill(g, r, row, 0, r->cols, ui_style(UI_ROLE_HEADER), ' ');
		st = ui_style(UI_ROLE_HEADER);
	}
	end = r->cols - ui_width(pos) - 1;
	ui_char(g, r, row, 0, ui_style_attr(leads ? UI_ROLE_HEADER : UI_ROLE_KEY, UI_BOLD), (uint32_t)('A' + side));
	ui_char(g, r, row, 1, st, leads ? ui_glyph(g, md->playing ? UI_GL_PLAY : UI_GL_MARK) : ' ');
	if (end > 12)
		ui_text(g, r, row, end, ui_style_attr(leads ? UI_ROLE_HEADER : UI_ROLE_STRONG, UI_BOLD), pos);
	else
		end = r->cols;
	/* observed or simulated, policy and seed first: they are always there */
	col = cut(g, r, row, 3, end - 1, ui_style_attr(leads ? UI_ROLE_HEADER : s ? UI_ROLE_KEY : UI_ROLE_GOOD, UI_BOLD),
		  s ? "simulated" : "observed");
	kind_of(run->cap, what, sizeof(what));
	if (s) { /* the seed stays where the policy is cut */
		snprintf(seed, sizeof(seed), "seed %" PRIu64, s->seed);
		snprintf(what, sizeof(what), "%.200s", *s->asked ? s->asked : "own rules");
		col = cut(g, r, row, col, end - 2 - ui_width(seed) - 1, st, what);
		col = cut(g, r, row, col, end - 1, st, seed);
	} else {
		col = cut(g, r, row, col, end - 1, st, what);
	}
	if (col + 4 < end)
		col = cut(g, r, row, col, end - 1, st, run->cap->name);
	if (s && *s->ended && col + 11 < end)
		col = cut(g, r, row, col, end - 1, st, "ended early (i)");
	if (limits && col + 12 < end) {
		snprintf(what, sizeof(what), "%u limit%s (i)", limits, limits == 1 ? "" : "s");
		cut(g, r, row, col, end - 1, st, what);
	}
}

static void nothing_sync(void *view, const struct ui_model *md, const struct ui_rect *r)
{
	(void)view;
	(void)md;
	(void)r;
}

static void head_draw(const void *view, const struct ui_model *md, struct ui_grid *g, const struct ui_rect *r)
{
	(void)view;
	draw_run(md, g, r, 0);
	if (r->rows > 1)
		draw_run(md, g, r, 1);
}

const struct ui_view_ops ui_v_beside_head = {
	.name = "runs",
	.min_rows = 1,
	.min_cols = 8,
	.state_size = 1,
	.sync = nothing_sync,
	.draw = head_draw,
};

/* ---- timelines --------------------------------------------------------------------------------- */

#define STRIP_LABEL 11 /* "A stalls", "partings" */

struct v_strips {
	/* what they were made for */
	const struct mm_part *part;
	const struct ui_run *of[2];
	bool by_time;
	int cols;
	/* by column */
	uint64_t *stall[2], most_stall; /* ns */
	uint32_t *partings, most_partings;
	uint64_t *from[2];              /* by time: first event of each column, and one more */
	int most;                       /* column of the parting of most weight, -1 */
	int at[2];                      /* where both stand */
};

static int by_share(const struct v_strips *v, uint64_t n, uint64_t of)
{
	int c = of ? (int)((double)n / (double)of * v->cols) : 0;

	return c < v->cols ? c : v->cols - 1;
}

/* The column of event @pos of a run. */
static int column(const struct v_strips *v, unsigned int side, uint64_t pos)
{
	struct mm_part_ask a;
	uint32_t i;
	int low = 0, high = v->cols;

	if (v->by_time) {
		while (low < high) {
			int mid = (low + high) / 2;

			if (v->from[side][mid] <= pos)
				low = mid + 1;
			else
				high = mid;
		}
		return low ? low - 1 : 0;
	}
	/* by demand: how far the first run's requests have come */
	if (side)
		pos = mm_part_in_step(v->part, 1, pos, false);
	i = mm_part_ask_at(v->part, 0, pos);
	(void)a;
	return i == MM_PART_NONE ? 0 : by_share(v, i, mm_part_asks(v->part, 0));
}

static bool room(struct v_strips *v, int cols)
{
	size_t n = (size_t)cols + 1;

	for (unsigned int k = 0; k < 2; k++) {
		free(v->stall[k]);
		free(v->from[k]);
		v->stall[k] = sg_calloc(n, sizeof(*v->stall[k]));
		v->from[k] = sg_calloc(n, sizeof(*v->from[k]));
	}
	free(v->partings);
	v->partings = sg_calloc(n, sizeof(*v->partings));
	v->cols = cols;
	v->most_stall = v->most_partings = 0;
	v->most = -1;
	return v->stall[0] && v->stall[1] && v->from[0] && v->from[1] && v->partings;
}

/* Both runs over the same stretch of time. */
static void cut_time(struct v_strips *v, const struct ui_model *md)
{
	const struct ui_run *a = ui_beside_run(md, 0), *b = ui_beside_run(md, 1);
	int64_t by = mm_part_clocks(v->part);
	uint64_t first = a->first_ts, last = a->last_ts;

	if (b->total && b->first_ts - (uint64_t)by < first)
		first = b->first_ts - (uint64_t)by;
	if (b->total && b->last_ts - (uint64_t)by > last)
		last = b->last_ts - (uint64_t)by;
	for (int c = 0; c <= v->cols; c++) {
		uint64_t ts = first + (uint64_t)((double)(last - first) * c / v->cols);

		v->from[0][c] = c ? sg_log_find_ts(a->src->log, ts) + 1 : 0;
		v->from[1][c] = c ? sg_log_find_ts(b->src->log, ts + (uint64_t)by) + 1 : 0;
	}
}

static void strips_sync(void *view, const struct ui_model *md, const struct ui_rect *r)
{
	struct v_strips *v = view;
	const struct ui_beside *b = &md->beside;
	int cols = r->cols - STRIP_LABEL - 1;
	struct mm_parting x;

	if (!b->part || !mm_part_done(b->part) || cols < 2) {
		v->part = NULL;
		return;
	}
	if (v->part != b->part || v->of[0] != b->of[0] || v->of[1] != b->of[1] || v->by_time != b->by_time || v->cols != cols) {
		if (!room(v, cols)) {
			v->part = NULL;
			return;
		}
		v->part = b->part;
		v->of[0] = b->of[0];
		v->of[1] = b->of[1];
		v->by_time = b->by_time;
		if (v->by_time)
			cut_time(v, md);
		for (unsigned int k = 0; k < 2; k++)
			for (uint32_t i = 0; i < mm_part_asks(v->part, k); i++) {
				struct mm_part_ask a;

				mm_part_ask(v->part, k, i, &a);
				if (a.ns)
					v->stall[k][column(v, k, a.event)] += a.ns;
			}
		for (uint32_t i = 0; mm_part_get(v->part, i, &x); i++)
			v->partings[column(v, 0, x.at[0])] += x.nr;
		for (int c = 0; c < cols; c++) {
			for (unsigned int k = 0; k < 2; k++)
				v->most_stall = v->stall[k][c] > v->most_stall ? v->stall[k][c] : v->most_stall;
			v->most_partings = v->partings[c] > v->most_partings ? v->partings[c] : v->most_partings;
		}
		if (mm_part_get(v->part, mm_part_most(v->part), &x))
			v->most = column(v, 0, x.at[0]);
	}
	for (unsigned int k = 0; k < 2; k++)
		v->at[k] = column(v, k, ui_beside_run(md, k)->pos);
}

/* Little and much of it; the scale is a root, so that little is seen beside much. */
static uint32_t shade(const struct ui_grid *g, uint64_t n, uint64_t most)
{
	static const enum ui_glyph gl[] = { UI_GL_SHADE1, UI_GL_SHADE2, UI_GL_SHADE3, UI_GL_FULL };
	int level = 0;

	while (level < 3 && (double)n * 16 > (double)(level + 1) * (level + 1) * (double)most)
		level++;
	return ui_glyph(g, gl[level]);
}

static void strips_draw(const void *view, const struct ui_model *md, struct ui_grid *g, const struct ui_rect *r)
{
	const struct v_strips *v = view;
	const struct ui_beside *b = &md->beside;

	if (!v->part) {
		if (b->part_failed)
			ui_text(g, r, 0, 1, ui_style(UI_ROLE_WARN), "there is no memory for where the two runs part");
		else if (b->part)
			ui_textf(g, r, 0, 1, ui_style(UI_ROLE_PROGRESS), "laying the requests of both runs beside each other: %u%%",
				 mm_part_progress(b->part) / 10);
		else
			ui_text(g, r, 0, 1, ui_style(UI_ROLE_PROGRESS), "both runs are being read");
		return;
	}
	for (int row = 0; row < 3 && row < r->rows; row++) {
		unsigned int k = row == 2;

		if (row == 1)
			ui_text(g, r, row, 0, ui_style(UI_ROLE_DIM), " partings");
		else
			ui_textf(g, r, row, 0, ui_style(UI_ROLE_TEXT), "%c stalls", 'A' + (int)k);
		for (int c = 0; c < v->cols; c++) {
			int col = STRIP_LABEL + c;

			if (row == 1 && c == v->most)
				ui_char(g, r, row, col, ui_style_attr(UI_ROLE_ERROR, UI_BOLD), ui_glyph(g, UI_GL_DECISION));
			else if (row == 1 && v->partings[c])
				ui_char(g, r, row, col, ui_style(UI_ROLE_WARN), shade(g, v->partings[c], v->most_partings));
			else if (row != 1 && v->stall[k][c])
				ui_char(g, r, row, col, ui_style(UI_ROLE_ISOLATED), shade(g, v->stall[k][c], v->most_stall));
			else
				ui_char(g, r, row, col, ui_style(UI_ROLE_BORDER), row == 1 ? ' ' : ui_glyph(g, UI_GL_TRACK));
		}
		if (row != 1)
			ui_char(g, r, row, STRIP_LABEL + v->at[k], ui_style_on(UI_ROLE_CURSOR, UI_BOLD), ui_glyph(g, UI_GL_MARK));
	}
}

/* To the column, with the run that leads. */
static void strips_click(void *view, struct ui_model *md, const struct ui_rect *r, int row, int col)
{
	const struct v_strips *v = view;
	unsigned int side = ui_beside_side(md);
	struct mm_part_ask a;
	uint64_t to;

	(void)r;
	(void)row;
	col -= STRIP_LABEL;
	if (!v->part || col < 0 || col >= v->cols)
		return;
	md->run->before_jump = md->run->pos;
	md->playing = false;
	if (v->by_time) {
		to = v->from[side][col];
	} else if (mm_part_asks(v->part, 0)) {
		mm_part_ask(v->part, 0, (uint32_t)((double)mm_part_asks(v->part, 0) * col / v->cols), &a);
		to = side ? mm_part_in_step(v->part, 0, a.event, false) : a.event;
	} else {
		return;
	}
	ui_model_seek(md, to);
}

static void strips_fini(void *view)
{
	struct v_strips *v = view;

	for (unsigned int k = 0; k < 2; k++) {
		free(v->stall[k]);
		free(v->from[k]);
	}
	free(v->partings);
}

const struct ui_view_ops ui_v_beside_strips = {
	.name = "timelines",
	.min_rows = 1,
	.min_cols = 20,
	.state_size = sizeof(struct v_strips),
	.sync = strips_sync,
	.draw = strips_draw,
	.click = strips_click,
	.fini = strips_fini,
};

/* ---- the parting ------------------------------------------------------------------------------------ */

struct v_part {
	char title[200], line[2][420];
	enum ui_role role[2];
};

static void say_ask(struct v_part *v, const struct ui_model *md, unsigned int side, uint32_t i)
{
	const struct ui_run *run = ui_beside_run(md, side);
	struct mm_zone_info zi;
	const char *zone = NULL;
	struct mm_part_ask a;
	char words[300], order[40] = "";

	if (i == MM_PART_NONE) {
		snprintf(v->line[side], sizeof(v->line[side]), "%c  didn't ask", 'A' + (int)side);
		v->role[side] = UI_ROLE_DIM;
		return;
	}
	mm_part_ask(md->beside.part, side, i, &a);
	if (a.zone >= 0 && (unsigned int)a.zone < mm_nr_zones(run->m)) {
		mm_zone_get(run->m, (unsigned int)a.zone, &zi);
		zone = zi.name;
	}
	if (a.order)
		snprintf(order, sizeof(order), "order %u ", a.order);
	snprintf(v->line[side], sizeof(v->line[side]), "%c  %.24s-%" PRId32 " %s%.16s: %s", 'A' + (int)side, sg_capture_comm(run->cap, a.pid),
		 a.pid, order, a.mt < run->cap->nr_migratetypes ? run->cap->migratetype[a.mt] : "?",
		 mm_part_say(&a, run->cap, zone, words, sizeof(words)));
	v->role[side] = a.got ? UI_ROLE_TEXT : UI_ROLE_WARN;
}

/* Not at a parting: the last request of the one that leads, and what belongs to it. */
static void between(struct v_part *v, const struct ui_model *md)
{
	const struct ui_beside *b = &md->beside;
	unsigned int side = ui_beside_side(md);
	uint32_t i = mm_part_ask_at(b->part, side, md->run->pos), next = mm_part_find(b->part, side, md->run->pos, 1);
	struct mm_part_ask a = { .other = MM_PART_NONE };
	char text[100] = "none follows", num[UI_FMT_MAX], of[UI_FMT_MAX];
	struct mm_parting x;

	if (mm_part_get(b->part, next, &x))
		snprintf(text, sizeof(text), "the next one is %.30s events on (a)", ui_fmt_num(num, x.at[side] - md->run->pos));
	snprintf(v->title, sizeof(v->title), "%.20s of %.20s partings passed, %s", ui_fmt_num(num, mm_part_rank(b->part, side, md->run->pos)),
		 ui_fmt_num(of, mm_part_count(b->part)), text);
	if (i == MM_PART_NONE) {
		snprintf(v->line[0], sizeof(v->line[0]), "no request yet");
		v->role[0] = UI_ROLE_DIM;
		return;
	}
	mm_part_ask(b->part, side, i, &a);
	say_ask(v, md, side, i);
	say_ask(v, md, 1 - side, a.other);
}

static void part_sync(void *view, const struct ui_model *md, const struct ui_rect *r)
{
	struct v_part *v = view;
	const struct ui_beside *b = &md->beside;
	char kinds[120], row[60] = "", num[UI_FMT_MAX], of[UI_FMT_MAX], nr[UI_FMT_MAX];
	struct mm_parting x;

	(void)r;
	v->line[0][0] = v->line[1][0] = '\0';
	if (!b->part || !mm_part_done(b->part)) {
		snprintf(v->title, sizeof(v->title), "partings");
		return;
	}
	if (!mm_part_get(b->part, b->at, &x)) {
		between(v, md);
		return;
	}
	if (x.nr > 1)
		snprintf(row, sizeof(row), ", the first of %.30s in a row", ui_fmt_num(nr, x.nr));
	snprintf(v->title, sizeof(v->title), "parting %.20s of %.20s: %s%s%s", ui_fmt_num(num, b->at + 1), ui_fmt_num(of, mm_part_count(b->part)),
		 mm_part_kinds(&x, kinds, sizeof(kinds)), row, b->at == mm_part_most(b->part) ? ", the most" : "");
	for (unsigned int k = 0; k < 2; k++)
		say_ask(v, md, k, x.ask[k]);
}

static void part_draw(const void *view, const struct ui_model *md, struct ui_grid *g, const struct ui_rect *r)
{
	const struct v_part *v = view;
	struct ui_rect in = { r->row + 1, r->col + 1, r->rows - 1, r->cols - 2 };
	const char *step = md->beside.by_time ? " in step by time (C) " : " in step by demand (C) ";
	int row = 0, col;

	ui_fill(g, r, 0, 0, r->cols, ui_style(UI_ROLE_BORDER), ui_glyph(g, UI_GL_H));
	col = ui_textf(g, r, 0, 2, ui_style(UI_ROLE_STRONG), " %s ", v->title);
	if (col + ui_width(step) + 2 <= r->cols)
		ui_text(g, r, 0, r->cols - ui_width(step) - 1, ui_style(UI_ROLE_KEY), step);
	/* one row each where there is no more, so that both are always there */
	for (unsigned int k = 0; k < 2 && row < in.rows; k++) {
		if (in.rows < 4)
			cut(g, &in, row++, 0, in.cols, ui_style(v->role[k]), v->line[k]);
		else
			row += ui_wrap(g, &in, row, 3, in.rows / 2, 0, ui_style(v->role[k]), v->line[k]);
	}
}

const struct ui_view_ops ui_v_beside_part = {
	.name = "parting",
	.min_rows = 2,
	.min_cols = 20,
	.state_size = sizeof(struct v_part),
	.sync = part_sync,
	.draw = part_draw,
};
