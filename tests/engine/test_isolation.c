// SPDX-License-Identifier: GPL-2.0-only
/*
 * Isolated pageblocks: alloc_contig_range() that takes its range or fails, gigantic pages that are given back, memory that
 * goes offline and comes back; and what snapshots and reclaim say of a node that kswapd has given up.
 */
#include "made.h"
#include "observe/observe.h"

#include <string.h>

#define C 4u   /* CMA */
#define ISO 5u /* Isolate */
#define OTHER 99
#define HOTPLUG 2u
#define CONTIG 6u
#define SECTION 0x8000ull /* pages of 128 MiB */

static void start(struct made *mk, unsigned int major, unsigned int minor)
{
	made_init(mk, major, minor, MADE_USED);
	mk->cap.present[SG_EV_mm_compaction_begin] = true;
	mk->cap.present[SG_EV_mm_compaction_isolate_migratepages] = true;
}

/* An event shows that pageblock @i is of type @mt; its first page is free then. */
static void named(struct made *mk, unsigned int i, unsigned int mt)
{
	send_drain(mk, B(i), 0, mt);
}

static void scan(struct made *mk, uint64_t from, uint64_t to)
{
	send_any(mk, SG_EV_mm_compaction_isolate_migratepages, from, to, to - from, 0);
}

static void tested(struct made *mk, uint64_t from, uint64_t to, uint64_t fin)
{
	send_any(mk, SG_EV_test_pages_isolated, from, to, fin, 0);
}

static void taken(struct made *mk, uint64_t from, uint64_t nr)
{
	send_any(mk, SG_EV_mm_compaction_isolate_freepages, from, from + BLOCK, nr, nr);
}

static void check_type(const struct made *mk, unsigned int i, unsigned int mt)
{
	assert_int_equal(mm_blk(mk->m, B(i) >> 9).mt, mt);
}

/* Frees all pages of pageblock @i in the range that is being isolated. */
static void empty(struct made *mk, unsigned int i)
{
	for (uint64_t p = B(i); p < B(i + 1); p++) {
		struct page_ent e = mm_ent(mk->m, p);

		if (ent_state(&e) == PS_ALLOC)
			send_free(mk, p, 0);
	}
}

/*
 * Pageblocks 2 and 3 are looked through: what is freed there goes straight to ISOLATE's lists, and no per-cpu list.  A page
 * of block 3 that another task freed before the scan came there is on none either, as all were emptied before.  Both are free
 * at the end, one block of order 10; it is taken and belongs to the task, and then the blocks are MOVABLE.
 */
static void a_range_is_taken(void **state)
{
	struct mm_page_info p;
	struct made mk;

	(void)state;
	start(&mk, 6, 12);
	named(&mk, 2, M);
	named(&mk, 3, M);
	check_list(&mk, 0, M, 2, B(3), B(2));
	scan(&mk, B(2), B(2) + 32);
	check_type(&mk, 2, ISO);
	check_list(&mk, 0, M, 1, B(3));
	check_list(&mk, 0, ISO, 1, B(2));
	send_free(&mk, B(2) + 1, 0);
	check_list(&mk, 1, ISO, 1, B(2));
	check_pcp(&mk, 0, 0, M, 0);

	mk.pid = OTHER;
	mk.cpu = 1;
	send_free(&mk, B(3) + 5, 0);
	check_pcp(&mk, 1, 0, M, 1, B(3) + 5);
	mk.pid = 214;
	mk.cpu = 0;
	empty(&mk, 2);
	scan(&mk, B(2) + 32, B(3));
	scan(&mk, B(3), B(3) + 32);
	check_type(&mk, 3, ISO);
	check_pcp(&mk, 1, 0, M, 0);
	check_state(&mk, B(3) + 5, MM_PAGE_FREE, 0);
	empty(&mk, 3);
	check_list(&mk, 10, ISO, 1, B(2));
	tested(&mk, B(2), B(4), B(4));
	taken(&mk, B(2), 2 * BLOCK);
	mm_page_get(mk.m, B(3) + 7, &p);
	assert_int_equal(p.state, MM_PAGE_ALLOC);
	assert_int_equal(p.pid, 214);
	check_type(&mk, 2, ISO);
	/* the task goes on with something else */
	send_alloc(&mk, B(8), 0, U);
	check_type(&mk, 2, M);
	check_type(&mk, 3, M);
	check_sound(&mk, 0);
	made_fini(&mk);
}

/* A page stays in the range: the call fails, and what is free is MOVABLE's again, or CMA's where it was. */
static void a_range_that_stays_busy(void **state)
{
	struct made mk;

	(void)state;
	for (unsigned int cma = 0; cma < 2; cma++) {
		start(&mk, 6, 12);
		named(&mk, 2, cma ? C : R);
		scan(&mk, B(2), B(3));
		check_list(&mk, 0, ISO, 1, B(2));
		tested(&mk, B(2), B(3), B(2) + 1);
		check_type(&mk, 2, cma ? C : M);
		check_list(&mk, 0, cma ? C : M, 1, B(2));
		check_list(&mk, 0, ISO, 0);
		check_sound(&mk, 0);
		made_fini(&mk);
	}
	/* from 6.17 on the pageblock is what it was */
	start(&mk, 6, 18);
	named(&mk, 2, R);
	scan(&mk, B(2), B(3));
	tested(&mk, B(2), B(3), B(2) + 1);
	check_type(&mk, 2, R);
	check_list(&mk, 0, R, 1, B(2));
	made_fini(&mk);
}

/* The words of a range that stays busy: which pages, and whose. */
static void who_holds_the_range(void **state)
{
	struct sg_event ev;
	char text[600];
	struct made mk;

	(void)state;
	start(&mk, 6, 12);
	named(&mk, 2, M);
	for (uint64_t p = B(2) + 1; p < B(3); p++)
		if (p != B(2) + 7 && p != B(2) + 8 && p != B(2) + 300)
			send_drain(&mk, p, 0, M);
	send_alloc(&mk, B(2) + 300, 0, M);
	scan(&mk, B(2), B(3));
	ev = made_event(&mk, SG_EV_test_pages_isolated);
	ev.v[0] = B(2);
	ev.v[1] = B(3);
	ev.v[2] = B(2) + 7;
	mm_observe(mk.m, &ev);
	mm_explain(mk.m, &ev, text, sizeof(text));
	assert_true(mm_is_decision(&ev));
	assert_non_null(strstr(text, "(512 pages)"));
	assert_non_null(strstr(text, "at pfn 0x4407 something is left"));
	assert_non_null(strstr(text, "3 pages stayed: pfn 0x4407 to 0x4408 in use since before the trace; pfn 0x452c of cat-214 ("));
	ev.v[2] = B(3);
	mm_explain(mk.m, &ev, text, sizeof(text));
	assert_non_null(strstr(text, "all of it"));
	/* words of what can't be, too */
	ev.v[1] = UINT64_MAX;
	ev.v[2] = 0;
	mm_explain(mk.m, &ev, text, sizeof(text));
	ev = made_event(&mk, SG_EV_cma_alloc_finish);
	ev.v[SGF_cma_alloc_finish_pfn] = B(2);
	ev.v[SGF_cma_alloc_finish_count] = 16;
	mm_explain(mk.m, &ev, text, sizeof(text));
	assert_string_equal(text, "cat-214 gets 16 pages at pfn 0x4400 (node 0 Normal) from a CMA area.");
	ev.v[SGF_cma_alloc_finish_pfn] = 0;
	ev.v[SGF_cma_alloc_finish_errorno] = (uint64_t)-16;
	mm_explain(mk.m, &ev, text, sizeof(text));
	assert_string_equal(text, "cat-214 gets nothing from a CMA area (error -16).");
	made_fini(&mk);
}

/* The scan of a compaction run isolates no pageblock, nor does one where begins of runs aren't recorded. */
static void compaction_isolates_nothing(void **state)
{
	struct made mk;

	(void)state;
	start(&mk, 6, 12);
	named(&mk, 2, M);
	send_compaction(&mk, 0x14acca, B(2), B(8));
	mk.pid = 77;
	scan(&mk, B(2), B(2) + 32);
	check_type(&mk, 2, M);
	made_fini(&mk);
	start(&mk, 6, 12);
	mk.cap.present[SG_EV_mm_compaction_begin] = false;
	named(&mk, 2, M);
	scan(&mk, B(2), B(2) + 32);
	check_type(&mk, 2, M);
	made_fini(&mk);
}

/* A block of order 10 whose second half is in the range is split: the first half is MOVABLE's still. */
static void a_block_across_the_border(void **state)
{
	struct made mk;

	(void)state;
	start(&mk, 6, 12);
	send_free(&mk, B(2), 10);
	named(&mk, 4, M);
	scan(&mk, B(3), B(3) + 32);
	check_type(&mk, 3, ISO);
	check_list(&mk, 9, ISO, 1, B(3));
	check_state(&mk, B(2), MM_PAGE_FREE, 9);
	check_state(&mk, B(3), MM_PAGE_FREE, 9);
	tested(&mk, B(3), B(4), B(3) + 9);
	/* together again */
	check_state(&mk, B(2), MM_PAGE_FREE, 10);
	check_whole(mk.m);
	made_fini(&mk);
}

/* A gigantic page of 4096 pages is given back at once, an order above the highest: two blocks of order 10 in each 2048. */
static void a_gigantic_page_is_given_back(void **state)
{
	struct made mk;

	(void)state;
	start(&mk, 6, 12);
	for (unsigned int i = 0; i < 8; i++)
		named(&mk, i, M);
	for (unsigned int i = 0; i < 8; i++)
		send_alloc(&mk, B(i), 0, M);
	send_any(&mk, SG_EV_mm_page_free, B(0), 12, 0, 0);
	for (unsigned int i = 0; i < 8; i += 2)
		check_state(&mk, B(i), MM_PAGE_FREE, 10);
	check_state(&mk, B(8), MM_PAGE_ALLOC, 0);
	check_whole(mk.m);
	assert_int_equal(mm_contra_count(mk.m, MM_CONTRA_OUT_OF_RANGE), 0);
	/* beyond the zone, or not aligned: none */
	send_any(&mk, SG_EV_mm_page_free, B(0), 14, 0, 0);
	send_any(&mk, SG_EV_mm_page_free, B(1), 12, 0, 0);
	send_any(&mk, SG_EV_mm_page_free, B(0), 63, 0, 0);
	assert_int_equal(mm_contra_count(mk.m, MM_CONTRA_OUT_OF_RANGE), 3);
	check_whole(mk.m);
	made_fini(&mk);
}

/*
 * A task moves pages of memory away that is to go offline.  The first that it frees shows the block of memory: it is all
 * isolated (here the zone is smaller than the 128 MiB of one).  A page that it had got for the move shows nothing.
 */
static void memory_goes_offline_and_comes_back(void **state)
{
	uint64_t managed, present;
	struct mm_zone_info z;
	struct mm_block_info b;
	bool maybe;
	struct made mk;

	(void)state;
	start(&mk, 7, 2);
	named(&mk, 2, M);
	assert_false(mm_isolation_pcp_off(mk.m, 0, &maybe));
	assert_false(maybe);
	send_any(&mk, SG_EV_mm_migrate_pages_start, 1, CONTIG, 0, 0);
	assert_int_equal(mk.m->obs->nr_isolations, 0);
	send_any(&mk, SG_EV_mm_migrate_pages_start, 1, HOTPLUG, 0, 0);
	assert_false(mm_isolation_pcp_off(mk.m, 0, &maybe));
	assert_true(maybe);
	send_alloc(&mk, B(9), 0, M);
	send_free(&mk, B(9), 0);
	check_type(&mk, 2, M);
	send_free(&mk, B(3), 0);
	check_type(&mk, 2, ISO);
	check_type(&mk, 15, ISO);
	check_list(&mk, 0, ISO, 3, B(3), B(9), B(2));
	assert_true(mm_isolation_pcp_off(mk.m, 0, &maybe));
	mm_zone_get(mk.m, 0, &z);
	managed = z.managed;
	present = z.present;
	/* half of the zone goes, all free by now */
	tested(&mk, B(0), B(8), B(1));
	assert_true(mm_isolation_pcp_off(mk.m, 0, &maybe));
	for (unsigned int i = 0; i < 8; i++)
		empty(&mk, i);
	tested(&mk, B(0), B(8), B(8));
	assert_false(mm_isolation_pcp_off(mk.m, 0, &maybe));
	check_state(&mk, B(0), MM_PAGE_NONE, 0);
	check_state(&mk, B(7) + 3, MM_PAGE_NONE, 0);
	check_state(&mk, B(9), MM_PAGE_FREE, 0);
	mm_zone_get(mk.m, 0, &z);
	assert_int_equal(z.managed, managed - 8 * BLOCK);
	assert_int_equal(z.present, present - 8 * BLOCK);
	mm_block_get(mk.m, B(2) >> 9, &b);
	assert_int_equal(b.nr_none, BLOCK);
	assert_int_equal(b.migratetype, MM_MT_UNKNOWN);
	check_whole(mk.m);

	/* online: in blocks of the highest order, at the tail */
	send_drain(&mk, B(12), 0, M);
	for (unsigned int i = 0; i < 8; i += 2)
		send_free(&mk, B(i), 10);
	check_list(&mk, 10, M, 4, B(0), B(2), B(4), B(6));
	check_type(&mk, 5, M);
	mm_zone_get(mk.m, 0, &z);
	assert_int_equal(z.managed, managed);
	assert_int_equal(z.present, present);
	check_whole(mk.m);
	made_fini(&mk);
}

/* More ranges at a time than are followed: the oldest are let go, nothing breaks. */
static void many_tasks(void **state)
{
	struct made mk;

	(void)state;
	start(&mk, 6, 12);
	for (unsigned int i = 0; i < NR_BLOCKS; i++) {
		mk.pid = 300 + (int32_t)i;
		named(&mk, i, M);
		scan(&mk, B(i), B(i) + 8);
	}
	assert_int_equal(mk.m->obs->nr_isolations, MM_MAX_ISOLATIONS);
	check_type(&mk, 0, M);
	check_type(&mk, NR_BLOCKS - 1, ISO);
	/* what can't be */
	tested(&mk, B(2), B(2), 0);
	tested(&mk, B(3), B(1), 0);
	tested(&mk, 1, UINT64_MAX, 0);
	scan(&mk, UINT64_MAX - 3, UINT64_MAX);
	taken(&mk, B(15), UINT64_MAX);
	check_whole(mk.m);
	made_fini(&mk);
}

/* A claim of a whole block takes it off the list that the event names, whatever other lists hold more. */
static void a_claimed_block_was_on_its_list(void **state)
{
	struct made mk;

	(void)state;
	made_capture(&mk, 6, 12);
	for (uint64_t p = B(0); p < B(16); p++)
		mk.flags[p] = KPF_BUDDY;
	mk.zone[0].have_types = true;
	mk.zone[0].type_free[M][10] = 3;
	mk.zone[0].type_free[C][10] = 5;
	mk.zone[0].type_blocks[M] = 6;
	mk.zone[0].type_blocks[C] = 10;
	made_init(&mk, 6, 12, MADE_FLAGS);
	send_extfrag(&mk, B(0), 0, 10, U, M, OWNED);
	assert_int_equal(mk.m->core.zone[0].list[10][C].nr_unplaced, 5);
	assert_int_equal(mk.m->core.zone[0].list[10][M].nr_unplaced, 2);
	check_whole(mk.m);
	made_fini(&mk);
}

/* A snapshot calls the node unreclaimable: kswapd has failed 16 times, until it wakes or, before 7.0, a page is reclaimed. */
static void a_node_given_up(void **state)
{
	static struct sg_kv kv = { .key = "zoneinfo.node_unreclaimable.0", .value = "1" };
	struct mm_node_info n;
	struct made mk;

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		made_capture(&mk, i < 2 ? 7 : 6, i < 2 ? 3 : 12);
		kv.value[0] = i == 3 ? '0' : '1';
		mk.snap.kv = &kv;
		mk.snap.nr_kv = 1;
		mk.cap.present[SG_EV_mm_vmscan_kswapd_clear_hopeless] = i < 2;
		made_init(&mk, mk.cap.kver[0], mk.cap.kver[1], MADE_FLAGS);
		mm_node_get(mk.m, 0, &n);
		assert_int_equal(n.kswapd_failures, i == 3 ? 0 : 16);
		send_any(&mk, SG_EV_mm_vmscan_lru_shrink_inactive, 0, 32, 1, 0);
		mm_node_get(mk.m, 0, &n);
		assert_int_equal(n.kswapd_failures, i < 2 ? 16 : 0);
		send_any(&mk, SG_EV_mm_vmscan_kswapd_wake, 0, 0, 0, 0);
		mm_node_get(mk.m, 0, &n);
		assert_int_equal(n.kswapd_failures, 0);
		made_fini(&mk);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_range_is_taken),
		cmocka_unit_test(a_range_that_stays_busy),
		cmocka_unit_test(who_holds_the_range),
		cmocka_unit_test(compaction_isolates_nothing),
		cmocka_unit_test(a_block_across_the_border),
		cmocka_unit_test(a_gigantic_page_is_given_back),
		cmocka_unit_test(memory_goes_offline_and_comes_back),
		cmocka_unit_test(many_tasks),
		cmocka_unit_test(a_claimed_block_was_on_its_list),
		cmocka_unit_test(a_node_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
