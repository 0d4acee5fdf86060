// SPDX-License-Identifier: GPL-2.0-only
/*
 * An order for anonymous folios by what their zone has: the largest size that the settings allow, that fits, and of which enough
 * blocks are free that nobody has to make one.  So a machine in pieces gives small folios at once, where the kernel tries size
 * after size.
 */
#include <stormglass/policy.h>

#define SPARE 16 /* blocks of the size, or larger ones worth as many, that stay free for others */

/* Blocks of @order that the Movable lists of all zones could give. */
static uint64_t blocks(const struct mm_eye *eye, unsigned int order)
{
	uint64_t n = 0;

	for (unsigned int zone = 0; zone < eye->nr_zones; zone++)
		for (unsigned int o = order; o < eye->nr_orders; o++)
			n += eye->list_blocks(eye, zone, o, MM_MT_MOVABLE) << (o - order);
	return n;
}

/* Source: mm/memory.c: alloc_anon_folio() */
static void folio_order(void *state, const struct mm_eye *eye, const struct mm_ask_folio_order *in, int32_t *order)
{
	uint32_t sizes = in->enabled & in->fits;

	*order = 0;
	for (int32_t o = 31; o > 0; o--)
		if ((sizes >> o & 1) && (in->failed < 0 || o < in->failed) && (uint32_t)o < eye->nr_orders && blocks(eye, (unsigned int)o) > SPARE) {
			*order = o;
			return;
		}
}

const struct mm_hooks stormglass_policy = { MM_HOOKS_HEAD("anon-order"), .folio_order = folio_order };
