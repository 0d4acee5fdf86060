// SPDX-License-Identifier: GPL-2.0-only
/*
 * Policies of "mm: page_alloc: defrag_mode kswapd/kcompactd watermarks" (linux-mm, April 2025): who makes room, who makes
 * blocks.
 */
#include "policy/choice.h"

#define COSTLY_ORDER 3   /* PAGE_ALLOC_COSTLY_ORDER */
#define CLUSTER_PAGES 32 /* SWAP_CLUSTER_MAX, COMPACT_CLUSTER_MAX */

static int64_t setting(const struct mm_eye *eye, const char *key)
{
	int64_t v = 0;

	return eye->setting(eye, key, &v) ? v : 0;
}

static bool defrag_mode(const struct mm_eye *eye)
{
	return setting(eye, "defrag") && setting(eye, "defrag_mode");
}

/* ---- kswapd-handover ---------------------------------------------------------------- */

/* Has some zone of the node enough free pages beyond its high mark to compact with? */
static bool can_compact(const struct mm_eye *eye, int node, int zone_type, unsigned int order)
{
	struct mm_eye_zone z;

	for (unsigned int i = 0; eye->zone(eye, i, &z); i++)
		if (z.node == node && z.type <= zone_type && z.managed &&
		    eye->suitable(eye, i, order, (unsigned int)zone_type, z.high + z.boost) == MM_COMPACT_CONTINUE)
			return true;
	return false;
}

/*
 * A node that can't serve the order, but has enough to compact, is balanced: kswapd isn't woken for it, and ends there.
 * Source: "[RFC PATCH 20/26] mm: vmscan: use compaction_suitable() check in kswapd" (linux-mm, April 2023), pgdat_balanced()
 */
static void suitable_balance(void *state, const struct mm_eye *eye, const struct mm_ask_balance *in, uint32_t *balanced)
{
	if (in->order && !*balanced)
		*balanced = can_compact(eye, in->node, in->zone_type, in->order);
}

/* The order no longer drops after a gap, and kcompactd is woken for what the round was for.  Source: as above, kswapd() */
static void suitable_round(void *state, const struct mm_eye *eye, const struct mm_ask_kswapd_round *in,
			   struct mm_reply_kswapd_round *r)
{
	if (in->at == MM_ROUND_SHRUNK)
		r->order = in->order;
	else if (in->ended > r->handover)
		r->handover = in->ended;
}

static const struct mm_hooks suitable = { MM_HOOKS_HEAD("kswapd-handover.suitable"), .balance = suitable_balance,
					  .kswapd_round = suitable_round };

static const struct mm_choice_value handover[] = {
	{ "gap", "once compact_gap() pages are reclaimed the order drops to 0: kswapd wakes kcompactd and sleeps (mainline)" },
	{ "suitable", "a node is balanced for the order where compaction_suitable() is true: kswapd isn't woken, and stops",
	  .hooks = &suitable },
};

/* ---- compact-gap --------------------------------------------------------------------- */

static const enum mm_fact gap_facts[] = { MM_FACT_GAP_CAPPED, MM_FACT_COUNT };
static const struct mm_choice_value gap[] = {
	{ "uncapped", "twice the request: 1024 pages for order 9 (mainline before 7.2)" },
	{ "capped", "at most 32 pages, what compaction isolates at a time (mainline since 7.2)", .on = gap_facts },
};

/* ---- direct-reclaim -------------------------------------------------------------------- */

/* Every direct reclaim is for a gap of its own.  Beyond direct-reclaim-cap the static gap ends the request's reclaim again. */
static void pipeline_goal(void *state, const struct mm_eye *eye, const struct mm_ask_goal *in, struct mm_reply_goal *r)
{
	int64_t cap = setting(eye, "direct-reclaim-cap"), pages = INT64_C(2) << r->reclaim;

	if (r->reclaim <= COSTLY_ORDER || !(in->gfp & MM_GFP_IO)) /* no compaction, no gap: gfp_compaction_allowed() */
		return;
	if (setting(eye, "gap-capped") && pages > CLUSTER_PAGES)
		pages = CLUSTER_PAGES;
	if (cap && pages > cap - in->reclaimed)
		pages = cap - in->reclaimed;
	if (pages > 0)
		r->pages = (uint32_t)pages;
}

/* What lies free already doesn't end it, unless it is the block itself. */
static void pipeline_reclaim(void *state, const struct mm_eye *eye, const struct mm_ask_reclaim *in, uint32_t *yes)
{
	if (in->kswapd || !in->pages)
		return;
	if (in->at == MM_RECLAIM_READY)
		*yes = in->has_block;
	else
		*yes = !in->has_block && in->reclaimed < in->pages && in->inactive > in->gap;
}

static const struct mm_hooks pipeline = { MM_HOOKS_HEAD("direct-reclaim.pipeline"), .goal = pipeline_goal,
					  .reclaim = pipeline_reclaim };

static const struct mm_choice_value direct[] = {
	{ "static-gap", "a zone with a compaction gap free is left alone, however many requests count on that gap (mainline)" },
	{ "pipeline", "each request reclaims a gap of its own, compacts, and tries again, up to direct-reclaim-cap pages",
	  .hooks = &pipeline },
};

/* ---- kcompactd-mark -------------------------------------------------------------------- */

/* Is the zone's high mark, in whole pageblocks, met by whole free pageblocks that an ordinary request may claim? */
static bool mark_met(const struct mm_eye *eye, unsigned int zone, unsigned int zone_type)
{
	int64_t block = INT64_C(1) << eye->pageblock_order, mark, have = 0;
	struct mm_eye_zone z;

	if (!eye->zone(eye, zone, &z))
		return false;
	for (unsigned int o = eye->pageblock_order; o < eye->nr_orders; o++)
		for (unsigned int mt = MM_MT_UNMOVABLE; mt <= MM_MT_RECLAIMABLE; mt++)
			have += (int64_t)eye->list_blocks(eye, zone, o, mt) << o;
	mark = (z.high + z.boost + eye->reserve(eye, zone, zone_type)) / block * block;
	return have >= (mark > block ? mark : block);
}

static void rounded_finished(void *state, const struct mm_eye *eye, const struct mm_ask_finished *in, uint32_t *result)
{
	bool inside = in->migrate_pfn & ((UINT64_C(1) << eye->pageblock_order) - 1); /* the pageblock is finished first */

	if (*result == MM_COMPACT_CONTINUE && !in->direct && !in->proactive && in->order > 0 &&
	    in->order <= (int)eye->pageblock_order && !inside && defrag_mode(eye) && mark_met(eye, in->zone, in->zone_type))
		*result = MM_COMPACT_SUCCESS;
}

/* Whether there is something to do is seen by the same mark.  Source: mm/compaction.c: kcompactd_node_suitable() */
static void rounded_suitable(void *state, const struct mm_eye *eye, const struct mm_ask_suitable *in, uint32_t *result)
{
	if (in->who == MM_SUITABLE_KCOMPACTD && in->order > 0 && in->order <= eye->pageblock_order && defrag_mode(eye) &&
	    mark_met(eye, in->zone, in->zone_type))
		*result = MM_COMPACT_SUCCESS;
}

static const struct mm_hooks rounded = { MM_HOOKS_HEAD("kcompactd-mark.rounded"), .finished = rounded_finished,
					 .suitable = rounded_suitable };

static const struct mm_choice_value mark[] = {
	{ "exact", "whole free pageblocks must reach the high mark and one pageblock more: 34 for a mark of 32.7 (mainline)" },
	{ "rounded", "the mark is rounded down to whole pageblocks, and met by as many: 32 for a mark of 32.7",
	  .hooks = &rounded, .defrag = true },
};

/* ------------------------------------------------------------------------------------------ */

static const struct mm_choice_value off_on[] = {
	{ "0", "requests fall back to pageblocks of other types; kswapd and kcompactd count free pages" },
	{ "1", "fallbacks wait for reclaim and compaction; kswapd and kcompactd count whole free pageblocks" },
};

static const char *direct_remark(const struct mm_policy *p, uint32_t chosen, unsigned int i)
{
	return i == 0 && p->tune[MM_TUNE_DIRECT_RECLAIM_CAP] && !(chosen & 2)
		       ? "direct-reclaim-cap does nothing without direct-reclaim=pipeline"
		       : NULL;
}

#define VALUES(v) .value = (v), .nr = sizeof(v) / sizeof((v)[0])

const struct mm_choice mm_document_000[] = {
	{ "defrag_mode", "000",
	  "mm/page_alloc.c: alloc_flags_nofragment(), gfp_to_alloc_flags(); mm/vmscan.c: pgdat_balanced()",
	  "do requests fall back at once, or wait until blocks are made?", "c1-late-defrag0-7.3.4, c1-late-defrag1-7.3.4",
	  VALUES(off_on), .setting = true, .defrag = true },
	{ "kswapd-handover", "000", "mm/vmscan.c: kswapd_shrink_node(), pgdat_balanced()",
	  "when does kswapd hand over to kcompactd?", "w8-pipeline-7.3-defrag1", VALUES(handover) },
	{ "compact-gap", "000", "include/linux/compaction.h: compact_gap()",
	  "how many free pages does compaction want to work with?", "w7-herd-7.3-defrag1", VALUES(gap), .facts = gap_facts },
	{ "direct-reclaim", "000", "mm/vmscan.c: compaction_ready(), should_continue_reclaim()",
	  "when does direct reclaim for orders above 3 end and compaction begin?", "w7-herd-7.2-defrag0, w7-herd-7.3-defrag0",
	  VALUES(direct), .remark = direct_remark },
	{ "kcompactd-mark", "000", "mm/compaction.c: __compact_finished(), compaction_suit_allocation_order()",
	  "how many whole pageblocks does kcompactd make under defrag_mode?", "w8-pipeline-7.3-defrag1", VALUES(mark),
	  .defrag = true },
};
const unsigned int mm_document_000_nr = sizeof(mm_document_000) / sizeof(mm_document_000[0]);
