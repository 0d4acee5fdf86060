// SPDX-License-Identifier: GPL-2.0-only
/* Watermarks, reserves and sizes of per-cpu lists as the kernel sets them up, and what the marks mean to a request. */
#include "sim_made.h"

/*
 * A 6.18 kernel with 3840 and 243,177 managed pages and vm.min_free_kbytes of 45,056 shows these marks, reserves and
 * per-cpu sizes in /proc/zoneinfo.
 */
static void setup(void **state)
{
	const struct mm_setup_zone z[2] = { { .type = 0, .managed = 3840 }, { .type = 1, .managed = 243177 } };
	struct mm_setup_wmark w[2];
	struct mm_setup_pcp p;
	int64_t reserve[5];

	(void)state;
	mm_setup_wmarks(k_facts(K_6_18), z, 2, 45056, 10, 4096, w);
	assert_int_equal(w[0].min, 175);
	assert_int_equal(w[0].low, 218);
	assert_int_equal(w[0].high, 261);
	assert_int_equal(w[1].min, 11088);
	assert_int_equal(w[1].low, 13860);
	assert_int_equal(w[1].high, 16632);
	mm_setup_reserve(z, 2, 0, 256, 5, reserve);
	assert_int_equal(reserve[0], 0);
	assert_int_equal(reserve[1], 949);
	assert_int_equal(reserve[4], 949);
	mm_setup_reserve(z, 2, 1, 256, 5, reserve);
	assert_int_equal(reserve[4], 0);
	p = mm_setup_pcp(k_facts(K_6_18), 3840, 218, 2, 0, 4096);
	assert_int_equal(p.batch, 1);
	assert_int_equal(p.high_min, 109);
	assert_int_equal(p.high_max, 240);
	p = mm_setup_pcp(k_facts(K_6_18), 243177, 13860, 2, 0, 4096);
	assert_int_equal(p.batch, 63);
	assert_int_equal(p.high_min, 6930);
	assert_int_equal(p.high_max, 15198);
	/* 6.1 with 83,912 pages and a low mark of 5191: one limit */
	p = mm_setup_pcp(k_facts(K_6_1), 83912, 5191, 2, 0, 4096);
	assert_int_equal(p.batch, 15);
	assert_int_equal(p.high_min, 2595);
	assert_int_equal(p.high_max, 2595);
	/* 4 * sqrt: 1 GiB 4096, and the limits */
	assert_int_equal(mm_setup_min_free_kbytes(262144, 4096), 4096);
	assert_int_equal(mm_setup_min_free_kbytes(16, 4096), 128);
	assert_int_equal(mm_setup_min_free_kbytes(INT64_C(1) << 32, 4096), 262144);
	/* scale factor 100: 1 % between the marks when that is more than a quarter of min */
	mm_setup_wmarks(k_facts(K_7_3), z + 1, 1, 4096, 100, 4096, w);
	assert_int_equal(w[0].min, 1024);
	assert_int_equal(w[0].low, 1024 + 2431);
	assert_int_equal(w[0].promo, 1024 + 3 * 2431);
}

/* ZONE_MOVABLE: min is managed / 1024 within 32 .. 128; 6.1 counts its pages as lowmem when it shares min out. */
static void setup_movable(void **state)
{
	const struct mm_setup_zone z[2] = { { .type = 2, .managed = 100000 }, { .type = 3, .managed = 100000, .movable = true } };
	struct mm_setup_wmark w[2];

	(void)state;
	mm_setup_wmarks(k_facts(K_7_3), z, 2, 4000, 10, 4096, w);
	assert_int_equal(w[0].min, 1000);
	assert_int_equal(w[1].min, 97);
	assert_int_equal(w[1].low, 97 + 250); /* the distance isn't capped: 1000 / 4 */
	mm_setup_wmarks(k_facts(K_6_1), z, 2, 4000, 10, 4096, w);
	assert_int_equal(w[0].min, 500);
	assert_int_equal(w[1].min, 500);
}

/* 1000 free, mark 800: who gets how far down? */
static void wmark_flags(void **state)
{
	static const struct {
		unsigned int flags;
		int64_t need; /* free pages above which order 0 passes */
	} t[] = {
		{ 0, 800 },
		{ MM_ALLOC_MIN_RESERVE, 400 },
		{ MM_ALLOC_NON_BLOCK, 800 },
		{ MM_ALLOC_MIN_RESERVE | MM_ALLOC_NON_BLOCK, 300 }, /* 400 less a quarter */
		{ MM_ALLOC_OOM, 400 },
		{ MM_ALLOC_OOM | MM_ALLOC_MIN_RESERVE | MM_ALLOC_NON_BLOCK, 150 },
	};
	struct mm_wmark_zone z = { .top_pcp = 2, .top_highatomic = 4, .top_cma = 6, .reserve = { [2] = 50 } };

	(void)state;
	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_true(mm_wmark_ok(&z, 0, 800, 0, t[i].flags, t[i].need + 1));
		assert_false(mm_wmark_ok(&z, 0, 800, 0, t[i].flags, t[i].need));
		/* the lowmem reserve comes on top, undiminished */
		assert_true(mm_wmark_ok(&z, 0, 800, 2, t[i].flags, t[i].need + 51));
		assert_false(mm_wmark_ok(&z, 0, 800, 2, t[i].flags, t[i].need + 50));
	}
	/* blocks: ordinary up to 2, highatomic up to 4 for HIGHATOMIC and OOM, CMA up to 6 for CMA */
	assert_true(mm_wmark_ok(&z, 2, 0, 0, 0, 1000));
	assert_false(mm_wmark_ok(&z, 3, 0, 0, MM_ALLOC_NON_BLOCK, 1000));
	assert_true(mm_wmark_ok(&z, 4, 0, 0, MM_ALLOC_HIGHATOMIC, 1000));
	assert_true(mm_wmark_ok(&z, 4, 0, 0, MM_ALLOC_OOM, 1000));
	assert_false(mm_wmark_ok(&z, 5, 0, 0, MM_ALLOC_OOM, 1000));
	assert_true(mm_wmark_ok(&z, 6, 0, 0, MM_ALLOC_CMA, 1000));
	/* what lies in the reserve or in CMA counts only for those who may have it; order 3 needs 7 more */
	z.free_highatomic = 100;
	z.free_cma = 200;
	assert_false(mm_wmark_ok(&z, 0, 700, 0, 0, 1000));
	assert_true(mm_wmark_ok(&z, 0, 700, 0, MM_ALLOC_CMA, 1000));
	assert_true(mm_wmark_ok(&z, 0, 700, 0, MM_ALLOC_NON_BLOCK, 1000));
	assert_false(mm_wmark_ok(&z, 1, 799, 0, MM_ALLOC_NON_BLOCK, 1000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(setup), cmocka_unit_test(setup_movable), cmocka_unit_test(wmark_flags),
	};

	return cmocka_run_group_tests_name("how zones are set up", tests, NULL, NULL);
}
