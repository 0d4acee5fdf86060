// SPDX-License-Identifier: GPL-2.0-only
/*
 * Demand out of a trace.
 *
 * A request counts from its first stall on.  Between that and its page, all that its task does is the kernel's own work, as
 * is all that kswapd and kcompactd do; interrupts on top of it aren't.  A page freed inside a compaction run that was in use
 * is a folio that moved; the next page without an owner that comes onto the LRU on that CPU is where it is now.
 */
#include <stdlib.h>
#include <string.h>

#include "demand/take.h"
#include "rules/gfp.h"

const char *mm_want_key(enum mm_want_kind k)
{
	static const char *const key[MM_WANT_KINDS] = { "alloc", "free", "lru", "activate", "cache", "uncache", "mark", "move", "fault", "unmap" };

	return k < MM_WANT_KINDS ? key[k] : "unknown";
}

static void fill_request(struct take *t, struct mm_want *w, uint64_t order, uint64_t gfp)
{
	unsigned int mt = mm_gfp_migratetype(t->start, gfp);

	w->order = order < MM_MAX_ORDERS ? (uint8_t)order : MM_MAX_ORDERS - 1;
	w->gfp = mm_gfp_meaning(t->cap, gfp);
	w->mt = mt < MM_NR_PCPTYPES ? (uint8_t)mt : MM_MT_UNMOVABLE;
	w->zone_type = (uint8_t)mm_gfp_zone_type(t->start, gfp);
}

/* Was the page in use when the trace began, as far as the snapshot tells? */
static bool used_at_start(const struct take *t, uint64_t pfn)
{
	struct page_ent e;

	if (pfn >= mm_end_pfn(t->start))
		return false;
	e = mm_ent(t->start, pfn);
	/* what lay on a per-cpu list and what was in use look alike in a snapshot */
	return ent_state(&e) == PS_ALLOC || ent_state(&e) == PS_UNKNOWN || ent_state(&e) == PS_PCP;
}

/* Do the 2^order pages from @pfn on go on as the first one begins: one block's, in its order, or nobody's and alike at the start? */
static bool goes_on(const struct take *t, uint64_t pfn, unsigned int order)
{
	struct mm_whose first = mm_place_get(&t->places, pfn);
	bool nobody = !first.handle || first.handle == MM_SEEN_HANDLE, used = !first.handle && used_at_start(t, pfn);

	for (uint32_t k = 1; k < 1u << order; k++) {
		struct mm_whose w = mm_place_get(&t->places, pfn + k);

		if (w.handle != first.handle || (!nobody && w.offset != first.offset + k) ||
		    (!w.handle && used_at_start(t, pfn + k) != used))
			return false;
	}
	return true;
}

/* The order, up to @order, of the block that begins at @pfn and is one's alone. */
static unsigned int order_of(const struct take *t, uint64_t pfn, unsigned int order)
{
	while (order && ((pfn & ((UINT64_C(1) << order) - 1)) || !goes_on(t, pfn, order)))
		order--;
	return order;
}

/* Whose the page is; a block that was in use at the start gets its handle when somebody first names it. */
static struct mm_whose owner(struct take *t, uint64_t pfn, unsigned int order)
{
	struct mm_whose p = mm_place_get(&t->places, pfn);
	uint32_t h;

	if (p.handle == MM_SEEN_HANDLE || p.handle == MM_TARGET_HANDLE)
		return (struct mm_whose){ 0 };
	if (p.handle || !used_at_start(t, pfn))
		return p;
	/* pages of it that others have taken since stay theirs */
	order = order_of(t, pfn, order);
	h = mm_take_handle(t, order, pfn);
	if (!h)
		return p;
	mm_place_set(&t->places, pfn, order, h, 0);
	return (struct mm_whose){ .handle = h };
}

static void seen(struct take *t, uint64_t pfn, uint64_t order)
{
	if (pfn < MM_MAX_PFN && order < MM_MAX_ORDERS)
		mm_place_set(&t->places, pfn, (unsigned int)order, MM_SEEN_HANDLE, 0);
}

/* ---- requests ------------------------------------------------------------------ */

static void stall(struct take *t, const struct sg_event *ev, struct take_task *w, uint64_t order, uint64_t gfp)
{
	struct mm_want *want;

	if (w->kernel || w->stalled || mm_take_irq(ev))
		return;
	w->stalled = true;
	t->d->left.stalls++;
	if (w->fault.want && mm_take_faulting(w, mm_gfp_migratetype(t->start, gfp))) {
		w->want = w->fault.want; /* it goes on where a larger folio wasn't to be had */
		return;
	}
	want = mm_take_want(t, ev, MM_WANT_ALLOC);
	if (!want)
		return;
	fill_request(t, want, order, gfp);
	w->want = (uint32_t)t->d->nr_wants;
}

static void on_alloc(struct take *t, const struct sg_event *ev, struct take_task *w, bool own)
{
	uint64_t pfn = ev->v[SGF_mm_page_alloc_pfn], order = ev->v[SGF_mm_page_alloc_order], gfp = ev->v[SGF_mm_page_alloc_gfp_flags];
	bool failed = pfn == 0 || pfn >= MM_MAX_PFN, may = !t->cap->gfp.direct_reclaim || gfp & t->cap->gfp.direct_reclaim;
	struct mm_want *want = NULL;
	bool fault = !mm_take_irq(ev) && mm_take_faulting(w, (unsigned int)ev->v[SGF_mm_page_alloc_migratetype]);

	if (order >= MM_MAX_ORDERS)
		return;
	if (!mm_take_irq(ev) && mm_take_target(t, ev, w, pfn, (unsigned int)order,
					       (unsigned int)ev->v[SGF_mm_page_alloc_migratetype], failed))
		return;
	if (own && (w->kernel || w->in_reclaim || w->in_run || !may)) {
		t->d->left.own_allocs++;
		if (w->kswapd || w->in_reclaim) {
			struct mm_want as = { 0 };

			t->d->left.swap_requests++;
			fill_request(t, &as, order, gfp);
			mm_take_swap(t, w, &as, failed);
		}
		if (!failed) {
			mm_take_granted(t, ev, w, pfn, (unsigned int)order, NULL);
			seen(t, pfn, order);
		}
		return;
	}
	if (own && w->stalled) {
		/* its end, and where it began */
		w->stalled = w->in_reclaim = w->in_run = false;
		want = w->want ? &t->d->want[w->want - 1] : NULL;
		w->want = 0;
	}
	if (fault)
		want = mm_take_fault_got(t, ev, w, want, (unsigned int)order, failed);
	else if (!want)
		want = mm_take_want(t, ev, MM_WANT_ALLOC);
	if (!want)
		return;
	fill_request(t, want, order, gfp);
	if (ev->v[SGF_mm_page_alloc_migratetype] < MM_NR_PCPTYPES)
		want->mt = (uint8_t)ev->v[SGF_mm_page_alloc_migratetype];
	if (!fault || !failed) {
		want->handle = mm_take_handle(t, (unsigned int)order, UINT64_MAX);
		if (!want->handle)
			return;
		t->alloc_want[want->handle] = (uint32_t)(want - t->d->want) + 1;
	}
	if (fault)
		mm_take_fault_end(t, ev, w, want, failed);
	want->flags &= (uint8_t)~MM_WANT_FAILED;
	if (failed) {
		want->flags |= MM_WANT_FAILED;
	} else {
		mm_take_granted(t, ev, w, pfn, (unsigned int)order, want);
		mm_place_set(&t->places, pfn, (unsigned int)order, want->handle, 0);
	}
}

/* ---- frees --------------------------------------------------------------------- */

static void push_moved(struct take *t, unsigned int cpu, struct mm_whose p, unsigned int order)
{
	struct take_cpu *c = &t->cpu[cpu];

	if (c->first && c->nr == c->cap) {
		memmove(c->moved, c->moved + c->first, (c->nr - c->first) * sizeof(*c->moved));
		c->nr -= c->first;
		c->first = 0;
	}
	if (c->nr == c->cap) {
		size_t n = c->cap ? c->cap * 2 : 64;
		struct take_moved *m = realloc(c->moved, n * sizeof(*m));

		if (!m) {
			t->oom = true;
			return;
		}
		c->moved = m;
		c->cap = n;
	}
	c->moved[c->nr++] = (struct take_moved){ p.handle, p.offset, (uint8_t)order };
}

/* One block that somebody let go of, or that part of it which belongs to one handle. */
static void free_part(struct take *t, const struct sg_event *ev, struct mm_whose p, unsigned int order, unsigned int flags)
{
	struct mm_want *want;

	if (mm_take_fault_freed(t, ev, p, order, flags))
		return;
	want = mm_take_want(t, ev, MM_WANT_FREE);
	if (!want)
		return;
	want->handle = p.handle;
	want->offset = p.offset;
	want->order = (uint8_t)order;
	want->flags |= (uint8_t)flags;
}

/* A row of blocks that is given back as one may belong to several.  Return: does any of it belong to somebody? */
static bool free_row(struct take *t, const struct sg_event *ev, uint64_t pfn, unsigned int order, unsigned int flags)
{
	struct take_cpu *c = &t->cpu[ev->cpu];
	size_t first = t->d->nr_wants;
	bool any = false;

	for (uint64_t q = pfn, end = pfn + (UINT64_C(1) << order); q < end && !t->oom;) {
		unsigned int o = order;
		struct mm_whose at;

		while (o && q + (UINT64_C(1) << o) > end)
			o--;
		o = order_of(t, q, o);
		at = owner(t, q, o);
		if (at.handle)
			free_part(t, ev, at, o, flags);
		any |= at.handle != 0;
		q += UINT64_C(1) << o;
	}
	if (first == t->d->nr_wants)
		return any;
	c->freed[c->nr_freed++ % TAKE_FREED] = (struct take_freed){ pfn, first, t->d->nr_wants - first };
	return true;
}

static void on_free(struct take *t, const struct sg_event *ev, struct take_task *w, bool own)
{
	uint64_t pfn = ev->v[SGF_mm_page_free_pfn], order = ev->v[SGF_mm_page_free_order];
	struct mm_whose p;
	struct page_ent e;

	if (pfn >= MM_MAX_PFN || order >= MM_MAX_ORDERS)
		return;
	if (!own || !w->in_run)
		mm_take_returned(t, pfn, (unsigned int)order); /* compaction takes as many as it frees */
	if (w->copy.on && !mm_take_irq(ev)) {
		p = owner(t, pfn, (unsigned int)order);
		if (mm_take_copied(t, ev, w, p, pfn, (unsigned int)order, order_of(t, pfn, (unsigned int)order)))
			return;
	}
	if (!own) {
		t->d->left.unknown_frees += !free_row(t, ev, pfn, (unsigned int)order, 0);
		seen(t, pfn, order);
		return;
	}
	t->d->left.own_frees++;
	p = owner(t, pfn, (unsigned int)order);
	if (p.handle && w->in_run) {
		/* a folio that has moved, or a target that wasn't needed */
		push_moved(t, ev->cpu, p, order_of(t, pfn, (unsigned int)order));
	} else if (p.handle && (w->kswapd || w->in_reclaim)) {
		/* from the LRU: reclaimed, which the simulated machine does for itself; else a shrinker's */
		e = mm_ent(t->start, t->d->first_pfn[p.handle] < mm_end_pfn(t->start) ? t->d->first_pfn[p.handle] : 0);
		if (!t->lru[p.handle] && (t->d->first_pfn[p.handle] == UINT32_MAX || !(e.st & PE_LRU)))
			free_row(t, ev, pfn, (unsigned int)order, MM_WANT_SHRUNK);
	}
	seen(t, pfn, order);
}

/* Freed together with others: the events of all frees of a batch come before those that name its pages. */
static void on_batched(struct take *t, const struct sg_event *ev)
{
	const struct take_cpu *c = &t->cpu[ev->cpu];

	for (unsigned int i = 1; i <= TAKE_FREED && i <= c->nr_freed; i++) {
		const struct take_freed *f = &c->freed[(c->nr_freed - i) % TAKE_FREED];

		if (f->pfn != ev->v[SGF_mm_page_free_batched_pfn])
			continue;
		for (size_t k = f->first; k < f->first + f->nr; k++)
			t->d->want[k].flags |= MM_WANT_BATCH;
		return;
	}
}

/* ---- the LRU and files ----------------------------------------------------------- */

static void on_lru(struct take *t, const struct sg_event *ev)
{
	uint64_t pfn = ev->v[SGF_mm_lru_insertion_pfn], lru = ev->v[SGF_mm_lru_insertion_lru];
	struct take_cpu *c = &t->cpu[ev->cpu];
	struct mm_whose p = mm_place_get(&t->places, pfn);
	struct mm_want *want;

	if (pfn >= MM_MAX_PFN || p.moved || p.handle == MM_TARGET_HANDLE)
		return; /* a folio that moved stays on the LRU */
	if ((!p.handle || p.handle == MM_SEEN_HANDLE) && c->first < c->nr) {
		const struct take_moved *m = &c->moved[c->first++];

		mm_place_set(&t->places, pfn, m->order, m->handle, m->offset);
		t->d->left.migrated++;
		return;
	}
	if (p.handle == MM_SEEN_HANDLE) {
		t->d->left.unpaired++;
		return;
	}
	p = owner(t, pfn, 0);
	if (!p.handle)
		return;
	t->lru[p.handle] = 1;
	if (t->d->fault_of && t->d->fault_of[p.handle])
		return; /* what a fault gives goes there by itself */
	want = mm_take_want(t, ev, MM_WANT_LRU);
	if (!want)
		return;
	want->handle = p.handle;
	want->offset = p.offset;
	want->flags |= (uint8_t)((lru == 2 || lru == 3 ? MM_WANT_FILE : 0) | (lru == 1 || lru == 3 ? MM_WANT_ACTIVE : 0) |
				 (lru == 4 ? MM_WANT_UNEVICTABLE : 0));
}

static void on_activate(struct take *t, const struct sg_event *ev)
{
	uint64_t pfn = ev->v[SGF_mm_lru_activate_pfn];
	struct mm_whose p = owner(t, pfn, 0);
	struct mm_want *want = p.handle ? mm_take_want(t, ev, MM_WANT_ACTIVATE) : NULL;

	if (!want)
		return;
	want->handle = p.handle;
	want->offset = p.offset;
}

/* A page of a file is dropped: which one a block that was in use at the start held. */
static void held_at_start(struct take *t, struct mm_whose p, uint32_t content)
{
	struct mm_demand *d = t->d;

	if (p.handle && p.offset == 0 && d->first_pfn[p.handle] != UINT32_MAX && !d->first_content[p.handle])
		d->first_content[p.handle] = content;
}

/* @own: by reclaim, which the simulated machine does for itself */
static void on_cache(struct take *t, const struct sg_event *ev, bool add, bool own)
{
	/* both events have the same fields in the same places */
	uint64_t pfn = ev->v[SGF_mm_filemap_add_to_page_cache_pfn], order = ev->v[SGF_mm_filemap_add_to_page_cache_order];
	struct mm_whose p = owner(t, pfn, order < MM_MAX_ORDERS ? (unsigned int)order : 0);
	struct mm_want *want;
	uint32_t content;

	content = mm_take_content(t, ev->v[SGF_mm_filemap_add_to_page_cache_s_dev], ev->v[SGF_mm_filemap_add_to_page_cache_i_ino],
				  ev->v[SGF_mm_filemap_add_to_page_cache_index]);
	if (!content)
		return;
	if (!add)
		held_at_start(t, p, content);
	if (own && !add)
		return;
	want = mm_take_want(t, ev, add ? MM_WANT_CACHE : MM_WANT_UNCACHE);
	if (!want)
		return;
	want->handle = p.handle;
	want->offset = p.offset;
	want->content = content;
	if (add && p.handle && p.offset == 0 && t->alloc_want[p.handle])
		t->d->want[t->alloc_want[p.handle] - 1].content = content;
}

/* ---- all events ------------------------------------------------------------------ */

static void apply(struct take *t, const struct sg_event *ev, struct take_task *w, bool own)
{
	switch (ev->kind) {
	case SG_EV_mm_page_alloc:
		on_alloc(t, ev, w, own);
		break;
	case SG_EV_mm_page_free:
		on_free(t, ev, w, own);
		break;
	case SG_EV_mm_page_free_batched:
		on_batched(t, ev);
		break;
	case SG_EV_mm_page_alloc_zone_locked:
		/* a block picked from the lists belongs to nobody any more, whatever was believed of it */
		seen(t, ev->v[SGF_mm_page_alloc_zone_locked_pfn], ev->v[SGF_mm_page_alloc_zone_locked_order]);
		break;
	case SG_EV_mm_page_pcpu_drain:
		seen(t, ev->v[SGF_mm_page_pcpu_drain_pfn], ev->v[SGF_mm_page_pcpu_drain_order]);
		break;
	case SG_EV_mm_lru_insertion:
		on_lru(t, ev);
		break;
	case SG_EV_mm_lru_activate:
		if (!own)
			on_activate(t, ev);
		break;
	case SG_EV_mm_filemap_add_to_page_cache:
		on_cache(t, ev, true, own);
		break;
	case SG_EV_mm_filemap_delete_from_page_cache:
		on_cache(t, ev, false, own);
		break;
	case SG_EV_print:
		mm_take_mark(t, ev);
		break;
	default:
		break;
	}
}

/* Where the task stands, before and after its event. */
static void before(struct take *t, const struct sg_event *ev, struct take_task *w)
{
	if (ev->kind == SG_EV_mm_vmscan_direct_reclaim_begin)
		stall(t, ev, w, ev->v[SGF_mm_vmscan_direct_reclaim_begin_order], ev->v[SGF_mm_vmscan_direct_reclaim_begin_gfp_flags]);
	else if (ev->kind == SG_EV_mm_compaction_try_to_compact_pages)
		stall(t, ev, w, ev->v[SGF_mm_compaction_try_to_compact_pages_order],
		      ev->v[SGF_mm_compaction_try_to_compact_pages_gfp_mask]);
	else if (!mm_take_irq(ev))
		mm_take_copy(t, ev, w);
}

static void after(const struct sg_event *ev, struct take_task *w)
{
	switch (ev->kind) {
	case SG_EV_mm_vmscan_direct_reclaim_begin:
		w->in_reclaim = true;
		break;
	case SG_EV_mm_vmscan_direct_reclaim_end:
		w->in_reclaim = false;
		break;
	case SG_EV_mm_compaction_begin:
		w->in_run = true;
		break;
	case SG_EV_mm_compaction_end:
		w->in_run = false;
		break;
	default:
		break;
	}
}

static void on_event(struct take *t, const struct sg_event *ev)
{
	struct take_task *w = mm_take_task(t, ev->pid);
	struct take_cpu *c;
	bool own;

	if (!w || ev->cpu >= t->nr_cpus)
		return;
	c = &t->cpu[ev->cpu];
	mm_take_time(t, c, ev, w);
	if (w->kswapd)
		mm_take_kswapd(t, ev);
	if (w->kswapd || w->in_reclaim)
		mm_take_written(t, ev, w);
	c->any = true;
	c->last = ev->ts;
	c->last_pid = ev->pid;
	before(t, ev, w);
	mm_take_address(t, ev, w);
	own = !mm_take_irq(ev) && (w->kernel || w->stalled || w->in_run);
	apply(t, ev, w, own);
	if (own)
		mm_take_work(t, ev, w);
	after(ev, w);
}

void mm_demand_free(struct mm_demand *d)
{
	if (!d)
		return;
	for (uint32_t i = 0; i < d->nr_marks; i++)
		free(d->mark[i]);
	free(d->mark);
	free(d->pace);
	free(d->want);
	free(d->content);
	free(d->first_pfn);
	free(d->first_order);
	free(d->first_content);
	free(d->cpu_node);
	free(d->fault);
	free(d->fault_of);
	free(d);
}

static void fini(struct take *t)
{
	if (t->d)
		mm_take_faults_fini(t);
	mm_take_fini(t);
}

int mm_demand_take(const struct sg_log *log, const struct sg_capture *cap, uint64_t from, const struct mm_machine *start,
		   struct mm_demand **ret, struct sg_err *err)
{
	struct take t = { .cap = cap, .start = start, .nr_cpus = cap->nr_cpus ? cap->nr_cpus : 1 };
	struct sg_cursor c;
	struct sg_event ev;
	bool any = false;

	t.d = calloc(1, sizeof(*t.d));
	t.cpu = calloc(t.nr_cpus, sizeof(*t.cpu));
	if (!t.d || !t.cpu || !mm_take_nodes_init(&t) || !mm_take_faults_init(&t))
		t.oom = true;
	else
		t.d->from = from;
	sg_log_seek(log, &c, from + 1);
	while (!t.oom && sg_log_next(&c, &ev)) {
		if (!any)
			t.d->ts_first = ev.ts;
		any = true;
		t.d->ts_last = ev.ts;
		on_event(&t, &ev);
		t.oom |= t.places.oom;
	}
	if (!t.oom)
		mm_take_nodes_end(&t);
	if (t.oom) {
		fini(&t);
		mm_demand_free(t.d);
		return sg_fail(err, SG_E_NOMEM, "out of memory for the demand of the capture");
	}
	t.d->nr_cpus = t.nr_cpus;
	for (unsigned int i = 0; i < t.nr_cpus; i++)
		t.d->left.unpaired += t.cpu[i].nr - t.cpu[i].first;
	mm_take_costs(&t);
	mm_take_faults_end(&t);
	mm_take_swap_end(&t);
	*ret = t.d;
	fini(&t);
	return SG_OK;
}
