/* SPDX-License-Identifier: GPL-2.0-only */
/* libzstd's own lack of memory, counted as ours is (sg_mem.h): else it would look like damaged data. */
#ifndef ZSTD_MEM_H
#define ZSTD_MEM_H

#include <stdbool.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "sg_mem.h"

/** What unpacks, NULL when memory runs out; for ZSTD_freeDCtx(). */
static inline ZSTD_DCtx *zstd_unpacker(void)
{
	ZSTD_DCtx *ctx = ZSTD_createDCtx();

	if (!ctx)
		sg_mem_fail();
	return ctx;
}

/** Is @r, what a function of libzstd returned, an error? */
static inline bool zstd_bad(size_t r)
{
	if (!ZSTD_isError(r))
		return false;
	if (ZSTD_getErrorCode(r) == ZSTD_error_memory_allocation)
		sg_mem_fail();
	return true;
}

#endif
