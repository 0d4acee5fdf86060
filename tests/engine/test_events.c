// SPDX-License-Identifier: GPL-2.0-only
/*
 * Single rules of how the observed machine applies events: what a compaction captures, isolated pageblocks, events
 * that say less than others or what can't be, 6.1's fallbacks, pages that weren't where the model had them; and
 * where freed blocks go.
 */
#include "made.h"

#include <stdlib.h>

#define CMA 4u
#define ISOLATE 5u
#define HIGHATOMIC 3u

static struct made *used(unsigned int major, unsigned int minor)
{
	struct made *mk = malloc(sizeof(*mk));

	assert_non_null(mk);
	made_init(mk, major, minor, MADE_USED);
	mk->cap.gfp.movable = 0x8;
	return mk;
}

static void over(struct made *mk)
{
	check_whole(mk->m);
	made_fini(mk);
	free(mk);
}

/* ---- compaction_capture() --------------------------------------------------------------------- */

/* Task 77 compacts the zone for a block of @order. */
static void compact_for(struct made *mk, unsigned int order, uint64_t gfp)
{
	mk->pid = 77;
	send_any(mk, SG_EV_mm_compaction_try_to_compact_pages, order, gfp, 1, SG_MISSING);
	send_any(mk, SG_EV_mm_compaction_begin, START, START, END, END);
}

/*
 * A block of order 3 that the task frees is its own, but in a CMA or isolated pageblock; in a Movable one it is
 * for Movable requests only, before 6.10 for none.
 */
static void captured_types(void **state)
{
	static const unsigned int types[] = { U, M, R, CMA, ISOLATE };

	(void)state;
	for (unsigned int i = 0; i < 20; i++) {
		struct made *mk = i / 10 ? used(6, 1) : used(7, 3);
		unsigned int mt = types[i % 5];
		bool movable = i / 5 % 2, captured = mt < 3 && (mt != M || (movable && i < 10));

		compact_for(mk, 3, movable ? 0x8 : 0xcc0);
		send_drain(mk, B(3), 3, mt);
		check_state(mk, B(3), captured ? MM_PAGE_PCP : MM_PAGE_FREE, 3);
		over(mk);
	}
}

/* khugepaged and kworkers compact without capturing: what they free goes to the lists. */
static void kernel_threads_capture_nothing(void **state)
{
	static const struct sg_task_name names[][1] = { { { 77, "khugepaged" } }, { { 77, "kworker/0:1" } }, { { 77, "cat" } } };

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		struct made *mk = malloc(sizeof(*mk));

		assert_non_null(mk);
		made_capture(mk, 7, 3);
		mk->cap.gfp.movable = 0x8;
		mk->cap.nr_tasks = 1;
		mk->cap.task = names[i];
		made_init(mk, 7, 3, MADE_FLAGS);
		compact_for(mk, 3, 0x8);
		send_drain(mk, B(3), 3, M);
		check_state(mk, B(3), i == 2 ? MM_PAGE_PCP : MM_PAGE_FREE, 3);
		over(mk);
	}
}

/* The event of a captured page names one that is being freed right now: nothing is taken off a list for it. */
static void event_of_a_capture(void **state)
{
	struct made *mk = used(7, 3);

	(void)state;
	send_drain(mk, B(3) + 9, 0, M);
	compact_for(mk, 0, 0xcc0);
	send_extfrag(mk, B(3), 0, 0, U, M, NOT_OWNED);
	check_state(mk, B(3), MM_PAGE_ALLOC, 0);
	check_list(mk, 0, M, 1, B(3) + 9);
	assert_int_equal(contradictions(mk->m), 0);
	over(mk);
}

/* ---- frees ---------------------------------------------------------------------------------------- */

/* A page of an isolated pageblock goes past the per-cpu lists. */
static void isolated_block(void **state)
{
	struct made *mk = used(7, 3);

	(void)state;
	send_drain(mk, B(3), 0, ISOLATE);
	send_free(mk, B(3) + 8, 0);
	check_state(mk, B(3) + 8, MM_PAGE_FREE, 0);
	check_list(mk, 0, ISOLATE, 2, B(3) + 8, B(3));
	send_free(mk, B(4) + 8, 0);
	check_state(mk, B(4) + 8, MM_PAGE_PCP, 0);
	over(mk);
}

/*
 * A drain tells the pageblock's type: its free pages lie on that type's lists, at the tail where they came to from
 * another.
 */
static void type_at_drain(void **state)
{
	struct made *mk = used(7, 3);

	(void)state;
	send_drain(mk, B(2), 0, U);
	send_drain(mk, B(2) + 8, 0, M);
	check_list(mk, 0, U, 0);
	check_list(mk, 0, M, 2, B(2) + 8, B(2));
	over(mk);
}

/* Of two pages on a CPU's list the one freed last is given back: what lay behind it wasn't there any more. */
static void behind_a_drained_page(void **state)
{
	struct made *mk = used(7, 3);

	(void)state;
	send_drain(mk, B(1) + 100, 0, M); /* the block is Movable */
	send_free(mk, B(1), 0);
	send_alloc(mk, B(5), 0, U); /* so the page has reached its list */
	send_free(mk, B(1) + 8, 0);
	send_alloc(mk, B(5) + 1, 0, U);
	check_pcp(mk, 0, 0, M, 2, B(1) + 8, B(1));
	mk->cpu = 1;
	send_drain(mk, B(1) + 8, 0, M);
	check_pcp(mk, 0, 0, M, 0);
	over(mk);
}

/* ---- takes ---------------------------------------------------------------------------------------- */

/* Kernels whose event doesn't tell refill single pages only; other orders go straight to who asked. */
static void refill_not_told(void **state)
{
	struct made *mk = used(7, 3);

	(void)state;
	send_drain(mk, B(1), 0, M);
	send_drain(mk, B(1) + 8, 0, M);
	send_drain(mk, B(1) + 9, 0, M);
	send_any(mk, SG_EV_mm_page_alloc_zone_locked, B(1), 0, M, SG_MISSING);
	send_any(mk, SG_EV_mm_page_alloc_zone_locked, B(1) + 8, 1, M, SG_MISSING);
	check_pcp(mk, 0, 0, M, 1, B(1));
	check_pcp(mk, 0, 1, M, 0);
	over(mk);
}

/* A fallback from a block smaller than what is wanted can't be; it is counted and nothing is taken. */
static void fallback_too_small(void **state)
{
	struct made *mk = used(7, 3);

	(void)state;
	send_drain(mk, B(2), 1, U);
	send_extfrag(mk, B(2), 1, 0, M, U, NOT_OWNED);
	assert_int_equal(mm_contra_count(mk->m, MM_CONTRA_OUT_OF_RANGE), 1);
	check_list(mk, 1, U, 1, B(2));
	over(mk);
}

/*
 * A page of a HighAtomic pageblock from the Movable lists: that block turned Movable without an event, a
 * contradiction.
 */
static void block_turned(void **state)
{
	struct made *mk = used(7, 3);

	(void)state;
	send_drain(mk, B(2), 0, HIGHATOMIC);
	send_drain(mk, B(2) + 8, 0, HIGHATOMIC);
	send_locked(mk, B(2), 0, M, true);
	assert_int_equal(mm_contra_count(mk->m, MM_CONTRA_BLOCK_TYPE), 1);
	check_list(mk, 0, M, 1, B(2) + 8);
	over(mk);
	/* from an ordinary type it is a claim */
	mk = used(7, 3);
	send_drain(mk, B(2), 0, R);
	send_drain(mk, B(2) + 8, 0, R);
	send_locked(mk, B(2), 0, M, true);
	assert_int_equal(mm_contra_count(mk->m, MM_CONTRA_BLOCK_TYPE), 0);
	check_list(mk, 0, M, 1, B(2) + 8);
	over(mk);
}

/*
 * 6.1, a Movable request: from order 4 on, half of the pageblock order, all free pages of the pageblock change
 * lists; below that only the block itself, to the tail.
 */
static void fallback_of_6_1(void **state)
{
	(void)state;
	for (unsigned int order = 3; order < 5; order++) {
		struct made *mk = used(6, 1);

		send_drain(mk, B(1), order, M);
		send_drain(mk, B(2), order, U);
		send_drain(mk, B(2) + 256, 0, U);
		send_extfrag(mk, B(2), 0, order, M, U, NOT_OWNED);
		check_list(mk, order, M, 2, B(1), B(2));
		check_list(mk, 0, M, order == 4, B(2) + 256);
		check_list(mk, 0, U, order == 3, B(2) + 256);
		over(mk);
	}
}

/* ---- where a freed block goes ------------------------------------------------------------------------ */

struct shuffle {
	unsigned int asked;
	bool tail;
};

static bool pick(void *arg)
{
	struct shuffle *s = arg;

	s->asked++;
	return s->tail;
}

/*
 * __free_one_page(): to the tail where the caller wants it, and then nobody is asked; else, with shuffling, blocks
 * of the highest order only go to either end.
 */
static void tail_or_shuffled(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 8; i++) {
		struct shuffle s = { .tail = i & 1 };
		struct mm_free_opts opts = { .to_tail = i & 2, .shuffle = pick, .arg = &s };
		unsigned int order = i & 4 ? 10 : 9;
		struct made *mk = used(7, 3);
		bool tail = opts.to_tail || (order == 10 && s.tail);

		send_drain(mk, B(8), order, M);
		assert_false(mm_buddy_free_with(mk->m, &mk->m->core.zone[0], B(2), order, M, &opts).captured);
		check_list(mk, order, M, 2, tail ? B(8) : B(2), tail ? B(2) : B(8));
		assert_int_equal(s.asked, order == 10 && !opts.to_tail);
		made_fini(mk);
		free(mk);
	}
}

/* Two zones meet between blocks 6 and 7, which would be buddies: they don't merge. */
static void zones_side_by_side(void **state)
{
	struct made *mk = malloc(sizeof(*mk));

	(void)state;
	assert_non_null(mk);
	made_capture(mk, 7, 3);
	mk->zone[1] = mk->zone[0];
	mk->zone[1].node = 1;
	mk->zone[1].start_pfn = B(7);
	mk->zone[0].spanned = mk->zone[0].present = 7 * BLOCK;
	mk->zone[0].managed = 7 * BLOCK - 100;
	mk->zone[1].spanned = mk->zone[1].present = 9 * BLOCK;
	mk->zone[1].managed = 9 * BLOCK - 100;
	mk->snap.nr_zones = 2;
	made_init(mk, 7, 3, MADE_FLAGS);
	send_drain(mk, B(6), 9, M);
	send_drain(mk, B(7), 9, M);
	check_list(mk, 9, M, 1, B(6));
	check_list(mk, 10, M, 0);
	check_state(mk, B(7), MM_PAGE_FREE, 9);
	over(mk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(captured_types), cmocka_unit_test(kernel_threads_capture_nothing),
		cmocka_unit_test(event_of_a_capture), cmocka_unit_test(isolated_block), cmocka_unit_test(type_at_drain),
		cmocka_unit_test(behind_a_drained_page), cmocka_unit_test(refill_not_told), cmocka_unit_test(fallback_too_small),
		cmocka_unit_test(block_turned), cmocka_unit_test(fallback_of_6_1), cmocka_unit_test(tail_or_shuffled),
		cmocka_unit_test(zones_side_by_side),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
