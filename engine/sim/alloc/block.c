// SPDX-License-Identifier: GPL-2.0-only
/* Blocks leave the buddy lists and come back, past the per-cpu lists. */
#include "sim/alloc/alloc.h"
#include "sim/emit.h"
#include "sim/hooks.h"
#include "sim/report.h"

/** The pages of a block that is on no list become allocated. */
void mm_sim_hand_out(struct mm_sim *s, struct zone_state *z, const struct mm_request *rq, uint64_t pfn)
{
	struct page_ent as = { .om = (uint8_t)(rq->order | rq->mt << 4), .a = (uint32_t)rq->pid, .x = UINT16_MAX,
			       .since = (uint32_t)s->m->core.position };

	mm_set_state(s->m, z, pfn, 1u << rq->order, PS_ALLOC, &as);
	if (mm_unlikely(s->report))
		mm_sim_report_used(s, pfn, UINT64_C(1) << rq->order);
}

/* A block that is being freed passes by: is it what a compaction under way waits for? */
static bool capture(void *arg, uint64_t pfn, unsigned int order, unsigned int mt)
{
	struct mm_sim *s = arg;
	struct sim_alloc *a = s->alloc;
	unsigned int zi = a->capc.zone;
	const struct zone_state *z = mm_sim_zs(s, zi);

	if (a->capc.got || order != a->capc.order || pfn < z->start || pfn >= z->end)
		return false;
	if ((int)mt == s->cap.mt_cma || (int)mt == s->cap.mt_isolate)
		return false;
	/* a Movable pageblock isn't polluted by a smaller request of another type; 6.1 doesn't ask for its type */
	if (order < s->m->pb_order && mt == MM_MT_MOVABLE &&
	    (a->capc.mt != MM_MT_MOVABLE || !mm_has(s->policy.facts, CAPTURE_MOVABLE)))
		return false;
	a->capc.got = true;
	a->capc.pfn = pfn;
	s->stat[MM_SIM_CAPTURED]++;
	if (mt != a->capc.mt) {
		s->stat[MM_SIM_EXTFRAG]++;
		if (mm_has(s->policy.facts, CAPTURE_TRACED))
			mm_sim_emit_extfrag(s, pfn, order, order, a->capc.mt, mt);
	}
	return true;
}

/* splitmix64; one bit at a time. Source: mm/shuffle.c: shuffle_pick_tail() */
static bool pick_tail(void *arg)
{
	struct sim_alloc *a = ((struct mm_sim *)arg)->alloc;
	bool bit;

	if (a->shuffle_bits <= 1) {
		uint64_t v = a->shuffle += UINT64_C(0x9e3779b97f4a7c15);

		v = (v ^ v >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
		v = (v ^ v >> 27) * UINT64_C(0x94d049bb133111eb);
		a->shuffle_bits = (v ^ v >> 31) | UINT64_C(1) << 63;
	}
	bit = a->shuffle_bits & 1;
	a->shuffle_bits >>= 1;
	return bit;
}

/**
 * mm_sim_free_one() - a block that is on no list goes to the buddy lists
 * Return: true when the compaction under way captured it
 * Source: mm/page_alloc.c: __free_one_page(), compaction_capture(), 6.1 to 7.3
 */
bool mm_sim_free_one(struct mm_sim *s, struct zone_state *z, uint64_t pfn, unsigned int order, unsigned int mt, bool to_tail)
{
	const struct mm_free_opts opts = {
		.to_tail = to_tail, .arg = s, .capture = s->alloc->capc.armed ? capture : NULL,
		.shuffle = mm_sim_tune(s, MM_TUNE_SHUFFLE) ? pick_tail : NULL,
	};
	struct mm_freed freed;
	bool captured;

	s->placed_cold = mm_unlikely(s->cold) && (s->cold[pfn / 64] >> pfn % 64 & 1);
	freed = mm_buddy_free_with(s->m, z, pfn, order, mt, &opts);
	s->placed_cold = false;
	captured = freed.captured;

	if (captured) {
		struct page_ent as = { .om = (uint8_t)(s->alloc->capc.order | 0xf0),
				       .since = (uint32_t)s->m->core.position };

		mm_set_state(s->m, z, s->alloc->capc.pfn, 1u << s->alloc->capc.order, PS_ISO, &as);
	}
	if (mm_unlikely(s->report) && !captured)
		mm_sim_report_freed(s, freed.pfn, freed.order);
	if (mm_sim_asks(s, MM_HOOK_REPORT) && !captured && freed.order >= s->m->pb_order)
		mm_sim_ask_report(s, z, freed.pfn, freed.order, mt);
	if (mm_sim_listens(s))
		mm_sim_decide_merge(s, z, pfn, order, mt, captured);
	return captured;
}

void mm_sim_return_block(struct mm_sim *s, struct zone_state *z, uint64_t pfn, unsigned int order)
{
	const struct mm_free_opts opts = { .to_tail = true, .returned = true };
	unsigned int mt = mm_blk(s->m, pfn >> s->m->pb_order).mt;

	mm_buddy_free_with(s->m, z, pfn, order, mt, &opts);
	if (mm_sim_listens(s))
		mm_sim_decide_merge(s, z, pfn, order, mt, false);
}

bool mm_sim_isolate_block(struct mm_sim *s, unsigned int zi, uint64_t pfn, unsigned int order)
{
	return mm_sim_isolate_for(s, zi, pfn, order, MM_GONE_ISOLATED);
}

/** mm_sim_isolate_block() - @why: as policies are told */
bool mm_sim_isolate_for(struct mm_sim *s, unsigned int zi, uint64_t pfn, unsigned int order, enum mm_gone_why why)
{
	struct zone_state *z = mm_sim_zs(s, zi);
	struct page_ent e = mm_ent(s->m, pfn);
	struct page_ent as = { .om = (uint8_t)(order | 0xf0), .since = (uint32_t)s->m->core.position };
	struct mm_wmark_zone w;
	unsigned int mt = mm_blk(s->m, pfn >> s->m->pb_order).mt;

	if (ent_state(&e) != PS_FREE || ent_order(&e) != order)
		return false;
	/* as if the pages were allocated: the mark raised by the block stands for the check of high order */
	mm_sim_wmark(s, zi, &w);
	if ((int)mt != s->cap.mt_isolate &&
	    !mm_wmark_ok(&w, 0, w.min + (INT64_C(1) << order), 0, MM_ALLOC_CMA, w.free))
		return false;
	mm_list_goes(s->m, z, pfn, &e, why);
	mm_list_del(s->m, z, pfn, &e, mt);
	mm_set_state(s->m, z, pfn, 1u << order, PS_ISO, &as);
	if (order + 1 < s->m->pb_order)
		return true;
	/* half a pageblock and more becomes Movable, what is left of it too */
	for (uint64_t p = pfn; p < pfn + (1ull << order); p += 1ull << s->m->pb_order) {
		mt = mm_blk(s->m, p >> s->m->pb_order).mt;
		if (mt >= MM_NR_PCPTYPES || mt == MM_MT_MOVABLE)
			continue;
		if (s->m->hygiene) /* 6.1 leaves the rest on its lists */
			mm_block_move(s->m, z, p, mt, MM_MT_MOVABLE);
		mm_block_type(s->m, z, p, MM_MT_MOVABLE, mt, false);
	}
	return true;
}

void mm_sim_capture_arm(struct mm_sim *s, unsigned int zi, unsigned int order, unsigned int mt)
{
	s->alloc->capc.armed = true;
	s->alloc->capc.got = false;
	s->alloc->capc.zone = (uint8_t)zi;
	s->alloc->capc.order = (uint8_t)order;
	s->alloc->capc.mt = (uint8_t)mt;
}

bool mm_sim_capture_disarm(struct mm_sim *s, uint64_t *ret_pfn)
{
	s->alloc->capc.armed = false;
	if (s->alloc->capc.got)
		*ret_pfn = s->alloc->capc.pfn;
	return s->alloc->capc.got;
}
