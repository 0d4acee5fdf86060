// SPDX-License-Identifier: GPL-2.0-only
#include "make.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>
#ifdef TR_HAVE_ZLIB
#include <zlib.h>
#endif

void mk_bytes(struct mk_buf *b, const void *p, size_t n)
{
	if (b->n + n > b->cap) {
		b->cap = (b->n + n) * 2 + 256;
		b->d = realloc(b->d, b->cap);
		if (!b->d)
			abort();
	}
	if (n)
		memcpy(b->d + b->n, p, n);
	b->n += n;
}

static void number(struct mk_buf *b, uint64_t v, unsigned int size)
{
	uint8_t raw[8];

	for (unsigned int i = 0; i < size; i++)
		raw[b->be ? size - 1 - i : i] = (uint8_t)(v >> (8 * i));
	mk_bytes(b, raw, size);
}

void mk_u8(struct mk_buf *b, unsigned int v)
{
	number(b, v, 1);
}

void mk_u16(struct mk_buf *b, unsigned int v)
{
	number(b, v, 2);
}

void mk_u32(struct mk_buf *b, uint32_t v)
{
	number(b, v, 4);
}

void mk_u64(struct mk_buf *b, uint64_t v)
{
	number(b, v, 8);
}

void mk_long(struct mk_buf *b, uint64_t v, unsigned int size)
{
	number(b, v, size);
}

void mk_str(struct mk_buf *b, const char *s)
{
	mk_bytes(b, s, strlen(s) + 1);
}

void mk_zero(struct mk_buf *b, size_t upto)
{
	while (b->n < upto)
		mk_u8(b, 0);
}

void mk_put64(struct mk_buf *b, size_t at, uint64_t v)
{
	size_t n = b->n;

	b->n = at;
	mk_u64(b, v);
	b->n = n;
}

void mk_free(struct mk_buf *b)
{
	free(b->d);
	memset(b, 0, sizeof(*b));
}

void mk_file_free(struct mk_file *f)
{
	mk_free(&f->options);
	for (unsigned int i = 0; i < MK_MAX_INST; i++)
		for (unsigned int c = 0; c < MK_MAX_CPUS; c++)
			mk_free(&f->inst[i].cpu[c]);
}

void mk_option(struct mk_file *f, unsigned int id, const void *p, size_t n)
{
	f->options.be = f->be;
	mk_u16(&f->options, id);
	mk_u32(&f->options, (uint32_t)n);
	mk_bytes(&f->options, p, n);
}

/* ---- metadata ---------------------------------------------------------------- */

#define COMMON                                                                                     \
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"                     \
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"                     \
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"             \
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"

#define FLAGS                                                                                      \
	"(REC->gfp_flags) ? __print_flags(REC->gfp_flags, \"|\", "                                 \
	"{( unsigned long)(((( gfp_t)(((((1UL))) << (10))|((((1UL))) << (11)))) | (( "             \
	"gfp_t)((((1UL))) << (6))) | "                                                             \
	"(( gfp_t)((((1UL))) << (7))))), \"GFP_KERNEL\"}, "                                        \
	"{( unsigned long)(( gfp_t)0x08u), \"__GFP_MOVABLE\"}, "                                   \
	"{( unsigned long)(( gfp_t)((((1UL))) << (4))), \"__GFP_RECLAIMABLE\"}, { 0, ((void *)0) " \
	"} ) : \"none\""

static void format(struct mk_buf *b, const char *text)
{
	mk_u64(b, strlen(text));
	mk_bytes(b, text, strlen(text));
}

static void header_info(struct mk_buf *b, const struct mk_file *f)
{
	const char *event =
		"# compressed entry header\n\ttype_len    :    5 bits\n\ttime_delta  :   27 bits\n"
		"\tarray       :   32 bits\n\n\tpadding     : type == 29\n\ttime_extend : type == "
		"30\n"
		"\ttime_stamp : type == 31\n\tdata max type_len  == 28\n";
	char page[512];

	snprintf(page, sizeof(page),
		 "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
		 "\tfield: local_t commit;\toffset:8;\tsize:%u;\tsigned:1;\n"
		 "\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
		 "\tfield: char data;\toffset:%u;\tsize:%u;\tsigned:0;\n",
		 f->longs, 8 + f->longs, f->page_size - 8 - f->longs);
	mk_bytes(b, "header_page", 12);
	format(b, page);
	mk_bytes(b, "header_event", 13);
	format(b, event);
}

static void ftrace_formats(struct mk_buf *b, const struct mk_file *f)
{
	char text[1024];

	snprintf(text, sizeof(text),
		 "name: print\nID: %d\nformat:\n" COMMON
		 "\tfield:unsigned long ip;\toffset:8;\tsize:%u;\tsigned:0;\n"
		 "\tfield:char buf[];\toffset:%u;\tsize:0;\tsigned:0;\n\n"
		 "print fmt: \"%%ps: %%s\", (void *)REC->ip, REC->buf\n",
		 MK_PRINT, f->longs, 8 + f->longs);
	mk_u32(b, 1);
	format(b, text);
}

static void event_formats(struct mk_buf *b, const struct mk_file *f)
{
	unsigned int l = f->longs;
	char text[4096];

	mk_u32(b, 1 + !f->no_memory_events + !!f->formats);
	if (!f->no_memory_events) {
		mk_str(b, "kmem");
		mk_u32(b, 3);
		snprintf(text, sizeof(text),
			 "name: mm_page_alloc\nID: %d\nformat:\n" COMMON
			 "\tfield:unsigned long pfn;\toffset:8;\tsize:%u;\tsigned:0;\n"
			 "\tfield:unsigned int order;\toffset:%u;\tsize:4;\tsigned:0;\n"
			 "\tfield:unsigned long gfp_flags;\toffset:%u;\tsize:%u;\tsigned:0;\n"
			 "\tfield:int migratetype;\toffset:%u;\tsize:4;\tsigned:1;\n\n"
			 "print fmt: \"pfn=0x%%lx order=%%d migratetype=%%d gfp_flags=%%s\", "
			 "REC->pfn, REC->order, "
			 "REC->migratetype, " FLAGS "\n",
			 MK_ALLOC, l, 8 + l, 8 + 2 * l, l, 8 + 3 * l);
		format(b, text);
		snprintf(text, sizeof(text),
			 "name: mm_page_free\nID: %d\nformat:\n" COMMON
			 "\tfield:unsigned long pfn;\toffset:8;\tsize:%u;\tsigned:0;\n"
			 "\tfield:unsigned int order;\toffset:%u;\tsize:4;\tsigned:0;\n\n"
			 "print fmt: \"pfn=0x%%lx order=%%d\", REC->pfn, REC->order\n",
			 MK_FREE, l, 8 + l);
		format(b, text);
		snprintf(text, sizeof(text),
			 "name: mm_page_alloc_extfrag\nID: %d\nformat:\n" COMMON
			 "\tfield:unsigned long pfn;\toffset:8;\tsize:%u;\tsigned:0;\n"
			 "\tfield:int alloc_order;\toffset:%u;\tsize:4;\tsigned:1;\n\n"
			 "print fmt: \"pfn=0x%%lx\", REC->pfn\n",
			 MK_EXTFRAG, l, 8 + l);
		format(b, text);
	}
	mk_str(b, "sched");
	mk_u32(b, 1);
	snprintf(text, sizeof(text),
		 "name: sched_waking\nID: %d\nformat:\n" COMMON
		 "\tfield:unsigned int value;\toffset:8;\tsize:4;\tsigned:0;\n\nprint fmt: "
		 "\"%%u\", REC->value\n",
		 MK_OTHER);
	format(b, text);
	if (f->formats) {
		mk_str(b, f->formats_system ? f->formats_system : "test");
		mk_u32(b, 1);
		format(b, f->formats);
	}
}

static const char cmdlines[] = "7 worker/0\n12 bash\n3 kswapd0\n";

static void clock_text(char *dst, size_t size, const struct mk_file *f)
{
	snprintf(dst, size, "[%s] global counter\n", f->clock ? f->clock : "local");
}

/* The options that both versions have; version 6 keeps the clock elsewhere. */
static void options(struct mk_buf *b, const struct mk_file *f, unsigned int cpus)
{
	const char *uname = f->uname ? f->uname : "Linux box 6.12.3-test x86_64";
	const char *stat = "CPU: 0\nentries: 3\noverrun: 0\ncommit overrun: 0\nbytes: 100\ndropped "
			   "events: 0\n";
	char clock[64];

	clock_text(clock, sizeof(clock), f);
	mk_u16(b, 2);
	mk_u32(b, (uint32_t)strlen(stat) + 1);
	mk_str(b, stat);
	mk_u16(b, 5);
	mk_u32(b, (uint32_t)strlen(uname) + 1);
	mk_str(b, uname);
	mk_u16(b, 4);
	mk_u32(b, f->version == 7 ? (uint32_t)strlen(clock) + 1 : 0);
	if (f->version == 7)
		mk_str(b, clock);
	mk_u16(b, 8);
	mk_u32(b, 4);
	mk_u32(b, cpus);
	mk_bytes(b, f->options.d, f->options.n);
}

static unsigned int max_cpus(const struct mk_file *f)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < f->nr_inst; i++)
		n = f->inst[i].nr_cpus > n ? f->inst[i].nr_cpus : n;
	return n;
}

static void align(struct mk_buf *b, uint32_t to)
{
	mk_zero(b, (b->n + to - 1) / to * to);
}

/* ---- version 6 ------------------------------------------------------------------ */

/* Offset and size of each CPU, to be put in later: the place of the first. */
static size_t cpu_table(struct mk_buf *b, unsigned int cpus)
{
	size_t at = b->n;

	mk_zero(b, b->n + 16 * (size_t)cpus);
	return at;
}

static void cpu_data(struct mk_file *f, struct mk_buf *b, unsigned int inst, size_t table)
{
	for (unsigned int c = 0; c < f->inst[inst].nr_cpus; c++) {
		align(b, f->page_size);
		f->data_at[inst][c] = b->n;
		mk_put64(b, table + 16 * (size_t)c, b->n);
		mk_put64(b, table + 16 * (size_t)c + 8, f->inst[inst].cpu[c].n);
		mk_bytes(b, f->inst[inst].cpu[c].d, f->inst[inst].cpu[c].n);
	}
}

static void build6(struct mk_file *f, struct mk_buf *b)
{
	size_t place[MK_MAX_INST] = { 0 }, table;
	unsigned int cpus = max_cpus(f);
	char clock[64];

	header_info(b, f);
	ftrace_formats(b, f);
	event_formats(b, f);
	mk_u32(b, 0); /* kernel symbols */
	mk_u32(b, 0); /* printk formats */
	mk_u64(b, strlen(cmdlines));
	mk_bytes(b, cmdlines, strlen(cmdlines));
	mk_u32(b, cpus);
	mk_bytes(b, "options  ", 10);
	options(b, f, cpus);
	for (unsigned int i = 1; i < f->nr_inst; i++) {
		mk_u16(b, 3);
		mk_u32(b, 8 + (uint32_t)strlen(f->inst[i].name) + 1);
		place[i] = b->n;
		mk_u64(b, 0);
		mk_str(b, f->inst[i].name);
	}
	mk_u16(b, 0);
	mk_bytes(b, "flyrecord", 10);
	table = cpu_table(b, cpus);
	clock_text(clock, sizeof(clock), f);
	mk_u64(b, strlen(clock));
	mk_bytes(b, clock, strlen(clock));
	f->meta_end = b->n;
	cpu_data(f, b, 0, table);
	for (unsigned int i = 1; i < f->nr_inst; i++) {
		mk_put64(b, place[i], b->n);
		mk_bytes(b, "flyrecord", 10);
		table = cpu_table(b, cpus);
		cpu_data(f, b, i, table);
	}
}

/* ---- version 7 ------------------------------------------------------------------ */

static size_t pack(const struct mk_file *f, const void *src, size_t n, void *dst, size_t room)
{
	if (strcmp(f->comp, "zstd") == 0)
		return ZSTD_compress(dst, room, src, n, 3);
#ifdef TR_HAVE_ZLIB
	uLongf got = room;

	if (compress(dst, &got, src, n) == Z_OK)
		return got;
#endif
	abort();
}

static void packed(const struct mk_file *f, struct mk_buf *b, const uint8_t *p, size_t n)
{
	size_t room = ZSTD_compressBound(n) + 1024, got;
	uint8_t *dst = malloc(room);

	if (!dst)
		abort();
	got = pack(f, p, n, dst, room);
	mk_u32(b, (uint32_t)got);
	mk_u32(b, (uint32_t)n);
	mk_bytes(b, dst, got);
	free(dst);
}

/* A section with @body; its offset. */
static size_t section(const struct mk_file *f, struct mk_buf *b, unsigned int id,
		      struct mk_buf *body)
{
	bool comp = strcmp(f->comp, "none") != 0 && id != 0;
	struct mk_buf content = { .be = f->be };
	size_t at = b->n;

	if (comp)
		packed(f, &content, body->d, body->n);
	else
		mk_bytes(&content, body->d, body->n);
	mk_u16(b, id);
	mk_u16(b, comp);
	mk_u32(b, 0);
	mk_u64(b, content.n);
	mk_bytes(b, content.d, content.n);
	mk_free(&content);
	mk_free(body);
	body->be = f->be;
	return at;
}

static void option64(struct mk_buf *b, unsigned int id, uint64_t v)
{
	mk_u16(b, id);
	mk_u32(b, 8);
	mk_u64(b, v);
}

/* One instance's section and its BUFFER option. */
static void buffer7(struct mk_file *f, struct mk_buf *b, struct mk_buf *opt, unsigned int i)
{
	const char *clock = f->clock ? f->clock : "local";
	struct mk_inst *in = &f->inst[i];
	bool comp = strcmp(f->comp, "none") != 0;
	size_t chunk = (size_t)f->page_size * (f->pages_in_chunk ? f->pages_in_chunk : 2);
	size_t at = b->n;

	mk_u16(opt, 3);
	mk_u32(opt,
	       (uint32_t)(8 + strlen(in->name) + 1 + strlen(clock) + 1 + 8 + 20 * in->nr_cpus));
	mk_u64(opt, at);
	mk_str(opt, in->name);
	mk_str(opt, clock);
	mk_u32(opt, f->page_size);
	mk_u32(opt, in->nr_cpus);
	mk_u16(b, 3);
	mk_u16(b, comp);
	mk_u32(b, 0);
	mk_u64(b, 0);
	for (unsigned int c = 0; c < in->nr_cpus; c++) {
		struct mk_buf *data = &in->cpu[c];
		size_t start;

		align(b, f->page_size);
		f->data_at[i][c] = start = b->n;
		if (!comp) {
			mk_bytes(b, data->d, data->n);
		} else if (data->n) {
			mk_u32(b, (uint32_t)((data->n + chunk - 1) / chunk));
			for (size_t k = 0; k < data->n; k += chunk)
				packed(f, b, data->d + k,
				       data->n - k < chunk ? data->n - k : chunk);
		}
		mk_u32(opt, c);
		mk_u64(opt, start);
		mk_u64(opt, b->n - start);
	}
}

static void build7(struct mk_file *f, struct mk_buf *b)
{
	struct mk_buf body = { .be = f->be }, opt = { .be = f->be };
	size_t first, done;

	mk_str(b, f->comp);
	mk_str(b, "1.0");
	first = b->n;
	mk_u64(b, 0);
	header_info(&body, f);
	option64(&opt, 16, section(f, b, 16, &body));
	ftrace_formats(&body, f);
	option64(&opt, 17, section(f, b, 17, &body));
	event_formats(&body, f);
	option64(&opt, 18, section(f, b, 18, &body));
	mk_u64(&body, strlen(cmdlines));
	mk_bytes(&body, cmdlines, strlen(cmdlines));
	option64(&opt, 21, section(f, b, 21, &body));
	mk_bytes(&body, "", 1);
	section(f, b, 15, &body);
	options(&opt, f, max_cpus(f));
	option64(&opt, 0, 0);
	mk_put64(b, first, b->n);
	done = b->n + 16 + opt.n - 8;
	section(f, b, 0, &opt);
	f->meta_end = b->n;
	for (unsigned int i = 0; i < f->nr_inst; i++)
		buffer7(f, b, &opt, i);
	option64(&opt, 0, 0);
	mk_put64(b, done, b->n);
	section(f, b, 0, &opt);
	mk_free(&body);
	mk_free(&opt);
}

struct mk_buf mk_build(struct mk_file *f)
{
	static const uint8_t magic[] = { 0x17, 0x08, 0x44, 't', 'r', 'a', 'c', 'i', 'n', 'g' };
	struct mk_buf b = { .be = f->be };

	mk_bytes(&b, magic, sizeof(magic));
	mk_str(&b, f->version == 6 ? "6" : "7");
	mk_u8(&b, f->be);
	mk_u8(&b, f->longs);
	mk_u32(&b, f->page_size);
	if (f->version == 6)
		build6(f, &b);
	else
		build7(f, &b);
	return b;
}
