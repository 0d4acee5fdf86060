// SPDX-License-Identifier: GPL-2.0-only
/* What all commands' options and arguments have in common. */
#include "cmd.h"
#include "cmd_target.h"

#include <getopt.h>

const char cmd_positions[] = "POS is event:N or N (after the first N events), N% (of them), time:SECONDS (after "
				"the last event at or\n"
				"before this time of the capture's clock), mark:TEXT (the first trace marker "
				"that starts with TEXT),\nbookmark:NAME (of a session), start or end.\n";

static int help(const struct cmd *cmd)
{
	struct cmd_out *o = cmd_out_new();

	if (!o)
		return CMD_FAILED;
	cmd_printf(o, "stormglass %s %s\n\n%s%s\n\n", cmd->name, cmd->synopsis, cmd->summary, cmd->about);
	cmd_puts(o, cmd->help);
	cmd_puts(o, "  -h, --help     this text\n  -V, --version  the version\n");
	if (cmd->positions) {
		cmd_puts(o, "\n");
		cmd_puts(o, cmd_positions);
	}
	return cmd_out_end(o, CMD_OK);
}

static int version(void)
{
	struct cmd_out *o = cmd_out_new();

	if (!o)
		return CMD_FAILED;
	cmd_puts(o, "stormglass " SG_VERSION "\n");
	return cmd_out_end(o, CMD_OK);
}

int cmd_common_option(const struct cmd *cmd, int opt, const char *arg)
{
	if (opt == 'h')
		return cmd->help_all ? cmd->help_all() : help(cmd);
	if (opt == 'V')
		return version();
	if (opt == ':')
		return cmd_usage(cmd, "option '%s' wants a value", arg);
	return cmd_usage(cmd, "there is no option '%s'", arg);
}

int cmd_take_file(const struct cmd *cmd, int argc, char **argv, const char **ret_file)
{
	struct sg_err err;

	if (optind >= argc)
		return cmd_usage(cmd, "which FILE? Name a trace.dat or a capture directory");
	if (optind + 1 < argc)
		return cmd_usage(cmd, "one FILE only, but '%s' follows '%s'", argv[optind + 1],
				 argv[optind]);
	if (!argv[optind][0])
		return cmd_usage(cmd, "the name of FILE is empty");
	if (cmd_target_stdout(argv[optind], &err) < 0)
		return cmd_fail(&err);
	*ret_file = argv[optind];
	return CMD_OK;
}
