// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target: any bytes as a session file, opened, listed, read, jumped about in and checked.
 * Checksums would keep a fuzzer out of everything behind them, so bytes that don't begin as a zstd
 * frame are taken as what is inside frames: a list of pieces, each with its length in front (three
 * bytes), which are packed into frames here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zstd.h>

#include "fuzz.h"
#include "ss.h"

#define MAX_EVENTS 300000u /* a small file may hold many, not more than this are looked at */

static volatile unsigned long sink; /* keeps the looking from being left out */

static void put(int fd, const void *data, size_t size)
{
	if (write(fd, data, size) != (ssize_t)size)
		abort();
}

static void pack_pieces(int fd, const uint8_t *data, size_t size)
{
	ZSTD_CCtx *c = ZSTD_createCCtx();

	if (!c)
		abort();
	ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1);
	while (size >= 3) {
		size_t n = data[0] | (size_t)data[1] << 8 | (size_t)data[2] << 16, bound, packed;
		char *out;

		data += 3;
		size -= 3;
		if (n > size)
			n = size;
		bound = ZSTD_compressBound(n);
		out = malloc(bound);
		if (!out)
			abort();
		packed = ZSTD_compress2(c, out, bound, data, n);
		if (ZSTD_isError(packed))
			abort();
		put(fd, out, packed);
		free(out);
		data += n;
		size -= n;
	}
	ZSTD_freeCCtx(c);
}

static void look_event(const struct sg_event *ev)
{
	const struct sg_kind_info *ki = sg_kind_info(ev->kind);

	if (ev->kind >= SG_KIND_COUNT)
		abort();
	sink += ev->ts + ev->cpu + ev->instance + (unsigned long)ev->missed + (unsigned long)ev->pid;
	for (unsigned int s = 0; s < ki->nr_fields; s++)
		sink += ev->v[s];
	for (uint32_t c = 0; c < ev->str_len; c++)
		sink += (unsigned char)ev->str[c];
}

static void look_capture(const struct sg_capture *cap)
{
	sink += strlen(cap->path) + strlen(cap->name) + strlen(cap->kernel) + strlen(cap->clock) + strlen(cap->scenario);
	for (unsigned int k = 0; k < SG_KIND_COUNT; k++)
		for (unsigned int s = 0; s < SG_SLOTS; s++)
			for (unsigned int i = 0; cap->sym[k][s] && i < cap->sym[k][s]->nr; i++)
				sink += cap->sym[k][s]->sym[i].value + strlen(cap->sym[k][s]->sym[i].name);
	for (unsigned int i = 0; i < cap->nr_tasks; i++)
		sink += strlen(cap->task[i].comm);
	for (unsigned int i = 0; i < cap->nr_notes; i++)
		if (strchr(cap->note[i].text, '\n'))
			abort();
	for (unsigned int i = 0; i < cap->nr_other; i++)
		sink += strlen(cap->other[i].name);
	for (unsigned int i = 0; i < cap->nr_instances; i++)
		sink += strlen(cap->instance[i]);
}

static int look_flags(void *arg, uint64_t pfn, const uint64_t *flags, size_t nr)
{
	(void)arg;
	sink += pfn + flags[0] + flags[nr - 1];
	return 0;
}

static void look_lists(struct ss_reader *r)
{
	struct ss_keyframe *k = NULL;
	struct ss_bookmark *m = NULL;
	struct ss_filter *f = NULL;
	struct ss_place *p = NULL;
	struct ss_step *s = NULL;
	struct ss_run *run = NULL;
	struct sg_err err;
	size_t n, len;
	void *image;

	if (ss_get_bookmarks(r, &m, &n, &err) == 0)
		for (size_t i = 0; i < n; i++)
			sink += strlen(m[i].name) + strlen(m[i].note) + ss_pos_here(r, m[i].pos);
	if (ss_get_path(r, &s, &n, &err) == 0)
		for (size_t i = 0; i < n; i++)
			sink += strlen(s[i].view) + strlen(s[i].key) + s[i].ms;
	if (ss_get_filters(r, &f, &n, &err) == 0)
		for (size_t i = 0; i < n; i++)
			sink += strlen(f[i].name) + strlen(f[i].text);
	if (ss_get_runs(r, &run, &n, &err) == 0)
		for (size_t i = 0; i < n; i++)
			sink += strlen(run[i].name) + strlen(run[i].policy);
	if (ss_get_place(r, &p, &err) == 0)
		sink += strlen(p->view) + p->pos;
	if (ss_list_keyframes(r, &k, &n, &err) == 0)
		for (size_t i = 0; i < n && i < 4; i++)
			if (ss_get_keyframe(r, k[i].number, &image, &len, &err) == 0) {
				for (size_t b = 0; b < len; b++)
					sink += ((uint8_t *)image)[b];
				free(image);
			}
	free(m);
	free(s);
	free(f);
	free(run);
	free(p);
	free(k);
}

static void look_events(struct ss_reader *r)
{
	static struct sg_event ev[256];
	struct ss_summary sum;
	size_t n, total = 0;
	struct sg_err err;
	uint64_t last = 0;

	while (total < MAX_EVENTS && (n = ss_read(r, ev, 256)) > 0) {
		for (size_t i = 0; i < n; i++)
			look_event(&ev[i]);
		total += n;
		if (ss_progress(r) > 1000 || ss_number(r) <= last)
			abort();
		last = ss_number(r);
	}
	ss_summarize(r, &sum);
	for (unsigned int i = 0; i < 3; i++)
		if (ss_seek(r, sum.last_number * i / 2, &err) == 0 && ss_read(r, ev, 1) == 1)
			look_event(&ev[0]);
	sink += ss_find_ts(r, sum.last_ts / 2 + sum.first_ts / 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t magic[4] = { 0x28, 0xb5, 0x2f, 0xfd };
	const struct sg_snapshot *snap;
	struct ss_reader *r;
	struct ss_frame f;
	struct sg_err err;
	char path[64];
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0)
		abort();
	if (size >= 4 && memcmp(data, magic, 4) == 0)
		put(fd, data, size);
	else
		pack_pieces(fd, data, size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (ss_open(path, 0, &r, &err) == SG_OK) {
		look_capture(ss_info(r));
		for (unsigned int i = 0; (snap = ss_snapshot_at(r, i)) != NULL; i++) {
			for (unsigned int z = 0; z < snap->nr_zones; z++)
				sink += strlen(snap->zone[z].name) + snap->zone[z].nr_pcp;
			sink += sg_snapshot_get(snap, "vmstat.nr_free_pages") != NULL;
			if (snap->have_pageflags)
				snap->pageflags(snap, look_flags, NULL);
		}
		look_lists(r);
		look_events(r);
		for (uint64_t i = 0; i < 16 && ss_frame_at(r, i, &f); i++)
			if (ss_check_frame(r, i, &err) < 0 && (strlen(err.text) == 0 || strchr(err.text, '\n')))
				abort();
		look_capture(ss_info(r));
		ss_close(r);
	} else if (strlen(err.text) == 0 || strchr(err.text, '\n')) {
		abort(); /* every failure has its line */
	}
	close(fd);
	return 0;
}
