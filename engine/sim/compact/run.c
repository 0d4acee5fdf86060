// SPDX-License-Identifier: GPL-2.0-only
/* One simulated run of compaction over one zone: its beginning, its steps, its end. */
#include "sim/compact/compact.h"
#include "sim/alloc/alloc.h"
#include "sim/emit.h"
#include "sim/hooks.h"

/* What the views show of the node. */
static void show(struct mm_sim *s, const struct sim_cc *cc, bool compacting)
{
	struct mm_node_info *n = mm_sim_node(s, mm_sim_zone(s, cc->zone)->node);

	if (!n)
		return;
	n->present = true;
	n->compacting = compacting;
	n->migrate_pfn = cc->migrate_pfn;
	n->free_pfn = cc->free_pfn;
}

static void clear(struct sim_cc *cc)
{
	cc->migrate_scanned = cc->free_scanned = cc->migrated = cc->failed = 0;
	cc->nr_free = cc->nr_migrate = 0;
	cc->captured = UINT64_MAX;
	cc->fast_start = cc->last_migrated = 0;
	cc->finish_pageblock = false;
	for (unsigned int o = 0; o < MM_MAX_ORDERS; o++)
		cc->free_first[o] = cc->free_last[o] = MM_NIL;
}

/* Where the scanners begin.  Source: mm/compaction.c: compact_zone(), 6.1 to 7.3 */
static void place(struct mm_sim *s, struct sim_cc *cc)
{
	const struct zone_state *z = mm_sim_zone(s, cc->zone);
	struct sim_czone *cz = &s->compact->zone[cc->zone];
	uint64_t last = mm_sim_block_start(s, z->end - 1);

	if (cc->whole_zone) {
		cc->migrate_pfn = z->start;
		cc->free_pfn = last;
		return;
	}
	if (cz->cached_free < z->start || cz->cached_free >= z->end)
		cz->cached_free = last;
	cc->free_pfn = cz->cached_free;
	cc->migrate_pfn = cz->cached_migrate[cc->mode != SIM_ASYNC];
	if (cc->migrate_pfn < z->start || cc->migrate_pfn >= z->end)
		cc->migrate_pfn = cz->cached_migrate[0] = cz->cached_migrate[1] = z->start;
	cc->whole_zone = cc->migrate_pfn <= cz->init_migrate;
}

/**
 * mm_sim_run_begin() - @cc says who compacts which zone for what; the rest is made ready here
 * Return: MM_COMPACT_CONTINUE: now mm_sim_run_step() until it says something else, then mm_sim_run_end(); else the
 * result of a run that didn't begin
 * Source: mm/compaction.c: compact_zone(), 6.1 to 7.3
 */
enum mm_compact_result mm_sim_run_begin(struct mm_sim *s, struct sim_cc *cc)
{
	struct sim_czone *cz = &s->compact->zone[cc->zone];
	struct mm_compact_who *w = &cc->who;

	w->facts = s->policy.facts;
	w->pb_order = s->m->pb_order;
	w->mt_cma = s->m->cap->mt_cma;
	w->async = cc->mode == SIM_ASYNC;
	w->cma_ok = cc->alloc_flags & MM_ALLOC_CMA;
	clear(cc);
	if (w->order != -1) {
		enum mm_compact_result ret = mm_sim_suit_order(s, cc->zone, (unsigned int)w->order, cc->zone_type,
							       cc->alloc_flags, w->async, !w->direct);

		if (ret != MM_COMPACT_CONTINUE)
			return ret;
	}
	if (mm_compact_restarting(&cz->defer, w->order) == MM_YES)
		mm_sim_skip_reset(s, cc->zone);
	place(s, cc);
	cc->update_cached = w->async && cz->cached_migrate[0] == cz->cached_migrate[1];
	show(s, cc, true);
	SIM_EMIT(s, mm_compaction_begin, SIM_F(mm_compaction_begin, zone_start, mm_sim_zone(s, cc->zone)->start),
		 SIM_F(mm_compaction_begin, migrate_pfn, cc->migrate_pfn), SIM_F(mm_compaction_begin, free_pfn, cc->free_pfn),
		 SIM_F(mm_compaction_begin, zone_end, mm_sim_zone(s, cc->zone)->end),
		 SIM_F(mm_compaction_begin, sync, cc->mode != SIM_ASYNC));
	if (mm_sim_listens(s))
		mm_sim_say_run(s, cc, "begins", MM_COMPACT_CONTINUE);
	return MM_COMPACT_CONTINUE;
}

/* Is the run done?  Source: mm/compaction.c: compact_finished(), 6.1 to 7.3 */
static enum mm_compact_result finished(struct mm_sim *s, struct sim_cc *cc)
{
	const struct zone_state *z = mm_sim_zone(s, cc->zone);
	struct mm_wmark_zone w;
	struct mm_done_in in = {
		.facts = cc->who.facts, .order = cc->who.order, .mt = cc->who.mt, .direct = cc->who.direct,
		.met = mm_sim_met(s, cc) ? MM_YES : MM_NO, .whole_zone = cc->whole_zone ? MM_YES : MM_NO,
		.proactive = cc->proactive, .proactiveness = mm_sim_tune(s, MM_TUNE_COMPACTION_PROACTIVENESS),
		.migrate_pfn = cc->migrate_pfn, .zone_type = cc->zone_type, .alloc_flags = cc->alloc_flags,
		.defrag_mode = mm_has(cc->who.facts, DEFRAG) && mm_sim_tune(s, MM_TUNE_DEFRAG_MODE),
	};
	struct mm_done done;

	if (z->node >= 0 && z->node < MM_MAX_NODES && s->m->core.node[z->node].kswapd_awake)
		in.kswapd_runs = MM_YES;
	if (in.defrag_mode && !in.direct) {
		mm_sim_wmark(s, cc->zone, &w);
		in.w = &w;
		in.boost = (struct mm_range){ w.boost, w.boost };
	}
	/* a run that decides has all there is on its lists: pages that a capture left unknown are in use */
	for (unsigned int t = 0; t < MM_NR_MT; t++)
		mm_sim_zone(s, cc->zone)->complete[t] = mm_all_orders(mm_sim_zone(s, cc->zone));
	mm_compact_done(s->m, z, &in, &done);
	if (mm_sim_asks(s, MM_HOOK_FINISHED))
		done.ret = mm_sim_ask_finished(s, cc, done.ret);
	if (in.met == MM_YES) {
		mm_sim_positions_reset(s, cc->zone);
		if (cc->who.direct)
			s->compact->zone[cc->zone].flush = true;
	}
	if (mm_sim_listens(s))
		mm_sim_say_done(s, cc, &done);
	SIM_EMIT(s, mm_compaction_finished, SIM_F(mm_compaction_finished, nid, z->node),
		 SIM_F(mm_compaction_finished, idx, z->zone_type), SIM_F(mm_compaction_finished, order, cc->who.order),
		 SIM_F(mm_compaction_finished, ret, done.ret));
	if (done.ret == MM_COMPACT_NO_SUITABLE_PAGE || done.ret == MM_COMPACT_RESULTS)
		return MM_COMPACT_CONTINUE;
	return (enum mm_compact_result)done.ret;
}

/* Has a free of ours completed the block that the request waits for? */
static bool captured(struct mm_sim *s, struct sim_cc *cc)
{
	uint64_t pfn;

	if (!cc->wants_capture || cc->captured != UINT64_MAX)
		return cc->captured != UINT64_MAX;
	if (mm_sim_capture_disarm(s, &pfn))
		cc->captured = pfn;
	else
		mm_sim_capture_arm(s, cc->zone, cc->capture_order, cc->capture_mt);
	return cc->captured != UINT64_MAX;
}

/* The scanner left the block of the wanted order: what was freed there is to merge now. */
static void flush(struct mm_sim *s, struct sim_cc *cc)
{
	uint64_t block;

	if (cc->who.order <= 0 || cc->last_migrated == 0)
		return;
	block = cc->migrate_pfn >> cc->who.order << cc->who.order;
	if (cc->last_migrated >= block)
		return;
	mm_sim_drain_pcp(s, cc->zone, cc->cpu); /* lru_add_drain_cpu_zone() */
	cc->last_migrated = 0;
}

/*
 * Something of the batch couldn't be moved.
 * Return: is the rest of the pageblock to be scanned at once?
 * Source: mm/compaction.c: compact_zone(): 6.1 leaves the rest of a block of the wanted order in asynchronous direct
 * compaction; 6.12 to 7.3 scan the rest of the pageblock, so that it is marked to be skipped
 */
static bool after_failure(struct mm_sim *s, struct sim_cc *cc)
{
	if (!mm_has(cc->who.facts, FINISH_BLOCK)) {
		if (cc->who.direct && cc->mode == SIM_ASYNC) {
			uint64_t span = cc->who.order > 0 ? UINT64_C(1) << cc->who.order : 1;

			cc->migrate_pfn = (cc->migrate_pfn + span - 1) / span * span;
			cc->last_migrated = 0;
		}
		return false;
	}
	if (cc->finish_pageblock || cc->mode == SIM_SYNC)
		return false;
	if (!mm_has(cc->who.facts, FINISH_ANY) ? !cc->who.direct :
						 cc->ignore_skip || cc->migrate_pfn == mm_sim_block_start(s, cc->migrate_pfn))
		return false;
	cc->finish_pageblock = true;
	if (cc->who.order == (int)s->m->pb_order) /* COMPACTION_HPAGE_ORDER: the pageblock won't be free anyhow */
		cc->last_migrated = 0;
	return true;
}

/* @nr pages were to be moved. Source: mm/migrate.c: migrate_pages(); mm/compaction.c: compact_zone(), 6.1 to 7.3 */
static void emit_moved(struct mm_sim *s, const struct sim_cc *cc, uint64_t nr, uint64_t moved)
{
	SIM_EMIT(s, mm_migrate_pages, SIM_F(mm_migrate_pages, succeeded, moved), SIM_F(mm_migrate_pages, failed, nr - moved),
		 SIM_F(mm_migrate_pages, large_folio_split, mm_sim_since(s, MM_SINCE(6, 7)) ? 0 : SG_MISSING),
		 SIM_F(mm_migrate_pages, mode, cc->mode));
	SIM_EMIT(s, mm_compaction_migratepages, SIM_F(mm_compaction_migratepages, nr_migrated, moved),
		 SIM_F(mm_compaction_migratepages, nr_failed, nr - moved));
}

/**
 * mm_sim_run_step() - is the run done?  If not, one batch is taken and moved
 * Return: MM_COMPACT_CONTINUE, or the result
 */
enum mm_compact_result mm_sim_run_step(struct mm_sim *s, struct sim_cc *cc)
{
	const struct zone_state *z = mm_sim_zone(s, cc->zone);
	struct sim_czone *cz = &s->compact->zone[cc->zone];
	enum mm_compact_result ret = finished(s, cc);
	uint64_t start = cc->migrate_pfn, nr, had;
	enum sim_move moved;

	if (ret != MM_COMPACT_CONTINUE)
		return ret;
	cc->finish_pageblock = mm_sim_block_start(s, cc->last_migrated) == mm_sim_block_start(s, start);
	do {
		if (!mm_sim_scan_migrate(s, cc)) {
			if (cc->update_cached)
				cz->cached_migrate[1] = cz->cached_migrate[0];
			goto flush;
		}
		cc->update_cached = false;
		if (!mm_has(cc->who.facts, LAST_MIGRATED_BLOCK)) {
			cc->last_migrated = start;
		} else {
			cc->last_migrated = mm_sim_block_start(s, cc->migrate_pfn - 1);
			if (cc->last_migrated < z->start)
				cc->last_migrated = z->start;
		}
		SIM_EMIT(s, mm_migrate_pages_start, SIM_F(mm_migrate_pages_start, mode, cc->mode));
		nr = cc->nr_migrate;
		had = cc->migrated;
		moved = mm_sim_move(s, cc);
		emit_moved(s, cc, nr, cc->migrated - had);
		cc->nr_migrate = 0;
		show(s, cc, true);
		if (moved == SIM_NO_TARGET && !mm_sim_met(s, cc))
			return MM_COMPACT_CONTENDED;
	} while (moved != SIM_MOVED && after_failure(s, cc));
	if (mm_has(cc->who.facts, FINISH_BLOCK) && captured(s, cc))
		return MM_COMPACT_SUCCESS;
flush:
	flush(s, cc);
	if (!mm_has(cc->who.facts, FINISH_BLOCK) && captured(s, cc))
		return MM_COMPACT_SUCCESS;
	return MM_COMPACT_CONTINUE;
}

/** The run is over with @ret: targets that are left go back. */
void mm_sim_run_end(struct mm_sim *s, struct sim_cc *cc, enum mm_compact_result ret)
{
	struct sim_czone *cz = &s->compact->zone[cc->zone];

	if (cc->nr_free > 0) {
		uint64_t highest = mm_sim_block_start(s, mm_sim_targets_release(s, cc));

		if (highest > cz->cached_free)
			cz->cached_free = highest;
	}
	s->stat[MM_SIM_COMPACT_MIGRATE_SCANNED] += cc->migrate_scanned;
	s->stat[MM_SIM_COMPACT_FREE_SCANNED] += cc->free_scanned;
	show(s, cc, false);
	SIM_EMIT(s, mm_compaction_end, SIM_F(mm_compaction_end, zone_start, mm_sim_zone(s, cc->zone)->start),
		 SIM_F(mm_compaction_end, migrate_pfn, cc->migrate_pfn), SIM_F(mm_compaction_end, free_pfn, cc->free_pfn),
		 SIM_F(mm_compaction_end, zone_end, mm_sim_zone(s, cc->zone)->end), SIM_F(mm_compaction_end, sync,
											  cc->mode != SIM_ASYNC),
		 SIM_F(mm_compaction_end, status, ret));
	if (mm_sim_listens(s))
		mm_sim_say_run(s, cc, "ends", ret);
}
