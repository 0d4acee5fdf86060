/* SPDX-License-Identifier: GPL-2.0-only */
/* The file that is read, unpacked first when it is packed as a whole; standard input is a file like any other. */
#ifndef TR_SRC_H
#define TR_SRC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sg_err.h"
#include "sg_mem.h"

/** An open file that is read with pread() only, so that one cut short later can't kill us. */
struct tr_src {
	int fd;
	uint64_t size;
	char *path; /* as given, for messages */
};

/** "-": standard input. A file of that name is ./- */
static inline bool tr_src_is_stdin(const char *path)
{
	return path[0] == '-' && path[1] == '\0';
}

/**
 * tr_src_open() - open a file for reading, unpacked when it is packed with zstd, gzip or xz
 * What is unpacked, and what comes from a pipe, lies in an unlinked temporary file (TMPDIR, else /var/tmp, else
 * /tmp), up to half of what is free there. Standard input is read once, to its end; every further open of "-" gets
 * the same bytes.
 * Errors: one line that names @path.
 */
int tr_src_open(const char *path, struct tr_src *src, struct sg_err *err);
void tr_src_close(struct tr_src *src);
/** Up to @len bytes from @off; the number of bytes read (short at the end or on an error). */
size_t tr_src_read(const struct tr_src *src, uint64_t off, void *buf, size_t len);
/** The first bytes of what tr_src_open() would give, without unpacking the rest; 0 on any failure. */
size_t tr_src_peek(const char *path, void *buf, size_t len);

#endif
