/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A stream of bytes, unpacked on the way when it is packed: zstd (several frames, skippable ones as
 * pzstd writes them, windows up to 2 GiB), gzip (several members) and xz (several streams).  Nothing
 * is held but the libraries' windows, whatever the input says.
 */
#ifndef TR_IN_H
#define TR_IN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "sg_err.h"

enum tr_packer { TR_PACK_NONE, TR_PACK_ZSTD, TR_PACK_GZIP, TR_PACK_XZ };

#define TR_PACK_HEAD 6 /* bytes that tell a packer */

/** What packed the data that begins with these @n bytes. A zstd file may begin with a skippable frame. */
enum tr_packer tr_packer_of(const void *head, size_t n);
/** "zstd", "gzip", "xz"; "none". */
const char *tr_packer_name(enum tr_packer p);

struct tr_in;

/**
 * tr_in_open() - read from @fd, from where it stands
 * @fd:   borrowed
 * @path: for messages; copied
 * A session file is a chain of zstd frames and is handed out as it is.
 * Return: NULL when memory runs out (or the library has none for itself); @err says so
 */
struct tr_in *tr_in_open(int fd, const char *path, struct sg_err *err);
void tr_in_close(struct tr_in *in);

/** What packed it: known from the beginning. */
enum tr_packer tr_in_packer(const struct tr_in *in);

/**
 * tr_in_read() - the next bytes
 * Return: up to @len, 0 at the end; a negative sg_code with one line in @err: damaged, cut short,
 * a window larger than half of the memory that is free.
 */
ssize_t tr_in_read(struct tr_in *in, void *buf, size_t len, struct sg_err *err);

/** Windows are never larger than this, whatever is free: for tests, which would wait for 2 GiB to be cleared. */
extern uint64_t tr_in_window_most;

/** Bytes of memory that the system can give without swapping, as it says itself; UINT64_MAX when it doesn't say. */
uint64_t tr_memory_free(void);

#endif
