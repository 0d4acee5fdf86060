// SPDX-License-Identifier: GPL-2.0-only
/* Which free lists are complete, and what is undecided where one isn't. */
#include <stdlib.h>
#include <string.h>

#include "kernels.h"
#include "made.h"
#include "time/image.h"
#include "rules/rmqueue.h"

static struct made *make(enum made_start start)
{
	struct made *mk = malloc(sizeof(*mk));

	assert_non_null(mk);
	made_init(mk, 7, 3, start);
	return mk;
}

static void drop(struct made *mk)
{
	made_fini(mk);
	free(mk);
}

static void expect_maybe(const struct made *mk, unsigned int order, unsigned int mt, unsigned int at)
{
	struct mm_pick p = mm_rule_smallest_known(mk->m, &mk->m->core.zone[0], order, mt);

	assert_int_equal(p.known, MM_KNOWN_MAYBE);
	assert_string_equal(p.why, "list_unknown");
	assert_int_equal(p.order, at);
}

static void expect_page(const struct made *mk, unsigned int order, unsigned int mt, uint64_t pfn)
{
	struct mm_pick p = mm_rule_smallest_known(mk->m, &mk->m->core.zone[0], order, mt);

	assert_int_equal(p.known, MM_KNOWN_YES);
	assert_int_equal(p.pfn, pfn);
}

static void expect_none(const struct made *mk, unsigned int order, unsigned int mt)
{
	assert_int_equal(mm_rule_smallest_known(mk->m, &mk->m->core.zone[0], order, mt).known, MM_KNOWN_NO);
}

/*
 * Without a snapshot, page 16 of block 0 came back.  Page 17 may be free, and then both are a block of order 1.  Once
 * page 17 is handed out, page 16 is first on the list of order 0; the lists above remain unknown.  What decides itself
 * takes its lists as they are.
 */
static void nothing_known(void **state)
{
	struct made *mk = make(MADE_BLIND);
	const struct zone_state *z = &mk->m->core.zone[0];
	struct mm_pick p;

	(void)state;
	send_drain(mk, B(0) + 16, 0, M);
	expect_maybe(mk, 0, M, 0);
	assert_int_equal(mm_rule_smallest(mk->m, z, 0, M).known, MM_KNOWN_YES);
	send_alloc(mk, B(0) + 17, 0, M);
	expect_page(mk, 0, M, B(0) + 16);
	expect_maybe(mk, 1, M, 1);
	/* a fallback looks at the largest order first */
	p = mm_rule_fallback(mk->m, z, k_facts(K_7_3), 0, U, false, false);
	assert_int_equal(p.known, MM_KNOWN_MAYBE);
	assert_string_equal(p.why, "list_unknown");
	assert_false(p.claim);
	p = mm_rule_fallback_find(mk->m, z, k_facts(K_7_3), 0, U, MM_FALLBACK_DECIDE, NULL);
	assert_int_equal(p.known, MM_KNOWN_YES);
	assert_int_equal(p.pfn, B(0) + 16);
	drop(mk);
}

/* A snapshot in which all pages are in use: empty is empty, until records are lost. */
static void all_known(void **state)
{
	struct made *mk = make(MADE_USED);

	(void)state;
	assert_true(mk->m->core.zone[0].list_known);
	send_drain(mk, B(0) + 16, 0, M);
	expect_page(mk, 0, M, B(0) + 16);
	expect_none(mk, 1, M);
	expect_none(mk, 0, U);
	mk->missed = 1;
	send_lru(mk, B(3), 0);
	assert_false(mk->m->core.zone[0].list_known);
	expect_maybe(mk, 1, M, 1);
	expect_maybe(mk, 0, U, 0);
	drop(mk);
}

/* Page flags that end before the zone does, at a pageblock and ten pages before the end; then those of all of it. */
static void short_flags(void **state)
{
	static const uint64_t end[] = { B(8), END - 10, END };

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		struct made *mk = malloc(sizeof(*mk));
		struct mm_zone_info zi;

		assert_non_null(mk);
		made_capture(mk, 7, 3);
		mk->snap.nr_pfns = end[i];
		made_init(mk, 7, 3, MADE_FLAGS);
		mm_zone_get(mk->m, 0, &zi);
		assert_int_equal(zi.nr_unknown, END - end[i]);
		assert_int_equal(zi.list_known, i == 2);
		if (i == 2)
			expect_none(mk, 0, M);
		else
			expect_maybe(mk, 0, M, 0);
		drop(mk);
	}
}

/* A snapshot without pagetypeinfo: on which type's list its free page of order 0 is, nobody knows. */
static void types_unknown(void **state)
{
	struct made *mk = malloc(sizeof(*mk));

	(void)state;
	assert_non_null(mk);
	made_capture(mk, 7, 3);
	mk->flags[B(8)] = KPF_BUDDY;
	made_init(mk, 7, 3, MADE_FLAGS);
	assert_true(mk->m->core.zone[0].list_known);
	expect_maybe(mk, 0, U, 0);
	expect_none(mk, 1, U);
	drop(mk);
}

/*
 * The snapshot's pages show one free block of order 0, and one of order 1.  Its pagetypeinfo, read at another time, has two
 * and four: of the type with most, or of MOVABLE among equals, there were more then.
 */
static void types_too_many(void **state)
{
	struct made *mk = malloc(sizeof(*mk));
	struct mm_zone_info zi;

	(void)state;
	assert_non_null(mk);
	made_capture(mk, 7, 3);
	mk->flags[B(8)] = KPF_BUDDY;
	mk->flags[B(9) + 2] = mk->flags[B(9) + 3] = KPF_BUDDY;
	mk->zone[0].have_types = true;
	mk->zone[0].type_free[M][0] = mk->zone[0].type_free[R][0] = 1;
	mk->zone[0].type_free[U][1] = 3;
	mk->zone[0].type_free[M][1] = 1;
	made_init(mk, 7, 3, MADE_FLAGS);
	mm_zone_get(mk->m, 0, &zi);
	assert_int_equal(zi.type_free[U][0], 0);
	assert_int_equal(zi.type_free[M][0], 0);
	assert_int_equal(zi.type_free[R][0], 1);
	assert_int_equal(zi.type_free[U][1], 0);
	assert_int_equal(zi.type_free[M][1], 1);
	drop(mk);
}

/*
 * The block of order 9 of which the request claims a page is known: so its lists hold the halves, orders 0 to 8, and
 * nothing else.  Of a block that is unknown the halves are; then only orders 9 and 10 are empty for certain.
 */
static void shown_by_fallback(void **state)
{
	struct made *mk = make(MADE_BLIND);

	(void)state;
	send_drain(mk, B(4), 9, M);
	send_extfrag(mk, B(4), 0, 9, U, M, OWNED);
	expect_page(mk, 0, U, B(4) + 1);
	expect_page(mk, 5, U, B(4) + 32);
	expect_none(mk, 9, U);
	expect_maybe(mk, 0, M, 0);
	send_extfrag(mk, B(6), 3, 9, R, M, OWNED);
	expect_maybe(mk, 0, R, 0);
	expect_maybe(mk, 3, R, 3);
	expect_maybe(mk, 8, R, 8);
	expect_none(mk, 9, R);
	drop(mk);
}

/*
 * Four pages that came back at once, their buddies in use; a page is taken out of them: orders 0 and 1 had none, and
 * have the halves now.  When a page is taken that nobody knew, other halves may have gone to any of the lists.
 */
static void shown_by_pick(void **state)
{
	struct made *mk = make(MADE_BLIND);

	(void)state;
	send_alloc(mk, B(6) + 4, 2, M);
	send_drain(mk, B(6), 2, M);
	expect_maybe(mk, 0, M, 0);
	send_locked(mk, B(6), 0, M, true);
	expect_page(mk, 0, M, B(6) + 1);
	expect_page(mk, 1, M, B(6) + 2);
	expect_maybe(mk, 2, M, 2);
	send_locked(mk, B(6) + 1, 0, M, true);
	expect_page(mk, 0, M, B(6) + 2);
	send_locked(mk, B(7), 0, M, true);
	expect_maybe(mk, 0, M, 0);
	drop(mk);
}

#define ALL_ORDERS 0x7ff /* a bit for each of 11 orders */

/* A claim moves a pageblock's free pages, of which some are unknown, to lists that were empty. */
static void lost_by_claim(void **state)
{
	struct made *mk = make(MADE_BLIND);

	(void)state;
	send_drain(mk, B(4), 9, M);
	send_extfrag(mk, B(4), 0, 9, U, M, OWNED);
	assert_int_equal(mk->m->core.zone[0].complete[U], ALL_ORDERS);
	send_drain(mk, B(6), 4, M);
	mm_block_move(mk->m, &mk->m->core.zone[0], B(6), M, U);
	assert_int_equal(mk->m->core.zone[0].complete[U], ALL_ORDERS & ~0x1ff);
	drop(mk);
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

/* An image keeps it. */
static void kept(void **state)
{
	struct made *mk = make(MADE_BLIND);
	struct bytes *b = calloc(1, sizeof(*b)), *again = calloc(1, sizeof(*again));
	struct mm_machine *m = NULL;
	struct sg_err err = { 0 };

	(void)state;
	assert_true(b && again);
	send_drain(mk, B(4), 9, M);
	send_extfrag(mk, B(4), 0, 9, U, M, OWNED);
	assert_int_equal(mm_image_save(mk->m, put, b), 0);
	assert_int_equal(mm_image_load(&mk->cfg, b->p, b->len, &m, &err), 0);
	assert_memory_equal(m->core.zone[0].complete, mk->m->core.zone[0].complete, sizeof(m->core.zone[0].complete));
	assert_int_equal(mm_image_save(m, put, again), 0);
	assert_int_equal(again->len, b->len);
	assert_memory_equal(again->p, b->p, b->len);
	mm_machine_free(m);
	free(b);
	free(again);
	drop(mk);
}

/*
 * All pages were in use, then records were lost: page 17 may have been freed meanwhile, and page 16, which comes back, be
 * merged with it.  Shown in use again, it isn't.
 */
static void after_a_gap(void **state)
{
	struct made *mk = make(MADE_USED);

	(void)state;
	mk->missed = 5;
	send_drain(mk, B(0) + 16, 0, M);
	expect_maybe(mk, 0, M, 0);
	send_alloc(mk, B(0) + 17, 0, M);
	expect_page(mk, 0, M, B(0) + 16);
	drop(mk);
}

/* Of the buddy of pages 4 and 5, page 6 is free and nobody knows page 7: all four may be one block.  Not when 7 is in use. */
static void part_of_the_buddy(void **state)
{
	struct made *mk = make(MADE_BLIND);

	(void)state;
	send_drain(mk, B(0) + 4, 1, M);
	send_drain(mk, B(0) + 6, 0, M);
	expect_maybe(mk, 1, M, 1);
	send_alloc(mk, B(0) + 7, 0, M);
	expect_page(mk, 1, M, B(0) + 4);
	drop(mk);
}

/*
 * Pages 4 and 5 are a block, and first on their list.  Then page 32 comes back, and nobody knows page 33: both may be a block that lies
 * before that one.  Not when 33 is in use.
 */
static void maybe_before(void **state)
{
	struct made *mk = make(MADE_BLIND);

	(void)state;
	send_drain(mk, B(0) + 4, 1, M);
	send_alloc(mk, B(0) + 6, 0, M);
	send_alloc(mk, B(0) + 7, 0, M);
	expect_page(mk, 1, M, B(0) + 4);
	send_drain(mk, B(0) + 32, 0, M);
	expect_maybe(mk, 1, M, 1);
	send_alloc(mk, B(0) + 33, 0, M);
	expect_page(mk, 1, M, B(0) + 4);
	drop(mk);
}

static void expect_unplaced(const struct made *mk, unsigned int order, unsigned int mt, uint64_t n)
{
	uint64_t unplaced;

	assert_int_equal(mm_free_list(mk->m, 0, order, mt, NULL, 0, &unplaced), 0);
	assert_int_equal(unplaced, n);
}

/*
 * Flags show blocks of order 3 at B(1) and, if @two, B(2), and all of block 8; of order 3 one is Unmovable, as counted, and
 * the other Movable.
 */
static struct made *miscounted(bool two)
{
	struct made *mk = malloc(sizeof(*mk));

	assert_non_null(mk);
	made_capture(mk, 7, 3);
	for (uint64_t p = START; p < END; p++)
		mk->flags[p] = (p >= B(1) && p < B(1) + 8) || (two && p >= B(2) && p < B(2) + 8) || (p >= B(8) && p < B(9)) ?
			       KPF_BUDDY : 0;
	mk->zone[0].have_types = true;
	mk->zone[0].type_free[U][3] = 1;
	mk->zone[0].type_free[M][3] = two;
	mk->zone[0].type_free[M][9] = 1;
	made_init(mk, 7, 3, MADE_FLAGS);
	expect_unplaced(mk, 3, U, 1);
	return mk;
}

/*
 * An Unmovable request of order 0 falls back to block 8, so Unmovable's lists are empty: both blocks of order 3 are
 * Movable.  What it split off stays.  Where the Movable list has no such block, nobody knows whose the one is.
 */
static void count_disproved(void **state)
{
	struct made *mk = miscounted(true);

	(void)state;
	send_extfrag(mk, B(8), 0, 9, U, M, 1);
	assert_int_equal(mk->m->core.zone[0].list[3][U].nr_unplaced, 0);
	check_list(mk, 3, U, 1, B(8) + 8);
	expect_unplaced(mk, 3, M, 2);
	check_sound(mk, 0);
	drop(mk);

	mk = miscounted(false);
	expect_none(mk, 3, R);
	send_extfrag(mk, B(8), 0, 9, U, M, 1);
	assert_int_equal(mk->m->core.zone[0].list[3][U].nr_unplaced, 0);
	expect_unplaced(mk, 3, MM_MT_ROW_UNKNOWN, 1);
	expect_maybe(mk, 3, M, 3);
	expect_maybe(mk, 3, R, 3);
	check_sound(mk, 0);
	drop(mk);
}

/* A claim below pageblock order shows in two events: the page's own one comes first, and the fallback says what it was. */
static void count_disproved_by_claim(void **state)
{
	struct made *mk = miscounted(true);

	(void)state;
	send_drain(mk, B(4), 4, M);
	mk->cpu = 1;
	send_locked(mk, B(4), 0, U, true);
	send_extfrag(mk, B(4), 0, 4, U, M, 1);
	assert_int_equal(mk->m->core.zone[0].list[3][U].nr_unplaced, 0);
	expect_unplaced(mk, 3, M, 2);
	check_sound(mk, 0);
	drop(mk);
}

/* A known block of order 5 is split for a page, so the lists of orders 0 to 4 have none; not so when just order 5 was asked for. */
static void count_disproved_by_pick(void **state)
{
	struct made *mk = miscounted(true);

	(void)state;
	send_drain(mk, B(4), 5, U);
	send_drain(mk, B(5), 5, U);
	send_locked(mk, B(5), 5, U, false);
	expect_unplaced(mk, 3, U, 1);
	send_locked(mk, B(4), 0, U, true);
	assert_int_equal(mk->m->core.zone[0].list[3][U].nr_unplaced, 0);
	check_list(mk, 3, U, 1, B(4) + 8);
	expect_unplaced(mk, 3, M, 2);
	check_sound(mk, 0);
	drop(mk);
}

/* Flags show 16 free pages at B(1), counted as a block of Unmovable, and all of block 8, which is Movable. */
static struct made *split_before(void)
{
	struct made *mk = malloc(sizeof(*mk));

	assert_non_null(mk);
	made_capture(mk, 7, 3);
	for (uint64_t p = START; p < END; p++)
		mk->flags[p] = (p >= B(1) && p < B(1) + 16) || (p >= B(8) && p < B(9)) ? KPF_BUDDY : 0;
	mk->zone[0].have_types = true;
	mk->zone[0].type_free[U][4] = 1;
	mk->zone[0].type_free[M][9] = 1;
	made_init(mk, 7, 3, MADE_FLAGS);
	return mk;
}

/*
 * Page 6 of the 16 is taken.  So a block of order 1 begins there, what is below was taken since the snapshot, and the
 * upper 8 pages were split off then.  A pick of order 0 finds page 7 next, and after that only those.
 */
static void split_unseen(void **state)
{
	struct made *mk = split_before();

	(void)state;
	send_locked(mk, B(1) + 6, 0, U, true);
	check_list(mk, 0, U, 1, B(1) + 7);
	check_list(mk, 1, U, 0);
	check_list(mk, 2, U, 0);
	expect_unplaced(mk, 3, U, 1);
	for (uint64_t p = B(1); p < B(1) + 6; p++)
		check_state(mk, p, MM_PAGE_PCP, 0);
	check_state(mk, B(1) + 8, MM_PAGE_FREE, 3);
	check_sound(mk, 1);
	drop(mk);
}

/* Page 16 of block 8 is taken.  What is below is larger than blocks on per-cpu lists: it may be free somewhere. */
static void split_far_within(void **state)
{
	struct made *mk = split_before();

	(void)state;
	send_locked(mk, B(8) + 16, 0, M, true);
	check_list(mk, 0, M, 1, B(8) + 17);
	check_list(mk, 3, M, 1, B(8) + 24);
	for (unsigned int o = 5; o < 9; o++)
		expect_unplaced(mk, o, M, 1);
	expect_unplaced(mk, 4, M, 1);
	check_sound(mk, 1);
	drop(mk);
}

/* Page 2 of the 16 is handed out, from a per-cpu list: 4 to 15 were split off before, nobody knows to which list. */
static void split_and_handed_out(void **state)
{
	struct made *mk = split_before();

	(void)state;
	expect_none(mk, 3, R);
	send_alloc(mk, B(1) + 2, 0, U);
	check_state(mk, B(1) + 1, MM_PAGE_PCP, 0);
	expect_unplaced(mk, 2, MM_MT_ROW_UNKNOWN, 1);
	expect_unplaced(mk, 3, MM_MT_ROW_UNKNOWN, 1);
	expect_maybe(mk, 3, R, 3);
	check_sound(mk, 2);
	drop(mk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_known), cmocka_unit_test(all_known), cmocka_unit_test(short_flags),
		cmocka_unit_test(types_unknown), cmocka_unit_test(types_too_many), cmocka_unit_test(shown_by_fallback), cmocka_unit_test(shown_by_pick),
		cmocka_unit_test(lost_by_claim), cmocka_unit_test(kept), cmocka_unit_test(after_a_gap),
		cmocka_unit_test(part_of_the_buddy), cmocka_unit_test(maybe_before),
		cmocka_unit_test(count_disproved), cmocka_unit_test(count_disproved_by_claim),
		cmocka_unit_test(count_disproved_by_pick),
		cmocka_unit_test(split_unseen), cmocka_unit_test(split_far_within),
		cmocka_unit_test(split_and_handed_out),
	};

	return cmocka_run_group_tests_name("complete", tests, NULL, NULL);
}
