// SPDX-License-Identifier: GPL-2.0-only
/* Requests that stall, why kswapd sleeps, and pageblocks that an event makes of another type. */
#include "made.h"

#define DIRECT 0x400ull  /* __GFP_DIRECT_RECLAIM */
#define MOVABLE 0x8ull
#define RECLAIMABLE 0x10ull

static void start(struct made *mk)
{
	made_init(mk, 7, 3, MADE_USED);
	mk->cap.gfp.direct_reclaim = DIRECT;
	mk->cap.gfp.movable = MOVABLE;
	mk->cap.gfp.reclaimable = RECLAIMABLE;
	mk->pid = 265;
}

static void begin_reclaim(struct made *mk, unsigned int order, uint64_t gfp)
{
	struct sg_event ev = made_event(mk, SG_EV_mm_vmscan_direct_reclaim_begin);

	ev.v[SGF_mm_vmscan_direct_reclaim_begin_order] = order;
	ev.v[SGF_mm_vmscan_direct_reclaim_begin_gfp_flags] = gfp;
	made_send(mk, &ev);
}

static void end_reclaim(struct made *mk, uint64_t nr)
{
	struct sg_event ev = made_event(mk, SG_EV_mm_vmscan_direct_reclaim_end);

	ev.v[SGF_mm_vmscan_direct_reclaim_end_nr_reclaimed] = nr;
	made_send(mk, &ev);
}

static void compact(struct made *mk, unsigned int order, uint64_t gfp)
{
	struct sg_event ev = made_event(mk, SG_EV_mm_compaction_try_to_compact_pages);

	ev.v[SGF_mm_compaction_try_to_compact_pages_order] = order;
	ev.v[SGF_mm_compaction_try_to_compact_pages_gfp_mask] = gfp;
	ev.v[SGF_mm_compaction_try_to_compact_pages_prio] = 1;
	made_send(mk, &ev);
}

/* An mm_page_alloc of the sender; pfn 0 for a request that fails. */
static void got(struct made *mk, uint64_t pfn, uint64_t gfp)
{
	struct sg_event ev = made_event(mk, SG_EV_mm_page_alloc);

	ev.v[SGF_mm_page_alloc_pfn] = pfn;
	ev.v[SGF_mm_page_alloc_order] = 0;
	ev.v[SGF_mm_page_alloc_gfp_flags] = gfp;
	ev.v[SGF_mm_page_alloc_migratetype] = U;
	made_send(mk, &ev);
}

/* Two rounds of an unmovable request, and a compaction; a page for the reclaim itself and an interrupt's end nothing. */
static void rounds(void **state)
{
	struct mm_stall_info s;
	struct made mk;

	(void)state;
	start(&mk);
	assert_int_equal(mm_nr_stalls(mk.m), 0);
	mk.ts = 5000;
	begin_reclaim(&mk, 0, DIRECT);
	got(&mk, 0, DIRECT); /* within the reclaim */
	end_reclaim(&mk, 32);
	compact(&mk, 9, DIRECT);
	begin_reclaim(&mk, 9, DIRECT);
	end_reclaim(&mk, 7);
	assert_int_equal(mm_nr_stalls(mk.m), 1);
	mm_stall_get(mk.m, 0, &s);
	assert_int_equal(s.pid, 265);
	assert_int_equal(s.order, 9);
	assert_int_equal(s.migratetype, U);
	assert_int_equal(s.reclaims, 2);
	assert_int_equal(s.compactions, 1);
	assert_int_equal(s.reclaimed, 39);
	assert_int_equal(s.event, 1);
	/* an interrupt on top of it, and a request that may not reclaim */
	mk.common_flags = 0x08;
	got(&mk, 0, DIRECT);
	mk.common_flags = 0;
	got(&mk, 0, 0);
	assert_int_equal(mm_nr_stalls(mk.m), 1);
	/* others stall as well: each of its type, the oldest first */
	mk.pid = 300;
	begin_reclaim(&mk, 9, DIRECT | MOVABLE);
	end_reclaim(&mk, 0);
	mk.pid = 301;
	begin_reclaim(&mk, 1, DIRECT | RECLAIMABLE);
	end_reclaim(&mk, 0);
	assert_int_equal(mm_nr_stalls(mk.m), 3);
	assert_int_equal(mm_stalls_of(mk.m, U), 1);
	assert_int_equal(mm_stalls_of(mk.m, M), 1);
	assert_int_equal(mm_stalls_of(mk.m, R), 1);
	mk.pid = 265;
	got(&mk, 0, DIRECT); /* it fails: that ends it too */
	assert_int_equal(mm_nr_stalls(mk.m), 2);
	mm_stall_get(mk.m, 0, &s);
	assert_int_equal(s.pid, 300);
	/* behind a gap nobody knows */
	mk.missed = 3;
	got(&mk, 0, 0);
	assert_int_equal(mm_nr_stalls(mk.m), 0);
	made_fini(&mk);
}

/* More than are followed: the first 64 stay, and each of them still ends. */
static void many(void **state)
{
	struct made mk;

	(void)state;
	start(&mk);
	for (mk.pid = 1000; mk.pid < 1100; mk.pid++) {
		begin_reclaim(&mk, 0, DIRECT);
		end_reclaim(&mk, 0);
	}
	assert_int_equal(mm_nr_stalls(mk.m), 64);
	for (mk.pid = 1099; mk.pid >= 1000; mk.pid--)
		got(&mk, 0, DIRECT);
	assert_int_equal(mm_nr_stalls(mk.m), 0);
	check_sound(&mk, 0);
	made_fini(&mk);
}

static enum mm_kswapd_sleep sleeps(struct made *mk)
{
	struct sg_event ev = made_event(mk, SG_EV_mm_vmscan_kswapd_sleep);
	struct mm_node_info n;

	ev.v[SGF_mm_vmscan_kswapd_sleep_nid] = 0;
	made_send(mk, &ev);
	mm_node_get(mk->m, 0, &n);
	return n.kswapd_slept;
}

static void fails(struct made *mk, unsigned int failures)
{
	struct sg_event ev = made_event(mk, SG_EV_mm_vmscan_kswapd_reclaim_fail);

	ev.v[SGF_mm_vmscan_kswapd_reclaim_fail_nid] = 0;
	ev.v[SGF_mm_vmscan_kswapd_reclaim_fail_failures] = failures;
	made_send(mk, &ev);
}

/* 7.x counts the rounds that fail: the sixteenth is the last. */
static void gives_up(void **state)
{
	struct made mk;

	(void)state;
	start(&mk);
	mk.cap.present[SG_EV_mm_vmscan_kswapd_reclaim_fail] = true;
	assert_int_equal(sleeps(&mk), MM_KSWAPD_SLEEP_BALANCED);
	fails(&mk, 15);
	assert_int_equal(sleeps(&mk), MM_KSWAPD_SLEEP_BALANCED);
	fails(&mk, 16);
	assert_int_equal(sleeps(&mk), MM_KSWAPD_SLEEP_GAVE_UP);
	made_fini(&mk);
	/* without that event only known free pages tell */
	made_init(&mk, 6, 18, MADE_BLIND);
	assert_int_equal(sleeps(&mk), MM_KSWAPD_SLEEP_UNKNOWN);
	made_fini(&mk);
}

/* An unmovable request claims a Movable pageblock: the event's changes name it. */
static void blocks_change(void **state)
{
	const struct mm_block_change *ch;
	size_t nr, total;
	struct made mk;

	(void)state;
	start(&mk);
	send_free(&mk, B(2), 9);
	send_drain(&mk, B(2), 9, M);
	ch = mm_block_changes(mk.m, &nr, &total);
	assert_int_equal(nr, 1);
	assert_int_equal(ch[0].pfn, B(2));
	assert_int_equal(ch[0].from, MM_MT_UNKNOWN);
	assert_int_equal(ch[0].to, M);
	send_extfrag(&mk, B(2), 0, 9, U, M, OWNED);
	ch = mm_block_changes(mk.m, &nr, &total);
	assert_int_equal(nr, 1);
	assert_int_equal(total, 1);
	assert_int_equal(ch[0].pfn, B(2));
	assert_int_equal(ch[0].from, M);
	assert_int_equal(ch[0].to, U);
	send_alloc(&mk, B(2), 0, U);
	mm_block_changes(mk.m, &nr, NULL);
	assert_int_equal(nr, 0);
	made_fini(&mk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rounds),
		cmocka_unit_test(many),
		cmocka_unit_test(gives_up),
		cmocka_unit_test(blocks_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
