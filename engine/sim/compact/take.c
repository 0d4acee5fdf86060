// SPDX-License-Identifier: GPL-2.0-only
/* A pageblock is scanned for free blocks, which become targets. */
#include "sim/compact/compact.h"
#include "sim/emit.h"
#include "sim/hooks.h"

/* A scan of a pageblock for targets. */
struct scan {
	struct mm_sim *s;
	struct sim_cc *cc;
};

static struct mm_look look_target(void *arg, uint64_t pfn)
{
	const struct scan *sc = arg;
	struct page_ent e = mm_ent(sc->s->m, pfn);
	struct mm_look l = { .kind = MM_LOOK_USED };

	if (ent_state(&e) == PS_FREE) {
		l.kind = MM_LOOK_FREE;
		l.order = (uint8_t)ent_order(&e);
		/* a block that isn't wanted is passed over like one in use */
		if (mm_sim_asks(sc->s, MM_HOOK_FOLIO_TARGET) && !mm_sim_ask_folio_target(sc->s, sc->cc, pfn, l.order))
			l.kind = MM_LOOK_USED;
	} else if (ent_state(&e) == PS_ALLOC) {
		l.order = (uint8_t)mm_sim_folio_order_at(sc->s, pfn, &e);
	}
	return l;
}

/** A free block becomes a target; MM_NO when the watermark forbids it. */
enum mm_answer mm_sim_take_free(struct mm_sim *s, struct sim_cc *cc, uint64_t pfn, unsigned int order)
{
	if (!mm_sim_isolate_block(s, cc->zone, pfn, order))
		return MM_NO;
	mm_sim_targets_push(s, cc, pfn, order, false);
	cc->nr_free += UINT64_C(1) << order;
	s->stat[MM_SIM_COMPACT_ISOLATED] += UINT64_C(1) << order;
	return MM_YES;
}

static enum mm_answer take_target(void *arg, uint64_t pfn, unsigned int order)
{
	struct scan *sc = arg;

	return mm_sim_take_free(sc->s, sc->cc, pfn, order);
}

/**
 * mm_sim_free_block_scan() - takes free blocks of [*@pfn, @end) until there is a page for each that is to be moved
 * @pfn: afterwards the first page not scanned
 */
void mm_sim_free_block_scan(struct mm_sim *s, struct sim_cc *cc, uint64_t *pfn, uint64_t end, unsigned int stride)
{
	struct scan arg = { .s = s, .cc = cc };
	struct mm_free_scan sc = { .start = *pfn, .end = end, .stride = stride, .migrate = cc->nr_migrate,
				   .have = cc->nr_free,
				   .look = look_target, .take = take_target, .arg = &arg };

	mm_free_scan(&cc->who, &sc);
	cc->free_scanned += sc.scanned;
	SIM_EMIT(s, mm_compaction_isolate_freepages, SIM_F(mm_compaction_isolate_freepages, start_pfn, *pfn),
		 SIM_F(mm_compaction_isolate_freepages, end_pfn, sc.low),
		 SIM_F(mm_compaction_isolate_freepages, nr_scanned, sc.scanned),
		 SIM_F(mm_compaction_isolate_freepages, nr_taken, sc.taken));
	if (mm_sim_listens(s))
		mm_sim_say_range(s, cc, "mm/compaction.c: isolate_freepages_block()",
				 "Free blocks are taken until there is a page for each page to be moved.", *pfn, sc.low,
				 sc.scanned, sc.taken);
	*pfn = sc.low;
}

/** May targets be taken from the pageblock whose first page is @pfn? */
bool mm_sim_target_block(const struct mm_sim *s, const struct sim_cc *cc, uint64_t pfn)
{
	struct page_ent e = mm_ent(s->m, pfn);
	int order = ent_state(&e) == PS_FREE ? (int)ent_order(&e) : -1;
	unsigned int mt = mm_blk(s->m, pfn >> s->m->pb_order).mt;
	bool yes = order < (int)mm_target_limit(&cc->who) && mm_target_type(&cc->who, mt) == MM_YES;

	if (mm_sim_asks(s, MM_HOOK_TARGET))
		yes = mm_sim_ask_target(s, cc, pfn, order, mt, yes);
	return yes;
}
