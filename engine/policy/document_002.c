// SPDX-License-Identifier: GPL-2.0-only
/*
 * Policies of "mm: fix reclaim storms in defrag_mode" (linux-mm, June 2026): what requests that may not fall back do instead of
 * spinning in reclaim.  The series is in 7.2.  Its first patch annotates direct compaction for lockdep, its third moves the
 * capture control to the allocator, and neither changes a decision; that the captured order is the request's comes with the
 * fourth.
 */
#include "policy/choice.h"

/* The cover letter's longer-term plan: movable requests make blocks too.  Source: mm/page_alloc.c: order_defrag_promoted() */
static void everybody_goal(void *state, const struct mm_eye *eye, const struct mm_ask_goal *in, struct mm_reply_goal *r)
{
	if (!in->nofragment)
		return;
	if (r->reclaim < in->pageblock_order)
		r->reclaim = in->pageblock_order;
	if (r->compact < in->pageblock_order)
		r->compact = in->pageblock_order;
}

static const struct mm_hooks everybody = { MM_HOOKS_HEAD("storm.all-requests"), .goal = everybody_goal };

/* ---- memalloc-fallback ------------------------------------------------------------------- */

/*
 * Where the kernel gives a request up that reclaim won't run for, because it can't wait or comes out of reclaim itself, and
 * fallbacks are still held off, it is tried once more with fallbacks: there is no room that could be made for it, so nothing
 * is gained by holding them off.  Who had a reserve doesn't get here: access to it has dropped ALLOC_NOFRAGMENT before.
 * Source: ours, in mm/page_alloc.c: __alloc_pages_slowpath(), before "goto nopage" of !can_direct_reclaim and of PF_MEMALLOC; 7.2
 * and later do so for requests that can't wait but may wake kswapd.
 */
static void memalloc_next(void *state, const struct mm_eye *eye, const struct mm_ask_next *in, uint32_t *next)
{
	if (in->at == MM_NEXT_NOWAIT && *next == MM_NEXT_FAIL && (in->flags & MM_ALLOC_NOFRAGMENT))
		*next = MM_NEXT_FALLBACK;
}

static const struct mm_hooks memalloc = { MM_HOOKS_HEAD("memalloc-fallback.on"), .next = memalloc_next };

/*
 * A fallback that refills a per-cpu list brings a whole batch of other types' pages, and the next requests, which would have waited, take
 * them.  So the page may come alone, past the list.
 */
struct alone {
	uint32_t falls_back; /* the request under way was let fall back */
};

static void alone_flags(void *state, const struct mm_eye *eye, const struct mm_ask_flags *in, uint32_t *flags)
{
	((struct alone *)state)->falls_back = 0;
}

static void alone_next(void *state, const struct mm_eye *eye, const struct mm_ask_next *in, uint32_t *next)
{
	uint32_t was = *next;

	memalloc_next(state, eye, in, next);
	((struct alone *)state)->falls_back = was != *next;
}

static void alone_refill(void *state, const struct mm_eye *eye, const struct mm_ask_pcp *in, int32_t *blocks)
{
	if (((struct alone *)state)->falls_back)
		*blocks = 0;
}

static const struct mm_hooks alone = { MM_HOOKS_HEAD("memalloc-fallback.alone"), .state_size = sizeof(struct alone),
				       .flags = alone_flags, .next = alone_next, .refill = alone_refill };

static const struct mm_choice_value memalloc_fallback[] = {
	{ "off", "nothing: it fails with free pages left, but for those that can't wait and may wake kswapd (7.2)" },
	{ "on", "fallbacks are allowed as soon as nothing can be done for it: out of reclaim, or unable to wait",
	  .hooks = &memalloc, .defrag = true },
	{ "alone", "as on, and the page comes alone: no per-cpu list is filled with other types' pages for everybody", .hooks = &alone,
	  .defrag = true },
};

/* ---- storm -------------------------------------------------------------------------------- */

#define P2 MM_FACT_SOURCE_WHOLE, MM_FACT_SOURCE_CMA
#define P4 MM_FACT_PROMOTE, MM_FACT_CAPTURE_ORDER
#define RC MM_FACT_DEFRAG_ATOMIC, MM_FACT_DEFERRED_LEAVES /* not of the series, but of the same slow path */

static const enum mm_fact facts[] = { P2, P4, MM_FACT_PROMOTE_COUNTS, MM_FACT_COUNT };
static const enum mm_fact p2[] = { P2, MM_FACT_COUNT }, p4[] = { P4, MM_FACT_COUNT };
static const enum mm_fact all[] = { P2, P4, MM_FACT_COUNT };
static const enum mm_fact as_rc[] = { P2, P4, RC, MM_FACT_COUNT };
static const enum mm_fact as_release[] = { P2, P4, RC, MM_FACT_PROMOTE_COUNTS, MM_FACT_COUNT };

enum { NONE, PART_1, PART_2, PART_3, PART_4, ALL };

static const struct mm_choice_value storm[] = {
	[NONE] = { "none", "before the series: unmovable and reclaimable requests reclaim and compact for their own order" },
	[PART_1] = { "p1", "patch 1 annotates direct compaction for lockdep (fs_reclaim): no decision changes", .part = true },
	[PART_2] = { "p2", "patch 2: compaction for a whole pageblock empties Movable ones for any type, and leaves CMA's alone",
		     .on = p2, .part = true },
	[PART_3] = { "p3", "patch 3 moves the capture control to the allocator, which patch 4 needs: no decision changes",
		     .part = true },
	[PART_4] = { "p4", "patch 4: who may not fall back and isn't movable reclaims and compacts for a whole pageblock",
		     .on = p4, .part = true, .defrag = true },
	[ALL] = { "all", "the series", .on = all },
	{ "7.3-rc", "as in 7.2 and 7.3-rc7: also, who can't reclaim falls back, and no try after a deferred compaction",
	  .on = as_rc },
	{ "7.3", "as in 7.3.4: also, fruitless rounds of a promoted request count, and start afresh with fallbacks",
	  .on = as_release },
	{ "all-requests", "as in 7.3.4, and movable requests make blocks too: the longer-term plan of the cover letter",
	  .on = as_release, .hooks = &everybody },
};

static const char *remark(const struct mm_policy *p, uint32_t chosen, unsigned int i)
{
	const char *said[3] = { NULL, NULL, NULL };
	unsigned int n = 0;

	if (chosen & 1u << PART_1)
		said[n++] = "patch 1 of storm annotates locks: there is nothing to model";
	if (chosen & 1u << PART_3)
		said[n++] =
			"patch 3 of storm prepares patch 4 without changing what the kernel does: there is nothing to model";
	if (chosen >= 1u << ALL && !p->tune[MM_TUNE_DEFRAG_MODE])
		said[n++] = "while defrag_mode=0 nobody waits for blocks: of storm's patches only p2 makes a difference, for "
			    "whole pageblocks and CMA";
	return i < 3 ? said[i] : NULL;
}

const struct mm_choice mm_document_002[] = {
	{ "storm", "002",
	  "mm/page_alloc.c: __alloc_pages_direct_compact(), __alloc_pages_direct_reclaim(), compaction_capture(), "
	  "order_defrag_promoted(); mm/compaction.c: suitable_migration_source(), fast_find_migrateblock()",
	  "what do requests do that may not fall back (defrag_mode)?", "w2-unmovable-6.18-defrag1, c1-late-defrag1-6.18",
	  .value = storm, .nr = sizeof(storm) / sizeof(storm[0]), .facts = facts, .remark = remark },
	{ "memalloc-fallback", "002", "mm/page_alloc.c: __alloc_pages_slowpath(); mm/swapfile.c: swap_cluster_populate()",
	  "what becomes of a request that may not fall back (defrag_mode) and that reclaim can't run for?",
	  "w2-zram-reclaim-context-7.3-defrag1", .value = memalloc_fallback,
	  .nr = sizeof(memalloc_fallback) / sizeof(memalloc_fallback[0]), .defrag = true },
};
const unsigned int mm_document_002_nr = sizeof(mm_document_002) / sizeof(mm_document_002[0]);
