// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a snapshot's page flags tell beside the state that the machine keeps: which pages on the LRU are one folio, which were
 * used or are dirty, which ones a driver can move, which free blocks the host knows of.  Only of pages that nothing has touched since.
 *
 * Source: include/uapi/linux/kernel-page-flags.h, fs/proc/page.c: stable_page_flags(), 6.1 to 7.3: a folio's tail bears
 * the flags of its head in some, none in others
 */
#include "sim/start.h"

#define KPF_REFERENCED (1ull << 2)
#define KPF_UPTODATE (1ull << 3) /* of the head of a free block: PG_reported (include/linux/page-flags.h, 6.1 to 7.3) */
#define KPF_DIRTY (1ull << 4)
#define KPF_LRU (1ull << 5)
#define KPF_BUDDY (1ull << 10)
#define KPF_COMPOUND_HEAD (1ull << 15)
#define KPF_COMPOUND_TAIL (1ull << 16)
#define KPF_OFFLINE (1ull << 23) /* PG_offline: what a balloon took; and memory that virtio-mem and others keep away */

struct reader {
	struct start *st;
	uint64_t head, flags; /* of the compound page that the walk is in */
	uint64_t nr;          /* its pages so far; 0: it is in none */
};

static bool untouched(const struct page_ent *e)
{
	return ent_state(e) == PS_ALLOC && (e->st & PE_SNAP);
}

static void mark(struct start *st, uint64_t pfn, uint64_t flags)
{
	uint32_t *m = mm_cow_own(&st->marks, pfn, mm_start_no_marks, NULL);

	if (m)
		*m = (flags & KPF_DIRTY ? START_DIRTY : 0) | (flags & KPF_REFERENCED ? START_REFERENCED : 0);
	else
		st->oom = true;
}

/* A free block that nothing has touched since the snapshot was reported to the host before. */
static void mark_reported(struct start *st, uint64_t pfn)
{
	struct page_ent e;

	if (mm_zone_index(st->s->m, pfn) < 0)
		return;
	e = mm_ent(st->s->m, pfn);
	if (ent_state(&e) == PS_FREE && !(e.st & PE_LINK) && ent_order(&e) >= st->s->m->pb_order)
		mm_ent_own(st->s->m, pfn)->x |= PE_X_REPORTED;
}

/* The compound page is over: if it is a folio on the LRU, its pages are one. */
static void compound_end(struct reader *r)
{
	struct mm_machine *m = r->st->s->m;
	unsigned int order = 0;
	uint8_t lru;

	while (order < m->nr_orders && UINT64_C(1) << order < r->nr)
		order++;
	if (r->nr < 2 || r->nr != UINT64_C(1) << order || order >= m->nr_orders || (r->head & (r->nr - 1)) ||
	    !(r->flags & KPF_LRU) || mm_zone_index(m, r->head) < 0 ||
	    mm_zone_index(m, r->head) != mm_zone_index(m, r->head + r->nr - 1)) {
		r->nr = 0;
		return;
	}
	for (uint64_t p = r->head; p < r->head + r->nr; p++) {
		struct page_ent e = mm_ent(m, p);

		if (!untouched(&e)) {
			r->nr = 0;
			return;
		}
	}
	lru = mm_ent(m, r->head).st & (PE_LRU | PE_ACTIVE);
	for (uint64_t p = r->head; p < r->head + r->nr; p++) {
		struct page_ent *e = mm_ent_own(m, p);

		e->om = (uint8_t)((e->om & 0xf0) | order);
		e->st = (uint8_t)((e->st & ~(PE_LRU | PE_ACTIVE)) | lru);
	}
	r->st->facts->lru_large++;
	r->nr = 0;
}

static int read_flags(void *arg, uint64_t pfn, const uint64_t *flags, size_t nr)
{
	struct reader *r = arg;
	struct start *st = r->st;

	for (uint64_t p = pfn; p < pfn + nr && !st->oom; p++) {
		uint64_t f = flags[p - pfn];
		struct page_ent e;

		if (r->nr && !((f & KPF_COMPOUND_TAIL) && p == r->head + r->nr))
			compound_end(r);
		if (f & KPF_COMPOUND_HEAD) {
			r->head = p;
			r->flags = f;
			r->nr = 1;
		} else if (r->nr) {
			r->nr++;
		}
		if ((f & (KPF_BUDDY | KPF_UPTODATE)) == (KPF_BUDDY | KPF_UPTODATE))
			mark_reported(st, p);
		if (!(f & (KPF_DIRTY | KPF_REFERENCED | KPF_OFFLINE)) || mm_zone_index(st->s->m, p) < 0)
			continue;
		e = mm_ent(st->s->m, p);
		if (!untouched(&e))
			continue;
		if (f & KPF_LRU) {
			mark(st, p, f);
		} else if (f & KPF_OFFLINE) {
			struct page_ent *w = mm_ent_own(st->s->m, p);

			w->st = (uint8_t)((w->st & ~PE_LRU) | MM_LRU_UNEVICTABLE << 3);
			st->facts->movable_ops++;
		}
	}
	return st->oom;
}

/** Reads the page flags of the snapshot that the machine has taken up, if there are some. */
void mm_start_flags(struct start *st)
{
	struct reader r = { .st = st };

	if (mm_cow_init(&st->marks, sizeof(uint32_t), st->s->m->end_pfn, false, st->s->m->pool) < 0) {
		st->oom = true;
		return;
	}
	if (!st->snap || !st->snap->have_pageflags || st->s->m->core.seed_lost)
		return;
	/* a damaged file: what was read counts */
	st->snap->pageflags(st->snap, read_flags, &r);
	if (r.nr)
		compound_end(&r);
}
