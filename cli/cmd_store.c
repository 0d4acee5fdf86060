// SPDX-License-Identifier: GPL-2.0-only
#include "cmd_store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* The file is mapped in pieces of this size, ahead of what is written; nothing kept lies across two. */
#define PIECE (UINT64_C(256) << 20)

struct cmd_store {
	int fd;
	int error;
	bool nameless; /* made with O_TMPFILE: can be linked later */
	uint64_t len;
	uint8_t **map; /* of each piece */
	size_t nr_maps;
};

/* A directory of the user's own: made when it isn't there, refused when others may write to it. */
static bool own_dir(const char *path)
{
	struct stat st;

	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return false;
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() && !(st.st_mode & 0022);
}

char *cmd_cache_dir(void)
{
	const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	char *base = NULL, *dir = NULL;

	/* the specification says that a relative path is to be ignored */
	if (xdg && xdg[0] == '/') {
		base = strdup(xdg);
	} else if (home && home[0] == '/') {
		if (asprintf(&base, "%s/.cache", home) < 0)
			base = NULL;
	}
	if (!base)
		return NULL;
	if (mkdir(base, 0700) == 0 || errno == EEXIST)
		if (asprintf(&dir, "%s/stormglass", base) < 0)
			dir = NULL;
	free(base);
	if (dir && !own_dir(dir)) {
		free(dir);
		dir = NULL;
	}
	return dir;
}

int cmd_store_open(const char *dir, struct cmd_store **ret, struct sg_err *err)
{
	const char *tmp = getenv("TMPDIR");
	struct cmd_store *s = calloc(1, sizeof(*s));
	char name[PATH_MAX];

	if (!s)
		return sg_fail(err, SG_E_NOMEM, "out of memory");
	if (!dir)
		dir = tmp && tmp[0] == '/' ? tmp : "/var/tmp";
	s->fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	s->nameless = s->fd >= 0;
	if (s->fd < 0 && snprintf(name, sizeof(name), "%s/stormglass-XXXXXX", dir) < (int)sizeof(name)) {
		s->fd = mkostemp(name, O_CLOEXEC);
		if (s->fd >= 0)
			unlink(name);
	}
	if (s->fd < 0) {
		int e = errno;

		free(s);
		return sg_fail(err, SG_E_IO, "%s: no file can be made here: %s", dir, strerror(e));
	}
	*ret = s;
	return SG_OK;
}

void cmd_store_close(struct cmd_store *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->nr_maps; i++)
		munmap(s->map[i], PIECE);
	free(s->map);
	close(s->fd);
	free(s);
}

static bool write_all(struct cmd_store *s, uint64_t offset, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = pwrite(s->fd, p, len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			s->error = n < 0 ? errno : ENOSPC;
			return false;
		}
		p += n;
		len -= (size_t)n;
		offset += (uint64_t)n;
	}
	return true;
}

/* Maps piece @i; what lies behind the end of the file isn't touched before it is written. */
static uint8_t *piece(struct cmd_store *s, uint64_t i)
{
	while (s->nr_maps <= i) {
		uint8_t **map = realloc(s->map, (s->nr_maps + 1) * sizeof(*map));
		void *at;

		if (!map)
			return NULL;
		s->map = map;
		at = mmap(NULL, PIECE, PROT_READ, MAP_SHARED, s->fd, (off_t)(s->nr_maps * PIECE));
		if (at == MAP_FAILED)
			return NULL;
		s->map[s->nr_maps++] = at;
	}
	return s->map[i];
}

const uint8_t *cmd_store_keep(void *arg, const uint8_t *data, size_t len)
{
	struct cmd_store *s = arg;
	uint64_t offset = s->len;
	uint8_t *map;

	if (s->error || len > PIECE)
		return NULL;
	if (offset / PIECE != (offset + len - 1) / PIECE)
		offset = (offset / PIECE + 1) * PIECE;
	map = piece(s, offset / PIECE);
	if (!map || !write_all(s, offset, data, len))
		return NULL;
	s->len = offset + len;
	return map + offset % PIECE;
}

int cmd_store_append(struct cmd_store *s, const void *data, size_t len, uint64_t *ret_offset)
{
	if (s->error || !write_all(s, s->len, data, len))
		return SG_E_IO;
	*ret_offset = s->len;
	s->len += len;
	return SG_OK;
}

int cmd_store_patch(struct cmd_store *s, uint64_t offset, const void *data, size_t len)
{
	return !s->error && write_all(s, offset, data, len) ? SG_OK : SG_E_IO;
}

bool cmd_store_offset(const struct cmd_store *s, const uint8_t *at, uint64_t *ret)
{
	for (size_t i = 0; i < s->nr_maps; i++) {
		if (at >= s->map[i] && at < s->map[i] + PIECE) {
			*ret = i * PIECE + (uint64_t)(at - s->map[i]);
			return true;
		}
	}
	return false;
}

uint64_t cmd_store_len(const struct cmd_store *s)
{
	return s->len;
}

int cmd_store_error(const struct cmd_store *s)
{
	return s->error;
}

int cmd_store_publish(struct cmd_store *s, const char *path, struct sg_err *err)
{
	char from[64], *tmp;
	int r = SG_OK;

	if (!s->nameless)
		return sg_fail(err, SG_E_UNSUPPORTED, "%s: this file system can't name an open file", path);
	if (s->error)
		return sg_fail(err, SG_E_IO, "%s: can't be written: %s", path, strerror(s->error));
	if (asprintf(&tmp, "%s.%ld", path, (long)getpid()) < 0)
		return sg_fail(err, SG_E_NOMEM, "out of memory");
	snprintf(from, sizeof(from), "/proc/self/fd/%d", s->fd);
	unlink(tmp);
	/* a link can't replace a file, a rename can */
	if (linkat(AT_FDCWD, from, AT_FDCWD, tmp, AT_SYMLINK_FOLLOW) < 0 || rename(tmp, path) < 0) {
		r = sg_fail(err, SG_E_IO, "%s: can't be put in place: %s", path, strerror(errno));
		unlink(tmp);
	}
	free(tmp);
	return r;
}
