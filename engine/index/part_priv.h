/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files part*.c share. */
#ifndef MM_INDEX_PART_PRIV_H
#define MM_INDEX_PART_PRIV_H

#include "index/room.h"

#include "index/part.h"

/* So many requests at most are passed over to find the same again: as many as a huge page of arm64 with pages of 64 KiB has pages. */
#define MM_PART_FAR (1u << 14)

struct part_ask {
	uint64_t event, tells, ns;
	uint32_t key;       /* of what is asked for: with bit 31 the page of a file, else as @base */
	uint32_t base;      /* order, bits of migratetype, and whether it may reclaim */
	uint32_t task, nth; /* whose, and which of his, from 0 */
	uint32_t next;      /* of the same task */
	uint32_t same;      /* next of the same task with the same key */
	uint32_t other;
	uint32_t paired;    /* the last one of the run that has a counterpart, this one included */
	uint8_t order, mt, did, fall_mt, fall_order, zone;
	bool got, claimed, listed;
};

struct part_task {
	int32_t pid;
	bool kernel;        /* kswapd, kcompactd */
	bool in_reclaim, in_run, stalled;
	uint32_t first, last, nr; /* requests */
	uint32_t mate;      /* the other run's task */
	bool open;          /* the last request's key may still change */
	uint64_t last_pfn;
	/* the request under way */
	uint64_t since, tells, pick;
	uint8_t did, fall_mt, fall_order;
	bool claimed;
};

/* First request with a key that isn't passed yet, and the last one: open addressing. */
struct part_same {
	uint32_t task, key, head, tail;
	bool used;
};

struct part_zone {
	uint64_t start, end;
	int node;
	char name[16];
};

/* Pages that a refill put onto a CPU's list, by pfn: those that nobody has taken since, as far as they don't displace each other. */
#define PART_REFILLS (1u << 15)
struct part_refill {
	uint64_t pfn, event; /* event 0: none */
};

struct part_side {
	const struct sg_log *log;
	const struct sg_capture *cap;
	struct sg_cursor cur;
	uint64_t at, total, from; /* events looked at; requests up to @from belong to nobody's */
	uint64_t mark;            /* ts of the marker snapshot-begin-done */
	bool marked;
	uint64_t first_ts;
	struct part_zone zone[MM_MAX_ZONES];
	unsigned int nr_zones;
	struct part_ask *ask;
	uint32_t nr, cap_asks;
	struct part_task *task;
	uint32_t nr_tasks, cap_tasks;
	uint32_t *slot;           /* by pid: task + 1 */
	size_t cap_slots;
	struct part_same *same;
	size_t cap_same, nr_same;
	struct part_refill *refill; /* PART_REFILLS */
	uint32_t *order;          /* partings in this run's order, those of run 0 are in theirs */
};

enum part_stage { PART_SCAN, PART_ALIGN, PART_LIST, PART_DONE, PART_FAILED };

struct mm_part {
	struct part_side side[2];
	enum part_stage stage;
	bool same_capture;
	int8_t zone_of[MM_MAX_ZONES]; /* run 1's zones as run 0's, -1 none */
	uint8_t mt_of[SG_MAX_MIGRATETYPES]; /* run 1's migratetypes as run 0's */
	uint8_t told;                 /* enum mm_part_did of which both runs have events */
	bool fall_told;
	uint32_t task;                /* of run 0 being laid beside its mate */
	uint32_t i, j;                /* their next requests */
	bool in_task;
	uint64_t steps;
	uint32_t pairs;
	struct mm_parting *parting;
	uint32_t nr, cap;
	uint32_t count[MM_PART_COUNT];
	uint32_t most;
};

/** The next event of @s: 1; 0 at its end, SG_E_NOMEM. */
int mm_part_scan(struct part_side *s);
/** The slot of a task's key: the one that has it, or where it goes. */
struct part_same *mm_part_same(const struct part_side *s, uint32_t task, uint32_t key);
/** Pairs of tasks, before any are laid beside each other. */
void mm_part_mates(struct mm_part *p);
/** One step; false when all are through, or memory has run out. */
bool mm_part_align(struct mm_part *p);
/** Puts what was found into order; false when memory runs out. */
bool mm_part_list(struct mm_part *p);

#endif
