/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rules of compaction's scanners: which pageblocks they enter, what they take there, and how the free lists
 * are searched for a shorter way.  What a page is comes in through a function, so that the same rule serves
 * a machine that knows everything and one that a trace tells only part of.
 */
#ifndef MM_RULES_COMPACT_SCAN_H
#define MM_RULES_COMPACT_SCAN_H

#include "rules/room.h"

#include "rules/compact.h"

/** Who compacts and for what, as far as the scanners' choices depend on it: part of struct compact_control. */
struct mm_compact_who {
	struct mm_facts facts;
	unsigned int pb_order; /* of a pageblock */
	int order;             /* wanted; -1: the whole zone is to be compacted */
	unsigned int mt;       /* migratetype of the request */
	int mt_cma;            /* number of the CMA type, -1 none */
	bool direct, async;
	bool cma_ok;           /* ALLOC_CMA */
	bool ignore_suitable;  /* any block may be a target */
};

/**
 * mm_source_type() - may the migrate scanner take from pageblocks of type @block_mt?
 * Source: mm/compaction.c: suitable_migration_source().  Only direct compaction looks at the type, and up to 6.18
 * only when it is asynchronous.  7.2 and 7.3: blocks of CMA only for requests that may use them, and
 * requests of whole pageblocks take from movable blocks whatever their own type is.
 */
enum mm_answer mm_source_type(const struct mm_compact_who *w, unsigned int block_mt);

/**
 * mm_target_type() - may the free scanner take from pageblocks of type @block_mt?
 * Source: mm/compaction.c: suitable_migration_target(), 6.1 to 7.3
 */
enum mm_answer mm_target_type(const struct mm_compact_who *w, unsigned int block_mt);
/**
 * mm_target_limit() - order from which on a pageblock's first free block keeps the free scanner out
 * Source: mm/compaction.c: suitable_migration_target(): 6.1 a whole pageblock, 6.12 to 7.3 the wanted order
 */
unsigned int mm_target_limit(const struct mm_compact_who *w);

/** Is a compound page of @order left alone whatever it is?  Source: skip_isolation_on_order(), 6.12 to 7.3 */
bool mm_folio_too_large(const struct mm_compact_who *w, unsigned int order);

/** What a scanner finds at a pfn. */
enum mm_look_kind {
	MM_LOOK_UNKNOWN, /* the known state doesn't tell */
	MM_LOOK_FREE,    /* first page of a free block of @order */
	MM_LOOK_USED,    /* anything else; @order > 0: first page of a compound page */
};
struct mm_look {
	uint8_t kind, order;
	bool lru; /* USED: on the LRU and may be isolated */
	bool whole; /* and is taken however large it is: a policy says so */
};

/**
 * One scan of a pageblock, or of the rest of one, for pages to move.
 * @take: a folio is taken; @drop: those taken so far are put back; @look must not change its mind in between
 */
struct mm_migrate_scan {
	uint64_t start, end;
	bool finish_pageblock;   /* don't stop at 32 pages */
	struct mm_look (*look)(void *arg, uint64_t pfn);
	void (*take)(void *arg, uint64_t pfn, unsigned int order); /* may be NULL */
	void (*drop)(void *arg); /* may be NULL */
	void *arg;
	/* out */
	uint64_t low;            /* first pfn not scanned */
	uint64_t taken, scanned; /* pages */
};

/**
 * mm_migrate_scan() - see there
 * Return: false when it met a page of which nothing is known, at ->low
 * Source: mm/compaction.c: isolate_migratepages_block().  6.1 takes no compound page; 6.12 to 7.3 those smaller
 * than the wanted order.  Locked batches and contention have no counterpart here.
 */
bool mm_migrate_scan(const struct mm_compact_who *w, struct mm_migrate_scan *sc);

/**
 * One scan of a pageblock for free pages.
 * @take: isolates a free block: MM_NO when the watermark forbids it
 */
struct mm_free_scan {
	uint64_t start, end;
	unsigned int stride;     /* every so-many-th page is looked at */
	bool strict;             /* every page must be free: for contiguous ranges */
	uint64_t migrate, have;  /* cc->nr_migratepages, cc->nr_freepages before */
	struct mm_look (*look)(void *arg, uint64_t pfn);
	enum mm_answer (*take)(void *arg, uint64_t pfn, unsigned int order);
	void *arg;
	/* out */
	uint64_t low;            /* first pfn not scanned */
	uint64_t taken, scanned; /* pages; @taken 0 when a strict scan failed */
};

/**
 * mm_free_scan() - see there
 * Return: false when it met a page of which nothing is known, or @take answered MM_MAYBE, at ->low
 * Source: mm/compaction.c: isolate_freepages_block().  6.1 steps over a compound page also where it ends behind the
 * range, and doesn't count its pages as scanned.
 */
bool mm_free_scan(const struct mm_compact_who *w, struct mm_free_scan *sc);

/** Source: mm/compaction.c: freelist_scan_limit(), 6.1 to 7.3; @fail: searches without success in a row */
unsigned int mm_fast_limit(unsigned int fail);

/** One search of the MOVABLE lists for free blocks far up in the zone. */
struct mm_fast_free {
	const struct zone_state *z;
	uint64_t migrate_pfn, free_pfn;
	uint64_t need;           /* pages that are still wanted: cc->nr_migratepages - cc->nr_freepages */
	bool scan_start;         /* the free scanner is at its start: search deeper */
	unsigned int fail;       /* cc->fast_search_fail */
	int search_order;        /* cc->search_order */
	/* the list begins at @pfn from now on, what was before it goes to the tail; may be NULL */
	void (*rotate)(void *arg, unsigned int order, uint64_t pfn);
	enum mm_answer (*isolate)(void *arg, uint64_t pfn, unsigned int order);
	void *arg;
	/* out; @search_order and @fail too */
	uint64_t low_pfn, min_pfn;
	uint64_t pfn;            /* taken, UINT64_MAX none */
	unsigned int order;
	uint64_t scanned, highest;
	const char *why;         /* not NULL: the missing fact; the rest isn't valid then */
};

/**
 * mm_fast_free() - see there; cc->order > 0
 * Source: mm/compaction.c: fast_isolate_freepages(), next_search_order(), up to the trace event, 6.1 to 7.3
 */
void mm_fast_free(const struct mm_machine *m, const struct mm_compact_who *w, struct mm_fast_free *f);

/** One search of the MOVABLE lists for a pageblock that is partly free already. */
struct mm_fast_migrate {
	const struct zone_state *z;
	uint64_t migrate_pfn, free_pfn;
	unsigned int fail;
	enum mm_answer (*skip)(void *arg, uint64_t pfn); /* is its pageblock marked to be skipped? */
	/* what stands behind @pfn becomes the head of the list; may be NULL */
	void (*rotate)(void *arg, unsigned int order, uint64_t pfn);
	void *arg;
	/* out */
	bool found;
	uint64_t pfn;            /* of the free block that was found */
	uint64_t scanned;
	const char *why;         /* not NULL: the missing fact */
};

/**
 * mm_fast_migrate_wanted() - is the search due at all?
 * @aligned: the scanner stands at the start of a pageblock or of the zone
 * Source: mm/compaction.c: fast_find_migrateblock(): 6.1 also searches while a pageblock is to be finished; 7.2 and
 * 7.3 also for requests of whole pageblocks that aren't movable
 */
bool mm_fast_migrate_wanted(const struct mm_compact_who *w, bool ignore_skip, bool finish_pageblock, bool aligned);

/** Source: mm/compaction.c: fast_find_migrateblock(), the search itself, 6.1 to 7.3 */
void mm_fast_migrate(const struct mm_machine *m, const struct mm_compact_who *w, struct mm_fast_migrate *f);

#endif
