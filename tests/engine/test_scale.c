// SPDX-License-Identifier: GPL-2.0-only
/* Demands extrapolated: what is copied, with which numbers, and where it goes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "demand/scale.h"
#include "machine/guesses.h"

#define ANN 100
#define BOB 200
#define IDLE_NS ((uint64_t)MM_GUESS(IDLE_US) * 1000u)

/* A demand on the heap, as a capture's is. */
static struct mm_demand *demand(unsigned int nr_cpus, uint32_t handles, uint32_t contents, uint32_t faults)
{
	struct mm_demand *d = calloc(1, sizeof(*d));

	*d = (struct mm_demand){ .ts_first = 1000, .nr_cpus = nr_cpus, .nr_handles = handles, .nr_contents = contents, .nr_faults = faults,
				 .nr_mms = 2 };
	d->want = calloc(64, sizeof(*d->want));
	d->content = calloc(contents + 1, sizeof(*d->content));
	d->first_pfn = calloc(handles, sizeof(*d->first_pfn));
	d->first_order = calloc(handles, sizeof(*d->first_order));
	d->fault = calloc(faults, sizeof(*d->fault));
	d->fault_of = calloc(handles, sizeof(*d->fault_of));
	for (uint32_t i = 0; i < handles; i++)
		d->first_pfn[i] = UINT32_MAX;
	return d;
}

static struct mm_want *want(struct mm_demand *d, enum mm_want_kind kind, int32_t pid, unsigned int cpu, uint32_t handle, uint64_t think)
{
	struct mm_want *w = &d->want[d->nr_wants++];

	*w = (struct mm_want){ .ts = 1000 * d->nr_wants, .think = think, .kind = (uint8_t)kind, .pid = pid, .cpu = (uint16_t)cpu, .handle = handle,
			       .node = -1 };
	return w;
}

static void is(const struct mm_demand *d, size_t i, enum mm_want_kind kind, int32_t pid, unsigned int cpu, uint32_t handle)
{
	const struct mm_want *w = &d->want[i];

	assert_true(i < d->nr_wants);
	if (w->kind != kind || w->pid != pid || w->cpu != cpu || w->handle != handle)
		fail_msg("want %zu is %s of %d on CPU %u, handle %u", i, mm_want_key((enum mm_want_kind)w->kind), w->pid, w->cpu, w->handle);
}

/*
 * Ann asks for block 2 (four pages), reads page 1 of a file into block 3, and frees 1, that was there before; Bob frees block 2,
 * and asks for 4.  Three times Ann: her two requests and what becomes of their blocks are there three times.
 */
static void three_times(void **state)
{
	struct mm_demand *d = demand(2, 5, 2, 1);
	const int32_t ann = ANN;
	struct mm_scale_told told;
	struct sg_err err = { 0 };

	(void)state;
	d->first_pfn[1] = 0x4000;
	d->first_order[2] = 2;
	d->content[1] = (struct mm_content){ 8, 7, 5 };
	want(d, MM_WANT_ALLOC, ANN, 1, 2, 10)->order = 2;
	want(d, MM_WANT_ALLOC, ANN, 1, 3, 20)->content = 1;
	want(d, MM_WANT_CACHE, ANN, 1, 3, 0)->content = 1;
	want(d, MM_WANT_FREE, ANN, 1, 1, 5);
	want(d, MM_WANT_FREE, BOB, 0, 2, 5)->order = 2;
	want(d, MM_WANT_ALLOC, BOB, 0, 4, 5);
	want(d, MM_WANT_UNCACHE, BOB, 0, 0, 5)->content = 1;
	want(d, MM_WANT_MARK, ANN, 1, 0, 0);
	assert_int_equal(mm_demand_scale(d, &ann, 1, 3, &told, &err), 0);
	assert_int_equal(d->nr_wants, 8 + 5 * 2);
	assert_int_equal(told.wants, 18);
	assert_int_equal(told.copies, 10);
	assert_int_equal(told.pages, 2 * (4 + 1));
	assert_int_equal(d->nr_handles, 5 + 4);
	assert_int_equal(d->nr_contents, 2 + 2);
	/* copies are tasks 201 and 202, on the next CPUs */
	is(d, 0, MM_WANT_ALLOC, ANN, 1, 2);
	is(d, 1, MM_WANT_ALLOC, 201, 0, 5);
	is(d, 2, MM_WANT_ALLOC, 202, 1, 6);
	is(d, 4, MM_WANT_ALLOC, 201, 0, 7);
	is(d, 5, MM_WANT_ALLOC, 202, 1, 8);
	assert_int_equal(d->want[2].think, 10);
	assert_int_equal(d->want[4].content, 2);
	assert_int_equal(d->want[5].content, 3);
	is(d, 8, MM_WANT_CACHE, 202, 1, 8);
	is(d, 9, MM_WANT_FREE, ANN, 1, 1); /* once: nobody has a second block 1 */
	is(d, 10, MM_WANT_FREE, BOB, 0, 2);
	is(d, 11, MM_WANT_FREE, BOB, 0, 5); /* Bob frees all three */
	is(d, 12, MM_WANT_FREE, BOB, 0, 6);
	is(d, 13, MM_WANT_ALLOC, BOB, 0, 4);
	is(d, 16, MM_WANT_UNCACHE, BOB, 0, 0);
	assert_int_equal(d->want[16].content, 3);
	is(d, 17, MM_WANT_MARK, ANN, 1, 0);
	assert_int_equal(d->first_order[6], 2);
	assert_int_equal(d->first_pfn[6], UINT32_MAX);
	/* another file, the same page of it */
	assert_int_equal(d->content[3].index, 5);
	assert_true(d->content[3].dev != d->content[2].dev && d->content[2].dev != 8);
	mm_demand_free(d);
}

/* Faults come with addresses of their own: copies belong to other task groups. */
static void faults(void **state)
{
	struct mm_demand *d = demand(1, 2, 1, 3);
	const int32_t ann = ANN;
	struct mm_scale_told told;
	struct sg_err err = { 0 };

	(void)state;
	d->fault[1] = (struct mm_fault){ .start = 16, .end = 32, .page = 20, .mm = 2 };
	d->fault[2] = (struct mm_fault){ .start = 16, .end = 32, .mm = 2 };
	d->fault_of[1] = 1;
	want(d, MM_WANT_FAULT, ANN, 0, 1, 0)->fault = 1;
	want(d, MM_WANT_FREE, ANN, 0, 1, 0)->fault = 1;
	want(d, MM_WANT_UNMAP, ANN, 0, 0, 0)->fault = 2;
	assert_int_equal(mm_demand_scale(d, &ann, 1, 2, &told, &err), 0);
	assert_int_equal(d->nr_wants, 6);
	assert_int_equal(d->nr_faults, 5);
	assert_int_equal(d->nr_mms, 4);
	assert_int_equal(d->want[1].fault, 3);
	assert_int_equal(d->want[3].fault, 3);
	assert_int_equal(d->want[5].fault, 4);
	assert_int_equal(d->fault[3].mm, 4);
	assert_int_equal(d->fault[3].page, 20);
	assert_int_equal(d->fault[4].mm, 4);
	assert_int_equal(d->fault_of[2], 3);
	mm_demand_free(d);
}

static void once_and_too_often(void **state)
{
	struct mm_demand *d = demand(1, 2, 1, 1);
	const int32_t ann = ANN;
	struct mm_scale_told told;
	struct sg_err err = { 0 };

	(void)state;
	want(d, MM_WANT_ALLOC, ANN, 0, 1, 0);
	assert_int_equal(mm_demand_scale(d, &ann, 1, 1, &told, &err), 0);
	assert_int_equal(d->nr_wants, 1);
	assert_int_equal(told.copies, 0);
	assert_int_equal(mm_demand_scale(d, &ann, 1, MM_SCALE_MOST + 1, &told, &err), SG_E_RANGE);
	assert_int_equal(d->nr_wants, 1);
	mm_demand_free(d);
}

/*
 * Ann and Bob share the one CPU: Ann, then Bob after 3 us of work, then Ann after 5 us, Bob after an idle second, Ann after 7 us.
 * On two CPUs neither waits for the other's work, but the second passes for both.
 */
static void more_cpus(void **state)
{
	struct mm_demand *d = demand(1, 6, 1, 1);
	uint64_t moved, second = 1000000000;
	struct sg_err err = { 0 };

	(void)state;
	want(d, MM_WANT_ALLOC, ANN, 0, 1, 1000);
	want(d, MM_WANT_ALLOC, BOB, 0, 2, 3000);
	want(d, MM_WANT_ALLOC, ANN, 0, 3, 5000);
	want(d, MM_WANT_ALLOC, BOB, 0, 4, IDLE_NS + second);
	want(d, MM_WANT_ALLOC, ANN, 0, 5, 7000);
	want(d, MM_WANT_ALLOC, BOB, 0, 1, 0)->flags = MM_WANT_INTERRUPT;
	assert_int_equal(mm_demand_cpus(d, 2, &moved, &err), 0);
	assert_int_equal(d->nr_cpus, 2);
	assert_int_equal(moved, 2);
	is(d, 0, MM_WANT_ALLOC, ANN, 0, 1);
	is(d, 1, MM_WANT_ALLOC, BOB, 1, 2);
	is(d, 2, MM_WANT_ALLOC, ANN, 0, 3);
	is(d, 3, MM_WANT_ALLOC, BOB, 1, 4);
	is(d, 5, MM_WANT_ALLOC, BOB, 0, 1); /* the interrupt stays */
	assert_int_equal(d->want[2].think, 5000);
	assert_int_equal(d->want[3].think, IDLE_NS + second);
	assert_int_equal(d->want[4].think, 7000 + second);
	mm_demand_free(d);
}

/* Both had a CPU of their own, and were idle for the same time: on one CPU the work adds up, the time doesn't. */
static void fewer_cpus(void **state)
{
	struct mm_demand *d = demand(2, 5, 1, 1);
	uint64_t moved, second = 1000000000;
	struct sg_err err = { 0 };

	(void)state;
	d->cpu_node = calloc(2, 1);
	want(d, MM_WANT_ALLOC, ANN, 0, 1, 1000);
	want(d, MM_WANT_ALLOC, BOB, 1, 2, 2000);
	want(d, MM_WANT_ALLOC, ANN, 0, 3, IDLE_NS + second)->ts = second + IDLE_NS + 2000;
	want(d, MM_WANT_ALLOC, BOB, 1, 4, IDLE_NS + second)->ts = second + IDLE_NS + 2500;
	assert_int_equal(mm_demand_cpus(d, 1, &moved, &err), 0);
	assert_int_equal(moved, 2);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(d->want[i].cpu, 0);
	assert_int_equal(d->want[1].think, 2000);
	/* since the want before, at 2000 */
	assert_int_equal(d->want[2].think, IDLE_NS + second);
	assert_int_equal(d->want[3].think, IDLE_NS);
	mm_demand_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(three_times), cmocka_unit_test(faults), cmocka_unit_test(once_and_too_often),
		cmocka_unit_test(more_cpus), cmocka_unit_test(fewer_cpus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
