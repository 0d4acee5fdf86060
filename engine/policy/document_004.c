// SPDX-License-Identifier: GPL-2.0-only
/*
 * Policies of "variable-order, large folios for anonymous memory" (linux-mm, July 2023): which order a fault asks for, what
 * compaction does with large folios, and whether swap splits them.
 */
#include "policy/choice.h"

#define COSTLY_ORDER 3 /* PAGE_ALLOC_COSTLY_ORDER */
#define LEAST_ORDER 2  /* include/linux/huge_mm.h: THP_ORDERS_ALL_ANON: no anonymous folio has order 1 */

/* ---- anon-order ----------------------------------------------------------------------- */

static int order_of_kib(const struct mm_eye *eye, int64_t kib)
{
	int order = 0;

	while (order < 30 && (int64_t)eye->page_size << (order + 1) <= kib << 10)
		order++;
	return order;
}

/* The size that the settings prefer: what arch_wants_pte_order() stood for. */
static int preferred(const struct mm_eye *eye)
{
	int64_t kib = 64;

	eye->setting(eye, "anon-preferred", &kib);
	return order_of_kib(eye, kib);
}

/* Of a huge page, mapped by one entry above the page tables. */
static int huge_order(const struct mm_eye *eye)
{
	return order_of_kib(eye, (int64_t)eye->page_size / 8 * eye->page_size >> 10);
}

/*
 * The rules of the thread are alloc_anon_folio()'s, behind do_huge_pmd_anonymous_page(): a huge page goes on being asked for
 * first where the settings allow it.  Return: is that the answer?  Else *@failed is the order that failed among the others.
 */
static bool huge_first(const struct mm_eye *eye, const struct mm_ask_folio_order *in, int32_t *order, int *failed)
{
	int huge = huge_order(eye);

	*failed = in->failed == huge ? -1 : in->failed;
	if (in->failed >= 0 || huge > 31 || !(in->enabled & in->fits & 1u << huge))
		return false;
	*order = huge;
	return true;
}

static bool fits(const struct mm_ask_folio_order *in, int order)
{
	return order >= LEAST_ORDER && order < 32 && (in->fits >> order & 1);
}

/* The largest order up to @most that fits. */
static int best_fit(const struct mm_ask_folio_order *in, int most)
{
	while (most >= LEAST_ORDER && !fits(in, most))
		most--;
	return most >= LEAST_ORDER ? most : 0;
}

/* Each order below the one that failed is tried.  Source: v1 of the series */
static void v1_order(void *state, const struct mm_eye *eye, const struct mm_ask_folio_order *in, int32_t *order)
{
	int failed, most = preferred(eye);

	if (huge_first(eye, in, order, &failed))
		return;
	*order = best_fit(in, failed >= 0 && failed <= most ? failed - 1 : most);
}

/* The best fit, and after a failure a single page.  Source: v2 of the series */
static void best_order(const struct mm_eye *eye, const struct mm_ask_folio_order *in, int32_t *order, int most)
{
	int failed;

	if (!huge_first(eye, in, order, &failed))
		*order = failed < 0 ? best_fit(in, most) : 0;
}

static void v2_order(void *state, const struct mm_eye *eye, const struct mm_ask_folio_order *in, int32_t *order)
{
	best_order(eye, in, order, preferred(eye));
}

static void order_32k(void *state, const struct mm_eye *eye, const struct mm_ask_folio_order *in, int32_t *order)
{
	best_order(eye, in, order, order_of_kib(eye, 32));
}

static void simple_order(void *state, const struct mm_eye *eye, const struct mm_ask_folio_order *in, int32_t *order)
{
	int failed, most = preferred(eye);

	if (!huge_first(eye, in, order, &failed))
		*order = failed < 0 && fits(in, most) ? most : 0;
}

static void three_steps(void *state, const struct mm_eye *eye, const struct mm_ask_folio_order *in, int32_t *order)
{
	int failed, most = preferred(eye);

	if (huge_first(eye, in, order, &failed))
		return;
	if (fits(in, most) && failed < 0)
		*order = most;
	else
		*order = fits(in, COSTLY_ORDER) && COSTLY_ORDER < most && (failed < 0 || failed > COSTLY_ORDER) ? COSTLY_ORDER : 0;
}

static const struct mm_hooks v1 = { MM_HOOKS_HEAD("anon-order.v1"), .folio_order = v1_order };
static const struct mm_hooks simple = { MM_HOOKS_HEAD("anon-order.simple"), .folio_order = simple_order };
static const struct mm_hooks v2 = { MM_HOOKS_HEAD("anon-order.v2"), .folio_order = v2_order };
static const struct mm_hooks steps = { MM_HOOKS_HEAD("anon-order.3-step"), .folio_order = three_steps };
static const struct mm_hooks at_32k = { MM_HOOKS_HEAD("anon-order.32k"), .folio_order = order_32k };

static const enum mm_fact order_facts[] = { MM_FACT_MTHP, MM_FACT_COUNT };

enum { MAINLINE, V1, SIMPLE, V2, STEPS, AT_32K, SINGLE };

static const struct mm_choice_value orders[] = {
	[MAINLINE] = { "mthp-mainline", "the largest size that the settings enable and that fits, then each smaller one (mainline since 6.8)",
		       .on = order_facts },
	[V1] = { "v1", "the largest order up to anon-preferred that fits, stepping down after a failure", .hooks = &v1 },
	[SIMPLE] = { "simple", "anon-preferred where it fits and is to be had, else a single page", .hooks = &simple },
	[V2] = { "v2", "the largest order up to anon-preferred that fits, and after a failure a single page", .hooks = &v2 },
	[STEPS] = { "3-step", "anon-preferred, else 8 pages (PAGE_ALLOC_COSTLY_ORDER), else a single page", .hooks = &steps },
	[AT_32K] = { "32k", "v2 with 32 KiB as the preferred size", .hooks = &at_32k },
	[SINGLE] = { "0", "single pages (mainline before 6.8)" },
};

static const char *order_remark(const struct mm_policy *p, uint32_t chosen, unsigned int i)
{
	static const uint32_t uses = 1u << V1 | 1u << SIMPLE | 1u << V2 | 1u << STEPS;

	return i == 0 && mm_policy_names(p, MM_TUNE_ANON_PREFERRED) && !(chosen & uses)
		       ? "anon-preferred does nothing without anon-order=v1, simple, v2 or 3-step"
		       : NULL;
}

/* ---- compact-large --------------------------------------------------------------------- */

/* What is as large as the block that is wanted is left alone, as in mainline: nothing is gained by moving it. */
static void split_move(void *state, const struct mm_eye *eye, const struct mm_ask_folio_move *in, uint32_t *what)
{
	if (in->folio_order < eye->pageblock_order && (in->order < 0 || in->folio_order < in->order))
		*what = MM_FOLIO_SPLIT;
}

static const struct mm_hooks split = { MM_HOOKS_HEAD("compact-large.split"), .folio_move = split_move };

/*
 * Targets go to the largest folios first, and a block is of use where folios of some order up to its own are left without.  Blocks
 * are powers of two, so that what the larger folios leave of them can be counted in pages.
 */
static void by_sources(void *state, const struct mm_eye *eye, const struct mm_ask_folio_target *in, uint32_t *yes)
{
	uint64_t room = 0;

	*yes = 0;
	for (int o = MM_HOOKS_ORDERS - 1; o >= 0; o--) {
		uint64_t need = (uint64_t)in->sources[o] << o;

		room += (uint64_t)in->targets[o] << o;
		if (o <= in->order && room < need)
			*yes = 1;
		room -= room < need ? room : need;
	}
}

static const struct mm_hooks by_source_stats = { MM_HOOKS_HEAD("compact-large.by-source-stats"), .folio_target = by_sources };

static const enum mm_fact large_facts[] = { MM_FACT_FOLIO_TARGETS, MM_FACT_COUNT };

static const struct mm_choice_value large[] = {
	{ "skip", "folios above order 0 stay where they are (mainline before 6.9)" },
	{ "split", "they are split, and their pages moved one by one", .hooks = &split },
	{ "per-order", "they are moved whole where smaller than what is wanted; targets are kept by order (mainline since 6.9)",
	  .on = large_facts },
	{ "by-source-stats", "targets are isolated by what orders the sources have, for the largest first; smaller blocks stay free",
	  .on = large_facts, .hooks = &by_source_stats },
};

/* ---- swap-split -------------------------------------------------------------------------- */

static const enum mm_fact swap_facts[] = { MM_FACT_SWAP_WHOLE, MM_FACT_COUNT };

static const struct mm_choice_value swap[] = {
	{ "0", "large folios are written whole (mainline since 6.10)", .on = swap_facts },
	{ "1", "folios smaller than a huge page are split first, and their pages written one by one (mainline before 6.10)" },
};

static const char *swap_remark(const struct mm_policy *p, uint32_t chosen, unsigned int i)
{
	return i == 0 && chosen && !p->tune[MM_TUNE_SWAP] && mm_policy_told(p, MM_TUNE_SWAP)
		       ? "without swap nothing is written, and swap-split makes no difference"
		       : NULL;
}

#define VALUES(v) .value = (v), .nr = sizeof(v) / sizeof((v)[0])

const struct mm_choice mm_document_004[] = {
	{ "anon-order", "004", "mm/memory.c: alloc_anon_folio()", "which order does a fault on anonymous memory ask for?",
	  "c2-faults-all-7.3.4, c2-faults-16-64-7.3.4", VALUES(orders), .facts = order_facts, .remark = order_remark },
	{ "compact-large", "004", "mm/compaction.c: compaction_alloc(), skip_isolation_on_order()",
	  "what does compaction do with large folios?", "c2-faults-all-7.3.4, w4-mthp-64k-7.3", VALUES(large), .facts = large_facts },
	{ "swap-split", "004", "mm/vmscan.c: shrink_folio_list()", "are large folios split before they are swapped out?",
	  "none so far: none has both swap and large folios", VALUES(swap), .facts = swap_facts, .remark = swap_remark },
};
const unsigned int mm_document_004_nr = sizeof(mm_document_004) / sizeof(mm_document_004[0]);
