// SPDX-License-Identifier: GPL-2.0-only
/* policies: the kernels that a policy may name, what it may choose, their facts, and the settings. */
#include "cmd.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "policy/choice.h"
#include "policy/policy.h"

enum { MAX_SERIES = 64, MAX_STABLE = 16, NAME_SIZE = 24 };

/* "7.2" for a fact's date: the series, its candidates included, or the stable release. */
static const char *date(uint32_t release, char buf[NAME_SIZE])
{
	mm_release_print(release, buf, NAME_SIZE);
	return buf;
}

/*
 * Of the kernels from @at on that are the same value themselves: which value, -1 none, and the last of them.
 * @series: kernels, oldest first
 */
static int own_stretch(const struct mm_choice *c, const uint32_t *series, unsigned int nr, unsigned int at,
		       unsigned int *ret_last)
{
	int own = mm_choice_own(c, mm_facts_of(series[at]));

	for (*ret_last = at; *ret_last + 1 < nr && mm_choice_own(c, mm_facts_of(series[*ret_last + 1])) == own;)
		++*ret_last;
	return own;
}

static void json_value(struct cmd_json *j, const struct mm_choice *c, const struct mm_choice_value *v)
{
	cmd_json_object(j, NULL, true);
	cmd_json_str(j, "key", v->key);
	cmd_json_bool(j, "part", v->part);
	cmd_json_object(j, "facts", true);
	for (unsigned int x = 0; x < MM_FACT_COUNT; x++) {
		bool on;

		if (mm_choice_says(c, 1u << (v - c->value), (enum mm_fact)x, &on))
			cmd_json_int(j, mm_fact_key((enum mm_fact)x), on);
	}
	cmd_json_end(j);
	cmd_json_bool(j, "hooks", v->hooks != NULL);
	if (v->number) {
		cmd_json_object(j, "number", true);
		cmd_json_str(j, "of", v->number);
		cmd_json_int(j, "least", v->least);
		cmd_json_int(j, "most", v->most);
		cmd_json_end(j);
	} else {
		cmd_json_null(j, "number");
	}
	cmd_json_str(j, "text", v->text);
	cmd_json_end(j);
}

static void json_choices(struct cmd_json *j, const uint32_t *series, unsigned int nr)
{
	const struct mm_choice *c;
	char buf[NAME_SIZE];

	cmd_json_array(j, "choices", false);
	for (unsigned int i = 0; (c = mm_choice(i)) != NULL; i++) {
		cmd_json_object(j, NULL, false);
		cmd_json_str(j, "key", c->key);
		cmd_json_str(j, "document", c->document);
		cmd_json_str(j, "text", c->text);
		cmd_json_str(j, "function", c->where);
		cmd_json_str(j, "captures", c->capture);
		cmd_json_array(j, "values", false);
		for (unsigned int v = 0; v < c->nr; v++)
			json_value(j, c, &c->value[v]);
		cmd_json_end(j);
		cmd_json_array(j, "own", false);
		for (unsigned int at = 0, last; at < nr; at = last + 1) {
			int own = own_stretch(c, series, nr, at, &last);

			cmd_json_object(j, NULL, true);
			cmd_json_str(j, "since", date(series[at], buf));
			if (own < 0)
				cmd_json_null(j, "value");
			else
				cmd_json_str(j, "value", c->value[own].key);
			cmd_json_end(j);
		}
		cmd_json_end(j);
		cmd_json_end(j);
	}
	cmd_json_end(j);
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
	json_choices(&j, series, nr < MAX_SERIES ? nr : MAX_SERIES);
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

/* "by itself: 6.12 up to 6.17, 6.18 in 6.18, none of these in 6.19, 7.x from 7.0 on" */
static void text_own(struct cmd_out *out, const struct mm_choice *c, const uint32_t *series, unsigned int nr)
{
	char from[NAME_SIZE], to[NAME_SIZE];

	cmd_puts(out, "      kernels themselves:");
	for (unsigned int at = 0, last; at < nr; at = last + 1) {
		int own = own_stretch(c, series, nr, at, &last);
		const char *value = own < 0 ? "none of these" : c->value[own].key;

		date(series[at], from);
		date(series[last], to);
		cmd_puts(out, at ? ", " : " ");
		if (at == 0 && last + 1 == nr)
			cmd_puts(out, value);
		else if (at == 0)
			cmd_printf(out, "%s up to %s", value, to);
		else if (last + 1 == nr)
			cmd_printf(out, "%s from %s on", value, from);
		else if (at == last)
			cmd_printf(out, "%s in %s", value, from);
		else
			cmd_printf(out, "%s in %s to %s", value, from, to);
	}
	cmd_puts(out, "\n");
}

static void text_choice(struct cmd_out *out, const struct mm_choice *c, const uint32_t *series, unsigned int nr)
{
	bool parts = false;

	cmd_printf(out, "  %s (document %s): %s\n", c->key, c->document, c->text);
	for (unsigned int v = 0; v < c->nr; v++) {
		char name[40];

		cmd_printf(out, "      %s=%-*s %s\n", c->key, 14, mm_choice_value_name(&c->value[v], name, sizeof(name)), c->value[v].text);
		if (c->value[v].number)
			cmd_printf(out, "      %*s N: %s, %lld to %lld\n", (int)strlen(c->key) + 15, "", c->value[v].number,
				   (long long)c->value[v].least, (long long)c->value[v].most);
		parts |= c->value[v].part;
	}
	if (parts) {
		cmd_puts(out, "      to be joined by +:");
		for (unsigned int v = 0; v < c->nr; v++)
			if (c->value[v].part)
				cmd_printf(out, " %s", c->value[v].key);
		cmd_puts(out, "\n");
	}
	text_own(out, c, series, nr);
	cmd_printf(out, "      %s\n      to be seen in %s\n", c->where, c->capture);
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

	const struct mm_choice *c;

	cmd_puts(out, "A policy is a kernel, what is chosen beyond it, facts that are switched, and settings:\n"
		      "linux-6.18,storm=p2+p4,claim-steal=0,defrag_mode=1\n\n"
		      "kernels, with any stable release (linux-6.12.29) or candidate (linux-7.3-rc2) of theirs:\n ");
	for (unsigned int i = 0; i < nr && i < MAX_SERIES; i++)
		cmd_printf(out, "%slinux-%s", i && i % 10 == 0 ? "\n  " : " ", date(series[i], buf));
	cmd_puts(out, "\n\nchoices, of the documents on which they rest:\n");
	for (unsigned int i = 0; (c = mm_choice(i)) != NULL; i++)
		text_choice(out, c, series, nr < MAX_SERIES ? nr : MAX_SERIES);
	cmd_puts(out, "\nfacts, 1 in kernels from the one that is named on, 0 before:\n");
	for (unsigned int i = 0; i < MM_FACT_COUNT; i++)
		text_fact(out, (enum mm_fact)i);
	cmd_puts(out, "\nsettings, with their default and limits:\n");
	for (unsigned int t = 0; t < MM_TUNE_COUNT; t++)
		cmd_printf(out, "  %-30s %6lld  %lld to %lld\n      %s\n", mm_tunable_key((enum mm_tunable)t),
			   (long long)mm_tunable_limit((enum mm_tunable)t, MM_LIMIT_DEFAULT),
			   (long long)mm_tunable_limit((enum mm_tunable)t, MM_LIMIT_LEAST),
			   (long long)mm_tunable_limit((enum mm_tunable)t, MM_LIMIT_MOST), mm_tunable_text((enum mm_tunable)t));
}

void cmd_policy_notes(const struct mm_policy *p)
{
	char text[400];

	for (unsigned int i = 0; mm_policy_note(p, i, text, sizeof(text)) > 0; i++)
		fprintf(stderr, "stormglass: %s\n", text);
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
