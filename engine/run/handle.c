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
		h->piece[i] = h->state == RUN_HERE ? h->pfn + i : RUN_NOWHERE;
	return true;
}

/* Page @offset of @handle is at @pfn now, or nowhere. */
static void page_at(struct mm_run *r, struct mm_whose w, uint64_t pfn)
{
	struct run_handle *h = &r->handle[w.handle];

	if (h->piece)
		h->piece[w.offset] = (uint32_t)pfn;
	if (pfn != RUN_NOWHERE)
		mm_place_set(&r->places, pfn, 0, w.handle, w.offset);
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
	if (!h->piece && head.offset == 0 && h->order == g->order) {
		h->state = RUN_GONE;
		mm_place_set(&r->places, g->pfn, g->order, 0, 0);
		return;
	}
	mm_run_pieces(r, head.handle);
	for (uint64_t i = 0; i < UINT64_C(1) << g->order; i++) {
		struct mm_whose w = mm_place_get(&r->places, g->pfn + i);

		mm_place_set(&r->places, g->pfn + i, 0, 0, 0);
		if (w.handle)
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
	if (h->state == RUN_HERE)
		mm_place_set(&r->places, h->pfn, h->order, i, 0);
}

bool mm_run_handles_init(struct mm_run *r)
{
	r->handle = calloc((size_t)r->d->nr_handles + 1, sizeof(*r->handle));
	r->content = calloc((size_t)r->d->nr_contents + 1, sizeof(*r->content));
	if (!r->handle || !r->content)
		return false;
	for (uint32_t i = 1; i < r->d->nr_handles; i++)
		place_first(r, i);
	mm_sim_moved_hook(r->sim, moved, r);
	mm_sim_gone_hook(r->sim, gone, r);
	return !r->places.oom;
}

void mm_run_handles_fini(struct mm_run *r)
{
	for (uint32_t i = 0; r->handle && i < r->d->nr_handles; i++)
		free(r->handle[i].piece);
	free(r->handle);
	free(r->content);
	mm_places_fini(&r->places);
}

/* ---- wishes of a block ---------------------------------------------------------------- */

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
	for (uint32_t i = 0; i < 1u << h->order; i++)
		if (h->piece[i] != RUN_NOWHERE)
			add_to_lru(r, h, h->piece[i], flags);
}

static void give_back(struct mm_run *r, unsigned int cpu, uint64_t pfn, unsigned int order)
{
	mm_place_set(&r->places, pfn, order, 0, 0);
	mm_sim_release(r->sim, (uint16_t)cpu, pfn, order);
}

/* Pages @offset ... of a block in pieces. */
static void give_back_pieces(struct mm_run *r, unsigned int cpu, struct run_handle *h, uint32_t offset, uint32_t nr)
{
	for (uint32_t i = offset; i < offset + nr; i++) {
		if (h->piece[i] != RUN_NOWHERE)
			give_back(r, cpu, h->piece[i], 0);
		else
			r->told.frees_of_gone++;
		h->piece[i] = RUN_NOWHERE;
	}
}

/* A part is let go of: a folio on the LRU becomes single pages first. */
static void take_apart(struct mm_run *r, uint32_t handle)
{
	struct run_handle *h = &r->handle[handle];

	if (h->piece)
		return;
	if (h->order && mm_sim_on_lru(r->sim, h->pfn) && mm_sim_lru_ent(r->sim, h->pfn).order)
		mm_sim_folio_split(r->sim, h->pfn);
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

	if (offset + nr > 1u << h->order)
		return;
	h->left -= nr < h->left ? nr : h->left;
	if (!h->piece && (offset || order != h->order))
		take_apart(r, handle);
	if (h->piece)
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
		h->freed_early = 1;
		h->left -= nr < h->left ? nr : h->left;
		break;
	case RUN_HERE:
		let_go(r, w->cpu, w->handle, w->offset, w->order);
		break;
	case RUN_IN:
		whole = &r->handle[h->pfn];
		h->state = RUN_FREED;
		whole->left -= nr < whole->left ? nr : whole->left;
		if (!whole->left && whole->state == RUN_HERE) {
			whole->left = 1u << whole->order;
			let_go(r, w->cpu, h->pfn, 0, whole->order);
		}
		break;
	case RUN_GONE:
		r->told.frees_of_gone++;
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
		h->lru = w->flags | RUN_WAITS;
	} else if (h->state == RUN_HERE && w->kind == MM_WANT_LRU) {
		each_to_lru(r, w->handle, w->flags);
	} else if (h->state == RUN_HERE) {
		/* it became active by its second use; the first has no event */
		uint64_t pfn = h->piece ? h->piece[w->offset] : h->pfn;

		if (pfn != RUN_NOWHERE) {
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
		if (c->handle && r->handle[c->handle].state == RUN_HERE)
			emit_file(r, w->content, r->handle[c->handle].pfn, r->handle[c->handle].order, false);
		*c = (struct run_content){ 0 };
		return;
	}
	if (!w->handle)
		return;
	h->content = w->content;
	c->handle = w->handle;
	if (h->state == RUN_HERE && !h->piece)
		emit_file(r, w->content, h->pfn, h->order, true);
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
	mm_sim_lru_touch(r->sim, h->pfn);
	return true;
}

/* What was wanted of the block before it was there. */
static void catch_up(struct mm_run *r, struct run_task *t, uint32_t handle)
{
	struct run_handle *h = &r->handle[handle];

	if (h->lru & RUN_WAITS) {
		each_to_lru(r, handle, h->lru);
		h->lru = 0;
	}
	if (h->content && r->content[h->content].handle == handle && !h->piece)
		emit_file(r, h->content, h->pfn, h->order, true);
	if (!h->freed_early)
		return;
	h->freed_early = 0;
	if (!h->left) {
		h->left = 1u << h->order;
		let_go(r, t ? t->actor.cpu : 0, handle, 0, h->order);
	}
}

void mm_run_here(struct mm_run *r, struct run_task *t, uint32_t handle, uint64_t pfn, unsigned int order)
{
	struct run_handle *h = &r->handle[handle];

	h->pfn = (uint32_t)pfn;
	h->order = (uint8_t)order;
	h->state = RUN_HERE;
	mm_place_set(&r->places, pfn, order, handle, 0);
	catch_up(r, t, handle);
}

void mm_run_here_in_pieces(struct mm_run *r, struct run_task *t, uint32_t handle)
{
	struct run_handle *h = &r->handle[handle];

	h->state = RUN_HERE;
	for (uint32_t i = 0; i < 1u << h->order; i++)
		if (h->piece[i] != RUN_NOWHERE)
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
	if (pfn == RUN_NOWHERE)
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
