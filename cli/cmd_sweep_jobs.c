// SPDX-License-Identifier: GPL-2.0-only
/* What is planned of a sweep, and the lists with which other machines do parts of it. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd_sweep.h"
#include "sg_mem.h"

#define MOST_TASKS 1000u /* of a Slurm array, unless a site allows more: MaxArraySize is 1001 */

/* ---- the plan: a line for each run that was ever asked for ----------------------------------------------- */

struct known {
	struct sweep_keys keys;
	bool no_memory;
};

static bool known_line(void *arg, const json_t *line, const char *where)
{
	struct known *k = arg;

	k->no_memory |= !sweep_keys_add(&k->keys, sweep_text_of(line, "key"));
	return !k->no_memory;
}

static json_t *plan_line(const struct sweep *s, const struct sweep_job *j)
{
	const struct sweep_capture *c = &s->capture[j->capture];
	json_t *o = json_object();
	char clean[4200];

	json_object_set_new(o, "key", json_string(j->key));
	json_object_set_new(o, "capture", json_string(c->name));
	json_object_set_new(o, "capture_id", json_string(c->id));
	sg_clean(clean, sizeof(clean), s->specs.text[j->spec], strlen(s->specs.text[j->spec]));
	json_object_set_new(o, "spec", json_string(clean));
	json_object_set_new(o, "seed", json_integer((json_int_t)j->seed));
	json_object_set_new(o, "version", json_string(SG_VERSION));
	return o;
}

int sweep_write_plan(const struct sweep *s, struct sg_err *err)
{
	struct known k = { .no_memory = false };
	struct sweep_store *to = NULL;
	struct sweep_read told = { 0 };
	char *text = NULL;
	size_t size = 0;
	FILE *all = open_memstream(&text, &size);
	int r = all ? sweep_read(s->dir, "plan", known_line, &k, &told, err) : sg_fail(err, SG_E_NOMEM, "out of memory");

	/* new ones go out in one piece: a plan of a million runs isn't a million writes */
	for (unsigned int i = 0; i < s->nr_jobs && r == SG_OK; i++) {
		json_t *o = sweep_keys_has(&k.keys, s->job[i].key) ? NULL : plan_line(s, &s->job[i]);
		char *line = o ? sweep_line_text(o) : NULL;

		if (o && (!line || fprintf(all, "%s\n", line) < 0))
			r = sg_fail(err, SG_E_NOMEM, "out of memory");
		free(line);
		json_decref(o);
	}
	if (all && fclose(all) != 0 && r == SG_OK)
		r = sg_fail(err, SG_E_NOMEM, "out of memory");
	if (r == SG_OK && size)
		r = sweep_store_open(s->dir, "plan.jsonl", false, &to, err);
	if (r == SG_OK && size)
		r = sweep_store_raw(to, text, size, err);
	sweep_store_close(to);
	sweep_keys_free(&k.keys);
	free(text);
	return r;
}

/* ---- lists of jobs ---------------------------------------------------------------------------------------- */

/* As a shell reads one word, whatever is in it. */
static void put_word(FILE *f, const char *text)
{
	fputc('\'', f);
	for (const char *c = text; *c; c++) {
		if (*c == '\'')
			fputs("'\\''", f);
		else
			fputc(*c, f);
	}
	fputc('\'', f);
}

static void put_job(FILE *f, const struct sweep *s, unsigned int capture, unsigned int first, unsigned int nr)
{
	char name[SWEEP_KEY];

	sweep_shard_name(s, capture, first, nr, name);
	fputs("stormglass sweep ", f);
	put_word(f, s->capture[capture].path);
	for (unsigned int i = 0; i < nr; i++) {
		fputs(" --policy ", f);
		put_word(f, s->specs.text[first + i]);
	}
	fprintf(f, " --seed %" PRIu64 " --runs %" PRIu64, s->seed, s->runs);
	if (s->bounds.ns)
		fprintf(f, " --time %" PRIu64 ".%09" PRIu64, s->bounds.ns / 1000000000u, s->bounds.ns % 1000000000u);
	if (s->bounds.bytes)
		fprintf(f, " --memory %" PRIu64, s->bounds.bytes);
	fprintf(f, "%s%s --at-once %" PRIu64 " --lines -o ", s->assume ? " --assume" : "", s->again ? " --again" : "", s->at_once ? s->at_once : 1);
	put_word(f, s->dir);
	fprintf(f, " --shard %s\n", name);
}

static bool is_done(const struct sweep *s, unsigned int capture, unsigned int first, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		for (uint64_t no = 0; no < s->runs; no++)
			if (!sweep_job_of(s, capture, first + i, no)->done)
				return false;
	return true;
}

static int put_file(const struct sweep *s, const char *name, const char *text, size_t len, mode_t mode, struct sg_err *err)
{
	char *path = sg_printf("%s/%s", s->dir, name), *tmp = sg_printf("%s/%s.%ld", s->dir, name, (long)getpid());
	int fd = path && tmp ? open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode) : -1, r = SG_OK;
	bool ok = fd >= 0;

	for (size_t at = 0; ok && at < len;) {
		ssize_t n = write(fd, text + at, len - at);

		ok = n > 0 || (n < 0 && errno == EINTR);
		at += n > 0 ? (size_t)n : 0;
	}
	if (!ok || fsync(fd) < 0 || rename(tmp, path) < 0)
		r = sg_fail(err, SG_E_IO, "%s/%s: can't be written: %s", s->dir, name, path ? strerror(errno) : "out of memory");
	if (fd >= 0)
		close(fd);
	if (r < 0 && tmp)
		unlink(tmp);
	free(path);
	free(tmp);
	return r;
}

static int put_slurm(const struct sweep *s, unsigned int jobs, struct sg_err *err)
{
	unsigned int tasks = jobs == 0 ? 1 : jobs < MOST_TASKS ? jobs : MOST_TASKS;
	char *list = sg_printf("%s/jobs.txt", s->dir), *text = NULL;
	size_t size = 0;
	FILE *f = list ? open_memstream(&text, &size) : NULL;
	int r;

	if (!f) {
		free(list);
		return sg_fail(err, SG_E_NOMEM, "out of memory");
	}
	fprintf(f, "#!/bin/sh\n"
		   "#SBATCH --job-name=stormglass-sweep\n"
		   "#SBATCH --array=1-%u\n"
		   "#SBATCH --cpus-per-task=%" PRIu64 "\n"
		   "#SBATCH --output=/dev/null\n"
		   "# To be submitted from where stormglass sweep --jobs was run.  Task i does lines i, i + %u, ... of jobs.txt.  What is\n"
		   "# done already isn't done again: it may be submitted as long as anything is missing.\n"
		   "cd \"${SLURM_SUBMIT_DIR:-.}\" || exit 1\n"
		   "mine=$(mktemp) || exit 1\n"
		   "trap 'rm -f \"$mine\"' EXIT\n"
		   "awk -v i=\"${SLURM_ARRAY_TASK_ID:?}\" 'NR %% %u == i %% %u' ", tasks, s->at_once ? s->at_once : 1, tasks, tasks, tasks);
	put_word(f, list);
	fputs(" > \"$mine\" || exit 1\n"
	      "code=0\n"
	      "while IFS= read -r job; do\n"
	      "\tsh -c \"$job\" </dev/null >/dev/null || code=1\n"
	      "done < \"$mine\"\n"
	      "exit $code\n", f);
	r = fclose(f) == 0 ? put_file(s, "slurm.sh", text, size, 0777, err) : sg_fail(err, SG_E_NOMEM, "out of memory");
	free(list);
	free(text);
	return r;
}

int sweep_write_jobs(const struct sweep *s, unsigned int *ret_jobs, struct sg_err *err)
{
	unsigned int jobs = 0;
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);
	int r = SG_OK;

	if (!f)
		return sg_fail(err, SG_E_NOMEM, "out of memory");
	for (unsigned int c = 0; c < s->nr_captures && r == SG_OK; c++) {
		if (strchr(s->capture[c].path, '\n') || strchr(s->dir, '\n'))
			r = sg_fail(err, SG_E_USAGE, "a job is one line, so that the names of captures and of the directory can't have line ends in them");
		for (unsigned int i = 0; i < s->specs.nr && r == SG_OK; i += (unsigned int)s->per_job) {
			unsigned int n = s->specs.nr - i < s->per_job ? s->specs.nr - i : (unsigned int)s->per_job;

			if (is_done(s, c, i, n))
				continue;
			put_job(f, s, c, i, n);
			jobs++;
		}
	}
	if (fclose(f) != 0 && r == SG_OK)
		r = sg_fail(err, SG_E_NOMEM, "out of memory");
	if (r == SG_OK)
		r = put_file(s, "jobs.txt", text, size, 0666, err);
	if (r == SG_OK)
		r = put_slurm(s, jobs, err);
	free(text);
	*ret_jobs = jobs;
	return r;
}
