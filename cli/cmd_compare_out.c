// SPDX-License-Identifier: GPL-2.0-only
/* A comparison as text and as JSON. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd_compare.h"

/* Ends of runs that aren't whole, arm by arm: which, how many, and why the first of them. */
static bool ends_of(const struct compare *c, unsigned int *left, char *buf, size_t size)
{
	static const struct {
		enum compare_end end;
		const char *text;
	} ends[] = { { COMPARE_CUT, "ended early" }, { COMPARE_FAILED, "failed" }, { COMPARE_DIED, "died" },
		     { COMPARE_NOT_RUN, "weren't run to their end: interrupted" } };

	for (unsigned int a = 0; a < c->nr_arms; a++)
		for (unsigned int e = 0; e < sizeof(ends) / sizeof(ends[0]); e++) {
			const struct compare_arm *arm = &c->arm[a];
			const struct compare_run *first = NULL;
			unsigned int n = 0, no = 0;

			for (unsigned int i = 0; i < c->runs; i++) {
				if (arm->run[i].end != ends[e].end)
					continue;
				if (!n++) {
					first = &arm->run[i];
					no = i;
				}
			}
			if (!n || (*left)--)
				continue;
			if (ends[e].end == COMPARE_NOT_RUN)
				snprintf(buf, size, "%s: %u of %u runs %s", arm->name, n, c->runs, ends[e].text);
			else if (ends[e].end == COMPARE_CUT)
				snprintf(buf, size, "%s: %u of %u runs %s; that of seed %" PRIu64 " after %u.%u %% of the demand: %s%s", arm->name, n,
					 c->runs, ends[e].text, c->seed + no, first->permille / 10, first->permille % 10, first->why,
					 arm->whole ? "; they aren't counted" : "; their figures are of as much as they did");
			else
				snprintf(buf, size, "%s: %u of %u runs %s; that of seed %" PRIu64 ": %s", arm->name, n, c->runs, ends[e].text,
					 c->seed + no, first->why);
			return true;
		}
	return false;
}

/* Policies that failed in runs, or answered wrongly, arm by arm: in how many, and the first. */
static bool fails_of(const struct compare *c, unsigned int *left, char *buf, size_t size)
{
	for (unsigned int a = 0; a < c->nr_arms; a++)
		for (unsigned int wrong = 0; wrong < 2; wrong++) {
			const struct compare_arm *arm = &c->arm[a];
			const struct compare_run *first = NULL;
			unsigned int n = 0, no = 0;
			char text[400];

			for (unsigned int i = 0; i < c->runs; i++) {
				if (!(wrong ? arm->run[i].asked.nr_wrong : arm->run[i].blame.nr))
					continue;
				if (!n++) {
					first = &arm->run[i];
					no = i;
				}
			}
			if (!n || (*left)--)
				continue;
			if (wrong)
				snprintf(text, sizeof(text), "%s", first->asked.wrong[0]);
			else
				cmd_blame_say(&first->blame, 0, c->w.demand->ts_first, text, sizeof(text));
			snprintf(buf, size, "%s: in %u of %u runs a policy %s; in that of seed %" PRIu64 ": %s", arm->name, n, c->runs,
				 wrong ? "answered wrongly" : "failed", c->seed + no, text);
			return true;
		}
	return false;
}

bool cmd_compare_missing(const struct compare *c, unsigned int i, char *buf, size_t size)
{
	return ends_of(c, &i, buf, size) || fails_of(c, &i, buf, size);
}

bool cmd_compare_shows(const struct compare *c, unsigned int fig)
{
	int64_t v = c->observed.v[fig];
	bool any = v != 0 && v != MM_FIGURE_UNKNOWN;

	for (unsigned int a = 0; a < c->nr_arms; a++) {
		const struct mm_range *r = &c->arm[a].range[fig];

		any |= r->mid != MM_FIGURE_UNKNOWN && (r->low || r->high);
	}
	return any;
}

static enum mm_effect verdict(const struct compare *c, unsigned int fig, enum mm_more more, const struct compare_arm *arm)
{
	return mm_effect(more, c->observed.v[fig], &c->arm[0].range[fig], &arm->range[fig]);
}

/* ---- text ------------------------------------------------------------------------------------ */

static const char *range_text(enum mm_unit unit, const struct mm_range *r, char *buf, size_t size)
{
	char a[32], b[32];

	if (r->mid == MM_FIGURE_UNKNOWN)
		snprintf(buf, size, "?");
	else if (r->low == r->high)
		mm_figure_text(unit, r->mid, buf, size);
	else
		snprintf(buf, size, "%s .. %s", mm_figure_text(unit, r->low, a, sizeof(a)), mm_figure_text(unit, r->high, b, sizeof(b)));
	return buf;
}

/* Signed, and as a share of what was observed. */
static const char *error_text(enum mm_unit unit, int64_t observed, const struct mm_range *own, char *buf, size_t size)
{
	int64_t e = mm_error(observed, own);
	uint64_t mag = e < 0 ? (uint64_t)0 - (uint64_t)e : (uint64_t)e;
	char a[32];

	if (e == MM_FIGURE_UNKNOWN)
		return "?";
	mm_figure_text(unit, (int64_t)mag, a, sizeof(a));
	if (observed > 0)
		snprintf(buf, size, "%s%s (%.0f %%)", e < 0 ? "-" : e ? "+" : "", a, 100.0 * (double)mag / (double)observed);
	else
		snprintf(buf, size, "%s%s", e < 0 ? "-" : e ? "+" : "", a);
	return buf;
}

static void put_name(struct cmd_out *o, const char *name)
{
	char clean[400];

	sg_clean(clean, sizeof(clean), name, strlen(name));
	cmd_puts(o, clean);
}

static void put_head(const struct compare *c, struct cmd_out *o)
{
	char policy[1000];

	put_name(o, c->w.cap->name);
	cmd_puts(o, ": kernel ");
	put_name(o, c->w.cap->kernel);
	mm_policy_print(&c->w.own, policy, sizeof(policy));
	cmd_printf(o, ", run as %s\nevents %" PRIu64 " to %" PRIu64 "%s; %u run%s each, seeds %" PRIu64 " to %" PRIu64 "\n", policy,
		   c->w.from + 1, c->w.to, c->w.marked_from ? ", between the snapshots" : "", c->runs, c->runs == 1 ? "" : "s", c->seed,
		   c->seed + c->runs - 1);
	for (unsigned int a = 1; a < c->nr_arms; a++) {
		mm_policy_print(&c->arm[a].policy, policy, sizeof(policy));
		cmd_printf(o, "policy %u: %s\n", a, policy);
	}
	cmd_puts(o, "\n");
}

/* What is 0 throughout, by name. */
static void put_zeros(const struct compare *c, struct cmd_out *o)
{
	size_t column = 0;

	for (unsigned int i = 0; i < MM_FIG_FREE_END; i++) {
		struct mm_figure_info info;

		if (cmd_compare_shows(c, i))
			continue;
		mm_figure_info(i, c->w.cap, &info);
		if (column == 0)
			cmd_puts(o, "none:");
		else if (column + strlen(info.key) > 120)
			cmd_puts(o, "\n     ");
		column = column == 0 || column + strlen(info.key) > 120 ? 5 : column;
		cmd_printf(o, " %s", info.key);
		column += strlen(info.key) + 1;
	}
	if (column)
		cmd_puts(o, "\n");
}

void cmd_compare_text(const struct compare *c, struct cmd_out *o)
{
	char a[80], b[80], e[80], line[1200];

	put_head(c, o);
	cmd_printf(o, "%-28s %12s %25s %22s", "figure", "observed", "own policy", "error of own");
	for (unsigned int k = 1; k < c->nr_arms; k++)
		cmd_printf(o, "   %25s %-13s", c->nr_arms > 2 ? (snprintf(a, sizeof(a), "policy %u", k), a) : "policy", "verdict");
	cmd_puts(o, "\n");
	for (unsigned int i = 0; i < MM_FIG_COUNT; i++) {
		struct mm_figure_info info;

		if (!cmd_compare_shows(c, i))
			continue;
		mm_figure_info(i, c->w.cap, &info);
		cmd_printf(o, "%-28s %12s %25s %22s", info.key, mm_figure_text(info.unit, c->observed.v[i], a, sizeof(a)),
			   range_text(info.unit, &c->arm[0].range[i], b, sizeof(b)),
			   error_text(info.unit, c->observed.v[i], &c->arm[0].range[i], e, sizeof(e)));
		for (unsigned int k = 1; k < c->nr_arms; k++)
			cmd_printf(o, "   %25s %-13s", range_text(info.unit, &c->arm[k].range[i], b, sizeof(b)),
				   mm_effect_key(verdict(c, i, info.more, &c->arm[k])));
		cmd_puts(o, "\n");
	}
	put_zeros(c, o);
	cmd_puts(o, "\nlow .. high of the runs; the error is that of their median; the verdict can't be told where the observation lies farther\n"
		    "outside of the captured kernel's own runs than the policy's median lies from theirs.\n");
	for (unsigned int i = 0; cmd_compare_missing(c, i, line, sizeof(line)); i++) {
		cmd_puts(o, i ? "  " : "\nnot whole\n  ");
		put_name(o, line);
		cmd_puts(o, "\n");
	}
	for (unsigned int i = 0; i < c->w.nr_assumed; i++) {
		cmd_puts(o, i ? "  " : "\nassumed\n  ");
		put_name(o, c->w.assumed[i]);
		cmd_puts(o, "\n");
	}
}

/* ---- JSON ------------------------------------------------------------------------------------- */

static void put_value(struct cmd_json *j, const char *key, enum mm_unit unit, int64_t v)
{
	if (v == MM_FIGURE_UNKNOWN)
		cmd_json_null(j, key);
	else if (unit == MM_UNIT_MILLI)
		cmd_json_milli(j, key, v);
	else
		cmd_json_int(j, key, v);
}

static void put_range(struct cmd_json *j, enum mm_unit unit, const struct mm_range *r)
{
	put_value(j, "low", unit, r->low);
	put_value(j, "mid", unit, r->mid);
	put_value(j, "high", unit, r->high);
}

static void put_figure(struct cmd_json *j, const struct compare *c, unsigned int i)
{
	static const char *const unit[] = { [MM_UNIT_TIMES] = "times", [MM_UNIT_PAGES] = "pages", [MM_UNIT_BLOCKS] = "blocks",
					    [MM_UNIT_NS] = "ns", [MM_UNIT_MILLI] = "ratio" };
	int64_t e = mm_error(c->observed.v[i], &c->arm[0].range[i]);
	struct mm_figure_info info;

	mm_figure_info(i, c->w.cap, &info);
	cmd_json_object(j, info.key, true);
	cmd_json_str(j, "unit", unit[info.unit]);
	put_value(j, "observed", info.unit, c->observed.v[i]);
	cmd_json_object(j, "own", true);
	put_range(j, info.unit, &c->arm[0].range[i]);
	cmd_json_end(j);
	put_value(j, "error", info.unit, e);
	put_value(j, "error_absolute", info.unit, e < 0 && e != MM_FIGURE_UNKNOWN ? -e : e);
	cmd_json_object(j, "policies", true);
	for (unsigned int k = 1; k < c->nr_arms; k++) {
		cmd_json_object(j, c->arm[k].name, true);
		put_range(j, info.unit, &c->arm[k].range[i]);
		cmd_json_str(j, "verdict", mm_effect_key(verdict(c, i, info.more, &c->arm[k])));
		cmd_json_end(j);
	}
	cmd_json_end(j);
	cmd_json_end(j);
}

static void put_arm(struct cmd_json *j, const struct compare *c, const struct compare_arm *arm)
{
	unsigned int failed = 0, wrong = 0;
	char policy[1000];

	cmd_json_object(j, arm->name, true);
	mm_policy_print(&arm->policy, policy, sizeof(policy));
	cmd_json_str(j, "policy", policy);
	cmd_json_uint(j, "runs", c->runs);
	cmd_json_uint(j, "whole", arm->whole);
	cmd_json_uint(j, "ended_early", arm->cut);
	cmd_json_uint(j, "failed", arm->failed);
	cmd_json_uint(j, "died", arm->died);
	cmd_json_uint(j, "not_run", arm->not_run);
	for (unsigned int i = 0; i < c->runs; i++) {
		failed += arm->run[i].blame.nr > 0;
		wrong += arm->run[i].asked.nr_wrong > 0;
	}
	cmd_json_uint(j, "policy_failed", failed);
	cmd_json_uint(j, "policy_wrong", wrong);
	cmd_json_end(j);
}

void cmd_compare_json(const struct compare *c, struct cmd_out *o)
{
	struct cmd_json j;
	char line[1200];

	cmd_json_init(&j, o);
	cmd_json_object(&j, NULL, false);
	cmd_json_str(&j, "capture", c->w.cap->name);
	cmd_json_str(&j, "kernel", c->w.cap->kernel);
	cmd_json_uint(&j, "first_event", c->w.from + 1);
	cmd_json_uint(&j, "last_event", c->w.to);
	cmd_json_bool(&j, "between_snapshots", c->w.marked_from && c->w.marked_to);
	cmd_json_uint(&j, "runs", c->runs);
	cmd_json_uint(&j, "seed", c->seed);
	cmd_json_bool(&j, "interrupted", c->interrupted);
	cmd_json_bool(&j, "own_counters", c->own_counters);
	cmd_json_object(&j, "ensembles", false);
	for (unsigned int a = 0; a < c->nr_arms; a++)
		put_arm(&j, c, &c->arm[a]);
	cmd_json_end(&j);
	cmd_json_object(&j, "figures", false);
	for (unsigned int i = 0; i < MM_FIG_COUNT; i++)
		if (i < MM_FIG_FREE_END || cmd_compare_shows(c, i)) /* of things of which there are many, those that are there */
			put_figure(&j, c, i);
	cmd_json_end(&j);
	cmd_json_array(&j, "missing", false);
	for (unsigned int i = 0; cmd_compare_missing(c, i, line, sizeof(line)); i++)
		cmd_json_str(&j, NULL, line);
	cmd_json_end(&j);
	cmd_json_array(&j, "assumed", false);
	for (unsigned int i = 0; i < c->w.nr_assumed; i++)
		cmd_json_str(&j, NULL, c->w.assumed[i]);
	cmd_json_end(&j);
	cmd_limits_json(&j, &c->w.limits);
	cmd_json_end(&j);
	cmd_puts(o, "\n");
}
