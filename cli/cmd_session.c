// SPDX-License-Identifier: GPL-2.0-only
/* stormglass session: what is in a session file, is it whole, its events, and making one. */
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "cmd_feed.h"
#include "cmd_keyf.h"
#include "cmd_session.h"
#include "cmd_target.h"
#include "machine/layout.h"

/* ---- info ------------------------------------------------------------------------ */

struct section {
	char tag[5];
	uint64_t frames, bytes, raw;
};

#define MAX_TAGS 64u /* tags of a file; more are told together */

static const char *section_words(const char *tag)
{
	static const char *const words[][2] = {
		{ "HEAD", "header" },        { "DESC", "description of the capture" },
		{ "SNAP", "snapshots" },     { "PFLG", "page flags of the snapshots" },
		{ "EVTS", "events" },        { "BOOK", "bookmarks" },
		{ "PATH", "path" },          { "FILT", "filters" },
		{ "RUNS", "runs" },          { "PLAC", "place" },
		{ "KEYF", "keyframes" },     { "INDX", "index" },
		{ "STRT", "state at the start of a simulated run" },
		{ "????", "damaged frames" },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i][0], tag) == 0)
			return words[i][1];
	return "other";
}

/* Frames by tag, in the order of the file. */
static unsigned int sections_of(struct ss_reader *r, struct section *s)
{
	struct ss_frame f;
	unsigned int nr = 0;

	for (uint64_t i = 0; ss_frame_at(r, i, &f); i++) {
		unsigned int j = 0;

		while (j < nr && strcmp(s[j].tag, f.tag) != 0)
			j++;
		if (j == nr && nr < MAX_TAGS)
			s[nr++] = (struct section){ .frames = 0 };
		else if (j == nr)
			j = nr - 1;
		memcpy(s[j].tag, f.tag, sizeof(f.tag));
		s[j].frames++;
		s[j].bytes += f.bytes;
		s[j].raw += f.raw_bytes;
	}
	return nr;
}

/* What a session holds besides events. */
struct extras {
	struct ss_bookmark *mark;
	struct ss_step *step;
	struct ss_filter *filter;
	struct ss_run *run;
	struct ss_place *place;
	size_t nr_marks, nr_steps, nr_filters, nr_runs, nr_keyframes, nr_unusable;
};

/* A list that is damaged is none; verify says so. */
static void get_extras(struct ss_reader *r, struct extras *x)
{
	memset(x, 0, sizeof(*x));
	ss_get_bookmarks(r, &x->mark, &x->nr_marks, NULL);
	ss_get_path(r, &x->step, &x->nr_steps, NULL);
	ss_get_filters(r, &x->filter, &x->nr_filters, NULL);
	ss_get_runs(r, &x->run, &x->nr_runs, NULL);
	ss_get_place(r, &x->place, NULL);
}

static void free_extras(struct extras *x)
{
	free(x->mark);
	free(x->step);
	free(x->filter);
	free(x->run);
	free(x->place);
}

static const char *clean(char *buf, size_t size, const char *text)
{
	sg_clean(buf, size, text, strlen(text));
	return buf;
}

static void put_run(struct cmd_out *o, const struct ss_run *run)
{
	char text[400];

	cmd_printf(o, "run        %s", clean(text, sizeof(text), run->name));
	if (*run->policy)
		cmd_printf(o, ": %s", clean(text, sizeof(text), run->policy));
	cmd_puts(o, "\n");
}

static void put_simulated(struct cmd_out *o, const struct sg_simulated *r)
{
	char text[1200];

	cmd_printf(o, "simulated  %s", clean(text, sizeof(text), r->capture));
	if (r->from)
		cmd_printf(o, " from event:%" PRIu64 " on", r->from);
	cmd_printf(o, ", under %s", *r->asked ? clean(text, sizeof(text), r->asked) : "its own kernel's rules");
	cmd_printf(o, ", seed %" PRIu64, r->seed);
	if (r->runs > 1)
		cmd_printf(o, ", run %" PRIu32 " of %" PRIu32, r->run, r->runs);
	cmd_puts(o, "\n");
	cmd_printf(o, "policy     %s\n", clean(text, sizeof(text), r->policy));
	if (*r->ended)
		cmd_printf(o, "ended      %s\n", clean(text, sizeof(text), r->ended));
	for (unsigned int i = 0; i < r->nr_told; i++)
		cmd_printf(o, "%s%s\n", i ? "           " : "assumed    ", r->told[i]);
}

static void info_text(struct cmd_out *o, struct ss_reader *r, const struct ss_summary *sum, const struct extras *x)
{
	const struct sg_capture *cap = ss_info(r);
	const struct sg_snapshot *snap;
	struct section s[MAX_TAGS];
	unsigned int nr = sections_of(r, s);
	char text[400];

	cmd_printf(o, "session    %s\n", clean(text, sizeof(text), cap->path));
	cmd_printf(o, "format     version %u, %s, %" PRIu64 " bytes\n", sum->version,
		   sum->nr_damaged ? "damaged" : sum->whole ? "whole" : "cut off or not finished", sum->file_bytes);
	if (!sum->whole)
		cmd_printf(o, "           whole up to byte %" PRIu64 "\n", sum->whole_bytes);
	cmd_printf(o, "capture    %s, kernel %s, %u CPUs, clock %s\n", cap->name, cap->kernel, cap->nr_cpus,
		   *cap->clock ? cap->clock : "unknown");
	if (cap->simulated)
		put_simulated(o, cap->simulated);
	cmd_printf(o, "events     %" PRIu64, sum->nr_events);
	if (sum->last_number != sum->nr_events)
		cmd_printf(o, " of %" PRIu64, sum->last_number);
	cmd_printf(o, ", %" PRIu64 " bytes", sum->event_bytes);
	if (sum->nr_events)
		cmd_printf(o, " (%.2f each)", (double)sum->event_bytes / (double)sum->nr_events);
	cmd_puts(o, "\n");
	if (sum->nr_events) {
		cmd_puts(o, "time       ");
		cmd_put_time(o, cap, sum->first_ts);
		cmd_puts(o, " to ");
		cmd_put_time(o, cap, sum->last_ts);
		cmd_puts(o, "\n");
	}
	for (unsigned int i = 0; (snap = ss_snapshot_at(r, i)) != NULL; i++)
		cmd_printf(o, "snapshot   %s, %u zones, %" PRIu64 " pages\n", snap->name, snap->nr_zones,
			   snap->have_pageflags ? snap->nr_pfns : 0);
	for (size_t i = 0; i < x->nr_marks; i++) {
		cmd_printf(o, "bookmark   event:%" PRIu64 "  %s", x->mark[i].pos, clean(text, sizeof(text), x->mark[i].name));
		if (*x->mark[i].note)
			cmd_printf(o, ": %s", clean(text, sizeof(text), x->mark[i].note));
		cmd_puts(o, "\n");
	}
	if (x->nr_steps)
		cmd_printf(o, "path       %zu steps, %.1f s\n", x->nr_steps, (double)x->step[x->nr_steps - 1].ms / 1000);
	for (size_t i = 0; i < x->nr_filters; i++)
		cmd_printf(o, "filter     %s\n", clean(text, sizeof(text), x->filter[i].text));
	for (size_t i = 0; i < x->nr_runs; i++)
		put_run(o, &x->run[i]);
	if (x->nr_keyframes)
		cmd_printf(o, "keyframes  %zu", x->nr_keyframes);
	if (x->nr_unusable)
		cmd_printf(o, ", %zu of them of no use here: damaged, or of another version", x->nr_unusable);
	if (x->nr_keyframes)
		cmd_puts(o, "\n");
	if (x->place)
		cmd_printf(o, "place      event:%" PRIu64 "\n", x->place->pos);
	cmd_puts(o, "\n  section   frames        bytes     unpacked\n");
	for (unsigned int i = 0; i < nr; i++)
		cmd_printf(o, "  %s  %10" PRIu64 " %12" PRIu64 " %12" PRIu64 "  %s\n", s[i].tag, s[i].frames, s[i].bytes,
			   s[i].raw, section_words(s[i].tag));
	for (unsigned int i = 0; i < cap->nr_notes; i++)
		cmd_printf(o, "%snote: %s\n", i ? "" : "\n", cap->note[i].text);
}

static void info_lists_json(struct cmd_json *j, const struct extras *x)
{
	cmd_json_array(j, "bookmarks", false);
	for (size_t i = 0; i < x->nr_marks; i++) {
		cmd_json_object(j, NULL, true);
		cmd_json_uint(j, "position", x->mark[i].pos);
		cmd_json_str(j, "name", x->mark[i].name);
		cmd_json_str(j, "note", x->mark[i].note);
		cmd_json_end(j);
	}
	cmd_json_end(j);
	cmd_json_uint(j, "path_steps", x->nr_steps);
	cmd_json_uint(j, "path_ms", x->nr_steps ? x->step[x->nr_steps - 1].ms : 0);
	cmd_json_array(j, "filters", false);
	for (size_t i = 0; i < x->nr_filters; i++)
		cmd_json_str(j, NULL, x->filter[i].text);
	cmd_json_end(j);
	cmd_json_array(j, "runs", false);
	for (size_t i = 0; i < x->nr_runs; i++) {
		cmd_json_object(j, NULL, true);
		cmd_json_str(j, "name", x->run[i].name);
		cmd_json_str(j, "policy", x->run[i].policy);
		cmd_json_end(j);
	}
	cmd_json_end(j);
	cmd_json_uint(j, "keyframes", x->nr_keyframes);
	cmd_json_uint(j, "keyframes_unusable", x->nr_unusable);
	if (x->place)
		cmd_json_uint(j, "place", x->place->pos);
	else
		cmd_json_null(j, "place");
}

/* null of a capture */
static void simulated_json(struct cmd_json *j, const struct sg_simulated *r)
{
	if (!r) {
		cmd_json_null(j, "simulated");
		return;
	}
	cmd_json_object(j, "simulated", false);
	cmd_json_str(j, "capture", r->capture);
	cmd_json_uint(j, "from", r->from);
	cmd_json_str(j, "asked", r->asked);
	cmd_json_str(j, "policy", r->policy);
	cmd_json_uint(j, "seed", r->seed);
	cmd_json_uint(j, "run", r->run);
	cmd_json_uint(j, "runs", r->runs);
	if (*r->ended)
		cmd_json_str(j, "ended", r->ended);
	else
		cmd_json_null(j, "ended");
	cmd_json_array(j, "assumed", false);
	for (unsigned int i = 0; i < r->nr_told; i++)
		cmd_json_str(j, NULL, r->told[i]);
	cmd_json_end(j);
	cmd_json_end(j);
}

static void info_json(struct cmd_out *o, struct ss_reader *r, const struct ss_summary *sum, const struct extras *x)
{
	const struct sg_capture *cap = ss_info(r);
	const struct sg_snapshot *snap;
	struct section s[MAX_TAGS];
	unsigned int nr = sections_of(r, s);
	struct cmd_json j;

	cmd_json_init(&j, o);
	cmd_json_object(&j, NULL, false);
	cmd_json_uint(&j, "version", sum->version);
	cmd_json_bool(&j, "whole", sum->whole && !sum->nr_damaged);
	cmd_json_uint(&j, "bytes", sum->file_bytes);
	cmd_json_uint(&j, "whole_bytes", sum->whole_bytes);
	cmd_json_uint(&j, "frames", sum->nr_frames);
	cmd_json_uint(&j, "damaged_frames", sum->nr_damaged);
	cmd_json_str(&j, "capture", cap->name);
	cmd_json_str(&j, "kernel", cap->kernel);
	simulated_json(&j, cap->simulated);
	cmd_json_uint(&j, "cpus", cap->nr_cpus);
	cmd_json_str(&j, "clock", cap->clock);
	cmd_json_uint(&j, "events", sum->nr_events);
	cmd_json_uint(&j, "last_event", sum->last_number);
	cmd_json_uint(&j, "event_bytes", sum->event_bytes);
	if (sum->nr_events) {
		cmd_json_time(&j, "first_time", cap, sum->first_ts);
		cmd_json_time(&j, "last_time", cap, sum->last_ts);
	} else {
		cmd_json_null(&j, "first_time");
		cmd_json_null(&j, "last_time");
	}
	cmd_json_array(&j, "snapshots", false);
	for (unsigned int i = 0; (snap = ss_snapshot_at(r, i)) != NULL; i++)
		cmd_json_str(&j, NULL, snap->name);
	cmd_json_end(&j);
	info_lists_json(&j, x);
	cmd_json_array(&j, "sections", false);
	for (unsigned int i = 0; i < nr; i++) {
		cmd_json_object(&j, NULL, true);
		cmd_json_str(&j, "tag", s[i].tag);
		cmd_json_uint(&j, "frames", s[i].frames);
		cmd_json_uint(&j, "bytes", s[i].bytes);
		cmd_json_uint(&j, "unpacked", s[i].raw);
		cmd_json_end(&j);
	}
	cmd_json_end(&j);
	cmd_json_array(&j, "notes", false);
	for (unsigned int i = 0; i < cap->nr_notes; i++)
		cmd_json_str(&j, NULL, cap->note[i].text);
	cmd_json_end(&j);
	cmd_json_end(&j);
}

static int info(const char *file, bool json)
{
	struct cmd_source src = { 0 };
	struct ss_summary sum;
	struct sg_err err;
	struct extras x;
	struct cmd_out *o;
	/* what is no session says so */
	int code = ss_is_session(file) ? cmd_open(file, &src, &err) : ss_open(file, 0, &src.ss, &err);

	if (code < 0) {
		cmd_close(&src);
		return cmd_fail(&err);
	}
	o = cmd_out_new();
	if (!o) {
		cmd_close(&src);
		sg_fail(&err, SG_E_NOMEM, "out of memory");
		return cmd_fail(&err);
	}
	get_extras(src.ss, &x);
	x.nr_keyframes = cmd_keyf_count(src.ss, &src.cfg, &x.nr_unusable);
	ss_summarize(src.ss, &sum);
	if (json)
		info_json(o, src.ss, &sum, &x);
	else
		info_text(o, src.ss, &sum, &x);
	free_extras(&x);
	cmd_close(&src);
	return cmd_out_end(o, CMD_OK);
}

/* ---- verify ----------------------------------------------------------------------- */

static int verify(const char *file, bool json)
{
	struct ss_reader *r;
	struct ss_summary sum;
	struct sg_err err, first = { 0 };
	struct cmd_out *o;
	struct cmd_json j;
	uint64_t bad = 0;
	int code = ss_open(file, 0, &r, &err);

	if (code < 0)
		return cmd_fail(&err);
	o = cmd_out_new();
	if (!o) {
		ss_close(r);
		sg_fail(&err, SG_E_NOMEM, "out of memory");
		return cmd_fail(&err);
	}
	ss_summarize(r, &sum);
	cmd_json_init(&j, o);
	if (json) {
		cmd_json_object(&j, NULL, false);
		cmd_json_array(&j, "damaged", false);
	}
	for (uint64_t i = 0; i < sum.nr_frames && !cmd_out_gone(o); i++) {
		if (ss_check_frame(r, i, &err) == SG_OK)
			continue;
		if (!bad++)
			first = err;
		if (json)
			cmd_json_str(&j, NULL, err.text);
		else
			cmd_printf(o, "%s\n", err.text);
	}
	ss_summarize(r, &sum);
	if (json) {
		cmd_json_end(&j);
		cmd_json_uint(&j, "frames", sum.nr_frames);
		cmd_json_uint(&j, "events", sum.nr_events);
		cmd_json_bool(&j, "whole", sum.whole && !bad);
		cmd_json_end(&j);
	} else if (sum.whole && !bad) {
		cmd_printf(o, "whole: %" PRIu64 " frames, %" PRIu64 " events\n", sum.nr_frames, sum.nr_events);
	}
	if (!sum.whole && !bad)
		sg_fail(&first, SG_E_TRUNCATED,
			"%s: not finished, cut off, or damaged at its end: %" PRIu64 " frames with %" PRIu64
			" events are whole, up to byte %" PRIu64,
			file, sum.nr_frames, sum.nr_events, sum.whole_bytes);
	ss_close(r);
	code = cmd_out_end(o, CMD_OK);
	return code == CMD_OK && first.code ? cmd_fail(&first) : code;
}

#define SAVE_EVENTS 16384u /* between two looks at what was read */

/* ---- save ------------------------------------------------------------------------- */

static int copy_start(struct ss_writer *w, struct ss_reader *r, struct sg_err *err)
{
	size_t len;
	void *data;
	int code = ss_get_start(r, &data, &len, err);

	if (code == SG_E_NOTFOUND)
		return SG_OK;
	if (code == SG_OK) {
		code = ss_put_start(w, data, len, err);
		free(data);
	}
	return code == SG_E_NOMEM || code == SG_E_IO ? code : SG_OK; /* a damaged one is left out */
}

/* From a session to a session: what is in it besides events goes along. */
static int save_extras(struct ss_writer *w, struct ss_reader *r, struct sg_err *err)
{
	struct extras x;
	int code = ss_flush(w, err);

	if (code == SG_OK)
		code = copy_start(w, r, err);
	if (code == SG_OK)
		code = cmd_keyf_copy(w, r, err);
	if (code < 0)
		return code;
	get_extras(r, &x);
	if (x.nr_marks)
		code = ss_put_bookmarks(w, x.mark, x.nr_marks, err);
	if (code == SG_OK && x.nr_steps)
		code = ss_put_path(w, 0, x.step, x.nr_steps, err);
	if (code == SG_OK && x.nr_filters)
		code = ss_put_filters(w, x.filter, x.nr_filters, err);
	if (code == SG_OK && x.nr_runs)
		code = ss_put_runs(w, x.run, x.nr_runs, err);
	if (code == SG_OK && x.place)
		code = ss_put_place(w, x.place, err);
	free_extras(&x);
	return code;
}

static int save_session(const char *file, const char *to, struct sg_err *err)
{
	struct cmd_source src;
	const struct sg_snapshot *snap[sizeof(src.cfg.seed) / sizeof(src.cfg.seed[0])];
	const struct sg_event *ev;
	struct ss_writer *w = NULL;
	int r = cmd_open(file, &src, err);

	if (r == SG_OK)
		r = cmd_wants_events(&src, err);
	if (r == SG_OK) {
		for (unsigned int i = 0; i < src.cfg.nr_seeds; i++)
			snap[i] = src.cfg.seed[i].snap;
		r = ss_create(to, src.cap, snap, src.cfg.nr_seeds, &w, err);
	}
	while (r == SG_OK && (ev = cmd_next(&src)) != NULL)
		r = ss_append(w, ev, err);
	if (r == SG_OK)
		r = save_extras(w, src.ss, err);
	if (r == SG_OK)
		r = cmd_whole(file, NULL, err);
	if (r == SG_OK)
		r = ss_finish(w, false, err);
	else
		ss_abort(w, false);
	cmd_close(&src);
	return r;
}

/* Keyframes of the whole run. */
static int save_keyframes(struct cmd_feed *f, struct ss_writer *w, struct sg_err *err)
{
	const struct sg_log *log = cmd_feed_log(f);
	struct mm_config cfg = *cmd_feed_config(f);
	struct cmd_keyf k = { 0 };
	struct mm_layout *layout;
	struct mm_timeline *tl;
	int r;

	cfg.max_order_hint = sg_log_max_order(log);
	cfg.layout = layout = mm_layout_new(sg_log_layout(log), cfg.cap);
	tl = layout ? mm_timeline_new(&cfg, log, 2 * cmd_feed_memory(), err) : NULL;
	if (!tl) {
		mm_layout_free(layout);
		return err->code < 0 ? err->code : sg_fail(err, SG_E_NOMEM, "out of memory");
	}
	while (mm_timeline_prepare(tl, UINT64_MAX))
		;
	do
		r = cmd_keyf_save(&k, w, tl, sg_log_count(log), err);
	while (r > 0);
	cmd_keyf_fini(&k);
	mm_timeline_free(tl);
	mm_layout_free(layout);
	return r;
}

/* The events that are in the log and not in the file yet. */
static int save_events(const struct sg_log *log, struct ss_writer *w, struct sg_err *err)
{
	struct sg_cursor cur;
	struct sg_event ev;
	int r = SG_OK;

	sg_log_seek(log, &cur, ss_written(w) + 1);
	while (r == SG_OK && sg_log_next(&cur, &ev))
		r = ss_append(w, &ev, err);
	return r;
}

static int save_capture(const char *file, const char *to, struct sg_err *err)
{
	struct cmd_feed_options how = { .no_cache = true, .memory = cmd_feed_memory() };
	const struct mm_config *cfg;
	const struct sg_snapshot *snap[sizeof(cfg->seed) / sizeof(cfg->seed[0])];
	struct ss_writer *w = NULL;
	struct cmd_feed *f;
	int more = 1, r = cmd_feed_open(file, &how, &f, err);

	if (r < 0)
		return r;
	r = cmd_wants_events(cmd_feed_source(f), err);
	if (r < 0) {
		cmd_feed_close(f);
		return r;
	}
	cfg = cmd_feed_config(f);
	for (unsigned int i = 0; i < cfg->nr_seeds; i++)
		snap[i] = cfg->seed[i].snap;
	r = ss_create(to, cmd_feed_capture(f), snap, cfg->nr_seeds, &w, err);
	while (r == SG_OK && more > 0) {
		more = cmd_feed_more(f, SAVE_EVENTS);
		r = more < 0 ? sg_fail(err, more, "%s: cannot read all of it", file)
			     : save_events(cmd_feed_log(f), w, err);
	}
	if (r == SG_OK)
		r = save_keyframes(f, w, err);
	if (r == SG_OK)
		r = cmd_put_runs(w, cfg, err);
	if (r == SG_OK)
		r = cmd_whole(file, NULL, err);
	if (r == SG_OK)
		r = ss_finish(w, false, err);
	else
		ss_abort(w, false);
	cmd_feed_close(f);
	return r;
}

static int save(const char *file, const char *to, bool force)
{
	struct sg_err err = { 0 };
	int r = cmd_target_allow(file, to, force ? CMD_REPLACE_ANY : CMD_REPLACE_SESSION, &err);

	if (r == SG_OK)
		r = ss_is_session(file) ? save_session(file, to, &err) : save_capture(file, to, &err);

	return r < 0 ? cmd_fail(&err) : CMD_OK;
}

/* ---- command line ------------------------------------------------------------------- */

enum what { NONE, INFO, VERIFY, EXPORT, SAVE };

static enum what word(const char *text)
{
	static const char *const words[] = { [INFO] = "info", [VERIFY] = "verify", [EXPORT] = "export", [SAVE] = "save" };

	for (unsigned int i = INFO; text && i <= SAVE; i++)
		if (strcmp(text, words[i]) == 0)
			return (enum what)i;
	return NONE;
}

int cmd_session(const struct cmd *cmd, int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },        { "format", required_argument, NULL, 'F' },
		{ "from", required_argument, NULL, 'f' },  { "to", required_argument, NULL, 't' },
		{ "output", required_argument, NULL, 'o' }, { "force", no_argument, NULL, 'O' },
		{ "help", no_argument, NULL, 'h' },        { "version", no_argument, NULL, 'V' },
		{ 0 },
	};
	struct cmd_export ex = { 0 };
	const char *file, *to = NULL;
	bool json = false, force = false;
	struct sg_err err;
	enum what what;
	int o, r;

	while ((o = getopt_long(argc, argv, ":ho:V", options, NULL)) != -1) {
		switch (o) {
		case 'j':
			json = true;
			break;
		case 'F':
			ex.csv = strcmp(optarg, "csv") == 0;
			if (!ex.csv && strcmp(optarg, "jsonl") != 0)
				return cmd_usage(cmd, "--format wants jsonl or csv, not '%s'", optarg);
			ex.any = true;
			break;
		case 'f':
			ex.from = optarg;
			ex.any = true;
			break;
		case 't':
			ex.to = optarg;
			ex.any = true;
			break;
		case 'o':
			to = optarg;
			break;
		case 'O':
			force = true;
			break;
		default:
			return cmd_common_option(cmd, o, argv[optind - 1]);
		}
	}
	what = word(argv[optind]);
	if (what == NONE)
		return argv[optind] ? cmd_usage(cmd, "info, verify, export or save, not '%s'", argv[optind])
				    : cmd_usage(cmd, "what: info, verify, export or save?");
	optind++;
	r = cmd_take_file(cmd, argc, argv, &file);
	if (r != CMD_OK)
		return r;
	if (ex.any && what != EXPORT)
		return cmd_usage(cmd, "--format, --from and --to are for export");
	if (json && what != INFO && what != VERIFY)
		return cmd_usage(cmd, "--json is for info and verify");
	if (force && what != SAVE)
		return cmd_usage(cmd, "--force is for save");
	if ((to != NULL) != (what == SAVE) || (to && !*to))
		return cmd_usage(cmd, to ? "-o is for save, and names a file" : "save wants -o FILE.sgs");
	if (ex.from && !cmd_is_pos(ex.from, &err))
		return cmd_usage(cmd, "--from: %s", err.text);
	if (ex.to && !cmd_is_pos(ex.to, &err))
		return cmd_usage(cmd, "--to: %s", err.text);
	switch (what) {
	case INFO:
		return info(file, json);
	case VERIFY:
		return verify(file, json);
	case EXPORT:
		return cmd_export(file, &ex);
	default:
		return save(file, to, force);
	}
}
