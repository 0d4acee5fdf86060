// SPDX-License-Identifier: GPL-2.0-only
/* What policies are asked by the checks. */
#include "check/hooks.h"

/* Asked with no effect: what would the policies say? */
#define WHAT_IF(o, call) ((o)->eye.what_if = true, call)

/* ---- picks and fallbacks ----------------------------------------------------------- */

static unsigned int zone_number(const struct mm_machine *m, const struct zone_state *z)
{
	return (unsigned int)(z - m->core.zone);
}

/* Where the block at the kernel's @pfn is taken from. */
static struct mm_pick found(const struct mm_machine *m, uint64_t pfn)
{
	struct page_ent e = mm_ent(m, mm_in(m, pfn));

	return (struct mm_pick){ .known = MM_KNOWN_YES, .pfn = mm_in(m, pfn), .order = ent_order(&e),
				 .mt = ent_mt(&e) != 15 ? ent_mt(&e) : mm_blk(m, mm_in(m, pfn) >> m->pb_order).mt };
}

void mm_check_ask_pick(const struct mm_check *c, const struct mm_machine *m, const struct zone_state *z, unsigned int order,
		       struct mm_pick *p)
{
	struct mm_overlays *o = mm_check_asks(c, MM_HOOK_PICK);
	struct mm_ask_pick in = { .zone = zone_number(m, z), .order = (uint8_t)order, .mt = (uint8_t)p->mt,
				  .list_order = (uint8_t)p->order };
	/* which block the kernel takes may not be known: a policy may know all the same which one it would take */
	uint64_t was = p->known == MM_KNOWN_YES ? mm_out(m, p->pfn) : MM_NO_PFN, pfn;

	if (!o || p->known == MM_KNOWN_NO || p->claim)
		return;
	pfn = mm_hook_pick(o, &in, was);
	if (pfn != was)
		*p = found(m, pfn);
}

enum mm_known mm_check_ask_claim(void *arg, const struct mm_claim_try *t, enum mm_known half)
{
	const struct mm_check_claimer *a = arg;
	struct mm_overlays *o = mm_check_asks(a->c, MM_HOOK_CLAIM);
	struct mm_ask_claim in = { .pfn = mm_out(a->m, t->pfn), .zone = a->zone, .block_order = t->order, .block_mt = t->mt,
				   .order = (uint8_t)a->order, .mt = (uint8_t)a->mt, .free = t->free, .alike = t->alike,
				   .half = 1u << (a->m->pb_order - 1) };
	uint32_t yes;

	if (half != MM_KNOWN_MAYBE)
		return mm_hook_claim(o, &in, half == MM_KNOWN_YES) ? MM_KNOWN_YES : MM_KNOWN_NO;
	yes = WHAT_IF(o, mm_hook_claim(o, &in, 1));
	if (yes != mm_hook_claim(o, &in, 0))
		return MM_KNOWN_MAYBE;
	return yes ? MM_KNOWN_YES : MM_KNOWN_NO;
}

void mm_check_ask_fallback(const struct mm_check *c, const struct mm_machine *m, const struct zone_state *z, unsigned int order,
			   unsigned int mt, bool steal_only, struct mm_pick *p, struct mm_claim_tries *tries)
{
	struct mm_overlays *o = mm_check_asks(c, MM_HOOK_FALLBACK);
	struct mm_ask_fallback in = { .zone = zone_number(m, z), .order = (uint8_t)order, .mt = (uint8_t)mt,
				      .steal_only = steal_only };
	struct mm_reply_fallback was = { .pfn = MM_NO_PFN }, r;

	if (!o)
		return;
	if (p->known == MM_KNOWN_YES) {
		/* of a claim below pageblock order @p is the page that is left for the request, not the block */
		was.pfn = mm_out(m, p->claim && p->order < m->pb_order && tries->nr ? tries->at[tries->nr - 1].pfn : p->pfn);
		was.claim = p->claim;
	}
	r = mm_hook_fallback(o, &in, was);
	if (r.pfn == was.pfn && r.claim == was.claim)
		return;
	tries->nr = 0;
	if (r.pfn == MM_NO_PFN) {
		*p = (struct mm_pick){ .known = MM_KNOWN_NO };
		return;
	}
	*p = found(m, r.pfn);
	p->claim = p->whole = r.claim;
	if (r.claim && p->order < m->pb_order) {
		tries->at[tries->nr++] = (struct mm_claim_try){ .pfn = p->pfn, .order = (uint8_t)p->order, .mt = (uint8_t)p->mt,
								.inside = true };
		p->pfn = mm_rule_after_claim(m, z, p->pfn, order, mt).pfn;
	}
}

/* ---- per-cpu lists -------------------------------------------------------------------- */

static uint32_t pcp_says(struct mm_overlays *o, bool drain, const struct mm_ask_pcp *in, uint32_t want, uint32_t *piece)
{
	struct mm_reply_drain r = { .pages = (int32_t)want, .piece = (int32_t)*piece };

	if (!drain)
		return (uint32_t)mm_hook_refill(o, in, (int32_t)want);
	r = mm_hook_drain(o, in, r);
	*piece = (uint32_t)r.piece;
	return (uint32_t)r.pages;
}

void mm_check_ask_pcp(const struct mm_check *c, bool drain, unsigned int zone, unsigned int cpu, unsigned int order,
		      unsigned int mt,
		      uint32_t count, const struct mm_tuning *t, struct mm_tuned *tuned)
{
	struct mm_overlays *o = mm_check_asks(c, drain ? MM_HOOK_DRAIN : MM_HOOK_REFILL);
	struct mm_ask_pcp in = { .zone = zone, .cpu = cpu, .order = (uint8_t)order, .mt = (uint8_t)mt, .count = (int32_t)count,
				 .batch = (int32_t)t->batch, .high = (int32_t)t->high_min, .high_min = (int32_t)t->high_min,
				 .high_max = (int32_t)t->high_max };
	uint32_t piece = tuned->piece, other = tuned->piece, want;

	if (!o)
		return;
	if (!tuned->why) {
		tuned->want = pcp_says(o, drain, &in, tuned->want, &tuned->piece);
		return;
	}
	want = WHAT_IF(o, pcp_says(o, drain, &in, tuned->want, &piece));
	if (want != pcp_says(o, drain, &in, tuned->want + 1, &other) || piece != other)
		return;
	tuned->want = want;
	tuned->piece = piece;
	tuned->why = NULL;
}

/* ---- watermarks ------------------------------------------------------------------------ */

void mm_check_ask_watermark(const struct mm_check *c, unsigned int zone, struct mm_wmark_zone *w)
{
	struct mm_overlays *o = mm_check_asks(c, MM_HOOK_WATERMARK);
	struct mm_ask_watermark in = { .zone = zone, .node = w->node, .managed = w->managed, .boost = w->boost };
	struct mm_reply_watermark r = { .min = w->min, .low = w->low, .high = w->high, .promo = w->promo };

	if (!o)
		return;
	r = mm_hook_watermark(o, &in, r);
	w->min = r.min;
	w->low = r.low;
	w->high = r.high;
	w->promo = r.promo;
	if (r.blocks)
		w->free = w->free_blocks;
}

int64_t mm_check_ask_boost(const struct mm_check *c, unsigned int zone, const struct mm_wmark_zone *w, int64_t factor,
			   int64_t block,
			   int64_t was, int64_t boost)
{
	struct mm_overlays *o = mm_check_asks(c, MM_HOOK_BOOST);
	struct mm_ask_boost in = { .zone = zone, .factor = (uint32_t)factor, .managed = w->managed, .high = w->high, .boost = was,
				   .block = block };

	return o ? mm_hook_boost(o, &in, boost) : boost;
}

/* ---- kswapd ------------------------------------------------------------------------------ */

void mm_check_ask_balance(const struct mm_check *c, int node, int order, int zid, struct mm_balance *b)
{
	struct mm_overlays *o = mm_check_asks(c, MM_HOOK_BALANCE);
	struct mm_ask_balance in = { .node = node, .zone_type = zid, .order = (uint8_t)(order < 0 ? 0 : order),
				     .by_block = b->by_block,
				     .zone = b->zone, .free = b->free, .need = b->need };
	uint32_t yes;

	if (!o)
		return;
	if (b->known && !b->close) {
		b->balanced = mm_hook_balance(o, &in, b->balanced);
		return;
	}
	yes = WHAT_IF(o, mm_hook_balance(o, &in, 1));
	if (yes != mm_hook_balance(o, &in, 0))
		return;
	b->balanced = yes;
	b->known = true;
	b->close = b->zones_open = b->failures_open = false;
}

bool mm_check_ask_wake(const struct mm_check *c, const struct rec_kswapd *k, int order, int zid, bool hopeless, bool balanced,
		       bool boosted, bool was)
{
	struct mm_overlays *o = mm_check_asks(c, MM_HOOK_KSWAPD_WAKE);
	struct mm_ask_kswapd_wake in = { .node = k->node, .zone_type = zid, .order = (uint8_t)(order < 0 ? 0 : order),
					 .hopeless = hopeless, .balanced = balanced, .boosted = boosted,
						 .failures = k->failures };

	return o ? mm_hook_kswapd_wake(o, &in, was) : was;
}

static struct mm_ask_kswapd_round round_of(const struct rec_kswapd *k, enum mm_round_at at)
{
	return (struct mm_ask_kswapd_round){ .node = k->node, .zone_type = k->zid, .at = (uint8_t)at,
					     .alloc_order = (uint8_t)(k->alloc_order < 0 ? 0 : k->alloc_order) };
}

int mm_check_ask_round_order(const struct mm_check *c, const struct rec_kswapd *k, int64_t reclaimed, int was)
{
	struct mm_overlays *o = mm_check_asks(c, MM_HOOK_KSWAPD_ROUND);
	struct mm_ask_kswapd_round in = round_of(k, MM_ROUND_SHRUNK);
	struct mm_reply_kswapd_round r = { .order = (uint32_t)was };

	in.order = in.alloc_order;
	in.reclaimed = reclaimed;
	in.gap = mm_compact_gap(mm_check_facts(c), in.alloc_order);
	return o ? (int)mm_hook_kswapd_round(o, &in, r).order : was;
}

bool mm_check_ask_sleep(const struct mm_check *c, const struct rec_kswapd *k, bool hopeless, bool balanced, bool was)
{
	struct mm_overlays *o = mm_check_asks(c, MM_HOOK_KSWAPD_ROUND);
	struct mm_ask_kswapd_round in = round_of(k, MM_ROUND_SLEEP);
	struct mm_reply_kswapd_round r = { .sleep = was, .handover = in.alloc_order };

	in.order = (uint8_t)(k->sleep_order < 0 ? 0 : k->sleep_order);
	in.hopeless = hopeless;
	in.balanced = balanced;
	r.order = in.order;
	return o ? mm_hook_kswapd_round(o, &in, r).sleep : was;
}

bool mm_check_ask_dead(const struct mm_check *c, const struct rec_kswapd *k, bool was)
{
	struct mm_overlays *o = mm_check_asks(c, MM_HOOK_KSWAPD_DEAD);
	struct mm_ask_kswapd_dead in = { .node = k->node, .failures = k->failures };

	return o ? mm_hook_kswapd_dead(o, &in, was) : was;
}

int mm_check_ask_count(const struct mm_check *c, const struct rec_kswapd *k, enum mm_count_event event, int was)
{
	struct mm_overlays *o = mm_check_asks(c, MM_HOOK_KSWAPD_COUNT);
	struct mm_ask_kswapd_count in = { .node = k->node, .failures = k->failures, .event = (uint8_t)event,
					  .boosted = k->boosted,
					  .order = (uint8_t)(k->alloc_order < 0 ? 0 : k->alloc_order) };

	return o && k->failures >= 0 ? mm_hook_kswapd_count(o, &in, was) : was;
}

/* ---- compaction ----------------------------------------------------------------------------- */

void mm_check_ask_suitable(const struct mm_check *c, unsigned int zone, const struct mm_compact_task *t, unsigned int order,
			   unsigned int zone_type, struct mm_suit *suit)
{
	struct mm_overlays *o = mm_check_asks(c, MM_HOOK_SUITABLE);
	struct mm_ask_suitable in = { .zone = zone, .order = (uint8_t)order, .zone_type = (uint8_t)zone_type,
				      .who = t && t->kcompactd ? MM_SUITABLE_KCOMPACTD : t && t->in_try ? MM_SUITABLE_DIRECT :
					     MM_SUITABLE_RECLAIM,
				      .index = (int32_t)suit->fragindex, .mark = suit->mark.lo, .free = suit->free.lo };
	uint32_t ret;

	if (!o)
		return;
	if (suit->ret != MM_COMPACT_RESULTS) {
		suit->ret = mm_hook_suitable(o, &in, suit->ret);
		return;
	}
	ret = WHAT_IF(o, mm_hook_suitable(o, &in, MM_COMPACT_CONTINUE));
	if (ret == mm_hook_suitable(o, &in, MM_COMPACT_SKIPPED))
		suit->ret = ret;
}

void mm_check_ask_finished(const struct mm_check *c, unsigned int zone, const struct mm_compact_task *t, unsigned int mt,
			   bool met,
			   struct mm_done *done)
{
	struct mm_overlays *o = mm_check_asks(c, MM_HOOK_FINISHED);
	struct mm_ask_finished in = { .zone = zone, .order = (int32_t)t->order, .mt = (uint8_t)mt, .direct = t->direct,
				      .proactive = t->proactive, .met = met, .whole_zone = t->whole_zone == MM_YES,
				      .migrate_pfn = t->migrate.pfn, .free_pfn = t->free.pfn };
	struct mm_eye_zone z;
	uint32_t ret;

	if (!o)
		return;
	if (o->eye.zone(&o->eye, zone, &z))
		in.zone_type = (uint8_t)z.type;
	if (done->ret != MM_COMPACT_RESULTS) {
		done->ret = mm_hook_finished(o, &in, done->ret);
		return;
	}
	ret = WHAT_IF(o, mm_hook_finished(o, &in, MM_COMPACT_SUCCESS));
	if (ret == mm_hook_finished(o, &in, MM_COMPACT_NO_SUITABLE_PAGE))
		done->ret = ret;
}

bool mm_check_ask_defer(const struct mm_check *c, unsigned int zone, enum mm_defer_event event, unsigned int order,
			const struct mm_defer *before, struct mm_defer *want, bool put_off)
{
	struct mm_overlays *o = mm_check_asks(c, MM_HOOK_DEFER);
	struct mm_ask_defer in = { .zone = zone, .event = (uint8_t)event, .order = (uint8_t)order,
				   .considered = before->considered,
				   .shift = before->shift, .order_failed = (int32_t)before->failed };
	struct mm_reply_defer r = { .put_off = put_off, .considered = want->considered, .shift = want->shift,
				    .order_failed = (int32_t)want->failed };

	if (!o || !want->considered_known || !want->shift_known || !want->failed_known)
		return put_off;
	r = mm_hook_defer(o, &in, r);
	want->considered = r.considered;
	want->shift = r.shift;
	want->failed = r.order_failed;
	return r.put_off;
}

enum mm_answer mm_check_ask_source(const struct mm_check *c, const struct mm_compact_who *w, uint64_t pfn, unsigned int mt,
				   enum mm_answer was)
{
	struct mm_overlays *o = mm_check_asks(c, MM_HOOK_SOURCE);
	struct mm_ask_source in = { .pfn = pfn, .order = w->order, .mt = (uint8_t)w->mt, .block_mt = (uint8_t)mt,
				    .direct = w->direct, .async = w->async, .cma_ok = w->cma_ok };
	uint32_t yes;

	if (!o)
		return was;
	in.zone = (uint32_t)o->eye.zone_of(&o->eye, pfn);
	yes = WHAT_IF(o, mm_hook_source(o, &in, was != MM_NO));
	if (was == MM_MAYBE && yes != mm_hook_source(o, &in, 0))
		return MM_MAYBE;
	return yes ? MM_YES : MM_NO;
}

enum mm_answer mm_check_ask_target(const struct mm_check *c, const struct mm_compact_who *w, uint64_t pfn, int free_order,
				   unsigned int mt, enum mm_answer was)
{
	struct mm_overlays *o = mm_check_asks(c, MM_HOOK_TARGET);
	struct mm_ask_target in = { .pfn = pfn, .order = w->order, .free_order = free_order, .block_mt = (uint8_t)mt,
				    .direct = w->direct, .async = w->async };
	uint32_t yes;

	if (!o)
		return was;
	in.zone = (uint32_t)o->eye.zone_of(&o->eye, pfn);
	yes = WHAT_IF(o, mm_hook_target(o, &in, was != MM_NO));
	if (was == MM_MAYBE && yes != mm_hook_target(o, &in, 0))
		return MM_MAYBE;
	return yes ? MM_YES : MM_NO;
}

/* ---- the slow path ------------------------------------------------------------------------------ */

static uint32_t gfp_of(const struct mm_slow_in *in)
{
	return (in->direct_reclaim ? (uint32_t)MM_GFP_DIRECT_RECLAIM : 0) | (in->io ? MM_GFP_IO : 0) |
	       (in->noretry ? MM_GFP_NORETRY : 0) | (in->retry_mayfail ? MM_GFP_RETRY_MAYFAIL : 0) |
	       (in->nofail ? MM_GFP_NOFAIL : 0) | (in->thisnode ? MM_GFP_THISNODE : 0);
}

void mm_check_ask_goal(const void *arg, const struct mm_slow_in *in, bool nofragment, struct mm_reply_goal *goal)
{
	struct mm_overlays *o = mm_check_asks(arg, MM_HOOK_GOAL);
	struct mm_ask_goal q = { .gfp = gfp_of(in), .flags = nofragment ? MM_ALLOC_NOFRAGMENT : 0, .order = (uint8_t)in->order,
				 .mt = (uint8_t)in->migratetype, .pageblock_order = (uint8_t)in->pageblock_order,
				 .nofragment = nofragment };

	if (o)
		*goal = WHAT_IF(o, mm_hook_goal(o, &q, *goal));
}

unsigned int mm_check_ask_next(const void *arg, const struct mm_slow_in *in, struct mm_ask_next *ask, unsigned int was)
{
	struct mm_overlays *o = mm_check_asks(arg, MM_HOOK_NEXT);

	ask->gfp = gfp_of(in);
	ask->order = (uint8_t)in->order;
	ask->mt = (uint8_t)in->migratetype;
	return o ? WHAT_IF(o, mm_hook_next(o, ask, was)) : was;
}
