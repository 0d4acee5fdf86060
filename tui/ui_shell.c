// SPDX-License-Identifier: GPL-2.0-only
/* Views together on the screen, and keys to actions to whom they are for. */
#include "ui_shell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int ui_shell_init(struct ui_shell *sh, struct ui_term *term)
{
	int rows, cols;

	sh->term = term;
	sh->grid.ascii = term->ascii;
	for (int i = 0; i < UI_VIEW_COUNT; i++) {
		sh->state[i] = calloc(1, ui_view_ops((enum ui_view_id)i)->state_size);
		if (!sh->state[i])
			return SG_E_NOMEM;
	}
	term->ops->size(term, &rows, &cols);
	return ui_grid_resize(&sh->grid, rows, cols);
}

void ui_shell_fini(struct ui_shell *sh)
{
	for (int i = 0; i < UI_VIEW_COUNT; i++) {
		const struct ui_view_ops *ops = ui_view_ops((enum ui_view_id)i);

		if (sh->state[i] && ops->fini)
			ops->fini(sh->state[i]);
		free(sh->state[i]);
		sh->state[i] = NULL;
	}
	ui_grid_fini(&sh->grid);
}

static void draw_place(struct ui_shell *sh, const struct ui_place *p)
{
	const struct ui_view_ops *ops = ui_view_ops(p->view);
	const struct ui_model *md = &sh->md;
	struct ui_model with;

	if (p->r.rows < ops->min_rows || p->r.cols < ops->min_cols) {
		ui_textf(&sh->grid, &p->r, 0, 0, ui_style(UI_ROLE_DIM), "%s: too small", ops->name);
		return;
	}
	if (p->side) {
		if (!ui_beside_place(sh, p, &with)) {
			ui_textf(&sh->grid, &p->r, 0, 0, ui_style(UI_ROLE_DIM), "%c: no such zone in this machine", p->side);
			return;
		}
		md = &with;
	}
	ops->sync(sh->state[p->view], md, &p->r);
	ops->draw(sh->state[p->view], md, &sh->grid, &p->r);
}

/*
 * The event's panel names the position by the nearest bookmark or marker.  Where that
 * panel has no room, the lower edge of the figures does.
 */
static void draw_where(struct ui_shell *sh)
{
	const struct ui_place *figures = NULL;
	char text[UI_WHERE_TEXT + 2];
	struct ui_rect edge;
	int width;

	for (unsigned int i = 0; i < sh->lay.nr; i++) {
		enum ui_view_id v = sh->lay.place[i].view;

		if (v == UI_VIEW_EVENT)
			return;
		if (v == UI_VIEW_FREE || v == UI_VIEW_ZONE || v == UI_VIEW_FOLIOS)
			figures = &sh->lay.place[i];
	}
	if (!figures || !sh->md.run->where[0])
		return;
	snprintf(text, sizeof(text), " %s ", sh->md.run->where);
	width = ui_width(text) < figures->r.cols - 4 ? ui_width(text) : figures->r.cols - 4;
	edge = (struct ui_rect){ figures->r.row + figures->r.rows - 1, figures->r.col + figures->r.cols - 2 - width, 1,
				 width };
	ui_text(&sh->grid, &edge, 0, 0, ui_style(UI_ROLE_TEXT), text);
	if (ui_width(text) > width)
		ui_char(&sh->grid, &edge, 0, width - 1, ui_style(UI_ROLE_TEXT), ui_glyph(&sh->grid, UI_GL_ELLIPSIS));
}

void ui_shell_draw(struct ui_shell *sh)
{
	struct ui_rect all;

	ui_grid_clear(&sh->grid);
	ui_layout_make(&sh->lay, &sh->md, sh->grid.rows, sh->grid.cols);
	if (sh->lay.too_small) {
		all = (struct ui_rect){ 0, 0, sh->grid.rows, sh->grid.cols };
		ui_text(&sh->grid, &all, 0, 0, ui_style(UI_ROLE_TEXT), "too small");
		ui_textf(&sh->grid, &all, 1, 0, ui_style(UI_ROLE_DIM), "%dx%d at least", UI_LAYOUT_MIN_COLS,
			 UI_LAYOUT_MIN_ROWS);
		return;
	}
	for (unsigned int i = 0; i < sh->lay.nr; i++)
		draw_place(sh, &sh->lay.place[i]);
	draw_where(sh);
	ui_status_draw(sh, &sh->lay.status);
}

/* The first of the views that are on the screen and can handle @a. */
static bool view_act(struct ui_shell *sh, enum ui_action a, uint64_t n, enum ui_view_id id)
{
	const struct ui_view_ops *ops = ui_view_ops(id);

	for (unsigned int i = 0; i < sh->lay.nr; i++)
		if (sh->lay.place[i].view == id && ops->act)
			return ops->act(sh->state[id], &sh->md, a, n);
	return false;
}

static void figures_act(struct ui_shell *sh, enum ui_action a)
{
	struct ui_model *md = &sh->md;

	if (a == UI_ACT_RIGHT || a == UI_ACT_DOWN || a == UI_ACT_FIGURES)
		md->figures = (enum ui_figures)((md->figures + 1) % UI_FIG_COUNT);
	else if (a == UI_ACT_LEFT || a == UI_ACT_UP)
		md->figures = (enum ui_figures)((md->figures + UI_FIG_COUNT - 1) % UI_FIG_COUNT);
}

static void overlay(struct ui_model *md, enum ui_overlay o)
{
	md->overlay = o;
	md->overlay_scroll = 0;
}

/* Actions that depend on the panel that has the focus. */
static void panel_act(struct ui_shell *sh, enum ui_action a, uint64_t n)
{
	struct ui_model *md = &sh->md;
	bool arrows = a == UI_ACT_UP || a == UI_ACT_DOWN || a == UI_ACT_LEFT || a == UI_ACT_RIGHT;

	if (arrows && md->focus == UI_FOCUS_FIGURES)
		figures_act(sh, a);
	else if (arrows && md->focus == UI_FOCUS_EVENT)
		view_act(sh, a, n, md->run->cap->still ? UI_VIEW_STILL : UI_VIEW_EVENT);
	else if (arrows && md->focus == UI_FOCUS_DECISION)
		view_act(sh, a, n, UI_VIEW_DECISION);
	else if (a == UI_ACT_ENTER && md->focus == UI_FOCUS_DECISION)
		overlay(md, UI_OVERLAY_DECISION);
	else if (!view_act(sh, a, n, md->block_open ? UI_VIEW_BLOCK : UI_VIEW_MAP))
		view_act(sh, a, n, UI_VIEW_STILL);
}

/* A position that is made here: all that can be wrong with it is that there is no such event. */
static void go(struct ui_model *md, const char *text)
{
	struct sg_err err = { 0 };

	if (ui_model_goto(md, text, &err) < 0)
		ui_model_say(md, UI_MSG_WARN, "%.150s", err.text);
}

/* Who asks for decisions wants to read them: their panel gets the keys. */
static void decision_act(struct ui_model *md, enum ui_find find, int dir, uint64_t n)
{
	md->focus = UI_FOCUS_DECISION;
	ui_model_find(md, find, dir, n, NULL);
}

static void time_act(struct ui_shell *sh, enum ui_action a, uint64_t n)
{
	struct ui_model *md = &sh->md;
	uint64_t now = sh->term->ops->now_us(sh->term);
	char text[40];

	if (a != UI_ACT_SLOWER && a != UI_ACT_FASTER && a != UI_ACT_PLAY && a != UI_ACT_REVERSE)
		md->playing = false;
	switch (a) {
	case UI_ACT_STEP_FWD:
		ui_model_step(md, 1, n);
		break;
	case UI_ACT_STEP_BACK:
		ui_model_step(md, -1, n);
		break;
	case UI_ACT_FRAME_FWD:
		ui_model_frame(md, 1, n);
		break;
	case UI_ACT_FRAME_BACK:
		ui_model_frame(md, -1, n);
		break;
	case UI_ACT_NEXT_DECISION:
		decision_act(md, UI_FIND_DECISION, 1, n);
		break;
	case UI_ACT_PREV_DECISION:
		decision_act(md, UI_FIND_DECISION, -1, n);
		break;
	case UI_ACT_NEXT_DIFFERENCE:
		decision_act(md, UI_FIND_DIFFERENCE, 1, n);
		break;
	case UI_ACT_PREV_DIFFERENCE:
		decision_act(md, UI_FIND_DIFFERENCE, -1, n);
		break;
	case UI_ACT_NEXT_CONTRA:
		ui_model_find(md, UI_FIND_CONTRADICTION, 1, n, NULL);
		break;
	case UI_ACT_PREV_CONTRA:
		ui_model_find(md, UI_FIND_CONTRADICTION, -1, n, NULL);
		break;
	case UI_ACT_KIND:
		ui_decide_next_kind(md);
		break;
	case UI_ACT_START:
		go(md, "start");
		break;
	case UI_ACT_END:
		snprintf(text, sizeof(text), "event:%llu", (unsigned long long)sh->count);
		go(md, sh->have_count ? text : "end");
		break;
	case UI_ACT_PERCENT:
		snprintf(text, sizeof(text), "%llu%%",
			 (unsigned long long)(sh->count < 100 ? sh->count : 100));
		if (sh->have_count)
			go(md, text);
		else
			ui_model_say(md, UI_MSG_INFO,
				     "type a number first: 50%% goes to half of the events");
		break;
	case UI_ACT_PLAY:
		ui_model_play(md, !md->playing, md->play_dir, now);
		break;
	case UI_ACT_REVERSE:
		ui_model_play(md, true, -md->play_dir, now);
		break;
	case UI_ACT_SLOWER:
	case UI_ACT_FASTER:
		ui_model_speed(md, (int)(n > 100 ? 100 : n) * (a == UI_ACT_FASTER ? 1 : -1), now);
		break;
	default:
		break;
	}
}

static void zone_act(struct ui_shell *sh, int by)
{
	struct ui_model *md = &sh->md;

	if (md->run->nr_zones < 2)
		ui_model_say(md, UI_MSG_INFO, "this machine has no other zone");
	else
		ui_model_zone(md, (md->zone + md->run->nr_zones + (by < 0 ? md->run->nr_zones - 1 : 1)) %
					  md->run->nr_zones);
}

/* Escape, one thing at a time: work, block, a count that was typed. */
static void stop_act(struct ui_shell *sh)
{
	struct ui_model *md = &sh->md;

	if (ui_model_stop(md) || sh->have_count)
		return;
	if (md->focus == UI_FOCUS_DECISION)
		md->focus = UI_FOCUS_MAP;
	else if (md->block_open)
		md->block_open = false;
	else
		ui_model_say(md, UI_MSG_INFO, "q leaves stormglass, ? shows all keys");
}

/* Another dump is another machine: the screen is left, and whoever gave it comes back with that one. */
static void still_go(struct ui_shell *sh, int by)
{
	struct ui_model *md = &sh->md;
	unsigned int no = md->run->cap->still_no + (unsigned int)by;

	if (!md->run->cap->still)
		ui_model_say(md, UI_MSG_INFO, "this is a trace: only posted text and directories of snapshots hold dumps");
	else if (no >= md->run->cap->nr_stills || !md->run->src->other_still)
		ui_model_say(md, UI_MSG_INFO, "dump %u of %u: there is no %s one", md->run->cap->still_no + 1, md->run->cap->nr_stills,
			     by < 0 ? "earlier" : "later");
	else {
		md->run->src->other_still(md->run->src->arg, no);
		md->quit = true;
	}
}

static void screen_act(struct ui_shell *sh, enum ui_action a)
{
	struct ui_model *md = &sh->md;
	static const char *const styles[] = { "fits best", "shades", "letters",
					      "letters and shades" };

	switch (a) {
	case UI_ACT_PANEL_NEXT:
		md->focus = (enum ui_focus)((md->focus + 1) % UI_FOCUS_COUNT);
		break;
	case UI_ACT_PANEL_PREV:
		md->focus = (enum ui_focus)((md->focus + UI_FOCUS_COUNT - 1) % UI_FOCUS_COUNT);
		break;
	case UI_ACT_FIGURES:
		figures_act(sh, a);
		break;
	case UI_ACT_ZONE_PREV:
		zone_act(sh, -1);
		break;
	case UI_ACT_ZONE_NEXT:
		zone_act(sh, 1);
		break;
	case UI_ACT_STILL_PREV:
		still_go(sh, -1);
		break;
	case UI_ACT_STILL_NEXT:
		still_go(sh, 1);
		break;
	case UI_ACT_FOLLOW_ONCE:
		if (!ui_model_cursor_to_change(md))
			ui_model_say(md, UI_MSG_INFO, "this event changed no page");
		break;
	case UI_ACT_FOLLOW:
		md->follow = !md->follow;
		ui_model_say(md, UI_MSG_INFO,
			     md->follow ? "the cursor follows what changes"
					: "the cursor stays where it is");
		break;
	case UI_ACT_STYLE:
		md->map_style = (enum ui_map_style)((md->map_style + 1) % UI_MAP_STYLE_COUNT);
		ui_model_say(md, UI_MSG_INFO, "map as %s", styles[md->map_style]);
		break;
	case UI_ACT_REDRAW:
		sh->term->ops->invalidate(sh->term);
		break;
	case UI_ACT_SUSPEND:
		sh->term->ops->suspend(sh->term);
		ui_shell_key(sh, UI_KEY_RESUMED);
		break;
	default:
		break;
	}
}

static void overlay_act(struct ui_shell *sh, enum ui_action a, uint64_t n)
{
	struct ui_model *md = &sh->md;
	enum ui_overlay over;

	switch (a) {
	case UI_ACT_STOP:
	case UI_ACT_QUIT:
	case UI_ACT_ENTER:
		overlay(md, UI_OVERLAY_NONE);
		break;
	case UI_ACT_HELP:
	case UI_ACT_INFO:
		over = a == UI_ACT_HELP ? UI_OVERLAY_HELP : UI_OVERLAY_INFO;
		overlay(md, md->overlay == over ? UI_OVERLAY_NONE : over);
		break;
	case UI_ACT_REDRAW:
	case UI_ACT_SUSPEND:
		screen_act(sh, a);
		break;
	case UI_ACT_STEP_FWD:
	case UI_ACT_STEP_BACK:
	case UI_ACT_NEXT_DECISION:
	case UI_ACT_PREV_DECISION:
	case UI_ACT_NEXT_DIFFERENCE:
	case UI_ACT_PREV_DIFFERENCE:
	case UI_ACT_KIND:
		if (md->overlay == UI_OVERLAY_DECISION) {
			md->overlay_scroll = 0;
			time_act(sh, a, n);
		}
		break;
	default:
		view_act(sh, a, n,
			 md->overlay == UI_OVERLAY_HELP	      ? UI_VIEW_HELP
			 : md->overlay == UI_OVERLAY_DECISION ? UI_VIEW_NUMBERS
							      : UI_VIEW_INFO);
	}
}

static void search_again(struct ui_shell *sh, int dir, uint64_t n)
{
	ui_model_find(&sh->md, UI_FIND_TEXT, dir, n, NULL);
}

static void do_action(struct ui_shell *sh, enum ui_action a, uint64_t n)
{
	struct ui_model *md = &sh->md;

	if (md->overlay != UI_OVERLAY_NONE) {
		overlay_act(sh, a, n);
		return;
	}
	if (ui_beside_act(sh, a, n))
		return;
	switch (a) {
	case UI_ACT_GOTO:
		ui_prompt_open(sh, UI_PROMPT_GOTO);
		break;
	case UI_ACT_FRAME_SET:
		ui_prompt_open(sh, UI_PROMPT_FRAME);
		break;
	case UI_ACT_SEARCH:
		ui_prompt_open(sh, UI_PROMPT_SEARCH);
		break;
	case UI_ACT_COMMAND:
		ui_prompt_open(sh, UI_PROMPT_COMMAND);
		break;
	case UI_ACT_FOUND_NEXT:
		search_again(sh, 1, n);
		break;
	case UI_ACT_FOUND_PREV:
		search_again(sh, -1, n);
		break;
	case UI_ACT_MARK_SET:
	case UI_ACT_MARK_GO:
		sh->wait_letter = a == UI_ACT_MARK_SET ? 'm' : '\'';
		break;
	case UI_ACT_STOP:
		stop_act(sh);
		break;
	case UI_ACT_INFO:
	case UI_ACT_HELP:
		overlay(md, a == UI_ACT_HELP ? UI_OVERLAY_HELP : UI_OVERLAY_INFO);
		break;
	case UI_ACT_MARK_LIST:
		ui_mark_list(sh);
		break;
	case UI_ACT_SAVE:
		ui_session_ask(sh);
		break;
	case UI_ACT_POLICY:
		ui_make_open_policy(sh);
		break;
	case UI_ACT_RUNS:
		ui_make_open_list(sh);
		break;
	case UI_ACT_RUN_BACK:
		ui_make_back(sh);
		break;
	case UI_ACT_FILM:
		ui_film_start(md, md->film.us, sh->term->ops->now_us(sh->term));
		break;
	case UI_ACT_QUIT:
		ui_session_quit(sh);
		break;
	case UI_ACT_UP:
	case UI_ACT_DOWN:
	case UI_ACT_LEFT:
	case UI_ACT_RIGHT:
	case UI_ACT_ENTER:
	case UI_ACT_ZOOM_IN:
	case UI_ACT_ZOOM_OUT:
	case UI_ACT_ZOOM_FIT:
		panel_act(sh, a, n);
		break;
	default:
		if (strcmp(ui_action_info(a)->group, "Time") == 0)
			time_act(sh, a, n);
		else
			screen_act(sh, a);
	}
}

/* Whoever clicks on a panel wants it to have the keys. */
static void focus_on(struct ui_model *md, enum ui_view_id view)
{
	switch (view) {
	case UI_VIEW_MAP:
	case UI_VIEW_BLOCK:
		md->focus = UI_FOCUS_MAP;
		break;
	case UI_VIEW_FREE:
	case UI_VIEW_ZONE:
	case UI_VIEW_FOLIOS:
		md->focus = UI_FOCUS_FIGURES;
		break;
	case UI_VIEW_EVENT:
	case UI_VIEW_STILL:
		md->focus = UI_FOCUS_EVENT;
		break;
	case UI_VIEW_DECISION:
		md->focus = UI_FOCUS_DECISION;
		break;
	default:
		break;
	}
}

/* A click is for the panel under it; the wheel scrolls what lies over the screen, else it steps. */
static void mouse_key(struct ui_shell *sh, int key)
{
	struct ui_model *md = &sh->md;
	enum ui_mouse what = ui_mouse_what(key);

	sh->wait_letter = 0;
	sh->have_count = false;
	sh->count = 0;
	if (what != UI_MOUSE_CLICK) {
		if (md->overlay == UI_OVERLAY_NONE)
			do_action(sh, what == UI_MOUSE_WHEEL_UP ? UI_ACT_STEP_BACK : UI_ACT_STEP_FWD, 1);
		else if (md->overlay == UI_OVERLAY_MARKS)
			ui_mark_key(sh, what == UI_MOUSE_WHEEL_UP ? UI_KEY_UP : UI_KEY_DOWN);
		else if (md->overlay == UI_OVERLAY_POLICY)
			ui_make_policy_key(sh, what == UI_MOUSE_WHEEL_UP ? UI_KEY_UP : UI_KEY_DOWN);
		else if (md->overlay == UI_OVERLAY_RUNS)
			ui_make_list_key(sh, what == UI_MOUSE_WHEEL_UP ? UI_KEY_UP : UI_KEY_DOWN);
		else
			do_action(sh, what == UI_MOUSE_WHEEL_UP ? UI_ACT_UP : UI_ACT_DOWN, 3);
		return;
	}
	for (unsigned int i = 0; i < sh->lay.nr; i++) {
		const struct ui_place *p = &sh->lay.place[i];
		int row = ui_mouse_row(key) - p->r.row, col = ui_mouse_col(key) - p->r.col;

		if (row < 0 || row >= p->r.rows || col < 0 || col >= p->r.cols)
			continue;
		if (md->beside.on && md->overlay == UI_OVERLAY_NONE) {
			ui_beside_click(sh, p, row, col);
			continue;
		}
		focus_on(md, p->view);
		if (ui_view_ops(p->view)->click)
			ui_view_ops(p->view)->click(sh->state[p->view], md, &p->r, row, col);
	}
}

static void size_key(struct ui_shell *sh, int key)
{
	int rows, cols;

	sh->term->ops->size(sh->term, &rows, &cols);
	ui_grid_resize(&sh->grid, rows, cols);
	if (key == UI_KEY_RESUMED)
		sh->term->ops->invalidate(sh->term);
}

void ui_shell_key(struct ui_shell *sh, int key)
{
	struct ui_model *md = &sh->md;
	enum ui_action a;

	if (key == UI_KEY_RESIZE || key == UI_KEY_RESUMED) {
		size_key(sh, key);
		return;
	}
	if (key == UI_KEY_HANGUP) { /* nobody is there any more: complete what is being written, but soon */
		md->quit = true;
		if (!sh->ses.until_us)
			sh->ses.until_us = sh->term->ops->now_us(sh->term) + UI_HURRY_US;
		return;
	}
	if (md->quit) { /* only what is being written is waited for */
		if (ui_keys_action(key) == UI_ACT_QUIT || ui_keys_action(key) == UI_ACT_STOP)
			sh->ses.now = true;
		return;
	}
	md->message_fresh = false;
	if (sh->prompt.kind != UI_PROMPT_NONE) {
		if (!ui_key_is_mouse(key))
			ui_prompt_key(sh, key);
		return;
	}
	if (ui_key_is_mouse(key)) {
		if (md->film.on)
			ui_film_leave(md);
		mouse_key(sh, key);
		return;
	}
	if (sh->wait_letter) {
		ui_mark_letter(sh, key);
		return;
	}
	if (md->film.on && ui_film_key(sh, key))
		return;
	if (md->overlay == UI_OVERLAY_MARKS) {
		ui_mark_key(sh, key);
		return;
	}
	if (md->overlay == UI_OVERLAY_POLICY || md->overlay == UI_OVERLAY_RUNS) {
		if (md->overlay == UI_OVERLAY_POLICY)
			ui_make_policy_key(sh, key);
		else
			ui_make_list_key(sh, key);
		return;
	}
	if ((key >= '1' && key <= '9') || (key == '0' && sh->have_count)) {
		sh->have_count = true;
		sh->count = sh->count * 10 + (uint64_t)(key - '0');
		if (sh->count > UI_MAX_COUNT)
			sh->count = UI_MAX_COUNT;
		return;
	}
	a = ui_keys_action(key);
	if (a != UI_ACT_QUIT)
		sh->ses.asked = false;
	if (a != UI_ACT_NONE)
		do_action(sh, a, sh->have_count ? sh->count : 1);
	else if (key != UI_KEY_OTHER)
		ui_model_say(md, UI_MSG_INFO, "this key does nothing: ? shows all keys");
	sh->have_count = false;
	sh->count = 0;
}
