/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where two runs of one demand part: which request of one belongs to which of the other, and in which of them the two runs
 * did something different.
 *
 * Requests are what runs have in common.  The n-th thing that a task asks for in one run is the n-th that it asks for in the
 * other, but for those that only one of them asks for: a page that had to be read again, the single pages in place of a
 * folio that wasn't had.  So the requests of a task are laid beside each other by what is asked for: the page of a file,
 * else order, migratetype, and whether it may reclaim.  Where that differs, requests of the one are passed over up to
 * the next of that kind, whichever side has the fewer to pass over.  Tasks are the same by their pids when both
 * runs have their demand from the same capture, else by name and order of appearance.
 *
 * Another page frame is no parting, nor is a per-cpu list that was refilled sooner, nor a stall that took longer.  What is:
 * MM_PART_LIST.
 *
 * Pages that kswapd, kcompactd and compaction take for themselves, and those that reclaim takes, are no requests.
 */
#ifndef MM_INDEX_PART_H
#define MM_INDEX_PART_H

#include "index/room.h"

#include "mm.h"

/** How a request was answered otherwise: bit, key, words. */
#define MM_PART_LIST(X)                                                                                              \
	X(OUTCOME, "outcome", "only one got a page")                                                                 \
	X(KILL, "kill", "only one had a task killed")                                                                \
	X(STALL, "stall", "only one reclaimed, or only one compacted")                                               \
	X(FALLBACK, "fallback", "only one took a block of another migratetype, or of another one, or claimed it")    \
	X(ORDER, "order", "folios of different orders")                                                              \
	X(ZONE, "zone", "pages of different zones or nodes")                                                         \
	X(WAKE, "wake", "only one woke kswapd, or kcompactd")                                                        \
	X(ALONE, "alone", "only one asked for it")

enum mm_part_kind {
#define X(id, key, text) MM_PART_##id,
	MM_PART_LIST(X)
#undef X
	MM_PART_COUNT
};
/** Key for JSON and people; words. Static. */
const char *mm_part_key(enum mm_part_kind k);
const char *mm_part_text(enum mm_part_kind k);

#define MM_PART_NONE UINT32_MAX

/** What a request did, bits. */
enum mm_part_did {
	MM_DID_RECLAIM = 1u << 0,
	MM_DID_COMPACT = 1u << 1,
	MM_DID_WAKE_KSWAPD = 1u << 2,
	MM_DID_WAKE_KCOMPACTD = 1u << 3,
	MM_DID_KILL = 1u << 4,
};

/** One request of one run. */
struct mm_part_ask {
	uint64_t event;     /* its mm_page_alloc */
	uint64_t tells;     /* the first event that tells how it came by its page: a wake, a fallback, a stall, a pick, also that
			     * of the refill by which it came onto its CPU's list (@listed); else @event */
	uint64_t ns;        /* from where it began to stall to its page; 0: it didn't */
	uint32_t other;     /* which one of the other run it is, MM_PART_NONE: it has none */
	int32_t pid;
	uint8_t order, mt;
	bool got, listed;
	int zone;           /* of the page, as mm_zone_get() counts; -1 without a page or a zone */
	uint8_t did;        /* enum mm_part_did */
	uint8_t fall_mt;    /* migratetype of the block that it took instead, MM_MT_UNKNOWN: none */
	uint8_t fall_order; /* of that block */
	bool claimed;       /* and the whole pageblock became its */
};

/** One parting. */
struct mm_parting {
	uint32_t ask[2]; /* MM_PART_NONE: only the other asked */
	uint32_t nr;     /* of ALONE: how many in a row, else 1 */
	uint8_t kinds;   /* bits 1 << enum mm_part_kind */
	uint64_t at[2];  /* event of each: of who didn't ask, its task's last request before it, 0 none */
	/*
	 * How much: a request that only one was granted, or for which a task was killed, more than all else (MM_PART_FAILED);
	 * then ns by which one stalled longer, plus pages of the block that only one took
	 */
	uint64_t weight;
};
#define MM_PART_FAILED (UINT64_C(1) << 62)

/** One of both runs. */
struct mm_part_run {
	const struct sg_log *log; /* complete; borrowed, as is @cap */
	const struct sg_capture *cap;
	const struct mm_machine *m; /* its zones are looked at in mm_part_new() only */
};

struct mm_part;

/** Nothing is looked at yet.  NULL when memory runs out. */
struct mm_part *mm_part_new(const struct mm_part_run run[2]);
void mm_part_free(struct mm_part *p);
/** Looks at up to @max further events or requests.  False: all is done, or memory has run out (mm_part_failed()). */
bool mm_part_work(struct mm_part *p, uint64_t max);
/** All is done; what follows may be asked. */
bool mm_part_done(const struct mm_part *p);
bool mm_part_failed(const struct mm_part *p);
/** Thousandths. */
unsigned int mm_part_progress(const struct mm_part *p);
uint64_t mm_part_bytes(const struct mm_part *p);

/** Requests of one run. */
uint32_t mm_part_asks(const struct mm_part *p, unsigned int side);
/** @i: < mm_part_asks(), in the order of their mm_page_alloc. */
void mm_part_ask(const struct mm_part *p, unsigned int side, uint32_t i, struct mm_part_ask *ret);
/** The last request whose mm_page_alloc is at @pos or before; MM_PART_NONE without. */
uint32_t mm_part_ask_at(const struct mm_part *p, unsigned int side, uint64_t pos);
/** Requests that both have. */
uint32_t mm_part_pairs(const struct mm_part *p);

/** Partings, in the order of the first run. */
uint32_t mm_part_count(const struct mm_part *p);
/** How many of them are (also) of a kind. */
uint32_t mm_part_kind_count(const struct mm_part *p, enum mm_part_kind k);
bool mm_part_get(const struct mm_part *p, uint32_t i, struct mm_parting *ret);
/**
 * mm_part_find() - the next parting behind (@dir 1) or before (-1) a position of run @side
 * Return: its number, MM_PART_NONE when there is none
 */
uint32_t mm_part_find(const struct mm_part *p, unsigned int side, uint64_t pos, int dir);
/** How many partings run @side has at @pos or before. */
uint32_t mm_part_rank(const struct mm_part *p, unsigned int side, uint64_t pos);
/** The parting of most weight, of equal ones the first; MM_PART_NONE when there is none. */
uint32_t mm_part_most(const struct mm_part *p);

/**
 * mm_part_in_step() - where the other run has come as far as run @side at @pos
 * By demand: behind the request that belongs to the last one of @side that has one there; the start before any, the end at
 * the end.  By time: as long after the same instant.
 */
uint64_t mm_part_in_step(const struct mm_part *p, unsigned int side, uint64_t pos, bool by_time);
/** Clock of run 1 less that of run 0, for the same instant: 0 when both come from the same capture. */
int64_t mm_part_clocks(const struct mm_part *p);

/**
 * mm_part_say() - what became of a request, in words: "a page of Normal, claimed a Movable block of order 9, woke kswapd"
 * @cap: of its run; @zone: name of its page's zone, NULL without
 * Return: @buf
 */
const char *mm_part_say(const struct mm_part_ask *a, const struct sg_capture *cap, const char *zone, char *buf, size_t size);
/** The kinds of a parting, keys with a blank between; returns @buf. */
const char *mm_part_kinds(const struct mm_parting *x, char *buf, size_t size);

#endif
