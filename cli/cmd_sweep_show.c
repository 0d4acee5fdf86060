// SPDX-License-Identifier: GPL-2.0-only
/* stormglass sweep show: a table and a plot of what a sweep came to, and its best settings for stated costs. */
#include "cmd_sweep_show.h"

#include <getopt.h>
#include <langinfo.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cmd_target.h"
#include "sg_mem.h"

#define PLOT_LINES 14u
#define PLOT_COLUMNS 100u /* where there is no terminal to ask */
#define MOST_VALUES 12u

struct options {
	const char *figure, *cost, *svg;
	uint64_t top;
	bool json, ascii, no_plot, force;
};

/* ---- what there is, when nothing is asked for ------------------------------------------------------------ */

static void put_clean(const char *text)
{
	char clean[600];

	sg_clean(clean, sizeof(clean), text, strlen(text));
	fputs(clean, stdout);
}

static void put_captures(const struct show *s)
{
	for (unsigned int c = 0; c < s->nr_captures; c++) {
		unsigned int policies = 0, whole = 0, cut = 0, died = 0, refused = 0;

		for (unsigned int i = 0; i < s->nr_points; i++) {
			const struct show_point *p = &s->point[i];

			if (p->capture != c)
				continue;
			policies++;
			whole += p->whole;
			cut += p->cut;
			died += p->died;
			refused += p->refused;
		}
		printf("  ");
		put_clean(s->capture[c].name);
		printf(": %u policies, %u whole runs", policies, whole);
		if (cut)
			printf(", %u cut at a bound", cut);
		if (died)
			printf(", %u died", died);
		if (refused)
			printf(", %u that it can't have", refused);
		printf("\n");
	}
}

/* One setting and its values, as far as policies name it. */
static void put_setting(const struct show *s, const char *key)
{
	char *seen[MOST_VALUES + 1] = { NULL };
	unsigned int n = 0;
	char value[400];

	for (unsigned int i = 0; i < s->nr_points && n <= MOST_VALUES; i++) {
		unsigned int k = 0;

		if (!sweep_spec_value(s->point[i].spec, key, value, sizeof(value)))
			continue;
		while (k < n && strcmp(seen[k], value) != 0)
			k++;
		if (k == n && (seen[n] = sg_strdup(value)) != NULL)
			n++;
	}
	printf("  %s:", key);
	for (unsigned int i = 0; i < n; i++) {
		printf("%s", i ? ", " : " ");
		if (i < MOST_VALUES)
			put_clean(seen[i]);
		else
			printf("...");
		free(seen[i]);
	}
	printf("\n");
}

static void put_settings(const struct show *s)
{
	json_t *keys = json_object(), *v;
	const char *key;

	json_object_set_new(keys, "policy", json_true());
	for (unsigned int i = 0; i < s->nr_points; i++)
		for (const char *c = strchr(s->point[i].spec, ','); c; c = strchr(c + 1, ',')) {
			char text[80];

			snprintf(text, sizeof(text), "%.*s", (int)strcspn(c + 1, "=,"), c + 1);
			json_object_set_new(keys, text, json_true());
		}
	json_object_foreach(keys, key, v)
		put_setting(s, key);
	json_decref(keys);
}

static void put_figures(void)
{
	struct sg_capture *cap = sg_calloc(1, sizeof(*cap));
	size_t column = 0;

	for (unsigned int i = 0; cap && i < MM_FIG_FREE_END; i++) {
		struct mm_figure_info info;

		mm_figure_info(i, cap, &info);
		if (column + strlen(info.key) > 110) {
			printf("\n");
			column = 0;
		}
		printf("%s%s", column ? " " : "  ", info.key);
		column += strlen(info.key) + 1;
	}
	printf("\n  free_blocks_end_order_N obtained_order_N extfrag_A_from_B hopeless_ns_node_N\n");
	free(cap);
}

static void overview(const struct show *s)
{
	printf("captures\n");
	put_captures(s);
	printf("settings, for --over and --where\n");
	put_settings(s);
	printf("figures, for --figure and --cost (doc/json.md says what they are)\n");
	put_figures();
}

/* ---- what is asked for --------------------------------------------------------------------------------------- */

/* Is it one of the figures that have a unit? */
static void know_figure(struct show *s)
{
	struct sg_capture *cap = sg_calloc(1, sizeof(*cap));
	struct mm_figure_info info;

	s->more = MM_MORE_IS_WORSE;
	s->is_figure = false;
	for (unsigned int i = 0; cap && i < MM_FIG_COUNT && !s->is_figure; i++) {
		mm_figure_info(i, cap, &info);
		if (strcmp(info.key, s->what) != 0)
			continue;
		s->is_figure = true;
		s->unit = info.unit;
		s->more = info.more;
		snprintf(s->text, sizeof(s->text), "%s", info.text);
	}
	if (cap && !s->is_figure && strncmp(s->what, "extfrag_", 8) == 0) { /* the types' names are the capture's */
		s->is_figure = true;
		s->unit = MM_UNIT_TIMES;
	}
	free(cap);
}

static unsigned int columns_of(void)
{
	const char *text = getenv("COLUMNS");
	unsigned long n = text ? strtoul(text, NULL, 10) : 0;
	struct winsize w;

	if (!n && ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0)
		n = w.ws_col;
	return n < 40 ? PLOT_COLUMNS : n > 200 ? 200 : (unsigned int)n;
}

static void put_plots(const struct show *s, const struct show_chart *c, bool ascii)
{
	for (unsigned int i = 0; i < c->nr_panels; i++) {
		printf("\n");
		put_clean(c->panel[i].capture->name);
		printf(": %s over %s\n", s->what, s->over);
		show_plot(s, c, &c->panel[i], columns_of(), PLOT_LINES, ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0);
	}
}

static int put_svg(const struct show *s, const struct show_chart *c, const struct options *opt, char **paths, struct sg_err *err)
{
	struct cmd_out *o;
	int r = cmd_target_allow(paths[0], opt->svg, opt->force ? CMD_REPLACE_ANY : CMD_REPLACE_NOTHING, err);

	if (r < 0)
		return r;
	o = cmd_out_file(opt->svg, err);
	if (!o)
		return err->code;
	show_svg(s, c, o);
	return cmd_out_end(o, CMD_OK) == CMD_OK ? SG_OK : sg_fail(err, SG_E_IO, "%s: can't be written", opt->svg);
}

static int over(const struct show *s, const struct options *opt, char **paths, json_t *to, struct sg_err *err)
{
	struct show_chart c;
	int r = show_chart_new(s, &c, err);

	if (r == SG_OK && opt->svg)
		r = put_svg(s, &c, opt, paths, err);
	if (r == SG_OK && to) {
		show_over_json(s, &c, to);
	} else if (r == SG_OK) {
		put_clean(s->what);
		if (s->text[0])
			printf(" (%s)", s->text);
		printf(" over ");
		put_clean(s->over);
		printf("\n\n");
		show_over_text(s, &c);
		if (!opt->no_plot)
			put_plots(s, &c, opt->ascii);
	}
	show_chart_free(&c);
	return r;
}

static void put_warnings(const struct show *s)
{
	unsigned int cut = 0, died = 0;

	for (unsigned int i = 0; i < s->nr_points; i++) {
		cut += s->point[i].cut;
		died += s->point[i].died;
	}
	if (s->told.damaged)
		fprintf(stderr, "stormglass: %u lines aren't whole, the first %s: the same sweep runs them again\n", s->told.damaged, s->told.first_damaged);
	if (cut || died)
		fprintf(stderr, "stormglass: %u runs were cut and %u died: they aren't counted\n", cut, died);
	if (s->failed)
		fprintf(stderr, "stormglass: in %u runs a policy failed or answered what makes no sense, and the rules beneath it went on; the lines of "
			"these runs say where\n", s->failed);
	if (s->programs > 1)
		fprintf(stderr, "stormglass: the runs are of %u different builds of stormglass\n", s->programs);
}

static int show(struct show *s, const struct options *opt, char **paths, int nr)
{
	struct sg_err err = { 0 };
	json_t *to = opt->json ? json_object() : NULL;
	int r = SG_OK;

	if (s->what) {
		know_figure(s);
		r = cost_new(s->what, &s->cost, &err);
	}
	if (r == SG_OK)
		r = show_load(s, paths, nr, &err);
	if (r == SG_OK)
		r = cmd_whole(paths[0], NULL, &err);
	if (r == SG_OK)
		put_warnings(s);
	if (r == SG_OK && to)
		json_object_set_new(to, opt->cost ? "cost" : "figure", s->what ? json_string(s->what) : json_null());
	if (r == SG_OK && !s->what)
		overview(s);
	else if (r == SG_OK && s->over)
		r = over(s, opt, paths, to, &err);
	else if (r == SG_OK)
		r = show_best(s, (unsigned int)opt->top, to, &err);
	if (r == SG_OK && to) {
		char *text = json_dumps(to, JSON_INDENT(2) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(15));

		r = cmd_whole(paths[0], NULL, &err);
		if (text && r == SG_OK)
			puts(text);
		free(text);
	}
	if (r == SG_OK && fflush(stdout) != 0)
		r = sg_fail(&err, SG_E_IO, "standard output can't be written");
	json_decref(to);
	show_free(s);
	return r < 0 ? cmd_fail(&err) : CMD_OK;
}

static int add_where(const struct cmd *cmd, struct show *s, const char *text)
{
	if (!strchr(text, '=') || *text == '=')
		return cmd_usage(cmd, "--where wants KEY=VALUE or capture=NAME, not '%s'", text);
	if (s->nr_where == SHOW_MOST_WHERE)
		return cmd_usage(cmd, "at most %d times --where", SHOW_MOST_WHERE);
	s->where[s->nr_where++] = text;
	return CMD_OK;
}

int cmd_sweep_show(const struct cmd *cmd, int argc, char **argv)
{
	static const struct option options[] = {
		{ "figure", required_argument, NULL, 'f' }, { "cost", required_argument, NULL, 'c' },  { "over", required_argument, NULL, 'v' },
		{ "where", required_argument, NULL, 'w' },  { "svg", required_argument, NULL, 'g' },   { "top", required_argument, NULL, 't' },
		{ "json", no_argument, NULL, 'j' },	    { "ascii", no_argument, NULL, 'a' },       { "no-plot", no_argument, NULL, 'n' },
		{ "force", no_argument, NULL, 'F' },	    { "help", no_argument, NULL, 'h' },	       { "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	struct options opt = { .top = 5 };
	struct show s = { 0 };
	int o, code = CMD_OK;

	while (code == CMD_OK && (o = getopt_long(argc, argv, ":hV", options, NULL)) != -1) {
		switch (o) {
		case 'f': opt.figure = optarg; break;
		case 'c': opt.cost = optarg; break;
		case 'v': s.over = optarg; break;
		case 'w': code = add_where(cmd, &s, optarg); break;
		case 'g': opt.svg = optarg; break;
		case 't': code = cmd_read_whole(cmd, "--top", optarg, 1, SWEEP_MOST_SPECS, &opt.top); break;
		case 'j': opt.json = true; break;
		case 'a': opt.ascii = true; break;
		case 'n': opt.no_plot = true; break;
		case 'F': opt.force = true; break;
		default: return cmd_common_option(cmd, o, argv[optind - 1]);
		}
	}
	if (code != CMD_OK)
		return code;
	if (optind >= argc)
		return cmd_usage(cmd, "show: of which sweep? Name its directory");
	if (opt.figure && opt.cost)
		return cmd_usage(cmd, "show: --figure or --cost, not both");
	if (opt.figure && !s.over)
		return cmd_usage(cmd, "show: over what? --over policy, or a setting such as watermark_scale_factor");
	if ((s.over || opt.json) && !opt.figure && !opt.cost)
		return cmd_usage(cmd, "show: of what? --figure allocstall, or --cost 'allocstall + 10*polluted_blocks_end'");
	if (opt.svg && !s.over)
		return cmd_usage(cmd, "show: --svg is a plot over a setting: --over names it");
	s.what = opt.figure ? opt.figure : opt.cost;
	return show(&s, &opt, argv + optind, argc - optind);
}
