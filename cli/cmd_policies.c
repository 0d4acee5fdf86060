// SPDX-License-Identifier: GPL-2.0-only
/* policies: the kernels that a policy may name, their facts, and the settings. */
#include "cmd.h"

#include <getopt.h>
#include <stdio.h>

#include "policy/policy.h"

enum { MAX_SERIES = 64, MAX_STABLE = 16, NAME_SIZE = 24 };

/* "7.2" for a fact's date: the series, its candidates included, or the stable release. */
static const char *date(uint32_t release, char buf[NAME_SIZE])
{
	mm_release_print(release, buf, NAME_SIZE);
	return buf;
}

static void json_facts(struct cmd_json *j)
{
	char buf[NAME_SIZE];

	cmd_json_array(j, "facts", false);
	for (unsigned int i = 0; i < MM_FACT_COUNT; i++) {
		enum mm_fact x = (enum mm_fact)i;
		uint32_t since, until, stable[MAX_STABLE];
		unsigned int nr = mm_fact_stable(x, stable, MAX_STABLE);

		mm_fact_dates(x, &since, &until);
		cmd_json_object(j, NULL, true);
		cmd_json_str(j, "key", mm_fact_key(x));
		cmd_json_str(j, "since", date(since, buf));
		if (until == MM_ALWAYS)
			cmd_json_null(j, "until");
		else
			cmd_json_str(j, "until", date(until, buf));
		cmd_json_array(j, "stable", true);
		for (unsigned int k = 0; k < nr && k < MAX_STABLE; k++)
			cmd_json_str(j, NULL, date(stable[k], buf));
		cmd_json_end(j);
		cmd_json_str(j, "function", mm_fact_where(x));
		cmd_json_str(j, "text", mm_fact_text(x));
		cmd_json_end(j);
	}
	cmd_json_end(j);
}

static void json(struct cmd_out *out)
{
	uint32_t series[MAX_SERIES];
	unsigned int nr = mm_release_series(series, MAX_SERIES);
	char name[NAME_SIZE];
	struct cmd_json j;

	cmd_json_init(&j, out);
	cmd_json_object(&j, NULL, false);
	cmd_json_array(&j, "policies", true);
	for (unsigned int i = 0; i < nr && i < MAX_SERIES; i++) {
		char full[NAME_SIZE + 8];

		snprintf(full, sizeof(full), "linux-%s", date(series[i], name));
		cmd_json_str(&j, NULL, full);
	}
	cmd_json_end(&j);
	json_facts(&j);
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

static void text_fact(struct cmd_out *out, enum mm_fact x)
{
	uint32_t since, until, stable[MAX_STABLE];
	unsigned int nr = mm_fact_stable(x, stable, MAX_STABLE);
	char buf[NAME_SIZE];

	mm_fact_dates(x, &since, &until);
	cmd_printf(out, "  %-24s %s", mm_fact_key(x), date(since, buf));
	if (until != MM_ALWAYS)
		cmd_printf(out, ", not from %s on", date(until, buf));
	for (unsigned int k = 0; k < nr && k < MAX_STABLE; k++)
		cmd_printf(out, "%s%s", k ? ", " : "; stable: ", date(stable[k], buf));
	cmd_printf(out, "\n      %s\n      %s\n", mm_fact_text(x), mm_fact_where(x));
}

static void text(struct cmd_out *out)
{
	uint32_t series[MAX_SERIES];
	unsigned int nr = mm_release_series(series, MAX_SERIES);
	char buf[NAME_SIZE];

	cmd_puts(out, "A policy is a kernel, facts that are switched, and settings: linux-7.2,promote=0,defrag_mode=1\n\n"
		      "kernels, with any stable release (linux-6.12.29) or candidate (linux-7.3-rc2) of theirs:\n ");
	for (unsigned int i = 0; i < nr && i < MAX_SERIES; i++)
		cmd_printf(out, "%slinux-%s", i && i % 10 == 0 ? "\n  " : " ", date(series[i], buf));
	cmd_puts(out, "\n\nfacts, 1 in kernels from the one that is named on, 0 before:\n");
	for (unsigned int i = 0; i < MM_FACT_COUNT; i++)
		text_fact(out, (enum mm_fact)i);
	cmd_puts(out, "\nsettings, with their default and limits:\n");
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
