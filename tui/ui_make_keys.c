// SPDX-License-Identifier: GPL-2.0-only
/* Keys and prompts of the panel of policies and of the list of runs; runs while they are made. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ui_runs.h"
#include "ui_scene.h"
#include "ui_shell.h"
#include "ui_spec.h"

#define POLL_US 50000u

static const struct ui_row *selected(const struct ui_make *mk)
{
	return (unsigned int)mk->sel < mk->nr && mk->row[mk->sel].kind != UI_ROW_HEAD ? &mk->row[mk->sel] : NULL;
}

static void open_overlay(struct ui_model *md, enum ui_overlay o)
{
	md->playing = false;
	md->overlay = o;
	md->overlay_scroll = 0;
}

/* Why there are no runs; NULL: there are. */
static const char *no_runs(const struct ui_model *md)
{
	const struct ui_maker *maker = ui_make_maker(md);

	return !maker ? "runs can't be made here" : maker->cannot;
}

void ui_make_open_policy(struct ui_shell *sh)
{
	struct ui_model *md = &sh->md;

	if (no_runs(md)) {
		ui_model_say(md, UI_MSG_WARN, "%s", no_runs(md));
		return;
	}
	if (!md->make.how.spec[0])
		ui_make_reset(md);
	md->make.filter[0] = '\0';
	if (strcmp(md->make.how.spec, "own") == 0)
		md->make.sel = 0; /* nothing is chosen yet: from the top */
	ui_make_filter(md);
	open_overlay(md, UI_OVERLAY_POLICY);
}

void ui_make_open_list(struct ui_shell *sh)
{
	struct ui_model *md = &sh->md;
	const struct ui_maker *maker = ui_make_maker(md);

	if (no_runs(md)) {
		ui_model_say(md, UI_MSG_WARN, "%s", no_runs(md));
		return;
	}
	if ((size_t)md->make.run_sel > maker->count(maker->arg))
		md->make.run_sel = 0;
	open_overlay(md, UI_OVERLAY_RUNS);
}

/* ---- making ------------------------------------------------------------------------- */

/* Keys of both panels that belong to the program; false for others. */
static bool program_key(struct ui_shell *sh, int key)
{
	switch (key == UI_KEY_ESC || key == UI_KEY_ENTER || (key >= ' ' && key != UI_KEY_F1) ? UI_ACT_NONE : ui_keys_action(key)) {
	case UI_ACT_REDRAW:
		sh->term->ops->invalidate(sh->term);
		return true;
	case UI_ACT_SUSPEND:
		sh->term->ops->suspend(sh->term);
		ui_shell_key(sh, UI_KEY_RESUMED);
		return true;
	case UI_ACT_HELP:
		open_overlay(&sh->md, UI_OVERLAY_HELP);
		return true;
	default:
		return false;
	}
}

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

static void start(struct ui_shell *sh, const struct ui_recipe *how)
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
	open_overlay(md, UI_OVERLAY_RUNS);
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

/* ---- p ----------------------------------------------------------------------------------- */

static void move(struct ui_make *mk, int by)
{
	int step = by < 0 ? -1 : 1, to = mk->sel;

	for (int n = by < 0 ? -by : by; n > 0; n--) {
		int next = to + step;

		while (next >= 0 && next < (int)mk->nr && mk->row[next].kind == UI_ROW_HEAD)
			next += step;
		if (next < 0 || next >= (int)mk->nr)
			break;
		to = next;
	}
	mk->sel = to;
}

/* The prompt for a row that wants a text. */
static void ask(struct ui_shell *sh, const struct ui_row *row)
{
	struct ui_make *mk = &sh->md.make;
	char text[UI_MADE_SPEC] = "";

	switch ((enum ui_row_kind)row->kind) {
	case UI_ROW_SETTING:
		ui_prompt_open(sh, UI_PROMPT_SETTING);
		snprintf(text, sizeof(text), "%lld", (long long)mk->policy.tune[row->a]);
		break;
	case UI_ROW_SEED:
		ui_prompt_open(sh, UI_PROMPT_SEED);
		snprintf(text, sizeof(text), "%" PRIu64, mk->how.seed);
		break;
	case UI_ROW_NAME:
		ui_prompt_open(sh, UI_PROMPT_RUN_NAME);
		snprintf(text, sizeof(text), "%s", mk->how.name);
		break;
	case UI_ROW_FILE:
		ui_prompt_open(sh, UI_PROMPT_POLICY_FILE);
		snprintf(text, sizeof(text), "./");
		break;
	case UI_ROW_TEXT:
		ui_prompt_open(sh, UI_PROMPT_POLICY);
		snprintf(text, sizeof(text), "%s", mk->how.spec);
		break;
	default:
		return;
	}
	ui_prompt_fill(sh, text);
}

static void choose(struct ui_shell *sh)
{
	const struct ui_row *row = selected(&sh->md.make);

	if (row && !ui_make_choose(&sh->md, row))
		ask(sh, row);
}

static void enter(struct ui_shell *sh)
{
	struct ui_model *md = &sh->md;
	struct ui_recipe how;

	if (ui_make_enter_asks(md)) {
		choose(sh);
		return;
	}
	ui_make_enter(md, &how);
	md->make.how = how;
	ui_make_read(md);
	if (md->make.fits)
		start(sh, &how);
	else
		ui_model_say(md, UI_MSG_WARN, "%s", md->make.error);
}

/* Without the row's word in the policy. */
static void drop(struct ui_model *md, const struct ui_row *row)
{
	struct ui_make *mk = &md->make;

	if (row->kind == UI_ROW_SETTING)
		ui_spec_set(mk->how.spec, mm_tunable_key((enum mm_tunable)row->a), NULL);
	else if (row->kind == UI_ROW_FACT)
		ui_spec_set(mk->how.spec, mm_fact_key((enum mm_fact)row->a), NULL);
	else if (ui_row_chosen(mk, row))
		ui_make_choose(md, row);
	ui_make_read(md);
}

static void type_filter(struct ui_model *md, int key)
{
	struct ui_make *mk = &md->make;
	size_t len = strlen(mk->filter);
	char utf8[4];
	int n;

	if (key == UI_KEY_BACKSPACE) {
		while (len > 0 && ((unsigned char)mk->filter[len - 1] & 0xc0) == 0x80)
			len--;
		mk->filter[len ? len - 1 : 0] = '\0';
	} else {
		n = ui_utf8_put(utf8, (uint32_t)key);
		if (len + (size_t)n >= sizeof(mk->filter))
			return;
		memcpy(mk->filter + len, utf8, (size_t)n);
		mk->filter[len + (size_t)n] = '\0';
	}
	ui_make_filter(md);
	ui_make_best(md);
}

void ui_make_policy_key(struct ui_shell *sh, int key)
{
	struct ui_model *md = &sh->md;
	struct ui_make *mk = &md->make;

	switch (key) {
	case UI_KEY_ESC:
	case UI_KEY_CTRL_C:
		if (!mk->filter[0])
			open_overlay(md, UI_OVERLAY_NONE);
		mk->filter[0] = '\0';
		ui_make_filter(md);
		return;
	case UI_KEY_ENTER:
	case '\n':
		enter(sh);
		return;
	case ' ':
		choose(sh);
		return;
	case UI_KEY_TAB:
	case UI_KEY_BACKTAB:
		ui_make_open_list(sh);
		return;
	case UI_KEY_UP:
		move(mk, -1);
		return;
	case UI_KEY_DOWN:
		move(mk, 1);
		return;
	case UI_KEY_PGUP:
		move(mk, -10);
		return;
	case UI_KEY_PGDN:
		move(mk, 10);
		return;
	case UI_KEY_HOME:
		move(mk, -(int)mk->nr);
		return;
	case UI_KEY_END:
		move(mk, (int)mk->nr);
		return;
	case UI_KEY_DELETE:
		if (selected(mk))
			drop(md, selected(mk));
		return;
	case 'U' - '@':
		mk->filter[0] = '\0';
		ui_make_filter(md);
		return;
	case 'R' - '@':
		ui_make_reset(md);
		return;
	default:
		break;
	}
	if (key == UI_KEY_BACKSPACE || (key > ' ' && key <= 0x10ffff))
		type_filter(md, key);
	else if (!program_key(sh, key) && key != UI_KEY_OTHER)
		ui_model_say(md, UI_MSG_INFO, "letters search; Space chooses, Enter makes the run, Esc closes");
}

/* ---- prompts ------------------------------------------------------------------------------- */

static void typed_setting(struct ui_model *md, const char *text)
{
	struct ui_make *mk = &md->make;
	const struct ui_row *row = selected(mk);
	struct ui_recipe before = mk->how;
	char why[sizeof(mk->error)];

	if (!row || row->kind != UI_ROW_SETTING)
		return;
	if (ui_spec_set(mk->how.spec, mm_tunable_key((enum mm_tunable)row->a), text[0] ? text : NULL)) {
		ui_make_read(md);
		if (mk->fits)
			return;
	}
	memcpy(why, mk->error, sizeof(why));
	mk->how = before;
	ui_make_read(md);
	ui_model_say(md, UI_MSG_WARN, "%s", why);
}

static void typed_policy(struct ui_model *md, const char *text, bool whole)
{
	struct ui_make *mk = &md->make;

	if (strlen(text) >= sizeof(mk->how.spec) || (!whole && !ui_spec_set_base(mk->how.spec, text))) {
		ui_model_say(md, UI_MSG_WARN, "this is too long for a policy");
		return;
	}
	if (whole)
		snprintf(mk->how.spec, sizeof(mk->how.spec), "%s", text[0] ? text : "own");
	ui_make_read(md);
}

static void typed_run_name(struct ui_model *md, const char *text)
{
	const struct ui_maker *maker = ui_make_maker(md);
	const struct ui_made *m = md->make.run_sel > 0 ? maker->get(maker->arg, (size_t)md->make.run_sel - 1) : NULL;
	struct sg_err err = { 0 };

	if (m && maker->rename(maker->arg, m->id, text, &err) < 0)
		ui_model_say(md, UI_MSG_WARN, "%s", err.text);
}

void ui_make_typed(struct ui_shell *sh, int kind, const char *text)
{
	struct ui_model *md = &sh->md;
	struct ui_make *mk = &md->make;
	uint64_t seed;

	switch ((enum ui_prompt_kind)kind) {
	case UI_PROMPT_SETTING:
		typed_setting(md, text);
		break;
	case UI_PROMPT_SEED:
		if (ui_parse_num(text, &seed))
			mk->how.seed = seed;
		else
			ui_model_say(md, UI_MSG_WARN, "a seed is a whole number, not '%.40s'", text);
		break;
	case UI_PROMPT_RUN_NAME:
		snprintf(mk->how.name, sizeof(mk->how.name), "%.*s", UI_MADE_NAME - 1, text);
		break;
	case UI_PROMPT_POLICY_FILE:
		typed_policy(md, text[0] ? text : "own", false);
		break;
	case UI_PROMPT_POLICY:
		typed_policy(md, text, true);
		break;
	case UI_PROMPT_RENAME_RUN:
		typed_run_name(md, text);
		break;
	default:
		break;
	}
	ui_make_filter(md);
}

/* ---- R ---------------------------------------------------------------------------------------- */

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
	if (!md->make.came || md->run->job.kind != UI_JOB_NONE ||
	    ui_run_at_time(md->run, md->make.came_ts) != mm_position(md->run->m))
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

		start(sh, &how);
		return;
	}
	open_overlay(md, UI_OVERLAY_NONE);
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
	open_overlay(md, UI_OVERLAY_NONE);
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
		open_overlay(md, UI_OVERLAY_NONE);
		break;
	case UI_ACT_SAVE:
		ui_session_ask(sh);
		break;
	default:
		if (!program_key(sh, key) && key != UI_KEY_OTHER)
			ui_model_say(md, UI_MSG_INFO, "Enter opens a run, c puts it beside, s stops, n names, d deletes, e makes one like it, Tab another, Esc closes");
		break;
	}
}
