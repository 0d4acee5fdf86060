/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the observed run share. */
#ifndef MM_OBSERVE_OBSERVE_H
#define MM_OBSERVE_OBSERVE_H

#include "observe/room.h"

#include "observe/observer.h"

/* Bits of common_flags: include/linux/trace_events.h: TRACE_FLAG_HARDIRQ, _SOFTIRQ, 6.1 to 7.3 */
#define MM_IN_INTERRUPT 0x18

/* The depth of disabled preemption at an event; the upper half of the field is that of disabled migration. */
static inline unsigned int mm_preempt_of(const struct sg_event *ev)
{
	return ev->preempt & 15u;
}

/* observe/observe.c */
/** mm_observe() with an event whose pfns are numbers already. */
void mm_apply(struct mm_machine *m, const struct sg_event *ev);

/* observe/free.c */
enum mm_lock { MM_LOCK_FREE, MM_LOCK_MAYBE, MM_LOCK_HELD };
enum mm_lock mm_free_finds_lock(const struct mm_machine *m, const struct sg_event *ev);

/* observe/empty.c */
void mm_complete_were_empty(struct mm_machine *m, struct zone_state *z, unsigned int from, unsigned int to, unsigned int mt);
/* A block that the kernel takes: what of, and where the rest of it goes. */
struct mm_taking {
	uint64_t pfn;
	unsigned int order, mt; /* mt: of the list that it is taken from */
	unsigned int remainder_mt;
	unsigned int from_order; /* of the block it is split from, MM_MAX_ORDERS when the event doesn't say */
	bool smallest;           /* by __rmqueue_smallest() */
};
void mm_complete_taking(struct mm_machine *m, struct zone_state *z, const struct mm_taking *t);
void mm_unnamed_were_empty(struct mm_machine *m, struct zone_state *z, unsigned int from, unsigned int to,
			   unsigned int mt, uint64_t at);
void mm_unnamed_was_first(struct mm_machine *m, struct zone_state *z, unsigned int order, unsigned int mt, uint64_t pfn);

/* observe/observer.c */
/** mm_forget(), and nothing is remembered of tasks and CPUs. */
void mm_observer_forget(struct mm_machine *m);

/* observe/buddy.c */
/** Is the free block with head entry @e what another CPU's last event freed, and may it not be on its list yet? */
bool mm_in_flight(const struct mm_machine *m, const struct page_ent *e);
uint64_t mm_observed_take(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int order, unsigned int mt,
			  unsigned int remainder_mt, bool smallest);
bool mm_observed_free_with(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int order, unsigned int mt,
			   const struct mm_free_opts *opts);
void mm_observed_free(struct mm_machine *m, struct zone_state *z, uint64_t pfn, unsigned int order, unsigned int mt,
		      bool to_tail);
/** The block at @pfn was not on the per-cpu list it was thought on, but on the buddy lists. */
void mm_went_to_buddy(struct mm_machine *m, uint64_t pfn);
void mm_buddy_emptied(struct mm_machine *m, struct zone_state *z, unsigned int order, unsigned int mt);

/* observe/batch.c */
uint32_t mm_uncommitted(const struct mm_machine *m, unsigned int cpu);
void mm_run_reached(struct mm_machine *m, unsigned int cpu, uint32_t since);
void mm_run_afresh(struct mm_machine *m, const struct sg_event *ev);

/* observe/isolation.c */
/**
 * mm_isolation_pcp_off() - are the per-cpu lists of zone @z switched off, as one of its memory blocks is going offline?
 * @ret_maybe: set when a block is, and nothing has told yet of which zone
 * Source: mm/memory_hotplug.c: offline_pages(), 5.12 to 7.3
 */
bool mm_isolation_pcp_off(const struct mm_machine *m, unsigned int z, bool *ret_maybe);

/* observe/tasks.c */
struct task_ctx *mm_ctx(struct mm_machine *m, int32_t pid, bool create);
void mm_ctx_alloc(struct mm_machine *m, struct task_ctx *c);
void mm_ctx_gone(struct mm_machine *m, struct task_ctx *c);
void mm_ctx_release(struct mm_machine *m, struct task_ctx *c);
void mm_ctx_count(struct mm_machine *m);
bool mm_node_compacts(const struct mm_machine *m, int nid);

/* observe/threads.c */
struct mm_node_info *mm_node_at(struct mm_machine *m, uint64_t nid);
void mm_observe_threads(struct mm_machine *m, const struct sg_event *ev);
void mm_kcompactd_seen(struct mm_machine *m, uint64_t nid, bool awake, uint64_t order);
void mm_kcompactd_at_work(struct mm_machine *m, const struct sg_event *ev);

/* observe/pending.c */
void mm_isolate_block(struct mm_machine *m, struct zone_state *z, uint64_t pfn, const struct page_ent *e);
void mm_pending_add(struct mm_machine *m, int32_t pid, uint64_t min_pfn, unsigned int order, bool counted);
bool mm_pending_settle(struct mm_machine *m, struct zone_state *z, uint64_t pfn);
void mm_pending_at_block(struct mm_machine *m, struct zone_state *z, int32_t pid, uint64_t block_pfn);

/* observe/compact.c */
void mm_observe_compact(struct mm_machine *m, const struct sg_event *ev);

/* observe/stall.c */
void mm_observe_stall(struct mm_machine *m, const struct sg_event *ev);
void mm_stall_end(struct mm_machine *m, const struct sg_event *ev);

/* observe/compact_search.c */
void mm_observe_search(struct mm_machine *m, const struct sg_event *ev);
void mm_taken_end(struct mm_machine *m, int32_t pid);
void mm_observe_no_source(struct mm_machine *m, struct task_ctx *c);
void mm_observe_source_search(struct mm_machine *m, struct zone_state *z, struct task_ctx *c, uint64_t start);

/* observe/remote.c */
void mm_remote_drained(struct mm_machine *m, const struct zone_state *z, const struct sg_event *ev,
		       const struct page_ent *e);
void mm_remote_settle(struct mm_machine *m, const struct sg_event *ev);

/* observe/reporting.c */
void mm_reporting_notify(struct mm_machine *m, unsigned int order);
void mm_reporting_taken(struct mm_machine *m, struct zone_state *z, uint64_t pfn);
void mm_reporting_pass(struct mm_machine *m);

/* observe/event.c */

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
