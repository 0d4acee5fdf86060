// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which free lists are complete: the model has every block that the kernel has on them.  An empty list is empty in
 * the kernel only if it is complete.  All lists are after a snapshot that covers the whole zone.  Without one, a list
 * becomes complete when an event shows that it was empty, and stays so until blocks that nobody knows may come onto it.
 */
#include "machine/state.h"

/* Bits of the orders [@from, @to). */
static uint16_t orders(unsigned int from, unsigned int to)
{
	return (uint16_t)(from < to ? (1u << to) - (1u << from) : 0);
}

/** All free pages of the zone are known now if none is unknown, and on which list, if the snapshot has @types. */
void mm_complete_seed(struct zone_state *z, bool types)
{
	for (unsigned int t = 0; t < MM_NR_MT; t++) {
		z->complete[t] = z->nr_pages[PS_UNKNOWN] ? 0 : mm_all_orders(z);
		for (unsigned int o = 0; !types && o < z->nr_orders; o++)
			if (z->list[o][MM_MT_ROW_UNKNOWN].nr_unplaced)
				mm_complete_lose(z, o, o + 1, t);
	}
}

/** Are all lists of orders [@from, @to) of @mt complete? */
bool mm_complete_all(const struct zone_state *z, unsigned int from, unsigned int to, unsigned int mt)
{
	return (z->complete[mt] | orders(from, to)) == z->complete[mt];
}

/** Blocks that the model doesn't know may be on the lists of orders [@from, @to) of @mt. */
void mm_complete_lose(struct zone_state *z, unsigned int from, unsigned int to, unsigned int mt)
{
	if (mt < MM_NR_MT)
		z->complete[mt] &= (uint16_t)~orders(from, to);
}

bool mm_complete_list(const struct zone_state *z, unsigned int order, unsigned int mt)
{
	return mt < MM_NR_MT && z->complete[mt] >> order & 1;
}
