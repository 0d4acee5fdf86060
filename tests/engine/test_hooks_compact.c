// SPDX-License-Identifier: GPL-2.0-only
/* Hooks of compaction and of what it works for, one by one: an answer that shows, and a wrong one that is caught. */
#include "sim/alloc/alloc.h"
#include "test_sim_compact.h"

#include "hooked.h"

/* The policy's answer, set by the tests. */
static uint32_t say;

/* All of the zone is unmovable, under the policy @h. */
static struct mm_sim *full_under(enum test_kernel k, const struct mm_hooks *h)
{
	struct mm_sim_cfg cfg = zone_cfg(k);
	struct sg_err err;
	struct mm_sim *s;

	assert_int_equal(mm_policy_add(&cfg.policy, h, &err), 0);
	cfg.policy.tune[MM_TUNE_COMPACTION_PROACTIVENESS] = 0; /* kcompactd does nothing by itself */
	s = zone_new(&cfg);
	use_range(s, FIRST, LAST, MM_MT_UNMOVABLE);
	return s;
}

/* 33 free pages: the first of block 0, whose others are on the LRU, and 32 single ones in block 15. */
static struct mm_sim *mobile(const struct mm_hooks *h)
{
	struct mm_sim *s = full_under(K_7_3, h);

	for (unsigned int i = 0; i < PB; i++)
		give(s, P(0, i));
	for (unsigned int i = 1; i < PB; i++)
		use_lru(s, P(0, i), 0);
	scatter(s, 15, 32);
	assert_int_equal(free_pages(s), 33);
	return s;
}

/* A request of order 2 compacts: what comes of it under the policy, which answers wrongly for the reason @wrong. */
static void compacts(const struct mm_hooks *h, uint32_t answer, enum mm_compact_result want, bool moves, const char *hook,
		     const char *wrong)
{
	struct mm_sim *s = mobile(h);
	struct mm_request rq = movable(2);
	uint64_t pfn;

	say = answer;
	assert_int_equal(mm_sim_direct_compact(s, &rq, 2, MM_PRIO_ASYNC, 0, &pfn), want);
	assert_true((mm_sim_stat(s, MM_SIM_PGMIGRATE_SUCCESS) > 0) == moves);
	if (wrong)
		assert_wrong(s, hook, wrong);
	else
		assert_faultless(s);
	audit(s);
	mm_sim_free(s);
}

static void suitable(void *state, const struct mm_eye *eye, const struct mm_ask_suitable *in, uint32_t *result)
{
	assert_int_equal(in->who, MM_SUITABLE_DIRECT);
	assert_int_equal(in->free, 33);
	assert_int_equal(*result, MM_COMPACT_CONTINUE);
	*result = say;
}

static void finished(void *state, const struct mm_eye *eye, const struct mm_ask_finished *in, uint32_t *result)
{
	*result = say;
}

static void source(void *state, const struct mm_eye *eye, const struct mm_ask_source *in, uint32_t *yes)
{
	*yes = say;
}

static void questions(void **state)
{
	static const struct mm_hooks su = { MM_HOOKS_HEAD("su"), .suitable = suitable };
	static const struct mm_hooks fi = { MM_HOOKS_HEAD("fi"), .finished = finished };
	static const struct mm_hooks so = { MM_HOOKS_HEAD("so"), .source = source };

	(void)state;
	compacts(&su, MM_COMPACT_CONTINUE, MM_COMPACT_SUCCESS, true, NULL, NULL);
	compacts(&su, MM_COMPACT_SKIPPED, MM_COMPACT_SKIPPED, false, NULL, NULL);
	compacts(&su, MM_COMPACT_SUCCESS, MM_COMPACT_SUCCESS, true, "suitable", "no block of the order is free");
	compacts(&su, MM_COMPACT_DEFERRED, MM_COMPACT_SUCCESS, true, "suitable", "there is no such result here");
	compacts(&fi, MM_COMPACT_COMPLETE, MM_COMPACT_COMPLETE, false, NULL, NULL);
	compacts(&fi, MM_COMPACT_SKIPPED, MM_COMPACT_SUCCESS, true, "finished", "there is no such result here");
	compacts(&so, 0, MM_COMPACT_PARTIAL_SKIPPED, false, NULL, NULL);
	compacts(&so, 2, MM_COMPACT_SUCCESS, true, "source", "the answer must be 0 or 1");
}

/* A policy that never finishes does where the scanners meet. */
static void endless(void **state)
{
	static const struct mm_hooks h = { MM_HOOKS_HEAD("fi"), .finished = finished };
	struct mm_sim *s = full_under(K_7_3, &h);

	(void)state;
	say = MM_COMPACT_CONTINUE;
	scatter(s, 15, 32);
	mm_sim_compact_node(s, 0);
	assert_wrong(s, "finished", "the scanners have met: the run can't go on");
	mm_sim_free(s);
}

static void target(void *state, const struct mm_eye *eye, const struct mm_ask_target *in, uint32_t *yes)
{
	*yes = say;
}

/* The whole node is compacted: the pages of block 0 go to block 15, if that may be a target. */
static void hook_target(void **state)
{
	static const struct mm_hooks h = { MM_HOOKS_HEAD("t"), .target = target };

	(void)state;
	for (say = 0; say < 3; say++) {
		struct mm_sim *s = mobile(&h);

		mm_sim_compact_node(s, 0);
		assert_true((mm_sim_stat(s, MM_SIM_PGMIGRATE_SUCCESS) > 0) == (say != 0));
		if (say == 2)
			assert_wrong(s, "target", "the answer must be 0 or 1");
		else
			assert_faultless(s);
		audit(s);
		mm_sim_free(s);
	}
}

/* ---- deferral ---------------------------------------------------------------------- */

static struct mm_reply_defer say_defer;
static unsigned int events;

static void defer(void *state, const struct mm_eye *eye, const struct mm_ask_defer *in, struct mm_reply_defer *r)
{
	events |= 1u << in->event;
	if (in->event == MM_DEFER_ASKED)
		*r = say_defer;
}

/* Nothing was ever put off: the policy does so; or it says how often tries are to be put off at most, and too often. */
static void hook_defer(void **state)
{
	static const struct mm_hooks h = { MM_HOOKS_HEAD("d"), .defer = defer };

	(void)state;
	say_defer = (struct mm_reply_defer){ .put_off = 1, .considered = 3, .shift = 2, .order_failed = 1 };
	compacts(&h, 0, MM_COMPACT_DEFERRED, false, NULL, NULL);
	say_defer.shift = 7;
	events = 0;
	compacts(&h, 0, MM_COMPACT_SUCCESS, true, "defer", "tries are put off 1 << 6 times at most");
	assert_int_equal(events, 1u << MM_DEFER_ASKED | 1u << MM_DEFER_WORKED);
	say_defer = (struct mm_reply_defer){ .considered = 5, .shift = 2 };
	compacts(&h, 0, MM_COMPACT_SUCCESS, true, "defer", "more tries than are put off");
}

/* ---- large folios -------------------------------------------------------------------- */

static void folio_move(void *state, const struct mm_eye *eye, const struct mm_ask_folio_move *in, uint32_t *what)
{
	assert_int_equal(in->folio_order, 2);
	*what = say;
}

/* A folio of order 2 at the start of block 0, looked at in a run for @wanted: how many pages, as how many folios? */
static struct mm_sim *folio(enum test_kernel k, int wanted, uint32_t answer, unsigned int pages, unsigned int folios)
{
	static const struct mm_hooks h = { MM_HOOKS_HEAD("m"), .folio_move = folio_move };
	struct sim_cc cc = run_for((unsigned int)wanted, SIM_SYNC_LIGHT, false);
	struct mm_sim *s = full_under(k, &h);

	cc.whole_zone = true;
	cc.who.facts = k_facts(k);
	cc.who.pb_order = PB_ORDER;
	cc.who.mt_cma = -1;
	cc.migrate_pfn = P(0, 0);
	cc.free_pfn = P(15, 0);
	for (unsigned int i = 0; i < 4; i++)
		give(s, P(0, i));
	use_lru(s, P(0, 0), 2);
	say = answer;
	mm_sim_scan_migrate(s, &cc);
	assert_int_equal(cc.nr_migrate, pages);
	assert_int_equal(s->compact->nr_batch, folios);
	audit(s);
	return s;
}

static void folios(void **state)
{
	struct mm_sim *s;
	struct sg_err err = { 0 };

	(void)state;
	s = folio(K_7_3, 2, MM_FOLIO_WHOLE, 4, 1); /* the kernel leaves it */
	assert_faultless(s);
	mm_sim_free(s);
	s = folio(K_7_3, 3, MM_FOLIO_LEAVE, 0, 0); /* the kernel takes it */
	assert_faultless(s);
	mm_sim_free(s);
	s = folio(K_6_1, 2, MM_FOLIO_SPLIT, 4, 4);
	for (unsigned int i = 0; i < 4; i++) {
		struct page_ent e = mm_ent(s->m, P(0, i));

		assert_int_equal(ent_order(&e), 0);
		assert_true(mm_sim_on_lru(s, P(0, i)));
	}
	assert_int_equal(mm_sim_zone(s, 0)->folios[2], 0);
	assert_int_equal(mm_sim_lru_audit(s, &err), 0);
	assert_faultless(s);
	mm_sim_free(s);
	s = folio(K_6_1, 3, MM_FOLIO_WHOLE, 0, 0);
	assert_wrong(s, "folio_move", "this kernel moves single pages only");
	mm_sim_free(s);
	s = folio(K_7_3, 3, 3, 4, 1);
	assert_wrong(s, "folio_move", "there is no such thing to do with a folio");
	mm_sim_free(s);
}

/* ---- what is worked for ------------------------------------------------------------------ */

static struct mm_reply_goal say_goal;

static void goal(void *state, const struct mm_eye *eye, const struct mm_ask_goal *in, struct mm_reply_goal *r)
{
	*r = say_goal;
}

/* A request of order 2 finds single pages only, and nothing to reclaim.  Return: its outcome */
static enum mm_outcome works_for(struct mm_sim **ret, struct mm_reply_goal g, struct mm_grant *grant)
{
	static const struct mm_hooks h = { MM_HOOKS_HEAD("g"), .goal = goal };
	struct mm_request rq = movable(2);
	struct mm_sim *s = *ret = mobile(&h);
	enum mm_outcome o;

	scatter(s, 14, 32); /* targets enough */
	rq.gfp &= ~(uint32_t)MM_GFP_KSWAPD_RECLAIM; /* so that kcompactd stays asleep */
	say_goal = g;
	o = mm_sim_alloc(s, &rq, grant);
	audit(s);
	return o;
}

static void goals(void **state)
{
	struct mm_grant g;
	struct mm_sim *s;

	(void)state;
	/* as the kernel has it */
	assert_int_equal(works_for(&s, (struct mm_reply_goal){ 2, 2, 2, 0 }, &g), MM_GOT_PAGE);
	assert_true(mm_sim_stat(s, MM_SIM_PGMIGRATE_SUCCESS) > 0);
	assert_faultless(s);
	mm_sim_free(s);
	/* movable pageblocks may not be emptied, and there are no others to empty */
	assert_int_equal(works_for(&s, (struct mm_reply_goal){ 2, 2, 2, 1u << MM_MT_RECLAIMABLE }, &g), MM_OOM);
	assert_int_equal(mm_sim_stat(s, MM_SIM_PGMIGRATE_SUCCESS), 0);
	assert_faultless(s);
	mm_sim_free(s);
	/* a block of order 3 is captured: the request takes four pages, the others are free */
	assert_int_equal(works_for(&s, (struct mm_reply_goal){ 2, 3, 3, 0 }, &g), MM_GOT_PAGE);
	assert_int_equal(mm_sim_stat(s, MM_SIM_CAPTURED), 1);
	assert_int_equal(g.pfn & 7, 0);
	assert_int_equal(state_of(s, g.pfn + 3), PS_ALLOC);
	assert_true(is_free(s, g.pfn + 4));
	assert_faultless(s);
	mm_sim_free(s);
	assert_int_equal(works_for(&s, (struct mm_reply_goal){ 1, 2, 2, 0 }, &g), MM_GOT_PAGE);
	assert_wrong(s, "goal", "the order is below the request's");
	mm_sim_free(s);
	assert_int_equal(works_for(&s, (struct mm_reply_goal){ 2, 2, 2, 0, MM_GOAL_MOST_PAGES + 1 }, &g), MM_GOT_PAGE);
	assert_wrong(s, "goal", "more pages than one reclaim may try for");
	mm_sim_free(s);
	assert_int_equal(works_for(&s, (struct mm_reply_goal){ 2, 2, 3, 0 }, &g), MM_GOT_PAGE);
	assert_wrong(s, "goal", "compaction makes no block to capture of this order");
	mm_sim_free(s);
	assert_int_equal(works_for(&s, (struct mm_reply_goal){ 2, 11, 2, 0 }, &g), MM_GOT_PAGE);
	assert_wrong(s, "goal", "the machine has no such order");
	mm_sim_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(questions), cmocka_unit_test(endless), cmocka_unit_test(hook_target),
			cmocka_unit_test(hook_defer),
		cmocka_unit_test(folios), cmocka_unit_test(goals),
	};

	return cmocka_run_group_tests_name("hooks of compaction", tests, NULL, NULL);
}
