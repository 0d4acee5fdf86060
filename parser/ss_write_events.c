// SPDX-License-Identifier: GPL-2.0-only
/* Writes a session file: events, gathered to frames. */
#include <stdlib.h>
#include <string.h>

#include "ss_writer.h"

/* So many events are taken before twice as many of the full frame are packed: a tenth of a millisecond. */
#define PACK_EACH 128u

/* Writes @nr events, which are packed, as a frame. */
static int put_events(struct ss_writer *w, const struct sg_event *ev, size_t nr, uint64_t number, const uint8_t *bytes,
		      size_t len, struct sg_err *err)
{
	struct ss_info *info;
	struct ss_buf b = { 0 };
	uint64_t lost = 0;
	bool unknown = false;
	int r;

	for (size_t i = 0; i < nr; i++) {
		if (ev[i].missed < 0)
			unknown = true;
		else
			lost += (uint64_t)ev[i].missed;
	}
	ss_put(&b, nr, 4);
	ss_put(&b, unknown, 4);
	ss_put(&b, ev[0].ts, 8);
	ss_put(&b, ev[nr - 1].ts, 8);
	ss_put(&b, lost, 8);
	ss_put(&b, 0, 8);
	ss_put_bytes(&b, bytes, len);
	info = b.failed ? NULL : ss_writer_info(w);
	if (!info) {
		free(b.data);
		return ss_writer_no_memory(w, err);
	}
	memcpy(info->part.tag, "EVTS", 4);
	info->part.nr_parts = 1;
	info->part.pos = number;
	info->part.total = b.len;
	info->events = nr;
	info->first_ts = ev[0].ts;
	info->last_ts = ev[nr - 1].ts;
	info->lost = lost;
	info->lost_unknown = unknown;
	r = ss_writer_frame(w, info, b.data, b.len, LEVEL_EVENTS, err);
	free(b.data);
	return r;
}

static int pack_events(struct ss_writer *w, const struct sg_event *ev, size_t nr, uint64_t number, struct sg_err *err);

/* @r: what the codec says of @nr events from @number on, now that they are packed, or not. */
static int packed(struct ss_writer *w, int r, const struct sg_event *ev, size_t nr, uint64_t number, const uint8_t *bytes,
		  size_t len, struct sg_err *err)
{
	/* too many CPUs at once, or too large, for one frame */
	if ((r == SG_E_RANGE || (r == SG_OK && len > SS_MAX_RAW / 2)) && nr > 1) {
		r = pack_events(w, ev, nr / 2, number, err);
		return r < 0 ? r : pack_events(w, ev + nr / 2, nr - nr / 2, number + nr / 2, err);
	}
	if (r == SG_E_NOMEM)
		return ss_writer_no_memory(w, err);
	if (r < 0)
		return STOP(w, err, r, "%s: event %llu cannot be packed", w->label, (unsigned long long)number);
	return put_events(w, ev, nr, number, bytes, len, err);
}

static int pack_events(struct ss_writer *w, const struct sg_event *ev, size_t nr, uint64_t number, struct sg_err *err)
{
	const uint8_t *bytes = NULL;
	size_t len = 0;
	int r = ss_codec_pack(w->codec, ev, nr, &bytes, &len);

	return packed(w, r, ev, nr, number, bytes, len, err);
}

/* Goes on with packing the full frame, for @events events; all of it is written when the last is packed. */
static int pack_more(struct ss_writer *w, size_t events, struct sg_err *err)
{
	struct ss_batch *b = &w->then;
	uint64_t number = w->number - w->now.nr - b->nr + 1;
	const uint8_t *bytes = NULL;
	size_t len = 0;
	int r = ss_codec_pack_more(w->codec, events, &bytes, &len);

	if (r > 0)
		return SG_OK;
	r = packed(w, r, b->ev, b->nr, number, bytes, len, err);
	b->nr = b->text_len = 0;
	return r;
}

/*
 * The frame is full: it is packed bit by bit while the next one fills, so that nobody waits for a whole one.  Without
 * memory for a second batch it is packed at once.
 */
static int turn_over(struct ss_writer *w, struct sg_err *err)
{
	struct ss_batch full = w->now;
	int r;

	if (!w->then.ev)
		w->then.ev = sg_malloc(SS_EVENTS_NOW * sizeof(*w->then.ev));
	if (!w->then.text)
		w->then.text = sg_malloc(SS_FRAME_TEXT);
	if (!w->then.ev || !w->then.text)
		return ss_flush(w, err);
	if (w->then.nr > 0) {
		r = pack_more(w, SIZE_MAX, err);
		if (r < 0)
			return r;
	}
	r = ss_codec_pack_start(w->codec, full.ev, full.nr);
	if (r < 0) /* in parts, then */
		return ss_flush(w, err);
	w->now = w->then;
	w->then = full;
	w->now.nr = w->now.text_len = 0;
	return SG_OK;
}

int ss_flush(struct ss_writer *w, struct sg_err *err)
{
	int r;

	if (w->failed.code)
		return ss_writer_stop(w, err, &w->failed);
	if (w->then.nr > 0) {
		r = pack_more(w, SIZE_MAX, err);
		if (r < 0)
			return r;
	}
	if (w->now.nr == 0)
		return SG_OK;
	r = pack_events(w, w->now.ev, w->now.nr, w->number - w->now.nr + 1, err);
	w->now.nr = w->now.text_len = 0;
	return r;
}

int ss_append(struct ss_writer *w, const struct sg_event *ev, struct sg_err *err)
{
	struct sg_event *e;
	bool text;
	int r;

	if (w->failed.code)
		return ss_writer_stop(w, err, &w->failed);
	if (ev->kind >= SG_KIND_COUNT)
		return sg_fail(err, SG_E_RANGE, "%s: there is no kind of event %u", w->label, ev->kind);
	text = w->map.kinds.kind[w->map.to_file[ev->kind]].text < SG_SLOTS && ev->str_len > 0;
	if (text && ev->str_len > SS_FRAME_TEXT)
		return sg_fail(err, SG_E_RANGE, "%s: an event with a text of %u bytes is more than a session takes",
			       w->label, ev->str_len);
	if (w->now.nr == SS_EVENTS_NOW || (text && ev->str_len > SS_FRAME_TEXT - w->now.text_len)) {
		r = turn_over(w, err);
		if (r < 0)
			return r;
	}
	if (w->then.nr > 0 && w->now.nr % PACK_EACH == 0) {
		r = pack_more(w, 2 * PACK_EACH, err);
		if (r < 0)
			return r;
	}
	e = &w->now.ev[w->now.nr++];
	*e = *ev;
	e->kind = w->map.to_file[ev->kind];
	e->str = NULL;
	e->str_len = 0;
	if (text) {
		memcpy(w->now.text + w->now.text_len, ev->str, ev->str_len);
		e->str = w->now.text + w->now.text_len;
		e->str_len = ev->str_len;
		w->now.text_len += ev->str_len;
	}
	w->number++;
	return SG_OK;
}

/* Takes one frame with events of another session over as it is. */
static int copy_frame(struct ss_writer *w, struct ss_reader *r, uint32_t i, struct sg_err *err)
{
	struct ss_info *info = ss_writer_info(w);
	struct ss_part part;

	if (!info)
		return ss_writer_no_memory(w, err);
	if (ss_frame_load(r, i, &part, NULL) < 0)
		return SG_OK; /* a gap there, a gap here */
	*info = r->frame[i];
	return ss_writer_frame(w, info, r->raw + SS_PART_HEAD, part.len, LEVEL_EVENTS, err);
}

int ss_copy_events(struct ss_writer *w, struct ss_reader *r, struct sg_err *err)
{
	struct sg_event ev[64];
	bool same = true;
	size_t n;
	int code = SG_OK;

	if (w->failed.code)
		return ss_writer_stop(w, err, &w->failed);
	if (w->number > 0)
		return sg_fail(err, SG_E_USAGE, "%s: events can be taken over only before others", w->label);
	for (unsigned int f = 0; f < w->map.kinds.nr; f++)
		same &= f < r->map.kinds.nr && r->map.same[f] && r->map.from_file[f] == w->map.from_file[f];
	if (same && r->map.kinds.nr == w->map.kinds.nr) {
		for (uint32_t i = 0; i < r->nr_events && code == SG_OK; i++)
			code = copy_frame(w, r, r->events[i], err);
		if (r->nr_events)
			w->number = r->frame[r->events[r->nr_events - 1]].part.pos +
				    r->frame[r->events[r->nr_events - 1]].events - 1;
		return code;
	}
	/* a file of another list of kinds: event by event */
	code = ss_seek(r, 1, err);
	while (code == SG_OK && (n = ss_read(r, ev, 64)) > 0)
		for (size_t i = 0; i < n && code == SG_OK; i++)
			code = ss_append(w, &ev[i], err);
	return code;
}
