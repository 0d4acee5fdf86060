/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is known of the self-tuning of one per-cpu page set (zone and CPU): each counter is an interval, since
 * its value before the trace isn't in it.  Private to check/pick/pcp.c.
 */
#ifndef MM_CHECK_PICK_PCP_SIZE_H
#define MM_CHECK_PICK_PCP_SIZE_H

#include "check/room.h"

#include "check/check.h"
#include "machine/state.h"

/** Pages, unless said otherwise. */
struct mm_tuning {
	uint32_t batch;              /* 0: not known */
	uint32_t high_min, high_max; /* limits of pcp->high, which lies between them */
	uint8_t factor_lo, factor_hi;
	uint32_t freed_lo, freed_hi; /* pcp->free_count; 6.1: free_factor */
	uint32_t unseen;             /* pages on its lists at most that the machine doesn't know of */
	bool prev_known, prev_high;  /* was the last page freed of an order 1 to 3? */
	uint32_t emptied;            /* event that emptied the lists: what the machine has there from before isn't on them */
	bool emptied_guess;          /* because a free gave back less than it was to give; if wrong, @emptied_else holds */
	uint32_t emptied_else;
	bool off;                    /* the lists are switched off: batch and limits are those of zone_pcp_disable() */
	uint32_t on_batch, on_high_min, on_high_max; /* what they are when they are switched on again */
	/* before the last free; 6.1 doesn't need them */
	uint32_t was_lo, was_hi;
	bool was_prev_known, was_prev_high;
};

/** A number that follows from all that is possible, or the fact that keeps it open. */
struct mm_tuned {
	uint32_t want, piece;
	uint32_t least; /* drain: what it gives at least if all pages that the machine doesn't know of are there */
	const char *why; /* NULL: @want holds */
};

/** What the newest snapshot says of @zone's page set of @cpu; the counters are open again. */
void mm_tuning_init(struct mm_tuning *t, const struct mm_check *c, const struct mm_machine *m, const struct zone_state *z,
		    unsigned int cpu);

/**
 * mm_tuning_switch() - the zone's lists are switched off, or on again
 * Switched off they are empty, each refill is of one block, and each free gives back what it brought.
 * Source: mm/page_alloc.c: zone_pcp_disable(), zone_pcp_enable(), 5.12 to 7.3
 */
void mm_tuning_switch(struct mm_tuning *t, bool off);

/** A page of @order is put on a list; one is asked of a list. Source: free_frozen_page_commit(), rmqueue_pcplist(), 6.12 to 7.3 */
void mm_tuning_free(struct mm_tuning *t, struct mm_facts facts, unsigned int order);
/** A page of @order was freed, and may have found the lists locked; then nothing changed. */
void mm_tuning_free_maybe(struct mm_tuning *t, struct mm_facts facts, unsigned int order);
void mm_tuning_alloc(struct mm_tuning *t);
/** A request for a block of @order that another zone served may have asked the lists before, and found nothing. */
void mm_tuning_maybe_asked(struct mm_tuning *t, struct mm_facts facts, unsigned int order);
/** Requests for blocks of @order that found nothing asked the lists as well, nobody knows how often. */
void mm_tuning_stall(struct mm_tuning *t, struct mm_facts facts, unsigned int order);

/**
 * mm_tuning_refill() - blocks to take for an empty list of @order, with @count pages on the others
 * @got: what the kernel took, which narrows the factor afterwards
 * @ran_out: the zone's own lists may have had no more: it was to take at least @got
 * Source: mm/page_alloc.c: nr_pcp_alloc(), 6.12 to 7.3
 */
struct mm_tuned mm_tuning_refill(struct mm_tuning *t, struct mm_facts facts, unsigned int order, uint32_t count, uint32_t got,
				 bool ran_out);

/**
 * mm_tuning_drain() - pages that the free of a block of @order, the last one seen, gives back
 * @count:  pages on the lists with that block
 * @active: may kswapd be at work on the zone's node?
 * Source: mm/page_alloc.c: nr_pcp_high(), nr_pcp_free(), 6.1 to 7.3
 */
struct mm_tuned mm_tuning_drain(const struct mm_tuning *t, struct mm_facts facts, unsigned int order, uint32_t count, bool active);

/**
 * mm_tuning_drained() - narrows the counter by what the free of a block of @order gave back
 * @count:  pages on the lists with that block
 * @active: may kswapd be at work on the zone's node?
 * @got:    pages that left, the last block of them with @last pages
 * Only 6.1 has such a counter (free_factor); it doubles what the next free gives back.
 * Source: mm/page_alloc.c: nr_pcp_free(), 6.1
 */
void mm_tuning_drained(struct mm_tuning *t, struct mm_facts facts, unsigned int order, uint32_t count, bool active, uint32_t got,
		       uint32_t last);

/**
 * mm_tuning_gave() - takes over the count of what was freed in a row, where the free of a page gave @got pages back
 * As many go as were freed in a row, so far as neither the batch nor pcp->high bound it.  Not from 7.2 on, where a drain has pieces and
 * may lose the lock between two of them.
 * Source: mm/page_alloc.c: nr_pcp_free(), free_unref_page_commit(), 6.12 and 6.18
 */
void mm_tuning_gave(struct mm_tuning *t, struct mm_facts facts, uint32_t got);

#endif
