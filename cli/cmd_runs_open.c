// SPDX-License-Identifier: GPL-2.0-only
/* Runs that are opened on the screens, and runs in sessions. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd_runs_priv.h"
#include "cmd_sgs.h"
#include "sg_mem.h"

/* ---- opened ------------------------------------------------------------------------------------------ */

struct opened {
	struct ui_source src; /* the first member: release() gets it */
	struct cmd_feed *feed;
	struct cmd_sgs sgs;
	char *path, *beside;
};

static void opened_free(struct opened *o)
{
	cmd_sgs_fini(&o->sgs);
	cmd_feed_close(o->feed);
	free(o->path);
	free(o->beside);
	free(o);
}

static void release(const struct ui_source *src)
{
	opened_free((struct opened *)(uintptr_t)src);
}

int cmd_runs_open(void *arg, uint32_t id, const struct ui_source **ret, struct sg_err *err)
{
	struct cmd_runs *rs = arg;
	struct item *it = cmd_runs_by_id(rs, id);
	struct cmd_feed_options how = { .no_cache = true, .memory = cmd_feed_memory() / 2 };
	struct opened *o;
	int r;

	if (!it || !ui_made_opens(it->made.state))
		return sg_fail(err, SG_E_NOTFOUND, "there is nothing of this run to be opened");
	o = sg_calloc(1, sizeof(*o));
	if (!o)
		return sg_fail(err, SG_E_NOMEM, "out of memory for a run");
	o->path = cmd_runs_path(rs->dir, it->stem, ".run");
	/* a session of it is offered beside the capture, not in the cache */
	o->beside = sg_printf("%s-run%" PRIu32 ".sgs", rs->file, it->made.id);
	r = o->path && o->beside ? cmd_feed_open(o->path, &how, &o->feed, err) : sg_fail(err, SG_E_NOMEM, "out of memory for a run");
	if (r == SG_OK && !cmd_feed_capture(o->feed)->simulated)
		r = sg_fail(err, SG_E_FORMAT, "%s: is no simulated run", o->path);
	if (r == SG_OK && cmd_sgs_init(&o->sgs, o->beside, cmd_feed_capture(o->feed), cmd_feed_config(o->feed), cmd_feed_log(o->feed)) < 0)
		r = sg_fail(err, SG_E_NOMEM, "out of memory for a run");
	if (r < 0) {
		opened_free(o);
		return r;
	}
	o->src = (struct ui_source){ .cap = cmd_feed_capture(o->feed), .log = cmd_feed_log(o->feed), .cfg = cmd_feed_config(o->feed),
				     .more = cmd_feed_more, .progress = cmd_feed_progress, .keyframes = cmd_feed_keyframes,
				     .idle = cmd_feed_idle, .arg = o->feed, .memory = rs->opt.memory, .saver = &o->sgs.saver,
				     .maker = &rs->maker, .release = release };
	utimensat(AT_FDCWD, o->path, NULL, 0); /* used now: others go first */
	*ret = &o->src;
	return SG_OK;
}

/* ---- in sessions --------------------------------------------------------------------------------------- */

#define FROM_LINE "stormglass runs of "

char *cmd_runs_text(const struct cmd_runs *rs, size_t *ret_len)
{
	char *text = NULL, lines[CMD_RUNS_LINES];
	size_t nr = 0;
	FILE *f;

	if (rs->nr == 0)
		return NULL;
	f = open_memstream(&text, ret_len);
	if (!f)
		return NULL;
	fputs(FROM_LINE, f);
	for (unsigned int i = 0; i < CMD_CACHE_ID; i++)
		fprintf(f, "%02x", rs->key.content[i]);
	fprintf(f, " %" PRIu64 "\n\n", sg_log_count(cmd_feed_log(rs->feed)));
	for (size_t i = 0; i < rs->nr; i++) {
		struct cmd_runs_about a = { .how = rs->item[i]->made.how };

		if (rs->item[i]->made.state == UI_MADE_FAILED)
			continue;
		cmd_runs_print(&a, lines);
		fprintf(f, "%s\n", lines);
		nr++;
	}
	if (fclose(f) != 0 || nr == 0) {
		free(text);
		return NULL;
	}
	return text;
}

/* What the session was saved from, unless not all of that is in it. */
static bool take_origin(struct cmd_runs *rs, const char *text)
{
	const char *hex = text + strlen(FROM_LINE);
	struct cmd_cache_key key = rs->key;
	struct ss_summary sum;
	unsigned int byte;
	uint64_t events;

	if (!cmd_feed_source(rs->feed)->ss)
		return false;
	ss_summarize(cmd_feed_source(rs->feed)->ss, &sum);
	if (strncmp(text, FROM_LINE, strlen(FROM_LINE)) != 0 || strspn(hex, "0123456789abcdef") != 2 * CMD_CACHE_ID)
		return false;
	for (unsigned int i = 0; i < CMD_CACHE_ID; i++) {
		sscanf(hex + 2 * i, "%2x", &byte);
		key.content[i] = (unsigned char)byte;
	}
	if (sscanf(hex + 2 * CMD_CACHE_ID, " %" SCNu64, &events) != 1 || events != sum.nr_events)
		return false;
	rs->key = key;
	return true;
}

void cmd_runs_add(struct cmd_runs *rs, const char *data, size_t len)
{
	char *text = sg_malloc(len + 1);
	const char *at;

	if (!text)
		return;
	memcpy(text, data, len);
	text[len] = '\0';
	cmd_runs_look(rs);
	if (take_origin(rs, text) && rs->maker.keeps)
		cmd_runs_list(rs->dir, &rs->key, cmd_runs_found, rs);
	at = strstr(text, "\n\n");
	for (at = at ? at + 2 : ""; *at;) {
		struct cmd_runs_about a;
		char stem[CMD_RUNS_STEM];
		struct sg_err err;

		if (!cmd_runs_read(&at, &a) || cmd_runs_stem_of(rs, &a.how, stem, &err) < 0)
			continue;
		if (!cmd_runs_by_stem(rs, stem))
			cmd_runs_item(rs, stem, &a.how, UI_MADE_NOT);
	}
	free(text);
}
