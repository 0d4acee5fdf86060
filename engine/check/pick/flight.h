/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frees that may not have reached the buddy lists yet when a block is picked.  Private to engine/.
 *
 * mm_page_free is written before the zone's lock is taken, mm_page_alloc_zone_locked under it.  So a pick by one
 * CPU that comes after another CPU's free may be the earlier one of the two; the next event of the CPU that frees
 * shows that its block is on the list.
 * Source: mm/page_alloc.c: __free_pages_ok(), free_one_page(), rmqueue_buddy(), rmqueue_bulk(), 6.1 to 7.3
 */
#ifndef MM_CHECK_PICK_FLIGHT_H
#define MM_CHECK_PICK_FLIGHT_H

#include "check/room.h"

#include "rules/rmqueue.h"

/** One free straight to the buddy lists, and what it changed there. */
struct mm_flight {
	uint32_t event; /* its number, 0: none */
	uint32_t after; /* number of the last pick known to be the earlier one; 0 none */
	uint32_t cpu, zone;
	uint32_t head;  /* first page of the block that it became */
	uint8_t mt, least, order; /* of the list; of the pages freed, and of that block */
	/* of each order from @least up to @order: the block that it merged with, and what lay behind that */
	struct {
		uint32_t pfn, next;
		bool first;
	} buddy[MM_MAX_ORDERS];
};

#define MM_FLIGHTS 8
struct mm_flights {
	unsigned int next; /* the entry to be used next */
	struct mm_flight at[MM_FLIGHTS];
};

/** Before the machine applies it: is @ev a free straight to the buddy lists?  Then it is remembered. */
void mm_flight_note(struct mm_flights *f, const struct mm_machine *m, const struct sg_event *ev);
/**
 * mm_flight_pick() - what a pick of the list of @mt takes, given what frees of other CPUs are under way
 * @p:   what it takes when all of them are done
 * @pfn: what the kernel took: it tells, for later picks, which of the two came first
 * Return: @p when the order doesn't matter, what it takes without a free that is known to come later, or MM_KNOWN_MAYBE with
 * "free_in_flight" as its reason
 */
struct mm_pick mm_flight_pick(struct mm_flights *f, const struct mm_machine *m, const struct zone_state *z,
			      const struct sg_event *ev, unsigned int order, unsigned int mt, const struct mm_pick *p,
			      uint64_t pfn);

#endif
