// SPDX-License-Identifier: GPL-2.0-only
/* The saver in memory, see keep.h. */
#include "keep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ui_save {
	struct keep *k;
};

static int failing(struct keep *k, const char *where, struct sg_err *err)
{
	if (!k->fail || strcmp(k->fail, where) != 0 || k->fail_after-- > 0)
		return 0;
	k->fail_after = 0;
	return sg_fail(err, SG_E_IO, "%s: the disk is full", k->path_name);
}

static enum ui_save_target keep_target(void *arg, const char *path)
{
	(void)path;
	return ((struct keep *)arg)->target;
}

static int keep_open(void *arg, const char *path, struct ui_save **ret, struct sg_err *err)
{
	struct keep *k = arg;

	snprintf(k->path_name, sizeof(k->path_name), "%s", path);
	k->opens++;
	if (failing(k, "open", err))
		return SG_E_IO;
	*ret = calloc(1, sizeof(**ret));
	if (!*ret)
		return SG_E_NOMEM;
	(*ret)->k = k;
	k->events = 0;
	k->saved = false;
	ui_path_fini(&k->path);
	return 0;
}

static int keep_events(struct ui_save *s, uint64_t budget, struct sg_err *err)
{
	uint64_t left = sg_log_count(s->k->log) - s->k->events;

	if (failing(s->k, "events", err))
		return SG_E_IO;
	s->k->events += left < budget ? left : budget;
	return left > budget;
}

static uint64_t keep_written(const struct ui_save *s)
{
	return s->k->events;
}

static int keep_put(struct ui_save *s, const struct ui_session *what, unsigned int parts, struct ui_path_cursor *from,
		    struct sg_err *err)
{
	struct keep *k = s->k;
	struct ui_step step;

	k->puts++;
	if (failing(k, "put", err))
		return SG_E_IO;
	if (parts & UI_PART_PLACE) {
		k->session.pos = what->pos;
		snprintf(k->view, sizeof(k->view), "%s", what->view);
		k->session.view = k->view;
	}
	snprintf(k->note, sizeof(k->note), "%s", what->note ? what->note : "");
	k->session.note = what->note ? k->note : NULL;
	if (parts & UI_PART_BOOKMARKS) {
		k->session.nr_bookmarks = what->nr_bookmarks < 64 ? what->nr_bookmarks : 64;
		for (size_t i = 0; i < k->session.nr_bookmarks; i++) {
			snprintf(k->name[i], sizeof(k->name[i]), "%s", what->bookmark[i].name);
			snprintf(k->text[i], sizeof(k->text[i]), "%s", what->bookmark[i].note);
			k->mark[i] = (struct sg_bookmark){ what->bookmark[i].pos, k->name[i], k->text[i] };
		}
		k->session.bookmark = k->mark;
	}
	if (parts & UI_PART_SEARCHES) {
		k->session.nr_searches = what->nr_searches;
		k->session.searching = what->searching;
		for (size_t i = 0; i < what->nr_searches; i++) {
			snprintf(k->searched[i], sizeof(k->searched[i]), "%s", what->search[i]);
			k->search[i] = k->searched[i];
		}
		k->session.search = k->search;
	}
	if (parts & UI_PART_PATH)
		while (ui_path_next(what->path, from, &step))
			ui_path_add(&k->path, step.ms, step.pos, step.view, step.view_len);
	k->session.path = &k->path;
	return 0;
}

static int keep_finish(struct ui_save *s, struct sg_err *err)
{
	struct keep *k = s->k;

	free(s);
	k->finishes++;
	if (failing(k, "finish", err))
		return SG_E_IO;
	k->saved = true;
	return 0;
}

static void keep_abort(struct ui_save *s, bool keep)
{
	s->k->aborts++;
	s->k->kept += keep;
	free(s);
}

static const char *keep_unfinished(const struct ui_save *s)
{
	return s->k->path_name;
}

void keep_init(struct keep *k, const struct sg_log *log)
{
	memset(k, 0, sizeof(*k));
	k->log = log;
	k->saver = (struct ui_saver){
		.arg = k,
		.suggest = "hand-made.sgs",
		.target = keep_target,
		.open = keep_open,
		.events = keep_events,
		.written = keep_written,
		.put = keep_put,
		.finish = keep_finish,
		.abort = keep_abort,
		.unfinished = keep_unfinished,
	};
}

void keep_fini(struct keep *k)
{
	ui_path_fini(&k->path);
}
