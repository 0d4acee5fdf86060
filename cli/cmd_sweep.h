/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A grid of runs: captures, policies with their settings, seeds.  Each run is one line of JSON in a file that only grows;
 * what a run is known by follows from what it is asked for, so that any machine may do any part of the grid, twice if need
 * be.  doc/sweep.md has the files.
 */
#ifndef CMD_SWEEP_H
#define CMD_SWEEP_H

#include <jansson.h>

#include "cmd_compare.h"

#define SWEEP_KEY 33 /* hexadecimal digits and the NUL */
#define SWEEP_MOST_SPECS 100000u
#define SWEEP_MOST_JOBS 2000000u
#define SWEEP_LONGEST_LINE (1u << 20)

/* ---- the grid: cmd_sweep_grid.c ------------------------------------------------------------------ */

/** Texts of policies, each once, in the order of the grid. */
struct sweep_specs {
	char **text;
	unsigned int nr, room;
};

/**
 * sweep_grid_expand() - all policies of the grid
 * @policy: @nr templates as typed: "own,defrag_mode=0..1,storm=p2|p4"; a value is a list with |, of which each part is a
 *          number or word, a range a..b or a..b:step, or * for all values of a choice
 * @tunable: @nr_tunables further settings with such values, for each of them
 * @ret: added to; policies that are there already aren't added again
 * Return: 0; SG_E_USAGE and a sentence that names what isn't understood; SG_E_NOMEM
 */
int sweep_grid_expand(const char *const *policy, unsigned int nr, const char *const *tunable, unsigned int nr_tunables,
		      struct sweep_specs *ret, struct sg_err *err);
/** Adds a copy of @text unless it is there. */
int sweep_specs_add(struct sweep_specs *s, const char *text, struct sg_err *err);
void sweep_specs_free(struct sweep_specs *s);
/** The value of part "@key=" in @spec, copied to @buf; "policy" is the first part.  NULL: it has none. */
const char *sweep_spec_value(const char *spec, const char *key, char *buf, size_t size);
/** @spec without the part "@key=". */
void sweep_spec_without(const char *spec, const char *key, char *buf, size_t size);

/* ---- what is asked for -------------------------------------------------------------------------------- */

struct sweep_capture {
	const char *path;       /* as typed; borrowed */
	char name[128];         /* its last part, cleaned */
	char id[SWEEP_KEY];     /* by its content: the trace and all that lies beside it */
	bool observed;          /* its line is there */
};

struct sweep_job {
	char key[SWEEP_KEY];
	unsigned int capture, spec;
	uint64_t seed;
	bool done;
};

struct sweep {
	/* as typed */
	const char *dir;        /* NULL: none, lines go to standard output only */
	uint64_t runs, seed, at_once, per_job;
	struct cmd_bounds bounds;
	bool assume, again, lines, jobs_only;
	const char *shard;      /* the name that this part of the grid must have, NULL: all of it */
	/* made of it */
	struct sweep_capture *capture;
	unsigned int nr_captures;
	struct sweep_specs specs;
	char **files;           /* of each policy: hashes of the files that it names, "" none */
	struct sweep_job *job;  /* by capture, seed, policy */
	unsigned int nr_jobs;
	char program[17];       /* hash of this program's file */
	/* what came of it */
	unsigned int found, whole, cut, died, refused, lost, damaged;
	unsigned int other_program; /* lines found that another build wrote */
	bool interrupted;
};

/** The key of a run; @spec and @seed NULL: of what was observed.  @files: what its policies' files hold. */
void sweep_key(const char *capture_id, const char *spec, const char *files, const uint64_t *seed, char ret[SWEEP_KEY]);
/** The job number @spec, @no of @capture. */
static inline struct sweep_job *sweep_job_of(const struct sweep *s, unsigned int capture, unsigned int spec, uint64_t no)
{
	return &s->job[((uint64_t)capture * s->runs + no) * s->specs.nr + spec];
}
/** What the jobs come to as a name: hash of their keys. */
void sweep_shard_name(const struct sweep *s, unsigned int capture, unsigned int first_spec, unsigned int nr, char ret[SWEEP_KEY]);

/* ---- files: cmd_sweep_store.c ------------------------------------------------------------------------- */

struct sweep_store;
/** Opens @file in @dir (both are made) for appending.  @dir NULL: no file. */
int sweep_store_open(const char *dir, const char *file, bool lines, struct sweep_store **ret, struct sg_err *err);
/** Appends one object as a line, whole or not at all, on the disk when this returns.  Frees @line. */
int sweep_store_put(struct sweep_store *s, json_t *line, struct sg_err *err);
/** Appends lines that are made already. */
int sweep_store_raw(struct sweep_store *s, const char *text, size_t len, struct sg_err *err);
void sweep_store_close(struct sweep_store *s);
/** The object as a line with its sum, without a newline; to be freed. */
char *sweep_line_text(json_t *line);

/** What reading came across. */
struct sweep_read {
	unsigned int files, damaged; /* lines that aren't whole */
	char first_damaged[200];     /* file:line of the first */
};
/**
 * sweep_read() - every whole line of a sweep's file, or of all its files in a directory
 * @what: "runs" or "plan": files that begin so; a file is read whatever its name
 * @fn:   false ends the reading.  The object is borrowed
 * Return: 0; SG_E_IO, SG_E_NOMEM.  That there is nothing is no failure
 */
int sweep_read(const char *path, const char *what, bool (*fn)(void *arg, const json_t *line, const char *where), void *arg,
	       struct sweep_read *told, struct sg_err *err);
/** A string of the object, "" when there is none. */
const char *sweep_text_of(const json_t *o, const char *key);

/** A set of keys. */
struct sweep_keys {
	char (*key)[SWEEP_KEY];
	size_t nr, room;
	bool sorted;
};
bool sweep_keys_add(struct sweep_keys *k, const char *key);
bool sweep_keys_has(struct sweep_keys *k, const char *key);
void sweep_keys_free(struct sweep_keys *k);

/* ---- running: cmd_sweep_run.c ------------------------------------------------------------------------ */

/** All jobs of @s that aren't done; lines go to @to as the runs end. */
int sweep_run(struct sweep *s, struct sweep_store *to, struct sg_err *err);

/* ---- elsewhere: cmd_sweep_jobs.c ----------------------------------------------------------------------- */

/** Writes what is planned, jobs.txt and slurm.sh into the directory. */
int sweep_write_plan(const struct sweep *s, struct sg_err *err);
int sweep_write_jobs(const struct sweep *s, unsigned int *ret_jobs, struct sg_err *err);

/* ---- the parts of the command ------------------------------------------------------------------------- */

int cmd_sweep_show(const struct cmd *cmd, int argc, char **argv);
int cmd_sweep_merge(const struct cmd *cmd, int argc, char **argv);

#endif
