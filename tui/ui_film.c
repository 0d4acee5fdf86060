// SPDX-License-Identifier: GPL-2.0-only
/* The film's clock, and the scene that belongs to a moment. */
#include "ui_film.h"

#include "ui_model.h"

static const double speeds[] = { 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 1000 };
#define NR_SPEEDS (sizeof(speeds) / sizeof(speeds[0]))

/*
 * Shows the last step up to @us.  A scene is all words from the start added up, so
 * going back means to read the path anew.  True when there was a further step.
 */
static bool show_until(struct ui_model *md, bool anew)
{
	struct ui_film *f = &md->film;
	struct ui_path_cursor next;
	struct ui_step s;
	bool any = false;

	if (anew) {
		f->cur = (struct ui_path_cursor){ 0 };
		ui_scene_take(md, &f->scene);
	}
	for (next = f->cur; ui_path_next(&md->path, &next, &s) && s.ms <= f->us / 1000; f->cur = next) {
		ui_scene_read(&f->scene, s.view, s.view_len);
		f->pos = s.pos;
		any = true;
	}
	if (!any)
		return false;
	if (f->pos != md->run->pos || md->run->job.kind != UI_JOB_NONE)
		ui_model_seek(md, f->pos);
	ui_scene_show(md, &f->scene);
	return true;
}

bool ui_film_start(struct ui_model *md, uint64_t us, uint64_t now_us)
{
	struct ui_film *f = &md->film;

	if (md->path.nr < 2 || md->path.ms == 0) {
		ui_model_say(md, UI_MSG_INFO, "there is no path yet to be played");
		return false;
	}
	ui_model_stop(md);
	md->message_fresh = false;
	f->on = true;
	f->playing = true;
	/* one that was left halfway is still the same film; what was explored since belongs to the next */
	if (f->us != us || us == 0 || us >= f->end_ms * 1000)
		f->end_ms = md->path.ms;
	if (f->speed <= 0)
		f->speed = 1;
	f->us = us / 1000 > f->end_ms ? f->end_ms * 1000 : us;
	f->clock_us = now_us;
	show_until(md, true);
	return true;
}

void ui_film_leave(struct ui_model *md)
{
	md->film.on = false;
	md->film.playing = false;
}

void ui_film_play(struct ui_model *md, bool on, uint64_t now_us)
{
	struct ui_film *f = &md->film;

	f->playing = on;
	f->clock_us = now_us;
	if (on && f->us >= f->end_ms * 1000) {
		f->end_ms = md->path.ms;
		f->us = 0;
		show_until(md, true);
	}
}

void ui_film_speed(struct ui_model *md, int steps, uint64_t now_us)
{
	struct ui_film *f = &md->film;

	ui_film_tick(md, now_us);
	for (; steps > 0; steps--) {
		size_t i = 0;

		while (i < NR_SPEEDS - 1 && speeds[i] <= f->speed)
			i++;
		if (speeds[i] > f->speed)
			f->speed = speeds[i];
	}
	for (; steps < 0; steps++) {
		size_t i = NR_SPEEDS - 1;

		while (i > 0 && speeds[i] >= f->speed)
			i--;
		if (speeds[i] < f->speed)
			f->speed = speeds[i];
	}
}

void ui_film_skip(struct ui_model *md, int64_t us, uint64_t now_us)
{
	struct ui_film *f = &md->film;
	uint64_t end = f->end_ms * 1000;

	if (us < 0)
		f->us = f->us > (uint64_t)-us ? f->us - (uint64_t)-us : 0;
	else
		f->us = end - f->us > (uint64_t)us ? f->us + (uint64_t)us : end;
	f->clock_us = now_us;
	show_until(md, true);
}

bool ui_film_tick(struct ui_model *md, uint64_t now_us)
{
	struct ui_film *f = &md->film;
	uint64_t was = f->us, end = f->end_ms * 1000;
	bool shown;
	double to;

	/* what is shown is what counts: while a position is being reached the film waits */
	if (!f->on || !f->playing || md->run->job.kind != UI_JOB_NONE || f->clock_us == 0) {
		f->clock_us = now_us;
		return false;
	}
	to = (double)f->us + (double)(now_us - f->clock_us) * f->speed;
	f->clock_us = now_us;
	f->us = to < (double)end ? (uint64_t)to : end;
	shown = show_until(md, false);
	if (f->us >= end) {
		f->playing = false;
		ui_model_say(md, UI_MSG_INFO, "end of the film: space plays it again, any movement goes on from here");
		return true;
	}
	return shown || was / 1000000 != f->us / 1000000;
}
