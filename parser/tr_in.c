// SPDX-License-Identifier: GPL-2.0-only
/* Unpacking on the way: see tr_in.h. */
#include "tr_in.h"

#include <errno.h>
#include <lzma.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "ss_priv.h"
#include "zstd_mem.h"

#define IN_SIZE (128u << 10)

struct tr_in {
	int fd;
	char *path;
	enum tr_packer packer;
	bool eof;   /* nothing more comes from @fd */
	bool whole; /* what came so far ends where a packed stream may end */
	bool done;  /* the end was handed out */
	uint64_t read; /* bytes taken from @fd */
	ZSTD_DCtx *zstd;
	z_stream gzip;
	lzma_stream xz;
	bool gzip_ready, xz_ready;
	size_t at, n;
	uint8_t buf[IN_SIZE];
};

uint64_t tr_in_window_most = UINT64_MAX;

enum tr_packer tr_packer_of(const void *head, size_t n)
{
	const uint8_t *h = head;

	if (n >= 4 && memcmp(h, "\x28\xb5\x2f\xfd", 4) == 0)
		return TR_PACK_ZSTD;
	/* a skippable frame: 0x184D2A50 to 5F */
	if (n >= 4 && (h[0] & 0xf0) == 0x50 && memcmp(h + 1, "\x2a\x4d\x18", 3) == 0)
		return TR_PACK_ZSTD;
	if (n >= 2 && memcmp(h, "\x1f\x8b", 2) == 0)
		return TR_PACK_GZIP;
	return n >= 6 && memcmp(h, "\xfd" "7zXZ", 6) == 0 ? TR_PACK_XZ : TR_PACK_NONE;
}

const char *tr_packer_name(enum tr_packer p)
{
	static const char *const name[] = { "none", "zstd", "gzip", "xz" };

	return name[p];
}

uint64_t tr_memory_free(void)
{
	FILE *f = fopen("/proc/meminfo", "re");
	unsigned long long kb = 0;
	char line[128];

	while (f && kb == 0 && fgets(line, sizeof(line), f))
		sscanf(line, "MemAvailable: %llu kB", &kb);
	if (f)
		fclose(f);
	return kb ? (uint64_t)kb << 10 : UINT64_MAX;
}

/* Half of what is free, for a library's window. */
static uint64_t window_limit(void)
{
	uint64_t free_bytes = tr_memory_free();

	if (free_bytes != UINT64_MAX)
		free_bytes /= 2;
	return free_bytes < tr_in_window_most ? free_bytes : tr_in_window_most;
}

static int too_large(struct tr_in *in, struct sg_err *err)
{
	return sg_fail(err, SG_E_NOMEM,
		       "%s: unpacking it takes a window of more memory than half of what is free (%llu MiB); unpack "
		       "it where there is more",
		       in->path, (unsigned long long)(window_limit() >> 20));
}

static int damaged(struct tr_in *in, const char *why, struct sg_err *err)
{
	return sg_fail(err, SG_E_FORMAT, "%s: the %s data is damaged near byte %llu (%s)", in->path,
		       tr_packer_name(in->packer), (unsigned long long)(in->read - in->n + in->at), why);
}

/* ---- the three libraries: unpack from @in->buf into @buf; the number of bytes, 0 wants more input ---- */

static ssize_t from_zstd(struct tr_in *in, void *buf, size_t len, struct sg_err *err)
{
	ZSTD_inBuffer ib = { in->buf, in->n, in->at };
	ZSTD_outBuffer ob = { buf, len, 0 };
	size_t r = ZSTD_decompressStream(in->zstd, &ob, &ib);

	in->at = ib.pos;
	if (zstd_bad(r)) {
		const char *why = ZSTD_getErrorName(r);

		return strstr(why, "memory") ? too_large(in, err) : damaged(in, why, err);
	}
	/* a call without input at the end of a frame begins a new one and asks for its head */
	if (ob.pos || ib.size)
		in->whole = r == 0 || (in->whole && in->eof && !ob.pos);
	return (ssize_t)ob.pos;
}

/* Behind a member: another one, or zeros that fill a block. */
static int next_member(struct tr_in *in, struct sg_err *err)
{
	while (in->at < in->n && in->buf[in->at] == 0)
		in->at++;
	if (in->at == in->n)
		return 0;
	if (in->buf[in->at] != 0x1f)
		return damaged(in, "something else follows the end of the packed data", err);
	inflateReset(&in->gzip);
	in->whole = false;
	return 1;
}

static ssize_t from_gzip(struct tr_in *in, void *buf, size_t len, struct sg_err *err)
{
	int r;

	if (in->whole) {
		r = next_member(in, err);
		if (r <= 0)
			return r;
	}
	in->gzip.next_in = in->buf + in->at;
	in->gzip.avail_in = (uInt)(in->n - in->at);
	in->gzip.next_out = buf;
	in->gzip.avail_out = len > UINT32_MAX ? UINT32_MAX : (uInt)len;
	len = in->gzip.avail_out;
	r = inflate(&in->gzip, Z_NO_FLUSH);
	in->at = in->n - in->gzip.avail_in;
	len -= in->gzip.avail_out;
	if (r == Z_STREAM_END)
		in->whole = true;
	if (r == Z_MEM_ERROR) {
		sg_mem_fail();
		return sg_fail(err, SG_E_NOMEM, "%s: out of memory while unpacking it", in->path);
	}
	if (r != Z_STREAM_END && r != Z_OK && r != Z_BUF_ERROR)
		return damaged(in, in->gzip.msg ? in->gzip.msg : "no gzip data", err);
	return (ssize_t)len;
}

static ssize_t from_xz(struct tr_in *in, void *buf, size_t len, struct sg_err *err)
{
	lzma_ret r;

	in->xz.next_in = in->buf + in->at;
	in->xz.avail_in = in->n - in->at;
	in->xz.next_out = buf;
	in->xz.avail_out = len;
	r = lzma_code(&in->xz, in->eof ? LZMA_FINISH : LZMA_RUN);
	in->at = in->n - in->xz.avail_in;
	len -= in->xz.avail_out;
	switch (r) {
	case LZMA_STREAM_END:
		in->whole = true;
		break;
	case LZMA_OK:
	case LZMA_BUF_ERROR: /* no progress without more input */
		break;
	case LZMA_MEM_ERROR:
		sg_mem_fail();
		return too_large(in, err);
	case LZMA_MEMLIMIT_ERROR:
		return too_large(in, err);
	case LZMA_OPTIONS_ERROR:
		return damaged(in, "made by a newer xz", err);
	default:
		return damaged(in, r == LZMA_FORMAT_ERROR ? "no xz data" : "a checksum or length is wrong", err);
	}
	return (ssize_t)len;
}

/* ---- the stream ------------------------------------------------------------------------------ */

static int fill(struct tr_in *in, struct sg_err *err)
{
	ssize_t n;

	do
		n = read(in->fd, in->buf, sizeof(in->buf));
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		sg_read_fail(errno);
		return sg_fail(err, SG_E_IO, "%s: %s", in->path, strerror(errno));
	}
	in->at = 0;
	in->n = (size_t)n;
	in->read += (uint64_t)n;
	in->eof = n == 0;
	return SG_OK;
}

/* The first bytes, as many as a look at a session wants: a pipe hands out few at once. */
static int fill_first(struct tr_in *in, struct sg_err *err)
{
	while (in->n < SS_LOOK && !in->eof) {
		ssize_t n = read(in->fd, in->buf + in->n, sizeof(in->buf) - in->n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			sg_read_fail(errno);
			return sg_fail(err, SG_E_IO, "%s: %s", in->path, strerror(errno));
		}
		in->eof = n == 0;
		in->n += (size_t)n;
	}
	in->read = in->n;
	return SG_OK;
}

static bool start(struct tr_in *in)
{
	uint64_t limit = window_limit();
	int log = sizeof(size_t) > 4 ? 31 : 30;

	switch (in->packer) {
	case TR_PACK_ZSTD:
		in->zstd = zstd_unpacker();
		while (log > 23 && (UINT64_C(1) << log) > limit)
			log--;
		return in->zstd && !ZSTD_isError(ZSTD_DCtx_setParameter(in->zstd, ZSTD_d_windowLogMax, log));
	case TR_PACK_GZIP:
		in->gzip_ready = inflateInit2(&in->gzip, 15 + 16) == Z_OK;
		return in->gzip_ready;
	case TR_PACK_XZ:
		in->xz = (lzma_stream)LZMA_STREAM_INIT;
		in->xz_ready = lzma_stream_decoder(&in->xz, limit, LZMA_CONCATENATED) == LZMA_OK;
		return in->xz_ready;
	default:
		return true;
	}
}

struct tr_in *tr_in_open(int fd, const char *path, struct sg_err *err)
{
	struct tr_in *in = sg_calloc(1, sizeof(*in));
	unsigned int version;

	if (in)
		in->path = sg_strdup(path);
	if (!in || !in->path) {
		sg_fail(err, SG_E_NOMEM, "%s: out of memory", path);
		tr_in_close(in);
		return NULL;
	}
	in->fd = fd;
	if (fill_first(in, err) < 0) {
		tr_in_close(in);
		return NULL;
	}
	in->packer = tr_packer_of(in->buf, in->n);
	if (in->packer == TR_PACK_ZSTD && ss_look(in->buf, in->n < SS_LOOK ? in->n : SS_LOOK, &version) > 0)
		in->packer = TR_PACK_NONE;
	if (!start(in)) {
		sg_mem_fail();
		sg_fail(err, SG_E_NOMEM, "%s: out of memory for unpacking it", path);
		tr_in_close(in);
		return NULL;
	}
	return in;
}

void tr_in_close(struct tr_in *in)
{
	if (!in)
		return;
	ZSTD_freeDCtx(in->zstd);
	if (in->gzip_ready)
		inflateEnd(&in->gzip);
	if (in->xz_ready)
		lzma_end(&in->xz);
	free(in->path);
	free(in);
}

enum tr_packer tr_in_packer(const struct tr_in *in)
{
	return in->packer;
}

static ssize_t from_plain(struct tr_in *in, void *buf, size_t len)
{
	if (len > in->n - in->at)
		len = in->n - in->at;
	memcpy(buf, in->buf + in->at, len);
	in->at += len;
	in->whole = true;
	return (ssize_t)len;
}

ssize_t tr_in_read(struct tr_in *in, void *buf, size_t len, struct sg_err *err)
{
	while (!in->done && len) {
		ssize_t n;
		int r;

		if (in->at == in->n && !in->eof) {
			r = fill(in, err);
			if (r < 0)
				return r;
		}
		n = in->packer == TR_PACK_ZSTD ? from_zstd(in, buf, len, err) :
		    in->packer == TR_PACK_GZIP ? from_gzip(in, buf, len, err) :
		    in->packer == TR_PACK_XZ   ? from_xz(in, buf, len, err) :
						 from_plain(in, buf, len);
		if (n != 0)
			return n;
		if (in->at == in->n && in->eof)
			break;
	}
	if (in->done || len == 0)
		return 0;
	in->done = true;
	if (in->packer != TR_PACK_NONE && !in->whole)
		return sg_fail(err, SG_E_TRUNCATED,
			       "%s: the %s data ends too early (%llu bytes): the file is cut; copy it again, whole",
			       in->path, tr_packer_name(in->packer), (unsigned long long)in->read);
	return 0;
}
