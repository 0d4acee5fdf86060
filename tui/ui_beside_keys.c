// SPDX-License-Identifier: GPL-2.0-only
/* Keys and clicks while two runs stand side by side, and how their views are drawn. */
#include <string.h>

#include "ui_runs.h"
#include "ui_shell.h"

/* The model as the panel at @p wants it: its run, and the focus if the keys go there; false when there is nothing to draw. */
bool ui_beside_place(const struct ui_shell *sh, const struct ui_place *p, struct ui_model *ret)
{
	const struct ui_model *md = &sh->md;
	enum ui_beside_page page = md->beside.page;
	unsigned int side = p->side == 'B';
	bool there = ui_beside_model(md, side, ret);

	ret->focus = UI_FOCUS_COUNT;
	if ((p->view == UI_VIEW_MAP && page == UI_BESIDE_MAP) || (p->view == UI_VIEW_MAP_B && page == UI_BESIDE_MAP_B))
		ret->focus = UI_FOCUS_MAP;
	else if ((p->view == UI_VIEW_DECISION || p->view == UI_VIEW_DECISION_B) && page == UI_BESIDE_DECISIONS)
		ret->focus = UI_FOCUS_DECISION;
	return there || (p->view != UI_VIEW_MAP && p->view != UI_VIEW_MAP_B);
}

/* What moving on a map changes is the screen's, whichever run's map it is. */
static void take_cursor(struct ui_model *md, const struct ui_model *from)
{
	uint64_t pfn = from->cursor_pfn;

	md->cursor_pfn = pfn >= md->run->zi.start_pfn && pfn < md->run->zi.end_pfn ? pfn : md->cursor_pfn;
	md->cursor_set = from->cursor_set;
	md->follow = from->follow;
	md->zoom = from->zoom;
	md->zoom_fit = from->zoom_fit;
	if (from->message_fresh) {
		memcpy(md->message, from->message, sizeof(md->message));
		md->message_kind = from->message_kind;
		md->message_fresh = true;
	}
}

static const struct ui_place *place_of(const struct ui_shell *sh, enum ui_view_id view)
{
	for (unsigned int i = 0; i < sh->lay.nr; i++)
		if (sh->lay.place[i].view == view)
			return &sh->lay.place[i];
	return NULL;
}

static void panel_act(struct ui_shell *sh, enum ui_action a, uint64_t n)
{
	static const enum ui_view_id views[UI_BESIDE_PAGES] = {
		[UI_BESIDE_MAP] = UI_VIEW_MAP, [UI_BESIDE_MAP_B] = UI_VIEW_MAP_B, [UI_BESIDE_DIFF] = UI_VIEW_BESIDE_DIFF,
		[UI_BESIDE_FIGURES] = UI_VIEW_BESIDE_FIGURES, [UI_BESIDE_DECISIONS] = UI_VIEW_DECISION,
	};
	struct ui_model *md = &sh->md, with;
	enum ui_view_id view = views[md->beside.page];
	const struct ui_place *p = place_of(sh, view);

	if (!p || !ui_view_ops(view)->act)
		return;
	if (a == UI_ACT_ENTER) {
		ui_model_say(md, UI_MSG_INFO, md->beside.page == UI_BESIDE_DECISIONS ? "c shows one run again, there Enter has the decision's numbers" :
			     "c shows one run again, there Enter looks into the pageblock");
		return;
	}
	if (view != UI_VIEW_MAP && view != UI_VIEW_MAP_B) {
		ui_view_ops(view)->act(sh->state[view], md, a, n);
		return;
	}
	with = *md;
	if (ui_beside_place(sh, p, &with)) {
		ui_view_ops(view)->act(sh->state[view], &with, a, n);
		take_cursor(md, &with);
	}
}

static void turn(struct ui_model *md, int by)
{
	md->beside.page = (enum ui_beside_page)(((int)md->beside.page + UI_BESIDE_PAGES + by) % UI_BESIDE_PAGES);
}

bool ui_beside_act(struct ui_shell *sh, enum ui_action a, uint64_t n)
{
	struct ui_model *md = &sh->md;

	switch (a) {
	case UI_ACT_BESIDE:
		if (!md->beside.on && !md->other && md->home->src->maker && !md->home->src->maker->cannot) {
			ui_make_open_list(sh);
			ui_model_say(md, UI_MSG_INFO, "which one? c puts it beside this one; p makes one");
		} else {
			ui_beside_toggle(md);
		}
		return true;
	case UI_ACT_PART_NEXT:
	case UI_ACT_PART_PREV:
		ui_beside_go(md, a == UI_ACT_PART_NEXT ? UI_PART_NEXT : UI_PART_PREV, n);
		return true;
	case UI_ACT_PART_FIRST:
		ui_beside_go(md, UI_PART_FIRST, 1);
		return true;
	case UI_ACT_PART_MOST:
		ui_beside_go(md, UI_PART_MOST, 1);
		return true;
	case UI_ACT_STEP_BY:
	case UI_ACT_LEAD:
		if (!md->beside.on)
			ui_model_say(md, UI_MSG_INFO, "c puts two runs side by side; this key is for them");
		else if (a == UI_ACT_LEAD)
			ui_beside_lead(md);
		else
			ui_beside_step_by(md);
		return true;
	default:
		break;
	}
	if (!md->beside.on)
		return false;
	switch (a) {
	case UI_ACT_PANEL_NEXT:
	case UI_ACT_PANEL_PREV:
		turn(md, a == UI_ACT_PANEL_NEXT ? 1 : -1);
		return true;
	case UI_ACT_FIGURES:
		md->beside.page = md->beside.page == UI_BESIDE_FIGURES ? UI_BESIDE_MAP : UI_BESIDE_FIGURES;
		return true;
	case UI_ACT_NEXT_DECISION:
	case UI_ACT_PREV_DECISION:
	case UI_ACT_NEXT_DIFFERENCE:
	case UI_ACT_PREV_DIFFERENCE:
		md->beside.page = UI_BESIDE_DECISIONS;
		return false;
	case UI_ACT_STOP:
		if (!ui_model_stop(md) && !sh->have_count)
			ui_beside_toggle(md);
		return true;
	case UI_ACT_UP:
	case UI_ACT_DOWN:
	case UI_ACT_LEFT:
	case UI_ACT_RIGHT:
	case UI_ACT_ENTER:
	case UI_ACT_ZOOM_IN:
	case UI_ACT_ZOOM_OUT:
	case UI_ACT_ZOOM_FIT:
		panel_act(sh, a, n);
		return true;
	default:
		return false;
	}
}

void ui_beside_click(struct ui_shell *sh, const struct ui_place *p, int row, int col)
{
	struct ui_model *md = &sh->md, with;
	const struct ui_view_ops *ops = ui_view_ops(p->view);

	switch (p->view) {
	case UI_VIEW_MAP:
	case UI_VIEW_MAP_B:
		md->beside.page = p->view == UI_VIEW_MAP ? UI_BESIDE_MAP : UI_BESIDE_MAP_B;
		with = *md;
		if (!ui_beside_place(sh, p, &with))
			return;
		ops->click(sh->state[p->view], &with, &p->r, row, col);
		take_cursor(md, &with);
		return;
	case UI_VIEW_BESIDE_DIFF:
		md->beside.page = UI_BESIDE_DIFF;
		break;
	case UI_VIEW_BESIDE_FIGURES:
		md->beside.page = UI_BESIDE_FIGURES;
		break;
	case UI_VIEW_DECISION:
	case UI_VIEW_DECISION_B:
		md->beside.page = UI_BESIDE_DECISIONS;
		break;
	default:
		break;
	}
	if (ops->click)
		ops->click(sh->state[p->view], md, &p->r, row, col);
}
