// SPDX-License-Identifier: GPL-2.0-only
/* The event log gives back what was put in, from any position. */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "sg_err.h"
#include "sg_log.h"

#define NR_EVENTS 100000u

struct stored {
	struct sg_event ev;
	char text[24];
};

/* Any event the parser could produce, extreme values included. */
static void random_event(uint64_t *seed, uint64_t ts, struct stored *s)
{
	const struct sg_kind_info *ki;

	memset(s, 0, sizeof(*s));
	s->ev.ts = ts;
	s->ev.kind = (uint16_t)(rnd(seed) % SG_KIND_COUNT);
	s->ev.pid = rnd(seed) % 4 ? (int32_t)(rnd(seed) % 300) : (int32_t)rnd(seed);
	s->ev.cpu = rnd(seed) % 8 ? (uint16_t)(rnd(seed) % 4) : (uint16_t)rnd(seed);
	if (rnd(seed) % 16 == 0) {
		s->ev.instance = (uint8_t)rnd(seed);
		s->ev.common_flags = (uint8_t)rnd(seed);
		s->ev.preempt = (uint8_t)rnd(seed);
	}
	if (rnd(seed) % 64 == 0)
		s->ev.missed = (int64_t)rnd_any(seed);
	ki = sg_kind_info(s->ev.kind);
	for (unsigned int i = 0; i < ki->nr_fields; i++) {
		if (ki->field[i].type == SG_T_STR) {
			s->ev.str_len = (uint32_t)(rnd(seed) % sizeof(s->text));
			for (uint32_t j = 0; j < s->ev.str_len; j++)
				s->text[j] = (char)rnd(seed);
			s->ev.v[i] = s->ev.str_len;
		} else {
			s->ev.v[i] = rnd_any(seed);
		}
	}
}

static void assert_same(const struct sg_event *got, const struct stored *want)
{
	const struct sg_kind_info *ki = sg_kind_info(want->ev.kind);

	assert_int_equal(got->ts, want->ev.ts);
	assert_int_equal(got->kind, want->ev.kind);
	assert_int_equal(got->pid, want->ev.pid);
	assert_int_equal(got->cpu, want->ev.cpu);
	assert_int_equal(got->instance, want->ev.instance);
	assert_int_equal(got->common_flags, want->ev.common_flags);
	assert_int_equal(got->preempt, want->ev.preempt);
	assert_int_equal(got->missed, want->ev.missed);
	assert_int_equal(got->str_len, want->ev.str_len);
	if (want->ev.str_len)
		assert_memory_equal(got->str, want->text, want->ev.str_len);
	for (unsigned int i = 0; i < ki->nr_fields; i++)
		assert_int_equal(got->v[i], want->ev.v[i]);
}

struct fixture {
	struct sg_log *log;
	struct stored *want;
	uint64_t max_pfn;
	unsigned int max_order;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	uint64_t seed = 1, ts = 5;

	f->log = sg_log_new();
	f->want = calloc(NR_EVENTS, sizeof(*f->want));
	for (unsigned int i = 0; i < NR_EVENTS; i++) {
		const struct sg_kind_info *ki;

		/* equal times, small and huge steps */
		ts += rnd(&seed) % 3 ? rnd(&seed) % 5000 : rnd(&seed) % 50 ? 0 : (uint64_t)1 << 45;
		random_event(&seed, ts, &f->want[i]);
		ki = sg_kind_info(f->want[i].ev.kind);
		for (unsigned int s = 0; s < ki->nr_fields; s++)
			if (ki->field[s].type == SG_T_PFN && f->want[i].ev.v[s] != UINT64_MAX &&
			    f->want[i].ev.v[s] > f->max_pfn)
				f->max_pfn = f->want[i].ev.v[s];
		/* the order of what leaves the free lists, as far as it can be one */
		for (unsigned int s = 0; s < ki->nr_fields; s++)
			if ((strcmp(ki->name, "mm_page_alloc_zone_locked") == 0 && strcmp(ki->field[s].name, "order") == 0) ||
			    (strcmp(ki->name, "mm_page_alloc_extfrag") == 0 && strcmp(ki->field[s].name, "fallback_order") == 0))
				if (f->want[i].ev.v[s] < 16 && f->want[i].ev.v[s] > f->max_order)
					f->max_order = (unsigned int)f->want[i].ev.v[s];
		f->want[i].ev.str = f->want[i].text;
		assert_int_equal(sg_log_append(f->log, &f->want[i].ev), 0);
	}
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	sg_log_free(f->log);
	free(f->want);
	free(f);
	return 0;
}

static void test_forwards(void **state)
{
	struct fixture *f = *state;
	struct sg_cursor c;
	struct sg_event ev;

	assert_int_equal(sg_log_count(f->log), NR_EVENTS);
	assert_int_equal(sg_log_max_pfn(f->log), f->max_pfn);
	assert_int_equal(sg_log_max_order(f->log), f->max_order);
	sg_log_seek(f->log, &c, 1);
	for (unsigned int i = 0; i < NR_EVENTS; i++) {
		assert_true(sg_log_next(&c, &ev));
		assert_same(&ev, &f->want[i]);
	}
	assert_false(sg_log_next(&c, &ev));
}

static void test_from_anywhere(void **state)
{
	struct fixture *f = *state;
	struct sg_cursor c = { 0 };
	struct sg_event ev;
	uint64_t seed = 2;

	for (unsigned int i = 0; i < 3000; i++) {
		uint64_t n = 1 + rnd(&seed) % NR_EVENTS;

		assert_true(sg_log_get(f->log, &c, n, &ev));
		assert_same(&ev, &f->want[n - 1]);
		for (unsigned int j = 0; j < 3 && n + j < NR_EVENTS; j++) {
			assert_true(sg_log_next(&c, &ev));
			assert_same(&ev, &f->want[n + j]);
		}
	}
	/* every event around the borders of blocks, seen from a fresh cursor */
	for (uint64_t n = 1; n < 2100; n++) {
		memset(&c, 0, sizeof(c));
		assert_true(sg_log_get(f->log, &c, n, &ev));
		assert_same(&ev, &f->want[n - 1]);
	}
}

static void test_outside(void **state)
{
	struct fixture *f = *state;
	struct sg_cursor c = { 0 };
	struct sg_event ev;

	assert_false(sg_log_get(f->log, &c, 0, &ev));
	assert_false(sg_log_get(f->log, &c, NR_EVENTS + 1, &ev));
	assert_false(sg_log_get(f->log, &c, UINT64_MAX, &ev));
	sg_log_seek(f->log, &c, NR_EVENTS + 1);
	assert_false(sg_log_next(&c, &ev));
	sg_log_seek(f->log, &c, 0);
	assert_true(sg_log_next(&c, &ev));
	assert_same(&ev, &f->want[0]);
}

static void test_find_ts(void **state)
{
	struct fixture *f = *state;
	uint64_t seed = 3;

	assert_int_equal(sg_log_find_ts(f->log, 0), 0);
	assert_int_equal(sg_log_find_ts(f->log, UINT64_MAX), NR_EVENTS);
	for (unsigned int i = 0; i < 2000; i++) {
		uint64_t n = rnd(&seed) % NR_EVENTS, ts = f->want[n].ev.ts + (rnd(&seed) % 3) - 1,
			 found;

		found = sg_log_find_ts(f->log, ts);
		if (found > 0)
			assert_true(f->want[found - 1].ev.ts <= ts);
		if (found < NR_EVENTS)
			assert_true(f->want[found].ev.ts > ts);
	}
}

/* A cursor at the end goes on when the log has grown. */
static void test_grows(void **state)
{
	struct sg_log *log = sg_log_new();
	struct sg_event ev = { .kind = SG_EV_mm_page_free }, got;
	struct sg_cursor c;

	(void)state;
	sg_log_seek(log, &c, 1);
	for (uint64_t i = 1; i <= 1500; i++) {
		assert_false(sg_log_next(&c, &got));
		ev.v[SGF_mm_page_free_pfn] = i;
		ev.ts = i * 10;
		assert_int_equal(sg_log_append(log, &ev), 0);
		assert_true(sg_log_next(&c, &got));
		assert_int_equal(got.v[SGF_mm_page_free_pfn], i);
		assert_int_equal(got.ts, i * 10);
	}
	sg_log_free(log);
}

static void test_empty(void **state)
{
	struct sg_log *log = sg_log_new();
	struct sg_cursor c = { 0 };
	struct sg_event ev;

	(void)state;
	assert_int_equal(sg_log_count(log), 0);
	assert_int_equal(sg_log_find_ts(log, UINT64_MAX), 0);
	assert_int_equal(sg_log_max_pfn(log), 0);
	assert_false(sg_log_get(log, &c, 1, &ev));
	sg_log_seek(log, &c, 1);
	assert_false(sg_log_next(&c, &ev));
	sg_log_free(log);
	sg_log_free(NULL);
}

/* A long text does not break the packing, and memory stays near what is needed. */
static void test_size(void **state)
{
	struct sg_log *log = sg_log_new();
	struct sg_event ev = { .kind = SG_EV_mm_page_alloc }, got;
	char *text = malloc(1 << 20);
	struct sg_cursor c = { 0 };
	uint64_t seed = 4;

	(void)state;
	for (unsigned int i = 0; i < 200000; i++) {
		ev.ts += rnd(&seed) % 20000;
		ev.cpu = (uint16_t)(i / 16 % 2);
		ev.v[SGF_mm_page_alloc_pfn] = rnd(&seed) % 262144;
		ev.v[SGF_mm_page_alloc_gfp_flags] = 0x140dca;
		assert_int_equal(sg_log_append(log, &ev), 0);
	}
	assert_true(sg_log_bytes(log) < 200000 * 40); /* the bound that the program promises */
	memset(text, 'x', 1 << 20);
	ev = (struct sg_event){ .kind = SG_EV_print, .str = text, .str_len = 1 << 20 };
	assert_int_equal(sg_log_append(log, &ev), 0);
	assert_true(sg_log_get(log, &c, 200001, &got));
	assert_int_equal(got.str_len, 1 << 20);
	assert_memory_equal(got.str, text, 1 << 20);
	free(text);
	sg_log_free(log);
}

/* A store that takes some blocks and refuses others, as a disk that is full now and then. */
struct shelf {
	uint8_t *kept[NR_EVENTS / SG_LOG_BLOCK_EVENTS + 1];
	unsigned int nr, asked;
};

static const uint8_t *shelf_keep(void *arg, const uint8_t *data, size_t len)
{
	struct shelf *s = arg;

	if (s->asked++ % 3 == 2)
		return NULL;
	s->kept[s->nr] = malloc(len);
	memcpy(s->kept[s->nr], data, len);
	return s->kept[s->nr++];
}

static void test_store(void **state)
{
	struct fixture *f = *state;
	struct sg_log *log = sg_log_new();
	struct shelf *s = calloc(1, sizeof(*s));
	const struct sg_log_store store = { shelf_keep, s };
	struct sg_cursor c;
	struct sg_event ev;

	sg_log_set_store(log, &store, 1 << 20);
	for (unsigned int i = 0; i < NR_EVENTS; i++)
		assert_int_equal(sg_log_append(log, &f->want[i].ev), 0);
	assert_true(s->nr > 10);
	/* a third was refused and lies in memory; with the first MiB that is all */
	assert_true(sg_log_bytes(log) + sg_log_stored(log) / 3 * 2 < sg_log_bytes(f->log) + (1 << 20));
	assert_true(sg_log_stored(log) > 0);
	sg_log_seek(log, &c, 1);
	for (unsigned int i = 0; i < NR_EVENTS; i++) {
		assert_true(sg_log_next(&c, &ev));
		assert_same(&ev, &f->want[i]);
	}
	sg_log_free(log);
	for (unsigned int i = 0; i < s->nr; i++)
		free(s->kept[i]);
	free(s);
}

/* Block by block into another log, which then grows on. */
static void test_blocks(void **state)
{
	struct fixture *f = *state;
	struct sg_log *log = sg_log_new();
	struct sg_log_block b;
	struct sg_cursor c;
	struct sg_event ev;

	for (uint64_t i = 0; i < sg_log_blocks(f->log); i++) {
		b = sg_log_block(f->log, i);
		assert_int_equal(b.events, i + 1 < sg_log_blocks(f->log) ? SG_LOG_BLOCK_EVENTS :
					   NR_EVENTS % SG_LOG_BLOCK_EVENTS);
		assert_int_equal(sg_log_add_block(log, &b), 0);
	}
	assert_int_equal(sg_log_count(log), NR_EVENTS);
	assert_int_equal(sg_log_max_pfn(log), f->max_pfn);
	assert_int_equal(sg_log_max_order(log), f->max_order);
	/* both ways tell the same of where pages lie */
	assert_int_equal(sg_log_layout(log)->nr_sections, sg_log_layout(f->log)->nr_sections);
	assert_memory_equal(sg_log_layout(log)->section, sg_log_layout(f->log)->section,
			    sg_log_layout(log)->nr_sections * sizeof(struct sg_section));
	assert_int_equal(sg_log_layout(log)->nr_zones, sg_log_layout(f->log)->nr_zones);
	assert_memory_equal(sg_log_layout(log)->node, sg_log_layout(f->log)->node, sizeof(sg_log_layout(log)->node));
	/* the last block isn't full: none can follow it, events can */
	assert_int_equal(sg_log_add_block(log, &b), SG_E_RANGE);
	assert_int_equal(sg_log_append(log, &f->want[7].ev), 0);
	sg_log_seek(log, &c, 1);
	for (unsigned int i = 0; i < NR_EVENTS; i++) {
		assert_true(sg_log_next(&c, &ev));
		assert_same(&ev, &f->want[i]);
	}
	assert_true(sg_log_next(&c, &ev));
	assert_same(&ev, &f->want[7]);
	assert_int_equal(sg_log_find_ts(log, f->want[5000].ev.ts), sg_log_find_ts(f->log, f->want[5000].ev.ts));
	sg_log_free(log);
}

/* A block that is cut off or changed is refused, or gives events; never more than its bytes are read. */
static void test_bad_blocks(void **state)
{
	struct fixture *f = *state;
	struct sg_log_block b = sg_log_block(f->log, 3), bad = b;
	unsigned int refused = 0;
	uint64_t seed = 11;

	for (uint32_t len = 0; len < b.len; len += 1 + (uint32_t)(rnd(&seed) % 7)) {
		struct sg_log *log = sg_log_new();
		uint8_t *copy = malloc(len ? len : 1); /* of that size exactly: reading on is noticed */

		memcpy(copy, b.data, len);
		bad.data = copy;
		bad.len = len;
		assert_int_equal(sg_log_add_block(log, &bad), SG_E_FORMAT);
		assert_int_equal(sg_log_count(log), 0);
		sg_log_free(log);
		free(copy);
	}
	for (unsigned int i = 0; i < 3000; i++) {
		struct sg_log *log = sg_log_new();
		uint8_t *copy = malloc(b.len);
		struct sg_cursor c;
		struct sg_event ev;
		int r;

		memcpy(copy, b.data, b.len);
		for (unsigned int j = 0; j < 3; j++)
			copy[rnd(&seed) % b.len] = (uint8_t)rnd(&seed);
		bad = (struct sg_log_block){ copy, b.len, b.events };
		r = sg_log_add_block(log, &bad);
		refused += r != 0;
		assert_true(r == 0 || r == SG_E_FORMAT);
		sg_log_seek(log, &c, 1);
		while (sg_log_next(&c, &ev))
			assert_true(ev.kind < SG_KIND_COUNT);
		sg_log_free(log);
		free(copy);
	}
	assert_true(refused > 300);
	bad = b;
	bad.events = 0;
	assert_int_equal(sg_log_add_block(f->log, &bad), SG_E_RANGE); /* its last block isn't full */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forwards), cmocka_unit_test(test_from_anywhere),
		cmocka_unit_test(test_outside),  cmocka_unit_test(test_find_ts),
		cmocka_unit_test(test_grows),    cmocka_unit_test(test_empty),
		cmocka_unit_test(test_size),     cmocka_unit_test(test_store),
		cmocka_unit_test(test_blocks),   cmocka_unit_test(test_bad_blocks),
	};

	return cmocka_run_group_tests_name("log", tests, setup, teardown);
}
