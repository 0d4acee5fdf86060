// SPDX-License-Identifier: GPL-2.0-only
/*
 * Playing: the trace's clock runs with the wall clock, times the speed.  On a
 * clock that doesn't count nanoseconds, x1 is a thousand events a second.
 */
#include <stdio.h>
#include <stdlib.h>

#include "sg_pos.h"
#include "ui_model_priv.h"

static const double speeds[] = { 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1,
				 2,     5,     10,    20,   50,   100,  200, 500, 1000 };
#define NR_SPEEDS         ((int)(sizeof(speeds) / sizeof(speeds[0])))
#define EVENTS_PER_SECOND 1000.0

static uint64_t ts_at(const struct ui_model *md, uint64_t pos)
{
	struct sg_cursor cur = { 0 };
	struct sg_event ev;

	if (pos == 0 || !sg_log_get(md->run->src->log, &cur, pos, &ev))
		return md->run->first_ts;
	return ev.ts;
}

/* The clocks meet here; from now on both run. */
static void rebase(struct ui_model *md, uint64_t now_us)
{
	md->play_us = now_us;
	md->play_ts = ts_at(md, md->run->pos);
	md->play_events = 0;
}

void ui_model_play(struct ui_model *md, bool on, int dir, uint64_t now_us)
{
	if (on) {
		ui_model_stop(md);
		if (dir > 0 && md->run->loaded && md->run->pos >= md->run->total) {
			ui_model_say(md, UI_MSG_INFO, "this is the end");
			return;
		}
		if (dir < 0 && md->run->pos == 0) {
			ui_model_say(md, UI_MSG_INFO, "this is the start");
			return;
		}
	}
	md->playing = on;
	md->play_dir = dir;
	md->trail_on = on;
	rebase(md, now_us);
}

void ui_model_speed(struct ui_model *md, int steps, uint64_t now_us)
{
	md->speed += steps;
	if (md->speed < 0)
		md->speed = 0;
	if (md->speed >= NR_SPEEDS)
		md->speed = NR_SPEEDS - 1;
	rebase(md, now_us);
}

char *ui_speed_text(const struct ui_model *md, char buf[static UI_FMT_MAX])
{
	snprintf(buf, UI_FMT_MAX, "\xc3\x97%g", speeds[md->speed]);
	return buf;
}

bool ui_speed_parse(struct ui_model *md, const char *s, uint64_t now_us)
{
	uint64_t nano;
	double want;
	int best = 0;

	if (!sg_time_read(s, true, &nano) || nano == 0)
		return false;
	want = (double)nano / 1e9;
	for (int i = 1; i < NR_SPEEDS; i++)
		if ((want > speeds[i] ? want / speeds[i] : speeds[i] / want) <
		    (want > speeds[best] ? want / speeds[best] : speeds[best] / want))
			best = i;
	md->speed = best;
	rebase(md, now_us);
	return true;
}

/* The position that is due at @now_us. */
static uint64_t due(struct ui_model *md, uint64_t now_us)
{
	double wall = (double)(now_us - md->play_us) / 1e6 * speeds[md->speed];
	uint64_t delta;

	if (!md->run->cap->clock_is_ns) {
		uint64_t n;

		md->play_events += wall * EVENTS_PER_SECOND;
		md->play_us = now_us;
		n = (uint64_t)md->play_events;
		md->play_events -= (double)n;
		if (md->play_dir > 0)
			return md->run->pos + n;
		return md->run->pos > n ? md->run->pos - n : 0;
	}
	delta = wall < 1e9 ? (uint64_t)(wall * 1e9) : UINT64_MAX / 4;
	if (md->play_dir > 0)
		return sg_log_find_ts(md->run->src->log, md->play_ts + delta < md->play_ts
							    ? UINT64_MAX
							    : md->play_ts + delta);
	if (md->play_ts < delta)
		return 0;
	/* at first the position itself is due, not what shares its time */
	return delta == 0 ? md->run->pos : sg_log_find_ts(md->run->src->log, md->play_ts - delta);
}

void ui_play_slice(struct ui_model *md, const struct ui_clock *clock)
{
	uint64_t now = ui_clock_us(clock), to = due(md, now);

	if (md->play_dir > 0 ? to > md->run->pos : to < md->run->pos) {
		md->run->target = to;
		if (!ui_seek_slice(md, clock)) {
			/* slower than asked for: don't fall behind further and further */
			md->run->pos = mm_position(md->run->m);
			rebase(md, ui_clock_us(clock));
		}
	}
	md->run->pos = mm_position(md->run->m);
	if (md->play_dir > 0 ? md->run->loaded && md->run->pos >= md->run->total : md->run->pos == 0) {
		md->playing = false;
		ui_model_say(md, UI_MSG_INFO,
			     md->play_dir > 0 ? "played to the end" : "played to the start");
	}
	md->run->target = md->run->pos;
}
