// SPDX-License-Identifier: GPL-2.0-only
/*
 * A trace.dat of version 6: head with the formats, then each CPU's pages one after the other.
 *
 * The events are gone through three times: what they have in their fields, how many pages each CPU takes, and to write
 * these.  So no more is in memory than one page of each CPU.
 * The layout is trace-cmd's trace-cmd.dat.v6(5); of a page and its records kernel/trace/ring_buffer.c, 6.1 to 7.3.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tw_priv.h"

#define PAGE 4096u
#define PAGE_HEAD 16u /* time stamp, and how much of the page is used */
#define SMALL 112u    /* bytes of a record whose length is in its head */
#define DELTA_BITS 27
#define TIME_EXTEND 30u
#define MOST_TEXT 3500u

struct cpu {
	uint64_t pages, off;
	uint32_t used; /* of the page at hand, 0: none has been begun */
	uint64_t ts;   /* of its last record */
	uint8_t page[PAGE];
};

struct writer {
	int fd;
	const char *label;
	const struct sg_log *log;
	const struct sg_capture *cap;
	struct tw_event event[SG_KIND_COUNT];
	struct tw_seen seen[SG_KIND_COUNT];
	unsigned int nr_cpus;
	struct cpu *cpu;
	bool writing; /* the third time */
	struct tw_told *told;
	struct sg_err *err;
};

static void le(uint8_t *p, uint64_t v, unsigned int bytes)
{
	for (unsigned int i = 0; i < bytes; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static int put_at(struct writer *w, uint64_t off, const uint8_t *p, size_t len)
{
	while (len > 0) {
		ssize_t n = pwrite(w->fd, p, len, (off_t)off);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return sg_fail(w->err, SG_E_IO, "%s: cannot write the trace: %s", w->label,
				       n < 0 ? strerror(errno) : "nothing is taken");
		p += n;
		off += (uint64_t)n;
		len -= (size_t)n;
	}
	return SG_OK;
}

/* ---- first: what is in the fields ------------------------------------------------- */

static void see(struct writer *w, const struct sg_event *ev)
{
	const struct sg_kind_info *ki = sg_kind_info(ev->kind);
	struct tw_seen *seen = &w->seen[ev->kind];

	if (ev->cpu >= w->nr_cpus)
		w->nr_cpus = ev->cpu + 1u;
	if (ev->kind == SG_EV_other) {
		w->told->left_out++;
		return;
	}
	seen->events++;
	for (unsigned int s = 0; s < ki->nr_fields; s++) {
		struct tw_range *r = &seen->slot[s];
		uint64_t v = ev->v[s];

		/* (a signed slot's -1 looks like a missing one, and one that is left out comes back as that) */
		r->least = r->least < (int64_t)v ? r->least : (int64_t)v;
		r->high = r->high > (int64_t)v ? r->high : (int64_t)v;
		r->most = r->most > v ? r->most : v;
		r->any |= v != SG_MISSING;
	}
}

/* ---- records ----------------------------------------------------------------------- */

/* The record of @ev in @rec; its length. */
static size_t record(struct writer *w, const struct sg_event *ev, uint8_t rec[PAGE])
{
	const struct tw_event *e = &w->event[ev->kind];
	size_t len = e->size;

	memset(rec, 0, len);
	le(rec, e->id, 2);
	rec[2] = ev->common_flags;
	rec[3] = ev->preempt;
	le(rec + 4, (uint64_t)(int64_t)ev->pid, 4);
	for (unsigned int i = 0; i < e->nr; i++) {
		const struct tw_field *f = &e->field[i];
		bool newline = ev->kind == SG_EV_print; /* as the kernel ends every marker */
		size_t n = ev->str ? ev->str_len : 0, at = f->str == TR_STR_REST ? f->off : len;

		if (f->str == TR_STR_NO) {
			le(rec + f->off, ev->v[f->slot], f->size);
			continue;
		}
		size_t most = f->str == TR_STR_ARRAY ? f->size : MOST_TEXT;

		if (n > most) {
			n = most;
			w->told->cut_texts += w->writing;
		}
		if (f->str == TR_STR_ARRAY) { /* its end is filled up */
			if (n)
				memcpy(rec + f->off, ev->str, n);
			continue;
		}
		if (n)
			memcpy(rec + at, ev->str, n);
		if (newline)
			rec[at + n++] = '\n';
		rec[at + n++] = '\0';
		if (f->str == TR_STR_LOC)
			le(rec + f->off, n << 16 | at, 4);
		len = at + n > len ? at + n : len;
	}
	return len;
}

static int end_page(struct writer *w, struct cpu *c)
{
	int r = SG_OK;

	if (c->used == 0)
		return SG_OK;
	if (w->writing) {
		le(c->page + 8, c->used - PAGE_HEAD, 8);
		memset(c->page + c->used, 0, PAGE - c->used);
		r = put_at(w, c->off + c->pages * PAGE, c->page, PAGE);
	}
	c->pages++;
	c->used = 0;
	return r;
}

static int put_event(struct writer *w, const struct sg_event *ev)
{
	struct cpu *c = &w->cpu[ev->cpu];
	uint8_t rec[PAGE], *p;
	size_t len = (record(w, ev, rec) + 3) & ~(size_t)3, need = len + 4 + (len > SMALL ? 4 : 0);
	uint64_t ts = ev->ts < c->ts && c->pages + c->used ? c->ts : ev->ts, delta = ts - c->ts;
	uint32_t low;
	int r = SG_OK;

	w->told->moved += w->writing && ts != ev->ts;
	if (c->used && c->used + need + (delta >> DELTA_BITS ? 8 : 0) > PAGE)
		r = end_page(w, c);
	if (c->used == 0) {
		le(c->page, ts, 8);
		c->used = PAGE_HEAD;
		delta = 0;
	}
	c->ts = ts;
	p = c->page + c->used;
	low = (uint32_t)(delta & ((UINT64_C(1) << DELTA_BITS) - 1));
	if (delta >> DELTA_BITS) {
		le(p, TIME_EXTEND | (uint64_t)low << 5, 4);
		le(p + 4, delta >> DELTA_BITS, 4);
		p += 8;
		c->used += 8;
		low = 0;
	}
	if (len > SMALL) {
		le(p, (uint64_t)low << 5, 4);
		le(p + 4, len + 4, 4);
		p += 8;
	} else {
		le(p, len / 4 | (uint64_t)low << 5, 4);
		p += 4;
	}
	memset(p, 0, len);
	memcpy(p, rec, record(w, ev, rec));
	c->used += (uint32_t)need;
	w->told->events += w->writing;
	return r;
}

static int each(struct writer *w, int (*fn)(struct writer *w, const struct sg_event *ev))
{
	struct sg_cursor cur;
	struct sg_event ev;
	int r = SG_OK;

	sg_log_seek(w->log, &cur, 1);
	while (r == SG_OK && sg_log_next(&cur, &ev))
		if (ev.kind != SG_EV_other)
			r = fn(w, &ev);
	for (unsigned int c = 0; c < w->nr_cpus && r == SG_OK; c++)
		r = end_page(w, &w->cpu[c]);
	return r;
}

/* ---- the head ---------------------------------------------------------------------------- */

static void put_sized(struct ss_buf *b, const char *text, size_t len)
{
	ss_put(b, len, 8);
	ss_put_bytes(b, text, len);
}

static void put_word(struct ss_buf *b, const char *text)
{
	ss_put_bytes(b, text, strlen(text) + 1);
}

/* Pages and heads of records; what the kernel's header_page and header_event say of 64-bit machines. */
static void put_layout(struct ss_buf *b)
{
	static const char page[] = "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
				   "\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
				   "\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
				   "\tfield: char data;\toffset:16;\tsize:4080;\tsigned:1;\n";
	static const char event[] = "# compressed entry header\n\ttype_len    :    5 bits\n\ttime_delta  :   27 bits\n"
				    "\tarray       :   32 bits\n\n\tpadding     : type == 29\n\ttime_extend : type == 30\n"
				    "\ttime_stamp : type == 31\n\tdata max type_len  == 28\n";

	put_word(b, "header_page");
	put_sized(b, page, sizeof(page) - 1);
	put_word(b, "header_event");
	put_sized(b, event, sizeof(event) - 1);
}

static unsigned int of_system(const struct writer *w, const char *system, struct ss_buf *b)
{
	unsigned int nr = 0;

	for (unsigned int k = 1; k < SG_KIND_COUNT; k++)
		if (w->event[k].text && strcmp(w->event[k].system, system) == 0) {
			if (b)
				put_sized(b, w->event[k].text, w->event[k].len);
			nr++;
		}
	return nr;
}

/* Is @k the first kind of its system that occurs? */
static bool begins_system(const struct writer *w, unsigned int k)
{
	if (!w->event[k].text || strcmp(w->event[k].system, "ftrace") == 0)
		return false;
	for (unsigned int i = 1; i < k; i++)
		if (w->event[i].text && strcmp(w->event[i].system, w->event[k].system) == 0)
			return false;
	return true;
}

static void put_formats(const struct writer *w, struct ss_buf *b)
{
	unsigned int nr = 0;

	ss_put(b, of_system(w, "ftrace", NULL), 4);
	of_system(w, "ftrace", b);
	for (unsigned int k = 1; k < SG_KIND_COUNT; k++)
		nr += begins_system(w, k);
	ss_put(b, nr, 4);
	for (unsigned int k = 1; k < SG_KIND_COUNT; k++)
		if (begins_system(w, k)) {
			put_word(b, w->event[k].system);
			ss_put(b, of_system(w, w->event[k].system, NULL), 4);
			of_system(w, w->event[k].system, b);
		}
}

static void put_tasks(const struct writer *w, struct ss_buf *b)
{
	size_t at = b->len;

	ss_put(b, 0, 8);
	for (unsigned int i = 0; i < w->cap->nr_tasks; i++) {
		char line[64];
		int n = snprintf(line, sizeof(line), "%d %s\n", w->cap->task[i].pid, w->cap->task[i].comm);

		if (w->cap->task[i].pid > 0)
			ss_put_bytes(b, line, (size_t)n);
	}
	if (!b->failed)
		le(b->data + at, b->len - at - 8, 8);
}

static void put_option(struct ss_buf *b, enum tr_opt id, const char *text)
{
	size_t n = text ? strlen(text) + 1 : 0;

	ss_put(b, id, 2);
	ss_put(b, n, 4);
	if (n)
		ss_put_bytes(b, text, n);
}

/* All that stands before the pages.  The name of the machine says that there was none. */
static void put_head(const struct writer *w, struct ss_buf *b)
{
	static const uint8_t magic[] = { 0x17, 0x08, 0x44, 't', 'r', 'a', 'c', 'i', 'n', 'g', '6', 0, 0, 8 };
	bool clock = w->cap->clock && *w->cap->clock;
	char text[400];

	ss_put_bytes(b, magic, sizeof(magic));
	ss_put(b, PAGE, 4);
	put_layout(b);
	put_formats(w, b);
	ss_put(b, 0, 4); /* kernel symbols */
	ss_put(b, 0, 4); /* printk formats */
	put_tasks(w, b);
	ss_put(b, w->nr_cpus, 4);
	put_word(b, "options  ");
	snprintf(text, sizeof(text), "Linux %s %s %s", w->cap->simulated ? "simulated" : "written", w->cap->kernel,
		 w->cap->machine && *w->cap->machine ? w->cap->machine : "unknown");
	put_option(b, TR_OPT_UNAME, text);
	if (clock)
		put_option(b, TR_OPT_TRACECLOCK, NULL);
	ss_put(b, TR_OPT_DONE, 2);
	put_word(b, "flyrecord");
	for (unsigned int c = 0; c < w->nr_cpus; c++) {
		ss_put(b, w->cpu[c].off, 8);
		ss_put(b, w->cpu[c].pages * PAGE, 8);
	}
	if (clock) {
		snprintf(text, sizeof(text), "[%s]", w->cap->clock);
		put_sized(b, text, strlen(text));
	}
}

static int put_file(struct writer *w)
{
	struct ss_buf b = { 0 };
	uint64_t at;
	int r;

	put_head(w, &b); /* for its length */
	at = (b.len + PAGE - 1) / PAGE * PAGE;
	for (unsigned int c = 0; c < w->nr_cpus; c++) {
		w->cpu[c].off = at;
		at += w->cpu[c].pages * PAGE;
	}
	b.len = 0;
	put_head(w, &b);
	r = b.failed ? sg_fail(w->err, SG_E_NOMEM, "%s: out of memory while writing the trace", w->label) : put_at(w, 0, b.data, b.len);
	free(b.data);
	for (unsigned int c = 0; c < w->nr_cpus; c++)
		w->cpu[c].pages = w->cpu[c].used = 0;
	w->writing = true;
	if (r == SG_OK)
		r = each(w, put_event);
	if (r == SG_OK && ftruncate(w->fd, (off_t)at) < 0)
		r = sg_fail(w->err, SG_E_IO, "%s: cannot write the trace: %s", w->label, strerror(errno));
	return r;
}

int tw_write(int fd, const char *label, const struct sg_capture *cap, const struct sg_log *log, const struct tr_capture *formats,
	     struct tw_told *told, struct sg_err *err)
{
	struct writer *w = sg_calloc(1, sizeof(*w));
	struct sg_cursor cur;
	struct sg_event ev;
	int r = SG_E_NOMEM;

	*told = (struct tw_told){ 0 };
	if (w) {
		*w = (struct writer){ .fd = fd, .label = label, .log = log, .cap = cap, .told = told, .err = err,
				      .nr_cpus = cap->nr_cpus ? cap->nr_cpus : 1 };
		sg_log_seek(log, &cur, 1);
		while (sg_log_next(&cur, &ev))
			see(w, &ev);
		r = tw_formats(w->event, w->seen, cap, formats, told);
		w->cpu = r == SG_OK ? sg_calloc(w->nr_cpus, sizeof(*w->cpu)) : NULL;
		r = w->cpu ? each(w, put_event) : SG_E_NOMEM;
	}
	if (r == SG_OK)
		r = put_file(w);
	else if (r == SG_E_NOMEM)
		sg_fail(err, r, "%s: out of memory while writing the trace", label);
	if (w) {
		tw_formats_free(w->event);
		free(w->cpu);
	}
	free(w);
	return r;
}
