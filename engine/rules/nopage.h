/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why a request got no page: zone by zone what a walk over the zonelist finds there, as a pure question to a machine.  A request
 * that fails is refused by every zone: too few pages above the watermark, or none on a list that it may use.
 * Units: pages.
 */
#ifndef MM_RULES_NOPAGE_H
#define MM_RULES_NOPAGE_H

#include "rules/room.h"

#include "policy/policy.h"
#include "rules/rmqueue.h"
#include "rules/watermark.h"

/** What a zone says to a request: id, key for JSON, a few words.  From far to near. */
#define MM_NOPAGE_LIST(X)                                                                     \
	X(WATERMARK, "watermark", "too few free pages")                                       \
	X(SIZE, "size", "no free block is large enough")                                      \
	X(LISTS, "lists", "what is free lies on lists that it may not use")                   \
	X(GIVES, "gives", "it has a page")

enum mm_nopage_why {
#define X(id, key, text) MM_NOPAGE_##id,
	MM_NOPAGE_LIST(X)
#undef X
	MM_NOPAGE_COUNT
};
const char *mm_nopage_key(enum mm_nopage_why why);
const char *mm_nopage_word(enum mm_nopage_why why);

/** What a request may take from the lists of one migratetype. */
enum mm_nopage_use {
	MM_USE_NEVER,   /* such lists are for others */
	MM_USE_OWN,     /* its own, or as good as that */
	MM_USE_ANY,     /* a fallback takes any block that is large enough */
	MM_USE_BLOCKS,  /* ALLOC_NOFRAGMENT: only blocks of pageblock order and more */
	MM_USE_RESERVE, /* the highatomic reserve, as a last resort */
};

/** The request's last walk. */
struct mm_nopage_in {
	const struct mm_machine *m;
	const struct mm_wmark_zone *zone; /* numbers of the machine's zones, by index */
	struct mm_facts facts;
	unsigned int order, mt, zone_type, cpu; /* zone_type: the highest it may use */
	unsigned int flags;        /* enum mm_alloc_flags of that walk */
	bool exact;                /* the machine decides itself: all is known, and counters are exact */
	bool pending;              /* compaction may hold free blocks that the machine still has on its lists */
	const int64_t *boost_most; /* by zone, the most that its boost may be; NULL: it is as @zone says */
	/* may what came to its list with event @at have come too late for this walk?  NULL: it hasn't */
	bool (*late)(const void *arg, uint32_t at);
	const void *arg;
};

/** One zone's answer. */
struct mm_nopage_zone {
	unsigned int zone;         /* index */
	enum mm_nopage_why why;
	enum mm_known gives;       /* MM_KNOWN_MAYBE: see @missing */
	const char *missing;       /* key of the missing fact, NULL: nothing is missing */
	int64_t free;              /* on its free lists, but for isolated pageblocks', which the zone doesn't count */
	int64_t order_pages;       /* 2^order - 1: what a large request counts less */
	int64_t highatomic, cma;   /* free there, which it may not use; 0 where it may */
	int64_t mark, boost;       /* min, low or high; the boost on top of it, 0 where that doesn't count */
	int64_t lowered;           /* by how much both are lowered for this request */
	int64_t reserve;           /* lowmem_reserve against requests of its zone type */
	int64_t need;              /* mark + boost - lowered + reserve */
	int64_t margin;            /* free - order_pages - highatomic - cma - need: the mark is kept above 0 */
	bool no_watermarks;        /* it is served whatever the mark says */
	struct {
		enum mm_nopage_use use;
		uint64_t blocks;   /* free blocks large enough for it */
		uint64_t pages;    /* free pages in blocks of whatever size */
		int largest;       /* order of the largest free block, -1 none */
	} list[SG_MAX_MIGRATETYPES];
	uint64_t unnamed;          /* free blocks of which no event has told the type */
	int64_t pcp, pcp_others;   /* blocks of its order and type on per-cpu lists: its own CPU's, other CPUs'; -1: none are kept */
};

/**
 * mm_nopage_zone() - what zone @zi has for the request
 * Source: mm/page_alloc.c: get_page_from_freelist(), zone_watermark_fast(), rmqueue_pcplist(), rmqueue_buddy(), __rmqueue(),
 * find_suitable_fallback(), 6.1 to 7.3
 */
void mm_nopage_zone(const struct mm_nopage_in *in, unsigned int zi, struct mm_nopage_zone *ret);

/** What a request was, by meaning, for the flags of its last walk. */
struct mm_last_walk_in {
	struct mm_facts facts;
	uint32_t gfp;        /* enum mm_gfp */
	unsigned int order, mt;
	bool defrag_mode;
	bool memalloc;       /* PF_MEMALLOC: out of reclaim or direct compaction */
	bool in_interrupt;
	/* a policy's say in what comes next for who can't wait; NULL: it has none */
	unsigned int (*next)(void *arg, unsigned int flags, unsigned int was);
	void *arg;
};

/**
 * mm_last_walk() - what a request that fails was allowed when it looked at the lists for the last time
 * Source: mm/page_alloc.c: __alloc_pages_slowpath(), every way to nopage, 6.1 to 7.3
 * Return: enum mm_alloc_flags
 */
unsigned int mm_last_walk(const struct mm_last_walk_in *in);

/** What a request tried before it gave up. */
struct mm_nopage_tried {
	unsigned int reclaims, compactions;
	uint64_t reclaimed;  /* pages */
	bool known;          /* all of it */
};

/* ---- words (say/nopage.c): whole sentences, without a newline ------------------------------ */

struct mm_text;
/** Why nothing could be done for the request: what it may not do, and what it tried. */
void mm_nopage_say_request(const struct mm_last_walk_in *rq, unsigned int flags, const struct mm_nopage_tried *tried,
			   struct mm_text *t);
/** What zone @z has, and why that isn't for it. */
void mm_nopage_say_zone(const struct mm_nopage_in *in, const struct mm_nopage_zone *z, struct mm_text *t);

#endif
