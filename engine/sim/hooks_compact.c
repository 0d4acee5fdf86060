// SPDX-License-Identifier: GPL-2.0-only
/* What policies are asked about compaction. */
#include "sim/hooks.h"

unsigned int mm_sim_ask_suitable(const struct mm_sim *s, unsigned int zi, enum mm_suitable_for who, unsigned int order,
				 unsigned int zone_type, int64_t mark, int64_t free, int index, unsigned int was)
{
	struct mm_ask_suitable in = { .zone = zi, .who = (uint8_t)who, .order = (uint8_t)order, .zone_type = (uint8_t)zone_type,
				      .index = index, .mark = mark, .free = free };

	return mm_hook_suitable(mm_sim_hooks(s), &in, was);
}

unsigned int mm_sim_ask_finished(struct mm_sim *s, const struct sim_cc *cc, unsigned int was)
{
	struct mm_ask_finished in = {
		.zone = cc->zone, .order = cc->who.order, .mt = (uint8_t)cc->who.mt, .direct = cc->who.direct,
			.proactive = cc->proactive,
		.met = mm_sim_met(s, cc), .whole_zone = cc->whole_zone, .migrate_pfn = cc->migrate_pfn, .free_pfn = cc->free_pfn,
		.zone_type = (uint8_t)cc->zone_type,
	};

	return mm_hook_finished(mm_sim_hooks(s), &in, was);
}

/** @before: the counters before the event; the zone's are as the kernel has them after it.  Return: is the try put off? */
bool mm_sim_ask_defer(struct mm_sim *s, unsigned int zi, enum mm_defer_event event, unsigned int order,
		      const struct mm_defer *before,
		      bool put_off)
{
	struct mm_defer *d = &s->compact->zone[zi].defer;
	struct mm_ask_defer in = { .zone = zi, .event = (uint8_t)event, .order = (uint8_t)order, .considered = before->considered,
				   .shift = before->shift, .order_failed = (int32_t)before->failed };
	struct mm_reply_defer r = { .put_off = put_off, .considered = d->considered, .shift = d->shift,
				    .order_failed = (int32_t)d->failed };

	r = mm_hook_defer(mm_sim_hooks(s), &in, r);
	d->considered = r.considered;
	d->shift = r.shift;
	d->failed = r.order_failed;
	return r.put_off;
}

bool mm_sim_ask_source(struct mm_sim *s, const struct sim_cc *cc, uint64_t pfn, unsigned int mt, bool was)
{
	struct mm_ask_source in = { .pfn = pfn, .zone = cc->zone, .order = cc->who.order, .mt = (uint8_t)cc->who.mt,
				    .block_mt = (uint8_t)mt, .direct = cc->who.direct, .async = cc->who.async,
				    .cma_ok = cc->who.cma_ok };

	return mm_hook_source(mm_sim_hooks(s), &in, was);
}

bool mm_sim_ask_target(const struct mm_sim *s, const struct sim_cc *cc, uint64_t pfn, int free_order, unsigned int mt, bool was)
{
	struct mm_ask_target in = { .pfn = pfn, .zone = cc->zone, .order = cc->who.order, .free_order = free_order,
				    .block_mt = (uint8_t)mt, .direct = cc->who.direct, .async = cc->who.async };

	return mm_hook_target(mm_sim_hooks(s), &in, was);
}

enum mm_folio_move mm_sim_ask_folio_move(struct mm_sim *s, const struct sim_cc *cc, uint64_t pfn, unsigned int order, bool file,
					 enum mm_folio_move was)
{
	struct mm_ask_folio_move in = { .pfn = pfn, .zone = cc->zone, .order = cc->who.order, .folio_order = (uint8_t)order,
					.file = file, .direct = cc->who.direct, .async = cc->who.async,
					.large_targets = mm_has(cc->who.facts, FOLIO_TARGETS) };

	return (enum mm_folio_move)mm_hook_folio_move(mm_sim_hooks(s), &in, was);
}

bool mm_sim_ask_folio_target(struct mm_sim *s, const struct sim_cc *cc, uint64_t pfn, unsigned int order)
{
	struct mm_ask_folio_target in = { .pfn = pfn, .zone = cc->zone, .order = (uint8_t)order, .direct = cc->who.direct,
					  .async = cc->who.async };
	const struct sim_compact *c = s->compact;

	for (unsigned int i = 0; i < c->nr_batch; i++)
		if (c->batch[i].to == MM_NIL && !c->batch[i].passed)
			in.sources[c->batch[i].order]++;
	for (unsigned int o = 0; o < MM_HOOKS_ORDERS && o < MM_MAX_ORDERS; o++)
		for (uint32_t p = cc->free_first[o]; p != MM_NIL; p = mm_ent(s->m, p).a) {
			struct page_ent e = mm_ent(s->m, p);

			in.targets[ent_order(&e) < MM_HOOKS_ORDERS ? ent_order(&e) : MM_HOOKS_ORDERS - 1]++;
		}
	return mm_hook_folio_target(mm_sim_hooks(s), &in, 1);
}
