// SPDX-License-Identifier: GPL-2.0-only
/*
 * Time travel: wherever and however one comes to a position, it is the state of a straight run,
 * with small budgets too.  Over a made history and over a sample.
 */
#include "allocator.h"

#include <stdlib.h>
#include <string.h>

#include "tr.h"

/* What a straight run shows at some positions. */
struct stop {
	uint64_t pos, hash;
	uint64_t contra[MM_CONTRA_COUNT];
	uint32_t last_contra;
	size_t nr_changes, total;
	struct mm_change change[MM_MAX_CHANGES];
};

#define NR_STOPS 400u

static int by_pos(const void *a, const void *b)
{
	const struct stop *x = a, *y = b;

	return x->pos < y->pos ? -1 : x->pos > y->pos;
}

static void look(const struct mm_machine *m, struct stop *s)
{
	const struct mm_change *c = mm_changes(m, &s->nr_changes, &s->total);

	s->hash = mm_hash(m);
	s->last_contra = mm_last_contra(m);
	for (unsigned int i = 0; i < MM_CONTRA_COUNT; i++)
		s->contra[i] = mm_contra_count(m, (enum mm_contra)i);
	for (size_t i = 0; i < s->nr_changes; i++)
		s->change[i] = c[i];
}

/* A straight run over @log, looked at in random places, in runs of neighbours, and at both ends. */
static struct stop *straight(const struct mm_config *cfg, const struct sg_log *log, uint64_t seed)
{
	struct stop *s = calloc(NR_STOPS, sizeof(*s));
	struct mm_machine *m = mm_machine_new(cfg, NULL);
	uint64_t count = sg_log_count(log);
	struct sg_cursor c;
	struct sg_event ev;
	unsigned int i = 0;

	assert_non_null(m);
	for (unsigned int k = 0; k < NR_STOPS; k++)
		s[k].pos = k == 0 ? 0 : k == 1 ? count : k % 4 ? s[k - 1].pos + 1 : rnd(&seed) % (count - 4);
	for (unsigned int k = 0; k < NR_STOPS; k++)
		if (s[k].pos > count)
			s[k].pos = count;
	qsort(s, NR_STOPS, sizeof(*s), by_pos);
	sg_log_seek(log, &c, 1);
	for (;;) {
		for (; i < NR_STOPS && s[i].pos == mm_position(m); i++)
			look(m, &s[i]);
		if (!sg_log_next(&c, &ev))
			break;
		mm_observe(m, &ev);
	}
	assert_int_equal(i, NR_STOPS);
	mm_machine_free(m);
	return s;
}

static void check_stop(const struct mm_timeline *tl, const struct stop *want)
{
	const struct mm_machine *m = mm_timeline_machine(tl);
	struct stop got = { 0 };

	assert_int_equal(mm_position(m), want->pos);
	look(m, &got);
	assert_int_equal(got.hash, want->hash);
	assert_memory_equal(got.contra, want->contra, sizeof(got.contra));
	if (want->pos == 0)
		return;
	assert_int_equal(got.last_contra, want->last_contra);
	assert_int_equal(got.nr_changes, want->nr_changes);
	assert_int_equal(got.total, want->total);
	for (size_t i = 0; i < got.nr_changes; i++) {
		assert_int_equal(got.change[i].pfn, want->change[i].pfn);
		assert_int_equal(got.change[i].nr, want->change[i].nr);
		assert_int_equal(got.change[i].from, want->change[i].from);
		assert_int_equal(got.change[i].to, want->change[i].to);
	}
}

/* Jumps, steps to neighbours, and slices given up half-way. */
static void walk(const struct mm_config *cfg, const struct sg_log *log, const struct stop *s, uint64_t budget,
		 uint64_t seed, unsigned int jumps)
{
	struct mm_timeline *tl = mm_timeline_new(cfg, log, budget, NULL);
	uint64_t most = 0, first, at;

	assert_non_null(tl);
	first = mm_timeline_bytes(tl);
	for (unsigned int i = 0; i < jumps; i++) {
		uint64_t r = rnd(&seed);
		unsigned int k = r % 8 == 0 ? (r & 64 ? NR_STOPS - 1 : 0) : (unsigned int)(r >> 8) % NR_STOPS;

		if (r >> 60 == 0)
			mm_timeline_seek_slice(tl, rnd(&seed) % (sg_log_count(log) + 9), 100);
		if (r >> 56 & 1) {
			mm_timeline_seek(tl, s[k].pos);
		} else {
			while (!mm_timeline_seek_slice(tl, s[k].pos, 1000 + (r >> 20 & 0xffff)))
				;
		}
		check_stop(tl, &s[k]);
		while (k > 0 && s[k - 1].pos + 1 == s[k].pos) { /* and step by step back, and forth again */
			mm_timeline_seek(tl, s[--k].pos);
			check_stop(tl, &s[k]);
		}
		if (k + 1 < NR_STOPS && s[k + 1].pos == s[k].pos + 1) {
			mm_timeline_seek(tl, s[k + 1].pos);
			check_stop(tl, &s[k + 1]);
		}
		if (mm_timeline_bytes(tl) > most)
			most = mm_timeline_bytes(tl);
	}
	mm_timeline_seek(tl, UINT64_MAX);
	assert_int_equal(mm_position(mm_timeline_machine(tl)), sg_log_count(log));
	/* what the machine itself and the eight keyframes that are always kept need comes on top of the budget */
	at = mm_timeline_bytes(tl);
	print_message("budget %llu KiB: %llu KiB at the start, %llu at most, %llu at the end\n",
		      (unsigned long long)budget >> 10, (unsigned long long)first >> 10, (unsigned long long)most >> 10,
		      (unsigned long long)at >> 10);
	if (budget)
		assert_true(most <= budget + 8 * first + (24ull << 20));
	mm_timeline_free(tl);
}

static void made_history(void **state)
{
	struct allocator *a = malloc(sizeof(*a));
	struct made *mk = malloc(sizeof(*mk));
	struct stop *s;

	made_init(mk, 7, 3, MADE_USED);
	mk->log = sg_log_new();
	allocator_init(a, mk, 11);
	while (sg_log_count(mk->log) < 150000) {
		allocator_step(a);
		if (sg_log_count(mk->log) % 50000 < 2) /* gaps and disagreement belong to a history as well */
			mk->missed = 3;
	}
	s = straight(&mk->cfg, mk->log, 1);
	assert_int_equal(s[NR_STOPS - 1].hash, mm_hash(mk->m));
	walk(&mk->cfg, mk->log, s, 0, 2, 60);
	walk(&mk->cfg, mk->log, s, 4 << 20, 3, 40);
	walk(&mk->cfg, mk->log, s, 1, 4, 10);
	made_fini(mk);
	free(s);
	free(a);
	free(mk);
}

/* The log may grow while one travels. */
static void growing_log(void **state)
{
	struct allocator *a = malloc(sizeof(*a));
	struct made *mk = malloc(sizeof(*mk));
	struct mm_timeline *tl;
	struct sg_log *log;

	made_init(mk, 7, 3, MADE_USED);
	log = mk->log = sg_log_new();
	tl = mm_timeline_new(&mk->cfg, log, 0, NULL);
	allocator_init(a, mk, 12);
	for (unsigned int i = 0; i < 12; i++) {
		for (unsigned int k = 0; k < 1500; k++)
			allocator_step(a);
		mm_timeline_seek(tl, i % 3 == 2 ? sg_log_count(log) / 2 : UINT64_MAX);
		if (i % 3 != 2)
			assert_int_equal(mm_hash(mm_timeline_machine(tl)), mm_hash(mk->m));
	}
	mm_timeline_free(tl);
	made_fini(mk);
	free(a);
	free(mk);
}

static void sample(void **state)
{
	struct mm_config cfg = { 0 };
	struct sg_log *log = sg_log_new();
	struct tr_capture *tc = NULL;
	struct sg_event ev[256];
	struct sg_err err = { 0 };
	const struct sg_snapshot *snap;
	struct stop *s;
	size_t n;

	if (tr_open(SAMPLE, 0, &tc, &err) < 0)
		print_error("%s\n", err.text);
	assert_non_null(tc);
	while ((n = tr_read(tc, ev, 256)) > 0)
		for (size_t i = 0; i < n; i++)
			assert_int_equal(sg_log_append(log, &ev[i]), 0);
	cfg.cap = tr_info(tc);
	cfg.max_pfn_hint = sg_log_max_pfn(log);
	snap = tr_snapshot(tc, "before");
	if (snap)
		cfg.seed[cfg.nr_seeds++] = (struct mm_seed){ .snap = snap };
	snap = tr_snapshot(tc, "in-start");
	if (snap)
		cfg.seed[cfg.nr_seeds++] = (struct mm_seed){ .snap = snap, .marker = "snapshot-begin",
							     .marker_end = "snapshot-begin-done" };
	assert_int_equal(cfg.nr_seeds, 2);
	s = straight(&cfg, log, 5);
	walk(&cfg, log, s, 0, 6, 25);
	walk(&cfg, log, s, 16 << 20, 7, 12);
	walk(&cfg, log, s, 1, 8, 3);
	free(s);
	sg_log_free(log);
	tr_close(tc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(made_history), cmocka_unit_test(growing_log), cmocka_unit_test(sample),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
