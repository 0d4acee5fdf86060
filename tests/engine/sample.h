/* SPDX-License-Identifier: GPL-2.0-only */
/* A capture with its log and configuration, for the tests of engine/ that run on samples. */
#ifndef SAMPLE_H
#define SAMPLE_H

#include "made.h"
#include "tr.h"

struct sample {
	struct tr_capture *tc;
	struct sg_log *log;
	struct mm_config cfg;
};

static inline void sample_open(struct sample *s, const char *path)
{
	static struct sg_event ev[256];
	struct sg_err err = { 0 };
	const struct sg_snapshot *snap;
	size_t n;

	*s = (struct sample){ .log = sg_log_new() };
	if (tr_open(path, 0, &s->tc, &err) < 0)
		print_error("%s\n", err.text);
	assert_non_null(s->tc);
	while ((n = tr_read(s->tc, ev, 256)) > 0)
		for (size_t i = 0; i < n; i++)
			assert_int_equal(sg_log_append(s->log, &ev[i]), 0);
	s->cfg.cap = tr_info(s->tc);
	s->cfg.max_pfn_hint = sg_log_max_pfn(s->log); /* the snapshots name the zones */
	snap = tr_snapshot(s->tc, "before");
	if (snap)
		s->cfg.seed[s->cfg.nr_seeds++] = (struct mm_seed){ .snap = snap };
	snap = tr_snapshot(s->tc, "in-start");
	if (snap)
		s->cfg.seed[s->cfg.nr_seeds++] = (struct mm_seed){ .snap = snap, .marker = "snapshot-begin",
								   .marker_end = "snapshot-begin-done" };
	assert_int_equal(s->cfg.nr_seeds, 2);
}

static inline void sample_close(struct sample *s)
{
	sg_log_free(s->log);
	tr_close(s->tc);
}

/* An image in memory. */
struct bytes {
	unsigned char *p;
	size_t len, cap;
};

static inline int bytes_add(void *arg, const void *data, size_t len)
{
	struct bytes *b = arg;

	if (b->len + len > b->cap) {
		b->cap = 2 * (b->len + len);
		b->p = realloc(b->p, b->cap);
		assert_non_null(b->p);
	}
	memcpy(b->p + b->len, data, len);
	b->len += len;
	return 0;
}

static inline struct bytes image_of(const struct mm_machine *m)
{
	struct bytes b = { 0 };

	assert_int_equal(mm_image_save(m, bytes_add, &b), 0);
	return b;
}

#endif
