// SPDX-License-Identifier: GPL-2.0-only
/* The events around the position, one a line. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ui_view.h"

#define LINES_MAX 64

struct v_list {
	unsigned int nr;
	struct {
		uint64_t number;
		bool decision, differs;
		char text[240];
	} line[LINES_MAX];
};

static void one_line(struct v_list *v, const struct ui_model *md, uint64_t number,
		     const struct sg_event *ev)
{
	const struct sg_kind_info *ki = sg_kind_info(ev->kind);
	char text[sizeof(v->line[0].text)], value[120];
	size_t at;
	int n;

	n = snprintf(text, sizeof(text), "%s-%" PRId32 " %s", sg_capture_comm(md->run->cap, ev->pid),
		     ev->pid, ki->name);
	at = n > 0 ? (size_t)n : 0;
	for (unsigned int i = 0; i < ki->nr_fields && at + 1 < sizeof(text); i++) {
		if (mm_event_field(md->run->cap, ev, i, value, sizeof(value)) == 0)
			continue;
		n = snprintf(text + at, sizeof(text) - at, " %s=%s", ki->field[i].name, value);
		at += n > 0 ? (size_t)n : 0;
	}
	v->line[v->nr].number = number;
	v->line[v->nr].decision = mm_is_decision(ev);
	v->line[v->nr].differs = false;
	sg_clean(v->line[v->nr].text, sizeof(v->line[0].text), text, strlen(text));
	v->nr++;
}

/* Which of the lines carry decisions that the rules were held against. */
static void mark_decisions(struct v_list *v, const struct mm_decide *d)
{
	struct mm_decide_ref ref;
	uint64_t at = v->nr ? mm_decide_lower(d, v->line[0].number) : 0;

	for (unsigned int i = 0; i < v->nr; i++)
		for (; mm_decide_get(d, at, &ref) && ref.event <= v->line[i].number; at++) {
			v->line[i].decision = true;
			v->line[i].differs |= ref.verdict == MM_DIFFERS;
		}
}

static void list_sync(void *view, const struct ui_model *md, const struct ui_rect *r)
{
	struct v_list *v = view;
	uint64_t rows = r->rows > 2 ? (uint64_t)r->rows - 2 : 0, first;
	struct sg_cursor cur = { 0 };
	struct sg_event ev;

	if (rows > LINES_MAX)
		rows = LINES_MAX;
	first = md->run->pos > rows / 2 ? md->run->pos - rows / 2 : 1;
	if (first + rows > md->run->total + 1)
		first = md->run->total + 1 > rows ? md->run->total + 1 - rows : 1;
	v->nr = 0;
	for (uint64_t n = first; n < first + rows && sg_log_get(md->run->src->log, &cur, n, &ev); n++)
		one_line(v, md, n, &ev);
	if (md->run->dec.d)
		mark_decisions(v, md->run->dec.d);
}

static void list_draw(const void *view, const struct ui_model *md, struct ui_grid *g,
		      const struct ui_rect *r)
{
	const struct v_list *v = view;
	struct ui_rect in = ui_box(g, r, "events around it", false);
	char num[UI_FMT_MAX];

	for (unsigned int i = 0; i < v->nr; i++) {
		bool here = v->line[i].number == md->run->pos;
		struct ui_style st = ui_style(here                          ? UI_ROLE_STRONG
					      : v->line[i].number > md->run->pos ? UI_ROLE_DIM
									    : UI_ROLE_TEXT);

		if (here)
			ui_char(g, &in, (int)i, 0, ui_style(UI_ROLE_KEY), ui_glyph(g, UI_GL_PLAY));
		if (v->line[i].decision)
			ui_char(g, &in, (int)i, 1, ui_style(v->line[i].differs ? UI_ROLE_ERROR : UI_ROLE_KEY),
				ui_glyph(g, UI_GL_DECISION));
		ui_textf(g, &in, (int)i, 2, st, "%10s %s", ui_fmt_num(num, v->line[i].number),
			 v->line[i].text);
	}
}

const struct ui_view_ops ui_v_list = {
	.name = "events",
	.min_rows = 3,
	.min_cols = 20,
	.state_size = sizeof(struct v_list),
	.sync = list_sync,
	.draw = list_draw,
};
