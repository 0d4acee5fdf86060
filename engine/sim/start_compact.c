// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compaction at a run's start: skip hints, where the scanners stand, deferral.
 *
 * A machine that has never compacted has none of it, as vmstat tells.  Else the runs that the capture shows tell
 * (demand/ahead_compact.c), and for pageblocks that none comes to, the caller says which of both ends it is: all marked, or none.
 */
#include "sim/start.h"

#include <stdlib.h>
#include <string.h>

#include "sim/compact/compact.h"

/* Has the machine never compacted? */
static bool never(const struct start *st)
{
	const char *scanned = st->fresh ? sg_snapshot_get(st->snap, "vmstat.compact_migrate_scanned") : NULL;

	return scanned && strcmp(scanned, "0") == 0;
}

/* Would a run scan the pageblock if it bore no mark? */
static bool would_scan(const struct start *st, const struct mm_ahead_pass *pass, uint64_t pfn)
{
	const struct mm_machine *m = st->s->m;
	struct page_ent e = mm_ent(m, pfn);

	if (ent_order(&e) >= m->pb_order && mm_sim_folio_order_at(st->s, mm_sim_folio_head(st->s, pfn, &e), &e))
		return false;
	return pass->sync || mm_blk(m, pfn >> m->pb_order).mt == MM_MT_MOVABLE;
}

static void told(struct start *st, uint8_t *known, uint64_t pfn, bool marked)
{
	uint64_t b = pfn >> st->s->m->pb_order;

	if (known[b >> 3] & 1u << (b & 7))
		return;
	known[b >> 3] |= (uint8_t)(1u << (b & 7));
	mm_sim_skip_set(st->s, pfn, marked);
	st->facts->hints_told++;
}

/* Pageblocks of the zone that were passed before anything scanned them bore marks; others that were scanned bore none. */
static void from_runs(struct start *st, uint8_t *known)
{
	uint64_t size = mm_sim_block_size(st->s), first = mm_sim_block_start(st->s, st->z->start);
	const struct mm_ahead_pass *pass;
	size_t nr;

	pass = mm_ahead_passes(st->ahead, &nr);
	for (size_t i = 0; i < nr; i++) {
		uint64_t from = pass[i].from > st->z->start ? pass[i].from : st->z->start;
		uint64_t to = pass[i].to < st->z->end ? pass[i].to : st->z->end;

		/* the pageblock that it stood in the middle of isn't asked for its mark */
		if (from != mm_sim_block_start(st->s, from) && from != st->z->start)
			from = mm_sim_block_end(st->s, from);
		for (uint64_t p = from; p < to && mm_sim_block_end(st->s, p) <= to; p = mm_sim_block_end(st->s, p)) {
			uint32_t at = mm_ahead_scanned(st->ahead, p);

			if ((!at || at > pass[i].at) && would_scan(st, &pass[i], p))
				told(st, known, p, true);
		}
	}
	for (uint64_t p = first; p < st->z->end; p += size)
		if (mm_ahead_scanned(st->ahead, p > st->z->start ? p : st->z->start))
			told(st, known, p, false);
}

static void assume(struct start *st, const uint8_t *known)
{
	for (uint64_t b = st->z->start >> st->s->m->pb_order; b <= (st->z->end - 1) >> st->s->m->pb_order; b++)
		if (!(known[b >> 3] & 1u << (b & 7))) {
			mm_sim_skip_set(st->s, b << st->s->m->pb_order, st->s->cfg.hints_marked);
			st->facts->hints_assumed++;
		}
}

static void zone(struct start *st, struct sim_czone *cz)
{
	const uint64_t nr = st->s->compact->nr_blocks;
	struct mm_ahead_run run;
	struct mm_ahead_defer d;
	uint8_t *known = calloc(nr / 8 + 1, 1);

	if (!known) {
		st->oom = true;
		return;
	}
	if (st->ahead && mm_ahead_run(st->ahead, st->z->start, &run)) {
		cz->cached_migrate[0] = cz->cached_migrate[1] = run.migrate;
		cz->cached_free = run.free;
		st->facts->scanners_told++;
	}
	if (st->ahead)
		from_runs(st, known);
	assume(st, known);
	if (st->ahead && st->z->zone_type >= 0 &&
	    mm_ahead_deferred(st->ahead, st->z->node, (unsigned int)st->z->zone_type, &d)) {
		st->facts->deferral_told += d.considered_known || d.shift_known || d.failed_known;
		cz->defer = (struct mm_defer){ true, true, true, d.considered, d.shift, d.failed };
	}
	free(known);
}

/** All zones. */
void mm_start_compact(struct start *st)
{
	struct mm_sim *s = st->s;

	if (never(st)) {
		st->facts->never_compacted = true;
		st->s->compacted = false;
		return;
	}
	for (unsigned int i = 0; i < s->m->core.nr_zones && !st->oom; i++) {
		st->z = &s->m->core.zone[i];
		if (st->z->start < st->z->end)
			zone(st, &s->compact->zone[i]);
	}
}
