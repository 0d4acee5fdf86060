// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks compaction's scanners: where a run starts and ends, which ranges it scans, what it takes.
 *
 * After each event the scanner stands where the trace says, so that one disagreement doesn't breed others.
 * What passes without an event (blocks skipped for their hint or their type) is followed as far as it is known.
 */
#include <string.h>

#include "check/compact/scanner.h"

/* ---- positions that outlive a run ------------------------------------------- */

static void zone_forget(struct mm_compact_state *s, int zi)
{
	struct mm_compact_zstate *zs = &s->zone[zi];

	zs->cached_migrate[0].known = zs->cached_migrate[1].known = zs->cached_free.known = false;
	zs->init_migrate_lo = zs->init_free_lo = 0;
	zs->init_migrate_hi = zs->init_free_hi = UINT64_MAX;
	mm_skip_all(&s->skip, (unsigned int)zi, MM_SKIP_UNKNOWN);
}

/**
 * mm_scanner_never() - a snapshot's counters show that nothing was compacted since the kernel booted
 * So no pageblock is marked, and the zones' positions are as they are made; @unasked: nobody was put off either.
 * Source: mm/compaction.c: compact_zone() and the zone's fields, all 0 at boot, 6.1 to 7.3
 */
void mm_scanner_never(struct mm_compact_state *s, bool unasked)
{
	for (unsigned int i = 0; i < s->m->core.nr_zones; i++) {
		struct mm_compact_zstate *zs = &s->zone[i];
		const struct zone_state *z = &s->m->core.zone[i];

		zs->cached_migrate[0] = zs->cached_migrate[1] = (struct mm_known_pfn){ true, z->start };
		zs->cached_free = (struct mm_known_pfn){ true, pb_start(s, z->end - 1) };
		zs->init_migrate_lo = zs->init_migrate_hi = zs->init_free_lo = zs->init_free_hi = 0;
		zs->flush = MM_NO;
		if (unasked)
			zs->defer = (struct mm_defer){ .considered_known = true, .shift_known = true,
						       .failed_known = true };
		mm_skip_all(&s->skip, i, MM_SKIP_CLEAR);
	}
}

/**
 * mm_scanner_reset() - kswapd of @node may clear the skip hints before it sleeps; @surely: it has by now
 * Source: mm/compaction.c: __reset_isolation_suitable(), mm/vmscan.c: kswapd_try_to_sleep(), 6.1 to 7.3
 */
void mm_scanner_reset(struct mm_compact_state *s, int node, bool surely)
{
	for (unsigned int i = 0; i < s->m->core.nr_zones; i++) {
		if (s->m->core.zone[i].node != node || s->zone[i].flush == MM_NO)
			continue;
		zone_forget(s, (int)i);
		s->zone[i].flush = surely ? MM_NO : MM_MAYBE;
	}
}

/*
 * Source: mm/compaction.c: update_cached_migrate(), 6.1 to 7.3: of the block after @pfn, which is aligned
 * already, so that it names the end of the next one
 */
static void cached_migrate_up(struct mm_compact_state *s, const struct mm_compact_task *t, uint64_t pfn, bool sure)
{
	struct mm_compact_zstate *zs = &s->zone[t->zone];

	pfn = pb_end(s, pfn);
	for (unsigned int i = 0; i < (t->sync ? 2u : 1u); i++) {
		if (!sure && zs->cached_migrate[i].known && pfn > zs->cached_migrate[i].pfn)
			zs->cached_migrate[i].known = false;
		else if (pfn > zs->cached_migrate[i].pfn)
			zs->cached_migrate[i].pfn = pfn;
	}
}

/* ---- where the scanners stand ------------------------------------------------ */

/*
 * The free scanner's call is over: where did it leave off?  A call that got too little went on to the
 * migrate scanner's pageblock.
 */
static void free_scan_close(struct mm_compact_state *s, struct mm_compact_task *t)
{
	bool down = t->fs == MM_FS_LINEAR || (t->fs == MM_FS_FAST && !t->fs_found);
	bool unsure = t->fs == MM_FS_FAST && t->fs_had && mm_has(s->facts, FOLIO_TARGETS);

	t->fs = MM_FS_IDLE;
	if (!down || !t->migrate.known)
		return;
	if (t->free.known && pb_start(s, t->free.pfn) < pb_end(s, t->migrate.pfn))
		return;
	if (unsure) { /* small pages are left: then only the lists are searched for larger ones */
		t->free.known = false;
		t->free_alt = pb_start(s, t->migrate.pfn);
		return;
	}
	t->free = (struct mm_known_pfn){ true, pb_start(s, t->migrate.pfn) };
}

enum mm_answer mm_scanners_met(const struct mm_compact_state *s, const struct mm_compact_task *t)
{
	struct mm_compact_task at = *t;
	unsigned int o = s->m->pb_order;

	/* no range was scanned since the last time: the migrate scanner found no block up to the free scanner */
	if (t->last_ret != MM_COMPACT_RESULTS && !t->isolated)
		return MM_YES;
	free_scan_close((struct mm_compact_state *)s, &at);
	if (!at.migrate.known)
		return MM_MAYBE;
	if (at.free.known)
		return at.free.pfn >> o <= at.migrate.pfn >> o ? MM_YES : MM_NO;
	if ((at.free.pfn >> o <= at.migrate.pfn >> o) != (at.free_alt >> o <= at.migrate.pfn >> o))
		return MM_MAYBE;
	return at.free.pfn >> o <= at.migrate.pfn >> o ? MM_YES : MM_NO;
}

/* A migrate scanner that found no block stands in the free scanner's.  Source: isolate_migratepages() */
static void migrate_ran_out(struct mm_compact_state *s, struct mm_compact_task *t)
{
	if (!t->migrate.known || !t->free.known) {
		t->migrate.known = false;
		return;
	}
	if (pb_end(s, t->migrate.pfn) <= t->free.pfn)
		t->migrate.pfn = pb_start(s, t->free.pfn);
}

/* ---- events -------------------------------------------------------------------- */

static void on_begin(struct mm_compact_state *s, struct mm_compact_task *t)
{
	const struct sg_event *ev = s->ev;
	uint64_t start = ev->v[SGF_mm_compaction_begin_zone_start], end = ev->v[SGF_mm_compaction_begin_zone_end];
	struct mm_scanner_answer a = {
		.name = { "migrate_pfn", "free_pfn" },
		.kernel = { ev->v[SGF_mm_compaction_begin_migrate_pfn], ev->v[SGF_mm_compaction_begin_free_pfn] },
	};
	int zi = mm_zone_index(s->m, start);
	struct mm_compact_zstate *zs;
	bool whole;

	if (t->zone >= 0 && t->direct && s->nr_direct)
		s->nr_direct--; /* its end is missing */
	t->zone = zi;
	if (zi < 0 || end <= start || a.kernel[0] < start || a.kernel[0] > s->m->core.zone[zi].end ||
	    a.kernel[1] > s->m->core.zone[zi].end) {
		t->zone = -1;
		return;
	}
	zs = &s->zone[zi];
	t->sync = ev->v[SGF_mm_compaction_begin_sync] == 1;
	t->direct = t->in_try;
	s->nr_direct += t->direct;
	if (!t->in_try && !t->kcompactd) {
		const char *comm = sg_capture_comm(s->m->cap, s->ev->pid);

		t->order = -1; /* by hand: /proc/sys/vm/compact_memory */
		t->kcompactd = comm && strncmp(comm, "kcompactd", 9) == 0; /* of its own accord: it neither woke nor slept yet */
	}
	t->proactive = t->kcompactd && t->order == -1;
	whole = t->order == -1 || (t->in_try && t->prio == 0);
	t->ignore_skip = whole;
	t->ignore_suitable = t->in_try && t->prio == 0;
	if (whole) {
		a.ours[0] = start;
		a.ours[1] = pb_start(s, end - 1);
	} else {
		a.ours[0] = zs->cached_migrate[t->sync].pfn;
		a.ours[1] = zs->cached_free.pfn;
		/* compaction_restarting(): hints and positions are made new after the longest deferral */
		if (zs->flush != MM_NO && t->order >= zs->defer.failed && zs->defer.shift == MM_COMPACT_MAX_DEFER_SHIFT &&
		    zs->defer.considered >= 1u << MM_COMPACT_MAX_DEFER_SHIFT) {
			zone_forget(s, zi);
			zs->flush = MM_NO;
		}
		if (!zs->cached_migrate[t->sync].known || !zs->cached_free.known)
			a.why = "cached_position_unknown";
	}
	a.equal = mm_scanner_equal(&a);
	mm_scanner_tell(s, t, false, "mm/compaction.c: compact_zone()",
			whole ? "The whole zone is compacted: from its first page, free pages from its last pageblock down." :
				"The scanners go on where the last run left the zone's cached positions.", &a);
	t->migrate = (struct mm_known_pfn){ true, a.kernel[0] };
	t->free = (struct mm_known_pfn){ true, a.kernel[1] };
	if (!whole) {
		zs->cached_migrate[t->sync] = t->migrate;
		zs->cached_free = t->free;
	}
	t->whole_zone = whole || a.kernel[0] <= zs->init_migrate_lo ? MM_YES : a.kernel[0] > zs->init_migrate_hi ? MM_NO : MM_MAYBE;
	t->begin_migrate = a.kernel[0];
	t->last_ret = MM_COMPACT_RESULTS;
	t->isolated = t->finish_pageblock = t->fast_start = false;
	t->update_cached = !t->sync && zs->cached_migrate[0].known && zs->cached_migrate[1].known &&
			   zs->cached_migrate[0].pfn == zs->cached_migrate[1].pfn;
	t->last_migrated = 0;
	t->want = t->have = 0;
	t->fs = MM_FS_IDLE;
	t->after_batch = false;
	mm_search_begin(s, t);
}

/* The migrate scanner went from its place to @start: what do the blocks between tell? */
static void passed_blocks(struct mm_compact_state *s, struct mm_compact_task *t, uint64_t start, bool linear)
{
	if (!linear || !t->migrate.known || start < t->migrate.pfn)
		return;
	for (uint64_t b = t->migrate.pfn; pb_end(s, b) <= start; b = pb_end(s, b)) {
		bool aligned = b == pb_start(s, b);
		enum mm_answer a = mm_predict_source(s, t, b);

		if (a == MM_YES && aligned && !t->ignore_skip)
			skip_set(s, b, MM_SKIP_SET);
		else if (a != MM_YES && !(aligned && !t->ignore_skip && skip_of(s, b) == MM_SKIP_SET))
			cached_migrate_up(s, t, pb_end(s, b), a == MM_NO && (t->ignore_skip || skip_of(s, b) == MM_SKIP_CLEAR));
	}
}

static void on_migrate_range(struct mm_compact_state *s, struct mm_compact_task *t)
{
	const struct sg_event *ev = s->ev;
	uint64_t start = ev->v[SGF_mm_compaction_isolate_migratepages_start_pfn];
	uint64_t end = ev->v[SGF_mm_compaction_isolate_migratepages_end_pfn], stop = pb_end(s, start);
	uint64_t taken = ev->v[SGF_mm_compaction_isolate_migratepages_nr_taken];
	struct mm_scanner_answer a = { .name = { "start_pfn" }, .kernel = { start } };
	struct mm_scanner_answer r = { .name = { "end_pfn", "nr_taken" }, .kernel = { end, taken } };
	bool fast, found;

	free_scan_close(s, t);
	if (t->after_batch) /* no mm_compaction_finished since: the rest of the block is scanned for its failures */
		t->finish_pageblock = true;
	else
		t->finish_pageblock = t->migrate.known && t->last_migrated &&
				      pb_start(s, t->last_migrated) == pb_start(s, t->migrate.pfn);
	fast = mm_predict_searches(s, t);
	a.why = mm_predict_next_migrate(s, t, &a.ours[0], &found);
	if (found && !a.why && a.ours[0] != start)
		skip_set(s, a.ours[0], MM_SKIP_UNKNOWN); /* it may be marked after all */
	a.equal = mm_scanner_equal(&a);
	mm_scanner_tell(s, t, true, "mm/compaction.c: isolate_migratepages()",
			"The migrate scanner goes on to the next pageblock that isn't marked to be skipped and whose type suits the request.",
			&a);
	r.why = mm_predict_migrate_range(s, t, start, stop, &r.ours[0], &r.ours[1]);
	r.equal = mm_scanner_equal(&r);
	mm_scanner_tell(s, t, true, "mm/compaction.c: isolate_migratepages_block()",
			"Movable pages of the pageblock are taken off the LRU until there are 32 or it ends; a block that is to be emptied"
			" is taken to its end.", &r);
	if (fast && (a.why || a.ours[0] != start || found))
		t->fast_start = true;
	if (fast) { /* that search counts failures and successes too */
		t->search_fail_hi = !a.why && a.ours[0] != start ? 0 : t->search_fail_hi + (t->search_fail_hi < 7);
		t->search_fail_lo = !a.why && a.ours[0] == start ? t->search_fail_lo + (t->search_fail_lo < 7) : 0;
	}
	passed_blocks(s, t, start, !fast || start == a.ours[0]);
	if (start == pb_start(s, start) && !t->ignore_skip)
		skip_set(s, start, taken || end == stop ? MM_SKIP_SET : MM_SKIP_CLEAR);
	if (end == stop && (!taken || t->finish_pageblock)) {
		skip_set(s, start, start == pb_start(s, start) ? MM_SKIP_SET : skip_of(s, start));
		cached_migrate_up(s, t, end, true);
	}
	if (!taken && t->update_cached && t->zone >= 0)
		s->zone[t->zone].cached_migrate[1] = s->zone[t->zone].cached_migrate[0];
	t->iteration_start = t->migrate.pfn;
	t->migrate = (struct mm_known_pfn){ true, end };
	t->isolated = true;
	t->after_batch = false;
	t->want = (int64_t)taken - t->have;
	if (taken) {
		t->update_cached = false;
		t->last_migrated = !mm_has(s->facts, LAST_MIGRATED_BLOCK) ? t->iteration_start : pb_start(s, end - 1);
	}
}

static void on_free_range(struct mm_compact_state *s, struct mm_compact_task *t)
{
	const struct sg_event *ev = s->ev;
	uint64_t start = ev->v[SGF_mm_compaction_isolate_freepages_start_pfn];
	uint64_t end = ev->v[SGF_mm_compaction_isolate_freepages_end_pfn];
	uint64_t taken = ev->v[SGF_mm_compaction_isolate_freepages_nr_taken], block = pb_start(s, start), stop = pb_end(s, start);
	const struct zone_state *z = &s->m->core.zone[t->zone];
	struct mm_scanner_answer a = { .name = { "start_pfn" }, .kernel = { start } };
	struct mm_scanner_answer r = { .name = { "end_pfn", "nr_taken" }, .kernel = { end, taken } };
	bool fast_event = s->m->cap->present[SG_EV_mm_compaction_fast_isolate_freepages];
	bool around = t->fs == MM_FS_FAST && t->fs_found, unsure = false;
	unsigned int stride;

	if (stop > z->end)
		stop = z->end;
	if (around) { /* the pageblock of the block that the search of the lists found */
		a.ours[0] = pb_start(s, mm_predict_searched(s, t));
		if (a.ours[0] < z->start)
			a.ours[0] = z->start;
		a.why = mm_predict_searched(s, t) ? NULL : "list_order_unknown";
	} else if (!t->migrate.known || !t->free.known) {
		a.why = "scanner_position_unknown";
	} else if (t->fs == MM_FS_LINEAR) {
		a.ours[0] = UINT64_MAX;
		a.why = t->fs_block < pb_size(s) ? NULL : mm_predict_next_free(s, t, t->fs_block - pb_size(s), &a.ours[0]);
	} else {
		/* a search without success at the start of the zone may have moved the scanner (scan_start) */
		unsure = t->order > 0 && ((t->fs == MM_FS_FAST && (t->direct || t->search_denied)) || !fast_event) &&
			 t->free.pfn >= s->zone[t->zone].init_free_lo;
		a.why = unsure ? "list_order_unknown" : mm_predict_next_free(s, t, t->free.pfn, &a.ours[0]);
	}
	a.equal = mm_scanner_equal(&a);
	mm_scanner_tell(s, t, true, "mm/compaction.c: isolate_freepages()",
			"The free scanner goes down to the next movable pageblock that isn't marked to be skipped.", &a);
	if (t->fs != MM_FS_LINEAR)
		t->stride = !around && !t->sync ? MM_COMPACT_CLUSTER_MAX : 1;
	stride = t->stride;
	r.why = unsure && !t->sync ? "list_order_unknown" : mm_predict_free_range(s, t, start, stop, stride, &r.ours[0], &r.ours[1]);
	if (!r.why && t->fs == MM_FS_LINEAR && t->stride_open) {
		uint64_t low, got;

		r.why = mm_predict_free_range(s, t, start, stop, t->sync ? 1 : MM_COMPACT_CLUSTER_MAX, &low, &got);
		if (!r.why && (low != r.ours[0] || got != r.ours[1]))
			r.why = "list_order_unknown";
	}
	if (!r.why && !mm_has(s->facts, FOLIO_TARGETS) && t->have)
		r.why = "batch_count_unknown"; /* 6.1 doesn't count down what is left of a batch */
	r.equal = mm_scanner_equal(&r);
	mm_scanner_tell(s, t, true, "mm/compaction.c: isolate_freepages_block()",
			"Free blocks of the pageblock are taken off the lists until there is a free page for each page to be moved, or"
			" it ends.", &r);
	t->want -= (int64_t)taken;
	t->have += (int64_t)taken;
	t->free.known |= t->fs == MM_FS_LINEAR;
	if (end == stop) {
		skip_set(s, block, MM_SKIP_SET);
		if (!around) {
			struct mm_known_pfn *cf = &s->zone[t->zone].cached_free;
			uint64_t at = block - (!mm_has(s->facts, FREE_CACHE_NEXT) ? 0 : pb_size(s));

			if (at < cf->pfn && block >= pb_size(s)) {
				if (unsure)
					cf->known = false;
				else
					cf->pfn = at;
			}
		}
	} else if (!t->ignore_skip && !around) {
		skip_set(s, block, MM_SKIP_CLEAR);
	}
	if (around) {
		t->fs = MM_FS_AROUND;
		return;
	}
	t->stride_open = (t->fs == MM_FS_LINEAR ? t->stride_open : unsure) && !taken;
	t->fs_block = block;
	t->stride = taken ? 1 : stride << 1 > MM_COMPACT_CLUSTER_MAX ? MM_COMPACT_CLUSTER_MAX : stride << 1;
	if (t->want > 0 && end == stop) {
		t->fs = MM_FS_LINEAR;
		if (unsure && taken) {
			/* a scan around what the search had seen ends here, a linear one goes on */
			t->free = (struct mm_known_pfn){ false, start };
			t->free_alt = pb_start(s, t->migrate.pfn);
			t->fs = MM_FS_AROUND;
		}
		return;
	}
	t->fs = MM_FS_IDLE;
	t->free = (struct mm_known_pfn){ !unsure, end < stop ? end : block > pb_size(s) ? block - pb_size(s) : 0 };
	t->free_alt = start;
}

static void on_fast(struct mm_compact_state *s, struct mm_compact_task *t)
{
	const struct sg_event *ev = s->ev;
	uint64_t min = ev->v[SGF_mm_compaction_fast_isolate_freepages_start_pfn];
	uint64_t free = ev->v[SGF_mm_compaction_fast_isolate_freepages_end_pfn];
	uint64_t taken = ev->v[SGF_mm_compaction_fast_isolate_freepages_nr_taken];
	uint64_t scanned = ev->v[SGF_mm_compaction_fast_isolate_freepages_nr_scanned];
	struct mm_scanner_answer a = { .name = { "min_pfn", "free_pfn" }, .kernel = { min, free } };
	struct mm_scanner_answer r = { .name = { "nr_taken" }, .kernel = { taken } };

	free_scan_close(s, t);
	if (!t->migrate.known || !t->free.known) {
		a.why = "scanner_position_unknown";
	} else {
		a.ours[1] = t->free.pfn;
		a.ours[0] = pb_start(s, t->free.pfn - ((t->free.pfn - t->migrate.pfn) >> 1));
	}
	r.why = mm_predict_search(s, t, taken, &r.ours[0]);
	r.equal = mm_scanner_equal(&r);
	a.equal = mm_scanner_equal(&a);
	t->search_denied = mm_search_deniable(s, t);
	t->search_as_said = !r.why && r.equal;
	mm_scanner_tell(s, t, true, "mm/compaction.c: fast_isolate_freepages()",
			"A search of the free lists, from the tails: the first block that lies in the upper quarter of what is between the"
			" scanners is taken, else the highest one seen in its upper half.", &r);
	mm_scanner_tell(s, t, true, "mm/compaction.c: fast_isolate_freepages()",
			"The search of the free lists looks for blocks in the upper half of what is between the scanners: from min_pfn to"
			" free_pfn.", &a);
	t->free = (struct mm_known_pfn){ true, free };
	mm_search_done(s, t, taken, scanned);
	t->fs_had = t->have > 0;
	t->search_event = (uint32_t)(mm_position(s->m) + 1);
	t->want -= (int64_t)taken;
	t->have += (int64_t)taken;
	t->fs = MM_FS_FAST;
	t->fs_found = taken > 0;
	/* the highest block seen may pull the zone's position down: below what can't be told */
	if (scanned)
		s->zone[t->zone].cached_free.known = false;
}

static void on_batch(struct mm_compact_state *s, struct mm_compact_task *t)
{
	uint64_t moved = s->ev->v[SGF_mm_compaction_migratepages_nr_migrated];
	uint64_t failed = s->ev->v[SGF_mm_compaction_migratepages_nr_failed];
	uint64_t block = t->order > 0 ? 1ull << t->order : 1;

	/*
	 * No target is left over, so those that failed found none, and no range was scanned for them: where there is no search,
	 * the free scanner passed blocks that don't suit.
	 */
	if (t->fs == MM_FS_IDLE && t->order <= 0 && failed && t->have <= (int64_t)moved)
		t->fs = MM_FS_LINEAR;
	free_scan_close(s, t);
	t->have = moved < INT64_MAX && t->have > (int64_t)moved ? t->have - (int64_t)moved : 0;
	t->want = 0;
	t->after_batch = true;
	/* Source: mm/compaction.c: compact_zone(), 6.1: the rest of the block that was wanted is left */
	if (!mm_has(s->facts, FINISH_BLOCK) && failed && t->direct && !t->sync && t->order > 0 && t->migrate.known &&
	    t->migrate.pfn) {
		t->migrate.pfn = ((t->migrate.pfn - 1) / block + 1) * block;
		t->last_migrated = 0;
	}
	if (t->order > 0 && t->migrate.known && t->last_migrated && t->last_migrated < t->migrate.pfn / block * block)
		t->last_drop = true;
}

static void on_end(struct mm_compact_state *s, struct mm_compact_task *t)
{
	const struct sg_event *ev = s->ev;
	struct mm_scanner_answer a = {
		.name = { "migrate_pfn", "free_pfn" },
		.kernel = { ev->v[SGF_mm_compaction_end_migrate_pfn], ev->v[SGF_mm_compaction_end_free_pfn] },
	};

	free_scan_close(s, t);
	a.ours[0] = t->migrate.pfn;
	a.ours[1] = t->free.pfn;
	if (!t->migrate.known || !t->free.known)
		a.why = "scanner_position_unknown";
	a.equal = mm_scanner_equal(&a);
	mm_scanner_tell(s, t, true, "mm/compaction.c: compact_zone()",
			"The run ends where its last ranges left the two scanners.", &a);
	/* free pages left over go back, and the zone's position up to the highest of them */
	if (t->have > 0)
		s->zone[t->zone].cached_free.known = false;
	if (t->direct && s->nr_direct)
		s->nr_direct--;
	t->zone = -1;
}

/** mm_compaction_finished said @ret: the run goes on, or ends for a reason. */
void mm_scanner_finished(struct mm_compact_state *s, struct mm_compact_task *t, uint64_t ret)
{
	struct mm_compact_zstate *zs;
	const struct zone_state *z;

	if (t->zone < 0)
		return;
	zs = &s->zone[t->zone];
	z = &s->m->core.zone[t->zone];
	free_scan_close(s, t);
	if (t->last_ret != MM_COMPACT_RESULTS && !t->isolated) {
		if (t->migrate.known && t->free.known)
			passed_blocks(s, t, pb_start(s, t->free.pfn), !mm_predict_searches(s, t));
		migrate_ran_out(s, t);
		if (t->update_cached)
			zs->cached_migrate[1] = zs->cached_migrate[0];
	}
	if (t->last_drop || (t->order > 0 && t->last_migrated && t->migrate.known &&
			     t->last_migrated < t->migrate.pfn >> t->order << t->order))
		t->last_migrated = 0;
	t->last_drop = t->after_batch = t->isolated = false;
	t->last_ret = ret;
	if (ret != MM_COMPACT_COMPLETE && ret != MM_COMPACT_PARTIAL_SKIPPED)
		return;
	if (t->proactive && ret == MM_COMPACT_PARTIAL_SKIPPED)
		return; /* kswapd runs */
	if (t->whole_zone == MM_MAYBE && ret == MM_COMPACT_COMPLETE && t->begin_migrate > zs->init_migrate_lo)
		zs->init_migrate_lo = t->begin_migrate;
	if (t->whole_zone == MM_MAYBE && ret == MM_COMPACT_PARTIAL_SKIPPED && t->begin_migrate <= zs->init_migrate_hi)
		zs->init_migrate_hi = t->begin_migrate ? t->begin_migrate - 1 : 0;
	zs->cached_migrate[0] = zs->cached_migrate[1] = (struct mm_known_pfn){ true, z->start };
	zs->cached_free = (struct mm_known_pfn){ true, pb_start(s, z->end - 1) };
	if (t->direct)
		zs->flush = MM_YES;
}

static bool is_sane(const struct mm_compact_state *s, const struct mm_compact_task *t)
{
	const struct sg_event *ev = s->ev;
	const struct zone_state *z;

	if (ev->kind == SG_EV_mm_compaction_begin)
		return true;
	if (t->zone < 0)
		return false;
	z = &s->m->core.zone[t->zone];
	if (ev->kind == SG_EV_mm_compaction_migratepages || ev->kind == SG_EV_mm_compaction_end)
		return true;
	/* the first two slots of the others are a range of pfns, the fourth a count */
	return ev->v[0] >= pb_start(s, z->start) && ev->v[0] <= ev->v[1] && ev->v[1] <= z->end + pb_size(s) && ev->v[0] < z->end &&
	       ev->v[3] <= 1ull << 20;
}

/** An event of a run of compaction, before it is applied. */
void mm_scanner_event(struct mm_compact_state *s, struct mm_compact_task *t)
{
	const struct sg_event *ev = s->ev;

	if (!is_sane(s, t)) {
		for (unsigned int i = 0; i < s->m->core.nr_zones && t->zone < 0; i++)
			zone_forget(s, (int)i); /* what it did before isn't known */
		if (ev->kind != SG_EV_mm_compaction_migratepages)
			mm_scanner_tell(s, t, false, "mm/compaction.c: compact_zone()",
					"The run began before the trace, or the event names a range that can't be.",
					&(struct mm_scanner_answer){ .why = "run_began_before" });
		return;
	}
	switch (ev->kind) {
	case SG_EV_mm_compaction_begin:
		on_begin(s, t);
		break;
	case SG_EV_mm_compaction_end:
		on_end(s, t);
		break;
	case SG_EV_mm_compaction_isolate_migratepages:
		on_migrate_range(s, t);
		break;
	case SG_EV_mm_compaction_isolate_freepages:
		on_free_range(s, t);
		break;
	case SG_EV_mm_compaction_fast_isolate_freepages:
		on_fast(s, t);
		break;
	case SG_EV_mm_compaction_migratepages:
		on_batch(s, t);
		break;
	default:
		break;
	}
}
