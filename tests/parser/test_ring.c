// SPDX-License-Identifier: GPL-2.0-only
/* Sub-buffers: what the ring buffer may hold, and what it may not. */
#include <string.h>
#include <unistd.h>

#include "util.h"

static struct mk_file one_cpu(uint32_t page_size)
{
	struct mk_file f = {
		.version = 6, .longs = 8, .page_size = page_size, .comp = "none", .nr_inst = 1
	};

	f.inst[0].name = "";
	f.inst[0].nr_cpus = 1;
	return f;
}

/* Builds, reads and gives the capture's description to @check; frees @f. */
static struct tp_events read_file(struct mk_file *f, uint64_t *lost, bool *unknown, char *note)
{
	struct mk_buf b = mk_build(f);
	struct tr_capture *tc;
	struct tp_events e;
	struct sg_err err;
	int fd;

	if (tr_open(tp_file(b.d, b.n, &fd), 0, &tc, &err) < 0)
		fail_msg("%s", err.text);
	e = tp_read_all(tc, 64);
	if (lost)
		*lost = tr_info(tc)->lost_events;
	if (unknown)
		*unknown = tr_info(tc)->lost_unknown;
	if (note) {
		const char *n = tp_note(tr_info(tc), "damaged trace page");

		strcpy(note, n ? n : "");
	}
	tr_close(tc);
	close(fd);
	mk_free(&b);
	mk_file_free(f);
	return e;
}

/* Lost records are told with the first record of the page, also when a time comes before it. */
static void lost_before_time(void **state)
{
	struct mk_file f = one_cpu(512);
	struct mk_page p = mk_page_start(&f, &f.inst[0].cpu[0], 100);
	struct tp_events e;
	uint64_t lost;
	bool unknown;

	mk_extend(&p, 1000);
	mk_freed(&p, 1, 1, 10, 0);
	mk_freed(&p, 1, 1, 11, 0);
	mk_page_end(&p, MK_MISSED | MK_STORED, 7);
	e = read_file(&f, &lost, &unknown, NULL);
	assert_int_equal(e.nr, 2);
	assert_int_equal(e.ev[0].ts, 1101);
	assert_int_equal(e.ev[0].missed, 7);
	assert_int_equal(e.ev[1].missed, 0);
	assert_int_equal(lost, 7);
	assert_false(unknown);
	tp_events_free(&e);
}

/* A page without records that says that some are lost: the next page's first record tells it. */
static void lost_before_empty_page(void **state)
{
	struct mk_file f = one_cpu(512);
	struct mk_page p = mk_page_start(&f, &f.inst[0].cpu[0], 100);
	struct tp_events e;
	uint64_t lost;

	mk_page_end(&p, MK_MISSED | MK_STORED, 5);
	p = mk_page_start(&f, &f.inst[0].cpu[0], 200);
	mk_freed(&p, 1, 1, 10, 0);
	mk_page_end(&p, MK_MISSED | MK_STORED, 6);
	e = read_file(&f, &lost, NULL, NULL);
	assert_int_equal(e.nr, 1);
	assert_int_equal(e.ev[0].missed, 11);
	assert_int_equal(lost, 11);
	tp_events_free(&e);
}

/* A full page with no room for the number: an unknown number. */
static void lost_without_room(void **state)
{
	struct mk_file f = one_cpu(256);
	struct mk_page p = mk_page_start(&f, &f.inst[0].cpu[0], 100);
	struct tp_events e;
	bool unknown;

	for (int i = 0; i < 9; i++)
		mk_freed(&p, 1, 1, 10, 0); /* 24 bytes each */
	mk_other(&p, 1, 1, 2); /* 16: 232 of 240 */
	mk_head(&p, 29, 0); /* the rest of the page */
	mk_page_end(&p, MK_MISSED | MK_STORED, -1);
	e = read_file(&f, NULL, &unknown, NULL);
	assert_int_equal(e.nr, 10);
	assert_int_equal(e.ev[0].missed, -1);
	assert_true(unknown);
	tp_events_free(&e);
}

static void absolute_times(void **state)
{
	struct mk_file f = one_cpu(512);
	uint64_t high = 0xb8ull << 56;
	struct mk_page p = mk_page_start(&f, &f.inst[0].cpu[0], high | 100);
	struct tp_events e;

	mk_stamp(&p, 5000);
	mk_freed(&p, 0, 1, 10, 0);
	mk_freed(&p, 3, 1, 11, 0);
	mk_stamp(&p, (1ull << 59) - 1);
	mk_freed(&p, 0, 1, 12, 0);
	mk_page_end(&p, 0, -1);
	e = read_file(&f, NULL, NULL, NULL);
	assert_int_equal(e.nr, 3);
	assert_true(e.ev[0].ts == (high | 5000));
	assert_true(e.ev[1].ts == (high | 5003));
	assert_true(e.ev[2].ts == (high | ((1ull << 59) - 1)));
	tp_events_free(&e);
}

/* Damage within one page costs the rest of that page, and the next record says so. */
static void damaged(void **state)
{
	enum { COMMIT, TOO_LONG, ZERO_LENGTH, HUGE, CUT_EXTEND, NR };

	for (int kind = 0; kind < NR; kind++) {
		struct mk_file f = one_cpu(512);
		struct mk_page p = mk_page_start(&f, &f.inst[0].cpu[0], 100);
		struct tp_events e;
		bool unknown;
		char note[300];

		mk_freed(&p, 1, 1, 10, 0);
		switch (kind) {
		case TOO_LONG: /* a record of 28 words with two there */
			mk_head(&p, 28, 1);
			mk_u64(p.b, 0);
			break;
		case ZERO_LENGTH:
			mk_head(&p, 0, 1);
			mk_u32(p.b, 0);
			break;
		case HUGE:
			mk_head(&p, 0, 1);
			mk_u32(p.b, UINT32_MAX);
			break;
		case CUT_EXTEND:
			mk_head(&p, 30, 1);
			break;
		}
		mk_page_end(&p, 0, -1);
		if (kind == COMMIT)
			f.inst[0].cpu[0].d[p.start + 10] = 0x7f;
		p = mk_page_start(&f, &f.inst[0].cpu[0], 1000);
		mk_freed(&p, 1, 1, 20, 0);
		mk_page_end(&p, 0, -1);
		e = read_file(&f, NULL, &unknown, note);
		assert_int_equal(e.nr, kind == COMMIT ? 1 : 2);
		assert_int_equal(e.ev[e.nr - 1].v[0], 20);
		assert_int_equal(e.ev[e.nr - 1].missed, -1);
		assert_true(unknown);
		assert_non_null(strstr(note, "1 damaged trace page"));
		tp_events_free(&e);
	}
}

/* Records shorter than their event's fields, without an id, of an unknown id. */
static void odd_records(void **state)
{
	const uint8_t id_only[4] = { MK_ALLOC & 255, MK_ALLOC >> 8, 0, 0 };
	const uint8_t half[20] = { MK_ALLOC & 255, MK_ALLOC >> 8, 0, 0, 9, 0, 0, 0, 0x55 };
	const uint8_t strange[12] = { 0xe7, 0x03, 0, 0, 9 };
	struct mk_file f = one_cpu(512);
	struct mk_page p = mk_page_start(&f, &f.inst[0].cpu[0], 100);
	struct tp_events e;

	mk_record(&p, 1, id_only, 4, false);
	mk_record(&p, 1, half, 20, false);
	mk_record(&p, 1, strange, 12, false);
	mk_record(&p, 1, NULL, 0, true);
	mk_page_end(&p, 0, -1);
	e = read_file(&f, NULL, NULL, NULL);
	assert_int_equal(e.nr, 4);
	assert_int_equal(e.ev[0].kind, SG_EV_mm_page_alloc);
	assert_int_equal(e.ev[0].pid, 0);
	for (int s = 0; s < 4; s++)
		assert_true(e.ev[0].v[s] == SG_MISSING);
	assert_int_equal(e.ev[1].pid, 9);
	assert_int_equal(e.ev[1].v[0], 0x55);
	assert_int_equal(e.ev[1].v[1], 0);
	assert_true(e.ev[1].v[2] == SG_MISSING);
	assert_int_equal(e.ev[2].kind, SG_EV_other);
	assert_int_equal(e.ev[2].v[0], 999);
	assert_int_equal(e.ev[3].kind, SG_EV_other);
	assert_true(e.ev[3].v[0] == SG_MISSING);
	tp_events_free(&e);
}

/* Fields that a format lacks, signed ones, and impossible values pass through unharmed. */
static void values(void **state)
{
	struct mk_file f = one_cpu(512);
	struct mk_page p = mk_page_start(&f, &f.inst[0].cpu[0], 100);
	struct mk_buf r = { 0 };
	struct tp_events e;

	mk_u32(&r, MK_EXTFRAG);
	mk_u32(&r, 1);
	mk_u64(&r, UINT64_MAX - 1);
	mk_u32(&r, (uint32_t)-1);
	mk_record(&p, 1, r.d, r.n, false);
	mk_alloc(&p, 1, -5, 1ull << 63, 63, UINT64_MAX, -1);
	mk_page_end(&p, 0, -1);
	mk_free(&r);
	e = read_file(&f, NULL, NULL, NULL);
	assert_int_equal(e.nr, 2);
	assert_true(e.ev[0].v[SGF_mm_page_alloc_extfrag_pfn] == UINT64_MAX - 1);
	assert_int_equal(e.ev[0].v[SGF_mm_page_alloc_extfrag_alloc_order], UINT32_MAX);
	assert_true(e.ev[0].v[SGF_mm_page_alloc_extfrag_fallback_order] == SG_MISSING);
	assert_int_equal(e.ev[1].pid, -5);
	assert_true(e.ev[1].v[0] == 1ull << 63);
	assert_int_equal(e.ev[1].v[1], 63);
	assert_int_equal(e.ev[1].v[3], UINT32_MAX);
	tp_events_free(&e);
}

/* Text without an end, of no length, out of its record's bounds. */
static void texts(void **state)
{
	struct mk_file f = one_cpu(512);
	struct mk_page p = mk_page_start(&f, &f.inst[0].cpu[0], 100);
	const uint8_t no_end[28] = { MK_PRINT, 0,   0,   0,   1,   0,   0,   0,   1,   2,
				     3,        4,   5,   6,   7,   8,   'a', 'b', 'c', 'd',
				     'e',      'f', 'g', 'h', 'i', 'j', 'k', '\n' };
	struct tp_events e;

	mk_record(&p, 1, no_end, 28, false);
	mk_record(&p, 1, no_end, 16, false);
	mk_record(&p, 1, no_end, 12, false);
	mk_print(&p, 1, 1, "\n");
	mk_page_end(&p, 0, -1);
	e = read_file(&f, NULL, NULL, NULL);
	assert_int_equal(e.nr, 4);
	assert_string_equal(e.text[0], "abcdefghijk");
	assert_int_equal(e.ev[0].v[SGF_print_buf], 11);
	assert_int_equal(e.ev[1].str_len, 0);
	assert_true(e.ev[2].v[SGF_print_buf] == SG_MISSING);
	assert_int_equal(e.ev[3].v[SGF_print_buf], 0);
	tp_events_free(&e);
}

/* Each stream is followed in its own order even when its time runs backwards. */
static void backwards(void **state)
{
	struct mk_file f = one_cpu(512);
	struct mk_page p = mk_page_start(&f, &f.inst[0].cpu[0], 1000);
	struct tp_events e;

	mk_freed(&p, 0, 1, 1, 0);
	mk_page_end(&p, 0, -1);
	p = mk_page_start(&f, &f.inst[0].cpu[0], 500);
	mk_freed(&p, 0, 1, 2, 0);
	mk_page_end(&p, 0, -1);
	f.inst[0].nr_cpus = 2;
	p = mk_page_start(&f, &f.inst[0].cpu[1], 700);
	mk_freed(&p, 0, 1, 3, 0);
	mk_freed(&p, 400, 1, 4, 0);
	mk_page_end(&p, 0, -1);
	e = read_file(&f, NULL, NULL, NULL);
	assert_int_equal(e.nr, 4);
	assert_int_equal(e.ev[0].v[0], 3);
	assert_int_equal(e.ev[1].v[0], 1);
	assert_int_equal(e.ev[2].v[0], 2);
	assert_int_equal(e.ev[3].v[0], 4);
	tp_events_free(&e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lost_before_time),
		cmocka_unit_test(lost_before_empty_page),
		cmocka_unit_test(lost_without_room),
		cmocka_unit_test(absolute_times),
		cmocka_unit_test(damaged),
		cmocka_unit_test(odd_records),
		cmocka_unit_test(values),
		cmocka_unit_test(texts),
		cmocka_unit_test(backwards),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
