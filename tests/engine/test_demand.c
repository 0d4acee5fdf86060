// SPDX-License-Identifier: GPL-2.0-only
/* Demand out of traces made by hand: requests, frees, migrations, files. */
#include "demand_made.h"

#include <string.h>

/* ---- requests ------------------------------------------------------------------------ */

/*
 * cat asks for order 3 at 2000 ns and gets it at 7000; it stands where it was first asked for, before dd's page of 3000.
 * Its task's second stall before the page is the same request.
 */
static void first_stall(void **state)
{
	struct tale *t = begin();
	const struct mm_demand *d;

	(void)state;
	as(t, CAT, 0);
	alloc(t, B(0), 0, G_USER);
	reclaim_begin(t, 3, G_KERNEL | G_COMP);
	as(t, DD, 1);
	alloc(t, B(0) + 1, 0, G_KERNEL);
	as(t, CAT, 0);
	just(t, SG_EV_mm_vmscan_direct_reclaim_end);
	try_to_compact(t, 3, G_KERNEL | G_COMP);
	just(t, SG_EV_mm_compaction_begin);
	just(t, SG_EV_mm_compaction_end);
	at(t, 7000);
	alloc(t, B(0) + 8, 3, G_KERNEL | G_COMP);
	/* another one: compaction comes first; the trace ends before its page */
	at(t, 9000);
	try_to_compact(t, 9, G_USER | G_COMP | G_NOMEMALLOC);
	d = end(t);
	assert_int_equal(d->nr_wants, 4);
	check_want(d, 0, MM_WANT_ALLOC, CAT, 1, 0, 0, 0);
	check_want(d, 1, MM_WANT_ALLOC, CAT, 3, 3, 0, 0);
	check_want(d, 2, MM_WANT_ALLOC, DD, 2, 0, 0, 0);
	check_want(d, 3, MM_WANT_ALLOC, CAT, MM_NO_HANDLE, 9, 0, 0);
	assert_int_equal(d->want[0].ts, 1000);
	assert_int_equal(d->want[1].ts, 2000);
	assert_int_equal(d->want[2].ts, 3000);
	assert_int_equal(d->want[3].ts, 9000);
	assert_int_equal(d->want[2].cpu, 1);
	assert_int_equal(d->want[0].mt, M);
	assert_int_equal(d->want[0].gfp, MM_GFP_KERNEL | MM_GFP_MOVABLE | MM_GFP_CMA_OK);
	assert_int_equal(d->want[1].mt, U);
	assert_int_equal(d->want[1].gfp, MM_GFP_KERNEL | MM_GFP_COMP);
	assert_int_equal(d->want[3].gfp, MM_GFP_KERNEL | MM_GFP_COMP | MM_GFP_NOMEMALLOC | MM_GFP_MOVABLE | MM_GFP_CMA_OK);
	assert_int_equal(d->left.stalls, 2);
	assert_int_equal(d->ts_first, 1000);
	assert_int_equal(d->ts_last, 9000);
	/* 3 handles and nobody; all came later than the start */
	assert_int_equal(d->nr_handles, 4);
	for (uint32_t h = 1; h < 4; h++)
		assert_int_equal(d->first_pfn[h], UINT32_MAX);
	assert_int_equal(d->first_order[3], 3);
	check_whole_demand(d);
	done(t);
}

/* A request that got nothing, at once or after a stall, is demand all the same; its page's number is 0 or all ones. */
static void failed(void **state)
{
	struct tale *t = begin();
	const struct mm_demand *d;

	(void)state;
	as(t, CAT, 0);
	alloc(t, 0, 2, G_KSWAPD);
	reclaim_begin(t, 9, G_USER | G_NORETRY);
	just(t, SG_EV_mm_vmscan_direct_reclaim_end);
	alloc(t, UINT64_MAX, 9, G_USER | G_NORETRY);
	alloc(t, B(1), 0, G_USER);
	d = end(t);
	assert_int_equal(d->nr_wants, 3);
	check_want(d, 0, MM_WANT_ALLOC, CAT, 1, 2, 0, MM_WANT_FAILED);
	check_want(d, 1, MM_WANT_ALLOC, CAT, 2, 9, 0, MM_WANT_FAILED);
	assert_int_equal(d->want[1].ts, 2000);
	check_want(d, 2, MM_WANT_ALLOC, CAT, 3, 0, 0, 0);
	check_whole_demand(d);
	done(t);
}

/*
 * What kswapd, kcompactd and a task inside direct reclaim or a stall take and give back is the kernel's own.  An interrupt
 * on top of them isn't.
 */
static void own_work(void **state)
{
	struct tale *t = begin();
	const struct mm_demand *d;

	(void)state;
	as(t, KSWAPD, 0);
	alloc(t, B(0), 0, G_KERNEL);     /* own, for swapping */
	t->mk.common_flags = HARD_IRQ;
	alloc(t, B(0) + 1, 0, G_HIGH);   /* want 0: handle 1 */
	t->mk.common_flags = 0;
	send_free(&t->mk, B(0), 0);      /* own */
	as(t, KCOMPACTD, 0);
	alloc(t, B(0) + 2, 0, G_KERNEL); /* own */
	as(t, CAT, 1);
	reclaim_begin(t, 0, G_KERNEL);   /* want 1 */
	alloc(t, B(0) + 3, 0, G_KERNEL); /* own, for swapping, though it may reclaim */
	t->mk.common_flags = HARD_IRQ;
	send_free(&t->mk, B(0) + 1, 0);  /* want 2 */
	t->mk.common_flags = 0;
	just(t, SG_EV_mm_vmscan_direct_reclaim_end);
	alloc(t, B(0) + 4, 0, G_HIGH);   /* own: it may not reclaim, so it isn't what the task waits for */
	alloc(t, B(0) + 5, 0, G_KERNEL); /* want 1 has it: handle 2 */
	d = end(t);
	assert_int_equal(d->nr_wants, 3);
	check_want(d, 0, MM_WANT_ALLOC, KSWAPD, 1, 0, 0, MM_WANT_INTERRUPT);
	check_want(d, 1, MM_WANT_ALLOC, CAT, 2, 0, 0, 0);
	check_want(d, 2, MM_WANT_FREE, CAT, 1, 0, 0, MM_WANT_INTERRUPT);
	assert_int_equal(d->left.own_allocs, 4);
	assert_int_equal(d->left.swap_requests, 2);
	assert_int_equal(d->left.own_frees, 1);
	assert_int_equal(d->left.unknown_frees, 0);
	done(t);
}

/* ---- frees --------------------------------------------------------------------------- */

/* A block is given back by its handle, whoever does it, whole or in parts; the page's next owner is another. */
static void frees_by_handle(void **state)
{
	struct tale *t = begin();
	const struct mm_demand *d;

	(void)state;
	as(t, CAT, 0);
	alloc(t, B(0), 2, G_KERNEL);
	as(t, DD, 1);
	send_free(&t->mk, B(0), 2);
	alloc(t, B(0), 0, G_KERNEL);
	as(t, CAT, 0);
	send_free(&t->mk, B(0), 0);
	alloc(t, B(1), 3, G_KERNEL);
	send_free(&t->mk, B(1) + 5, 0);
	send_free(&t->mk, B(1), 2);
	send_free(&t->mk, B(1) + 6, 1);
	send_free(&t->mk, B(1) + 4, 0);
	d = end(t);
	assert_int_equal(d->nr_wants, 9);
	check_want(d, 0, MM_WANT_ALLOC, CAT, 1, 2, 0, 0);
	check_want(d, 1, MM_WANT_FREE, DD, 1, 2, 0, 0);
	check_want(d, 2, MM_WANT_ALLOC, DD, 2, 0, 0, 0);
	check_want(d, 3, MM_WANT_FREE, CAT, 2, 0, 0, 0);
	check_want(d, 4, MM_WANT_ALLOC, CAT, 3, 3, 0, 0);
	check_want(d, 5, MM_WANT_FREE, CAT, 3, 0, 5, 0);
	check_want(d, 6, MM_WANT_FREE, CAT, 3, 2, 0, 0);
	check_want(d, 7, MM_WANT_FREE, CAT, 3, 1, 6, 0);
	check_want(d, 8, MM_WANT_FREE, CAT, 3, 0, 4, 0);
	check_whole_demand(d);
	done(t);
}

/*
 * Blocks that were in use at the start have a handle from when they are first named; pages that nobody was seen to take,
 * and that weren't in use then, have none.  After it was freed, a block of the start isn't known a second time.
 */
static void frees_of_the_start(void **state)
{
	struct tale *t = begin();
	const struct mm_demand *d;

	(void)state;
	as(t, CAT, 0);
	send_free(&t->mk, B(0), 0);        /* was free */
	send_free(&t->mk, B(6), 3);        /* handle 1 */
	send_free(&t->mk, B(6), 3);        /* taken again without an event */
	send_free(&t->mk, B(6) + 8, 0);    /* handle 2 */
	send_free(&t->mk, END + 4, 0);     /* outside of every zone */
	/* picked from the lists and not seen to be handed out: whose it was counts no more */
	send_locked(&t->mk, B(7), 0, M, true);
	send_free(&t->mk, B(7), 0);
	d = end(t);
	assert_int_equal(d->nr_wants, 2);
	check_want(d, 0, MM_WANT_FREE, CAT, 1, 3, 0, 0);
	check_want(d, 1, MM_WANT_FREE, CAT, 2, 0, 0, 0);
	assert_int_equal(d->first_pfn[1], B(6));
	assert_int_equal(d->first_order[1], 3);
	assert_int_equal(d->first_pfn[2], B(6) + 8);
	assert_int_equal(d->left.unknown_frees, 4);
	done(t);
}

/* Eight pages that are given back at once belong to five: handles of one page, of two, of the start. */
static void a_row(void **state)
{
	struct tale *t = begin();
	const struct mm_demand *d;

	(void)state;
	as(t, CAT, 0);
	alloc(t, B(0), 0, G_KERNEL);
	alloc(t, B(0) + 1, 0, G_KERNEL);
	alloc(t, B(0) + 2, 1, G_KERNEL);
	alloc(t, B(0) + 4, 2, G_KERNEL);
	send_free(&t->mk, B(0) + 6, 0);      /* want 4: page 2 of the fourth */
	send_free(&t->mk, B(0), 3);          /* wants 5 to 9 */
	/* two pages of the start, and one on each side that somebody has taken since */
	alloc(t, B(6), 0, G_KERNEL);         /* want 10, handle 5 */
	alloc(t, B(6) + 3, 0, G_KERNEL);     /* want 11, handle 6 */
	send_free(&t->mk, B(6), 2);          /* wants 12 to 15 */
	/* the first page is of the start, the other somebody's */
	alloc(t, B(7) + 1, 0, G_KERNEL);     /* want 16, handle 9 */
	send_free(&t->mk, B(7), 1);          /* wants 17, 18 */
	d = end(t);
	check_want(d, 4, MM_WANT_FREE, CAT, 4, 0, 2, 0);
	check_want(d, 5, MM_WANT_FREE, CAT, 1, 0, 0, 0);
	check_want(d, 6, MM_WANT_FREE, CAT, 2, 0, 0, 0);
	check_want(d, 7, MM_WANT_FREE, CAT, 3, 1, 0, 0);
	check_want(d, 8, MM_WANT_FREE, CAT, 4, 1, 0, 0);
	check_want(d, 9, MM_WANT_FREE, CAT, 4, 0, 3, 0);
	assert_int_equal(d->left.unknown_frees, 0);
	check_want(d, 12, MM_WANT_FREE, CAT, 5, 0, 0, 0);
	check_want(d, 13, MM_WANT_FREE, CAT, 7, 0, 0, 0);
	check_want(d, 14, MM_WANT_FREE, CAT, 8, 0, 0, 0);
	check_want(d, 15, MM_WANT_FREE, CAT, 6, 0, 0, 0);
	assert_int_equal(d->first_pfn[7], B(6) + 1);
	assert_int_equal(d->first_pfn[8], B(6) + 2);
	check_want(d, 17, MM_WANT_FREE, CAT, 10, 0, 0, 0);
	check_want(d, 18, MM_WANT_FREE, CAT, 9, 0, 0, 0);
	assert_int_equal(d->nr_wants, 19);
	assert_int_equal(d->first_pfn[10], B(7));
	/* all of them at the time of the event, and only the first after some work */
	for (size_t i = 6; i < 10; i++) {
		assert_int_equal(d->want[i].ts, d->want[5].ts);
		assert_int_equal(d->want[i].think, 0);
	}
	assert_int_equal(d->want[5].think, 1000);
	check_whole_demand(d);
	done(t);
}

/*
 * A shrinker's page is the owner's to want back: it is freed inside reclaim, but isn't the LRU's.  A page of the LRU is
 * reclaimed, which isn't demand: neither of one seen to come there, nor of one that was there at the start.
 */
static void reclaimed_and_shrunk(void **state)
{
	struct tale *t = begin();
	const struct mm_demand *d;

	(void)state;
	as(t, CAT, 0);
	alloc(t, B(0), 0, G_USER);          /* handle 1 */
	send_lru(&t->mk, B(0), ACTIVE_ANON);
	alloc(t, B(0) + 2, 1, G_KERNEL);    /* handle 2 */
	as(t, KSWAPD, 1);
	send_free(&t->mk, B(0), 0);         /* reclaimed */
	send_free(&t->mk, B(4), 0);         /* reclaimed */
	send_free(&t->mk, B(0) + 2, 1);     /* shrunk */
	send_free(&t->mk, B(9), 0);         /* shrunk: handle 4 */
	as(t, CAT, 0);
	alloc(t, B(0), 0, G_KERNEL);        /* handle 5 */
	reclaim_begin(t, 0, G_KERNEL);
	send_free(&t->mk, B(0), 0);         /* shrunk */
	d = end(t);
	assert_int_equal(d->nr_wants, 8);
	check_want(d, 1, MM_WANT_LRU, CAT, 1, 0, 0, MM_WANT_ACTIVE);
	check_want(d, 3, MM_WANT_FREE, KSWAPD, 2, 1, 0, MM_WANT_SHRUNK);
	check_want(d, 4, MM_WANT_FREE, KSWAPD, 4, 0, 0, MM_WANT_SHRUNK);
	check_want(d, 5, MM_WANT_ALLOC, CAT, 5, 0, 0, 0);
	check_want(d, 7, MM_WANT_FREE, CAT, 5, 0, 0, MM_WANT_SHRUNK);
	assert_int_equal(d->first_pfn[3], B(4));
	assert_int_equal(d->first_pfn[4], B(9));
	assert_int_equal(d->left.own_frees, 5);
	assert_int_equal(d->left.unknown_frees, 0);
	done(t);
}

/* Pages that go in one batch: each has an event of its free, then each one of the batch. */
static void batches(void **state)
{
	struct tale *t = begin();
	const struct mm_demand *d;

	(void)state;
	as(t, CAT, 0);
	for (unsigned int i = 0; i < 4; i++)
		alloc(t, B(0) + i, 0, G_USER);
	send_free(&t->mk, B(0) + 3, 0);
	send_free(&t->mk, B(0), 0);
	send_free(&t->mk, B(0) + 1, 0);
	as(t, DD, 1);
	send_free(&t->mk, B(0) + 2, 0);
	as(t, CAT, 0);
	send_batched(&t->mk, B(0));
	send_batched(&t->mk, B(0) + 1);
	d = end(t);
	assert_int_equal(d->nr_wants, 8);
	check_want(d, 4, MM_WANT_FREE, CAT, 4, 0, 0, 0);
	check_want(d, 5, MM_WANT_FREE, CAT, 1, 0, 0, MM_WANT_BATCH);
	check_want(d, 6, MM_WANT_FREE, CAT, 2, 0, 0, MM_WANT_BATCH);
	check_want(d, 7, MM_WANT_FREE, DD, 3, 0, 0, 0);
	done(t);
}

/* ---- migration ----------------------------------------------------------------------- */

/*
 * kcompactd on CPU 0 moves handles 1 and 2 (an order-1 folio), a task on CPU 1 handle 3, in between each other: the first
 * that left its place on a CPU is the first that arrives there.  One arrives nowhere.
 */
static void migrations(void **state)
{
	struct tale *t = begin();
	const struct mm_demand *d;

	(void)state;
	as(t, CAT, 0);
	alloc(t, B(0), 0, G_USER);
	alloc(t, B(0) + 2, 1, G_USER);
	alloc(t, B(0) + 4, 0, G_USER);
	alloc(t, B(0) + 5, 0, G_USER);
	send_lru(&t->mk, B(0), INACTIVE_ANON);
	send_lru(&t->mk, B(0) + 2, INACTIVE_ANON);
	send_lru(&t->mk, B(0) + 4, INACTIVE_ANON);
	as(t, KCOMPACTD, 0);
	just(t, SG_EV_mm_compaction_begin);
	as(t, CAT, 1);
	try_to_compact(t, 9, G_USER | G_COMP);
	just(t, SG_EV_mm_compaction_begin);
	as(t, KCOMPACTD, 0);
	send_free(&t->mk, B(0), 0);
	as(t, CAT, 1);
	send_free(&t->mk, B(0) + 4, 0);
	as(t, KCOMPACTD, 0);
	send_free(&t->mk, B(0) + 2, 1);
	send_lru(&t->mk, B(2), INACTIVE_ANON);      /* handle 1 */
	as(t, CAT, 1);
	send_lru(&t->mk, B(2) + 8, INACTIVE_ANON);  /* handle 3 */
	as(t, KCOMPACTD, 0);
	send_lru(&t->mk, B(2) + 16, INACTIVE_ANON); /* handle 2 */
	send_free(&t->mk, B(0) + 5, 0);             /* of handle 4 nobody knows any more */
	send_free(&t->mk, B(1), 0);                 /* a target that wasn't needed */
	just(t, SG_EV_mm_compaction_end);
	as(t, CAT, 1);
	just(t, SG_EV_mm_compaction_end);
	alloc(t, B(3), 9, G_USER | G_COMP);         /* handle 5 */
	as(t, DD, 1);
	send_free(&t->mk, B(2), 0);
	send_free(&t->mk, B(2) + 8, 0);
	send_free(&t->mk, B(2) + 17, 0);
	send_free(&t->mk, B(2) + 16, 0);
	send_free(&t->mk, B(0), 0);                 /* nobody's since it moved */
	d = end(t);
	assert_int_equal(d->left.migrated, 3);
	assert_int_equal(d->left.unpaired, 1);
	assert_int_equal(d->left.own_frees, 5);
	assert_int_equal(d->left.unknown_frees, 1);
	assert_int_equal(d->nr_wants, 12);
	check_want(d, 7, MM_WANT_ALLOC, CAT, 5, 9, 0, 0);
	check_want(d, 8, MM_WANT_FREE, DD, 1, 0, 0, 0);
	check_want(d, 9, MM_WANT_FREE, DD, 3, 0, 0, 0);
	check_want(d, 10, MM_WANT_FREE, DD, 2, 0, 1, 0);
	check_want(d, 11, MM_WANT_FREE, DD, 2, 0, 0, 0);
	check_whole_demand(d);
	done(t);
}

/* An event of eight pages of which only the first is the handle's: no more of it moves than there is. */
static void migration_of_a_part(void **state)
{
	struct tale *t = begin();
	const struct mm_demand *d;

	(void)state;
	as(t, CAT, 0);
	alloc(t, B(0), 0, G_USER);
	as(t, KCOMPACTD, 0);
	just(t, SG_EV_mm_compaction_begin);
	send_free(&t->mk, B(0), 3);
	send_lru(&t->mk, B(2), INACTIVE_ANON);
	just(t, SG_EV_mm_compaction_end);
	as(t, CAT, 0);
	activate(t, B(2));
	activate(t, B(2) + 5); /* nobody's */
	send_free(&t->mk, B(2), 0);
	d = end(t);
	check_whole_demand(d);
	assert_int_equal(d->nr_wants, 3);
	check_want(d, 1, MM_WANT_ACTIVATE, CAT, 1, 0, 0, 0);
	check_want(d, 2, MM_WANT_FREE, CAT, 1, 0, 0, 0);
	done(t);
}

/* ---- the LRU and files --------------------------------------------------------------- */

static void lru(void **state)
{
	struct tale *t = begin();
	const struct mm_demand *d;

	(void)state;
	as(t, CAT, 0);
	for (unsigned int i = 0; i < 5; i++)
		alloc(t, B(0) + i, 0, G_USER);
	for (unsigned int i = 0; i < 5; i++)
		send_lru(&t->mk, B(0) + i, i);
	activate(t, B(0));
	activate(t, B(4) + 3);                          /* handle 6 of the start */
	send_lru(&t->mk, B(9), INACTIVE_FILE);          /* handle 7 of the start */
	send_lru(&t->mk, B(1), INACTIVE_FILE);          /* was free: nobody's */
	send_free(&t->mk, B(0) + 1, 0);
	send_lru(&t->mk, B(0) + 1, INACTIVE_FILE);      /* came from nowhere */
	d = end(t);
	check_want(d, 5, MM_WANT_LRU, CAT, 1, 0, 0, 0);
	check_want(d, 6, MM_WANT_LRU, CAT, 2, 0, 0, MM_WANT_ACTIVE);
	check_want(d, 7, MM_WANT_LRU, CAT, 3, 0, 0, MM_WANT_FILE);
	check_want(d, 8, MM_WANT_LRU, CAT, 4, 0, 0, MM_WANT_FILE | MM_WANT_ACTIVE);
	check_want(d, 9, MM_WANT_LRU, CAT, 5, 0, 0, MM_WANT_UNEVICTABLE);
	check_want(d, 10, MM_WANT_ACTIVATE, CAT, 1, 0, 0, 0);
	check_want(d, 11, MM_WANT_ACTIVATE, CAT, 6, 0, 0, 0);
	check_want(d, 12, MM_WANT_LRU, CAT, 7, 0, 0, MM_WANT_FILE);
	assert_int_equal(d->first_pfn[6], B(4) + 3);
	assert_int_equal(d->first_pfn[7], B(9));
	assert_int_equal(d->nr_wants, 14);
	assert_int_equal(d->left.unpaired, 1);
	done(t);
}

/* What kswapd drops and cat reads again is the same content under another handle; what a task cuts off is forgotten. */
static void page_cache(void **state)
{
	struct tale *t = begin();
	const struct mm_demand *d;

	(void)state;
	as(t, CAT, 0);
	alloc(t, B(0), 0, G_USER);             /* want 0, handle 1 */
	file(t, true, B(0), 77, 0);            /* content 1 */
	send_lru(&t->mk, B(0), INACTIVE_FILE);
	alloc(t, B(0) + 1, 0, G_USER);         /* want 3, handle 2 */
	file(t, true, B(0) + 1, 77, 1);        /* content 2 */
	send_lru(&t->mk, B(0) + 1, INACTIVE_FILE);
	as(t, KSWAPD, 1);
	file(t, false, B(0), 77, 0);
	send_free(&t->mk, B(0), 0);
	as(t, DD, 0);
	alloc(t, B(0) + 2, 0, G_USER);         /* want 6, handle 3 */
	file(t, true, B(0) + 2, 77, 0);        /* content 1 */
	file(t, false, B(0) + 1, 77, 1);       /* want 8 */
	send_free(&t->mk, B(0) + 1, 0);
	alloc(t, B(0) + 1, 0, G_USER);         /* want 10, handle 4 */
	file(t, true, B(0) + 1, 78, 0);        /* content 3 */
	alloc(t, B(0) + 3, 0, G_USER);         /* no file's */
	d = end(t);
	assert_int_equal(d->nr_contents, 4);
	assert_int_equal(d->content[1].ino, 77);
	assert_int_equal(d->content[1].index, 0);
	assert_int_equal(d->content[1].dev, 8);
	assert_int_equal(d->content[2].index, 1);
	assert_int_equal(d->content[3].ino, 78);
	assert_int_equal(d->nr_wants, 13);
	check_want(d, 1, MM_WANT_CACHE, CAT, 1, 0, 0, 0);
	check_want(d, 4, MM_WANT_CACHE, CAT, 2, 0, 0, 0);
	check_want(d, 7, MM_WANT_CACHE, DD, 3, 0, 0, 0);
	check_want(d, 8, MM_WANT_UNCACHE, DD, 2, 0, 0, 0);
	check_want(d, 9, MM_WANT_FREE, DD, 2, 0, 0, 0);
	check_want(d, 11, MM_WANT_CACHE, DD, 4, 0, 0, 0);
	/* what will be in it is known with the request */
	assert_int_equal(d->want[0].content, 1);
	assert_int_equal(d->want[1].content, 1);
	assert_int_equal(d->want[3].content, 2);
	assert_int_equal(d->want[6].content, 1);
	assert_int_equal(d->want[7].content, 1);
	assert_int_equal(d->want[8].content, 2);
	assert_int_equal(d->want[10].content, 3);
	assert_int_equal(d->want[12].content, MM_NO_CONTENT);
	assert_int_equal(d->left.own_frees, 1);
	check_whole_demand(d);
	done(t);
}

/* kswapd drops a page that was in memory before the trace: now it is known which one, and cat reads it again. */
static void page_cache_of_the_start(void **state)
{
	struct tale *t = begin();
	const struct mm_demand *d;

	(void)state;
	as(t, KSWAPD, 1);
	file(t, false, B(4), 77, 5);           /* handle 1 of the start, content 1 */
	send_free(&t->mk, B(4), 0);
	as(t, CAT, 0);
	alloc(t, B(0), 0, G_USER);             /* want 0, handle 2 */
	file(t, true, B(0), 77, 5);            /* content 1 again */
	file(t, false, B(4) + 1, 77, 6);       /* want 2: cut off by a task; handle 3 of the start, content 2 */
	d = end(t);
	assert_int_equal(d->nr_wants, 3);
	assert_int_equal(d->first_pfn[1], B(4));
	assert_int_equal(d->first_content[1], 1);
	assert_int_equal(d->want[0].content, 1);
	assert_int_equal(d->first_content[2], MM_NO_CONTENT); /* it came later */
	assert_int_equal(d->first_pfn[3], B(4) + 1);
	assert_int_equal(d->first_content[3], 2);
	check_want(d, 2, MM_WANT_UNCACHE, CAT, 3, 0, 0, 0);
	done(t);
}

static void marks(void **state)
{
	struct tale *t = begin();
	const struct mm_demand *d;

	(void)state;
	as(t, CAT, 0);
	send_mark(&t->mk, "snapshot-begin");
	alloc(t, B(0), 0, G_USER);
	send_mark(&t->mk, "");
	d = end(t);
	assert_int_equal(d->nr_marks, 2);
	assert_string_equal(d->mark[0], "snapshot-begin");
	assert_string_equal(d->mark[1], "");
	check_want(d, 0, MM_WANT_MARK, CAT, 0, 0, 0, 0);
	check_want(d, 2, MM_WANT_MARK, CAT, 1, 0, 0, 0);
	done(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_stall), cmocka_unit_test(failed), cmocka_unit_test(own_work),
		cmocka_unit_test(frees_by_handle), cmocka_unit_test(frees_of_the_start), cmocka_unit_test(a_row),
		cmocka_unit_test(reclaimed_and_shrunk), cmocka_unit_test(batches), cmocka_unit_test(migrations),
		cmocka_unit_test(migration_of_a_part), cmocka_unit_test(lru), cmocka_unit_test(page_cache),
		cmocka_unit_test(page_cache_of_the_start),
		cmocka_unit_test(marks),
	};

	return cmocka_run_group_tests_name("demand out of a trace", tests, NULL, NULL);
}
