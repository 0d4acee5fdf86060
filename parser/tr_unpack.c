// SPDX-License-Identifier: GPL-2.0-only
/* Decompression of sections and chunks. */
#include "tr_priv.h"

#include <stdlib.h>
#ifdef TR_HAVE_ZLIB
#include <zlib.h>
#endif

#include "zstd_mem.h"

struct tr_unpack {
	enum tr_comp comp;
	ZSTD_DCtx *zstd;
};

bool tr_comp_supported(enum tr_comp comp)
{
#ifdef TR_HAVE_ZLIB
	if (comp == TR_COMP_ZLIB)
		return true;
#endif
	return comp == TR_COMP_NONE || comp == TR_COMP_ZSTD;
}

struct tr_unpack *tr_unpack_new(enum tr_comp comp)
{
	struct tr_unpack *u = sg_calloc(1, sizeof(*u));

	if (!u)
		return NULL;
	u->comp = comp;
	u->zstd = comp == TR_COMP_ZSTD ? zstd_unpacker() : NULL;
	if (comp == TR_COMP_ZSTD && !u->zstd) {
		free(u);
		return NULL;
	}
	return u;
}

void tr_unpack_free(struct tr_unpack *u)
{
	if (!u)
		return;
	ZSTD_freeDCtx(u->zstd);
	free(u);
}

bool tr_unpack(struct tr_unpack *u, void *dst, size_t dlen, const void *src, size_t slen)
{
	if (u->comp == TR_COMP_ZSTD) {
		size_t got = ZSTD_decompressDCtx(u->zstd, dst, dlen, src, slen);

		return !zstd_bad(got) && got == dlen;
	}
#ifdef TR_HAVE_ZLIB
	if (u->comp == TR_COMP_ZLIB) {
		uLongf n = dlen;
		int r = uncompress(dst, &n, src, slen);

		if (r == Z_MEM_ERROR)
			sg_mem_fail();
		return r == Z_OK && n == dlen;
	}
#endif
	return false;
}
