/* SPDX-License-Identifier: GPL-2.0-only */
/* The figures of a run that lies in a log, in slices, on a machine of their own. */
#ifndef MM_FIGURES_COUNT_H
#define MM_FIGURES_COUNT_H

#include "figures/room.h"

#include "figures/figures.h"

struct mm_count;

/**
 * mm_count_new() - nothing is counted yet
 * @cfg: of the run, with its layout; copied, what it points to is borrowed, as is @log, which is complete
 * What counts lies between the markers snapshot-begin-done and snapshot-end where they are, as in compare, else it is all.
 */
struct mm_count *mm_count_new(const struct mm_config *cfg, const struct sg_log *log);
void mm_count_free(struct mm_count *c);
/** Looks at up to @max further events.  False: it is done, or memory has run out. */
bool mm_count_work(struct mm_count *c, uint64_t max);
/** Thousandths. */
unsigned int mm_count_progress(const struct mm_count *c);
/** What it comes to; NULL before the end, and when memory ran out (mm_count_failed()). */
const struct mm_figure_values *mm_count_values(const struct mm_count *c);
bool mm_count_failed(const struct mm_count *c);

#endif
