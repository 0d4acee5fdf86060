/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why a request got no page, from what a still has: a pure question to the watermark rules, zone by zone.
 * Units: pages.  The numbers were printed after the request had failed, so that a zone may pass by then.
 */
#ifndef MM_RULES_REFUSAL_H
#define MM_RULES_REFUSAL_H

#include "rules/room.h"

#include <stddef.h>

#include "rules/watermark.h"

/** Why a zone didn't serve a request: id, key for JSON, a word or two. The order is from far to near. */
#define MM_REFUSAL_LIST(X)                                                                         \
	X(ZONE_TYPE, "zone_type", "not allowed: zone type")                                        \
	X(NODE, "node", "not allowed: node")                                                       \
	X(EMPTY, "empty", "no pages")                                                              \
	X(UNKNOWN, "unknown", "unknown")                                                           \
	X(WATERMARK, "watermark", "watermark")                                                     \
	X(LISTS, "lists", "lists it may not use")                                                  \
	X(FRAGMENTED, "fragmentation", "fragmentation")                                            \
	X(PASSES, "passes", "passes now")

enum mm_refusal_why {
#define X(id, key, text) MM_REFUSAL_##id,
	MM_REFUSAL_LIST(X)
#undef X
	MM_REFUSAL_COUNT
};
const char *mm_refusal_key(enum mm_refusal_why why);
const char *mm_refusal_word(enum mm_refusal_why why);

/** What the request may do, as far as its mode tells. */
struct mm_refusal_may {
	bool known;          /* the mode was printed by name: else the flags are those of a request that may do least */
	unsigned int flags;  /* enum mm_alloc_flags of the slow path */
	int zid;             /* index of the highest zone type that it may use, -1 unknown */
	char zone[16];       /* its name, "" unknown */
	uint8_t types;       /* bit t: lists of migratetype t may serve it */
};

/** One zone's answer. */
struct mm_refusal {
	enum mm_refusal_why why;
	int64_t free;        /* on its free lists, as the zone counts them */
	int64_t order_pages; /* 2^order - 1: what a large request counts less */
	int64_t highatomic;  /* that it may not use */
	int64_t cma;
	int64_t usable;      /* free less these three */
	int64_t mark;        /* min, with the boost that is in it */
	int64_t boost;       /* the part of the mark that is boost, -1 unknown */
	int64_t lowered;     /* by how much the mark is lowered for this request */
	int64_t reserve;     /* lowmem_reserve against requests of its zone type */
	int64_t need;        /* mark less lowered, and the reserve: usable must be above it */
	bool reserve_known, highatomic_known, highatomic_whole /* the whole reserve, not its free pages */, cma_known;
	bool types_known;    /* which lists have blocks of which order */
	int largest;         /* order of the largest free block that it may take, -1 none */
	int largest_any;     /* of the largest free block at all, -1 none */
	uint64_t blocks;     /* free blocks of at least its order, on whatever list */
	uint8_t their_types; /* whose lists have these blocks: bit t */
	int index;           /* fragmentation index in thousandths */
};

/**
 * mm_refusal_may() - what a request may use
 * Source: mm/page_alloc.c: gfp_to_alloc_flags() and gfp_zone(), 4.4 to 7.3; up to 6.2 ALLOC_HIGH and ALLOC_HARDER lower
 * the mark of GFP_ATOMIC by as much as ALLOC_MIN_RESERVE and ALLOC_NON_BLOCK do later
 */
void mm_refusal_may(const struct sg_capture *cap, const struct sg_request *r, struct mm_refusal_may *ret);

/**
 * mm_refusal_zone() - the answer of zone @i of @snap
 * @cap: its description: names of migratetypes and zone types
 * Source: mm/page_alloc.c: get_page_from_freelist(), __zone_watermark_ok(), 4.4 to 7.3
 */
void mm_refusal_zone(const struct sg_capture *cap, const struct sg_snapshot *snap, unsigned int i,
		     const struct mm_refusal_may *may, struct mm_refusal *ret);

/** The nearest that any zone came: the reason to be told first.  @ret_zone: that zone, -1 none. */
enum mm_refusal_why mm_refusal_nearest(const struct sg_capture *cap, const struct sg_snapshot *snap, int *ret_zone);

/* ---- words (say/refusal.c): whole sentences, no newline, safe for a terminal ------------------ */

/** "storm-214 wanted order 4 (16 pages in a row, 64 KiB), Unmovable: GFP_KERNEL. It may wait ..." */
void mm_refusal_say_request(const struct sg_capture *cap, const struct sg_snapshot *snap, char *buf, size_t size);
/** The reason in one sentence. */
void mm_refusal_say_all(const struct sg_capture *cap, const struct sg_snapshot *snap, char *buf, size_t size);
/** Zone @i's reason, with its numbers. */
void mm_refusal_say_zone(const struct sg_capture *cap, const struct sg_snapshot *snap, unsigned int i, char *buf,
			 size_t size);
/** Where the still comes from: "dump 2 of 3: the OOM killer, at 1310061.327439 s, line 12" */
void mm_still_say(const struct sg_capture *cap, const struct sg_snapshot *snap, unsigned int no, char *buf, size_t size);

#endif
