// SPDX-License-Identifier: GPL-2.0-only
/*
 * Anonymous memory by address in a simulated run: what faults have put where, and what becomes of it when its range is given up.
 * A folio stays until the last of its pages is unmapped.
 */
#include <stdlib.h>

#include "run/priv.h"

#define ALL_PAGES (UINT64_C(1) << 52)

/* ---- handles ---------------------------------------------------------------------------- */

bool mm_run_memory_init(struct mm_run *r)
{
	struct run_faults *f = &r->faults;
	uint64_t nr = r->d->nr_handles + r->d->fault_pages;

	f->nr = f->next = r->d->nr_handles;
	if (r->d->nr_faults < 2)
		return true;
	if (nr >= RUN_NEVER)
		return false;
	f->nr = (uint32_t)nr;
	f->next = f->next ? f->next : 1;
	f->at = calloc(nr + 1, sizeof(*f->at));
	return f->at != NULL;
}

void mm_run_memory_fini(struct mm_run *r)
{
	mm_ptes_fini(&r->faults.ptes);
	free(r->faults.at);
	free(r->faults.spare);
}

static uint32_t new_handle(struct mm_run *r)
{
	struct run_faults *f = &r->faults;

	if (f->nr_spare)
		return f->spare[--f->nr_spare];
	if (f->next < f->nr)
		return f->next++;
	r->oom = true; /* each page of the demand's faults has one */
	return 0;
}

static void spare(struct mm_run *r, uint32_t handle)
{
	struct run_faults *f = &r->faults;

	free(r->handle[handle].piece);
	r->handle[handle] = (struct run_handle){ 0 };
	f->at[handle] = (struct run_at){ 0 };
	if (f->nr_spare == f->cap_spare) {
		uint32_t n = f->cap_spare ? f->cap_spare * 2 : 1024;
		uint32_t *more = realloc(f->spare, n * sizeof(*more));

		if (!more) {
			r->oom = true;
			return;
		}
		f->spare = more;
		f->cap_spare = n;
	}
	f->spare[f->nr_spare++] = handle;
}

/* ---- what faults get ---------------------------------------------------------------------------- */

void mm_run_put(struct mm_run *r, struct run_task *t, const struct mm_want *w, uint32_t mm, uint64_t page, uint64_t pfn,
		unsigned int order)
{
	struct run_faults *f = &r->faults;
	uint32_t handle = new_handle(r);
	struct run_handle *h = &r->handle[handle];

	if (!handle)
		return;
	h->order = (uint8_t)order;
	h->left = 1u << order;
	h->pid = t ? t->pid : 0;
	f->at[handle] = (struct run_at){ .page = page, .mm = mm };
	mm_pte_set(&f->ptes, mm, page, order, handle, 0);
	if (order < r->d->huge_order)
		mm_pte_table_set(&f->ptes, mm, page, r->d->huge_order);
	if (t)
		t->held += UINT64_C(1) << order;
	mm_run_here(r, t, handle, pfn, order);
	mm_sim_task(r->sim, w->pid);
	mm_sim_lru_add(r->sim, pfn, MM_SIM_ANON, false);
}

/* ---- what is given up ------------------------------------------------------------------------ */

struct unmap {
	struct mm_run *r;
	uint16_t cpu;
	int32_t pid;
	uint32_t handle, nr; /* pages of one folio that went, one after the other */
};

/* A folio is freed when the last of its pages has gone. */
static void flush(struct unmap *u)
{
	struct mm_run *r = u->r;
	struct run_handle *h = &r->handle[u->handle];
	struct mm_want w = { .kind = MM_WANT_FREE, .handle = u->handle, .order = h->order, .cpu = u->cpu, .pid = u->pid };

	if (!u->handle)
		return;
	h->left -= u->nr < h->left ? u->nr : h->left;
	u->nr = 0;
	if (h->left)
		return;
	h->left = 1u << h->order;
	mm_run_counts_less(r, &w);
	mm_run_let_go(r, &w);
	spare(r, u->handle);
}

static void went(void *arg, uint64_t page, struct mm_whose was)
{
	struct unmap *u = arg;

	(void)page;
	if (was.handle != u->handle) {
		flush(u);
		u->handle = was.handle;
	}
	u->nr++;
}

static void clear(struct mm_run *r, struct unmap *u, uint32_t mm, uint64_t start, uint64_t end)
{
	u->handle = u->nr = 0;
	mm_pte_clear(&r->faults.ptes, mm, start, end, went, u);
	flush(u);
}

void mm_run_unmap(struct mm_run *r, const struct mm_want *w)
{
	const struct mm_fault *f = &r->d->fault[w->fault];
	struct unmap u = { .r = r, .cpu = w->cpu, .pid = w->pid };
	uint64_t first = f->base + w->offset;

	if (w->flags & MM_WANT_ALL) {
		clear(r, &u, f->mm, 0, ALL_PAGES);
		mm_pte_tables_clear(&r->faults.ptes, f->mm, 0, ALL_PAGES);
	} else if (w->kind == MM_WANT_FREE) {
		clear(r, &u, f->mm, first, first + (UINT64_C(1) << w->order));
	} else {
		clear(r, &u, f->mm, f->start, f->end);
		mm_pte_tables_clear(&r->faults.ptes, f->mm, f->page, f->base);
	}
}

bool mm_run_fault_page(const struct mm_run *r, const struct mm_want *w, struct mm_whose *ret)
{
	const struct mm_fault *f = &r->d->fault[r->d->fault_of[w->handle]];

	*ret = mm_pte_get(&r->faults.ptes, f->mm, f->base + w->offset);
	return ret->handle != 0;
}

void mm_run_memory_kill(struct mm_run *r, struct run_task *t)
{
	struct unmap u = { .r = r, .cpu = t->actor.cpu, .pid = t->pid };

	for (uint32_t i = r->d->nr_handles; i < r->faults.next; i++) {
		const struct run_at at = r->faults.at ? r->faults.at[i] : (struct run_at){ 0 };

		if (at.mm && r->handle[i].pid == t->pid)
			clear(r, &u, at.mm, at.page, at.page + (UINT64_C(1) << r->handle[i].order));
	}
}
