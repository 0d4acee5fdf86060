// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file that is read.  Only pread(): a mapping would kill the program when
 * somebody cuts the file short.  A file packed as a whole is unpacked into an
 * unlinked temporary file first.
 */
#include "tr_src.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "tr_in.h"

#define IO_SIZE (256u << 10)

size_t tr_src_read(const struct tr_src *src, uint64_t off, void *buf, size_t len)
{
	size_t done = 0;

	if (off >= src->size)
		return 0;
	if (len > src->size - off)
		len = src->size - off;
	while (done < len) {
		ssize_t n = pread(src->fd, (char *)buf + done, len - done, (off_t)(off + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			sg_read_fail(errno);
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	return done;
}

/* An unlinked file in the first directory that takes one; @ret_dir says which. */
static int temp_file(const char **ret_dir)
{
	const char *dirs[] = { getenv("TMPDIR"), "/var/tmp", "/tmp" };

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		int fd;

		if (!dirs[i] || !*dirs[i])
			continue;
		*ret_dir = dirs[i];
		fd = open(dirs[i], O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
		if (fd < 0) { /* a file system without O_TMPFILE */
			char name[4096];
			int n = snprintf(name, sizeof(name), "%s/stormglass-XXXXXX", dirs[i]);

			if (n < 0 || (size_t)n >= sizeof(name))
				continue;
			fd = mkostemp(name, O_CLOEXEC);
			if (fd >= 0)
				unlink(name);
		}
		if (fd >= 0)
			return fd;
	}
	return -1;
}

static bool write_all(int fd, const char *buf, size_t n)
{
	while (n) {
		ssize_t w = write(fd, buf, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			return false;
		buf += w;
		n -= (size_t)w;
	}
	return true;
}

/* Half of what the disk has free: a few kilobytes of hostile input can stand for terabytes. */
static uint64_t limit_of(int fd)
{
	struct statvfs vfs;

	return fstatvfs(fd, &vfs) == 0 ? (uint64_t)vfs.f_bavail * vfs.f_frsize / 2 : UINT64_MAX;
}

/* All of @in into @out. */
static int copy_to(struct tr_in *in, const char *path, int out, const char *dir, uint64_t *ret_size, struct sg_err *err)
{
	uint64_t total = 0, limit = limit_of(out);
	char *buf = sg_malloc(IO_SIZE);
	int r = buf ? SG_OK : sg_fail(err, SG_E_NOMEM, "%s: out of memory while unpacking it", path);

	while (r == SG_OK) {
		ssize_t n = tr_in_read(in, buf, IO_SIZE, err);

		if (n <= 0) {
			r = (int)n;
			break;
		}
		total += (uint64_t)n;
		if (total > limit)
			r = sg_fail(err, SG_E_IO,
				    "%s: %s more than %llu MiB, half of what is free in %s; set TMPDIR to a larger disk",
				    path, tr_in_packer(in) ? "unpacks to" : "holds",
				    (unsigned long long)(limit >> 20), dir);
		else if (!write_all(out, buf, (size_t)n))
			r = sg_fail(err, SG_E_IO, "%s: cannot write the unpacked copy to %s: %s", path, dir,
				    strerror(errno));
	}
	free(buf);
	*ret_size = total;
	return r;
}

/* A temporary file with what comes from @fd, unpacked; @keep: only if it is packed, else *@ret is -1. */
static int copy_of(int fd, const char *path, bool keep, int *ret, struct sg_err *err)
{
	const char *dir = "the temporary directory";
	struct tr_in *in = tr_in_open(fd, path, err);
	uint64_t size = 0;
	int out, r;

	*ret = -1;
	if (!in)
		return err->code;
	if (keep && tr_in_packer(in) == TR_PACK_NONE) {
		tr_in_close(in);
		return SG_OK;
	}
	out = temp_file(&dir);
	if (out < 0)
		r = sg_fail(err, SG_E_IO, "%s: cannot make a temporary file in %s for unpacking it: %s", path, dir,
			    strerror(errno));
	else
		r = copy_to(in, path, out, dir, &size, err);
	if (r == SG_OK && size == 0)
		r = sg_fail(err, SG_E_TRUNCATED, "%s: %s", path,
			    tr_in_packer(in) ? "the packed file is empty" : "there is nothing in it");
	tr_in_close(in);
	if (r < 0 && out >= 0)
		close(out);
	if (r == SG_OK)
		*ret = out;
	return r;
}

/* Standard input, read once. */
static int stdin_fd(const char *path, int *ret, struct sg_err *err)
{
	static struct sg_err failed;
	static int copy = -1, code = 1;
	struct stat st;

	if (code == 1) {
		if (isatty(STDIN_FILENO))
			code = sg_fail(&failed, SG_E_USAGE,
				       "-: standard input is a terminal; send it a file: stormglass - < FILE, or COMMAND | "
				       "stormglass -");
		else if (fstat(STDIN_FILENO, &st) < 0)
			code = sg_fail(&failed, SG_E_IO, "-: standard input can't be read: %s", strerror(errno));
		else if (S_ISDIR(st.st_mode))
			code = sg_fail(&failed, SG_E_IO, "-: standard input is a directory; name the directory itself");
		else /* a file that isn't packed and stands at its beginning needs no copy */
			code = copy_of(STDIN_FILENO, path, S_ISREG(st.st_mode) && lseek(STDIN_FILENO, 0, SEEK_CUR) == 0,
				       &copy, &failed);
		if (code == SG_OK && copy < 0) {
			copy = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
			if (copy < 0)
				code = sg_fail(&failed, SG_E_IO, "-: %s", strerror(errno));
			else if (st.st_size == 0)
				code = sg_fail(&failed, SG_E_TRUNCATED, "-: there is nothing in it");
		}
	}
	if (code < 0) {
		if (err)
			*err = failed;
		return code;
	}
	*ret = fcntl(copy, F_DUPFD_CLOEXEC, 3);
	return *ret < 0 ? sg_fail(err, SG_E_IO, "-: %s", strerror(errno)) : SG_OK;
}

int tr_src_open(const char *path, struct tr_src *src, struct sg_err *err)
{
	struct sg_err own;
	struct stat st;
	int r, fd;

	if (!err)
		err = &own;
	src->fd = -1;
	src->path = sg_strdup(path);
	if (!src->path)
		return sg_fail(err, SG_E_NOMEM, "%s: out of memory", path);
	if (tr_src_is_stdin(path)) {
		r = stdin_fd(path, &src->fd, err);
		if (r < 0)
			return r;
		fd = src->fd;
		if (fstat(fd, &st) < 0)
			return sg_fail(err, SG_E_IO, "%s: %s", path, strerror(errno));
		src->size = (uint64_t)st.st_size;
		return SG_OK;
	}
	/* not blocking: a fifo without a writer must not hang us */
	src->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (src->fd < 0)
		sg_open_fail(errno);
	if (src->fd < 0 || fstat(src->fd, &st) < 0)
		return sg_fail(err, errno == ENOENT ? SG_E_NOTFOUND : SG_E_IO, "%s: %s", path,
			       strerror(errno));
	if (!S_ISREG(st.st_mode))
		return sg_fail(err, SG_E_IO,
			       "%s: not a regular file; give a trace.dat or a capture directory, or send it to "
			       "standard input and name -",
			       path);
	src->size = (uint64_t)st.st_size;
	if (src->size == 0)
		return sg_fail(err, SG_E_TRUNCATED, "%s: the file is empty", path);
	r = copy_of(src->fd, path, true, &fd, err);
	if (r < 0)
		return r;
	if (fd >= 0) {
		close(src->fd);
		src->fd = fd;
		if (fstat(fd, &st) < 0)
			return sg_fail(err, SG_E_IO, "%s: %s", path, strerror(errno));
		src->size = (uint64_t)st.st_size;
	}
	return SG_OK;
}

size_t tr_src_peek(const char *path, void *buf, size_t len)
{
	struct tr_src src = { .fd = -1 };
	struct tr_in *in = NULL;
	struct sg_err err;
	struct stat st;
	size_t done = 0;

	if (tr_src_is_stdin(path)) {
		if (tr_src_open(path, &src, &err) == SG_OK)
			done = tr_src_read(&src, 0, buf, len);
		tr_src_close(&src);
		return done;
	}
	src.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (src.fd < 0)
		sg_open_fail(errno);
	if (src.fd >= 0 && fstat(src.fd, &st) == 0 && S_ISREG(st.st_mode))
		in = tr_in_open(src.fd, path, &err);
	while (in && done < len) {
		ssize_t n = tr_in_read(in, (char *)buf + done, len - done, &err);

		if (n <= 0)
			break;
		done += (size_t)n;
	}
	tr_in_close(in);
	tr_src_close(&src);
	return done;
}

void tr_src_close(struct tr_src *src)
{
	if (src->fd >= 0)
		close(src->fd);
	free(src->path);
	src->fd = -1;
	src->path = NULL;
}
