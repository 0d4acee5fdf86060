// SPDX-License-Identifier: GPL-2.0-only
/* Eviction from the multi-gen LRU: which pages of the oldest generation go, batch by batch, and when pages age. */
#include "sim/emit.h"
#include "sim/hooks.h"
#include "sim/reclaim/lru.h"

/* ---- sorting and isolating ------------------------------------------------------- */

/*
 * A page that stays: promoted, of a protected tier, outside the zones asked for, or (6.x) waiting to be written.
 * Source: mm/vmscan.c: sort_folio(), 6.1 to 7.3; 6.1 to 6.18 send dirty file pages to the next generation
 */
static bool sort_page(struct mm_sim *s, const struct scan_ctl *sc, uint64_t pfn, unsigned int last_tier)
{
	struct lru_ent e = mm_sim_lru_ent(s, pfn);
	struct mm_facts facts = s->policy.facts;
	unsigned int type = mm_lru_type(&e), gen = e.gen - 1u, refs, tier, most;
	struct lru_gens *g = &s->reclaim->node[sc->node].gens;
	bool workingset = e.flags & LF_WORKINGSET, tail = false;
	int zone_type = s->m->core.zone[e.zone].zone_type;

	refs = !mm_has(facts, GEN_REFS) ? e.refs : e.flags & LF_REFERENCED ? e.refs + 1u : 0;
	most = !mm_has(facts, GEN_REFS) ? MM_REFS_MAX + 1 : MM_REFS_MAX + 2;
	tier = mm_gen_tier(facts, refs, workingset);
	if (gen != g->min_seq[type] % MM_MAX_GENS) {
		/* promoted: only now it moves */
	} else if (tier > last_tier || refs + workingset == most) {
		gen = mm_gen_inc(s, pfn);
		tail = !mm_has(facts, GEN_REFS);
		if (!mm_has(facts, GEN_REFS) || refs + workingset != most)
			g->ctrl[type].protected[tier] += UINT64_C(1) << e.order;
	} else if (zone_type > sc->idx) {
		gen = mm_gen_inc(s, pfn);
		tail = true;
	} else if (!mm_has(facts, GEN_ISOLATE_DIRTY) && type == MM_FILE && (e.flags & LF_DIRTY)) {
		gen = mm_gen_inc(s, pfn);
		mm_lru_at(s, pfn)->flags |= LF_RECLAIM;
	} else {
		return false;
	}
	mm_lru_unlink(s, pfn);
	mm_lru_link(s, LRU_GEN(e.zone, gen, type), pfn, tail);
	return true;
}

/* Source: mm/vmscan.c: isolate_folio(), 6.1 to 7.3; up to 6.18 what can't be written is left alone */
static bool isolate(struct mm_sim *s, const struct scan_ctl *sc, uint64_t pfn, struct lru_batch *b)
{
	struct lru_ent *e = mm_lru_at(s, pfn);
	bool may_write = (sc->gfp & MM_GFP_IO) && (sc->may_writepage || mm_has(s->policy.facts, GEN_MAY_WRITE));

	if (!mm_has(s->policy.facts, GEN_ISOLATE_DIRTY) && !may_write && ((e->flags & LF_DIRTY) || !(e->flags & LF_FILE)))
		return false;
	if (!(e->flags & LF_REFERENCED)) {
		e->refs = 0;
		if (!mm_has(s->policy.facts, GEN_REFS))
			e->flags &= (uint8_t)~LF_WORKINGSET;
	}
	if (!mm_has(s->policy.facts, GEN_ISOLATE_DIRTY))
		e->flags &= (uint8_t)~LF_RECLAIM;
	if (!mm_has(s->policy.facts, GEN_REFS))
		e->flags &= (uint8_t)~LF_REFERENCED;
	mm_gen_del(s, pfn, true);
	mm_batch_push(s, b, pfn);
	return true;
}

/* One list of the oldest generation, from its tail. */
static uint64_t scan_zone(struct mm_sim *s, struct scan_ctl *sc, unsigned int list, unsigned int last_tier,
			  uint64_t *remaining, struct lru_batch *b)
{
	struct lru_list *l = &s->reclaim->list[list];
	uint64_t scanned = 0, skipped = 0, left_alone = 0;
	uint32_t pfn = l->last;

	while (pfn != MM_NIL) {
		struct lru_ent e = mm_sim_lru_ent(s, pfn);
		struct page_ent p = mm_ent(s->m, pfn);

		if (ent_state(&p) != PS_ALLOC) {
			/* freed without being taken off the list first */
			mm_sim_lru_del(s, pfn);
			pfn = e.prev;
			continue;
		}
		scanned += UINT64_C(1) << e.order;
		if (!sort_page(s, sc, pfn, last_tier) && !isolate(s, sc, pfn, b)) {
			skipped += UINT64_C(1) << e.order;
			left_alone++;
		}
		pfn = e.prev;
		--*remaining;
		if (!*remaining || (b->pages > skipped ? b->pages : skipped) >= MM_LRU_BATCH)
			break;
	}
	/* what was left alone goes to the head: the next batch starts with others */
	for (pfn = l->last; left_alone && pfn != MM_NIL; left_alone--) {
		uint32_t prev = mm_sim_lru_ent(s, pfn).prev;

		mm_lru_unlink(s, pfn);
		mm_lru_link(s, list, pfn, false);
		pfn = prev;
	}
	return scanned;
}

/*
 * Source: mm/vmscan.c: scan_folios(), 6.1 to 7.3: up to 6.12 it looks at 4096 folios at most, in 6.18 at as many as are
 * to be scanned, in 7.x at 64; the eligible zones come first, from the highest down
 */
static uint64_t scan_pages(struct mm_sim *s, struct scan_ctl *sc, unsigned int type, unsigned int last_tier,
			   uint64_t nr_to_scan, struct lru_batch *b)
{
	const struct lru_gens *g = &s->reclaim->node[sc->node].gens;
	uint64_t remaining = nr_to_scan;
	uint64_t scanned = 0, had = b->pages;

	if (!mm_has(s->policy.facts, GEN_SCAN_ASKED) || remaining > MM_LRU_BATCH_MAX)
		remaining = MM_LRU_BATCH_MAX;
	if (g->max_seq - g->min_seq[type] + 1 == MM_MIN_GENS)
		return 0;
	for (unsigned int i = SG_MAX_ZONE_TYPES; i > 0 && remaining && b->pages < MM_LRU_BATCH; i--) {
		int zi = s->reclaim->zone_of[sc->node][(sc->idx + i) % SG_MAX_ZONE_TYPES];

		if (zi >= 0)
			scanned += scan_zone(s, sc,
					     LRU_GEN(zi, g->min_seq[type] % MM_MAX_GENS, type),
					     last_tier, &remaining, b);
	}
	/* Source: mm/vmscan.c: scan_folios(): the event came with 6.7 */
	if (mm_sim_since(s, MM_SINCE(6, 7)))
		SIM_EMIT(s, mm_vmscan_lru_isolate, SIM_F(mm_vmscan_lru_isolate, highest_zoneidx, sc->idx),
			 SIM_F(mm_vmscan_lru_isolate, order, sc->order),
			 SIM_F(mm_vmscan_lru_isolate, nr_requested, mm_has(s->policy.facts, GEN_SCAN_LOOP) ? nr_to_scan :
			       MM_LRU_BATCH_MAX),
			 SIM_F(mm_vmscan_lru_isolate, nr_scanned, scanned),
			 SIM_F(mm_vmscan_lru_isolate, nr_taken, b->pages - had),
			 SIM_F(mm_vmscan_lru_isolate, lru, type == MM_FILE ? MM_INACTIVE_FILE : MM_INACTIVE_ANON),
			 SIM_F(mm_vmscan_lru_isolate, isolate_mode, SG_MISSING));
	if (!mm_has(s->policy.facts, GEN_SCAN_LOOP) && !b->pages && remaining)
		return 0;
	return scanned;
}

static void say_type(struct mm_sim *s, const struct scan_ctl *sc, unsigned int type,
		     unsigned int last_tier, unsigned int sw)
{
	const struct lru_gens *g = &s->reclaim->node[sc->node].gens;
	struct mm_decision d = { .kind = sc->kswapd ? MM_CHECK_KSWAPD : MM_CHECK_SLOW_PATH,
				 .verdict = MM_UNDECIDED,
				 .why = "simulated",
				 .rule = "mm/vmscan.c: get_type_to_scan()",
				 .pid = MM_PID_UNKNOWN,
				 .ours = type == MM_FILE ? "evicts file pages first"
							 : "evicts anonymous pages first",
				 .reason = "The type that came back less often of late, weighed by "
					   "swappiness, goes first; "
					   "pages of higher tiers, which were used more often, are "
					   "spared as long as they "
					   "come back more often than those of the first." };

	if (!mm_sim_listens(s))
		return;
	mm_rec_num(&d, "node", sc->node);
	mm_rec_num(&d, "swappiness", sw);
	mm_rec_num(&d, "min_seq_anon", (int64_t)g->min_seq[MM_ANON]);
	mm_rec_num(&d, "min_seq_file", (int64_t)g->min_seq[MM_FILE]);
	mm_rec_num(&d, "max_seq", (int64_t)g->max_seq);
	mm_rec_num(&d, "last_tier", last_tier);
	mm_rec_num(&d, "anon_refaulted", (int64_t)(g->ctrl[MM_ANON].avg_refaulted[0] + g->ctrl[MM_ANON].refaulted[0]));
	mm_rec_num(&d, "file_refaulted", (int64_t)(g->ctrl[MM_FILE].avg_refaulted[0] + g->ctrl[MM_FILE].refaulted[0]));
	mm_sim_decide(s, &d);
}

/* A policy's say in which type goes first. */
static unsigned int ask_type(struct mm_sim *s, const struct scan_ctl *sc, unsigned int sw, unsigned int type)
{
	uint64_t eligible[MM_LRU_LISTS];

	for (unsigned int l = 0; l < MM_LRU_LISTS; l++)
		eligible[l] = mm_lru_size(s, sc->node, l, sc->idx);
	return mm_sim_ask_gen_type(s, sc, sw, eligible, type);
}

/*
 * Source: mm/vmscan.c: isolate_folios(), 6.1 to 7.3: when there is nothing of one type, the other one; 7.x stays with
 * the type when pages were only sorted
 */
static uint64_t isolate_pages(struct mm_sim *s, struct scan_ctl *sc, unsigned int sw, uint64_t nr_to_scan,
			      struct lru_batch *b, unsigned int *ret_type)
{
	const struct lru_gens *g = &s->reclaim->node[sc->node].gens;
	struct mm_gen_in in = { .swappiness = sw, .min_seq = { g->min_seq[0], g->min_seq[1] },
				.may_io = sc->gfp & MM_GFP_IO, .ctrl = g->ctrl };
	struct mm_facts facts = s->policy.facts;
	bool compared;
	unsigned int type = mm_gen_type(facts, &in, &compared);
	uint64_t total = 0;

	if (mm_sim_asks(s, MM_HOOK_LRU_BALANCE))
		type = ask_type(s, sc, sw, type);
	for (unsigned int i = sw ? 0 : 1; i < 2; i++) {
		unsigned int tier = mm_gen_last_tier(facts, g->ctrl, type, compared ? sw : 0);
		uint64_t scanned = scan_pages(s, sc, type, tier, nr_to_scan, b);

		total += scanned;
		*ret_type = type;
		if (b->pages || (scanned && !mm_has(facts, GEN_SCAN_LOOP))) {
			say_type(s, sc, type, tier, sw);
			break;
		}
		compared = false;
		if (!scanned)
			type = !type;
	}
	return total;
}

/* Pages that were not freed don't go back to the oldest generation.  Source: mm/vmscan.c: evict_folios(), 6.1 to 7.3 */
static void put_back(struct mm_sim *s, const struct scan_ctl *sc, struct lru_batch *b, unsigned int type)
{
	const struct lru_gens *g = &s->reclaim->node[sc->node].gens;
	uint64_t pfn;

	while (mm_batch_pop(s, b, &pfn)) {
		struct lru_ent *e = mm_lru_at(s, pfn);

		if (!mm_has(s->policy.facts, GEN_REFS)) {
			if ((e->flags & LF_RECLAIM) && (e->flags & LF_DIRTY)) {
				if (e->flags & LF_WORKINGSET)
					e->flags |= LF_REFERENCED;
			} else {
				e->refs = 0;
				e->flags = (uint8_t)((e->flags & ~(LF_REFERENCED | LF_WORKINGSET)) | LF_ACTIVE);
			}
		} else if (mm_gen_seq_of(s, e, false) == g->min_seq[type]) {
			e->refs = 0;
			e->flags = (uint8_t)((e->flags & ~LF_REFERENCED) | LF_ACTIVE);
		}
		mm_lru_add(s, pfn, false);
	}
}

/* Source: mm/vmscan.c: evict_folios(), 6.1 to 7.3.  Return: pages scanned, 0: there is no use in going on */
static uint64_t evict(struct mm_sim *s, struct scan_ctl *sc, uint64_t nr_to_scan, unsigned int sw)
{
	struct lru_gens *g = &s->reclaim->node[sc->node].gens;
	struct lru_batch b = { .first = MM_NIL, .last = MM_NIL };
	struct shrink_stat st = { 0 };
	struct mm_facts facts = s->policy.facts;
	uint64_t scanned, reclaimed, isolated;
	unsigned int type = MM_FILE;

	if (mm_has(facts, GEN_SCAN_LOOP))
		mm_gen_try_inc_min(s, sc->node, sw);
	scanned = isolate_pages(s, sc, sw, nr_to_scan, &b, &type);
	if (!mm_has(facts, GEN_SCAN_LOOP)) {
		scanned += mm_gen_try_inc_min(s, sc->node, sw);
		if (mm_gen_oldest(facts, g->min_seq, sw) + MM_MIN_GENS > g->max_seq)
			scanned = 0;
	} else if (scanned) {
		mm_gen_try_inc_min(s, sc->node, sw);
	}
	isolated = b.pages;
	if (!isolated)
		return scanned;
	s->stat[sc->kswapd ? MM_SIM_PGSCAN_KSWAPD : MM_SIM_PGSCAN_DIRECT] += isolated;
	reclaimed = mm_shrink_batch(s, sc, &b, &st);
	sc->nr_reclaimed += reclaimed;
	/* the event came with 6.7 */
	if (mm_sim_since(s, MM_SINCE(6, 7)))
		mm_emit_shrink_inactive(s, sc, scanned, reclaimed, &st, type == MM_FILE);
	put_back(s, sc, &b, type);
	s->stat[sc->kswapd ? MM_SIM_PGSTEAL_KSWAPD : MM_SIM_PGSTEAL_DIRECT] += reclaimed;
	s->stat[type == MM_FILE ? MM_SIM_PGSTEAL_FILE : MM_SIM_PGSTEAL_ANON] += reclaimed;
	if (isolated > reclaimed && mm_has(facts, COST_COUNTED))
		s->reclaim->node[sc->node].rotated[type] += isolated - reclaimed;
	sc->swapped |= type == MM_ANON;
	return scanned;
}

/* ---- how far ------------------------------------------------------------------------ */

static void age_numbers(const struct mm_sim *s, const struct scan_ctl *sc, unsigned int sw, struct mm_gen_age *a)
{
	const struct lru_gens *g = &s->reclaim->node[sc->node].gens;

	*a = (struct mm_gen_age){ .min_seq = { g->min_seq[0], g->min_seq[1] }, .max_seq = g->max_seq, .anon = sw != 0,
				  .priority = sc->priority };
	for (unsigned int type = sw ? MM_ANON : MM_FILE; type <= MM_FILE; type++)
		for (uint64_t seq = g->min_seq[type]; seq <= g->max_seq; seq++) {
			uint64_t n = 0;

			for (unsigned int t = 0; t < SG_MAX_ZONE_TYPES; t++) {
				int zi = s->reclaim->zone_of[sc->node][t];

				n += zi >= 0 ? s->reclaim->gen_pages[zi][seq % MM_MAX_GENS][type] : 0;
			}
			a->total += n;
			if (seq == g->max_seq)
				a->young += n;
			else if (seq + MM_MIN_GENS == g->max_seq)
				a->old += n;
		}
}

/* Are all zones that the pass is for above the mark?  Source: mm/vmscan.c: should_abort_scan() */
static bool zones_safe(const struct mm_sim *s, const struct scan_ctl *sc)
{
	bool tiering = mm_policy_tiering(&s->policy);

	for (unsigned int t = 0; t <= sc->idx && t < SG_MAX_ZONE_TYPES; t++) {
		int zi = s->reclaim->zone_of[sc->node][t];
		struct mm_wmark_zone z;

		if (zi < 0)
			continue;
		mm_sim_wmark(s, (unsigned int)zi, &z);
		if (!z.managed)
			continue;
		if (!mm_has(s->policy.facts, GEN_ABORT_HIGH)) {
			if ((sc->kswapd ? z.high : z.low) + z.boost > z.free)
				return false;
		} else if (!mm_wmark_ok(&z, 0, (tiering ? z.promo : z.high) + z.boost + MM_LRU_BATCH, sc->idx, 0, z.free)) {
			return false;
		}
	}
	return true;
}

/* Source: mm/vmscan.c: should_abort_scan(), 6.1; a stop counts as a batch reclaimed */
static bool enough_6_1(const struct mm_sim *s, struct scan_ctl *sc, const struct shrink_it *it)
{
	const struct lru_gens *g = &s->reclaim->node[sc->node].gens;

	if (!sc->kswapd) {
		if (g->max_seq - it->seq > 1 || (sc->nr_reclaimed >= sc->nr_to_reclaim && sc->swapped))
			return true;
	} else if (sc->nr_reclaimed - sc->last_reclaimed < sc->nr_to_reclaim) {
		return false;
	}
	if (sc->priority > MM_DEF_PRIORITY - 2 || !zones_safe(s, sc))
		return false;
	sc->nr_reclaimed += MM_LRU_BATCH;
	return true;
}

/* Source: mm/vmscan.c: should_abort_scan(), 6.12 to 7.3 */
static bool enough(const struct mm_sim *s, const struct scan_ctl *sc)
{
	uint64_t gap = (uint64_t)mm_compact_gap(s->policy.facts, sc->order);

	if (sc->nr_reclaimed >= (sc->nr_to_reclaim > gap ? sc->nr_to_reclaim : gap))
		return true;
	return sc->kswapd && !sc->order && zones_safe(s, sc);
}

static bool step_6_1(struct mm_sim *s, struct scan_ctl *sc, struct shrink_it *it)
{
	const struct lru_gens *g = &s->reclaim->node[sc->node].gens;
	unsigned int sw = mm_gen_swappiness(s, sc);
	struct mm_gen_age a;
	uint64_t nr, delta;
	bool need;

	age_numbers(s, sc, sw, &a);
	nr = a.total >> sc->priority;
	need = mm_gen_should_age(s->policy.facts, &a);
	if (need && sc->priority != MM_DEF_PRIORITY) {
		if (sc->kswapd)
			return true; /* left to lru_gen_age_node() */
		mm_gen_grow(s, sc->node, sw);
	} else if (need && mm_gen_oldest(s->policy.facts, g->min_seq, sw) + MM_MIN_GENS > g->max_seq) {
		return true;
	}
	if (!nr)
		return true;
	delta = evict(s, sc, nr, sw);
	it->scanned += delta;
	if (!delta)
		return true;
	if (it->scanned < nr && !enough_6_1(s, sc, it))
		return false;
	if (sc->nr_reclaimed - it->start_reclaimed >= MM_LRU_BATCH && !need)
		sc->need_aging = false;
	return true;
}

static bool step_6_12(struct mm_sim *s, struct scan_ctl *sc, struct shrink_it *it)
{
	unsigned int sw = mm_gen_swappiness(s, sc);
	struct mm_gen_age a;
	uint64_t nr, delta;
	bool need;

	age_numbers(s, sc, sw, &a);
	need = mm_gen_should_age(s->policy.facts, &a);
	/* without a generation to take from there is nothing to scan */
	if (need && mm_gen_oldest(s->policy.facts, a.min_seq, sw) + MM_MIN_GENS > a.max_seq)
		a.total = 0;
	if (need && sc->priority != MM_DEF_PRIORITY) {
		mm_gen_grow(s, sc->node, sw);
		return true;
	}
	nr = a.total >> sc->priority;
	if (!nr)
		return true;
	delta = evict(s, sc, nr, sw);
	it->scanned += delta;
	return !delta || it->scanned >= nr || enough(s, sc);
}

static bool step_7(struct mm_sim *s, struct scan_ctl *sc, struct shrink_it *it)
{
	unsigned int sw = mm_gen_swappiness(s, sc);
	struct mm_gen_age a;
	uint64_t delta;

	age_numbers(s, sc, sw, &a);
	if (it->left < 0)
		it->left = (int64_t)(a.total >> sc->priority);
	if (it->left <= 0)
		return true;
	if (mm_gen_should_age(s->policy.facts, &a)) {
		mm_gen_grow(s, sc->node, sw);
		it->aged = true;
	}
	delta = evict(s, sc, it->left < (int64_t)MM_LRU_BATCH ? (uint64_t)it->left : MM_LRU_BATCH, sw);
	if (!delta || enough(s, sc) || it->aged)
		return true;
	it->left -= (int64_t)delta;
	return it->left <= 0;
}

bool mm_gen_shrink_step(struct mm_sim *s, struct scan_ctl *sc, struct shrink_it *it)
{
	if (!mm_has(s->policy.facts, GEN_NODE))
		return step_6_1(s, sc, it);
	if (!mm_has(s->policy.facts, GEN_SCAN_LOOP))
		return step_6_12(s, sc, it);
	return step_7(s, sc, it);
}

void mm_gen_age_node(struct mm_sim *s, struct scan_ctl *sc)
{
	struct mm_gen_age a;
	uint64_t inactive;

	if (mm_has(s->policy.facts, GEN_NODE)) {
		inactive = mm_lru_size(s, sc->node, MM_INACTIVE_FILE, SG_MAX_ZONE_TYPES - 1);
		if (mm_lru_can_reclaim_anon(s, sc->node))
			inactive += mm_lru_size(s, sc->node, MM_INACTIVE_ANON, SG_MAX_ZONE_TYPES - 1);
		sc->priority = (int8_t)mm_initial_priority(s->policy.facts, sc->priority, sc->nr_to_reclaim, inactive);
		return;
	}
	sc->last_reclaimed = sc->nr_reclaimed;
	if (!sc->need_aging) {
		sc->need_aging = true;
		return;
	}
	age_numbers(s, sc, mm_gen_swappiness(s, sc), &a);
	if (mm_gen_should_age(s->policy.facts, &a))
		mm_gen_grow(s, sc->node, mm_gen_swappiness(s, sc));
}
