// SPDX-License-Identifier: GPL-2.0-only
/* What policies are asked about the run, and about the allocator's steps. */
#include "sim/hooks.h"

#include <stdio.h>
#include <stdlib.h>

#include "sim/emit.h"
#include "sim/report.h"

/* ---- the run ---------------------------------------------------------------------- */

static int64_t boost_of(const void *arg, unsigned int zi)
{
	return ((const struct mm_sim *)arg)->alloc->zone[zi].boost;
}

static int64_t reserve_of(const void *arg, unsigned int zi, unsigned int zone_type)
{
	return ((const struct mm_sim *)arg)->alloc->zone[zi].reserve[zone_type];
}

static void place(void *arg, const struct zone_state *z, uint64_t pfn, unsigned int order, unsigned int mt, enum mm_place_why why,
		  struct mm_place_at *at)
{
	struct mm_sim *s = arg;
	struct mm_ask_place in = { .pfn = pfn, .zone = (uint32_t)(z - s->m->core.zone), .order = (uint8_t)order,
				   .mt = (uint8_t)mt,
				   .why = (uint8_t)why, .cold = s->placed_cold };
	struct mm_reply_place r = { .where = at->tail ? MM_PLACE_TAIL : MM_PLACE_HEAD, .before = MM_NO_PFN };

	r = mm_hook_place(mm_sim_hooks(s), &in, r);
	at->tail = r.where == MM_PLACE_TAIL;
	at->before = r.where == MM_PLACE_BEFORE ? r.before : MM_NO_PFN;
}

/* The run says where a policy is left out, among its events. */
static void say_retired(void *arg, const struct mm_layer *l)
{
	struct mm_sim *s = arg;
	char text[256];
	int n = snprintf(text, sizeof(text), "stormglass: policy %s isn't asked from here on: %s", l->h.name,
			 l->why ? l->why : "it failed");
	struct sg_event ev = { .ts = s->now, .pid = s->on_pid, .kind = SG_EV_print, .cpu = s->on_cpu, .str = text,
			       .str_len = (uint32_t)(n < (int)sizeof(text) ? n : (int)sizeof(text) - 1) };

	ev.v[SGF_print_ip] = 0;
	ev.v[SGF_print_buf] = ev.str_len;
	if (mm_sim_traced(s))
		s->emit(s->emit_arg, &ev);
}

int mm_sim_hooks_init(struct mm_sim *s, bool (*count)(const void *arg, const char *key, uint64_t *ret), struct sg_err *err)
{
	int r = mm_overlays_new(&s->policy, &s->hooks, err);

	if (r < 0)
		return r;
	if (!s->hooks)
		return SG_OK;
	if (mm_sim_asks(s, MM_HOOK_PLACE) && !s->cold)
		s->cold = calloc(s->m->end_pfn / 64 + 1, sizeof(*s->cold));
	if (mm_sim_asks(s, MM_HOOK_PLACE) && !s->cold)
		return sg_fail(err, SG_E_NOMEM, "out of memory for what policies are told");
	s->sight = (struct mm_sight){ .m = s->m, .policy = &s->policy, .boost = boost_of, .count = count, .reserve = reserve_of,
				      .arg = s, .seed = s->cfg.seed };
	mm_eye_open(&s->hooks->eye, &s->sight);
	s->hooks->retired = say_retired;
	s->hooks->retired_arg = s;
	if (mm_sim_asks(s, MM_HOOK_PLACE)) {
		s->placer.place = place;
		s->placer.arg = s;
		s->m->placer = &s->placer;
	}
	mm_overlays_begin(mm_sim_hooks(s));
	return 0;
}

struct mm_overlays *mm_sim_hooks(const struct mm_sim *s)
{
	s->hooks->eye.now = s->now;
	s->hooks->eye.position = s->emitted ? *s->emitted + 1 : s->m->core.position;
	return s->hooks;
}

const struct mm_overlays *mm_sim_overlays(const struct mm_sim *s)
{
	return s->hooks;
}

/* ---- the allocator ------------------------------------------------------------------- */

unsigned int mm_sim_ask_flags(struct mm_sim *s, const struct mm_request *rq, unsigned int zi, enum mm_flags_for where,
			      unsigned int flags)
{
	struct mm_ask_flags in = {
		.gfp = rq->gfp, .order = rq->order, .mt = rq->mt, .where = (uint8_t)where, .zone = zi, .pid = rq->pid,
		.defrag_mode = mm_has(s->policy.facts, DEFRAG) && mm_sim_tune(s, MM_TUNE_DEFRAG_MODE),
	};

	return mm_hook_flags(mm_sim_hooks(s), &in, flags);
}

/* Where the block at @pfn is taken from. */
static void found(const struct mm_sim *s, uint64_t pfn, struct mm_pick *p)
{
	struct page_ent e = mm_ent(s->m, pfn);

	*p = (struct mm_pick){ .known = MM_KNOWN_YES, .pfn = pfn, .order = ent_order(&e), .mt = ent_mt(&e) };
}

/** @p: what the kernel takes; becomes what the policy takes */
void mm_sim_ask_pick(struct mm_sim *s, const struct zone_state *z, unsigned int order, struct mm_pick *p)
{
	struct mm_ask_pick in = { .zone = (uint32_t)(z - s->m->core.zone), .order = (uint8_t)order, .mt = (uint8_t)p->mt,
				  .list_order = (uint8_t)p->order };
	uint64_t pfn = mm_hook_pick(mm_sim_hooks(s), &in, p->pfn);

	if (pfn != p->pfn)
		found(s, pfn, p);
}

/** @tries: the claims that led to @p; a policy's block is the only one tried, and only if it is claimed */
void mm_sim_ask_fallback(struct mm_sim *s, const struct zone_state *z, unsigned int order, unsigned int mt, unsigned int flags,
			 struct mm_pick *p, struct mm_claim_tries *tries)
{
	struct mm_ask_fallback in = {
		.zone = (uint32_t)(z - s->m->core.zone), .order = (uint8_t)order, .mt = (uint8_t)mt,
		.nofragment = (flags & MM_FALLBACK_NOFRAGMENT) != 0, .steal_only = (flags & MM_FALLBACK_STEAL_ONLY) != 0,
	};
	struct mm_reply_fallback was = { .pfn = p->known == MM_KNOWN_YES ? p->pfn : MM_NO_PFN,
					 .claim = p->known == MM_KNOWN_YES && p->claim }, r;

	r = mm_hook_fallback(mm_sim_hooks(s), &in, was);
	if (r.pfn == was.pfn && r.claim == was.claim)
		return;
	tries->nr = 0;
	if (r.pfn == MM_NO_PFN) {
		p->known = MM_KNOWN_NO;
		return;
	}
	found(s, r.pfn, p);
	p->claim = p->whole = r.claim;
	if (r.claim && p->order < s->m->pb_order)
		tries->at[tries->nr++] = (struct mm_claim_try){ .pfn = r.pfn, .order = (uint8_t)p->order, .mt = (uint8_t)p->mt,
								.inside = true };
}

enum mm_known mm_sim_ask_claim(void *arg, const struct mm_claim_try *t, enum mm_known half)
{
	const struct sim_claimer *c = arg;
	struct mm_ask_claim in = { .pfn = t->pfn, .zone = c->zone, .block_order = t->order, .block_mt = t->mt,
				   .order = (uint8_t)c->order, .mt = (uint8_t)c->mt, .free = t->free, .alike = t->alike,
				   .half = 1u << (c->s->m->pb_order - 1) };

	return mm_hook_claim(mm_sim_hooks(c->s), &in, half == MM_KNOWN_YES) ? MM_KNOWN_YES : MM_KNOWN_NO;
}

static struct mm_ask_pcp pcp(unsigned int zi, unsigned int cpu, unsigned int order, unsigned int mt, const struct mm_pcp_tune *t,
			     struct mm_pcp_zone z)
{
	return (struct mm_ask_pcp){ .zone = zi, .cpu = cpu, .order = (uint8_t)order, .mt = (uint8_t)mt,
				    .below_high = z.below_high,
				    .reclaim_active = z.reclaim_active, .count = t->count, .batch = t->batch, .high = t->high,
				    .high_min = t->high_min, .high_max = t->high_max };
}

int32_t mm_sim_ask_refill(struct mm_sim *s, unsigned int zi, unsigned int cpu, unsigned int order, unsigned int mt,
			  const struct mm_pcp_tune *t, struct mm_pcp_zone z, int32_t blocks)
{
	struct mm_ask_pcp in = pcp(zi, cpu, order, mt, t, z);

	return mm_hook_refill(mm_sim_hooks(s), &in, blocks);
}

void mm_sim_ask_drain(struct mm_sim *s, unsigned int zi, unsigned int cpu, unsigned int order, unsigned int mt,
		      const struct mm_pcp_tune *t, struct mm_pcp_zone z, struct mm_pcp_drain *d)
{
	struct mm_ask_pcp in = pcp(zi, cpu, order, mt, t, z);
	struct mm_reply_drain r = { .pages = d->pages, .piece = d->piece };

	r = mm_hook_drain(mm_sim_hooks(s), &in, r);
	d->pages = r.pages;
	d->piece = r.piece;
}

void mm_sim_ask_watermark(const struct mm_sim *s, unsigned int zi, struct mm_wmark_zone *w)
{
	struct mm_ask_watermark in = { .zone = zi, .node = w->node, .managed = w->managed, .boost = w->boost };
	struct mm_reply_watermark r = { .min = w->min, .low = w->low, .high = w->high, .promo = w->promo };

	r = mm_hook_watermark(mm_sim_hooks(s), &in, r);
	w->min = r.min;
	w->low = r.low;
	w->high = r.high;
	w->promo = r.promo;
	if (r.blocks)
		w->free = w->free_blocks;
}

int64_t mm_sim_ask_boost(struct mm_sim *s, unsigned int zi, int64_t high, int64_t was, int64_t boost)
{
	struct mm_ask_boost in = { .zone = zi, .factor = (uint32_t)mm_sim_tune(s, MM_TUNE_WATERMARK_BOOST_FACTOR),
				   .managed = (int64_t)s->m->core.zone[zi].managed, .high = high, .boost = was,
				   .block = INT64_C(1) << s->m->pb_order };

	return mm_hook_boost(mm_sim_hooks(s), &in, boost);
}

void mm_sim_ask_report(struct mm_sim *s, const struct zone_state *z, uint64_t pfn, unsigned int order, unsigned int mt)
{
	struct mm_ask_report in = { .pfn = pfn, .zone = (uint32_t)(z - s->m->core.zone), .order = (uint8_t)order,
				    .mt = (uint8_t)mt };

	if (!mm_hook_report(mm_sim_hooks(s), &in, 0))
		return;
	mm_ent_own(s->m, pfn)->x |= PE_X_REPORTED;
	s->stat[MM_SIM_REPORTED] += UINT64_C(1) << order;
	s->stat[MM_SIM_REPORTS]++;
	mm_sim_report_known(s, pfn, order, s->now ? s->now : 1);
}

/* ---- the reporter ---------------------------------------------------------------------- */

struct mm_reply_report_come mm_sim_ask_report_come(struct mm_sim *s, unsigned int zi, uint64_t pfn, unsigned int order,
						   unsigned int mt, enum mm_place_why why)
{
	struct page_ent e = mm_ent(s->m, pfn);
	struct mm_ask_report_block in = { .pfn = mm_out(s->m, pfn), .zone = zi, .order = (uint8_t)order, .mt = (uint8_t)mt,
					  .why = (uint8_t)why, .reported = (e.x & PE_X_REPORTED) != 0 };
	struct mm_reply_report_come r = { .ns = MM_REPORT_NEVER };

	return mm_hook_report_come(mm_sim_hooks(s), &in, r);
}

void mm_sim_ask_report_gone(struct mm_sim *s, unsigned int zi, uint64_t pfn, const struct page_ent *e, enum mm_gone_why why)
{
	struct mm_ask_report_block in = { .pfn = mm_out(s->m, pfn), .zone = zi, .order = (uint8_t)ent_order(e),
					  .mt = (uint8_t)ent_mt(e), .why = (uint8_t)why,
					  .reported = (e->st & PE_LINK) && (e->x & PE_X_REPORTED) };

	mm_hook_report_gone(mm_sim_hooks(s), &in, 0);
}

struct mm_reply_reporter mm_sim_ask_reporter(struct mm_sim *s, unsigned int taken, unsigned int capacity, enum mm_reporter_at at,
					     bool low)
{
	struct mm_ask_reporter in = { .taken = taken, .capacity = capacity, .at = (uint8_t)at, .low = low };
	struct mm_reply_reporter r = { .pfn = MM_NO_PFN, .act = MM_REPORT_IDLE };

	return mm_hook_reporter(mm_sim_hooks(s), &in, r);
}

void mm_sim_reporter_loops(struct mm_sim *s)
{
	struct mm_overlays *o = mm_sim_hooks(s);

	for (unsigned int i = o->nr; i-- > 0;)
		if (o->layer[i].h.reporter) {
			mm_layer_wrong(o, &o->layer[i], MM_HOOK_REPORTER, "so many steps without a report", MM_REPORT_MOST_STEPS);
			return;
		}
}
