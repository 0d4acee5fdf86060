// SPDX-License-Identifier: GPL-2.0-only
/* Writes a session file: snapshots, with their page flags. */
#include <stdlib.h>
#include <string.h>

#include "ss_writer.h"

/* Page flags: the different words of a piece, then the number of its word for each page. */
struct flags {
	struct ss_writer *w;
	struct sg_err *err;
	uint32_t number;
	uint64_t pfn, end; /* of the piece */
	uint64_t *word;    /* [SS_PIECE] the words of the piece */
	size_t nr;
	uint64_t dict[65536];
	uint32_t nr_dict;
	uint32_t slot[1u << 17]; /* 1 + index in @dict, by hash */
	uint16_t *index;         /* [SS_PIECE] */
	int r;
};

static int flags_flush(struct flags *f)
{
	struct ss_buf b = { 0 };
	struct ss_info *info;
	unsigned int width = f->nr_dict > 256 ? 2 : 1;
	uint8_t *p;

	if (f->nr == 0)
		return SG_OK;
	ss_put(&b, f->nr, 4);
	ss_put(&b, f->nr_dict, 4);
	for (uint32_t i = 0; i < f->nr_dict; i++)
		ss_put(&b, f->dict[i], 8);
	p = ss_buf_room(&b, f->nr * width);
	if (p)
		for (size_t i = 0; i < f->nr; i++) {
			*p++ = (uint8_t)f->index[i];
			if (width == 2)
				*p++ = (uint8_t)(f->index[i] >> 8);
		}
	b.len += f->nr * width;
	info = p ? ss_writer_info(f->w) : NULL;
	if (!info) {
		free(b.data);
		return ss_writer_no_memory(f->w, f->err);
	}
	memcpy(info->part.tag, "PFLG", 4);
	info->part.number = f->number;
	info->part.nr_parts = 1;
	info->part.pos = f->pfn;
	info->part.total = b.len;
	f->r = ss_writer_frame(f->w, info, b.data, b.len, LEVEL_OTHER, f->err);
	free(b.data);
	f->pfn += f->nr;
	f->nr = f->nr_dict = 0;
	memset(f->slot, 0, sizeof(f->slot));
	return f->r;
}

static uint32_t dict_index(struct flags *f, uint64_t word)
{
	uint32_t s = (uint32_t)((word * 0x9e3779b97f4a7c15ull) >> 47);

	while (f->slot[s] && f->dict[f->slot[s] - 1] != word)
		s = (s + 1) & ((1u << 17) - 1);
	if (!f->slot[s]) {
		if (f->nr_dict == 65536)
			return UINT32_MAX;
		f->dict[f->nr_dict++] = word;
		f->slot[s] = f->nr_dict;
	}
	return f->slot[s] - 1;
}

static int take_flags(void *arg, uint64_t pfn, const uint64_t *flags, size_t nr)
{
	struct flags *f = arg;

	if (pfn != f->pfn + f->nr) {
		if (f->nr && flags_flush(f) < 0)
			return 1;
		f->pfn = pfn;
	}
	for (size_t i = 0; i < nr; i++) {
		uint32_t d = f->nr < SS_PIECE ? dict_index(f, flags[i]) : UINT32_MAX;

		if (d == UINT32_MAX) {
			if (flags_flush(f) < 0)
				return 1;
			d = dict_index(f, flags[i]);
		}
		f->index[f->nr++] = (uint16_t)d;
	}
	return 0;
}

int ss_writer_snapshot(struct ss_writer *w, const struct sg_snapshot *s, uint32_t number, struct sg_err *err)
{
	struct ss_buf b = { 0 };
	struct flags *f;
	int r;

	ss_snap_put(&b, s);
	r = ss_writer_put(w, "SNAP", number, &b, err);
	if (r < 0 || !s->have_pageflags)
		return r;
	f = sg_calloc(1, sizeof(*f));
	if (!f || !(f->index = sg_malloc(SS_PIECE * sizeof(*f->index)))) {
		free(f);
		return ss_writer_no_memory(w, err);
	}
	f->w = w;
	f->err = err;
	f->number = number;
	/* a damaged file: what can be read is kept, as the parser says in its notes */
	s->pageflags(s, take_flags, f);
	r = f->r;
	if (r == SG_OK)
		r = flags_flush(f);
	free(f->index);
	free(f);
	return r;
}
