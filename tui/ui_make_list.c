// SPDX-License-Identifier: GPL-2.0-only
/* The list of runs: keys, runs while they are made, and which of them are open. */
#include <stdio.h>
#include <string.h>

#include "ui_make_priv.h"
#include "ui_runs.h"
#include "ui_scene.h"
#include "ui_shell.h"

#define POLL_US 50000u

/* ---- making ------------------------------------------------------------------------- */

static void watch(struct ui_make *mk, uint32_t id)
{
	for (unsigned int i = 0; i < mk->nr_watch; i++)
		if (mk->watch[i] == id)
			return;
	if (mk->nr_watch < UI_MAKE_WATCH)
		mk->watch[mk->nr_watch++] = id;
	mk->polled_us = 0;
}

/* The @id's place in the list, from 1. */
static int place_of(const struct ui_maker *maker, uint32_t id)
{
	const struct ui_made *m;

	for (size_t i = 0; (m = maker->get(maker->arg, i)) != NULL; i++)
		if (m->id == id)
			return (int)i + 1;
	return 0;
}

void ui_make_start(struct ui_shell *sh, const struct ui_recipe *how)
{
	struct ui_model *md = &sh->md;
	const struct ui_maker *maker = ui_make_maker(md);
	struct sg_err err = { 0 };
	uint32_t id;
	int r = maker->start(maker->arg, how, &id, &err);

	if (r < 0) {
		ui_model_say(md, UI_MSG_WARN, "%s", err.text);
		return;
	}
	md->make.run_sel = place_of(maker, id);
	watch(&md->make, id);
	ui_make_poll(sh, sh->term->ops->now_us(sh->term) + POLL_US);
	ui_make_overlay(md, UI_OVERLAY_RUNS);
	md->make.how.name[0] = '\0'; /* of one run only, as the policy is; e takes it up again */
	snprintf(md->make.how.spec, sizeof(md->make.how.spec), "own");
	ui_make_read(md);
	if (r > 0)
		ui_model_say(md, UI_MSG_INFO, "this run is there already: Enter opens it");
	else
		ui_model_say(md, UI_MSG_INFO, "the run is made in the background: Esc goes back to the capture meanwhile, R comes here");
}

bool ui_make_busy(const struct ui_model *md)
{
	return md->make.nr_watch > 0;
}

/* One that was asked for here has ended. */
static void say_end(struct ui_model *md, const struct ui_made *m)
{
	const char *name = m->how.name[0] ? m->how.name : m->how.spec;

	if (m->state == UI_MADE_WHOLE && m->why[0])
		ui_model_say(md, UI_MSG_WARN, "run %.80s is there: %.250s", name, m->why);
	else if (m->state == UI_MADE_WHOLE)
		ui_model_say(md, UI_MSG_INFO, "run %.80s is there: %s", name,
			     md->overlay == UI_OVERLAY_RUNS ? "Enter opens it" : "R and Enter open it");
	else if (m->state == UI_MADE_CUT || m->state == UI_MADE_DIED)
		ui_model_say(md, UI_MSG_WARN, "run %.80s %s: %.200s; it can be opened up to there", name,
			     m->state == UI_MADE_CUT ? "ended early" : "died", m->why);
	else if (m->state == UI_MADE_FAILED)
		ui_model_say(md, UI_MSG_WARN, "no run: %.300s", m->why);
}

bool ui_make_poll(struct ui_shell *sh, uint64_t now)
{
	struct ui_model *md = &sh->md;
	struct ui_make *mk = &md->make;
	const struct ui_maker *maker = ui_make_maker(md);
	const struct ui_made *m;
	unsigned int nr = 0;
	bool news;

	if (!ui_make_busy(md) || (mk->polled_us && now - mk->polled_us < POLL_US))
		return false;
	mk->polled_us = now ? now : 1;
	news = maker->poll(maker->arg);
	mk->going = mk->waiting = mk->milli = 0;
	for (size_t i = 0; (m = maker->get(maker->arg, i)) != NULL; i++) {
		if (m->state == UI_MADE_WAITING)
			mk->waiting++;
		else if (ui_made_comes(m->state) && mk->going++ == 0)
			mk->milli = m->milli;
	}
	for (unsigned int i = 0; i < mk->nr_watch; i++) {
		int at = place_of(maker, mk->watch[i]);

		m = at ? maker->get(maker->arg, (size_t)at - 1) : NULL;
		if (m && ui_made_comes(m->state)) {
			mk->watch[nr++] = mk->watch[i];
			continue;
		}
		if (m)
			say_end(md, m);
		news = true;
	}
	mk->nr_watch = nr;
	return news;
}

/* ---- R ---------------------------------------------------------------------------------------- */

void ui_make_open_list(struct ui_shell *sh)
{
	struct ui_model *md = &sh->md;
	const struct ui_maker *maker = ui_make_maker(md);

	if (ui_make_no_runs(md)) {
		ui_model_say(md, UI_MSG_WARN, "%s", ui_make_no_runs(md));
		return;
	}
	if ((size_t)md->make.run_sel > maker->count(maker->arg))
		md->make.run_sel = 0;
	ui_make_overlay(md, UI_OVERLAY_RUNS);
}

void ui_make_named(struct ui_model *md, const char *text)
{
	const struct ui_maker *maker = ui_make_maker(md);
	const struct ui_made *m = md->make.run_sel > 0 ? maker->get(maker->arg, (size_t)md->make.run_sel - 1) : NULL;
	struct sg_err err = { 0 };

	if (m && maker->rename(maker->arg, m->id, text, &err) < 0)
		ui_model_say(md, UI_MSG_WARN, "%s", err.text);
}

/* Where the other run is opened, what is shown keeps zone, cursor and panels. */
static void show_other(struct ui_model *md)
{
	struct ui_scene sc;

	ui_scene_take(md, &sc);
	ui_runs_swap(md);
	ui_model_sync(md);
	ui_scene_show(md, &sc);
	md->trail_on = false;
}

bool ui_make_show(struct ui_shell *sh, uint32_t id, bool beside)
{
	struct ui_model *md = &sh->md;
	const struct ui_maker *maker = ui_make_maker(md);
	const struct ui_source *src;
	struct sg_err err = { 0 };
	struct ui_run *run;

	if (sh->ses.save) {
		ui_model_say(md, UI_MSG_INFO, "a session is being saved: in a moment");
		return false;
	}
	if (md->film.on)
		ui_film_leave(md);
	if (maker->open(maker->arg, id, &src, &err) < 0) {
		ui_model_say(md, UI_MSG_WARN, "%s", err.text);
		return false;
	}
	if (ui_run_new(src, &run, &err) < 0) {
		if (src->release)
			src->release(src);
		ui_model_say(md, UI_MSG_WARN, "%s", err.text);
		return false;
	}
	md->playing = false;
	if (!ui_runs_at_home(md)) {
		ui_runs_same_time(md);
		ui_runs_go_home(md);
	}
	ui_runs_beside(md, run);
	ui_runs_same_time(md);
	md->make.shown = id;
	md->make.came = true;
	md->make.came_ts = ui_runs_time(md);
	if (!beside)
		show_other(md);
	return true;
}

/* Is the shown run where the change to it led, or on its way there? */
static bool where_led(const struct ui_model *md)
{
	const struct ui_run *run = md->run;

	if (!md->make.came)
		return false;
	switch (run->job.kind) {
	case UI_JOB_WAIT:
		return !run->job.share && run->job.ts == md->make.came_ts;
	case UI_JOB_SEEK:
		return ui_run_at_time(run, md->make.came_ts) == run->target;
	case UI_JOB_NONE:
		return ui_run_at_time(run, md->make.came_ts) == mm_position(run->m);
	default:
		return false;
	}
}

void ui_make_back(struct ui_shell *sh)
{
	struct ui_model *md = &sh->md;

	if (!md->other) {
		ui_model_say(md, UI_MSG_INFO, "no other run is open: p makes one, R lists those that are there");
		return;
	}
	if (sh->ses.save) {
		ui_model_say(md, UI_MSG_INFO, "a session is being saved: in a moment");
		return;
	}
	if (md->film.on)
		ui_film_leave(md);
	md->playing = false;
	/* who comes back from where it led finds it as it was left: times of two runs are rarely equal */
	if (!where_led(md))
		ui_runs_same_time(md);
	md->make.came = true;
	md->make.came_ts = ui_runs_time(md);
	show_other(md);
}

/* The list's rows are what the screens were opened with, and the runs. */
static void open_selected(struct ui_shell *sh)
{
	struct ui_model *md = &sh->md;
	const struct ui_maker *maker = ui_make_maker(md);
	const struct ui_made *m = md->make.run_sel > 0 ? maker->get(maker->arg, (size_t)md->make.run_sel - 1) : NULL;

	if (!m) {
		if (!ui_runs_at_home(md))
			ui_make_back(sh);
	} else if (m->id == md->make.shown && md->other) {
		if (ui_runs_at_home(md))
			ui_make_back(sh);
	} else if (ui_made_opens(m->state)) {
		if (!ui_make_show(sh, m->id, false))
			return;
	} else if (ui_made_comes(m->state)) {
		ui_model_say(md, UI_MSG_INFO, "it is being made: wait, or s stops it");
		return;
	} else {
		struct ui_recipe how = m->how;

		ui_make_start(sh, &how);
		return;
	}
	ui_make_overlay(md, UI_OVERLAY_NONE);
}

static void list_move(struct ui_model *md, int64_t by)
{
	const struct ui_maker *maker = ui_make_maker(md);
	int64_t to = md->make.run_sel + by, last = (int64_t)maker->count(maker->arg);

	md->make.run_sel = (int)(to > last ? last : to < 0 ? 0 : to);
}

void ui_make_delete(struct ui_shell *sh)
{
	struct ui_model *md = &sh->md;
	const struct ui_maker *maker = ui_make_maker(md);
	const struct ui_made *m = md->make.run_sel > 0 ? maker->get(maker->arg, (size_t)md->make.run_sel - 1) : NULL;
	struct sg_err err = { 0 };

	if (!m)
		return;
	if (m->id == md->make.shown && md->other) {
		ui_runs_go_home(md);
		ui_runs_beside(md, NULL);
		md->make.shown = 0;
	}
	if (maker->remove(maker->arg, m->id, &err) < 0)
		ui_model_say(md, UI_MSG_WARN, "%s", err.text);
	md->make.polled_us = 0;
	list_move(md, 0);
}

/* What is done with the run that is selected. */
static void on_selected(struct ui_shell *sh, int key)
{
	struct ui_model *md = &sh->md;
	const struct ui_maker *maker = ui_make_maker(md);
	const struct ui_made *m = md->make.run_sel > 0 ? maker->get(maker->arg, (size_t)md->make.run_sel - 1) : NULL;

	if (!m) {
		ui_model_say(md, UI_MSG_INFO, "this is what was opened, and no run that was made");
		return;
	}
	if (key == 's' && !ui_made_comes(m->state)) {
		ui_model_say(md, UI_MSG_INFO, "it isn't being made");
	} else if (key == 's') {
		maker->stop(maker->arg, m->id);
		md->make.polled_us = 0;
		ui_model_say(md, UI_MSG_INFO, "it is told to end; what it has by then is kept");
	} else if (key == 'n') {
		ui_prompt_open(sh, UI_PROMPT_RENAME_RUN);
		ui_prompt_fill(sh, m->how.name);
	} else {
		ui_prompt_open(sh, UI_PROMPT_DELETE_RUN);
		ui_prompt_fill(sh, m->how.name[0] ? m->how.name : m->how.spec);
	}
}

/* The run beside what was opened, in step. */
static void compare_selected(struct ui_shell *sh)
{
	struct ui_model *md = &sh->md;
	const struct ui_maker *maker = ui_make_maker(md);
	const struct ui_made *m = md->make.run_sel > 0 ? maker->get(maker->arg, (size_t)md->make.run_sel - 1) : NULL;

	if (!m || !ui_made_opens(m->state)) {
		ui_model_say(md, UI_MSG_INFO, "choose a run that is there: c puts it beside what was opened");
		return;
	}
	if ((m->id != md->make.shown || !md->other) && !ui_make_show(sh, m->id, true))
		return;
	ui_runs_go_home(md);
	ui_make_overlay(md, UI_OVERLAY_NONE);
	if (!md->beside.on)
		ui_beside_toggle(md);
}

/* Another run like it: its policy, to be changed. */
static void change_selected(struct ui_shell *sh)
{
	struct ui_model *md = &sh->md;
	const struct ui_maker *maker = ui_make_maker(md);
	const struct ui_made *m = md->make.run_sel > 0 ? maker->get(maker->arg, (size_t)md->make.run_sel - 1) : NULL;

	if (m) {
		md->make.how = m->how;
		md->make.how.name[0] = '\0';
		ui_make_read(md);
	}
	ui_make_open_policy(sh);
}

void ui_make_list_key(struct ui_shell *sh, int key)
{
	struct ui_model *md = &sh->md;

	if (key == 's' || key == 'n' || key == 'd' || key == UI_KEY_DELETE) {
		on_selected(sh, key);
		return;
	}
	if (key == 'c') {
		compare_selected(sh);
		return;
	}
	if (key == 'e') {
		change_selected(sh);
		return;
	}
	if (key == UI_KEY_TAB || key == UI_KEY_BACKTAB) {
		ui_make_open_policy(sh);
		return;
	}
	switch (ui_keys_action(key)) {
	case UI_ACT_UP:
		list_move(md, -1);
		break;
	case UI_ACT_DOWN:
		list_move(md, 1);
		break;
	case UI_ACT_FRAME_BACK:
		list_move(md, -10);
		break;
	case UI_ACT_FRAME_FWD:
		list_move(md, 10);
		break;
	case UI_ACT_START:
		list_move(md, INT32_MIN);
		break;
	case UI_ACT_END:
		list_move(md, INT32_MAX);
		break;
	case UI_ACT_ENTER:
		open_selected(sh);
		break;
	case UI_ACT_POLICY:
		ui_make_open_policy(sh);
		break;
	case UI_ACT_RUN_BACK:
		ui_make_back(sh);
		break;
	case UI_ACT_STOP:
	case UI_ACT_QUIT:
	case UI_ACT_RUNS:
		ui_make_overlay(md, UI_OVERLAY_NONE);
		break;
	case UI_ACT_SAVE:
		ui_session_ask(sh);
		break;
	default:
		if (!ui_make_program_key(sh, key) && key != UI_KEY_OTHER)
			ui_model_say(md, UI_MSG_INFO, "Enter opens a run, c puts it beside, s stops, n names, d deletes, e makes one like it, Tab another, Esc closes");
		break;
	}
}
