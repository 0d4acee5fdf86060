// SPDX-License-Identifier: GPL-2.0-only
/* The film's keys and its part of the status row. */
#include <inttypes.h>
#include <stdio.h>

#include "ui_shell.h"

#define SKIP_US 10000000

static void leave(struct ui_shell *sh)
{
	struct ui_model *md = &sh->md;
	char at[UI_FMT_MAX];

	ui_film_leave(md);
	ui_model_say(md, UI_MSG_INFO, "out of the film at %s: P goes back into it",
		     ui_fmt_clock(at, md->film.us / 1000000));
}

bool ui_film_key(struct ui_shell *sh, int key)
{
	struct ui_model *md = &sh->md;
	uint64_t now = sh->term->ops->now_us(sh->term);

	if ((key >= '1' && key <= '9') || (key == '0' && sh->have_count))
		return false; /* a count belongs to what comes behind it */
	switch (key) {
	case UI_KEY_OTHER:
		return true;
	case '+':
	case '>':
		ui_film_speed(md, 1, now);
		return true;
	case '-':
	case '<':
		ui_film_speed(md, -1, now);
		return true;
	case '{':
		ui_film_skip(md, -SKIP_US, now);
		return true;
	case '}':
		ui_film_skip(md, SKIP_US, now);
		return true;
	default:
		break;
	}
	switch (ui_keys_action(key)) {
	case UI_ACT_PLAY:
		ui_film_play(md, !md->film.playing, now);
		return true;
	case UI_ACT_FILM:
	case UI_ACT_STOP:
		leave(sh);
		return true;
	case UI_ACT_NONE:
		ui_model_say(md, UI_MSG_INFO, "the film knows space + - { } and P: any movement leaves it");
		return true;
	case UI_ACT_QUIT:
	case UI_ACT_REDRAW:
	case UI_ACT_SUSPEND:
		return false;
	case UI_ACT_SAVE: /* saving changes nothing on the screen: the film may wait meanwhile */
		ui_film_play(md, false, now);
		return false;
	default:
		leave(sh);
		return false;
	}
}

void ui_film_draw(struct ui_shell *sh, const struct ui_rect *r)
{
	static const char *const hints[] = { "space", "pause", "+ -", "speed",   "{ }",
					     "10 s",  "P",     "out", "h l ...", "explore from here" };
	const struct ui_film *f = &sh->md.film;
	struct ui_grid *g = &sh->grid;
	char at[UI_FMT_MAX], end[UI_FMT_MAX];
	int col;

	ui_char(g, r, 0, 1, ui_style(UI_ROLE_PROGRESS), ui_glyph(g, f->playing ? UI_GL_PLAY : UI_GL_PAUSE));
	col = ui_textf(g, r, 0, 3, ui_style(UI_ROLE_PROGRESS), "film %s / %s \u00d7%g", ui_fmt_clock(at, f->us / 1000000),
		       ui_fmt_clock(end, f->end_ms / 1000), f->speed) +
	      1;
	if (col + 14 < r->cols) {
		int w = r->cols >= 120 ? 24 : 10;

		ui_fill(g, r, 0, col, w, ui_style(UI_ROLE_BORDER), ui_glyph(g, UI_GL_TRACK));
		ui_bar(g, r, 0, col, w, ui_style(UI_ROLE_PROGRESS), f->us / 1000, f->end_ms);
		col += w + 2;
	}
	if (sh->md.run->job.kind != UI_JOB_NONE && sh->md.run->target > sh->md.run->total) {
		ui_text(g, r, 0, col, ui_style(UI_ROLE_DIM), "waits until its place has been read");
		return;
	}
	for (size_t i = 0; i + 1 < sizeof(hints) / sizeof(hints[0]); i += 2) {
		const char *text = i == 0 && !f->playing ? "play" : hints[i + 1];

		if (col + ui_width(hints[i]) + ui_width(text) + 1 > r->cols)
			break;
		col = ui_text(g, r, 0, col, ui_style(UI_ROLE_KEY), hints[i]) + 1;
		col = ui_text(g, r, 0, col, ui_style(UI_ROLE_DIM), text) + 2;
	}
}
