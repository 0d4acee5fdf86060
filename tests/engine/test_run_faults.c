// SPDX-License-Identifier: GPL-2.0-only
/* Faults on anonymous memory in runs, on a small machine: what is at which address, and what becomes of it. */
#include "run_made.h"

#include <string.h>

static struct play play_a;
static struct mm_fault fault_list[64];
static uint32_t fault_of_list[256];

#define ANN 100
#define P 0x7f0000900u /* a multiple of 64 pages */
#define LIGHT (MM_GFP_IO | MM_GFP_FS | MM_GFP_MOVABLE | MM_GFP_CMA_OK | MM_GFP_COMP | MM_GFP_NOMEMALLOC)

/* Blocks [0, @blocks) are free, of the others every second page, so that no two of them make a block; nothing can be reclaimed. */
static void machine(struct play *p, unsigned int blocks)
{
	play_init(p, K_7_3, 1);
	p->cfg.policy.tune[MM_TUNE_WATERMARK_BOOST_FACTOR] = 0;
	play_pages(p, B(0), blocks * BLOCK, 1, KPF_BUDDY);
	play_pages(p, B(blocks), END - B(blocks), 2, KPF_BUDDY);
	play_machine(p);
	memset(fault_list, 0, sizeof(fault_list));
	memset(fault_of_list, 0, sizeof(fault_of_list));
	p->d.has_faults = true;
	p->d.fault = fault_list;
	p->d.nr_faults = 1;
	p->d.fault_of = fault_of_list;
	p->d.nr_mms = 1;
	p->d.page_shift = 12;
	p->d.huge_order = 9;
	p->d.order_64k = 4;
	as(p, ANN, 0);
}

/* A fault of the capture at page @page of a mapping [P, P + 64), which gave it 2^order pages; sizes @enabled (1 << order). */
static uint32_t fault(struct play *p, uint64_t page, unsigned int order, uint32_t enabled)
{
	uint32_t h = ask(p, order, M, order ? LIGHT : USER);
	struct mm_want *w = &p->want[p->d.nr_wants - 1];

	w->kind = MM_WANT_FAULT;
	w->fault = p->d.nr_faults;
	fault_list[p->d.nr_faults++] = (struct mm_fault){ .start = P, .end = P + 64, .page = page, .base = page >> order << order,
							  .mm = 1, .enabled = enabled, .order = (uint8_t)order };
	fault_of_list[h] = w->fault;
	p->d.fault_pages += (1u << order) + 1;
	return h;
}

static void unmap(struct play *p, uint64_t start, uint64_t end, bool all)
{
	struct mm_want *w = wants(p, MM_WANT_UNMAP, 0);

	w->order = 0;
	w->fault = p->d.nr_faults;
	w->flags |= all ? MM_WANT_ALL : 0;
	fault_list[p->d.nr_faults++] = (struct mm_fault){ .start = start, .end = end, .mm = 1 };
}

/* The block of a fault is freed, as the capture had it. */
static void frees(struct play *p, uint32_t handle, unsigned int order, uint32_t offset)
{
	give(p, handle, order, offset);
	p->want[p->d.nr_wants - 1].fault = fault_of_list[handle];
}

static uint32_t at(const struct play *p, uint64_t page)
{
	return mm_pte_get(&p->r->faults.ptes, 1, page).handle;
}

/* ---- orders ---------------------------------------------------------------------------- */

/*
 * The capture had single pages at P to P + 3; with 64 KiB allowed the first fault gets 16 pages, and the other three have theirs
 * already.  At P + 16 the capture had 16 pages, too.
 */
static void larger_than_captured(void **state)
{
	struct play *p = &play_a;
	uint64_t free;

	(void)state;
	machine(p, 4);
	free = 0;
	for (unsigned int i = 0; i < 4; i++)
		fault(p, P + i, 0, 1u << 4);
	fault(p, P + 16, 4, 1u << 4);
	play_new(p);
	free = free_pages(p);
	play_go(p);
	assert_int_equal(p->told.anon.faults, 2);
	assert_int_equal(p->told.anon.order[4], 2);
	assert_int_equal(p->told.faults_there, 3);
	assert_int_equal(p->told.faults_more, 0);
	assert_int_equal(free_pages(p), free - 32);
	for (unsigned int i = 0; i < 16; i++)
		assert_int_equal(at(p, P + i), at(p, P));
	assert_int_not_equal(at(p, P), at(p, P + 16));
	assert_int_equal(at(p, P + 32), 0);
	play_fini(p);
}

/* The capture had 16 pages at once, here only single ones are allowed: all of them are touched, one after the other. */
static void smaller_than_captured(void **state)
{
	struct play *p = &play_a;
	uint64_t free;

	(void)state;
	machine(p, 4);
	fault(p, P + 3, 4, 0);
	fault(p, P + 16, 2, 0);
	play_new(p);
	free = free_pages(p);
	play_go(p);
	assert_int_equal(p->told.anon.order[0], 20);
	assert_int_equal(p->told.faults_more, 18);
	assert_int_equal(p->told.anon.rule, 2); /* of the others pages beside them are there already */
	assert_int_equal(p->told.anon.present, 18);
	assert_int_equal(free_pages(p), free - 20);
	play_fini(p);
}

/* No block of 16 or 8 pages is free: each fault is refused both, and takes 4 of what the free pageblock was split into. */
static void no_page(void **state)
{
	struct play *p = &play_a;
	struct page_ent e;

	(void)state;
	play_init(p, K_7_3, 1);
	p->cfg.policy.tune[MM_TUNE_WATERMARK_BOOST_FACTOR] = 0;
	for (uint64_t pfn = B(0); pfn < B(4); pfn += 8)
		play_pages(p, pfn, 4, 1, KPF_BUDDY);
	play_machine(p);
	memset(fault_list, 0, sizeof(fault_list));
	p->d.fault = fault_list;
	p->d.nr_faults = 1;
	p->d.fault_of = fault_of_list;
	p->d.page_shift = 12;
	p->d.huge_order = 9;
	p->d.order_64k = 4;
	as(p, ANN, 0);
	fault(p, P, 2, 1u << 2 | 1u << 3 | 1u << 4);
	fault(p, P + 4, 2, 1u << 2 | 1u << 3 | 1u << 4);
	play(p);
	assert_int_equal(p->told.anon.order[2], 2);
	assert_int_equal(p->told.anon.refused, 2); /* the second has the first's pages beside it: only 4 fit */
	assert_int_equal(p->told.anon.no_page, 1);
	assert_int_equal(p->told.anon.present, 1);
	assert_int_equal(p->told.failed, 2);
	assert_true(p->told.anon.lacking >= p->d.ts_first);
	e = mm_ent(mm_sim_machine(p->r->sim), p->r->handle[at(p, P)].pfn);
	assert_int_equal(ent_order(&e), 2);
	play_fini(p);
}

/* ---- what is given up ---------------------------------------------------------------------- */

/*
 * 16 pages are there in one folio, of which the capture had the first four singly.  Giving up these leaves the folio: the rest of
 * it is still mapped.  A fault on them finds the others beside it, and gets four pages.  At the end of the task all goes.
 */
static void partly_unmapped(void **state)
{
	struct play *p = &play_a;
	uint64_t free;
	uint32_t h[4];

	(void)state;
	machine(p, 4);
	for (unsigned int i = 0; i < 4; i++)
		h[i] = fault(p, P + i, 0, 1u << 2 | 1u << 4);
	for (unsigned int i = 0; i < 4; i++)
		frees(p, h[i], 0, 0);
	unmap(p, P, P + 4, false);
	fault(p, P + 1, 0, 1u << 2 | 1u << 4);
	play_new(p);
	free = free_pages(p);
	play_go(p);
	assert_int_equal(p->told.anon.order[4], 1);
	assert_int_equal(p->told.anon.order[2], 1);
	assert_int_equal(p->told.anon.present, 1);
	assert_int_equal(free_pages(p), free - 20);
	assert_int_not_equal(at(p, P), at(p, P + 4));
	play_fini(p);

	machine(p, 4);
	for (unsigned int i = 0; i < 4; i++)
		h[i] = fault(p, P + i, 0, 1u << 4);
	for (unsigned int i = 0; i < 4; i++)
		frees(p, h[i], 0, 0);
	p->want[p->d.nr_wants - 1].flags |= MM_WANT_ALL; /* no munmap() told of it: the task ended */
	play_new(p);
	free = free_pages(p);
	play_go(p);
	assert_int_equal(free_pages(p), free);
	assert_int_equal(at(p, P + 15), 0);
	play_fini(p);
}

/* Frees of a block that had other pages: what is at its addresses goes.  What comes again gets a handle that was used before. */
static void comes_and_goes(void **state)
{
	struct play *p = &play_a;
	uint64_t free;

	(void)state;
	machine(p, 4);
	for (unsigned int round = 0; round < 8; round++) {
		uint32_t h = fault(p, P, 4, round & 1 ? 0 : 1u << 2);

		frees(p, h, 4, 0);
		unmap(p, P, P + 64, false);
	}
	play_new(p);
	free = free_pages(p);
	play_go(p);
	assert_int_equal(free_pages(p), free);
	assert_int_equal(p->told.anon.order[2], 4 * 4);
	assert_int_equal(p->told.anon.order[0], 4 * 16);
	assert_true(p->r->faults.next <= p->d.nr_handles + 16);
	play_fini(p);
}

/* A huge page wants a range without a page table: giving up the pages of one leaves it, unmapping takes it. */
static void page_tables(void **state)
{
	struct play *p = &play_a;

	(void)state;
	for (unsigned int unmapped = 0; unmapped < 2; unmapped++) {
		machine(p, 6);
		fault(p, 0x7f0000a00, 0, 0);
		fault_list[1].start = 0x7f0000a00;
		fault_list[1].end = 0x7f0000c00;
		unmap(p, 0x7f0000a00, 0x7f0000c00, false);
		if (unmapped) {
			fault_list[2].page = 0x7f0000a00;
			fault_list[2].base = 0x7f0000c00;
		}
		fault(p, 0x7f0000a00, 0, 1u << 9);
		fault_list[3].start = 0x7f0000a00;
		fault_list[3].end = 0x7f0000c00;
		play(p);
		assert_int_equal(p->told.anon.order[9], unmapped);
		assert_int_equal(p->told.anon.order[0], 2 - unmapped);
		play_fini(p);
	}
}

/* ---- rules -------------------------------------------------------------------------------- */

/*
 * Blocks of 8 pages are the largest that are free.  The capture had 8 pages at P in one folio; 64 KiB fit there, and each rule comes down
 * from them in its own way.  v2 and simple end with a single page; v2 gets 4 pages for P + 4.
 */
static void rules(void **state)
{
	static const struct {
		const char *policy;
		unsigned int single, four, eight, refused;
	} t[] = {
		{ "linux-7.3", 0, 0, 1, 1 },
		{ "linux-7.3,anon-order=v1", 0, 0, 1, 1 },
		{ "linux-7.3,anon-order=simple", 8, 0, 0, 1 },
		{ "linux-7.3,anon-order=v2", 4, 1, 0, 1 },
		{ "linux-7.3,anon-order=3-step", 0, 0, 1, 1 },
		{ "linux-7.3,anon-order=32k", 0, 0, 1, 0 },
		{ "linux-7.3,anon-order=0", 8, 0, 0, 0 },
		{ "linux-6.1", 8, 0, 0, 0 },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct play *p = &play_a;
		struct sg_err err = { 0 };

		play_init(p, K_7_3, 1);
		if (mm_policy_parse(t[i].policy, &p->cfg.policy, &err) != 0)
			fail_msg("%s", err.text);
		p->cfg.policy.tune[MM_TUNE_WATERMARK_BOOST_FACTOR] = 0;
		for (uint64_t pfn = B(0); pfn < B(6); pfn += 16)
			play_pages(p, pfn, 8, 1, KPF_BUDDY);
		play_machine(p);
		memset(fault_list, 0, sizeof(fault_list));
		p->d.fault = fault_list;
		p->d.nr_faults = 1;
		p->d.fault_of = fault_of_list;
		p->d.page_shift = 12;
		p->d.huge_order = 9;
		p->d.order_64k = 4;
		as(p, ANN, 0);
		fault(p, P, 3, 1u << 2 | 1u << 3 | 1u << 4);
		play(p);
		if (p->told.anon.order[0] != t[i].single || p->told.anon.order[2] != t[i].four ||
		    p->told.anon.order[3] != t[i].eight || p->told.anon.refused != t[i].refused)
			fail_msg("%s: %llu single pages, %llu of 4, %llu of 8, %llu refused", t[i].policy,
				 (unsigned long long)p->told.anon.order[0], (unsigned long long)p->told.anon.order[2],
				 (unsigned long long)p->told.anon.order[3], (unsigned long long)p->told.anon.refused);
		play_fini(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(larger_than_captured), cmocka_unit_test(smaller_than_captured), cmocka_unit_test(no_page),
		cmocka_unit_test(partly_unmapped), cmocka_unit_test(comes_and_goes), cmocka_unit_test(page_tables),
		cmocka_unit_test(rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
