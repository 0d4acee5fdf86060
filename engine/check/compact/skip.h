/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Skip hints of pageblocks, as far as they are known.  Only blocks that differ from what is said of their whole zone are
 * kept, so that forgetting a zone's costs nothing however large it is.  Private to the files of check/compact and
 * check/compact/scanner.c.
 */
#ifndef MM_CHECK_COMPACT_SKIP_H
#define MM_CHECK_COMPACT_SKIP_H

#include "check/room.h"

#include "mm.h"

enum mm_skip { MM_SKIP_UNKNOWN, MM_SKIP_CLEAR, MM_SKIP_SET };

struct mm_skips {
	struct mm_skip_ent {
		uint64_t block; /* number + 1, 0 free */
		uint32_t age;   /* of its zone when it was set: an older one counts no more */
		uint8_t zone, v;
	} *ent;
	uint32_t size, nr; /* size: a power of two, or 0 */
	uint32_t age[MM_MAX_ZONES];
	uint8_t base[MM_MAX_ZONES]; /* enum mm_skip of the zone's other blocks */
	bool failed; /* memory ran out: nothing is known of any block any more */
};

enum mm_skip mm_skip_get(const struct mm_skips *s, unsigned int zone, uint64_t block);
void mm_skip_put(struct mm_skips *s, unsigned int zone, uint64_t block, enum mm_skip v);
/** All blocks of @zone are @v now. */
void mm_skip_all(struct mm_skips *s, unsigned int zone, enum mm_skip v);
void mm_skip_fini(struct mm_skips *s);
/** @s, byte for byte @from, gets entries of its own; adds their bytes.  False when memory runs out; then it has none. */
bool mm_skip_copy(struct mm_skips *s, const struct mm_skips *from, uint64_t *bytes);

#endif
