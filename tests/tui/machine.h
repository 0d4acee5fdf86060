/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small machine for the tests of the screens, made by hand: two zones, a
 * snapshot that knows every page, and a few hundred events of each kind that the
 * screens treat in a way of their own.  Always the same.
 */
#ifndef MACHINE_H
#define MACHINE_H

#include "mm.h"
#include "ui.h"

struct machine {
	struct sg_capture cap;
	struct sg_snapshot snap;
	struct mm_config cfg;
	struct sg_log *log;
	struct sg_event *ev; /* not yet handed over, nr of them */
	size_t nr, at;
	uint64_t step; /* events that one more() hands over at most, 0: as many as asked for */
	struct ui_source src;
};

/** Makes it; it must not be moved.  Aborts when memory runs out. */
void machine_init(struct machine *m);
/** Adds limits: a CPU that was not recorded, and lost events. */
void machine_limits(struct machine *m);
/** Its events are those of a simulated run. */
void machine_simulated(struct machine *m);
/** Its events are those of a run of the same demand under another policy, that parts from the first in four requests. */
void machine_other(struct machine *m);
void machine_fini(struct machine *m);

#define MACHINE_EVENTS 424

#endif
