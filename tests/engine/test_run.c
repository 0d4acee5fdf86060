// SPDX-License-Identifier: GPL-2.0-only
/*
 * Simulated runs of demands written by hand, on a zone of 16 pageblocks whose watermarks are 100, 125 and 150 pages: what
 * becomes of each want.
 */
#include "run_made.h"

#include <string.h>

#include "machine/guesses.h"
#include "sim/reclaim/lru.h"

static struct play play_a;

#define ANN 100 /* tasks */
#define BOB 101
#define CAT 102
#define DAN 103

/* Blocks 0 to 3 are free, the others in use and on no LRU. */
static void roomy(struct play *p, enum test_kernel k)
{
	play_init(p, k, 1);
	play_pages(p, B(0), 4 * BLOCK, 1, KPF_BUDDY);
	play_machine(p);
}

/* 90 single pages are free, which is less than the min watermark, and block 4 is pages of files, which can be reclaimed. */
static void tight(struct play *p, enum test_kernel k)
{
	play_init(p, k, 1);
	play_pages(p, B(0), 180, 2, KPF_BUDDY);
	play_pages(p, B(4), BLOCK, 1, KPF_LRU);
	play_machine(p);
	/* a batch of 32 pages takes 32 ms: longer than a turn */
	p->cfg.costs.direct_page = 1000000;
}

/* ---- requests and frees -------------------------------------------------------------- */

/* 300 requests of three tasks, given back by others: each gets its page, and all come back. */
static void everybody_is_served(void **state)
{
	struct play *p = &play_a;

	(void)state;
	for (enum test_kernel k = K_6_1; k < K_COUNT; k++) {
		uint32_t h[300];
		uint64_t before;

		roomy(p, k);
		for (unsigned int i = 0; i < 300; i++) {
			as(p, 100 + (int32_t)(i % 3), i % 2);
			h[i] = ask(p, i % 4 ? 0 : i % 3, i % 2 ? M : U, MM_GFP_KERNEL);
		}
		for (unsigned int i = 0; i < 300; i++) {
			as(p, 100 + (int32_t)((i + 1) % 3), (i + 1) % 2);
			give(p, h[i], p->first_order[h[i]], 0);
		}
		play_new(p);
		before = free_pages(p);
		assert_int_equal(before, 4 * BLOCK);
		play_go(p);
		assert_int_equal(p->told.requests, 300);
		assert_int_equal(p->told.failed + p->told.frees_of_gone + p->told.ooms + p->told.livelocks, 0);
		for (unsigned int i = 0; i < 300; i++)
			assert_int_equal(state_of(p, h[i]), RUN_FREED);
		assert_int_equal(free_pages(p), before);
		assert_int_equal(events_of(p, SG_EV_mm_page_alloc, -1), 300);
		assert_int_equal(events_of(p, SG_EV_mm_page_free, -1), 300);
		play_fini(p);
	}
}

/* The zone has room for a reporter of one's own: it takes the first block of order 9 when it is woken, a second after that came. */
static void second_later(void *state, const struct mm_eye *eye, const struct mm_ask_report_block *in, struct mm_reply_report_come *r)
{
	r->ns = in->why == MM_PLACE_FREED ? UINT64_C(1300000000) : MM_REPORT_NEVER;
}

static void takes_one(void *state, const struct mm_eye *eye, const struct mm_ask_reporter *in, struct mm_reply_reporter *r)
{
	uint64_t pfn;

	if (in->at == MM_REPORTER_BEGINS && eye->list(eye, 0, 9, MM_MT_MOVABLE, &pfn, 1) && !eye->reported(eye, pfn)) {
		r->act = MM_REPORT_TAKE;
		r->pfn = pfn;
	}
}

/*
 * The reporter works in the run's time, between two looks at the per-cpu lists, which come once a second: it is woken when the run
 * begins, 1.3 s later takes one of three blocks for 50,000 + 512 * 50 ns, and nothing else happens then.  2.6 s into the run a block
 * is asked for: one that isn't reported stands before it.
 */
static void reporter_in_time(void **state)
{
	static const struct mm_hooks h = { MM_HOOKS_HEAD("mine"), .report_come = second_later, .reporter = takes_one };
	struct play *p = &play_a;
	struct sg_err err = { 0 };
	uint64_t begun;
	uint32_t huge;

	(void)state;
	play_init(p, K_7_3, 1);
	for (unsigned int i = 2; i < 8; i += 2)
		play_pages(p, B(i), BLOCK, 1, KPF_BUDDY);
	play_machine(p);
	assert_int_equal(mm_policy_add(&p->cfg.policy, &h, &err), 0);
	as(p, ANN, 0);
	after(p, 2600000000u);
	huge = ask(p, 9, M, HUGE);
	play_new(p);
	begun = p->r->now;
	assert_int_equal(mm_sim_reporter_due(p->r->sim), begun + UINT64_C(1300000000));
	play_go(p);
	assert_int_equal(p->told.reports, 1);
	assert_int_equal(p->told.reported, 512);
	assert_int_equal(mm_sim_reporter_due(p->r->sim), UINT64_MAX);
	assert_int_equal(state_of(p, huge), RUN_HERE);
	assert_int_equal(p->told.reported_used, 0);
	/* for the second 1.3 of 2.6 s the host has it: not only from the next look at the lists, at 2 s, on */
	assert_in_range(mm_sim_reported_mean(p->r->sim), 512 * 48 / 100, 512 * 51 / 100);
	play_fini(p);
}

/* Parts of a block, of a huge page on the LRU too: what is left stays, and is given back with the last of it. */
static void parts(void **state)
{
	struct play *p = &play_a;

	(void)state;
	for (enum test_kernel k = K_6_1; k < K_COUNT; k++) {
		uint32_t h, huge;

		roomy(p, k);
		h = ask(p, 3, U, MM_GFP_KERNEL | MM_GFP_COMP);
		huge = ask(p, 9, M, HUGE);
		to_lru(p, huge, 0);
		give(p, h, 0, 5);
		give(p, h, 2, 0);
		give(p, huge, 0, 17);
		give(p, huge, 8, 256);
		play(p);
		/* 2 + 255 pages are still there */
		assert_int_equal(state_of(p, h), RUN_HERE);
		assert_int_equal(p->r->handle[h].left, 3);
		assert_int_equal(p->r->handle[huge].left, 255);
		assert_int_equal(free_pages(p), 4 * BLOCK - 3 - 255);
		assert_int_equal(mm_lru_total(p->r->sim, 0), 255);
		/* the part of four pages goes as such a part */
		assert_int_equal(p->ev[event_at(p, SG_EV_mm_page_free, -1, 1)].v[SGF_mm_page_free_order], 2);
		play_fini(p);
	}
}

/* Handles of the start: their blocks can be freed, whole or in part; those that were free then have nothing to give back. */
static void of_the_start(void **state)
{
	struct play *p = &play_a;
	uint32_t whole, part, was_free;

	(void)state;
	roomy(p, K_7_3);
	whole = first(p, B(5), 3);
	part = first(p, B(6), 2);
	was_free = first(p, B(0), 0);
	give(p, whole, 3, 0);
	give(p, part, 1, 2);
	give(p, was_free, 0, 0);
	play(p);
	assert_int_equal(free_pages(p), 4 * BLOCK + 8 + 2);
	assert_int_equal(state_of(p, whole), RUN_FREED);
	assert_int_equal(state_of(p, part), RUN_HERE);
	assert_int_equal(state_of(p, was_free), RUN_GONE);
	assert_int_equal(p->told.frees_of_gone, 1);
	play_fini(p);
}

/* The same seed gives the same events, also where tasks stall and take turns. */
static void same_again(void **state)
{
	struct play *p = &play_a;
	uint64_t sum[3];

	(void)state;
	for (enum test_kernel k = K_6_1; k < K_COUNT; k++) {
		for (unsigned int run = 0; run < 3; run++) {
			tight(p, k);
			p->cfg.seed = run == 2 ? 99 : 7;
			for (unsigned int i = 0; i < 100; i++) {
				as(p, 100 + (int32_t)(i % 7), i % 2);
				to_lru(p, ask(p, 0, M, USER), 0);
			}
			play(p);
			assert_true(events_of(p, SG_EV_mm_vmscan_direct_reclaim_begin, -1) > 0);
			sum[run] = p->sum;
			play_fini(p);
		}
		assert_int_equal(sum[0], sum[1]);
		/* the LRU's order is the seed's: pages of before the trace are known to be on it, no more */
		assert_true(sum[0] != sum[2]);
	}
}

/* ---- whose turn it is ---------------------------------------------------------------- */

/*
 * Ann's request stalls for 32 ms on CPU 0.  Bob, on the same CPU or another, goes on after Ann's turn of some 3 ms at most, and gives
 * back a page before she has hers; what she wants then waits until she has it, however long that takes.
 */
static void others_go_on(void **state)
{
	struct play *p = &play_a;

	(void)state;
	for (unsigned int cpu = 0; cpu < 2; cpu++) {
		size_t begins, bobs, got, gives;
		uint32_t page, other;

		tight(p, K_7_3);
		other = first(p, B(8), 0);
		as(p, ANN, 0);
		page = ask(p, 0, U, MM_GFP_KERNEL);
		give(p, page, 0, 0);
		as(p, BOB, (uint16_t)cpu);
		give(p, other, 0, 0);
		play(p);
		begins = event_at(p, SG_EV_mm_vmscan_direct_reclaim_begin, ANN, 0);
		bobs = event_at(p, SG_EV_mm_page_free, BOB, 0);
		got = event_at(p, SG_EV_mm_page_alloc, ANN, 0);
		/* the pages that she reclaims are freed before */
		gives = event_at(p, SG_EV_mm_page_free, ANN, (unsigned int)events_of(p, SG_EV_mm_page_free, ANN) - 1);
		assert_true(begins < bobs || cpu == 1);
		assert_true(bobs < got);
		assert_true(got < gives);
		assert_int_equal(p->ev[gives].v[SGF_mm_page_free_pfn], p->ev[got].v[SGF_mm_page_alloc_pfn]);
		assert_true(p->ev[got].ts - p->ev[begins].ts >= 32000000);
		assert_true(p->ev[bobs].ts - p->d.ts_first < 5000000);
		assert_int_equal(state_of(p, page), RUN_FREED);
		assert_int_equal(p->r->nr_tasks, 2);
		play_fini(p);
	}
}

/*
 * Ann asks on CPU 0, after 10 ms; gives back on CPU 1, where nothing else is to do; then asks on CPU 0 again, and gives that back
 * on CPU 1.  All of it happens in her order.
 */
static void a_task_that_moves(void **state)
{
	struct play *p = &play_a;
	uint32_t h, g;

	(void)state;
	roomy(p, K_7_3);
	as(p, ANN, 0);
	after(p, 10000000);
	h = ask(p, 0, U, MM_GFP_KERNEL);
	as(p, ANN, 1);
	give(p, h, 0, 0);
	as(p, ANN, 0);
	g = ask(p, 1, U, MM_GFP_KERNEL);
	as(p, ANN, 1);
	give(p, g, 1, 0);
	as(p, BOB, 1); /* not held up */
	give(p, first(p, B(9), 0), 0, 0);
	play(p);
	assert_true(event_at(p, SG_EV_mm_page_free, BOB, 0) < event_at(p, SG_EV_mm_page_alloc, ANN, 0));
	assert_true(event_at(p, SG_EV_mm_page_alloc, ANN, 0) < event_at(p, SG_EV_mm_page_free, ANN, 0));
	assert_true(event_at(p, SG_EV_mm_page_free, ANN, 0) < event_at(p, SG_EV_mm_page_alloc, ANN, 1));
	assert_true(event_at(p, SG_EV_mm_page_alloc, ANN, 1) < event_at(p, SG_EV_mm_page_free, ANN, 1));
	assert_int_equal(p->ev[event_at(p, SG_EV_mm_page_free, ANN, 0)].cpu, 1);
	assert_int_equal(p->ev[event_at(p, SG_EV_mm_page_alloc, ANN, 1)].cpu, 0);
	assert_true(p->told.ns >= 10000000);
	play_fini(p);
}

/* Bob writes marks at once; each waits for all that was wanted before it, and what he wants then waits for the mark. */
static void marks_wait(void **state)
{
	struct play *p = &play_a;
	uint32_t h;
	size_t m;

	(void)state;
	tight(p, K_6_18);
	as(p, ANN, 0);
	after(p, 5000000);
	h = ask(p, 0, U, MM_GFP_KERNEL); /* stalls */
	as(p, BOB, 1);
	write_mark(p, "first");
	write_mark(p, "second");
	give(p, first(p, B(8), 0), 0, 0);
	as(p, ANN, 0);
	give(p, h, 0, 0);
	as(p, CAT, 1);
	write_mark(p, "last");
	as(p, DAN, 0);
	give(p, first(p, B(9), 0), 0, 0);
	play(p);
	assert_int_equal(events_of(p, SG_EV_print, -1), 3);
	m = event_at(p, SG_EV_print, BOB, 0);
	assert_true(event_at(p, SG_EV_mm_page_alloc, ANN, 0) < m);
	assert_int_equal(p->ev[m].str_len, 5);
	assert_memory_equal(p->ev[m].str, "first", 5);
	assert_memory_equal(p->ev[event_at(p, SG_EV_print, BOB, 1)].str, "second", 6);
	assert_true(event_at(p, SG_EV_print, BOB, 1) < event_at(p, SG_EV_mm_page_free, BOB, 0));
	m = event_at(p, SG_EV_print, CAT, 0);
	assert_int_equal(events_of(p, SG_EV_mm_page_free, -1), (size_t)mm_sim_stat(p->r->sim, MM_SIM_PGFREE));
	for (size_t i = m; i < p->nr_ev; i++)
		assert_true(p->ev[i].pid != ANN && p->ev[i].pid != BOB);
	/* behind it, and on another CPU */
	assert_true(event_at(p, SG_EV_mm_page_free, DAN, 0) > m);
	play_fini(p);
}

/* Of two tasks of one name the later one was forked by the first: it begins when that has come so far.  Nameless ones weren't. */
static void children(void **state)
{
	static const struct sg_task_name named[] = { { ANN, "make" }, { BOB, "make" }, { CAT, "cat" } };
	struct play *p = &play_a;

	(void)state;
	for (unsigned int names = 0; names < 2; names++) {
		size_t anns, bobs;

		roomy(p, K_7_3);
		p->mk.cap.task = named;
		p->mk.cap.nr_tasks = names ? 3 : 0;
		as(p, ANN, 0);
		after(p, 10000000);
		ask(p, 0, U, MM_GFP_KERNEL);
		as(p, BOB, 1);
		give(p, first(p, B(8), 0), 0, 0);
		as(p, CAT, 1);
		give(p, first(p, B(9), 0), 0, 0);
		play(p);
		anns = event_at(p, SG_EV_mm_page_alloc, ANN, 0);
		bobs = event_at(p, SG_EV_mm_page_free, BOB, 0);
		assert_true(names ? anns < bobs : bobs < anns);
		assert_true(event_at(p, SG_EV_mm_page_free, CAT, 0) < anns);
		play_fini(p);
	}
}

/* An interrupt's request comes in the middle of its task's stall, and isn't the task's. */
static void interrupts(void **state)
{
	struct play *p = &play_a;
	uint32_t h, irq;

	(void)state;
	tight(p, K_7_3);
	as(p, ANN, 0);
	h = ask(p, 0, U, MM_GFP_KERNEL);
	as(p, ANN, 1);
	p->flags = MM_WANT_INTERRUPT;
	irq = ask(p, 0, U, MM_GFP_ATOMIC);
	write_mark(p, "from an interrupt");
	p->flags = 0;
	give(p, h, 0, 0);
	give(p, irq, 0, 0);
	play(p);
	assert_int_equal(p->ev[event_at(p, SG_EV_mm_page_alloc, ANN, 0)].cpu, 1);
	assert_true(event_at(p, SG_EV_print, ANN, 0) < event_at(p, SG_EV_mm_page_alloc, ANN, 1));
	assert_int_equal(state_of(p, h), RUN_FREED);
	assert_int_equal(state_of(p, irq), RUN_FREED);
	assert_int_equal(mm_run_task(p->r, ANN)->held, 0);
	play_fini(p);
}

/* ---- what is given back before it is there ------------------------------------------- */

/* Bob lets go of Ann's block, whole, while she still waits for it; of another, half; of a third, both halves. */
static void freed_early(void **state)
{
	struct play *p = &play_a;

	(void)state;
	for (enum test_kernel k = K_6_1; k < K_COUNT; k++) {
		uint32_t h[3];
		uint64_t kept;

		tight(p, k);
		as(p, ANN, 0);
		for (unsigned int i = 0; i < 3; i++)
			h[i] = ask(p, 1, U, MM_GFP_KERNEL);
		as(p, BOB, 1);
		give(p, h[0], 1, 0);
		give(p, h[1], 0, 1);
		give(p, h[2], 0, 1);
		give(p, h[2], 0, 0);
		as(p, ANN, 0);
		give(p, h[1], 0, 0);
		play(p);
		for (unsigned int i = 0; i < 3; i++)
			assert_int_equal(state_of(p, h[i]), RUN_FREED);
		/* nothing is kept but what was in use before and wasn't reclaimed */
		kept = 16 * BLOCK - 90;
		assert_int_equal(free_pages(p), 16 * BLOCK - kept + mm_sim_stat(p->r->sim, MM_SIM_PGSTEAL_DIRECT) +
					       mm_sim_stat(p->r->sim, MM_SIM_PGSTEAL_KSWAPD));
		play_fini(p);
	}
}

/* ---- files --------------------------------------------------------------------------- */

/* The captured machine dropped the page and read it again; here it still is, so that nothing is asked for. */
static void still_in_memory(void **state)
{
	struct play *p = &play_a;
	uint32_t c, h, g;

	(void)state;
	for (unsigned int gens = 0; gens < 2; gens++) {
		roomy(p, K_7_3);
		p->cfg.policy.tune[MM_TUNE_LRU_GEN] = gens;
		c = new_content(p, 5, 0);
		h = read_page(p, c);
		g = read_page(p, c);
		play(p);
		assert_int_equal(p->told.requests, 1);
		assert_int_equal(p->told.hits, 1);
		assert_int_equal(p->told.refaults, 0);
		assert_int_equal(state_of(p, h), RUN_GONE);
		assert_int_equal(state_of(p, g), RUN_HERE);
		assert_int_equal(free_pages(p), 4 * BLOCK - 1);
		assert_int_equal(events_of(p, SG_EV_mm_page_alloc, -1), 1);
		assert_int_equal(events_of(p, SG_EV_mm_filemap_add_to_page_cache, -1), 1);
		assert_int_equal(events_of(p, SG_EV_mm_lru_insertion, -1), 1);
		play_fini(p);
		/* cut off: the page goes with its second handle, and what is read then is read */
		roomy(p, K_7_3);
		c = new_content(p, 5, 0);
		read_page(p, c);
		g = read_page(p, c);
		wants(p, MM_WANT_UNCACHE, g)->content = c;
		give(p, g, 0, 0);
		h = read_page(p, c);
		play(p);
		assert_int_equal(p->told.requests, 2);
		assert_int_equal(p->told.hits, 1);
		assert_int_equal(state_of(p, g), RUN_FREED);
		assert_int_equal(state_of(p, h), RUN_HERE);
		assert_int_equal(free_pages(p), 4 * BLOCK - 1);
		assert_int_equal(events_of(p, SG_EV_mm_filemap_delete_from_page_cache, -1), 1);
		play_fini(p);
	}
}

/*
 * 200 pages of a file are read, then memory gets so tight that some are dropped.  When all are used again, those are read
 * again, and no others; they are in the file again then, and can be dropped again.
 */
static void refaults(void **state)
{
	struct play *p = &play_a;

	(void)state;
	for (enum test_kernel k = K_6_1; k < K_COUNT; k++) {
		uint32_t h[200];
		uint64_t here = 0, adds, deletes;

		play_init(p, k, 3);
		p->cfg.policy.tune[MM_TUNE_WATERMARK_BOOST_FACTOR] = 0; /* a boost is a whole pageblock, more than is free */
		play_pages(p, B(0), BLOCK, 1, KPF_BUDDY);
		play_machine(p);
		as(p, ANN, 0);
		for (unsigned int i = 0; i < 200; i++)
			h[i] = read_page(p, new_content(p, 9, i));
		as(p, BOB, 1);
		for (unsigned int i = 0; i < 300; i++) {
			after(p, i ? 1000 : 100000000);
			ask(p, 0, U, MM_GFP_KERNEL);
		}
		as(p, ANN, 0);
		write_mark(p, "behind all of it");
		for (unsigned int round = 0; round < 3; round++)
			for (unsigned int i = 0; i < 200; i++)
				wants(p, MM_WANT_ACTIVATE, h[i]);
		play(p);
		for (unsigned int i = 0; i < 200; i++)
			here += state_of(p, h[i]) == RUN_HERE;
		adds = events_of(p, SG_EV_mm_filemap_add_to_page_cache, -1);
		deletes = events_of(p, SG_EV_mm_filemap_delete_from_page_cache, -1);
		assert_true(p->told.refaults > 10);
		assert_int_equal(p->told.ooms, 0);
		assert_int_equal(p->told.hits, 0);
		assert_int_equal(p->told.requests, 200 + 300 + p->told.refaults);
		assert_int_equal(adds, 200 + p->told.refaults - p->told.failed);
		assert_int_equal(adds - deletes, here);
		for (unsigned int i = 0; i < 200; i++)
			assert_int_equal(p->r->content[1 + i].handle, state_of(p, h[i]) == RUN_HERE ? h[i] : 0);
		play_fini(p);
	}
}

/* ---- large folios -------------------------------------------------------------------- */

/*
 * The captured machine had no huge page for Ann's first touch, after which she asked for three single pages; for the second one it had.
 * Here no block is free for either, so she asks for three single pages in place of the second, too.
 */
static void refused(void **state)
{
	struct play *p = &play_a;

	(void)state;
	for (enum test_kernel k = K_6_1; k < K_COUNT; k++)
		for (unsigned int waits = 0; waits < 2; waits++) {
			uint32_t gfp = waits ? HUGE : HUGE & ~(uint32_t)MM_GFP_KERNEL, failed, huge;

			play_init(p, k, 1);
			play_pages(p, B(0), 4 * BLOCK, 2, KPF_BUDDY);
			play_machine(p);
			as(p, ANN, 0);
			failed = ask(p, 9, M, gfp);
			p->want[p->d.nr_wants - 1].flags |= MM_WANT_FAILED;
			for (unsigned int i = 0; i < 3; i++)
				to_lru(p, ask(p, 0, M, USER), 0);
			huge = ask(p, 9, M, gfp);
			to_lru(p, huge, 0);
			play_new(p);
			play_go(p);
			assert_int_equal(state_of(p, failed), RUN_GONE);
			assert_int_equal(state_of(p, huge), RUN_HERE);
			assert_int_equal(p->told.huge_split, 1);
			assert_int_equal(p->told.huge_saved, 0);
			assert_int_equal(p->told.requests, 1 + 3 + 1 + 3);
			assert_int_equal(p->told.failed, 2);
			assert_int_equal(free_pages(p), 1024 - 3 - 3);
			for (unsigned int i = 0; i < 4; i++)
				assert_int_equal(p->r->handle[huge].piece[i] < RUN_NEVER, i < 3);
			assert_int_equal(mm_lru_total(p->r->sim, 0), 6);
			assert_int_equal(mm_run_task(p->r, ANN)->held, 6);
			play_fini(p);
		}
}

/* The same, and the huge page is given back: only the three pages are, and none of the others was taken by reclaim. */
static void pieces_come_back(void **state)
{
	struct play *p = &play_a;
	uint32_t huge;

	(void)state;
	play_init(p, K_7_3, 1);
	play_pages(p, B(0), 4 * BLOCK, 2, KPF_BUDDY);
	play_machine(p);
	as(p, ANN, 0);
	ask(p, 9, M, HUGE);
	p->want[p->d.nr_wants - 1].flags |= MM_WANT_FAILED;
	for (unsigned int i = 0; i < 3; i++)
		ask(p, 0, M, USER);
	huge = ask(p, 9, M, HUGE);
	to_lru(p, huge, 0);
	give(p, huge, 8, 0);
	give(p, huge, 8, 256);
	play(p);
	assert_int_equal(state_of(p, huge), RUN_FREED);
	assert_int_equal(p->told.frees_of_gone, 0);
	assert_int_equal(free_pages(p), 1024 - 3);
	assert_int_equal(mm_run_task(p->r, ANN)->held, 3);
	play_fini(p);
}

/*
 * It wasn't to be had there, and here it is: the pages that were asked for instead are in it.  Two single ones and one of
 * order 2, given back in halves; with the last of them the huge page goes.
 */
static void had_instead(void **state)
{
	struct play *p = &play_a;

	(void)state;
	for (enum test_kernel k = K_6_1; k < K_COUNT; k++)
		for (unsigned int all = 0; all < 2; all++) {
			uint32_t huge, h[3];

			roomy(p, k);
			as(p, ANN, 0);
			huge = ask(p, 9, M, HUGE);
			p->want[p->d.nr_wants - 1].flags |= MM_WANT_FAILED;
			h[0] = ask(p, 0, M, USER);
			h[1] = ask(p, 2, M, HUGE);
			h[2] = ask(p, 0, M, USER);
			as(p, BOB, 1);
			after(p, 50000000);
			give(p, h[0], 0, 0);
			give(p, h[1], 1, 2);
			give(p, h[2], 0, 0);
			if (all)
				give(p, h[1], 1, 0);
			play(p);
			assert_int_equal(p->told.requests, 1);
			assert_int_equal(p->told.huge_saved, 6);
			assert_int_equal(state_of(p, h[0]), RUN_FREED);
			assert_int_equal(state_of(p, h[1]), all ? RUN_FREED : RUN_IN);
			assert_int_equal(state_of(p, huge), all ? RUN_FREED : RUN_HERE);
			assert_int_equal(free_pages(p), all ? 4 * BLOCK : 3 * BLOCK);
			play_fini(p);
		}
}

/* ---- compaction ---------------------------------------------------------------------- */

/* Half of each of eight blocks is in use by pages that can move; huge pages make them move, and each handle knows where to. */
static void handles_follow(void **state)
{
	struct play *p = &play_a;

	(void)state;
	for (enum test_kernel k = K_6_1; k < K_COUNT; k++) {
		static uint32_t h[8 * 256];
		unsigned int n = 0, away = 0;

		play_init(p, k, 5);
		p->cfg.policy.tune[MM_TUNE_SWAP] = 0; /* nothing to reclaim */
		play_pages(p, B(8), 8 * BLOCK, 1, KPF_BUDDY);
		play_pages(p, B(8), 8 * BLOCK, 2, KPF_LRU | KPF_ANON);
		play_machine(p);
		for (uint64_t pfn = B(8); pfn < B(16); pfn += 2)
			h[n++] = first(p, pfn, 0);
		as(p, ANN, 0);
		ask(p, 9, M, HUGE & ~(uint32_t)MM_GFP_NORETRY);
		ask(p, 9, M, HUGE & ~(uint32_t)MM_GFP_NORETRY);
		as(p, BOB, 0);
		write_mark(p, "behind them");
		for (unsigned int i = n / 4; i < n; i++)
			give(p, h[i], 0, 0);
		play(p);
		assert_int_equal(p->told.frees_of_gone, 0);
		assert_true(p->told.huge_split < 2); /* which is in 512 pages, else */
		/* of a quarter, 512 pages, some have moved */
		for (unsigned int i = 0; i < n; i++) {
			assert_int_equal(state_of(p, h[i]), i < n / 4 ? RUN_HERE : RUN_FREED);
			away += i < n / 4 && p->r->handle[h[i]].pfn != B(8) + 2 * i;
		}
		assert_in_range(away, 1, mm_sim_stat(p->r->sim, MM_SIM_PGMIGRATE_SUCCESS));
		assert_int_equal(free_pages(p), 8 * BLOCK - 512 - 1024);
		play_fini(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everybody_is_served), cmocka_unit_test(reporter_in_time), cmocka_unit_test(parts), cmocka_unit_test(of_the_start),
		cmocka_unit_test(same_again), cmocka_unit_test(others_go_on), cmocka_unit_test(a_task_that_moves),
		cmocka_unit_test(marks_wait), cmocka_unit_test(children), cmocka_unit_test(interrupts),
		cmocka_unit_test(freed_early), cmocka_unit_test(still_in_memory), cmocka_unit_test(refaults),
		cmocka_unit_test(refused), cmocka_unit_test(pieces_come_back), cmocka_unit_test(had_instead),
		cmocka_unit_test(handles_follow),
	};

	return cmocka_run_group_tests_name("simulated runs", tests, NULL, NULL);
}
