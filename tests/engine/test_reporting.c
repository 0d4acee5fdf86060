// SPDX-License-Identifier: GPL-2.0-only
/* What happens to free pages without an event: free page reporting, and frees that find the per-cpu lists locked. */
#include "made.h"

#include <stdlib.h>

#define KPF_UPTODATE (1ull << 3)
#define SECOND 1000000000ull

static int setup(void **state)
{
	*state = malloc(sizeof(struct made));
	made_capture(*state, 7, 3);
	return 0;
}

static int teardown(void **state)
{
	made_fini(*state);
	free(*state);
	return 0;
}

static uint64_t blocks_of(const struct made *mk, unsigned int mt)
{
	struct mm_zone_info zi;

	mm_zone_get(mk->m, 0, &zi);
	return zi.type_blocks[mt];
}

/* Pageblocks of 64 pages; the upper half of the zone is free, in four blocks of order 10. */
static void half_free(struct made *mk, uint64_t flags_of_heads)
{
	mk->snap.pageblock_order = 6;
	for (uint64_t p = START; p < END; p++)
		mk->flags[p] = p < B(8) ? 0 : KPF_BUDDY | (p % 1024 == 0 ? flags_of_heads : 0);
	mk->zone[0].have_types = true;
	mk->zone[0].type_free[M][10] = 4;
	mk->zone[0].type_blocks[U] = 10;
	mk->zone[0].type_blocks[M] = 118;
	made_init(mk, 7, 3, MADE_FLAGS);
}

/* The first pageblock turns out to be Unmovable, and becomes wholly free. */
static void free_a_block(struct made *mk)
{
	for (uint64_t p = B(0); p < B(0) + 64; p++)
		send_drain(mk, p, 0, U);
	check_list(mk, 6, U, 1, B(0));
}

/*
 * Free blocks that bear the flag of reported ones prove it.  The pass is due two seconds after the block became free; then
 * the block is Movable, and one of ten Unmovable ones less.  4,096 pages and more are free, and a pass wants
 * 125 (low) + 32 * 64.
 */
static void a_pass(void **state)
{
	struct made *mk = *state;

	half_free(mk, KPF_UPTODATE);
	free_a_block(mk);
	assert_int_equal(blocks_of(mk, U), 10);
	mk->ts += 2 * SECOND - 2000;
	send_mark(mk, "1 microsecond before");
	check_list(mk, 6, U, 1, B(0));
	send_mark(mk, "now");
	check_list(mk, 6, U, 0);
	check_list(mk, 6, M, 1, B(0));
	assert_int_equal(blocks_of(mk, U), 9);
	assert_int_equal(blocks_of(mk, M), 119);
	check_sound(mk, 0);
}

/* The same without the flag, with too little free memory, and with a clock that doesn't count nanoseconds: no pass. */
static void no_pass(void **state)
{
	struct made *mk = *state;

	for (unsigned int i = 0; i < 3; i++) {
		mk->zone[0].wmark_low = i == 1 ? 4096 - 2048 + 64 : 125; /* 4,160 pages are free in the end */
		mk->cap.clock_is_ns = i != 2;
		half_free(mk, i == 0 ? 0 : KPF_UPTODATE);
		free_a_block(mk);
		mk->ts += 3 * SECOND;
		send_mark(mk, "later");
		check_list(mk, 6, U, 1, B(0));
		assert_int_equal(blocks_of(mk, U), 10);
		made_fini(mk);
		made_capture(mk, 7, 3);
	}
}

/* One block of order 9 is free, on Unmovable's list as the snapshot counts. */
static void one_block(struct made *mk)
{
	for (uint64_t p = START; p < END; p++)
		mk->flags[p] = p < B(1) ? KPF_BUDDY : 0;
	mk->zone[0].have_types = true;
	mk->zone[0].type_free[U][9] = 1;
	mk->zone[0].type_blocks[U] = 3;
	mk->zone[0].type_blocks[M] = ((END - START) >> mk->snap.pageblock_order) - 3;
	mk->cap.present[SG_EV_mm_compaction_begin] = true;
	made_init(mk, 7, 3, MADE_FLAGS);
}

/*
 * The block is given out as a Movable one: it was Unmovable, and no claim made it Movable, so it was isolated and put
 * back.  Where compaction may have done that, nothing follows but the block's own type.
 */
static void shown_by_a_pick(void **state)
{
	struct made *mk = *state;

	one_block(mk);
	send_locked(mk, B(0), 0, M, true);
	assert_true(mk->m->core.reporting);
	assert_int_equal(blocks_of(mk, U), 2);
	assert_int_equal(blocks_of(mk, M), 14);
	check_sound(mk, 0);

	made_fini(mk);
	made_capture(mk, 7, 3);
	one_block(mk);
	send_any(mk, SG_EV_mm_compaction_begin, START, START, END, END);
	send_locked(mk, B(0), 0, M, true);
	assert_false(mk->m->core.reporting);

	/* before 6.10 a list may have blocks of other types */
	made_fini(mk);
	made_capture(mk, 6, 1);
	one_block(mk);
	send_locked(mk, B(0), 0, M, true);
	assert_false(mk->m->core.reporting);
}

/* All pages of the block of 2^@order pages at @pfn are drained one by one. */
static void drain_block(struct made *mk, uint64_t pfn, unsigned int order)
{
	for (uint64_t p = pfn; p < pfn + (1ull << order); p++)
		send_drain(mk, p, 0, M);
}

/*
 * Each block goes to the head of its list: 2, 1, 0.  A pass takes them from the head on, and the last that it takes is
 * the first that it puts back to the tail: 0, 1, 2.  Block 3 comes to the head.  The second pass leaves alone what is
 * reported; 3 goes to the tail.
 */
static void turned_list(void **state)
{
	struct made *mk = *state;

	half_free(mk, KPF_UPTODATE);
	for (unsigned int i = 0; i < 3; i++)
		drain_block(mk, B(i), 6);
	check_list(mk, 6, M, 3, B(2), B(1), B(0));
	mk->ts += 2 * SECOND;
	send_mark(mk, "the first pass is over");
	check_list(mk, 6, M, 3, B(0), B(1), B(2));
	drain_block(mk, B(3), 6);
	check_list(mk, 6, M, 4, B(3), B(0), B(1), B(2));
	mk->ts += 2 * SECOND;
	send_mark(mk, "the second pass is over");
	check_list(mk, 6, M, 4, B(0), B(1), B(2), B(3));

	/* a block that was taken and freed again isn't reported any more: it is at the head, and goes behind 1, 2 and 3 */
	for (uint64_t p = B(0); p < B(0) + 64; p++)
		send_locked(mk, p, 0, M, true);
	drain_block(mk, B(0), 6);
	check_list(mk, 6, M, 4, B(0), B(1), B(2), B(3));
	mk->ts += 2 * SECOND;
	send_mark(mk, "the third pass is over");
	check_list(mk, 6, M, 4, B(1), B(2), B(3), B(0));
	check_sound(mk, 0);
}

/* The list of order 6 is of 40 blocks, each the lower half of 128 pages: from @from down, or up from it and over. */
static void check_numbers(const struct made *mk, unsigned int from, int step)
{
	uint64_t got[64], unplaced;

	assert_int_equal(mm_free_list(mk->m, 0, 6, M, got, 64, &unplaced), 40);
	assert_int_equal(unplaced, 0);
	for (unsigned int i = 0; i < 40; i++)
		assert_int_equal(got[i], START + 128 * (uint64_t)((from + 40 + step * (int)i) % 40));
}

/*
 * Pageblocks of 64 pages; 40 become free, no two of them buddies: 39 to 0 from the head on.  The host is called for 32
 * blocks at a time: 39 to 8 come back as 8 to 39, behind what is left of the list.  Then 7 to 0 are taken, and come back
 * when the zone is through: 8 to 39, 0 to 7.
 */
static void two_calls_a_pass(void **state)
{
	struct made *mk = *state;

	mk->snap.pageblock_order = 6;
	for (uint64_t p = START; p < END; p++)
		mk->flags[p] = p < END - 1024 ? 0 : KPF_BUDDY | (p == END - 1024 ? KPF_UPTODATE : 0);
	mk->zone[0].have_types = true;
	mk->zone[0].type_free[M][10] = 1;
	made_init(mk, 7, 3, MADE_FLAGS);
	for (unsigned int k = 0; k < 40; k++)
		drain_block(mk, START + 128 * k, 6);
	check_numbers(mk, 39, -1);
	mk->ts += 2 * SECOND;
	send_mark(mk, "the pass is over");
	check_numbers(mk, 8, 1);
	check_sound(mk, 0);
}

/* A pick proves it amid the trace: passes that nobody followed may have turned the list of what was freed before. */
static void order_lost(void **state)
{
	struct made *mk = *state;
	uint64_t got[4], unplaced;

	one_block(mk);
	drain_block(mk, B(4), 9);
	drain_block(mk, B(6), 9);
	check_list(mk, 9, M, 2, B(6), B(4));
	send_locked(mk, B(0), 0, M, true);
	assert_true(mk->m->core.reporting);
	assert_int_equal(mm_free_list(mk->m, 0, 9, M, got, 4, &unplaced), 0);
	assert_int_equal(unplaced, 2);
	check_sound(mk, 0);
}

/* Three Movable blocks are known: @head before the one of unknown place, the others behind it. */
static void check_around(const struct made *mk, unsigned int order, unsigned int head, const uint64_t *pfn)
{
	const struct free_list *l = &mk->m->core.zone[0].list[order][M];
	uint32_t p = head ? l->head_first : l->tail_first;

	assert_int_equal(l->nr_unplaced, 1);
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(p, pfn[i]);
		p = mm_ent(mk->m, p).a;
		if (i + 1 == head) {
			assert_int_equal(p, MM_NIL);
			p = l->tail_first;
		}
	}
	assert_int_equal(p, MM_NIL);
}

/*
 * The pass is due two seconds after B(4) became free, though the proof comes a second later than that: the kernel didn't
 * wait for it.  B(6), B(8) and B(10) became free after the proof, and the pass turns the three: 2,559 pages are free, and
 * it wants 125 (low) + 32 * 64.
 */
static void due_before_proof(void **state)
{
	struct made *mk = *state;

	mk->snap.pageblock_order = 6;
	one_block(mk);
	drain_block(mk, B(4), 9);
	mk->ts += SECOND;
	send_locked(mk, B(0), 0, M, true);
	assert_true(mk->m->core.reporting);
	for (unsigned int i = 6; i <= 10; i += 2)
		drain_block(mk, B(i), 9);
	check_around(mk, 9, 3, (const uint64_t[]){ B(10), B(8), B(6) });
	mk->ts += SECOND;
	send_mark(mk, "two seconds after B(4), one after B(6)");
	check_around(mk, 9, 0, (const uint64_t[]){ B(6), B(8), B(10) });
	check_sound(mk, 0);
}

/* Records were lost, and with them perhaps the claim that made the block Movable: its pick proves nothing. */
static void no_proof_after_loss(void **state)
{
	struct made *mk = *state;

	one_block(mk);
	mk->missed = 1;
	drain_block(mk, B(4), 9);
	for (uint64_t p = B(6); p < B(7); p++)
		send_drain(mk, p, 0, U);
	check_list(mk, 9, U, 1, B(6));
	send_locked(mk, B(6), 0, M, true);
	assert_false(mk->m->core.reporting);
	check_sound(mk, 0);
}

/*
 * Four blocks of order 10 are free, 4,096 pages; a pass wants 1,200 + 32 * 64.  B(4) and B(2) leave the list.  Without
 * B(0) there would be 4,096 - 3,072, not more than 1,100 (min): it becomes the head, the two go to the tail.  The fourth
 * is reported already, at an unknown place.
 */
static void too_little_left(void **state)
{
	struct made *mk = *state;

	mk->snap.pageblock_order = 6;
	for (uint64_t p = START; p < END; p++)
		mk->flags[p] = p < END - 1024 ? 0 : KPF_BUDDY | (p == END - 1024 ? KPF_UPTODATE : 0);
	mk->zone[0].have_types = true;
	mk->zone[0].type_free[M][10] = 1;
	mk->zone[0].wmark_min = 1100;
	mk->zone[0].wmark_low = 1200;
	made_init(mk, 7, 3, MADE_FLAGS);
	for (unsigned int i = 0; i < 3; i++)
		drain_block(mk, B(2 * i), 10);
	check_around(mk, 10, 3, (const uint64_t[]){ B(4), B(2), B(0) });
	mk->ts += 2 * SECOND;
	send_mark(mk, "the pass is over");
	check_around(mk, 10, 1, (const uint64_t[]){ B(0), B(2), B(4) });
	check_sound(mk, 0);
}

/* Blocks of HIGHATOMIC are reported like others, and stay on its list. */
static void highatomic_stays(void **state)
{
	struct made *mk = *state;
	const unsigned int ha = (unsigned int)mk->cap.mt_highatomic;

	half_free(mk, KPF_UPTODATE);
	for (unsigned int i = 0; i < 2; i++)
		for (uint64_t p = B(i); p < B(i) + 64; p++)
			send_drain(mk, p, 0, ha);
	check_list(mk, 6, ha, 2, B(1), B(0));
	mk->ts += 2 * SECOND;
	send_mark(mk, "the pass is over");
	check_list(mk, 6, ha, 2, B(0), B(1));
	check_list(mk, 6, M, 0);
	check_sound(mk, 0);
}

/* Three pages freed one by one by CPU 0. */
static void three_frees(struct made *mk)
{
	made_init(mk, 7, 3, MADE_USED);
	send_drain(mk, B(0), 0, M);
	send_mark(mk, "else");
	for (unsigned int i = 1; i <= 3; i++)
		send_free(mk, B(0) + 10 * i, 0);
	check_pcp(mk, 0, 0, M, 3, B(0) + 30, B(0) + 20, B(0) + 10);
}

/* CPU 1 empties CPU 0's list, and the last page isn't on it: its free found the list locked.  So it is on the buddy list. */
static void freed_amid_a_drain(void **state)
{
	struct made *mk = *state;

	three_frees(mk);
	mk->cpu = 1;
	send_drain(mk, B(0) + 10, 0, M);
	send_drain(mk, B(0) + 20, 0, M);
	check_pcp(mk, 0, 0, M, 1, B(0) + 30);
	send_mark(mk, "the drain is over");
	check_pcp(mk, 0, 0, M, 0);
	check_list(mk, 0, M, 4, B(0) + 30, B(0) + 20, B(0) + 10, B(0));
	check_sound(mk, 0);
}

/* It comes with the rest: it was there.  Nor is a page touched that CPU 0 takes out again, or when CPU 0 drains. */
static void not_amid_a_drain(void **state)
{
	struct made *mk = *state;

	three_frees(mk);
	mk->cpu = 1;
	for (unsigned int i = 1; i <= 3; i++)
		send_drain(mk, B(0) + 10 * i, 0, M);
	send_mark(mk, "the drain is over");
	check_list(mk, 0, M, 4, B(0) + 30, B(0) + 20, B(0) + 10, B(0));
	made_fini(mk);

	three_frees(mk);
	mk->cpu = 1;
	send_drain(mk, B(0) + 10, 0, M);
	mk->cpu = 0;
	send_alloc(mk, B(0) + 30, 0, M);
	mk->cpu = 1;
	send_mark(mk, "the drain is over");
	check_state(mk, B(0) + 30, MM_PAGE_ALLOC, 0);
	check_sound(mk, 0);
	made_fini(mk);

	three_frees(mk);
	send_drain(mk, B(0) + 10, 0, M);
	send_mark(mk, "the drain is over");
	check_pcp(mk, 0, 0, M, 2, B(0) + 30, B(0) + 20);
}

/*
 * Frees in a row may be a batch that reaches the list together, later.  None of it was given back here, so it hasn't yet:
 * the page of the drain is of an earlier batch.
 */
static void batch_under_way(void **state)
{
	struct made *mk = *state;

	made_init(mk, 7, 3, MADE_USED);
	send_drain(mk, B(0), 0, M);
	send_free(mk, B(0) + 10, 0);
	send_batched(mk, B(0) + 10);
	send_free(mk, B(0) + 20, 0);
	send_free(mk, B(0) + 30, 0);
	mk->cpu = 1;
	send_drain(mk, B(0) + 10, 0, M);
	send_mark(mk, "the drain is over");
	check_pcp(mk, 0, 0, M, 2, B(0) + 30, B(0) + 20);
	check_sound(mk, 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_pass), T(no_pass), T(shown_by_a_pick), T(turned_list), T(two_calls_a_pass), T(order_lost),
		T(due_before_proof), T(no_proof_after_loss), T(too_little_left), T(highatomic_stays),
		T(freed_amid_a_drain), T(not_amid_a_drain), T(batch_under_way),
	};

	return cmocka_run_group_tests_name("reporting", tests, NULL, NULL);
}
