/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Several runs open at once: the one that the screens were opened with (md->home), the one that is shown (md->run), and one
 * that stands beside it (md->other).  All that depends on a run is in struct ui_run, and all that shows or moves one asks
 * md->run: so a function is put to the other run by ui_runs_swap() before it and after it, which costs next to nothing, or
 * with a copy of the model in which only md.run is another one, for what draws.
 */
#ifndef UI_RUNS_H
#define UI_RUNS_H

#include "ui_model.h"

/**
 * ui_run_new() - open a run at its start
 * @src: borrowed until ui_run_free()
 * @ret: untouched on failure
 * Errors: SG_E_NOMEM, and what mm_timeline_new() says
 */
int ui_run_new(const struct ui_source *src, struct ui_run **ret, struct sg_err *err);
/** Frees it; NULL is fine. */
void ui_run_free(struct ui_run *run);

/** What is shown and what stands beside it change places; without another one nothing happens. */
void ui_runs_swap(struct ui_model *md);
/**
 * ui_runs_beside() - from now on @run stands beside the one that is shown
 * @run: from then on the model's; NULL: none.  The one that stood there is freed, unless it is what the screens were opened
 *	 with: that one is kept in md->home.
 */
void ui_runs_beside(struct ui_model *md, struct ui_run *run);
/** Shows what the screens were opened with; the run that was shown stands beside it then. */
void ui_runs_go_home(struct ui_model *md);
/** Is what is shown what the screens were opened with? */
static inline bool ui_runs_at_home(const struct ui_model *md)
{
	return md->run == md->home;
}
void ui_runs_fini(struct ui_model *md);

/** True while the other run has something to do: reading, seeking, preparing jumps, looking for decisions. */
bool ui_runs_busy(const struct ui_model *md);
/** One slice of it: ui_model_work() for the other run.  What it says goes nowhere. */
void ui_runs_work(struct ui_model *md, uint64_t (*clock)(void *arg), void *arg);
/** Brings what the other run derives from its position up to date. */
void ui_runs_sync(struct ui_model *md);

/**
 * ui_run_time() - the time at which a run stands, in the capture's clock
 * Simulated runs have that clock too, and begin where the capture's part that they repeat begins.
 * Return: the time of the event at its position; of its first one at the start; 0 without events
 */
uint64_t ui_run_time(const struct ui_run *run);
/** Position in @run at time @ts: behind the last event up to then, as far as it is read. */
uint64_t ui_run_at_time(const struct ui_run *run, uint64_t ts);
/** The time at which the shown run stands, or goes: its target. */
uint64_t ui_runs_time(const struct ui_model *md);
/** Sends the other run to the time at which the shown one stands or goes. */
void ui_runs_same_time(struct ui_model *md);

#endif
