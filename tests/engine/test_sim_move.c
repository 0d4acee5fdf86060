// SPDX-License-Identifier: GPL-2.0-only
/* Folios between nodes: demotion that runs out of room, what tasks have moved, and requests that only some nodes may serve. */
#include "test_sim_reclaim.h"

#include "mm.h"

/* What was traced. */
static struct {
	unsigned int got, failed, starts, ends;
	uint64_t moved, not_moved, reason;
	uint64_t first[2]; /* gfp flags of the first two that failed */
} seen;

static void listen(void *arg, const struct sg_event *ev)
{
	(void)arg;
	if (ev->kind == SG_EV_mm_page_alloc && ev->v[SGF_mm_page_alloc_pfn] == UINT64_MAX) {
		if (seen.failed < 2)
			seen.first[seen.failed] = ev->v[SGF_mm_page_alloc_gfp_flags];
		seen.failed++;
	} else if (ev->kind == SG_EV_mm_page_alloc) {
		seen.got++;
	} else if (ev->kind == SG_EV_mm_migrate_pages_start) {
		seen.starts++;
		seen.reason = ev->v[SGF_mm_migrate_pages_start_reason];
	} else if (ev->kind == SG_EV_mm_migrate_pages) {
		seen.ends++;
		seen.moved += ev->v[SGF_mm_migrate_pages_succeeded];
		seen.not_moved += ev->v[SGF_mm_migrate_pages_failed];
	}
}

static void hear(struct box *b)
{
	memset(&seen, 0, sizeof(seen));
	mm_sim_emit(b->s, listen, NULL);
}

/*
 * Node 1 has room for ten pages and what lies on its per-cpu list, and reclaim takes at least 32.  In each batch behind them the first page finds
 * no room, on node 1 alone and then among all lower tiers, and nobody asks for the others of the batch: a batch without room
 * fails with one page and two requests.
 */
static void room_for_ten(void **state)
{
	static struct box b;
	enum test_kernel k[] = { K_6_1, K_7_3 };

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct mm_sim_cfg cfg = box_cfg(k[i], false, 2);
		struct mm_request rq;

		cfg.policy.tune[MM_TUNE_DEMOTION] = 1;
		box_open(&b, &cfg);
		/* demotion waits for nobody, but may go down to min */
		while (box_free(&b, 1) > MIN_MARK + 16 + 10)
			assert_true(box_take(&b, 1, 4) != UINT64_MAX);
		while (box_free(&b, 1) > MIN_MARK + 10)
			assert_true(box_take(&b, 1, 0) != UINT64_MAX);
		box_fill(&b, 0, MM_SIM_FILE, 1000, NULL);
		rq = box_kernel(&b, 0);
		rq.gfp |= MM_GFP_THISNODE;
		hear(&b);
		assert_true(mm_sim_direct_reclaim(b.s, &rq, 0) >= 32);
		assert_true(seen.moved >= 10 && seen.moved < 32);
		assert_int_equal(mm_sim_stat(b.s, MM_SIM_PGDEMOTE), seen.moved);
		assert_int_equal(seen.got, seen.moved);
		assert_int_equal(seen.starts, seen.ends);
		/* some batches found room for all */
		assert_true(seen.not_moved >= 1 && seen.not_moved < seen.starts);
		assert_int_equal(seen.reason, 8); /* MR_DEMOTION */
		assert_int_equal(seen.failed, 2 * seen.not_moved);
		assert_true(seen.first[0] & mm_sim_capture(b.s)->gfp.thisnode);
		assert_false(seen.first[1] & mm_sim_capture(b.s)->gfp.thisnode);
		box_sound(&b);
		box_close(&b);
	}
}

/* A page that a task wants on node 0 goes there with its marks; there it stays. */
static void promoted(void **state)
{
	static struct box b;

	(void)state;
	for (unsigned int gens = 0; gens < 2; gens++) {
		struct mm_sim_cfg cfg = box_cfg(K_7_3, gens, 2);
		struct mm_sim_mover mv = { .pid = 5, .cpu = 1, .node = 0, .misplaced = true };
		struct mm_sim_moved done;
		struct mm_page_info info;

		box_open(&b, &cfg);
		mv.pfn = box_fill(&b, 1, MM_SIM_ANON, 3, NULL);
		hear(&b);
		assert_int_equal(mm_sim_move_to(b.s, &mv, &done), MM_MOVE_DONE);
		assert_true(done.from == mv.pfn && done.to < NODE_1 && done.order == 0);
		assert_int_equal(mm_lru_total(b.s, 0), 1);
		assert_int_equal(mm_lru_total(b.s, 1), 2);
		mm_page_get(b.s->m, done.to, &info);
		assert_true(info.state == MM_PAGE_ALLOC && info.lru == MM_LRU_ANON);
		mm_page_get(b.s->m, done.from, &info);
		assert_true(info.state != MM_PAGE_ALLOC);
		assert_int_equal(seen.reason, 5); /* MR_NUMA_MISPLACED */
		assert_int_equal(seen.moved, 1);
		assert_int_equal(mm_sim_stat(b.s, MM_SIM_PGMIGRATE_SUCCESS), 1);
		mv.pfn = done.to;
		assert_int_equal(mm_sim_move_to(b.s, &mv, &done), MM_MOVE_THERE);
		/* on no LRU: nobody knows how to move it; and there is no node 2 */
		mv.pfn = box_take(&b, 1, 0);
		assert_int_equal(mm_sim_move_to(b.s, &mv, &done), MM_MOVE_STAYS);
		mv.pfn = done.to;
		mv.node = 2;
		assert_int_equal(mm_sim_move_to(b.s, &mv, &done), MM_MOVE_STAYS);
		assert_int_equal(seen.starts, 1);
		box_sound(&b);
		box_close(&b);
	}
}

/*
 * Node 0 has its high watermark and one page, which is too little for one more: the page stays, and with memory tiering (only
 * then) kswapd is woken to make room.
 */
static void no_room(void **state)
{
	static struct box b;

	(void)state;
	for (unsigned int tiering = 0; tiering < 2; tiering++) {
		struct mm_sim_cfg cfg = box_cfg(K_7_3, true, 2);
		struct mm_sim_mover mv = { .pid = 5, .node = 0, .misplaced = true };
		struct mm_sim_moved done;

		cfg.policy.tune[MM_TUNE_NUMA_BALANCING] = tiering ? 2 : 1;
		box_open(&b, &cfg);
		mv.pfn = box_fill(&b, 1, MM_SIM_ANON, 1, NULL);
		while (box_free(&b, 0) > HIGH_MARK + 1 + 16)
			assert_true(box_take(&b, 0, 4) != UINT64_MAX);
		for (unsigned int o = 4; o-- > 0;)
			while (box_free(&b, 0) >= HIGH_MARK + 1 + (1 << o) && (o || box_free(&b, 0) > HIGH_MARK + 1))
				assert_true(box_take(&b, 0, o) != UINT64_MAX);
		hear(&b);
		assert_int_equal(mm_sim_move_to(b.s, &mv, &done), MM_MOVE_FULL);
		assert_int_equal(seen.starts, 0);
		assert_int_equal(mm_sim_kswapd_state(b.s, 0, NULL), tiering ? MM_THREAD_RUNS : MM_THREAD_ASLEEP);
		assert_int_equal(mm_lru_total(b.s, 1), 1);
		box_close(&b);
	}
}

/* A request that is bound to node 1 has its pages from there, whatever node its CPU is on, and none when there are none. */
static void bound(void **state)
{
	static struct box b;
	static const int8_t cpu_node[2] = { 1, 0 };
	struct mm_sim_cfg cfg = box_cfg(K_7_3, false, 2);
	struct mm_request rq = { .pid = 1, .mt = MM_MT_MOVABLE, .gfp = MM_GFP_MOVABLE, .zone_type = 3, .node = -1, .nodes = 2 };
	struct mm_grant g;

	(void)state;
	cfg.cpu_node = cpu_node;
	box_open(&b, &cfg);
	for (unsigned int cpu = 0; cpu < 2; cpu++) {
		rq.cpu = (uint16_t)cpu;
		assert_int_equal(mm_sim_alloc(b.s, &rq, &g), MM_GOT_PAGE);
		assert_true(g.pfn >= NODE_1);
	}
	while (mm_sim_alloc(b.s, &rq, &g) == MM_GOT_PAGE)
		assert_true(g.pfn >= NODE_1);
	assert_true(box_free(&b, 1) <= MIN_MARK);
	/* without that, CPU 1's come from node 0, and CPU 0's from there for want of others */
	rq.nodes = 0;
	for (unsigned int cpu = 0; cpu < 2; cpu++) {
		rq.cpu = (uint16_t)cpu;
		assert_int_equal(mm_sim_alloc(b.s, &rq, &g), MM_GOT_PAGE);
		assert_true(g.pfn < NODE_1);
	}
	/* with room everywhere each CPU has its own */
	box_close(&b);
	cfg = box_cfg(K_7_3, false, 2);
	cfg.cpu_node = cpu_node;
	box_open(&b, &cfg);
	for (unsigned int cpu = 0; cpu < 2; cpu++) {
		rq.cpu = (uint16_t)cpu;
		assert_int_equal(mm_sim_alloc(b.s, &rq, &g), MM_GOT_PAGE);
		assert_int_equal(g.pfn >= NODE_1, cpu == 0);
	}
	box_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(room_for_ten), cmocka_unit_test(promoted), cmocka_unit_test(no_room), cmocka_unit_test(bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
