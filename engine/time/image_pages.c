// SPDX-License-Identifier: GPL-2.0-only
/*
 * Images: pages and pageblocks that differ from what the snapshot says of them, in columns.
 *
 * Pages come in pieces of at most PIECE pages: their number (0 ends them), then runs of (pages skipped, pages
 * in a row), then a column of states, one of orders and types, one of the fields x, one of the events since
 * when (differences), one of the owners of those that are in use (differences).  Links are in the lists.
 */
#include <stdlib.h>
#include <string.h>

#include "time/image_io.h"

#define PIECE 16384u

struct piece {
	uint32_t nr;
	uint64_t pfn[PIECE];
	struct page_ent e[PIECE];
};

static bool same(const struct page_ent *a, const struct page_ent *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static bool has_owner(const struct page_ent *e)
{
	return ent_state(e) == PS_ALLOC;
}

static void put_piece(struct mm_io *io, const struct piece *p, uint64_t *next, uint64_t *since, uint64_t *owner)
{
	mm_io_put(io, p->nr);
	for (uint32_t i = 0, n; i < p->nr; i += n) {
		for (n = 1; i + n < p->nr && p->pfn[i + n] == p->pfn[i] + n; n++)
			;
		mm_io_put(io, p->pfn[i] - *next);
		mm_io_put(io, n - 1);
		*next = p->pfn[i] + n;
	}
	for (uint32_t i = 0; i < p->nr; i++)
		mm_io_put_byte(io, p->e[i].st);
	for (uint32_t i = 0; i < p->nr; i++)
		mm_io_put_byte(io, p->e[i].om);
	for (uint32_t i = 0; i < p->nr; i++)
		mm_io_put(io, p->e[i].x);
	for (uint32_t i = 0; i < p->nr; i++) {
		mm_io_put(io, mm_zigzag(p->e[i].since - *since));
		*since = p->e[i].since;
	}
	for (uint32_t i = 0; i < p->nr; i++)
		if (has_owner(&p->e[i])) {
			mm_io_put(io, mm_zigzag((uint64_t)(int64_t)(int32_t)p->e[i].a - *owner));
			*owner = (uint64_t)(int64_t)(int32_t)p->e[i].a;
		}
}

static void put_blocks(struct mm_io *io, const struct mm_machine *m)
{
	const struct block_ent *e;
	uint64_t next = 0;

	for (uint64_t i = 0; (e = mm_cow_next(&m->blocks, &i)) != NULL; i++) {
		struct block_ent b = *e, s = mm_blk_seed(m, i);

		if (memcmp(&b, &s, sizeof(b)) == 0)
			continue;
		mm_io_put(io, i - next + 1);
		next = i + 1;
		mm_io_put_byte(io, b.mt);
		mm_io_put_byte(io, b.was);
		mm_io_put(io, b.changed);
		for (unsigned int k = 0; k < 5; k++)
			mm_io_put(io, b.nr[k]);
	}
	mm_io_put(io, 0);
}

void mm_image_put_pages(struct mm_io *io, const struct mm_machine *m)
{
	struct piece *p = malloc(sizeof(*p));
	uint64_t next = 0, since = 0, owner = 0;
	const struct page_ent *raw;

	if (!p) {
		io->failed = true;
		io->result = SG_E_NOMEM;
		return;
	}
	p->nr = 0;
	for (uint64_t i = 0; (raw = mm_cow_next(&m->pages, &i)) != NULL && !io->failed; i++) {
		struct page_ent e = mm_ent_meaning(raw), s = mm_ent_seed(m, i);

		if (same(&e, &s))
			continue;
		p->pfn[p->nr] = i;
		p->e[p->nr++] = e;
		if (p->nr == PIECE) {
			put_piece(io, p, &next, &since, &owner);
			p->nr = 0;
		}
	}
	if (p->nr)
		put_piece(io, p, &next, &since, &owner);
	mm_io_put(io, 0);
	free(p);
	put_blocks(io, m);
}

/* ---- reading --------------------------------------------------------------------- */

static bool is_seed(const struct mm_machine *m, uint64_t pfn, const struct page_ent *e)
{
	struct page_ent s = mm_ent_seed(m, pfn);

	return same(e, &s);
}

/* All that can be said of one page alone. */
static void check_page(struct mm_io *io, const struct mm_machine *m, uint64_t pfn, const struct page_ent *e)
{
	unsigned int s = ent_state(e), o = ent_order(e);
	int z = mm_zone_index(m, pfn);

	if (z < 0)
		mm_io_bad(io, "page %llu is in no zone", (unsigned long long)pfn);
	else if (s > PS_ISO || (ent_mt(e) != 15 && ent_mt(e) >= SG_MAX_MIGRATETYPES) || o >= m->nr_orders)
		mm_io_bad(io, "page %llu is of no possible state, order or type", (unsigned long long)pfn);
	else if ((e->st & PE_LINK) && s != PS_FREE && s != PS_PCP)
		mm_io_bad(io, "page %llu is on a list but not free", (unsigned long long)pfn);
	else if ((s == PS_FREE || (e->st & PE_LINK)) &&
		 ((pfn & ((1ull << o) - 1)) || pfn + (1ull << o) > m->core.zone[z].end))
		mm_io_bad(io, "the block at page %llu of order %u can't be there", (unsigned long long)pfn, o);
	else if (is_seed(m, pfn, e))
		mm_io_bad(io, "page %llu is as if nothing had touched it", (unsigned long long)pfn);
	else if (e->since > m->core.position)
		mm_io_bad(io, "page %llu comes from an event that is still to come", (unsigned long long)pfn);
}

/* Entries from *@from up to @to that the image doesn't have: as the snapshot has them. */
static void reset_between(struct mm_io *io, struct mm_machine *m, uint64_t from, uint64_t to)
{
	const struct page_ent *e;

	for (uint64_t i = from; (e = mm_cow_next(&m->pages, &i)) != NULL && i < to && !io->failed; i++) {
		struct page_ent was = mm_ent_meaning(e), s = mm_ent_seed(m, i);

		if (!same(&was, &s))
			*mm_ent_own(m, i) = s;
	}
}

/* Links are put right later; an entry that is as it should be stays shared with the other versions. */
static void apply(struct mm_machine *m, uint64_t pfn, const struct page_ent *e)
{
	const struct page_ent *raw = mm_cow_peek(&m->pages, pfn);
	struct page_ent was;

	if (raw) {
		was = mm_ent_meaning(raw);
		if (e->st & PE_LINK) {
			was.a = e->a;
			was.b = e->b;
		}
		if (same(&was, e))
			return;
	}
	*mm_ent_own(m, pfn) = *e;
}

static void get_piece(struct mm_io *io, struct mm_machine *m, struct piece *p, uint64_t *next, uint64_t *since,
		      uint64_t *owner, uint64_t *nr_linked)
{
	uint64_t first = *next;

	for (uint32_t i = 0; i < p->nr && !io->failed;) {
		uint64_t skip = mm_io_get(io), n = mm_io_get(io) + 1;

		if (skip > MM_MAX_PFN || (skip == 0 && i > 0) || n > p->nr - i || *next + skip + n > MM_MAX_PFN) {
			mm_io_bad(io, "a run of pages is too long, or two are one");
			return;
		}
		for (*next += skip; n > 0; n--)
			p->pfn[i++] = (*next)++;
	}
	if (io->failed || (size_t)(io->end - io->at) < 2 * (size_t)p->nr) {
		mm_io_bad(io, "it ends too early");
		return;
	}
	for (uint32_t i = 0; i < p->nr; i++)
		p->e[i] = (struct page_ent){ .st = *io->at++, .a = MM_NIL, .b = MM_NIL };
	for (uint32_t i = 0; i < p->nr; i++)
		p->e[i].om = *io->at++;
	for (uint32_t i = 0; i < p->nr; i++) {
		uint64_t x = mm_io_get(io);

		if (x > UINT16_MAX)
			mm_io_bad(io, "a page's number of flags or CPU is too large");
		p->e[i].x = (uint16_t)x;
	}
	for (uint32_t i = 0; i < p->nr; i++) {
		*since += mm_unzigzag(mm_io_get(io));
		if (*since > UINT32_MAX)
			mm_io_bad(io, "a page comes from no possible event");
		p->e[i].since = (uint32_t)*since;
	}
	for (uint32_t i = 0; i < p->nr; i++)
		if (has_owner(&p->e[i])) {
			*owner += mm_unzigzag(mm_io_get(io));
			if ((int64_t)*owner < INT32_MIN || (int64_t)*owner > INT32_MAX)
				mm_io_bad(io, "a page has no possible owner");
			p->e[i].a = (uint32_t)*owner;
		}
	for (uint32_t i = 0; i < p->nr && !io->failed; i++)
		check_page(io, m, p->pfn[i], &p->e[i]);
	for (uint32_t i = 0; i < p->nr && !io->failed; i++) {
		reset_between(io, m, first, p->pfn[i]);
		apply(m, p->pfn[i], &p->e[i]);
		first = p->pfn[i] + 1;
		*nr_linked += (p->e[i].st & PE_LINK) != 0;
	}
}

/* A free block whose first page lies before @pfn and that reaches over it? */
static bool covered(const struct mm_machine *m, uint64_t pfn)
{
	for (unsigned int o = 1; o < m->nr_orders; o++) {
		uint64_t h = pfn & ~((1ull << o) - 1);
		struct page_ent e;

		if (h == pfn)
			continue;
		e = mm_ent(m, h);
		if (ent_state(&e) == PS_FREE && ent_order(&e) >= o)
			return true;
	}
	return false;
}

/* Free blocks don't overlap, and all of their pages are free. */
static void check_blocks_free(struct mm_io *io, const struct mm_machine *m)
{
	const struct page_ent *raw;

	for (uint64_t i = 0; (raw = mm_cow_next(&m->pages, &i)) != NULL && !io->failed; i++) {
		struct page_ent e = *raw, t;

		if (ent_state(&e) != PS_FREET && covered(m, i))
			mm_io_bad(io, "page %llu lies in a free block but isn't free", (unsigned long long)i);
		if (ent_state(&e) != PS_FREE)
			continue;
		for (uint64_t q = i + 1; q < i + (1ull << ent_order(&e)); q++) {
			t = mm_ent(m, q);
			if (ent_state(&t) != PS_FREET) {
				mm_io_bad(io, "page %llu lies in a free block but isn't free", (unsigned long long)q);
				break;
			}
		}
	}
}

/* The counts of a block must be those of its pages. */
static void check_counts(struct mm_io *io, const struct mm_machine *m, uint64_t block, const struct block_ent *b)
{
	uint64_t first = block << m->pb_order;
	unsigned int n[5] = { 0 };

	for (uint64_t p = first; p < first + (1ull << m->pb_order); p++) {
		struct page_ent e = mm_ent(m, p);
		unsigned int s = ent_state(&e);

		n[BN_FREE] += s == PS_FREE || s == PS_FREET;
		n[BN_PCP] += s == PS_PCP;
		n[BN_ALLOC] += s == PS_ALLOC;
		n[BN_ISO] += s == PS_ISO;
	}
	if (b->nr[BN_FREE] != n[BN_FREE] || b->nr[BN_PCP] != n[BN_PCP] || b->nr[BN_ALLOC] != n[BN_ALLOC] ||
	    b->nr[BN_ISO] != n[BN_ISO] || b->nr[BN_FOREIGN] > n[BN_ALLOC])
		mm_io_bad(io, "the counts of pageblock %llu aren't those of its pages", (unsigned long long)block);
}

static void reset_blocks(struct mm_machine *m, uint64_t from, uint64_t to)
{
	const struct block_ent *e;

	for (uint64_t i = from; (e = mm_cow_next(&m->blocks, &i)) != NULL && i < to; i++) {
		struct block_ent s = mm_blk_seed(m, i);

		if (memcmp(e, &s, sizeof(s)) != 0)
			*mm_blk_own(m, i) = s;
	}
}

static void get_blocks(struct mm_io *io, struct mm_machine *m)
{
	uint64_t next = 0, end = (mm_end_index(m) >> m->pb_order) + 1, skip;

	while ((skip = mm_io_get(io)) != 0) {
		const struct block_ent *was;
		struct block_ent b = { 0 }, s;
		uint64_t at = next + skip - 1;

		if (skip > end || at >= end) {
			mm_io_bad(io, "there is no pageblock %llu", (unsigned long long)at);
			return;
		}
		reset_blocks(m, next, at);
		next = at + 1;
		b.mt = (uint8_t)mm_io_get_byte(io);
		b.was = (uint8_t)mm_io_get_byte(io);
		IO_NUM(io, b.changed, UINT32_MAX);
		for (unsigned int k = 0; k < 5; k++)
			IO_NUM(io, b.nr[k], 1ull << m->pb_order);
		if ((b.mt != MM_MT_UNKNOWN && b.mt >= SG_MAX_MIGRATETYPES) || b.was > SG_MAX_MIGRATETYPES)
			mm_io_bad(io, "pageblock %llu is of type %u", (unsigned long long)at, b.mt);
		if (io->failed)
			return;
		s = mm_blk_seed(m, at);
		if (memcmp(&b, &s, sizeof(s)) == 0)
			mm_io_bad(io, "pageblock %llu is as if nothing had touched it", (unsigned long long)at);
		check_counts(io, m, at, &b);
		was = mm_cow_peek(&m->blocks, at);
		if (!was || memcmp(was, &b, sizeof(b)) != 0)
			*mm_blk_own(m, at) = b;
	}
	reset_blocks(m, next, UINT64_MAX);
}

/* All pages and pageblocks; then mm_image_get_lists(). */
static uint64_t get_all(struct mm_io *io, struct mm_machine *m, struct piece *p)
{
	uint64_t next = 0, since = 0, owner = 0, nr_linked = 0, nr, last = 0;

	while ((nr = mm_io_get(io)) != 0 && !io->failed) {
		if (nr > PIECE || (last && last != PIECE)) {
			mm_io_bad(io, "a piece has %llu pages", (unsigned long long)nr);
			return 0;
		}
		last = nr;
		p->nr = (uint32_t)nr;
		get_piece(io, m, p, &next, &since, &owner, &nr_linked);
	}
	reset_between(io, m, next, UINT64_MAX);
	check_blocks_free(io, m);
	return nr_linked;
}

void mm_image_get_pages(struct mm_io *io, struct mm_machine *m)
{
	struct piece *p = malloc(sizeof(*p));
	uint64_t nr_linked;

	if (!p) {
		m->out_of_memory = true;
		return;
	}
	nr_linked = get_all(io, m, p);
	free(p);
	if (!io->failed)
		get_blocks(io, m);
	if (!io->failed)
		mm_image_get_lists(io, m, nr_linked);
}
