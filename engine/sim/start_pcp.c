// SPDX-License-Identifier: GPL-2.0-only
/*
 * The per-cpu lists at a run's start.
 *
 * A snapshot shows a page on a per-cpu list as one in use, without marks.  Later events tell (demand/ahead.c); those pages
 * stand between what the observed machine saw being freed to the list, at its head, and what it saw a refill bring, at its tail.
 * zoneinfo counts the pages of each CPU: that says whose those are of which later events only guess it, and how many there
 * are that no event tells.
 */
#include "sim/start.h"

#include <stdlib.h>

/* A block that an event shows to have been on a list. */
struct told {
	uint32_t set;  /* zone * nr_cpus + cpu */
	uint32_t at, pfn;
	uint32_t row;  /* at the beginning of which row of drains; 0: none */
	bool guess;    /* its CPU is a guess, as that of all of @row */
	uint8_t list, order, mt;
	uint8_t part;  /* enum part */
};

/* Of a list, from its head: what leaves at the head, what no event tells, what leaves at the tail. */
enum part { AT_HEAD, UNTOLD, AT_TAIL };

struct tolds {
	struct told *v;
	size_t nr, cap;
};

/* From head to tail: of those that leave at the head the first one first, of those that leave at the tail the first one last. */
static int by_place(const void *a, const void *b)
{
	const struct told *x = a, *y = b;

	if (x->set != y->set)
		return x->set < y->set ? -1 : 1;
	if (x->list != y->list)
		return x->list < y->list ? -1 : 1;
	if (x->part != y->part)
		return x->part < y->part ? -1 : 1;
	if (x->at != y->at)
		return (x->at < y->at) != (x->part == AT_TAIL) ? -1 : 1;
	return x->pfn < y->pfn ? -1 : x->pfn > y->pfn;
}

/* Does the machine know no better of any page of the block than that it is in use, from a snapshot? */
static bool open_block(const struct mm_machine *m, uint64_t pfn, unsigned int order)
{
	for (uint64_t p = pfn; p < pfn + (UINT64_C(1) << order); p++) {
		struct page_ent e = mm_ent(m, p);

		if (ent_state(&e) != PS_UNKNOWN && (ent_state(&e) != PS_ALLOC || !(e.st & PE_SNAP)))
			return false;
	}
	return true;
}

static void push(struct start *st, struct tolds *t, const struct told *one)
{
	if (t->nr == t->cap)
		t->v = mm_start_grow(st, t->v, &t->cap, sizeof(*t->v));
	if (t->nr < t->cap)
		t->v[t->nr++] = *one;
}

static void add(struct start *st, struct tolds *t, uint64_t pfn, const struct mm_ahead_page *a)
{
	const struct mm_machine *m = st->s->m;
	int zi = mm_zone_index(m, pfn);
	unsigned int mt = a->mt;

	if (zi < 0 || a->cpu >= m->nr_cpus || !mm_pcp_order(m, a->order) || (pfn & ((UINT64_C(1) << a->order) - 1)) ||
	    m->core.zone[zi].end - pfn < UINT64_C(1) << a->order || !open_block(m, pfn, a->order))
		return;
	if (mt >= SG_MAX_MIGRATETYPES)
		mt = mm_blk(m, pfn >> m->pb_order).mt;
	push(st, t, &(struct told){ .set = (uint32_t)zi * m->nr_cpus + a->cpu, .at = a->at, .pfn = (uint32_t)pfn, .row = a->row, .guess = a->guess,
				    .list = (uint8_t)mm_pindex(m, a->order, mt), .order = a->order, .mt = (uint8_t)mt,
				    .part = a->where == MM_AHEAD_TAIL ? AT_TAIL : AT_HEAD });
	st->facts->pcp_told += UINT64_C(1) << a->order;
}

static void collect(struct start *st, struct tolds *t)
{
	struct mm_ahead_page a;

	for (uint64_t pfn = 0; mm_ahead_next(st->ahead, &pfn, &a); pfn++)
		if (a.where == MM_AHEAD_HEAD || a.where == MM_AHEAD_TAIL)
			add(st, t, pfn, &a);
		else
			st->facts->used_told += a.where == MM_AHEAD_USED;
}

/* ---- zoneinfo's counts ------------------------------------------------------------------ */

/* Drains of one zone whose CPU is a guess. */
struct row {
	uint32_t zone, row, pages;
};

static int by_row(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->zone != y->zone)
		return x->zone < y->zone ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

static int largest(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	return x->pages != y->pages ? (x->pages > y->pages ? -1 : 1) : by_row(a, b);
}

/* Rows by number, added up; NULL when there are none. */
static struct row *sum_rows(struct start *st, const struct tolds *t, size_t *ret)
{
	struct row *r = NULL;
	size_t nr = 0, cap = 0, n = 0;

	for (size_t i = 0; i < t->nr && !st->oom; i++) {
		if (!t->v[i].guess)
			continue;
		if (nr == cap)
			r = mm_start_grow(st, r, &cap, sizeof(*r));
		if (nr < cap)
			r[nr++] = (struct row){ t->v[i].set / st->s->m->nr_cpus, t->v[i].row, 1u << t->v[i].order };
	}
	if (nr)
		qsort(r, nr, sizeof(*r), by_row);
	for (size_t i = 0; i < nr; i++)
		if (n && by_row(&r[n - 1], &r[i]) == 0)
			r[n - 1].pages += r[i].pages;
		else
			r[n++] = r[i];
	*ret = n;
	return r;
}

/* Pages that each set lacks to zoneinfo's count, without those whose CPU is a guess; NULL: nothing tells. */
static int64_t *lacking(struct start *st, const struct tolds *t)
{
	const struct mm_machine *m = st->s->m;
	size_t nr = (size_t)m->core.nr_zones * m->nr_cpus;
	int64_t *lack = calloc(nr, sizeof(*lack));

	if (!lack) {
		st->oom = true;
		return NULL;
	}
	for (size_t i = 0; i < nr; i++) {
		const struct sg_zone_snap *zs = mm_start_zone_snap(st, &m->core.zone[i / m->nr_cpus]);
		const struct pcp_state *p = mm_cow_peek(&m->pcp, i);

		lack[i] = zs && i % m->nr_cpus < zs->nr_pcp ? (int64_t)zs->pcp[i % m->nr_cpus].count : 0;
		lack[i] -= p ? p->count : 0;
	}
	for (size_t i = 0; i < t->nr; i++)
		if (!t->v[i].guess)
			lack[t->v[i].set] -= INT64_C(1) << t->v[i].order;
	return lack;
}

/* Rows whose CPU is a guess go to the CPU that lacks most pages, the largest first. */
static void place_rows(struct start *st, struct tolds *t, int64_t *lack)
{
	const unsigned int cpus = st->s->m->nr_cpus;
	size_t nr;
	struct row *r = sum_rows(st, t, &nr);

	if (nr)
		qsort(r, nr, sizeof(*r), largest);
	for (size_t i = 0; i < nr; i++) {
		uint32_t best = r[i].zone * cpus;

		for (uint32_t c = best; c < (r[i].zone + 1) * cpus; c++)
			if (lack[c] > lack[best])
				best = c;
		lack[best] -= r[i].pages;
		r[i].pages = best;
	}
	if (nr)
		qsort(r, nr, sizeof(*r), by_row);
	for (size_t i = 0; i < t->nr && nr; i++) {
		struct row key = { t->v[i].set / cpus, t->v[i].row, 0 };
		const struct row *found = t->v[i].guess ? bsearch(&key, r, nr, sizeof(*r), by_row) : NULL;

		if (found)
			t->v[i].set = found->pages;
	}
	free(r);
}

static int by_event(const void *a, const void *b)
{
	const struct told *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->pfn < y->pfn ? -1 : x->pfn > y->pfn;
}

/*
 * A drain of all CPUs' lists goes from CPU to CPU.  Where a set has more pages than zoneinfo counts, the first ones of rows whose
 * CPU only a later page tells were those of a CPU before it that lacks some.
 */
static void shift_rows(struct start *st, struct tolds *t, int64_t *lack)
{
	const struct mm_machine *m = st->s->m;
	size_t nr = (size_t)m->core.nr_zones * m->nr_cpus;
	int64_t *more = calloc(nr, sizeof(*more)); /* pages told beyond the count, whatever else the observed machine has there */

	if (!more) {
		st->oom = true;
		return;
	}
	for (size_t i = 0; i < nr; i++) {
		const struct pcp_state *p = mm_cow_peek(&m->pcp, i);

		more[i] = -lack[i] - (p ? p->count : 0);
	}
	if (t->nr)
		qsort(t->v, t->nr, sizeof(*t->v), by_event);
	for (size_t i = 0; i < t->nr; i++) {
		uint32_t set = t->v[i].set;
		int64_t pages = INT64_C(1) << t->v[i].order;

		if (!t->v[i].row || t->v[i].guess || more[set] < pages)
			continue;
		for (uint32_t c = set / m->nr_cpus * m->nr_cpus; c < set; c++)
			if (lack[c] >= pages) {
				t->v[i].set = c;
				lack[c] -= pages;
				lack[set] += pages;
				more[set] -= pages;
				break;
			}
	}
	free(more);
}

/* ---- pages that no event tells ------------------------------------------------------------ */

struct spare {
	uint64_t key;
	uint32_t pfn, zone;
};

struct spares {
	struct start *st;
	struct spare *v;
	size_t nr, cap;
};

/* Pages in use that bear no mark at all, as those on per-cpu lists do, and that no later event names. */
static int look_for_spares(void *arg, uint64_t pfn, const uint64_t *flags, size_t nr)
{
	struct spares *sp = arg;
	struct start *st = sp->st;
	const struct mm_machine *m = st->s->m;

	for (uint64_t p = pfn; p < pfn + nr && !st->oom; p++) {
		int zi = flags[p - pfn] == 0 ? mm_zone_index(m, p) : -1;
		struct page_ent e;

		if (zi < 0 || mm_ahead_page(st->ahead, p).at)
			continue;
		e = mm_ent(m, p);
		if (ent_state(&e) != PS_ALLOC || !(e.st & PE_SNAP))
			continue;
		if (sp->nr == sp->cap)
			sp->v = mm_start_grow(st, sp->v, &sp->cap, sizeof(*sp->v));
		/* where memory is for what can be moved, such a page is more likely to be one of them */
		if (sp->nr < sp->cap)
			sp->v[sp->nr++] = (struct spare){
				.key = mm_start_random(st) >> 1 |
				       (uint64_t)(mm_blk(m, p >> m->pb_order).mt != MM_MT_MOVABLE) << 63,
				.pfn = (uint32_t)p, .zone = (uint32_t)zi,
			};
	}
	return st->oom;
}

static int by_zone_and_key(const void *a, const void *b)
{
	const struct spare *x = a, *y = b;

	if (x->zone != y->zone)
		return x->zone < y->zone ? -1 : 1;
	return x->key < y->key ? -1 : x->key > y->key;
}

/* What sets still lack are pages of the zone that may be such, which of them the seed says. */
static void fill_up(struct start *st, struct tolds *t, int64_t *lack)
{
	const struct mm_machine *m = st->s->m;
	const size_t nr_sets = (size_t)m->core.nr_zones * m->nr_cpus;
	struct spares sp = { .st = st };
	bool any = false;
	size_t i = 0;

	for (size_t k = 0; k < nr_sets; k++)
		any |= lack[k] > 0;
	if (!any || !st->snap->have_pageflags)
		return;
	/* a damaged file: what was read counts */
	st->snap->pageflags(st->snap, look_for_spares, &sp);
	if (sp.nr)
		qsort(sp.v, sp.nr, sizeof(*sp.v), by_zone_and_key);
	for (size_t k = 0; k < nr_sets; k++) {
		while (i < sp.nr && sp.v[i].zone < k / m->nr_cpus)
			i++;
		for (; i < sp.nr && sp.v[i].zone == k / m->nr_cpus && lack[k] > 0; i++, lack[k]--) {
			unsigned int mt = mm_blk(m, sp.v[i].pfn >> m->pb_order).mt;

			mt = mt < MM_NR_PCPTYPES ? mt : MM_MT_MOVABLE;
			push(st, t, &(struct told){ .set = (uint32_t)k, .pfn = sp.v[i].pfn, .list = (uint8_t)mt,
						    .mt = (uint8_t)mt, .part = UNTOLD });
			st->facts->pcp_counted++;
		}
	}
	for (size_t k = 0; k < nr_sets; k++)
		st->facts->pcp_lacking += lack[k] > 0 ? (uint64_t)lack[k] : 0;
	free(sp.v);
}

/* What the snapshot counts, where it is of the moment. */
static void use_counts(struct start *st, struct tolds *t)
{
	int64_t *lack = lacking(st, t);

	if (lack) {
		place_rows(st, t, lack);
		shift_rows(st, t, lack);
		fill_up(st, t, lack);
	}
	free(lack);
}

/* ---- the lists ---------------------------------------------------------------------------- */

/* The blocks of a refill at the tail of list @l of a set are taken off for a while; head first into st->block. */
static void take_refilled(struct start *st, struct zone_state *z, const struct pcp_state *p, unsigned int l)
{
	struct mm_machine *m = st->s->m;

	st->nr = 0;
	for (uint32_t pfn = p->list[l].last; pfn != MM_NIL;) {
		struct page_ent e = mm_ent(m, pfn);

		if ((e.x & 3) != PCP_FROM_REFILL)
			break;
		if (st->nr == st->cap)
			st->block = mm_start_grow(st, st->block, &st->cap, sizeof(*st->block));
		if (st->nr == st->cap)
			return;
		st->block[st->nr++] = pfn;
		pfn = e.b;
	}
	for (size_t i = 0; i < st->nr; i++) {
		struct page_ent e = mm_ent(m, st->block[i]);

		mm_pcp_del(m, z, st->block[i], &e);
	}
}

/* One list of one set: blocks [@from, @to) of @t come to it. */
static void fill_list(struct start *st, const struct tolds *t, size_t from, size_t to)
{
	struct mm_machine *m = st->s->m;
	unsigned int zi = t->v[from].set / m->nr_cpus, cpu = t->v[from].set % m->nr_cpus;
	struct zone_state *z = &m->core.zone[zi];
	const struct pcp_state *p = mm_cow_peek(&m->pcp, t->v[from].set);

	st->nr = 0;
	if (p)
		take_refilled(st, z, p, t->v[from].list);
	for (size_t i = from; i < to; i++)
		mm_pcp_add(m, z, cpu, t->v[i].pfn, t->v[i].order, t->v[i].mt, true, PCP_FROM_BATCH);
	for (size_t i = st->nr; i-- > 0;) {
		struct page_ent e = mm_ent(m, st->block[i]);

		mm_pcp_add(m, z, cpu, st->block[i], ent_order(&e), ent_mt(&e), true, PCP_FROM_REFILL);
	}
}

/* Pages that the observed machine has on per-cpu lists of it doesn't know which CPU. */
static void settle_unplaced(struct start *st, uint64_t pfn, const struct page_ent *e)
{
	struct mm_machine *m = st->s->m;
	unsigned int mt = ent_mt(e);

	if (ent_state(e) != PS_PCP || (e->st & PE_LINK) || (pfn & ((UINT64_C(1) << ent_order(e)) - 1)))
		return;
	if (mt >= SG_MAX_MIGRATETYPES)
		mt = mm_blk(m, pfn >> m->pb_order).mt;
	st->facts->pcp_unplaced += UINT64_C(1) << ent_order(e);
	mm_pcp_add(m, st->z, 0, pfn, ent_order(e), mt, true, PCP_FROM_BATCH);
}

/** The per-cpu lists get what was on them. */
void mm_start_pcp(struct start *st)
{
	struct mm_machine *m = st->s->m;
	struct tolds t = { 0 };

	for (unsigned int i = 0; i < m->core.nr_zones; i++) {
		st->z = &m->core.zone[i];
		if (st->z->start < st->z->end)
			mm_start_each_page(st, settle_unplaced);
	}
	if (st->ahead)
		collect(st, &t);
	if (st->ahead && st->fresh && !st->oom)
		use_counts(st, &t);
	if (t.nr)
		qsort(t.v, t.nr, sizeof(*t.v), by_place);
	for (size_t i = 0, k; i < t.nr && !st->oom; i = k) {
		for (k = i + 1; k < t.nr && t.v[k].set == t.v[i].set && t.v[k].list == t.v[i].list; k++)
			;
		fill_list(st, &t, i, k);
	}
	free(t.v);
	mm_sim_lists_gone(st->s);
}

/**
 * mm_start_tune() - boosts, and how far per-cpu lists may grow, as the snapshot shows them
 * Only where it is of the moment: both change all the time.  A kernel whose lists don't tune themselves has no such figures.
 * Source: mm/vmstat.c: zoneinfo_show_print(), 6.1 to 7.3
 */
void mm_start_tune(struct start *st)
{
	struct mm_sim *s = st->s;

	for (unsigned int zi = 0; st->fresh && zi < s->m->core.nr_zones; zi++) {
		const struct sg_zone_snap *zs = mm_start_zone_snap(st, &s->m->core.zone[zi]);
		struct sim_zone *z = &s->alloc->zone[zi];
		struct mm_wmark_zone w;

		if (!zs)
			continue;
		z->boost = mm_wmark_pages(zs->wmark_boost);
		mm_sim_wmark(s, zi, &w);
		z->below_high = mm_has(s->policy.facts, PCP_AUTO) &&
				!mm_wmark_ok(&w, 0, w.high + w.boost, s->alloc->movable_type, 0, w.free);
		for (unsigned int c = 0; c < s->alloc->nr_cpus && c < zs->nr_pcp; c++)
			if (st->tunes && mm_has(s->policy.facts, PCP_AUTO) && zs->pcp[c].high <= INT32_MAX)
				s->alloc->pcp[zi * s->alloc->nr_cpus + c].tune.high = (int32_t)zs->pcp[c].high;
	}
}
