/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parser's tests share. */
#ifndef UTIL_H
#define UTIL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>

#include <cmocka.h>

#include "make.h"
#include "tr.h"

/** All events of a capture, with their texts. */
struct tp_events {
	struct sg_event *ev;
	size_t nr;
	char **text; /* of event i, NULL without */
};

/** A file in memory with @d as content; its path (static, of the latest call) and descriptor. */
const char *tp_file(const void *d, size_t n, int *ret_fd);
/** Reads everything of an open capture, @batch events at a time. */
struct tp_events tp_read_all(struct tr_capture *tc, size_t batch);
void tp_events_free(struct tp_events *e);
/** Opens and reads; asserts that it can be opened. */
struct tp_events tp_events_of(const char *path, unsigned int flags);
/** Asserts that @a and @b are the same events. */
void tp_assert_same(const struct tp_events *a, const struct tp_events *b);
/** True when @a and @b are the same event, the texts left out. */
bool tp_same(const struct sg_event *a, const struct sg_event *b);
/**
 * Runs the file in memory through open, read and close; returns the number of events, -1 on an
 * error.
 */
long tp_survive(const void *d, size_t n, unsigned int flags, struct sg_err *err);
/** The note that has @part in it, NULL without. */
const char *tp_note(const struct sg_capture *cap, const char *part);
/** The limit of this key whose text has @part in it, NULL without. */
const struct sg_limit *tp_limit(const struct sg_capture *cap, enum sg_limit_id id, const char *part);
/** Random numbers. */
uint64_t tp_rnd(uint64_t *state);
/** A directory of its own under the temporary one; removed by tp_rmdir(). */
char *tp_tmpdir(void);
void tp_rmdir(char *dir);
void tp_write(const char *dir, const char *name, const void *d, size_t n);
/** Directories of the captures that tests may use: the samples, and all beside the source tree. */
char **tp_captures(size_t *ret_nr);
void tp_captures_free(char **dirs, size_t nr);

#endif
