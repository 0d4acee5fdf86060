// SPDX-License-Identifier: GPL-2.0-only
/* Where a command may write: never over its input, and over other files only when told to. */
#include "cmd_target.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sg_mem.h"
#include "ss.h"

/* Folders of snapshots that belong to a trace beside them, see samples/README.md. */
static const char *const snapshot_folder[] = { "before", "in-start", "in-end", "after" };
/* How the names of files begin that a capture directory is read for. */
static const char *const input_name[] = { "trace.dat", "trace.txt", "meta.json", "kpageflags", "buddyinfo", "pagetypeinfo",
					  "zoneinfo", "vmstat", "meminfo", "iomem", "swaps", "sysctl-vm", "thp.",
					  "lru_gen.", "numa." };

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static bool is_at(const char *path, const struct stat *st)
{
	struct stat s;

	return stat(path, &s) == 0 && same_file(&s, st);
}

static bool is_input_name(const char *name)
{
	for (size_t i = 0; i < sizeof(input_name) / sizeof(input_name[0]); i++)
		if (strncmp(name, input_name[i], strlen(input_name[i])) == 0)
			return true;
	return false;
}

/* Is @st one of the files that a capture in @dir (with or without a slash at its end) consists of?  @all: any file in it. */
static bool in_directory(const char *dir, const struct stat *st, bool all)
{
	struct dirent *e;
	bool found = false;
	DIR *d = opendir(dir);

	if (!d)
		sg_open_fail(errno);
	while (d && !found && (e = readdir(d)) != NULL) {
		char *path = all || is_input_name(e->d_name) ? sg_printf("%s/%s", dir, e->d_name) : NULL;

		found = path && is_at(path, st);
		free(path);
	}
	if (d)
		closedir(d);
	return found;
}

static bool in_capture(const char *dir, const struct stat *st)
{
	bool found = in_directory(dir, st, false);

	for (size_t i = 0; i < sizeof(snapshot_folder) / sizeof(snapshot_folder[0]) && !found; i++) {
		char *path = sg_printf("%s/%s", dir, snapshot_folder[i]);

		found = path && in_directory(path, st, true);
		free(path);
	}
	return found;
}

/* Is @st read with the trace @file, from the folder that this lies in? */
static bool beside(const char *file, const struct stat *st)
{
	const char *slash = strrchr(file, '/');
	char *dir = slash ? sg_printf("%.*s", (int)(slash - file) + 1, file) : sg_strdup(".");
	bool found = dir && in_capture(dir, st);

	free(dir);
	return found;
}

static bool is_input(const char *input, const struct stat *st)
{
	struct stat in;

	if (strcmp(input, "-") == 0)
		return fstat(STDIN_FILENO, &in) == 0 && S_ISREG(in.st_mode) && same_file(&in, st);
	if (stat(input, &in) < 0)
		return false;
	if (S_ISDIR(in.st_mode))
		return in_capture(input, st);
	return same_file(&in, st) || beside(input, st);
}

enum cmd_target cmd_target_look(const char *input, const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return CMD_TARGET_NEW;
	if (S_ISDIR(st.st_mode))
		return CMD_TARGET_DIRECTORY;
	if ((S_ISREG(st.st_mode) || S_ISBLK(st.st_mode)) && is_input(input, &st))
		return CMD_TARGET_INPUT;
	if (S_ISBLK(st.st_mode))
		return CMD_TARGET_OTHER;
	if (!S_ISREG(st.st_mode))
		return CMD_TARGET_NEW;
	return st.st_size == 0 || ss_is_session(path) ? CMD_TARGET_SESSION : CMD_TARGET_OTHER;
}

/* What failed so far: when it gets more while somebody looks, what was seen may be wrong. */
static uint64_t failures(void)
{
	return sg_mem_failures() + sg_read_failures(NULL);
}

static int unsure(const char *path, struct sg_err *err)
{
	return sg_fail(err, SG_E_NOMEM, "%s: not written: without memory or more open files it can't be told whether it is "
		       "what is read; end other programs and try again", path);
}

int cmd_target_allow(const char *input, const char *path, enum cmd_replace replace, struct sg_err *err)
{
	uint64_t before = failures();
	enum cmd_target there = cmd_target_look(input, path);

	if (failures() != before)
		return unsure(path, err);
	switch (there) {
	case CMD_TARGET_NEW:
		break;
	case CMD_TARGET_SESSION:
		if (replace == CMD_REPLACE_NOTHING)
			return sg_fail(err, SG_E_USAGE, "%s: is there already; take another name, or remove it", path);
		break;
	case CMD_TARGET_OTHER:
		if (replace == CMD_REPLACE_NOTHING)
			return sg_fail(err, SG_E_USAGE, "%s: is there already; take another name, or remove it", path);
		if (replace != CMD_REPLACE_ANY)
			return sg_fail(err, SG_E_USAGE, "%s: is there and is no session; take another name, or --force to "
				       "replace it", path);
		break;
	case CMD_TARGET_DIRECTORY:
		return sg_fail(err, SG_E_USAGE, "%s: is a directory; name a file in it", path);
	case CMD_TARGET_INPUT:
		return sg_fail(err, SG_E_USAGE, "%s: is what is read (%s), which is never written over; take another name",
			       path, input);
	}
	return SG_OK;
}

int cmd_target_stdout(const char *input, struct sg_err *err)
{
	uint64_t before = failures();
	struct stat st;
	bool is = fstat(STDOUT_FILENO, &st) == 0 && S_ISREG(st.st_mode) && is_input(input, &st);

	if (failures() != before)
		return unsure("standard output", err);
	if (is)
		return sg_fail(err, SG_E_USAGE, "%s: is what standard output goes to as well; send the output elsewhere", input);
	return SG_OK;
}
