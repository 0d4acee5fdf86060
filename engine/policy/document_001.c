// SPDX-License-Identifier: GPL-2.0-only
/*
 * Policies of "mm: let kswapd work again for node that used to be hopeless but may not now" (linux-mm, May 2024): who revives a
 * kswapd that has given its node up.
 */
#include "policy/choice.h"

#define HOPELESS  16 /* MAX_RECLAIM_RETRIES */
#define MAX_NODES 256 /* as many as kernels are built for at most, and more than the machine has */

/* Pages of each node handed out since it became hopeless: nr_may_reclaimable. */
struct handed {
	int64_t pages[MAX_NODES];
};

/* Source: the patch: prep_new_page(), shrink_node(), lru_gen_shrink_node(), balance_pgdat() */
static void patch_count(void *state, const struct mm_eye *eye, const struct mm_ask_kswapd_count *in, int32_t *failures)
{
	struct handed *h = state;

	if (in->node < 0 || in->node >= MAX_NODES)
		return;
	if (in->event == MM_COUNT_ALLOCATED && in->failures >= HOPELESS)
		h->pages[in->node] += in->pages;
	else if (in->event == MM_COUNT_FAILED || (in->event == MM_COUNT_PROGRESS && in->pages > 0))
		h->pages[in->node] = 0;
}

/* Source: the patch: may_recaimable() */
static bool may_be_reclaimable(const struct handed *h, int node, unsigned int order)
{
	return node >= 0 && node < MAX_NODES && h->pages[node] >= INT64_C(1) << order;
}

/* Source: the patch: wakeup_kswapd() */
static void patch_wake(void *state, const struct mm_eye *eye, const struct mm_ask_kswapd_wake *in, uint32_t *wake)
{
	if (in->hopeless && may_be_reclaimable(state, in->node, in->order))
		*wake = !in->balanced || in->boosted;
}

/* Source: the patch: prepare_kswapd_sleep() */
static void patch_round(void *state, const struct mm_eye *eye, const struct mm_ask_kswapd_round *in,
			struct mm_reply_kswapd_round *r)
{
	if (in->at == MM_ROUND_SLEEP && in->hopeless && may_be_reclaimable(state, in->node, in->order))
		r->sleep = in->balanced;
}

static const struct mm_hooks patch = { MM_HOOKS_HEAD("hopeless.patch-2024"), .state_size = sizeof(struct handed),
				       .kswapd_count = patch_count, .kswapd_wake = patch_wake, .kswapd_round = patch_round };

static const enum mm_fact all[] = { MM_FACT_HOPELESS_FREE, MM_FACT_HOPELESS_BALANCED, MM_FACT_BOOST_NO_FAILURE, MM_FACT_COUNT };
static const enum mm_fact with_free[] = { MM_FACT_HOPELESS_FREE, MM_FACT_COUNT };

static const struct mm_choice_value hopeless[] = {
	{ "6.12", "any page that somebody reclaims of the node clears the failures" },
	{ "6.18", "so does a free that lifts one of its zones above high, but on the last node", .on = with_free },
	{ "7.x", "reclaim clears them only where it leaves the node balanced; fruitless rounds for a boost don't count",
	  .on = all },
	{ "patch-2024", "6.12, and kswapd works again once as many pages were handed out since as the request wants",
	  .hooks = &patch },
};

const struct mm_choice mm_document_001[] = {
	{ "hopeless", "001",
	  "mm/vmscan.c: shrink_node(), wakeup_kswapd(), prepare_kswapd_sleep(); mm/page_alloc.c: prep_new_page(), "
	  "free_frozen_page_commit()",
	  "who revives a kswapd that failed 16 times in a row?", "c3-promotion-7.3.4, w3-hopeless-7.3", .value = hopeless,
	  .nr = sizeof(hopeless) / sizeof(hopeless[0]), .facts = all },
};
const unsigned int mm_document_001_nr = sizeof(mm_document_001) / sizeof(mm_document_001[0]);
