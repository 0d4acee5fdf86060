// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file that is read.  Only pread(): a mapping would kill the program when
 * somebody cuts the file short.  A file packed with zstd as a whole is unpacked
 * into an unlinked temporary file first.
 */
#include "tr_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <zstd.h>

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

/*
 * Unpacks @src into @out.  The limit keeps half of what the disk has free: a few kilobytes of
 * hostile input can stand for terabytes.
 */
static int unpack_to(const struct tr_src *src, int out, const char *dir, uint64_t *ret_size,
		     struct sg_err *err)
{
	uint64_t pos = 0, total = 0, limit = UINT64_MAX;
	char *in = malloc(IO_SIZE), *dst = malloc(IO_SIZE);
	ZSTD_DCtx *ctx = ZSTD_createDCtx();
	struct statvfs vfs;
	size_t hint = 1;
	int r = SG_OK;

	if (fstatvfs(out, &vfs) == 0)
		limit = (uint64_t)vfs.f_bavail * vfs.f_frsize / 2;
	if (!in || !dst || !ctx) {
		r = sg_fail(err, SG_E_NOMEM, "%s: out of memory while unpacking it", src->path);
		goto out;
	}
	for (;;) {
		ZSTD_inBuffer ib = { in, tr_src_read(src, pos, in, IO_SIZE), 0 };

		if (ib.size == 0)
			break;
		pos += ib.size;
		while (ib.pos < ib.size) {
			ZSTD_outBuffer ob = { dst, IO_SIZE, 0 };

			hint = ZSTD_decompressStream(ctx, &ob, &ib);
			if (ZSTD_isError(hint)) {
				r = sg_fail(err, SG_E_FORMAT,
					    "%s: the zstd data is damaged near byte %llu (%s)",
					    src->path, (unsigned long long)(pos - ib.size + ib.pos),
					    ZSTD_getErrorName(hint));
				break;
			}
			total += ob.pos;
			if (total > limit) {
				r = sg_fail(err, SG_E_IO,
					    "%s: unpacks to more than %llu MiB, half of what is "
					    "free in %s; set TMPDIR to a larger disk",
					    src->path, (unsigned long long)(limit >> 20), dir);
				goto out;
			}
			if (!write_all(out, dst, ob.pos)) {
				r = sg_fail(err, SG_E_IO,
					    "%s: cannot write the unpacked copy to %s: %s",
					    src->path, dir, strerror(errno));
				goto out;
			}
		}
		if (r < 0)
			break;
	}
	if (r == SG_OK && hint != 0)
		r = sg_fail(err, SG_E_TRUNCATED,
			    "%s: the zstd data ends too early (%llu bytes): the file is cut; copy it again, whole",
			    src->path, (unsigned long long)src->size);
out:
	ZSTD_freeDCtx(ctx);
	free(in);
	free(dst);
	*ret_size = total;
	return r;
}

int tr_src_open(const char *path, struct tr_src *src, struct sg_err *err)
{
	uint8_t magic[4] = { 0 };
	struct stat st;

	src->path = strdup(path);
	if (!src->path)
		return sg_fail(err, SG_E_NOMEM, "%s: out of memory", path);
	/* not blocking: a fifo without a writer must not hang us */
	src->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (src->fd < 0 || fstat(src->fd, &st) < 0)
		return sg_fail(err, errno == ENOENT ? SG_E_NOTFOUND : SG_E_IO, "%s: %s", path,
			       strerror(errno));
	if (!S_ISREG(st.st_mode))
		return sg_fail(err, SG_E_IO,
			       "%s: not a regular file; give a trace.dat or a capture directory",
			       path);
	src->size = (uint64_t)st.st_size;
	if (src->size == 0)
		return sg_fail(err, SG_E_TRUNCATED, "%s: the file is empty", path);
	if (tr_src_read(src, 0, magic, sizeof(magic)) == sizeof(magic) &&
	    tr_rd32(magic, false) == 0xfd2fb528u) {
		const char *dir = "the temporary directory";
		int fd = temp_file(&dir);
		uint64_t size = 0;
		int r;

		if (fd < 0)
			return sg_fail(
				err, SG_E_IO,
				"%s: cannot make a temporary file in %s for unpacking it: %s", path,
				dir, strerror(errno));
		r = unpack_to(src, fd, dir, &size, err);
		if (r < 0) {
			close(fd);
			return r;
		}
		close(src->fd);
		src->fd = fd;
		src->size = size;
		if (size == 0)
			return sg_fail(err, SG_E_TRUNCATED, "%s: the packed file is empty", path);
	}
	return SG_OK;
}

void tr_src_close(struct tr_src *src)
{
	if (src->fd >= 0)
		close(src->fd);
	free(src->path);
	src->fd = -1;
	src->path = NULL;
}
