// SPDX-License-Identifier: GPL-2.0-only
/* Why a request got no page: small machines whose figures are worked out by hand, and what is said of them. */
#include "sim_made.h"

#include <stdio.h>
#include <string.h>

#include "rules/nopage.h"
#include "say/words.h"

#define TABLE (MM_GFP_HIGH | MM_GFP_NOMEMALLOC) /* mm/swapfile.c: swap_cluster_populate(): its first request, and its second */
#define TABLE_AGAIN (TABLE | MM_GFP_KERNEL)

static struct {
	struct mm_decision d;
	char ours[64], reason[2048];
	unsigned int nr;
} said;

static void listen(void *arg, const struct mm_decision *d)
{
	if (d->kind != MM_CHECK_FAILURE)
		return;
	said.d = *d;
	said.nr++;
	snprintf(said.ours, sizeof(said.ours), "%s", d->ours);
	snprintf(said.reason, sizeof(said.reason), "%s", d->reason);
}

static int64_t number(const char *name)
{
	for (unsigned int i = 0; i < said.d.nr_numbers; i++)
		if (strcmp(said.d.number[i].name, name) == 0)
			return said.d.number[i].value;
	fail_msg("no number %s", name);
	return 0;
}

/* Four Movable pageblocks, all in use, under the policy @text; marks 100, 200, 300. */
static struct mm_sim *full(const char *text)
{
	struct mm_sim_cfg cfg = sim_cfg(K_7_3, 4);
	struct sg_err err = { 0 };
	struct mm_sim *s;

	memset(&said, 0, sizeof(said));
	if (mm_policy_parse(text, &cfg.policy, &err) != 0)
		fail_msg("%s", err.text);
	cfg.policy.tune[MM_TUNE_WATERMARK_BOOST_FACTOR] = 0;
	cfg.fn = listen;
	s = sim_make(&cfg);
	for (unsigned int i = 0; i < 4; i++)
		sim_occupy_block(s, i, M);
	return s;
}

static enum mm_outcome asks(struct mm_sim *s, unsigned int order, unsigned int mt, uint32_t gfp, bool in_reclaim)
{
	struct mm_request rq = sim_request(order, mt, gfp);
	struct mm_grant g;

	rq.in_reclaim = in_reclaim;
	return mm_sim_alloc(s, &rq, &g);
}

#define NORMAL_IS "Node 0 Normal, "

/*
 * 300 pages are free, all on Movable lists: blocks of order 8, 5, 3 and 2.  An urgent request must leave 50, half of min.  The first
 * of a swap table's two requests can't wait, the second comes out of reclaim; neither may fall back below order 9.
 */
static void held_off(void **state)
{
	static const struct {
		uint32_t gfp;
		const char *request;
	} t[] = {
		{ TABLE, "It can't wait for reclaim. __GFP_NOMEMALLOC denies it the reserves, which would have dropped ALLOC_NOFRAGMENT."
			 " ALLOC_NOFRAGMENT (defrag_mode) is still set: only who may wake kswapd is let off. Nothing was tried for it. " },
		{ TABLE_AGAIN, "It comes out of reclaim or compaction (PF_MEMALLOC), which doesn't call itself. __GFP_NOMEMALLOC denies it the"
			       " reserves, which would have dropped ALLOC_NOFRAGMENT. ALLOC_NOFRAGMENT (defrag_mode) is still set. Nothing was tried"
			       " for it. " },
	};

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct mm_sim *s = full("linux-7.3,defrag_mode=1");
		char want[1024];

		sim_vacate(s, B(1), 8);
		sim_vacate(s, B(2), 5);
		sim_vacate(s, B(3), 3);
		sim_vacate(s, B(3) + 16, 2);
		assert_int_equal(asks(s, 0, U, t[i].gfp, true), MM_FAILED);
		assert_int_equal(said.nr, 1);
		assert_string_equal(said.ours, "no page");
		snprintf(want, sizeof(want), "%s" NORMAL_IS "what is free lies on lists that it may not use: 300 pages free, 250 more than must"
			 " stay (min 100, 50 less for this request). Its own lists (Unmovable) are empty. Of others only whole pageblocks,"
			 " order 9, would do (ALLOC_NOFRAGMENT): Movable 300 pages, largest order 8. The per-cpu lists for it are empty.",
			 t[i].request);
		assert_string_equal(said.reason, want);
		assert_int_equal(number("refused_by"), MM_NOPAGE_LISTS);
		assert_int_equal(number("nofragment"), 1);
		assert_int_equal(number("free"), 300);
		assert_int_equal(number("mark"), 100);
		assert_int_equal(number("lowered"), 50);
		assert_int_equal(number("need"), 50);
		assert_int_equal(number("margin"), 250);
		assert_int_equal(number("own_blocks"), 0);
		mm_sim_free(s);
	}
}

/* With memalloc-fallback=on the same two requests get a page out of the Movable block, and nothing is to be said. */
static void let_fall_back(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct mm_sim *s = full("linux-7.3,defrag_mode=1,memalloc-fallback=on");

		sim_vacate(s, B(1), 8);
		sim_vacate(s, B(2), 5);
		assert_int_equal(asks(s, 0, U, i ? TABLE_AGAIN : TABLE, true), MM_GOT_PAGE);
		assert_int_equal(said.nr, 0);
		sim_sound(s);
		mm_sim_free(s);
	}
}

/* 96 pages are free.  Who isn't urgent must leave 100, and 4 + 1 are missing; where a block of order 2 is wanted, 3 more. */
static void too_few(void **state)
{
	struct mm_sim *s = full("linux-7.3,defrag_mode=0");

	(void)state;
	sim_vacate(s, B(1), 6);
	sim_vacate(s, B(2), 5);
	assert_int_equal(asks(s, 0, U, MM_GFP_KERNEL | MM_GFP_NOMEMALLOC, true), MM_FAILED);
	assert_non_null(strstr(said.reason, NORMAL_IS "too few free pages: 96 pages free, 5 too few above what must stay (min 100)."));
	assert_int_equal(number("refused_by"), MM_NOPAGE_WATERMARK);
	assert_int_equal(number("margin"), -4);
	assert_int_equal(asks(s, 2, U, MM_GFP_KERNEL | MM_GFP_NOMEMALLOC | MM_GFP_COMP, true), MM_FAILED);
	assert_non_null(strstr(said.reason, NORMAL_IS "too few free pages: 96 pages free, less 3 for its order: 93, 8 too few above what must"
				       " stay (min 100)."));
	/* half of it is enough for who is urgent */
	assert_int_equal(asks(s, 0, U, MM_GFP_KERNEL | TABLE, true), MM_GOT_PAGE);
	mm_sim_free(s);
}

/* Every second page of a pageblock is free: 256, but none with a neighbour. */
static void too_small(void **state)
{
	struct mm_sim *s = full("linux-7.3,defrag_mode=0");

	(void)state;
	for (unsigned int i = 0; i < 512; i += 2)
		sim_vacate(s, B(1) + i, 0);
	assert_int_equal(asks(s, 1, M, MM_GFP_KERNEL | MM_GFP_NOMEMALLOC | MM_GFP_COMP, true), MM_FAILED);
	assert_non_null(strstr(said.reason, NORMAL_IS "no free block is large enough: 256 pages free, less 1 for its order: 255, 155 more than"
				       " must stay (min 100). Its own lists (Movable) have 256 pages, largest order 0."));
	assert_int_equal(number("refused_by"), MM_NOPAGE_SIZE);
	mm_sim_free(s);
}

/* What lies in highatomic and CMA pageblocks counts for neither the watermark nor the lists. */
static void for_others(void **state)
{
	struct mm_sim *s = full("linux-7.3,defrag_mode=0");

	(void)state;
	sim_vacate(s, B(1), 7);
	sim_type(s, 1, H);
	sim_vacate(s, B(2), 6);
	assert_int_equal(asks(s, 0, U, MM_GFP_KERNEL | MM_GFP_NOMEMALLOC, true), MM_FAILED);
	assert_non_null(strstr(said.reason, NORMAL_IS "too few free pages: 192 pages free, less 128 of the highatomic reserve: 64, 37 too few above"
				       " what must stay (min 100)."));
	mm_sim_free(s);
}

/*
 * The lists are looked at only above the mark.  An Unmovable page lies on CPU 1's list, where CPU 0 can't see it; the rest of its
 * refill is in use by others.
 */
static void other_cpu(void **state)
{
	struct mm_sim *s = full("linux-7.3,defrag_mode=1");
	struct mm_request rq = sim_request(0, U, MM_GFP_KERNEL | TABLE);
	uint64_t pfn[64];
	unsigned int nr = 0;
	struct mm_grant g;

	(void)state;
	sim_type(s, 0, U);
	sim_vacate(s, B(0), 1);
	sim_vacate(s, B(1), 8);
	rq.cpu = 1;
	rq.in_reclaim = true;
	while (nr < 64 && mm_sim_alloc(s, &rq, &g) == MM_GOT_PAGE)
		pfn[nr++] = g.pfn;
	assert_int_equal(nr, 2);
	mm_sim_release(s, 1, pfn[0], 0);
	said.nr = 0;
	assert_int_equal(asks(s, 0, U, TABLE_AGAIN, true), MM_FAILED);
	assert_int_equal(said.nr, 1);
	assert_non_null(strstr(said.reason, " CPU 0's list for it has 0 (it may use no other), those of others 1 that it can't see."));
	rq.cpu = 1;
	assert_int_equal(mm_sim_alloc(s, &rq, &g), MM_GOT_PAGE);
	mm_sim_free(s);
}

/* A request that waits says what it tried: with nothing to reclaim, 16 rounds in vain, and none of the lists helps. */
static void tried(void **state)
{
	struct mm_sim *s = full("linux-7.3,defrag_mode=0");
	struct mm_request rq = sim_request(0, U, MM_GFP_KERNEL | MM_GFP_NORETRY);
	struct mm_grant g;

	(void)state;
	assert_int_equal(mm_sim_alloc(s, &rq, &g), MM_FAILED);
	assert_non_null(strstr(said.reason, "It isn't to be retried (__GFP_NORETRY). It reclaimed 1 time (0 pages) before. "));
	assert_non_null(strstr(said.reason, NORMAL_IS "too few free pages: 0 pages free, 101 too few above what must stay (min 100)."));
	mm_sim_free(s);
}

/* The last walk's flags: who has dropped ALLOC_NOFRAGMENT by then, and who hasn't. */
static void last_walk(void **state)
{
	static const struct {
		uint32_t release, gfp;
		unsigned int order;
		bool memalloc, nofragment, unlimited;
	} t[] = {
		{ MM_RELEASE(7, 3, 4), TABLE, 0, true, true, false },
		{ MM_RELEASE(7, 3, 4), TABLE_AGAIN, 0, true, true, false },
		{ MM_RELEASE(7, 3, 4), MM_GFP_KERNEL, 0, true, false, true },
		{ MM_RELEASE(7, 3, 4), MM_GFP_KERNEL, 0, false, false, false },
		{ MM_RELEASE(7, 3, 4), MM_GFP_KERNEL | MM_GFP_NORETRY, 0, false, true, false },
		{ MM_RELEASE(7, 3, 4), MM_GFP_KERNEL, 9, false, true, false },
		{ MM_RELEASE(7, 3, 4), MM_GFP_KERNEL | MM_GFP_RETRY_MAYFAIL, 9, false, false, false },
		{ MM_RELEASE(7, 3, 4), MM_GFP_ATOMIC, 0, false, false, false },
		{ MM_RELEASE(6, 18, 0), MM_GFP_ATOMIC, 0, false, true, false },
		{ MM_RELEASE(6, 12, 0), MM_GFP_ATOMIC, 0, false, false, false },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct mm_last_walk_in in = { .facts = mm_facts_of(t[i].release), .gfp = t[i].gfp, .order = t[i].order, .mt = U,
					      .defrag_mode = true, .memalloc = t[i].memalloc };
		unsigned int flags = mm_last_walk(&in);

		if (t[i].nofragment != ((flags & MM_ALLOC_NOFRAGMENT) != 0) || t[i].unlimited != ((flags & MM_ALLOC_NO_WATERMARKS) != 0))
			fail_msg("case %u: flags 0x%x", i, flags);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(held_off),   cmocka_unit_test(let_fall_back), cmocka_unit_test(too_few), cmocka_unit_test(too_small),
		cmocka_unit_test(for_others), cmocka_unit_test(other_cpu),     cmocka_unit_test(tried),	  cmocka_unit_test(last_walk),
	};

	return cmocka_run_group_tests_name("requests without a page", tests, NULL, NULL);
}
