// SPDX-License-Identifier: GPL-2.0-only
/* Blocks by handle on the simulated machine: where they are, whether reclaim took them, which page of a file they hold. */
#include <stdlib.h>
#include <string.h>

#include "run/priv.h"
#include "sim/compact/compact.h"
#include "sim/emit.h"
#include "sim/reclaim/lru.h"

bool mm_run_pieces(struct mm_run *r, uint32_t handle)
{
	struct run_handle *h = &r->handle[handle];

	if (h->piece)
		return true;
	h->piece = malloc(sizeof(*h->piece) << h->order);
	if (!h->piece) {
		r->oom = true;
		return false;
	}
	for (uint32_t i = 0; i < 1u << h->order; i++)
		h->piece[i] = h->state == RUN_HERE ? h->pfn + i : RUN_NEVER;
	return true;
}

/* Page @offset of @handle is at @pfn now, or nowhere. */
static void page_at(struct mm_run *r, struct mm_whose w, uint64_t pfn)
{
	struct run_handle *h = &r->handle[w.handle];

	if (!h->piece && h->order && h->pfn + w.offset != pfn && !mm_run_pieces(r, w.handle))
		return;
	if (h->piece)
		h->piece[w.offset] = (uint32_t)pfn;
	else if (!h->order && pfn != RUN_NOWHERE)
		h->pfn = (uint32_t)pfn;
	else if (!h->order)
		h->state = RUN_GONE;
	if (pfn != RUN_NOWHERE)
		mm_place_set(&r->places, pfn, 0, w.handle, w.offset);
}

void mm_run_emit(void *arg, const struct sg_event *ev)
{
	struct mm_run *r = arg;

	r->events++;
	r->cfg.emit(r->cfg.arg, ev);
}

static void emit_file(struct mm_run *r, uint32_t content, uint64_t pfn, unsigned int order, bool add)
{
	const struct mm_content *c = &r->d->content[content];

	/* both events have the same fields in the same places */
	if (mm_sim_traced(r->sim))
		mm_sim_emit_event(r->sim, add ? SG_EV_mm_filemap_add_to_page_cache : SG_EV_mm_filemap_delete_from_page_cache,
				  (const uint64_t[SG_SLOTS]){
					  SIM_F(mm_filemap_add_to_page_cache, i_ino, c->ino), SIM_F(mm_filemap_add_to_page_cache, pfn, pfn),
					  SIM_F(mm_filemap_add_to_page_cache, index, c->index), SIM_F(mm_filemap_add_to_page_cache, s_dev, c->dev),
					  SIM_F(mm_filemap_add_to_page_cache, order, order) });
}

/* Compaction and demotion: what was at @from is at @to. */
static void moved(void *arg, const struct mm_sim_moved *mv)
{
	struct mm_run *r = arg;
	struct mm_whose head = mm_place_get(&r->places, mv->from);

	if (head.handle && head.offset == 0 && !r->handle[head.handle].piece) {
		if (r->handle[head.handle].order == mv->order)
			r->handle[head.handle].pfn = (uint32_t)mv->to;
		else
			mm_run_pieces(r, head.handle);
	} else if (head.handle) {
		mm_run_pieces(r, head.handle);
	}
	for (uint64_t i = 0; i < UINT64_C(1) << mv->order; i++) {
		struct mm_whose w = mm_place_get(&r->places, mv->from + i);

		mm_place_set(&r->places, mv->from + i, 0, 0, 0);
		if (w.handle)
			page_at(r, w, mv->to + i);
	}
}

/* What was one folio is single pages, in the same place. */
static void split(void *arg, uint64_t pfn, unsigned int order)
{
	struct mm_run *r = arg;
	struct mm_whose head = mm_place_get(&r->places, pfn);

	(void)order;
	if (head.handle)
		mm_run_pieces(r, head.handle);
}

/* Reclaim took the pages. */
static void gone(void *arg, const struct mm_sim_gone *g)
{
	struct mm_run *r = arg;
	struct mm_whose head = mm_place_get(&r->places, g->pfn);
	struct run_handle *h = &r->handle[head.handle];

	if (g->to != UINT64_MAX) {
		moved(arg, &(struct mm_sim_moved){ .from = g->pfn, .to = g->to, .order = g->order });
		return;
	}
	if (!head.handle)
		return;
	if (h->content && r->content[h->content].handle == head.handle) {
		emit_file(r, h->content, g->pfn, g->order, false);
		r->content[h->content] = (struct run_content){ 0, g->shadow };
	}
	h->swapped |= g->swapped;
	if (!h->piece && head.offset == 0 && h->order == g->order) {
		h->state = RUN_GONE;
		mm_place_set(&r->places, g->pfn, g->order, 0, 0);
		return;
	}
	mm_run_pieces(r, head.handle);
	for (uint64_t i = 0; i < UINT64_C(1) << g->order; i++) {
		struct mm_whose w = mm_place_get(&r->places, g->pfn + i);

		mm_place_set(&r->places, g->pfn + i, 0, 0, 0);
		if (!w.handle)
			continue;
		r->handle[w.handle].swapped |= g->swapped;
		page_at(r, w, RUN_NOWHERE);
	}
}

/* Blocks in use at the start that the demand names; one that is free there was in use by mistake. */
static void place_first(struct mm_run *r, uint32_t i)
{
	struct run_handle *h = &r->handle[i];
	const struct mm_machine *m = mm_sim_machine(r->sim);

	h->order = r->d->first_order[i];
	h->left = 1u << h->order;
	h->pfn = r->d->first_pfn[i];
	if (h->pfn == UINT32_MAX || h->pfn + (UINT64_C(1) << h->order) > mm_end_pfn(m))
		return;
	h->state = RUN_HERE;
	for (uint64_t p = h->pfn; p < h->pfn + (UINT64_C(1) << h->order); p++) {
		struct page_ent e = mm_ent(m, p);

		if (ent_state(&e) != PS_ALLOC && ent_state(&e) != PS_UNKNOWN)
			h->state = RUN_GONE;
	}
	if (h->state != RUN_HERE)
		return;
	mm_place_set(&r->places, h->pfn, h->order, i, 0);
	if (!r->d->first_content || !r->d->first_content[i])
		return;
	h->content = r->d->first_content[i];
	r->content[h->content].handle = i;
}

bool mm_run_handles_init(struct mm_run *r)
{
	r->handle = calloc((size_t)r->faults.nr + 1, sizeof(*r->handle));
	r->content = calloc((size_t)r->d->nr_contents + 1, sizeof(*r->content));
	if (!r->handle || !r->content)
		return false;
	for (uint32_t i = 1; i < r->d->nr_handles; i++)
		place_first(r, i);
	mm_sim_moved_hook(r->sim, moved, r);
	mm_sim_gone_hook(r->sim, gone, r);
	mm_sim_split_hook(r->sim, split, r);
	return !r->places.oom;
}

void mm_run_handles_fini(struct mm_run *r)
{
	for (uint32_t i = 0; r->handle && i < r->faults.next; i++)
		free(r->handle[i].piece);
	free(r->handle);
	free(r->content);
	mm_places_fini(&r->places);
}

/* ---- wishes of a block ---------------------------------------------------------------- */

/* Do pages @i ... of a block in pieces, @end not among them, begin with a block of @order? */
static bool piece_is(const struct run_handle *h, uint32_t i, uint32_t end, unsigned int order)
{
	if (order > h->order || (h->piece[i] & ((1u << order) - 1)) || end - i < 1u << order)
		return false;
	for (uint32_t k = 1; k < 1u << order; k++)
		if (h->piece[i + k] != h->piece[i] + k)
			return false;
	return true;
}

/* It is a page of a file, and in memory from now on. */
static void enters_file(struct mm_run *r, uint32_t handle)
{
	struct run_handle *h = &r->handle[handle];

	if (h->content && r->content[h->content].handle == handle && !h->piece)
		emit_file(r, h->content, h->pfn, h->order, true);
}

static void add_to_lru(struct mm_run *r, const struct run_handle *h, uint64_t pfn, unsigned int flags)
{
	enum mm_sim_lru_kind kind = flags & MM_WANT_FILE ? MM_SIM_FILE : MM_SIM_ANON;

	if (h->content && r->content[h->content].shadow) {
		mm_sim_lru_refault(r->sim, pfn, kind, r->content[h->content].shadow);
		r->content[h->content].shadow = 0;
	} else {
		mm_sim_lru_add(r->sim, pfn, kind, flags & MM_WANT_ACTIVE);
	}
}

static void each_to_lru(struct mm_run *r, uint32_t handle, unsigned int flags)
{
	struct run_handle *h = &r->handle[handle];

	if (!h->piece) {
		add_to_lru(r, h, h->pfn, flags);
		return;
	}
	for (uint32_t i = 0; i < 1u << h->order; i++) {
		struct page_ent e;
		uint32_t in;

		if (h->piece[i] >= RUN_NEVER)
			continue;
		e = mm_ent(mm_sim_machine(r->sim), h->piece[i]);
		in = h->piece[i] & ((1u << ent_order(&e)) - 1);
		if (in <= i && h->piece[i - in] == h->piece[i] - in && mm_sim_on_lru(r->sim, h->piece[i] - in))
			continue; /* its folio is */
		if (!piece_is(h, i, 1u << h->order, ent_order(&e)))
			mm_sim_page_single(r->sim, h->piece[i]);
		add_to_lru(r, h, h->piece[i], flags);
	}
}

static void give_back(struct mm_run *r, unsigned int cpu, uint64_t pfn, unsigned int order)
{
	mm_place_set(&r->places, pfn, order, 0, 0);
	mm_sim_release(r->sim, (uint16_t)cpu, pfn, order);
}

/* A folio on the LRU of which the page is a part becomes single pages. */
static void split_at(struct mm_run *r, uint64_t pfn)
{
	struct page_ent e = mm_ent(mm_sim_machine(r->sim), pfn);
	uint64_t head = pfn & ~((UINT64_C(1) << ent_order(&e)) - 1);

	if (ent_order(&e) && mm_sim_on_lru(r->sim, head) && mm_sim_lru_ent(r->sim, head).order == ent_order(&e))
		mm_sim_folio_split(r->sim, head);
}

/* The order of the block that can be given back from page @i on, up to @end: the folio's, or a part of it. */
static unsigned int piece_order(struct mm_run *r, const struct run_handle *h, uint32_t i, uint32_t end)
{
	struct page_ent e = mm_ent(mm_sim_machine(r->sim), h->piece[i]);
	unsigned int order = ent_order(&e);

	if (piece_is(h, i, end, order))
		return order;
	split_at(r, h->piece[i]);
	e = mm_ent(mm_sim_machine(r->sim), h->piece[i]);
	for (order = ent_order(&e); !piece_is(h, i, end, order);)
		order--;
	return order;
}

/* Reclaim has taken them: their slots of swap are free now. */
static void free_of_gone(struct mm_run *r, unsigned int cpu, const struct run_handle *h, uint32_t nr)
{
	r->told.frees_of_gone++;
	if (h->swapped)
		mm_sim_swap_freed(r->sim, (uint16_t)cpu, nr);
}

/* Pages @offset ... of a block in pieces: folio by folio. */
static void give_back_pieces(struct mm_run *r, unsigned int cpu, struct run_handle *h, uint32_t offset, uint32_t nr)
{
	for (uint32_t i = offset, n; i < offset + nr; i += n) {
		unsigned int order = 0;

		n = 1;
		if (h->piece[i] < RUN_NEVER) {
			order = piece_order(r, h, i, offset + nr);
			give_back(r, cpu, h->piece[i], order);
			n = 1u << order;
		} else if (h->piece[i] == RUN_NOWHERE) {
			free_of_gone(r, cpu, h, 1);
		}
		for (uint32_t k = i; k < i + n; k++)
			h->piece[k] = RUN_NEVER;
	}
}

/* A part is let go of. */
static void take_apart(struct mm_run *r, uint32_t handle)
{
	struct run_handle *h = &r->handle[handle];

	if (h->piece)
		return;
	split_at(r, h->pfn);
	mm_run_pieces(r, handle);
}

static void file_left(struct mm_run *r, uint32_t handle)
{
	struct run_handle *h = &r->handle[handle];

	if (h->content && r->content[h->content].handle == handle)
		r->content[h->content].handle = 0;
}

static void let_go(struct mm_run *r, unsigned int cpu, uint32_t handle, uint32_t offset, unsigned int order)
{
	struct run_handle *h = &r->handle[handle];
	uint32_t nr = 1u << order;

	if (order > h->order || offset > (1u << h->order) - nr)
		return;
	h->left -= nr < h->left ? nr : h->left;
	if (!h->piece && (offset || order != h->order))
		take_apart(r, handle);
	if (h->piece && !h->left && h->freed_early)
		give_back_pieces(r, cpu, h, 0, 1u << h->order); /* and what was let go of before it was there */
	else if (h->piece)
		give_back_pieces(r, cpu, h, offset, nr);
	else
		give_back(r, cpu, h->pfn, h->order);
	if (h->left)
		return;
	h->state = RUN_FREED;
	file_left(r, handle);
	free(h->piece);
	h->piece = NULL;
}

void mm_run_let_go(struct mm_run *r, const struct mm_want *w)
{
	struct run_handle *h = &r->handle[w->handle], *whole;
	uint32_t nr = 1u << w->order;

	mm_sim_task(r->sim, w->pid);
	switch (h->state) {
	case RUN_LATER:
	case RUN_ASKED:
		h->freed_early = true;
		h->left -= nr < h->left ? nr : h->left;
		break;
	case RUN_HERE:
		let_go(r, w->cpu, w->handle, w->offset, w->order);
		break;
	case RUN_IN:
		whole = &r->handle[h->pfn];
		h->left -= nr < h->left ? nr : h->left;
		if (!h->left)
			h->state = RUN_FREED;
		whole->left -= nr < whole->left ? nr : whole->left;
		if (!whole->left && whole->state == RUN_HERE) {
			whole->left = 1u << whole->order;
			let_go(r, w->cpu, h->pfn, 0, whole->order);
		}
		break;
	case RUN_GONE:
		free_of_gone(r, w->cpu, h, nr);
		break;
	case RUN_FREED:
	default:
		break;
	}
}

void mm_run_lru(struct mm_run *r, const struct mm_want *w)
{
	struct run_handle *h = &r->handle[w->handle];

	mm_sim_task(r->sim, w->pid);
	if (w->flags & MM_WANT_UNEVICTABLE)
		return;
	if (h->state == RUN_LATER || h->state == RUN_ASKED) {
		if (w->kind == MM_WANT_LRU)
			h->lru = w->flags | RUN_WAITS;
		else if (h->lru & RUN_WAITS)
			h->lru |= MM_WANT_ACTIVE;
	} else if (h->state == RUN_HERE && w->kind == MM_WANT_LRU) {
		each_to_lru(r, w->handle, w->flags);
	} else if (h->state == RUN_HERE) {
		/* it became active by its second use; the first has no event */
		uint64_t pfn = h->piece ? h->piece[w->offset & ((1u << h->order) - 1)] : h->pfn;

		if (pfn < RUN_NEVER) {
			mm_sim_lru_touch(r->sim, pfn);
			mm_sim_lru_touch(r->sim, pfn);
		}
	}
}

void mm_run_cache(struct mm_run *r, const struct mm_want *w, bool add)
{
	struct run_handle *h = &r->handle[w->handle];
	struct run_content *c = &r->content[w->content];

	mm_sim_task(r->sim, w->pid);
	if (!add) {
		/* the file is cut; where the captured machine had dropped the page, the simulated one may still have it */
		if (c->handle && r->handle[c->handle].state == RUN_HERE && !r->handle[c->handle].piece)
			emit_file(r, w->content, r->handle[c->handle].pfn, r->handle[c->handle].order, false);
		*c = (struct run_content){ 0 };
		return;
	}
	if (!w->handle)
		return;
	h->content = w->content;
	if (c->handle == w->handle)
		return; /* it still was in the file */
	c->handle = w->handle;
	if (h->state == RUN_HERE && !h->piece)
		emit_file(r, w->content, h->pfn, h->order, true);
}

/* What was wanted of the block before it was there. */
static void catch_up(struct mm_run *r, struct run_task *t, uint32_t handle)
{
	struct run_handle *h = &r->handle[handle];

	if (h->lru & RUN_WAITS) {
		each_to_lru(r, handle, h->lru);
		h->lru = 0;
	}
	if (h->freed_early && !h->left) {
		h->left = 1u << h->order;
		let_go(r, t ? t->actor.cpu : 0, handle, 0, h->order);
	}
}

bool mm_run_still_there(struct mm_run *r, uint32_t content, uint32_t to)
{
	struct run_content *c = &r->content[content];
	struct run_handle *from = &r->handle[c->handle], *h = &r->handle[to];

	if (!c->handle || c->handle == to || from->state != RUN_HERE || from->piece || from->order != h->order)
		return false;
	h->pfn = from->pfn;
	h->state = RUN_HERE;
	h->content = content;
	mm_place_set(&r->places, h->pfn, h->order, to, 0);
	from->state = RUN_GONE;
	c->handle = to;
	h->lru = 0; /* it is on the LRU */
	mm_sim_lru_touch(r->sim, h->pfn);
	catch_up(r, NULL, to);
	return true;
}

void mm_run_here(struct mm_run *r, struct run_task *t, uint32_t handle, uint64_t pfn, unsigned int order)
{
	struct run_handle *h = &r->handle[handle];

	h->pfn = (uint32_t)pfn;
	h->order = (uint8_t)order;
	h->state = RUN_HERE;
	mm_place_set(&r->places, pfn, order, handle, 0);
	enters_file(r, handle);
	catch_up(r, t, handle);
}

void mm_run_here_in_pieces(struct mm_run *r, struct run_task *t, uint32_t handle)
{
	struct run_handle *h = &r->handle[handle];

	h->state = RUN_HERE;
	for (uint32_t i = 0; i < 1u << h->order; i++)
		if (h->piece[i] < RUN_NEVER)
			mm_place_set(&r->places, h->piece[i], 0, handle, i);
	catch_up(r, t, handle);
}

void mm_run_nowhere(struct mm_run *r, uint32_t handle)
{
	r->handle[handle].state = RUN_GONE;
	file_left(r, handle);
}

void mm_run_move(struct mm_run *r, const struct mm_want *w)
{
	const struct run_handle *h = &r->handle[w->handle];
	struct mm_sim_mover mv = { .pid = w->pid, .cpu = w->cpu, .node = w->node, .misplaced = w->flags & MM_WANT_MISPLACED };
	struct mm_sim_moved done;
	uint32_t pfn;

	if (h->state != RUN_HERE || w->offset >= 1u << h->order)
		return;
	pfn = h->piece ? h->piece[w->offset] : h->pfn + w->offset;
	if (pfn >= RUN_NEVER)
		return;
	mv.pfn = pfn;
	switch (mm_sim_move_to(r->sim, &mv, &done)) {
	case MM_MOVE_DONE:
		moved(r, &done);
		r->told.moves++;
		break;
	case MM_MOVE_THERE:
		r->told.moves_there++;
		break;
	case MM_MOVE_FULL:
	case MM_MOVE_STAYS:
	default:
		r->told.moves_refused++;
		break;
	}
}

void mm_run_counts_less(struct mm_run *r, const struct mm_want *w)
{
	const struct run_handle *h = &r->handle[w->handle];
	struct run_task *t = h->pid ? mm_run_task(r, h->pid) : NULL;
	uint64_t nr = UINT64_C(1) << w->order;

	if (!t)
		return;
	/* of a block in pieces not all may ever have been there */
	for (uint64_t i = w->offset; h->piece && i < w->offset + (UINT64_C(1) << w->order) && i < 1u << h->order; i++)
		nr -= h->piece[i] == RUN_NEVER;
	t->held -= nr < t->held ? nr : t->held;
}

void mm_run_kill(struct mm_run *r, struct run_task *t)
{
	t->doomed = true;
	mm_sim_task(r->sim, t->pid);
	for (uint32_t i = 1; i < r->d->nr_handles; i++) {
		struct run_handle *h = &r->handle[i];

		/* files stay */
		if (h->pid != t->pid || h->state != RUN_HERE || h->content || r->d->first_pfn[i] != UINT32_MAX)
			continue;
		h->left = 1u << h->order;
		let_go(r, t->actor.cpu, i, 0, h->order);
	}
}

void mm_run_too_late(struct mm_run *r, struct run_task *t, uint32_t handle)
{
	struct run_handle *h = &r->handle[handle];

	if (h->state != RUN_HERE || (h->content && r->content[h->content].handle == handle))
		return;
	h->left = 1u << h->order;
	let_go(r, t->actor.cpu, handle, 0, h->order);
}
