/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The records of index/decide.c: eight bytes each, ordered by event, in chunks that are split when one that is
 * settled late has to go in between.  Private to decide*.c.
 */
#ifndef MM_INDEX_DECIDE_INDEX_H
#define MM_INDEX_DECIDE_INDEX_H

#include "index/room.h"

#include "index/decide.h"

/* A record: 40 bits of event, 4 of kind, 2 of verdict, 18 of lag: events until it was settled. */
#define MM_DREC_LAG_BITS 18
#define MM_DREC_LAG_FAR ((1u << MM_DREC_LAG_BITS) - 1) /* too far: see far */
#define MM_DREC_EVENT_MAX ((1ull << 40) - 1)
#define MM_SETTLED_AT_END UINT64_MAX

#define MM_DCHUNK 2048u

struct mm_dchunk {
	uint32_t nr;
	uint16_t count[MM_CHECK_COUNT][MM_DIFFERS + 1];
	uint64_t rec[MM_DCHUNK];
};

struct mm_dindex {
	struct mm_dchunk **chunk;
	size_t nr_chunks, cap_chunks;
	uint64_t total;
	/* decisions that were settled long after their event, or at the end of the log: in the order of adding */
	struct mm_dfar {
		uint64_t event, settled;
		uint8_t kind;
	} *far;
	size_t nr_far, cap_far;
};

/** A decision of @event, settled when event number @settled was looked at.  0 or SG_E_NOMEM. */
int mm_dindex_add(struct mm_dindex *x, uint64_t event, uint64_t settled, enum mm_check_kind kind, enum mm_verdict v);
void mm_dindex_fini(struct mm_dindex *x);
uint64_t mm_dindex_bytes(const struct mm_dindex *x);
/** Record @i, 0 when there are not so many. */
uint64_t mm_dindex_rec(const struct mm_dindex *x, uint64_t i);
/**
 * When decision @i was settled: the number of the event that was looked at, or MM_SETTLED_AT_END.
 * *@ret_nth: how many decisions of the same event and kind were settled before it at the same event.
 */
uint64_t mm_dindex_settled(const struct mm_dindex *x, uint64_t i, unsigned int *ret_nth);

static inline uint64_t mm_drec_event(uint64_t r) { return r >> 24; }
static inline enum mm_check_kind mm_drec_kind(uint64_t r) { return (enum mm_check_kind)(r >> 20 & 15); }
static inline enum mm_verdict mm_drec_verdict(uint64_t r) { return (enum mm_verdict)(r >> 18 & 3); }
static inline uint32_t mm_drec_lag(uint64_t r) { return (uint32_t)(r & MM_DREC_LAG_FAR); }

#endif
