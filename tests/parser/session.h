/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of session files share. */
#ifndef SESSION_H
#define SESSION_H

#include "ss.h"
#include "util.h"

/** A description with a bit of everything, and a snapshot; static. */
const struct sg_capture *ts_capture(void);
const struct sg_snapshot *ts_snapshot(void);

/** @nr events: of any kind with any values when @wild, else such as a machine has. tp_events_free(). */
struct tp_events ts_events(size_t nr, bool wild, uint64_t seed);

/** Writes a session with @e in frames of @per_frame events, lists and a keyframe; asserts that it can. */
void ts_write(const char *path, const struct tp_events *e, size_t per_frame);
/** All events that can be read. */
struct tp_events ts_read_all(struct ss_reader *r, size_t batch);
void ts_assert_same(const struct sg_event *a, const char *text_a, const struct sg_event *b, const char *text_b, size_t i);

/** A file's bytes; free(). */
uint8_t *ts_file(const char *path, size_t *ret_len);
void ts_put_file(const char *path, const void *data, size_t len);

#endif
