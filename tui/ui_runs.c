// SPDX-License-Identifier: GPL-2.0-only
/* Several runs open at once, and one that stands beside the one that is shown. */
#include "ui_runs.h"

#include <string.h>

#include "ui_scene.h"

static void swap(struct ui_model *md)
{
	struct ui_run *run = md->other;

	md->other = md->run;
	md->run = run;
}

void ui_runs_swap(struct ui_model *md)
{
	char text[UI_TEXT_MAX];

	if (!md->other)
		return;
	if (md->run->job.kind == UI_JOB_FIND)
		md->run->job.kind = UI_JOB_NONE;
	swap(md);
	if (!md->filter)
		return;
	/* its names are the other capture's */
	memcpy(text, md->search, sizeof(text));
	if (ui_model_search(md, text, NULL) < 0)
		ui_model_search(md, "", NULL);
}

void ui_runs_beside(struct ui_model *md, struct ui_run *run)
{
	ui_beside_drop(md); /* it borrows both */
	if (md->other != md->home)
		ui_run_free(md->other);
	md->other = run;
}

void ui_runs_go_home(struct ui_model *md)
{
	if (ui_runs_at_home(md))
		return;
	if (md->other != md->home)
		ui_runs_beside(md, md->home);
	ui_runs_swap(md);
}

void ui_runs_fini(struct ui_model *md)
{
	if (md->home != md->run && md->home != md->other)
		ui_run_free(md->home);
	if (md->other != md->run)
		ui_run_free(md->other);
	ui_run_free(md->run);
	md->run = md->other = md->home = NULL;
}

/* ---- work ------------------------------------------------------------------------- */

/* The other run as if it were the one that is shown; what belongs to the screen comes back as it was. */
struct aside {
	char message[UI_MESSAGE_MAX];
	enum ui_message_kind kind;
	bool fresh, playing;
	unsigned int zone;
	uint64_t cursor_pfn;
	bool cursor_set, block_open;
	int event_scroll, decision_scroll;
};

static void put_aside(struct ui_model *md, struct aside *a)
{
	memcpy(a->message, md->message, sizeof(a->message));
	a->kind = md->message_kind;
	a->fresh = md->message_fresh;
	a->playing = md->playing;
	a->zone = md->zone;
	a->cursor_pfn = md->cursor_pfn;
	a->cursor_set = md->cursor_set;
	a->block_open = md->block_open;
	a->event_scroll = md->event_scroll;
	a->decision_scroll = md->decision_scroll;
	md->playing = false;
	swap(md);
}

static void put_back(struct ui_model *md, const struct aside *a)
{
	swap(md);
	memcpy(md->message, a->message, sizeof(md->message));
	md->message_kind = a->kind;
	md->message_fresh = a->fresh;
	md->playing = a->playing;
	md->zone = a->zone;
	md->cursor_pfn = a->cursor_pfn;
	md->cursor_set = a->cursor_set;
	md->block_open = a->block_open;
	md->event_scroll = a->event_scroll;
	md->decision_scroll = a->decision_scroll;
}

bool ui_runs_busy(const struct ui_model *md)
{
	struct ui_model with;

	if (!md->other)
		return false;
	with = *md;
	with.run = md->other;
	return ui_model_busy(&with);
}

void ui_runs_work(struct ui_model *md, uint64_t (*clock)(void *arg), void *arg)
{
	struct aside a;

	if (!md->other)
		return;
	put_aside(md, &a);
	ui_model_work(md, clock, arg);
	put_back(md, &a);
}

void ui_runs_sync(struct ui_model *md)
{
	struct aside a;

	if (!md->other)
		return;
	put_aside(md, &a);
	ui_model_sync(md);
	put_back(md, &a);
}

/* ---- the same time ------------------------------------------------------------------ */

static uint64_t time_at(const struct ui_run *run, uint64_t pos)
{
	struct sg_cursor cur = { 0 };
	struct sg_event ev;

	return sg_log_get(run->src->log, &cur, pos ? pos : 1, &ev) ? ev.ts : 0;
}

uint64_t ui_run_time(const struct ui_run *run)
{
	return time_at(run, mm_position(run->m));
}

uint64_t ui_run_at_time(const struct ui_run *run, uint64_t ts)
{
	return sg_log_find_ts(run->src->log, ts);
}

/* Where the shown run stands, or goes. */
static uint64_t goal(const struct ui_model *md)
{
	const struct ui_run *run = md->run;

	if (run->job.kind != UI_JOB_SEEK)
		return mm_position(run->m);
	return run->target < run->total ? run->target : run->total;
}

/* Does it wait for the reading to come to a time? */
static bool waits_for_time(const struct ui_run *run)
{
	return run->job.kind == UI_JOB_WAIT && !run->job.share;
}

uint64_t ui_runs_time(const struct ui_model *md)
{
	return waits_for_time(md->run) ? md->run->job.ts : time_at(md->run, goal(md));
}

void ui_runs_same_time(struct ui_model *md)
{
	struct ui_run *o = md->other;
	uint64_t pos = goal(md), ts = ui_runs_time(md);

	if (!o)
		return;
	/* at the start of a run, the other one is there too unless it is known to begin earlier */
	if (pos == 0 && !waits_for_time(md->run) && (!o->loaded || time_at(o, 0) >= ts))
		ts = 0;
	o->target = ts ? ui_run_at_time(o, ts) : 0;
	o->job = o->loaded || !ts ? (struct ui_job){ .kind = UI_JOB_SEEK, .from = o->pos }
				  : (struct ui_job){ .kind = UI_JOB_WAIT, .ts = ts };
}
