/* SPDX-License-Identifier: GPL-2.0-only */
/* Ranges of isolated pageblocks: alloc_contig_range(), memory offline and online.  Private to the observed run. */
#ifndef MM_OBSERVE_ISOLATION_H
#define MM_OBSERVE_ISOLATION_H

#include "observe/room.h"

#include "observe/observe.h"

/** mm_compaction_isolate_migratepages of a task that is in no compaction run: alloc_contig_range() looks for pages to move. */
void mm_isolation_scan(struct mm_machine *m, const struct sg_event *ev);
/** mm_migrate_pages_start: the task empties a block of memory that is to go offline, if the reason says so. */
void mm_isolation_moves(struct mm_machine *m, const struct sg_event *ev);
/** mm_page_free, before it is applied: in which memory block does the page lie that was moved away? */
void mm_isolation_free(struct mm_machine *m, const struct sg_event *ev);
/** test_pages_isolated: the whole range, and whether it is free. */
void mm_isolation_tested(struct mm_machine *m, const struct sg_event *ev);
/**
 * mm_isolation_take() - mm_compaction_isolate_freepages: the task takes a piece of its range
 * Return: false when it is no such range
 */
bool mm_isolation_take(struct mm_machine *m, const struct sg_event *ev);
/** Any event of a task: the isolation of a range that it has taken ends with the first one that is something else. */
void mm_isolation_goes_on(struct mm_machine *m, const struct sg_event *ev);
/**
 * mm_isolation_online() - mm_page_free of a block whose first page (@e) is not there: memory goes online
 * It is put at the tail of the MOVABLE lists.  Return: false when the event is something else
 * Source: mm/memory_hotplug.c: online_pages(), generic_online_page(), mm/page_alloc.c: __free_pages_core(), 6.1 to 7.3
 */
bool mm_isolation_online(struct mm_machine *m, struct zone_state *z, const struct sg_event *ev, const struct page_ent *e);

#endif
