/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parser's public header: opens a trace.dat or a capture directory and
 * yields decoded events in time order.  Knows files and formats, nothing of the
 * machine.  Nothing in here prints.
 */
#ifndef TR_H
#define TR_H

#include "sg_capture.h"
#include "sg_err.h"
#include "sg_event.h"

struct tr_capture;

enum tr_open_flags {
	TR_PLAIN = 1 << 0,        /* read through libtracecmd's own iterator: slow, the oracle of the tests */
	TR_NO_SNAPSHOTS = 1 << 1, /* the trace only */
	TR_NO_THREAD = 1 << 2,    /* decompress in the calling thread */
};

/**
 * tr_open() - open a capture
 * @path:  a trace.dat (version 6 or 7) or a trace as text, also packed with zstd, gzip or
 *         xz, or a capture directory with trace.dat or trace.txt (.zst, .gz, .xz), and optionally
 *         meta.json, before/ and in-start/ (in-end/: tr_snapshot_end(); after/ is never looked at);
 *         "-" is standard input
 * @flags: enum tr_open_flags
 * @ret:   the handle, to be closed with tr_close(); untouched on failure
 * Errors: one sentence that names the file and the cause.  A damaged file opens
 *         as far as it is whole; what is missing is in the capture's notes.
 */
int tr_open(const char *path, unsigned int flags, struct tr_capture **ret, struct sg_err *err);
void tr_close(struct tr_capture *tc);

/** The description; borrowed, lives as long as @tc.  See struct sg_capture for what grows. */
const struct sg_capture *tr_info(const struct tr_capture *tc);

/** Snapshot "before" or "in-start" (@name), NULL when the capture has none. Borrowed. */
const struct sg_snapshot *tr_snapshot(const struct tr_capture *tc, const char *name);
/**
 * The snapshot in-end/, NULL when the capture has none: what a run is judged by.  It is read when it is asked for; no
 * machine starts from it, and nothing that stands for the capture's course may use it.  Borrowed.
 */
const struct sg_snapshot *tr_snapshot_end(struct tr_capture *tc);

/**
 * Stills: what tr_open() makes of posted text and of a directory of snapshots without a trace (struct sg_capture:
 * still, nr_stills).  They have no events.  The first one is open; the description is that of the one that is open.
 * Errors of tr_still_select(): SG_E_USAGE when it isn't there.
 */
const struct sg_snapshot *tr_still(const struct tr_capture *tc);
int tr_still_select(struct tr_capture *tc, unsigned int no, struct sg_err *err);

/**
 * tr_read() - the next events in time order (ties: cpu, then order in the buffer)
 * @ev:  receives up to @max events; their str stays valid until the next tr_read()
 * Return: number of events, 0 at the end (also at the point where a damaged file
 *         stops being readable: the notes say so)
 */
size_t tr_read(struct tr_capture *tc, struct sg_event *ev, size_t max);

/**
 * tr_settled() - has enough been read to know that the recording isn't of one task, filtered, ... ?
 * Most recordings show it within some thousand events.  The others' limits are known at the end: who needs to know
 * them from the first event on reads until this is true, or to the end, and begins again with tr_rewind().
 */
bool tr_settled(const struct tr_capture *tc);

/** Has all been read, so that no further limit will be found? */
bool tr_surveyed(const struct tr_capture *tc);
/** Another handle of the same capture has read it all, and found @l. */
void tr_know_limits(struct tr_capture *tc, const struct sg_limits *l);

/**
 * tr_rewind() - back to before the first event
 * Limits that were found once all was read stay; counts of events and notes begin again.  Not for stills and text.
 * Return: 0, or SG_E_NOMEM and the sentence in @err: then nothing more can be read
 */
int tr_rewind(struct tr_capture *tc, struct sg_err *err);

/** How much of the trace data has been read, 0 .. 1000. */
unsigned int tr_progress(const struct tr_capture *tc);

#endif
