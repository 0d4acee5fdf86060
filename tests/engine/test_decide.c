// SPDX-License-Identifier: GPL-2.0-only
/*
 * The index of decisions: what it holds, and the words that it makes again, are those of a check that runs
 * straight through with texts.  Over a sample, and over nonsense.
 */
#include "made.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "index/decide_index.h"
#include "tr.h"

/* A decision of the straight run; its texts behind each other. */
struct want {
	uint64_t event, seq;
	struct mm_decision d;
	char *text;
};

struct straight {
	struct want *w;
	size_t nr, cap;
};

static char *texts_of(const struct mm_decision *d)
{
	size_t size = strlen(d->ours) + strlen(d->kernel) + strlen(d->reason) + strlen(d->rule) + 8;
	char *text = malloc(size);

	assert_non_null(text);
	snprintf(text, size, "%s|%s|%s|%s", d->rule, d->ours, d->kernel, d->reason);
	return text;
}

static void keep(void *arg, const struct mm_decision *d)
{
	struct straight *s = arg;

	assert_non_null(d->rule);
	assert_non_null(d->ours);
	assert_non_null(d->kernel);
	assert_non_null(d->reason);
	assert_true(d->verdict != MM_UNDECIDED || (d->why && d->why[0]));
	assert_true(d->nr_numbers <= MM_DECISION_NUMBERS);
	if (s->nr == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 1024;
		s->w = realloc(s->w, s->cap * sizeof(*s->w));
		assert_non_null(s->w);
	}
	s->w[s->nr] = (struct want){ d->event, s->nr, *d, texts_of(d) };
	s->nr++;
}

static int by_event(const void *a, const void *b)
{
	const struct want *x = a, *y = b;

	if (x->event != y->event)
		return x->event < y->event ? -1 : 1;
	return x->seq < y->seq ? -1 : 1;
}

static void run_straight(const struct mm_config *cfg, const struct sg_log *log, struct straight *s)
{
	struct mm_machine *m = mm_machine_new(cfg, NULL);
	struct mm_check *c = mm_check_new(m, cfg, keep, s, NULL);
	struct sg_cursor cur;
	struct sg_event ev;

	assert_non_null(c);
	memset(s, 0, sizeof(*s));
	sg_log_seek(log, &cur, 1);
	while (sg_log_next(&cur, &ev))
		mm_check_observe(c, m, &ev);
	mm_check_finish(c);
	mm_check_free(c);
	mm_machine_free(m);
	qsort(s->w, s->nr, sizeof(*s->w), by_event);
}

static void straight_fini(struct straight *s)
{
	for (size_t i = 0; i < s->nr; i++)
		free(s->w[i].text);
	free(s->w);
}

static void same_words(struct mm_decide *d, const struct straight *s, uint64_t i)
{
	const struct mm_decision *got;
	char *text;

	while (!mm_decide_fetch(d, i, 3000, &got))
		;
	assert_non_null(got);
	text = texts_of(got);
	assert_string_equal(text, s->w[i].text);
	free(text);
	assert_int_equal(got->event, s->w[i].d.event);
	assert_int_equal(got->verdict, s->w[i].d.verdict);
	assert_int_equal(got->pid, s->w[i].d.pid);
	assert_int_equal(got->ts, s->w[i].d.ts);
	assert_int_equal(got->nr_numbers, s->w[i].d.nr_numbers);
	for (unsigned int k = 0; k < got->nr_numbers; k++) {
		assert_string_equal(got->number[k].name, s->w[i].d.number[k].name);
		assert_int_equal(got->number[k].value, s->w[i].d.number[k].value);
	}
}

/* Counts and searches by a filter, against plain walks over the straight run's decisions. */
static void same_searches(const struct mm_decide *d, const struct straight *s, struct mm_decide_filter f, uint64_t *seed)
{
	uint64_t all = 0, at, got;

	for (size_t i = 0; i < s->nr; i++)
		all += (!f.kinds || f.kinds >> s->w[i].d.kind & 1) && (!f.verdicts || f.verdicts >> s->w[i].d.verdict & 1);
	assert_int_equal(mm_decide_count(d, &f), all);
	if (s->nr == 0)
		return;
	for (unsigned int n = 0; n < 20; n++) {
		uint64_t from = rnd(seed) % s->nr, below = 0, next = UINT64_MAX, prev = UINT64_MAX;

		for (uint64_t i = 0; i < s->nr; i++) {
			const struct mm_decision *w = &s->w[i].d;

			if ((f.kinds && !(f.kinds >> w->kind & 1)) || (f.verdicts && !(f.verdicts >> w->verdict & 1)))
				continue;
			below += i < from;
			if (i <= from)
				prev = i;
			if (i >= from && next == UINT64_MAX)
				next = i;
		}
		assert_int_equal(mm_decide_rank(d, &f, from), below);
		assert_int_equal(mm_decide_find(d, &f, from, 1, &got), next != UINT64_MAX);
		assert_int_equal(next == UINT64_MAX ? next : got, next);
		assert_int_equal(mm_decide_find(d, &f, from, -1, &got), prev != UINT64_MAX);
		assert_int_equal(prev == UINT64_MAX ? prev : got, prev);
		at = mm_decide_lower(d, s->w[from].event);
		assert_true(at <= from);
		assert_int_equal(s->w[at].event, s->w[from].event);
		assert_true(at == 0 || s->w[at - 1].event < s->w[from].event);
	}
	assert_int_equal(mm_decide_lower(d, UINT64_MAX), s->nr);
	assert_false(mm_decide_find(d, &f, s->nr, 1, &got));
}

static void against(const struct mm_config *cfg, const struct sg_log *log, uint64_t budget, uint64_t seed, unsigned int step)
{
	struct mm_decide *d = mm_decide_new(cfg, log, budget, NULL);
	struct mm_decide_progress p;
	struct mm_decide_ref ref;
	struct straight s;

	assert_non_null(d);
	assert_int_equal(mm_decide_count(d, NULL), 0);
	while (mm_decide_work(d, 1 + rnd(&seed) % 5000, false))
		;
	mm_decide_progress(d, &p);
	assert_int_equal(p.events, sg_log_count(log));
	assert_false(p.done); /* the log may still grow */
	assert_false(mm_decide_work(d, 1, true));
	mm_decide_progress(d, &p);
	assert_true(p.done);
	assert_null(p.stopped);
	run_straight(cfg, log, &s);
	assert_int_equal(mm_decide_count(d, NULL), s.nr);
	assert_false(mm_decide_get(d, s.nr, &ref));
	for (uint64_t i = 0; i < s.nr; i++) {
		if (!mm_decide_get(d, i, &ref))
			fail_msg("decision %zu is missing", (size_t)i);
		if (ref.event != s.w[i].event || ref.kind != s.w[i].d.kind || ref.verdict != s.w[i].d.verdict)
			fail_msg("decision %zu is of event %zu", (size_t)i, (size_t)ref.event);
	}
	/* forwards, backwards, and here and there */
	for (uint64_t i = 0; i < s.nr; i += 1 + rnd(&seed) % step)
		same_words(d, &s, i);
	for (uint64_t i = s.nr; i > 0; same_words(d, &s, i)) {
		uint64_t by = 1 + rnd(&seed) % step;

		i = i > by ? i - by : 0;
	}
	for (unsigned int n = 0; s.nr && n < 40; n++)
		same_words(d, &s, rnd(&seed) % s.nr);
	same_searches(d, &s, (struct mm_decide_filter){ 0, 0 }, &seed);
	same_searches(d, &s, (struct mm_decide_filter){ 0, 1u << MM_DIFFERS }, &seed);
	same_searches(d, &s, (struct mm_decide_filter){ 1u << MM_CHECK_KSWAPD, 0 }, &seed);
	same_searches(d, &s, (struct mm_decide_filter){ 1u << MM_CHECK_DRAIN | 1u << MM_CHECK_SCANNER,
							1u << MM_UNDECIDED | 1u << MM_EQUAL }, &seed);
	straight_fini(&s);
	mm_decide_free(d);
}

static void sample(void **state)
{
	struct tr_capture *tc = NULL;
	struct sg_log *log = sg_log_new();
	struct mm_config cfg = { 0 };
	struct sg_event ev[256];
	struct sg_err err;
	uint64_t seen = 0;
	size_t n;

	(void)state;
	if (tr_open(SAMPLE, 0, &tc, &err) < 0)
		fail_msg("%s", err.text);
	cfg.cap = tr_info(tc);
	cfg.nr_seeds = 2;
	cfg.seed[0].snap = tr_snapshot(tc, "before");
	cfg.seed[1] = (struct mm_seed){ .snap = tr_snapshot(tc, "in-start"), .marker = "snapshot-begin",
					.marker_end = "snapshot-begin-done" };
	assert_non_null(cfg.seed[0].snap);
	assert_non_null(cfg.seed[1].snap);
	/* a part of it, so that it is quick under sanitizers */
	while ((n = tr_read(tc, ev, 256)) > 0 && seen < 120000)
		for (size_t i = 0; i < n; i++, seen++)
			assert_int_equal(sg_log_append(log, &ev[i]), 0);
	against(&cfg, log, 0, 1, 400);
	against(&cfg, log, 1, 2, 4000); /* next to no room: two checkpoints */
	sg_log_free(log);
	tr_close(tc);
}

/* Any events in any order: what a checker makes of them must be the same from a copy as from the start. */
static void nonsense(void **state)
{
	static const unsigned int kernel[][2] = { { 6, 1 }, { 6, 12 }, { 6, 18 }, { 7, 3 }, { 9, 0 } };
	struct made *mk = malloc(sizeof(*mk));

	(void)state;
	for (unsigned int round = 0; round < 5; round++) {
		uint64_t seed = 500 + round;

		made_capture(mk, kernel[round][0], kernel[round][1]);
		for (unsigned int k = 0; k < SG_KIND_COUNT; k++)
			mk->cap.present[k] = round & 1 || k % 7;
		mk->cap.nr_cpus = round ? 4 : 1;
		if (round == 1 || round == 4) { /* no snapshot: zones are deduced, and nothing says what is free */
			mk->cfg.nr_seeds = 0;
			mk->cfg.max_pfn_hint = END;
		}
		mk->log = sg_log_new();
		for (unsigned int i = 0; i < 60000; i++) {
			enum sg_kind kind = (enum sg_kind)(rnd(&seed) % SG_KIND_COUNT);
			const struct sg_kind_info *ki = sg_kind_info(kind);
			struct sg_event ev;

			if (rnd(&seed) % 2)
				kind = rnd(&seed) % 2 ? SG_EV_mm_page_alloc_zone_locked : SG_EV_mm_page_pcpu_drain;
			ki = sg_kind_info(kind);
			mk->cpu = (uint16_t)(rnd(&seed) % 5 ? rnd(&seed) % 4 : rnd(&seed));
			mk->pid = (int32_t)(rnd(&seed) % 4);
			mk->missed = rnd(&seed) % 4096 == 0;
			ev = made_event(mk, kind);
			for (unsigned int f = 0; f < ki->nr_fields; f++)
				switch (ki->field[f].type) {
				case SG_T_PFN:
					ev.v[f] = rnd(&seed) % 64 ? START + rnd(&seed) % (END - START) : rnd(&seed);
					break;
				case SG_T_ORDER:
				case SG_T_MT:
					ev.v[f] = rnd(&seed) % (rnd(&seed) % 16 ? 4 : 16);
					break;
				case SG_T_NID:
				case SG_T_BOOL:
					ev.v[f] = rnd(&seed) % 16 == 0;
					break;
				default:
					ev.v[f] = rnd(&seed) >> rnd(&seed) % 64;
				}
			made_send(mk, &ev);
		}
		against(&mk->cfg, mk->log, round == 2 ? 1 : 0, seed, 1000);
		sg_log_free(mk->log);
		mk->log = NULL;
		made_fini(mk);
	}
	free(mk);
}

/* Records come in any order and are found in that of their events; settled far away or at the end as well. */
static void records(void **state)
{
	enum { NR = 20000 };
	static struct {
		uint64_t event, settled;
	} all[NR];
	struct mm_dindex x = { 0 };
	uint64_t seed = 9;

	(void)state;
	for (unsigned int i = 0; i < NR; i++) {
		uint64_t now = i / 2 + 1, back = rnd(&seed) % 8 ? 0 : rnd(&seed) % now;

		/* the clock jumps far in the middle, so that some are settled further away than a record can say */
		all[i].settled = i == NR - 1 ? MM_SETTLED_AT_END : now + (i > NR / 2 ? 1 << 20 : 0);
		all[i].event = now - back;
		assert_int_equal(mm_dindex_add(&x, all[i].event, all[i].settled, MM_CHECK_DRAIN, MM_EQUAL), 0);
	}
	assert_int_equal(x.total, NR);
	for (uint64_t i = 0, last = 0; i < NR; i++) {
		uint64_t e = mm_drec_event(mm_dindex_rec(&x, i));

		assert_true(e >= last);
		last = e;
	}
	for (unsigned int n = 0; n < 500; n++) {
		unsigned int want = (unsigned int)(rnd(&seed) % NR), before = 0, same = 0, nth;
		uint64_t i = 0;

		if (n == 0)
			want = NR - 1;
		/* its place: behind all of earlier events, and those of its event that came before */
		for (unsigned int k = 0; k < NR; k++) {
			bool first = all[k].event == all[want].event && k < want;

			before += all[k].event < all[want].event || first;
			same += first && all[k].settled == all[want].settled;
		}
		i = before;
		assert_int_equal(mm_drec_event(mm_dindex_rec(&x, i)), all[want].event);
		assert_int_equal(mm_dindex_settled(&x, i, &nth), all[want].settled);
		assert_int_equal(nth, same);
	}
	mm_dindex_fini(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records),
		cmocka_unit_test(nonsense),
		cmocka_unit_test(sample),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
