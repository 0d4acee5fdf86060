// SPDX-License-Identifier: GPL-2.0-only
/* Reads the events of a session, forwards and from any number on. */
#include <stdlib.h>
#include <string.h>

#include "ss_priv.h"

static uint64_t end_of(const struct ss_info *f)
{
	return f->part.pos + f->events - 1;
}

int ss_order_events(struct ss_reader *r)
{
	uint64_t end = 0, lost = 0;
	char name[64];

	r->events = sg_malloc((r->nr_frames + 1) * sizeof(*r->events));
	if (!r->events)
		return SG_E_NOMEM;
	for (uint32_t i = 0; i < r->nr_frames; i++) {
		struct ss_info *f = &r->frame[i];

		if (!f->events)
			continue;
		if (f->part.pos <= end) {
			f->damaged = true;
			ss_note(r, "the session file is damaged: frame %u (%s) is out of its place", i + 1,
				ss_frame_name(f, name));
			continue;
		}
		lost += f->part.pos - end - 1 + f->lost;
		r->cap.lost_unknown |= f->lost_unknown;
		end = end_of(f);
		r->events[r->nr_events++] = i;
	}
	if (r->cap.lost_events < lost)
		r->cap.lost_events = lost;
	for (uint32_t i = 0; i < r->nr_frames; i++)
		if (r->frame[i].damaged && !r->whole)
			ss_note(r, "the session file is damaged: frame %u (at byte %llu) cannot be read", i + 1,
				(unsigned long long)r->frame[i].offset);
	if (!r->whole)
		ss_note(r,
			"the session file was not finished, or is cut off or damaged at its end: it is read up to event "
			"%llu, byte %llu of %llu",
			(unsigned long long)end, (unsigned long long)r->whole_bytes, (unsigned long long)r->size);
	r->next = r->expect = 1;
	return SG_OK;
}

/* Opens frame @r->at for reading from its first event. */
static int open_events(struct ss_reader *r)
{
	uint32_t i = r->events[r->at];
	struct ss_part part;
	uint8_t *raw;
	size_t cap;
	int code;

	if (!r->codec)
		r->codec = ss_codec_new(&r->map.kinds);
	if (!r->codec)
		return SG_E_NOMEM;
	r->open = false;
	code = ss_frame_load(r, i, &part, NULL);
	if (code < 0)
		return code;
	/* the unpacked frame is lent to the codec: swap it for the one it had */
	raw = r->event_raw;
	cap = r->cap_event_raw;
	r->event_raw = r->raw;
	r->cap_event_raw = r->cap_raw;
	r->raw = raw;
	r->cap_raw = cap;
	code = ss_codec_open(r->codec, r->event_raw + SS_PART_HEAD + SS_EVENT_HEAD, part.len - SS_EVENT_HEAD,
			     (size_t)r->frame[i].events);
	if (code < 0) {
		if (code != SG_E_NOMEM)
			ss_frame_damaged(r, i);
		return code;
	}
	r->open = true;
	r->next = part.pos;
	return SG_OK;
}

/* Where events begin that follow the last readable one before frame @at. */
static uint64_t expected(const struct ss_reader *r, uint32_t at)
{
	while (at-- > 0)
		if (!r->frame[r->events[at]].damaged)
			return end_of(&r->frame[r->events[at]]) + 1;
	return 1;
}

/* Makes the next readable frame the open one; false at the end. */
static bool next_frame(struct ss_reader *r)
{
	while (r->at < r->nr_events) {
		int code = r->open ? SG_OK : open_events(r);

		if (code == SG_OK)
			return true;
		if (code == SG_E_NOMEM) {
			ss_note(r, "out of memory: the events are not read to their end");
			r->at = r->nr_events;
			return false;
		}
		r->at++;
	}
	return false;
}

/* The next event with what is missing before it; false at the end. */
static bool next_event(struct ss_reader *r, struct sg_event *ev)
{
	while (next_frame(r)) {
		const struct ss_info *f = &r->frame[r->events[r->at]];
		int code = r->next <= end_of(f) ? ss_codec_next(r->codec, ev) : 0;

		if (code == 1) {
			uint64_t gap = r->next - r->expect;

			if (gap && ev->missed >= 0)
				ev->missed += (int64_t)gap;
			ss_map_event(&r->map, ev);
			r->expect = ++r->next;
			return true;
		}
		if (code < 0)
			ss_frame_damaged(r, r->events[r->at]);
		r->open = false;
		r->at++;
		/* texts of this frame were lent out: they go when the next one is opened */
		return false;
	}
	return false;
}

size_t ss_read(struct ss_reader *r, struct sg_event *ev, size_t max)
{
	size_t n = 0;

	while (n < max && r->at < r->nr_events) {
		if (next_event(r, &ev[n]))
			n++;
		else if (n > 0)
			break;
	}
	return n;
}

uint64_t ss_number(const struct ss_reader *r)
{
	if (!r->open && r->at < r->nr_events)
		return r->frame[r->events[r->at]].part.pos;
	return r->next;
}

uint64_t ss_last(const struct ss_reader *r)
{
	return r->expect - 1;
}

/* The first frame that ends at @number or behind it. */
static uint32_t frame_of(const struct ss_reader *r, uint64_t number)
{
	uint32_t lo = 0, hi = r->nr_events;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (end_of(&r->frame[r->events[mid]]) < number)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

int ss_seek(struct ss_reader *r, uint64_t number, struct sg_err *err)
{
	uint32_t at = frame_of(r, number);
	struct sg_event ev;

	if (!(r->open && at == r->at && number >= r->next)) {
		r->open = false;
		r->at = at;
		if (!next_frame(r)) {
			r->next = r->expect = expected(r, r->nr_events);
			return r->nr_events && number > end_of(&r->frame[r->events[r->nr_events - 1]]) + 1
				       ? sg_fail(err, SG_E_RANGE, "%s: there is no event %llu", r->path,
						 (unsigned long long)number)
				       : SG_OK;
		}
		r->expect = expected(r, r->at);
	}
	while (r->at < r->nr_events && ss_number(r) < number)
		next_event(r, &ev);
	return SG_OK;
}

int ss_load(struct ss_reader *r, uint64_t first, uint64_t last, struct sg_log *log, struct sg_err *err)
{
	struct sg_event ev;
	int code = ss_seek(r, first, err);

	while (code == SG_OK && r->at < r->nr_events && ss_number(r) <= last)
		if (next_event(r, &ev) && sg_log_append(log, &ev) < 0)
			return sg_fail(err, SG_E_NOMEM, "%s: out of memory", r->path);
	return code;
}

uint64_t ss_find_ts(struct ss_reader *r, uint64_t ts)
{
	uint32_t lo = 0, hi = r->nr_events;
	struct sg_event ev;
	uint64_t found;

	while (lo < hi) { /* the last frame that begins at or before ts */
		uint32_t mid = lo + (hi - lo) / 2;

		if (r->frame[r->events[mid]].first_ts <= ts)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == 0)
		return 0;
	found = r->frame[r->events[lo - 1]].part.pos;
	if (r->frame[r->events[lo - 1]].last_ts <= ts)
		return end_of(&r->frame[r->events[lo - 1]]);
	if (ss_seek(r, found, NULL) < 0)
		return 0;
	for (uint64_t number = ss_number(r); next_event(r, &ev) && ev.ts <= ts; number = ss_number(r))
		found = number;
	return found;
}

unsigned int ss_progress(const struct ss_reader *r)
{
	uint64_t end = r->nr_events ? end_of(&r->frame[r->events[r->nr_events - 1]]) : 0;

	if (r->at >= r->nr_events || end == 0)
		return 1000;
	return (unsigned int)((double)(ss_number(r) - 1) * 1000.0 / (double)end);
}

uint64_t ss_pos_here(const struct ss_reader *r, uint64_t pos)
{
	uint64_t lost = 0, end = 0;

	for (uint32_t i = 0; i < r->nr_events; i++) {
		const struct ss_info *f = &r->frame[r->events[i]];
		uint64_t to = f->damaged ? end_of(f) : f->part.pos - 1; /* what is missing: end + 1 to this */

		if (end >= pos)
			break;
		if (to > end)
			lost += (to < pos ? to : pos) - end;
		end = end_of(f);
	}
	return pos - lost;
}

int ss_check_frame(struct ss_reader *r, uint64_t i, struct sg_err *err)
{
	struct ss_info *f;
	struct ss_part part;
	struct sg_event ev;
	char name[64];
	int code;

	if (i >= r->nr_frames)
		return sg_fail(err, SG_E_RANGE, "%s: there is no frame %llu", r->path, (unsigned long long)i + 1);
	f = &r->frame[i];
	code = ss_frame_load(r, (uint32_t)i, &part, err);
	if (code < 0)
		return code;
	if (r->whole && ss_le(r->packed + f->bytes - 4, 4) != f->checksum)
		return sg_fail(err, SG_E_FORMAT, "%s: frame %llu (%s): its checksum in the seek table is another", r->path,
			       (unsigned long long)i + 1, ss_frame_name(f, name));
	if (!f->events)
		return SG_OK;
	if (!r->checker)
		r->checker = ss_codec_new(&r->map.kinds);
	code = r->checker ? ss_codec_open(r->checker, r->raw + SS_PART_HEAD + SS_EVENT_HEAD, part.len - SS_EVENT_HEAD,
					  (size_t)f->events)
			  : SG_E_NOMEM;
	for (uint64_t n = 0; n < f->events && code >= 0; n++)
		code = ss_codec_next(r->checker, &ev) == 1 ? SG_OK : SG_E_FORMAT;
	if (code == SG_E_NOMEM)
		return sg_fail(err, code, "%s: out of memory", r->path);
	if (code < 0) {
		ss_frame_damaged(r, (uint32_t)i);
		return sg_fail(err, code, "%s: frame %llu (%s): its events don't hold together", r->path,
			       (unsigned long long)i + 1, ss_frame_name(f, name));
	}
	return SG_OK;
}
