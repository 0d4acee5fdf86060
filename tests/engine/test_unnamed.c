// SPDX-License-Identifier: GPL-2.0-only
/* Free blocks whose type no event has named: on which lists they may be, and where they are once one has. */
#include <stdlib.h>
#include <string.h>

#include "kernels.h"
#include "made.h"
#include "time/image.h"
#include "rules/rmqueue.h"

/* All pages were in use, so the lists hold what the test frees. */
static int setup(void **state)
{
	struct made *mk = malloc(sizeof(*mk));

	if (!mk)
		return -1;
	made_init(mk, 7, 3, MADE_USED);
	*state = mk;
	return 0;
}

static int teardown(void **state)
{
	struct made *mk = *state;

	check_whole(mk->m);
	made_fini(mk);
	free(mk);
	return 0;
}

/* @why: of what isn't known, NULL when all is; @at: the order where the search ends, and the block's pfn or 0 for none. */
static void expect(struct mm_pick p, const char *why, unsigned int at, uint64_t pfn)
{
	if (why) {
		assert_int_equal(p.known, MM_KNOWN_MAYBE);
		assert_string_equal(p.why, why);
		assert_int_equal(p.order, at);
	} else if (pfn) {
		assert_int_equal(p.known, MM_KNOWN_YES);
		assert_int_equal(p.order, at);
		assert_int_equal(p.pfn, pfn);
	} else {
		assert_int_equal(p.known, MM_KNOWN_NO);
	}
}

static void expect_own(const struct made *mk, unsigned int order, unsigned int mt, const char *why, unsigned int at,
		       uint64_t pfn)
{
	expect(mm_rule_smallest_known(mk->m, &mk->m->core.zone[0], order, mt), why, at, pfn);
}

static void expect_fallback(const struct made *mk, enum test_kernel rules, unsigned int mt, unsigned int flags, const char *why,
			    unsigned int at, uint64_t pfn)
{
	expect(mm_rule_fallback_find(mk->m, &mk->m->core.zone[0], k_facts(rules), 0, mt, flags, NULL), why, at, pfn);
}

/*
 * 16 pages of a pageblock that nothing has named may be on any list of order 4: a search that finds that list empty is
 * undecided there, but not one that ends before.  What decides itself takes its lists as they are.
 */
static void may_be_anywhere(void **state)
{
	struct made *mk = *state;

	send_drain(mk, B(2), 3, M);
	send_free(mk, B(0), 4);
	expect_own(mk, 0, M, NULL, 3, B(2));
	expect_own(mk, 4, M, "free_type_unknown", 4, 0);
	expect_own(mk, 0, U, "free_type_unknown", 4, 0);
	expect_own(mk, 5, U, NULL, 0, 0);
	/* RECLAIMABLE looks from the largest order down */
	expect_fallback(mk, K_7_3, R, 0, "free_type_unknown", 4, 0);
	expect_fallback(mk, K_6_1, R, 0, "free_type_unknown", 4, 0);
	/* a steal goes up from order 0 */
	expect_fallback(mk, K_7_3, R, MM_FALLBACK_STEAL_ONLY, NULL, 3, B(2));
	expect_fallback(mk, K_7_3, R, MM_FALLBACK_DECIDE, NULL, 3, B(2));
	/* with a known block of the first type asked, UNMOVABLE, 6.1 takes the unknown one only if it lies before that */
	send_drain(mk, B(4), 4, U);
	expect_fallback(mk, K_6_1, R, 0, NULL, 4, B(4));
	send_alloc(mk, B(0), 4, M);
	send_alloc(mk, B(4), 4, U);
	expect_fallback(mk, K_7_3, R, 0, NULL, 3, B(2));
}

/* A page is taken out of 32 MOVABLE ones: there were none of orders 0 to 4.  UNMOVABLE may still have the 16. */
static void not_where_a_pick_passed(void **state)
{
	struct made *mk = *state;

	send_free(mk, B(0), 4);
	send_drain(mk, B(2), 5, M);
	expect_own(mk, 0, M, "free_type_unknown", 4, 0);
	send_locked(mk, B(2), 0, M, true);
	send_alloc(mk, B(2) + 16, 4, M); /* the split-off half of order 4 */
	expect_own(mk, 4, M, NULL, 0, 0);
	expect_own(mk, 4, U, "free_type_unknown", 4, 0);
	/* merged with 16 more, it is still not MOVABLE */
	send_free(mk, B(0) + 16, 4);
	expect_own(mk, 5, M, NULL, 0, 0);
	expect_own(mk, 5, U, "free_type_unknown", 5, 0);
	/* what comes later may be */
	send_free(mk, B(0) + 64, 4);
	expect_own(mk, 4, M, "free_type_unknown", 4, 0);
}

/* What another CPU's last event freed may not have been on its list yet. */
static void not_what_is_in_flight(void **state)
{
	struct made *mk = *state;

	send_drain(mk, B(2), 5, M);
	mk->cpu = 1;
	send_free(mk, B(0), 4);
	mk->cpu = 0;
	send_locked(mk, B(2), 0, M, true);
	send_alloc(mk, B(2) + 16, 4, M);
	expect_own(mk, 4, M, "free_type_unknown", 4, 0);
}

/* The MOVABLE list's first known block is older than the 16 pages, which may lie before it, unless that one is taken. */
static void not_before_what_was_first(void **state)
{
	struct made *mk = *state;

	send_free(mk, B(6), 4);
	send_drain(mk, B(2), 4, M);
	send_drain(mk, B(2) + 64, 4, M);
	expect_own(mk, 4, M, NULL, 4, B(2) + 64); /* those of B(6) came before */
	send_free(mk, B(0), 4);
	expect_own(mk, 4, M, "free_type_unknown", 4, 0);
	send_locked(mk, B(2) + 64, 4, M, false);
	expect_own(mk, 4, M, NULL, 4, B(2));
	send_locked(mk, B(2), 4, M, false);
	expect_own(mk, 4, M, "free_type_unknown", 4, 0); /* those of B(6) again */
}

/*
 * UNMOVABLE falls back: its own lists are empty.  And what it asks before MOVABLE, RECLAIMABLE, has none of that order;
 * as a whole pageblock is claimed, none of larger ones either.
 */
static void not_where_a_fallback_passed(void **state)
{
	struct made *mk = *state;

	send_free(mk, B(0), 4);
	send_free(mk, B(8), 10);
	send_alloc(mk, B(9), 9, M); /* leaves one of order 9 */
	send_free(mk, B(12), 10);
	send_drain(mk, B(4), 9, M);
	expect_own(mk, 9, U, "free_type_unknown", 9, 0);
	send_extfrag(mk, B(4), 0, 9, U, M, OWNED);
	expect_own(mk, 9, U, NULL, 0, 0);
	expect_own(mk, 9, R, NULL, 0, 0);
	expect_own(mk, 10, M, NULL, 0, 0);
	expect_own(mk, 9, M, "free_type_unknown", 9, 0);
	expect_own(mk, 4, R, "free_type_unknown", 4, 0);
	assert_false(mm_unnamed_on(&mk->m->core.zone[0], 4, U));
}

/* A claim below pageblock order shows in two events; its own lists had been empty before the first. */
static void not_where_a_claim_passed(void **state)
{
	struct made *mk = *state;

	send_free(mk, B(0), 6);
	send_free(mk, B(4), 8);
	send_locked(mk, B(4), 0, U, true);
	send_free(mk, B(0) + 128, 7);
	send_extfrag(mk, B(4), 0, 8, U, R, OWNED);
	assert_false(mm_unnamed_on(&mk->m->core.zone[0], 6, U));
	assert_true(mm_unnamed_on(&mk->m->core.zone[0], 7, U)); /* freed after the first */
}

/*
 * A drain names the pageblock MOVABLE: what was freed into it before lies between what came to that list before and after
 * it.  A block whose larger buddy was free went to the tail.
 */
static void named(void **state)
{
	struct made *mk = *state;

	send_drain(mk, B(2), 4, M);
	send_free(mk, B(0), 4);
	send_drain(mk, B(2) + 64, 4, M);
	send_free(mk, B(0) + 64, 4);
	send_free(mk, B(0) + 160, 5);
	send_free(mk, B(0) + 128, 4); /* the buddy of what it may become a part of is free */
	send_drain(mk, B(2) + 128, 4, M);
	assert_int_equal(mk->m->core.zone[0].list[4][MM_MT_ROW_UNKNOWN].nr_linked, 3);
	send_drain(mk, B(0) + 511, 0, M);
	assert_int_equal(mk->m->core.zone[0].list[4][MM_MT_ROW_UNKNOWN].nr_linked, 0);
	assert_false(mm_unnamed_on(&mk->m->core.zone[0], 4, U));
	check_list(mk, 4, M, 6, B(2) + 128, B(0) + 64, B(2) + 64, B(0), B(2), B(0) + 128);
	check_list(mk, 5, M, 1, B(0) + 160);
	check_sound(mk, 0);
}

/* A pick names it: the rest of the block and the other one are on its type's lists, which the pick shows to have had none. */
static void named_by_a_pick(void **state)
{
	struct made *mk = *state;

	send_free(mk, B(0), 4);
	send_free(mk, B(0) + 64, 6);
	send_free(mk, B(4), 4);
	send_locked(mk, B(0), 3, U, false);
	check_list(mk, 3, U, 1, B(0) + 8);
	check_list(mk, 6, U, 1, B(0) + 64);
	assert_true(mm_unnamed_on(&mk->m->core.zone[0], 4, U)); /* B(4): later on the list than what was picked */
	send_locked(mk, B(0) + 64, 4, U, false);
	assert_false(mm_unnamed_on(&mk->m->core.zone[0], 4, U));
	assert_true(mm_unnamed_on(&mk->m->core.zone[0], 4, M));
	check_sound(mk, 0);
}

struct bytes {
	unsigned char p[1 << 16];
	size_t len;
};

static int put(void *arg, const void *data, size_t len)
{
	struct bytes *b = arg;

	assert_true(b->len + len <= sizeof(b->p));
	memcpy(b->p + b->len, data, len);
	b->len += len;
	return 0;
}

/* An image keeps what each block isn't. */
static void kept(void **state)
{
	struct made *mk = *state;
	struct bytes *b = calloc(1, sizeof(*b));
	struct mm_machine *m = NULL;
	struct sg_err err = { 0 };

	assert_non_null(b);
	send_free(mk, B(0), 4);
	send_drain(mk, B(2), 5, M);
	send_locked(mk, B(2), 0, M, true);
	send_free(mk, B(0) + 64, 5);
	assert_int_equal(mm_image_save(mk->m, put, b), 0);
	assert_int_equal(mm_image_load(&mk->cfg, b->p, b->len, &m, &err), 0);
	assert_memory_equal(m->core.zone[0].unnamed, mk->m->core.zone[0].unnamed, sizeof(m->core.zone[0].unnamed));
	assert_false(mm_unnamed_on(&m->core.zone[0], 4, M));
	assert_true(mm_unnamed_on(&m->core.zone[0], 5, M));
	assert_int_equal(mm_audit(m, &err), 0);
	mm_machine_free(m);
	free(b);
}

/* Nothing is known after a gap in the records, and nothing is counted. */
static void lost(void **state)
{
	struct made *mk = *state;

	send_free(mk, B(0), 4);
	mk->missed = 1;
	send_lru(mk, B(3), 0);
	assert_false(mm_unnamed_on(&mk->m->core.zone[0], 4, U));
	expect_own(mk, 4, U, "list_unknown", 4, 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(may_be_anywhere), TEST(not_where_a_pick_passed), TEST(not_what_is_in_flight),
		TEST(not_before_what_was_first), TEST(not_where_a_fallback_passed), TEST(not_where_a_claim_passed),
		TEST(named), TEST(named_by_a_pick), TEST(kept), TEST(lost),
	};

	return cmocka_run_group_tests_name("unnamed", tests, NULL, NULL);
}
