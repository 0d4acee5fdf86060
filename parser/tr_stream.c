// SPDX-License-Identifier: GPL-2.0-only
/*
 * The records of one CPU.  A sub-buffer is a time stamp, a commit word (bytes
 * committed, and whether records were lost before it), then records: a 32-bit
 * head with a type of 5 bits and a time difference of 27 bits.
 */
#include "tr_priv.h"

#define TYPE_PADDING  29u
#define TYPE_EXTEND   30u
#define TYPE_STAMP    31u
#define COMMIT_MASK   ((1u << 27) - 1)
#define COMMIT_MISSED (1u << 31)
#define COMMIT_STORED (1u << 30) /* the number of lost records follows the data */
#define STAMP_MSB     (0xf8ull << 56) /* absolute stamps leave these bits to the page's */

/* Adds to what is to be told with the next record; unknown stays unknown. */
static void add_missed(struct tr_stream *s, int64_t n)
{
	s->missed = n < 0 || s->missed < 0 ? -1 : s->missed + n;
}

void tr_count_lost(struct tr_capture *tc, int64_t n)
{
	if (n < 0)
		tc->cap.lost_unknown = true;
	else
		tc->cap.lost_events += (uint64_t)n;
}

static void bad_page(struct tr_capture *tc, struct tr_stream *s)
{
	tc->bad_pages++;
	if (!tc->page_note) {
		tc->page_note = tr_note(tc, "damaged trace pages") + 1;
	}
	tr_note_set(tc, tc->page_note - 1,
		    "%llu damaged trace page%s (the latest of CPU %u): events are lost there",
		    (unsigned long long)tc->bad_pages, tc->bad_pages == 1 ? "" : "s", s->cpu);
	add_missed(s, -1);
	tr_count_lost(tc, -1);
}

static void gap(struct tr_capture *tc, struct tr_stream *s, const struct tr_part *b)
{
	static const char *const what[] = {
		[TR_GAP_CHUNK] = "compressed pieces that cannot be unpacked",
		[TR_GAP_CHAIN] = "CPUs whose compressed data breaks off",
		[TR_GAP_READ] = "CPUs whose data is cut (the file is shorter than it says, or "
				"cannot be read)",
		[TR_GAP_MEMORY] = "CPUs that are not read to their end for lack of memory",
	};
	unsigned int g = b->gap;

	tc->damaged[g]++;
	if (!tc->gap_note[g])
		tc->gap_note[g] = tr_note(tc, "%s", what[g]) + 1;
	tr_note_set(tc, tc->gap_note[g] - 1,
		    "%s: %llu, the latest of CPU %u at byte %llu; events are lost there", what[g],
		    (unsigned long long)tc->damaged[g], s->cpu, (unsigned long long)b->gap_at);
	add_missed(s, -1);
	tr_count_lost(tc, -1);
}

/* Opens the next sub-buffer; false at the end of the stream. */
static bool next_page(struct tr_capture *tc, struct tr_stream *s)
{
	const struct tr_page_layout *l = &tc->layout;
	const bool swap = tc->head.swap;
	const uint8_t *page;
	uint64_t commit, n;
	size_t size;

	while (s->sub == s->sub_end) {
		const struct tr_part *part;

		if (!s->blk || s->part == s->blk->nr) {
			s->blk = tr_feeder_next(&tc->feeder, s->idx);
			s->part = 0;
			if (!s->blk)
				return false;
			atomic_fetch_add_explicit(&tc->bytes_read, s->blk->src_bytes,
						  memory_order_relaxed);
			continue;
		}
		part = &s->blk->part[s->part++];
		if (part->gap)
			gap(tc, s, part);
		if (part->len == 0)
			continue;
		s->sub = part->data;
		s->sub_end = part->data + part->len;
	}
	page = s->sub;
	size = (size_t)(s->sub_end - page);
	if (size > s->page_size)
		size = s->page_size;
	s->sub += size;
	s->p = s->end = page;
	if (size < l->data_off || size < l->ts_off + 8 || size < l->commit_off + l->commit_size) {
		bad_page(tc, s);
		return true;
	}
	commit = l->commit_size == 8 ? tr_rd64(page + l->commit_off, swap)
				     : tr_rd32(page + l->commit_off, swap);
	n = commit & COMMIT_MASK;
	if (n > size - l->data_off) {
		bad_page(tc, s);
		return true;
	}
	s->raw_ts = tr_rd64(page + l->ts_off, swap);
	s->p = page + l->data_off;
	s->end = s->p + n;
	if (commit & COMMIT_MISSED) {
		int64_t lost = -1;

		if ((commit & COMMIT_STORED) && size - l->data_off - n >= l->commit_size)
			lost = l->commit_size == 8 ? (int64_t)tr_rd64(s->end, swap)
						   : tr_rd32(s->end, swap);
		if (lost <= 0 || lost > INT64_MAX / 4)
			lost = -1;
		add_missed(s, lost);
		tr_count_lost(tc, lost);
	}
	return true;
}

bool tr_stream_next(struct tr_capture *tc, struct tr_stream *s)
{
	const bool swap = tc->head.swap, be = tc->head.big_endian;

	for (;;) {
		uint32_t head, type, delta, len, left;
		const uint8_t *data;

		if (s->end - s->p < 4) {
			if (!next_page(tc, s))
				return false;
			continue;
		}
		head = tr_rd32(s->p, swap);
		type = be ? head >> 27 : head & 31;
		delta = be ? head & ((1u << 27) - 1) : head >> 5;
		data = s->p + 4;
		left = (uint32_t)(s->end - data);
		if (type - 1 < TYPE_PADDING - 1) {
			len = type * 4;
		} else if (type == 0 && left >= 4) {
			/* the length, itself included, is in the first word */
			len = tr_rd32(data, swap);
			data += 4;
			left -= 4;
			len = len >= 4 && len <= COMMIT_MASK ? (len - 4 + 3) & ~3u : UINT32_MAX;
		} else if (type == TYPE_PADDING) {
			/*
			 * without a time difference: the rest of the page; else a discarded
			 * record
			 */
			len = delta && left >= 4 ? tr_rd32(data, swap) : left;
			if (len > left)
				len = left;
			s->raw_ts += delta;
			s->p = data + len;
			continue;
		} else if (type >= TYPE_EXTEND && left >= 4) {
			uint64_t ext = ((uint64_t)tr_rd32(data, swap) << 27) + delta;

			s->raw_ts = type == TYPE_STAMP ? ext | (s->raw_ts & STAMP_MSB)
						       : s->raw_ts + ext;
			s->p = data + 4;
			continue;
		} else {
			len = UINT32_MAX;
		}
		if (len > left) {
			s->p = s->end;
			bad_page(tc, s);
			continue;
		}
		s->raw_ts += delta;
		s->rec = data;
		s->rec_len = len;
		s->p = data + len;
		s->ts = s->plain_ts ? s->raw_ts + tc->head.tc.offset
				    : tr_ts_convert(&tc->head.tc, s->raw_ts, s->cpu, s->sync);
		return true;
	}
}
