// SPDX-License-Identifier: GPL-2.0-only
/* What a recording lacks is found in it, and what is whole has no limit. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util.h"

#define MS 1000000u
#define GFP 0xcc0

static struct mk_file empty(unsigned int nr_cpus)
{
	struct mk_file f = { .version = 7, .longs = 8, .page_size = 512, .comp = "none", .nr_inst = 1 };

	f.inst[0].name = "";
	f.inst[0].nr_cpus = nr_cpus;
	return f;
}

/* One record in a page of its own. */
static void freed(struct mk_file *f, unsigned int cpu, uint64_t ts, int pid, uint64_t pfn, uint32_t order)
{
	struct mk_page p = mk_page_start(f, &f->inst[0].cpu[cpu], ts);

	mk_freed(&p, 0, pid, pfn, order);
	mk_page_end(&p, 0, -1);
}

static void taken(struct mk_file *f, unsigned int cpu, uint64_t ts, int pid, uint64_t pfn, uint32_t order, int mt)
{
	struct mk_page p = mk_page_start(f, &f->inst[0].cpu[cpu], ts);

	mk_alloc(&p, 0, pid, pfn, order, GFP, mt);
	mk_page_end(&p, 0, -1);
}

struct whole {
	struct mk_buf b;
	struct tr_capture *tc;
	const struct sg_capture *cap;
	struct tp_events e;
	int fd;
};

/* Builds and reads it all; what @f holds is used up. */
static struct whole read_all(struct mk_file *f)
{
	struct whole w = { .b = mk_build(f) };
	struct sg_err err;

	assert_int_equal(tr_open(tp_file(w.b.d, w.b.n, &w.fd), 0, &w.tc, &err), 0);
	w.cap = tr_info(w.tc);
	w.e = tp_read_all(w.tc, 7);
	mk_file_free(f);
	return w;
}

static void done(struct whole *w)
{
	tp_events_free(&w->e);
	tr_close(w->tc);
	close(w->fd);
	mk_free(&w->b);
}

static bool has(struct mk_file f, enum sg_limit_id id)
{
	struct whole w = read_all(&f);
	bool found = sg_limits_find(&w.cap->limits, id) != NULL;

	done(&w);
	return found;
}

/* 64 events of one pid are one; 63 aren't enough, and neither are 63 with one of the idle task. */
static void one_task(void **state)
{
	(void)state;
	for (int other = 0; other < 2; other++)
		for (unsigned int n = 63; n <= 65; n++) {
			struct mk_file f = empty(1);

			for (unsigned int i = 0; i < n; i++)
				freed(&f, 0, 1000 + i * 100, other && i == 20 ? 0 : 77, i, 0);
			assert_int_equal(has(f, SG_LIMIT_ONE_TASK), !other && n >= 64);
		}
	/* few tasks, for long, none of them the kernel's: -F, or several -P */
	for (int other = 0; other < 2; other++) {
		struct mk_file f = empty(1);

		for (unsigned int i = 0; i < 2100; i++)
			freed(&f, 0, 1000 + (uint64_t)i * MS, other && i == 2000 ? 0 : 77 + (int)(i % 3), i, 0);
		assert_int_equal(has(f, SG_LIMIT_ONE_TASK), !other);
	}
}

static void filtered(void **state)
{
	struct mk_file f;

	(void)state;
	/* 48 frees in half a second and more, and not one allocation: in a tenth of that it may be */
	for (unsigned int ms = 1; ms <= 12; ms += 11) {
		f = empty(1);
		for (unsigned int i = 0; i < 48; i++)
			freed(&f, 0, 1000 + (uint64_t)i * ms * MS, (int)i, i, 0);
		assert_int_equal(has(f, SG_LIMIT_FILTERED), ms == 12);
	}
	/* one of order 0 among 64 of order 1 */
	for (int any = 0; any < 2; any++) {
		f = empty(1);
		for (unsigned int i = 0; i < 64; i++)
			taken(&f, 0, 1000 + i * 100, (int)i, 2 * i, 1, 0);
		if (any)
			taken(&f, 0, 100000, 1, 999, 0, 0);
		assert_int_equal(has(f, SG_LIMIT_FILTERED), !any);
	}
	/* all of one migratetype, or the two that every machine has */
	for (int any = 0; any < 2; any++) {
		f = empty(1);
		for (unsigned int i = 0; i < 2000; i++)
			taken(&f, 0, 1000 + i * (uint64_t)MS, (int)i, 2 * i, i % 2, any && i == 3 ? 0 : 1);
		freed(&f, 0, 2100 * (uint64_t)MS, 1, 5, 0);
		assert_int_equal(has(f, SG_LIMIT_FILTERED), !any);
	}
}

/* 600 events of CPU 2 in 1.2 s, none of the two others; with one event of each of them, it is whole. */
static void cpus_missing(void **state)
{
	(void)state;
	for (int all = 0; all < 2; all++) {
		struct mk_file f = empty(3);
		const struct sg_limit *l;
		struct whole w;

		for (unsigned int i = 0; i < 600; i++)
			freed(&f, 2, 1000 + i * 2 * (uint64_t)MS, (int)(i % 5), i, 0);
		for (unsigned int cpu = 0; all && cpu < 2; cpu++)
			freed(&f, cpu, 5000, 1, 9000, 0);
		w = read_all(&f);
		l = tp_limit(w.cap, SG_LIMIT_CPUS_MISSING, "CPUs 0-1 of 3 without a single record beside 600 events");
		assert_int_equal(l != NULL, !all);
		assert_int_equal(sg_limits_touch(&w.cap->limits, SG_LIMIT_CPUS_MISSING, 0), !all);
		done(&w);
	}
}

/* CPU 1 was full after its third record: from the next event on, number 7, it isn't seen; 500 are missing there. */
static void full_buffer(void **state)
{
	static const char stat0[] = "CPU: 0\nentries: 0\noverrun: 0\ndropped events: 0\n",
			  stat1[] = "CPU: 1\nentries: 0\noverrun: 0\ndropped events: 500\n";
	const struct sg_limit *l;
	struct mk_file f = empty(2);
	struct whole w;

	(void)state;
	for (unsigned int i = 0; i < 10; i++) {
		freed(&f, 0, 1000 + i * 10, 3, i, 0);
		if (i < 3)
			freed(&f, 1, 1001 + i * 10, 4, 100 + i, 0);
	}
	mk_option(&f, 2, stat0, sizeof(stat0));
	mk_option(&f, 2, stat1, sizeof(stat1));
	w = read_all(&f);
	assert_int_equal(w.e.nr, 13);
	for (size_t i = 0; i < w.e.nr; i++)
		assert_int_equal(w.e.ev[i].missed, i == 6 ? 500 : 0);
	assert_int_equal(w.cap->lost_events, 500);
	l = tp_limit(w.cap, SG_LIMIT_LOST_SPAN, "CPU 1: its buffer was full, and 500 events were dropped");
	assert_non_null(l);
	assert_int_equal(l->from, 7);
	assert_true(l->to == SG_LIMIT_END);
	assert_int_equal(sg_limits_hiding(&w.cap->limits, 6), -1);
	assert_int_equal(sg_limits_hiding(&w.cap->limits, 7), SG_LIMIT_LOST_SPAN);
	/* the second reading is as the first */
	assert_int_equal(tr_rewind(w.tc, NULL), 0);
	tp_events_free(&w.e);
	w.e = tp_read_all(w.tc, 5);
	assert_int_equal(w.e.nr, 13);
	assert_int_equal(w.e.ev[6].missed, 500);
	assert_int_equal(w.cap->lost_events, 500);
	l = tp_limit(w.cap, SG_LIMIT_LOST_SPAN, "CPU 1");
	assert_true(l && l->from == 7 && l->to == SG_LIMIT_END);
	done(&w);
}

/* Start, stop, extract: what CPU 1 did before its first record, event 4, was overwritten. */
static void overwritten(void **state)
{
	const struct sg_limit *l;
	struct mk_file f = empty(2);
	struct mk_page p;
	struct whole w;

	(void)state;
	for (unsigned int i = 0; i < 6; i++)
		freed(&f, 0, 1000 + i * 10, 3, i, 0);
	p = mk_page_start(&f, &f.inst[0].cpu[1], 1025);
	mk_freed(&p, 0, 4, 50, 0);
	mk_page_end(&p, MK_MISSED | MK_STORED, 123);
	w = read_all(&f);
	assert_int_equal(w.e.nr, 7);
	assert_int_equal(w.e.ev[3].missed, 123);
	l = tp_limit(w.cap, SG_LIMIT_LOST_SPAN, "CPU 1: its oldest events were overwritten");
	assert_non_null(l);
	assert_int_equal(l->from, 1);
	assert_int_equal(l->to, 3);
	assert_int_equal(sg_limits_hiding(&w.cap->limits, 3), SG_LIMIT_LOST_SPAN);
	assert_int_equal(sg_limits_hiding(&w.cap->limits, 4), -1);
	done(&w);
}

/* Most recordings are known not to be of one task, filtered or without CPUs long before their end. */
static void settled(void **state)
{
	struct mk_file f = empty(1);
	struct sg_event ev;
	struct whole w;

	(void)state;
	taken(&f, 0, 1000, 5, 1, 0, 0);
	taken(&f, 0, 1001, 0, 2, 1, 1);
	freed(&f, 0, 1002, 5, 1, 0);
	for (unsigned int i = 0; i < 100; i++)
		freed(&f, 0, 2000 + i, 5, 10 + i, 0);
	w = read_all(&f);
	assert_true(tr_settled(w.tc));
	assert_int_equal(w.e.nr, 103);
	done(&w);
	f = empty(1);
	taken(&f, 0, 1000, 5, 1, 0, 0);
	taken(&f, 0, 1001, 0, 2, 1, 1);
	freed(&f, 0, 1002, 5, 1, 0);
	freed(&f, 0, 1003, 5, 3, 0);
	w.b = mk_build(&f);
	assert_int_equal(tr_open(tp_file(w.b.d, w.b.n, &w.fd), 0, &w.tc, NULL), 0);
	for (int i = 1; i <= 4; i++) {
		assert_int_equal(tr_read(w.tc, &ev, 1), 1);
		assert_int_equal(tr_settled(w.tc), i >= 3);
	}
	tr_close(w.tc);
	close(w.fd);
	mk_free(&w.b);
	mk_file_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_task),	cmocka_unit_test(filtered),    cmocka_unit_test(cpus_missing),
		cmocka_unit_test(full_buffer),	cmocka_unit_test(overwritten), cmocka_unit_test(settled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
