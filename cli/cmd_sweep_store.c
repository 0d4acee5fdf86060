// SPDX-License-Identifier: GPL-2.0-only
/*
 * The files of a sweep: lines of JSON, each with the hash of itself, appended whole.  What a killed process or a lost disk
 * leaves half is seen by its hash, and counts as not there.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>

#include "cmd_sweep.h"
#include "sg_mem.h"

#define SUM_TEXT ",\"sum\":\""
#define SUM_LEN (sizeof(SUM_TEXT) - 1 + 8 + 2) /* with the quote and the brace behind it */

/* ---- a line ------------------------------------------------------------------------------------- */

/* CRC-32 as zlib has it: of all before the comma. */
static void sum_of(const char *text, size_t len, char ret[9])
{
	snprintf(ret, 9, "%08lx", crc32_z(0, (const unsigned char *)text, len));
}

char *sweep_line_text(json_t *line)
{
	char *text = json_dumps(line, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(15)), *ret = NULL;
	size_t len = text ? strlen(text) : 0;
	char sum[9];

	if (len > 2) { /* all but the last brace is summed */
		sum_of(text, len - 1, sum);
		ret = sg_printf("%.*s" SUM_TEXT "%s\"}", (int)(len - 1), text, sum);
	}
	free(text);
	return ret;
}

/* The object of a line whose hash is right, NULL of any other. */
static json_t *line_of(const char *text, size_t len)
{
	char want[9];
	json_t *o;

	if (len <= SUM_LEN + 1 || memcmp(text + len - SUM_LEN, SUM_TEXT, sizeof(SUM_TEXT) - 1) != 0)
		return NULL;
	sum_of(text, len - SUM_LEN, want);
	if (memcmp(text + len - 10, want, 8) != 0)
		return NULL;
	o = json_loadb(text, len, 0, NULL);
	if (o && !json_is_object(o)) {
		json_decref(o);
		o = NULL;
	}
	return o;
}

const char *sweep_text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

/* ---- writing --------------------------------------------------------------------------------------- */

struct sweep_store {
	char *path; /* NULL: no file */
	int fd;
	bool lines; /* also on standard output */
};

int sweep_store_open(const char *dir, const char *file, bool lines, struct sweep_store **ret, struct sg_err *err)
{
	struct sweep_store *s = sg_calloc(1, sizeof(*s));

	if (!s)
		return sg_fail(err, SG_E_NOMEM, "out of memory");
	s->fd = -1;
	s->lines = lines;
	if (dir) {
		s->path = sg_printf("%s/%s", dir, file);
		if (mkdir(dir, 0777) < 0 && errno != EEXIST) {
			sweep_store_close(s);
			return sg_fail(err, SG_E_IO, "%s: can't be made: %s", dir, strerror(errno));
		}
		s->fd = s->path ? open(s->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666) : -1;
		if (s->fd < 0) {
			int r = sg_fail(err, SG_E_IO, "%s/%s: can't be written: %s", dir, file, strerror(errno));

			sweep_store_close(s);
			return r;
		}
	}
	*ret = s;
	return SG_OK;
}

static bool write_all(int fd, const char *p, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

/*
 * Others may append to the same file: they wait.  Where half a line stands at its end, whoever wrote it was killed: what
 * follows begins on a new line.  A file system without locks appends without them; a line broken so is run again.
 */
static bool append(const struct sweep_store *s, const char *text, size_t len)
{
	bool locked, ok;
	struct stat st;
	char last = '\n';

	while (!(locked = flock(s->fd, LOCK_EX) == 0) && errno == EINTR)
		;
	ok = fstat(s->fd, &st) == 0 && (st.st_size == 0 || pread(s->fd, &last, 1, st.st_size - 1) == 1);
	ok = ok && (last == '\n' || write_all(s->fd, "\n", 1)) && write_all(s->fd, text, len) && fdatasync(s->fd) == 0;
	if (locked)
		flock(s->fd, LOCK_UN);
	return ok;
}

int sweep_store_put(struct sweep_store *s, json_t *line, struct sg_err *err)
{
	char *text = line ? sweep_line_text(line) : NULL, *whole = text ? sg_printf("%s\n", text) : NULL;
	size_t len = whole ? strlen(whole) : 0;
	int r = SG_OK;

	json_decref(line);
	free(text);
	if (!whole)
		return sg_fail(err, SG_E_NOMEM, "out of memory");
	if (s->fd >= 0 && !append(s, whole, len))
		r = sg_fail(err, SG_E_IO, "%s: can't be written: %s", s->path, strerror(errno));
	if (r == SG_OK && s->lines && !write_all(STDOUT_FILENO, whole, len))
		r = sg_fail(err, SG_E_IO, "standard output can't be written: %s", strerror(errno));
	free(whole);
	return r;
}

int sweep_store_raw(struct sweep_store *s, const char *text, size_t len, struct sg_err *err)
{
	return append(s, text, len) ? SG_OK : sg_fail(err, SG_E_IO, "%s: can't be written: %s", s->path, strerror(errno));
}

void sweep_store_close(struct sweep_store *s)
{
	if (!s)
		return;
	if (s->fd >= 0)
		close(s->fd);
	free(s->path);
	free(s);
}

/* ---- reading ---------------------------------------------------------------------------------------- */

static void damaged(struct sweep_read *told, const char *where)
{
	if (!told->damaged++)
		snprintf(told->first_damaged, sizeof(told->first_damaged), "%s", where);
}

/* All lines of the text; false: @fn wants no more. */
static bool read_lines(const char *path, const char *text, size_t len, bool (*fn)(void *arg, const json_t *line, const char *where),
		       void *arg, struct sweep_read *told)
{
	char where[200];
	bool more = true;

	for (uint64_t no = 1; len > 0 && more; no++) {
		const char *end = memchr(text, '\n', len);
		size_t n = end ? (size_t)(end - text) : len;
		json_t *o = n <= SWEEP_LONGEST_LINE ? line_of(text, n) : NULL;

		snprintf(where, sizeof(where), "%.160s:%" PRIu64, path, no);
		if (o)
			more = fn(arg, o, where);
		else if (n)
			damaged(told, where);
		json_decref(o);
		text += end ? n + 1 : n;
		len -= end ? n + 1 : n;
	}
	return more;
}

static int read_file(const char *path, bool (*fn)(void *arg, const json_t *line, const char *where), void *arg,
		     struct sweep_read *told, bool *more, struct sg_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), r = SG_OK;
	struct stat st;
	void *map;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		r = sg_fail(err, SG_E_IO, "%s: can't be read: %s", path, fd < 0 ? strerror(errno) : "it is no file");
	} else if (st.st_size > 0) {
		map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (map == MAP_FAILED) {
			r = sg_fail(err, SG_E_IO, "%s: can't be read: %s", path, strerror(errno));
		} else {
			*more = read_lines(path, map, (size_t)st.st_size, fn, arg, told);
			munmap(map, (size_t)st.st_size);
		}
	}
	if (fd >= 0)
		close(fd);
	told->files++;
	return r;
}

static const char *wanted_file;

static int is_wanted(const struct dirent *e)
{
	size_t n = strlen(e->d_name), k = strlen(wanted_file);

	return strncmp(e->d_name, wanted_file, k) == 0 && n > k + 6 - 1 && strcmp(e->d_name + n - 6, ".jsonl") == 0;
}

int sweep_read(const char *path, const char *what, bool (*fn)(void *arg, const json_t *line, const char *where), void *arg,
	       struct sweep_read *told, struct sg_err *err)
{
	bool more = true;
	struct dirent **de;
	struct stat st;
	int r = SG_OK, nr;

	if (stat(path, &st) < 0)
		return errno == ENOENT ? SG_OK : sg_fail(err, SG_E_IO, "%s: can't be read: %s", path, strerror(errno));
	if (!S_ISDIR(st.st_mode)) {
		r = read_file(path, fn, arg, told, &more, err);
		return r == SG_OK ? cmd_whole(path, NULL, err) : r;
	}
	wanted_file = what;
	nr = scandir(path, &de, is_wanted, alphasort);
	if (nr < 0 && errno == ENOMEM)
		return sg_fail(err, SG_E_NOMEM, "%s: out of memory", path);
	if (nr < 0)
		return sg_fail(err, SG_E_IO, "%s: can't be read: %s", path, strerror(errno));
	for (int i = 0; i < nr; i++) {
		char *name = r == SG_OK && more ? sg_printf("%s/%s", path, de[i]->d_name) : NULL;

		if (name)
			r = read_file(name, fn, arg, told, &more, err);
		else if (r == SG_OK && more)
			r = sg_fail(err, SG_E_NOMEM, "out of memory");
		free(name);
		free(de[i]);
	}
	free(de);
	return r == SG_OK ? cmd_whole(path, NULL, err) : r;
}

/* ---- keys ---------------------------------------------------------------------------------------------- */

static int by_key(const void *a, const void *b)
{
	return memcmp(a, b, SWEEP_KEY);
}

bool sweep_keys_add(struct sweep_keys *k, const char *key)
{
	if (strlen(key) != SWEEP_KEY - 1)
		return true; /* none of ours */
	if (k->nr == k->room) {
		size_t room = k->room ? 2 * k->room : 64;
		char(*more)[SWEEP_KEY] = sg_realloc(k->key, room * sizeof(*more));

		if (!more)
			return false;
		k->key = more;
		k->room = room;
	}
	memcpy(k->key[k->nr++], key, SWEEP_KEY);
	k->sorted = false;
	return true;
}

bool sweep_keys_has(struct sweep_keys *k, const char *key)
{
	char text[SWEEP_KEY] = { 0 };

	if (strlen(key) != SWEEP_KEY - 1 || !k->nr)
		return false;
	memcpy(text, key, SWEEP_KEY);
	if (!k->sorted)
		qsort(k->key, k->nr, SWEEP_KEY, by_key);
	k->sorted = true;
	return bsearch(text, k->key, k->nr, SWEEP_KEY, by_key) != NULL;
}

void sweep_keys_free(struct sweep_keys *k)
{
	free(k->key);
	*k = (struct sweep_keys){ 0 };
}
