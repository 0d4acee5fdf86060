// SPDX-License-Identifier: GPL-2.0-only
/*
 * Holds back claims: an Unmovable or Reclaimable request doesn't take over a pageblock most of which others use, unless at least
 * three quarters of it are free or of its own kind.  The kernel asks for half.
 */
#include <stormglass/policy.h>

/* Source: mm/page_alloc.c: try_to_claim_block() */
static void claim(void *state, const struct mm_eye *eye, const struct mm_ask_claim *in, uint32_t *yes)
{
	if (in->mt != MM_MT_MOVABLE && in->free + in->alike < in->half + in->half / 2)
		*yes = 0;
}

const struct mm_hooks stormglass_policy = { MM_HOOKS_HEAD("hold-claims"), .claim = claim };
