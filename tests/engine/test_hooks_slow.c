// SPDX-License-Identifier: GPL-2.0-only
/* The hook that names the slow path's next step. */
#include "sim_made.h"

#include "hooked.h"

/* The policy's answer at one place, set by the tests. */
static enum mm_next_at say_at;
static uint32_t say;

static void next(void *state, const struct mm_eye *eye, const struct mm_ask_next *in, uint32_t *n)
{
	if (in->at == say_at)
		*n = say;
}

static const struct mm_hooks hooks = { MM_HOOKS_HEAD("next"), .next = next };

/* Everything is occupied by what can't be freed; a request of order 0 that may wait. */
static struct mm_sim *tight(enum test_kernel k, enum mm_next_at at, uint32_t answer, struct mm_grant *g)
{
	struct mm_sim *s = hooked(k, &hooks);
	struct mm_request rq = sim_request(0, U, MM_GFP_KERNEL);

	for (unsigned int i = 0; i < 16; i++)
		sim_occupy_block(s, i, U);
	say_at = at;
	say = answer;
	mm_sim_alloc(s, &rq, g);
	return s;
}

/* The kernel reclaims once, in vain, and would kill. */
static void end(void **state)
{
	struct mm_grant g;
	struct mm_sim *s;

	(void)state;
	for (enum test_kernel k = K_6_1; k < K_COUNT; k++) {
		s = tight(k, MM_NEXT_END, MM_NEXT_FAIL, &g);
		assert_int_equal(g.outcome, MM_FAILED);
		assert_int_equal(g.reclaims, 1);
		assert_faultless(s);
		hooked_done(s);
		/* for ever again: 64 rounds more than the kernel makes, then that kills */
		s = tight(k, MM_NEXT_END, MM_NEXT_RETRY, &g);
		assert_int_equal(g.outcome, MM_OOM);
		assert_int_equal(g.reclaims, 1 + MM_NEXT_MAX_ROUNDS);
		assert_wrong(s, "next", "too many rounds");
		hooked_done(s);
	}
	s = tight(K_7_3, MM_NEXT_END, MM_NEXT_RECLAIM, &g);
	assert_int_equal(g.outcome, MM_OOM);
	assert_wrong(s, "next", "there is no such step here");
	hooked_done(s);
	s = tight(K_7_3, MM_NEXT_END, MM_NEXT_FALLBACK, &g);
	assert_int_equal(g.outcome, MM_OOM);
	assert_wrong(s, "next", "fallbacks are allowed already");
	hooked_done(s);
}

static void begin(void **state)
{
	struct mm_grant g;
	struct mm_sim *s;

	(void)state;
	s = tight(K_7_3, MM_NEXT_BEGIN, MM_NEXT_FAIL, &g);
	assert_int_equal(g.outcome, MM_FAILED);
	assert_int_equal(g.reclaims, 0);
	assert_faultless(s);
	hooked_done(s);
	/* compaction alone, which for order 0 is nothing: without a reclaim the kernel gives up */
	s = tight(K_7_3, MM_NEXT_BEGIN, MM_NEXT_COMPACT, &g);
	assert_int_equal(g.outcome, MM_OOM);
	assert_int_equal(g.reclaims, 0);
	assert_faultless(s);
	hooked_done(s);
	s = tight(K_7_3, MM_NEXT_BEGIN, MM_NEXT_OOM, &g);
	assert_int_equal(g.outcome, MM_OOM);
	assert_int_equal(g.reclaims, 1);
	assert_wrong(s, "next", "there is no such step here");
	hooked_done(s);
}

/*
 * With defrag_mode a request that can't wait and may not wake kswapd gets nothing out of other types' blocks, of which 255
 * single pages are free, above all marks.  That is how swap tables fail (mm/swapfile.c: swap_cluster_populate(), 7.3).
 */
static void nowait(void **state)
{
	static const struct {
		uint32_t answer;
		enum mm_outcome outcome;
		bool wrong;
	} t[] = { { MM_NEXT_FAIL, MM_FAILED, false }, { MM_NEXT_FALLBACK, MM_GOT_PAGE, false },
		  { MM_NEXT_RETRY, MM_FAILED, true } };

	(void)state;
	for (unsigned int i = 0; i < 3; i++)
		for (unsigned int inside = 0; inside < 2; inside++) {
			struct mm_sim_cfg c = hooked_cfg(K_7_3, &hooks);
			struct mm_request rq = sim_request(0, U, MM_GFP_HIGH | MM_GFP_NOMEMALLOC);
			struct mm_grant g;
			struct mm_sim *s;

			c.policy.tune[MM_TUNE_DEFRAG_MODE] = 1;
			s = sim_make(&c);
			for (unsigned int k = 1; k < 16; k++)
				sim_occupy_block(s, k, M);
			for (unsigned int k = 0; k < BLOCK; k += 2)
				sim_occupy(s, B(0) + k, 0, M);
			say_at = MM_NEXT_NOWAIT;
			say = t[i].answer;
			if (inside) { /* under PF_MEMALLOC it may wait, but reclaim doesn't call itself */
				rq.gfp |= MM_GFP_KERNEL;
				rq.in_reclaim = true;
			}
			assert_int_equal(mm_sim_alloc(s, &rq, &g), t[i].outcome);
			if (t[i].wrong)
				assert_wrong(s, "next", "there is no such step here");
			else
				assert_faultless(s);
			hooked_done(s);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(end), cmocka_unit_test(begin), cmocka_unit_test(nowait) };

	return cmocka_run_group_tests_name("the slow path's next step", tests, NULL, NULL);
}
