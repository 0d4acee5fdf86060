/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of verdicts share: a check over a made machine, each event sent by hand, and what became of its
 * decisions.  At the end the sums are held against what was heard: what is undecided is neither equal nor decidable.
 */
#ifndef VERDICTS_H
#define VERDICTS_H

#include <stdlib.h>
#include <string.h>

#include "made.h"
#include "check/check.h"

/** Decisions of a kind. */
struct said {
	unsigned int nr, verdict[3]; /* how many, and by verdict */
	const char *why;             /* of the last undecided one */
};

struct run {
	struct made mk;
	struct mm_check *check;
	const char *rule; /* NULL, or those of this rule only count for assert_said() */
	struct said said[MM_CHECK_COUNT], before[MM_CHECK_COUNT]; /* in all, and until the last event */
	unsigned int all[MM_CHECK_COUNT][3];
};

static inline void hear_verdict(void *arg, const struct mm_decision *d)
{
	struct run *r = arg;

	r->all[d->kind][d->verdict]++;
	if (r->rule && strcmp(d->rule, r->rule) != 0)
		return;
	r->said[d->kind].nr++;
	r->said[d->kind].verdict[d->verdict]++;
	if (d->verdict == MM_UNDECIDED)
		r->said[d->kind].why = d->why;
}

static inline struct run *capture(unsigned int major, unsigned int minor)
{
	struct run *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	made_capture(&r->mk, major, minor);
	return r;
}

static inline struct run *begin_check(struct run *r)
{
	struct sg_err err = { 0 };

	made_init(&r->mk, r->mk.cap.kver[0], r->mk.cap.kver[1], MADE_FLAGS);
	r->check = mm_check_new(r->mk.m, &r->mk.cfg, hear_verdict, r, &err);
	assert_non_null(r->check);
	return r;
}

/** 7.3, all pages are in use. */
static inline struct run *used(void)
{
	return begin_check(capture(7, 3));
}

static inline void end_check(struct run *r)
{
	mm_check_finish(r->check);
	for (unsigned int k = 0; k < MM_CHECK_COUNT; k++) {
		const struct mm_check_sum *s = mm_check_get(r->check, (enum mm_check_kind)k);
		uint64_t undecided = 0;

		for (unsigned int i = 0; i < s->nr_why; i++) {
			undecided += s->undecided[i].count;
			assert_true(s->undecided[i].count > 0 && s->undecided[i].why[0] != 0);
		}
		assert_int_equal(s->total, r->all[k][MM_UNDECIDED] + r->all[k][MM_EQUAL] + r->all[k][MM_DIFFERS]);
		assert_int_equal(s->equal, r->all[k][MM_EQUAL]);
		assert_int_equal(s->decidable, r->all[k][MM_EQUAL] + r->all[k][MM_DIFFERS]);
		assert_int_equal(undecided, r->all[k][MM_UNDECIDED]);
	}
	mm_check_free(r->check);
	made_fini(&r->mk);
	free(r);
}

static inline void observe(struct run *r, const struct sg_event *ev)
{
	memcpy(r->before, r->said, sizeof(r->before));
	mm_check_observe(r->check, r->mk.m, ev);
}

/** Any event, its fields in the order of sg_event_list.h; those not given are missing. */
#define send(r, kind, ...) send_fields(r, kind, sizeof((const uint64_t[]){ __VA_ARGS__ }) / 8, (const uint64_t[]){ __VA_ARGS__ })
static inline void send_fields(struct run *r, enum sg_kind kind, size_t n, const uint64_t *v)
{
	struct sg_event ev = made_event(&r->mk, kind);

	assert_true(n <= SG_SLOTS);
	memcpy(ev.v, v, n * sizeof(*v));
	observe(r, &ev);
}

/** The same from another task. */
#define send_by(r, task, kind, ...) do { (r)->mk.pid = (task); send(r, kind, __VA_ARGS__); } while (0)

/** The last event made one decision of @kind, of this verdict. */
static inline void assert_said(const struct run *r, enum mm_check_kind kind, enum mm_verdict verdict)
{
	const unsigned int *now = r->said[kind].verdict, *was = r->before[kind].verdict;

	for (unsigned int v = 0; v < 3; v++)
		if (now[v] - was[v] != (v == verdict))
			fail_msg("%s: %u undecided (%s), %u equal, %u differ; should be one of %u", mm_check_key(kind), now[0] - was[0],
				 r->said[kind].why ? r->said[kind].why : "", now[1] - was[1], now[2] - was[2], verdict);
}

/** It made none. */
static inline void assert_unsaid(const struct run *r, enum mm_check_kind kind)
{
	assert_int_equal(r->said[kind].nr, r->before[kind].nr);
}

#endif
