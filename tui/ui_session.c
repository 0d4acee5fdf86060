// SPDX-License-Identifier: GPL-2.0-only
/* Noting the path, saving, recording, opening and leaving a session. */
#include "ui_session.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ui_runs.h"
#include "ui_shell.h"

#define CHUNK      1024     /* events between two looks at the clock */
#define SLICE_US   5000
#define RECORD_US  1000000  /* between two times that the small parts of a recording are written */

static uint64_t now_us(struct ui_shell *sh)
{
	return sh->term->ops->now_us(sh->term);
}

/* ---- the path -------------------------------------------------------------- */

static void say_path(struct ui_model *md, enum ui_path_result r)
{
	if (r == UI_PATH_THINNED)
		ui_model_say(md, UI_MSG_INFO,
			     "the path is long: every second movement of its older half is no longer kept");
	else if (r == UI_PATH_FULL)
		ui_model_say(md, UI_MSG_WARN, "the path is full: what comes now isn't added to it");
	else if (r == UI_PATH_NOMEM)
		ui_model_say(md, UI_MSG_WARN, "out of memory for the path: a step is missing from it");
}

void ui_session_note(struct ui_shell *sh, uint64_t now)
{
	struct ui_model *md = &sh->md;
	struct ui_ses *ses = &sh->ses;
	uint64_t pos = mm_position(md->run->m);
	char text[UI_SCENE_TEXT];
	struct ui_scene sc;
	size_t len;

	/* the film is no new path, nor are positions of another run; the path's clock stands still meanwhile */
	if (md->film.on || ses->opening || !ui_runs_at_home(md)) {
		ses->base_ms = md->path.ms;
		ses->base_us = now;
		return;
	}
	/* where one comes to on the way isn't where one wanted to go */
	if (md->run->job.kind != UI_JOB_NONE)
		return;
	ui_scene_take(md, &sc);
	if (ses->noted && pos == ses->last_pos && memcmp(&sc, &ses->last, sizeof(sc)) == 0)
		return;
	if (!ses->noted) { /* a second between an earlier session and this one */
		ses->base_us = now;
		ses->base_ms = md->path.nr ? md->path.ms + 1000 : 0;
	}
	/* the first step of each stretch says all, so that none depends on an older one */
	len = ui_scene_write(ses->noted ? &ses->last : NULL, &sc, text);
	say_path(md, ui_path_add(&md->path, ses->base_ms + (now - ses->base_us) / 1000, pos, text, len));
	ses->noted = true;
	ses->last = sc;
	ses->last_pos = pos;
}

/* ---- a session as the saver takes it --------------------------------------- */

struct whole {
	struct ui_session s;
	char view[UI_SCENE_TEXT], note[160];
	const char *search[UI_NR_SEARCHES];
};

static void gather(struct ui_shell *sh, struct whole *w)
{
	struct ui_model *md = &sh->md;
	struct ui_scene sc;
	unsigned int nr = 0;

	memset(w, 0, sizeof(*w));
	ui_scene_take(md, &sc);
	sc.overlay = UI_OVERLAY_NONE; /* one comes back to the machine, not to the help */
	ui_scene_write(NULL, &sc, w->view);
	while (ui_model_searched(md, nr))
		nr++;
	for (unsigned int i = 0; i < nr; i++)
		w->search[i] = ui_model_searched(md, nr - 1 - i);
	w->s = (struct ui_session){
		.pos = md->run->job.kind == UI_JOB_SEEK && md->run->target <= md->run->total ? md->run->target
									      : mm_position(md->run->m),
		.view = w->view,
		.bookmark = md->run->marks.m,
		.nr_bookmarks = md->run->marks.nr,
		.search = w->search,
		.nr_searches = nr,
		.searching = nr > 0 && md->search[0] && strcmp(md->search, w->search[nr - 1]) == 0,
		.path = &md->path,
	};
}

/* Events for one slice: 1 when there are more, 0 when all that is there is written. */
static int events_slice(struct ui_shell *sh, struct ui_save *s, struct sg_err *err)
{
	uint64_t start = now_us(sh);
	int r;

	do
		r = sh->md.run->src->saver->events(s, CHUNK, err);
	while (r > 0 && now_us(sh) - start < SLICE_US);
	return r;
}

/*
 * Machines along the run for one slice: 1 when there are more, 0 when all are written.  @run: the run is gone along to
 * its end first, so that there are some everywhere; else those that are there will do.
 */
static int images_slice(struct ui_shell *sh, struct ui_save *s, bool run, struct sg_err *err)
{
	struct ui_model *md = &sh->md;
	uint64_t start = now_us(sh);

	if (!md->run->src->saver->images)
		return 0;
	while (run && !md->run->prepared && now_us(sh) - start < SLICE_US)
		md->run->prepared = !mm_timeline_prepare(md->run->tl, CHUNK);
	return run && !md->run->prepared ? 1 : md->run->src->saver->images(s, md->run->tl, err);
}

static unsigned int events_milli(const struct ui_shell *sh, const struct ui_save *s)
{
	const struct ui_model *md = &sh->md;
	uint64_t n = md->run->src->saver->written(s);
	unsigned int milli = md->run->total ? (unsigned int)((double)n / (double)md->run->total * 1000) : 1000;

	return md->run->loaded ? milli : milli * md->run->progress / 1000;
}

/* ---- w ---------------------------------------------------------------------- */

void ui_session_ask(struct ui_shell *sh)
{
	const struct ui_saver *sv = sh->md.run->src->saver;

	if (!sv) {
		ui_model_say(&sh->md, UI_MSG_WARN, "sessions can't be saved here");
		return;
	}
	if (sh->ses.save) {
		ui_model_say(&sh->md, UI_MSG_INFO, "a session is being saved already");
		return;
	}
	ui_prompt_open(sh, UI_PROMPT_SAVE);
	ui_prompt_fill(sh, sh->ses.save_path[0] && sh->ses.save_of == sh->md.run->src ? sh->ses.save_path : sv->suggest);
}

void ui_session_named(struct ui_shell *sh, const char *path)
{
	const struct ui_saver *sv = sh->md.run->src->saver;

	switch (sv->target(sv->arg, path)) {
	case UI_TARGET_NEW:
		ui_session_save(sh, path);
		break;
	case UI_TARGET_SESSION:
		ui_prompt_open(sh, UI_PROMPT_OVERWRITE);
		ui_prompt_fill(sh, path);
		break;
	case UI_TARGET_INPUT:
		ui_model_say(&sh->md, UI_MSG_WARN, "not saved: %.300s is what is looked at, and never written over; take another name",
			     path);
		break;
	case UI_TARGET_OTHER:
		ui_model_say(&sh->md, UI_MSG_WARN, "not saved: %.300s is there and is no session; take another name",
			     path);
		break;
	}
}

void ui_session_save(struct ui_shell *sh, const char *path)
{
	const struct ui_saver *sv = sh->md.run->src->saver;
	struct sg_err err = { 0 };

	if (sv->open(sv->arg, path, &sh->ses.save, &err) < 0) {
		sh->ses.save = NULL;
		ui_model_say(&sh->md, UI_MSG_WARN, "not saved: %s", err.text);
		return;
	}
	snprintf(sh->ses.save_path, sizeof(sh->ses.save_path), "%s", path);
	sh->ses.save_of = sh->md.run->src;
	sh->md.saving = 1;
}

static void save_failed(struct ui_shell *sh, const struct sg_err *err)
{
	sh->ses.save = NULL;
	sh->md.saving = 0;
	ui_model_say(&sh->md, UI_MSG_WARN, "not saved: %s", err->text);
}

/* True when it has ended, in either way. */
static bool save_slice(struct ui_shell *sh)
{
	const struct ui_saver *sv = sh->md.run->src->saver;
	struct ui_path_cursor from = { 0 };
	struct ui_model *md = &sh->md;
	struct sg_err err = { 0 };
	struct whole w;
	int r = events_slice(sh, sh->ses.save, &err);

	if (r >= 0)
		md->saving = 1 + events_milli(sh, sh->ses.save);
	if (r > 0 || (r == 0 && !md->run->loaded))
		return false;
	if (r == 0)
		r = images_slice(sh, sh->ses.save, true, &err);
	if (r > 0)
		return false;
	if (r == 0) {
		gather(sh, &w);
		r = sv->put(sh->ses.save, &w.s, UI_PART_ALL, &from, &err);
	}
	if (r < 0) {
		sv->abort(sh->ses.save, false);
		save_failed(sh, &err);
		return true;
	}
	r = sv->finish(sh->ses.save, &err);
	if (r < 0) {
		save_failed(sh, &err);
		return true;
	}
	sh->ses.save = NULL;
	md->saving = 0;
	if (ui_runs_at_home(md))
		sh->ses.saved_marks = md->run->marks.changes;
	ui_model_say(md, UI_MSG_INFO, "saved as %s", sh->ses.save_path);
	return true;
}

/* ---- --record ---------------------------------------------------------------- */

static int record_begin(struct ui_shell *sh, const char *path, struct sg_err *err)
{
	const struct ui_saver *sv = sh->md.run->src->saver;
	struct ui_ses *ses = &sh->ses;
	int r;

	if (!sv)
		return sg_fail(err, SG_E_UNSUPPORTED, "sessions can't be recorded here");
	if (sv->target(sv->arg, path) == UI_TARGET_INPUT)
		return sg_fail(err, SG_E_USAGE, "%s: is what is looked at, and never written over; record to another name", path);
	if (sv->target(sv->arg, path) != UI_TARGET_NEW)
		return sg_fail(err, SG_E_USAGE, "%s: is there already; record to another name, or remove it", path);
	r = sv->open(sv->arg, path, &ses->rec, err);
	if (r < 0)
		return r;
	snprintf(ses->rec_path, sizeof(ses->rec_path), "%s", path);
	sh->md.recording = true;
	return 0;
}

/* Stops here; what has been written stays under its other name, the rest lives on in memory. */
static void record_failed(struct ui_shell *sh, const struct sg_err *err)
{
	const struct ui_saver *sv = sh->md.run->src->saver;
	struct ui_ses *ses = &sh->ses;

	ui_model_say(&sh->md, UI_MSG_WARN, "recording stopped: %s; w saves all of it elsewhere", err->text);
	ses->rec_err = *err;
	snprintf(ses->rec_left, sizeof(ses->rec_left), "%s", sv->unfinished(ses->rec));
	sv->abort(ses->rec, true);
	ses->rec = NULL;
	sh->md.recording = false;
}

static int record_small(struct ui_shell *sh, const char *note, struct sg_err *err)
{
	struct ui_model *md = &sh->md;
	struct ui_ses *ses = &sh->ses;
	unsigned int parts = 0;
	struct ui_scene sc;
	struct whole w;
	bool first = ses->rec_us == 0;
	int r;

	gather(sh, &w);
	w.s.note = note;
	ui_scene_take(md, &sc);
	if (first || note || w.s.pos != ses->rec_pos || memcmp(&sc, &ses->rec_scene, sizeof(sc)) != 0)
		parts |= UI_PART_PLACE;
	if (first || strcmp(sc.search, ses->rec_scene.search) != 0)
		parts |= UI_PART_SEARCHES;
	if (first || md->run->marks.changes != ses->rec_marks)
		parts |= UI_PART_BOOKMARKS;
	if (first)
		parts |= UI_PART_RUNS;
	if (md->path.rec.at < md->path.len)
		parts |= UI_PART_PATH;
	if (parts == 0)
		return 0;
	r = md->run->src->saver->put(ses->rec, &w.s, parts, &md->path.rec, err);
	ses->rec_pos = w.s.pos;
	ses->rec_scene = sc;
	ses->rec_marks = md->run->marks.changes;
	return r;
}

/* True when it had to stop. */
static bool record_slice(struct ui_shell *sh, uint64_t now)
{
	struct ui_ses *ses = &sh->ses;
	struct sg_err err = { 0 };
	int r = events_slice(sh, ses->rec, &err);

	ses->rec_waits = r == 0;
	if (r >= 0 && (ses->rec_us == 0 || now - ses->rec_us >= RECORD_US)) {
		r = sh->md.run->src->saver->flush ? sh->md.run->src->saver->flush(ses->rec, &err) : 0;
		if (r == 0)
			r = record_small(sh, NULL, &err);
		ses->rec_us = now ? now : 1;
	}
	/* with the last event written and nobody looking any more */
	if (r == 0 && sh->md.quit && sh->md.run->loaded && ses->rec_waits && !ses->rec_imaged) {
		r = images_slice(sh, ses->rec, false, &err);
		ses->rec_imaged = r <= 0;
	}
	if (r < 0)
		record_failed(sh, &err);
	return r < 0;
}

/* ---- slices ------------------------------------------------------------------ */

bool ui_session_busy(const struct ui_shell *sh)
{
	const struct ui_ses *ses = &sh->ses;

	return ses->save || (ses->rec && ui_runs_at_home(&sh->md) && (!ses->rec_waits || sh->md.run->src->saver->written(ses->rec) < sh->md.run->total ||
					  (sh->md.quit && sh->md.run->loaded && !ses->rec_imaged)));
}

bool ui_session_work(struct ui_shell *sh, uint64_t now)
{
	struct ui_model *md = &sh->md;
	bool dirty = false;

	if (sh->ses.opening && md->run->job.kind == UI_JOB_NONE) {
		ui_model_sync(md);
		ui_scene_show(md, &sh->ses.scene);
		sh->ses.opening = !md->run->loaded && md->run->nr_zones == 0;
		dirty = true;
	}
	dirty |= ui_film_tick(md, now);
	if (sh->ses.save) {
		unsigned int was = md->saving / 10;

		dirty |= save_slice(sh) || md->saving / 10 != was;
	}
	if (sh->ses.rec && ui_runs_at_home(md))
		dirty |= record_slice(sh, now);
	return dirty;
}

/* ---- opening ------------------------------------------------------------------ */

static void load_path(struct ui_model *md, const struct ui_path *path)
{
	struct ui_path_cursor c = { 0 };
	struct ui_step s;

	while (ui_path_next(path, &c, &s))
		say_path(md, ui_path_add(&md->path, s.ms, s.pos, s.view, s.view_len));
}

void ui_session_load(struct ui_shell *sh)
{
	struct ui_model *md = &sh->md;
	const struct ui_session *s = md->run->src->session;
	struct sg_err err = { 0 };

	if (!s)
		return;
	for (size_t i = 0; i < s->nr_bookmarks; i++)
		if (ui_marks_set(&md->run->marks, s->bookmark[i].name, s->bookmark[i].pos, s->bookmark[i].note, &err) < 0)
			ui_model_say(md, UI_MSG_WARN, "a bookmark of the session is left out: %s", err.text);
	sh->ses.saved_marks = md->run->marks.changes;
	for (size_t i = 0; i < s->nr_searches; i++)
		ui_model_search(md, s->search[i], NULL);
	if (!s->searching)
		ui_model_search(md, "", NULL);
	if (s->path)
		load_path(md, s->path);
	if (s->note)
		ui_model_say(md, UI_MSG_WARN, "%s", s->note);
	/* what isn't said stays as it is without a session */
	ui_scene_take(md, &sh->ses.scene);
	if (s->view) {
		ui_scene_read(&sh->ses.scene, s->view, strlen(s->view));
		sh->ses.opening = true;
	}
}

void ui_session_place(struct ui_shell *sh)
{
	const struct ui_session *s = sh->md.run->src->session;

	if (s)
		ui_model_seek(&sh->md, s->pos);
}

int ui_session_begin(struct ui_shell *sh, const struct ui_options *opt, struct sg_err *err)
{
	struct ui_film *f = &sh->md.film;

	if (opt->film_speed > 0)
		f->speed = opt->film_speed < UI_FILM_SLOWEST   ? UI_FILM_SLOWEST
			   : opt->film_speed > UI_FILM_FASTEST ? UI_FILM_FASTEST
							       : opt->film_speed;
	if (opt->film) {
		if (!ui_film_start(&sh->md, 0, 0))
			return sg_fail(err, SG_E_NOTFOUND, "%s: no path is in it that could be played",
				       sh->md.run->cap->path);
		sh->ses.opening = false;
	}
	return opt->record ? record_begin(sh, opt->record, err) : 0;
}

/* ---- leaving ------------------------------------------------------------------- */

void ui_session_quit(struct ui_shell *sh)
{
	struct ui_model *md = &sh->md;
	struct ui_ses *ses = &sh->ses;

	if (md->quit) {
		ses->now = true;
		return;
	}
	/* of another run than this bookmarks are passing */
	if (md->home->src->saver && !ses->rec && !ses->save && md->home->marks.changes != ses->saved_marks && !ses->asked) {
		ses->asked = true;
		ui_model_say(md, UI_MSG_WARN, "bookmarks have changed: w saves a session with them, q again leaves");
		return;
	}
	if (ui_make_busy(md) && !ses->asked) {
		ses->asked = true;
		ui_model_say(md, UI_MSG_WARN, "a run is being made: q again leaves without it");
		return;
	}
	md->quit = true;
}

bool ui_session_done(const struct ui_shell *sh, uint64_t now)
{
	const struct ui_ses *ses = &sh->ses;

	if (!sh->md.quit)
		return false;
	if (ses->now || (ses->until_us && now >= ses->until_us))
		return true;
	if (ses->rec && !sh->md.run->loaded)
		return false;
	return !ui_session_busy(sh);
}

int ui_session_end(struct ui_shell *sh, struct sg_err *err)
{
	struct ui_model *md = &sh->md;
	const struct ui_saver *sv = md->run->src->saver;
	struct ui_ses *ses = &sh->ses;
	char note[160];
	int r;

	if (ses->save) {
		sv->abort(ses->save, false);
		ses->save = NULL;
	}
	if (ses->rec_err.code < 0)
		return sg_fail(err, ses->rec_err.code, "recording stopped, what is written is in %s: %.250s",
			       ses->rec_left, ses->rec_err.text);
	if (!ses->rec)
		return 0;
	snprintf(note, sizeof(note),
		 "this session ends at event %" PRIu64 ": its capture had been read only to %u %%",
		 sv->written(ses->rec), md->run->progress / 10);
	r = record_small(sh, !md->run->loaded || ui_session_busy(sh) ? note : NULL, err);
	if (r < 0) {
		sv->abort(ses->rec, true);
		ses->rec = NULL;
		return r;
	}
	r = sv->finish(ses->rec, err);
	ses->rec = NULL;
	return r;
}

void ui_session_drop(struct ui_shell *sh)
{
	const struct ui_saver *sv;

	if (!sh->md.run) /* there was no memory for one */
		return;
	sv = sh->md.run->src ? sh->md.run->src->saver : NULL;
	if (sh->ses.save)
		sv->abort(sh->ses.save, false);
	if (sh->ses.rec)
		sv->abort(sh->ses.rec, false);
	sh->ses.save = sh->ses.rec = NULL;
}
