// SPDX-License-Identifier: GPL-2.0-only
/*
 * stormglass FILE without a terminal: screens FILE KEYS [--cache]
 * The last screen goes to standard output when the keys are used up; they are those of tui/ui_term_null.c.
 */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd_feed.h"
#include "cmd_sgs.h"
#include "sg_mem.h"
#include "ui.h"
#include "ui_term.h"

#define ROWS 40
#define COLS 120

/* The last screen; static, so that keeping it asks for no memory. */
static char screen[8 * ROWS * COLS];
static size_t len;

static void keep(void *arg, const struct ui_grid *g)
{
	(void)arg;
	len = 0;
	for (int row = 0; row < g->rows && row < ROWS; row++) {
		for (int col = 0; col < g->cols && col < COLS; col++) {
			const struct ui_cell *c = &g->cell[row * g->cols + col];

			if (c->width)
				len += (size_t)ui_utf8_put(screen + len, c->ch);
		}
		screen[len++] = '\n';
	}
}

static int show(const char *file, const char *keys, bool cache, struct sg_err *err)
{
	struct cmd_feed_options how = { .no_cache = !cache, .memory = 64 << 20 };
	struct ui_options opt = { 0 };
	struct cmd_sgs sgs = { 0 };
	struct ui_term *t = NULL;
	struct ss_reader *ss;
	struct ui_source src;
	struct cmd_feed *f;
	int r = cmd_feed_open(file, &how, &f, err);

	if (r < 0)
		return r;
	src = (struct ui_source){
		.cap = cmd_feed_capture(f),
		.log = cmd_feed_log(f),
		.cfg = cmd_feed_config(f),
		.more = cmd_feed_more,
		.progress = cmd_feed_progress,
		.keyframes = cmd_feed_keyframes,
		.idle = cmd_feed_idle,
		.arg = f,
		.memory = 256 << 20,
	};
	ss = cmd_feed_source(f)->ss;
	r = cmd_sgs_init(&sgs, file, src.cap, src.cfg, src.log);
	if (r < 0)
		sg_fail(err, r, "%s: out of memory", file);
	src.saver = &sgs.saver;
	if (r == 0 && ss) {
		r = cmd_sgs_load(&sgs, ss, err);
		src.session = &sgs.session;
	}
	if (r == 0 && ui_term_null_open(ROWS, COLS, keys, keep, NULL, &t) < 0)
		r = sg_fail(err, SG_E_NOMEM, "out of memory for the screen");
	if (r == 0)
		r = ui_run_on(&src, &opt, t, err);
	if (t)
		t->ops->close(t);
	cmd_sgs_fini(&sgs);
	cmd_feed_close(f);
	return r;
}

int main(int argc, char **argv)
{
	struct sg_err err = { 0 };

	if (argc < 3)
		return 2;
	if (!setlocale(LC_CTYPE, "C.UTF-8")) {
		fprintf(stderr, "stormglass: there is no memory for the locale\n");
		return 1;
	}
	if (show(argv[1], argv[2], argc > 3, &err) < 0) {
		fprintf(stderr, "stormglass: %s\n", err.text);
		return 1;
	}
	fwrite(screen, 1, len, stdout);
	return fflush(stdout) == 0 ? 0 : 1;
}
