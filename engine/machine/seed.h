/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a snapshot says of every page, one byte a page, stored in patterns of 64
 * pages of which equal ones are kept once.  Immutable; versions of a machine
 * share it by reference count.
 */
#ifndef MM_MACHINE_SEED_H
#define MM_MACHINE_SEED_H

#include "machine/room.h"

#include "machine/map.h"
#include "sg_capture.h"
#include "sg_err.h"

#define MM_SEED_PATTERN_BITS 6
#define MM_SEED_PATTERN (1u << MM_SEED_PATTERN_BITS) /* pages of one pattern */

/** Low three bits of a seed byte. */
enum mm_seed_state {
	MM_SEED_UNKNOWN,
	MM_SEED_NONE,  /* no page frame */
	MM_SEED_FREE,  /* first page of a free block; order in the high nibble */
	MM_SEED_FREET, /* further page of a free block */
	MM_SEED_USED,  /* not free; lru kind (enum mm_lru) in the high nibble, bit 3: active */
};

/** Where free blocks may not reach across: the zones, ascending. */
struct mm_seed_span {
	uint64_t start, end;
};

struct mm_seed_map {
	uint32_t refs;
	uint64_t nr_pfns;
	uint32_t *pattern_of;    /* per 64 pages: index into pattern; NULL: nothing is known, the spans say what exists */
	struct mm_seed_span span[MM_MAX_ZONES]; /* only without pattern_of */
	unsigned int nr_spans;
	uint8_t *pattern;        /* 64 bytes each; number 0 is all unknown, 1 all none */
	uint32_t nr_patterns, cap_patterns;
	uint32_t *hash;          /* open addressing while building */
	uint32_t hash_size;
	uint64_t bytes;
	bool reported; /* free blocks bear the flag of those that were reported to the host */
	uint64_t sum; /* checksum of what it says; 0 for a blank map */
};

/**
 * mm_seed_new() - read the page flags of a snapshot
 * @span, @nr: zones; free blocks don't cross their borders
 * @max_order: largest order of a free block
 * @map: numbers of the pages, as the spans have them; NULL: pfns
 * A free page's block follows from the set of free pages: the largest aligned
 * block that is wholly free (mm/page_alloc.c: __free_one_page() merges at once, 6.1 to 7.3).
 */
int mm_seed_new(const struct sg_snapshot *snap, const struct mm_seed_span *span, unsigned int nr,
		unsigned int max_order, const struct mm_map *map, struct mm_seed_map **ret, struct sg_err *err);
/** A map that says "unknown" within the spans and "no page" elsewhere. */
int mm_seed_blank(const struct mm_seed_span *span, unsigned int nr, struct mm_seed_map **ret,
		  struct sg_err *err);
/** A blank map's last span reaches to @end from now on (a deduced zone grew). */
void mm_seed_stretch(struct mm_seed_map *s, uint64_t end);
struct mm_seed_map *mm_seed_get(struct mm_seed_map *s);
void mm_seed_put(struct mm_seed_map *s);

/** The pattern of 64 bytes that holds @pfn. Any pfn may be asked. */
static inline const uint8_t *mm_seed_pattern(const struct mm_seed_map *s, uint64_t pfn)
{
	if (!s->pattern_of) {
		for (unsigned int i = 0; i < s->nr_spans; i++)
			if (pfn / MM_SEED_PATTERN >= s->span[i].start / MM_SEED_PATTERN && pfn < s->span[i].end)
				return s->pattern;
		return s->pattern + MM_SEED_PATTERN;
	}
	return s->pattern + (pfn < s->nr_pfns ?
			     (size_t)s->pattern_of[pfn / MM_SEED_PATTERN] * MM_SEED_PATTERN : MM_SEED_PATTERN);
}

#endif
