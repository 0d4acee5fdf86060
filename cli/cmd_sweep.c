// SPDX-License-Identifier: GPL-2.0-only
/* stormglass sweep: a grid of policies over captures, as many runs at once as there are CPUs, on one machine or many. */
#include "cmd_sweep.h"

#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xxhash.h>

#include "cmd_cache_key.h"
#include "sg_mem.h"

#define MOST_TEMPLATES 64u
#define MOST_TUNABLES 32u
#define MOST_RUNS 100000u
#define MOST_AT_ONCE 256u
#define TIME_NS UINT64_C(3600000000000) /* an hour, unless told otherwise */

/* ---- what runs are known by ---------------------------------------------------------------------- */

static void hex(XXH128_hash_t h, char ret[SWEEP_KEY])
{
	XXH128_canonical_t id;

	XXH128_canonicalFromHash(&id, h);
	for (unsigned int i = 0; i < sizeof(id.digest); i++)
		snprintf(ret + 2 * i, 3, "%02x", id.digest[i]);
}

void sweep_key(const char *capture_id, const char *spec, const char *files, const uint64_t *seed, char ret[SWEEP_KEY])
{
	char *text = seed ? sg_printf("run\n%s\n%s\n%s\n%s%" PRIu64 "\n", SG_VERSION, capture_id, spec, files, *seed)
			  : sg_printf("observed\n%s\n%s\n", SG_VERSION, capture_id);

	ret[0] = 0;
	if (text)
		hex(XXH3_128bits(text, strlen(text)), ret);
	free(text);
}

void sweep_shard_name(const struct sweep *s, unsigned int capture, unsigned int first_spec, unsigned int nr, char ret[SWEEP_KEY])
{
	XXH128_hash_t h = { 0, nr };

	for (unsigned int i = 0; i < nr; i++)
		for (uint64_t no = 0; no < s->runs; no++) {
			const char *key = sweep_job_of(s, capture, first_spec + i, no)->key;

			h = XXH3_128bits_withSeed(key, SWEEP_KEY, h.low64 ^ h.high64);
		}
	hex(h, ret);
	ret[16] = 0; /* long enough for any list of jobs */
}

static bool hash_file(const char *path, char ret[17])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	XXH3_state_t *h = XXH3_createState();
	char buf[65536];
	ssize_t n = -1;

	if (h)
		XXH3_64bits_reset(h);
	while (h && fd >= 0 && (n = read(fd, buf, sizeof(buf))) > 0)
		XXH3_64bits_update(h, buf, (size_t)n);
	if (fd >= 0)
		close(fd);
	snprintf(ret, 17, "%016" PRIx64, h && n == 0 ? (uint64_t)XXH3_64bits_digest(h) : 0);
	XXH3_freeState(h);
	return h && n == 0;
}

/* Hashes of the files that a policy's text names, one a line. */
static char *files_of(const char *spec, struct sg_err *err)
{
	char *ret = sg_strdup(""), *more;
	char path[4096], hash[17];

	for (size_t n; ret && *spec; spec += n + (spec[n] == ',')) {
		n = strcspn(spec, ",");
		snprintf(path, sizeof(path), "%.*s", (int)n, spec);
		if (!cmd_plugin_named(path))
			continue;
		if (!hash_file(path, hash)) {
			free(ret);
			sg_fail(err, SG_E_IO, "%.200s: can't be read", path);
			return NULL;
		}
		more = sg_printf("%s%s\n", ret, hash);
		free(ret);
		ret = more;
	}
	if (!ret)
		sg_fail(err, SG_E_NOMEM, "out of memory");
	return ret;
}

/* ---- captures and jobs -------------------------------------------------------------------------------- */

static int add_capture(struct sweep *s, const char *path, struct sg_err *err)
{
	struct sweep_capture *c = &s->capture[s->nr_captures];
	size_t len = strlen(path);
	unsigned char id[CMD_CACHE_ID];
	const char *name;

	if (strcmp(path, "-") == 0)
		return sg_fail(err, SG_E_USAGE, "a sweep reads its captures again and again, and standard input can be read once: name a file");
	if (!cmd_cache_content(path, id))
		return sg_fail(err, SG_E_IO, "%s: can't be read", path);
	c->path = path;
	while (len > 1 && path[len - 1] == '/')
		len--;
	name = memrchr(path, '/', len);
	name = name && len > 1 ? name + 1 : path;
	sg_clean(c->name, sizeof(c->name), name, (size_t)(path + len - name));
	for (unsigned int i = 0; i < CMD_CACHE_ID; i++)
		snprintf(c->id + 2 * i, 3, "%02x", id[i]);
	for (unsigned int i = 0; i < s->nr_captures; i++)
		if (strcmp(s->capture[i].id, c->id) == 0)
			return SG_OK; /* the same by another name */
	s->nr_captures++;
	return SG_OK;
}

static int make_jobs(struct sweep *s, struct sg_err *err)
{
	uint64_t nr = (uint64_t)s->nr_captures * s->specs.nr * s->runs;

	if (nr > SWEEP_MOST_JOBS)
		return sg_fail(err, SG_E_USAGE, "%" PRIu64 " runs are more than the %u of a sweep; take larger steps, or several sweeps", nr,
			       SWEEP_MOST_JOBS);
	s->job = sg_calloc(nr + 1, sizeof(*s->job));
	s->files = sg_calloc(s->specs.nr + 1, sizeof(*s->files));
	if (!s->job || !s->files)
		return sg_fail(err, SG_E_NOMEM, "out of memory");
	for (unsigned int i = 0; i < s->specs.nr; i++) {
		s->files[i] = files_of(s->specs.text[i], err);
		if (!s->files[i])
			return err->code;
	}
	s->nr_jobs = (unsigned int)nr;
	for (unsigned int c = 0; c < s->nr_captures; c++)
		for (uint64_t no = 0; no < s->runs; no++)
			for (unsigned int i = 0; i < s->specs.nr; i++) {
				struct sweep_job *j = sweep_job_of(s, c, i, no);

				j->capture = c;
				j->spec = i;
				j->seed = s->seed + no;
				sweep_key(s->capture[c].id, s->specs.text[i], s->files[i], &j->seed, j->key);
			}
	return SG_OK;
}

/* ---- what is there already ------------------------------------------------------------------------------- */

struct there {
	struct sweep *s;
	struct sweep_keys keys;
	bool no_memory;
};

static bool found_line(void *arg, const json_t *line, const char *where)
{
	struct there *t = arg;
	const char *end = sweep_text_of(line, "end");

	if (t->s->again && (strcmp(end, "cut") == 0 || strcmp(end, "died") == 0))
		return true;
	t->no_memory |= !sweep_keys_add(&t->keys, sweep_text_of(line, "key"));
	t->s->other_program += strcmp(sweep_text_of(line, "program"), t->s->program) != 0;
	return !t->no_memory;
}

struct print {
	struct sweep_keys asked;
};

static bool print_line(void *arg, const json_t *line, const char *where)
{
	struct print *p = arg;
	json_t *copy;
	char *text;

	if (!sweep_keys_has(&p->asked, sweep_text_of(line, "key")) && strcmp(sweep_text_of(line, "end"), "observed") != 0)
		return true;
	copy = json_copy((json_t *)line);
	json_object_del(copy, "sum");
	text = sweep_line_text(copy);
	if (text)
		puts(text);
	free(text);
	json_decref(copy);
	return true;
}

/* What is there already goes to standard output as well: whoever collects lines gets all of them, however often a job is run. */
static int print_found(struct sweep *s, struct sg_err *err)
{
	struct print p = { .asked = { 0 } };
	struct sweep_read told = { 0 };
	bool ok = true;
	int r;

	for (unsigned int i = 0; i < s->nr_jobs && ok; i++)
		ok = !s->job[i].done || sweep_keys_add(&p.asked, s->job[i].key);
	r = ok ? sweep_read(s->dir, "runs", print_line, &p, &told, err) : sg_fail(err, SG_E_NOMEM, "out of memory");
	fflush(stdout);
	sweep_keys_free(&p.asked);
	return r;
}

/* Marks the jobs that have a line. */
static int look(struct sweep *s, struct sg_err *err)
{
	struct there t = { .s = s };
	struct sweep_read told = { 0 };
	int r = s->dir ? sweep_read(s->dir, "runs", found_line, &t, &told, err) : SG_OK;

	if (r == SG_OK && t.no_memory)
		r = sg_fail(err, SG_E_NOMEM, "out of memory");
	for (unsigned int i = 0; i < s->nr_jobs && r == SG_OK; i++) {
		s->job[i].done = sweep_keys_has(&t.keys, s->job[i].key);
		s->found += s->job[i].done;
	}
	for (unsigned int i = 0; i < s->nr_captures && r == SG_OK; i++) {
		char key[SWEEP_KEY];

		sweep_key(s->capture[i].id, NULL, "", NULL, key);
		s->capture[i].observed = sweep_keys_has(&t.keys, key);
	}
	if (told.damaged)
		fprintf(stderr, "stormglass: %s: %u line%s not whole, the first %s; what it told of is run again\n", s->dir, told.damaged,
			told.damaged == 1 ? " is" : "s are", told.first_damaged);
	if (s->lines && r == SG_OK && s->found)
		r = print_found(s, err);
	sweep_keys_free(&t.keys);
	return r;
}

/* ---- the command ---------------------------------------------------------------------------------------- */

struct typed {
	const char *policy[MOST_TEMPLATES], *tunable[MOST_TUNABLES];
	unsigned int nr_policies, nr_tunables;
};

static void put_summary(const struct sweep *s)
{
	unsigned int left = 0;

	for (unsigned int i = 0; i < s->nr_jobs; i++)
		left += !s->job[i].done;
	if (s->lines)
		return;
	printf("%u policies on %u capture%s, %" PRIu64 " run%s of each: %u runs\n", s->specs.nr, s->nr_captures, s->nr_captures == 1 ? "" : "s",
	       s->runs, s->runs == 1 ? "" : "s", s->nr_jobs);
	printf("%u were there, %u done now", s->found, s->whole + s->cut + s->died + s->refused);
	if (s->cut)
		printf(", %u of them cut at a bound", s->cut);
	if (s->died)
		printf(", %u died", s->died);
	if (s->refused)
		printf(", %u can't be had of their capture", s->refused);
	printf("; %u left\n", left);
	if (s->other_program)
		printf("%u of those that were there are of another build of stormglass\n", s->other_program);
	printf("in %s; stormglass sweep show %s\n", s->dir, s->dir);
}

static int sweep(struct sweep *s, const struct typed *t, char **file, int nr_files)
{
	struct sweep_store *to = NULL;
	struct sg_err err = { 0 };
	char name[SWEEP_KEY], file_name[64] = "runs.jsonl";
	unsigned int jobs = 0;
	int r = SG_OK;

	/* the captured kernel itself, which all others are held against */
	if (!s->shard)
		r = sweep_specs_add(&s->specs, "own", &err);
	if (r == SG_OK)
		r = sweep_grid_expand(t->policy, t->nr_policies, t->tunable, t->nr_tunables, &s->specs, &err);
	s->capture = sg_calloc((size_t)nr_files, sizeof(*s->capture));
	if (r == SG_OK && !s->capture)
		r = sg_fail(&err, SG_E_NOMEM, "out of memory");
	for (int i = 0; i < nr_files && r == SG_OK; i++)
		r = add_capture(s, file[i], &err);
	if (r == SG_OK)
		r = make_jobs(s, &err);
	if (r == SG_OK && s->shard) {
		sweep_shard_name(s, 0, 0, s->specs.nr, name);
		if (s->nr_captures != 1 || strcmp(name, s->shard) != 0)
			r = sg_fail(&err, SG_E_USAGE, "this part of the sweep is %s here, not %s: %s or this program (%s) isn't the one that the list of "
				    "jobs was made with", name, s->shard, s->capture[0].path, SG_VERSION);
		snprintf(file_name, sizeof(file_name), "runs-%.32s.jsonl", name);
	}
	hash_file("/proc/self/exe", s->program);
	if (r == SG_OK)
		r = look(s, &err);
	if (r == SG_OK && !s->jobs_only)
		r = sweep_store_open(s->dir, file_name, s->lines, &to, &err);
	if (r == SG_OK && !s->shard)
		r = sweep_write_plan(s, &err);
	if (r == SG_OK && s->jobs_only)
		r = sweep_write_jobs(s, &jobs, &err);
	else if (r == SG_OK)
		r = sweep_run(s, to, &err);
	sweep_store_close(to);
	if (r == SG_OK && s->jobs_only)
		printf("%u jobs in %s/jobs.txt, for GNU parallel; %s/slurm.sh for sbatch\n", jobs, s->dir, s->dir);
	else if (r == SG_OK || s->whole + s->cut + s->died + s->refused)
		put_summary(s);
	fflush(stdout);
	if (r == SG_OK && s->interrupted)
		fprintf(stderr, "stormglass: interrupted: what is done is kept, and the same command goes on\n");
	r = r < 0 ? cmd_fail(&err) : s->interrupted || s->lost ? CMD_FAILED : CMD_OK;
	for (unsigned int i = 0; s->files && i < s->specs.nr; i++)
		free(s->files[i]);
	free(s->files);
	free(s->job);
	free(s->capture);
	sweep_specs_free(&s->specs);
	return r;
}

static int add(const struct cmd *cmd, const char **list, unsigned int *nr, unsigned int most, const char *option, const char *text)
{
	if (*nr == most)
		return cmd_usage(cmd, "at most %u times %s", most, option);
	list[(*nr)++] = text;
	return CMD_OK;
}

static int run(const struct cmd *cmd, int argc, char **argv)
{
	static const struct option options[] = {
		{ "policy", required_argument, NULL, 'p' },  { "tunable", required_argument, NULL, 'u' },
		{ "runs", required_argument, NULL, 'r' },    { "seed", required_argument, NULL, 's' },
		{ "output", required_argument, NULL, 'o' },  { "jobs", no_argument, NULL, 'j' },
		{ "per-job", required_argument, NULL, 'n' }, { "at-once", required_argument, NULL, 'c' },
		{ "shard", required_argument, NULL, 'S' },   { "lines", no_argument, NULL, 'l' },
		{ "again", no_argument, NULL, 'g' },	     { "time", required_argument, NULL, 't' },
		{ "memory", required_argument, NULL, 'm' },  { "assume", no_argument, NULL, 'a' },
		{ "help", no_argument, NULL, 'h' },	     { "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	struct sweep s = { .runs = 4, .seed = 1, .per_job = 1, .bounds = { .ns = TIME_NS } };
	struct typed t = { .nr_policies = 0 };
	int o, code = CMD_OK;

	while (code == CMD_OK && (o = getopt_long(argc, argv, ":ho:V", options, NULL)) != -1) {
		switch (o) {
		case 'p': code = add(cmd, t.policy, &t.nr_policies, MOST_TEMPLATES, "--policy", optarg); break;
		case 'u': code = add(cmd, t.tunable, &t.nr_tunables, MOST_TUNABLES, "--tunable", optarg); break;
		case 'r': code = cmd_read_whole(cmd, "--runs", optarg, 1, MOST_RUNS, &s.runs); break;
		case 's': code = cmd_read_whole(cmd, "--seed", optarg, 0, INT64_MAX - MOST_RUNS, &s.seed); break;
		case 'n': code = cmd_read_whole(cmd, "--per-job", optarg, 1, SWEEP_MOST_SPECS, &s.per_job); break;
		case 'c': code = cmd_read_whole(cmd, "--at-once", optarg, 1, MOST_AT_ONCE, &s.at_once); break;
		case 't': code = cmd_read_time(cmd, optarg, &s.bounds); break;
		case 'm': code = cmd_read_memory(cmd, optarg, &s.bounds); break;
		case 'o': s.dir = optarg; break;
		case 'S': s.shard = optarg; break;
		case 'j': s.jobs_only = true; break;
		case 'l': s.lines = true; break;
		case 'g': s.again = true; break;
		case 'a': s.assume = true; break;
		default: return cmd_common_option(cmd, o, argv[optind - 1]);
		}
	}
	if (code != CMD_OK)
		return code;
	if (optind >= argc)
		return cmd_usage(cmd, "of which captures? Name a trace.dat or a capture directory, or several");
	if (!t.nr_policies && !t.nr_tunables)
		return cmd_usage(cmd, "over what? --policy own,defrag_mode=0..1, or --tunable watermark_scale_factor=10..500:50");
	if (!t.nr_policies)
		t.policy[t.nr_policies++] = "own";
	if (!s.dir && !s.lines)
		return cmd_usage(cmd, "where to? -o DIR keeps the runs");
	if (s.jobs_only && (s.shard || s.lines || !s.dir))
		return cmd_usage(cmd, "--jobs writes lists into -o DIR; --shard and --lines are for the jobs");
	return sweep(&s, &t, argv + optind, argc - optind);
}

int cmd_sweep(const struct cmd *cmd, int argc, char **argv)
{
	json_set_alloc_funcs(sg_malloc, free); /* what it doesn't get is counted */
	if (argc > 1 && strcmp(argv[1], "show") == 0)
		return cmd_sweep_show(cmd, argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "merge") == 0)
		return cmd_sweep_merge(cmd, argc - 1, argv + 1);
	return run(cmd, argc, argv);
}
