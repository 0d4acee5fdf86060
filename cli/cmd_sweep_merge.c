// SPDX-License-Identifier: GPL-2.0-only
/* stormglass sweep merge: what several machines did of a sweep becomes one, and what is missing or contradicts is named. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xxhash.h>

#include "cmd_sweep.h"
#include "sg_mem.h"

#define MOST_NAMED 20u /* of what is missing, one a line */

/* A line, by where it stands. */
struct entry {
	char key[SWEEP_KEY];
	uint8_t end;        /* the higher the better: rank() */
	bool first;         /* of its key: the one that stays */
	bool clash;         /* another of its key says otherwise */
	uint32_t permille;
	uint64_t says;      /* hash of what it says */
	uint64_t no;        /* in the order of reading */
};

struct planned {
	char key[SWEEP_KEY];
	char *what;         /* capture and policy */
	json_int_t seed;
};

struct merge {
	const char *to;
	char **from;
	int nr_from;
	struct entry *entry;
	size_t nr, room, at; /* at: in the second reading */
	struct planned *plan;
	size_t nr_plan, room_plan;
	struct sweep_keys plan_keys, have;
	FILE *out, *plan_out;
	json_t *clashing;    /* key -> the first of its lines */
	json_t *conflicts;   /* sentences */
	size_t runs, twice, clashes, missing;
	struct sweep_read told;
	bool no_memory;
};

static bool grow(void **p, size_t nr, size_t *room, size_t size)
{
	size_t want = *room ? 2 * *room : 256;
	void *more;

	if (nr < *room)
		return true;
	more = sg_realloc(*p, want * size);
	if (!more)
		return false;
	*p = more;
	*room = want;
	return true;
}

static unsigned int rank(const char *end)
{
	static const char *const order[] = { "died", "cut", "refused", "whole", "observed" };

	for (unsigned int i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (strcmp(end, order[i]) == 0)
			return i + 1;
	return 0;
}

/* ---- the first reading: what there is --------------------------------------------------------------- */

static uint64_t hash_of(const json_t *o)
{
	char *text = json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
	uint64_t h = text ? XXH3_64bits(text, strlen(text)) : 0;

	free(text);
	return h;
}

static bool take_line(void *arg, const json_t *line, const char *where)
{
	struct merge *m = arg;
	const char *key = sweep_text_of(line, "key");
	struct entry *e;

	if (!grow((void **)&m->entry, m->nr, &m->room, sizeof(*m->entry))) {
		m->no_memory = true;
		return false;
	}
	e = &m->entry[m->nr];
	*e = (struct entry){ .end = (uint8_t)rank(sweep_text_of(line, "end")), .no = m->nr };
	if (strlen(key) == SWEEP_KEY - 1)
		memcpy(e->key, key, SWEEP_KEY);
	else
		e->end = 0;
	e->permille = (uint32_t)json_integer_value(json_object_get(line, "permille"));
	e->says = hash_of(json_object_get(line, "figures"));
	m->nr++;
	return true;
}

static int by_key_and_worth(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int c = memcmp(x->key, y->key, SWEEP_KEY);

	if (c)
		return c;
	if (x->end != y->end)
		return x->end > y->end ? -1 : 1;
	if (x->permille != y->permille)
		return x->permille > y->permille ? -1 : 1;
	return x->no < y->no ? -1 : 1;
}

static int by_number(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return x->no < y->no ? -1 : x->no > y->no;
}

/* Of each key the best line; where two whole ones differ, none. */
static void decide(struct merge *m)
{
	qsort(m->entry, m->nr, sizeof(*m->entry), by_key_and_worth);
	for (size_t i = 0, n; i < m->nr; i += n) {
		struct entry *e = &m->entry[i];
		bool clash = false;

		for (n = 1; i + n < m->nr && memcmp(e[n].key, e->key, SWEEP_KEY) == 0; n++)
			if (e[n].end == e->end && e->end > rank("cut"))
				clash |= e[n].says != e->says;
		if (!e->end)
			continue;
		e->first = !clash;
		for (size_t k = 0; k < n; k++)
			e[k].clash = clash && e[k].end == e->end;
		m->clashes += clash;
		if (!clash) {
			m->runs++;
			m->twice += n - 1;
			m->no_memory |= !sweep_keys_add(&m->have, e->key);
		}
	}
	qsort(m->entry, m->nr, sizeof(*m->entry), by_number);
}

static bool take_plan(void *arg, const json_t *line, const char *where)
{
	struct merge *m = arg;
	const char *key = sweep_text_of(line, "key");
	json_t *copy;
	char *text;

	if (strlen(key) != SWEEP_KEY - 1)
		return true;
	if (!grow((void **)&m->plan, m->nr_plan, &m->room_plan, sizeof(*m->plan))) {
		m->no_memory = true;
		return false;
	}
	m->plan[m->nr_plan] = (struct planned){ .what = sg_printf("%.120s  %.3000s", sweep_text_of(line, "capture"), sweep_text_of(line, "spec")),
						.seed = json_integer_value(json_object_get(line, "seed")) };
	memcpy(m->plan[m->nr_plan].key, key, SWEEP_KEY);
	copy = json_copy((json_t *)line);
	json_object_del(copy, "sum");
	text = sweep_line_text(copy);
	m->no_memory |= !text || !m->plan[m->nr_plan].what;
	if (text)
		fprintf(m->plan_out, "%s\n", text);
	m->nr_plan++;
	free(text);
	json_decref(copy);
	return !m->no_memory;
}

static int by_what(const void *a, const void *b)
{
	const struct planned *x = a, *y = b;
	int c = strcmp(x->what, y->what);

	return c ? c : x->seed < y->seed ? -1 : x->seed > y->seed;
}

/* ---- the second reading: what stays is written ---------------------------------------------------------- */

/* What differs between two lines of a run. */
static void name_clash(struct merge *m, const json_t *a, const char *where_a, const json_t *b, const char *where_b)
{
	const json_t *fa = json_object_get(a, "figures"), *fb = json_object_get(b, "figures");
	const char *key, *first = NULL;
	unsigned int n = 0;
	json_t *v;
	char *text;

	json_object_foreach((json_t *)fa, key, v)
		if (!json_equal(v, json_object_get(fb, key)) && !n++)
			first = key;
	if (!n && !json_equal(fa, fb))
		first = "figures that only one of them has";
	if (!n && json_equal(fa, fb))
		return;
	text = sg_printf("%s, %s, seed %" JSON_INTEGER_FORMAT ": %s and %s differ in %s%s%s", sweep_text_of(a, "capture"),
			 json_object_get(a, "spec") ? sweep_text_of(a, "spec") : "observed", json_integer_value(json_object_get(a, "seed")), where_a,
			 where_b, first, n > 1 ? " and others" : "",
			 strcmp(sweep_text_of(a, "program"), sweep_text_of(b, "program")) ? "; they are of different builds of stormglass" : "");
	if (text)
		json_array_append_new(m->conflicts, json_string(text));
	free(text);
}

static bool write_line(void *arg, const json_t *line, const char *where)
{
	struct merge *m = arg;
	const struct entry *e = m->at < m->nr ? &m->entry[m->at++] : NULL;
	json_t *copy, *had;
	char *text;

	if (!e || strcmp(e->key, sweep_text_of(line, "key")) != 0 || (!e->first && !e->clash))
		return true; /* a file that grew meanwhile */
	if (e->clash) {
		had = json_object_get(m->clashing, e->key);
		if (had)
			name_clash(m, json_object_get(had, "line"), sweep_text_of(had, "where"), line, where);
		else
			json_object_set_new(m->clashing, e->key, json_pack("{s:O,s:s}", "line", line, "where", where));
		return true;
	}
	copy = json_copy((json_t *)line);
	json_object_del(copy, "sum");
	text = sweep_line_text(copy);
	m->no_memory |= !text || fprintf(m->out, "%s\n", text) < 0;
	free(text);
	json_decref(copy);
	return !m->no_memory;
}

/* ---- all of it ------------------------------------------------------------------------------------------- */

static int read_all(struct merge *m, const char *what, bool (*fn)(void *arg, const json_t *line, const char *where),
		    struct sweep_read *told, struct sg_err *err)
{
	int r = SG_OK;
	struct stat st;

	/* where all goes to counts as well, so that a merge can be gone on with */
	for (int i = -1; i < m->nr_from && r == SG_OK; i++) {
		const char *path = i < 0 ? m->to : m->from[i];

		if (i >= 0 && stat(path, &st) < 0)
			return sg_fail(err, SG_E_IO, "%s: can't be read: %s", path, strerror(errno));
		if (i >= 0 && !S_ISDIR(st.st_mode) && strcmp(what, "plan") == 0)
			continue;
		r = sweep_read(path, what, fn, m, told, err);
	}
	return r == SG_OK && m->no_memory ? sg_fail(err, SG_E_NOMEM, "out of memory") : r;
}

static FILE *open_new(const struct merge *m, const char *name, struct sg_err *err)
{
	char *path = sg_printf("%s/%s.new", m->to, name);
	FILE *f = path ? fopen(path, "we") : NULL;

	if (!f)
		sg_fail(err, SG_E_IO, "%s/%s.new: can't be written: %s", m->to, name, path ? strerror(errno) : "out of memory");
	free(path);
	return f;
}

static int close_new(const struct merge *m, FILE *f, const char *name, int r, struct sg_err *err)
{
	char *tmp = sg_printf("%s/%s.new", m->to, name), *path = sg_printf("%s/%s", m->to, name);
	bool ok = f && fflush(f) == 0 && fsync(fileno(f)) == 0;

	ok = f && fclose(f) == 0 && ok;
	if (r == SG_OK && (!ok || !tmp || !path || rename(tmp, path) < 0))
		r = sg_fail(err, SG_E_IO, "%s/%s: can't be written: %s", m->to, name, strerror(errno));
	else if (r < 0 && tmp)
		unlink(tmp);
	free(tmp);
	free(path);
	return r;
}

/* Leaves of the plan what has no line, in order; each run once. */
static void find_missing(struct merge *m)
{
	struct sweep_keys seen = { 0 };

	if (m->nr_plan)
		qsort(m->plan, m->nr_plan, sizeof(*m->plan), by_what);
	for (size_t i = 0; i < m->nr_plan; i++) {
		struct planned p = m->plan[i];

		/* plans of several directories name the same run: they stand side by side */
		if (sweep_keys_has(&m->have, p.key) || (m->missing && strcmp(m->plan[m->missing - 1].key, p.key) == 0)) {
			free(p.what);
			m->plan[i].what = NULL;
			continue;
		}
		m->plan[i].what = NULL;
		m->plan[m->missing++] = p;
	}
	m->nr_plan = m->missing;
	sweep_keys_free(&seen);
}

static void put_clean(const char *text)
{
	char clean[4200];

	sg_clean(clean, sizeof(clean), text, strlen(text));
	fputs(clean, stdout);
}

static void put_text(const struct merge *m)
{
	unsigned int named = 0;
	size_t i = 0;
	json_t *v;
	size_t at;

	printf("%zu runs in %s: %zu lines of %u files", m->runs, m->to, m->nr, m->told.files);
	if (m->twice)
		printf(", %zu of them twice", m->twice);
	if (m->told.damaged)
		printf(", %u not whole (the first %s)", m->told.damaged, m->told.first_damaged);
	printf("\n");
	json_array_foreach(m->conflicts, at, v) {
		fputs("conflict: ", stdout);
		put_clean(json_string_value(v));
		fputs("; left out\n", stdout);
	}
	for (i = 0; i < m->missing; named++) {
		size_t n = 1;

		while (i + n < m->missing && strcmp(m->plan[i].what, m->plan[i + n].what) == 0)
			n++;
		if (named < MOST_NAMED) {
			fputs("missing: ", stdout);
			put_clean(m->plan[i].what);
			fputs(n == 1 ? ", seed" : ", seeds", stdout);
			for (size_t k = 0; k < n && k < 10; k++)
				printf("%s %" JSON_INTEGER_FORMAT, k ? "," : "", m->plan[i + k].seed);
			printf("%s\n", n > 10 ? " ..." : "");
		}
		i += n;
	}
	if (named > MOST_NAMED)
		printf("missing: %u policies more\n", named - MOST_NAMED);
	if (m->missing)
		printf("%zu runs are missing: the command of the sweep with -o %s does them\n", m->missing, m->to);
	else if (!m->plan_keys.nr)
		printf("what is missing isn't known: there is no plan.jsonl\n");
	else
		printf("nothing is missing\n");
}

static void put_json(const struct merge *m)
{
	json_t *o = json_object(), *missing = json_array();
	char *text;

	for (size_t i = 0; i < m->missing; i++)
		json_array_append_new(missing, json_pack("{s:s,s:s,s:I}", "key", m->plan[i].key, "run", m->plan[i].what, "seed", m->plan[i].seed));
	json_object_set_new(o, "runs", json_integer((json_int_t)m->runs));
	json_object_set_new(o, "lines", json_integer((json_int_t)m->nr));
	json_object_set_new(o, "duplicates", json_integer((json_int_t)m->twice));
	json_object_set_new(o, "damaged", json_integer(m->told.damaged));
	json_object_set(o, "conflicts", m->conflicts);
	json_object_set_new(o, "planned", m->plan_keys.nr ? json_integer((json_int_t)m->plan_keys.nr) : json_null());
	json_object_set_new(o, "missing", missing);
	text = json_dumps(o, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
	if (text)
		puts(text);
	free(text);
	json_decref(o);
}

static bool count_plan(struct merge *m)
{
	bool ok = true;

	for (size_t i = 0; i < m->nr_plan && ok; i++)
		if (!sweep_keys_has(&m->plan_keys, m->plan[i].key))
			ok = sweep_keys_add(&m->plan_keys, m->plan[i].key);
	return ok;
}

static int merge(struct merge *m, bool json)
{
	struct sweep_read again = { 0 }, plans = { 0 };
	struct sg_err err = { 0 };
	int r = SG_OK;

	m->clashing = json_object();
	m->conflicts = json_array();
	if (mkdir(m->to, 0777) < 0 && errno != EEXIST)
		r = sg_fail(&err, SG_E_IO, "%s: can't be made: %s", m->to, strerror(errno));
	if (r == SG_OK)
		r = read_all(m, "runs", take_line, &m->told, &err);
	if (r == SG_OK) {
		decide(m);
		m->out = open_new(m, "runs.jsonl", &err);
		r = m->out ? read_all(m, "runs", write_line, &again, &err) : err.code;
		if (r == SG_OK)
			r = cmd_whole(m->to, NULL, &err);
		r = close_new(m, m->out, "runs.jsonl", r, &err);
	}
	if (r == SG_OK) {
		m->plan_out = open_new(m, "plan.jsonl", &err);
		r = m->plan_out ? read_all(m, "plan", take_plan, &plans, &err) : err.code;
		r = close_new(m, m->plan_out, "plan.jsonl", r, &err);
	}
	if (r == SG_OK && !count_plan(m))
		r = sg_fail(&err, SG_E_NOMEM, "out of memory");
	if (r == SG_OK)
		r = cmd_whole(m->to, NULL, &err);
	if (r == SG_OK) {
		find_missing(m);
		if (json)
			put_json(m);
		else
			put_text(m);
		fflush(stdout);
	}
	for (size_t i = 0; i < m->nr_plan; i++)
		free(m->plan[i].what);
	free(m->plan);
	free(m->entry);
	sweep_keys_free(&m->plan_keys);
	sweep_keys_free(&m->have);
	json_decref(m->clashing);
	json_decref(m->conflicts);
	return r < 0 ? cmd_fail(&err) : m->missing || m->clashes ? CMD_FAILED : CMD_OK;
}

int cmd_sweep_merge(const struct cmd *cmd, int argc, char **argv)
{
	static const struct option options[] = {
		{ "output", required_argument, NULL, 'o' }, { "json", no_argument, NULL, 'j' },	   { "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },	    { NULL, 0, NULL, 0 },
	};
	struct merge m = { 0 };
	bool json = false;
	int o;

	while ((o = getopt_long(argc, argv, ":ho:V", options, NULL)) != -1) {
		if (o == 'o')
			m.to = optarg;
		else if (o == 'j')
			json = true;
		else
			return cmd_common_option(cmd, o, argv[optind - 1]);
	}
	if (!m.to)
		return cmd_usage(cmd, "merge: where to? -o DIR");
	if (optind >= argc)
		return cmd_usage(cmd, "merge of what? Name directories of a sweep, or files with its lines");
	m.from = argv + optind;
	m.nr_from = argc - optind;
	return merge(&m, json);
}
