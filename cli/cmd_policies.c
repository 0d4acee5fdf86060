// SPDX-License-Identifier: GPL-2.0-only
/* policies: the rule sets and the settings that a policy may have. */
#include "cmd.h"

#include <getopt.h>

#include "policy/policy.h"

static void json(struct cmd_out *out)
{
	struct cmd_json j;

	cmd_json_init(&j, out);
	cmd_json_object(&j, NULL, false);
	cmd_json_array(&j, "policies", true);
	for (unsigned int r = 0; r < MM_RULES_COUNT; r++)
		cmd_json_str(&j, NULL, mm_policy_rules_name((enum mm_rules)r));
	cmd_json_end(&j);
	cmd_json_array(&j, "settings", false);
	for (unsigned int t = 0; t < MM_TUNE_COUNT; t++) {
		cmd_json_object(&j, NULL, true);
		cmd_json_str(&j, "key", mm_tunable_key((enum mm_tunable)t));
		cmd_json_int(&j, "default", mm_tunable_limit((enum mm_tunable)t, MM_LIMIT_DEFAULT));
		cmd_json_int(&j, "least", mm_tunable_limit((enum mm_tunable)t, MM_LIMIT_LEAST));
		cmd_json_int(&j, "most", mm_tunable_limit((enum mm_tunable)t, MM_LIMIT_MOST));
		cmd_json_str(&j, "text", mm_tunable_text((enum mm_tunable)t));
		cmd_json_end(&j);
	}
	cmd_json_end(&j);
	cmd_json_end(&j);
	cmd_puts(out, "\n");
}

static void text(struct cmd_out *out)
{
	cmd_puts(out, "A policy is a kernel's rules and its settings: linux-7.2,defrag_mode=1\n\nrules:");
	for (unsigned int r = 0; r < MM_RULES_COUNT; r++)
		cmd_printf(out, " %s", mm_policy_rules_name((enum mm_rules)r));
	cmd_puts(out, "\n\nsettings, with their default and limits:\n");
	for (unsigned int t = 0; t < MM_TUNE_COUNT; t++)
		cmd_printf(out, "  %-30s %6lld  %lld to %lld\n      %s\n", mm_tunable_key((enum mm_tunable)t),
			   (long long)mm_tunable_limit((enum mm_tunable)t, MM_LIMIT_DEFAULT),
			   (long long)mm_tunable_limit((enum mm_tunable)t, MM_LIMIT_LEAST),
			   (long long)mm_tunable_limit((enum mm_tunable)t, MM_LIMIT_MOST), mm_tunable_text((enum mm_tunable)t));
}

int cmd_policies(const struct cmd *cmd, int argc, char **argv)
{
	static const struct option options[] = { { "json", no_argument, NULL, 'j' },
						 { "help", no_argument, NULL, 'h' },
						 { "version", no_argument, NULL, 'V' },
						 { 0 } };
	bool as_json = false;
	struct cmd_out *out;
	int opt;

	while ((opt = getopt_long(argc, argv, ":hV", options, NULL)) != -1) {
		if (opt != 'j')
			return cmd_common_option(cmd, opt, argv[optind - 1]);
		as_json = true;
	}
	if (optind < argc)
		return cmd_usage(cmd, "'%s' is one argument too many", argv[optind]);
	out = cmd_out_new();
	(as_json ? json : text)(out);
	return cmd_out_end(out, CMD_OK);
}
