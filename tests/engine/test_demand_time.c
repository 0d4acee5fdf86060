// SPDX-License-Identifier: GPL-2.0-only
/* The times of a demand, what the kernel's own work cost, and traces of any nonsense. */
#include "demand_made.h"

#include <string.h>

#include "demand/ahead.h"
#include "machine/guesses.h"

/* ---- time ---------------------------------------------------------------------------- */

/* In us: what was between two things that are wanted on a CPU, less what the kernel did for itself meanwhile. */
static void think_times(void **state)
{
	struct tale *t = begin();
	const struct mm_demand *d;

	(void)state;
	as(t, CAT, 0);
	at(t, 10000);
	alloc(t, B(0), 0, G_USER);         /* 0: the CPU's first */
	at(t, 13000);
	alloc(t, B(0) + 1, 0, G_USER);     /* 3000 */
	as(t, KSWAPD, 0);
	at(t, 14000);
	just(t, SG_EV_mm_vmscan_kswapd_wake); /* until now it slept */
	at(t, 16000);
	send_free(&t->mk, B(4), 0);
	as(t, DD, 1);
	at(t, 17000);
	alloc(t, B(0) + 2, 0, G_USER);     /* 0: the other CPU's first */
	as(t, CAT, 0);
	at(t, 19000);
	alloc(t, B(0) + 3, 0, G_USER);     /* 2800: until kswapd woke, and three fifths of 3000: they are silent for 3000 and 2000 */
	at(t, 20000);
	reclaim_begin(t, 0, G_USER);       /* 1000: since 19000 */
	at(t, 26000);
	just(t, SG_EV_mm_vmscan_direct_reclaim_end);
	at(t, 27000);
	alloc(t, B(0) + 4, 0, G_USER);
	at(t, 28000);
	alloc(t, B(0) + 5, 0, G_USER);     /* 1000: since 27000 */
	at(t, 29000);
	send_free(&t->mk, B(1), 0);        /* unknown, so not wanted; but a task's */
	t->mk.common_flags = HARD_IRQ;
	as(t, KSWAPD, 0);
	at(t, 29500);
	alloc(t, B(0) + 6, 0, G_HIGH);     /* 1500: since 28000; the interrupt isn't kswapd's work */
	t->mk.common_flags = 0;
	as(t, CAT, 0);
	at(t, 31000);
	alloc(t, B(0) + 7, 0, G_USER);     /* 979 of the 1500 since 29500: kswapd was interrupted; 49e6 / 13000 against 2000 */
	at(t, 30000);
	alloc(t, B(0) + 8, 0, G_USER);     /* 0: time doesn't go back */
	at(t, UINT64_C(6000030000));
	alloc(t, B(0) + 9, 0, G_USER);     /* 6 s: the CPU was idle */
	at(t, UINT64_C(6000031000));
	alloc(t, B(0) + 10, 0, G_USER);    /* 1000 */
	d = end(t);
	assert_int_equal(d->nr_wants, 11);
	assert_int_equal(d->want[0].think, 0);
	assert_int_equal(d->want[1].think, 3000);
	assert_int_equal(d->want[2].think, 0);
	assert_int_equal(d->want[3].think, 2800);
	assert_int_equal(d->want[4].think, 1000);
	assert_int_equal(d->want[4].ts, 20000);
	assert_int_equal(d->want[5].think, 1000);
	assert_int_equal(d->want[6].think, 1500);
	assert_int_equal(d->want[7].think, 979);
	assert_int_equal(d->want[8].think, 0);
	assert_int_equal(d->want[9].think, UINT64_C(6000000000));
	assert_int_equal(d->want[10].think, 1000);
	done(t);
}

/*
 * kswapd has the CPU for 3 ms more than ALONE_US: nobody waited for it, so 3 ms are the others' time.  Where a stalled task has
 * events in between, and so did wait, none is.
 */
static void think_beside_kswapd(void **state)
{
	(void)state;
	for (unsigned int stalled = 0; stalled < 2; stalled++) {
		struct tale *t = begin();
		uint64_t now = 1000000, long_ns = (uint64_t)MM_GUESS(ALONE_US) * 1000 + 3000000;
		const struct mm_demand *d;

		as(t, CAT, 0);
		at(t, now);
		alloc(t, B(0), 0, G_USER);
		as(t, KSWAPD, 0);
		at(t, now += 1000);
		just(t, SG_EV_mm_vmscan_kswapd_wake);
		at(t, now += long_ns / 2);
		send_free(&t->mk, B(4), 0);
		if (stalled) {
			as(t, DD, 0);
			at(t, now);
			reclaim_begin(t, 0, G_USER); /* want 1 */
			just(t, SG_EV_mm_vmscan_direct_reclaim_end);
			as(t, KSWAPD, 0);
		}
		at(t, now += long_ns / 2);
		send_free(&t->mk, B(4) + 1, 0);
		as(t, CAT, 0);
		at(t, now += 500);
		alloc(t, B(0) + 1, 0, G_USER);
		d = end(t);
		/* dd's request takes the 1000 ns before kswapd woke */
		if (stalled)
			assert_int_equal(d->want[1].think, 1000);
		/* of the last 500 ns half are kswapd's, as far as one event of cat's tells */
		assert_int_equal(d->want[1 + stalled].think, stalled ? 250 : 1000 + 3000000 + 250);
		done(t);
	}
}

static void shrink(struct tale *t, uint64_t scanned, uint64_t reclaimed)
{
	struct sg_event ev = made_event(&t->mk, SG_EV_mm_vmscan_lru_shrink_inactive);

	ev.v[SGF_mm_vmscan_lru_shrink_inactive_nr_scanned] = scanned;
	ev.v[SGF_mm_vmscan_lru_shrink_inactive_nr_reclaimed] = reclaimed;
	made_send(&t->mk, &ev);
}

/* kswapd reclaims @pages of twice as many in two steps; in one it waits for most of the time. */
static const struct mm_demand *kswapd_reclaims(struct tale *t, uint64_t pages)
{
	uint64_t most = (uint64_t)MM_GUESS(IDLE_US) * 1000;

	as(t, KSWAPD, 0);
	at(t, 1000);
	just(t, SG_EV_mm_vmscan_kswapd_wake);
	at(t, 1000 + 5 * most);
	shrink(t, pages, pages / 2);
	at(t, 1000 + 5 * most + 240000);
	shrink(t, pages, pages - pages / 2);
	return end(t);
}

/* Of 50 ms, 40 were waiting: 10,240,000 ns for 512 pages of 1024 (20,000 each, 10,000 each to look at); for 255 nothing is told. */
static void costs_of_kswapd(void **state)
{
	struct tale *t = begin();
	const struct mm_demand *d = kswapd_reclaims(t, 512);

	(void)state;
	assert_int_equal(MM_GUESS(IDLE_US), 10000);
	assert_int_equal(d->costs.kswapd_pages, 512);
	assert_int_equal(d->costs.kswapd_page, 20000);
	assert_int_equal(d->costs.kswapd_scan, 10000);
	assert_int_equal(d->costs.direct_page, 0);
	done(t);
	t = begin();
	d = kswapd_reclaims(t, 255);
	assert_int_equal(d->costs.kswapd_pages, 255);
	assert_int_equal(d->costs.kswapd_page, 0);
	assert_int_equal(d->costs.kswapd_scan, 20078); /* 510 are enough for this one */
	done(t);
}

/*
 * kswapd has an event every 1000 ns, cat one every 3000: of 4000 between them a quarter is kswapd's, whoever came first.  Once it
 * sleeps nothing is.
 */
static void costs_where_two_share(void **state)
{
	struct tale *t = begin();
	const struct mm_demand *d;

	(void)state;
	as(t, KSWAPD, 0);
	at(t, 1000);
	just(t, SG_EV_mm_vmscan_kswapd_wake);
	at(t, 2000);
	shrink(t, 100, 100);
	as(t, CAT, 0);
	at(t, 2000);
	alloc(t, B(0), 0, G_USER);
	at(t, 5000);
	alloc(t, B(0) + 1, 0, G_USER); /* 3000, all cat's */
	as(t, KSWAPD, 0);
	at(t, 9000);
	shrink(t, 100, 100);           /* 1000 */
	as(t, CAT, 0);
	at(t, 13000);
	alloc(t, B(0) + 2, 0, G_USER); /* 3000 of the 4000 before that, 3000 of these */
	as(t, KSWAPD, 0);
	at(t, 13000);
	shrink(t, 56, 56);
	at(t, 14000);
	just(t, SG_EV_mm_vmscan_kswapd_sleep);
	as(t, CAT, 0);
	at(t, 18000);
	alloc(t, B(0) + 3, 0, G_USER); /* 1000 until kswapd slept, and 4000 */
	d = end(t);
	assert_int_equal(d->want[1].think, 3000);
	assert_int_equal(d->want[2].think, 6000);
	assert_int_equal(d->want[3].think, 5000);
	/* 1000 alone, 1000 and 1000 of what they shared */
	assert_int_equal(d->costs.kswapd_pages, 256);
	assert_int_equal(d->costs.kswapd_page, (3000 + 128) / 256);
	done(t);
}

/*
 * 16 requests stall.  In each, reclaim takes 10,000 ns for 16 pages of 20, then 3000 ns pass until the page comes: 625 ns
 * and 500 ns to a page, 3000 ns to a round, but for one that has 40,000 more: 88,000 for 16.
 */
static void costs_of_requests(void **state)
{
	struct tale *t = begin();
	const struct mm_demand *d;

	(void)state;
	as(t, CAT, 0);
	for (uint64_t i = 0; i < 16; i++) {
		at(t, 100000 * (i + 1));
		reclaim_begin(t, 0, G_USER);
		at(t, 100000 * (i + 1) + 6000);
		shrink(t, 20, 16);
		at(t, 100000 * (i + 1) + 10000);
		just(t, SG_EV_mm_vmscan_direct_reclaim_end);
		if (i == 3) {
			/* another task has one event: half of the 40,000 ns before it is the round's, and half of those after it */
			as(t, DD, 0);
			at(t, 100000 * (i + 1) + 50000);
			activate(t, B(1));
			as(t, CAT, 0);
			at(t, 100000 * (i + 1) + 90000);
			activate(t, B(1));
			at(t, 100000 * (i + 1) + 93000);
		} else {
			at(t, 100000 * (i + 1) + 13000);
		}
		alloc(t, B(0) + i, 0, G_USER);
	}
	d = end(t);
	assert_int_equal(d->costs.direct_pages, 256);
	assert_int_equal(d->costs.direct_page, 625);
	assert_int_equal(d->costs.direct_scan, 500);
	assert_int_equal(d->costs.rounds, 16);
	assert_int_equal(d->costs.round, 5500);
	assert_int_equal(d->costs.kswapd_page, 0);
	done(t);
}

/* kcompactd passes 1024 + 1024 page frames in 40,960 ns, and moves 300 pages in 450,150 ns: 20 and 1501 (rounded) each. */
static void costs_of_compaction(void **state)
{
	struct tale *t = begin();
	const struct mm_demand *d;
	struct sg_event ev;

	(void)state;
	as(t, KCOMPACTD, 1);
	at(t, 10000);
	just(t, SG_EV_mm_compaction_begin);
	at(t, 10000 + 30000);
	ev = made_event(&t->mk, SG_EV_mm_compaction_isolate_migratepages);
	ev.v[SGF_mm_compaction_isolate_migratepages_nr_scanned] = 1024;
	made_send(&t->mk, &ev);
	at(t, 10000 + 40960);
	ev = made_event(&t->mk, SG_EV_mm_compaction_isolate_freepages);
	ev.v[SGF_mm_compaction_isolate_freepages_nr_scanned] = 1024;
	made_send(&t->mk, &ev);
	at(t, 10000 + 40960 + 450150);
	ev = made_event(&t->mk, SG_EV_mm_compaction_migratepages);
	ev.v[SGF_mm_compaction_migratepages_nr_migrated] = 300;
	made_send(&t->mk, &ev);
	d = end(t);
	assert_int_equal(d->costs.compact_scan, 20);
	assert_int_equal(d->costs.moved_pages, 300);
	assert_int_equal(d->costs.compact_move, 1501);
	done(t);
}

/*
 * kcompactd looks at 2048 page frames in 20,480 ns, and moves 1024 pages in as many us; then 1024 more in three times as long: 10 ns
 * and 2000 ns each, of which the first stretch took half, and the second one and a half times as much.
 */
static void pace_of_compaction(void **state)
{
	struct tale *t = begin();
	const struct mm_demand *d;
	struct sg_event ev;
	uint64_t now = 10000;

	(void)state;
	assert_int_equal(MM_GUESS(PACE_PAGES), 1024);
	as(t, KCOMPACTD, 1);
	at(t, now);
	just(t, SG_EV_mm_compaction_begin);
	for (unsigned int i = 0; i < 8; i++) {
		at(t, now += 2560);
		ev = made_event(&t->mk, SG_EV_mm_compaction_isolate_migratepages);
		ev.v[SGF_mm_compaction_isolate_migratepages_nr_scanned] = 256;
		made_send(&t->mk, &ev);
		at(t, now += i < 4 ? 256000 : 768000);
		ev = made_event(&t->mk, SG_EV_mm_compaction_migratepages);
		ev.v[SGF_mm_compaction_migratepages_nr_migrated] = 256;
		made_send(&t->mk, &ev);
	}
	d = end(t);
	assert_int_equal(d->costs.compact_scan, 10);
	assert_int_equal(d->costs.compact_move, 2000);
	assert_int_equal(d->nr_paces, 2);
	assert_int_equal(d->pace[0].until, 10000 + 4 * (2560 + 256000));
	assert_int_equal(d->pace[0].percent, 50); /* 1,034,240 of 2,058,240 ns */
	assert_int_equal(d->pace[1].until, now);
	assert_int_equal(d->pace[1].percent, 150);
	done(t);
}

/* ---- hostile traces ------------------------------------------------------------------ */

static uint64_t odd(uint64_t *seed)
{
	static const uint64_t edges[] = { 0, 1, UINT64_MAX, INT64_MAX, 1ull << 63, UINT32_MAX, 1ull << 32, 11, 15, 16, 64, 255,
					  65536, MM_MAX_PFN - 1, START, END - 1, END };
	uint64_t r = rnd(seed);

	return r & 1 ? edges[(r >> 8) % (sizeof(edges) / sizeof(edges[0]))] : rnd(seed) >> (r >> 8) % 64;
}

/* Events of any kind with any numbers, most of them near the zone's pages: what comes out is a demand. */
static void hostile(void **state)
{
	static const enum sg_kind kinds[] = {
		SG_EV_mm_page_alloc, SG_EV_mm_page_alloc, SG_EV_mm_page_alloc, SG_EV_mm_page_free, SG_EV_mm_page_free, SG_EV_mm_page_free_batched,
		SG_EV_mm_page_alloc_zone_locked, SG_EV_mm_page_pcpu_drain, SG_EV_mm_lru_insertion, SG_EV_mm_lru_activate,
		SG_EV_mm_filemap_add_to_page_cache, SG_EV_mm_filemap_delete_from_page_cache, SG_EV_print,
		SG_EV_mm_vmscan_direct_reclaim_begin, SG_EV_mm_vmscan_direct_reclaim_end, SG_EV_mm_compaction_begin,
		SG_EV_mm_compaction_end, SG_EV_mm_compaction_try_to_compact_pages, SG_EV_mm_compaction_migratepages,
		SG_EV_mm_compaction_isolate_freepages, SG_EV_mm_vmscan_lru_shrink_inactive,
	};
	static const int32_t pids[] = { KSWAPD, KCOMPACTD, CAT, DD, 0, -1, INT32_MIN };

	(void)state;
	for (uint64_t run = 1; run <= 6; run++) {
		uint64_t seed = run;
		struct tale *t = begin();
		struct mm_ahead *a;
		struct sg_err err = { 0 };

		print_message("seed %llu\n", (unsigned long long)run);
		for (unsigned int i = 0; i < 20000; i++) {
			enum sg_kind kind = kinds[rnd(&seed) % (sizeof(kinds) / sizeof(kinds[0]))];
			const struct sg_kind_info *ki = sg_kind_info(kind);
			struct sg_event ev;
			bool wild = rnd(&seed) % 64 == 0;

			t->mk.pid = pids[rnd(&seed) % (sizeof(pids) / sizeof(pids[0]))];
			t->mk.cpu = wild ? (uint16_t)odd(&seed) : rnd(&seed) % 2;
			t->mk.common_flags = rnd(&seed) % 8 ? 0 : (uint8_t)rnd(&seed);
			ev = made_event(&t->mk, kind);
			if (wild)
				ev.ts = odd(&seed);
			for (unsigned int f = 0; f < ki->nr_fields; f++) {
				if (rnd(&seed) % 64 == 0)
					ev.v[f] = odd(&seed);
				else if (ki->field[f].type == SG_T_PFN)
					ev.v[f] = START + rnd(&seed) % 600;
				else if (ki->field[f].type == SG_T_ORDER)
					ev.v[f] = rnd(&seed) % 5;
				else if (ki->field[f].type == SG_T_GFP)
					ev.v[f] = rnd(&seed) % 2 ? G_USER | G_COMP : G_KERNEL;
				else
					ev.v[f] = rnd(&seed) % 5;
			}
			if (kind == SG_EV_print) {
				ev.str = "any text";
				ev.str_len = (uint32_t)(rnd(&seed) % 8);
				ev.v[SGF_print_buf] = ev.str_len;
			}
			made_send(&t->mk, &ev);
		}
		check_whole_demand(end(t));
		print_message("%zu wants, %llu migrated\n", t->d->nr_wants, (unsigned long long)t->d->left.migrated);
		assert_true(t->d->nr_wants > 1000);
		assert_true(t->d->left.migrated > 0);
		assert_int_equal(mm_ahead_scan(t->mk.log, &t->mk.cap, 0, &a, &err), 0);
		mm_ahead_free(a);
		done(t);
	}
}

/* Nothing at all, and a start behind the end. */
static void empty(void **state)
{
	struct tale *t = begin();
	const struct mm_demand *d;
	struct sg_err err = { 0 };

	(void)state;
	d = end(t);
	assert_int_equal(d->nr_wants, 0);
	mm_demand_free(t->d);
	alloc(t, B(0), 0, G_USER);
	assert_int_equal(mm_demand_take(t->mk.log, &t->mk.cap, 7, t->start, &t->d, &err), 0);
	assert_int_equal(t->d->nr_wants, 0);
	assert_int_equal(t->d->from, 7);
	done(t);
	assert_string_equal(mm_want_key(MM_WANT_ALLOC), "alloc");
	assert_string_equal(mm_want_key(MM_WANT_MARK), "mark");
	assert_string_equal(mm_want_key(MM_WANT_KINDS), "unknown");
	mm_demand_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(think_times), cmocka_unit_test(think_beside_kswapd),
		cmocka_unit_test(costs_of_kswapd), cmocka_unit_test(costs_where_two_share), cmocka_unit_test(costs_of_requests),
		cmocka_unit_test(costs_of_compaction), cmocka_unit_test(pace_of_compaction), cmocka_unit_test(hostile),
		cmocka_unit_test(empty),
	};

	return cmocka_run_group_tests_name("times of a demand", tests, NULL, NULL);
}
