// SPDX-License-Identifier: GPL-2.0-only
/* A comparison as one page that needs nothing else. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cmd_compare.h"

static const char style[] =
	"body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;color:#1c2430;background:#fff}"
	"h1{font-size:1.3rem}h2{font-size:1.05rem;margin-top:2rem}table{border-collapse:collapse;width:100%}"
	"th,td{padding:.25rem .6rem;text-align:right;border-bottom:1px solid #dde3ea;white-space:nowrap}"
	"th:first-child,td:first-child{text-align:left;white-space:normal}small{color:#5b6675}"
	".bar{position:relative;height:.8rem;min-width:14rem;background:#eef2f6;border-radius:2px}"
	".bar i{position:absolute;top:.15rem;bottom:.15rem;min-width:3px;border-radius:2px}"
	".bar b{position:absolute;top:0;bottom:0;width:2px;background:#1c2430}"
	".own{background:#7a8ca3}.p1{background:#2f7fd1}.p2{background:#c26a1b}.p3{background:#3c9a5f}.p0{background:#8b5bb5}"
	".better{color:#1d7a3e}.worse{color:#b3261e}.unsure{color:#8a6d00}"
	"@media(prefers-color-scheme:dark){body{background:#12161c;color:#dfe5ec}th,td{border-color:#2b333d}.bar{background:#222a33}"
	".bar b{background:#fff}small{color:#96a2b0}.better{color:#63c98a}.worse{color:#ff8a80}.unsure{color:#e0c060}}";

static void put_text(struct cmd_out *o, const char *text)
{
	char clean[1300];

	sg_clean(clean, sizeof(clean), text, strlen(text));
	for (const char *c = clean; *c; c++) {
		if (*c == '<')
			cmd_puts(o, "&lt;");
		else if (*c == '>')
			cmd_puts(o, "&gt;");
		else if (*c == '&')
			cmd_puts(o, "&amp;");
		else if (*c == '"')
			cmd_puts(o, "&quot;");
		else
			cmd_put(o, c, 1);
	}
}

static const char *colour(unsigned int arm)
{
	static const char *const name[] = { "p0", "p1", "p2", "p3" };

	return arm ? name[arm % 4] : "own";
}

static double share(int64_t v, int64_t most)
{
	return most > 0 && v > 0 ? 100.0 * (double)v / (double)most : 0;
}

/* Each arm's range as a bar, and the observation as a line through all of them. */
static void put_bars(struct cmd_out *o, const struct compare *c, unsigned int fig)
{
	int64_t most = c->observed.v[fig] != MM_FIGURE_UNKNOWN ? c->observed.v[fig] : 0;

	for (unsigned int a = 0; a < c->nr_arms; a++)
		if (c->arm[a].range[fig].mid != MM_FIGURE_UNKNOWN && c->arm[a].range[fig].high > most)
			most = c->arm[a].range[fig].high;
	for (unsigned int a = 0; a < c->nr_arms; a++) {
		const struct mm_range *r = &c->arm[a].range[fig];

		cmd_puts(o, "<div class=bar>");
		if (r->mid != MM_FIGURE_UNKNOWN)
			cmd_printf(o, "<i class=%s style=\"left:%.2f%%;width:%.2f%%\"></i>", colour(a), share(r->low, most) * 0.98,
				   (share(r->high, most) - share(r->low, most)) * 0.98);
		if (c->observed.v[fig] != MM_FIGURE_UNKNOWN)
			cmd_printf(o, "<b style=\"left:%.2f%%\"></b>", share(c->observed.v[fig], most) * 0.98);
		cmd_puts(o, "</div>");
	}
}

static void put_range(struct cmd_out *o, enum mm_unit unit, const struct mm_range *r)
{
	char a[40];

	if (r->mid == MM_FIGURE_UNKNOWN) {
		cmd_puts(o, "<td>?");
		return;
	}
	cmd_printf(o, "<td>%s", mm_figure_text(unit, r->mid, a, sizeof(a)));
	if (r->low != r->high) {
		cmd_printf(o, "<br><small>%s", mm_figure_text(unit, r->low, a, sizeof(a)));
		cmd_printf(o, " to %s</small>", mm_figure_text(unit, r->high, a, sizeof(a)));
	}
}

static void put_row(struct cmd_out *o, const struct compare *c, unsigned int fig)
{
	struct mm_figure_info info;
	int64_t e = mm_error(c->observed.v[fig], &c->arm[0].range[fig]);
	char a[40];

	mm_figure_info(fig, c->w.cap, &info);
	cmd_puts(o, "<tr><td>");
	put_text(o, info.key);
	cmd_puts(o, "<br><small>");
	put_text(o, info.text);
	cmd_printf(o, "</small><td>%s", mm_figure_text(info.unit, c->observed.v[fig], a, sizeof(a)));
	put_range(o, info.unit, &c->arm[0].range[fig]);
	cmd_printf(o, "<td>%s%s", e > 0 ? "+" : "", mm_figure_text(info.unit, e, a, sizeof(a)));
	for (unsigned int k = 1; k < c->nr_arms; k++) {
		enum mm_effect v = mm_effect(info.more, c->observed.v[fig], &c->arm[0].range[fig], &c->arm[k].range[fig]);

		put_range(o, info.unit, &c->arm[k].range[fig]);
		cmd_printf(o, "<td class=%s>", v == MM_EFFECT_BETTER ? "better" : v == MM_EFFECT_WORSE ? "worse" :
			   v == MM_EFFECT_CANT_TELL ? "unsure" : "same");
		put_text(o, mm_effect_key(v));
	}
	cmd_puts(o, "<td>");
	put_bars(o, c, fig);
	cmd_puts(o, "\n");
}

static void put_list(struct cmd_out *o, const char *title, const char *const *line, unsigned int nr)
{
	if (!nr)
		return;
	cmd_printf(o, "<h2>%s</h2><ul>\n", title);
	for (unsigned int i = 0; i < nr; i++) {
		cmd_puts(o, "<li>");
		put_text(o, line[i]);
		cmd_puts(o, "\n");
	}
	cmd_puts(o, "</ul>\n");
}

void cmd_compare_html(const struct compare *c, struct cmd_out *o)
{
	const char *line[sizeof(c->w.assumed) / sizeof(c->w.assumed[0])];
	char policy[1200];

	cmd_puts(o, "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\"><title>");
	put_text(o, c->w.cap->name);
	cmd_printf(o, ": policies compared</title><style>%s</style>\n<h1>", style);
	put_text(o, c->w.cap->name);
	cmd_puts(o, ": policies compared</h1>\n<p>Kernel ");
	put_text(o, c->w.cap->kernel);
	cmd_printf(o, ", events %" PRIu64 " to %" PRIu64 "; %u runs of each policy, seeds from %" PRIu64 ". The line is what was observed, "
		   "the bars are the runs.</p>\n<ul>\n", c->w.from + 1, c->w.to, c->runs, c->seed);
	for (unsigned int a = 0; a < c->nr_arms; a++) {
		mm_policy_print(&c->arm[a].policy, policy, sizeof(policy));
		cmd_printf(o, "<li><span class=%s>&emsp;</span> ", colour(a));
		put_text(o, c->arm[a].name);
		cmd_puts(o, ": ");
		put_text(o, policy);
		cmd_puts(o, "\n");
	}
	cmd_puts(o, "</ul>\n<table><tr><th>figure<th>observed<th>own policy<th>error of own");
	for (unsigned int k = 1; k < c->nr_arms; k++) {
		cmd_puts(o, "<th>");
		put_text(o, c->arm[k].name);
		cmd_puts(o, "<th>verdict");
	}
	cmd_puts(o, "<th>\n");
	for (unsigned int i = 0; i < MM_FIG_COUNT; i++)
		if (cmd_compare_shows(c, i))
			put_row(o, c, i);
	cmd_puts(o, "</table>\n");
	for (unsigned int i = 0; cmd_compare_missing(c, i, policy, sizeof(policy)); i++) {
		const char *one = policy;

		put_list(o, i ? "" : "Not whole", &one, 1);
	}
	for (unsigned int i = 0; i < c->w.nr_assumed; i++)
		line[i] = c->w.assumed[i];
	put_list(o, "Assumed", line, c->w.nr_assumed);
	cmd_puts(o, "</html>\n");
}
