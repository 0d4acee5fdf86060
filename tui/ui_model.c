// SPDX-License-Identifier: GPL-2.0-only
/* Position, reading and selection. */
#include "ui_model.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/layout.h"
#include "ui_model_priv.h"
#include "ui_runs.h"
#include "ui_theme.h"

/* Events between two looks at the clock: a small part of a slice even where each is expensive. */
#define LOAD_CHUNK 4096
#define SEEK_CHUNK 512
#define MARK_CHUNK 16384

/* Machine and timeline of @run, with the zones that the log tells of now. */
static int new_timeline(struct ui_run *run, struct sg_err *err)
{
	struct mm_layout *layout = mm_layout_new(sg_log_layout(run->src->log), run->cap);
	struct mm_config cfg = run->cfg;
	struct mm_timeline *tl;

	cfg.max_order_hint = sg_log_max_order(run->src->log);
	cfg.layout = layout;
	if (!layout)
		return sg_fail(err, SG_E_NOMEM, "out of memory for the zones");
	tl = mm_timeline_new(&cfg, run->src->log, run->src->memory, err);
	if (!tl) {
		mm_layout_free(layout);
		return err && err->code < 0 ? err->code : SG_E_NOMEM;
	}
	ui_decide_drop(run); /* its machines have the old zones, and its keyframes are the timeline's */
	mm_timeline_free(run->tl);
	mm_layout_free(run->layout);
	run->cfg = cfg;
	run->layout = layout;
	run->busy_total = UINT64_MAX;
	run->layout_sections = sg_log_layout(run->src->log)->nr_sections;
	run->tl = tl;
	run->m = mm_timeline_machine(tl);
	run->prepared = false;
	return 0;
}

int ui_run_new(const struct ui_source *src, struct ui_run **ret, struct sg_err *err)
{
	struct ui_run *run = calloc(1, sizeof(*run));
	int r;

	if (!run)
		return sg_fail(err, SG_E_NOMEM, "out of memory for a run");
	run->src = src;
	run->cap = src->cap;
	run->cfg = *src->cfg;
	run->page_shift = src->cap->page_size ? (unsigned int)__builtin_ctz(src->cap->page_size) : 12;
	r = new_timeline(run, err);
	if (r < 0) {
		run->src = NULL; /* stays the caller's */
		ui_run_free(run);
		return r;
	}
	*ret = run;
	return 0;
}

void ui_run_free(struct ui_run *run)
{
	if (!run)
		return;
	ui_marks_fini(&run->marks);
	ui_markers_fini(&run->markers);
	ui_decide_drop(run);
	mm_timeline_free(run->tl);
	mm_layout_free(run->layout);
	if (run->src && run->src->release)
		run->src->release(run->src);
	free(run);
}

int ui_model_init(struct ui_model *md, const struct ui_source *src, struct sg_err *err)
{
	int r;

	*md = (struct ui_model){
		.frame_events = 1000,
		.play_dir = 1,
		.speed = 9,
		.zoom_fit = true,
		.film = { .speed = 1 },
	};
	r = ui_run_new(src, &md->run, err);
	if (r < 0)
		return r;
	md->home = md->run;
	md->beside.at = MM_PART_NONE;
	ui_model_sync(md);
	return 0;
}

void ui_model_fini(struct ui_model *md)
{
	sg_filter_free(md->filter);
	md->filter = NULL;
	for (unsigned int i = 0; i < UI_NR_SEARCHES; i++) {
		free(md->searches[i]);
		md->searches[i] = NULL;
	}
	ui_path_fini(&md->path);
	ui_beside_fini(md);
	ui_runs_fini(md);
}

void ui_model_say(struct ui_model *md, enum ui_message_kind kind, const char *fmt, ...)
{
	char raw[sizeof(md->message)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	sg_clean(md->message, sizeof(md->message), raw, strlen(raw));
	md->message_kind = kind;
	md->message_fresh = true;
}

/*
 * Without a snapshot the zones follow from the pages that events name, and the orders may from the highest one: make
 * the machine anew when the reading has found many more, and once at its end.
 */
static void grow_machine(struct ui_model *md)
{
	const struct sg_layout *seen = sg_log_layout(md->run->src->log);
	uint64_t pos = mm_position(md->run->m);
	struct sg_err err = { 0 };

	if (mm_zones_named(&md->run->cfg))
		return;
	if (!md->run->loaded && seen->nr_sections / 2 < md->run->layout_sections)
		return;
	if (md->run->loaded) {
		struct mm_layout *now = mm_layout_new(seen, md->run->cap);
		bool same = now && mm_layout_equal(now, md->run->layout) &&
			    sg_log_max_order(md->run->src->log) <= md->run->cfg.max_order_hint;

		mm_layout_free(now);
		if (same)
			return;
	}
	if (new_timeline(md->run, &err) < 0) {
		ui_model_say(md, UI_MSG_WARN, "%s",
			     err.text[0] ? err.text : "out of memory for a larger machine");
		return;
	}
	if (md->run->job.kind == UI_JOB_NONE && pos > 0) {
		md->run->target = pos;
		md->run->job = (struct ui_job){ .kind = UI_JOB_SEEK };
	}
}

static void load_slice(struct ui_model *md, const struct ui_clock *clock)
{
	uint64_t start = ui_clock_us(clock);
	int n;

	do
		n = md->run->src->more(md->run->src->arg, LOAD_CHUNK);
	while (n > 0 && ui_clock_us(clock) - start < UI_SLICE_US);
	md->run->total = sg_log_count(md->run->src->log);
	md->run->progress = md->run->src->progress ? md->run->src->progress(md->run->src->arg) : 0;
	if (n <= 0) {
		md->run->loaded = true;
		if (n < 0)
			ui_model_say(md, UI_MSG_WARN, "reading stopped at event %" PRIu64 ": %s",
				     md->run->total,
				     n == SG_E_NOMEM ? "out of memory"
						     : "the file can't be read further");
	}
	grow_machine(md);
}

/* Keyframes from another time: all seeks are quicker with them, so they come first. */
static void kept_slice(struct ui_model *md, const struct ui_clock *clock)
{
	uint64_t start = ui_clock_us(clock);
	bool more;

	do
		more = md->run->src->keyframes && md->run->src->keyframes(md->run->src->arg, md->run->tl);
	while (more && ui_clock_us(clock) - start < UI_SLICE_US);
	md->run->kept = !more;
}

/* While the file is read its markers can wait. */
static void markers_slice(struct ui_model *md, const struct ui_clock *clock)
{
	uint64_t start = ui_clock_us(clock);

	while (ui_markers_collect(&md->run->markers, md->run->src->log, MARK_CHUNK) &&
	       ui_clock_us(clock) - start < UI_SLICE_US)
		;
}

bool ui_seek_slice(struct ui_model *md, const struct ui_clock *clock)
{
	uint64_t goal = md->run->target < md->run->total ? md->run->target : md->run->total;
	uint64_t start = ui_clock_us(clock);
	bool there;

	do
		there = mm_timeline_seek_slice(md->run->tl, goal, SEEK_CHUNK);
	while (!there && ui_clock_us(clock) - start < UI_SLICE_US);
	md->run->m = mm_timeline_machine(md->run->tl);
	return there && (goal == md->run->target || md->run->loaded);
}

/* Goes on once the place that is waited for has been read. */
static void wait_slice(struct ui_model *md)
{
	struct sg_cursor cur = { 0 };
	struct sg_event ev;
	uint64_t milli = md->run->job.milli;

	if (md->run->job.share) {
		if (md->run->loaded)
			ui_model_seek(md, md->run->total / 100000 * milli +
						  md->run->total % 100000 * milli / 100000);
		return;
	}
	if (md->run->loaded || (sg_log_get(md->run->src->log, &cur, md->run->total, &ev) && ev.ts > md->run->job.ts))
		ui_model_seek(md, sg_log_find_ts(md->run->src->log, md->run->job.ts));
}

/* Runs ahead, so that any jump finds a keyframe near. */
static void prepare_slice(struct ui_model *md, const struct ui_clock *clock)
{
	uint64_t start = ui_clock_us(clock);
	bool more;

	do
		more = mm_timeline_prepare(md->run->tl, SEEK_CHUNK);
	while (more && ui_clock_us(clock) - start < UI_SLICE_US);
	md->run->prepared = !more;
}

/* What the source wants to do once all is known. */
static void idle_slice(struct ui_model *md)
{
	struct sg_err err = { 0 };
	int r = md->run->src->idle ? md->run->src->idle(md->run->src->arg, md->run->tl, md->run->prepared, &err) : 0;

	if (r < 0 && err.text[0])
		ui_model_say(md, UI_MSG_INFO, "%s", err.text);
	md->run->idle_done = r <= 0;
}

bool ui_model_busy(const struct ui_model *md)
{
	return !md->run->loaded || !md->run->kept || md->run->job.kind != UI_JOB_NONE || ui_markers_pending(&md->run->markers, md->run->src->log) ||
	       !md->run->prepared || ui_decide_busy(md) || !md->run->idle_done;
}

void ui_model_work(struct ui_model *md, uint64_t (*clock)(void *arg), void *arg)
{
	const struct ui_clock c = { clock, arg };

	if (md->run->loaded && !md->run->kept) {
		kept_slice(md, &c);
		return;
	}
	if (md->run->job.kind == UI_JOB_WAIT)
		wait_slice(md);
	if (md->run->job.kind == UI_JOB_SEEK) {
		if (ui_seek_slice(md, &c)) {
			if (md->run->target > md->run->total && md->run->target != UINT64_MAX)
				ui_model_say(md, UI_MSG_WARN,
					     "there is no event %" PRIu64 ": this is the last one",
					     md->run->target);
			md->run->job.kind = UI_JOB_NONE;
			md->run->target = mm_position(md->run->m);
		}
	} else if (md->run->job.kind == UI_JOB_FIND) {
		ui_find_slice(md, &c);
	} else if (md->playing) {
		ui_play_slice(md, &c);
	}
	if (!md->run->loaded)
		load_slice(md, &c);
	else
		markers_slice(md, &c);
	if (md->run->job.kind != UI_JOB_NONE)
		return;
	if (md->run->loaded && !md->run->prepared && !ui_decide_prepares(md))
		prepare_slice(md, &c);
	if (md->run->loaded && !md->run->idle_done)
		idle_slice(md);
	ui_decide_work(md, &c);
}

static void sync_event(struct ui_model *md)
{
	struct sg_cursor cur = { 0 };
	struct sg_event ev;

	md->run->have_event = false;
	md->run->first_ts = md->run->last_ts = md->run->prev_ts = 0;
	md->run->total = sg_log_count(md->run->src->log);
	if (md->run->total == 0)
		return;
	if (sg_log_get(md->run->src->log, &cur, 1, &ev))
		md->run->first_ts = ev.ts;
	if (sg_log_get(md->run->src->log, &cur, md->run->total, &ev))
		md->run->last_ts = ev.ts;
	md->run->prev_ts = md->run->first_ts;
	if (md->run->pos > 1 && sg_log_get(md->run->src->log, &cur, md->run->pos - 1, &ev))
		md->run->prev_ts = ev.ts;
	if (md->run->pos > 0)
		md->run->have_event = sg_log_get(md->run->src->log, &cur, md->run->pos, &md->run->ev);
}

void ui_model_sync(struct ui_model *md)
{
	uint64_t pos = mm_position(md->run->m);

	if (pos != md->run->pos)
		md->event_scroll = md->decision_scroll = 0;
	md->run->pos = pos;
	ui_decide_sync(md);
	sync_event(md);
	ui_where(&md->run->markers, &md->run->marks, md->run->src->log, pos, md->run->where);
	md->run->trail_from = md->run->pos ? md->run->pos - 1 : 0;
	if (md->trail_on && md->frame_events)
		md->run->trail_from = md->run->pos > md->frame_events ? md->run->pos - md->frame_events : 0;
	else if (md->trail_on && md->run->have_event)
		md->run->trail_from = sg_log_find_ts(
			md->run->src->log, md->run->ev.ts > md->frame_ns ? md->run->ev.ts - md->frame_ns : 0);
	md->run->nr_zones = mm_nr_zones(md->run->m);
	if (md->follow)
		ui_model_cursor_to_change(md);
	if (md->zone >= md->run->nr_zones)
		md->zone = 0;
	if (md->run->nr_zones == 0) {
		md->run->zi = (struct mm_zone_info){ 0 };
		md->cursor_pfn = 0;
		return;
	}
	if (!md->cursor_set && md->run->busy_total != md->run->total) {
		/* the zone where something happens is the one that people come for; the largest while nothing does */
		uint64_t best = 0, most = 0;

		md->run->busy_total = md->run->total;
		for (unsigned int i = 0; i < md->run->nr_zones; i++) {
			struct mm_zone_info zi;
			uint64_t events;

			mm_zone_get(md->run->m, i, &zi);
			events = sg_layout_events(sg_log_layout(md->run->src->log), zi.start_pfn, zi.end_pfn);
			if (events > most || (events == most && zi.span > best)) {
				most = events;
				best = zi.span;
				md->zone = i;
			}
		}
	}
	mm_zone_get(md->run->m, md->zone, &md->run->zi);
	if (md->cursor_pfn < md->run->zi.start_pfn || md->cursor_pfn >= md->run->zi.end_pfn)
		md->cursor_pfn = md->run->zi.start_pfn;
}

void ui_model_seek(struct ui_model *md, uint64_t pos)
{
	if (md->run->loaded && pos > md->run->total)
		pos = md->run->total;
	md->run->target = pos;
	md->run->job = (struct ui_job){ .kind = UI_JOB_SEEK, .from = md->run->pos };
	md->trail_on = false;
}

void ui_model_step(struct ui_model *md, int dir, uint64_t n)
{
	uint64_t from = md->run->job.kind == UI_JOB_SEEK ? md->run->target : md->run->pos;

	if (from > md->run->total)
		from = md->run->total;
	if (dir < 0) {
		if (from == 0)
			ui_model_say(md, UI_MSG_INFO, "this is the start");
		ui_model_seek(md, from > n ? from - n : 0);
		return;
	}
	if (from == md->run->total)
		ui_model_say(md, UI_MSG_INFO,
			     md->run->loaded ? "this is the end" : "this is as far as the file is read");
	ui_model_seek(md, md->run->total - from > n ? from + n : md->run->total);
}

void ui_model_frame(struct ui_model *md, int dir, uint64_t n)
{
	struct sg_cursor cur = { 0 };
	struct sg_event ev = { 0 };
	uint64_t from = md->run->job.kind == UI_JOB_SEEK ? md->run->target : md->run->pos, to, span, ts;

	if (md->frame_events) {
		if (__builtin_mul_overflow(md->frame_events, n, &span))
			span = UINT64_MAX;
		ui_model_step(md, dir, span);
		md->trail_on = true;
		return;
	}
	if (__builtin_mul_overflow(md->frame_ns, n, &span))
		span = UINT64_MAX;
	if (from > md->run->total)
		from = md->run->total;
	ts = from && sg_log_get(md->run->src->log, &cur, from, &ev) ? ev.ts : md->run->first_ts;
	if (dir > 0)
		to = sg_log_find_ts(md->run->src->log, ts + span < ts ? UINT64_MAX : ts + span);
	else
		to = ts < span ? 0 : sg_log_find_ts(md->run->src->log, ts - span);
	/* a frame in which nothing happens still moves on */
	if (dir > 0 ? to <= from : to >= from) {
		ui_model_step(md, dir, 1);
	} else {
		ui_model_seek(md, to);
	}
	md->trail_on = true;
}

bool ui_model_stop(struct ui_model *md)
{
	bool any = md->playing || md->run->job.kind != UI_JOB_NONE;

	if (md->run->job.kind != UI_JOB_NONE)
		ui_model_say(md, UI_MSG_INFO,
			     md->run->job.kind == UI_JOB_FIND ? "search stopped" : "stopped here");
	md->playing = false;
	md->run->job.kind = UI_JOB_NONE;
	md->run->target = mm_position(md->run->m);
	return any;
}

void ui_model_zone(struct ui_model *md, unsigned int zone)
{
	if (zone >= md->run->nr_zones)
		return;
	md->zone = zone;
	md->cursor_set = true;
	mm_zone_get(md->run->m, zone, &md->run->zi);
	if (md->cursor_pfn < md->run->zi.start_pfn || md->cursor_pfn >= md->run->zi.end_pfn) {
		md->cursor_pfn = md->run->zi.start_pfn;
		md->block_open = false;
	}
}

bool ui_model_cursor(struct ui_model *md, uint64_t pfn)
{
	int zone = mm_zone_of(md->run->m, pfn);

	if (zone < 0)
		return false;
	md->cursor_pfn = pfn;
	ui_model_zone(md, (unsigned int)zone);
	return true;
}

bool ui_model_cursor_to_change(struct ui_model *md)
{
	size_t nr = 0, total = 0;
	const struct mm_change *ch = mm_changes(md->run->m, &nr, &total);

	for (size_t i = 0; i < nr; i++)
		if (ui_model_cursor(md, ch[i].pfn))
			return true;
	return false;
}

bool ui_model_changed(const struct ui_model *md, uint64_t pfn, uint64_t nr_pages)
{
	size_t nr = 0, total = 0;
	const struct mm_change *ch = mm_changes(md->run->m, &nr, &total);

	for (size_t i = 0; i < nr; i++)
		if (ch[i].pfn < pfn + nr_pages && pfn < ch[i].pfn + ch[i].nr)
			return true;
	return false;
}

const char *ui_mt_name(const struct ui_model *md, unsigned int mt)
{
	if (mt >= SG_MAX_MIGRATETYPES || mt >= md->run->cap->nr_migratetypes ||
	    !md->run->cap->migratetype[mt][0])
		return "unknown";
	return md->run->cap->migratetype[mt];
}

int ui_mt_role(const struct ui_model *md, unsigned int mt)
{
	if (mt >= SG_MAX_MIGRATETYPES || mt >= md->run->cap->nr_migratetypes)
		return UI_ROLE_UNKNOWN;
	return (int)ui_theme_migratetype(md->run->cap->migratetype[mt]);
}

char ui_mt_letter(const struct ui_model *md, unsigned int mt)
{
	char c;

	if (mt >= SG_MAX_MIGRATETYPES || mt >= md->run->cap->nr_migratetypes)
		return '?';
	c = md->run->cap->migratetype[mt][0];
	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	return c >= 'A' && c <= 'Z' ? c : (char)('0' + mt);
}

uint64_t ui_model_contradictions(const struct ui_model *md)
{
	uint64_t n = 0;

	for (int c = 0; c < MM_CONTRA_COUNT; c++)
		if (c != MM_CONTRA_SNAPSHOT_RACE)
			n += mm_contra_count(md->run->m, (enum mm_contra)c);
	return n;
}

int ui_model_hiding(const struct ui_model *md)
{
	int id = sg_limits_hiding(&md->run->cap->limits, md->run->pos);

	return id < 0 && md->run->cfg.limits ? sg_limits_hiding(md->run->cfg.limits, md->run->pos) : id;
}

bool ui_model_free_known(const struct ui_model *md)
{
	return (md->run->zi.list_known || md->run->zi.nr_unknown == 0) && ui_model_hiding(md) < 0 &&
	       !sg_limits_touch(&md->run->cap->limits, SG_LIMIT_SNAPSHOT_STALE, md->run->pos);
}
