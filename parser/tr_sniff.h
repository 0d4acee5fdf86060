/* SPDX-License-Identifier: GPL-2.0-only */
/* What kind of file is this?  The one place that tells readers apart. */
#ifndef TR_SNIFF_H
#define TR_SNIFF_H

#include <stddef.h>

#include "sg_err.h"

struct tr_src;

/** Bytes of posted text that are read: a kernel log of weeks has some MB. */
#define TR_MAX_POST (256u << 20)

enum tr_file_kind {
	TR_FILE_OTHER,      /* whatever it is, its reader says what is wrong with it */
	TR_FILE_TRACE_DAT,
	TR_FILE_TRACE_TEXT, /* a trace as text: tt.h */
	TR_FILE_TEXT,       /* some other text: its readers look further */
};

/** By the first bytes of @src, which is unpacked already. */
enum tr_file_kind tr_sniff(const struct tr_src *src);

/**
 * tr_src_text() - all of a text
 * @ret:   in new memory, with a NUL behind it
 * Errors: SG_E_UNSUPPORTED beyond TR_MAX_POST, SG_E_NOMEM
 */
int tr_src_text(const struct tr_src *src, char **ret, size_t *ret_len, struct sg_err *err);

#endif
