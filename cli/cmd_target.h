/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a command may write.  Everything that writes a file under a name that somebody gave asks here first: what was
 * read is never written over, however it is named, and what is no session isn't replaced unasked.
 */
#ifndef CMD_TARGET_H
#define CMD_TARGET_H

#include "sg_err.h"

/** What stands at a name that is to be written to. */
enum cmd_target {
	CMD_TARGET_NEW,       /* nothing, or a pipe or terminal that is written to */
	CMD_TARGET_SESSION,   /* a session, or an empty file */
	CMD_TARGET_OTHER,     /* a file of another kind, or a disk */
	CMD_TARGET_DIRECTORY,
	CMD_TARGET_INPUT,     /* a file that the input consists of, by this or another name */
};

/** What may be replaced. */
enum cmd_replace {
	CMD_REPLACE_NOTHING,
	CMD_REPLACE_SESSION,
	CMD_REPLACE_ANY, /* --force; still neither the input nor a directory */
};

/**
 * cmd_target_look() - what stands at @path
 * @input: the FILE that the command reads: a capture, a directory of one, a session, or "-".  To a capture belong the
 *         trace, meta.json and the snapshot folders beside it.
 * Files are compared by device and inode, so links and other spellings are seen through.
 */
enum cmd_target cmd_target_look(const char *input, const char *path);

/**
 * cmd_target_allow() - may @path be written to?
 * Return: SG_OK, or SG_E_USAGE with a sentence that names @path and what to do
 */
int cmd_target_allow(const char *input, const char *path, enum cmd_replace replace, struct sg_err *err);

/** SG_E_USAGE when standard output goes into a file that @input consists of (">> FILE"): it would grow as it is read. */
int cmd_target_stdout(const char *input, struct sg_err *err);

#endif
