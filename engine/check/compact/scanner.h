/* SPDX-License-Identifier: GPL-2.0-only */
/* An answer about a scanner, and its report.  Private to scanner*.c. */
#ifndef MM_CHECK_COMPACT_SCANNER_H
#define MM_CHECK_COMPACT_SCANNER_H

#include "check/room.h"

#include "check/compact/compact.h"

struct mm_scanner_answer {
	const char *why; /* not NULL: undecided */
	bool equal;
	uint64_t ours[3], kernel[3];
	const char *name[3]; /* of the numbers; NULL ends them */
};

/** Are the numbers of both sides the same? */
bool mm_scanner_equal(const struct mm_scanner_answer *a);
/**
 * mm_scanner_tell() - reports @a, of the event that is being looked at
 * @t:    the task, still as it was before the event, NULL when nothing is known of it
 * @runs: its scanners stand somewhere already
 * @what: what the rule does, a sentence; static text, as @rule
 */
void mm_scanner_tell(struct mm_compact_state *s, const struct mm_compact_task *t, bool runs, const char *rule,
		     const char *what, const struct mm_scanner_answer *a);

#endif
