// SPDX-License-Identifier: GPL-2.0-only
/*
 * CMA pageblocks of the simulated allocator: what a bulk remembers of them, and of which pageblocks compaction
 * captures.
 */
#include "sim_made.h"

/* Blocks 12 to 15 of 16 are CMA, and free; of the others one page is. */
static struct mm_sim *cma_zone(enum test_kernel rules)
{
	struct mm_sim_cfg c = sim_cfg(rules, 16);
	struct mm_sim *s;

	c.zone[0].cma_start = B(12);
	c.zone[0].cma_end = B(16);
	s = sim_make(&c);
	for (unsigned int i = 0; i < 12; i++)
		sim_occupy_block(s, i, M);
	return s;
}

/*
 * The own lists are empty, so a Movable bulk takes from CMA, and looks there at once for its next page:
 * __rmqueue(), enum rmqueue_mode.  A page that comes onto the own list meanwhile is passed over; 6.1, which
 * remembers nothing, takes it.  It is of block 2, and CMA has to be no more than half of what is free, or it would
 * come first anyhow: so 5 blocks of other types are free.
 */
static void bulk_remembers_cma(void **state)
{
	(void)state;
	for (enum test_kernel r = K_6_1; r < K_COUNT; r++) {
		enum sim_rmqueue_mode mode = SIM_RMQUEUE_NORMAL;
		struct mm_sim *s = cma_zone(r);
		struct zone_state *z = &s->m->core.zone[0];

		for (unsigned int i = 4; i < 9; i++) {
			sim_type(s, i, U);
			sim_vacate(s, B(i), 9);
		}
		assert_int_equal(mm_sim_rmqueue_list(s, z, 0, M, MM_ALLOC_CMA, &mode), B(12));
		assert_int_equal(mode, r > K_6_1 ? SIM_RMQUEUE_CMA : SIM_RMQUEUE_NORMAL);
		sim_vacate(s, B(2), 0);
		assert_int_equal(mm_sim_rmqueue_list(s, z, 0, M, MM_ALLOC_CMA, &mode), r > K_6_1 ? B(12) + 1 : B(2));
		mm_sim_free(s);
	}
}

/*
 * A compaction waits for a block of order 2.  One that is freed in a CMA or an isolated pageblock isn't for it:
 * compaction_capture(), 6.1 to 7.3.  One of a Movable pageblock is for a Movable request, but not in 6.1, which
 * keeps these from all requests below pageblock order; one of an Unmovable pageblock is for any, and so is a whole
 * pageblock.
 */
static void captured_types(void **state)
{
	static const unsigned int type[] = { C, I, M, U };

	(void)state;
	for (enum test_kernel r = K_6_1; r < K_COUNT; r++)
		for (unsigned int i = 0; i < 16; i++) {
			unsigned int t = type[i % 4], mt = i / 4 % 2 ? M : U, order = i / 8 ? 9 : 2;
			bool is = t == U || (t == M && (order == 9 || (mt == M && r > K_6_1)));
			struct mm_sim *s = cma_zone(r);
			uint64_t pfn = 0;

			sim_type(s, 3, t);
			mm_sim_capture_arm(s, 0, order, mt);
			sim_vacate(s, B(3), order);
			assert_int_equal(mm_sim_capture_disarm(s, &pfn), is);
			assert_int_equal(pfn, is ? B(3) : 0);
			mm_sim_free(s);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(bulk_remembers_cma), cmocka_unit_test(captured_types) };

	return cmocka_run_group_tests_name("CMA pageblocks of the simulated allocator", tests, NULL, NULL);
}
