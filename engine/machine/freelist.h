/* SPDX-License-Identifier: GPL-2.0-only */
/* The stretches of a free list, for the files freelist*.c only. */
#ifndef MM_MACHINE_FREELIST_H
#define MM_MACHINE_FREELIST_H

#include "machine/room.h"

#include "machine/state.h"

/* A stretch of a list: a chain of linked blocks, or (first == MM_NIL) so many unplaced ones. */
struct list_stretch {
	uint32_t first, last, unplaced;
};
#define MM_MAX_STRETCHES (2 * MM_LIST_PARTS + 6)

/** The middle of a list, NULL when it can't have one: only MOVABLE lists are searched and turned. */
struct list_mid *mm_list_mid(struct zone_state *z, unsigned int order, unsigned int mt);
/** The stretches of a list from head to tail; gaps of nothing are left out.  Returns how many. */
unsigned int mm_list_gather(const struct zone_state *z, unsigned int order, unsigned int mt, struct list_stretch *s);
/** The list is these stretches from now on. */
void mm_list_put_back(struct mm_machine *m, struct zone_state *z, unsigned int order, unsigned int mt,
		      struct list_stretch *s, unsigned int n);
/** Puts neighbours of the same kind together, as after a gap has become one of nothing. */
void mm_list_tidy(struct mm_machine *m, struct zone_state *z, unsigned int order, unsigned int mt);
/** The blocks of the chain from @pfn on become unplaced. */
struct list_stretch mm_list_loosen(struct mm_machine *m, struct free_list *l, uint32_t pfn);

#endif
