/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What pageblocks were before their first touch, as the first event that touches them tells.  Private to engine/.
 *
 * No part of the machine's state: nothing is decided by it, no hash or image holds it.
 */
#ifndef MM_TIME_FORESIGHT_H
#define MM_TIME_FORESIGHT_H

#include "time/room.h"

#include "machine/map.h"

struct mm_foresight;

/** NULL when memory runs out. @log and @map (the machine's, maybe NULL) are borrowed; for kernels whose free lists hold blocks of their own type only. */
struct mm_foresight *mm_foresight_new(const struct sg_log *log, const struct sg_capture *cap, unsigned int nr_cpus,
				      unsigned int nr_orders, unsigned int pb_order, uint64_t end_pfn, const struct mm_map *map);
void mm_foresight_free(struct mm_foresight *f);
/** Event number @at, as somebody else reads the log; of no effect when it isn't the next one to be seen. */
void mm_foresight_see(struct mm_foresight *f, const struct sg_event *event, uint64_t at);
/** Reads up to @max_events of the log.  False when there was nothing to read any more. */
bool mm_foresight_read(struct mm_foresight *f, uint64_t max_events);
/** Type of pageblock @block at @position, MM_MT_UNKNOWN unless a later event tells it.  @f may be NULL. */
unsigned int mm_foresight_get(const struct mm_foresight *f, uint64_t block, uint64_t position);
/** Bytes of memory: 8 for each pageblock up to the highest that is told, 16 for each CPU. */
uint64_t mm_foresight_bytes(const struct mm_foresight *f);

#endif
