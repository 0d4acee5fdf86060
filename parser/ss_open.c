// SPDX-License-Identifier: GPL-2.0-only
/* Opens a session file: version, description, snapshots, order of events. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ss_priv.h"
#include "zstd_mem.h"

#define MAX_PFNS (1ull << 34)

int ss_look(const uint8_t *packed, size_t n, unsigned int *version)
{
	uint8_t raw[SS_PART_HEAD + SS_TITLE_LEN + 8];
	ZSTD_inBuffer in = { packed, n, 0 };
	ZSTD_outBuffer out = { raw, sizeof(raw), 0 };
	ZSTD_DCtx *d;
	size_t r = 1;

	if (n < 9 || ss_le(packed, 4) != SS_MAGIC_ZSTD)
		return 0;
	d = zstd_unpacker();
	if (!d)
		return SG_E_NOMEM;
	ZSTD_DCtx_setParameter(d, ZSTD_d_windowLogMax, 17);
	while (in.pos < in.size && out.pos < out.size) {
		size_t before = in.pos + out.pos;

		r = ZSTD_decompressStream(d, &out, &in);
		if (zstd_bad(r) || r == 0 || in.pos + out.pos == before)
			break;
	}
	ZSTD_freeDCtx(d);
	if (out.pos < sizeof(raw) || ss_le(raw, 4) != SS_MAGIC_PART || memcmp(raw + 4, "HEAD", 4) != 0 ||
	    memcmp(raw + SS_PART_HEAD, SS_TITLE, SS_TITLE_LEN) != 0)
		return 0;
	*version = (unsigned int)ss_le(raw + SS_PART_HEAD + SS_TITLE_LEN + 4, 4);
	return 1;
}

bool ss_is_session(const char *path)
{
	uint8_t head[SS_LOOK];
	unsigned int version;
	size_t n = tr_src_peek(path, head, sizeof(head));

	return ss_look(head, n, &version) > 0;
}

/* ---- page flags ---------------------------------------------------------------------------- */

static int flags_of(struct ss_reader *r, uint32_t frame, uint64_t limit, sg_pageflags_fn fn, void *arg)
{
	struct ss_part part;
	struct ss_in in;
	uint64_t word[1024], pfn;
	const uint8_t *dict;
	uint32_t nr, nr_dict;
	unsigned int width;
	int code = ss_frame_load(r, frame, &part, NULL);

	if (code < 0)
		return code;
	in = (struct ss_in){ .p = r->raw + SS_PART_HEAD, .end = r->raw + SS_PART_HEAD + part.len };
	nr = (uint32_t)ss_get(&in, 4);
	nr_dict = ss_get_count(&in, 8, 65536);
	dict = in.p;
	if (in.bad || nr == 0 || nr > SS_PIECE || nr_dict == 0)
		return SG_E_FORMAT;
	in.p += 8 * (size_t)nr_dict;
	width = nr_dict > 256 ? 2 : 1;
	if ((size_t)(in.end - in.p) != (size_t)nr * width || part.pos > limit || nr > limit - part.pos)
		return SG_E_FORMAT;
	pfn = part.pos;
	for (uint32_t i = 0; i < nr; i += 1024) {
		uint32_t n = nr - i < 1024 ? nr - i : 1024;

		for (uint32_t j = 0; j < n; j++) {
			uint32_t d = (uint32_t)ss_get(&in, width);

			if (d >= nr_dict)
				return SG_E_FORMAT;
			word[j] = ss_le(dict + 8 * (size_t)d, 8);
		}
		code = fn(arg, pfn + i, word, n);
		if (code)
			return code;
	}
	return 0;
}

static int session_pageflags(const struct sg_snapshot *snap, sg_pageflags_fn fn, void *arg)
{
	const struct ss_snap_from *from = snap->priv;
	struct ss_reader *r = from->r;

	for (uint32_t i = 0; i < r->nr_frames; i++) {
		const struct ss_info *f = &r->frame[i];
		int code;

		if (!f->known || f->part.number != from->number || memcmp(f->part.tag, "PFLG", 4) != 0)
			continue;
		code = flags_of(r, i, snap->nr_pfns, fn, arg);
		if (code)
			return code;
	}
	return 0;
}

static int open_snapshot(struct ss_reader *r, uint32_t number, struct sg_err *err)
{
	struct sg_snapshot *s = &r->snap[r->nr_snaps];
	uint64_t pieces = 0;
	struct ss_in in;
	uint8_t *data;
	size_t len;
	int code = ss_section(r, "SNAP", number, SS_MAX_DESC, &data, &len, err);
	bool good;

	if (code == SG_E_NOTFOUND)
		return SG_OK;
	if (code < 0)
		return code;
	in = (struct ss_in){ .p = data, .end = data + len };
	good = ss_snap_get(&in, &r->arena, s);
	free(data);
	if (r->arena.failed)
		return sg_fail(err, SG_E_NOMEM, "%s: out of memory for a snapshot", r->path);
	for (uint32_t i = 0; i < r->nr_frames; i++)
		pieces += r->frame[i].known && r->frame[i].part.number == number &&
			  memcmp(r->frame[i].part.tag, "PFLG", 4) == 0;
	if (!good) {
		ss_note(r, "the session's snapshot %u makes no sense: it is left out", number + 1);
		return SG_OK;
	}
	/* no more pages than there can be words, so that nobody makes room for what isn't there */
	if (s->nr_pfns > MAX_PFNS || s->nr_pfns > pieces * SS_PIECE)
		s->nr_pfns = pieces * SS_PIECE < MAX_PFNS ? pieces * SS_PIECE : MAX_PFNS;
	s->have_pageflags &= pieces > 0 && s->nr_pfns > 0;
	r->from[r->nr_snaps] = (struct ss_snap_from){ r, number };
	s->priv = &r->from[r->nr_snaps];
	s->pageflags = session_pageflags;
	r->nr_snaps++;
	return SG_OK;
}

/* ---- open ----------------------------------------------------------------------------------- */

static int open_desc(struct ss_reader *r, struct sg_err *err)
{
	struct ss_in in;
	uint8_t *data;
	size_t len;
	int code = ss_section(r, "DESC", 0, SS_MAX_DESC, &data, &len, err);
	uint32_t nr_notes = r->cap.nr_notes;
	struct sg_note *note = r->note;
	bool good;

	if (code == SG_E_NOTFOUND)
		return sg_fail(err, SG_E_TRUNCATED,
			       "%s: the session file is cut off or damaged before its description of the capture: nothing "
			       "can be read from it",
			       r->path);
	if (code < 0)
		return code;
	in = (struct ss_in){ .p = data, .end = data + len };
	good = ss_desc_get(&in, &r->arena, &r->cap, &r->map);
	free(data);
	if (r->arena.failed) {
		r->cap.nr_notes = 0;
		return sg_fail(err, SG_E_NOMEM, "%s: out of memory", r->path);
	}
	if (!good) {
		r->cap.nr_notes = 0;
		return sg_fail(err, SG_E_FORMAT, "%s: the session's description of the capture makes no sense", r->path);
	}
	/* what was found out about the file before there was a description */
	r->note = NULL;
	for (uint32_t i = 0; i < nr_notes; i++)
		ss_note(r, "%s", note[i].text);
	free(note);
	r->cap.path = r->path;
	return SG_OK;
}

/* As it is: a session whose first frame is damaged looks like any zstd file, and isn't to be unpacked. */
static int open_raw(struct ss_reader *r, struct sg_err *err)
{
	struct stat st;

	r->src.fd = open(r->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (r->src.fd < 0 || fstat(r->src.fd, &st) < 0)
		return sg_fail(err, errno == ENOENT ? SG_E_NOTFOUND : SG_E_IO, "%s: %s", r->path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return sg_fail(err, SG_E_FORMAT, "%s: a session is a file", r->path);
	r->src.size = (uint64_t)st.st_size;
	return SG_OK;
}

static int open_file(struct ss_reader *r, struct sg_err *err)
{
	uint8_t head[SS_LOOK];
	int code = ss_is_session(r->path) || tr_src_is_stdin(r->path) ? tr_src_open(r->path, &r->src, err) :
									open_raw(r, err);

	if (code < 0)
		return code;
	r->fd = r->src.fd;
	r->size = r->src.size;
	code = ss_look(head, tr_src_read(&r->src, 0, head, sizeof(head)), &r->version);
	if (code < 0)
		return sg_fail(err, code, "%s: out of memory", r->path);
	if (code > 0 && r->version > SS_VERSION)
		return sg_fail(err, SG_E_UNSUPPORTED,
			       "%s: the session needs version %u of the format, and this stormglass knows up to %u: take a "
			       "newer one",
			       r->path, r->version, SS_VERSION);
	r->dctx = zstd_unpacker();
	if (!r->dctx)
		return sg_fail(err, SG_E_NOMEM, "%s: out of memory", r->path);
	if (code > 0)
		return ss_scan(r, err);
	/* the first frame may be damaged, and the rest whole */
	code = ss_scan(r, err);
	if (code == SG_OK && !r->whole)
		return sg_fail(err, SG_E_FORMAT, "%s: not a session file, or not even its first frame is whole", r->path);
	r->version = SS_VERSION;
	return code;
}

int ss_open(const char *path, unsigned int flags, struct ss_reader **ret, struct sg_err *err)
{
	struct ss_reader *r = sg_calloc(1, sizeof(*r));
	uint32_t snaps = 0;
	int code;

	if (!r || !(r->path = sg_strdup(path))) {
		free(r);
		return sg_fail(err, SG_E_NOMEM, "%s: out of memory", path);
	}
	r->src.fd = r->fd = -1;
	code = open_file(r, err);
	if (code == SG_OK)
		code = open_desc(r, err);
	for (uint32_t i = 0; i < r->nr_frames && code == SG_OK; i++)
		if (r->frame[i].known && memcmp(r->frame[i].part.tag, "SNAP", 4) == 0 &&
		    r->frame[i].part.number >= snaps && r->frame[i].part.number < SS_MAX_SNAPSHOTS)
			snaps = r->frame[i].part.number + 1;
	for (uint32_t i = 0; i < snaps && code == SG_OK && !(flags & SS_NO_SNAPSHOTS); i++)
		code = open_snapshot(r, i, err);
	if (code == SG_OK)
		code = ss_order_events(r);
	if (code == SG_E_NOMEM)
		sg_fail(err, code, "%s: out of memory", path);
	if (code < 0) {
		ss_close(r);
		return code;
	}
	*ret = r;
	return SG_OK;
}

void ss_close(struct ss_reader *r)
{
	if (!r)
		return;
	tr_src_close(&r->src);
	ZSTD_freeDCtx(r->dctx);
	ss_codec_free(r->codec);
	ss_codec_free(r->checker);
	ss_arena_free(&r->arena);
	sg_limits_free(&r->cap.limits);
	free(r->note);
	free(r->frame);
	free(r->events);
	free(r->packed);
	free(r->raw);
	free(r->event_raw);
	free(r->path);
	free(r);
}

const struct sg_capture *ss_info(const struct ss_reader *r)
{
	return &r->cap;
}

const struct sg_snapshot *ss_snapshot_at(const struct ss_reader *r, unsigned int i)
{
	return i < r->nr_snaps ? &r->snap[i] : NULL;
}

const struct sg_snapshot *ss_snapshot(const struct ss_reader *r, const char *name)
{
	for (unsigned int i = 0; i < r->nr_snaps; i++)
		if (strcmp(r->snap[i].name, name) == 0)
			return &r->snap[i];
	return NULL;
}

bool ss_frame_at(const struct ss_reader *r, uint64_t i, struct ss_frame *ret)
{
	const struct ss_info *f;

	if (i >= r->nr_frames)
		return false;
	f = &r->frame[i];
	*ret = (struct ss_frame){
		.number = f->part.number,
		.part = f->part.part,
		.nr_parts = f->part.nr_parts,
		.offset = f->offset,
		.bytes = f->bytes,
		.raw_bytes = f->raw,
		.pos = f->part.pos,
		.nr_events = f->events,
		.first_ts = f->first_ts,
		.last_ts = f->last_ts,
		.damaged = f->damaged,
	};
	memcpy(ret->tag, f->known ? f->part.tag : "????", 4);
	return true;
}

void ss_summarize(const struct ss_reader *r, struct ss_summary *ret)
{
	*ret = (struct ss_summary){
		.version = r->version,
		.file_bytes = r->size,
		.whole = r->whole,
		.whole_bytes = r->whole_bytes,
		.nr_frames = r->nr_frames,
	};
	for (uint32_t i = 0; i < r->nr_frames; i++)
		ret->nr_damaged += r->frame[i].damaged;
	for (uint32_t i = 0; i < r->nr_events; i++) {
		const struct ss_info *f = &r->frame[r->events[i]];

		if (i == 0)
			ret->first_ts = f->first_ts;
		ret->last_ts = f->last_ts;
		ret->last_number = f->part.pos + f->events - 1;
		ret->event_bytes += f->bytes;
		if (!f->damaged)
			ret->nr_events += f->events;
	}
}
