// SPDX-License-Identifier: GPL-2.0-only
/* Bookmarks, path, filters, runs, place, keyframes and others' own sections of a session. */
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "ss_priv.h"

#define LEVEL_LISTS 9
#define LEVEL_FRAMES 3 /* keyframes are large, and many */

static int put_list(struct ss_writer *w, const char tag[4], uint32_t number, uint64_t pos, struct ss_buf *b,
		    struct sg_err *err)
{
	int r = b->failed ? sg_fail(err, SG_E_NOMEM, "%s: out of memory", ss_temp_name(w))
			  : ss_write_section(w, tag, number, pos, b->data, b->len, LEVEL_LISTS, err);

	free(b->data);
	return r;
}

static bool text_fits(const char *text)
{
	return !text || strlen(text) < SS_MAX_TEXT;
}

static int too_much(struct ss_writer *w, const char *what, struct sg_err *err)
{
	return sg_fail(err, SG_E_RANGE, "%s: a session takes at most %u %s with texts of %u bytes", ss_temp_name(w),
		       SS_MAX_ENTRIES, what, SS_MAX_TEXT - 1);
}

int ss_put_bookmarks(struct ss_writer *w, const struct ss_bookmark *m, size_t nr, struct sg_err *err)
{
	struct ss_buf b = { 0 };

	ss_put(&b, nr, 4);
	for (size_t i = 0; i < nr; i++) {
		if (nr > SS_MAX_ENTRIES || !text_fits(m[i].name) || !text_fits(m[i].note)) {
			free(b.data);
			return too_much(w, "bookmarks", err);
		}
		ss_put(&b, m[i].pos, 8);
		ss_put_text(&b, m[i].name);
		ss_put_text(&b, m[i].note);
	}
	return put_list(w, "BOOK", 0, 0, &b, err);
}

int ss_put_path(struct ss_writer *w, uint32_t piece, const struct ss_step *s, size_t nr, struct sg_err *err)
{
	struct ss_buf b = { 0 };

	ss_put(&b, nr, 4);
	for (size_t i = 0; i < nr; i++) {
		if (nr > SS_MAX_ENTRIES || !text_fits(s[i].view) || !text_fits(s[i].key)) {
			free(b.data);
			return too_much(w, "steps in a piece of the path", err);
		}
		ss_put(&b, s[i].ms, 8);
		ss_put(&b, s[i].pos, 8);
		ss_put_text(&b, s[i].view);
		ss_put_text(&b, s[i].key);
	}
	return put_list(w, "PATH", piece, 0, &b, err);
}

/* Filters and runs are both pairs of texts. */
static int put_pairs(struct ss_writer *w, const char tag[4], const char *what, const char *const (*text)[2], size_t nr,
		     struct sg_err *err)
{
	struct ss_buf b = { 0 };

	ss_put(&b, nr, 4);
	for (size_t i = 0; i < nr; i++) {
		if (nr > SS_MAX_ENTRIES || !text_fits(text[i][0]) || !text_fits(text[i][1])) {
			free(b.data);
			return too_much(w, what, err);
		}
		ss_put_text(&b, text[i][0]);
		ss_put_text(&b, text[i][1]);
	}
	return put_list(w, tag, 0, 0, &b, err);
}

_Static_assert(sizeof(struct ss_filter) == 2 * sizeof(char *) && sizeof(struct ss_run) == 2 * sizeof(char *),
	       "filters and runs are pairs of texts");

int ss_put_filters(struct ss_writer *w, const struct ss_filter *f, size_t nr, struct sg_err *err)
{
	return put_pairs(w, "FILT", "filters", (const char *const(*)[2])f, nr, err);
}

int ss_put_runs(struct ss_writer *w, const struct ss_run *run, size_t nr, struct sg_err *err)
{
	return put_pairs(w, "RUNS", "runs", (const char *const(*)[2])run, nr, err);
}

int ss_put_place(struct ss_writer *w, const struct ss_place *p, struct sg_err *err)
{
	struct ss_buf b = { 0 };

	if (!text_fits(p->view))
		return too_much(w, "places", err);
	ss_put(&b, p->pos, 8);
	ss_put_text(&b, p->view);
	return put_list(w, "PLAC", 0, 0, &b, err);
}

int ss_put_keyframe(struct ss_writer *w, uint32_t number, uint32_t run, uint64_t pos, const void *image, size_t len,
		    struct sg_err *err)
{
	struct ss_buf b = { 0 };
	int r;

	/* the run goes in front of the image */
	ss_put(&b, run, 4);
	ss_put_bytes(&b, image, len);
	r = b.failed ? sg_fail(err, SG_E_NOMEM, "%s: out of memory", ss_temp_name(w))
		     : ss_write_section(w, "KEYF", number, pos, b.data, b.len, LEVEL_FRAMES, err);
	free(b.data);
	return r;
}

int ss_put_start(struct ss_writer *w, const void *image, size_t len, struct sg_err *err)
{
	return ss_write_section(w, "STRT", 0, 0, image, len, LEVEL_LISTS, err);
}

int ss_keyframe_cost(const void *image, size_t len, uint64_t *ret)
{
	size_t bound = ZSTD_compressBound(len), parts = len / SS_PART + 1, n;
	void *out = sg_malloc(bound);

	if (!out)
		return SG_E_NOMEM;
	n = ZSTD_compress(out, bound, image, len, LEVEL_FRAMES);
	free(out);
	if (ZSTD_isError(n))
		return SG_E_NOMEM;
	/* the head of a part may well not pack, and index and seek table name each frame */
	*ret = n + parts * (SS_PART_HEAD + 100);
	return SG_OK;
}

int ss_put_opaque(struct ss_writer *w, const char tag[4], uint32_t number, uint64_t pos, const void *data, size_t len,
		  struct sg_err *err)
{
	for (unsigned int i = 0; i < 4; i++)
		if (tag[0] != 'X' || !((tag[i] >= 'A' && tag[i] <= 'Z') || (tag[i] >= '0' && tag[i] <= '9')))
			return sg_fail(err, SG_E_USAGE, "a section of one's own is called X and three capital letters or digits");
	return ss_write_section(w, tag, number, pos, data, len, LEVEL_FRAMES, err);
}

/* ---- back -------------------------------------------------------------------------- */

/* One block with room for @nr things of @size, and the section's bytes behind them, which texts point into. */
static int block_of(struct ss_reader *r, const char tag[4], uint32_t number, size_t each, size_t size, bool counted,
		    void **ret, size_t *nr, struct ss_in *in, struct sg_err *err)
{
	struct sg_err why;
	uint8_t *data, *block;
	size_t len, n = 1;
	struct ss_in whole;
	int code = ss_section(r, tag, number, SS_MAX_DESC, &data, &len, &why);

	if (code < 0) {
		if (err)
			*err = why;
		return code;
	}
	whole = (struct ss_in){ .p = data, .end = data + len };
	if (counted)
		n = ss_get_count(&whole, each, SS_MAX_ENTRIES);
	block = whole.bad ? NULL : sg_malloc(n * size + len + 1);
	if (block) {
		memcpy(block + n * size, data, len);
		*in = (struct ss_in){ .p = block + n * size + (whole.p - data), .end = block + n * size + len };
	}
	free(data);
	if (whole.bad)
		return sg_fail(err, SG_E_FORMAT, "%s: the session's section %.4s makes no sense", r->path, tag);
	if (!block)
		return sg_fail(err, SG_E_NOMEM, "%s: out of memory", r->path);
	*ret = block;
	*nr = n;
	return SG_OK;
}

static int list_end(struct ss_reader *r, const char tag[4], const struct ss_in *in, void *block, struct sg_err *err)
{
	if (!in->bad)
		return SG_OK;
	free(block);
	return sg_fail(err, SG_E_FORMAT, "%s: the session's section %.4s makes no sense", r->path, tag);
}

int ss_get_bookmarks(struct ss_reader *r, struct ss_bookmark **ret, size_t *nr, struct sg_err *err)
{
	struct ss_bookmark *m;
	struct ss_in in;
	void *block;
	size_t n;
	int code = block_of(r, "BOOK", 0, 18, sizeof(*m), true, &block, &n, &in, err);

	if (code == SG_E_NOTFOUND) {
		*ret = NULL;
		*nr = 0;
		return SG_OK;
	}
	if (code < 0)
		return code;
	m = block;
	for (size_t i = 0; i < n; i++) {
		m[i].pos = ss_get(&in, 8);
		m[i].name = ss_get_text(&in);
		m[i].note = ss_get_text(&in);
	}
	code = list_end(r, "BOOK", &in, block, err);
	if (code == SG_OK) {
		*ret = m;
		*nr = n;
	}
	return code;
}

static int get_pairs(struct ss_reader *r, const char tag[4], void **ret, size_t *nr, struct sg_err *err)
{
	const char **text;
	struct ss_in in;
	void *block;
	size_t n;
	int code = block_of(r, tag, 0, 10, 2 * sizeof(*text), true, &block, &n, &in, err);

	if (code == SG_E_NOTFOUND) {
		*ret = NULL;
		*nr = 0;
		return SG_OK;
	}
	if (code < 0)
		return code;
	text = block;
	for (size_t i = 0; i < 2 * n; i++)
		text[i] = ss_get_text(&in);
	code = list_end(r, tag, &in, block, err);
	if (code == SG_OK) {
		*ret = block;
		*nr = n;
	}
	return code;
}

int ss_get_filters(struct ss_reader *r, struct ss_filter **ret, size_t *nr, struct sg_err *err)
{
	void *block;
	int code = get_pairs(r, "FILT", &block, nr, err);

	if (code == SG_OK)
		*ret = block;
	return code;
}

int ss_get_runs(struct ss_reader *r, struct ss_run **ret, size_t *nr, struct sg_err *err)
{
	void *block;
	int code = get_pairs(r, "RUNS", &block, nr, err);

	if (code == SG_OK)
		*ret = block;
	return code;
}

int ss_get_place(struct ss_reader *r, struct ss_place **ret, struct sg_err *err)
{
	struct ss_place *p;
	struct ss_in in;
	void *block;
	size_t n;
	int code = block_of(r, "PLAC", 0, 1, sizeof(*p), false, &block, &n, &in, err);

	if (code < 0)
		return code;
	p = block;
	p->pos = ss_get(&in, 8);
	p->view = ss_get_text(&in);
	code = list_end(r, "PLAC", &in, block, err);
	if (code == SG_OK)
		*ret = p;
	return code;
}

/* The pieces of the path: as one list of bytes, each with its count in front. */
static int path_bytes(struct ss_reader *r, struct ss_buf *b, size_t *nr, struct sg_err *err)
{
	*nr = 0;
	for (uint32_t piece = 0; piece < SS_MAX_ENTRIES; piece++) {
		uint8_t *data;
		size_t len;
		int code = ss_section(r, "PATH", piece, SS_MAX_DESC, &data, &len, err);
		struct ss_in in;

		if (code == SG_E_NOTFOUND)
			return SG_OK;
		if (code < 0)
			return code;
		in = (struct ss_in){ .p = data, .end = data + len };
		*nr += ss_get_count(&in, 26, SS_MAX_ENTRIES);
		if (!in.bad && b->len + len <= SS_MAX_DESC)
			ss_put_bytes(b, data, len);
		free(data);
		if (in.bad || b->len + len > 2ull * SS_MAX_DESC)
			return sg_fail(err, SG_E_FORMAT, "%s: the session's path makes no sense", r->path);
		if (b->failed)
			return sg_fail(err, SG_E_NOMEM, "%s: out of memory", r->path);
	}
	return SG_OK;
}

int ss_get_path(struct ss_reader *r, struct ss_step **ret, size_t *nr, struct sg_err *err)
{
	struct ss_buf b = { 0 };
	struct ss_step *s = NULL;
	struct ss_in in;
	size_t n, at = 0;
	int code = path_bytes(r, &b, &n, err);

	if (code == SG_OK && n > 0) {
		s = sg_malloc(n * sizeof(*s) + b.len);
		if (!s)
			code = sg_fail(err, SG_E_NOMEM, "%s: out of memory", r->path);
	}
	if (code == SG_OK && s) {
		memcpy(s + n, b.data, b.len);
		in = (struct ss_in){ .p = (uint8_t *)(s + n), .end = (uint8_t *)(s + n) + b.len };
		while (at < n && !in.bad)
			for (uint32_t left = ss_get_count(&in, 26, SS_MAX_ENTRIES); left > 0 && at < n; left--, at++) {
				s[at].ms = ss_get(&in, 8);
				s[at].pos = ss_get(&in, 8);
				s[at].view = ss_get_text(&in);
				s[at].key = ss_get_text(&in);
				if (at > 0 && s[at].ms < s[at - 1].ms)
					s[at].ms = s[at - 1].ms;
			}
		code = list_end(r, "PATH", &in, s, err);
	}
	free(b.data);
	if (code == SG_OK) {
		*ret = s;
		*nr = n;
	}
	return code;
}

/* ---- keyframes ------------------------------------------------------------------------ */

static int by_run_and_pos(const void *x, const void *y)
{
	const struct ss_keyframe *a = x, *b = y;

	if (a->run != b->run)
		return a->run < b->run ? -1 : 1;
	if (a->pos != b->pos)
		return a->pos < b->pos ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

/* Newest first within a number: the later frame in the file has the higher pos in this sort. */
static int by_number(const void *x, const void *y)
{
	const struct ss_keyframe *a = x, *b = y;

	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	return a->pos > b->pos ? -1 : a->pos < b->pos; /* here: place in the file */
}

int ss_list_keyframes(struct ss_reader *r, struct ss_keyframe **ret, size_t *nr, struct sg_err *err)
{
	struct ss_keyframe *k;
	size_t n = 0, out = 0;
	struct ss_part part;

	k = sg_malloc((r->nr_frames + 1) * sizeof(*k));
	if (!k)
		return sg_fail(err, SG_E_NOMEM, "%s: out of memory", r->path);
	for (uint32_t i = 0; i < r->nr_frames; i++) {
		const struct ss_info *f = &r->frame[i];

		if (f->known && f->part.part == 0 && f->part.total >= 4 && memcmp(f->part.tag, "KEYF", 4) == 0)
			k[n++] = (struct ss_keyframe){ .number = f->part.number, .pos = i };
	}
	qsort(k, n, sizeof(*k), by_number);
	for (size_t i = 0; i < n; i++) {
		uint32_t frame = (uint32_t)k[i].pos;

		if (out > 0 && k[out - 1].number == k[i].number)
			continue; /* an older one */
		if (ss_frame_load(r, frame, &part, NULL) < 0 || part.len < 4)
			continue;
		k[out++] = (struct ss_keyframe){
			.number = part.number,
			.run = (uint32_t)ss_le(r->raw + SS_PART_HEAD, 4),
			.pos = part.pos,
			.len = part.total - 4,
		};
	}
	qsort(k, out, sizeof(*k), by_run_and_pos);
	*ret = k;
	*nr = out;
	return SG_OK;
}

int ss_get_keyframe(struct ss_reader *r, uint32_t number, void **ret, size_t *len, struct sg_err *err)
{
	uint8_t *data;
	size_t n;
	int code = ss_section(r, "KEYF", number, SS_MAX_SECTION, &data, &n, err);

	if (code < 0)
		return code;
	if (n < 4) {
		free(data);
		return sg_fail(err, SG_E_FORMAT, "%s: the session's keyframe %u makes no sense", r->path, number);
	}
	memmove(data, data + 4, n - 4);
	*ret = data;
	*len = n - 4;
	return SG_OK;
}

int ss_get_start(struct ss_reader *r, void **ret, size_t *len, struct sg_err *err)
{
	uint8_t *data;
	int code = ss_section(r, "STRT", 0, SS_MAX_SECTION, &data, len, err);

	if (code == SG_OK)
		*ret = data;
	return code;
}

int ss_get_opaque(struct ss_reader *r, const char tag[4], uint32_t number, void **ret, size_t *len, struct sg_err *err)
{
	uint8_t *data;
	int code = ss_section(r, tag, number, SS_MAX_SECTION, &data, len, err);

	if (code == SG_OK)
		*ret = data;
	return code;
}
