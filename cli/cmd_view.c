// SPDX-License-Identifier: GPL-2.0-only
/* stormglass FILE: the screens. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "cmd_feed.h"
#include "ui.h"

static int show(const char *file, const struct cmd_feed_options *how, const struct ui_options *opt, struct sg_err *err)
{
	struct cmd_feed *f;
	struct ui_source src;
	int r = cmd_feed_open(file, how, &f, err);

	if (r < 0)
		return r;
	src = (struct ui_source){
		.cap = cmd_feed_capture(f),
		.log = cmd_feed_log(f),
		.cfg = cmd_feed_config(f),
		.more = cmd_feed_more,
		.progress = cmd_feed_progress,
		.arg = f,
	};
	r = ui_run(&src, opt, err);
	cmd_feed_close(f);
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

int cmd_view(const struct cmd *cmd, int argc, char **argv)
{
	static const struct option options[] = {
		{ "at", required_argument, NULL, 'a' },
		{ "color", required_argument, NULL, 'c' },
		{ "colour", required_argument, NULL, 'c' },
		{ "ascii", no_argument, NULL, 'A' },
		{ "frame", required_argument, NULL, 'f' },
		{ "keys", no_argument, NULL, 'k' },
		{ "no-cache", no_argument, NULL, 'n' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};
	struct cmd_feed_options how = { .memory = cmd_feed_memory() };
	struct ui_options opt = { 0 };
	struct sg_err err = { 0 };
	const char *file;
	int o, r;

	while ((o = getopt_long(argc, argv, ":hV", options, NULL)) != -1) {
		switch (o) {
		case 'a':
			opt.start = optarg;
			break;
		case 'c':
			r = ui_colour_by_name(optarg);
			if (r < 0)
				return cmd_usage(
					cmd,
					"--color wants auto, truecolor, 256, 8 or none, not '%s'",
					optarg);
			opt.colour = (enum ui_colour_mode)r;
			break;
		case 'A':
			opt.ascii = true;
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
	return show(file, &how, &opt, &err) < 0 ? cmd_fail(&err) : CMD_OK;
}
