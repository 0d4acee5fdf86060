// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "make.h"

struct mk_page mk_page_start(const struct mk_file *f, struct mk_buf *b, uint64_t ts)
{
	struct mk_page p = { .b = b, .f = f, .start = b->n };

	b->be = f->be;
	mk_u64(b, ts);
	mk_long(b, 0, f->longs);
	p.data = b->n;
	return p;
}

void mk_page_end(struct mk_page *p, uint64_t flags, int64_t lost)
{
	uint64_t commit = (p->b->n - p->data) | flags;
	size_t end;

	if (lost >= 0)
		mk_long(p->b, (uint64_t)lost, p->f->longs);
	if (p->b->n > p->start + p->f->page_size)
		abort();
	mk_zero(p->b, p->start + p->f->page_size);
	end = p->b->n;
	p->b->n = p->start + 8;
	mk_long(p->b, commit, p->f->longs);
	p->b->n = end;
}

void mk_head(struct mk_page *p, unsigned int type, uint32_t delta)
{
	mk_u32(p->b, p->f->be ? type << 27 | delta : delta << 5 | type);
}

void mk_extend(struct mk_page *p, uint64_t delta)
{
	mk_head(p, 30, delta & ((1u << 27) - 1));
	mk_u32(p->b, (uint32_t)(delta >> 27));
}

void mk_stamp(struct mk_page *p, uint64_t abs)
{
	mk_head(p, 31, abs & ((1u << 27) - 1));
	mk_u32(p->b, (uint32_t)(abs >> 27));
}

void mk_discard(struct mk_page *p, uint32_t delta, unsigned int words)
{
	mk_head(p, 29, delta);
	mk_u32(p->b, words * 4);
	mk_zero(p->b, p->b->n + (words - 1) * 4u);
}

void mk_record(struct mk_page *p, uint32_t delta, const void *data, size_t n, bool big)
{
	size_t words = (n + 3) / 4, end;

	if (big || words == 0 || words > 28) {
		mk_head(p, 0, delta);
		mk_u32(p->b, (uint32_t)n + 4);
	} else {
		mk_head(p, (unsigned int)words, delta);
	}
	end = p->b->n + words * 4;
	mk_bytes(p->b, data, n);
	mk_zero(p->b, end);
}

static struct mk_buf common(struct mk_page *p, unsigned int id, int pid)
{
	struct mk_buf r = { .be = p->f->be };

	mk_u16(&r, id);
	mk_u8(&r, 1);
	mk_u8(&r, 2);
	mk_u32(&r, (uint32_t)pid);
	return r;
}

static void finish(struct mk_page *p, uint32_t delta, struct mk_buf *r)
{
	mk_record(p, delta, r->d, r->n, false);
	mk_free(r);
}

void mk_alloc(struct mk_page *p, uint32_t delta, int pid, uint64_t pfn, uint32_t order,
	      uint64_t gfp, int mt)
{
	struct mk_buf r = common(p, MK_ALLOC, pid);
	unsigned int l = p->f->longs;

	mk_long(&r, pfn, l);
	mk_u32(&r, order);
	mk_zero(&r, 8 + 2 * (size_t)l);
	mk_long(&r, gfp, l);
	mk_u32(&r, (uint32_t)mt);
	finish(p, delta, &r);
}

void mk_freed(struct mk_page *p, uint32_t delta, int pid, uint64_t pfn, uint32_t order)
{
	struct mk_buf r = common(p, MK_FREE, pid);

	mk_long(&r, pfn, p->f->longs);
	mk_u32(&r, order);
	finish(p, delta, &r);
}

void mk_other(struct mk_page *p, uint32_t delta, int pid, uint32_t value)
{
	struct mk_buf r = common(p, MK_OTHER, pid);

	mk_u32(&r, value);
	finish(p, delta, &r);
}

void mk_print(struct mk_page *p, uint32_t delta, int pid, const char *text)
{
	struct mk_buf r = common(p, MK_PRINT, pid);

	mk_long(&r, 0x1234, p->f->longs);
	mk_str(&r, text);
	finish(p, delta, &r);
}

/*
 * Two CPUs of the top buffer and one of an instance, five pages: ordinary records, an extended
 * time, an absolute one, a discarded record, a long record, lost events with and without a number.
 */
struct mk_buf mk_sample_file(struct mk_file *f, int version, bool be, unsigned int longs,
			     const char *comp)
{
	struct mk_page p;
	struct mk_buf *b;

	*f = (struct mk_file){ .version = version,
			       .be = be,
			       .longs = longs,
			       .page_size = 512,
			       .comp = comp,
			       .nr_inst = 2 };
	f->inst[0].name = "";
	f->inst[0].nr_cpus = 2;
	f->inst[1].name = "side";
	f->inst[1].nr_cpus = 2;
	b = &f->inst[0].cpu[0];
	p = mk_page_start(f, b, 1000);
	mk_print(&p, 0, 7, "snapshot-begin\n");
	mk_alloc(&p, 10, 7, 0x1000, 0, 0xcc0, 0);
	mk_freed(&p, 5, 7, 0x1000, 0);
	mk_discard(&p, 2, 3);
	mk_alloc(&p, 1, 12, ~0ull, 3, 0x08, 1);
	mk_page_end(&p, 0, -1);
	p = mk_page_start(f, b, 2000);
	mk_other(&p, 3, 3, 99);
	mk_extend(&p, 1ull << 30);
	mk_other(&p, 1, 3, 98);
	mk_page_end(&p, MK_MISSED | MK_STORED, 41);
	p = mk_page_start(f, b, 2000 + (1ull << 30) + 100);
	mk_freed(&p, 1, 7, 0x2000, 9);
	mk_page_end(&p, MK_MISSED, -1);
	b = &f->inst[0].cpu[1];
	p = mk_page_start(f, b, 1005);
	mk_stamp(&p, 1010); /* the same time as the first allocation of CPU 0 */
	mk_alloc(&p, 0, 12, 0x3000, 2, 0xcc8, 1);
	mk_print(&p, 700, 12,
		 "a long text that needs more words than a head can tell: "
		 "0123456789012345678901234567890123456789012345678901234567890123456789\n");
	mk_page_end(&p, 0, -1);
	b = &f->inst[1].cpu[0];
	p = mk_page_start(f, b, 1010);
	mk_freed(&p, 0, 3, 0x3000, 2);
	mk_page_end(&p, 0, -1);
	return mk_build(f);
}

struct mk_buf mk_sample(int version, bool be, unsigned int longs, const char *comp)
{
	struct mk_file f;
	struct mk_buf b = mk_sample_file(&f, version, be, longs, comp);

	mk_file_free(&f);
	return b;
}
