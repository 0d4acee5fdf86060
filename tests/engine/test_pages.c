// SPDX-License-Identifier: GPL-2.0-only
/*
 * Per-cpu lists, compaction's takings, gaps, snapshots, counts: on the small zone, with the
 * results worked out by hand.
 */
#include "made.h"

#include <stdlib.h>
#include <string.h>

static int setup(void **state)
{
	*state = malloc(sizeof(struct made));
	made_init(*state, 7, 3, MADE_USED);
	return 0;
}

static int setup_blind(void **state)
{
	*state = malloc(sizeof(struct made));
	made_init(*state, 7, 3, MADE_BLIND);
	return 0;
}

static int setup_6_1(void **state)
{
	*state = malloc(sizeof(struct made));
	made_init(*state, 6, 1, MADE_USED);
	return 0;
}

/* A capture whose page flags the test fills in before it makes the machine. */
static int setup_capture(void **state)
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

/* ---- per-cpu lists --------------------------------------------------------- */

/* A refill adds at the tail, an allocation takes the head, a free adds at the head, a drain takes the tail. */
static void per_cpu_order(void **state)
{
	struct made *mk = *state;
	uint64_t p = B(0);

	send_drain(mk, p, 2, M);
	send_locked(mk, p, 0, M, true);
	send_locked(mk, p + 1, 0, M, true);
	send_locked(mk, p + 2, 0, M, true);
	check_pcp(mk, 0, 0, M, 3, p, p + 1, p + 2);
	send_alloc(mk, p, 0, M);
	check_pcp(mk, 0, 0, M, 2, p + 1, p + 2);
	send_free(mk, p, 0);
	check_pcp(mk, 0, 0, M, 3, p, p + 1, p + 2);
	send_drain(mk, p + 2, 0, M); /* merges with p + 3 */
	check_pcp(mk, 0, 0, M, 2, p, p + 1);
	check_list(mk, 1, M, 1, p + 2);
	check_sound(mk, 0);

	/* lists of other orders, types and CPUs are their own */
	send_free(mk, p + 8, 1);
	check_pcp(mk, 0, 1, M, 1, p + 8);
	mk->cpu = 1;
	send_free(mk, p + 10, 0);
	check_pcp(mk, 1, 0, M, 1, p + 10);
	check_pcp(mk, 0, 0, M, 2, p, p + 1);
	send_drain(mk, B(1), 0, U);
	send_free(mk, B(1) + 1, 3);
	assert_int_equal(mm_contra_count(mk->m, MM_CONTRA_OUT_OF_RANGE), 1); /* not aligned */
	send_free(mk, B(1) + 8, 3);
	check_pcp(mk, 1, 3, U, 1, B(1) + 8);
	/* of PMD order there are two lists: Movable, and all others */
	send_drain(mk, B(3), 0, R);
	send_alloc(mk, B(2), 9, M);
	send_free(mk, B(2), 9);
	check_pcp(mk, 1, 9, M, 1, B(2)); /* nobody knows that pageblock's type, but the request was Movable */
	send_free(mk, B(3), 9);
	check_pcp(mk, 1, 9, R, 1, B(3));
	check_pcp(mk, 1, 9, U, 1, B(3));
	check_whole(mk->m);
}

/* mm_page_free_batched says when a page of a batch reaches the list: at its head, then. */
static void batched_frees(void **state)
{
	struct made *mk = *state;

	send_drain(mk, B(0), 0, M);
	send_free(mk, B(0) + 10, 0);
	send_free(mk, B(0) + 12, 0);
	check_pcp(mk, 0, 0, M, 2, B(0) + 12, B(0) + 10);
	send_batched(mk, B(0) + 10);
	send_batched(mk, B(0) + 12);
	check_pcp(mk, 0, 0, M, 2, B(0) + 12, B(0) + 10);
	send_batched(mk, END); /* of no zone */
	assert_int_equal(mm_contra_count(mk->m, MM_CONTRA_OUT_OF_RANGE), 1);
	check_sound(mk, 1);
}

/*
 * A task is switched out after a whole batch, another within the first half of one.  The batch with which the first one
 * goes on later is a new one: that the other's pages lie behind its own says nothing of them.
 */
static void batch_after_batch(void **state)
{
	struct made *mk = *state;

	send_drain(mk, B(0), 0, M);
	mk->pid = 34;
	send_free(mk, B(0) + 10, 0);
	send_batched(mk, B(0) + 10);
	mk->pid = 243;
	send_free(mk, B(0) + 20, 0);
	send_free(mk, B(0) + 22, 0);
	mk->pid = 34;
	send_free(mk, B(0) + 30, 0);
	send_batched(mk, B(0) + 30);
	check_pcp(mk, 0, 0, M, 4, B(0) + 30, B(0) + 22, B(0) + 20, B(0) + 10);
	mk->pid = 243;
	send_free(mk, B(0) + 24, 0);
	send_batched(mk, B(0) + 20);
	send_batched(mk, B(0) + 22);
	send_batched(mk, B(0) + 24);
	check_pcp(mk, 0, 0, M, 5, B(0) + 24, B(0) + 22, B(0) + 20, B(0) + 30, B(0) + 10);
	check_sound(mk, 0);
}

/*
 * An interrupt's free that finds the per-cpu lists locked goes to the buddy lists: here the interrupt
 * came amid a batch, whose events are written with the lock held (one level of preemption at least).
 */
static void locked_lists(void **state)
{
	struct made *mk = *state;

	send_drain(mk, B(0), 0, M);
	mk->preempt = 2;
	send_free(mk, B(0) + 10, 0);
	send_batched(mk, B(0) + 10);
	mk->common_flags = 0x8;
	send_free(mk, B(0) + 20, 0);
	check_pcp(mk, 0, 0, M, 1, B(0) + 10);
	check_list(mk, 0, M, 2, B(0) + 20, B(0));
	mk->common_flags = mk->preempt = 0;
	send_batched(mk, B(0) + 10);
	mk->common_flags = 0x8; /* with the lists free: to the per-cpu list */
	send_free(mk, B(0) + 30, 0);
	check_pcp(mk, 0, 0, M, 2, B(0) + 30, B(0) + 10);
	check_sound(mk, 0);
}

/* ---- compaction -------------------------------------------------------------- */

static void end_compaction(struct made *mk, uint64_t migrate, uint64_t free)
{
	struct sg_event ev = made_event(mk, SG_EV_mm_compaction_end);

	ev.v[SGF_mm_compaction_end_zone_start] = START;
	ev.v[SGF_mm_compaction_end_migrate_pfn] = migrate;
	ev.v[SGF_mm_compaction_end_free_pfn] = free;
	ev.v[SGF_mm_compaction_end_zone_end] = END;
	ev.v[SGF_mm_compaction_end_sync] = 0;
	ev.v[SGF_mm_compaction_end_status] = 3;
	made_send(mk, &ev);
}

/* A task that compacts may be handed a page at the moment it is freed: no contradiction for that task. */
static void capture(void **state)
{
	struct made *mk = *state;
	struct mm_node_info n;

	send_drain(mk, B(1), 9, M);
	send_drain(mk, B(3), 9, M);
	send_compaction(mk, 0xcc0, B(0), B(15));
	mm_node_get(mk->m, 0, &n);
	assert_true(n.present && n.compacting);
	assert_int_equal(n.nr_direct_compact, 1);
	assert_int_equal(n.migrate_pfn, B(0));
	assert_int_equal(n.free_pfn, B(15));
	send_any(mk, SG_EV_mm_compaction_isolate_migratepages, B(0), B(0) + 32, 32, 0);
	mm_node_get(mk->m, 0, &n);
	assert_int_equal(n.migrate_pfn, B(0) + 32);
	end_compaction(mk, B(2), B(14));
	mm_node_get(mk->m, 0, &n);
	assert_false(n.compacting);
	assert_int_equal(n.nr_direct_compact, 0);
	assert_int_equal(n.migrate_pfn, B(2));
	send_alloc(mk, B(1), 9, U);
	check_state(mk, B(1) + 511, MM_PAGE_ALLOC, 9);
	check_sound(mk, 0);
	send_alloc(mk, B(3), 9, U); /* the compaction is over: now it is one */
	check_sound(mk, 1);
	assert_int_equal(mm_contra_count(mk->m, MM_CONTRA_ALLOC_FROM_BUDDY), 1);
}

/*
 * The free scanner takes whole free blocks; an asynchronous one may look at each 32nd page only.
 * Free here: 0 and 33 and 64 (order 0), 128 (order 2).
 */
static void isolate_with_strides(void **state)
{
	struct made *mk = *state;
	uint64_t p = B(14);

	for (unsigned int round = 0; round < 2; round++, p += BLOCK) {
		send_drain(mk, p, 0, M);
		send_drain(mk, p + 33, 0, M);
		send_drain(mk, p + 64, 0, M);
		send_drain(mk, p + 128, 2, M);
	}
	p = B(14);
	/* each 32nd page: 0, 64, 128 with 4 pages; then 163 ...: 6 pages */
	send_any(mk, SG_EV_mm_compaction_isolate_freepages, p, p + 512, 16, 6);
	check_state(mk, p, MM_PAGE_ISOLATED, 0);
	check_state(mk, p + 33, MM_PAGE_FREE, 0);
	check_state(mk, p + 64, MM_PAGE_ISOLATED, 0);
	check_state(mk, p + 131, MM_PAGE_ISOLATED, 2);
	check_sound(mk, 0);
	/* each page: all 7 */
	p = B(15);
	send_any(mk, SG_EV_mm_compaction_isolate_freepages, p, p + 512, 512, 7);
	check_state(mk, p + 33, MM_PAGE_ISOLATED, 0);
	check_list(mk, 2, M, 0);
	check_list(mk, 0, M, 1, B(14) + 33);
	check_sound(mk, 0);
	/* more than are there: counted */
	send_any(mk, SG_EV_mm_compaction_isolate_freepages, B(14), B(14) + 512, 512, 3);
	assert_int_equal(mm_contra_count(mk->m, MM_CONTRA_ISOLATE_COUNT), 1);
	/* a target in use is put on the LRU, one not used comes back as a free */
	send_lru(mk, p, 0);
	check_state(mk, p, MM_PAGE_ALLOC, 0);
	send_free(mk, p + 33, 0);
	check_state(mk, p + 33, MM_PAGE_PCP, 0);
	/* ranges that can't be */
	send_any(mk, SG_EV_mm_compaction_isolate_freepages, B(1), B(0), 1, 1);
	send_any(mk, SG_EV_mm_compaction_isolate_freepages, B(15), END + 1, 1, 1);
	send_any(mk, SG_EV_mm_compaction_isolate_freepages, B(0), B(2), 1, 1);
	send_any(mk, SG_EV_mm_compaction_isolate_freepages, B(0), B(1), 1, 513);
	assert_int_equal(mm_contra_count(mk->m, MM_CONTRA_OUT_OF_RANGE), 4);
	check_sound(mk, 5);
}

/* A free block of half a pageblock or more that compaction takes turns its pageblock Movable. */
static void isolated_blocks_turn_movable(void **state)
{
	struct made *mk = *state;
	struct mm_block_info bi;

	send_drain(mk, B(14), 8, R);
	send_drain(mk, B(14) + 256, 0, R);
	send_any(mk, SG_EV_mm_compaction_isolate_freepages, B(14), B(15), 512, 257);
	mm_block_get(mk->m, B(14) / BLOCK, &bi);
	assert_int_equal(bi.migratetype, M);
	assert_int_equal(bi.nr_isolated, 257);
	check_sound(mk, 0);
}

/*
 * The fast search walks the Movable lists from the tail for a block in the last quarter before the
 * free scanner: migrate B(0), free B(16): low is B(12).  Tail first, order 8 (9 - 1): B(2) is below low,
 * B(13) is above it: two blocks scanned, and the 255 further pages of the one that is taken.
 */
static void fast_search(void **state)
{
	struct made *mk = *state;

	send_drain(mk, B(13), 8, M);
	send_drain(mk, B(5), 8, M);
	send_drain(mk, B(2), 8, M);
	check_list(mk, 8, M, 3, B(2), B(5), B(13));
	send_compaction(mk, 0xcc0, B(0), END);
	send_any(mk, SG_EV_mm_compaction_fast_isolate_freepages, B(8), END, 256, 256);
	check_state(mk, B(13), MM_PAGE_ISOLATED, 8);
	check_list(mk, 8, M, 2, B(2), B(5));
	check_sound(mk, 0);
	/* one that nothing explains is remembered, and settled by the event that shows its page in use */
	send_any(mk, SG_EV_mm_compaction_fast_isolate_freepages, START, END, 77, 256);
	check_state(mk, B(5) + 3, MM_PAGE_FREE, 8);
	send_lru(mk, B(5) + 3, 0);
	check_state(mk, B(5) + 3, MM_PAGE_ALLOC, 0);
	check_state(mk, B(5) + 4, MM_PAGE_ISOLATED, 8);
	check_list(mk, 8, M, 1, B(2));
	check_sound(mk, 0);
}

/*
 * 6.1 has no event for the fast search: a page of a free block that is put on the LRU while somebody compacts shows that
 * the whole block was taken.  Its other pages aren't free for a pick that comes before they show themselves.
 */
static void silent_search(void **state)
{
	struct made *mk = *state;

	send_drain(mk, B(13), 5, M);
	send_drain(mk, B(12), 9, M);
	send_drain(mk, B(5), 5, M);
	/* nobody compacts: only the page itself is gone, the halves that are left are 16, 8, 4, 2 and 1 pages */
	send_lru(mk, B(5) + 31, 0);
	check_state(mk, B(5) + 31, MM_PAGE_ALLOC, 0);
	check_state(mk, B(5), MM_PAGE_FREE, 4);
	send_compaction(mk, 0xcc0, B(0), END);
	send_lru(mk, B(13) + 7, 0);
	check_state(mk, B(13) + 7, MM_PAGE_ALLOC, 0);
	check_state(mk, B(13) + 6, MM_PAGE_ISOLATED, 5);
	check_state(mk, B(13) + 31, MM_PAGE_ISOLATED, 5);
	check_list(mk, 5, M, 0);
	/* what wasn't filled comes back as a free */
	send_free(mk, B(13) + 6, 0);
	check_state(mk, B(13) + 6, MM_PAGE_PCP, 0);
	/* what was freed by this CPU's very last event may have been smaller when it was taken */
	send_drain(mk, B(10), 5, M);
	send_lru(mk, B(10) + 31, 0);
	check_state(mk, B(10), MM_PAGE_FREE, 4);
	/* for a request of order 9 no search takes a block of order 9 */
	send_lru(mk, B(12) + 511, 0);
	check_state(mk, B(12), MM_PAGE_FREE, 8);
}

/* ---- what is not known --------------------------------------------------------- */

static void unknown_pages(void **state)
{
	struct made *mk = *state;
	struct mm_page_info pi;
	struct mm_zone_info zi;
	struct mm_block_info bi;

	mm_zone_get(mk->m, 0, &zi);
	assert_int_equal(zi.nr_unknown, END - START);
	assert_false(zi.list_known);
	assert_string_equal(zi.name, "Normal");
	assert_int_equal(zi.wmark_promo, 175);
	mm_page_get(mk->m, START, &pi);
	assert_int_equal(pi.state, MM_PAGE_UNKNOWN);
	mm_page_get(mk->m, START - 1, &pi);
	assert_int_equal(pi.state, MM_PAGE_NONE);
	mm_page_get(mk->m, UINT64_MAX, &pi);
	assert_int_equal(pi.state, MM_PAGE_NONE);
	assert_int_equal(mm_zone_of(mk->m, END), -1);
	assert_int_equal(mm_end_pfn(mk->m), END);
	mm_block_get(mk->m, UINT64_MAX, &bi);
	assert_int_equal(bi.migratetype, MM_MT_UNKNOWN);

	/* whatever happens first to an unknown page is right */
	send_locked(mk, B(0), 3, M, true);
	send_free(mk, B(1), 0);
	send_drain(mk, B(2), 0, U);
	send_alloc(mk, B(3), 0, R);
	send_lru(mk, B(4), 3);
	send_extfrag(mk, B(5), 0, 4, U, M, NOT_OWNED);
	send_batched(mk, B(6));
	check_state(mk, B(0) + 7, MM_PAGE_PCP, 3);
	check_state(mk, B(2), MM_PAGE_FREE, 0);
	mm_page_get(mk->m, B(3), &pi);
	assert_int_equal(pi.state, MM_PAGE_ALLOC);
	assert_int_equal(pi.migratetype, R);
	assert_int_equal(pi.pid, 214);
	assert_true(pi.have_gfp);
	assert_int_equal(pi.gfp, 0xcc0);
	assert_int_equal(pi.since, 4);
	assert_int_equal(pi.lru, MM_LRU_NONE);
	mm_page_get(mk->m, B(4), &pi);
	assert_int_equal(pi.lru, MM_LRU_FILE);
	assert_true(pi.active);
	assert_int_equal(pi.pid, MM_PID_UNKNOWN);
	assert_false(pi.have_gfp);
	mm_block_get(mk->m, B(0) / BLOCK, &bi);
	assert_int_equal(bi.nr_pcp, 8);
	assert_int_equal(bi.nr_unknown, 504);
	assert_int_equal(bi.changed, 1);
	check_sound(mk, 0);
}

/* Records were lost: what was free or on its way is unknown; what was allocated is no surer than a snapshot. */
static void lost_events(void **state)
{
	struct made *mk = *state;
	struct mm_page_info pi;
	struct mm_zone_info zi;

	send_drain(mk, B(0), 3, M);
	send_locked(mk, B(0), 0, M, true);
	send_alloc(mk, B(1), 0, M);
	mk->missed = 5;
	send_free(mk, B(2), 0); /* after the gap */
	check_state(mk, B(0), MM_PAGE_UNKNOWN, 0);
	check_state(mk, B(0) + 4, MM_PAGE_UNKNOWN, 0);
	check_state(mk, B(2), MM_PAGE_PCP, 0);
	mm_page_get(mk->m, B(1), &pi);
	assert_int_equal(pi.state, MM_PAGE_ALLOC);
	assert_true(pi.from_snapshot);
	mm_zone_get(mk->m, 0, &zi);
	assert_int_equal(zi.nr_unknown, 8);
	assert_int_equal(zi.nr_free, 0);
	assert_int_equal(zi.nr_pcp, 1);
	assert_int_equal(zi.folios[0], 0);
	assert_false(zi.list_known);
	for (unsigned int o = 0; o < 11; o++)
		assert_int_equal(zi.free[o], 0);
	/* none of these is a contradiction after a gap */
	send_alloc(mk, B(0), 0, M);
	send_alloc(mk, B(1), 0, M);
	mk->missed = -1;
	send_drain(mk, B(2), 0, M);
	check_sound(mk, 0);
}

/* ---- snapshots ------------------------------------------------------------------- */

/*
 * The second snapshot replaces all at its marker; until its end marker, disagreement is a race.
 * Before the first marker the first one is believed, though nobody is blamed.
 */
static void snapshot_at_a_marker(void **state)
{
	struct made *mk = *state;
	struct sg_snapshot first = mk->snap;

	for (uint64_t p = START; p < END; p++)
		mk->flags[p] = p < B(1) ? KPF_BUDDY : p == B(2) ? KPF_LRU | KPF_ANON : 0;
	mk->snap.have_pageflags = true;
	mk->cfg.nr_seeds = 2;
	mk->cfg.seed[0] = (struct mm_seed){ .snap = &first };
	mk->cfg.seed[1] = (struct mm_seed){ .snap = &mk->snap, .marker = "begin", .marker_end = "begin-done" };
	made_init(mk, 7, 3, MADE_FLAGS);
	check_state(mk, B(0), MM_PAGE_UNKNOWN, 0);
	send_alloc(mk, B(0), 0, M);
	send_alloc(mk, B(0), 0, M);
	assert_int_equal(mm_contra_count(mk->m, MM_CONTRA_SNAPSHOT_RACE), 1);
	send_mark(mk, "other");
	check_state(mk, B(0), MM_PAGE_ALLOC, 0);
	send_mark(mk, "begin now");
	check_state(mk, B(0), MM_PAGE_FREE, 9);
	check_state(mk, B(1), MM_PAGE_ALLOC, 0);
	send_free(mk, B(0), 0); /* was freed before the snapshot reached it */
	assert_int_equal(mm_contra_count(mk->m, MM_CONTRA_SNAPSHOT_RACE), 2);
	send_mark(mk, "begin-done");
	send_free(mk, B(0), 0);
	assert_int_equal(mm_contra_count(mk->m, MM_CONTRA_FREE_TWICE), 1);
	send_mark(mk, "begin again"); /* once only */
	check_state(mk, B(0), MM_PAGE_PCP, 0);
	check_whole(mk->m);
}

/* Free pages of a snapshot make the largest aligned blocks; where they lie in their lists nobody knows. */
static void snapshot_blocks(void **state)
{
	struct made *mk = *state;
	struct mm_zone_info zi;
	struct mm_page_info pi;
	struct mm_block_info bi;
	uint64_t pfn[4], unplaced;

	/* free: 1..7 (orders 0, 1, 2), blocks 2 and 3 (order 10), and 4's first 256 (order 8); a hole at the end */
	for (uint64_t p = START; p < END; p++)
		mk->flags[p] = (p > B(0) && p < B(0) + 8) || (p >= B(2) && p < B(4) + 256) ? KPF_BUDDY :
			       p >= B(15) ? KPF_NOPAGE : p == B(1) ? KPF_LRU : 0;
	mk->zone[0].have_types = true;
	mk->zone[0].type_blocks[U] = 3;
	mk->zone[0].type_blocks[M] = 13;
	mk->zone[0].type_free[U][0] = 1;
	mk->zone[0].type_free[M][1] = 1;
	mk->zone[0].type_free[M][2] = 1;
	mk->zone[0].type_free[M][8] = 1;
	mk->zone[0].type_free[U][10] = 0; /* read later than the pages: it misses one */
	made_init(mk, 7, 3, MADE_FLAGS);
	mm_zone_get(mk->m, 0, &zi);
	assert_true(zi.list_known);
	assert_int_equal(zi.nr_free, 7 + 1024 + 256);
	assert_int_equal(zi.nr_alloc, 15 * 512 - (7 + 1024 + 256));
	assert_int_equal(zi.type_free[U][0], 1);
	assert_int_equal(zi.type_free[M][1], 1);
	assert_int_equal(zi.type_free[M][8], 1);
	assert_int_equal(zi.free[10], 1);
	assert_int_equal(zi.type_free[M][10], 1);
	assert_int_equal(zi.free[9], 0);
	assert_int_equal(zi.type_blocks[U], 3);
	assert_int_equal(zi.unknown_blocks, 0);
	check_state(mk, B(0) + 5, MM_PAGE_FREE, 2);
	mm_page_get(mk->m, B(0) + 5, &pi);
	assert_int_equal(pi.head, B(0) + 4);
	assert_true(pi.from_snapshot);
	mm_page_get(mk->m, B(1), &pi);
	assert_int_equal(pi.lru, MM_LRU_FILE);
	mm_block_get(mk->m, B(15) / BLOCK, &bi);
	assert_int_equal(bi.nr_none, 512);
	mm_block_get(mk->m, B(4) / BLOCK, &bi);
	assert_int_equal(bi.nr_free, 256);
	assert_int_equal(bi.nr_alloc, 256);
	assert_int_equal(mm_free_list(mk->m, 0, 8, M, pfn, 4, &unplaced), 0);
	assert_int_equal(unplaced, 1);

	/* what is put at the head since is known to be before it; the tail behind it isn't told */
	send_drain(mk, B(6), 8, M);
	send_drain(mk, B(8), 8, M);
	assert_int_equal(mm_free_list(mk->m, 0, 8, M, pfn, 4, &unplaced), 2);
	assert_int_equal(pfn[0], B(8));
	assert_int_equal(pfn[1], B(6));
	assert_int_equal(mm_free_list(mk->m, 0, 8, M, pfn, 1, &unplaced), 1);
	send_drain(mk, B(11), 9, M);
	send_drain(mk, B(10), 8, M); /* B(11) is its pair's buddy: tail */
	assert_int_equal(mm_free_list(mk->m, 0, 8, M, pfn, 4, &unplaced), 2);
	assert_int_equal(unplaced, 1);
	send_locked(mk, B(4), 8, M, true); /* the unplaced one goes: now all are known */
	assert_int_equal(mm_free_list(mk->m, 0, 8, M, pfn, 4, &unplaced), 3);
	assert_int_equal(unplaced, 0);
	assert_int_equal(pfn[2], B(10));
	assert_int_equal(mm_free_list(mk->m, 1, 8, M, pfn, 4, &unplaced), 0);
	assert_int_equal(mm_free_list(mk->m, 0, 11, M, pfn, 4, NULL), 0);
	check_sound(mk, 0);
}

/* ---- counts ------------------------------------------------------------------------ */

static void folios_and_foreigners(void **state)
{
	struct made *mk = *state;
	struct mm_zone_info zi;
	struct mm_block_info bi;

	send_drain(mk, B(0), 9, M);
	send_locked(mk, B(0), 2, M, true);
	send_alloc(mk, B(0), 2, M);
	send_locked(mk, B(0) + 4, 0, M, true);
	send_alloc(mk, B(0) + 4, 0, U);
	send_locked(mk, B(0) + 32, 5, M, false);
	send_alloc(mk, B(0) + 32, 5, R);
	mm_zone_get(mk->m, 0, &zi);
	assert_int_equal(zi.folios[0], 1);
	assert_int_equal(zi.folios[2], 1);
	assert_int_equal(zi.folios[5], 1);
	mm_block_get(mk->m, B(0) / BLOCK, &bi);
	assert_int_equal(bi.nr_alloc, 37);
	assert_int_equal(bi.nr_foreign, 33);
	/* the pageblock turns Reclaimable: 4 + 1 pages are foreign then */
	send_drain(mk, B(0) + 4, 0, R);
	mm_block_get(mk->m, B(0) / BLOCK, &bi);
	assert_int_equal(bi.migratetype, R);
	assert_int_equal(bi.nr_foreign, 4);
	send_free(mk, B(0) + 32, 5);
	mm_zone_get(mk->m, 0, &zi);
	assert_int_equal(zi.folios[5], 0);
	assert_int_equal(zi.folios[0], 0);
	check_sound(mk, 2); /* the page drained was handed out, the pageblock was Movable */
}

/*
 * Four blocks of order 0 and one of order 2: 5 blocks, 8 pages.  Order 3 asks 8 pages, none suits:
 * 1000 - (1000 + 8 * 1000 / 8) / 5 = 600.  Order 4: 1000 - (1000 + 8 * 1000 / 16) / 5 = 700.
 */
static void indices(void **state)
{
	struct mm_zone_info zi = { .nr_orders = 11, .free = { 4, 0, 1 } };

	assert_int_equal(mm_fragmentation_index(&zi, 0), -1000);
	assert_int_equal(mm_fragmentation_index(&zi, 2), -1000);
	assert_int_equal(mm_fragmentation_index(&zi, 3), 600);
	assert_int_equal(mm_fragmentation_index(&zi, 4), 700);
	assert_int_equal(mm_fragmentation_index(&zi, 11), 0);
	assert_int_equal(mm_unusable_index(&zi, 0), 0);
	assert_int_equal(mm_unusable_index(&zi, 1), 500); /* 4 of 8 pages lie in blocks too small */
	assert_int_equal(mm_unusable_index(&zi, 2), 500);
	assert_int_equal(mm_unusable_index(&zi, 3), 1000);
	/* one page only, asked for 1024: lack of memory, towards 0: 1000 - (1000 + 0) / 1 */
	zi = (struct mm_zone_info){ .nr_orders = 11, .free = { 1 } };
	assert_int_equal(mm_fragmentation_index(&zi, 10), 0);
	zi = (struct mm_zone_info){ .nr_orders = 11 };
	assert_int_equal(mm_fragmentation_index(&zi, 0), 0);
	assert_int_equal(mm_unusable_index(&zi, 0), 1000);
}

static void changes_of_an_event(void **state)
{
	struct made *mk = *state;
	const struct mm_change *c;
	size_t nr, total;

	send_drain(mk, B(0), 4, M);
	c = mm_changes(mk->m, &nr, &total);
	assert_int_equal(nr, 1);
	assert_int_equal(total, 1);
	assert_int_equal(c[0].pfn, B(0));
	assert_int_equal(c[0].nr, 16);
	assert_int_equal(c[0].from, MM_PAGE_ALLOC);
	assert_int_equal(c[0].to, MM_PAGE_FREE);
	send_mark(mk, "nothing");
	mm_changes(mk->m, &nr, NULL);
	assert_int_equal(nr, 0);
	for (unsigned int i = 0; i < 100; i++) /* 100 blocks in one event: 64 are told, all are counted */
		send_drain(mk, B(1) + i * 2, 0, M);
	send_any(mk, SG_EV_mm_compaction_isolate_freepages, B(1), B(2), 512, 100);
	mm_changes(mk->m, &nr, &total);
	assert_int_equal(nr, 64);
	assert_int_equal(total, 100);
	assert_int_equal(mm_page_letter(MM_PAGE_NONE), '-');
	assert_int_equal(mm_page_letter(MM_PAGE_ISOLATED), 'i');
	check_sound(mk, 0);
}

/* Without zoneinfo: borders by address, up to the highest pfn, growing with what the events name. */
static void deduced_zones(void **state)
{
	struct made *mk = *state;
	struct mm_zone_info zi;

	mk->cfg.nr_seeds = 0;
	mk->cfg.max_pfn_hint = 0x110000;
	mk->m = mm_machine_new(&mk->cfg, NULL);
	assert_non_null(mk->m);
	assert_int_equal(mm_nr_zones(mk->m), 3);
	mm_zone_get(mk->m, 0, &zi);
	assert_int_equal(zi.end_pfn, 4096);
	assert_true(zi.deduced);
	mm_zone_get(mk->m, 1, &zi);
	assert_int_equal(zi.end_pfn, 1u << 20);
	mm_zone_get(mk->m, 2, &zi);
	assert_int_equal(zi.end_pfn, 0x110000 + 512);
	send_alloc(mk, 0x200001, 0, M);
	mm_zone_get(mk->m, 2, &zi);
	assert_int_equal(zi.end_pfn, 0x200200);
	check_state(mk, 0x200001, MM_PAGE_ALLOC, 0);
	check_state(mk, 0x200000, MM_PAGE_UNKNOWN, 0);
	check_sound(mk, 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
#define C(f) cmocka_unit_test_setup_teardown(f, setup_capture, teardown)
	const struct CMUnitTest tests[] = {
		T(per_cpu_order), T(batched_frees), T(batch_after_batch), T(locked_lists), T(capture), T(isolate_with_strides),
		T(isolated_blocks_turn_movable), T(fast_search),
		cmocka_unit_test_setup_teardown(silent_search, setup_6_1, teardown),
		cmocka_unit_test_setup_teardown(unknown_pages, setup_blind, teardown), T(lost_events),
		C(snapshot_at_a_marker), C(snapshot_blocks), T(folios_and_foreigners), T(indices), T(changes_of_an_event),
		C(deduced_zones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
