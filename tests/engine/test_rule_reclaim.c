// SPDX-License-Identifier: GPL-2.0-only
/* The slow path's sequence as a rule: steps of made requests, right ones and wrong ones. */
#include "kernels.h"
#include "made.h"

#include <string.h>

#include "rules/slowpath_steps.h"

#define RECLAIM(o, n) { .kind = MM_STEP_RECLAIM, .order = (o), .nr = (n) }
#define COMPACT(o, p, f) { .kind = MM_STEP_COMPACT, .order = (o), .prio = (p), .feedback = MM_FEEDBACK_##f }
#define ZONE(o, l, r) { .kind = MM_STEP_RETRY_ZONE, .order = (o), .loops = (l), .ret = (r) }
#define AGAIN(f, r) { .kind = MM_STEP_COMPACT_RETRY, .feedback = (f), .ret = (r) }
#define PAGE { .kind = MM_STEP_PAGE, .order = -1 }
#define FAIL { .kind = MM_STEP_FAIL, .order = -1 }
#define OPEN { .kind = MM_STEP_OPEN, .order = -1 }
#define OOM { .kind = MM_STEP_OOM, .order = -1 }

static struct mm_slow_in kernel_request(enum test_kernel rules, unsigned int order, unsigned int mt)
{
	return (struct mm_slow_in){ .facts = k_facts(rules), .order = order, .pageblock_order = 9, .migratetype = mt,
				    .direct_reclaim = true, .io = true };
}

static struct mm_slow_out follow(const struct mm_slow_in *in, const struct mm_step *step, unsigned int nr)
{
	struct mm_slow_out out;

	mm_slow_check(in, step, nr, &out);
	return out;
}

static void agree(const struct mm_slow_out *out)
{
	if (!out->equal)
		print_error("at step %u: expected %s\n", out->at, out->expected);
	assert_true(out->equal);
}

static void differ(const struct mm_slow_out *out, unsigned int at)
{
	assert_false(out->equal);
	assert_false(out->undecided);
	assert_int_equal(out->at, at);
	assert_true(out->expected[0] != 0);
}

#define check(in, ...) follow(&(in), (const struct mm_step[]){ __VA_ARGS__ }, \
			      sizeof((const struct mm_step[]){ __VA_ARGS__ }) / sizeof(struct mm_step))
#define assert_equal_steps(in, ...) do { struct mm_slow_out o_ = check(in, __VA_ARGS__); agree(&o_); } while (0)
#define assert_differs_at(in, n, ...) do { struct mm_slow_out o_ = check(in, __VA_ARGS__); differ(&o_, n); } while (0)

/* Order 0 has nothing to compact: reclaim, look, reclaim. */
static void order_0(void **state)
{
	struct mm_slow_in in = kernel_request(K_7_3, 0, M);

	(void)state;
	assert_equal_steps(in, RECLAIM(0, 32), PAGE);
	assert_equal_steps(in, RECLAIM(0, 32), ZONE(0, 0, true), RECLAIM(0, 1), PAGE);
	/* a round without progress counts; the second zone may still be good */
	assert_equal_steps(in, RECLAIM(0, 0), ZONE(0, 1, false), ZONE(0, 1, true), RECLAIM(0, 32), PAGE);
	assert_differs_at(in, 1, RECLAIM(0, 0), ZONE(0, 0, true), RECLAIM(0, 32), PAGE);
	/* nothing is compacted, and reclaim is not for another order */
	assert_differs_at(in, 0, COMPACT(0, MM_PRIO_ASYNC, SUCCESS), PAGE);
	assert_differs_at(in, 0, RECLAIM(3, 32), PAGE);
	/* the trace ends: no verdict */
	assert_true(check(in, RECLAIM(0, 32), OPEN).undecided);
}

/* A request without progress gives up or kills after 16 fruitless rounds. */
static void sixteen_rounds(void **state)
{
	struct mm_slow_in in = kernel_request(K_7_2, 0, U);
	struct mm_step s[64];
	struct mm_slow_out out;
	unsigned int n = 0;

	(void)state;
	for (int i = 1; i <= MM_MAX_RECLAIM_RETRIES; i++) {
		s[n++] = (struct mm_step)RECLAIM(0, 0);
		s[n++] = (struct mm_step)ZONE(0, (int16_t)i, true);
	}
	s[n++] = (struct mm_step)RECLAIM(0, 0);
	s[n++] = (struct mm_step)OOM;
	s[n] = (struct mm_step)PAGE;
	mm_slow_check(&in, s, n + 1, &out);
	assert_true(out.equal);
	/* one that may fail, or is bound to a node, fails and kills nobody */
	for (unsigned int i = 0; i < 2; i++) {
		in.retry_mayfail = i == 0;
		in.thisnode = i == 1;
		mm_slow_check(&in, s, n + 1, &out);
		assert_false(out.equal);
		assert_int_equal(out.at, n - 1);
		s[n - 1] = (struct mm_step)FAIL;
		mm_slow_check(&in, s, n, &out);
		assert_true(out.equal);
		s[n - 1] = (struct mm_step)OOM;
	}
	in.thisnode = false;
	/* a seventeenth look is one too many */
	s[n - 1] = (struct mm_step)ZONE(0, 17, true);
	s[n] = (struct mm_step)RECLAIM(0, 32);
	s[n + 1] = (struct mm_step)PAGE;
	mm_slow_check(&in, s, n + 2, &out);
	assert_false(out.equal);
}

/* The first compaction of costly and of unmovable orders is asynchronous, and comes before reclaim. */
static void first_compaction(void **state)
{
	struct mm_slow_in in = kernel_request(K_6_1, 2, U);

	(void)state;
	assert_equal_steps(in, COMPACT(2, MM_PRIO_ASYNC, SUCCESS), PAGE);
	assert_differs_at(in, 0, RECLAIM(2, 32), PAGE);
	in.facts = k_facts(K_7_3);
	assert_equal_steps(in, COMPACT(2, MM_PRIO_ASYNC, SUCCESS), PAGE);
	assert_differs_at(in, 0, COMPACT(2, MM_PRIO_LIGHT, SUCCESS), PAGE);
	/* movable and cheap: reclaim first, then a lightly synchronous compaction */
	in = kernel_request(K_7_3, 2, M);
	assert_equal_steps(in, RECLAIM(2, 32), COMPACT(2, MM_PRIO_LIGHT, SUCCESS), PAGE);
	assert_differs_at(in, 0, COMPACT(2, MM_PRIO_ASYNC, SUCCESS), PAGE);
	/* without I/O nothing is compacted */
	in.io = false;
	assert_equal_steps(in, RECLAIM(2, 32), PAGE);
	assert_equal_steps(in, RECLAIM(2, 32), ZONE(2, 0, true), RECLAIM(2, 32), PAGE);
}

/* Huge pages (order 9, no retry): 6.x ends when compaction was skipped, 7.x goes round once. */
static void huge_pages(void **state)
{
	struct mm_slow_in in = kernel_request(K_6_12, 9, M);

	(void)state;
	in.noretry = true;
	assert_equal_steps(in, COMPACT(9, MM_PRIO_ASYNC, SKIPPED), FAIL);
	assert_differs_at(in, 1, COMPACT(9, MM_PRIO_ASYNC, DEFERRED), RECLAIM(9, 32), FAIL);
	assert_equal_steps(in, COMPACT(9, MM_PRIO_ASYNC, WORKED), RECLAIM(9, 32),
			   COMPACT(9, MM_PRIO_ASYNC, WORKED), FAIL);
	/* bound to a node, which 6.18 before 6.18.16 doesn't care about */
	in.thisnode = true;
	assert_equal_steps(in, COMPACT(9, MM_PRIO_ASYNC, WORKED), FAIL);
	assert_differs_at(in, 1, COMPACT(9, MM_PRIO_ASYNC, WORKED), RECLAIM(9, 512), PAGE);
	in.facts = k_facts(K_6_18);
	assert_equal_steps(in, COMPACT(9, MM_PRIO_ASYNC, WORKED), RECLAIM(9, 512), PAGE);
	assert_equal_steps(in, COMPACT(9, MM_PRIO_ASYNC, SKIPPED), FAIL);
	in.thisnode = false;
	in.facts = k_facts(K_7_2);
	assert_equal_steps(in, COMPACT(9, MM_PRIO_ASYNC, SKIPPED), RECLAIM(9, 32),
			   COMPACT(9, MM_PRIO_ASYNC, WORKED), FAIL);
	in.thisnode = true;
	assert_equal_steps(in, COMPACT(9, MM_PRIO_ASYNC, WORKED), FAIL);
	/* costly orders are not tried twice without __GFP_RETRY_MAYFAIL */
	in = kernel_request(K_7_3, 4, U);
	assert_equal_steps(in, COMPACT(4, MM_PRIO_ASYNC, WORKED), RECLAIM(4, 40),
			   COMPACT(4, MM_PRIO_LIGHT, WORKED), FAIL);
	in.retry_mayfail = true;
	assert_equal_steps(in, COMPACT(4, MM_PRIO_ASYNC, WORKED), RECLAIM(4, 40), COMPACT(4, MM_PRIO_LIGHT, WORKED),
			   ZONE(4, 1, true), RECLAIM(4, 40), COMPACT(4, MM_PRIO_LIGHT, SUCCESS), PAGE);
}

/* When reclaim can't help any more, compaction may: with progress so many times, then at a higher priority. */
static void compact_retries(void **state)
{
	struct mm_slow_in in = kernel_request(K_7_3, 3, M);

	(void)state;
	/* failed (1): a higher priority, full sync; failed again: the OOM killer, and another start */
	assert_equal_steps(in, RECLAIM(3, 32), COMPACT(3, MM_PRIO_LIGHT, WORKED), ZONE(3, 0, false),
			   AGAIN(1, true), RECLAIM(3, 32), COMPACT(3, MM_PRIO_FULL, WORKED),
			   ZONE(3, 0, false), AGAIN(1, false), OOM, PAGE);
	/* progress (3) leaves the priority */
	assert_equal_steps(in, RECLAIM(3, 32), COMPACT(3, MM_PRIO_LIGHT, SUCCESS), ZONE(3, 0, false), AGAIN(3, true),
			   RECLAIM(3, 32), COMPACT(3, MM_PRIO_LIGHT, SUCCESS), PAGE);
	assert_differs_at(in, 3, RECLAIM(3, 32), COMPACT(3, MM_PRIO_LIGHT, SUCCESS),
			  ZONE(3, 0, false), AGAIN(3, false), FAIL);
	/* without progress of reclaim there is no look at compaction */
	assert_differs_at(in, 3, RECLAIM(3, 0), COMPACT(3, MM_PRIO_LIGHT, WORKED),
			  ZONE(3, 1, false), AGAIN(1, true), PAGE);
}

/* defrag_mode: 7.x works for a whole block, 6.18 for the order alone; 7.3.4 counts such rounds as fruitless. */
static void promoted(void **state)
{
	struct mm_slow_in in = kernel_request(K_7_2, 0, U);

	(void)state;
	in.defrag_mode = true;
	assert_equal_steps(in, RECLAIM(9, 32), COMPACT(9, MM_PRIO_LIGHT, SUCCESS), PAGE);
	assert_differs_at(in, 0, RECLAIM(0, 32), PAGE);
	assert_equal_steps(in, RECLAIM(9, 32), COMPACT(9, MM_PRIO_LIGHT, WORKED), ZONE(0, 0, true),
			   RECLAIM(9, 32), PAGE);
	mm_facts_set(&in.facts, MM_FACT_PROMOTE_COUNTS, true);
	assert_equal_steps(in, RECLAIM(9, 32), COMPACT(9, MM_PRIO_LIGHT, WORKED), ZONE(0, 1, true),
			   RECLAIM(9, 32), PAGE);
	in.migratetype = M; /* movable requests are not promoted */
	assert_equal_steps(in, RECLAIM(0, 32), PAGE);
	in = kernel_request(K_6_18, 0, U);
	in.defrag_mode = true;
	assert_equal_steps(in, RECLAIM(0, 32), PAGE);
	assert_differs_at(in, 0, RECLAIM(9, 32), PAGE);
	{
		/* which order the rules name instead; a step without an order has none */
		struct mm_step s[] = { RECLAIM(9, 32), PAGE };
		struct mm_slow_out out;

		mm_slow_check(&in, s, 2, &out);
		assert_int_equal(out.expected_order, 0);
	}
	/* what the kernel's check answered is held against the rules' answer, where they have one */
	in.defrag_mode = false;
	{
		struct mm_step s[] = { RECLAIM(0, 32), ZONE(0, 0, false), FAIL };
		struct mm_slow_out out;

		s[1].ret_known = s[1].ret_ours = true;
		mm_slow_check(&in, s, 3, &out);
		assert_false(out.equal);
		assert_int_equal(out.at, 1);
		assert_int_equal(out.expected_order, -1);
		assert_true(strstr(out.rule, "should_reclaim_retry") != NULL);
	}
}

/* Who may not reclaim never stalls; nothing at all is no statement. */
static void no_stall(void **state)
{
	struct mm_slow_in in = kernel_request(K_7_3, 0, U);
	struct mm_slow_out out;

	(void)state;
	in.direct_reclaim = false;
	assert_differs_at(in, 0, RECLAIM(0, 32), PAGE);
	mm_slow_check(&in, NULL, 0, &out);
	assert_false(out.equal || out.undecided);
	for (unsigned int k = 0; k <= MM_STEP_OPEN; k++)
		assert_true(mm_step_name((enum mm_step_kind)k)[0] != 0);
	assert_string_equal(mm_step_name((enum mm_step_kind)(MM_STEP_OPEN + 1)), "?");
}

/* A compaction for another order, and a look at the zones for another one: each by itself is another step. */
static void orders_of_steps(void **state)
{
	struct mm_slow_in in = kernel_request(K_7_3, 3, U);

	(void)state;
	assert_equal_steps(in, COMPACT(3, MM_PRIO_ASYNC, SUCCESS), PAGE);
	assert_differs_at(in, 0, COMPACT(2, MM_PRIO_ASYNC, SUCCESS), PAGE);
	assert_differs_at(in, 0, COMPACT(9, MM_PRIO_ASYNC, SUCCESS), PAGE);
	in = kernel_request(K_7_3, 0, M);
	assert_equal_steps(in, RECLAIM(0, 0), ZONE(0, 1, true), RECLAIM(0, 1), PAGE);
	assert_differs_at(in, 1, RECLAIM(0, 0), ZONE(1, 1, true), RECLAIM(0, 1), PAGE);
}

/*
 * defrag_mode: an Unmovable page is reclaimed and compacted for as a pageblock.  When no zone would do any more, fallbacks are
 * allowed, and it goes on at its own order.  Where the count takes the promoted order for another, compaction that was skipped
 * isn't tried again: an event that says so differs.
 */
static void promoted_steps(void **state)
{
	struct mm_slow_in in = kernel_request(K_7_3, 0, U);

	(void)state;
	in.defrag_mode = true;
	assert_equal_steps(in, RECLAIM(9, 0), COMPACT(9, MM_PRIO_LIGHT, SKIPPED), ZONE(0, 1, false), RECLAIM(0, 32), PAGE);
	assert_differs_at(in, 3, RECLAIM(9, 0), COMPACT(9, MM_PRIO_LIGHT, SKIPPED), ZONE(0, 1, false), RECLAIM(9, 32), PAGE);
	mm_facts_set(&in.facts, MM_FACT_PROMOTE_COUNTS, true);
	assert_equal_steps(in, RECLAIM(9, 32), COMPACT(9, MM_PRIO_LIGHT, SKIPPED), ZONE(0, 1, false), AGAIN(1, false),
			   RECLAIM(0, 32), PAGE);
	assert_false(check(in, RECLAIM(9, 32), COMPACT(9, MM_PRIO_LIGHT, SKIPPED), ZONE(0, 1, false), AGAIN(1, true),
			   RECLAIM(9, 32), PAGE).equal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orders_of_steps), cmocka_unit_test(promoted_steps), cmocka_unit_test(order_0), cmocka_unit_test(sixteen_rounds), cmocka_unit_test(first_compaction),
		cmocka_unit_test(huge_pages), cmocka_unit_test(compact_retries), cmocka_unit_test(promoted),
		cmocka_unit_test(no_stall),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
