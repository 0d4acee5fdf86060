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
#include "ui_shell.h"

#define DRAW_US       40000  /* between two screens while work goes on */
#define PLAY_MS       25     /* between two steps of playing */
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
	snprintf(where, sizeof(where), "at event %" PRIu64 " of %.100s", sh->md.pos,
		 sh->md.cap->name);
	ui_guard_where(where);
	ui_shell_draw(sh);
	sh->term->ops->show(sh->term, &sh->grid);
}

/* Whether keys may be taken now, and how long to wait for one. */
static bool keys_wait(struct ui_shell *sh, uint64_t now)
{
	if (sh->md.job.kind == UI_JOB_NONE) {
		sh->job_us = 0;
		return false;
	}
	if (sh->job_us == 0)
		sh->job_us = now ? now : 1;
	return now - sh->job_us < TYPE_AHEAD_US;
}

static void loop(struct ui_shell *sh)
{
	struct ui_term *t = sh->term;
	uint64_t drawn_us = 0;
	bool dirty = true;

	while (!sh->md.quit) {
		uint64_t now = t->ops->now_us(t);
		bool busy = ui_model_busy(&sh->md);
		int key = UI_KEY_NONE;

		if (dirty && (!busy || now - drawn_us >= DRAW_US)) {
			draw(sh);
			drawn_us = t->ops->now_us(t);
			dirty = false;
		}
		if (!keys_wait(sh, now))
			key = t->ops->key(t, busy ? 0 : sh->md.playing ? PLAY_MS : -1);
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
	}
}

/* Start position and frame of the options, checked before the terminal is taken. */
static int begin(struct ui_model *md, const struct ui_options *opt, struct sg_err *err)
{
	int r = 0;

	if (opt->frame)
		r = ui_model_frame_set(md, opt->frame, err);
	if (r == 0 && opt->start)
		r = ui_model_goto(md, opt->start, err);
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
	return 0;
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
		r = begin(&sh->md, opt, err);
	if (r == 0)
		r = run(sh, opt, term, err);
	ui_shell_fini(sh);
	ui_model_fini(&sh->md);
	free(sh);
	return r;
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
		r = begin(&sh->md, opt, err);
	if (r == 0)
		r = ui_term_curses_open(opt, &term, err);
	if (r == 0) {
		term->ascii = opt->ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
		r = run(sh, opt, term, err);
		term->ops->close(term);
	}
	ui_shell_fini(sh);
	ui_model_fini(&sh->md);
	free(sh);
	return r;
}
