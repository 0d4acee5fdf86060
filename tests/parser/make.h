/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Makes small trace.dat files in memory: every version, byte order, word size and compression, with
 * sub-buffers built record by record.
 */
#ifndef MAKE_H
#define MAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Bytes that grow. */
struct mk_buf {
	uint8_t *d;
	size_t n, cap;
	bool be;
};

void mk_bytes(struct mk_buf *b, const void *p, size_t n);
void mk_u8(struct mk_buf *b, unsigned int v);
void mk_u16(struct mk_buf *b, unsigned int v);
void mk_u32(struct mk_buf *b, uint32_t v);
void mk_u64(struct mk_buf *b, uint64_t v);
/** @size bytes (4 or 8). */
void mk_long(struct mk_buf *b, uint64_t v, unsigned int size);
void mk_str(struct mk_buf *b, const char *s);
void mk_zero(struct mk_buf *b, size_t upto);
/** Overwrites 8 bytes at @at. */
void mk_put64(struct mk_buf *b, size_t at, uint64_t v);
void mk_free(struct mk_buf *b);

#define MK_MAX_INST 4
#define MK_MAX_CPUS 4

/** What a file is to hold. */
struct mk_file {
	int version; /* 6 or 7 */
	bool be;
	unsigned int longs; /* 4 or 8 */
	uint32_t page_size;
	const char *comp; /* "none", "zstd", "zlib" (version 7) */
	const char *clock; /* "local" when NULL */
	const char *uname; /* "Linux box 6.12.3-test x86_64" when NULL */
	const char *formats; /* one more event's format, NULL for none */
	const char *formats_system; /* "test" when NULL */
	bool no_memory_events;
	struct mk_buf options; /* further options, encoded */
	unsigned int pages_in_chunk; /* 2 when 0 */
	unsigned int nr_inst;
	struct mk_inst {
		const char *name; /* "" for the top */
		unsigned int nr_cpus;
		struct mk_buf cpu[MK_MAX_CPUS]; /* whole pages */
	} inst[MK_MAX_INST];
	/* filled by mk_build() */
	size_t meta_end; /* bytes of metadata before the trace data */
	size_t data_at[MK_MAX_INST][MK_MAX_CPUS];
};

/** The file's bytes, to be freed with mk_free(). */
struct mk_buf mk_build(struct mk_file *f);
void mk_file_free(struct mk_file *f);
/** Adds an option to f->options; @n bytes. */
void mk_option(struct mk_file *f, unsigned int id, const void *p, size_t n);

/** Ids of the events in made files. */
enum { MK_ALLOC = 300, MK_FREE = 301, MK_OTHER = 302, MK_PRINT = 5, MK_EXTFRAG = 303 };

/* ---- pages: mk_page_start(), records, mk_page_end() ------------------------ */

struct mk_page {
	struct mk_buf *b;
	const struct mk_file *f;
	size_t start, data;
};

/** A new page at the end of @b; f->page_size, longs and be count. */
struct mk_page mk_page_start(const struct mk_file *f, struct mk_buf *b, uint64_t ts);
/** Ends it; @flags are OR'ed into the commit word; @lost is stored behind the data unless < 0. */
void mk_page_end(struct mk_page *p, uint64_t flags, int64_t lost);
#define MK_MISSED (1u << 31)
#define MK_STORED (1u << 30)

/** The head of a record. */
void mk_head(struct mk_page *p, unsigned int type, uint32_t delta);
void mk_extend(struct mk_page *p, uint64_t delta);
void mk_stamp(struct mk_page *p, uint64_t abs);
/** A discarded record of @words words. */
void mk_discard(struct mk_page *p, uint32_t delta, unsigned int words);
/** @n bytes as a record; @big stores the length in the first word. */
void mk_record(struct mk_page *p, uint32_t delta, const void *data, size_t n, bool big);

void mk_alloc(struct mk_page *p, uint32_t delta, int pid, uint64_t pfn, uint32_t order,
	      uint64_t gfp, int mt);
void mk_freed(struct mk_page *p, uint32_t delta, int pid, uint64_t pfn, uint32_t order);
void mk_other(struct mk_page *p, uint32_t delta, int pid, uint32_t value);
void mk_print(struct mk_page *p, uint32_t delta, int pid, const char *text);

/** A small file with a bit of everything, as the damage tests and the fuzzer's corpus use it. */
struct mk_buf mk_sample(int version, bool be, unsigned int longs, const char *comp);
/** The same, also saying where things lie. */
struct mk_buf mk_sample_file(struct mk_file *f, int version, bool be, unsigned int longs,
			     const char *comp);

#endif
