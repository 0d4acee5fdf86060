// SPDX-License-Identifier: GPL-2.0-only
/* Hooks of kswapd, the LRU and faults, one by one: an answer that shows, and a wrong one that is caught. */
#include "sim/alloc/alloc.h"
#include "sim/compact/compact.h"
#include "test_sim_reclaim.h"

#include "hooked.h"

/* The policy's answer, set by the tests. */
static int64_t say;

/* A node under the policy @h, without generations. */
static void open_box(struct box *b, const struct mm_hooks *h, bool gens, bool swap)
{
	struct mm_sim_cfg cfg = box_cfg(K_7_3, gens, 1);
	struct sg_err err;

	assert_int_equal(mm_policy_add(&cfg.policy, h, &err), 0);
	cfg.policy.tune[MM_TUNE_SWAP] = swap;
	box_open(b, &cfg);
}

/* Takes pages until @left are free; file pages on the LRU when @file, else pages nobody can reclaim. */
static void use_up(struct box *b, int64_t left, bool file)
{
	while (box_free(b, 0) > left) {
		uint64_t p = box_take(b, 0, 0);

		assert_true(p != UINT64_MAX);
		if (file)
			mm_sim_lru_add(b->s, p, MM_SIM_FILE, false);
	}
}

static void wake(struct box *b, unsigned int order)
{
	struct mm_request rq = box_kernel(b, order);

	mm_sim_wake_kswapd(b->s, &rq, order);
}

static const struct ksim *ks(const struct box *b)
{
	return &b->s->reclaim->ks[0];
}

/* ---- waking ---------------------------------------------------------------------- */

static void balance(void *state, const struct mm_eye *eye, const struct mm_ask_balance *in, uint32_t *balanced)
{
	*balanced = (uint32_t)say;
}

static void kswapd_wake(void *state, const struct mm_eye *eye, const struct mm_ask_kswapd_wake *in, uint32_t *yes)
{
	assert_int_equal(in->balanced, 1);
	*yes = (uint32_t)say;
}

static void kswapd_dead(void *state, const struct mm_eye *eye, const struct mm_ask_kswapd_dead *in, uint32_t *dead)
{
	*dead = (uint32_t)say;
}

/* @left pages are free, and the mark is 192: does a request wake kswapd? */
static bool wakes(const struct mm_hooks *h, int64_t left, int64_t answer, const char *wrong)
{
	static struct box b;
	bool woken;

	open_box(&b, h, false, false);
	say = 0;
	use_up(&b, left, true);
	say = answer;
	wake(&b, 0);
	woken = ks(&b)->phase == KSIM_READ;
	if (wrong)
		assert_wrong(b.s, wrong, "the answer must be 0 or 1");
	else
		assert_faultless(b.s);
	box_close(&b);
	return woken;
}

static void waking(void **state)
{
	static const struct mm_hooks b = { MM_HOOKS_HEAD("b"), .balance = balance };
	static const struct mm_hooks w = { MM_HOOKS_HEAD("w"), .kswapd_wake = kswapd_wake };
	static const struct mm_hooks d = { MM_HOOKS_HEAD("d"), .kswapd_dead = kswapd_dead };

	(void)state;
	assert_true(wakes(&b, HIGH_MARK + 1, 0, NULL)); /* above the mark, and not balanced */
	assert_false(wakes(&b, HIGH_MARK, 1, NULL));
	assert_true(wakes(&b, HIGH_MARK, 2, "balance"));
	assert_true(wakes(&w, HIGH_MARK + 1, 1, NULL));
	assert_false(wakes(&w, HIGH_MARK + 1, 2, "kswapd_wake"));
	assert_false(wakes(&d, HIGH_MARK, 1, NULL)); /* given up */
	assert_true(wakes(&d, HIGH_MARK, 2, "kswapd_dead"));
}

/* ---- a round ------------------------------------------------------------------------ */

static enum mm_round_at say_at;
static struct mm_reply_kswapd_round say_round;

static void kswapd_round(void *state, const struct mm_eye *eye, const struct mm_ask_kswapd_round *in,
			 struct mm_reply_kswapd_round *r)
{
	if (in->at == say_at)
		*r = say_round;
}

static void open_round(struct box *b, enum mm_round_at at, struct mm_reply_kswapd_round r)
{
	static const struct mm_hooks h = { MM_HOOKS_HEAD("r"), .kswapd_round = kswapd_round };

	say_at = at;
	say_round = r;
	open_box(b, &h, false, false);
	use_up(b, 150, true);
}

/* It doesn't sleep although the node is balanced: round after round. */
static void round_sleep(void **state)
{
	static struct box b;

	(void)state;
	open_round(&b, MM_ROUND_SLEEP, (struct mm_reply_kswapd_round){ .sleep = 0 });
	wake(&b, 0);
	mm_sim_kswapd(b.s, 0, b.now, 500);
	assert_true(mm_sim_stat(b.s, MM_SIM_KSWAPD_WAKE) > 10);
	assert_faultless(b.s);
	box_close(&b);
	open_round(&b, MM_ROUND_SLEEP, (struct mm_reply_kswapd_round){ .sleep = 2 });
	wake(&b, 0);
	mm_sim_kswapd(b.s, 0, b.now, 100000);
	assert_int_equal(ks(&b)->phase, KSIM_NAP);
	assert_int_equal(mm_sim_stat(b.s, MM_SIM_KSWAPD_WAKE), 1);
	assert_wrong(b.s, "kswapd_round", "the answer must be 0 or 1");
	box_close(&b);
}

/* It was woken for order 0, which is nothing for kcompactd; the policy hands over order 5. */
static void round_handover(void **state)
{
	static struct box b;

	(void)state;
	open_round(&b, MM_ROUND_SLEEP, (struct mm_reply_kswapd_round){ .sleep = 1, .handover = 5 });
	wake(&b, 0);
	mm_sim_kswapd(b.s, 0, b.now, 100000);
	assert_int_equal(b.s->compact->kcompactd[0].max_order, 5);
	assert_faultless(b.s);
	box_close(&b);
	open_round(&b, MM_ROUND_SLEEP, (struct mm_reply_kswapd_round){ .sleep = 1, .handover = 11 });
	wake(&b, 0);
	mm_sim_kswapd(b.s, 0, b.now, 100000);
	assert_int_equal(b.s->compact->kcompactd[0].max_order, 0);
	assert_wrong(b.s, "kswapd_round", "the machine has no such order");
	box_close(&b);
}

/* Order 4 drops to 0 once 32 pages are reclaimed (compact_gap(), 7.3); the policy keeps it, or would raise it. */
static void round_order(void **state)
{
	static struct box b;

	(void)state;
	open_round(&b, MM_ROUND_SHRUNK, (struct mm_reply_kswapd_round){ .order = 4 });
	b.rule = "balance_pgdat()";
	wake(&b, 4);
	mm_sim_kswapd(b.s, 0, b.now, 100000);
	assert_string_equal(b.ours, "keeps the order");
	assert_true(ks(&b)->sc.nr_reclaimed > 32);
	assert_faultless(b.s);
	box_close(&b);
	open_round(&b, MM_ROUND_SHRUNK, (struct mm_reply_kswapd_round){ .order = 5 });
	b.rule = "balance_pgdat()";
	wake(&b, 4);
	mm_sim_kswapd(b.s, 0, b.now, 100000);
	assert_string_equal(b.ours, "ends at order 0");
	assert_wrong(b.s, "kswapd_round", "the order of a round doesn't rise");
	box_close(&b);
}

/* ---- failures -------------------------------------------------------------------------- */

static enum mm_count_event say_event;

static void kswapd_count(void *state, const struct mm_eye *eye, const struct mm_ask_kswapd_count *in, int32_t *failures)
{
	if (in->event == say_event)
		*failures = in->failures + (int32_t)say;
}

static const struct mm_hooks counting = { MM_HOOKS_HEAD("count"), .kswapd_count = kswapd_count };

/* A round that finds nothing to reclaim is one failure more, unless the policy says otherwise. */
static void count_failed(void **state)
{
	static struct box b;

	(void)state;
	for (say = 0; say < 3; say += 2) {
		open_box(&b, &counting, false, false);
		say_event = MM_COUNT_FAILED;
		use_up(&b, 100, false);
		wake(&b, 0);
		mm_sim_kswapd(b.s, 0, b.now, 2); /* a round, and the beginning of the next */
		assert_int_equal(ks(&b)->failures, say ? 1 : 0);
		if (say)
			assert_wrong(b.s, "kswapd_count", "one event is one failure more at most, and none are fewer than 0");
		else
			assert_faultless(b.s);
		box_close(&b);
	}
}

/* The other events: what is handed out, and what is reclaimed. */
static void count_others(void **state)
{
	static struct box b;

	(void)state;
	open_box(&b, &counting, false, false);
	say_event = MM_COUNT_ALLOCATED;
	say = 1;
	box_take(&b, 0, 0);
	box_take(&b, 0, 4);
	assert_int_equal(ks(&b)->failures, 2);
	say_event = MM_COUNT_PROGRESS;
	say = 0;
	use_up(&b, 150, true);
	wake(&b, 0);
	mm_sim_kswapd(b.s, 0, b.now, 1000);
	assert_true(mm_sim_stat(b.s, MM_SIM_PGSTEAL_KSWAPD) > 0);
	assert_int_equal(ks(&b)->failures, 2); /* the kernel would have forgotten them */
	assert_faultless(b.s);
	box_close(&b);
}

/* ---- direct reclaim ------------------------------------------------------------------- */

static enum mm_reclaim_at say_reclaim;

static void reclaim(void *state, const struct mm_eye *eye, const struct mm_ask_reclaim *in, uint32_t *yes)
{
	if (in->at == say_reclaim)
		*yes = (uint32_t)say;
}

/* @left pages are free, all others file pages.  Return: pages that a request for order 4 reclaims */
static unsigned int reclaims(struct box *b, int64_t left, int64_t answer)
{
	static const struct mm_hooks h = { MM_HOOKS_HEAD("r"), .reclaim = reclaim };

	say = answer;
	open_box(b, &h, false, false);
	use_up(b, left, true);
	assert_true(box_direct(b, 4) > 0);
	return b->nr_gone;
}

/* With 300 pages free a block of order 4 is there, and the kernel reclaims nothing. */
static void ready(void **state)
{
	static struct box b;

	(void)state;
	say_reclaim = MM_RECLAIM_READY;
	assert_int_equal(reclaims(&b, 300, 1), 0);
	assert_faultless(b.s);
	box_close(&b);
	assert_true(reclaims(&b, 300, 0) >= 32);
	assert_faultless(b.s);
	box_close(&b);
	assert_int_equal(reclaims(&b, 300, 2), 0);
	assert_wrong(b.s, "reclaim", "the answer must be 0 or 1");
	box_close(&b);
}

/* With 100 free the kernel goes on to 192, min and low less min and the gap; the policy stops at the 32 of the first pass. */
static void more(void **state)
{
	static struct box b;

	(void)state;
	say_reclaim = MM_RECLAIM_MORE;
	assert_in_range(reclaims(&b, 100, 0), 32, 64);
	assert_faultless(b.s);
	box_close(&b);
	assert_in_range(reclaims(&b, 100, 2), 65, 160);
	assert_wrong(b.s, "reclaim", "the answer must be 0 or 1");
	box_close(&b);
}

/* So many pages as the goal says, of order 0. */
static void goal_pages(void **state)
{
	static const struct mm_hooks none = { MM_HOOKS_HEAD("none") };
	static struct box b;

	(void)state;
	for (unsigned int pages = 0; pages <= 200; pages += 200) {
		const struct mm_reply_goal g = { .pages = pages };
		struct mm_request rq;

		open_box(&b, &none, false, false);
		use_up(&b, 100, true);
		rq = box_kernel(&b, 0);
		assert_in_range(mm_sim_direct_reclaim_for(b.s, &rq, &g), pages ? pages : 32, pages ? pages + 63 : 95);
		box_close(&b);
	}
}

/* ---- the LRU ---------------------------------------------------------------------------- */

static struct mm_reply_lru_balance say_lru;

static void lru_balance(void *state, const struct mm_eye *eye, const struct mm_ask_lru_balance *in,
			struct mm_reply_lru_balance *r)
{
	*r = say_lru;
}

static const struct mm_hooks balancing = { MM_HOOKS_HEAD("lru"), .lru_balance = lru_balance };

/* File pages alone are there; the policy has none scanned, or more than there are. */
static void classic(void **state)
{
	static struct box b;

	(void)state;
	for (unsigned int wrong = 0; wrong < 2; wrong++) {
		struct mm_request rq;

		say_lru = (struct mm_reply_lru_balance){ .nr = { [MM_INACTIVE_FILE] = wrong ? 100000 : 0 } };
		open_box(&b, &balancing, false, false);
		use_up(&b, 150, true);
		rq = box_kernel(&b, 0);
		assert_true((mm_sim_direct_reclaim(b.s, &rq, 0) > 0) == wrong);
		if (wrong)
			assert_wrong(b.s, "lru_balance", "the list doesn't have so many pages");
		else
			assert_faultless(b.s);
		box_close(&b);
	}
}

/* As many anonymous as file pages, none of them used again: which go first? */
static void generations(void **state)
{
	static struct box b;

	(void)state;
	for (unsigned int swap = 0; swap < 2; swap++)
		for (unsigned int type = 0; type < 3; type++) {
			bool possible = type == 1 || (type == 0 && swap);
			struct mm_request rq;

			say_lru = (struct mm_reply_lru_balance){ .type = type };
			open_box(&b, &balancing, true, swap);
			box_fill(&b, 0, MM_SIM_ANON, 1000, NULL);
			box_fill(&b, 0, MM_SIM_FILE, 1000, NULL);
			mm_gen_grow(b.s, 0, 60); /* so that both have an old generation */
			mm_gen_grow(b.s, 0, 60);
			rq = box_kernel(&b, 0);
			assert_true(mm_sim_direct_reclaim(b.s, &rq, 0) > 0);
			assert_true(b.nr_gone > 0);
			if (possible)
				assert_int_equal(b.gone[0].kind, type == 0 ? MM_SIM_ANON : MM_SIM_FILE);
			if (possible)
				assert_faultless(b.s);
			else
				assert_wrong(b.s, "lru_balance", type == 2 ? "there is no such type of pages" :
									       "anonymous pages can't be reclaimed");
			box_close(&b);
		}
}

/* ---- faults ------------------------------------------------------------------------------ */

static void folio_order(void *state, const struct mm_eye *eye, const struct mm_ask_folio_order *in, int32_t *order)
{
	*order = (int32_t)say;
}

static bool present(void *arg, uint64_t address)
{
	return address == *(uint64_t *)arg;
}

/*
 * A VMA of 0x10000 to 0x30000, and a fault at 0x21000: orders up to 4 (0x20000 to 0x30000) fit, with a page at 0x24000 up to 2
 * (0x20000 to 0x24000).  Sizes of order 1 and 4 are enabled.
 */
static void faults(void **state)
{
	static const struct mm_hooks h = { MM_HOOKS_HEAD("fault"), .folio_order = folio_order }, none = { MM_HOOKS_HEAD("none") };
	uint64_t there = 0x24000;
	struct mm_sim_fault f = { .at = { .address = 0x21000, .vma_start = 0x10000, .vma_end = 0x30000 },
				  .enabled = 1u << 1 | 1u << 4, .failed = -1 };
	static struct box b;

	(void)state;
	open_box(&b, &none, false, false);
	assert_int_equal(mm_sim_folio_order(b.s, &f), 4);
	f.failed = 4;
	assert_int_equal(mm_sim_folio_order(b.s, &f), 1);
	f.failed = 1;
	assert_int_equal(mm_sim_folio_order(b.s, &f), 0);
	box_close(&b);

	open_box(&b, &h, false, false);
	f.failed = -1;
	say = 3; /* fits, though it isn't enabled */
	assert_int_equal(mm_sim_folio_order(b.s, &f), 3);
	f.at.present = present;
	f.at.arg = &there;
	say = 2;
	assert_int_equal(mm_sim_folio_order(b.s, &f), 2);
	assert_faultless(b.s);
	say = 3;
	assert_int_equal(mm_sim_folio_order(b.s, &f), 1);
	assert_wrong(b.s, "folio_order", "a folio of this order doesn't fit here");
	box_close(&b);
	/* after a failure it must come down */
	open_box(&b, &h, false, false);
	f.failed = 2;
	say = 2;
	assert_int_equal(mm_sim_folio_order(b.s, &f), 1);
	assert_wrong(b.s, "folio_order", "after a failure the order must fall");
	box_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waking), cmocka_unit_test(round_sleep), cmocka_unit_test(round_handover),
		cmocka_unit_test(round_order), cmocka_unit_test(count_failed), cmocka_unit_test(count_others),
		cmocka_unit_test(ready), cmocka_unit_test(more), cmocka_unit_test(goal_pages),
		cmocka_unit_test(classic), cmocka_unit_test(generations), cmocka_unit_test(faults),
	};

	return cmocka_run_group_tests_name("hooks of reclaim", tests, NULL, NULL);
}
