// SPDX-License-Identifier: GPL-2.0-only
/* A dump or snapshot without events: which request got no page, and why, zone by zone; what the figures rest on. */
#include "rules/refusal.h"
#include "ui_lines.h"
#include "ui_view.h"

struct v_still {
	char title[160];
	struct ui_lines l;
};

static enum ui_role role_of(enum mm_refusal_why why)
{
	switch (why) {
	case MM_REFUSAL_WATERMARK:
	case MM_REFUSAL_LISTS:
	case MM_REFUSAL_FRAGMENTED:
		return UI_ROLE_WARN;
	case MM_REFUSAL_PASSES:
		return UI_ROLE_GOOD;
	default:
		return UI_ROLE_DIM;
	}
}

static void still_sync(void *view, const struct ui_model *md, const struct ui_rect *r)
{
	struct v_still *v = view;
	const struct sg_capture *cap = md->run->cap;
	const struct sg_snapshot *s = md->run->cfg.nr_seeds ? md->run->cfg.seed[0].snap : NULL;
	struct mm_refusal_may may;
	struct mm_refusal f;
	char say[1200];

	v->l.nr = 0;
	v->title[0] = '\0';
	if (!s || !s->still)
		return;
	mm_still_say(cap, s, cap->still_no, v->title, sizeof(v->title));
	if (s->still->have_request) {
		mm_refusal_say_request(cap, s, say, sizeof(say));
		ui_lines_add(&v->l, UI_ROLE_TEXT, 0, "%s", say);
	}
	mm_refusal_say_all(cap, s, say, sizeof(say));
	ui_lines_add(&v->l, UI_ROLE_STRONG, 0, "%s", say);
	if (s->still->have_request)
		mm_refusal_may(cap, &s->still->request, &may);
	for (unsigned int i = 0; s->still->have_request && i < s->nr_zones; i++) {
		mm_refusal_zone(cap, s, i, &may, &f);
		mm_refusal_say_zone(cap, s, i, say, sizeof(say));
		ui_lines_add(&v->l, role_of(f.why), 2, "%s", say);
	}
	for (unsigned int i = 0; i < sg_limits_count(&cap->limits); i++) {
		const struct sg_limit *l = sg_limits_at(&cap->limits, i);

		ui_lines_add(&v->l, UI_ROLE_DIM, 2, "%s: %s%s%s", sg_limit_word(l->id), l->text, l->remedy[0] ? "; " : "",
			     l->remedy);
	}
	if (cap->nr_stills > 1)
		ui_lines_add(&v->l, UI_ROLE_DIM, 2, "{ and } go to the other dumps.");
	ui_lines_fit(&v->l, r->rows - 2, r->cols - 2);
}

static void still_draw(const void *view, const struct ui_model *md, struct ui_grid *g, const struct ui_rect *r)
{
	const struct v_still *v = view;
	struct ui_rect in = ui_box(g, r, v->title, md->focus == UI_FOCUS_EVENT || md->focus == UI_FOCUS_MAP);

	ui_lines_draw(&v->l, g, &in, md->event_scroll);
}

static bool still_act(void *view, struct ui_model *md, enum ui_action a, uint64_t n)
{
	const struct v_still *v = view;

	return ui_lines_act(&v->l, &md->event_scroll, a, n);
}

const struct ui_view_ops ui_v_still = {
	.name = "dump",
	.min_rows = 3,
	.min_cols = 20,
	.state_size = sizeof(struct v_still),
	.sync = still_sync,
	.draw = still_draw,
	.act = still_act,
};
