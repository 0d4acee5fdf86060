// SPDX-License-Identifier: GPL-2.0-only
/* The filter language: what passes, what is refused and where. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sg_filter.h"

static const struct sg_sym gfp_sym[] = {
	{ 0xcc0, "GFP_KERNEL" },    { 0x40, "__GFP_IO" },     { 0x80, "__GFP_FS" },
	{ 0xc00, "__GFP_RECLAIM" }, { 0x2, "__GFP_HIGHMEM" },
};
static const struct sg_symtab gfp_tab = { true, 5, gfp_sym };
static const struct sg_sym status_sym[] = { { 3, "continue" }, { 8, "success" } };
static const struct sg_symtab status_tab = { false, 2, status_sym };
static const struct sg_task_name tasks[] = { { 40, "kswapd0" }, { 200, "cat" } };
static const struct sg_other others[] = { { 77, "sched_switch", 5 } };

static struct sg_capture cap = {
	.clock_is_ns = true,
	.nr_tasks = 2,
	.task = tasks,
	.gfp_names = &gfp_tab,
	.nr_migratetypes = 3,
	.migratetype = { "Unmovable", "Movable", "Reclaimable" },
	.nr_zone_types = 3,
	.zone_type = { "DMA", "DMA32", "Normal" },
	.nr_other = 1,
	.other = others,
};

/* cat allocates order 4 Movable at pfn 0x1000 with GFP_KERNEL, on CPU 1 at 2.5 s, as event 10. */
static struct sg_event alloc(void)
{
	return (struct sg_event){
		.kind = SG_EV_mm_page_alloc,
		.pid = 200,
		.cpu = 1,
		.ts = UINT64_C(2500000000),
		.v = { [SGF_mm_page_alloc_pfn] = 0x1000,
		       [SGF_mm_page_alloc_order] = 4,
		       [SGF_mm_page_alloc_gfp_flags] = 0xcc0,
		       [SGF_mm_page_alloc_migratetype] = 1 },
	};
}

static bool passes(const char *text, const struct sg_event *ev)
{
	struct sg_filter *f = NULL;
	struct sg_err err = { 0 };
	bool r;

	if (sg_filter_new(text, &cap, &f, &err) < 0)
		fail_msg("'%s': %s", text, err.text);
	r = sg_filter_match(f, ev, 10);
	sg_filter_free(f);
	return r;
}

static void check(const struct sg_event *ev, const char *const *yes, const char *const *no)
{
	for (; *yes; yes++)
		if (!passes(*yes, ev))
			fail_msg("should pass: %s", *yes);
	for (; *no; no++)
		if (passes(*no, ev))
			fail_msg("should not pass: %s", *no);
}

static void test_alloc(void **state)
{
	struct sg_event ev = alloc();
	static const char *const yes[] = {
		"event == mm_page_alloc",
		"event==kmem:mm_page_alloc",
		"mm_page_alloc",
		"event =~ page_al",
		"event =~ ^kmem:",
		"event =~ ^mm_",
		"event != mm_page_free",
		"task == cat",
		"task=~^c.t$",
		"comm != kswapd0",
		"pid == 200",
		"pid > 199 && pid < 201",
		"cpu == 1",
		"cpu=1",
		"time == 2.5",
		"time >= 2.49 && time <= 2.51",
		"number == 10",
		"instance == 0",
		"pfn == 4096",
		"pfn == 0x1000",
		"pfn >= 0X1000",
		"order >= 4",
		"order",
		"order > -1",
		"migratetype == Movable",
		"migratetype == movable",
		"migratetype == 1",
		"migratetype =~ ^Mov",
		"migratetype != Unmovable",
		"gfp & __GFP_IO",
		"gfp & __GFP_IO|__GFP_HIGHMEM",
		"gfp_flags has __GFP_IO|__GFP_FS",
		"gfp has GFP_KERNEL",
		"gfp == GFP_KERNEL",
		"gfp & 0x40",
		"gfp has __GFP_IO | 0x80",
		"!(order == 3)",
		"! order == 3",
		"not order == 3",
		"order == 3 || order == 4",
		"order == 3 or order == 4",
		"(((order == 4)))",
		"order == 4 && (pid == 1 || pid == 200)",
		"!order == 3 && pid == 200",
		"task == \"cat\"",
		"task == cat-200",
		"task =~ ^cat-200$",
		"task != cat-201",
		"task == 'cat'",
		"order==4&&pid==200",
		NULL,
	};
	static const char *const no[] = {
		"event == mm_page_free",
		"mm_page_free",
		"event =~ ^page",
		"event =~ vmscan",
		"task == ca",
		"task != cat",
		"task != cat-200",
		"task == cat-20",
		"task =~ ^at",
		"pid == 201",
		"cpu != 1",
		"time < 2.5",
		"time > 2.5",
		"number != 10",
		"pfn != 4096",
		"pfn < 4096",
		"order < 4",
		"migratetype == Unmovable",
		"gfp & __GFP_HIGHMEM",
		"gfp has __GFP_IO|__GFP_HIGHMEM",
		"gfp != GFP_KERNEL",
		"alloc_order == 4",
		"alloc_order != 4",
		"order == 4 && pid == 1",
		"order == 3 || pid == 1",
		"!(order == 4)",
		"order == -4",
		"order < -1",
		"nid == 0",
		"zone == Normal",
		"order == 3 || order == 4 && pid == 1",
		"text =~ .",
		NULL,
	};

	(void)state;
	check(&ev, yes, no);
}

static void test_signed(void **state)
{
	struct sg_event ev = { .kind = SG_EV_mm_compaction_finished,
			       .pid = 40,
			       .v = { [SGF_mm_compaction_finished_nid] = 0,
				      [SGF_mm_compaction_finished_idx] = 1,
				      [SGF_mm_compaction_finished_order] = (uint64_t)-1,
				      [SGF_mm_compaction_finished_ret] = 8 } };
	const struct sg_symtab *keep =
		cap.sym[SG_EV_mm_compaction_finished][SGF_mm_compaction_finished_ret];
	static const char *const yes[] = {
		"order == -1",
		"order < 0",
		"order > -2",
		"order != 1",
		"idx == DMA32",
		"zone == dma32",
		"zone =~ 32$",
		"ret == success",
		"ret == 8",
		"ret =~ succ",
		"ret != continue",
		"ret > continue",
		"task =~ ^kswapd[0-9]+$",
		NULL,
	};
	static const char *const no[] = { "order == 1",      "order > 0",  "zone == Normal",
					  "ret == continue", "ret =~ ^s$", NULL };

	(void)state;
	cap.sym[SG_EV_mm_compaction_finished][SGF_mm_compaction_finished_ret] = &status_tab;
	check(&ev, yes, no);
	cap.sym[SG_EV_mm_compaction_finished][SGF_mm_compaction_finished_ret] = keep;
}

static void test_text_and_other(void **state)
{
	struct sg_event mark = {
		.kind = SG_EV_print, .str = "phase one|two", .str_len = 13, .v = { 1, 13 }
	};
	struct sg_event other = { .kind = SG_EV_other, .v = { 77 } };
	struct sg_event failed = alloc();
	static const char *const mark_yes[] = {
		"buf =~ ^phase",
		"text =~ \"one[|]two\"",
		"buf == \"phase one|two\"",
		"buf",
		"print",
		"buf =~ e$||buf =~ o$",
		"ev.buf != x",
		"task == \"<idle>\"",
		NULL,
	};
	static const char *const mark_no[] = { "buf == phase", "buf != \"phase one|two\"", "!text",
					       "pfn", NULL };
	static const char *const other_yes[] = {
		"event == sched_switch", "event =~ switch$", "event == other",
		"event != print",        "id == 77",         NULL
	};
	static const char *const other_no[] = { "event != sched_switch", "event != other",
						"event == print", NULL };
	static const char *const failed_yes[] = { "pfn == 0xffffffffffffffff", "pfn != 5", "!(pfn > 5)", NULL };
	static const char *const failed_no[] = { "gfp", "gfp == 0", "gfp != 0", "pfn < 5", "pfn > 5", "pfn >= 0",
						 "pfn <= 0xffffffffffffffff", NULL };
	static const char *const zero_yes[] = { "pfn == 0", "pfn != 5", NULL };
	static const char *const zero_no[] = { "pfn < 5", "pfn <= 0", "pfn >= 0", NULL };

	(void)state;
	check(&mark, mark_yes, mark_no);
	check(&other, other_yes, other_no);
	failed.v[SGF_mm_page_alloc_pfn] = UINT64_MAX;
	failed.v[SGF_mm_page_alloc_gfp_flags] = SG_MISSING;
	check(&failed, failed_yes, failed_no);
	/* other kernels write 0; elsewhere page 0 is one like the others */
	failed.v[SGF_mm_page_alloc_pfn] = 0;
	check(&failed, zero_yes, zero_no);
	failed = (struct sg_event){ .kind = SG_EV_mm_page_free };
	assert_true(passes("pfn < 5", &failed));
}

static void test_mistakes(void **state)
{
	static const struct {
		const char *text;
		int column; /* 0: none in the sentence */
		const char *part;
	} wrong[] = {
		{ "", 1, "ends" },
		{ "   ", 4, "ends" },
		{ "order ==", 9, "value" },
		{ "order == 4 &&", 14, "ends" },
		{ "nosuch == 4", 1, "nosuch" },
		{ "order == 4 && nosuch", 15, "nosuch" },
		{ "(order == 4", 1, "not closed" },
		{ "order == 4)", 11, "never opened" },
		{ "order == 4 pid == 2", 12, "&& or ||" },
		{ "order == abc", 10, "abc" },
		{ "order =~ 4", 10, "order" },
		{ "task < cat", 8, "task" },
		{ "task == \"cat", 9, "quote" },
		{ "event == mm_page_aloc", 10, "mm_page_aloc" },
		{ "time == abc", 9, "time" },
		{ "pid == cat", 8, "cat" },
		{ "task =~ [", 9, "pattern" },
		{ "task =~ a{9}", 9, "count" },
		{ "task =~ '(a)\\1'", 9, "back" },
		{ "order == 4 | 5 &", 16, "" },
		{ "&& order", 1, "name" },
		{ "gfp & ", 7, "value" },
		{ "gfp & __GFP_NOSUCH", 7, "NOSUCH" },
		{ "pfn == 99999999999999999999", 8, "99999999999999999999" },
		{ "order == \"4\"", 10, "4" },
		{ "cpu =~ 1", 8, "cpu" },
		{ "! ", 3, "ends" },
		{ "event", 1, "event" },
		{ "gfp has __GFP_IO|", 18, "after |" },
		{ "\x01\x02", 1, "" },
		{ "\xff", 1, "" },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct sg_filter *f = NULL;
		struct sg_err err = { 0 };
		char column[32];

		if (sg_filter_new(wrong[i].text, &cap, &f, &err) != SG_E_USAGE)
			fail_msg("not refused: %s", wrong[i].text);
		assert_null(f);
		snprintf(column, sizeof(column), "column %d:", wrong[i].column);
		if (!strstr(err.text, column) || !strstr(err.text, wrong[i].part))
			fail_msg("%s: wanted '%s %s', got '%s'", wrong[i].text, column,
				 wrong[i].part, err.text);
	}
}

static void test_limits(void **state)
{
	struct sg_filter *f = NULL;
	struct sg_err err;
	char *text = malloc(10000);

	(void)state;
	memset(text, '(', 3000);
	text[3000] = '\0';
	assert_int_equal(sg_filter_new(text, &cap, &f, &err), SG_E_USAGE);
	memset(text, '!', 3000);
	assert_int_equal(sg_filter_new(text, &cap, &f, &err), SG_E_USAGE);
	memset(text, 'x', 9999);
	text[9999] = '\0';
	assert_int_equal(sg_filter_new(text, &cap, &f, &err), SG_E_USAGE);
	text[3000] = '\0';
	assert_int_equal(sg_filter_new(text, &cap, &f, &err), SG_E_USAGE);
	text[0] = '\0';
	for (unsigned int i = 0; i < 400; i++)
		strcat(text, i ? "||pid" : "pid");
	assert_int_equal(sg_filter_new(text, &cap, &f, &err), SG_E_USAGE); /* 799 nodes */
	text[3 + 200 * 5] = '\0';
	strcat(text, "||pid==1");
	assert_int_equal(sg_filter_new(text, &cap, &f, &err), 0);
	sg_filter_free(f);
	sg_filter_free(NULL);
	free(text);
}

/* Random words of the language: never a crash, and a refusal always says where. */
static void test_random(void **state)
{
	static const char *const bit[] = {
		"event", "task", "pfn",  "order", "gfp",  "==", "!=",      "=~",
		"<",     ">=",   "&",    "&&",    "||",   "!",  "(",       ")",
		"has",   "and",  "not",  "4",     "-1",   "0x", "Movable", "__GFP_IO",
		"|",     "\"",   "'",    "^a",    "[",    "*",  "\\",      "mm_page_alloc",
		"buf",   "ret",  "\x80", "1.5",   "time", "."
	};
	struct sg_event ev = alloc();
	uint64_t seed = 21, good = 0;

	(void)state;
	for (unsigned int i = 0; i < 100000; i++) {
		struct sg_filter *f = NULL;
		struct sg_err err = { 0 };
		char text[256] = "";

		for (uint64_t n = rnd(&seed) % 12; n > 0; n--) {
			strcat(text, bit[rnd(&seed) % (sizeof(bit) / sizeof(bit[0]))]);
			if (rnd(&seed) % 3)
				strcat(text, " ");
		}
		if (sg_filter_new(text, &cap, &f, &err) < 0) {
			if (!strstr(err.text, "filter, column"))
				fail_msg("'%s': %s", text, err.text);
			continue;
		}
		good++;
		sg_filter_match(f, &ev, 1);
		sg_filter_free(f);
	}
	assert_true(good > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alloc),          cmocka_unit_test(test_signed),
		cmocka_unit_test(test_text_and_other), cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_limits),         cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests_name("filter", tests, NULL, NULL);
}
