// SPDX-License-Identifier: GPL-2.0-only
/*
 * Policies of document 001: a node that kswapd has given up, and who revives it when.
 *
 * Node 0 has nothing that can be reclaimed, and less free than its marks; a second node is there, so it isn't the last.
 */
#include "chosen.h"

static struct box b;

static void wake(unsigned int order)
{
	struct mm_request rq = box_kernel(&b, order);

	rq.gfp |= MM_GFP_THISNODE;
	mm_sim_wake_kswapd(b.s, &rq, order);
}

static const struct ksim *ks(void)
{
	return &b.s->reclaim->ks[0];
}

/* kswapd works for as long as it finds something to do, and sleeps for good. */
static void kswapd(void)
{
	mm_sim_kswapd(b.s, 0, b.now, 1000000);
	b.now += MM_KSWAPD_NAP_NS;
	mm_sim_kswapd(b.s, 0, b.now, 1000000);
	assert_int_equal(ks()->phase, KSIM_ASLEEP);
}

/* Does a request of @order wake it? */
static bool wakes(unsigned int order)
{
	wake(order);
	return ks()->phase == KSIM_READ;
}

/* @kernel with hopeless=@how, @left pages free, and after 16 failures hopeless. */
static unsigned int hopeless(const char *kernel, const char *how, int64_t left, uint64_t *page)
{
	unsigned int nr = 0;
	char text[80];

	snprintf(text, sizeof(text), "%s,hopeless=%s", kernel, how);
	chosen_box(&b, text, 2);
	while (box_free(&b, 0) > left)
		page[nr++] = box_take(&b, 0, 0);
	assert_true(wakes(0));
	kswapd();
	assert_int_equal(ks()->failures, 16);
	assert_false(wakes(0));
	return nr;
}

static const char *const how[] = { "6.12", "6.18", "7.x", "patch-2024" };
static uint64_t page[PAGES];

/*
 * 20 file pages are reclaimed by a request, and 120 pages are free then, below high: any progress is enough for 6.12 and 6.18, and
 * for the patch, which is a patch to those; 7.x wants the node balanced.
 */
static void progress(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		struct mm_request rq;

		hopeless("linux-6.18", how[i], 100, page);
		rq = box_kernel(&b, 0);
		rq.gfp |= MM_GFP_THISNODE;
		box_fill(&b, 0, MM_SIM_FILE, 20, NULL);
		assert_int_equal(mm_sim_direct_reclaim(b.s, &rq, 0), 20);
		assert_int_equal(ks()->failures, i == 2 ? 16 : 0);
		chosen_done(&b);
	}
}

/* The hogs die: 1000 pages come free, the zone is above high.  6.18 and 7.x forget the failures, on node 0; the others don't. */
static void hogs_die(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		struct mm_request rq;
		struct mm_grant g;
		unsigned int nr = hopeless("linux-6.18", how[i], 120, page);

		/* somebody who can't wait notices that the zone is below high */
		rq = (struct mm_request){ .now = b.now, .pid = 1, .mt = MM_MT_MOVABLE, .gfp = MM_GFP_MOVABLE | MM_GFP_THISNODE,
					  .zone_type = 3 };
		mm_sim_alloc(b.s, &rq, &g);
		assert_int_equal(g.outcome, MM_FAILED);
		for (unsigned int k = 0; k < 1000; k++)
			mm_sim_release(b.s, 0, page[--nr], 0);
		assert_true(box_free(&b, 0) > HIGH_MARK);
		assert_int_equal(ks()->failures, i == 1 || i == 2 ? 0 : 16);
		/* whoever is still hopeless isn't woken although memory is there to be taken, and then short again */
		while (nr < PAGES && box_free(&b, 0) > 150)
			page[nr++] = box_take(&b, 0, 0);
		assert_int_equal(wakes(0), i != 0);
		chosen_done(&b);
	}
}

/* A round for a boost finds nothing: a failure in 6.12 and 6.18, none in 7.x. */
static void boosted(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		char text[80];

		snprintf(text, sizeof(text), "linux-6.18,hopeless=%s", how[i]);
		chosen_box(&b, text, 2);
		while (box_free(&b, 0) > 1000)
			box_take(&b, 0, 0);
		b.s->alloc->zone[0].boost = 200;
		assert_true(wakes(0));
		kswapd();
		assert_int_equal(ks()->failures, i == 2 ? 0 : 1);
		chosen_done(&b);
	}
}

/*
 * Pages are handed out on the hopeless node.  Of the patch's counter the first page is enough for a request of order 0, three
 * aren't for one of order 2, a fourth is; the round that it leads to fails, and it starts from 0.  For all others the node stays
 * given up.
 */
static void handed_out(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		bool patch = i == 3;

		hopeless("linux-6.18", how[i], 150, page);
		box_take(&b, 0, 0);
		assert_int_equal(wakes(0), patch);
		if (patch)
			kswapd();
		assert_int_equal(ks()->failures, patch ? 17 : 16);
		assert_false(wakes(0)); /* reset by the failure */
		for (unsigned int n = 1; n <= 4; n++) {
			assert_false(wakes(2));
			box_take(&b, 0, 0);
		}
		assert_int_equal(wakes(2), patch);
		if (patch)
			kswapd();
		assert_int_equal(ks()->failures, patch ? 18 : 16);
		/* a block counts with all its pages */
		box_take(&b, 0, 2);
		assert_int_equal(wakes(2), patch);
		chosen_done(&b);
	}
}

/*
 * 300 pages can be reclaimed by now.  The patch finds out at the first page that is handed out: kswapd works again, and the node is
 * no longer hopeless.  Without it nobody looks.
 */
static void works_again(void **state)
{
	(void)state;
	for (unsigned int patch = 0; patch < 2; patch++) {
		hopeless("linux-6.12", patch ? "patch-2024" : "6.12", 150, page);
		for (unsigned int i = 0; i < 300; i++)
			mm_sim_lru_add(b.s, page[i], MM_SIM_FILE, false);
		box_take(&b, 0, 0);
		assert_int_equal(wakes(0), patch);
		kswapd();
		assert_int_equal(ks()->failures, patch ? 0 : 16);
		/* from 149 to above high */
		assert_in_range(mm_sim_stat(b.s, MM_SIM_PGSTEAL_KSWAPD), patch ? HIGH_MARK + 1 - 149 : 0, patch ? 100 : 0);
		chosen_done(&b);
	}
}

/* Of another node's pages nothing is counted here. */
static void other_node(void **state)
{
	(void)state;
	hopeless("linux-6.12", "patch-2024", 150, page);
	box_take(&b, 1, 0);
	assert_false(wakes(0));
	chosen_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(progress), cmocka_unit_test(hogs_die), cmocka_unit_test(boosted), cmocka_unit_test(handed_out),
		cmocka_unit_test(works_again), cmocka_unit_test(other_node),
	};

	return cmocka_run_group_tests_name("policies of document 001", tests, NULL, NULL);
}
