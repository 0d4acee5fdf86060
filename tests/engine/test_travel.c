// SPDX-License-Identifier: GPL-2.0-only
/*
 * Time travel: wherever and however one comes to a position, it is the state of a straight run,
 * with small budgets too.  Over a made history and over a sample.
 */
#include "allocator.h"

#include <stdlib.h>
#include <string.h>

#include "time/image.h"
#include "sample.h"

/* A checksum of the complete state as bytes. */
static uint64_t image_sum(const struct mm_machine *m)
{
	struct bytes b = image_of(m);
	uint64_t h = b.len;

	for (size_t i = 0; i < b.len; i++)
		h = (h ^ b.p[i]) * 0x100000001b3ull;
	free(b.p);
	return h;
}

/* What a straight run shows at some positions. */
struct stop {
	uint64_t pos, hash, image; /* image: of every 20th only */
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
		for (; i < NR_STOPS && s[i].pos == mm_position(m); i++) {
			look(m, &s[i]);
			if (i % 20 == 0)
				s[i].image = image_sum(m);
		}
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
	if (want->image)
		assert_int_equal(image_sum(m), want->image);
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
		if (r >> 52 & 1)
			mm_timeline_prepare(tl, r >> 40 & 0xfff);
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

/* A scout makes the keyframes; the position stays, and what one then finds is the straight run. */
static void prepared(void **state)
{
	struct allocator *a = malloc(sizeof(*a));
	struct made *mk = malloc(sizeof(*mk));
	struct mm_timeline *tl;
	struct stop *s;
	unsigned int slices = 0;
	uint64_t at, half;

	made_init(mk, 7, 3, MADE_USED);
	mk->log = sg_log_new();
	allocator_init(a, mk, 13);
	while (sg_log_count(mk->log) < 120000)
		allocator_step(a);
	half = sg_log_count(mk->log) / 2;
	s = straight(&mk->cfg, mk->log, 5);
	tl = mm_timeline_new(&mk->cfg, mk->log, 0, NULL);
	/* somebody has been to the middle: behind it the keyframes are those of that journey */
	mm_timeline_seek(tl, half);
	at = mm_timeline_prepared(tl);
	assert_int_equal(at, 0);
	for (; mm_timeline_prepare(tl, 1000); slices++) {
		assert_true(slices < 200);
		assert_int_equal(mm_position(mm_timeline_machine(tl)), half);
		assert_true(mm_timeline_prepared(tl) >= at);
		at = mm_timeline_prepared(tl);
	}
	/* half of 120,000 in slices of 1,000, and a few ends of stretches */
	assert_in_range(slices, 58, 75);
	assert_int_equal(mm_timeline_prepared(tl), sg_log_count(mk->log));
	assert_true(mm_timeline_keyframes(tl) >= 120000 / 4096 - 2);
	for (unsigned int k = 0; k < NR_STOPS; k++) {
		mm_timeline_seek(tl, s[k * 7 % NR_STOPS].pos);
		check_stop(tl, &s[k * 7 % NR_STOPS]);
	}
	assert_false(mm_timeline_prepare(tl, 1000));
	/* it goes on where the log does */
	while (sg_log_count(mk->log) < 140000)
		allocator_step(a);
	while (mm_timeline_prepare(tl, 100000))
		;
	assert_int_equal(mm_timeline_prepared(tl), sg_log_count(mk->log));
	mm_timeline_seek(tl, UINT64_MAX);
	assert_int_equal(mm_hash(mm_timeline_machine(tl)), mm_hash(mk->m));
	mm_timeline_free(tl);
	made_fini(mk);
	free(s);
	free(a);
	free(mk);
}

#define NR_EVENTS 12000u

/* All positions of a made history: the hash of each, and a checksum of its image at each 16th. */
struct track {
	uint64_t hash[NR_EVENTS + 1], image[NR_EVENTS / 16 + 1];
	size_t nr_changes[NR_EVENTS + 1];
};

static struct track *track_of(const struct mm_config *cfg, const struct sg_log *log)
{
	struct track *t = calloc(1, sizeof(*t));
	struct mm_machine *m = mm_machine_new(cfg, NULL);
	struct sg_cursor c;
	struct sg_event ev;

	sg_log_seek(log, &c, 1);
	for (uint64_t i = 0;; i++) {
		t->hash[i] = mm_hash(m);
		mm_changes(m, &t->nr_changes[i], NULL);
		if (i % 16 == 0)
			t->image[i / 16] = image_sum(m);
		if (i == NR_EVENTS)
			break;
		assert_true(sg_log_next(&c, &ev));
		mm_observe(m, &ev);
	}
	mm_machine_free(m);
	return t;
}

static void check_track(const struct mm_timeline *tl, const struct track *t, uint64_t pos)
{
	const struct mm_machine *m = mm_timeline_machine(tl);
	size_t nr;

	assert_int_equal(mm_position(m), pos);
	assert_int_equal(mm_hash(m), t->hash[pos]);
	if (pos % 16 == 0)
		assert_int_equal(image_sum(m), t->image[pos / 16]);
	mm_changes(m, &nr, NULL);
	if (pos > 0)
		assert_int_equal(nr, t->nr_changes[pos]);
}

/*
 * One random walk: jumps, rows of steps backwards and forwards, seeks given up half-way, each position checked
 * as it is passed, while the log grows from a quarter to all of @all.
 */
static void random_walk(const struct mm_config *cfg, const struct sg_log *all, const struct track *t, uint64_t budget,
			uint64_t seed, unsigned int moves)
{
	struct sg_log *log = sg_log_new();
	struct mm_timeline *tl;
	struct sg_cursor c;
	struct sg_event ev;

	sg_log_seek(all, &c, 1);
	while (sg_log_count(log) < NR_EVENTS / 4 && sg_log_next(&c, &ev))
		assert_int_equal(sg_log_append(log, &ev), 0);
	tl = mm_timeline_new(cfg, log, budget, NULL);
	assert_non_null(tl);
	for (unsigned int i = 0; i < moves; i++) {
		uint64_t r = rnd(&seed), count = sg_log_count(log), pos = mm_position(mm_timeline_machine(tl));
		unsigned int row = (unsigned int)(r >> 8) % (r & 128 ? 4 : 150);

		switch (r % 8) {
		case 0:
		case 1:
			pos = (r >> 16) % (count + 1);
			mm_timeline_seek(tl, pos);
			break;
		case 2: /* given up on the way to somewhere else */
			mm_timeline_seek_slice(tl, (r >> 16) % (count + 1), (r >> 40) % 700);
			pos = mm_position(mm_timeline_machine(tl));
			break;
		case 3:
			for (; row > 0 && pos < count; row--) {
				mm_timeline_seek(tl, ++pos);
				if (row % 16 == 0)
					check_track(tl, t, pos);
			}
			break;
		case 4: /* by frames, as one plays */
			for (; row > 100 && pos + 37 < count; row--)
				mm_timeline_seek(tl, pos += 37);
			break;
		case 5:
			for (r >>= 16; r & 15 && c.next <= NR_EVENTS && sg_log_next(&c, &ev); r >>= 1)
				assert_int_equal(sg_log_append(log, &ev), 0);
			break;
		default:
			for (; row > 0 && pos > 0; row--) {
				mm_timeline_seek(tl, --pos);
				if (row % 16 == 0)
					check_track(tl, t, pos);
			}
		}
		if (i % 3 == 0)
			mm_timeline_prepare(tl, seed % 900);
		check_track(tl, t, pos);
		if (i == moves / 2)
			while (c.next <= NR_EVENTS && sg_log_next(&c, &ev))
				assert_int_equal(sg_log_append(log, &ev), 0);
	}
	mm_timeline_seek(tl, UINT64_MAX);
	check_track(tl, t, NR_EVENTS);
	mm_timeline_free(tl);
	sg_log_free(log);
}

static void random_walks(void **state)
{
	for (unsigned int k = 0; k < 3; k++) {
		struct allocator *a = malloc(sizeof(*a));
		struct made *mk = malloc(sizeof(*mk));
		struct track *t;

		made_init(mk, k == 1 ? 6 : 7, k == 1 ? 1 : 3, k == 2 ? MADE_BLIND : MADE_USED);
		mk->log = sg_log_new();
		allocator_init(a, mk, 31 + k);
		while (sg_log_count(mk->log) < NR_EVENTS) {
			allocator_step(a);
			if (sg_log_count(mk->log) % 5000 < 2)
				mk->missed = 3;
		}
		t = track_of(&mk->cfg, mk->log);
		random_walk(&mk->cfg, mk->log, t, 0, 41 + k, 150);
		random_walk(&mk->cfg, mk->log, t, 1, 51 + k, 150);
		free(t);
		made_fini(mk);
		free(mk);
		free(a);
	}
}

/* What one seek to @pos replays, in events. */
static uint64_t replayed(struct mm_timeline *tl, uint64_t pos)
{
	uint64_t before = mm_timeline_applied(tl);

	mm_timeline_seek(tl, pos);
	assert_int_equal(mm_position(mm_timeline_machine(tl)), pos);
	return mm_timeline_applied(tl) - before;
}

/*
 * A step back replays at most 64 events to get there, as near keyframes lie 64 apart, and 32 to make others ahead:
 * the first step after a jump, and each of a row that is longer than two gaps, wherever it begins, and however far apart the keyframes along the run are.
 */
static void rows_back(const struct mm_config *cfg, const struct sg_log *log, uint64_t budget, uint64_t seed)
{
	struct mm_timeline *tl = mm_timeline_new(cfg, log, budget, NULL);
	uint64_t count = sg_log_count(log), most = 0, first = 0, n;

	assert_non_null(tl);
	mm_timeline_seek(tl, count);
	for (unsigned int i = 0; i < 40; i++) {
		/* right behind a keyframe along the run is the worst place to start from; they lie at such numbers */
		uint64_t pos = 70 + rnd(&seed) % (count - 70), row = i % 30 ? rnd(&seed) % 200 : 9000; /* more than two gaps of 4096 */

		if (i % 3 == 0)
			pos = pos / 4096 * 4096 + 1 + i % 5;
		n = replayed(tl, pos);
		for (unsigned int k = 0; k < row && pos > 0; k++) {
			n = replayed(tl, --pos);
			if (k == 0 && n > first)
				first = n;
			if (n > most)
				most = n;
		}
		/* and by frames of some events, which is no jump either: what it passes, and as much as steps would */
		for (unsigned int k = 0; k < 30 && pos > 37; k++) {
			n = replayed(tl, pos -= 37);
			assert_true(n <= 64 + 37 * 32);
		}
	}
	print_message("budget %llu: at most %llu events in the first step back after a jump, %llu in any\n",
		      (unsigned long long)budget, (unsigned long long)first, (unsigned long long)most);
	assert_true(first > 0 && first <= 64 + 32);
	assert_true(most <= 64 + 32);
	/* and steps forwards one each */
	for (unsigned int i = 0; i < 2000; i++)
		assert_int_equal(replayed(tl, count / 2 + i) > 1, i == 0);
	mm_timeline_free(tl);
}

static void steps_are_short(void **state)
{
	struct allocator *a = malloc(sizeof(*a));
	struct made *mk = malloc(sizeof(*mk));

	made_init(mk, 7, 3, MADE_USED);
	mk->log = sg_log_new();
	allocator_init(a, mk, 17);
	while (sg_log_count(mk->log) < 40000)
		allocator_step(a);
	rows_back(&mk->cfg, mk->log, 0, 61);
	rows_back(&mk->cfg, mk->log, 1, 62); /* no more than seven keyframes along the run */
	made_fini(mk);
	free(a);
	free(mk);
}

static void sample(void **state)
{
	struct sample sm;
	struct stop *s;

	sample_open(&sm, SAMPLE);
	s = straight(&sm.cfg, sm.log, 5);
	walk(&sm.cfg, sm.log, s, 0, 6, 25);
	walk(&sm.cfg, sm.log, s, 16 << 20, 7, 12);
	walk(&sm.cfg, sm.log, s, 1, 8, 3);
	free(s);
	sample_close(&sm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(made_history), cmocka_unit_test(growing_log), cmocka_unit_test(prepared), cmocka_unit_test(random_walks),
		cmocka_unit_test(steps_are_short), cmocka_unit_test(sample),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
