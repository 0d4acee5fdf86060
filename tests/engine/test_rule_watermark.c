// SPDX-License-Identifier: GPL-2.0-only
/* Watermarks as rules: hand-made zones, with the arithmetic in the comments. */
#include "kernels.h"
#include "made.h"
#include "rules/watermark.h"

#define NORMAL 2 /* zone types: 0 DMA, 1 DMA32, 2 Normal, 3 Movable */

/* 10,000 pages, 3,000 free, of which 96 highatomic and 64 CMA; marks 1000, 1250, 1500, 1750. */
static struct mm_wmark_zone zone(void)
{
	struct mm_wmark_zone z = {
		.known = true,
		.node = 0,
		.type = NORMAL,
		.free = 3000,
		.free_blocks = 1024,
		.free_highatomic = 96,
		.free_cma = 64,
		.managed = 10000,
		.min = 1000,
		.low = 1250,
		.high = 1500,
		.promo = 1750,
		.top_pcp = 9,
		.top_highatomic = 5,
		.top_cma = 6,
	};

	z.reserve[3] = 200; /* against requests that the Movable zone could serve */
	return z;
}

/* Reserves open in steps: half, then a quarter of that; an OOM victim gets half of what is left. */
static void need_by_flags(void **state)
{
	struct mm_wmark_zone z = zone();

	(void)state;
	assert_int_equal(mm_wmark_need(&z, 1000, NORMAL, 0), 1000);
	assert_int_equal(mm_wmark_need(&z, 1000, 3, 0), 1200);                     /* and the lowmem reserve */
	assert_int_equal(mm_wmark_need(&z, 1000, SG_MAX_ZONE_TYPES, 0), 1000);     /* no such type: no reserve */
	assert_int_equal(mm_wmark_need(&z, 1000, NORMAL, MM_ALLOC_MIN_RESERVE), 500);
	/* 1000 - 500 = 500, less a quarter of 500 */
	assert_int_equal(mm_wmark_need(&z, 1000, NORMAL, MM_ALLOC_MIN_RESERVE | MM_ALLOC_NON_BLOCK), 375);
	/* who can't wait but isn't high gets nothing for it */
	assert_int_equal(mm_wmark_need(&z, 1000, NORMAL, MM_ALLOC_NON_BLOCK), 1000);
	assert_int_equal(mm_wmark_need(&z, 1000, NORMAL, MM_ALLOC_OOM), 500);
	/* 375, less 187 */
	assert_int_equal(mm_wmark_need(&z, 1000, NORMAL,
				       MM_ALLOC_MIN_RESERVE | MM_ALLOC_NON_BLOCK | MM_ALLOC_OOM),
			 188);
	assert_int_equal(mm_wmark_need(&z, 0, NORMAL, MM_ALLOC_MIN_RESERVE | MM_ALLOC_OOM), 0);
}

static void margin(void **state)
{
	struct mm_wmark_zone z = zone();

	(void)state;
	/* 3000 - 96 - 64 - 1000 */
	assert_int_equal(mm_wmark_margin(&z, 0, 1000, NORMAL, 0, z.free), 1840);
	/* a block of order 3 must be whole: 7 pages less */
	assert_int_equal(mm_wmark_margin(&z, 3, 1000, NORMAL, 0, z.free), 1833);
	/* CMA pages count for who may use them; the reserves open highatomic ones */
	assert_int_equal(mm_wmark_margin(&z, 0, 1000, NORMAL, MM_ALLOC_CMA, z.free), 1904);
	assert_int_equal(mm_wmark_margin(&z, 0, 1000, NORMAL, MM_ALLOC_MIN_RESERVE, z.free), 3000 - 64 - 500);
	assert_int_equal(mm_wmark_margin(&z, 0, 1000, NORMAL, MM_ALLOC_HIGHATOMIC, z.free), 3000 - 64 - 1000);
	assert_int_equal(mm_wmark_margin(&z, 0, 1000, 3, 0, z.free), 1640);
}

/* The check passes above the mark, not at it, and higher orders want a block besides. */
static void ok_and_blocks(void **state)
{
	struct mm_wmark_zone z = zone();

	(void)state;
	assert_true(mm_wmark_ok(&z, 0, 2839, NORMAL, 0, z.free));  /* 2840 are usable */
	assert_false(mm_wmark_ok(&z, 0, 2840, NORMAL, 0, z.free));
	assert_true(mm_wmark_ok(&z, 9, 1000, NORMAL, 0, z.free));
	z.top_pcp = 4;
	assert_true(mm_wmark_has_block(&z, 4, 0));
	assert_false(mm_wmark_has_block(&z, 5, 0));
	assert_true(mm_wmark_has_block(&z, 5, MM_ALLOC_HIGHATOMIC));
	assert_true(mm_wmark_has_block(&z, 5, MM_ALLOC_OOM));
	assert_false(mm_wmark_has_block(&z, 6, MM_ALLOC_HIGHATOMIC));
	assert_true(mm_wmark_has_block(&z, 6, MM_ALLOC_CMA));
	assert_false(mm_wmark_has_block(&z, 7, MM_ALLOC_CMA));
	assert_false(mm_wmark_ok(&z, 5, 1000, NORMAL, 0, z.free));
	assert_true(mm_wmark_ok(&z, 0, 1000, NORMAL, 0, z.free)); /* order 0 needs no look at the lists */
	z.top_pcp = -1;
	assert_false(mm_wmark_has_block(&z, 0, 0));
}

/* compact_gap(): twice the request; since 7.2 never more than a cluster of 32. */
static void compact_gap(void **state)
{
	(void)state;
	assert_int_equal(mm_compact_gap(k_facts(K_6_1), 0), 2);
	assert_int_equal(mm_compact_gap(k_facts(K_6_1), 9), 1024);
	assert_int_equal(mm_compact_gap(k_facts(K_6_18), 9), 1024);
	assert_int_equal(mm_compact_gap(k_facts(K_7_2), 3), 16);
	assert_int_equal(mm_compact_gap(k_facts(K_7_2), 4), 32);
	assert_int_equal(mm_compact_gap(k_facts(K_7_3), 5), 32);
	assert_int_equal(mm_compact_gap(k_facts(K_7_3), 9), 32);
}

/* Free base pages for a compaction of order 9 and of order 2, per rule set. CMA pages count: only 96 are left out. */
static void suitable(void **state)
{
	struct mm_wmark_zone z = zone();

	(void)state;
	/* 6.1: low, whatever the caller's mark, and 1024: more than 1250 + 1024 + 96 = 2370 */
	assert_true(mm_wmark_suitable(&z, k_facts(K_6_1), 9, 0, NORMAL, 2371));
	assert_false(mm_wmark_suitable(&z, k_facts(K_6_1), 9, 0, NORMAL, 2370));
	/* order 2: min and 8: 1000 + 8 + 96 */
	assert_true(mm_wmark_suitable(&z, k_facts(K_6_12), 2, 99999, NORMAL, 1105));
	assert_false(mm_wmark_suitable(&z, k_facts(K_6_12), 2, 0, NORMAL, 1104));
	/* 6.18: the caller's mark; costly orders add low - min = 250: 1500 + 250 + 1024 + 96 */
	assert_true(mm_wmark_suitable(&z, k_facts(K_6_18), 9, 1500, NORMAL, 2871));
	assert_false(mm_wmark_suitable(&z, k_facts(K_6_18), 9, 1500, NORMAL, 2870));
	/* 7.2: the gap is 32: 1500 + 250 + 32 + 96; order 2: 1500 + 8 + 96 */
	assert_true(mm_wmark_suitable(&z, k_facts(K_7_2), 9, 1500, NORMAL, 1879));
	assert_false(mm_wmark_suitable(&z, k_facts(K_7_2), 9, 1500, NORMAL, 1878));
	assert_true(mm_wmark_suitable(&z, k_facts(K_7_3), 2, 1500, NORMAL, 1605));
	assert_false(mm_wmark_suitable(&z, k_facts(K_7_3), 2, 1500, NORMAL, 1604));
	/* 6.x: a boost raises the mark that it takes itself */
	z.boost = 100;
	assert_false(mm_wmark_suitable(&z, k_facts(K_6_1), 9, 0, NORMAL, 2470));
	assert_true(mm_wmark_suitable(&z, k_facts(K_6_1), 9, 0, NORMAL, 2471));
}

/* A node is balanced when one of its zones up to the highest asked for is. */
static void balanced(void **state)
{
	struct mm_wmark_zone z[3] = { zone(), zone(), zone() };
	struct mm_balance b;

	(void)state;
	z[0].type = 1;
	z[0].free = 1500 + 160; /* nothing above high = 1500: 96 and 64 can't be used */
	z[1].free = 1500 + 161;
	z[2].node = 1;
	b = mm_wmark_balanced(z, 3, 0, 0, NORMAL, false, false);
	assert_true(b.known && b.balanced && !b.by_block);
	assert_int_equal(b.zone, 1);
	assert_int_equal(b.free, 1661);
	assert_int_equal(b.need, 1660);
	/* the zone of type 2 is too high for a request for DMA32 */
	b = mm_wmark_balanced(z, 3, 0, 0, 1, false, false);
	assert_false(b.balanced);
	assert_int_equal(b.zone, 0);
	/* with memory tiering the mark is promo, 250 more; with a boost, so much more */
	assert_false(mm_wmark_balanced(z, 3, 0, 0, NORMAL, false, true).balanced);
	z[1].boost = 1;
	assert_false(mm_wmark_balanced(z, 3, 0, 0, NORMAL, false, false).balanced);
	/* another node's zone counts for that node only; a node without zones needs no balancing */
	assert_true(mm_wmark_balanced(z, 3, 1, 0, NORMAL, false, false).balanced);
	b = mm_wmark_balanced(z, 3, 2, 0, NORMAL, false, false);
	assert_true(b.balanced && b.known && b.zone == -1);
	/* an unknown zone leaves the answer open */
	z[0].known = false;
	assert_false(mm_wmark_balanced(z, 3, 0, 0, NORMAL, false, false).known);
}

/* In defrag_mode orders above 0 count pages in whole blocks. */
static void balanced_by_blocks(void **state)
{
	struct mm_wmark_zone z = zone();
	struct mm_balance b;

	(void)state;
	/* 1024 in whole blocks - 511 - 160 don't reach 1500, though 3000 are free */
	b = mm_wmark_balanced(&z, 1, 0, 9, NORMAL, true, false);
	assert_true(b.by_block && !b.balanced);
	assert_int_equal(b.free, 1024);
	assert_int_equal(b.need, 1500 + 511 + 160);
	z.free_blocks = 2560; /* 2560 - 511 - 160 = 1889 > 1500 */
	assert_true(mm_wmark_balanced(&z, 1, 0, 9, NORMAL, true, false).balanced);
	/* order 0 counts all pages, also in defrag_mode */
	z.free_blocks = 0;
	assert_true(mm_wmark_balanced(&z, 1, 0, 0, NORMAL, true, false).balanced);
	/* without defrag_mode there must be a block, however many pages there are */
	assert_true(mm_wmark_balanced(&z, 1, 0, 9, NORMAL, false, false).balanced);
	z.top_pcp = 8;
	assert_false(mm_wmark_balanced(&z, 1, 0, 9, NORMAL, false, false).balanced);
}

/* "Close" says that the kernel's counters, which may be off by the drift, may see it the other way. */
static void balance_close(void **state)
{
	struct mm_wmark_zone z = zone();

	(void)state;
	z.drift = 40;
	z.free = 1660 + 40;
	assert_true(mm_wmark_balanced(&z, 1, 0, 0, NORMAL, false, false).close);
	z.free = 1660 + 41;
	assert_false(mm_wmark_balanced(&z, 1, 0, 0, NORMAL, false, false).close);
	z.free = 1660 - 40;
	assert_true(mm_wmark_balanced(&z, 1, 0, 0, NORMAL, false, false).close);
	/* without a block the count doesn't matter */
	z.free = 1660 + 7;
	z.top_pcp = 2;
	assert_false(mm_wmark_balanced(&z, 1, 0, 3, NORMAL, false, false).close);
}

static void boosts(void **state)
{
	struct mm_wmark_zone z = zone();

	(void)state;
	assert_false(mm_wmark_boosted(&z, 1, 0, NORMAL));
	z.boost = 512;
	assert_true(mm_wmark_boosted(&z, 1, 0, NORMAL));
	assert_false(mm_wmark_boosted(&z, 1, 0, 1));
	assert_false(mm_wmark_boosted(&z, 1, 1, NORMAL));
	/* at most 150 % of high = 2250, in steps of a block */
	assert_int_equal(mm_wmark_boost(&z, 0, 15000, 512), 512);
	assert_int_equal(mm_wmark_boost(&z, 1536, 15000, 512), 2048);
	assert_int_equal(mm_wmark_boost(&z, 2048, 15000, 512), 2250);
	assert_int_equal(mm_wmark_boost(&z, 2250, 15000, 512), 2250);
	/* a limit below a block is a block: 1 % of 1500 is 15 */
	assert_int_equal(mm_wmark_boost(&z, 0, 100, 512), 512);
	/* switched off, or less than four blocks of memory: none */
	assert_int_equal(mm_wmark_boost(&z, 7, 0, 512), 7);
	z.managed = 2047;
	assert_int_equal(mm_wmark_boost(&z, 7, 15000, 512), 7);
	z.managed = 2048;
	assert_int_equal(mm_wmark_boost(&z, 0, 15000, 512), 512);
	/* without a high watermark there is nothing to raise */
	z.high = 0;
	assert_int_equal(mm_wmark_boost(&z, 3, 15000, 512), 3);
}

/* 2 x bits of the CPUs x (1 + bits of memory in 128 MiB), at most 125, on each CPU. */
static void drift(void **state)
{
	(void)state;
	/* 1 GiB is 8 units: 4 bits; 2 CPUs: 2 bits: 2 x 2 x 5 = 20 each */
	assert_int_equal(mm_wmark_drift(262144, 12, 2), 40);
	/* below 128 MiB nothing is added: 2 x 1 x 1 */
	assert_int_equal(mm_wmark_drift(32767, 12, 1), 2);
	/* 1 TiB: 8192 units, 14 bits; 64 CPUs: 7 bits: 2 x 7 x 15 = 210, cut to 125 */
	assert_int_equal(mm_wmark_drift(268435456, 12, 64), 125 * 64);
	/* 64 KiB pages: 16384 of them are 1 GiB */
	assert_int_equal(mm_wmark_drift(16384, 16, 2), 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(need_by_flags), cmocka_unit_test(margin), cmocka_unit_test(ok_and_blocks),
		cmocka_unit_test(compact_gap), cmocka_unit_test(suitable), cmocka_unit_test(balanced),
		cmocka_unit_test(balanced_by_blocks), cmocka_unit_test(balance_close), cmocka_unit_test(boosts),
		cmocka_unit_test(drift),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
