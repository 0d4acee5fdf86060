// SPDX-License-Identifier: GPL-2.0-only
/* Two runs in step: who follows whom where, and what is worked out of both. */
#include "ui_beside.h"

#include <inttypes.h>
#include <string.h>

#include "ui_model_priv.h"
#include "ui_runs.h"

#define PART_CHUNK 2000

/* ---- who is who --------------------------------------------------------------------------- */

unsigned int ui_beside_side(const struct ui_model *md)
{
	return md->beside.of[1] == md->run;
}

struct ui_run *ui_beside_run(const struct ui_model *md, unsigned int side)
{
	return ui_beside_side(md) == side ? md->run : md->other;
}

void ui_beside_drop(struct ui_model *md)
{
	struct ui_beside *b = &md->beside;

	mm_part_free(b->part);
	b->part = NULL;
	b->part_failed = b->count_failed = false;
	b->of[0] = b->of[1] = b->leader = NULL;
	b->at = MM_PART_NONE;
	b->followed = 0;
	ui_ensemble_drop(&b->more, md);
	for (unsigned int i = 0; i < 3; i++) {
		mm_count_free(b->count[i]);
		b->count[i] = NULL;
	}
}

void ui_beside_fini(struct ui_model *md)
{
	ui_beside_drop(md);
	md->beside.on = false;
}

/* Are both still those that were looked at? */
static bool same_two(const struct ui_model *md)
{
	const struct ui_beside *b = &md->beside;

	return (b->of[0] == md->run && b->of[1] == md->other) || (b->of[1] == md->run && b->of[0] == md->other);
}

bool ui_beside_toggle(struct ui_model *md)
{
	struct ui_beside *b = &md->beside;

	if (b->on) {
		b->on = false;
		md->decision_scroll = 0;
		return true;
	}
	if (!md->other) {
		ui_model_say(md, UI_MSG_INFO, "there is no second run to put beside this one: stormglass FILE --beside RUN.sgs opens two");
		return false;
	}
	if (md->run->cap->still || md->other->cap->still) {
		ui_model_say(md, UI_MSG_WARN, "dumps have no events, so there is no run to put side by side");
		return false;
	}
	if (!same_two(md)) {
		ui_beside_drop(md);
		/* what the screens were opened with is A, on the left */
		b->of[0] = md->other == md->home ? md->other : md->run;
		b->of[1] = md->other == md->home ? md->run : md->other;
	}
	b->on = true;
	b->followed = 0;
	return true;
}

/* ---- drawing one of them ---------------------------------------------------------------------- */

static bool same_zone(const struct mm_zone_info *a, const struct mm_zone_info *b)
{
	return a->node == b->node && strcmp(a->name, b->name) == 0;
}

bool ui_beside_model(const struct ui_model *md, unsigned int side, struct ui_model *ret)
{
	struct ui_run *run = ui_beside_run(md, side);
	const struct mm_zone_info want = md->run->zi;

	*ret = *md;
	ret->side = (char)('A' + side);
	if (run == md->run)
		return true;
	ret->run = run;
	ret->follow = false;
	run->nr_zones = mm_nr_zones(run->m);
	for (unsigned int i = 0; i < run->nr_zones; i++) {
		mm_zone_get(run->m, i, &run->zi);
		if (!same_zone(&run->zi, &want))
			continue;
		ret->zone = i;
		if (ret->cursor_pfn < run->zi.start_pfn || ret->cursor_pfn >= run->zi.end_pfn)
			ret->cursor_pfn = run->zi.start_pfn;
		return true;
	}
	return false;
}

/* ---- in step ------------------------------------------------------------------------------------ */

/* Where the run goes, or stands. */
static uint64_t goal(const struct ui_run *run)
{
	uint64_t to = run->job.kind == UI_JOB_SEEK ? run->target : mm_position(run->m);

	return to < run->total ? to : run->total;
}

static void send_to(struct ui_run *run, uint64_t pos)
{
	if (run->job.kind == UI_JOB_NONE && mm_position(run->m) == pos)
		return;
	run->target = pos;
	run->job = (struct ui_job){ .kind = UI_JOB_SEEK, .from = run->pos };
}

void ui_beside_follow(struct ui_model *md)
{
	struct ui_beside *b = &md->beside;
	unsigned int side = ui_beside_side(md);
	uint64_t to;

	if (!b->on || !md->other || !md->run->loaded || !md->other->loaded ||
	    (md->run->job.kind != UI_JOB_NONE && md->run->job.kind != UI_JOB_SEEK))
		return;
	to = goal(md->run);
	if (b->followed == to + 1 && b->leader == md->run)
		return;
	if (b->part && mm_part_done(b->part)) {
		b->followed = to + 1;
		b->leader = md->run;
		if (b->at != MM_PART_NONE && b->at_pos[side] == to) {
			send_to(md->other, b->at_pos[1 - side]);
			return;
		}
		b->at = MM_PART_NONE;
		send_to(md->other, mm_part_in_step(b->part, side, to, b->by_time));
	}
}

void ui_beside_step_by(struct ui_model *md)
{
	md->beside.by_time = !md->beside.by_time;
	md->beside.followed = 0;
	md->beside.at = MM_PART_NONE;
	ui_model_say(md, UI_MSG_INFO, md->beside.by_time ? "in step by time: the other run is where it was at the same time" :
		     "in step by demand: the other run is behind the same request");
}

void ui_beside_lead(struct ui_model *md)
{
	if (!md->other)
		return;
	md->playing = false;
	ui_runs_swap(md);
	/* both stay where they are until the one that leads now moves */
	md->beside.followed = goal(md->run) + 1;
	md->beside.leader = md->run;
	ui_model_say(md, UI_MSG_INFO, "run %c leads, %c follows", 'A' + (int)ui_beside_side(md), 'B' - (int)ui_beside_side(md));
}

/* ---- partings ------------------------------------------------------------------------------------- */

static bool decides(const struct ui_run *run, uint64_t event)
{
	const struct ui_decide *dec = &run->dec;
	struct mm_decide_ref ref;

	return dec->d && (dec->progress.done || dec->progress.events > event) &&
	       mm_decide_get(dec->d, mm_decide_lower(dec->d, event), &ref) && ref.event == event;
}

/*
 * Where a run shows what it did: of a request that stalled, where all of its steps are told, its end; else the first event
 * that tells how it came by its page.  Where there is no decision at the one, there may be one at the other.
 */
static uint64_t shows(const struct ui_run *run, const struct mm_part *part, unsigned int side, const struct mm_parting *x)
{
	struct mm_part_ask a;

	if (x->ask[side] == MM_PART_NONE)
		return x->at[side];
	mm_part_ask(part, side, x->ask[side], &a);
	if (a.ns && decides(run, a.event))
		return a.event;
	return decides(run, a.tells) ? a.tells : a.event;
}

static void go_to(struct ui_model *md, uint32_t i)
{
	struct ui_beside *b = &md->beside;
	unsigned int side = ui_beside_side(md);
	struct mm_parting x;

	if (!mm_part_get(b->part, i, &x))
		return;
	b->at = i;
	for (unsigned int k = 0; k < 2; k++)
		b->at_pos[k] = shows(ui_beside_run(md, k), b->part, k, &x);
	md->playing = false;
	md->run->before_jump = md->run->pos;
	ui_model_seek(md, b->at_pos[side]);
	send_to(md->other, b->at_pos[1 - side]);
	b->followed = b->at_pos[side] + 1;
	b->leader = md->run;
}

static bool wanted(const struct ui_beside *b, const struct mm_parting *x)
{
	return !b->kinds || (x->kinds & b->kinds);
}

/* The next one of those that are wanted, behind or before @pos; MM_PART_NONE. */
static uint32_t next_wanted(const struct ui_beside *b, unsigned int side, uint64_t pos, int dir)
{
	struct mm_parting x;
	uint32_t i;

	for (;;) {
		i = mm_part_find(b->part, side, pos, dir);
		if (i == MM_PART_NONE || !mm_part_get(b->part, i, &x) || wanted(b, &x))
			return i;
		pos = x.at[side];
	}
}

/* The @n-th from here on, or as many as there are. */
static uint32_t along(const struct ui_model *md, int dir, uint64_t n)
{
	const struct ui_beside *b = &md->beside;
	unsigned int side = ui_beside_side(md);
	uint32_t found = MM_PART_NONE, i;
	uint64_t pos = goal(md->run);
	struct mm_parting x;

	/* one may stand at what tells of a request, before its end */
	if (b->at != MM_PART_NONE && b->at_pos[side] == pos && mm_part_get(b->part, b->at, &x))
		pos = x.at[side];
	for (; n; n--) {
		i = next_wanted(b, side, pos, dir);
		if (i == MM_PART_NONE)
			break;
		found = i;
		mm_part_get(b->part, i, &x);
		pos = x.at[side];
	}
	return found;
}

/* The one that weighs most, or with @first the first. */
static uint32_t of_all(const struct ui_beside *b, unsigned int side, bool first)
{
	uint32_t best = MM_PART_NONE;
	struct mm_parting x, most = { 0 };

	for (uint32_t i = 0; mm_part_get(b->part, i, &x); i++)
		if (wanted(b, &x) && (best == MM_PART_NONE || (first ? x.at[side] < most.at[side] : x.weight > most.weight))) {
			best = i;
			most = x;
		}
	return best;
}

void ui_beside_go(struct ui_model *md, enum ui_beside_go where, uint64_t n)
{
	struct ui_beside *b = &md->beside;
	const char *only = b->kinds ? mm_part_key((enum mm_part_kind)__builtin_ctz(b->kinds)) : "";
	uint32_t i;

	if (!b->on) {
		ui_model_say(md, UI_MSG_INFO, "c puts two runs side by side; then this key goes to where they part");
		return;
	}
	if (!b->part || !mm_part_done(b->part)) {
		ui_model_say(md, UI_MSG_WARN, b->part_failed ? "there is no memory for where the two runs part" :
			     "the requests of both runs are still being laid beside each other");
		return;
	}
	if (!mm_part_count(b->part)) {
		ui_model_say(md, UI_MSG_INFO, "the two runs part nowhere: each request that both have was answered alike");
		return;
	}
	if (where == UI_PART_FIRST || where == UI_PART_MOST)
		i = of_all(b, ui_beside_side(md), where == UI_PART_FIRST);
	else
		i = along(md, where == UI_PART_NEXT ? 1 : -1, n);
	if (i != MM_PART_NONE)
		go_to(md, i);
	else if (where == UI_PART_FIRST || where == UI_PART_MOST)
		ui_model_say(md, UI_MSG_INFO, "there is no parting of the kind %s", only);
	else
		ui_model_say(md, UI_MSG_INFO, "no parting %s%s%s this one", only, *only ? " " : "", where == UI_PART_NEXT ? "after" : "before");
}

bool ui_beside_kind(struct ui_model *md, const char *name)
{
	struct ui_beside *b = &md->beside;

	if (strcmp(name, "all") == 0) {
		b->kinds = 0;
		ui_model_say(md, UI_MSG_INFO, "a, A, ( and ) go to all partings");
		return true;
	}
	for (unsigned int k = 0; k < MM_PART_COUNT; k++) {
		if (strcmp(mm_part_key((enum mm_part_kind)k), name) != 0)
			continue;
		b->kinds = 1u << k;
		ui_model_say(md, UI_MSG_INFO, "a, A, ( and ) go to %s: %s", name, mm_part_text((enum mm_part_kind)k));
		return true;
	}
	return false;
}

/* ---- work ---------------------------------------------------------------------------------------------- */

static bool part_pending(const struct ui_model *md)
{
	const struct ui_beside *b = &md->beside;

	return !b->part_failed && (!b->part || !mm_part_done(b->part));
}

bool ui_beside_busy(const struct ui_model *md)
{
	const struct ui_beside *b = &md->beside;

	return b->on && md->other && md->run->loaded && md->other->loaded && (part_pending(md) || ui_beside_count_pending(md));
}

static void part_slice(struct ui_model *md, const struct ui_clock *clock)
{
	struct ui_beside *b = &md->beside;
	uint64_t start = ui_clock_us(clock);

	if (!b->part) {
		struct mm_part_run run[2];

		for (unsigned int k = 0; k < 2; k++) {
			const struct ui_run *r = ui_beside_run(md, k);

			run[k] = (struct mm_part_run){ r->src->log, r->cap, r->m };
		}
		b->part = mm_part_new(run);
	}
	while (b->part && mm_part_work(b->part, PART_CHUNK) && ui_clock_us(clock) - start < UI_SLICE_US)
		;
	b->part_failed = !b->part || mm_part_failed(b->part);
}

void ui_beside_work(struct ui_model *md, const struct ui_clock *clock)
{
	struct ui_beside *b = &md->beside;

	if (!b->on)
		return;
	if (!md->other) {
		ui_beside_fini(md);
		return;
	}
	if (!same_two(md)) {
		ui_beside_drop(md);
		b->on = false;
		ui_beside_toggle(md);
	}
	if (!md->run->loaded || !md->other->loaded)
		return;
	if (part_pending(md))
		part_slice(md, clock);
	else if (md->run->job.kind == UI_JOB_NONE && md->other->job.kind == UI_JOB_NONE)
		ui_beside_count_slice(md, clock);
	ui_beside_follow(md);
}
