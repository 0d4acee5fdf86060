// SPDX-License-Identifier: GPL-2.0-only
/* Opens a capture for a command, reads its events, makes its machine. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "machine/layout.h"
#include "sg_mem.h"
#include "time/image.h"

#define BATCH 512u

static const struct sg_snapshot *snapshot(const struct cmd_source *src, const char *name)
{
	return src->ss ? ss_snapshot(src->ss, name) : tr_snapshot(src->tc, name);
}

/* The snapshots that may seed a machine, and the markers that place them (samples/README.md). */
static void add_seeds(struct cmd_source *src)
{
	if (src->cap->still) {
		src->cfg.seed[src->cfg.nr_seeds++] = (struct mm_seed){ .snap = tr_still(src->tc) };
		return;
	}
	const struct sg_snapshot *before = snapshot(src, "before");
	const struct sg_snapshot *start = snapshot(src, "in-start");
	struct mm_config *cfg = &src->cfg;

	if (before)
		cfg->seed[cfg->nr_seeds++] = (struct mm_seed){ .snap = before };
	if (start)
		cfg->seed[cfg->nr_seeds++] = (struct mm_seed){
			.snap = start,
			.marker = "snapshot-begin",
			.marker_end = "snapshot-begin-done",
		};
}

/* Of a simulated run, its state at the start.  Where that is damaged the snapshot stands for it, and verify says so. */
static int add_start(struct cmd_source *src, struct sg_err *err)
{
	struct sg_err why;
	size_t len;
	int r = src->ss && src->cap->simulated ? ss_get_start(src->ss, &src->start, &len, &why) : SG_E_NOTFOUND;

	if (r == SG_E_NOMEM)
		return sg_fail(err, r, "%s", why.text);
	if (r == SG_OK) {
		src->cfg.start = src->start;
		src->cfg.start_len = len;
	}
	return SG_OK;
}

int cmd_open(const char *path, struct cmd_source *src, struct sg_err *err)
{
	return cmd_open_dump(path, 0, src, err);
}

int cmd_wants_events(const struct cmd_source *src, struct sg_err *err)
{
	if (!src->cap->still)
		return SG_OK;
	return sg_fail(err, SG_E_UNSUPPORTED, "%s: there are no events in it, but %u still%s of a machine's memory; "
		       "stormglass report shows %s", src->path, src->cap->nr_stills, src->cap->nr_stills == 1 ? "" : "s",
		       src->cap->nr_stills == 1 ? "it" : "them");
}

bool cmd_read_dump(const char *text, unsigned int *ret)
{
	unsigned int v = 0;

	for (const char *p = text; *p; p++) {
		if (*p < '0' || *p > '9' || v > 100000000)
			return false;
		v = v * 10 + (unsigned int)(*p - '0');
	}
	*ret = v;
	return v > 0;
}

int cmd_open_dump(const char *path, unsigned int dump, struct cmd_source *src, struct sg_err *err)
{
	int r;

	memset(src, 0, sizeof(*src));
	src->dump = dump;
	src->path = path;
	src->batch = malloc(BATCH * sizeof(*src->batch));
	if (!src->batch)
		return sg_fail(err, SG_E_NOMEM, "%s: out of memory", path);
	r = ss_is_session(path) ? ss_open(path, 0, &src->ss, err) : tr_open(path, 0, &src->tc, err);
	if (r >= 0)
		r = cmd_whole(path, NULL, err);
	else if (sg_mem_failures())
		cmd_whole(path, NULL, err); /* what the reader made of it is another sentence */
	if (r < 0)
		return r;
	if (dump && src->ss)
		return sg_fail(err, SG_E_USAGE, "%s: a session holds no dumps to choose from", path);
	r = dump ? tr_still_select(src->tc, dump - 1, err) : SG_OK;
	if (r < 0)
		return r;
	src->cap = src->ss ? ss_info(src->ss) : tr_info(src->tc);
	src->cfg.cap = src->cap;
	src->cfg.limits = &src->found;
	add_seeds(src);
	return add_start(src, err);
}

int cmd_whole(const char *path, const struct mm_machine *m, struct sg_err *err)
{
	uint64_t at = m ? mm_out_of_memory(m) : 0;
	int why;

	if (at)
		return sg_fail(err, SG_E_NOMEM, "%s: out of memory at event %" PRIu64
			       ": what comes after it isn't known; end other programs, or try on a machine with more memory",
			       path, at);
	if (sg_mem_failures())
		return sg_fail(err, SG_E_NOMEM,
			       "%s: out of memory; end other programs, or try on a machine with more memory", path);
	if (sg_read_failures(&why))
		return sg_fail(err, SG_E_IO, "%s: can't be read whole: %s; copy it from where it is to another disk", path,
			       strerror(why));
	return SG_OK;
}

void cmd_close(struct cmd_source *src)
{
	if (src->tc)
		tr_close(src->tc);
	ss_close(src->ss);
	sg_limits_free(&src->found);
	mm_layout_free(src->layout);
	free(src->batch);
	free(src->start);
	src->start = NULL;
	src->tc = NULL;
	src->ss = NULL;
	src->batch = NULL;
	src->layout = NULL;
}

void cmd_limits(const struct cmd_source *src, struct sg_limits *ret)
{
	*ret = (struct sg_limits){ 0 };
	sg_limits_merge(ret, &src->cap->limits);
	sg_limits_merge(ret, &src->found);
	/* what can't be read isn't absent */
	if (sg_limits_find(ret, SG_LIMIT_NOT_READABLE))
		sg_limits_drop(ret, SG_LIMIT_NO_PAGES);
}

int cmd_rewind(struct cmd_source *src, struct sg_err *err)
{
	unsigned int max_order = src->cfg.max_order_hint;
	struct mm_layout *layout = src->layout;
	const char *path = src->path;
	int r;

	if (src->tc && (src->cap->still || src->cap->file_version == 0)) { /* a still, or text */
		struct sg_limits found = { 0 };

		if (tr_surveyed(src->tc))
			sg_limits_merge(&found, &src->cap->limits);
		src->layout = NULL;
		cmd_close(src);
		r = cmd_open_dump(path, src->dump, src, err);
		if (r == SG_OK && found.nr)
			tr_know_limits(src->tc, &found);
		sg_limits_free(&found);
		src->cfg.max_order_hint = max_order;
		src->cfg.layout = src->layout = layout;
		return r;
	}
	src->nr = src->at = 0;
	src->number = 0;
	sg_limits_free(&src->found);
	return src->ss ? ss_seek(src->ss, 1, err) : tr_rewind(src->tc, err);
}

/* A session of which frames are damaged lacks events: those that are there keep their numbers. */
static void renumber(struct cmd_source *src)
{
	uint64_t first = ss_last(src->ss) - src->nr + 1;

	if (first <= src->number + 1)
		return;
	if (first > src->told && !sg_read_failures(NULL)) /* else the error at the end says so */
		fprintf(stderr, "stormglass: %s: events %" PRIu64 " to %" PRIu64 " can't be read: the file is damaged there\n", src->cap->name,
			src->number + 1, first - 1);
	src->told = first;
	sg_limits_add(&src->found, SG_LIMIT_LOST_EVENTS, src->number + 1, SG_LIMIT_END, "Take a copy of the session that is whole",
		      "Events %" PRIu64 " to %" PRIu64 " can't be read, the session file is damaged there: what was free is unknown from "
		      "there on until events tell",
		      src->number + 1, first - 1);
	src->number = first - 1;
}

void cmd_feed_pos(const struct cmd_source *src, struct sg_pos_scan *scan, const struct sg_event *ev)
{
	scan->seen = src->number - 1;
	sg_pos_feed(scan, ev);
}

const struct sg_event *cmd_next(struct cmd_source *src)
{
	if (src->at == src->nr) {
		src->nr = src->ss ? ss_read(src->ss, src->batch, BATCH) : tr_read(src->tc, src->batch, BATCH);
		src->at = 0;
		if (src->nr == 0)
			return NULL;
		if (src->ss)
			renumber(src);
	}
	src->number++;
	return &src->batch[src->at++];
}

unsigned int cmd_progress(const struct cmd_source *src)
{
	return src->ss ? ss_progress(src->ss) : tr_progress(src->tc);
}

/*
 * Reads ahead what must be known before the first event is judged: where memory lies where no snapshot names the zones,
 * and the limits of the recording, of which most show after some thousand events that they aren't there.
 */
static int look_ahead(struct cmd_source *src, struct sg_err *err)
{
	bool all = !src->cap->still && !mm_zones_named(&src->cfg) && !src->layout, any = false;
	struct sg_layout seen = { 0 };
	const struct sg_event *ev;

	while ((all || (src->tc && !tr_settled(src->tc))) && (ev = cmd_next(src)) != NULL) {
		any = true;
		if (!all)
			continue;
		sg_layout_add(&seen, ev);
		if (sg_event_order(ev) > src->cfg.max_order_hint)
			src->cfg.max_order_hint = sg_event_order(ev);
	}
	if (all) {
		src->layout = seen.out_of_memory ? NULL : mm_layout_new(&seen, src->cap);
		src->cfg.layout = src->layout;
	}
	sg_layout_fini(&seen);
	if (all && !src->layout)
		return sg_fail(err, SG_E_NOMEM, "%s: out of memory", src->path);
	return any ? cmd_rewind(src, err) : SG_OK;
}

int cmd_machine_new(struct cmd_source *src, struct mm_machine **ret, struct sg_err *err)
{
	struct mm_machine *m;
	int r = look_ahead(src, err);

	if (r < 0)
		return r;
	m = mm_start_new(&src->cfg, err);
	if (!m)
		return err->code ? err->code : SG_E_NOMEM;
	r = cmd_whole(src->path, NULL, err); /* the snapshot's page flags are read here */
	if (r < 0) {
		mm_machine_free(m);
		return r;
	}
	*ret = m;
	return SG_OK;
}

bool cmd_is_pos(const char *text, struct sg_err *err)
{
	struct sg_pos pos;

	/* which kind of time a clock wants is only known once the capture is open */
	return sg_pos_read(text, false, &pos, NULL) == 0 || sg_pos_read(text, true, &pos, err) == 0;
}

int cmd_range(uint64_t first, uint64_t last, struct sg_err *err)
{
	if (first <= last)
		return SG_OK;
	return sg_fail(err, SG_E_USAGE, "--from is event %" PRIu64 ", behind --to, event %" PRIu64
		       ": nothing lies between them; exchange the two", first, last);
}

const char *cmd_mt_name(const struct sg_capture *cap, unsigned int mt, char buf[16])
{
	if (mt == MM_MT_UNKNOWN)
		return "Unknown";
	if (mt < cap->nr_migratetypes && mt < SG_MAX_MIGRATETYPES && cap->migratetype[mt][0])
		return cap->migratetype[mt];
	snprintf(buf, 16, "%u", mt);
	return buf;
}
