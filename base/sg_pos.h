/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Positions as people write them:
 *
 *	event:N       after the first N events (event:0 is the start); N alone and +N are the same, and N may have
 *	              commas as the screens print it
 *	N%            after this share of the events, up to three decimals
 *	start         before the first event
 *	time:SECONDS  after the last event at or before this time of the capture's clock;
 *	              decimal seconds, or a whole number of units when the clock isn't in ns
 *	mark:TEXT     after the first trace marker that starts with TEXT
 *	bookmark:NAME where the session has a bookmark of this name
 *	end           after the last event
 *
 * Read once (sg_pos_read), then found in a log (sg_pos_parse does both) or in a
 * stream of events (sg_pos_feed).
 */
#ifndef SG_POS_H
#define SG_POS_H

#include <stdbool.h>
#include <stdint.h>

#include "sg_err.h"
#include "sg_event.h"
#include "sg_log.h"

enum sg_pos_kind {
	SG_POS_EVENT,
	SG_POS_TIME,
	SG_POS_MARK,
	SG_POS_BOOKMARK,
	SG_POS_SHARE,
	SG_POS_END,
};

/** A position as written.  Plain data. */
struct sg_pos {
	enum sg_pos_kind kind;
	uint64_t n; /* SG_POS_EVENT: events; SG_POS_TIME: clock units; SG_POS_SHARE: thousandths of a percent */
	const char *mark; /* SG_POS_MARK, SG_POS_BOOKMARK: borrowed from the text that was read */
};

/** A position that somebody gave a name. */
struct sg_bookmark {
	uint64_t pos;
	const char *name; /* sg_bookmark_name_ok() */
	const char *note; /* any text, "" without one */
};

/** Longest name of a bookmark, bytes. */
#define SG_BOOKMARK_NAME 63

/** Markers that a search met, to be told when none fits. */
struct sg_pos_marks {
	unsigned int nr;  /* listed */
	bool more;        /* there are others, for which the list has no room */
	size_t len;       /* of the list */
	char list[240];   /* 'a', 'b': cleaned, each once */
};

/** Search for a position in a stream.  Zero but for @pos at the start. */
struct sg_pos_scan {
	struct sg_pos pos;
	uint64_t seen; /* events fed */
	uint64_t found; /* the position so far */
	bool done; /* no later event can change @found */
	struct sg_pos_marks marks;
};

/**
 * sg_pos_read() - check the form of a position
 * @text:        must outlive @ret
 * @clock_is_ns: the capture's clock counts nanoseconds
 * Errors:       SG_E_USAGE and a sentence that says what forms there are
 */
int sg_pos_read(const char *text, bool clock_is_ns, struct sg_pos *ret, struct sg_err *err);

/** True for what can be a bookmark's name: 1 to SG_BOOKMARK_NAME bytes, no blanks, no control characters. */
bool sg_bookmark_name_ok(const char *name);

/**
 * sg_pos_bind() - turn a bookmark into the position that it stands for
 * @list:  @nr bookmarks of the session that is open, none for a capture
 * Other kinds of positions stay as they are.  To be called before sg_pos_feed() and sg_pos_found().
 * Errors: SG_E_NOTFOUND and a sentence that names some that there are
 */
int sg_pos_bind(struct sg_pos *pos, const struct sg_bookmark *list, size_t nr, struct sg_err *err);

/** Takes note of @ev, which isn't what is searched for, when it is a marker. */
void sg_pos_note_mark(struct sg_pos_marks *m, const struct sg_event *ev);

/** No marker starts with @mark: SG_E_NOTFOUND, and a sentence that lists those that there are. */
int sg_pos_no_mark(const char *mark, const struct sg_pos_marks *m, struct sg_err *err);

/** Does the position depend on how many events there are?  sg_pos_total() then tells it. */
bool sg_pos_wants_total(const struct sg_pos *pos);

/** Turns a share of the events into the number of one.  @total: events that there are. */
void sg_pos_total(struct sg_pos *pos, uint64_t total);

/** Tells the search of the next event of the stream. */
void sg_pos_feed(struct sg_pos_scan *s, const struct sg_event *ev);

/**
 * sg_pos_found() - the result after the last event, or once @s->done
 * @ret:   0 .. number of events
 * Errors: SG_E_NOTFOUND when the stream has no such event or marker
 */
int sg_pos_found(const struct sg_pos_scan *s, uint64_t *ret, struct sg_err *err);

/**
 * sg_pos_parse() - a position in a log
 * @ret:   0 .. sg_log_count(); untouched on failure
 * Errors: SG_E_USAGE for a wrong form, SG_E_NOTFOUND when the log (as far as it
 *         has been read) has no such event or marker; a bookmark, see sg_pos_bind()
 * Cost:   a marker is searched from the start of the log, the rest is quick
 */
int sg_pos_parse(const char *text, const struct sg_log *log, bool clock_is_ns, uint64_t *ret,
		 struct sg_err *err);

/**
 * sg_time_read() - all of @s as a time of the capture's clock
 * Decimal seconds, cut off after the ninth decimal, or a whole number when the
 * clock isn't in ns.  False when @s isn't that, or is too large.
 */
bool sg_time_read(const char *s, bool clock_is_ns, uint64_t *ret);

/** True when @ev is a trace marker whose text starts with @text. */
bool sg_is_mark(const struct sg_event *ev, const char *text);

#endif
