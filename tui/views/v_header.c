// SPDX-License-Identifier: GPL-2.0-only
/* The first rows: which capture, where in it, and how much of it is to be believed. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sg_mem.h"
#include "ui_view.h"

struct v_header {
	char play[UI_FMT_MAX], event[2 * UI_FMT_MAX], time[UI_FMT_MAX];
	char zone[128], frame[UI_FMT_MAX];
	uint64_t contradictions;
};

static void header_sync(void *view, const struct ui_model *md, const struct ui_rect *r)
{
	struct v_header *v = view;
	char a[UI_FMT_MAX], b[UI_FMT_MAX], node[12];

	(void)r;
	if (md->film.on)
		snprintf(v->play, sizeof(v->play), "film \u00d7%g", md->film.speed);
	else
		ui_speed_text(md, v->play);
	if (md->run->cap->still)
		snprintf(v->event, sizeof(v->event), "dump %.30s/%.30s", ui_fmt_num(a, md->run->cap->still_no + 1),
			 ui_fmt_num(b, md->run->cap->nr_stills));
	else
		snprintf(v->event, sizeof(v->event), "event %.30s/%.30s", ui_fmt_num(a, md->run->pos),
			 ui_fmt_num(b, md->run->total));
	if (md->run->have_event)
		ui_fmt_ts(v->time, md->run->ev.ts, md->run->cap->clock_is_ns);
	else
		snprintf(v->time, sizeof(v->time), "%s", md->run->cap->still ? "no events" : "start");
	if (md->run->nr_zones)
		snprintf(v->zone, sizeof(v->zone), "node %s %.16s %s%s%s", mm_node_text(md->run->zi.node, node), md->run->zi.name,
			 md->run->zi.deduced ? "\u2264 " : "",
			 ui_fmt_size(a, (md->run->zi.present ? md->run->zi.present
							: md->run->zi.span)
						<< md->run->page_shift),
			 md->run->zi.deduced ? " (deduced)" : "");
	else
		snprintf(v->zone, sizeof(v->zone), "%s", md->run->loaded ? "no event tells of any page" : "no zone known");
	ui_model_frame_text(md, v->frame);
	v->contradictions = ui_model_contradictions(md);
}

/* Text at @col unless it would not fit; the column behind it and a gap. */
static int item(struct ui_grid *g, const struct ui_rect *r, int row, int col, struct ui_style st,
		const char *text)
{
	int w = ui_width(text);

	if (col + w > r->cols)
		return col;
	ui_text(g, r, row, col, st, text);
	return col + w + 2;
}

static void draw_first(const struct v_header *v, const struct ui_model *md, struct ui_grid *g,
		       const struct ui_rect *r)
{
	struct ui_style bar = ui_style(UI_ROLE_HEADER),
			strong = ui_style_attr(UI_ROLE_HEADER, UI_BOLD);
	int right = ui_width(v->event) + ui_width(v->time) + ui_width(v->play) + 8, col;
	char kernel[64];
	struct ui_rect left = *r;

	ui_fill(g, r, 0, 0, r->cols, bar, ' ');
	left.cols = r->cols - right - 1;
	if (left.cols < 8) { /* too narrow for both: the position matters more */
		left.cols = 0;
		right = r->cols;
	} else {
		col = 0;
		if (left.cols >= 12 + ui_width(md->run->cap->name))
			col = item(g, &left, 0, col, strong, "stormglass");
		col = ui_text(g, &left, 0, col, bar, md->run->cap->name) + 2;
		snprintf(kernel, sizeof(kernel), "Linux %.50s", md->run->cap->kernel);
		item(g, &left, 0, col, bar, kernel);
	}
	col = r->cols - right;
	if (col < 0)
		col = 0;
	ui_char(g, r, 0, col, strong,
		md->film.on   ? ui_glyph(g, md->film.playing ? UI_GL_PLAY : UI_GL_PAUSE)
		: md->playing ? ui_glyph(g, md->play_dir > 0 ? UI_GL_PLAY : UI_GL_REVERSE)
			      : ui_glyph(g, UI_GL_PAUSE));
	col = ui_text(g, r, 0, col + 2, strong, v->play) + 2;
	col = ui_text(g, r, 0, col, strong, v->event) + 2;
	ui_text(g, r, 0, col, strong, v->time);
}

/* Is there one of this key among the first @nr? */
static bool named(const struct sg_limits *l, unsigned int nr, enum sg_limit_id id)
{
	for (unsigned int i = 0; i < nr; i++)
		if (sg_limits_at(l, i)->id == id)
			return true;
	return false;
}

/*
 * What the figures rest on, each key in its word, those first that hide who takes pages at this position; as many as
 * leave room for the rest of the row, and how many more there are.
 */
static int put_limits(struct ui_grid *g, const struct ui_rect *r, int col, const struct ui_model *md)
{
	const struct sg_limits *set[2] = { &md->run->cap->limits, md->run->cfg.limits };
	int hiding = ui_model_hiding(md), shown = 0, more = 0;
	struct ui_style st = ui_style(hiding >= 0 ? UI_ROLE_ERROR : UI_ROLE_WARN);

	for (int pass = 0; pass < 2; pass++)
		for (int s = 0; s < 2; s++)
			for (unsigned int i = 0; set[s] && i < sg_limits_count(set[s]); i++) {
				enum sg_limit_id id = sg_limits_at(set[s], i)->id;
				const char *word = sg_limit_word(id);
				int width = ui_width(word) + (shown ? 2 : 0);

				if (named(set[s], i, id) || (s && named(set[0], sg_limits_count(set[0]), id)) ||
				    ((int)id == hiding) != (pass == 0))
					continue;
				if (more || col + width + 9 > r->cols || (shown && col + width + 9 > r->cols * 3 / 4)) {
					more++;
					continue;
				}
				if (shown++)
					col = ui_text(g, r, 1, col, st, ", ");
				col = ui_text(g, r, 1, col, st, word);
			}
	if (more && shown)
		col = ui_textf(g, r, 1, col, st, " +%d", more);
	if (more && !shown) { /* no word fits */
		char text[32];

		snprintf(text, sizeof(text), "%d limit%s (i)", more, more == 1 ? "" : "s");
		col = item(g, r, 1, col, st, col + ui_width(text) <= r->cols ? text : "(i)");
	}
	if (shown)
		col = ui_text(g, r, 1, col, ui_style(UI_ROLE_KEY), " (i)") + 2;
	return col;
}

/* Which run this is: under what, and with which seed.  Where the row is short the policy is cut, its end last. */
static int put_run(struct ui_grid *g, const struct ui_rect *r, int col, const struct ui_model *md)
{
	const struct sg_simulated *s = md->run->cap->simulated;
	const char *ended = *s->ended ? "ended early (i)" : "";
	char seed[64], policy[160];
	int n = snprintf(policy, sizeof(policy), "%s", *s->asked ? s->asked : "own rules"), room, width;

	snprintf(seed, sizeof(seed), "seed %" PRIu64, s->seed);
	col = item(g, r, 1, col, ui_style(UI_ROLE_KEY), "simulated");
	/* where there is room, some of the row is for what the figures rest on */
	room = r->cols - col - ui_width(seed) - 2 - (*ended ? ui_width(ended) + 2 : 0) - (r->cols >= 110 ? 20 : 0);
	width = n < (int)sizeof(policy) ? n : (int)sizeof(policy) - 1;
	if (width > room && room >= 8)
		snprintf(policy + room - 1, sizeof(policy) - (size_t)(room - 1), "\u2026");
	if (room >= 8 || width <= room)
		col = item(g, r, 1, col, ui_style(UI_ROLE_STRONG), policy);
	col = item(g, r, 1, col, ui_style(UI_ROLE_TEXT), seed);
	if (*ended)
		col = item(g, r, 1, col, ui_style(UI_ROLE_WARN), ended);
	return col;
}

static void draw_second(const struct v_header *v, const struct ui_model *md, struct ui_grid *g,
			const struct ui_rect *r)
{
	char text[128], num[UI_FMT_MAX];
	int col = 0;

	col = item(g, r, 1, col, ui_style(UI_ROLE_STRONG), v->zone);
	if (md->run->nr_zones > 1) {
		snprintf(text, sizeof(text), "[%u/%u]", md->zone + 1, md->run->nr_zones);
		col = item(g, r, 1, col, ui_style(UI_ROLE_DIM), text);
	}
	if (md->run->cap->still) {
		const struct sg_limits *lim = &md->run->cap->limits;
		unsigned int n = sg_limits_count(lim);

		col = item(g, r, 1, col, ui_style(UI_ROLE_GOOD), "counted");
		for (unsigned int i = 0; i < n; i++)
			col = item(g, r, 1, col, ui_style(UI_ROLE_WARN), sg_limit_word(sg_limits_at(lim, i)->id));
		return;
	}
	/* where the row is short, what the figures rest on is worth more than that nothing is simulated */
	if (md->run->cap->simulated)
		col = put_run(g, r, col, md);
	else if (r->cols >= 110 || (sg_limits_count(&md->run->cap->limits) == 0 && !(md->run->cfg.limits && sg_limits_count(md->run->cfg.limits))))
		col = item(g, r, 1, col, ui_style(UI_ROLE_GOOD), "observed");
	if (md->make.going || md->make.waiting) {
		if (md->make.waiting)
			snprintf(text, sizeof(text), "run %u%% +%u", md->make.milli / 10, md->make.going + md->make.waiting - (md->make.going > 0));
		else
			snprintf(text, sizeof(text), "run %u%%", md->make.milli / 10);
		col = item(g, r, 1, col, ui_style(UI_ROLE_PROGRESS), text);
	}
	if (sg_mem_failures())
		col = item(g, r, 1, col, ui_style(UI_ROLE_ERROR), "out of memory");
	if (sg_read_failures(NULL))
		col = item(g, r, 1, col, ui_style(UI_ROLE_ERROR), "can't be read whole");
	if (md->saving) {
		snprintf(text, sizeof(text), "saving %u%%", (md->saving - 1) / 10);
		col = item(g, r, 1, col, ui_style(UI_ROLE_PROGRESS), text);
	}
	if (md->recording)
		col = item(g, r, 1, col, ui_style(UI_ROLE_PROGRESS), "recording");
	if (!md->run->loaded) {
		int w = r->cols >= 110 ? 20 : 8;

		snprintf(text, sizeof(text), "reading %u%%", md->run->progress / 10);
		col = item(g, r, 1, col, ui_style(UI_ROLE_PROGRESS), text);
		if (col + w < r->cols) {
			ui_fill(g, r, 1, col, w, ui_style(UI_ROLE_BORDER),
				ui_glyph(g, UI_GL_TRACK));
			ui_bar(g, r, 1, col, w, ui_style(UI_ROLE_PROGRESS), md->run->progress, 1000);
			col += w + 2;
		}
	}
	if (md->run->loaded && !md->run->prepared && md->run->total > 0) {
		snprintf(text, sizeof(text), "preparing jumps %u%%",
			 (unsigned int)(mm_timeline_prepared(md->run->tl) * 100 / md->run->total));
		col = item(g, r, 1, col, ui_style(UI_ROLE_PROGRESS), text);
	}
	if (md->run->cap->lost_events || md->run->cap->lost_unknown) {
		if (md->run->cap->lost_events)
			ui_fmt_num(num, md->run->cap->lost_events);
		snprintf(text, sizeof(text), "lost %s%s events", md->run->cap->lost_events ? num : "?",
			 md->run->cap->lost_events && md->run->cap->lost_unknown ? "+?" : "");
		col = item(g, r, 1, col, ui_style(UI_ROLE_ERROR), text);
	} else if (!sg_limits_find(&md->run->cap->limits, SG_LIMIT_NOT_READABLE)) {
		col = item(g, r, 1, col, ui_style(UI_ROLE_DIM), "none lost");
	}
	col = put_limits(g, r, col, md);
	snprintf(text, sizeof(text), "%s contradiction%s", ui_fmt_num(num, v->contradictions),
		 v->contradictions == 1 ? "" : "s");
	col = item(g, r, 1, col, ui_style(v->contradictions ? UI_ROLE_WARN : UI_ROLE_DIM), text);
	if (md->run->cap->nr_notes) {
		snprintf(text, sizeof(text), "%u note%s (i)", md->run->cap->nr_notes,
			 md->run->cap->nr_notes == 1 ? "" : "s");
		col = item(g, r, 1, col, ui_style(UI_ROLE_WARN), text);
	}
	snprintf(text, sizeof(text), "frame %s", v->frame);
	col = item(g, r, 1, col, ui_style(UI_ROLE_DIM), text);
	if (md->follow)
		col = item(g, r, 1, col, ui_style(UI_ROLE_KEY), "follow");
	if (r->cols >= 130 && md->run->cap->scenario[0])
		ui_text(g, r, 1, col, ui_style(UI_ROLE_DIM), md->run->cap->scenario);
}

static void header_draw(const void *view, const struct ui_model *md, struct ui_grid *g,
			const struct ui_rect *r)
{
	draw_first(view, md, g, r);
	if (r->rows > 1)
		draw_second(view, md, g, r);
}

const struct ui_view_ops ui_v_header = {
	.name = "header",
	.min_rows = 1,
	.min_cols = 1,
	.state_size = sizeof(struct v_header),
	.sync = header_sync,
	.draw = header_draw,
};
