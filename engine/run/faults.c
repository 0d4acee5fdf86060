// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults on anonymous memory in a simulated run.  Which addresses are mapped is the capture's; what is at them is the run's: each
 * fault asks for the order that the policy wants there, what it gets fills the page table, and later faults of the capture on
 * pages that are there already don't happen.
 *
 * Of a folio that the captured machine handed out the trace tells one address that was touched, the first.  Here the task
 * touches all pages of it, one after the other: those that aren't there yet fault.
 */
#include "run/priv.h"

/* GFP_TRANSHUGE_LIGHT, GFP_HIGHUSER_MOVABLE.  Source: include/linux/gfp_types.h, 6.1 to 7.3 */
#define GFP_LARGE (MM_GFP_IO | MM_GFP_FS | MM_GFP_MOVABLE | MM_GFP_CMA_OK | MM_GFP_COMP | MM_GFP_NOMEMALLOC)
#define GFP_SINGLE (MM_GFP_KERNEL | MM_GFP_MOVABLE | MM_GFP_CMA_OK)

/* ---- faults --------------------------------------------------------------------------------- */

struct look {
	const struct mm_run *r;
	uint32_t mm;
};

static bool is_there(void *arg, uint64_t address)
{
	const struct look *l = arg;

	return mm_pte_get(&l->r->faults.ptes, l->mm, address >> l->r->d->page_shift).handle != 0;
}

/* How such a folio is asked for: as on the captured machine, else as those of other orders were. */
static uint32_t gfp_for(const struct mm_demand *d, unsigned int order)
{
	uint32_t local = MM_GFP_THISNODE | MM_GFP_NORETRY, gfp = d->anon_gfp[order];

	if (gfp)
		return gfp;
	if (order == 0)
		return GFP_SINGLE;
	for (unsigned int o = 1; o < MM_MAX_ORDERS && !gfp; o++)
		gfp = d->anon_gfp[o];
	if (!gfp)
		gfp = GFP_LARGE;
	/* Source: mm/mempolicy.c: alloc_pages_mpol(), 6.7 to 7.3: a huge page is asked for on the local node first */
	return order == d->huge_order ? gfp | local : gfp & ~local;
}

/* What a fault is under way for, in pieces: its page, and what it was refused so far. */
struct fault {
	struct mm_run *r;
	struct run_task *t;
	const struct mm_want *w;
	const struct mm_fault *f;
	uint64_t page;
	uint32_t refused; /* 1 << order */
};

static int lowest(uint32_t orders)
{
	return orders ? __builtin_ctz(orders) : -1;
}

static void counted(const struct fault *x, const struct mm_anon_case *c, int order)
{
	struct mm_anon_case is = *c;

	is.ts = x->r->now;
	is.order = order;
	is.refused = x->refused;
	mm_anon_count(&x->r->told.anon, &is, x->r->d->order_64k);
}

/* One request of the fault.  Return: 1 it has its folio, 0 it has none, -1 it would have to wait */
static int try_order(struct fault *x, unsigned int order, bool may_wait, uint64_t *pfn)
{
	struct mm_run *r = x->r;
	struct mm_want as = *x->w;
	struct mm_request rq;
	struct mm_grant g;

	as.order = (uint8_t)order;
	as.mt = MM_MT_MOVABLE;
	as.gfp = gfp_for(r->d, order);
	mm_run_request_of(r, x->t, &as, &rq);
	if (mm_sim_alloc_fast(r->sim, &rq, &g)) {
		r->told.requests++;
		*pfn = g.pfn;
		return 1;
	}
	if (!may_wait && (as.gfp & MM_GFP_DIRECT_RECLAIM))
		return -1;
	r->told.requests++;
	mm_run_ask(r, x->t, &rq, &g, true);
	r->told.livelocks += g.endless;
	r->told.failed += g.outcome != MM_GOT_PAGE;
	*pfn = g.pfn;
	return g.outcome == MM_GOT_PAGE;
}

/* One fault, at @x->page.  Return: false when it would have to wait */
static bool one(struct fault *x, bool may_wait)
{
	struct mm_run *r = x->r;
	const struct mm_demand *d = r->d;
	struct mm_ptes *ptes = &r->faults.ptes;
	struct look l = { r, x->f->mm };
	struct mm_sim_fault q = { .pid = x->w->pid, .enabled = x->f->enabled,
				  .at = { .address = x->page << d->page_shift, .vma_start = x->f->start << d->page_shift,
					  .vma_end = x->f->end << d->page_shift, .present = is_there, .arg = &l } };
	uint64_t first = x->page >> d->order_64k << d->order_64k, pfn;
	const struct mm_anon_case c = { .inside = first >= x->f->start && first + (UINT64_C(1) << d->order_64k) <= x->f->end,
					.present = mm_pte_any(ptes, x->f->mm, first, d->order_64k) };
	unsigned int order;
	int is;

	if (mm_pte_table(ptes, x->f->mm, x->page, d->huge_order) && d->huge_order < 32)
		q.at.barred = 1u << d->huge_order;
	for (;;) {
		q.failed = lowest(x->refused);
		order = mm_sim_folio_order(r->sim, &q);
		is = try_order(x, order, may_wait, &pfn);
		if (is < 0)
			return false;
		if (is > 0 || order == 0)
			break;
		x->refused |= 1u << order;
	}
	counted(x, &c, is > 0 ? (int)order : -1);
	if (is > 0)
		mm_run_put(r, x->t, x->w, x->f->mm, x->page >> order << order, pfn, order);
	return true;
}

/* The first page of the captured folio that isn't there, from @from on; UINT64_MAX: none is missing. */
static uint64_t missing(const struct mm_run *r, const struct mm_fault *f, uint64_t from)
{
	for (uint64_t p = from; p < f->base + (UINT64_C(1) << f->order); p++)
		if (!mm_pte_get(&r->faults.ptes, f->mm, p).handle)
			return p;
	return UINT64_MAX;
}

bool mm_run_fault(struct mm_run *r, struct run_task *t, const struct mm_want *w)
{
	struct fault x = { .r = r, .t = t, .w = w, .f = &r->d->fault[w->fault] };
	bool there;

	x.page = x.f->page;
	there = mm_pte_get(&r->faults.ptes, x.f->mm, x.page).handle != 0;
	r->told.faults_there += there;
	if ((there || one(&x, false)) && missing(r, x.f, x.f->base) == UINT64_MAX)
		return true;
	/* it goes on by itself, since it waits, or takes the time of several faults */
	r->again = *w;
	r->again.gfp |= MM_GFP_DIRECT_RECLAIM;
	r->again.offset = x.refused;
	return false;
}

void mm_run_fault_slowly(struct mm_run *r, struct run_task *t, const struct mm_want *w)
{
	const struct mm_fault *f = &r->d->fault[w->fault];
	struct fault x = { .r = r, .t = t, .w = w, .f = f, .page = f->page, .refused = w->offset };

	if (!mm_pte_get(&r->faults.ptes, f->mm, f->page).handle)
		one(&x, true);
	for (uint64_t p = missing(r, f, f->base); p != UINT64_MAX && !(t && t->doomed) && !r->oom; p = missing(r, f, p + 1)) {
		mm_run_pause(r, MM_PAUSE_ROUND, r->page_think);
		x.page = p;
		x.refused = 0;
		if (p == f->page || (t && t->doomed))
			continue; /* there was none for it */
		r->told.faults_more++;
		mm_sim_set_now(r->sim, r->now);
		one(&x, true);
	}
	if (t && t->doomed)
		mm_run_memory_kill(r, t);
}
