/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A demand as it might have been: some tasks want everything several times, or there are other CPUs.  No capture shows that, so
 * it is an extrapolation, and counted how far it is one.
 */
#ifndef MM_DEMAND_SCALE_H
#define MM_DEMAND_SCALE_H

#include "demand/room.h"

#include "demand/demand.h"

#define MM_SCALE_MOST 16u /* times */

struct mm_scale_told {
	uint64_t wants, copies; /* of all wants afterwards, those that are copies */
	uint64_t pages;         /* that the copies ask for */
	uint32_t tasks;         /* that are copied */
};

/**
 * mm_demand_scale() - what some tasks want, they want @times
 * @pid: of these, @nr of them, ascending
 * A copy is another task, on the next CPU, that wants the same right behind the first: blocks, files and addresses of its own.
 * What becomes of its blocks (who frees them, when they come onto the LRU) is what became of the first one's.  Blocks that were
 * in use at the start, marks, and frees of what others asked for aren't copied.
 * Return: 0; SG_E_NOMEM, SG_E_RANGE when there are too many blocks, and @d is as it was
 */
int mm_demand_scale(struct mm_demand *d, const int32_t *pid, uint32_t nr, unsigned int times, struct mm_scale_told *ret,
		    struct sg_err *err);

/**
 * mm_demand_cpus() - the demand on @nr CPUs
 * With more, the tasks of each captured CPU are shared out in turn, in the order in which they appear; their work no longer
 * waits for each other's, but time in which a captured CPU was idle passes on each.  With fewer, captured CPU n is n modulo @nr:
 * their work adds up, and is idle only as long as all of them were.  Interrupts stay where they were.
 * @ret_moved: wants that are on another CPU than captured
 */
int mm_demand_cpus(struct mm_demand *d, unsigned int nr, uint64_t *ret_moved, struct sg_err *err);

#endif
