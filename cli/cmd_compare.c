// SPDX-License-Identifier: GPL-2.0-only
/* stormglass compare: one demand under several policies, side by side with what happened. */
#include "cmd_compare.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "cmd_machine.h"
#include "cmd_target.h"
#include "sg_mem.h"

#define MOST_POLICIES 64
#define MOST_RUNS 1000

/* ---- what was filled in, in words ----------------------------------------------------------- */

static const struct compare_run *first_whole(const struct compare_arm *arm, unsigned int runs)
{
	for (unsigned int i = 0; i < runs; i++)
		if (arm->run[i].end == COMPARE_WHOLE || arm->run[i].end == COMPARE_CUT)
			return &arm->run[i];
	return NULL;
}

static void assume_start(struct cmd_whatif *w, const struct mm_sim_facts *f)
{
	if (f->pages_unknown)
		cmd_whatif_assume(w, "%" PRIu64 " pages of which nothing tells what they are count as in use until somebody frees them",
				  f->pages_unknown);
	if (f->free_unplaced)
		cmd_whatif_assume(w, "%" PRIu64 " free blocks stand at guessed places in their lists", f->free_unplaced);
	if (f->blocks_foreseen || f->blocks_summed || f->blocks_guessed)
		cmd_whatif_assume(w, "pageblocks whose type isn't known at the start: %" PRIu64 " are what later events show, %" PRIu64
				  " get types by the snapshot's counts, %" PRIu64 " count as Movable", f->blocks_foreseen, f->blocks_summed,
				  f->blocks_guessed);
	if (f->pcp_counted || f->pcp_unplaced)
		cmd_whatif_assume(w, "per-cpu lists at the start: %" PRIu64 " pages are taken for theirs by number only, %" PRIu64
				  " lie on CPU 0's since nothing tells whose they are", f->pcp_counted, f->pcp_unplaced);
	if (f->lru_pages)
		cmd_whatif_assume(w, "of %" PRIu64 " folios on the LRU, later reclaim tells the place of %" PRIu64
				  "; the seed shuffles the others", f->lru_pages, f->lru_ordered);
}

static void assume_demand(struct cmd_whatif *w)
{
	const struct mm_demand_left *l = &w->demand->left;

	if (l->unknown_frees)
		cmd_whatif_assume(w, "%" PRIu64 " frees are of pages that nobody was seen to take", l->unknown_frees);
	if (l->unpaired)
		cmd_whatif_assume(w, "%" PRIu64 " folios couldn't be followed through a migration (%" PRIu64 " could)", l->unpaired, l->migrated);
	if (w->demand->has_faults) {
		cmd_whatif_assume(w, "of a folio that a page fault got, the trace tells the first page that was touched: its task touches all of them, "
				     "one after the other");
		cmd_whatif_assume(w, "%" PRIu64 " page faults in mappings that nothing tells of, and %" PRIu64 " that only read, stay requests as they were",
				  l->elsewhere, l->reads);
	}
	if (l->swap_requests)
		cmd_whatif_assume(w, "%" PRIu64 " requests made inside reclaim are left to the simulated swap-out", l->swap_requests);
	cmd_whatif_assume(w, "reads that found their page in the page cache leave no event, so that they don't keep it there");
}

static void assume_run(struct compare *c)
{
	const struct compare_run *own = first_whole(&c->arm[0], c->runs);
	struct cmd_whatif *w = &c->w;

	if (!own)
		return;
	assume_start(w, &own->told.start);
	assume_demand(w);
	if (c->runs > 1)
		cmd_whatif_assume(w, "which pageblocks compaction had marked to be skipped isn't known: half of the runs begin with none "
				     "where nothing tells, half with all");
	if (own->told.costs_guessed)
		cmd_whatif_assume(w, "some costs of reclaim and compaction are defaults, since the capture shows too little of them");
	if (c->own_counters)
		cmd_whatif_assume(w, "observed: allocstall, compact_success, compact_fail, pswpout, huge page faults and pages scanned by "
				     "compaction are the kernel's own counters, and pageblock types its pagetypeinfo, as events tell them only "
				     "nearly");
}

static void assume_arms(struct compare *c)
{
	for (unsigned int a = 0; a < c->nr_arms; a++) {
		const struct compare_arm *arm = &c->arm[a];
		uint64_t livelocks = 0, ooms = 0;
		char note[300];

		for (unsigned int i = 0; i < c->runs; i++) {
			livelocks += arm->run[i].told.livelocks;
			ooms += arm->run[i].told.ooms;
		}
		if (livelocks)
			cmd_whatif_assume(&c->w, "%.80s: %" PRIu64 " requests in all runs would have gone round for ever; they were let go without a page",
					  arm->name, livelocks);
		if (ooms)
			cmd_whatif_assume(&c->w, "%.80s: %" PRIu64 " times in all runs a task would have been killed", arm->name, ooms);
		for (unsigned int i = 0; a && mm_policy_note(&arm->policy, i, note, sizeof(note)); i++)
			cmd_whatif_assume(&c->w, "%.80s: %.300s", arm->name, note);
	}
}

/* ---- the command ------------------------------------------------------------------------------ */

struct options {
	const char *policy[MOST_POLICIES];
	unsigned int nr;
	uint64_t runs, seed;
	struct cmd_bounds bounds;
	const char *html;
	uint64_t moment[TRACK_MOMENTS]; /* ns, of maps on the page */
	unsigned int nr_moments;
	bool json, force, assume;
	struct cmd_machine machine;
};

/* Memory that processes share, so that runs can leave there what they were like over time. */
static struct track *shared_tracks(unsigned int nr, struct sg_err *err)
{
	void *p = mmap(NULL, nr * sizeof(struct track), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED) {
		sg_mem_fail();
		sg_fail(err, SG_E_NOMEM, "out of memory");
		return NULL;
	}
	return p;
}

static int make_tracks(struct compare *c, const struct options *opt, struct sg_err *err)
{
	memcpy(c->moment, opt->moment, sizeof(c->moment));
	c->nr_moments = opt->nr_moments;
	c->seen = shared_tracks(1, err);
	for (unsigned int a = 0; c->seen && a < c->nr_arms; a++) {
		c->arm[a].track = shared_tracks(c->runs, err);
		if (!c->arm[a].track)
			return SG_E_NOMEM;
	}
	return c->seen ? SG_OK : SG_E_NOMEM;
}

static void free_arms(struct compare *c)
{
	for (unsigned int a = 0; c->arm && a < c->nr_arms; a++) {
		free(c->arm[a].run);
		if (c->arm[a].track)
			munmap(c->arm[a].track, c->runs * sizeof(struct track));
	}
	free(c->arm);
	if (c->seen)
		munmap(c->seen, sizeof(*c->seen));
}

static int make_arms(struct compare *c, const struct options *opt, struct sg_err *err)
{
	c->nr_arms = opt->nr + 1;
	c->runs = (unsigned int)opt->runs;
	c->seed = opt->seed;
	c->bounds = opt->bounds;
	c->arm = sg_calloc(c->nr_arms, sizeof(*c->arm));
	if (!c->arm)
		return sg_fail(err, SG_E_NOMEM, "out of memory");
	for (unsigned int a = 0; a < c->nr_arms; a++) {
		struct compare_arm *arm = &c->arm[a];
		int r = SG_OK;

		arm->name = a ? opt->policy[a - 1] : "own";
		arm->policy = c->w.own;
		if (a)
			r = cmd_whatif_policy(&c->w, arm->name, &arm->policy, err);
		if (r < 0)
			return r;
		arm->run = sg_calloc(c->runs, sizeof(*arm->run));
		if (!arm->run)
			return sg_fail(err, SG_E_NOMEM, "out of memory");
	}
	return SG_OK;
}

static int put(const struct compare *c, const struct options *opt, int code, struct sg_err *err)
{
	struct cmd_out *o = opt->html ? cmd_out_file(opt->html, err) : cmd_out_new();

	if (!o)
		return opt->html ? cmd_fail(err) : CMD_FAILED;
	if (opt->html)
		cmd_compare_html(c, o);
	else if (opt->json)
		cmd_compare_json(c, o);
	else
		cmd_compare_text(c, o);
	return cmd_out_end(o, code);
}

/* Whole runs of the captured kernel's own policy and of another are needed for anything to be said. */
static int outcome(const struct compare *c)
{
	bool all = !c->interrupted;

	for (unsigned int a = 0; a < c->nr_arms; a++)
		all &= c->arm[a].whole + c->arm[a].cut > 0;
	return all ? CMD_OK : CMD_FAILED;
}

static int compare(const char *file, const struct options *opt)
{
	struct cmd_whatif_options how = { .assume = opt->assume, .machine = &opt->machine };
	struct compare *c = calloc(1, sizeof(*c));
	struct sg_err err = { 0 };
	int r, code;

	if (!c) {
		sg_fail(&err, SG_E_NOMEM, "out of memory");
		return cmd_fail(&err);
	}
	r = cmd_whatif_open(file, &how, &c->w, &err);
	if (r == 0)
		r = make_arms(c, opt, &err);
	if (r == 0 && opt->html)
		r = make_tracks(c, opt, &err);
	if (r == 0)
		r = c->w.extrapolated ? cmd_compare_unobserved(c) : cmd_compare_observe(c, &err);
	if (r == 0)
		r = cmd_compare_run(c, &err);
	if (r == 0) {
		cmd_compare_sum(c);
		assume_run(c);
		assume_arms(c);
		code = outcome(c);
		if (code != CMD_OK)
			fprintf(stderr, "stormglass: %s\n", c->interrupted ? "interrupted: what is done is shown" :
				"a policy has no run that could be counted; what is known is shown");
		code = put(c, opt, code, &err);
	} else {
		code = cmd_fail(&err);
	}
	free_arms(c);
	cmd_whatif_close(&c->w);
	free(c);
	return code;
}

static int add_policy(const struct cmd *cmd, struct options *opt, const char *spec)
{
	struct mm_policy p;
	struct sg_err err;

	if (cmd_whatif_policy(NULL, spec, &p, &err) < 0)
		return cmd_usage(cmd, "%s", err.text);
	for (unsigned int i = 0; i < opt->nr; i++)
		if (strcmp(opt->policy[i], spec) == 0)
			return cmd_usage(cmd, "the policy %s is named twice", spec);
	if (opt->nr == MOST_POLICIES)
		return cmd_usage(cmd, "at most %d policies", MOST_POLICIES);
	opt->policy[opt->nr++] = spec;
	return CMD_OK;
}

/* Ascending, whatever their order. */
static int add_moment(const struct cmd *cmd, struct options *opt, const char *text)
{
	unsigned int i = opt->nr_moments;
	uint64_t ns;

	if (!sg_time_read(text, true, &ns))
		return cmd_usage(cmd, "--map-at wants seconds after the start, not '%s'", text);
	if (i == TRACK_MOMENTS - 2)
		return cmd_usage(cmd, "at most %u times --map-at", TRACK_MOMENTS - 2);
	for (; i > 0 && opt->moment[i - 1] > ns; i--)
		opt->moment[i] = opt->moment[i - 1];
	opt->moment[i] = ns;
	opt->nr_moments++;
	return CMD_OK;
}

int cmd_compare(const struct cmd *cmd, int argc, char **argv)
{
	static const struct option options[] = {
		{ "policy", required_argument, NULL, 'p' }, { "runs", required_argument, NULL, 'r' },
		{ "seed", required_argument, NULL, 's' },   { "json", no_argument, NULL, 'j' },
		{ "html", required_argument, NULL, 'H' },   { "time", required_argument, NULL, 't' },
		{ "machine", required_argument, NULL, 'M' }, { "scale", required_argument, NULL, 'k' },
		{ "memory", required_argument, NULL, 'm' }, { "assume", no_argument, NULL, 'a' },
		{ "map-at", required_argument, NULL, 'x' },
		{ "force", no_argument, NULL, 'f' },	    { "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },	    { NULL, 0, NULL, 0 },
	};
	struct options opt = { .runs = 8, .seed = 1 };
	struct sg_err err;
	const char *file;
	int o, code = CMD_OK;

	while (code == CMD_OK && (o = getopt_long(argc, argv, ":hV", options, NULL)) != -1) {
		if (o == 'p')
			code = add_policy(cmd, &opt, optarg);
		else if (o == 'r')
			code = cmd_read_whole(cmd, "--runs", optarg, 1, MOST_RUNS, &opt.runs);
		else if (o == 's')
			code = cmd_read_whole(cmd, "--seed", optarg, 0, UINT64_MAX - MOST_RUNS, &opt.seed);
		else if (o == 't')
			code = cmd_read_time(cmd, optarg, &opt.bounds);
		else if (o == 'm')
			code = cmd_read_memory(cmd, optarg, &opt.bounds);
		else if (o == 'M')
			code = cmd_machine_read(cmd, optarg, &opt.machine);
		else if (o == 'k')
			code = cmd_scale_read(cmd, optarg, &opt.machine);
		else if (o == 'H')
			opt.html = optarg;
		else if (o == 'x')
			code = add_moment(cmd, &opt, optarg);
		else if (o == 'j')
			opt.json = true;
		else if (o == 'a')
			opt.assume = true;
		else if (o == 'f')
			opt.force = true;
		else
			return cmd_common_option(cmd, o, argv[optind - 1]);
	}
	if (code == CMD_OK && !opt.nr)
		code = cmd_usage(cmd, "compare with what? --policy names a policy; stormglass policies lists them");
	if (code == CMD_OK && opt.nr_moments && !opt.html)
		code = cmd_usage(cmd, "--map-at is for the page of --html");
	if (code == CMD_OK && opt.json && opt.html)
		code = cmd_usage(cmd, "--json or --html, not both");
	if (code == CMD_OK)
		code = cmd_take_file(cmd, argc, argv, &file);
	if (code == CMD_OK && opt.html &&
	    cmd_target_allow(file, opt.html, opt.force ? CMD_REPLACE_ANY : CMD_REPLACE_NOTHING, &err) < 0)
		code = cmd_fail(&err);
	return code == CMD_OK ? compare(file, &opt) : code;
}
