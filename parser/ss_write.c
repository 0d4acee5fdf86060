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

#include "ss_writer.h"

int ss_writer_stop(struct ss_writer *w, struct sg_err *err, const struct sg_err *why)
{
	if (!w->failed.code)
		w->failed = *why;
	if (err)
		*err = w->failed;
	return w->failed.code;
}

int ss_writer_no_memory(struct ss_writer *w, struct sg_err *err)
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

struct ss_info *ss_writer_info(struct ss_writer *w)
{
	if (w->nr_frames == w->cap_frames) {
		uint32_t cap = w->cap_frames ? w->cap_frames * 2 : 64;
		struct ss_info *frame = sg_realloc(w->frame, cap * sizeof(*frame));

		if (!frame)
			return NULL;
		w->frame = frame;
		w->cap_frames = cap;
	}
	memset(&w->frame[w->nr_frames], 0, sizeof(w->frame[0]));
	return &w->frame[w->nr_frames];
}

int ss_writer_frame(struct ss_writer *w, struct ss_info *info, const void *data, size_t len, int level,
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
		return ss_writer_no_memory(w, err);
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
		return ss_writer_stop(w, err, &w->failed);
	if (len > SS_MAX_SECTION)
		return sg_fail(err, SG_E_RANGE, "%s: a section of %zu bytes is more than a session takes", w->label, len);
	for (uint32_t i = 0; i < nr; i++) {
		struct ss_info *info = ss_writer_info(w);
		size_t at = (size_t)i * SS_PART, n = len - at < SS_PART ? len - at : SS_PART;
		int r;

		if (!info)
			return ss_writer_no_memory(w, err);
		memcpy(info->part.tag, tag, 4);
		info->part.number = number;
		info->part.part = i;
		info->part.nr_parts = nr;
		info->part.pos = pos;
		info->part.total = len;
		r = ss_writer_frame(w, info, (const uint8_t *)data + at, n, level, err);
		if (r < 0)
			return r;
	}
	return SG_OK;
}

int ss_writer_put(struct ss_writer *w, const char tag[4], uint32_t number, struct ss_buf *b, struct sg_err *err)
{
	int r = b->failed ? ss_writer_no_memory(w, err) : ss_write_section(w, tag, number, 0, b->data, b->len, LEVEL_OTHER, err);

	free(b->data);
	return r;
}

/* ---- description -------------------------------------------------------- */

static int put_head(struct ss_writer *w, struct sg_err *err)
{
	struct ss_buf b = { 0 };

	ss_put_bytes(&b, SS_TITLE, SS_TITLE_LEN);
	ss_put(&b, SS_VERSION, 4);
	ss_put(&b, SS_VERSION, 4); /* a reader must know at least this one */
	ss_put_text(&b, "stormglass " SG_VERSION);
	return ss_writer_put(w, "HEAD", 0, &b, err);
}

static int put_desc(struct ss_writer *w, struct sg_err *err)
{
	struct ss_buf b = { 0 };

	ss_desc_put(&b, w->cap);
	return ss_writer_put(w, "DESC", 0, &b, err);
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
	free(w->now.ev);
	free(w->now.text);
	free(w->then.ev);
	free(w->then.text);
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
		w->path = sg_strdup(path);
	}
	w->label = sg_strdup(path);
	if (!w->path || !w->label)
		return sg_fail(err, SG_E_NOMEM, "%s: out of memory", path);
	if (stat(w->path, &st) == 0 && S_ISDIR(st.st_mode))
		return sg_fail(err, SG_E_IO, "%s: cannot write the session: it is a directory", path);
	if (stat(w->path, &st) == 0 && !S_ISREG(st.st_mode)) {
		w->direct = true;
		w->temp = sg_strdup(w->path);
		w->fd = open(w->path, O_WRONLY | O_CLOEXEC);
	} else {
		w->there = stat(w->path, &st) == 0;
		w->dev = w->there ? st.st_dev : 0;
		w->ino = w->there ? st.st_ino : 0;
		w->temp = sg_printf("%s.part-XXXXXX", w->path);
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
	struct ss_writer *w = sg_calloc(1, sizeof(*w));
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
	w->now.ev = sg_malloc(SS_EVENTS_NOW * sizeof(*w->now.ev));
	w->now.text = sg_malloc(SS_FRAME_TEXT);
	if (!w->cctx || !w->codec || !w->now.ev || !w->now.text)
		r = ss_writer_no_memory(w, err);
	if (r == SG_OK)
		r = put_head(w, err);
	if (r == SG_OK)
		r = put_desc(w, err);
	for (unsigned int i = 0; i < nr_snaps && r == SG_OK; i++)
		r = ss_writer_snapshot(w, snap[i], i, err);
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
	return ss_writer_put(w, "INDX", 0, &b, err);
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
	r = b.failed ? ss_writer_no_memory(w, err) : put_file(w, b.data, b.len, err);
	free(b.data);
	return r;
}

/*
 * Renames the file, unless another one stands at its name now than did at the start: what somebody put there meanwhile
 * isn't ours to replace.  Return: 0 or an errno; EEXIST for another file
 */
static int rename_in_place(const struct ss_writer *w)
{
	struct stat st;

	if (!w->there) {
		if (renameat2(AT_FDCWD, w->temp, AT_FDCWD, w->path, RENAME_NOREPLACE) == 0)
			return 0;
		if (errno != EINVAL && errno != ENOSYS)
			return errno;
	}
	/* a file system without that, or a file to be replaced: a look right before is as near as one gets */
	if (lstat(w->path, &st) == 0 && !(w->there && st.st_dev == w->dev && st.st_ino == w->ino))
		return EEXIST;
	return rename(w->temp, w->path) < 0 ? errno : 0;
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
	w->whole = true;
	r = rename_in_place(w);
	if (r == EEXIST)
		return STOP(w, err, SG_E_IO, "%s: another file has come to stand there meanwhile, and is left as it is", w->label);
	if (r)
		return STOP(w, err, SG_E_IO, "%s: cannot put the session in place: %s", w->label, strerror(r));
	/* the new name lasts only once the directory is on disk too */
	dir = strdup(w->path); /* the session is in place, with memory or without */
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
		keep = keep || w->whole;
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
