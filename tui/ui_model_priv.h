/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the files that make up the model. */
#ifndef UI_MODEL_PRIV_H
#define UI_MODEL_PRIV_H

#include "ui_model.h"

/** Time for one part of a slice, microseconds. */
#define UI_SLICE_US 5000

struct ui_clock {
	uint64_t (*now)(void *arg);
	void *arg;
};

static inline uint64_t ui_clock_us(const struct ui_clock *c)
{
	return c->now(c->arg);
}

/** One slice of a search; ends the job or turns it into a seek. */
void ui_find_slice(struct ui_model *md, const struct ui_clock *clock);
/** One slice of playing: moves the target and seeks. */
void ui_play_slice(struct ui_model *md, const struct ui_clock *clock);
/** One slice of a seek towards md->run->target; true when there. */
bool ui_seek_slice(struct ui_model *md, const struct ui_clock *clock);

#endif
