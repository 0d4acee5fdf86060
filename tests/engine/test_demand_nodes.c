// SPDX-License-Identifier: GPL-2.0-only
/*
 * Demand on machines of two nodes, out of traces made by hand: pageblocks 0 to 7 are node 0's, 8 to 15 node 1's, and the first
 * four of each are free when the trace begins, 2048 pages.  A node has room with more than 150 pages (high) and an eighth of its
 * 3996 (499): 649.  It is short below 125.
 */
#include "made.h"

#include <stdio.h>

#include "demand/demand.h"
#include "machine/guesses.h"

#define KSWAPD 40
#define CAT 214
#define DD 300
#define HOG 301

#define G_KERNEL (0x400u | 0x800u | 0x40u | 0x80u)
#define G_USER (G_KERNEL | 0x2u | 0x8u)
#define G_DEMOTE (0x2u | 0x8u | 0x800u)
#define G_THISNODE 0x200000u

#define DEMOTION 8u
#define NUMA_MISPLACED 5u
#define COMPACTION 0u

static const struct sg_task_name names[] = { { KSWAPD, "kswapd0" }, { CAT, "cat" }, { DD, "dd" }, { HOG, "hog" } };

struct tale {
	struct made mk;
	struct mm_machine *start;
	struct mm_demand *d;
};
static struct tale tale;

static struct tale *begin(const char *second)
{
	struct tale *t = &tale;
	struct made *mk = &t->mk;

	made_capture(mk, 7, 3);
	mk->cap.gfp = (struct sg_gfp){ .highmem = 0x2, .movable = 0x8, .reclaimable = 0x10, .io = 0x40, .fs = 0x80,
				       .direct_reclaim = 0x400, .kswapd_reclaim = 0x800, .thisnode = G_THISNODE };
	mk->cap.task = names;
	mk->cap.nr_tasks = 4;
	mk->zone[0].spanned = mk->zone[0].present = 8 * BLOCK;
	mk->zone[0].managed = 8 * BLOCK - 100;
	mk->zone[1] = mk->zone[0];
	mk->zone[1].node = 1;
	mk->zone[1].start_pfn = B(8);
	snprintf(mk->zone[1].name, sizeof(mk->zone[1].name), "%s", second);
	mk->snap.nr_zones = 2;
	for (uint64_t p = B(0); p < B(4); p++)
		mk->flags[p] = mk->flags[p + B(8) - B(0)] = KPF_BUDDY;
	made_init(mk, 7, 3, MADE_FLAGS);
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

static void as(struct tale *t, int32_t pid, uint16_t cpu)
{
	t->mk.pid = pid;
	t->mk.cpu = cpu;
}

static void alloc(struct tale *t, uint64_t pfn, unsigned int order, uint64_t gfp)
{
	struct sg_event ev = made_event(&t->mk, SG_EV_mm_page_alloc);

	ev.v[SGF_mm_page_alloc_pfn] = pfn;
	ev.v[SGF_mm_page_alloc_order] = order;
	ev.v[SGF_mm_page_alloc_gfp_flags] = gfp;
	ev.v[SGF_mm_page_alloc_migratetype] = gfp & 0x8 ? M : U;
	made_send(&t->mk, &ev);
}

/* @nr single pages from @pfn on; Return: the next. */
static uint64_t pages(struct tale *t, uint64_t pfn, unsigned int nr, uint64_t gfp)
{
	for (; nr; nr--)
		alloc(t, pfn++, 0, gfp);
	return pfn;
}

static void copies(struct tale *t, unsigned int reason)
{
	struct sg_event ev = made_event(&t->mk, SG_EV_mm_migrate_pages_start);

	ev.v[SGF_mm_migrate_pages_start_mode] = 0;
	ev.v[SGF_mm_migrate_pages_start_reason] = reason;
	made_send(&t->mk, &ev);
}

static void copied(struct tale *t)
{
	struct sg_event ev = made_event(&t->mk, SG_EV_mm_migrate_pages);

	made_send(&t->mk, &ev);
}

static void check_want(const struct mm_demand *d, size_t i, enum mm_want_kind kind, int32_t pid, uint32_t handle, unsigned int order,
		       uint32_t offset, int node, unsigned int flags)
{
	const struct mm_want *w = &d->want[i];

	assert_true(i < d->nr_wants);
	if (w->kind == kind && w->pid == pid && w->handle == handle && w->order == order && w->offset == offset && w->node == node &&
	    w->flags == flags)
		return;
	fail_msg("want %zu is %s of %d, handle %u, order %u, offset %u, node %d, flags %x; should be %s of %d, %u, %u, %u, %d, %x", i,
		 mm_want_key((enum mm_want_kind)w->kind), w->pid, w->handle, w->order, w->offset, w->node, w->flags, mm_want_key(kind),
		 pid, handle, order, offset, node, flags);
}

/*
 * kswapd moves two of cat's folios to node 1; a third target isn't needed, and a fourth can't be had.  The copies come onto the
 * LRU before what they are copies of is freed, or after; that is no new wish.  cat frees them where they are then.
 */
static void demotion(void **state)
{
	struct tale *t = begin("Normal");
	const struct mm_demand *d;

	(void)state;
	as(t, CAT, 0);
	alloc(t, B(0), 0, G_USER);     /* handle 1 */
	alloc(t, B(0) + 4, 2, G_USER); /* handle 2 */
	alloc(t, B(0) + 1, 0, G_USER); /* handle 3 */
	send_lru(&t->mk, B(0), 0);
	send_lru(&t->mk, B(0) + 4, 0);
	send_lru(&t->mk, B(0) + 1, 0);
	as(t, KSWAPD, 1);
	copies(t, DEMOTION);
	alloc(t, B(8) + 8, 0, G_DEMOTE | G_THISNODE);
	alloc(t, B(8) + 4, 2, G_DEMOTE | G_THISNODE);
	alloc(t, B(8) + 9, 0, G_DEMOTE | G_THISNODE);
	alloc(t, 0, 0, G_DEMOTE | G_THISNODE);
	send_lru(&t->mk, B(8) + 8, 0);
	send_free(&t->mk, B(0), 0);
	send_free(&t->mk, B(0) + 4, 2);
	send_free(&t->mk, B(8) + 9, 0); /* handle 3 was held by somebody */
	copied(t);
	send_lru(&t->mk, B(8) + 4, 0);
	send_free(&t->mk, B(0) + 1, 0); /* and is reclaimed */
	as(t, CAT, 0);
	send_free(&t->mk, B(8) + 8, 0);
	send_free(&t->mk, B(8) + 6, 1);
	send_free(&t->mk, B(8) + 4, 1);
	send_free(&t->mk, B(0), 0);     /* nobody's since it moved */
	d = end(t);
	assert_int_equal(d->left.migrated, 2);
	assert_int_equal(d->left.demoted, 5);
	assert_int_equal(d->left.moves, 0);
	assert_int_equal(d->left.unpaired, 0);
	assert_int_equal(d->left.own_allocs, 4);
	assert_int_equal(d->left.swap_requests, 0);
	assert_int_equal(d->left.own_frees, 4);
	assert_int_equal(d->left.unknown_frees, 1);
	assert_int_equal(d->nr_wants, 9);
	check_want(d, 6, MM_WANT_FREE, CAT, 1, 0, 0, -1, 0);
	check_want(d, 7, MM_WANT_FREE, CAT, 2, 1, 2, -1, 0);
	check_want(d, 8, MM_WANT_FREE, CAT, 2, 1, 0, -1, 0);
	done(t);
}

/* A target for which nothing is freed is lost: whose it is now can't be known. */
static void lost(void **state)
{
	struct tale *t = begin("Normal");
	const struct mm_demand *d;

	(void)state;
	as(t, KSWAPD, 1);
	copies(t, DEMOTION);
	alloc(t, B(8), 0, G_DEMOTE);
	copied(t);
	as(t, CAT, 0);
	send_lru(&t->mk, B(8), 0);
	send_free(&t->mk, B(8), 0);
	d = end(t);
	assert_int_equal(d->left.migrated, 0);
	assert_int_equal(d->left.unpaired, 2); /* the target, and what came onto the LRU */
	assert_int_equal(d->left.unknown_frees, 1);
	assert_int_equal(d->nr_wants, 0);
	done(t);
}

/*
 * A page fault has a page of the start, on node 1, brought to node 0: a wish.  Where its owner lets go of it afterwards it is the
 * same block.  A move within a node is the kernel's affair, and compaction takes its targets without an event.
 */
static void promotion(void **state)
{
	struct tale *t = begin("Normal");
	const struct mm_demand *d;

	(void)state;
	as(t, CAT, 0);
	copies(t, NUMA_MISPLACED);
	alloc(t, B(0), 0, G_USER | G_THISNODE);
	send_free(&t->mk, B(13) + 7, 0);        /* handle 1 */
	copied(t);
	send_lru(&t->mk, B(0), 0);
	copies(t, NUMA_MISPLACED);
	alloc(t, B(0) + 1, 0, G_USER | G_THISNODE);
	send_free(&t->mk, B(5), 0);             /* handle 2: of node 0 already */
	copied(t);
	copies(t, COMPACTION);
	alloc(t, B(1), 0, G_USER);              /* handle 3: a request */
	copied(t);
	send_free(&t->mk, B(0), 0);
	send_free(&t->mk, B(0) + 1, 0);
	d = end(t);
	assert_int_equal(d->left.migrated, 2);
	assert_int_equal(d->left.moves, 1);
	assert_int_equal(d->left.demoted, 0);
	assert_int_equal(d->nr_wants, 4);
	assert_int_equal(d->first_pfn[1], B(13) + 7);
	check_want(d, 0, MM_WANT_MOVE, CAT, 1, 0, 0, 0, MM_WANT_MISPLACED);
	check_want(d, 1, MM_WANT_ALLOC, CAT, 3, 0, 0, -1, 0);
	check_want(d, 2, MM_WANT_FREE, CAT, 1, 0, 0, -1, 0);
	check_want(d, 3, MM_WANT_FREE, CAT, 2, 0, 0, -1, 0);
	done(t);
}

/*
 * cat's pages come from node 0, on both CPUs: that is their node.  dd's movable ones come from node 1 although node 0 has room,
 * its others from node 0.  hog takes so much of node 1 that it is short, and goes on there: no other node will do.
 */
static void mempolicy(void **state)
{
	struct tale *t = begin("Normal");
	const struct mm_demand *d;
	uint64_t p;
	size_t i = 0;

	(void)state;
	as(t, CAT, 0);
	p = pages(t, B(0), 20, G_USER);
	as(t, CAT, 1);
	pages(t, p, 20, G_USER);
	as(t, DD, 0);
	p = pages(t, B(8), 10, G_USER);
	pages(t, B(1), 10, G_KERNEL);
	as(t, HOG, 1);
	alloc(t, B(9), 9, G_USER);       /* 2038 - 512 */
	alloc(t, B(10), 9, G_USER);
	alloc(t, B(11), 9, G_USER);      /* 502 */
	alloc(t, B(8) + 256, 8, G_USER); /* 246 */
	alloc(t, B(8) + 128, 7, G_USER); /* 118: short, one */
	pages(t, p, MM_GUESS(BOUND_GRANTS) - 1, G_USER);
	alloc(t, 0, 0, G_USER);          /* nothing was left for it */
	d = end(t);
	assert_int_equal(d->cpu_node[0], 0);
	assert_int_equal(d->cpu_node[1], 0);
	for (unsigned int k = 0; k < 40; k++, i++)
		assert_int_equal(d->want[i].node, -1);
	for (unsigned int k = 0; k < 10; k++, i++)
		assert_true(d->want[i].node == 1 && d->want[i].flags == 0);
	for (unsigned int k = 0; k < 10; k++, i++)
		assert_int_equal(d->want[i].node, -1);
	for (unsigned int k = 0; k < 4 + MM_GUESS(BOUND_GRANTS); k++, i++)
		assert_true(d->want[i].node == 1 && d->want[i].flags == MM_WANT_BOUND);
	check_want(d, i, MM_WANT_ALLOC, HOG, (uint32_t)i + 1, 0, 0, 1, MM_WANT_BOUND | MM_WANT_FAILED);
	assert_int_equal(d->left.placed, 10 + 5 + MM_GUESS(BOUND_GRANTS));
	assert_int_equal(d->left.bound, 5 + MM_GUESS(BOUND_GRANTS));
	done(t);
}

/* The same pages, once fewer: it may be a preference only. */
static void preference(void **state)
{
	struct tale *t = begin("Normal");
	const struct mm_demand *d;

	(void)state;
	as(t, CAT, 1);
	pages(t, B(0), 20, G_USER);
	as(t, HOG, 1);
	alloc(t, B(9), 9, G_USER);
	alloc(t, B(10), 9, G_USER);
	alloc(t, B(11), 9, G_USER);
	alloc(t, B(8) + 256, 8, G_USER);
	alloc(t, B(8) + 128, 7, G_USER); /* 128: not short yet */
	pages(t, B(8), 3 + MM_GUESS(BOUND_GRANTS) - 1, G_USER);
	d = end(t);
	assert_int_equal(d->left.bound, 0);
	assert_int_equal(d->left.placed, 5 + 3 + MM_GUESS(BOUND_GRANTS) - 1);
	check_want(d, 20, MM_WANT_ALLOC, HOG, 21, 9, 0, 1, 0);
	done(t);
}

/* Node 1's memory is for movable pages only: whoever takes others from a short node 0 has no choice. */
static void no_choice(void **state)
{
	struct tale *t = begin("Movable");
	const struct mm_demand *d;

	(void)state;
	as(t, HOG, 0);
	alloc(t, B(1), 9, G_KERNEL);
	alloc(t, B(2), 9, G_KERNEL);
	alloc(t, B(3), 9, G_KERNEL);
	alloc(t, B(0) + 256, 8, G_KERNEL);
	alloc(t, B(0) + 128, 7, G_KERNEL);
	pages(t, B(0), 40, G_KERNEL);
	d = end(t);
	assert_int_equal(d->left.placed, 0);
	assert_int_equal(d->left.bound, 0);
	done(t);
}

/* Since 6.18 a request passes over a node whose kswapd is awake; who takes its pages there nevertheless is bound to it. */
static void kswapd_awake(void **state)
{
	struct tale *t = begin("Normal");
	const struct mm_demand *d;
	struct sg_event ev;
	uint64_t p;

	(void)state;
	as(t, CAT, 0);
	p = pages(t, B(0), 20, G_USER);
	as(t, KSWAPD, 1);
	ev = made_event(&t->mk, SG_EV_mm_vmscan_kswapd_wake);
	ev.v[SGF_mm_vmscan_kswapd_wake_nid] = 0;
	made_send(&t->mk, &ev);
	as(t, DD, 0);
	p = pages(t, p, MM_GUESS(BOUND_GRANTS), G_USER);
	as(t, KSWAPD, 1);
	ev = made_event(&t->mk, SG_EV_mm_vmscan_balance_pgdat_end);
	ev.v[SGF_mm_vmscan_balance_pgdat_end_nid] = 0;
	made_send(&t->mk, &ev);
	as(t, CAT, 0);
	pages(t, p, 20, G_USER);
	d = end(t);
	assert_int_equal(d->left.placed, 0);
	assert_int_equal(d->left.bound, MM_GUESS(BOUND_GRANTS));
	check_want(d, 19, MM_WANT_ALLOC, CAT, 20, 0, 0, -1, 0);
	check_want(d, 20, MM_WANT_ALLOC, DD, 21, 0, 0, 0, MM_WANT_BOUND);
	check_want(d, 20 + MM_GUESS(BOUND_GRANTS), MM_WANT_ALLOC, CAT, 21 + MM_GUESS(BOUND_GRANTS), 0, 0, -1, 0);
	done(t);
}

/* Pages of CPU 1 come from node 1: it is there, and nobody needs a policy for it; a request for one node says so itself. */
static void cpus(void **state)
{
	struct tale *t = begin("Normal");
	const struct mm_demand *d;

	(void)state;
	as(t, CAT, 0);
	pages(t, B(0), 5, G_USER);
	as(t, DD, 1);
	pages(t, B(8), 5, G_USER);
	alloc(t, B(1), 0, G_KERNEL | G_THISNODE);
	d = end(t);
	assert_int_equal(d->cpu_node[0], 0);
	assert_int_equal(d->cpu_node[1], 1);
	for (unsigned int i = 0; i < 10; i++)
		assert_int_equal(d->want[i].node, -1);
	check_want(d, 10, MM_WANT_ALLOC, DD, 11, 0, 0, 0, 0);
	assert_int_equal(d->left.placed, 1);
	assert_int_equal(d->left.bound, 0);
	done(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(demotion), cmocka_unit_test(lost), cmocka_unit_test(promotion), cmocka_unit_test(mempolicy),
		cmocka_unit_test(preference), cmocka_unit_test(no_choice), cmocka_unit_test(kswapd_awake), cmocka_unit_test(cpus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
