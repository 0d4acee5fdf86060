// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory is spent on what the trace touches, not on what the machine has: a machine of 1 TiB,
 * of which the trace touches little, scattered as badly as can be and side by side.
 */
#include "made.h"

#include <malloc.h>
#include <stdlib.h>

#define TIB_PAGES (1ull << 28)
#define NR_TOUCHED 10000u

/* Runs of equal pages, as page flags of a large machine are mostly: 16 MiB in use, 16 MiB free. */
static int uniform(const struct sg_snapshot *snap, sg_pageflags_fn fn, void *arg)
{
	static uint64_t words[4096];
	int r = 0;

	for (uint64_t pfn = 0; pfn < snap->nr_pfns && r == 0; pfn += 4096) {
		for (unsigned int i = 0; i < 4096; i++)
			words[i] = pfn & 4096 ? KPF_BUDDY : KPF_LRU | KPF_ANON;
		r = fn(arg, pfn, words, 4096);
	}
	return r;
}

static struct made *tib(bool pageflags)
{
	struct made *mk = malloc(sizeof(*mk));

	assert_non_null(mk);
	made_capture(mk, 7, 3);
	mk->cap.nr_cpus = 256;
	mk->snap.nr_zones = 3;
	mk->zone[0] = (struct sg_zone_snap){ .name = "DMA", .start_pfn = 1, .spanned = 4095, .present = 4000 };
	mk->zone[1] = (struct sg_zone_snap){ .name = "DMA32", .start_pfn = 4096, .spanned = (1u << 20) - 4096,
					     .present = 700000 };
	mk->zone[2] = (struct sg_zone_snap){ .name = "Normal", .start_pfn = 1u << 20, .spanned = TIB_PAGES - (1u << 20),
					     .present = TIB_PAGES - (1u << 20) };
	mk->snap.nr_pfns = TIB_PAGES;
	mk->snap.have_pageflags = pageflags;
	mk->snap.pageflags = uniform;
	mk->log = sg_log_new();
	return mk;
}

/* Bytes that malloc() has handed out. */
static uint64_t in_use(void)
{
	struct mallinfo2 i = mallinfo2();

	return i.uordblks + i.hblkhd;
}

/* 24 bytes a page touched and 40 an event, and a constant: what keyframes may always take, and the machine's tables. */
static uint64_t allowed(uint64_t pages, uint64_t events)
{
	return 24 * pages + 40 * events + (20ull << 20);
}

/*
 * Fills the log with @nr_events allocations and frees of @nr pages: page i is number i of the zone times
 * @stride.  Measures what the log and the timeline hold at the end.
 */
static void cost(const char *what, struct made *mk, unsigned int nr, uint64_t stride, uint64_t nr_events)
{
	uint64_t before = in_use(), start, end, really, log;
	struct sg_err err = { 0 };
	struct mm_timeline *tl;
	uint64_t most = (1u << 20) + ((uint64_t)nr - 1) * stride;

	assert_true(most < TIB_PAGES);
	for (uint64_t i = 0; i < nr_events; i++) {
		uint64_t pfn = (1u << 20) + i / 2 * 7919 % nr * stride;

		mk->cpu = i / 64 % 64;
		if (i % 2 == 0)
			send_alloc(mk, pfn, 0, M);
		else
			send_free(mk, pfn, 0);
	}
	log = sg_log_bytes(mk->log);
	tl = mm_timeline_new(&mk->cfg, mk->log, 0, &err);
	assert_non_null(tl);
	start = mm_timeline_bytes(tl);
	mm_timeline_seek(tl, UINT64_MAX);
	end = mm_timeline_bytes(tl);
	really = in_use() - before;
	print_message("%s: %u pages, %llu events: %llu KiB at the start, %llu KiB more at the end "
		      "(%llu bytes a page touched, %llu bytes an event), log %llu KiB, malloc says %llu KiB, of them the pool %llu\n",
		      what, nr, (unsigned long long)nr_events, (unsigned long long)start >> 10,
		      (unsigned long long)(end - start) >> 10, (unsigned long long)(end - start) / nr,
		      (unsigned long long)(end - start) / nr_events, (unsigned long long)log >> 10,
		      (unsigned long long)really >> 10,
		      (unsigned long long)mm_timeline_machine(tl)->pool->held >> 10);
	assert_true(start < 4 << 20);
	assert_true(end - start + log < allowed(nr, nr_events));
	mm_timeline_seek(tl, sg_log_count(mk->log) / 2);
	assert_true(mm_timeline_bytes(tl) - start + log < allowed(nr, nr_events));
	mm_timeline_free(tl);
}

/*
 * What the machine alone takes for a page, handed out once: @nr pages, each @stride behind the one before.
 * @most: bytes, its pageblock's share with them
 */
static void alone(const char *what, unsigned int nr, uint64_t stride, uint64_t most)
{
	struct made *mk = tib(false);
	uint64_t start, used;

	mk->m = mm_machine_new(&mk->cfg, NULL);
	assert_non_null(mk->m);
	start = mk->m->pool->bytes;
	for (uint64_t i = 0; i < nr; i++)
		send_alloc(mk, (1u << 20) + i * 7919 % nr * stride, 0, M);
	used = mk->m->pool->bytes - start;
	print_message("%s: %llu.%llu bytes a page touched\n", what, (unsigned long long)used / nr,
		      (unsigned long long)used * 10 / nr % 10);
	assert_true(used <= nr * most);
	made_fini(mk);
	free(mk);
}

/*
 * A page touched comes with an event, which takes some 12 of its 40 bytes in the log: 24 + 40 - 12 = 52 are left
 * for a page that a single event touched, 80 for one that was handed out and given back.  The entries of a page and
 * of its pageblock are 16 bytes each.
 */
static void each_page(void **state)
{
	alone("side by side", 400000, 1, 20);
	alone("one of 8", 100000, 8, 30);
	alone("one of 64", 100000, 64, 52);
	alone("one a pageblock", 100000, 512, 56);
	alone("one each 100 MiB", 10000, 26000, 84);
}

static void scattered(void **state)
{
	struct made *mk = tib(false);

	/* each page in another 64 MiB or so: the worst case, nothing in common with any other */
	cost("scattered", mk, NR_TOUCHED, 26000, 4 * NR_TOUCHED);
	made_fini(mk);
	free(mk);
}

static void scattered_with_flags(void **state)
{
	struct made *mk = tib(true);

	cost("scattered, with page flags", mk, NR_TOUCHED, 26000, 4 * NR_TOUCHED);
	made_fini(mk);
	free(mk);
}

static void side_by_side(void **state)
{
	struct made *mk = tib(false);

	cost("side by side", mk, 400000, 1, 1200000);
	made_fini(mk);
	free(mk);
}

/*
 * Lost records put nothing into memory that the trace has not touched; each of 2000 gaps looks only at
 * what there is, else this would take minutes.
 */
static void gaps(void **state)
{
	struct made *mk = tib(false);
	uint64_t before;

	mk->m = mm_machine_new(&mk->cfg, NULL);
	assert_non_null(mk->m);
	before = in_use();
	for (uint64_t i = 0; i < 2000; i++) {
		mk->missed = 1;
		send_alloc(mk, (1u << 20) + i % 100 * 26000, 0, M);
		check_state(mk, (1u << 20) + i % 100 * 26000, MM_PAGE_ALLOC, 0);
	}
	assert_true(in_use() - before < 4 << 20);
	assert_int_equal(contradictions(mk->m), 0);
	made_fini(mk);
	free(mk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_page), cmocka_unit_test(scattered), cmocka_unit_test(scattered_with_flags), cmocka_unit_test(side_by_side),
		cmocka_unit_test(gaps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
