// SPDX-License-Identifier: GPL-2.0-only
/*
 * The loop: a key, a slice of work, the screen.  No slice takes much longer than
 * 10 ms, so that a key is never waited for; the screen is drawn when there is
 * nothing else to do, and now and then while there is.
 */
#include <inttypes.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ui_guard.h"
#include "ui_model_priv.h"
#include "ui_runs.h"
#include "ui_shell.h"

#define DRAW_US       40000  /* between two screens while work goes on */
#define PLAY_MS       25     /* between two steps of playing */
#define MAKE_MS       100    /* between two looks at runs that are made */
#define RECORD_MS     1000   /* between two looks at what a recording has to take */
#define TYPE_AHEAD_US 200000 /* keys typed that soon after a command wait until it is done */

static uint64_t clock_us(void *arg)
{
	struct ui_term *t = arg;

	return t->ops->now_us(t);
}

static void draw(struct ui_shell *sh)
{
	char where[200];

	ui_model_sync(&sh->md);
	ui_runs_sync(&sh->md);
	snprintf(where, sizeof(where), "at event %" PRIu64 " of %.100s", sh->md.run->pos,
		 sh->md.run->cap->name);
	ui_guard_where(where);
	ui_shell_draw(sh);
	sh->term->ops->show(sh->term, &sh->grid);
}

/* Whether keys may be taken now, and how long to wait for one. */
static bool keys_wait(struct ui_shell *sh, uint64_t now)
{
	if (sh->md.run->job.kind == UI_JOB_NONE) {
		sh->job_us = 0;
		return false;
	}
	if (sh->job_us == 0)
		sh->job_us = now ? now : 1;
	return now - sh->job_us < TYPE_AHEAD_US;
}

/* How long nothing has to be done unless a key comes, -1: for ever. */
static int wait_ms(const struct ui_shell *sh)
{
	if (sh->md.playing || (sh->md.film.on && sh->md.film.playing))
		return PLAY_MS;
	if (ui_make_busy(&sh->md))
		return MAKE_MS;
	return sh->ses.rec ? RECORD_MS : -1;
}

static void loop(struct ui_shell *sh)
{
	struct ui_term *t = sh->term;
	uint64_t drawn_us = 0;
	bool dirty = true;

	while (!ui_session_done(sh, t->ops->now_us(t))) {
		uint64_t now = t->ops->now_us(t);
		bool busy = ui_model_busy(&sh->md) || ui_runs_busy(&sh->md) || ui_beside_busy(&sh->md) || ui_session_busy(sh);
		int key = UI_KEY_NONE;

		if (dirty && (!busy || now - drawn_us >= DRAW_US)) {
			draw(sh);
			drawn_us = t->ops->now_us(t);
			dirty = false;
		}
		if (!keys_wait(sh, now))
			key = t->ops->key(t, busy ? 0 : wait_ms(sh));
		if (key != UI_KEY_NONE) {
			ui_model_sync(&sh->md);
			ui_shell_key(sh, key);
			sh->job_us = 0;
			dirty = true;
		}
		if (ui_model_busy(&sh->md) || sh->md.playing) {
			ui_model_work(&sh->md, clock_us, t);
			dirty = true;
		}
		if (sh->md.beside.on) {
			const struct ui_clock clock = { clock_us, t };

			dirty |= ui_beside_busy(&sh->md);
			ui_beside_work(&sh->md, &clock);
		}
		if (ui_runs_busy(&sh->md)) {
			ui_runs_work(&sh->md, clock_us, t);
			dirty = true;
		}
		if (sh->md.quit) /* what is written at the end is of that run */
			ui_runs_go_home(&sh->md);
		dirty |= ui_make_poll(sh, t->ops->now_us(t));
		dirty |= ui_session_work(sh, t->ops->now_us(t));
		ui_session_note(sh, t->ops->now_us(t));
	}
}

/* What the options ask for, checked before the terminal is taken. */
static int begin(struct ui_shell *sh, const struct ui_options *opt, struct sg_err *err)
{
	struct ui_model *md = &sh->md;
	int r = 0;

	if (md->run->src->beside) {
		struct ui_run *other = NULL;

		r = ui_run_new(md->run->src->beside, &other, err);
		if (r < 0)
			return r;
		ui_runs_beside(md, other);
		ui_beside_toggle(md);
	}
	ui_session_load(sh);
	if (opt->start)
		r = ui_model_goto(md, opt->start, err);
	else
		ui_session_place(sh);
	if (r == 0)
		r = ui_session_begin(sh, opt, err);
	if (r == 0 && opt->frame) {
		r = ui_model_frame_set(md, opt->frame, err);
		sh->ses.scene.frame_events = md->frame_events;
		sh->ses.scene.frame_ns = md->frame_ns;
	}
	return r;
}

static int run(struct ui_shell *sh, const struct ui_options *opt, struct ui_term *term,
	       struct sg_err *err)
{
	if (ui_shell_init(sh, term) < 0)
		return sg_fail(err, SG_E_NOMEM, "out of memory for the screen");
	if (opt->ascii)
		sh->grid.ascii = true;
	sh->md.mono = term->colour == UI_COLOUR_NONE;
	loop(sh);
	return ui_session_end(sh, err);
}

int ui_run_on(const struct ui_source *src, const struct ui_options *opt, struct ui_term *term,
	      struct sg_err *err)
{
	struct ui_shell *sh = calloc(1, sizeof(*sh));
	int r;

	if (!sh)
		return sg_fail(err, SG_E_NOMEM, "out of memory for the screen");
	r = ui_model_init(&sh->md, src, err);
	if (r == 0)
		r = begin(sh, opt, err);
	if (r == 0)
		r = run(sh, opt, term, err);
	ui_session_drop(sh);
	ui_shell_fini(sh);
	ui_model_fini(&sh->md);
	free(sh);
	return r;
}

/* A signal that has waited for the recording to be completed ends the process here. */
static void end_by_signal(struct ui_shell *sh, int r, const struct sg_err *err)
{
	char where[200];

	if (!sh->ses.rec_path[0])
		return;
	if (r < 0)
		snprintf(where, sizeof(where), "at event %" PRIu64 "; %.150s", sh->md.run->pos, err->text);
	else
		snprintf(where, sizeof(where), "at event %" PRIu64 "; the session is in %.140s", sh->md.run->pos,
			 sh->ses.rec_path);
	ui_guard_where(where);
	ui_guard_defer(false);
	ui_guard_end();
}

int ui_run(const struct ui_source *src, const struct ui_options *opt, struct sg_err *err)
{
	struct ui_shell *sh = calloc(1, sizeof(*sh));
	struct ui_term *term = NULL;
	int r;

	if (!sh)
		return sg_fail(err, SG_E_NOMEM, "out of memory for the screen");
	/* the width of characters depends on the locale; a program that set one keeps it */
	if (strcmp(setlocale(LC_CTYPE, NULL), "C") == 0)
		setlocale(LC_CTYPE, "");
	r = ui_model_init(&sh->md, src, err);
	if (r == 0)
		r = begin(sh, opt, err);
	if (r == 0)
		r = ui_term_curses_open(opt, &term, err);
	if (r == 0) {
		term->ascii = opt->ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
		ui_guard_defer(sh->ses.rec != NULL);
		r = run(sh, opt, term, err);
		end_by_signal(sh, r, err);
		term->ops->close(term);
	}
	ui_session_drop(sh);
	ui_shell_fini(sh);
	ui_model_fini(&sh->md);
	free(sh);
	return r;
}
