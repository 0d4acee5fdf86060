// SPDX-License-Identifier: GPL-2.0-only
/* How much reclaim scans of what, and kswapd's decisions: pure rules, with the arithmetic in the comments. */
#include "kernels.h"
#include "made.h"
#include "rules/kswapd.h"
#include "rules/lru.h"

#include <string.h>

/* ---- the classic lists ------------------------------------------------------------- */

static struct mm_scan_in node(void)
{
	return (struct mm_scan_in){ .priority = 2, .swappiness = 60, .may_swap = true, .can_reclaim_anon = true,
				    .size = { 4000, 6000, 8000, 2000 }, .eligible = { 4000, 6000, 8000, 2000 },
				    .free = 5000, .high = 1000, .anon_cost = 100, .file_cost = 300, .page_shift = 12 };
}

static void check_nr(const struct mm_scan_out *o, uint64_t ia, uint64_t aa, uint64_t in_file, uint64_t af)
{
	assert_int_equal(o->nr[MM_INACTIVE_ANON], ia);
	assert_int_equal(o->nr[MM_ACTIVE_ANON], aa);
	assert_int_equal(o->nr[MM_INACTIVE_FILE], in_file);
	assert_int_equal(o->nr[MM_ACTIVE_FILE], af);
}

/*
 * Up to 1 GiB half of the pages may be inactive, at 1 GiB one in four, at 10 GiB one in eleven, at 100 GiB one in 32.
 */
static void inactive_ratio(void **state)
{
	const uint64_t gib = 262144;

	(void)state;
	assert_true(mm_inactive_is_low(99, 100, 12));
	assert_false(mm_inactive_is_low(100, 100, 12));
	assert_false(mm_inactive_is_low(gib / 4, gib * 3 / 4, 12));   /* ratio 3: 3 * 1/4 is not below 3/4 */
	assert_true(mm_inactive_is_low(gib / 4 - 1, gib * 3 / 4 + 1, 12));
	assert_false(mm_inactive_is_low(gib, 10 * gib, 12));           /* 11 GiB: sqrt(110) = 10 */
	assert_true(mm_inactive_is_low(gib - 1, 10 * gib + 1, 12));
	assert_true(mm_inactive_is_low(3 * gib, 97 * gib, 12));        /* sqrt(1000) = 31: 93 < 97 */
	assert_false(mm_inactive_is_low(4 * gib, 96 * gib, 12));
	for (uint64_t v = 0; v < 5000; v++) {
		uint64_t r = mm_sqrt(v);

		assert_true(r * r <= v && (r + 1) * (r + 1) > v);
	}
	assert_int_equal(mm_sqrt(UINT64_MAX), UINT32_MAX);
}

/*
 * Both by their costs: the sum is 400, so anon 500 and file 700 of 1200; 60 * 1201 / 501 = 143 against
 * 140 * 1201 / 701 = 239, together 382.
 */
static void by_cost(void **state)
{
	struct mm_scan_in in = node();
	struct mm_scan_out o;
	uint64_t f[2];

	(void)state;
	assert_int_equal(mm_scan_pressure(100, 300, 60, f), 382);
	assert_int_equal(f[MM_ANON], 143);
	assert_int_equal(f[MM_FILE], 239);
	in.file_refaulted = true; /* no cache trim mode */
	mm_scan_count(&in, &o);
	assert_int_equal(o.balance, MM_SCAN_FRACT);
	/* a quarter of each list: 1000, 1500, 2000, 500, and of that 143/382 or 239/382 */
	check_nr(&o, 374, 561, 1251, 312);
	/* active anon is larger than inactive anon, so it may shrink; file pages came back, so they may, too */
	assert_int_equal(o.may_deactivate, MM_DEACTIVATE_ANON | MM_DEACTIVATE_FILE);
	/* no costs yet: swappiness alone: 60 * 1 / 1 against 140 */
	assert_int_equal(mm_scan_pressure(0, 0, 60, f), 200);
	in.anon_cost = in.file_cost = 0;
	mm_scan_count(&in, &o);
	check_nr(&o, 300, 450, 1400, 350);
	/* at 100 both cost the same; at 200 file pages aren't scanned, at 0 anonymous ones aren't */
	in.swappiness = 100;
	mm_scan_count(&in, &o);
	check_nr(&o, 500, 750, 1000, 250);
	in.swappiness = 200;
	mm_scan_count(&in, &o);
	check_nr(&o, 1000, 1500, 0, 0);
	in.swappiness = 0;
	mm_scan_count(&in, &o);
	check_nr(&o, 0, 0, 2000, 500);
	/* only zones that may serve the request count for how many */
	in.swappiness = 60;
	in.eligible[MM_INACTIVE_FILE] = 400;
	mm_scan_count(&in, &o);
	check_nr(&o, 300, 450, 70, 350);
}

/* Enough inactive file pages that nobody misses: only those. */
static void cache_trim(void **state)
{
	struct mm_scan_in in = node();
	struct mm_scan_out o;

	(void)state;
	mm_scan_count(&in, &o);
	assert_true(o.cache_trim_mode);
	assert_int_equal(o.balance, MM_SCAN_FILE);
	check_nr(&o, 0, 0, 2000, 500);
	in.no_cache_trim_mode = true;
	mm_scan_count(&in, &o);
	assert_int_equal(o.balance, MM_SCAN_FRACT);
	in.no_cache_trim_mode = false;
	in.size[MM_INACTIVE_FILE] = 1999; /* less than active: they are deactivated, no trim mode */
	mm_scan_count(&in, &o);
	assert_false(o.cache_trim_mode);
	in = node();
	in.priority = 13; /* 8000 >> 13 is nothing */
	mm_scan_count(&in, &o);
	assert_false(o.cache_trim_mode);
}

/* File pages and free pages together don't reach the high watermarks: anonymous pages must go. */
static void tiny_file(void **state)
{
	struct mm_scan_in in = node();
	struct mm_scan_out o;

	(void)state;
	in.size[MM_INACTIVE_FILE] = 300;
	in.size[MM_ACTIVE_FILE] = 200;
	in.size[MM_INACTIVE_ANON] = 7000;
	in.free = 500;
	mm_scan_count(&in, &o); /* 500 + 500 <= 1000 */
	assert_true(o.file_is_tiny);
	assert_int_equal(o.balance, MM_SCAN_ANON);
	check_nr(&o, 1000, 1500, 0, 0);
	in.free = 501;
	mm_scan_count(&in, &o);
	assert_false(o.file_is_tiny);
	in.free = 500;
	in.size[MM_INACTIVE_ANON] = 5999; /* anon is low as well: plain pressure */
	mm_scan_count(&in, &o);
	assert_false(o.file_is_tiny);
	in.size[MM_INACTIVE_ANON] = 7000;
	in.swappiness = 0; /* and swappiness doesn't forbid it */
	mm_scan_count(&in, &o);
	assert_int_equal(o.balance, MM_SCAN_ANON);
}

static void no_swap_and_last_resort(void **state)
{
	struct mm_scan_in in = node();
	struct mm_scan_out o;

	(void)state;
	in.file_refaulted = true;
	in.can_reclaim_anon = false;
	mm_scan_count(&in, &o);
	assert_int_equal(o.balance, MM_SCAN_FILE);
	in.can_reclaim_anon = true;
	in.may_swap = false; /* a boost */
	mm_scan_count(&in, &o);
	assert_int_equal(o.balance, MM_SCAN_FILE);
	in.may_swap = true;
	in.priority = 0;
	mm_scan_count(&in, &o);
	assert_int_equal(o.balance, MM_SCAN_EQUAL);
	check_nr(&o, 4000, 6000, 8000, 2000);
	in.swappiness = 0; /* swapping is not wanted: by cost */
	mm_scan_count(&in, &o);
	assert_int_equal(o.balance, MM_SCAN_FRACT);
	check_nr(&o, 0, 0, 8000, 2000);
	in.force_deactivate = true;
	in.size[MM_ACTIVE_ANON] = 0;
	mm_scan_count(&in, &o);
	assert_int_equal(o.may_deactivate, MM_DEACTIVATE_ANON | MM_DEACTIVATE_FILE);
	for (unsigned int b = 0; b <= MM_SCAN_FILE; b++)
		assert_true(strlen(mm_scan_balance_name((enum mm_scan_balance)b)) > 1);
}

/*
 * 100 of each list are done. Anon is the smaller rest: 300 of 400, 74 % (of 401). So of file 26 % are to be scanned:
 * 260 of 1000 and 156 of 600, less the 100 that are.
 */
static void proportions(void **state)
{
	const uint64_t target[MM_LRU_LISTS] = { 400, 0, 1000, 600 };
	uint64_t nr[MM_LRU_LISTS] = { 300, 0, 900, 500 };

	(void)state;
	assert_true(mm_scan_rest(nr, target));
	assert_int_equal(nr[MM_INACTIVE_ANON], 0);
	assert_int_equal(nr[MM_ACTIVE_ANON], 0);
	assert_int_equal(nr[MM_INACTIVE_FILE], 160);
	assert_int_equal(nr[MM_ACTIVE_FILE], 56);
	/* one type is done: that's the end */
	assert_false(mm_scan_rest(nr, target));
	/* more was scanned than that already: nothing is left */
	memcpy(nr, (uint64_t[]){ 390, 0, 500, 100 }, sizeof(nr)); /* 97 %: 30 and 18 of file */
	assert_true(mm_scan_rest(nr, target));
	assert_int_equal(nr[MM_INACTIVE_FILE] + nr[MM_ACTIVE_FILE], 0);
	/* and the other way round: 200 of 1600 file pages are 12 %; anon: 88 % of 400, less 100 */
	memcpy(nr, (uint64_t[]){ 300, 0, 100, 100 }, sizeof(nr));
	assert_true(mm_scan_rest(nr, target));
	assert_int_equal(nr[MM_INACTIVE_ANON], 252);
	assert_int_equal(nr[MM_INACTIVE_FILE] + nr[MM_ACTIVE_FILE], 0);
}

static void costs(void **state)
{
	struct mm_scan_cost c = { .cost = { 0, 0 } };
	const uint64_t rotated[2] = { 7, 20 }, io[2] = { 2, 1 };

	(void)state;
	mm_scan_cost_add(&c, k_facts(K_6_1), true, 10, 5, 100000); /* rotations don't count in 6.1 */
	assert_int_equal(c.cost[MM_FILE], 10);
	mm_scan_cost_add(&c, k_facts(K_6_12), true, 10, 5, 100000);
	assert_int_equal(c.cost[MM_FILE], 10 + 325);
	mm_scan_cost_add(&c, k_facts(K_7_2), false, 0, 65, 1600); /* 400 are the most: 335 + 65 is not more */
	assert_int_equal(c.cost[MM_ANON], 65);
	mm_scan_cost_add(&c, k_facts(K_7_2), false, 0, 1, 1600);
	assert_int_equal(c.cost[MM_ANON], 33);
	assert_int_equal(c.cost[MM_FILE], 167);
	/* 7.3 looks at counters: what came since the last look, and halves until it fits */
	memset(&c, 0, sizeof(c));
	mm_scan_cost_look(&c, rotated, io, 100000);
	assert_int_equal(c.cost[MM_ANON], 71);  /* 2 * 32 + 7 */
	assert_int_equal(c.cost[MM_FILE], 52);
	mm_scan_cost_look(&c, rotated, io, 160); /* nothing new; 123 -> 61 -> 30 <= 40 */
	assert_int_equal(c.cost[MM_ANON], 17);
	assert_int_equal(c.cost[MM_FILE], 13);
}

static void compaction_and_priority(void **state)
{
	(void)state;
	assert_false(mm_reclaim_compaction(0, 0, true));
	assert_true(mm_reclaim_compaction(4, 12, true));
	assert_false(mm_reclaim_compaction(4, 12, false));
	assert_false(mm_reclaim_compaction(3, 10, true));
	assert_true(mm_reclaim_compaction(3, 9, true));
	/* 1,000,000 has 20 bits, 999 has 10: 20 - 1 - 10 */
	assert_int_equal(mm_initial_priority(k_facts(K_7_3), 12, 1000, 1000000), 9);
	assert_int_equal(mm_initial_priority(k_facts(K_6_12), 12, 1000, 1000), 6);
	assert_int_equal(mm_initial_priority(k_facts(K_6_12), 12, 1000, UINT64_C(1) << 40), 12);
	assert_int_equal(mm_initial_priority(k_facts(K_6_12), 12, 63, 1000), 12);
	assert_int_equal(mm_initial_priority(k_facts(K_7_3), 11, 1000, 1000), 11);
	assert_int_equal(mm_initial_priority(k_facts(K_6_1), 12, 1000, 1000), 12);
	/* without a floor before 6.11; before 6.6 by the size of one generation: 250,000 has 18 bits */
	assert_int_equal(mm_initial_priority(mm_facts_of(MM_NEWEST(6, 10)), 12, 1000, 1000), 0);
	assert_int_equal(mm_initial_priority(mm_facts_of(MM_NEWEST(6, 10)), 12, 1000, 16000), 3);
	assert_int_equal(mm_initial_priority(mm_facts_of(MM_NEWEST(6, 11)), 12, 1000, 16000), 6);
	assert_int_equal(mm_initial_priority(mm_facts_of(MM_NEWEST(6, 6)), 12, 1000, 1000000), 9);
	assert_int_equal(mm_initial_priority(mm_facts_of(MM_NEWEST(6, 5)), 12, 1000, 1000000), 7);
	assert_int_equal(mm_initial_priority(mm_facts_of(MM_NEWEST(6, 2)), 12, 1000, 1000000), 12);
}

/* ---- the multi-gen LRU -------------------------------------------------------------- */

static void tiers(void **state)
{
	(void)state;
	/* 6.x: uses after the first, and one for the working set */
	assert_int_equal(mm_gen_tier(k_facts(K_6_1), 0, false), 0);
	assert_int_equal(mm_gen_tier(k_facts(K_6_1), 0, true), 1);
	assert_int_equal(mm_gen_tier(k_facts(K_6_12), 1, true), 2);
	assert_int_equal(mm_gen_tier(k_facts(K_6_12), 2, true), 2);
	assert_int_equal(mm_gen_tier(k_facts(K_6_12), 3, true), 3);
	/* later: all uses, and the last tier is the working set's */
	assert_int_equal(mm_gen_tier(k_facts(K_6_18), 0, false), 0);
	assert_int_equal(mm_gen_tier(k_facts(K_6_18), 1, false), 0);
	assert_int_equal(mm_gen_tier(k_facts(K_7_2), 2, false), 1);
	assert_int_equal(mm_gen_tier(k_facts(K_7_3), 3, false), 2);
	assert_int_equal(mm_gen_tier(k_facts(K_7_3), 4, false), 2);
	assert_int_equal(mm_gen_tier(k_facts(K_7_3), 0, true), 3);
}

static void last_tier(void **state)
{
	struct mm_gen_ctrl c[2] = { 0 };

	(void)state;
	c[MM_FILE].refaulted[0] = 100;
	c[MM_FILE].evicted[0] = 1000;
	c[MM_FILE].refaulted[1] = 80;
	c[MM_FILE].evicted[1] = 400;
	c[MM_FILE].protected[1] = 100;
	/* 80 * (1000 + 64) * 2 = 170,240 against 101 * 500 * 3 = 151,500: the second tier is protected */
	assert_int_equal(mm_gen_last_tier(k_facts(K_7_3), c, MM_FILE, 0), 0);
	c[MM_FILE].refaulted[1] = 70; /* 148,960: it isn't; the others have few refaults */
	assert_int_equal(mm_gen_last_tier(k_facts(K_7_3), c, MM_FILE, 0), 3);
	/* 6.12: 70 * 1064 * 1 = 74,480 against 101 * 500 * 2 = 101,000 */
	assert_int_equal(mm_gen_last_tier(k_facts(K_6_12), c, MM_FILE, 0), 3);
	c[MM_FILE].refaulted[1] = 95; /* 101,080 */
	assert_int_equal(mm_gen_last_tier(k_facts(K_6_12), c, MM_FILE, 0), 0);
	/* against anon's first tier with swappiness 60: 95 * (3000 + 64) * 60 = 17.5 M, 301 * 500 * 140 = 21.1 M */
	c[MM_ANON].refaulted[0] = 300;
	c[MM_ANON].evicted[0] = 3000;
	assert_int_equal(mm_gen_last_tier(k_facts(K_6_12), c, MM_FILE, 60), 3);
	assert_int_equal(mm_gen_last_tier(k_facts(K_6_18), c, MM_FILE, 60), 0); /* 6.18 doesn't look at anon */
	/* half of it all is carried over to the next generation */
	mm_gen_ctrl_carry(&c[MM_FILE]);
	assert_int_equal(c[MM_FILE].avg_refaulted[1], 47);
	assert_int_equal(c[MM_FILE].avg_total[1], 250);
	assert_int_equal(c[MM_FILE].refaulted[1] + c[MM_FILE].evicted[1] + c[MM_FILE].protected[1], 0);
}

static unsigned int type_of(enum test_kernel r, const struct mm_gen_in *in)
{
	bool compared;

	return mm_gen_type(k_facts(r), in, &compared);
}

static void type_to_scan(void **state)
{
	struct mm_gen_ctrl c[2] = { 0 };
	struct mm_gen_in in = { .swappiness = 60, .min_seq = { 5, 5 }, .may_io = true, .ctrl = c };

	(void)state;
	c[MM_ANON].refaulted[0] = 100;
	c[MM_ANON].evicted[0] = 1000;
	c[MM_FILE].refaulted[2] = 300; /* of another tier than the first */
	c[MM_FILE].evicted[2] = 1500;
	/* 300 * 1064 * 60 = 19.2 M against 101 * 1500 * 140 = 21.2 M: file */
	assert_int_equal(type_of(K_7_3, &in), MM_FILE);
	c[MM_FILE].refaulted[2] = 340; /* 21.7 M */
	assert_int_equal(type_of(K_7_3, &in), MM_ANON);
	assert_int_equal(type_of(K_6_18, &in), MM_ANON);
	/* 6.x compares first tiers: file's has no refaults */
	assert_int_equal(type_of(K_6_12, &in), MM_FILE);
	assert_int_equal(type_of(K_6_1, &in), MM_FILE);
	/* the older generation first: 6.x only */
	in.min_seq[MM_FILE] = 6;
	assert_int_equal(type_of(K_6_1, &in), MM_ANON);
	c[MM_FILE].refaulted[2] = 0;
	assert_int_equal(type_of(K_7_2, &in), MM_FILE);
	/* the ends of the scale */
	in.swappiness = 200;
	assert_int_equal(type_of(K_7_3, &in), MM_ANON);
	in.min_seq[MM_FILE] = 5;
	assert_int_equal(type_of(K_6_12, &in), MM_ANON);
	in.swappiness = 1;
	assert_int_equal(type_of(K_7_3, &in), MM_FILE);
	assert_int_equal(type_of(K_6_1, &in), MM_FILE);
	in.swappiness = 0;
	in.min_seq[MM_FILE] = 9;
	assert_int_equal(type_of(K_6_1, &in), MM_FILE);
	/* without leave for I/O file pages first: 6.12 */
	in = (struct mm_gen_in){ .swappiness = 60, .min_seq = { 5, 5 }, .ctrl = c };
	c[MM_FILE].refaulted[0] = 1000;
	c[MM_FILE].evicted[0] = 1000;
	assert_int_equal(type_of(K_6_1, &in), MM_ANON);
	assert_int_equal(type_of(K_6_12, &in), MM_FILE);
}

static void aging(void **state)
{
	/* generations 3 to 5 of both: one of them may be evicted */
	struct mm_gen_age a = { .min_seq = { 3, 3 }, .max_seq = 5, .anon = true, .priority = 11,
				.young = 300, .old = 300, .total = 900 };

	(void)state;
	assert_true(mm_gen_should_age(k_facts(K_7_3), &a));
	assert_true(mm_gen_should_age(k_facts(K_6_18), &a));
	a.priority = 12; /* gently at first */
	assert_false(mm_gen_should_age(k_facts(K_7_2), &a));
	assert_true(mm_gen_should_age(k_facts(K_6_18), &a));
	assert_false(mm_gen_should_age(k_facts(K_7_3), &a));
	/* 6.x: 300 * 2 <= 900 and 300 * 4 >= 900: evenly spread */
	assert_false(mm_gen_should_age(k_facts(K_6_12), &a));
	a.young = 451;
	assert_true(mm_gen_should_age(k_facts(K_6_12), &a));
	a.young = 300;
	a.old = 224;
	assert_true(mm_gen_should_age(k_facts(K_6_1), &a));
	/* nothing left to evict: at once, at any priority */
	a.min_seq[MM_ANON] = a.min_seq[MM_FILE] = 4;
	assert_true(mm_gen_should_age(k_facts(K_7_3), &a));
	assert_true(mm_gen_should_age(k_facts(K_6_1), &a));
	/* file has an old generation: 7.x goes on with that, 6.x goes by anon */
	a.min_seq[MM_FILE] = 2;
	assert_false(mm_gen_should_age(k_facts(K_7_3), &a));
	assert_true(mm_gen_should_age(k_facts(K_6_12), &a));
	a.anon = false;
	assert_false(mm_gen_should_age(k_facts(K_6_12), &a));
}

/* ---- slabs ------------------------------------------------------------------------------ */

static void slabs(void **state)
{
	struct mm_slab_scan in = { .freeable = 1000, .deferred = 400, .seeks = 2 };
	uint64_t delta;

	(void)state;
	/* a quarter of 1000, times 4 / 2; and a quarter of what was put off */
	assert_int_equal(mm_slab_total(&in, 2, &delta), 600);
	assert_int_equal(delta, 500);
	assert_int_equal(mm_slab_batches(&in, 600), 512); /* four batches of 128; 88 are too few */
	assert_int_equal(mm_slab_defer(&in, delta, 512), 388);
	/* at the lightest priority nothing is new */
	assert_int_equal(mm_slab_total(&in, 12, &delta), 0);
	assert_int_equal(delta, 0);
	assert_int_equal(mm_slab_defer(&in, 0, 0), 400);
	/* no more than twice what there is */
	in.deferred = 100000;
	assert_int_equal(mm_slab_total(&in, 0, &delta), 2000);
	assert_int_equal(mm_slab_defer(&in, delta, 0), 2000);
	/* without seeks half of it, whatever the priority */
	in = (struct mm_slab_scan){ .freeable = 1000 };
	assert_int_equal(mm_slab_total(&in, 12, &delta), 500);
	/* few objects, but all of them wanted: less than a batch goes, too */
	in = (struct mm_slab_scan){ .freeable = 50, .seeks = 2 };
	assert_int_equal(mm_slab_total(&in, 0, &delta), 100);
	assert_int_equal(mm_slab_batches(&in, 100), 100);
	assert_int_equal(mm_slab_batches(&in, 49), 0);
	assert_int_equal(mm_slab_batches(&in, 0), 0);
}

/* ---- kswapd -------------------------------------------------------------------------------- */

static void kswapd_answers(void **state)
{
	struct mm_wmark_zone z = { .min = 100, .high = 200, .boost = 10, .free = 1000, .free_blocks = 512 };
	int64_t free_pages;

	(void)state;
	assert_false(mm_kswapd_hopeless(15));
	assert_true(mm_kswapd_hopeless(16));
	assert_true(mm_kswapd_wake(false, false, false));
	assert_false(mm_kswapd_wake(false, true, false));
	assert_true(mm_kswapd_wake(false, true, true));
	assert_false(mm_kswapd_wake(true, false, true));
	assert_true(mm_kswapd_sleep(true, false));
	assert_true(mm_kswapd_sleep(false, true));
	assert_false(mm_kswapd_sleep(false, false));
	assert_int_equal(mm_kswapd_goal(&z), 210);
	z.high = 21;
	assert_int_equal(mm_kswapd_goal(&z), 32); /* 31 are less than a batch */
	z.high = 200;
	/* the order drops at the gap: 1024 pages for order 9, since 7.2 32 */
	assert_int_equal(mm_kswapd_order(k_facts(K_6_18), 9, 1023), 9);
	assert_int_equal(mm_kswapd_order(k_facts(K_6_18), 9, 1024), 0);
	assert_int_equal(mm_kswapd_order(k_facts(K_7_2), 9, 31), 9);
	assert_int_equal(mm_kswapd_order(k_facts(K_7_2), 9, 32), 0);
	assert_int_equal(mm_kswapd_order(k_facts(K_7_3), 0, 1000000), 0);
	/* a round for a boost is no failure in 7.x */
	assert_true(mm_kswapd_failed(k_facts(K_7_3), 0, false));
	assert_false(mm_kswapd_failed(k_facts(K_7_3), 0, true));
	assert_true(mm_kswapd_failed(k_facts(K_6_12), 0, true));
	assert_false(mm_kswapd_failed(k_facts(K_6_12), 1, false));
	/* any progress revives in 6.x; in 7.x the node must be balanced */
	assert_true(mm_kswapd_revived(k_facts(K_6_18), 1, false));
	assert_false(mm_kswapd_revived(k_facts(K_7_2), 1, false));
	assert_true(mm_kswapd_revived(k_facts(K_7_2), 1, true));
	assert_false(mm_kswapd_revived(k_facts(K_6_1), 0, true));
	assert_int_equal(mm_kswapd_asked(true, 3, 9), 9);
	assert_int_equal(mm_kswapd_asked(true, 10, 9), 10);
	assert_int_equal(mm_kswapd_asked(false, 3, 9), 3);
	assert_int_equal(mm_kcompactd_mark(&z, false, &free_pages), 110);
	assert_int_equal(free_pages, 1000);
	assert_int_equal(mm_kcompactd_mark(&z, true, &free_pages), 210);
	assert_int_equal(free_pages, 512);
}

/* Half of the reserves must be free: of the zones that count. */
static void pfmemalloc(void **state)
{
	struct mm_wmark_zone dma = { .min = 40, .free = 10 }, normal = { .min = 960, .free = 491 };
	struct mm_pfmemalloc p = { 0 };

	(void)state;
	mm_pfmemalloc_add(&p, k_facts(K_7_3), &dma, 5);
	mm_pfmemalloc_add(&p, k_facts(K_7_3), &normal, 1000);
	assert_int_equal(p.reserve, 1000);
	assert_true(mm_pfmemalloc_ok(&p, false)); /* 501 > 500 */
	p.free--;
	assert_false(mm_pfmemalloc_ok(&p, false));
	assert_true(mm_pfmemalloc_ok(&p, true));
	/* a zone without anything to reclaim is left out; with no free page either 6.18 and later count its reserve */
	memset(&p, 0, sizeof(p));
	mm_pfmemalloc_add(&p, k_facts(K_7_3), &dma, 0);
	assert_int_equal(p.reserve, 0);
	assert_true(mm_pfmemalloc_ok(&p, false));
	dma.free = 0;
	mm_pfmemalloc_add(&p, k_facts(K_6_12), &dma, 0);
	assert_int_equal(p.reserve, 0);
	mm_pfmemalloc_add(&p, k_facts(K_7_3), &dma, 0);
	assert_int_equal(p.reserve, 40);
	assert_false(mm_pfmemalloc_ok(&p, false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(inactive_ratio),
		cmocka_unit_test(by_cost),
		cmocka_unit_test(cache_trim),
		cmocka_unit_test(tiny_file),
		cmocka_unit_test(no_swap_and_last_resort),
		cmocka_unit_test(proportions),
		cmocka_unit_test(costs),
		cmocka_unit_test(compaction_and_priority),
		cmocka_unit_test(tiers),
		cmocka_unit_test(last_tier),
		cmocka_unit_test(type_to_scan),
		cmocka_unit_test(aging),
		cmocka_unit_test(slabs),
		cmocka_unit_test(kswapd_answers),
		cmocka_unit_test(pfmemalloc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
