/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What opening a capture has found out, kept for the next time: the decoded events, what the capture says
 * about its losses, and images of the machine.  A file under the user's cache directory, named by the
 * capture's content; bounded in size, and checked before anything in it is used.  doc/cache.md has the layout.
 */
#ifndef CMD_CACHE_H
#define CMD_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cmd_store.h"
#include "sg_capture.h"
#include "sg_err.h"
#include "sg_log.h"

/** All files together hold no more; the ones not used for longest go first. */
#define CMD_CACHE_LIMIT (UINT64_C(4) << 30)
/** Captures with fewer events are read again quicker than they are looked up. */
#define CMD_CACHE_LEAST 100000u

struct cmd_cache;

/** Removes files of the cache directory @dir, those not used for longest first, until @need more bytes fit under the limit. */
void cmd_cache_room(const char *dir, uint64_t need);

/**
 * cmd_cache_open() - what is kept of the capture at @path
 * @cap: its description, for what isn't kept; borrowed
 * Return: a handle, also when nothing is kept yet; NULL without a usable cache directory
 */
struct cmd_cache *cmd_cache_open(const char *path, const struct sg_capture *cap);
void cmd_cache_close(struct cmd_cache *c);

/** True when a file was found that fits the capture and this program. */
bool cmd_cache_found(const struct cmd_cache *c);
/** Events in it. */
uint64_t cmd_cache_events(const struct cmd_cache *c);

/**
 * cmd_cache_more() - up to about @budget further events from the cache into @log
 * Return: 1 there is more, 0 all are in, or SG_E_FORMAT when what follows is damaged (the file is removed; the rest is
 * to be read from the capture) or SG_E_NOMEM
 */
int cmd_cache_more(struct cmd_cache *c, struct sg_log *log, uint64_t budget);
/** What grows while a capture is read (losses, notes, other events), as it was at the end; points into @c. */
void cmd_cache_describe(const struct cmd_cache *c, struct sg_capture *cap);

/** Image @i of the machine, its checksum right; NULL behind the last, or when it is damaged (*@ret_pos is UINT64_MAX then). */
const void *cmd_cache_image(struct cmd_cache *c, size_t i, uint64_t *ret_pos, size_t *ret_len);

/**
 * cmd_cache_store() - a store for the log while it is read, from which cmd_cache_save() makes the cache's file
 * Lives as long as @c.  NULL when none can be made.
 */
struct cmd_store *cmd_cache_store(struct cmd_cache *c, struct sg_err *err);
/**
 * cmd_cache_save() - begin to keep what was read
 * @log:   complete; borrowed until cmd_cache_save_end()
 */
int cmd_cache_save(struct cmd_cache *c, const struct sg_log *log, struct sg_err *err);
/** Writes on, at most @blocks blocks.  1: there is more, 0: done, < 0: given up (a full disk), *@err says why. */
int cmd_cache_save_more(struct cmd_cache *c, uint64_t blocks, struct sg_err *err);
/** Adds an image, after all blocks. */
int cmd_cache_save_image(struct cmd_cache *c, uint64_t pos, const void *image, size_t len, struct sg_err *err);
/** Writes the index and gives the file its name. */
int cmd_cache_save_end(struct cmd_cache *c, struct sg_err *err);
/** Bytes that images may still take. */
uint64_t cmd_cache_save_room(const struct cmd_cache *c);

#endif
