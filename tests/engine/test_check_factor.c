// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which frees halve alloc_factor, and when: refills of a list of Movable pages, whose batch is 4.  Each doubles the next
 * one, each free that reaches the lists halves it.
 */
#include "verdicts.h"

#define TASK 300
#define SOFTIRQ 0x10

/*
 * 256 Movable pages at B(1) are free, all others in use.  Three frees have brought alloc_factor down to 0, whatever it
 * was, so the first refill is of 4 pages, and the second would be of 8.
 */
struct factor {
	struct run *r;
	uint64_t next; /* what the zone gives next */
};

static void drain(struct run *r, uint64_t pfn, unsigned int order)
{
	send_by(r, TASK, SG_EV_mm_page_pcpu_drain, pfn, order, M);
}

static void give(struct run *r, uint64_t pfn)
{
	send_by(r, TASK, SG_EV_mm_page_free, pfn, 0);
}

static void alloc(struct run *r, uint64_t pfn, unsigned int order, unsigned int mt)
{
	send_by(r, TASK, SG_EV_mm_page_alloc, pfn, order, mt == M ? 0x14acca : 0xcc0, mt);
}

static void pick(struct run *r, uint64_t pfn)
{
	r->mk.preempt = 3;
	send_by(r, TASK, SG_EV_mm_page_alloc_zone_locked, pfn, 0, M, 1);
	r->mk.preempt = 0;
}

/* So many pages leave the zone for the list. */
static void refill(struct factor *f, unsigned int nr)
{
	while (nr--)
		pick(f->r, f->next++);
}

static struct factor start_with(struct sg_kv *kv)
{
	static struct sg_pcp_snap pcp[2] = { { 0, 1000, 4, 1000, 1000 }, { 0, 1000, 4, 1000, 1000 } };
	struct run *r = capture(7, 3);

	r->mk.cap.gfp.comp = 0x40000;
	r->mk.zone[0].nr_pcp = 2;
	r->mk.zone[0].pcp = pcp;
	if (kv) {
		r->mk.snap.kv = kv;
		r->mk.snap.nr_kv = 1;
	}
	begin_check(r);
	r->mk.preempt = 1; /* this kernel counts preemption */
	drain(r, B(1), 8);
	drain(r, B(2), 0); /* so block 2 is Movable, too */
	r->mk.preempt = 0;
	pick(r, B(2));
	alloc(r, B(2), 0, M);
	for (uint64_t i = 8; i < 32; i += 8)
		give(r, B(2) + i);
	alloc(r, B(3), 0, U);
	return (struct factor){ r, B(1) };
}

static struct factor start(void)
{
	return start_with(NULL);
}

/* The task's next event ends the refill. */
static void ends_as(struct factor *f, enum mm_verdict verdict)
{
	alloc(f->r, f->next - 1, 0, M);
	assert_said(f->r, MM_CHECK_REFILL, verdict);
}

static void interrupt_frees(struct factor *f, uint8_t preempt, uint64_t pfn)
{
	f->r->mk.common_flags = SOFTIRQ;
	f->r->mk.preempt = preempt;
	give(f->r, pfn);
	f->r->mk.common_flags = 0;
	f->r->mk.preempt = 0;
}

/*
 * An interrupt comes right after the last page of the refill, the lists being locked: what it frees goes to the zone
 * and doesn't count.  So 8 pages come next, those two first, the last one of them before the other.
 */
static void lock_is_held(void **state)
{
	struct factor f = start();

	(void)state;
	refill(&f, 4);
	interrupt_frees(&f, 3, B(2) + 64);
	assert_said(f.r, MM_CHECK_REFILL, MM_EQUAL);
	interrupt_frees(&f, 3, B(2) + 80);
	alloc(f.r, B(1), 0, M);
	pick(f.r, B(2) + 80);
	pick(f.r, B(2) + 64);
	refill(&f, 6);
	ends_as(&f, MM_EQUAL);
	end_check(f.r);
}

/* The same without a lock: the frees count, and 4 pages come next. */
static void lock_is_free(void **state)
{
	struct factor f = start();

	(void)state;
	refill(&f, 4);
	ends_as(&f, MM_EQUAL);
	interrupt_frees(&f, 0, B(2) + 64);
	alloc(f.r, B(2) + 64, 0, M);
	refill(&f, 4);
	ends_as(&f, MM_EQUAL);
	end_check(f.r);
}

/* The task is two levels deep, which may be the lock and may not: 4 or 8. */
static void lock_is_open(void **state)
{
	struct factor f = start();

	(void)state;
	refill(&f, 4);
	ends_as(&f, MM_EQUAL);
	interrupt_frees(&f, 2, B(2) + 64);
	alloc(f.r, B(1) + 2, 0, M);
	refill(&f, 8);
	ends_as(&f, MM_UNDECIDED);
	assert_string_equal(f.r->said[MM_CHECK_REFILL].why, "alloc_factor_unknown");
	end_check(f.r);
}

/* What the task freed right before it asks for pages has reached the lists by then: 4 again, and then 8. */
static void frees_come_first(void **state)
{
	struct factor f = start();

	(void)state;
	refill(&f, 4);
	ends_as(&f, MM_EQUAL);
	give(f.r, B(3) + 8);
	refill(&f, 4);
	ends_as(&f, MM_EQUAL);
	refill(&f, 8);
	ends_as(&f, MM_EQUAL);
	end_check(f.r);
}

/* 4, 8 and 16 pages leave the factor at 3.  A row of four frees that go back as one block halves it once: 8 come next. */
static void row_counts_once(void **state)
{
	struct factor f = start();

	(void)state;
	for (unsigned int n = 4; n <= 16; n *= 2) {
		refill(&f, n);
		ends_as(&f, MM_EQUAL);
	}
	alloc(f.r, B(4), 2, U);
	for (uint64_t p = B(4); p < B(4) + 4; p++)
		give(f.r, p);
	alloc(f.r, B(5), 0, U);
	refill(&f, 8);
	ends_as(&f, MM_EQUAL);
	end_check(f.r);
}

/*
 * Each time a request for a page finds nothing the factor grows, and nobody knows how often it asked.  With defrag_mode
 * the event of an unmovable request says pageblock order, whatever its own is: 4 or more.  Movable ones, and all without
 * defrag_mode, are as large as the event says, which changes nothing.
 */
static void reclaimed_for(void **state)
{
	static struct sg_kv on = { "sysctl.vm.defrag_mode", "1" };
	static const struct {
		bool defrag, movable;
		enum mm_verdict verdict;
	} t[] = { { false, false, MM_EQUAL }, { true, false, MM_UNDECIDED }, { true, true, MM_EQUAL } };

	(void)state;
	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct factor f = start_with(t[i].defrag ? &on : NULL);

		f.r->mk.cap.gfp.movable = 8;
		refill(&f, 4);
		ends_as(&f, MM_EQUAL);
		send_by(f.r, TASK, SG_EV_mm_vmscan_direct_reclaim_begin, t[i].movable ? 0xcc8 : 0xcc4, 0, 9);
		send_by(f.r, TASK, SG_EV_mm_vmscan_direct_reclaim_end, 0);
		refill(&f, 8);
		ends_as(&f, t[i].verdict);
		end_check(f.r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lock_is_held),     cmocka_unit_test(lock_is_free),   cmocka_unit_test(lock_is_open),
		cmocka_unit_test(frees_come_first), cmocka_unit_test(row_counts_once),
		cmocka_unit_test(reclaimed_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
