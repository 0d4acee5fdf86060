// SPDX-License-Identifier: GPL-2.0-only
/* What swap-out asks for by itself, learned from traces made by hand. */
#include "made.h"

#include "demand/demand.h"

#define KSWAPD 40
#define CAT 214

#define G_ATOMIC (0x20u | 0x40000u | 0x80000u)        /* a swap table, without waiting; then as reclaim may */
#define G_KERNEL (0x400u | 0x800u | 0x40u | 0x80u)
#define G_TABLE (G_KERNEL | G_ATOMIC)
#define G_SLAB (0x400u | 0x800u | 0x10000u | 0x40000u) /* a slab, not tried hard; then a little harder */
#define G_SLAB_2 (G_SLAB & ~0x10000u)
#define G_PACKED (0x400u | 0x800u | 0x2u | 0x8u)       /* compressed pages */

#define WB_ANON 0x1u
#define WB_FILE 0x2u

static const struct sg_task_name names[] = { { KSWAPD, "kswapd0" }, { CAT, "cat" } };
static struct made mk;
static struct mm_machine *start;

static void begin(void)
{
	made_capture(&mk, 7, 3);
	mk.cap.gfp = (struct sg_gfp){ .highmem = 0x2, .movable = 0x8, .reclaimable = 0x10, .high = 0x20, .io = 0x40, .fs = 0x80,
				      .direct_reclaim = 0x400, .kswapd_reclaim = 0x800, .noretry = 0x10000, .comp = 0x40000,
				      .nomemalloc = 0x80000 };
	mk.cap.task = names;
	mk.cap.nr_tasks = 2;
	for (uint64_t p = B(0); p < B(4); p++)
		mk.flags[p] = KPF_BUDDY;
	made_init(&mk, 7, 3, MADE_FLAGS);
	start = mk.m;
	mk.m = NULL;
	mk.log = sg_log_new();
	assert_non_null(mk.log);
	mk.pid = KSWAPD;
}

static struct mm_demand *end(void)
{
	struct sg_err err = { 0 };
	struct mm_demand *d = NULL;

	if (mm_demand_take(mk.log, &mk.cap, 0, start, &d, &err) != 0)
		fail_msg("%s", err.text);
	return d;
}

static void done(struct mm_demand *d)
{
	mm_demand_free(d);
	mm_machine_free(start);
	made_fini(&mk);
}

/* @pfn 0: there was none. */
static void asks(uint64_t pfn, unsigned int order, uint64_t gfp)
{
	struct sg_event ev = made_event(&mk, SG_EV_mm_page_alloc);

	ev.v[SGF_mm_page_alloc_pfn] = pfn;
	ev.v[SGF_mm_page_alloc_order] = order;
	ev.v[SGF_mm_page_alloc_gfp_flags] = gfp;
	ev.v[SGF_mm_page_alloc_migratetype] = gfp & 0x8 ? M : U;
	made_send(&mk, &ev);
}

static void writes(unsigned int flags)
{
	struct sg_event ev = made_event(&mk, SG_EV_mm_vmscan_write_folio);

	ev.v[SGF_mm_vmscan_write_folio_reclaim_flags] = flags;
	made_send(&mk, &ev);
}

static void batch_ends(void)
{
	struct sg_event ev = made_event(&mk, SG_EV_mm_vmscan_lru_shrink_inactive);

	made_send(&mk, &ev);
}

/*
 * Two pages stay, since there is no swap table for them, a third for a whole batch.  For the next one there is, at the second
 * try; four pages are written then, of which two find a slab and one doesn't, and for two there is a page for what was
 * compressed.
 */
static void learned(void **state)
{
	const struct mm_swap_need *n;
	struct mm_demand *d;

	(void)state;
	begin();
	for (unsigned int i = 0; i < 3; i++) {
		asks(0, 0, G_ATOMIC);
		asks(0, 0, G_TABLE);
	}
	batch_ends();
	asks(0, 0, G_ATOMIC);
	asks(B(0), 0, G_TABLE);
	asks(B(0) + 1, 0, G_SLAB);
	asks(B(0) + 2, 0, G_PACKED);
	writes(WB_ANON);
	asks(0, 0, G_SLAB);
	asks(0, 0, G_SLAB_2);
	writes(WB_ANON);
	asks(0, 0, G_SLAB);
	asks(B(0) + 3, 0, G_SLAB_2);
	asks(B(0) + 4, 0, G_PACKED);
	writes(WB_ANON);
	writes(WB_FILE);
	writes(WB_ANON);
	asks(0, 3, G_SLAB); /* was never had: how often it's needed can't be told */
	d = end();
	assert_int_equal(d->nr_wants, 0);
	assert_int_equal(d->left.swap_requests, 16);
	assert_int_equal(d->swap.written, 4);
	assert_int_equal(d->swap.nr, 3);
	assert_int_equal(d->swap.others, 1);
	n = &d->swap.need[0];
	assert_int_equal(n->gfp, MM_GFP_HIGH | MM_GFP_COMP | MM_GFP_NOMEMALLOC);
	assert_int_equal(n->again, MM_GFP_KERNEL | MM_GFP_HIGH | MM_GFP_COMP | MM_GFP_NOMEMALLOC);
	assert_true(n->order == 0 && n->mt == U && n->stops);
	assert_true(n->got == 1 && n->failed == 3 && n->stopped == 3 && n->went_on == 0);
	assert_int_equal(n->every, 4 << 16);
	n = &d->swap.need[1];
	assert_int_equal(n->gfp & MM_GFP_NORETRY, MM_GFP_NORETRY);
	assert_int_equal(n->again, n->gfp & ~(uint32_t)MM_GFP_NORETRY);
	assert_true(n->got == 2 && n->failed == 1 && n->stopped == 0 && n->went_on == 1 && !n->stops);
	assert_int_equal(n->every, 2 << 16);
	n = &d->swap.need[2];
	assert_true(n->mt == M && n->got == 2 && n->failed == 0 && n->again == n->gfp && !n->stops);
	assert_int_equal(n->every, 2 << 16);
	done(d);
}

/* Requests of reclaim that writes nothing aren't swap's; nor are those of a task outside of reclaim, which are its own. */
static void no_swap(void **state)
{
	struct mm_demand *d;

	(void)state;
	begin();
	asks(B(0), 0, G_KERNEL);
	writes(WB_FILE);
	mk.pid = CAT;
	asks(B(1), 0, G_TABLE);
	writes(WB_ANON);
	d = end();
	assert_int_equal(d->swap.nr, 0);
	assert_int_equal(d->swap.written, 0);
	assert_int_equal(d->swap.others, 1);
	assert_int_equal(d->nr_wants, 1);
	done(d);
}

/* More kinds than are followed. */
static void many_kinds(void **state)
{
	struct mm_demand *d;

	(void)state;
	begin();
	for (unsigned int o = 0; o < MM_SWAP_NEEDS + 2; o++)
		asks(B(0), o, G_KERNEL);
	writes(WB_ANON);
	d = end();
	assert_int_equal(d->swap.nr, MM_SWAP_NEEDS);
	assert_int_equal(d->swap.others, 2);
	done(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(learned), cmocka_unit_test(no_swap), cmocka_unit_test(many_kinds) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
