/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What later events tell of the machine at the start: pages that nobody knew anything of then are seen to be drained from a
 * per-cpu list, freed, reclaimed.
 */
#ifndef MM_DEMAND_AHEAD_H
#define MM_DEMAND_AHEAD_H

#include "demand/room.h"

#include "mm.h"

struct mm_ahead;

/**
 * mm_ahead_scan() - reads the events of @log behind position @from
 * It ends at the first gap in the records: what comes behind it may have changed unseen.  Neither @log nor @cap is
 * needed afterwards.
 * Return: 0 or < 0; free with mm_ahead_free()
 */
int mm_ahead_scan(const struct sg_log *log, const struct sg_capture *cap, uint64_t from, struct mm_ahead **ret,
		  struct sg_err *err);
void mm_ahead_free(struct mm_ahead *a);

/** The position behind which it was read. */
uint64_t mm_ahead_from(const struct mm_ahead *a);
/** The text of the event at that position when somebody wrote it into the trace, else "". */
const char *mm_ahead_mark(const struct mm_ahead *a);

/** Where a page was at the start, as the first event that names it shows. */
enum mm_ahead_where {
	MM_AHEAD_UNTOLD,  /* no event names it */
	MM_AHEAD_USED,    /* in use: it is freed, or is on the LRU or in the page cache */
	MM_AHEAD_FREE,    /* on a free list: it is picked from there */
	MM_AHEAD_TAIL,    /* on a per-cpu list: it is drained, so it leaves at the tail */
	MM_AHEAD_HEAD,    /* on a per-cpu list: it is handed out, so it leaves at the head */
};

/** What is known of one page. */
struct mm_ahead_page {
	uint32_t at;   /* number of the event that shows where it was; 0 none */
	uint32_t gone; /* number of the event by which it was freed for the first time; 0 none */
	/*
	 * MM_AHEAD_TAIL: pages with the same number came one after the other, from the beginning of a row of drains; 0: it is one of
	 * those behind them, whose CPU is known
	 */
	uint32_t row;
	uint16_t cpu;  /* of whose per-cpu lists */
	uint8_t where; /* enum mm_ahead_where */
	uint8_t order; /* of the block that it was part of, in that event */
	uint8_t mt;    /* of that event; MM_MT_UNKNOWN */
	bool guess;    /* nothing tells the CPU of the pages of @row; else a page behind them does, but the first ones may be another's */
	bool reclaimed; /* @gone was inside of reclaim */
};

struct mm_ahead_page mm_ahead_page(const struct mm_ahead *a, uint64_t pfn);
/** The first page at or after *@pfn that some event names; false when there is none. */
bool mm_ahead_next(const struct mm_ahead *a, uint64_t *pfn, struct mm_ahead_page *ret);

/**
 * mm_ahead_type() - the type that pageblock number @block of 2^@pb_order pages had at the start
 * Holds for kernels whose free pages lie on the list of their pageblock's type (6.10 and later).
 * Return: MM_MT_UNKNOWN where the first event doesn't tell, or there is none
 */
unsigned int mm_ahead_type(const struct mm_ahead *a, uint64_t block, unsigned int pb_order);

/** The first run of compaction in a zone. */
struct mm_ahead_run {
	bool told;
	uint64_t start;         /* of the zone: pfn */
	uint64_t migrate, free; /* where its scanners began: pfns */
};

/** The first run in the zone that begins at @zone_start; false: there is none, or it doesn't heed what the zone remembers. */
bool mm_ahead_run(const struct mm_ahead *a, uint64_t zone_start, struct mm_ahead_run *ret);

/** A migrate scanner came from @from to @to without scanning a page: the pageblocks between were marked to be skipped, or unsuitable. */
struct mm_ahead_pass {
	uint64_t from, to; /* pfns */
	uint32_t at;       /* number of the event that shows it */
	bool sync;         /* pageblocks of all types suit it; else Movable ones */
};

/** All of them, in the order of events; the scan's. */
const struct mm_ahead_pass *mm_ahead_passes(const struct mm_ahead *a, size_t *ret_nr);
/** Number of the first event by which a scanner that heeds marks began at @pfn, a pageblock's first page; 0: none did. */
uint32_t mm_ahead_scanned(const struct mm_ahead *a, uint64_t pfn);
/** How far tries in a zone were put off at the start (struct zone, compact_*), as far as the first event that says something shows it. */
struct mm_ahead_defer {
	bool considered_known, shift_known, failed_known;
	uint32_t considered, shift;
	int64_t failed; /* order_failed */
};
bool mm_ahead_deferred(const struct mm_ahead *a, int node, unsigned int zone_type, struct mm_ahead_defer *ret);

#endif
