// SPDX-License-Identifier: GPL-2.0-only
/* What policies are asked about kswapd, the LRU and the folios of faults. */
#include "sim/hooks.h"

bool mm_sim_ask_balance(const struct mm_sim *s, int node, unsigned int order, unsigned int zid, const struct mm_balance *b)
{
	struct mm_ask_balance in = { .node = node, .zone_type = (int32_t)zid, .order = (uint8_t)order, .by_block = b->by_block,
				     .zone = b->zone, .free = b->free, .need = b->need };

	return mm_hook_balance(mm_sim_hooks(s), &in, b->balanced);
}

bool mm_sim_ask_wake(struct mm_sim *s, int node, unsigned int order, unsigned int zid, bool hopeless, bool balanced, bool boosted,
		     bool was)
{
	struct mm_ask_kswapd_wake in = { .node = node, .zone_type = (int32_t)zid, .order = (uint8_t)order,
					 .hopeless = hopeless, .balanced = balanced, .boosted = boosted,
					 .failures = s->reclaim->ks[node].failures };

	return mm_hook_kswapd_wake(mm_sim_hooks(s), &in, was);
}

static struct mm_ask_kswapd_round round_of(const struct mm_sim *s, const struct ksim *k, enum mm_round_at at, bool hopeless)
{
	int node = (int)(k - s->reclaim->ks);

	return (struct mm_ask_kswapd_round){
		.node = node, .zone_type = k->zid, .at = (uint8_t)at, .alloc_order = (uint8_t)k->alloc_order,
		.order = (uint8_t)(at == MM_ROUND_SHRUNK ? k->sc.order : k->reclaim_order), .priority = (uint8_t)k->sc.priority,
		.hopeless = hopeless, .reclaimed = (int64_t)k->sc.nr_reclaimed,
		.gap = mm_compact_gap(s->policy.facts, k->sc.order),
	};
}

unsigned int mm_sim_ask_round_order(struct mm_sim *s, const struct ksim *k, bool hopeless, unsigned int was)
{
	struct mm_ask_kswapd_round in = round_of(s, k, MM_ROUND_SHRUNK, hopeless);
	struct mm_reply_kswapd_round r = { .order = was };

	return mm_hook_kswapd_round(mm_sim_hooks(s), &in, r).order;
}

/** @handover: order that kcompactd is woken for, 0 none */
bool mm_sim_ask_sleep(struct mm_sim *s, const struct ksim *k, bool hopeless, bool balanced, bool was, unsigned int *handover)
{
	struct mm_ask_kswapd_round in = round_of(s, k, MM_ROUND_SLEEP, hopeless);
	struct mm_reply_kswapd_round r = { .order = in.order, .sleep = was, .handover = *handover };

	in.balanced = balanced;
	in.ended = k->sc.order;
	r = mm_hook_kswapd_round(mm_sim_hooks(s), &in, r);
	*handover = r.handover;
	return r.sleep;
}

/** @zi: -1 at MM_RECLAIM_MORE; @inactive: only there */
bool mm_sim_ask_reclaim(struct mm_sim *s, const struct scan_ctl *sc, enum mm_reclaim_at at, int zi, bool has_block, bool suits,
			uint64_t inactive, bool was)
{
	struct mm_ask_reclaim in = {
		.node = zi >= 0 ? s->m->core.zone[zi].node : sc->node, .zone = zi, .at = (uint8_t)at, .order = sc->order,
		.priority = (uint8_t)sc->priority, .kswapd = sc->kswapd, .has_block = has_block, .suitable = suits,
		.reclaimed = (int64_t)sc->nr_reclaimed, .pages = sc->goal, .inactive = (int64_t)inactive,
		.gap = mm_compact_gap(s->policy.facts, sc->order),
	};

	return mm_hook_reclaim(mm_sim_hooks(s), &in, was);
}

bool mm_sim_ask_dead(const struct mm_sim *s, int node, bool was)
{
	struct mm_ask_kswapd_dead in = { .node = node, .failures = s->reclaim->ks[node].failures };

	return mm_hook_kswapd_dead(mm_sim_hooks(s), &in, was);
}

int mm_sim_ask_count(struct mm_sim *s, int node, enum mm_count_event event, unsigned int order, int64_t pages, bool balanced,
		     int was)
{
	struct ksim *k = &s->reclaim->ks[node];
	struct mm_ask_kswapd_count in = { .node = node, .failures = k->failures, .event = (uint8_t)event, .order = (uint8_t)order,
					  .boosted = k->boosted, .balanced = balanced, .pages = pages };

	return mm_hook_kswapd_count(mm_sim_hooks(s), &in, was);
}

void mm_sim_ask_lru(struct mm_sim *s, const struct scan_ctl *sc, const struct mm_scan_in *in, struct mm_scan_out *out)
{
	struct mm_ask_lru_balance q = {
		.node = sc->node, .priority = sc->priority, .kswapd = sc->kswapd, .can_anon = in->can_reclaim_anon &&
			in->may_swap,
		.swappiness = in->swappiness, .anon_cost = in->anon_cost, .file_cost = in->file_cost,
	};
	struct mm_reply_lru_balance r = { .type = 0 };

	for (unsigned int l = 0; l < MM_LRU_LISTS; l++) {
		q.eligible[l] = in->eligible[l];
		r.nr[l] = out->nr[l];
	}
	r = mm_hook_lru_balance(mm_sim_hooks(s), &q, r);
	for (unsigned int l = 0; l < MM_LRU_LISTS; l++)
		out->nr[l] = r.nr[l];
}

unsigned int mm_sim_ask_gen_type(struct mm_sim *s, const struct scan_ctl *sc, unsigned int swappiness, const uint64_t *eligible,
				 unsigned int was)
{
	struct mm_ask_lru_balance q = { .node = sc->node, .priority = sc->priority, .generations = 1, .kswapd = sc->kswapd,
					.can_anon = swappiness != 0, .swappiness = swappiness };
	struct mm_reply_lru_balance r = { .type = was };

	for (unsigned int l = 0; l < MM_LRU_LISTS; l++)
		q.eligible[l] = eligible[l];
	return mm_hook_lru_balance(mm_sim_hooks(s), &q, r).type;
}

unsigned int mm_sim_folio_order(struct mm_sim *s, const struct mm_sim_fault *f)
{
	unsigned int shift = s->reclaim->page_shift;
	/* without sizes of their own only huge pages are asked for, of a whole page table */
	uint32_t enabled = mm_has(s->policy.facts, MTHP) ? f->enabled : f->enabled & 1u << (shift - 3);
	struct mm_ask_folio_order in = { .address = f->at.address, .vma_start = f->at.vma_start, .vma_end = f->at.vma_end,
					 .enabled = enabled, .failed = f->failed, .pid = f->pid };
	int order;

	in.fits = mm_anon_fits(&f->at, shift, s->m->nr_orders);
	order = mm_anon_order(enabled & in.fits, f->failed);
	if (mm_sim_asks(s, MM_HOOK_FOLIO_ORDER) && f->failed != 0)
		order = mm_hook_folio_order(mm_sim_hooks(s), &in, order);
	return (unsigned int)order;
}
