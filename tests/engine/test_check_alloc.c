// SPDX-License-Identifier: GPL-2.0-only
/* How fallbacks are held against the events: what mm_page_alloc_extfrag calls a change of ownership. */
#include <stdlib.h>
#include <string.h>

#include "made.h"
#include "check/check.h"

struct run {
	struct made mk;
	struct mm_check *check;
	unsigned int nr[3]; /* how many fallbacks came out so, by verdict */
};

static void hear(void *arg, const struct mm_decision *d)
{
	struct run *r = arg;

	if (d->kind == MM_CHECK_FALLBACK)
		r->nr[d->verdict]++;
}

static int setup(void **state)
{
	struct run *r = calloc(1, sizeof(*r));
	struct sg_err err = { 0 };

	if (!r)
		return -1;
	made_init(&r->mk, 6, 1, MADE_USED);
	r->check = mm_check_new(r->mk.m, &r->mk.cfg, hear, r, &err);
	*state = r;
	return r->check ? 0 : -1;
}

static int teardown(void **state)
{
	struct run *r = *state;

	mm_check_free(r->check);
	made_fini(&r->mk);
	free(r);
	return 0;
}

static void drain(struct run *r, uint64_t pfn, unsigned int mt)
{
	struct sg_event ev = made_event(&r->mk, SG_EV_mm_page_pcpu_drain);

	ev.v[SGF_mm_page_pcpu_drain_pfn] = pfn;
	ev.v[SGF_mm_page_pcpu_drain_order] = 0;
	ev.v[SGF_mm_page_pcpu_drain_migratetype] = mt;
	mm_check_observe(r->check, r->mk.m, &ev);
}

/* A request for a page of type @mt falls back to the block of order @from at @pfn on @fmt's list, and takes its first page. */
static void fall_back_from(struct run *r, uint64_t pfn, unsigned int from, unsigned int mt, unsigned int fmt,
			   unsigned int owned)
{
	struct sg_event ev = made_event(&r->mk, SG_EV_mm_page_alloc_extfrag);

	ev.v[SGF_mm_page_alloc_extfrag_pfn] = pfn;
	ev.v[SGF_mm_page_alloc_extfrag_alloc_order] = 0;
	ev.v[SGF_mm_page_alloc_extfrag_fallback_order] = from;
	ev.v[SGF_mm_page_alloc_extfrag_alloc_migratetype] = mt;
	ev.v[SGF_mm_page_alloc_extfrag_fallback_migratetype] = fmt;
	ev.v[SGF_mm_page_alloc_extfrag_change_ownership] = owned;
	mm_check_observe(r->check, r->mk.m, &ev);
	ev = made_event(&r->mk, SG_EV_mm_page_alloc_zone_locked);
	ev.v[SGF_mm_page_alloc_zone_locked_pfn] = pfn;
	ev.v[SGF_mm_page_alloc_zone_locked_order] = 0;
	ev.v[SGF_mm_page_alloc_zone_locked_migratetype] = mt;
	ev.v[SGF_mm_page_alloc_zone_locked_percpu_refill] = 1;
	mm_check_observe(r->check, r->mk.m, &ev);
}

static void fall_back(struct run *r, uint64_t pfn, unsigned int mt, unsigned int fmt, unsigned int owned)
{
	fall_back_from(r, pfn, 0, mt, fmt, owned);
}

/* Two pages of block 2, which is Reclaimable, are free; an Unmovable request takes one and moves both to its own list. */
static void moved_away(struct run *r)
{
	drain(r, B(2), R);
	drain(r, B(2) + 8, R);
	fall_back(r, B(2) + 8, U, R, NOT_OWNED); /* 2 free pages are less than 256: no claim */
	assert_int_equal(r->nr[MM_EQUAL], 1);
	assert_int_equal(r->nr[MM_DIFFERS], 0);
}

/* A Reclaimable request takes the other one back: nothing is claimed, but the pageblock is of its type, as the event says. */
static void owned_before(void **state)
{
	struct run *r = *state;

	moved_away(r);
	fall_back(r, B(2), R, U, OWNED);
	assert_int_equal(r->nr[MM_EQUAL], 2);
	assert_int_equal(r->nr[MM_DIFFERS], 0);
}

/* An event that says otherwise is a disagreement. */
static void owned_before_denied(void **state)
{
	struct run *r = *state;

	moved_away(r);
	fall_back(r, B(2), R, U, NOT_OWNED);
	assert_int_equal(r->nr[MM_EQUAL], 1);
	assert_int_equal(r->nr[MM_DIFFERS], 1);
}

/* Of a pageblock of the other type a single page is stolen without a claim, and an event that says so disagrees. */
static void never_owned(void **state)
{
	struct run *r = *state;

	drain(r, B(3), U);
	fall_back(r, B(3), R, U, OWNED);
	assert_int_equal(r->nr[MM_EQUAL], 0);
	assert_int_equal(r->nr[MM_DIFFERS], 1);
}

static int setup_snapshot(void **state)
{
	struct run *r = calloc(1, sizeof(*r));
	struct sg_err err = { 0 };

	if (!r)
		return -1;
	made_capture(&r->mk, 6, 1);
	for (uint64_t p = 0; p < 2 * BLOCK; p++)
		r->mk.flags[B(2) + p] = r->mk.flags[B(8) + p] = KPF_BUDDY;
	r->mk.zone[0].have_types = true;
	r->mk.zone[0].type_blocks[M] = NR_BLOCKS;
	r->mk.zone[0].type_free[M][10] = 2;
	made_init(&r->mk, 6, 1, MADE_FLAGS);
	r->check = mm_check_new(r->mk.m, &r->mk.cfg, hear, r, &err);
	*state = r;
	return r->check ? 0 : -1;
}

/* A snapshot has two Movable blocks of order 10: whichever is the first, it is claimed whole.  So is the one that is left. */
static void claimed_whole(void **state)
{
	struct run *r = *state;

	fall_back_from(r, B(8), 10, U, M, OWNED);
	assert_int_equal(r->nr[MM_EQUAL], 1);
	assert_int_equal(r->nr[MM_UNDECIDED], 0);
	fall_back_from(r, B(2), 10, R, M, NOT_OWNED);
	assert_int_equal(r->nr[MM_DIFFERS], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(owned_before, setup, teardown),
		cmocka_unit_test_setup_teardown(owned_before_denied, setup, teardown),
		cmocka_unit_test_setup_teardown(never_owned, setup, teardown),
		cmocka_unit_test_setup_teardown(claimed_whole, setup_snapshot, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
