// SPDX-License-Identifier: GPL-2.0-only
/* stormglass FILE: the screens. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "ui.h"

struct feed {
	struct cmd_source src;
	struct sg_log *log;
};

/* struct ui_source: reads on while the screens wait for a key. */
static int more(void *arg, uint64_t budget)
{
	struct feed *f = arg;

	while (budget-- > 0) {
		const struct sg_event *ev = cmd_next(&f->src);

		if (!ev)
			return 0;
		if (sg_log_append(f->log, ev) < 0)
			return SG_E_NOMEM;
	}
	return 1;
}

static unsigned int progress(void *arg)
{
	struct feed *f = arg;

	return tr_progress(f->src.tc);
}

static int show(const char *file, const struct ui_options *opt, struct sg_err *err)
{
	struct feed *f = calloc(1, sizeof(*f));
	struct ui_source src;
	int r;

	if (!f)
		return sg_fail(err, SG_E_NOMEM, "out of memory");
	r = cmd_open(file, &f->src, err);
	if (r == 0) {
		f->log = sg_log_new();
		if (!f->log)
			r = sg_fail(err, SG_E_NOMEM, "%s: out of memory", file);
	}
	if (r == 0) {
		src = (struct ui_source){
			.cap = f->src.cap,
			.log = f->log,
			.cfg = &f->src.cfg,
			.more = more,
			.progress = progress,
			.arg = f,
		};
		r = ui_run(&src, opt, err);
	}
	sg_log_free(f->log);
	cmd_close(&f->src);
	free(f);
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
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};
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
		default:
			return cmd_common_option(cmd, o, argv[optind - 1]);
		}
	}
	r = cmd_take_file(cmd, argc, argv, &file);
	if (r != CMD_OK)
		return r;
	return show(file, &opt, &err) < 0 ? cmd_fail(&err) : CMD_OK;
}
