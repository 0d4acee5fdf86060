// SPDX-License-Identifier: GPL-2.0-only
/* The events of the simulated kernel, and how it writes a request's flags. */
#include "sim/emit.h"

#include <string.h>

#include "sim/alloc/alloc.h"

void mm_sim_emit(struct mm_sim *s, mm_emit_fn fn, void *arg)
{
	s->emit = fn;
	s->emit_arg = arg;
}

void mm_sim_emitted(struct mm_sim *s, const uint64_t *emitted)
{
	s->emitted = emitted;
}

void mm_sim_task(struct mm_sim *s, int32_t pid)
{
	s->task_pid = pid;
}

/* @v: all slots of the kind */
void mm_sim_emit_event(struct mm_sim *s, enum sg_kind kind, const uint64_t *v)
{
	struct sg_event ev = { .ts = s->now, .pid = s->on_pid, .kind = (uint16_t)kind, .cpu = s->on_cpu };

	memcpy(ev.v, v, sizeof(ev.v));
	s->emit(s->emit_arg, &ev);
}

/* Source: include/linux/gfp_types.h, gfp.h: gfp_zone(), gfp_migratetype(), 6.1 to 7.3 */
uint64_t mm_sim_gfp_bits(const struct mm_sim *s, const struct mm_request *rq)
{
	const struct sg_gfp *g = &s->cap.gfp;
	const struct {
		uint32_t meaning;
		uint64_t bits;
	} flag[] = {
		{ MM_GFP_DIRECT_RECLAIM, g->direct_reclaim }, { MM_GFP_KSWAPD_RECLAIM, g->kswapd_reclaim }, { MM_GFP_IO, g->io },
		{ MM_GFP_FS, g->fs }, { MM_GFP_HIGH, g->high }, { MM_GFP_NORETRY, g->noretry },
		{ MM_GFP_RETRY_MAYFAIL, g->retry_mayfail }, { MM_GFP_NOFAIL, g->nofail }, { MM_GFP_THISNODE, g->thisnode },
		{ MM_GFP_MEMALLOC, g->memalloc }, { MM_GFP_NOMEMALLOC, g->nomemalloc }, { MM_GFP_COMP, g->comp },
	};
	const char *zone = s->cap.zone_type[rq->zone_type < SG_MAX_ZONE_TYPES ? rq->zone_type : 0];
	uint64_t bits = 0;

	for (size_t i = 0; i < sizeof(flag) / sizeof(flag[0]); i++)
		if (rq->gfp & flag[i].meaning)
			bits |= flag[i].bits;
	bits |= rq->mt == MM_MT_MOVABLE ? g->movable : rq->mt == MM_MT_RECLAIMABLE ? g->reclaimable : 0;
	if (strcmp(zone, "DMA") == 0)
		bits |= g->dma;
	else if (strcmp(zone, "DMA32") == 0)
		bits |= g->dma32;
	else if (strcmp(zone, "Movable") == 0 || strcmp(zone, "HighMem") == 0)
		bits |= g->highmem;
	return bits;
}

void mm_sim_emit_alloc(struct mm_sim *s, const struct mm_request *rq, uint64_t pfn)
{
	SIM_EMIT(s, mm_page_alloc, SIM_F(mm_page_alloc, pfn, pfn), SIM_F(mm_page_alloc, order, rq->order),
		 SIM_F(mm_page_alloc, gfp_flags, mm_sim_gfp_bits(s, rq)), SIM_F(mm_page_alloc, migratetype, rq->mt));
}

void mm_sim_emit_locked(struct mm_sim *s, uint64_t pfn, unsigned int order, unsigned int mt)
{
	SIM_EMIT(s, mm_page_alloc_zone_locked, SIM_F(mm_page_alloc_zone_locked, pfn, pfn),
		 SIM_F(mm_page_alloc_zone_locked, order, order), SIM_F(mm_page_alloc_zone_locked, migratetype, mt),
		 SIM_F(mm_page_alloc_zone_locked, percpu_refill, mm_sim_pcp_order(s, order) && mt < MM_NR_PCPTYPES));
}

void mm_sim_emit_extfrag(struct mm_sim *s, uint64_t pfn, unsigned int order, unsigned int from_order, unsigned int mt,
			 unsigned int from_mt)
{
	SIM_EMIT(s, mm_page_alloc_extfrag, SIM_F(mm_page_alloc_extfrag, pfn, pfn),
		 SIM_F(mm_page_alloc_extfrag, alloc_order, order), SIM_F(mm_page_alloc_extfrag, fallback_order, from_order),
		 SIM_F(mm_page_alloc_extfrag, alloc_migratetype, mt), SIM_F(mm_page_alloc_extfrag, fallback_migratetype, from_mt),
		 SIM_F(mm_page_alloc_extfrag, change_ownership, mm_blk(s->m, pfn >> s->m->pb_order).mt == mt));
}

void mm_sim_emit_inserted(struct mm_sim *s, uint64_t pfn)
{
	struct lru_ent e;

	if (!mm_sim_traced(s))
		return;
	e = mm_sim_lru_ent(s, pfn);
	/* the list's number is read when the page is on its list: generations have taken PG_active away by then */
	SIM_EMIT(s, mm_lru_insertion, SIM_F(mm_lru_insertion, folio, mm_sim_page_address(pfn)), SIM_F(mm_lru_insertion, pfn, pfn),
		 SIM_F(mm_lru_insertion, lru, (e.flags & LF_FILE ? 2 : 0) + (!e.gen && (e.flags & LF_ACTIVE))),
		 SIM_F(mm_lru_insertion, flags, e.flags & LF_FILE ? 4 : 2 | 16)); /* PAGEMAP_FILE, _ANONYMOUS, _SWAPBACKED */
}
