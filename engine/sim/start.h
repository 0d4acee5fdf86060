/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside of a run's start from an observed machine: what its files share.  Nobody else needs this. */
#ifndef MM_SIM_START_H
#define MM_SIM_START_H

#include "sim/room.h"

#include "demand/ahead.h"
#include "sim/alloc/alloc.h"

/* Marks that a snapshot shows of a folio. */
#define START_DIRTY 0x01u
#define START_REFERENCED 0x02u

/* One folio that goes to the LRU. */
struct start_folio {
	uint64_t key;   /* where it stands: the smaller, the nearer to the cold end */
	uint32_t since; /* event that brought it into use; 0: before the trace */
	uint32_t gone;  /* event that frees it later; 0 none */
	uint32_t pfn;
	uint8_t node, kind;
	uint8_t order, marks;
	bool active, reclaimed; /* reclaimed: @gone was inside of reclaim */
};

struct start {
	struct mm_sim *s;
	struct mm_sim_facts *facts;
	const struct mm_ahead *ahead;   /* NULL: nothing is known of what comes later */
	const struct sg_snapshot *snap; /* that the machine has taken up last; NULL: none */
	bool fresh;                     /* its figures are those of the moment: the machine stands at its end */
	bool own_lists;                 /* the captured kernel's free pages lie on the list of their pageblock's type */
	bool tunes;                     /* the captured kernel's per-cpu lists tune themselves */
	struct zone_state *z;           /* being settled */
	uint32_t *block;                /* free blocks of one list, in their order */
	size_t nr, cap;
	struct start_folio *page;       /* of all zones */
	size_t nr_pages, cap_pages;
	struct mm_cow marks;            /* START_* by pfn */
	uint64_t shuffle;               /* state of the generator */
	bool oom;
};

/* sim/start_walk.c */
void *mm_start_grow(struct start *st, void *p, size_t *cap, size_t size);
typedef void (*mm_start_page_fn)(struct start *st, uint64_t pfn, const struct page_ent *e);
/** All pages of the zone but those that only a snapshot knows, and that are neither free nor on the LRU. */
void mm_start_each_page(struct start *st, mm_start_page_fn fn);
/** What the snapshot says of the zone, NULL: nothing. */
const struct sg_zone_snap *mm_start_zone_snap(const struct start *st, const struct zone_state *z);
/** The next random number of the run's seed. */
uint64_t mm_start_random(struct start *st);

/** What has no marks (mm_cow_fill_fn). */
void mm_start_no_marks(void *arg, uint64_t pfn, void *elem);

/* sim/start_flags.c */
void mm_start_flags(struct start *st);
/* sim/start_pcp.c */
void mm_start_pcp(struct start *st);
void mm_start_tune(struct start *st);
/* sim/start_types.c */
void mm_start_types(struct start *st);
/* sim/start_compact.c */
void mm_start_compact(struct start *st);
/* sim/start_lru.c */
void mm_start_lru_collect(struct start *st, uint64_t pfn, const struct page_ent *e);
void mm_start_lru(struct start *st);

#endif
