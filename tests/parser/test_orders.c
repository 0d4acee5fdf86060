// SPDX-License-Identifier: GPL-2.0-only
/* What a capture says of the machine's orders, page size and byte order. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tr_priv.h"
#include "util.h"

/* The print format of mm_page_alloc_extfrag, from kernels: its arguments up to the pageblock order, then @order. */
static void take(struct tr_capture *tc, const char *order)
{
	char text[2000];

	snprintf(text, sizeof(text), ", (((struct page *)vmemmap_base) + (REC->pfn)), REC->pfn, REC->alloc_order, "
		 "REC->fallback_order, %s, REC->alloc_migratetype, REC->fallback_migratetype, "
		 "REC->fallback_order < %s, REC->change_ownership\n", order, order);
	memset(tc, 0, sizeof(*tc));
	tr_orders_take(tc, (struct tr_span){ text, strlen(text) });
}

static void formats(void **state)
{
	static const struct {
		const char *text;
		unsigned int shift, orders, pageblock, huge;
	} t[] = {
		/* x86-64: 5.10, 7.3 */
		{ "(21 - 12)", 12, 0, 9, 9 },
		{ "(((unsigned int)((21 - 12))) < ((unsigned int)(10)) ? ((unsigned int)((21 - 12))) : ((unsigned int)(10)))",
		  12, 11, 9, 9 },
		/* arm64 with 4, 16 and 64 KiB */
		{ "(((12 - 3) * (4 - (2)) + 3) - 12)", 12, 0, 9, 9 },
		{ "(((unsigned int)((((14 - 3) * (4 - (2)) + 3) - 14))) < ((unsigned int)(11)) ? "
		  "((unsigned int)((((14 - 3) * (4 - (2)) + 3) - 14))) : ((unsigned int)(11)))", 14, 12, 11, 11 },
		{ "(((unsigned int)((((16 - 3) * (4 - (2)) + 3) - 16))) < ((unsigned int)(13)) ? "
		  "((unsigned int)((((16 - 3) * (4 - (2)) + 3) - 16))) : ((unsigned int)(13)))", 16, 14, 13, 13 },
		/* s390x; a kernel whose pageblocks are smaller than its huge pages; one without huge pages */
		{ "(((unsigned int)((20 - 12))) < ((unsigned int)(10)) ? ((unsigned int)((20 - 12))) : ((unsigned int)(10)))",
		  12, 11, 8, 8 },
		{ "(((unsigned int)((21 - 12))) < ((unsigned int)(7)) ? ((unsigned int)((21 - 12))) : ((unsigned int)(7)))",
		  12, 8, 7, 9 },
		{ "(11 - 1)", 0, 11, 10, 0 },
		{ "10", 0, 11, 10, 0 },
		/* ppc64: a variable; and what no kernel says */
		{ "pageblock_order", 0, 0, 0, 0 },
		{ "(99 - 12)", 0, 0, 0, 0 },
		{ "(a < 3 ? 3 : b)", 0, 0, 0, 0 },
		{ "(((", 0, 0, 0, 0 },
		{ "", 0, 0, 0, 0 },
	};
	struct tr_capture *tc = malloc(sizeof(*tc));

	(void)state;
	assert_non_null(tc);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		take(tc, t[i].text);
		if (tc->page_shift != t[i].shift || tc->cap.nr_orders != t[i].orders ||
		    tc->cap.pageblock_order != t[i].pageblock || tc->cap.huge_order != t[i].huge)
			fail_msg("%s: shift %u orders %u pageblock %u huge %u", t[i].text, tc->page_shift,
				 tc->cap.nr_orders, tc->cap.pageblock_order, tc->cap.huge_order);
	}
	memset(tc, 0, sizeof(*tc));
	tr_orders_take(tc, (struct tr_span){ "", 0 });
	tr_orders_take(tc, (struct tr_span){ ", REC->fallback_order", 21 });
	assert_int_equal(tc->cap.pageblock_order, 0);
	free(tc);
}

/* A capture directory whose trace has sub-buffers of @sub bytes; @managed pages are @kb of memory, 0: no snapshot. */
static void check_size(const char *uname, uint32_t sub, uint64_t managed, uint64_t kb, unsigned int want, int limit)
{
	struct mk_file f = { .version = 7, .longs = 8, .page_size = sub, .comp = "none", .uname = uname, .nr_inst = 1 };
	char *dir = tp_tmpdir(), text[400], *before = NULL;
	struct mk_page p;
	struct tr_capture *tc;
	struct mk_buf b;
	struct sg_err err;

	f.inst[0].name = "";
	f.inst[0].nr_cpus = 1;
	p = mk_page_start(&f, &f.inst[0].cpu[0], 100);
	mk_freed(&p, 1, 5, 77, 0);
	mk_page_end(&p, 0, -1);
	b = mk_build(&f);
	tp_write(dir, "trace.dat", b.d, b.n);
	mk_free(&b);
	mk_file_free(&f);
	if (managed && asprintf(&before, "%s/before", dir) > 0) {
		assert_int_equal(mkdir(before, 0700), 0);
		snprintf(text, sizeof(text), "Node 0, zone   Normal\n  pages free     1\n        spanned  %llu\n"
			 "        present  %llu\n        managed  %llu\n  start_pfn:           0\n", (unsigned long long)managed,
			 (unsigned long long)managed, (unsigned long long)managed);
		tp_write(before, "zoneinfo", text, strlen(text));
		snprintf(text, sizeof(text), "MemTotal:       %llu kB\n", (unsigned long long)kb);
		tp_write(before, "meminfo", text, strlen(text));
	}
	if (tr_open(dir, 0, &tc, &err) < 0)
		fail_msg("%s", err.text);
	if (tr_info(tc)->page_size != want)
		fail_msg("%s, sub-buffers of %u, %llu pages in %llu kB: %u", uname, sub, (unsigned long long)managed,
			 (unsigned long long)kb, tr_info(tc)->page_size);
	for (int i = 0; i < SG_LIMIT_COUNT; i++)
		if (i == SG_LIMIT_PAGE_SIZE_ASSUMED || i == SG_LIMIT_SNAPSHOT_DISAGREES)
			assert_int_equal(sg_limits_find(&tr_info(tc)->limits, (enum sg_limit_id)i) != NULL, i == limit);
	tr_close(tc);
	free(before);
	tp_rmdir(dir);
}

static void page_sizes(void **state)
{
	static const char arm[] = "Linux box 6.12.3-test aarch64", old[] = "Linux box 6.1.0-test aarch64";

	(void)state;
	/* x86-64 and s390x have one size, whatever the buffers have */
	check_size("Linux box 7.3.4-cloud x86_64", 65536, 0, 0, 4096, -1);
	check_size("Linux box 6.12.3-test s390x", 512, 0, 0, 4096, -1);
	check_size("Linux box 7.3.4-cloud x86_64", 4096, 1000, 16000, 4096, SG_LIMIT_SNAPSHOT_DISAGREES);
	/* arm64: the snapshot tells, 5 % off or not */
	check_size(arm, 4096, 62751, 1004016, 16384, -1);
	check_size(arm, 16384, 10000, 42000, 4096, -1);
	check_size(arm, 4096, 10000, 640000, 65536, -1);
	check_size("Linux box 6.12.3 ppc64le", 4096, 15446, 988544, 65536, -1);
	/* nothing tells; before 6.8 a sub-buffer is a page */
	check_size(old, 16384, 0, 0, 16384, -1);
	check_size(arm, 16384, 0, 0, 16384, SG_LIMIT_PAGE_SIZE_ASSUMED);
	check_size(arm, 8192, 0, 0, 4096, SG_LIMIT_PAGE_SIZE_ASSUMED);
	check_size(arm, 4096, 10000, 50000000, 4096, SG_LIMIT_PAGE_SIZE_ASSUMED);
	check_size("Linux", 4096, 0, 0, 4096, SG_LIMIT_PAGE_SIZE_ASSUMED);
}

static int copy(void *arg, uint64_t pfn, const uint64_t *flags, size_t nr)
{
	memcpy((uint64_t *)arg + pfn, flags, nr * sizeof(*flags));
	return 0;
}

/* The words of kpageflags have the byte order of the machine, which the trace tells. */
static void byte_order(void **state)
{
	const uint64_t words[4] = { 0x400, 1ull << 20, 0x8, 0x123456789abcdef0 };

	(void)state;
	for (int be = 0; be < 2; be++) {
		char *dir = tp_tmpdir(), *before = NULL;
		struct mk_buf b = mk_sample(7, be, 8, "none"), flags = { .be = be };
		const struct sg_snapshot *s;
		struct tr_capture *tc;
		uint64_t got[4] = { 0 };
		struct sg_err err;

		tp_write(dir, "trace.dat", b.d, b.n);
		assert_true(asprintf(&before, "%s/before", dir) > 0);
		assert_int_equal(mkdir(before, 0700), 0);
		for (int i = 0; i < 4; i++)
			mk_u64(&flags, words[i]);
		tp_write(before, "kpageflags", flags.d, flags.n);
		assert_int_equal(tr_open(dir, 0, &tc, &err), 0);
		s = tr_snapshot(tc, "before");
		assert_non_null(s);
		assert_int_equal(s->nr_pfns, 4);
		assert_int_equal(s->pageflags(s, copy, got), 0);
		assert_memory_equal(got, words, sizeof(words));
		tr_close(tc);
		mk_free(&b);
		mk_free(&flags);
		free(before);
		tp_rmdir(dir);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats),
		cmocka_unit_test(page_sizes),
		cmocka_unit_test(byte_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
