// SPDX-License-Identifier: GPL-2.0-only
/* Made files of every shape: what they hold is known exactly. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "util.h"

/* What mk_sample_file() wrote, in time order. */
static const struct {
	uint64_t ts;
	unsigned int kind, inst, cpu;
	int pid;
	int64_t missed;
	uint64_t v[4];
	const char *text;
} want[] = {
	{ 1000, SG_EV_print, 0, 0, 7, 0, { 0x1234 }, "snapshot-begin" },
	{ 1010, SG_EV_mm_page_alloc, 0, 0, 7, 0, { 0x1000, 0, 0xcc0, 0 }, NULL },
	{ 1010, SG_EV_mm_page_alloc, 0, 1, 12, 0, { 0x3000, 2, 0xcc8, 1 }, NULL },
	{ 1010, SG_EV_mm_page_free, 1, 0, 3, 0, { 0x3000, 2 }, NULL },
	{ 1015, SG_EV_mm_page_free, 0, 0, 7, 0, { 0x1000, 0 }, NULL },
	{ 1018, SG_EV_mm_page_alloc, 0, 0, 12, 0, { UINT64_MAX, 3, 0x08, 1 }, NULL },
	{ 1710,
	  SG_EV_print,
	  0,
	  1,
	  12,
	  0,
	  { 0x1234 },
	  "a long text that needs more words than a head can tell: "
	  "0123456789012345678901234567890123456789012345678901234567890123456789" },
	{ 2003, SG_EV_other, 0, 0, 3, 41, { MK_OTHER }, NULL },
	{ 2004 + (1ull << 30), SG_EV_other, 0, 0, 3, 0, { MK_OTHER }, NULL },
	{ 2101 + (1ull << 30), SG_EV_mm_page_free, 0, 0, 7, -1, { 0x2000, 9 }, NULL },
};
#define NR_WANT (sizeof(want) / sizeof(want[0]))

static void check_events(const struct tp_events *e)
{
	assert_int_equal(e->nr, NR_WANT);
	for (size_t i = 0; i < NR_WANT; i++) {
		const struct sg_event *ev = &e->ev[i];
		unsigned int slots = want[i].kind == SG_EV_mm_page_alloc  ? 4
				     : want[i].kind == SG_EV_mm_page_free ? 2
									  : 1;

		assert_int_equal(ev->ts, want[i].ts);
		assert_int_equal(ev->kind, want[i].kind);
		assert_int_equal(ev->instance, want[i].inst);
		assert_int_equal(ev->cpu, want[i].cpu);
		assert_int_equal(ev->pid, want[i].pid);
		assert_int_equal(ev->missed, want[i].missed);
		assert_int_equal(ev->common_flags, 1);
		assert_int_equal(ev->preempt, 2);
		for (unsigned int s = 0; s < slots; s++)
			assert_int_equal(ev->v[s], want[i].v[s]);
		assert_int_equal(!!e->text[i], !!want[i].text);
		if (want[i].text) {
			assert_string_equal(e->text[i], want[i].text);
			assert_int_equal(ev->v[SGF_print_buf], strlen(want[i].text));
		}
	}
}

static void check_info(const struct sg_capture *cap, int version, bool be, unsigned int longs,
		       const char *comp)
{
	assert_int_equal(cap->file_version, version);
	assert_int_equal(cap->big_endian, be);
	assert_int_equal(cap->long_size, longs);
	assert_string_equal(cap->compression, comp);
	assert_string_equal(cap->clock, "local");
	assert_true(cap->clock_is_ns);
	assert_int_equal(cap->page_size, 4096); /* an x86-64 machine whose sub-buffers have 512 bytes */
	assert_int_equal(cap->nr_cpus, 2);
	assert_int_equal(cap->nr_instances, 2);
	assert_string_equal(cap->instance[0], "");
	assert_string_equal(cap->instance[1], "side");
	assert_string_equal(cap->kernel, "6.12.3-test");
	assert_string_equal(cap->machine, "x86_64");
	assert_int_equal(cap->arch, SG_ARCH_X86_64);
	assert_int_equal(cap->kver[0], 6);
	assert_int_equal(cap->kver[1], 12);
	assert_string_equal(sg_capture_comm(cap, 7), "worker/0");
	assert_string_equal(sg_capture_comm(cap, 3), "kswapd0");
	assert_string_equal(sg_capture_comm(cap, 4), "<...>");
	assert_true(cap->present[SG_EV_mm_page_alloc]);
	assert_false(cap->present[SG_EV_mm_compaction_begin]);
	assert_int_equal(cap->gfp.movable, 8);
	assert_int_equal(cap->gfp.reclaimable, 16);
	assert_int_equal(cap->gfp.nowarn, 0);
	assert_int_equal(cap->gfp_names->nr, 3);
	assert_string_equal(cap->gfp_names->sym[0].name, "GFP_KERNEL");
	assert_int_equal(cap->gfp_names->sym[0].value, 0xcc0);
	assert_true(cap->gfp_names->flags);
	assert_true(cap->migratetype_assumed);
	assert_non_null(tp_limit(cap, SG_LIMIT_NOT_RECORDED, "No mm_page_pcpu_drain"));
}

static void shapes(void **state)
{
	static const char *const comps[] = {
		"none",
		"zstd",
#ifdef TR_HAVE_ZLIB
		"zlib",
#endif
	};

	for (int version = 6; version <= 7; version++)
		for (int be = 0; be < 2; be++)
			for (unsigned int longs = 4; longs <= 8; longs += 4)
				for (size_t c = 0; c < sizeof(comps) / sizeof(comps[0]); c++) {
					struct tr_capture *tc;
					struct mk_buf b;
					struct sg_err err;
					const char *path;
					int fd;

					if (version == 6 && c)
						continue;
					b = mk_sample(version, be, longs, comps[c]);
					path = tp_file(b.d, b.n, &fd);
					for (unsigned int flags = 0; flags <= TR_NO_THREAD;
					     flags += TR_NO_THREAD)
						for (size_t batch = 1; batch < 20; batch += 3) {
							struct tp_events e;

							if (tr_open(path, flags, &tc, &err) < 0)
								fail_msg("version %d be %d longs "
									 "%u %s: %s",
									 version, be, longs,
									 comps[c], err.text);
							check_info(tr_info(tc), version, be, longs,
								   comps[c]);
							e = tp_read_all(tc, batch);
							check_events(&e);
							tp_events_free(&e);
							assert_int_equal(tr_info(tc)->lost_events,
									 41);
							assert_true(tr_info(tc)->lost_unknown);
							tr_close(tc);
						}
					close(fd);
					mk_free(&b);
				}
}

/* libtracecmd reads the made files alike, as far as it can: it has no zlib here. */
static void shapes_by_library(void **state)
{
	for (int version = 6; version <= 7; version++)
		for (int be = 0; be < 2; be++)
			for (unsigned int longs = 4; longs <= 8; longs += 4)
				for (int zstd = 0; zstd < version - 5; zstd++) {
					struct mk_buf b = mk_sample(version, be, longs,
								    zstd ? "zstd" : "none");
					int fd;
					const char *path = tp_file(b.d, b.n, &fd);
					struct tp_events fast = tp_events_of(path, 0);
					struct tp_events plain = tp_events_of(path, TR_PLAIN);

					tp_assert_same(&fast, &plain);
					tp_events_free(&fast);
					tp_events_free(&plain);
					close(fd);
					mk_free(&b);
				}
}

/* Packed with zstd as a whole, in one frame and in two. */
static void packed_file(void **state)
{
	struct mk_buf b = mk_sample(6, false, 8, "none");
	size_t half = b.n / 2, room = b.n * 2 + 1000, n;
	uint8_t *z = malloc(room);
	struct tp_events e;
	struct sg_err err;
	int fd;

	assert_non_null(z);
	n = ZSTD_compress(z, room, b.d, half, 3);
	n += ZSTD_compress(z + n, room - n, b.d + half, b.n - half, 3);
	e = tp_events_of(tp_file(z, n, &fd), 0);
	check_events(&e);
	tp_events_free(&e);
	close(fd);
	for (size_t cut = 4; cut < n; cut += 7) {
		assert_int_equal(tp_survive(z, cut, 0, &err), -1);
		assert_true(err.code == SG_E_TRUNCATED || err.code == SG_E_FORMAT);
	}
	free(z);
	mk_free(&b);
}

/* More pages than a block or a chunk has, on four CPUs of two instances: all merged in order. */
static void long_streams(void **state)
{
	for (int packed = 0; packed < 2; packed++) {
		struct mk_file f = { .version = 7,
				     .longs = 8,
				     .page_size = 4096,
				     .comp = packed ? "zstd" : "none",
				     .nr_inst = 2,
				     .pages_in_chunk = 10 };
		uint64_t seed = 42, total = 0, last = 0;
		struct tp_events e, slow;
		struct mk_buf b;
		int fd;

		for (unsigned int i = 0; i < 2; i++) {
			f.inst[i].name = i ? "two" : "";
			f.inst[i].nr_cpus = 4;
			for (unsigned int c = 0; c < 4; c++) {
				uint64_t ts = 100;

				for (unsigned int pages = 0; pages < 250 + 50 * c; pages++) {
					struct mk_page p = mk_page_start(&f, &f.inst[i].cpu[c], ts);

					for (int r = 0; r < 90; r++) {
						uint32_t d = (uint32_t)(tp_rnd(&seed) % 50);

						mk_freed(&p, d, (int)c, total++, i);
						ts += d;
					}
					mk_page_end(&p, 0, -1);
				}
			}
		}
		b = mk_build(&f);
		e = tp_events_of(tp_file(b.d, b.n, &fd), 0);
		assert_int_equal(e.nr, total);
		for (size_t k = 1; k < e.nr; k++) {
			const struct sg_event *x = &e.ev[k - 1], *y = &e.ev[k];

			assert_true(x->ts <= y->ts);
			if (x->ts == y->ts) /* ties: instance, CPU, place in the buffer */
				assert_true(x->instance < y->instance ||
					    (x->instance == y->instance &&
					     (x->cpu < y->cpu ||
					      (x->cpu == y->cpu && x->v[0] < y->v[0]))));
			last += y->v[0];
		}
		assert_int_equal(last + e.ev[0].v[0], total * (total - 1) / 2);
		slow = tp_events_of(tp_file(b.d, b.n, &fd), TR_NO_THREAD);
		tp_assert_same(&e, &slow);
		tp_events_free(&slow);
		slow = tp_events_of(tp_file(b.d, b.n, &fd), TR_PLAIN);
		tp_assert_same(&e, &slow);
		tp_events_free(&slow);
		tp_events_free(&e);
		mk_free(&b);
		mk_file_free(&f);
	}
}

/* A file that is cut while it is read: no crash, and it is said. */
static void cut_while_read(void **state)
{
	struct mk_file f = {
		.version = 6, .longs = 8, .page_size = 4096, .comp = "none", .nr_inst = 1
	};
	struct sg_event ev[64];
	struct tr_capture *tc;
	struct mk_buf b;
	struct sg_err err;
	size_t n, all = 0;
	int fd;

	f.inst[0].name = "";
	f.inst[0].nr_cpus = 1;
	for (unsigned int pages = 0; pages < 2000; pages++) {
		struct mk_page p = mk_page_start(&f, &f.inst[0].cpu[0], pages * 1000);

		for (int r = 0; r < 90; r++)
			mk_freed(&p, 1, 1, pages, 0);
		mk_page_end(&p, 0, -1);
	}
	b = mk_build(&f);
	assert_int_equal(tr_open(tp_file(b.d, b.n, &fd), 0, &tc, &err), 0);
	all += tr_read(tc, ev, 64);
	assert_int_equal(ftruncate(fd, (off_t)(f.data_at[0][0] + 500 * 4096 + 100)), 0);
	while ((n = tr_read(tc, ev, 64)))
		all += n;
	assert_true(all >= 500 * 90 && all < 2000 * 90);
	assert_non_null(tp_note(tr_info(tc), "cut"));
	tr_close(tc);
	close(fd);
	mk_free(&b);
	mk_file_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shapes),         cmocka_unit_test(shapes_by_library),
		cmocka_unit_test(packed_file),    cmocka_unit_test(long_streams),
		cmocka_unit_test(cut_while_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
