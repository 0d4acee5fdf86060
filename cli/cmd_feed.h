/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A capture's events on their way into a log: from the cache when they are kept there, else from the
 * capture; into memory, and beyond a limit into a file.
 */
#ifndef CMD_FEED_H
#define CMD_FEED_H

#include "cmd.h"
#include "sg_log.h"

struct cmd_feed;

struct cmd_feed_options {
	bool no_cache;   /* neither read nor write what is kept of captures */
	uint64_t memory; /* bytes of events in memory; what is more goes to a file */
};

/** Bytes of events that are kept in memory unless told otherwise: an eighth of the machine's memory. */
uint64_t cmd_feed_memory(void);

/**
 * cmd_feed_open() - open a capture for reading into a log
 * @file: borrowed for as long as the feed lives
 * @ret:  untouched on failure
 */
int cmd_feed_open_dump(const char *file, unsigned int dump, const struct cmd_feed_options *opt, struct cmd_feed **ret,
		       struct sg_err *err);
/** The same for what holds no dumps, or for the first one. */
int cmd_feed_open(const char *file, const struct cmd_feed_options *opt, struct cmd_feed **ret, struct sg_err *err);
void cmd_feed_close(struct cmd_feed *f);

/** The capture as it is opened; its description may lag behind cmd_feed_capture(). */
struct cmd_source *cmd_feed_source(struct cmd_feed *f);
/** The description; what grows in it grows in cmd_feed_more(). */
const struct sg_capture *cmd_feed_capture(const struct cmd_feed *f);
struct sg_log *cmd_feed_log(struct cmd_feed *f);
/** How to make a machine; speaks of cmd_feed_capture(). */
const struct mm_config *cmd_feed_config(const struct cmd_feed *f);
/** Came the events from the cache? */
bool cmd_feed_cached(const struct cmd_feed *f);

/** Is all of it read, or as much as can be? */
bool cmd_feed_whole(const struct cmd_feed *f);
/** Reads up to @budget further events: 1 there are more, 0 the end, < 0 enum sg_code. @feed: the feed. */
int cmd_feed_more(void *feed, uint64_t budget);
/** Thousandths that are read. */
unsigned int cmd_feed_progress(void *feed);

/**
 * cmd_feed_idle() - a slice of what can wait: keeping what was read, and keyframes, for the next time
 * @feed: the feed; all has been read
 * @tl:   timeline over the log
 * @ready: it has been run to its end
 * Return: 1 there is more to do, 0 nothing, or < 0 with the reason in @err, once
 */
int cmd_feed_idle(void *feed, struct mm_timeline *tl, bool ready, struct sg_err *err);
/**
 * cmd_feed_keyframes() - hand the timeline the next of the keyframes that are kept
 * To be called, once all events are in the log, until it returns false: there are no more.
 */
bool cmd_feed_keyframes(void *feed, struct mm_timeline *tl);

#endif
