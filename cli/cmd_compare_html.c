// SPDX-License-Identifier: GPL-2.0-only
/* A comparison as one page that needs nothing else. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cmd_compare_page.h"

static const char style[] =
	":root{--ink:#1c2430;--paper:#fff;--soft:#5b6675;--rule:#dde3ea;--field:#eef2f6;--own:#7a8ca3;--p1:#2f7fd1;--p2:#c26a1b;--p3:#3c9a5f;"
	"--p0:#8b5bb5;--better:#1d7a3e;--worse:#b3261e;--unsure:#8a6d00;--k1:#6c6c6c;--k2:#b03c0c;--k3:#0067a3;--k4:#7a3fc0;--k5:#6e5f00;"
	"--k6:#9a3f72;--k7:#006245;--k8:#8a5200;--k9:#444}"
	"@media(prefers-color-scheme:dark){:root{--ink:#dfe5ec;--paper:#12161c;--soft:#96a2b0;--rule:#2b333d;--field:#222a33;--own:#8fa3bd;--p1:#4d9bea;"
	"--p2:#e08a3c;--p3:#57b87c;--p0:#a97fd6;--better:#63c98a;--worse:#ff8a80;--unsure:#e0c060;--k1:#8a8a8a;--k2:#e0632a;--k3:#56b4e9;--k4:#a98bff;"
	"--k5:#f0e442;--k6:#cc79a7;--k7:#2fbf93;--k8:#e69f00;--k9:#d0d0d0}}"
	"*{box-sizing:border-box}body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:78rem;padding:0 1rem;color:var(--ink);"
	"background:var(--paper);overflow-wrap:anywhere}h1{font-size:1.3rem}h2{font-size:1.1rem;margin-top:2.2rem}h3{font-size:1rem;margin:1.4rem 0 .4rem}"
	".scroll{overflow-x:auto}td:not(:first-child){line-height:1.3;vertical-align:top}table{border-collapse:collapse;width:100%}th,td{padding:.25rem .6rem;text-align:right;"
	"border-bottom:1px solid var(--rule);white-space:nowrap}th{vertical-align:bottom;white-space:normal;overflow-wrap:break-word}"
	"th:first-child,td:first-child{text-align:left;white-space:normal;min-width:11rem;overflow-wrap:normal}small{color:var(--soft)}"
	".bar{position:relative;height:.8rem;min-width:9rem;background:var(--field);border-radius:2px}"
	".bar i{position:absolute;top:.15rem;bottom:.15rem;min-width:3px;border-radius:2px}"
	".bar b{position:absolute;top:0;bottom:0;width:2px;background:var(--ink)}"
	".own{--c:var(--own)}.p0{--c:var(--p0)}.p1{--c:var(--p1)}.p2{--c:var(--p2)}.p3{--c:var(--p3)}.seen{--c:var(--ink)}"
	"i.own,i.p0,i.p1,i.p2,i.p3,i.seen{background:var(--c)}.key i,.dot{display:inline-block;width:1.4em;height:.55em;border-radius:2px}"
	".key span{display:inline-block;margin-right:1em}.swatch{width:2.6em;height:.65em}.better{color:var(--better)}.worse{color:var(--worse)}"
	".unsure{color:var(--unsure)}figure{margin:0}figcaption{font-size:.85rem}"
	".panels{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:1.2rem 1.6rem}"
	".time{width:100%;font:11px system-ui,sans-serif}.time text{fill:var(--soft)}.grid{stroke:var(--rule)}.axis{stroke:var(--soft);fill:none}"
	".line{fill:none;stroke:var(--c);stroke-width:1.6;stroke-linejoin:round}.line.seen{stroke-width:1.3}.band{fill:var(--c);opacity:.2}"
	".maps{display:grid;grid-template-columns:repeat(auto-fill,minmax(max(10rem,calc(25% - 1rem)),1fr));gap:.8rem 1rem}.map{width:100%;background:var(--field)}"
	".maps small{display:block;font-size:.75rem;line-height:1.3}summary{cursor:pointer;font-size:.85rem;margin:.4rem 0}"
	".k1{fill:var(--k1)}.k2{fill:var(--k2)}.k3{fill:var(--k3)}.k4{fill:var(--k4)}.k5{fill:var(--k5)}.k6{fill:var(--k6)}.k7{fill:var(--k7)}"
	".k8{fill:var(--k8)}.k9{fill:var(--k9)}.f1{fill-opacity:.72}.f2{fill-opacity:.45}.f3{fill-opacity:.2}"
	"@media(max-width:40rem){td:first-child small,td:first-child br{display:none}th:first-child,td:first-child{min-width:7rem;position:sticky;left:0;"
	"background:var(--paper)}body{margin:1rem auto}}"
	"@media print{details>*{display:block}}";

void page_text(struct cmd_out *o, const char *text)
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

void page_name(struct cmd_out *o, const char *text)
{
	size_t n;

	for (; *text; text += n) {
		char part[200];

		n = strcspn(text, ",_") + 1;
		n = n < sizeof(part) ? n : sizeof(part) - 1;
		n = n <= strlen(text) ? n : strlen(text);
		memcpy(part, text, n);
		part[n] = 0;
		page_text(o, part);
		if (text[n])
			cmd_puts(o, "<wbr>");
	}
}

const char *page_colour(unsigned int arm)
{
	static const char *const name[] = { "p0", "p1", "p2", "p3" };

	return arm ? name[arm % 4] : "own";
}

bool page_counts(const struct compare_arm *arm, unsigned int no)
{
	return arm->run[no].end == (arm->whole ? COMPARE_WHOLE : COMPARE_CUT);
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
			cmd_printf(o, "<i class=%s style=\"left:%.2f%%;width:%.2f%%\"></i>", page_colour(a), share(r->low, most) * 0.98,
				   (share(r->high, most) - share(r->low, most)) * 0.98);
		if (c->observed.v[fig] != MM_FIGURE_UNKNOWN)
			cmd_printf(o, "<b style=\"left:%.2f%%\"></b>", share(c->observed.v[fig], most) * 0.98);
		cmd_puts(o, "</div>");
	}
}

static void put_range(struct cmd_out *o, enum mm_unit unit, const struct mm_range *r)
{
	char a[40];

	cmd_puts(o, "<td>");
	if (r->mid == MM_FIGURE_UNKNOWN) {
		cmd_puts(o, "?");
		return;
	}
	cmd_printf(o, "%s", mm_figure_text(unit, r->mid, a, sizeof(a)));
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
	page_name(o, info.key);
	cmd_puts(o, "<br><small>");
	page_text(o, info.text);
	cmd_printf(o, "</small><td>%s", mm_figure_text(info.unit, c->observed.v[fig], a, sizeof(a)));
	put_range(o, info.unit, &c->arm[0].range[fig]);
	cmd_printf(o, "<td>%s%s", e > 0 ? "+" : "", mm_figure_text(info.unit, e, a, sizeof(a)));
	for (unsigned int k = 1; k < c->nr_arms; k++) {
		enum mm_effect v = mm_effect(info.more, c->observed.v[fig], &c->arm[0].range[fig], &c->arm[k].range[fig]);

		put_range(o, info.unit, &c->arm[k].range[fig]);
		cmd_printf(o, "<br><span class=%s>", v == MM_EFFECT_BETTER ? "better" : v == MM_EFFECT_WORSE ? "worse" :
			   v == MM_EFFECT_CANT_TELL ? "unsure" : "same");
		page_text(o, mm_effect_key(v));
		cmd_puts(o, "</span>");
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
		page_text(o, line[i]);
		cmd_puts(o, "\n");
	}
	cmd_puts(o, "</ul>\n");
}

void cmd_compare_html(const struct compare *c, struct cmd_out *o)
{
	const char *line[sizeof(c->w.assumed) / sizeof(c->w.assumed[0])];
	char policy[1200];

	cmd_puts(o, "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\"><title>");
	page_text(o, c->w.cap->name);
	cmd_puts(o, ": policies compared</title><style>");
	cmd_puts(o, style);
	cmd_puts(o, "</style>\n<h1>");
	page_text(o, c->w.cap->name);
	cmd_puts(o, ": policies compared</h1>\n<p>Kernel ");
	page_text(o, c->w.cap->kernel);
	cmd_printf(o, ", events %" PRIu64 " to %" PRIu64 "; %u runs of each policy, seeds from %" PRIu64 ". The line is what was observed, "
		   "the bars are the runs.</p>\n<ul>\n", c->w.from + 1, c->w.to, c->runs, c->seed);
	for (unsigned int a = 0; a < c->nr_arms; a++) {
		mm_policy_print(&c->arm[a].policy, policy, sizeof(policy));
		cmd_printf(o, "<li><i class=\"dot %s\"></i> ", page_colour(a));
		page_name(o, c->arm[a].name);
		cmd_puts(o, ": ");
		page_name(o, policy);
		cmd_puts(o, "\n");
	}
	cmd_puts(o, "</ul>\n<h2 id=figures>Figures</h2>\n<div class=scroll><table><tr><th>figure<th>observed<th>own policy<th>error of own");
	for (unsigned int k = 1; k < c->nr_arms; k++) {
		cmd_puts(o, "<th>");
		page_name(o, c->arm[k].name);
	}
	cmd_puts(o, "<th>\n");
	for (unsigned int i = 0; i < MM_FIG_COUNT; i++)
		if (cmd_compare_shows(c, i))
			put_row(o, c, i);
	cmd_puts(o, "</table></div>\n<p><small>Median and range of the runs. A verdict can't be told where the observation lies farther outside of the "
		    "captured kernel's own runs than the policy's median lies from theirs.</small></p>\n");
	page_timelines(o, c);
	page_maps(o, c);
	for (unsigned int i = 0; cmd_compare_missing(c, i, policy, sizeof(policy)); i++) {
		const char *one = policy;

		put_list(o, i ? "" : "Not whole", &one, 1);
	}
	for (unsigned int i = 0; i < c->w.nr_assumed; i++)
		line[i] = c->w.assumed[i];
	put_list(o, "Assumed", line, c->w.nr_assumed);
	cmd_puts(o, "</html>\n");
}
