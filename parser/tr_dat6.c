// SPDX-License-Identifier: GPL-2.0-only
/* trace.dat version 6: one part after the other, no directory. */
#include "tr_priv.h"

#include <stdlib.h>

#define MAX_OPTIONS 100000u

static int cut(struct tr_capture *tc, const struct tr_cur *c, struct sg_err *err)
{
	return sg_fail(err, SG_E_TRUNCATED,
		       "%s: ends inside %s (after byte %llu of %llu), or it is damaged there",
		       tc->src.path, c->what, (unsigned long long)c->pos,
		       (unsigned long long)tc->src.size);
}

/* Kernel symbols and printk formats: only their sizes matter here. */
static bool skip_sized(struct tr_cur *c, const char *what)
{
	uint32_t n;

	c->what = what;
	return tr_cur_u32(c, &n) && tr_cur_skip(c, n);
}

struct pending { /* instances named by options, to be read at the end */
	unsigned int nr;
	struct {
		int inst;
		uint64_t off;
	} v[TR_MAX_INSTANCES];
};

static bool options(struct tr_head *h, struct tr_cur *c, struct pending *p, bool *clock_follows)
{
	uint16_t id;
	uint32_t n;

	c->what = "its options";
	for (unsigned int i = 0; i < MAX_OPTIONS; i++) {
		struct tr_cur o = { .swap = c->swap };
		char *data;

		if (!tr_cur_u16(c, &id))
			return false;
		if (id == TR_OPT_DONE)
			return true;
		if (!tr_cur_u32(c, &n))
			return false;
		data = tr_cur_dup(c, n);
		if (!data)
			return false;
		o.mem = (uint8_t *)data;
		o.end = n;
		if (id == TR_OPT_BUFFER && p->nr < TR_MAX_INSTANCES) {
			char name[256];
			uint64_t off;

			if (tr_cur_u64(&o, &off) && tr_cur_str(&o, name, sizeof(name))) {
				int inst = tr_head_instance(h, name);

				if (inst > 0) {
					p->v[p->nr].inst = inst;
					p->v[p->nr++].off = off;
				}
			}
		} else {
			if (id == TR_OPT_TRACECLOCK)
				*clock_follows = true;
			tr_head_option(h, id, &o);
		}
		free(data);
	}
	return true;
}

/* "flyrecord", then offset and size of each CPU. */
static int buffer(struct tr_capture *tc, struct tr_head *h, struct tr_cur *c, unsigned int inst,
		  uint32_t cpus, struct sg_err *err)
{
	if (cpus > TR_MAX_STREAMS)
		return sg_fail(err, SG_E_FORMAT, "%s: damaged: %u CPUs", tc->src.path, cpus);
	for (uint32_t cpu = 0; cpu < cpus; cpu++) {
		uint64_t off, size;
		int r;

		c->what = "the table of its trace buffers";
		if (!tr_cur_u64(c, &off) || !tr_cur_u64(c, &size))
			return cut(tc, c, err);
		r = tr_head_where(h, inst, cpu, off, size);
		if (r < 0)
			return sg_fail(err, r, "%s: more trace buffers than can be read",
				       tc->src.path);
	}
	h->have_buffers = true;
	return SG_OK;
}

static void instance(struct tr_capture *tc, struct tr_head *h, uint64_t off, unsigned int inst,
		     uint32_t cpus)
{
	struct tr_cur c = { .src = &tc->src, .end = tc->src.size, .swap = h->swap, .pos = off };
	char kind[10];

	if (off >= tc->src.size || !tr_cur_get(&c, kind, sizeof(kind)) ||
	    memcmp(kind, "flyrecord", 9) != 0 || buffer(tc, h, &c, inst, cpus, NULL) < 0) {
		char name[64];

		sg_clean(name, sizeof(name), h->inst[inst].name, strlen(h->inst[inst].name));
		tr_note(tc,
			"the trace buffer instance \"%s\" cannot be read: its place in the file is "
			"cut or damaged",
			name);
	}
}

int tr_head_v6(struct tr_capture *tc, struct tr_head *h, struct tr_cur *c, struct sg_err *err)
{
	struct pending p = { 0 };
	bool clock_follows = false;
	char kind[10];
	uint32_t cpus;
	uint64_t n;
	int r;

	if (!tr_head_page_info(h, c) || !tr_head_ftrace_formats(h, c) ||
	    !tr_head_event_formats(h, c) || !skip_sized(c, "the kernel symbols") ||
	    !skip_sized(c, "the printk formats") || !tr_head_cmdlines(h, c))
		return cut(tc, c, err);
	c->what = "its number of CPUs";
	if (!tr_cur_u32(c, &cpus) || !tr_cur_get(c, kind, sizeof(kind)))
		return cut(tc, c, err);
	if (memcmp(kind, "options", 7) == 0 &&
	    (!options(h, c, &p, &clock_follows) || !tr_cur_get(c, kind, sizeof(kind))))
		return cut(tc, c, err);
	if (h->have_cpucount)
		cpus = h->cpucount;
	if (memcmp(kind, "latency", 7) == 0) {
		h->latency = true;
		return SG_OK;
	}
	c->what = "the kind of its data";
	if (memcmp(kind, "flyrecord", 9) != 0)
		return cut(tc, c, err);
	r = buffer(tc, h, c, 0, cpus, err);
	if (r < 0)
		return r;
	/* the clock's name was an afterthought: the option says only that it comes here */
	if (clock_follows && !h->clock[0] && tr_cur_u64(c, &n) && n < 4096) {
		char *text = tr_cur_dup(c, n);

		if (text)
			tr_clock_name(h->clock, sizeof(h->clock), text);
		free(text);
	}
	for (unsigned int i = 0; i < p.nr; i++)
		instance(tc, h, p.v[i].off, (unsigned int)p.v[i].inst, cpus);
	return SG_OK;
}
