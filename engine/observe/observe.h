/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the observed run share. */
#ifndef MM_OBSERVE_OBSERVE_H
#define MM_OBSERVE_OBSERVE_H

#include "machine/state.h"

/* Bits of common_flags: include/linux/trace_events.h: TRACE_FLAG_HARDIRQ, _SOFTIRQ, 6.1 to 7.3 */
#define MM_IN_INTERRUPT 0x18

/* The depth of disabled preemption at an event; the upper half of the field is that of disabled migration. */
static inline unsigned int mm_preempt_of(const struct sg_event *ev)
{
	return ev->preempt & 15u;
}

/* observe/observe.c */

/** The zone of the block of @order at @pfn that an event names; NULL, and counted, when no such block can be. */
struct zone_state *mm_event_zone(struct mm_machine *m, uint64_t pfn, uint64_t order);
/** Can @mt be a migratetype?  If not, that is counted. */
bool mm_event_mt_ok(struct mm_machine *m, uint64_t mt);
/**
 * Takes whatever is linked in [@pfn, +2^@order) off its lists, so that the pages can be given a new state.
 * Return: pages that were free on buddy lists
 */
uint64_t mm_event_detach(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int order);
/** Notes that the block was @was before the event, and is in state @to (enum mm_page_state) after it. */
void mm_event_changed(struct mm_machine *m, uint64_t pfn, unsigned int order, const struct page_ent *was,
		      unsigned int to);

/* observe/take.c: mm_page_alloc_zone_locked, mm_page_alloc_extfrag */
void mm_on_zone_locked(struct mm_machine *m, const struct sg_event *ev);
void mm_on_extfrag(struct mm_machine *m, const struct sg_event *ev);

/* observe/free.c: mm_page_alloc, mm_page_free, mm_page_free_batched, mm_page_pcpu_drain */
void mm_on_alloc(struct mm_machine *m, const struct sg_event *ev);
void mm_on_free(struct mm_machine *m, const struct sg_event *ev);
void mm_on_free_batched(struct mm_machine *m, const struct sg_event *ev);
void mm_on_drain(struct mm_machine *m, const struct sg_event *ev);
/** What interrupts freed on the CPU of @ev, now that the task below them shows itself again. */
void mm_settle_irq_frees(struct mm_machine *m, const struct sg_event *ev);

/* observe/capture.c */

/**
 * The task of @ev gives the block at @pfn, on no list now, to the list of @mt (SG_MAX_MIGRATETYPES: unknown).
 * Return: the state that it is in then (enum page_state): PS_FREE, or PS_PCP when the task keeps it for itself
 */
unsigned int mm_event_free_block(struct mm_machine *m, struct zone_state *z, const struct sg_event *ev, uint64_t pfn,
				 unsigned int order, unsigned int mt);

/* observe/contig.c */

/** Is @ev a free of one page, which has entry @e before it, of a block that was handed out as a whole?  Only where rows of these join. */
bool mm_contig_was_split(const struct mm_machine *m, const struct sg_event *ev, const struct page_ent *e);
/** The page at @pfn, which @ev has put on a per-cpu list just now, joins those of its row before it. */
void mm_contig_join(struct mm_machine *m, struct zone_state *z, const struct sg_event *ev, uint64_t pfn);

/* observe/batch.c */

/** Remembers @ev as the last event of its CPU outside interrupts, and which batches of frees are under way. */
void mm_base_event_set(struct mm_machine *m, const struct sg_event *ev);

#endif
