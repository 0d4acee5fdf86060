// SPDX-License-Identifier: GPL-2.0-only
/* stormglass report: reads the whole capture once and sums it up. */
#include <getopt.h>
#include <string.h>

#include "cmd_report.h"
#include "machine/layout.h"

/* Nodes that zones lie on; or, where nothing tells where the nodes' memory lies, that events name. */
static unsigned int count_nodes(const struct mm_machine *m, const struct mm_layout *layout, bool *ret_more)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < mm_nr_zones(m); i++) {
		struct mm_zone_info z, other;
		bool known = false;

		mm_zone_get(m, i, &z);
		for (unsigned int k = 0; k < i && !known; k++) {
			mm_zone_get(m, k, &other);
			known = other.node == z.node;
		}
		n += !known && z.node >= 0;
	}
	*ret_more = layout && layout->several_nodes;
	return layout && layout->nr_nodes > n ? layout->nr_nodes : n;
}

static int collect(struct cmd_source *src, struct mm_machine **m, struct mm_totals **totals,
		   struct sg_err *err)
{
	const struct sg_event *ev;
	int r = cmd_machine_new(src, m, err);

	if (r < 0)
		return r;
	*totals = mm_totals_new(src->cap);
	if (!*totals)
		return sg_fail(err, SG_E_NOMEM, "%s: out of memory", src->path);
	while ((ev = cmd_next(src)) != NULL) {
		mm_skip(*m, src->number);
		mm_observe(*m, ev);
		mm_totals_add(*totals, ev);
	}
	return cmd_whole(src->path, *m, err);
}

static int show_report(const char *file, unsigned int dump, bool json)
{
	struct mm_machine *m = NULL;
	struct mm_totals *totals = NULL;
	struct cmd_source src;
	struct sg_err err = { 0 };
	struct cmd_out *o = NULL;
	struct report rp;
	int code, r = cmd_open_dump(file, dump, &src, &err);

	if (r == 0 && !src.cap->still)
		r = collect(&src, &m, &totals, &err);
	if (r == 0) {
		o = cmd_out_new();
		if (!o)
			r = sg_fail(&err, SG_E_NOMEM, "%s: out of memory", file);
	}
	if (r == 0 && src.cap->still) {
		r = report_stills(&src, o, json, &err);
	} else if (r == 0) {
		rp = (struct report){ .cap = src.cap, .m = m, .totals = totals, .sums = mm_totals_sums(totals) };
		rp.nr_nodes = count_nodes(m, src.layout, &rp.more_nodes);
		cmd_limits(&src, &rp.limits);
		if (json)
			report_json(o, &rp);
		else
			report_text(o, &rp);
		sg_limits_free(&rp.limits);
	}
	code = r < 0 ? cmd_fail(&err) : cmd_out_end(o, CMD_OK);
	mm_totals_free(totals);
	mm_machine_free(m);
	cmd_close(&src);
	return code;
}

int cmd_report(const struct cmd *cmd, int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "dump", required_argument, NULL, 'd' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};
	const char *file;
	unsigned int dump = 0;
	bool json = false;
	int o, r;

	while ((o = getopt_long(argc, argv, ":hV", options, NULL)) != -1) {
		if (o == 'j')
			json = true;
		else if (o != 'd')
			return cmd_common_option(cmd, o, argv[optind - 1]);
		else if (!cmd_read_dump(optarg, &dump))
			return cmd_usage(cmd, "--dump wants the number of a dump, from 1, not '%s'", optarg);
	}
	r = cmd_take_file(cmd, argc, argv, &file);
	return r != CMD_OK ? r : show_report(file, dump, json);
}
