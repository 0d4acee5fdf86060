/* SPDX-License-Identifier: GPL-2.0-only */
/* What a capture is known by: its content, and the program that made something of it. */
#ifndef CMD_CACHE_KEY_H
#define CMD_CACHE_KEY_H

#include <stdbool.h>
#include <stdint.h>

#define CMD_CACHE_ID 16

struct cmd_cache_key {
	unsigned char content[CMD_CACHE_ID];
	uint64_t program[2]; /* this binary: another version may decide otherwise */
};

/**
 * cmd_cache_key() - of the capture at @path
 * Files up to 64 MiB count with all their bytes.  Of a longer one, its beginning, its end, and 256 places in
 * between do, and its size and time of change.
 * Return: false when a file can't be read
 */
bool cmd_cache_key(const char *path, struct cmd_cache_key *ret);
/**
 * cmd_cache_content() - the same on every machine that has a copy: all bytes of the trace and of what lies beside it
 * in-end/ counts as well.  Return: false when a file can't be read
 */
bool cmd_cache_content(const char *path, unsigned char ret[CMD_CACHE_ID]);

#endif
