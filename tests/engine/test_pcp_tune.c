// SPDX-License-Identifier: GPL-2.0-only
/* What a page set tells of how many pages go to and from its lists: batch, high, and what counts them. */
#include "kernels.h"
#include "made.h"
#include "check/pick/pcp_size.h"
#include "rules/pcp_size.h"

/* A page set of which all is known: batch 63, pcp->high between 1000 and 2000, nothing freed or refilled lately. */
static struct mm_tuning known(void)
{
	return (struct mm_tuning){ .batch = 63, .high_min = 1000, .high_max = 2000, .prev_known = true, .was_prev_known = true };
}

/*
 * Each refill doubles the next one: 63, 126, 252, 504.  After two frees the factor is 4 / 2 / 2 = 1: 126.  In blocks
 * of order 1 it is always 63 / 2 = 31.
 */
static void refills(void **state)
{
	static const uint32_t want[] = { 63, 126, 252, 504 };
	struct mm_tuning t = known();
	struct mm_tuned r;

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		r = mm_tuning_refill(&t, k_facts(K_7_3), 0, 0, want[i], false);
		assert_null(r.why);
		assert_int_equal(r.want, want[i]);
	}
	mm_tuning_free(&t, k_facts(K_7_3), 0);
	mm_tuning_free(&t, k_facts(K_7_3), 0);
	assert_int_equal(mm_tuning_refill(&t, k_facts(K_7_3), 0, 0, 126, false).want, 126);
	assert_int_equal(mm_tuning_refill(&t, k_facts(K_7_3), 1, 0, 31, false).want, 31);
}

/* A factor of 0 to 5 leaves it open; 252 is 63 << 2, and three frees bring any factor down to 0. */
static void refill_factor(void **state)
{
	struct mm_tuning t = known();
	struct mm_tuned r;

	(void)state;
	t.factor_hi = 5;
	r = mm_tuning_refill(&t, k_facts(K_7_3), 0, 0, 252, false);
	assert_non_null(r.why);
	assert_int_equal(t.factor_lo, 3);
	assert_int_equal(t.factor_hi, 3);
	t.factor_lo = 0;
	t.factor_hi = 5;
	for (unsigned int i = 0; i < 3; i++)
		mm_tuning_free(&t, k_facts(K_7_3), 0);
	r = mm_tuning_refill(&t, k_facts(K_7_3), 0, 0, 63, false);
	assert_null(r.why);
	assert_int_equal(r.want, 63);
}

/*
 * kswapd at work: 4 * 63 = 252 pages may lie there.  With 252 the 100 that were freed in a row go, under holds of the
 * zone's lock of 63 at most.  More than 252 - 63 = 189 never do.  With kswapd asleep 252 are no reason, 1000 are.
 */
static void drains(void **state)
{
	struct mm_tuning t = known();
	struct mm_tuned r;

	(void)state;
	for (unsigned int i = 0; i < 100; i++)
		mm_tuning_free(&t, k_facts(K_7_3), 0);
	r = mm_tuning_drain(&t, k_facts(K_7_3), 0, 252, true);
	assert_null(r.why);
	assert_int_equal(r.want, 100);
	assert_int_equal(r.piece, 63);
	assert_int_equal(mm_tuning_drain(&t, k_facts(K_7_3), 0, 252, false).want, 0);
	assert_int_equal(mm_tuning_drain(&t, k_facts(K_7_3), 0, 1000, false).want, 100);
	for (unsigned int i = 0; i < 200; i++)
		mm_tuning_free(&t, k_facts(K_7_3), 0);
	assert_int_equal(mm_tuning_drain(&t, k_facts(K_7_3), 0, 252, true).want, 189);
}

/* Requests that found nothing have halved the count nobody knows how often: from 0 to 100 pages. */
static void drain_open(void **state)
{
	struct mm_tuning t = known();
	struct mm_tuned r;

	(void)state;
	for (unsigned int i = 0; i < 100; i++)
		mm_tuning_free(&t, k_facts(K_7_3), 0);
	mm_tuning_stall(&t, k_facts(K_7_3), 0);
	mm_tuning_free(&t, k_facts(K_7_3), 0);
	r = mm_tuning_drain(&t, k_facts(K_7_3), 0, 252, true);
	assert_string_equal(r.why, "free_count_unknown");
	for (unsigned int i = 0; i < 8; i++)
		mm_tuning_alloc(&t);
	mm_tuning_free(&t, k_facts(K_7_3), 0); /* halved to nothing by allocations: known again, and the least is the batch */
	r = mm_tuning_drain(&t, k_facts(K_7_3), 0, 252, true);
	assert_null(r.why);
	assert_int_equal(r.want, 63);
}

/*
 * Blocks of order 1 freed in a row, more than batch and half of high_min (563): all goes, up to 63 << 5 = 2016.
 */
static void drain_high_order(void **state)
{
	struct mm_tuning t = known();
	struct mm_tuned r;

	(void)state;
	for (unsigned int i = 0; i < 300; i++)
		mm_tuning_free(&t, k_facts(K_7_3), 1);
	r = mm_tuning_drain(&t, k_facts(K_7_3), 1, 800, false);
	assert_null(r.why);
	assert_int_equal(r.want, 800);
}

/*
 * As above, with 200 pages that the machine knows and up to 100 that it doesn't: if these are there, 300 go.  So a drain
 * of 200 shows that they aren't.
 */
static void drain_all_there_is(void **state)
{
	struct mm_tuning t = known();
	struct mm_tuned r;

	(void)state;
	t.unseen = 100;
	for (unsigned int i = 0; i < 300; i++)
		mm_tuning_free(&t, k_facts(K_7_3), 1);
	r = mm_tuning_drain(&t, k_facts(K_7_3), 1, 200, false);
	assert_string_equal(r.why, "pcp_list_unknown");
	assert_int_equal(r.least, 300);
}

/* What the next free gives back in 6.1, and what it gave. */
static void drain_6_1(struct mm_tuning *t, uint32_t want)
{
	struct mm_tuned r;

	mm_tuning_free(t, k_facts(K_6_1), 0);
	r = mm_tuning_drain(t, k_facts(K_6_1), 0, 1000, false);
	assert_null(r.why);
	assert_int_equal(r.want, want);
	mm_tuning_drained(t, k_facts(K_6_1), 0, 1000, false, want, 1);
}

/*
 * 6.1 doubles what it gives back with each drain in a row, up to high - batch: 63, 126, 252, 504, then 1000 - 63 = 937
 * for 1008, which leaves the factor at 4.  A page that is asked for halves the factor to 2: 63 << 2 = 252.
 */
static void drain_factor(void **state)
{
	static const uint32_t want[] = { 63, 126, 252, 504, 937, 937 };
	struct mm_tuning t = { .batch = 63, .high_min = 1000, .high_max = 1000 };

	(void)state;
	for (unsigned int i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		drain_6_1(&t, want[i]);
	mm_tuning_alloc(&t);
	drain_6_1(&t, 252);
}

/* At first the factor is open, so is the number; 126 pages show that it was 1 and is 2 now. */
static void drain_factor_open(void **state)
{
	struct mm_tuning t = { .batch = 63, .high_min = 1000, .high_max = 1000, .freed_hi = 5 };

	(void)state;
	mm_tuning_free(&t, k_facts(K_6_1), 0);
	assert_string_equal(mm_tuning_drain(&t, k_facts(K_6_1), 0, 1000, false).why, "free_count_unknown");
	mm_tuning_drained(&t, k_facts(K_6_1), 0, 1000, false, 126, 1);
	assert_int_equal(t.freed_lo, 2);
	assert_int_equal(t.freed_hi, 2);
	drain_6_1(&t, 252);
}

/*
 * In 6.1 a free doesn't touch the factor: a drain takes it as it is by then, also where the free that made it wasn't
 * followed.  The first gives back 63 and leaves it at 1, so the next one gives 126 and leaves it at 2; a page that is
 * asked for halves that to 1, which is 126 again.
 */
static void drain_factor_now(void **state)
{
	struct mm_tuning t = { .batch = 63, .high_min = 1000, .high_max = 1000 };
	struct mm_tuned r;

	(void)state;
	drain_6_1(&t, 63);
	r = mm_tuning_drain(&t, k_facts(K_6_1), 0, 1000, false);
	assert_null(r.why);
	assert_int_equal(r.want, 126);
	mm_tuning_drained(&t, k_facts(K_6_1), 0, 1000, false, 126, 1);
	mm_tuning_alloc(&t);
	assert_int_equal(mm_tuning_drain(&t, k_facts(K_6_1), 0, 1000, false).want, 126);
}

/*
 * A request for a page asked how many refill its list each time it found nothing: each time the factor may have grown.
 * One for a block of order 1 doesn't touch it.
 */
static void refill_in_vain(void **state)
{
	struct mm_tuning t = known();
	struct mm_tuned r;

	(void)state;
	t.high_min = t.high_max = 4000; /* leaves room for 63 << 5 */
	mm_tuning_stall(&t, k_facts(K_7_3), 1);
	assert_null(mm_tuning_refill(&t, k_facts(K_7_3), 0, 0, 63, false).why);
	mm_tuning_stall(&t, k_facts(K_7_3), 0);
	r = mm_tuning_refill(&t, k_facts(K_7_3), 0, 0, 504, false);
	assert_string_equal(r.why, "alloc_factor_unknown");
	assert_int_equal(t.factor_lo, 4); /* 63 << 3 were taken */
	assert_int_equal(t.factor_hi, 4);
}

/*
 * zoneinfo of 6.12 has pcp->high, 9000 here, and not its limits: the low watermark of 4000 pages less a boost of 200 for 2
 * CPUs, 1900, and an eighth of 40000 pages for 2 CPUs, 2500.  A zone of another node leaves open how many of the CPUs are
 * this one's: 5000 with one.  With vm.percpu_pagelist_high_fraction 10 both limits are 40000 / 10 / 2 = 2000.  Limits that
 * are given hold.
 */
static void limits_of_high(void **state)
{
	static struct sg_kv kv = { "sysctl.vm.percpu_pagelist_high_fraction", "10" };
	static const struct {
		bool other_node, fraction, given;
		uint32_t min, max;
	} t[] = { { 0, 0, 0, 1900, 2500 }, { 1, 0, 0, 1900, 5000 }, { 0, 1, 0, 2000, 2000 }, { 0, 0, 1, 3000, 4000 } };
	static struct sg_pcp_snap pcp[2] = { { 0, 9000, 7, 0, 0 }, { 0, 9000, 7, 0, 0 } };
	struct made mk;

	(void)state;
	made_capture(&mk, 6, 12);
	mk.zone[0].nr_pcp = 2;
	mk.zone[0].pcp = pcp;
	for (unsigned int i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct mm_machine *m = mm_machine_new(&mk.cfg, NULL);
		struct mm_check *c = m ? mm_check_new(m, &mk.cfg, NULL, NULL, NULL) : NULL;
		struct mm_tuning got;

		assert_non_null(c);
		mk.zone[0].managed = 40000;
		mk.zone[0].wmark_low = 4000;
		mk.zone[0].wmark_boost = 200;
		mk.snap.nr_zones = 1 + t[i].other_node;
		mk.zone[1].node = mk.zone[0].node + 1;
		mk.snap.kv = &kv;
		mk.snap.nr_kv = t[i].fraction;
		pcp[1].high_min = t[i].given ? 3000 : 0;
		pcp[1].high_max = t[i].given ? 4000 : 0;
		mm_tuning_init(&got, c, m, &m->core.zone[0], 1);
		assert_int_equal(got.batch, 7);
		assert_int_equal(got.high_min, t[i].min);
		assert_int_equal(got.high_max, t[i].max);
		mm_check_free(c);
		mm_machine_free(m);
	}
	made_fini(&mk);
}

/*
 * Before 7.2 a drain has no pieces: 100 pages that a free gives back were freed in a row, whatever was thought of that.  63 are
 * the least that goes, 189 = 3 * 63 the most while kswapd is at work, and 937 to 1937 may be pcp->high less the batch: these tell
 * nothing; nor does a number in 7.3, where the lock may have been lost after a piece.
 */
static void drain_tells(void **state)
{
	static const uint32_t nothing[] = { 40, 63, 189, 937, 1500, 1937 };
	struct mm_tuning t = known();

	(void)state;
	t.freed_hi = 2000;
	for (unsigned int i = 0; i < sizeof(nothing) / sizeof(*nothing); i++) {
		mm_tuning_gave(&t, k_facts(K_6_12), nothing[i]);
		assert_int_equal(t.freed_hi, 2000);
	}
	mm_tuning_gave(&t, k_facts(K_7_3), 100);
	assert_int_equal(t.freed_hi, 2000);
	mm_tuning_gave(&t, k_facts(K_6_18), 100);
	assert_int_equal(t.freed_lo, 100);
	assert_int_equal(t.freed_hi, 100);
	mm_tuning_gave(&t, k_facts(K_6_12), 936);
	assert_int_equal(t.freed_lo, 936);
}

/* A request that another zone served may have asked here once: 100 pages in a row count as 50 to 100, a factor of 2 as 2 or 3. */
static void asked_maybe(void **state)
{
	struct mm_tuning t = known();

	(void)state;
	t.freed_lo = t.freed_hi = 100;
	t.factor_lo = t.factor_hi = 2;
	mm_tuning_maybe_asked(&t, k_facts(K_7_3), 0);
	assert_int_equal(t.freed_lo, 50);
	assert_int_equal(t.freed_hi, 100);
	assert_int_equal(t.factor_lo, 2);
	assert_int_equal(t.factor_hi, 3);
	mm_tuning_maybe_asked(&t, k_facts(K_7_3), 1); /* only single pages move the factor */
	assert_int_equal(t.factor_hi, 3);
	t.factor_hi = MM_PCP_SCALE_MAX;
	mm_tuning_maybe_asked(&t, k_facts(K_7_3), 0);
	assert_int_equal(t.factor_hi, MM_PCP_SCALE_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refills),
		cmocka_unit_test(refill_factor),
		cmocka_unit_test(drains),
		cmocka_unit_test(drain_open),
		cmocka_unit_test(drain_high_order),
		cmocka_unit_test(drain_factor),
		cmocka_unit_test(drain_factor_open),
		cmocka_unit_test(drain_factor_now),
		cmocka_unit_test(drain_all_there_is),
		cmocka_unit_test(refill_in_vain),
		cmocka_unit_test(limits_of_high),
		cmocka_unit_test(drain_tells),
		cmocka_unit_test(asked_maybe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
