// SPDX-License-Identifier: GPL-2.0-only
/* Policies of document 000, each on a machine on which it makes a difference: who makes room, who makes blocks. */
#include "chosen.h"

static struct box b;

static void wake(unsigned int order)
{
	struct mm_request rq = box_kernel(&b, order);

	mm_sim_wake_kswapd(b.s, &rq, order);
}

static const struct ksim *ks(void)
{
	return &b.s->reclaim->ks[0];
}

/* ---- compact-gap ------------------------------------------------------------------- */

/*
 * kswapd is woken for order 9 with 100 single pages free, where there will never be a block.  After a gap, 32 pages or
 * 1024, the order drops; at order 0 it goes on until more than 192 are free, which it has after the gap of 1024.
 */
static unsigned int kswapd_reclaims(const char *policy)
{
	unsigned int n;

	chosen_box(&b, policy, 1);
	comb(&b, TOOTH_FIXED, 100);
	b.rule = "the order drops after compact_gap()";
	wake(9);
	mm_sim_kswapd(b.s, 0, b.now, 1000000);
	assert_string_equal(b.ours, "goes on at order 0");
	n = (unsigned int)box_number(&b, "reclaimed");
	chosen_done(&b);
	return n;
}

static void compact_gap(void **state)
{
	(void)state;
	assert_in_range(kswapd_reclaims("linux-7.3"), 32, 250);
	assert_in_range(kswapd_reclaims("linux-7.3,compact-gap=uncapped"), 1024, 1250);
	assert_in_range(kswapd_reclaims("linux-6.18"), 1024, 1250);
	assert_in_range(kswapd_reclaims("linux-6.18,compact-gap=capped"), 32, 250);
}

/* ---- kswapd-handover ------------------------------------------------------------------- */

/*
 * 300 single pages are free.  Enough to compact for order 9 are more than 256: high 192, low less min 32, and the gap of 32.  The
 * kernel wakes kswapd, since there is no block; with suitable it sleeps on, however many requests count on these pages.
 */
static void handover_wakes(void **state)
{
	static const struct {
		const char *policy;
		unsigned int nr_free;
		bool wakes;
	} t[] = {
		{ "linux-7.3", 300, true }, { "linux-7.3,kswapd-handover=gap", 300, true },
		{ "linux-7.3,kswapd-handover=suitable", 300, false }, { "linux-7.3,kswapd-handover=suitable", 257, false },
		{ "linux-7.3,kswapd-handover=suitable", 256, true }, { "linux-7.3,kswapd-handover=suitable,defrag_mode=1", 257, false },
		/* 192 and 32 and 1024 */
		{ "linux-7.3,kswapd-handover=suitable,compact-gap=uncapped", 1249, false },
		{ "linux-7.3,kswapd-handover=suitable,compact-gap=uncapped", 1248, true },
		/* before 6.15 it is low, 160, that has to stay free */
		{ "linux-6.12,kswapd-handover=suitable", 1185, false }, { "linux-6.12,kswapd-handover=suitable", 1184, true },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		chosen_box(&b, t[i].policy, 1);
		comb(&b, TOOTH_FIXED, t[i].nr_free);
		wake(9);
		if ((ks()->phase == KSIM_READ) != t[i].wakes)
			fail_msg("%s with %u pages free: %s", t[i].policy, t[i].nr_free, t[i].wakes ? "sleeps on" : "wakes");
		chosen_done(&b);
	}
}

/*
 * From 100 free pages on, the kernel's kswapd drops to order 0 after 32 and ends above 192; the other one reclaims until there are
 * more than 256, at order 9 all the time, and hands that order to kcompactd.
 */
static void handover_ends(void **state)
{
	(void)state;
	chosen_box(&b, "linux-7.3", 1);
	comb(&b, TOOTH_FIXED, 100);
	b.rule = "balance_pgdat()";
	wake(9);
	mm_sim_kswapd(b.s, 0, b.now, 1000000);
	assert_string_equal(b.ours, "ends at order 0");
	assert_in_range(box_free(&b, 0), HIGH_MARK + 1, HIGH_MARK + 32);
	assert_int_equal(b.s->compact->kcompactd[0].max_order, 9);
	chosen_done(&b);

	chosen_box(&b, "linux-7.3,kswapd-handover=suitable", 1);
	comb(&b, TOOTH_FIXED, 100);
	b.rule = "balance_pgdat()";
	wake(9);
	mm_sim_kswapd(b.s, 0, b.now, 1000000);
	assert_string_equal(b.ours, "keeps the order");
	assert_in_range(box_free(&b, 0), 257, 257 + 64);
	assert_int_equal(b.s->compact->kcompactd[0].max_order, 9);
	assert_int_equal(ks()->phase, KSIM_NAP);
	chosen_done(&b);
}

/* ---- direct-reclaim ---------------------------------------------------------------------- */

/* A request for a huge page; nobody else runs.  Return: pages that it reclaimed */
static unsigned int asks_huge(void)
{
	struct mm_request rq = box_kernel(&b, 9);
	struct mm_grant g;

	b.nr_gone = 0;
	rq.gfp = (rq.gfp & ~(uint32_t)MM_GFP_KSWAPD_RECLAIM) | MM_GFP_COMP;
	assert_int_equal(mm_sim_alloc(b.s, &rq, &g), MM_FAILED);
	return b.nr_gone;
}

/*
 * @nr_free single pages, and a herd of @nr requests that compaction can't help.  The static gap is there for all of them, and
 * none reclaims a page; in the pipeline each brings a gap of its own.
 */
static void herd(const char *policy, unsigned int nr_free, unsigned int nr, unsigned int least, unsigned int most)
{
	chosen_box(&b, policy, 1);
	comb(&b, TOOTH_FIXED, nr_free);
	for (unsigned int i = 0; i < nr; i++) {
		unsigned int n = asks_huge();

		if (n < least || n > most)
			fail_msg("%s: request %u reclaims %u pages", policy, i, n);
	}
	chosen_done(&b);
}

static void pipeline(void **state)
{
	(void)state;
	herd("linux-7.3", 300, 4, 0, 0);
	herd("linux-7.3,direct-reclaim=static-gap", 300, 4, 0, 0);
	herd("linux-7.3,direct-reclaim=pipeline", 300, 4, 32, 96);
	herd("linux-7.3,compact-gap=uncapped", 1300, 4, 0, 0);
	herd("linux-7.3,direct-reclaim=pipeline,compact-gap=uncapped", 1300, 2, 1024, 1536);
	herd("linux-6.12", 1300, 4, 0, 0);
	herd("linux-6.12,direct-reclaim=pipeline", 1300, 2, 1024, 1536);
}

/* No gap where a block is there already, and none for orders up to 3. */
static void pipeline_block(void **state)
{
	struct mm_request rq;
	struct mm_grant g;

	(void)state;
	chosen_box(&b, "linux-7.3,direct-reclaim=pipeline", 1);
	rq = box_kernel(&b, 9);
	rq.gfp &= ~(uint32_t)MM_GFP_KSWAPD_RECLAIM;
	b.s->m->core.zone[0].wmark_low = PAGES; /* so that the first try fails */
	assert_int_equal(mm_sim_alloc(b.s, &rq, &g), MM_GOT_PAGE);
	assert_int_equal(b.nr_gone, 0);
	chosen_done(&b);
}

/*
 * An unmovable request that may not fall back is promoted to order 9, and tries 16 rounds before it may.  With the static gap it
 * reclaims nothing, in the pipeline 32 pages in each of 16 rounds at least; with a cap of 64 two gaps, and then the static one
 * holds.
 */
static unsigned int promoted(const char *policy)
{
	struct mm_request rq;
	struct mm_grant g;
	unsigned int n;

	chosen_box(&b, policy, 1);
	comb(&b, TOOTH_FIXED, 300);
	rq = box_kernel(&b, 0);
	rq.mt = MM_MT_UNMOVABLE;
	rq.gfp &= ~(uint32_t)(MM_GFP_KSWAPD_RECLAIM | MM_GFP_MOVABLE);
	assert_int_equal(mm_sim_alloc(b.s, &rq, &g), MM_GOT_PAGE);
	assert_int_equal(mm_sim_stat(b.s, MM_SIM_EXTFRAG), 1);
	n = b.nr_gone;
	chosen_done(&b);
	return n;
}

static void cap(void **state)
{
	(void)state;
	assert_int_equal(promoted("linux-7.3,defrag_mode=1"), 0);
	assert_in_range(promoted("linux-7.3,defrag_mode=1,direct-reclaim=pipeline"), 16 * 32, 16 * 96);
	assert_in_range(promoted("linux-7.3,defrag_mode=1,direct-reclaim=pipeline,direct-reclaim-cap=64"), 64, 96);
}

/* ---- kcompactd-mark ------------------------------------------------------------------------ */

/*
 * 64 pageblocks of 64 pages, high at 2093 pages or 32.7 blocks.  Of the lower 40 blocks each has one page in use, which can move;
 * in the upper 24 every second page is free.  Each move makes a block, and kcompactd goes on until it has enough of them.
 * Return: how many it makes
 */
static int64_t blocks_made(const char *policy)
{
	const struct mm_sim_zone_cfg z = { .end_pfn = AT(64, 0), .wmark_min = 2050, .wmark_low = 2070, .wmark_high = 2093,
					   .wmark_promo = 2110 };
	struct mm_sim *s = small_blocks(policy, z, 40);
	struct mm_wmark_zone w;

	mm_sim_wake_kcompactd(s, 0, SMALL_ORDER, NORMAL);
	mm_sim_kcompactd(s, 0, 0, 1000000);
	assert_false(s->compact->kcompactd[0].working);
	mm_sim_wmark(s, 0, &w);
	/* woken again, there is nothing to do */
	mm_sim_wake_kcompactd(s, 0, SMALL_ORDER, NORMAL);
	assert_false(s->compact->kcompactd[0].woken);
	if (mm_sim_overlays(s))
		assert_faultless(s);
	mm_sim_free(s);
	assert_int_equal(w.free_blocks % (int64_t)SMALL, 0);
	return w.free_blocks / (int64_t)SMALL;
}

/* Exact: 34 blocks are 2176 pages, less 63 for the order 2113, above 2093; 33 are 2112, and 2049.  Rounded: 32 blocks. */
static void kcompactd_mark(void **state)
{
	(void)state;
	assert_int_equal(blocks_made("linux-7.3,defrag_mode=1"), 34);
	assert_int_equal(blocks_made("linux-7.3,defrag_mode=1,kcompactd-mark=exact"), 34);
	assert_int_equal(blocks_made("linux-7.3,defrag_mode=1,kcompactd-mark=rounded"), 32);
	assert_int_equal(blocks_made("linux-6.18,defrag_mode=1,kcompactd-mark=rounded"), 32);
	/* without defrag_mode it is for one block */
	assert_int_equal(blocks_made("linux-7.3,kcompactd-mark=rounded"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compact_gap), cmocka_unit_test(handover_wakes), cmocka_unit_test(handover_ends), cmocka_unit_test(pipeline),
		cmocka_unit_test(pipeline_block), cmocka_unit_test(cap), cmocka_unit_test(kcompactd_mark),
	};

	return cmocka_run_group_tests_name("policies of document 000", tests, NULL, NULL);
}
