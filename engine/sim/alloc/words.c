// SPDX-License-Identifier: GPL-2.0-only
/*
 * The words of the simulated allocator's decisions.  Nothing here is called when nobody listens.
 */
#include "sim/alloc/alloc.h"

#include "rules/nopage.h"
#include "say/words.h"
#include "sim/emit.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT 2048

/* Where the texts of one decision stand while it is handed out. */
struct sim_text {
	char ours[160], reason[TEXT];
};

int mm_sim_decide_init(struct mm_sim *s)
{
	s->alloc->text = calloc(1, sizeof(*s->alloc->text));
	return s->alloc->text ? 0 : SG_E_NOMEM;
}

static const char *type_name(const struct mm_sim *s, unsigned int mt)
{
	return mt < s->cap.nr_migratetypes ? s->cap.migratetype[mt] : "unknown type";
}

/* A decision of the run. @rule: static text */
static struct mm_decision begin(const struct mm_sim *s, enum mm_check_kind kind, const char *rule)
{
	return (struct mm_decision){ .kind = kind, .verdict = MM_UNDECIDED, .why = "simulated", .rule = rule,
				     .pid = s->alloc->pid, .ours = s->alloc->text->ours, .reason = s->alloc->text->reason };
}

static void number(struct mm_decision *d, const char *name, int64_t value)
{
	if (d->nr_numbers == MM_DECISION_NUMBERS)
		return;
	d->number[d->nr_numbers].name = name;
	d->number[d->nr_numbers++].value = value;
}

static void ours(struct mm_sim *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void ours(struct mm_sim *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(s->alloc->text->ours, sizeof(s->alloc->text->ours), fmt, ap);
	va_end(ap);
}

static void reason(struct mm_sim *s, size_t at, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Appends at byte @at. */
static void reason(struct mm_sim *s, size_t at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (at < TEXT)
		vsnprintf(s->alloc->text->reason + at, TEXT - at, fmt, ap);
	va_end(ap);
}

static void place(struct mm_decision *d, const struct zone_state *z)
{
	number(d, "node", z->node);
	number(d, "zone_type", z->zone_type);
}

void mm_sim_decide_pick(struct mm_sim *s, const struct zone_state *z, const struct mm_pick *p, unsigned int order)
{
	struct mm_decision d = begin(s, MM_CHECK_PICK, "mm/page_alloc.c: __rmqueue_smallest()");

	ours(s, "pfn 0x%" PRIx64 " from the %s list of order %u", p->pfn, type_name(s, p->mt), p->order);
	reason(s, 0, p->order > order ?
		       "The %s lists of orders %u to %u are empty: the first block of order %u is split, and its upper halves go to the heads of the lists below." :
		       "The first block of the %s list of the order asked for.", type_name(s, p->mt), order, p->order - 1,
	       p->order);
	number(&d, "order", order);
	number(&d, "migratetype", p->mt);
	number(&d, "from_order", p->order);
	place(&d, z);
	mm_sim_decide(s, &d);
}

void mm_sim_decide_fallback(struct mm_sim *s, const struct zone_state *z, unsigned int order, unsigned int mt,
			    unsigned int alloc_flags, const struct mm_pick *p, const struct mm_claim_tries *tries,
			    uint64_t pfn)
{
	struct mm_decision d = begin(s, MM_CHECK_FALLBACK, !mm_has(s->policy.facts, CLAIM_STEAL) ?
				     "mm/page_alloc.c: __rmqueue_fallback()" :
				     p->claim ? "mm/page_alloc.c: __rmqueue_claim()" : "mm/page_alloc.c: __rmqueue_steal()");
	bool nofragment = alloc_flags & MM_ALLOC_NOFRAGMENT;
	unsigned int half = 1u << (s->m->pb_order - 1), refused = tries->nr;
	size_t n;

	if (pfn == UINT64_MAX)
		ours(s, "no page for %s in this zone", type_name(s, mt));
	else
		ours(s, "%s pfn 0x%" PRIx64 " out of a %s block of order %u", p->claim ? "claims the pageblock and takes" :
		     "steals", pfn, type_name(s, p->mt), p->order);
	/* the last try is the claim itself, where it was below pageblock order and succeeded */
	if (refused && p->claim && p->order < s->m->pb_order)
		refused--;
	reason(s, 0, "The lists of %s have no block of order %u or more.", type_name(s, mt), order);
	n = strlen(s->alloc->text->reason);
	for (unsigned int i = 0; i < refused && n < TEXT - 130; i++) {
		const struct mm_claim_try *t = &tries->at[i];

		if (t->inside)
			reason(s, n, " Not claimed: the %s pageblock of order %u at pfn 0x%" PRIx64 " (%u free + %u alike < %u).",
			       type_name(s, t->mt), t->order, t->pfn, t->free, t->alike, half);
		else
			reason(s, n, " Not claimed: the %s block of order %u at pfn 0x%" PRIx64 ".", type_name(s, t->mt),
			       t->order,
			       t->pfn);
		n = strlen(s->alloc->text->reason);
	}
	if (pfn == UINT64_MAX)
		reason(s, n, nofragment ? " Blocks below a pageblock may not be used (no fragmenting fallbacks)." :
					  " No other type has a block that large.");
	else if (p->claim && p->order >= s->m->pb_order)
		reason(s, n, " The largest free block of another type is a whole pageblock: it is claimed.");
	else if (p->claim)
		reason(s, n, " Half of the pageblock is free or of the kind that asks: all its free pages change lists.");
	else
		reason(s, n, " No claim pays: the smallest block of another type is split, the rest keeps its type.");
	number(&d, "order", order);
	number(&d, "migratetype", mt);
	number(&d, "fallback_order", pfn == UINT64_MAX ? -1 : (int64_t)p->order);
	number(&d, "fallback_migratetype", pfn == UINT64_MAX ? -1 : (int64_t)p->mt);
	number(&d, "claim", p->claim && pfn != UINT64_MAX);
	number(&d, "claims_tried", tries->nr);
	number(&d, "nofragment", nofragment);
	if (tries->nr) {
		number(&d, "free", tries->at[tries->nr - 1].free);
		number(&d, "alike", tries->at[tries->nr - 1].alike);
		number(&d, "half", half);
	}
	place(&d, z);
	mm_sim_decide(s, &d);
}

void mm_sim_decide_boost(struct mm_sim *s, const struct zone_state *z, int64_t from, int64_t to)
{
	struct mm_decision d = begin(s, MM_CHECK_KSWAPD, "mm/page_alloc.c: boost_watermark()");

	ours(s, "raises the boost of %s from %" PRId64 " to %" PRId64 " pages", z->name, from, to);
	reason(s, 0,
	       "A request looked for a pageblock of another type: kswapd is to free more than usual, a pageblock for each such try.");
	number(&d, "boost", to);
	number(&d, "before", from);
	number(&d, "high", (int64_t)z->wmark_high);
	number(&d, "factor", mm_sim_tune(s, MM_TUNE_WATERMARK_BOOST_FACTOR));
	place(&d, z);
	mm_sim_decide(s, &d);
}

void mm_sim_decide_refill(struct mm_sim *s, unsigned int zi, unsigned int cpu, unsigned int order, unsigned int mt,
			  int32_t want, int32_t got, unsigned int factor)
{
	const struct mm_pcp_tune *t = &s->alloc->pcp[zi * s->alloc->nr_cpus + cpu].tune;
	bool old = !mm_has(s->policy.facts, PCP_AUTO);
	struct mm_decision d = begin(s, MM_CHECK_REFILL, old ? "mm/page_alloc.c: __rmqueue_pcplist(), rmqueue_bulk()" :
							       "mm/page_alloc.c: nr_pcp_alloc(), rmqueue_bulk()");

	ours(s, "takes %d of %d blocks for CPU %u", got, want, cpu);
	reason(s, 0, old ? "The list of %s of order %u is empty: it gets a batch." :
			   "The list of %s of order %u is empty: it gets a batch, doubled for each refill without a free in between as far as high allows.",
	       type_name(s, mt), order);
	number(&d, "cpu", cpu);
	number(&d, "order", order);
	number(&d, "migratetype", mt);
	number(&d, "batch", t->batch);
	number(&d, "factor", factor);
	number(&d, "high", t->high);
	number(&d, "count", t->count);
	number(&d, "taken", got);
	place(&d, &s->m->core.zone[zi]);
	mm_sim_decide(s, &d);
}

void mm_sim_decide_drain(struct mm_sim *s, unsigned int zi, unsigned int cpu, int32_t pages, int32_t count)
{
	const struct mm_pcp_tune *t = &s->alloc->pcp[zi * s->alloc->nr_cpus + cpu].tune;
	struct mm_decision d = begin(s, MM_CHECK_DRAIN, "mm/page_alloc.c: nr_pcp_free(), free_pcppages_bulk()");

	ours(s, "gives back %d of %d pages of CPU %u", pages, count, cpu);
	reason(s, 0, "The per-cpu lists hold more than they should: pages leave at the tail of each list in turn.");
	number(&d, "cpu", cpu);
	number(&d, "count", count);
	number(&d, "high", t->high);
	number(&d, "batch", t->batch);
	number(&d, "free_count", t->free_count);
	number(&d, "below_high", s->alloc->zone[zi].below_high);
	place(&d, &s->m->core.zone[zi]);
	mm_sim_decide(s, &d);
}

void mm_sim_decide_merge(struct mm_sim *s, const struct zone_state *z, uint64_t pfn, unsigned int order, unsigned int mt,
			 bool captured)
{
	struct mm_decision d = begin(s, MM_CHECK_MERGE, "mm/page_alloc.c: __free_one_page()");
	struct page_ent e;
	uint64_t head;

	if (captured) {
		d.rule = "mm/page_alloc.c: compaction_capture()";
		ours(s, "captured at order %u", s->alloc->capc.order);
		reason(s, 0, "The block that this free completes is just what the request's compaction waits for.");
	} else if (mm_head_of(s->m, pfn, &head, &e)) {
		ours(s, "block of order %u at pfn 0x%" PRIx64 " on the %s list", ent_order(&e), head, type_name(s, mt));
		reason(s, 0, ent_order(&e) > order ? "Its buddies up to that order were free." : "Its buddy isn't free.");
		number(&d, "merged_order", ent_order(&e));
	} else {
		return;
	}
	number(&d, "order", order);
	number(&d, "migratetype", mt);
	number(&d, "pfn", (int64_t)pfn);
	place(&d, z);
	mm_sim_decide(s, &d);
}

void mm_sim_decide_reserve(struct mm_sim *s, const struct zone_state *z, uint64_t pfn, uint64_t reserved, uint64_t max)
{
	struct mm_decision d = begin(s, MM_CHECK_FALLBACK, "mm/page_alloc.c: reserve_highatomic_pageblock()");

	ours(s, "reserves the pageblock of pfn 0x%" PRIx64, pfn);
	reason(s, 0,
	       "An atomic request of high order was served: its pageblock is kept for such requests, up to about 1 %% of the zone.");
	number(&d, "reserved", (int64_t)reserved);
	number(&d, "most", (int64_t)max);
	place(&d, z);
	mm_sim_decide(s, &d);
}

void mm_sim_decide_unreserve(struct mm_sim *s, const struct zone_state *z, uint64_t pfn, bool force, uint64_t reserved)
{
	struct mm_decision d = begin(s, MM_CHECK_FALLBACK, "mm/page_alloc.c: unreserve_highatomic_pageblock()");

	ours(s, "gives up the reserved pageblock of pfn 0x%" PRIx64, pfn);
	reason(s, 0, force ? "Before a task is killed, the last reserve goes too." :
			     "Reclaim freed pages and the request found none: a reserved pageblock goes, as long as it isn't the last.");
	number(&d, "reserved", (int64_t)reserved);
	number(&d, "force", force);
	place(&d, z);
	mm_sim_decide(s, &d);
}

void mm_sim_decide_refused(struct mm_sim *s, const struct sim_ask *ask, unsigned int zi, int64_t mark,
			   unsigned int alloc_flags)
{
	const struct zone_state *z = &s->m->core.zone[zi];
	struct mm_decision d = begin(s, MM_CHECK_SLOW_PATH, "mm/page_alloc.c: __zone_watermark_ok()");
	struct mm_wmark_zone w;
	int64_t margin;

	mm_sim_wmark(s, zi, &w);
	margin = mm_wmark_margin(&w, ask->rq->order, mark, ask->rq->zone_type, alloc_flags, w.free);
	d.pid = ask->rq->pid;
	ours(s, "passes over %s of node %d", z->name, z->node);
	if (margin <= 0)
		reason(s, 0,
		       "It would be left with too little: %" PRId64 " pages are missing above the watermark and the reserves.",
		       1 - margin);
	else
		reason(s, 0, "It has pages enough, but no block of order %u that this request may use.", ask->rq->order);
	number(&d, "order", ask->rq->order);
	number(&d, "free", w.free);
	number(&d, "mark", mark);
	number(&d, "boost", w.boost);
	number(&d, "reserve", w.reserve[ask->rq->zone_type]);
	number(&d, "need", mm_wmark_need(&w, mark, ask->rq->zone_type, alloc_flags));
	number(&d, "margin", margin);
	place(&d, z);
	mm_sim_decide(s, &d);
}

void mm_sim_decide_step(struct mm_sim *s, const struct sim_ask *ask, const char *rule, const char *what,
			const char *because, const char *name, int64_t value)
{
	struct mm_decision d = begin(s, MM_CHECK_SLOW_PATH, rule);

	d.pid = ask->rq->pid;
	d.ours = what;
	d.reason = because;
	number(&d, "order", ask->rq->order);
	number(&d, "migratetype", ask->rq->mt);
	number(&d, "gfp", ask->rq->gfp);
	number(&d, "reclaims", ask->grant->reclaims);
	number(&d, "compactions", ask->grant->compactions);
	if (strcmp(name, "order") != 0)
		number(&d, name, value);
	mm_sim_decide(s, &d);
}

void mm_sim_decide_failure(struct mm_sim *s, const struct sim_ask *ask, unsigned int alloc_flags)
{
	const struct mm_request *rq = ask->rq;
	struct mm_decision d = begin(s, MM_CHECK_FAILURE, "mm/page_alloc.c: get_page_from_freelist()");
	struct mm_wmark_zone zones[MM_MAX_ZONES];
	struct mm_nopage_in in = { .m = s->m, .zone = zones, .facts = s->policy.facts, .order = rq->order, .mt = rq->mt,
				   .zone_type = rq->zone_type, .cpu = rq->cpu, .flags = alloc_flags, .exact = true };
	struct mm_last_walk_in walk = { .facts = s->policy.facts, .gfp = rq->gfp, .order = rq->order, .mt = rq->mt,
					.defrag_mode = mm_sim_tune(s, MM_TUNE_DEFRAG_MODE), .memalloc = rq->in_reclaim,
					.in_interrupt = rq->in_interrupt };
	struct mm_nopage_tried tried = { ask->grant->reclaims, ask->grant->compactions, ask->grant->reclaimed, true };
	struct mm_text t = { s->alloc->text->reason, TEXT, 0 };

	d.pid = rq->pid;
	ours(s, "no page");
	mm_nopage_say_request(&walk, alloc_flags, &tried, &t);
	number(&d, "order", rq->order);
	number(&d, "migratetype", rq->mt);
	number(&d, "gfp", (int64_t)mm_sim_gfp_bits(s, rq));
	number(&d, "nofragment", (alloc_flags & MM_ALLOC_NOFRAGMENT) != 0);
	for (unsigned int i = 0; i < ask->nr; i++) {
		struct mm_nopage_zone z;

		mm_sim_wmark(s, ask->zone[i], &zones[ask->zone[i]]);
		mm_nopage_zone(&in, ask->zone[i], &z);
		mm_nopage_say_zone(&in, &z, &t);
		if (i)
			continue;
		place(&d, mm_sim_zs(s, z.zone)); /* the numbers are of the zone that it prefers */
		number(&d, "refused_by", (int64_t)z.why);
		number(&d, "free", z.free);
		number(&d, "usable", z.margin + z.need);
		number(&d, "mark", z.mark);
		number(&d, "boost", z.boost);
		number(&d, "lowered", z.lowered);
		number(&d, "reserve", z.reserve);
		number(&d, "need", z.need);
		number(&d, "margin", z.margin);
		number(&d, "own_blocks", (int64_t)z.list[rq->mt].blocks);
	}
	mm_sim_decide(s, &d);
}
