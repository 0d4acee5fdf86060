/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state of a machine at one position, sharing with its other versions what they have in common.
 * Private to engine/.
 */
#ifndef MM_TIME_KEYFRAME_H
#define MM_TIME_KEYFRAME_H

#include "time/room.h"

#include "check/check.h"
#include "observe/observer.h"

/** Parts of struct mm_core and struct mm_observer that are in use; the rest is of no meaning. */
struct mm_core_part {
	void *at;
	size_t len;
};
#define MM_ZONE_PARTS 6
#define MM_SMALL_PARTS 8
#define MM_CORE_PARTS (MM_SMALL_PARTS + MM_ZONE_PARTS * MM_MAX_ZONES)
/** The parts of @m, a machine with an observer, that are in use.  Return: how many */
unsigned int mm_core_parts(const struct mm_machine *m, struct mm_core_part part[MM_CORE_PARTS]);

struct mm_keyframe {
	uint64_t position;
	size_t core_bytes;
	unsigned char *core;
	struct mm_cow_ver pages, blocks, pcp;
	struct mm_seed_map *seed;
	/* the check of the run as it stood here, so that decisions after it are made again from here; NULL: none is kept */
	struct mm_check *check;
	uint64_t check_bytes;
};

/** Keeps the present state of @m; NULL when memory runs out, or has run out for @m. */
struct mm_keyframe *mm_keyframe_take(const struct mm_machine *m);
/** @m, a machine of the same family, becomes what it was at @k.  The gfp dictionary is the caller's to see to. */
void mm_keyframe_restore(struct mm_machine *m, const struct mm_keyframe *k);
/** @m: any machine of the family.  NULL is fine. */
void mm_keyframe_free(const struct mm_machine *m, struct mm_keyframe *k);
/** Bytes of @k besides what lies in the family's pool. */
uint64_t mm_keyframe_bytes(const struct mm_keyframe *k);

#endif
