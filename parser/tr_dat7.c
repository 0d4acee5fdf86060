// SPDX-License-Identifier: GPL-2.0-only
/* trace.dat version 7: sections, found through options. */
#include "tr_priv.h"

#include <stdlib.h>

#define SECTION_HEADER      16
#define SECTION_COMPRESSED  1u
#define MAX_OPTION_SECTIONS 256u

struct sections {
	uint64_t header_info, ftrace, formats, cmdlines;
};

/* Reads a section's header at @off and places @c at its content; c->mem is to be freed. */
static int section_open(struct tr_capture *tc, struct tr_head *h, uint64_t off, unsigned int id,
			const char *what, struct tr_cur *c, struct sg_err *err)
{
	struct tr_cur f = { .src = &tc->src, .pos = off, .end = tc->src.size, .swap = h->swap };
	uint32_t desc, csize, usize;
	uint16_t got, flags;
	struct tr_unpack *u;
	uint64_t size;
	char *packed;
	bool ok;

	*c = (struct tr_cur){ .swap = h->swap, .what = what };
	if (off >= tc->src.size)
		return sg_fail(
			err, SG_E_TRUNCATED,
			"%s: %s lies at byte %llu, behind the end (%llu bytes): the file is cut; copy it again, whole",
			tc->src.path, what, (unsigned long long)off,
			(unsigned long long)tc->src.size);
	if (!tr_cur_u16(&f, &got) || !tr_cur_u16(&f, &flags) || !tr_cur_u32(&f, &desc) ||
	    !tr_cur_u64(&f, &size))
		return sg_fail(err, SG_E_TRUNCATED,
			       "%s: ends inside %s (byte %llu): the file is cut; copy it again, whole", tc->src.path,
			       what, (unsigned long long)off);
	if (got != id)
		return sg_fail(
			err, SG_E_FORMAT,
			"%s: %s should be at byte %llu, but another section is there: damaged",
			tc->src.path, what, (unsigned long long)off);
	if (!(flags & SECTION_COMPRESSED)) {
		f.what = what;
		if (size && size < tr_cur_left(&f)) /* older writers leave the size 0 */
			f.end = f.pos + size;
		*c = f;
		return SG_OK;
	}
	if (!tr_cur_u32(&f, &csize) || !tr_cur_u32(&f, &usize) || csize > tr_cur_left(&f))
		return sg_fail(err, SG_E_TRUNCATED,
			       "%s: ends inside %s (byte %llu): the file is cut; copy it again, whole", tc->src.path,
			       what, (unsigned long long)off);
	if (usize > TR_MAX_SECTION || csize > TR_MAX_SECTION)
		return sg_fail(
			err, SG_E_FORMAT,
			"%s: %s (byte %llu) claims %u bytes, more than the %u that are believed",
			tc->src.path, what, (unsigned long long)off, usize, TR_MAX_SECTION);
	/* up to 3.3.1 trace-cmd wrote on big-endian machines how large the unpacked data is as its upper half */
	if (usize == 0 && tr_cur_left(&f) > 0) {
		h->no_sizes = true;
		return sg_fail(err, SG_E_FORMAT, "%s: %s (byte %llu) cannot be unpacked: the file says that it unpacks to 0 bytes", tc->src.path, what,
			       (unsigned long long)off);
	}
	packed = tr_cur_dup(&f, csize);
	c->mem = packed ? sg_malloc(usize ? usize : 1) : NULL;
	u = c->mem ? tr_unpack_new(h->comp) : NULL;
	ok = u && tr_unpack(u, c->mem, usize, packed, csize);
	tr_unpack_free(u);
	free(packed);
	if (!ok) {
		free(c->mem);
		c->mem = NULL;
		return sg_fail(err, SG_E_FORMAT,
			       "%s: %s (byte %llu) cannot be unpacked: its %s data is damaged",
			       tc->src.path, what, (unsigned long long)off, h->comp_name);
	}
	c->end = usize;
	return SG_OK;
}

/* u64 section, name, clock, u32 page size, u32 CPUs, for each: u32 cpu, u64 offset, u64 size. */
static bool buffer_option(struct tr_capture *tc, struct tr_head *h, struct tr_cur *c)
{
	struct tr_cur f = { .src = &tc->src, .end = tc->src.size, .swap = h->swap };
	char name[256], clock[256];
	uint32_t page, cpus;
	uint16_t id, flags;
	struct tr_inst *in;
	uint64_t off;
	int inst;

	if (!tr_cur_u64(c, &off) || !tr_cur_str(c, name, sizeof(name)) ||
	    !tr_cur_str(c, clock, sizeof(clock)) || !tr_cur_u32(c, &page) || !tr_cur_u32(c, &cpus))
		return false;
	inst = tr_head_instance(h, name);
	if (inst < 0 || page < 256 || page > TR_MAX_PAGE || cpus > tr_cur_left(c) / 20)
		return false;
	in = &h->inst[inst];
	in->page_size = page;
	tr_clock_name(in->clock, sizeof(in->clock), clock);
	f.pos = off;
	if (off >= f.end || !tr_cur_u16(&f, &id) || !tr_cur_u16(&f, &flags) ||
	    id != TR_OPT_BUFFER) {
		char shown[64];

		sg_clean(shown, sizeof(shown), name, strlen(name));
		tr_note(tc,
			"the data of trace buffer \"%s\" should start at byte %llu, which is cut "
			"or damaged",
			shown, (unsigned long long)off);
		h->have_buffers = true;
		return true;
	}
	in->compressed = flags & SECTION_COMPRESSED;
	for (uint32_t i = 0; i < cpus; i++) {
		uint64_t size;
		uint32_t cpu;

		if (!tr_cur_u32(c, &cpu) || !tr_cur_u64(c, &off) || !tr_cur_u64(c, &size) ||
		    tr_head_where(h, (unsigned int)inst, cpu, off, size) < 0)
			return false;
	}
	h->have_buffers = true;
	return true;
}

/* One section of options; *@next receives the offset of the one after it, 0 at the end. */
static int option_section(struct tr_capture *tc, struct tr_head *h, uint64_t off,
			  struct sections *s, uint64_t *next, struct sg_err *err)
{
	struct tr_cur c;
	int r = section_open(tc, h, off, TR_OPT_DONE, "the directory of its parts (options)", &c,
			     err);

	*next = 0;
	if (r < 0)
		return r;
	for (;;) {
		struct tr_cur o = { .swap = c.swap };
		uint16_t id;
		uint32_t n;
		char *data;

		if (!tr_cur_u16(&c, &id) || !tr_cur_u32(&c, &n) || !(data = tr_cur_dup(&c, n))) {
			r = sg_fail(err, SG_E_TRUNCATED,
				    "%s: ends inside the directory of its parts (byte %llu), or it "
				    "is damaged there",
				    tc->src.path, (unsigned long long)off);
			break;
		}
		o.mem = (uint8_t *)data;
		o.end = n;
		switch (id) {
		case TR_OPT_DONE:
			if (!tr_cur_u64(&o, next))
				*next = 0;
			break;
		case TR_OPT_BUFFER:
			if (!buffer_option(tc, h, &o))
				tr_note(tc,
					"an entry of the table of trace buffers (byte %llu) is "
					"damaged: some CPUs may be missing",
					(unsigned long long)off);
			break;
		case TR_OPT_BUFFER_TEXT:
			h->latency = true;
			break;
		case TR_OPT_HEADER_INFO:
			tr_cur_u64(&o, &s->header_info);
			break;
		case TR_OPT_FTRACE_EVENTS:
			tr_cur_u64(&o, &s->ftrace);
			break;
		case TR_OPT_EVENT_FORMATS:
			tr_cur_u64(&o, &s->formats);
			break;
		case TR_OPT_CMDLINES:
			tr_cur_u64(&o, &s->cmdlines);
			break;
		default:
			tr_head_option(h, id, &o);
		}
		free(data);
		if (id == TR_OPT_DONE)
			break;
	}
	free(c.mem);
	return r;
}

/* Reads one section with @read; damage becomes a note that says what it costs. */
static void section_read(struct tr_capture *tc, struct tr_head *h, uint64_t off, unsigned int id,
			 const char *what, bool (*read)(struct tr_head *, struct tr_cur *),
			 const char *cost)
{
	struct sg_err e;
	struct tr_cur c;

	if (off == 0)
		return;
	if (section_open(tc, h, off, id, what, &c, &e) < 0) {
		h->unreadable = true;
		h->no_formats |= id == TR_OPT_EVENT_FORMATS;
		tr_note(tc, "%s: %s", cost,
			e.text + (strncmp(e.text, tc->src.path, strlen(tc->src.path)) == 0
					  ? strlen(tc->src.path) + 2
					  : 0));
		return;
	}
	if (!read(h, &c))
		tr_note(tc, "%s: %s (byte %llu) is damaged or cut", cost, what,
			(unsigned long long)off);
	free(c.mem);
}

int tr_head_v7(struct tr_capture *tc, struct tr_head *h, uint64_t options, struct sg_err *err)
{
	struct sections s = { 0 };
	struct sg_err e = { 0 };
	uint64_t next = options;
	int r = SG_OK;

	for (unsigned int i = 0; next && i < MAX_OPTION_SECTIONS; i++) {
		r = option_section(tc, h, next, &s, &next, &e);
		if (r < 0)
			break;
	}
	if (!h->have_buffers && !h->latency)
		tr_rescue(tc, h, options);
	else if (r < 0)
		tr_note(tc, "part of the directory of the file's parts is cut or damaged: trace "
			    "buffers may be missing");
	if (r < 0 && !h->have_buffers)
		return sg_fail(err, r, "%s", e.text);
	section_read(tc, h, s.header_info, TR_OPT_HEADER_INFO, "the description of its pages",
		     tr_head_page_info, "the usual layout of pages is assumed");
	section_read(tc, h, s.ftrace, TR_OPT_FTRACE_EVENTS, "the formats of the built-in events",
		     tr_head_ftrace_formats, "trace markers may be missing");
	section_read(tc, h, s.formats, TR_OPT_EVENT_FORMATS, "the formats of the events",
		     tr_head_event_formats, "events may be missing");
	section_read(tc, h, s.cmdlines, TR_OPT_CMDLINES, "the names of the tasks", tr_head_cmdlines,
		     "names of tasks are missing");
	return SG_OK;
}
