// SPDX-License-Identifier: GPL-2.0-only
/* What is wanted, done: requests, frees, what enters the LRU and files. */
#include <string.h>

#include "run/priv.h"

/* Pages that a task asks for in place of a large folio that the captured machine didn't have: here it has them already. */
static bool had_already(struct mm_run *r, struct run_task *t, const struct mm_want *w)
{
	struct run_handle *whole, *h = &r->handle[w->handle];
	uint32_t pages = 1u << w->order;

	if (!t || t->credit < pages || w->mt != MM_MT_MOVABLE || w->content || (w->flags & MM_WANT_INTERRUPT) ||
	    (w->order && !mm_run_anon_folio(w)))
		return false;
	whole = &r->handle[t->credit_handle];
	if (whole->state != RUN_HERE || w->order >= whole->order) {
		t->credit = 0;
		return false;
	}
	if (t->credit == 1u << whole->order)
		whole->left = 0; /* from here on its pages count as they are named */
	h->state = RUN_IN;
	h->pfn = t->credit_handle;
	h->pid = t->pid;
	whole->left += pages;
	t->credit -= pages;
	r->told.huge_saved += pages;
	return true;
}

/* The outcome of the request, whichever way. */
static void outcome(struct mm_run *r, struct run_task *t, const struct mm_want *w, const struct mm_grant *g)
{
	r->told.livelocks += g->endless;
	if (g->outcome != MM_GOT_PAGE) {
		r->told.failed++;
		return;
	}
	if (t)
		t->held += UINT64_C(1) << w->order;
	mm_run_here(r, t, w->handle, g->pfn, w->order);
	if ((w->flags & MM_WANT_FAILED) && mm_run_anon_folio(w) && t) {
		t->credit_handle = w->handle;
		t->credit = 1u << w->order;
	}
}

/* What the task asks for in place of a folio: as on the captured machine, else all of it in single pages. */
static struct run_instead instead(const struct mm_run *r, const struct run_task *t, unsigned int order)
{
	const struct run_refused *f = t && t->refused[order].times ? &t->refused[order] : &r->refused[order];
	struct run_instead in = { .pages = 1u << order };
	uint64_t pages = 0, most = 0, n;

	if (!f->times)
		return in;
	for (unsigned int o = 0; o < order; o++) {
		pages += f->pages[o];
		if (f->pages[o] > most) {
			most = f->pages[o];
			in.order = o;
		}
	}
	n = (pages + f->times / 2) / f->times;
	n = (n + (1u << in.order) / 2) >> in.order << in.order;
	in.pages = n < in.pages ? (uint32_t)n : in.pages;
	return in;
}

/* One smaller folio at page @at of it, or single pages when not even that is to be had. */
static void smaller(struct mm_run *r, struct run_task *t, struct mm_request *rq, struct run_handle *h, uint32_t at)
{
	struct mm_grant g;

	for (;;) {
		if (!rq->order) {
			rq->gfp |= MM_GFP_KERNEL;
			rq->gfp &= ~(uint32_t)(MM_GFP_COMP | MM_GFP_NORETRY | MM_GFP_NOMEMALLOC);
		}
		r->told.requests++;
		if (mm_run_ask(r, t, rq, &g, false) == MM_GOT_PAGE)
			break;
		r->told.failed++;
		r->told.livelocks += g.endless;
		if (!rq->order)
			return;
		rq->order = 0;
	}
	if (t)
		t->held += UINT64_C(1) << rq->order;
	for (uint32_t k = 0; k < 1u << rq->order; k++)
		h->piece[at + k] = (uint32_t)g.pfn + k;
}

/* In smaller folios in place of a large one. */
static void in_pieces(struct mm_run *r, struct run_task *t, const struct mm_want *w)
{
	struct mm_request rq;
	struct run_handle *h = &r->handle[w->handle];
	struct run_instead in = instead(r, t, w->order);

	r->told.huge_split++;
	h->state = RUN_ASKED;
	if (!mm_run_pieces(r, w->handle))
		return;
	mm_run_request_of(r, t, w, &rq);
	for (uint32_t i = 0; i < in.pages && !(t && t->doomed); i += 1u << rq.order) {
		rq.order = i & ((1u << in.order) - 1) ? 0 : (uint8_t)in.order;
		smaller(r, t, &rq, h, i);
		mm_run_pause(r, MM_PAUSE_ROUND, r->page_think);
	}
	mm_run_here_in_pieces(r, t, w->handle);
}

void mm_run_want_slowly(struct mm_run *r, struct run_task *t, const struct mm_want *w)
{
	struct mm_request rq;
	struct mm_grant g;

	if (w->kind == MM_WANT_FAULT) {
		mm_run_fault_slowly(r, t, w);
		return;
	}
	mm_run_request_of(r, t, w, &rq);
	mm_run_ask(r, t, &rq, &g, true);
	outcome(r, t, w, &g);
	if (g.outcome != MM_GOT_PAGE) {
		if (mm_run_anon_folio(w) && !(w->flags & MM_WANT_FAILED))
			in_pieces(r, t, w);
		else
			mm_run_nowhere(r, w->handle);
	}
	if (t && t->doomed)
		mm_run_too_late(r, t, w->handle);
}

/* A request.  Return: false when it stalls */
static bool request(struct mm_run *r, struct run_task *t, const struct mm_want *w)
{
	struct mm_request rq;
	struct mm_grant g;

	if (!w->handle)
		return true; /* the trace ended before its page */
	if (w->content && mm_run_still_there(r, w->content, w->handle)) {
		r->told.hits++;
		return true;
	}
	if (had_already(r, t, w))
		return true;
	if (t && mm_run_anon_folio(w) && t->credit && w->order >= r->handle[t->credit_handle].order)
		t->credit = 0; /* it goes on with the next one */
	r->told.requests++;
	r->handle[w->handle].pid = t ? t->pid : 0;
	if (w->content)
		r->handle[w->handle].content = w->content; /* so that it is known for a refault when it comes onto the LRU */
	mm_run_request_of(r, t, w, &rq);
	if (mm_sim_alloc_fast(r->sim, &rq, &g)) {
		outcome(r, t, w, &g);
		return true;
	}
	r->handle[w->handle].state = RUN_ASKED;
	return false;
}

static void mark(struct mm_run *r, const struct mm_want *w)
{
	const char *text = r->d->mark[w->handle];
	struct sg_event ev = { .ts = mm_sim_now(r->sim), .pid = w->pid, .kind = SG_EV_print, .cpu = w->cpu, .str = text,
			       .str_len = (uint32_t)strlen(text) };

	ev.v[SGF_print_ip] = 0;
	ev.v[SGF_print_buf] = ev.str_len;
	if (r->cfg.emit)
		mm_run_emit(r, &ev);
}

/* A page that the captured machine still had is used, and reclaim has taken it here: it is read again. */
static bool refault(struct mm_run *r, struct run_task *t, const struct mm_want *w)
{
	struct run_handle *h = &r->handle[w->handle];
	struct mm_want again = *w;

	if (h->state != RUN_GONE || !h->content || w->kind != MM_WANT_ACTIVATE || h->order || r->content[h->content].handle)
		return true;
	r->told.refaults++;
	again.kind = MM_WANT_ALLOC;
	again.order = 0;
	again.mt = MM_MT_MOVABLE;
	again.gfp = MM_GFP_KERNEL | MM_GFP_MOVABLE | MM_GFP_CMA_OK;
	again.zone_type = r->top_zone;
	h->lru = MM_WANT_FILE | RUN_WAITS;
	h->left = 1;
	r->content[h->content].handle = w->handle;
	r->again = again;
	return request(r, t, &r->again);
}

/* What is wanted of a page that a fault put somewhere is wanted of what is there in the run. */
static void of_fault(struct mm_run *r, const struct mm_want *w)
{
	struct mm_want at = *w;
	struct mm_whose p;

	if (!mm_run_fault_page(r, w, &p))
		return;
	at.handle = p.handle;
	at.offset = p.offset;
	if (w->kind == MM_WANT_MOVE)
		mm_run_move(r, &at);
	else if (r->handle[p.handle].state == RUN_HERE)
		mm_run_lru(r, &at);
}

bool mm_run_want(struct mm_run *r, struct run_task *t, const struct mm_want *w)
{
	/* an interrupt's work isn't that of the task that it came upon; a killed task takes nothing any more */
	if (w->flags & MM_WANT_INTERRUPT)
		t = NULL;
	if (t && t->doomed && (w->kind == MM_WANT_ALLOC || w->kind == MM_WANT_ACTIVATE || w->kind == MM_WANT_FAULT))
		return true;
	mm_sim_set_now(r->sim, r->now);
	if (r->d->fault_of && r->d->fault_of[w->handle] && (w->kind == MM_WANT_ACTIVATE || w->kind == MM_WANT_MOVE)) {
		of_fault(r, w);
		return true;
	}
	switch (w->kind) {
	case MM_WANT_ALLOC:
		return request(r, t, w);
	case MM_WANT_FAULT:
		return mm_run_fault(r, t, w);
	case MM_WANT_UNMAP:
		mm_run_unmap(r, w);
		break;
	case MM_WANT_FREE:
		if (w->fault) {
			mm_run_unmap(r, w);
			break;
		}
		mm_run_counts_less(r, w);
		mm_run_let_go(r, w);
		break;
	case MM_WANT_ACTIVATE:
		if (r->handle[w->handle].state == RUN_GONE)
			return refault(r, t, w);
		mm_run_lru(r, w);
		break;
	case MM_WANT_LRU:
		mm_run_lru(r, w);
		break;
	case MM_WANT_CACHE:
	case MM_WANT_UNCACHE:
		mm_run_cache(r, w, w->kind == MM_WANT_CACHE);
		break;
	case MM_WANT_MOVE:
		mm_run_move(r, w);
		break;
	case MM_WANT_MARK:
		mark(r, w);
		break;
	default:
		break;
	}
	return true;
}
