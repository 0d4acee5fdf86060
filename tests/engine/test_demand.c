// SPDX-License-Identifier: GPL-2.0-only
/*
 * Demand out of traces made by hand.  The zone's first four pageblocks are free when the trace begins, the fifth is on the
 * LRU (file pages), the others are in use and on no LRU.
 */
#include "made.h"

#include <string.h>

#include "demand/ahead.h"
#include "demand/demand.h"
#include "machine/guesses.h"

#define KSWAPD 40
#define KCOMPACTD 41
#define CAT 214
#define DD 300

/* The bits that the made capture has for them. */
#define G_HIGHMEM 0x2u
#define G_MOVABLE 0x8u
#define G_RECLAIMABLE 0x10u
#define G_HIGH 0x20u
#define G_IO 0x40u
#define G_FS 0x80u
#define G_DIRECT 0x400u
#define G_KSWAPD 0x800u
#define G_NORETRY 0x10000u
#define G_COMP 0x40000u
#define G_NOMEMALLOC 0x80000u
#define G_KERNEL (G_DIRECT | G_KSWAPD | G_IO | G_FS)
#define G_USER (G_KERNEL | G_HIGHMEM | G_MOVABLE)

#define HARD_IRQ 0x08u
#define INACTIVE_ANON 0u
#define ACTIVE_ANON 1u
#define INACTIVE_FILE 2u
#define ACTIVE_FILE 3u
#define UNEVICTABLE 4u

static const struct sg_task_name names[] = { { KSWAPD, "kswapd0" }, { KCOMPACTD, "kcompactd0" }, { CAT, "cat" }, { DD, "dd" } };

/* A log under way, and what is taken out of it. */
struct tale {
	struct made mk;
	struct mm_machine *start;
	struct mm_demand *d;
};
static struct tale tale;

static struct tale *begin(void)
{
	struct tale *t = &tale;
	struct made *mk = &t->mk;

	made_capture(mk, 7, 3);
	mk->cap.gfp = (struct sg_gfp){ .highmem = G_HIGHMEM, .movable = G_MOVABLE, .reclaimable = G_RECLAIMABLE, .high = G_HIGH,
				       .io = G_IO, .fs = G_FS, .direct_reclaim = G_DIRECT, .kswapd_reclaim = G_KSWAPD,
				       .noretry = G_NORETRY, .comp = G_COMP, .nomemalloc = G_NOMEMALLOC };
	mk->cap.task = names;
	mk->cap.nr_tasks = 4;
	for (uint64_t p = B(0); p < B(4); p++)
		mk->flags[p] = KPF_BUDDY;
	for (uint64_t p = B(4); p < B(5); p++)
		mk->flags[p] = KPF_LRU;
	made_init(mk, 7, 3, MADE_FLAGS);
	/* it stays at the start; what follows goes into the log only */
	t->start = mk->m;
	mk->m = NULL;
	mk->log = sg_log_new();
	assert_non_null(mk->log);
	t->d = NULL;
	return t;
}

static const struct mm_demand *end(struct tale *t)
{
	struct sg_err err = { 0 };

	if (mm_demand_take(t->mk.log, &t->mk.cap, 0, t->start, &t->d, &err) != 0)
		fail_msg("%s", err.text);
	return t->d;
}

static void done(struct tale *t)
{
	mm_demand_free(t->d);
	mm_machine_free(t->start);
	made_fini(&t->mk);
}

/* Who has the next events, and where. */
static void as(struct tale *t, int32_t pid, uint16_t cpu)
{
	t->mk.pid = pid;
	t->mk.cpu = cpu;
}

/* The next event comes at @ts. */
static void at(struct tale *t, uint64_t ts)
{
	t->mk.ts = ts - 1000;
}

static void alloc(struct tale *t, uint64_t pfn, unsigned int order, uint64_t gfp)
{
	struct sg_event ev = made_event(&t->mk, SG_EV_mm_page_alloc);

	ev.v[SGF_mm_page_alloc_pfn] = pfn;
	ev.v[SGF_mm_page_alloc_order] = order;
	ev.v[SGF_mm_page_alloc_gfp_flags] = gfp;
	ev.v[SGF_mm_page_alloc_migratetype] = gfp & G_MOVABLE ? M : U;
	made_send(&t->mk, &ev);
}

static void reclaim_begin(struct tale *t, unsigned int order, uint64_t gfp)
{
	struct sg_event ev = made_event(&t->mk, SG_EV_mm_vmscan_direct_reclaim_begin);

	ev.v[SGF_mm_vmscan_direct_reclaim_begin_order] = order;
	ev.v[SGF_mm_vmscan_direct_reclaim_begin_gfp_flags] = gfp;
	made_send(&t->mk, &ev);
}

static void just(struct tale *t, enum sg_kind kind)
{
	struct sg_event ev = made_event(&t->mk, kind);

	made_send(&t->mk, &ev);
}

static void try_to_compact(struct tale *t, unsigned int order, uint64_t gfp)
{
	struct sg_event ev = made_event(&t->mk, SG_EV_mm_compaction_try_to_compact_pages);

	ev.v[SGF_mm_compaction_try_to_compact_pages_order] = order;
	ev.v[SGF_mm_compaction_try_to_compact_pages_gfp_mask] = gfp;
	made_send(&t->mk, &ev);
}

static void activate(struct tale *t, uint64_t pfn)
{
	struct sg_event ev = made_event(&t->mk, SG_EV_mm_lru_activate);

	ev.v[SGF_mm_lru_activate_pfn] = pfn;
	made_send(&t->mk, &ev);
}

static void file(struct tale *t, bool add, uint64_t pfn, uint64_t ino, uint64_t index)
{
	struct sg_event ev = made_event(&t->mk, add ? SG_EV_mm_filemap_add_to_page_cache : SG_EV_mm_filemap_delete_from_page_cache);

	ev.v[SGF_mm_filemap_add_to_page_cache_pfn] = pfn;
	ev.v[SGF_mm_filemap_add_to_page_cache_i_ino] = ino;
	ev.v[SGF_mm_filemap_add_to_page_cache_index] = index;
	ev.v[SGF_mm_filemap_add_to_page_cache_s_dev] = 8;
	ev.v[SGF_mm_filemap_add_to_page_cache_order] = 0;
	made_send(&t->mk, &ev);
}

static void check_want(const struct mm_demand *d, size_t i, enum mm_want_kind kind, int32_t pid, uint32_t handle, unsigned int order,
		       uint32_t offset, unsigned int flags)
{
	const struct mm_want *w = &d->want[i];

	assert_true(i < d->nr_wants);
	if (w->kind == kind && w->pid == pid && w->handle == handle && w->order == order && w->offset == offset && w->flags == flags)
		return;
	fail_msg("want %zu is %s of %d, handle %u, order %u, offset %u, flags %x; should be %s of %d, %u, %u, %u, %x", i,
		 mm_want_key((enum mm_want_kind)w->kind), w->pid, w->handle, w->order, w->offset, w->flags, mm_want_key(kind), pid,
		 handle, order, offset, flags);
}

/* What holds of every demand, whatever the trace was. */
static void check_whole_demand(const struct mm_demand *d)
{
	for (size_t i = 0; i < d->nr_wants; i++) {
		const struct mm_want *w = &d->want[i];

		assert_true(w->kind < MM_WANT_KINDS);
		assert_true(w->cpu < d->nr_cpus);
		assert_true(w->order < MM_MAX_ORDERS);
		assert_true(w->content == MM_NO_CONTENT || w->content < d->nr_contents);
		if (w->kind == MM_WANT_MARK) {
			assert_true(w->handle < d->nr_marks);
			continue;
		}
		assert_true(w->handle == MM_NO_HANDLE || w->handle < d->nr_handles);
		if (w->kind == MM_WANT_FREE || w->kind == MM_WANT_LRU || w->kind == MM_WANT_ACTIVATE) {
			assert_true(w->handle != MM_NO_HANDLE);
			assert_true(w->offset + (UINT64_C(1) << w->order) <= UINT64_C(1) << d->first_order[w->handle]);
		}
	}
}

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
	alloc(t, B(0) + 3, 0, G_USER);     /* 4000: without 14000 to 16000 */
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
	alloc(t, B(0) + 7, 0, G_USER);     /* 1500: since 29500 */
	at(t, 30000);
	alloc(t, B(0) + 8, 0, G_USER);     /* 0: time doesn't go back */
	at(t, UINT64_C(6000030000));
	alloc(t, B(0) + 9, 0, G_USER);     /* 6 s, of which a want holds 2^32 - 1 ns */
	at(t, UINT64_C(6000031000));
	alloc(t, B(0) + 10, 0, G_USER);    /* the rest, and 1000 */
	d = end(t);
	assert_int_equal(d->nr_wants, 11);
	assert_int_equal(d->want[0].think, 0);
	assert_int_equal(d->want[1].think, 3000);
	assert_int_equal(d->want[2].think, 0);
	assert_int_equal(d->want[3].think, 4000);
	assert_int_equal(d->want[4].think, 1000);
	assert_int_equal(d->want[4].ts, 20000);
	assert_int_equal(d->want[5].think, 1000);
	assert_int_equal(d->want[6].think, 1500);
	assert_int_equal(d->want[7].think, 1500);
	assert_int_equal(d->want[8].think, 0);
	assert_int_equal(d->want[9].think, UINT32_MAX);
	assert_int_equal(d->want[10].think, UINT64_C(6000000000) - UINT32_MAX + 1000);
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
		assert_int_equal(d->want[1 + stalled].think, stalled ? 500 : 1000 + 3000000 + 500);
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

/* kswapd reclaims @pages of twice as many in two steps; one gap is longer than @idle ns. */
static const struct mm_demand *kswapd_reclaims(struct tale *t, uint64_t pages)
{
	uint64_t idle = (uint64_t)MM_GUESS(WAITED_US) * 1000;

	as(t, KSWAPD, 0);
	at(t, 1000);
	just(t, SG_EV_mm_vmscan_kswapd_wake);
	at(t, 1000 + 5 * idle);
	shrink(t, pages, pages / 2);
	at(t, 1000 + 5 * idle + 24000);
	shrink(t, pages, pages - pages / 2);
	return end(t);
}

/* Of 5 ms, 4 were waiting: 1,024,000 ns for 512 pages of 1024 (2000 each, 1000 each to look at); for 255 nothing is told. */
static void costs_of_kswapd(void **state)
{
	struct tale *t = begin();
	const struct mm_demand *d = kswapd_reclaims(t, 512);

	(void)state;
	assert_int_equal(MM_GUESS(WAITED_US), 1000);
	assert_int_equal(d->costs.kswapd_pages, 512);
	assert_int_equal(d->costs.kswapd_page, 2000);
	assert_int_equal(d->costs.kswapd_scan, 1000);
	assert_int_equal(d->costs.direct_page, 0);
	done(t);
	t = begin();
	d = kswapd_reclaims(t, 255);
	assert_int_equal(d->costs.kswapd_pages, 255);
	assert_int_equal(d->costs.kswapd_page, 0);
	assert_int_equal(d->costs.kswapd_scan, 2008); /* 510 are enough for this one */
	done(t);
}

/*
 * 16 requests stall.  In each, reclaim takes 10,000 ns for 16 pages of 20, then 3000 ns pass until the page comes: 625 ns
 * and 500 ns to a page, 3000 ns to a round.
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
			/* another task had the CPU: the time before its event is nobody's here, nor is that after it */
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
	assert_int_equal(d->costs.round, 3000);
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
		cmocka_unit_test(first_stall), cmocka_unit_test(failed), cmocka_unit_test(own_work), cmocka_unit_test(frees_by_handle),
		cmocka_unit_test(frees_of_the_start), cmocka_unit_test(a_row), cmocka_unit_test(reclaimed_and_shrunk),
		cmocka_unit_test(batches), cmocka_unit_test(migrations), cmocka_unit_test(migration_of_a_part), cmocka_unit_test(lru),
		cmocka_unit_test(page_cache), cmocka_unit_test(marks), cmocka_unit_test(think_times), cmocka_unit_test(think_beside_kswapd), cmocka_unit_test(costs_of_kswapd),
		cmocka_unit_test(costs_of_requests), cmocka_unit_test(costs_of_compaction), cmocka_unit_test(hostile),
		cmocka_unit_test(empty),
	};

	return cmocka_run_group_tests_name("demand out of a trace", tests, NULL, NULL);
}
