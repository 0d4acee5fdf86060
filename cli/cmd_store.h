/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file that grows and is mapped: where what doesn't fit into memory lies.  It has no name until it is
 * given one, so that nothing stays behind, whatever ends the program.
 */
#ifndef CMD_STORE_H
#define CMD_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sg_err.h"

struct cmd_store;

/**
 * cmd_cache_dir() - the directory for files that may go at any time
 * $XDG_CACHE_HOME/stormglass, else ~/.cache/stormglass; made when it isn't there.
 * Return: its name, to be freed, or NULL when there is none that belongs to the user and can be written
 */
char *cmd_cache_dir(void);

/**
 * cmd_store_open() - a new file without a name in @dir
 * @dir: NULL: $TMPDIR or /var/tmp
 */
int cmd_store_open(const char *dir, struct cmd_store **ret, struct sg_err *err);
/** Frees everything; addresses given out are gone. NULL is fine. */
void cmd_store_close(struct cmd_store *s);

/**
 * cmd_store_keep() - append bytes, for struct sg_log_store
 * @arg: the store
 * Return: address where they can be read, NULL when the disk is full (then the store takes no more)
 */
const uint8_t *cmd_store_keep(void *arg, const uint8_t *data, size_t len);
/** As cmd_store_keep(), for whoever wants to know where in the file they lie: 0 or SG_E_IO. */
int cmd_store_append(struct cmd_store *s, const void *data, size_t len, uint64_t *ret_offset);
/** Writes over what is there. */
int cmd_store_patch(struct cmd_store *s, uint64_t offset, const void *data, size_t len);
/** Offset in the file of an address that cmd_store_keep() returned; false for any other address. */
bool cmd_store_offset(const struct cmd_store *s, const uint8_t *at, uint64_t *ret);
/** Bytes in the file. */
uint64_t cmd_store_len(const struct cmd_store *s);
/** errno of the first write that failed, 0. */
int cmd_store_error(const struct cmd_store *s);

/**
 * cmd_store_publish() - give the file the name @path, over what stands there
 * Not synced: whoever reads it must know by checksums that it is whole.
 * Errors: SG_E_IO; SG_E_UNSUPPORTED when this file system can't name it later
 */
int cmd_store_publish(struct cmd_store *s, const char *path, struct sg_err *err);

#endif
