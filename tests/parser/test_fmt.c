// SPDX-License-Identifier: GPL-2.0-only
/* Event formats: lines, constant expressions, tables of names. */
#include <stdlib.h>
#include <string.h>

#include "tr_priv.h"
#include "util.h"

static struct tr_span span(const char *s)
{
	return (struct tr_span){ s, strlen(s) };
}

static void expressions(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		uint64_t v;
	} t[] = {
		{ "0", true, 0 },
		{ " 12 ", true, 12 },
		{ "0x1F", true, 31 },
		{ "017", true, 15 },
		{ "1UL << 10", true, 1024 },
		{ "1 + 2 * 3", true, 7 },
		{ "(1 + 2) * 3", true, 9 },
		{ "1 | 2 << 1", true, 5 },
		{ "6 & 3 | 8", true, 10 },
		{ "7 - 2 - 1", true, 4 },
		{ "100 / 7 % 5", true, 4 },
		{ "~0", true, UINT64_MAX },
		{ "-1", true, UINT64_MAX },
		{ "!5", true, 0 },
		{ "( gfp_t)0x20u", true, 32 },
		{ "( unsigned long)(( gfp_t)((((1UL))) << (3)))", true, 8 },
		{ "((( gfp_t)(0x400u|0x800u)) | (( gfp_t)0x40u)) & ~(( gfp_t)0x400u)", true,
		  0x840 },
		{ "(unsigned long long)(1ULL << 40)", true, 1ull << 40 },
		{ "1 << 64", true, 0 },
		{ "1 / 0", false, 0 },
		{ "", false, 0 },
		{ "(1", false, 0 },
		{ "1)", false, 0 },
		{ "1 2", false, 0 },
		{ "VMSCAN_THROTTLE_WRITEBACK", false, 0 },
		{ "(1 << VMSCAN_THROTTLE_WRITEBACK)", false, 0 },
		{ "(void *)0", true, 0 },
		{ "0x", true, 0 },
		{ "12abc", false, 0 },
		{ "1 ||", true, 1 },
	};
	char deep[5000];
	uint64_t v;

	for (size_t i = 0; i + 1 < sizeof(t) / sizeof(t[0]); i++) {
		bool ok = tr_expr_eval(span(t[i].text), &v);

		if (ok != t[i].ok || (ok && v != t[i].v))
			fail_msg("\"%s\": %d %llu", t[i].text, ok, (unsigned long long)v);
	}
	memset(deep, '(', sizeof(deep));
	assert_false(tr_expr_eval((struct tr_span){ deep, sizeof(deep) }, &v));
	memset(deep, '~', sizeof(deep));
	assert_false(tr_expr_eval((struct tr_span){ deep, sizeof(deep) }, &v));
}

static void lines(void **state)
{
	static const char text[] =
		"name: thing\nID: 77\nformat:\n"
		"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
		"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
		"\tfield:struct mm_struct * mm;\toffset:8;\tsize:8;\tsigned:0;\n"
		"\tfield:char comm[16];\toffset:16;\tsize:16;\tsigned:0;\n"
		"\tfield:__data_loc char[] filename;\toffset:32;\tsize:4;\tsigned:0;\n"
		"\tfield:__rel_loc char[] rel;\toffset:36;\tsize:4;\tsigned:0;\n"
		"\tfield:char buf[];\toffset:40;\tsize:0;\tsigned:0;\n"
		"\tfield:broken\n"
		"\tfield:;\toffset:1;\tsize:1;\n"
		"\tfield:int far;\toffset:99999999;\tsize:4;\n"
		"print fmt: \"a \\\"b\\\" %d\" \" more\", REC->x\n";
	static struct tr_fmt f;

	assert_true(tr_fmt_parse(text, sizeof(text) - 1, &f));
	assert_true(tr_span_is(f.name, "thing"));
	assert_int_equal(f.id, 77);
	assert_int_equal(f.nr, 7);
	assert_true(tr_span_is(f.field[1].name, "common_pid"));
	assert_true(f.field[1].is_signed);
	assert_true(tr_span_is(f.field[2].name, "mm"));
	assert_int_equal(f.field[2].offset, 8);
	assert_int_equal(f.field[2].str, TR_STR_NO);
	assert_int_equal(f.field[3].str, TR_STR_ARRAY);
	assert_int_equal(f.field[3].size, 16);
	assert_true(tr_span_is(f.field[4].name, "filename"));
	assert_int_equal(f.field[4].str, TR_STR_LOC);
	assert_int_equal(f.field[5].str, TR_STR_REL_LOC);
	assert_int_equal(f.field[6].str, TR_STR_REST);
	assert_memory_equal(f.print.s, ", REC->x", 8);
	assert_false(tr_fmt_parse("name: x\nID: 3\n", 14, &f));
	assert_false(tr_fmt_parse("", 0, &f));
}

static void tables(void **state)
{
	static const char print[] =
		", REC->a, __print_symbolic(REC->zone, {0, \"DMA\"}, {1, \"Normal (high)\"}), "
		"\"},{)\", "
		"(REC->fl) ? __print_flags(REC->fl, \"|\", {(1 << NOT_KNOWN), \"LOST\"}, {0x4, "
		"\"FOUR\"}, "
		"{ 0, ((void *)0) } ) : \"none\", __print_symbolic(REC->none, {X, \"Y\"}), "
		"__print_flags((unsigned long)REC->cast, \"\", { 1UL << 3, \"EIGHT\" })";
	struct sg_sym *sym;
	unsigned int nr;
	bool flags;

	assert_true(tr_table_find(span(print), span("zone"), &flags, &sym, &nr));
	assert_false(flags);
	assert_int_equal(nr, 2);
	assert_string_equal(sym[1].name, "Normal (high)");
	free(sym);
	assert_true(tr_table_find(span(print), span("fl"), &flags, &sym, &nr));
	assert_true(flags);
	assert_int_equal(nr, 1);
	assert_int_equal(sym[0].value, 4);
	assert_string_equal(sym[0].name, "FOUR");
	free(sym);
	assert_true(tr_table_find(span(print), span("cast"), &flags, &sym, &nr));
	assert_int_equal(sym[0].value, 8);
	free(sym);
	assert_false(tr_table_find(span(print), span("none"), &flags, &sym, &nr));
	assert_false(tr_table_find(span(print), span("a"), &flags, &sym, &nr));
	assert_false(tr_table_find(span("__print_flags(REC->x, \"|\", {1, \"a"), span("x"), &flags,
				   &sym, &nr));
}

static void aliases(void **state)
{
	assert_int_equal(tr_alias_rank("pfn", span("pfn")), 1);
	assert_int_equal(tr_alias_rank("page|pfn", span("pfn")), 2);
	assert_int_equal(tr_alias_rank("page|pfn", span("pf")), 0);
	assert_int_equal(tr_alias_rank("page|pfn", span("page|pfn")), 0);
}

/* A text field out of its record's bounds, and the older name of a field, in a whole file. */
static void made_event(void **state)
{
	static const char format[] =
		"name: mm_khugepaged_scan_file\nID: 700\nformat:\n"
		"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
		"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n"
		"\tfield:unsigned long pfn;\toffset:8;\tsize:8;\tsigned:0;\n"
		"\tfield:__data_loc char[] filename;\toffset:16;\tsize:4;\tsigned:0;\n"
		"\tfield:int result;\toffset:20;\tsize:4;\tsigned:1;\n"
		"print fmt: \"%s\", __print_symbolic(REC->result, {-1, \"minus\"}, {2, \"two\"})\n";
	static const uint32_t locs[] = { 24 | 6u << 16, 24 | 100u << 16, 0xffffu | 1u << 16, 24 };

	/* the event belongs to system huge_memory: under "test" it is only counted */
	struct mk_file f = { .version = 6,
			     .longs = 8,
			     .page_size = 512,
			     .comp = "none",
			     .nr_inst = 1,
			     .formats = format };
	struct mk_page p;
	struct tp_events e;
	struct mk_buf b;
	char *sys;
	int fd;

	f.inst[0].name = "";
	f.inst[0].nr_cpus = 1;
	p = mk_page_start(&f, &f.inst[0].cpu[0], 100);
	for (int i = 0; i < 4; i++) {
		struct mk_buf r = { 0 };

		mk_u32(&r, 700);
		mk_u32(&r, 5);
		mk_u64(&r, 9);
		mk_u32(&r, locs[i]);
		mk_u32(&r, (uint32_t)-1);
		mk_bytes(&r, "name\0x\0", 8);
		mk_record(&p, 1, r.d, r.n, false);
		mk_free(&r);
	}
	mk_page_end(&p, 0, -1);
	b = mk_build(&f);
	e = tp_events_of(tp_file(b.d, b.n, &fd), 0);
	assert_int_equal(e.nr, 4);
	assert_int_equal(e.ev[0].kind, SG_EV_other);
	tp_events_free(&e);
	mk_free(&b);
	f.formats_system = "huge_memory";
	b = mk_build(&f);
	sys = (char *)tp_file(b.d, b.n, &fd);
	e = tp_events_of(sys, 0);
	assert_int_equal(e.nr, 4);
	assert_int_equal(e.ev[0].kind, SG_EV_mm_khugepaged_scan_file);
	assert_int_equal(e.ev[0].v[SGF_mm_khugepaged_scan_file_pfn], 9);
	assert_true(e.ev[0].v[SGF_mm_khugepaged_scan_file_result] == UINT64_MAX);
	assert_true(e.ev[0].v[SGF_mm_khugepaged_scan_file_swap] == SG_MISSING);
	assert_string_equal(e.text[0], "name");
	assert_null(e.text[1]);
	assert_null(e.text[2]);
	assert_true(e.ev[2].v[SGF_mm_khugepaged_scan_file_filename] == SG_MISSING);
	assert_int_equal(e.ev[3].str_len, 0);
	tp_events_free(&e);
	mk_free(&b);
	mk_file_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(expressions), cmocka_unit_test(lines),
		cmocka_unit_test(tables),      cmocka_unit_test(aliases),
		cmocka_unit_test(made_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
