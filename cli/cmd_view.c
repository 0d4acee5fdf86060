// SPDX-License-Identifier: GPL-2.0-only
/* stormglass FILE and stormglass play: the screens. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "cmd_feed.h"
#include "cmd_runs.h"
#include "cmd_sgs.h"
#include "sg_mem.h"
#include "ui.h"

/* Bytes for keyframes unless told otherwise: a quarter of the machine's memory. */
static uint64_t keyframe_memory(void)
{
	return 2 * cmd_feed_memory();
}

/* A size: a number with K, M or G behind it, or of bytes.  It is for keyframes, and half as much for events. */
static int read_memory(const struct cmd *cmd, const char *s, uint64_t *ret, struct cmd_feed_options *how)
{
	unsigned int shift = 0;
	char *end;
	unsigned long long v;

	errno = 0;
	v = s[0] >= '0' && s[0] <= '9' ? strtoull(s, &end, 10) : 0;
	if (v && *end) {
		shift = *end == 'K' || *end == 'k' ? 10 : *end == 'M' || *end == 'm' ? 20 : *end == 'G' || *end == 'g' ? 30 : 64;
		if (end[1])
			shift = 64;
	}
	if (v == 0 || errno || shift == 64 || v > UINT64_MAX >> shift)
		return cmd_usage(cmd, "--memory wants a size such as 512M or 4G, not '%s'", s);
	*ret = (uint64_t)v << shift;
	how->memory = *ret / 2; /* of events, as without the option */
	return CMD_OK;
}

/* The user asked for another dump of the text. */
static void other_still(void *arg, unsigned int no)
{
	cmd_feed_source(arg)->dump = no + 1;
}

/* A second run, that stands beside the first. */
struct beside {
	struct cmd_feed *f;
	struct ui_source src;
};

static int open_beside(const char *file, const struct cmd_feed_options *how, uint64_t memory, struct beside *b, struct sg_err *err)
{
	int r = cmd_feed_open(file, how, &b->f, err);

	if (r == 0)
		r = cmd_wants_events(cmd_feed_source(b->f), err);
	if (r < 0)
		return r;
	b->src = (struct ui_source){
		.cap = cmd_feed_capture(b->f),
		.log = cmd_feed_log(b->f),
		.cfg = cmd_feed_config(b->f),
		.more = cmd_feed_more,
		.progress = cmd_feed_progress,
		.keyframes = cmd_feed_keyframes,
		.idle = cmd_feed_idle,
		.arg = b->f,
		.memory = memory,
	};
	return 0;
}

/* Further runs, opened one at a time. */
struct also {
	char **file;
	size_t nr;
	struct cmd_feed_options how;
	struct beside open;
	struct ui_also also;
};

static size_t also_count(void *arg)
{
	return ((struct also *)arg)->nr;
}

static int also_open(void *arg, size_t i, const struct ui_source **ret, struct sg_err *err)
{
	struct also *a = arg;
	int r = open_beside(a->file[i], &a->how, 0, &a->open, err);

	if (r < 0) {
		if (a->open.f)
			cmd_feed_close(a->open.f);
		a->open.f = NULL;
		return r;
	}
	*ret = &a->open.src;
	return 0;
}

static void also_close(void *arg)
{
	struct also *a = arg;

	cmd_feed_close(a->open.f);
	a->open.f = NULL;
}

/* @dump: which one of a text, from 1, 0 the first; becomes the one to go on with, 0: none. */
static int show_one(const char *file, struct also *others, const struct cmd_feed_options *all, uint64_t memory,
		    const struct ui_options *opt, unsigned int *dump, struct sg_err *err)
{
	/* two runs share what there is */
	const char *other = others->nr ? others->file[0] : NULL;
	const struct cmd_feed_options half = { .no_cache = all->no_cache, .memory = all->memory / 2 }, *how = other ? &half : all;
	struct also more = { .file = others->nr ? others->file + 1 : NULL, .nr = others->nr ? others->nr - 1 : 0, .how = half };
	struct cmd_runs_options runs_how = { .no_cache = how->no_cache, .memory = memory / 2 };
	struct beside beside = { 0 };
	struct cmd_sgs sgs = { 0 };
	struct ss_reader *ss;
	struct cmd_runs *runs;
	struct cmd_feed *f;
	struct ui_source src;
	int r = cmd_feed_open_dump(file, *dump, how, &f, err);

	if (r < 0)
		return r;
	memory = other ? memory / 2 : memory;
	src = (struct ui_source){
		.cap = cmd_feed_capture(f),
		.log = cmd_feed_log(f),
		.cfg = cmd_feed_config(f),
		.more = cmd_feed_more,
		.progress = cmd_feed_progress,
		.keyframes = cmd_feed_keyframes,
		.idle = cmd_feed_idle,
		.arg = f,
		.memory = memory,
	};
	ss = cmd_feed_source(f)->ss;
	runs = cmd_runs_new(file, f, &runs_how);
	src.maker = runs ? cmd_runs_maker(runs) : NULL;
	r = cmd_sgs_init(&sgs, file, src.cap, src.cfg, src.log);
	sgs.runs = runs;
	sgs.runs_text = cmd_runs_text;
	sgs.runs_add = cmd_runs_add;
	if (r < 0 || !runs)
		r = sg_fail(err, SG_E_NOMEM, "%s: out of memory", file);
	if (!src.cap->still) /* dumps have no events to be saved: the text itself is kept */
		src.saver = &sgs.saver;
	src.other_still = src.cap->still ? other_still : NULL;
	if (r == 0 && ss) {
		r = cmd_sgs_load(&sgs, ss, err);
		src.session = &sgs.session;
	}
	if (r == 0 && opt->film && !ss)
		r = sg_fail(err, SG_E_UNSUPPORTED, "%s: this is a capture, and only a session has a path to be played; "
			    "stormglass %s looks at it", file, file);
	if (r == 0 && other) {
		r = cmd_wants_events(cmd_feed_source(f), err);
		if (r == 0)
			r = open_beside(other, how, memory, &beside, err);
		src.beside = &beside.src;
		more.also = (struct ui_also){ &more, also_count, also_open, also_close };
		src.also = &more.also;
	}
	if (r == 0)
		r = ui_run(&src, opt, err);
	*dump = src.cap->still && cmd_feed_source(f)->dump != src.cap->still_no + 1 ? cmd_feed_source(f)->dump : 0;
	cmd_sgs_fini(&sgs);
	cmd_runs_free(runs);
	cmd_feed_close(f);
	if (beside.f)
		cmd_feed_close(beside.f);
	return r;
}

static int show(const char *file, struct also *others, const struct cmd_feed_options *how, uint64_t memory, const struct ui_options *opt,
		unsigned int dump, struct sg_err *err)
{
	int r;

	do {
		r = show_one(file, others, how, memory, opt, &dump, err);
	} while (r >= 0 && dump);
	return r;
}

/* Through memory, so that a full disk is noticed as with all other output. */
static int print_keys(void)
{
	struct cmd_out *o = cmd_out_new();
	char *text = NULL;
	size_t len = 0;
	FILE *mem = open_memstream(&text, &len);

	if (mem) {
		ui_keys_print(mem);
		fclose(mem);
	}
	if (o && text)
		cmd_put(o, text, len);
	free(text);
	return o ? cmd_out_end(o, CMD_OK) : CMD_FAILED;
}

/* All of @s as a factor. */
static bool read_speed(const char *s, double *ret)
{
	uint64_t nano;

	if (!sg_time_read(s, true, &nano))
		return false;
	*ret = (double)nano / 1e9;
	return *ret >= UI_FILM_SLOWEST && *ret <= UI_FILM_FASTEST;
}

static int read_colour(const struct cmd *cmd, const char *name, struct ui_options *opt)
{
	int r = ui_colour_by_name(name);

	if (r < 0)
		return cmd_usage(cmd, "--color wants auto, truecolor, 256, 8 or none, not '%s'", name);
	opt->colour = (enum ui_colour_mode)r;
	return CMD_OK;
}

static int read_background(const struct cmd *cmd, const char *name, struct ui_options *opt)
{
	int r = ui_background_by_name(name);

	if (r < 0)
		return cmd_usage(cmd, "--background wants auto, dark or light, not '%s'", name);
	opt->background = (enum ui_background)r;
	return CMD_OK;
}

int cmd_play(const struct cmd *cmd, int argc, char **argv)
{
	static const struct option options[] = {
		{ "speed", required_argument, NULL, 's' },
		{ "no-mouse", no_argument, NULL, 'm' },
		{ "memory", required_argument, NULL, 'M' },
		{ "color", required_argument, NULL, 'c' },
		{ "colour", required_argument, NULL, 'c' },
		{ "background", required_argument, NULL, 'b' },
		{ "ascii", no_argument, NULL, 'A' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};
	struct cmd_feed_options how = { .memory = cmd_feed_memory() };
	uint64_t memory = keyframe_memory();
	struct ui_options opt = { .film = true };
	struct also none = { .nr = 0 };
	struct sg_err err = { 0 };
	const char *file;
	int o, r = CMD_OK;

	while (r == CMD_OK && (o = getopt_long(argc, argv, ":hV", options, NULL)) != -1) {
		switch (o) {
		case 'M':
			r = read_memory(cmd, optarg, &memory, &how);
			break;
		case 'm':
			opt.no_mouse = true;
			break;
		case 's':
			if (!read_speed(optarg, &opt.film_speed))
				r = cmd_usage(cmd, "--speed wants a factor from 0.01 to 10000, such as 2, not '%s'",
					      optarg);
			break;
		case 'c':
			r = read_colour(cmd, optarg, &opt);
			break;
		case 'b':
			r = read_background(cmd, optarg, &opt);
			break;
		case 'A':
			opt.ascii = true;
			break;
		default:
			return cmd_common_option(cmd, o, argv[optind - 1]);
		}
	}
	if (r == CMD_OK)
		r = cmd_take_file(cmd, argc, argv, &file);
	if (r != CMD_OK)
		return r;
	return show(file, &none, &how, memory, &opt, 0, &err) < 0 ? cmd_fail(&err) : CMD_OK;
}

static int view(const struct cmd *cmd, int argc, char **argv, struct also *others)
{
	static const struct option options[] = {
		{ "at", required_argument, NULL, 'a' },
		{ "color", required_argument, NULL, 'c' },
		{ "colour", required_argument, NULL, 'c' },
		{ "background", required_argument, NULL, 'b' },
		{ "beside", required_argument, NULL, 'B' },
		{ "ascii", no_argument, NULL, 'A' },
		{ "frame", required_argument, NULL, 'f' },
		{ "keys", no_argument, NULL, 'k' },
		{ "no-cache", no_argument, NULL, 'n' },
		{ "dump", required_argument, NULL, 'd' },
		{ "record", required_argument, NULL, 'r' },
		{ "no-mouse", no_argument, NULL, 'm' },
		{ "memory", required_argument, NULL, 'M' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};
	struct cmd_feed_options how = { .memory = cmd_feed_memory() };
	uint64_t memory = keyframe_memory();
	struct ui_options opt = { 0 };
	struct sg_err err = { 0 };
	const char *file;
	unsigned int dump = 0;
	int o, r;

	while ((o = getopt_long(argc, argv, ":hV", options, NULL)) != -1) {
		switch (o) {
		case 'a':
			opt.start = optarg;
			break;
		case 'c':
			r = read_colour(cmd, optarg, &opt);
			if (r != CMD_OK)
				return r;
			break;
		case 'b':
			r = read_background(cmd, optarg, &opt);
			if (r != CMD_OK)
				return r;
			break;
		case 'B':
			if (!*optarg)
				return cmd_usage(cmd, "--beside: the name of the second run is empty");
			others->file[others->nr++] = optarg;
			break;
		case 'M':
			r = read_memory(cmd, optarg, &memory, &how);
			if (r != CMD_OK)
				return r;
			break;
		case 'm':
			opt.no_mouse = true;
			break;
		case 'r':
			opt.record = optarg;
			break;
		case 'A':
			opt.ascii = true;
			break;
		case 'd':
			if (!cmd_read_dump(optarg, &dump))
				return cmd_usage(cmd, "--dump wants the number of a dump, from 1, not '%s'", optarg);
			break;
		case 'f':
			opt.frame = optarg;
			break;
		case 'k':
			return print_keys();
		case 'n':
			how.no_cache = true;
			break;
		default:
			return cmd_common_option(cmd, o, argv[optind - 1]);
		}
	}
	r = cmd_take_file(cmd, argc, argv, &file);
	if (r != CMD_OK)
		return r;
	return show(file, others, &how, memory, &opt, dump, &err) < 0 ? cmd_fail(&err) : CMD_OK;
}

int cmd_view(const struct cmd *cmd, int argc, char **argv)
{
	struct also others = { .file = sg_calloc((size_t)argc, sizeof(*others.file)) };
	struct sg_err err = { 0 };
	int code;

	if (!others.file) {
		sg_fail(&err, SG_E_NOMEM, "out of memory");
		return cmd_fail(&err);
	}
	code = view(cmd, argc, argv, &others);
	free(others.file);
	return code;
}
