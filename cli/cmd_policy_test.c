// SPDX-License-Identifier: GPL-2.0-only
/* stormglass policy test: runs with a policy and without it, and what differs. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd_policy.h"
#include "cmd_small.h"
#include "sg_mem.h"

struct trial {
	const struct cmd_policy_try *t;
	const char *rest; /* what lies beneath */
	struct cmd_out *o;
	uint64_t asked, changed, faults; /* over all machines */
	unsigned int runs, bad;          /* runs with the policy; those that failed, or in which it did */
};

/* "12,345" or "12,345 .. 13,000" */
static const char *range_text(enum mm_unit unit, const struct mm_range *r, char *buf, size_t size)
{
	char a[32], b[32];

	mm_figure_text(unit, r->low, a, sizeof(a));
	mm_figure_text(unit, r->high, b, sizeof(b));
	snprintf(buf, size, r->low == r->high ? "%s" : "%s .. %s", a, b);
	return buf;
}

/* Figures in which the runs with the policy lie outside of those without. */
static void put_figures(struct trial *tr, const struct compare *c)
{
	unsigned int same = 0, within = 0, shown = 0;

	for (unsigned int i = 0; i < MM_FIG_COUNT; i++) {
		const struct mm_range *was = &c->arm[0].range[i], *is = &c->arm[1].range[i];
		struct mm_figure_info info;
		char a[80], b[80];

		if (was->mid == MM_FIGURE_UNKNOWN || is->mid == MM_FIGURE_UNKNOWN)
			continue;
		if (was->low == is->low && was->high == is->high) {
			same++;
			continue;
		}
		if (was->low <= is->high && is->low <= was->high) {
			within++;
			continue;
		}
		if (!shown++)
			cmd_printf(tr->o, "  %-30s %24s %24s\n", "figure", "beneath", "with it");
		mm_figure_info(i, c->w.cap, &info);
		cmd_printf(tr->o, "  %-30s %24s %24s\n", info.key, range_text(info.unit, was, a, sizeof(a)),
			   range_text(info.unit, is, b, sizeof(b)));
	}
	cmd_printf(tr->o, shown ? "  %u more differ less than runs among themselves do, %u are the same\n" :
			  "  no figure differs by more than runs among themselves do: %u a little, %u not at all\n", within, same);
}

static void put_hooks(struct trial *tr, const struct compare *c)
{
	unsigned int shown = 0;
	char line[1200];

	for (unsigned int h = 0; h < MM_HOOK_COUNT; h++) {
		uint64_t asked = 0, changed = 0, faults = 0;

		for (unsigned int i = 0; i < c->runs; i++) {
			asked += c->arm[1].run[i].asked.asked[h];
			changed += c->arm[1].run[i].asked.changed[h];
			faults += c->arm[1].run[i].asked.faults[h];
		}
		tr->asked += asked;
		tr->changed += changed;
		tr->faults += faults;
		if (!asked)
			continue;
		if (!shown++)
			cmd_printf(tr->o, "  %-30s %14s %14s %14s\n", "hook", "asked", "answer changed", "wrong answers");
		cmd_printf(tr->o, "  %-30s %14" PRIu64 " %14" PRIu64 " %14" PRIu64 "\n", mm_hook_name((enum mm_hook)h), asked, changed, faults);
	}
	if (!shown)
		cmd_puts(tr->o, "  none of its hooks was asked\n");
	for (unsigned int i = 0; cmd_compare_missing(c, i, line, sizeof(line)); i++)
		cmd_printf(tr->o, "  %s\n", line);
}

/* Both ensembles on what @w describes. */
static int on(struct trial *tr, const struct cmd_whatif *w, const char *text, struct sg_err *err)
{
	struct compare *c = calloc(1, sizeof(*c));
	struct compare_arm arm[2] = { { .name = tr->rest }, { .name = tr->t->spec } };
	int r = c ? 0 : sg_fail(err, SG_E_NOMEM, "out of memory");
	char name[200];

	if (r == 0) {
		c->w = *w; /* borrowed */
		c->nr_arms = 2;
		c->arm = arm;
		c->runs = tr->t->runs;
		c->seed = 1;
		c->bounds = tr->t->bounds;
	}
	for (unsigned int a = 0; a < 2 && r == 0; a++) {
		r = cmd_whatif_policy(w, arm[a].name, &arm[a].policy, err);
		arm[a].run = sg_calloc(tr->t->runs, sizeof(*arm[a].run));
		if (r == 0 && !arm[a].run)
			r = sg_fail(err, SG_E_NOMEM, "out of memory");
	}
	if (r == 0)
		r = cmd_compare_run(c, err);
	if (r == 0) {
		cmd_compare_sum(c);
		sg_clean(name, sizeof(name), w->file, strlen(w->file));
		cmd_printf(tr->o, "%s%s%s\n", name, text ? ": " : "", text ? text : "");
		put_hooks(tr, c);
		put_figures(tr, c);
		for (unsigned int i = 0; i < c->runs; i++)
			tr->bad += arm[1].run[i].end != COMPARE_WHOLE || arm[1].run[i].blame.nr > 0;
		tr->runs += c->runs;
		if (c->interrupted)
			r = sg_fail(err, SG_E_IO, "interrupted");
	}
	free(arm[0].run);
	free(arm[1].run);
	free(c);
	return r;
}

static int on_capture(struct trial *tr, const char *file, struct sg_err *err)
{
	struct cmd_whatif_options how = { .assume = true };
	struct cmd_whatif w;
	int r = cmd_whatif_open(file, &how, &w, err);

	if (r == 0)
		r = on(tr, &w, NULL, err);
	cmd_whatif_close(&w);
	return r;
}

static int everywhere(struct trial *tr, struct sg_err *err)
{
	int r = 0;

	for (unsigned int i = 0; r == 0 && cmd_small_name(i); i++) {
		struct cmd_small *s = cmd_small_new(i, err);

		r = s ? on(tr, cmd_small_whatif(s), cmd_small_text(i), err) : err->code;
		cmd_small_free(s);
	}
	for (unsigned int i = 0; r == 0 && i < tr->t->nr_captures; i++)
		r = on_capture(tr, tr->t->capture[i], err);
	return r;
}

static void put_end(struct trial *tr)
{
	if (tr->bad)
		cmd_printf(tr->o, "it failed in %u of %u runs\n", tr->bad, tr->runs);
	else if (!tr->asked)
		cmd_puts(tr->o, "it was never asked: nothing here comes to its hooks\n");
	else if (!tr->changed && !tr->faults)
		cmd_puts(tr->o, "it was asked, and never answered otherwise than what lies beneath it\n");
	else
		cmd_printf(tr->o, "asked %" PRIu64 " times in %u runs, it answered otherwise %" PRIu64 " times, and wrongly %" PRIu64 " times\n",
			   tr->asked, tr->runs, tr->changed, tr->faults);
}

int cmd_policy_try(const struct cmd *cmd, const struct cmd_policy_try *t)
{
	struct trial tr = { .t = t };
	struct cmd_plugins files;
	struct sg_err err = { 0 };
	char *rest = NULL;
	int r;

	if (!cmd_plugin_named(t->spec))
		return cmd_usage(cmd, "'%s' is no file of a policy: ./mine.c or ./mine.so, with base= beneath", t->spec);
	if (cmd_plugin_split(t->spec, &files, &rest, &err) < 0)
		return cmd_fail(&err);
	tr.rest = rest;
	tr.o = cmd_out_new();
	r = tr.o ? everywhere(&tr, &err) : SG_E_NOMEM;
	if (r == 0)
		put_end(&tr);
	free(rest);
	if (!tr.o)
		return CMD_FAILED;
	return cmd_out_end(tr.o, r < 0 ? cmd_fail(&err) : tr.bad || tr.faults ? CMD_FAILED : CMD_OK);
}
