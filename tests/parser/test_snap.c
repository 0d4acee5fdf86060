// SPDX-License-Identifier: GPL-2.0-only
/* Capture directories: meta.json and snapshots. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "tr_snap.h"
#include "util.h"

static const char zoneinfo[] = "Node 0, zone      DMA\n"
			       "  per-node stats\n"
			       "      nr_inactive_anon 5\n"
			       "  pages free     3808\n"
			       "        boost    7\n"
			       "        min      190\n"
			       "        low      237\n"
			       "        high     284\n"
			       "        promo    331\n"
			       "        spanned  4095\n"
			       "        present  3998\n"
			       "        managed  3840\n"
			       "        cma      16\n"
			       "        protection: (0, 256, 300)\n"
			       "      nr_free_pages 3808\n"
			       "  pagesets\n"
			       "    cpu: 0\n"
			       "              count:    1\n"
			       "              high:     2\n"
			       "              batch:    3\n"
			       "              high_min: 4\n"
			       "              high_max: 5\n"
			       "  vm stats threshold: 4\n"
			       "    cpu: 2\n"
			       "              count:    9\n"
			       "  vm stats threshold: 4\n"
			       "  node_unreclaimable:  0\n"
			       "  start_pfn:           1\n"
			       "Node 0, zone  Movable\n"
			       "  pages free     0\n"
			       "        spanned  0\n"
			       "        present  0\n"
			       "        protection: (0, 0, 0)\n"
			       "Node 1, zone   Normal\n"
			       "        spanned  100\n"
			       "        present  99\n"
			       "  start_pfn:           4096\n";

static const char buddyinfo[] = "Node 0, zone      DMA      0      1      2 \n"
				"Node 0, zone  Movable      0      0      0 \n"
				"Node 1, zone   Normal      4      5      6 \n";

static const char pagetypeinfo[] =
	"Page block order: 9\nPages per block:  512\n\n"
	"Free pages count per migrate type at order       0      1      2 \n"
	"Node    0, zone      DMA, type    Unmovable      0      1      2 \n"
	"Node    0, zone      DMA, type      Movable >100000      0      0 \n"
	"Node    0, zone      DMA, type      Isolate      0      0      0 \n\n"
	"Number of blocks type     Unmovable      Movable      Isolate \n"
	"Node 0, zone      DMA            1            7            0 \n"
	"Page block order: 9\nPages per block:  512\n\n"
	"Free pages count per migrate type at order       0      1      2 \n"
	"Node    1, zone   Normal, type      Movable      3      2      1 \n\n"
	"Number of blocks type     Unmovable      Movable      Isolate \n"
	"Node 1, zone   Normal            2            3            4 \n";

static void texts(void **state)
{
	struct sg_snapshot s = { 0 };
	struct tr_snap_types t = { 0 };
	const struct sg_zone_snap *z;

	assert_true(tr_snap_zoneinfo(&s, zoneinfo, strlen(zoneinfo)));
	assert_true(tr_snap_buddyinfo(&s, buddyinfo, strlen(buddyinfo)));
	assert_true(tr_snap_pagetypeinfo(&s, &t, pagetypeinfo, strlen(pagetypeinfo)));
	assert_int_equal(s.nr_zones, 2);
	assert_int_equal(s.pageblock_order, 9);
	z = &s.zone[0];
	assert_int_equal(z->node, 0);
	assert_string_equal(z->name, "DMA");
	assert_int_equal(z->start_pfn, 1);
	assert_int_equal(z->spanned, 4095);
	assert_int_equal(z->present, 3998);
	assert_int_equal(z->managed, 3840);
	assert_int_equal(z->cma, 16);
	assert_int_equal(z->wmark_boost, 7);
	assert_int_equal(z->wmark_min, 190);
	assert_int_equal(z->wmark_low, 237);
	assert_int_equal(z->wmark_high, 284);
	assert_int_equal(z->wmark_promo, 331);
	assert_int_equal(z->nr_protection, 3);
	assert_int_equal(z->protection[1], 256);
	assert_int_equal(z->nr_pcp, 3);
	assert_int_equal(z->pcp[0].count, 1);
	assert_int_equal(z->pcp[0].high, 2);
	assert_int_equal(z->pcp[0].batch, 3);
	assert_int_equal(z->pcp[0].high_min, 4);
	assert_int_equal(z->pcp[0].high_max, 5);
	assert_int_equal(z->pcp[1].count, 0);
	assert_int_equal(z->pcp[2].count, 9);
	assert_true(z->have_free);
	assert_int_equal(z->nr_orders, 3);
	assert_int_equal(z->free[2], 2);
	assert_true(z->have_types);
	assert_int_equal(z->type_free[0][2], 2);
	assert_int_equal(z->type_free[1][0], 100000);
	assert_int_equal(z->type_blocks[1], 7);
	z = &s.zone[1];
	assert_int_equal(z->node, 1);
	assert_int_equal(z->start_pfn, 4096);
	assert_int_equal(z->type_free[1][1], 2);
	assert_int_equal(z->type_blocks[2], 4);
	assert_int_equal(t.nr, 3);
	assert_string_equal(t.name[2], "Isolate");
	tr_snap_clear(&s);
}

/* Cut at every byte, and with odd numbers: nothing breaks. */
static void cut_texts(void **state)
{
	for (size_t n = 0; n <= sizeof(zoneinfo); n++) {
		struct sg_snapshot s = { 0 };
		struct tr_snap_types t = { 0 };

		assert_true(tr_snap_zoneinfo(&s, zoneinfo,
					     n < strlen(zoneinfo) ? n : strlen(zoneinfo)));
		tr_snap_buddyinfo(&s, buddyinfo, n < strlen(buddyinfo) ? n : strlen(buddyinfo));
		tr_snap_pagetypeinfo(&s, &t, pagetypeinfo,
				     n < strlen(pagetypeinfo) ? n : strlen(pagetypeinfo));
		tr_snap_clear(&s);
	}
}

/* An infinite number of CPUs and zones costs no memory. */
static void absurd_texts(void **state)
{
	static const char cpus[] = "Node 0, zone A\n present 1\n cpu: 99999999999\n count: 5\n "
				   "cpu: 16383\n count: 1\n";
	struct sg_snapshot s = { 0 };
	char *many = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&many, &n);

	assert_true(tr_snap_zoneinfo(&s, cpus, strlen(cpus)));
	assert_int_equal(s.zone[0].nr_pcp, 16384);
	tr_snap_clear(&s);
	assert_non_null(f);
	for (int i = 0; i < 6000; i++)
		fprintf(f, "Node %d, zone Z\n present 1\n", i);
	fclose(f);
	assert_true(tr_snap_zoneinfo(&s, many, n));
	assert_int_equal(s.nr_zones, TR_SNAP_MAX_ZONES);
	tr_snap_clear(&s);
	free(many);
}

struct sum {
	uint64_t next, total, calls;
	int stop_after;
};

static int add_flags(void *arg, uint64_t pfn, const uint64_t *flags, size_t nr)
{
	struct sum *s = arg;

	assert_int_equal(pfn, s->next);
	for (size_t i = 0; i < nr; i++)
		s->total += flags[i];
	s->next += nr;
	s->calls++;
	return s->stop_after && s->calls == (uint64_t)s->stop_after ? 77 : 0;
}

static void write_text(const char *dir, const char *name, const char *text)
{
	tp_write(dir, name, text, strlen(text));
}

static char *capture_dir(void)
{
	struct mk_buf b = mk_sample(7, false, 8, "zstd");
	char *dir = tp_tmpdir();

	tp_write(dir, "trace.dat", b.d, b.n);
	mk_free(&b);
	return dir;
}

static char *sub(const char *dir, const char *name)
{
	char *p;

	assert_true(asprintf(&p, "%s/%s", dir, name) > 0);
	assert_int_equal(mkdir(p, 0755), 0);
	return p;
}

/* page_alloc.shuffle, told by the command line, the parameter's file or meta.json. */
static void shuffle(void **state)
{
	static const struct {
		const char *file, *text;
		bool on;
	} t[] = {
		{ "cmdline", "quiet page_alloc.shuffle=1 panic=-1\n", true }, { "cmdline", "page_alloc.shuffle=on", true },
		{ "cmdline", "page_alloc.shuffle=Y", true },                  { "cmdline", "page_alloc.shuffle=0\n", false },
		{ "cmdline", "page_alloc.shuffle=", false },                  { "cmdline", "page_alloc.shuffle=o", false },
		{ "cmdline", "quiet\n", false },                              { "page_alloc.shuffle", "Y\n", true },
		{ "page_alloc.shuffle", "N\n", false },                       { "meta.json", "{\"options\": \"append=page_alloc.shuffle=1\"}", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		char *dir = capture_dir(), *start = sub(dir, "in-start");
		struct tr_capture *tc;
		struct sg_err err;

		write_text(start, "zoneinfo", zoneinfo);
		write_text(strcmp(t[i].file, "meta.json") == 0 ? dir : start, t[i].file, t[i].text);
		assert_int_equal(tr_open(dir, 0, &tc, &err), 0);
		if ((sg_limits_find(&tr_info(tc)->limits, SG_LIMIT_SHUFFLED) != NULL) != t[i].on)
			fail_msg("case %zu", i);
		tr_close(tc);
		free(start);
		tp_rmdir(dir);
	}
}

static void directory(void **state)
{
	char *dir = capture_dir(), *start = sub(dir, "in-start"), *end = sub(dir, "in-end"),
	     *after = sub(dir, "after");
	const struct sg_snapshot *s;
	const struct sg_capture *cap;
	struct sum sum = { 0 };
	struct tr_capture *tc;
	uint64_t flags[20000];
	struct sg_err err;

	for (size_t i = 0; i < 20000; i++)
		flags[i] = i;
	write_text(dir, "meta.json",
		   "{\"kernel\": \"9.9-other\", \"shows\": \"some\\u001b[2J thing\"}");
	write_text(start, "zoneinfo", zoneinfo);
	write_text(start, "buddyinfo", buddyinfo);
	write_text(start, "pagetypeinfo", pagetypeinfo);
	write_text(start, "vmstat", "nr_free_pages 123\nnr_dirty 4\n");
	write_text(start, "meminfo", "MemTotal:         438148 kB\n");
	write_text(
		start, "sysctl-vm",
		"vm.defrag_mode = 1\nvm.lowmem_reserve_ratio = 256\t256\t32\nvm.stat_refresh = \n");
	write_text(start, "lru_gen.enabled", "0x0007\n");
	write_text(start, "thp.enabled", "always [madvise] never\n");
	tp_write(start, "kpageflags", flags, sizeof(flags));
	/* what a run is judged by is not for us: opening these would hang or fail loudly */
	write_text(end, "zoneinfo", "Node 7, zone Never\n present 1\n");
	write_text(after, "zoneinfo", "Node 7, zone Never\n present 1\n");
	assert_int_equal(tr_open(dir, 0, &tc, &err), 0);
	cap = tr_info(tc);
	assert_string_equal(cap->kernel, "6.12.3-test"); /* the trace itself says it */
	assert_string_equal(cap->scenario, "some?[2J thing");
	assert_null(tr_snapshot(tc, "before"));
	assert_null(tr_snapshot(tc, "in-end"));
	assert_null(tr_snapshot(tc, "after"));
	s = tr_snapshot(tc, "in-start");
	assert_non_null(s);
	assert_int_equal(s->nr_zones, 2);
	assert_string_equal(sg_snapshot_get(s, "vmstat.nr_free_pages"), "123");
	assert_string_equal(sg_snapshot_get(s, "meminfo.MemTotal"), "438148 kB");
	assert_string_equal(sg_snapshot_get(s, "sysctl.vm.defrag_mode"), "1");
	assert_string_equal(sg_snapshot_get(s, "sysctl.vm.stat_refresh"), "");
	assert_string_equal(sg_snapshot_get(s, "lru_gen.enabled"), "0x0007");
	assert_string_equal(sg_snapshot_get(s, "thp.enabled"), "always [madvise] never");
	assert_null(sg_snapshot_get(s, "thp.nothing"));
	assert_string_equal(sg_snapshot_get(s, "zoneinfo.node_unreclaimable.0"), "0");
	assert_null(sg_snapshot_get(s, "zoneinfo.node_unreclaimable.1"));
	assert_null(sg_limits_find(&cap->limits, SG_LIMIT_SHUFFLED));
	assert_false(cap->migratetype_assumed);
	assert_int_equal(cap->nr_migratetypes, 3);
	assert_int_equal(cap->mt_isolate, 2);
	assert_int_equal(cap->mt_cma, -1);
	assert_true(s->have_pageflags);
	assert_int_equal(s->nr_pfns, 20000);
	assert_int_equal(s->pageflags(s, add_flags, &sum), 0);
	assert_int_equal(sum.next, 20000);
	assert_int_equal(sum.total, 20000ull * 19999 / 2);
	sum = (struct sum){ .stop_after = 1 };
	assert_int_equal(s->pageflags(s, add_flags, &sum), 77);
	tr_close(tc);
	assert_int_equal(tr_open(dir, TR_NO_SNAPSHOTS, &tc, &err), 0);
	assert_null(tr_snapshot(tc, "in-start"));
	assert_true(tr_info(tc)->migratetype_assumed);
	tr_close(tc);
	free(start);
	free(end);
	free(after);
	tp_rmdir(dir);
}

/* Packed page flags, with and without their size in the frame, and cut ones. */
static void packed_flags(void **state)
{
	size_t n = 50000 * 8, room = ZSTD_compressBound(n), len;
	uint64_t *flags = malloc(n);
	uint8_t *z = malloc(room);
	ZSTD_CCtx *ctx = ZSTD_createCCtx();
	struct tr_capture *tc;
	struct sg_err err;

	assert_non_null(flags);
	assert_non_null(z);
	for (size_t i = 0; i < 50000; i++)
		flags[i] = i * 3;
	for (int kind = 0; kind < 3; kind++) {
		char *dir = capture_dir(), *before = sub(dir, "before");
		const struct sg_snapshot *s;
		struct sum sum = { 0 };

		ZSTD_CCtx_setParameter(ctx, ZSTD_c_contentSizeFlag, kind != 1);
		len = ZSTD_compress2(ctx, z, room, flags, n);
		assert_false(ZSTD_isError(len));
		tp_write(before, "kpageflags.zst", z, kind == 2 ? len / 2 : len);
		assert_int_equal(tr_open(dir, 0, &tc, &err), 0);
		s = tr_snapshot(tc, "before");
		assert_non_null(s);
		assert_int_equal(s->nr_pfns, 50000);
		if (kind == 2) {
			assert_true(s->pageflags(s, add_flags, &sum) < 0);
		} else {
			assert_int_equal(s->pageflags(s, add_flags, &sum), 0);
			assert_int_equal(sum.total, 50000ull * 49999 / 2 * 3);
		}
		assert_non_null(tp_note(tr_info(tc), "no zone is known"));
		tr_close(tc);
		free(before);
		tp_rmdir(dir);
	}
	ZSTD_freeCCtx(ctx);
	free(flags);
	free(z);
}

/* Broken parts of a directory are said and left out. */
static void broken_parts(void **state)
{
	char *dir = capture_dir(), *before = sub(dir, "before"), *start = sub(dir, "in-start");
	struct tr_capture *tc;
	struct sg_err err;

	write_text(dir, "meta.json", "{\"kernel\": ");
	write_text(start, "kpageflags.zst", "not zstd at all");
	write_text(start, "zoneinfo", "\377\376 nonsense\n");
	assert_int_equal(tr_open(dir, 0, &tc, &err), 0);
	assert_non_null(tp_note(tr_info(tc), "meta.json is left out: line 1"));
	assert_non_null(tp_note(tr_info(tc), "before: the snapshot folder holds nothing"));
	assert_non_null(tp_note(tr_info(tc), "kpageflags.zst: damaged or empty"));
	assert_non_null(tp_note(tr_info(tc), "no zone is known"));
	assert_false(tr_snapshot(tc, "in-start")->have_pageflags);
	tr_close(tc);
	free(before);
	free(start);
	tp_rmdir(dir);
}

/* The samples, held against their files by other means. */
static void samples(void **state)
{
	static const char *const names[] = { "steady-6.1", "w2-unmovable-7.3" };

	for (size_t i = 0; i < 2; i++) {
		const struct sg_snapshot *s;
		struct tr_capture *tc;
		struct sum sum = { 0 };
		struct sg_err err;
		char path[4096], line[512];
		FILE *f;

		snprintf(path, sizeof(path), "%s/%s", TP_SAMPLES, names[i]);
		if (tr_open(path, 0, &tc, &err) < 0)
			fail_msg("%s", err.text);
		assert_string_equal(tr_info(tc)->name, names[i]);
		s = tr_snapshot(tc, "in-start");
		assert_non_null(s);
		assert_int_equal(s->pageblock_order, 9);
		assert_true(s->nr_zones >= 2);
		for (unsigned int z = 0; z < s->nr_zones; z++) {
			uint64_t by_type = 0, by_order = 0;

			assert_true(s->zone[z].have_free && s->zone[z].have_types);
			assert_int_equal(s->zone[z].nr_orders, 11);
			assert_int_equal(s->zone[z].nr_pcp, 2);
			for (unsigned int o = 0; o < 11; o++) {
				by_order += s->zone[z].free[o] << o;
				for (unsigned int t = 0; t < tr_info(tc)->nr_migratetypes; t++)
					by_type += s->zone[z].type_free[t][o] << o;
			}
			/* the two files were read one after the other: almost the same */
			assert_true(by_type > by_order * 9 / 10 && by_order > by_type * 9 / 10);
			assert_true(s->zone[z].start_pfn + s->zone[z].spanned <= s->nr_pfns);
		}
		assert_int_equal(s->pageflags(s, add_flags, &sum), 0);
		assert_int_equal(sum.next, s->nr_pfns);
		snprintf(path, sizeof(path), "%s/%s/in-start/vmstat", TP_SAMPLES, names[i]);
		f = fopen(path, "re");
		assert_non_null(f);
		while (fgets(line, sizeof(line), f)) {
			char key[200], want[100], full[256];

			assert_int_equal(sscanf(line, "%199s %99s", key, want), 2);
			snprintf(full, sizeof(full), "vmstat.%s", key);
			full[47] = '\0'; /* keys are cut */
			assert_string_equal(sg_snapshot_get(s, full), want);
		}
		fclose(f);
		tr_close(tc);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts),        cmocka_unit_test(cut_texts),
		cmocka_unit_test(absurd_texts), cmocka_unit_test(directory),
		cmocka_unit_test(shuffle),
		cmocka_unit_test(packed_flags), cmocka_unit_test(broken_parts),
		cmocka_unit_test(samples),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
