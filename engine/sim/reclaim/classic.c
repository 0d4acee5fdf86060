// SPDX-License-Identifier: GPL-2.0-only
/* The classic LRU: active and inactive lists, how they are balanced and scanned. */
#include "sim/emit.h"
#include "sim/hooks.h"
#include "sim/reclaim/lru.h"

/* Source: mm/vmscan.c: isolate_lru_folios(), 6.1 to 7.3.  isolate_mode was 6.1's, for unmapped pages only. */
static void emit_isolate(struct mm_sim *s, const struct scan_ctl *sc, uint64_t want, uint64_t scanned, uint64_t skipped,
			 uint64_t taken, unsigned int l)
{
	SIM_EMIT(s, mm_vmscan_lru_isolate, SIM_F(mm_vmscan_lru_isolate, highest_zoneidx, sc->idx),
		 SIM_F(mm_vmscan_lru_isolate, order, sc->order), SIM_F(mm_vmscan_lru_isolate, nr_requested, want),
		 SIM_F(mm_vmscan_lru_isolate, nr_scanned, scanned), SIM_F(mm_vmscan_lru_isolate, nr_skipped, skipped),
		 SIM_F(mm_vmscan_lru_isolate, nr_taken, taken), SIM_F(mm_vmscan_lru_isolate, lru, l),
		 SIM_F(mm_vmscan_lru_isolate, isolate_mode, !mm_sim_since(s, MM_SINCE(6, 7)) ? 0 : SG_MISSING));
}

/* ---- isolation --------------------------------------------------------------------- */

/*
 * Pages of zones above the one asked for go to the list's head and don't count as scanned.
 * Source: mm/vmscan.c: isolate_lru_folios(), 6.1 to 7.3; since 6.12 stable at most 32768 are skipped
 */
static uint64_t isolate(struct mm_sim *s, const struct scan_ctl *sc, unsigned int list,
			uint64_t nr_to_scan, struct lru_batch *b)
{
	struct lru_list *l = &s->reclaim->list[list];
	struct lru_batch skipped = { .first = MM_NIL, .last = MM_NIL };
	uint64_t scan = 0, total = 0, nr_skipped = 0,
		 limit = !mm_has(s->policy.facts, SKIPPED_LIMIT) ? UINT64_MAX : MM_SWAP_CLUSTER_MAX << 10;
	uint64_t pfn;

	while (scan < nr_to_scan && l->last != MM_NIL) {
		struct lru_ent e;
		struct page_ent p;

		pfn = l->last;
		e = mm_sim_lru_ent(s, pfn);
		p = mm_ent(s->m, pfn);
		if (ent_state(&p) != PS_ALLOC) {
			/* freed without being taken off the list first */
			mm_sim_lru_del(s, pfn);
			continue;
		}
		total += UINT64_C(1) << e.order;
		mm_lru_del(s, pfn);
		if (s->m->core.zone[e.zone].zone_type > sc->idx && nr_skipped < limit) {
			nr_skipped++;
			mm_batch_push(s, &skipped, pfn);
			continue;
		}
		scan += UINT64_C(1) << e.order;
		mm_batch_push(s, b, pfn);
	}
	emit_isolate(s, sc, nr_to_scan, total, skipped.pages, b->pages, list % 4);
	while (mm_batch_pop(s, &skipped, &pfn))
		mm_lru_add(s, pfn, false);
	return total;
}

/* Source: mm/vmscan.c: move_folios_to_lru(), 6.1 to 7.3 */
static uint64_t put_back(struct mm_sim *s, int node, struct lru_batch *b)
{
	uint64_t pfn, moved = 0;

	while (mm_batch_pop(s, b, &pfn)) {
		struct lru_ent e = mm_sim_lru_ent(s, pfn);

		mm_lru_add(s, pfn, false);
		moved += UINT64_C(1) << e.order;
		if (e.flags & LF_ACTIVE)
			s->reclaim->node[node].age += UINT64_C(1) << e.order;
	}
	return moved;
}

/* ---- too many at once ------------------------------------------------------------------ */

/*
 * Are requests at work on so many pages that the list would only look short?  What kswapd is at work on isn't counted.
 * Source: mm/vmscan.c: too_many_isolated(), 6.1 to 6.12
 */
static bool too_many_isolated(const struct mm_sim *s, const struct scan_ctl *sc, bool file)
{
	const uint32_t both = MM_GFP_IO | MM_GFP_FS;
	uint64_t inactive = mm_lru_size(s, sc->node, file ? MM_INACTIVE_FILE : MM_INACTIVE_ANON, SG_MAX_ZONE_TYPES - 1);

	/* who may not write or enter a filesystem may take more, since others may wait for him */
	return s->reclaim->node[sc->node].isolated[file ? MM_FILE : MM_ANON] > ((sc->gfp & both) == both ? inactive >> 3 : inactive);
}

/*
 * A request waits for others to give pages back, a fiftieth of a second at most.
 * Return: may it take some now?
 * Source: mm/vmscan.c: shrink_inactive_list(), reclaim_throttle(), 6.1 to 6.12
 */
static bool wait_for_isolated(struct mm_sim *s, struct scan_ctl *sc, bool file)
{
	const uint64_t most = 20000000;
	uint64_t from = s->now;

	while (too_many_isolated(s, sc, file) && s->now - from < most)
		mm_sim_pause(s, MM_PAUSE_WAIT, s->costs.jiffy ? s->costs.jiffy : most);
	mm_sim_charge(s, sc, s->now - from);
	sc->paused += s->now - from;
	if (mm_sim_listens(s)) {
		struct mm_decision d = { .kind = MM_CHECK_SLOW_PATH, .verdict = MM_UNDECIDED, .why = "simulated",
					 .rule = "mm/vmscan.c: too_many_isolated()", .pid = s->on_pid,
					 .ours = "waits for other requests",
					 .reason = "They are at work on more pages than the list may be short of." };

		mm_rec_num(&d, "node", sc->node);
		mm_rec_num(&d, "waited_ns", (int64_t)(s->now - from));
		mm_sim_decide(s, &d);
	}
	SIM_EMIT(s, mm_vmscan_throttled, SIM_F(mm_vmscan_throttled, nid, sc->node),
		 SIM_F(mm_vmscan_throttled, usec_timeout, most / 1000),
		 SIM_F(mm_vmscan_throttled, usec_delayed, (s->now - from) / 1000),
		 SIM_F(mm_vmscan_throttled, reason, SIM_THROTTLE_ISOLATED));
	return !too_many_isolated(s, sc, file);
}

/* Source: mm/vmscan.c: shrink_inactive_list(), 6.1 to 7.3 */
static uint64_t shrink_inactive(struct mm_sim *s, struct scan_ctl *sc, unsigned int l, uint64_t nr)
{
	struct lru_batch b = { .first = MM_NIL, .last = MM_NIL };
	struct shrink_stat st = { 0 };
	bool file = l == MM_INACTIVE_FILE;
	uint64_t scanned, reclaimed;

	if (!sc->kswapd && mm_sim_pauses(s) && too_many_isolated(s, sc, file) && !wait_for_isolated(s, sc, file))
		return 0;
	scanned = isolate(s, sc, LRU_CLASSIC(sc->node, l), nr, &b);
	sc->batch[file ? MM_FILE : MM_ANON] += b.pages;
	s->stat[sc->kswapd ? MM_SIM_PGSCAN_KSWAPD : MM_SIM_PGSCAN_DIRECT] += scanned;
	if (!b.pages)
		return 0;
	reclaimed = mm_shrink_batch(s, sc, &b, &st);
	put_back(s, sc->node, &b);
	s->stat[sc->kswapd ? MM_SIM_PGSTEAL_KSWAPD : MM_SIM_PGSTEAL_DIRECT] += reclaimed;
	s->stat[file ? MM_SIM_PGSTEAL_FILE : MM_SIM_PGSTEAL_ANON] += reclaimed;
	mm_lru_cost(s, sc->node, file, st.swapped, scanned > reclaimed ? scanned - reclaimed : 0);
	mm_emit_shrink_inactive(s, sc, scanned, reclaimed, &st, file);
	return reclaimed;
}

/*
 * Nothing known to the run keeps a page active: the kernel spares executable file pages only.
 * Source: mm/vmscan.c: shrink_active_list(), 6.1 to 7.3
 */
static void shrink_active(struct mm_sim *s, struct scan_ctl *sc, unsigned int l, uint64_t nr)
{
	struct lru_batch b = { .first = MM_NIL, .last = MM_NIL };
	uint64_t pages;

	isolate(s, sc, LRU_CLASSIC(sc->node, l), nr, &b);
	pages = b.pages;
	sc->batch[l == MM_ACTIVE_FILE ? MM_FILE : MM_ANON] += pages;
	for (uint32_t p = b.first; p != MM_NIL;) {
		struct lru_ent *e = mm_lru_at(s, p);

		e->flags = (uint8_t)((e->flags & ~(LF_ACTIVE | LF_YOUNG)) | LF_WORKINGSET);
		p = e->next;
	}
	mm_sim_charge(s, sc, pages * mm_sim_page_ns(s, sc));
	s->stat[MM_SIM_PGDEACTIVATE] += put_back(s, sc->node, &b);
	SIM_EMIT(s, mm_vmscan_lru_shrink_active, SIM_F(mm_vmscan_lru_shrink_active, nid, sc->node),
		 SIM_F(mm_vmscan_lru_shrink_active, nr_taken, pages), SIM_F(mm_vmscan_lru_shrink_active, nr_deactivated, pages),
		 SIM_F(mm_vmscan_lru_shrink_active, priority, sc->priority),
		 SIM_F(mm_vmscan_lru_shrink_active, reclaim_flags, mm_sim_shrink_flags(l == MM_ACTIVE_FILE)));
}

/* ---- balance ------------------------------------------------------------------------- */

static void say_balance(struct mm_sim *s, const struct scan_ctl *sc, const struct mm_scan_in *in,
			const struct mm_scan_out *out)
{
	static const char *const reason[] = {
		"At the highest priority both are scanned by their sizes alone.",
		"Each is scanned by what its pages cost of late: those that came back or had to be put back.",
		"File pages are nearly gone, so anonymous ones have to go.",
		"Anonymous pages can't go, or there are enough inactive file pages that nobody misses.",
	};
	struct mm_decision d = { .kind = sc->kswapd ? MM_CHECK_KSWAPD : MM_CHECK_SLOW_PATH, .verdict = MM_UNDECIDED,
				 .why = "simulated", .rule = "mm/vmscan.c: get_scan_count()", .pid = MM_PID_UNKNOWN,
				 .ours = mm_scan_balance_name(out->balance), .reason = reason[out->balance] };

	mm_rec_num(&d, "node", sc->node);
	mm_rec_num(&d, "priority", in->priority);
	mm_rec_num(&d, "swappiness", in->swappiness);
	mm_rec_num(&d, "anon_cost", (int64_t)in->anon_cost);
	mm_rec_num(&d, "file_cost", (int64_t)in->file_cost);
	mm_rec_num(&d, "inactive_anon", (int64_t)in->eligible[MM_INACTIVE_ANON]);
	mm_rec_num(&d, "inactive_file", (int64_t)in->eligible[MM_INACTIVE_FILE]);
	mm_rec_num(&d, "scan_inactive_anon", (int64_t)out->nr[MM_INACTIVE_ANON]);
	mm_rec_num(&d, "scan_active_anon", (int64_t)out->nr[MM_ACTIVE_ANON]);
	mm_rec_num(&d, "scan_inactive_file", (int64_t)out->nr[MM_INACTIVE_FILE]);
	mm_rec_num(&d, "scan_active_file", (int64_t)out->nr[MM_ACTIVE_FILE]);
	mm_rec_num(&d, "deactivate", out->may_deactivate);
	mm_sim_decide(s, &d);
}

void mm_classic_prepare(struct mm_sim *s, struct scan_ctl *sc, struct shrink_it *it)
{
	struct lru_node *n = &s->reclaim->node[sc->node];
	struct mm_scan_in in = {
		.priority = sc->priority,
		.swappiness = (unsigned int)mm_sim_tune(s, MM_TUNE_SWAPPINESS),
		.may_swap = sc->may_swap,
		.can_reclaim_anon = mm_lru_can_reclaim_anon(s, sc->node),
		.force_deactivate = sc->force_deactivate,
		.no_cache_trim_mode = sc->no_cache_trim,
		.page_shift = s->reclaim->page_shift,
		.anon_refaulted = n->activated[MM_ANON] != n->refaults[MM_ANON],
		.file_refaulted = n->activated[MM_FILE] != n->refaults[MM_FILE],
	};
	uint64_t io[2] = { n->restored[MM_ANON] + n->written, n->restored[MM_FILE] };
	struct mm_scan_out out;

	for (unsigned int l = 0; l < MM_LRU_LISTS; l++) {
		in.size[l] = mm_lru_size(s, sc->node, l, SG_MAX_ZONE_TYPES - 1);
		in.eligible[l] = mm_lru_size(s, sc->node, l, sc->idx);
	}
	for (unsigned int t = 0; t < SG_MAX_ZONE_TYPES; t++) {
		struct mm_wmark_zone z;

		if (s->reclaim->zone_of[sc->node][t] < 0)
			continue;
		mm_sim_wmark(s, (unsigned int)s->reclaim->zone_of[sc->node][t], &z);
		in.free += (uint64_t)(z.free > 0 ? z.free : 0);
		in.high += (uint64_t)(z.high + z.boost);
	}
	if (mm_has(s->policy.facts, COST_COUNTED))
		mm_scan_cost_look(&n->cost, n->rotated, io, mm_lru_total(s, sc->node));
	in.anon_cost = n->cost.cost[MM_ANON];
	in.file_cost = n->cost.cost[MM_FILE];
	mm_scan_count(&in, &out);
	if (mm_sim_asks(s, MM_HOOK_LRU_BALANCE))
		mm_sim_ask_lru(s, sc, &in, &out);
	sc->may_deactivate = (uint8_t)out.may_deactivate;
	sc->cache_trim_mode = out.cache_trim_mode;
	for (unsigned int l = 0; l < MM_LRU_LISTS; l++)
		it->nr[l] = it->target[l] = out.nr[l];
	it->lru = 0;
	it->reclaimed = 0;
	it->proportional = !sc->kswapd && sc->priority == MM_DEF_PRIORITY;
	if (mm_sim_listens(s))
		say_balance(s, sc, &in, &out);
}

/* ---- a pass ---------------------------------------------------------------------------- */

static bool tail(struct mm_sim *s, struct scan_ctl *sc, struct shrink_it *it)
{
	sc->nr_reclaimed += it->reclaimed;
	it->reclaimed = 0;
	mm_classic_age_node(s, sc);
	return true;
}

/* Source: mm/vmscan.c: shrink_lruvec(), shrink_list(), 6.1 to 7.3: one list's batch at a time */
bool mm_classic_shrink_step(struct mm_sim *s, struct scan_ctl *sc, struct shrink_it *it)
{
	unsigned int l = it->lru;
	uint64_t n;

	if (l == 0 && !it->nr[MM_INACTIVE_ANON] && !it->nr[MM_ACTIVE_FILE] && !it->nr[MM_INACTIVE_FILE])
		return tail(s, sc, it);
	n = it->nr[l] < MM_SWAP_CLUSTER_MAX ? it->nr[l] : MM_SWAP_CLUSTER_MAX;
	it->nr[l] -= n;
	if (n && !(l & 1))
		it->reclaimed += shrink_inactive(s, sc, l, n);
	else if (n && (sc->may_deactivate & (l == MM_ACTIVE_FILE ? MM_DEACTIVATE_FILE : MM_DEACTIVATE_ANON)))
		shrink_active(s, sc, l, n);
	else if (n)
		sc->skipped_deactivate = true;
	it->lru = (l + 1) % MM_LRU_LISTS;
	if (it->lru || it->reclaimed < sc->nr_to_reclaim || it->proportional)
		return false;
	if (!mm_scan_rest(it->nr, it->target))
		return tail(s, sc, it);
	return false;
}

/* Source: mm/vmscan.c: kswapd_age_node() (age_active_anon() in 6.1), the end of shrink_lruvec(), 6.1 to 7.3 */
void mm_classic_age_node(struct mm_sim *s, struct scan_ctl *sc)
{
	unsigned int all = SG_MAX_ZONE_TYPES - 1;

	if (mm_lru_can_reclaim_anon(s, sc->node) &&
	    mm_inactive_is_low(mm_lru_size(s, sc->node, MM_INACTIVE_ANON, all), mm_lru_size(s, sc->node, MM_ACTIVE_ANON, all),
			       s->reclaim->page_shift))
		shrink_active(s, sc, MM_ACTIVE_ANON, MM_SWAP_CLUSTER_MAX);
}

/* Source: mm/vmscan.c: snapshot_refaults(), 6.1 to 7.3 */
void mm_classic_snapshot_refaults(struct mm_sim *s, int node)
{
	struct lru_node *n = &s->reclaim->node[node];

	n->refaults[MM_ANON] = n->activated[MM_ANON];
	n->refaults[MM_FILE] = n->activated[MM_FILE];
}
