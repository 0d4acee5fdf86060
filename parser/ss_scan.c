// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds the frames of a session file: from its seek table and index, or, when these are missing or
 * don't fit, by going through the file from its beginning.  Nothing that the file says is believed
 * before it is checked; memory is bounded by one frame and the list of frames.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ss_priv.h"
#include "zstd_mem.h"

#define TABLE_FOOT 9u
#define TABLE_ITEM 12u
#define HAS_CHECKSUM 4u  /* bit of the frame header's descriptor */
#define FIRST_LOOK 4096u /* bytes of a frame that are read at once when its size isn't known */
#define MAX_BAD    256u  /* damaged places after which the search for frames is given up */

void ss_note(struct ss_reader *r, const char *fmt, ...)
{
	struct sg_note *note;
	char text[240];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	note = sg_realloc(r->note, (r->cap.nr_notes + 1) * sizeof(*note));
	if (!note)
		return; /* the damage is in the summary all the same */
	if (!r->note && r->cap.nr_notes)
		memcpy(note, r->cap.note, r->cap.nr_notes * sizeof(*note));
	sg_clean(note[r->cap.nr_notes].text, sizeof(note[0].text), text, strlen(text));
	r->note = note;
	r->cap.note = note;
	r->cap.nr_notes++;
}

const char *ss_frame_name(const struct ss_info *f, char buf[64])
{
	if (!f->known)
		snprintf(buf, 64, "frame at byte %llu", (unsigned long long)f->offset);
	else if (f->events)
		snprintf(buf, 64, "events %llu to %llu", (unsigned long long)f->part.pos,
			 (unsigned long long)(f->part.pos + f->events - 1));
	else
		snprintf(buf, 64, "%.4s %u part %u", f->part.tag, f->part.number, f->part.part + 1);
	return buf;
}

static bool read_at(int fd, uint8_t *p, size_t len, uint64_t at)
{
	while (len > 0) {
		ssize_t n = pread(fd, p, len, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			sg_read_fail(errno);
		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
		at += (uint64_t)n;
	}
	return true;
}

static bool grow(uint8_t **p, size_t *cap, size_t need)
{
	uint8_t *q;

	if (need <= *cap)
		return true;
	q = sg_realloc(*p, need);
	if (!q)
		return false;
	*p = q;
	*cap = need;
	return true;
}

/* Unpacks r->packed; *@raw bytes in r->raw. False: damaged. @nomem: or no memory. */
static bool unpack(struct ss_reader *r, size_t len, uint32_t *raw, bool *nomem)
{
	unsigned long long size;
	size_t n;

	if (len < 9 || ss_le(r->packed, 4) != SS_MAGIC_ZSTD || !(r->packed[4] & HAS_CHECKSUM))
		return false;
	size = ZSTD_getFrameContentSize(r->packed, len);
	if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR || size < SS_PART_HEAD ||
	    size > SS_MAX_RAW)
		return false;
	if (!grow(&r->raw, &r->cap_raw, (size_t)size)) {
		*nomem = true;
		return false;
	}
	n = ZSTD_decompressDCtx(r->dctx, r->raw, (size_t)size, r->packed, len);
	if (zstd_bad(n) || n != size)
		return false;
	*raw = (uint32_t)n;
	return true;
}

/* What an event frame says of its events, apart from the number of the first. */
static bool event_head(struct ss_info *f, const uint8_t *p)
{
	f->events = ss_le(p, 4);
	f->lost_unknown = ss_le(p + 4, 4) != 0;
	f->first_ts = ss_le(p + 8, 8);
	f->last_ts = ss_le(p + 16, 8);
	f->lost = ss_le(p + 24, 8);
	return f->events > 0 && f->events <= SS_FRAME_EVENTS;
}

static bool is_events(const struct ss_info *f)
{
	return memcmp(f->part.tag, "EVTS", 4) == 0;
}

static bool take_part(struct ss_info *f, const uint8_t *raw, size_t len)
{
	if (!ss_part_get(raw, len, &f->part))
		return false;
	f->known = true;
	f->events = 0;
	if (!is_events(f))
		return true;
	return f->part.len >= SS_EVENT_HEAD && f->part.pos > 0 && f->part.pos < 1ull << 56 &&
	       event_head(f, raw + SS_PART_HEAD);
}

static bool same_part(const struct ss_info *a, const struct ss_info *b)
{
	return memcmp(a->part.tag, b->part.tag, 4) == 0 && a->part.number == b->part.number &&
	       a->part.part == b->part.part && a->part.nr_parts == b->part.nr_parts && a->part.len == b->part.len &&
	       a->part.pos == b->part.pos && a->part.total == b->part.total && a->events == b->events &&
	       a->first_ts == b->first_ts && a->last_ts == b->last_ts && a->lost == b->lost;
}

void ss_frame_damaged(struct ss_reader *r, uint32_t i)
{
	struct ss_info *f = &r->frame[i];
	char name[64];

	if (f->damaged)
		return;
	f->damaged = true;
	if (f->events) {
		r->cap.lost_events += f->events;
		r->cap.lost_events -= f->lost < r->cap.lost_events ? f->lost : 0;
	}
	ss_note(r, "the session file is damaged: frame %u (%s) cannot be read", i + 1, ss_frame_name(f, name));
}

int ss_frame_load(struct ss_reader *r, uint32_t i, struct ss_part *ret, struct sg_err *err)
{
	struct ss_info *f = &r->frame[i], now;
	bool nomem = false;
	char name[64];
	uint32_t raw;

	if (!grow(&r->packed, &r->cap_packed, f->bytes))
		return sg_fail(err, SG_E_NOMEM, "%s: out of memory", r->path);
	if (f->damaged || !read_at(r->fd, r->packed, f->bytes, f->offset) || !unpack(r, f->bytes, &raw, &nomem))
		goto bad;
	now = *f;
	if (raw != f->raw || !take_part(&now, r->raw, raw) || (f->known && !same_part(f, &now)))
		goto bad;
	*ret = now.part;
	return SG_OK;
bad:
	if (nomem)
		return sg_fail(err, SG_E_NOMEM, "%s: out of memory", r->path);
	ss_frame_damaged(r, i);
	return sg_fail(err, SG_E_FORMAT, "%s: frame %u (%s, at byte %llu) is damaged", r->path, i + 1,
		       ss_frame_name(f, name), (unsigned long long)f->offset);
}

static struct ss_info *new_frame(struct ss_reader *r)
{
	if (r->nr_frames == SS_MAX_FRAMES)
		return NULL;
	if (r->nr_frames == r->cap_frames) {
		uint32_t cap = r->cap_frames ? r->cap_frames * 2 : 64;
		struct ss_info *frame = sg_realloc(r->frame, cap * sizeof(*frame));

		if (!frame)
			return NULL;
		r->frame = frame;
		r->cap_frames = cap;
	}
	memset(&r->frame[r->nr_frames], 0, sizeof(r->frame[0]));
	return &r->frame[r->nr_frames++];
}

static int too_many(struct ss_reader *r, struct sg_err *err)
{
	if (r->nr_frames == SS_MAX_FRAMES)
		return sg_fail(err, SG_E_RANGE, "%s: more than %u frames: no session is like that", r->path,
			       SS_MAX_FRAMES);
	return sg_fail(err, SG_E_NOMEM, "%s: out of memory", r->path);
}

/* ---- by the seek table ------------------------------------------------------------------ */

/* 1: the table is there and fits the file, 0: it isn't or doesn't. */
static int seek_table(struct ss_reader *r, struct sg_err *err)
{
	uint8_t foot[TABLE_FOOT], head[8], *items;
	uint64_t nr, len, at = 0;

	if (r->size < sizeof(head) + TABLE_FOOT || !read_at(r->fd, foot, sizeof(foot), r->size - TABLE_FOOT))
		return 0;
	nr = ss_le(foot, 4);
	len = nr * TABLE_ITEM;
	if (ss_le(foot + 5, 4) != SS_MAGIC_TABLE || (foot[4] & 0xfc) != 0x80 || nr == 0 || nr > SS_MAX_FRAMES ||
	    len > r->size - sizeof(head) - TABLE_FOOT)
		return 0;
	if (!read_at(r->fd, head, sizeof(head), r->size - TABLE_FOOT - len - sizeof(head)) ||
	    ss_le(head, 4) != SS_MAGIC_SKIP || ss_le(head + 4, 4) != len + TABLE_FOOT)
		return 0;
	items = sg_malloc(len);
	if (!items)
		return sg_fail(err, SG_E_NOMEM, "%s: out of memory", r->path);
	if (!read_at(r->fd, items, len, r->size - TABLE_FOOT - len)) {
		free(items);
		return 0;
	}
	for (uint64_t i = 0; i < nr; i++) {
		const uint8_t *p = items + i * TABLE_ITEM;
		struct ss_info *f = new_frame(r);

		if (!f) {
			free(items);
			return too_many(r, err);
		}
		f->offset = at;
		f->bytes = (uint32_t)ss_le(p, 4);
		f->raw = (uint32_t)ss_le(p + 4, 4);
		f->checksum = (uint32_t)ss_le(p + 8, 4);
		at += f->bytes;
		if (f->bytes > ZSTD_compressBound(SS_MAX_RAW) || f->raw > SS_MAX_RAW)
			at = UINT64_MAX / 2; /* doesn't fit */
	}
	free(items);
	if (at == r->size - TABLE_FOOT - len - sizeof(head))
		return 1;
	r->nr_frames = 0;
	return 0;
}

/* What the index says about all frames before it; false when it can't be used. */
static bool take_index(struct ss_reader *r, const uint8_t *p, size_t len, uint32_t nr)
{
	if (len != SS_INDEX_HEAD + (size_t)nr * SS_INDEX_ITEM || ss_le(p + 4, 4) != nr)
		return false;
	p += SS_INDEX_HEAD;
	for (uint32_t i = 0; i < nr; i++, p += SS_INDEX_ITEM) {
		struct ss_info *f = &r->frame[i];
		uint8_t head[SS_PART_HEAD];
		struct ss_buf b = { .data = head, .cap = sizeof(head) };

		ss_put(&b, SS_MAGIC_PART, 4);
		ss_put_bytes(&b, p, 20);
		ss_put_bytes(&b, p + 24, 16);
		if (f->raw < SS_PART_HEAD || !ss_part_get(head, f->raw, &f->part))
			return false;
		f->lost_unknown = ss_le(p + 20, 4) != 0;
		f->events = ss_le(p + 40, 8);
		f->first_ts = ss_le(p + 48, 8);
		f->last_ts = ss_le(p + 56, 8);
		f->lost = ss_le(p + 64, 8);
		f->known = true;
		if (is_events(f) ? f->events == 0 || f->events > SS_FRAME_EVENTS || f->part.pos == 0 ||
					   f->part.pos >= 1ull << 56
				 : f->events != 0)
			return false;
	}
	return true;
}

static int by_index(struct ss_reader *r, struct sg_err *err)
{
	uint32_t last = r->nr_frames - 1, nr;
	struct ss_part part;
	struct ss_buf b = { 0 };
	bool good;
	int code;

	code = ss_frame_load(r, last, &part, err);
	if (code == SG_E_NOMEM)
		return code;
	if (code < 0 || memcmp(part.tag, "INDX", 4) != 0 || part.nr_parts > r->nr_frames ||
	    part.part != part.nr_parts - 1)
		return 0;
	nr = r->nr_frames - part.nr_parts;
	for (uint32_t i = nr; i <= last; i++) {
		code = ss_frame_load(r, i, &part, err);
		if (code < 0 || memcmp(part.tag, "INDX", 4) != 0 || part.part != i - nr) {
			free(b.data);
			return code == SG_E_NOMEM ? code : 0;
		}
		r->frame[i].part = part;
		r->frame[i].known = true;
		ss_put_bytes(&b, r->raw + SS_PART_HEAD, part.len);
	}
	if (b.failed) {
		free(b.data);
		return sg_fail(err, SG_E_NOMEM, "%s: out of memory", r->path);
	}
	good = b.data && take_index(r, b.data, b.len, nr);
	free(b.data);
	return good;
}

/* ---- by going through the file -------------------------------------------------------------- */

/* Size of the packed frame at @at when it is whole, 0 when it isn't; its bytes are in r->packed. */
static size_t whole_frame(struct ss_reader *r, uint64_t at, bool *nomem)
{
	const size_t most = ZSTD_compressBound(SS_MAX_RAW);
	size_t want = FIRST_LOOK, have, size;

	for (;;) {
		have = r->size - at < want ? (size_t)(r->size - at) : want;
		if (!grow(&r->packed, &r->cap_packed, have)) {
			*nomem = true;
			return 0;
		}
		if (have < 9 || !read_at(r->fd, r->packed, have, at) || ss_le(r->packed, 4) != SS_MAGIC_ZSTD)
			return 0;
		size = ZSTD_findFrameCompressedSize(r->packed, have);
		if (!ZSTD_isError(size))
			return size;
		if (have < want || want >= most)
			return 0;
		want = want * 8 < most ? want * 8 : most;
	}
}

/* The next place from @at on where a frame may begin, the file's size when there is none. */
static uint64_t next_magic(struct ss_reader *r, uint64_t at)
{
	uint8_t buf[65536];

	while (at + 4 <= r->size) {
		size_t n = r->size - at < sizeof(buf) ? (size_t)(r->size - at) : sizeof(buf);

		if (!read_at(r->fd, buf, n, at))
			break;
		for (size_t i = 0; i + 4 <= n; i++)
			if (buf[i] == 0x28 && ss_le(buf + i, 4) == SS_MAGIC_ZSTD)
				return at + i;
		at += n - 3;
	}
	return r->size;
}

/* A skippable frame at @at: its size, 0 when there is none. */
static uint64_t skippable(struct ss_reader *r, uint64_t at)
{
	uint8_t head[8];

	if (r->size - at < 8 || !read_at(r->fd, head, 8, at) || (ss_le(head, 4) & ~15ull) != 0x184d2a50u)
		return 0;
	return 8 + ss_le(head + 4, 4);
}

static int by_search(struct ss_reader *r, struct sg_err *err)
{
	unsigned int bad = 0;
	uint64_t at = 0;

	r->nr_frames = 0;
	r->whole_bytes = 0;
	while (at < r->size && bad < MAX_BAD) {
		bool nomem = false, good;
		size_t size = whole_frame(r, at, &nomem);
		uint64_t skip = size ? 0 : skippable(r, at), next;
		struct ss_info *f;
		uint32_t raw = 0;

		if (skip && skip <= r->size - at) {
			at += skip;
			continue;
		}
		good = size && unpack(r, size, &raw, &nomem);
		if (nomem)
			return sg_fail(err, SG_E_NOMEM, "%s: out of memory", r->path);
		next = good ? at + size : next_magic(r, at + 1);
		if (!good && (skip || next == r->size))
			break; /* cut off here: nothing whole follows */
		f = new_frame(r);
		if (!f)
			return too_many(r, err);
		f->offset = at;
		f->bytes = (uint32_t)(good ? size : 0);
		f->raw = raw;
		if (!good || !take_part(f, r->raw, raw)) {
			f->known = false;
			f->events = 0;
			f->damaged = true;
			bad++;
		}
		at = next;
		if (good)
			r->whole_bytes = at;
	}
	return SG_OK;
}

int ss_scan(struct ss_reader *r, struct sg_err *err)
{
	int code = seek_table(r, err);

	if (code > 0) {
		r->whole_bytes = r->size;
		code = by_index(r, err);
		r->whole = code > 0;
		/* what was tried with the index is no news about the description, which isn't read yet */
		free(r->note);
		r->note = NULL;
		r->cap.nr_notes = 0;
	}
	if (code < 0)
		return code;
	return code > 0 ? SG_OK : by_search(r, err);
}

/* ---- sections ----------------------------------------------------------------------------------- */

/* All parts of the section that begins with frame @i; 1, 0 when it isn't whole, or no memory. */
static int join(struct ss_reader *r, uint32_t i, uint64_t max, uint8_t **ret, size_t *len, struct sg_err *err)
{
	const struct ss_part first = r->frame[i].part;
	struct ss_buf b = { 0 };
	struct ss_part part;
	int code;

	if (first.total > max || first.nr_parts > r->nr_frames - i)
		return 0;
	for (uint32_t p = 0; p < first.nr_parts; p++) {
		const struct ss_info *f = &r->frame[i + p];

		if (!f->known || memcmp(f->part.tag, first.tag, 4) != 0 || f->part.number != first.number ||
		    f->part.part != p || f->part.nr_parts != first.nr_parts || f->part.total != first.total ||
		    f->part.len > first.total - b.len)
			goto bad;
		code = ss_frame_load(r, i + p, &part, err);
		if (code == SG_E_NOMEM) {
			free(b.data);
			return code;
		}
		if (code < 0)
			goto bad;
		ss_put_bytes(&b, r->raw + SS_PART_HEAD, part.len);
	}
	if (b.failed) {
		free(b.data);
		return sg_fail(err, SG_E_NOMEM, "%s: out of memory", r->path);
	}
	if (b.len != first.total)
		goto bad;
	if (!b.data) {
		b.data = sg_malloc(1);
		if (!b.data)
			return sg_fail(err, SG_E_NOMEM, "%s: out of memory", r->path);
	}
	*ret = b.data;
	*len = b.len;
	return 1;
bad:
	free(b.data);
	return 0;
}

int ss_section(struct ss_reader *r, const char tag[4], uint32_t number, uint64_t max, uint8_t **ret,
	       size_t *len, struct sg_err *err)
{
	for (uint32_t i = r->nr_frames; i-- > 0;) {
		const struct ss_info *f = &r->frame[i];
		int code;

		if (!f->known || f->part.part != 0 || f->part.number != number || memcmp(f->part.tag, tag, 4) != 0)
			continue;
		code = join(r, i, max, ret, len, err);
		if (code)
			return code < 0 ? code : SG_OK;
	}
	return sg_fail(err, SG_E_NOTFOUND, "%s: the session has no section %.4s %u", r->path, tag, number);
}
