// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes a session file: frames as they come, then index and seek table.  All goes to a new file
 * beside the old one, which is replaced only when the new one is complete and synced.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "ss_priv.h"

#define LEVEL_EVENTS 1  /* their bytes can't be made smaller any more */
#define LEVEL_OTHER  9

struct ss_writer {
	char *path;  /* the file to be, links followed */
	char *temp;  /* the file that is written, the same for a device */
	char *label; /* name in messages */
	int fd;
	bool direct; /* a device or pipe: nothing to rename */
	uint64_t offset;
	struct sg_err failed; /* the first failure; the writer takes nothing more */
	const struct sg_capture *cap;
	struct ss_info *frame;
	uint32_t nr_frames, cap_frames;
	ZSTD_CCtx *cctx;
	struct ss_buf raw, packed;
	struct ss_map map;
	struct ss_codec *codec;
	struct sg_event *ev; /* waiting for a full frame */
	size_t nr_ev;
	char *text; /* theirs */
	size_t text_len;
	uint64_t number; /* of the last event */
};

static int stop(struct ss_writer *w, struct sg_err *err, const struct sg_err *why)
{
	if (!w->failed.code)
		w->failed = *why;
	if (err)
		*err = w->failed;
	return w->failed.code;
}

#define STOP(w, err, code, ...) ({                       \
	struct sg_err why_;                              \
	sg_fail(&why_, code, __VA_ARGS__);               \
	stop(w, err, &why_);                             \
})

static int no_memory(struct ss_writer *w, struct sg_err *err)
{
	return STOP(w, err, SG_E_NOMEM, "%s: out of memory while writing the session", w->label);
}

static int put_file(struct ss_writer *w, const uint8_t *p, size_t len, struct sg_err *err)
{
	while (len > 0) {
		ssize_t n = write(w->fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return STOP(w, err, SG_E_IO, "%s: cannot write the session: %s", w->label,
				    n < 0 ? strerror(errno) : "nothing is taken");
		p += n;
		len -= (size_t)n;
		w->offset += (uint64_t)n;
	}
	return SG_OK;
}

static struct ss_info *next_info(struct ss_writer *w)
{
	if (w->nr_frames == w->cap_frames) {
		uint32_t cap = w->cap_frames ? w->cap_frames * 2 : 64;
		struct ss_info *frame = realloc(w->frame, cap * sizeof(*frame));

		if (!frame)
			return NULL;
		w->frame = frame;
		w->cap_frames = cap;
	}
	memset(&w->frame[w->nr_frames], 0, sizeof(w->frame[0]));
	return &w->frame[w->nr_frames];
}

/* Packs head and payload as one frame and writes it.  @info is complete but for place and sizes. */
static int write_frame(struct ss_writer *w, struct ss_info *info, const void *data, size_t len, int level,
		       struct sg_err *err)
{
	uint8_t head[SS_PART_HEAD], *out;
	size_t bound = ZSTD_compressBound(SS_PART_HEAD + len), n;
	int r;

	if (w->nr_frames + 1 >= SS_MAX_FRAMES)
		return STOP(w, err, SG_E_RANGE, "%s: a session takes at most %u frames", w->label, SS_MAX_FRAMES);
	info->part.len = (uint32_t)len;
	ss_part_put(head, &info->part);
	w->raw.len = w->packed.len = 0;
	ss_put_bytes(&w->raw, head, sizeof(head));
	ss_put_bytes(&w->raw, data, len);
	out = ss_buf_room(&w->packed, bound);
	if (w->raw.failed || !out)
		return no_memory(w, err);
	ZSTD_CCtx_reset(w->cctx, ZSTD_reset_session_and_parameters);
	ZSTD_CCtx_setParameter(w->cctx, ZSTD_c_compressionLevel, level);
	ZSTD_CCtx_setParameter(w->cctx, ZSTD_c_checksumFlag, 1);
	ZSTD_CCtx_setParameter(w->cctx, ZSTD_c_contentSizeFlag, 1);
	n = ZSTD_compress2(w->cctx, out, bound, w->raw.data, w->raw.len);
	if (ZSTD_isError(n))
		return STOP(w, err, SG_E_NOMEM, "%s: cannot pack a frame: %s", w->label, ZSTD_getErrorName(n));
	info->offset = w->offset;
	info->bytes = (uint32_t)n;
	info->raw = (uint32_t)w->raw.len;
	info->checksum = (uint32_t)ss_le(out + n - 4, 4);
	r = put_file(w, out, n, err);
	if (r == SG_OK)
		w->nr_frames++;
	return r;
}

int ss_write_section(struct ss_writer *w, const char tag[4], uint32_t number, uint64_t pos, const void *data,
		     size_t len, int level, struct sg_err *err)
{
	uint32_t nr = len ? (uint32_t)((len + SS_PART - 1) / SS_PART) : 1;

	if (w->failed.code)
		return stop(w, err, &w->failed);
	if (len > SS_MAX_SECTION)
		return sg_fail(err, SG_E_RANGE, "%s: a section of %zu bytes is more than a session takes", w->label, len);
	for (uint32_t i = 0; i < nr; i++) {
		struct ss_info *info = next_info(w);
		size_t at = (size_t)i * SS_PART, n = len - at < SS_PART ? len - at : SS_PART;
		int r;

		if (!info)
			return no_memory(w, err);
		memcpy(info->part.tag, tag, 4);
		info->part.number = number;
		info->part.part = i;
		info->part.nr_parts = nr;
		info->part.pos = pos;
		info->part.total = len;
		r = write_frame(w, info, (const uint8_t *)data + at, n, level, err);
		if (r < 0)
			return r;
	}
	return SG_OK;
}

static int put_buf(struct ss_writer *w, const char tag[4], uint32_t number, struct ss_buf *b, struct sg_err *err)
{
	int r = b->failed ? no_memory(w, err) : ss_write_section(w, tag, number, 0, b->data, b->len, LEVEL_OTHER, err);

	free(b->data);
	return r;
}

/* ---- description and snapshots -------------------------------------------------------- */

static int put_head(struct ss_writer *w, struct sg_err *err)
{
	struct ss_buf b = { 0 };

	ss_put_bytes(&b, SS_TITLE, SS_TITLE_LEN);
	ss_put(&b, SS_VERSION, 4);
	ss_put(&b, SS_VERSION, 4); /* a reader must know at least this one */
	ss_put_text(&b, "stormglass " SG_VERSION);
	return put_buf(w, "HEAD", 0, &b, err);
}

static int put_desc(struct ss_writer *w, struct sg_err *err)
{
	struct ss_buf b = { 0 };

	ss_desc_put(&b, w->cap);
	return put_buf(w, "DESC", 0, &b, err);
}

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
	info = p ? next_info(f->w) : NULL;
	if (!info) {
		free(b.data);
		return no_memory(f->w, f->err);
	}
	memcpy(info->part.tag, "PFLG", 4);
	info->part.number = f->number;
	info->part.nr_parts = 1;
	info->part.pos = f->pfn;
	info->part.total = b.len;
	f->r = write_frame(f->w, info, b.data, b.len, LEVEL_OTHER, f->err);
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

static int put_snapshot(struct ss_writer *w, const struct sg_snapshot *s, uint32_t number, struct sg_err *err)
{
	struct ss_buf b = { 0 };
	struct flags *f;
	int r;

	ss_snap_put(&b, s);
	r = put_buf(w, "SNAP", number, &b, err);
	if (r < 0 || !s->have_pageflags)
		return r;
	f = calloc(1, sizeof(*f));
	if (!f || !(f->index = malloc(SS_PIECE * sizeof(*f->index)))) {
		free(f);
		return no_memory(w, err);
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

/* ---- begin and end ---------------------------------------------------------------------- */

static void writer_free(struct ss_writer *w)
{
	if (w->fd >= 0)
		close(w->fd);
	ZSTD_freeCCtx(w->cctx);
	ss_codec_free(w->codec);
	free(w->raw.data);
	free(w->packed.data);
	free(w->frame);
	free(w->ev);
	free(w->text);
	free(w->path);
	free(w->temp);
	free(w->label);
	free(w);
}

/* Where to write: beside the file that is to be, or straight into a device. */
static int open_temp(struct ss_writer *w, const char *path, struct sg_err *err)
{
	struct stat st;
	mode_t mask;

	w->path = realpath(path, NULL);
	if (!w->path) {
		if (errno != ENOENT)
			return sg_fail(err, SG_E_IO, "%s: cannot write the session: %s", path, strerror(errno));
		w->path = strdup(path);
	}
	w->label = strdup(path);
	if (!w->path || !w->label)
		return sg_fail(err, SG_E_NOMEM, "%s: out of memory", path);
	if (stat(w->path, &st) == 0 && S_ISDIR(st.st_mode))
		return sg_fail(err, SG_E_IO, "%s: cannot write the session: it is a directory", path);
	if (stat(w->path, &st) == 0 && !S_ISREG(st.st_mode)) {
		w->direct = true;
		w->temp = strdup(w->path);
		w->fd = open(w->path, O_WRONLY | O_CLOEXEC);
	} else {
		if (asprintf(&w->temp, "%s.part-XXXXXX", w->path) < 0)
			w->temp = NULL;
		w->fd = w->temp ? mkostemp(w->temp, O_CLOEXEC) : -1;
		mask = umask(0);
		umask(mask);
		if (w->fd >= 0)
			fchmod(w->fd, (stat(w->path, &st) == 0 ? st.st_mode & 0777 : 0666 & ~mask));
	}
	if (!w->temp)
		return sg_fail(err, SG_E_NOMEM, "%s: out of memory", path);
	if (w->fd < 0)
		return sg_fail(err, SG_E_IO, "%s: cannot write the session: %s", path, strerror(errno));
	return SG_OK;
}

int ss_create(const char *path, const struct sg_capture *cap, const struct sg_snapshot *const *snap,
	      unsigned int nr_snaps, struct ss_writer **ret, struct sg_err *err)
{
	struct ss_writer *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return sg_fail(err, SG_E_NOMEM, "%s: out of memory", path);
	w->fd = -1;
	w->cap = cap;
	ss_map_own(&w->map);
	r = nr_snaps > SS_MAX_SNAPSHOTS
		    ? sg_fail(err, SG_E_RANGE, "%s: a session takes at most %u snapshots", path, SS_MAX_SNAPSHOTS)
		    : open_temp(w, path, err);
	if (r < 0) {
		writer_free(w);
		return r;
	}
	w->cctx = ZSTD_createCCtx();
	w->codec = ss_codec_new(&w->map.kinds);
	w->ev = malloc(SS_EVENTS_NOW * sizeof(*w->ev));
	w->text = malloc(SS_FRAME_TEXT);
	if (!w->cctx || !w->codec || !w->ev || !w->text)
		r = no_memory(w, err);
	if (r == SG_OK)
		r = put_head(w, err);
	if (r == SG_OK)
		r = put_desc(w, err);
	for (unsigned int i = 0; i < nr_snaps && r == SG_OK; i++)
		r = put_snapshot(w, snap[i], i, err);
	if (r < 0) {
		ss_abort(w, false);
		return r;
	}
	*ret = w;
	return SG_OK;
}

const char *ss_temp_name(const struct ss_writer *w)
{
	return w->temp;
}

uint64_t ss_event_bytes(const struct ss_writer *w)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < w->nr_frames; i++)
		if (memcmp(w->frame[i].part.tag, "EVTS", 4) == 0)
			sum += w->frame[i].bytes;
	return sum;
}

uint64_t ss_written(const struct ss_writer *w)
{
	return w->number;
}

/* ---- events ------------------------------------------------------------------------------- */

static int pack_events(struct ss_writer *w, const struct sg_event *ev, size_t nr, uint64_t number,
		       struct sg_err *err)
{
	struct ss_info *info;
	const uint8_t *bytes;
	struct ss_buf b = { 0 };
	uint64_t lost = 0;
	bool unknown = false;
	size_t len;
	int r = ss_codec_pack(w->codec, ev, nr, &bytes, &len);

	/* too many CPUs at once, or too large, for one frame */
	if ((r == SG_E_RANGE || (r == SG_OK && len > SS_MAX_RAW / 2)) && nr > 1) {
		r = pack_events(w, ev, nr / 2, number, err);
		return r < 0 ? r : pack_events(w, ev + nr / 2, nr - nr / 2, number + nr / 2, err);
	}
	if (r == SG_E_NOMEM)
		return no_memory(w, err);
	if (r < 0)
		return STOP(w, err, r, "%s: event %llu cannot be packed", w->label, (unsigned long long)number);
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
	info = b.failed ? NULL : next_info(w);
	if (!info) {
		free(b.data);
		return no_memory(w, err);
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
	r = write_frame(w, info, b.data, b.len, LEVEL_EVENTS, err);
	free(b.data);
	return r;
}

int ss_flush(struct ss_writer *w, struct sg_err *err)
{
	int r;

	if (w->failed.code)
		return stop(w, err, &w->failed);
	if (w->nr_ev == 0)
		return SG_OK;
	r = pack_events(w, w->ev, w->nr_ev, w->number - w->nr_ev + 1, err);
	w->nr_ev = 0;
	w->text_len = 0;
	return r;
}

int ss_append(struct ss_writer *w, const struct sg_event *ev, struct sg_err *err)
{
	struct sg_event *e;
	bool text;
	int r;

	if (w->failed.code)
		return stop(w, err, &w->failed);
	if (ev->kind >= SG_KIND_COUNT)
		return sg_fail(err, SG_E_RANGE, "%s: there is no kind of event %u", w->label, ev->kind);
	text = w->map.kinds.kind[w->map.to_file[ev->kind]].text < SG_SLOTS && ev->str_len > 0;
	if (text && ev->str_len > SS_FRAME_TEXT)
		return sg_fail(err, SG_E_RANGE, "%s: an event with a text of %u bytes is more than a session takes",
			       w->label, ev->str_len);
	if (w->nr_ev == SS_EVENTS_NOW || (text && ev->str_len > SS_FRAME_TEXT - w->text_len)) {
		r = ss_flush(w, err);
		if (r < 0)
			return r;
	}
	e = &w->ev[w->nr_ev++];
	*e = *ev;
	e->kind = w->map.to_file[ev->kind];
	e->str = NULL;
	e->str_len = 0;
	if (text) {
		memcpy(w->text + w->text_len, ev->str, ev->str_len);
		e->str = w->text + w->text_len;
		e->str_len = ev->str_len;
		w->text_len += ev->str_len;
	}
	w->number++;
	return SG_OK;
}

/* Takes one frame with events of another session over as it is. */
static int copy_frame(struct ss_writer *w, struct ss_reader *r, uint32_t i, struct sg_err *err)
{
	struct ss_info *info = next_info(w);
	struct ss_part part;

	if (!info)
		return no_memory(w, err);
	if (ss_frame_load(r, i, &part, NULL) < 0)
		return SG_OK; /* a gap there, a gap here */
	*info = r->frame[i];
	return write_frame(w, info, r->raw + SS_PART_HEAD, part.len, LEVEL_EVENTS, err);
}

int ss_copy_events(struct ss_writer *w, struct ss_reader *r, struct sg_err *err)
{
	struct sg_event ev[64];
	bool same = true;
	size_t n;
	int code = SG_OK;

	if (w->failed.code)
		return stop(w, err, &w->failed);
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

/* ---- the end of the file -------------------------------------------------------------------- */

static int put_index(struct ss_writer *w, struct sg_err *err)
{
	struct ss_buf b = { 0 };

	ss_put(&b, SS_VERSION, 4);
	ss_put(&b, w->nr_frames, 4);
	for (uint32_t i = 0; i < w->nr_frames; i++) {
		const struct ss_info *f = &w->frame[i];

		ss_put_bytes(&b, f->part.tag, 4);
		ss_put(&b, f->part.number, 4);
		ss_put(&b, f->part.part, 4);
		ss_put(&b, f->part.nr_parts, 4);
		ss_put(&b, f->part.len, 4);
		ss_put(&b, f->lost_unknown, 4);
		ss_put(&b, f->part.pos, 8);
		ss_put(&b, f->part.total, 8);
		ss_put(&b, f->events, 8);
		ss_put(&b, f->first_ts, 8);
		ss_put(&b, f->last_ts, 8);
		ss_put(&b, f->lost, 8);
		ss_put(&b, 0, 8);
	}
	return put_buf(w, "INDX", 0, &b, err);
}

static int put_seek_table(struct ss_writer *w, struct sg_err *err)
{
	struct ss_buf b = { 0 };
	int r;

	ss_put(&b, SS_MAGIC_SKIP, 4);
	ss_put(&b, 12 * (uint64_t)w->nr_frames + 9, 4);
	for (uint32_t i = 0; i < w->nr_frames; i++) {
		ss_put(&b, w->frame[i].bytes, 4);
		ss_put(&b, w->frame[i].raw, 4);
		ss_put(&b, w->frame[i].checksum, 4);
	}
	ss_put(&b, w->nr_frames, 4);
	ss_put(&b, 0x80, 1); /* with checksums */
	ss_put(&b, SS_MAGIC_TABLE, 4);
	r = b.failed ? no_memory(w, err) : put_file(w, b.data, b.len, err);
	free(b.data);
	return r;
}

static int put_in_place(struct ss_writer *w, struct sg_err *err)
{
	char *slash, *dir;
	int fd, r = SG_OK;

	if (w->direct) { /* pipes and terminals can't be synced, and needn't */
		if (fsync(w->fd) < 0 && errno != EINVAL && errno != EROFS && errno != ENOTSUP)
			return STOP(w, err, SG_E_IO, "%s: cannot write the session: %s", w->label, strerror(errno));
		return SG_OK;
	}
	if (fsync(w->fd) < 0)
		return STOP(w, err, SG_E_IO, "%s: cannot write the session: %s", w->label, strerror(errno));
	r = close(w->fd);
	w->fd = -1;
	if (r < 0 && errno != EINTR)
		return STOP(w, err, SG_E_IO, "%s: cannot write the session: %s", w->label, strerror(errno));
	if (rename(w->temp, w->path) < 0)
		return STOP(w, err, SG_E_IO, "%s: cannot put the session in place: %s", w->label, strerror(errno));
	/* the new name lasts only once the directory is on disk too */
	dir = strdup(w->path);
	slash = dir ? strrchr(dir, '/') : NULL;
	if (slash)
		slash[slash == dir] = '\0';
	fd = dir ? open(slash ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (fd >= 0) {
		fsync(fd); /* a file system that can't do this has its own way */
		close(fd);
	}
	free(dir);
	return SG_OK;
}

int ss_finish(struct ss_writer *w, bool keep, struct sg_err *err)
{
	struct sg_err why = { 0 };
	int r = ss_flush(w, &why);

	if (r == SG_OK)
		r = put_desc(w, &why);
	if (r == SG_OK)
		r = put_index(w, &why);
	if (r == SG_OK)
		r = put_seek_table(w, &why);
	if (r == SG_OK)
		r = put_in_place(w, &why);
	if (r < 0) {
		if (keep && !w->direct)
			sg_fail(err, why.code, "%s; what was written is in %s", why.text, w->temp);
		else if (err)
			*err = why;
		ss_abort(w, keep);
		return r;
	}
	writer_free(w);
	return SG_OK;
}

void ss_abort(struct ss_writer *w, bool keep)
{
	if (!w)
		return;
	if (!keep && !w->direct && w->temp)
		unlink(w->temp);
	writer_free(w);
}
