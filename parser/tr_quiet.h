/* SPDX-License-Identifier: GPL-2.0-only */
/* Keeps the tracing libraries from writing on the terminal. */
#ifndef TR_QUIET_H
#define TR_QUIET_H

/** How many messages of the libraries were swallowed so far in this process. */
unsigned long tr_quiet_count(void);

/** Descriptors 1 and 2 as they were. */
struct tr_quiet {
	int out, err;
};

/**
 * tr_quiet_begin() - for library calls that use printf() or perror() directly: both descriptors
 * lead to nowhere until tr_quiet_end().  Process wide, so only around short calls.
 */
void tr_quiet_begin(struct tr_quiet *q);
void tr_quiet_end(struct tr_quiet *q);

#endif
