// SPDX-License-Identifier: GPL-2.0-only
/* Reclaim of a node, and direct reclaim for a request. */
#include "sim/compact/compact.h"
#include "sim/emit.h"
#include "sim/hooks.h"
#include "sim/reclaim/lru.h"

uint64_t mm_sim_reclaim_cost(const struct mm_sim *s, uint64_t pages)
{
	return pages * s->costs.direct_page;
}

void mm_sim_reclaim_say(struct mm_sim *s, const struct scan_ctl *sc, const char *rule, const char *ours, const char *reason,
		const char *name, int64_t value)
{
	struct mm_decision d = { .kind = sc->kswapd ? MM_CHECK_KSWAPD : MM_CHECK_SLOW_PATH,
				 .verdict = MM_UNDECIDED,
				 .why = "simulated",
				 .rule = rule,
				 .ours = ours,
				 .reason = reason,
				 .pid = MM_PID_UNKNOWN };

	if (!mm_sim_listens(s))
		return;
	mm_rec_num(&d, "order", sc->order);
	mm_rec_num(&d, "highest_zone", sc->idx);
	mm_rec_num(&d, "priority", sc->priority);
	mm_rec_num(&d, name, value);
	mm_sim_decide(s, &d);
}

/* ---- one node -------------------------------------------------------------------------- */

void mm_shrink_begin(struct shrink_it *it)
{
	*it = (struct shrink_it){ .phase = SHRINK_START, .left = -1 };
}

/* Zones of the pass's node up to its highest type; false when there are no more. */
static bool next_zone(const struct mm_sim *s, const struct scan_ctl *sc, unsigned int *t,
		      struct mm_wmark_zone *ret, unsigned int *ret_zi)
{
	for (; *t <= sc->idx && *t < SG_MAX_ZONE_TYPES; ++*t) {
		int zi = s->reclaim->zone_of[sc->node][*t];

		if (zi < 0)
			continue;
		mm_sim_wmark(s, (unsigned int)zi, ret);
		*ret_zi = (unsigned int)zi;
		++*t;
		if (ret->managed)
			return true;
		--*t;
	}
	return false;
}

/* Is there a block of the pass's order already?  6.1 finds that out in compaction_suitable(), which has an event. */
bool mm_sim_reclaim_has_block(struct mm_sim *s, const struct scan_ctl *sc, const struct mm_wmark_zone *z, unsigned int zi)
{
	if (!mm_wmark_ok(z, sc->order, z->min + z->boost, sc->idx, 0, z->free))
		return false;
	if (!mm_has(s->policy.facts, SUITABLE_ALONE))
		mm_sim_emit_suitable(s, zi, sc->order, MM_COMPACT_SUCCESS);
	return true;
}

/*
 * Enough for a compaction, or is it worth going on?
 * Source: mm/vmscan.c: should_continue_reclaim(), 6.1 to 7.3
 */
static bool should_continue(struct mm_sim *s, const struct scan_ctl *sc, uint64_t reclaimed)
{
	unsigned int t = 0, zi, all = SG_MAX_ZONE_TYPES - 1;
	bool has_block = false, suits = false, more;
	struct mm_wmark_zone z;
	uint64_t inactive;

	if (!mm_reclaim_compaction(sc->order, sc->priority, sc->gfp & MM_GFP_IO) || !reclaimed)
		return false;
	while (!has_block && !suits && next_zone(s, sc, &t, &z, &zi)) {
		has_block = mm_sim_reclaim_has_block(s, sc, &z, zi);
		suits = !has_block && mm_sim_compaction_suitable(s, zi, sc->order, z.min + z.boost, sc->idx);
	}
	inactive = mm_lru_size(s, sc->node, MM_INACTIVE_FILE, all);
	if (mm_lru_can_reclaim_anon(s, sc->node))
		inactive += mm_lru_size(s, sc->node, MM_INACTIVE_ANON, all);
	more = !has_block && !suits && inactive > (uint64_t)mm_compact_gap(s->policy.facts, sc->order);
	if (mm_sim_asks(s, MM_HOOK_RECLAIM))
		more = mm_sim_ask_reclaim(s, sc, MM_RECLAIM_MORE, -1, has_block, suits, inactive, more);
	return more;
}

/* 6.12 and later shrink a node with generations in one go, and not at all while nothing may be written. */
static bool whole_gens(const struct mm_sim *s)
{
	return mm_sim_gens(s) && mm_has(s->policy.facts, GEN_NODE);
}

static void start(struct mm_sim *s, struct scan_ctl *sc, struct shrink_it *it)
{
	it->start_reclaimed = sc->nr_reclaimed;
	it->start_scanned = sc->nr_scanned;
	it->scanned = 0;
	it->left = -1;
	it->aged = false;
	it->seq = s->reclaim->node[sc->node].gens.max_seq;
	sc->taken = sc->dirty = 0;
	it->phase = SHRINK_LISTS;
	if (!mm_sim_gens(s)) {
		mm_classic_prepare(s, sc, it);
		return;
	}
	if (!whole_gens(s))
		return;
	if (!sc->may_writepage) {
		it->phase = SHRINK_END;
		return;
	}
	mm_gen_age_node(s, sc); /* set_initial_priority() */
	if (sc->kswapd)
		sc->nr_reclaimed = 0;
}

static bool end(struct mm_sim *s, struct scan_ctl *sc, struct shrink_it *it)
{
	uint64_t reclaimed = sc->nr_reclaimed - it->start_reclaimed;

	if (whole_gens(s) && sc->kswapd && sc->may_writepage) {
		reclaimed = sc->nr_reclaimed;
		sc->nr_reclaimed += it->start_reclaimed;
	}
	it->any |= reclaimed > 0;
	if (!whole_gens(s) && should_continue(s, sc, reclaimed)) {
		mm_sim_reclaim_say(s, sc, "mm/vmscan.c: should_continue_reclaim()", "goes on",
		    "There are too few free pages for a compaction to work with, and inactive pages are left.",
		    "reclaimed", (int64_t)reclaimed);
		start(s, sc, it);
		return false;
	}
	if (it->any)
		mm_kswapd_revive(s, sc, 1);
	else if (sc->cache_trim_mode && !mm_sim_gens(s) && mm_has(s->policy.facts, CACHE_TRIM_RETRY))
		sc->cache_trim_failed = true;
	it->phase = SHRINK_DONE;
	return true;
}

bool mm_shrink_node_step(struct mm_sim *s, struct scan_ctl *sc, struct shrink_it *it)
{
	switch (it->phase) {
	case SHRINK_START:
		start(s, sc, it);
		return false;
	case SHRINK_LISTS:
		if (mm_sim_gens(s) ? mm_gen_shrink_step(s, sc, it) : mm_classic_shrink_step(s, sc, it))
			it->phase = SHRINK_SLAB;
		return false;
	case SHRINK_SLAB:
		sc->nr_reclaimed += mm_slab_shrink(s, sc);
		it->phase = SHRINK_END;
		return false;
	case SHRINK_END:
		return end(s, sc, it);
	case SHRINK_DONE:
	default:
		return true;
	}
}
