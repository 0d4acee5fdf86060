// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults on anonymous memory: page_fault_user tells the address, mmap and munmap the mapping, and the task's next requests for
 * movable pages are what the fault asked for.  What it got is at these addresses until the range is given up or the block
 * freed.
 *
 * Each task has memory of its own here: no event tells who shares it.  A fault in a mapping that nothing has told of (made
 * before the trace, by brk, exec or another thread) stays an ordinary request.
 */
#include <stdlib.h>
#include <string.h>

#include "demand/take.h"
#include "rules/folio.h"

/* error_code of page_fault_user: X86_PF_WRITE; a cause of riscv has the bit for stores as well */
#define FAULT_WRITES 0x2u
/* include/uapi/asm-generic/mman-common.h: MADV_* */
enum { ADVICE_DONTNEED = 4, ADVICE_HUGEPAGE = 14, ADVICE_NOHUGEPAGE = 15, ADVICE_DONTNEED_LOCKED = 24 };
#define MOST_PAGES (UINT64_C(1) << 52)

/* ---- the settings ------------------------------------------------------------------ */

static bool chosen(const char *v, const char *which)
{
	const char *b = v ? strchr(v, '[') : NULL;
	size_t n = strlen(which);

	return b && strncmp(b + 1, which, n) == 0 && b[1 + n] == ']';
}

/* Adds the size where "[always]" or "[madvise]" is chosen.  Source: mm/huge_memory.c: __thp_vma_allowable_orders(), 6.8 to 7.3 */
static void take_size(struct take *t, const char *v, const char *inherited, unsigned int order)
{
	const char *is = chosen(v, "inherit") ? inherited : v;
	bool always = chosen(is, "always");

	if (always)
		t->enabled[MM_VMA_NO_ADVICE] |= 1u << order;
	if (always || chosen(is, "madvise"))
		t->enabled[MM_VMA_HUGEPAGE] |= 1u << order;
}

static void take_settings(struct take *t)
{
	const struct mm_config *cfg = &t->start->cfg;
	const struct sg_snapshot *s = cfg->nr_seeds ? cfg->seed[0].snap : NULL;
	const char *global = s ? sg_snapshot_get(s, "thp.enabled") : NULL;
	uint64_t page = (UINT64_C(1) << t->d->page_shift) >> 10;
	bool sizes = false;

	if (!global)
		return;
	t->enabled_known = true;
	for (unsigned int i = 0; i < s->nr_kv; i++) {
		const char *key = s->kv[i].key, *at;
		uint64_t kb;

		if (strncmp(key, "thp.hugepages-", 14) != 0)
			continue;
		kb = strtoull(key + 14, NULL, 10);
		at = strchr(key + 14, '.');
		if (!at || strcmp(at, ".enabled") != 0)
			continue;
		sizes = true;
		for (unsigned int o = 1; page && o < MM_MAX_ORDERS; o++)
			if (page << o == kb)
				take_size(t, s->kv[i].value, global, o);
	}
	if (!sizes && t->d->huge_order < MM_MAX_ORDERS) /* before 6.8 there is one size */
		take_size(t, global, global, t->d->huge_order);
}

bool mm_take_faults_init(struct take *t)
{
	struct mm_demand *d = t->d;
	unsigned int size = t->cap->page_size;

	d->page_shift = size >= 1024 && size <= 1u << 20 ? (unsigned int)__builtin_ctz(size) : 12;
	d->huge_order = d->page_shift - 3; /* a page table has a page's worth of entries of 8 bytes */
	d->order_64k = d->page_shift < 16 ? 16 - d->page_shift : 0;
	d->nr_faults = 1;
	d->has_faults = sg_capture_records(t->cap, SG_EV_page_fault_user) && sg_capture_records(t->cap, SG_EV_sys_enter_mmap) &&
			sg_capture_records(t->cap, SG_EV_sys_exit_mmap) && sg_capture_records(t->cap, SG_EV_sys_enter_munmap);
	if (d->has_faults)
		take_settings(t);
	return true;
}

void mm_take_faults_fini(struct take *t)
{
	for (size_t i = 0; i < t->d->nr_mms && t->mm; i++)
		mm_vmas_fini(&t->mm[i].vmas);
	free(t->mm);
	mm_ptes_fini(&t->ptes);
}

/* ---- tables -------------------------------------------------------------------------- */

static struct take_mm *mm_of(struct take *t, struct take_task *w)
{
	size_t n = t->cap_mms ? t->cap_mms * 2 : 64;

	if (w->mm)
		return &t->mm[w->mm - 1];
	if (t->d->nr_mms == t->cap_mms) {
		struct take_mm *more = realloc(t->mm, n * sizeof(*more));

		if (!more) {
			t->oom = true;
			return NULL;
		}
		t->mm = more;
		t->cap_mms = n;
	}
	t->mm[t->d->nr_mms] = (struct take_mm){ 0 };
	w->mm = ++t->d->nr_mms;
	return &t->mm[w->mm - 1];
}

/* A new number; 0 when memory runs out. */
static uint32_t new_fault(struct take *t, const struct mm_fault *f)
{
	struct mm_demand *d = t->d;
	size_t n = t->cap_faults ? t->cap_faults * 2 : 4096;

	if (d->nr_faults >= t->cap_faults) {
		struct mm_fault *more = n > UINT32_MAX ? NULL : realloc(d->fault, n * sizeof(*more));

		if (!more) {
			t->oom = true;
			return 0;
		}
		if (!d->fault)
			memset(more, 0, sizeof(*more));
		d->fault = more;
		t->cap_faults = n;
	}
	d->fault[d->nr_faults] = *f;
	return d->nr_faults++;
}

/* ---- counted --------------------------------------------------------------------------- */

void mm_anon_count(struct mm_anon_told *a, const struct mm_anon_case *c, unsigned int order_64k)
{
	a->faults++;
	if (c->order >= 0 && c->order < (int)MM_MAX_ORDERS)
		a->order[c->order]++;
	for (uint32_t r = c->refused & ~1u; r; r &= r - 1)
		a->refused++;
	a->asked += c->order == (int)order_64k || (c->refused >> order_64k & 1);
	if (c->order >= (int)order_64k)
		return;
	if (!c->inside) {
		a->bounds++;
	} else if (c->present) {
		a->present++;
	} else if (c->refused >> order_64k & 1) {
		a->no_page++;
		if (!a->lacking)
			a->lacking = c->ts;
	} else {
		a->rule++;
	}
}

static void counted(struct take *t, uint64_t ts, const struct take_fault *f, int order)
{
	const struct mm_anon_case c = { .ts = ts, .inside = f->inside, .present = f->present, .order = order,
					.refused = t->d->fault[f->number].refused };

	if (t->over)
		return;
	mm_anon_count(&t->d->anon, &c, t->d->order_64k);
	t->of_ruled++;
	t->ruled += f->ruled;
}

/* ---- mappings ---------------------------------------------------------------------------- */

struct leave {
	struct take *t;
	struct take_mm *mm;
};

static void left(void *arg, uint64_t page, struct mm_whose was)
{
	struct leave *l = arg;

	(void)page;
	(void)was;
	l->mm->there -= l->mm->there > 0;
}

/* Pages [@start, @end) of the task group are nobody's; @want: number of the want that says so, + 1. */
static void detach(struct take *t, uint32_t mm, uint64_t start, uint64_t end, uint32_t want)
{
	struct leave l = { t, &t->mm[mm - 1] };

	mm_pte_clear(&t->ptes, mm, start, end, left, &l);
	if (l.mm->any && !l.mm->there)
		l.mm->emptied = want;
}

/* Page tables of ranges without any mapping go.  Source: mm/memory.c: free_pgtables(), 6.1 to 7.3 */
static void table_range(const struct take *t, const struct mm_vmas *v, uint64_t start, uint64_t end, struct mm_fault *f)
{
	uint64_t size = UINT64_C(1) << t->d->huge_order, lo = start & ~(size - 1), hi = (end + size - 1) & ~(size - 1);

	f->page = mm_vma_any(v, lo, start) ? lo + size : lo;
	f->base = mm_vma_any(v, end, hi) ? hi - size : hi;
	if (f->base < f->page)
		f->base = f->page;
}

/* What the task gives up is gone by now. */
static void unmapped(struct take *t, const struct sg_event *ev, struct take_task *w)
{
	struct mm_fault f = { .start = w->unmap.start, .end = w->unmap.end, .mm = w->mm };
	struct mm_want *want;

	if (!w->unmap.on)
		return;
	w->unmap.on = false;
	if (!w->mm || !t->mm[w->mm - 1].any)
		return;
	if (w->unmap.tables)
		table_range(t, &t->mm[w->mm - 1].vmas, f.start, f.end, &f);
	want = mm_take_want(t, ev, MM_WANT_UNMAP);
	if (!want)
		return;
	want->fault = new_fault(t, &f);
	detach(t, w->mm, f.start, f.end, (uint32_t)t->d->nr_wants);
	mm_pte_tables_clear(&t->ptes, w->mm, f.page, f.base);
}

/* Pages of [@addr, +@len) bytes; false when there are none, or no address is that high. */
static bool pages_of(const struct take *t, uint64_t addr, uint64_t len, uint64_t *start, uint64_t *end)
{
	unsigned int shift = t->d->page_shift;

	if (addr == SG_MISSING || len == SG_MISSING || len == 0 || (addr & ((UINT64_C(1) << shift) - 1)) || addr + len < addr)
		return false;
	*start = addr >> shift;
	*end = ((addr + len - 1) >> shift) + 1;
	return *end <= MOST_PAGES;
}

static void gives_up(struct take *t, struct take_task *w, uint64_t addr, uint64_t len, bool tables)
{
	uint64_t start, end;

	if (!mm_of(t, w) || !pages_of(t, addr, len, &start, &end))
		return;
	w->unmap = (struct take_unmap){ .on = true, .tables = tables, .start = start, .end = end };
	if (tables && !mm_vma_unmap(&t->mm[w->mm - 1].vmas, start, end))
		t->oom = true;
}

static void on_madvise(struct take *t, const struct sg_event *ev, struct take_task *w)
{
	uint64_t addr = ev->v[SGF_sys_enter_madvise_start], len = ev->v[SGF_sys_enter_madvise_len_in], start, end;
	uint64_t advice = ev->v[SGF_sys_enter_madvise_behavior];

	if (advice == ADVICE_DONTNEED || advice == ADVICE_DONTNEED_LOCKED) {
		gives_up(t, w, addr, len, false);
	} else if ((advice == ADVICE_HUGEPAGE || advice == ADVICE_NOHUGEPAGE) && mm_of(t, w) && pages_of(t, addr, len, &start, &end)) {
		if (!mm_vma_advise(&t->mm[w->mm - 1].vmas, start, end,
				   advice == ADVICE_HUGEPAGE ? MM_VMA_HUGEPAGE : MM_VMA_NOHUGEPAGE))
			t->oom = true;
	}
}

/* mmap() is over: an address, or an error. */
static void mapped(struct take *t, const struct sg_event *ev, struct take_task *w)
{
	uint64_t addr = ev->v[SGF_sys_exit_mmap_ret], start, end;
	struct take_mm *mm = w->mmap.on ? mm_of(t, w) : NULL;

	w->mmap.on = false;
	if (!mm || addr > UINT64_MAX - 4095 || !pages_of(t, addr, w->mmap.len, &start, &end))
		return;
	if (mm_vma_any(&mm->vmas, start, end)) { /* MAP_FIXED, over what was there */
		gives_up(t, w, addr, w->mmap.len, true);
		unmapped(t, ev, w);
	}
	if (!mm_vma_map(&mm->vmas, start, end, w->mmap.prot, w->mmap.flags))
		t->oom = true;
}

/* ---- faults ------------------------------------------------------------------------------- */

struct look {
	const struct take *t;
	uint32_t mm;
};

static bool is_there(void *arg, uint64_t address)
{
	const struct look *l = arg;

	return mm_pte_get(&l->t->ptes, l->mm, address >> l->t->d->page_shift).handle != 0;
}

/* A fault that found no page at all is over with the task's next one. */
static void given_up(struct take *t, const struct sg_event *ev, struct take_task *w)
{
	if (w->fault.on && w->fault.number)
		counted(t, ev->ts, &w->fault, -1);
	w->fault.on = false;
}

static void on_fault(struct take *t, const struct sg_event *ev, struct take_task *w)
{
	struct mm_demand *d = t->d;
	uint64_t page = ev->v[SGF_page_fault_user_address] >> d->page_shift, first = page >> d->order_64k << d->order_64k;
	struct take_mm *mm = mm_of(t, w);
	const struct mm_vma *v = mm && page < MOST_PAGES ? mm_vma_at(&mm->vmas, page) : NULL;
	struct look l = { t, w->mm };
	struct mm_anon_fault a = { .address = page << d->page_shift, .present = is_there, .arg = &l };

	if (!v || !v->anon || mm_pte_get(&t->ptes, w->mm, page).handle) {
		d->left.elsewhere++;
		return;
	}
	if (!(ev->v[SGF_page_fault_user_error_code] & FAULT_WRITES)) {
		d->left.reads++;
		return;
	}
	w->fault = (struct take_fault){ .on = true, .page = page, .ruled = true,
					.inside = first >= v->start && first + (UINT64_C(1) << d->order_64k) <= v->end,
					.present = mm_pte_any(&t->ptes, w->mm, first, d->order_64k) };
	a.vma_start = v->start << d->page_shift;
	a.vma_end = v->end << d->page_shift;
	if (mm_pte_table(&t->ptes, w->mm, page, d->huge_order))
		a.barred = d->huge_order < 32 ? 1u << d->huge_order : 0;
	w->fault.fits = mm_anon_fits(&a, d->page_shift, MM_MAX_ORDERS);
}

bool mm_take_faulting(const struct take_task *w, unsigned int mt)
{
	return w->fault.on && mt == MM_MT_MOVABLE;
}

struct mm_want *mm_take_fault_got(struct take *t, const struct sg_event *ev, struct take_task *w, struct mm_want *want,
				  unsigned int order, bool failed)
{
	struct mm_demand *d = t->d;
	const struct mm_vma *v = mm_vma_at(&t->mm[w->mm - 1].vmas, w->fault.page);
	struct mm_fault f = { .page = w->fault.page, .mm = w->mm, .base = w->fault.page >> order << order };
	struct mm_fault *at;

	if (!want)
		want = w->fault.want ? &d->want[w->fault.want - 1] : mm_take_want(t, ev, MM_WANT_FAULT);
	if (!want)
		return NULL;
	if (!w->fault.number) {
		f.start = v ? v->start : f.page;
		f.end = v ? v->end : f.page + 1;
		f.enabled = v ? t->enabled[v->advice] : 0;
		w->fault.number = new_fault(t, &f);
		w->fault.want = (uint32_t)(want - d->want) + 1;
		if (!w->fault.number)
			return NULL;
	}
	want->kind = MM_WANT_FAULT;
	want->fault = w->fault.number;
	at = &d->fault[w->fault.number];
	w->fault.ruled &= (unsigned int)mm_anon_order(at->enabled & w->fault.fits & ~at->refused, -1) == order;
	at->base = f.base;
	d->anon_asked |= 1u << order;
	if (failed)
		at->refused |= 1u << order;
	else
		at->order = (uint8_t)order;
	return want;
}

void mm_take_fault_end(struct take *t, const struct sg_event *ev, struct take_task *w, struct mm_want *want, bool failed)
{
	struct mm_demand *d = t->d;
	struct mm_fault *f = &d->fault[w->fault.number];
	struct take_mm *mm = &t->mm[w->mm - 1];

	if (want->order < MM_MAX_ORDERS && !d->anon_gfp[want->order])
		d->anon_gfp[want->order] = want->gfp;
	if (failed)
		return;
	d->fault_of[want->handle] = w->fault.number;
	/* what was believed to be there went unseen */
	mm_pte_clear(&t->ptes, w->mm, f->base, f->base + (UINT64_C(1) << f->order), left, &(struct leave){ t, mm });
	mm_pte_set(&t->ptes, w->mm, f->base, f->order, want->handle, 0);
	t->oom |= t->ptes.oom;
	if (f->order < d->huge_order)
		mm_pte_table_set(&t->ptes, w->mm, f->page, d->huge_order);
	mm->any = true;
	mm->emptied = 0;
	mm->there += UINT64_C(1) << f->order;
	d->fault_pages += (UINT64_C(1) << f->order) + 1;
	counted(t, ev->ts, &w->fault, f->order);
	w->fault.on = false;
}

/* ---- frees --------------------------------------------------------------------------------- */

static bool khugepaged(const struct take *t, const struct sg_event *ev)
{
	return strncmp(sg_capture_comm(t->cap, ev->pid), "khugepaged", 10) == 0;
}

static void free_want(struct take *t, const struct sg_event *ev, struct mm_whose p, uint32_t number, unsigned int order,
		      unsigned int flags)
{
	const struct mm_fault *f = &t->d->fault[number];
	struct mm_want *want = mm_take_want(t, ev, MM_WANT_FREE);

	if (!want)
		return;
	want->handle = p.handle;
	want->offset = p.offset;
	want->order = (uint8_t)order;
	want->flags |= (uint8_t)flags;
	want->fault = number;
	/* what khugepaged frees it has put into a huge page at the same addresses */
	if (!khugepaged(t, ev))
		detach(t, f->mm, f->base + p.offset, f->base + p.offset + (UINT64_C(1) << order),
		       (uint32_t)t->d->nr_wants);
}

bool mm_take_fault_freed(struct take *t, const struct sg_event *ev, struct mm_whose p, unsigned int order, unsigned int flags)
{
	uint32_t number = t->d->fault_of ? t->d->fault_of[p.handle] : 0, nr = 1u << order, there = 0;
	const struct take_task *w = number ? mm_take_task(t, ev->pid) : NULL;
	struct mm_fault f;

	if (!number)
		return false;
	f = t->d->fault[number];
	/*
	 * Its owner frees it, and while a range is given up only what is in that; else this is another block, which was taken for
	 * it on a migration.
	 */
	if (!khugepaged(t, ev) && (mm_take_irq(ev) || !w || w->mm != f.mm))
		return true;
	if (w->mm == f.mm && w->unmap.on &&
	    (f.base + p.offset + nr <= w->unmap.start || f.base + p.offset >= w->unmap.end))
		return true;
	for (uint32_t i = 0; i < nr; i++)
		there += mm_pte_get(&t->ptes, f.mm, f.base + p.offset + i).handle == p.handle;
	/* pages that went with their range were told of with that */
	if (there == nr) {
		free_want(t, ev, p, number, order, flags);
		return true;
	}
	for (uint32_t i = 0; there && i < nr; i++)
		if (mm_pte_get(&t->ptes, f.mm, f.base + p.offset + i).handle == p.handle)
			free_want(t, ev, (struct mm_whose){ .handle = p.handle, .offset = (p.offset + i) & 0x7fffffff }, number, 0, flags);
	return true;
}

bool mm_demand_mthp(const struct mm_demand *d)
{
	const uint32_t needs = MM_GFP_COMP | MM_GFP_NOMEMALLOC;

	for (size_t i = 0; i < d->nr_wants; i++) {
		const struct mm_want *w = &d->want[i];

		if ((w->kind == MM_WANT_ALLOC || w->kind == MM_WANT_FAULT) && w->order > 0 && w->order < d->huge_order &&
		    w->mt == MM_MT_MOVABLE && (w->gfp & needs) == needs && !(w->gfp & MM_GFP_RETRY_MAYFAIL))
			return true;
	}
	return false;
}

/* ---- all events ------------------------------------------------------------------------------ */

void mm_take_address(struct take *t, const struct sg_event *ev, struct take_task *w)
{
	if (ev->kind == SG_EV_print && ev->str && ev->str_len >= 12 && memcmp(ev->str, "snapshot-end", 12) == 0)
		t->over = true;
	if (!t->d->has_faults || mm_take_irq(ev))
		return;
	switch (ev->kind) {
	case SG_EV_page_fault_user:
	case SG_EV_sys_enter_mmap:
	case SG_EV_sys_enter_munmap:
	case SG_EV_sys_enter_madvise:
		given_up(t, ev, w);
		unmapped(t, ev, w);
		break;
	case SG_EV_mm_page_alloc:
	case SG_EV_print:
		unmapped(t, ev, w);
		return;
	case SG_EV_sys_exit_mmap:
		mapped(t, ev, w);
		return;
	default:
		return;
	}
	if (ev->kind == SG_EV_page_fault_user)
		on_fault(t, ev, w);
	else if (ev->kind == SG_EV_sys_enter_munmap)
		gives_up(t, w, ev->v[SGF_sys_enter_munmap_addr], ev->v[SGF_sys_enter_munmap_len], true);
	else if (ev->kind == SG_EV_sys_enter_madvise)
		on_madvise(t, ev, w);
	else
		w->mmap = (struct take_mmap){ true, ev->v[SGF_sys_enter_mmap_len], ev->v[SGF_sys_enter_mmap_prot],
					      ev->v[SGF_sys_enter_mmap_flags] };
}

void mm_take_faults_end(struct take *t)
{
	for (size_t i = 0; t->mm && i < t->d->nr_mms; i++)
		if (t->mm[i].emptied)
			t->d->want[t->mm[i].emptied - 1].flags |= MM_WANT_ALL;
	/* without the settings those sizes are allowed that were asked for */
	for (uint32_t i = 1; !t->enabled_known && i < t->d->nr_faults; i++)
		t->d->fault[i].enabled = t->d->anon_asked & ~1u;
	t->d->as_ruled = t->enabled_known ? t->ruled : 0;
	t->d->of_ruled = t->enabled_known ? t->of_ruled : 0;
}
