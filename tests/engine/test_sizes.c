// SPDX-License-Identifier: GPL-2.0-only
/* Large machines: pfns up to 2^52 with holes between, 64 nodes, 8192 CPUs; what they cost follows from what is touched. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "check/check.h"
#include "time/image.h"
#include "machine/layout.h"

#define LOW 0x80000ull      /* 2 GiB of 4 KiB pages, where memory of arm64 servers begins */
#define HIGH (1ull << 50)
#define SPAN SG_SECTION

static struct sg_capture capture(void)
{
	return (struct sg_capture){
		.path = "made", .name = "made", .kernel = "7.3", .kver = { 7, 3 }, .machine = "aarch64", .arch = SG_ARCH_ARM64,
		.page_size = 4096, .nr_cpus = 4, .long_size = 8, .clock_is_ns = true, .nr_migratetypes = 3,
		.migratetype = { "Unmovable", "Movable", "Reclaimable" }, .mt_highatomic = -1, .mt_cma = -1, .mt_isolate = -1,
		.nr_zone_types = 4, .zone_type = { "DMA", "DMA32", "Normal", "Movable" },
	};
}

static uint64_t ts;

static struct sg_event event(enum sg_kind kind, uint16_t cpu)
{
	return (struct sg_event){ .kind = (uint16_t)kind, .cpu = cpu, .pid = 100, .ts = ts += 1000 };
}

static struct sg_event alloc_of(uint64_t pfn, uint64_t order, uint16_t cpu)
{
	struct sg_event ev = event(SG_EV_mm_page_alloc, cpu);

	ev.v[SGF_mm_page_alloc_pfn] = pfn;
	ev.v[SGF_mm_page_alloc_order] = order;
	ev.v[SGF_mm_page_alloc_migratetype] = 1;
	return ev;
}

static struct sg_event free_of(uint64_t pfn, uint64_t order, uint16_t cpu)
{
	struct sg_event ev = event(SG_EV_mm_page_free, cpu);

	ev.v[SGF_mm_page_free_pfn] = pfn;
	ev.v[SGF_mm_page_free_order] = order;
	return ev;
}

static void state_is(const struct mm_machine *m, uint64_t pfn, enum mm_page_state want)
{
	struct mm_page_info pi;

	mm_page_get(m, pfn, &pi);
	assert_int_equal(pi.state, want);
	if (want == MM_PAGE_ALLOC || want == MM_PAGE_FREE)
		assert_int_equal(pi.head, pfn);
}

struct bytes {
	unsigned char *p;
	size_t len;
};

static int keep(void *arg, const void *data, size_t len)
{
	struct bytes *b = arg;

	b->p = realloc(b->p, b->len + len);
	assert_non_null(b->p);
	memcpy(b->p + b->len, data, len);
	b->len += len;
	return 0;
}

/* Memory at 2 GiB and at 2^50 pages: both are followed, and what lies between isn't there. */
static void two_places(void **state)
{
	struct sg_capture cap = capture();
	struct sg_layout seen = { 0 };
	struct mm_layout *l;
	struct mm_config cfg = { .cap = &cap };
	struct sg_event ev[400];
	struct mm_machine *m, *again;
	struct mm_zone_info z;
	struct bytes image = { 0 };
	struct sg_err err = { 0 };
	const struct mm_change *ch;
	size_t nr, total;
	unsigned int n = 0;
	uint64_t list[4], unplaced;

	(void)state;
	for (unsigned int i = 0; i < 100; i++) {
		ev[n++] = alloc_of(LOW + 64 * i, 0, 1);
		ev[n++] = alloc_of(HIGH + 1024 * i, 5, 2);
	}
	ev[n++] = free_of(HIGH + 1024, 5, 2);
	for (unsigned int i = 0; i < n; i++)
		sg_layout_add(&seen, &ev[i]);
	cfg.layout = l = mm_layout_new(&seen, &cap);
	m = mm_machine_new(&cfg, &err);
	assert_non_null(m);
	assert_int_equal(mm_nr_zones(m), 2);
	mm_zone_get(m, 0, &z);
	assert_string_equal(z.name, "DMA");
	assert_int_equal(z.start_pfn, LOW);
	mm_zone_get(m, 1, &z);
	assert_string_equal(z.name, "Normal");
	assert_true(z.end_pfn >= HIGH + 1024 * 99 + 32);
	assert_true(z.span < 8 * SPAN); /* not the hole */
	assert_true(mm_has_holes(m));
	assert_int_equal(mm_end_pfn(m), z.end_pfn);
	for (unsigned int i = 0; i < n; i++) {
		mm_observe(m, &ev[i]);
		assert_int_equal(mm_last_contra(m), 0);
	}
	ch = mm_changes(m, &nr, &total);
	assert_int_equal(nr, 1);
	assert_int_equal(ch[0].pfn, HIGH + 1024);
	state_is(m, LOW + 64, MM_PAGE_ALLOC);
	state_is(m, LOW + 65, MM_PAGE_UNKNOWN);
	state_is(m, HIGH, MM_PAGE_ALLOC);
	state_is(m, HIGH + 1024, MM_PAGE_FREE);
	state_is(m, HIGH + 1024 * 99, MM_PAGE_ALLOC);
	state_is(m, HIGH - 1, MM_PAGE_NONE);
	state_is(m, 1ull << 40, MM_PAGE_NONE);
	assert_int_equal(mm_zone_of(m, HIGH + 3), 1);
	assert_int_equal(mm_zone_of(m, 1ull << 40), -1);
	nr = mm_free_list(m, 1, 5, 1, list, 4, &unplaced);
	assert_int_equal(nr, 1);
	assert_int_equal(list[0], HIGH + 1024);
	/* going over all pages steps over the hole */
	assert_int_equal(mm_next_pfn(m, 0), LOW);
	assert_int_equal(mm_next_pfn(m, 1ull << 40), HIGH);
	assert_int_equal(mm_next_pfn(m, HIGH + 5), HIGH + 5);
	assert_int_equal(mm_page_at(m, mm_page_rank(m, HIGH + 77)), HIGH + 77);
	assert_int_equal(mm_page_rank(m, HIGH), mm_page_rank(m, HIGH - 1));
	assert_int_equal(mm_audit(m, &err), 0);
	/* a page in the hole is nowhere, and makes nothing larger */
	ev[0] = alloc_of(1ull << 40, 0, 1);
	mm_observe(m, &ev[0]);
	assert_int_equal(mm_contra_count(m, MM_CONTRA_OUT_OF_RANGE), 1);
	/* an image of it is a machine again */
	assert_int_equal(mm_image_save(m, keep, &image), 0);
	assert_int_equal(mm_image_load(&cfg, image.p, image.len, &again, &err), 0);
	assert_true(mm_hash(again) == mm_hash(m));
	state_is(again, HIGH + 1024, MM_PAGE_FREE);
	mm_machine_free(again);
	mm_machine_free(m);
	mm_layout_free(l);
	sg_layout_fini(&seen);
	free(image.p);
}

static int flags_of(const struct sg_snapshot *snap, sg_pageflags_fn fn, void *arg)
{
	/* only what is asked of: the pages of the two ranges; kpageflags itself goes from 0 on */
	static uint64_t some[SPAN];
	int r;

	(void)snap;
	for (unsigned int i = 0; i < SPAN; i++)
		some[i] = i < 1024 ? 1ull << 10 : 1ull << 5;
	r = fn(arg, LOW, some, SPAN);
	return r ? r : fn(arg, HIGH, some, SPAN);
}

/* 64 nodes, the last one's memory at 2^50 pages; 8192 CPUs. */
static void nodes_and_cpus(void **state)
{
	struct sg_capture cap = capture();
	struct sg_zone_snap zone[65];
	struct sg_snapshot snap = { .name = "before", .nr_zones = 65, .zone = zone, .pageblock_order = 9 };
	struct sg_limits limits = { 0 };
	struct mm_config cfg = { .cap = &cap, .nr_seeds = 1, .seed = { { .snap = &snap } }, .limits = &limits };
	struct sg_event ev;
	struct mm_machine *m;
	struct mm_check *c;
	struct mm_zone_info z;
	struct mm_node_info ni;
	struct sg_err err = { 0 };

	(void)state;
	memset(zone, 0, sizeof(zone));
	for (int i = 0; i < 65; i++) {
		zone[i] = (struct sg_zone_snap){ .node = i ? i - 1 : 0, .start_pfn = i == 64 ? HIGH : LOW + i * SPAN,
						 .spanned = SPAN, .present = SPAN, .managed = SPAN };
		snprintf(zone[i].name, sizeof(zone[i].name), "%s", i ? "Normal" : "DMA");
	}
	cap.nr_cpus = 8192;
	m = mm_machine_new(&cfg, &err);
	assert_non_null(m);
	assert_null(sg_limits_find(&limits, SG_LIMIT_CAP_HIT));
	assert_int_equal(mm_nr_zones(m), 65);
	mm_zone_get(m, 64, &z);
	assert_int_equal(z.node, 63);
	assert_int_equal(z.start_pfn, HIGH);
	c = mm_check_new(m, &cfg, NULL, NULL, &err);
	assert_non_null(c);
	ev = alloc_of(HIGH + 8, 0, 8191);
	mm_check_observe(c, m, &ev);
	ev = free_of(HIGH + 8, 0, 8191);
	mm_check_observe(c, m, &ev);
	state_is(m, HIGH + 8, MM_PAGE_PCP);
	ev = event(SG_EV_mm_vmscan_kswapd_wake, 8191);
	ev.v[SGF_mm_vmscan_kswapd_wake_nid] = 63;
	ev.v[SGF_mm_vmscan_kswapd_wake_zid] = 2;
	mm_check_observe(c, m, &ev);
	mm_node_get(m, 63, &ni);
	assert_true(ni.present && ni.kswapd_awake);
	mm_check_finish(c);
	mm_check_free(c);
	assert_int_equal(mm_contra_count(m, MM_CONTRA_OUT_OF_RANGE), 0);
	mm_machine_free(m);
	/* one CPU more is said to be one too many; the others are followed */
	cap.nr_cpus = 8193;
	m = mm_machine_new(&cfg, &err);
	assert_non_null(m);
	assert_non_null(sg_limits_find(&limits, SG_LIMIT_CAP_HIT));
	ev = free_of(HIGH + 8, 0, 8191);
	mm_observe(m, &ev);
	ev = free_of(HIGH + 9, 0, 8192);
	mm_observe(m, &ev);
	mm_machine_free(m);
	sg_limits_free(&limits);
}

/* Page flags of a machine with a hole: the pieces that lie in it don't count, the others are at their places. */
static void flags_with_hole(void **state)
{
	struct sg_capture cap = capture();
	struct sg_zone_snap zone[2] = {
		{ .node = 0, .name = "DMA", .start_pfn = LOW, .spanned = SPAN, .present = SPAN, .managed = SPAN },
		{ .node = 0, .name = "Normal", .start_pfn = HIGH, .spanned = SPAN, .present = SPAN, .managed = SPAN },
	};
	struct sg_snapshot snap = { .name = "before", .nr_zones = 2, .zone = zone, .pageblock_order = 9, .have_pageflags = true,
				    .nr_pfns = HIGH + SPAN, .pageflags = flags_of };
	struct mm_config cfg = { .cap = &cap, .nr_seeds = 1, .seed = { { .snap = &snap } } };
	struct sg_err err = { 0 };
	struct mm_machine *m = mm_machine_new(&cfg, &err);
	struct mm_zone_info z;

	(void)state;
	assert_non_null(m);
	mm_zone_get(m, 1, &z);
	assert_int_equal(z.nr_free, 1024);
	assert_int_equal(z.nr_alloc, SPAN - 1024);
	assert_int_equal(z.nr_unknown, 0);
	state_is(m, HIGH, MM_PAGE_FREE);
	state_is(m, HIGH - 1, MM_PAGE_NONE);
	state_is(m, LOW, MM_PAGE_FREE);
	assert_int_equal(mm_audit(m, &err), 0);
	mm_machine_free(m);
}

/* 1 TiB of which a trace touches a few hundred pages: a few hundred kilobytes, whatever its size. */
static void costs_what_is_touched(void **state)
{
	struct sg_capture cap = capture();
	struct sg_log *log = sg_log_new();
	struct mm_layout *l;
	struct mm_config cfg = { .cap = &cap };
	struct mm_timeline *tl;
	struct mm_zone_info z;
	struct sg_err err = { 0 };

	(void)state;
	for (unsigned int i = 0; i < 1000; i++) {
		struct sg_event ev = alloc_of(LOW + (i % 8) * (SPAN * 1024) + 512 * (i / 8 % 32), 0, 1);

		assert_int_equal(sg_log_append(log, &ev), 0);
		if (i % 10 == 9) {
			ev = event(SG_EV_mm_vmscan_kswapd_sleep, 1);
			assert_int_equal(sg_log_append(log, &ev), 0);
		}
	}
	cfg.layout = l = mm_layout_new(sg_log_layout(log), &cap);
	tl = mm_timeline_new(&cfg, log, 0, &err);
	assert_non_null(tl);
	mm_timeline_seek(tl, sg_log_count(log));
	mm_zone_get(mm_timeline_machine(tl), 1, &z);
	assert_true(z.end_pfn - LOW > 7 * SPAN * 1024); /* 896 GiB */
	assert_int_equal(mm_contra_count(mm_timeline_machine(tl), MM_CONTRA_OUT_OF_RANGE), 0);
	assert_in_range(mm_timeline_bytes(tl), 1, 4u << 20);
	mm_timeline_free(tl);
	mm_layout_free(l);
	sg_log_free(log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_places),
		cmocka_unit_test(nodes_and_cpus),
		cmocka_unit_test(flags_with_hole),
		cmocka_unit_test(costs_what_is_touched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
