// SPDX-License-Identifier: GPL-2.0-only
/* Traces as text: heads of lines, fields by kernels' print formats, whole texts, and texts against their trace.dat. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tt.h"
#include "util.h"

static struct tr_span span(const char *s)
{
	return (struct tr_span){ s, strlen(s) };
}

/* ---- heads ---------------------------------------------------------------------- */

static void heads(void **state)
{
	static const struct {
		const char *text, *comm;
		int pid;
		unsigned int cpu;
		uint64_t ts;
		enum tt_time time;
		int flags, preempt; /* -1: no column of flags */
		const char *name, *body;
	} t[] = {
		{ "           storm-225   [001]    17.245976: mm_page_free:   page=0x1 pfn=0x2 order=0", "storm", 225, 1,
		  17245976000, TT_TIME_US, -1, 0, "mm_page_free", "page=0x1 pfn=0x2 order=0" },
		{ "           storm-225   [001]    17.245976140: mm_page_free: x", "storm", 225, 1, 17245976140, TT_TIME_NS, -1,
		  0, "mm_page_free", "x" },
		{ "   storm-225     1d.h2.    17.245976: mm_page_free: x", "storm", 225, 1, 17245976000, TT_TIME_US, 0x09, 2,
		  "mm_page_free", "x" },
		{ "   storm-225    12dNs1.    17.245976: mm_page_free: x", "storm", 225, 12, 17245976000, TT_TIME_US, 0x15, 1,
		  "mm_page_free", "x" },
		{ "   storm-225     1-0x0    17.245976: mm_page_free: x", "storm", 225, 1, 17245976000, TT_TIME_US, -1, 0,
		  "mm_page_free", "x" },
		{ "          <idle>-0       [003] d.s3.  2000.000001: mm_page_free: x", "<idle>", 0, 3, 2000000001000,
		  TT_TIME_US, 0x11, 3, "mm_page_free", "x" },
		{ "            bash-977     [000] d..1  12.5: mm_page_free: x", "bash", 977, 0, 12500000000, TT_TIME_US, 0x01, 1,
		  "mm_page_free", "x" },
		{ "            bash-977     (    977) [000] ..... 12.500000: mm_page_free: x", "bash", 977, 0, 12500000000,
		  TT_TIME_US, 0, 0, "mm_page_free", "x" },
		{ "           <...>-977     (-------) [000] ..... 12.500000: mm_page_free: x", "<...>", 977, 0, 12500000000,
		  TT_TIME_US, 0, 0, "mm_page_free", "x" },
		{ "    bash-1994      3d..1.  1234us+: mm_page_free: x", "bash", 1994, 3, 1234000, TT_TIME_RELATIVE, 0x01, 1,
		  "mm_page_free", "x" },
		{ "    bash-1994      3d..1.  1234us : mm_page_free: x", "bash", 1994, 3, 1234000, TT_TIME_RELATIVE, 0x01, 1,
		  "mm_page_free", "x" },
		{ "            bash-977     [000] ..... 987654: mm_page_free: x", "bash", 977, 0, 987654, TT_TIME_TICKS, 0, 0,
		  "mm_page_free", "x" },
		{ "            bash-977   [000]  12.500000 (+3): mm_page_free: x", "bash", 977, 0, 12500000000, TT_TIME_US, -1,
		  0, "mm_page_free", "x" },
		{ " kworker/u8:3-ev-12 (x)-345   [002]    1.000002: mm_page_free: x", "(x)", 345, 2, 1000002000, TT_TIME_US,
		  -1, 0, "mm_page_free", "x" },
		{ "        Web Content-7 [002] 1.000002: mm_page_free: x\r", "Web Content", 7, 2, 1000002000, TT_TIME_US, -1, 0,
		  "mm_page_free", "x" },
		{ "storm   225 [001]    17.245976:   kmem:mm_page_free: x", "storm", 225, 1, 17245976000, TT_TIME_US, -1, 0,
		  "mm_page_free", "x" },
		{ "storm   225/226 [001]    17.245976:   kmem:mm_page_free: x", "storm   225", 226, 1, 17245976000, TT_TIME_US, -1,
		  0, "mm_page_free", "x" },
		{ "            bash-977     [000] ..... 1.5: tracing_mark_write: a: b", "bash", 977, 0, 1500000000, TT_TIME_US, 0,
		  0, "tracing_mark_write", "a: b" },
		{ "            bash-977     [000] ..... 1.5: kfree <-kvfree", "bash", 977, 0, 1500000000, TT_TIME_US, 0, 0,
		  "(no event)", "kfree <-kvfree" },
	};
	static const char *const no[] = { "", "#", "hello", "a-1", "a-1 [", "a-1 [1", "a-1 [1]", "a-1 [1] 2.", "a-1 [1] 2.5",
					  "a-1 [99999999] 2.5: x: y", "a-99999999999 [1] 2.5: x: y", "a-1 [1] 2.1234567890: x: y",
					  "a-1 [1] 99999999999999999999: x: y", "[   12.345678] Mem-Info:", "-", "- - -",
					  "Node 0, zone  DMA  1  2" };

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct tt_line l;

		tt_line(t[i].text, strlen(t[i].text), &l);
		if (l.kind != TT_EVENT || !tr_span_is(l.comm, t[i].comm) || l.pid != t[i].pid || l.cpu != t[i].cpu ||
		    l.ts != t[i].ts || l.time != t[i].time || l.have_flags != (t[i].flags >= 0) ||
		    (t[i].flags >= 0 && (l.flags != t[i].flags || l.preempt != t[i].preempt)) ||
		    !tr_span_is(l.name, t[i].name) || !tr_span_is(l.body, t[i].body))
			fail_msg("%s: kind %d comm '%.*s' pid %d cpu %u ts %llu time %d flags %d %x %u name '%.*s' body '%.*s'",
				 t[i].text, l.kind, (int)l.comm.n, l.comm.s, l.pid, l.cpu, (unsigned long long)l.ts, l.time,
				 l.have_flags, l.flags, l.preempt, (int)l.name.n, l.name.s, (int)l.body.n, l.body.s);
	}
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		struct tt_line l;

		tt_line(no[i], strlen(no[i]), &l);
		if (l.kind == TT_EVENT)
			fail_msg("%s: taken for an event", no[i]);
	}
}

static void other_lines(void **state)
{
	static const struct {
		const char *text;
		enum tt_line_kind kind;
		unsigned int cpu;
		int64_t lost;
	} t[] = {
		{ "CPU:1 [LOST 42 EVENTS]", TT_LOST, 1, 42 },
		{ "CPU:12 [123 EVENTS DROPPED]", TT_LOST, 12, 123 },
		{ "CPU:0 [EVENTS DROPPED]", TT_LOST, 0, -1 },
		{ "CPU:0 [LOST EVENTS]", TT_LOST, 0, -1 },
		{ "##### CPU 3 buffer started ####", TT_BEGIN, 3, 0 },
		{ "CPU 2 is empty", TT_EMPTY, 2, 0 },
		{ "cpus=8", TT_CPUS, 8, 0 },
		{ "# entries-in-buffer/entries-written: 140080/250280   #P:4", TT_BUFFER, 4, 110200 },
		{ "# entries-in-buffer/entries-written: 10/10   #P:2", TT_BUFFER, 2, 0 },
		{ "# tracer: nop", TT_HEADER, 0, 0 },
		{ "version = 7", TT_HEADER, 0, 0 },
		{ "CPU:x", TT_NONE, 0, 0 },
		{ "cpus=999999999", TT_NONE, 0, 0 },
	};
	struct tt_line l;

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		tt_line(t[i].text, strlen(t[i].text), &l);
		if (l.kind != t[i].kind || l.cpu != t[i].cpu || l.lost != t[i].lost)
			fail_msg("%s: %d %u %lld", t[i].text, l.kind, l.cpu, (long long)l.lost);
	}
	tt_line("# nop latency trace v1.1.5 on 6.1.0-50-cloud-amd64", 50, &l);
	assert_int_equal(l.kind, TT_KERNEL);
	assert_true(tr_span_is(l.body, "6.1.0-50-cloud-amd64"));
}

/* ---- fields ---------------------------------------------------------------------- */

#define M SG_MISSING

static void fields(void **state)
{
	static const struct {
		unsigned int kind;
		const char *body;
		uint64_t v[SG_SLOTS];
	} t[] = {
		/* 6.1 and later, 5.10, trace-cmd report -R, a failed request, a bit without a name, a name that isn't known */
		{ SG_EV_mm_page_alloc,
		  "page=0xffffea0000123400 pfn=0x30f4 order=0 migratetype=1 gfp_flags=GFP_HIGHUSER_MOVABLE|__GFP_ZERO",
		  { 0x30f4, 0, 0x100dca, 1 } },
		{ SG_EV_mm_page_alloc, "page=0000000012345678 pfn=12532 order=2 migratetype=0 gfp_flags=GFP_KERNEL",
		  { 12532, 2, 0xcc0, 0 } },
		{ SG_EV_mm_page_alloc, " pfn=0x30f4 order=0 gfp_flags=0x440dc0 migratetype=0", { 0x30f4, 0, 0x440dc0, 0 } },
		{ SG_EV_mm_page_alloc, "page=(nil) pfn=0x0 order=9 migratetype=1 gfp_flags=GFP_TRANSHUGE",
		  { UINT64_MAX, 9, 0x1c24ca, 1 } },
		{ SG_EV_mm_page_alloc, "page=0x1 pfn=0x5 order=0 migratetype=0 gfp_flags=GFP_NOFS|0x80000000",
		  { 5, 0, 0x80000c40, 0 } },
		{ SG_EV_mm_page_alloc, "page=0x1 pfn=0x5 order=0 migratetype=0 gfp_flags=none", { 5, 0, 0, 0 } },
		{ SG_EV_mm_page_alloc, "page=0x1 pfn=0x5 order=0 migratetype=0 gfp_flags=__GFP_NEVER_SEEN",
		  { 5, 0, UINT64_C(1) << 40, 0 } },
		/* a further field of a newer kernel */
		{ SG_EV_mm_page_alloc, "page=0x1 pfn=0x5 order=1 migratetype=0 gfp_flags=GFP_KERNEL nid=3", { 5, 1, 0xcc0, 0 } },
		{ SG_EV_mm_page_free_batched, "page=0x1 pfn=0x5 order=0", { 5 } },
		{ SG_EV_mm_page_alloc_zone_locked, "page=0x1 pfn=0x5 order=3 migratetype=2 percpu_refill=1", { 5, 3, 2, 1 } },
		{ SG_EV_mm_page_alloc_extfrag,
		  "page=0x1 pfn=0x1200 alloc_order=0 fallback_order=5 pageblock_order=9 alloc_migratetype=0 "
		  "fallback_migratetype=1 fragmenting=1 change_ownership=0", { 0x1200, 0, 5, 0, 1, 0 } },
		{ SG_EV_mm_filemap_add_to_page_cache, "dev 254:0 ino 20008 pfn=0x3050c ofs=151912448 order=0",
		  { 0x20008, 0x3050c, 0x90e0, 0xfe00000, 0 } },
		{ SG_EV_mm_filemap_add_to_page_cache, "dev 8:1 ino ab page=0000000012345678 pfn=99 ofs=4096",
		  { 0xab, 99, 1, 0x800001, M } },
		{ SG_EV_mm_filemap_add_to_page_cache, "i_ino=20008 pfn=0x3050c index=0x90e0 s_dev=266338304 order=0",
		  { 0x20008, 0x3050c, 0x90e0, 0xfe00000, 0 } },
		{ SG_EV_mm_migrate_pages,
		  "nr_succeeded=1 nr_failed=2 nr_thp_succeeded=3 nr_thp_failed=4 nr_thp_split=5 nr_split=6 "
		  "mode=MIGRATE_SYNC_LIGHT reason=memory_hotplug", { 1, 2, 3, 4, 5, 6, 1, 2 } },
		{ SG_EV_mm_migrate_pages,
		  "nr_succeeded=1 nr_failed=2 nr_thp_succeeded=3 nr_thp_failed=4 nr_thp_split=5 mode=MIGRATE_ASYNC "
		  "reason=compaction", { 1, 2, 3, 4, 5, M, 0, 0 } },
		{ SG_EV_mm_compaction_suitable, "node=1 zone=Normal   order=9 ret=continue", { 1, 2, 9, 4 } },
		{ SG_EV_mm_compaction_wakeup_kcompactd, "nid=0 order=-1 classzone_idx=Movable ", { 0, (uint64_t)-1, 3 } },
		{ SG_EV_mm_compaction_isolate_freepages, "range=(0x1000 ~ 0x1200) nr_scanned=512 nr_taken=8",
		  { 0x1000, 0x1200, 512, 8 } },
		{ SG_EV_mm_compaction_begin, "zone_start=0x1000 migrate_pfn=0x1000 free_pfn=0x3fe00 zone_end=0x40000, mode=async",
		  { 0x1000, 0x1000, 0x3fe00, 0x40000, 0 } },
		{ SG_EV_mm_compaction_end,
		  "zone_start=0x1000 migrate_pfn=0x1000 free_pfn=0x3fe00 zone_end=0x40000, mode=sync status=partial_skipped",
		  { 0x1000, 0x1000, 0x3fe00, 0x40000, 1, 6 } },
		{ SG_EV_mm_compaction_deferred, "node=0 zone=DMA32    order=9 order_failed=8 consider=3 limit=16",
		  { 0, 1, 9, 3, 4, 8 } },
		{ SG_EV_mm_vmscan_direct_reclaim_begin, "order=0 gfp_flags=GFP_KERNEL pid=12 memcg_id=1 ", { 0xcc0, 1, 0 } },
		{ SG_EV_mm_vmscan_direct_reclaim_begin, "order=0 gfp_flags=GFP_KERNEL pid=12 memcg_id=1 (in-irq)",
		  { 0xcc0, 1, 0 } },
		{ SG_EV_mm_vmscan_direct_reclaim_begin, "order=0 gfp_flags=GFP_KERNEL", { 0xcc0, M, 0 } },
		{ SG_EV_mm_vmscan_direct_reclaim_end, "nr_reclaimed=32", { 32, M } },
		{ SG_EV_mm_vmscan_wakeup_kswapd, "nid=0 order=3 gfp_flags=GFP_ATOMIC", { 0, M, 3, 0x820 } },
		{ SG_EV_mm_vmscan_lru_shrink_active,
		  "nid=0 nr_taken=1 nr_active=2 nr_deactivated=3 nr_referenced=4 priority=12 flags=RECLAIM_WB_FILE|RECLAIM_WB_ASYNC",
		  { 0, 1, 2, 3, 4, 12, 0xa } },
		{ SG_EV_mm_lru_insertion, "folio=0xff pfn=0xade8 lru=0 flags=Ma b  ", { 0xff, 0xade8, 0, 0x13 } },
		{ SG_EV_mm_lru_insertion, "folio=0xff pfn=0xade8 lru=2 flags= f", { 0xff, 0xade8, 2, 0x04 } },
		{ SG_EV_mm_shrink_slab_start,
		  "super_cache_scan+0x0/0x1a0 ffff888012345678: nid: 1 objects to shrink 2 gfp_flags GFP_KERNEL cache items 3 "
		  "delta 4 total_scan 5 priority 6", { 0xffff888012345678, M, 2, 0xcc0, 3, 4, 5, 6, 1, M } },
		{ SG_EV_mark_victim,
		  "pid=7 comm=a b total-vm=1kB anon-rss=2kB file-rss:3kB shmem-rss:4kB uid=5 pgtables=6kB oom_score_adj=-7",
		  { 7, 3, 1, 2, 3, 4, 5, 6, (uint64_t)-7 } },
		{ SG_EV_mm_khugepaged_scan_pmd,
		  "mm=0xff, scan_pfn=0x12, writable=1, referenced=2, none_or_zero=3, status=succeeded, unmapped=4",
		  { 0xff, 0x12, 2, 3, 1, 4, 1 } },
		{ SG_EV_test_pages_isolated, "start_pfn=0x10 end_pfn=0x20 fin_pfn=0x18 ret=fail", { 0x10, 0x20, 0x18 } },
		/* trace-cmd gave up on a print format */
		{ SG_EV_mm_page_free, "[FAILED TO PARSE] pfn=0x12 order=3", { 0x12, 3 } },
	};
	static const struct {
		unsigned int kind;
		const char *body;
	} no[] = { { SG_EV_mm_page_alloc, "" },
		   { SG_EV_mm_page_alloc, "page=0x1 pf" },
		   { SG_EV_mm_page_alloc, "page=0x1 pfn=hello order=x" },
		   { SG_EV_mm_page_alloc, "page=0x1 pfn=0xfffffffffffffffff order=x" },
		   { SG_EV_mm_page_free, "order" },
		   { SG_EV_mm_compaction_begin, "zone_start=" } };
	struct tt_shapes *s = tt_shapes_new();
	struct tt_names n;

	assert_non_null(s);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct sg_event ev = { .kind = (uint16_t)t[i].kind };
		struct tt_signs signs = { 0 };

		assert_true(tt_names_init(&n));
		if (!tt_fields(s, &n, &signs, span(t[i].body), 12, &ev))
			fail_msg("not read: %s", t[i].body);
		for (unsigned int f = 0; f < sg_kind_info(t[i].kind)->nr_fields; f++)
			if (ev.v[f] != t[i].v[f])
				fail_msg("%s: %s is %llx, not %llx", t[i].body, sg_kind_info(t[i].kind)->field[f].name,
					 (unsigned long long)ev.v[f], (unsigned long long)t[i].v[f]);
		tt_names_fini(&n);
	}
	assert_true(tt_names_init(&n));
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		struct sg_event ev = { .kind = (uint16_t)no[i].kind };
		struct tt_signs signs = { 0 };

		if (tt_fields(s, &n, &signs, span(no[i].body), 12, &ev))
			fail_msg("read: %s", no[i].body);
	}
	tt_names_fini(&n);
	tt_shapes_free(s);
}

/* ---- whole texts ------------------------------------------------------------------- */

static struct tr_capture *open_text(const char *text)
{
	struct tr_capture *tc;
	struct sg_err err;
	int fd;

	if (tr_open(tp_file(text, strlen(text), &fd), 0, &tc, &err) < 0)
		fail_msg("%s", err.text);
	close(fd);
	return tc;
}

static void tracefs_text(void **state)
{
	struct tr_capture *tc = open_text(
		"# tracer: nop\n#\n# entries-in-buffer/entries-written: 6/106   #P:4\n#\n"
		"#                                _-----=> irqs-off/BH-disabled\n"
		"#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION\n"
		"            bash-12      [000] ..... 10.000001: mm_page_alloc: page=(____ptrval____) pfn=0x10 order=0 "
		"migratetype=0 gfp_flags=GFP_KERNEL\n"
		"            bash-12      [000] ..... 10.000001: tracing_mark_write: phase one\n"
		"##### CPU 2 buffer started ####\n"
		"CPU:2 [LOST 7 EVENTS]\n"
		"          <idle>-0       [002] d.s1. 10.000002: mm_page_free: page=x pfn=0x10 order=0\n"
		"           <...>-99      [003] d..2. 10.000003: sched_switch: prev_comm=a ==> next_comm=b\n"
		"            bash-12      [000] ..... 10.000004: mm_page_alloc: page=x pf\n"
		"what is this?\n"
		"            cat -13      [000] ..... 10.000005: mm_compaction_suitable: node=0 zone=HighMem  order=1 ret=success");
	const struct sg_capture *cap = tr_info(tc);
	struct sg_event ev[16];

	assert_int_equal(cap->file_version, 0);
	assert_int_equal(cap->nr_cpus, 4);
	assert_true(cap->clock_is_ns);
	assert_string_equal(cap->kernel, "unknown");
	assert_int_equal(cap->gfp.direct_reclaim, 0x400);
	assert_int_equal(cap->gfp.movable, 8);
	assert_true(cap->present[SG_EV_mm_page_alloc] && cap->present[SG_EV_mm_page_free] && cap->present[SG_EV_print]);
	assert_false(cap->present[SG_EV_mm_page_alloc_extfrag] || cap->present[SG_EV_mm_vmscan_kswapd_wake]);
	assert_true(cap->present[SG_EV_mm_compaction_begin]); /* its system is there */
	assert_string_equal(cap->zone_type[2], "HighMem");
	assert_string_equal(sg_capture_comm(cap, 12), "bash");
	assert_string_equal(sg_capture_comm(cap, 13), "cat");
	assert_string_equal(sg_capture_comm(cap, 99), "<...>");
	assert_non_null(sg_limits_find(&cap->limits, SG_LIMIT_TEXT_LOSSY));
	assert_non_null(strstr(sg_limits_find(&cap->limits, SG_LIMIT_TEXT_LOSSY)->text, "nanoseconds"));
	assert_null(strstr(sg_limits_find(&cap->limits, SG_LIMIT_TEXT_LOSSY)->text, "column of flags"));
	assert_non_null(sg_limits_find(&cap->limits, SG_LIMIT_DAMAGED));
	assert_int_equal(sg_limits_find(&cap->limits, SG_LIMIT_DAMAGED)->from, 5);
	assert_non_null(tp_note(cap, "began later"));
	assert_int_equal(tr_read(tc, ev, 2), 2); /* in pieces */
	assert_int_equal(ev[0].kind, SG_EV_mm_page_alloc);
	assert_int_equal(ev[0].ts, 10000001000);
	assert_int_equal(ev[1].kind, SG_EV_print);
	assert_int_equal(ev[1].str_len, 9);
	assert_memory_equal(ev[1].str, "phase one", 9);
	assert_int_equal(tr_read(tc, ev, 16), 4);
	assert_int_equal(ev[0].kind, SG_EV_mm_page_free);
	assert_int_equal(ev[0].missed, 7);
	assert_int_equal(ev[0].common_flags, 0x11);
	assert_int_equal(ev[0].preempt, 1);
	assert_int_equal(ev[1].kind, SG_EV_other);
	/* a line that is cut isn't a failed request */
	assert_int_equal(ev[2].kind, SG_EV_other);
	assert_int_equal(ev[3].kind, SG_EV_mm_compaction_suitable);
	assert_int_equal(ev[3].v[SGF_mm_compaction_suitable_idx], 2);
	assert_int_equal(tr_read(tc, ev, 16), 0);
	/* 7 told, and what was overwritten before the first */
	assert_int_equal(cap->lost_events, 100);
	assert_int_equal(cap->nr_other, 3);
	assert_string_equal(cap->other[0].name, "sched_switch");
	assert_int_equal(cap->other[0].count, 1);
	assert_string_equal(cap->other[1].name, "(unreadable)");
	tr_close(tc);
}

/* What a text tells of its kernel: 5.10 has no percpu_refill, and its gfp names mean other bits. */
static void old_kernel(void **state)
{
	struct tr_capture *tc = open_text(
		"cpus=1\n"
		" a-1 [000] 1.000001: mm_page_alloc_zone_locked: page=x pfn=4660 order=0 migratetype=0 percpu_refill=1\n"
		" a-1 [000] 1.000002: mm_page_alloc: page=x pfn=4660 order=0 migratetype=0 gfp_flags=GFP_NOWAIT|__GFP_NOWARN\n"
		" a-1 [000] 1.000003: mm_page_alloc: page=x pfn=4661 order=0 migratetype=0 gfp_flags=GFP_ATOMIC\n");
	struct sg_event ev[4];

	assert_int_equal(tr_info(tc)->kver[0], 5);
	assert_int_equal(tr_info(tc)->kver[1], 10);
	assert_int_equal(tr_read(tc, ev, 4), 3);
	assert_true(ev[0].v[SGF_mm_page_alloc_zone_locked_percpu_refill] == SG_MISSING);
	assert_int_equal(ev[0].v[SGF_mm_page_alloc_zone_locked_pfn], 4660);
	assert_int_equal(ev[1].v[SGF_mm_page_alloc_gfp_flags], 0x2800);
	assert_int_equal(ev[2].v[SGF_mm_page_alloc_gfp_flags], 0xa20);
	tr_close(tc);
}

static void clocks(void **state)
{
	struct tr_capture *tc = open_text(" a-1 [000] ..... 77: mm_page_free: page=x pfn=0x1 order=0\n"
					  " a-1 [000] ..... 99: mm_page_free: page=x pfn=0x2 order=0\n");
	struct sg_event ev[4];

	assert_false(tr_info(tc)->clock_is_ns);
	assert_int_equal(tr_read(tc, ev, 4), 2);
	assert_int_equal(ev[1].ts, 99);
	tr_close(tc);
	tc = open_text(" a-1 0..... 77us+: mm_page_free: page=x pfn=0x1 order=0\n"
		       "# nop latency trace v1.1.5 on 6.12.3\n");
	assert_true(tr_info(tc)->clock_is_ns);
	assert_string_equal(tr_info(tc)->kernel, "6.12.3");
	assert_int_equal(tr_info(tc)->kver[0], 6);
	assert_int_equal(tr_info(tc)->kver[1], 12);
	tr_close(tc);
}

/* Everything that isn't a trace stays what it was; lines of all lengths end. */
static void not_traces(void **state)
{
	static const char *const no[] = { "hello\n", "\n\n\n", "# tracer: nop\n#\n", "[ 1.5] usb 1-1: new\n[ 1.6] a-1 [0] x\n" };
	static const char head[] = " a-1 [000] 1.5: mm_page_free: page=x pfn=0x1 order=0\n"
				   " a-1 [000] 1.6: tracing_mark_write: ";
	static const char tail[] = "\n a-1 [000] 1.7: mm_page_free: page=x pfn=0x2 order=0";
	size_t n = 3u << 20;
	char *long_line = malloc(n + 1);
	struct tr_capture *tc;
	struct sg_event ev[4];
	struct sg_err err;
	int fd;

	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		assert_true(tr_open(tp_file(no[i], strlen(no[i]), &fd), 0, &tc, &err) < 0);
		close(fd);
	}
	assert_non_null(long_line);
	memset(long_line, 'x', n);
	long_line[n] = '\0';
	memcpy(long_line, head, strlen(head));
	memcpy(long_line + n - strlen(tail), tail, strlen(tail));
	tc = open_text(long_line);
	assert_int_equal(tr_read(tc, ev, 4), 3);
	assert_int_equal(ev[1].kind, SG_EV_print);
	assert_true(ev[1].str_len > 60000 && ev[1].str_len < 65536);
	assert_int_equal(ev[2].v[SGF_mm_page_free_pfn], 2);
	tr_close(tc);
	free(long_line);
}

/* ---- against trace.dat --------------------------------------------------------------- */

static const char *name_of(const struct sg_capture *cap, const struct sg_event *ev, unsigned int slot)
{
	const struct sg_symtab *t = cap->sym[ev->kind][slot];

	for (unsigned int i = 0; t && i < t->nr; i++)
		if ((uint32_t)t->sym[i].value == (uint32_t)ev->v[slot])
			return t->sym[i].name;
	return "?";
}

/* What no print format has. */
static bool not_printed(unsigned int kind, unsigned int slot)
{
	return (kind == SG_EV_print && slot == SGF_print_ip) ||
	       (kind == SG_EV_mm_vmscan_wakeup_kswapd && slot == SGF_mm_vmscan_wakeup_kswapd_zid) ||
	       (kind == SG_EV_mm_vmscan_kswapd_wake && slot == SGF_mm_vmscan_kswapd_wake_zid) ||
	       (kind == SG_EV_mm_shrink_slab_start && slot == SGF_mm_shrink_slab_start_shrink) ||
	       (kind == SG_EV_mm_shrink_slab_end && slot == SGF_mm_shrink_slab_end_shrink);
}

static void compare(const char *sample, const char *file, unsigned long from, size_t count, uint64_t precision)
{
	struct tr_capture *dat, *text;
	struct sg_event *a = calloc(count, sizeof(*a)), *b = calloc(count, sizeof(*b));
	char path[4096];
	struct sg_err err;
	size_t have;

	assert_non_null(a);
	assert_non_null(b);
	snprintf(path, sizeof(path), "%s/%s/trace.dat", TP_SAMPLES, sample);
	if (tr_open(path, TR_NO_SNAPSHOTS, &dat, &err) < 0)
		fail_msg("%s", err.text);
	snprintf(path, sizeof(path), "%s/%s", TP_DATA, file);
	if (tr_open(path, 0, &text, &err) < 0)
		fail_msg("%s", err.text);
	for (unsigned long skip = from - 1; skip; skip -= have) {
		have = tr_read(dat, a, skip < count ? skip : count);
		assert_true(have > 0);
	}
	have = 0;
	while (have < count) {
		size_t n = tr_read(dat, a + have, count - have);

		assert_true(n > 0);
		have += n;
	}
	assert_int_equal(tr_read(text, b, count), count);
	for (size_t i = 0; i < count; i++) {
		const struct sg_kind_info *ki = sg_kind_info(a[i].kind);

		if (a[i].kind != b[i].kind || a[i].cpu != b[i].cpu || a[i].pid != b[i].pid ||
		    a[i].ts + precision / 2 < b[i].ts || b[i].ts + precision / 2 < a[i].ts)
			fail_msg("%s: event %zu: %s, the text has %s", file, i, ki->name, sg_kind_info(b[i].kind)->name);
		for (unsigned int s = 0; a[i].kind != SG_EV_other && s < ki->nr_fields; s++) {
			bool same = a[i].v[s] == b[i].v[s];

			if (ki->field[s].type == SG_T_SYM)
				same = strcmp(name_of(tr_info(dat), &a[i], s), name_of(tr_info(text), &b[i], s)) == 0;
			if (!same && !(not_printed(a[i].kind, s) && b[i].v[s] == SG_MISSING))
				fail_msg("%s: event %zu, %s.%s is %llx, the text has %llx", file, i, ki->name,
					 ki->field[s].name, (unsigned long long)a[i].v[s], (unsigned long long)b[i].v[s]);
		}
	}
	tr_close(dat);
	tr_close(text);
	free(a);
	free(b);
}

/* What trace-cmd 3.1.6 made of stretches of the samples. */
static void against_trace_dat(void **state)
{
	compare("steady-6.1", "steady-6.1-from-1.report-l.gz", 1, 1500, 1000);
	compare("w2-unmovable-7.3", "w2-unmovable-7.3-from-82501.report.gz", 82501, 1000, 1000);
	compare("w2-unmovable-7.3", "w2-unmovable-7.3-from-82501.report-R.gz", 82501, 1000, 1000);
	compare("w2-unmovable-7.3", "w2-unmovable-7.3-from-82501.report-t.gz", 82501, 200, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(heads),	cmocka_unit_test(other_lines), cmocka_unit_test(fields),
		cmocka_unit_test(tracefs_text), cmocka_unit_test(old_kernel),  cmocka_unit_test(clocks),
		cmocka_unit_test(not_traces),	cmocka_unit_test(against_trace_dat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
