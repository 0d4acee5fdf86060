// SPDX-License-Identifier: GPL-2.0-only
/*
 * Images of a machine: what was saved and loaded goes on as if nothing had been; equal states give equal
 * bytes; a damaged image is refused or harmless.
 */
#include "allocator.h"

#include <stdlib.h>
#include <string.h>

#include "time/image.h"
#include "sample.h"

static void check_same(const struct mm_machine *a, const struct mm_machine *b)
{
	struct bytes x, y;

	assert_int_equal(mm_hash(a), mm_hash(b));
	x = image_of(a);
	y = image_of(b);
	assert_int_equal(x.len, y.len);
	assert_memory_equal(x.p, y.p, x.len);
	free(x.p);
	free(y.p);
}

static void run(struct mm_machine *m, const struct sg_log *log, uint64_t to)
{
	struct sg_cursor c;
	struct sg_event ev;

	sg_log_seek(log, &c, mm_position(m) + 1);
	while (mm_position(m) < to && sg_log_next(&c, &ev))
		mm_observe(m, &ev);
}

static struct mm_machine *load(const struct mm_config *cfg, const struct bytes *b)
{
	struct mm_machine *m = NULL;
	struct sg_err err = { 0 };

	if (mm_image_load(cfg, b->p, b->len, &m, &err) < 0)
		print_error("%s\n", err.text);
	assert_non_null(m);
	return m;
}

/* At @nr random positions: saved, loaded, and run on for a while and to the next position beside the first one. */
static void there_and_back(const struct mm_config *cfg, const struct sg_log *log, unsigned int nr, uint64_t seed)
{
	struct mm_machine *m = mm_machine_new(cfg, NULL), *l = NULL;
	uint64_t count = sg_log_count(log), pos = 0;
	size_t least = SIZE_MAX, most = 0;

	assert_non_null(m);
	for (unsigned int i = 0; i <= nr; i++) {
		struct bytes b = image_of(m);

		least = b.len < least ? b.len : least;
		most = b.len > most ? b.len : most;
		assert_int_equal(mm_image_position(b.p, b.len), pos);
		if (l) { /* the one that was loaded before and has run on since */
			check_same(m, l);
			mm_machine_free(l);
		}
		l = load(cfg, &b);
		free(b.p);
		check_same(m, l);
		pos += 1 + rnd(&seed) % (2 * count / nr);
		run(m, log, pos);
		run(l, log, pos);
		pos = mm_position(m);
	}
	check_same(m, l);
	print_message("%llu events, images of %zu to %zu bytes\n", (unsigned long long)count, least, most);
	mm_machine_free(l);
	mm_machine_free(m);
}

static struct made *history(enum made_start start, unsigned int major, uint64_t events, uint64_t seed)
{
	struct allocator *a = malloc(sizeof(*a));
	struct made *mk = malloc(sizeof(*mk));

	made_init(mk, major, 3, start);
	mk->log = sg_log_new();
	allocator_init(a, mk, seed);
	while (sg_log_count(mk->log) < events) {
		allocator_step(a);
		if (sg_log_count(mk->log) % (events / 3) < 2) /* gaps, too */
			mk->missed = 3;
	}
	free(a);
	return mk;
}

static void history_free(struct made *mk)
{
	made_fini(mk);
	free(mk);
}

static void made_history(void **state)
{
	struct made *mk = history(MADE_USED, 7, 60000, 21);

	there_and_back(&mk->cfg, mk->log, 40, 1);
	history_free(mk);
	mk = history(MADE_BLIND, 6, 30000, 22);
	there_and_back(&mk->cfg, mk->log, 20, 2);
	history_free(mk);
}

/* Borders that follow from the events: the last zone has grown when the image is taken. */
static void deduced(void **state)
{
	struct made *mk = malloc(sizeof(*mk));

	made_capture(mk, 7, 3);
	mk->cfg.nr_seeds = 0;
	mk->cfg.max_pfn_hint = 1000;
	mk->log = sg_log_new();
	for (uint64_t i = 0; i < 3000; i++) {
		send_alloc(mk, i * 97 % 5000 + i, 0, M);
		if (i % 3 == 0)
			send_free(mk, i * 97 % 5000 + i, 0);
	}
	there_and_back(&mk->cfg, mk->log, 20, 3);
	sg_log_free(mk->log);
	free(mk);
}

static void samples(void **state)
{
	static const char *const path[] = { SAMPLE, SAMPLE_OLD };

	for (unsigned int i = 0; i < 2; i++) {
		struct sample s;

		sample_open(&s, path[i]);
		there_and_back(&s.cfg, s.log, 7, 4 + i);
		sample_close(&s);
	}
}

static void wrong_ones(void **state)
{
	struct made *mk = history(MADE_USED, 7, 3000, 23), *other = history(MADE_BLIND, 7, 3000, 23);
	struct bytes b = image_of(mk->m);
	struct mm_machine *m = NULL;
	struct sg_err err = { 0 };

	/* of another configuration: there a snapshot knows the pages, here none does */
	assert_int_equal(mm_image_load(&other->cfg, b.p, b.len, &m, &err), SG_E_FORMAT);
	assert_int_equal(mm_image_load(&mk->cfg, b.p, 0, &m, &err), SG_E_FORMAT);
	assert_int_equal(mm_image_load(&mk->cfg, "trace-cmd is no image", 21, &m, &err), SG_E_FORMAT);
	assert_string_equal(err.text, "this is no image of a machine");
	b.p[8] = MM_IMAGE_VERSION + 1; /* behind the magic */
	assert_int_equal(mm_image_load(&mk->cfg, b.p, b.len, &m, &err), SG_E_UNSUPPORTED);
	b.p[8] = MM_IMAGE_VERSION;
	bytes_add(&b, "", 1);
	assert_int_equal(mm_image_load(&mk->cfg, b.p, b.len, &m, &err), SG_E_FORMAT);
	assert_null(m);
	free(b.p);
	history_free(mk);
	history_free(other);
}

/* Cut off at every byte: refused.  Each byte changed in some ways: refused, or a machine that goes on. */
static void damaged(void **state)
{
	struct made *mk = history(MADE_USED, 7, 4000, 24);
	struct mm_machine *half = mm_machine_new(&mk->cfg, NULL), *m;
	uint64_t refused = 0, taken = 0, seed = 9;
	struct bytes b;

	run(half, mk->log, 2000);
	b = image_of(half);
	for (size_t len = 0; len < b.len; len += 1 + b.len / 2000) {
		unsigned char *exact = malloc(len ? len : 1); /* so that a byte too far is noticed */

		memcpy(exact, b.p, len);
		m = NULL;
		assert_int_equal(mm_image_load(&mk->cfg, exact, len, &m, NULL), SG_E_FORMAT);
		free(exact);
	}
	for (size_t i = 0; i < b.len; i += 1 + b.len / 1500) {
		unsigned char was = b.p[i], to = (unsigned char)rnd(&seed);

		b.p[i] = i % 3 == 0 ? was ^ 1 : i % 3 == 1 ? (unsigned char)(was + 1) : to;
		m = NULL;
		if (mm_image_load(&mk->cfg, b.p, b.len, &m, NULL) < 0) {
			assert_null(m);
			refused++;
		} else {
			struct bytes again = image_of(m);

			if (i % 8 == 0)
				run(m, mk->log, mm_position(m) < 3000 ? 3000 : 0);
			mm_machine_free(m);
			/* there is one way only to write a state */
			assert_int_equal(again.len, b.len);
			assert_memory_equal(again.p, b.p, b.len);
			free(again.p);
			taken++;
		}
		b.p[i] = was;
	}
	print_message("%llu changed images refused, %llu taken\n", (unsigned long long)refused, (unsigned long long)taken);
	/* numbers of events, owners and flags may be any; states, orders, lists and counts not */
	assert_true(refused > 150 && taken > 150);
	mm_machine_free(half);
	free(b.p);
	history_free(mk);
}

/* Keyframes of one timeline, as images, in another one: it needn't run to be there. */
static void keyframes(void **state)
{
	struct made *mk = history(MADE_USED, 7, 60000, 25);
	struct mm_timeline *a = mm_timeline_new(&mk->cfg, mk->log, 0, NULL), *b = mm_timeline_new(&mk->cfg, mk->log, 0, NULL);
	struct sg_err err = { 0 };
	size_t nr;

	mm_timeline_seek(a, UINT64_MAX);
	nr = mm_timeline_keyframes(a);
	assert_true(nr > 8); /* one each 4096 events */
	for (size_t i = 0; i < nr; i++) {
		struct bytes x = { 0 };

		assert_int_equal(mm_timeline_keyframe_save(a, i, bytes_add, &x), 0);
		/* the start is there already */
		assert_int_equal(mm_timeline_keyframe_add(b, x.p, x.len, &err), i == 0);
		if (i == nr / 2) {
			x.p[x.len / 2] ^= 0x55;
			mm_timeline_keyframe_add(b, x.p, x.len, &err); /* refused or not needed, and no harm */
		}
		free(x.p);
	}
	assert_int_equal(mm_timeline_keyframes(b), nr);
	/* what they have in common is shared, as where they were taken */
	print_message("%zu keyframes: %llu KiB, from images %llu KiB\n", nr,
		      (unsigned long long)mm_timeline_bytes(a) >> 10, (unsigned long long)mm_timeline_bytes(b) >> 10);
	assert_true(mm_timeline_bytes(b) < mm_timeline_bytes(a) + (1 << 20));
	for (size_t i = nr; i-- > 0;) {
		uint64_t pos = mm_timeline_keyframe_position(a, i) + 7 * i;

		assert_int_equal(mm_timeline_keyframe_position(b, i), mm_timeline_keyframe_position(a, i));
		mm_timeline_seek(a, pos);
		/* a straight run would need many more: keyframes lie 4096 apart, a jump starts 512 and one before its goal */
		assert_true(mm_timeline_seek_slice(b, pos, 4096 + 513));
		check_same(mm_timeline_machine(a), mm_timeline_machine(b));
	}
	mm_timeline_seek(b, UINT64_MAX);
	check_same(mm_timeline_machine(b), mk->m);
	mm_timeline_free(a);
	mm_timeline_free(b);
	history_free(mk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(made_history), cmocka_unit_test(deduced), cmocka_unit_test(samples),
		cmocka_unit_test(wrong_ones), cmocka_unit_test(damaged), cmocka_unit_test(keyframes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
