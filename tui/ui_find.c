// SPDX-License-Identifier: GPL-2.0-only
/*
 * Searches through the log, forwards and backwards, in slices.  The log reads
 * forwards only: backwards it is taken in chunks, and the last matches of a chunk
 * are the next ones.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sg_mem.h"
#include "sg_pos.h"
#include "ui_model_priv.h"

#define CHUNK 512u /* events looked at between two looks at the clock */

void ui_model_find(struct ui_model *md, enum ui_find find, int dir, uint64_t n, const char *text)
{
	uint64_t from = md->run->job.kind == UI_JOB_SEEK ? md->run->target : md->run->pos;

	if (find == UI_FIND_TEXT && !md->search[0]) {
		ui_model_say(md, UI_MSG_WARN, "nothing to search for yet: type /TEXT (e: the next decision)");
		return;
	}
	if (from > md->run->total)
		from = md->run->total;
	md->playing = false;
	if (md->run->job.kind == UI_JOB_FIND && md->run->job.find == find && md->run->job.dir == dir && !text) {
		md->run->job.count += n; /* the same again before the first is done */
		return;
	}
	md->run->job = (struct ui_job){
		.kind = UI_JOB_FIND,
		.find = find,
		.dir = dir,
		.count = n ? n : 1,
		.at = find == UI_FIND_MARK ? 1
		      : dir > 0            ? from + 1
					   : from,
		.from = md->run->pos,
	};
	if (text)
		snprintf(md->run->job.text, sizeof(md->run->job.text), "%s", text);
}

/* The latest first, each once; the oldest goes. */
static void remember(struct ui_model *md, const char *text)
{
	char *copy = sg_strdup(text);
	unsigned int i = 0;

	if (!copy)
		return;
	while (i < UI_NR_SEARCHES - 1 && md->searches[i] && strcmp(md->searches[i], text) != 0)
		i++;
	free(md->searches[i]);
	memmove(md->searches + 1, md->searches, i * sizeof(md->searches[0]));
	md->searches[0] = copy;
}

int ui_model_search(struct ui_model *md, const char *text, struct sg_err *err)
{
	struct sg_filter *filter = NULL;
	int r = 0;

	if (text[0] == '=')
		r = sg_filter_new(text + 1, md->run->cap, &filter, err);
	if (r < 0)
		return r;
	sg_filter_free(md->filter);
	md->filter = filter;
	snprintf(md->search, sizeof(md->search), "%s", text);
	if (text[0])
		remember(md, md->search);
	return 0;
}

const char *ui_model_searched(const struct ui_model *md, unsigned int back)
{
	return back < UI_NR_SEARCHES ? md->searches[back] : NULL;
}

/* Lower-case letters in the pattern match both cases, as in less -i. */
static bool contains(const char *hay, const char *needle, bool fold)
{
	return (fold ? strcasestr(hay, needle) : strstr(hay, needle)) != NULL;
}

static bool has_upper(const char *s)
{
	for (; *s; s++)
		if (*s >= 'A' && *s <= 'Z')
			return true;
	return false;
}

static bool match_text(const struct ui_model *md, const struct sg_event *ev)
{
	const struct sg_kind_info *ki = sg_kind_info(ev->kind);
	const char *needle = md->search;
	bool fold = !has_upper(needle);
	char buf[512];
	int n;

	n = snprintf(buf, sizeof(buf), "%s:%s %s-%" PRId32, ki->system, ki->name,
		     sg_capture_comm(md->run->cap, ev->pid), ev->pid);
	if (n > 0 && contains(buf, needle, fold))
		return true;
	for (unsigned int i = 0; i < ki->nr_fields; i++) {
		size_t at = (size_t)snprintf(buf, sizeof(buf), "%s=", ki->field[i].name);

		mm_event_field(md->run->cap, ev, i, buf + at, sizeof(buf) - at);
		if (contains(buf, needle, fold))
			return true;
	}
	mm_explain(md->run->m, ev, buf, sizeof(buf));
	return contains(buf, needle, fold);
}

static bool matches(const struct ui_model *md, const struct sg_event *ev, uint64_t number)
{
	switch (md->run->job.find) {
	case UI_FIND_MARK:
		return sg_is_mark(ev, md->run->job.text);
	default:
		return md->filter ? sg_filter_match(md->filter, ev, number) : match_text(md, ev);
	}
}

static void found(struct ui_model *md, uint64_t number)
{
	md->run->before_jump = md->run->job.from;
	ui_model_seek(md, number);
}

static void not_found(struct ui_model *md)
{
	struct sg_err err;
	const char *where = md->run->job.find == UI_FIND_MARK ? ""
			    : md->run->job.dir > 0            ? " after this one"
							 : " before this one";

	switch (md->run->job.find) {
	case UI_FIND_MARK:
		sg_pos_no_mark(md->run->job.text, &md->run->job.marks, &err);
		ui_model_say(md, UI_MSG_WARN, "%s", err.text);
		break;
	default:
		ui_model_say(md, UI_MSG_WARN, "no event matches '%s'%s", md->search, where);
	}
	md->run->job.kind = UI_JOB_NONE;
}

/* One chunk forwards; false when the log has no more for now. */
static bool chunk_forward(struct ui_model *md, struct sg_cursor *cur)
{
	struct sg_event ev;

	for (unsigned int i = 0; i < CHUNK; i++) {
		if (!sg_log_get(md->run->src->log, cur, md->run->job.at, &ev))
			return false;
		if (matches(md, &ev, md->run->job.at) && --md->run->job.count == 0) {
			found(md, md->run->job.at);
			return true;
		}
		if (md->run->job.find == UI_FIND_MARK)
			sg_pos_note_mark(&md->run->job.marks, &ev);
		md->run->job.at++;
	}
	return true;
}

/* One chunk backwards; false at the start of the log. Events from job.at - 1 down. */
static bool chunk_backward(struct ui_model *md, struct sg_cursor *cur)
{
	uint64_t hits[CHUNK];
	unsigned int nr = 0;
	uint64_t end = md->run->job.at, start = end > CHUNK ? end - CHUNK : 1;
	struct sg_event ev;

	if (end <= 1)
		return false;
	for (uint64_t n = start; n < end && sg_log_get(md->run->src->log, cur, n, &ev); n++)
		if (matches(md, &ev, n))
			hits[nr++] = n;
	if (nr >= md->run->job.count) {
		found(md, hits[nr - md->run->job.count]);
		return true;
	}
	md->run->job.count -= nr;
	md->run->job.at = start;
	return true;
}

void ui_find_slice(struct ui_model *md, const struct ui_clock *clock)
{
	uint64_t start = ui_clock_us(clock);
	struct sg_cursor cur = { 0 };

	if (ui_find_decides(md->run->job.find)) {
		ui_decide_find_slice(md, clock);
		return;
	}
	do {
		bool more = md->run->job.dir > 0 ? chunk_forward(md, &cur) : chunk_backward(md, &cur);

		if (md->run->job.kind != UI_JOB_FIND)
			return;
		if (!more) {
			if (md->run->job.dir < 0 || md->run->loaded)
				not_found(md);
			return;
		}
	} while (ui_clock_us(clock) - start < UI_SLICE_US);
}
