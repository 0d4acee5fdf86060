// SPDX-License-Identifier: GPL-2.0-only
/*
 * A version 7 file that was cut: the table that says where each CPU's data lies is written last, so
 * it is lost first.  The data itself can be found again, because the parts of the file follow each
 * other: the first trace buffer comes behind the first directory, its CPUs one after the other,
 * each at a page's start.  What the table alone knew (which CPUs had no data, further instances)
 * stays unknown.
 */
#include "tr_priv.h"

#define MAX_PARTS 64

struct part {
	uint64_t at, size;
	unsigned int id, flags;
};

static bool part_at(const struct tr_src *src, uint64_t at, bool swap, struct part *p)
{
	uint8_t b[16];

	if (tr_src_read(src, at, b, sizeof(b)) < sizeof(b))
		return false;
	*p = (struct part){ .at = at,
			    .id = tr_rd16(b, swap),
			    .flags = tr_rd16(b + 2, swap),
			    .size = tr_rd64(b + 8, swap) };
	return true;
}

/*
 * Behind the last chunk of the data at @at, the end of the file when it is cut, 0 when there is
 * none.
 */
static uint64_t packed_end(const struct tr_src *src, const struct tr_head *h, uint64_t at)
{
	uint32_t chunks;
	uint8_t b[8];

	if (tr_src_read(src, at, b, 4) < 4)
		return 0;
	chunks = tr_rd32(b, h->swap);
	if (chunks == 0)
		return 0;
	at += 4;
	for (uint32_t i = 0; i < chunks; i++) {
		uint32_t csize, usize;

		if (tr_src_read(src, at, b, 8) < 8)
			return i ? src->size : 0;
		csize = tr_rd32(b, h->swap);
		usize = tr_rd32(b + 4, h->swap);
		if (csize == 0 || usize == 0 || usize > TR_MAX_CHUNK || usize % h->page_size)
			return 0;
		if (csize > src->size - at - 8)
			return src->size;
		at += 8 + csize;
	}
	return at;
}

/* Behind the last page whose time is not before that of the page before it. */
static uint64_t plain_end(const struct tr_src *src, const struct tr_head *h, uint64_t at)
{
	uint64_t last = 0;
	uint8_t b[8];

	while (at < src->size && tr_src_read(src, at, b, 8) == 8) {
		uint64_t ts = tr_rd64(b, h->swap);

		if (ts < last)
			return at;
		last = ts;
		at += h->page_size;
	}
	return at < src->size ? at : src->size;
}

void tr_rescue(struct tr_capture *tc, struct tr_head *h, uint64_t options)
{
	uint32_t cpus = h->have_cpucount ? h->cpucount : 0, found = 0;
	const struct tr_src *src = &tc->src;
	struct part p;
	uint64_t at;

	if (!part_at(src, options, h->swap, &p) || p.id != TR_OPT_DONE)
		return;
	for (int i = 0; i < MAX_PARTS && p.id != TR_OPT_BUFFER; i++)
		if (p.size > src->size || !part_at(src, p.at + 16 + p.size, h->swap, &p) ||
		    p.id > 64)
			return;
	if (p.id != TR_OPT_BUFFER)
		return;
	h->inst[0].compressed = p.flags & 1;
	at = p.at + 16;
	while (found < cpus && found < TR_MAX_STREAMS) {
		uint64_t end;

		at = (at + h->page_size - 1) / h->page_size * h->page_size;
		if (at >= src->size)
			break;
		end = h->inst[0].compressed ? packed_end(src, h, at) : plain_end(src, h, at);
		if (end <= at || tr_head_where(h, 0, found, at, end - at) < 0)
			break;
		found++;
		at = end;
	}
	if (!found)
		return;
	h->have_buffers = true;
	tc->cap.lost_unknown = true;
	tr_note(tc,
		"the file is cut: its table of trace buffers is missing. Data of %u of %u CPUs was "
		"found without it; which CPU is which is a guess, and further instances are not "
		"read",
		found, cpus);
}
