/* SPDX-License-Identifier: GPL-2.0-only */
/* Which lists a movable request takes from in a zone that has CMA pageblocks. */
#ifndef MM_RULES_CMA_H
#define MM_RULES_CMA_H

#include "rules/room.h"

#include "rules/rmqueue.h"

/** Has @z a CMA pageblock, as far as the machine knows?  Then movable requests may take from it. */
bool mm_rule_has_cma(const struct mm_machine *m, const struct zone_state *z);

/**
 * mm_rule_cma_first() - do CMA pageblocks hold more than half of what is free, so that a movable request takes of them first?
 * @taken: pages that this bulk has taken already and that the kernel hasn't subtracted from its count of free pages:
 *	those of the whole bulk before 6.10, none later
 * Return: MM_KNOWN_MAYBE when the two counts are so near to it that what each CPU keeps of them to itself decides
 * Source: mm/page_alloc.c: __rmqueue(), 5.8 to 7.3
 */
enum mm_known mm_rule_cma_first(const struct mm_machine *m, const struct zone_state *z, uint32_t taken);

/**
 * mm_rule_movable() - the block that a movable request of @order takes from the own lists or those of CMA
 * @cma_first: mm_rule_cma_first()
 * @pfn: what the kernel took
 * Where it isn't known which lists come first, the block is MM_KNOWN_MAYBE ("cma_share_unknown") if @pfn is the first of
 * either, and else the one of the own lists: the kernel's is wrong in both cases then.
 * Return: MM_KNOWN_NO when neither has a block
 * Source: mm/page_alloc.c: __rmqueue(), 5.8 to 7.3
 */
struct mm_pick mm_rule_movable(const struct mm_machine *m, const struct zone_state *z, unsigned int order,
			       enum mm_known cma_first, uint64_t pfn);

#endif
