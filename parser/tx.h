/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text that people post: Mem-Info dumps of failed allocations and of the OOM killer out of a kernel log, and
 * copies of /proc/buddyinfo, pagetypeinfo and zoneinfo; quoted, with prefixes, wrapped, alone or several of them.
 * Each becomes a still: a snapshot without a trace.  Given as memory; nothing in here opens files.
 */
#ifndef TX_H
#define TX_H

#include "sg_capture.h"
#include "sg_err.h"

#define TX_MAX_STILLS 4096u
#define TX_MAX_ZONES  32768u /* in all stills of one text */

/** The stills of one text, in its order. */
struct tx_stills {
	unsigned int nr, room;
	struct sg_snapshot *still; /* each has its struct sg_still; zones and name are its own */
	unsigned int cut_line;     /* TX_MAX_STILLS or TX_MAX_ZONES were reached at this line: the rest isn't read; 0 no */
};

/** Does this text hold anything that tx_read() understands?  Reads as far as the first such line. */
bool tx_is_still(const char *text, size_t len);

/**
 * tx_read() - all stills of a text
 * @text:  @len bytes from anywhere, no NUL needed; not kept
 * @ret:   filled in, to be cleared with tx_clear(); empty on failure
 * Errors: SG_E_NOMEM; SG_E_NOTFOUND when there is none in it
 */
int tx_read(const char *text, size_t len, struct tx_stills *ret, struct sg_err *err);
void tx_clear(struct tx_stills *s);
/** What still @no says of its machine goes to @cap; texts are borrowed from it.  @cap->kernel: where it says nothing. */
void tx_describe(struct sg_capture *cap, const struct tx_stills *s, unsigned int no);
/** Frees what a still's snapshot holds. */
void tx_still_clear(struct sg_snapshot *s);

#endif
