// SPDX-License-Identifier: GPL-2.0-only
/* Writing to swap asks for pages by itself: how often, what comes of it where there is none, and when they go back. */
#include "test_sim_reclaim.h"

#define TABLE (MM_GFP_HIGH | MM_GFP_COMP | MM_GFP_NOMEMALLOC)

static struct {
	unsigned int got, failed, again, freed;
} seen;

static void listen(void *arg, const struct sg_event *ev)
{
	struct box *b = arg;

	if (ev->kind == SG_EV_mm_page_alloc) {
		bool none = ev->v[SGF_mm_page_alloc_pfn] == UINT64_MAX;

		seen.got += !none;
		seen.failed += none;
		seen.again += none && (ev->v[SGF_mm_page_alloc_gfp_flags] & mm_sim_capture(b->s)->gfp.direct_reclaim) != 0;
	}
	seen.freed += ev->kind == SG_EV_mm_page_free;
}

/* A table for each four pages, and 500 anonymous ones that nobody uses. */
static struct mm_swap_rule rule_of(bool stops)
{
	return (struct mm_swap_rule){ .nr = 1, .need = { { .gfp = TABLE, .again = TABLE | MM_GFP_KERNEL, .mt = MM_MT_UNMOVABLE, .zone_type = 2,
							   .stops = stops, .got = 1, .every = 4 << 16 } } };
}

static void begin(struct box *b, bool stops)
{
	struct mm_swap_rule rule = rule_of(stops);
	uint64_t pfn[500];

	box_start(b, K_7_3, false, true);
	box_fill(b, 0, MM_SIM_ANON, 500, pfn);
	mm_sim_swap_rule(b->s, &rule);
	memset(&seen, 0, sizeof(seen));
}

/* n pages written need n / 4 tables, rounded up; with four slots free one goes back. */
static void tables(void **state)
{
	static struct box b;
	uint64_t out;

	(void)state;
	begin(&b, true);
	mm_sim_emit(b.s, listen, &b);
	for (unsigned int i = 0; i < 4; i++)
		box_direct(&b, 0);
	out = mm_sim_stat(b.s, MM_SIM_PSWPOUT);
	assert_true(out >= 32);
	assert_int_equal(seen.got, (out + 3) / 4);
	assert_int_equal(seen.failed, 0);
	seen.freed = 0;
	mm_sim_swap_freed(b.s, 0, 3);
	assert_int_equal(seen.freed, 0);
	mm_sim_swap_freed(b.s, 0, 6);
	assert_int_equal(seen.freed, 2);
	mm_sim_swap_freed(b.s, 0, 10000);
	assert_int_equal(seen.freed, seen.got);
	box_sound(&b);
	box_close(&b);
}

/* No page is left.  Where a table is a must, each page asks twice and stays; else it is written without. */
static void none_left(void **state)
{
	static struct box b;

	(void)state;
	for (unsigned int stops = 0; stops < 2; stops++) {
		begin(&b, stops);
		while (box_take(&b, 0, 0) != UINT64_MAX)
			;
		mm_sim_emit(b.s, listen, &b);
		box_direct(&b, 0);
		if (stops) {
			assert_int_equal(mm_sim_stat(b.s, MM_SIM_PSWPOUT), 0);
			assert_int_equal(mm_sim_stat(b.s, MM_SIM_PGSTEAL_ANON), 0);
			assert_int_equal(b.nr_gone, 0);
			assert_true(seen.failed >= 64);
		} else {
			assert_true(mm_sim_stat(b.s, MM_SIM_PSWPOUT) >= 32);
			assert_int_equal(b.nr_gone, mm_sim_stat(b.s, MM_SIM_PSWPOUT));
			assert_true(seen.failed > 0);
		}
		assert_int_equal(seen.failed, 2 * seen.again);
		box_sound(&b);
		box_close(&b);
	}
}

/* Without a rule nothing is asked for. */
static void no_rule(void **state)
{
	static struct box b;

	(void)state;
	begin(&b, true);
	mm_sim_swap_rule(b.s, NULL);
	mm_sim_emit(b.s, listen, &b);
	for (unsigned int i = 0; i < 4; i++)
		box_direct(&b, 0);
	assert_true(mm_sim_stat(b.s, MM_SIM_PSWPOUT) >= 32);
	assert_int_equal(seen.got + seen.failed, 0);
	mm_sim_swap_freed(b.s, 0, 100);
	box_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(tables), cmocka_unit_test(none_left), cmocka_unit_test(no_rule) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
