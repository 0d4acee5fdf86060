// SPDX-License-Identifier: GPL-2.0-only
/* The files of runs that are kept. */
#include "cmd_runs_keep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xxhash.h>

#include "sg_mem.h"

#define FIRST_LINE "stormglass run 1"

static void hex_of(const struct cmd_cache_key *key, char ret[static 2 * CMD_CACHE_ID + 1])
{
	for (unsigned int i = 0; i < CMD_CACHE_ID; i++)
		snprintf(ret + 2 * i, 3, "%02x", key->content[i]);
}

void cmd_runs_stem(const struct cmd_cache_key *key, const char *policy, const struct ui_recipe *how, char ret[static CMD_RUNS_STEM])
{
	char hex[2 * CMD_CACHE_ID + 1], *text;
	uint64_t hash = 0;

	hex_of(key, hex);
	text = sg_printf("%" PRIx64 " %" PRIx64 " %" PRIu64 " %d %s", key->program[0], key->program[1], how->seed, how->assume, policy);
	if (text)
		hash = XXH3_64bits(text, strlen(text));
	free(text);
	snprintf(ret, CMD_RUNS_STEM, "%s-%016" PRIx64, hex, hash);
}

char *cmd_runs_path(const char *dir, const char *stem, const char *end)
{
	return sg_printf("%s/%s%s", dir, stem, end);
}

/* ---- the lines ----------------------------------------------------------------------- */

static const char *const states[] = { [UI_MADE_NOT] = "not", [UI_MADE_WHOLE] = "whole", [UI_MADE_CUT] = "cut", [UI_MADE_DIED] = "died" };

size_t cmd_runs_print(const struct cmd_runs_about *a, char buf[static CMD_RUNS_LINES])
{
	int n = snprintf(buf, CMD_RUNS_LINES,
			 FIRST_LINE "\npolicy %s\nseed %" PRIu64 "\nassume %d\nname %s\nstate %s\nevents %" PRIu64 "\nwhy %s\n"
				    "program %" PRIx64 " %" PRIx64 "\nwhen %" PRIu64 "\n",
			 a->how.spec, a->how.seed, a->how.assume, a->how.name, ui_made_opens(a->state) ? states[a->state] : "not",
			 a->events, a->why, a->program[0], a->program[1], a->when);

	return n < 0 ? 0 : (size_t)n < CMD_RUNS_LINES ? (size_t)n : CMD_RUNS_LINES - 1;
}

static void take_text(char *to, size_t size, const char *s, size_t len)
{
	sg_clean(to, size, s, len);
}

static void take_line(struct cmd_runs_about *a, const char *key, size_t key_len, const char *s, size_t len)
{
	char value[64];

	snprintf(value, sizeof(value), "%.*s", (int)(len < sizeof(value) ? len : sizeof(value) - 1), s);
#define IS(text) (key_len == strlen(text) && memcmp(key, text, key_len) == 0)
	if (IS("policy"))
		take_text(a->how.spec, sizeof(a->how.spec), s, len);
	else if (IS("name"))
		take_text(a->how.name, sizeof(a->how.name), s, len);
	else if (IS("why"))
		take_text(a->why, sizeof(a->why), s, len);
	else if (IS("seed"))
		a->how.seed = strtoull(value, NULL, 10);
	else if (IS("assume"))
		a->how.assume = value[0] == '1';
	else if (IS("events"))
		a->events = strtoull(value, NULL, 10);
	else if (IS("when"))
		a->when = strtoull(value, NULL, 10);
	else if (IS("program"))
		sscanf(value, "%" SCNx64 " %" SCNx64, &a->program[0], &a->program[1]);
	else if (IS("state"))
		for (unsigned int i = 0; i < sizeof(states) / sizeof(states[0]); i++)
			if (states[i] && strcmp(states[i], value) == 0)
				a->state = (enum ui_made_state)i;
#undef IS
}

bool cmd_runs_read(const char **text, struct cmd_runs_about *ret)
{
	const char *s = *text;
	bool first = true, right = false;

	*ret = (struct cmd_runs_about){ .state = UI_MADE_NOT };
	for (; *s; first = false) {
		size_t len = strcspn(s, "\n"), key = strcspn(s, " \n");

		if (len == 0) {
			s++;
			break;
		}
		if (first)
			right = len == strlen(FIRST_LINE) && memcmp(s, FIRST_LINE, len) == 0;
		else
			take_line(ret, s, key, s + key + (key < len), len - key - (key < len));
		s += len + (s[len] == '\n');
	}
	*text = s;
	return right && ret->how.spec[0];
}

/* ---- files ------------------------------------------------------------------------------ */

int cmd_runs_put(const char *dir, const char *stem, const struct cmd_runs_about *a, struct sg_err *err)
{
	char lines[CMD_RUNS_LINES], *path = cmd_runs_path(dir, stem, ".about"), *temp = cmd_runs_path(dir, stem, ".about-XXXXXX");
	size_t len = cmd_runs_print(a, lines);
	int fd = -1, r = SG_OK;

	if (path && temp)
		fd = mkstemp(temp);
	if (fd < 0 || write(fd, lines, len) != (ssize_t)len || rename(temp, path) < 0) {
		r = sg_fail(err, SG_E_IO, "%s: what is known of a run can't be written: %s", dir, strerror(errno));
		if (fd >= 0)
			unlink(temp);
	}
	if (fd >= 0)
		close(fd);
	free(path);
	free(temp);
	return r;
}

void cmd_runs_forget(const char *dir, const char *stem)
{
	DIR *d = opendir(dir);
	struct dirent *de;

	while (d && (de = readdir(d)) != NULL)
		if (strncmp(de->d_name, stem, strlen(stem)) == 0)
			unlinkat(dirfd(d), de->d_name, 0);
	if (d)
		closedir(d);
}

/* The lines of "STEM.about", to be freed; NULL when that is no file of the user's own. */
static char *lines_of(const char *dir, const char *name)
{
	char *path = sg_printf("%s/%s", dir, name), *text = NULL;
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) : -1;
	struct stat st;
	ssize_t n = -1;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
	    (text = sg_malloc(CMD_RUNS_LINES)) != NULL)
		n = read(fd, text, CMD_RUNS_LINES - 1);
	if (text)
		text[n > 0 ? n : 0] = '\0';
	if (fd >= 0)
		close(fd);
	free(path);
	return text;
}

struct one {
	char stem[CMD_RUNS_STEM];
	struct cmd_runs_about a;
};

static int by_age(const void *a, const void *b)
{
	const struct one *x = a, *y = b;

	return x->a.when < y->a.when ? -1 : x->a.when > y->a.when ? 1 : strcmp(x->stem, y->stem);
}

/* Is @name the file of what is known of a run of the capture @hex? */
static bool is_about(const char *name, const char *hex)
{
	return strlen(name) == CMD_RUNS_STEM - 1 + strlen(".about") && strncmp(name, hex, strlen(hex)) == 0 &&
	       strcmp(name + CMD_RUNS_STEM - 1, ".about") == 0;
}

void cmd_runs_list(const char *dir, const struct cmd_cache_key *key,
		   void (*found)(void *arg, const char *stem, const struct cmd_runs_about *a), void *arg)
{
	char hex[2 * CMD_CACHE_ID + 1];
	DIR *d = opendir(dir);
	struct one *list = NULL;
	struct dirent *de;
	size_t nr = 0;

	hex_of(key, hex);
	while (d && (de = readdir(d)) != NULL) {
		struct one *more, one = { 0 };
		const char *at;
		char *text, *run;
		bool ok;

		if (!is_about(de->d_name, hex))
			continue;
		memcpy(one.stem, de->d_name, CMD_RUNS_STEM - 1);
		at = text = lines_of(dir, de->d_name);
		ok = text && cmd_runs_read(&at, &one.a) && ui_made_opens(one.a.state);
		free(text);
		run = cmd_runs_path(dir, one.stem, ".run");
		if (!ok || !run || access(run, R_OK) < 0) {
			if (run) /* its session went to make room */
				unlinkat(dirfd(d), de->d_name, 0);
			free(run);
			continue;
		}
		free(run);
		more = realloc(list, (nr + 1) * sizeof(*list));
		if (!more)
			break;
		list = more;
		list[nr++] = one;
	}
	if (d)
		closedir(d);
	if (nr)
		qsort(list, nr, sizeof(*list), by_age);
	for (size_t i = 0; i < nr; i++)
		found(arg, list[i].stem, &list[i].a);
	free(list);
}
