// SPDX-License-Identifier: GPL-2.0-only
/* Made sessions. */
#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct sg_capture *ts_capture(void)
{
	static const char *const instance[] = { "", "second" };
	static const struct sg_sym sym[] = { { 1, "one" }, { 1ull << 63, "high" } };
	static const struct sg_symtab table = { true, 2, sym };
	static const struct sg_task_name task[] = { { 1, "init" }, { 220, "storm" } };
	static const struct sg_note note[] = { { "a note" } };
	static const struct sg_other other[] = { { 300, "sched_switch", 7 } };
	static struct sg_capture cap = {
		.path = "x", .name = "made", .kernel = "7.3", .kver = { 7, 3 }, .machine = "riscv64", .arch = SG_ARCH_RISCV64, .scenario = "a test", .file_version = 7,
		.compression = "zstd", .clock = "local", .clock_is_ns = true, .page_size = 4096, .nr_cpus = 4, .long_size = 8,
		.nr_instances = 2, .instance = instance, .gfp_names = &table, .nr_migratetypes = 2,
		.migratetype = { "Unmovable", "Movable" }, .mt_highatomic = 3, .mt_cma = -1, .mt_isolate = 5,
		.nr_zone_types = 1, .zone_type = { "DMA" }, .nr_tasks = 2, .task = task, .nr_notes = 1, .note = note,
		.nr_other = 1, .other = other, .gfp = { .movable = 8, .nolockdep = 1ull << 40 },
	};

	cap.sym[SG_EV_mm_page_alloc][SGF_mm_page_alloc_gfp_flags] = &table;
	cap.present[SG_EV_mm_page_alloc] = true;
	return &cap;
}

/* Three runs with a hole in the middle, in pieces that don't end where runs do. */
static int flags(const struct sg_snapshot *snap, sg_pageflags_fn fn, void *arg)
{
	uint64_t w[100];
	int r = 0;

	for (uint64_t pfn = 0; pfn < snap->nr_pfns && r == 0; pfn += 100) {
		for (unsigned int i = 0; i < 100; i++)
			w[i] = pfn + i < 150 ? 1 << 10 : (pfn + i) % 7 << 3;
		r = fn(arg, pfn, w, 100);
	}
	return r;
}

const struct sg_snapshot *ts_snapshot(void)
{
	static struct sg_pcp_snap pcp[2] = { { 1, 2, 3, 4, 5 }, { 6, 7, 8, 9, 10 } };
	static struct sg_zone_snap zone = {
		.node = 0, .name = "Normal", .start_pfn = 16, .spanned = 500, .present = 490, .managed = 480, .wmark_min = 5,
		.wmark_low = 6, .wmark_high = 7, .nr_protection = 2, .protection = { 1, 2 }, .have_free = true,
		.nr_orders = 11, .free = { 3, 2, 1 }, .have_types = true, .type_blocks = { 1, 2 }, .nr_pcp = 2, .pcp = pcp,
	};
	static struct sg_kv kv = { "vmstat.nr_free_pages", "1234" };
	static const struct sg_snapshot snap = {
		.name = "before", .pageblock_order = 9, .nr_zones = 1, .zone = &zone, .nr_kv = 1, .kv = &kv,
		.have_pageflags = true, .nr_pfns = 1000, .pageflags = flags,
	};

	return &snap;
}

static uint64_t any_value(uint64_t *s)
{
	uint64_t v = tp_rnd(s);

	switch (tp_rnd(s) % 6) {
	case 0:
		return 0;
	case 1:
		return UINT64_MAX - v % 3;
	case 2:
		return v;
	default:
		return v % 5000;
	}
}

static unsigned int text_slot(unsigned int kind)
{
	const struct sg_kind_info *ki = sg_kind_info(kind);

	for (unsigned int i = 0; i < ki->nr_fields; i++)
		if (ki->field[i].type == SG_T_STR)
			return i;
	return SG_SLOTS;
}

struct tp_events ts_events(size_t nr, bool wild, uint64_t seed)
{
	static const uint16_t usual[] = { SG_EV_mm_page_alloc, SG_EV_mm_page_free, SG_EV_mm_page_alloc_zone_locked,
					  SG_EV_mm_page_pcpu_drain, SG_EV_mm_lru_insertion };
	struct tp_events e = { .ev = calloc(nr + 1, sizeof(*e.ev)), .text = calloc(nr + 1, sizeof(*e.text)), .nr = nr };
	uint64_t s = seed, ts = 1000000;

	for (size_t i = 0; i < nr; i++) {
		struct sg_event *ev = &e.ev[i];
		const struct sg_kind_info *ki;

		ev->kind = (uint16_t)(wild ? tp_rnd(&s) % SG_KIND_COUNT : usual[tp_rnd(&s) % 5]);
		ki = sg_kind_info(ev->kind);
		ts = wild && tp_rnd(&s) % 50 == 0 ? tp_rnd(&s) : ts + tp_rnd(&s) % 2000;
		ev->ts = ts;
		ev->cpu = (uint16_t)(wild ? tp_rnd(&s) % 9 * 7000 : tp_rnd(&s) % 2);
		ev->instance = (uint8_t)(wild ? tp_rnd(&s) % 3 : 0);
		ev->pid = (int32_t)(wild ? tp_rnd(&s) : 200 + tp_rnd(&s) % 3);
		ev->common_flags = (uint8_t)(tp_rnd(&s) % 5);
		ev->preempt = (uint8_t)(wild ? tp_rnd(&s) : 0);
		if (wild && tp_rnd(&s) % 20 == 0)
			ev->missed = (int64_t)(tp_rnd(&s) % 1000) - 1;
		for (unsigned int f = 0; f < ki->nr_fields; f++)
			ev->v[f] = wild ? any_value(&s) : tp_rnd(&s) % 64;
		if (text_slot(ev->kind) < SG_SLOTS) {
			ev->str_len = (uint32_t)(tp_rnd(&s) % 40);
			e.text[i] = calloc(1, ev->str_len + 1);
			for (uint32_t c = 0; c < ev->str_len; c++)
				e.text[i][c] = (char)tp_rnd(&s);
			ev->str = ev->str_len ? e.text[i] : NULL;
			ev->v[text_slot(ev->kind)] = ev->str_len;
		}
	}
	return e;
}

void ts_write(const char *path, const struct tp_events *e, size_t per_frame)
{
	const struct ss_bookmark mark[] = { { 3, "first", "a note\nof two lines" }, { 250, "second", "" } };
	const struct ss_step step[] = { { 0, 1, "map", "l" }, { 90, 4, "", "h" } };
	const struct sg_snapshot *snap = ts_snapshot();
	struct ss_writer *w;
	struct sg_err err;

	if (ss_create(path, ts_capture(), &snap, 1, &w, &err) < 0)
		fail_msg("%s", err.text);
	for (size_t i = 0; i < e->nr; i++) {
		assert_int_equal(ss_append(w, &e->ev[i], &err), 0);
		if (per_frame && (i + 1) % per_frame == 0)
			assert_int_equal(ss_flush(w, &err), 0);
	}
	assert_int_equal(ss_written(w), e->nr);
	assert_int_equal(ss_put_bookmarks(w, mark, 1, &err), 0);
	assert_int_equal(ss_put_bookmarks(w, mark, 2, &err), 0);
	assert_int_equal(ss_put_path(w, 0, step, 2, &err), 0);
	assert_int_equal(ss_put_path(w, 1, step + 1, 1, &err), 0);
	assert_int_equal(ss_put_keyframe(w, 7, 0, 5, "old", 3, &err), 0);
	assert_int_equal(ss_put_keyframe(w, 7, 0, 6, "image", 5, &err), 0);
	if (ss_finish(w, false, &err) < 0)
		fail_msg("%s", err.text);
}

struct tp_events ts_read_all(struct ss_reader *r, size_t batch)
{
	struct tp_events e = { 0 };
	size_t cap = 0, n;

	for (;;) {
		if (cap - e.nr < batch) {
			cap = cap * 2 + batch;
			e.ev = realloc(e.ev, cap * sizeof(*e.ev));
			e.text = realloc(e.text, cap * sizeof(*e.text));
			assert_non_null(e.ev);
			assert_non_null(e.text);
		}
		n = ss_read(r, e.ev + e.nr, batch);
		if (n == 0)
			return e;
		for (size_t i = e.nr; i < e.nr + n; i++) {
			e.text[i] = e.ev[i].str ? malloc(e.ev[i].str_len + 1) : NULL;
			if (e.text[i])
				memcpy(e.text[i], e.ev[i].str, e.ev[i].str_len);
		}
		e.nr += n;
	}
}

void ts_assert_same(const struct sg_event *a, const char *text_a, const struct sg_event *b, const char *text_b, size_t i)
{
	const struct sg_kind_info *ki = sg_kind_info(a->kind);

	if (a->kind != b->kind || a->ts != b->ts || a->cpu != b->cpu || a->instance != b->instance || a->pid != b->pid ||
	    a->common_flags != b->common_flags || a->preempt != b->preempt || a->missed != b->missed ||
	    a->str_len != b->str_len || memcmp(a->v, b->v, ki->nr_fields * sizeof(a->v[0])) != 0 ||
	    (a->str_len && memcmp(text_a, text_b, a->str_len) != 0))
		fail_msg("event %zu (%s) differs", i + 1, ki->name);
}

uint8_t *ts_file(const char *path, size_t *ret_len)
{
	FILE *f = fopen(path, "re");
	uint8_t *d;
	long len;

	assert_non_null(f);
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	len = ftell(f);
	rewind(f);
	d = malloc((size_t)len + 1);
	assert_non_null(d);
	assert_int_equal(fread(d, 1, (size_t)len, f), len);
	fclose(f);
	*ret_len = (size_t)len;
	return d;
}

void ts_put_file(const char *path, const void *data, size_t len)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}
