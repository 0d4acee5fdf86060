// SPDX-License-Identifier: GPL-2.0-only
/* Sessions: reading and writing the small things, and events from the log. */
#include "cmd_sgs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd_keyf.h"
#include "cmd_target.h"

#define PIECE 4096u       /* steps of the path that are written at once */
#define NOTE_TAG "XNOT"   /* why a recording ends before its capture does */
#define RUNS_TAG "XRUN"   /* what its runs were made by */

struct ui_save {
	struct cmd_sgs *s;
	struct ss_writer *w;
	uint64_t next;     /* event to be taken next */
	uint32_t piece;    /* of the path, to be written next */
	struct cmd_keyf keyf;
};

/* ---- writing ---------------------------------------------------------------- */

static enum ui_save_target sgs_target(void *arg, const char *path)
{
	const struct cmd_sgs *s = arg;

	switch (cmd_target_look(s->file, path)) {
	case CMD_TARGET_NEW:
		return UI_TARGET_NEW;
	case CMD_TARGET_SESSION:
		return UI_TARGET_SESSION;
	case CMD_TARGET_INPUT:
		return UI_TARGET_INPUT;
	default:
		return UI_TARGET_OTHER;
	}
}

static int sgs_open(void *arg, const char *path, struct ui_save **ret, struct sg_err *err)
{
	struct cmd_sgs *s = arg;
	const struct sg_snapshot *snap[sizeof(s->cfg->seed) / sizeof(s->cfg->seed[0])];
	struct ui_save *save = calloc(1, sizeof(*save));
	int r;

	if (!save)
		return sg_fail(err, SG_E_NOMEM, "%s: out of memory", path);
	r = cmd_whole(s->file, NULL, err);
	if (r == 0)
		r = cmd_target_allow(s->file, path, CMD_REPLACE_SESSION, err);
	if (r < 0) {
		free(save);
		return r;
	}
	for (unsigned int i = 0; i < s->cfg->nr_seeds; i++)
		snap[i] = s->cfg->seed[i].snap;
	r = ss_create(path, s->cap, snap, s->cfg->nr_seeds, &save->w, err);
	if (r < 0) {
		free(save);
		return r;
	}
	if (s->cfg->start)
		r = ss_put_start(save->w, s->cfg->start, s->cfg->start_len, err);
	if (r < 0) {
		ss_abort(save->w, false);
		free(save);
		return r;
	}
	save->s = s;
	save->next = 1;
	*ret = save;
	return SG_OK;
}

static int sgs_events(struct ui_save *save, uint64_t budget, struct sg_err *err)
{
	uint64_t count = sg_log_count(save->s->log);
	struct sg_cursor cur;
	struct sg_event ev;
	int r;

	if (save->next > count)
		return 0;
	sg_log_seek(save->s->log, &cur, save->next);
	for (; budget > 0 && sg_log_next(&cur, &ev); budget--, save->next++) {
		r = ss_append(save->w, &ev, err);
		if (r < 0)
			return r;
	}
	return save->next <= count;
}

static uint64_t sgs_written(const struct ui_save *save)
{
	return save->next - 1;
}

static int put_bookmarks(struct ui_save *save, const struct ui_session *what, struct sg_err *err)
{
	struct ss_bookmark *b = calloc(what->nr_bookmarks + 1, sizeof(*b));
	int r;

	if (!b)
		return sg_fail(err, SG_E_NOMEM, "out of memory for the bookmarks");
	for (size_t i = 0; i < what->nr_bookmarks; i++)
		b[i] = (struct ss_bookmark){ what->bookmark[i].pos, what->bookmark[i].name, what->bookmark[i].note };
	r = ss_put_bookmarks(save->w, b, what->nr_bookmarks, err);
	free(b);
	return r;
}

/* The one in use has no name; the others are called by how long ago they were. */
static int put_searches(struct ui_save *save, const struct ui_session *what, struct sg_err *err)
{
	size_t nr = what->nr_searches;
	struct ss_filter *f = calloc(nr + 1, sizeof(*f));
	char (*name)[32] = calloc(nr + 1, sizeof(*name));
	int r = SG_E_NOMEM;

	if (f && name) {
		for (size_t i = 0; i < nr; i++) {
			if (i + 1 < nr || !what->searching)
				snprintf(name[i], sizeof(name[i]), "search-%zu", nr - i);
			f[i] = (struct ss_filter){ name[i], what->search[i] };
		}
		r = ss_put_filters(save->w, f, nr, err);
	} else {
		sg_fail(err, SG_E_NOMEM, "out of memory for the searches");
	}
	free(f);
	free(name);
	return r;
}

/* One piece of at most PIECE steps from *@from on; 1 when there are more, 0 at the end. */
static int put_piece(struct ui_save *save, const struct ui_path *path, struct ui_path_cursor *from, struct sg_err *err)
{
	struct ss_step *step = malloc(PIECE * sizeof(*step));
	struct ui_path_cursor c = *from;
	size_t nr = 0, len = 0, at = 0;
	char *text = NULL;
	struct ui_step s;
	int r = SG_E_NOMEM;

	while (nr < PIECE && ui_path_next(path, &c, &s)) {
		len += s.view_len + 1;
		nr++;
	}
	text = malloc(len + 1);
	if (!step || !text) {
		sg_fail(err, SG_E_NOMEM, "out of memory for the path");
		goto out;
	}
	for (size_t i = 0; i < nr && ui_path_next(path, from, &s); i++) {
		memcpy(text + at, s.view, s.view_len);
		text[at + s.view_len] = '\0';
		step[i] = (struct ss_step){ .ms = s.ms, .pos = s.pos, .view = text + at, .key = "" };
		at += s.view_len + 1;
	}
	r = nr ? ss_put_path(save->w, save->piece, step, nr, err) : SG_OK;
	save->piece += nr > 0;
out:
	free(step);
	free(text);
	return r < 0 ? r : nr == PIECE;
}

static int put_runs(struct ui_save *save, uint64_t pos, struct sg_err *err)
{
	size_t len = 0;
	char *text = save->s->runs ? save->s->runs_text(save->s->runs, &len) : NULL;
	int r = cmd_put_runs(save->w, save->s->cfg, err);

	if (r == SG_OK && text)
		r = ss_put_opaque(save->w, RUNS_TAG, 0, pos, text, len, err);
	free(text);
	return r;
}

static int sgs_put(struct ui_save *save, const struct ui_session *what, unsigned int parts, struct ui_path_cursor *from,
		   struct sg_err *err)
{
	int r = SG_OK;

	/* what is said of a position needs its event */
	if (parts & UI_PART_BOOKMARKS)
		r = put_bookmarks(save, what, err);
	if (r == SG_OK && parts & UI_PART_SEARCHES)
		r = put_searches(save, what, err);
	if (r == SG_OK && parts & UI_PART_RUNS)
		r = put_runs(save, what->pos, err);
	if (r == SG_OK && parts & UI_PART_PLACE)
		r = ss_put_place(save->w, &(struct ss_place){ what->pos, what->view }, err);
	if (r == SG_OK && what->note)
		r = ss_put_opaque(save->w, NOTE_TAG, 0, what->pos, what->note, strlen(what->note), err);
	if (parts & UI_PART_PATH)
		while (r == SG_OK && (r = put_piece(save, what->path, from, err)) > 0)
			r = SG_OK;
	return r;
}

static int sgs_flush(struct ui_save *save, struct sg_err *err)
{
	return ss_flush(save->w, err);
}

static int sgs_images(struct ui_save *save, const struct mm_timeline *tl, struct sg_err *err)
{
	return cmd_keyf_save(&save->keyf, save->w, tl, save->next - 1, err);
}

static int sgs_finish(struct ui_save *save, struct sg_err *err)
{
	struct sg_err why;
	int r = cmd_whole(save->s->file, NULL, &why);

	if (r == 0) {
		r = ss_finish(save->w, true, err);
	} else {
		sg_fail(err, r, "%s; what was written is in %s", why.text, ss_temp_name(save->w));
		ss_abort(save->w, true);
	}
	cmd_keyf_fini(&save->keyf);
	free(save);
	return r;
}

static void sgs_abort(struct ui_save *save, bool keep)
{
	ss_abort(save->w, keep);
	cmd_keyf_fini(&save->keyf);
	free(save);
}

static const char *sgs_unfinished(const struct ui_save *save)
{
	return ss_temp_name(save->w);
}

/* The first of "NAME.sgs", "NAME-2.sgs", "NAME-3.sgs" ... that isn't what is read.  @name ends in ".sgs", with room for a number. */
static void avoid_input(const char *file, char *name, size_t size)
{
	size_t len = strlen(name) - strlen(".sgs");

	for (unsigned int i = 2; i < 1000 && cmd_target_look(file, name) == CMD_TARGET_INPUT; i++)
		snprintf(name + len, size - len, "-%u.sgs", i);
}

/* "dir/trace.dat.zst" gives "dir/trace.sgs", "dir/capture/" gives "dir/capture.sgs", and "dir/trace.sgs" "dir/trace-2.sgs". */
static char *suggest(const char *file)
{
	static const char *const ends[] = { ".zst", ".dat", ".sgs" };
	size_t len = strlen(file), size = len + 16;
	char *name = malloc(size);

	if (!name)
		return NULL;
	while (len > 1 && file[len - 1] == '/')
		len--;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		size_t n = strlen(ends[i]);

		if (len > n && file[len - n - 1] != '/' && strncmp(file + len - n, ends[i], n) == 0)
			len -= n;
	}
	if (file[len - 1] == '.' || file[len - 1] == '/') /* ".", "..", "/": no name to build on */
		snprintf(name, size, "%.*s/session.sgs", (int)(file[len - 1] == '/' ? len - 1 : len), file);
	else
		snprintf(name, size, "%.*s.sgs", (int)len, file);
	avoid_input(file, name, size);
	return name;
}

int cmd_sgs_init(struct cmd_sgs *s, const char *file, const struct sg_capture *cap, const struct mm_config *cfg,
		 const struct sg_log *log)
{
	s->file = file;
	s->cap = cap;
	s->cfg = cfg;
	s->log = log;
	s->suggest = suggest(file);
	if (!s->suggest)
		return SG_E_NOMEM;
	s->saver = (struct ui_saver){
		.arg = s,
		.suggest = s->suggest,
		.target = sgs_target,
		.open = sgs_open,
		.events = sgs_events,
		.written = sgs_written,
		.put = sgs_put,
		.flush = sgs_flush,
		.images = sgs_images,
		.finish = sgs_finish,
		.abort = sgs_abort,
		.unfinished = sgs_unfinished,
	};
	return SG_OK;
}

void cmd_sgs_fini(struct cmd_sgs *s)
{
	free(s->suggest);
	free(s->mark);
	free(s->search);
	free(s->note);
	for (size_t i = 0; i < sizeof(s->texts) / sizeof(s->texts[0]); i++)
		free(s->texts[i]);
	ui_path_fini(&s->path);
	memset(s, 0, sizeof(*s));
}

/* ---- reading ------------------------------------------------------------------ */

static int load_bookmarks(struct cmd_sgs *s, struct ss_reader *r, struct sg_err *err)
{
	struct ss_bookmark *b = NULL;
	size_t nr = 0;
	int res = ss_get_bookmarks(r, &b, &nr, err);

	if (res < 0)
		return res;
	s->texts[0] = b;
	s->mark = calloc(nr + 1, sizeof(*s->mark));
	if (!s->mark)
		return sg_fail(err, SG_E_NOMEM, "out of memory for the bookmarks");
	for (size_t i = 0; i < nr; i++)
		s->mark[i] = (struct sg_bookmark){ ss_pos_here(r, b[i].pos), b[i].name, b[i].note };
	s->session.bookmark = s->mark;
	s->session.nr_bookmarks = nr;
	return SG_OK;
}

/* The one in use is brought to the end, where the latest stands. */
static int load_searches(struct cmd_sgs *s, struct ss_reader *r, struct sg_err *err)
{
	struct ss_filter *f = NULL;
	const char *used = NULL;
	size_t nr = 0, at = 0;
	int res = ss_get_filters(r, &f, &nr, err);

	if (res < 0)
		return res;
	s->texts[1] = f;
	s->search = calloc(nr + 1, sizeof(*s->search));
	if (!s->search)
		return sg_fail(err, SG_E_NOMEM, "out of memory for the searches");
	for (size_t i = 0; i < nr; i++) {
		if (f[i].name[0])
			s->search[at++] = f[i].text;
		else
			used = f[i].text;
	}
	if (used)
		s->search[at++] = used;
	s->session.search = s->search;
	s->session.nr_searches = at;
	s->session.searching = used != NULL;
	return SG_OK;
}

static int load_path(struct cmd_sgs *s, struct ss_reader *r, struct sg_err *err)
{
	struct ss_step *step = NULL;
	size_t nr = 0;
	int res = ss_get_path(r, &step, &nr, err);

	if (res < 0)
		return res;
	for (size_t i = 0; i < nr; i++)
		ui_path_add(&s->path, step[i].ms, ss_pos_here(r, step[i].pos), step[i].view, strlen(step[i].view));
	free(step);
	s->session.path = &s->path;
	return SG_OK;
}

static int load_place(struct cmd_sgs *s, struct ss_reader *r, struct sg_err *err)
{
	struct ss_place *p = NULL;
	int res = ss_get_place(r, &p, err);

	if (res == SG_E_NOTFOUND)
		return SG_OK;
	if (res < 0)
		return res;
	s->texts[2] = p;
	s->session.pos = ss_pos_here(r, p->pos);
	s->session.view = p->view;
	return SG_OK;
}

static int load_note(struct cmd_sgs *s, struct ss_reader *r, struct sg_err *err)
{
	void *data = NULL;
	size_t len = 0;
	int res = ss_get_opaque(r, NOTE_TAG, 0, &data, &len, err);

	if (res == SG_E_NOTFOUND)
		return SG_OK;
	if (res < 0)
		return res;
	s->note = strndup(data, len < 300 ? len : 300);
	free(data);
	if (!s->note)
		return sg_fail(err, SG_E_NOMEM, "out of memory for a note");
	s->session.note = s->note;
	return SG_OK;
}

static int load_runs(struct cmd_sgs *s, struct ss_reader *r, struct sg_err *err)
{
	void *data = NULL;
	size_t len = 0;
	int res = s->runs ? ss_get_opaque(r, RUNS_TAG, 0, &data, &len, err) : SG_E_NOTFOUND;

	if (res == SG_OK)
		s->runs_add(s->runs, data, len);
	free(data);
	return res == SG_E_NOTFOUND ? SG_OK : res;
}

int cmd_sgs_load(struct cmd_sgs *s, struct ss_reader *r, struct sg_err *err)
{
	static int (*const part[])(struct cmd_sgs *, struct ss_reader *, struct sg_err *) = {
		load_note, load_bookmarks, load_searches, load_path, load_place, load_runs
	};

	s->session = (struct ui_session){ 0 };
	for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++) {
		struct sg_err why = { 0 };
		int res = part[i](s, r, &why);

		if (res == SG_E_NOMEM)
			return sg_fail(err, res, "%s", why.text);
		if (res == SG_OK || s->session.note)
			continue;
		/* what is damaged is missing, the rest opens */
		if (asprintf(&s->note, "part of the session is missing: %s", why.text) < 0)
			return sg_fail(err, SG_E_NOMEM, "out of memory for the session");
		s->session.note = s->note;
	}
	return SG_OK;
}

/* ---- positions of the commands -------------------------------------------------- */

int cmd_read_pos(struct cmd_source *src, const char *text, struct sg_pos *ret, struct sg_err *err)
{
	struct ss_bookmark *b = NULL;
	struct sg_bookmark *list;
	uint64_t total = 0;
	struct sg_pos pos;
	size_t nr = 0;
	int r = sg_pos_read(text, src->cap->clock_is_ns, &pos, err);

	if (r == SG_OK && pos.kind == SG_POS_BOOKMARK) {
		if (src->ss)
			r = ss_get_bookmarks(src->ss, &b, &nr, err);
		if (r < 0)
			return r;
		list = calloc(nr + 1, sizeof(*list));
		for (size_t i = 0; list && i < nr; i++)
			list[i] = (struct sg_bookmark){ b[i].pos, b[i].name, b[i].note };
		/* the names that an error gives are cleaned by sg_fail() */
		r = list ? sg_pos_bind(&pos, list, nr, err) : sg_fail(err, SG_E_NOMEM, "out of memory");
		free(list);
		free(b);
	}
	if (r == SG_OK && sg_pos_wants_total(&pos)) {
		while (cmd_next(src))
			total = src->number;
		r = cmd_rewind(src, err);
		sg_pos_total(&pos, total);
	}
	if (r == SG_OK)
		*ret = pos;
	return r;
}
