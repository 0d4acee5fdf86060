/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside of what later events tell of the start: shared by the files that read them. */
#ifndef MM_DEMAND_AHEAD_PRIV_H
#define MM_DEMAND_AHEAD_PRIV_H

#include "demand/room.h"

#include <string.h>

#include "demand/ahead.h"
#include "machine/state.h"

#define NO_CPU UINT16_MAX

/* One page: what struct mm_ahead_page says, and where it is by now. */
struct ahead_ent {
	uint32_t at, gone; /* @gone: of a drained page, the row that it is at the beginning of */
	uint16_t cpu;
	uint16_t put;  /* CPU whose lists it was put on since the start; NO_CPU none */
	uint8_t where, order, mt;
	bool reclaimed : 1;
	bool guess : 1; /* nothing tells its CPU */
	bool taken : 1; /* handed out since the start */
};

/* The first event that shows the type of the pageblock of a block that begins here. */
struct ahead_type {
	uint32_t at;    /* 0: none does */
	uint32_t claim; /* the next event of its CPU was a claim: 1 + its number; 0 none was */
	uint8_t type, order;
};

struct ahead_claim {
	uint32_t pfn;
	uint8_t type; /* before it */
};

/* What is open on a CPU: pages of a row of drains that nothing has told the owner of; a pick, which may be a claim's. */
struct ahead_cpu {
	bool waits;
	uint32_t waiting; /* pfn of the pick */
	uint32_t *row, nr_row, cap_row;
	uint16_t owner; /* of the last page of the row that tells it; NO_CPU */
	uint8_t order;  /* of its last page */
};

/* Of a task: it reclaims; its compaction goes by what zones remember; above that the order that it compacts for. */
#define AHEAD_RECLAIMS 0x01u
#define AHEAD_HEEDS 0x02u
#define AHEAD_ORDER 8

struct ahead_task {
	uint64_t at;     /* where the migrate scanner of its run is */
	uint32_t bits;   /* AHEAD_* */
	bool runs, sync; /* it is in a run that heeds what the zone remembers */
};

/* One zone's first run. */
struct ahead_zone {
	struct mm_ahead_run told;
	bool seen;
};

struct ahead_defer {
	bool told;
	struct mm_ahead_defer is;
};

struct mm_ahead {
	uint64_t from;
	char mark[64];
	const struct sg_capture *cap; /* while it reads */
	bool oom;
	struct mm_pool *pool;
	struct mm_cow pages; /* struct ahead_ent by pfn */
	uint32_t nr_rows;    /* of drains, that begin with pages of unknown CPU */
	struct mm_cow types; /* struct ahead_type by pfn */
	struct ahead_claim *claim;
	uint32_t nr_claims, cap_claims;
	unsigned int nr_types;
	int highatomic, isolate; /* types that come and go without an event; -1 none */
	struct mm_cow tasks; /* struct ahead_task by pid */
	struct mm_cow hints; /* uint32_t by a pageblock's first pfn: the first event by which a scanner went over it */
	struct mm_ahead_pass *pass;
	size_t nr_passes, cap_passes, most; /* most: the longest of them */
	struct ahead_zone zone[MM_MAX_ZONES];
	unsigned int nr_zones;
	struct ahead_defer defer[MM_MAX_NODES][SG_MAX_ZONE_TYPES];
	unsigned int nr_cpus;
	struct ahead_cpu cpu[];
};

static inline void mm_ahead_fill(void *arg, uint64_t i, void *elem)
{
	(void)i;
	memset(elem, 0, ((const struct mm_cow *)arg)->elem);
}

/* Element @i for writing, zero before the first time; NULL when there is no such page or task, and when memory runs out. */
static inline void *mm_ahead_own(struct mm_ahead *a, struct mm_cow *c, uint64_t i)
{
	void *e = i < c->v.nr ? mm_cow_own(c, i, mm_ahead_fill, c) : NULL;

	a->oom |= !e && i < c->v.nr;
	return e;
}

/* demand/ahead_tasks.c */
void mm_ahead_tasks(struct mm_ahead *a, const struct sg_event *ev);
bool mm_ahead_reclaims(const struct mm_ahead *a, const struct sg_event *ev);

/* demand/ahead_compact.c */
void mm_ahead_compaction(struct mm_ahead *a, const struct sg_event *ev, uint64_t n);

/* demand/ahead_types.c */
void mm_ahead_types(struct mm_ahead *a, const struct sg_event *ev, uint64_t n);

#endif
