// SPDX-License-Identifier: GPL-2.0-only
/* stormglass partings: where two runs of one demand did something different. */
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "cmd_feed.h"
#include "cmd_target.h"
#include "cmd_whatif.h"
#include "index/part.h"
#include "machine/layout.h"
#include "time/image.h"

#define SLICE 100000u

struct run {
	const char *file;
	struct cmd_feed *feed;
	const struct sg_capture *cap;
	struct mm_layout *layout;
	struct mm_machine *m;
};

struct partings {
	struct run run[2];
	struct mm_part *part;
	uint64_t most; /* so many, heaviest first; 0: all */
	bool json;
};

static int open_run(const char *file, struct run *r, struct sg_err *err)
{
	struct cmd_feed_options how = { .memory = cmd_feed_memory() / 2 };
	struct mm_config cfg;
	int n = cmd_feed_open(file, &how, &r->feed, err);

	r->file = file;
	if (n == 0)
		n = cmd_wants_events(cmd_feed_source(r->feed), err);
	if (n < 0)
		return n;
	do {
		n = cmd_feed_more(r->feed, SLICE);
	} while (n > 0);
	if (n == 0)
		n = cmd_whole(file, NULL, err);
	if (n < 0)
		return err->code < 0 ? err->code : sg_fail(err, n, "%s: can't be read to its end", file);
	r->cap = cmd_feed_capture(r->feed);
	cfg = *cmd_feed_config(r->feed);
	r->layout = mm_layout_new(sg_log_layout(cmd_feed_log(r->feed)), r->cap);
	cfg.layout = r->layout;
	r->m = r->layout ? mm_start_new(&cfg, err) : NULL;
	return r->m ? 0 : err->code < 0 ? err->code : sg_fail(err, SG_E_NOMEM, "%s: out of memory", file);
}

static int look(struct partings *p, struct sg_err *err)
{
	struct mm_part_run run[2];

	for (unsigned int k = 0; k < 2; k++)
		run[k] = (struct mm_part_run){ cmd_feed_log(p->run[k].feed), p->run[k].cap, p->run[k].m };
	p->part = mm_part_new(run);
	while (p->part && mm_part_work(p->part, SLICE))
		;
	return p->part && mm_part_done(p->part) ? 0 : sg_fail(err, SG_E_NOMEM, "out of memory for the requests of both runs");
}

/* ---- which ones ------------------------------------------------------------------------------ */

struct pick {
	uint64_t weight;
	uint32_t no;
};

static int heavier(const void *x, const void *y)
{
	const struct pick *a = x, *b = y;

	if (a->weight != b->weight)
		return a->weight > b->weight ? -1 : 1;
	return a->no < b->no ? -1 : 1;
}

/* Numbers of those to be shown; NULL when memory runs out. */
static struct pick *choose(const struct partings *p, uint32_t *ret_nr)
{
	uint32_t nr = mm_part_count(p->part);
	struct pick *pick = malloc((nr + 1) * sizeof(*pick));
	struct mm_parting x;

	for (uint32_t i = 0; pick && i < nr; i++) {
		mm_part_get(p->part, i, &x);
		pick[i] = (struct pick){ x.weight, i };
	}
	if (pick && nr && p->most)
		qsort(pick, nr, sizeof(*pick), heavier);
	*ret_nr = p->most && p->most < nr ? (uint32_t)p->most : nr;
	return pick;
}

/* ---- text -------------------------------------------------------------------------------------- */

static const char *zone_name(const struct run *r, const struct mm_part_ask *a, struct mm_zone_info *zi)
{
	if (a->zone < 0)
		return NULL;
	mm_zone_get(r->m, (unsigned int)a->zone, zi);
	return zi->name;
}

static void put_run(const struct partings *p, struct cmd_out *o, unsigned int k)
{
	const struct sg_capture *cap = p->run[k].cap;
	const struct sg_simulated *s = cap->simulated;

	cmd_printf(o, "%c  %s  ", 'A' + (int)k, cap->name);
	if (s)
		cmd_printf(o, "simulated  %s  seed %" PRIu64, *s->asked ? s->asked : "own rules", s->seed);
	else
		cmd_printf(o, "observed  Linux %s", cap->kernel);
	cmd_printf(o, "  %" PRIu32 " requests\n", mm_part_asks(p->part, k));
}

static void put_one(const struct partings *p, struct cmd_out *o, uint32_t no)
{
	struct mm_parting x;
	char kinds[120], words[300], mt[16];

	mm_part_get(p->part, no, &x);
	cmd_printf(o, "%6" PRIu32 "  %s", no + 1, mm_part_kinds(&x, kinds, sizeof(kinds)));
	if (x.nr > 1)
		cmd_printf(o, " (%" PRIu32 " in a row)", x.nr);
	cmd_puts(o, "\n");
	for (unsigned int k = 0; k < 2; k++) {
		const struct run *r = &p->run[k];
		struct mm_zone_info zi;
		struct mm_part_ask a;

		if (x.ask[k] == MM_PART_NONE) {
			cmd_printf(o, "     %c  event:%" PRIu64 "  not asked for\n", 'A' + (int)k, x.at[k]);
			continue;
		}
		mm_part_ask(p->part, k, x.ask[k], &a);
		cmd_printf(o, "     %c  event:%" PRIu64 "  %s-%" PRId32 " wants order %u %s: %s\n", 'A' + (int)k, a.event,
			   sg_capture_comm(r->cap, a.pid), a.pid, a.order, cmd_mt_name(r->cap, a.mt, mt),
			   mm_part_say(&a, r->cap, zone_name(r, &a, &zi), words, sizeof(words)));
	}
}

static void put_text(const struct partings *p, struct cmd_out *o, const struct pick *pick, uint32_t nr)
{
	put_run(p, o, 0);
	put_run(p, o, 1);
	cmd_printf(o, "%" PRIu32 " requests are in both; %" PRIu32 " partings\n\n", mm_part_pairs(p->part), mm_part_count(p->part));
	for (unsigned int k = 0; k < MM_PART_COUNT; k++)
		if (mm_part_kind_count(p->part, (enum mm_part_kind)k))
			cmd_printf(o, "  %-10s %10" PRIu32 "  %s\n", mm_part_key((enum mm_part_kind)k),
				   mm_part_kind_count(p->part, (enum mm_part_kind)k), mm_part_text((enum mm_part_kind)k));
	if (nr)
		cmd_printf(o, "\n%s\n", !p->most ? "all of them" : nr < mm_part_count(p->part) ? "those that weigh most" : "the heaviest first");
	for (uint32_t i = 0; i < nr && !cmd_out_gone(o); i++)
		put_one(p, o, pick[i].no);
}

/* ---- JSON ---------------------------------------------------------------------------------------- */

static void json_run(const struct partings *p, struct cmd_json *j, unsigned int k)
{
	const struct sg_capture *cap = p->run[k].cap;
	const struct sg_simulated *s = cap->simulated;

	cmd_json_object(j, NULL, true);
	cmd_json_str(j, "name", cap->name);
	cmd_json_bool(j, "simulated", s != NULL);
	cmd_json_str(j, "kernel", cap->kernel);
	if (s) {
		cmd_json_str(j, "policy", s->policy);
		cmd_json_uint(j, "seed", s->seed);
	} else {
		cmd_json_null(j, "policy");
		cmd_json_null(j, "seed");
	}
	cmd_json_uint(j, "requests", mm_part_asks(p->part, k));
	cmd_json_end(j);
}

static void json_ask(const struct partings *p, struct cmd_json *j, unsigned int k, const struct mm_parting *x)
{
	const struct run *r = &p->run[k];
	struct mm_zone_info zi;
	struct mm_part_ask a;
	char mt[16], words[300];

	if (x->ask[k] == MM_PART_NONE) {
		cmd_json_null(j, k ? "b" : "a");
		return;
	}
	mm_part_ask(p->part, k, x->ask[k], &a);
	cmd_json_object(j, k ? "b" : "a", true);
	cmd_json_uint(j, "event", a.event);
	cmd_json_uint(j, "tells", a.tells);
	cmd_json_str(j, "task", sg_capture_comm(r->cap, a.pid));
	cmd_json_int(j, "pid", a.pid);
	cmd_json_uint(j, "order", a.order);
	cmd_json_str(j, "migratetype", cmd_mt_name(r->cap, a.mt, mt));
	cmd_json_bool(j, "got", a.got);
	if (zone_name(r, &a, &zi))
		cmd_json_str(j, "zone", zi.name);
	else
		cmd_json_null(j, "zone");
	cmd_json_uint(j, "stall", a.ns);
	cmd_json_str(j, "words", mm_part_say(&a, r->cap, NULL, words, sizeof(words)));
	cmd_json_end(j);
}

static void put_json(const struct partings *p, struct cmd_out *o, const struct pick *pick, uint32_t nr)
{
	struct cmd_json j;
	struct mm_parting x;

	cmd_json_init(&j, o);
	cmd_json_object(&j, NULL, false);
	cmd_json_array(&j, "runs", false);
	json_run(p, &j, 0);
	json_run(p, &j, 1);
	cmd_json_end(&j);
	cmd_json_uint(&j, "pairs", mm_part_pairs(p->part));
	cmd_json_uint(&j, "count", mm_part_count(p->part));
	cmd_json_object(&j, "kinds", true);
	for (unsigned int k = 0; k < MM_PART_COUNT; k++)
		cmd_json_uint(&j, mm_part_key((enum mm_part_kind)k), mm_part_kind_count(p->part, (enum mm_part_kind)k));
	cmd_json_end(&j);
	cmd_json_array(&j, "partings", false);
	for (uint32_t i = 0; i < nr && !cmd_out_gone(o); i++) {
		mm_part_get(p->part, pick[i].no, &x);
		cmd_json_object(&j, NULL, true);
		cmd_json_uint(&j, "no", pick[i].no + 1);
		cmd_json_array(&j, "kinds", true);
		for (unsigned int k = 0; k < MM_PART_COUNT; k++)
			if (x.kinds >> k & 1)
				cmd_json_str(&j, NULL, mm_part_key((enum mm_part_kind)k));
		cmd_json_end(&j);
		cmd_json_uint(&j, "requests", x.nr);
		cmd_json_uint(&j, "weight", x.weight);
		cmd_json_uints(&j, "at", x.at, 2);
		json_ask(p, &j, 0, &x);
		json_ask(p, &j, 1, &x);
		cmd_json_end(&j);
	}
	cmd_json_end(&j);
	cmd_json_end(&j);
}

static int partings(struct partings *p, const char *const file[2])
{
	struct cmd_out *o = NULL;
	struct pick *pick = NULL;
	struct sg_err err = { 0 };
	uint32_t nr = 0;
	int code, r = open_run(file[0], &p->run[0], &err);

	if (r == 0)
		r = open_run(file[1], &p->run[1], &err);
	if (r == 0)
		r = look(p, &err);
	if (r == 0) {
		pick = choose(p, &nr);
		o = pick ? cmd_out_new() : NULL;
		if (!o)
			r = sg_fail(&err, SG_E_NOMEM, "out of memory");
	}
	if (r == 0) {
		if (p->json)
			put_json(p, o, pick, nr);
		else
			put_text(p, o, pick, nr);
		code = cmd_out_end(o, CMD_OK);
	} else {
		code = cmd_fail(&err);
	}
	free(pick);
	mm_part_free(p->part);
	for (unsigned int k = 0; k < 2; k++) {
		mm_machine_free(p->run[k].m);
		mm_layout_free(p->run[k].layout);
		if (p->run[k].feed)
			cmd_feed_close(p->run[k].feed);
	}
	return code;
}

int cmd_partings(const struct cmd *cmd, int argc, char **argv)
{
	static const struct option options[] = {
		{ "most", required_argument, NULL, 'm' }, { "all", no_argument, NULL, 'a' },
		{ "json", no_argument, NULL, 'j' },	  { "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },	  { 0 },
	};
	struct partings p = { .most = 20 };
	const char *file[2];
	struct sg_err err;
	int o, code = CMD_OK;

	while (code == CMD_OK && (o = getopt_long(argc, argv, ":hV", options, NULL)) != -1) {
		if (o == 'm')
			code = cmd_read_whole(cmd, "--most", optarg, 1, UINT32_MAX, &p.most);
		else if (o == 'a')
			p.most = 0;
		else if (o == 'j')
			p.json = true;
		else
			return cmd_common_option(cmd, o, argv[optind - 1]);
	}
	if (code != CMD_OK)
		return code;
	if (argc - optind != 2)
		return cmd_usage(cmd, "two files: partings FILE OTHER");
	file[0] = argv[optind];
	file[1] = argv[optind + 1];
	for (unsigned int k = 0; k < 2; k++) {
		if (!*file[k])
			return cmd_usage(cmd, "the name of a file is empty");
		if (cmd_target_stdout(file[k], &err) < 0)
			return cmd_fail(&err);
	}
	return partings(&p, file);
}
