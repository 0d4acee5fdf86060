// SPDX-License-Identifier: GPL-2.0-only
/*
 * How the free lists and the per-cpu lists are followed where the trace leaves something open: frees by
 * interrupts, searches of the free lists, CPUs at the zone's lock at the same time.
 */
#include <stdlib.h>

#include "made.h"

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
	made_fini(*state);
	free(*state);
	return 0;
}

/* ---- interrupts ---------------------------------------------------------------- */

#define SOFTIRQ 0x10

/*
 * A softirq that came while no lock was held frees a and b; another task hands out c, which lies below them,
 * and the first task's hand-out of b is written after it: b stays where it was, on the per-cpu list, and is
 * not thought to have been lost to the buddy lists.
 */
static void softirq_without_lock(void **state)
{
	struct made *mk = *state;

	mk->preempt = 1;
	send_free(mk, B(0) + 50, 0); /* this kernel counts preemption */
	mk->preempt = 0;
	send_free(mk, B(0) + 9, 0);
	mk->common_flags = SOFTIRQ;
	send_free(mk, B(0) + 20, 0);
	send_free(mk, B(0) + 30, 0);
	mk->common_flags = 0;
	send_alloc(mk, B(0) + 30, 0, M);
	send_alloc(mk, B(0) + 9, 0, M); /* taken after B(0) + 20, and written before it */
	check_pcp(mk, 0, 0, M, 2, B(0) + 20, B(0) + 50);
	send_alloc(mk, B(0) + 20, 0, M);
	check_pcp(mk, 0, 0, M, 1, B(0) + 50);
	check_sound(mk, 0);
}

/*
 * The same where the task below was two levels deep, as it is with the lock held, and where nothing came from
 * above the page that was passed over: then it isn't on the list.
 */
static void softirq_with_lock(void **state)
{
	struct made *mk = *state;

	send_drain(mk, B(0) + 400, 0, M);
	send_free(mk, B(0) + 9, 0);
	mk->common_flags = SOFTIRQ;
	mk->preempt = 2;
	send_free(mk, B(0) + 20, 0);
	mk->common_flags = mk->preempt = 0;
	send_alloc(mk, B(1), 0, M); /* of before the interrupt */
	send_alloc(mk, B(0) + 9, 0, M);
	check_pcp(mk, 0, 0, M, 0);
	check_list(mk, 0, M, 2, B(0) + 20, B(0) + 400);
	check_sound(mk, 0);
}

/* The upper half of the field is the depth of disabled migration, which no lock needs. */
static void migration_is_no_preemption(void **state)
{
	struct made *mk = *state;

	mk->preempt = 1;
	send_free(mk, B(0) + 9, 0);
	mk->common_flags = SOFTIRQ;
	mk->preempt = 0x30;
	send_free(mk, B(0) + 20, 0);
	mk->common_flags = mk->preempt = 0;
	send_alloc(mk, B(1), 0, M);
	send_alloc(mk, B(0) + 9, 0, M);
	check_pcp(mk, 0, 0, M, 1, B(0) + 20);
	check_sound(mk, 0);
}

/* ---- lists with gaps ------------------------------------------------------------- */

#define NR_GAP 4u

/* Pages 0, 2, 4, 6 of block 8 are free, known from the snapshot only: a gap of four in the list of order 0. */
static int setup_gap(void **state)
{
	struct made *mk = malloc(sizeof(*mk));

	if (!mk)
		return -1;
	made_capture(mk, 7, 3);
	for (uint64_t i = 0; i < NR_GAP; i++)
		mk->flags[B(8) + 2 * i] = KPF_BUDDY;
	mk->zone[0].have_types = true;
	mk->zone[0].type_free[M][0] = NR_GAP;
	mk->zone[0].type_blocks[M] = NR_BLOCKS;
	made_init(mk, 7, 3, MADE_FLAGS);
	*state = mk;
	return 0;
}

/* The MOVABLE list of order 0 from head to tail: pfns, 0 for an unplaced block. */
static void check_walk(const struct made *mk, size_t n, const uint64_t *want)
{
	const struct zone_state *z = &mk->m->core.zone[0];
	struct list_walk w;
	uint32_t p;

	mm_list_ahead_begin(z, 0, &w);
	for (size_t i = 0; i < n; i++) {
		assert_true(mm_list_ahead_next(mk->m, &w, &p));
		assert_int_equal(p == MM_NIL ? 0 : p, want[i]);
	}
	assert_false(mm_list_ahead_next(mk->m, &w, &p));
	mm_list_back_begin(z, 0, &w);
	for (size_t i = n; i-- > 0;) {
		assert_true(mm_list_back_next(mk->m, &w, &p));
		assert_int_equal(p == MM_NIL ? 0 : p, want[i]);
	}
	assert_false(mm_list_back_next(mk->m, &w, &p));
}
#define WALK(...) (sizeof((uint64_t[]){ __VA_ARGS__ }) / 8), (uint64_t[]){ __VA_ARGS__ }

/* Blocks that lie so that no two merge and none expects a merge: heads, in the order of their frees. */
#define H(i) (B(0) + 16 * (i))

/*
 * a b at the head, the gap of four behind them.  The second from the end comes first: two of the gap, a, b, two of the
 * gap.  Then two picks take those two, and a stands first again.
 */
static void turning(void **state)
{
	struct made *mk = *state;
	struct zone_state *z = &mk->m->core.zone[0];
	struct page_ent e;

	send_drain(mk, H(1), 0, M);
	send_drain(mk, H(2), 0, M);
	check_walk(mk, WALK(H(2), H(1), 0, 0, 0, 0));
	mm_list_turn(mk->m, z, 0, 2);
	check_walk(mk, WALK(0, 0, H(2), H(1), 0, 0));
	check_sound(mk, 0);
	mm_list_turn(mk->m, z, 0, 3); /* H(1) */
	check_walk(mk, WALK(H(1), 0, 0, 0, 0, H(2)));
	mm_list_rotate(mk->m, z, 0, M, H(2));
	mm_list_rotate_after(mk->m, z, 0, M, H(1));
	check_walk(mk, WALK(0, 0, 0, 0, H(2), H(1)));
	mm_list_turn(mk->m, z, 0, 4); /* in the gap */
	check_walk(mk, WALK(0, 0, H(2), H(1), 0, 0));
	send_locked(mk, B(8), 0, M, true);
	send_locked(mk, B(8) + 4, 0, M, true);
	check_walk(mk, WALK(H(2), H(1), 0, 0));
	e = mm_ent(mk->m, B(8) + 2);
	mm_list_del(mk->m, z, B(8) + 2, &e, M);
	mm_list_add(mk->m, z, B(8) + 2, 0, M, true);
	check_walk(mk, WALK(H(2), H(1), 0, B(8) + 2));
	check_sound(mk, 0);
}

/*
 * With the gap of two turned to the front, the kernel picks H(2) behind it: so the gap was empty, and its blocks are in
 * the other one.
 */
static void empty_gap(void **state)
{
	struct made *mk = *state;

	send_drain(mk, H(1), 0, M);
	send_drain(mk, H(2), 0, M);
	mm_list_turn(mk->m, &mk->m->core.zone[0], 0, 2);
	send_locked(mk, H(2), 0, M, true);
	check_walk(mk, WALK(H(1), 0, 0, 0, 0));
	check_sound(mk, 0);
}

/*
 * Five blocks.  A pick of the third is no reason to turn the list, a second one of what follows is: then the fourth is
 * gone too, and the fifth is first.
 */
static void realigning(void **state)
{
	struct made *mk = *state;

	for (unsigned int i = 1; i <= 5; i++)
		send_drain(mk, H(i), 0, M);
	send_locked(mk, H(3), 0, M, true);
	check_walk(mk, WALK(H(5), H(4), H(2), H(1), 0, 0, 0, 0));
	send_locked(mk, H(2), 0, M, true);
	check_walk(mk, WALK(H(1), 0, 0, 0, 0, H(5), H(4)));
	/* two unplaced ones in a row: the gap is first */
	send_locked(mk, B(8), 0, M, true);
	send_locked(mk, B(8) + 2, 0, M, true);
	check_walk(mk, WALK(0, 0, H(5), H(4), H(1)));
	check_sound(mk, 0);
}

/* ---- searches -------------------------------------------------------------------- */

/* Of 16 blocks, the upper half from the middle on may be taken, the upper quarter at once. */
static void search(struct made *mk, uint64_t scanned, uint64_t taken)
{
	send_any(mk, SG_EV_mm_compaction_fast_isolate_freepages, B(8), END, scanned, taken);
}

#define LOW(i) (B(1) + 16 * (i))
#define TOP(i) (B(13) + 16 * (i))

/*
 * Head to tail: L3 T2 L2 T1 L1.  From the end: L1 is too low, T1 is taken as the second one looked at.  The list begins
 * behind it now, with L1.  The next search looks at L2 and takes T2.
 */
static void search_turns(void **state)
{
	struct made *mk = *state;

	send_drain(mk, LOW(1), 0, M);
	send_drain(mk, TOP(1), 0, M);
	send_drain(mk, LOW(2), 0, M);
	send_drain(mk, TOP(2), 0, M);
	send_drain(mk, LOW(3), 0, M);
	send_compaction(mk, 0, START, END);
	search(mk, 2, 1);
	check_list(mk, 0, M, 4, LOW(1), LOW(3), TOP(2), LOW(2));
	check_state(mk, TOP(1), MM_PAGE_ISOLATED, 0);
	search(mk, 2, 1);
	check_list(mk, 0, M, 3, LOW(2), LOW(1), LOW(3));
	check_state(mk, TOP(2), MM_PAGE_ISOLATED, 0);
	search(mk, 3, 0); /* none is high enough: nothing moves */
	check_list(mk, 0, M, 3, LOW(2), LOW(1), LOW(3));
	check_sound(mk, 0);
}

/* The watermark forbids it: one looked at, none taken; it is the list's first now. */
static void search_denied(void **state)
{
	struct made *mk = *state;

	send_drain(mk, TOP(1), 0, M);
	send_drain(mk, LOW(1), 0, M);
	send_drain(mk, LOW(2), 0, M);
	send_compaction(mk, 0, START, END);
	search(mk, 1, 0);
	check_list(mk, 0, M, 3, TOP(1), LOW(2), LOW(1));
	check_state(mk, TOP(1), MM_PAGE_FREE, 0);
	check_sound(mk, 0);
}

/*
 * L1 at the head, the gap of four behind it: the third from the end is taken, an unplaced one.  Two of the gap come first,
 * then L1 and the last one.  That it was B(8) + 2 shows when that page comes onto the LRU.
 */
static void search_in_gap(void **state)
{
	struct made *mk = *state;

	send_drain(mk, LOW(1), 0, M);
	send_compaction(mk, 0, START, END);
	search(mk, 3, 1);
	check_walk(mk, WALK(0, 0, LOW(1), 0));
	check_state(mk, B(8) + 2, MM_PAGE_FREE, 0);
	send_lru(mk, B(8) + 2, 0);
	check_state(mk, B(8) + 2, MM_PAGE_ALLOC, 0);
	check_walk(mk, WALK(0, 0, LOW(1), 0));
	check_sound(mk, 0);
}

/*
 * The same search: whichever of the gap it took, it may have been another of the gap's, so how far the list was turned is
 * open, and a pick of any of its blocks is no surprise.  The pick of L1 shows where it begins: L1 first, the three left
 * of the gap behind it.  A search that looked at known blocks only leaves nothing open.
 */
static void search_in_gap_turns_by_nobody_knows(void **state)
{
	struct made *mk = *state;
	const struct free_list *l = &mk->m->core.zone[0].list[0][M];

	send_drain(mk, LOW(1), 0, M);
	send_drain(mk, TOP(1), 0, M);
	send_compaction(mk, 0, START, END);
	assert_true(l->cycle_first == MM_NIL);
	search(mk, 3, 1);
	check_walk(mk, WALK(0, 0, TOP(1), LOW(1), 0));
	assert_false(l->cycle_first == MM_NIL);
	send_locked(mk, LOW(1), 0, M, true);
	check_walk(mk, WALK(0, 0, 0, TOP(1)));
	assert_true(l->cycle_first == MM_NIL);
	search(mk, 1, 1);
	check_state(mk, TOP(1), MM_PAGE_ISOLATED, 0);
	assert_true(l->cycle_first == MM_NIL);
	check_sound(mk, 0);
}

/*
 * What a search took, and what never showed itself until the run after its own has ended, was never taken: it is on
 * a list again.
 */
static void search_never_seen(void **state)
{
	struct made *mk = *state;
	struct sg_event ev;

	send_drain(mk, TOP(1), 0, M);
	for (unsigned int i = 0; i < 2; i++) {
		send_compaction(mk, 0, START, END);
		if (i == 0)
			search(mk, 1, 1);
		check_state(mk, TOP(1), MM_PAGE_ISOLATED, 0);
		ev = made_event(mk, SG_EV_mm_compaction_end);
		ev.v[SGF_mm_compaction_end_zone_start] = START;
		made_send(mk, &ev);
	}
	check_state(mk, TOP(1), MM_PAGE_FREE, 0);
	check_list(mk, 0, M, 1, TOP(1));
	check_sound(mk, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(softirq_without_lock, setup, teardown),
		cmocka_unit_test_setup_teardown(softirq_with_lock, setup, teardown),
		cmocka_unit_test_setup_teardown(migration_is_no_preemption, setup, teardown),
		cmocka_unit_test_setup_teardown(turning, setup_gap, teardown),
		cmocka_unit_test_setup_teardown(empty_gap, setup_gap, teardown),
		cmocka_unit_test_setup_teardown(realigning, setup_gap, teardown),
		cmocka_unit_test_setup_teardown(search_turns, setup, teardown),
		cmocka_unit_test_setup_teardown(search_denied, setup, teardown),
		cmocka_unit_test_setup_teardown(search_in_gap, setup_gap, teardown),
		cmocka_unit_test_setup_teardown(search_in_gap_turns_by_nobody_knows, setup_gap, teardown),
		cmocka_unit_test_setup_teardown(search_never_seen, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
