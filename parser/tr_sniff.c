// SPDX-License-Identifier: GPL-2.0-only
/* What kind of file is this? */
#include <stdlib.h>
#include <string.h>

#include "sg_mem.h"
#include "tr_priv.h"
#include "tr_sniff.h"
#include "tt.h"
#include "tx.h"

int tr_src_text(const struct tr_src *src, char **ret, size_t *ret_len, struct sg_err *err)
{
	char *text;

	if (src->size > TR_MAX_POST)
		return sg_fail(err, SG_E_UNSUPPORTED,
			       "%s: %llu MiB of text, more than the %u MiB that are read; cut out the part with the dumps",
			       src->path, (unsigned long long)(src->size >> 20), TR_MAX_POST >> 20);
	text = sg_malloc(src->size + 1);
	if (!text)
		return sg_fail(err, SG_E_NOMEM, "%s: out of memory for %llu bytes of text", src->path,
			       (unsigned long long)src->size);
	*ret_len = tr_src_read(src, 0, text, src->size);
	text[*ret_len] = '\0';
	*ret = text;
	return SG_OK;
}

/* Text has no control characters but those of lines, and now and then an escape of a terminal. */
static bool is_text(const unsigned char *p, size_t n)
{
	size_t odd = 0;

	for (size_t i = 0; i < n; i++) {
		if (p[i] == 0)
			return false;
		odd += p[i] < 0x20 && p[i] != '\n' && p[i] != '\r' && p[i] != '\t' && p[i] != '\f' && p[i] != 0x1b;
	}
	return n > 0 && odd * 64 <= n;
}

enum tr_file_kind tr_sniff(const struct tr_src *src)
{
	unsigned char head[4096];
	size_t n = tr_src_read(src, 0, head, sizeof(head));

	if (n >= 10 && memcmp(head, "\x17\x08\x44tracing", 10) == 0)
		return TR_FILE_TRACE_DAT;
	if (!is_text(head, n))
		return TR_FILE_OTHER;
	return tt_is_trace(src) ? TR_FILE_TRACE_TEXT : TR_FILE_TEXT;
}
