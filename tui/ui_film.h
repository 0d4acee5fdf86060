/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The path played back: the screens show at each moment what they showed then.
 * The film's clock runs with the wall clock times the speed, and waits while a
 * position is still being reached.
 */
#ifndef UI_FILM_H
#define UI_FILM_H

#include <stdbool.h>
#include <stdint.h>

#include "ui_path.h"
#include "ui_scene.h"

struct ui_film {
	bool on;        /* the screens show the film */
	bool playing;   /* else it is paused */
	double speed;
	uint64_t us;    /* where in the film, microseconds */
	uint64_t end_ms;
	uint64_t clock_us; /* when us was brought up to date */
	struct ui_path_cursor cur; /* the first step that has not been shown */
	uint64_t pos;              /* of the last one that has been */
	struct ui_scene scene;     /* and all that was on the screen */
};

/** Starts the film of md->path at @us into it; false and a message when there is none. */
bool ui_film_start(struct ui_model *md, uint64_t us, uint64_t now_us);
/** Leaves it; md->film.us stays, to come back to. */
void ui_film_leave(struct ui_model *md);
/** Plays, or pauses; from the start again when it is at its end. */
void ui_film_play(struct ui_model *md, bool on, uint64_t now_us);
/** @steps faster (> 0) or slower, to the next of 0.1 0.2 0.5 1 2 5 ... */
void ui_film_speed(struct ui_model *md, int steps, uint64_t now_us);
/** @us forwards or backwards in the film. */
void ui_film_skip(struct ui_model *md, int64_t us, uint64_t now_us);
/** Shows what is due; true when the screen has to be drawn. */
bool ui_film_tick(struct ui_model *md, uint64_t now_us);

#endif
