// SPDX-License-Identifier: GPL-2.0-only
/*
 * Policies asked by the checks, over a sample: each hook with an answer that the kernel didn't give, after which decisions of its
 * kind are no longer equal, and with one that can't be, after which all are what they were.
 */
#include <stdlib.h>
#include <string.h>

#include "time/image.h"
#include "sample.h"

#include "check/check.h"
#include "hooked.h"

static bool wrong;   /* the answers can't be */
static uint64_t asked;

/* The answer, and what stands for it where it can't be. */
#define ANSWER(p, other, no) (asked++, *(p) = wrong ? (no) : (other))


static void pick(void *state, const struct mm_eye *eye, const struct mm_ask_pick *in, uint64_t *pfn)
{
	uint64_t two[2];

	if (eye->list(eye, in->zone, in->list_order, in->mt, two, 2) == 2)
		ANSWER(pfn, two[1], 1);
}

static void fallback(void *state, const struct mm_eye *eye, const struct mm_ask_fallback *in, struct mm_reply_fallback *r)
{
	ANSWER(&r->pfn, MM_NO_PFN, 1);
	r->claim = 0;
}

static void refill(void *state, const struct mm_eye *eye, const struct mm_ask_pcp *in, int32_t *blocks)
{
	ANSWER(blocks, 0, -1);
}

static void drain(void *state, const struct mm_eye *eye, const struct mm_ask_pcp *in, struct mm_reply_drain *r)
{
	ANSWER(&r->pages, in->count, -1);
	r->piece = in->count;
}

static void watermark(void *state, const struct mm_eye *eye, const struct mm_ask_watermark *in, struct mm_reply_watermark *r)
{
	ANSWER(&r->min, 0, -1);
	if (!wrong)
		r->low = r->high = r->promo = 0;
}

static void goal(void *state, const struct mm_eye *eye, const struct mm_ask_goal *in, struct mm_reply_goal *r)
{
	ANSWER(&r->reclaim, 10u, 99u);
}

static void next(void *state, const struct mm_eye *eye, const struct mm_ask_next *in, uint32_t *n)
{
	ANSWER(n, (uint32_t)MM_NEXT_FAIL, 99u);
}

static void balance(void *state, const struct mm_eye *eye, const struct mm_ask_balance *in, uint32_t *yes)
{
	ANSWER(yes, !*yes, 7u);
}

static void kswapd_wake(void *state, const struct mm_eye *eye, const struct mm_ask_kswapd_wake *in, uint32_t *yes)
{
	ANSWER(yes, !*yes, 7u);
}

static void kswapd_round(void *state, const struct mm_eye *eye, const struct mm_ask_kswapd_round *in,
			 struct mm_reply_kswapd_round *r)
{
	ANSWER(&r->sleep, !r->sleep, 7u);
}

static void kswapd_dead(void *state, const struct mm_eye *eye, const struct mm_ask_kswapd_dead *in, uint32_t *yes)
{
	ANSWER(yes, 1u, 7u);
}

static void suitable(void *state, const struct mm_eye *eye, const struct mm_ask_suitable *in, uint32_t *result)
{
	ANSWER(result, (uint32_t)MM_COMPACT_NOT_SUITABLE_ZONE, (uint32_t)MM_COMPACT_DEFERRED);
}

static void finished(void *state, const struct mm_eye *eye, const struct mm_ask_finished *in, uint32_t *result)
{
	ANSWER(result, (uint32_t)MM_COMPACT_CONTENDED, (uint32_t)MM_COMPACT_SKIPPED);
}

static void defer(void *state, const struct mm_eye *eye, const struct mm_ask_defer *in, struct mm_reply_defer *r)
{
	ANSWER(&r->shift, 6u, 7u);
}

static void source(void *state, const struct mm_eye *eye, const struct mm_ask_source *in, uint32_t *yes)
{
	ANSWER(yes, 0u, 7u);
}

static void target(void *state, const struct mm_eye *eye, const struct mm_ask_target *in, uint32_t *yes)
{
	ANSWER(yes, 0u, 7u);
}

static const struct {
	struct mm_hooks h;
	enum mm_check_kind kind; /* whose decisions change */
} policies[] = {
	{ { MM_HOOKS_HEAD("pick"), .pick = pick }, MM_CHECK_PICK },
	{ { MM_HOOKS_HEAD("fallback"), .fallback = fallback }, MM_CHECK_FALLBACK },
	{ { MM_HOOKS_HEAD("refill"), .refill = refill }, MM_CHECK_REFILL },
	{ { MM_HOOKS_HEAD("drain"), .drain = drain }, MM_CHECK_DRAIN },
	{ { MM_HOOKS_HEAD("watermark"), .watermark = watermark }, MM_CHECK_COMPACT_CHECK },
	{ { MM_HOOKS_HEAD("goal"), .goal = goal }, MM_CHECK_SLOW_PATH },
	{ { MM_HOOKS_HEAD("next"), .next = next }, MM_CHECK_SLOW_PATH },
	{ { MM_HOOKS_HEAD("balance"), .balance = balance }, MM_CHECK_KSWAPD },
	{ { MM_HOOKS_HEAD("kswapd_wake"), .kswapd_wake = kswapd_wake }, MM_CHECK_KSWAPD },
	{ { MM_HOOKS_HEAD("kswapd_round"), .kswapd_round = kswapd_round }, MM_CHECK_KSWAPD },
	{ { MM_HOOKS_HEAD("kswapd_dead"), .kswapd_dead = kswapd_dead }, MM_CHECK_KSWAPD },
	{ { MM_HOOKS_HEAD("suitable"), .suitable = suitable }, MM_CHECK_COMPACT_CHECK },
	{ { MM_HOOKS_HEAD("finished"), .finished = finished }, MM_CHECK_COMPACT_CHECK },
	{ { MM_HOOKS_HEAD("defer"), .defer = defer }, MM_CHECK_COMPACT_CHECK },
	{ { MM_HOOKS_HEAD("source"), .source = source }, MM_CHECK_SCANNER },
	{ { MM_HOOKS_HEAD("target"), .target = target }, MM_CHECK_SCANNER },
};

/* The sums of a check under the policy @h, NULL: the kernel alone. */
struct sums {
	uint64_t total[MM_CHECK_COUNT], decidable[MM_CHECK_COUNT], equal[MM_CHECK_COUNT];
};

static void check(const struct sample *sp, const struct mm_hooks *h, struct sums *ret)
{
	const struct sg_snapshot *snap[2] = { sp->cfg.seed[0].snap, sp->cfg.seed[1].snap };
	struct mm_policy p;
	struct sg_err err;
	struct mm_machine *m = mm_machine_new(&sp->cfg, &err);
	struct mm_check *c, *half = NULL;
	struct mm_machine *other = NULL;
	const char *policy, *hook;
	struct mm_hook_fault f;
	uint64_t nr = sg_log_count(sp->log);
	struct sg_cursor cur = { 0 };

	asked = 0;
	assert_non_null(m);
	mm_policy_of_capture(&p, sp->cfg.cap, snap, 2);
	if (h)
		assert_int_equal(mm_policy_add(&p, h, &err), 0);
	c = mm_check_new_under(m, &sp->cfg, &p, NULL, NULL, &err);
	assert_non_null(c);
	for (uint64_t i = 0; i < nr; i++) {
		struct sg_event ev;

		assert_true(sg_log_get(sp->log, &cur, i + 1, &ev));
		mm_check_observe(c, m, &ev);
		if (i == nr / 2) { /* a copy has policies of its own */
			other = mm_machine_copy(m);
			half = mm_check_copy(c, other, NULL);
			assert_non_null(half);
		}
	}
	mm_check_finish(c);
	for (unsigned int k = 0; k < MM_CHECK_COUNT; k++) {
		const struct mm_check_sum *s = mm_check_get(c, (enum mm_check_kind)k);

		ret->total[k] = s->total;
		ret->decidable[k] = s->decidable;
		ret->equal[k] = s->equal;
	}
	if (h && wrong) {
		assert_true(mm_overlays_fault(mm_check_overlays(c), 0, &policy, &hook, &f));
		assert_string_equal(hook, h->name);
		assert_false(mm_overlays_fault(mm_check_overlays(c), 1, &policy, &hook, &f));
	} else {
		assert_int_equal(mm_overlays_faults(mm_check_overlays(c)), 0);
	}
	if (h)
		assert_ptr_not_equal(mm_check_overlays(c), mm_check_overlays(half));
	mm_check_free(half);
	mm_machine_free(other);
	mm_check_free(c);
	mm_machine_free(m);
}

static void over_a_sample(void **state)
{
	static struct sample sp;
	static struct sums plain, s;

	(void)state;
	sample_open(&sp, SAMPLE);
	wrong = false;
	check(&sp, NULL, &plain);
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
		unsigned int k = policies[i].kind;

		wrong = false;
		check(&sp, &policies[i].h, &s);
		print_message("%-13s asked %8llu times: %s %llu of %llu equal, without it %llu of %llu\n", policies[i].h.name,
			      (unsigned long long)asked, mm_check_key((enum mm_check_kind)k), (unsigned long long)s.equal[k],
			      (unsigned long long)s.decidable[k], (unsigned long long)plain.equal[k],
			      (unsigned long long)plain.decidable[k]);
		assert_true(asked > 0);
		assert_true(s.equal[k] < plain.equal[k]);
		if (k != MM_CHECK_KSWAPD) /* which of kswapd's decisions show depends on what is expected of it */
			assert_int_equal(s.total[k], plain.total[k]);
		wrong = true;
		check(&sp, &policies[i].h, &s);
		assert_memory_equal(&s, &plain, sizeof(s));
	}
	sample_close(&sp);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(over_a_sample) };

	return cmocka_run_group_tests_name("policies asked by the checks", tests, NULL, NULL);
}
