// SPDX-License-Identifier: GPL-2.0-only
/* Where memory lies and what zones there are, by what events tell: worked out by hand from made events. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "machine/layout.h"

#define HIGHMEM 0x2ull

struct fixture {
	struct sg_layout seen;
	struct sg_capture cap;
	struct mm_layout *l;
};

static void names(struct sg_capture *cap, const char *list)
{
	cap->nr_zone_types = 0;
	while (*list) {
		size_t n = strcspn(list, " ");

		memcpy(cap->zone_type[cap->nr_zone_types], list, n);
		cap->zone_type[cap->nr_zone_types++][n] = '\0';
		list += n + (list[n] == ' ');
	}
}

static int begin(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof(f));
	f.cap.arch = SG_ARCH_X86_64;
	f.cap.page_size = 4096;
	f.cap.gfp.highmem = HIGHMEM;
	names(&f.cap, "DMA DMA32 Normal Movable Device");
	*state = &f;
	return 0;
}

static int end(void **state)
{
	struct fixture *f = *state;

	sg_layout_fini(&f->seen);
	mm_layout_free(f->l);
	return 0;
}

static void alloc(struct fixture *f, uint64_t pfn, uint64_t gfp)
{
	struct sg_event ev = { .kind = SG_EV_mm_page_alloc, .v = { pfn, 0, gfp, 1 } };

	sg_layout_add(&f->seen, &ev);
}

static void frees(struct fixture *f, uint64_t from, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		struct sg_event ev = { .kind = SG_EV_mm_page_free, .v = { from + i, 0 } };

		sg_layout_add(&f->seen, &ev);
	}
}

static void wake(struct fixture *f, int64_t nid)
{
	struct sg_event ev = { .kind = SG_EV_mm_vmscan_kswapd_wake, .pid = 50, .v = { (uint64_t)nid, 2, 0 } };

	sg_layout_add(&f->seen, &ev);
}

/* A compaction run by @pid over [start, end) of a node's zone. */
static void compacts(struct fixture *f, int32_t pid, uint64_t start, uint64_t stop, uint64_t nid, uint64_t idx)
{
	struct sg_event ev = { .kind = SG_EV_mm_compaction_begin, .pid = pid };

	ev.v[SGF_mm_compaction_begin_zone_start] = start;
	ev.v[SGF_mm_compaction_begin_zone_end] = stop;
	sg_layout_add(&f->seen, &ev);
	ev = (struct sg_event){ .kind = SG_EV_mm_compaction_finished, .pid = pid, .v = { nid, idx, 9, 0 } };
	sg_layout_add(&f->seen, &ev);
	ev = (struct sg_event){ .kind = SG_EV_mm_compaction_end, .pid = pid };
	sg_layout_add(&f->seen, &ev);
}

static struct mm_layout *made(struct fixture *f)
{
	mm_layout_free(f->l);
	f->l = mm_layout_new(&f->seen, &f->cap);
	assert_non_null(f->l);
	return f->l;
}

static void zone_is(const struct mm_layout *l, unsigned int i, int node, const char *name, uint64_t start, uint64_t stop,
		    bool mixed)
{
	assert_in_range(i, 0, l->nr_zones - 1);
	assert_int_equal(l->zone[i].node, node);
	assert_string_equal(l->zone[i].name, name);
	assert_int_equal(l->zone[i].start, start);
	assert_int_equal(l->zone[i].end, stop);
	assert_int_equal(l->zone[i].mixed, mixed);
}

/* Nothing tells of a page: no zone, and the limit says it. */
static void nothing(void **state)
{
	struct fixture *f = *state;
	struct sg_event ev = { .kind = SG_EV_other };
	struct sg_limits s = { 0 };

	sg_layout_add(&f->seen, &ev);
	alloc(f, 0, 0);          /* failed requests */
	alloc(f, UINT64_MAX, 0);
	assert_int_equal(made(f)->nr_zones, 0);
	assert_int_equal(f->l->nr_ranges, 0);
	mm_layout_limits(f->l, &s);
	assert_non_null(sg_limits_find(&s, SG_LIMIT_NO_PAGES));
	mm_layout_limits(f->l, &s);
	assert_int_equal(sg_limits_count(&s), 1);
	frees(f, 1000, 5);
	mm_layout_limits(made(f), &s);
	assert_int_equal(sg_limits_count(&s), 0);
	sg_limits_free(&s);
}

/* Ranges of compaction make no machine, however often they are wild; nor does a page that stands alone far away. */
static void wild(void **state)
{
	struct fixture *f = *state;
	struct sg_limits s = { 0 };

	frees(f, 0x1000, 600);
	for (int i = 0; i < 100; i++) {
		struct sg_event ev = { .kind = SG_EV_mm_compaction_fast_isolate_freepages,
				       .v = { 0x7fffffffffffffffull - (uint64_t)i, (1ull << 40) + 5, 3, 0 } };

		sg_layout_add(&f->seen, &ev);
	}
	made(f);
	assert_int_equal(f->l->nr_zones, 2);
	zone_is(f->l, 0, 0, "DMA", 0, 4096, false);
	zone_is(f->l, 1, 0, "DMA32", 4096, 0x1000 + 600, false);
	assert_true(f->l->zone[1].open_end);
	assert_int_equal(f->l->wild_events, 0);

	/* one page at 4 TiB, and two events of it; one beyond all machines */
	frees(f, 1ull << 30, 1);
	frees(f, 1ull << 30, 1);
	frees(f, 1ull << 60, 1);
	made(f);
	assert_int_equal(f->l->nr_zones, 2);
	assert_int_equal(f->l->zone[1].end, 0x1000 + 600);
	assert_int_equal(f->l->wild_events, 3);
	mm_layout_limits(f->l, &s);
	assert_non_null(sg_limits_find(&s, SG_LIMIT_WILD_PFNS));
	sg_limits_free(&s);

	/* near enough: no more than the machine's reach away, or 4 GiB */
	frees(f, 0x1000 + 600 + 900000, 1);
	assert_int_equal(made(f)->zone[1].end, 0x1000 + 600 + 900001);
	/* four events of several pages are believed wherever they are, and between them and the rest is a hole */
	frees(f, (1ull << 30) + 7, 3);
	made(f);
	assert_int_equal(f->l->nr_zones, 3);
	zone_is(f->l, 1, 0, "DMA32", 4096, 1u << 20, false);
	zone_is(f->l, 2, 0, "Normal", 1u << 20, (1ull << 30) + 10, false);
	assert_int_equal(f->l->nr_ranges, 2);
	assert_int_equal(f->l->range[0].start, 0);
	assert_int_equal(f->l->range[0].end, (0x1000 + 600 + 900000) / SG_SECTION * SG_SECTION + SG_SECTION);
	assert_int_equal(f->l->range[1].start, 1ull << 30);
	assert_int_equal(f->l->range[1].end, (1ull << 30) + SG_SECTION);
	assert_int_equal(f->l->wild_events, 1);
}

/* The only page that a trace tells of is believed. */
static void one_page(void **state)
{
	struct fixture *f = *state;

	frees(f, 1ull << 40, 1);
	made(f);
	assert_int_equal(f->l->nr_zones, 3);
	assert_int_equal(f->l->zone[2].end, (1ull << 40) + 1);
	assert_int_equal(f->l->wild_events, 0);
}

/* Each architecture's own zones, as far as the formats name them. */
static void architectures(void **state)
{
	struct fixture *f = *state;

	/* 16 KiB pages from 1 GiB on: all of it is DMA; the section (128 MiB) of the first page begins at 0x10000 */
	f->cap.arch = SG_ARCH_ARM64;
	f->cap.page_size = 16384;
	frees(f, 0x1080b, 5);
	frees(f, 0x1fd00, 5);
	made(f);
	assert_int_equal(f->l->nr_zones, 1);
	zone_is(f->l, 0, 0, "DMA", 0x10000, 0x1fd05, false);
	frees(f, 0x50000, 9); /* 4 GiB end at 0x40000 */
	made(f);
	assert_int_equal(f->l->nr_zones, 2);
	zone_is(f->l, 0, 0, "DMA", 0x10000, 0x40000, false);
	zone_is(f->l, 1, 0, "Normal", 0x40000, 0x50009, false);
	sg_layout_fini(&f->seen);

	f->cap.arch = SG_ARCH_S390X;
	f->cap.page_size = 4096;
	names(&f->cap, "DMA Normal Movable");
	frees(f, 0x1000, 5);
	frees(f, 0x1ff00, 5);
	made(f);
	assert_int_equal(f->l->nr_zones, 1);
	zone_is(f->l, 0, 0, "DMA", 0, 0x1ff05, false);
	frees(f, 0x90000, 5); /* beyond 2 GiB */
	made(f);
	assert_int_equal(f->l->nr_zones, 2);
	zone_is(f->l, 1, 0, "Normal", 0x80000, 0x90005, false);
	sg_layout_fini(&f->seen);

	f->cap.arch = SG_ARCH_PPC64;
	f->cap.page_size = 65536;
	names(&f->cap, "Normal Movable");
	frees(f, 0x204, 5);
	made(f);
	assert_int_equal(f->l->nr_zones, 1);
	zone_is(f->l, 0, 0, "Normal", 0, 0x209, false);
	sg_layout_fini(&f->seen);

	/* nobody knows what zones this one has: one, and it has no name */
	f->cap.arch = SG_ARCH_UNKNOWN;
	f->cap.page_size = 4096;
	names(&f->cap, "DMA DMA32 Normal Movable");
	frees(f, 0x80123, 5);
	made(f);
	assert_int_equal(f->l->nr_zones, 1);
	zone_is(f->l, 0, 0, "", 0x80000, 0x80128, true);
	assert_true(f->l->borders_guessed);
}

/* i386: low memory ends at 880 MiB or a little later; requests without __GFP_HIGHMEM show how late. */
static void high_memory(void **state)
{
	struct fixture *f = *state;

	f->cap.arch = SG_ARCH_I386;
	names(&f->cap, "DMA Normal HighMem Movable");
	frees(f, 0x1970, 5);
	made(f); /* 30 MiB: no border is in question */
	assert_int_equal(f->l->nr_zones, 2);
	zone_is(f->l, 1, 0, "Normal", 4096, 0x1975, false);
	for (unsigned int i = 0; i < 5; i++)
		alloc(f, 0x5dbd0 + i, HIGHMEM);
	made(f);
	assert_int_equal(f->l->nr_zones, 3);
	zone_is(f->l, 0, 0, "DMA", 0, 4096, false);
	zone_is(f->l, 1, 0, "Normal", 4096, 0x37000, true);
	zone_is(f->l, 2, 0, "HighMem", 0x37000, 0x5dbd5, true);
	alloc(f, 0x373ff, 0);
	alloc(f, 0x37400, 0);
	assert_int_equal(made(f)->zone[1].end, 0x37800);
	/* a kernel without high memory */
	names(&f->cap, "DMA Normal Movable");
	made(f);
	assert_int_equal(f->l->nr_zones, 2);
	zone_is(f->l, 1, 0, "Normal", 4096, 0x5dbd5, false);
}

/* Events name several nodes.  Where compaction tells a zone's borders, it is known whose it is. */
static void nodes(void **state)
{
	struct fixture *f = *state;
	struct sg_limits s = { 0 };

	frees(f, 0x120, 5);
	frees(f, 0x1dfd0, 5);
	wake(f, 0);
	made(f);
	zone_is(f->l, 1, 0, "DMA32", 4096, 0x1dfd5, false);
	assert_false(f->l->several_nodes);
	wake(f, 1);
	made(f);
	assert_int_equal(f->l->nr_zones, 2);
	zone_is(f->l, 0, -1, "DMA", 0, 4096, true);
	zone_is(f->l, 1, -1, "DMA32", 4096, 0x1dfd5, true);
	assert_true(f->l->several_nodes);
	assert_int_equal(f->l->nr_nodes, 2);
	mm_layout_limits(f->l, &s);
	assert_non_null(sg_limits_find(&s, SG_LIMIT_SEVERAL_NODES));
	sg_limits_free(&s);
	compacts(f, 42, 1, 4096, 0, 0);
	made(f);
	assert_int_equal(f->l->nr_zones, 2);
	zone_is(f->l, 0, 0, "DMA", 1, 4096, false);
	zone_is(f->l, 1, -1, "DMA32", 4096, 0x1dfd5, true);
	compacts(f, 42, 4096, 0x14000, 0, 1);
	made(f);
	assert_int_equal(f->l->nr_zones, 3);
	zone_is(f->l, 1, 0, "DMA32", 4096, 0x14000, false);
	zone_is(f->l, 2, -1, "DMA32", 0x14000, 0x1dfd5, true);
	compacts(f, 43, 0x14000, 0x1dfdd, 1, 1);
	made(f);
	assert_int_equal(f->l->nr_zones, 3);
	zone_is(f->l, 2, 1, "DMA32", 0x14000, 0x1dfdd, false);
	assert_false(f->l->several_nodes);
	assert_false(f->l->zone[2].open_end);
}

/* Only a node that isn't the first is named: there is another one. */
static void not_the_first(void **state)
{
	struct fixture *f = *state;

	frees(f, 0x2000, 5);
	wake(f, 3);
	made(f);
	assert_true(f->l->several_nodes);
	assert_int_equal(f->l->nr_nodes, 2);
	assert_int_equal(f->l->zone[f->l->nr_zones - 1].node, -1);
}

/* Memory in many places far apart: more than page entries can number isn't followed, and that is said. */
static void many_places(void **state)
{
	struct fixture *f = *state;
	uint64_t pages = 0;
	struct sg_limits s = { 0 };

	for (uint64_t i = 0; i < 140000; i++)
		frees(f, i << 31 | 5, 4);
	made(f);
	for (unsigned int i = 0; i < f->l->nr_ranges; i++)
		pages += f->l->range[i].end - f->l->range[i].start;
	assert_in_range(pages, 1ull << 31, UINT32_MAX);
	assert_true(f->l->capped > 0);
	mm_layout_limits(f->l, &s);
	assert_non_null(sg_limits_find(&s, SG_LIMIT_CAP_HIT));
	sg_limits_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing, begin, end),
		cmocka_unit_test_setup_teardown(wild, begin, end),
		cmocka_unit_test_setup_teardown(one_page, begin, end),
		cmocka_unit_test_setup_teardown(architectures, begin, end),
		cmocka_unit_test_setup_teardown(high_memory, begin, end),
		cmocka_unit_test_setup_teardown(nodes, begin, end),
		cmocka_unit_test_setup_teardown(not_the_first, begin, end),
		cmocka_unit_test_setup_teardown(many_places, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
