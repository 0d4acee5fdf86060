// SPDX-License-Identifier: GPL-2.0-only
/* Mappings and page tables rebuilt from traces made by hand, and what the faults in them asked for. */
#include "demand_made.h"

#include "demand/ptes.h"
#include "demand/vma.h"

#define PROT_RW 3u
#define ANON 0x22u   /* MAP_PRIVATE | MAP_ANONYMOUS */
#define A 0x7f0000915u /* a page number that isn't a multiple of 16 */
#define WRITE 6u     /* error_code: a write by the user, no page there */
#define READ 4u
#define ERR ((uint64_t)-12)
#define G_HUGE (G_IO | G_FS | G_HIGHMEM | G_MOVABLE | G_COMP | G_NOMEMALLOC)
#define NONE 0u      /* pfn of a failed request */

/* ---- mappings -------------------------------------------------------------------------- */

static void check_vma(const struct mm_vmas *v, size_t i, uint64_t start, uint64_t end)
{
	assert_true(i < v->nr);
	if (v->vma[i].start != start || v->vma[i].end != end)
		fail_msg("mapping %zu is [%llu, %llu), should be [%llu, %llu)", i, (unsigned long long)v->vma[i].start,
			 (unsigned long long)v->vma[i].end, (unsigned long long)start, (unsigned long long)end);
}

static void mappings(void **state)
{
	struct mm_vmas v = { 0 };

	(void)state;
	assert_null(mm_vma_at(&v, 5));
	assert_true(mm_vma_map(&v, 100, 200, PROT_RW, ANON));
	assert_true(mm_vma_map(&v, 300, 400, PROT_RW, ANON));
	assert_int_equal(v.nr, 2);
	/* what lies between them joins both */
	assert_true(mm_vma_map(&v, 200, 300, PROT_RW, ANON));
	assert_int_equal(v.nr, 1);
	check_vma(&v, 0, 100, 400);
	/* of another protection, or of a file: it stays apart, and takes the place of what was there */
	assert_true(mm_vma_map(&v, 150, 160, 1, ANON));
	assert_int_equal(v.nr, 3);
	check_vma(&v, 0, 100, 150);
	check_vma(&v, 1, 150, 160);
	check_vma(&v, 2, 160, 400);
	assert_true(mm_vma_map(&v, 400, 410, PROT_RW, 0x2));
	assert_int_equal(v.nr, 4);
	assert_true(mm_vma_at(&v, 399)->anon);
	assert_false(mm_vma_at(&v, 400)->anon);
	assert_null(mm_vma_at(&v, 410));
	/* shared memory isn't anonymous memory */
	assert_true(mm_vma_map(&v, 500, 510, PROT_RW, 0x21));
	assert_false(mm_vma_at(&v, 500)->anon);
	/* a hole across three of them */
	assert_true(mm_vma_unmap(&v, 140, 170));
	assert_int_equal(v.nr, 4);
	check_vma(&v, 0, 100, 140);
	check_vma(&v, 1, 170, 400);
	assert_false(mm_vma_any(&v, 140, 170));
	assert_true(mm_vma_any(&v, 139, 141));
	/* advice cuts, and its end joins again */
	assert_true(mm_vma_advise(&v, 200, 300, MM_VMA_HUGEPAGE));
	assert_int_equal(v.nr, 6);
	check_vma(&v, 2, 200, 300);
	assert_int_equal(mm_vma_at(&v, 250)->advice, MM_VMA_HUGEPAGE);
	assert_true(mm_vma_advise(&v, 200, 300, MM_VMA_NO_ADVICE));
	assert_int_equal(v.nr, 4);
	check_vma(&v, 1, 170, 400);
	assert_true(mm_vma_unmap(&v, 0, UINT64_MAX));
	assert_int_equal(v.nr, 0);
	mm_vmas_fini(&v);
}

/* ---- page tables ------------------------------------------------------------------------- */

struct seen {
	uint64_t page[40];
	unsigned int nr;
};

static void note(void *arg, uint64_t page, struct mm_whose was)
{
	struct seen *s = arg;

	assert_true(s->nr < 40);
	assert_int_not_equal(was.handle, 0);
	s->page[s->nr++] = page;
}

static void entries(void **state)
{
	struct mm_ptes p = { 0 };
	struct seen s = { 0 };

	(void)state;
	assert_int_equal(mm_pte_get(&p, 1, A).handle, 0);
	mm_pte_clear(&p, 1, 0, UINT64_MAX, note, &s);
	mm_pte_set(&p, 1, 0x7f0000920, 3, 7, 0);
	mm_pte_set(&p, 2, 0x7f0000920, 0, 8, 5);
	mm_pte_set(&p, 1, 3, 0, 9, 0);
	assert_int_equal(mm_pte_get(&p, 1, 0x7f0000927).handle, 7);
	assert_int_equal(mm_pte_get(&p, 1, 0x7f0000927).offset, 7);
	assert_int_equal(mm_pte_get(&p, 1, 0x7f0000928).handle, 0);
	assert_int_equal(mm_pte_get(&p, 2, 0x7f0000920).offset, 5);
	assert_true(mm_pte_any(&p, 1, 0x7f0000900, 6));
	assert_false(mm_pte_any(&p, 1, 0x7f0000928, 3));
	/* a range that is larger than all there is, in order, and of one task group only */
	mm_pte_clear(&p, 1, 0, UINT64_C(1) << 52, note, &s);
	assert_int_equal(s.nr, 9);
	assert_int_equal(s.page[0], 3);
	for (unsigned int i = 0; i < 8; i++)
		assert_int_equal(s.page[1 + i], 0x7f0000920 + i);
	assert_int_equal(mm_pte_get(&p, 2, 0x7f0000920).handle, 8);
	/* page tables outlive their entries */
	mm_pte_table_set(&p, 1, 0x7f0000915, 9);
	assert_true(mm_pte_table(&p, 1, 0x7f0000800, 9));
	assert_false(mm_pte_table(&p, 1, 0x7f0000a00, 9));
	assert_false(mm_pte_table(&p, 2, 0x7f0000800, 9));
	mm_pte_tables_clear(&p, 1, 0x7f0000800, 0x7f0000a00);
	assert_false(mm_pte_table(&p, 1, 0x7f0000915, 9));
	/* many of them, that come and go */
	for (uint32_t k = 0; k < 3; k++) {
		for (uint32_t i = 0; i < 3000; i++)
			mm_pte_set(&p, 3 + k, (uint64_t)i << 9, 0, i + 1, 0);
		for (uint32_t i = 0; i < 3000; i++)
			assert_int_equal(mm_pte_get(&p, 3 + k, (uint64_t)i << 9).handle, i + 1);
		mm_pte_clear(&p, 3 + k, 0, UINT64_C(1) << 52, NULL, NULL);
	}
	assert_false(p.oom);
	mm_ptes_fini(&p);
}

/* ---- traces ------------------------------------------------------------------------------- */

static struct tale *begin_faults(void)
{
	struct tale *t = begin();

	t->mk.cap.present[SG_EV_page_fault_user] = t->mk.cap.present[SG_EV_sys_enter_mmap] = true;
	t->mk.cap.present[SG_EV_sys_exit_mmap] = t->mk.cap.present[SG_EV_sys_enter_munmap] = true;
	t->mk.cap.present[SG_EV_sys_enter_madvise] = true;
	as(t, CAT, 0);
	return t;
}

static void fault(struct tale *t, uint64_t page, uint64_t code)
{
	struct sg_event ev = made_event(&t->mk, SG_EV_page_fault_user);

	ev.v[SGF_page_fault_user_address] = page << 12 | 0x123;
	ev.v[SGF_page_fault_user_error_code] = code;
	made_send(&t->mk, &ev);
}

/* @page: where it was mapped; ERR: it wasn't. */
static void map(struct tale *t, uint64_t page, uint64_t pages, uint64_t flags)
{
	struct sg_event ev = made_event(&t->mk, SG_EV_sys_enter_mmap);

	ev.v[SGF_sys_enter_mmap_addr] = 0;
	ev.v[SGF_sys_enter_mmap_len] = pages << 12;
	ev.v[SGF_sys_enter_mmap_prot] = PROT_RW;
	ev.v[SGF_sys_enter_mmap_flags] = flags;
	made_send(&t->mk, &ev);
	ev = made_event(&t->mk, SG_EV_sys_exit_mmap);
	ev.v[SGF_sys_exit_mmap_ret] = page == ERR ? ERR : page << 12;
	made_send(&t->mk, &ev);
}

static void unmap(struct tale *t, uint64_t page, uint64_t pages)
{
	struct sg_event ev = made_event(&t->mk, SG_EV_sys_enter_munmap);

	ev.v[SGF_sys_enter_munmap_addr] = page << 12;
	ev.v[SGF_sys_enter_munmap_len] = pages << 12;
	made_send(&t->mk, &ev);
}

static void advise(struct tale *t, uint64_t page, uint64_t pages, uint64_t advice)
{
	struct sg_event ev = made_event(&t->mk, SG_EV_sys_enter_madvise);

	ev.v[SGF_sys_enter_madvise_start] = page << 12;
	ev.v[SGF_sys_enter_madvise_len_in] = pages << 12;
	ev.v[SGF_sys_enter_madvise_behavior] = advice;
	made_send(&t->mk, &ev);
}

static void frees(struct tale *t, uint64_t pfn, unsigned int order)
{
	struct sg_event ev = made_event(&t->mk, SG_EV_mm_page_free);

	ev.v[SGF_mm_page_free_pfn] = pfn;
	ev.v[SGF_mm_page_free_order] = order;
	made_send(&t->mk, &ev);
}

static const struct mm_fault *fault_of(const struct mm_demand *d, size_t want)
{
	assert_true(want < d->nr_wants);
	assert_true(d->want[want].fault > 0 && d->want[want].fault < d->nr_faults);
	return &d->fault[d->want[want].fault];
}

/*
 * A mapping of 16 pages that begins 5 pages behind a multiple of 16: single pages fit at 0x915 to 0x917, then 8 pages at 0x918, of
 * which the machine has none; 4 are had.  All of it goes with munmap().
 */
static void one_mapping(void **state)
{
	struct tale *t = begin_faults();
	const struct mm_demand *d;
	const struct mm_fault *f;

	(void)state;
	map(t, A, 16, ANON);
	for (unsigned int i = 0; i < 3; i++) {
		fault(t, A + i, WRITE);
		alloc(t, B(0) + i, 0, G_USER);
	}
	fault(t, A + 3, WRITE);
	alloc(t, 77, 0, G_KERNEL); /* a page table isn't what it faulted for */
	alloc(t, NONE, 3, G_HUGE);
	alloc(t, B(1), 2, G_HUGE);
	unmap(t, A, 16);
	for (unsigned int i = 0; i < 3; i++)
		frees(t, B(0) + i, 0);
	frees(t, B(1), 2);
	map(t, ERR, 16, ANON);
	d = end(t);
	check_whole_demand(d);
	assert_true(d->has_faults);
	assert_int_equal(d->nr_wants, 10);
	for (unsigned int i = 0; i < 3; i++) {
		check_want(d, i, MM_WANT_FAULT, CAT, i + 1, 0, 0, 0);
		f = fault_of(d, i);
		assert_int_equal(f->page, A + i);
		assert_int_equal(f->base, A + i);
		assert_int_equal(f->start, A);
		assert_int_equal(f->end, A + 16);
		assert_int_equal(f->refused, 0);
	}
	check_want(d, 3, MM_WANT_ALLOC, CAT, 4, 0, 0, 0);
	check_want(d, 4, MM_WANT_FAULT, CAT, 5, 2, 0, 0);
	f = fault_of(d, 4);
	assert_int_equal(f->page, 0x7f0000918);
	assert_int_equal(f->base, 0x7f0000918);
	assert_int_equal(f->order, 2);
	assert_int_equal(f->refused, 1u << 3);
	assert_int_equal(d->want[4].gfp & MM_GFP_KERNEL, MM_GFP_IO | MM_GFP_FS);
	/* frees know their addresses; the range comes last, and with it whatever the task has */
	for (unsigned int i = 0; i < 3; i++) {
		check_want(d, 5 + i, MM_WANT_FREE, CAT, i + 1, 0, 0, 0);
		assert_int_equal(d->want[5 + i].fault, d->want[i].fault);
	}
	check_want(d, 8, MM_WANT_FREE, CAT, 5, 2, 0, 0);
	check_want(d, 9, MM_WANT_UNMAP, CAT, MM_NO_HANDLE, 0, 0, MM_WANT_ALL);
	f = fault_of(d, 9);
	assert_int_equal(f->start, A);
	assert_int_equal(f->end, A + 16);
	/* nothing else is mapped in these 2 MiB: the page table goes as well */
	assert_int_equal(f->page, 0x7f0000800);
	assert_int_equal(f->base, 0x7f0000a00);
	/* sizes that were asked for are allowed, since no settings tell */
	assert_int_equal(fault_of(d, 0)->enabled, 1u << 2 | 1u << 3);
	assert_int_equal(d->anon.faults, 4);
	assert_int_equal(d->anon.order[0], 3);
	assert_int_equal(d->anon.order[2], 1);
	assert_int_equal(d->anon.bounds, 4); /* 64 KiB begin at 0x910 or end at 0x930 */
	assert_int_equal(d->anon.refused, 1);
	assert_int_equal(d->anon.asked, 0); /* for 64 KiB */
	assert_int_equal(d->anon.lacking, 0);
	done(t);
}

/*
 * 64 KiB in a mapping of 128: what is there already is why the second fault gets less, and the third finds no page.  Of the first
 * folio half is given up: its frees come when all of it is.
 */
static void parts(void **state)
{
	struct tale *t = begin_faults();
	const uint64_t p = 0x7f0000900;
	const struct mm_demand *d;

	(void)state;
	map(t, p, 64, ANON);
	fault(t, p + 5, WRITE);
	alloc(t, B(0), 3, G_HUGE);  /* [900, 908) */
	fault(t, p + 8, WRITE);
	alloc(t, B(1), 0, G_USER);
	fault(t, p + 16, WRITE);
	alloc(t, NONE, 4, G_HUGE);
	alloc(t, B(2), 0, G_USER);
	fault(t, p + 32, WRITE);
	alloc(t, B(3), 4, G_HUGE);
	advise(t, p, 4, 4);         /* MADV_DONTNEED */
	fault(t, p + 1, WRITE);     /* again */
	alloc(t, B(1) + 1, 0, G_USER);
	unmap(t, p, 64);
	frees(t, B(0), 3);
	frees(t, B(1), 0);
	map(t, p + 4096, 1, ANON);
	frees(t, B(1) + 1, 0);      /* late: it went with its range */
	d = end(t);
	check_whole_demand(d);
	assert_int_equal(d->anon.faults, 5);
	assert_int_equal(d->anon.present, 2); /* at 8, and at 1 since 4 to 7 are still there */
	assert_int_equal(d->anon.no_page, 1);
	assert_int_equal(d->anon.rule, 1);    /* the first: nothing kept it from 64 KiB */
	assert_int_equal(d->anon.bounds, 0);
	assert_int_equal(d->anon.order[4], 1);
	assert_int_equal(d->anon.asked, 2);
	assert_int_not_equal(d->anon.lacking, 0);
	check_want(d, 4, MM_WANT_UNMAP, CAT, MM_NO_HANDLE, 0, 0, 0);
	assert_int_equal(fault_of(d, 4)->end, p + 4);
	assert_int_equal(fault_of(d, 4)->page, fault_of(d, 4)->base); /* page tables stay */
	check_want(d, 5, MM_WANT_FAULT, CAT, 5, 0, 0, 0);
	/* pages 4 to 7 of the first folio are freed; 0 to 3 were told of, and a page of another is at 1 by now */
	for (unsigned int i = 0; i < 4; i++)
		check_want(d, 6 + i, MM_WANT_FREE, CAT, 1, 0, 4 + i, 0);
	check_want(d, 10, MM_WANT_FREE, CAT, 2, 0, 0, 0);
	check_want(d, 11, MM_WANT_UNMAP, CAT, MM_NO_HANDLE, 0, 0, MM_WANT_ALL);
	assert_int_equal(d->nr_wants, 12);
	assert_int_equal(d->left.unknown_frees, 0);
	done(t);
}

/* What isn't followed stays an ordinary request: mappings made before, of files, reads; and a task that ends gives up all. */
static void others(void **state)
{
	struct tale *t = begin_faults();
	const struct mm_demand *d;

	(void)state;
	fault(t, 0x400, WRITE);
	alloc(t, B(0), 0, G_USER);
	map(t, A, 16, 0x2); /* of a file */
	fault(t, A, WRITE);
	alloc(t, B(0) + 1, 0, G_USER);
	map(t, A + 64, 16, ANON);
	fault(t, A + 64, READ);
	fault(t, A + 65, WRITE);
	alloc(t, B(1), 0, G_USER);
	fault(t, A + 65, WRITE | 1); /* it is there, and copied */
	alloc(t, B(1) + 1, 0, G_USER);
	as(t, DD, 1); /* another's addresses are others */
	fault(t, A + 66, WRITE);
	alloc(t, B(2), 0, G_USER);
	as(t, CAT, 0);
	frees(t, B(1), 0); /* it ends */
	d = end(t);
	check_want(d, 0, MM_WANT_ALLOC, CAT, 1, 0, 0, 0);
	check_want(d, 1, MM_WANT_ALLOC, CAT, 2, 0, 0, 0);
	check_want(d, 2, MM_WANT_FAULT, CAT, 3, 0, 0, 0);
	check_want(d, 3, MM_WANT_ALLOC, CAT, 4, 0, 0, 0);
	check_want(d, 4, MM_WANT_ALLOC, DD, 5, 0, 0, 0);
	check_want(d, 5, MM_WANT_FREE, CAT, 3, 0, 0, MM_WANT_ALL);
	assert_int_equal(d->left.reads, 1);
	assert_int_equal(d->left.elsewhere, 4);
	done(t);
}

/* The fault's single page stalls: it counts from the larger request on that wasn't to be had. */
static void stalls(void **state)
{
	struct tale *t = begin_faults();
	const struct mm_demand *d;

	(void)state;
	map(t, 0x7f0000900, 16, ANON);
	fault(t, 0x7f0000900, WRITE);
	at(t, 100000);
	alloc(t, NONE, 4, G_HUGE);
	reclaim_begin(t, 0, G_USER);
	just(t, SG_EV_mm_vmscan_direct_reclaim_end);
	alloc(t, B(0), 0, G_USER);
	d = end(t);
	assert_int_equal(d->nr_wants, 1);
	check_want(d, 0, MM_WANT_FAULT, CAT, 1, 0, 0, 0);
	assert_int_equal(d->want[0].ts, 100000);
	assert_int_equal(d->left.stalls, 1);
	assert_int_equal(d->anon.no_page, 1);
	assert_int_equal(d->anon.lacking, 103000);
	done(t);
}

/* The sizes that the settings allow, and the order of requests that follows from them. */
static void settings(void **state)
{
	static struct sg_kv kv[] = { { "thp.enabled", "always [madvise] never" },
				     { "thp.hugepages-16kB.enabled", "[always] inherit madvise never" },
				     { "thp.hugepages-64kB.enabled", "always inherit [madvise] never" },
				     { "thp.hugepages-2048kB.enabled", "always [inherit] madvise never" },
				     { "thp.hugepages-32kB.enabled", "always inherit madvise [never]" } };
	struct tale *t = begin_faults();
	const struct mm_demand *d;

	(void)state;
	t->mk.snap.kv = kv;
	t->mk.snap.nr_kv = 5;
	map(t, 0x7f0000900, 64, ANON);
	fault(t, 0x7f0000900, WRITE);
	alloc(t, B(0), 2, G_HUGE);
	advise(t, 0x7f0000910, 32, 14); /* MADV_HUGEPAGE */
	fault(t, 0x7f0000910, WRITE);
	alloc(t, B(1), 4, G_HUGE);
	fault(t, 0x7f0000930, WRITE);
	alloc(t, B(2), 0, G_USER);
	d = end(t);
	assert_int_equal(fault_of(d, 0)->enabled, 1u << 2);
	assert_int_equal(fault_of(d, 1)->enabled, 1u << 2 | 1u << 4 | 1u << 9);
	assert_int_equal(fault_of(d, 1)->start, 0x7f0000910);
	assert_int_equal(fault_of(d, 1)->end, 0x7f0000930);
	assert_int_equal(fault_of(d, 2)->enabled, 1u << 2);
	/* of the three the last one asked for less than the rule would: 16 KiB */
	assert_int_equal(d->of_ruled, 3);
	assert_int_equal(d->as_ruled, 2);
	t->mk.snap.kv = NULL;
	t->mk.snap.nr_kv = 0;
	done(t);
}

/* Without the events nothing is a fault. */
static void not_recorded(void **state)
{
	struct tale *t = begin();
	const struct mm_demand *d;

	(void)state;
	as(t, CAT, 0);
	map(t, A, 16, ANON);
	fault(t, A, WRITE);
	alloc(t, B(0), 0, G_USER);
	d = end(t);
	assert_false(d->has_faults);
	check_want(d, 0, MM_WANT_ALLOC, CAT, 1, 0, 0, 0);
	assert_int_equal(d->anon.faults, 0);
	done(t);
}

/* Numbers that no kernel sends do no harm. */
static void hostile(void **state)
{
	const uint64_t bad[] = { 0, 1, 4095, 1ull << 47, UINT64_MAX >> 12, UINT64_MAX - 4096, UINT64_MAX };
	struct tale *t = begin_faults();
	struct sg_event ev;

	(void)state;
	for (unsigned int i = 0; i < 7 * 7; i++) {
		uint64_t a = bad[i % 7], b = bad[i / 7];

		ev = made_event(&t->mk, SG_EV_sys_enter_mmap);
		ev.v[SGF_sys_enter_mmap_len] = b;
		ev.v[SGF_sys_enter_mmap_prot] = a;
		ev.v[SGF_sys_enter_mmap_flags] = ANON;
		made_send(&t->mk, &ev);
		ev = made_event(&t->mk, SG_EV_sys_exit_mmap);
		ev.v[SGF_sys_exit_mmap_ret] = a;
		made_send(&t->mk, &ev);
		fault(t, a >> 12, WRITE);
		alloc(t, B(0) + i, i % 16, G_HUGE);
		unmap(t, a >> 12, b >> 12);
		advise(t, a, b, i % 30);
		frees(t, B(0) + i, i % 16);
	}
	check_whole_demand(end(t));
	done(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mappings), cmocka_unit_test(entries), cmocka_unit_test(one_mapping), cmocka_unit_test(parts),
		cmocka_unit_test(others), cmocka_unit_test(stalls), cmocka_unit_test(settings), cmocka_unit_test(not_recorded),
		cmocka_unit_test(hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
