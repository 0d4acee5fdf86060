// SPDX-License-Identifier: GPL-2.0-only
/* stormglass simulate: the demand of a capture under another policy, as what a kernel would have traced. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd_child.h"
#include "cmd_machine.h"
#include "cmd_made.h"
#include "cmd_target.h"
#include "sg_mem.h"

#define MOST_RUNS 1000u
#define TIME_NS UINT64_C(3600000000000) /* an hour, unless told otherwise */

struct simulate {
	struct cmd_whatif w;
	struct cmd_bounds bounds;
	struct mm_policy policy;
	const char *asked; /* the policy as it was typed, NULL: none was */
	uint64_t seed, runs;
	bool force, dat;
	const char *to;
	struct cmd_out *o;
	struct cmd_machine machine;
};

/* "OUT.sgs"; of several runs "OUT-2.sgs". */
static char *name_of(const struct simulate *s, uint64_t run)
{
	size_t stem = strlen(s->to) - strlen(".sgs");

	return s->runs == 1 ? sg_strdup(s->to) : sg_printf("%.*s-%" PRIu64 "%s", (int)stem, s->to, run, s->to + stem);
}

static int allowed(const struct simulate *s, const char *file, struct sg_err *err)
{
	for (uint64_t i = 1; i <= s->runs; i++) {
		char *name = name_of(s, i);
		int r = name ? cmd_target_allow(file, name, s->force ? CMD_REPLACE_ANY : CMD_REPLACE_SESSION, err)
			     : sg_fail(err, SG_E_NOMEM, "out of memory");

		free(name);
		if (r < 0)
			return r;
	}
	return SG_OK;
}

static void put_end(const struct simulate *s, const char *name, const struct cmd_child_result *res)
{
	char clean[400];

	sg_clean(clean, sizeof(clean), name, strlen(name));
	cmd_printf(s->o, "%s: %" PRIu64 " events, %.3f s, seed %" PRIu64 "\n", clean, res->at.events,
		   res->at.now > s->w.demand->ts_first ? (double)(res->at.now - s->w.demand->ts_first) / 1e9 : 0.0, s->seed);
}

/* One run.  *@ret_died: it did, and what it had is written nevertheless. */
static int one_run(struct simulate *s, uint64_t no, const char *name, bool *ret_died, struct sg_err *err)
{
	struct mm_run_cfg cfg = { .policy = s->policy, .seed = s->seed };
	struct cmd_child *c = cmd_child_new(err);
	struct cmd_made_options how = { .whatif = &s->w, .policy = &s->policy, .asked = s->asked ? s->asked : "", .seed = s->seed,
					.run = (uint32_t)no, .runs = (uint32_t)s->runs, .path = name, .dat = s->dat };
	struct cmd_child_result res = { 0 };
	struct cmd_made *made = NULL;
	struct mm_run *r = NULL;
	char label[64];
	int code = c ? SG_OK : err->code;

	if (code == SG_OK) {
		cmd_child_ask(c, &cfg);
		r = mm_run_new(s->w.demand, s->w.ahead, s->w.start, &cfg, err);
		code = r ? cmd_made_begin(&how, mm_run_sim(r), &made, err) : err->code < 0 ? err->code : SG_E_NOMEM;
	}
	snprintf(label, sizeof(label), s->runs > 1 ? "run %" PRIu64 " of %" PRIu64 : "run", no, s->runs);
	if (code == SG_OK)
		code = cmd_child_go(c, r, s->w.demand->ts_first, &s->bounds, label, cmd_made_event, made, &res, err);
	if (code == SG_OK)
		code = cmd_made_end(made, &res, err);
	else
		cmd_made_abort(made);
	if (code == SG_OK && res.end == CMD_CHILD_WHOLE)
		put_end(s, name, &res);
	else if (code == SG_OK && res.end == CMD_CHILD_CUT)
		fprintf(stderr, "stormglass: %s: the run ended early: %s; the file has what it had by then\n", name, res.why);
	if (code == SG_OK && res.end == CMD_CHILD_DIED) {
		*ret_died = true;
		code = sg_fail(err, SG_E_UNSUPPORTED, "%s: the run died: %s; the file has what it had by then", name, res.why);
	}
	for (unsigned int i = 0; code == SG_OK && i < res.blame.nr; i++) {
		char text[400];

		cmd_blame_say(&res.blame, i, s->w.demand->ts_first, text, sizeof(text));
		fprintf(stderr, "stormglass: %s: %s\n", name, text);
	}
	for (unsigned int i = 0; code == SG_OK && i < res.asked.nr_wrong; i++)
		fprintf(stderr, "stormglass: %s: %s\n", name, res.asked.wrong[i]);
	mm_run_free(r);
	cmd_child_free(c);
	return code;
}

static int all_runs(struct simulate *s, struct sg_err *err)
{
	uint64_t seed = s->seed;
	int r = SG_OK;

	cmd_child_catch();
	for (uint64_t i = 1; i <= s->runs && r == SG_OK && !cmd_child_interrupted(); i++) {
		char *name = name_of(s, i);
		bool died = false;

		s->seed = seed + i - 1;
		r = name ? one_run(s, i, name, &died, err) : sg_fail(err, SG_E_NOMEM, "out of memory");
		free(name);
	}
	return r;
}

static int simulate(struct simulate *s, const char *file, bool assume, struct sg_err *err)
{
	struct cmd_whatif_options how = { .assume = assume, .machine = &s->machine };
	int r = allowed(s, file, err);

	if (r < 0)
		return r;
	r = cmd_whatif_open(file, &how, &s->w, err);
	for (unsigned int i = 0; r == SG_OK && i < s->w.nr_assumed && strncmp(s->w.assumed[i], "extrapolated", 12) == 0; i++)
		fprintf(stderr, "stormglass: %s: %s\n", file, s->w.assumed[i]);
	if (r == SG_OK) {
		r = cmd_whatif_policy(&s->w, s->asked ? s->asked : "own", &s->policy, err);
		if (r == SG_OK)
			r = all_runs(s, err);
	}
	cmd_whatif_close(&s->w);
	return r;
}

static bool ends_in(const char *name, const char *end)
{
	size_t n = strlen(name), k = strlen(end);

	return n > k && name[n - k - 1] != '/' && strcmp(name + n - k, end) == 0;
}

int cmd_simulate(const struct cmd *cmd, int argc, char **argv)
{
	static const struct option options[] = {
		{ "policy", required_argument, NULL, 'p' }, { "seed", required_argument, NULL, 's' },
		{ "runs", required_argument, NULL, 'r' },   { "assume", no_argument, NULL, 'a' },
		{ "memory", required_argument, NULL, 'M' }, { "time", required_argument, NULL, 't' },
		{ "machine", required_argument, NULL, 'm' }, { "scale", required_argument, NULL, 'k' },
		{ "output", required_argument, NULL, 'o' }, { "force", no_argument, NULL, 'F' },
		{ "help", no_argument, NULL, 'h' },         { "version", no_argument, NULL, 'V' },
		{ 0 },
	};
	struct simulate s = { .seed = 1, .runs = 1, .bounds = { .ns = TIME_NS, .bytes = 2 * cmd_feed_memory() } };
	struct sg_err err = { 0 };
	bool assume = false;
	const char *file;
	int o, r = CMD_OK;

	while (r == CMD_OK && (o = getopt_long(argc, argv, ":ho:V", options, NULL)) != -1) {
		switch (o) {
		case 'p':
			s.asked = optarg;
			if (cmd_whatif_policy(NULL, optarg, &s.policy, &err) < 0)
				r = cmd_usage(cmd, "%s", err.text);
			break;
		case 's':
			r = cmd_read_whole(cmd, "--seed", optarg, 0, UINT64_MAX, &s.seed);
			break;
		case 'r':
			r = cmd_read_whole(cmd, "--runs", optarg, 1, MOST_RUNS, &s.runs);
			break;
		case 'a':
			assume = true;
			break;
		case 'M':
			r = cmd_read_memory(cmd, optarg, &s.bounds);
			break;
		case 't':
			r = cmd_read_time(cmd, optarg, &s.bounds);
			break;
		case 'm':
			r = cmd_machine_read(cmd, optarg, &s.machine);
			break;
		case 'k':
			r = cmd_scale_read(cmd, optarg, &s.machine);
			break;
		case 'o':
			s.to = optarg;
			break;
		case 'F':
			s.force = true;
			break;
		default:
			return cmd_common_option(cmd, o, argv[optind - 1]);
		}
	}
	if (r == CMD_OK)
		r = cmd_take_file(cmd, argc, argv, &file);
	if (r != CMD_OK)
		return r;
	if (!s.to)
		return cmd_usage(cmd, "where to? -o OUT.sgs writes a session, -o OUT.dat a trace.dat");
	s.dat = ends_in(s.to, ".dat");
	if (!s.dat && !ends_in(s.to, ".sgs"))
		return cmd_usage(cmd, "-o wants a name that ends in .sgs (a session) or .dat (a trace.dat), not '%s'", s.to);
	s.o = cmd_out_new();
	if (!s.o)
		return CMD_FAILED;
	r = simulate(&s, file, assume, &err) < 0 ? cmd_fail(&err) : CMD_OK;
	return cmd_out_end(s.o, r);
}
