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
	uint32_t at, gone;
	uint16_t cpu;
	uint16_t put;  /* CPU whose lists it was put on since the start; NO_CPU none */
	uint8_t where, order, mt;
	bool reclaimed : 1;
	bool taken : 1; /* handed out since the start */
};

/* What is open on a CPU: pages of a row of drains that nothing has told the owner of. */
struct ahead_cpu {
	uint32_t *row, nr_row, cap_row;
	uint16_t owner; /* of the last page of the row that tells it; NO_CPU */
};

struct mm_ahead {
	uint64_t from;
	char mark[64];
	const struct sg_capture *cap; /* while it reads */
	bool oom;
	struct mm_pool *pool;
	struct mm_cow pages; /* struct ahead_ent by pfn */
	struct mm_cow tasks; /* by pid: how deep it is in reclaim */
	unsigned int nr_cpus;
	struct ahead_cpu cpu[];
};

static inline void mm_ahead_fill(void *arg, uint64_t i, void *elem)
{
	(void)i;
	memset(elem, 0, ((const struct mm_cow *)arg)->elem);
}

/* Element @i for writing, zero before the first time; NULL when memory runs out. */
static inline void *mm_ahead_own(struct mm_ahead *a, struct mm_cow *c, uint64_t i)
{
	void *e = i < UINT32_MAX ? mm_cow_own(c, i, mm_ahead_fill, c) : NULL;

	a->oom |= !e;
	return e;
}

/* demand/ahead_tasks.c */
void mm_ahead_tasks(struct mm_ahead *a, const struct sg_event *ev);
bool mm_ahead_reclaims(const struct mm_ahead *a, const struct sg_event *ev);

#endif
